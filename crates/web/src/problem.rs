//! One envelope for every refusal and fault: RFC 9457 problem details, in the user's language.
//!
//! A *refusal* (the business says no) carries a stable code and says what to do. A *fault* (the
//! machine broke) is logged once, here, and tells the client only its trace id.

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::permission::Permission;

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// Name of the field, as in the request.
    pub field: String,
    /// Chinese text: what is wrong and how to mend it.
    pub zh: String,
    /// English text.
    pub en: String,
}

/// A refusal or a fault on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    zh: String,
    en: String,
    fields: Vec<FieldProblem>,
    retry_after_s: Option<u64>,
}

/// The JSON of a problem. Both languages travel; `title` repeats the one the client asked for.
#[derive(Debug, Serialize, JsonSchema)]
struct ProblemBody {
    /// Stable code, e.g. `intake.layout_unknown`.
    code: &'static str,
    /// HTTP status.
    status: u16,
    /// Chinese text.
    title: String,
    /// English text.
    title_en: String,
    /// Problems of single fields.
    fields: Vec<FieldProblem>,
}

impl Problem {
    /// A refusal with a status, a stable code and both texts.
    pub fn new(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, code, zh: zh.into(), en: en.into(), fields: Vec::new(), retry_after_s: None }
    }

    /// 400 about one field of the request.
    pub fn bad_input(field: &str, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let (zh, en) = (zh.into(), en.into());
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, zh.clone(), en.clone());
        problem.fields.push(FieldProblem { field: field.into(), zh, en });
        problem
    }

    /// 404. Also the answer for rows outside the caller's scope: their existence is not told.
    pub fn not_found(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", zh, en)
    }

    /// 409: the state of things forbids it.
    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, zh, en)
    }

    /// 422: a rule of the trade says no.
    pub fn refused(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en)
    }

    /// 401.
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "auth.not_signed_in", "请先登录", "Please sign in")
    }

    /// 403 until the first password has been replaced.
    pub fn password_change_due() -> Self {
        let (zh, en) = ("首次登录请先修改密码", "Change the first password before going on");
        Self::new(StatusCode::FORBIDDEN, "auth.password_change_due", zh, en)
    }

    /// 403 naming the missing permission.
    pub fn not_permitted(permission: Permission) -> Self {
        let zh = format!("没有权限:{}。如需开通,请联系系统管理员", permission.zh());
        let en = format!("Not permitted: {}. Ask your administrator for it", permission.code());
        Self::new(StatusCode::FORBIDDEN, "auth.not_permitted", zh, en)
    }

    /// 429 with the seconds to wait.
    pub fn too_many(code: &'static str, wait_s: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, code, zh, en);
        problem.retry_after_s = Some(wait_s);
        problem
    }

    /// 500; the cause goes to the log and nowhere else.
    pub fn fault(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        let (zh, en) = ("系统出错,已记录日志,请稍后重试", "Something broke and was logged; please try again");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", zh, en)
    }

    /// Adds what is wrong with one more field.
    #[must_use]
    pub fn with_field(mut self, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { field: field.into(), zh: zh.into(), en: en.into() });
        self
    }

    /// HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Stable code of the answer.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            code: self.code,
            status: self.status.as_u16(),
            title: self.zh,
            title_en: self.en,
            fields: self.fields,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        response
    }
}

impl OperationOutput for Problem {
    type Inner = Self;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ApiResponse> {
        let mut response = axum::Json::<ProblemBody>::operation_response(ctx, operation)?;
        response.description = "Refused or failed; see `code`".into();
        Some(response)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Self::operation_response(ctx, operation).map(|response| (None, response)).into_iter().collect()
    }
}

impl From<db::DbError> for Problem {
    fn from(error: db::DbError) -> Self {
        match error {
            db::DbError::OutOfScope(_) => out_of_scope(),
            db::DbError::Busy(_)
            | db::DbError::ConnectionLost(_)
            | db::DbError::TimedOut(_)
            | db::DbError::TryAgain(_) => {
                tracing::warn!(%error, "the database did not serve a request");
                let (zh, en) = ("系统繁忙,请稍后重试", "The database is busy, please try again");
                Self::too_many("busy", 2, zh, en)
            }
            db::DbError::DiskFull(_) => {
                tracing::error!(%error, "the disk of the database is full");
                let (zh, en) = (
                    "数据库磁盘已满,请联系管理员清理空间;已提交的数据没有丢失",
                    "The database's disk is full: tell the administrator. Nothing that was committed is lost",
                );
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", zh, en)
            }
            _ => Self::fault(error),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::not_found("没有找到", "Not found"),
            other => db::DbError::from(other).into(),
        }
    }
}

/// Row-level security refused; the caller is not told whether the row exists.
fn out_of_scope() -> Problem {
    Problem::not_found("没有找到,或不在您的数据范围内", "Not found, or outside your data scope")
}
