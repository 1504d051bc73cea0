//! Opening the house: database, keys, migrations.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use db::{Db, DbConfig, Vault};
use kernel::clock::Clock;
use web::AppState;

use crate::cli::Place;

/// In which capacity a process opens the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// The one server of the folder.
    Server,
    /// A worker or a command beside it, or alone.
    Guest,
}

/// Opens the data folder and brings its database to this binary's state.
pub async fn open(place: &Place, capacity: Capacity) -> Result<AppState> {
    std::fs::create_dir_all(&place.data_dir)
        .with_context(|| format!("cannot create the data folder {}", place.data_dir.display()))?;
    let config = DbConfig {
        data_dir: place.data_dir.clone(),
        database_url: place.database_url.clone(),
        max_connections: 16,
    };
    let db = match capacity {
        Capacity::Server => Db::open(&config).await,
        Capacity::Guest => Db::join(&config).await,
    }
    .with_context(|| format!("cannot open the data folder {}", place.data_dir.display()))?;
    app::migrate(&db).await.context("the database could not be brought to this version's state")?;
    let vault = Vault::load(&db).await.context("the encryption keys do not open this data folder")?;
    Ok(AppState {
        db,
        vault: Arc::new(vault),
        clock: clock()?,
        data_dir: Arc::from(place.data_dir.as_path()),
        secure_cookies: false,
    })
}

/// Names the day a replayed house lives in.
pub const TODAY: &str = "FORECOURT_TODAY";

/// The machine's clock, set to the day in `FORECOURT_TODAY` when a demonstration is replayed.
fn clock() -> Result<Clock> {
    match std::env::var(TODAY) {
        Ok(day) => {
            let day = day.parse().with_context(|| format!("{TODAY}={day} is not a date like 2022-06-30"))?;
            Ok(Clock::as_if_today_were(day))
        }
        Err(_) => Ok(Clock::system()),
    }
}
