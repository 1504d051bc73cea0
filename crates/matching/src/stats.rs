//! Statistics of keys: how many records and how many distinct names stand behind a phone, an address, a plate.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::RecordKey;
use crate::model::{Frequencies, Settings};
use crate::record::{NameForm, Rec, Records};

/// What a super-node is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Telephone number.
    Phone,
    /// Address.
    Address,
    /// Plate.
    Plate,
}

/// The part a much-shared value plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedRole {
    /// Two to four names: a family.
    Household,
    /// Five names and more, below the limit of a store phone: a trader, an agent, a fleet manager.
    Trader,
    /// More names than anybody has friends: front desk, adviser, placeholder nobody had thought of.
    Store,
    /// The caller had marked it as a store's or an employee's.
    StopList,
    /// Mostly companies.
    Switchboard,
}

/// A value shared by several names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuperNode {
    /// What it is.
    pub kind: KeyKind,
    /// What part it plays.
    pub role: SharedRole,
    /// Records that carry it.
    pub records: u32,
    /// Distinct names among them (homophones count once).
    pub names: u32,
    /// Some records that carry it (first by hash), for the caller to show the value.
    pub examples: Vec<RecordKey>,
}

/// How many records an example list holds.
const EXAMPLES: usize = 8;

/// Counts names per value; the result is frozen with the model.
pub(crate) fn frequencies(records: &Records) -> Frequencies {
    let people: Vec<u64> =
        sorted(records.recs.par_iter().filter(|rec| is_person_name(rec)).map(|rec| rec.name).collect());
    let mut names: rustc_hash::FxHashMap<u64, u32> = people
        .chunk_by(|a, b| a == b)
        .filter(|run| run.len() > 1)
        .map(|run| (run[0], run.len() as u32))
        .collect();
    let companies = sorted_pairs(
        records
            .recs
            .par_iter()
            .filter(|rec| rec.form == NameForm::Company && rec.city != 0)
            .map(|rec| (rec.name, u64::from(rec.city)))
            .collect(),
    );
    names.extend(distinct_seconds(&companies));
    Frequencies {
        names,
        phones: distinct_seconds(&phone_names(records)).collect(),
        addresses: distinct_seconds(&named_pairs(records, |rec| rec.address)).collect(),
    }
}

fn is_person_name(rec: &Rec) -> bool {
    matches!(rec.form, NameForm::Full | NameForm::Latin)
}

/// What counts as one name: homophones and Latin spellings together.
pub(crate) fn name_identity(rec: &Rec) -> u64 {
    match rec.form {
        NameForm::Full | NameForm::Latin if rec.pinyin != 0 => u64::from(rec.pinyin),
        NameForm::Full | NameForm::Latin | NameForm::Company => rec.name,
        NameForm::Missing | NameForm::SurnameOnly => 0,
    }
}

fn phone_names(records: &Records) -> Vec<(u64, u64)> {
    sorted_pairs(
        records
            .recs
            .par_iter()
            .flat_map_iter(|rec| {
                let name = name_identity(rec);
                rec.personal_phones().map(move |(_, phone)| (phone, name))
            })
            .filter(|&(_, name)| name != 0)
            .collect(),
    )
}

fn named_pairs(records: &Records, value: impl Fn(&Rec) -> u64 + Sync) -> Vec<(u64, u64)> {
    sorted_pairs(
        records
            .recs
            .par_iter()
            .map(|rec| (value(rec), name_identity(rec)))
            .filter(|&(value, name)| value != 0 && name != 0)
            .collect(),
    )
}

fn sorted(mut all: Vec<u64>) -> Vec<u64> {
    all.par_sort_unstable();
    all
}

fn sorted_pairs(mut all: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    all.par_sort_unstable();
    all.dedup();
    all
}

fn distinct_seconds(pairs: &[(u64, u64)]) -> impl Iterator<Item = (u64, u32)> + '_ {
    pairs.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1).map(|run| (run[0].0, run.len() as u32))
}

