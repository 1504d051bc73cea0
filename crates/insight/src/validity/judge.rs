//! From one customer's evidence to his verdicts in all scopes that know him.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::ids::{BrandId, RegionId, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule_set::RuleSet;
use super::rules::{Dealings, Evidence, Rule, Standing, Thresholds, Verdict, verdict};

/// The kinds of scopes a customer is judged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// One store.
    Store,
    /// All stores of a brand.
    Brand,
    /// All stores of a region.
    Region,
    /// The whole group.
    Group,
}

impl ScopeKind {
    /// Stable code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            ScopeKind::Store => "store",
            ScopeKind::Brand => "brand",
            ScopeKind::Region => "region",
            ScopeKind::Group => "group",
        }
    }

    /// The kind with this code, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        [ScopeKind::Store, ScopeKind::Brand, ScopeKind::Region, ScopeKind::Group]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// A scope a customer is judged in. `id` is 0 for the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// What kind of scope.
    pub kind: ScopeKind,
    /// Number of the store, brand or region.
    pub id: i32,
}

/// The whole group.
pub const GROUP: Scope = Scope { kind: ScopeKind::Group, id: 0 };

/// Where a store stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its region.
    pub region: RegionId,
    /// Its brands; none for quick-repair and used-car centres.
    pub brands: Vec<BrandId>,
}

/// One customer's evidence, store by store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dossier {
    /// Dense number of the person.
    pub person_no: i32,
    /// What is known whatever the scope.
    pub standing: Standing,
    /// Brands of the vehicles he has or had and of the leads he left.
    pub brands: Vec<BrandId>,
    /// Stores that know him, with what happened there. No store: sources of the whole group.
    pub stores: Vec<(Option<StoreId>, Dealings)>,
}

/// The rule, resolved for every scope of the group once instead of once a customer.
#[derive(Debug, Clone)]
pub struct Bench {
    version: i32,
    as_of: Date,
    group: Thresholds,
    stores: BTreeMap<StoreId, (Place, Thresholds)>,
    brands: BTreeMap<BrandId, Thresholds>,
}

impl Bench {
    /// Prepares judging all customers by `rules` on the day `as_of`.
    pub fn new(version: i32, rules: &RuleSet, places: &BTreeMap<StoreId, Place>, as_of: Date) -> Self {
        let stores = places
            .iter()
            .map(|(&store, place)| (store, (place.clone(), rules.of_store(store, &place.brands))))
            .collect();
        let brands = places
            .values()
            .flat_map(|place| &place.brands)
            .map(|&brand| (brand, rules.of_brand(brand)))
            .collect();
        Self { version, as_of, group: rules.group, stores, brands }
    }

    /// The customer's verdicts, ordered by scope: one for every store that knows him, for every
    /// brand and region of these stores, and one for the group.
    pub fn judge(&self, dossier: &Dossier) -> Vec<(Scope, Verdict)> {
        let mut scopes: BTreeMap<Scope, (Dealings, Thresholds)> = BTreeMap::new();
        let mut add = |kind, id, dealings: Dealings, thresholds| {
            let scope = scopes.entry(Scope { kind, id }).or_insert((Dealings::default(), thresholds));
            scope.0 = scope.0.union(dealings);
        };
        add(ScopeKind::Group, 0, Dealings::default(), self.group);
        for &(store, dealings) in &dossier.stores {
            add(ScopeKind::Group, 0, dealings, self.group);
            let Some((store, (place, thresholds))) =
                store.and_then(|store| self.stores.get(&store).map(|known| (store, known)))
            else {
                continue;
            };
            add(ScopeKind::Store, store.get(), dealings, *thresholds);
            add(ScopeKind::Region, place.region.get(), dealings, self.group);
            for brand in brands_served(place, dossier) {
                let thresholds = self.brands.get(&brand).copied().unwrap_or(self.group);
                add(ScopeKind::Brand, brand.get(), dealings, thresholds);
            }
        }
        scopes
            .into_iter()
            .map(|(scope, (dealings, thresholds))| {
                let evidence = Evidence { standing: dossier.standing, dealings };
                let rule = Rule { version: self.version, thresholds };
                (scope, verdict(&evidence, &rule, self.as_of))
            })
            .collect()
    }
}

/// The brands a visit to a store says something about: the store's brand, and of several the ones
/// whose cars the customer has. A visit to a shop for all brands proves nothing to the other ones.
fn brands_served<'a>(place: &'a Place, dossier: &'a Dossier) -> impl Iterator<Item = BrandId> + 'a {
    let single = place.brands.len() == 1;
    place.brands.iter().copied().filter(move |brand| single || dossier.brands.contains(brand))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use kernel::ids::RecordKey;

    use super::super::rules::{Fact, Reason, State};
    use super::*;

    fn places() -> BTreeMap<StoreId, Place> {
        let place = |region, brands: &[i32]| Place {
            region: RegionId(region),
            brands: brands.iter().copied().map(BrandId).collect(),
        };
        BTreeMap::from([
            (StoreId(1), place(1, &[10])),
            (StoreId(2), place(1, &[20])),
            (StoreId(3), place(2, &[10, 20, 30])),
        ])
    }

    fn repair(store: i32, on: Date) -> (Option<StoreId>, Dealings) {
        let fact = Fact { on, record_key: RecordKey(i64::from(store)), store: Some(StoreId(store)) };
        (Some(StoreId(store)), Dealings { repair: Some(fact), ..Dealings::default() })
    }

    fn dossier(stores: Vec<(Option<StoreId>, Dealings)>) -> Dossier {
        let standing = Standing { phones_usable: 1, vehicles_kept: 1, ..Standing::default() };
        Dossier { person_no: 1, standing, brands: vec![BrandId(20)], stores }
    }

    fn verdicts(dossier: &Dossier) -> Vec<(&'static str, i32, State)> {
        let bench = Bench::new(1, &RuleSet::default(), &places(), date(2022, 6, 30));
        bench
            .judge(dossier)
            .into_iter()
            .map(|(scope, verdict)| (scope.kind.code(), scope.id, verdict.state))
            .collect()
    }

    #[test]
    fn a_customer_is_judged_in_every_scope_that_knows_him() {
        use State::{Invalid, Valid};
        let customer = dossier(vec![repair(1, date(2015, 1, 1)), repair(2, date(2022, 1, 1))]);
        assert_eq!(
            verdicts(&customer),
            [
                ("store", 1, Invalid),
                ("store", 2, Valid),
                ("brand", 10, Invalid),
                ("brand", 20, Valid),
                ("region", 1, Valid),
                ("group", 0, Valid),
            ]
        );
    }

    #[test]
    fn a_shop_for_all_brands_proves_only_the_customers_own_brand() {
        use State::Valid;
        let customer = dossier(vec![repair(3, date(2022, 1, 1))]);
        assert_eq!(
            verdicts(&customer),
            [("store", 3, Valid), ("brand", 20, Valid), ("region", 2, Valid), ("group", 0, Valid)]
        );
    }

    #[test]
    fn a_customer_no_store_knows_is_judged_by_the_group_alone() {
        let bench = Bench::new(1, &RuleSet::default(), &places(), date(2022, 6, 30));
        let judged = bench.judge(&dossier(vec![]));
        assert_eq!(judged.len(), 1);
        assert_eq!(judged[0].1.reasons, [Reason::NoEvidence]);
    }
}
