//! What the examples measure with.

use std::collections::{BTreeMap, HashMap};

use matching::{Edge, Fate, Field, Outcome, Quality};

/// One line of figures.
pub fn print(what: &str, q: &Quality) {
    println!(
        "{what}: pairs P {:.4} R {:.4} F1 {:.4} | B3 P {:.4} R {:.4} F1 {:.4} | exact F1 {:.4} | {} clusters, {} true, \
         {} impure ({:.2} %), largest {} (true {})",
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
        100.0 * q.impure as f64 / q.clusters.max(1) as f64,
        q.largest,
        q.largest_true
    );
}

/// Levels of an edge in words.
pub fn levels(edge: &Edge) -> String {
    let known = Field::ALL.iter().filter(|&&field| edge.levels.of(field) != 0);
    known.map(|&field| format!("{field:?}={}", edge.levels.label(field))).collect::<Vec<_>>().join(" ")
}

/// The model, edges by fate and truth, and the level patterns that go wrong most.
pub fn errors(out: &Outcome, truth: &[u32]) {
    println!("prior {}", out.model.prior);
    for (field, levels) in &out.model.weights {
        for level in levels.iter().filter(|level| level.u > 0.0) {
            let (m, u) = (level.m, level.u);
            println!(
                "  {field:?} {} m {m:.4} u {u:.2e} weight {} ({})",
                level.level, level.weight, level.support
            );
        }
    }
    let mut fates: BTreeMap<(Fate, bool), u64> = BTreeMap::new();
    let mut patterns: HashMap<String, u64> = HashMap::new();
    for edge in &out.edges {
        let same = truth[edge.a as usize] == truth[edge.b as usize];
        *fates.entry((edge.fate, same)).or_default() += 1;
        let missed = same && out.clusters.of(edge.a) != out.clusters.of(edge.b);
        if missed || (edge.fate == Fate::Joined && !same) {
            let kind = if same { "missed" } else { "WRONG" };
            *patterns.entry(format!("{kind} {:?} {}", edge.fate, levels(edge))).or_default() += 1;
        }
    }
    for ((fate, same), n) in fates {
        println!("{fate:?} truly the same={same}: {n}");
    }
    let mut worst: Vec<_> = patterns.into_iter().collect();
    worst.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (pattern, n) in worst.into_iter().take(45) {
        println!("{n:6} {pattern}");
    }
}

/// CPU seconds of this process, user and system.
pub fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Largest resident size so far.
pub fn peak_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}
