//! Verdicts of customers, within the reader's scope.

use std::collections::HashMap;

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::judge::ScopeKind;
use super::model::{EvidenceView, ReasonView, ScopeVerdict, StoredFact};

/// The name of a scope, for a row `v` with `scope_kind` and `scope_id`.
pub(super) const SCOPE_NAME: &str = "
    COALESCE(CASE v.scope_kind
                 WHEN 'store' THEN (SELECT short_name FROM store WHERE store_id = v.scope_id)
                 WHEN 'brand' THEN (SELECT name FROM brand WHERE brand_id = v.scope_id)
                 WHEN 'region' THEN (SELECT name FROM region WHERE region_id = v.scope_id)
             END, '集团')";

#[derive(sqlx::FromRow)]
struct VerdictRow {
    person_no: i32,
    scope_kind: String,
    scope_id: i32,
    scope_name: String,
    verdict: String,
    reasons: Vec<String>,
    evidence: serde_json::Value,
    rule_version: i32,
    as_of: Option<String>,
}

impl From<VerdictRow> for ScopeVerdict {
    fn from(row: VerdictRow) -> Self {
        let facts: Vec<StoredFact> = serde_json::from_value(row.evidence).unwrap_or_default();
        ScopeVerdict {
            scope_kind: row.scope_kind,
            scope_id: row.scope_id,
            scope_name: row.scope_name,
            verdict: row.verdict,
            reasons: row.reasons.iter().map(|code| ReasonView::of(code)).collect(),
            evidence: facts.iter().map(EvidenceView::from).collect(),
            rule_version: row.rule_version,
            as_of: row.as_of.unwrap_or_default(),
        }
    }
}

/// A customer's verdicts in all scopes the reader may see: the group first, then regions, brands, stores.
///
/// # Errors
/// A fault of the database.
pub async fn verdicts_of_person(
    tx: &mut PgConnection,
    person: i32,
) -> Result<Vec<ScopeVerdict>, sqlx::Error> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT v.person_no, v.scope_kind, v.scope_id,");
    sql.push(SCOPE_NAME).push(
        " AS scope_name, v.verdict, v.reasons, v.evidence, v.rule_version, v.as_of::text AS as_of
          FROM validity_verdict v
          WHERE v.person_no = ",
    );
    sql.push_bind(person);
    sql.push(
        " ORDER BY array_position(ARRAY['group', 'region', 'brand', 'store'], v.scope_kind), v.scope_id",
    );
    let rows: Vec<VerdictRow> = sql.build_query_as().fetch_all(tx).await?;
    Ok(rows.into_iter().map(ScopeVerdict::from).collect())
}

/// The verdicts of several customers in one scope, by customer.
///
/// # Errors
/// A fault of the database.
pub async fn verdicts_in_scope(
    tx: &mut PgConnection,
    persons: &[i32],
    kind: ScopeKind,
    id: i32,
) -> Result<HashMap<i32, ScopeVerdict>, sqlx::Error> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT v.person_no, v.scope_kind, v.scope_id,");
    sql.push(SCOPE_NAME).push(
        " AS scope_name, v.verdict, v.reasons, v.evidence, v.rule_version, v.as_of::text AS as_of
          FROM validity_verdict v
          WHERE v.person_no = ANY (",
    );
    sql.push_bind(persons.to_vec()).push(") AND v.scope_kind = ").push_bind(kind.code());
    sql.push(" AND v.scope_id = ").push_bind(id);
    let rows: Vec<VerdictRow> = sql.build_query_as().fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.person_no, ScopeVerdict::from(row))).collect())
}
