//! Routes of this context, one file a resource.

mod exports;
mod overview;
mod persons;
mod search;
mod validity;
mod validity_rules;
mod vehicles;

use web::Routes;

/// All routes of this context.
pub fn routes() -> Routes {
    Routes::new()
        .merge(search::routes())
        .merge(persons::routes())
        .merge(vehicles::routes())
        .merge(validity::routes())
        .merge(validity_rules::routes())
        .merge(overview::routes())
}
