//! Insurance cycles of the truth: which policies the store placed, and the renewal
//! category of every expiry.

use crate::calendar::Day;
use crate::ids::PersonId;
use crate::lives::{Life, Origin};
use crate::org::{Renewal, Store};
use crate::params::Params;
use crate::rng::Stream;
use crate::service::Visit;

/// Renewal category at an expiry, with the code of the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    New = 1,
    FirstRenewal = 2,
    Continued = 3,
    Interrupted = 4,
    Potential = 5,
}

impl Category {
    pub(crate) fn zh(self) -> &'static str {
        ["", "新保", "新转续", "续转续", "间转续", "潜转续"][self as usize]
    }
}

/// One yearly cycle: the cover that starts at `start`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cycle {
    pub life: u32,
    /// First day of the cover; the previous one expired the day before.
    pub start: Day,
    pub category: Category,
    /// Serviced here in the twelve months before, not insured here.
    pub in_service: bool,
    pub issued: Option<Issued>,
}

/// A policy placed by the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issued {
    pub on: Day,
    pub owner: PersonId,
    pub insurer: usize,
    pub commercial_fen: i64,
    /// End of the compulsory cover when it differs from the commercial one.
    pub compulsory_ends: Day,
    pub commercial_ends: Day,
    pub times_here: u32,
}

/// Cycles of a car at this store, from its sale (or first visit) to `today` plus two months.
#[expect(clippy::too_many_arguments, reason = "the facts of one car's insurance, used in one place")]
pub(crate) fn cycles(
    seed: u64,
    store: &Store,
    index: u32,
    life: &Life,
    visits: &[Visit],
    p: &Params,
    factor: f64,
    today: Day,
) -> Vec<Cycle> {
    let mut s = Stream::new(seed, "insurance", u64::from(store.idx) << 40 | u64::from(life.vehicle.id.0));
    let i = &p.insurance;
    let sold_here = matches!(life.origin, Origin::Sold { .. });
    let mut start = if sold_here {
        life.vehicle.delivered
    } else {
        first_anniversary_after(life.vehicle.delivered, life.service.0)
    };
    let mut category = if sold_here { Category::New } else { Category::Potential };
    let end = [life.scrapped, if life.successor_stays { None } else { life.transfer }]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Day(i32::MAX));
    let mut times = 0;
    let mut out = Vec::new();
    // A cycle that starts within 60 days is already being worked on.
    while start < today.plus(60) && start < end {
        let in_service = category != Category::New
            && !matches!(category, Category::FirstRenewal | Category::Continued)
            && visits.iter().any(|v| v.on < start && v.on >= start.plus(-365));
        let store_class = store.renewal as usize;
        let chance = match category {
            Category::New => i.new_through_store[usize::from(store.renewal == Renewal::Weak)],
            Category::FirstRenewal => i.first_renewal[store_class],
            Category::Continued => i.later_renewal[store_class],
            Category::Interrupted => i.lapsed_renewal,
            Category::Potential => i.potential,
        };
        let chance = if in_service { chance.max(i.insured_elsewhere_in_service) } else { chance };
        // The calibration factor acts on the odds, so a rate never passes one.
        let chance = chance * factor / (1.0 - chance + chance * factor);
        let mut issued = None;
        if s.chance(chance) {
            times += 1;
            let on = issue_day(&mut s, i.issue_timing, start, category);
            issued = (on < today).then(|| issue(&mut s, life, start, on, times, p));
        }
        out.push(Cycle { life: index, start, category, in_service, issued });
        category = match (issued.is_some(), category) {
            (true, Category::New) => Category::FirstRenewal,
            (true, _) => Category::Continued,
            (false, Category::New | Category::Potential) => Category::Potential,
            (false, _) => Category::Interrupted,
        };
        start = start.plus_months(12);
    }
    out
}

fn first_anniversary_after(base: Day, on: Day) -> Day {
    let years = (on.year() - base.year()).max(0);
    let day = base.plus_months(years * 12);
    if day < on { base.plus_months(years * 12 + 12) } else { day }
}

fn issue_day(s: &mut Stream, timing: [f64; 4], start: Day, category: Category) -> Day {
    if category == Category::New {
        return start.plus(-s.range(0, 3));
    }
    match s.weighted(&timing) {
        0 => start.plus(-s.range(46, 60)),
        1 => start.plus(-s.range(31, 45)),
        2 => start.plus(-s.range(1, 30)),
        _ => start.plus(s.range(1, 25)),
    }
}

fn issue(s: &mut Stream, life: &Life, start: Day, on: Day, times: u32, p: &Params) -> Issued {
    let i = &p.insurance;
    let tier = life.vehicle.brand().tier as usize;
    let years = start.years_since(life.vehicle.delivered).round();
    let discount = (0.8 - 0.075 * (years - 1.0).max(0.0)).clamp(0.5, 1.0);
    let factor = if years < 1.0 { 1.0 } else { discount };
    let commercial = i.premium[tier] * s.log_normal(1.0, 0.2) * factor;
    let begins = start.max(on);
    let ends = begins.plus_months(12).plus(-1);
    let compulsory_ends = if s.chance(i.compulsory_differs) { ends.plus(s.range(-40, 40)) } else { ends };
    Issued {
        on,
        owner: life.owner_on(on),
        insurer: s.weighted(&i.insurers),
        commercial_fen: (commercial * 100.0).round() as i64,
        compulsory_ends,
        commercial_ends: ends,
        times_here: times,
    }
}
