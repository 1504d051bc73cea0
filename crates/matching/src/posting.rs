//! Blocks that can grow and shrink: for every key the records that carry it, in hashed order.
//!
//! Admission of a pair is a function of the block as a set (see `block.rs`), so a change touches other pairs only
//! when a block crosses the cap, or inside a window of a block above it. [`Postings`] names these pairs.

use rustc_hash::FxHashMap;

use crate::key::{Oversize, Rule};
use crate::model::Settings;
use crate::record::Rec;

/// Where a slot stands: its hashed key and its name.
pub(crate) trait Slots {
    fn rec(&self, slot: u32) -> &Rec;
}

impl Slots for Vec<Rec> {
    fn rec(&self, slot: u32) -> &Rec {
        &self[slot as usize]
    }
}

/// Blocks by key. Most keys belong to one record, so a single slot is kept without an allocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Postings {
    blocks: FxHashMap<u64, Block>,
}

#[derive(Debug, Clone)]
enum Block {
    One(u32),
    #[expect(
        clippy::box_collection,
        reason = "most blocks are One; a Vec inline would double the size of the map"
    )]
    Many(Box<Vec<u32>>),
}

impl Block {
    fn slots(&self) -> &[u32] {
        match self {
            Block::One(slot) => std::slice::from_ref(slot),
            Block::Many(slots) => slots,
        }
    }
}

impl Postings {
    pub(crate) fn block(&self, key: u64) -> &[u32] {
        self.blocks.get(&key).map_or(&[], Block::slots)
    }

    pub(crate) fn insert(&mut self, key: u64, slot: u32, recs: &impl Slots) {
        match self.blocks.entry(key) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(Block::One(slot));
            }
            std::collections::hash_map::Entry::Occupied(mut taken) => {
                let mut slots = taken.get().slots().to_vec();
                if let Block::Many(many) = taken.get_mut() {
                    slots = std::mem::take(many);
                }
                let rank = recs.rec(slot).rank();
                let at = slots.partition_point(|&other| recs.rec(other).rank() < rank);
                slots.insert(at, slot);
                taken.insert(Block::Many(Box::new(slots)));
            }
        }
    }

    pub(crate) fn remove(&mut self, key: u64, slot: u32) {
        match self.blocks.get_mut(&key) {
            Some(Block::One(only)) if *only == slot => {
                self.blocks.remove(&key);
            }
            Some(Block::Many(slots)) => {
                slots.retain(|&other| other != slot);
                if let [last] = slots[..] {
                    self.blocks.insert(key, Block::One(last));
                }
            }
            _ => {}
        }
    }

    /// Whether the block of `key` lets two of its records meet.
    pub(crate) fn admits(
        &self,
        rule: Rule,
        key: u64,
        (a, b): (u32, u32),
        recs: &impl Slots,
        settings: &Settings,
    ) -> bool {
        let block = self.block(key);
        if block.len() <= settings.block_cap as usize {
            return true;
        }
        let name = recs.rec(a).name;
        if rule.oversize() == Oversize::Drop || name == 0 || recs.rec(b).name != name {
            return false;
        }
        let group = of_name(block, name, recs);
        if group.len() <= settings.block_cap as usize {
            return true;
        }
        let place = |slot: u32| group.iter().position(|&other| other == slot).unwrap_or(usize::MAX);
        place(a).abs_diff(place(b)) <= settings.window as usize
    }

    /// Slots that `slot`, a member of the block, may meet there.
    pub(crate) fn partners(
        &self,
        rule: Rule,
        key: u64,
        slot: u32,
        recs: &impl Slots,
        settings: &Settings,
    ) -> Vec<u32> {
        let block = self.block(key);
        let others = |slots: &[u32]| slots.iter().copied().filter(|&other| other != slot).collect();
        if block.len() <= settings.block_cap as usize {
            return others(block);
        }
        let name = recs.rec(slot).name;
        if rule.oversize() == Oversize::Drop || name == 0 {
            return Vec::new();
        }
        let group = of_name(block, name, recs);
        if group.len() <= settings.block_cap as usize {
            return others(&group);
        }
        others(window(&group, slot, settings.window as usize))
    }

    /// Pairs of *other* records whose admission may change because `slot` has just joined, or is about to leave,
    /// the block (which contains it in both cases).
    pub(crate) fn unsettled(
        &self,
        rule: Rule,
        key: u64,
        slot: u32,
        recs: &impl Slots,
        settings: &Settings,
    ) -> Vec<(u32, u32)> {
        let block = self.block(key);
        let cap = settings.block_cap as usize;
        if block.len() == cap + 1 {
            return pairs_without(block, slot);
        }
        let name = recs.rec(slot).name;
        if block.len() <= cap || rule.oversize() == Oversize::Drop || name == 0 {
            return Vec::new();
        }
        let group = of_name(block, name, recs);
        if group.len() == cap + 1 {
            pairs_without(&group, slot)
        } else if group.len() > cap {
            pairs_without(window(&group, slot, settings.window as usize), slot)
        } else {
            Vec::new()
        }
    }
}

fn of_name(block: &[u32], name: u64, recs: &impl Slots) -> Vec<u32> {
    block.iter().copied().filter(|&slot| recs.rec(slot).name == name).collect()
}

fn window(group: &[u32], slot: u32, reach: usize) -> &[u32] {
    let at = group.iter().position(|&other| other == slot).unwrap_or(0);
    &group[at.saturating_sub(reach)..group.len().min(at + reach + 1)]
}

fn pairs_without(slots: &[u32], slot: u32) -> Vec<(u32, u32)> {
    let rest: Vec<u32> = slots.iter().copied().filter(|&other| other != slot).collect();
    let mut pairs = Vec::new();
    for (at, &a) in rest.iter().enumerate() {
        pairs.extend(rest[at + 1..].iter().map(|&b| (a, b)));
    }
    pairs
}
