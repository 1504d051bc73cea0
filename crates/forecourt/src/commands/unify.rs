//! `forecourt unify`.

use anyhow::Result;
use web::AppState;

use crate::cli::Place;
use crate::progress::Stages;
use crate::setup::{self, Capacity};

/// Unifies and recomputes validity.
pub async fn run(place: &Place) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    recompute(&house).await?;
    house.db.close().await;
    Ok(())
}

/// The pipeline with a bar a stage.
pub async fn recompute(house: &AppState) -> Result<()> {
    let stages = Stages::new("unify");
    let done = app::pipeline::recompute(house, &|done, total, what| stages.at(done, total, what)).await?;
    let figures = done.unified.figures;
    stages.end(&format!(
        "{} records -> {} customers, {} vehicle records -> {} vehicles, {} pairs to review, {} shared numbers",
        figures.party_records,
        figures.persons,
        figures.vehicle_records,
        figures.vehicles,
        figures.edges_review,
        figures.super_nodes
    ));
    Ok(())
}
