//! The whole URL surface on one page.

use std::path::PathBuf;
use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::openapi::OpenApi;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::{Extension, Router, middleware};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use web::{AppState, Routes};

use crate::{docs, health, observe, pages};

/// Largest JSON body; uploads stream and have their own bound.
const JSON_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Every context's routes. A new room adds one line.
fn api_routes() -> Routes {
    ApiRouter::new()
        .merge(org::routes())
        .merge(intake::routes())
        .merge(identity::routes())
        .merge(privacy::routes())
        .merge(insight::routes())
}

fn documented() -> (Router<AppState>, OpenApi) {
    aide::generate::on_error(|error| tracing::debug!(%error, "OpenAPI generation"));
    aide::generate::extract_schemas(true);
    let mut api = OpenApi::default();
    let router = api_routes().finish_api_with(&mut api, |api| {
        api.title("Forecourt API")
            .version(env!("CARGO_PKG_VERSION"))
            .description("Customer operations for car-dealer groups. Problems are RFC 9457 documents with a stable `code`.")
    });
    (router, api)
}

/// The OpenAPI document of this binary.
pub fn openapi() -> OpenApi {
    documented().1
}

/// The server: API, documentation, health, metrics, pages.
pub fn router(state: AppState, metrics: observe::Metrics, web_dir: Option<PathBuf>) -> Router {
    let (api, document) = documented();
    let api = api
        .layer(middleware::from_fn_with_state(state.clone(), org::authenticate))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    let document = Arc::new(document);
    Router::new()
        .merge(api)
        .merge(docs::routes())
        .merge(health::routes(metrics))
        .with_state(state)
        .layer(Extension(document))
        .merge(pages::routes(web_dir))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(observe::observe))
                .layer(CatchPanicLayer::new())
                .layer(set("x-content-type-options", "nosniff"))
                .layer(set("x-frame-options", "DENY"))
                .layer(set("referrer-policy", "same-origin"))
                .layer(set_content_security_policy())
                .layer(CompressionLayer::new()),
        )
}

fn set(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
}

fn set_content_security_policy() -> SetResponseHeaderLayer<HeaderValue> {
    // Element Plus positions its poppers with inline styles; scripts come from our own origin only.
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
                  font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
    SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))
}
