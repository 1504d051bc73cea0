//! Source records as cards: what a person needs to judge them, personal values masked.

use db::{Access, Db};
use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use kernel::name::PersonName;
use kernel::vin::Vin;
use kernel::vocab::Source;
use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use crate::IdentityError;
use crate::evidence::SIGHTING_SQL;
use crate::queries::scope;

/// One source record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordCard {
    /// Its key, as text.
    pub record_key: String,
    /// Code of its system.
    pub source: String,
    /// Its store.
    pub store_name: Option<String>,
    /// What it is in its system: archive, owner, deliverer ...
    pub origin: Option<String>,
    /// Its key in its system; empty outside the caller's scope.
    pub source_key: String,
    /// Name; masked outside the caller's scope.
    pub name: Option<String>,
    /// `person`, `company` or `unknown`.
    pub party_kind: String,
    /// Phones, masked.
    pub mobile_masked: Option<String>,
    /// ID number, masked.
    pub id_masked: Option<String>,
    /// Plates it was seen with.
    pub plates: Vec<String>,
    /// VINs it was seen with, masked.
    pub vins_masked: Vec<String>,
    /// City.
    pub address_hint: Option<String>,
    /// Last day on which it was true.
    pub seen_on: Option<Date>,
}

/// A card with what only a comparison shows.
#[derive(Debug, Clone)]
pub struct Card {
    /// What is shown.
    pub shown: RecordCard,
    /// Whether it lies in the caller's scope.
    pub visible: bool,
    /// Month of birth: the day is part of the ID number, which stays masked.
    pub birth_month: Option<String>,
    /// 男, 女.
    pub gender: Option<&'static str>,
    /// Social credit code.
    pub uscc: Option<String>,
    /// End of the WeChat unionid.
    pub unionid_tail: Option<String>,
}

/// Cards by record key.
pub type Cards = FxHashMap<i64, Card>;

#[derive(FromRow)]
struct Row {
    record_key: i64,
    source: String,
    store_name: Option<String>,
    origin: String,
    source_key: String,
    name: Option<String>,
    party_kind: String,
    mobile_masked: Option<String>,
    phone2_masked: Option<String>,
    id_masked: Option<String>,
    city: Option<String>,
    seen_on: Option<SqlDate>,
    gender: Option<String>,
    birth_on: Option<SqlDate>,
    uscc: Option<String>,
    unionid: Option<String>,
}

/// Reads the cards of `keys`, each as far as `access` allows. Records without a current version have no card.
///
/// # Errors
/// When the database fails.
pub async fn load(db: &Db, access: &Access, keys: &[i64]) -> Result<Cards, IdentityError> {
    let visible = scope::records(db, access, keys).await?;
    let mut tx = db.system().await?;
    let cards = read(&mut tx, keys, &visible, access.masked).await?;
    tx.rollback().await?;
    Ok(cards)
}

/// As [`load`], in a transaction of the house, with what the caller sees known.
///
/// # Errors
/// When the database fails.
pub async fn read(
    tx: &mut PgConnection,
    keys: &[i64],
    visible: &FxHashSet<i64>,
    masked: bool,
) -> Result<Cards, IdentityError> {
    let sql = "
        SELECT p.record_key, p.source, s.short_name AS store_name, p.origin, p.source_key, p.name, p.party_kind,
               p.mobile_masked, p.phone2_masked, p.id_masked, p.city, coalesce(p.seen_on, p.filed_on) AS seen_on,
               p.gender, p.birth_on, p.uscc, p.unionid
        FROM party_record p
        LEFT JOIN store s ON s.store_id = p.store_id
        WHERE p.current AND p.record_key = ANY ($1)";
    let rows: Vec<Row> = sqlx::query_as(sql).bind(keys).fetch_all(&mut *tx).await?;
    let mut vehicles = vehicles(tx, keys).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = row.record_key;
            let (plates, vins) = vehicles.remove(&key).unwrap_or_default();
            (key, card(row, plates, vins, visible.contains(&key), masked))
        })
        .collect())
}

type Vehicles = FxHashMap<i64, (Vec<String>, Vec<String>)>;

async fn vehicles(tx: &mut PgConnection, keys: &[i64]) -> Result<Vehicles, IdentityError> {
    let sql = format!(
        "SELECT seen.party_key,
                coalesce(array_agg(DISTINCT v.plate) FILTER (WHERE v.plate IS NOT NULL), '{{}}'),
                coalesce(array_agg(DISTINCT coalesce(v.vin, v.vis)) FILTER (WHERE coalesce(v.vin, v.vis) IS NOT NULL), '{{}}')
         FROM ({SIGHTING_SQL}) AS seen
         JOIN vehicle_record v ON v.record_key = seen.vehicle_key AND v.current
         GROUP BY seen.party_key"
    );
    let rows: Vec<(i64, Vec<String>, Vec<String>)> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(keys).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(key, plates, vins)| (key, (plates, vins))).collect())
}

