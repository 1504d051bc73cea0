//! The vehicle named in a row.

use jiff::civil::Date;
use kernel::RecordKey;
use kernel::vocab::{Entity, Source};

use super::Draft;
use crate::catalogue::Field;
use crate::facts::{ContentHash, Mark, VehicleFact};

/// Most kilometres an odometer shows.
pub(crate) const MOST_KM: i32 = 2_000_000;

/// Reads the vehicle's own columns. `None` if nothing identifies it.
pub(crate) fn read_vehicle(draft: &mut Draft<'_, '_>) -> Option<VehicleFact> {
    let store = draft.facts.store;
    let source = draft.context.source;
    let brands = draft.context.brands;
    let cells = &mut draft.cells;
    let first_mark = cells.marks.len();
    let (vin, vis, vin_flag) = cells.vin(Field::Vin);
    let (plate, plate_flag) = cells.plate(Field::Plate);
    let engine_no = cells.code(Field::EngineNo);
    let vin_raw = cells.raw(Field::Vin).to_owned();
    let identified =
        vin.is_some() || vis.is_some() || plate.is_some() || !engine_no.is_empty() || vin_raw.len() >= 6;
    if !identified {
        return None;
    }
    let brand_raw = cells.text(Field::Brand);
    let brand_id = if brand_raw.is_empty() {
        // A dealer's own ledgers and systems do not write the brand they sell.
        matches!(source, Source::Dms | Source::Paper | Source::Erp)
            .then(|| brands.only_brand_of(store))
            .flatten()
    } else {
        let found = brands.find(&brand_raw, store);
        if found.is_none() {
            cells.mark_code(Field::Brand, "unknown_brand");
        }
        found
    };
    let vehicle = VehicleFact {
        head: draft.head(Entity::Vehicle, String::new()),
        vin: vin.map(|v| v.as_str().to_owned()),
        vin_raw,
        vin_flag,
        vis,
        engine_no,
        plate: plate.map(|p| p.as_str().to_owned()),
        plate_raw: draft.cells.raw(Field::Plate).to_owned(),
        plate_flag,
        brand_id,
        brand_raw,
        series: draft.cells.text(Field::Series),
        model: draft.cells.text(Field::Model),
        colour: draft.cells.text(Field::Colour),
        energy: draft.cells.text(Field::Energy),
        use_kind: draft.cells.text(Field::UseKind),
        made_on: draft.cells.date(Field::MadeOn),
        invoiced_on: draft.cells.date(Field::InvoicedOn),
        registered_on: draft.cells.date(Field::RegisteredOn),
        delivered_on: draft.cells.date(Field::DeliveredOn),
        price_fen: None,
        mileage_km: None,
        mileage_on: draft.cells.date(Field::MileageOn),
        owner_key: None,
        seen_on: None,
    };
    if let (Some(invoiced), Some(delivered)) = (vehicle.invoiced_on, vehicle.delivered_on)
        && delivered < invoiced
    {
        draft.cells.mark_code(Field::DeliveredOn, "before_invoice");
    }
    let mut vehicle = vehicle;
    vehicle.head.marks = draft.cells.marks[first_mark..].to_vec();
    Some(vehicle)
}

/// Mileage of an archive: nought means that nobody looked.
pub(crate) fn take_mileage(draft: &mut Draft<'_, '_>, vehicle: &mut VehicleFact, field: Field) {
    vehicle.mileage_km = draft.cells.count(field, MOST_KM).filter(|km| *km > 0);
}

/// How a vehicle is called inside keys of other records.
pub(crate) fn short_name(vehicle: Option<&VehicleFact>) -> String {
    let Some(v) = vehicle else { return String::new() };
    [
        v.vin.as_deref(),
        v.plate.as_deref(),
        v.vis.as_deref(),
        Some(v.engine_no.as_str()),
        Some(v.vin_raw.as_str()),
    ]
    .into_iter()
    .flatten()
    .find(|text| !text.is_empty())
    .unwrap_or("")
    .to_owned()
}

/// Adds a vehicle as a document names it. The archive may know more of the same car; its record is another one, so that
/// a repair order can never overwrite it. Key and content are the same thing here.
pub(crate) fn add_named(
    draft: &mut Draft<'_, '_>,
    mut vehicle: VehicleFact,
    form: &str,
    seen_on: Option<Date>,
) -> RecordKey {
    let brand = vehicle.brand_id.map(i64::from);
    let hash = ContentHash::new()
        .opt(vehicle.vin.as_deref())
        .text(&vehicle.vin_raw)
        .opt(vehicle.plate.as_deref())
        .text(&vehicle.engine_no)
        .number(brand)
        .text(&vehicle.series)
        .text(&vehicle.model)
        .text(&vehicle.colour)
        .date(vehicle.registered_on)
        .date(vehicle.invoiced_on)
        .finish();
    let source_key = format!("{form}:{}:{:016x}", short_name(Some(&vehicle)), hash as u64);
    let marks = std::mem::take(&mut vehicle.head.marks);
    vehicle.head = draft.head(Entity::Vehicle, source_key);
    vehicle.head.marks = marks;
    vehicle.seen_on = seen_on;
    let key = vehicle.head.key;
    draft.facts.vehicles.push(vehicle);
    key
}

/// Marks of the vehicle among those of a row.
pub(crate) fn is_vehicle_mark(mark: &Mark) -> bool {
    matches!(mark.field, Field::Vin | Field::Plate | Field::Brand | Field::MadeOn | Field::RegisteredOn)
}
