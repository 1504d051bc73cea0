//! Identifiers, one type each, so that a store can never be passed where a brand is meant.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::as_text::travels_as_text;
use crate::vocab::{Entity, Source};

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident($repr:ty);)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub $repr);

        impl $name {
            /// The number stored in the database.
            pub const fn get(self) -> $repr {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$repr> for $name {
            fn from(number: $repr) -> Self {
                Self(number)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                raw.parse().map(Self)
            }
        }
    )+};
}

number_id! {
    /// A store (门店): 4S, quick repair or used-car centre.
    StoreId(i32);
    /// A vehicle brand (品牌).
    BrandId(i32);
    /// A region of the group (大区).
    RegionId(i32);
    /// A legal entity (法人主体) that owns stores.
    LegalEntityId(i32);
    /// An employee (员工), whether or not they can log in.
    EmployeeId(i32);
    /// An account of the console (账号).
    UserId(i32);
    /// One delivered file or push (批次).
    BatchId(i64);
}

/// A number that was not written with its letter and digits, such as `P00012345`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{raw:?} is not a number of the form {letter}00012345")]
pub struct NotANumber {
    /// The letter such numbers start with.
    pub letter: char,
    /// What was given.
    pub raw: String,
}

impl NotANumber {
    /// The sentence for the console.
    pub fn zh(&self) -> String {
        format!("「{}」不是有效编号，应形如 {}00012345", self.raw, self.letter)
    }
}

macro_rules! lettered_number {
    ($($(#[$doc:meta])* $name:ident($letter:literal), $description:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The number without its letter, as stored in the database.
            pub const fn get(self) -> u32 {
                self.0
            }

            /// Reads the number with its letter (either case); leading zeros may be missing.
            ///
            /// # Errors
            /// [`NotANumber`] when the letter or the digits are missing or too large.
            pub fn parse(raw: &str) -> Result<Self, NotANumber> {
                let flaw = || NotANumber { letter: $letter, raw: raw.to_owned() };
                let text = raw.trim();
                let digits = text
                    .strip_prefix($letter)
                    .or_else(|| text.strip_prefix($letter.to_ascii_lowercase()))
                    .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
                    .ok_or_else(flaw)?;
                digits.parse().map(Self).map_err(|_| flaw())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{:08}", $letter, self.0)
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number)
            }
        }

        travels_as_text!($name, NotANumber, $description);
    )+};
}

lettered_number! {
    /// The number of a customer, person or company (客户号), given once and never used again.
    PersonNo('P'), "Customer number, for example P00012345";
    /// The number of a vehicle (车辆号), given once and never used again.
    VehicleNo('V'), "Vehicle number, for example V00012345";
}

/// The key of one source record, the same for every delivery of it in whatever order.
///
/// It is a hash, so it fills all 64 bits: JSON carries it as text because a browser keeps only 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(pub i64);

/// The text is not a 64-bit number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a record key")]
pub struct NotARecordKey(pub String);

/// Feeds formatted text to a hash without building it first.
struct HashText(Sha256);

impl fmt::Write for HashText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl RecordKey {
    /// The key of a record: the first eight bytes of SHA-256 of `store|source|entity|key`, big endian.
    /// A record that belongs to no store leaves the first place empty.
    pub fn of(store: Option<StoreId>, source: Source, entity: Entity, source_key: &str) -> Self {
        let mut hash = HashText(Sha256::new());
        // Writing into a hash cannot fail.
        let _ = match store {
            Some(store) => write!(hash, "{store}|{}|{}|{source_key}", source.code(), entity.code()),
            None => write!(hash, "|{}|{}|{source_key}", source.code(), entity.code()),
        };
        let digest = hash.0.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(i64::from_be_bytes(first))
    }

    /// The number stored in the database.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads the decimal number.
    ///
    /// # Errors
    /// [`NotARecordKey`] when the text is not a 64-bit number.
    pub fn parse(raw: &str) -> Result<Self, NotARecordKey> {
        raw.trim().parse().map(Self).map_err(|_| NotARecordKey(raw.to_owned()))
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<i64> for RecordKey {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

travels_as_text!(RecordKey, NotARecordKey, "Key of a source record, a 64-bit number as text");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_number_reads_back_what_it_shows() {
        assert_eq!(PersonNo(12_345).to_string(), "P00012345");
        assert_eq!(VehicleNo(7).to_string(), "V00000007");
        assert_eq!(PersonNo::parse(" p12345 "), Ok(PersonNo(12_345)));
        assert_eq!(PersonNo::parse("P4294967295"), Ok(PersonNo(u32::MAX)));
        for raw in ["", "P", "V00012345", "P12 3", "P+12", "P4294967296", "12345"] {
            assert!(PersonNo::parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn json_carries_numbers_with_a_letter_and_record_keys_as_text() {
        assert_eq!(serde_json::to_string(&PersonNo(12_345)).unwrap(), "\"P00012345\"");
        assert_eq!(serde_json::from_str::<VehicleNo>("\"V00000001\"").unwrap(), VehicleNo(1));
        assert_eq!(serde_json::to_string(&RecordKey(i64::MAX)).unwrap(), "\"9223372036854775807\"");
        assert_eq!(serde_json::from_str::<RecordKey>("\"-5\"").unwrap(), RecordKey(-5));
        assert_eq!(serde_json::to_string(&StoreId(7)).unwrap(), "7");
    }

    #[test]
    fn a_record_key_depends_on_every_part_and_on_nothing_else() {
        let key =
            |store: i32, source, entity, text| RecordKey::of(Some(StoreId(store)), source, entity, text);
        let base = key(1, Source::Dms, Entity::Customer, "C001");
        assert_eq!(base, key(1, Source::Dms, Entity::Customer, "C001"));
        for other in [
            key(2, Source::Dms, Entity::Customer, "C001"),
            key(1, Source::Erp, Entity::Customer, "C001"),
            key(1, Source::Dms, Entity::Vehicle, "C001"),
            key(1, Source::Dms, Entity::Customer, "C002"),
            RecordKey::of(None, Source::Dms, Entity::Customer, "C001"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_record_key_is_the_head_of_the_sha_256_of_its_parts() {
        let digest = Sha256::digest(b"12|insurance|policy|PDZA2021");
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        assert_eq!(
            RecordKey::of(Some(StoreId(12)), Source::Insurance, Entity::Policy, "PDZA2021").get(),
            i64::from_be_bytes(head)
        );
    }
}
