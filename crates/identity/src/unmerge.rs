//! Taking a customer apart: some records leave, both sides become what their own records make of them. A preview
//! is the same computation without writing it.

use db::{Access, AuditEntry};
use kernel::ids::{PersonNo, RecordKey};
use matching::{Assignment, Outcome};
use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use web::AppState;

use crate::component::{Component, Context};
use crate::queries::cards::{self, Cards, RecordCard, in_reading_order};
use crate::queries::scope;
use crate::{IdentityError, contradiction, decisions, run};

/// What an un-merge would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnmergePreview {
    /// Records that stay with the customer.
    pub stays: Vec<RecordCard>,
    /// Records that leave, as asked.
    pub leaves: Vec<RecordCard>,
    /// Further groups that fall apart because a leaving record was their bridge.
    pub also_apart: Vec<Vec<RecordCard>>,
    /// The customers afterwards.
    pub parts: Vec<Part>,
    /// What to think of first.
    pub warning_zh: Option<String>,
    /// The same in English.
    pub warning_en: Option<String>,
}

/// One customer after an un-merge.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Part {
    /// His number; none when he will get a new one.
    pub person_no: Option<String>,
    /// The name most of his records carry.
    pub name: Option<String>,
    /// Number of records.
    pub records: usize,
    /// Plates, or masked VINs where there is none.
    pub vehicles: Vec<String>,
}

/// What an un-merge did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmergeResult {
    /// The customer the staying records belong to.
    pub person_no: String,
    /// The customers of the other records.
    pub new_person_nos: Vec<String>,
}

/// An un-merge thought through.
struct Cut {
    component: Component,
    stays: Vec<i64>,
    leaves: Vec<i64>,
    /// What has to be forbidden.
    apart: Vec<(RecordKey, RecordKey)>,
    /// Ties by hand across the cut, which the un-merge supersedes.
    ties: usize,
    outcome: Outcome,
}

/// Shows what would happen if `keys` left customer `no`.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`], [`IdentityError::ForeignRecord`], [`IdentityError::NobodyStays`].
pub async fn preview(
    app: &AppState,
    access: &Access,
    no: PersonNo,
    keys: &[RecordKey],
) -> Result<UnmergePreview, IdentityError> {
    let person = scope::person(&app.db, access, no).await?;
    let mut tx = app.db.system().await?;
    let cut = think(app, access, &mut tx, person, keys).await?;
    let (assignment, _) = cut.component.number(&mut tx, &cut.outcome).await?;
    let next: i64 = sqlx::query_scalar("SELECT coalesce(max(person_no), 0)::bigint + 1 FROM person")
        .fetch_one(&mut *tx)
        .await?;
    tx.rollback().await?;
    let members: Vec<i64> = cut.stays.iter().chain(&cut.leaves).copied().collect();
    let cards = cards::load(&app.db, access, &members).await?;
    Ok(show(&cut, &assignment, u32::try_from(next).unwrap_or(u32::MAX), &cards))
}

