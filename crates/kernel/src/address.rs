//! Postal addresses (地址). Two spellings of one address agree in city and in the part up to the house number;
//! floor and room are written in too many ways to compare, and neighbours are not one household.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::places;
use crate::read::means_nothing;
use crate::text::fold;

/// An address, folded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    full: String,
    city: Option<&'static str>,
    key: String,
    to_number: bool,
}

/// Why a cell is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddressFlaw {
    /// The cell is empty.
    #[error("no address")]
    Missing,
    /// Typed to get past a mandatory field: one character, digits only.
    #[error("a placeholder, not an address")]
    Placeholder,
    /// Hidden at the source.
    #[error("the address is masked")]
    Masked,
}

impl AddressFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::Masked => Flag::Masked,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "address_missing",
            Self::Placeholder => "address_placeholder",
            Self::Masked => "address_masked",
        }
    }

    /// The sentence for the console.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "地址为空",
            Self::Placeholder => "地址为占位值",
            Self::Masked => "地址已脱敏",
        }
    }
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressFlaw`] when the cell holds nothing that could be found on a map.
    pub fn parse(raw: &str) -> Result<Self, AddressFlaw> {
        if means_nothing(raw) {
            return Err(AddressFlaw::Missing);
        }
        let mut full = fold(raw);
        full.retain(|c| !matches!(c, ',' | ';' | '，' | '、' | '；' | '\'' | '"'));
        let han = full.chars().filter(|&c| crate::text::is_han(c)).count();
        if han < 2 {
            return Err(AddressFlaw::Placeholder);
        }
        if full.contains("**") {
            return Err(AddressFlaw::Masked);
        }
        let (rest, place) = places::strip_leading(&full);
        let city = place.filter(|&name| places::is_city(name));
        let (end, to_number) = end_of_number(rest);
        let key = format!("{}{}", city.unwrap_or_default(), normalised_number(&rest[..end]));
        Ok(Self { city, key, to_number, full })
    }

    /// The whole folded address.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The city, when the address starts with one.
    pub const fn city(&self) -> Option<&'static str> {
        self.city
    }

    /// City and everything up to the house number, folded: the part compared.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// True when the address goes as far as a house number; without one it names a street or a village and
    /// must not join people.
    pub const fn has_number(&self) -> bool {
        self.to_number
    }

    /// The flag kept beside the raw value: `ok`, or `partial` without house number.
    pub const fn flag(&self) -> Flag {
        if self.to_number { Flag::Ok } else { Flag::Partial }
    }

    /// The address as a masked role sees it: the city only.
    pub fn masked(&self) -> String {
        format!("{}****", self.city.unwrap_or_default())
    }
}

/// Where the house number ends: behind the first digits followed by a word for a house. 88号 ends there,
/// 88弄5号 (a lane and its house) at the house; an estate without number ends at its building.
fn end_of_number(text: &str) -> (usize, bool) {
    let mut digits = false;
    let mut lane = None;
    let mut building = None;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits = true,
            // 88-2号, 甲88号之1.
            '-' | 'A'..='Z' if digits => {}
            '号' | '號' if digits && !text[at..].starts_with("号楼") && !text[at..].starts_with("号院") =>
            {
                return (at + c.len_utf8(), true);
            }
            '弄' | '巷' if digits => {
                lane = Some(at + c.len_utf8());
                digits = false;
            }
            '号' | '幢' | '栋' | '座' | '楼' | '组' | '队' | '院' if digits => {
                building.get_or_insert(at + c.len_utf8());
                digits = false;
            }
            _ => digits = false,
        }
    }
    match lane.or(building) {
        Some(end) => (end, true),
        None => (text.len(), false),
    }
}

/// The many words for a building are one.
fn normalised_number(part: &str) -> String {
    part.chars().map(|c| if matches!(c, '栋' | '座' | '楼') { '幢' } else { c }).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl fmt::Debug for Address {
    /// Masked: addresses must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

travels_as_text!(Address, AddressFlaw, "Postal address");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_key_goes_from_the_city_to_the_house_number() {
        for (raw, key, city) in [
            ("浙江省杭州市西湖区文三路88号3幢501室", "杭州西湖区文三路88号", Some("杭州")),
            ("杭州市西湖区文三路８８号", "杭州西湖区文三路88号", Some("杭州")),
            ("杭州 西湖区 文三路88號 云栖大厦", "杭州西湖区文三路88号", Some("杭州")),
            ("上海市浦东新区云栖路88弄5号301", "上海浦东新区云栖路88弄5号", Some("上海")),
            ("天津河西区友谊花园12栋2门301", "天津河西区友谊花园12幢", Some("天津")),
            ("天津河西区友谊花园12号楼2门301", "天津河西区友谊花园12号", Some("天津")),
            ("义乌市佛堂镇88-2号", "义乌市佛堂镇88-2号", None),
        ] {
            let address = Address::parse(raw).unwrap();
            assert_eq!((address.key(), address.city()), (key, city), "{raw}");
            assert!(address.has_number() && address.flag() == Flag::Ok, "{raw}");
        }
    }

    #[test]
    fn an_address_without_house_number_is_partial() {
        let address = Address::parse("杭州市西湖区文三路").unwrap();
        assert_eq!(address.key(), "杭州西湖区文三路");
        assert_eq!((address.has_number(), address.flag()), (false, Flag::Partial));
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (raw, flaw) in [
            ("", AddressFlaw::Missing),
            ("无", AddressFlaw::Missing),
            ("1", AddressFlaw::Placeholder),
            ("13800", AddressFlaw::Placeholder),
            ("杭", AddressFlaw::Placeholder),
            ("浙江省杭州市****", AddressFlaw::Masked),
        ] {
            assert_eq!(Address::parse(raw), Err(flaw), "{raw:?}");
            assert!(!flaw.zh().is_empty());
        }
    }

    #[test]
    fn a_masked_role_sees_the_city_only() {
        let address = Address::parse("浙江省杭州市西湖区文三路88号").unwrap();
        assert_eq!(address.masked(), "杭州****");
        assert_eq!(format!("{address:?}"), "Address(杭州****)");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_and_no_cell_panics(raw in "[浙江省杭州市西湖区文三路0-9号弄幢楼室-]{0,24}|.{0,40}") {
            if let Ok(read) = Address::parse(&raw) {
                prop_assert_eq!(Address::parse(&read.to_string()), Ok(read));
            }
        }
    }
}
