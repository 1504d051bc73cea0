//! From the records of one vehicle to the golden vehicle.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use kernel::ids::{RecordKey, StoreId};
use kernel::vocab::Source;
use serde_json::Value;
use sqlx::FromRow;

use crate::golden::{Claim, Criterion, survive};
use crate::golden_person::Criteria;

/// One current vehicle record with the vehicle it belongs to.
#[derive(Debug, Clone, FromRow)]
pub struct VehicleRecord {
    /// The vehicle it is linked to.
    pub vehicle_no: i32,
    /// Its key.
    pub record_key: i64,
    /// Its store.
    pub store_id: Option<i32>,
    /// Its system.
    pub source: String,
    /// VIN as normalised.
    pub vin: Option<String>,
    /// Flag of the VIN.
    pub vin_flag: Option<String>,
    /// Last eight of the VIN.
    pub vis: Option<String>,
    /// Engine number.
    pub engine_no: Option<String>,
    /// Plate.
    pub plate: Option<String>,
    /// Flag of the plate.
    pub plate_flag: Option<String>,
    /// Brand.
    pub brand_id: Option<i32>,
    /// Series (车系).
    pub series: Option<String>,
    /// Model (车型).
    pub model: Option<String>,
    /// Colour.
    pub colour: Option<String>,
    /// Energy.
    pub energy: Option<String>,
    /// Private, company, hire.
    pub use_kind: Option<String>,
    /// Built on.
    pub made_on: Option<SqlDate>,
    /// First registered on.
    pub registered_on: Option<SqlDate>,
    /// Invoiced on.
    pub invoiced_on: Option<SqlDate>,
    /// Last odometer reading of the record.
    pub mileage_km: Option<i32>,
    /// Day of the reading.
    pub mileage_on: Option<SqlDate>,
    /// The source says it was transferred or scrapped.
    pub gone: Option<String>,
    /// Last day on which the record was true.
    pub seen_on: Option<SqlDate>,
}

/// Reads the records of the vehicles in `$1`. Whether a car is gone is flagged by intake.
pub const OF_VEHICLES_SQL: &str = "
    SELECT link.vehicle_no, v.record_key, v.store_id, v.source, v.vin, v.vin_flag, v.vis, v.engine_no,
           v.plate, v.plate_flag, v.brand_id, v.series, v.model, v.colour, v.energy, v.use_kind,
           v.made_on, v.registered_on, v.invoiced_on, v.mileage_km, v.mileage_on,
           CASE WHEN 'scrapped' = ANY (v.flags) THEN 'scrapped'
                WHEN 'transferred' = ANY (v.flags) THEN 'transferred' END AS gone,
           v.seen_on
    FROM vehicle_record_link link
    JOIN vehicle_record v ON v.record_key = link.record_key AND v.current
    WHERE link.vehicle_no = ANY ($1)
    ORDER BY link.vehicle_no, v.record_key";

/// A golden vehicle, ready to be written.
#[derive(Debug, Clone, Default)]
pub struct GoldenVehicle {
    /// Plain fields by column name, in [`FIELDS`]' order.
    pub fields: Vec<Option<String>>,
    /// Flag of the winning VIN.
    pub vin_flag: Option<String>,
    /// Provenance of every field.
    pub golden: Value,
    /// Plates with the first and last day they were seen.
    pub plates: Vec<(String, Option<Date>, Option<Date>)>,
    /// Stores with the first and last day the vehicle was seen there.
    pub stores: Vec<(i32, Option<Date>, Option<Date>)>,
    /// Linked records.
    pub record_count: usize,
    /// First day in any source.
    pub first_seen_on: Option<Date>,
    /// Last day in any source.
    pub last_seen_on: Option<Date>,
    /// Latest odometer reading, km, with its day.
    pub mileage: Option<(i32, Option<Date>)>,
    /// What the latest record says about its end.
    pub gone: Option<String>,
}

/// Fields with survivorship; the names are the table's columns.
pub const FIELDS: [&str; 13] = [
    "vin",
    "vis",
    "plate",
    "engine_no",
    "brand_id",
    "series",
    "model",
    "colour",
    "energy",
    "use_kind",
    "made_on",
    "registered_on",
    "invoiced_on",
];

