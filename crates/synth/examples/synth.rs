//! `cargo run --release -p synth --example synth -- <preset> <seed> <folder>` or
//! `... -- bench <rows> <seed> <file>` for the customer file of the matcher's benchmark.

use synth::{Preset, SynthConfig, bench_customers, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|a| a == "bench").is_some() {
        let rows = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
        let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(42);
        let path = args.next().unwrap_or_else(|| "customer_bench.csv".to_owned());
        bench_customers(rows, seed, path.as_ref())?;
        return Ok(());
    }
    let preset = args.next().and_then(|n| Preset::parse(&n)).unwrap_or(Preset::Nano);
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(42);
    let folder = args.next().unwrap_or_else(|| format!("data/synth-{}", preset.code()));
    let manifest = generate(&SynthConfig::new(preset, seed, &folder), &|p| {
        eprintln!("{}/{} {} {} rows", p.done, p.total, p.step, p.rows);
    })?;
    let mut kinds: Vec<(&str, &str)> =
        manifest.files.iter().map(|f| (f.source.as_str(), f.kind.as_str())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for (source, kind) in kinds {
        let files = manifest.files.iter().filter(|f| f.source == source && f.kind == kind).count();
        println!("{source}.{kind}: {files} files, {} rows", manifest.rows(source, kind));
    }
    let bytes: u64 = manifest.files.iter().map(|f| f.bytes).sum();
    println!("{} files, {bytes} bytes", manifest.files.len());
    for (name, rows) in &manifest.truth {
        println!("truth/{name}: {rows}");
    }
    Ok(())
}
