//! The persons of the truth. A person is a pure function of the master seed and the
//! person's number, so no list of persons is ever held in memory.

use crate::calendar::Day;
use crate::ids::{self, PersonId, Role};
use crate::names;
use crate::org::{Org, REGIONS};
use crate::params::Params;
use crate::rng::Stream;

/// Legal nature of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Private,
    Company,
    Public,
}

/// Somebody of the truth.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub id: PersonId,
    pub kind: Kind,
    pub name: String,
    /// The human who acts for a company.
    pub contact: String,
    pub male: bool,
    pub birth: Day,
    /// Resident id or company code.
    pub id_no: String,
    pub city: &'static str,
    pub district: &'static str,
    pub street: String,
    /// Whose number block the mobile comes from (a household may share one).
    phone_of: PersonId,
    phone_version: u32,
    /// Days on which the number was given up for a new one.
    changes: [Day; 2],
    pub no_contact: bool,
    /// Test entry or own staff: not a customer.
    pub internal: bool,
}

impl Person {
    pub(crate) fn is_private(&self) -> bool {
        self.kind == Kind::Private
    }

    /// Days on which a new number replaced the old one.
    pub(crate) fn changes(&self) -> [Day; 2] {
        self.changes
    }

    /// The number in use on that day.
    pub(crate) fn mobile_on(&self, on: Day) -> String {
        let changed = self.changes.iter().filter(|c| **c <= on).count() as u32;
        match changed {
            0 => ids::mobile_number(self.phone_of, self.phone_version),
            1 => ids::mobile_number(self.id, 1),
            _ => ids::mobile_number(
                PersonId::new(self.id.store(), Role::Switchboard, 20_000 + self.id.0 % 120_000),
                self.id.0,
            ),
        }
    }

    /// A number given up before that day; 20 % of these have a new holder in the data.
    pub(crate) fn stale_mobile(&self, on: Day) -> String {
        if self.changes[0] <= on {
            ids::mobile_number(self.phone_of, self.phone_version)
        } else {
            ids::mobile_number(self.id, 2)
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("{}市{}{}", self.city, self.district, self.street)
    }

    /// Union id of the group's open-platform account.
    pub(crate) fn unionid(&self, seed: u64) -> String {
        token(&mut Stream::new(seed, "unionid", u64::from(self.id.0)), "oU", 26)
    }

    pub(crate) fn external_userid(&self, seed: u64) -> String {
        token(&mut Stream::new(seed, "external", u64::from(self.id.0)), "wm", 30)
    }
}

fn token(s: &mut Stream, prefix: &str, length: usize) -> String {
    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut out = String::with_capacity(prefix.len() + length);
    out.push_str(prefix);
    for _ in 0..length {
        out.push(char::from(SYMBOLS[s.below(64) as usize]));
    }
    out
}

/// Makes persons.
pub(crate) struct People<'a> {
    pub seed: u64,
    pub params: &'a Params,
    pub org: &'a Org,
}

impl People<'_> {
    /// A person in his own right (buyer, outsider, successor, prospect).
    pub(crate) fn person(&self, id: PersonId) -> Person {
        let p = &self.params.sales;
        let mut s = Stream::new(self.seed, "person", u64::from(id.0));
        let kind = match id.role() {
            Role::Prospect | Role::Successor | Role::Deliverer => Kind::Private,
            _ => match s.weighted(&[1.0 - p.company - p.public_body, p.company, p.public_body]) {
                0 => Kind::Private,
                1 => Kind::Company,
                _ => Kind::Public,
            },
        };
        let mut person = self.basic(&mut s, id, kind);
        if id.role() == Role::Buyer && kind == Kind::Private {
            self.join_household(&mut person);
        }
        person
    }

    fn basic(&self, s: &mut Stream, id: PersonId, kind: Kind) -> Person {
        let p = &self.params.sales;
        let store = &self.org.stores[usize::from(id.store()).min(self.org.stores.len() - 1)];
        let region = &REGIONS[store.region];
        let district = *s.pick(region.districts);
        let male = s.chance(p.male);
        let surname = names::surname(s);
        let human = names::full_name(s, surname, male);
        let age = (p.age_mean + p.age_sd * s.normal()).clamp(18.0, 75.0);
        // People of the role are met over the whole life of the store; ages are as of its middle.
        let middle = (store.opened.0 + self.org.today.0) / 2;
        let birth = Day(middle - (age * 365.25) as i32 - s.range(0, 364));
        let (name, contact, id_no) = match kind {
            Kind::Private => (human, String::new(), ids::resident_id(s, birth, male)),
            Kind::Company => (names::company(s, store.city), human, ids::company_code(s, false)),
            Kind::Public => (names::public_body(s, store.city, district), human, ids::company_code(s, true)),
        };
        let first = Day::new(2001, 1, 1)
            .plus(s.exponential(365.25 / self.params.dirt.phone_changes).min(40_000.0) as i32);
        let second =
            first.plus(200 + s.exponential(365.25 / self.params.dirt.phone_changes).min(40_000.0) as i32);
        let internal = s.chance(self.params.dirt.internal);
        // The number somebody else of this store gave up is handed out again.
        let recycled =
            id.role() == Role::Buyer && id.index() >= 50 && s.chance(self.params.dirt.phone_recycled);
        let (phone_of, phone_version) =
            if recycled { (PersonId::new(id.store(), Role::Buyer, id.index() - 50), 2) } else { (id, 0) };
        Person {
            id,
            kind,
            name,
            contact,
            male,
            birth,
            id_no,
            city: store.city,
            district,
            street: names::street(s),
            phone_of,
            phone_version,
            changes: [first, second],
            no_contact: s.chance(self.params.engagement.no_contact),
            internal,
        }
    }

    /// Buyers 2k and 2k+1 may be one household: same address, often one phone.
    fn join_household(&self, person: &mut Person) {
        let index = person.id.index();
        let mut s =
            Stream::new(self.seed, "household", (u64::from(person.id.store()) << 32) | u64::from(index / 2));
        if !s.chance(self.params.sales.household) || index.is_multiple_of(2) {
            return;
        }
        let head = PersonId::new(person.id.store(), Role::Buyer, index - 1);
        let head = self.person(head);
        if !head.is_private() {
            return;
        }
        if s.chance(0.4) {
            // A child or a brother: the family name stays.
            person.name = names::full_name(&mut s, &names::surname_of(&head.name), person.male);
        }
        if s.chance(self.params.sales.household_phone) {
            person.phone_of = head.phone_of;
            person.phone_version = head.phone_version;
            person.changes = head.changes;
        }
        person.district = head.district;
        person.street = head.street;
    }

    /// Who else brings that owner's car: spouse, driver or friend.
    pub(crate) fn deliverer(&self, id: PersonId, owner: &Person) -> Person {
        let mut s = Stream::new(self.seed, "deliverer", u64::from(id.0));
        let mut person = self.basic(&mut s, id, Kind::Private);
        person.internal = false;
        let relation = if owner.is_private() { s.weighted(&[5.0, 2.0, 3.0]) } else { 1 };
        if relation == 0 {
            person.male = !owner.male;
            let surname = names::surname_of(&person.name);
            person.name = names::full_name(&mut s, &surname, person.male);
            person.id_no = ids::resident_id(&mut s, person.birth, person.male);
            person.city = owner.city;
            person.district = owner.district;
            person.street.clone_from(&owner.street);
            if s.chance(0.3) {
                person.phone_of = owner.phone_of;
                person.phone_version = owner.phone_version;
                person.changes = owner.changes;
            }
        }
        person
    }
}
