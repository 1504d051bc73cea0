//! Cells to typed values. Every reader notes a mark when a value is not plain good, and the normalised text when it
//! differs from what stood in the file, so that raw, normalised and flag stay side by side.

use jiff::civil::{Date, DateTime};
use kernel::{Fen, Flag, Gender, IdCard, IdFlaw, Phone, Plate, Uscc, Vin, VinFlaw};

use crate::catalogue::Field;
use crate::facts::{Mark, Micros, PhoneFact};
use crate::mapping::Mapping;
use crate::reading::Row;

/// One row under normalisation: cells by field, and what has been noticed so far.
pub(crate) struct Cells<'a> {
    pub row: Row<'a>,
    pub mapping: &'a Mapping,
    pub marks: Vec<Mark>,
    /// Normalised texts that differ from the raw ones.
    pub normalised: Vec<(Field, String)>,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(row: Row<'a>, mapping: &'a Mapping) -> Cells<'a> {
        Cells { row, mapping, marks: Vec::new(), normalised: Vec::new() }
    }

    /// The trimmed cell; empty when no column feeds the field.
    pub(crate) fn raw(&self, field: Field) -> &'a str {
        self.mapping.column(field).map_or("", |column| self.row.cell(column))
    }

    pub(crate) fn mark(&mut self, field: Field, flag: Flag) {
        if flag != Flag::Ok {
            self.marks.push(Mark::flag(field, flag));
        }
    }

    pub(crate) fn mark_code(&mut self, field: Field, code: &'static str) {
        self.marks.push(Mark { field, code });
    }

    /// Keeps the normalised text if it says it in other symbols.
    pub(crate) fn note(&mut self, field: Field, raw: &str, normalised: &str) {
        if raw != normalised {
            self.normalised.push((field, normalised.to_owned()));
        }
    }

    /// Text with full-width symbols folded and inner line ends taken out; words that mean nothing are empty.
    pub(crate) fn text(&mut self, field: Field) -> String {
        let raw = self.raw(field);
        if means_nothing(raw) {
            return String::new();
        }
        if raw.bytes().all(|b| b >= b' ') && !raw.chars().any(is_wide) {
            return raw.to_owned();
        }
        let text: String = raw.chars().map(narrow).filter(|c| !c.is_control()).collect();
        let text = text.trim().to_owned();
        self.note(field, raw, &text);
        text
    }

    /// A code: text in capitals without blanks, so that `c001 ` and `C001` are one customer.
    pub(crate) fn code(&mut self, field: Field) -> String {
        let raw = self.raw(field);
        if means_nothing(raw) {
            return String::new();
        }
        if raw.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'-') {
            return raw.to_owned();
        }
        let code: String = raw
            .chars()
            .map(narrow)
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .flat_map(char::to_uppercase)
            .collect();
        // Spreadsheets turn long codes into numbers: 12345.0
        let code = code.strip_suffix(".0").map_or(code.clone(), str::to_owned);
        self.note(field, raw, &code);
        code
    }

    pub(crate) fn date(&mut self, field: Field) -> Option<Date> {
        let raw = self.raw(field);
        if raw.is_empty() {
            return None;
        }
        match kernel::parse_date(raw) {
            Ok(read) if read.flag == Flag::DefaultValue => {
                self.mark(field, read.flag);
                None
            }
            Ok(read) => {
                self.mark(field, read.flag);
                self.note(field, raw, &read.date.to_string());
                Some(read.date)
            }
            Err(flaw) => {
                if flaw.flag() != Flag::Missing {
                    self.mark(field, flaw.flag());
                }
                None
            }
        }
    }

    /// A wall time of Shanghai.
    pub(crate) fn time(&mut self, field: Field) -> Option<DateTime> {
        let raw = self.raw(field);
        if raw.is_empty() {
            return None;
        }
        match kernel::parse_datetime(raw) {
            Ok(read) if read.flag == Flag::DefaultValue => {
                self.mark(field, read.flag);
                None
            }
            Ok(read) => {
                // A day without its hour is common in ledgers and no defect of the visit.
                if read.flag != Flag::Partial {
                    self.mark(field, read.flag);
                }
                let d = read.at;
                let text = format!(
                    "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                    d.year(),
                    d.month(),
                    d.day(),
                    d.hour(),
                    d.minute(),
                    d.second()
                );
                self.note(field, raw, &text);
                Some(read.at)
            }
            Err(flaw) => {
                if flaw.flag() != Flag::Missing {
                    self.mark(field, flaw.flag());
                }
                None
            }
        }
    }

    pub(crate) fn fen(&mut self, field: Field) -> Option<i64> {
        let raw = self.raw(field);
        if raw.is_empty() {
            return None;
        }
        match Fen::parse(raw) {
            Ok(fen) => {
                if !raw.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') {
                    self.note(field, raw, &fen.to_string());
                }
                Some(fen.0)
            }
            Err(flaw) => {
                if flaw.flag() != Flag::Missing {
                    self.mark(field, flaw.flag());
                }
                None
            }
        }
    }

    /// A whole number within limits; fractions are cut, thousands separators and units dropped.
    pub(crate) fn count(&mut self, field: Field, most: i32) -> Option<i32> {
        let value = self.ten_thousandths(field)?;
        let whole = value / 10_000;
        match i32::try_from(whole) {
            Ok(n) if (0..=most).contains(&n) => Some(n),
            _ => {
                self.mark(field, Flag::OutOfRange);
                None
            }
        }
    }

    /// A number with up to four decimals, as ten-thousandths.
    pub(crate) fn ten_thousandths(&mut self, field: Field) -> Option<i64> {
        let raw = self.raw(field);
        if means_nothing(raw) {
            return None;
        }
        match parse_ten_thousandths(raw) {
            Some(value) => Some(value),
            None => {
                self.mark(field, Flag::BadFormat);
                None
            }
        }
    }

    pub(crate) fn yes_no(&mut self, field: Field) -> Option<bool> {
        match self.raw(field) {
            "是" | "1" | "Y" | "y" | "YES" | "Yes" | "yes" | "true" | "TRUE" | "√" | "有" | "已同意"
            | "同意" => Some(true),
            "否" | "0" | "N" | "n" | "NO" | "No" | "no" | "false" | "FALSE" | "×" | "无" | "未同意"
            | "拒绝" => Some(false),
            "" => None,
            _ => {
                self.mark(field, Flag::BadFormat);
                None
            }
        }
    }

    pub(crate) fn gender(&mut self, field: Field) -> Option<Gender> {
        let raw = self.raw(field);
        let gender = Gender::read(raw);
        if gender.is_none() && !means_nothing(raw) && !matches!(raw, "未知" | "保密" | "不详" | "0" | "9")
        {
            self.mark(field, Flag::BadFormat);
        }
        gender
    }

    pub(crate) fn vin(&mut self, field: Field) -> (Option<Vin>, Option<String>, Flag) {
        let raw = self.raw(field);
        match Vin::parse(raw) {
            Ok(vin) => {
                let flag = vin.flag();
                self.mark(field, flag);
                self.note(field, raw, vin.as_str());
                (Some(vin), Some(vin.vis().to_owned()), flag)
            }
            Err(flaw) => {
                let flag = flaw.flag();
                let vis = if flaw == VinFlaw::LastEight { kernel::vin::last_eight(raw) } else { None };
                if self.mapping.has(field) {
                    self.mark(field, flag);
                }
                (None, vis, flag)
            }
        }
    }

    pub(crate) fn plate(&mut self, field: Field) -> (Option<Plate>, Flag) {
        let raw = self.raw(field);
        match Plate::parse(raw) {
            Ok(plate) => {
                self.note(field, raw, plate.as_str());
                (Some(plate), Flag::Ok)
            }
            Err(flaw) => {
                let flag = flaw.flag();
                if self.mapping.has(field) {
                    self.mark(field, flag);
                }
                (None, flag)
            }
        }
    }

    /// The first usable number of a cell and, of a list, the second.
    pub(crate) fn phones(&mut self, field: Field) -> (PhoneFact, Option<PhoneFact>) {
        let raw = self.raw(field);
        if raw.is_empty() {
            return (PhoneFact { flag: Flag::Missing, ..PhoneFact::default() }, None);
        }
        let found = kernel::parse_phones(raw);
        let first = found.iter().position(|p| p.value.is_some_and(|v| v.is_key())).unwrap_or(0);
        let Some(value) = found.get(first) else {
            return (PhoneFact { flag: Flag::Missing, ..PhoneFact::default() }, None);
        };
        let fact = phone_fact(value.value, value.flag);
        self.mark(field, fact.flag);
        if let Some(number) = &fact.number {
            self.note(field, raw, number);
        }
        let second =
            found.iter().enumerate().find(|(i, p)| *i != first && p.value.is_some_and(|v| v.is_key()));
        (fact, second.map(|(_, p)| phone_fact(p.value, p.flag)))
    }

    /// An identity number, or the code of a company in the same column.
    pub(crate) fn id_number(&mut self, field: Field) -> IdRead {
        let raw = self.raw(field);
        if raw.is_empty() {
            return IdRead { flag: Flag::Missing, ..IdRead::default() };
        }
        match IdCard::parse(raw) {
            Ok(card) => {
                self.mark(field, card.flag());
                self.note(field, raw, card.as_str());
                IdRead {
                    number: Some(card.as_str().to_owned()),
                    masked: Some(card.masked()),
                    flag: card.flag(),
                    uscc: None,
                    card: Some(card),
                }
            }
            Err(IdFlaw::CompanyCode) => {
                let uscc = Uscc::parse(raw);
                let flag = uscc.as_ref().err().map_or(Flag::Ok, |flaw| flaw.flag());
                self.mark(field, flag);
                IdRead { flag, uscc: uscc.ok().map(|u| u.as_str().to_owned()), ..IdRead::default() }
            }
            Err(flaw) => {
                let flag = flaw.flag();
                if flag != Flag::Missing {
                    self.mark(field, flag);
                }
                let masked = matches!(flaw, IdFlaw::Masked(_)).then(|| raw.to_owned());
                IdRead { flag, masked, ..IdRead::default() }
            }
        }
    }
}

