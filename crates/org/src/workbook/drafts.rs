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

    /// A line of business; none when empty, or when the unit serves all lines.
    pub fn business_line(&mut self) -> Option<&'static str> {
        match line_of(&self.text("business_line")) {
            Ok(line) => line.map(BusinessLine::code),
            Err(()) => {
                let known: Vec<_> = BusinessLine::ALL.iter().map(|line| line.zh()).collect();
                let zh = format!("不是八大业务条线之一({})", known.join("、"));
                self.reject("business_line", Said::new(zh, "is none of the eight lines of business"));
                None
            }
        }
    }
}

/// What personnel systems write instead of the line's own name.
const OTHER_WORDS: &[(&str, BusinessLine)] = &[
    ("整车销售", BusinessLine::VehicleSales),
    ("新车销售", BusinessLine::VehicleSales),
    ("销售", BusinessLine::VehicleSales),
    ("售后维修", BusinessLine::AfterSales),
    ("售后", BusinessLine::AfterSales),
    ("维修", BusinessLine::AfterSales),
    ("配件", BusinessLine::Parts),
    ("平行进口", BusinessLine::ParallelImport),
    ("租赁", BusinessLine::Rental),
    ("金融", BusinessLine::Finance),
    ("保险", BusinessLine::InsuranceAgency),
    ("续保", BusinessLine::InsuranceAgency),
];

/// Units that serve all lines and belong to none.
const OVERHEAD: &[&str] = &["客户服务", "财务", "综合管理", "行政", "人事", "信息", "市场", "管理", "无"];

fn line_of(text: &str) -> Result<Option<BusinessLine>, ()> {
    if text.is_empty() || OVERHEAD.contains(&text) {
        return Ok(None);
    }
    if let Some((_, line)) = OTHER_WORDS.iter().find(|(word, _)| *word == text) {
        return Ok(Some(*line));
    }
    BusinessLine::parse(text).map(Some).map_err(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_business_are_read_as_personnel_systems_write_them() {
        for (text, line) in [
            ("售后服务", Ok(Some(BusinessLine::AfterSales))),
            ("after_sales", Ok(Some(BusinessLine::AfterSales))),
            ("整车销售", Ok(Some(BusinessLine::VehicleSales))),
            ("保险", Ok(Some(BusinessLine::InsuranceAgency))),
            ("汽车金融", Ok(Some(BusinessLine::Finance))),
            ("财务", Ok(None)),
            ("", Ok(None)),
            ("炒股", Err(())),
        ] {
            assert_eq!(line_of(text), line, "{text}");
        }
    }

    #[test]
    fn several_codes_stand_in_one_cell() {
        assert_eq!(split("S01/S02、S03, S04;;").collect::<Vec<_>>(), ["S01", "S02", "S03", "S04"]);
    }
}
