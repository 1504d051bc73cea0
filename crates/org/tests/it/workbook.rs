//! The organisation comes in as one workbook.

use std::time::Instant;

use calamine::{Data, Reader as _, Xlsx};
use org::{Importer, OrgWorkbook, import_org};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::house::{House, empty_house, house};

type Sheet<'a> = (&'a str, &'a [&'a str], Vec<Vec<String>>);

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn workbook(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (title, headers, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*title).unwrap();
        for (column, header) in (0_u16..).zip(*headers) {
            sheet.write_string(0, column, *header).unwrap();
        }
        for (at, cells) in (1_u32..).zip(rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                if !cell.is_empty() {
                    sheet.write_string(at, column, cell).unwrap();
                }
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

const REGION: &[&str] = &["区域编码", "区域名称"];
const COMPANY: &[&str] = &["公司编码", "公司名称", "统一社会信用代码", "类型"];
const BRAND: &[&str] = &["品牌编码", "品牌名称", "英文名", "档次", "能源"];
const STORE: &[&str] = &[
    "门店编码",
    "门店名称",
    "简称",
    "类型",
    "区域编码",
    "公司编码",
    "品牌编码",
    "等级",
    "城市",
    "开业日期",
    "闭店日期",
    "纬度",
    "经度",
];
const DEPARTMENT: &[&str] = &["部门编码", "部门名称", "门店编码", "上级部门编码", "业务条线"];
const POSITION: &[&str] = &["岗位编码", "岗位名称", "业务条线"];
const STAFF: &[&str] = &[
    "工号",
    "姓名",
    "手机号码",
    "门店编码",
    "部门编码",
    "岗位编码",
    "入职日期",
    "离职日期",
    "登录账号",
    "角色",
    "数据范围",
    "范围值",
];
const SYSTEM: &[&str] = &["门店编码", "系统", "上线日期", "停用日期"];
const FEATURE: &[&str] = &["门店编码", "功能", "启用日期"];

/// 93 companies, 76 stores, 4,800 accounts: the reference group.
fn reference_group() -> Vec<Sheet<'static>> {
    let store = |at: usize| format!("S{:02}", at % 76);
    let regions = ["TJ", "YN", "LN"];
    let staff = (0..4800).map(|at| {
        let (role, scope, values) = match at {
            0 => ("group_director", "集团", String::new()),
            1 => ("region_manager", "区域", "TJ".into()),
            2 => ("call_agent", "门店集合", "S01/S02/S03".into()),
            3 => ("data_admin", "集团", String::new()),
            at if at % 60 == 4 => ("store_manager", "门店", String::new()),
            _ => ("service_advisor", "本人", String::new()),
        };
        let (home, unit) =
            if at < 2 { (String::new(), String::new()) } else { (store(at), format!("D{:02}", at % 76)) };
        vec![
            format!("E{at:05}"),
            format!("员工{at}"),
            format!("1380013{at:04}"),
            home,
            unit,
            "SA".into(),
            "2019-03-01".into(),
            String::new(),
            format!("user{at}"),
            role.into(),
            scope.into(),
            values,
        ]
    });
    vec![
        ("区域", REGION, vec![row(&["TJ", "天津大区"]), row(&["YN", "云南大区"]), row(&["LN", "辽宁大区"])]),
        (
            "法人公司",
            COMPANY,
            (0..93)
                .map(|at| vec![format!("C{at:02}"), format!("第{at}公司"), String::new(), "门店公司".into()])
                .collect(),
        ),
        (
            "品牌",
            BRAND,
            vec![
                row(&["VW", "大众", "Volkswagen", "合资", "燃油"]),
                row(&["EV", "埃安", "Aion", "新能源", "纯电"]),
            ],
        ),
        (
            "门店",
            STORE,
            (0..76)
                .map(|at| {
                    vec![
                        format!("S{at:02}"),
                        format!("第{at}门店"),
                        format!("店{at}"),
                        "4S店".into(),
                        regions[at % 3].into(),
                        format!("C{at:02}"),
                        if at % 2 == 0 { "VW" } else { "VW/EV" }.into(),
                        "B".into(),
                        "天津".into(),
                        format!("{}/5/1", 2001 + at % 20),
                        String::new(),
                        "39.1".into(),
                        "117.2".into(),
                    ]
                })
                .collect(),
        ),
        (
            "部门",
            DEPARTMENT,
            (0..76)
                .map(|at| {
                    vec![format!("D{at:02}"), "售后部".into(), store(at), String::new(), "售后服务".into()]
                })
                .collect(),
        ),
        ("岗位", POSITION, vec![row(&["SA", "服务顾问", "售后服务"])]),
        ("员工账号", STAFF, staff.collect()),
        (
            "系统上线",
            SYSTEM,
            (0..76).map(|at| vec![store(at), "dms".into(), "2008-01-01".into(), String::new()]).collect(),
        ),
        (
            "功能开关",
            FEATURE,
            (0..76).map(|at| vec![store(at), "wecom".into(), "2021-03-01".into()]).collect(),
        ),
    ]
}

async fn import(house: &House, bytes: Vec<u8>) -> org::OrgImportReport {
    let book = OrgWorkbook { file_name: "org.xlsx".into(), bytes, dry_run: false };
    import_org(house.db(), &house.state.vault, house.clock.now(), &Importer::House, book).await.unwrap()
}

async fn count(house: &House, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(house.db().worker_pool()).await.unwrap()
}

#[tokio::test]
async fn the_reference_group_comes_in_within_seconds_and_twice_changes_nothing() {
    let house = empty_house().await;
    let bytes = workbook(&reference_group());
    let started = Instant::now();
    let report = import(&house, bytes.clone()).await;
    let first = started.elapsed();
    assert_eq!(report.errors, []);
    let created: Vec<_> =
        report.sheets.iter().map(|sheet| (sheet.sheet.as_str(), sheet.created, sheet.rejected)).collect();
    assert_eq!(
        created,
        [
            ("区域", 3, 0),
            ("法人公司", 93, 0),
            ("品牌", 2, 0),
            ("门店", 76, 0),
            ("部门", 76, 0),
            ("岗位", 1, 0),
            ("员工账号", 4800, 0),
            ("系统上线", 76, 0),
            ("功能开关", 76, 0),
        ]
    );
    assert_eq!(report.new_accounts.len(), 4800);
    eprintln!("4,800 accounts in {first:?}");
    assert!(first.as_secs_f64() < 20.0, "took {first:?}");

    let again = import(&house, bytes).await;
    assert!(
        again.sheets.iter().all(|sheet| sheet.created + sheet.changed + sheet.rejected == 0),
        "{:?}",
        again.sheets
    );
    assert_eq!((again.new_accounts.len(), again.errors.len(), again.transferred), (0, 0, 0));
    assert_eq!(count(&house, "SELECT count(*) FROM app_user").await, 4801);
    assert_eq!(count(&house, "SELECT count(*) FROM user_secret WHERE password_kind = 'initial'").await, 4801);

    let director = &report.new_accounts[0];
    let me = house.sign_in_with(&director.user_name, &director.password).await.get("/api/me").await.ok();
    assert_eq!((&me["scope_label"], me["stores"].as_array().unwrap().len()), (&json!("全集团"), 76));
    let agent = &report.new_accounts[2];
    let me = house.sign_in_with(&agent.user_name, &agent.password).await.get("/api/me").await.ok();
    assert_eq!((&me["must_change_password"], &me["scope_label"]), (&json!(true), &json!("店1、店2、店3")));
}

fn small(staff: Vec<Vec<String>>) -> Vec<u8> {
    workbook(&[("员工账号", STAFF, staff)])
}

#[tokio::test]
async fn bad_rows_are_listed_by_row_and_the_good_ones_go_in() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let book = workbook(&[
        (
            "门店",
            STORE,
            vec![
                row(&[
                    "TJVW02",
                    "天津大众二店",
                    "津众二",
                    "4S店",
                    "TJ",
                    "LE1",
                    "VW",
                    "A",
                    "天津",
                    "2018-06-01",
                ]),
                row(&["TJVW03", "坏店", "坏", "加油站", "TJ", "LE9", "XX", "D", "天津", "2021-02-30"]),
            ],
        ),
        (
            "员工账号",
            STAFF,
            vec![
                row(&[
                    "N1",
                    "新人一",
                    "13800130001",
                    "TJVW02",
                    "",
                    "",
                    "2021-03-05",
                    "",
                    "new.one",
                    "service_advisor",
                    "",
                    "",
                ]),
                row(&["", "无号", "", "TJVW01"]),
                row(&["N1", "重复", "", "TJVW01"]),
                row(&["N2", "没有店", "", "TJVW99"]),
                row(&["N3", "坏角色", "", "TJVW01", "", "", "", "", "n3", "emperor", "", ""]),
                row(&["N4", "抢名", "", "TJVW01", "", "", "", "", "manager.a", "service_advisor", "", ""]),
                row(&["N5", "坏号码", "12345", "TJVW01", "", "", "44197", "", "", "", "", ""]),
                row(&["N6", "早退", "", "TJVW01", "", "", "2021-05-01", "2020-05-01"]),
            ],
        ),
    ]);
    let checked = admin.upload("/api/org-imports?dry_run=true", "org.xlsx", &book).await.ok();
    assert_eq!((&checked["dry_run"], &checked["import_id"]), (&json!(true), &json!(0)));
    assert_eq!(
        count(&house, "SELECT count(*) FROM store WHERE code = 'TJVW02'").await,
        0,
        "a check keeps nothing"
    );

    let report = admin.upload("/api/org-imports", "org.xlsx", &book).await.ok();
    assert_eq!(report["errors"], checked["errors"]);
    let found: Vec<(String, u64, String)> = report["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let text = |key: &str| error[key].as_str().unwrap().to_owned();
            (text("sheet"), error["row"].as_u64().unwrap(), text("column"))
        })
        .collect();
    let expected = [
        ("门店", 3, "类型"),
        ("门店", 3, "等级"),
        ("门店", 3, "开业日期"),
        ("门店", 3, "公司编码"),
        ("门店", 3, "品牌编码"),
        ("员工账号", 3, "工号"),
        ("员工账号", 4, "工号"),
        ("员工账号", 5, "门店编码"),
        ("员工账号", 6, "角色"),
        ("员工账号", 8, "手机号码"),
        ("员工账号", 9, "离职日期"),
        ("员工账号", 7, "登录账号"),
    ];
    assert_eq!(found, expected.map(|(sheet, row, column)| (sheet.to_owned(), row, column.to_owned())));
    assert_eq!(
        report["sheets"][0],
        json!({ "sheet": "门店", "rows": 2, "created": 1, "changed": 0, "rejected": 1 })
    );
    assert_eq!(
        report["sheets"][1]["created"], 3,
        "N1, N4 (without the account) and N5 (without the phone) went in"
    );
    let stored: (String, Option<String>) =
        sqlx::query_as("SELECT mobile_masked, hired_on::text FROM employee WHERE code = 'N5'")
            .fetch_one(house.db().worker_pool())
            .await
            .unwrap();
    assert_eq!(stored, (String::new(), Some("2021-01-01".into())), "44197 is Excel's first day of 2021");

    let file = admin.get(&format!("/api/org-imports/{}/error-file", report["import_id"])).await;
    let mut back: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file.body)).unwrap();
    let sheet = back.worksheet_range("员工账号").unwrap();
    let headers: Vec<String> = sheet.rows().next().unwrap().iter().map(Data::to_string).collect();
    assert_eq!(&headers[12..], ["原行号", "错误信息"]);
    let n3 = sheet.rows().find(|row| row[0] == Data::String("N3".into())).unwrap();
    assert_eq!((n3[12].to_string(), n3[13].to_string()), ("6".into(), "角色:没有这个角色:emperor".into()));
}

