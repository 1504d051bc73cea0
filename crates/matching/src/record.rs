//! What the engine is told about a customer record, and the fixed-size form it works on.

use jiff::civil::{Date, date};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::hash::{HashKey, mix};
use crate::{Gender, MatchError, PartyKind, RecordKey};

/// One customer record, normalised. Empty strings mean "unknown"; placeholders must be emptied by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyInput {
    /// Identity of the record across runs.
    pub key: RecordKey,
    /// Person, company, or not known.
    pub kind: PartyKind,
    /// Folded full name of a person, or the core of a company name (without city and legal suffix).
    pub name: String,
    /// Surname of a person (compound surnames whole). On a company's record it marks the name as that of a contact,
    /// which says nothing about the company.
    pub surname: String,
    /// Given name; empty with a surname present means "surname only" (王先生, 王*).
    pub given: String,
    /// From the resident ID, the honorific or a column.
    pub gender: Option<Gender>,
    /// Date of birth; defaults such as 1900-01-01 must be dropped by the caller.
    pub birth: Option<Date>,
    /// Resident ID.
    pub id: Option<IdInput>,
    /// WeChat unionid, prefixed with its platform account when there are several.
    pub unionid: String,
    /// Unified social credit code of a company.
    pub uscc: String,
    /// At most two telephone numbers; more are ignored.
    pub phones: Vec<PhoneInput>,
    /// Address folded down to the house number.
    pub address: String,
    /// City, folded.
    pub city: String,
    /// Cars this record speaks of.
    pub vehicles: Vec<VehicleSighting>,
    /// First and last day on which the record was true.
    pub first_seen: Option<Date>,
    /// See `first_seen`.
    pub last_seen: Option<Date>,
}

impl PartyInput {
    /// A record about which nothing is known yet.
    pub fn new(key: RecordKey) -> Self {
        PartyInput {
            key,
            kind: PartyKind::Unknown,
            name: String::new(),
            surname: String::new(),
            given: String::new(),
            gender: None,
            birth: None,
            id: None,
            unionid: String::new(),
            uscc: String::new(),
            phones: Vec::new(),
            address: String::new(),
            city: String::new(),
            vehicles: Vec::new(),
            first_seen: None,
            last_seen: None,
        }
    }
}

/// A resident ID as written on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdInput {
    /// 18 or 17 characters (a 15-digit ID widened by the caller), or masked with `*` between at least
    /// the first 3 and the last 4.
    pub number: String,
    /// The check character was right. A weak number can bring records together but never keeps them apart.
    pub strong: bool,
}

/// A telephone number, digits only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneInput {
    /// Digits; a landline with its area code.
    pub digits: String,
    /// The number belongs to a store or an employee: it is kept but proves nothing.
    pub stop: bool,
}

/// One sighting of a car on a customer record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleSighting {
    /// Valid 17-symbol VIN, else empty.
    pub vin: String,
    /// Last eight of the VIN where no whole one is known.
    pub vis: String,
    /// Normalised plate.
    pub plate: String,
    /// Engine number.
    pub engine: String,
    /// Day of the sighting.
    pub on: Option<Date>,
}

/// How much of a name there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum NameForm {
    Missing = 0,
    /// Surname, perhaps with an honorific.
    SurnameOnly = 1,
    Full = 2,
    /// Letters only; compared through its pinyin.
    Latin = 3,
    Company = 4,
}

/// Symbols of a name that are kept for comparison; longer names keep the first (company: the last) ones.
pub(crate) const NAME_SYMBOLS: usize = 6;

/// The record the engine works on: hashes and numbers only, one hundred-odd bytes, no pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rec {
    pub key: i64,
    /// Hash of the whole name; 0 = none.
    pub name: u64,
    /// Digits as a number; 0 = none.
    pub phones: [u64; 2],
    /// First 17 digits of the resident ID; 0 = none or masked.
    pub id: u64,
    pub unionid: u64,
    pub uscc: u64,
    pub address: u64,
    pub pinyin: u32,
    pub surname: u32,
    pub city: u32,
    /// Hash of the first 3 and last 4 symbols of the ID, which every way of masking leaves; of whole numbers too.
    pub id_mask: u32,
    pub vehicle_start: u32,
    /// Records under this name when the model was frozen (1 when unknown).
    pub name_count: u32,
    pub symbols: [u16; NAME_SYMBOLS],
    /// Distinct names at each phone when the model was frozen.
    pub phone_names: [u16; 2],
    /// Distinct names at the address when the model was frozen.
    pub address_names: u16,
    /// Days since 1900-01-01; 0 = unknown.
    pub birth: u16,
    pub first: u16,
    pub last: u16,
    pub symbol_count: u8,
    pub vehicle_len: u8,
    pub kind: PartyKind,
    pub gender: u8,
    pub form: NameForm,
    pub flags: u8,
}

