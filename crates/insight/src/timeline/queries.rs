//! A timeline: whose records, which events, which page.

use std::collections::{BTreeMap, HashMap};

use db::Access;
use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::facts::{FactRow, ItemRow, facts, items};
use super::words::{LabelledFact, labelled, title, yuan};
use crate::masking::{name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};

/// Events a page may hold.
const LIMIT_MAX: usize = 200;

/// Lines of a repair order that are listed one by one.
const ITEMS_SHOWN: usize = 12;

/// Which part of a timeline, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TimelineQuery {
    /// Cursor of the page before: `next_before` of the last answer, or a day `YYYY-MM-DD`.
    pub before: Option<String>,
    /// Kinds of events, separated by commas; none means all.
    pub kinds: Option<String>,
    /// Events a page, 1 to 200, default 50.
    pub limit: Option<usize>,
}

/// One event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimelineEvent {
    /// Its place in the order; serves as a cursor.
    pub event_id: String,
    /// Day.
    pub on: String,
    /// Moment, where the source knows it.
    pub at: Option<String>,
    /// `sale`, `repair_order`, `policy`, `used_car_deal`, `lead`, `ownership`, `archive`, `contact`.
    pub kind: String,
    /// Source system.
    pub source: String,
    /// Store.
    pub store_name: Option<String>,
    /// Chinese title.
    pub title_zh: String,
    /// English title.
    pub title_en: String,
    /// Details.
    pub facts: Vec<LabelledFact>,
    /// Money, in fen.
    pub amount_fen: Option<i64>,
    /// Odometer, in kilometres.
    pub mileage_km: Option<i32>,
    /// The vehicle it is about.
    pub vehicle_no: Option<VehicleNo>,
    /// Its plate.
    pub plate: Option<String>,
    /// The customer it is about.
    pub person_no: Option<PersonNo>,
    /// His name.
    pub person_name: Option<String>,
    /// Batch it came in.
    pub batch_id: i64,
    /// Row of that batch.
    pub row_no: i32,
}

/// Events of one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct YearCount {
    /// The year.
    pub year: i32,
    /// Events.
    pub count: usize,
}

/// Events of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: String,
    /// Events.
    pub count: usize,
}

/// One page of a timeline, with what the whole holds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Timeline {
    /// Events, newest first.
    pub events: Vec<TimelineEvent>,
    /// Cursor for older events; none at the end.
    pub next_before: Option<String>,
    /// Events by year, newest first, of the whole timeline.
    pub by_year: Vec<YearCount>,
    /// Events by kind, of the whole timeline.
    pub by_kind: Vec<KindCount>,
}

/// A vehicle record and the time in which its vehicle was the customer's.
#[derive(sqlx::FromRow)]
struct Owned {
    record_key: i64,
    from_on: Option<String>,
    to_on: Option<String>,
}

/// The timeline of a customer: his own records, and those of his cars while they were his.
///
/// # Errors
/// A fault of the database.
pub async fn of_person(
    tx: &mut PgConnection,
    access: &Access,
    person_no: PersonNo,
    query: &TimelineQuery,
) -> Result<Timeline, sqlx::Error> {
    let number = PersonRef(person_no).sql();
    let sql = "SELECT record_key FROM person_record WHERE person_no = $1";
    let party_keys: Vec<i64> = sqlx::query_scalar(sql).bind(number).fetch_all(&mut *tx).await?;
    let sql = "
        SELECT link.record_key, r.from_on::text AS from_on, r.to_on::text AS to_on
        FROM vehicle_role r
        JOIN vehicle_record_link link USING (vehicle_no)
        WHERE r.person_no = $1 AND r.role IN ('owner', 'user')";
    let owned: Vec<Owned> = sqlx::query_as(sql).bind(number).fetch_all(&mut *tx).await?;
    let vehicle_keys: Vec<i64> = owned.iter().map(|owned| owned.record_key).collect();
    let mine: std::collections::HashSet<i64> = party_keys.iter().copied().collect();
    let mut rows = facts(&mut *tx, &party_keys, &vehicle_keys).await?;
    rows.retain(|row| is_his(row, &mine, &owned));
    page(tx, access, rows, query).await
}

