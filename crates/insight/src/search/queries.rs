//! The look-ups behind a query: each probe is one indexed range of one table, cut before anything
//! else is read, and the reader's scope is checked by row-level security on the way.

use db::{Access, Field, Vault};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;

use super::detect::{Probe, detect};
use crate::masking::{mask_vin, name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};

/// Rows of an index a probe looks at before it sorts: names are as common as 张伟.
const WINDOW: i64 = 200;

/// One line of the list under the search box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchHit {
    /// `person`, `company` or `vehicle`.
    pub kind: &'static str,
    /// Customer or vehicle number.
    pub no: String,
    /// Name, plate or masked VIN.
    pub title: String,
    /// What tells it from its namesakes.
    pub subtitle: String,
    /// What matched: `name`, `initials`, `phone`, `plate`, `vin`, `id`, `no`.
    pub matched: &'static str,
}

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
    let mut hits = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for probe in &probes {
        let room = limit - i64::try_from(hits.len()).unwrap_or(limit);
        if room <= 0 {
            break;
        }
        let persons = probe_persons(tx, vault, probe, room).await?;
        if !persons.is_empty() {
            let rows = person_hits(tx, access, &persons, matched(probe)).await?;
            hits.extend(rows.into_iter().filter(|hit| seen.insert(hit.no.clone())));
        }
        let vehicles = probe_vehicles(tx, probe, room).await?;
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
    vault: &Vault,
    query: &str,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let mut found = Vec::new();
    for probe in detect(query) {
        found.extend(probe_persons(tx, vault, &probe, limit).await?);
        let vehicles = probe_vehicles(tx, &probe, limit).await?;
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
    vault: &Vault,
    query: &str,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let mut found = Vec::new();
    for probe in detect(query) {
        found.extend(probe_vehicles(tx, &probe, limit).await?);
        let persons = probe_persons(tx, vault, &probe, limit).await?;
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

/// The first text after all texts that begin with `prefix`, in byte order.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

async fn probe_persons(
    tx: &mut PgConnection,
    vault: &Vault,
    probe: &Probe,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    match probe {
        Probe::PersonNo(number) => {
            let sql = "SELECT COALESCE(merged_into, person_no) FROM person WHERE person_no = $1";
            sqlx::query_scalar(sql).bind(PersonRef(*number).sql()).fetch_all(tx).await
        }
        Probe::Name(name) => by_name(tx, name, limit).await,
        Probe::Pinyin(pinyin) => {
            let sql = "
                SELECT person_no
                FROM ((SELECT person_no, name_initials = $1 AS whole, last_seen_on
                       FROM person
                       WHERE merged_into IS NULL AND name_initials ~>=~ $1 AND name_initials ~<~ $2
                       ORDER BY name_initials USING ~<~
                       LIMIT $3)
                      UNION
                      (SELECT person_no, name_pinyin = $1, last_seen_on
                       FROM person
                       WHERE merged_into IS NULL AND name_pinyin ~>=~ $1 AND name_pinyin ~<~ $2
                       ORDER BY name_pinyin USING ~<~
                       LIMIT $3)) found
                ORDER BY whole DESC, last_seen_on DESC NULLS LAST, person_no
                LIMIT $4";
            sqlx::query_scalar(sql)
                .bind(pinyin)
                .bind(after(pinyin))
                .bind(WINDOW.max(limit))
                .bind(limit)
                .fetch_all(tx)
                .await
        }
        Probe::Phone(phone) => {
            let sql = "SELECT DISTINCT person_no FROM person_phone WHERE phone_bidx = $1 LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::Mobile, phone), limit).await
        }
        Probe::PhoneTail(tail) => {
            let sql = "SELECT DISTINCT person_no FROM person_phone WHERE tail_bidx = $1 LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::Mobile, tail), limit).await
        }
        Probe::IdNumber(id) => {
            let sql = "SELECT person_no FROM person WHERE id_bidx = $1 AND merged_into IS NULL LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::IdNumber, id), limit).await
        }
        Probe::VehicleNo(_) | Probe::Plate(_) | Probe::VinTail(_) | Probe::Vin(_) => Ok(Vec::new()),
    }
}

/// By the beginning of the name; only when that does not fill the list, by its middle.
async fn by_name(tx: &mut PgConnection, name: &str, limit: i64) -> Result<Vec<i32>, sqlx::Error> {
    let sql = "
        SELECT person_no
        FROM (SELECT person_no, name = $1 AS whole, last_seen_on
              FROM person
              WHERE merged_into IS NULL AND name ~>=~ $1 AND name ~<~ $2
              ORDER BY name USING ~<~
              LIMIT $3) found
        ORDER BY whole DESC, last_seen_on DESC NULLS LAST, person_no
        LIMIT $4";
    let mut found: Vec<i32> = sqlx::query_scalar(sql)
        .bind(name)
        .bind(after(name))
        .bind(WINDOW.max(limit))
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    let room = limit - i64::try_from(found.len()).unwrap_or(limit);
    if room <= 0 {
        return Ok(found);
    }
    let sql = "
        SELECT person_no
        FROM person
        WHERE merged_into IS NULL
          AND name IS NOT NULL
          AND string_to_array(name, NULL) @> string_to_array($1, NULL)
          AND position($1 IN name) > 1
        LIMIT $2";
    let middle: Vec<i32> = sqlx::query_scalar(sql).bind(name).bind(room).fetch_all(tx).await?;
    found.extend(middle);
    Ok(found)
}

async fn by_index(
    tx: &mut PgConnection,
    sql: &'static str,
    index: &[u8],
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(sql).bind(index).bind(limit).fetch_all(tx).await
}

async fn probe_vehicles(tx: &mut PgConnection, probe: &Probe, limit: i64) -> Result<Vec<i32>, sqlx::Error> {
    match probe {
        Probe::VehicleNo(number) => {
            let sql = "SELECT COALESCE(merged_into, vehicle_no) FROM vehicle WHERE vehicle_no = $1";
            sqlx::query_scalar(sql).bind(VehicleRef(*number).sql()).fetch_all(tx).await
        }
        Probe::Plate(plate) => {
            // Plates a vehicle once had count too, after the ones in use.
            let sql = "
                SELECT vehicle_no
                FROM (SELECT vehicle_no, max(last_on) AS last_on, bool_or(plate = $1) AS whole
                      FROM (SELECT vehicle_no, plate, last_on
                            FROM vehicle_plate
                            WHERE plate ~>=~ $1 AND plate ~<~ $2
                            ORDER BY plate USING ~<~
                            LIMIT $3) ranged
                      GROUP BY vehicle_no) found
                ORDER BY whole DESC, last_on DESC NULLS LAST, vehicle_no
                LIMIT $4";
            ranged(tx, sql, plate, limit).await
        }
        Probe::VinTail(tail) => {
            let reversed: String = tail.chars().rev().collect();
            let sql = "
                SELECT vehicle_no
                FROM ((SELECT vehicle_no, last_seen_on
                       FROM vehicle
                       WHERE vin IS NOT NULL AND merged_into IS NULL
                         AND reverse(vin) ~>=~ $1 AND reverse(vin) ~<~ $2
                       LIMIT $3)
                      UNION ALL
                      (SELECT vehicle_no, last_seen_on
                       FROM vehicle
                       WHERE vin IS NULL AND vis IS NOT NULL AND merged_into IS NULL
                         AND reverse(vis) ~>=~ $1 AND reverse(vis) ~<~ $2
                       LIMIT $3)) found
                ORDER BY last_seen_on DESC NULLS LAST, vehicle_no
                LIMIT $4";
            ranged(tx, sql, &reversed, limit).await
        }
        Probe::Vin(vin) => {
            let sql = "
                SELECT vehicle_no
                FROM (SELECT vehicle_no, vin
                      FROM vehicle
                      WHERE vin IS NOT NULL AND merged_into IS NULL AND vin ~>=~ $1 AND vin ~<~ $2
                      ORDER BY vin USING ~<~
                      LIMIT $3) found
                LIMIT $4";
            ranged(tx, sql, vin, limit).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn ranged(
    tx: &mut PgConnection,
    sql: &'static str,
    prefix: &str,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(sql)
        .bind(prefix)
        .bind(after(prefix))
        .bind(WINDOW.max(limit))
        .bind(limit)
        .fetch_all(tx)
        .await
}

#[derive(sqlx::FromRow)]
struct PersonHitRow {
    person_no: PersonRef,
    kind: String,
    name: Option<String>,
    mobile_masked: Option<String>,
    plate: Option<String>,
    store_name: Option<String>,
}

async fn person_hits(
    tx: &mut PgConnection,
    access: &Access,
    persons: &[i32],
    matched: &'static str,
) -> Result<Vec<SearchHit>, sqlx::Error> {
    let sql = "
        SELECT p.person_no, p.kind, p.name, p.mobile_masked,
               (SELECT v.plate
                FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
                WHERE r.person_no = p.person_no AND r.role IN ('owner', 'user') AND v.plate IS NOT NULL
                ORDER BY r.to_on IS NULL DESC, r.from_on DESC NULLS LAST
                LIMIT 1) AS plate,
               (SELECT s.short_name
                FROM person_store ps JOIN store s USING (store_id)
                WHERE ps.person_no = p.person_no
                ORDER BY ps.last_on DESC NULLS LAST
                LIMIT 1) AS store_name
        FROM unnest($1::int[]) WITH ORDINALITY AS found (person_no, at)
        JOIN person p USING (person_no)
        WHERE p.merged_into IS NULL
        ORDER BY found.at";
    let rows: Vec<PersonHitRow> = sqlx::query_as(sql).bind(persons).fetch_all(tx).await?;
    let hits = rows.into_iter().map(|row| {
        let parts = [row.mobile_masked, plate_for(access, row.plate), row.store_name];
        SearchHit {
            kind: if row.kind == "company" { "company" } else { "person" },
            no: row.person_no.0.to_string(),
            title: name_for(access, row.name).unwrap_or_else(|| row.person_no.0.to_string()),
            subtitle: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            matched,
        }
    });
    Ok(hits.collect())
}

#[derive(sqlx::FromRow)]
struct VehicleHitRow {
    vehicle_no: VehicleRef,
    vin: Option<String>,
    plate: Option<String>,
    brand: Option<String>,
    series: Option<String>,
    owner_name: Option<String>,
}

async fn vehicle_hits(
    tx: &mut PgConnection,
    access: &Access,
    vehicles: &[i32],
    matched: &'static str,
) -> Result<Vec<SearchHit>, sqlx::Error> {
    let sql = "
        SELECT v.vehicle_no, COALESCE(v.vin, v.vis) AS vin, v.plate, b.name AS brand, v.series,
               (SELECT p.name
                FROM vehicle_role r JOIN person p USING (person_no)
                WHERE r.vehicle_no = v.vehicle_no AND r.role = 'owner'
                ORDER BY r.to_on IS NULL DESC, r.from_on DESC NULLS LAST
                LIMIT 1) AS owner_name
        FROM unnest($1::int[]) WITH ORDINALITY AS found (vehicle_no, at)
        JOIN vehicle v USING (vehicle_no)
        LEFT JOIN brand b USING (brand_id)
        WHERE v.merged_into IS NULL
        ORDER BY found.at";
    let rows: Vec<VehicleHitRow> = sqlx::query_as(sql).bind(vehicles).fetch_all(tx).await?;
    let hits = rows.into_iter().map(|row| {
        let vin = row.vin.as_deref().map(mask_vin);
        let plate = plate_for(access, row.plate);
        let number = row.vehicle_no.0.to_string();
        let title = plate.clone().or_else(|| vin.clone()).unwrap_or_else(|| number.clone());
        let vin = vin.filter(|vin| *vin != title);
        let parts = [row.brand, row.series, vin, name_for(access, row.owner_name)];
        SearchHit {
            kind: "vehicle",
            no: number,
            title,
            subtitle: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            matched,
        }
    });
    Ok(hits.collect())
}
