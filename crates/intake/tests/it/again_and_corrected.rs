//! The same file twice, the same rows in another file, a corrected row in a later file: no duplicates, the latest wins,
//! and the history stays.

use intake::Loaded;
use kernel::Source;

use crate::house::House;

const TITLES: &str = "客户编号,姓名,手机,VIN,车牌号,修改日期\n";
const MARCH: &str =
    "C001,张三,13860194721,LFV2A21K8G4123456,津A12345,2016-03-05\nC002,李四,13860194722,,,2016-03-06\n";

fn file(rows: &str) -> String {
    format!("{TITLES}{rows}")
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let mut house = House::new().await;
    let first = house.imported("a.csv", Source::Dms, file(MARCH)).await;
    let again = house.import("b.csv", Source::Dms, file(MARCH)).await;
    assert_eq!(again, Loaded::Duplicate(kernel::BatchId(first.batch)));
    assert_eq!(house.number("SELECT count(*) FROM batch").await, 1);
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 2);
}

#[tokio::test]
async fn the_same_rows_in_another_file_are_counted_as_the_same() {
    let mut house = House::new().await;
    house.imported("a.csv", Source::Dms, file(MARCH)).await;
    let more = format!("{MARCH}C003,王五,13860194723,,,2016-04-01\n");
    let counts = house.imported("b.csv", Source::Dms, file(&more)).await;
    assert_eq!((counts.rows_in, counts.rows_new, counts.rows_same), (3, 1, 2));
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 3);
}

#[tokio::test]
async fn a_corrected_row_becomes_a_new_version_and_the_old_one_stays() {
    let mut house = House::new().await;
    house.imported("a.csv", Source::Dms, file(MARCH)).await;
    let counts = house
        .imported("b.csv", Source::Dms, file("C001,张三,13960194721,LFV2A21K8G4123456,津A12345,2016-05-01\n"))
        .await;
    assert_eq!((counts.rows_changed, counts.rows_new), (1, 0));
    let current = "SELECT mobile_masked FROM party_record WHERE current AND source_key = 'C001'";
    assert_eq!(house.texts(current).await, [Some("139****4721".into())]);
    let history = "SELECT mobile_masked FROM party_record WHERE NOT current AND source_key = 'C001'";
    assert_eq!(house.texts(history).await, [Some("138****4721".into())]);
}

#[tokio::test]
async fn a_row_that_arrives_late_and_is_older_does_not_win() {
    let mut house = House::new().await;
    house.imported("b.csv", Source::Dms, file("C001,张三,13960194721,,,2016-05-01\n")).await;
    house.imported("a.csv", Source::Dms, file("C001,张三,13860194721,,,2016-03-05\n")).await;
    let current = "SELECT mobile_masked FROM party_record WHERE current";
    assert_eq!(house.texts(current).await, [Some("139****4721".into())]);
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 2, "the older version is history");
}

#[tokio::test]
async fn of_two_rows_of_one_customer_in_a_file_the_later_one_wins() {
    let mut house = House::new().await;
    let rows = "C001,张三,13860194721,,,2016-03-05\nC001,张三,13960194721,,,2016-03-07\nC001,张三,13760194721,,,2016-03-06\n";
    house.imported("a.csv", Source::Dms, file(rows)).await;
    assert_eq!(house.texts("SELECT mobile_masked FROM party_record").await, [Some("139****4721".into())]);
    let counts = house
        .imported("b.csv", Source::Dms, file(&format!("{rows}C002,李四,13860194722,,,2016-03-06\n")))
        .await;
    assert_eq!((counts.rows_new, counts.rows_changed, counts.rows_same), (1, 0, 3));
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 2);
}

#[tokio::test]
async fn what_a_fresh_loader_reads_equals_what_a_long_one_remembers() {
    let mut house = House::new().await;
    house.imported("a.csv", Source::Dms, file(MARCH)).await;
    house.loader = house.loader.fork();
    let more = format!("{MARCH}C003,王五,13860194723,,,2016-04-01\n");
    let counts = house.imported("b.csv", Source::Dms, file(&more)).await;
    assert_eq!((counts.rows_new, counts.rows_same), (1, 2));
}
