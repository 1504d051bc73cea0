//! xlsx and xls, streamed cell by cell into row blocks by a thread of their own.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, Xlsx};

use super::block::RowBlock;
use super::fault::ReadFault;
use super::limits::Limits;

/// Rows sent at a time; small, so that the first screen of a preview does not wait.
const ROWS_A_BLOCK: usize = 2_048;

/// Rows of one sheet, produced by a reading thread. Dropping it ends the thread at its next block.
pub struct SheetReader {
    blocks: Receiver<Result<RowBlock, ReadFault>>,
}

impl SheetReader {
    /// The next block; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<RowBlock>, ReadFault> {
        self.blocks.recv().ok().transpose()
    }
}

/// Names of the visible sheets that hold cells.
pub fn list_sheets(path: &Path, xls: bool, limits: &Limits) -> Result<Vec<String>, ReadFault> {
    let sheets = if xls {
        open_xls(path, limits)?.sheets_metadata().to_vec()
    } else {
        open_xlsx(path, limits)?.sheets_metadata().to_vec()
    };
    let visible = |s: &calamine::Sheet| s.visible == SheetVisible::Visible && s.typ == SheetType::WorkSheet;
    Ok(sheets.into_iter().filter(visible).map(|s| s.name).collect())
}

/// Starts reading a sheet: the named one, or the first.
pub fn read_sheet(
    path: &Path,
    xls: bool,
    sheet: Option<&str>,
    limits: Limits,
) -> Result<SheetReader, ReadFault> {
    let (to, blocks) = sync_channel(2);
    // Opening happens here and not in the thread, so that a damaged file is refused before anything is started.
    if xls {
        let mut book = open_xls(path, &limits)?;
        let name = pick(book.sheet_names(), sheet)?;
        spawn(move || {
            let end = send_xls(&mut book, &name, &to);
            finish(end, &to);
        })?;
    } else {
        let mut book = open_xlsx(path, &limits)?;
        let name = pick(book.sheet_names(), sheet)?;
        spawn(move || {
            let end = send_xlsx(&mut book, &name, limits, &to);
            finish(end, &to);
        })?;
    }
    Ok(SheetReader { blocks })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), ReadFault> {
    std::thread::Builder::new().name("read-sheet".into()).spawn(work)?;
    Ok(())
}

/// A fault is the last thing the reader hears; a reader that has gone away is no fault.
fn finish(end: Result<(), ReadFault>, to: &SyncSender<Result<RowBlock, ReadFault>>) {
    if let Err(fault) = end {
        let _ = to.send(Err(fault));
    }
}

fn pick(names: Vec<String>, wanted: Option<&str>) -> Result<String, ReadFault> {
    match wanted {
        Some(name) if names.iter().any(|n| n == name) => Ok(name.to_owned()),
        Some(name) => Err(ReadFault::Damaged { what: "xlsx", detail: format!("no sheet {name}") }),
        None => names.into_iter().next().ok_or(ReadFault::Empty),
    }
}

fn open_xls(path: &Path, limits: &Limits) -> Result<Xls<BufReader<File>>, ReadFault> {
    let file = open(path)?;
    let size = file.metadata()?.len();
    if size > limits.xls_bytes {
        return Err(ReadFault::Bomb { what: "xls", packed: size, limit: limits.xls_bytes });
    }
    // The compound-file reader indexes into the sector table; a cut-off file must not bring the process down.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Xls::new(BufReader::new(file))))
        .map_err(|_| ReadFault::Damaged {
            what: "xls",
            detail: "its directory points outside the file".into(),
        })?
        .map_err(|e| ReadFault::Damaged { what: "xls", detail: e.to_string() })
}

fn open_xlsx(path: &Path, limits: &Limits) -> Result<Xlsx<BufReader<File>>, ReadFault> {
    measure(path, "xlsx", limits)?;
    Xlsx::new(BufReader::new(open(path)?)).map_err(|e| damaged(&e))
}

fn open(path: &Path) -> Result<File, ReadFault> {
    File::open(path).map_err(|source| ReadFault::Io { path: path.to_owned(), source })
}

fn damaged(error: &calamine::XlsxError) -> ReadFault {
    ReadFault::Damaged { what: "xlsx", detail: error.to_string() }
}

/// Unpacks every member once and throws the bytes away: sizes in the directory of a bomb lie, and the check sums of a
/// truncated file are only looked at behind its last byte.
pub fn measure(path: &Path, what: &'static str, limits: &Limits) -> Result<u64, ReadFault> {
    let file = open(path)?;
    let packed = file.metadata()?.len();
    let broken = |e: &dyn std::fmt::Display| ReadFault::Damaged { what, detail: e.to_string() };
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| broken(&e))?;
    if archive.len() > limits.members {
        return Err(ReadFault::TooManyMembers { members: archive.len(), limit: limits.members });
    }
    let allowed =
        limits.unpacked_bytes.min((packed.saturating_mul(limits.ratio)).max(limits.ratio_from_bytes));
    let mut total = 0u64;
    let mut buffer = vec![0u8; 64 << 10];
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|e| broken(&e))?;
        loop {
            let read = member.read(&mut buffer).map_err(|e| broken(&e))?;
            if read == 0 {
                break;
            }
            total += read as u64;
            if total > allowed {
                return Err(ReadFault::Bomb { what, packed, limit: allowed });
            }
        }
    }
    Ok(total)
}

