//! The golden record: of all that the sources say about one person or vehicle, what the house
//! believes, field by field, and why.
//!
//! Survivorship is separate from matching: every value keeps the record it came from, so that an
//! un-merge gives each side its own values back. Criteria are tried in order; the first that
//! separates the claims decides, and its name is kept beside the value.

use std::collections::HashMap;
use std::fmt;

use jiff::civil::Date;
use kernel::ids::{RecordKey, StoreId};
use kernel::vocab::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing one record says about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The normalised value; equal values support one another.
    pub value: String,
    /// The record that says so.
    pub record_key: RecordKey,
    /// The system of that record.
    pub source: Source,
    /// The store of that record.
    pub store_id: Option<StoreId>,
    /// Last day on which the record was true.
    pub seen_on: Option<Date>,
    /// Whether the value passed the checks of its kind (whole name, check digit, no placeholder, not a shared phone).
    pub good: bool,
    /// Whether the customer said so himself.
    pub corrected: bool,
}

/// One way to prefer a claim to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Values that passed their checks before those that did not.
    Good,
    /// Sources in this order; sources not named come last.
    Sources(Vec<String>),
    /// The value most records agree on.
    Frequency,
    /// The value seen last.
    Recency,
    /// The longer text: a whole name before a surname, a full address before a city.
    Longest,
}

impl Criterion {
    /// The word kept beside the value it chose.
    pub fn code(&self) -> &'static str {
        match self {
            Criterion::Good => "good",
            Criterion::Sources(_) => "source",
            Criterion::Frequency => "frequency",
            Criterion::Recency => "recency",
            Criterion::Longest => "longest",
        }
    }
}

/// Which criterion decided, in the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The customer's own correction: outranks all.
    Correction,
    /// Only one value was ever claimed.
    OnlyValue,
    /// See [`Criterion::Good`].
    Good,
    /// See [`Criterion::Sources`].
    Source,
    /// See [`Criterion::Frequency`].
    Frequency,
    /// See [`Criterion::Recency`].
    Recency,
    /// See [`Criterion::Longest`].
    Longest,
    /// Nothing separated the claims: the smaller record key, so that every run decides alike.
    RecordKey,
}

impl DecidedBy {
    /// What the console says on hover.
    pub const fn zh(self) -> &'static str {
        match self {
            DecidedBy::Correction => "客户本人更正",
            DecidedBy::OnlyValue => "各来源一致",
            DecidedBy::Good => "通过校验",
            DecidedBy::Source => "来源优先级",
            DecidedBy::Frequency => "多数来源一致",
            DecidedBy::Recency => "最近更新",
            DecidedBy::Longest => "信息更完整",
            DecidedBy::RecordKey => "按记录号",
        }
    }
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zh())
    }
}

/// The value that survived, its record, why, and what it was preferred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The winning claim.
    pub winner: Claim,
    /// What decided.
    pub decided_by: DecidedBy,
    /// Records that claim the winning value.
    pub support: usize,
    /// The other values, the best claim of each, best first.
    pub losers: Vec<Claim>,
}

/// Chooses among `claims` by `criteria`. A customer's own correction outranks all; the latest of several.
/// `None` when nobody claims anything.
pub fn survive(claims: &[Claim], criteria: &[Criterion]) -> Option<Survivor> {
    let mut best_of: HashMap<&str, (&Claim, usize)> = HashMap::new();
    for claim in claims {
        let entry = best_of.entry(&claim.value).or_insert((claim, 0));
        entry.1 += 1;
        if representative(claim) > representative(entry.0) {
            entry.0 = claim;
        }
    }
    let mut values: Vec<(&Claim, usize)> = best_of.into_values().collect();
    values.sort_by(|a, b| compare(*b, *a, criteria).0);
    let (&(winner, support), rest) = values.split_first()?;
    let decided_by = match rest.first() {
        _ if winner.corrected => DecidedBy::Correction,
        None => DecidedBy::OnlyValue,
        Some(second) => compare((winner, support), *second, criteria).1,
    };
    let losers = rest.iter().map(|(claim, _)| (*claim).clone()).collect();
    Some(Survivor { winner: winner.clone(), decided_by, support, losers })
}

/// Of several records with the same value, which one is shown as its source.
fn representative(claim: &Claim) -> (bool, bool, Option<Date>, std::cmp::Reverse<RecordKey>) {
    (claim.corrected, claim.good, claim.seen_on, std::cmp::Reverse(claim.record_key))
}

fn compare(
    a: (&Claim, usize),
    b: (&Claim, usize),
    criteria: &[Criterion],
) -> (std::cmp::Ordering, DecidedBy) {
    let by_correction = a.0.corrected.cmp(&b.0.corrected);
    if by_correction.is_ne() {
        return (by_correction, DecidedBy::Correction);
    }
    if a.0.corrected {
        let latest = a.0.seen_on.cmp(&b.0.seen_on).then(b.0.record_key.cmp(&a.0.record_key));
        return (latest, DecidedBy::Correction);
    }
    for criterion in criteria {
        let (ordering, word) = match criterion {
            Criterion::Good => (a.0.good.cmp(&b.0.good), DecidedBy::Good),
            Criterion::Sources(order) => {
                (rank(b.0.source, order).cmp(&rank(a.0.source, order)), DecidedBy::Source)
            }
            Criterion::Frequency => (a.1.cmp(&b.1), DecidedBy::Frequency),
            Criterion::Recency => (a.0.seen_on.cmp(&b.0.seen_on), DecidedBy::Recency),
            Criterion::Longest => {
                (a.0.value.chars().count().cmp(&b.0.value.chars().count()), DecidedBy::Longest)
            }
        };
        if ordering.is_ne() {
            return (ordering, word);
        }
    }
    (b.0.record_key.cmp(&a.0.record_key), DecidedBy::RecordKey)
}

