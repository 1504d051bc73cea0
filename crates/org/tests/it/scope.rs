//! What row-level security lets whom see and write.

use db::Access;
use kernel::ids::{StoreId, UserId};
use serde_json::json;

use crate::house::house;

fn codes(list: &serde_json::Value, field: &str) -> Vec<String> {
    list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn the_structure_is_open_people_are_not() {
    let house = house().await;
    let manager = house.sign_in("manager.a").await;
    let stores = manager.get("/api/stores?sort=code").await.ok();
    assert_eq!(codes(&stores, "code"), ["TJTY01", "TJVW01", "YNVW01"]);
    assert_eq!(stores["rows"][2]["kind"], "used_car");
    assert_eq!(stores["rows"][1]["brand_names"], json!(["大众"]));
    assert_eq!((&stores["rows"][0]["opened_on"], &stores["total"]), (&json!("2005-05-01"), &json!(3)));
    assert_eq!(codes(&manager.get("/api/employees").await.ok(), "code"), ["E-A", "E-ADV"]);
    assert_eq!(codes(&manager.get("/api/employees?q=E-B").await.ok(), "code"), Vec::<String>::new());
    let director = house.sign_in("director").await;
    assert_eq!(director.get("/api/employees").await.ok()["total"], 4);
    assert_eq!(director.get("/api/users?role=store_manager").await.ok()["total"], 2);
    let adviser = house.sign_in("advisor").await;
    assert_eq!(adviser.get("/api/employees").await.refusal(), (403, "auth.not_permitted".into()));
}

#[tokio::test]
async fn lists_filter_sort_page_and_leave_as_workbooks() {
    let house = house().await;
    let director = house.sign_in("director").await;
    let get = async |path: &str| director.get(path).await.ok();
    assert_eq!(
        codes(&get("/api/stores?region_id=1&sort=opened_on&order=desc").await, "code"),
        ["TJTY01", "TJVW01"]
    );
    assert_eq!(codes(&get("/api/stores?kind=4s&brand_id=1").await, "code"), ["TJVW01"]);
    assert_eq!(codes(&get("/api/stores?open_on=2010-01-01&q=TJ").await, "code"), ["TJTY01", "TJVW01"]);
    let far = get("/api/stores?page=9&size=2").await;
    assert_eq!((&far["rows"], &far["total"], &far["page"]), (&json!([]), &json!(3), &json!(9)));
    assert_eq!(director.get("/api/stores?sort=lat").await.refusal(), (400, "page.sort".into()));
    for path in [
        "stores",
        "regions",
        "brands",
        "legal-entities",
        "departments",
        "positions",
        "employees",
        "users",
        "source-systems",
        "milestones",
        "audit-entries",
    ] {
        let file = director.get(&format!("/api/{path}/export")).await;
        assert!(file.status.is_success() && file.body.starts_with(b"PK"), "{path}: {}", file.status);
    }
    let audit = get("/api/audit-entries?action=export_list&subject_kind=employees").await;
    assert_eq!(audit["rows"][0]["detail"]["rows"], 4);
    assert_eq!(get("/api/business-lines").await.as_array().unwrap().len(), 8);
    assert_eq!(get("/api/regions").await["rows"][0]["store_count"], 2);
    assert_eq!(get("/api/brands?q=VW").await["rows"][0]["store_count"], 2);
    assert_eq!(get("/api/legal-entities").await["total"], 2);
}

#[tokio::test]
async fn a_store_manager_cannot_reach_the_other_stores_rows() {
    let house = house().await;
    // In the console he may not manage at all; the database refuses on its own account as well.
    let manager =
        Access { user_id: UserId(11), stores: vec![StoreId(1)], group: false, own: None, masked: false };
    let mut tx = house.db().read(&manager).await.unwrap();
    let seen: Vec<i32> =
        sqlx::query_scalar("SELECT employee_id FROM employee ORDER BY 1").fetch_all(&mut *tx).await.unwrap();
    assert_eq!(seen, [1, 3]);
    let held: Vec<i32> =
        sqlx::query_scalar("SELECT user_id FROM user_role ORDER BY 1").fetch_all(&mut *tx).await.unwrap();
    assert_eq!(held, [11, 13]);
    for table in ["user_secret", "session", "login_attempt", "login_throttle", "org_import"] {
        let mut tx = house.db().read(&manager).await.unwrap();
        let read = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT 1 FROM {table}"))).execute(&mut *tx).await;
        let refused = read.unwrap_err().as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
        assert_eq!(refused.as_deref(), Some("42501"), "{table} is closed to people");
    }
    for (write, touched) in [
        ("UPDATE employee SET name = 'x' WHERE employee_id = 2", 0),
        ("UPDATE store SET name = 'x' WHERE store_id = 2", 0),
        ("UPDATE store SET grade = 'A' WHERE store_id = 1", 1),
        ("UPDATE region SET name = 'x'", 0),
        ("UPDATE role SET masked = false", 0),
        ("DELETE FROM user_role WHERE user_id = 12", 0),
    ] {
        let mut tx = house.db().write(&manager).await.unwrap();
        let done = sqlx::query(write).execute(&mut *tx).await.unwrap().rows_affected();
        assert_eq!(done, touched, "{write}");
    }
    for write in [
        "INSERT INTO employee (code, name, store_id) VALUES ('X', 'X', 2)",
        "INSERT INTO feature_flag (store_id, feature, enabled) VALUES (2, 'wecom', true)",
        "INSERT INTO milestone (name, reached_on) VALUES ('X', '2021-07-31')",
        "INSERT INTO role (code, name, scope_kind, masked, permissions) VALUES ('xx', 'X', 'group', false, '{}')",
    ] {
        let mut tx = house.db().write(&manager).await.unwrap();
        assert!(sqlx::query(write).execute(&mut *tx).await.is_err(), "{write}");
    }
}

#[tokio::test]
async fn features_systems_and_milestones_are_kept_by_store() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let on =
        admin.put("/api/feature-flags", json!({ "store_id": 1, "feature": "wecom", "enabled": true })).await;
    assert_eq!(on.status.as_u16(), 204);
    let flags = admin.get("/api/feature-flags").await.ok();
    let first = flags["rows"].as_array().unwrap().iter().find(|row| row["store_id"] == 1).unwrap().clone();
    assert_eq!(first["enabled"], json!(["wecom"]));
    let unknown = admin
        .put("/api/feature-flags", json!({ "store_id": 1, "feature": "rockets", "enabled": true }))
        .await;
    assert_eq!(unknown.status.as_u16(), 400);

    let set = |from: &str, to: Option<&str>| json!({ "live_from": from, "live_to": to });
    assert_eq!(admin.put("/api/source-systems/1/dms", set("2008-01-01", None)).await.status.as_u16(), 204);
    assert_eq!(
        admin.put("/api/source-systems/1/dms", set("2008-01-01", Some("2007-01-01"))).await.status.as_u16(),
        400
    );
    assert_eq!(admin.put("/api/source-systems/1/fax", set("2008-01-01", None)).await.status.as_u16(), 404);
    let rows = admin.get("/api/source-systems?store_id=1").await.ok();
    assert_eq!(
        (&rows["rows"][0]["source"], &rows["rows"][0]["live_from"]),
        (&json!("dms"), &json!("2008-01-01"))
    );

    let milestone = json!({ "name": "全面推广结束", "reached_on": "2021-07-31" });
    let id = admin.post("/api/milestones", milestone.clone()).await.ok()["milestone_id"].clone();
    assert_eq!(admin.post("/api/milestones", milestone).await.refusal(), (409, "org.exists".into()));
    assert_eq!(admin.get("/api/milestones").await.ok()["rows"][0]["reached_on"], "2021-07-31");
    assert_eq!(admin.delete(&format!("/api/milestones/{id}")).await.status.as_u16(), 204);
    let audit = admin.get("/api/audit-entries?q=milestone").await.ok();
    assert_eq!(audit["rows"][0]["action"], "delete_milestone");
}

