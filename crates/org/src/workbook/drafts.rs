//! One row at a time: text becomes values, or a reason why not.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::dates::{self, DateFlaw};
use kernel::vocab::BusinessLine;

use super::directory::Codes;
use super::read::{ReadRow, ReadSheet};
use super::report::{Findings, Said};

/// Reads the fields of one row and remembers whether any of them spoils it.
pub struct RowReader<'a> {
    pub read: &'a ReadSheet,
    pub row: &'a ReadRow,
    pub findings: &'a mut Findings,
    spoilt: bool,
}

impl<'a> RowReader<'a> {
    pub fn new(read: &'a ReadSheet, row: &'a ReadRow, findings: &'a mut Findings) -> Self {
        RowReader { read, row, findings, spoilt: false }
    }

    /// The row cannot go in because of this field.
    pub fn reject(&mut self, field: &str, said: Said) {
        self.spoilt = true;
        let value = self.read.get(self.row, field).to_owned();
        let header = self.read.header_of(field).to_owned();
        self.findings.reject(self.read, self.row.row, &header, &value, said);
    }

    /// The field is left out, the row goes in.
    pub fn warn(&mut self, field: &str, said: Said) {
        let value = self.read.get(self.row, field).to_owned();
        let header = self.read.header_of(field).to_owned();
        self.findings.warn(self.read, self.row.row, &header, &value, said);
    }

    /// A draft that was read completely; none when something spoilt it.
    pub fn keep<T>(&self, draft: T) -> Option<T> {
        (!self.spoilt).then_some(draft)
    }

    /// Text, empty when there is none.
    pub fn text(&self, field: &str) -> String {
        self.read.get(self.row, field).to_owned()
    }

    /// Text that must be there.
    pub fn required(&mut self, field: &str) -> String {
        let text = self.text(field);
        if text.is_empty() {
            self.reject(field, Said::new("不能为空", "must not be empty"));
        } else if text.chars().count() > 200 {
            self.reject(field, Said::new("超过 200 个字", "longer than 200 characters"));
        }
        text
    }

    /// A day, none when empty.
    pub fn date(&mut self, field: &str) -> Option<Date> {
        match dates::parse_date(&self.text(field)) {
            Ok(read) => Some(read.date),
            Err(DateFlaw::Missing) => None,
            Err(flaw) => {
                let en = flaw.to_string();
                self.reject(field, Said::new(flaw.zh(), en));
                None
            }
        }
    }

    /// A day that must be there.
    pub fn required_date(&mut self, field: &str) -> Option<Date> {
        if self.text(field).is_empty() {
            self.reject(field, Said::new("不能为空", "must not be empty"));
            return None;
        }
        self.date(field)
    }

    /// `until` must not lie before `from`.
    pub fn in_order(&mut self, from: Option<Date>, until: Option<Date>, field: &str, zh: &str, en: &str) {
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            self.reject(field, Said::new(zh, en));
        }
    }

    /// A number, none when empty.
    pub fn number(&mut self, field: &str, low: f64, high: f64) -> Option<f64> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        match text.parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Some(number),
            _ => {
                let said = Said::new(
                    format!("应为 {low} 到 {high} 之间的数字"),
                    format!("must be a number from {low} to {high}"),
                );
                self.reject(field, said);
                None
            }
        }
    }

    /// The number behind a code or name, none when empty.
    pub fn refer(&mut self, field: &str, codes: &Codes, what: &str) -> Option<i32> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        let found = codes.get(&text).copied();
        if found.is_none() {
            self.reject(field, Said::new(format!("没有这个{what}"), format!("{text:?} is not known")));
        }
        found
    }

    /// The number behind a code or name that must be there.
    pub fn required_refer(&mut self, field: &str, codes: &Codes, what: &str) -> Option<i32> {
        if self.text(field).is_empty() {
            self.reject(field, Said::new("不能为空", "must not be empty"));
            return None;
        }
        self.refer(field, codes, what)
    }

    /// The numbers behind several codes, separated by `/`, `、`, `,` or `;`.
    pub fn refer_all(&mut self, field: &str, codes: &Codes, what: &str) -> Vec<i32> {
        let mut ids = Vec::new();
        for part in split(&self.text(field)) {
            match codes.get(part) {
                Some(&id) => ids.push(id),
                None => self.reject(
                    field,
                    Said::new(format!("没有这个{what}:{part}"), format!("{part:?} is not known")),
                ),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// A line of business, none when empty.
    pub fn business_line(&mut self) -> Option<&'static str> {
        let text = self.text("business_line");
        if text.is_empty() {
            return None;
        }
        match BusinessLine::parse(&text) {
            Ok(line) => Some(line.code()),
            Err(_) => {
                let known: Vec<_> = BusinessLine::ALL.iter().map(|line| line.zh()).collect();
                let zh = format!("不是八大业务条线之一({})", known.join("、"));
                self.reject("business_line", Said::new(zh, "is none of the eight lines of business"));
                None
            }
        }
    }
}

/// The parts of a cell that holds several codes.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(['/', '、', ',', ',', ';', ';']).map(str::trim).filter(|part| !part.is_empty())
}

/// Refuses the second of two rows with the same key.
#[derive(Default)]
pub struct Seen(BTreeMap<String, u32>);

impl Seen {
    /// True for the first row with this key.
    pub fn first(&mut self, reader: &mut RowReader<'_>, field: &str, key: &str) -> bool {
        if let Some(&row) = self.0.get(key) {
            reader.reject(field, Said::new(format!("与第 {row} 行重复"), format!("repeats row {row}")));
            return false;
        }
        self.0.insert(key.to_owned(), reader.row.row);
        true
    }
}
