//! Repairs of wrong VINs, proposed only towards a VIN that is known for the same plate or engine: an invalid VIN has some
//! forty valid neighbours, and only the register of the store can tell which of them drives here.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::chunk::{Held, WrongVin};
use super::pipeline::Tally;
use crate::catalogue::Field;
use crate::error::IntakeError;
use crate::rules::{Finding, Rule};

/// Adds a finding for every wrong VIN whose right one is known.
pub(super) async fn propose(tx: &mut PgConnection, tally: &mut Tally) -> Result<(), IntakeError> {
    let wrong = std::mem::take(&mut tally.wrong_vins);
    if wrong.is_empty() {
        return Ok(());
    }
    let plates: Vec<&str> = wrong.iter().filter_map(|w| w.plate.as_deref()).collect();
    let engines: Vec<&str> = wrong.iter().map(|w| w.engine_no.as_str()).filter(|e| !e.is_empty()).collect();
    let known: Vec<(Option<i32>, String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT DISTINCT store_id, vin, plate, engine_no
         FROM vehicle_record
         WHERE current AND vin IS NOT NULL AND vin_flag = 'ok' AND (plate = ANY ($1) OR engine_no = ANY ($2))",
    )
    .bind(&plates)
    .bind(&engines)
    .fetch_all(tx)
    .await?;
    // By plate and by engine, so that a file full of wrong VINs does not compare each with each.
    let mut by_place: HashMap<(Option<i32>, &str), Vec<&str>> = HashMap::new();
    for (store, vin, plate, engine) in &known {
        for place in [plate, engine].into_iter().flatten().filter(|p| !p.is_empty()) {
            by_place.entry((*store, place.as_str())).or_default().push(vin);
        }
    }
    for row in wrong {
        let store = row.store.map(|s| s.get());
        let places = [row.plate.as_deref(), Some(row.engine_no.as_str())];
        let near = places.into_iter().flatten().filter_map(|place| by_place.get(&(store, place))).flatten();
        let mut meant: Vec<&str> = near.copied().filter(|vin| is_slip(&row.raw, vin)).collect();
        meant.sort_unstable();
        meant.dedup();
        if let [vin] = meant[..] {
            hold(tally, &row, vin);
        }
    }
    Ok(())
}

fn hold(tally: &mut Tally, row: &WrongVin, vin: &str) {
    let finding = Finding::cell(Rule::VinRepair, Field::Vin, &row.raw).proposing(Some(vin.to_owned()));
    *tally.defects.entry((Rule::VinRepair.class(), Rule::VinRepair.code().to_owned())).or_insert(0) += 1;
    tally.held.push(Held {
        row_no: row.row_no,
        store: row.store,
        findings: vec![finding],
        cells: row.cells.clone(),
    });
}

/// True if the typed text is the VIN but for a slip: up to two wrong symbols, two neighbours swapped, or one symbol
/// dropped or doubled.
pub(crate) fn is_slip(typed: &str, vin: &str) -> bool {
    let typed: Vec<u8> = kernel::text::fold(typed).bytes().filter(u8::is_ascii_alphanumeric).collect();
    let vin = vin.as_bytes();
    if typed == vin {
        return false;
    }
    match typed.len() {
        17 => {
            let differing: Vec<usize> = (0..17).filter(|i| typed[*i] != vin[*i]).collect();
            differing.len() <= 2
        }
        16 => (0..17).any(|gap| vin[..gap] == typed[..gap] && vin[gap + 1..] == typed[gap..]),
        18 => (0..18).any(|extra| typed[..extra] == vin[..extra] && typed[extra + 1..] == vin[extra..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_of_the_hand() {
        let vin = "LFV2A21K8G4123456";
        for (typed, slip) in [
            ("LFV2A21K8G41234S6", true),
            ("LFV2A2IK8G4I23456", true),
            ("LFV2A21K8G4124356", true),
            ("LFV2A21K8G412345", true),
            ("LFV2A21K8G41234556", true),
            ("lfv2a21k8g4 12345b", true),
            ("LFV2A21K8G4999456", false),
            ("LFV2A21K8G4123456", false),
            ("4123456", false),
        ] {
            assert_eq!(is_slip(typed, vin), slip, "{typed}");
        }
    }
}
