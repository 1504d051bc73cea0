//! One personal value in clear: with a permission, a reason, within scope, and never for a masked role.

use axum::http::StatusCode;
use serde_json::json;
use web::Permission;

use crate::house::{House, MOBILE, director, manager, masked};

const PERSON: &str = "/api/persons/P00000001/reveals";

#[tokio::test]
async fn a_reason_opens_one_field_and_stays_in_the_audit() {
    let house = House::new().await;
    let ask = json!({ "field": "mobile", "reason": "客户来电核对预约" });
    let (status, answer) = house.post(manager(1), Permission::ALL, PERSON, ask).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "field": "mobile", "value": MOBILE })));
    let traces = house.traces("customer.reveal").await;
    assert_eq!(traces.len(), 1);
    let (subject, store, reason, detail) = &traces[0];
    assert_eq!(
        (subject.as_str(), *store, reason.as_deref()),
        ("P00000001", Some(1), Some("客户来电核对预约"))
    );
    assert!(!detail.to_string().contains(MOBILE), "the trace holds no clear value");
    let ask = json!({ "field": "vin", "reason": "核对保单" });
    let (status, answer) =
        house.post(manager(1), Permission::ALL, "/api/vehicles/V00000001/reveals", ask).await;
    assert_eq!((status, answer["value"].as_str()), (StatusCode::OK, Some("LFV2A21K8G4123456")));
}

#[tokio::test]
async fn what_is_refused_leaves_neither_value_nor_trace() {
    let house = House::new().await;
    let all = Permission::ALL;
    let without = [Permission::CustomerRead];
    let ask = |field: &str, reason: &str| json!({ "field": field, "reason": reason });
    for (story, access, permissions, uri, body, status, code) in [
        ("no reason", director(), all, PERSON, ask("mobile", " "), 400, "reveal.reason_required"),
        ("unknown field", director(), all, PERSON, ask("golden", "核对"), 400, "reveal.unknown_field"),
        ("masked role", masked(), all, PERSON, ask("mobile", "核对"), 403, "reveal.masked_role"),
        ("no permission", director(), &without[..], PERSON, ask("mobile", "核对"), 403, "auth.not_permitted"),
        (
            "another store",
            manager(1),
            all,
            "/api/persons/P00000002/reveals",
            ask("mobile", "核对"),
            404,
            "not_found",
        ),
        (
            "no such customer",
            director(),
            all,
            "/api/persons/P00000099/reveals",
            ask("mobile", "核对"),
            404,
            "not_found",
        ),
        ("nothing there", director(), all, PERSON, ask("id_number", "核对"), 404, "not_found"),
        (
            "another store's car",
            manager(2),
            all,
            "/api/vehicles/V00000001/reveals",
            ask("vin", "核对"),
            404,
            "not_found",
        ),
    ] {
        let (answered, problem) = house.post(access, permissions, uri, body).await;
        assert_eq!((answered.as_u16(), problem["code"].as_str()), (status, Some(code)), "{story}");
        assert!(!problem.to_string().contains(MOBILE), "{story}");
    }
    assert!(house.traces("customer.reveal").await.is_empty());
    assert!(house.traces("vehicle.reveal").await.is_empty());
}

#[tokio::test]
async fn a_merged_number_reveals_its_survivor() {
    let house = House::new().await;
    house
        .sql(
            "INSERT INTO person (person_no, kind, merged_into, minted_at, updated_at)
             VALUES (9, 'person', 1, now(), now());",
        )
        .await;
    let ask = json!({ "field": "address", "reason": "上门取车" });
    let (status, answer) =
        house.post(director(), Permission::ALL, "/api/persons/P00000009/reveals", ask).await;
    assert_eq!((status, answer["value"].as_str()), (StatusCode::OK, Some("天津市和平区某路1号")));
    assert_eq!(house.traces("customer.reveal").await[0].0, "P00000001");
}
