//! The console's files. A missing asset is a 404, never the index page under another name.

use std::path::PathBuf;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::any;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Serves the built console from `web_dir`; without one, says how to build it.
pub fn routes(web_dir: Option<PathBuf>) -> Router {
    let unknown_api = any(|| async { web::Problem::not_found("没有这个接口", "No such operation") });
    let router = Router::new().route("/api/{*rest}", unknown_api);
    let Some(dir) = web_dir.filter(|dir| dir.join("index.html").is_file()) else {
        return router.fallback(|| async { Html(NOT_BUILT) });
    };
    // Vite puts a hash into every asset's name: it may be kept for ever. The index page may not.
    let keep = SetResponseHeaderLayer::overriding(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    let check =
        SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let missing = any(|| async { StatusCode::NOT_FOUND.into_response() });
    let assets =
        ServiceBuilder::new().layer(keep).service(ServeDir::new(dir.join("assets")).fallback(missing));
    let index = ServeDir::new(&dir).fallback(ServeFile::new(dir.join("index.html")));
    router.nest_service("/assets", assets).fallback_service(ServiceBuilder::new().layer(check).service(index))
}

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Forecourt</title>\
<p>The console is not built. Run <code>make web</code> and start with <code>WEB_DIR=web/apps/console/dist</code>.</p>";
