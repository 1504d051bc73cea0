//! Training without labels.
//!
//! m (how records of one customer agree) is counted on pairs that a *different* strong key proves: the same resident
//! ID or credit code for everything but the ID; the same WeChat user, or a name at a private phone, for the ID and what it contains.
//! u (how strangers agree) is counted on random pairs; for identifiers it follows from the number of distinct values.
//! The prior is the share of equal IDs among pairs that carry one. Sampling goes by hashed key, never by position
//! of arrival, and a handful of expectations keeps small files sane.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::block::{blocks, sorted_keys};
use crate::compare::{self, Field, Levels, compare};
use crate::hash::mix;
use crate::key::Rule;
use crate::model::{Frequencies, LevelWeight, MODEL_FORMAT, Model, Settings, Thresholds};
use crate::name::NameLevel;
use crate::record::Records;
use crate::score::SINGLE_NAME;

/// Random pairs that u is counted on.
const RANDOM_PAIRS: usize = 2_000_000;
/// Proven pairs that m is counted on, per kind of proof.
const PROVEN_PAIRS: usize = 400_000;
/// Pairs that the expectations below count for.
const EXPECTATION_PAIRS: f64 = 40.0;
/// No single comparison says more than this, in bits.
const MOST_BITS: f64 = 24.0;

/// Levels that exclude each other; probabilities add up to one within a group.
struct Group {
    field: Field,
    /// Level, expected m, expected u.
    levels: &'static [(u8, f64, f64)],
    proof: Proof,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    SameId,
    SamePersonOtherwise,
}

use Proof::{SameId, SamePersonOtherwise};

const GROUPS: &[Group] = &[
    Group {
        field: Field::Name,
        levels: &[
            (NameLevel::Exact as u8, 0.86, 1e-3),
            (NameLevel::SoundsAlike as u8, 0.03, 4e-4),
            (NameLevel::OneSymbolOff as u8, 0.02, 3e-3),
            (NameLevel::OneSymbolMissing as u8, 0.01, 2e-4),
            (NameLevel::SurnameOnly as u8, 0.05, 4e-3),
            (NameLevel::SameSurname as u8, 0.01, 0.05),
            (NameLevel::Different as u8, 0.02, 0.9414),
        ],
        proof: SameId,
    },
    Group {
        field: Field::Name,
        levels: &[
            (NameLevel::CompanyExact as u8, 0.90, 1e-4),
            (NameLevel::CompanyTail as u8, 0.06, 1e-3),
            (NameLevel::CompanyDifferent as u8, 0.04, 0.9989),
        ],
        proof: SameId,
    },
    Group {
        field: Field::Id,
        levels: &[
            (compare::id::EXACT, 0.955, 0.0),
            (compare::id::NEAR, 0.02, 1e-6),
            (compare::id::DIFFERENT, 0.025, 1.0),
        ],
        proof: SamePersonOtherwise,
    },
    Group {
        field: Field::Id,
        levels: &[
            (compare::id::EXACT_WEAK, 0.3, 1e-6),
            (compare::id::MASKED, 0.5, 2e-6),
            (compare::id::DIFFERENT_WEAK, 0.2, 1.0),
        ],
        proof: SamePersonOtherwise,
    },
    Group {
        field: Field::Id,
        levels: &[(compare::id::USCC, 0.98, 0.0), (compare::id::USCC_DIFFERENT, 0.02, 1.0)],
        proof: SamePersonOtherwise,
    },
    Group {
        field: Field::Phone,
        levels: &[
            (compare::phone::EXACT, 0.75, 0.0),
            (compare::phone::NEAR, 0.03, 1e-6),
            (compare::phone::DIFFERENT, 0.22, 1.0),
        ],
        proof: SameId,
    },
    Group {
        field: Field::Unionid,
        levels: &[(compare::unionid::EXACT, 0.95, 0.0), (compare::unionid::DIFFERENT, 0.05, 1.0)],
        proof: SameId,
    },
    Group {
        field: Field::Vehicle,
        levels: &[
            (compare::vehicle::VIN, 0.55, 0.0),
            (compare::vehicle::LAST_EIGHT, 0.02, 2e-6),
            (compare::vehicle::PLATE, 0.08, 0.0),
            (compare::vehicle::DIFFERENT, 0.35, 1.0),
        ],
        proof: SameId,
    },
    Group {
        field: Field::Address,
        levels: &[
            (compare::address::EXACT, 0.6, 0.0),
            (compare::address::SAME_CITY, 0.35, 0.3),
            (compare::address::DIFFERENT_CITY, 0.05, 0.7),
        ],
        proof: SameId,
    },
    Group {
        field: Field::Birth,
        levels: &[
            (compare::birth::EXACT, 0.93, 1e-4),
            (compare::birth::NEAR, 0.04, 4e-3),
            (compare::birth::DIFFERENT, 0.03, 0.9959),
        ],
        proof: SamePersonOtherwise,
    },
    Group {
        field: Field::Gender,
        levels: &[(compare::gender::SAME, 0.97, 0.57), (compare::gender::DIFFERENT, 0.03, 0.43)],
        proof: SamePersonOtherwise,
    },
];

