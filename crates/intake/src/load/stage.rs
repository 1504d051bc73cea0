//! From staged rows to facts: losers, repetitions and older versions sorted out in SQL, then one INSERT a table.
//!
//! COPY cannot write into a table with row-level security, so rows go through temporary tables of the session.

use std::collections::HashSet;

use kernel::BatchId;
use rustc_hash::FxHashMap;
use sqlx::{AssertSqlSafe, PgConnection};

use super::chunk::Staged;
use super::encode::{SIGNATURE, TRAILER, columns};
use crate::facts::Table;

/// Bytes gathered for a table before they are sent.
const SEND_BYTES: usize = 4 << 20;
/// Keys remembered of one batch; beyond it SQL finds repetitions.
const MOST_PLACED: usize = 2_000_000;

/// Makes the temporary tables of a session, once.
pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for table in Table::ALL {
        let sql = format!(
            "CREATE TEMPORARY TABLE IF NOT EXISTS stage_{0} (LIKE {0} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS",
            table.name()
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// One table of a batch under way.
pub(crate) struct Stage {
    table: Table,
    columns: String,
    pending: Vec<u8>,
    placed: FxHashMap<i64, i64>,
    placed_all: bool,
    contended: bool,
    displaces: bool,
    /// Facts of this batch that repeat what is current, with the last row that does.
    repeated: FxHashMap<i64, u32>,
    staged: u64,
    pub seen: u64,
}

/// What became of a table's staged rows.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub inserted: u64,
    pub changed: HashSet<i64>,
    /// Key and hash of what is current now; `None` if there were too many to tell.
    pub current: Option<Vec<(i64, i64)>>,
}

impl Stage {
    pub(crate) fn new(table: Table) -> Stage {
        Stage {
            table,
            columns: columns(table),
            pending: Vec::new(),
            placed: FxHashMap::default(),
            placed_all: true,
            contended: false,
            displaces: false,
            repeated: FxHashMap::default(),
            staged: 0,
            seen: 0,
        }
    }

    /// Takes over a chunk's rows; what the batch has already said is dropped.
    pub(crate) fn place(&mut self, staged: &Staged) {
        self.seen += staged.seen;
        self.displaces |= staged.displaces;
        if self.repeated.len() < MOST_PLACED {
            self.repeated.extend(staged.same.iter().copied());
        }
        if self.pending.is_empty() && !staged.facts.is_empty() {
            self.pending.extend(SIGNATURE);
        }
        let (mut start, mut kept_from) = (0usize, 0usize);
        for fact in &staged.facts {
            let end = fact.end as usize;
            match self.placed.insert(fact.key, fact.hash) {
                Some(before) if before == fact.hash => {
                    self.pending.extend(&staged.bytes[kept_from..start]);
                    kept_from = end;
                }
                Some(_) => {
                    self.contended = true;
                    self.staged += 1;
                }
                None => self.staged += 1,
            }
            start = end;
        }
        self.pending.extend(&staged.bytes[kept_from..start]);
        if self.placed.len() > MOST_PLACED {
            self.placed.clear();
            self.placed_all = false;
            self.contended = true;
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= SEND_BYTES
    }

    /// Sends what is pending.
    pub(crate) async fn send(&mut self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending.extend(TRAILER);
        let sql = format!("COPY stage_{} ({}) FROM STDIN (FORMAT binary)", self.table.name(), self.columns);
        let mut copy = tx.copy_in_raw(&sql).await?;
        if let Err(error) = copy.send(self.pending.as_slice()).await {
            // The server's own sentence, if it has one, says more than a broken pipe.
            return Err(copy.abort("send failed").await.err().unwrap_or(error));
        }
        copy.finish().await?;
        self.pending.clear();
        Ok(())
    }

    /// Moves the staged rows into the facts. `compared` = everything that is current was known when rows were compared;
    /// if then nothing of it is displaced and no key occurs twice, there is nothing to sort out.
    pub(crate) async fn settle(
        &mut self,
        tx: &mut PgConnection,
        compared: bool,
    ) -> Result<Settled, sqlx::Error> {
        self.send(tx).await?;
        if self.staged == 0 {
            return Ok(Settled { current: Some(Vec::new()), ..Settled::default() });
        }
        if compared && !self.contended && !self.displaces {
            let inserted = self.insert(tx).await?;
            let current = self.placed.drain().collect();
            return Ok(Settled { inserted, changed: HashSet::new(), current: Some(current) });
        }
        let changed = self.sort_out(tx).await?;
        let current = if self.placed_all { Some(self.read_current(tx).await?) } else { None };
        let inserted = self.insert(tx).await?;
        Ok(Settled { inserted, changed, current })
    }

    async fn insert(&self, tx: &mut PgConnection) -> Result<u64, sqlx::Error> {
        let sql = format!("INSERT INTO {0} ({1}) SELECT {1} FROM stage_{0}", self.table.name(), self.columns);
        Ok(sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?.rows_affected())
    }

    async fn read_current(&self, tx: &mut PgConnection) -> Result<Vec<(i64, i64)>, sqlx::Error> {
        let sql = format!("SELECT record_key, content_hash FROM stage_{} WHERE current", self.table.name());
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *tx).await
    }

    /// A row that repeats the current version competes with the batch's other rows of its key, or a file that holds two
    /// versions of a customer would turn him over every time it comes.
    async fn stage_repeated(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        let contested: Vec<(i64, i32)> = self
            .repeated
            .iter()
            .filter(|(key, _)| self.placed.contains_key(key))
            .map(|(key, row)| (*key, *row as i32))
            .collect();
        if contested.is_empty() {
            return Ok(());
        }
        let (keys, rows): (Vec<i64>, Vec<i32>) = contested.into_iter().unzip();
        let name = self.table.name();
        let taken =
            self.columns.replacen("row_no", "r.repeated_row", 1).replacen("record_key", "f.record_key", 1);
        let sql = format!(
            "INSERT INTO stage_{name} ({})
             SELECT {taken}
             FROM {name} f
             JOIN unnest($1::bigint[], $2::int[]) AS r (repeated_key, repeated_row) ON r.repeated_key = f.record_key
             WHERE f.current",
            self.columns
        );
        sqlx::query(AssertSqlSafe(sql)).bind(&keys).bind(&rows).execute(&mut *tx).await?;
        Ok(())
    }

    /// Of several rows with one key the latest wins, by the source's own date of change, then the one with fewer
    /// defects, then the later row. What is current already is dropped. What is older than the current version goes
    /// into the history, once. What is newer ends the current version.
    async fn sort_out(&self, tx: &mut PgConnection) -> Result<HashSet<i64>, sqlx::Error> {
        self.stage_repeated(tx).await?;
        let name = self.table.name();
        let statements = [
            format!(
                "DELETE FROM stage_{name} s
                 USING (SELECT ctid AS place, row_number() OVER (
                            PARTITION BY record_key
                            ORDER BY changed_on DESC NULLS LAST, cardinality(flags), row_no DESC) AS rank
                        FROM stage_{name}) r
                 WHERE s.ctid = r.place AND r.rank > 1"
            ),
            format!(
                "DELETE FROM stage_{name} s
                 USING {name} f
                 WHERE f.record_key = s.record_key AND f.current AND f.content_hash = s.content_hash"
            ),
            format!(
                "UPDATE stage_{name} s
                 SET current = false
                 FROM {name} f
                 WHERE f.record_key = s.record_key AND f.current AND f.changed_on > s.changed_on"
            ),
            format!(
                "DELETE FROM stage_{name} s
                 USING {name} f
                 WHERE NOT s.current AND f.record_key = s.record_key AND f.content_hash = s.content_hash"
            ),
        ];
        for sql in statements {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        let ended = format!(
            "UPDATE {name} f
             SET current = false
             FROM stage_{name} s
             WHERE f.record_key = s.record_key AND f.current AND s.current
             RETURNING f.record_key"
        );
        let keys: Vec<(i64,)> = sqlx::query_as(AssertSqlSafe(ended)).fetch_all(&mut *tx).await?;
        Ok(keys.into_iter().map(|(key,)| key).collect())
    }
}

/// Takes a batch's facts back: its versions stop being current, and the latest version before it of a batch that still
/// counts becomes current again.
pub(crate) async fn take_back(tx: &mut PgConnection, batch: BatchId) -> Result<u64, sqlx::Error> {
    let mut touched = 0;
    for table in Table::ALL {
        let name = table.name();
        let ended =
            format!("UPDATE {name} SET current = false WHERE batch_id = $1 AND current RETURNING record_key");
        let keys: Vec<(i64,)> =
            sqlx::query_as(AssertSqlSafe(ended)).bind(batch.get()).fetch_all(&mut *tx).await?;
        let revived = format!(
            "UPDATE {name} f
             SET current = true, retired_by = NULL
             WHERE f.retired_by = $1
               AND NOT EXISTS (SELECT 1 FROM {name} n WHERE n.record_key = f.record_key AND n.current)"
        );
        touched +=
            sqlx::query(AssertSqlSafe(revived)).bind(batch.get()).execute(&mut *tx).await?.rows_affected();
        if keys.is_empty() {
            continue;
        }
        touched += keys.len() as u64;
        let keys: Vec<i64> = keys.into_iter().map(|(k,)| k).collect();
        let restored = format!(
            "UPDATE {name} f
             SET current = true
             FROM (SELECT DISTINCT ON (h.record_key) h.record_key, h.batch_id
                   FROM {name} h
                   JOIN batch b ON b.batch_id = h.batch_id AND b.state = 'loaded'
                   WHERE h.record_key = ANY ($2) AND NOT h.current AND h.retired_by IS NULL AND h.batch_id <> $1
                   ORDER BY h.record_key, h.changed_on DESC NULLS LAST, h.batch_id DESC) best
             WHERE f.record_key = best.record_key AND f.batch_id = best.batch_id"
        );
        sqlx::query(AssertSqlSafe(restored)).bind(batch.get()).bind(&keys).execute(&mut *tx).await?;
    }
    Ok(touched)
}

/// Ends the facts of single rows, whose repaired form takes their place under another key.
pub(crate) async fn retire_rows(
    tx: &mut PgConnection,
    by: BatchId,
    rows: &[(i64, i32)],
) -> Result<(), sqlx::Error> {
    let (batches, numbers): (Vec<i64>, Vec<i32>) = rows.iter().copied().unzip();
    for table in Table::ALL {
        let sql = format!(
            "UPDATE {} f
             SET current = false, retired_by = $1
             FROM unnest($2::bigint[], $3::int[]) AS r (batch_id, row_no)
             WHERE f.batch_id = r.batch_id AND f.row_no = r.row_no AND f.current",
            table.name()
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(by.get())
            .bind(&batches)
            .bind(&numbers)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
