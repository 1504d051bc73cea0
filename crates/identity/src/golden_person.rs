//! From the records of one person to the golden person: every field with its source, its rule and
//! what it was preferred to.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use kernel::name::PersonName;
use kernel::text::{pinyin_full, pinyin_initials};
use serde_json::Value;

use crate::evidence::hex;
use crate::golden::{Claim, Criterion, Survivor, survive};
use crate::party::PartyRecord;
use crate::provenance;

/// Criteria per field, shipped or edited.
pub type Criteria = HashMap<String, Vec<Criterion>>;

/// What the customer himself corrected: field, the record made for it, the value as it is compared.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Field of the golden person.
    pub field: String,
    /// Value as compared: clear for plain fields, blind index in hexadecimal for sealed ones.
    pub value: String,
    /// Sealed value of a sealed field.
    pub sealed: Option<Vec<u8>>,
    /// What may be shown.
    pub masked: String,
    /// Record that stands for the correction.
    pub record_key: i64,
    /// Day of the correction.
    pub made_on: Date,
}

/// How often a phone, seen over the whole group, belongs to different names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneUse {
    /// One name.
    Personal,
    /// A family.
    Household,
    /// Front desk, trader, switchboard: says nothing about a customer.
    Shared,
}

impl PhoneUse {
    /// The role stored with a person's phone.
    pub const fn code(self) -> &'static str {
        match self {
            PhoneUse::Personal => "personal",
            PhoneUse::Household => "household",
            PhoneUse::Shared => "store",
        }
    }
}

/// A golden person, ready to be written.
#[derive(Debug, Clone)]
pub struct GoldenPerson {
    /// `person`, `company` or `unknown`.
    pub kind: String,
    /// Name.
    pub name: Option<String>,
    /// `zw` of 张伟.
    pub initials: Option<String>,
    /// `zhangwei` of 张伟.
    pub pinyin: Option<String>,
    /// `m` or `f`.
    pub gender: Option<String>,
    /// Date of birth.
    pub birth_on: Option<String>,
    /// Mobile: sealed, blind index, masked.
    pub mobile: Option<Sealed>,
    /// ID number: sealed, blind index, masked.
    pub id_number: Option<Sealed>,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Address, sealed.
    pub address: Option<Sealed>,
    /// Linked records.
    pub record_count: usize,
    /// First day in any source.
    pub first_seen_on: Option<Date>,
    /// Last day in any source.
    pub last_seen_on: Option<Date>,
    /// Every record is staff, test or pre-delivery.
    pub internal: bool,
    /// Any record says so: the most restrictive wins.
    pub do_not_contact: bool,
    /// Provenance of every field.
    pub golden: Value,
    /// Distinct phones with their use.
    pub phones: Vec<PersonPhone>,
    /// What each store knows of the person.
    pub stores: Vec<PersonStore>,
}

/// A personal value in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Encrypted.
    pub sealed: Vec<u8>,
    /// Keyed blind index.
    pub bidx: Vec<u8>,
    /// What may be shown.
    pub masked: String,
}

/// One phone of a person: evidence in time.
#[derive(Debug, Clone)]
pub struct PersonPhone {
    /// The number.
    pub number: Sealed,
    /// Whose it is.
    pub role: &'static str,
    /// First day it was seen with this person.
    pub first_on: Option<Date>,
    /// Last day.
    pub last_on: Option<Date>,
}

/// What one store knows of a person.
#[derive(Debug, Clone)]
pub struct PersonStore {
    /// The store.
    pub store_id: i32,
    /// Adviser of the latest record that names one.
    pub advisor_id: Option<i32>,
    /// First day at the store.
    pub first_on: Option<Date>,
    /// Last day at the store.
    pub last_on: Option<Date>,
    /// Records of the store.
    pub record_count: usize,
}

