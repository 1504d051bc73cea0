//! What the customer screens show.

use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::Serialize;

use crate::validity::model::ScopeVerdict;

/// One customer in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonRow {
    /// Customer number.
    pub person_no: PersonNo,
    /// `person`, `company` or `unknown`.
    pub kind: String,
    /// Golden name, masked for masked roles.
    pub name: Option<String>,
    /// `m` or `f`.
    pub gender: Option<String>,
    /// Golden mobile, masked for everybody.
    pub mobile_masked: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Vehicles owned or used, now or once.
    pub vehicle_count: i64,
    /// Source records behind the customer.
    pub record_count: i32,
    /// Stores that know the customer, in and outside the reader's scope.
    pub store_count: i32,
    /// Those of them within the reader's scope.
    pub store_names: Vec<String>,
    /// First day in any source, `YYYY-MM-DD`.
    pub first_seen_on: Option<String>,
    /// Last day in any source, `YYYY-MM-DD`.
    pub last_seen_on: Option<String>,
    /// Verdict at group level: `valid`, `invalid`, `unknown`; none before the first run.
    pub group_verdict: Option<String>,
    /// `do_not_contact`, `internal`, `no_mobile`, `no_id`.
    pub flags: Vec<String>,
}

/// A golden value with where it came from and what lost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GoldenField {
    /// Name of the field.
    pub field: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// The value, masked where the field or the role demands it.
    pub value: Option<String>,
    /// Whether `value` is masked.
    pub masked: bool,
    /// Whether the reader may open it with a reason.
    pub revealable: bool,
    /// Why the value is not plain good.
    pub flag: Option<String>,
    /// Source system of the winning record.
    pub source: Option<String>,
    /// Store of the winning record, when it lies within the reader's scope.
    pub store_name: Option<String>,
    /// Last day the winning record was true.
    pub on: Option<String>,
    /// What decided, Chinese.
    pub rule_zh: Option<String>,
    /// What decided, English.
    pub rule_en: Option<String>,
    /// Values that lost, best first, of stores within the reader's scope.
    pub losers: Vec<GoldenLoser>,
}

/// A value that lost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GoldenLoser {
    /// The value, masked where needed.
    pub value: String,
    /// Its source system.
    pub source: String,
    /// Its store.
    pub store_name: Option<String>,
    /// Last day the record was true.
    pub on: Option<String>,
    /// Why it lost, Chinese.
    pub reason_zh: String,
    /// Why it lost, English.
    pub reason_en: String,
}

/// A vehicle and what the customer is or was to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnedVehicle {
    /// Vehicle number.
    pub vehicle_no: VehicleNo,
    /// Last six symbols of the VIN.
    pub vin_masked: Option<String>,
    /// Plate, masked for masked roles.
    pub plate: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Series.
    pub series: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Colour.
    pub colour: Option<String>,
    /// `owner`, `user`, `deliverer`, `insured`, `payer`.
    pub role: String,
    /// First day of the role.
    pub from_on: Option<String>,
    /// Last day of the role; none while it lasts.
    pub to_on: Option<String>,
    /// Records that say so.
    pub evidence_count: i32,
    /// Last odometer reading in kilometres.
    pub last_mileage_km: Option<i32>,
    /// Day of the reading.
    pub last_mileage_on: Option<String>,
}

/// A telephone number of the customer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonPhone {
    /// The number, masked for everybody.
    pub masked: String,
    /// `mobile` or `landline`.
    pub kind: String,
    /// `personal`, `household`, `store`, `switchboard`, `placeholder`, `unknown`.
    pub role: String,
    /// Why it does not reach the customer, if it does not.
    pub flag: Option<String>,
    /// Source systems that have it.
    pub sources: Vec<String>,
    /// First day seen.
    pub first_on: Option<String>,
    /// Last day seen.
    pub last_on: Option<String>,
    /// Whether it is the golden number.
    pub primary: bool,
}

/// What a store knows of the customer.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct PersonStore {
    /// The store.
    pub store_id: i32,
    /// Its short name.
    pub store_name: String,
    /// Adviser there.
    pub advisor_name: Option<String>,
    /// First day at the store.
    pub first_on: Option<String>,
    /// Last day at the store.
    pub last_on: Option<String>,
    /// Records of the store.
    pub record_count: i32,
}

/// A defect of the customer's records.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QualityFlag {
    /// Flag as kept with the record.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Records that have it.
    pub count: i64,
}

/// A household the customer lives in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Household {
    /// Its number.
    pub household_id: i64,
    /// Who else lives there, within the reader's scope.
    pub members: Vec<HouseholdMember>,
}

/// A member of a household.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HouseholdMember {
    /// Customer number.
    pub person_no: PersonNo,
    /// Name, masked for masked roles.
    pub name: Option<String>,
    /// What holds the household together: `phone`, `address`, `vehicle`.
    pub relation: String,
}

/// The 360° page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonDetail {
    /// What the list shows of him.
    #[serde(flatten)]
    pub row: PersonRow,
    /// The number asked for, when it has been merged into this one.
    pub merged_from: Option<PersonNo>,
    /// Whether any record says not to contact.
    pub do_not_contact: bool,
    /// Whether all records are the house's own.
    pub internal: bool,
    /// 0 to 100: usable fields of the golden record, less defects.
    pub quality_score: Option<i32>,
    /// Golden fields with provenance.
    pub fields: Vec<GoldenField>,
    /// Vehicles and roles.
    pub vehicles: Vec<OwnedVehicle>,
    /// Telephone numbers.
    pub phones: Vec<PersonPhone>,
    /// Stores within the reader's scope.
    pub stores: Vec<PersonStore>,
    /// Verdicts by scope.
    pub verdicts: Vec<ScopeVerdict>,
    /// Defects of the records.
    pub quality_flags: Vec<QualityFlag>,
    /// Households.
    pub households: Vec<Household>,
}
