//! Writes one export file: CSV in GBK or UTF-8 with BOM, xlsx, or xls.

use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Style, Workbook, Worksheet};
use sha2::{Digest, Sha256};

use super::text::{serial_time, write_text};
use super::xls::XlsSheet;
use super::{DateStyle, Field, Layout, MoneyStyle};
use crate::calendar::Day;
use crate::error::SynthError;

/// Container and encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    CsvGbk,
    CsvUtf8,
    Xlsx,
    Xls,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::CsvGbk | Format::CsvUtf8 => "csv",
            Format::Xlsx => "xlsx",
            Format::Xls => "xls",
        }
    }

    pub(crate) fn encoding(self) -> &'static str {
        match self {
            Format::CsvGbk => "gbk",
            Format::CsvUtf8 => "utf-8-bom",
            Format::Xlsx => "utf-8",
            Format::Xls => "utf-16le",
        }
    }
}

/// A value before the layout decides how it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Cell {
    #[default]
    Empty,
    Text(String),
    Word(&'static str),
    Int(i64),
    Fen(i64),
    Real(f64),
    Day(Day),
    /// Day and second of the day.
    At(Day, u32),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<&'static str> for Cell {
    fn from(text: &'static str) -> Self {
        Cell::Word(text)
    }
}

/// The values of one row by field.
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(crate) fn new() -> Self {
        Row(vec![Cell::Empty; Field::COUNT])
    }

    pub(crate) fn put(&mut self, field: Field, cell: impl Into<Cell>) {
        self.0[field as usize] = cell.into();
    }

    pub(crate) fn get(&self, field: Field) -> &Cell {
        &self.0[field as usize]
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(Cell::Empty);
    }
}

/// Size and fingerprint of a finished file.
#[derive(Debug, Clone)]
pub(crate) struct FileFacts {
    pub rows: u32,
    pub header_row: u32,
    pub bytes: u64,
    pub sha256: String,
}

enum Body {
    Csv(String),
    Xlsx(Box<(Workbook, Worksheet)>),
    Xls(XlsSheet),
}

/// One file being written.
pub(crate) struct Sheet<'a> {
    layout: &'a Layout,
    format: Format,
    body: Body,
    /// Data rows so far, and physical rows so far.
    rows: u32,
    line: u32,
    header_row: u32,
    day_style: Style,
    time_style: Style,
    scratch: String,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(layout: &'a Layout, format: Format) -> Result<Self, SynthError> {
        let body = match format {
            Format::CsvGbk | Format::CsvUtf8 => Body::Csv(String::new()),
            Format::Xlsx => {
                let mut book = Workbook::new();
                // A creation time of its own would make every run differ.
                let created = ExcelDateTime::from_ymd(2022, 1, 1)?;
                book.set_properties(&DocProperties::new().set_creation_datetime(&created));
                Body::Xlsx(Box::new((book, Worksheet::new())))
            }
            Format::Xls => Body::Xls(XlsSheet::new()),
        };
        let mut sheet = Sheet {
            layout,
            format,
            body,
            rows: 0,
            line: 0,
            header_row: 0,
            day_style: Style::new().set_num_format("yyyy-mm-dd"),
            time_style: Style::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            scratch: String::new(),
        };
        sheet.head()?;
        Ok(sheet)
    }

    /// Title or captions where the format has them, then the header.
    fn head(&mut self) -> Result<(), SynthError> {
        let is_csv = matches!(self.body, Body::Csv(_));
        if !is_csv || self.layout.csv_title {
            let captions = self.layout.captions();
            match &mut self.body {
                Body::Csv(text) => {
                    let mut titles = vec![""; self.layout.columns.len()];
                    for (title, from, _) in &captions {
                        titles[usize::from(*from)] = title;
                    }
                    text.push_str(&titles.join(","));
                    text.push_str("\r\n");
                }
                Body::Xlsx(book) => {
                    for (title, from, to) in &captions {
                        book.1.merge_range(0, *from, 0, *to, title, &Style::new().set_bold())?;
                    }
                }
                Body::Xls(xls) => {
                    for (title, from, to) in &captions {
                        xls.text(0, *from, title);
                        xls.merge(0, *from, *to);
                    }
                }
            }
            self.line += 1;
        }
        for (c, (_, header)) in self.layout.columns.iter().enumerate() {
            match &mut self.body {
                Body::Csv(text) => {
                    if c > 0 {
                        text.push(self.layout.separator());
                    }
                    text.push_str(header);
                }
                Body::Xlsx(book) => {
                    book.1.write_string(self.line, c as u16, header)?;
                }
                Body::Xls(xls) => xls.text(self.line, c as u16, header),
            }
        }
        if let Body::Csv(text) = &mut self.body {
            text.push_str("\r\n");
        }
        self.line += 1;
        self.header_row = self.line;
        Ok(())
    }

    /// Physical row (1-based) the next data row will take.
    pub(crate) fn next_line(&self) -> u32 {
        self.line + 1
    }

    /// Data rows so far.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// Appends a data row.
    pub(crate) fn push(&mut self, row: &Row) -> Result<(), SynthError> {
        self.rows += 1;
        self.write_line(row)
    }

    fn write_line(&mut self, row: &Row) -> Result<(), SynthError> {
        let layout = self.layout;
        for (c, (field, _)) in layout.columns.iter().enumerate() {
            let sequence = Cell::Int(i64::from(self.rows));
            let cell = match (field, row.get(*field)) {
                (Field::Seq, Cell::Empty) => &sequence,
                (_, cell) => cell,
            };
            self.scratch.clear();
            match &mut self.body {
                Body::Csv(text) => {
                    if c > 0 {
                        text.push(layout.separator());
                    }
                    write_text(&mut self.scratch, cell, layout);
                    push_quoted(text, &self.scratch, layout.separator());
                }
                Body::Xlsx(book) => write_xlsx(
                    &mut book.1,
                    self.line,
                    c as u16,
                    cell,
                    layout,
                    &mut self.scratch,
                    [&self.day_style, &self.time_style],
                )?,
                Body::Xls(xls) => write_xls(xls, self.line, c as u16, cell, layout, &mut self.scratch),
            }
        }
        if let Body::Csv(text) = &mut self.body {
            text.push_str("\r\n");
        }
        self.line += 1;
        Ok(())
    }

    /// Writes the file and tells its size and SHA-256.
    pub(crate) fn finish(mut self, path: &Path) -> Result<FileFacts, SynthError> {
        if self.layout.has_total() && self.rows > 0 {
            let mut total = Row::new();
            total.put(Field::Seq, "合计");
            self.write_line(&total)?;
        }
        let bytes = match self.body {
            Body::Csv(text) => encode(&text, self.format),
            Body::Xlsx(book) => {
                let (mut book, sheet) = *book;
                book.push_worksheet(sheet);
                book.save_to_buffer()?
            }
            Body::Xls(xls) => xls.finish()?,
        };
        std::fs::write(path, &bytes).map_err(|e| SynthError::file(path, e))?;
        Ok(FileFacts {
            rows: self.rows,
            header_row: self.header_row,
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(&bytes)),
        })
    }
}

