//! Every merge can be explained, and the explanation is the calculation.

use matching::{
    Fate, Guard, HashKey, IdInput, Incremental, PartyInput, PartyKind, PhoneInput, RecordKey,
    VehicleSighting, WhyNot, why,
};

use crate::dealer_file;
use crate::quality::link;

#[test]
fn the_waterfall_adds_up_to_the_weight_of_every_edge() {
    let inputs: Vec<PartyInput> = dealer_file(4_000, 21).into_iter().map(|row| row.input).collect();
    let (records, out) = link(&inputs);
    let mut checked = 0;
    for edge in out.edges.iter().step_by(7) {
        let find = |at: u32| inputs.iter().find(|input| input.key == records.key_at(at)).expect("pushed");
        let waterfall = why(&out.model, HashKey::default(), find(edge.a), find(edge.b)).expect("same key");
        assert_eq!(waterfall.total, edge.weight);
        assert_eq!(waterfall.met_by.first(), Some(&edge.rule));
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn every_customer_of_several_records_has_a_complete_story() {
    let inputs: Vec<PartyInput> = dealer_file(4_000, 22).into_iter().map(|row| row.input).collect();
    let (records, out) = link(&inputs);
    for members in out.clusters.iter().filter(|members| members.len() > 1) {
        let story = out.how(&records, members[0]);
        assert_eq!(story.len(), members.len() - 1, "a tree has one edge less than records");
        let last = story.last().expect("at least one step");
        assert_eq!(last.left.len() + last.right.len(), members.len());
        assert!(story.windows(2).all(|steps| steps[0].weight >= steps[1].weight));
        assert!(story.iter().all(|step| step.passed.contains(&Guard::TwoIds)));
    }
}

fn person(key: i64, name: &str, phone: &str) -> PartyInput {
    let mut input = PartyInput::new(RecordKey(key));
    input.kind = PartyKind::Person;
    input.name = name.into();
    let mut symbols = name.chars();
    input.surname = symbols.next().map(String::from).unwrap_or_default();
    input.given = symbols.collect();
    input.phones = vec![PhoneInput { digits: phone.into(), stop: false }];
    input
}

/// A live index over a trained population plus some people of interest.
fn index(people: &[PartyInput]) -> Incremental {
    let inputs: Vec<PartyInput> = dealer_file(3_000, 23).into_iter().map(|row| row.input).collect();
    let (_, out) = link(&inputs);
    let mut index = Incremental::new(out.model, HashKey::default()).expect("same key");
    people.iter().for_each(|input| {
        index.upsert(input);
    });
    index
}

#[test]
fn why_not_names_the_guard_or_what_is_missing() {
    let id = |number: &str| Some(IdInput { number: number.into(), strong: true });
    let mut father = person(1, "王建国", "13900000001");
    father.id = id("000001195501010019");
    let mut son = person(2, "王建国", "13900000001");
    son.id = id("000001198501010035");
    let wife = person(3, "李秀英", "13900000001");
    let stranger = person(4, "赵小龙", "13700000009");
    let index = index(&[father, son, wife, stranger]);
    let guard = |a, b| match index.why_not(RecordKey(a), RecordKey(b)).expect("both known") {
        WhyNot::Guarded { guard, .. } => Some(guard),
        _ => None,
    };
    assert_eq!(guard(1, 2), Some(Guard::TwoIds));
    assert_eq!(guard(1, 3), Some(Guard::Names));
    assert_eq!(index.why_not(RecordKey(1), RecordKey(4)), Some(WhyNot::NothingInCommon));
    assert_eq!(index.why_not(RecordKey(1), RecordKey(1)), Some(WhyNot::SameCustomer));
    assert_eq!(index.why_not(RecordKey(1), RecordKey(99)), None);
}

#[test]
fn taking_out_a_bridge_shows_what_else_falls_apart() {
    let car = |vin: &str| VehicleSighting { vin: vin.into(), ..VehicleSighting::default() };
    let left = person(1, "诸葛晓燕", "13900000001");
    let mut bridge = person(2, "诸葛晓燕", "13900000001");
    let mut right = person(3, "诸葛晓燕", "13700000002");
    bridge.vehicles = vec![car("LFV0000011234567A")];
    right.vehicles = bridge.vehicles.clone();
    let mut index = index(&[left, bridge, right]);
    assert_eq!(index.cluster_of(RecordKey(1)).map(|all| all.len()), Some(3));
    let preview = index.preview_unmerge(&[RecordKey(2)]).expect("nothing said").expect("of one customer");
    assert_eq!(preview.leaves, [RecordKey(2)]);
    assert_eq!(preview.remains, [vec![RecordKey(1)], vec![RecordKey(3)]]);
    for (a, b) in preview.pairs {
        index.forbid(a, b).expect("nothing said against it");
    }
    assert_eq!(index.cluster_of(RecordKey(2)), Some(vec![RecordKey(2)]));
    assert!(
        index.edges_of(RecordKey(2)).iter().all(|(_, _, edge)| edge.fate == Fate::Refused(Guard::CannotLink))
    );
}
