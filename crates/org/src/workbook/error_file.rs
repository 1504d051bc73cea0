//! The bad rows as a workbook of the same layout, with two columns more: the row they stood in and what is wrong.
//! Mended in place, it can be sent again as it is.

use std::collections::BTreeMap;

use kernel::spreadsheet::guard_formula;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::read::ReadSheet;
use super::report::{Findings, RowError};
use crate::error::OrgError;

/// Header of the column that says what is wrong.
const MESSAGE: &str = "错误信息";
/// Header of the column that says where the row stood.
const ORIGINAL_ROW: &str = "原行号";

/// Writes the bad rows.
pub fn write(sheets: &[ReadSheet], findings: &Findings) -> Result<Vec<u8>, OrgError> {
    build(sheets, findings).map_err(|error| OrgError::Fault(error.to_string()))
}

fn build(sheets: &[ReadSheet], findings: &Findings) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let red = Format::new().set_font_color("C00000").set_text_wrap();
    let bold = Format::new().set_bold();
    for read in sheets {
        let mut wrong: BTreeMap<u32, Vec<&RowError>> = BTreeMap::new();
        for error in findings.errors.iter().filter(|error| error.sheet == read.title) {
            wrong.entry(error.row).or_default().push(error);
        }
        if wrong.is_empty() {
            continue;
        }
        let sheet = workbook.add_worksheet();
        sheet.set_name(&read.title)?;
        let width = u16::try_from(read.header.len()).unwrap_or(u16::MAX - 2);
        for (column, header) in (0_u16..width).zip(&read.header) {
            sheet.write_string_with_format(0, column, header, &bold)?;
        }
        sheet.write_string_with_format(0, width, ORIGINAL_ROW, &bold)?;
        sheet.write_string_with_format(0, width + 1, MESSAGE, &bold)?;
        sheet.set_column_width(width + 1, 60)?;
        for (at, (row, errors)) in (1_u32..).zip(&wrong) {
            let cells = read.rows.iter().find(|read| read.row == *row).map_or(&[][..], |read| &read.cells);
            for (column, text) in (0_u16..width).zip(cells) {
                sheet.write_string(at, column, guard_formula(text).as_ref())?;
            }
            sheet.write_number(at, width, f64::from(*row))?;
            let message: Vec<String> = errors.iter().map(|error| said(error)).collect();
            sheet.write_string_with_format(at, width + 1, message.join(";"), &red)?;
        }
        sheet.set_freeze_panes(1, 0)?;
    }
    workbook.save_to_buffer()
}

fn said(error: &RowError) -> String {
    if error.column.is_empty() { error.zh.clone() } else { format!("{}:{}", error.column, error.zh) }
}
