//! The quality report and its findings.

use std::collections::BTreeMap;

use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use web::permission::QualityRead;
use web::{AppState, Can, Json, Order, PageQuery, Path, Problem, Result, Routes};

use super::listing::{Listing, list_routes};
use crate::quality::score;
use crate::rules::{DefectClass, Rule, words_of_mark};

pub fn routes() -> Routes {
    list_routes!(
        FindingFilter,
        QualityRead,
        "/api/quality/findings",
        "list_quality_findings",
        "export_quality_findings",
        "Findings: rules that records break, and who mends them"
    )
    .api_route(
        "/api/quality",
        get_with(get_quality, |op| {
            op.id("get_quality").tag("intake").summary("Quality scores by store, source and time")
        }),
    )
    .api_route(
        "/api/quality/findings/{id}",
        put_with(put_finding, |op| {
            op.id("put_quality_finding").tag("intake").summary("Give a finding an owner or a state")
        }),
    )
}

/// Score with its defects.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct QualityScore {
    score: Option<i32>,
    records: i64,
    duplicate: i64,
    error: i64,
    incomplete: i64,
    inconsistent: i64,
}

/// Score of a store.
#[derive(Debug, Serialize, JsonSchema)]
struct StoreQuality {
    store_id: i32,
    store_name: String,
    region_name: String,
    #[serde(flatten)]
    score: QualityScore,
}

/// Score of a source.
#[derive(Debug, Serialize, JsonSchema)]
struct SourceQuality {
    source: String,
    #[serde(flatten)]
    score: QualityScore,
}

/// What a month's files brought.
#[derive(Debug, Serialize, JsonSchema)]
struct TrendPoint {
    on: String,
    score: Option<i32>,
    duplicate: i64,
    error: i64,
    incomplete: i64,
    inconsistent: i64,
}

/// The quality report.
#[derive(Debug, Serialize, JsonSchema)]
struct Quality {
    as_of: Option<String>,
    total: QualityScore,
    by_store: Vec<StoreQuality>,
    by_source: Vec<SourceQuality>,
    /// Oldest first, a point for each period of the files.
    trend: Vec<TrendPoint>,
}

#[derive(Default)]
struct Sum {
    records: i64,
    bad: BTreeMap<DefectClass, i64>,
}

impl Sum {
    fn show(&self) -> QualityScore {
        let bad = |class| self.bad.get(&class).copied().unwrap_or(0);
        QualityScore {
            score: score(self.records, &self.bad),
            records: self.records,
            duplicate: bad(DefectClass::Duplicate),
            error: bad(DefectClass::Error),
            incomplete: bad(DefectClass::Incomplete),
            inconsistent: bad(DefectClass::Inconsistent),
        }
    }
}

fn class_of(code: &str) -> Option<DefectClass> {
    DefectClass::ALL.into_iter().find(|c| c.code() == code)
}

