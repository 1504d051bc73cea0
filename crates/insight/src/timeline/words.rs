//! What a fact is called, and which of its details are worth a line.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Label and value, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabelledFact {
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Value.
    pub value: String,
}

/// Detail columns worth a line, in order: column, Chinese, English.
const DETAILS: &[(&str, &str, &str)] = &[
    ("order_no", "单号", "Number"),
    ("repair_kind", "维修类型", "Repair kind"),
    ("state", "状态", "State"),
    ("complaint", "客户描述", "Complaint"),
    ("insurer", "保险公司", "Insurer"),
    ("renewal_category", "投保类型", "Renewal category"),
    ("compulsory_ends_on", "交强险到期", "Compulsory cover ends"),
    ("commercial_ends_on", "商业险到期", "Commercial cover ends"),
    ("compulsory_fen", "交强险保费", "Compulsory premium"),
    ("commercial_fen", "商业险保费", "Commercial premium"),
    ("channel", "渠道", "Channel"),
    ("grade", "意向级别", "Grade"),
    ("series", "意向车系", "Series"),
    ("pay_kind", "付款方式", "Payment"),
    ("purchase_kind", "购买类型", "Purchase kind"),
    ("guide_price_fen", "指导价", "List price"),
    ("trade_in_fen", "置换金额", "Trade-in"),
    ("labour_fen", "工时费", "Labour"),
    ("parts_fen", "配件费", "Parts"),
    ("next_due_on", "建议下次保养", "Next service"),
    ("next_due_km", "建议下次保养里程", "Next service at km"),
    ("seen_on", "最近更新", "Last updated"),
    ("to_on", "截止", "Until"),
    ("advisor", "顾问", "Adviser"),
    ("technician", "主修技师", "Technician"),
    ("agent", "业务员", "Agent"),
    ("appraiser", "评估师", "Appraiser"),
];

/// Fen as yuan with two decimals.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}¥{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

/// The lines of a fact's detail.
pub fn labelled(detail: &Value) -> Vec<LabelledFact> {
    let lines = DETAILS.iter().filter_map(|(column, zh, en)| {
        let value = match detail.get(column)? {
            Value::Null => return None,
            Value::Number(number) if column.ends_with("_fen") => {
                yuan(number.as_i64().filter(|fen| *fen != 0)?)
            }
            Value::Number(number) => number.to_string(),
            Value::String(text) if !text.is_empty() => text.clone(),
            _ => return None,
        };
        Some(LabelledFact { zh: (*zh).to_owned(), en: (*en).to_owned(), value })
    });
    lines.collect()
}

/// Title of an event, Chinese and English.
pub fn title(kind: &str, detail: &Value) -> (String, String) {
    let word = |column: &str| detail.get(column).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (zh, en, more) = match kind {
        "sale" => ("购车", "Bought a car", word("purchase_kind")),
        "repair_order" => ("进厂", "Workshop visit", word("repair_kind").or(word("kind"))),
        "policy" => ("投保", "Insured", word("insurer")),
        "used_car_deal" => ("二手车交易", "Used-car deal", word("kind")),
        "lead" => ("线索", "Lead", word("series").or(word("channel"))),
        "ownership" => return role_title(word("role").unwrap_or("owner")),
        "contact" => ("企业微信", "WeCom contact", None),
        _ => ("客户建档", "Customer record opened", None),
    };
    match more {
        Some(more) => (format!("{zh}:{more}"), format!("{en}: {more}")),
        None => (zh.to_owned(), en.to_owned()),
    }
}

fn role_title(role: &str) -> (String, String) {
    let (zh, en) = match role {
        "user" => ("成为用车人", "Became the user"),
        "deliverer" => ("作为送修人", "Brought the car"),
        "insured" => ("作为被保险人", "Insured person"),
        "payer" => ("作为付款人", "Payer"),
        _ => ("成为车主", "Became the owner"),
    };
    (zh.to_owned(), en.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repair_order_speaks_for_itself() {
        let detail = json!({"repair_kind": "定期保养", "order_no": "RO1", "labour_fen": 12050, "parts_fen": 0,
                            "complaint": null, "advisor": ""});
        assert_eq!(title("repair_order", &detail).0, "进厂:定期保养");
        let values: Vec<String> = labelled(&detail).into_iter().map(|fact| fact.value).collect();
        assert_eq!(values, ["RO1", "定期保养", "¥120.50"]);
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(yuan(123_405), "¥1234.05");
        assert_eq!(yuan(-5), "-¥0.05");
    }
}
