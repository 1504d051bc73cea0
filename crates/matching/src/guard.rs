//! Guards: what forbids two clusters to become one, however strong a single edge between them is.

use serde::{Deserialize, Serialize};

use crate::PartyKind;
use crate::compare::{Field, Levels, birth, compare_births, id, names_compatible};
use crate::name::NameLevel;
use crate::near::digits_within_one;
use crate::record::{NameForm, Rec};

/// Why a merge was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// People said they are not one.
    CannotLink,
    /// Each side has a valid resident ID (or credit code) of its own.
    TwoIds,
    /// One is a person, the other a company.
    PersonAndCompany,
    /// No name on one side goes with a name on the other.
    Names,
    /// The two sides differ in gender.
    Gender,
    /// The two sides differ in date of birth.
    Birth,
    /// The evidence fits two different customers equally well.
    Ambiguous,
    /// Two records of one clean source (profiles that declare one record per source).
    SameSource,
}

impl Guard {
    /// Stable code for storage and screens.
    pub const fn code(self) -> &'static str {
        match self {
            Guard::CannotLink => "cannot_link",
            Guard::TwoIds => "two_ids",
            Guard::PersonAndCompany => "person_and_company",
            Guard::Names => "names",
            Guard::Gender => "gender",
            Guard::Birth => "birth",
            Guard::Ambiguous => "ambiguous",
            Guard::SameSource => "same_source",
        }
    }
}

/// The guards two clusters have to pass, in order.
pub(crate) fn refuse(left: &[&Rec], right: &[&Rec], levels: Levels) -> Option<Guard> {
    if two_ids(left, right) {
        return Some(Guard::TwoIds);
    }
    if levels.proves_identity() {
        return None;
    }
    if person_and_company(left, right) {
        return Some(Guard::PersonAndCompany);
    }
    if !some_names_go_together(left, right, levels) {
        return Some(Guard::Names);
    }
    if levels.of(Field::Id) == id::EXACT_WEAK {
        return None;
    }
    if genders_differ(left, right) {
        return Some(Guard::Gender);
    }
    births_differ(left, right).then_some(Guard::Birth)
}

fn two_ids(left: &[&Rec], right: &[&Rec]) -> bool {
    let ids =
        |side: &'_ [&Rec]| -> Vec<u64> { distinct(side, |rec| if rec.id_is_strong() { rec.id } else { 0 }) };
    let codes = |side: &'_ [&Rec]| -> Vec<u64> { distinct(side, |rec| rec.uscc) };
    let clash = |ours: &[u64], theirs: &[u64], near: fn(u64, u64) -> bool| {
        ours.iter().any(|&a| theirs.iter().any(|&b| a != b && !near(a, b)))
    };
    clash(&ids(left), &ids(right), digits_within_one) || clash(&codes(left), &codes(right), |_, _| false)
}

fn person_and_company(left: &[&Rec], right: &[&Rec]) -> bool {
    let any = |side: &[&Rec], kind: PartyKind| side.iter().any(|rec| rec.kind == kind);
    (any(left, PartyKind::Person) && any(right, PartyKind::Company))
        || (any(left, PartyKind::Company) && any(right, PartyKind::Person))
}

/// A cluster without any full name goes with whatever its surnames allow; nameless clusters go with everything.
/// Where a date of birth or part of a resident ID agrees too, the surname is enough: a given name was mistyped.
fn some_names_go_together(left: &[&Rec], right: &[&Rec], levels: Levels) -> bool {
    let mistyped = levels.of(Field::Name) == NameLevel::SameSurname as u8
        && (levels.of(Field::Birth) == birth::EXACT
            || matches!(levels.of(Field::Id), id::EXACT_WEAK | id::MASKED | id::NEAR));
    if mistyped {
        return true;
    }
    let named = |side: &[&Rec]| side.iter().any(|rec| rec.form != NameForm::Missing);
    if !named(left) || !named(right) {
        return true;
    }
    let full = |rec: &&&Rec| matches!(rec.form, NameForm::Full | NameForm::Latin | NameForm::Company);
    let names = |side: &[&Rec]| side.iter().filter(full).count() > 0;
    if names(left) && names(right) {
        return pairs(left, right).any(|(a, b)| full(&&a) && full(&&b) && names_compatible(a, b));
    }
    pairs(left, right)
        .any(|(a, b)| a.form != NameForm::Missing && b.form != NameForm::Missing && names_compatible(a, b))
}

fn genders_differ(left: &[&Rec], right: &[&Rec]) -> bool {
    let all = |side: &[&Rec]| side.iter().fold(0u8, |seen, rec| seen | rec.gender);
    matches!((all(left), all(right)), (1, 2) | (2, 1))
}

fn births_differ(left: &[&Rec], right: &[&Rec]) -> bool {
    let mut compared = false;
    for (a, b) in pairs(left, right) {
        match compare_births(a.birth, b.birth) {
            0 => {}
            birth::DIFFERENT => compared = true,
            _ => return false,
        }
    }
    compared
}

fn pairs<'a>(left: &'a [&'a Rec], right: &'a [&'a Rec]) -> impl Iterator<Item = (&'a Rec, &'a Rec)> {
    left.iter().flat_map(move |&a| right.iter().map(move |&b| (a, b)))
}

fn distinct(side: &[&Rec], value: impl Fn(&Rec) -> u64) -> Vec<u64> {
    let mut all = Vec::new();
    for this in side.iter().map(|rec| value(rec)).filter(|&value| value != 0) {
        if !all.contains(&this) {
            all.push(this);
        }
    }
    all
}
