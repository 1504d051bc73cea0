//! A house with two stores, into which tests import files.

use std::path::{Path, PathBuf};

use db::test_support::TestDb;
use intake::reading::{Limits, list_tables};
use intake::{BatchCounts, Loaded, Loader, Origin, Way};
use kernel::{Clock, Source, StoreId};
use sha2::{Digest, Sha256};

/// Stores and brands, as org makes them.
const ORG: db::MigrationSet = db::MigrationSet {
    context: "org",
    steps: &[
        ("0001_organisation", include_str!("../../../org/migrations/0001_organisation.sql")),
        (
            "0002_two_stores",
            "INSERT INTO region (code, name) VALUES ('TJ', '天津');
             INSERT INTO legal_entity (code, name, kind) VALUES ('L1', '天津一汽大众销售有限公司', 'store');
             INSERT INTO brand (code, name, name_en, tier, energy) VALUES ('FAWVW', '一汽-大众', 'FAW-VW', 'joint', 'fuel');
             INSERT INTO store (code, name, short_name, kind, region_id, legal_entity_id, opened_on)
             SELECT s.code, s.name, s.name, 'four_s', r.region_id, l.legal_entity_id, '2010-01-01'
             FROM (VALUES ('S1', '一店'), ('S2', '二店')) AS s (code, name), region r, legal_entity l;
             INSERT INTO store_brand (store_id, brand_id) SELECT store_id, brand_id FROM store, brand;",
        ),
    ],
};

pub struct House {
    pub db: TestDb,
    pub loader: Loader,
    pub files: tempfile::TempDir,
}

impl House {
    pub async fn new() -> House {
        let db = TestDb::new(&[ORG, intake::MIGRATIONS]).await;
        let clock = Clock::on(jiff::civil::date(2022, 6, 30));
        let loader = Loader::new(&db, db.vault(), clock).await.unwrap();
        House { db, loader, files: tempfile::tempdir().unwrap() }
    }

    pub fn store(&self, code: &str) -> StoreId {
        self.loader.reference().store(code).unwrap()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn origin(&self, path: &Path, source: Source) -> Origin {
        let bytes = std::fs::read(path).unwrap();
        Origin {
            store: Some(self.store("S1")),
            source,
            entity: None,
            way: Way::Command,
            file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
            sha256: Sha256::digest(&bytes).into(),
            bytes: bytes.len() as u64,
            period_on: None,
            user: None,
            kept_path: None,
        }
    }

    /// Imports a file whose only table is of the source.
    pub async fn import(&mut self, name: &str, source: Source, bytes: impl AsRef<[u8]>) -> Loaded {
        let path = self.write(name, bytes);
        let origin = self.origin(&path, source);
        let tables = list_tables(&path, &self.files.path().join("spool"), &Limits::default()).unwrap();
        assert_eq!(tables.len(), 1);
        self.loader.load_table(&origin, &tables[0]).await.unwrap()
    }

    pub async fn imported(&mut self, name: &str, source: Source, bytes: impl AsRef<[u8]>) -> BatchCounts {
        match self.import(name, source, bytes).await {
            Loaded::Batch(counts) => counts,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// One column of text.
    pub async fn texts(&self, sql: &'static str) -> Vec<Option<String>> {
        let mut tx = self.db.system().await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut *tx).await.unwrap()
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut tx = self.db.system().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *tx).await.unwrap()
    }
}
