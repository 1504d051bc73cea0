//! Telephone numbers (手机, 固话). Carriers give numbers out again, so a phone is evidence *in time*; 400/800
//! hotlines, placeholders and hidden numbers never join two people.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::read::{ascii, longest_run};

mod cell;

pub use cell::{first_phone, parse_phones};

/// A mainland mobile number: 1, then 3–9, then nine digits; never a placeholder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mobile([u8; 11]);

/// A landline with its area code (010, 02x, 0xxx).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Landline {
    /// Area code and number, ASCII digits; at most 4 + 8.
    digits: [u8; 12],
    len: u8,
    area_len: u8,
}

/// A 400 or 800 hotline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hotline([u8; 10]);

/// What a hidden mobile number still shows: its first three and last four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaskedMobile {
    prefix: [u8; 3],
    tail: [u8; 4],
}

/// A telephone number of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phone {
    /// A mobile: the strong kind.
    Mobile(Mobile),
    /// A landline: a second number, often of a household or company.
    Landline(Landline),
    /// A hotline: never a key.
    Hotline(Hotline),
    /// A mobile hidden at the source: a weak key.
    Masked(MaskedMobile),
}

/// One number found in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneValue {
    /// The number; `None` when what stood there is no usable number, and the flag says why.
    pub value: Option<Phone>,
    /// Why the value is not plain good.
    pub flag: Flag,
    /// Words beside the number (司机, 王先生), without brackets.
    pub note: Option<String>,
}

/// Why a text is not one telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PhoneFlaw {
    /// Nothing there.
    #[error("no telephone number")]
    Missing,
    /// Typed to get past a mandatory field (13800138000, 11111111111, 888888888888).
    #[error("a placeholder, not a telephone number")]
    Placeholder,
    /// Hidden at the source.
    #[error("the telephone number is masked")]
    Masked,
    /// No form that a number of this kind has.
    #[error("not a telephone number")]
    BadFormat,
    /// Seven or eight digits without area code.
    #[error("a landline number without its area code")]
    NoAreaCode,
    /// A number of another country or region.
    #[error("a foreign telephone number")]
    Foreign,
    /// A good number, but not a mobile.
    #[error("a telephone number, but not a mobile")]
    NotMobile,
    /// More than one number.
    #[error("more than one telephone number")]
    Several,
}

impl PhoneFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::Masked => Flag::Masked,
            Self::BadFormat => Flag::BadFormat,
            Self::NoAreaCode => Flag::Partial,
            Self::Foreign => Flag::Foreign,
            Self::NotMobile => Flag::WrongKind,
            Self::Several => Flag::Several,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "phone_missing",
            Self::Placeholder => "phone_placeholder",
            Self::Masked => "phone_masked",
            Self::BadFormat => "phone_bad_format",
            Self::NoAreaCode => "phone_no_area_code",
            Self::Foreign => "phone_foreign",
            Self::NotMobile => "phone_not_mobile",
            Self::Several => "phone_several",
        }
    }

    /// The sentence for the console.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "电话为空",
            Self::Placeholder => "电话为占位号码",
            Self::Masked => "电话已脱敏",
            Self::BadFormat => "电话格式错误",
            Self::NoAreaCode => "固定电话缺少区号",
            Self::Foreign => "境外电话",
            Self::NotMobile => "不是手机号",
            Self::Several => "填写了多个号码",
        }
    }
}

/// True for digits nobody was ever given: seven or more equal, ascending or descending digits in a row, and
/// 13800138000 with its sisters (13900139000, 15000150000 …).
pub fn is_placeholder(digits: &[u8]) -> bool {
    longest_run(digits) >= 7
        || (digits.len() == 11
            && digits[3..5] == *b"00"
            && digits[5..8] == digits[..3]
            && digits[8..] == *b"000")
}

impl Mobile {
    /// Reads one mobile number; width folded, +86/0086/86, spaces and hyphens dropped.
    ///
    /// # Errors
    /// [`PhoneFlaw`] when the text is not exactly one usable mobile number.
    pub fn parse(raw: &str) -> Result<Self, PhoneFlaw> {
        match Phone::parse(raw)? {
            Phone::Mobile(mobile) => Ok(mobile),
            Phone::Masked(_) => Err(PhoneFlaw::Masked),
            Phone::Landline(_) | Phone::Hotline(_) => Err(PhoneFlaw::NotMobile),
        }
    }

