//! What is in an archive, and what every table looked like.

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::DbError;
use crate::vault::{KnownKey, known_keys};

/// The contents of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Shape of the archive.
    pub format: u32,
    /// The instant of the database's snapshot.
    pub made_at: jiff::Timestamp,
    /// Version of the server, as PostgreSQL says it.
    pub postgres: String,
    /// Every table with its rows.
    pub tables: Vec<TableInfo>,
    /// By which the keys are recognised before anything is restored.
    pub keys: Vec<KeyInfo>,
    /// The files of the data folder.
    pub files: Vec<FileInfo>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableInfo {
    /// Its name, with its schema.
    pub name: String,
    /// Its rows.
    pub rows: i64,
    /// Sum of the hashes of all rows as text, whatever their order.
    pub checksum: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileInfo {
    /// Where it lies in the data folder.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The check values of one key, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyInfo {
    id: i32,
    check: String,
    index: String,
}

impl Manifest {
    pub(super) fn known_keys(&self) -> Result<Vec<KnownKey>, DbError> {
        let bytes = |text: &str| {
            hex::decode(text).map_err(|_| DbError::Backup("the manifest's key check is damaged".into()))
        };
        self.keys.iter().map(|key| Ok((key.id, bytes(&key.check)?, bytes(&key.index)?))).collect()
    }
}

pub(super) async fn keys(owner: &mut PgConnection) -> Result<Vec<KeyInfo>, DbError> {
    let info =
        |(id, check, index): KnownKey| KeyInfo { id, check: hex::encode(check), index: hex::encode(index) };
    Ok(known_keys(owner).await?.into_iter().map(info).collect())
}

/// Rows and checksum of every table, seen in the caller's snapshot.
pub(super) async fn tables(owner: &mut PgConnection) -> Result<Vec<TableInfo>, DbError> {
    // a row's text must not depend on who asks
    sqlx::raw_sql(
        "SET LOCAL timezone = 'UTC';
         SET LOCAL datestyle = 'ISO, YMD';
         SET LOCAL intervalstyle = 'iso_8601';
         SET LOCAL bytea_output = 'hex';
         SET LOCAL extra_float_digits = 1;",
    )
    .execute(&mut *owner)
    .await?;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename)
         FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
         ORDER BY 1",
    )
    .fetch_all(&mut *owner)
    .await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let sql = format!(
            "SELECT count(*), COALESCE(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM ONLY {name} AS t"
        );
        let (rows, checksum) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *owner).await?;
        tables.push(TableInfo { name, rows, checksum });
    }
    Ok(tables)
}
