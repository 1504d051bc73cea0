//! `cargo run --release -p synth --example synth -- <preset> <seed> <folder>`

use synth::{Preset, SynthConfig, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let preset = args.next().and_then(|n| Preset::parse(&n)).unwrap_or(Preset::Nano);
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(42);
    let folder = args.next().unwrap_or_else(|| format!("data/synth-{}", preset.code()));
    let manifest = generate(&SynthConfig::new(preset, seed, &folder), &|p| {
        eprintln!("{}/{} {} {} rows", p.done, p.total, p.step, p.rows);
    })?;
    let mut kinds: Vec<(&str, &str)> = manifest.files.iter().map(|f| (f.source.as_str(), f.kind.as_str())).collect();
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