#[tokio::test]
async fn the_audit_is_searched_by_who_what_and_when_and_never_changed() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    for (store, feature) in [(1, "wecom"), (2, "wecom"), (2, "pickup")] {
        admin
            .put("/api/feature-flags", json!({ "store_id": store, "feature": feature, "enabled": true }))
            .await;
    }
    let count =
        async |query: &str| admin.get(&format!("/api/audit-entries?{query}")).await.ok()["total"].clone();
    assert_eq!(count("action=set_feature_flag").await, 3);
    assert_eq!(count("action=set_feature_flag&store_id=2").await, 2);
    assert_eq!(count("subject_kind=store&subject_id=1").await, 1);
    assert_eq!(count("from=2001-01-01&to=2002-01-01").await, 0);
    assert_eq!(admin.get("/api/audit-entries?from=gestern").await.status.as_u16(), 400);
    let entry = admin.get("/api/audit-entries?action=set_feature_flag&size=1").await.ok()["rows"][0].clone();
    assert_eq!((&entry["user_name"], &entry["store_name"]), (&json!("系统管理员"), &json!("津丰")));
    // Within the scope only: a region manager without store 3 or the group reads his stores' entries.
    let region = house.sign_in("region.tj").await;
    assert_eq!(region.get("/api/audit-entries?action=set_feature_flag").await.ok()["total"], 3);
    assert_eq!(region.get("/api/audit-entries?action=create_user").await.ok()["total"], 0);
    let mut owner = house.db().owner_connection().await.unwrap();
    for change in ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"] {
        assert!(sqlx::query(change).execute(&mut owner).await.is_err(), "{change}");
    }
}
