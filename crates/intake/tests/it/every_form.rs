//! One file of every form ends up in its tables, linked to parties and vehicles.

use intake::reading::Limits;
use kernel::Source;

use crate::house::House;

#[tokio::test]
async fn a_repair_order_with_items_has_owner_deliverer_and_vehicle() {
    let mut house = House::new().await;
    let text = "工单号,维修类型,车主编号,车主,车主电话,送修人,送修人电话,VIN,车牌号,进厂里程,开单时间,结算时间,工时费,实收金额,行号,项目代码,项目名称,项目类型,数量,工时,金额\n\
        R001,定期保养,C001,张三,13860194721,李四,13860194722,LFV2A21K8G4123456,津A12345,\"12,000\",2021/3/5 14:03,2021/3/5 16:00,300.00,\"1,234.50\",1,A1,更换机油,工时,1,0.5,100\n\
        R001,定期保养,C001,张三,13860194721,李四,13860194722,LFV2A21K8G4123456,津A12345,\"12,000\",2021/3/5 14:03,2021/3/5 16:00,300.00,\"1,234.50\",2,B7,机油滤芯,配件,2,,56.5\n\
        R002,一般维修,C001,张三,13860194721,张三,13860194721,LFV2A21K8G4123456,津A12345,0,2021/4/5 14:03,,100.00,100.00,1,A2,检查,工时,1,1.25,100\n";
    let counts = house.imported("repair_order_2021-03.csv", Source::Dms, text).await;
    assert_eq!((counts.rows_in, counts.rows_new), (3, 3));
    assert_eq!(house.number("SELECT count(*) FROM repair_order").await, 2);
    assert_eq!(house.texts("SELECT quantity || '/' || COALESCE(hours::text, '-') || '/' || amount_fen FROM repair_item ORDER BY source_key").await,
        ["1.0000/0.5000/10000", "2.0000/-/5650", "1.0000/1.2500/10000"].map(|t| Some(t.to_owned())));
    let order = "SELECT concat_ws(' ', mileage_in, paid_fen, to_char(opened_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')) FROM repair_order WHERE order_no = 'R001'";
    assert_eq!(house.texts(order).await, [Some("12000 123450 2021-03-05 14:03".into())]);
    let deliverer = "SELECT p.name FROM repair_order o JOIN party_record p ON p.record_key = o.deliverer_key WHERE p.origin = 'deliverer'";
    assert_eq!(house.texts(deliverer).await, [Some("李四".into())]);
    let self_delivered =
        "SELECT count(*) FROM repair_order WHERE order_no = 'R002' AND deliverer_key = party_key";
    assert_eq!(house.number(self_delivered).await, 1);
    assert_eq!(
        house.number("SELECT count(*) FROM vehicle_record").await,
        1,
        "both orders are about one vehicle"
    );
}

#[tokio::test]
async fn a_policy_has_owner_and_insured_and_keeps_its_other_columns() {
    let mut house = House::new().await;
    let text = "投保日期,业务员,车架号,车牌,车主,被保险人,证件号,联系人,联系人手机,投保类型,保险公司,交强险保单号,交强险到期,商业险保单号,商业险到期,交强险保费,商业险保费,实收金额,车损险,赠送明细1\n\
        2021/3/5,S001,LFV2A21K8G4123456,津A12345,天津顺达物流有限公司,张三,,张三,13860194721,续转续,PICC,P1,2022/3/5,Q1,2022/4/5,950,3000,3950,2000,洗车\n";
    house.imported("policy_2021-03.csv", Source::Insurance, text).await;
    let row = "SELECT concat_ws(' ', insurer, compulsory_fen, extra ->> 'damage', extra ->> 'gift01', flags::text) FROM policy";
    assert_eq!(
        house.texts(row).await,
        [Some("人保 95000 2000 洗车 {commercial_ends_on:ends_differ}".into())]
    );
    let parties = "SELECT origin || ' ' || party_kind || ' ' || COALESCE(mobile_masked, '-') FROM party_record ORDER BY 1";
    assert_eq!(
        house.texts(parties).await,
        ["insured person 138****4721", "owner company -"].map(|t| Some(t.to_owned()))
    );
}

