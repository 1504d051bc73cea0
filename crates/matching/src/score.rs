//! The score of a pair: Fellegi and Sunter's sum of log-likelihood ratios, with values that many share counting less.

use crate::compare::{Field, Levels, address, compare, phone};
use crate::model::WeightTable;
use crate::name::NameLevel;
use crate::record::{Rec, Sight};

/// A scored pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scored {
    pub levels: Levels,
    /// Hundredths of a bit.
    pub weight: i16,
}

/// Distinct names at one number (or address) beyond which it is hardly a household any more.
const HOUSEHOLD: u32 = 4;

/// A phone that has never been seen with a second name is this much less likely to be a stranger's.
pub(crate) const SINGLE_NAME: u32 = 8;

pub(crate) fn score(table: &WeightTable, a: (&Rec, &[Sight]), b: (&Rec, &[Sight])) -> Scored {
    let (levels, names_at_phone) = compare(a.0, a.1, b.0, b.1);
    let discount = frequency_discount(levels, a.0, b.0, names_at_phone);
    let weight = table.sum(levels) - discount.name - discount.phone - discount.address;
    Scored { levels, weight: weight.clamp(i32::from(i16::MIN), i32::from(i16::MAX - 1)) as i16 }
}

/// What is taken off for values shared by many, in hundredths of a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Discount {
    pub name: i32,
    pub phone: i32,
    pub address: i32,
}

pub(crate) fn frequency_discount(levels: Levels, a: &Rec, b: &Rec, names_at_phone: u16) -> Discount {
    let name = levels.of(Field::Name);
    Discount {
        name: if name == NameLevel::Exact as u8 || name == NameLevel::CompanyExact as u8 {
            log2_hundredths(a.name_count.max(b.name_count))
        } else {
            0
        },
        phone: if levels.of(Field::Phone) == phone::EXACT { crowd(u32::from(names_at_phone)) } else { 0 },
        address: if levels.of(Field::Address) == address::EXACT {
            crowd(u32::from(a.address_names.max(b.address_names)))
        } else {
            0
        },
    }
}

/// What a value at several names loses against one that only a single name uses: the bonus of the latter
/// ([`SINGLE_NAME`]), log2(names), and twice again for what goes beyond a household.
fn crowd(names: u32) -> i32 {
    let shared = if names > 1 { log2_hundredths(SINGLE_NAME) } else { 0 };
    shared + log2_hundredths(names) + 2 * (log2_hundredths(names) - log2_hundredths(HOUSEHOLD)).max(0)
}

fn log2_hundredths(count: u32) -> i32 {
    (f64::from(count.max(1)).log2() * 100.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowded_phone_counts_less_and_less() {
        let cases = [(0, 0), (1, 0), (2, 400), (4, 500), (8, 800), (64, 1700)];
        for (names, discount) in cases {
            assert_eq!(crowd(names), discount, "{names} names");
        }
    }
}
