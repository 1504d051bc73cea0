//! `/api/validity/rules`: read, preview, change.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use db::{AuditEntry, DbError, Tx};
use kernel::ids::{BrandId, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use web::{AppState, Can, Json, Problem, Routes, permission};

use crate::validity::preview_rule::{RulePreview, preview_rule};
use crate::validity::recompute_validity::RecomputeJob;
use crate::validity::rule_set::{BrandOverride, RuleSet, StoreOverride};
use crate::validity::rules::Thresholds;
use crate::validity::store::{RuleVersion, insert_rule, newest_rule};

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/validity/rules",
            get_with(get, |op| {
                op.id("get_validity_rules")
                    .tag("validity")
                    .summary("The rule in force, with the exceptions of brands and stores")
            })
            .put_with(change, |op| {
                op.id("change_validity_rules")
                    .tag("validity")
                    .summary("Make a new version of the rule and have everybody judged by it")
            }),
        )
        .api_route(
            "/api/validity/rules/previews",
            post_with(preview, |op| {
                op.id("preview_validity_rules")
                    .tag("validity")
                    .summary("Who would change under a proposed rule; nothing is written")
            }),
        )
}

/// One threshold with all that a form needs.
#[derive(Debug, Serialize, JsonSchema)]
struct ThresholdView {
    /// Name of the threshold.
    code: &'static str,
    /// Chinese label.
    zh: &'static str,
    /// English label.
    en: &'static str,
    /// What it does, Chinese.
    help_zh: &'static str,
    /// What it does, English.
    help_en: &'static str,
    /// `months` or `days`.
    unit: &'static str,
    /// Value in force.
    value: u16,
    /// Least allowed.
    min: u16,
    /// Most allowed.
    max: u16,
    /// Value shipped.
    default_value: u16,
}

/// The rule in force.
#[derive(Debug, Serialize, JsonSchema)]
struct RulesView {
    /// Its version.
    version: i32,
    /// When it was made.
    changed_at: Option<String>,
    /// Who made it; none for the rule shipped.
    changed_by: Option<String>,
    /// Why it was made.
    reason: String,
    /// The group's thresholds.
    rules: Vec<ThresholdView>,
    /// Exceptions of brands.
    brands: Vec<BrandOverride>,
    /// Exceptions of stores.
    stores: Vec<StoreOverride>,
}

fn thresholds(now: Thresholds) -> Vec<ThresholdView> {
    let shipped = Thresholds::default();
    let view = |code, zh, en, help_zh, help_en, unit, value, default_value| {
        let max = if unit == "days" { 3660 } else { 240 };
        ThresholdView { code, zh, en, help_zh, help_en, unit, value, min: 1, max, default_value }
    };
    vec![
        view(
            "repair_months",
            "维修保养回溯期",
            "Repair look-back",
            "最近一次维修保养在此月数内,客户视为有效",
            "A repair order within so many months keeps a customer valid",
            "months",
            now.repair_months,
            shipped.repair_months,
        ),
        view(
            "purchase_months",
            "购车回溯期",
            "Purchase look-back",
            "最近一次购车在此月数内,客户视为有效",
            "A purchase within so many months keeps a customer valid",
            "months",
            now.purchase_months,
            shipped.purchase_months,
        ),
        view(
            "interaction_months",
            "主动联系回溯期",
            "Interaction look-back",
            "客户在此月数内有咨询、留资或二手车交易,视为有效",
            "A message, lead or used-car deal within so many months keeps a customer valid",
            "months",
            now.interaction_months,
            shipped.interaction_months,
        ),
        view(
            "prospect_days",
            "意向客户有效期",
            "Open prospect",
            "没有车辆的意向客户,线索在此天数内视为跟进中",
            "Somebody without a vehicle is an open prospect for so many days after a lead",
            "days",
            now.prospect_days,
            shipped.prospect_days,
        ),
    ]
}

impl From<RuleVersion> for RulesView {
    fn from(rule: RuleVersion) -> Self {
        Self {
            version: rule.version,
            changed_at: rule.changed_by.map(|_| rule.changed_at.to_string()),
            changed_by: rule.changed_by_name,
            reason: rule.reason,
            rules: thresholds(rule.rules.group),
            brands: rule.rules.brands,
            stores: rule.rules.stores,
        }
    }
}

/// A proposed change. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct RuleChange {
    /// The group's thresholds by name.
    values: BTreeMap<String, u16>,
    /// Exceptions of brands, all of them.
    brands: Option<Vec<BrandOverride>>,
    /// Exceptions of stores, all of them.
    stores: Option<Vec<StoreOverride>>,
    /// Why.
    reason: Option<String>,
    /// Version the change was made from; refused if another was made meanwhile.
    version: Option<i32>,
}

