//! Who asks, with which rights, in which language, and when.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::Access;
use jiff::Timestamp;
use kernel::ids::{EmployeeId, UserId};

use crate::permission::{Grant, Permission};
use crate::problem::Problem;

/// The language a client wants to be answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Simplified Chinese, the house's first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Reads an `Accept-Language` header; anything that does not start with English is Chinese.
    pub fn from_header(value: Option<&str>) -> Self {
        match value {
            Some(value) if value.trim_start().to_ascii_lowercase().starts_with("en") => Lang::En,
            _ => Lang::Zh,
        }
    }

    /// Picks one of two texts.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// What a handler knows of the request. Put into the request's extensions by the log-in middleware;
/// a handler cannot have one without a signed-in user.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The signed-in account.
    pub user_id: UserId,
    /// The employee behind the account, when there is one.
    pub employee_id: Option<EmployeeId>,
    /// Shown in audit rows and in the console.
    pub user_name: String,
    /// Rows this user may touch; handed to every transaction.
    pub access: Access,
    /// What this user may do.
    pub permissions: BTreeSet<Permission>,
    /// True until the first password has been changed: only the account's own pages answer.
    pub must_change_password: bool,
    /// Language of answers.
    pub lang: Lang,
    /// Repeated in every problem and log line of the request.
    pub trace_id: String,
    /// The moment the request began.
    pub now: Timestamp,
}

impl Ctx {
    /// Whether the user's roles allow `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// A signed-in user, whatever he may do: for the account's own pages only.
#[derive(Debug)]
pub struct SignedIn(pub Ctx);

/// A signed-in user whose roles allow `G`. The signature of a handler is its access rule, and the
/// OpenAPI document repeats it as `x-permission`.
#[derive(Debug)]
pub struct Can<G>(pub Ctx, PhantomData<G>);

impl<G> std::ops::Deref for Can<G> {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl std::ops::Deref for SignedIn {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

fn signed_in(parts: &Parts) -> Result<Ctx, Problem> {
    parts.extensions.get::<Ctx>().cloned().ok_or_else(Problem::not_signed_in)
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        signed_in(parts).map(SignedIn)
    }
}

impl<S: Send + Sync, G: Grant> FromRequestParts<S> for Can<G> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let ctx = signed_in(parts)?;
        if ctx.must_change_password {
            return Err(Problem::password_change_due());
        }
        if !ctx.may(G::PERMISSION) {
            return Err(Problem::not_permitted(G::PERMISSION));
        }
        Ok(Can(ctx, PhantomData))
    }
}

/// Name of the OpenAPI extension that carries an operation's access rule.
pub const PERMISSION_EXTENSION: &str = "x-permission";

impl OperationInput for SignedIn {
    fn operation_input(_ctx: &mut GenContext, operation: &mut Operation) {
        operation.extensions.insert(PERMISSION_EXTENSION.into(), "signed-in".into());
    }
}

impl<G: Grant> OperationInput for Can<G> {
    fn operation_input(_ctx: &mut GenContext, operation: &mut Operation) {
        operation.extensions.insert(PERMISSION_EXTENSION.into(), G::PERMISSION.code().into());
    }
}
