//! What the validity screens show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::Reason;

/// A reason with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonView {
    /// Stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl ReasonView {
    /// The words for a stored code; a code of a later version speaks for itself.
    pub fn of(code: &str) -> Self {
        let (zh, en) = Reason::parse(code).map_or((code, code), |reason| (reason.zh(), reason.en()));
        Self { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// One fact a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceView {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Day it happened, or cover ends.
    pub on: Option<String>,
    /// Key of the record that proves it.
    pub record_key: String,
}

/// A verdict in one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScopeVerdict {
    /// `store`, `brand`, `region`, `group`.
    pub scope_kind: String,
    /// Number of the scope; 0 for the group.
    pub scope_id: i32,
    /// Its name.
    pub scope_name: String,
    /// `valid`, `invalid`, `unknown`.
    pub verdict: String,
    /// Why.
    pub reasons: Vec<ReasonView>,
    /// On which facts.
    pub evidence: Vec<EvidenceView>,
    /// Version of the rule.
    pub rule_version: i32,
    /// Day of the verdict.
    pub as_of: String,
}

/// A fact as kept in `evidence`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredFact {
    /// Code of the kind of dealing.
    pub kind: String,
    /// Day.
    pub on: String,
    /// Store, when there is one.
    pub store_id: Option<i32>,
    /// Record key as text, because a browser keeps only 53 bits.
    pub record_key: String,
}

impl StoredFact {
    fn words(&self) -> (&'static str, &'static str) {
        match Reason::parse(&self.kind) {
            Some(Reason::RepairRecent) => ("最近一次维修保养", "Last repair order"),
            Some(Reason::PurchaseRecent) => ("最近一次购车", "Last purchase"),
            Some(Reason::CoverRunning) => ("保单到期日", "Policy ends"),
            _ => ("最近一次主动联系", "Last contact from the customer"),
        }
    }
}

impl From<&StoredFact> for EvidenceView {
    fn from(fact: &StoredFact) -> Self {
        let (zh, en) = fact.words();
        Self {
            zh: zh.to_owned(),
            en: en.to_owned(),
            on: Some(fact.on.clone()),
            record_key: fact.record_key.clone(),
        }
    }
}

/// Distinct people of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScopeCount {
    /// `store`, `brand`, `region`, `group`.
    pub scope_kind: String,
    /// Number of the scope.
    pub scope_id: i32,
    /// Its name.
    pub scope_name: String,
    /// Region of a store; none for the others.
    pub region_name: Option<String>,
    /// Valid people.
    pub valid: i64,
    /// Invalid people.
    pub invalid: i64,
    /// People of whom it cannot be said.
    pub unknown: i64,
}

/// A reason and how many people it was given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonCount {
    /// Stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// People.
    pub count: i64,
}

/// One point of the trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct TrendPoint {
    /// Day.
    pub on: String,
    /// Valid people on that day.
    pub valid: i64,
}

/// The first screen of validity.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ValiditySummary {
    /// Day of the newest run; none before the first.
    pub as_of: Option<String>,
    /// Version of the rule it was judged by.
    pub rule_version: i32,
    /// The group, for readers of the whole group.
    pub group: Option<ScopeCount>,
    /// Regions the reader has all stores of.
    pub regions: Vec<ScopeCount>,
    /// Brands the reader has all stores of.
    pub brands: Vec<ScopeCount>,
    /// The reader's stores.
    pub stores: Vec<ScopeCount>,
    /// Sum of the stores' valid people: a person valid at two stores is in it twice.
    pub sum_of_stores: i64,
    /// Distinct people valid at one of these stores or more.
    pub distinct_in_stores: i64,
    /// Distinct people valid for the group, as far as the reader sees them.
    pub group_distinct: i64,
    /// Why people are not valid, for the widest scope the reader has.
    pub reasons: Vec<ReasonCount>,
    /// Valid people day by day, for the same scope, oldest first.
    pub trend: Vec<TrendPoint>,
}

/// How far stores share their valid customers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OverlapMatrix {
    /// The stores, in the order of rows and columns.
    pub stores: Vec<OverlapStore>,
    /// People valid at both; on the diagonal the store's own count.
    pub counts: Vec<Vec<i64>>,
    /// People valid at the row's store and invalid at the column's.
    pub valid_row_only: Vec<Vec<i64>>,
}

/// A store of the matrix.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct OverlapStore {
    /// The store.
    pub store_id: i32,
    /// Its short name.
    pub store_name: String,
}
