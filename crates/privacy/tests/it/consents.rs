//! Consent is kept for each record; a merge takes the most restrictive, an un-merge gives each back.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, director, manager};

fn marketing(consents: &Value) -> Value {
    let purposes = consents["purposes"].as_array().unwrap();
    purposes.iter().find(|row| row["purpose"]["code"] == "marketing").unwrap().clone()
}

async fn marketing_of(house: &House, person: i32) -> (String, bool) {
    let (status, consents) = house.get(director(), &format!("/api/persons/P0000000{person}/consents")).await;
    assert_eq!(status, StatusCode::OK);
    let row = marketing(&consents);
    (row["state"].as_str().unwrap().to_owned(), row["allowed"].as_bool().unwrap())
}

#[tokio::test]
async fn a_merge_takes_the_most_restrictive_and_an_unmerge_gives_each_its_own_back() {
    let house = House::new().await;
    house
        .sql(
            "UPDATE party_record SET marketing_consent = true WHERE record_key = 102;
             UPDATE party_record SET marketing_consent = false WHERE record_key = 202;",
        )
        .await;
    let now = house.state.clock.now();
    assert_eq!(privacy::note_consents(&house.state.db, now).await.unwrap(), 2);
    assert_eq!(privacy::note_consents(&house.state.db, now).await.unwrap(), 0, "twice changes nothing");
    assert_eq!(marketing_of(&house, 1).await, ("given".into(), true));
    assert_eq!(marketing_of(&house, 2).await, ("withdrawn".into(), false));

    house.sql("UPDATE person_record SET person_no = 1 WHERE record_key = 202").await;
    assert_eq!(marketing_of(&house, 1).await, ("withdrawn".into(), false));
    house.sql("UPDATE person_record SET person_no = 2 WHERE record_key = 202").await;
    assert_eq!(marketing_of(&house, 1).await, ("given".into(), true));
    assert_eq!(marketing_of(&house, 2).await, ("withdrawn".into(), false));
}

#[tokio::test]
async fn a_no_at_another_store_is_a_no_but_is_not_shown() {
    let house = House::new().await;
    house.sql("UPDATE party_record SET marketing_consent = false WHERE record_key = 102").await;
    privacy::note_consents(&house.state.db, house.state.clock.now()).await.unwrap();
    let (_, at_a) = house.get(manager(1), "/api/persons/P00000001/consents").await;
    let row = marketing(&at_a);
    assert_eq!((&row["state"], &row["statements"]), (&json!("withdrawn"), &json!([])));
    let (_, at_b) = house.get(manager(2), "/api/persons/P00000001/consents").await;
    assert_eq!(marketing(&at_b)["statements"][0]["store_name"], "乙店");
    let (status, _) = house.get(manager(1), "/api/persons/P00000002/consents").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn do_not_contact_silences_marketing_and_nothing_he_ordered() {
    let house = House::new().await;
    house
        .sql(
            "UPDATE party_record SET marketing_consent = true WHERE record_key = 102;
             UPDATE person SET do_not_contact = true WHERE person_no = 1;",
        )
        .await;
    privacy::note_consents(&house.state.db, house.state.clock.now()).await.unwrap();
    let (_, consents) = house.get(director(), "/api/persons/P00000001/consents").await;
    let allowed: Vec<(String, bool)> = consents["purposes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["purpose"]["code"].as_str().unwrap().into(), row["allowed"].as_bool().unwrap()))
        .collect();
    let expected = [
        ("service", true),
        ("marketing", false),
        ("profiling", false),
        ("archive", false),
        ("accounting", true),
    ];
    assert_eq!(allowed, expected.map(|(code, allowed)| (code.to_owned(), allowed)));
}

#[tokio::test]
async fn statements_are_never_rewritten() {
    let house = House::new().await;
    house.sql("UPDATE party_record SET marketing_consent = true WHERE record_key = 102").await;
    privacy::note_consents(&house.state.db, house.state.clock.now()).await.unwrap();
    let mut tx = house.db.system().await.unwrap();
    let changed = sqlx::query("UPDATE consent_record SET state = 'withdrawn'").execute(&mut *tx).await;
    assert!(changed.is_err());
}

#[tokio::test]
async fn a_large_export_is_an_alert() {
    let house = House::new().await;
    house
        .sql(
            r#"INSERT INTO audit_entry (user_id, action, subject_kind, subject_id, detail) VALUES
               (1, 'customer.export', 'list', 'persons', '{"rows": 12, "large": false, "masked": true}'),
               (1, 'customer.export', 'list', 'persons', '{"rows": 4000, "large": true, "masked": false}');"#,
        )
        .await;
    let (_, all) = house.get(director(), "/api/privacy/exports").await;
    assert_eq!(all["total"], 2);
    let (_, large) = house.get(director(), "/api/privacy/exports?large=true").await;
    assert_eq!((&large["total"], &large["rows"][0]["rows"]), (&json!(1), &json!(4000)));
}
