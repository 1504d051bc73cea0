//! People and companies named in a row.

use jiff::civil::Date;
use kernel::vocab::{Entity, PartyKind};
use kernel::{Address, Flag, PartyName, RecordKey};

use super::Draft;
use super::cells::IdRead;
use crate::catalogue::Field;
use crate::facts::{ContentHash, Head, Mark, Origin, PartyFact, PhoneFact};

/// Words in the name of a record that is no customer.
const INTERNAL: &[&str] = &["测试", "试驾", "展车", "PDI", "公务车", "内部", "TEST", "test"];

/// Reads a name column; the mark is set on its field.
pub(crate) fn read_name(draft: &mut Draft<'_, '_>, field: Field) -> PartyName {
    let raw = draft.cells.raw(field);
    let name = PartyName::read(raw);
    if draft.cells.mapping.has(field) {
        draft.cells.mark(field, name.flag());
    }
    if let Some(text) = name_text(&name) {
        draft.cells.note(field, raw, text);
    }
    name
}

pub(crate) fn name_text(name: &PartyName) -> Option<&str> {
    match name {
        PartyName::Person(person) => Some(person.as_str()),
        PartyName::Company(company) => Some(company.as_str()),
        PartyName::Nobody(_) => None,
    }
}

/// A party with nothing but a name; the caller fills in the rest.
pub(crate) fn blank(draft: &Draft<'_, '_>, origin: Origin, name: &PartyName, name_raw: &str) -> PartyFact {
    let gender = match name {
        PartyName::Person(person) => person.gender(),
        _ => None,
    };
    PartyFact {
        head: Head {
            key: RecordKey(0),
            source_key: String::new(),
            changed_on: draft.changed_on,
            marks: Vec::new(),
        },
        origin,
        name: name_text(name).map(str::to_owned),
        name_raw: name_raw.to_owned(),
        kind: name.kind(),
        gender,
        birth_on: None,
        mobile: PhoneFact { flag: Flag::Missing, ..PhoneFact::default() },
        phone2: PhoneFact { flag: Flag::Missing, ..PhoneFact::default() },
        id_number: None,
        id_masked: None,
        id_flag: Flag::Missing,
        uscc: None,
        unionid: String::new(),
        external_userid: String::new(),
        address: None,
        address_key: None,
        city: None,
        advisor_code: String::new(),
        filed_on: None,
        seen_on: None,
        do_not_contact: None,
        marketing_consent: None,
        internal: INTERNAL.iter().any(|word| name_raw.contains(word)),
    }
}

/// Takes over the identity cell: number, birth date and sex, and what contradicts them.
pub(crate) fn take_id(draft: &mut Draft<'_, '_>, party: &mut PartyFact, id: IdRead) {
    if let Some(card) = id.card.filter(kernel::IdCard::check_ok) {
        match party.birth_on {
            Some(birth) if birth != card.birth() => draft.cells.mark_code(Field::Birthday, "id_mismatch"),
            Some(_) => {}
            None => party.birth_on = Some(card.birth()),
        }
        if draft.cells.mapping.has(Field::Gender) && party.gender.is_some_and(|g| g != card.sex()) {
            draft.cells.mark_code(Field::Gender, "id_mismatch");
        }
        party.gender = Some(card.sex());
    }
    if id.uscc.is_some() {
        party.kind = PartyKind::Company;
    }
    party.id_number = id.number;
    party.id_masked = id.masked;
    party.id_flag = id.flag;
    party.uscc = id.uscc;
}

