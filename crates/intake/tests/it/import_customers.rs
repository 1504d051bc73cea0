//! A customer archive becomes customers, vehicles and ownerships.

use kernel::Source;

use crate::house::House;

const ARCHIVE: &str = "客户编号,姓名,性别,证件号码,手机,地址,VIN,车牌号,品牌,车系,开票日期,修改日期\r\n\
C001,张三 ,男,,+86 138-6019-4721,天津市南开区长江道12号,LFV2A21K8G4123456,津A12345,大众,迈腾,2016/3/5,2016/3/6\r\n\
C002,李四先生,,,13860194722/022-27391846,,,无牌照,一汽-大众,速腾,2016/3/9,2016/3/9\r\n";

#[tokio::test]
async fn a_row_of_an_archive_is_a_customer_a_vehicle_and_an_ownership() {
    let mut house = House::new().await;
    let gbk = encoding_rs::GB18030.encode(ARCHIVE).0;
    let counts = house.imported("customer_vehicle_2016-03.csv", Source::Dms, &gbk).await;
    assert_eq!((counts.rows_in, counts.rows_new, counts.rows_quarantined), (2, 2, 0));
    assert_eq!(
        house.texts("SELECT name FROM party_record ORDER BY source_key").await,
        [Some("张三".into()), Some("李四".into())]
    );
    assert_eq!(
        house.texts("SELECT mobile_masked FROM party_record ORDER BY source_key").await,
        [Some("138****4721".into()), Some("138****4722".into())]
    );
    assert_eq!(
        house.texts("SELECT plate FROM vehicle_record WHERE vin IS NOT NULL").await,
        [Some("津A12345".into())]
    );
    assert_eq!(
        house
            .number(
                "SELECT count(*) FROM ownership_record o JOIN party_record p ON p.record_key = o.party_key"
            )
            .await,
        1
    );
}