/// What an identity cell said.
#[derive(Debug, Default)]
pub(crate) struct IdRead {
    pub number: Option<String>,
    pub masked: Option<String>,
    pub flag: Flag,
    pub uscc: Option<String>,
    pub card: Option<IdCard>,
}

pub(crate) fn phone_fact(value: Option<Phone>, flag: Flag) -> PhoneFact {
    let whole = value.filter(|v| v.is_key());
    PhoneFact { number: whole.map(|v| v.to_string()), masked: value.map(|v| v.masked()), flag }
}

/// Shanghai wall time to UTC microseconds since 1970. China has kept UTC+8 without summer time since 1992, before the
/// oldest record there is.
pub(crate) fn micros(at: DateTime) -> Micros {
    let days = i64::from(crate::facts::days(at.date())) + 10_957;
    let seconds =
        i64::from(at.hour()) * 3_600 + i64::from(at.minute()) * 60 + i64::from(at.second()) - 8 * 3_600;
    (days * 86_400 + seconds) * 1_000_000 + i64::from(at.subsec_nanosecond() / 1_000)
}

/// Words by which systems say that there is nothing.
pub(crate) fn means_nothing(raw: &str) -> bool {
    matches!(
        raw,
        "" | "-"
            | "--"
            | "/"
            | "\\"
            | "无"
            | "NULL"
            | "null"
            | "Null"
            | "N/A"
            | "n/a"
            | "#N/A"
            | "None"
            | "空"
    )
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}' | '\u{ff01}'..='\u{ff5e}' | '\u{a0}')
}

