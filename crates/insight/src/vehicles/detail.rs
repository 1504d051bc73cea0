//! The page of one vehicle: its fields with provenance, plates, ownership periods, odometer.

use db::{Access, Db};
use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;
use web::Problem;

use super::list::{VehicleRow, vehicle_rows};
use crate::masking::{name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};
use crate::people::detail::quality_flag;
use crate::people::golden::{golden_fields, store_names};
use crate::people::model::{GoldenField, QualityFlag};

/// A plate the vehicle has or had.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct VehiclePlate {
    /// The plate, masked for masked roles.
    pub plate: String,
    /// First day seen.
    pub first_on: Option<String>,
    /// Last day seen.
    pub last_on: Option<String>,
}

/// Who was what to the vehicle, and when.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RolePeriod {
    /// Customer number.
    pub person_no: PersonNo,
    /// Name; none outside the reader's scope.
    pub name: Option<String>,
    /// `owner`, `user`, `deliverer`, `insured`, `payer`.
    pub role: String,
    /// First day.
    pub from_on: Option<String>,
    /// Last day; none while it lasts.
    pub to_on: Option<String>,
    /// Records that say so.
    pub evidence_count: i32,
    /// Source system.
    pub source: String,
}

/// What a store knows of the vehicle.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct VehicleStore {
    /// The store.
    pub store_id: i32,
    /// Its short name.
    pub store_name: String,
    /// First day at the store.
    pub first_on: Option<String>,
    /// Last day at the store.
    pub last_on: Option<String>,
    /// Records of the store.
    pub record_count: i64,
}

/// An odometer reading.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Mileage {
    /// Day.
    pub on: String,
    /// Kilometres.
    pub km: i32,
}

/// The page of a vehicle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VehicleDetail {
    /// What the list shows of it.
    #[serde(flatten)]
    pub row: VehicleRow,
    /// The number asked for, when it has been merged into this one.
    pub merged_from: Option<VehicleNo>,
    /// Golden fields with provenance.
    pub fields: Vec<GoldenField>,
    /// Plates in time.
    pub plates: Vec<VehiclePlate>,
    /// Ownership periods and other roles.
    pub periods: Vec<RolePeriod>,
    /// Stores within the reader's scope.
    pub stores: Vec<VehicleStore>,
    /// Odometer readings, oldest first.
    pub mileage: Vec<Mileage>,
    /// Defects of the records.
    pub quality_flags: Vec<QualityFlag>,
}

/// The number that answers for `vehicle_no` today; none outside the reader's scope.
///
/// # Errors
/// A fault of the database.
pub async fn survivor_of(
    db: &Db,
    tx: &mut PgConnection,
    vehicle_no: VehicleNo,
) -> Result<Option<VehicleNo>, Problem> {
    let visible = "SELECT EXISTS (SELECT 1 FROM vehicle WHERE vehicle_no = $1 AND merged_into IS NULL)";
    let number = VehicleRef(vehicle_no);
    if sqlx::query_scalar(visible).bind(number.sql()).fetch_one(&mut *tx).await? {
        return Ok(Some(vehicle_no));
    }
    // As with customers: the house follows the redirect, the reader's scope is asked where it leads.
    let redirect = "
        WITH RECURSIVE path AS (
            SELECT vehicle_no, merged_into FROM vehicle WHERE vehicle_no = $1
            UNION
            SELECT v.vehicle_no, v.merged_into FROM vehicle v JOIN path ON v.vehicle_no = path.merged_into)
        SELECT vehicle_no FROM path WHERE merged_into IS NULL";
    let mut system = db.system().await?;
    let survivor: Option<VehicleRef> =
        sqlx::query_scalar(redirect).bind(number.sql()).fetch_optional(&mut *system).await?;
    system.rollback().await?;
    let Some(survivor) = survivor else { return Ok(None) };
    let seen: bool = sqlx::query_scalar(visible).bind(survivor.sql()).fetch_one(tx).await?;
    Ok(seen.then_some(survivor.0))
}

/// Everything about one vehicle; none if it does not exist or lies outside the reader's scope.
///
/// # Errors
/// A fault of the database.
pub async fn vehicle_detail(
    db: &Db,
    tx: &mut PgConnection,
    access: &Access,
    may_reveal: bool,
    vehicle_no: VehicleNo,
) -> Result<Option<VehicleDetail>, Problem> {
    let Some(survivor) = survivor_of(db, &mut *tx, vehicle_no).await? else { return Ok(None) };
    let number = VehicleRef(survivor).sql();
    let Some(row) = vehicle_rows(&mut *tx, access, &[number]).await?.pop() else { return Ok(None) };
    let sql = "SELECT golden FROM vehicle WHERE vehicle_no = $1";
    let golden: serde_json::Value = sqlx::query_scalar(sql).bind(number).fetch_one(&mut *tx).await?;
    let stores = store_names(&mut *tx).await?;
    let mut fields = golden_fields(&golden, access, &stores, may_reveal);
    show_brand(&mut fields, row.brand.as_deref());
    Ok(Some(VehicleDetail {
        row,
        merged_from: (survivor != vehicle_no).then_some(vehicle_no),
        fields,
        plates: plates(&mut *tx, access, number).await?,
        periods: periods(&mut *tx, access, number).await?,
        stores: stores_of(&mut *tx, number).await?,
        mileage: mileage(&mut *tx, number).await?,
        quality_flags: quality_flags(&mut *tx, number).await?,
    }))
}

