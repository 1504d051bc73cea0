//! Whatever people decide, in whatever order: what each decision computes on its few records is what a full run
//! computes on all of them.

use identity::IdentityError;
use identity::review::{Decision, decide};
use identity::unmerge::unmerge;
use kernel::ids::{PersonNo, RecordKey};

use crate::house::{House, Party};

/// A small generator, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    /// One of these, or none.
    fn any_of(&mut self, from: &[&'static str]) -> Option<&'static str> {
        let at = self.below(from.len() + 1);
        from.get(at).copied()
    }
}

/// A crowd of few names, phones and addresses: everything nearly joins everything.
async fn add_crowd(house: &House, dice: &mut Dice) {
    house.add_strangers().await;
    let names = ["王小伟", "王小纬", "王伟", "孙丽丽", "孙莉莉"];
    for at in 0..36 {
        let key = format!("C{at}");
        let filed = format!("20{:02}-01-01", 5 + dice.below(15));
        let party = Party {
            key: &key,
            store: 1 + i32::try_from(dice.below(2)).unwrap(),
            name: names[dice.below(names.len())],
            mobile: dice.any_of(&["13911112222", "13955556666", "13977771111", "13966662323"]),
            birth: dice.any_of(&["1980-03-04", "1980-03-14", "1985-11-02"]),
            address: dice.any_of(&["天津南开路8号", "天津海河路21号", "天津滨江道66号"]),
            filed: &filed,
            do_not_contact: dice.below(9) == 0,
            ..Party::default()
        };
        house.add(party).await;
    }
}

/// Decides an open pair, or takes a record out of a customer; false when there is nothing to do.
async fn step(house: &House, dice: &mut Dice) -> bool {
    let pool = house.app.db.worker_pool();
    let pairs: Vec<i64> =
        sqlx::query_scalar("SELECT pair_id FROM review_pair WHERE state = 'open' ORDER BY a_key, b_key")
            .fetch_all(pool)
            .await
            .unwrap();
    let crowds: Vec<(i32, Vec<i64>)> = sqlx::query_as(
        "SELECT person_no, array_agg(record_key ORDER BY record_key) FROM person_record
         GROUP BY person_no HAVING count(*) > 2 ORDER BY person_no",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let group = house.group();
    let done = match dice.below(3) {
        0 if !crowds.is_empty() => {
            let (no, keys) = &crowds[dice.below(crowds.len())];
            let leaving = RecordKey(keys[dice.below(keys.len())]);
            let no = PersonNo(u32::try_from(*no).unwrap());
            unmerge(&house.app, &group, no, &[leaving], "不是同一人").await.map(|_| ())
        }
        pick if !pairs.is_empty() => {
            let decision = if pick == 1 { Decision::Join } else { Decision::KeepApart };
            decide(&house.app, &group, pairs[dice.below(pairs.len())], decision, None).await
        }
        _ => return false,
    };
    match done {
        // A chain of joins may meet a cannot-link: refused, and nothing has happened.
        Ok(()) | Err(IdentityError::Contradicts { .. }) => true,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_decision_computes_is_what_a_full_run_computes() {
    for seed in 1..=2 {
        let house = House::new().await;
        let mut dice = Dice(seed);
        add_crowd(&house, &mut dice).await;
        house.unify().await;
        let mut decisions = 0;
        for at in 0..8 {
            if !step(&house, &mut dice).await {
                continue;
            }
            decisions += 1;
            let decided = house.snapshot().await;
            house.unify().await;
            let full = house.snapshot().await;
            for (ours, theirs) in decided.iter().zip(&full) {
                assert_eq!(ours, theirs, "seed {seed}, step {at}");
            }
        }
        assert!(decisions >= 6, "seed {seed}: only {decisions} decisions");
        let moved: i64 = sqlx::query_scalar("SELECT count(*) FROM identity_event WHERE by_user IS NOT NULL")
            .fetch_one(house.app.db.worker_pool())
            .await
            .unwrap();
        assert!(moved >= 3, "seed {seed}: decisions hardly moved anybody");
    }
}
