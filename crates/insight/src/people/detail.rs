//! The 360° page of one customer: everything within the reader's scope, and nothing besides.

use std::collections::BTreeMap;

use db::{Access, Db};
use kernel::ids::PersonNo;
use sqlx::PgConnection;
use web::Problem;

use super::golden::{golden_fields, store_names};
use super::model::{
    Household, HouseholdMember, OwnedVehicle, PersonDetail, PersonPhone, PersonStore, QualityFlag,
};
use super::rows::person_rows;
use crate::masking::{mask_vin, name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};
use crate::validity::queries::verdicts_of_person;

/// Vehicles shown on the page; a leasing company has thousands.
const VEHICLES_MAX: i64 = 200;

/// The number that answers for `person_no` today: itself, or the one it was merged into.
/// None outside the reader's scope.
///
/// # Errors
/// A fault of the database.
pub async fn survivor_of(
    db: &Db,
    tx: &mut PgConnection,
    person_no: PersonNo,
) -> Result<Option<PersonNo>, Problem> {
    let visible = "SELECT EXISTS (SELECT 1 FROM person WHERE person_no = $1 AND merged_into IS NULL)";
    let number = PersonRef(person_no);
    if sqlx::query_scalar(visible).bind(number.sql()).fetch_one(&mut *tx).await? {
        return Ok(Some(person_no));
    }
    // A merged number belongs to no store any more, so the house itself follows the redirect; whether
    // the reader may see where it leads is asked in his own scope.
    let redirect = "
        WITH RECURSIVE path AS (
            SELECT person_no, merged_into FROM person WHERE person_no = $1
            UNION
            SELECT p.person_no, p.merged_into FROM person p JOIN path ON p.person_no = path.merged_into)
        SELECT person_no FROM path WHERE merged_into IS NULL";
    let mut system = db.system().await?;
    let survivor: Option<PersonRef> =
        sqlx::query_scalar(redirect).bind(number.sql()).fetch_optional(&mut *system).await?;
    system.rollback().await?;
    let Some(survivor) = survivor else { return Ok(None) };
    let seen: bool = sqlx::query_scalar(visible).bind(survivor.sql()).fetch_one(tx).await?;
    Ok(seen.then_some(survivor.0))
}

#[derive(sqlx::FromRow)]
struct Extra {
    golden: serde_json::Value,
    do_not_contact: bool,
    internal: bool,
}

/// Everything about one customer; none if he does not exist or lies outside the reader's scope.
///
/// # Errors
/// A fault of the database.
pub async fn person_detail(
    db: &Db,
    tx: &mut PgConnection,
    access: &Access,
    may_reveal: bool,
    person_no: PersonNo,
) -> Result<Option<PersonDetail>, Problem> {
    let Some(survivor) = survivor_of(db, &mut *tx, person_no).await? else { return Ok(None) };
    let number = PersonRef(survivor).sql();
    let Some(row) = person_rows(&mut *tx, access, &[number]).await?.pop() else { return Ok(None) };
    let sql = "SELECT golden, do_not_contact, internal FROM person WHERE person_no = $1";
    let extra: Extra = sqlx::query_as(sql).bind(number).fetch_one(&mut *tx).await?;
    let stores = store_names(&mut *tx).await?;
    let fields = golden_fields(&extra.golden, access, &stores, may_reveal);
    let quality_flags = quality_flags_of_person(&mut *tx, number).await?;
    let phones = phones(&mut *tx, number).await?;
    let quality_score = quality_score(&fields, &phones, &quality_flags, row.record_count);
    Ok(Some(PersonDetail {
        row,
        merged_from: (survivor != person_no).then_some(person_no),
        do_not_contact: extra.do_not_contact,
        internal: extra.internal,
        quality_score: Some(quality_score),
        fields,
        vehicles: vehicles(&mut *tx, access, number).await?,
        phones,
        stores: stores_of(&mut *tx, access, number).await?,
        verdicts: verdicts_of_person(&mut *tx, number).await?,
        quality_flags,
        households: households(&mut *tx, access, number).await?,
    }))
}

