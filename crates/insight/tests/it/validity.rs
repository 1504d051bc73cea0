//! Valid customers: a relation between a customer and a scope.

use axum::http::StatusCode;
use serde_json::json;

use crate::house::{A, B, House, TODAY, column, director, manager};

#[tokio::test]
async fn invalid_at_a_valid_at_b_valid_for_the_group_with_reasons_in_one_click() {
    let house = House::with_customers().await;
    let uri = format!(
        "/api/validity/people?scope_kind=store&scope_id={A}&verdict=invalid\
         &other_scope_kind=store&other_scope_id={B}&other_verdict=valid"
    );
    let list = house.ok(&director(), &uri).await;
    assert_eq!(list["total"], 1);
    let person = &list["rows"][0];
    assert_eq!((person["name"].as_str(), person["verdict"].as_str()), (Some("张伟"), Some("invalid")));
    assert_eq!(column(&person["reasons"], "code"), ["out_of_lookback"]);
    assert_eq!(person["other"]["verdict"], "valid");
    assert_eq!(column(&person["other"]["reasons"], "code"), ["repair_recent"]);
    assert_eq!(person["other"]["evidence"][0]["on"], "2022-02-01");
    assert_eq!(person["other"]["evidence"][0]["record_key"], "700102");
    assert_eq!(person["group_verdict"], "valid");
    // A's manager has no second store to look at.
    assert_eq!(house.ok(&manager(A), &uri).await["total"], 0);
}

#[tokio::test]
async fn every_reason_of_the_rule_is_given() {
    let house = House::with_customers().await;
    for (person, verdict, reasons) in [
        (2, "valid", vec!["repair_recent"]),
        (3, "invalid", vec!["contact_dead"]),
        (4, "invalid", vec!["vehicle_gone"]),
        (5, "unknown", vec!["relation_unknown"]),
        (6, "valid", vec!["repair_recent"]),
    ] {
        let page = house.ok(&director(), &format!("/api/persons/P0000000{person}")).await;
        let group = &page["verdicts"][0];
        assert_eq!(group["verdict"], verdict, "person {person}");
        assert_eq!(column(&group["reasons"], "code"), reasons, "person {person}");
        assert_eq!(group["as_of"], TODAY.to_string());
    }
}

