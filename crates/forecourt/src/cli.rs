//! The words of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Forecourt (回店): customer operations for car-dealer groups.
///
/// Twenty years of records out of DMS, ERP, insurance and used-car systems become one trustworthy
/// customer and one trustworthy vehicle. Start with `forecourt demo`, or `forecourt serve` on your own
/// data folder.
#[derive(Debug, Parser)]
#[command(name = "forecourt", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub place: Place,
    /// How the log is written to standard error; level by RUST_LOG.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the data live.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Data folder: private database, landed files, uploads, keys.
    #[arg(long, global = true, env = "FORECOURT_DATA", default_value = "data/forecourt")]
    pub data_dir: PathBuf,
    /// A PostgreSQL server of yours; without it the data folder holds a private one.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve console and API, with a worker beside it.
    ///
    /// The first start prints the administrator's log-in once.
    Serve(ServeArgs),
    /// Work on jobs only: imports, unification, validity. `serve` starts one itself.
    Worker,
    /// Generate a dealer group, import, unify and serve it. Stop and start again at will.
    Demo(DemoArgs),
    /// Write the synthetic dealer group: export files, truth tables, org workbook.
    Synth(SynthArgs),
    /// Import export files: a folder as `synth` writes it, or single files.
    ///
    /// The same file twice changes nothing; rows that cannot be linked are quarantined with a reason.
    Import(ImportArgs),
    /// Unify people and vehicles from all evidence, then recompute who is a valid customer.
    Unify,
    /// Link the rows of any CSV with a declared profile and, given truth, measure the result.
    Link(LinkArgs),
    /// Check machine, data folder, keys and database, and say what to do.
    Doctor,
    /// Write everything but the keys into one archive.
    Backup(ArchiveArgs),
    /// Restore an archive into an empty data folder.
    Restore(RestoreArgs),
    /// Look after the encryption keys.
    Keys(KeysArgs),
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address to listen on.
    #[arg(long, env = "FORECOURT_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder of the built console.
    #[arg(long, env = "WEB_DIR")]
    pub web_dir: Option<PathBuf>,
    /// Do not start a worker.
    #[arg(long)]
    pub no_worker: bool,
    /// The browser reaches us over TLS: cookies become `Secure`.
    #[arg(long, env = "FORECOURT_TLS")]
    pub behind_tls: bool,
}

#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Size of the group.
    #[arg(long, default_value = "demo")]
    pub preset: String,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Prepare everything, then stop instead of serving.
    #[arg(long)]
    pub prepare_only: bool,
}

#[derive(Debug, Args)]
pub struct SynthArgs {
    /// nano, demo, store20, full or oem.
    #[arg(long, default_value = "demo")]
    pub preset: String,
    /// The same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder to write to.
    #[arg(long, default_value = "data/synth")]
    pub out: PathBuf,
    /// Write only a customer file with truth for the matching benchmark, with so many rows.
    #[arg(long, value_name = "ROWS")]
    pub bench_rows: Option<u64>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Folders or files.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Store code, for single files.
    #[arg(long)]
    pub store: Option<String>,
    /// Source system, for single files: dms, erp, insurance, used_car, paper, wecom, hr.
    #[arg(long)]
    pub source: Option<String>,
    /// Import this workbook of regions, companies, stores and accounts first.
    #[arg(long, value_name = "XLSX")]
    pub org: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LinkArgs {
    /// The profile: fields, comparators, blocking keys, truth column.
    #[arg(long)]
    pub profile: PathBuf,
    /// CSV files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Where the clusters go.
    #[arg(long, default_value = "clusters.csv")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct ArchiveArgs {
    /// The archive.
    pub archive: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The archive.
    pub archive: PathBuf,
    /// The key file that was kept apart; without it the data folder must hold one already.
    #[arg(long, value_name = "KEYS_JSON")]
    pub keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    pub action: KeysAction,
}

#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Add a new key for everything sealed from now on; old keys stay readable.
    Rotate,
}
