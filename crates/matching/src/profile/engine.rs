//! Blocks, scores and clusters of a generic profile.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::learn::{Fit, Pattern, bits, count_u, fit, level, probability, weight};
use super::similarity::Level;
use super::table::{Column, Table};
use super::{Profile, ProfileError};
use crate::block::blocks;
use crate::cluster::{Tie, greedy};
use crate::guard::Guard;
use crate::hash::{join, mix};
use crate::union::Union;
use crate::{Clusters, HashKey};

/// Random pairs that u is counted on.
const RANDOM_PAIRS: u64 = 250_000;

/// What was found.
pub(super) struct Linked {
    pub clusters: Clusters,
    pub pairs: u64,
    pub links: usize,
    pub weights: Vec<(String, String, f64, f64, f64)>,
}

/// A comparison with its columns at hand.
struct Prepared<'a> {
    column: &'a Column,
    levels: &'a [Level],
    crossed: Vec<Option<&'a Column>>,
    frequency: bool,
}

pub(super) fn link(profile: &Profile, table: &Table) -> Result<Linked, ProfileError> {
    let comparisons = prepare(profile, table)?;
    let pairs = candidate_pairs(profile, table)?;
    let patterns: Vec<Pattern> = pairs.par_iter().map(|&(a, b)| compare(&comparisons, a, b)).collect();
    let fit = train(table, &comparisons, &patterns);
    let floor = profile.threshold;
    let mut links: Vec<(u32, u32, f64)> = pairs
        .par_iter()
        .zip(&patterns)
        .map(|(&(a, b), &pattern)| (a, b, bits(&fit, pattern) + rarity(&comparisons, &fit, pattern, a)))
        .filter(|&(_, _, bits)| probability(bits) >= floor)
        .collect();
    links.sort_by(|x, y| y.2.total_cmp(&x.2).then_with(|| rank(table, x).cmp(&rank(table, y))));
    let clusters = cluster(profile, table, &links);
    Ok(Linked { clusters, pairs: pairs.len() as u64, links: links.len(), weights: weights(profile, &fit) })
}

/// Ties and samples follow what the records are called, so that the order of rows does not matter.
fn rank_of(table: &Table, row: u32) -> u64 {
    let hash = HashKey::default();
    let source = &table.source_names[table.sources[row as usize] as usize];
    join(hash.of(source), hash.of(&table.ids[row as usize]))
}

fn rank(table: &Table, link: &(u32, u32, f64)) -> (u64, u64) {
    let (a, b) = (rank_of(table, link.0), rank_of(table, link.1));
    (a.min(b), a.max(b))
}

fn prepare<'a>(profile: &'a Profile, table: &'a Table) -> Result<Vec<Prepared<'a>>, ProfileError> {
    profile
        .compare
        .iter()
        .map(|comparison| {
            let crossed = comparison
                .levels
                .iter()
                .map(|level| level.other_column().map(|name| table.column(name)).transpose())
                .collect::<Result<_, _>>()?;
            Ok(Prepared {
                column: table.column(&comparison.column)?,
                levels: &comparison.levels,
                crossed,
                frequency: comparison.frequency,
            })
        })
        .collect()
}

/// Pairs that share a block, each once, ordered.
fn candidate_pairs(profile: &Profile, table: &Table) -> Result<Vec<(u32, u32)>, ProfileError> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for parts in &profile.block {
        let entries = block_keys(parts, table)?;
        let found: Vec<Vec<(u32, u32)>> = blocks(&entries)
            .into_par_iter()
            .filter(|block| block.len() <= profile.block_cap)
            .map(|block| {
                let mut kept = Vec::new();
                for (at, &(_, a)) in block.iter().enumerate() {
                    for &(_, b) in &block[at + 1..] {
                        if !profile.one_per_source || table.sources[a as usize] != table.sources[b as usize] {
                            kept.push((a, b));
                        }
                    }
                }
                kept
            })
            .collect();
        found.into_iter().for_each(|part| pairs.extend(part));
        pairs.par_sort_unstable();
        pairs.dedup();
    }
    Ok(pairs)
}

fn block_keys(parts: &[String], table: &Table) -> Result<Vec<(u64, u32)>, ProfileError> {
    let mut columns = Vec::new();
    for part in parts {
        let (name, symbols) = part.split_once(':').unwrap_or((part, ""));
        let symbols = match symbols {
            "" => usize::MAX,
            n => n
                .parse()
                .map_err(|_| ProfileError::Nonsense(format!("block part {part:?}: expected column:N")))?,
        };
        columns.push((table.column(name)?, symbols));
    }
    let hash = HashKey::default();
    let mut entries: Vec<(u64, u32)> = (0..table.len() as u32)
        .into_par_iter()
        .filter_map(|row| {
            let mut key = 1u64;
            for (column, symbols) in &columns {
                let text: String = column.text(row).chars().take(*symbols).collect();
                if text.is_empty() {
                    return None;
                }
                key = join(key, hash.of(&text));
            }
            Some((key, row))
        })
        .collect();
    entries.par_sort_unstable();
    Ok(entries)
}