impl RuleChange {
    fn applied_to(self, mut rules: RuleSet) -> Result<RuleSet, Problem> {
        for (code, value) in self.values {
            let field = match code.as_str() {
                "repair_months" => &mut rules.group.repair_months,
                "purchase_months" => &mut rules.group.purchase_months,
                "interaction_months" => &mut rules.group.interaction_months,
                "prospect_days" => &mut rules.group.prospect_days,
                _ => {
                    let (zh, en) = (format!("没有规则项 {code}"), format!("There is no threshold {code}"));
                    return Err(Problem::bad_input(&code, "validity.unknown_threshold", zh, en));
                }
            };
            *field = value;
        }
        rules.brands = self.brands.unwrap_or(rules.brands);
        rules.stores = self.stores.unwrap_or(rules.stores);
        rules
            .check()
            .map_err(|flaw| Problem::bad_input("values", "validity.bad_rule", flaw.zh(), flaw.to_string()))?;
        Ok(rules)
    }
}

async fn get(
    _ctx: Can<permission::ValidityRead>,
    State(app): State<AppState>,
) -> web::Result<Json<RulesView>> {
    let mut tx = app.db.read(&_ctx.access).await?;
    let rule = newest_rule(&mut tx).await?;
    tx.rollback().await?;
    Ok(Json(rule.into()))
}

async fn preview(
    ctx: Can<permission::ValidityManage>,
    State(app): State<AppState>,
    Json(change): Json<RuleChange>,
) -> web::Result<Json<RulePreview>> {
    whole_group_only(&ctx)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let rule = newest_rule(&mut tx).await?;
    tx.rollback().await?;
    let proposed = change.applied_to(rule.rules)?;
    Ok(Json(preview_rule(&app.db, &proposed, app.clock.today()).await?))
}

async fn change(
    ctx: Can<permission::ValidityManage>,
    State(app): State<AppState>,
    Json(change): Json<RuleChange>,
) -> web::Result<Json<RulesView>> {
    whole_group_only(&ctx)?;
    let mut tx = app.db.write(&ctx.access).await?;
    let rule = newest_rule(&mut tx).await?;
    if change.version.is_some_and(|version| version != rule.version) {
        return Err(changed_meanwhile());
    }
    let reason = change.reason.clone().map(|reason| reason.trim().to_owned()).unwrap_or_default();
    let rules = change.applied_to(rule.rules.clone())?;
    check_names(&mut tx, &rules).await?;
    let version = rule.version + 1;
    match insert_rule(&mut tx, version, &rules, &reason, ctx.user_id, ctx.now).await {
        Err(DbError::Duplicate { .. }) => return Err(changed_meanwhile()),
        other => other?,
    }
    let entry = AuditEntry {
        action: "validity.change_rule",
        subject_kind: "validity_rule",
        subject_id: &version.to_string(),
        store_id: None,
        reason: Some(reason.as_str()).filter(|reason| !reason.is_empty()),
        detail: json!({ "before": rule.rules, "after": rules }),
    };
    db::audit(&mut tx, &entry).await?;
    enqueue_run(&mut tx, &RecomputeJob::default()).await?;
    let made = newest_rule(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(made.into()))
}

/// The rule speaks for everybody's customers, so only who has the whole group may change it.
fn whole_group_only(ctx: &web::Ctx) -> Result<(), Problem> {
    if ctx.access.group {
        return Ok(());
    }
    let (zh, en) = (
        "有效客户规则影响全集团,仅集团范围的账号可以修改",
        "The rule concerns the whole group: only accounts of group scope may change it",
    );
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "validity.group_only", zh, en))
}

fn changed_meanwhile() -> Problem {
    let (zh, en) =
        ("规则刚被他人修改,请刷新后重试", "Somebody changed the rule meanwhile; reload and try again");
    Problem::conflict("validity.rule_changed", zh, en)
}

/// Exceptions must be of brands and stores that exist.
async fn check_names(tx: &mut Tx, rules: &RuleSet) -> Result<(), Problem> {
    let brands: Vec<i32> = rules.brands.iter().map(|brand| BrandId::get(brand.brand_id)).collect();
    let stores: Vec<i32> = rules.stores.iter().map(|store| StoreId::get(store.store_id)).collect();
    let sql = "
        SELECT (SELECT count(*) FROM brand WHERE brand_id = ANY ($1)) = cardinality($1::int[]),
               (SELECT count(*) FROM store WHERE store_id = ANY ($2)) = cardinality($2::int[])";
    let (brands_known, stores_known): (bool, bool) =
        sqlx::query_as(sql).bind(brands).bind(stores).fetch_one(&mut **tx).await?;
    if !brands_known {
        return Err(Problem::bad_input("brands", "validity.no_such_brand", "品牌不存在", "No such brand"));
    }
    if !stores_known {
        return Err(Problem::bad_input("stores", "validity.no_such_store", "门店不存在", "No such store"));
    }
    Ok(())
}

/// Orders a run in the transaction of what made it necessary; a run that waits already is enough.
pub(super) async fn enqueue_run(tx: &mut Tx, job: &RecomputeJob) -> Result<Option<i64>, DbError> {
    db::jobs::enqueue(
        tx,
        <RecomputeJob as db::jobs::Job<AppState>>::KIND,
        job,
        Some(job.as_of.as_deref().unwrap_or("today")),
    )
    .await
}
