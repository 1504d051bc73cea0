//! Why a customer is one: his records, the joins in the order they happened, who nearly joined and why not, and
//! what people decided.

use std::collections::HashMap;

use db::Access;
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::ids::PersonNo;
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use web::AppState;

use crate::IdentityError;
use crate::queries::cards::{self, Cards, RecordCard, in_reading_order, masked_name};
use crate::queries::history::user_names;
use crate::queries::joins::{self, EdgeRow, Join, probability};
use crate::queries::{identity_models, scope};
use crate::wording::{self, Words};

/// Customers listed under "why not".
const WHY_NOT_MAX: usize = 10;

/// Why a customer is one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explanation {
    /// His number.
    pub person_no: String,
    /// His records, newest first; those outside the caller's scope masked.
    pub records: Vec<RecordCard>,
    /// How they came together.
    pub joins: Vec<Join>,
    /// Who nearly joined.
    pub why_not: Vec<WhyNot>,
    /// What people decided about his records.
    pub constraints: Vec<Said>,
    /// The model that weighed all this.
    pub model_version: String,
}

/// A customer who nearly joined.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WhyNot {
    /// His number.
    pub person_no: String,
    /// His name; masked outside the caller's scope.
    pub name: Option<String>,
    /// His record that came closest.
    pub record: RecordCard,
    /// How probable it was.
    pub probability: f64,
    /// Why not.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
}

/// A decision in force.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Said {
    /// `must_link` or `cannot_link`.
    pub kind: String,
    /// One record.
    pub left_record: String,
    /// The other.
    pub right_record: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

#[derive(Debug, FromRow)]
struct SaidRow {
    kind: String,
    a_key: i64,
    b_key: i64,
    reason: String,
    made_by: i32,
    made_at: SqlTimestamp,
}

/// Explains the living customer behind `no`.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`] outside the caller's scope.
pub async fn of_person(app: &AppState, access: &Access, no: PersonNo) -> Result<Explanation, IdentityError> {
    let db = &app.db;
    let person = scope::person(db, access, no).await?;
    let mut tx = db.system().await?;
    let members: Vec<i64> =
        sqlx::query_scalar("SELECT record_key FROM person_record WHERE person_no = $1 ORDER BY record_key")
            .bind(person)
            .fetch_all(&mut *tx)
            .await?;
    let edges = edges(&mut tx, &members).await?;
    let said = said(&mut tx, &members).await?;
    let model = identity_models::in_force(&mut tx).await?;
    let users = user_names(&mut tx, said.iter().map(|said| said.made_by)).await?;
    let others = persons_of(&mut tx, &edges).await?;
    tx.rollback().await?;

    let mut mentioned: Vec<i64> = edges.iter().flat_map(|edge| [edge.a_key, edge.b_key]).collect();
    mentioned.extend(&members);
    let cards = cards::load(db, access, &mentioned).await?;
    let inside: FxHashSet<i64> = members.iter().copied().collect();
    let joins = joins::of(app, &edges, &inside, &cards, model.prior).await?;
    let why_not = why_not(&edges, &inside, &said, &others, &cards);
    let seen =
        scope::persons(db, access, &why_not.iter().map(|(other, _)| *other).collect::<Vec<_>>()).await?;
    let why_not =
        why_not.into_iter().map(|(other, near)| masked_unless(seen.contains(&other), near)).collect();
    Ok(Explanation {
        person_no: number(person),
        records: in_reading_order(
            members.iter().filter_map(|key| cards.get(key)).map(|c| c.shown.clone()).collect(),
        ),
        joins,
        why_not,
        constraints: said.into_iter().map(|row| constraint(row, &users)).collect(),
        model_version: model.version,
    })
}

async fn edges(tx: &mut PgConnection, members: &[i64]) -> Result<Vec<EdgeRow>, IdentityError> {
    // The engine joins the strongest edge first, so this order is the order of joining.
    let sql = "
        SELECT a_key, b_key, weight, band, rule, refused_by, levels FROM identity_edge WHERE a_key = ANY ($1)
        UNION
        SELECT a_key, b_key, weight, band, rule, refused_by, levels FROM identity_edge WHERE b_key = ANY ($1)
        ORDER BY weight DESC, a_key, b_key";
    Ok(sqlx::query_as(sql).bind(members).fetch_all(tx).await?)
}