/// 0 to 100. Four fields make a customer workable (a whole name 25, a number that reaches him 35, a
/// certificate 25, an address or city 15); every defect of his records, as a share of the records,
/// takes up to 20 away.
fn quality_score(
    fields: &[super::model::GoldenField],
    phones: &[PersonPhone],
    flags: &[QualityFlag],
    records: i32,
) -> i32 {
    let has = |name: &str| fields.iter().any(|field| field.field == name && field.value.is_some());
    let reached = phones.iter().any(|phone| phone.flag.is_none());
    let parts = [
        (has("name"), 25),
        (reached, 35),
        (has("id_number") || has("uscc"), 25),
        (has("address") || has("city"), 15),
    ];
    let filled: i32 = parts.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
    let defects: i64 = flags.iter().map(|flag| flag.count).sum();
    let records = i64::from(records.max(1));
    let lost = i32::try_from((defects * 10 / records).min(20)).unwrap_or(20);
    (filled - lost).max(0)
}

#[derive(sqlx::FromRow)]
struct VehicleRow {
    vehicle_no: VehicleRef,
    vin: Option<String>,
    plate: Option<String>,
    brand: Option<String>,
    series: Option<String>,
    model: Option<String>,
    colour: Option<String>,
    role: String,
    from_on: Option<String>,
    to_on: Option<String>,
    evidence_count: i32,
    last_mileage_km: Option<i32>,
    last_mileage_on: Option<String>,
}

async fn vehicles(
    tx: &mut PgConnection,
    access: &Access,
    person: i32,
) -> Result<Vec<OwnedVehicle>, sqlx::Error> {
    let sql = "
        SELECT r.vehicle_no, COALESCE(v.vin, v.vis) AS vin, v.plate, b.name AS brand, v.series, v.model, v.colour,
               r.role, r.from_on::text AS from_on, r.to_on::text AS to_on, r.evidence_count,
               v.last_mileage_km, v.last_mileage_on::text AS last_mileage_on
        FROM vehicle_role r
        JOIN vehicle v USING (vehicle_no)
        LEFT JOIN brand b ON b.brand_id = v.brand_id
        WHERE r.person_no = $1
        ORDER BY r.to_on IS NOT NULL, array_position(ARRAY['owner', 'user', 'insured', 'deliverer', 'payer'], r.role),
                 r.from_on DESC NULLS LAST, r.vehicle_no
        LIMIT $2";
    let rows: Vec<VehicleRow> = sqlx::query_as(sql).bind(person).bind(VEHICLES_MAX).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|row| OwnedVehicle {
        vehicle_no: row.vehicle_no.0,
        vin_masked: row.vin.as_deref().map(mask_vin),
        plate: plate_for(access, row.plate),
        brand: row.brand,
        series: row.series,
        model: row.model,
        colour: row.colour,
        role: row.role,
        from_on: row.from_on,
        to_on: row.to_on,
        evidence_count: row.evidence_count,
        last_mileage_km: row.last_mileage_km,
        last_mileage_on: row.last_mileage_on,
    });
    Ok(shown.collect())
}

#[derive(sqlx::FromRow)]
struct PhoneRow {
    masked: String,
    role: String,
    sources: Vec<String>,
    first_on: Option<String>,
    last_on: Option<String>,
    main: bool,
}

async fn phones(tx: &mut PgConnection, person: i32) -> Result<Vec<PersonPhone>, sqlx::Error> {
    let sql = "
        SELECT ph.phone_masked AS masked, ph.role,
               ARRAY(SELECT DISTINCT r.source
                     FROM person_record pr JOIN party_record r USING (record_key)
                     WHERE pr.person_no = ph.person_no AND r.current
                       AND ph.phone_bidx IN (r.mobile_bidx, r.phone2_bidx)
                     ORDER BY 1) AS sources,
               ph.first_on::text AS first_on, ph.last_on::text AS last_on,
               COALESCE(ph.phone_bidx = p.mobile_bidx, false) AS main
        FROM person_phone ph
        JOIN person p USING (person_no)
        WHERE ph.person_no = $1
        ORDER BY main DESC, array_position(ARRAY['personal', 'household', 'unknown'], ph.role) NULLS LAST,
                 ph.last_on DESC NULLS LAST
        LIMIT 50";
    let rows: Vec<PhoneRow> = sqlx::query_as(sql).bind(person).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|row| {
        let flag = match row.role.as_str() {
            "placeholder" => Some("placeholder".to_owned()),
            "store" | "switchboard" => Some("shared".to_owned()),
            _ => None,
        };
        let mobile = row.masked.starts_with('1') && row.masked.chars().count() == 11;
        PersonPhone {
            kind: if mobile { "mobile" } else { "landline" }.to_owned(),
            masked: row.masked,
            role: row.role,
            flag,
            sources: row.sources,
            first_on: row.first_on,
            last_on: row.last_on,
            primary: row.main,
        }
    });
    Ok(shown.collect())
}

