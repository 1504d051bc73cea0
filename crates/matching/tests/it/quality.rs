//! A small dealer file is resolved as well as the large one has to be.

use matching::{
    Constraints, HashKey, Outcome, PartyInput, Records, Settings, Thresholds, Weights, link_all, quality,
};

use crate::dealer_file;

pub fn link(inputs: &[PartyInput]) -> (Records, Outcome) {
    let mut records = Records::new(HashKey::default());
    records.extend(inputs);
    let mut records = records.seal().expect("keys differ");
    let weights = Weights::Train { thresholds: Thresholds::default(), settings: &Settings::default() };
    let outcome = link_all(&mut records, &Constraints::default(), weights).expect("no constraints");
    (records, outcome)
}

#[test]
fn twenty_thousand_dirty_rows() {
    let file = dealer_file(20_000, 3);
    let inputs: Vec<PartyInput> = file.iter().map(|row| row.input.clone()).collect();
    let (records, out) = link(&inputs);
    let mut truth = vec![0; file.len()];
    for row in &file {
        truth[records.position(row.input.key).expect("pushed") as usize] = row.truth;
    }
    let q = quality(out.clusters.labels(), &truth);
    assert!(q.pairwise.precision >= 0.99 && q.pairwise.f1 >= 0.95, "{q:?}");
    assert!(q.b_cubed.f1 >= 0.975, "{q:?}");
    assert!(q.largest <= 2 * q.largest_true, "{q:?}");
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let inputs: Vec<PartyInput> = dealer_file(5_000, 4).into_iter().map(|row| row.input).collect();
    let mut turned = inputs.clone();
    turned.reverse();
    turned.rotate_left(1_234);
    let (first, one) = link(&inputs);
    let (second, other) = link(&turned);
    assert_eq!(one.model, other.model);
    assert_eq!(one.clusters, other.clusters);
    assert_eq!(one.edges, other.edges);
    assert_eq!(first.key_at(77), second.key_at(77));
}
