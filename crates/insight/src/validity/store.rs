//! The tables of validity: rules and verdicts. Nothing else writes them.

use db::copy::CopyRows;
use db::{Db, DbError};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::UserId;
use sqlx::{AssertSqlSafe, PgConnection};

use super::judge::Scope;
use super::model::StoredFact;
use super::rule_set::RuleSet;
use super::rules::Verdict;
use super::tally::Tally;

/// A version of the rule with who made it and when.
#[derive(Debug, Clone)]
pub struct RuleVersion {
    /// Its number.
    pub version: i32,
    /// The thresholds.
    pub rules: RuleSet,
    /// Why it was made.
    pub reason: String,
    /// Account that made it; none for the rule shipped.
    pub changed_by: Option<UserId>,
    /// Name of that account, when the reader may know it.
    pub changed_by_name: Option<String>,
    /// When.
    pub changed_at: Timestamp,
}

/// The newest version of the rule.
///
/// # Errors
/// A fault, or a body this program cannot read.
pub async fn newest_rule(tx: &mut PgConnection) -> Result<RuleVersion, DbError> {
    let sql = "
        SELECT r.version, r.body, r.reason, r.changed_by, u.display_name, r.changed_at
        FROM validity_rule r
        LEFT JOIN app_user u ON u.user_id = r.changed_by
        ORDER BY r.version DESC
        LIMIT 1";
    type Row = (i32, serde_json::Value, String, Option<i32>, Option<String>, jiff_sqlx::Timestamp);
    let row: Row = sqlx::query_as(sql).fetch_one(tx).await?;
    let (version, body, reason, changed_by, changed_by_name, changed_at) = row;
    Ok(RuleVersion {
        version,
        rules: serde_json::from_value(body)?,
        reason,
        changed_by: changed_by.map(UserId),
        changed_by_name,
        changed_at: changed_at.to_jiff(),
    })
}

/// Adds a version of the rule. Fails with a duplicate if somebody else made the same version.
///
/// # Errors
/// [`DbError::Duplicate`], or a fault.
pub async fn insert_rule(
    tx: &mut PgConnection,
    version: i32,
    rules: &RuleSet,
    reason: &str,
    by: UserId,
    at: Timestamp,
) -> Result<(), DbError> {
    let sql = "
        INSERT INTO validity_rule (version, body, reason, changed_by, changed_at)
        VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(sql)
        .bind(version)
        .bind(serde_json::to_value(rules)?)
        .bind(reason)
        .bind(by.get())
        .bind(at.to_sqlx())
        .execute(tx)
        .await?;
    Ok(())
}

/// Rows sent at a time; about 8 MiB.
const ROWS_AT_A_TIME: u64 = 40_000;

/// Fills the slot nobody reads. Dropped before [`Writer::publish`], it leaves readers untouched.
pub struct Writer<'db> {
    db: &'db Db,
    slot: i16,
    rows: CopyRows,
    written: u64,
}

impl<'db> Writer<'db> {
    /// Empties the free slot. The advisory lock of the caller keeps a second run away.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open(db: &'db Db) -> Result<Self, DbError> {
        let mut tx = db.system().await?;
        let sql = "SELECT (1 - slot)::smallint FROM validity_current";
        let slot: i16 = sqlx::query_scalar(sql).fetch_one(&mut *tx).await?;
        // TRUNCATE waits for readers of the whole; it is committed at once, so that nobody waits for
        // it while the slot is being filled.
        let truncate = format!("TRUNCATE validity_verdict_row_{slot}");
        sqlx::query(AssertSqlSafe(truncate)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Self { db, slot, rows: CopyRows::new(), written: 0 })
    }

    /// Takes one person's verdicts.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add(&mut self, person_no: i32, verdicts: &[(Scope, Verdict)]) -> Result<(), DbError> {
        for (scope, verdict) in verdicts {
            push_row(&mut self.rows, self.slot, person_no, scope, verdict)?;
        }
        if self.rows.rows() >= ROWS_AT_A_TIME {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), DbError> {
        let target = format!(
            "validity_verdict_row_{} (slot, person_no, scope_kind, scope_id, verdict, reasons, evidence)",
            self.slot
        );
        let mut tx = self.db.system().await?;
        self.written += self.rows.send(&mut tx, &target).await?;
        tx.commit().await?;
        self.rows.clear();
        Ok(())
    }

    /// Turns all readers to the new verdicts, in the transaction that replaces the counts.
    ///
    /// # Errors
    /// A fault of the database; then the old verdicts stay in force.
    pub async fn publish(mut self, rule_version: i32, as_of: Date, tally: &Tally) -> Result<u64, DbError> {
        self.flush().await?;
        let mut tx = self.db.system().await?;
        write_counts(&mut tx, rule_version, as_of, tally).await?;
        write_overlaps(&mut tx, tally).await?;
        let sql = "UPDATE validity_current SET slot = $1, rule_version = $2, as_of = $3, computed_at = now()";
        sqlx::query(sql).bind(self.slot).bind(rule_version).bind(as_of.to_sqlx()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(self.written)
    }
}

