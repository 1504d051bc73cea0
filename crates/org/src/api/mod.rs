//! The routes of this room, one file a resource.

mod audit_entries;
mod caller;
mod employees;
mod feature_flags;
pub(crate) mod listing;
mod me;
mod milestones;
mod org_imports;
mod roles;
mod sessions;
mod source_systems;
mod structure;
mod users;

use web::Routes;

/// Everything under `/api` that belongs to organisation and access.
pub fn routes() -> Routes {
    Routes::new()
        .merge(sessions::routes())
        .merge(me::routes())
        .merge(structure::routes())
        .merge(employees::routes())
        .merge(users::routes())
        .merge(roles::routes())
        .merge(feature_flags::routes())
        .merge(source_systems::routes())
        .merge(milestones::routes())
        .merge(org_imports::routes())
        .merge(audit_entries::routes())
}
