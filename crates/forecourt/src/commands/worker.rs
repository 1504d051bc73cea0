//! `forecourt worker`: jobs only.

use anyhow::Result;
use kernel::clock::Clock;

use crate::cli::Place;
use crate::commands::serve::stop_signal;
use crate::setup::{self, Capacity};

/// Works until told to stop.
pub async fn run(place: &Place) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    let db = house.db.clone();
    app::worker::run(house.db, house.vault, Clock::system(), &place.data_dir, stop_signal()).await?;
    db.close().await;
    Ok(())
}