/// Share of matches that do set a person and a company side by side, and of random pairs (when nothing is known).
const MIXED: (f64, f64) = (0.01, 0.2);

/// How levels fell on a sample of pairs: `[field][level]`.
type Counts = [[u64; 16]; 8];

/// Learns a model from records alone. `thresholds` and `settings` are not learned.
pub(crate) fn train(records: &mut Records, settings: &Settings, thresholds: Thresholds) -> Model {
    let frequencies = crate::stats::frequencies(records);
    records.recs.par_iter_mut().for_each(|rec| frequencies.apply(rec));
    let distinct = Distinct::count(records, &frequencies);
    let strangers = count_levels(records, &random_pairs(records.len()));
    let by_id = count_levels(records, &proven_by_id(records, settings));
    let otherwise = count_levels(records, &proven_otherwise(records, settings));
    let mut weights: Vec<(Field, Vec<LevelWeight>)> = Field::ALL
        .iter()
        .map(|&field| (field, field.levels().iter().map(|name| unused(name)).collect()))
        .collect();
    for group in GROUPS {
        let proven = if group.proof == SameId { &by_id } else { &otherwise };
        for (level, weight) in estimate(group, proven, &strangers, &distinct) {
            weights[group.field as usize].1[usize::from(level)] = weight;
        }
    }
    weights[Field::Name as usize].1[NameLevel::PersonAndCompany as usize] = mixed(&by_id, &strangers);
    Model {
        format: MODEL_FORMAT,
        hash_check: records.hash_key.check(),
        records: records.len() as u64,
        prior: hundredths(prior(records)),
        weights,
        thresholds,
        settings: settings.clone(),
        frequencies,
    }
}

fn unused(name: &str) -> LevelWeight {
    LevelWeight { level: name.to_owned(), m: 0.0, u: 0.0, weight: 0, support: 0 }
}

fn hundredths(bits: f64) -> i16 {
    (bits.clamp(-60.0, 60.0) * 100.0).round() as i16
}

fn estimate<'a>(
    group: &'a Group,
    proven: &'a Counts,
    strangers: &'a Counts,
    distinct: &'a Distinct,
) -> impl Iterator<Item = (u8, LevelWeight)> + 'a {
    let seen = |counts: &Counts, level: u8| counts[group.field as usize][usize::from(level)];
    let total =
        |counts: &Counts| group.levels.iter().map(|&(level, ..)| seen(counts, level)).sum::<u64>() as f64;
    let (proven_total, stranger_total) = (total(proven), total(strangers));
    group.levels.iter().map(move |&(level, m, u)| {
        let support = seen(proven, level);
        let m = (support as f64 + EXPECTATION_PAIRS * m) / (proven_total + EXPECTATION_PAIRS);
        let u = distinct.chance(group.field, level).unwrap_or_else(|| {
            let counted = seen(strangers, level) as f64 + EXPECTATION_PAIRS * u;
            counted / (stranger_total + EXPECTATION_PAIRS)
        });
        let bits = (m / u).log2().clamp(-MOST_BITS, MOST_BITS);
        let label = group.field.levels()[usize::from(level)].to_owned();
        (level, LevelWeight { level: label, m, u, weight: hundredths(bits), support })
    })
}

