//! Lists as workbooks: bounded, masked as on the screen, and every one in the audit.

use axum::response::Response;
use db::AuditEntry;
use serde_json::json;
use web::export::{Cell, EXPORT_ROWS_ALERT, EXPORT_ROWS_MAX, xlsx};
use web::{AppState, Ctx, PageQuery, Problem, Sorting};

/// Rows written at a time while a list is read.
pub const ROWS_AT_A_TIME: usize = 1_000;

/// Action of the audit rows; the data administrator is alerted to large ones.
pub const ACTION: &str = "customer.export";

/// The same order as on the screen, cut at the most an export may hold.
pub fn whole_list(
    columns: &[(&str, &'static str)],
    sort: Option<String>,
    order: Option<web::Order>,
) -> Result<Sorting, Problem> {
    let sorting = PageQuery { page: None, size: Some(1), sort, order }.checked(columns)?;
    // One more than allowed, so that a list that is too long is refused and not cut in silence.
    Ok(Sorting { limit: i64::try_from(EXPORT_ROWS_MAX + 1).unwrap_or(i64::MAX), ..sorting })
}

/// Refuses a list that is too long.
pub fn check_size(rows: usize) -> Result<(), Problem> {
    if rows <= EXPORT_ROWS_MAX {
        return Ok(());
    }
    let zh = format!("导出不能超过 {EXPORT_ROWS_MAX} 行,请增加筛选条件");
    let en = format!("An export may hold {EXPORT_ROWS_MAX} rows; narrow the list with a filter");
    Err(Problem::refused("export.too_many_rows", zh, en))
}

/// Writes the audit row and then the workbook: nothing leaves without a trace.
pub async fn leave_as_workbook(
    app: &AppState,
    ctx: &Ctx,
    list: &str,
    filter: serde_json::Value,
    headers: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&ctx.access).await?;
    let detail = json!({
        "list": list,
        "rows": rows.len(),
        "large": rows.len() > EXPORT_ROWS_ALERT,
        "filter": filter,
        "masked": ctx.access.masked,
    });
    // A reader of one store leaves his trace there, where his manager reads it.
    let store_id = match ctx.access.stores.as_slice() {
        [store] if !ctx.access.group => Some(*store),
        _ => None,
    };
    let entry =
        AuditEntry { action: ACTION, subject_kind: "list", subject_id: list, store_id, reason: None, detail };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    let watermark = format!("{} {} {}", ctx.user_name, ctx.now.strftime("%Y-%m-%d %H:%M UTC"), ctx.trace_id);
    let name = list.to_owned();
    // Fifty thousand rows take a second of computing; other requests go on meanwhile.
    tokio::task::spawn_blocking(move || xlsx(&name, headers, &rows, &watermark))
        .await
        .map_err(Problem::fault)?
}

/// A list of names in one cell.
pub fn joined(names: &[String]) -> Cell {
    Cell::Text(names.join("、"))
}
