//! Quality and cost of a full run.

use std::time::Instant;

use matching::{Constraints, HashKey, MatchError, Records, Settings, Thresholds, Weights, link_all, quality};

use crate::{dealer, measure};

/// `ROWS [auto threshold in 1/100 bit] [errors]`
pub fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), MatchError> {
    let rows = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let auto = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(Thresholds::default().auto);
    let mut records = Records::new(HashKey::default());
    let mut truth = Vec::with_capacity(rows);
    dealer::stream(rows, 7, |row| {
        records.push(&row.input);
        truth.push((row.input.key, row.truth));
    });
    let begun = (Instant::now(), measure::cpu_seconds());
    let mut records = records.seal()?;
    let thresholds = Thresholds { auto, ..Thresholds::default() };
    let weights = Weights::Train { thresholds, settings: &Settings::default() };
    let out = link_all(&mut records, &Constraints::default(), weights)?;
    println!(
        "{} records linked in {:.1} s wall, {:.1} s CPU, peak {} MiB",
        records.len(),
        begun.0.elapsed().as_secs_f64(),
        measure::cpu_seconds() - begun.1,
        measure::peak_mib()
    );
    let mut wanted = vec![0u32; records.len()];
    for (key, customer) in truth {
        if let Some(at) = records.position(key) {
            wanted[at as usize] = customer;
        }
    }
    measure::print("customers", &quality(out.clusters.labels(), &wanted));
    if arguments.next().is_some() {
        measure::errors(&out, &wanted);
    }
    Ok(())
}
