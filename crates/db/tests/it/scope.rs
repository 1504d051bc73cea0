//! Who sees what: enforced by PostgreSQL, whatever the query says.

use db::test_support::{TestDb, group_access, store_access};
use db::{DbError, MigrationSet};
use sqlx::PgConnection;

const SALES: MigrationSet = MigrationSet {
    context: "sales",
    steps: &[(
        "0001_sale",
        "CREATE TABLE sale (sale_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, store_id int, car text NOT NULL);
         SELECT fc_scope_by_store('sale');
         CREATE TABLE colour (code text PRIMARY KEY);
         SELECT fc_open_table('colour', 'select');
         INSERT INTO sale (store_id, car) VALUES (1, 'Santana'), (1, 'Passat'), (2, 'Lavida'), (NULL, 'fleet');",
    )],
};

async fn cars(tx: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT car FROM sale ORDER BY sale_id").fetch_all(tx).await.unwrap()
}

async fn refused(tx: &mut PgConnection, sql: &'static str) -> Option<&'static str> {
    sqlx::query(sql).execute(tx).await.err().map(|e| DbError::from(e).code())
}

#[tokio::test]
async fn a_manager_reads_his_stores_and_the_group_reads_all() {
    let house = TestDb::new(&[SALES]).await;
    let seen = |access| {
        let house = house.db();
        async move { cars(&mut house.read(&access).await.unwrap()).await }
    };
    assert_eq!(seen(store_access([1])).await, ["Santana", "Passat"]);
    assert_eq!(seen(store_access([2])).await, ["Lavida"]);
    assert_eq!(seen(store_access([])).await, [] as [&str; 0]);
    assert_eq!(seen(group_access([1, 2])).await, ["Santana", "Passat", "Lavida", "fleet"]);
    assert_eq!(cars(&mut house.system().await.unwrap()).await.len(), 4, "the worker sees all");
}

#[tokio::test]
async fn a_manager_cannot_write_into_another_store() {
    let house = TestDb::new(&[SALES]).await;
    let manager = store_access([1]);

    let mut tx = house.write(&manager).await.unwrap();
    let own = sqlx::query("INSERT INTO sale (store_id, car) VALUES (1, 'Polo')").execute(&mut *tx).await;
    assert_eq!(own.unwrap().rows_affected(), 1);
    tx.commit().await.unwrap();

    for sql in [
        "INSERT INTO sale (store_id, car) VALUES (2, 'Polo')",
        "INSERT INTO sale (store_id, car) VALUES (NULL, 'Polo')",
        "UPDATE sale SET store_id = 2 WHERE car = 'Polo'",
    ] {
        let mut tx = house.write(&manager).await.unwrap();
        assert_eq!(refused(&mut tx, sql).await, Some("out_of_scope"), "{sql}");
    }
    for sql in ["UPDATE sale SET car = 'gone' WHERE store_id = 2", "DELETE FROM sale WHERE store_id = 2"] {
        let mut tx = house.write(&manager).await.unwrap();
        assert_eq!(sqlx::query(sql).execute(&mut *tx).await.unwrap().rows_affected(), 0, "{sql}");
    }
}

#[tokio::test]
async fn a_reading_transaction_writes_nothing_and_nobody_opens_tables_for_himself() {
    let house = TestDb::new(&[SALES]).await;
    let mut tx = house.read(&store_access([1])).await.unwrap();
    assert!(refused(&mut tx, "INSERT INTO sale (store_id, car) VALUES (1, 'Polo')").await.is_some());
    for sql in [
        "INSERT INTO colour VALUES ('red')",
        "SELECT fc_scope_by_store('colour')",
        "ALTER TABLE sale DISABLE ROW LEVEL SECURITY",
        "SET ROLE forecourt",
        "SET ROLE forecourt_worker",
        "CREATE TABLE mine (a int)",
        "TRUNCATE sale",
    ] {
        let mut tx = house.write(&store_access([1])).await.unwrap();
        assert_eq!(refused(&mut tx, sql).await, Some("out_of_scope"), "{sql}");
    }
}

#[tokio::test]
async fn the_scope_ends_with_its_transaction() {
    let house = TestDb::new(&[SALES]).await;
    for _ in 0..40 {
        // more turns than connections, so each connection has served both
        assert_eq!(cars(&mut house.read(&store_access([1])).await.unwrap()).await.len(), 2);
        assert_eq!(cars(&mut house.read(&store_access([2])).await.unwrap()).await.len(), 1);
    }
    let mut tx = house.write(&store_access([1])).await.unwrap();
    sqlx::query("INSERT INTO sale (store_id, car) VALUES (1, 'Polo')").execute(&mut *tx).await.unwrap();
    drop(tx);
    let mut tx = house.read(&store_access([1])).await.unwrap();
    assert_eq!(cars(&mut tx).await.len(), 2, "a dropped transaction is undone");
}

#[tokio::test]
async fn the_settings_of_the_scope_reach_the_functions() {
    let house = TestDb::new(&[]).await;
    let mut access = store_access([3, 4]);
    access.own = Some(kernel::ids::EmployeeId(12));
    access.masked = true;
    let mut tx = house.read(&access).await.unwrap();
    let read: (Vec<i32>, bool, i32, i32, bool) =
        sqlx::query_as("SELECT fc_stores(), fc_group(), fc_own(), fc_user(), fc_masked()")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(read, (vec![3, 4], false, 12, 1, true));
    let mut tx = house.system().await.unwrap();
    let read: (Vec<i32>, bool, i32, i32, bool) =
        sqlx::query_as("SELECT fc_stores(), fc_group(), fc_own(), fc_user(), fc_masked()")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(read, (vec![], false, 0, 0, true), "without a scope: nothing, masked");
}

#[tokio::test]
async fn a_scoped_query_uses_the_index_of_the_store() {
    let house = TestDb::new(&[SALES]).await;
    let mut owner = house.owner_connection().await.unwrap();
    sqlx::raw_sql(
        "CREATE INDEX sale_store ON sale (store_id);
         INSERT INTO sale (store_id, car) SELECT n % 500 + 10, 'x' FROM generate_series(1, 50000) n;
         ANALYZE sale;",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut tx = house.read(&store_access([77])).await.unwrap();
    let plan: Vec<String> =
        sqlx::query_scalar("EXPLAIN SELECT * FROM sale").fetch_all(&mut *tx).await.unwrap();
    assert!(plan.join("\n").contains("sale_store"), "{plan:#?}");
}
