//! What became of a customer's number: minted, merged, taken apart, and what of it can be undone.

use std::collections::HashMap;

use db::{Access, Db};
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::ids::PersonNo;
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};

use crate::IdentityError;
use crate::queries::scope;

/// One event, as seen from the customer asked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HistoryEvent {
    /// Its number.
    pub event_id: i64,
    /// When.
    pub at: Timestamp,
    /// `minted`, `absorbed` (took another one over), `merged` (became another one), `split`, `unmerged`,
    /// `joined_record` or `left_record`.
    pub kind: &'static str,
    /// In words.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The customer.
    pub person_no: String,
    /// The other customer.
    pub other_person_no: Option<String>,
    /// Records concerned, as far as the caller sees them.
    pub record_keys: Vec<String>,
    /// Who decided; none for the machine.
    pub by: Option<String>,
    /// The run.
    pub run_id: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it still stands and can be taken back.
    pub can_undo: bool,
}

#[derive(Debug, FromRow)]
struct Row {
    event_id: i64,
    at: SqlTimestamp,
    kind: String,
    no: i32,
    other_no: Option<i32>,
    record_keys: Vec<i64>,
    by_user: Option<i32>,
    run_id: Option<i64>,
    reason: Option<String>,
    stands: bool,
}

/// The history of the living customer behind `no`, newest first.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`] outside the caller's scope.
pub async fn of_person(db: &Db, access: &Access, no: PersonNo) -> Result<Vec<HistoryEvent>, IdentityError> {
    let person = scope::person(db, access, no).await?;
    let mut tx = db.system().await?;
    let sql = "
        SELECT e.event_id, e.at, e.kind, e.no, e.other_no, e.record_keys, e.by_user, e.run_id, e.reason,
               EXISTS (SELECT 1 FROM link_constraint said
                       WHERE said.run_id = e.run_id AND said.revoked_at IS NULL) AS stands
        FROM identity_event e
        WHERE e.subject = 'person' AND (e.no = $1 OR e.other_no = $1)
        ORDER BY e.event_id DESC";
    let rows: Vec<Row> = sqlx::query_as(sql).bind(person).fetch_all(&mut *tx).await?;
    let members: Vec<i64> = sqlx::query_scalar("SELECT record_key FROM person_record WHERE person_no = $1")
        .bind(person)
        .fetch_all(&mut *tx)
        .await?;
    let users = user_names(&mut tx, rows.iter().filter_map(|row| row.by_user)).await?;
    tx.rollback().await?;
    let mentioned: Vec<i64> = rows.iter().flat_map(|row| row.record_keys.iter().copied()).collect();
    let seen = scope::records(db, access, &mentioned).await?;
    let members: FxHashSet<i64> = members.into_iter().collect();
    Ok(rows.into_iter().map(|row| event(row, person, &members, &seen, &users)).collect())
}

fn event(
    row: Row,
    person: i32,
    members: &FxHashSet<i64>,
    seen: &FxHashSet<i64>,
    users: &HashMap<i32, String>,
) -> HistoryEvent {
    let is_subject = row.no == person;
    let other = if is_subject { row.other_no } else { Some(row.no) };
    let other = other.map(number);
    let told = tell(&row.kind, is_subject, other.as_deref().unwrap_or_default(), row.record_keys.len());
    // A merge can be undone while its records are here and others are, too.
    let merge_stands = told.kind == "absorbed"
        && row.record_keys.iter().all(|key| members.contains(key))
        && members.len() > row.record_keys.len()
        && row.record_keys.iter().any(|key| seen.contains(key));
    HistoryEvent {
        event_id: row.event_id,
        at: row.at.to_jiff(),
        kind: told.kind,
        zh: told.zh,
        en: told.en,
        person_no: number(person),
        other_person_no: other,
        record_keys: row
            .record_keys
            .iter()
            .filter(|key| seen.contains(key))
            .map(ToString::to_string)
            .collect(),
        by: row.by_user.map(|user| users.get(&user).cloned().unwrap_or_else(|| user.to_string())),
        run_id: row.run_id,
        reason: row.reason.filter(|reason| !reason.is_empty()),
        can_undo: merge_stands || (row.by_user.is_some() && row.stands),
    }
}

struct Told {
    kind: &'static str,
    zh: String,
    en: String,
}

fn tell(kind: &str, is_subject: bool, other: &str, records: usize) -> Told {
    let (kind, zh, en) = match (kind, is_subject) {
        ("created", _) => (
            "minted",
            format!("建立客户,{records} 条记录"),
            format!("Customer made out of {records} records"),
        ),
        ("absorbed", _) => {
            ("joined_record", format!("新增 {records} 条记录"), format!("{records} records came in"))
        }
        ("merged", true) => ("merged", format!("并入客户 {other}"), format!("Became part of {other}")),
        ("merged", false) => (
            "absorbed",
            format!("合并了客户 {other}({records} 条记录)"),
            format!("Took over {other} with {records} records"),
        ),
        ("split", true) => (
            "split",
            format!("{records} 条记录分出,归入 {other}"),
            format!("{records} records left for {other}"),
        ),
        ("split", false) => (
            "split",
            format!("从 {other} 分出 {records} 条记录归入本客户"),
            format!("{records} records came over from {other}"),
        ),
        ("unmerged", true) => (
            "unmerged",
            format!("从客户 {other} 拆出,恢复为独立客户"),
            format!("Taken out of {other}, a customer of its own again"),
        ),
        ("unmerged", false) => (
            "unmerged",
            format!("客户 {other} 带着 {records} 条记录拆出"),
            format!("{other} was taken out with {records} records"),
        ),
        _ => ("left_record", "记录已全部移除".into(), "All records were removed".into()),
    };
    Told { kind, zh, en }
}

fn number(no: i32) -> String {
    PersonNo(u32::try_from(no).unwrap_or(0)).to_string()
}

/// Names of accounts, for "who decided".
///
/// # Errors
/// When the database fails.
pub async fn user_names(
    tx: &mut PgConnection,
    users: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, String>, IdentityError> {
    let users: Vec<i32> = users.collect();
    let sql = "SELECT user_id, display_name FROM app_user WHERE user_id = ANY ($1)";
    Ok(sqlx::query_as::<_, (i32, String)>(sql).bind(users).fetch_all(tx).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::tell;

    #[test]
    fn a_merge_reads_differently_from_its_two_ends() {
        assert_eq!(tell("merged", true, "P00000001", 2).zh, "并入客户 P00000001");
        let told = tell("merged", false, "P00000002", 2);
        assert_eq!((told.kind, told.zh.as_str()), ("absorbed", "合并了客户 P00000002(2 条记录)"));
    }
}
