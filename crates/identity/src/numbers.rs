//! Numbers in force: the assignment of records to persons and vehicles, in SQL and in memory.

use db::copy::CopyRows;
use jiff::Timestamp;
use kernel::ids::RecordKey;
use matching::{Assignment, IdEvent, Retired};
use rustc_hash::FxHashSet;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::IdentityError;

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Persons and companies.
    Person,
    /// Vehicles.
    Vehicle,
}

impl Subject {
    /// Table of golden rows, which is also the word in events.
    pub const fn table(self) -> &'static str {
        match self {
            Subject::Person => "person",
            Subject::Vehicle => "vehicle",
        }
    }

    const fn number(self) -> &'static str {
        match self {
            Subject::Person => "person_no",
            Subject::Vehicle => "vehicle_no",
        }
    }

    const fn link(self) -> &'static str {
        match self {
            Subject::Person => "person_record",
            Subject::Vehicle => "vehicle_record_link",
        }
    }

    const fn facts(self) -> &'static str {
        match self {
            Subject::Person => "party_record",
            Subject::Vehicle => "vehicle_record",
        }
    }
}

/// Reads the assignment in force, whole or only what `touched` numbers need.
///
/// # Errors
/// When the database fails.
pub async fn load(
    tx: &mut PgConnection,
    subject: Subject,
    touched: Option<&[i32]>,
) -> Result<Assignment, IdentityError> {
    let (table, number, link) = (subject.table(), subject.number(), subject.link());
    let only = if touched.is_some() {
        format!("WHERE {number} = ANY ($1)")
    } else {
        "WHERE $1::int[] IS NULL".into()
    };
    let sql = format!("SELECT record_key, {number} FROM {link} {only}");
    let rows: Vec<(i64, i32)> = sqlx::query_as(AssertSqlSafe(sql)).bind(touched).fetch_all(&mut *tx).await?;
    let of_these = if touched.is_some() { "AND merged_into = ANY ($1)" } else { "AND $1::int[] IS NULL" };
    let sql = format!(
        "SELECT {number}, merged_into, retired_records FROM {table} WHERE retired_records IS NOT NULL {of_these}"
    );
    type RetiredRow = (i32, Option<i32>, Vec<i64>);
    let retired: Vec<RetiredRow> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(touched).fetch_all(&mut *tx).await?;
    let next: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT coalesce(max({number}), 0)::bigint + 1 FROM {table}"
    )))
    .fetch_one(&mut *tx)
    .await?;
    Ok(Assignment::restore(
        rows.into_iter().map(|(key, no)| (RecordKey(key), unsigned(no))),
        retired.into_iter().map(|(no, into, keys)| {
            (
                unsigned(no),
                Retired { into: into.map(unsigned), members: keys.into_iter().map(RecordKey).collect() },
            )
        }),
        u32::try_from(next).unwrap_or(1),
    ))
}

/// Every record that has a number.
///
/// # Errors
/// When the database fails.
pub async fn linked_records(
    tx: &mut PgConnection,
    subject: Subject,
) -> Result<Vec<RecordKey>, IdentityError> {
    let sql = format!("SELECT record_key FROM {}", subject.link());
    let keys: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(tx).await?;
    Ok(keys.into_iter().map(RecordKey).collect())
}

/// Numbers that events speak of.
pub fn concerned(events: &[IdEvent]) -> FxHashSet<u32> {
    let mut numbers = FxHashSet::default();
    for event in events {
        let (no, other, _) = parts(event);
        numbers.insert(no);
        numbers.extend(other);
    }
    numbers
}

/// Writes what changed: links of moved records, redirects of retired numbers, events.
///
/// # Errors
/// When the database fails.
pub async fn write(
    tx: &mut PgConnection,
    subject: Subject,
    assignment: &Assignment,
    events: &[IdEvent],
    run: &Run<'_>,
) -> Result<(), IdentityError> {
    write_links(tx, subject, assignment, events).await?;
    write_redirects(tx, subject, assignment, events).await?;
    write_events(tx, subject, events, run).await
}

/// On whose account events happen.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The run.
    pub run_id: i64,
    /// The person who decided, for a decision.
    pub by_user: Option<i32>,
    /// His reason.
    pub reason: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

