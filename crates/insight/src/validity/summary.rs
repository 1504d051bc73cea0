//! Counts of people, their trend and their overlap, within the reader's scope.

use std::collections::HashMap;

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::model::{
    OverlapMatrix, OverlapStore, ReasonCount, ReasonView, ScopeCount, TrendPoint, ValiditySummary,
};
use super::queries::SCOPE_NAME;

/// Days of trend on a first screen.
const TREND_DAYS: i64 = 400;

/// Stores of one overlap matrix; a larger one nobody reads.
pub const MATRIX_STORES_MAX: i64 = 100;

#[derive(sqlx::FromRow)]
struct CountRow {
    scope_kind: String,
    scope_id: i32,
    scope_name: String,
    region_name: Option<String>,
    valid: i32,
    invalid: i32,
    unknown: i32,
    valid_at_store: i32,
    reasons: serde_json::Value,
}

/// Counts of all scopes the reader may see, of the newest run.
///
/// # Errors
/// A fault of the database.
pub async fn summary(tx: &mut PgConnection) -> Result<ValiditySummary, sqlx::Error> {
    let sql = "SELECT rule_version, as_of::text FROM validity_current";
    let (rule_version, as_of): (i32, Option<String>) = sqlx::query_as(sql).fetch_one(&mut *tx).await?;
    let mut sql = QueryBuilder::<Postgres>::new("SELECT v.scope_kind, v.scope_id,");
    sql.push(SCOPE_NAME).push(
        " AS scope_name,
          (SELECT r.name FROM store s JOIN region r USING (region_id)
           WHERE v.scope_kind = 'store' AND s.store_id = v.scope_id) AS region_name,
          v.valid, v.invalid, v.unknown, v.valid_at_store, v.reasons
          FROM validity_count v
          WHERE v.on_day = (SELECT as_of FROM validity_current)
          ORDER BY v.scope_kind, v.valid DESC, v.scope_id",
    );
    let rows: Vec<CountRow> = sql.build_query_as().fetch_all(&mut *tx).await?;
    let of =
        |kind: &str| rows.iter().filter(|row| row.scope_kind == kind).map(scope_count).collect::<Vec<_>>();
    let stores = of("store");
    let sum_of_stores = stores.iter().map(|store| store.valid).sum();
    let group = rows.iter().find(|row| row.scope_kind == "group");
    let (distinct_in_stores, group_distinct) = match group {
        Some(group) => (i64::from(group.valid_at_store), i64::from(group.valid)),
        None => distinct_of_reader(&mut *tx, &stores).await?,
    };
    // The widest scope the reader may count: the group, else his region, else his largest store.
    let widest = ["group", "region", "brand", "store"]
        .iter()
        .find_map(|kind| rows.iter().find(|row| row.scope_kind == *kind));
    let reasons = widest.map(|row| reason_counts(&row.reasons)).unwrap_or_default();
    let trend = match widest {
        Some(row) => trend(&mut *tx, &row.scope_kind, row.scope_id).await?,
        None => Vec::new(),
    };
    Ok(ValiditySummary {
        as_of,
        rule_version,
        group: group.map(scope_count),
        regions: of("region"),
        brands: of("brand"),
        stores,
        sum_of_stores,
        distinct_in_stores,
        group_distinct,
        reasons,
        trend,
    })
}

fn scope_count(row: &CountRow) -> ScopeCount {
    ScopeCount {
        scope_kind: row.scope_kind.clone(),
        scope_id: row.scope_id,
        scope_name: row.scope_name.clone(),
        region_name: row.region_name.clone(),
        valid: row.valid.into(),
        invalid: row.invalid.into(),
        unknown: row.unknown.into(),
    }
}

fn reason_counts(reasons: &serde_json::Value) -> Vec<ReasonCount> {
    let Some(reasons) = reasons.as_object() else { return Vec::new() };
    let mut counts: Vec<ReasonCount> = reasons
        .iter()
        .map(|(code, count)| {
            let ReasonView { code, zh, en } = ReasonView::of(code);
            ReasonCount { code, zh, en, count: count.as_i64().unwrap_or(0) }
        })
        .collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    counts
}

