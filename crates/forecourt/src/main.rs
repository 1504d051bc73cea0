//! `forecourt`: the one command of the platform. `forecourt --help` is its manual.

mod cli;
mod commands;
mod logging;
mod progress;
mod setup;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("forecourt: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forecourt: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let place = &cli.place;
    match cli.command {
        Command::Serve(args) => commands::serve::run(place, &args).await,
        Command::Worker => commands::worker::run(place).await,
        Command::Demo(args) => commands::demo::run(place, &args).await,
        Command::Synth(args) => commands::synth::run(&args),
        Command::Import(args) => commands::import::run(place, &args).await,
        Command::Unify => commands::unify::run(place).await,
        Command::Link(args) => commands::link::run(&args),
        Command::Doctor => commands::doctor::run(place).await,
        Command::Backup(args) => commands::backup::backup(place, &args).await,
        Command::Restore(args) => commands::backup::restore(place, &args).await,
        Command::Keys(args) => commands::keys::run(place, &args).await,
        Command::Openapi => commands::openapi::run(),
    }
}
