//! Undoing a decision: a join or an un-merge by a person is taken back with everything it superseded, and the
//! customers become again what evidence and the remaining decisions make of them.

use db::{Access, AuditEntry};
use kernel::ids::PersonNo;
use serde_json::json;
use web::AppState;

use crate::component::{Context, recluster};
use crate::queries::scope;
use crate::{IdentityError, contradiction, decisions, run};

/// Undoes the decision behind event `event_id`; returns the living customer of the event.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`] outside the caller's scope; [`IdentityError::NothingToUndo`] when the event was
/// no decision of a person or was undone before; contradictions; [`IdentityError::RunInProgress`].
pub async fn undo(
    app: &AppState,
    access: &Access,
    event_id: i64,
    reason: &str,
) -> Result<PersonNo, IdentityError> {
    let mut tx = app.db.system_for(access.user_id).await?;
    let sql = "SELECT no, run_id FROM identity_event
               WHERE event_id = $1 AND subject = 'person' AND by_user IS NOT NULL";
    let event: Option<(i32, Option<i64>)> =
        sqlx::query_as(sql).bind(event_id).fetch_optional(&mut *tx).await?;
    let Some((no, Some(decided_in))) = event else { return Err(IdentityError::NothingToUndo) };
    let number = PersonNo(u32::try_from(no).unwrap_or(0));
    let person = scope::person(&app.db, access, number).await?;
    run::lock(&mut tx).await?;
    let now = app.clock.now();
    let run_id = run::begin(&mut tx, "decision", now).await?;
    let context = Context { run_id, by_user: access.user_id.get(), reason: Some(reason), now };
    let keys = decisions::take_back(&mut tx, decided_in, &context).await?;
    if keys.is_empty() {
        return Err(IdentityError::NothingToUndo);
    }
    let sql = "UPDATE review_pair SET state = 'open', decided_by = NULL, decided_at = NULL, reason = NULL, run_id = NULL
               WHERE run_id = $1";
    sqlx::query(sql).bind(decided_in).execute(&mut *tx).await?;
    match recluster(&mut tx, &app.vault, &app.data_dir, &keys, &context).await {
        Err(IdentityError::Contradiction(found)) => {
            drop(tx);
            return contradiction::refuse(&app.db, access, found).await;
        }
        other => other?,
    }
    let entry = AuditEntry {
        action: "undo_identity_decision",
        subject_kind: "person",
        subject_id: &number.to_string(),
        store_id: None,
        reason: Some(reason),
        detail: json!({ "event_id": event_id, "decided_in": decided_in, "run_id": run_id }),
    };
    db::audit(&mut tx, &entry).await?;
    let sql = "SELECT coalesce(merged_into, person_no) FROM person WHERE person_no = $1";
    let living: i32 = sqlx::query_scalar(sql).bind(person).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(PersonNo(u32::try_from(living).unwrap_or(0)))
}