fn narrow(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// `12,345.6`, `１２３４５公里`, `1.5小时` as ten-thousandths.
fn parse_ten_thousandths(raw: &str) -> Option<i64> {
    let (mut value, mut decimals, mut digits) = (0i64, None::<u32>, 0);
    let mut negative = false;
    for c in raw.chars().map(narrow) {
        match c {
            '0'..='9' => {
                digits += 1;
                let digit = i64::from(c as u32 - '0' as u32);
                match decimals {
                    Some(n) if n >= 4 => {}
                    _ => {
                        value = value.checked_mul(10)?.checked_add(digit)?;
                        decimals = decimals.map(|n| n + 1);
                    }
                }
            }
            '.' if decimals.is_none() => decimals = Some(0),
            '-' if digits == 0 => negative = true,
            ',' | ' ' => {}
            // a unit behind the number
            _ if digits > 0 && (c.is_alphabetic() || c == '(') => break,
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    let scaled = value.checked_mul(10i64.pow(4 - decimals.unwrap_or(0).min(4)))?;
    Some(if negative { -scaled } else { scaled })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_clerks_write_them() {
        for (raw, value) in [
            ("12345", Some(123_450_000)),
            ("12,345.6", Some(123_456_000)),
            ("１２３", Some(1_230_000)),
            ("1.5小时", Some(15_000)),
            ("86000公里", Some(860_000_000)),
            ("-2", Some(-20_000)),
            ("0.123456", Some(1_234)),
            ("约三万", None),
            ("km", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse_ten_thousandths(raw), value, "{raw}");
        }
    }

    #[test]
    fn shanghai_wall_time_is_eight_hours_ahead() {
        let at = jiff::civil::date(1970, 1, 1).at(8, 0, 0, 0);
        assert_eq!(micros(at), 0);
        assert_eq!(micros(jiff::civil::date(2021, 3, 5).at(14, 3, 22, 0)), 1_614_924_202_000_000);
    }
}
