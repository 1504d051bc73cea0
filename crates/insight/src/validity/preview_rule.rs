//! What a change of the rule would do, before anybody decides it: both rules judge the same
//! evidence in one pass, and nothing is written.

use std::collections::BTreeMap;

use db::{Db, DbError};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::dossiers::Snapshot;
use super::judge::{Bench, GROUP, Scope};
use super::places::places;
use super::rule_set::RuleSet;
use super::rules::State;
use super::store::newest_rule;

/// Customers listed by number, of those whose verdict at group level would change.
const SAMPLES_MAX: usize = 50;

/// How many people of a scope would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScopeChange {
    /// `store`, `brand`, `region`, `group`.
    pub scope_kind: String,
    /// Number of the scope.
    pub scope_id: i32,
    /// Valid people under the rule in force.
    pub valid_now: i64,
    /// Valid people under the proposed rule.
    pub valid_then: i64,
    /// People who would become valid.
    pub gained: i64,
    /// People who would no longer be valid.
    pub lost: i64,
}

/// One person who would change at group level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonChange {
    /// Customer number.
    pub person_no: kernel::ids::PersonNo,
    /// Verdict now.
    pub now: State,
    /// Verdict then.
    pub then: State,
}

/// What a change of the rule would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RulePreview {
    /// Version of the rule in force.
    pub version: i32,
    /// People judged by both rules.
    pub people: i64,
    /// Scopes in which somebody would change; the group first.
    pub scopes: Vec<ScopeChange>,
    /// Some of the people who would change at group level.
    pub samples: Vec<PersonChange>,
}

/// Judges everybody by the rule in force and by `proposed`, and compares.
///
/// # Errors
/// A fault of the database.
pub async fn preview_rule(db: &Db, proposed: &RuleSet, as_of: Date) -> Result<RulePreview, DbError> {
    let mut tx = db.system().await?;
    let rule = newest_rule(&mut tx).await?;
    let places = places(&mut tx).await?;
    tx.rollback().await?;
    let now = Bench::new(rule.version, &rule.rules, &places, as_of);
    let then = Bench::new(rule.version, proposed, &places, as_of);

    let mut scopes: BTreeMap<Scope, ScopeChange> = BTreeMap::new();
    let mut samples = Vec::new();
    let mut people = 0;
    let mut snapshot = Snapshot::open(db).await?;
    let mut dossiers = snapshot.dossiers(as_of);
    while let Some(dossier) = dossiers.next().await? {
        people += 1;
        // Both lists are of the same scopes in the same order: scopes come from evidence, not from rules.
        for ((scope, before), (_, after)) in now.judge(&dossier).iter().zip(then.judge(&dossier).iter()) {
            count(scopes.entry(*scope).or_insert_with(|| no_change(*scope)), before.state, after.state);
            if *scope == GROUP && before.state != after.state && samples.len() < SAMPLES_MAX {
                let person_no = crate::numbers::PersonRef::from_sql(dossier.person_no).0;
                samples.push(PersonChange { person_no, now: before.state, then: after.state });
            }
        }
    }
    drop(dossiers);
    snapshot.close().await?;
    let mut changed: Vec<ScopeChange> =
        scopes.into_values().filter(|change| change.gained + change.lost > 0).collect();
    changed.sort_by_key(|change| change.scope_kind != "group");
    Ok(RulePreview { version: rule.version, people, scopes: changed, samples })
}

fn no_change(scope: Scope) -> ScopeChange {
    ScopeChange {
        scope_kind: scope.kind.code().to_owned(),
        scope_id: scope.id,
        valid_now: 0,
        valid_then: 0,
        gained: 0,
        lost: 0,
    }
}

fn count(change: &mut ScopeChange, before: State, after: State) {
    let (was, will) = (before == State::Valid, after == State::Valid);
    change.valid_now += i64::from(was);
    change.valid_then += i64::from(will);
    change.gained += i64::from(!was && will);
    change.lost += i64::from(was && !will);
}