async fn get_quality(ctx: Can<QualityRead>, State(app): State<AppState>) -> Result<Json<Quality>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let as_of: Option<String> =
        sqlx::query_scalar("SELECT max(measured_on)::text FROM quality_score").fetch_one(&mut *tx).await?;
    let records: Vec<(Option<i32>, String, i64)> = sqlx::query_as(
        "SELECT store_id, source, records FROM quality_score WHERE measured_on = (SELECT max(measured_on) FROM quality_score)",
    )
    .fetch_all(&mut *tx)
    .await?;
    let bad: Vec<(Option<i32>, String, String, i64)> = sqlx::query_as(
        "SELECT store_id, source, defect_class, sum(bad)::bigint
         FROM quality_day
         WHERE measured_on = (SELECT max(measured_on) FROM quality_score)
         GROUP BY 1, 2, 3",
    )
    .fetch_all(&mut *tx)
    .await?;
    let stores: Vec<(i32, String, String)> = sqlx::query_as(
        "SELECT s.store_id, s.short_name, r.name FROM store s JOIN region r USING (region_id) ORDER BY s.store_id",
    )
    .fetch_all(&mut *tx)
    .await?;
    let trend: Vec<(String, i64, Option<String>, i64)> = sqlx::query_as(
        "WITH period AS (
             SELECT date_trunc('month', COALESCE(period_on, finished_at::date))::date AS on_month, batch_id, rows_in
             FROM batch
             WHERE state = 'loaded'
         ), latest AS (
             SELECT on_month, sum(rows_in)::bigint AS rows_in FROM period GROUP BY 1 ORDER BY 1 DESC LIMIT 36
         )
         SELECT l.on_month::text, l.rows_in, d.defect_class, COALESCE(sum(d.bad), 0)::bigint
         FROM latest l
         JOIN period p USING (on_month)
         LEFT JOIN batch_defect d USING (batch_id)
         GROUP BY 1, 2, 3
         ORDER BY 1",
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    let mut total = Sum::default();
    let (mut by_store, mut by_source) = (BTreeMap::<Option<i32>, Sum>::new(), BTreeMap::<String, Sum>::new());
    for (store, source, n) in records {
        total.records += n;
        by_store.entry(store).or_default().records += n;
        by_source.entry(source).or_default().records += n;
    }
    for (store, source, class, n) in bad {
        let Some(class) = class_of(&class) else { continue };
        for sum in [&mut total, by_store.entry(store).or_default(), by_source.entry(source).or_default()] {
            *sum.bad.entry(class).or_insert(0) += n;
        }
    }
    let mut points: BTreeMap<String, Sum> = BTreeMap::new();
    for (on, rows, class, n) in trend {
        let point = points.entry(on).or_default();
        point.records = rows;
        if let Some(class) = class.as_deref().and_then(class_of) {
            *point.bad.entry(class).or_insert(0) += n;
        }
    }
    let by_store = stores
        .into_iter()
        .filter_map(|(store_id, store_name, region_name)| {
            let score = by_store.get(&Some(store_id))?.show();
            Some(StoreQuality { store_id, store_name, region_name, score })
        })
        .collect();
    let trend = points.into_iter().map(|(on, sum)| {
        let s = sum.show();
        TrendPoint {
            on,
            score: s.score,
            duplicate: s.duplicate,
            error: s.error,
            incomplete: s.incomplete,
            inconsistent: s.inconsistent,
        }
    });
    Ok(Json(Quality {
        as_of,
        total: total.show(),
        by_store,
        by_source: by_source
            .into_iter()
            .map(|(source, sum)| SourceQuality { source, score: sum.show() })
            .collect(),
        trend: trend.collect(),
    }))
}

/// Filters of the findings.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FindingFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
    /// Class of defect.
    defect: Option<String>,
    store_id: Option<i32>,
    source: Option<String>,
    rule: Option<String>,
    state: Option<String>,
}

/// A rule that records of a store's source break.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingRow {
    finding_id: i64,
    defect: String,
    rule: String,
    rule_zh: String,
    rule_en: String,
    store_id: Option<i32>,
    store_name: Option<String>,
    source: String,
    entity: String,
    rows: i64,
    owner_name: Option<String>,
    first_seen_on: String,
    last_seen_on: String,
    state: String,
    example: Option<String>,
}

impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for FindingRow {
    fn from_row(row: &'r sqlx::postgres::PgRow) -> std::result::Result<Self, sqlx::Error> {
        use sqlx::Row;
        let rule: String = row.try_get("rule")?;
        let (rule_zh, rule_en) = words_of_rule(&rule);
        Ok(FindingRow {
            finding_id: row.try_get("finding_id")?,
            defect: row.try_get("defect")?,
            rule_zh,
            rule_en,
            rule,
            store_id: row.try_get("store_id")?,
            store_name: row.try_get("store_name")?,
            source: row.try_get("source")?,
            entity: row.try_get("entity")?,
            rows: row.try_get("rows")?,
            owner_name: row.try_get("owner_name")?,
            first_seen_on: row.try_get("first_seen_on")?,
            last_seen_on: row.try_get("last_seen_on")?,
            state: row.try_get("state")?,
            example: row.try_get("example")?,
        })
    }
}

