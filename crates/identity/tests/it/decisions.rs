//! What people decide is obeyed by every later run, and can be undone.

use db::Access;
use identity::IdentityError;
use identity::review::{Decision, decide};
use identity::undo::undo;

use crate::house::House;
use crate::unify::two_wangs;

async fn say(house: &House, access: &Access, pair: i64, decision: Decision) -> Result<(), IdentityError> {
    decide(&house.app, access, pair, decision, Some("看过身份证")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_kept_apart_stays_apart_in_the_next_full_run() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    say(&house, &house.group(), pair, Decision::KeepApart).await.unwrap();
    let decided = house.snapshot().await;
    assert_eq!(house.any_pair(&wang.a(), &wang.b()).await, None, "it waits for nobody any more");
    // Evidence that would have joined them.
    house
        .run(
            "UPDATE party_record p SET phone2_sealed = q.mobile_sealed, phone2_bidx = q.mobile_bidx,
                    phone2_masked = q.mobile_masked, phone2_flag = 'ok'
             FROM party_record q WHERE p.source_key = 'A2' AND q.source_key = 'B1'",
        )
        .await;
    house.unify().await;
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.b1).await);
    assert_eq!(house.person_of(wang.b1).await, house.person_of(wang.b2).await);
    let refused: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity_edge WHERE refused_by = 'cannot_link'")
            .fetch_one(house.app.db.worker_pool())
            .await
            .unwrap();
    assert!(refused > 0, "and the edge says who refused it");
    assert!(!decided.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_is_obeyed_and_a_full_run_afterwards_changes_nothing() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let (left, right) = (house.person_of(wang.a1).await, house.person_of(wang.b1).await);
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    say(&house, &house.group(), pair, Decision::Join).await.unwrap();
    let one = house.person_of(wang.a1).await;
    assert_eq!(one, left.min(right), "the older number stays");
    assert_eq!(house.person_of(wang.b2).await, one);
    let golden = house.golden(one).await;
    assert_eq!((golden.record_count, golden.store_count, golden.do_not_contact), (4, 2, true));
    let decided = house.snapshot().await;
    house.unify().await;
    assert_eq!(decided, house.snapshot().await, "what one decision computed is what a full run computes");
    let refused = say(&house, &house.group(), pair, Decision::KeepApart).await.unwrap_err();
    assert!(matches!(refused, IdentityError::PairIsSettled));
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_a_join_gives_both_customers_back_as_they_were() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let (left, right) = (house.person_of(wang.a1).await, house.person_of(wang.b1).await);
    let before = (house.golden(left).await, house.golden(right).await);
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    say(&house, &house.group(), pair, Decision::Join).await.unwrap();
    let event: i64 = sqlx::query_scalar(
        "SELECT event_id FROM identity_event WHERE kind = 'merged' AND by_user IS NOT NULL",
    )
    .fetch_one(house.app.db.worker_pool())
    .await
    .unwrap();
    undo(&house.app, &house.group(), event, "认错人了").await.unwrap();
    assert_eq!((house.person_of(wang.a1).await, house.person_of(wang.b1).await), (left, right));
    assert_eq!((house.golden(left).await, house.golden(right).await), before);
    assert_eq!(house.any_pair(&wang.a(), &wang.b()).await, Some(pair), "the pair waits again");
    let again = undo(&house.app, &house.group(), event, "认错人了").await.unwrap_err();
    assert!(matches!(again, IdentityError::NothingToUndo));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_contradicts_earlier_ones_is_refused_in_words() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    let (a, b): (i64, i64) = sqlx::query_as("SELECT a_key, b_key FROM review_pair WHERE pair_id = $1")
        .bind(pair)
        .fetch_one(house.app.db.worker_pool())
        .await
        .unwrap();
    let mut tx = house.app.db.system().await.unwrap();
    sqlx::query(
        "INSERT INTO link_constraint (kind, a_key, b_key, reason, made_by, made_at)
         VALUES ('cannot_link', least($1, $2), greatest($1, $2), '同名不同人', 1, now())",
    )
    .bind(a)
    .bind(b)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let refused = say(&house, &house.group(), pair, Decision::Join).await.unwrap_err();
    let IdentityError::Contradicts { zh, en } = refused else { panic!("{refused}") };
    assert!(zh.contains("王小伟(DMS·津门店)") && zh.contains("王小伟(DMS·海河店)"), "{zh}");
    assert!(en.contains("are to stay apart"), "{en}");
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.b1).await, "nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_leaves_an_audit_row_with_its_reason() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    say(&house, &house.group(), pair, Decision::Skip).await.unwrap();
    say(&house, &house.group(), pair, Decision::KeepApart).await.unwrap();
    let mut owner = house.app.db.owner_connection().await.unwrap();
    let rows: Vec<(i32, Option<String>)> = sqlx::query_as(
        "SELECT user_id, reason FROM audit_entry WHERE action = 'decide_review_pair' ORDER BY audit_id",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert_eq!(rows, vec![(1, Some("看过身份证".to_owned())); 2]);
}
