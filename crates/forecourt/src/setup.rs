//! Opening the house: database, keys, migrations.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use db::{Db, DbConfig, Vault};

use crate::cli::Place;

/// An open, migrated data folder.
pub struct House {
    /// The database.
    pub db: Db,
    /// The keys.
    pub vault: Arc<Vault>,
}

/// In which capacity a process opens the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// The one server of the folder.
    Server,
    /// A worker or a command beside it, or alone.
    Guest,
}

fn config(place: &Place) -> DbConfig {
    DbConfig { data_dir: place.data_dir.clone(), database_url: place.database_url.clone(), max_connections: 16 }
}

/// Opens the database and brings it to this binary's state.
pub async fn open(place: &Place, capacity: Capacity) -> Result<House> {
    std::fs::create_dir_all(&place.data_dir)
        .with_context(|| format!("cannot create the data folder {}", place.data_dir.display()))?;
    let config = config(place);
    let db = match capacity {
        Capacity::Server => Db::open(&config).await,
        Capacity::Guest => Db::join(&config).await,
    }
    .with_context(|| format!("cannot open the data folder {}", place.data_dir.display()))?;
    app::migrate(&db).await.context("the database could not be brought to this version's state")?;
    let vault = Vault::load(&db).await.context("the encryption keys do not open this data folder")?;
    Ok(House { db, vault: Arc::new(vault) })
}