/// A rule in words: 手机：占位值.
fn words_of_rule(rule: &str) -> (String, String) {
    if let Some((field, code)) = rule.split_once(':') {
        let label = crate::catalogue::Field::parse(field).map_or(field, |f| f.zh());
        let (zh, en) = words_of_mark(code);
        return (format!("{label}：{zh}"), format!("{}: {}", field.replace('_', " "), en.replace('_', " ")));
    }
    match rule {
        "same_name_and_phone" => {
            ("同店同系统姓名和手机相同".into(), "same name and phone in one system".into())
        }
        "phone_of_many_names" => ("一个手机对应多个姓名".into(), "one phone under many names".into()),
        "vin_with_two_engines" => {
            ("同一车架号有两个发动机号".into(), "one VIN with two engine numbers".into())
        }
        other => Rule::ALL
            .iter()
            .find(|r| r.code() == other)
            .map_or((other.to_owned(), other.to_owned()), |r| (r.zh().to_owned(), r.en().to_owned())),
    }
}

impl Listing for FindingFilter {
    type Row = FindingRow;
    const NAME: &'static str = "quality-findings";
    const SQL: &'static str = "SELECT f.finding_id, f.defect_class AS defect, f.rule, f.store_id, s.short_name AS store_name, f.source, f.entity,
                f.bad AS rows, f.owner_name, f.first_seen_on::text AS first_seen_on, f.last_seen_on::text AS last_seen_on,
                f.state, f.example, count(*) OVER () AS total
         FROM quality_finding f
         LEFT JOIN store s USING (store_id)
         WHERE ($1::text IS NULL OR f.defect_class = $1)
           AND ($2::int IS NULL OR f.store_id = $2)
           AND ($3::text IS NULL OR f.source = $3)
           AND ($4::text IS NULL OR f.rule = $4)
           AND ($5::text IS NULL OR f.state = $5)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("finding_id", "f.finding_id"),
        ("rows", "f.bad"),
        ("defect", "f.defect_class"),
        ("rule", "f.rule"),
        ("store_name", "s.short_name"),
        ("source", "f.source"),
        ("first_seen_on", "f.first_seen_on"),
        ("last_seen_on", "f.last_seen_on"),
        ("state", "f.state"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("store_name", "门店"),
        ("source", "来源"),
        ("entity", "对象"),
        ("defect", "类别"),
        ("rule_zh", "规则"),
        ("rows", "记录数"),
        ("owner_name", "责任人"),
        ("first_seen_on", "首次发现"),
        ("last_seen_on", "最近发现"),
        ("state", "状态"),
    ];

    fn bind(&self, to: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError> {
        to.add(&self.defect)?;
        to.add(self.store_id)?;
        to.add(&self.source)?;
        to.add(&self.rule)?;
        to.add(&self.state)
    }

    fn cut(&self) -> PageQuery {
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FindingPath {
    id: i64,
}

/// What a person changes in a finding.
#[derive(Debug, Deserialize, JsonSchema)]
struct FindingChange {
    /// `open`, `mended` or `accepted`.
    state: String,
    /// Who has to mend it.
    owner: Option<String>,
}

async fn put_finding(
    ctx: Can<web::permission::QuarantineRepair>,
    State(app): State<AppState>,
    Path(path): Path<FindingPath>,
    Json(body): Json<FindingChange>,
) -> Result<Json<FindingRow>> {
    if !["open", "mended", "accepted"].contains(&body.state.as_str()) {
        return Err(Problem::bad_input(
            "state",
            "intake.finding_state",
            "状态应为 open、mended 或 accepted",
            "state is open, mended or accepted",
        ));
    }
    let mut tx = app.db.write(&ctx.access).await?;
    let changed = sqlx::query(
        "UPDATE quality_finding SET state = $2, owner_name = COALESCE($3, owner_name) WHERE finding_id = $1",
    )
    .bind(path.id)
    .bind(&body.state)
    .bind(body.owner.as_deref().map(str::trim).filter(|o| !o.is_empty()))
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Problem::not_found("没有这一项", "No such finding"));
    }
    let entry = db::AuditEntry {
        action: "change_quality_finding",
        subject_kind: "quality_finding",
        subject_id: &path.id.to_string(),
        store_id: None,
        reason: None,
        detail: serde_json::json!({ "state": body.state, "owner": body.owner }),
    };
    db::audit(&mut tx, &entry).await?;
    let sql = format!("SELECT * FROM ({}) f WHERE f.finding_id = $6", FindingFilter::SQL);
    let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(None::<String>)
        .bind(None::<i32>)
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(path.id)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Json(row))
}
