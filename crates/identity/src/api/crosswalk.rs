//! The crosswalk: which record of which system is which customer. Source systems take it to speak of one
//! customer as everybody else does; an auditor takes it to compare with a truth of his own.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::transform::TransformOperation;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use db::{Access, AuditEntry, Db, DbError, audit};
use futures_util::stream;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::FromRow;
use web::{AppState, Can, Query, Routes, permission};

/// Rows read at a time: the file is streamed, however many millions it has.
const CHUNK: i64 = 20_000;

const HEADER: &str = "store_code,source,source_key,origin,file,row_no,person_no\n";

pub fn routes() -> Routes {
    ApiRouter::new().api_route("/api/crosswalk", get_with(crosswalk, document))
}

fn document(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("get_crosswalk")
        .tag("identity")
        .summary("CSV of source records and the customers they belong to, within the caller's scope")
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct CrosswalkQuery {
    /// Only this store.
    store_id: Option<i32>,
    /// Only this source system.
    source: Option<String>,
}

async fn crosswalk(
    ctx: Can<permission::IdentityManage>,
    State(app): State<AppState>,
    Query(query): Query<CrosswalkQuery>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&ctx.access).await?;
    let entry = AuditEntry {
        action: "export_crosswalk",
        subject_kind: "crosswalk",
        subject_id: "",
        store_id: query.store_id.map(Into::into),
        reason: None,
        detail: serde_json::json!({ "source": query.source }),
    };
    audit(&mut tx, &entry).await?;
    tx.commit().await?;
    let start =
        Cursor { db: app.db.clone(), access: ctx.access.clone(), query, after: Some(i64::MIN), first: true };
    let body = Body::from_stream(stream::try_unfold(start, next_chunk));
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response())
}

struct Cursor {
    db: Db,
    access: Access,
    query: CrosswalkQuery,
    /// Last key sent; none when everything is sent.
    after: Option<i64>,
    first: bool,
}

#[derive(FromRow)]
struct Line {
    record_key: i64,
    store_code: Option<String>,
    source: String,
    source_key: String,
    origin: String,
    file_name: String,
    row_no: i32,
    person_no: i32,
}

async fn next_chunk(mut cursor: Cursor) -> Result<Option<(String, Cursor)>, DbError> {
    let Some(after) = cursor.after else { return Ok(None) };
    let mut tx = cursor.db.read(&cursor.access).await?;
    let lines: Vec<Line> = sqlx::query_as(
        "SELECT p.record_key, s.code AS store_code, p.source, p.source_key, p.origin, b.file_name, p.row_no,
                link.person_no
         FROM party_record p
         JOIN person_record link ON link.record_key = p.record_key
         JOIN batch b ON b.batch_id = p.batch_id
         LEFT JOIN store s ON s.store_id = p.store_id
         WHERE p.current AND p.record_key > $1
           AND ($2::int IS NULL OR p.store_id = $2) AND ($3::text IS NULL OR p.source = $3)
         ORDER BY p.record_key
         LIMIT $4",
    )
    .bind(after)
    .bind(cursor.query.store_id)
    .bind(&cursor.query.source)
    .bind(CHUNK)
    .fetch_all(&mut *tx)
    .await?;
    cursor.after = lines.last().map(|line| line.record_key);
    let mut text = if cursor.first { HEADER.to_owned() } else { String::new() };
    cursor.first = false;
    for line in &lines {
        push_line(&mut text, line);
    }
    Ok(Some((text, cursor)))
}

fn push_line(text: &mut String, line: &Line) {
    let row_no = line.row_no.to_string();
    let person_no = PersonNo(u32::try_from(line.person_no).unwrap_or(0)).to_string();
    let store = line.store_code.as_deref().unwrap_or_default();
    let cells = [store, &line.source, &line.source_key, &line.origin, &line.file_name, &row_no, &person_no];
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, cell);
    }
    text.push('\n');
}

/// Quoted where a comma, a quote or a line break stands; guarded where a spreadsheet would see a formula.
fn push_cell(text: &mut String, cell: &str) {
    let cell = kernel::spreadsheet::guard_formula(cell);
    if cell.contains([',', '"', '\n', '\r']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(&cell);
    }
}
