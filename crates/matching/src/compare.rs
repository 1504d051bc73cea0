//! Turns a pair of records into one small number per comparison: the level of agreement.

use serde::{Deserialize, Serialize};

use crate::name::{NameLevel, compare_names};
use crate::near::digits_within_one;
use crate::record::{Rec, Sight};

/// What is compared. VIN, plate and engine number are one comparison because they are not independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Name of the person or company.
    Name,
    /// Resident ID, or unified social credit code of a company.
    Id,
    /// Telephone numbers.
    Phone,
    /// WeChat unionid.
    Unionid,
    /// Cars: VIN, last eight, engine number, plate.
    Vehicle,
    /// Address to the house number, city.
    Address,
    /// Date of birth; silent when both records carry a whole resident ID, which contains it.
    Birth,
    /// Gender.
    Gender,
}

impl Field {
    /// All comparisons, in the order in which levels are packed.
    pub const ALL: [Field; 8] = [
        Field::Name,
        Field::Id,
        Field::Phone,
        Field::Unionid,
        Field::Vehicle,
        Field::Address,
        Field::Birth,
        Field::Gender,
    ];

    /// Names of the levels from 0 ("unknown") upwards.
    pub const fn levels(self) -> &'static [&'static str] {
        match self {
            Field::Name => &[
                "unknown",
                "exact",
                "sounds_alike",
                "one_symbol_off",
                "one_symbol_missing",
                "surname_only",
                "same_surname",
                "different",
                "company_exact",
                "company_tail",
                "company_different",
                "person_and_company",
            ],
            Field::Id => &[
                "unknown",
                "exact",
                "exact_weak",
                "masked_agrees",
                "one_digit_off",
                "different",
                "different_weak",
                "uscc_exact",
                "uscc_different",
            ],
            Field::Phone => &["unknown", "exact", "one_digit_off", "different"],
            Field::Unionid => &["unknown", "exact", "different"],
            Field::Vehicle => &["unknown", "same_vin", "same_last_eight", "same_plate", "different"],
            Field::Address => &["unknown", "exact", "same_city", "different_city"],
            Field::Birth => &["unknown", "exact", "one_part_off", "different"],
            Field::Gender => &["unknown", "same", "different"],
        }
    }
}

pub(crate) mod id {
    pub const EXACT: u8 = 1;
    pub const EXACT_WEAK: u8 = 2;
    pub const MASKED: u8 = 3;
    pub const NEAR: u8 = 4;
    pub const DIFFERENT: u8 = 5;
    pub const DIFFERENT_WEAK: u8 = 6;
    pub const USCC: u8 = 7;
    pub const USCC_DIFFERENT: u8 = 8;
}
pub(crate) mod phone {
    pub const EXACT: u8 = 1;
    pub const NEAR: u8 = 2;
    pub const DIFFERENT: u8 = 3;
}
pub(crate) mod unionid {
    pub const EXACT: u8 = 1;
    pub const DIFFERENT: u8 = 2;
}
pub(crate) mod vehicle {
    pub const VIN: u8 = 1;
    pub const LAST_EIGHT: u8 = 2;
    pub const PLATE: u8 = 3;
    pub const DIFFERENT: u8 = 4;
}
pub(crate) mod address {
    pub const EXACT: u8 = 1;
    pub const SAME_CITY: u8 = 2;
    pub const DIFFERENT_CITY: u8 = 3;
}
pub(crate) mod birth {
    pub const EXACT: u8 = 1;
    pub const NEAR: u8 = 2;
    pub const DIFFERENT: u8 = 3;
}
pub(crate) mod gender {
    pub const SAME: u8 = 1;
    pub const DIFFERENT: u8 = 2;
}

/// The level of every comparison, four bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Levels(pub u32);

impl Levels {
    /// Level of one comparison; 0 means "could not be compared".
    pub const fn of(self, field: Field) -> u8 {
        ((self.0 >> (4 * field as u32)) & 15) as u8
    }

