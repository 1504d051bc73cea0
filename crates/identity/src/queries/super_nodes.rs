//! Values many names share, within the caller's scope.

use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use web::{Order, Page, PageQuery, Sorting};

use crate::IdentityError;
use crate::queries::like;

/// One shared value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SuperNode {
    /// A number to tell rows apart, the same in every run.
    pub super_node_id: i64,
    /// `phone`, `address`, `plate` or `id`.
    pub kind: String,
    /// The value, masked.
    pub value_masked: String,
    /// `store_phone`, `staff`, `trader`, `switchboard`, `placeholder` or `unknown`.
    pub role: String,
    /// Distinct names.
    pub distinct_names: i32,
    /// Records that carry it.
    pub records: i32,
    /// Stores whose records carry it.
    pub stores: i32,
    /// First day.
    pub first_seen_on: Option<Date>,
    /// Last day.
    pub last_seen_on: Option<Date>,
}

/// What to list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SuperNodeFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only in this role.
    pub role: Option<String>,
    /// Part of the masked value.
    pub q: Option<String>,
    /// Page, from 1.
    pub page: Option<u32>,
    /// Rows a page.
    pub size: Option<u32>,
    /// `distinct_names`, `records`, `stores`, `last_seen_on`, `first_seen_on`, `kind`, `role` or `value_masked`.
    pub sort: Option<String>,
    /// Direction; most names first by default.
    pub order: Option<Order>,
}

const SORTS: &[(&str, &str)] = &[
    ("distinct_names", "distinct_names"),
    ("records", "records"),
    ("stores", "stores"),
    ("first_seen_on", "first_seen_on"),
    ("last_seen_on", "last_seen_on"),
    ("kind", "kind"),
    ("role", "role"),
    ("value_masked", "value_masked"),
];

impl SuperNodeFilter {
    /// The checked cut.
    ///
    /// # Errors
    /// A page or column that does not exist.
    pub fn cut(&self) -> web::Result<Sorting> {
        let order = self.order.or(if self.sort.is_none() { Some(Order::Desc) } else { None });
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order }.checked(SORTS)
    }
}

#[derive(FromRow)]
struct Row {
    super_node_id: i64,
    kind: String,
    value_masked: String,
    role: String,
    distinct_names: i32,
    records: i32,
    stores: i32,
    first_seen_on: Option<SqlDate>,
    last_seen_on: Option<SqlDate>,
    total: i64,
}

/// One page, in the scope of the transaction. With a page beyond the end the total is 0.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut PgConnection,
    filter: &SuperNodeFilter,
    cut: &Sorting,
) -> Result<Page<SuperNode>, IdentityError> {
    // 52 bits of the blind index: enough to tell rows apart, few enough for a browser's numbers.
    let sql = format!(
        "SELECT ('x' || substr(encode(value_bidx, 'hex'), 1, 13))::bit(52)::bigint AS super_node_id,
                kind, value_masked, role, distinct_names, records, stores, first_seen_on, last_seen_on,
                count(*) OVER () AS total
         FROM super_node
         WHERE ($1::text IS NULL OR kind = $1)
           AND ($2::text IS NULL OR role = $2)
           AND ($3::text IS NULL OR value_masked ILIKE $3)
         ORDER BY {}, value_bidx LIMIT {} OFFSET {}",
        cut.order_by(),
        cut.limit,
        cut.offset
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(filter.kind.as_deref())
        .bind(filter.role.as_deref())
        .bind(like(filter.q.as_deref()))
        .fetch_all(tx)
        .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Page::new(rows.into_iter().map(node).collect(), total, cut))
}

fn node(row: Row) -> SuperNode {
    SuperNode {
        super_node_id: row.super_node_id,
        kind: row.kind,
        value_masked: row.value_masked,
        role: row.role,
        distinct_names: row.distinct_names,
        records: row.records,
        stores: row.stores,
        first_seen_on: row.first_seen_on.map(SqlDate::to_jiff),
        last_seen_on: row.last_seen_on.map(SqlDate::to_jiff),
    }
}
