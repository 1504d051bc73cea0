//! What all lists share: one statement gives the page and the total, the same statement gives the workbook.

use axum::response::Response;
use db::{Access, AuditEntry, Db};
use kernel::clock::shanghai_time;
use serde::Serialize;
use serde_json::json;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use web::export::{Cell, EXPORT_ROWS_MAX, xlsx};
use web::{Ctx, Page, PageQuery, Problem, Result, Sorting};

use crate::error::OrgError;

/// A list: its statement, what it may be sorted by, how it leaves as a workbook.
pub trait Listing: Sync {
    /// One row.
    type Row: for<'r> FromRow<'r, PgRow> + Serialize + Send + Unpin;
    /// Name of the list in audit rows and file names.
    const NAME: &'static str;
    /// The statement without order and limits; it gives the columns of `Row` and `count(*) OVER () AS total`.
    const SQL: &'static str;
    /// What a client may sort by (fields of the row); the first is the default, and must tell rows apart.
    const SORTS: &'static [(&'static str, &'static str)];
    /// Field and header of each column of the workbook.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// The filters, in the order of the statement's parameters.
    ///
    /// # Errors
    /// A value that cannot be sent.
    fn bind(&self, arguments: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError>;

    /// The cut the client asked for.
    fn page_query(&self) -> PageQuery;
}

#[derive(FromRow)]
struct Counted<T> {
    #[sqlx(flatten)]
    row: T,
    total: i64,
}

/// One page of a list, in the scope of `access`.
pub async fn page<L: Listing>(db: &Db, access: &Access, list: &L) -> Result<Page<L::Row>> {
    let cut = list.page_query().checked(L::SORTS)?;
    let mut tx = db.read(access).await?;
    let (rows, mut total) = fetch(&mut tx, list, &cut).await?;
    if rows.is_empty() && cut.offset > 0 {
        // Past the end there is no row to carry the total.
        let first = Sorting { limit: 1, offset: 0, ..cut };
        total = fetch(&mut tx, list, &first).await?.1;
    }
    tx.rollback().await?;
    Ok(Page::new(rows, total, &cut))
}

/// The whole list as a workbook, audited, in the scope of the caller.
pub async fn export<L: Listing>(db: &Db, ctx: &Ctx, list: &L) -> Result<Response> {
    let cut = list.page_query().checked(L::SORTS)?;
    let limit = i64::try_from(EXPORT_ROWS_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let cut = Sorting { limit, offset: 0, ..cut };
    let mut tx = db.write(&ctx.access).await?;
    let (rows, _) = fetch(&mut tx, list, &cut).await?;
    let mut cells = Vec::with_capacity(rows.len());
    for row in &rows {
        cells.push(cells_of(L::COLUMNS, row)?);
    }
    let headers: Vec<&str> = L::COLUMNS.iter().map(|(_, header)| *header).collect();
    let watermark = format!("{} {}", ctx.user_name, shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M"));
    let file = xlsx(L::NAME, &headers, &cells, &watermark)?;
    let entry = AuditEntry {
        action: "export_list",
        subject_kind: L::NAME,
        subject_id: "",
        store_id: None,
        reason: None,
        detail: json!({ "rows": rows.len() }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(file)
}

async fn fetch<L: Listing>(tx: &mut PgConnection, list: &L, cut: &Sorting) -> Result<(Vec<L::Row>, i64)> {
    let mut arguments = PgArguments::default();
    list.bind(&mut arguments).map_err(|error| Problem::fault(error.to_string()))?;
    let tie = L::SORTS.first().map_or("1", |(_, column)| *column);
    let sql =
        format!("{} ORDER BY {}, {tie} LIMIT {} OFFSET {}", L::SQL, cut.order_by(), cut.limit, cut.offset);
    let rows: Vec<Counted<L::Row>> =
        sqlx::query_as_with(AssertSqlSafe(sql), arguments).fetch_all(tx).await.map_err(OrgError::from)?;
    let total = rows.first().map_or(0, |counted| counted.total);
    Ok((rows.into_iter().map(|counted| counted.row).collect(), total))
}

fn cells_of<T: Serialize>(columns: &[(&str, &str)], row: &T) -> Result<Vec<Cell>> {
    let value = serde_json::to_value(row).map_err(Problem::fault)?;
    let cell = |field: &str| match value.get(field) {
        None | Some(serde_json::Value::Null) => Cell::Empty,
        Some(serde_json::Value::String(text)) => Cell::Text(text.clone()),
        Some(serde_json::Value::Number(number)) => Cell::Number(number.as_f64().unwrap_or_default()),
        Some(serde_json::Value::Bool(yes)) => Cell::from(if *yes { "是" } else { "否" }),
        Some(serde_json::Value::Array(items)) => {
            Cell::Text(items.iter().filter_map(|item| item.as_str()).collect::<Vec<_>>().join("、"))
        }
        Some(other) => Cell::Text(other.to_string()),
    };
    Ok(columns.iter().map(|(field, _)| cell(field)).collect())
}

/// The organisation's structure is open to everybody who has replaced his first password.
pub fn ready(ctx: &Ctx) -> Result<()> {
    if ctx.must_change_password { Err(Problem::password_change_due()) } else { Ok(()) }
}

/// `%text%` for `ILIKE`, the text's own wildcards taken literally; none when there is nothing to look for.
pub fn like(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let literal: String = text
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain(std::iter::once(c)))
        .collect();
    Some(format!("%{literal}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_a_user_types_are_letters() {
        assert_eq!(like(Some(" 50%_ ")).as_deref(), Some("%50\\%\\_%"));
        assert_eq!(like(Some("  ")), None);
    }
}
