//! The words of a Chinese car dealer as values: read once at the edge, trusted everywhere after.
//!
//! No I/O, no SQL, no HTTP. A value type is parsed from whatever a file or a person typed, and either
//! stands for exactly one thing or says, with a code and a Chinese sentence, why it does not.
//! See README.md beside for the vocabulary.

mod as_text;
mod read;

pub mod address;
pub mod clock;
pub mod company;
pub mod dates;
pub mod flag;
pub mod idcard;
pub mod ids;
pub mod mobile;
pub mod money;
pub mod name;
pub mod places;
pub mod plate;
pub mod spreadsheet;
pub mod surnames;
pub mod text;
pub mod uscc;
pub mod vin;
pub mod vocab;

pub use address::{Address, AddressFlaw};
pub use clock::Clock;
pub use company::{CompanyFlaw, CompanyName};
pub use dates::{DateFlaw, ReadDate, ReadDateTime, parse_date, parse_datetime};
pub use flag::Flag;
pub use idcard::{IdCard, IdFlaw, WeakId};
pub use ids::{
    BatchId, BrandId, EmployeeId, LegalEntityId, PersonNo, RecordKey, RegionId, StoreId, UserId, VehicleNo,
};
pub use mobile::{Landline, MaskedMobile, Mobile, Phone, PhoneFlaw, PhoneValue, parse_phones};
pub use money::{Fen, MoneyFlaw};
pub use name::{NameFlaw, NameKind, PartyName, PersonName};
pub use plate::{Plate, PlateFlaw, PlateKind};
pub use spreadsheet::guard_formula;
pub use uscc::{Uscc, UsccFlaw};
pub use vin::{Vin, VinFlaw};
pub use vocab::{BusinessLine, Entity, Gender, PartyKind, PartyRole, Source, StoreKind};
