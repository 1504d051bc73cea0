//! Routes of identity, one file a resource.

use aide::axum::ApiRouter;
use web::Routes;

/// All routes of this context.
pub fn routes() -> Routes {
    ApiRouter::new()
}