/// Builds the golden person of `records` (all of one person, at least one).
pub fn golden_person(
    records: &[PartyRecord],
    corrections: &[Correction],
    criteria: &Criteria,
    phone_use: &dyn Fn(&[u8]) -> PhoneUse,
) -> GoldenPerson {
    let births: HashMap<i64, String> =
        records.iter().filter_map(|r| Some((r.record_key, r.birth_on?.to_jiff().to_string()))).collect();
    let mut build = Build { records, corrections, criteria, golden: BTreeMap::new() };
    let kind =
        build.plain("kind", |r| Some(r.party_kind.as_str()).filter(|kind| *kind != "unknown"), |_| true);
    let name = build.plain("name", |r| r.name.as_deref(), |r| r.name.as_deref().is_some_and(is_whole_name));
    let gender = build.plain("gender", |r| r.gender.as_deref(), |r| r.id_flag.as_deref() == Some("ok"));
    let birth_on = build.plain(
        "birth_on",
        |r| births.get(&r.record_key).map(String::as_str),
        |r| r.id_flag.as_deref() == Some("ok"),
    );
    let mobile = build.mobile(phone_use);
    let id_number = build.sealed("id_number", |r| {
        Some((
            r.id_sealed.as_deref()?,
            r.id_bidx.as_deref()?,
            r.id_masked.as_deref()?,
            is_good(r.id_flag.as_deref()),
        ))
    });
    let uscc = build.plain("uscc", |r| r.uscc.as_deref(), |_| true);
    let city = build.plain("city", |r| r.city.as_deref(), |_| true);
    let address = build
        .sealed("address", |r| Some((r.address_sealed.as_deref()?, r.address_key.as_deref()?, "***", true)));
    let is_person = kind.as_deref() != Some("company");
    GoldenPerson {
        kind: kind.unwrap_or_else(|| "unknown".into()),
        initials: name.as_deref().map(pinyin_initials).map(|text| text.to_lowercase()),
        pinyin: name.as_deref().filter(|_| is_person).map(pinyin_full).map(|text| text.to_lowercase()),
        name,
        gender,
        birth_on,
        mobile,
        id_number,
        uscc,
        city,
        address,
        record_count: records.len(),
        first_seen_on: records.iter().filter_map(PartyRecord::first_day).min(),
        last_seen_on: records.iter().filter_map(PartyRecord::last_day).max(),
        internal: records.iter().all(|r| r.internal),
        do_not_contact: records.iter().any(|r| r.do_not_contact),
        golden: serde_json::to_value(&build.golden).unwrap_or_default(),
        phones: phones_of(records, corrections, phone_use),
        stores: stores_of(records),
    }
}

struct Build<'a> {
    records: &'a [PartyRecord],
    corrections: &'a [Correction],
    criteria: &'a Criteria,
    golden: BTreeMap<String, Value>,
}

impl<'a> Build<'a> {
    fn criteria_of(&self, field: &str) -> &'a [Criterion] {
        self.criteria.get(field).map_or(&[], Vec::as_slice)
    }

    fn correction_claims<'f>(&self, field: &'f str) -> impl Iterator<Item = Claim> + use<'a, 'f> {
        self.corrections.iter().filter(move |correction| correction.field == field).map(|correction| Claim {
            value: correction.value.clone(),
            record_key: kernel::ids::RecordKey(correction.record_key),
            source: kernel::vocab::Source::Wecom,
            store_id: None,
            seen_on: Some(correction.made_on),
            good: true,
            corrected: true,
        })
    }

    fn plain<'v>(
        &mut self,
        field: &str,
        value: impl Fn(&'a PartyRecord) -> Option<&'v str>,
        good: impl Fn(&PartyRecord) -> bool,
    ) -> Option<String>
    where
        'a: 'v,
    {
        let mut claims: Vec<Claim> = self.records.iter().filter_map(|r| r.claim(value(r), good(r))).collect();
        claims.extend(self.correction_claims(field));
        let survivor = survive(&claims, self.criteria_of(field))?;
        self.note(field, &survivor, &|value| value.to_owned());
        Some(survivor.winner.value)
    }

    fn sealed<'r>(
        &mut self,
        field: &str,
        value: impl Fn(&'a PartyRecord) -> Option<(&'r [u8], &'r [u8], &'r str, bool)>,
    ) -> Option<Sealed>
    where
        'a: 'r,
    {
        let mut forms: HashMap<String, Sealed> = HashMap::new();
        let mut claims = Vec::new();
        for record in self.records {
            let Some((sealed, bidx, masked, good)) = value(record) else { continue };
            let key = hex(bidx);
            claims.extend(record.claim(Some(&key), good));
            forms.entry(key).or_insert_with(|| form(sealed, bidx, masked));
        }
        self.settle(field, claims, forms)
    }

    fn mobile(&mut self, phone_use: &dyn Fn(&[u8]) -> PhoneUse) -> Option<Sealed> {
        let mut forms: HashMap<String, Sealed> = HashMap::new();
        let mut claims = Vec::new();
        for record in self.records {
            for phone in record.phones() {
                let key = hex(phone.bidx);
                let good = is_good(Some(phone.flag)) && phone_use(phone.bidx) != PhoneUse::Shared;
                claims.extend(record.claim(Some(&key), good));
                forms.entry(key).or_insert_with(|| form(phone.sealed, phone.bidx, phone.masked));
            }
        }
        self.settle("mobile", claims, forms)
    }

    fn settle(
        &mut self,
        field: &str,
        mut claims: Vec<Claim>,
        mut forms: HashMap<String, Sealed>,
    ) -> Option<Sealed> {
        claims.extend(self.correction_claims(field));
        for correction in self.corrections.iter().filter(|correction| correction.field == field) {
            let Some(sealed) = &correction.sealed else { continue };
            let bidx = unhex(&correction.value);
            forms.entry(correction.value.clone()).or_insert_with(|| form(sealed, &bidx, &correction.masked));
        }
        let survivor = survive(&claims, self.criteria_of(field))?;
        // Provenance is read by people of every role, so it carries masked values only.
        self.note(field, &survivor, &|key| {
            forms.get(key).map_or_else(String::new, |form| form.masked.clone())
        });
        forms.remove(&survivor.winner.value)
    }

    fn note(&mut self, field: &str, survivor: &Survivor, shown: &dyn Fn(&str) -> String) {
        self.golden.insert(field.to_owned(), provenance::of(survivor, shown));
    }
}