impl Rec {
    pub(crate) const ID_STRONG: u8 = 1;
    pub(crate) const STOP: [u8; 2] = [2, 4];

    pub(crate) fn id_is_strong(&self) -> bool {
        self.id != 0 && self.flags & Self::ID_STRONG != 0
    }

    /// Phones that may be used as evidence.
    pub(crate) fn personal_phones(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        (0..2)
            .filter(|&slot| self.flags & Self::STOP[slot] == 0)
            .map(|slot| (slot, self.phones[slot]))
            .filter(|&(_, phone)| phone != 0)
    }

    /// The order in which records are visited: a scramble of the key, so that no arrival order shows through.
    pub(crate) fn rank(&self) -> u64 {
        mix(self.key as u64)
    }
}

/// A sighting in fixed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    pub vin: u64,
    pub plate: u64,
    pub vis: u32,
    pub engine: u32,
    pub day: u16,
}

/// Compact records ready for linking, ordered by a hash of their key.
#[derive(Debug, Clone)]
pub struct Records {
    pub(crate) recs: Vec<Rec>,
    pub(crate) sights: Vec<Sight>,
    pub(crate) hash_key: HashKey,
}

impl Records {
    /// Starts an empty set; values are hashed under `hash_key`.
    pub fn new(hash_key: HashKey) -> Self {
        Records { recs: Vec::new(), sights: Vec::new(), hash_key }
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.recs.len()
    }

    /// Whether there is nothing to link.
    pub fn is_empty(&self) -> bool {
        self.recs.is_empty()
    }

    /// The key of the record at a position (positions are those used in [`crate::Outcome`]).
    pub fn key_at(&self, position: u32) -> RecordKey {
        RecordKey(self.recs[position as usize].key)
    }

    /// Position of a record, if present. Only after [`Records::seal`].
    pub fn position(&self, key: RecordKey) -> Option<u32> {
        let rank = mix(key.0 as u64);
        self.recs.binary_search_by_key(&rank, Rec::rank).ok().map(|at| at as u32)
    }

    /// Adds one record.
    pub fn push(&mut self, input: &PartyInput) {
        let mut rec = compact(input, &self.hash_key);
        rec.vehicle_start = self.sights.len() as u32;
        self.sights
            .extend(input.vehicles.iter().take(usize::from(u8::MAX)).map(|v| sight(v, &self.hash_key)));
        self.recs.push(rec);
    }

    /// Adds a record that is compact already.
    pub(crate) fn add(&mut self, mut rec: Rec, sights: &[Sight]) {
        rec.vehicle_start = self.sights.len() as u32;
        self.sights.extend_from_slice(sights);
        self.recs.push(rec);
    }

    /// Adds many records, hashing them in parallel.
    pub fn extend(&mut self, inputs: &[PartyInput]) {
        let key = self.hash_key;
        let ready: Vec<(Rec, Box<[Sight]>)> = inputs
            .par_iter()
            .with_min_len(256)
            .map(|input| (compact(input, &key), sights(input, &key)))
            .collect();
        self.recs.reserve(ready.len());
        ready.into_iter().for_each(|(rec, sights)| self.add(rec, &sights));
    }

    /// Puts the records into their fixed order.
    ///
    /// # Errors
    /// [`MatchError::DuplicateKey`] when two records carry one key.
    pub fn seal(mut self) -> Result<Self, MatchError> {
        self.recs.par_sort_unstable_by_key(Rec::rank);
        match self.recs.windows(2).find(|pair| pair[0].key == pair[1].key) {
            Some(pair) => Err(MatchError::DuplicateKey(RecordKey(pair[0].key))),
            None => Ok(self),
        }
    }

