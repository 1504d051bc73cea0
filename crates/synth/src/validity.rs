//! The validity rule on the truth: who is an effective customer of a store, a brand, a
//! region and the group on the day of the cut, and why not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use crate::brands::BRANDS;
use crate::calendar::Day;
use crate::ids::PersonId;
use crate::org::{Org, REGIONS};
use crate::truth::Evidence;

/// Headers of the tables made here.
pub(crate) const VALIDITY_HEADER: &str =
    "person_id,scope_kind,scope,verdict,reasons,verdict_as_seen,reasons_as_seen";
pub(crate) const DISTINCT_HEADER: &str =
    "scope_kind,scope,persons,valid,valid_as_seen,sum_of_stores,sum_of_stores_valid";
pub(crate) const STORY_HEADER: &str = "person_id,invalid_store,reasons,valid_store";

/// The tables of the whole group beside the verdicts, which are too many to hold.
pub(crate) struct Validity {
    pub verdicts: u64,
    pub distinct: String,
    /// Persons invalid at one store, valid at another and in the group.
    pub story: String,
}

const KINDS: [&str; 4] = ["store", "brand", "region", "group"];

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

/// Judges everybody and writes the verdicts. `evidence` holds per store what it knows.
pub(crate) fn judge(
    org: &Org,
    evidence: &[Vec<Evidence>],
    verdicts: &mut impl Write,
) -> std::io::Result<Validity> {
    let mut order: Vec<(PersonId, u16, u32)> = evidence
        .iter()
        .enumerate()
        .flat_map(|(store, list)| {
            list.iter().enumerate().map(move |(i, e)| (e.person, store as u16, i as u32))
        })
        .collect();
    order.sort_unstable();
    let mut counts: BTreeMap<(u8, &str), Count> = BTreeMap::new();
    let mut out = Validity { verdicts: 0, distinct: String::new(), story: String::new() };
    writeln!(verdicts, "{VALIDITY_HEADER}")?;
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let known: Vec<(usize, Evidence)> =
            group.iter().map(|(_, s, i)| (usize::from(*s), evidence[usize::from(*s)][*i as usize])).collect();
        let lines = person(org, &known, &mut counts, &mut out.story);
        out.verdicts += lines.lines().count() as u64;
        verdicts.write_all(lines.as_bytes())?;
    }
    for ((kind, scope), c) in counts {
        let _ = writeln!(
            out.distinct,
            "{},{scope},{},{},{},{},{}",
            KINDS[usize::from(kind)],
            c.persons,
            c.valid,
            c.seen_valid,
            c.sum,
            c.sum_valid
        );
    }
    Ok(out)
}

/// The scopes a store belongs to: itself, its brand, its region, the group.
fn scopes_of(org: &Org, store: usize) -> [(u8, &str); 4] {
    let s = &org.stores[store];
    [(0, s.code.as_str()), (1, BRANDS[s.brand].code), (2, REGIONS[s.region].code), (3, "GROUP")]
}

/// One person in all scopes: the lines, the counts, the story.
fn person<'a>(
    org: &'a Org,
    known: &[(usize, Evidence)],
    counts: &mut BTreeMap<(u8, &'a str), Count>,
    story: &mut String,
) -> String {
    let today = org.today;
    let all: Vec<Evidence> = known.iter().map(|k| k.1).collect();
    let mut scopes: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
    for (i, (store, _)) in known.iter().enumerate() {
        for key in scopes_of(org, *store) {
            scopes.entry(key).or_default().push(i);
        }
    }
    let store_valid: Vec<bool> = all.iter().map(|e| reasons(&all, &[*e], today, false).is_empty()).collect();
    let mut lines = String::new();
    let (mut valid_at, mut invalid_at, mut group_valid) = (None, Vec::new(), false);
    let id = all[0].person;
    for ((kind, scope), members) in scopes {
        let inside: Vec<Evidence> = members.iter().map(|i| all[*i]).collect();
        let why = reasons(&all, &inside, today, false);
        let seen = reasons(&all, &inside, today, true);
        let verdict = |r: &[&str]| if r.is_empty() { "valid" } else { "invalid" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            lines,
            "{id},{},{scope},{},{},{},{}",
            KINDS[usize::from(kind)],
            verdict(&why),
            why.join("+"),
            verdict(&seen),
            seen.join("+")
        );
        let count = counts.entry((kind, scope)).or_default();
        count.persons += 1;
        count.valid += u32::from(why.is_empty());
        count.seen_valid += u32::from(seen.is_empty());
        count.sum += members.len() as u32;
        count.sum_valid += members.iter().filter(|i| store_valid[**i]).count() as u32;
        match (kind, why.is_empty()) {
            (0, true) => valid_at = valid_at.or(Some(scope)),
            (0, false) => invalid_at.push((scope, why.join("+"))),
            (3, valid) => group_valid = valid,
            _ => {}
        }
    }
    if let (true, Some(good)) = (group_valid, valid_at) {
        for (bad, why) in &invalid_at {
            let _ = writeln!(story, "{id},{bad},{why},{good}");
        }
    }
    lines
}
