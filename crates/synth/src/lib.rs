//! A deterministic synthetic dealer group: export files of every store's systems, the
//! truth behind them and the answers a correct platform must give. See README.md beside.

mod bench;
mod brands;
mod calendar;
mod dirt;
mod error;
mod exports;
mod generate;
mod ids;
mod insurance;
mod layouts;
mod lives;
mod manifest;
mod names;
mod org;
mod org_book;
mod params;
mod people;
mod periods;
mod plan;
mod preset;
mod rng;
mod service;
mod shop;
mod staff;
mod truth;
mod validity;
mod vehicles;

pub use bench::bench_customers;
pub use error::SynthError;
pub use generate::{Progress, SynthConfig, generate, generate_until};
pub use manifest::{FileEntry, Manifest};
pub use preset::Preset;
