//! Who asks: from the session cookie to [`web::Ctx`], once a request, in one query.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{EmployeeId, UserId};
use web::{AppState, Ctx, Lang, Problem};

use crate::error::OrgError;
use crate::model::HeldRole;
use crate::rules::{self, Rights};
use crate::session::{TOUCH, Token};
use crate::store::{self, SessionRow};

/// Header that carries the request's trace id.
const TRACE_HEADER: &str = "x-trace-id";
/// Logging in is the one write without a session, and may happen over an old one; a foreign page cannot send its
/// JSON body without asking us first.
const SIGN_IN_PATH: &str = "/api/sessions";

/// Reads the session cookie, refuses writes without the session's CSRF token, and puts [`Ctx`] into the request.
/// Without a live session it adds nothing: handlers answer 401 themselves. Nothing is cached, so a closed account
/// or a taken role counts from the next request on.
pub async fn authenticate(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(token) = Token::from_headers(request.headers()) else {
        return next.run(request).await;
    };
    let now = app.clock.now();
    let row = match store::find_session(&app.db, &token, now).await {
        Ok(Some(row)) => row,
        Ok(None) => return next.run(request).await,
        Err(error) => return Problem::from(OrgError::from(error)).into_response(),
    };
    let signing_in = request.method() == Method::POST && request.uri().path() == SIGN_IN_PATH;
    if !is_plain_read(request.method()) && !signing_in && !token.csrf_matches(request.headers()) {
        return csrf_problem().into_response();
    }
    if now.duration_since(row.last_seen_at.to_jiff()) > TOUCH {
        touch(&app, &token, now).await;
    }
    let ctx = context(row, request.headers(), now);
    request.extensions_mut().insert(ctx);
    request.extensions_mut().insert(token);
    next.run(request).await
}

fn is_plain_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn csrf_problem() -> Problem {
    let (zh, en) = ("页面已过期,请刷新后重试", "This page is out of date; reload it and try again");
    Problem::new(StatusCode::FORBIDDEN, "auth.csrf", zh, en)
}

async fn touch(app: &AppState, token: &Token, now: Timestamp) {
    let touched = sqlx::query("UPDATE session SET last_seen_at = $2 WHERE token_hash = $1")
        .bind(token.stored_hash())
        .bind(now.to_sqlx())
        .execute(app.db.worker_pool())
        .await;
    // The request itself does not depend on it; the session merely looks a minute older.
    if let Err(error) = touched {
        tracing::warn!(%error, "last use of a session was not written down");
    }
}

fn context(row: SessionRow, headers: &HeaderMap, now: Timestamp) -> Ctx {
    let (user_id, employee_id) = (UserId(row.user_id), row.employee_id.map(EmployeeId));
    let roles: Vec<HeldRole> = row.roles.0.into_iter().map(HeldRole::from).collect();
    let Rights { access, permissions } = rules::access_of(user_id, employee_id, &roles);
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let trace = headers.get(TRACE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ctx {
        user_id,
        employee_id,
        user_name: row.display_name,
        access,
        permissions,
        must_change_password: row.must_change_password,
        lang: if row.lang == "en" { Lang::En } else { Lang::from_header(asked) },
        trace_id: trace.to_owned(),
        now,
    }
}
