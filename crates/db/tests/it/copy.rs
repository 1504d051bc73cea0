//! The fast road into tables, also into those that row-level security guards.

use db::MigrationSet;
use db::copy::CopyRows;
use db::test_support::{TestDb, store_access};

const SALES: MigrationSet = MigrationSet {
    context: "sales",
    steps: &[(
        "0001_sale",
        "CREATE TABLE sale (store_id int NOT NULL, car text NOT NULL, sealed bytea);
         SELECT fc_scope_by_store('sale');",
    )],
};

#[tokio::test]
async fn the_worker_copies_into_a_scoped_table_and_nobody_else_does() {
    let house = TestDb::new(&[SALES]).await;
    let mut rows = CopyRows::new();
    for store in 0..3000 {
        rows.plain(store % 3).text("凯美瑞\t2.0\\G").bytes_field(Some(&[1, 0, 255]));
        rows.end_row();
    }
    let mut tx = house.system().await.unwrap();
    assert_eq!(rows.send(&mut tx, "sale (store_id, car, sealed)").await.unwrap(), 3000);
    tx.commit().await.unwrap();
    let mut tx = house.read(&store_access([2])).await.unwrap();
    let read: (i64, String, Vec<u8>) =
        sqlx::query_as("SELECT count(*), min(car), min(sealed::text)::bytea FROM sale")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(read, (1000, "凯美瑞\t2.0\\G".into(), vec![1, 0, 255]));
    drop(tx);
    let mut tx = house.write(&store_access([2])).await.unwrap();
    assert!(rows.send(&mut tx, "sale (store_id, car, sealed)").await.is_err(), "no way around the scope");
}
