//! Accounts and roles made and changed by those who look after them.

use serde_json::json;

use crate::house::{PASSWORD, house};

#[tokio::test]
async fn an_account_is_made_handed_over_and_used() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let input = json!({ "username": "Wang.Wu", "name": "王五", "grants": [{ "role": "call_agent", "scope_ids": [1, 3] }] });
    let made = admin.post("/api/users", input.clone()).await.ok();
    assert_eq!(
        (&made["user"]["username"], &made["user"]["scope_label"]),
        (&json!("wang.wu"), &json!("昆众、津众一"))
    );
    assert_eq!(admin.post("/api/users", input).await.refusal(), (409, "org.exists".into()));
    let browser = house.sign_in_with("wang.wu", made["initial_password"].as_str().unwrap()).await;
    let me = browser.get("/api/me").await.ok();
    assert_eq!((&me["must_change_password"], me["stores"].as_array().unwrap().len()), (&json!(true), 2));
    let nobody = json!({ "username": "x y", "name": "某" });
    assert_eq!(admin.post("/api/users", nobody).await.json()["fields"][0]["field"], "username");
    let unknown = json!({ "username": "zhao", "name": "赵", "grants": [{ "role": "king" }] });
    assert_eq!(admin.post("/api/users", unknown).await.json()["code"], "org.unknown_value");
    let scopeless = json!({ "username": "zhao", "name": "赵", "grants": [{ "role": "region_manager" }] });
    assert_eq!(admin.post("/api/users", scopeless).await.json()["fields"][0]["field"], "scope_ids");
}

#[tokio::test]
async fn several_roles_add_up_and_one_form_changes_them() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let grants = json!({ "grants": [
        { "role": "service_advisor" },
        { "role": "finance", "scope_kind": "region", "scope_ids": [2] },
    ] });
    let user = admin.put("/api/users/13", grants).await.ok();
    assert_eq!(user["roles"], json!(["finance", "service_advisor"]));
    let adviser = house.sign_in("advisor").await.get("/api/me").await.ok();
    let stores: Vec<_> =
        adviser["stores"].as_array().unwrap().iter().map(|store| store["store_id"].clone()).collect();
    assert_eq!(stores, [json!(3)], "the wider role decides the stores");
    assert_eq!(adviser["masked"], false, "one clear role is enough");
    assert!(adviser["permissions"].as_array().unwrap().contains(&json!("customer.reveal")));
    // A form that sends back what it was shown changes nothing.
    let same = json!({ "roles": user["roles"], "scope_kind": user["scope_kind"], "scope_ids": user["scope_ids"], "disabled": false });
    let after = admin.put("/api/users/13", same).await.ok();
    assert_eq!((&after["scope_label"], &after["scope_ids"]), (&user["scope_label"], &user["scope_ids"]));
    let one = json!({ "roles": ["store_manager"], "scope_kind": "store_set", "scope_ids": [1, 2], "disabled": false });
    let after = admin.put("/api/users/13", one).await.ok();
    assert_eq!((&after["roles"], &after["scope_ids"]), (&json!(["store_manager"]), &json!([1, 2])));
}

#[tokio::test]
async fn nobody_gives_more_than_he_has() {
    let house = house().await;
    let data = house.sign_in("dataadmin").await;
    for (what, refusal) in [
        (
            json!({ "username": "a1", "name": "甲", "grants": [{ "role": "store_manager", "scope_ids": [1] }] }),
            "org.grant_exceeds_own",
        ),
        (
            json!({ "username": "a2", "name": "乙", "grants": [{ "role": "administrator" }] }),
            "org.grant_exceeds_own",
        ),
    ] {
        assert_eq!(data.post("/api/users", what).await.refusal(), (403, refusal.into()));
    }
    let masked =
        json!({ "username": "a3", "name": "丙", "grants": [{ "role": "finance", "scope_ids": [1] }] });
    data.post("/api/users", masked).await.ok();
    // Not himself either, and not by taking over whom he may not equal.
    let more = json!({ "grants": [{ "role": "data_admin" }, { "role": "group_director" }] });
    assert_eq!(data.put("/api/users/16", more).await.refusal(), (403, "org.grant_exceeds_own".into()));
    assert_eq!(
        data.post("/api/users/14/password-resets", json!({})).await.refusal(),
        (403, "org.grant_exceeds_own".into())
    );
    let role = json!({ "name": "数据管理员", "permissions": ["customer.reveal"], "masked": false });
    assert_eq!(
        data.put("/api/roles/data_admin", role).await.refusal(),
        (403, "org.grant_exceeds_own".into())
    );
    let log: i64 = sqlx::query_scalar("SELECT count(*) FROM app_user WHERE user_name IN ('a1', 'a2')")
        .fetch_one(house.db().worker_pool())
        .await
        .unwrap();
    assert_eq!(log, 0, "what is refused leaves nothing behind");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let users = admin.get("/api/users?q=admin&role=administrator").await.ok();
    let id = users["rows"][0]["user_id"].clone();
    let refused = (422, "org.last_administrator".to_owned());
    assert_eq!(admin.put(&format!("/api/users/{id}"), json!({ "disabled": true })).await.refusal(), refused);
    let none = json!({ "roles": [], "scope_kind": null, "scope_ids": [] });
    assert_eq!(admin.put(&format!("/api/users/{id}"), none).await.refusal(), refused);
    let harmless = json!({ "name": "系统管理员", "permissions": ["org.read"], "masked": false });
    assert_eq!(admin.put("/api/roles/administrator", harmless).await.refusal(), refused);
    // With a second one the first may go.
    admin.put("/api/users/14", json!({ "grants": [{ "role": "administrator" }] })).await.ok();
    admin.put(&format!("/api/users/{id}"), json!({ "disabled": true })).await.ok();
    assert_eq!(admin.get("/api/me").await.status.as_u16(), 401);
}