#[tokio::test]
async fn the_group_counts_people_and_not_memberships() {
    let house = House::with_customers().await;
    let summary = house.ok(&director(), "/api/validity/summary").await;
    let group = &summary["group"];
    assert_eq!((&group["valid"], &group["invalid"], &group["unknown"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(summary["sum_of_stores"], 4, "one customer is valid at both stores");
    assert_eq!(summary["distinct_in_stores"], 3);
    assert_eq!(column(&summary["stores"], "valid"), ["3", "1"]);
    let overlap = house.ok(&director(), "/api/validity/overlap?stores=1,2").await;
    assert_eq!(overlap["counts"], json!([[3, 1], [1, 1]]));
    assert_eq!(overlap["valid_row_only"], json!([[0, 1], [0, 0]]));
}

#[tokio::test]
async fn a_store_manager_counts_his_own_store_only() {
    let house = House::with_customers().await;
    let summary = house.ok(&manager(A), "/api/validity/summary").await;
    assert_eq!(summary["group"], json!(null));
    assert_eq!(summary["regions"], json!([]), "his region has another store");
    assert_eq!(column(&summary["brands"], "scope_name"), ["大众"], "his brand has no other store");
    assert_eq!(column(&summary["stores"], "scope_name"), ["甲店"]);
    assert_eq!((&summary["sum_of_stores"], &summary["distinct_in_stores"]), (&json!(1), &json!(1)));
    assert_eq!(
        column(&summary["reasons"], "code"),
        ["contact_dead", "out_of_lookback", "relation_unknown", "vehicle_gone"]
    );
    let people = house.ok(&manager(A), "/api/validity/people?scope_kind=group").await;
    assert_eq!(people["total"], 5, "the group's verdicts of his own customers");
}

#[tokio::test]
async fn erased_blacklisted_friends_leads_and_policies_count() {
    let house = House::with_customers().await;
    let (erased, blacklisted) = (House::party(2, B), House::party(6, A));
    house
        .sql(&format!(
            "INSERT INTO suppression (record_key, store_id, kind, reason, since)
             VALUES ({erased}, 2, 'erased', '客户要求', now()), ({blacklisted}, 1, 'blacklisted', '恶意投诉', now());"
        ))
        .await;
    // No phone at all, but a WeCom friend; a policy that still runs; no car, but an open lead.
    house.customer(7, "周涛", None, &[A]).await;
    house.owns(7, 7, "LFV2A21K8G4123470", "津A00007", None).await;
    house.customer(8, "吴静", Some("13911110008"), &[A]).await;
    house.customer(9, "郑爽爽", Some("13911110009"), &[A]).await;
    let (friend, asker, late) = (House::party(7, A), House::party(8, A), House::party(9, A));
    house
        .sql(&format!(
            "UPDATE party_record SET source = 'wecom', external_userid = 'wm1', seen_on = '2022-06-01'
             WHERE record_key = {friend};
             INSERT INTO policy (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                                 insured_key, issued_on, commercial_ends_on)
             VALUES (900, 9, 1, true, 1, 'insurance', 'P900', 0, {friend}, '2021-09-01', '2022-08-31');
             INSERT INTO lead (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                               party_key, created_at, state)
             VALUES (901, 9, 1, true, 1, 'dms', 'L1', 0, {asker}, '2022-05-01 10:00+08', '有效'),
                    (902, 9, 2, true, 1, 'dms', 'L2', 0, {late}, '2022-05-01 10:00+08', '战败');"
        ))
        .await;
    house.recompute().await;
    for (person, verdict, reasons) in [
        (2, "invalid", vec!["erased"]),
        (6, "invalid", vec!["blacklisted"]),
        (7, "valid", vec!["cover_running", "interaction_recent"]),
        (8, "valid", vec!["interaction_recent", "prospect_open"]),
        (9, "invalid", vec!["out_of_lookback"]),
    ] {
        let page = house.ok(&director(), &format!("/api/persons/P0000000{person}")).await;
        assert_eq!(page["verdicts"][0]["verdict"], verdict, "person {person}");
        assert_eq!(column(&page["verdicts"][0]["reasons"], "code"), reasons, "person {person}");
    }
}

#[tokio::test]
async fn a_rule_is_previewed_changed_versioned_and_obeyed() {
    let house = House::with_customers().await;
    let strict = json!({ "values": { "repair_months": 3 }, "reason": "严格口径", "version": 1 });
    let (status, preview) = house.post(&director(), "/api/validity/rules/previews", strict.clone()).await;
    assert_eq!(status, StatusCode::OK, "{preview}");
    let group = &preview["scopes"][0];
    assert_eq!(
        (&group["scope_kind"], &group["valid_now"], &group["valid_then"]),
        (&json!("group"), &json!(3), &json!(2))
    );
    // 张伟 was serviced in February; of 孙磊, of whom nothing could be said, the visit is too long ago.
    assert_eq!(column(&preview["samples"], "person_no"), ["P00000001", "P00000005"]);

    let (status, rules) = house.put(&director(), "/api/validity/rules", strict.clone()).await;
    assert_eq!(
        (status, &rules["version"], &rules["rules"][0]["value"]),
        (StatusCode::OK, &json!(2), &json!(3))
    );
    let (status, problem) = house.put(&director(), "/api/validity/rules", strict).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::CONFLICT, Some("validity.rule_changed")));
    let (status, _) =
        house.put(&director(), "/api/validity/rules", json!({ "values": { "repair_months": 0 } })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) =
        house.put(&manager(A), "/api/validity/rules", json!({ "values": { "repair_months": 12 } })).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a store manager's rule would be everybody's");

    // The old verdicts stay in force until the run, and name the rule they were made by.
    assert_eq!(house.ok(&director(), "/api/validity/summary").await["rule_version"], 1);
    assert_eq!(house.recompute().await.rule_version, 2);
    let summary = house.ok(&director(), "/api/validity/summary").await;
    assert_eq!((&summary["rule_version"], &summary["group"]["valid"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn a_store_with_its_own_threshold_judges_differently() {
    let house = House::with_customers().await;
    let lenient = json!({ "stores": [{ "store_id": A, "thresholds": { "purchase_months": 120 } }] });
    let (status, _) = house.put(&director(), "/api/validity/rules", lenient).await;
    assert_eq!(status, StatusCode::OK);
    house.recompute().await;
    let page = house.ok(&manager(A), "/api/persons/P00000001").await;
    let at_a =
        page["verdicts"].as_array().unwrap().iter().find(|row| row["scope_kind"] == "store").unwrap().clone();
    assert_eq!(
        (&at_a["verdict"], column(&at_a["reasons"], "code")),
        (&json!("valid"), vec!["purchase_recent".to_owned()])
    );
    let (status, _) = house
        .put(&director(), "/api/validity/rules", json!({ "stores": [{ "store_id": 99, "thresholds": {} }] }))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_second_run_changes_nothing_and_a_trend_grows() {
    let house = House::with_customers().await;
    let before = house.ok(&director(), "/api/validity/summary").await;
    let report = house.recompute().await;
    assert_eq!((report.people, report.valid, report.sum_of_stores), (6, 3, 4));
    assert_eq!(house.ok(&director(), "/api/validity/summary").await, before);
    let a_year_ago = TODAY.saturating_sub(jiff::Span::new().years(1));
    insight::count_earlier_day(&house.state.db, a_year_ago).await.unwrap();
    let trend = house.ok(&director(), "/api/validity/summary").await["trend"].clone();
    assert_eq!(column(&trend, "on"), ["2021-06-30", "2022-06-30"]);
    let overview = house.ok(&director(), "/api/overview").await;
    let valid = &overview["tiles"][0];
    assert_eq!((&valid["code"], &valid["value"]), (&json!("valid_customers"), &json!(3.0)));
    assert!(valid["last_year"].is_number());
}

#[tokio::test]
async fn a_run_is_ordered_as_a_job_and_readers_never_meet_half_of_one() {
    let house = House::with_customers().await;
    let (status, first) = house.post(&director(), "/api/validity/runs", json!({})).await;
    assert_eq!((status, first["job_id"].is_number()), (StatusCode::OK, true));
    let (_, second) = house.post(&director(), "/api/validity/runs", json!({})).await;
    assert_eq!(second["job_id"], json!(null), "one that waits is enough");
    // A run killed in the middle leaves rows in the slot nobody reads; the next one clears them.
    house
        .sql(
            "INSERT INTO validity_verdict_row_0 SELECT 0, 1, 'group', 0, 'invalid', '{erased}', '[]'
             WHERE (SELECT slot FROM validity_current) = 1;",
        )
        .await;
    let uri = "/api/validity/people?scope_kind=group";
    assert_eq!(house.ok(&director(), uri).await["total"], 6);
    house.recompute().await;
    assert_eq!(house.ok(&director(), uri).await["total"], 6);
}

#[tokio::test]
async fn the_first_screen_is_cut_by_scope() {
    let house = House::with_customers().await;
    let group = house.ok(&director(), "/api/overview").await;
    assert_eq!(column(&group["stores"], "store_name"), ["乙店", "甲店"]);
    assert!(column(&group["exceptions"], "code").contains(&"valid_elsewhere".to_owned()));
    let own = house.ok(&manager(A), "/api/overview").await;
    assert_eq!(column(&own["stores"], "store_name"), ["甲店"]);
    assert_eq!(own["tiles"][0]["value"], 1.0);
}
