//! Everything one store knows: its cars, visits, policies and the records its systems
//! hold about people. Built from the truth, before any file is written.

mod records;

use std::collections::HashMap;

use crate::brands::BRANDS;
use crate::calendar::Day;
use crate::dirt::{Car, Clerk, Flaw, Party};
use crate::ids::{PersonId, Role, VehicleId};
use crate::insurance::{self, Cycle};
use crate::lives::{self, Life, Origin};
use crate::org::Store;
use crate::people::{Kind, People, Person};
use crate::plan::{Guest, Planner};
use crate::rng::Stream;
use crate::service::{self, Visit};
use crate::staff::Staff;
use crate::vehicles::Vehicle;

/// One record of the customer-and-vehicle archive.
#[derive(Debug)]
pub(crate) struct Archive {
    pub customer_no: String,
    pub person: PersonId,
    pub life: u32,
    pub filed: Day,
    /// Created again for a person who was already there.
    pub duplicate: bool,
    pub party: Party,
    pub car: Car,
}

/// How an enquiry stands at the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadState {
    Won,
    Open,
    Lost,
    Invalid,
}

impl LeadState {
    pub(crate) fn zh(self) -> &'static str {
        match self {
            LeadState::Won => "成交",
            LeadState::Open => "有效",
            LeadState::Lost => "战败",
            LeadState::Invalid => "无效",
        }
    }
}

/// One enquiry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lead {
    pub person: PersonId,
    pub on: Day,
    pub state: LeadState,
}

/// One friend in WeCom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contact {
    pub person: PersonId,
    pub life: u32,
    pub on: Day,
    pub mini_program: bool,
    pub last_inbound: Day,
}

/// One used car taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deal {
    pub seller: PersonId,
    /// A car this store knows, or one it sees for the first time.
    pub life: Option<u32>,
    pub vehicle: VehicleId,
    pub on: Day,
    /// Taken in against a new car.
    pub replacement: bool,
}

impl Deal {
    /// The car of the deal; one the store has not seen before is a few years old and of any brand.
    pub(crate) fn vehicle(&self, shop: &Shop<'_>) -> Vehicle {
        if let Some(life) = self.life {
            return shop.lives[life as usize].vehicle.clone();
        }
        let mut s = shop.stream("taken in", u64::from(self.vehicle.0));
        let brand = s.below(BRANDS.len() as u32) as usize;
        let invoiced = self.on.plus(-s.range(900, 3600));
        Vehicle::of(
            shop.people.seed,
            self.vehicle,
            shop.store,
            brand,
            invoiced,
            Kind::Private,
            shop.people.params,
        )
    }
}

/// One customer of the accounting system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    pub person: PersonId,
    pub life: u32,
    pub on: Day,
    pub fen: i64,
}

/// A store with all it knows.
pub(crate) struct Shop<'a> {
    pub store: &'a Store,
    pub people: &'a People<'a>,
    pub from: Day,
    pub today: Day,
    pub staff: Staff,
    pub lives: Vec<Life>,
    /// Sorted by time; the position is part of the order number.
    pub visits: Vec<Visit>,
    pub cycles: Vec<Cycle>,
    pub archives: Vec<Archive>,
    /// Per car: the archive records of it, oldest first.
    pub archives_of: Vec<Vec<u32>>,
    pub leads: Vec<Lead>,
    pub contacts: Vec<Contact>,
    pub deals: Vec<Deal>,
    pub accounts: Vec<Account>,
}

impl<'a> Shop<'a> {
    /// Builds the store; pure in (seed, store).
    pub(crate) fn build(planner: &Planner<'_>, people: &'a People<'a>, idx: usize, guests: &[Guest]) -> Self {
        let store = &people.org.stores[idx];
        let scale = planner.scale;
        let p = people.params;
        let lives = lives::lives(planner, people, idx, guests);
        let mut visits = Vec::new();
        let mut cycles = Vec::new();
        for (i, life) in lives.iter().enumerate() {
            let here = service::visits(people.seed, idx, i as u32, life, p, scale.visits, scale.today);
            cycles.extend(insurance::cycles(
                people.seed,
                store,
                i as u32,
                life,
                &here,
                p,
                scale.policies,
                scale.today,
            ));
            visits.extend(here);
        }
        visits.sort_by_key(|v| (v.on, v.minute, v.life));
        let staff = Staff::of_store(people.seed, store, p, scale.today);
        let mut shop = Shop {
            store,
            people,
            from: scale.from,
            today: scale.today,
            staff,
            archives_of: vec![Vec::new(); lives.len()],
            lives,
            visits,
            cycles,
            archives: Vec::new(),
            leads: Vec::new(),
            contacts: Vec::new(),
            deals: Vec::new(),
            accounts: Vec::new(),
        };
        shop.file_archives();
        shop.leads = shop.make_leads(scale.prospects, scale.enquiries);
        shop.contacts = shop.make_contacts();
        shop.deals = shop.make_deals();
        shop.accounts = shop.make_accounts();
        shop
    }

    fn stream(&self, kind: &str, id: u64) -> Stream {
        Stream::new(self.people.seed, kind, (u64::from(self.store.idx) << 48) | id)
    }