#[tokio::test]
async fn roles_are_made_changed_and_deleted_and_count_at_once() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let manager = house.sign_in("manager.a").await;
    assert_eq!(manager.get("/api/audit-entries").await.status.as_u16(), 403);
    let roles = admin.get("/api/roles").await.ok();
    let mut role =
        roles.as_array().unwrap().iter().find(|role| role["code"] == "store_manager").unwrap().clone();
    assert_eq!((&role["user_count"], &role["landing"]), (&json!(2), &json!("store_manager")));
    role["permissions"].as_array_mut().unwrap().push(json!("audit.read"));
    let changed = admin.put("/api/roles/store_manager", role).await.ok();
    assert!(changed["permissions"].as_array().unwrap().contains(&json!("audit.read")));
    assert_eq!(changed["scope_kind"], "store");
    manager.get("/api/audit-entries").await.ok();

    let new = json!({ "code": "coach", "name": "辅导员", "permissions": ["customer.read"], "masked": true, "scope_kind": "region" });
    admin.post("/api/roles", new.clone()).await.ok();
    assert_eq!(admin.post("/api/roles", new).await.refusal(), (409, "org.exists".into()));
    assert_eq!(admin.delete("/api/roles/store_manager").await.refusal(), (409, "org.role_in_use".into()));
    assert_eq!(admin.delete("/api/roles/coach").await.status.as_u16(), 204);
    let bad = json!({ "code": "Bad Code", "name": "x", "permissions": [], "masked": true });
    assert_eq!(admin.post("/api/roles", bad).await.json()["fields"][0]["field"], "code");
    let permissions = admin.get("/api/permissions").await.ok();
    assert_eq!(permissions.as_array().unwrap().len(), web::Permission::ALL.len());
    let audit = admin.get("/api/audit-entries?subject_kind=role").await.ok();
    assert_eq!(audit["total"], 3);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_a_lock_out_ended() {
    let house = house().await;
    let admin = house.sign_in("admin").await;
    let before = house.sign_in("manager.a").await;
    for _ in 0..6 {
        house.try_sign_in(json!({ "username": "manager.a", "password": "wrong" })).await;
    }
    let row = admin.get("/api/users?q=manager.a").await.ok()["rows"][0].clone();
    assert!(row["locked_until"].is_string(), "{row}");
    assert_eq!(admin.post("/api/users/11/unlocks", json!({})).await.status.as_u16(), 204);
    house.sign_in("manager.a").await;
    let fresh = admin.post("/api/users/11/password-resets", json!({})).await.ok()["initial_password"].clone();
    assert_eq!(before.get("/api/me").await.status.as_u16(), 401);
    let old = house.try_sign_in(json!({ "username": "manager.a", "password": PASSWORD })).await;
    assert_eq!(old.status.as_u16(), 401);
    house.sign_in_with("manager.a", fresh.as_str().unwrap()).await;
}

#[tokio::test]
async fn personas_open_with_one_documented_password() {
    let house = house().await;
    let opened = org::open_persona_accounts(house.db(), "Forecourt-Demo-1").await.unwrap();
    let names: Vec<_> = opened.iter().map(|persona| persona.user_name).collect();
    assert_eq!(names, ["director", "region.tj", "manager.a", "manager.b", "advisor", "dataadmin", "admin"]);
    let me = house.sign_in_with("director", "Forecourt-Demo-1").await.get("/api/me").await.ok();
    assert_eq!(me["must_change_password"], false);
}