#[tokio::test]
async fn ledgers_wecom_leads_deals_and_staff_come_in() {
    let mut house = House::new().await;
    house.imported("ledger_customer_2004.csv", Source::Paper,
        "页码,行,姓名,电话,住址,车型,车架号后8位,车号,购车日期,车价\n12,7,张三,13860194721,天津市南开区1号,捷达,G4123456,津A12345,2004年3月5日,￥98000.00\n").await;
    house.imported("contact_2021Q1.csv", Source::Wecom,
        "外部联系人ID,unionid,微信昵称,备注名,备注手机,小程序手机号,添加人工号,添加时间,绑定车牌\nwm1,u1,小张,张三,13860194721,13960194721,S001,2021-01-05 10:00:00,津A12345\n").await;
    house.imported("lead_2021-03.csv", Source::Dms,
        "线索编号,客户姓名,手机,来源渠道,创建时间,意向级别,线索状态,意向车系,跟进人\nL1,王先生,13860194729,汽车之家,2021/3/5 10:00,A,有效,迈腾,S001\n").await;
    house.imported("deal_2021Q1.csv", Source::UsedCar,
        "单据编号,业务类型,成交日期,原车主,原车主电话,车架号,车牌号,表显里程,收购价\nD1,置换收购,2021-03-05,赵六,13860194724,LFV2A21K8G4123456,津A12345,50000,\"65,000.00\"\n").await;
    house
        .imported(
            "employee_2021.csv",
            Source::Hr,
            "工号,姓名,手机号码,部门,岗位,入职日期\nS001,钱七,13860194725,销售部,销售顾问,2015/3/1\n",
        )
        .await;
    assert_eq!(
        house.texts("SELECT vis FROM vehicle_record WHERE source = 'paper'").await,
        [Some("G4123456".into())]
    );
    let wecom = "SELECT mobile_masked || ' ' || phone2_masked || ' ' || unionid FROM party_record WHERE source = 'wecom'";
    assert_eq!(house.texts(wecom).await, [Some("139****4721 138****4721 u1".into())]);
    let lead = "SELECT l.grade || ' ' || p.origin || ' ' || l.brand_id FROM lead l JOIN party_record p ON p.record_key = l.party_key";
    assert_eq!(house.texts(lead).await, [Some("A lead 1".into())]);
    let deal = "SELECT d.price_fen || ' ' || v.plate FROM used_car_deal d JOIN vehicle_record v ON v.record_key = d.vehicle_key";
    assert_eq!(house.texts(deal).await, [Some("6500000 津A12345".into())]);
    assert_eq!(house.texts("SELECT code || name FROM employee_record").await, [Some("S001钱七".into())]);
}

#[tokio::test]
async fn a_workbook_with_a_title_row_serial_dates_and_text_numbers_is_read() {
    let mut house = House::new().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 4, "客户车辆档案", &rust_xlsxwriter::Format::new()).unwrap();
    for (c, title) in (0u16..).zip(["客户编号", "姓名", "手机", "生日", "VIN"]) {
        sheet.write_string(1, c, title).unwrap();
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_string(2, 0, "C001").unwrap();
    sheet.write_string(2, 1, "张三").unwrap();
    sheet.write_number(2, 2, 13_860_194_721.0).unwrap();
    sheet.write_number_with_format(2, 3, 33_000.0, &date).unwrap();
    sheet.write_string(2, 4, "LFV2A21K8G4123456").unwrap();
    let counts =
        house.imported("customer_vehicle_2016.xlsx", Source::Dms, book.save_to_buffer().unwrap()).await;
    assert_eq!(counts.rows_new, 1);
    let row = "SELECT concat_ws(' ', name, mobile_masked, birth_on, row_no) FROM party_record";
    assert_eq!(house.texts(row).await, [Some("张三 138****4721 1990-05-07 3".into())]);
}

#[tokio::test]
async fn a_zip_of_exports_is_read_member_by_member() {
    use std::io::Write;
    let mut house = House::new().await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, row) in
        [("一.csv", "C001,张三,13860194721"), ("二.csv", "C002,李四,13860194722"), ("说明.docx", "x")]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("客户编号,姓名,手机\n{row}\n").as_bytes()).unwrap();
    }
    let path = house.write("exports.zip", zip.finish().unwrap().into_inner());
    let origin = house.origin(&path, Source::Dms);
    let tables =
        intake::reading::list_tables(&path, &house.files.path().join("spool"), &Limits::default()).unwrap();
    assert_eq!(tables.len(), 2);
    for table in &tables {
        house.loader.load_table(&origin, table).await.unwrap();
    }
    assert_eq!(
        house.texts("SELECT name FROM party_record ORDER BY 1").await,
        ["张三", "李四"].map(|n| Some(n.to_owned()))
    );
    assert_eq!(house.number("SELECT count(DISTINCT part) FROM batch").await, 2);
}
