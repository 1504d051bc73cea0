//! The list of customers: filtered, sorted and cut on the server.

use db::{Access, Vault};
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use web::{Order, Problem, Sorting};

use crate::search::candidates_of_persons;

/// Filters of the list of customers, as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PersonFilter {
    /// Name, pinyin, phone, plate, VIN, ID number or customer number.
    pub q: Option<String>,
    /// `person`, `company` or `unknown`.
    pub kind: Option<String>,
    /// Known to this store.
    pub store_id: Option<i32>,
    /// Owns or uses a vehicle of this brand.
    pub brand_id: Option<i32>,
    /// Verdict at group level: `valid`, `invalid`, `unknown`.
    pub verdict: Option<String>,
    /// `do_not_contact`, `internal`, `no_mobile`, `no_id`.
    pub flag: Option<String>,
    /// Seen on this day or later, `YYYY-MM-DD`.
    pub last_seen_from: Option<String>,
    /// Seen on this day or earlier, `YYYY-MM-DD`.
    pub last_seen_to: Option<String>,
    /// Page number from 1.
    pub page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    pub size: Option<u32>,
    /// `last_seen_on`, `first_seen_on`, `person_no`, `name`, `record_count`, `store_count`, `city`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<Order>,
}

/// What the list can be sorted by.
pub const COLUMNS: &[(&str, &str)] = &[
    ("last_seen_on", "p.last_seen_on"),
    ("first_seen_on", "p.first_seen_on"),
    ("person_no", "p.person_no"),
    ("name", "p.name_pinyin"),
    ("record_count", "p.record_count"),
    ("store_count", "p.store_count"),
    ("city", "p.city"),
    ("kind", "p.kind"),
];

/// Rows a count looks at; behind it the total says "this many at least", because nobody pages there.
pub const TOTAL_MAX: i64 = 100_000;

/// Customers a text may stand for in a list; more want a longer text.
pub const CANDIDATES_MAX: i64 = 2_000;

/// Reads `YYYY-MM-DD`.
///
/// # Errors
/// A problem naming the field.
pub fn day(field: &str, value: Option<&str>) -> Result<Option<jiff::civil::Date>, Problem> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| {
        Problem::bad_input(field, "list.bad_date", "日期应为 YYYY-MM-DD", "The date must be YYYY-MM-DD")
    })
}

impl PersonFilter {
    /// The cut, newest first unless the address says otherwise.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn sorting(&self, limit: Option<u32>) -> Result<Sorting, Problem> {
        let order = self.order.or(if self.sort.is_none() { Some(Order::Desc) } else { None });
        let query =
            web::PageQuery { page: self.page, size: self.size.or(limit), sort: self.sort.clone(), order };
        query.checked(COLUMNS)
    }
}

/// The numbers of one page of customers, and how many the filter holds (up to [`TOTAL_MAX`]).
///
/// # Errors
/// A problem naming a bad filter, or a fault.
pub async fn list_persons(
    tx: &mut PgConnection,
    access: &Access,
    vault: &Vault,
    filter: &PersonFilter,
    sorting: &Sorting,
) -> web::Result<(Vec<i32>, i64)> {
    let text = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let candidates = match text {
        Some(q) => Some(candidates_of_persons(&mut *tx, access, vault, q, CANDIDATES_MAX).await?),
        None => None,
    };
    let mut page =
        QueryBuilder::<Postgres>::new("SELECT p.person_no FROM person p WHERE p.merged_into IS NULL");
    conditions(&mut page, access, filter, candidates.as_deref())?;
    page.push(" ORDER BY ").push(sorting.order_by()).push(", p.person_no LIMIT ").push_bind(sorting.limit);
    page.push(" OFFSET ").push_bind(sorting.offset);
    let persons: Vec<i32> = page.build_query_scalar().fetch_all(&mut *tx).await?;

    let mut count = QueryBuilder::<Postgres>::new(
        "SELECT count(*) FROM (SELECT 1 FROM person p WHERE p.merged_into IS NULL",
    );
    conditions(&mut count, access, filter, candidates.as_deref())?;
    count.push(" LIMIT ").push_bind(TOTAL_MAX).push(") counted");
    let total: i64 = count.build_query_scalar().fetch_one(tx).await?;
    Ok((persons, total))
}

fn conditions(
    sql: &mut QueryBuilder<Postgres>,
    access: &Access,
    filter: &PersonFilter,
    candidates: Option<&[i32]>,
) -> Result<(), Problem> {
    if !access.group {
        // Policies see to the scope already; said once more, it lets the search begin at the reader's
        // own customers instead of looking at everybody's.
        sql.push(" AND p.person_no IN (SELECT own.person_no FROM person_store own)");
    }
    if let Some(candidates) = candidates {
        sql.push(" AND p.person_no = ANY (").push_bind(candidates.to_vec()).push(")");
    }
    if let Some(kind) = &filter.kind {
        sql.push(" AND p.kind = ").push_bind(kind.clone());
    }
    if let Some(store) = filter.store_id {
        sql.push(
            " AND EXISTS (SELECT 1 FROM person_store ps WHERE ps.person_no = p.person_no AND ps.store_id = ",
        )
        .push_bind(store)
        .push(")");
    }
    if let Some(brand) = filter.brand_id {
        sql.push(
            " AND EXISTS (SELECT 1 FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
                          WHERE r.person_no = p.person_no AND r.role IN ('owner', 'user') AND v.brand_id = ",
        )
        .push_bind(brand)
        .push(")");
    }
    if let Some(verdict) = &filter.verdict {
        sql.push(
            " AND EXISTS (SELECT 1 FROM validity_verdict w
                          WHERE w.person_no = p.person_no AND w.scope_kind = 'group' AND w.scope_id = 0
                            AND w.verdict = ",
        )
        .push_bind(verdict.clone())
        .push(")");
    }
    match filter.flag.as_deref() {
        None => {}
        Some("do_not_contact") => drop(sql.push(" AND p.do_not_contact")),
        Some("internal") => drop(sql.push(" AND p.internal")),
        Some("no_mobile") => drop(sql.push(" AND p.mobile_masked IS NULL")),
        Some("no_id") => drop(sql.push(" AND p.id_bidx IS NULL AND p.uscc IS NULL")),
        Some(_) => {
            return Err(Problem::bad_input(
                "flag",
                "list.bad_flag",
                "标记可选:do_not_contact、internal、no_mobile、no_id",
                "flag must be do_not_contact, internal, no_mobile or no_id",
            ));
        }
    }
    if let Some(from) = day("last_seen_from", filter.last_seen_from.as_deref())? {
        sql.push(" AND p.last_seen_on >= ").push_bind(from.to_string()).push("::date");
    }
    if let Some(to) = day("last_seen_to", filter.last_seen_to.as_deref())? {
        sql.push(" AND p.last_seen_on <= ").push_bind(to.to_string()).push("::date");
    }
    Ok(())
}
