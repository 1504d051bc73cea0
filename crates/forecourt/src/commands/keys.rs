//! `forecourt keys`.

use anyhow::Result;

use crate::cli::{KeysAction, KeysArgs, Place};
use crate::setup::{self, Capacity};

/// Runs the action.
pub async fn run(place: &Place, args: &KeysArgs) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    match args.action {
        KeysAction::Rotate => {
            let key = house.vault.rotate(&house.db).await?;
            println!("From now on key {key} seals; older values stay readable. Back up keys.json.");
        }
    }
    house.db.close().await;
    Ok(())
}
