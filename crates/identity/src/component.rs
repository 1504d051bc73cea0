//! The part of the base a decision can touch, computed again: the same engine, the same model, the same rules of
//! numbering as a full run, on the few records that matter.
//!
//! A customer is a function of its *raw component*: the records tied by strong edges, guards ignored. All edges of
//! at least the review band between customers are kept, and those inside a customer come back by scoring its
//! records, so the component of any record can be read off the database. Customers tied to it by edges of the
//! review band come along unchanged: whether such an edge waits for a person depends on both its sides.

use std::path::Path;

use db::Vault;
use jiff::Timestamp;
use kernel::ids::RecordKey;
use matching::{Constraints, Fate, IdEvent, Outcome, Records, Weights, link_all};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::evidence::{self, Evidence};
use crate::models::{self, Frozen};
use crate::numbers::{self, Run, Subject, signed};
use crate::run::{self, Figures};
use crate::unify::{ages, constraints_of, hash_key};
use crate::{edges, households, roles, super_nodes, survivorship, write_persons};

/// Topic of the event that tells other contexts whose customers changed; its payload is `{"person_nos": [..]}`.
pub const PERSONS_CHANGED: &str = "identity.persons_changed";

/// On whose account a component is computed again.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The run that was opened for it.
    pub run_id: i64,
    /// Who decided.
    pub by_user: i32,
    /// Why.
    pub reason: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// Records a decision can touch, ready to be linked.
pub struct Component {
    /// Their keys, as the database binds them.
    pub keys: Vec<i64>,
    /// The persons they belong to now.
    pub persons: Vec<i32>,
    /// What the sources say.
    pub evidence: Evidence,
    /// The same, as the engine wants it.
    pub records: Records,
    /// The frozen model.
    pub model: Frozen,
}

impl Component {
    /// Reads the component of `seeds` and what is tied to it by edges of the review band.
    ///
    /// # Errors
    /// [`IdentityError::NoModel`] before the first full run; faults of the database.
    pub async fn load(
        tx: &mut PgConnection,
        vault: &Vault,
        data_dir: &Path,
        seeds: &[i64],
    ) -> Result<Component, IdentityError> {
        let model = models::latest(tx, data_dir).await?.ok_or(IdentityError::NoModel)?;
        let mut found = Found::default();
        found.grow(tx, seeds.to_vec()).await?;
        let fringe = other_ends(tx, &found.keys(), &["review", "relation"]).await?;
        found.grow(tx, fringe).await?;
        let keys = found.keys();
        let evidence = evidence::load_some(tx, vault, &keys).await?;
        let mut records = Records::new(hash_key(vault));
        records.extend(&evidence.parties);
        let records = records.seal()?;
        let mut persons: Vec<i32> = found.persons.into_iter().collect();
        persons.sort_unstable();
        Ok(Component { keys, persons, evidence, records, model })
    }

    /// Decisions in force between records of the component.
    ///
    /// # Errors
    /// A contradiction among them; faults of the database.
    pub async fn constraints(&self, tx: &mut PgConnection) -> Result<Constraints, IdentityError> {
        let sql = "SELECT kind, a_key, b_key FROM link_constraint
                   WHERE revoked_at IS NULL AND a_key = ANY ($1) AND b_key = ANY ($1)
                   ORDER BY constraint_id";
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(sql).bind(&self.keys).fetch_all(tx).await?;
        Ok(constraints_of(rows)?)
    }

    /// Links the records under `said` with the frozen model.
    ///
    /// # Errors
    /// See [`link_all`].
    pub fn link(&mut self, said: &Constraints) -> Result<Outcome, IdentityError> {
        let Component { records, model, .. } = self;
        Ok(tokio::task::block_in_place(|| link_all(records, said, Weights::Frozen(&model.model)))?)
    }

    /// The clusters of an outcome as record keys.
    pub fn clusters(&self, outcome: &Outcome) -> Vec<Vec<RecordKey>> {
        let keys = |members: &[u32]| members.iter().map(|&position| self.records.key_at(position)).collect();
        outcome.clusters.iter().map(keys).collect()
    }