async fn said(tx: &mut PgConnection, members: &[i64]) -> Result<Vec<SaidRow>, IdentityError> {
    let sql = "
        SELECT kind, a_key, b_key, reason, made_by, made_at FROM link_constraint
        WHERE revoked_at IS NULL AND (a_key = ANY ($1) OR b_key = ANY ($1))
        ORDER BY made_at DESC, constraint_id DESC";
    Ok(sqlx::query_as(sql).bind(members).fetch_all(tx).await?)
}

type Others = HashMap<i64, (i32, Option<String>)>;

/// Number and name of the customer behind every record an edge names.
async fn persons_of(tx: &mut PgConnection, edges: &[EdgeRow]) -> Result<Others, IdentityError> {
    let keys: Vec<i64> = edges.iter().flat_map(|edge| [edge.a_key, edge.b_key]).collect();
    let sql = "SELECT link.record_key, link.person_no, p.name
               FROM person_record link JOIN person p USING (person_no)
               WHERE link.record_key = ANY ($1)";
    let rows: Vec<(i64, i32, Option<String>)> = sqlx::query_as(sql).bind(keys).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(key, no, name)| (key, (no, name))).collect())
}

fn why_not(
    edges: &[EdgeRow],
    inside: &FxHashSet<i64>,
    said: &[SaidRow],
    others: &Others,
    cards: &Cards,
) -> Vec<(i32, WhyNot)> {
    let mut listed: FxHashSet<i32> = FxHashSet::default();
    let mut found = Vec::new();
    for edge in edges {
        let outer = match (inside.contains(&edge.a_key), inside.contains(&edge.b_key)) {
            (true, false) => edge.b_key,
            (false, true) => edge.a_key,
            _ => continue,
        };
        let (Some((no, name)), Some(card)) = (others.get(&outer), cards.get(&outer)) else { continue };
        let Some(reason) = reason(edge, *no, said, others) else { continue };
        if !listed.insert(*no) {
            continue;
        }
        let near = WhyNot {
            person_no: number(*no),
            name: name.clone(),
            record: card.shown.clone(),
            probability: probability(edge.weight),
            reason_zh: reason.zh.to_owned(),
            reason_en: reason.en.to_owned(),
        };
        found.push((*no, near));
        if found.len() == WHY_NOT_MAX {
            break;
        }
    }
    found
}

/// Why an edge to another customer did not join; `None` when it says nothing a person would ask about.
fn reason(edge: &EdgeRow, other: i32, said: &[SaidRow], others: &Others) -> Option<Words> {
    let of = |key: &i64| others.get(key).map(|(no, _)| *no);
    let kept_apart = said
        .iter()
        .filter(|said| said.kind == "cannot_link")
        .any(|said| of(&said.a_key) == Some(other) || of(&said.b_key) == Some(other));
    if kept_apart {
        return Some(wording::guard(matching::Guard::CannotLink));
    }
    match (edge.refused_by.as_deref(), edge.band.as_str()) {
        (Some(guard), _) => wording::guard_of(guard).map(wording::guard),
        (None, "review") => Some(wording::WAITS),
        _ => None,
    }
}

fn masked_unless(seen: bool, mut near: WhyNot) -> WhyNot {
    if !seen {
        near.name = near.name.map(|name| masked_name(&name, &near.record.party_kind));
    }
    near
}

fn constraint(row: SaidRow, users: &HashMap<i32, String>) -> Said {
    Said {
        kind: row.kind,
        left_record: row.a_key.to_string(),
        right_record: row.b_key.to_string(),
        by: users.get(&row.made_by).cloned().unwrap_or_else(|| row.made_by.to_string()),
        at: row.made_at.to_jiff(),
        reason: row.reason,
    }
}

fn number(no: i32) -> String {
    PersonNo(u32::try_from(no).unwrap_or(0)).to_string()
}
