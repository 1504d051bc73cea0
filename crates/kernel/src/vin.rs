//! Vehicle identification number (车架号), ISO 3779 and GB 16735-2019.
//!
//! Seventeen symbols without I, O, Q: WMI 1–3 (first letter L: built in China), VDS 4–8, check digit 9,
//! model year 10, plant 11, serial 12–17. The check digit is mandatory in China and North America;
//! European imports may fail it, so a failed check is a flag, not a refusal.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::read::{ascii, longest_run, means_nothing, symbols};

/// Weights of the seventeen places; the ninth, the check digit itself, weighs nothing.
const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// Codes of the model year in place 10, from 2001 (`1`) to 2030 (`Y`); no I, O, Q, U, Z, 0.
const YEAR_CODES: &[u8; 30] = b"123456789ABCDEFGHJKLMNPRSTVWXY";

/// A well-formed VIN. Ask [`Vin::check_ok`] before using it as the only key of a vehicle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vin([u8; 17]);

/// Why a cell is not a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum VinFlaw {
    /// The cell is empty.
    #[error("no VIN")]
    Missing,
    /// Typed to get past a mandatory field: zeros, one symbol over and over.
    #[error("a placeholder, not a VIN")]
    Placeholder,
    /// Eight valid symbols: the last eight of a VIN, a key only together with the brand.
    #[error("only the last eight symbols of a VIN")]
    LastEight,
    /// Not seventeen symbols.
    #[error("a VIN has 17 symbols, this has {0}")]
    WrongLength(usize),
    /// A symbol that no VIN has: I, O, Q, or no letter or digit at all.
    #[error("symbol {symbol:?} at place {place} cannot stand in a VIN")]
    IllegalSymbol {
        /// The place, counted from 1.
        place: usize,
        /// The symbol, folded.
        symbol: char,
    },
    /// Hidden at the source.
    #[error("the VIN is masked")]
    Masked,
}

impl VinFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::LastEight => Flag::Partial,
            Self::WrongLength(_) | Self::IllegalSymbol { .. } => Flag::BadFormat,
            Self::Masked => Flag::Masked,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "vin_missing",
            Self::Placeholder => "vin_placeholder",
            Self::LastEight => "vin_last_eight",
            Self::WrongLength(_) => "vin_wrong_length",
            Self::IllegalSymbol { .. } => "vin_illegal_symbol",
            Self::Masked => "vin_masked",
        }
    }

    /// The sentence for the console.
    pub fn zh(self) -> String {
        match self {
            Self::Missing => "车架号为空".to_owned(),
            Self::Placeholder => "车架号为占位值".to_owned(),
            Self::LastEight => "只有车架号后八位".to_owned(),
            Self::WrongLength(length) => format!("车架号应为17位，实为{length}位"),
            Self::IllegalSymbol { place, symbol } => {
                format!("车架号第{place}位为「{symbol}」，车架号不含字母I、O、Q及其他符号")
            }
            Self::Masked => "车架号已脱敏".to_owned(),
        }
    }
}

/// The value of a symbol in the check sum; `None` for a symbol that no VIN has.
const fn transliterated(symbol: u8) -> Option<u32> {
    Some(match symbol {
        b'0'..=b'9' => (symbol - b'0') as u32,
        b'A' | b'J' => 1,
        b'B' | b'K' | b'S' => 2,
        b'C' | b'L' | b'T' => 3,
        b'D' | b'M' | b'U' => 4,
        b'E' | b'N' | b'V' => 5,
        b'F' | b'W' => 6,
        b'G' | b'P' | b'X' => 7,
        b'H' | b'Y' => 8,
        b'R' | b'Z' => 9,
        _ => return None,
    })
}

/// The check digit that belongs in place 9 (`0`–`9` or `X`), whatever stands there now.
/// `None` when a symbol is none of a VIN. Source: ISO 3779 / GB 16735, weighted sum mod 11.
pub fn check_digit(symbols: &[u8; 17]) -> Option<u8> {
    let mut sum = 0;
    for (&symbol, weight) in symbols.iter().zip(WEIGHTS) {
        sum += weight * transliterated(symbol)?;
    }
    Some(match sum % 11 {
        10 => b'X',
        rest => b'0' + rest as u8,
    })
}

impl Vin {
    /// Reads a VIN: width and case folded, blanks, dashes and dots skipped.
    ///
    /// # Errors
    /// [`VinFlaw`] when the cell does not hold seventeen symbols that a VIN may have. A wrong check digit
    /// is no error; ask [`Vin::check_ok`].
    pub fn parse(raw: &str) -> Result<Self, VinFlaw> {
        let (bytes, len) = read_symbols(raw)?;
        if bytes[..len].contains(&b'*') {
            return Err(VinFlaw::Masked);
        }
        if len >= 6 && (longest_run(&bytes[..len]) * 10 >= len * 8) {
            return Err(VinFlaw::Placeholder);
        }
        for (at, &symbol) in bytes[..len].iter().enumerate() {
            if transliterated(symbol).is_none() {
                return Err(VinFlaw::IllegalSymbol { place: at + 1, symbol: char::from(symbol) });
            }
        }
        match len {
            17 => {
                let mut symbols = [0; 17];
                symbols.copy_from_slice(&bytes[..17]);
                Ok(Self(symbols))
            }
            8 => Err(VinFlaw::LastEight),
            _ => Err(VinFlaw::WrongLength(len)),
        }
    }

