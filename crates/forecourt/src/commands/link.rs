//! `forecourt link`: the matching engine on any CSV.

use anyhow::{Context as _, Result};
use matching::profile::{self, Profile};

use crate::cli::LinkArgs;

/// Links, writes the clusters, prints the measures.
pub fn run(args: &LinkArgs) -> Result<()> {
    let text = std::fs::read_to_string(&args.profile)
        .with_context(|| format!("cannot read the profile {}", args.profile.display()))?;
    let profile = Profile::parse(&text)
        .with_context(|| format!("the profile {} cannot be used", args.profile.display()))?;
    let report = profile::run(&profile, &args.files, &args.out).context("the files could not be linked")?;
    println!(
        "{} records, {} pairs compared, {} links, {} clusters",
        report.records, report.pairs, report.links, report.clusters
    );
    if let Some(quality) = &report.quality {
        println!("{:<10} {:>9} {:>9} {:>9}", "", "precision", "recall", "F1");
        for (name, score) in
            [("pairwise", quality.pairwise), ("B-cubed", quality.b_cubed), ("exact", quality.exact)]
        {
            println!("{name:<10} {:>9.4} {:>9.4} {:>9.4}", score.precision, score.recall, score.f1);
        }
    }
    println!("clusters in {}", args.out.display());
    Ok(())
}
