//! What the validity screens read, all of it within the reader's scope.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use web::{Order, Problem, Sorting};

use super::judge::ScopeKind;
use super::model::{
    EvidenceView, OverlapMatrix, OverlapStore, ReasonCount, ReasonView, ScopeCount, ScopeVerdict, StoredFact,
    TrendPoint, ValiditySummary,
};
use super::rules::State;

/// Days of trend on a first screen.
const TREND_DAYS: i64 = 400;

/// Stores of one overlap matrix; a larger one nobody reads.
pub const MATRIX_STORES_MAX: i64 = 100;

/// The name of a scope, for a row `v` with `scope_kind` and `scope_id`.
const SCOPE_NAME: &str = "
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
pub async fn verdicts_of_person(tx: &mut PgConnection, person: i32) -> Result<Vec<ScopeVerdict>, sqlx::Error> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT v.person_no, v.scope_kind, v.scope_id,");
    sql.push(SCOPE_NAME).push(
        " AS scope_name, v.verdict, v.reasons, v.evidence, v.rule_version, v.as_of::text AS as_of
          FROM validity_verdict v
          WHERE v.person_no = ",
    );
    sql.push_bind(person);
    sql.push(" ORDER BY array_position(ARRAY['group', 'region', 'brand', 'store'], v.scope_kind), v.scope_id");
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

#[derive(sqlx::FromRow)]
struct CountRow {
    scope_kind: String,
    scope_id: i32,
    scope_name: String,
    region_name: Option<String>,
    valid: i32,
    invalid: i32,
    unknown: i32,
    valid_at_store: i32,
    reasons: serde_json::Value,
}

/// Counts of all scopes the reader may see, of the newest run.
///
/// # Errors
/// A fault of the database.
pub async fn summary(tx: &mut PgConnection) -> Result<ValiditySummary, sqlx::Error> {
    let sql = "SELECT rule_version, as_of::text FROM validity_current";
    let (rule_version, as_of): (i32, Option<String>) = sqlx::query_as(sql).fetch_one(&mut *tx).await?;
    let mut sql = QueryBuilder::<Postgres>::new("SELECT v.scope_kind, v.scope_id,");
    sql.push(SCOPE_NAME).push(
        " AS scope_name,
          (SELECT r.name FROM store s JOIN region r USING (region_id)
           WHERE v.scope_kind = 'store' AND s.store_id = v.scope_id) AS region_name,
          v.valid, v.invalid, v.unknown, v.valid_at_store, v.reasons
          FROM validity_count v
          WHERE v.on_day = (SELECT as_of FROM validity_current)
          ORDER BY v.scope_kind, v.valid DESC, v.scope_id",
    );
    let rows: Vec<CountRow> = sql.build_query_as().fetch_all(&mut *tx).await?;
    let of = |kind: &str| rows.iter().filter(|row| row.scope_kind == kind).map(scope_count).collect::<Vec<_>>();
    let stores = of("store");
    let sum_of_stores = stores.iter().map(|store| store.valid).sum();
    let group = rows.iter().find(|row| row.scope_kind == "group");
    let (distinct_in_stores, group_distinct) = match group {
        Some(group) => (i64::from(group.valid_at_store), i64::from(group.valid)),
        None => distinct_of_reader(&mut *tx, &stores).await?,
    };
    // The widest scope the reader may count: the group, else his region, else his largest store.
    let widest = ["group", "region", "brand", "store"]
        .iter()
        .find_map(|kind| rows.iter().find(|row| row.scope_kind == *kind));
    let reasons = widest.map(|row| reason_counts(&row.reasons)).unwrap_or_default();
    let trend = match widest {
        Some(row) => trend(&mut *tx, &row.scope_kind, row.scope_id).await?,
        None => Vec::new(),
    };
    Ok(ValiditySummary {
        as_of,
        rule_version,
        group: group.map(scope_count),
        regions: of("region"),
        brands: of("brand"),
        stores,
        sum_of_stores,
        distinct_in_stores,
        group_distinct,
        reasons,
        trend,
    })
}

fn scope_count(row: &CountRow) -> ScopeCount {
    ScopeCount {
        scope_kind: row.scope_kind.clone(),
        scope_id: row.scope_id,
        scope_name: row.scope_name.clone(),
        region_name: row.region_name.clone(),
        valid: row.valid.into(),
        invalid: row.invalid.into(),
        unknown: row.unknown.into(),
    }
}

fn reason_counts(reasons: &serde_json::Value) -> Vec<ReasonCount> {
    let Some(reasons) = reasons.as_object() else { return Vec::new() };
    let mut counts: Vec<ReasonCount> = reasons
        .iter()
        .map(|(code, count)| {
            let ReasonView { code, zh, en } = ReasonView::of(code);
            ReasonCount { code, zh, en, count: count.as_i64().unwrap_or(0) }
        })
        .collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    counts
}

