//! Incremental equals full, whatever the order of arrival, the split into batches, and what happened in between.

use std::collections::BTreeSet;

use matching::{
    Constraints, Fate, HashKey, Incremental, Model, PartyInput, RecordKey, Records, Weights, link_all,
};
use proptest::prelude::*;

use crate::dealer::Dice;
use crate::dealer_file;
use crate::quality::link;

type Partition = BTreeSet<Vec<RecordKey>>;
type Edges = BTreeSet<(RecordKey, RecordKey, i16, matching::Rule, Fate)>;

/// Clusters and edges of a full run under a frozen model.
fn full(inputs: &[PartyInput], said: &Constraints, model: &Model) -> (Partition, Edges) {
    let mut records = Records::new(HashKey::default());
    records.extend(inputs);
    let mut records = records.seal().expect("keys differ");
    let out = link_all(&mut records, said, Weights::Frozen(model)).expect("consistent");
    let sorted = |cluster: &[u32]| {
        let mut keys: Vec<RecordKey> = cluster.iter().map(|&at| records.key_at(at)).collect();
        keys.sort_unstable();
        keys
    };
    let ends = |a: RecordKey, b: RecordKey| (a.min(b), a.max(b));
    let edges = out.edges.iter().map(|edge| {
        let (a, b) = ends(records.key_at(edge.a), records.key_at(edge.b));
        (a, b, edge.weight, edge.rule, edge.fate)
    });
    (out.clusters.iter().map(sorted).collect(), edges.collect())
}

fn live(index: &Incremental) -> (Partition, Edges) {
    let edges = index.edges().map(|(a, b, edge)| (a.min(b), a.max(b), edge.weight, edge.rule, edge.fate));
    (index.clusters().collect(), edges.collect())
}

/// A file crowded enough that blocks cross their caps in both directions.
fn crowded(rows: usize, seed: u64, cap: u32) -> (Vec<PartyInput>, Model) {
    let inputs: Vec<PartyInput> = dealer_file(rows, seed).into_iter().map(|row| row.input).collect();
    let (_, out) = link(&inputs);
    let mut model = out.model;
    model.settings.block_cap = cap;
    model.settings.window = 2;
    (inputs, model)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn equals_a_full_run(seed in 0u64..1_000, cap in 2u32..8, rows in 100usize..500, words in 0usize..8) {
        let (inputs, model) = crowded(rows, seed, cap);
        let mut dice = Dice::new(seed ^ 0xfeed);
        let mut index = Incremental::new(model.clone(), HashKey::default()).expect("same key");
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at as u64 + 1) as usize);
        }
        for &at in &order {
            let mut early = inputs[at].clone();
            if dice.chance(0.2) {
                // An earlier, different version of the record came first.
                early.name = inputs[order[0]].name.clone();
                early.phones.clear();
            }
            index.upsert(&early);
        }
        for _ in 0..words {
            let (a, b) = (&inputs[dice.below(rows as u64) as usize], &inputs[dice.below(rows as u64) as usize]);
            if dice.chance(0.3) {
                let _ = index.require(a.key, b.key);
            } else if let Some([first, .., last]) = index.cluster_of(a.key).as_deref() {
                let _ = index.forbid(*first, *last);
            }
        }
        let gone: Vec<usize> = (0..inputs.len()).filter(|_| dice.chance(0.15)).collect();
        for &at in &gone {
            index.remove(inputs[at].key);
        }
        for &at in order.iter().rev() {
            if !gone.contains(&at) {
                index.upsert(&inputs[at]);
            }
        }
        let left: Vec<PartyInput> =
            (0..inputs.len()).filter(|at| !gone.contains(at)).map(|at| inputs[at].clone()).collect();
        let (clusters, edges) = full(&left, index.constraints(), &model);
        let (live_clusters, live_edges) = live(&index);
        prop_assert_eq!(clusters, live_clusters);
        prop_assert_eq!(edges, live_edges);
    }
}

#[test]
fn an_index_can_take_over_a_full_run() {
    let (inputs, model) = crowded(3_000, 11, 300);
    let (first, rest) = inputs.split_at(2_500);
    let mut records = Records::new(HashKey::default());
    records.extend(first);
    let mut records = records.seal().expect("keys differ");
    let said = Constraints::default();
    let out = link_all(&mut records, &said, Weights::Frozen(&model)).expect("consistent");
    let mut index = Incremental::from_outcome(&records, &out, &said).expect("same key");
    rest.iter().for_each(|input| {
        index.upsert(input);
    });
    assert_eq!(live(&index), full(&inputs, &said, &model));
}

#[test]
fn an_unmerge_holds_and_its_preview_tells_the_truth() {
    let (inputs, model) = crowded(2_000, 5, 300);
    let mut index = Incremental::new(model.clone(), HashKey::default()).expect("same key");
    inputs.iter().for_each(|input| {
        index.upsert(input);
    });
    let customer =
        index.clusters().filter(|cluster| cluster.len() >= 3).min().expect("some customer has three rows");
    let preview = index.preview_forbid(&[(customer[0], customer[1])]).expect("nothing said yet");
    assert!(
        index.cluster_of(customer[0]).expect("known").contains(&customer[1]),
        "a preview changes nothing"
    );
    let done = index.forbid(customer[0], customer[1]).expect("nothing said yet");
    let sorted = |mut clusters: Vec<Vec<RecordKey>>| {
        clusters.sort_unstable();
        clusters
    };
    assert_eq!(sorted(preview.clusters), sorted(done.clusters));
    assert!(!index.cluster_of(customer[0]).expect("known").contains(&customer[1]));
    let (rebuilt, _) = full(&inputs, index.constraints(), &model);
    assert!(
        rebuilt.iter().all(|cluster| !(cluster.contains(&customer[0]) && cluster.contains(&customer[1])))
    );
    index.withdraw(customer[0], customer[1]).expect("it was said");
    assert_eq!(index.cluster_of(customer[0]), Some(customer));
}