/// A person beside a company is measured against all named pairs, not against pairs of one kind.
fn mixed(proven: &Counts, strangers: &Counts) -> LevelWeight {
    let field = Field::Name as usize;
    let level = NameLevel::PersonAndCompany as usize;
    let share = |counts: &Counts, expected: f64| {
        let total = counts[field][1..].iter().sum::<u64>() as f64;
        (counts[field][level] as f64 + EXPECTATION_PAIRS * expected) / (total + EXPECTATION_PAIRS)
    };
    let (m, u) = (share(proven, MIXED.0), share(strangers, MIXED.1));
    LevelWeight {
        level: Field::Name.levels()[level].to_owned(),
        m,
        u,
        weight: hundredths((m / u).log2()),
        support: proven[field][level],
    }
}

/// Numbers of distinct values, from which the chance agreement of identifiers follows.
struct Distinct {
    names: f64,
    companies: f64,
    ids: f64,
    unionids: f64,
    codes: f64,
    phones: f64,
    addresses: f64,
    cars: f64,
    plates: f64,
}

/// Strangers share an identifier only by error or borrowing; this is how often, against one in "distinct values".
const BORROWED: f64 = 0.02;
/// A unionid is never typed by hand; only a borrowed telephone gives it to a stranger.
const BORROWED_UNIONID: f64 = 0.005;

impl Distinct {
    fn count(records: &Records, frequencies: &Frequencies) -> Self {
        let recs = &records.recs;
        let values = |value: &(dyn Fn(&crate::record::Rec) -> u64 + Sync)| {
            let mut all: Vec<u64> = recs.par_iter().map(value).filter(|&value| value != 0).collect();
            all.par_sort_unstable();
            all.dedup();
            all.len().max(50) as f64
        };
        let sights = |value: &(dyn Fn(&crate::record::Sight) -> u64 + Sync)| {
            let mut all: Vec<u64> =
                records.sights.par_iter().map(value).filter(|&value| value != 0).collect();
            all.par_sort_unstable();
            all.dedup();
            all.len().max(50) as f64
        };
        let extra =
            |map: &rustc_hash::FxHashMap<u64, u32>| map.values().map(|&n| f64::from(n) - 1.0).sum::<f64>();
        let is_company = |rec: &crate::record::Rec| rec.form == crate::record::NameForm::Company;
        Distinct {
            names: recs.par_iter().filter(|rec| rec.name != 0 && !is_company(rec)).count().max(50) as f64,
            companies: values(&|rec| if is_company(rec) { rec.name } else { 0 }),
            ids: values(&|rec| rec.id),
            unionids: values(&|rec| rec.unionid),
            codes: values(&|rec| rec.uscc),
            phones: values(&|rec| rec.phones[0]) + extra(&frequencies.phones),
            addresses: values(&|rec| rec.address) + extra(&frequencies.addresses),
            cars: sights(&|sight| u64::from(sight.vis)),
            plates: sights(&|sight| sight.plate),
        }
    }

    fn chance(&self, field: Field, level: u8) -> Option<f64> {
        use crate::compare::{address, id, phone, unionid, vehicle};
        match (field, level) {
            (Field::Name, n) if n == NameLevel::Exact as u8 => Some(1.0 / self.names),
            (Field::Name, n) if n == NameLevel::CompanyExact as u8 => Some(1.0 / self.companies),
            (Field::Id, id::EXACT) => Some(BORROWED / self.ids),
            (Field::Id, id::EXACT_WEAK) => Some(1.0 / self.ids),
            (Field::Id, id::USCC) => Some(BORROWED / self.codes),
            (Field::Phone, phone::EXACT) => Some(1.0 / (self.phones * f64::from(SINGLE_NAME))),
            (Field::Unionid, unionid::EXACT) => Some(BORROWED_UNIONID / self.unionids),
            (Field::Vehicle, vehicle::VIN | vehicle::LAST_EIGHT) => Some(1.0 / self.cars),
            (Field::Vehicle, vehicle::PLATE) => Some(1.0 / self.plates),
            (Field::Address, address::EXACT) => Some(1.0 / (self.addresses * f64::from(SINGLE_NAME))),
            _ => None,
        }
    }
}

