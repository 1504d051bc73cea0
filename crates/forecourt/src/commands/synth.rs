//! `forecourt synth`.

use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use synth::{Preset, SynthConfig};

use crate::cli::SynthArgs;
use crate::progress::Step;

/// Writes the dealer group, or the benchmark's customer file.
pub fn run(args: &SynthArgs) -> Result<()> {
    if let Some(rows) = args.bench_rows {
        let path = args.out.join("customers.csv");
        std::fs::create_dir_all(&args.out)?;
        synth::bench_customers(rows, args.seed, &path).context("the benchmark file could not be written")?;
        println!("{rows} customer rows in {}", path.display());
        return Ok(());
    }
    let config = SynthConfig {
        preset: Preset::from_str(&args.preset)?,
        seed: args.seed,
        out_dir: args.out.clone(),
        today: None,
    };
    generate(&config)
}

/// Generates with a progress bar.
pub fn generate(config: &SynthConfig) -> Result<()> {
    let step = Step::begin("generate", 0);
    let manifest = synth::generate(config, &|at: synth::Progress| step.at(at.done, at.total, &at.what))
        .context("the dealer group could not be generated")?;
    step.end(&format!("{} export files, {} rows in {}", manifest.files.len(), manifest.rows(), config.out_dir.display()));
    Ok(())
}
