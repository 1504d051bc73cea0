//! The customer's and the vehicle's page, lists and workbooks.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::house::{A, B, House, column, data_admin, director, encoded, manager};

#[tokio::test]
async fn the_page_of_a_customer_tells_what_the_reader_may_know() {
    let house = House::with_customers().await;
    let page = house.ok(&director(), "/api/persons/P00000001").await;
    assert_eq!(page["name"], "张伟");
    assert_eq!(page["mobile_masked"], "139****0001");
    assert_eq!(page["group_verdict"], "valid");
    assert_eq!(column(&page["stores"], "store_name"), ["甲店", "乙店"]);
    assert_eq!(page["fields"][0]["rule_zh"], "多数来源一致");
    assert_eq!(page["vehicles"][0]["vin_masked"], "***********123456");
    assert_eq!(page["phones"][0]["primary"], true);
    assert_eq!(page["quality_flags"][0]["zh"], "手机:占位值");
    let scopes: Vec<(String, String)> = page["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["scope_name"].as_str().unwrap().into(), row["verdict"].as_str().unwrap().into()))
        .collect();
    let expected = [
        ("集团", "valid"),
        ("天津大区", "valid"),
        ("大众", "invalid"),
        ("丰田", "valid"),
        ("甲店", "invalid"),
        ("乙店", "valid"),
    ];
    assert_eq!(scopes, expected.map(|(scope, verdict)| (scope.to_owned(), verdict.to_owned())));

    // A's manager sees his own store's verdict and the group's, and nothing of store B.
    let page = house.ok(&manager(A), "/api/persons/P00000001").await;
    assert_eq!(column(&page["stores"], "store_name"), ["甲店"]);
    assert_eq!(column(&page["verdicts"], "scope_name"), ["集团", "天津大区", "大众", "甲店"]);
}

#[tokio::test]
async fn store_a_cannot_see_store_b_s_customer() {
    let house = House::with_customers().await;
    for uri in [
        "/api/persons/P00000002",
        "/api/persons/P00000002/timeline",
        "/api/vehicles/V00000002",
        "/api/vehicles/V00000002/timeline",
    ] {
        let (status, _) = house.get(&manager(A), uri).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{uri}");
        let (status, _) = house.get(&manager(B), uri).await;
        assert_eq!(status, StatusCode::OK, "{uri}");
    }
    let list = house.ok(&manager(A), "/api/persons?sort=person_no").await;
    assert_eq!(list["total"], 5);
    assert!(!column(&list["rows"], "name").contains(&"李娜".to_owned()));
}

#[tokio::test]
async fn a_masked_role_never_reads_a_name_plate_or_number() {
    let house = House::with_customers().await;
    for uri in [
        "/api/persons",
        "/api/persons/P00000001",
        "/api/persons/P00000001/timeline",
        "/api/vehicles",
        "/api/vehicles/V00000001",
        "/api/validity/people",
        "/api/overview",
    ] {
        let text = house.ok(&data_admin(), uri).await.to_string();
        for secret in ["张伟", "津A12345", "13911110001", "LFV2A21K8G4123456"] {
            assert!(!text.contains(secret), "{uri} tells {secret}");
        }
    }
}

#[tokio::test]
async fn a_merged_number_answers_with_its_survivor() {
    let house = House::with_customers().await;
    house
        .sql(
            "INSERT INTO person (person_no, kind, merged_into, minted_at, updated_at)
             VALUES (90, 'person', 2, now(), now()), (91, 'person', 90, now(), now());",
        )
        .await;
    let page = house.ok(&director(), "/api/persons/P00000091").await;
    assert_eq!(
        (page["person_no"].as_str(), page["merged_from"].as_str()),
        (Some("P00000002"), Some("P00000091"))
    );
    let (status, _) = house.get(&manager(A), "/api/persons/P00000091").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a redirect leads nobody out of his scope");
    let (status, _) = house.get(&director(), "/api/persons/P00009999").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_timeline_joins_all_systems_and_turns_its_pages() {
    let house = House::with_customers().await;
    let first = house.ok(&director(), "/api/persons/P00000001/timeline?limit=2").await;
    assert_eq!(column(&first["events"], "kind"), ["repair_order", "sale"]);
    assert_eq!(first["events"][0]["title_zh"], "进厂:定期保养");
    assert_eq!(first["events"][0]["amount_fen"], 88050);
    assert!(first["events"][0].to_string().contains("机油机滤"));
    let cursor = first["next_before"].as_str().unwrap();
    let second =
        house.ok(&director(), &format!("/api/persons/P00000001/timeline?limit=2&before={cursor}")).await;
    assert_eq!(column(&second["events"], "kind"), ["archive", "archive"]);
    assert_eq!(second["next_before"], Value::Null);
    assert_eq!(column(&first["by_year"], "year"), ["2022", "2016", "2010"]);
    let sales = house.ok(&director(), "/api/persons/P00000001/timeline?kinds=sale").await;
    assert_eq!(column(&sales["events"], "kind"), ["sale"]);
    // What happened at store B is not A's business.
    let at_a = house.ok(&manager(A), "/api/persons/P00000001/timeline").await;
    assert_eq!(column(&at_a["events"], "kind"), ["sale", "archive"]);
}

#[tokio::test]
async fn the_page_of_a_vehicle_shows_who_had_it() {
    let house = House::with_customers().await;
    let page = house.ok(&director(), "/api/vehicles/V00000004").await;
    assert_eq!(
        (page["periods"][0]["name"].as_str(), page["periods"][0]["to_on"].as_str()),
        (Some("赵敏"), Some("2021-12-01"))
    );
    assert_eq!(page["mileage"][0]["km"], 52000);
    let timeline = house.ok(&director(), "/api/vehicles/V00000004/timeline").await;
    assert_eq!(column(&timeline["events"], "person_name"), ["赵敏"]);
    let list = house.ok(&director(), &encoded("/api/vehicles?q=赵敏")).await;
    assert_eq!(column(&list["rows"], "vehicle_no"), ["V00000004"]);
}

#[tokio::test]
async fn lists_filter_sort_and_refuse_nonsense() {
    let house = House::with_customers().await;
    let reader = director();
    for (uri, total) in [
        ("/api/persons", 6),
        ("/api/persons?store_id=2", 3),
        ("/api/persons?verdict=valid", 3),
        ("/api/persons?verdict=unknown", 1),
        ("/api/persons?flag=no_mobile", 1),
        ("/api/persons?last_seen_from=2022-05-02", 0),
        ("/api/persons?q=0001", 1),
        ("/api/vehicles?store_id=2", 3),
        ("/api/vehicles?flag=no_plate", 0),
    ] {
        assert_eq!(house.ok(&reader, uri).await["total"], total, "{uri}");
    }
    for (uri, code) in [
        ("/api/persons?flag=nonsense", "list.bad_flag"),
        ("/api/persons?sort=golden", "page.sort"),
        ("/api/persons?last_seen_from=yesterday", "list.bad_date"),
        ("/api/validity/people?scope_kind=planet", "validity.bad_scope"),
        ("/api/validity/overlap?stores=a", "validity.bad_stores"),
    ] {
        let (status, problem) = house.get(&reader, uri).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some(code)), "{uri}");
    }
}

#[tokio::test]
async fn a_workbook_leaves_a_trace_and_carries_no_clear_number() {
    let house = House::with_customers().await;
    for uri in ["/api/persons/export", "/api/vehicles/export", "/api/validity/people/export?verdict=invalid"]
    {
        let (status, body) = house.send(&manager(A), Request::get(uri).body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{uri}");
        assert_eq!(&body[..2], b"PK", "a workbook is a zip");
    }
    let mut tx = house.db.read(&manager(A).0).await.unwrap();
    let traces: Vec<(String, Value)> = sqlx::query_as(
        "SELECT subject_id, detail FROM audit_entry WHERE action = 'customer.export' ORDER BY audit_id",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    assert_eq!(
        traces.iter().map(|trace| trace.0.as_str()).collect::<Vec<_>>(),
        ["persons", "vehicles", "validity-people"]
    );
    assert_eq!((&traces[0].1["rows"], &traces[0].1["large"]), (&5.into(), &false.into()));
}
