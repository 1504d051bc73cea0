//! The error file: the quarantined rows of a batch, in the layout they came in, with what is wrong in front.

use db::{Access, Db, Vault};
use kernel::spreadsheet::guard_formula;
use rust_xlsxwriter::Workbook;
use serde::Deserialize;
use sqlx::types::Json;

use crate::error::IntakeError;
use crate::mapping::ColumnChoice;
use crate::mask::mask_cell;
use crate::repair_rows::open_json;

/// Title of the column in front.
const ERROR_TITLE: &str = "错误信息";

/// A file to hand out.
#[derive(Debug, Clone)]
pub struct ErrorFile {
    /// Name to save it under.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Layout {
    format: String,
    encoding: Option<String>,
    bom: bool,
    delimiter: Option<String>,
    titles: Vec<String>,
    preamble: Vec<Vec<String>>,
}

/// Writes the rows of a batch that are still open. A workbook comes back as xlsx (the old binary format is only read), text in its encoding and
/// with its delimiter. A caller who sees customers masked gets them masked here too.
///
/// # Errors
/// [`IntakeError::NotFound`] outside the caller's scope.
pub async fn write_error_file(
    db: &Db,
    vault: &Vault,
    access: &Access,
    batch: i64,
) -> Result<ErrorFile, IntakeError> {
    let mut tx = db.read(access).await?;
    let found: Option<(String, Option<Json<Layout>>, Option<Json<Vec<ColumnChoice>>>)> = sqlx::query_as(
        "SELECT b.file_name, b.shape, l.columns
         FROM batch b
         LEFT JOIN layout l USING (layout_id)
         WHERE b.batch_id = $1",
    )
    .bind(batch)
    .fetch_optional(&mut *tx)
    .await?;
    let (file_name, layout, columns) = found.ok_or(IntakeError::NotFound { what: "batch", id: batch })?;
    let layout = layout.map(|l| l.0).unwrap_or_default();
    let rows: Vec<(i32, String, Option<String>, Vec<u8>)> = sqlx::query_as(
        "SELECT row_no, reason_zh, column_title, cells
         FROM quarantine_row
         WHERE batch_id = $1 AND state = 'open'
         ORDER BY row_no, quarantine_id",
    )
    .bind(batch)
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    let columns = columns.map(|c| c.0).unwrap_or_default();
    let mut table = Vec::with_capacity(rows.len());
    for (row_no, reason, title, sealed) in rows {
        let mut cells: Vec<String> = open_json(vault, &sealed)?;
        if access.masked {
            for choice in &columns {
                if let Some(cell) = cells.get_mut(usize::from(choice.position)) {
                    *cell = mask_cell(choice.field.as_deref(), cell);
                }
            }
        }
        let place = title.map(|t| format!("【{t}】")).unwrap_or_default();
        cells.insert(0, format!("第{row_no}行{place}{reason}"));
        table.push(cells);
    }
    let stem = file_name.rsplit_once('.').map_or(file_name.as_str(), |(stem, _)| stem);
    if layout.format == "csv" {
        let bytes = write_text(&layout, &table);
        return Ok(ErrorFile { name: format!("{stem}-错误.csv"), media_type: "text/csv", bytes });
    }
    let bytes = write_workbook(&layout, &table).map_err(|e| IntakeError::Thread(e.to_string()))?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(ErrorFile { name: format!("{stem}-错误.xlsx"), media_type, bytes })
}

fn write_text(layout: &Layout, rows: &[Vec<String>]) -> Vec<u8> {
    let delimiter = layout.delimiter.as_deref().and_then(|d| d.bytes().next()).unwrap_or(b',');
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let header = std::iter::once(ERROR_TITLE).chain(layout.titles.iter().map(String::as_str));
    // Writing into memory cannot fail.
    for row in &layout.preamble {
        let _ = writer.write_record(std::iter::once("").chain(row.iter().map(String::as_str)));
    }
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| guard_formula(cell).into_owned()));
    }
    let text = String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default();
    match layout.encoding.as_deref().and_then(|e| encoding_rs::Encoding::for_label(e.as_bytes())) {
        Some(encoding) if encoding == encoding_rs::GB18030 || encoding == encoding_rs::GBK => {
            encoding.encode(&text).0.into_owned()
        }
        Some(encoding) if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE => {
            let little = encoding == encoding_rs::UTF_16LE;
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
        }
        _ if layout.bom => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        _ => text.into_bytes(),
    }
}

fn write_workbook(layout: &Layout, rows: &[Vec<String>]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut at = 0u32;
    let mut write = |cells: &mut dyn Iterator<Item = &str>| -> Result<(), rust_xlsxwriter::XlsxError> {
        for (column, cell) in (0u16..).zip(cells) {
            sheet.write_string(at, column, guard_formula(cell).as_ref())?;
        }
        at += 1;
        Ok(())
    };
    for row in &layout.preamble {
        write(&mut std::iter::once("").chain(row.iter().map(String::as_str)))?;
    }
    write(&mut std::iter::once(ERROR_TITLE).chain(layout.titles.iter().map(String::as_str)))?;
    for row in rows {
        write(&mut row.iter().map(String::as_str))?;
    }
    workbook.save_to_buffer()
}