fn compare(comparisons: &[Prepared<'_>], a: u32, b: u32) -> Pattern {
    comparisons
        .iter()
        .enumerate()
        .fold(0, |all, (at, comparison)| all | (level_of(comparison, a, b) << (4 * at)))
}

/// 0 when one side is unknown and nothing is crossed; levels from 1; one past the last level is "different".
fn level_of(comparison: &Prepared<'_>, a: u32, b: u32) -> u64 {
    let column = comparison.column;
    let (x, y) = (column.rows[a as usize], column.rows[b as usize]);
    if x == 0 || y == 0 {
        return 0;
    }
    let (left, right) = (column.text(a), column.text(b));
    let holds = |(level, other): (&Level, &Option<&Column>)| match (level, other) {
        (Level::Exact, _) => x == y,
        (Level::Crossed(_), Some(other)) => left == other.text(b) || right == other.text(a),
        _ => level.holds(left, right),
    };
    let at = comparison.levels.iter().zip(&comparison.crossed).position(holds);
    at.unwrap_or(comparison.levels.len()) as u64 + 1
}

fn train(table: &Table, comparisons: &[Prepared<'_>], patterns: &[Pattern]) -> Fit {
    let n = table.len() as u64;
    let mut order: Vec<u32> = (0..table.len() as u32).collect();
    order.sort_by_cached_key(|&row| rank_of(table, row));
    let sizes: Vec<usize> = comparisons.iter().map(|comparison| comparison.levels.len() + 1).collect();
    let random: Vec<Pattern> = (0..if n < 2 { 0 } else { RANDOM_PAIRS })
        .into_par_iter()
        .map(|at| {
            let a = mix(2 * at) % n;
            let b = (a + 1 + mix(2 * at + 1) % (n - 1)) % n;
            compare(comparisons, order[a as usize], order[b as usize])
        })
        .collect();
    let u = count_u(random.into_iter(), &sizes);
    let mut counts: FxHashMap<Pattern, u64> = FxHashMap::default();
    patterns.iter().for_each(|&pattern| *counts.entry(pattern).or_default() += 1);
    let possible = (n as f64 * (n as f64 - 1.0) / 2.0).max(1.0);
    fit(&counts, u, possible)
}

/// What a rare value adds to, or a common one takes from, the weight of exact agreement.
fn rarity(comparisons: &[Prepared<'_>], fit: &Fit, pattern: Pattern, row: u32) -> f64 {
    comparisons
        .iter()
        .enumerate()
        .filter(|(at, comparison)| comparison.frequency && level(pattern, *at) == 1)
        .map(|(at, comparison)| {
            let column = comparison.column;
            let known = (column.rows.len() as f64 - f64::from(column.counts[0])).max(1.0);
            // A value seen twice is expected to be a duplicate; it is no rarer than one in the number of records.
            let share = f64::from(column.counts[column.rows[row as usize] as usize]).max(2.0) / known;
            (fit.u[at][1] / share).log2()
        })
        .sum()
}

fn cluster(profile: &Profile, table: &Table, links: &[(u32, u32, f64)]) -> Clusters {
    let n = table.len();
    let mut union = Union::new(n);
    links.iter().for_each(|&(a, b, _)| {
        union.join(a, b);
    });
    let mut components: FxHashMap<u32, Vec<(u32, u32)>> = FxHashMap::default();
    for &(a, b, _) in links {
        components.entry(union.root(a)).or_default().push((a, b));
    }
    let components: Vec<Vec<(u32, u32)>> = components.into_values().collect();
    let moved: Vec<Vec<(u32, u32)>> = components
        .into_par_iter()
        .map(|edges| {
            let mut members: Vec<u32> = edges.iter().flat_map(|&(a, b)| [a, b]).collect();
            members.sort_unstable();
            members.dedup();
            let local = |row: u32| members.binary_search(&row).map_or(0, |at| at as u32);
            let ties: Vec<Tie> =
                edges.iter().map(|&(a, b)| Tie { a: local(a), b: local(b), must: false }).collect();
            let out = greedy(members.len(), &ties, &[], |left, right, _| {
                let source = |member: &u32| table.sources[members[*member as usize] as usize];
                let clash = left.iter().any(|x| right.iter().any(|y| source(x) == source(y)));
                (profile.one_per_source && clash).then_some(Guard::SameSource)
            });
            out.label.iter().zip(&members).map(|(&first, &row)| (row, members[first as usize])).collect()
        })
        .collect();
    let mut labels: Vec<u32> = (0..n as u32).collect();
    moved.into_iter().flatten().for_each(|(row, label)| labels[row as usize] = label);
    Clusters::from_labels(&labels)
}

fn weights(profile: &Profile, fit: &Fit) -> Vec<(String, String, f64, f64, f64)> {
    let mut all = Vec::new();
    for (at, comparison) in profile.compare.iter().enumerate() {
        for n in 1..=comparison.levels.len() + 1 {
            let name = comparison.levels.get(n - 1).map_or_else(|| "different".to_owned(), Level::to_string);
            all.push((comparison.column.clone(), name, fit.m[at][n], fit.u[at][n], weight(fit, at, n)));
        }
    }
    all
}
