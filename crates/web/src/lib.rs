//! The HTTP floor every context stands on: what a request may know ([`Ctx`]), what it may do
//! ([`Can`]), how it is refused ([`Problem`]), how lists are cut into pages ([`Page`]) and leave as
//! workbooks ([`export`]). It knows no customer and no store.

pub mod ctx;
pub mod export;
pub mod extract;
pub mod page;
pub mod permission;
pub mod problem;
pub mod state;

pub use ctx::{Can, Ctx, Lang, SignedIn};
pub use extract::{Json, Path, Query};
pub use page::{Order, Page, PageQuery, Sorting};
pub use permission::Permission;
pub use problem::{FieldProblem, Problem};
pub use state::AppState;

/// What every handler returns.
pub type Result<T> = std::result::Result<T, Problem>;

/// The router type of every context's `routes()`.
pub type Routes = aide::axum::ApiRouter<AppState>;
