//! Money in whole fen. Arithmetic is checked: an amount that does not fit is an error, never a wrong amount.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::flag::Flag;
use crate::read::{ascii_of, is_blank, means_nothing};

/// An amount in fen (1/100 yuan). JSON carries the whole number of fen.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Fen(pub i64);

/// Why a cell is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MoneyFlaw {
    /// The cell is empty.
    #[error("no amount")]
    Missing,
    /// The cell is not a number.
    #[error("not an amount")]
    BadFormat,
    /// More than 90 trillion yuan.
    #[error("the amount is too large")]
    TooLarge,
}

impl MoneyFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::BadFormat => Flag::BadFormat,
            Self::TooLarge => Flag::OutOfRange,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "money_missing",
            Self::BadFormat => "money_bad_format",
            Self::TooLarge => "money_too_large",
        }
    }

    /// The sentence for the console.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "金额为空",
            Self::BadFormat => "金额格式错误",
            Self::TooLarge => "金额过大",
        }
    }
}

impl Fen {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Whole yuan; `None` when it does not fit.
    pub const fn from_yuan(yuan: i64) -> Option<Self> {
        match yuan.checked_mul(100) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The whole number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads an amount in yuan: `1234.5`, `1,234.50`, `￥1，234.50元`, `-12`, `(12.00)` for minus twelve,
    /// `12.5万`. More than two decimals are what binary fractions leave behind; they are rounded half up
    /// (away from zero) to the fen.
    ///
    /// # Errors
    /// [`MoneyFlaw`] when the cell is empty, not a number, or too large.
    pub fn parse(raw: &str) -> Result<Self, MoneyFlaw> {
        if means_nothing(raw) {
            return Err(MoneyFlaw::Missing);
        }
        let mut reader = Amount::default();
        for c in raw.chars() {
            reader.take(ascii_of(c))?;
        }
        reader.finish()
    }

    /// The sum, or `None` when it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The difference, or `None` when it does not fit.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// So many times the amount, or `None` when it does not fit.
    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// `numerator / denominator` of the amount, rounded half away from zero. `None` when the denominator is
    /// not positive or the result does not fit.
    pub fn share(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let half = if product < 0 { -denominator } else { denominator };
        i64::try_from((2 * product + half) / (2 * denominator)).ok().map(Self)
    }

    /// The sum of many amounts, or `None` when it does not fit.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Yuan with thousands separators for people: `1,234.50`.
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        let whole = digits.len().saturating_sub(3);
        let mut out = String::with_capacity(plain.len() + whole / 3);
        out.push_str(sign);
        for (at, c) in digits.char_indices() {
            if at > 0 && at < whole && (whole - at) % 3 == 0 {
                out.push(',');
            }
            out.push(c);
        }
        out
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals and no separators: `1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, fen) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl std::str::FromStr for Fen {
    type Err = MoneyFlaw;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

/// A number being read digit by digit, as `units / 10^decimals`.
#[derive(Default)]
struct Amount {
    units: i128,
    digits: u32,
    decimals: u32,
    seen_point: bool,
    negative: bool,
    scale: i128,
    closed: bool,
}

impl Amount {
    fn take(&mut self, c: char) -> Result<(), MoneyFlaw> {
        match c {
            '0'..='9' if !self.closed => self.digit(c),
            '.' if !self.seen_point && !self.closed => {
                self.seen_point = true;
                Ok(())
            }
            // A thousands separator stands before the point and after a digit.
            ',' | '，' | '\'' if !self.seen_point && self.digits > 0 => Ok(()),
            '-' | '−' | '(' if self.digits == 0 && !self.negative && !self.seen_point => {
                self.negative = true;
                Ok(())
            }
            '+' | '￥' | '¥' if self.digits == 0 => Ok(()),
            '万' | '萬' if self.digits > 0 && !self.closed => {
                self.scale = 10_000;
                self.closed = true;
                Ok(())
            }
            '元' | '圆' | ')' if self.digits > 0 => {
                self.closed = true;
                Ok(())
            }
            c if is_blank(c) => Ok(()),
            // RMB and CNY in front or behind.
            'R' | 'M' | 'B' | 'C' | 'N' | 'Y' => Ok(()),
            _ => Err(MoneyFlaw::BadFormat),
        }
    }

    fn digit(&mut self, c: char) -> Result<(), MoneyFlaw> {
        // 15 decimals are all a binary fraction prints; what follows cannot move a fen.
        if self.seen_point && self.decimals >= 15 {
            return Ok(());
        }
        if self.digits >= 34 {
            return Err(MoneyFlaw::TooLarge);
        }
        self.units = self.units * 10 + i128::from(c as u32 - '0' as u32);
        self.digits += 1;
        self.decimals += u32::from(self.seen_point);
        Ok(())
    }

    fn finish(self) -> Result<Fen, MoneyFlaw> {
        if self.digits == 0 {
            return Err(MoneyFlaw::BadFormat);
        }
        let divisor = 10_i128.pow(self.decimals);
        let scaled = self.units.checked_mul(100 * self.scale.max(1)).ok_or(MoneyFlaw::TooLarge)?;
        let fen = i64::try_from((2 * scaled + divisor) / (2 * divisor)).map_err(|_| MoneyFlaw::TooLarge)?;
        Ok(Fen(if self.negative { -fen } else { fen }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_exports_write_them() {
        for (raw, fen) in [
            ("1234.5", 123_450),
            ("1,234.50", 123_450),
            ("￥1,234.50", 123_450),
            ("¥ 1，234.50元", 123_450),
            ("１２３．４５", 12_345),
            ("RMB 99", 9_900),
            ("12.5万", 12_500_000),
            ("0", 0),
            ("-12", -1_200),
            ("(12.00)", -1_200),
            (".5", 50),
            ("1234.4999999999998", 123_450),
            ("0.005", 1),
            ("-0.005", -1),
            ("0.0049999", 0),
        ] {
            assert_eq!(Fen::parse(raw), Ok(Fen(fen)), "{raw:?}");
        }
    }

    #[test]
    fn what_is_not_an_amount_says_why() {
        for (raw, flaw) in [
            ("", MoneyFlaw::Missing),
            ("-", MoneyFlaw::Missing),
            ("无", MoneyFlaw::Missing),
            ("免费", MoneyFlaw::BadFormat),
            ("1.2.3", MoneyFlaw::BadFormat),
            ("12-5", MoneyFlaw::BadFormat),
            ("元", MoneyFlaw::BadFormat),
            ("99999999999999999999", MoneyFlaw::TooLarge),
            ("9999999999999999999999999999999999999999", MoneyFlaw::TooLarge),
        ] {
            assert_eq!(Fen::parse(raw), Err(flaw), "{raw:?}");
        }
    }

    #[test]
    fn arithmetic_refuses_what_does_not_fit() {
        let most = Fen(i64::MAX);
        assert_eq!(Fen(1).checked_add(Fen(2)), Some(Fen(3)));
        assert_eq!(most.checked_add(Fen(1)), None);
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(Fen::checked_sum([Fen(1), Fen(2), Fen(-5)]), Some(Fen(-2)));
        assert_eq!(Fen::checked_sum([most, most]), None);
        assert_eq!(Fen::from_yuan(i64::MAX), None);
    }

    #[test]
    fn a_share_rounds_half_away_from_zero() {
        for (fen, numerator, denominator, share) in [
            (100, 1, 3, 33),
            (200, 1, 3, 67),
            (5, 1, 2, 3),
            (-5, 1, 2, -3),
            (1_000, 95, 100, 950),
            (0, 1, 7, 0),
        ] {
            assert_eq!(
                Fen(fen).share(numerator, denominator),
                Some(Fen(share)),
                "{fen}*{numerator}/{denominator}"
            );
        }
        assert_eq!(Fen(1).share(1, 0), None);
    }

    #[test]
    fn amounts_are_shown_in_yuan() {
        assert_eq!(Fen(123_450).to_string(), "1234.50");
        assert_eq!(Fen(-5).to_string(), "-0.05");
        assert_eq!(Fen(123_456_789).grouped(), "1,234,567.89");
        assert_eq!(Fen(-100_000).grouped(), "-1,000.00");
        assert_eq!(Fen(99_999).grouped(), "999.99");
        assert_eq!(Fen(i64::MIN).to_string(), "-92233720368547758.08");
    }
}
