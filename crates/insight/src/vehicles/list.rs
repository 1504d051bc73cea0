//! The list of vehicles: filtered, sorted and cut on the server.

use db::{Access, Vault};
use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use web::{Order, Problem, Sorting};

use crate::masking::{mask_vin, name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};
use crate::people::list::{CANDIDATES_MAX, TOTAL_MAX};
use crate::search::candidates_of_vehicles;

/// Filters of the list of vehicles, as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VehicleFilter {
    /// Plate, VIN or its tail, owner's name, phone, vehicle number.
    pub q: Option<String>,
    /// Of this brand.
    pub brand_id: Option<i32>,
    /// Known to this store.
    pub store_id: Option<i32>,
    /// `no_plate`, `no_vin`, `gone`.
    pub flag: Option<String>,
    /// Page number from 1.
    pub page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    pub size: Option<u32>,
    /// `last_seen_on`, `vehicle_no`, `plate`, `registered_on`, `record_count`, `last_mileage_km`, `series`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<Order>,
}

/// What the list can be sorted by.
pub const COLUMNS: &[(&str, &str)] = &[
    ("last_seen_on", "v.last_seen_on"),
    ("vehicle_no", "v.vehicle_no"),
    ("plate", "v.plate"),
    ("registered_on", "v.registered_on"),
    ("record_count", "v.record_count"),
    ("last_mileage_km", "v.last_mileage_km"),
    ("series", "v.series"),
    ("model", "v.model"),
    ("energy", "v.energy"),
];

/// One vehicle in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VehicleRow {
    /// Vehicle number.
    pub vehicle_no: VehicleNo,
    /// Last six symbols of the VIN behind stars.
    pub vin_masked: Option<String>,
    /// Last six symbols of the VIN.
    pub vin_tail: Option<String>,
    /// Plate, masked for masked roles.
    pub plate: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Series.
    pub series: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Energy.
    pub energy: Option<String>,
    /// Present owner, if the reader may see him.
    pub owner_no: Option<PersonNo>,
    /// His name.
    pub owner_name: Option<String>,
    /// Source records behind the vehicle.
    pub record_count: i32,
    /// Last odometer reading in kilometres.
    pub last_mileage_km: Option<i32>,
    /// Last day in any source.
    pub last_seen_on: Option<String>,
    /// Day of registration.
    pub registered_on: Option<String>,
}

impl VehicleFilter {
    /// The cut, newest first unless the address says otherwise.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn sorting(&self) -> Result<Sorting, Problem> {
        let order = self.order.or(if self.sort.is_none() { Some(Order::Desc) } else { None });
        web::PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order }.checked(COLUMNS)
    }
}

/// The numbers of one page of vehicles, and how many the filter holds.
///
/// # Errors
/// A problem naming a bad filter, or a fault.
pub async fn list_vehicles(
    tx: &mut PgConnection,
    access: &Access,
    vault: &Vault,
    filter: &VehicleFilter,
    sorting: &Sorting,
) -> web::Result<(Vec<i32>, i64)> {
    let candidates = match filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        Some(q) => Some(candidates_of_vehicles(&mut *tx, access, vault, q, CANDIDATES_MAX).await?),
        None => None,
    };
    let head = "SELECT v.vehicle_no FROM vehicle v WHERE v.merged_into IS NULL";
    let mut page = QueryBuilder::<Postgres>::new(head);
    conditions(&mut page, access, filter, candidates.as_deref())?;
    page.push(" ORDER BY ").push(sorting.order_by()).push(", v.vehicle_no LIMIT ").push_bind(sorting.limit);
    page.push(" OFFSET ").push_bind(sorting.offset);
    let vehicles: Vec<i32> = page.build_query_scalar().fetch_all(&mut *tx).await?;
    let head = "SELECT count(*) FROM (SELECT 1 FROM vehicle v WHERE v.merged_into IS NULL";
    let mut count = QueryBuilder::<Postgres>::new(head);
    conditions(&mut count, access, filter, candidates.as_deref())?;
    count.push(" LIMIT ").push_bind(TOTAL_MAX).push(") counted");
    let total: i64 = count.build_query_scalar().fetch_one(tx).await?;
    Ok((vehicles, total))
}

