//! Trained models, to be looked at: weights, thresholds, what they rest on.

use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use matching::{Field, LevelWeight, Thresholds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::IdentityError;
use crate::wording;

/// One model.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IdentityModel {
    /// Its number.
    pub model_id: i32,
    /// Its fingerprint.
    pub version: String,
    /// Whether it is in force.
    pub active: bool,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// Records it was trained on.
    pub records: i64,
    /// Probability that two records picked at random are one customer.
    pub prior: f64,
    /// Probability from which the machine joins by itself.
    pub auto_threshold: f64,
    /// Probability from which a pair waits for a person.
    pub review_threshold: f64,
    /// What is compared.
    pub comparisons: Vec<Comparison>,
}

/// One comparison of a model.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// Its code.
    pub field: String,
    /// Its name.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Its levels.
    pub levels: Vec<Level>,
}

/// One level of a comparison.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Level {
    /// Its code.
    pub code: String,
    /// In words.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Probability among records of one customer.
    pub m: f64,
    /// Probability among records of different customers.
    pub u: f64,
    /// Bits of evidence.
    pub weight: f64,
}

#[derive(Deserialize)]
struct Summary {
    version: String,
    prior: i16,
    thresholds: Thresholds,
    weights: Vec<(Field, Vec<LevelWeight>)>,
}

#[derive(FromRow)]
struct Row {
    model_version: i32,
    weights: Json<Summary>,
    trained_on_records: i64,
    trained_at: SqlTimestamp,
    active: bool,
}

const SQL: &str = "
    SELECT model_version, weights, trained_on_records, trained_at,
           published_at IS NOT NULL AND model_version = max(model_version) FILTER (WHERE published_at IS NOT NULL) OVER () AS active
    FROM identity_model
    WHERE kind = 'party'
    ORDER BY model_version DESC
    LIMIT 50";

/// Models, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut PgConnection) -> Result<Vec<IdentityModel>, IdentityError> {
    let rows: Vec<Row> = sqlx::query_as(SQL).fetch_all(tx).await?;
    Ok(rows.into_iter().map(model).collect())
}

/// Fingerprint and start of the model in force.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// Fingerprint; empty before the first run.
    pub version: String,
    /// Bits every pair starts with.
    pub prior: f64,
}

/// The model in force.
///
/// # Errors
/// When the database fails.
pub async fn in_force(tx: &mut PgConnection) -> Result<InForce, IdentityError> {
    let sql = "SELECT weights ->> 'version', (weights ->> 'prior')::float8 / 100
               FROM identity_model
               WHERE kind = 'party' AND published_at IS NOT NULL
               ORDER BY model_version DESC LIMIT 1";
    let row: Option<(String, f64)> = sqlx::query_as(sql).fetch_optional(tx).await?;
    Ok(row.map(|(version, prior)| InForce { version, prior }).unwrap_or_default())
}

fn model(row: Row) -> IdentityModel {
    let Json(summary) = row.weights;
    IdentityModel {
        model_id: row.model_version,
        version: summary.version,
        active: row.active,
        trained_at: row.trained_at.to_jiff(),
        records: row.trained_on_records,
        prior: matching::Model::probability(summary.prior),
        auto_threshold: matching::Model::probability(summary.thresholds.auto),
        review_threshold: matching::Model::probability(summary.thresholds.review),
        comparisons: summary.weights.into_iter().map(|(field, levels)| comparison(field, &levels)).collect(),
    }
}

fn comparison(field: Field, levels: &[LevelWeight]) -> Comparison {
    let name = wording::field(field);
    let code = serde_json::to_value(field).ok().and_then(|value| value.as_str().map(str::to_owned));
    Comparison {
        field: code.unwrap_or_default(),
        zh: name.zh.into(),
        en: name.en.into(),
        levels: levels
            .iter()
            .filter(|level| level.level != "unknown")
            .map(|level| {
                let words = wording::level(field, &level.level).1;
                Level {
                    code: level.level.clone(),
                    zh: words.zh.into(),
                    en: words.en.into(),
                    m: level.m,
                    u: level.u,
                    weight: f64::from(level.weight) / 100.0,
                }
            })
            .collect(),
    }
}
