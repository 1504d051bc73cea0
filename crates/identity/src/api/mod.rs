//! Routes of identity, one file a resource.

mod crosswalk;
mod exports;
mod identity_events;
mod identity_models;
mod identity_runs;
mod persons;
mod review_pairs;
mod super_nodes;
mod survivorship_rules;

use web::Routes;

/// All routes of this context.
pub fn routes() -> Routes {
    Routes::new()
        .merge(review_pairs::routes())
        .merge(persons::routes())
        .merge(identity_events::routes())
        .merge(super_nodes::routes())
        .merge(identity_runs::routes())
        .merge(identity_models::routes())
        .merge(survivorship_rules::routes())
        .merge(crosswalk::routes())
}

/// Longest reason a person may give.
const REASON_MAX: usize = 500;

/// A reason as it is kept: trimmed, not empty, not a novel.
fn reason(raw: &str) -> web::Result<&str> {
    let reason = raw.trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        let zh = format!("请填写原因(不超过 {REASON_MAX} 字)");
        let en = format!("Give a reason of at most {REASON_MAX} characters");
        return Err(web::Problem::bad_input("reason", "identity.reason", zh, en));
    }
    Ok(reason)
}

/// An optional reason; blank is none.
fn optional_reason(raw: Option<&str>) -> web::Result<Option<&str>> {
    match raw.map(str::trim) {
        None | Some("") => Ok(None),
        Some(given) => reason(given).map(Some),
    }
}
