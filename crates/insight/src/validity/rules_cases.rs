//! The trade's default rule for valid customers, clause by clause.

use super::*;
use jiff::civil::date;

const TODAY: Date = date(2022, 6, 30);

fn rule() -> Rule {
    Rule { version: 1, thresholds: Thresholds::default() }
}

fn fact(on: Date) -> Option<Fact> {
    Some(Fact { on, record_key: RecordKey(7), store: Some(StoreId(1)) })
}

/// An owner with a phone of his own who had his car serviced last month.
fn owner() -> Evidence {
    Evidence {
        standing: Standing { phones_usable: 1, vehicles_kept: 1, ..Standing::default() },
        dealings: Dealings { repair: fact(date(2022, 5, 30)), ..Dealings::default() },
    }
}

fn with(change: impl FnOnce(&mut Standing, &mut Dealings)) -> Evidence {
    let mut evidence = owner();
    change(&mut evidence.standing, &mut evidence.dealings);
    evidence
}

fn check(cases: &[(&str, Evidence, State, &[Reason])]) {
    for (story, evidence, state, reasons) in cases {
        let verdict = verdict(evidence, &rule(), TODAY);
        assert_eq!((verdict.state, verdict.reasons.as_slice()), (*state, *reasons), "{story}");
    }
}

#[test]
fn a_contact_point_must_reach_the_customer() {
    use Reason::*;
    check(&[
        ("a number of his own", owner(), State::Valid, &[RepairRecent]),
        ("no number at all", with(|s, _| s.phones_usable = 0), State::Invalid, &[NoContact]),
        (
            "only the store's number and a placeholder",
            with(|s, _| (s.phones_usable, s.phones_unusable) = (0, 2)),
            State::Invalid,
            &[ContactDead],
        ),
        (
            "one dead number beside a good one",
            with(|s, _| s.phones_unusable = 1),
            State::Valid,
            &[RepairRecent],
        ),
        (
            "no number, but a WeCom friend",
            with(|s, _| (s.phones_usable, s.binding_live) = (0, true)),
            State::Valid,
            &[RepairRecent],
        ),
        (
            "asked not to be contacted: silent, but a customer",
            with(|s, _| s.do_not_contact = true),
            State::Valid,
            &[RepairRecent],
        ),
    ]);
}

#[test]
fn the_relation_must_be_alive() {
    use Reason::*;
    let no_car = |s: &mut Standing| s.vehicles_kept = 0;
    check(&[
        (
            "sold his only car",
            with(|s, _| (s.vehicles_kept, s.vehicles_gone) = (0, 1)),
            State::Invalid,
            &[VehicleGone],
        ),
        ("sold one car, keeps another", with(|s, _| s.vehicles_gone = 1), State::Valid, &[RepairRecent]),
        ("nobody knows of a car", with(|s, _| no_car(s)), State::Unknown, &[RelationUnknown]),
        (
            "no car, asked for one 180 days ago",
            with(|s, d| {
                no_car(s);
                s.prospect_on = Some(date(2022, 1, 1));
                s.was_prospect = true;
                *d = Dealings { interaction: fact(date(2022, 1, 1)), ..Dealings::default() };
            }),
            State::Valid,
            &[InteractionRecent, ProspectOpen],
        ),
        (
            "no car, asked for one 181 days ago",
            with(|s, d| {
                no_car(s);
                s.prospect_on = Some(date(2021, 12, 31));
                s.was_prospect = true;
                *d = Dealings { interaction: fact(date(2021, 12, 31)), ..Dealings::default() };
            }),
            State::Invalid,
            &[OutOfLookback],
        ),
        (
            "sold his car and asks for the next one",
            with(|s, _| {
                (s.vehicles_kept, s.vehicles_gone) = (0, 1);
                s.prospect_on = Some(date(2022, 6, 1));
            }),
            State::Valid,
            &[RepairRecent, ProspectOpen],
        ),
    ]);
}