/// Log2 odds that two random records are one customer: equal strong IDs among all pairs that carry one.
fn prior(records: &Records) -> f64 {
    let mut ids: Vec<u64> =
        records.recs.par_iter().filter(|rec| rec.id_is_strong()).map(|rec| rec.id).collect();
    ids.par_sort_unstable();
    let pairs = |n: usize| n as f64 * (n as f64 - 1.0) / 2.0;
    let equal: f64 = ids.chunk_by(|a, b| a == b).map(|run| pairs(run.len())).sum();
    // One duplicate per record is expected where the file does not say.
    let expected = 1.0 / (records.len().max(2) as f64);
    let bearing = pairs(ids.len());
    let weight = 100.0;
    let share = (equal + weight * expected) / (bearing + weight);
    (share / (1.0 - share)).log2()
}

/// Pairs at several distances in hashed order.
fn random_pairs(n: usize) -> Vec<(u32, u32)> {
    if n < 2 {
        return Vec::new();
    }
    if n < 1_500 {
        return (0..n as u32).flat_map(|a| (a + 1..n as u32).map(move |b| (a, b))).collect();
    }
    let rounds = RANDOM_PAIRS / n + 1;
    let wanted = RANDOM_PAIRS.min(rounds * n);
    (0..wanted)
        .into_par_iter()
        .map(|at| {
            let a = (at % n) as u64;
            let step = 1 + mix(at as u64) % (n as u64 - 1);
            (a as u32, ((a + step) % n as u64) as u32)
        })
        .collect()
}

/// Neighbours within groups of one strong resident ID or one credit code.
fn proven_by_id(records: &Records, settings: &Settings) -> Vec<(u32, u32)> {
    let strong = |at: u32| records.recs[at as usize].id_is_strong();
    let mut pairs = neighbours(records, Rule::Id, settings, |a, b| strong(a) && strong(b));
    pairs.extend(neighbours(records, Rule::Uscc, settings, |_, _| true));
    pairs
}

/// Neighbours within groups of one WeChat user, or of one full name at a phone with at most two names.
fn proven_otherwise(records: &Records, settings: &Settings) -> Vec<(u32, u32)> {
    let mut pairs = neighbours(records, Rule::Unionid, settings, |_, _| true);
    pairs.extend(neighbours(records, Rule::Phone, settings, |a, b| {
        let (a, b) = (&records.recs[a as usize], &records.recs[b as usize]);
        a.name != 0 && a.name == b.name && a.phone_names[0] <= 2 && b.phone_names[0] <= 2
    }));
    pairs.extend(neighbours(records, Rule::CompanyCity, settings, |_, _| true));
    let mut seen = FxHashSet::default();
    pairs.retain(|pair| seen.insert(*pair));
    pairs
}

fn neighbours(
    records: &Records,
    rule: Rule,
    settings: &Settings,
    keep: impl Fn(u32, u32) -> bool,
) -> Vec<(u32, u32)> {
    let entries = sorted_keys(records, rule, settings);
    let mut pairs = Vec::new();
    // Keys are hashes, so the first ones are a sample.
    for block in blocks(&entries) {
        for pair in block.windows(2).take(20) {
            if keep(pair[0].1, pair[1].1) {
                pairs.push((pair[0].1, pair[1].1));
            }
        }
        if pairs.len() >= PROVEN_PAIRS {
            break;
        }
    }
    pairs
}

fn count_levels(records: &Records, pairs: &[(u32, u32)]) -> Counts {
    let zero = || [[0u64; 16]; 8];
    pairs
        .par_chunks(1 << 14)
        .map(|chunk| {
            let mut counts = zero();
            for &(a, b) in chunk {
                let (a, b) = (&records.recs[a as usize], &records.recs[b as usize]);
                let (levels, _): (Levels, u16) = compare(a, records.sights_of(a), b, records.sights_of(b));
                for field in Field::ALL {
                    counts[field as usize][usize::from(levels.of(field))] += 1;
                }
            }
            counts
        })
        .reduce(zero, |mut all, part| {
            all.iter_mut().flatten().zip(part.iter().flatten()).for_each(|(sum, add)| *sum += add);
            all
        })
}
