//! Changing which source, age or form of a value survives, field by field.

use db::{Access, AuditEntry};
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::vocab::Source;
use serde_json::json;
use sqlx::types::Json;
use web::AppState;

use crate::golden::Criterion;
use crate::queries::identity_runs::RECOMPUTE;
use crate::queries::survivorship_rules::{Step, SurvivorshipRule, list};
use crate::{IdentityError, survivorship};

/// Reads an edited rule.
fn criteria(order: &[Step], sources: &[String]) -> Result<Vec<Criterion>, IdentityError> {
    let bad =
        |field, zh: String, en: String| IdentityError::BadInput { field, code: "identity.bad_rule", zh, en };
    if order.is_empty() {
        return Err(bad("order", "至少保留一个标准".into(), "Keep at least one criterion".into()));
    }
    if let Some(twice) = order.iter().enumerate().find(|(at, step)| order[..*at].contains(step)) {
        let step = serde_json::to_value(twice.1).unwrap_or_default();
        return Err(bad("order", format!("标准重复:{step}"), format!("A criterion stands twice: {step}")));
    }
    for (at, source) in sources.iter().enumerate() {
        if !Source::ALL.iter().any(|known| known.code() == source) || sources[..at].contains(source) {
            return Err(bad(
                "sources",
                format!("来源不存在或重复:{source}"),
                format!("No such source, or it stands twice: {source}"),
            ));
        }
    }
    if order.contains(&Step::Source) && sources.is_empty() {
        return Err(bad("sources", "请按可信度排列来源".into(), "Put the sources in order of trust".into()));
    }
    Ok(order
        .iter()
        .map(|step| match step {
            Step::Validity => Criterion::Good,
            Step::Source => Criterion::Sources(sources.to_vec()),
            Step::Recency => Criterion::Recency,
            Step::Frequency => Criterion::Frequency,
            Step::Completeness => Criterion::Longest,
        })
        .collect())
}

/// Changes the rule of one field; golden records follow with the recomputation this asks for.
///
/// # Errors
/// [`IdentityError::BadInput`] for a field without rule or a rule that cannot be.
pub async fn change(
    app: &AppState,
    access: &Access,
    field: &str,
    order: &[Step],
    sources: &[String],
) -> Result<SurvivorshipRule, IdentityError> {
    if !survivorship::fields().any(|known| known == field) {
        return Err(IdentityError::BadInput {
            field: "field",
            code: "identity.no_such_field",
            zh: "没有这个字段的规则".into(),
            en: "There is no rule for this field".into(),
        });
    }
    let criteria = criteria(order, sources)?;
    let mut tx = app.db.system_for(access.user_id).await?;
    let sql = "INSERT INTO survivorship_rule (field, criteria, version, updated_by, updated_at)
               VALUES ($1, $2, 1, $3, $4)
               ON CONFLICT (field) DO UPDATE
               SET criteria = excluded.criteria, version = survivorship_rule.version + 1,
                   updated_by = excluded.updated_by, updated_at = excluded.updated_at";
    sqlx::query(sql)
        .bind(field)
        .bind(Json(&criteria))
        .bind(access.user_id.get())
        .bind(SqlTimestamp::from(app.clock.now()))
        .execute(&mut *tx)
        .await?;
    db::jobs::enqueue(&mut tx, RECOMPUTE, &json!({}), Some(RECOMPUTE)).await?;
    let entry = AuditEntry {
        action: "change_survivorship_rule",
        subject_kind: "survivorship_rule",
        subject_id: field,
        store_id: None,
        reason: None,
        detail: json!({ "order": order, "sources": sources }),
    };
    db::audit(&mut tx, &entry).await?;
    let changed = list(&mut tx).await?.into_iter().find(|rule| rule.field == field);
    tx.commit().await?;
    changed.ok_or(IdentityError::NoSuchPerson)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::shipped_criteria;
    use crate::queries::survivorship_rules::steps;

    #[test]
    fn a_shipped_rule_survives_the_way_to_the_console_and_back() {
        for field in survivorship::fields() {
            let shipped = shipped_criteria(field);
            let (order, sources) = steps(shipped.clone());
            assert_eq!(criteria(&order, &sources).unwrap(), shipped, "{field}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_is_refused() {
        let trusted = vec!["dms".to_owned()];
        for (order, sources) in [
            (vec![], vec![]),
            (vec![Step::Recency, Step::Recency], vec![]),
            (vec![Step::Source], vec![]),
            (vec![Step::Source], vec!["fax".to_owned()]),
            (vec![Step::Source], vec!["dms".to_owned(), "dms".to_owned()]),
        ] {
            assert!(criteria(&order, &sources).is_err(), "{order:?} {sources:?}");
        }
        assert!(criteria(&[Step::Source, Step::Recency], &trusted).is_ok());
    }
}
