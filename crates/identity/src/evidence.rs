//! What the sources say, read out of the facts and laid out as the matching engine wants it.

use db::{Db, Field, Vault};
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use kernel::ids::RecordKey;
use kernel::name::PersonName;
use kernel::vocab::{Gender, PartyKind};
use matching::{IdInput, PartyInput, PhoneInput, VehicleInput, VehicleSighting};
use rustc_hash::{FxHashMap, FxHashSet};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use crate::IdentityError;

/// Everything a run looks at.
pub struct Evidence {
    /// Records about people and companies.
    pub parties: Vec<PartyInput>,
    /// Records about vehicles.
    pub vehicles: Vec<VehicleInput>,
}

/// Flags of a value that may serve as evidence.
const USABLE: [&str; 4] = ["ok", "repaired", "several", "foreign"];

#[derive(FromRow)]
struct PartyRow {
    record_key: i64,
    name: Option<String>,
    party_kind: String,
    gender: Option<String>,
    birth_on: Option<SqlDate>,
    mobile_sealed: Option<Vec<u8>>,
    mobile_bidx: Option<Vec<u8>>,
    mobile_flag: Option<String>,
    phone2_sealed: Option<Vec<u8>>,
    phone2_bidx: Option<Vec<u8>>,
    phone2_flag: Option<String>,
    id_sealed: Option<Vec<u8>>,
    id_flag: Option<String>,
    uscc: Option<String>,
    unionid: Option<String>,
    address_key: Option<Vec<u8>>,
    city: Option<String>,
    filed_on: Option<SqlDate>,
    seen_on: Option<SqlDate>,
}

const PARTY_SQL: &str = "
    SELECT record_key, name, party_kind, gender, birth_on, mobile_sealed, mobile_bidx, mobile_flag,
           phone2_sealed, phone2_bidx, phone2_flag, id_sealed, id_flag, uscc, unionid,
           address_key, city, filed_on, seen_on
    FROM party_record
    WHERE current AND NOT internal AND ($1::bigint[] IS NULL OR record_key = ANY ($1))";

/// Which party was seen with which vehicle record, and when last.
pub(crate) const SIGHTING_SQL: &str = "
    SELECT party_key, vehicle_key, max(on_day) AS on_day
    FROM (
        SELECT owner_key AS party_key, record_key AS vehicle_key, seen_on AS on_day
        FROM vehicle_record WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, coalesce(to_on, from_on) FROM ownership_record WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, coalesce(delivered_on, invoiced_on) FROM sale WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, opened_at::date FROM repair_order WHERE current
        UNION ALL
        SELECT deliverer_key, vehicle_key, opened_at::date FROM repair_order WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, issued_on FROM policy WHERE current
        UNION ALL
        SELECT insured_key, vehicle_key, issued_on FROM policy WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, dealt_on FROM used_car_deal WHERE current
    ) AS sighting
    WHERE party_key IS NOT NULL AND vehicle_key IS NOT NULL AND ($1::bigint[] IS NULL OR party_key = ANY ($1))
    GROUP BY party_key, vehicle_key";

const VEHICLE_SQL: &str = "
    SELECT record_key, vin, vin_flag, vis, engine_no, plate, plate_flag, brand_id, model, seen_on
    FROM vehicle_record
    WHERE current AND ($1::bigint[] IS NULL OR record_key = ANY ($1))";

#[derive(FromRow)]
struct VehicleRow {
    record_key: i64,
    vin: Option<String>,
    vin_flag: Option<String>,
    vis: Option<String>,
    engine_no: Option<String>,
    plate: Option<String>,
    plate_flag: Option<String>,
    brand_id: Option<i32>,
    model: Option<String>,
    seen_on: Option<SqlDate>,
}

/// Reads all current evidence. Memory: about 400 bytes a record.
///
/// # Errors
/// When the database fails or a sealed value cannot be opened with the keys at hand.
pub async fn load(
    db: &Db,
    vault: &Vault,
    progress: &(dyn Fn(u64, &str) + Sync),
) -> Result<Evidence, IdentityError> {
    let mut connection = db.worker_pool().acquire().await?;
    read(&mut connection, vault, None, progress).await
}

/// Reads the current evidence of the party records `keys` and of the vehicles they were seen with.
///
/// # Errors
/// As [`load`].
pub async fn load_some(
    tx: &mut PgConnection,
    vault: &Vault,
    keys: &[i64],
) -> Result<Evidence, IdentityError> {
    read(tx, vault, Some(keys), &|_, _| ()).await
}

async fn read(
    connection: &mut PgConnection,
    vault: &Vault,
    only: Option<&[i64]>,
    progress: &(dyn Fn(u64, &str) + Sync),
) -> Result<Evidence, IdentityError> {
    let seen_with: Option<Vec<i64>> = match only {
        Some(keys) => {
            let sql = format!("SELECT DISTINCT vehicle_key FROM ({SIGHTING_SQL}) AS seen");
            Some(sqlx::query_scalar(AssertSqlSafe(sql)).bind(keys).fetch_all(&mut *connection).await?)
        }
        None => None,
    };
    let vehicles = load_vehicles(connection, seen_with.as_deref()).await?;
    progress(vehicles.len() as u64, "vehicle records");
    let mut sightings = load_sightings(connection, only, &vehicles).await?;
    let stops = load_stop_phones(connection).await?;
    let mut parties = Vec::new();
    let mut rows = sqlx::query_as::<_, PartyRow>(PARTY_SQL).bind(only).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let mut party = party_of(&row, vault, &stops)?;
        party.vehicles = sightings.remove(&row.record_key).unwrap_or_default();
        parties.push(party);
        if parties.len() % 10_000 == 0 {
            progress(parties.len() as u64, "party records");
        }
    }
    drop(rows);
    Ok(Evidence { parties, vehicles })
}