fn form(sealed: &[u8], bidx: &[u8], masked: &str) -> Sealed {
    Sealed { sealed: sealed.to_vec(), bidx: bidx.to_vec(), masked: masked.to_owned() }
}

fn is_good(flag: Option<&str>) -> bool {
    matches!(flag, None | Some("ok" | "repaired" | "several"))
}

fn is_whole_name(name: &str) -> bool {
    PersonName::parse(name).map_or(true, |person| !person.given().is_empty())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()).collect()
}

fn phones_of(
    records: &[PartyRecord],
    corrections: &[Correction],
    phone_use: &dyn Fn(&[u8]) -> PhoneUse,
) -> Vec<PersonPhone> {
    let mut phones: BTreeMap<Vec<u8>, PersonPhone> = BTreeMap::new();
    for record in records {
        for phone in record.phones() {
            let role = if phone.flag == "placeholder" { "placeholder" } else { phone_use(phone.bidx).code() };
            let entry = phones.entry(phone.bidx.to_vec()).or_insert_with(|| PersonPhone {
                number: form(phone.sealed, phone.bidx, phone.masked),
                role,
                first_on: None,
                last_on: None,
            });
            entry.first_on = [entry.first_on, record.first_day()].into_iter().flatten().min();
            entry.last_on = entry.last_on.max(record.last_day());
        }
    }
    for corrected in corrections.iter().filter(|corrected| corrected.field == "mobile") {
        let Some(sealed) = &corrected.sealed else { continue };
        let bidx = unhex(&corrected.value);
        let entry = phones.entry(bidx.clone()).or_insert_with(|| PersonPhone {
            number: form(sealed, &bidx, &corrected.masked),
            role: phone_use(&bidx).code(),
            first_on: Some(corrected.made_on),
            last_on: None,
        });
        entry.last_on = entry.last_on.max(Some(corrected.made_on));
    }
    phones.into_values().collect()
}

fn stores_of(records: &[PartyRecord]) -> Vec<PersonStore> {
    let mut stores: BTreeMap<i32, (PersonStore, Option<Date>)> = BTreeMap::new();
    for record in records {
        let Some(store_id) = record.store_id else { continue };
        let fresh =
            PersonStore { store_id, advisor_id: None, first_on: None, last_on: None, record_count: 0 };
        let (store, advised_on) = stores.entry(store_id).or_insert((fresh, None));
        store.record_count += 1;
        store.first_on = [store.first_on, record.first_day()].into_iter().flatten().min();
        store.last_on = store.last_on.max(record.last_day());
        if record.advisor_id.is_some() && record.last_day() >= *advised_on {
            store.advisor_id = record.advisor_id;
            *advised_on = record.last_day();
        }
    }
    stores.into_values().map(|(store, _)| store).collect()
}