/// A reader of a few stores: his distinct people are counted from the verdicts themselves.
async fn distinct_of_reader(tx: &mut PgConnection, stores: &[ScopeCount]) -> Result<(i64, i64), sqlx::Error> {
    let ids: Vec<i32> = stores.iter().map(|store| store.scope_id).collect();
    let sql = "
        SELECT count(*), count(*) FILTER (WHERE EXISTS (
                   SELECT 1 FROM validity_verdict g
                   WHERE g.person_no = mine.person_no AND g.scope_kind = 'group' AND g.verdict = 'valid'))
        FROM (SELECT DISTINCT v.person_no
              FROM validity_verdict v
              WHERE v.scope_kind = 'store' AND v.scope_id = ANY ($1) AND v.verdict = 'valid') mine";
    sqlx::query_as(sql).bind(ids).fetch_one(tx).await
}

/// Valid people of a scope day by day, oldest first.
///
/// # Errors
/// A fault of the database.
pub async fn trend(tx: &mut PgConnection, kind: &str, id: i32) -> Result<Vec<TrendPoint>, sqlx::Error> {
    let sql = r#"
        SELECT on_day::text AS "on", valid::bigint AS valid
        FROM (SELECT on_day, valid
              FROM validity_count
              WHERE scope_kind = $1 AND scope_id = $2
              ORDER BY on_day DESC
              LIMIT $3) newest
        ORDER BY on_day"#;
    sqlx::query_as(sql).bind(kind).bind(id).bind(TREND_DAYS).fetch_all(tx).await
}

/// People valid at both of two stores, for all pairs of `stores` (none: the reader's largest stores).
///
/// # Errors
/// A fault of the database.
pub async fn overlap(tx: &mut PgConnection, stores: &[i32]) -> Result<OverlapMatrix, sqlx::Error> {
    let sql = "
        SELECT s.store_id, s.short_name AS store_name, c.valid::bigint AS valid
        FROM validity_count c
        JOIN store s ON s.store_id = c.scope_id
        WHERE c.scope_kind = 'store'
          AND c.on_day = (SELECT as_of FROM validity_current)
          AND (cardinality($1::int[]) = 0 OR c.scope_id = ANY ($1))
        ORDER BY c.valid DESC, s.store_id
        LIMIT $2";
    let rows: Vec<(i32, String, i64)> =
        sqlx::query_as(sql).bind(stores).bind(MATRIX_STORES_MAX).fetch_all(&mut *tx).await?;
    let at: HashMap<i32, usize> = rows.iter().enumerate().map(|(at, row)| (row.0, at)).collect();
    let mut counts = vec![vec![0; rows.len()]; rows.len()];
    let mut valid_row_only = counts.clone();
    for (at, row) in rows.iter().enumerate() {
        counts[at][at] = row.2;
    }
    let sql = "
        SELECT store_a, store_b, valid_both, valid_a_only, valid_b_only
        FROM validity_overlap
        WHERE store_a = ANY ($1) AND store_b = ANY ($1)";
    let ids: Vec<i32> = rows.iter().map(|row| row.0).collect();
    let pairs: Vec<(i32, i32, i32, i32, i32)> = sqlx::query_as(sql).bind(ids).fetch_all(tx).await?;
    for (a, b, both, a_only, b_only) in pairs {
        let (Some(&a), Some(&b)) = (at.get(&a), at.get(&b)) else { continue };
        counts[a][b] = both.into();
        counts[b][a] = both.into();
        valid_row_only[a][b] = a_only.into();
        valid_row_only[b][a] = b_only.into();
    }
    let stores =
        rows.into_iter().map(|(store_id, store_name, _)| OverlapStore { store_id, store_name }).collect();
    Ok(OverlapMatrix { stores, counts, valid_row_only })
}