async fn write_links(
    tx: &mut PgConnection,
    subject: Subject,
    assignment: &Assignment,
    events: &[IdEvent],
) -> Result<(), IdentityError> {
    let (number, link, facts) = (subject.number(), subject.link(), subject.facts());
    let stage = format!(
        "CREATE TEMP TABLE IF NOT EXISTS stage_{link} (record_key bigint, {number} integer) ON COMMIT DROP;
         TRUNCATE stage_{link}"
    );
    sqlx::raw_sql(AssertSqlSafe(stage)).execute(&mut *tx).await?;
    let mut rows = CopyRows::new();
    let mut moved: FxHashSet<RecordKey> = FxHashSet::default();
    for key in events.iter().flat_map(|event| parts(event).2) {
        if moved.insert(*key)
            && let Some(no) = assignment.of(*key)
        {
            rows.plain(key.get()).plain(no).end_row();
        }
    }
    rows.send(tx, &format!("stage_{link} (record_key, {number})")).await?;
    let sql = format!(
        "INSERT INTO {link} (record_key, {number}, store_id)
         SELECT s.record_key, s.{number}, f.store_id
         FROM stage_{link} s
         JOIN {facts} f ON f.record_key = s.record_key AND f.current
         ON CONFLICT (record_key) DO UPDATE SET {number} = excluded.{number}"
    );
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    // Records taken out of force by a rollback or an erasure keep no link.
    let sql = format!(
        "DELETE FROM {link} l WHERE NOT EXISTS (SELECT 1 FROM {facts} f WHERE f.record_key = l.record_key AND f.current)"
    );
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    Ok(())
}

async fn write_redirects(
    tx: &mut PgConnection,
    subject: Subject,
    assignment: &Assignment,
    events: &[IdEvent],
) -> Result<(), IdentityError> {
    let (table, number) = (subject.table(), subject.number());
    let retire = format!("UPDATE {table} SET merged_into = $2, retired_records = $3 WHERE {number} = $1");
    let revive = format!("UPDATE {table} SET merged_into = NULL, retired_records = NULL WHERE {number} = $1");
    for event in events {
        match event {
            IdEvent::Merged { from: no, .. } | IdEvent::Emptied { no } => {
                let Some(retired) = assignment.retired().get(no) else { continue };
                let keys: Vec<i64> = retired.members.iter().map(|key| key.get()).collect();
                sqlx::query(AssertSqlSafe(retire.as_str()))
                    .bind(signed(*no))
                    .bind(retired.into.map(signed))
                    .bind(keys)
                    .execute(&mut *tx)
                    .await?;
            }
            IdEvent::Unmerged { no, .. } => {
                sqlx::query(AssertSqlSafe(revive.as_str())).bind(signed(*no)).execute(&mut *tx).await?;
            }
            IdEvent::Created { .. } | IdEvent::Absorbed { .. } | IdEvent::Split { .. } => {}
        }
    }
    Ok(())
}

async fn write_events(
    tx: &mut PgConnection,
    subject: Subject,
    events: &[IdEvent],
    run: &Run<'_>,
) -> Result<(), IdentityError> {
    let mut rows = CopyRows::new();
    for event in events {
        let (no, other, keys) = parts(event);
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        rows.text(subject.table()).text(word(event)).plain(no).opt_plain(other);
        rows.plain(format_args!("{{{}}}", keys.join(","))).plain(run.run_id);
        rows.opt_plain(run.by_user).opt_text(run.reason).plain(run.now).end_row();
    }
    rows.send(tx, "identity_event (subject, kind, no, other_no, record_keys, run_id, by_user, reason, at)")
        .await?;
    Ok(())
}

/// Number, other number and records of an event.
fn parts(event: &IdEvent) -> (u32, Option<u32>, &[RecordKey]) {
    match event {
        IdEvent::Created { no, records } | IdEvent::Absorbed { no, records } => (*no, None, records),
        IdEvent::Merged { from, into, records } | IdEvent::Split { from, into, records } => {
            (*from, Some(*into), records)
        }
        IdEvent::Unmerged { no, from, records } => (*no, Some(*from), records),
        IdEvent::Emptied { no } => (*no, None, &[]),
    }
}

fn word(event: &IdEvent) -> &'static str {
    match event {
        IdEvent::Created { .. } => "created",
        IdEvent::Absorbed { .. } => "absorbed",
        IdEvent::Merged { .. } => "merged",
        IdEvent::Split { .. } => "split",
        IdEvent::Unmerged { .. } => "unmerged",
        IdEvent::Emptied { .. } => "emptied",
    }
}

/// Numbers are dense from 1, far below the limits of either type.
pub fn signed(no: u32) -> i32 {
    i32::try_from(no).unwrap_or(i32::MAX)
}

fn unsigned(no: i32) -> u32 {
    u32::try_from(no).unwrap_or(0)
}
