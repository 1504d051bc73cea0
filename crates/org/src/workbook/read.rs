//! From bytes to rows of text, with bounds: an upload is never trusted.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};

use super::sheets::{Column, Sheet, plain};
use crate::error::OrgError;

/// What a workbook may unpack to, in bytes. 4,800 accounts are about four million.
const UNPACKED_MAX: u64 = 128 * 1024 * 1024;
/// Rows a sheet may have.
const ROWS_MAX: u32 = 100_000;
/// Columns looked at.
const COLUMNS_MAX: u32 = 100;
/// The header stands in one of the first rows.
const HEADER_WITHIN: usize = 5;

/// A sheet as read.
#[derive(Debug)]
pub struct ReadSheet {
    /// Which.
    pub sheet: Sheet,
    /// Name of its tab.
    pub title: String,
    /// The header as written.
    pub header: Vec<String>,
    /// Row of the header, from 1.
    pub header_row: u32,
    /// The rows under it, empty ones left out.
    pub rows: Vec<ReadRow>,
    places: Vec<(&'static str, usize)>,
}

/// A row as read.
#[derive(Debug)]
pub struct ReadRow {
    /// Row of the sheet, from 1.
    pub row: u32,
    /// Its cells as text.
    pub cells: Vec<String>,
}

impl ReadSheet {
    /// The text of a field; empty when there is none.
    pub fn get<'a>(&self, row: &'a ReadRow, field: &str) -> &'a str {
        let place = self.places.iter().find(|(known, _)| *known == field).map(|(_, at)| *at);
        place.and_then(|at| row.cells.get(at)).map_or("", |text| text.trim())
    }

    /// The header of a field as the sheet writes it, else as we do.
    pub fn header_of(&self, field: &str) -> &str {
        let place = self.places.iter().find(|(known, _)| *known == field).map(|(_, at)| *at);
        if let Some(header) = place.and_then(|at| self.header.get(at)) {
            return header;
        }
        let column = self.sheet.columns().iter().find(|column| column.field == field);
        column.and_then(|column| column.headers.first().copied()).unwrap_or_default()
    }

    /// Required columns that are missing.
    pub fn missing(&self) -> Vec<&'static Column> {
        let found = |column: &&Column| !self.places.iter().any(|(field, _)| *field == column.field);
        self.sheet.columns().iter().filter(|column| column.required).filter(found).collect()
    }
}

/// Reads the known sheets of a workbook.
///
/// # Errors
/// [`OrgError::Workbook`]: no xlsx, too large, or none of the sheets in it.
pub fn read(bytes: &[u8]) -> Result<Vec<ReadSheet>, OrgError> {
    check_size(bytes)?;
    let bad = |error: calamine::XlsxError| OrgError::Workbook(error.to_string());
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(bad)?;
    let mut sheets: Vec<ReadSheet> = Vec::new();
    for title in workbook.sheet_names() {
        let Some(sheet) = Sheet::of_title(&title) else { continue };
        if sheets.iter().any(|read| read.sheet == sheet) {
            return Err(OrgError::Workbook(format!("工作表“{title}”重复")));
        }
        let rows = read_rows(&mut workbook, &title)?;
        sheets.push(arrange(sheet, title, rows));
    }
    if sheets.is_empty() {
        return Err(OrgError::Workbook(
            "没有“区域、法人公司、品牌、门店、部门、岗位、员工账号、系统上线、功能开关”中的任何一张表".into(),
        ));
    }
    Ok(sheets)
}

/// Unpacks into nothing and counts: sizes written in a zip may lie.
fn check_size(bytes: &[u8]) -> Result<(), OrgError> {
    let bad = |error: zip::result::ZipError| OrgError::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    let mut left = UNPACKED_MAX;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(bad)?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .map_err(|error| OrgError::Workbook(error.to_string()))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| OrgError::Workbook(format!("解压后超过 {} MB", UNPACKED_MAX / 1024 / 1024)))?;
    }
    Ok(())
}

fn read_rows(workbook: &mut Xlsx<Cursor<&[u8]>>, title: &str) -> Result<Vec<ReadRow>, OrgError> {
    let bad = |error: calamine::XlsxError| OrgError::Workbook(format!("{title}: {error}"));
    // Cell by cell: a sheet that claims a cell in its last corner must not make us hold the whole plane.
    let mut cells = workbook.worksheet_cells_reader(title).map_err(bad)?;
    let mut rows: Vec<ReadRow> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(bad)? {
        let (row, column) = cell.get_position();
        if row >= ROWS_MAX {
            return Err(OrgError::Workbook(format!("工作表“{title}”超过 {ROWS_MAX} 行")));
        }
        let text = text_of(cell.get_value());
        if column >= COLUMNS_MAX || text.is_empty() {
            continue;
        }
        if rows.last().is_none_or(|last| last.row != row + 1) {
            rows.push(ReadRow { row: row + 1, cells: Vec::new() });
        }
        if let Some(last) = rows.last_mut() {
            let at = column as usize;
            if last.cells.len() <= at {
                last.cells.resize(at + 1, String::new());
            }
            last.cells[at] = text;
        }
    }
    Ok(rows)
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Serial numbers of dates and plain numbers look alike; whoever asks for a date reads both.
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Finds the header among the first rows: the one in which most cells are known.
fn arrange(sheet: Sheet, title: String, mut rows: Vec<ReadRow>) -> ReadSheet {
    let known = |row: &ReadRow| places(sheet, &row.cells).len();
    let header_at = rows
        .iter()
        .take(HEADER_WITHIN)
        .enumerate()
        .max_by_key(|(at, row)| (known(row), usize::MAX - at))
        .map_or(0, |(at, _)| at);
    let under = if rows.is_empty() { Vec::new() } else { rows.split_off(header_at + 1) };
    let (header, header_row) = rows.pop().map_or_else(Default::default, |row| (row.cells, row.row));
    ReadSheet { sheet, title, places: places(sheet, &header), header, header_row, rows: under }
}

fn places(sheet: Sheet, header: &[String]) -> Vec<(&'static str, usize)> {
    let header: Vec<String> = header.iter().map(|text| plain(text)).collect();
    let place = |column: &'static Column| {
        let at =
            column.headers.iter().find_map(|known| header.iter().position(|text| *text == plain(known)))?;
        Some((column.field, at))
    };
    sheet.columns().iter().filter_map(place).collect()
}
