//! From what somebody types to the customers and vehicles meant.

use db::{Access, Vault};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;

use super::detect::{Probe, detect};
use super::hits::{SearchHit, person_hits, vehicle_hits};
use super::probes::{Breadth, probe_persons, probe_vehicles};

/// Answer to a search.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SearchAnswer {
    /// Customers first, then vehicles.
    pub hits: Vec<SearchHit>,
    /// Time taken, in milliseconds.
    pub took_ms: u64,
}

/// Finds customers and vehicles for what somebody types.
///
/// # Errors
/// A fault of the database.
pub async fn find(
    tx: &mut PgConnection,
    access: &Access,
    vault: &Vault,
    query: &str,
    limit: i64,
) -> Result<Vec<SearchHit>, sqlx::Error> {
    let probes = detect(query);
    let breadth = Breadth::of_reader(&mut *tx, access).await?;
    let mut hits = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for probe in &probes {
        let room = limit - i64::try_from(hits.len()).unwrap_or(limit);
        if room <= 0 {
            break;
        }
        let persons = probe_persons(tx, vault, probe, breadth, room).await?;
        if !persons.is_empty() {
            let rows = person_hits(tx, access, &persons, matched(probe)).await?;
            hits.extend(rows.into_iter().filter(|hit| seen.insert(hit.no.clone())));
        }
        let vehicles = probe_vehicles(tx, probe, breadth, room).await?;
        if !vehicles.is_empty() {
            let rows = vehicle_hits(tx, access, &vehicles, matched(probe)).await?;
            hits.extend(rows.into_iter().filter(|hit| seen.insert(hit.no.clone())));
        }
    }
    hits.sort_by_key(|hit| hit.kind == "vehicle");
    hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(hits)
}

/// Customers a query may mean, for filtering a list. `None` when the query means nothing.
///
/// # Errors
/// A fault of the database.
pub async fn candidates_of_persons(
    tx: &mut PgConnection,
    access: &Access,
    vault: &Vault,
    query: &str,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let breadth = Breadth::of_reader(&mut *tx, access).await?;
    let mut found = Vec::new();
    for probe in detect(query) {
        found.extend(probe_persons(tx, vault, &probe, breadth, limit).await?);
        let vehicles = probe_vehicles(tx, &probe, breadth, limit).await?;
        if !vehicles.is_empty() {
            let sql = "SELECT DISTINCT person_no
                       FROM vehicle_role
                       WHERE vehicle_no = ANY ($1) AND role IN ('owner', 'user')
                       LIMIT $2";
            let owners: Vec<i32> =
                sqlx::query_scalar(sql).bind(&vehicles).bind(limit).fetch_all(&mut *tx).await?;
            found.extend(owners);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Vehicles a query may mean, for filtering a list: by plate or VIN, or by their owner.
///
/// # Errors
/// A fault of the database.
pub async fn candidates_of_vehicles(
    tx: &mut PgConnection,
    access: &Access,
    vault: &Vault,
    query: &str,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let breadth = Breadth::of_reader(&mut *tx, access).await?;
    let mut found = Vec::new();
    for probe in detect(query) {
        found.extend(probe_vehicles(tx, &probe, breadth, limit).await?);
        let persons = probe_persons(tx, vault, &probe, breadth, limit).await?;
        if !persons.is_empty() {
            let sql = "SELECT DISTINCT vehicle_no
                       FROM vehicle_role
                       WHERE person_no = ANY ($1) AND role IN ('owner', 'user')
                       LIMIT $2";
            let theirs: Vec<i32> =
                sqlx::query_scalar(sql).bind(&persons).bind(limit).fetch_all(&mut *tx).await?;
            found.extend(theirs);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn matched(probe: &Probe) -> &'static str {
    match probe {
        Probe::PersonNo(_) | Probe::VehicleNo(_) => "no",
        Probe::Name(_) => "name",
        Probe::Pinyin(_) => "initials",
        Probe::Phone(_) | Probe::PhoneTail(_) => "phone",
        Probe::IdNumber(_) => "id",
        Probe::Plate(_) => "plate",
        Probe::VinTail(_) | Probe::Vin(_) => "vin",
    }
}
