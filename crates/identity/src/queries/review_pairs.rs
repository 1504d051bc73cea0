//! Pairs that wait for a person, and those that were decided.

use db::Access;
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow};
use web::{AppState, Order, Page, PageQuery, Sorting};

use crate::IdentityError;
use crate::queries::cards::{self, Cards, RecordCard};
use crate::queries::evidence::{self, EvidenceRow, Scored, StoredLevel};
use crate::queries::joins::rounded;
use crate::queries::{identity_models, like};
use crate::wording;

/// A pair with everything needed to decide it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReviewPair {
    /// Its number.
    pub pair_id: i64,
    /// `open`, `joined`, `kept_apart`, `skipped` or `obsolete`.
    pub state: String,
    /// Probability that the two are one customer.
    pub probability: f64,
    /// Evidence in bits.
    pub weight: f64,
    /// One record.
    pub left: RecordCard,
    /// The other.
    pub right: RecordCard,
    /// Customer of the left record.
    pub left_person: String,
    /// Customer of the right record.
    pub right_person: String,
    /// The evidence, comparison by comparison.
    pub evidence: Vec<EvidenceRow>,
    /// The guard that kept the pair from joining by itself.
    pub guard_zh: Option<String>,
    /// The same in English.
    pub guard_en: Option<String>,
    /// Version of the model that weighed it.
    pub model_version: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

/// What to list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReviewPairFilter {
    /// `open`, `joined`, `kept_apart`, `skipped`; default all but obsolete ones.
    pub state: Option<String>,
    /// One side is of this store.
    pub store_id: Option<i32>,
    /// One side is of this kind of system.
    pub source: Option<String>,
    /// Part of a name, or a customer number.
    pub q: Option<String>,
    /// Only this pair.
    #[serde(skip)]
    #[schemars(skip)]
    pub only: Option<i64>,
    /// Page, from 1.
    pub page: Option<u32>,
    /// Rows a page.
    pub size: Option<u32>,
    /// `probability`, `weight`, `pair_id` or `decided_at`.
    pub sort: Option<String>,
    /// Direction; the likeliest come first by default.
    pub order: Option<Order>,
}

const SORTS: &[(&str, &str)] = &[
    ("probability", "pair.weight"),
    ("weight", "pair.weight"),
    ("pair_id", "pair.pair_id"),
    ("decided_at", "pair.decided_at"),
];

impl ReviewPairFilter {
    /// The checked cut.
    ///
    /// # Errors
    /// A page or column that does not exist.
    pub fn cut(&self) -> web::Result<Sorting> {
        let order = self.order.or(if self.sort.is_none() { Some(Order::Desc) } else { None });
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order }.checked(SORTS)
    }
}

#[derive(FromRow)]
struct Row {
    pair_id: i64,
    a_key: i64,
    b_key: i64,
    state: String,
    weight: f32,
    probability: f32,
    refused_by: Option<String>,
    levels: Json<Vec<StoredLevel>>,
    decided_by: Option<i32>,
    decided_at: Option<SqlTimestamp>,
}

const FILTER: &str = "
    FROM review_pair pair
    WHERE ($1::bigint IS NULL OR pair.pair_id = $1)
      AND (CASE WHEN $2::text IS NULL THEN pair.state <> 'obsolete' OR $1 IS NOT NULL ELSE pair.state = $2 END)
      AND ($3::int IS NULL OR pair.store_id = $3 OR pair.b_store_id = $3)
      AND ($4::text IS NULL OR EXISTS (
          SELECT 1 FROM party_record r
          WHERE r.current AND r.record_key IN (pair.a_key, pair.b_key) AND r.source = $4))
      AND ($5::text IS NULL OR pair.a_person_no = $6 OR pair.b_person_no = $6 OR EXISTS (
          SELECT 1 FROM party_record r
          WHERE r.current AND r.record_key IN (pair.a_key, pair.b_key) AND r.name ILIKE $5))";

