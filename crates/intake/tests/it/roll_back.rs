//! A batch can be taken back; and a load that is cut off leaves nothing.

use db::Access;
use intake::{IntakeError, Loaded, Refusal, roll_back_batch};
use kernel::{BatchId, Clock, Source, UserId};

use crate::house::House;

const TITLES: &str = "客户编号,姓名,手机,VIN,车牌号,修改日期\n";

fn access(house: &House) -> Access {
    Access { user_id: UserId(1), stores: vec![house.store("S1")], group: false, own: None, masked: false }
}

#[tokio::test]
async fn taking_a_batch_back_restores_the_version_before_it() {
    let mut house = House::new().await;
    house.imported("a.csv", Source::Dms, format!("{TITLES}C001,张三,13860194721,,,2016-03-05\n")).await;
    let wrong = house
        .imported(
            "b.csv",
            Source::Dms,
            format!("{TITLES}C001,张三,13960194721,,,2016-05-01\nC009,错误,13960194729,,,2016-05-01\n"),
        )
        .await;
    roll_back_batch(&house.db, &Clock::system(), &access(&house), BatchId(wrong.batch), "错店的文件")
        .await
        .unwrap();
    let current = "SELECT source_key || ' ' || mobile_masked FROM party_record WHERE current";
    assert_eq!(house.texts(current).await, [Some("C001 138****4721".into())]);
    assert_eq!(
        house.texts("SELECT state FROM batch ORDER BY batch_id").await,
        [Some("loaded".into()), Some("rolled_back".into())]
    );
    // The file may come again, and then says the same as the first time.
    let again = house
        .imported(
            "b.csv",
            Source::Dms,
            format!("{TITLES}C001,张三,13960194721,,,2016-05-01\nC009,错误,13960194729,,,2016-05-01\n"),
        )
        .await;
    assert_eq!((again.rows_new, again.rows_changed), (1, 1));
}

#[tokio::test]
async fn taking_back_an_earlier_batch_leaves_what_came_after_it() {
    let mut house = House::new().await;
    let mut batches = Vec::new();
    for (n, month) in [(1, "03"), (2, "04"), (3, "05")] {
        let row = format!("{TITLES}C001,张三,1386019472{n},,,2016-{month}-05\n");
        batches.push(house.imported(&format!("{n}.csv"), Source::Dms, row).await.batch);
    }
    let current = "SELECT mobile_masked FROM party_record WHERE current";
    roll_back_batch(&house.db, &Clock::system(), &access(&house), BatchId(batches[1]), "重复").await.unwrap();
    assert_eq!(house.texts(current).await, [Some("138****4723".into())]);
    roll_back_batch(&house.db, &Clock::system(), &access(&house), BatchId(batches[2]), "重复").await.unwrap();
    assert_eq!(
        house.texts(current).await,
        [Some("138****4721".into())],
        "not the version of the batch taken back before"
    );
    let twice =
        roll_back_batch(&house.db, &Clock::system(), &access(&house), BatchId(batches[2]), "重复").await;
    assert!(matches!(twice, Err(IntakeError::Refused(Refusal::NotLoaded { .. }))));
}

#[tokio::test]
async fn a_batch_of_another_store_is_not_there() {
    let mut house = House::new().await;
    let batch = house
        .imported("a.csv", Source::Dms, format!("{TITLES}C001,张三,13860194721,,,2016-03-05\n"))
        .await
        .batch;
    let other = Access { stores: vec![house.store("S2")], ..access(&house) };
    let refused = roll_back_batch(&house.db, &Clock::system(), &other, BatchId(batch), "试").await;
    assert!(matches!(refused, Err(IntakeError::NotFound { .. })));
}

#[tokio::test]
async fn a_load_that_is_cut_off_leaves_nothing_and_runs_again() {
    let mut house = House::new().await;
    let mut text = TITLES.to_owned();
    for n in 0..60_000 {
        text.push_str(&format!("C{n:05},张三,1381{n:07},,,2016-03-05\n"));
    }
    let path = house.write("a.csv", &text);
    let origin = house.origin(&path, Source::Dms);
    let tables = intake::reading::list_tables(&path, house.files.path(), &Default::default()).unwrap();
    let mut doomed = house.loader.fork();
    // What a kill does: the connection goes away in the middle.
    let cut =
        tokio::time::timeout(std::time::Duration::from_millis(40), doomed.load_table(&origin, &tables[0]))
            .await;
    assert!(cut.is_err(), "the load was over before it could be cut off");
    drop(doomed);
    assert_eq!(house.number("SELECT count(*) FROM batch").await, 0);
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 0);
    let Loaded::Batch(counts) = house.loader.load_table(&origin, &tables[0]).await.unwrap() else { panic!() };
    assert_eq!(counts.rows_new, 60_000);
}

#[tokio::test]
async fn the_database_going_away_in_the_middle_is_an_error_and_nothing_is_half() {
    let mut house = House::new().await;
    let mut text = TITLES.to_owned();
    for n in 0..60_000 {
        text.push_str(&format!("C{n:05},张三,1381{n:07},,,2016-03-05\n"));
    }
    let path = house.write("a.csv", &text);
    let origin = house.origin(&path, Source::Dms);
    let tables = intake::reading::list_tables(&path, house.files.path(), &Default::default()).unwrap();
    let killer = house.db.owner_connection();
    let (loaded, _) = tokio::join!(house.loader.load_table(&origin, &tables[0]), async {
        let mut owner = killer.await.unwrap();
        for _ in 0..2_000 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let killed: Vec<bool> = sqlx::query_scalar(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = 'forecourt_worker' AND backend_xid IS NOT NULL",
            )
            .fetch_all(&mut owner)
            .await
            .unwrap();
            if !killed.is_empty() {
                return;
            }
        }
    });
    assert!(matches!(loaded, Err(IntakeError::Db(_))), "{loaded:?}");
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 0);
    let Loaded::Batch(counts) = house.loader.load_table(&origin, &tables[0]).await.unwrap() else { panic!() };
    assert_eq!(counts.rows_new, 60_000);
}

#[tokio::test]
async fn two_workers_at_once_load_one_file_once() {
    let house = House::new().await;
    let path = house.write("a.csv", format!("{TITLES}C001,张三,13860194721,,,2016-03-05\n"));
    let origin = house.origin(&path, Source::Dms);
    let tables = intake::reading::list_tables(&path, house.files.path(), &Default::default()).unwrap();
    let (mut a, mut b) = (house.loader.fork(), house.loader.fork());
    let (first, second) = tokio::join!(a.load_table(&origin, &tables[0]), b.load_table(&origin, &tables[0]));
    let batches = [first.unwrap(), second.unwrap()];
    assert_eq!(batches.iter().filter(|l| matches!(l, Loaded::Batch(_))).count(), 1, "{batches:?}");
    assert_eq!(batches.iter().filter(|l| matches!(l, Loaded::Duplicate(_))).count(), 1);
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 1);
}
