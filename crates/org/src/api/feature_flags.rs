//! Which features are switched on in which store (requirement R086).

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::http::StatusCode;
use jiff_sqlx::ToSqlx as _;
use kernel::clock::shanghai_time;
use kernel::ids::StoreId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::permission::OrgManage;
use web::{AppState, Can, Json, Result, Routes, SignedIn};

use super::listing::ready;
use crate::error::OrgError;
use crate::trace::trace;

pub fn routes() -> Routes {
    Routes::new().api_route(
        "/api/feature-flags",
        get_with(list_feature_flags, |op| {
            op.id("list_feature_flags").tag("org").summary("Features by store")
        })
        .put_with(set_feature_flag, |op| {
            op.id("set_feature_flag").tag("org").summary("Switch a feature in a store").response::<204, ()>()
        }),
    )
}

/// The features this version knows; a workbook may bring further ones.
const KNOWN: &[(&str, &str, &str)] = &[
    ("wecom", "企业微信", "WeCom"),
    ("mini_program", "小程序", "Mini-program"),
    ("online_booking", "在线预约", "Online booking"),
    ("pickup", "上门取送车", "Pick-up and delivery"),
];

/// Features by store.
#[derive(Debug, Serialize, JsonSchema)]
struct FeatureFlags {
    /// All features.
    features: Vec<Feature>,
    /// One row a store.
    rows: Vec<StoreFeatures>,
}

/// A feature.
#[derive(Debug, Serialize, JsonSchema)]
struct Feature {
    /// Code.
    code: String,
    /// Chinese name.
    zh: String,
    /// English name.
    en: String,
}

/// The features of a store.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct StoreFeatures {
    /// Store.
    store_id: i32,
    /// Its short name.
    store_name: String,
    /// Its region.
    region_name: String,
    /// Codes of the features switched on.
    enabled: Vec<String>,
}

async fn list_feature_flags(ctx: SignedIn, State(app): State<AppState>) -> Result<Json<FeatureFlags>> {
    ready(&ctx)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let rows: Vec<StoreFeatures> = sqlx::query_as(
        "SELECT store.store_id, store.short_name AS store_name, region.name AS region_name,
                ARRAY(SELECT feature FROM feature_flag
                      WHERE feature_flag.store_id = store.store_id AND enabled ORDER BY feature) AS enabled
         FROM store
         JOIN region ON region.region_id = store.region_id
         ORDER BY region.code, store.code",
    )
    .fetch_all(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    let used: Vec<String> = sqlx::query_scalar("SELECT DISTINCT feature FROM feature_flag ORDER BY feature")
        .fetch_all(&mut *tx)
        .await
        .map_err(OrgError::from)?;
    let known = KNOWN.iter().map(|(code, zh, en)| ((*code).to_owned(), (*zh).to_owned(), (*en).to_owned()));
    let others = used.into_iter().filter(|code| KNOWN.iter().all(|(known, ..)| known != code));
    let features = known
        .chain(others.map(|code| (code.clone(), code.clone(), code)))
        .map(|(code, zh, en)| Feature { code, zh, en })
        .collect();
    Ok(Json(FeatureFlags { features, rows }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SetFeatureFlag {
    /// Store.
    store_id: i32,
    /// Code of the feature.
    feature: String,
    /// On or off.
    enabled: bool,
}

async fn set_feature_flag(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Json(input): Json<SetFeatureFlag>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&ctx.access).await?;
    let known: bool = sqlx::query_scalar(
        "SELECT $1 = ANY ($2::text[]) OR EXISTS (SELECT 1 FROM feature_flag WHERE feature = $1)",
    )
    .bind(&input.feature)
    .bind(KNOWN.iter().map(|(code, ..)| *code).collect::<Vec<_>>())
    .fetch_one(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    if !known {
        return Err(OrgError::Unknown { what: "feature", value: input.feature }.into());
    }
    sqlx::query(
        "INSERT INTO feature_flag (store_id, feature, enabled, since_on) VALUES ($1, $2, $3, $4)
         ON CONFLICT (store_id, feature) DO UPDATE
         SET enabled = EXCLUDED.enabled,
             since_on = CASE WHEN feature_flag.enabled = EXCLUDED.enabled THEN feature_flag.since_on
                             ELSE EXCLUDED.since_on END",
    )
    .bind(input.store_id)
    .bind(&input.feature)
    .bind(input.enabled)
    .bind(shanghai_time(ctx.now).date().to_sqlx())
    .execute(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    let detail = json!({ "feature": input.feature, "enabled": input.enabled });
    let store = StoreId(input.store_id);
    trace(&mut tx, "set_feature_flag", "store", &store.to_string(), Some(store), detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
