//! What the room promises, tested from outside.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod dealer;
mod durable;
mod explain;
mod incremental;
mod profile;
mod quality;

/// About `rows` generated records.
fn dealer_file(rows: usize, seed: u64) -> Vec<dealer::Labelled> {
    let mut all = Vec::with_capacity(rows + 16);
    dealer::stream(rows, seed, |row| all.push(row));
    all
}