    /// Name of the level of one comparison.
    pub fn label(self, field: Field) -> &'static str {
        field.levels().get(usize::from(self.of(field))).copied().unwrap_or("unknown")
    }

    pub(crate) const fn with(self, field: Field, level: u8) -> Self {
        Levels(self.0 | ((level as u32 & 15) << (4 * field as u32)))
    }

    /// Evidence that outranks a name: the same resident ID, credit code or WeChat user.
    pub const fn proves_identity(self) -> bool {
        matches!(self.of(Field::Id), id::EXACT | id::USCC) || self.of(Field::Unionid) == unionid::EXACT
    }
}

/// Compares two records; `shared_phone` tells which slots agreed, for the frequency of the number.
pub(crate) fn compare(a: &Rec, a_cars: &[Sight], b: &Rec, b_cars: &[Sight]) -> (Levels, u16) {
    let name = compare_names(a, b);
    let (phone, names_at_phone) = compare_phones(a, b);
    let levels = Levels::default()
        .with(Field::Name, name as u8)
        .with(Field::Id, compare_ids(a, b))
        .with(Field::Phone, phone)
        .with(Field::Unionid, two_way(a.unionid, b.unionid))
        .with(Field::Vehicle, compare_vehicles(a_cars, b_cars))
        .with(Field::Address, compare_addresses(a, b))
        .with(Field::Birth, if a.id != 0 && b.id != 0 { 0 } else { compare_births(a.birth, b.birth) })
        .with(Field::Gender, two_way(u64::from(a.gender), u64::from(b.gender)));
    (levels, names_at_phone)
}

fn two_way(a: u64, b: u64) -> u8 {
    match (a, b) {
        (0, _) | (_, 0) => 0,
        _ if a == b => 1,
        _ => 2,
    }
}

pub(crate) fn compare_ids(a: &Rec, b: &Rec) -> u8 {
    if a.uscc != 0 && b.uscc != 0 {
        return if a.uscc == b.uscc { id::USCC } else { id::USCC_DIFFERENT };
    }
    if a.id_mask == 0 || b.id_mask == 0 {
        return 0;
    }
    let strong = a.id_is_strong() && b.id_is_strong();
    match (a.id != 0 && b.id != 0, strong) {
        (true, true) if a.id == b.id => id::EXACT,
        (true, false) if a.id == b.id => id::EXACT_WEAK,
        (true, _) if digits_within_one(a.id, b.id) => id::NEAR,
        (true, true) => id::DIFFERENT,
        (true, false) => id::DIFFERENT_WEAK,
        (false, _) if a.id_mask == b.id_mask => id::MASKED,
        (false, _) => id::DIFFERENT_WEAK,
    }
}

fn compare_phones(a: &Rec, b: &Rec) -> (u8, u16) {
    let (mut best, mut names) = (0u8, 0u16);
    for (slot, left) in a.personal_phones() {
        for (_, right) in b.personal_phones() {
            if left == right {
                let here = a.phone_names[slot];
                names = if best == phone::EXACT { names.min(here) } else { here };
                best = phone::EXACT;
            } else if best != phone::EXACT && best != phone::NEAR {
                best = if digits_within_one(left, right) { phone::NEAR } else { phone::DIFFERENT };
            }
        }
    }
    (best, names)
}

fn compare_vehicles(a: &[Sight], b: &[Sight]) -> u8 {
    let mut best = 0u8;
    for left in a {
        for right in b {
            let level = if left.vin != 0 && left.vin == right.vin {
                vehicle::VIN
            } else if (left.vis != 0 && left.vis == right.vis && (left.vin == 0 || right.vin == 0))
                || (left.engine != 0 && left.engine == right.engine)
            {
                vehicle::LAST_EIGHT
            } else if left.plate != 0 && left.plate == right.plate {
                vehicle::PLATE
            } else if (left.vis != 0 && right.vis != 0) || (left.plate != 0 && right.plate != 0) {
                vehicle::DIFFERENT
            } else {
                continue;
            };
            best = if best == 0 { level } else { best.min(level) };
        }
    }
    best
}

