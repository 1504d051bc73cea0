//! Workshop visits of the truth.

use crate::calendar::Day;
use crate::ids::PersonId;
use crate::lives::{Life, Origin};
use crate::params::Params;
use crate::rng::Stream;

/// Why the car came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VisitKind {
    First,
    Periodic,
    General,
    Accident,
    Warranty,
    Internal,
    Recall,
}

impl VisitKind {
    pub(crate) fn zh(self) -> &'static str {
        match self {
            VisitKind::First => "首次保养",
            VisitKind::Periodic => "定期保养",
            VisitKind::General => "一般维修",
            VisitKind::Accident => "事故维修",
            VisitKind::Warranty => "索赔",
            VisitKind::Internal => "PDI",
            VisitKind::Recall => "召回活动",
        }
    }

    pub(crate) fn is_maintenance(self) -> bool {
        matches!(self, VisitKind::First | VisitKind::Periodic)
    }
}

/// One repair order of the truth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    /// Index of the car in the store's list of lives.
    pub life: u32,
    pub on: Day,
    /// Minute of the day of opening, and minutes until settlement.
    pub minute: u16,
    pub lasts: u16,
    pub kind: VisitKind,
    pub km: i32,
    pub owner: PersonId,
    /// Set when somebody else brought the car.
    pub deliverer: Option<PersonId>,
    pub labour_fen: i64,
    pub parts_fen: i64,
    /// Next maintenance advised at a maintenance visit.
    pub next: Option<(Day, i32)>,
    /// Order of this visit among the visits of the car at this store.
    pub nth: u16,
}

/// Visits of a car at this store up to `today`, in time order.
pub(crate) fn visits(
    seed: u64,
    store: usize,
    index: u32,
    life: &Life,
    p: &Params,
    factor: f64,
    today: Day,
) -> Vec<Visit> {
    let mut s = Stream::new(seed, "visits", (store as u64) << 40 | u64::from(life.vehicle.id.0));
    let tier = life.vehicle.brand().tier as usize;
    let sold = life.vehicle.delivered;
    let first_due = p.service.interval_months[tier].min(8) * 15;
    let mut out: Vec<Visit> = Vec::new();
    let mut day = match life.origin {
        Origin::Sold { .. } => {
            if life.service.1.0 - sold.0 < 40 {
                return out;
            }
            let wait = f64::from(first_due) + lateness(&mut s, p);
            sold.plus((wait as i32).min((life.service.1.0 - sold.0 - 1).max(30)))
        }
        _ => life.service.0,
    };
    let end = life.service.1.min(today);
    while day < end && out.len() < 200 {
        let age = day.years_since(sold);
        let rate = if age < 3.0 { p.service.visits_in_warranty[tier] } else { p.service.visits_later[tier] }
            * factor;
        let rate = if life.vehicle.km_per_year > 40_000.0 { rate * 1.6 } else { rate };
        let first = out.is_empty() && matches!(life.origin, Origin::Sold { .. }) && age < 1.0;
        let kind = kind(&mut s, p, first, age);
        let owner = life.owner_on(day);
        out.push(visit(&mut s, index, life, day, kind, owner, p, out.len() as u16));
        let gap = s.log_normal(365.25 / rate, 0.35) + (lateness(&mut s, p) - p.service.lateness_mean) * 0.5;
        day = day.plus((gap as i32).max(3));
    }
    out
}

/// Days after the due date; negative for the few who come early.
fn lateness(s: &mut Stream, p: &Params) -> f64 {
    if s.chance(p.service.early) {
        -s.between(1.0, 20.0)
    } else {
        // Gamma of shape 2: the sum of two exponentials.
        s.exponential(p.service.lateness_mean / 2.0) + s.exponential(p.service.lateness_mean / 2.0)
    }
}

fn kind(s: &mut Stream, p: &Params, first: bool, age: f64) -> VisitKind {
    if first {
        return VisitKind::First;
    }
    let k = &p.service.kinds;
    let warranty = if age < 3.0 { k[3] * 1.8 } else { k[3] * 0.2 };
    match s.weighted(&[k[0], k[1], k[2], warranty, k[4], k[5]]) {
        0 => VisitKind::Periodic,
        1 => VisitKind::General,
        2 => VisitKind::Accident,
        3 => VisitKind::Warranty,
        4 => VisitKind::Internal,
        _ => VisitKind::Recall,
    }
}

#[expect(clippy::too_many_arguments, reason = "the facts of one visit, used in one place")]
fn visit(
    s: &mut Stream,
    index: u32,
    life: &Life,
    on: Day,
    kind: VisitKind,
    owner: PersonId,
    p: &Params,
    nth: u16,
) -> Visit {
    let tier = life.vehicle.brand().tier as usize;
    let t = &p.service;
    let ticket = match kind {
        VisitKind::First | VisitKind::Internal | VisitKind::Recall => 0.0,
        VisitKind::Periodic => s.log_normal_median(t.ticket_maintenance[tier], 0.6),
        VisitKind::General | VisitKind::Warranty => s.log_normal_median(t.ticket_repair[tier], 0.7),
        VisitKind::Accident => s.log_normal_median(t.ticket_accident[tier], 0.9),
    };
    let trend = (1.0 + t.ticket_trend).powi(on.year() - 2021);
    let total = (ticket * trend * 100.0).round();
    let labour = (total * s.between(0.25, 0.45)).round() as i64;
    let deliverer = life.deliverer.filter(|_| s.chance(p.dirt.deliverer_brings));
    let deliverer = if owner == life.owner { deliverer } else { None };
    let km = life.vehicle.km_on(on);
    let next =
        kind.is_maintenance().then(|| (on.plus_months(t.interval_months[tier]), km + t.interval_km[tier]));
    let peak = s.chance(0.35);
    let minute = if peak { 540 + s.below(120) } else { 500 + s.below(560) };
    Visit {
        life: index,
        on,
        minute: minute as u16,
        lasts: match kind {
            VisitKind::Accident => 600 + s.below(9000),
            VisitKind::General | VisitKind::Warranty => 90 + s.below(1200),
            _ => 45 + s.below(160),
        } as u16,
        kind,
        km,
        owner,
        deliverer,
        labour_fen: labour,
        parts_fen: total as i64 - labour,
        next,
        nth,
    }
}