/// A reader of a few stores: his distinct people are counted from the verdicts themselves.
async fn distinct_of_reader(tx: &mut PgConnection, stores: &[ScopeCount]) -> Result<(i64, i64), sqlx::Error> {
    let ids: Vec<i32> = stores.iter().map(|store| store.scope_id).collect();
    let sql = "
        SELECT count(*), count(*) FILTER (WHERE EXISTS (
                   SELECT 1 FROM validity_verdict g
                   WHERE g.person_no = mine.person_no AND g.scope_kind = 'group' AND g.verdict = 'valid'))
        FROM (SELECT DISTINCT v.person_no
              FROM validity_verdict v
              WHERE v.scope_kind = 'store' AND v.scope_id = ANY ($1) AND v.verdict = 'valid') mine";
    sqlx::query_as(sql).bind(ids).fetch_one(tx).await
}

/// Valid people of a scope day by day, oldest first.
///
/// # Errors
/// A fault of the database.
pub async fn trend(tx: &mut PgConnection, kind: &str, id: i32) -> Result<Vec<TrendPoint>, sqlx::Error> {
    let sql = r#"
        SELECT on_day::text AS "on", valid::bigint AS valid
        FROM (SELECT on_day, valid
              FROM validity_count
              WHERE scope_kind = $1 AND scope_id = $2
              ORDER BY on_day DESC
              LIMIT $3) newest
        ORDER BY on_day"#;
    sqlx::query_as(sql).bind(kind).bind(id).bind(TREND_DAYS).fetch_all(tx).await
}

/// People valid at both of two stores, for all pairs of `stores` (none: the reader's largest stores).
///
/// # Errors
/// A fault of the database.
pub async fn overlap(tx: &mut PgConnection, stores: &[i32]) -> Result<OverlapMatrix, sqlx::Error> {
    let sql = "
        SELECT s.store_id, s.short_name AS store_name, c.valid::bigint AS valid
        FROM validity_count c
        JOIN store s ON s.store_id = c.scope_id
        WHERE c.scope_kind = 'store'
          AND c.on_day = (SELECT as_of FROM validity_current)
          AND (cardinality($1::int[]) = 0 OR c.scope_id = ANY ($1))
        ORDER BY c.valid DESC, s.store_id
        LIMIT $2";
    let rows: Vec<(i32, String, i64)> =
        sqlx::query_as(sql).bind(stores).bind(MATRIX_STORES_MAX).fetch_all(&mut *tx).await?;
    let at: HashMap<i32, usize> = rows.iter().enumerate().map(|(at, row)| (row.0, at)).collect();
    let mut counts = vec![vec![0; rows.len()]; rows.len()];
    let mut valid_row_only = counts.clone();
    for (at, row) in rows.iter().enumerate() {
        counts[at][at] = row.2;
    }
    let sql = "
        SELECT store_a, store_b, valid_both, valid_a_only, valid_b_only
        FROM validity_overlap
        WHERE store_a = ANY ($1) AND store_b = ANY ($1)";
    let ids: Vec<i32> = rows.iter().map(|row| row.0).collect();
    let pairs: Vec<(i32, i32, i32, i32, i32)> = sqlx::query_as(sql).bind(ids).fetch_all(tx).await?;
    for (a, b, both, a_only, b_only) in pairs {
        let (Some(&a), Some(&b)) = (at.get(&a), at.get(&b)) else { continue };
        counts[a][b] = both.into();
        counts[b][a] = both.into();
        valid_row_only[a][b] = a_only.into();
        valid_row_only[b][a] = b_only.into();
    }
    let stores =
        rows.into_iter().map(|(store_id, store_name, _)| OverlapStore { store_id, store_name }).collect();
    Ok(OverlapMatrix { stores, counts, valid_row_only })
}

/// Filters of the list of a scope's people, as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PeopleFilter {
    /// `store`, `brand`, `region`, `group`; default `group`.
    pub scope_kind: Option<String>,
    /// Number of the scope; 0 for the group.
    pub scope_id: Option<i32>,
    /// `valid`, `invalid`, `unknown`.
    pub verdict: Option<String>,
    /// Code of a reason the verdict must have.
    pub reason: Option<String>,
    /// A second scope: `store`, `brand`, `region`, `group`.
    pub other_scope_kind: Option<String>,
    /// Its number.
    pub other_scope_id: Option<i32>,
    /// The verdict there: invalid at A and valid at B is one query.
    pub other_verdict: Option<String>,
    /// Name, phone, plate, VIN, ID number.
    pub q: Option<String>,
    /// Page number from 1.
    pub page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    pub size: Option<u32>,
    /// `person_no` or `last_seen_on`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<Order>,
}

