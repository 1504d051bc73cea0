//! Resident identity number (身份证号), GB 11643-1999: six digits of region, eight of birth, three of sequence
//! (odd = male) and an ISO 7064 MOD 11-2 check symbol. The old form has 15 digits: birth year without
//! century, no check; it becomes `6 + 19 + 9`.

use std::fmt;

use jiff::civil::Date;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::read::{ascii, ascii_of, is_blank, is_dash, is_dot, longest_run, means_nothing};
use crate::uscc::Uscc;
use crate::vocab::Gender;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// A well-formed number, always 18 symbols. Only [`IdCard::strong_key`] may join two people: a number
/// that fails its check is evidence no better than a masked one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdCard {
    symbols: [u8; 18],
    check_ok: bool,
    from_old_form: bool,
}

/// What a hidden or failing number still tells: the region and the last four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeakId {
    region: [u8; 6],
    tail: [u8; 4],
}

impl WeakId {
    /// The ten symbols: region, then the last four.
    pub fn key(&self) -> String {
        format!("{}{}", ascii(&self.region), ascii(&self.tail))
    }

    /// The six digits of the region.
    pub fn region(&self) -> &str {
        ascii(&self.region)
    }

    /// The last four symbols.
    pub fn tail(&self) -> &str {
        ascii(&self.tail)
    }
}

/// Why a cell is not an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum IdFlaw {
    /// The cell is empty.
    #[error("no identity number")]
    Missing,
    /// Typed to get past a mandatory field.
    #[error("a placeholder, not an identity number")]
    Placeholder,
    /// Hidden at the source; with six digits in front and four behind it is still a weak key.
    #[error("the identity number is masked")]
    Masked(Option<WeakId>),
    /// The number of a company.
    #[error("the credit code of a company, not an identity number")]
    CompanyCode,
    /// Neither 18 nor 15 symbols.
    #[error("an identity number has 18 or 15 symbols, this has {0}")]
    WrongLength(usize),
    /// A symbol that does not belong: only digits, and X at the end.
    #[error("symbol {symbol:?} at place {place} cannot stand in an identity number")]
    IllegalSymbol {
        /// The place, counted from 1.
        place: usize,
        /// The symbol, folded.
        symbol: char,
    },
    /// Places 7–14 are no day of the calendar.
    #[error("the identity number holds no possible day of birth")]
    BadBirth,
}

impl IdFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::Masked(_) => Flag::Masked,
            Self::CompanyCode => Flag::WrongKind,
            Self::WrongLength(_) | Self::IllegalSymbol { .. } => Flag::BadFormat,
            Self::BadBirth => Flag::OutOfRange,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "id_missing",
            Self::Placeholder => "id_placeholder",
            Self::Masked(_) => "id_masked",
            Self::CompanyCode => "id_company_code",
            Self::WrongLength(_) => "id_wrong_length",
            Self::IllegalSymbol { .. } => "id_illegal_symbol",
            Self::BadBirth => "id_bad_birth",
        }
    }

    /// The sentence for the console.
    pub fn zh(self) -> String {
        match self {
            Self::Missing => "身份证号为空".to_owned(),
            Self::Placeholder => "身份证号为占位值".to_owned(),
            Self::Masked(_) => "身份证号已脱敏".to_owned(),
            Self::CompanyCode => "证件号为统一社会信用代码，不是身份证号".to_owned(),
            Self::WrongLength(length) => format!("身份证号应为18位或15位，实为{length}位"),
            Self::IllegalSymbol { place, symbol } => format!("身份证号第{place}位不能为「{symbol}」"),
            Self::BadBirth => "身份证号中的出生日期不存在".to_owned(),
        }
    }
}

/// The check symbol of 17 digits (ASCII): weighted sum mod 11. Source: GB 11643-1999 / ISO 7064 MOD 11-2.
/// `None` when a byte is no digit.
pub fn check_symbol(first: &[u8; 17]) -> Option<u8> {
    let mut sum = 0;
    for (&digit, weight) in first.iter().zip(WEIGHTS) {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum += u32::from(digit - b'0') * weight;
    }
    Some(CHECKS[(sum % 11) as usize])
}

impl IdCard {
    /// Reads a number of 18 or 15 symbols; width and case folded, separators skipped. The region is not
    /// looked up: codes change by the year, and made-up data uses codes that never existed.
    ///
    /// # Errors
    /// [`IdFlaw`] when the cell does not have the form of a number or its birth date does not exist. A
    /// wrong check symbol is no error; ask [`IdCard::check_ok`].
    pub fn parse(raw: &str) -> Result<Self, IdFlaw> {
        if means_nothing(raw) {
            return Err(IdFlaw::Missing);
        }
        let (bytes, len) = read_symbols(raw)?;
        let bytes = &bytes[..len];
        if bytes.contains(&b'*') {
            return Err(IdFlaw::Masked(weak_of_masked(bytes)));
        }
        if len >= 6 && longest_run(bytes) >= 9 {
            return Err(IdFlaw::Placeholder);
        }
        if let Some(at) = bytes.iter().position(|b| !b.is_ascii_digit())
            && !(at == 17 && bytes[at] == b'X')
        {
            let company = Uscc::parse(raw).is_ok();
            let flaw = IdFlaw::IllegalSymbol { place: at + 1, symbol: char::from(bytes[at]) };
            return Err(if company { IdFlaw::CompanyCode } else { flaw });
        }
        let mut first = [0; 17];
        match len {
            18 => first.copy_from_slice(&bytes[..17]),
            15 => {
                first[..6].copy_from_slice(&bytes[..6]);
                first[6..8].copy_from_slice(b"19");
                first[8..].copy_from_slice(&bytes[6..15]);
            }
            _ => return Err(IdFlaw::WrongLength(len)),
        }
        let right = check_symbol(&first).ok_or(IdFlaw::WrongLength(len))?;
        let mut symbols = [right; 18];
        symbols[..17].copy_from_slice(&first);
        if len == 18 {
            symbols[17] = bytes[17];
        }
        birth_of(&symbols).ok_or(IdFlaw::BadBirth)?;
        Ok(Self { symbols, check_ok: symbols[17] == right, from_old_form: len == 15 })
    }

