//! A backup is worth what its restore proves.

use std::path::Path;

use db::test_support::{TestDb, store_access};
use db::{Db, DbConfig, DbError, Field, MigrationSet, Vault, backup, keys_path, restore};

use crate::folder::folder;

const SALES: MigrationSet = MigrationSet {
    context: "sales",
    steps: &[(
        "0001_sale",
        "CREATE TABLE sale (
             sale_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             store_id int,
             car text NOT NULL,
             sold_at timestamptz,
             mobile_sealed bytea
         );
         SELECT fc_scope_by_store('sale');
         INSERT INTO sale (store_id, car, sold_at)
         SELECT n % 7, '车 ' || n, '2003-01-01'::timestamptz + n * interval '1 hour'
         FROM generate_series(1, 20000) n;",
    )],
};

async fn open(dir: &Path) -> Db {
    Db::open(&DbConfig { data_dir: dir.to_owned(), database_url: None, max_connections: 4 }).await.unwrap()
}

fn code<T>(outcome: Result<T, DbError>) -> &'static str {
    outcome.map(|_| "fine").unwrap_or_else(|error| error.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_file_comes_back_and_the_scope_still_holds() {
    let house = TestDb::new(&[SALES]).await;
    let vault = Vault::load(&house).await.unwrap();
    let mut tx = house.system().await.unwrap();
    sqlx::query("INSERT INTO sale (store_id, car, mobile_sealed) VALUES (3, 'sealed', $1)")
        .bind(vault.seal(Field::Mobile, "13800138000"))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let lake = house.data_dir().join("lake/snapshot");
    std::fs::create_dir_all(&lake).unwrap();
    std::fs::write(lake.join("part-0.parquet"), [0, 1, 2, 255]).unwrap();

    let dir = folder();
    let archive = dir.path().join("monday.zip");
    let saved = backup(&house, &archive).await.unwrap();
    assert_eq!(code(backup(&house, &archive).await), "backup", "no archive is overwritten");
    let raw = std::fs::read(&archive).unwrap();
    let keys = std::fs::read_to_string(keys_path(house.data_dir())).unwrap();
    let secret = keys.split('"').find(|part| part.len() == 44).unwrap();
    assert!(!raw.windows(44).any(|part| part == secret.as_bytes()), "no key in the archive");
    assert_eq!(saved.tables.iter().find(|t| t.name == "public.sale").unwrap().rows, 20_001);
    assert_eq!(saved.files[0].path, "lake/snapshot/part-0.parquet");

    let fresh = dir.path().join("data");
    assert_eq!(code(restore(&archive, &fresh, None).await), "keys_lost");
    assert!(!fresh.exists() && !dir.path().join("data.restoring").exists());
    restore(&archive, &fresh, Some(&keys_path(house.data_dir()))).await.unwrap();

    let restored = open(&fresh).await;
    restored.migrate(&[SALES]).await.unwrap();
    let again = backup(&restored, &dir.path().join("tuesday.zip")).await.unwrap();
    assert_eq!(again.tables, saved.tables, "rows and checksums of every table");
    assert_eq!(std::fs::read(fresh.join("lake/snapshot/part-0.parquet")).unwrap(), [0, 1, 2, 255]);
    let mut tx = restored.read(&store_access([3])).await.unwrap();
    let (rows, sealed): (i64, Vec<u8>) =
        sqlx::query_as("SELECT count(*), (SELECT mobile_sealed FROM sale WHERE car = 'sealed') FROM sale")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(rows, 2858, "one store of seven");
    let vault = Vault::load(&restored).await.unwrap();
    assert_eq!(vault.open(Field::Mobile, &sealed).unwrap(), "13800138000");
    drop(tx);
    assert_eq!(code(restore(&archive, &fresh, None).await), "backup", "no data folder is overwritten");
    restored.close().await;
}

#[tokio::test]
async fn wrong_keys_and_damaged_archives_are_refused_before_anything_happens() {
    let house = TestDb::new(&[]).await;
    let other = TestDb::new(&[]).await;
    Vault::load(&house).await.unwrap();
    Vault::load(&other).await.unwrap();
    let dir = folder();
    let archive = dir.path().join("a.zip");
    backup(&house, &archive).await.unwrap();
    let fresh = dir.path().join("data");
    let keys = keys_path(house.data_dir());
    assert_eq!(code(restore(&archive, &fresh, Some(&keys_path(other.data_dir()))).await), "wrong_keys");

    let whole = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(code(restore(&archive, &fresh, Some(&keys)).await), "backup", "truncated");
    std::fs::write(&archive, b"").unwrap();
    assert_eq!(code(restore(&archive, &fresh, Some(&keys)).await), "backup", "empty");
    assert_eq!(code(restore(&dir.path().join("none.zip"), &fresh, Some(&keys)).await), "io");
    let mut bent = whole.clone();
    let middle = whole.len() / 2;
    bent[middle..middle + 64].fill(0x55);
    std::fs::write(&archive, &bent).unwrap();
    assert_eq!(code(restore(&archive, &fresh, Some(&keys)).await), "backup", "altered");
    assert!(!fresh.exists() && !dir.path().join("data.restoring").exists());
}

#[tokio::test]
async fn a_backup_by_database_url_holds_every_row() {
    let house = TestDb::new(&[]).await;
    let config = DbConfig {
        data_dir: house.data_dir().to_owned(),
        database_url: Some(house.url()),
        max_connections: 2,
    };
    let server = Db::open(&config).await.unwrap();
    server.migrate(&[SALES]).await.unwrap();
    let dir = folder();
    let saved = backup(&server, &dir.path().join("a.zip")).await.unwrap();
    let fresh = dir.path().join("data");
    assert_eq!(restore(&dir.path().join("a.zip"), &fresh, None).await.unwrap(), saved);
}
