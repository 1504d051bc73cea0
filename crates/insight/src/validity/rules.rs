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

/// What a verdict says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All clauses hold.
    Valid,
    /// At least one clause is broken.
    Invalid,
    /// No clause is broken, but nobody knows whether the customer has a vehicle.
    Unknown,
}

impl State {
    /// Stable code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            State::Valid => "valid",
            State::Invalid => "invalid",
            State::Unknown => "unknown",
        }
    }

    /// The state with this code, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        [State::Valid, State::Invalid, State::Unknown].into_iter().find(|state| state.code() == code)
    }
}

/// Why a verdict is what it is. The first nine speak against the customer, the last five for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The customer asked to be forgotten.
    Erased,
    /// The customer is on the blacklist.
    Blacklisted,
    /// The record is one of the house itself: staff, store, test.
    Internal,
    /// There is no phone number and no live binding at all.
    NoContact,
    /// There are phone numbers, but none that reaches the customer.
    ContactDead,
    /// All vehicles were transferred or scrapped.
    VehicleGone,
    /// The scope has no evidence about the customer at all.
    NoEvidence,
    /// There is evidence in the scope, but all of it is too old.
    OutOfLookback,
    /// Nothing says whether the customer owns or uses a vehicle.
    RelationUnknown,
    /// A repair order within the look-back.
    RepairRecent,
    /// A purchase within the look-back.
    PurchaseRecent,
    /// A policy or package that still runs.
    CoverRunning,
    /// A message, lead or deal within the look-back.
    InteractionRecent,
    /// No vehicle yet, but an open prospect.
    ProspectOpen,
}

impl Reason {
    /// All reasons in the order in which they are listed.
    pub const ALL: [Reason; 14] = [
        Reason::Erased,
        Reason::Blacklisted,
        Reason::Internal,
        Reason::NoContact,
        Reason::ContactDead,
        Reason::VehicleGone,
        Reason::NoEvidence,
        Reason::OutOfLookback,
        Reason::RelationUnknown,
        Reason::RepairRecent,
        Reason::PurchaseRecent,
        Reason::CoverRunning,
        Reason::InteractionRecent,
        Reason::ProspectOpen,
    ];

    /// Stable code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Erased => "erased",
            Reason::Blacklisted => "blacklisted",
            Reason::Internal => "internal",
            Reason::NoContact => "no_contact",
            Reason::ContactDead => "contact_dead",
            Reason::VehicleGone => "vehicle_gone",
            Reason::NoEvidence => "no_evidence",
            Reason::OutOfLookback => "out_of_lookback",
            Reason::RelationUnknown => "relation_unknown",
            Reason::RepairRecent => "repair_recent",
            Reason::PurchaseRecent => "purchase_recent",
            Reason::CoverRunning => "cover_running",
            Reason::InteractionRecent => "interaction_recent",
            Reason::ProspectOpen => "prospect_open",
        }
    }

    /// What a store manager reads.
    pub fn zh(self) -> &'static str {
        match self {
            Reason::Erased => "客户已要求删除",
            Reason::Blacklisted => "黑名单客户",
            Reason::Internal => "内部记录(员工、门店或测试)",
            Reason::NoContact => "没有任何联系方式",
            Reason::ContactDead => "联系方式均不可用",
            Reason::VehicleGone => "车辆已全部过户或报废",
            Reason::NoEvidence => "本范围内没有任何往来",
            Reason::OutOfLookback => "最近往来已超出回溯期",
            Reason::RelationUnknown => "无法判断是否仍有车",
            Reason::RepairRecent => "回溯期内有维修保养",
            Reason::PurchaseRecent => "回溯期内有购车",
            Reason::CoverRunning => "保单或套餐未到期",
            Reason::InteractionRecent => "近期有主动联系",
            Reason::ProspectOpen => "意向跟进中",
        }
    }

    /// The same in English.
    pub fn en(self) -> &'static str {
        match self {
            Reason::Erased => "Asked to be erased",
            Reason::Blacklisted => "Blacklisted",
            Reason::Internal => "Internal record (staff, store or test)",
            Reason::NoContact => "No contact point at all",
            Reason::ContactDead => "No contact point that works",
            Reason::VehicleGone => "All vehicles transferred or scrapped",
            Reason::NoEvidence => "No dealings within this scope",
            Reason::OutOfLookback => "Last dealings are too long ago",
            Reason::RelationUnknown => "Unknown whether there still is a vehicle",
            Reason::RepairRecent => "Repair order within the look-back",
            Reason::PurchaseRecent => "Purchase within the look-back",
            Reason::CoverRunning => "Policy or package still running",
            Reason::InteractionRecent => "Got in touch recently",
            Reason::ProspectOpen => "Open prospect",
        }
    }

    /// The reason with this code, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        Reason::ALL.into_iter().find(|reason| reason.code() == code)
    }
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
        Relation::Undecided => Verdict { state: State::Unknown, reasons: vec![Reason::RelationUnknown], facts },
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
