//! Weights of a generic profile, learned without labels.
//!
//! u is counted on random pairs. m starts from an expectation and is then fitted to the pairs that share a block by
//! expectation-maximisation with u held still, which keeps the fit from turning matches and strangers round.

use rustc_hash::FxHashMap;

/// Levels of one pair, four bits a comparison; 0 = unknown, 1.. = levels in order, the last = different.
pub(super) type Pattern = u64;

pub(super) fn level(pattern: Pattern, comparison: usize) -> usize {
    ((pattern >> (4 * comparison)) & 15) as usize
}

/// Probabilities `[comparison][level]`.
pub(super) type Probabilities = Vec<Vec<f64>>;

/// A fitted model.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub m: Probabilities,
    pub u: Probabilities,
    /// Probability that a random pair is a match.
    pub prior: f64,
}

const ROUNDS: usize = 30;
/// Pairs every level counts for before any was seen.
const SMOOTHING: f64 = 0.5;

/// Shares of levels among random pairs. `sizes` is the number of levels (with "different") of each comparison.
pub(super) fn count_u(patterns: impl Iterator<Item = Pattern>, sizes: &[usize]) -> Probabilities {
    let mut counts: Vec<Vec<f64>> = sizes.iter().map(|&size| vec![SMOOTHING; size + 1]).collect();
    for pattern in patterns {
        for (at, levels) in counts.iter_mut().enumerate() {
            levels[level(pattern, at)] += 1.0;
        }
    }
    shares(counts)
}

fn shares(mut counts: Vec<Vec<f64>>) -> Probabilities {
    for levels in &mut counts {
        let total: f64 = levels[1..].iter().sum();
        levels[0] = 1.0;
        levels[1..].iter_mut().for_each(|count| *count /= total);
    }
    counts
}

/// Fits m and the prior to the patterns of blocked pairs; `possible` is the number of all pairs of records.
pub(super) fn fit(patterns: &FxHashMap<Pattern, u64>, u: Probabilities, possible: f64) -> Fit {
    let blocked: f64 = patterns.values().map(|&n| n as f64).sum();
    let m = u.iter().map(|levels| expected(levels.len() - 1)).collect();
    let mut fit = Fit { m, u, prior: (blocked * 0.1 / possible).clamp(1e-12, 0.5) };
    let mut ordered: Vec<(Pattern, f64)> =
        patterns.iter().map(|(&pattern, &n)| (pattern, n as f64)).collect();
    ordered.sort_by_key(|&(pattern, _)| pattern);
    for _ in 0..ROUNDS {
        let mut counts: Vec<Vec<f64>> = fit.u.iter().map(|levels| vec![SMOOTHING; levels.len()]).collect();
        let mut matches = 0.0;
        for &(pattern, n) in &ordered {
            let share = n * probability(bits(&fit, pattern));
            matches += share;
            for (at, levels) in counts.iter_mut().enumerate() {
                levels[level(pattern, at)] += share;
            }
        }
        fit.m = shares(counts);
        fit.prior = (matches / possible).clamp(1e-12, 0.5);
    }
    fit
}

/// Before anything is known: most records of one customer agree, and nearly agree where they do not.
fn expected(levels: usize) -> Vec<f64> {
    let mut all = vec![1.0, 0.8];
    let rest = levels.saturating_sub(1).max(1) as f64;
    all.resize(levels + 1, 0.2 / rest);
    all
}

/// Weight of one level in bits.
pub(super) fn weight(fit: &Fit, comparison: usize, level: usize) -> f64 {
    if level == 0 { 0.0 } else { (fit.m[comparison][level] / fit.u[comparison][level]).log2() }
}

/// Evidence of a pattern in bits, the prior included.
pub(super) fn bits(fit: &Fit, pattern: Pattern) -> f64 {
    let prior = (fit.prior / (1.0 - fit.prior)).log2();
    (0..fit.m.len()).map(|at| weight(fit, at, level(pattern, at))).sum::<f64>() + prior
}

/// Probability of a match, from bits.
pub(super) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_finds_the_share_of_matches() {
        // Two comparisons of two levels; 1,000 matches agree on both, 9,000 strangers on neither, 500 half-way.
        let patterns: FxHashMap<Pattern, u64> =
            FxHashMap::from_iter([(0x11, 1_000), (0x22, 9_000), (0x12, 250), (0x21, 250)]);
        let u = count_u((0..10_000u64).map(|n| if n % 500 == 0 { 0x12 } else { 0x22 }), &[2, 2]);
        let fit = fit(&patterns, u, 1e6);
        assert!((fit.prior * 1e6 - 1_000.0).abs() < 520.0, "{}", fit.prior * 1e6);
        assert!(probability(bits(&fit, 0x11)) > 0.99);
        assert!(probability(bits(&fit, 0x22)) < 0.01);
    }
}
