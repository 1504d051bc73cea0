//! Measures quality and cost on generated dealer records: `cargo run --release -p matching --example quality -- 1000000`.

#[path = "../tests/it/dealer.rs"]
mod dealer;

use std::time::Instant;

use matching::{
    Constraints, Fate, Field, HashKey, Records, Settings, Thresholds, Weights, link_all, quality,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let auto = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(Thresholds::default().auto);
    let show = arguments.next().is_some();
    let file = dealer::file(rows, 7);
    let begun = (Instant::now(), cpu_seconds());
    let mut records = Records::new(HashKey::default());
    let mut truth: Vec<(matching::RecordKey, u32)> = Vec::with_capacity(file.len());
    for chunk in file.chunks(50_000) {
        let inputs: Vec<_> = chunk.iter().map(|row| row.input.clone()).collect();
        records.extend(&inputs);
        truth.extend(chunk.iter().map(|row| (row.input.key, row.truth)));
    }
    let mut records = records.seal().unwrap_or_else(|error| panic!("{error}"));
    let read = begun.0.elapsed();
    let thresholds = Thresholds { auto, ..Thresholds::default() };
    let weights = Weights::Train { thresholds, settings: &Settings::default() };
    let out =
        link_all(&mut records, &Constraints::default(), weights).unwrap_or_else(|error| panic!("{error}"));
    println!(
        "{} records in {:.1} s wall ({:.1} reading), {:.1} CPU s, peak {} MiB",
        records.len(),
        begun.0.elapsed().as_secs_f64(),
        read.as_secs_f64(),
        cpu_seconds() - begun.1,
        peak_mib()
    );
    let mut wanted = vec![0u32; records.len()];
    for (key, customer) in truth {
        if let Some(at) = records.position(key) {
            wanted[at as usize] = customer;
        }
    }
    let q = quality(out.clusters.labels(), &wanted);
    println!(
        "pairs P {:.4} R {:.4} F1 {:.4} | B3 P {:.4} R {:.4} F1 {:.4} | exact {:.4} | clusters {} of {} impure {} largest {} (true {})",
        q.pairwise.precision,
        q.pairwise.recall,
        q.pairwise.f1,
        q.b_cubed.precision,
        q.b_cubed.recall,
        q.b_cubed.f1,
        q.exact.f1,
        q.clusters,
        q.customers,
        q.impure,
        q.largest,
        q.largest_true
    );
    if show {
        explain(&out, &wanted);
    }
}

/// Where the errors are: edges by fate and truth, the weights, and the level patterns that go wrong most.
fn explain(out: &matching::Outcome, truth: &[u32]) {
    println!("prior {}", out.model.prior);
    for (field, levels) in &out.model.weights {
        for level in levels.iter().filter(|level| level.u > 0.0) {
            println!(
                "  {field:?} {} m {:.4} u {:.2e} weight {} ({})",
                level.level, level.m, level.u, level.weight, level.support
            );
        }
    }
    let mut fates: std::collections::BTreeMap<(Fate, bool), u64> = Default::default();
    let mut patterns: std::collections::HashMap<String, u64> = Default::default();
    for edge in &out.edges {
        let same = truth[edge.a as usize] == truth[edge.b as usize];
        *fates.entry((edge.fate, same)).or_default() += 1;
        let wrong = (edge.fate == Fate::Joined && !same)
            || (same && out.clusters.of(edge.a) != out.clusters.of(edge.b));
        if wrong {
            let levels: Vec<String> = Field::ALL
                .iter()
                .filter(|&&field| edge.levels.of(field) != 0)
                .map(|&field| format!("{field:?}={}", edge.levels.label(field)))
                .collect();
            let kind = if same { "missed" } else { "WRONG" };
            *patterns.entry(format!("{kind} {:?} {}", edge.fate, levels.join(" "))).or_default() += 1;
        }
    }
    for ((fate, same), n) in fates {
        println!("{fate:?} truly-same={same}: {n}");
    }
    let mut worst: Vec<_> = patterns.into_iter().collect();
    worst.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (pattern, n) in worst.into_iter().take(45) {
        println!("{n:6} {pattern}");
    }
}

fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}