/// Takes over a phone cell; a second number in it becomes the second phone unless there is one already.
pub(crate) fn take_phones(
    draft: &mut Draft<'_, '_>,
    party: &mut PartyFact,
    mobile: Field,
    phone2: Option<Field>,
) {
    let (first, spare) = draft.cells.phones(mobile);
    if first.flag == Flag::Missing && draft.cells.mapping.has(mobile) {
        draft.cells.mark(mobile, Flag::Missing);
    }
    party.mobile = first;
    if let Some(field) = phone2 {
        let (second, _) = draft.cells.phones(field);
        party.phone2 = second;
    }
    if let Some(spare) = spare
        && party.phone2.number.is_none()
    {
        party.phone2 = spare;
    }
    if party.mobile.number.is_none() && party.phone2.number.is_some() && party.mobile.flag == Flag::Missing {
        party.mobile =
            std::mem::replace(&mut party.phone2, PhoneFact { flag: Flag::Missing, ..PhoneFact::default() });
    }
}

pub(crate) fn take_address(draft: &mut Draft<'_, '_>, party: &mut PartyFact, field: Field) {
    let raw = draft.cells.raw(field);
    if raw.is_empty() {
        return;
    }
    match Address::parse(raw) {
        Ok(address) => {
            party.city = address.city();
            party.address_key = address.has_number().then(|| address.key().to_owned());
            party.address = Some(raw.to_owned());
        }
        Err(flaw) => {
            if flaw.flag() != Flag::Missing {
                draft.cells.mark(field, flaw.flag());
            }
        }
    }
}

/// True if nobody could be found by what is known.
pub(crate) fn is_nobody(party: &PartyFact) -> bool {
    party.name.is_none()
        && party.mobile.number.is_none()
        && party.phone2.number.is_none()
        && party.id_number.is_none()
        && party.uscc.is_none()
        && party.unionid.is_empty()
        && party.external_userid.is_empty()
}

/// Adds a party that a document names without a customer number. Its key is made of what it says: the same owner on
/// ten orders is one record, and no order of arrival changes it.
pub(crate) fn add_named(
    draft: &mut Draft<'_, '_>,
    mut party: PartyFact,
    beside: &str,
    seen_on: Option<Date>,
) -> Option<RecordKey> {
    if is_nobody(&party) {
        return None;
    }
    let hash = ContentHash::new()
        .text(beside)
        .opt(party.name.as_deref())
        .opt(party.mobile.number.as_deref())
        .opt(party.phone2.number.as_deref())
        .opt(party.id_number.as_deref())
        .opt(party.uscc.as_deref())
        .finish();
    let source_key = format!("{}:{beside}:{:016x}", party.origin.code(), hash as u64);
    Some(add(draft, party_with(draft, &mut party, source_key), seen_on, party))
}

/// Adds a party under a key of the source: a lead number, a deal number.
pub(crate) fn add_keyed(
    draft: &mut Draft<'_, '_>,
    mut party: PartyFact,
    source_key: String,
    seen_on: Option<Date>,
) -> Option<RecordKey> {
    if is_nobody(&party) {
        return None;
    }
    Some(add(draft, party_with(draft, &mut party, source_key), seen_on, party))
}

fn party_with(draft: &Draft<'_, '_>, party: &mut PartyFact, source_key: String) -> RecordKey {
    party.head = draft.head(Entity::Customer, source_key);
    party.head.key
}

fn add(draft: &mut Draft<'_, '_>, key: RecordKey, seen_on: Option<Date>, mut party: PartyFact) -> RecordKey {
    party.seen_on = seen_on;
    party.head.marks = party_marks(&party);
    draft.facts.parties.push(party);
    key
}

/// Marks of the values a party carries; the row may hold several parties, so they are told from the values and not
/// from the row's marks.
pub(crate) fn party_marks(party: &PartyFact) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut add = |field, flag| {
        if flag != Flag::Ok {
            marks.push(Mark::flag(field, flag));
        }
    };
    add(Field::Mobile, party.mobile.flag);
    if party.phone2.flag != Flag::Missing {
        add(Field::Phone2, party.phone2.flag);
    }
    if party.id_flag != Flag::Missing {
        add(Field::IdNo, party.id_flag);
    }
    if party.name.is_none() {
        add(Field::Name, Flag::Missing);
    }
    marks
}
