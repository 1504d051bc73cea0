//! Edges as they are kept: the joins of every customer, what guards refused, and what waits for a person.

use db::copy::CopyRows;
use matching::{Edge, Fate, Field, Model, Outcome, Records};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::IdentityError;

/// Replaces the kept edges: all, or those between the records `only`.
///
/// Every edge of at least the review band that does not lie inside a customer is kept: which customers a decision
/// can touch is read off the edges.
///
/// # Errors
/// When the database fails.
pub async fn write(
    tx: &mut PgConnection,
    records: &Records,
    outcome: &Outcome,
    only: Option<&[i64]>,
) -> Result<(), IdentityError> {
    match only {
        None => sqlx::query("DELETE FROM identity_edge").execute(&mut *tx).await?,
        Some(keys) => {
            let sql = "DELETE FROM identity_edge WHERE a_key = ANY ($1) AND b_key = ANY ($1)";
            sqlx::query(sql).bind(keys).execute(&mut *tx).await?
        }
    };
    let review = outcome.model.thresholds.review;
    let mut rows = CopyRows::new();
    for edge in &outcome.edges {
        let (band, refused_by) = match edge.fate {
            Fate::Joined => ("auto", None),
            Fate::Refused(guard) => ("auto", Some(guard.code())),
            Fate::Review => ("review", None),
            Fate::Relation if edge.weight >= review => ("relation", None),
            // Redundant edges add nothing to an explanation, weak ones nothing to a decision.
            Fate::Redundant | Fate::Within | Fate::Relation => continue,
        };
        rows.plain(records.key_at(edge.a)).plain(records.key_at(edge.b)).plain(bits(edge)).text(band);
        rows.text(&word(edge.rule))
            .opt_text(refused_by)
            .text(&levels(&outcome.model, edge).to_string())
            .end_row();
        if rows.rows() >= 50_000 {
            rows.send(tx, TARGET).await?;
            rows.clear();
        }
    }
    rows.send(tx, TARGET).await?;
    Ok(())
}

const TARGET: &str = "identity_edge (a_key, b_key, weight, band, rule, refused_by, levels)";

/// The engine's own word for a rule, as it is stored.
fn word(rule: matching::Rule) -> String {
    serde_json::to_value(rule).ok().and_then(|value| value.as_str().map(Into::into)).unwrap_or_default()
}

/// Weight in bits.
fn bits(edge: &Edge) -> f32 {
    f32::from(edge.weight) / 100.0
}

/// Every comparison that said something: field, level, weight in bits.
fn levels(model: &Model, edge: &Edge) -> Value {
    let said: Vec<Value> = Field::ALL
        .iter()
        .filter(|field| edge.levels.of(**field) != 0)
        .map(|field| {
            let level = edge.levels.of(*field);
            let weight = f32::from(model.weight(*field, level)) / 100.0;
            json!({ "field": field, "level": edge.levels.label(*field), "weight": weight })
        })
        .collect();
    Value::Array(said)
}

/// Brings the queue of pairs up to date: new pairs come in, decided ones stay as decided, pairs that no
/// longer wait for anybody become obsolete. With `only`, pairs between these records are brought up to date.
///
/// # Errors
/// When the database fails.
pub async fn refresh_reviews(
    tx: &mut PgConnection,
    records: &Records,
    outcome: &Outcome,
    only: Option<&[i64]>,
) -> Result<(), IdentityError> {
    sqlx::raw_sql("CREATE TEMP TABLE IF NOT EXISTS stage_review (LIKE review_pair) ON COMMIT DROP")
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql(
        "ALTER TABLE stage_review ALTER COLUMN pair_id DROP NOT NULL, ALTER COLUMN a_person_no DROP NOT NULL,
             ALTER COLUMN b_person_no DROP NOT NULL, ALTER COLUMN state DROP NOT NULL;
         TRUNCATE stage_review",
    )
    .execute(&mut *tx)
    .await?;
    let mut rows = CopyRows::new();
    for edge in outcome.reviews() {
        let refused_by = match edge.fate {
            Fate::Refused(guard) => Some(guard.code()),
            _ => None,
        };
        rows.plain(records.key_at(edge.a)).plain(records.key_at(edge.b)).plain(bits(&edge));
        rows.plain(Model::probability(edge.weight)).text(&word(edge.rule)).opt_text(refused_by);
        rows.text(&levels(&outcome.model, &edge).to_string()).end_row();
    }
    rows.send(tx, "stage_review (a_key, b_key, weight, probability, rule, refused_by, levels)").await?;
    sqlx::query(
        "UPDATE review_pair SET state = 'obsolete'
         WHERE state = 'open' AND ($1::bigint[] IS NULL OR (a_key = ANY ($1) AND b_key = ANY ($1)))
           AND NOT EXISTS (
             SELECT 1 FROM stage_review s WHERE s.a_key = review_pair.a_key AND s.b_key = review_pair.b_key)",
    )
    .bind(only)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO review_pair (a_key, b_key, a_person_no, b_person_no, store_id, b_store_id, weight, probability,
                                  rule, refused_by, levels)
         SELECT s.a_key, s.b_key, a.person_no, b.person_no, a.store_id, b.store_id, s.weight,
                s.probability, s.rule, s.refused_by, s.levels
         FROM stage_review s
         JOIN person_record a ON a.record_key = s.a_key
         JOIN person_record b ON b.record_key = s.b_key
         WHERE a.person_no <> b.person_no
         ON CONFLICT (a_key, b_key) DO UPDATE
         SET a_person_no = excluded.a_person_no, b_person_no = excluded.b_person_no, weight = excluded.weight,
             probability = excluded.probability, levels = excluded.levels,
             store_id = excluded.store_id, b_store_id = excluded.b_store_id,
             state = CASE WHEN review_pair.state = 'obsolete' THEN 'open' ELSE review_pair.state END",
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
