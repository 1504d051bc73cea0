//! What a customer allowed, decided from what his records say.
//!
//! Statements are kept for each source record and never for a person. Merging two records therefore
//! changes no statement: the person's consent is computed from all his records, the most restrictive
//! one wins, and an un-merge gives each side its own back without anybody having to remember it.

use jiff::Timestamp;
use kernel::ids::RecordKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a customer said about one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Nobody asked, or nobody wrote it down.
    Unknown,
    /// He agreed.
    Given,
    /// He said no, or took his word back.
    Withdrawn,
}

impl Consent {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Consent::Unknown => "unknown",
            Consent::Given => "given",
            Consent::Withdrawn => "withdrawn",
        }
    }
}

/// The law a purpose stands on (PIPL Art. 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Only with consent.
    Consent,
    /// Needed to fulfil a contract: allowed unless refused.
    Contract,
    /// Demanded by law: allowed whatever was said.
    LegalDuty,
}

impl Basis {
    /// The basis with this code, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "consent" => Some(Basis::Consent),
            "contract" => Some(Basis::Contract),
            "legal_duty" => Some(Basis::LegalDuty),
            _ => None,
        }
    }
}

/// One statement: a record's customer said yes or no at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The record it belongs to.
    pub record_key: RecordKey,
    /// True for yes.
    pub given: bool,
    /// When.
    pub at: Timestamp,
}

/// The consent of a person for one purpose, out of the statements of all his records.
///
/// Of one record the newest statement holds, since a customer may change his mind; of several records
/// the most restrictive holds, since a merge may be wrong and must never make a no into a yes. A record
/// without a statement does not speak: it neither gives nor takes.
pub fn most_restrictive(statements: &[Statement]) -> Consent {
    let newest = |statement: &&Statement| {
        !statements.iter().any(|other| other.record_key == statement.record_key && later(other, statement))
    };
    let holding = statements.iter().filter(newest);
    holding
        .map(|s| if s.given { Consent::Given } else { Consent::Withdrawn })
        .max()
        .unwrap_or(Consent::Unknown)
}

/// Of two statements of the same moment the no counts as the later one.
fn later(a: &Statement, b: &Statement) -> bool {
    (a.at, !a.given) > (b.at, !b.given)
}

/// Whether the purpose may be pursued. Do-not-contact silences everything that stands on consent
/// (consumer law Art. 29), but not the service order the customer himself placed.
pub fn is_allowed(basis: Basis, consent: Consent, do_not_contact: bool) -> bool {
    match basis {
        Basis::Consent => consent == Consent::Given && !do_not_contact,
        Basis::Contract => consent != Consent::Withdrawn,
        Basis::LegalDuty => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(record: i64, given: bool, day: i64) -> Statement {
        let at = Timestamp::from_second(day * 86_400).unwrap();
        Statement { record_key: RecordKey(record), given, at }
    }

    #[test]
    fn the_most_restrictive_statement_of_a_merged_person_holds() {
        use Consent::*;
        let (yes, no) = (true, false);
        for (story, statements, consent) in [
            ("nobody asked", vec![], Unknown),
            ("one yes", vec![said(1, yes, 1)], Given),
            ("yes, then no", vec![said(1, yes, 1), said(1, no, 2)], Withdrawn),
            ("no, then yes, on one record", vec![said(1, no, 1), said(1, yes, 2)], Given),
            ("yes at one record, no at another", vec![said(1, yes, 9), said(2, no, 1)], Withdrawn),
            ("yes at both", vec![said(1, yes, 1), said(2, yes, 2)], Given),
            ("yes and no in the same moment", vec![said(1, yes, 1), said(1, no, 1)], Withdrawn),
        ] {
            assert_eq!(most_restrictive(&statements), consent, "{story}");
            let reversed: Vec<_> = statements.iter().rev().copied().collect();
            assert_eq!(most_restrictive(&reversed), consent, "{story}, in another order");
        }
    }

    #[test]
    fn an_unmerge_gives_each_side_its_own_back() {
        let (a, b) = (vec![said(1, true, 1)], vec![said(2, false, 1)]);
        let merged: Vec<_> = a.iter().chain(&b).copied().collect();
        assert_eq!(most_restrictive(&merged), Consent::Withdrawn);
        assert_eq!((most_restrictive(&a), most_restrictive(&b)), (Consent::Given, Consent::Withdrawn));
    }

    #[test]
    fn what_may_be_done() {
        use Basis::{Contract, LegalDuty};
        use Consent::{Given, Unknown, Withdrawn};
        for (basis, consent, do_not_contact, allowed) in [
            (Basis::Consent, Given, false, true),
            (Basis::Consent, Given, true, false),
            (Basis::Consent, Unknown, false, false),
            (Basis::Consent, Withdrawn, false, false),
            (Contract, Unknown, true, true),
            (Contract, Withdrawn, false, false),
            (LegalDuty, Withdrawn, true, true),
        ] {
            assert_eq!(
                is_allowed(basis, consent, do_not_contact),
                allowed,
                "{basis:?} {consent:?} {do_not_contact}"
            );
        }
    }
}