    pub(crate) fn sights_of(&self, rec: &Rec) -> &[Sight] {
        let start = rec.vehicle_start as usize;
        &self.sights[start..start + usize::from(rec.vehicle_len)]
    }
}

/// Days since 1900-01-01, clamped to what sixteen bits hold (2079); 0 = unknown.
pub(crate) fn day_number(day: Option<Date>) -> u16 {
    day.map_or(0, |day| (day - date(1900, 1, 1)).get_days().clamp(1, i32::from(u16::MAX)) as u16)
}

pub(crate) fn sights(input: &PartyInput, hash: &HashKey) -> Box<[Sight]> {
    input.vehicles.iter().take(usize::from(u8::MAX)).map(|vehicle| sight(vehicle, hash)).collect()
}

pub(crate) fn compact(input: &PartyInput, hash: &HashKey) -> Rec {
    let form = name_form(input);
    let symbols: Vec<u16> = name_symbols(&input.name, form);
    let mut kept = [0u16; NAME_SYMBOLS];
    for (slot, symbol) in kept.iter_mut().zip(&symbols) {
        *slot = *symbol;
    }
    let (id, id_mask) = input.id.as_ref().map_or((0, 0), |id| id_numbers(&id.number, hash));
    let mut flags = if input.id.as_ref().is_some_and(|id| id.strong) { Rec::ID_STRONG } else { 0 };
    let mut phones = [0u64; 2];
    for (slot, phone) in input.phones.iter().take(2).enumerate() {
        phones[slot] = digits(&phone.digits);
        if phone.stop {
            flags |= Rec::STOP[slot];
        }
    }
    if phones[1] == phones[0] {
        phones[1] = 0;
    }
    Rec {
        key: input.key.0,
        name: match form {
            NameForm::Full | NameForm::Latin | NameForm::Company => hash.of(&input.name),
            NameForm::Missing | NameForm::SurnameOnly => 0,
        },
        phones,
        id,
        unionid: hash.of(&input.unionid),
        uscc: hash.of(&input.uscc),
        address: hash.of(&input.address),
        pinyin: narrow(hash.of(&sound(input, form))),
        surname: narrow(hash.of(&input.surname)),
        city: narrow(hash.of(&input.city)),
        id_mask,
        vehicle_start: 0,
        name_count: 1,
        symbols: kept,
        phone_names: [1; 2],
        address_names: 1,
        birth: day_number(input.birth),
        first: day_number(input.first_seen),
        last: day_number(input.last_seen),
        symbol_count: input.name.chars().count().min(255) as u8,
        vehicle_len: input.vehicles.len().min(255) as u8,
        kind: input.kind,
        gender: match input.gender {
            None => 0,
            Some(Gender::Male) => 1,
            Some(Gender::Female) => 2,
        },
        form,
        flags,
    }
}

fn name_form(input: &PartyInput) -> NameForm {
    if input.kind == PartyKind::Company {
        // A person's name on a company's record is its driver or contact, not a name of the company.
        let nameless = input.name.is_empty() || !input.surname.is_empty();
        return if nameless { NameForm::Missing } else { NameForm::Company };
    }
    match (input.name.is_empty() && input.surname.is_empty(), input.given.is_empty()) {
        (true, _) => NameForm::Missing,
        (false, true) if !input.surname.is_empty() => NameForm::SurnameOnly,
        _ if input.name.bytes().all(|byte| byte.is_ascii()) => NameForm::Latin,
        _ => NameForm::Full,
    }
}

/// Homophones and Latin spellings of a whole name sound the same.
fn sound(input: &PartyInput, form: NameForm) -> String {
    match form {
        NameForm::Full | NameForm::Latin => kernel::text::pinyin_full(&input.name),
        NameForm::Missing | NameForm::SurnameOnly | NameForm::Company => String::new(),
    }
}

/// Company names agree at their end (天津东方 / 东方), person names from their beginning.
fn name_symbols(name: &str, form: NameForm) -> Vec<u16> {
    let all: Vec<u16> = name.chars().map(|c| (c as u32 ^ ((c as u32) >> 16)) as u16).collect();
    if form == NameForm::Company {
        all.into_iter().rev().take(NAME_SYMBOLS).collect()
    } else {
        all.into_iter().take(NAME_SYMBOLS).collect()
    }
}