/// Lets `keys` leave customer `no`.
///
/// # Errors
/// As [`preview`]; [`IdentityError::RunInProgress`].
pub async fn unmerge(
    app: &AppState,
    access: &Access,
    no: PersonNo,
    keys: &[RecordKey],
    reason: &str,
) -> Result<UnmergeResult, IdentityError> {
    let person = scope::person(&app.db, access, no).await?;
    let now = app.clock.now();
    let mut tx = app.db.system_for(access.user_id).await?;
    run::lock(&mut tx).await?;
    let cut = match think(app, access, &mut tx, person, keys).await {
        Err(IdentityError::Contradiction(found)) => {
            drop(tx);
            return contradiction::refuse(&app.db, access, found).await;
        }
        other => other?,
    };
    let run_id = run::begin(&mut tx, "unmerge", now).await?;
    let context = Context { run_id, by_user: access.user_id.get(), reason: Some(reason), now };
    let revoked = decisions::revoke_ties_across(&mut tx, &cut.leaves, &cut.stays, &context).await?;
    decisions::add(&mut tx, "cannot_link", &cut.apart, &context).await?;
    cut.component.write(&mut tx, &app.vault, &cut.outcome, &context).await?;
    let result = result(&mut tx, &cut, person).await?;
    let entry = AuditEntry {
        action: "unmerge_person",
        subject_kind: "person",
        subject_id: &result.person_no,
        store_id: None,
        reason: Some(reason),
        detail: json!({
            "run_id": run_id,
            "records": keys,
            "new_person_nos": result.new_person_nos,
            "constraints": cut.apart.len(),
            "superseded_joins": revoked,
        }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(result)
}

async fn think(
    app: &AppState,
    access: &Access,
    tx: &mut PgConnection,
    person: i32,
    keys: &[RecordKey],
) -> Result<Cut, IdentityError> {
    let sql = "SELECT record_key FROM person_record WHERE person_no = $1 ORDER BY record_key";
    let members: Vec<i64> = sqlx::query_scalar(sql).bind(person).fetch_all(&mut *tx).await?;
    let asked: FxHashSet<i64> = keys.iter().map(|key| key.get()).collect();
    let seen = scope::records(&app.db, access, &members).await?;
    if let Some(foreign) = asked.iter().find(|key| !seen.contains(key)) {
        return Err(IdentityError::ForeignRecord(*foreign));
    }
    let (leaves, stays): (Vec<i64>, Vec<i64>) = members.iter().partition(|key| asked.contains(key));
    if stays.is_empty() {
        return Err(IdentityError::NobodyStays);
    }
    if leaves.is_empty() {
        return Err(IdentityError::BadInput {
            field: "record_keys",
            code: "identity.nobody_leaves",
            zh: "请至少选择一条要拆出的记录".into(),
            en: "Choose at least one record that leaves".into(),
        });
    }
    let mut component = Component::load(tx, &app.vault, &app.data_dir, &members).await?;
    let mut said = component.constraints(tx).await?;
    let before = component.link(&said)?;
    let crossing = Crossing { leaves: asked, stays: stays.iter().copied().collect() };
    let ties = said.must.len();
    said.must.retain(|&(a, b)| !crossing.crosses(a, b));
    let ties = ties - said.must.len();
    let apart = crossing.pairs_to_forbid(&component, &before, (leaves[0], stays[0]));
    for &(a, b) in &apart {
        said.forbid(a, b)?;
    }
    let outcome = component.link(&said)?;
    Ok(Cut { component, stays, leaves, apart, ties, outcome })
}

struct Crossing {
    leaves: FxHashSet<i64>,
    stays: FxHashSet<i64>,
}

impl Crossing {
    fn crosses(&self, a: RecordKey, b: RecordKey) -> bool {
        let (a, b) = (a.get(), b.get());
        (self.leaves.contains(&a) && self.stays.contains(&b))
            || (self.leaves.contains(&b) && self.stays.contains(&a))
    }

    /// Every leaving record against every staying one it has an edge of at least the review band with: these are
    /// what could join the sides again. Where there is none, one pair remembers the decision.
    fn pairs_to_forbid(
        &self,
        component: &Component,
        before: &Outcome,
        first: (i64, i64),
    ) -> Vec<(RecordKey, RecordKey)> {
        let review = before.model.thresholds.review;
        let key = |position| component.records.key_at(position);
        let mut pairs: Vec<(RecordKey, RecordKey)> = before
            .edges
            .iter()
            .filter(|edge| edge.weight >= review)
            .map(|edge| (key(edge.a), key(edge.b)))
            .filter(|&(a, b)| self.crosses(a, b))
            .collect();
        if pairs.is_empty() {
            pairs.push((RecordKey(first.0), RecordKey(first.1)));
        }
        pairs
    }
}

/// The clusters afterwards that hold records of the customer, as record keys.
fn pieces(cut: &Cut) -> Vec<Vec<i64>> {
    let members: FxHashSet<i64> = cut.stays.iter().chain(&cut.leaves).copied().collect();
    let mut pieces: Vec<Vec<i64>> = cut
        .component
        .clusters(&cut.outcome)
        .into_iter()
        .map(|cluster| cluster.into_iter().map(RecordKey::get).collect::<Vec<i64>>())
        .filter(|cluster| cluster.iter().any(|key| members.contains(key)))
        .collect();
    pieces.iter_mut().for_each(|piece| piece.sort_unstable());
    pieces.sort_by_key(|piece| (std::cmp::Reverse(piece.len()), piece[0]));
    pieces
}

fn show(cut: &Cut, assignment: &Assignment, next: u32, cards: &Cards) -> UnmergePreview {
    let stays: FxHashSet<i64> = cut.stays.iter().copied().collect();
    let pieces = pieces(cut);
    // The largest piece of staying records is what stays; the other pieces of them come apart too.
    let main = pieces.iter().position(|piece| piece.iter().any(|key| stays.contains(key)));
    let card = |key: &i64| cards.get(key).map(|card| card.shown.clone());
    let shown = |keys: &mut dyn Iterator<Item = &i64>| in_reading_order(keys.filter_map(card).collect());
    let staying = main.map_or(&[][..], |at| pieces[at].as_slice());
    let also_apart: Vec<Vec<RecordCard>> = pieces
        .iter()
        .enumerate()
        .filter(|(at, piece)| Some(*at) != main && piece.iter().any(|key| stays.contains(key)))
        .map(|(_, piece)| shown(&mut piece.iter().filter(|key| stays.contains(key))))
        .collect();
    let parts: Vec<Part> = pieces.iter().map(|piece| part(piece, assignment, next, cards)).collect();
    let (warning_zh, warning_en) = warning(cut, &pieces, also_apart.len());
    UnmergePreview {
        stays: shown(&mut staying.iter()),
        leaves: shown(&mut cut.leaves.iter()),
        also_apart,
        parts,
        warning_zh,
        warning_en,
    }
}

fn part(piece: &[i64], assignment: &Assignment, next: u32, cards: &Cards) -> Part {
    let no = piece.first().and_then(|&key| assignment.of(RecordKey(key))).filter(|&no| no < next);
    let mut names: FxHashMap<&str, usize> = FxHashMap::default();
    let mut vehicles: Vec<String> = Vec::new();
    for card in piece.iter().filter_map(|key| cards.get(key)) {
        if let Some(name) = &card.shown.name {
            *names.entry(name).or_default() += 1;
        }
        let seen = if card.shown.plates.is_empty() { &card.shown.vins_masked } else { &card.shown.plates };
        vehicles.extend(seen.iter().cloned());
    }
    vehicles.sort_unstable();
    vehicles.dedup();
    let name = names
        .into_iter()
        .max_by_key(|&(name, count)| (count, std::cmp::Reverse(name)))
        .map(|(name, _)| name.to_owned());
    Part { person_no: no.map(|no| PersonNo(no).to_string()), name, records: piece.len(), vehicles }
}

fn warning(cut: &Cut, pieces: &[Vec<i64>], also_apart: usize) -> (Option<String>, Option<String>) {
    let (mut zh, mut en): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    if cut.ties > 0 {
        zh.push(format!("将撤销 {} 个人工合并决定", cut.ties));
        en.push(format!("{} joins made by hand are undone", cut.ties));
    }
    if also_apart > 0 {
        zh.push(format!("另有 {also_apart} 组记录只靠拆出的记录相连,也会分开"));
        en.push(format!("{also_apart} more groups hung on the leaving records alone and come apart too"));
    }
    let leaving: FxHashSet<i64> = cut.leaves.iter().copied().collect();
    let apart = pieces.iter().filter(|piece| piece.iter().any(|key| leaving.contains(key))).count();
    if apart > 1 {
        zh.push(format!("拆出的记录之间没有足够证据,会成为 {apart} 位客户"));
        en.push(format!("the leaving records do not hold together and become {apart} customers"));
    }
    if zh.is_empty() { (None, None) } else { (Some(zh.join(";")), Some(en.join("; "))) }
}

async fn result(tx: &mut PgConnection, cut: &Cut, person: i32) -> Result<UnmergeResult, IdentityError> {
    let members: Vec<i64> = cut.stays.iter().chain(&cut.leaves).copied().collect();
    let sql = "SELECT record_key, person_no FROM person_record WHERE record_key = ANY ($1)";
    let now: FxHashMap<i64, i32> =
        sqlx::query_as::<_, (i64, i32)>(sql).bind(&members).fetch_all(tx).await?.into_iter().collect();
    let main = pieces(cut)
        .iter()
        .find(|piece| piece.iter().any(|key| cut.stays.binary_search(key).is_ok()))
        .and_then(|piece| now.get(&piece[0]).copied())
        .unwrap_or(person);
    let mut others: Vec<i32> = now.into_values().filter(|&no| no != main).collect();
    others.sort_unstable();
    others.dedup();
    let text = |no: i32| PersonNo(u32::try_from(no).unwrap_or(0)).to_string();
    Ok(UnmergeResult { person_no: text(main), new_person_nos: others.into_iter().map(text).collect() })
}