fn conditions(
    sql: &mut QueryBuilder<Postgres>,
    access: &Access,
    filter: &VehicleFilter,
    candidates: Option<&[i32]>,
) -> Result<(), Problem> {
    if !access.group {
        // As with customers: begin at the reader's own.
        sql.push(" AND v.vehicle_no IN (SELECT own.vehicle_no FROM vehicle_store own)");
    }
    if let Some(candidates) = candidates {
        sql.push(" AND v.vehicle_no = ANY (").push_bind(candidates.to_vec()).push(")");
    }
    if let Some(brand) = filter.brand_id {
        sql.push(" AND v.brand_id = ").push_bind(brand);
    }
    if let Some(store) = filter.store_id {
        sql.push(
            " AND EXISTS (SELECT 1 FROM vehicle_store k WHERE k.vehicle_no = v.vehicle_no AND k.store_id = ",
        )
        .push_bind(store)
        .push(")");
    }
    match filter.flag.as_deref() {
        None => {}
        Some("no_plate") => drop(sql.push(" AND v.plate IS NULL")),
        Some("no_vin") => drop(sql.push(" AND v.vin IS NULL")),
        Some("gone") => drop(sql.push(" AND v.gone IS NOT NULL")),
        Some(_) => {
            let (zh, en) = ("标记可选:no_plate、no_vin、gone", "flag must be no_plate, no_vin or gone");
            return Err(Problem::bad_input("flag", "list.bad_flag", zh, en));
        }
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    vehicle_no: VehicleRef,
    vin: Option<String>,
    plate: Option<String>,
    brand: Option<String>,
    series: Option<String>,
    model: Option<String>,
    energy: Option<String>,
    owner_no: Option<PersonRef>,
    owner_name: Option<String>,
    record_count: i32,
    last_mileage_km: Option<i32>,
    last_seen_on: Option<String>,
    registered_on: Option<String>,
}

const SQL: &str = "
    SELECT v.vehicle_no, COALESCE(v.vin, v.vis) AS vin, v.plate, b.name AS brand, v.series, v.model, v.energy,
           o.person_no AS owner_no, o.name AS owner_name, v.record_count, v.last_mileage_km,
           v.last_seen_on::text AS last_seen_on, v.registered_on::text AS registered_on
    FROM unnest($1::int[]) WITH ORDINALITY AS wanted (vehicle_no, at)
    JOIN vehicle v USING (vehicle_no)
    LEFT JOIN brand b ON b.brand_id = v.brand_id
    LEFT JOIN LATERAL (SELECT p.person_no, p.name
                       FROM vehicle_role r JOIN person p USING (person_no)
                       WHERE r.vehicle_no = v.vehicle_no AND r.role = 'owner' AND r.to_on IS NULL
                       ORDER BY r.from_on DESC NULLS LAST, p.person_no
                       LIMIT 1) o ON true
    ORDER BY wanted.at";

/// The vehicles with these numbers, in this order; those outside the reader's scope are left out.
///
/// # Errors
/// A fault of the database.
pub async fn vehicle_rows(
    tx: &mut PgConnection,
    access: &Access,
    vehicles: &[i32],
) -> Result<Vec<VehicleRow>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(SQL).bind(vehicles).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|row| VehicleRow {
        vehicle_no: row.vehicle_no.0,
        vin_masked: row.vin.as_deref().map(mask_vin),
        vin_tail: row.vin.as_deref().map(|vin| mask_vin(vin).trim_start_matches('*').to_owned()),
        plate: plate_for(access, row.plate),
        brand: row.brand,
        series: row.series,
        model: row.model,
        energy: row.energy,
        owner_no: row.owner_no.map(|owner| owner.0),
        owner_name: name_for(access, row.owner_name),
        record_count: row.record_count,
        last_mileage_km: row.last_mileage_km,
        last_seen_on: row.last_seen_on,
        registered_on: row.registered_on,
    });
    Ok(shown.collect())
}
