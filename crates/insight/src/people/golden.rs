//! Golden fields with their provenance, made fit to be shown to one reader.

use std::collections::HashMap;

use db::Access;
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::model::{GoldenField, GoldenLoser};
use crate::masking::{mask_name, mask_plate, mask_vin};

/// Provenance as identity keeps it. Fields that older rows lack are optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Provenance {
    value: Option<String>,
    source: Option<String>,
    store_id: Option<i32>,
    seen_on: Option<String>,
    rule: Option<String>,
    flag: Option<String>,
    losers: Vec<Loser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Loser {
    value: Option<String>,
    source: Option<String>,
    store_id: Option<i32>,
    seen_on: Option<String>,
}

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// To everybody.
    Open,
    /// Masked for masked roles.
    Name,
    /// Masked for masked roles.
    Plate,
    /// Last six symbols for everybody; opened with a reason.
    Vin,
    /// Comes masked; opened with a reason.
    Sealed,
}

/// Fields in the order of the page: name, Chinese, English, guard.
const FIELDS: &[(&str, &str, &str, Guard)] = &[
    ("name", "姓名", "Name", Guard::Name),
    ("kind", "客户性质", "Kind", Guard::Open),
    ("gender", "性别", "Gender", Guard::Open),
    ("birth_on", "生日", "Birthday", Guard::Open),
    ("mobile", "手机", "Mobile", Guard::Sealed),
    ("id_number", "证件号码", "ID number", Guard::Sealed),
    ("uscc", "统一社会信用代码", "Credit code", Guard::Open),
    ("city", "城市", "City", Guard::Open),
    ("address", "地址", "Address", Guard::Sealed),
    ("vin", "车架号", "VIN", Guard::Vin),
    ("plate", "车牌", "Plate", Guard::Plate),
    ("engine_no", "发动机号", "Engine number", Guard::Vin),
    ("brand", "品牌", "Brand", Guard::Open),
    ("brand_id", "品牌", "Brand", Guard::Open),
    ("series", "车系", "Series", Guard::Open),
    ("model", "车型", "Model", Guard::Open),
    ("colour", "颜色", "Colour", Guard::Open),
    ("energy", "能源", "Energy", Guard::Open),
    ("use_kind", "使用性质", "Use", Guard::Open),
    ("made_on", "生产日期", "Made on", Guard::Open),
    ("invoiced_on", "开票日期", "Invoiced on", Guard::Open),
    ("registered_on", "上牌日期", "Registered on", Guard::Open),
    ("delivered_on", "交车日期", "Delivered on", Guard::Open),
];

/// What decided a field, in both languages.
fn rule_words(code: &str) -> (&'static str, &'static str) {
    match code {
        "correction" => ("客户本人更正", "Corrected by the customer"),
        "only_value" => ("各来源一致", "All sources agree"),
        "good" => ("通过校验", "Passed its checks"),
        "source" => ("来源优先级", "More trusted source"),
        "frequency" => ("多数来源一致", "Most records agree"),
        "recency" => ("最近更新", "Seen last"),
        "longest" => ("信息更完整", "More complete"),
        _ => ("按记录号", "By record number"),
    }
}

fn loser_words(code: &str) -> (&'static str, &'static str) {
    match code {
        "correction" => ("客户已更正", "The customer corrected it"),
        "good" => ("未通过校验", "Failed its checks"),
        "source" => ("来源优先级较低", "Less trusted source"),
        "frequency" => ("较少来源支持", "Fewer records say so"),
        "recency" => ("较早的记录", "Seen earlier"),
        "longest" => ("信息不完整", "Less complete"),
        _ => ("记录号靠后", "Later record number"),
    }
}

/// Names of stores by number, of those that exist.
///
/// # Errors
/// A fault of the database.
pub async fn store_names(tx: &mut PgConnection) -> Result<HashMap<i32, String>, sqlx::Error> {
    let rows: Vec<(i32, String)> =
        sqlx::query_as("SELECT store_id, short_name FROM store").fetch_all(tx).await?;
    Ok(rows.into_iter().collect())
}

/// Golden fields as this reader may see them.
pub fn golden_fields(
    golden: &Value,
    access: &Access,
    stores: &HashMap<i32, String>,
    may_reveal: bool,
) -> Vec<GoldenField> {
    let Some(golden) = golden.as_object() else { return Vec::new() };
    let shown = FIELDS.iter().filter_map(|&(field, zh, en, guard)| {
        let provenance: Provenance = serde_json::from_value(golden.get(field)?.clone()).ok()?;
        Some(golden_field((field, zh, en, guard), provenance, access, stores, may_reveal))
    });
    shown.collect()
}

