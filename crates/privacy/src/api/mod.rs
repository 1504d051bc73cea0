//! Routes of this context, one file a resource.

mod consents;
mod exports;
mod reveals;

use web::Routes;

/// All routes of this context.
pub fn routes() -> Routes {
    Routes::new().merge(reveals::routes()).merge(consents::routes()).merge(exports::routes())
}
