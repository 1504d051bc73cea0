//! What the database already knows of a store's source: the content hash of every current fact. Read once and kept
//! from file to file; a version number in SQL tells when it has to be read again.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use kernel::StoreId;
use kernel::vocab::Source;
use rustc_hash::FxHashMap;
use sqlx::{AssertSqlSafe, PgConnection};

use super::chunk::Novelty;
use crate::facts::Table;

/// Facts remembered of one source before SQL has to do the comparing: 40 bytes each.
const MOST_KNOWN: usize = 8_000_000;

/// Current facts of one store and source.
#[derive(Debug, Default)]
pub(crate) struct Known {
    hashes: [FxHashMap<i64, i64>; 10],
    /// Too many to remember: everything counts as new, and SQL compares.
    too_many: bool,
}

impl Known {
    pub(crate) fn compare(&self, table: Table, key: i64, hash: i64) -> Novelty {
        match self.hashes[table as usize].get(&key) {
            Some(known) if *known == hash => Novelty::Same,
            Some(_) => Novelty::Changed,
            None => Novelty::New,
        }
    }

    /// Nothing is remembered; SQL compares.
    pub(crate) fn incomplete() -> Known {
        Known { too_many: true, ..Known::default() }
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.too_many
    }

    pub(crate) fn learn(&mut self, table: Table, key: i64, hash: i64) {
        self.hashes[table as usize].insert(key, hash);
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.iter().map(FxHashMap::len).sum()
    }

    /// Reads what is current.
    pub(crate) async fn read(
        tx: &mut PgConnection,
        store: Option<StoreId>,
        source: Source,
    ) -> Result<Known, sqlx::Error> {
        let mut known = Known::default();
        for table in Table::ALL {
            let sql = format!(
                "SELECT record_key, content_hash FROM {} WHERE current AND source = $1 AND store_id IS NOT DISTINCT FROM $2",
                table.name()
            );
            let sql = match store {
                Some(_) => sql.replace("IS NOT DISTINCT FROM", "="),
                None => sql.replace("IS NOT DISTINCT FROM $2", "IS NULL AND $2::int IS NULL"),
            };
            let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql))
                .bind(source.code())
                .bind(store.map(|s| s.get()));
            let mut rows = query.fetch(&mut *tx);
            while let Some((key, hash)) = rows.try_next().await? {
                known.hashes[table as usize].insert(key, hash);
            }
            if known.len() > MOST_KNOWN {
                return Ok(Known { too_many: true, ..Known::default() });
            }
        }
        Ok(known)
    }
}

/// What is remembered of several sources, within a bound.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    sources: HashMap<(Option<StoreId>, Source), (i64, Known)>,
    order: Vec<(Option<StoreId>, Source)>,
}

impl Memory {
    /// Takes out what is remembered, if the source has not changed since.
    pub(crate) fn take(&mut self, store: Option<StoreId>, source: Source, version: i64) -> Option<Known> {
        self.order.retain(|o| *o != (store, source));
        self.sources.remove(&(store, source)).filter(|(at, _)| *at == version).map(|(_, known)| known)
    }

    /// Remembers for the next file; the sources that were used longest ago make room.
    pub(crate) fn keep(&mut self, store: Option<StoreId>, source: Source, version: i64, known: Known) {
        self.sources.insert((store, source), (version, known));
        self.order.push((store, source));
        while self.order.len() > 1 && self.sources.values().map(|(_, k)| k.len()).sum::<usize>() > MOST_KNOWN
        {
            let oldest = self.order.remove(0);
            self.sources.remove(&oldest);
        }
    }
}
