//! Lists leave as workbooks: bounded, watermarked, audited.

use axum::response::Response;
use db::AuditEntry;
use kernel::clock::shanghai_time;
use serde_json::json;
use web::export::{Cell, EXPORT_ROWS_MAX, xlsx};
use web::{AppState, Ctx, Sorting};

/// The cut of an export: everything the filters leave, one row beyond what a workbook may hold.
pub fn whole(cut: Sorting) -> Sorting {
    let limit = i64::try_from(EXPORT_ROWS_MAX).unwrap_or(i64::MAX).saturating_add(1);
    // Page 0: lists that put something before their first page do so for people, not for workbooks.
    Sorting { limit, offset: 0, page: 0, ..cut }
}

/// Writes the workbook of list `name` and the audit row of its taking.
pub async fn workbook(
    app: &AppState,
    ctx: &Ctx,
    name: &str,
    headers: &[&str],
    rows: &[Vec<Cell>],
) -> web::Result<Response> {
    let watermark = format!("{} {}", ctx.user_name, shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M"));
    let file = xlsx(name, headers, rows, &watermark)?;
    let mut tx = app.db.write(&ctx.access).await?;
    let entry = AuditEntry {
        action: "export_list",
        subject_kind: name,
        subject_id: "",
        store_id: None,
        reason: None,
        detail: json!({ "rows": rows.len() }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(file)
}

/// A whole number that may be 32 bits wide.
pub fn number(value: impl Into<i64>) -> Cell {
    Cell::from(value.into())
}

/// Anything that has a text.
pub fn text(value: impl ToString) -> Cell {
    Cell::Text(value.to_string())
}
