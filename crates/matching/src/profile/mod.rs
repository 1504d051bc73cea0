//! The same engine on any CSV: a profile says which columns are compared how, and which bring records together.

mod engine;
mod learn;
mod similarity;
mod table;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Quality;
pub use similarity::{Level, damerau, jaro_winkler};

/// A declared profile, read from TOML.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the data are, for reports.
    pub name: String,
    /// Column that names a record; the row number where there is none.
    pub id: Option<String>,
    /// Column that names the source of a record; the file where there is none.
    pub source: Option<String>,
    /// Whether a source holds every customer at most once: then only records of different sources are compared,
    /// and a cluster takes one record of each.
    #[serde(default)]
    pub one_per_source: bool,
    /// Where the truth stands, if it is known.
    pub truth: Option<Truth>,
    /// Probability from which on two records are joined.
    pub threshold: f64,
    /// Records per block above which the block is skipped.
    #[serde(default = "default_cap")]
    pub block_cap: usize,
    /// Columns whose equal values bring records together; `"surname:4"` takes the first four symbols.
    pub block: Vec<Vec<String>>,
    /// Comparisons.
    pub compare: Vec<Comparison>,
}

fn default_cap() -> usize {
    1_000
}

/// Where the truth stands: a column, or a part of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The column.
    pub column: String,
    /// Splits the value, for names such as `rec-17-dup-2`.
    pub split: Option<char>,
    /// Which part counts, from 0.
    #[serde(default)]
    pub part: usize,
}

/// One comparison: the levels are tried in order, the first that holds is taken; none means "different".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The column.
    pub column: String,
    /// For example `["exact", "edit 1", "jaro_winkler 0.9"]`; see [`Level`].
    pub levels: Vec<Level>,
    /// Whether rare values count more than common ones on the first level.
    #[serde(default)]
    pub frequency: bool,
}

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the profile.
    pub profile: String,
    /// Records read.
    pub records: usize,
    /// Pairs that shared a block.
    pub pairs: u64,
    /// Pairs at or above the threshold.
    pub links: usize,
    /// Clusters written.
    pub clusters: usize,
    /// Comparison, level, m, u, weight in bits.
    pub weights: Vec<(String, String, f64, f64, f64)>,
    /// Measures, when the profile knows where the truth stands.
    pub quality: Option<Quality>,
}

/// Why a profile cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The profile is not valid TOML or lacks something.
    #[error("profile: {0}")]
    Toml(#[from] toml::de::Error),
    /// A file cannot be opened or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file is not a CSV that can be read.
    #[error("{path}: {error}")]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the reader said, with line and column.
        error: csv::Error,
    },
    /// The profile names a column that a file does not have.
    #[error("{path}: there is no column {column:?}; the file has {present}")]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The missing column.
        column: String,
        /// The columns it has.
        present: String,
    },
    /// Something the profile says cannot be done.
    #[error("profile: {0}")]
    Nonsense(String),
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError::Toml`] with line and column, [`ProfileError::Nonsense`] for limits.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Profile = toml::from_str(text)?;
        let bound = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(ProfileError::Nonsense(what.to_owned())) }
        };
        bound(!profile.block.is_empty(), "no block: nothing would be compared")?;
        bound((1..=16).contains(&profile.compare.len()), "between 1 and 16 comparisons are possible")?;
        bound(
            profile.compare.iter().all(|c| (1..=13).contains(&c.levels.len())),
            "between 1 and 13 levels a comparison",
        )?;
        bound(
            profile.threshold > 0.0 && profile.threshold < 1.0,
            "threshold is a probability between 0 and 1",
        )?;
        Ok(profile)
    }

    /// Every column the profile needs, each once.
    fn columns(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let blocks =
            self.block.iter().flatten().map(|part| part.split(':').next().unwrap_or(part).to_owned());
        let compared = self.compare.iter().flat_map(|comparison| {
            let crossed = comparison.levels.iter().filter_map(Level::other_column).map(str::to_owned);
            std::iter::once(comparison.column.clone()).chain(crossed)
        });
        for column in blocks.chain(compared) {
            if !all.contains(&column) {
                all.push(column);
            }
        }
        all
    }
}

/// Links the records of `inputs` and writes `cluster,source,id` to `out`.
///
/// # Errors
/// [`ProfileError`] when a file or the profile is not what it should be; nothing is written then.
pub fn run(profile: &Profile, inputs: &[PathBuf], out: &Path) -> Result<Report, ProfileError> {
    let table = table::read(profile, inputs)?;
    let linked = engine::link(profile, &table)?;
    table::write(&table, &linked.clusters, out)?;
    let quality = table.truth.as_ref().map(|truth| crate::quality(linked.clusters.labels(), truth));
    Ok(Report {
        profile: profile.name.clone(),
        records: table.len(),
        pairs: linked.pairs,
        links: linked.links,
        clusters: linked.clusters.len(),
        weights: linked.weights,
        quality,
    })
}