async fn stores_of(
    tx: &mut PgConnection,
    access: &Access,
    person: i32,
) -> Result<Vec<PersonStore>, sqlx::Error> {
    let sql = "
        SELECT ps.store_id, s.short_name AS store_name, e.name AS advisor_name,
               ps.first_on::text AS first_on, ps.last_on::text AS last_on, ps.record_count
        FROM person_store ps
        JOIN store s USING (store_id)
        LEFT JOIN employee e ON e.employee_id = ps.advisor_id
        WHERE ps.person_no = $1
        ORDER BY ps.last_on DESC NULLS LAST, ps.store_id";
    let mut stores: Vec<PersonStore> = sqlx::query_as(sql).bind(person).fetch_all(tx).await?;
    if access.masked {
        for store in &mut stores {
            store.advisor_name = name_for(access, store.advisor_name.take());
        }
    }
    Ok(stores)
}

async fn quality_flags_of_person(
    tx: &mut PgConnection,
    person: i32,
) -> Result<Vec<QualityFlag>, sqlx::Error> {
    let sql = "
        SELECT flag, count(*)
        FROM person_record pr
        JOIN party_record r USING (record_key)
        CROSS JOIN unnest(r.flags) AS flag
        WHERE pr.person_no = $1 AND r.current
        GROUP BY flag
        ORDER BY count(*) DESC, flag";
    let rows: Vec<(String, i64)> = sqlx::query_as(sql).bind(person).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(code, count)| quality_flag(code, count)).collect())
}

/// Words for a flag as kept with a record: `field:flag`, for instance `mobile:placeholder`.
pub fn quality_flag(code: String, count: i64) -> QualityFlag {
    let (field, flag) = code.split_once([':', '.']).unwrap_or(("", code.as_str()));
    let what = kernel::flag::ALL.into_iter().find(|known| known.code() == flag);
    let field_zh = match field {
        "name" => "姓名",
        "mobile" => "手机",
        "phone2" => "备用电话",
        "id" | "id_no" | "id_number" => "证件号码",
        "vin" => "车架号",
        "plate" => "车牌",
        "birth_on" | "birthday" => "生日",
        "address" => "地址",
        other => other,
    };
    let zh = what.map_or_else(|| flag.to_owned(), |known| known.zh().to_owned());
    let en = flag.replace('_', " ");
    let separator = if field.is_empty() { "" } else { ":" };
    QualityFlag {
        zh: format!("{field_zh}{separator}{zh}"),
        en: format!("{field}{separator}{en}"),
        code,
        count,
    }
}

async fn households(
    tx: &mut PgConnection,
    access: &Access,
    person: i32,
) -> Result<Vec<Household>, sqlx::Error> {
    let sql = "
        SELECT h.household_id, h.basis, other.person_no, p.name
        FROM household_member mine
        JOIN household h USING (household_id)
        JOIN household_member other USING (household_id)
        JOIN person p ON p.person_no = other.person_no
        WHERE mine.person_no = $1 AND other.person_no <> $1
        ORDER BY h.household_id, other.person_no
        LIMIT 100";
    let rows: Vec<(i64, String, PersonRef, Option<String>)> =
        sqlx::query_as(sql).bind(person).fetch_all(tx).await?;
    let mut households: BTreeMap<i64, Household> = BTreeMap::new();
    for (household_id, basis, person_no, name) in rows {
        let household =
            households.entry(household_id).or_insert_with(|| Household { household_id, members: Vec::new() });
        let name = name_for(access, name);
        household.members.push(HouseholdMember { person_no: person_no.0, name, relation: basis });
    }
    Ok(households.into_values().collect())
}
