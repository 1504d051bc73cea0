//! What the floor costs. Run in release with `--run-ignored all --no-capture`.

use std::time::Instant;

use db::test_support::{TestDb, group_access};

#[tokio::test]
#[ignore = "a measurement"]
async fn the_price_of_a_scoped_transaction() {
    let house = TestDb::new(&[]).await;
    let access = group_access(1..=76);
    let rounds = 2000_u32;
    let mut all = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let mut tx = house.read(&access).await.unwrap();
        let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(one, 1);
        drop(tx);
        all.push(start.elapsed());
    }
    all.sort();
    println!("scoped read of one row: median {:?}, p99 {:?}", all[1000], all[1980]);
}
