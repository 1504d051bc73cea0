//! A small dealer group, generated, imported and unified as `forecourt demo` does it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use app::observe::Metrics;
use app::{migrations, pipeline};
use axum::Router;
use db::test_support::TestDb;
use intake::{ImportOptions, Quiet};
use kernel::clock::Clock;
use synth::{Preset, SynthConfig};
use web::AppState;

/// Password of the personas in these tests.
pub const PASSWORD: &str = "Forecourt-Demo-1";

/// A served house.
pub struct House {
    pub state: AppState,
    pub router: Router,
    // The database lives as long as the house.
    _db: TestDb,
    _folder: tempfile::TempDir,
}

impl House {
    /// The nano group: two stores, everything imported, unified and judged.
    pub async fn nano() -> House {
        let folder = tempfile::tempdir().unwrap();
        let config = SynthConfig::new(Preset::Nano, 7, folder.path().join("synth"));
        tokio::task::block_in_place(|| synth::generate(&config, &|_| {})).unwrap();
        let test_db = TestDb::new(migrations::MIGRATIONS).await;
        let state = AppState {
            db: test_db.db(),
            vault: test_db.vault(),
            clock: Clock::as_if_today_were(config.today),
            data_dir: Arc::from(folder.path()),
            secure_cookies: false,
        };
        fill(&state, &config.out_dir).await;
        let router = app::router(state.clone(), metrics(), None);
        House { state, router, _db: test_db, _folder: folder }
    }
}

async fn fill(state: &AppState, synth: &Path) {
    org::ensure_admin(&state.db).await.unwrap();
    org::import_org_file(&state.db, &state.vault, &synth.join("org.xlsx")).await.unwrap();
    org::open_persona_accounts(&state.db, PASSWORD).await.unwrap();
    let exports = synth.join("exports");
    let options = ImportOptions::default();
    let report = intake::import_path(
        &state.db,
        state.vault.clone(),
        state.clock.clone(),
        &exports,
        &options,
        Arc::new(Quiet),
    )
    .await
    .unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    pipeline::recompute(state, &|_, _, _| {}).await.unwrap();
}

/// The recorder is one a process.
fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}
