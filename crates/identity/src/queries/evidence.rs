//! A pair's evidence, comparison by comparison: what was compared, how it fell, what it weighs.
//!
//! The rows add up to the weight of the pair: the start (any two records), every comparison, and what is taken off
//! because many share a value.

use matching::{Field, PartyInput, Waterfall};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::AppState;

use crate::queries::cards::Card;
use crate::unify::hash_key;
use crate::wording::{self, Verdict};
use crate::{IdentityError, evidence, models};

/// One comparison of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EvidenceRow {
    /// Code of what is compared; `prior` and `frequency` for the start and the discount.
    pub field: String,
    /// Its name.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// How it fell.
    pub verdict: Verdict,
    /// How it fell, in words.
    pub level_zh: String,
    /// The same in English.
    pub level_en: String,
    /// Value of the left record, masked.
    pub left: Option<String>,
    /// Value of the right record, masked.
    pub right: Option<String>,
    /// Bits of evidence for one customer; negative speaks against.
    pub weight: f64,
    /// Others who share the value, when that mattered.
    pub frequency: Option<i64>,
}

/// A level as it is stored with an edge.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredLevel {
    /// Code of the comparison.
    pub field: String,
    /// Code of the level.
    pub level: String,
    /// Bits.
    pub weight: f64,
}

/// Lays out the evidence of a pair of `weight` bits. `prior` is the model's start in bits; `scored` is the pair scored
/// again, which knows how common each value is. It is believed only while it comes to the weight the pair was
/// decided with: a record may have changed since.
pub fn rows(
    levels: &[StoredLevel],
    weight: f64,
    prior: f64,
    scored: Option<&Waterfall>,
    left: &Card,
    right: &Card,
) -> Vec<EvidenceRow> {
    let mut rows: Vec<EvidenceRow> = Vec::with_capacity(levels.len() + 2);
    if levels.is_empty() {
        // Joined by hand: nothing was weighed.
        return rows;
    }
    let scored = scored.filter(|scored| (f64::from(scored.total) / 100.0 - weight).abs() < 0.015);
    rows.push(plain("prior", wording::PRIOR, wording::PRIOR_LEVEL, Verdict::Missing, hundredths(prior)));
    for stored in levels {
        let Some(field) = wording::field_of(&stored.field) else { continue };
        let (verdict, level) = wording::level(field, &stored.level);
        let step = scored.and_then(|scored| scored.steps.iter().find(|step| step.field == field));
        let bits = step.map_or(hundredths(stored.weight), |step| f64::from(step.weight) / 100.0);
        let mut row = plain(&stored.field, wording::field(field), level, verdict, bits);
        (row.left, row.right) = (value(field, left), value(field, right));
        row.frequency = step.and_then(|step| step.frequency).filter(|others| *others > 1).map(i64::from);
        rows.push(row);
    }
    let discount = hundredths(weight - rows.iter().map(|row| row.weight).sum::<f64>());
    if discount < -0.015 {
        rows.push(plain("frequency", wording::FREQUENCY, wording::FREQUENCY_LEVEL, Verdict::Near, discount));
    }
    rows
}

/// Pairs scored again, by their two records in the order asked for.
pub type Scored = FxHashMap<(i64, i64), Waterfall>;

/// Scores pairs with the model in force; pairs of records that are gone, or everything before the first model, are
/// left out.
///
/// # Errors
/// When the database fails or a sealed value cannot be opened.
pub async fn score(app: &AppState, pairs: &[(i64, i64)]) -> Result<Scored, IdentityError> {
    let mut tx = app.db.system().await?;
    let Some(model) = models::latest(&mut tx, &app.data_dir).await? else { return Ok(Scored::default()) };
    let mut keys: Vec<i64> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    keys.sort_unstable();
    keys.dedup();
    let evidence = evidence::load_some(&mut tx, &app.vault, &keys).await?;
    tx.rollback().await?;
    let by_key: FxHashMap<i64, &PartyInput> =
        evidence.parties.iter().map(|party| (party.key.get(), party)).collect();
    let hash_key = hash_key(&app.vault);
    let mut scored = Scored::default();
    for &(a, b) in pairs {
        if let (Some(left), Some(right)) = (by_key.get(&a), by_key.get(&b)) {
            scored.insert((a, b), matching::why(&model.model, hash_key, left, right)?);
        }
    }
    Ok(scored)
}

/// Weights are hundredths of a bit; what lies below is the noise of their storage.
fn hundredths(bits: f64) -> f64 {
    (bits * 100.0).round() / 100.0
}

fn plain(
    code: &str,
    name: wording::Words,
    level: wording::Words,
    verdict: Verdict,
    weight: f64,
) -> EvidenceRow {
    EvidenceRow {
        field: code.to_owned(),
        zh: name.zh.to_owned(),
        en: name.en.to_owned(),
        verdict,
        level_zh: level.zh.to_owned(),
        level_en: level.en.to_owned(),
        left: None,
        right: None,
        weight,
        frequency: None,
    }
}

fn value(field: Field, card: &Card) -> Option<String> {
    let shown = &card.shown;
    match field {
        Field::Name => shown.name.clone(),
        Field::Id => shown.id_masked.clone().or_else(|| card.uscc.clone()),
        Field::Phone => shown.mobile_masked.clone(),
        Field::Unionid => card.unionid_tail.clone(),
        Field::Vehicle => {
            let all: Vec<&str> = shown.plates.iter().chain(&shown.vins_masked).map(String::as_str).collect();
            (!all.is_empty()).then(|| all.join("、"))
        }
        Field::Address => shown.address_hint.clone(),
        Field::Birth => card.birth_month.clone(),
        Field::Gender => card.gender.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::cards::RecordCard;

    fn card(name: &str) -> Card {
        let shown = RecordCard {
            record_key: "1".into(),
            source: "dms".into(),
            store_name: None,
            origin: None,
            source_key: "C1".into(),
            name: Some(name.into()),
            party_kind: "person".into(),
            mobile_masked: Some("138****1234".into()),
            id_masked: None,
            plates: vec!["津A12345".into()],
            vins_masked: vec![],
            address_hint: None,
            seen_on: None,
        };
        Card { shown, visible: true, birth_month: None, gender: None, uscc: None, unionid_tail: None }
    }

    #[test]
    fn the_rows_add_up_to_the_weight_of_the_pair() {
        let levels: Vec<StoredLevel> = serde_json::from_value(serde_json::json!([
            { "field": "name", "level": "exact", "weight": 9.5 },
            { "field": "phone", "level": "exact", "weight": 16.25 },
        ]))
        .unwrap();
        let rows = rows(&levels, 8.75, -12.0, None, &card("王伟"), &card("王伟"));
        let codes: Vec<&str> = rows.iter().map(|row| row.field.as_str()).collect();
        assert_eq!(codes, ["prior", "name", "phone", "frequency"]);
        assert!((rows.iter().map(|row| row.weight).sum::<f64>() - 8.75).abs() < 0.01);
        assert_eq!(rows[1].left.as_deref(), Some("王伟"));
        assert_eq!(rows[1].verdict, Verdict::Agree);
    }

    #[test]
    fn a_join_by_hand_has_no_evidence() {
        assert!(rows(&[], 327.67, -12.0, None, &card("王伟"), &card("李伟")).is_empty());
    }
}
