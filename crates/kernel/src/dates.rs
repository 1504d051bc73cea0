//! Dates as twenty years of exports write them, and arithmetic with months.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::clock::shanghai_time;
use crate::flag::Flag;
use crate::read::{ascii_of, is_blank, means_nothing};

/// A date and why it is not plain good: `ok`, `default_value` or `partial` (a month without day).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadDate {
    /// The day in Shanghai.
    pub date: Date,
    /// `ok`, `default_value` or `partial`.
    pub flag: Flag,
}

/// A wall time in Shanghai and why it is not plain good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadDateTime {
    /// The wall time in Shanghai; midnight when the cell held a date only.
    pub at: DateTime,
    /// `ok`, `default_value` or `partial` (a date without time).
    pub flag: Flag,
}

/// Why a cell is not a date. Names the value, because the person who reads it must find the cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DateFlaw {
    /// The cell is empty or zero.
    #[error("no date")]
    Missing,
    /// The form of a date, but the calendar has no such day or the clock no such time.
    #[error("{0} does not exist")]
    NoSuchDay(String),
    /// A year before 1850 or after 2100.
    #[error("{0} lies outside 1850–2100")]
    OutOfRange(String),
    /// No known way to write a date.
    #[error("{0:?} is not a date")]
    BadFormat(String),
}

impl DateFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(&self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::NoSuchDay(_) | Self::OutOfRange(_) => Flag::OutOfRange,
            Self::BadFormat(_) => Flag::BadFormat,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "date_missing",
            Self::NoSuchDay(_) => "date_no_such_day",
            Self::OutOfRange(_) => "date_out_of_range",
            Self::BadFormat(_) => "date_bad_format",
        }
    }

    /// The sentence for the console.
    pub fn zh(&self) -> String {
        match self {
            Self::Missing => "日期为空".to_owned(),
            Self::NoSuchDay(raw) => format!("日期「{raw}」不存在"),
            Self::OutOfRange(raw) => format!("日期「{raw}」超出1850年至2100年"),
            Self::BadFormat(raw) => format!("「{raw}」不是日期"),
        }
    }
}

/// Reads a day: `2021/2/3`, `2021-02-03`, `2021.2.3`, `20210203`, `2021年2月3日`, `2021年2月` (partial), an Excel
/// serial (`44197`, `44197.5`), each also with a time behind, which is dropped.
///
/// # Errors
/// [`DateFlaw`], naming the value.
pub fn parse_date(raw: &str) -> Result<ReadDate, DateFlaw> {
    if let Some((year, month, day)) = plain_date(raw.as_bytes()) {
        return dated(raw, year, month, day).map(|date| ReadDate { date, flag: flag_of(date) });
    }
    let read = parse_datetime(raw)?;
    // A date without time is nothing less for a date.
    let flag = match flag_of(read.at.date()) {
        Flag::Ok if month_only(raw) => Flag::Partial,
        flag => flag,
    };
    Ok(ReadDate { date: read.at.date(), flag })
}

/// Reads a wall time: every form of [`parse_date`], with `T`, blanks or nothing before `14:05`, `14:05:06`,
/// `14:05:06.789`, `14时5分6秒`, 下午2:05, 12 or 14 digits in a row, a fraction of an Excel serial, a trailing
/// `Z` or `+08:00`. A date alone is midnight, flagged `partial`.
///
/// # Errors
/// [`DateFlaw`], naming the value.
pub fn parse_datetime(raw: &str) -> Result<ReadDateTime, DateFlaw> {
    let trimmed = raw.trim_matches(|c| is_blank(c) || matches!(c, '\'' | '"'));
    if means_nothing(trimmed) {
        return Err(DateFlaw::Missing);
    }
    let bad = || DateFlaw::BadFormat(trimmed.to_owned());
    let text = Folded::of(trimmed).ok_or_else(bad)?;
    let bytes = text.as_bytes();
    if bytes.iter().all(|&b| b == b'0' || !b.is_ascii_digit()) && bytes.contains(&b'0') {
        // 0, 0000-00-00, 00000000: how databases write "nothing".
        return Err(DateFlaw::Missing);
    }
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &bytes[digits..];
    if (rest.is_empty() || rest[0] == b'.' && rest[1..].iter().all(u8::is_ascii_digit)) && digits <= 5 {
        return serial(trimmed, bytes, digits);
    }
    if rest.is_empty() && matches!(digits, 6 | 8 | 12 | 14) {
        return packed(trimmed, bytes);
    }
    let mut scan = Scan { bytes, at: 0 };
    let date = scan.date(trimmed)?;
    let (time, offset_minutes) = scan.time(trimmed)?;
    let at = date.to_datetime(time.unwrap_or(Time::MIN));
    let at = match offset_minutes {
        Some(minutes) => to_shanghai(at, minutes).ok_or_else(bad)?,
        None => at,
    };
    let flag = match flag_of(at.date()) {
        Flag::Ok if time.is_none() => Flag::Partial,
        flag => flag,
    };
    Ok(ReadDateTime { at, flag })
}

mod forms;

use forms::{Folded, Scan, dated, month_only, packed, plain_date, serial, to_shanghai};

/// Days that a system filled in because nobody did.
const DEFAULTS: [(i16, i8, i8); 8] = [
    (1, 1, 1),
    (1753, 1, 1),
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1970, 1, 1),
    (2099, 12, 31),
    (9999, 12, 31),
];

/// `default_value` for a day that a system filled in because nobody did, else `ok`.
pub fn flag_of(date: Date) -> Flag {
    let parts = (date.year(), date.month(), date.day());
    if DEFAULTS.contains(&parts) { Flag::DefaultValue } else { Flag::Ok }
}

/// So many months later (earlier when negative), on the same day of the month or on its last day when it is
/// shorter: 31 January + 1 month = 28 or 29 February. Stays at the ends of the calendar.
pub fn add_months(date: Date, months: i32) -> Date {
    date.saturating_add(i64::from(months.clamp(-120_000, 120_000)).months())
}

/// Whole months from one day to a later one; negative when it is earlier. 31 January to 28 February is one,
/// because that is where one month leads.
pub fn months_between(from: Date, to: Date) -> i32 {
    if to < from {
        return -months_between(to, from);
    }
    let years = i32::from(to.year()) - i32::from(from.year());
    let months = years * 12 + i32::from(to.month()) - i32::from(from.month());
    if add_months(from, months) > to { months - 1 } else { months }
}

/// Calendar days from one day to another; negative when it is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    let days = (to - from).get_days();
    if days == 0 { 0 } else { days }
}

/// So many days later (earlier when negative). Stays at the ends of the calendar.
pub fn add_days(date: Date, days: i32) -> Date {
    date.saturating_add(i64::from(days.clamp(-4_000_000, 4_000_000)).days())
}

/// Whole years from birth to a day: the age.
pub fn years_between(from: Date, to: Date) -> i32 {
    months_between(from, to) / 12
}

/// The day in Shanghai at an instant.
pub fn day_of(at: Timestamp) -> Date {
    shanghai_time(at).date()
}

/// A month of the calendar, the grain of most reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month a day lies in.
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or_default()
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// The month so many months later.
    pub fn plus(self, months: i32) -> Self {
        Self::of(add_months(self.first_day(), months))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests;
