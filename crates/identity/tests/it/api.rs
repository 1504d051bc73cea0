//! The HTTP surface: every operation documented, permissions asked, problems in both languages.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use kernel::ids::UserId;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use web::{Ctx, Lang, Permission};

use crate::house::House;
use crate::unify::two_wangs;

/// Calls a route as the data administrator of the group with the permissions named.
async fn call(
    house: &House,
    permissions: &[Permission],
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let ctx = Ctx {
        user_id: UserId(1),
        employee_id: None,
        user_name: "数据管理员".into(),
        access: house.group(),
        permissions: permissions.iter().copied().collect::<BTreeSet<_>>(),
        must_change_password: false,
        lang: Lang::Zh,
        trace_id: "t".into(),
        now: house.app.clock.now(),
    };
    let mut api = aide::openapi::OpenApi::default();
    let router = identity::routes().finish_api(&mut api).with_state(house.app.clone());
    let mut request = Request::builder().method(method).uri(path);
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let mut request =
        request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
    request.extensions_mut().insert(ctx);
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

const ALL: &[Permission] = &[
    Permission::IdentityRead,
    Permission::IdentityReview,
    Permission::IdentityManage,
    Permission::CustomerCorrect,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_listed_decided_and_told_in_the_shapes_of_the_console() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let (status, page) = call(&house, ALL, "GET", "/api/review-pairs?state=open&q=王小伟", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page["total"], 1);
    let pair = &page["rows"][0];
    assert!(pair["left"]["record_key"].is_string());
    assert_eq!(pair["evidence"][0]["field"], "prior");
    assert!(pair["model_version"].as_str().is_some_and(|version| version.len() == 8));

    let path = format!("/api/review-pairs/{}/decisions", pair["pair_id"]);
    let body = json!({ "decision": "join", "reason": "同一身份证" });
    let (status, decided) = call(&house, ALL, "POST", &path, Some(body.clone())).await;
    assert_eq!(status, StatusCode::OK, "{decided}");
    assert_eq!((&decided["state"], &decided["decided_by"]), (&json!("joined"), &json!("津门店长")));
    assert_eq!(decided["left_person"], decided["right_person"]);
    let (status, refused) = call(&house, ALL, "POST", &path, Some(body)).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("identity.pair_settled")));

    let no = house.person_of(wang.a1).await;
    let (_, told) = call(&house, ALL, "GET", &format!("/api/persons/{no}/explanation"), None).await;
    assert_eq!(told["joins"].as_array().unwrap().len(), 3);
    let (_, history) = call(&house, ALL, "GET", &format!("/api/persons/{no}/merge-history"), None).await;
    assert_eq!(history[0]["kind"], "absorbed");
    let leave = json!({ "record_keys": [wang.b1.to_string(), wang.b2.to_string()] });
    let (status, shown) =
        call(&house, ALL, "POST", &format!("/api/persons/{no}/unmerge-previews"), Some(leave)).await;
    assert_eq!((status, shown["parts"].as_array().unwrap().len()), (StatusCode::OK, 2));
    let blank = json!({ "record_keys": [wang.b1.to_string()], "reason": " " });
    let (status, refused) =
        call(&house, ALL, "POST", &format!("/api/persons/{no}/unmerges"), Some(blank)).await;
    assert_eq!((status, &refused["code"]), (StatusCode::BAD_REQUEST, &json!("identity.reason")));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_models_and_rules_are_served_and_changes_are_queued() {
    let house = House::new().await;
    two_wangs(&house).await;
    house.unify().await;
    let (_, models) = call(&house, ALL, "GET", "/api/identity-models", None).await;
    assert_eq!((models.as_array().unwrap().len(), &models[0]["active"]), (1, &json!(true)));
    assert_eq!(models[0]["comparisons"].as_array().unwrap().len(), 8);

    let (status, queued) =
        call(&house, ALL, "POST", "/api/identity-runs", Some(json!({ "kind": "full" }))).await;
    assert_eq!((status, &queued["state"]), (StatusCode::OK, &json!("queued")));
    let (status, _) = call(&house, ALL, "POST", "/api/identity-runs", Some(json!({}))).await;
    assert_eq!(status, StatusCode::OK, "asking twice is asking once");
    let (_, runs) = call(&house, ALL, "GET", "/api/identity-runs", None).await;
    assert_eq!((&runs["rows"][0]["state"], &runs["rows"][1]["state"]), (&json!("queued"), &json!("done")));
    assert_eq!(runs["total"], 2);

    let rule = json!({ "order": ["recency", "validity"], "sources": ["wecom", "dms"] });
    let (status, changed) = call(&house, ALL, "PUT", "/api/survivorship-rules/name", Some(rule)).await;
    assert_eq!(
        (status, &changed["version"], &changed["changed_by"]),
        (StatusCode::OK, &json!(1), &json!("津门店长"))
    );
    let (_, rules) = call(&house, ALL, "GET", "/api/survivorship-rules", None).await;
    assert_eq!((&rules[0]["field"], &rules[0]["order"][0]), (&json!("name"), &json!("recency")));
    house.unify().await;
    let bad = json!({ "order": [], "sources": [] });
    let (status, refused) = call(&house, ALL, "PUT", "/api/survivorship-rules/name", Some(bad)).await;
    assert_eq!((status, &refused["fields"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("order")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_look_may_not_decide() {
    let house = House::new().await;
    let read = &[Permission::IdentityRead];
    for (method, path, body) in [
        ("POST", "/api/review-pairs/1/decisions", json!({ "decision": "skip" })),
        ("POST", "/api/persons/P1/unmerges", json!({ "record_keys": ["1"], "reason": "x" })),
        ("POST", "/api/persons/P1/unmerge-previews", json!({ "record_keys": ["1"] })),
        ("POST", "/api/identity-events/1/undos", json!({ "reason": "x" })),
        ("POST", "/api/persons/P1/corrections", json!({ "field": "name", "value": "王伟" })),
        ("POST", "/api/identity-runs", json!({})),
        ("PUT", "/api/survivorship-rules/name", json!({ "order": ["recency"], "sources": [] })),
    ] {
        let (status, _) = call(&house, read, method, path, Some(body)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for path in ["/api/review-pairs", "/api/super-nodes", "/api/identity-runs"] {
        assert_eq!(call(&house, read, "GET", path, None).await.0, StatusCode::OK, "{path}");
        assert_eq!(
            call(&house, read, "GET", &format!("{path}/export"), None).await.0,
            StatusCode::OK,
            "{path}"
        );
    }
    assert_eq!(call(&house, read, "GET", "/api/persons/P1/explanation", None).await.0, StatusCode::NOT_FOUND);
}

#[test]
fn every_operation_has_id_tag_and_summary() {
    let mut api = aide::openapi::OpenApi::default();
    let _router: axum::Router<web::AppState> = identity::routes().finish_api(&mut api);
    let document = serde_json::to_value(&api).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path}");
            assert_eq!(operation["tags"], json!(["identity"]), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["x-permission"].is_string(), "{method} {path}");
            operations += 1;
        }
    }
    assert_eq!(operations, 19);
}
