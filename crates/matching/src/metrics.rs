//! How good a clustering is, given the truth.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Share of what was claimed that is right.
    pub precision: f64,
    /// Share of what is right that was claimed.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

impl Score {
    fn of(right: f64, claimed: f64, wanted: f64) -> Self {
        let share = |part: f64, whole: f64| if whole == 0.0 { 1.0 } else { part / whole };
        let (precision, recall) = (share(right, claimed), share(right, wanted));
        let f1 =
            if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        Score { precision, recall, f1 }
    }
}

/// All measures of one clustering.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Over pairs of records.
    pub pairwise: Score,
    /// B-cubed (Bagga and Baldwin 1998): the mean over records of the purity and completeness of their cluster.
    pub b_cubed: Score,
    /// Over customers found exactly, no record too many or too few.
    pub exact: Score,
    /// Clusters found.
    pub clusters: usize,
    /// True customers.
    pub customers: usize,
    /// Clusters with records of more than one customer.
    pub impure: usize,
    /// Records in the largest cluster found.
    pub largest: usize,
    /// Records of the largest true customer.
    pub largest_true: usize,
}

/// Compares labels with the truth, record by record. Both may be any numbers; only equality counts.
pub fn quality(found: &[u32], truth: &[u32]) -> Quality {
    assert_eq!(found.len(), truth.len(), "one label and one truth a record");
    let sizes = |labels: &[u32]| {
        let mut sizes: FxHashMap<u32, u64> = FxHashMap::default();
        labels.iter().for_each(|&label| *sizes.entry(label).or_default() += 1);
        sizes
    };
    let (claimed, wanted) = (sizes(found), sizes(truth));
    let mut cells: FxHashMap<(u32, u32), u64> = FxHashMap::default();
    found.iter().zip(truth).for_each(|(&f, &t)| *cells.entry((f, t)).or_default() += 1);
    let pairs = |n: u64| (n * n.saturating_sub(1) / 2) as f64;
    let (mut right, mut pure, mut complete, mut exact) = (0.0, 0.0, 0.0, 0u64);
    let mut parts: FxHashMap<u32, u32> = FxHashMap::default();
    for (&(f, t), &n) in &cells {
        right += pairs(n);
        pure += (n * n) as f64 / claimed[&f] as f64;
        complete += (n * n) as f64 / wanted[&t] as f64;
        exact += u64::from(n == claimed[&f] && n == wanted[&t]);
        *parts.entry(f).or_default() += 1;
    }
    let n = (found.len() as f64).max(1.0);
    let all_pairs = |sizes: &FxHashMap<u32, u64>| sizes.values().map(|&n| pairs(n)).sum::<f64>();
    let largest = |sizes: &FxHashMap<u32, u64>| sizes.values().max().map_or(0, |&n| n as usize);
    let (p, r) = (pure / n, complete / n);
    let f1 = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
    Quality {
        pairwise: Score::of(right, all_pairs(&claimed), all_pairs(&wanted)),
        b_cubed: Score { precision: p, recall: r, f1 },
        exact: Score::of(exact as f64, claimed.len() as f64, wanted.len() as f64),
        clusters: claimed.len(),
        customers: wanted.len(),
        impure: parts.values().filter(|&&customers| customers > 1).count(),
        largest: largest(&claimed),
        largest_true: largest(&wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clustering_worked_out_by_hand() {
        // Truth {0,1,2},{3,4}; found {0,1},{2,3},{4}.
        let got = quality(&[1, 1, 2, 2, 3], &[7, 7, 7, 8, 8]);
        assert_eq!((got.pairwise.precision, got.pairwise.recall), (0.5, 0.25));
        assert!((got.b_cubed.precision - (1.0 + 1.0 + 0.5 + 0.5 + 1.0) / 5.0).abs() < 1e-12);
        let recall = (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0 + 0.5 + 0.5) / 5.0;
        assert!((got.b_cubed.recall - recall).abs() < 1e-12);
        assert_eq!((got.exact.precision, got.exact.recall), (0.0, 0.0));
        assert_eq!((got.clusters, got.customers, got.impure, got.largest, got.largest_true), (3, 2, 1, 2, 3));
    }

    #[test]
    fn perfect_and_empty() {
        let got = quality(&[5, 5, 6], &[1, 1, 2]);
        assert_eq!((got.pairwise.f1, got.b_cubed.f1, got.exact.f1, got.impure), (1.0, 1.0, 1.0, 0));
        assert_eq!(quality(&[], &[]).pairwise.f1, 1.0);
    }
}
