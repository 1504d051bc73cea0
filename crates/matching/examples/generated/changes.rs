//! One changed record at a time, in memory and with a flush to the disk.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use matching::{
    Constraints, Durable, HashKey, Incremental, PartyInput, Records, Settings, Thresholds, Unsealed, Weights,
    link_all,
};

use crate::{dealer, measure};

/// `ROWS [CHANGES] [FOLDER]`
pub fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let changes: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let folder =
        arguments.next().map_or_else(|| std::env::temp_dir().join("matching-changes"), PathBuf::from);
    let key = HashKey::default();
    let mut records = Records::new(key);
    let mut late: Vec<PartyInput> = Vec::new();
    let mut written = 0;
    dealer::stream(rows, 7, |row| {
        written += 1;
        if written % (rows / (2 * changes)).max(1) == 0 {
            late.push(row.input);
        } else {
            records.push(&row.input);
        }
    });
    let mut records = records.seal()?;
    let said = Constraints::default();
    let settings = Settings::default();
    let out = link_all(
        &mut records,
        &said,
        Weights::Train { thresholds: Thresholds::default(), settings: &settings },
    )?;
    let begun = Instant::now();
    let mut index = Incremental::from_outcome(&records, &out, &said)?;
    println!(
        "{} records taken over in {:.1} s, peak {} MiB",
        index.len(),
        begun.elapsed().as_secs_f64(),
        measure::peak_mib()
    );
    drop((records, out));
    let (now, durable) = late.split_at(late.len() / 2);
    show("in memory", now.iter().map(|input| timed(|| drop(index.upsert(input)))).collect());
    let mut removed = index.clone();
    show("removed", now.iter().take(500).map(|input| timed(|| drop(removed.remove(input.key)))).collect());
    drop(removed);
    let begun = Instant::now();
    let mut store = Durable::create(&folder, index, Box::new(Unsealed))?;
    println!("snapshot written in {:.1} s", begun.elapsed().as_secs_f64());
    let mut times = Vec::with_capacity(durable.len());
    for input in durable {
        let begun = Instant::now();
        store.upsert(input)?;
        times.push(begun.elapsed());
    }
    show("durable", times);
    drop(store);
    let begun = Instant::now();
    let store = Durable::open(&folder, key, Box::new(Unsealed))?.ok_or("no snapshot")?;
    println!("{} records opened again in {:.1} s", store.index().len(), begun.elapsed().as_secs_f64());
    drop(store);
    show("flush alone", flushes(&folder, durable.len())?);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// What the disk takes for the flush itself, to be read beside the durable line.
fn flushes(folder: &std::path::Path, n: usize) -> std::io::Result<Vec<Duration>> {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::create(folder.join("flush"))?;
    file.write_all_at(&vec![0; 4 << 20], 0)?;
    file.sync_all()?;
    (0..n)
        .map(|at| {
            let begun = Instant::now();
            file.write_all_at(&[1; 200], at as u64 * 200)?;
            file.sync_data()?;
            Ok(begun.elapsed())
        })
        .collect()
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at =
        |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    let micros = |share| at(share).map_or(0, Duration::as_micros);
    println!(
        "{what}: {} changes, p50 {} µs, p99 {} µs, max {} µs",
        times.len(),
        micros(0.5),
        micros(0.99),
        micros(1.0)
    );
}
