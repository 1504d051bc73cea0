//! Batch blocking: one key type at a time, by sorting, so that only one list of keys is ever in memory.

use rayon::prelude::*;

use crate::compare::Levels;
use crate::edge::{Edge, Fate};
use crate::key::{Oversize, Rule, keys_of};
use crate::model::{Settings, WeightTable};
use crate::record::{Rec, Records};
use crate::score::score;

/// Positions of one block, ascending (which is the order of the hashed keys).
type Entry = (u64, u32);

/// Compares all pairs that share a key and keeps those of at least `floor` (hundredths of a bit), each once.
pub(crate) fn scored_pairs(
    records: &Records,
    table: &WeightTable,
    settings: &Settings,
    floor: i16,
) -> Vec<Edge> {
    let mut oversized = vec![0u16; records.len()];
    let mut edges: Vec<Edge> = Vec::new();
    for rule in Rule::BLOCKING {
        let entries = sorted_keys(records, rule, settings);
        let blocks = blocks(&entries);
        for block in blocks.iter().filter(|block| block.len() > settings.block_cap as usize) {
            for &(_, position) in *block {
                oversized[position as usize] |= 1 << rule as u8;
            }
        }
        let oversized = &oversized;
        let found: Vec<Vec<Edge>> = blocks
            .par_chunks(2048)
            .map(|chunk| {
                let mut kept = Vec::new();
                for block in chunk {
                    each_pair(records, rule, settings, block, &mut |a, b| {
                        let (x, y) = (&records.recs[a as usize], &records.recs[b as usize]);
                        if met_earlier(rule, x, y, oversized[a as usize], settings) {
                            return;
                        }
                        let scored = score(table, (x, records.sights_of(x)), (y, records.sights_of(y)));
                        if scored.weight >= floor {
                            kept.push(edge(a, b, scored.levels, scored.weight, rule));
                        }
                    });
                }
                kept
            })
            .collect();
        edges.reserve(found.iter().map(Vec::len).sum());
        found.into_iter().for_each(|part| edges.extend(part));
    }
    edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b, edge.rule));
    edges.dedup_by_key(|edge| (edge.a, edge.b));
    edges
}

pub(crate) fn edge(a: u32, b: u32, levels: Levels, weight: i16, rule: Rule) -> Edge {
    Edge { a: a.min(b), b: a.max(b), levels, weight, rule, fate: Fate::Relation }
}

/// All keys of one rule, sorted; records without the value do not appear.
pub(crate) fn sorted_keys(records: &Records, rule: Rule, settings: &Settings) -> Vec<Entry> {
    let mut entries: Vec<Entry> = records
        .recs
        .par_chunks(1 << 14)
        .enumerate()
        .flat_map_iter(|(chunk, recs)| {
            let mut keys = Vec::new();
            for (at, rec) in recs.iter().enumerate() {
                let position = ((chunk << 14) + at) as u32;
                keys_of(rule, rec, records.sights_of(rec), settings, |key| keys.push((key, position)));
            }
            keys
        })
        .collect();
    entries.par_sort_unstable();
    entries.dedup();
    entries
}

/// Runs of one key with at least two records.
pub(crate) fn blocks(entries: &[Entry]) -> Vec<&[Entry]> {
    entries.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > 1).collect()
}

/// The pairs a block admits: all of them; above the cap those of one name; above it again neighbours only.
fn each_pair(
    records: &Records,
    rule: Rule,
    settings: &Settings,
    block: &[Entry],
    visit: &mut impl FnMut(u32, u32),
) {
    if block.len() <= settings.block_cap as usize {
        return all_pairs(block, visit);
    }
    if rule.oversize() == Oversize::Drop {
        return;
    }
    let mut named: Vec<Entry> = block
        .iter()
        .map(|&(_, position)| (records.recs[position as usize].name, position))
        .filter(|&(name, _)| name != 0)
        .collect();
    named.sort_unstable();
    for group in named.chunk_by(|a, b| a.0 == b.0) {
        if group.len() <= settings.block_cap as usize {
            all_pairs(group, visit);
        } else {
            for (at, &(_, a)) in group.iter().enumerate() {
                for &(_, b) in &group[at + 1..group.len().min(at + 1 + settings.window as usize)] {
                    visit(a, b);
                }
            }
        }
    }
}

fn all_pairs(block: &[Entry], visit: &mut impl FnMut(u32, u32)) {
    for (at, &(_, a)) in block.iter().enumerate() {
        for &(_, b) in &block[at + 1..] {
            visit(a, b);
        }
    }
}

/// Whether an earlier rule has certainly brought this pair together; a `false` costs a comparison, never an edge.
fn met_earlier(rule: Rule, a: &Rec, b: &Rec, oversized: u16, settings: &Settings) -> bool {
    let whole = |earlier: Rule| rule > earlier && oversized & (1 << earlier as u8) == 0;
    let same = |x: u64, y: u64| x != 0 && x == y;
    (whole(Rule::Id) && same(a.id, b.id))
        || (whole(Rule::Unionid) && same(a.unionid, b.unionid))
        || (whole(Rule::Uscc) && same(a.uscc, b.uscc))
        || (whole(Rule::Phone)
            && a.personal_phones().any(|(slot, phone)| {
                a.phone_names[slot] <= settings.super_names
                    && b.personal_phones().any(|(_, other)| other == phone)
            }))
}
