//! Counting verdicts while they stream by: people a scope, and how far stores share them.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::ids::StoreId;

use super::judge::{GROUP, Place, Scope, ScopeKind};
use super::rules::{Reason, Standing, State, Verdict};

/// Distinct people of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Count {
    /// Valid people.
    pub valid: i64,
    /// Invalid people.
    pub invalid: i64,
    /// People of whom it cannot be said.
    pub unknown: i64,
    /// People valid at one or more of the scope's stores.
    pub valid_at_store: i64,
    /// People with a repair order or a purchase within twelve months.
    pub active: i64,
    /// Valid people with a live WeCom or mini-program binding.
    pub connected: i64,
    /// How often each reason against a customer was given.
    pub reasons: BTreeMap<Reason, i64>,
}

impl Count {
    /// People the scope knows.
    pub fn known(&self) -> i64 {
        self.valid + self.invalid + self.unknown
    }
}

/// People two stores know both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// Known to both.
    pub known: i64,
    /// Valid at both.
    pub valid_both: i64,
    /// Valid at the first, invalid at the second.
    pub valid_first_only: i64,
    /// Invalid at the first, valid at the second.
    pub valid_second_only: i64,
}

/// All counts of a run. A person is counted once a scope, so the group's count is distinct and not
/// the sum of its stores'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Counts by scope.
    pub scopes: BTreeMap<Scope, Count>,
    /// Overlaps by pair of stores, the smaller number first.
    pub overlaps: BTreeMap<(i32, i32), Overlap>,
    /// People counted.
    pub people: i64,
    places: BTreeMap<StoreId, Place>,
    active_since: Date,
}

impl Tally {
    /// Nothing counted yet, of a group whose stores stand at `places`, on the day `as_of`.
    pub fn new(places: BTreeMap<StoreId, Place>, as_of: Date) -> Self {
        let active_since = as_of.saturating_sub(12.months());
        Self { scopes: BTreeMap::new(), overlaps: BTreeMap::new(), people: 0, places, active_since }
    }

    /// Counts one person's verdicts.
    pub fn add(&mut self, standing: &Standing, verdicts: &[(Scope, Verdict)]) {
        self.people += 1;
        for (scope, verdict) in verdicts {
            let active = is_active(verdict, self.active_since);
            let count = self.scopes.entry(*scope).or_default();
            count.active += i64::from(active);
            count.connected += i64::from(verdict.state == State::Valid && standing.binding_live);
            match verdict.state {
                State::Valid => count.valid += 1,
                State::Invalid => count.invalid += 1,
                State::Unknown => count.unknown += 1,
            }
            if verdict.state != State::Valid {
                for &reason in &verdict.reasons {
                    *count.reasons.entry(reason).or_default() += 1;
                }
            }
        }
        self.add_valid_at_store(verdicts);
        let stores: Vec<(i32, State)> = verdicts
            .iter()
            .filter(|(scope, _)| scope.kind == ScopeKind::Store)
            .map(|(scope, verdict)| (scope.id, verdict.state))
            .collect();
        for (at, &(a, at_a)) in stores.iter().enumerate() {
            for &(b, at_b) in &stores[at + 1..] {
                let pair = if a < b { (a, b, at_a, at_b) } else { (b, a, at_b, at_a) };
                self.add_overlap(pair);
            }
        }
    }

    /// Counts the person once in every scope one of whose stores calls him valid.
    fn add_valid_at_store(&mut self, verdicts: &[(Scope, Verdict)]) {
        let mut scopes: Vec<Scope> = Vec::new();
        for (scope, verdict) in verdicts {
            if scope.kind != ScopeKind::Store || verdict.state != State::Valid {
                continue;
            }
            scopes.extend([*scope, GROUP]);
            if let Some(place) = self.places.get(&StoreId(scope.id)) {
                scopes.push(Scope { kind: ScopeKind::Region, id: place.region.get() });
                let brands =
                    place.brands.iter().map(|brand| Scope { kind: ScopeKind::Brand, id: brand.get() });
                // A shop for all brands judges him for his own brand only.
                scopes.extend(brands.filter(|brand| verdicts.iter().any(|(judged, _)| judged == brand)));
            }
        }
        scopes.sort_unstable();
        scopes.dedup();
        for scope in scopes {
            self.scopes.entry(scope).or_default().valid_at_store += 1;
        }
    }

    fn add_overlap(&mut self, (a, b, at_a, at_b): (i32, i32, State, State)) {
        let overlap = self.overlaps.entry((a, b)).or_default();
        overlap.known += 1;
        match (at_a, at_b) {
            (State::Valid, State::Valid) => overlap.valid_both += 1,
            (State::Valid, State::Invalid) => overlap.valid_first_only += 1,
            (State::Invalid, State::Valid) => overlap.valid_second_only += 1,
            _ => {}
        }
    }

    /// Sum of the valid people of all stores: more than the group's distinct count as soon as one
    /// person is valid at two stores.
    pub fn sum_of_stores(&self) -> i64 {
        let stores = self.scopes.iter().filter(|(scope, _)| scope.kind == ScopeKind::Store);
        stores.map(|(_, count)| count.valid).sum()
    }
}

/// 活跃客户: a repair order or a purchase within the last twelve months (domain: base, active, retained).
fn is_active(verdict: &Verdict, since: Date) -> bool {
    let counts = |kind: Reason| matches!(kind, Reason::RepairRecent | Reason::PurchaseRecent);
    verdict.facts.iter().any(|(kind, fact)| counts(*kind) && fact.on >= since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: ScopeKind, id: i32, state: State) -> (Scope, Verdict) {
        let reasons = match state {
            State::Valid => vec![Reason::RepairRecent],
            State::Invalid => vec![Reason::OutOfLookback],
            State::Unknown => vec![Reason::RelationUnknown],
        };
        (Scope { kind, id }, Verdict { state, reasons, facts: vec![] })
    }

    #[test]
    fn the_group_counts_people_and_not_memberships() {
        use ScopeKind::{Group, Store};
        use State::{Invalid, Valid};
        let mut tally = Tally::new(BTreeMap::new(), jiff::civil::date(2022, 6, 30));
        let friend = Standing { binding_live: true, ..Standing::default() };
        tally.add(&friend, &[at(Store, 1, Valid), at(Store, 2, Valid), at(Group, 0, Valid)]);
        tally.add(&Standing::default(), &[at(Store, 1, Invalid), at(Store, 2, Valid), at(Group, 0, Valid)]);
        tally.add(&friend, &[at(Store, 2, Invalid), at(Group, 0, Invalid)]);
        assert_eq!(tally.scopes[&GROUP].valid, 2);
        assert_eq!(tally.sum_of_stores(), 3);
        assert_eq!(tally.scopes[&GROUP].valid_at_store, 2);
        assert_eq!(tally.scopes[&GROUP].connected, 1, "a friend who is not valid does not count");
        assert_eq!(tally.scopes[&GROUP].known(), 3);
        let overlap = Overlap { known: 2, valid_both: 1, valid_first_only: 0, valid_second_only: 1 };
        assert_eq!(tally.overlaps[&(1, 2)], overlap);
        assert_eq!(tally.scopes[&GROUP].reasons[&Reason::OutOfLookback], 1);
    }
}
