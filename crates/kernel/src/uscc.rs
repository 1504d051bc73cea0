//! Unified social credit code (统一社会信用代码), GB 32100-2015: 18 symbols from an alphabet without
//! I, O, S, V, Z; the last checks the others, mod 31.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::read::{ascii, longest_run, means_nothing, symbols};

/// The alphabet; a symbol's value is its place.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A code whose check symbol is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc([u8; 18]);

/// Why a cell is not a credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UsccFlaw {
    /// The cell is empty.
    #[error("no credit code")]
    Missing,
    /// One symbol over and over.
    #[error("a placeholder, not a credit code")]
    Placeholder,
    /// Not 18 symbols.
    #[error("a credit code has 18 symbols, this has {0}")]
    WrongLength(usize),
    /// A symbol outside the alphabet.
    #[error("symbol {0:?} cannot stand in a credit code")]
    IllegalSymbol(char),
    /// The check symbol is wrong.
    #[error("the check symbol of the credit code is wrong")]
    CheckFailed,
}

impl UsccFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::WrongLength(_) | Self::IllegalSymbol(_) => Flag::BadFormat,
            Self::CheckFailed => Flag::CheckFailed,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "uscc_missing",
            Self::Placeholder => "uscc_placeholder",
            Self::WrongLength(_) => "uscc_wrong_length",
            Self::IllegalSymbol(_) => "uscc_illegal_symbol",
            Self::CheckFailed => "uscc_check_failed",
        }
    }

    /// The sentence for the console.
    pub fn zh(self) -> String {
        match self {
            Self::Missing => "统一社会信用代码为空".to_owned(),
            Self::Placeholder => "统一社会信用代码为占位值".to_owned(),
            Self::WrongLength(length) => format!("统一社会信用代码应为18位，实为{length}位"),
            Self::IllegalSymbol(symbol) => format!("统一社会信用代码不能含「{symbol}」"),
            Self::CheckFailed => "统一社会信用代码校验位不符".to_owned(),
        }
    }
}

fn value_of(symbol: u8) -> Option<u32> {
    ALPHABET.iter().position(|&known| known == symbol).and_then(|at| u32::try_from(at).ok())
}

/// The check symbol of the first 17: weights 3^i mod 31, check = 31 − sum mod 31. `None` for a symbol
/// outside the alphabet. Source: GB 32100-2015.
pub fn check_symbol(first: &[u8; 17]) -> Option<u8> {
    let (mut sum, mut weight) = (0, 1);
    for &symbol in first {
        sum += value_of(symbol)? * weight;
        weight = weight * 3 % 31;
    }
    Some(ALPHABET[((31 - sum % 31) % 31) as usize])
}

impl Uscc {
    /// Reads a code: width and case folded, separators skipped.
    ///
    /// # Errors
    /// [`UsccFlaw`] when the form or the check symbol is wrong.
    pub fn parse(raw: &str) -> Result<Self, UsccFlaw> {
        if means_nothing(raw) {
            return Err(UsccFlaw::Missing);
        }
        let (bytes, len) = symbols::<32>(raw).map_err(|symbol| {
            symbol.map_or_else(|| UsccFlaw::WrongLength(raw.chars().count()), UsccFlaw::IllegalSymbol)
        })?;
        if len >= 6 && longest_run(&bytes[..len]) * 10 >= len * 8 {
            return Err(UsccFlaw::Placeholder);
        }
        if let Some(&symbol) = bytes[..len].iter().find(|&&symbol| value_of(symbol).is_none()) {
            return Err(UsccFlaw::IllegalSymbol(char::from(symbol)));
        }
        if len != 18 {
            return Err(UsccFlaw::WrongLength(len));
        }
        let (mut first, mut code) = ([0; 17], [0; 18]);
        first.copy_from_slice(&bytes[..17]);
        code.copy_from_slice(&bytes[..18]);
        if check_symbol(&first) == Some(code[17]) { Ok(Self(code)) } else { Err(UsccFlaw::CheckFailed) }
    }

    /// The 18 symbols.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({})", self.as_str())
    }
}

travels_as_text!(Uscc, UsccFlaw, "Unified social credit code, 18 symbols");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code_of(first: &[u8; 17]) -> String {
        format!("{}{}", ascii(first), char::from(check_symbol(first).unwrap()))
    }

    #[test]
    fn a_code_with_the_right_check_symbol_is_read_however_it_is_typed() {
        let code = code_of(b"91330000MA0000000");
        for raw in [code.clone(), code.to_lowercase(), format!(" {} {}", &code[..4], &code[4..])] {
            assert_eq!(Uscc::parse(&raw).map(|uscc| uscc.to_string()), Ok(code.clone()), "{raw:?}");
        }
    }

    #[test]
    fn the_worked_example_of_the_standard_holds() {
        // GB 32100-2015, annex: 91350100M000100Y4 has the check symbol 3.
        assert_eq!(check_symbol(b"91350100M000100Y4"), Some(b'3'));
    }

    #[test]
    fn what_is_not_a_code_says_why() {
        for (raw, flaw) in [
            ("", UsccFlaw::Missing),
            ("000000000000000000", UsccFlaw::Placeholder),
            ("91350100M000100Y4", UsccFlaw::WrongLength(17)),
            ("91350100M000100Y44", UsccFlaw::CheckFailed),
            ("91350100S000100Y43", UsccFlaw::IllegalSymbol('S')),
            ("浙江某公司", UsccFlaw::IllegalSymbol('浙')),
        ] {
            assert_eq!(Uscc::parse(raw), Err(flaw), "{raw:?}");
            assert!(!flaw.zh().is_empty());
        }
    }

    proptest! {
        #[test]
        fn every_single_substitution_is_caught(
            values in prop::array::uniform17(0_usize..31), place in 0_usize..18, other in 0_usize..31,
        ) {
            let code = code_of(&values.map(|value| ALPHABET[value]));
            let mut typed = code.clone().into_bytes();
            prop_assume!(longest_run(&typed) < 8 && typed[place] != ALPHABET[other]);
            prop_assert!(Uscc::parse(&code).is_ok());
            typed[place] = ALPHABET[other];
            prop_assert!(Uscc::parse(ascii(&typed)).is_err());
        }
    }
}
