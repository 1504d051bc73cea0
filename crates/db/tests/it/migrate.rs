//! Forward only, whole or not at all, once even if two come.

use std::time::Duration;

use db::test_support::TestDb;
use db::{DbError, MigrationSet};

const FIRST: MigrationSet =
    MigrationSet { context: "workshop", steps: &[("0001_bay", "CREATE TABLE bay (bay_id int PRIMARY KEY)")] };
const BOTH: MigrationSet = MigrationSet {
    context: "workshop",
    steps: &[
        ("0001_bay", "CREATE TABLE bay (bay_id int PRIMARY KEY)"),
        ("0002_lift", "CREATE TABLE lift (lift_id int PRIMARY KEY); INSERT INTO lift VALUES (1);"),
    ],
};
const EDITED: MigrationSet = MigrationSet {
    context: "workshop",
    steps: &[("0001_bay", "CREATE TABLE bay (bay_id bigint PRIMARY KEY)")],
};
const BROKEN: MigrationSet = MigrationSet {
    context: "workshop",
    steps: &[
        ("0001_bay", "CREATE TABLE bay (bay_id int PRIMARY KEY)"),
        ("0002_lift", "CREATE TABLE lift (lift_id int PRIMARY KEY); INSERT INTO nowhere VALUES (1);"),
    ],
};
const SLOW: MigrationSet = MigrationSet {
    context: "workshop",
    steps: &[
        ("0001_bay", "CREATE TABLE bay (bay_id int PRIMARY KEY); SELECT pg_sleep(0.2);"),
        ("0002_lift", "CREATE TABLE lift (lift_id int PRIMARY KEY); SELECT pg_sleep(0.2);"),
    ],
};

async fn exists(house: &TestDb, table: &'static str) -> bool {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(table)
        .fetch_one(house.worker_pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn steps_are_added_and_history_is_not_rewritten() {
    let house = TestDb::new(&[FIRST]).await;
    house.migrate(&[BOTH]).await.unwrap();
    house.migrate(&[BOTH]).await.unwrap();
    assert!(exists(&house, "lift").await);
    let code = |outcome: Result<(), DbError>| outcome.map_err(|e| e.code());
    assert_eq!(code(house.migrate(&[EDITED]).await), Err("newer_database"));
    assert_eq!(
        code(house.migrate(&[FIRST]).await),
        Err("newer_database"),
        "an old program on a new database"
    );
    let other = TestDb::new(&[FIRST]).await;
    assert_eq!(code(other.migrate(&[EDITED]).await), Err("migration_changed"));
}

#[tokio::test]
async fn a_failed_step_leaves_no_trace_and_can_be_repaired() {
    let house = TestDb::new(&[]).await;
    let error = house.migrate(&[BROKEN]).await.unwrap_err();
    assert_eq!(error.code(), "migration_failed");
    assert!(error.to_string().contains("workshop/0002_lift"), "{error}");
    assert!(exists(&house, "bay").await, "the step before stays");
    assert!(!exists(&house, "lift").await);
    house.migrate(&[BOTH]).await.unwrap();
    assert!(exists(&house, "lift").await);
}

#[tokio::test]
async fn two_migrators_at_once_do_the_work_once() {
    let house = TestDb::new(&[]).await;
    let (a, b) = (house.db(), house.db());
    let (first, second) = tokio::join!(
        tokio::spawn(async move { a.migrate(&[SLOW]).await }),
        tokio::spawn(async move { b.migrate(&[SLOW]).await }),
    );
    first.unwrap().unwrap();
    second.unwrap().unwrap();
    let steps: i64 = sqlx::query_scalar("SELECT count(*) FROM schema_migration WHERE context = 'workshop'")
        .fetch_one(house.worker_pool())
        .await
        .unwrap();
    assert_eq!(steps, 2);
}

#[tokio::test]
async fn a_migrator_killed_in_the_middle_of_a_step_can_be_run_again() {
    let house = TestDb::new(&[]).await;
    let db = house.db();
    let killed = tokio::spawn(async move { db.migrate(&[SLOW]).await });
    // in the second step, whose table is made but not committed
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'forecourt owner' AND pid <> pg_backend_pid()",
    )
    .fetch_one(&mut house.owner_connection().await.unwrap())
    .await
    .unwrap();
    assert!(ended >= 1);
    assert!(killed.await.unwrap().is_err());
    house.migrate(&[SLOW]).await.unwrap();
    assert!(exists(&house, "bay").await && exists(&house, "lift").await);
}
