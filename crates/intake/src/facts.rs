//! Facts: what one row says, typed, with the hash that tells whether it says anything new.

use jiff::civil::Date;
use kernel::{Entity, Flag, Gender, PartyKind, RecordKey};

use crate::catalogue::Field;

/// Why a value or a pair of values is not plain good: `mobile:placeholder`, `birthday:id_mismatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Field concerned.
    pub field: Field,
    /// Code of a [`Flag`], or of a contradiction between two fields.
    pub code: &'static str,
}

impl Mark {
    /// From a flag.
    pub fn flag(field: Field, flag: Flag) -> Mark {
        Mark { field, code: flag.code() }
    }
}

/// What every fact carries.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub key: RecordKey,
    pub source_key: String,
    pub changed_on: Option<Date>,
    pub marks: Vec<Mark>,
}

/// A telephone number as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PhoneFact {
    /// The number, if it is whole.
    pub number: Option<String>,
    /// As a masked role sees it.
    pub masked: Option<String>,
    pub flag: Flag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Archive,
    Owner,
    Deliverer,
    Insured,
    Seller,
    Lead,
}

impl Origin {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Origin::Archive => "archive",
            Origin::Owner => "owner",
            Origin::Deliverer => "deliverer",
            Origin::Insured => "insured",
            Origin::Seller => "seller",
            Origin::Lead => "lead",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PartyFact {
    pub head: Head,
    pub origin: Origin,
    pub name: Option<String>,
    pub name_raw: String,
    pub kind: PartyKind,
    pub gender: Option<Gender>,
    pub birth_on: Option<Date>,
    pub mobile: PhoneFact,
    pub phone2: PhoneFact,
    pub id_number: Option<String>,
    pub id_masked: Option<String>,
    pub id_flag: Flag,
    pub uscc: Option<String>,
    pub unionid: String,
    pub external_userid: String,
    pub address: Option<String>,
    pub address_key: Option<String>,
    pub city: Option<&'static str>,
    pub advisor_code: String,
    pub filed_on: Option<Date>,
    pub seen_on: Option<Date>,
    pub do_not_contact: Option<bool>,
    pub marketing_consent: Option<bool>,
    pub internal: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct VehicleFact {
    pub head: Head,
    pub vin: Option<String>,
    pub vin_raw: String,
    pub vin_flag: Flag,
    pub vis: Option<String>,
    pub engine_no: String,
    pub plate: Option<String>,
    pub plate_raw: String,
    pub plate_flag: Flag,
    pub brand_id: Option<i32>,
    pub brand_raw: String,
    pub series: String,
    pub model: String,
    pub colour: String,
    pub energy: String,
    pub use_kind: String,
    pub made_on: Option<Date>,
    pub invoiced_on: Option<Date>,
    pub registered_on: Option<Date>,
    pub delivered_on: Option<Date>,
    pub price_fen: Option<i64>,
    pub mileage_km: Option<i32>,
    pub mileage_on: Option<Date>,
    pub owner_key: Option<RecordKey>,
    pub seen_on: Option<Date>,
}

#[derive(Debug, Clone)]
pub(crate) struct OwnershipFact {
    pub head: Head,
    pub party_key: RecordKey,
    pub vehicle_key: RecordKey,
    pub role: &'static str,
    pub from_on: Option<Date>,
    pub to_on: Option<Date>,
}

#[derive(Debug, Clone)]
pub(crate) struct SaleFact {
    pub head: Head,
    pub party_key: Option<RecordKey>,
    pub vehicle_key: Option<RecordKey>,
    pub order_no: String,
    pub invoiced_on: Option<Date>,
    pub delivered_on: Option<Date>,
    pub advisor_code: String,
    pub price_fen: Option<i64>,
    pub guide_price_fen: Option<i64>,
    pub pay_kind: String,
    pub trade_in_fen: Option<i64>,
    pub purchase_kind: String,
}

/// A moment as microseconds since 1970 in UTC.
pub(crate) type Micros = i64;

#[derive(Debug, Clone)]
pub(crate) struct OrderFact {
    pub head: Head,
    pub order_no: String,
    pub party_key: Option<RecordKey>,
    pub deliverer_key: Option<RecordKey>,
    pub vehicle_key: Option<RecordKey>,
    pub kind: String,
    pub repair_kind: String,
    pub state: String,
    pub opened_at: Option<Micros>,
    pub settled_at: Option<Micros>,
    pub delivered_at: Option<Micros>,
    pub mileage_in: Option<i32>,
    pub mileage_out: Option<i32>,
    pub odometer_replaced: Option<bool>,
    pub odometer_total_change: Option<i32>,
    pub advisor_code: String,
    pub technician_code: String,
    pub labour_fen: Option<i64>,
    pub parts_fen: Option<i64>,
    pub paid_fen: Option<i64>,
    pub complaint: String,
    pub next_due_on: Option<Date>,
    pub next_due_km: Option<i32>,
}

#[derive(Debug, Clone)]
pub(crate) struct ItemFact {
    pub head: Head,
    pub order_key: RecordKey,
    pub line_no: Option<i32>,
    pub item_code: String,
    pub item_name: String,
    pub kind: Option<&'static str>,
    /// Ten-thousandths.
    pub quantity: Option<i64>,
    /// Ten-thousandths of an hour.
    pub hours: Option<i64>,
    pub amount_fen: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct PolicyFact {
    pub head: Head,
    pub party_key: Option<RecordKey>,
    pub insured_key: Option<RecordKey>,
    pub vehicle_key: Option<RecordKey>,
    pub insurer: String,
    pub compulsory_no: String,
    pub compulsory_ends_on: Option<Date>,
    pub commercial_no: String,
    pub commercial_ends_on: Option<Date>,
    pub compulsory_fen: Option<i64>,
    pub commercial_fen: Option<i64>,
    pub tax_fen: Option<i64>,
    pub paid_fen: Option<i64>,
    pub issued_on: Option<Date>,
    pub renewal_category: String,
    pub agent_code: String,
    /// The other columns as a JSON object.
    pub extra: String,
}

#[derive(Debug, Clone)]
pub(crate) struct DealFact {
    pub head: Head,
    pub party_key: Option<RecordKey>,
    pub vehicle_key: Option<RecordKey>,
    pub kind: String,
    pub dealt_on: Option<Date>,
    pub price_fen: Option<i64>,
    pub mileage_km: Option<i32>,
    pub channel: String,
    pub appraiser_code: String,
}

#[derive(Debug, Clone)]
pub(crate) struct LeadFact {
    pub head: Head,
    pub party_key: Option<RecordKey>,
    pub channel: String,
    pub created_at: Option<Micros>,
    pub grade: String,
    pub state: String,
    pub brand_id: Option<i32>,
    pub series: String,
    pub advisor_code: String,
}

#[derive(Debug, Clone)]
pub(crate) struct EmployeeFact {
    pub head: Head,
    pub code: String,
    pub name: Option<String>,
    pub mobile: PhoneFact,
    pub department: String,
    pub position: String,
    pub hired_on: Option<Date>,
    pub left_on: Option<Date>,
}

/// Fact tables, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Party,
    Vehicle,
    Ownership,
    Sale,
    Order,
    Item,
    Policy,
    Deal,
    Lead,
    Employee,
}

impl Table {
    pub(crate) const ALL: [Table; 10] = [
        Table::Party,
        Table::Vehicle,
        Table::Ownership,
        Table::Sale,
        Table::Order,
        Table::Item,
        Table::Policy,
        Table::Deal,
        Table::Lead,
        Table::Employee,
    ];

    pub(crate) fn entity(self) -> Entity {
        match self {
            Table::Party => Entity::Customer,
            Table::Vehicle => Entity::Vehicle,
            Table::Ownership => Entity::Ownership,
            Table::Sale => Entity::Sale,
            Table::Order => Entity::RepairOrder,
            Table::Item => Entity::RepairItem,
            Table::Policy => Entity::Policy,
            Table::Deal => Entity::UsedCarDeal,
            Table::Lead => Entity::Lead,
            Table::Employee => Entity::Employee,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Table::Party => "party_record",
            Table::Vehicle => "vehicle_record",
            Table::Ownership => "ownership_record",
            Table::Sale => "sale",
            Table::Order => "repair_order",
            Table::Item => "repair_item",
            Table::Policy => "policy",
            Table::Deal => "used_car_deal",
            Table::Lead => "lead",
            Table::Employee => "employee_record",
        }
    }
}

/// A 64-bit hash of a fact's contents. It is stored and compared for ever, so it is written out here and not taken
/// from a library that may change; it needs spread, not secrecy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContentHash(u64);

impl ContentHash {
    pub(crate) fn new() -> ContentHash {
        ContentHash(0x9e37_79b9_7f4a_7c15)
    }

    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word).wrapping_mul(0xa076_1d64_78bd_642f_e703_7ed1_a0b4_28db);
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ self.0.rotate_left(23);
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let mut eight = [0u8; 8];
            eight.copy_from_slice(word);
            self.mix(u64::from_le_bytes(eight));
        }
        let mut rest = [0u8; 8];
        rest[..words.remainder().len()].copy_from_slice(words.remainder());
        self.mix(u64::from_le_bytes(rest));
        self.mix(bytes.len() as u64);
        self
    }

    pub(crate) fn opt(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => self.number(None),
        }
    }

    pub(crate) fn number(mut self, number: Option<i64>) -> Self {
        match number {
            Some(n) => {
                self.mix(n as u64);
                self.mix(1);
            }
            None => self.mix(0x5bd1_e995),
        }
        self
    }

    pub(crate) fn date(self, date: Option<Date>) -> Self {
        self.number(date.map(|d| i64::from(days(d))))
    }

    pub(crate) fn finish(self) -> i64 {
        let mut last = self;
        last.mix(0x2545_f491_4f6c_dd1d);
        last.0 as i64
    }
}

/// Days since 2000-01-01, PostgreSQL's own count. Howard Hinnant's `days_from_civil`, which has no branches to miss.
pub(crate) fn days(date: Date) -> i32 {
    let (y, m, d) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 730_425
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_count_from_the_year_2000() {
        for (d, expected) in [
            (date(2000, 1, 1), 0),
            (date(2000, 3, 1), 60),
            (date(1999, 12, 31), -1),
            (date(2021, 1, 1), 7671),
            (date(1900, 1, 1), -36524),
        ] {
            assert_eq!(days(d), expected, "{d}");
        }
    }

    #[test]
    fn a_hash_changes_with_every_part_and_its_place() {
        let hash = |a: &str, b: &str| ContentHash::new().text(a).text(b).finish();
        let all = [hash("ab", "c"), hash("a", "bc"), hash("", "abc"), hash("abc", ""), hash("12345678", "")];
        for (i, a) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|b| a != b));
        }
        assert_eq!(hash("张三", "13800001111"), hash("张三", "13800001111"));
        assert_ne!(ContentHash::new().opt(None).finish(), ContentHash::new().opt(Some("")).finish());
    }
}