impl VehicleRecord {
    fn last_day(&self) -> Option<Date> {
        self.seen_on.or(self.invoiced_on).or(self.registered_on).map(SqlDate::to_jiff)
    }

    fn value(&self, field: &str) -> Option<String> {
        match field {
            "vin" => self.vin.clone(),
            "vis" => {
                self.vis.clone().or_else(|| self.vin.as_deref().and_then(|vin| vin.get(9..)).map(Into::into))
            }
            "plate" => self.plate.clone(),
            "engine_no" => self.engine_no.clone(),
            "brand_id" => self.brand_id.map(|brand| brand.to_string()),
            "series" => self.series.clone(),
            "model" => self.model.clone(),
            "colour" => self.colour.clone(),
            "energy" => self.energy.clone(),
            "use_kind" => self.use_kind.clone(),
            "made_on" => self.made_on.map(|day| day.to_jiff().to_string()),
            "registered_on" => self.registered_on.map(|day| day.to_jiff().to_string()),
            _ => self.invoiced_on.map(|day| day.to_jiff().to_string()),
        }
        .filter(|value| !value.is_empty())
    }

    fn is_good(&self, field: &str) -> bool {
        match field {
            "vin" | "vis" => matches!(self.vin_flag.as_deref(), Some("ok" | "repaired")),
            "plate" => matches!(self.plate_flag.as_deref(), None | Some("ok" | "repaired")),
            _ => true,
        }
    }

    fn claim(&self, field: &str) -> Option<Claim> {
        Some(Claim {
            value: self.value(field)?,
            record_key: RecordKey(self.record_key),
            source: Source::parse(&self.source).ok()?,
            store_id: self.store_id.map(StoreId),
            seen_on: self.last_day(),
            good: self.is_good(field),
            corrected: false,
        })
    }
}

/// Builds the golden vehicle of `records` (all of one vehicle, at least one).
pub fn golden_vehicle(records: &[VehicleRecord], criteria: &Criteria) -> GoldenVehicle {
    let mut golden = BTreeMap::new();
    let fields = FIELDS
        .iter()
        .map(|field| {
            let claims: Vec<Claim> = records.iter().filter_map(|record| record.claim(field)).collect();
            let order: &[Criterion] = criteria.get(*field).map_or(&[], Vec::as_slice);
            let survivor = survive(&claims, order)?;
            golden.insert((*field).to_owned(), crate::provenance::of(&survivor, &|value| value.to_owned()));
            Some(survivor.winner.value)
        })
        .collect::<Vec<_>>();
    let vin_flag =
        records.iter().find(|record| record.vin == fields[0]).and_then(|record| record.vin_flag.clone());
    let latest = records.iter().max_by_key(|record| record.last_day());
    GoldenVehicle {
        vin_flag,
        golden: serde_json::to_value(golden).unwrap_or_default(),
        plates: spans(records, |record| record.value("plate").filter(|_| record.is_good("plate"))),
        stores: spans(records, |record| record.store_id),
        record_count: records.len(),
        first_seen_on: records.iter().filter_map(|r| r.invoiced_on.or(r.seen_on)).map(SqlDate::to_jiff).min(),
        last_seen_on: records.iter().filter_map(VehicleRecord::last_day).max(),
        mileage: records
            .iter()
            .filter_map(|record| {
                Some((record.mileage_on.map(SqlDate::to_jiff).or(record.last_day()), record.mileage_km?))
            })
            .max()
            .map(|(on, km)| (km, on)),
        gone: latest.and_then(|record| record.gone.clone()),
        fields,
    }
}

/// First and last day of every value, in the values' order.
fn spans<T: Ord>(
    records: &[VehicleRecord],
    value: impl Fn(&VehicleRecord) -> Option<T>,
) -> Vec<(T, Option<Date>, Option<Date>)> {
    let mut found: BTreeMap<T, (Option<Date>, Option<Date>)> = BTreeMap::new();
    for record in records {
        let Some(value) = value(record) else { continue };
        let day = record.last_day();
        let span = found.entry(value).or_insert((None, None));
        span.0 = [span.0, day].into_iter().flatten().min();
        span.1 = span.1.max(day);
    }
    found.into_iter().map(|(value, (first, last))| (value, first, last)).collect()
}
