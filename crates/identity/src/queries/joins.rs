//! How a customer came together, join by join, out of the kept edges.

use kernel::ids::RecordKey;
use matching::{Edge, Fate, Field, Levels};
use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use web::AppState;

use crate::IdentityError;
use crate::queries::cards::Cards;
use crate::queries::evidence::{self, EvidenceRow, StoredLevel};
use crate::wording::{self, Words};

/// One joining step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Join {
    /// From 1.
    pub step: usize,
    /// One record.
    pub left_record: String,
    /// The other.
    pub right_record: String,
    /// Evidence in bits; 0 for a join by hand.
    pub weight: f64,
    /// Probability that the two are one customer.
    pub probability: f64,
    /// What brought them together.
    pub rule_zh: String,
    /// The same in English.
    pub rule_en: String,
    /// Comparison by comparison.
    pub evidence: Vec<EvidenceRow>,
    /// Joined by a person.
    pub by_hand: bool,
    /// Guards that were asked and let it pass.
    pub guards_zh: Vec<String>,
    /// The same in English.
    pub guards_en: Vec<String>,
}

/// A kept edge.
#[derive(Debug, FromRow)]
pub struct EdgeRow {
    pub(crate) a_key: i64,
    pub(crate) b_key: i64,
    pub(crate) weight: f32,
    pub(crate) band: String,
    pub(crate) rule: String,
    pub(crate) refused_by: Option<String>,
    pub(crate) levels: Json<Vec<StoredLevel>>,
}

/// The joins among the records `inside`, in the order in which the engine made them.
///
/// # Errors
/// When the database fails or a sealed value cannot be opened.
pub async fn of(
    app: &AppState,
    edges: &[EdgeRow],
    inside: &FxHashSet<i64>,
    cards: &Cards,
    prior: f64,
) -> Result<Vec<Join>, IdentityError> {
    let rows: FxHashMap<(i64, i64), &EdgeRow> = edges
        .iter()
        .filter(|edge| edge.band == "auto" && edge.refused_by.is_none())
        .filter(|edge| inside.contains(&edge.a_key) && inside.contains(&edge.b_key))
        .map(|edge| ((edge.a_key, edge.b_key), edge))
        .collect();
    let pairs: Vec<(i64, i64)> = rows.keys().copied().collect();
    let scored = evidence::score(app, &pairs).await?;
    let story =
        matching::how(rows.values().map(|row| (RecordKey(row.a_key), RecordKey(row.b_key), edge(row))));
    let mut joins = Vec::with_capacity(story.len());
    for (at, told) in story.into_iter().enumerate() {
        let (a, b) = (told.by.0.get(), told.by.1.get());
        let Some(row) = rows.get(&(a, b)).or_else(|| rows.get(&(b, a))) else { continue };
        let by_hand = row.rule == "must_link";
        let rule = wording::rule(told.rule);
        let evidence = match (cards.get(&row.a_key), cards.get(&row.b_key)) {
            (Some(left), Some(right)) => {
                let again = scored.get(&(row.a_key, row.b_key));
                evidence::rows(&row.levels, f64::from(row.weight), prior, again, left, right)
            }
            _ => Vec::new(),
        };
        let guards: Vec<Words> = told.passed.into_iter().map(wording::passed).collect();
        joins.push(Join {
            step: at + 1,
            left_record: row.a_key.to_string(),
            right_record: row.b_key.to_string(),
            weight: if by_hand { 0.0 } else { rounded(row.weight, 100.0) },
            probability: if by_hand { 1.0 } else { probability(row.weight) },
            rule_zh: rule.zh.to_owned(),
            rule_en: rule.en.to_owned(),
            evidence,
            by_hand,
            guards_zh: guards.iter().map(|words| words.zh.to_owned()).collect(),
            guards_en: guards.iter().map(|words| words.en.to_owned()).collect(),
        });
    }
    Ok(joins)
}

/// The edge as the engine knew it.
fn edge(row: &EdgeRow) -> Edge {
    Edge {
        a: 0,
        b: 0,
        levels: levels(&row.levels),
        // Stored in bits; a join by hand carries the largest weight there is.
        weight: (row.weight * 100.0).round() as i16,
        rule: wording::rule_of(&row.rule).unwrap_or(matching::Rule::MustLink),
        fate: Fate::Joined,
    }
}

fn levels(stored: &[StoredLevel]) -> Levels {
    let packed = stored.iter().filter_map(|said| {
        let field: Field = wording::field_of(&said.field)?;
        let level = field.levels().iter().position(|known| *known == said.level)?;
        Some(u32::try_from(level).ok()? << (4 * field as u32))
    });
    Levels(packed.fold(0, |all, level| all | level))
}

/// Probability behind a weight in bits.
pub fn probability(weight: f32) -> f64 {
    let odds = f64::from(weight).exp2();
    ((odds / (1.0 + odds)) * 10_000.0).round() / 10_000.0
}

/// A stored single-precision number without the noise of its conversion.
pub fn rounded(value: f32, steps: f64) -> f64 {
    (f64::from(value) * steps).round() / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_levels_become_the_engines_levels_again() {
        let stored: Vec<StoredLevel> = serde_json::from_value(serde_json::json!([
            { "field": "name", "level": "exact", "weight": 9.5 },
            { "field": "id", "level": "uscc_exact", "weight": 20.0 },
            { "field": "gender", "level": "different", "weight": -3.0 },
        ]))
        .unwrap();
        let levels = levels(&stored);
        assert_eq!(levels.label(Field::Name), "exact");
        assert_eq!(levels.label(Field::Id), "uscc_exact");
        assert_eq!(levels.label(Field::Gender), "different");
        assert_eq!(levels.label(Field::Phone), "unknown");
        assert!(levels.proves_identity());
    }

    #[test]
    fn weights_are_bits_and_probabilities_follow() {
        assert!((probability(0.0) - 0.5).abs() < 1e-9);
        assert!((probability(2.0) - 0.8).abs() < 1e-9);
        assert!((rounded(9.53_f32, 100.0) - 9.53).abs() < 1e-12);
    }
}
