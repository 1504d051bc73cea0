//! The frozen model: weights, frequencies and thresholds. Everything a score depends on besides the two records.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::compare::{Field, Levels};
use crate::record::Rec;
use crate::{HashKey, MatchError};

/// Version of the file format and of the meaning of levels; a model of another version is refused.
pub const MODEL_FORMAT: u32 = 1;

/// Limits that shape blocking. Frozen with the model because the set of compared pairs depends on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Records per block above which only records of one name meet.
    pub block_cap: u32,
    /// Neighbours met on each side when even one name fills a block.
    pub window: u32,
    /// Records under a name up to which name and city alone bring records together.
    pub rare_name: u32,
    /// Distinct names at a phone above which it is a super-node.
    pub super_names: u16,
    /// Members above which a cluster raises an alarm.
    pub alarm_size: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { block_cap: 300, window: 12, rare_name: 24, super_names: 30, alarm_size: 150 }
    }
}

/// Bands, in hundredths of a bit of evidence above even odds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// At and above: merged by the machine.
    pub auto: i16,
    /// At and above: shown to a person.
    pub review: i16,
    /// At and above: kept as a relation; below nothing is kept.
    pub relation: i16,
}

impl Default for Thresholds {
    /// Automatic from four to one on (guards catch what a single score cannot), review down to one in nine,
    /// relations down to 2^-12.
    fn default() -> Self {
        Thresholds { auto: 200, review: -300, relation: -1200 }
    }
}

/// One level of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelWeight {
    /// Name of the level, see [`Field::levels`].
    pub level: String,
    /// Probability of this level among records of one customer.
    pub m: f64,
    /// Probability of this level among records of different customers (of a value seen once, where frequency counts).
    pub u: f64,
    /// Evidence in hundredths of a bit, log2(m/u).
    pub weight: i16,
    /// Pairs of records the estimate of m rests on.
    pub support: u64,
}

/// How often names, phones and addresses occur; only values that occur more than once are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequencies {
    /// Records per name (companies: distinct cities per name).
    #[serde(with = "sorted")]
    pub names: FxHashMap<u64, u32>,
    /// Distinct names per phone.
    #[serde(with = "sorted")]
    pub phones: FxHashMap<u64, u32>,
    /// Distinct names per address.
    #[serde(with = "sorted")]
    pub addresses: FxHashMap<u64, u32>,
}

impl Frequencies {
    /// Writes the frozen frequencies onto a record, where the scorer finds them without a look-up.
    pub(crate) fn apply(&self, rec: &mut Rec) {
        let narrow = |count: u32| count.min(u32::from(u16::MAX)) as u16;
        rec.name_count = self.names.get(&rec.name).copied().unwrap_or(1);
        for slot in 0..2 {
            rec.phone_names[slot] = narrow(self.phones.get(&rec.phones[slot]).copied().unwrap_or(1));
        }
        rec.address_names = narrow(self.addresses.get(&rec.address).copied().unwrap_or(1));
    }
}

/// A frozen model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// See [`MODEL_FORMAT`].
    pub format: u32,
    /// See [`crate::HashKey::check`].
    pub hash_check: u64,
    /// Records the model was trained on.
    pub records: u64,
    /// Log2 odds that two records picked at random are one customer, in hundredths of a bit.
    pub prior: i16,
    /// Weights per comparison, levels in order.
    pub weights: Vec<(Field, Vec<LevelWeight>)>,
    /// Bands.
    pub thresholds: Thresholds,
    /// Limits.
    pub settings: Settings,
    /// Frequencies.
    pub frequencies: Frequencies,
}

impl Model {
    /// A short fingerprint to name the model on edges and in reports.
    pub fn version(&self) -> String {
        let weights =
            self.weights.iter().flat_map(|(_, levels)| levels.iter().map(|level| level.weight as u64));
        let sizes = [
            self.records,
            self.prior as u64,
            self.thresholds.auto as u64,
            self.thresholds.review as u64,
            self.frequencies.names.len() as u64,
            self.frequencies.phones.len() as u64,
        ];
        let print = weights.chain(sizes).fold(self.hash_check, crate::hash::join);
        format!("{:08x}", print >> 32)
    }

    /// Whether this engine and these hashes can use the model.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`].
    pub fn fits(&self, hash_key: HashKey) -> Result<(), MatchError> {
        if self.format != MODEL_FORMAT {
            return Err(MatchError::OtherModel("it was frozen by another version of the engine"));
        }
        if self.weights.len() != Field::ALL.len() {
            return Err(MatchError::OtherModel("it lacks a comparison"));
        }
        if self.hash_check != hash_key.check() {
            return Err(MatchError::OtherModel("it was frozen under another hash key"));
        }
        Ok(())
    }

    /// Evidence of one level in hundredths of a bit, before frequencies.
    pub fn weight(&self, field: Field, level: u8) -> i16 {
        self.weights[field as usize].1.get(usize::from(level)).map_or(0, |level| level.weight)
    }

    pub(crate) fn table(&self) -> WeightTable {
        let mut table = WeightTable { prior: i32::from(self.prior), bits: [[0; 16]; 8] };
        for field in Field::ALL {
            for level in 1..16u8 {
                table.bits[field as usize][usize::from(level)] = i32::from(self.weight(field, level));
            }
        }
        table
    }

    /// Probability that a pair of this weight is one customer.
    pub fn probability(weight: i16) -> f64 {
        let odds = (f64::from(weight) / 100.0).exp2();
        odds / (1.0 + odds)
    }
}

/// The weights as the inner loop wants them.
#[derive(Debug, Clone)]
pub(crate) struct WeightTable {
    pub prior: i32,
    pub bits: [[i32; 16]; 8],
}

impl WeightTable {
    pub(crate) fn sum(&self, levels: Levels) -> i32 {
        Field::ALL.iter().map(|&field| self.bits[field as usize][usize::from(levels.of(field))]).sum::<i32>()
            + self.prior
    }
}

/// Maps in a stable order, so that one model is one sequence of bytes.
mod sorted {
    use rustc_hash::FxHashMap;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(map: &FxHashMap<u64, u32>, out: S) -> Result<S::Ok, S::Error> {
        let mut all: Vec<(u64, u32)> = map.iter().map(|(&key, &count)| (key, count)).collect();
        all.sort_unstable();
        all.serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<FxHashMap<u64, u32>, D::Error> {
        Ok(Vec::<(u64, u32)>::deserialize(input)?.into_iter().collect())
    }
}
