//! The full run: all evidence in, every customer and vehicle out, numbers kept, events written.
//!
//! The result is a pure function of evidence, decisions and model. Running it twice changes nothing.

use std::path::Path;

use db::{Db, Field, Vault};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use kernel::clock::Clock;
use kernel::ids::RecordKey;
use matching::{
    Constraints, Contradiction, Fate, HashKey, IdEvent, Outcome, Records, link_all, link_vehicles,
};
use rustc_hash::FxHashMap;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::numbers::{self, Run, Subject, signed};
use crate::run::{self, Figures};
use crate::{
    edges, evidence, households, models, roles, super_nodes, survivorship, write_persons, write_vehicles,
};

/// What a run achieved.
#[derive(Debug, Clone, Copy)]
pub struct UnifyReport {
    /// Number of the run.
    pub run_id: i64,
    /// Its figures.
    pub figures: Figures,
}

/// Where a run stands: done, total (0 = unknown), what.
pub type Progress<'a> = &'a (dyn Fn(u64, u64, &str) + Sync);

/// Unifies everything. One run at a time; everything or nothing becomes visible.
///
/// # Errors
/// [`IdentityError::RunInProgress`] when another run is at work; faults of the database; contradictory decisions.
pub async fn unify(
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    data_dir: &Path,
    progress: Progress<'_>,
) -> Result<UnifyReport, IdentityError> {
    let mut tx = db.system().await?;
    run::lock(&mut tx).await?;
    let now = clock.now();
    let run_id = run::begin(&mut tx, "full", now).await?;
    let evidence = evidence::load(db, vault, &|done, what| progress(done, 0, what)).await?;
    let mut figures = Figures {
        party_records: evidence.parties.len() as u64,
        vehicle_records: evidence.vehicles.len() as u64,
        ..Figures::default()
    };

    progress(0, figures.party_records, "linking customers");
    let ages = ages(&evidence);
    let mut records = Records::new(hash_key(vault));
    records.extend(&evidence.parties);
    let mut records = records.seal()?;
    let vehicles = evidence.vehicles;
    drop(evidence.parties);
    let said = load_constraints(&mut tx).await?;
    let model = models::current(&mut tx, data_dir, records.len()).await?;
    let outcome =
        tokio::task::block_in_place(|| link_all(&mut records, &said, models::weights(model.as_ref())))?;
    let model_version = models::keep(&mut tx, data_dir, &outcome.model, model.as_ref(), now).await?;

    let context = Run { run_id, by_user: None, reason: None, now };
    let person_clusters: Vec<Vec<RecordKey>> = outcome
        .clusters
        .iter()
        .map(|members| members.iter().map(|&position| records.key_at(position)).collect())
        .collect();
    let events = renumber(&mut tx, Subject::Person, &person_clusters, &ages, &context).await?;
    count_events(&mut figures, &events);

    progress(0, vehicles.len() as u64, "linking vehicles");
    let vehicle_clusters = tokio::task::block_in_place(|| link_vehicles(&vehicles));
    renumber(&mut tx, Subject::Vehicle, &vehicle_clusters, &ages, &context).await?;

    figures.persons = person_clusters.len() as u64;
    figures.vehicles = vehicle_clusters.len() as u64;
    count_edges(&mut figures, &outcome);
    edges::write(&mut tx, &records, &outcome, None).await?;
    figures.super_nodes = super_nodes::derive(&mut tx, run_id).await?;
    write_golden(&mut tx, vault, now, progress).await?;
    progress(0, 0, "roles and households");
    roles::derive(&mut tx, None).await?;
    households::derive(&mut tx, None).await?;
    edges::refresh_reviews(&mut tx, &records, &outcome, None).await?;
    run::finish(&mut tx, run_id, model_version, &figures, clock.now()).await?;
    tx.commit().await?;
    analyze(db).await?;
    Ok(UnifyReport { run_id, figures })
}

/// Names and addresses are hashed under a key of the vault, so that a kept model tells nothing about them.
pub fn hash_key(vault: &Vault) -> HashKey {
    HashKey::new(vault.blind(Field::Secret, "matching.hash_key"))
}

/// First day of every record, in days since 1990: the older records keep a number.
pub(crate) fn ages(evidence: &evidence::Evidence) -> FxHashMap<RecordKey, u16> {
    let age = |day: Option<Date>| {
        let days = day.map_or(0, |day| (day - date(1990, 1, 1)).get_days());
        u16::try_from(days).unwrap_or(0)
    };
    let parties = evidence.parties.iter().map(|party| (party.key, age(party.first_seen)));
    let vehicles = evidence.vehicles.iter().map(|vehicle| (vehicle.key, age(vehicle.on)));
    parties.chain(vehicles).collect()
}

