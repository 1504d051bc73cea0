//! The first screen of director, store manager and data administrator: one shape, cut by scope and
//! permission. Every figure has its list behind it (`to` is the console's address of it).

mod exceptions;
mod figures;

use jiff::civil::Date;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;
use web::{Ctx, Permission};

use crate::validity::model::TrendPoint;
use crate::validity::summary::trend;
use exceptions::{exception, lost_elsewhere, newcomers, unknown_people};
use figures::{
    count_reviews, count_vehicles, people_tiles, plain_tile, quality_by_day, quality_tile, stores_of_reader,
    widest_scope,
};

/// One figure, with the same figure a month and a year ago.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Tile {
    /// `valid_customers`, `customers`, `active_customers`, `connection_rate`, `vehicles`, `quality_score`,
    /// `quarantine_open`, `review_open`.
    pub code: &'static str,
    /// The figure.
    pub value: Option<f64>,
    /// A month ago; none when it was not counted.
    pub last_month: Option<f64>,
    /// A year ago; none when it was not counted.
    pub last_year: Option<f64>,
}

/// One store of the reader.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct StoreFigures {
    /// The store.
    pub store_id: i32,
    /// Its short name.
    pub store_name: String,
    /// Its region.
    pub region_name: String,
    /// Valid customers.
    pub valid: i64,
    /// Customers known.
    pub customers: i64,
    /// 0 to 100.
    pub quality_score: Option<f64>,
    /// Rows in quarantine.
    pub quarantine_open: i64,
    /// Pairs to be reviewed.
    pub review_open: i64,
}

/// Quality on a day.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct QualityPoint {
    /// Day.
    pub on: String,
    /// 0 to 100.
    pub score: Option<f64>,
}

/// Something that wants a look.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Exception {
    /// Stable code.
    pub code: &'static str,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// How many.
    pub count: i64,
    /// Address of the list in the console.
    pub to: String,
}

/// A customer new to the store.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Newcomer {
    /// Customer number.
    pub person_no: PersonNo,
    /// Name.
    pub name: Option<String>,
    /// First day at the store.
    pub seen_on: String,
    /// Plate or series of a vehicle.
    pub vehicle: Option<String>,
}

/// The first screen.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Overview {
    /// Day of the figures.
    pub as_of: String,
    /// Figures.
    pub tiles: Vec<Tile>,
    /// The reader's stores, by valid customers.
    pub stores: Vec<StoreFigures>,
    /// Quality day by day.
    pub quality_trend: Vec<QualityPoint>,
    /// Valid customers day by day.
    pub valid_trend: Vec<TrendPoint>,
    /// What wants a look.
    pub exceptions: Vec<Exception>,
    /// The feed board answers for itself (`/api/feeds/summary`); always none here.
    pub feeds: Option<serde_json::Value>,
    /// As above (`/api/feeds`).
    pub late_feeds: Option<serde_json::Value>,
    /// Customers new to the reader's stores in the last 30 days; of readers below group scope.
    pub newcomers: Vec<Newcomer>,
}

/// Builds the first screen of one reader.
///
/// # Errors
/// A fault of the database.
pub async fn overview(tx: &mut PgConnection, ctx: &Ctx, today: Date) -> Result<Overview, sqlx::Error> {
    let sees_validity = ctx.may(Permission::ValidityRead);
    let sees_quality = ctx.may(Permission::QualityRead) || ctx.may(Permission::IntakeRead);
    let sees_review = ctx.may(Permission::IdentityRead);
    let sees_customers = ctx.may(Permission::CustomerRead);
    let as_of: Option<String> =
        sqlx::query_scalar("SELECT as_of::text FROM validity_current").fetch_one(&mut *tx).await?;
    let as_of_day: Date = as_of.as_deref().and_then(|day| day.parse().ok()).unwrap_or(today);

    let widest = widest_scope(&mut *tx, ctx).await?;
    let mut tiles = Vec::new();
    let mut valid_trend = Vec::new();
    if sees_validity && let Some(widest) = &widest {
        tiles.extend(people_tiles(&mut *tx, widest, as_of_day).await?);
        valid_trend = trend(&mut *tx, widest.kind, widest.id).await?;
    }
    if sees_customers {
        let vehicles = count_vehicles(&mut *tx, ctx.access.group).await?;
        tiles.push(Tile { code: "vehicles", value: Some(vehicles), last_month: None, last_year: None });
    }
    let mut quality_trend = Vec::new();
    if sees_quality {
        quality_trend = quality_by_day(&mut *tx).await?;
        tiles.push(quality_tile(&quality_trend, as_of_day));
    }
    let mut stores = stores_of_reader(&mut *tx).await?;
    let open_quarantine = stores.iter().map(|store| store.quarantine_open).sum::<i64>();
    let open_reviews = if sees_review { count_reviews(&mut *tx).await? } else { 0 };
    if !sees_quality {
        stores.iter_mut().for_each(|store| (store.quality_score, store.quarantine_open) = (None, 0));
    }
    if !sees_validity {
        stores.iter_mut().for_each(|store| (store.valid, store.customers) = (0, 0));
    }
    if sees_quality {
        tiles.push(plain_tile("quarantine_open", open_quarantine));
    }
    if sees_review {
        tiles.push(plain_tile("review_open", open_reviews));
    }
    let mut exceptions = Vec::new();
    if sees_quality {
        exceptions.extend(exception(
            "quarantine_open",
            "条隔离数据待处理",
            "rows in quarantine",
            open_quarantine,
            "/quarantine",
        ));
    }
    if sees_review {
        exceptions.extend(exception(
            "review_open",
            "对疑似重复客户待审核",
            "pairs to be reviewed",
            open_reviews,
            "/review",
        ));
    }
    if sees_validity && let Some(widest) = &widest {
        exceptions.extend(unknown_people(&mut *tx, widest).await?);
        exceptions.extend(lost_elsewhere(&mut *tx).await?);
    }
    let newcomers = match sees_customers && !ctx.access.group {
        true => newcomers(&mut *tx, ctx, today).await?,
        false => Vec::new(),
    };
    Ok(Overview {
        as_of: as_of.unwrap_or_else(|| today.to_string()),
        tiles,
        stores,
        quality_trend,
        valid_trend,
        exceptions,
        feeds: None,
        late_feeds: None,
        newcomers,
    })
}
