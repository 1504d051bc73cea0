//! `forecourt demo`: from nothing to a console full of a dealer group. Every step recognises what an
//! earlier start has done, so that it may be stopped anywhere.

use anyhow::Result;
use intake::ImportOptions;
use kernel::clock::Clock;
use synth::SynthConfig;
use web::AppState;

use crate::cli::{DemoArgs, Place};
use crate::commands::{import, serve, synth as synth_command, unify};
use crate::setup::{self, Capacity};

/// Password of every persona of the demonstration; real houses never have it.
const DEMO_PASSWORD: &str = "Forecourt-Demo-1";

/// Prepares the group and serves it.
pub async fn run(place: &Place, args: &DemoArgs) -> Result<()> {
    let config =
        SynthConfig::new(synth_command::preset(&args.preset)?, args.seed, place.data_dir.join("synth"));
    std::fs::create_dir_all(&place.data_dir)?;
    tokio::task::block_in_place(|| synth_command::generate(&config))?;
    // The group lives in the days its exports were drawn.
    let capacity = if args.prepare_only { Capacity::Guest } else { Capacity::Server };
    let house = setup::open(place, capacity).await?;
    let house = AppState { clock: Clock::as_if_today_were(config.today), ..house };
    prepare(&house, &config).await?;
    if args.prepare_only {
        house.db.close().await;
        return Ok(());
    }
    serve::serve(place, &args.serve, house, Some(config.today)).await
}

async fn prepare(house: &AppState, config: &SynthConfig) -> Result<()> {
    let admin = org::ensure_admin(&house.db).await?;
    import::organisation(house, &config.out_dir.join("org.xlsx")).await?;
    let personas = org::open_persona_accounts(&house.db, DEMO_PASSWORD).await?;
    let report = import::exports(house, &config.out_dir.join("exports"), &ImportOptions::default()).await?;
    if report.rows_new + report.rows_changed > 0 || !app::pipeline::is_current(house).await? {
        unify::recompute(house).await?;
    }
    println!("\nLog-ins, password of all: {DEMO_PASSWORD}");
    for persona in personas {
        println!("  {:<12} {}", persona.user_name, persona.zh);
    }
    if let Some(admin) = admin {
        println!("  {:<12} 系统管理员, first password {} (shown once)", admin.username, admin.password);
    }
    println!();
    Ok(())
}