/// The golden brand is kept by number; people read its name.
fn show_brand(fields: &mut [GoldenField], brand: Option<&str>) {
    for field in fields.iter_mut().filter(|field| field.field == "brand_id") {
        field.value = brand.map(str::to_owned).or(field.value.take());
    }
}

async fn plates(
    tx: &mut PgConnection,
    access: &Access,
    vehicle: i32,
) -> Result<Vec<VehiclePlate>, sqlx::Error> {
    let sql = "
        SELECT plate, first_on::text AS first_on, last_on::text AS last_on
        FROM vehicle_plate
        WHERE vehicle_no = $1
        ORDER BY last_on DESC NULLS LAST, plate";
    let mut plates: Vec<VehiclePlate> = sqlx::query_as(sql).bind(vehicle).fetch_all(tx).await?;
    for plate in &mut plates {
        let shown = plate_for(access, Some(std::mem::take(&mut plate.plate)));
        plate.plate = shown.unwrap_or_default();
    }
    Ok(plates)
}

async fn periods(
    tx: &mut PgConnection,
    access: &Access,
    vehicle: i32,
) -> Result<Vec<RolePeriod>, sqlx::Error> {
    let sql = "
        SELECT r.person_no, p.name, r.role, r.from_on::text, r.to_on::text, r.evidence_count, COALESCE(r.source, '')
        FROM vehicle_role r
        JOIN person p USING (person_no)
        WHERE r.vehicle_no = $1
        ORDER BY array_position(ARRAY['owner', 'user', 'insured', 'deliverer', 'payer'], r.role),
                 r.from_on DESC NULLS LAST, r.person_no
        LIMIT 200";
    type Row = (PersonRef, Option<String>, String, Option<String>, Option<String>, i32, String);
    let rows: Vec<Row> = sqlx::query_as(sql).bind(vehicle).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|(person_no, name, role, from_on, to_on, evidence_count, source)| {
        let name = name_for(access, name);
        RolePeriod { person_no: person_no.0, name, role, from_on, to_on, evidence_count, source }
    });
    Ok(shown.collect())
}

async fn stores_of(tx: &mut PgConnection, vehicle: i32) -> Result<Vec<VehicleStore>, sqlx::Error> {
    let sql = "
        SELECT k.store_id, s.short_name AS store_name, k.first_on::text AS first_on, k.last_on::text AS last_on,
               (SELECT count(*) FROM vehicle_record_link l
                WHERE l.vehicle_no = k.vehicle_no AND l.store_id = k.store_id) AS record_count
        FROM vehicle_store k
        JOIN store s USING (store_id)
        WHERE k.vehicle_no = $1
        ORDER BY k.last_on DESC NULLS LAST, k.store_id";
    sqlx::query_as(sql).bind(vehicle).fetch_all(tx).await
}

async fn mileage(tx: &mut PgConnection, vehicle: i32) -> Result<Vec<Mileage>, sqlx::Error> {
    // After the odometer was replaced, what the car has run is the reading plus what was on the old one.
    let sql = r#"
        SELECT on_day::text AS "on", max(km) AS km
        FROM (SELECT (COALESCE(r.opened_at, r.settled_at) AT TIME ZONE 'Asia/Shanghai')::date AS on_day,
                     r.mileage_in + COALESCE(r.odometer_total_change, 0) AS km
              FROM vehicle_record_link l JOIN repair_order r ON r.vehicle_key = l.record_key
              WHERE l.vehicle_no = $1 AND r.current AND r.mileage_in > 0
              UNION ALL
              SELECT v.mileage_on, v.mileage_km
              FROM vehicle_record_link l JOIN vehicle_record v USING (record_key)
              WHERE l.vehicle_no = $1 AND v.current AND v.mileage_km > 0) reading
        WHERE on_day IS NOT NULL
        GROUP BY on_day
        ORDER BY on_day
        LIMIT 500"#;
    sqlx::query_as(sql).bind(vehicle).fetch_all(tx).await
}

async fn quality_flags(tx: &mut PgConnection, vehicle: i32) -> Result<Vec<QualityFlag>, sqlx::Error> {
    let sql = "
        SELECT flag, count(*)
        FROM vehicle_record_link l
        JOIN vehicle_record r USING (record_key)
        CROSS JOIN unnest(r.flags) AS flag
        WHERE l.vehicle_no = $1 AND r.current
        GROUP BY flag
        ORDER BY count(*) DESC, flag";
    let rows: Vec<(String, i64)> = sqlx::query_as(sql).bind(vehicle).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(code, count)| quality_flag(code, count)).collect())
}
