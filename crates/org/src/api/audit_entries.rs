//! Who did what, to what, why and when: searchable, within the reader's scope, never changed.

use std::collections::BTreeMap;

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use db::{AuditEntry, AuditQuery, AuditRow, audit, list_audit};
use jiff::Timestamp;
use jiff::civil::Date;
use kernel::clock::{shanghai_instant, shanghai_time};
use kernel::ids::{StoreId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use web::export::{Cell, xlsx};
use web::permission::AuditRead;
use web::{AppState, Can, Json, Order, Page, PageQuery, Problem, Query, Result, Routes};

use crate::error::OrgError;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/audit-entries",
            get_with(list_audit_entries, |op| {
                op.id("list_audit_entries").tag("audit").summary("Search what was done; newest first")
            }),
        )
        .api_route(
            "/api/audit-entries/export",
            get_with(export_audit_entries, |op| {
                op.id("export_audit_entries").tag("audit").summary("Export what was found as xlsx")
            }),
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct AuditFilter {
    /// Words in the reason, the subject or the verb.
    q: Option<String>,
    /// Done by this account.
    user_id: Option<i32>,
    /// This verb.
    action: Option<String>,
    /// This kind of thing.
    subject_kind: Option<String>,
    /// This thing.
    subject_id: Option<String>,
    /// In this store.
    store_id: Option<i32>,
    /// Not before: a day (Shanghai) or a moment.
    from: Option<String>,
    /// Up to and including this day, or before this moment.
    to: Option<String>,
    page: Option<u32>,
    size: Option<u32>,
    /// `at` only; newest first.
    sort: Option<String>,
    order: Option<Order>,
}

impl AuditFilter {
    fn query(&self, offset: i64, limit: i64) -> Result<AuditQuery> {
        let text = |value: &Option<String>| {
            value.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Ok(AuditQuery {
            user_id: self.user_id.map(UserId),
            action: text(&self.action),
            subject_kind: text(&self.subject_kind),
            subject_id: text(&self.subject_id),
            store_id: self.store_id.map(StoreId),
            from: moment("from", text(&self.from), 0)?,
            until: moment("to", text(&self.to), 1)?,
            text: text(&self.q),
            offset,
            limit,
        })
    }
}

/// A moment, or the start of a day in Shanghai `days_on` days later.
fn moment(field: &'static str, text: Option<String>, days_on: i64) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let (zh, en) = ("日期格式应为 2021-02-03", "Write dates as 2021-02-03");
    let invalid = || Problem::from(OrgError::Invalid { field, zh, en });
    let day: Date = text.parse().map_err(|_| invalid())?;
    let day = day.checked_add(jiff::Span::new().days(days_on)).map_err(|_| invalid())?;
    Ok(Some(shanghai_instant(day.at(0, 0, 0, 0))))
}

/// One thing done.
#[derive(Debug, Serialize, JsonSchema)]
struct AuditView {
    /// Number; grows with time.
    audit_id: i64,
    /// When.
    at: String,
    /// Who; none = the house itself.
    user_id: Option<i32>,
    /// His name, as far as the caller may see him.
    user_name: Option<String>,
    /// What.
    action: String,
    /// To what kind of thing.
    subject_kind: String,
    /// To which.
    subject_id: String,
    /// In which store.
    store_id: Option<i32>,
    /// Its short name.
    store_name: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The request it happened in.
    trace_id: Option<String>,
    /// The rest.
    detail: serde_json::Value,
}

async fn list_audit_entries(
    ctx: Can<AuditRead>,
    State(app): State<AppState>,
    Query(filter): Query<AuditFilter>,
) -> Result<Json<Page<AuditView>>> {
    let wanted =
        PageQuery { page: filter.page, size: filter.size, sort: filter.sort.clone(), order: filter.order };
    let cut = wanted.checked(&[("at", "at"), ("audit_id", "audit_id")])?;
    let query = filter.query(cut.offset, cut.limit)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let found = list_audit(&mut tx, &query).await?;
    let rows = with_names(&mut tx, found.rows).await?;
    Ok(Json(Page::new(rows, found.total, &cut)))
}

async fn with_names(tx: &mut PgConnection, rows: Vec<AuditRow>) -> Result<Vec<AuditView>> {
    let users: Vec<i32> = rows.iter().map(|row| row.user_id.get()).collect();
    let stores: Vec<i32> = rows.iter().filter_map(|row| row.store_id.map(StoreId::get)).collect();
    let users: Vec<(i32, String)> =
        sqlx::query_as("SELECT user_id, display_name FROM app_user WHERE user_id = ANY ($1)")
            .bind(&users)
            .fetch_all(&mut *tx)
            .await
            .map_err(OrgError::from)?;
    let stores: Vec<(i32, String)> =
        sqlx::query_as("SELECT store_id, short_name FROM store WHERE store_id = ANY ($1)")
            .bind(&stores)
            .fetch_all(tx)
            .await
            .map_err(OrgError::from)?;
    let (users, stores) = (BTreeMap::from_iter(users), BTreeMap::from_iter(stores));
    let view = |row: AuditRow| AuditView {
        audit_id: row.audit_id,
        at: row.at.to_string(),
        user_id: (row.user_id.get() != 0).then_some(row.user_id.get()),
        user_name: users.get(&row.user_id.get()).cloned(),
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        store_id: row.store_id.map(StoreId::get),
        store_name: row.store_id.and_then(|store| stores.get(&store.get()).cloned()),
        reason: row.reason,
        trace_id: row.detail.get("trace_id").and_then(|id| id.as_str()).map(str::to_owned),
        detail: row.detail,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Rows an export of the audit may hold: db gives at most 500 a page, and nobody reads more on paper.
const EXPORT_PAGES: i64 = 20;

async fn export_audit_entries(
    ctx: Can<AuditRead>,
    State(app): State<AppState>,
    Query(filter): Query<AuditFilter>,
) -> Result<Response> {
    let mut tx = app.db.write(&ctx.access).await?;
    let mut rows = Vec::new();
    for page in 0..EXPORT_PAGES {
        let found = list_audit(&mut tx, &filter.query(page * 500, 500)?).await?;
        let last = found.rows.len() < 500;
        rows.extend(with_names(&mut tx, found.rows).await?);
        if last {
            break;
        }
    }
    let cells: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    let headers = ["时间", "操作人", "操作", "对象类型", "对象", "门店", "原因", "明细"];
    let watermark = format!("{} {}", ctx.user_name, shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M"));
    let file = xlsx("audit-entries", &headers, &cells, &watermark)?;
    let entry = AuditEntry {
        action: "export_list",
        subject_kind: "audit-entries",
        subject_id: "",
        store_id: None,
        reason: None,
        detail: json!({ "rows": rows.len() }),
    };
    audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(file)
}

fn cells(row: &AuditView) -> Vec<Cell> {
    vec![
        Cell::from(row.at.as_str()),
        Cell::from(row.user_name.clone()),
        Cell::from(row.action.as_str()),
        Cell::from(row.subject_kind.as_str()),
        Cell::from(row.subject_id.as_str()),
        Cell::from(row.store_name.clone()),
        Cell::from(row.reason.clone()),
        Cell::from(row.detail.to_string().as_str()),
    ]
}
