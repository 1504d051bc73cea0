//! Keyed hashing of values, so that neither a model nor a log holds anything a reader could turn back into a name.

/// The secret under which names, addresses, plates and frequencies are hashed (SipHash-1-3, 128-bit key).
///
/// Two runs can share a [`crate::Model`] only when they hash under the same key; [`HashKey::check`] is stored in
/// the model and compared before use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashKey(u64, u64);

impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashKey(..)")
    }
}

impl Default for HashKey {
    /// The public key: right for tests and for files that are not personal.
    fn default() -> Self {
        HashKey(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    }
}

impl HashKey {
    /// A key from sixteen secret bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        let (low, high) = bytes.split_at(8);
        let word = |part: &[u8]| part.iter().rev().fold(0u64, |all, &byte| (all << 8) | u64::from(byte));
        HashKey(word(low), word(high))
    }

    /// The hash of a text; never 0, which stands for "no value" everywhere in this crate.
    pub fn of(&self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        sip13(self.0, self.1, text.as_bytes()).max(1)
    }

    /// The hash of bytes, for checks of integrity.
    pub(crate) fn of_bytes(&self, bytes: &[u8]) -> u64 {
        sip13(self.0, self.1, bytes)
    }

    /// What a model remembers of its key, to refuse records hashed under another one.
    pub fn check(&self) -> u64 {
        self.of("forecourt/matching/1")
    }
}

/// SipHash with one compression and three finalisation rounds (Aumasson and Bernstein, 2012).
fn sip13(k0: u64, k1: u64, bytes: &[u8]) -> u64 {
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u64, |all, &byte| (all << 8) | u64::from(byte));
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let tail = chunks.remainder().iter().rev().fold(0u64, |all, &byte| (all << 8) | u64::from(byte));
    let last = ((bytes.len() as u64) << 56) | tail;
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

/// A bijective scramble of 64 bits: the order in which everything that must not depend on arrival is visited.
pub(crate) fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One hash of two values, order matters; never 0.
pub(crate) fn join(a: u64, b: u64) -> u64 {
    mix(a.rotate_left(23) ^ mix(b)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_text_same_hash_and_another_key_another_hash() {
        let (open, secret) = (HashKey::default(), HashKey::new(*b"0123456789abcdef"));
        assert_eq!(open.of("张伟"), open.of("张伟"));
        assert_ne!(open.of("张伟"), open.of("张玮"));
        assert_ne!(open.of("张伟"), secret.of("张伟"));
        assert_ne!(open.check(), secret.check());
        assert_eq!(open.of(""), 0);
        assert_ne!(open.of("12345678"), open.of("123456780"));
    }

    #[test]
    fn mix_is_a_bijection_on_a_sample_and_join_is_ordered() {
        let seen: std::collections::BTreeSet<u64> = (0..10_000).map(mix).collect();
        assert_eq!(seen.len(), 10_000);
        assert_ne!(join(1, 2), join(2, 1));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", HashKey::new([7; 16])), "HashKey(..)");
    }
}
