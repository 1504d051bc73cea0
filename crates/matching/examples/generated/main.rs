//! Measures on records of the small generator of the tests:
//! `cargo run --release -p matching --example generated -- link ROWS [auto threshold in 1/100 bit] [errors]`,
//! `cargo run --release -p matching --example generated -- changes ROWS [CHANGES] [FOLDER]`.

mod changes;
#[path = "../../tests/it/dealer.rs"]
mod dealer;
mod link;
#[path = "../measure/mod.rs"]
mod measure;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("changes") => changes::run(arguments),
        Some("link") => Ok(link::run(arguments)?),
        _ => Err("expected `link ROWS` or `changes ROWS`".into()),
    }
}
