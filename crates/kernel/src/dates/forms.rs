//! The ways a date is written, one reader each.

use super::{
    Date, DateFlaw, DateTime, Flag, ReadDateTime, SignedDuration, Time, ascii_of, flag_of, is_blank,
};

/// Symbols of a date cell with Chinese units turned into separators.
pub(super) struct Folded {
    bytes: [u8; 48],
    len: usize,
}

impl Folded {
    pub(super) fn of(raw: &str) -> Option<Self> {
        let mut folded = Self { bytes: [0; 48], len: 0 };
        for c in raw.chars() {
            let byte = match ascii_of(c) {
                '年' | '月' | '/' | '.' | '-' | '—' | '–' | '−' => {
                    // 44197.5 and 14:05:06.7 keep their point.
                    if c == '.' || c == '．' { b'.' } else { b'-' }
                }
                '日' | '号' => b' ',
                '时' | '点' | '分' | '：' => b':',
                '秒' => b' ',
                '上' => b'A',
                '下' => b'P',
                '午' => b'M',
                c if c.is_ascii() && !c.is_control() => c as u8,
                c if is_blank(c) => b' ',
                _ => return None,
            };
            *folded.bytes.get_mut(folded.len)? = byte;
            folded.len += 1;
        }
        while folded.len > 0 && matches!(folded.bytes[folded.len - 1], b' ' | b':') {
            folded.len -= 1;
        }
        Some(folded)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// `2021-02-03`, `2021/02/03`, `20210203`: what most files hold, read without a copy.
pub(super) fn plain_date(bytes: &[u8]) -> Option<(i16, i16, i16)> {
    let digits = |part: &[u8]| -> Option<i16> {
        part.iter().try_fold(0_i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
    };
    let (year, month, day) = match bytes {
        [_, _, _, _, b'-' | b'/', _, _, b'-' | b'/', _, _] => (&bytes[..4], &bytes[5..7], &bytes[8..]),
        [_, _, _, _, _, _, _, _] => (&bytes[..4], &bytes[4..6], &bytes[6..]),
        _ => return None,
    };
    let parts = (digits(year)?, digits(month)?, digits(day)?);
    (parts != (0, 0, 0)).then_some(parts)
}

/// The day, if the calendar has it and the year is one that a record here can hold.
pub(super) fn dated(raw: &str, year: i16, month: i16, day: i16) -> Result<Date, DateFlaw> {
    let raw = raw.trim();
    let small = |n: i16| i8::try_from(n).unwrap_or(i8::MAX);
    let date = Date::new(year, small(month), small(day)).map_err(|_| DateFlaw::NoSuchDay(raw.to_owned()))?;
    if (1850..=2100).contains(&year) || flag_of(date) == Flag::DefaultValue {
        Ok(date)
    } else {
        Err(DateFlaw::OutOfRange(raw.to_owned()))
    }
}

/// True when the cell names a month only (2021-02, 2021年2月, 202102).
pub(super) fn month_only(raw: &str) -> bool {
    let mut groups = raw.split(|c: char| !ascii_of(c).is_ascii_digit()).filter(|group| !group.is_empty());
    let mut digits = || groups.next().map_or(0, |group| group.chars().count());
    matches!((digits(), digits(), digits()), (4, 1 | 2, 0) | (6, 0, 0))
}

/// An Excel serial of the 1900 system: 1 is 1900-01-01. Excel believes that 1900 was a leap year (as Lotus
/// 1-2-3 did), so serial 60 is a day that never was and everything after is one too high.
pub(super) fn serial(raw: &str, bytes: &[u8], digits: usize) -> Result<ReadDateTime, DateFlaw> {
    let days = bytes[..digits].iter().fold(0_i32, |n, b| n * 10 + i32::from(b - b'0'));
    if digits == 0 || (digits == 4 && (1900..=2100).contains(&days)) {
        // A lone year says too little to be a day.
        return Err(DateFlaw::BadFormat(raw.to_owned()));
    }
    if days == 60 {
        return Err(DateFlaw::NoSuchDay(raw.to_owned()));
    }
    if days > 73_415 {
        return Err(DateFlaw::OutOfRange(raw.to_owned()));
    }
    let base = jiff::civil::date(1899, 12, if days < 60 { 31 } else { 30 });
    let day = super::add_days(base, days);
    let mut fraction = 0_f64;
    let mut place = 0.1;
    for digit in bytes[digits..].iter().filter(|b| b.is_ascii_digit()) {
        fraction += f64::from(digit - b'0') * place;
        place /= 10.0;
    }
    // Excel keeps times to the second at best; rounding undoes what the binary fraction lost.
    let seconds = (fraction * 86_400.0).round() as i64;
    let at = day
        .to_datetime(Time::MIN)
        .checked_add(SignedDuration::from_secs(seconds))
        .map_err(|_| DateFlaw::OutOfRange(raw.to_owned()))?;
    let flag = match flag_of(at.date()) {
        Flag::Ok if digits == bytes.len() => Flag::Partial,
        flag => flag,
    };
    Ok(ReadDateTime { at, flag })
}

/// 6 (month), 8 (day), 12 (minute) or 14 (second) digits in a row.
pub(super) fn packed(raw: &str, bytes: &[u8]) -> Result<ReadDateTime, DateFlaw> {
    let number = |from: usize, to: usize| {
        bytes.get(from..to).map_or(0, |part| part.iter().fold(0_i16, |n, b| n * 10 + i16::from(b - b'0')))
    };
    let day = if bytes.len() == 6 { 1 } else { number(6, 8) };
    let date = dated(raw, number(0, 4), number(4, 6), day)?;
    let time = clock_time(raw, number(8, 10), number(10, 12), number(12, 14))?;
    let flag = match flag_of(date) {
        Flag::Ok if bytes.len() <= 8 => Flag::Partial,
        flag => flag,
    };
    Ok(ReadDateTime { at: date.to_datetime(time), flag })
}

fn clock_time(raw: &str, hour: i16, minute: i16, second: i16) -> Result<Time, DateFlaw> {
    let small = |n: i16| i8::try_from(n).unwrap_or(i8::MAX);
    Time::new(small(hour), small(minute), small(second), 0).map_err(|_| DateFlaw::NoSuchDay(raw.to_owned()))
}

/// A wall time at an offset, as the wall time in Shanghai.
pub(super) fn to_shanghai(at: DateTime, offset_minutes: i32) -> Option<DateTime> {
    at.checked_add(SignedDuration::from_mins(i64::from(8 * 60 - offset_minutes))).ok()
}

/// Reads separated forms from left to right.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Scan<'_> {
    /// Up to `most` digits; `None` when there is none or one too many.
    fn number(&mut self, most: usize) -> Option<i16> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if len == 0 || len > most {
            return None;
        }
        self.at += len;
        Some(rest[..len].iter().fold(0_i16, |n, b| n * 10 + i16::from(b - b'0')))
    }

    fn skip(&mut self, symbols: &[u8]) -> bool {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(|b| symbols.contains(b)) {
            self.at += 1;
        }
        self.at > from
    }

    pub(super) fn date(&mut self, raw: &str) -> Result<Date, DateFlaw> {
        let bad = || DateFlaw::BadFormat(raw.to_owned());
        let start = self.at;
        let digits = self.bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 8 {
            // 20210203 14:05
            self.at = 8;
            return packed(raw, &self.bytes[..8]).map(|read| read.at.date());
        }
        let year = self.number(4).ok_or_else(bad)?;
        if self.at - start != 4 || !self.skip(b"-. ") {
            return Err(bad());
        }
        let month = self.number(2).ok_or_else(bad)?;
        let separated = self.skip(b"-. ");
        let day = if self.at == self.bytes.len() {
            1
        } else if separated {
            self.number(2).ok_or_else(bad)?
        } else {
            return Err(bad());
        };
        dated(raw, year, month, day)
    }

    /// The time behind a date, with the offset from Greenwich in minutes if one is written.
    pub(super) fn time(&mut self, raw: &str) -> Result<(Option<Time>, Option<i32>), DateFlaw> {
        let bad = || DateFlaw::BadFormat(raw.to_owned());
        self.skip(b" T,");
        if self.at == self.bytes.len() {
            return Ok((None, None));
        }
        let half = self.half_of_day();
        self.skip(b" ");
        let mut hour = self.number(2).ok_or_else(bad)?;
        self.skip(b":");
        let minute = self.number(2).unwrap_or(0);
        self.skip(b":");
        let second = self.number(2).unwrap_or(0);
        if self.skip(b".") {
            self.skip(b"0123456789");
        }
        self.skip(b" ");
        let half = half.or_else(|| self.half_of_day());
        match half {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        self.skip(b" ");
        let offset = self.offset().ok_or_else(bad)?;
        if self.at != self.bytes.len() {
            return Err(bad());
        }
        Ok((Some(clock_time(raw, hour, minute, second)?), offset))
    }

    /// 上午/AM is `false`, 下午/PM is `true`.
    fn half_of_day(&mut self) -> Option<bool> {
        let half = match self.bytes.get(self.at..self.at + 2)? {
            b"AM" => false,
            b"PM" => true,
            _ => return None,
        };
        self.at += 2;
        Some(half)
    }

    /// `Z`, `+08:00`, `+0800`, `+08` or nothing. The outer `None` is a broken offset.
    fn offset(&mut self) -> Option<Option<i32>> {
        let sign = match self.bytes.get(self.at) {
            None => return Some(None),
            Some(b'Z') => {
                self.at += 1;
                return Some(Some(0));
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.at += 1;
        let digits: Vec<i32> = self.bytes[self.at..]
            .iter()
            .filter(|b| b.is_ascii_digit())
            .map(|b| i32::from(b - b'0'))
            .collect();
        self.at = self.bytes.len();
        match digits[..] {
            [a, b] => Some(Some(sign * (a * 10 + b) * 60)),
            [a, b, c, d] => Some(Some(sign * ((a * 10 + b) * 60 + c * 10 + d))),
            _ => None,
        }
    }
}
