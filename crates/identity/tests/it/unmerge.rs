//! Taking customers apart, and the customer's own corrections.

use identity::IdentityError;
use identity::correct::correct;
use identity::review::{Decision, decide};
use identity::undo::undo;
use identity::unmerge::{preview, unmerge};
use kernel::ids::{PersonNo, RecordKey};

use crate::house::{House, Party};
use crate::unify::{TwoWangs, two_wangs};

/// The two Wangs, joined by hand.
async fn joined(house: &House) -> (TwoWangs, PersonNo, PersonNo) {
    let wang = two_wangs(house).await;
    house.unify().await;
    let numbers = (house.person_of(wang.a1).await, house.person_of(wang.b1).await);
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    decide(&house.app, &house.group(), pair, Decision::Join, None).await.unwrap();
    (wang, numbers.0, numbers.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmerge_gives_both_sides_back_exactly_and_holds_in_every_later_run() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.add_vehicle("V1", 1, wang.a1, "LSVAA49J132047371", "津A12345").await;
    house.add_vehicle("V2", 2, wang.b1, "LFV2A21K8A3000017", "津B54321").await;
    house.unify().await;
    let (left, right) = (house.person_of(wang.a1).await, house.person_of(wang.b1).await);
    let before = (house.golden(left).await, house.golden(right).await);
    let owners = house.roles().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    decide(&house.app, &house.group(), pair, Decision::Join, None).await.unwrap();
    let one = house.person_of(wang.a1).await;
    assert_ne!(house.roles().await, owners);

    let keys = wang.b();
    let shown = preview(&house.app, &house.group(), one, &keys).await.unwrap();
    assert_eq!((shown.stays.len(), shown.leaves.len(), shown.also_apart.len()), (2, 2, 0));
    assert_eq!(shown.parts.len(), 2);
    assert!(
        shown
            .parts
            .iter()
            .any(|part| part.person_no == Some(right.to_string()) && part.vehicles == ["津B54321"])
    );
    assert!(shown.warning_zh.unwrap().contains("撤销 1 个人工合并决定"));
    assert_eq!(house.person_of(wang.b1).await, one, "a preview changes nothing");

    let result = unmerge(&house.app, &house.group(), one, &keys, "两个人").await.unwrap();
    assert_eq!((result.person_no, result.new_person_nos), (left.to_string(), vec![right.to_string()]));
    assert_eq!(
        (house.golden(left).await, house.golden(right).await),
        before,
        "golden, phones, stores, consent"
    );
    assert_eq!(house.roles().await, owners);
    let decided = house.snapshot().await;
    house.unify().await;
    assert_eq!(decided, house.snapshot().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmerge_of_what_the_machine_joined_stands_and_can_be_undone() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let before = house.snapshot().await;
    let one = house.person_of(wang.a1).await;
    let result = unmerge(&house.app, &house.group(), one, &[wang.a2], "父子同名").await.unwrap();
    assert_eq!(result.new_person_nos.len(), 1);
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.a2).await);
    house.unify().await;
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.a2).await);
    let event: i64 = sqlx::query_scalar(
        "SELECT event_id FROM identity_event WHERE kind = 'split' AND by_user IS NOT NULL",
    )
    .fetch_one(house.app.db.worker_pool())
    .await
    .unwrap();
    undo(&house.app, &house.group(), event, "是同一人").await.unwrap();
    assert_eq!(house.person_of(wang.a2).await, one);
    let after = house.snapshot().await;
    let of = |snapshot: &[(String, serde_json::Value)], table: &str| {
        snapshot.iter().find(|(name, _)| name == table).unwrap().1.clone()
    };
    for table in ["records", "phones", "stores", "roles", "edges", "households"] {
        assert_eq!(of(&before, table), of(&after, table), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_else_falls_apart() {
    let house = House::new().await;
    house.add_strangers().await;
    // Two records that know nothing of one another, and a bridge with the phones of both.
    let wang = Party { name: "王小伟", ..Party::default() };
    let left = house.add(Party { key: "L", mobile: Some("13911112222"), ..wang }).await;
    let bridge = house.add(Party { key: "M", mobile: Some("13911112222"), ..wang }).await;
    let right = house.add(Party { key: "R", mobile: Some("13955556666"), ..wang }).await;
    house
        .run(
            "UPDATE party_record p SET phone2_sealed = q.mobile_sealed, phone2_bidx = q.mobile_bidx,
                    phone2_masked = q.mobile_masked, phone2_flag = 'ok'
             FROM party_record q WHERE p.source_key = 'M' AND q.source_key = 'R'",
        )
        .await;
    house.unify().await;
    let one = house.person_of(bridge).await;
    assert_eq!((house.person_of(left).await, house.person_of(right).await), (one, one));
    let shown = preview(&house.app, &house.group(), one, &[bridge]).await.unwrap();
    assert_eq!((shown.stays.len(), shown.leaves.len(), shown.also_apart.len()), (1, 1, 1));
    assert_eq!(shown.parts.len(), 3);
    assert!(shown.warning_zh.unwrap().contains("也会分开"));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_others_and_all_records_cannot_leave() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let one = house.person_of(wang.a1).await;
    let leave =
        async |keys: &[RecordKey]| unmerge(&house.app, &house.group(), one, keys, "x").await.unwrap_err();
    assert!(matches!(leave(&[wang.b1]).await, IdentityError::ForeignRecord(_)));
    assert!(matches!(leave(&wang.a()).await, IdentityError::NobodyStays));
    assert!(matches!(leave(&[]).await, IdentityError::BadInput { .. }));
    let nobody = unmerge(&house.app, &house.group(), PersonNo(9_999), &[wang.a1], "x").await.unwrap_err();
    assert!(matches!(nobody, IdentityError::NoSuchPerson));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_own_correction_outranks_all_and_stays_with_its_side() {
    let house = House::new().await;
    let (wang, left, right) = joined(&house).await;
    let group = house.group();
    // He corrects while the two are one: the value he corrects came from a record of one side.
    let corrected = correct(&house.app, &group, left, "mobile", "13524681357", Some("来电")).await.unwrap();
    assert_eq!(corrected.value, "135****1357");
    let golden = house.golden(left).await;
    assert_eq!(golden.mobile_masked.as_deref(), Some("135****1357"));
    assert_eq!(golden.golden["mobile"]["rule"], "correction");
    correct(&house.app, &group, left, "mobile", "13524688642", None).await.unwrap();
    assert_eq!(
        house.golden(left).await.mobile_masked.as_deref(),
        Some("135****8642"),
        "his latest word counts"
    );
    house.unify().await;
    assert_eq!(house.golden(left).await.mobile_masked.as_deref(), Some("135****8642"), "in every later run");
    let stored: String = sqlx::query_scalar("SELECT string_agg(to_jsonb(c)::text, ' ') FROM correction c")
        .fetch_one(house.app.db.worker_pool())
        .await
        .unwrap();
    assert!(!stored.contains("13524688642"), "a corrected phone is kept sealed");

    let record: i64 = sqlx::query_scalar("SELECT record_key FROM correction LIMIT 1")
        .fetch_one(house.app.db.worker_pool())
        .await
        .unwrap();
    unmerge(&house.app, &group, left, &wang.b(), "两个人").await.unwrap();
    let with_it = house.person_of(RecordKey(record)).await;
    let without = if with_it == left { right } else { left };
    assert_eq!(house.golden(with_it).await.mobile_masked.as_deref(), Some("135****8642"));
    assert_ne!(house.golden(without).await.mobile_masked.as_deref(), Some("135****8642"));
    let bad = correct(&house.app, &group, left, "mobile", "12", None).await.unwrap_err();
    assert!(matches!(bad, IdentityError::BadInput { field: "value", .. }));
}