    /// All 18 symbols.
    pub fn as_str(&self) -> &str {
        ascii(&self.symbols)
    }

    /// The first 17, the part two numbers are compared by.
    pub fn first_17(&self) -> &str {
        ascii(&self.symbols[..17])
    }

    /// True when the check symbol is right, and for a number in the old form, which had none.
    pub const fn check_ok(&self) -> bool {
        self.check_ok
    }

    /// The flag kept beside the raw value: `ok`, `repaired` (from 15 digits) or `check_failed`.
    pub const fn flag(&self) -> Flag {
        match (self.check_ok, self.from_old_form) {
            (false, _) => Flag::CheckFailed,
            (true, true) => Flag::Repaired,
            (true, false) => Flag::Ok,
        }
    }

    /// The first 17 when the number may join two people: its check symbol is right.
    pub fn strong_key(&self) -> Option<&str> {
        self.check_ok.then(|| self.first_17())
    }

    /// Region and last four, what a masked copy of this number would still show.
    pub fn weak(&self) -> WeakId {
        let (mut region, mut tail) = ([0; 6], [0; 4]);
        region.copy_from_slice(&self.symbols[..6]);
        tail.copy_from_slice(&self.symbols[14..]);
        WeakId { region, tail }
    }

    /// The six digits of the region where the number was given out.
    pub fn region(&self) -> &str {
        ascii(&self.symbols[..6])
    }

    /// The day of birth.
    pub fn birth(&self) -> Date {
        birth_of(&self.symbols).unwrap_or_default()
    }

    /// Sex, by the 17th digit: odd is male.
    pub const fn sex(&self) -> Gender {
        if self.symbols[16] % 2 == 1 { Gender::Male } else { Gender::Female }
    }

    /// In how many of the first 17 places two numbers differ. One place, and one of them failing its
    /// check, is a typing error; more are two people.
    pub fn distance(&self, other: &Self) -> usize {
        self.symbols[..17].iter().zip(&other.symbols[..17]).filter(|(a, b)| a != b).count()
    }

    /// The number as a masked role sees it: 110***********1234.
    pub fn masked(&self) -> String {
        format!("{}***********{}", ascii(&self.symbols[..3]), ascii(&self.symbols[14..]))
    }
}

fn read_symbols(raw: &str) -> Result<([u8; 32], usize), IdFlaw> {
    let (mut bytes, mut len) = ([0; 32], 0);
    for c in raw.chars() {
        let c = match ascii_of(c) {
            // Word processors write the Roman ten, the multiplication sign, Cyrillic ha.
            'Ⅹ' | '×' | 'Х' | 'х' | 'χ' => 'X',
            c => c,
        };
        if is_blank(c) || is_dash(c) || is_dot(c) || matches!(c, '\'' | '"' | '`') {
            continue;
        }
        if !c.is_ascii() {
            return Err(IdFlaw::IllegalSymbol { place: len + 1, symbol: c });
        }
        if len == bytes.len() {
            return Err(IdFlaw::WrongLength(raw.chars().count()));
        }
        bytes[len] = c as u8;
        len += 1;
    }
    // Some systems hide digits behind X; a real number has at most one, at its end.
    if bytes[..len].iter().filter(|&&b| b == b'X').count() > 2 {
        let hidden = len - usize::from(bytes[len - 1] == b'X' && bytes[len - 2] != b'X');
        bytes[..hidden].iter_mut().filter(|b| **b == b'X').for_each(|b| *b = b'*');
    }
    Ok((bytes, len))
}

fn weak_of_masked(bytes: &[u8]) -> Option<WeakId> {
    let (mut region, mut tail) = ([0; 6], [0; 4]);
    region.copy_from_slice(bytes.get(..6)?);
    tail.copy_from_slice(bytes.get(bytes.len().checked_sub(4)?..)?);
    let known = region.iter().chain(&tail[..3]).all(u8::is_ascii_digit)
        && (tail[3].is_ascii_digit() || tail[3] == b'X');
    known.then_some(WeakId { region, tail })
}

fn birth_of(symbols: &[u8; 18]) -> Option<Date> {
    let number =
        |from: usize, to: usize| symbols[from..to].iter().fold(0_i16, |n, b| n * 10 + i16::from(b - b'0'));
    let (year, month, day) = (number(6, 10), number(10, 12), number(12, 14));
    if !(1880..=2100).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

impl fmt::Display for IdCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for IdCard {
    /// Masked: identity numbers must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdCard({})", self.masked())
    }
}

travels_as_text!(IdCard, IdFlaw, "Resident identity number, 18 symbols");

#[cfg(test)]
mod tests;
