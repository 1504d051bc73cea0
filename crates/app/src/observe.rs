//! One log line and one measurement a request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;
use uuid::Uuid;

/// Renders what was measured in Prometheus' text format.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the process-wide recorder; call once.
    pub fn install() -> Result<Self, metrics_exporter_prometheus::BuildError> {
        // Seconds; the promise is p99 < 50 ms, so the buckets are dense around it.
        let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("http_request_seconds".into()), &buckets)?
            .install_recorder()?;
        Ok(Self(handle))
    }

    /// The text a scrape gets.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Name of the header that carries a request's trace id, in and out.
pub const TRACE_HEADER: &str = "x-trace-id";

/// Gives the request a trace id, measures it and logs its end.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or("unmatched", |path| path.as_str()).to_owned();
    let trace_id = Uuid::new_v4().simple().to_string();
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        request.headers_mut().insert(TRACE_HEADER, value);
    }
    let span =
        tracing::info_span!("request", trace.id = %trace_id, http.method = %method, http.route = %route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(TRACE_HEADER, value);
    }
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::histogram!("http_request_seconds", &labels).record(elapsed.as_secs_f64());
    span.in_scope(|| tracing::info!(http.status = status, elapsed_ms = elapsed.as_millis(), "answered"));
    response
}
