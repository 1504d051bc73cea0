//! Who buys which car where and when. Every store's plan is cheap and pure, so that
//! one store can be generated alone and still know its guests from the other stores.

use crate::calendar::Day;
use crate::ids::{PersonId, Role, VehicleId};
use crate::org::{Org, Store};
use crate::params::Params;
use crate::preset::Scale;
use crate::rng::Stream;

/// One new-car sale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale {
    pub vehicle: VehicleId,
    pub buyer: PersonId,
    pub on: Day,
    /// 0 first, 1 additional, 2 same brand replaced, 3 other brand replaced.
    pub purchase: usize,
    /// The car this one replaces, for a buyer who came again to the same store.
    pub earlier: Option<VehicleId>,
}

/// Somebody of another store who appears here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guest {
    /// Buys a car here.
    Buys { buyer: PersonId, on: Day, same_brand: bool },
    /// Brings the car bought there to this workshop from that day on.
    Services { sale: Sale, from_store: usize, on: Day },
}

/// What a buyer does later, beyond the first car.
#[derive(Clone, Copy, Debug)]
enum Later {
    Nothing,
    SameStore(Day),
    OtherStore { to: usize, on: Day, same_brand: bool },
    ServiceElsewhere { to: usize, on: Day },
}

/// Plans of the whole group.
pub(crate) struct Planner<'a> {
    pub seed: u64,
    pub params: &'a Params,
    pub org: &'a Org,
    pub scale: &'a Scale,
}

impl Planner<'_> {
    /// All sales of a store to its own buyers, in time order.
    pub(crate) fn sales(&self, idx: usize) -> Vec<Sale> {
        let store = &self.org.stores[idx];
        let mut out: Vec<Sale> = Vec::new();
        let mut due: Vec<(Day, PersonId, VehicleId)> = Vec::new();
        let mut buyers = 0;
        let first = store.opened.month_index().max(self.scale.sales_from * 12);
        for month in first..=self.org.today.month_index() {
            let mut s = Stream::new(self.seed, "sales", (idx as u64) << 32 | month as u64);
            let n = s.round(self.month_mean(store, month));
            for day in self.days(&mut s, month, n) {
                if day < store.opened || day >= self.org.today {
                    continue;
                }
                let vehicle = VehicleId::new(store.idx, true, out.len() as u32);
                let again = due.iter().position(|d| d.0 <= day).map(|i| due.swap_remove(i));
                let sale = if let Some((_, buyer, earlier)) = again {
                    let purchase = if s.chance(0.4) { 1 } else { 2 };
                    Sale { vehicle, buyer, on: day, purchase, earlier: Some(earlier) }
                } else {
                    let buyer = PersonId::new(store.idx, Role::Buyer, buyers);
                    buyers += 1;
                    if let Later::SameStore(on) = self.later(buyer, idx, day) {
                        due.push((on, buyer, vehicle));
                    }
                    let purchase = s.weighted(&self.params.sales.purchase);
                    Sale { vehicle, buyer, on: day, purchase, earlier: None }
                };
                out.push(sale);
            }
        }
        out
    }

    fn month_mean(&self, store: &Store, month: i32) -> f64 {
        let p = &self.params.sales;
        let year = month.div_euclid(12);
        let index = (year - p.market_from).clamp(0, p.market.len() as i32 - 1) as usize;
        let age = year - store.opened.year();
        let ramp = usize::try_from(age).ok().and_then(|a| p.ramp.get(a)).copied().unwrap_or(1.0);
        let legacy = if year < self.scale.from.year() { self.scale.legacy } else { 1.0 };
        let season = p.season[month.rem_euclid(12) as usize] / p.season.iter().sum::<f64>();
        store.mature * p.market[index] * ramp * season * self.scale.sales * legacy
    }

    /// Days of a month's sales, sorted, weekends preferred.
    fn days(&self, s: &mut Stream, month: i32, n: u32) -> Vec<Day> {
        let first = Day::of_month(month);
        let length = Day::of_month(month + 1).0 - first.0;
        let weights: Vec<f64> = (0..length)
            .map(|d| if first.plus(d).is_weekend() { self.params.sales.weekend } else { 1.0 })
            .collect();
        let mut days: Vec<Day> = (0..n).map(|_| first.plus(s.weighted(&weights) as i32)).collect();
        days.sort_unstable();
        days
    }

    fn later(&self, buyer: PersonId, home: usize, first: Day) -> Later {
        let p = &self.params.sales;
        let mut s = Stream::new(self.seed, "later", u64::from(buyer.0));
        let on = first.plus(s.range(300, 8 * 365));
        if s.chance(p.again) {
            if s.chance(p.again_same_store) {
                return Later::SameStore(on);
            }
            let same_brand = s.chance(p.again_same_brand / (1.0 - p.again_same_store));
            let mut stores = self.org.other_stores(home, same_brand, on);
            let same_brand = if stores.is_empty() {
                stores = self.org.other_stores(home, !same_brand, on);
                !same_brand
            } else {
                same_brand
            };
            if on < self.org.today && !stores.is_empty() {
                return Later::OtherStore { to: *s.pick(&stores), on, same_brand };
            }
            return Later::Nothing;
        }
        if s.chance(p.serviced_elsewhere) {
            let on = first.plus(s.range(200, 5 * 365));
            let stores = self.org.other_stores(home, true, on);
            let stores = if stores.is_empty() { self.org.other_stores(home, false, on) } else { stores };
            if on < self.org.today && !stores.is_empty() {
                return Later::ServiceElsewhere { to: *s.pick(&stores), on };
            }
        }
        Later::Nothing
    }

    /// From which day on the car of this first-time buyer goes to another workshop of the group.
    pub(crate) fn service_leaves(&self, sale: &Sale, home: usize) -> Option<Day> {
        if sale.earlier.is_some() {
            return None;
        }
        match self.later(sale.buyer, home, sale.on) {
            Later::ServiceElsewhere { on, .. } => Some(on),
            _ => None,
        }
    }

    /// The guests every store receives from all others.
    pub(crate) fn guests(&self) -> Vec<Vec<Guest>> {
        let mut out: Vec<Vec<Guest>> = vec![Vec::new(); self.org.stores.len()];
        for home in 0..self.org.stores.len() {
            for sale in self.sales(home).iter().filter(|s| s.earlier.is_none()) {
                match self.later(sale.buyer, home, sale.on) {
                    Later::OtherStore { to, on, same_brand } => {
                        out[to].push(Guest::Buys { buyer: sale.buyer, on, same_brand })
                    }
                    Later::ServiceElsewhere { to, on } => {
                        out[to].push(Guest::Services { sale: *sale, from_store: home, on })
                    }
                    _ => {}
                }
            }
        }
        out
    }
}
