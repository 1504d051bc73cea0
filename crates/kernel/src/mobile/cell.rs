//! Reading the telephone column as it is really filled in: `+86 138-1234-5678`, `13812345678(司机)`,
//! `0571-88888888/13812345678`, `138****1234`.

use super::{
    Hotline, Landline, MaskedMobile, Mobile, Phone, PhoneFlaw, PhoneValue, area_code_len, is_placeholder,
};
use crate::flag::Flag;
use crate::read::{ascii_of, is_blank, is_dash, is_dot, means_nothing};

/// Numbers a cell may hold; what follows is dropped.
const MOST: usize = 8;
/// Digits one number may have before it is certainly none.
const LONGEST: usize = 24;

/// Reads every number of a cell, in order. An empty cell gives an empty list.
///
/// The first good number of several is flagged [`Flag::Several`] only if nothing else is to be said about
/// it; the others keep their own flags.
pub fn parse_phones(raw: &str) -> Vec<PhoneValue> {
    if let Some(mobile) = plain_mobile(raw) {
        return vec![PhoneValue { value: Some(Phone::Mobile(mobile)), flag: Flag::Ok, note: None }];
    }
    if means_nothing(raw) {
        return Vec::new();
    }
    let mut cell = Cell::default();
    for c in raw.chars() {
        cell.take(ascii_of(c));
    }
    cell.finish()
}

/// The first usable number of a cell, else what is wrong with the first one; `missing` when there is none.
pub fn first_phone(raw: &str) -> PhoneValue {
    let mut found = parse_phones(raw);
    let at = found.iter().position(|phone| phone.value.is_some_and(|value| value.is_key())).unwrap_or(0);
    if found.is_empty() {
        return PhoneValue { value: None, flag: Flag::Missing, note: None };
    }
    found.swap_remove(at)
}

/// Reads a cell that holds exactly one number.
pub(super) fn one_phone(raw: &str) -> Result<Phone, PhoneFlaw> {
    if let Some(mobile) = plain_mobile(raw) {
        return Ok(Phone::Mobile(mobile));
    }
    let mut found = parse_phones(raw).into_iter();
    let Some(first) = found.next() else { return Err(PhoneFlaw::Missing) };
    if found.next().is_some() {
        return Err(PhoneFlaw::Several);
    }
    first.value.ok_or(match first.flag {
        Flag::Placeholder => PhoneFlaw::Placeholder,
        Flag::Masked => PhoneFlaw::Masked,
        Flag::Partial => PhoneFlaw::NoAreaCode,
        Flag::Foreign => PhoneFlaw::Foreign,
        _ => PhoneFlaw::BadFormat,
    })
}

/// The form nine cells of ten have, without any allocation.
fn plain_mobile(raw: &str) -> Option<Mobile> {
    let bytes = raw.trim_ascii().as_bytes();
    if bytes.len() == 11 { Mobile::of_digits(bytes) } else { None }
}

/// The digits (and stars) of one number being collected.
#[derive(Default)]
struct Run {
    symbols: [u8; LONGEST],
    len: usize,
    /// Separators, prefixes or blanks were dropped.
    cleaned: bool,
    plus: bool,
    too_long: bool,
}

#[derive(Default)]
struct Cell {
    run: Run,
    /// The last separator was soft (blank, dash, bracket) and the run may or may not go on.
    soft: bool,
    /// Digits after a complete landline: an extension, dropped.
    extension: usize,
    in_extension: bool,
    found: Vec<PhoneValue>,
    note: String,
    any_text: bool,
}

impl Cell {
    fn take(&mut self, c: char) {
        match c {
            '0'..='9' => self.symbol(c as u8),
            '*' | '?' | '＊' | '●' | '×' => self.symbol(b'*'),
            'X' if self.run.len > 0 && self.run.len < 11 && self.note.is_empty() => self.symbol(b'*'),
            '+' => {
                self.close();
                self.run.plus = true;
            }
            '/' | '\\' | ',' | ';' | '|' | '、' | '；' | '，' | '。' | '\n' | '\r' | '或' | '和' | '&' => {
                self.close()
            }
            '(' | ')' | '[' | ']' | '【' | '】' => self.separator(),
            '转' | '轉' if self.is_landline() => {
                self.in_extension = true;
                self.extension = 0;
            }
            c if is_blank(c) || is_dash(c) || is_dot(c) => self.separator(),
            c => {
                self.close();
                self.any_text = true;
                if self.note.len() < 120 && !matches!(c, ':' | '：' | '\'' | '"' | '#') {
                    self.note.push(c);
                }
            }
        }
    }

    fn separator(&mut self) {
        if self.run.len > 0 {
            self.soft = true;
        }
    }

    fn symbol(&mut self, symbol: u8) {
        if self.in_extension {
            self.extension += 1;
            if self.extension <= 5 {
                return;
            }
            self.close();
        }
        if self.soft {
            self.soft = false;
            // 0571-88888888-801 goes on with an extension, 13812345678 139… with a new number.
            if self.is_landline() && self.run.len >= 11 {
                self.in_extension = true;
                self.extension = 1;
                self.run.cleaned = true;
                return;
            }
            if self.is_complete() {
                self.close();
            } else {
                self.run.cleaned = true;
            }
        }
        if self.run.len == LONGEST {
            self.run.too_long = true;
            return;
        }
        self.run.symbols[self.run.len] = symbol;
        self.run.len += 1;
    }

