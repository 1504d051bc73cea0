//! `forecourt synth`.

use anyhow::{Context as _, Result, bail};
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
    generate(&SynthConfig::new(preset(&args.preset)?, args.seed, &args.out))
}

/// The preset of that name.
pub fn preset(name: &str) -> Result<Preset> {
    let Some(preset) = Preset::parse(name) else {
        let known: Vec<&str> = Preset::ALL.iter().map(|preset| preset.code()).collect();
        bail!("there is no preset {name:?}; choose one of {}", known.join(", "));
    };
    Ok(preset)
}

/// Generates with a progress bar.
pub fn generate(config: &SynthConfig) -> Result<()> {
    let step = Step::begin("generate", 0);
    let manifest = synth::generate(config, &|at: synth::Progress| step.at(at.done, at.total, &at.step))
        .context("the dealer group could not be generated")?;
    let rows: u64 = manifest.files.iter().map(|file| u64::from(file.rows)).sum();
    step.end(&format!("{} export files, {rows} rows in {}", manifest.files.len(), config.out_dir.display()));
    Ok(())
}
