//! Lists are cut into pages on the server; the cut is bounded and the order always total.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Rows a page may hold.
pub const PAGE_SIZE_MAX: u32 = 200;

/// Rows that may be skipped: beyond it a list wants a filter, not another page.
pub const OFFSET_MAX: u64 = 100_000;

/// Which page of a list, in which order. Flatten-free on purpose: list queries repeat these four
/// fields, because a flattened query string loses the field's name in errors.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PageQuery {
    /// Page number from 1.
    pub page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    pub size: Option<u32>,
    /// Column to sort by; each list names the columns it can sort by.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<Order>,
}

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// A checked cut of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// SQL expression out of the list's own table, never the client's text.
    pub column: &'static str,
    /// Direction.
    pub order: Order,
    /// Rows to return.
    pub limit: i64,
    /// Rows to skip.
    pub offset: i64,
    /// Page number, from 1.
    pub page: u32,
    /// Rows a page.
    pub size: u32,
}

impl Sorting {
    /// `column ASC|DESC NULLS LAST`, safe to splice: it holds nothing the client wrote.
    pub fn order_by(&self) -> String {
        let direction = match self.order {
            Order::Asc => "ASC",
            Order::Desc => "DESC",
        };
        format!("{} {direction} NULLS LAST", self.column)
    }
}

impl PageQuery {
    /// Checks the cut. `columns` maps what a client may name to SQL; its first entry is the default.
    pub fn checked(&self, columns: &[(&str, &'static str)]) -> Result<Sorting, Problem> {
        let size = self.size.unwrap_or(20);
        if size == 0 || size > PAGE_SIZE_MAX {
            let zh = format!("每页行数应为 1 到 {PAGE_SIZE_MAX}");
            let en = format!("size must be 1 to {PAGE_SIZE_MAX}");
            return Err(Problem::bad_input("size", "page.size", zh, en));
        }
        let page = self.page.unwrap_or(1).max(1);
        let offset = u64::from(page - 1) * u64::from(size);
        if offset > OFFSET_MAX {
            let (zh, en) = ("翻页过深,请增加筛选条件", "Too deep a page: narrow the list with a filter");
            return Err(Problem::bad_input("page", "page.too_deep", zh, en));
        }
        let column = match self.sort.as_deref() {
            None => columns.first().map(|(_, sql)| *sql),
            Some(name) => columns.iter().find(|(known, _)| *known == name).map(|(_, sql)| *sql),
        };
        let Some(column) = column else {
            let known: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
            let zh = format!("不能按此列排序,可选:{}", known.join("、"));
            let en = format!("Cannot sort by this column; choose one of {}", known.join(", "));
            return Err(Problem::bad_input("sort", "page.sort", zh, en));
        };
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        Ok(Sorting { column, order: self.order.unwrap_or_default(), limit: size.into(), offset, page, size })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Rows in the whole list.
    pub total: i64,
    /// Page number, from 1.
    pub page: u32,
    /// Rows a page.
    pub size: u32,
}

impl<T> Page<T> {
    /// A page of `rows`, cut as `sorting` says, out of `total`.
    pub fn new(rows: Vec<T>, total: i64, sorting: &Sorting) -> Self {
        Self { rows, total, page: sorting.page, size: sorting.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[(&str, &str)] = &[("name", "person.name"), ("seen", "person.last_seen_on")];

    #[test]
    fn a_cut_is_bounded_and_ordered_by_known_columns_only() {
        let query = |page, size, sort: Option<&str>| PageQuery {
            page,
            size,
            sort: sort.map(Into::into),
            order: None,
        };
        let cut = query(Some(3), Some(50), Some("seen")).checked(COLUMNS).unwrap();
        assert_eq!(
            (cut.limit, cut.offset, cut.order_by().as_str()),
            (50, 100, "person.last_seen_on ASC NULLS LAST")
        );
        assert_eq!(query(None, None, None).checked(COLUMNS).unwrap().column, "person.name");
        for (bad, code) in [
            (query(None, Some(0), None), "page.size"),
            (query(None, Some(201), None), "page.size"),
            (query(Some(10_000), Some(100), None), "page.too_deep"),
            (query(None, None, Some("name; DROP TABLE person")), "page.sort"),
        ] {
            assert_eq!(bad.checked(COLUMNS).unwrap_err().code(), code);
        }
    }
}
