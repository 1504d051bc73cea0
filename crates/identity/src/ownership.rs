//! Ownership periods of one vehicle out of what the sources say about its owner.
//!
//! Evidence is points and spans in time: a sale says "from this day", a repair order "on this day", a
//! transfer column "until this day". Owners follow one another; columns of an old system lag behind, so
//! a single late mention of a former owner does not bring him back.

use jiff::civil::Date;

/// One thing a source says about the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerEvidence {
    /// The person.
    pub owner: i32,
    /// First day it speaks of; unknown for a bare master-data row.
    pub from: Option<Date>,
    /// Last day, where the source says that the ownership ended.
    pub to: Option<Date>,
}

/// A period of ownership; an open end means "until today, as far as we know".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnershipPeriod {
    /// The person.
    pub owner: i32,
    /// First day known.
    pub from: Option<Date>,
    /// Day the next owner's evidence begins, or the end a source gave.
    pub to: Option<Date>,
}

/// Derives the periods, oldest first. The order of `said` does not matter.
pub fn ownership_periods(said: &[OwnerEvidence]) -> Vec<OwnershipPeriod> {
    let mut owners: Vec<Span> = Vec::new();
    for evidence in said {
        match owners.iter_mut().find(|span| span.owner == evidence.owner) {
            Some(span) => span.widen(evidence),
            None => owners.push(Span::of(evidence)),
        }
    }
    // Undated owners are only master data: where somebody is dated, they add a period of unknown time
    // before everybody else.
    owners.sort_by_key(|span| (span.from.is_some(), span.from, span.last, span.owner));
    let ends: Vec<Option<Date>> = (0..owners.len()).map(|at| end_of(&owners, at)).collect();
    owners
        .iter()
        .zip(ends)
        .map(|(span, to)| OwnershipPeriod { owner: span.owner, from: span.from, to })
        .collect()
}

#[derive(Debug, Clone, Copy)]
struct Span {
    owner: i32,
    from: Option<Date>,
    last: Option<Date>,
    ended: Option<Date>,
}

impl Span {
    fn of(evidence: &OwnerEvidence) -> Self {
        Span { owner: evidence.owner, from: evidence.from, last: evidence.from, ended: evidence.to }
    }

    fn widen(&mut self, evidence: &OwnerEvidence) {
        self.from = [self.from, evidence.from].into_iter().flatten().min();
        self.last = self.last.max(evidence.from);
        self.ended = self.ended.max(evidence.to);
    }
}

/// The next owner's first day ends a period, unless the source named an earlier end.
fn end_of(owners: &[Span], at: usize) -> Option<Date> {
    let next = owners[at + 1..].iter().find_map(|span| span.from);
    match (owners[at].ended, next) {
        (Some(ended), Some(next)) => Some(ended.min(next)),
        (ended, next) => ended.or(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn on(owner: i32, day: Option<Date>) -> OwnerEvidence {
        OwnerEvidence { owner, from: day, to: None }
    }

    fn period(owner: i32, from: Option<Date>, to: Option<Date>) -> OwnershipPeriod {
        OwnershipPeriod { owner, from, to }
    }

    #[track_caller]
    fn check(said: &[OwnerEvidence], expected: &[OwnershipPeriod]) {
        assert_eq!(ownership_periods(said), expected);
        let mut reversed = said.to_vec();
        reversed.reverse();
        assert_eq!(ownership_periods(&reversed), expected, "the order of evidence must not matter");
    }

    #[test]
    fn owners_follow_one_another() {
        let (sold, resold) = (date(2012, 5, 1), date(2017, 3, 9));
        check(&[], &[]);
        check(&[on(1, Some(sold))], &[period(1, Some(sold), None)]);
        check(
            &[on(1, Some(sold)), on(1, Some(date(2015, 2, 2))), on(2, Some(resold))],
            &[period(1, Some(sold), Some(resold)), period(2, Some(resold), None)],
        );
    }

    #[test]
    fn a_late_mention_of_the_former_owner_does_not_bring_him_back() {
        let (sold, resold) = (date(2012, 5, 1), date(2017, 3, 9));
        check(
            &[on(1, Some(sold)), on(2, Some(resold)), on(1, Some(date(2018, 1, 1)))],
            &[period(1, Some(sold), Some(resold)), period(2, Some(resold), None)],
        );
    }

    #[test]
    fn a_named_end_closes_the_period_and_an_undated_owner_comes_first() {
        let (sold, gone) = (date(2012, 5, 1), date(2016, 8, 1));
        let ended = OwnerEvidence { owner: 1, from: Some(sold), to: Some(gone) };
        check(&[ended], &[period(1, Some(sold), Some(gone))]);
        check(&[ended, on(7, None)], &[period(7, None, Some(sold)), period(1, Some(sold), Some(gone))]);
    }
}
