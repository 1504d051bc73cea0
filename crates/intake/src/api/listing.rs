//! What all lists share: one statement gives the page and its total, and the same statement gives the workbook.

use axum::response::Response;
use db::AuditEntry;
use kernel::clock::shanghai_time;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use web::export::{Cell, EXPORT_ROWS_MAX, xlsx};
use web::{AppState, Ctx, Page, PageQuery, Problem, Result, Sorting};

/// A list as a client may ask for it.
pub(crate) trait Listing: Sync {
    /// One row.
    type Row: for<'r> FromRow<'r, PgRow> + Serialize + Send + Unpin;
    /// Name in audit rows and file names.
    const NAME: &'static str;
    /// The statement without order and limits, with `count(*) OVER () AS total` among its columns.
    const SQL: &'static str;
    /// What a client may sort by; the first is the default and tells rows apart.
    const SORTS: &'static [(&'static str, &'static str)];
    /// Field and title of each column of the workbook.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// The filters, in the order of the statement's parameters.
    fn bind(&self, arguments: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError>;

    /// The cut the client asked for.
    fn cut(&self) -> PageQuery;
}

#[derive(FromRow)]
struct Counted<T> {
    #[sqlx(flatten)]
    row: T,
    total: i64,
}

/// One page, in the scope of the caller.
pub(crate) async fn page<L: Listing>(app: &AppState, ctx: &Ctx, list: &L) -> Result<Page<L::Row>> {
    let cut = list.cut().checked(L::SORTS)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (rows, mut total) = fetch(&mut tx, list, &cut).await?;
    if rows.is_empty() && cut.offset > 0 {
        // Beyond the end there is no row to carry the total.
        total = fetch(&mut tx, list, &Sorting { limit: 1, offset: 0, ..cut }).await?.1;
    }
    tx.rollback().await?;
    Ok(Page::new(rows, total, &cut))
}

/// The whole list as a workbook, audited.
pub(crate) async fn export<L: Listing>(app: &AppState, ctx: &Ctx, list: &L) -> Result<Response> {
    let cut = list.cut().checked(L::SORTS)?;
    let limit = i64::try_from(EXPORT_ROWS_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let mut tx = app.db.write(&ctx.access).await?;
    let (rows, _) = fetch(&mut tx, list, &Sorting { limit, offset: 0, ..cut }).await?;
    let mut cells = Vec::with_capacity(rows.len());
    for row in &rows {
        let value = serde_json::to_value(row).map_err(Problem::fault)?;
        cells.push(L::COLUMNS.iter().map(|(field, _)| cell(value.get(field))).collect());
    }
    let titles: Vec<&str> = L::COLUMNS.iter().map(|(_, title)| *title).collect();
    let watermark = format!("{} {}", ctx.user_name, shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M"));
    let file = xlsx(L::NAME, &titles, &cells, &watermark)?;
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

fn cell(value: Option<&Value>) -> Cell {
    match value {
        Some(Value::Number(n)) => n.as_f64().map_or(Cell::Empty, Cell::Number),
        Some(Value::String(s)) => Cell::Text(s.clone()),
        Some(Value::Bool(b)) => Cell::from(if *b { "是" } else { "否" }),
        _ => Cell::Empty,
    }
}

async fn fetch<L: Listing>(tx: &mut PgConnection, list: &L, cut: &Sorting) -> Result<(Vec<L::Row>, i64)> {
    let mut arguments = PgArguments::default();
    list.bind(&mut arguments).map_err(Problem::fault)?;
    let tie = L::SORTS.first().map_or("1", |(_, column)| *column);
    let sql = format!(
        "{} ORDER BY {}, {tie} DESC LIMIT {} OFFSET {}",
        L::SQL,
        cut.order_by(),
        cut.limit,
        cut.offset
    );
    let rows: Vec<Counted<L::Row>> = sqlx::query_as_with(AssertSqlSafe(sql), arguments).fetch_all(tx).await?;
    let total = rows.first().map_or(0, |counted| counted.total);
    Ok((rows.into_iter().map(|counted| counted.row).collect(), total))
}

/// RFC 3339 in UTC, as SQL.
macro_rules! rfc3339 {
    ($column:literal) => {
        concat!("to_char(", $column, " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    };
}
pub(crate) use rfc3339;

/// Routes of a list and its export.
macro_rules! list_routes {
    ($filter:ty, $grant:ty, $path:literal, $list:literal, $export:literal, $summary:literal) => {{
        async fn list(
            ctx: web::Can<$grant>,
            axum::extract::State(app): axum::extract::State<web::AppState>,
            web::Query(filter): web::Query<$filter>,
        ) -> web::Result<web::Json<web::Page<<$filter as $crate::api::listing::Listing>::Row>>> {
            $crate::api::listing::page(&app, &ctx, &filter).await.map(web::Json)
        }
        async fn take(
            ctx: web::Can<$grant>,
            axum::extract::State(app): axum::extract::State<web::AppState>,
            web::Query(filter): web::Query<$filter>,
        ) -> web::Result<axum::response::Response> {
            $crate::api::listing::export(&app, &ctx, &filter).await
        }
        web::Routes::new()
            .api_route(
                $path,
                aide::axum::routing::get_with(list, |op| op.id($list).tag("intake").summary($summary)),
            )
            .api_route(
                concat!($path, "/export"),
                aide::axum::routing::get_with(take, |op| {
                    op.id($export).tag("intake").summary(concat!($summary, ", as xlsx"))
                }),
            )
    }};
}
pub(crate) use list_routes;
