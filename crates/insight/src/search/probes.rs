//! The look-ups behind a query: each probe is one indexed range of one table, cut before anything
//! else is read, and the reader's scope is checked by row-level security on the way.

use db::{Field, Vault};
use sqlx::PgConnection;

use super::detect::Probe;
use crate::numbers::{PersonRef, VehicleRef};

/// Rows of an index a probe looks at before it sorts: names are as common as 张伟.
const WINDOW: i64 = 200;

/// The first text after all texts that begin with `prefix`, in byte order.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

pub(super) async fn probe_persons(
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

pub(super) async fn probe_vehicles(
    tx: &mut PgConnection,
    probe: &Probe,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
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
