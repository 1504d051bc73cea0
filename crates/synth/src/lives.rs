//! The life of a car as one store sees it: owners, transfer, end, workshop window.

use crate::calendar::Day;
use crate::ids::{PersonId, Role, VehicleId};
use crate::org::{Org, Store};
use crate::people::People;
use crate::plan::{Guest, Planner, Sale};
use crate::rng::Stream;
use crate::vehicles::Vehicle;

/// How a car came to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Sold here, to a buyer first met here or (`guest`) in another store.
    Sold { guest: bool },
    /// Bought outside the group.
    Outside,
    /// Sold by another store of the group.
    Moved,
}

/// A car and its people.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub vehicle: Vehicle,
    pub origin: Origin,
    pub purchase: usize,
    pub earlier: Option<VehicleId>,
    /// Store whose plate letters the car wears (where it was first met).
    pub plate_store: usize,
    pub plate_of: Option<VehicleId>,
    pub owner: PersonId,
    pub successor: PersonId,
    pub transfer: Option<Day>,
    /// The new owner goes on coming here.
    pub successor_stays: bool,
    pub scrapped: Option<Day>,
    /// Somebody else who often brings the car.
    pub deliverer: Option<PersonId>,
    /// Days of workshop visits at this store: from, until (exclusive).
    pub service: (Day, Day),
}

impl Life {
    /// Owner on that day.
    pub(crate) fn owner_on(&self, on: Day) -> PersonId {
        match self.transfer {
            Some(t) if on >= t => self.successor,
            _ => self.owner,
        }
    }

    /// The owner's hold on the car, as half-open days.
    pub(crate) fn periods(&self) -> Vec<(PersonId, Day, Option<Day>)> {
        let end = self.scrapped;
        match self.transfer {
            Some(t) => vec![(self.owner, self.vehicle.delivered, Some(t)), (self.successor, t, end)],
            None => vec![(self.owner, self.vehicle.delivered, end)],
        }
    }

    /// Plate worn on that day.
    pub(crate) fn plate_on(&self, on: Day, org: &Org) -> String {
        let store = &org.stores[self.plate_store];
        match (self.transfer, self.plate_of) {
            (Some(t), _) if on >= t => self.vehicle.plate(1, store),
            (_, Some(earlier)) => self.vehicle.plate_of(earlier, 0, store),
            _ => self.vehicle.plate(0, store),
        }
    }
}

/// What happens to a car in the end; a function of the car alone, so that two stores agree.
struct Fate {
    transfer: Option<Day>,
    stays: bool,
    scrapped: Option<Day>,
    deliverer: bool,
    active: f64,
}

fn fate(people: &People<'_>, id: VehicleId, invoiced: Day, today: Day) -> Fate {
    let v = &people.params.vehicle;
    let mut s = Stream::new(people.seed, "fate", u64::from(id.0));
    let u = s.unit().clamp(1e-9, 1.0 - 1e-9);
    let age = v.scrap_midpoint + 1.8 * (u / (1.0 - u)).ln();
    let scrapped = (age >= 7.0).then(|| invoiced.plus((age * 365.25) as i32)).filter(|d| *d < today);
    let mut transfer = None;
    for year in 1..25 {
        let hazard = match year {
            1..=3 => v.transfer[0],
            4..=8 => v.transfer[1],
            _ => v.transfer[2],
        };
        let draw = s.unit();
        let day = invoiced.plus((year - 1) * 365 + s.range(1, 365)).max(invoiced.plus(60));
        if transfer.is_none() && draw < hazard {
            transfer = Some(day);
        }
    }
    let transfer = transfer.filter(|t| *t < today && scrapped.is_none_or(|d| *t < d));
    Fate {
        transfer,
        stays: s.chance(v.new_owner_stays),
        scrapped,
        deliverer: s.chance(people.params.dirt.deliverer_known),
        active: s.unit(),
    }
}

/// All cars a store deals with.
pub(crate) fn lives(planner: &Planner<'_>, people: &People<'_>, idx: usize, guests: &[Guest]) -> Vec<Life> {
    let store = &planner.org.stores[idx];
    let mut out = Vec::new();
    let sales = planner.sales(idx);
    let sold = sales.len() as u32;
    for sale in &sales {
        let ends = planner.service_leaves(sale, idx);
        out.push(sold_here(planner, people, store, sale, false, ends));
    }
    let mut n = 0;
    for guest in guests {
        match guest {
            Guest::Buys { buyer, on, same_brand } => {
                let vehicle = VehicleId::new(store.idx, true, sold + n);
                n += 1;
                let purchase = if *same_brand { 2 } else { 3 };
                let sale = Sale { vehicle, buyer: *buyer, on: *on, purchase, earlier: None };
                out.push(sold_here(planner, people, store, &sale, true, None));
            }
            Guest::Services { sale, from_store, on } => {
                let home = &planner.org.stores[*from_store];
                let mut life = sold_here(planner, people, home, sale, false, None);
                let mut s = Stream::new(people.seed, "moved", u64::from(sale.vehicle.0));
                let stay = 250 + s.exponential(900.0) as i32;
                life.origin = Origin::Moved;
                life.service = (*on, limit(&life, on.plus(stay)));
                out.push(life);
            }
        }
    }
    outsiders(planner, people, store, sold, &mut out);
    out
}

