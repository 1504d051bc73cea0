//! Blocking keys: which records are worth comparing. Two records meet when they share a key of any rule.

use serde::{Deserialize, Serialize};

use crate::hash::join;
use crate::model::Settings;
use crate::record::{NameForm, Rec, Sight};

/// A way for two records to meet, strongest first; the first rule that brings a pair together is named on its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Rule {
    /// Same first 17 digits of the resident ID.
    Id = 0,
    /// Same WeChat user.
    Unionid = 1,
    /// Same unified social credit code.
    Uscc = 2,
    /// Same telephone number.
    Phone = 3,
    /// Same last eight of a VIN and same surname (or both companies).
    CarSurname = 4,
    /// Same plate and same surname (or both companies).
    PlateSurname = 5,
    /// Same name and last four digits of a phone.
    NamePhoneTail = 6,
    /// Same name and first seven digits of a phone.
    NamePhoneHead = 7,
    /// Same name and address.
    NameAddress = 8,
    /// Same name and date of birth.
    NameBirth = 9,
    /// Same visible part of a masked resident ID and same surname.
    MaskedIdSurname = 10,
    /// Same core of a company name in the same city.
    CompanyCity = 11,
    /// A rare name in the same city.
    RareNameCity = 12,
    /// People said so.
    MustLink = 13,
}

/// What happens to a block that holds more records than the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oversize {
    /// Only records of one name meet inside it; too many of one name meet their neighbours only.
    ByName,
    /// The key says too little: nobody meets.
    Drop,
}

impl Rule {
    /// Rules that produce keys, in order.
    pub const BLOCKING: [Rule; 13] = [
        Rule::Id,
        Rule::Unionid,
        Rule::Uscc,
        Rule::Phone,
        Rule::CarSurname,
        Rule::PlateSurname,
        Rule::NamePhoneTail,
        Rule::NamePhoneHead,
        Rule::NameAddress,
        Rule::NameBirth,
        Rule::MaskedIdSurname,
        Rule::CompanyCity,
        Rule::RareNameCity,
    ];

    pub(crate) fn oversize(self) -> Oversize {
        match self {
            Rule::NamePhoneTail | Rule::NamePhoneHead | Rule::NameBirth | Rule::RareNameCity => {
                Oversize::Drop
            }
            _ => Oversize::ByName,
        }
    }
}

/// Calls `emit` with every key of `rec` under `rule`; keys of different rules never collide on purpose.
pub(crate) fn keys_of(
    rule: Rule,
    rec: &Rec,
    sights: &[Sight],
    settings: &Settings,
    mut emit: impl FnMut(u64),
) {
    let salt = rule as u64 + 1;
    let mut put = |parts: &[u64]| {
        if parts.iter().all(|&part| part != 0) {
            emit(parts.iter().fold(salt, |all, &part| join(all, part)));
        }
    };
    match rule {
        Rule::Id => put(&[rec.id]),
        Rule::Unionid => put(&[rec.unionid]),
        Rule::Uscc => put(&[rec.uscc]),
        Rule::Phone => {
            for (slot, phone) in rec.personal_phones() {
                // A number shared by a crowd brings together only those who also share a name.
                if rec.phone_names[slot] > settings.super_names {
                    put(&[phone, rec.name]);
                } else {
                    put(&[phone]);
                }
            }
        }
        Rule::CarSurname => each_once(sights, |sight| u64::from(sight.vis), |vis| put(&[vis, family(rec)])),
        Rule::PlateSurname => each_once(sights, |sight| sight.plate, |plate| put(&[plate, family(rec)])),
        Rule::NamePhoneTail => {
            for (_, phone) in rec.personal_phones() {
                put(&[sounding_name(rec), phone % 10_000 + 1]);
            }
        }
        Rule::NamePhoneHead => {
            for (_, phone) in rec.personal_phones().filter(|&(_, phone)| phone > 1_000_000_000) {
                put(&[rec.name, phone / 10_000]);
            }
        }
        Rule::NameAddress => put(&[rec.name, rec.address]),
        Rule::NameBirth => put(&[rec.name, u64::from(rec.birth)]),
        Rule::MaskedIdSurname => put(&[u64::from(rec.id_mask), u64::from(rec.surname)]),
        Rule::CompanyCity if rec.form == NameForm::Company => put(&[rec.name, u64::from(rec.city)]),
        Rule::RareNameCity if rec.form == NameForm::Full && rec.name_count <= settings.rare_name => {
            put(&[rec.name, u64::from(rec.city)]);
        }
        Rule::CompanyCity | Rule::RareNameCity | Rule::MustLink => {}
    }
}

/// The surname of a person; companies form a family of their own, so that a car brings their records together.
fn family(rec: &Rec) -> u64 {
    if rec.form == NameForm::Company { 1 } else { u64::from(rec.surname) }
}

fn sounding_name(rec: &Rec) -> u64 {
    match rec.form {
        NameForm::Full | NameForm::Latin if rec.pinyin != 0 => u64::from(rec.pinyin),
        _ => rec.name,
    }
}

fn each_once(sights: &[Sight], value: impl Fn(&Sight) -> u64, mut put: impl FnMut(u64)) {
    for (at, sight) in sights.iter().enumerate() {
        let this = value(sight);
        if this != 0 && !sights[..at].iter().any(|earlier| value(earlier) == this) {
            put(this);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::HashKey;
    use crate::record::{Records, compact};
    use crate::{PartyInput, PartyKind, PhoneInput, RecordKey, VehicleSighting};

    fn keys(rule: Rule, input: &PartyInput) -> Vec<u64> {
        let mut records = Records::new(HashKey::default());
        records.push(input);
        let mut all = Vec::new();
        keys_of(rule, &records.recs[0], &records.sights, &Settings::default(), |key| all.push(key));
        all
    }

    fn wang() -> PartyInput {
        let mut input = PartyInput::new(RecordKey(1));
        input.kind = PartyKind::Person;
        (input.name, input.surname, input.given) = ("王伟".into(), "王".into(), "伟".into());
        input.city = "天津".into();
        input
    }

    #[test]
    fn a_store_phone_brings_nobody_together() {
        let mut input = wang();
        input.phones = vec![PhoneInput { digits: "13912345678".into(), stop: true }];
        assert!(keys(Rule::Phone, &input).is_empty());
        input.phones[0].stop = false;
        assert_eq!(keys(Rule::Phone, &input).len(), 1);
        assert_eq!(keys(Rule::NamePhoneTail, &input).len(), 1);
    }

    #[test]
    fn one_car_seen_twice_gives_one_key() {
        let mut input = wang();
        let car = VehicleSighting { vin: "LSGPC52U2AF000001".into(), ..VehicleSighting::default() };
        input.vehicles = vec![car.clone(), car];
        assert_eq!(keys(Rule::CarSurname, &input).len(), 1);
        assert!(keys(Rule::PlateSurname, &input).is_empty());
    }

    #[test]
    fn a_name_alone_is_a_key_only_while_it_is_rare() {
        let mut rec = compact(&wang(), &HashKey::default());
        let count = |rec: &Rec| {
            let mut n = 0;
            keys_of(Rule::RareNameCity, rec, &[], &Settings::default(), |_| n += 1);
            n
        };
        assert_eq!(count(&rec), 1);
        rec.name_count = 25;
        assert_eq!(count(&rec), 0);
    }
}