fn compare_addresses(a: &Rec, b: &Rec) -> u8 {
    if a.address != 0 && a.address == b.address {
        return address::EXACT;
    }
    match (a.city, b.city) {
        (0, _) | (_, 0) => 0,
        (x, y) if x == y => address::SAME_CITY,
        _ => address::DIFFERENT_CITY,
    }
}

/// Dates of birth agree, agree but for one slip (a day, a month, a year, day and month swapped), or differ.
pub(crate) fn compare_births(a: u16, b: u16) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    if a == b {
        return birth::EXACT;
    }
    let (x, y) = (calendar(a), calendar(b));
    let same = [x.0 == y.0, x.1 == y.1, x.2 == y.2].iter().filter(|&&part| part).count();
    let swapped = x.0 == y.0 && i32::from(x.1) == y.2 && i32::from(y.1) == x.2;
    if same == 2 || swapped { birth::NEAR } else { birth::DIFFERENT }
}

fn calendar(day: u16) -> (i16, i8, i32) {
    let start = jiff::civil::date(1900, 1, 1);
    let date = start.saturating_add(jiff::Span::new().days(i32::from(day)));
    (date.year(), date.month(), i32::from(date.day()))
}

/// Whether two names can belong to one person or company.
pub(crate) fn names_compatible(a: &Rec, b: &Rec) -> bool {
    let level: NameLevel = compare_names(a, b);
    level.compatible()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::day_number;
    use jiff::civil::date;

    #[test]
    fn levels_pack_and_unpack() {
        let levels = Levels::default().with(Field::Name, 11).with(Field::Gender, 2).with(Field::Phone, 1);
        assert_eq!(levels.of(Field::Name), 11);
        assert_eq!(levels.of(Field::Gender), 2);
        assert_eq!(levels.of(Field::Birth), 0);
        assert_eq!(levels.label(Field::Phone), "exact");
        assert_eq!(levels.label(Field::Name), "person_and_company");
    }

    #[test]
    fn dates_of_birth() {
        let cases = [
            (date(1980, 3, 4), date(1980, 3, 4), birth::EXACT),
            (date(1980, 3, 4), date(1980, 4, 3), birth::NEAR),
            (date(1980, 3, 4), date(1980, 3, 14), birth::NEAR),
            (date(1980, 3, 4), date(1990, 3, 4), birth::NEAR),
            (date(1980, 3, 4), date(1981, 3, 5), birth::DIFFERENT),
        ];
        for (a, b, level) in cases {
            assert_eq!(compare_births(day_number(Some(a)), day_number(Some(b))), level, "{a} {b}");
        }
        assert_eq!(compare_births(0, 5), 0);
    }

    #[test]
    fn cars_agree_by_their_best_pair() {
        let car = |vin, vis, engine, plate| Sight { vin, vis, engine, plate, day: 0 };
        let cases = [
            (vec![car(1, 1, 0, 0)], vec![car(1, 1, 0, 9)], vehicle::VIN, "same VIN"),
            (
                vec![car(0, 1, 0, 0)],
                vec![car(7, 1, 0, 0)],
                vehicle::LAST_EIGHT,
                "ledger knows the last eight only",
            ),
            (
                vec![car(5, 1, 0, 0)],
                vec![car(7, 1, 0, 0)],
                vehicle::DIFFERENT,
                "two whole VINs with one tail",
            ),
            (vec![car(0, 0, 3, 0)], vec![car(7, 1, 3, 0)], vehicle::LAST_EIGHT, "engine number"),
            (
                vec![car(0, 0, 0, 4), car(8, 8, 0, 0)],
                vec![car(7, 1, 0, 4)],
                vehicle::PLATE,
                "plate of the other car",
            ),
            (vec![], vec![car(7, 1, 0, 4)], 0, "no car"),
        ];
        for (a, b, level, what) in cases {
            assert_eq!(compare_vehicles(&a, &b), level, "{what}");
            assert_eq!(compare_vehicles(&b, &a), level, "{what}, turned round");
        }
    }
}