/// The number of a resident ID and the hash of what a masked copy of it would show.
fn id_numbers(number: &str, hash: &HashKey) -> (u64, u32) {
    let symbols: Vec<u8> = number.bytes().collect();
    let shown = |head: &[u8], tail: &[u8]| narrow(hash.of(&String::from_utf8_lossy(&[head, tail].concat())));
    match symbols.len() {
        18 if symbols[..17].iter().all(u8::is_ascii_digit) => {
            (digits(&number[..17]), shown(&symbols[..3], &symbols[14..]))
        }
        17 if symbols.iter().all(u8::is_ascii_digit) => {
            let last = [&symbols[14..], &[id_check(&symbols)]].concat();
            (digits(number), shown(&symbols[..3], &last))
        }
        10.. if symbols.is_ascii() => (0, shown(&symbols[..3], &symbols[symbols.len() - 4..])),
        _ => (0, 0),
    }
}

/// Check character of a resident ID, ISO 7064 MOD 11-2 over 17 digits (GB 11643-1999).
fn id_check(digits: &[u8]) -> u8 {
    let sum: u32 =
        digits.iter().enumerate().map(|(at, &d)| u32::from(d - b'0') * ((1u32 << (17 - at)) % 11)).sum();
    b"10X98765432"[(sum % 11) as usize]
}

fn sight(vehicle: &VehicleSighting, hash: &HashKey) -> Sight {
    let vis = if vehicle.vin.len() == 17 { &vehicle.vin[9..] } else { vehicle.vis.as_str() };
    Sight {
        vin: hash.of(&vehicle.vin),
        plate: hash.of(&vehicle.plate),
        vis: narrow(hash.of(vis)),
        engine: narrow(hash.of(&vehicle.engine)),
        day: day_number(vehicle.on),
    }
}

fn digits(text: &str) -> u64 {
    text.bytes().filter(u8::is_ascii_digit).take(18).fold(0, |all, digit| all * 10 + u64::from(digit - b'0'))
}

fn narrow(hash: u64) -> u32 {
    if hash == 0 { 0 } else { ((hash >> 32) as u32).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_small_enough_for_fifty_million() {
        assert!(size_of::<Rec>() <= 128, "{}", size_of::<Rec>());
        assert!(size_of::<Sight>() <= 32);
    }

    #[test]
    fn a_masked_id_shows_what_the_whole_one_shows() {
        let hash = HashKey::default();
        let (whole, mask) = id_numbers("11010519491231002X", &hash);
        assert_eq!(whole, 11_010_519_491_231_002);
        assert_eq!(id_numbers("110105********002X", &hash), (0, mask));
        assert_eq!(id_numbers("110***********002X", &hash), (0, mask));
        assert_eq!(id_numbers("11010519491231002", &hash), (whole, mask));
        assert_eq!(id_numbers("", &hash), (0, 0));
    }

    #[test]
    fn names_fall_into_forms() {
        let cases = [
            ("", "", "", PartyKind::Person, NameForm::Missing),
            ("王", "王", "", PartyKind::Person, NameForm::SurnameOnly),
            ("王伟", "王", "伟", PartyKind::Person, NameForm::Full),
            ("WANGWEI", "", "", PartyKind::Unknown, NameForm::Latin),
            ("东方物流", "", "", PartyKind::Company, NameForm::Company),
            ("王伟", "王", "伟", PartyKind::Company, NameForm::Missing),
        ];
        for (name, surname, given, kind, form) in cases {
            let mut input = PartyInput::new(RecordKey(1));
            (input.name, input.surname, input.given, input.kind) =
                (name.into(), surname.into(), given.into(), kind);
            assert_eq!(name_form(&input), form, "{name}");
        }
    }

    #[test]
    fn two_records_with_one_key_are_refused() {
        let mut records = Records::new(HashKey::default());
        records.extend(&[PartyInput::new(RecordKey(5)), PartyInput::new(RecordKey(5))]);
        assert!(matches!(records.seal(), Err(MatchError::DuplicateKey(RecordKey(5)))));
    }
}
