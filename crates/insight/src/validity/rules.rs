//! When is a customer valid (有效客户)? The trade's default rule, as a pure function.
//!
//! A verdict is a relation between a customer and a scope, never a property of the customer: the
//! same person may be invalid at store A and valid at store B. A customer is *valid* when all four
//! clauses hold, *invalid* when one of them is broken, *unknown* when none is broken but the
//! relation to a vehicle cannot be decided.

use jiff::ToSpan;
use jiff::civil::Date;
use kernel::ids::{RecordKey, StoreId};
use serde::{Deserialize, Serialize};

pub use super::reasons::{Reason, State};

/// How far back evidence counts. All bounds are inclusive: a visit exactly 24 months ago counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// A repair order keeps a customer valid for so many months.
    pub repair_months: u16,
    /// A purchase keeps a customer valid for so many months.
    pub purchase_months: u16,
    /// A message, a lead or a deal from the customer's side keeps him valid for so many months.
    pub interaction_months: u16,
    /// A lead counts as an open prospect for so many days.
    pub prospect_days: u16,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { repair_months: 24, purchase_months: 36, interaction_months: 12, prospect_days: 180 }
    }
}

/// The rule one scope is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Version of the rule set the thresholds come from; kept with every verdict.
    pub version: i32,
    /// The thresholds that apply in the scope.
    pub thresholds: Thresholds,
}

/// What is known of a customer whatever the scope: clauses (a), (b) and (d).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Well-formed numbers that are the customer's or his household's.
    pub phones_usable: u32,
    /// Placeholders, numbers of stores and switchboards, numbers marked dead.
    pub phones_unusable: u32,
    /// A live WeCom or mini-program binding.
    pub binding_live: bool,
    /// Vehicles owned or used today.
    pub vehicles_kept: u32,
    /// Vehicles once owned or used, since transferred or scrapped.
    pub vehicles_gone: u32,
    /// Day of the newest lead that is still open.
    pub prospect_on: Option<Date>,
    /// Whether there ever was a lead.
    pub was_prospect: bool,
    /// A record of the house itself.
    pub internal: bool,
    /// On the blacklist.
    pub blacklisted: bool,
    /// Asked to be forgotten.
    pub erased: bool,
    /// Asked not to be contacted. It does *not* make a customer invalid: he is still a customer,
    /// only a silent one.
    pub do_not_contact: bool,
}

/// One thing that happened, with the row that proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// Day it happened; for cover, the last day it runs.
    pub on: Date,
    /// The record that proves it.
    pub record_key: RecordKey,
    /// Where; none for sources of the whole group.
    pub store: Option<StoreId>,
}

/// The newest facts within one scope: clause (c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dealings {
    /// Newest repair order.
    pub repair: Option<Fact>,
    /// Newest purchase.
    pub purchase: Option<Fact>,
    /// Policy or package that runs longest; `on` is its last day.
    pub cover: Option<Fact>,
    /// Newest message, lead or deal from the customer's side.
    pub interaction: Option<Fact>,
}

impl Dealings {
    /// The union of two scopes' dealings: of each kind the newest. This is what makes a customer
    /// valid for the group although he is invalid at one of its stores.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            repair: self.repair.max(other.repair),
            purchase: self.purchase.max(other.purchase),
            cover: self.cover.max(other.cover),
            interaction: self.interaction.max(other.interaction),
        }
    }

    /// Whether the scope knows of nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Everything a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// What is known whatever the scope.
    pub standing: Standing,
    /// What happened within the scope.
    pub dealings: Dealings,
}

/// A verdict with its reasons and the facts it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Valid, invalid or unknown.
    pub state: State,
    /// Why, in the order of [`Reason::ALL`], never empty.
    pub reasons: Vec<Reason>,
    /// The newest fact of each kind, and what it says.
    pub facts: Vec<(Reason, Fact)>,
}