#[test]
fn evidence_must_lie_within_the_look_back() {
    use Reason::*;
    let only = |dealings: Dealings| with(|_, d| *d = dealings);
    let none = Dealings::default();
    check(&[
        ("nothing in this scope", only(none), State::Invalid, &[NoEvidence]),
        (
            "repair order 24 months ago to the day",
            only(Dealings { repair: fact(date(2020, 6, 30)), ..none }),
            State::Valid,
            &[RepairRecent],
        ),
        (
            "repair order one day earlier",
            only(Dealings { repair: fact(date(2020, 6, 29)), ..none }),
            State::Invalid,
            &[OutOfLookback],
        ),
        (
            "purchase 36 months ago to the day",
            only(Dealings { purchase: fact(date(2019, 6, 30)), ..none }),
            State::Valid,
            &[PurchaseRecent],
        ),
        (
            "purchase one day earlier",
            only(Dealings { purchase: fact(date(2019, 6, 29)), ..none }),
            State::Invalid,
            &[OutOfLookback],
        ),
        (
            "policy that ends today",
            only(Dealings { cover: fact(TODAY), ..none }),
            State::Valid,
            &[CoverRunning],
        ),
        (
            "policy that ended yesterday",
            only(Dealings { cover: fact(date(2022, 6, 29)), ..none }),
            State::Invalid,
            &[OutOfLookback],
        ),
        (
            "message 12 months ago to the day",
            only(Dealings { interaction: fact(date(2021, 6, 30)), ..none }),
            State::Valid,
            &[InteractionRecent],
        ),
        (
            "message one day earlier",
            only(Dealings { interaction: fact(date(2021, 6, 29)), ..none }),
            State::Invalid,
            &[OutOfLookback],
        ),
        (
            "old repair, running policy: one living kind is enough",
            only(Dealings { repair: fact(date(2015, 1, 1)), cover: fact(date(2022, 12, 1)), ..none }),
            State::Valid,
            &[CoverRunning],
        ),
        (
            "a repair order of tomorrow says nothing about today",
            only(Dealings { repair: fact(date(2022, 7, 1)), ..none }),
            State::Invalid,
            &[OutOfLookback],
        ),
    ]);
}

#[test]
fn the_house_itself_and_those_who_left_are_never_valid() {
    use Reason::*;
    check(&[
        ("staff", with(|s, _| s.internal = true), State::Invalid, &[Internal]),
        ("erased", with(|s, _| s.erased = true), State::Invalid, &[Erased]),
        ("blacklisted", with(|s, _| s.blacklisted = true), State::Invalid, &[Blacklisted]),
        (
            "all reasons are told, not only the first",
            with(|s, d| {
                *s = Standing { internal: true, vehicles_gone: 1, ..Standing::default() };
                *d = Dealings::default();
            }),
            State::Invalid,
            &[Internal, NoContact, VehicleGone, NoEvidence],
        ),
        (
            "a broken clause outweighs an undecided one",
            with(|s, _| (s.vehicles_kept, s.phones_usable) = (0, 0)),
            State::Invalid,
            &[NoContact],
        ),
    ]);
}

#[test]
fn invalid_at_a_valid_at_b_valid_for_the_group() {
    let a = Dealings { purchase: fact(date(2016, 3, 1)), ..Dealings::default() };
    let b = Dealings { repair: fact(date(2022, 2, 1)), ..Dealings::default() };
    let judge = |dealings| verdict(&Evidence { dealings, ..owner() }, &rule(), TODAY);
    assert_eq!(judge(a).reasons, [Reason::OutOfLookback]);
    assert_eq!(judge(b).state, State::Valid);
    let group = judge(a.union(b));
    assert_eq!(group.state, State::Valid);
    assert_eq!(group.facts.len(), 2, "the group rests on the facts of both stores");
}

#[test]
fn a_strict_brand_forgets_sooner() {
    let strict = Rule { version: 2, thresholds: Thresholds { repair_months: 6, ..Thresholds::default() } };
    let evidence = with(|_, d| d.repair = fact(date(2021, 10, 1)));
    assert_eq!(verdict(&evidence, &rule(), TODAY).state, State::Valid);
    assert_eq!(verdict(&evidence, &strict, TODAY).reasons, [Reason::OutOfLookback]);
}

#[test]
fn a_short_month_does_not_lose_a_day() {
    // 29 February 2024 minus 12 months is 28 February 2023, and that day still counts.
    let evidence = with(|_, d| *d = Dealings { interaction: fact(date(2023, 2, 28)), ..Dealings::default() });
    assert_eq!(verdict(&evidence, &rule(), date(2024, 2, 29)).state, State::Valid);
}

#[test]
fn every_reason_has_a_code_that_parses_back() {
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.code()), Some(reason));
        assert!(!reason.zh().is_empty() && !reason.en().is_empty());
    }
}
