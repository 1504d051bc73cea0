//! The full run: the same customers for the same evidence, stable numbers, the most restrictive consent.

use kernel::ids::RecordKey;

use crate::house::{House, Party};

/// 王小伟 twice under one phone, twice under another: two customers, and a pair for a person to decide.
pub struct TwoWangs {
    pub a1: RecordKey,
    pub a2: RecordKey,
    pub b1: RecordKey,
    pub b2: RecordKey,
}

impl TwoWangs {
    pub fn a(&self) -> [RecordKey; 2] {
        [self.a1, self.a2]
    }

    pub fn b(&self) -> [RecordKey; 2] {
        [self.b1, self.b2]
    }
}

/// The first customer at store 1, the second at store 2.
pub async fn two_wangs(house: &House) -> TwoWangs {
    two_wangs_at(house, 2).await
}

/// The first customer at store 1, the second where one likes.
pub async fn two_wangs_at(house: &House, second_store: i32) -> TwoWangs {
    house.add_strangers().await;
    // The dates of birth differ by a slip of the pen: likely, but not proven to be one man.
    let wang = Party { name: "王小伟", birth: Some("1980-03-04"), ..Party::default() };
    let other = Party { birth: Some("1980-03-14"), store: second_store, ..wang };
    let (first, second) = (Some("13911112222"), Some("13955556666"));
    TwoWangs {
        a1: house.add(Party { key: "A1", mobile: first, id: Some("11010519800304001"), ..wang }).await,
        a2: house.add(Party { key: "A2", mobile: first, filed: "2016-05-01", ..wang }).await,
        b1: house.add(Party { key: "B1", mobile: second, filed: "2017-05-01", ..other }).await,
        b2: house
            .add(Party { key: "B2", mobile: second, filed: "2018-05-01", do_not_contact: true, ..other })
            .await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_evidence_gives_the_same_customers_twice() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.add_vehicle("V1", 1, wang.a1, "LSVAA49J132047371", "津A12345").await;
    let first = house.unify().await;
    let before = house.snapshot().await;
    let second = house.unify().await;
    assert_eq!(before, house.snapshot().await);
    assert_eq!(first.figures.persons, second.figures.persons);
    assert_eq!((second.figures.merged, second.figures.split), (0, 0));
    assert_eq!(house.person_of(wang.a1).await, house.person_of(wang.a2).await);
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.b1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_kept_when_records_come_and_never_given_again() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let before = house.all_numbers().await;
    let highest = before.values().max().copied().unwrap();
    // A third record of the first customer joins; a stranger is rolled back; somebody new arrives.
    let third = Party {
        key: "A3",
        name: "王小伟",
        birth: Some("1980-03-04"),
        mobile: Some("13911112222"),
        ..Party::default()
    };
    let third = house.add(third).await;
    house.run("UPDATE party_record SET current = false WHERE source_key = 'X7'").await;
    let new = house
        .add(Party { key: "N1", name: "欧阳春雪", mobile: Some("13600001234"), ..Party::default() })
        .await;
    house.unify().await;
    let after = house.all_numbers().await;
    assert_eq!(after[&third.get()], before[&wang.a1.get()]);
    assert!(after[&new.get()] > highest, "a new customer gets a new number");
    for (key, no) in &before {
        if let Some(now) = after.get(key) {
            assert_eq!(now, no, "record {key} keeps its customer");
        }
    }
    let emptied: i64 = sqlx::query_scalar("SELECT count(*) FROM identity_event WHERE kind = 'emptied'")
        .fetch_one(house.app.db.worker_pool())
        .await
        .unwrap();
    assert_eq!(emptied, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_restrictive_consent_and_every_store_survive_a_merge() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    assert!(!house.golden(house.person_of(wang.a1).await).await.do_not_contact);
    assert!(
        house.golden(house.person_of(wang.b1).await).await.do_not_contact,
        "one record says so: all obey"
    );
    // A record with the phones of both brings the two together.
    house
        .run(
            "UPDATE party_record p SET phone2_sealed = q.mobile_sealed, phone2_bidx = q.mobile_bidx,
                    phone2_masked = q.mobile_masked, phone2_flag = 'ok'
             FROM party_record q WHERE p.source_key = 'A2' AND q.source_key = 'B1'",
        )
        .await;
    let report = house.unify().await;
    assert_eq!(report.figures.merged, 1);
    let one = house.person_of(wang.a1).await;
    assert_eq!(one, house.person_of(wang.b2).await);
    let golden = house.golden(one).await;
    assert!(golden.do_not_contact);
    assert_eq!((golden.record_count, golden.store_count), (4, 2));
    let orphans: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM person_store s JOIN person p USING (person_no) WHERE p.merged_into IS NOT NULL",
    )
    .fetch_one(house.app.db.worker_pool())
    .await
    .unwrap();
    assert_eq!(orphans, 0, "a redirect is seen through its heir only");
}