/// Judges a customer in one scope on one day.
pub fn verdict(evidence: &Evidence, rule: &Rule, as_of: Date) -> Verdict {
    let Evidence { standing, dealings } = evidence;
    let thresholds = &rule.thresholds;

    let relation = relation(standing, thresholds, as_of);
    let alive = alive_dealings(dealings, thresholds, as_of);

    let mut against = standing_reasons(standing);
    against.extend(contact_reason(standing));
    if let Relation::Ended(reason) = relation {
        against.push(reason);
    }
    if alive.is_empty() {
        against.push(if dealings.is_empty() { Reason::NoEvidence } else { Reason::OutOfLookback });
    }
    against.sort_unstable();
    against.dedup();

    let facts = all_dealings(dealings);
    if !against.is_empty() {
        return Verdict { state: State::Invalid, reasons: against, facts };
    }
    match relation {
        Relation::Undecided => {
            Verdict { state: State::Unknown, reasons: vec![Reason::RelationUnknown], facts }
        }
        Relation::Prospect => {
            let reasons = alive.into_iter().chain([Reason::ProspectOpen]).collect();
            Verdict { state: State::Valid, reasons, facts }
        }
        Relation::Keeper | Relation::Ended(_) => Verdict { state: State::Valid, reasons: alive, facts },
    }
}

/// Clause (d): erased, blacklisted and internal records are never valid.
fn standing_reasons(standing: &Standing) -> Vec<Reason> {
    [
        (standing.erased, Reason::Erased),
        (standing.blacklisted, Reason::Blacklisted),
        (standing.internal, Reason::Internal),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// Clause (a): at least one contact point that reaches the customer.
fn contact_reason(standing: &Standing) -> Option<Reason> {
    if standing.phones_usable > 0 || standing.binding_live {
        None
    } else if standing.phones_unusable > 0 {
        Some(Reason::ContactDead)
    } else {
        Some(Reason::NoContact)
    }
}

enum Relation {
    /// Owns or uses a vehicle.
    Keeper,
    /// Has none, but asks for one.
    Prospect,
    /// Had one, or asked for one, and no more.
    Ended(Reason),
    /// Nobody knows.
    Undecided,
}

/// Clause (b): owns or uses a vehicle, or is an open prospect.
fn relation(standing: &Standing, thresholds: &Thresholds, as_of: Date) -> Relation {
    let prospect_since = as_of.saturating_sub(i32::from(thresholds.prospect_days).days());
    if standing.vehicles_kept > 0 {
        Relation::Keeper
    } else if standing.prospect_on.is_some_and(|on| on >= prospect_since && on <= as_of) {
        Relation::Prospect
    } else if standing.vehicles_gone > 0 {
        Relation::Ended(Reason::VehicleGone)
    } else if standing.was_prospect {
        Relation::Ended(Reason::OutOfLookback)
    } else {
        Relation::Undecided
    }
}

/// Clause (c): the kinds of dealings that are still within their look-back.
fn alive_dealings(dealings: &Dealings, thresholds: &Thresholds, as_of: Date) -> Vec<Reason> {
    let within = |fact: Option<Fact>, months: u16| {
        let since = as_of.saturating_sub(i32::from(months).months());
        fact.is_some_and(|fact| fact.on >= since && fact.on <= as_of)
    };
    [
        (within(dealings.repair, thresholds.repair_months), Reason::RepairRecent),
        (within(dealings.purchase, thresholds.purchase_months), Reason::PurchaseRecent),
        (dealings.cover.is_some_and(|cover| cover.on >= as_of), Reason::CoverRunning),
        (within(dealings.interaction, thresholds.interaction_months), Reason::InteractionRecent),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

fn all_dealings(dealings: &Dealings) -> Vec<(Reason, Fact)> {
    [
        (Reason::RepairRecent, dealings.repair),
        (Reason::PurchaseRecent, dealings.purchase),
        (Reason::CoverRunning, dealings.cover),
        (Reason::InteractionRecent, dealings.interaction),
    ]
    .into_iter()
    .filter_map(|(kind, fact)| fact.map(|fact| (kind, fact)))
    .collect()
}

#[cfg(test)]
#[path = "rules_cases.rs"]
mod cases;