/// One page of pairs the caller sees at least one side of.
///
/// # Errors
/// When the database fails.
pub async fn page(
    app: &AppState,
    access: &Access,
    filter: &ReviewPairFilter,
    cut: &Sorting,
) -> Result<Page<ReviewPair>, IdentityError> {
    let number = filter
        .q
        .as_deref()
        .and_then(|q| PersonNo::parse(q).ok())
        .map(|no| i32::try_from(no.get()).unwrap_or(0));
    let pattern = like(filter.q.as_deref());
    let mut tx = app.db.read(access).await?;
    let rows_sql = format!(
        "SELECT pair.pair_id, pair.a_key, pair.b_key, pair.state, pair.weight, pair.probability, pair.refused_by,
                pair.levels, pair.decided_by, pair.decided_at
         {FILTER}
         ORDER BY {}, pair.pair_id LIMIT {} OFFSET {}",
        cut.order_by(),
        cut.limit,
        cut.offset
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(rows_sql))
        .bind(filter.only)
        .bind(filter.state.as_deref())
        .bind(filter.store_id)
        .bind(filter.source.as_deref())
        .bind(pattern.as_deref())
        .bind(number)
        .fetch_all(&mut *tx)
        .await?;
    let total: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) {FILTER}")))
        .bind(filter.only)
        .bind(filter.state.as_deref())
        .bind(filter.store_id)
        .bind(filter.source.as_deref())
        .bind(pattern.as_deref())
        .bind(number)
        .fetch_one(&mut *tx)
        .await?;
    tx.rollback().await?;
    Ok(Page::new(fill(app, access, rows).await?, total, cut))
}

async fn fill(app: &AppState, access: &Access, rows: Vec<Row>) -> Result<Vec<ReviewPair>, IdentityError> {
    let keys: Vec<i64> = rows.iter().flat_map(|row| [row.a_key, row.b_key]).collect();
    let cards = cards::load(&app.db, access, &keys).await?;
    let scored =
        evidence::score(app, &rows.iter().map(|row| (row.a_key, row.b_key)).collect::<Vec<_>>()).await?;
    let mut tx = app.db.system().await?;
    let model = identity_models::in_force(&mut tx).await?;
    let sql = "SELECT record_key, person_no FROM person_record WHERE record_key = ANY ($1)";
    let persons: std::collections::HashMap<i64, i32> =
        sqlx::query_as::<_, (i64, i32)>(sql).bind(&keys).fetch_all(&mut *tx).await?.into_iter().collect();
    let users =
        crate::queries::history::user_names(&mut tx, rows.iter().filter_map(|row| row.decided_by)).await?;
    tx.rollback().await?;
    let person = |key: i64| {
        let no = persons.get(&key).copied().unwrap_or(0);
        PersonNo(u32::try_from(no).unwrap_or(0)).to_string()
    };
    Ok(rows
        .into_iter()
        .map(|row| ReviewPair {
            pair_id: row.pair_id,
            probability: rounded(row.probability, 10_000.0),
            weight: rounded(row.weight, 100.0),
            left_person: person(row.a_key),
            right_person: person(row.b_key),
            evidence: evidence_of(&row, &cards, &scored, model.prior),
            left: cards::shown(&cards, row.a_key),
            right: cards::shown(&cards, row.b_key),
            guard_zh: guard(&row).map(|words| words.zh.to_owned()),
            guard_en: guard(&row).map(|words| words.en.to_owned()),
            model_version: model.version.clone(),
            decided_by: row.decided_by.and_then(|user| users.get(&user).cloned()),
            decided_at: row.decided_at.map(SqlTimestamp::to_jiff),
            state: row.state,
        })
        .collect())
}

fn evidence_of(row: &Row, cards: &Cards, scored: &Scored, prior: f64) -> Vec<EvidenceRow> {
    let scored = scored.get(&(row.a_key, row.b_key));
    match (cards.get(&row.a_key), cards.get(&row.b_key)) {
        (Some(left), Some(right)) => {
            evidence::rows(&row.levels, f64::from(row.weight), prior, scored, left, right)
        }
        _ => Vec::new(),
    }
}

fn guard(row: &Row) -> Option<wording::Words> {
    row.refused_by.as_deref().and_then(wording::guard_of).map(wording::guard)
}