/// What names the customer is his; what only names his car is his while he had it.
fn is_his(row: &FactRow, mine: &std::collections::HashSet<i64>, owned: &[Owned]) -> bool {
    let named =
        |column| row.detail.get(column).and_then(|key: &serde_json::Value| key.as_str()?.parse().ok());
    let parties: [Option<i64>; 3] = [row.party_key, named("deliverer_key"), named("insured_key")];
    if parties.into_iter().flatten().any(|key| mine.contains(&key)) {
        return true;
    }
    owned.iter().any(|owned| {
        Some(owned.record_key) == row.vehicle_key
            && owned.from_on.as_deref().is_none_or(|from| row.on_day.as_str() >= from)
            && owned.to_on.as_deref().is_none_or(|to| row.on_day.as_str() <= to)
    })
}

/// The timeline of a vehicle, whoever had it.
///
/// # Errors
/// A fault of the database.
pub async fn of_vehicle(
    tx: &mut PgConnection,
    access: &Access,
    vehicle_no: VehicleNo,
    query: &TimelineQuery,
) -> Result<Timeline, sqlx::Error> {
    let sql = "SELECT record_key FROM vehicle_record_link WHERE vehicle_no = $1";
    let number = VehicleRef(vehicle_no).sql();
    let vehicle_keys: Vec<i64> = sqlx::query_scalar(sql).bind(number).fetch_all(&mut *tx).await?;
    let rows = facts(&mut *tx, &[], &vehicle_keys).await?;
    page(tx, access, rows, query).await
}

/// Newest first; the letters before the key keep events of one day in one order.
fn event_id(row: &FactRow) -> String {
    format!("{}~{}~{}", row.on_day, row.kind, row.record_key)
}

fn is_before(row: &FactRow, cursor: &str) -> bool {
    let mut parts = cursor.split('~');
    let day = parts.next().unwrap_or_default();
    let (Some(kind), Some(key)) = (parts.next(), parts.next().and_then(|key| key.parse::<i64>().ok())) else {
        return row.on_day.as_str() < day;
    };
    (row.on_day.as_str(), row.kind.as_str(), row.record_key) < (day, kind, key)
}

async fn page(
    tx: &mut PgConnection,
    access: &Access,
    rows: Vec<FactRow>,
    query: &TimelineQuery,
) -> Result<Timeline, sqlx::Error> {
    let mut years: BTreeMap<i32, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *years.entry(row.on_day.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0)).or_default() += 1;
        *kinds.entry(row.kind.as_str()).or_default() += 1;
    }
    let by_year = years.into_iter().rev().map(|(year, count)| YearCount { year, count }).collect();
    let by_kind = kinds.into_iter().map(|(kind, count)| KindCount { kind: kind.to_owned(), count }).collect();

    let wanted: Option<Vec<&str>> =
        query.kinds.as_deref().filter(|kinds| !kinds.is_empty()).map(|kinds| kinds.split(',').collect());
    let limit = query.limit.unwrap_or(50).clamp(1, LIMIT_MAX);
    let mut left = rows
        .iter()
        .filter(|row| wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.kind.as_str())))
        .filter(|row| query.before.as_deref().is_none_or(|cursor| is_before(row, cursor)));
    let shown: Vec<&FactRow> = left.by_ref().take(limit).collect();
    let next_before = left.next().and(shown.last()).map(|row| event_id(row));
    let events = events(tx, access, &shown).await?;
    Ok(Timeline { events, next_before, by_year, by_kind })
}