fn rank(source: Source, order: &[String]) -> usize {
    order.iter().position(|code| code == source.code()).unwrap_or(order.len())
}

/// The fields of a golden person, and the criteria the house ships for each.
pub fn shipped_criteria(field: &str) -> Vec<Criterion> {
    let trusted = |codes: &[&str]| Criterion::Sources(codes.iter().map(|code| (*code).to_owned()).collect());
    match field {
        // Mini-program and insurance desks ask for papers; paper ledgers were keyed by hand.
        "name" => vec![
            Criterion::Good,
            Criterion::Frequency,
            trusted(&["wecom", "insurance", "dms", "erp", "used_car", "paper"]),
            Criterion::Recency,
        ],
        // A number is worth what its last sighting is worth: people change it every few years.
        "mobile" => vec![Criterion::Good, Criterion::Recency, Criterion::Frequency],
        "id_number" | "birth_on" | "gender" | "uscc" => vec![
            Criterion::Good,
            Criterion::Frequency,
            trusted(&["insurance", "dms", "used_car", "erp", "wecom", "paper"]),
            Criterion::Recency,
        ],
        "address" | "city" => vec![Criterion::Good, Criterion::Recency, Criterion::Longest],
        "plate" => vec![Criterion::Good, Criterion::Recency],
        _ => vec![
            Criterion::Good,
            Criterion::Frequency,
            trusted(&["dms", "insurance", "used_car", "erp", "wecom", "paper"]),
            Criterion::Recency,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn claim(value: &str, source: Source, year: i16, key: i64) -> Claim {
        Claim {
            value: value.into(),
            record_key: RecordKey(key),
            source,
            store_id: None,
            seen_on: Some(date(year, 6, 1)),
            good: true,
            corrected: false,
        }
    }

    #[track_caller]
    fn check(field: &str, claims: &[Claim], value: &str, decided_by: DecidedBy) {
        let survivor = survive(claims, &shipped_criteria(field)).unwrap();
        assert_eq!((survivor.winner.value.as_str(), survivor.decided_by), (value, decided_by));
        // Whatever order the records come in, the same value survives.
        let mut reversed = claims.to_vec();
        reversed.reverse();
        assert_eq!(survive(&reversed, &shipped_criteria(field)).unwrap(), survivor);
    }

    #[test]
    fn nobody_claims_nothing_survives() {
        assert_eq!(survive(&[], &shipped_criteria("name")), None);
    }

    #[test]
    fn the_customers_own_correction_outranks_all() {
        let mut corrected = claim("13900001111", Source::Wecom, 2015, 9);
        corrected.corrected = true;
        let newer = claim("13900002222", Source::Dms, 2021, 1);
        check(
            "mobile",
            &[newer.clone(), newer.clone(), corrected.clone()],
            "13900001111",
            DecidedBy::Correction,
        );
        let mut second = claim("13900003333", Source::Wecom, 2018, 8);
        second.corrected = true;
        check("mobile", &[corrected, newer, second], "13900003333", DecidedBy::Correction);
    }

    #[test]
    fn a_mobile_is_worth_its_last_sighting_a_name_what_most_agree_on() {
        let old = claim("A", Source::Dms, 2012, 1);
        let old_too = claim("A", Source::Insurance, 2013, 2);
        let new = claim("B", Source::Paper, 2020, 3);
        check("mobile", &[old.clone(), old_too.clone(), new.clone()], "B", DecidedBy::Recency);
        check("name", &[old, old_too, new], "A", DecidedBy::Frequency);
    }

    #[test]
    fn a_placeholder_never_beats_a_good_value() {
        let mut placeholder = claim("13800000000", Source::Dms, 2022, 1);
        placeholder.good = false;
        let good = claim("13900001111", Source::Paper, 2004, 2);
        check("mobile", &[placeholder, good], "13900001111", DecidedBy::Good);
    }

    #[test]
    fn sources_break_a_tie_of_votes_and_the_record_key_breaks_the_last_one() {
        let dms = claim("张伟", Source::Dms, 2020, 1);
        let insurance = claim("张玮", Source::Insurance, 2019, 2);
        check("name", &[dms.clone(), insurance], "张玮", DecidedBy::Source);
        let twin = claim("张韦", Source::Dms, 2020, 2);
        check("name", &[dms, twin], "张伟", DecidedBy::RecordKey);
    }

    #[test]
    fn losers_are_kept_best_first_and_support_is_counted() {
        let claims = [
            claim("A", Source::Dms, 2012, 1),
            claim("A", Source::Erp, 2013, 2),
            claim("B", Source::Dms, 2020, 3),
            claim("C", Source::Paper, 2021, 4),
        ];
        let survivor = survive(&claims, &shipped_criteria("name")).unwrap();
        assert_eq!(survivor.support, 2);
        let losers: Vec<_> = survivor.losers.iter().map(|loser| loser.value.as_str()).collect();
        assert_eq!(losers, ["B", "C"]);
        assert_eq!(survivor.winner.record_key, RecordKey(2));
    }
}