    fn is_landline(&self) -> bool {
        Landline::of_digits(&self.run.symbols[..self.run.len]).is_some()
    }

    fn is_complete(&self) -> bool {
        let (digits, _) = without_prefix(&self.run.symbols[..self.run.len]);
        match digits {
            [b'1', b'3'..=b'9', ..] => digits.len() >= 11,
            [b'4' | b'8', b'0', b'0', ..] => digits.len() >= 10,
            [b'0', ..] => area_code_len(digits).is_some_and(|area| digits.len() >= area + 8),
            _ => digits.len() >= 11,
        }
    }

    /// Ends the number being read and files it.
    fn close(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.soft = false;
        let was_extension = std::mem::take(&mut self.in_extension);
        let extension = std::mem::take(&mut self.extension);
        if run.len == 0 || self.found.len() == MOST {
            return;
        }
        // Odd digits in a note (2号机) or behind a number are not numbers of their own.
        if run.len < 5 && (self.any_text || !self.found.is_empty()) {
            return;
        }
        let (value, mut flag) = judged(&run);
        if flag == Flag::Ok && was_extension && extension > 0 {
            flag = Flag::Repaired;
        }
        if value.is_some() && self.found.iter().any(|known| known.value == value) {
            return;
        }
        self.found.push(PhoneValue { value, flag, note: None });
    }

    fn finish(mut self) -> Vec<PhoneValue> {
        self.close();
        if self.found.is_empty() {
            self.found.push(PhoneValue { value: None, flag: Flag::BadFormat, note: None });
        }
        let several = self.found.len() > 1;
        let first = &mut self.found[0];
        if several && matches!(first.flag, Flag::Ok | Flag::Repaired) {
            first.flag = Flag::Several;
        }
        if !self.note.is_empty() {
            if first.flag == Flag::Ok {
                first.flag = Flag::Repaired;
            }
            first.note = Some(self.note);
        }
        self.found
    }
}

/// Digits without country code (+86, 0086, 86), the IP-call prefix 17951 and a trunk zero before a mobile.
fn without_prefix(digits: &[u8]) -> (&[u8], bool) {
    let is_mobile = |rest: &[u8]| rest.len() >= 11 && rest[0] == b'1' && (b'3'..=b'9').contains(&rest[1]);
    for prefix in [&b"0086"[..], b"86", b"17951", b"12593", b"0"] {
        if let Some(rest) = digits.strip_prefix(prefix)
            && is_mobile(rest)
            && rest.len() == 11
        {
            return (rest, true);
        }
    }
    for prefix in [&b"0086"[..], b"86"] {
        if let Some(rest) = digits.strip_prefix(prefix)
            && digits.len() >= 12
        {
            return (rest, true);
        }
    }
    (digits, false)
}

fn judged(run: &Run) -> (Option<Phone>, Flag) {
    let all = &run.symbols[..run.len];
    let (digits, stripped) = without_prefix(all);
    if run.too_long {
        return (None, Flag::BadFormat);
    }
    if let Some(star) = digits.iter().position(|&b| b == b'*') {
        let tail = digits.len() - digits.iter().rev().position(|&b| b == b'*').unwrap_or(0);
        let masked = MaskedMobile::of_digits(
            &digits[..star.min(3)],
            digits.get(tail.max(digits.len().saturating_sub(4))..).unwrap_or_default(),
        );
        return (masked.map(Phone::Masked), Flag::Masked);
    }
    if run.plus && !stripped && !all.starts_with(b"86") {
        return (None, Flag::Foreign);
    }
    let good = if stripped || run.cleaned || run.plus { Flag::Repaired } else { Flag::Ok };
    if let Some(mobile) = Mobile::of_digits(digits) {
        return (Some(Phone::Mobile(mobile)), good);
    }
    if is_placeholder(digits) || (digits.len() >= 5 && crate::read::longest_run(digits) == digits.len()) {
        return (None, Flag::Placeholder);
    }
    if let Some(hotline) = Hotline::of_digits(digits) {
        return (Some(Phone::Hotline(hotline)), Flag::Hotline);
    }
    // +86 571 8888 8888 leaves out the trunk zero.
    let mut trunk = [b'0'; LONGEST + 1];
    trunk[1..=digits.len()].copy_from_slice(digits);
    let with_zero = &trunk[..=digits.len()];
    let landline =
        Landline::of_digits(digits).or_else(|| stripped.then(|| Landline::of_digits(with_zero)).flatten());
    if let Some(landline) = landline {
        // The dash between area code and number is the usual way to write it.
        return (Some(Phone::Landline(landline)), if stripped { Flag::Repaired } else { Flag::Ok });
    }
    if (7..=8).contains(&digits.len()) && (b'2'..=b'8').contains(&digits[0]) {
        return (None, Flag::Partial);
    }
    (None, Flag::BadFormat)
}