    /// Gives numbers to the clusters of an outcome; nothing is written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn number(
        &self,
        tx: &mut PgConnection,
        outcome: &Outcome,
    ) -> Result<(matching::Assignment, Vec<IdEvent>), IdentityError> {
        let mut assignment = numbers::load(tx, Subject::Person, Some(&self.persons)).await?;
        let ages = ages(&self.evidence);
        let clusters = self.clusters(outcome);
        // Records that were rolled back since the last run leave, as they would in a full run.
        let present: FxHashSet<RecordKey> = clusters.iter().flatten().copied().collect();
        let linked = self.keys.iter().map(|&key| RecordKey(key));
        let removed: Vec<RecordKey> =
            linked.filter(|key| !present.contains(key) && assignment.of(*key).is_some()).collect();
        let events = assignment.apply(&clusters, &removed, |key| ages.get(&key).copied().unwrap_or(0));
        Ok((assignment, events))
    }

    /// Writes an outcome: numbers, edges, pairs, golden customers, roles, households, events.
    ///
    /// # Errors
    /// When the database fails or a sealed value cannot be opened.
    pub async fn write(
        &self,
        tx: &mut PgConnection,
        vault: &Vault,
        outcome: &Outcome,
        context: &Context<'_>,
    ) -> Result<(), IdentityError> {
        let (assignment, events) = self.number(tx, outcome).await?;
        let phones = super_nodes::phones_of(tx, &self.persons).await?;
        let around = write_persons::Surroundings { phones, criteria: survivorship::criteria(tx).await? };
        let mut persons: Vec<i32> = numbers::concerned(&events).into_iter().map(signed).collect();
        persons.sort_unstable();
        write_persons::ensure_numbers(tx, &persons, context.now).await?;
        let by = Run {
            run_id: context.run_id,
            by_user: Some(context.by_user),
            reason: context.reason,
            now: context.now,
        };
        numbers::write(tx, Subject::Person, &assignment, &events, &by).await?;
        edges::write(tx, &self.records, outcome, Some(&self.keys)).await?;
        edges::refresh_reviews(tx, &self.records, outcome, Some(&self.keys)).await?;
        write_persons::write_persons(tx, vault, &persons, &around, context.now, &|_| ()).await?;
        let vehicles = self.vehicles(tx).await?;
        roles::derive(tx, Some(&vehicles)).await?;
        households::derive(tx, Some(&persons)).await?;
        if !persons.is_empty() {
            let payload = json!({ "person_nos": persons });
            db::jobs::publish(tx, PERSONS_CHANGED, 1, &context.run_id.to_string(), &payload).await?;
        }
        run::finish(tx, context.run_id, self.model.version, &self.figures(outcome, &events), context.now)
            .await
    }

    /// Vehicles the records were seen with.
    async fn vehicles(&self, tx: &mut PgConnection) -> Result<Vec<i32>, IdentityError> {
        let keys: Vec<i64> = self.evidence.vehicles.iter().map(|vehicle| vehicle.key.get()).collect();
        let sql = "SELECT DISTINCT vehicle_no FROM vehicle_record_link WHERE record_key = ANY ($1) ORDER BY vehicle_no";
        Ok(sqlx::query_scalar(sql).bind(keys).fetch_all(tx).await?)
    }

    fn figures(&self, outcome: &Outcome, events: &[IdEvent]) -> Figures {
        let edges = |wanted: &dyn Fn(Fate) -> bool| {
            outcome.edges.iter().filter(|edge| wanted(edge.fate)).count() as u64
        };
        Figures {
            party_records: self.keys.len() as u64,
            persons: outcome.clusters.len() as u64,
            edges_auto: edges(&|fate| fate == Fate::Joined),
            edges_review: edges(&|fate| fate == Fate::Review),
            edges_refused: edges(&|fate| matches!(fate, Fate::Refused(_))),
            merged: events.iter().filter(|event| matches!(event, IdEvent::Merged { .. })).count() as u64,
            split: events
                .iter()
                .filter(|event| matches!(event, IdEvent::Split { .. } | IdEvent::Unmerged { .. }))
                .count() as u64,
            ..Figures::default()
        }
    }
}

/// Computes the component of `seeds` again under the decisions in force and writes the result.
///
/// The caller holds [`run::lock`] and has opened the run of `context`.
///
/// # Errors
/// [`IdentityError::NoModel`] before the first full run; contradictory decisions; faults of the database.
pub async fn recluster(
    tx: &mut PgConnection,
    vault: &Vault,
    data_dir: &Path,
    seeds: &[i64],
    context: &Context<'_>,
) -> Result<(), IdentityError> {
    let mut component = Component::load(tx, vault, data_dir, seeds).await?;
    let said = component.constraints(tx).await?;
    let outcome = component.link(&said)?;
    component.write(tx, vault, &outcome, context).await
}

/// Persons found so far, with all their records.
#[derive(Default)]
struct Found {
    persons: FxHashSet<i32>,
    records: FxHashMap<i64, i32>,
}

impl Found {
    fn keys(&self) -> Vec<i64> {
        let mut keys: Vec<i64> = self.records.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Adds the persons of `frontier` and whatever strong edges tie to them, until nothing new comes.
    async fn grow(&mut self, tx: &mut PgConnection, mut frontier: Vec<i64>) -> Result<(), IdentityError> {
        loop {
            frontier.retain(|key| !self.records.contains_key(key));
            if frontier.is_empty() {
                return Ok(());
            }
            let sql = "SELECT mate.record_key, mate.person_no
                       FROM person_record mate
                       WHERE mate.person_no IN (SELECT person_no FROM person_record WHERE record_key = ANY ($1))";
            let mates: Vec<(i64, i32)> = sqlx::query_as(sql).bind(&frontier).fetch_all(&mut *tx).await?;
            if mates.is_empty() {
                return Ok(());
            }
            let fresh: Vec<i64> = mates.iter().map(|(key, _)| *key).collect();
            self.persons.extend(mates.iter().map(|(_, person)| *person));
            self.records.extend(mates);
            frontier = other_ends(tx, &fresh, &["auto"]).await?;
        }
    }
}

/// Other ends of the kept edges of some records in some bands.
async fn other_ends(tx: &mut PgConnection, keys: &[i64], bands: &[&str]) -> Result<Vec<i64>, IdentityError> {
    let sql = "SELECT b_key FROM identity_edge WHERE a_key = ANY ($1) AND band = ANY ($2)
               UNION
               SELECT a_key FROM identity_edge WHERE b_key = ANY ($1) AND band = ANY ($2)";
    Ok(sqlx::query_scalar(sql).bind(keys).bind(bands).fetch_all(tx).await?)
}
