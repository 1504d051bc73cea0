//! Four classes of defects, measured from the current records.

use intake::quality::{measure_quality, quality_of_records};
use jiff::civil::date;
use kernel::{RecordKey, Source};

use crate::house::House;

#[tokio::test]
async fn defects_are_measured_by_class_and_vanish_when_mended() {
    let mut house = House::new().await;
    let text = "客户编号,姓名,手机,证件号码,性别,修改日期\n\
        C001,张三,13800138000,,男,2016-03-05\nC002,李四,13860194722,,男,2016-03-05\nC003,李四,13860194722,,男,2016-03-05\nC004,王五,,,男,2016-03-05\n";
    house.imported("a.csv", Source::Dms, text).await;
    measure_quality(&house.db, date(2022, 6, 29)).await.unwrap();
    let open = "SELECT defect_class || ' ' || rule || ' ' || bad FROM quality_finding WHERE state = 'open' AND rule NOT LIKE '%:missing' ORDER BY 1";
    assert_eq!(
        house.texts(open).await,
        ["duplicate same_name_and_phone 1", "error mobile:placeholder 1"].map(|t| Some(t.to_owned()))
    );
    let missing = "SELECT bad::bigint FROM quality_day WHERE rule = 'mobile:missing'";
    assert_eq!(house.number(missing).await, 1);
    house
        .imported(
            "b.csv",
            Source::Dms,
            "客户编号,姓名,手机,证件号码,性别,修改日期\nC001,张三,13860194721,,男,2016-04-05\n",
        )
        .await;
    measure_quality(&house.db, date(2022, 6, 30)).await.unwrap();
    let mended = "SELECT rule FROM quality_finding WHERE state = 'mended'";
    assert_eq!(house.texts(mended).await, [Some("mobile:placeholder".into())]);
    let scores = house.texts("SELECT score::text FROM quality_score ORDER BY measured_on").await;
    let scores: Vec<i32> = scores.into_iter().map(|s| s.unwrap().parse().unwrap()).collect();
    assert!(scores[0] < scores[1], "{scores:?}");
}

#[tokio::test]
async fn a_customer_has_a_score_of_his_own() {
    let mut house = House::new().await;
    house.imported("a.csv", Source::Dms, "客户编号,姓名,手机,性别\nC001,张三,13800138000,男\n").await;
    let key = RecordKey::of(Some(house.store("S1")), Source::Dms, kernel::Entity::Customer, "C001");
    let mut tx = house.db.system().await.unwrap();
    let quality = quality_of_records(&mut tx, &[key]).await.unwrap();
    assert_eq!(quality.missing, ["mobile", "id_no", "birthday", "address"]);
    assert_eq!(quality.defects, [("mobile:placeholder".to_owned(), 1)]);
    assert_eq!(quality.score, 100 - 66 - 10);
}
