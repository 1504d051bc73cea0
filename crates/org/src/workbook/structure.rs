//! Everything in the workbook but people: one function a sheet, one statement a sheet.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use kernel::money::Fen;
use kernel::uscc::Uscc;
use kernel::vocab::{Source, StoreKind};

use super::directory::Directory;
use super::drafts::{RowReader, Seen};
use super::read::ReadSheet;
use super::report::{Findings, Said};
use super::sheets::Sheet;
use crate::error::OrgError;

/// Takes in one sheet.
pub async fn apply(
    tx: &mut PgConnection,
    read: &ReadSheet,
    directory: &Directory,
    findings: &mut Findings,
) -> Result<(), OrgError> {
    if !has_columns(read, findings) {
        return Ok(());
    }
    let mut seen = Seen::default();
    let mut drafts: Vec<Value> = Vec::with_capacity(read.rows.len());
    for row in &read.rows {
        let mut reader = RowReader::new(read, row, findings);
        let draft = match read.sheet {
            Sheet::Region => region(&mut reader, read),
            Sheet::LegalEntity => legal_entity(&mut reader),
            Sheet::Brand => brand(&mut reader),
            Sheet::Store => store(&mut reader, directory),
            Sheet::Department => department(&mut reader, read, directory),
            Sheet::Position => position(&mut reader),
            Sheet::SourceSystem => source_system(&mut reader, directory),
            Sheet::FeatureFlag => feature_flag(&mut reader, directory),
            Sheet::Employee => None,
        };
        let Some(mut draft) = draft else { continue };
        let (field, key) = key_of(read.sheet, &draft);
        if seen.first(&mut reader, field, &key) {
            draft["n"] = json!(row.row);
            drafts.push(draft);
        }
    }
    for sql in statements(read.sheet) {
        let (created, changed) = upsert(tx, sql, &drafts).await?;
        findings.count(read.sheet, created, changed);
    }
    Ok(())
}

/// Reports required columns that are missing; then no row of the sheet can be understood.
pub fn has_columns(read: &ReadSheet, findings: &mut Findings) -> bool {
    let missing = read.missing();
    for column in &missing {
        let header = column.headers.first().copied().unwrap_or_default();
        let said = Said::new(
            format!("缺少“{header}”列,整张表未导入"),
            format!("column {header} is missing, the sheet was left out"),
        );
        findings.warn(read, read.header_row, header, "", said);
    }
    if !missing.is_empty() {
        for row in &read.rows {
            let said = Said::new("表头不完整,未导入", "left out: the header is incomplete");
            findings.reject(read, row.row, "", "", said);
        }
    }
    missing.is_empty()
}

fn key_of(sheet: Sheet, draft: &Value) -> (&'static str, String) {
    match sheet {
        Sheet::SourceSystem => {
            ("source", format!("{}|{}|{}", draft["store_id"], draft["source"], draft["live_from"]))
        }
        Sheet::FeatureFlag => ("feature", format!("{}|{}", draft["store_id"], draft["feature"])),
        _ => ("code", draft["code"].to_string()),
    }
}

/// Runs a statement over all drafts; answers with rows made and rows changed.
pub async fn upsert(
    tx: &mut PgConnection,
    sql: &'static str,
    drafts: &[impl Serialize],
) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(sql).bind(Json(drafts)).fetch_one(tx).await
}

/// A unit above that is in the same workbook need not exist yet.
fn parent_known(reader: &mut RowReader<'_>, read: &ReadSheet, known: bool) {
    let parent = reader.text("parent");
    let in_file = || read.rows.iter().any(|row| read.get(row, "code") == parent);
    if !parent.is_empty() && !known && !in_file() {
        reader.reject("parent", Said::new("没有这个上级", "is not known"));
    } else if !parent.is_empty() && parent == reader.text("code") {
        reader.reject("parent", Said::new("上级不能是自己", "cannot be its own parent"));
    }
}

fn region(reader: &mut RowReader<'_>, read: &ReadSheet) -> Option<Value> {
    parent_known(reader, read, false);
    let draft = json!({
        "code": reader.required("code"), "name": reader.required("name"), "parent": reader.text("parent"),
    });
    reader.keep(draft)
}

fn legal_entity(reader: &mut RowReader<'_>) -> Option<Value> {
    let uscc = reader.text("uscc");
    // A code that does not check is the company's own affair: kept as written, and listed.
    if let Some(flaw) = Uscc::parse(&uscc).err().filter(|_| !uscc.is_empty()) {
        reader.warn("uscc", Said::new(flaw.zh(), flaw.to_string()));
    }
    let capital = reader.text("capital");
    let capital = if capital.is_empty() { None } else { Some(Fen::parse(&capital)) };
    if let Some(Err(flaw)) = capital {
        reader.reject("capital", Said::new(flaw.zh(), flaw.to_string()));
    }
    let draft = json!({
        "code": reader.required("code"), "name": reader.required("name"),
        "uscc": Some(uscc).filter(|text| !text.is_empty()), "kind": reader.text("kind"),
        "registered_capital_fen": capital.and_then(Result::ok).map(Fen::get),
    });
    reader.keep(draft)
}

fn brand(reader: &mut RowReader<'_>) -> Option<Value> {
    let energy = reader.text("energy");
    let Some(energy) = energy_of(&energy) else {
        reader.reject("energy", Said::new("应为 燃油、纯电 或 燃油/纯电", "must be fuel, electric or both"));
        return None;
    };
    let draft = json!({
        "code": reader.required("code"), "name": reader.required("name"), "name_en": reader.text("name_en"),
        "tier": reader.text("tier"), "energy": energy,
    });
    reader.keep(draft)
}

