//! A party record with all that the golden person and its satellites are made of.

use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use kernel::ids::{RecordKey, StoreId};
use kernel::vocab::Source;
use sqlx::FromRow;

use crate::golden::Claim;

/// One current party record with the person it belongs to.
#[derive(Debug, Clone, FromRow)]
pub struct PartyRecord {
    /// The person it is linked to.
    pub person_no: i32,
    /// Its key.
    pub record_key: i64,
    /// Its store, if it has one.
    pub store_id: Option<i32>,
    /// Its system.
    pub source: String,
    /// Normalised name.
    pub name: Option<String>,
    /// `person`, `company` or `unknown`.
    pub party_kind: String,
    /// `m` or `f`.
    pub gender: Option<String>,
    /// Date of birth.
    pub birth_on: Option<SqlDate>,
    /// First phone.
    pub mobile_sealed: Option<Vec<u8>>,
    /// Blind index of the first phone.
    pub mobile_bidx: Option<Vec<u8>>,
    /// Masked first phone.
    pub mobile_masked: Option<String>,
    /// Flag of the first phone.
    pub mobile_flag: Option<String>,
    /// Second phone.
    pub phone2_sealed: Option<Vec<u8>>,
    /// Blind index of the second phone.
    pub phone2_bidx: Option<Vec<u8>>,
    /// Masked second phone.
    pub phone2_masked: Option<String>,
    /// Flag of the second phone.
    pub phone2_flag: Option<String>,
    /// ID number.
    pub id_sealed: Option<Vec<u8>>,
    /// Blind index of the ID number.
    pub id_bidx: Option<Vec<u8>>,
    /// Masked ID number.
    pub id_masked: Option<String>,
    /// Flag of the ID number.
    pub id_flag: Option<String>,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Address.
    pub address_sealed: Option<Vec<u8>>,
    /// Blind index of the address down to the house number.
    pub address_key: Option<Vec<u8>>,
    /// Adviser's code in the source.
    pub advisor_id: Option<i32>,
    /// Day the record was opened.
    pub filed_on: Option<SqlDate>,
    /// Last day on which it was true.
    pub seen_on: Option<SqlDate>,
    /// The customer does not want to be called.
    pub do_not_contact: bool,
    /// Staff, test or pre-delivery record.
    pub internal: bool,
}

/// Reads the party records of the persons in `$1`.
pub const OF_PERSONS_SQL: &str = "
    SELECT link.person_no, p.record_key, p.store_id, p.source, p.name, p.party_kind, p.gender, p.birth_on,
           p.mobile_sealed, p.mobile_bidx, p.mobile_masked, p.mobile_flag,
           p.phone2_sealed, p.phone2_bidx, p.phone2_masked, p.phone2_flag,
           p.id_sealed, p.id_bidx, p.id_masked, p.id_flag, p.uscc, p.city, p.address_sealed, p.address_key,
           e.employee_id AS advisor_id, p.filed_on, p.seen_on,
           coalesce(p.do_not_contact, false) AS do_not_contact, coalesce(p.internal, false) AS internal
    FROM person_record link
    JOIN party_record p ON p.record_key = link.record_key AND p.current
    LEFT JOIN employee e ON e.code = p.advisor_code
    WHERE link.person_no = ANY ($1)
    ORDER BY link.person_no, p.record_key";

impl PartyRecord {
    /// The last day on which the record is known to have been true.
    pub fn last_day(&self) -> Option<Date> {
        self.seen_on.or(self.filed_on).map(SqlDate::to_jiff)
    }

    /// The first day on which the record is known to have been true.
    pub fn first_day(&self) -> Option<Date> {
        self.filed_on.or(self.seen_on).map(SqlDate::to_jiff)
    }

    /// What the record claims for one field, with whether the claim passed the checks of its kind.
    pub fn claim(&self, value: Option<&str>, good: bool) -> Option<Claim> {
        let value = value.filter(|value| !value.is_empty())?;
        // A source the vocabulary does not know cannot be in the table: intake writes codes only.
        let source = Source::parse(&self.source).ok()?;
        Some(Claim {
            value: value.to_owned(),
            record_key: RecordKey(self.record_key),
            source,
            store_id: self.store_id.map(StoreId),
            seen_on: self.last_day(),
            good,
            corrected: false,
        })
    }

    /// Both phones as (sealed, blind index, masked, flag).
    pub fn phones(&self) -> impl Iterator<Item = Phone<'_>> {
        [
            (&self.mobile_sealed, &self.mobile_bidx, &self.mobile_masked, &self.mobile_flag),
            (&self.phone2_sealed, &self.phone2_bidx, &self.phone2_masked, &self.phone2_flag),
        ]
        .into_iter()
        .filter_map(|(sealed, bidx, masked, flag)| {
            Some(Phone {
                sealed: sealed.as_deref()?,
                bidx: bidx.as_deref()?,
                masked: masked.as_deref().unwrap_or_default(),
                flag: flag.as_deref().unwrap_or("ok"),
            })
        })
    }
}

/// One phone of a record.
#[derive(Debug, Clone, Copy)]
pub struct Phone<'a> {
    /// The sealed number.
    pub sealed: &'a [u8],
    /// Its blind index.
    pub bidx: &'a [u8],
    /// What may be shown.
    pub masked: &'a str,
    /// Its flag.
    pub flag: &'a str,
}
