//! Links CSV files by a profile: `cargo run -p matching --example febrl -- PROFILE OUT FILE...`.

use std::path::PathBuf;

fn main() {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [profile, out, inputs @ ..] = &arguments[..] else { panic!("PROFILE OUT FILE...") };
    let text = std::fs::read_to_string(profile).unwrap_or_else(|error| panic!("{error}"));
    let profile = matching::profile::Profile::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let report = matching::profile::run(&profile, inputs, out).unwrap_or_else(|error| panic!("{error}"));
    println!("{report:#?}");
}
