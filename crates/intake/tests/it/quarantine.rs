//! A row is linked or quarantined, with rule, reason, row and column; repairs are accepted and replayed; the error file
//! comes back in the layout it came in.

use db::Access;
use intake::{Repair, RepairFilter, repair_in_bulk, repair_row, write_error_file};
use kernel::{Clock, Source, UserId};

use crate::house::House;

const ORDERS: &str = "工单号,工单类型,维修类型,状态,车主编号,车主,车主电话,VIN,车牌号,进厂里程,开单时间,行号,项目代码,项目名称,项目类型,数量,工时,金额\n";

fn access(house: &House, masked: bool) -> Access {
    Access { user_id: UserId(1), stores: vec![house.store("S1")], group: false, own: None, masked }
}

fn orders() -> String {
    format!(
        "{ORDERS}R001,维修,定期保养,已结算,C001,张三,13860194721,LFV2A21K8G4123456,津A12345,10000,2021-02-30 09:00,1,A1,更换机油,工时,1,0.5,100\n\
         R002,维修,一般维修,已结算,C002,李四,13860194722,LFV2A21K8G4123457,津A12346,20000,2021-03-01 09:00,1,A1,更换机油,工时,1,0.5,100\n\
         ,维修,一般维修,已结算,C003,王五,13860194723,LFV2A21K8G4123458,津A12347,30000,2021-03-02 09:00,1,A1,更换机油,工时,1,0.5,100\n\
         1.23E+17,维修,一般维修,已结算,C004,赵六,13860194724,LFV2A21K8G4123459,津A12348,30000,2021-03-02 09:00,1,A1,更换机油,工时,1,0.5,100\n\
         合计,,,,,,,,,,,,,,,,,400\n"
    )
}

#[tokio::test]
async fn a_row_is_linked_or_quarantined_with_its_reason() {
    let mut house = House::new().await;
    let counts = house.imported("ro.csv", Source::Dms, orders()).await;
    assert_eq!((counts.rows_in, counts.rows_new, counts.rows_quarantined, counts.rows_blank), (4, 1, 3, 1));
    let held = "SELECT row_no || ' ' || rule || ' ' || COALESCE(column_title, '-') FROM quarantine_row ORDER BY row_no";
    assert_eq!(
        house.texts(held).await,
        ["2 impossible_date 开单时间", "4 missing_key 工单号", "5 mangled_number 工单号"]
            .map(|h| Some(h.to_owned()))
    );
    assert_eq!(house.texts("SELECT order_no FROM repair_order").await, [Some("R002".into())]);
    let cells =
        house.number("SELECT count(*) FROM quarantine_row WHERE position('张三'::bytea in cells) > 0").await;
    assert_eq!(cells, 0, "the withheld row is sealed");
}

#[tokio::test]
async fn a_proposed_repair_is_accepted_and_replayed_and_a_value_typed() {
    let mut house = House::new().await;
    let batch = house.imported("ro.csv", Source::Dms, orders()).await.batch;
    let access = access(&house, false);
    let filter = RepairFilter { batch: Some(batch), ..RepairFilter::default() };
    let done = repair_in_bulk(&house.db, house.db.vault(), Clock::system(), &access, &filter).await.unwrap();
    assert_eq!((done.repaired, done.still_open), (1, 2));
    let opened = "SELECT order_no || ' ' || (opened_at AT TIME ZONE 'Asia/Shanghai')::date FROM repair_order WHERE order_no = 'R001'";
    assert_eq!(house.texts(opened).await, [Some("R001 2021-02-28".into())]);
    let id = house
        .number("SELECT quarantine_id FROM quarantine_row WHERE rule = 'missing_key' AND state = 'open'")
        .await;
    let value = Repair::Value("R003".into());
    repair_row(&house.db, house.db.vault(), Clock::system(), &access, id, &value, None).await.unwrap();
    let id = house
        .number("SELECT quarantine_id FROM quarantine_row WHERE rule = 'mangled_number' AND state = 'open'")
        .await;
    repair_row(
        &house.db,
        house.db.vault(),
        Clock::system(),
        &access,
        id,
        &Repair::Dismiss,
        Some("找不到原单"),
    )
    .await
    .unwrap();
    assert_eq!(
        house.texts("SELECT order_no FROM repair_order ORDER BY 1").await,
        ["R001", "R002", "R003"].map(|r| Some(r.to_owned()))
    );
    let states = "SELECT state FROM quarantine_row ORDER BY quarantine_id";
    assert_eq!(house.texts(states).await, ["replayed", "replayed", "dismissed"].map(|s| Some(s.to_owned())));
}

#[tokio::test]
async fn the_error_file_comes_back_in_the_layout_it_came_in() {
    let mut house = House::new().await;
    let gbk = encoding_rs::GB18030.encode(&orders()).0.into_owned();
    let batch = house.imported("ro.csv", Source::Dms, gbk).await.batch;
    let file = write_error_file(&house.db, &house.db.vault(), &access(&house, false), batch).await.unwrap();
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(&file.bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("错误信息,{}", ORDERS.trim_end()));
    assert!(lines[1].starts_with("第2行【开单时间】关键日期不存在,R001,维修,定期保养"), "{}", lines[1]);
    assert_eq!(lines.len(), 4);
    let masked = write_error_file(&house.db, &house.db.vault(), &access(&house, true), batch).await.unwrap();
    let text =
        encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(&masked.bytes).unwrap();
    assert!(text.contains("138****4721") && !text.contains("13860194721"), "{text}");
}

#[tokio::test]
async fn a_wrong_vin_is_repaired_only_towards_one_that_is_known_for_the_plate() {
    let mut house = House::new().await;
    let titles = "客户编号,姓名,手机,VIN,车牌号\n";
    let right = kernel::vin::repair_suggestions("LFV2A21K0G4123456");
    let right = (0..10)
        .map(|d| format!("LFV2A21K{d}G4123456"))
        .chain(["LFV2A21KXG4123456".to_owned()])
        .find(|v| kernel::Vin::parse(v).unwrap().check_ok())
        .or_else(|| right.first().map(|v| v.as_str().to_owned()))
        .unwrap();
    house.imported("a.csv", Source::Dms, format!("{titles}C001,张三,13860194721,{right},津A12345\n")).await;
    let typo = right.replace('1', "I");
    let rows =
        format!("{titles}C001,张三,13860194721,{typo},津A12345\nC007,别人,13860194727,{typo},津B99999\n");
    let counts = house.imported("b.csv", Source::Dms, rows).await;
    assert_eq!(counts.rows_quarantined, 0, "a wrong VIN does not keep a customer out");
    let held = house.texts("SELECT severity || ' ' || rule || ' ' || row_no FROM quarantine_row").await;
    assert_eq!(
        held,
        [Some("warning vin_repair 2".into())],
        "and nothing is proposed for the car nobody knows"
    );
    let filter = RepairFilter { rule: Some("vin_repair".into()), ..RepairFilter::default() };
    let done = repair_in_bulk(&house.db, house.db.vault(), Clock::system(), &access(&house, false), &filter)
        .await
        .unwrap();
    assert_eq!(done.repaired, 1);
    let current = "SELECT vin FROM vehicle_record WHERE current AND plate = '津A12345'";
    assert_eq!(house.texts(current).await, [Some(right)]);
}
