//! Random streams: one ChaCha stream for every entity, so that a store, a row or a
//! person can be generated alone and always comes out the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of random numbers that belongs to one entity of one kind.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of entity `id` of `kind` under the master seed: the ChaCha key is
    /// SHA-256 over the three, so neighbouring ids share nothing.
    pub(crate) fn new(seed: u64, kind: &str, id: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(kind.as_bytes());
        hash.update(id.to_le_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u32() as f64) / 4_294_967_296.0
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform integer in 0..n (0 when n is 0).
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Uniform integer in low..=high.
    pub(crate) fn range(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as u32) as i32
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One element of a non-empty slice.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }

    /// Index drawn in proportion to the weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.unit() * total;
        for (i, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return i;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Standard normal (Box–Muller, one half used).
    pub(crate) fn normal(&mut self) -> f64 {
        let u = 1.0 - self.unit();
        let v = self.unit();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Log-normal with the given mean (not median) and sigma of the logarithm.
    pub(crate) fn log_normal(&mut self, mean: f64, sigma: f64) -> f64 {
        mean * (sigma * self.normal() - sigma * sigma / 2.0).exp()
    }

    /// Log-normal with the given median and sigma of the logarithm.
    pub(crate) fn log_normal_median(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Exponential with the given mean; a cheap Gamma of shape 1 or, summed, 2.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Integer with mean `x`: its whole part plus one more with the chance of the rest.
    pub(crate) fn round(&mut self, x: f64) -> u32 {
        let whole = x.max(0.0).floor();
        whole as u32 + u32::from(self.chance(x - whole))
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn equal_names_give_equal_streams_and_others_do_not() {
        let word = |seed, kind, id| Stream::new(seed, kind, id).below(u32::MAX);
        assert_eq!(word(1, "person", 7), word(1, "person", 7));
        assert_ne!(word(1, "person", 7), word(1, "person", 8));
        assert_ne!(word(1, "person", 7), word(1, "vehicle", 7));
        assert_ne!(word(1, "person", 7), word(2, "person", 7));
    }

    #[test]
    fn log_normal_keeps_its_mean() {
        let mut s = Stream::new(3, "t", 0);
        let n = 20_000;
        let mean = (0..n).map(|_| s.log_normal(100.0, 0.5)).sum::<f64>() / f64::from(n);
        assert!((mean - 100.0).abs() < 3.0, "{mean}");
    }
}
