//! Lists leave the house as xlsx workbooks: bounded, and guarded against cells that a spreadsheet
//! would run as formulas.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kernel::spreadsheet::guard_formula;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::problem::Problem;

/// Rows one export may hold.
pub const EXPORT_ROWS_MAX: usize = 50_000;

/// Rows from which an export is reported to the data administrator (domain.md, P10's alerts).
pub const EXPORT_ROWS_ALERT: usize = 1_000;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, guarded on the way out.
    Text(String),
    /// A number.
    Number(f64),
    /// Nothing.
    Empty,
}

impl From<Option<String>> for Cell {
    fn from(value: Option<String>) -> Self {
        value.map_or(Cell::Empty, Cell::Text)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Cell::Text(value.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        // Counts and fen below 2^53 are exact as spreadsheet numbers.
        Cell::Number(value as f64)
    }
}

/// A workbook of one sheet as an attachment. `watermark` names who took it and when (domain.md 3.13).
pub fn xlsx(
    file_name: &str,
    headers: &[&str],
    rows: &[Vec<Cell>],
    watermark: &str,
) -> Result<Response, Problem> {
    if rows.len() > EXPORT_ROWS_MAX {
        let zh = format!("导出不能超过 {EXPORT_ROWS_MAX} 行,请增加筛选条件");
        let en = format!("An export may hold {EXPORT_ROWS_MAX} rows; narrow the list with a filter");
        return Err(Problem::refused("export.too_many_rows", zh, en));
    }
    let body = workbook(headers, rows, watermark).map_err(Problem::fault)?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = format!(
        "attachment; filename=\"{}.xlsx\"",
        file_name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    );
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::fault)?);
    Ok(response)
}

fn workbook(headers: &[&str], rows: &[Vec<Cell>], watermark: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let bold = Format::new().set_bold();
    for (column, title) in (0u16..).zip(headers) {
        sheet.write_string_with_format(0, column, *title, &bold)?;
    }
    for (row, cells) in (1u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    sheet.write_string(row, column, guard_formula(text).as_ref()).map(|_| ())?
                }
                Cell::Number(number) => sheet.write_number(row, column, *number).map(|_| ())?,
                Cell::Empty => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_footer(watermark);
    workbook.save_to_buffer()
}