fn encode(text: &str, format: Format) -> Vec<u8> {
    if format == Format::CsvGbk {
        // GB18030 holds every character, so nothing is ever replaced.
        encoding_rs::GB18030.encode(text).0.into_owned()
    } else {
        let mut out = Vec::with_capacity(text.len() + 3);
        out.extend_from_slice(b"\xef\xbb\xbf");
        out.extend_from_slice(text.as_bytes());
        out
    }
}

fn push_quoted(out: &mut String, text: &str, separator: char) {
    if text.bytes().any(|b| b == separator as u8 || matches!(b, b'"' | b'\n' | b'\r')) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

fn write_xlsx(
    sheet: &mut Worksheet,
    row: u32,
    col: u16,
    cell: &Cell,
    layout: &Layout,
    scratch: &mut String,
    styles: [&Style; 2],
) -> Result<(), SynthError> {
    match (cell, layout.dates) {
        (Cell::Empty, _) => {}
        (Cell::Int(n), _) => {
            sheet.write_number(row, col, *n as f64)?;
        }
        (Cell::Real(x), _) => {
            sheet.write_number(row, col, *x)?;
        }
        (Cell::Fen(fen), _) if layout.money == MoneyStyle::Plain => {
            sheet.write_number(row, col, *fen as f64 / 100.0)?;
        }
        (Cell::Day(day), DateStyle::Serial) => {
            sheet.write_number(row, col, f64::from(day.serial()))?;
        }
        (Cell::At(day, second), DateStyle::Serial) => {
            sheet.write_number(row, col, serial_time(*day, *second))?;
        }
        (Cell::Day(day), DateStyle::Dash) => {
            sheet.write_number_with_format(row, col, f64::from(day.serial()), styles[0])?;
        }
        (Cell::At(day, second), DateStyle::Dash) => {
            sheet.write_number_with_format(row, col, serial_time(*day, *second), styles[1])?;
        }
        _ => {
            write_text(scratch, cell, layout);
            sheet.write_string(row, col, scratch.as_str())?;
        }
    }
    Ok(())
}

fn write_xls(xls: &mut XlsSheet, row: u32, col: u16, cell: &Cell, layout: &Layout, scratch: &mut String) {
    match (cell, layout.dates) {
        (Cell::Empty, _) => {}
        (Cell::Int(n), _) => xls.number(row, col, *n as f64),
        (Cell::Real(x), _) => xls.number(row, col, *x),
        (Cell::Fen(fen), _) if layout.money == MoneyStyle::Plain => xls.number(row, col, *fen as f64 / 100.0),
        (Cell::Day(day), DateStyle::Serial | DateStyle::Dash) => {
            xls.number(row, col, f64::from(day.serial()))
        }
        (Cell::At(day, second), DateStyle::Serial | DateStyle::Dash) => {
            xls.number(row, col, serial_time(*day, *second))
        }
        _ => {
            write_text(scratch, cell, layout);
            xls.text(row, col, scratch);
        }
    }
}
