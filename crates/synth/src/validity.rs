//! The validity rule on the truth: who is an effective customer of a store, a brand, a
//! region and the group on the day of the cut, and why not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::brands::BRANDS;
use crate::calendar::Day;
use crate::ids::PersonId;
use crate::org::{Org, REGIONS};
use crate::truth::Evidence;

/// Headers of the tables made here.
pub(crate) const VALIDITY_HEADER: &str = "person_id,scope_kind,scope,verdict,reasons,verdict_as_seen,reasons_as_seen";
pub(crate) const DISTINCT_HEADER: &str = "scope_kind,scope,persons,valid,valid_as_seen,sum_of_stores,sum_of_stores_valid";
pub(crate) const STORY_HEADER: &str = "person_id,invalid_store,reasons,valid_store";

/// The tables of the whole group.
pub(crate) struct Validity {
    pub verdicts: String,
    pub distinct: String,
    /// Persons invalid at one store, valid at another and in the group.
    pub story: String,
}

/// Reasons against, in the order of the rule; none means valid.
fn reasons(all: &[Evidence], scope: &[Evidence], today: Day, as_seen: bool) -> Vec<&'static str> {
    let mut out = Vec::new();
    if all.iter().any(|e| e.internal) {
        out.push("internal");
    }
    if !all.iter().any(|e| e.reachable) {
        out.push("no_contact");
    }
    let holds = all.iter().any(|e| if as_seen { e.seems_to_hold } else { e.holds });
    let open = all.iter().any(|e| e.open_lead.is_some_and(|d| d >= today.plus(-180)));
    if !holds && !open {
        out.push("vehicle_gone");
    }
    let since = |day: Option<Day>, limit: Day| day.is_some_and(|d| d >= limit);
    let fresh = scope.iter().any(|e| {
        since(e.last_order, today.plus_months(-24))
            || since(e.last_purchase, today.plus_months(-36))
            || since(e.policy_until, today)
            || since(e.last_inbound, today.plus_months(-12))
    });
    if !fresh {
        let ever = scope
            .iter()
            .any(|e| e.last_order.or(e.last_purchase).or(e.policy_until).or(e.last_inbound).is_some());
        out.push(if ever { "out_of_lookback" } else { "no_evidence" });
    }
    out
}

#[derive(Default)]
struct Count {
    persons: u32,
    valid: u32,
    seen_valid: u32,
    sum: u32,
    sum_valid: u32,
}

/// Judges everybody. `evidence` holds per store what it knows.
pub(crate) fn judge(org: &Org, evidence: &[Vec<Evidence>]) -> Validity {
    let today = org.today;
    let mut by_person: BTreeMap<PersonId, Vec<(usize, Evidence)>> = BTreeMap::new();
    for (store, list) in evidence.iter().enumerate() {
        for e in list {
            by_person.entry(e.person).or_default().push((store, *e));
        }
    }
    let mut counts: BTreeMap<(u8, String), Count> = BTreeMap::new();
    let mut out = Validity { verdicts: String::new(), distinct: String::new(), story: String::new() };
    for (person, known) in &by_person {
        let all: Vec<Evidence> = known.iter().map(|k| k.1).collect();
        let mut scopes: BTreeMap<(u8, String), Vec<Evidence>> = BTreeMap::new();
        for (store, e) in known {
            let s = &org.stores[*store];
            for key in [
                (0, s.code.clone()),
                (1, BRANDS[s.brand].code.to_owned()),
                (2, REGIONS[s.region].code.to_owned()),
                (3, "GROUP".to_owned()),
            ] {
                scopes.entry(key).or_default().push(*e);
            }
        }
        let mut valid_at: Vec<String> = Vec::new();
        let mut invalid_at: Vec<(String, String)> = Vec::new();
        let mut group_valid = false;
        let store_verdicts: Vec<(usize, bool)> = known.iter().map(|(store, e)| (*store, reasons(&all, &[*e], today, false).is_empty())).collect();
        for ((kind, scope), inside) in scopes {
            let why = reasons(&all, &inside, today, false);
            let seen = reasons(&all, &inside, today, true);
            let verdict = |r: &[&str]| if r.is_empty() { "valid" } else { "invalid" };
            let _ = writeln!(
                out.verdicts,
                "{person},{},{scope},{},{},{},{}",
                ["store", "brand", "region", "group"][usize::from(kind)],
                verdict(&why),
                why.join("+"),
                verdict(&seen),
                seen.join("+")
            );
            let count = counts.entry((kind, scope.clone())).or_default();
            count.persons += 1;
            count.valid += u32::from(why.is_empty());
            count.seen_valid += u32::from(seen.is_empty());
            let inside_stores = store_verdicts.iter().filter(|(s, _)| match kind {
                0 => org.stores[*s].code == scope,
                1 => BRANDS[org.stores[*s].brand].code == scope,
                2 => REGIONS[org.stores[*s].region].code == scope,
                _ => true,
            });
            for (_, valid) in inside_stores {
                count.sum += 1;
                count.sum_valid += u32::from(*valid);
            }
            match (kind, why.is_empty()) {
                (0, true) => valid_at.push(scope),
                (0, false) => invalid_at.push((scope, why.join("+"))),
                (3, valid) => group_valid = valid,
                _ => {}
            }
        }
        if let (true, Some(good)) = (group_valid, valid_at.first()) {
            for (bad, why) in &invalid_at {
                let _ = writeln!(out.story, "{person},{bad},{why},{good}");
            }
        }
    }
    for ((kind, scope), c) in counts {
        let _ = writeln!(
            out.distinct,
            "{},{scope},{},{},{},{},{}",
            ["store", "brand", "region", "group"][usize::from(kind)],
            c.persons,
            c.valid,
            c.seen_valid,
            c.sum,
            c.sum_valid
        );
    }
    out
}
