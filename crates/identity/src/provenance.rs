//! How a golden value came to be, as it is stored beside the value and shown on hover.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::golden::{Claim, DecidedBy, Survivor};

/// Losing values kept per field; a store phone may have hundreds.
const LOSERS_KEPT: usize = 5;

#[derive(Serialize)]
struct Provenance {
    #[serde(flatten)]
    winner: Said,
    rule: DecidedBy,
    support: usize,
    losers: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    value: String,
    record_key: String,
    source: &'static str,
    store_id: Option<i32>,
    seen_on: Option<Date>,
}

/// The provenance of a survivor. `shown` turns a compared value into what people of every role may see.
pub fn of(survivor: &Survivor, shown: &dyn Fn(&str) -> String) -> Value {
    let said = |claim: &Claim| Said {
        value: shown(&claim.value),
        record_key: claim.record_key.to_string(),
        source: claim.source.code(),
        store_id: claim.store_id.map(|store| store.get()),
        seen_on: claim.seen_on,
    };
    let provenance = Provenance {
        winner: said(&survivor.winner),
        rule: survivor.decided_by,
        support: survivor.support,
        losers: survivor.losers.iter().take(LOSERS_KEPT).map(said).collect(),
    };
    serde_json::to_value(provenance).unwrap_or_default()
}
