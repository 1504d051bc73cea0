//! Survivorship rules as the console shows them.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::IdentityError;
use crate::golden::{Criterion, shipped_criteria};
use crate::queries::history::user_names;
use crate::{survivorship, wording};

/// One criterion of a rule. The customer's own correction always comes first and is not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Values that passed their checks first.
    Validity,
    /// Sources in the rule's order.
    Source,
    /// The latest value first.
    Recency,
    /// The value most records agree on first.
    Frequency,
    /// The fuller text first.
    Completeness,
}

/// The rule of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SurvivorshipRule {
    /// Code of the field.
    pub field: String,
    /// Its name.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Criteria in order.
    pub order: Vec<Step>,
    /// Sources in order of trust, for the criterion `source`.
    pub sources: Vec<String>,
    /// 0 = as shipped; grows with every change.
    pub version: i32,
    /// When it was changed last.
    pub changed_at: Option<Timestamp>,
    /// By whom.
    pub changed_by: Option<String>,
}

#[derive(FromRow)]
struct Row {
    field: String,
    criteria: Json<Vec<Criterion>>,
    version: i32,
    updated_by: Option<i32>,
    updated_at: Option<SqlTimestamp>,
}

/// Every rule, persons' fields first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut PgConnection) -> Result<Vec<SurvivorshipRule>, IdentityError> {
    let sql = "SELECT field, criteria, version, updated_by, updated_at FROM survivorship_rule";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(&mut *tx).await?;
    let users = user_names(tx, rows.iter().filter_map(|row| row.updated_by)).await?;
    let mut edited: HashMap<String, Row> = rows.into_iter().map(|row| (row.field.clone(), row)).collect();
    Ok(survivorship::fields().map(|field| rule(field, edited.remove(field), &users)).collect())
}

fn rule(field: &str, edited: Option<Row>, users: &HashMap<i32, String>) -> SurvivorshipRule {
    let name = wording::golden_field(field).unwrap_or(wording::Words { zh: "", en: "" });
    let version = edited.as_ref().map_or(0, |row| row.version);
    let changed_at = edited.as_ref().and_then(|row| row.updated_at).map(SqlTimestamp::to_jiff);
    let changed_by =
        edited.as_ref().and_then(|row| row.updated_by).and_then(|user| users.get(&user).cloned());
    let criteria = edited.map_or_else(|| shipped_criteria(field), |row| row.criteria.0);
    let (order, sources) = steps(criteria);
    SurvivorshipRule {
        field: field.to_owned(),
        zh: name.zh.to_owned(),
        en: name.en.to_owned(),
        order,
        sources,
        version,
        changed_at,
        changed_by,
    }
}

pub(crate) fn steps(criteria: Vec<Criterion>) -> (Vec<Step>, Vec<String>) {
    let mut sources = Vec::new();
    let order = criteria
        .into_iter()
        .map(|criterion| match criterion {
            Criterion::Good => Step::Validity,
            Criterion::Frequency => Step::Frequency,
            Criterion::Recency => Step::Recency,
            Criterion::Longest => Step::Completeness,
            Criterion::Sources(order) => {
                sources = order;
                Step::Source
            }
        })
        .collect();
    (order, sources)
}
