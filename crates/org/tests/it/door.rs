//! Logging in, being kept out, logging out.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, Request, header};
use futures_util::future::join_all;
use serde_json::json;
use totp_rs::{Builder, Secret};

use crate::house::{PASSWORD, empty_house, house};

#[tokio::test]
async fn who_logs_in_gets_a_closed_cookie_and_sees_himself() {
    let house = house().await;
    let answer = house.try_sign_in(json!({ "username": " Manager.A ", "password": PASSWORD })).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let me = answer.ok()["me"].clone();
    assert_eq!(
        (&me["username"], &me["name"], &me["landing"]),
        (&json!("manager.a"), &json!("甲店总"), &json!("store_manager"))
    );
    assert_eq!((&me["scope_kind"], &me["scope_label"]), (&json!("store"), &json!("津众一")));
    assert_eq!(me["stores"], json!([{ "store_id": 1, "code": "TJVW01", "short_name": "津众一" }]));
    assert_eq!((&me["masked"], &me["must_change_password"]), (&json!(false), &json!(false)));

    let director = house.sign_in("director").await;
    let me = director.get("/api/me").await.ok();
    assert_eq!(
        (&me["scope_label"], &me["scope_kind"], &me["landing"]),
        (&json!("全集团"), &json!("group"), &json!("director"))
    );
    let data = house.sign_in("dataadmin").await.get("/api/me").await.ok();
    assert_eq!((&data["masked"], &data["landing"]), (&json!(true), &json!("data_admin")));
    let region = house.sign_in("region.tj").await.get("/api/me").await.ok();
    assert_eq!((&region["scope_label"], region["stores"].as_array().unwrap().len()), (&json!("天津大区"), 2));
    let brand = house.sign_in("vw").await.get("/api/me").await.ok();
    assert_eq!((&brand["scope_label"], &brand["stores"][1]["code"]), (&json!("大众"), &json!("YNVW01")));
}