    /// The clerk who types the records of this store.
    pub(crate) fn clerk(&self) -> Clerk<'_> {
        let rates = &self.people.params.dirt;
        let agents = (self.lives.len() as f64 * 1.3 * rates.phone_agent / 12.0).ceil() as u32;
        Clerk { rates, store: self.store, agents: agents.max(1) }
    }

    /// Anybody of the truth, deliverers included.
    pub(crate) fn person(&self, id: PersonId, life: &Life) -> Person {
        if id.role() == Role::Deliverer {
            self.people.deliverer(id, &self.people.person(life.owner))
        } else {
            self.people.person(id)
        }
    }

    /// First visit of each car at which that person owned it.
    fn first_visits(&self) -> HashMap<(u32, PersonId), Day> {
        let mut first = HashMap::new();
        for visit in &self.visits {
            first.entry((visit.life, visit.owner)).or_insert(visit.on);
        }
        first
    }

    /// Opens the archive records: at the sale, at the first visit of strangers, and
    /// once more for people somebody failed to find.
    fn file_archives(&mut self) {
        let first = self.first_visits();
        let duplicate = if self.store.opened.year() < 2008 {
            self.people.params.dirt.duplicate_before_2008
        } else {
            self.people.params.dirt.duplicate
        };
        let mut drafts: Vec<(Day, u32, PersonId, bool)> = Vec::new();
        for (i, life) in self.lives.iter().enumerate() {
            let li = i as u32;
            let mut s = self.stream("archive", u64::from(li));
            let opened = match life.origin {
                Origin::Sold { .. } => Some(life.vehicle.invoiced.plus(-s.range(0, 20))),
                _ => first.get(&(li, life.owner)).copied(),
            };
            let Some(opened) = opened else { continue };
            drafts.push((opened, li, life.owner, false));
            if s.chance(duplicate) {
                let again = match first.get(&(li, life.owner)) {
                    Some(visit) if *visit > opened && s.chance(0.6) => *visit,
                    _ => opened.plus(s.range(20, 900)),
                };
                drafts.push((again.min(self.today.plus(-1)), li, life.owner, true));
            }
            if let (Some(seen), true) = (first.get(&(li, life.successor)), life.transfer.is_some())
                && s.chance(0.65)
            {
                drafts.push((*seen, li, life.successor, false));
            }
        }
        drafts.sort_unstable();
        let mut numbers: HashMap<PersonId, String> = HashMap::new();
        for (n, (filed, life, person, duplicate)) in drafts.into_iter().enumerate() {
            let number = match (duplicate, numbers.get(&person)) {
                (false, Some(old)) => old.clone(),
                _ => self.customer_no(n),
            };
            numbers.entry(person).or_insert_with(|| number.clone());
            let archive = self.archive(n, filed, life, person, duplicate, number);
            self.archives_of[life as usize].push(self.archives.len() as u32);
            self.archives.push(archive);
        }
    }

    fn customer_no(&self, n: usize) -> String {
        match self.store.layout {
            'A' => format!("C{:07}", n + 1),
            'B' => format!("1{:07}", n + 1),
            'C' => format!("KH{:06}", n + 1),
            _ => format!("U{:07}", n + 1),
        }
    }

    fn archive(
        &self,
        n: usize,
        filed: Day,
        li: u32,
        person: PersonId,
        duplicate: bool,
        customer_no: String,
    ) -> Archive {
        let life = &self.lives[li as usize];
        let mut s = self.stream("archive row", n as u64);
        let clerk = self.clerk();
        let mut party = clerk.party(&mut s, &self.people.person(person), filed);
        let car = self.car(&mut s, life, filed);
        if duplicate {
            party.flaws.push(Flaw::new("duplicate", "customer_no", "", &customer_no));
        }
        Archive { customer_no, person, life: li, filed, duplicate, party, car }
    }

    /// The car as typed into one record on that day.
    pub(crate) fn car(&self, s: &mut Stream, life: &Life, on: Day) -> Car {
        let plate =
            if on < life.vehicle.registered { String::new() } else { life.plate_on(on, self.people.org) };
        let old = match life.transfer {
            Some(t) if on >= t => Some(life.vehicle.plate(0, &self.people.org.stores[life.plate_store])),
            _ => life.earlier.map(|e| life.vehicle.plate_of(e, 0, &self.people.org.stores[life.plate_store])),
        };
        if plate.is_empty() {
            // Archives of new cars are completed once the plate is there; two thirds are.
            let later = life.plate_on(life.vehicle.registered, self.people.org);
            let known = s.chance(0.93);
            let mut car = self.clerk().car(s, &life.vehicle.vin, &later, old.as_deref(), false);
            if !known && !car.plate.is_empty() {
                car.flaws.push(Flaw::new("plate_missing", "plate", &later, ""));
                car.plate.clear();
            }
            return car;
        }
        self.clerk().car(s, &life.vehicle.vin, &plate, old.as_deref(), false)
    }

    /// The archive record a service desk picks for a visit.
    pub(crate) fn archive_of(&self, visit: &Visit, s: &mut Stream) -> Option<&Archive> {
        let all = &self.archives_of[visit.life as usize];
        let of_owner = || {
            all.iter()
                .map(|i| &self.archives[*i as usize])
                .filter(|a| a.person == visit.owner && a.filed <= visit.on)
        };
        if s.chance(0.5) { of_owner().next_back() } else { of_owner().next() }
            .or_else(|| all.first().map(|i| &self.archives[*i as usize]))
    }
}