#[tokio::test]
async fn one_time_passwords_are_fetched_once_by_who_sent_the_workbook() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let book = small(vec![row(&[
        "N1",
        "新人一",
        "",
        "TJVW01",
        "",
        "",
        "",
        "",
        "new.one",
        "service_advisor",
        "",
        "",
    ])]);
    let report = admin.upload("/api/org-imports", "org.xlsx", &book).await.ok();
    assert!(!report.to_string().contains("password"), "no password in the answer");
    let path = format!("/api/org-imports/{}/activation-lists", report["import_id"]);
    assert_eq!(admin.get("/api/org-imports").await.ok()["rows"][0]["has_activation_list"], true);
    let list = admin.post(&path, json!({})).await;
    let mut back: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(list.body)).unwrap();
    let cells: Vec<String> =
        back.worksheet_range("Sheet1").unwrap().rows().nth(1).unwrap().iter().map(Data::to_string).collect();
    assert_eq!(&cells[..4], ["津众一", "N1", "新人一", "new.one"]);
    house.sign_in_with("new.one", &cells[4]).await;
    assert_eq!(admin.post(&path, json!({})).await.status.as_u16(), 404, "once");
}

#[tokio::test]
async fn who_moves_sees_his_new_store_and_who_leaves_is_out() {
    let house = house().await;
    let adviser = house.sign_in("advisor").await;
    let person = |store: &str, left: &str| {
        small(vec![row(&["E-ADV", "顾问一", "", store, "", "", "2015-01-01", left])])
    };
    let moved = import(&house, person("TJTY01", "")).await;
    assert_eq!((moved.transferred, moved.sheets[0].changed), (1, 1));
    assert_eq!(
        adviser.get("/api/me").await.ok()["stores"][0]["code"],
        "TJTY01",
        "at once, in the open session"
    );

    let soon = import(&house, person("TJTY01", "2099-12-31")).await;
    assert_eq!(soon.left, 0);
    adviser.get("/api/me").await.ok();
    let gone = import(&house, person("TJTY01", "2020-12-31")).await;
    assert_eq!(gone.left, 1);
    assert_eq!(adviser.get("/api/me").await.status.as_u16(), 401);
    assert_eq!(import(&house, person("TJTY01", "2020-12-31")).await.left, 0, "told once");
    let event: Value =
        sqlx::query_scalar("SELECT payload FROM outbox_event WHERE topic = 'org.employee_left'")
            .fetch_one(house.db().worker_pool())
            .await
            .unwrap();
    assert_eq!(
        (&event["code"], &event["user_id"], &event["left_on"]),
        (&json!("E-ADV"), &json!(13), &json!("2020-12-31"))
    );
    let admin = house.sign_in("admin").await;
    assert_eq!(admin.get("/api/audit-entries?subject_kind=employee&subject_id=3").await.ok()["total"], 3);
    assert_eq!(admin.get("/api/employees?left=true").await.ok()["rows"][0]["code"], "E-ADV");
    assert_eq!(org::close_leavers(house.db(), house.clock.now()).await.unwrap(), 0);
}