    /// The mobile of exactly eleven ASCII digits, unless they are a placeholder or no mobile.
    pub(crate) fn of_digits(digits: &[u8]) -> Option<Self> {
        let digits: [u8; 11] = digits.try_into().ok()?;
        let form =
            digits[0] == b'1' && (b'3'..=b'9').contains(&digits[1]) && digits.iter().all(u8::is_ascii_digit);
        (form && !is_placeholder(&digits)).then_some(Self(digits))
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The number as an integer, for compact keys.
    pub fn number(&self) -> u64 {
        self.0.iter().fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
    }

    /// The last four digits, the usual search key.
    pub fn tail(&self) -> &str {
        ascii(&self.0[7..])
    }

    /// First three and last four: what a masked copy of the number would still show.
    pub fn weak(&self) -> MaskedMobile {
        let (mut prefix, mut tail) = ([0; 3], [0; 4]);
        prefix.copy_from_slice(&self.0[..3]);
        tail.copy_from_slice(&self.0[7..]);
        MaskedMobile { prefix, tail }
    }

    /// The number as a masked role sees it: 138****1234.
    pub fn masked(&self) -> String {
        self.weak().to_string()
    }
}

impl Landline {
    /// The landline of area code and number, ASCII digits without separators.
    pub(crate) fn of_digits(digits: &[u8]) -> Option<Self> {
        let area_len = area_code_len(digits)?;
        let number = digits.len() - area_len;
        // Numbers have 7 or 8 digits and start with 2–8; 1xx are service numbers.
        if !(7..=8).contains(&number) || !(b'2'..=b'8').contains(&digits[area_len]) {
            return None;
        }
        let mut own = [0; 12];
        own[..digits.len()].copy_from_slice(digits);
        Some(Self { digits: own, len: digits.len() as u8, area_len: area_len as u8 })
    }

    /// The area code with its zero.
    pub fn area(&self) -> &str {
        ascii(&self.digits[..usize::from(self.area_len)])
    }

    /// The number without area code.
    pub fn number(&self) -> &str {
        ascii(&self.digits[usize::from(self.area_len)..usize::from(self.len)])
    }

    /// The number as a masked role sees it: 0571-****5678.
    pub fn masked(&self) -> String {
        let number = self.number();
        format!("{}-****{}", self.area(), &number[number.len() - 4..])
    }
}

/// Length of the area code the digits start with: 010 and 02x three, others four.
pub(crate) fn area_code_len(digits: &[u8]) -> Option<usize> {
    match digits {
        [b'0', b'1', b'0', ..] | [b'0', b'2', b'0'..=b'9', ..] => Some(3),
        [b'0', b'3'..=b'9', _, _, ..] => Some(4),
        _ => None,
    }
}

impl Hotline {
    /// The hotline of ten ASCII digits that start with 400 or 800.
    pub(crate) fn of_digits(digits: &[u8]) -> Option<Self> {
        let digits: [u8; 10] = digits.try_into().ok()?;
        matches!(&digits[..3], b"400" | b"800").then_some(Self(digits))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl MaskedMobile {
    /// The hidden mobile of its visible digits.
    pub(crate) fn of_digits(prefix: &[u8], tail: &[u8]) -> Option<Self> {
        let weak = Self { prefix: prefix.try_into().ok()?, tail: tail.try_into().ok()? };
        let digits = weak.prefix.iter().chain(&weak.tail).all(u8::is_ascii_digit);
        (digits && weak.prefix[0] == b'1' && weak.prefix[1] >= b'3').then_some(weak)
    }

    /// The seven visible digits, the weak key.
    pub fn key(&self) -> String {
        format!("{}{}", ascii(&self.prefix), ascii(&self.tail))
    }
}

impl Phone {
    /// Reads a cell that holds exactly one number.
    ///
    /// # Errors
    /// [`PhoneFlaw`] when it holds none, several, or one that nobody can be reached by.
    pub fn parse(raw: &str) -> Result<Self, PhoneFlaw> {
        cell::one_phone(raw)
    }

    /// The mobile, when it is one.
    pub const fn mobile(&self) -> Option<Mobile> {
        match self {
            Self::Mobile(mobile) => Some(*mobile),
            _ => None,
        }
    }

    /// True for a number that may be evidence for a person: a mobile or a landline.
    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Mobile(_) | Self::Landline(_))
    }

    /// The number as a masked role sees it. A hotline is public and shown as it is.
    pub fn masked(&self) -> String {
        match self {
            Self::Mobile(mobile) => mobile.masked(),
            Self::Landline(landline) => landline.masked(),
            Self::Hotline(hotline) => hotline.to_string(),
            Self::Masked(masked) => masked.to_string(),
        }
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Landline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.area(), self.number())
    }
}

impl fmt::Display for Hotline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for MaskedMobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}****{}", ascii(&self.prefix), ascii(&self.tail))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mobile(mobile) => mobile.fmt(f),
            Self::Landline(landline) => landline.fmt(f),
            Self::Hotline(hotline) => hotline.fmt(f),
            Self::Masked(masked) => masked.fmt(f),
        }
    }
}

// Telephone numbers must not reach a log, so `{:?}` shows them masked.
impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mobile({})", self.masked())
    }
}

impl fmt::Debug for Landline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Landline({})", self.masked())
    }
}

impl fmt::Debug for Hotline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hotline({self})")
    }
}

travels_as_text!(Mobile, PhoneFlaw, "Mainland mobile number, 11 digits");
travels_as_text!(Phone, PhoneFlaw, "Telephone number: mobile, landline with area code, or hotline");

#[cfg(test)]
mod tests;