/// Nobody drives to the workshop after scrapping, nor after a sale to somebody who goes elsewhere.
fn limit(life: &Life, until: Day) -> Day {
    let mut end = until;
    if let Some(d) = life.scrapped {
        end = end.min(d);
    }
    if let (Some(t), false) = (life.transfer, life.successor_stays) {
        end = end.min(t);
    }
    end
}

fn sold_here(
    planner: &Planner<'_>,
    people: &People<'_>,
    store: &Store,
    sale: &Sale,
    guest: bool,
    leaves: Option<Day>,
) -> Life {
    let owner = people.person(sale.buyer);
    let vehicle =
        Vehicle::of(people.seed, sale.vehicle, store, store.brand, sale.on, owner.kind, people.params);
    let fate = fate(people, sale.vehicle, sale.on, planner.org.today);
    let index = sale.vehicle.index();
    let mut s = Stream::new(people.seed, "kept plate", u64::from(sale.vehicle.0));
    let kept = sale.purchase >= 2 && s.chance(people.params.vehicle.plate_kept);
    let moves = s.exponential(365.25 / people.params.vehicle.moves_away).min(20_000.0) as i32;
    let until = sale.on.plus(active_days(people, store, fate.active).min(moves));
    let mut life = Life {
        origin: Origin::Sold { guest },
        purchase: sale.purchase,
        earlier: sale.earlier,
        plate_store: usize::from(store.idx),
        plate_of: sale.earlier.filter(|_| kept && !vehicle.is_electric()),
        owner: sale.buyer,
        successor: PersonId::new(store.idx, Role::Successor, index),
        transfer: fate.transfer,
        successor_stays: fate.stays,
        scrapped: fate.scrapped,
        deliverer: (fate.deliverer || !owner.is_private())
            .then(|| PersonId::new(store.idx, Role::Deliverer, index)),
        service: (sale.on, until),
        vehicle,
    };
    life.service.1 = limit(&life, leaves.map_or(until, |d| d.min(until)));
    life
}

/// Days from the sale to the last visit, from the survival curve of the tier and the
/// store's own effect on the log-odds.
fn active_days(people: &People<'_>, store: &Store, u: f64) -> i32 {
    let curve = &people.params.service.survival[store.tier() as usize];
    let share = |k: usize| {
        let base = if k < curve.len() { curve[k] } else { curve[9] * 0.86_f64.powi(k as i32 - 9) };
        let odds = (base / (1.0 - base)).ln() + store.effect;
        1.0 / (1.0 + (-odds).exp())
    };
    for k in 0..24 {
        if u >= share(k) {
            let before = if k == 0 { 1.0 } else { share(k - 1) };
            let part = ((before - u) / (before - share(k)).max(1e-9)).clamp(0.0, 1.0);
            return ((k as f64 - 0.5 + part).max(0.05) * 365.25) as i32;
        }
    }
    24 * 365
}

/// Cars bought elsewhere that come for service, at an age of one to six years.
fn outsiders(planner: &Planner<'_>, people: &People<'_>, store: &Store, sold: u32, out: &mut Vec<Life>) {
    let mut s = Stream::new(people.seed, "outside", u64::from(store.idx));
    let n = s.round(f64::from(sold) * people.params.service.outside_cars);
    let first = store.opened.max(Day::new(planner.scale.sales_from, 1, 1)).plus(200);
    let span = (planner.org.today.0 - first.0).max(1) as u32;
    let mut days: Vec<Day> = (0..n).map(|_| first.plus(s.below(span) as i32)).collect();
    days.sort_unstable();
    for (i, arrives) in days.into_iter().enumerate() {
        let i = i as u32;
        let owner_id = PersonId::new(store.idx, Role::Outsider, i);
        let owner = people.person(owner_id);
        let invoiced = arrives.plus(-s.range(250, 2200));
        let vehicle_id = VehicleId::new(store.idx, false, i);
        let vehicle =
            Vehicle::of(people.seed, vehicle_id, store, store.brand, invoiced, owner.kind, people.params);
        let fate = fate(people, vehicle_id, arrives, planner.org.today);
        let stay = 60 + s.exponential(people.params.service.outside_stay) as i32;
        let mut life = Life {
            vehicle,
            origin: Origin::Outside,
            purchase: 0,
            earlier: None,
            plate_store: usize::from(store.idx),
            plate_of: None,
            owner: owner_id,
            successor: PersonId::new(store.idx, Role::Successor, 80_000 + i % 80_000),
            transfer: fate.transfer,
            successor_stays: fate.stays,
            scrapped: fate.scrapped,
            deliverer: (fate.deliverer || !owner.is_private())
                .then(|| PersonId::new(store.idx, Role::Deliverer, 80_000 + i % 80_000)),
            service: (arrives, arrives.plus(stay)),
        };
        life.service.1 = limit(&life, life.service.1);
        out.push(life);
    }
}