/// A masked role sees names and plates masked too, as on the customer's own page.
fn card(row: Row, plates: Vec<String>, vins: Vec<String>, visible: bool, masked: bool) -> Card {
    let phones: Vec<String> = [row.mobile_masked, row.phone2_masked].into_iter().flatten().collect();
    let shown = RecordCard {
        record_key: row.record_key.to_string(),
        source: row.source,
        store_name: row.store_name,
        origin: Some(row.origin),
        source_key: if visible { row.source_key } else { String::new() },
        name: row
            .name
            .map(|name| if visible && !masked { name } else { masked_name(&name, &row.party_kind) }),
        party_kind: row.party_kind,
        mobile_masked: (!phones.is_empty()).then(|| phones.join(" / ")),
        id_masked: row.id_masked,
        plates: plates
            .into_iter()
            .filter(|_| visible)
            .map(|plate| if masked { masked_plate(&plate) } else { plate })
            .collect(),
        vins_masked: if visible { vins.iter().map(|vin| masked_vin(vin)).collect() } else { Vec::new() },
        address_hint: row.city.filter(|_| visible),
        seen_on: row.seen_on.map(SqlDate::to_jiff).filter(|_| visible),
    };
    Card {
        shown,
        visible,
        birth_month: row
            .birth_on
            .filter(|_| visible)
            .map(|day| day.to_jiff())
            .map(|day| format!("{:04}-{:02}", day.year(), day.month())),
        gender: row.gender.filter(|_| visible).map(|code| if code == "m" { "男" } else { "女" }),
        uscc: row.uscc.filter(|_| visible),
        unionid_tail: row.unionid.filter(|_| visible).map(|id| tail(&id, 4)),
    }
}

fn masked_plate(plate: &str) -> String {
    kernel::Plate::parse(plate).map_or_else(|_| "***".to_owned(), |plate| plate.masked())
}

/// 张*, or the first two symbols of a company.
pub fn masked_name(name: &str, party_kind: &str) -> String {
    if party_kind != "company"
        && let Ok(person) = PersonName::parse(name)
    {
        return person.masked();
    }
    format!("{}**", name.chars().take(2).collect::<String>())
}

fn masked_vin(vin: &str) -> String {
    Vin::parse(vin).map_or_else(|_| tail(vin, 6), |vin| vin.masked())
}

fn tail(text: &str, length: usize) -> String {
    let symbols: Vec<char> = text.chars().collect();
    let from = symbols.len().saturating_sub(length);
    format!("***{}", symbols[from..].iter().collect::<String>())
}

/// The card of a record; an empty one when the record has been rolled back meanwhile.
pub fn shown(cards: &Cards, key: i64) -> RecordCard {
    cards.get(&key).map_or_else(
        || RecordCard {
            record_key: key.to_string(),
            source: String::new(),
            store_name: None,
            origin: None,
            source_key: String::new(),
            name: None,
            party_kind: "unknown".into(),
            mobile_masked: None,
            id_masked: None,
            plates: Vec::new(),
            vins_masked: Vec::new(),
            address_hint: None,
            seen_on: None,
        },
        |card| card.shown.clone(),
    )
}

/// Sorts cards as people read them: newest first.
pub fn in_reading_order(mut cards: Vec<RecordCard>) -> Vec<RecordCard> {
    cards.sort_by(|a, b| (b.seen_on, &a.record_key).cmp(&(a.seen_on, &b.record_key)));
    cards
}

/// How a record is called in a sentence: name, system, store.
pub fn called(card: Option<&Card>) -> String {
    let Some(card) = card else { return "—".into() };
    let name = card.shown.name.as_deref().unwrap_or("—");
    let source = Source::parse(&card.shown.source).map_or(card.shown.source.as_str(), |source| source.zh());
    match &card.shown.store_name {
        Some(store) => format!("{name}({source}·{store})"),
        None => format!("{name}({source})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_the_scope_a_name_is_a_surname() {
        assert_eq!(masked_name("欧阳小伟", "person"), "欧阳*");
        assert_eq!(masked_name("天津速达物流有限公司", "company"), "天津**");
    }

    #[test]
    fn a_short_vin_shows_its_tail_only() {
        assert_eq!(masked_vin("KA000001"), "***000001");
    }
}