fn push_row(
    rows: &mut CopyRows,
    slot: i16,
    person_no: i32,
    scope: &Scope,
    verdict: &Verdict,
) -> Result<(), DbError> {
    let reasons: Vec<&str> = verdict.reasons.iter().map(|reason| reason.code()).collect();
    let facts: Vec<StoredFact> = verdict
        .facts
        .iter()
        .map(|(kind, fact)| StoredFact {
            kind: kind.code().to_owned(),
            on: fact.on.to_string(),
            store_id: fact.store.map(|store| store.get()),
            record_key: fact.record_key.to_string(),
        })
        .collect();
    rows.plain(slot).plain(person_no).text(scope.kind.code()).plain(scope.id).text(verdict.state.code());
    // Codes are words of our own, so the array needs no quoting.
    rows.plain(format_args!("{{{}}}", reasons.join(","))).text(&serde_json::to_string(&facts)?);
    rows.end_row();
    Ok(())
}

/// Replaces the counts of one day.
///
/// # Errors
/// A fault of the database.
pub async fn write_counts(
    tx: &mut PgConnection,
    rule_version: i32,
    as_of: Date,
    tally: &Tally,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM validity_count WHERE on_day = $1")
        .bind(as_of.to_sqlx())
        .execute(&mut *tx)
        .await?;
    let sql = "
        INSERT INTO validity_count
            (on_day, scope_kind, scope_id, valid, invalid, unknown, valid_at_store, active, connected, reasons,
             rule_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    for (scope, count) in &tally.scopes {
        let reasons: serde_json::Map<String, serde_json::Value> = count
            .reasons
            .iter()
            .map(|(reason, people)| (reason.code().to_owned(), (*people).into()))
            .collect();
        sqlx::query(sql)
            .bind(as_of.to_sqlx())
            .bind(scope.kind.code())
            .bind(scope.id)
            .bind(narrow(count.valid))
            .bind(narrow(count.invalid))
            .bind(narrow(count.unknown))
            .bind(narrow(count.valid_at_store))
            .bind(narrow(count.active))
            .bind(narrow(count.connected))
            .bind(serde_json::Value::Object(reasons))
            .bind(rule_version)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn write_overlaps(tx: &mut PgConnection, tally: &Tally) -> Result<(), DbError> {
    sqlx::query("DELETE FROM validity_overlap").execute(&mut *tx).await?;
    let mut columns: [Vec<i32>; 6] = Default::default();
    for (&(a, b), overlap) in &tally.overlaps {
        let row = [
            a,
            b,
            narrow(overlap.known),
            narrow(overlap.valid_both),
            narrow(overlap.valid_first_only),
            narrow(overlap.valid_second_only),
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let sql = "
        INSERT INTO validity_overlap (store_a, store_b, known, valid_both, valid_a_only, valid_b_only)
        SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[])";
    let [a, b, known, both, first, second] = columns;
    sqlx::query(sql).bind(a).bind(b).bind(known).bind(both).bind(first).bind(second).execute(tx).await?;
    Ok(())
}

/// People fit into 32 bits; their numbers do.
fn narrow(people: i64) -> i32 {
    i32::try_from(people).unwrap_or(i32::MAX)
}
