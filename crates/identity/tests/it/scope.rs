//! Store B's manager neither sees nor decides what is store A's alone.

use identity::IdentityError;
use identity::correct::correct;
use identity::queries::{cards, explanation, history, review_pairs, scope, super_nodes};
use identity::review::{Decision, decide};
use identity::undo::undo;
use identity::unmerge::{preview, unmerge};

use crate::house::{House, Party};
use crate::unify::{two_wangs, two_wangs_at};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_another_store_does_not_exist() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let (app, other) = (&house.app, house.manager(2));
    let no = house.person_of(wang.a1).await;
    let refused = [
        scope::person(&app.db, &other, no).await.map(|_| ()),
        history::of_person(&app.db, &other, no).await.map(|_| ()),
        explanation::of_person(app, &other, no).await.map(|_| ()),
        preview(app, &other, no, &[wang.a1]).await.map(|_| ()),
        unmerge(app, &other, no, &[wang.a1], "x").await.map(|_| ()),
        correct(app, &other, no, "city", "北京", None).await.map(|_| ()),
    ];
    for answer in refused {
        assert!(matches!(answer, Err(IdentityError::NoSuchPerson)), "{answer:?}");
    }
    // His own store's manager sees him.
    assert_eq!(explanation::of_person(app, &house.manager(1), no).await.unwrap().records.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_between_other_customers_cannot_be_seen_or_decided() {
    let house = House::new().await;
    let wang = two_wangs_at(&house, 1).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    let refused = decide(&house.app, &house.manager(2), pair, Decision::Join, None).await.unwrap_err();
    assert!(matches!(refused, IdentityError::NoSuchPair));
    let filter = review_pairs::ReviewPairFilter { only: Some(pair), ..Default::default() };
    let cut = filter.cut().unwrap();
    assert_eq!(review_pairs::page(&house.app, &house.manager(2), &filter, &cut).await.unwrap().total, 0);
    assert_eq!(review_pairs::page(&house.app, &house.manager(1), &filter, &cut).await.unwrap().total, 1);
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.b1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pair_across_stores_the_other_side_is_masked() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    let filter = review_pairs::ReviewPairFilter { only: Some(pair), ..Default::default() };
    let cut = filter.cut().unwrap();
    for store in [1, 2] {
        let page = review_pairs::page(&house.app, &house.manager(store), &filter, &cut).await.unwrap();
        let pair = page.rows.into_iter().next().unwrap();
        let own = if store == 1 { "津门店" } else { "海河店" };
        let (mine, theirs) = if pair.left.store_name.as_deref() == Some(own) {
            (pair.left, pair.right)
        } else {
            (pair.right, pair.left)
        };
        assert_eq!(mine.name.as_deref(), Some("王小伟"));
        assert_eq!((theirs.name.as_deref(), theirs.source_key.as_str()), (Some("王*"), ""));
        assert!(theirs.address_hint.is_none() && theirs.plates.is_empty() && theirs.seen_on.is_none());
        // The evidence says no more than the cards do, and adds up.
        let shown: Vec<&str> = pair
            .evidence
            .iter()
            .flat_map(|row| [&row.left, &row.right])
            .flatten()
            .map(String::as_str)
            .collect();
        assert!(shown.iter().all(|text| !text.contains("13911112222") && !text.contains("13955556666")));
        let sum: f64 = pair.evidence.iter().map(|row| row.weight).sum();
        assert!((sum - pair.weight).abs() < 0.02, "{sum} {}", pair.weight);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_shared_customer_each_store_sees_its_own_records_in_full() {
    let house = House::new().await;
    let wang = two_wangs(&house).await;
    house.unify().await;
    let pair = house.any_pair(&wang.a(), &wang.b()).await.unwrap();
    decide(&house.app, &house.manager(2), pair, Decision::Join, Some("同一人")).await.unwrap();
    let no = house.person_of(wang.a1).await;
    let told = explanation::of_person(&house.app, &house.manager(2), no).await.unwrap();
    let full = told.records.iter().filter(|card| !card.source_key.is_empty()).count();
    assert_eq!((told.records.len(), full), (4, 2));
    assert_eq!(told.joins.len(), 3);
    assert_eq!(told.joins.iter().filter(|join| join.by_hand).count(), 1);
    assert!(told.joins[0].by_hand && told.joins[0].probability == 1.0, "what people say comes first");
    assert!(told.joins[1].guards_zh.contains(&"姓名对得上".to_owned()));
    assert_eq!(told.constraints.len(), 1);
    assert_eq!(told.constraints[0].by, "海河店长");
    // He may not tear out what he cannot see.
    let refused = unmerge(&house.app, &house.manager(2), no, &wang.a(), "x").await.unwrap_err();
    assert!(matches!(refused, IdentityError::ForeignRecord(_)));
    let seen = cards::load(&house.app.db, &house.manager(2), &[wang.a1.get()]).await.unwrap();
    assert!(!seen[&wang.a1.get()].visible);
    let events = history::of_person(&house.app.db, &house.manager(2), no).await.unwrap();
    assert_eq!(
        (events[0].kind, events[0].can_undo, events[0].by.as_deref()),
        ("absorbed", true, Some("海河店长"))
    );
    undo(&house.app, &house.manager(2), events[0].event_id, "弄错了").await.unwrap();
    assert_ne!(house.person_of(wang.a1).await, house.person_of(wang.b1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_phones_are_listed_for_the_stores_that_have_them() {
    let house = House::new().await;
    house.add_strangers().await;
    for (at, name) in ["钱一", "孙二", "吴三", "郑四", "冯五", "褚六"].into_iter().enumerate() {
        let key = format!("T{at}");
        house.add(Party { key: &key, name, mobile: Some("13988889999"), ..Party::default() }).await;
    }
    house.unify().await;
    let filter = super_nodes::SuperNodeFilter::default();
    let cut = filter.cut().unwrap();
    let mut counts = Vec::new();
    for access in [house.group(), house.manager(1), house.manager(2)] {
        let mut tx = house.app.db.read(&access).await.unwrap();
        let page = super_nodes::page(&mut tx, &filter, &cut).await.unwrap();
        counts.push(
            page.rows.iter().map(|node| (node.value_masked.clone(), node.distinct_names)).collect::<Vec<_>>(),
        );
    }
    assert_eq!(counts[0], [("139****9999".to_owned(), 6)]);
    assert_eq!(counts[1], counts[0]);
    assert!(counts[2].is_empty());
}
