//! The first screen of director, store manager and data administrator: one shape, cut by scope and
//! permission. Every figure has its list behind it (`to` is the console's address of it).

use std::collections::HashMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;
use web::{Ctx, Permission};

use crate::masking::{name_for, plate_for};
use crate::numbers::PersonRef;
use crate::validity::model::TrendPoint;
use crate::validity::queries::trend;

/// Stores shown on the first screen; a group has fewer.
const STORES_MAX: i64 = 500;
/// Newcomers shown.
const NEWCOMERS_MAX: i64 = 10;

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

/// The scope whose counts stand for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Widest {
    kind: &'static str,
    id: i32,
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
        exceptions.extend(exception("quarantine_open", "条隔离数据待处理", "rows in quarantine", open_quarantine, "/quarantine"));
    }
    if sees_review {
        exceptions.extend(exception("review_open", "对疑似重复客户待审核", "pairs to be reviewed", open_reviews, "/review"));
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

/// The group for who has it; else a region or brand whose stores are exactly the reader's; else his
/// first store.
async fn widest_scope(tx: &mut PgConnection, ctx: &Ctx) -> Result<Option<Widest>, sqlx::Error> {
    if ctx.access.group {
        return Ok(Some(Widest { kind: "group", id: 0 }));
    }
    let sql = "
        SELECT scope_kind, scope_id
        FROM validity_count
        WHERE on_day = (SELECT as_of FROM validity_current)
        ORDER BY array_position(ARRAY['region', 'brand', 'store'], scope_kind), valid DESC, scope_id
        LIMIT 1";
    let found: Option<(String, i32)> = sqlx::query_as(sql).fetch_optional(tx).await?;
    Ok(found.map(|(kind, id)| {
        let kind = match kind.as_str() {
            "region" => "region",
            "brand" => "brand",
            _ => "store",
        };
        Widest { kind, id }
    }))
}

fn plain_tile(code: &'static str, value: i64) -> Tile {
    Tile { code, value: Some(value as f64), last_month: None, last_year: None }
}

fn exception(code: &'static str, zh: &str, en: &str, count: i64, to: &str) -> Option<Exception> {
    (count > 0).then(|| Exception { code, zh: zh.to_owned(), en: en.to_owned(), count, to: to.to_owned() })
}

#[derive(Debug, Clone, Copy, sqlx::FromRow)]
struct DayCount {
    valid: i32,
    invalid: i32,
    unknown: i32,
    active: i32,
    connected: i32,
}

impl DayCount {
    fn known(self) -> f64 {
        f64::from(self.valid) + f64::from(self.invalid) + f64::from(self.unknown)
    }

    /// 连接率: of the valid customers, those with a live channel of the house. None of nobody.
    fn connection_rate(self) -> Option<f64> {
        (self.valid > 0).then(|| f64::from(self.connected) / f64::from(self.valid))
    }
}

async fn people_tiles(tx: &mut PgConnection, widest: &Widest, as_of: Date) -> Result<Vec<Tile>, sqlx::Error> {
    let now = count_on(&mut *tx, widest, as_of, 0).await?;
    let month = count_on(&mut *tx, widest, as_of.saturating_sub(1.month()), 7).await?;
    let year = count_on(tx, widest, as_of.saturating_sub(1.year()), 7).await?;
    let tile = |code, of: fn(DayCount) -> Option<f64>| Tile {
        code,
        value: now.and_then(of),
        last_month: month.and_then(of),
        last_year: year.and_then(of),
    };
    Ok(vec![
        tile("valid_customers", |count| Some(f64::from(count.valid))),
        tile("customers", |count| Some(count.known())),
        tile("active_customers", |count| Some(f64::from(count.active))),
        tile("connection_rate", DayCount::connection_rate),
    ])
}

/// The count of a day, or of the nearest day before it within so many days.
async fn count_on(
    tx: &mut PgConnection,
    widest: &Widest,
    day: Date,
    days_before: i32,
) -> Result<Option<DayCount>, sqlx::Error> {
    let sql = "
        SELECT valid, invalid, unknown, active, connected
        FROM validity_count
        WHERE scope_kind = $1 AND scope_id = $2 AND on_day <= $3::date AND on_day >= $3::date - $4
        ORDER BY on_day DESC
        LIMIT 1";
    sqlx::query_as(sql)
        .bind(widest.kind)
        .bind(widest.id)
        .bind(day.to_string())
        .bind(days_before)
        .fetch_optional(tx)
        .await
}

/// Vehicles of the whole group were counted by the newest identity run; of a few stores they are
/// counted here.
async fn count_vehicles(tx: &mut PgConnection, group: bool) -> Result<f64, sqlx::Error> {
    if group {
        let sql = "
            SELECT vehicles FROM identity_run WHERE state = 'done' AND vehicles > 0 ORDER BY run_id DESC LIMIT 1";
        if let Some(counted) = sqlx::query_scalar::<_, i64>(sql).fetch_optional(&mut *tx).await? {
            return Ok(counted as f64);
        }
    }
    let sql = "SELECT count(DISTINCT vehicle_no) FROM vehicle_store";
    let counted: i64 = sqlx::query_scalar(sql).fetch_one(tx).await?;
    Ok(counted as f64)
}

async fn quality_by_day(tx: &mut PgConnection) -> Result<Vec<QualityPoint>, sqlx::Error> {
    // The score of several stores is weighted by their records, never a mean of means.
    let sql = r#"
        SELECT "on", score
        FROM (SELECT measured_on::text AS "on",
                     (sum(score::float8 * records) / NULLIF(sum(records), 0))::float8 AS score
              FROM quality_score
              GROUP BY measured_on
              ORDER BY measured_on DESC
              LIMIT 400) newest
        ORDER BY 1"#;
    sqlx::query_as(sql).fetch_all(tx).await
}

fn quality_tile(points: &[QualityPoint], as_of: Date) -> Tile {
    let on_or_before = |day: Date| {
        let day = day.to_string();
        points.iter().rev().find(|point| point.on <= day).and_then(|point| point.score)
    };
    Tile {
        code: "quality_score",
        value: points.last().and_then(|point| point.score),
        last_month: on_or_before(as_of.saturating_sub(1.month())),
        last_year: on_or_before(as_of.saturating_sub(1.year())),
    }
}

async fn stores_of_reader(tx: &mut PgConnection) -> Result<Vec<StoreFigures>, sqlx::Error> {
    let sql = "
        SELECT s.store_id, s.short_name AS store_name, r.name AS region_name,
               COALESCE(c.valid, 0)::bigint AS valid,
               COALESCE(c.valid + c.invalid + c.unknown, 0)::bigint AS customers,
               q.score AS quality_score,
               COALESCE(z.open, 0) AS quarantine_open,
               COALESCE(w.open, 0) AS review_open
        FROM store s
        JOIN region r USING (region_id)
        LEFT JOIN validity_count c ON c.scope_kind = 'store' AND c.scope_id = s.store_id
             AND c.on_day = (SELECT as_of FROM validity_current)
        LEFT JOIN (SELECT store_id, (sum(score::float8 * records) / NULLIF(sum(records), 0))::float8 AS score
                   FROM quality_score
                   WHERE measured_on = (SELECT max(measured_on) FROM quality_score)
                   GROUP BY store_id) q ON q.store_id = s.store_id
        LEFT JOIN (SELECT store_id, count(*) AS open FROM quarantine_row WHERE state = 'open' GROUP BY store_id) z
             ON z.store_id = s.store_id
        LEFT JOIN (SELECT store_id, count(*) AS open FROM review_pair WHERE state = 'open' GROUP BY store_id) w
             ON w.store_id = s.store_id
        WHERE s.store_id = ANY ((SELECT fc_stores())::int[])
        ORDER BY valid DESC, s.store_id
        LIMIT $1";
    sqlx::query_as(sql).bind(STORES_MAX).fetch_all(tx).await
}

async fn count_reviews(tx: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM review_pair WHERE state = 'open'").fetch_one(tx).await
}

/// Customers of whom nobody can say whether they still have a car: a task for the stores.
async fn unknown_people(tx: &mut PgConnection, widest: &Widest) -> Result<Option<Exception>, sqlx::Error> {
    let sql = "
        SELECT unknown::bigint
        FROM validity_count
        WHERE scope_kind = $1 AND scope_id = $2 AND on_day = (SELECT as_of FROM validity_current)";
    let count: Option<i64> =
        sqlx::query_scalar(sql).bind(widest.kind).bind(widest.id).fetch_optional(tx).await?;
    let to = format!("/validity/people?scope_kind={}&scope_id={}&verdict=unknown", widest.kind, widest.id);
    let (zh, en) = ("位客户无法判断是否仍有车", "customers of whom it is unknown whether they have a car");
    Ok(exception("validity_unknown", zh, en, count.unwrap_or(0), &to))
}

/// The pair of the reader's stores with the most customers lost at one and served by the other.
async fn lost_elsewhere(tx: &mut PgConnection) -> Result<Option<Exception>, sqlx::Error> {
    let sql = "
        SELECT lost_at, served_by, people::bigint
        FROM (SELECT store_b AS lost_at, store_a AS served_by, valid_a_only AS people FROM validity_overlap
              UNION ALL
              SELECT store_a, store_b, valid_b_only FROM validity_overlap) pair
        WHERE people > 0
        ORDER BY people DESC, lost_at, served_by
        LIMIT 1";
    let Some((lost_at, served_by, people)) =
        sqlx::query_as::<_, (i32, i32, i64)>(sql).fetch_optional(&mut *tx).await?
    else {
        return Ok(None);
    };
    let sql = "SELECT store_id, short_name FROM store WHERE store_id = ANY ($1)";
    let names: Vec<(i32, String)> =
        sqlx::query_as(sql).bind(vec![lost_at, served_by]).fetch_all(tx).await?;
    let names: HashMap<i32, String> = names.into_iter().collect();
    let name = |store| names.get(&store).map_or("", String::as_str);
    let zh = format!("位客户在{}无效、在{}有效", name(lost_at), name(served_by));
    let en = format!("customers invalid at {} and valid at {}", name(lost_at), name(served_by));
    let to = format!(
        "/validity/people?scope_kind=store&scope_id={lost_at}&verdict=invalid\
         &other_scope_kind=store&other_scope_id={served_by}&other_verdict=valid"
    );
    Ok(exception("valid_elsewhere", &zh, &en, people, &to))
}

async fn newcomers(tx: &mut PgConnection, ctx: &Ctx, today: Date) -> Result<Vec<Newcomer>, sqlx::Error> {
    let sql = "
        SELECT ps.person_no, p.name, ps.first_on::text,
               v.plate, COALESCE(v.series, v.model) AS series
        FROM (SELECT person_no, max(first_on) AS first_on
              FROM person_store
              WHERE first_on > $1::date - 30 AND first_on <= $1::date
              GROUP BY person_no
              ORDER BY max(first_on) DESC, person_no
              LIMIT $2) ps
        JOIN person p USING (person_no)
        LEFT JOIN LATERAL (SELECT v.plate, v.series, v.model
                           FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
                           WHERE r.person_no = ps.person_no AND r.role IN ('owner', 'user')
                           ORDER BY r.from_on DESC NULLS LAST
                           LIMIT 1) v ON true
        ORDER BY ps.first_on DESC, ps.person_no";
    type Row = (PersonRef, Option<String>, String, Option<String>, Option<String>);
    let rows: Vec<Row> =
        sqlx::query_as(sql).bind(today.to_string()).bind(NEWCOMERS_MAX).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|(person_no, name, seen_on, plate, series)| Newcomer {
        person_no: person_no.0,
        name: name_for(&ctx.access, name),
        seen_on,
        vehicle: plate_for(&ctx.access, plate).or(series),
    });
    Ok(shown.collect())
}