/// Values shared by at least two names, most names first. Plates count as much as phones and addresses do.
pub(crate) fn super_nodes(records: &Records, settings: &Settings) -> Vec<SuperNode> {
    let phones = carriers(records, |rec, put| {
        rec.phones.iter().filter(|&&phone| phone != 0).for_each(|&phone| put(phone));
    });
    let addresses = carriers(records, |rec, put| put(rec.address));
    let plates =
        carriers(records, |rec, put| records.sights_of(rec).iter().for_each(|sight| put(sight.plate)));
    let mut all: Vec<SuperNode> =
        [(KeyKind::Phone, phones), (KeyKind::Address, addresses), (KeyKind::Plate, plates)]
            .into_iter()
            .flat_map(|(kind, carriers)| nodes(records, settings, kind, &carriers))
            .collect();
    all.sort_by(|a, b| {
        (b.names, b.records, a.kind, &a.examples).cmp(&(a.names, a.records, b.kind, &b.examples))
    });
    all
}

fn carriers(records: &Records, values: impl Fn(&Rec, &mut dyn FnMut(u64)) + Sync) -> Vec<(u64, u32)> {
    let mut all: Vec<(u64, u32)> = records
        .recs
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, rec)| {
            let mut found = Vec::new();
            values(rec, &mut |value| {
                if value != 0 {
                    found.push((value, at as u32));
                }
            });
            found
        })
        .collect();
    all.par_sort_unstable();
    all.dedup();
    all
}

fn nodes(records: &Records, settings: &Settings, kind: KeyKind, carriers: &[(u64, u32)]) -> Vec<SuperNode> {
    carriers
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|run| run.len() > 1)
        .filter_map(|run| {
            let members = || run.iter().map(|&(_, at)| &records.recs[at as usize]);
            let mut names: Vec<u64> = members().map(name_identity).filter(|&name| name != 0).collect();
            names.sort_unstable();
            names.dedup();
            let stopped = kind == KeyKind::Phone && members().any(|rec| is_stopped(rec, run[0].0));
            if names.len() < 2 && !stopped {
                return None;
            }
            let companies = members().filter(|rec| rec.form == NameForm::Company).count();
            Some(SuperNode {
                kind,
                role: role(names.len(), companies * 2 > run.len(), stopped, settings),
                records: run.len() as u32,
                names: names.len() as u32,
                examples: members().take(EXAMPLES).map(|rec| RecordKey(rec.key)).collect(),
            })
        })
        .collect()
}

fn is_stopped(rec: &Rec, phone: u64) -> bool {
    (0..2).any(|slot| rec.phones[slot] == phone && rec.flags & Rec::STOP[slot] != 0)
}

fn role(names: usize, companies: bool, stopped: bool, settings: &Settings) -> SharedRole {
    match names {
        _ if stopped => SharedRole::StopList,
        _ if companies => SharedRole::Switchboard,
        0..=4 => SharedRole::Household,
        n if n <= usize::from(settings.super_names) => SharedRole::Trader,
        _ => SharedRole::Store,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashKey, PartyInput, PartyKind, PhoneInput};

    fn person(key: i64, name: &str, phone: &str, stop: bool) -> PartyInput {
        let mut input = PartyInput::new(RecordKey(key));
        input.kind = PartyKind::Person;
        input.name = name.into();
        input.given = name.into();
        input.phones = vec![PhoneInput { digits: phone.into(), stop }];
        input
    }

    fn sealed(inputs: &[PartyInput]) -> Records {
        let mut records = Records::new(HashKey::default());
        records.extend(inputs);
        records.seal().expect("keys differ")
    }

    #[test]
    fn a_phone_is_judged_by_its_names_not_by_its_records() {
        let same = |key| person(key, "王伟", "13911112222", false);
        let records = sealed(&[same(1), same(2), same(3), person(4, "李娜", "13911112222", false)]);
        let all = super_nodes(&records, &Settings::default());
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].role, all[0].records, all[0].names), (SharedRole::Household, 4, 2));
        let frozen = frequencies(&records);
        assert_eq!(frozen.phones.values().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(frozen.names.values().copied().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn crowds_are_traders_then_stores_and_the_stop_list_is_always_listed() {
        let crowd = |n: i64, stop| -> Vec<PartyInput> {
            (0..n).map(|key| person(key, &format!("王{key}"), "13911112222", stop)).collect()
        };
        let role = |inputs: &[PartyInput]| super_nodes(&sealed(inputs), &Settings::default())[0].role;
        assert_eq!(role(&crowd(10, false)), SharedRole::Trader);
        assert_eq!(role(&crowd(40, false)), SharedRole::Store);
        assert_eq!(role(&crowd(3, true)), SharedRole::StopList);
    }
}