async fn load_vehicles(
    connection: &mut PgConnection,
    only: Option<&[i64]>,
) -> Result<Vec<VehicleInput>, IdentityError> {
    let mut vehicles = Vec::new();
    let mut rows = sqlx::query_as::<_, VehicleRow>(VEHICLE_SQL).bind(only).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        vehicles.push(vehicle_of(row));
    }
    Ok(vehicles)
}

async fn load_sightings(
    connection: &mut PgConnection,
    only: Option<&[i64]>,
    vehicles: &[VehicleInput],
) -> Result<FxHashMap<i64, Vec<VehicleSighting>>, IdentityError> {
    let by_key: FxHashMap<i64, &VehicleInput> =
        vehicles.iter().map(|vehicle| (vehicle.key.get(), vehicle)).collect();
    let mut sightings: FxHashMap<i64, Vec<VehicleSighting>> = FxHashMap::default();
    let mut rows =
        sqlx::query_as::<_, (i64, i64, Option<SqlDate>)>(SIGHTING_SQL).bind(only).fetch(connection);
    while let Some((party_key, vehicle_key, on_day)) = rows.try_next().await? {
        let Some(vehicle) = by_key.get(&vehicle_key) else { continue };
        sightings.entry(party_key).or_default().push(VehicleSighting {
            vin: vehicle.vin.clone(),
            vis: vehicle.vis.clone(),
            plate: vehicle.plate.clone(),
            engine: vehicle.engine.clone(),
            on: on_day.map(SqlDate::to_jiff),
        });
    }
    Ok(sightings)
}

/// Numbers of the group's own staff: whoever leaves one as a customer's number proves nothing by it.
async fn load_stop_phones(connection: &mut PgConnection) -> Result<FxHashSet<Vec<u8>>, IdentityError> {
    let sql = "SELECT DISTINCT mobile_bidx FROM employee_record WHERE current AND mobile_bidx IS NOT NULL";
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(sql).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

fn usable(flag: Option<&str>) -> bool {
    flag.is_none_or(|flag| USABLE.contains(&flag))
}

fn party_of(row: &PartyRow, vault: &Vault, stops: &FxHashSet<Vec<u8>>) -> Result<PartyInput, IdentityError> {
    let mut party = PartyInput::new(RecordKey(row.record_key));
    party.kind = PartyKind::parse(&row.party_kind).unwrap_or(PartyKind::Unknown);
    name_into(&mut party, row.name.as_deref());
    party.gender = party.gender.or_else(|| row.gender.as_deref().and_then(|code| Gender::parse(code).ok()));
    party.birth = row.birth_on.map(SqlDate::to_jiff);
    if let Some(sealed) = &row.id_sealed {
        let strong = matches!(row.id_flag.as_deref(), Some("ok" | "repaired"));
        party.id = Some(IdInput { number: vault.open(Field::IdNumber, sealed)?, strong });
    }
    party.uscc = row.uscc.clone().unwrap_or_default();
    party.unionid = row.unionid.clone().unwrap_or_default();
    party.address = row.address_key.as_deref().map(hex).unwrap_or_default();
    party.city = row.city.clone().unwrap_or_default();
    for (sealed, bidx, flag) in [
        (&row.mobile_sealed, &row.mobile_bidx, &row.mobile_flag),
        (&row.phone2_sealed, &row.phone2_bidx, &row.phone2_flag),
    ] {
        let (Some(sealed), true) = (sealed, usable(flag.as_deref())) else { continue };
        let stop = bidx.as_ref().is_some_and(|bidx| stops.contains(bidx));
        party.phones.push(PhoneInput { digits: vault.open(Field::Mobile, sealed)?, stop });
    }
    let days: Vec<Date> = [row.filed_on, row.seen_on].into_iter().flatten().map(SqlDate::to_jiff).collect();
    party.first_seen = days.iter().min().copied();
    party.last_seen = days.iter().max().copied();
    Ok(party)
}

fn name_into(party: &mut PartyInput, name: Option<&str>) {
    let Some(name) = name else { return };
    if party.kind == PartyKind::Company {
        party.name = kernel::company::CompanyName::parse(name)
            .map_or_else(|_| name.to_owned(), |company| company.core().to_owned());
        return;
    }
    party.name = name.to_owned();
    if let Ok(person) = PersonName::parse(name) {
        party.surname = person.surname().to_owned();
        party.given = person.given().to_owned();
        party.gender = person.gender();
    }
}

fn vehicle_of(row: VehicleRow) -> VehicleInput {
    let strong_vin = matches!(row.vin_flag.as_deref(), Some("ok" | "repaired"));
    VehicleInput {
        key: RecordKey(row.record_key),
        vin: if strong_vin { row.vin.unwrap_or_default() } else { String::new() },
        vis: row.vis.unwrap_or_default(),
        engine: row.engine_no.unwrap_or_default(),
        brand: row.brand_id.map(|brand| brand.to_string()).unwrap_or_default(),
        model: row.model.unwrap_or_default(),
        plate: if usable(row.plate_flag.as_deref()) { row.plate.unwrap_or_default() } else { String::new() },
        on: row.seen_on.map(SqlDate::to_jiff),
    }
}

/// Lower-case hexadecimal text of a blind index.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
