//! A person decides a pair the machine would not: the same customer, two customers, or not now.

use db::{Access, AuditEntry};
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::ids::{RecordKey, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::AppState;

use crate::component::{Component, Context};
use crate::{IdentityError, contradiction, decisions, run};

/// What a person says about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// One customer: obeyed by every later run.
    Join,
    /// Two customers: obeyed by every later run.
    KeepApart,
    /// Not now.
    Skip,
}

impl Decision {
    /// State of the pair afterwards.
    pub const fn state(self) -> &'static str {
        match self {
            Decision::Join => "joined",
            Decision::KeepApart => "kept_apart",
            Decision::Skip => "skipped",
        }
    }
}

type PairRow = (i64, i64, String, Option<i32>);

/// Decides the pair and recomputes the customers it touches, in one transaction.
///
/// # Errors
/// [`IdentityError::NoSuchPair`] outside the caller's scope; [`IdentityError::PairIsSettled`]; a contradiction with
/// earlier decisions, told in words; [`IdentityError::RunInProgress`].
pub async fn decide(
    app: &AppState,
    access: &Access,
    pair_id: i64,
    decision: Decision,
    reason: Option<&str>,
) -> Result<(), IdentityError> {
    sees(app, access, pair_id).await?;
    let now = app.clock.now();
    let by_user = access.user_id.get();
    let mut tx = app.db.system_for(access.user_id).await?;
    run::lock(&mut tx).await?;
    let sql = "SELECT a_key, b_key, state, coalesce(store_id, b_store_id) FROM review_pair WHERE pair_id = $1 FOR UPDATE";
    let pair: Option<PairRow> = sqlx::query_as(sql).bind(pair_id).fetch_optional(&mut *tx).await?;
    let (a, b, state, store) = pair.ok_or(IdentityError::NoSuchPair)?;
    if !matches!(state.as_str(), "open" | "skipped") {
        return Err(IdentityError::PairIsSettled);
    }
    let mut run_id = None;
    if decision != Decision::Skip {
        let opened = run::begin(&mut tx, "decision", now).await?;
        run_id = Some(opened);
        let context = Context { run_id: opened, by_user, reason, now };
        let mut component = Component::load(&mut tx, &app.vault, &app.data_dir, &[a, b]).await?;
        let mut said = component.constraints(&mut tx).await?;
        let (left, right) = (RecordKey(a), RecordKey(b));
        let (kind, allowed) = match decision {
            Decision::Join => ("must_link", said.require(left, right)),
            Decision::KeepApart | Decision::Skip => ("cannot_link", said.forbid(left, right)),
        };
        if let Err(found) = allowed {
            drop(tx);
            return contradiction::refuse(&app.db, access, found).await;
        }
        decisions::add(&mut tx, kind, &[(left, right)], &context).await?;
        settle(&mut tx, pair_id, decision, &context).await?;
        let outcome = component.link(&said)?;
        component.write(&mut tx, &app.vault, &outcome, &context).await?;
    } else {
        let context = Context { run_id: 0, by_user, reason, now };
        settle(&mut tx, pair_id, decision, &context).await?;
    }
    let entry = AuditEntry {
        action: "decide_review_pair",
        subject_kind: "review_pair",
        subject_id: &pair_id.to_string(),
        store_id: store.map(StoreId),
        reason,
        detail: json!({
            "decision": decision, "run_id": run_id,
            "records": [RecordKey(a), RecordKey(b)],
        }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn sees(app: &AppState, access: &Access, pair_id: i64) -> Result<(), IdentityError> {
    let mut tx = app.db.read(access).await?;
    let sql = "SELECT EXISTS (SELECT 1 FROM review_pair WHERE pair_id = $1)";
    let seen: bool = sqlx::query_scalar(sql).bind(pair_id).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    if seen { Ok(()) } else { Err(IdentityError::NoSuchPair) }
}

async fn settle(
    tx: &mut sqlx::PgConnection,
    pair_id: i64,
    decision: Decision,
    context: &Context<'_>,
) -> Result<(), IdentityError> {
    let sql = "UPDATE review_pair
               SET state = $2, decided_by = $3, decided_at = $4, reason = $5, run_id = nullif($6, 0)
               WHERE pair_id = $1";
    sqlx::query(sql)
        .bind(pair_id)
        .bind(decision.state())
        .bind(context.by_user)
        .bind(SqlTimestamp::from(context.now))
        .bind(context.reason)
        .bind(context.run_id)
        .execute(tx)
        .await?;
    Ok(())
}
