//! Recomputes the golden vehicles of some numbers and writes them with plates and stores.

use db::copy::CopyRows;
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::IdentityError;
use crate::golden_person::Criteria;
use crate::golden_vehicle::{FIELDS, GoldenVehicle, OF_VEHICLES_SQL, VehicleRecord, golden_vehicle};

const CHUNK: usize = 10_000;

/// Makes sure every number has a row, so that links may refer to it.
///
/// # Errors
/// When the database fails.
pub async fn ensure_numbers(
    tx: &mut PgConnection,
    numbers: &[i32],
    now: Timestamp,
) -> Result<(), IdentityError> {
    let sql = "INSERT INTO vehicle (vehicle_no, minted_at, updated_at)
               SELECT no, $2, $2 FROM unnest($1::int[]) AS no
               ON CONFLICT (vehicle_no) DO NOTHING";
    sqlx::query(sql).bind(numbers).bind(SqlTimestamp::from(now)).execute(tx).await?;
    Ok(())
}

/// Recomputes and replaces the golden vehicles `numbers`. `vehicle_record_link` must already name their records.
///
/// # Errors
/// When the database fails.
pub async fn write_vehicles(
    tx: &mut PgConnection,
    numbers: &[i32],
    criteria: &Criteria,
    now: Timestamp,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), IdentityError> {
    let stages = "
        CREATE TEMP TABLE IF NOT EXISTS stage_vehicle (LIKE vehicle) ON COMMIT DROP;
        CREATE TEMP TABLE IF NOT EXISTS stage_vehicle_plate (LIKE vehicle_plate) ON COMMIT DROP;
        CREATE TEMP TABLE IF NOT EXISTS stage_vehicle_store (LIKE vehicle_store) ON COMMIT DROP;
        TRUNCATE stage_vehicle, stage_vehicle_plate, stage_vehicle_store";
    sqlx::raw_sql(stages).execute(&mut *tx).await?;
    let mut done = 0;
    for chunk in numbers.chunks(CHUNK) {
        let records: Vec<VehicleRecord> =
            sqlx::query_as(OF_VEHICLES_SQL).bind(chunk).fetch_all(&mut *tx).await?;
        stage(tx, &records, criteria, now).await?;
        done += chunk.len() as u64;
        progress(done);
    }
    read_odometers(tx, numbers).await?;
    replace(tx, numbers).await
}

async fn stage(
    tx: &mut PgConnection,
    records: &[VehicleRecord],
    criteria: &Criteria,
    now: Timestamp,
) -> Result<(), IdentityError> {
    let (mut vehicles, mut plates, mut stores) = (CopyRows::new(), CopyRows::new(), CopyRows::new());
    for records in records.chunk_by(|a, b| a.vehicle_no == b.vehicle_no) {
        let no = records[0].vehicle_no;
        let golden = golden_vehicle(records, criteria);
        for (plate, first, last) in &golden.plates {
            plates.plain(no).text(plate).date(*first).date(*last).end_row();
        }
        for (store, first, last) in &golden.stores {
            stores.plain(no).plain(store).date(*first).date(*last).end_row();
        }
        vehicle_row(&mut vehicles, no, &golden, now);
    }
    vehicles
        .send(tx, &format!("stage_vehicle (vehicle_no, {}, vin_flag, {REST})", FIELDS.join(", ")))
        .await?;
    plates.send(tx, "stage_vehicle_plate (vehicle_no, plate, first_on, last_on)").await?;
    stores.send(tx, "stage_vehicle_store (vehicle_no, store_id, first_on, last_on)").await?;
    Ok(())
}

const REST: &str = "golden, record_count, store_count, first_seen_on, last_seen_on, last_mileage_km, last_mileage_on, \
                    gone, minted_at, updated_at";

fn vehicle_row(rows: &mut CopyRows, no: i32, golden: &GoldenVehicle, now: Timestamp) {
    rows.plain(no);
    for field in &golden.fields {
        rows.opt_text(field.as_deref());
    }
    rows.opt_text(golden.vin_flag.as_deref()).text(&golden.golden.to_string());
    rows.plain(golden.record_count).plain(golden.stores.len());
    rows.date(golden.first_seen_on).date(golden.last_seen_on);
    rows.opt_plain(golden.mileage.map(|(km, _)| km)).date(golden.mileage.and_then(|(_, on)| on));
    rows.opt_text(golden.gone.as_deref()).plain(now).plain(now).end_row();
}

/// The workshop reads the odometer oftener than any archive is edited: its last reading wins where it is newer.
async fn read_odometers(tx: &mut PgConnection, numbers: &[i32]) -> Result<(), IdentityError> {
    let sql = "
        UPDATE stage_vehicle s
        SET last_mileage_km = read.km, last_mileage_on = read.on_day
        FROM (
            SELECT DISTINCT ON (link.vehicle_no) link.vehicle_no,
                   coalesce(r.mileage_out, r.mileage_in) AS km, r.opened_at::date AS on_day
            FROM repair_order r
            JOIN vehicle_record_link link ON link.record_key = r.vehicle_key
            WHERE r.current AND coalesce(r.mileage_out, r.mileage_in) > 0 AND link.vehicle_no = ANY ($1)
            ORDER BY link.vehicle_no, r.opened_at DESC NULLS LAST, r.record_key
        ) AS read
        WHERE s.vehicle_no = read.vehicle_no
          AND (s.last_mileage_on IS NULL OR read.on_day >= s.last_mileage_on)";
    sqlx::query(sql).bind(numbers).execute(tx).await?;
    Ok(())
}

async fn replace(tx: &mut PgConnection, numbers: &[i32]) -> Result<(), IdentityError> {
    let set: Vec<String> = FIELDS
        .iter()
        .copied()
        .chain(["vin_flag"])
        .chain(REST.split(", ").map(str::trim).filter(|column| *column != "minted_at"))
        .map(|column| format!("{column} = s.{column}"))
        .collect();
    let sql = format!(
        "UPDATE vehicle SET {} FROM stage_vehicle s
         WHERE vehicle.vehicle_no = s.vehicle_no
           AND (vehicle.golden, vehicle.record_count, vehicle.store_count, vehicle.first_seen_on,
                vehicle.last_seen_on, vehicle.last_mileage_km, vehicle.gone)
               IS DISTINCT FROM
               (s.golden, s.record_count, s.store_count, s.first_seen_on, s.last_seen_on, s.last_mileage_km, s.gone)",
        set.join(", ")
    );
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    for (table, columns) in [
        ("vehicle_plate", "vehicle_no, plate, first_on, last_on"),
        ("vehicle_store", "vehicle_no, store_id, first_on, last_on"),
    ] {
        let sql = format!("DELETE FROM {table} WHERE vehicle_no = ANY ($1)");
        sqlx::query(AssertSqlSafe(sql)).bind(numbers).execute(&mut *tx).await?;
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM stage_{table}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    Ok(())
}
