//! What a verdict may say and why, with the words people read.

use serde::{Deserialize, Serialize};

/// What a verdict says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
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
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
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