/// Decisions of people that are in force.
///
/// # Errors
/// When the database fails.
pub async fn load_constraints(tx: &mut PgConnection) -> Result<Constraints, IdentityError> {
    let sql =
        "SELECT kind, a_key, b_key FROM link_constraint WHERE revoked_at IS NULL ORDER BY constraint_id";
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(sql).fetch_all(tx).await?;
    Ok(constraints_of(rows)?)
}

/// Stored decisions as the engine takes them. They were checked one by one when they were made, so they are only
/// checked together here: checking each again would cost the cube of their number.
///
/// # Errors
/// A contradiction among them.
pub(crate) fn constraints_of(rows: Vec<(String, i64, i64)>) -> Result<Constraints, Contradiction> {
    let mut said = Constraints::default();
    for (kind, a, b) in rows {
        let list = if kind == "must_link" { &mut said.must } else { &mut said.cannot };
        list.push((RecordKey(a), RecordKey(b)));
    }
    said.check()?;
    Ok(said)
}

async fn renumber(
    tx: &mut PgConnection,
    subject: Subject,
    clusters: &[Vec<RecordKey>],
    ages: &FxHashMap<RecordKey, u16>,
    context: &Run<'_>,
) -> Result<Vec<IdEvent>, IdentityError> {
    let mut assignment = numbers::load(tx, subject, None).await?;
    let clustered: rustc_hash::FxHashSet<RecordKey> = clusters.iter().flatten().copied().collect();
    let mut removed = numbers::linked_records(tx, subject).await?;
    removed.retain(|key| !clustered.contains(key));
    let events = assignment.apply(clusters, &removed, |key| ages.get(&key).copied().unwrap_or(0));
    let numbers: Vec<i32> = numbers::concerned(&events).into_iter().map(signed).collect();
    match subject {
        Subject::Person => write_persons::ensure_numbers(tx, &numbers, context.now).await?,
        Subject::Vehicle => write_vehicles::ensure_numbers(tx, &numbers, context.now).await?,
    }
    numbers::write(tx, subject, &assignment, &events, context).await?;
    Ok(events)
}

fn count_events(figures: &mut Figures, events: &[IdEvent]) {
    figures.merged = events.iter().filter(|event| matches!(event, IdEvent::Merged { .. })).count() as u64;
    figures.split = events
        .iter()
        .filter(|event| matches!(event, IdEvent::Split { .. } | IdEvent::Unmerged { .. }))
        .count() as u64;
}

fn count_edges(figures: &mut Figures, outcome: &Outcome) {
    for edge in &outcome.edges {
        match edge.fate {
            Fate::Joined => figures.edges_auto += 1,
            Fate::Refused(_) => figures.edges_refused += 1,
            Fate::Review => figures.edges_review += 1,
            Fate::Redundant | Fate::Within | Fate::Relation => {}
        }
    }
}

/// Recomputes every living golden person and vehicle. Facts may have changed without a cluster changing, so
/// everybody is recomputed; rows that come out alike are not written.
async fn write_golden(
    tx: &mut PgConnection,
    vault: &Vault,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<(), IdentityError> {
    let criteria = survivorship::criteria(tx).await?;
    let around = write_persons::Surroundings { phones: super_nodes::phones(tx).await?, criteria };
    let persons: Vec<i32> =
        sqlx::query_scalar("SELECT DISTINCT person_no FROM person_record ORDER BY person_no")
            .fetch_all(&mut *tx)
            .await?;
    let total = persons.len() as u64;
    write_persons::forget_retired(tx).await?;
    write_persons::write_persons(tx, vault, &persons, &around, now, &|done| {
        progress(done, total, "golden customers")
    })
    .await?;
    let sql = "SELECT DISTINCT vehicle_no FROM vehicle_record_link ORDER BY vehicle_no";
    let vehicles: Vec<i32> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await?;
    let total = vehicles.len() as u64;
    write_vehicles::write_vehicles(tx, &vehicles, &around.criteria, now, &|done| {
        progress(done, total, "golden vehicles");
    })
    .await
}

/// Fresh statistics: the lists' plans depend on them, and autovacuum comes minutes later.
async fn analyze(db: &Db) -> Result<(), IdentityError> {
    use sqlx::Connection as _;
    let mut owner = db.owner_connection().await?;
    let sql = "ANALYZE person, person_record, person_store, person_phone, vehicle, vehicle_record_link, vehicle_store, \
               vehicle_plate, vehicle_role, identity_edge, review_pair";
    sqlx::raw_sql(sql).execute(&mut owner).await?;
    owner.close().await?;
    Ok(())
}
