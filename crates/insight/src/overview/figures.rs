//! The figures of the first screen and the scope they are counted for.

use jiff::ToSpan as _;
use jiff::civil::Date;
use sqlx::PgConnection;
use web::Ctx;

use super::{QualityPoint, StoreFigures, Tile};

/// Stores shown on the first screen; a group has fewer.
const STORES_MAX: i64 = 500;
/// The scope whose counts stand for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Widest {
    pub(super) kind: &'static str,
    pub(super) id: i32,
}

/// The group for who has it; else a region or brand whose stores are exactly the reader's; else his
/// first store.
pub(super) async fn widest_scope(tx: &mut PgConnection, ctx: &Ctx) -> Result<Option<Widest>, sqlx::Error> {
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

pub(super) fn plain_tile(code: &'static str, value: i64) -> Tile {
    Tile { code, value: Some(value as f64), last_month: None, last_year: None }
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

pub(super) async fn people_tiles(
    tx: &mut PgConnection,
    widest: &Widest,
    as_of: Date,
) -> Result<Vec<Tile>, sqlx::Error> {
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
pub(super) async fn count_vehicles(tx: &mut PgConnection, group: bool) -> Result<f64, sqlx::Error> {
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

pub(super) async fn quality_by_day(tx: &mut PgConnection) -> Result<Vec<QualityPoint>, sqlx::Error> {
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

pub(super) fn quality_tile(points: &[QualityPoint], as_of: Date) -> Tile {
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

pub(super) async fn stores_of_reader(tx: &mut PgConnection) -> Result<Vec<StoreFigures>, sqlx::Error> {
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

pub(super) async fn count_reviews(tx: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM review_pair WHERE state = 'open'").fetch_one(tx).await
}