#[tokio::test]
async fn the_fifth_wrong_password_locks_the_account_and_names_of_nobody_alike() {
    let house = house().await;
    for name in ["manager.a", "nobody"] {
        for _ in 0..5 {
            let answer = house.try_sign_in(json!({ "username": name, "password": "wrong" })).await;
            assert_eq!(answer.refusal(), (401, "auth.wrong_password".into()), "{name}");
        }
        let answer = house.try_sign_in(json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!(answer.refusal(), (429, "auth.locked".into()), "{name}");
        assert_eq!(answer.headers[header::RETRY_AFTER], "900", "{name}");
    }
    // Others are not kept out.
    house.sign_in("manager.b").await;
    house.wait(15 * 60 + 1).await;
    house.sign_in("manager.a").await;
    let outcomes: Vec<(String, i64)> = sqlx::query_as(
        "SELECT outcome, count(*) FROM login_attempt WHERE user_name = 'manager.a' GROUP BY outcome ORDER BY outcome",
    )
    .fetch_all(house.db().worker_pool())
    .await
    .unwrap();
    assert_eq!(outcomes, [("locked".into(), 1), ("signed_in".into(), 1), ("wrong_password".into(), 5)]);
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_no_free_guesses() {
    let house = house().await;
    let guesses = (0..12).map(|_| house.try_sign_in(json!({ "username": "manager.a", "password": "wrong" })));
    let answers = join_all(guesses).await;
    let tried = answers.iter().filter(|answer| answer.status.as_u16() == 401).count();
    assert_eq!(tried, 5, "of twelve parallel guesses five were looked at");
}

#[tokio::test]
async fn unknown_names_take_as_long_as_known_ones() {
    let house = house().await;
    // The quickest of several tries: a busy machine makes some slow, none quick.
    let mut quickest = [u128::MAX; 2];
    for _ in 0..4 {
        for (slot, name) in ["manager.b", "nobody-at-all"].into_iter().enumerate() {
            let started = Instant::now();
            house.try_sign_in(json!({ "username": name, "password": "wrong" })).await;
            quickest[slot] = quickest[slot].min(started.elapsed().as_micros());
        }
    }
    let [known, unknown] = quickest;
    assert!(known < unknown * 2 && unknown < known * 2, "known {known} µs, unknown {unknown} µs");
}

#[tokio::test]
async fn a_write_without_the_sessions_csrf_token_is_refused() {
    let house = house().await;
    let (mine, other) = (house.sign_in("manager.a").await, house.sign_in("manager.b").await);
    for csrf in [None, Some("nonsense"), Some(other.csrf.as_str())] {
        let mut request = Request::put("/api/me/lang").header(header::COOKIE, &mine.cookie);
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        let answer = house.send(request.body(Body::from(r#"{"lang":"en"}"#)).unwrap()).await;
        assert_eq!(answer.refusal(), (403, "auth.csrf".into()), "{csrf:?}");
    }
    assert_eq!(mine.put("/api/me/lang", json!({ "lang": "en" })).await.status.as_u16(), 204);
    assert_eq!(mine.get("/api/me").await.ok()["lang"], "en");
}

#[tokio::test]
async fn sessions_end_by_log_out_by_rest_by_age_and_by_closing_the_account() {
    let house = house().await;
    let browser = house.sign_in("manager.a").await;
    let answer = browser.call(Method::DELETE, "/api/sessions/current", None).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/api/me").await.refusal(), (401, "auth.not_signed_in".into()));

    let resting = house.sign_in("manager.a").await;
    house.wait(4 * 3600 + 1).await;
    assert_eq!(resting.get("/api/me").await.status.as_u16(), 401);

    let busy = house.sign_in("manager.a").await;
    for _ in 0..3 {
        house.wait(3 * 3600).await;
        busy.get("/api/me").await.ok();
    }
    house.wait(3 * 3600 + 1).await;
    assert_eq!(busy.get("/api/me").await.status.as_u16(), 401, "no session outlives twelve hours");

    let closed = house.sign_in("manager.a").await;
    let admin = house.sign_in("admin").await;
    admin.put("/api/users/11", json!({ "disabled": true })).await.ok();
    assert_eq!(
        closed.get("/api/me").await.status.as_u16(),
        401,
        "revocation counts from the next request on"
    );
    let answer = house.try_sign_in(json!({ "username": "manager.a", "password": PASSWORD })).await;
    assert_eq!(answer.refusal(), (401, "auth.wrong_password".into()));
    house.wait(13 * 3600).await;
    assert_eq!(
        org::sweep_sessions(house.db(), house.clock.now()).await.unwrap(),
        1,
        "the administrator's own"
    );
}

#[tokio::test]
async fn the_first_password_must_be_replaced_before_anything_else() {
    let house = empty_house().await;
    let admin = house.sign_in_with("admin", &house.admin_password.to_lowercase()).await;
    assert_eq!(admin.get("/api/me").await.ok()["must_change_password"], true);
    for path in ["/api/stores", "/api/users", "/api/audit-entries", "/api/feature-flags"] {
        assert_eq!(admin.get(path).await.refusal(), (403, "auth.password_change_due".into()), "{path}");
    }
    let change = |old: &str, new: &str| json!({ "old_password": old, "new_password": new });
    let wrong = admin.post("/api/me/password", change("wrong", "Fresh-Start-2026")).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["fields"][0]["field"]), (400, &json!("old_password")));
    let weak = admin.post("/api/me/password", change(&house.admin_password, "admin12345")).await;
    assert_eq!((weak.status.as_u16(), &weak.json()["fields"][0]["field"]), (400, &json!("new_password")));
    let me = admin.post("/api/me/password", change(&house.admin_password, "Fresh-Start-2026")).await.ok();
    assert_eq!(me["me"]["must_change_password"], false);
    admin.get("/api/stores").await.ok();
    let old = house.try_sign_in(json!({ "username": "admin", "password": house.admin_password })).await;
    assert_eq!(old.refusal(), (401, "auth.wrong_password".into()));
    house.sign_in_with("admin", "Fresh-Start-2026").await;
    assert!(org::ensure_admin(house.db()).await.unwrap().is_none(), "there is one administrator, once");
}

#[tokio::test]
async fn an_initial_password_dies_unused() {
    let house = empty_house().await;
    house.wait(31 * 24 * 3600).await;
    let answer = house.try_sign_in(json!({ "username": "admin", "password": house.admin_password })).await;
    assert_eq!(answer.refusal(), (401, "auth.initial_expired".into()));
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let house = house().await;
    let (here, elsewhere) = (house.sign_in("manager.a").await, house.sign_in("manager.a").await);
    let change = json!({ "old_password": PASSWORD, "new_password": "Another-Way-9" });
    here.post("/api/me/password", change).await.ok();
    here.get("/api/me").await.ok();
    assert_eq!(elsewhere.get("/api/me").await.status.as_u16(), 401);
}

fn code_of(secret: &str, house: &crate::house::House) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(house.clock.now().as_second().unsigned_abs()).to_string()
}

#[tokio::test]
async fn a_one_time_code_is_asked_for_and_works_once() {
    let house = house().await;
    let browser = house.sign_in("manager.a").await;
    let drawn = browser.post("/api/me/totp", json!({})).await.ok();
    let secret = drawn["secret"].as_str().unwrap().to_owned();
    assert!(drawn["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/Forecourt:manager.a?secret="));
    let wrong = browser.put("/api/me/totp", json!({ "code": "000000" })).await;
    assert_eq!(wrong.json()["fields"][0]["field"], "code");
    assert_eq!(browser.get("/api/me").await.ok()["totp_enabled"], false, "not before it is confirmed");
    let confirmed = browser.put("/api/me/totp", json!({ "code": code_of(&secret, &house) })).await;
    assert_eq!(confirmed.status.as_u16(), 204);

    let with = |totp: Option<String>| json!({ "username": "manager.a", "password": PASSWORD, "totp": totp });
    assert_eq!(house.try_sign_in(with(None)).await.refusal(), (401, "auth.totp_needed".into()));
    let used = house.try_sign_in(with(Some(code_of(&secret, &house)))).await;
    assert_eq!(used.refusal(), (401, "auth.totp_wrong".into()), "the confirming code was used up");
    house.wait(60).await;
    let fresh = code_of(&secret, &house);
    house.try_sign_in(with(Some(fresh.clone()))).await.ok();
    assert_eq!(house.try_sign_in(with(Some(fresh))).await.refusal(), (401, "auth.totp_wrong".into()));

    let sealed: Vec<u8> = sqlx::query_scalar("SELECT totp_sealed FROM user_secret WHERE user_id = 11")
        .fetch_one(house.db().worker_pool())
        .await
        .unwrap();
    assert!(!sealed.windows(secret.len()).any(|part| part == secret.as_bytes()), "the secret lies sealed");
    assert_eq!(browser.delete("/api/me/totp").await.status.as_u16(), 204);
    house.sign_in("manager.a").await;
}