fn send_xlsx(
    book: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    limits: Limits,
    to: &SyncSender<Result<RowBlock, ReadFault>>,
) -> Result<(), ReadFault> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| damaged(&e))?;
    let mut block = RowBlock::default();
    let (mut row, mut column) = (0u32, 0u32);
    let mut open_row = false;
    let mut text = String::new();
    while let Some(cell) = cells.next_cell().map_err(|e| damaged(&e))? {
        let (at_row, at_column) = cell.get_position();
        text.clear();
        write_cell(cell.get_value(), &mut text);
        if text.is_empty() {
            continue;
        }
        if at_column as usize >= limits.columns {
            return Err(ReadFault::TooManyColumns {
                row: at_row + 1,
                columns: at_column as usize + 1,
                limit: limits.columns,
            });
        }
        if open_row && at_row != row {
            block.end_row(row + 1);
            column = 0;
            if block.len() >= ROWS_A_BLOCK && to.send(Ok(std::mem::take(&mut block))).is_err() {
                return Ok(());
            }
        }
        row = at_row;
        while column < at_column {
            block.push_cell("");
            column += 1;
        }
        block.push_cell(&text);
        column = at_column + 1;
        open_row = true;
    }
    if open_row {
        block.end_row(row + 1);
    }
    if !block.is_empty() {
        let _ = to.send(Ok(block));
    }
    Ok(())
}

fn send_xls(
    book: &mut Xls<BufReader<File>>,
    sheet: &str,
    to: &SyncSender<Result<RowBlock, ReadFault>>,
) -> Result<(), ReadFault> {
    let range =
        book.worksheet_range(sheet).map_err(|e| ReadFault::Damaged { what: "xls", detail: e.to_string() })?;
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let mut block = RowBlock::default();
    let mut text = String::new();
    for (i, row) in range.rows().enumerate() {
        if row.iter().all(|c| matches!(c, Data::Empty)) {
            continue;
        }
        for _ in 0..first_column {
            block.push_cell("");
        }
        for cell in row {
            text.clear();
            write_cell(&DataRef::from_data(cell), &mut text);
            block.push_cell(&text);
        }
        block.end_row(first_row + i as u32 + 1);
        if block.len() >= ROWS_A_BLOCK && to.send(Ok(std::mem::take(&mut block))).is_err() {
            return Ok(());
        }
    }
    if !block.is_empty() {
        let _ = to.send(Ok(block));
    }
    Ok(())
}

trait FromData<'a> {
    fn from_data(data: &'a Data) -> DataRef<'a>;
}

impl<'a> FromData<'a> for DataRef<'a> {
    fn from_data(data: &'a Data) -> DataRef<'a> {
        match data {
            Data::Int(i) => DataRef::Int(*i),
            Data::Float(f) => DataRef::Float(*f),
            Data::String(s) => DataRef::SharedString(s),
            Data::Bool(b) => DataRef::Bool(*b),
            Data::DateTime(d) => DataRef::DateTime(*d),
            Data::DateTimeIso(s) | Data::DurationIso(s) => DataRef::SharedString(s),
            Data::Error(e) => DataRef::Error(e.clone()),
            Data::Empty => DataRef::Empty,
        }
    }
}

/// A cell as a clerk sees it: dates as dates, whole numbers without a fraction, so that a phone typed as a number
/// reads 13812345678 and not 1.3812345678E10.
fn write_cell(value: &DataRef<'_>, to: &mut String) {
    use std::fmt::Write;
    let _ = match value {
        DataRef::Int(i) => write!(to, "{i}"),
        DataRef::Float(f) => write!(to, "{f}"),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => write!(to, "{s}"),
        DataRef::SharedString(s) => write!(to, "{s}"),
        DataRef::Bool(b) => write!(to, "{}", if *b { "是" } else { "否" }),
        DataRef::DateTime(d) => write_date(d, to),
        // A broken formula says nothing about the customer.
        DataRef::Error(_) | DataRef::Empty => Ok(()),
    };
}

fn write_date(date: &ExcelDateTime, to: &mut String) -> std::fmt::Result {
    use std::fmt::Write;
    if date.is_duration() {
        return write!(to, "{}", date.as_f64());
    }
    let (y, m, d, h, min, s, _) = date.to_ymd_hms_milli();
    if (h, min, s) == (0, 0, 0) {
        write!(to, "{y:04}-{m:02}-{d:02}")
    } else {
        write!(to, "{y:04}-{m:02}-{d:02} {h:02}:{min:02}:{s:02}")
    }
}