#[tokio::test]
async fn roles_people_edited_stay_until_the_cell_itself_changes() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let person = |role: &str| {
        small(vec![row(&["N1", "新人一", "", "TJVW01", "", "", "", "", "new.one", role, "", ""])])
    };
    import(&house, person("service_advisor")).await;
    let id = admin.get("/api/users?q=new.one").await.ok()["rows"][0]["user_id"].clone();
    admin.put(&format!("/api/users/{id}"), json!({ "grants": [{ "role": "store_manager" }] })).await.ok();
    import(&house, person("service_advisor")).await;
    let roles = async || admin.get(&format!("/api/users/{id}")).await.ok()["roles"].clone();
    assert_eq!(roles().await, json!(["store_manager"]));
    import(&house, person("renewal_specialist/sales_consultant")).await;
    assert_eq!(roles().await, json!(["renewal_specialist", "sales_consultant"]));
}

#[tokio::test]
async fn a_workbook_gives_no_more_than_its_sender_has() {
    let house = house().await;
    let data = house.sign_in("dataadmin").await;
    let book = small(vec![
        row(&["N1", "甲", "", "TJVW01", "", "", "", "", "n1", "store_manager", "", ""]),
        row(&["N2", "乙", "", "TJVW01", "", "", "", "", "n2", "receptionist", "", ""]),
        row(&["N3", "丙", "", "", "", "", "", "", "n3", "administrator", "集团", ""]),
    ]);
    let report = data.upload("/api/org-imports", "org.xlsx", &book).await.ok();
    let rows: Vec<_> =
        report["errors"].as_array().unwrap().iter().map(|error| error["row"].clone()).collect();
    assert_eq!(rows, [json!(2), json!(4)], "clear roles are not the masked sender's to give");
    assert_eq!(count(&house, "SELECT count(*) FROM app_user WHERE user_name IN ('n1', 'n3')").await, 0);
    assert_eq!(count(&house, "SELECT count(*) FROM app_user WHERE user_name = 'n2'").await, 1);
    let manager = house.sign_in("manager.a").await;
    assert_eq!(manager.upload("/api/org-imports", "org.xlsx", &book).await.status.as_u16(), 403);
}

#[tokio::test]
async fn what_is_no_workbook_of_the_organisation_is_refused_whole() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let foreign = workbook(&[("工资", &["工号"], vec![row(&["1"])])]);
    let twice = workbook(&[("区域", REGION, vec![]), ("大区", REGION, vec![])]);
    let mut cut = workbook(&reference_group());
    cut.truncate(cut.len() / 2);
    for (what, bytes) in
        [("empty", vec![]), ("text", b"a,b,c".to_vec()), ("foreign", foreign), ("cut", cut), ("twice", twice)]
    {
        let answer = admin.upload("/api/org-imports", "org.xlsx", &bytes).await;
        assert_eq!(answer.refusal(), (422, "org.workbook".into()), "{what}");
    }
    let headless = workbook(&[("区域", &["代码", "叫什么"], vec![row(&["TJ", "天津"])])]);
    let report = admin.upload("/api/org-imports", "org.xlsx", &headless).await.ok();
    assert_eq!(report["sheets"][0]["rejected"], 1);
    assert_eq!(report["errors"][0]["column"], "区域编码");
    let empty = workbook(&[("区域", REGION, vec![])]);
    assert_eq!(admin.upload("/api/org-imports", "org.xlsx", &empty).await.ok()["error_count"], 0);
}