/// What the list can be sorted by.
pub const COLUMNS: &[(&str, &str)] = &[
    ("person_no", "v.person_no"),
    ("last_seen_on", "p.last_seen_on"),
    ("first_seen_on", "p.first_seen_on"),
    ("name", "p.name_pinyin"),
    ("record_count", "p.record_count"),
    ("store_count", "p.store_count"),
];

/// A checked filter.
#[derive(Debug, Clone)]
pub struct PeopleQuery {
    /// Kind of the scope.
    pub kind: ScopeKind,
    /// Its number.
    pub id: i32,
    /// The second scope, with the verdict there if one is asked for.
    pub other: Option<(ScopeKind, i32, Option<State>)>,
    verdict: Option<State>,
    reason: Option<String>,
}

fn scope_kind(field: &str, code: &str) -> Result<ScopeKind, Problem> {
    ScopeKind::parse(code).ok_or_else(|| {
        let en = "must be store, brand, region or group";
        Problem::bad_input(field, "validity.bad_scope", "范围可选:store、brand、region、group", en)
    })
}

fn state(field: &str, code: Option<&str>) -> Result<Option<State>, Problem> {
    let Some(code) = code.filter(|code| !code.is_empty()) else { return Ok(None) };
    State::parse(code).map(Some).ok_or_else(|| {
        let en = "must be valid, invalid or unknown";
        Problem::bad_input(field, "validity.bad_verdict", "结论可选:valid、invalid、unknown", en)
    })
}

impl PeopleFilter {
    /// Checks the filter.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn checked(&self) -> Result<PeopleQuery, Problem> {
        let other = match self.other_scope_kind.as_deref().filter(|kind| !kind.is_empty()) {
            Some(kind) => Some((
                scope_kind("other_scope_kind", kind)?,
                self.other_scope_id.unwrap_or(0),
                state("other_verdict", self.other_verdict.as_deref())?,
            )),
            None => None,
        };
        Ok(PeopleQuery {
            kind: scope_kind("scope_kind", self.scope_kind.as_deref().unwrap_or("group"))?,
            id: self.scope_id.unwrap_or(0),
            other,
            verdict: state("verdict", self.verdict.as_deref())?,
            reason: self.reason.clone().filter(|reason| !reason.is_empty()),
        })
    }

    /// The cut.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn sorting(&self) -> Result<Sorting, Problem> {
        let query =
            web::PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order };
        query.checked(COLUMNS)
    }
}

/// The numbers of one page of a scope's people, and how many the filter holds.
///
/// # Errors
/// A fault of the database.
pub async fn list_people(
    tx: &mut PgConnection,
    query: &PeopleQuery,
    candidates: Option<&[i32]>,
    sorting: &Sorting,
) -> Result<(Vec<i32>, i64), sqlx::Error> {
    let mut page = QueryBuilder::<Postgres>::new("SELECT v.person_no");
    people(&mut page, query, candidates);
    page.push(" ORDER BY ").push(sorting.order_by()).push(", v.person_no LIMIT ").push_bind(sorting.limit);
    page.push(" OFFSET ").push_bind(sorting.offset);
    let persons: Vec<i32> = page.build_query_scalar().fetch_all(&mut *tx).await?;
    let mut count = QueryBuilder::<Postgres>::new("SELECT count(*) FROM (SELECT 1");
    people(&mut count, query, candidates);
    count.push(" LIMIT ").push_bind(crate::people::list::TOTAL_MAX).push(") counted");
    let total: i64 = count.build_query_scalar().fetch_one(tx).await?;
    Ok((persons, total))
}

fn people(sql: &mut QueryBuilder<Postgres>, query: &PeopleQuery, candidates: Option<&[i32]>) {
    sql.push(" FROM validity_verdict v JOIN person p ON p.person_no = v.person_no AND p.merged_into IS NULL");
    if query.other.is_some() {
        sql.push(" JOIN validity_verdict o ON o.person_no = v.person_no");
    }
    sql.push(" WHERE v.scope_kind = ").push_bind(query.kind.code());
    sql.push(" AND v.scope_id = ").push_bind(query.id);
    if let Some(verdict) = query.verdict {
        sql.push(" AND v.verdict = ").push_bind(verdict.code());
    }
    if let Some(reason) = &query.reason {
        sql.push(" AND ").push_bind(reason.clone()).push(" = ANY (v.reasons)");
    }
    if let Some((kind, id, verdict)) = query.other {
        sql.push(" AND o.scope_kind = ").push_bind(kind.code()).push(" AND o.scope_id = ").push_bind(id);
        if let Some(verdict) = verdict {
            sql.push(" AND o.verdict = ").push_bind(verdict.code());
        }
    }
    if let Some(candidates) = candidates {
        sql.push(" AND v.person_no = ANY (").push_bind(candidates.to_vec()).push(")");
    }
}