    /// The seventeen symbols.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The seventeen symbols as bytes.
    pub const fn as_bytes(&self) -> &[u8; 17] {
        &self.0
    }

    /// True when place 9 holds the right check digit.
    pub fn check_ok(&self) -> bool {
        check_digit(&self.0) == Some(self.0[8])
    }

    /// True when the vehicle was built in China (WMI starts with L), where the check digit is mandatory.
    pub const fn is_china_made(&self) -> bool {
        self.0[0] == b'L'
    }

    /// The flag kept beside the raw value: `ok`, or `check_failed` (for an import a warning only).
    pub fn flag(&self) -> Flag {
        if self.check_ok() { Flag::Ok } else { Flag::CheckFailed }
    }

    /// True when the VIN alone tells a vehicle: check digit right, or an import that need not have one.
    pub fn is_strong(&self) -> bool {
        self.check_ok() || !self.is_china_made()
    }

    /// World manufacturer identifier, the first three symbols.
    pub fn wmi(&self) -> &str {
        ascii(&self.0[..3])
    }

    /// Vehicle indicator section: the last eight symbols, a key only together with the brand.
    pub fn vis(&self) -> &str {
        ascii(&self.0[9..])
    }

    /// The last `n` symbols (4, 6 and 8 are the usual search keys); all when `n` is 17 or more.
    pub fn last(&self, n: usize) -> &str {
        ascii(&self.0[17_usize.saturating_sub(n)..])
    }

    /// The model year by the code in place 10, in the cycle 2001–2030. `None` for a code that no year has.
    pub fn model_year(&self) -> Option<i16> {
        let at = YEAR_CODES.iter().position(|&code| code == self.0[9])?;
        i16::try_from(2001 + at).ok()
    }

    /// The model year in the cycle that ends with `latest` (usually next year: models run ahead of dates).
    pub fn model_year_up_to(&self, latest: i16) -> Option<i16> {
        let year = self.model_year()?;
        Some(latest - (latest - year).rem_euclid(30))
    }

    /// The VIN as a masked role sees it: only the last six.
    pub fn masked(&self) -> String {
        format!("***********{}", self.last(6))
    }
}

/// Symbols of a cell; keeps a few more than 17 so that the length can be told.
fn read_symbols(raw: &str) -> Result<([u8; 40], usize), VinFlaw> {
    if means_nothing(raw) {
        return Err(VinFlaw::Missing);
    }
    match symbols::<40>(raw) {
        Ok((_, 0)) => Err(VinFlaw::Missing),
        Ok(found) => Ok(found),
        Err(Some(symbol)) => {
            let place = raw.chars().position(|c| crate::read::ascii_of(c) == symbol).map_or(1, |at| at + 1);
            Err(VinFlaw::IllegalSymbol { place, symbol })
        }
        Err(None) => Err(VinFlaw::WrongLength(raw.chars().count())),
    }
}

/// The last eight of a VIN from a cell that holds no more than those (paper ledgers, early spreadsheets),
/// or from a whole VIN. `None` for anything else.
pub fn last_eight(raw: &str) -> Option<String> {
    match Vin::parse(raw) {
        Ok(vin) => Some(vin.vis().to_owned()),
        Err(VinFlaw::LastEight) => read_symbols(raw).ok().map(|(bytes, len)| ascii(&bytes[..len]).to_owned()),
        Err(_) => None,
    }
}

/// VINs with a right check digit that the typed text may have meant, by the confusions O→0, Q→0, I→1
/// (always) and S↔5, B↔8, Z↔2 (one symbol). At most a handful, in order of place.
///
/// An invalid VIN has about 43 valid neighbours, so a repair is only ever *proposed*, or made towards a
/// VIN already known for the same plate, engine or customer.
pub fn repair_suggestions(raw: &str) -> Vec<Vin> {
    let Ok((bytes, 17)) = read_symbols(raw) else { return Vec::new() };
    let mut typed = [0; 17];
    for (to, &from) in typed.iter_mut().zip(&bytes) {
        *to = match from {
            b'O' | b'Q' => b'0',
            b'I' => b'1',
            other => other,
        };
    }
    let Some(right) = check_digit(&typed) else { return Vec::new() };
    if right == typed[8] {
        let changed = typed[..] != bytes[..17];
        return if changed { vec![Vin(typed)] } else { Vec::new() };
    }
    let mut found = Vec::new();
    for at in 0..17 {
        let mut candidate = typed;
        candidate[at] = match typed[at] {
            b'S' => b'5',
            b'5' => b'S',
            b'B' => b'8',
            b'8' => b'B',
            b'Z' => b'2',
            b'2' => b'Z',
            _ => continue,
        };
        if check_digit(&candidate) == Some(candidate[8]) {
            found.push(Vin(candidate));
        }
    }
    found
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vin({})", self.as_str())
    }
}

travels_as_text!(Vin, VinFlaw, "Vehicle identification number, 17 symbols");

#[cfg(test)]
mod tests;
