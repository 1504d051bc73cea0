//! `forecourt worker`: jobs only.

use anyhow::Result;
use db::jobs::StopSwitch;

use crate::cli::Place;
use crate::commands::serve::stop_signal;
use crate::setup::{self, Capacity};

/// Works until told to stop.
pub async fn run(place: &Place) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    let db = house.db.clone();
    let switch = StopSwitch::new();
    let stop = switch.watch();
    tokio::spawn(async move {
        stop_signal().await;
        switch.stop();
    });
    app::worker::run(house, stop).await?;
    db.close().await;
    Ok(())
}