/// What a brand's cars run on, in the many ways people write it; nothing written is fuel.
fn energy_of(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let electric = ["电", "新能源", "electric", "ev"].iter().any(|word| text.contains(word));
    let fuel = ["油", "fuel", "汽"].iter().any(|word| text.contains(word));
    let both = ["混", "both", "全部"].iter().any(|word| text.contains(word));
    match (fuel, electric, both) {
        (_, _, true) | (true, true, _) => Some("both"),
        (false, true, _) => Some("electric"),
        (true, false, _) => Some("fuel"),
        _ if text.is_empty() => Some("fuel"),
        _ => None,
    }
}

fn store(reader: &mut RowReader<'_>, directory: &Directory) -> Option<Value> {
    let kind = StoreKind::parse(&reader.required("kind")).ok();
    if kind.is_none() {
        reader.reject(
            "kind",
            Said::new("应为 4S店、快修店 或 二手车中心", "must be 4S, quick repair or used-car centre"),
        );
    }
    let grade = Some(reader.text("grade").to_uppercase()).filter(|grade| !grade.is_empty());
    if grade.as_deref().is_some_and(|grade| !matches!(grade, "A" | "B" | "C")) {
        reader.reject("grade", Said::new("应为 A、B 或 C", "must be A, B or C"));
    }
    let (opened_on, closed_on) = (reader.required_date("opened_on"), reader.date("closed_on"));
    reader.in_order(opened_on, closed_on, "closed_on", "闭店日期早于开业日期", "closed before it was opened");
    let name = reader.required("name");
    let short_name =
        Some(reader.text("short_name")).filter(|text| !text.is_empty()).unwrap_or_else(|| name.clone());
    let draft = json!({
        "code": reader.required("code"), "name": name, "short_name": short_name, "kind": kind.map(StoreKind::code),
        "region_id": reader.required_refer("region", &directory.regions, "区域"),
        "legal_entity_id": reader.required_refer("legal_entity", &directory.legal_entities, "公司"),
        "brand_ids": reader.refer_all("brands", &directory.brands, "品牌"),
        "grade": grade, "city": reader.text("city"), "opened_on": opened_on, "closed_on": closed_on,
        "lat": reader.number("lat", -90.0, 90.0), "lng": reader.number("lng", -180.0, 180.0),
    });
    reader.keep(draft)
}

fn department(reader: &mut RowReader<'_>, read: &ReadSheet, directory: &Directory) -> Option<Value> {
    parent_known(reader, read, directory.departments.contains_key(&reader.text("parent")));
    let draft = json!({
        "code": reader.required("code"), "name": reader.required("name"),
        "store_id": reader.refer("store", &directory.stores, "门店"), "parent": reader.text("parent"),
        "business_line": reader.business_line(),
    });
    reader.keep(draft)
}

fn position(reader: &mut RowReader<'_>) -> Option<Value> {
    let draft = json!({
        "code": reader.required("code"), "name": reader.required("name"), "business_line": reader.business_line(),
    });
    reader.keep(draft)
}

fn source_system(reader: &mut RowReader<'_>, directory: &Directory) -> Option<Value> {
    let source = Source::parse(&reader.required("source").to_lowercase()).ok();
    if source.is_none() {
        reader.reject(
            "source",
            Said::new("应为 dms、erp、insurance、used_car、paper、wecom 或 hr", "is no known system"),
        );
    }
    let (live_from, live_to) = (reader.required_date("live_from"), reader.date("live_to"));
    reader.in_order(live_from, live_to, "live_to", "停用日期早于上线日期", "retired before it went live");
    let draft = json!({
        "store_id": reader.required_refer("store", &directory.stores, "门店"),
        "source": source.map(Source::code), "live_from": live_from, "live_to": live_to,
    });
    reader.keep(draft)
}

fn feature_flag(reader: &mut RowReader<'_>, directory: &Directory) -> Option<Value> {
    let feature = reader.required("feature").to_lowercase();
    let plain = feature.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain || !(2..=40).contains(&feature.len()) || !feature.starts_with(|c: char| c.is_ascii_lowercase())
    {
        reader.reject(
            "feature",
            Said::new("功能编码应为小写字母、数字、下划线", "must be lower-case letters, digits and _"),
        );
    }
    let enabled = !matches!(reader.text("enabled").as_str(), "否" | "0" | "停用" | "关");
    let draft = json!({
        "store_id": reader.required_refer("store", &directory.stores, "门店"),
        "feature": feature, "enabled": enabled, "since_on": reader.date("since_on"),
    });
    reader.keep(draft)
}

fn statements(sheet: Sheet) -> &'static [&'static str] {
    use super::statements as sql;
    match sheet {
        Sheet::Region => &[sql::REGION, sql::REGION_PARENT],
        Sheet::LegalEntity => &[sql::LEGAL_ENTITY],
        Sheet::Brand => &[sql::BRAND],
        Sheet::Store => &[sql::STORE, sql::STORE_BRAND],
        Sheet::Department => &[sql::DEPARTMENT, sql::DEPARTMENT_PARENT],
        Sheet::Position => &[sql::POSITION],
        Sheet::SourceSystem => &[sql::SOURCE_SYSTEM],
        Sheet::FeatureFlag => &[sql::FEATURE_FLAG],
        Sheet::Employee => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_read_as_people_write_it() {
        for (text, energy) in [
            ("", Some("fuel")),
            ("燃油", Some("fuel")),
            ("汽油", Some("fuel")),
            ("纯电", Some("electric")),
            ("纯电动", Some("electric")),
            ("新能源", Some("electric")),
            ("EV", Some("electric")),
            ("燃油/纯电", Some("both")),
            ("插电混动", Some("both")),
            ("both", Some("both")),
            ("核能", None),
        ] {
            assert_eq!(energy_of(text), energy, "{text}");
        }
    }
}