fn golden_field(
    (field, zh, en, guard): (&str, &str, &str, Guard),
    provenance: Provenance,
    access: &Access,
    stores: &HashMap<i32, String>,
    may_reveal: bool,
) -> GoldenField {
    let in_scope = |store: Option<i32>| match store {
        Some(store) => access.stores.iter().any(|own| own.get() == store),
        None => true,
    };
    let store_name = |store: Option<i32>| {
        store.filter(|&store| in_scope(Some(store))).and_then(|store| stores.get(&store).cloned())
    };
    let rule = provenance.rule.as_deref();
    let masked = match guard {
        Guard::Open => false,
        Guard::Name | Guard::Plate => access.masked,
        Guard::Vin | Guard::Sealed => true,
    };
    // A value of a store the reader does not have is that store's business, even when it lost.
    let losers = provenance.losers.into_iter().filter(|loser| in_scope(loser.store_id));
    GoldenField {
        field: field.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        value: provenance.value.map(|value| guarded(guard, access, value)),
        masked,
        revealable: masked && may_reveal && !access.masked,
        flag: provenance.flag,
        store_name: store_name(provenance.store_id),
        source: provenance.source,
        on: provenance.seen_on,
        rule_zh: rule.map(|rule| rule_words(rule).0.to_owned()),
        rule_en: rule.map(|rule| rule_words(rule).1.to_owned()),
        losers: losers
            .map(|loser| GoldenLoser {
                value: guarded(guard, access, loser.value.unwrap_or_default()),
                source: loser.source.unwrap_or_default(),
                store_name: store_name(loser.store_id),
                on: loser.seen_on,
                reason_zh: rule.map_or("", |rule| loser_words(rule).0).to_owned(),
                reason_en: rule.map_or("", |rule| loser_words(rule).1).to_owned(),
            })
            .collect(),
    }
}

fn guarded(guard: Guard, access: &Access, value: String) -> String {
    match guard {
        Guard::Name if access.masked => mask_name(&value),
        Guard::Plate if access.masked => mask_plate(&value),
        Guard::Vin => mask_vin(&value),
        // Sealed fields come masked from identity.
        Guard::Open | Guard::Name | Guard::Plate | Guard::Sealed => value,
    }
}

#[cfg(test)]
mod tests {
    use db::test_support::{group_access, store_access};
    use serde_json::json;

    use super::*;

    fn golden() -> Value {
        json!({
            "name": {"value": "张伟", "source": "dms", "store_id": 2, "seen_on": "2021-01-02", "rule": "frequency",
                     "losers": [{"value": "张韦", "source": "paper", "store_id": 1, "seen_on": null},
                                {"value": "章伟", "source": "erp", "store_id": 2, "seen_on": null}]},
            "mobile": {"value": "138****1234", "source": "wecom", "store_id": null, "rule": "recency", "losers": []},
        })
    }

    #[test]
    fn values_that_lost_at_other_stores_are_not_told() {
        let stores = HashMap::from([(1, "甲店".to_owned()), (2, "乙店".to_owned())]);
        let name = &golden_fields(&golden(), &store_access([1]), &stores, true)[0];
        assert_eq!((name.value.as_deref(), name.store_name.as_deref()), (Some("张伟"), None));
        let losers: Vec<_> = name.losers.iter().map(|loser| loser.value.as_str()).collect();
        assert_eq!(losers, ["张韦"]);
        let name = &golden_fields(&golden(), &group_access([1, 2]), &stores, true)[0];
        assert_eq!((name.store_name.as_deref(), name.losers.len()), (Some("乙店"), 2));
    }

    #[test]
    fn a_masked_role_reads_no_name_and_opens_nothing() {
        let masked = Access { masked: true, ..group_access([1, 2]) };
        let fields = golden_fields(&golden(), &masked, &HashMap::new(), true);
        assert_eq!(fields[0].value.as_deref(), Some("张*"));
        assert!(fields[0].losers.iter().all(|loser| loser.value.ends_with('*')));
        assert!(fields.iter().all(|field| !field.revealable));
        let open = golden_fields(&golden(), &group_access([1]), &HashMap::new(), true);
        assert!(open.iter().any(|field| field.field == "mobile" && field.masked && field.revealable));
    }
}
