//! `/api/openapi.json` and a page that reads it: no script from elsewhere, works without the Internet.

use std::fmt::Write as _;
use std::sync::Arc;

use aide::openapi::{OpenApi, Operation, ReferenceOr};
use axum::response::Html;
use axum::routing::get;
use axum::{Extension, Json, Router};
use web::AppState;
use web::ctx::PERMISSION_EXTENSION;

/// The document and its page.
pub fn routes() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(document)).route("/api/docs", get(page))
}

async fn document(Extension(api): Extension<Arc<OpenApi>>) -> Json<OpenApi> {
    Json((*api).clone())
}

async fn page(Extension(api): Extension<Arc<OpenApi>>) -> Html<String> {
    Html(render(&api))
}

const STYLE: &str = "body{font:15px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1f2933}\
h2{margin-top:2rem;border-bottom:1px solid #d9e2ec}table{border-collapse:collapse;width:100%}\
td{padding:.35rem .6rem;border-bottom:1px solid #eef2f6;vertical-align:top}code{background:#f3f5f8;padding:.1rem .3rem;border-radius:3px}\
.get{color:#0b7a4b}.post,.put,.patch{color:#9a5b00}.delete{color:#a61b1b}.rule{color:#627d98;white-space:nowrap}";

fn render(api: &OpenApi) -> String {
    let mut tags = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (path, method, operation) in operations(api) {
        let tag = operation.tags.first().cloned().unwrap_or_else(|| "other".into());
        let rule =
            operation.extensions.get(PERMISSION_EXTENSION).and_then(|rule| rule.as_str()).unwrap_or("public");
        let row = format!(
            "<tr><td><code class={method}>{}</code><td><code>{}</code><td>{}<td class=rule>{}",
            method.to_uppercase(),
            escape(path),
            escape(operation.summary.as_deref().unwrap_or_default()),
            escape(rule)
        );
        tags.entry(tag).or_default().push(row);
    }
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Forecourt API</title><style>{STYLE}</style>\
         <h1>Forecourt API</h1><p>Machine-readable: <a href=/api/openapi.json>/api/openapi.json</a>. \
         The last column is the permission an operation asks for.</p>"
    );
    for (tag, rows) in tags {
        let _ = write!(html, "<h2>{}</h2><table>{}</table>", escape(&tag), rows.concat());
    }
    html
}

/// Every operation of the document as (path, method, operation).
pub fn operations(api: &OpenApi) -> Vec<(&str, &'static str, &Operation)> {
    let Some(paths) = &api.paths else { return Vec::new() };
    let mut found = Vec::new();
    for (path, item) in &paths.paths {
        let ReferenceOr::Item(item) = item else { continue };
        let methods = [
            ("get", &item.get),
            ("post", &item.post),
            ("put", &item.put),
            ("patch", &item.patch),
            ("delete", &item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                found.push((path.as_str(), method, operation));
            }
        }
    }
    found
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