async fn events(
    tx: &mut PgConnection,
    access: &Access,
    rows: &[&FactRow],
) -> Result<Vec<TimelineEvent>, sqlx::Error> {
    let party_keys: Vec<i64> = rows.iter().filter_map(|row| row.party_key).collect();
    let vehicle_keys: Vec<i64> = rows.iter().filter_map(|row| row.vehicle_key).collect();
    let orders: Vec<i64> =
        rows.iter().filter(|row| row.kind == "repair_order").map(|row| row.record_key).collect();
    let persons = persons_of(&mut *tx, &party_keys).await?;
    let vehicles = vehicles_of(&mut *tx, &vehicle_keys).await?;
    let mut lines: HashMap<i64, Vec<ItemRow>> = HashMap::new();
    for line in items(tx, &orders).await? {
        lines.entry(line.order_key).or_default().push(line);
    }
    let shown = rows.iter().map(|row| {
        let (title_zh, title_en) = title(&row.kind, &row.detail);
        let person = row.party_key.and_then(|key| persons.get(&key));
        let vehicle = row.vehicle_key.and_then(|key| vehicles.get(&key));
        let mut facts = labelled(&row.detail);
        facts.extend(lines.get(&row.record_key).map(|lines| item_facts(lines)).unwrap_or_default());
        TimelineEvent {
            event_id: event_id(row),
            on: row.on_day.clone(),
            at: row.at.clone(),
            kind: row.kind.clone(),
            source: row.source.clone(),
            store_name: row.store_name.clone(),
            title_zh,
            title_en,
            facts,
            amount_fen: row.amount_fen,
            mileage_km: row.mileage_km,
            vehicle_no: vehicle.map(|(number, _)| number.0),
            plate: vehicle.and_then(|(_, plate)| plate_for(access, plate.clone())),
            person_no: person.map(|(number, _)| number.0),
            person_name: person.and_then(|(_, name)| name_for(access, name.clone())),
            batch_id: row.batch_id,
            row_no: row.row_no,
        }
    });
    Ok(shown.collect())
}

fn item_facts(lines: &[ItemRow]) -> Vec<LabelledFact> {
    let mut facts: Vec<LabelledFact> = lines
        .iter()
        .take(ITEMS_SHOWN)
        .map(|line| {
            let part = line.kind.as_deref() == Some("part");
            let (zh, en) = if part { ("配件", "Part") } else { ("工时", "Labour") };
            let name = line.item_name.as_deref().unwrap_or("–");
            let value = match line.amount_fen {
                Some(fen) if fen != 0 => format!("{name} {}", yuan(fen)),
                _ => name.to_owned(),
            };
            LabelledFact { zh: zh.to_owned(), en: en.to_owned(), value }
        })
        .collect();
    if lines.len() > ITEMS_SHOWN {
        let more = lines.len() - ITEMS_SHOWN;
        facts.push(LabelledFact {
            zh: "其他项目".into(), en: "More items".into(), value: more.to_string()
        });
    }
    facts
}

async fn persons_of(
    tx: &mut PgConnection,
    keys: &[i64],
) -> Result<HashMap<i64, (PersonRef, Option<String>)>, sqlx::Error> {
    let sql = "
        SELECT pr.record_key, p.person_no, p.name
        FROM person_record pr JOIN person p USING (person_no)
        WHERE pr.record_key = ANY ($1)";
    let rows: Vec<(i64, PersonRef, Option<String>)> = sqlx::query_as(sql).bind(keys).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(key, number, name)| (key, (number, name))).collect())
}

async fn vehicles_of(
    tx: &mut PgConnection,
    keys: &[i64],
) -> Result<HashMap<i64, (VehicleRef, Option<String>)>, sqlx::Error> {
    let sql = "
        SELECT link.record_key, v.vehicle_no, v.plate
        FROM vehicle_record_link link JOIN vehicle v USING (vehicle_no)
        WHERE link.record_key = ANY ($1)";
    let rows: Vec<(i64, VehicleRef, Option<String>)> = sqlx::query_as(sql).bind(keys).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(key, number, plate)| (key, (number, plate))).collect())
}
