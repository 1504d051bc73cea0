//! One table of one file: its header, its shape, and its rows in blocks.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::archive;
use super::block::RowBlock;
use super::delimited::{DelimitedReader, RawBlock};
use super::encoding::{TextShape, detect_delimiter, detect_encoding};
use super::fault::ReadFault;
use super::header::{Header, find_header};
use super::limits::Limits;
use super::workbook::{SheetReader, list_sheets, read_sheet};

/// Bytes looked at to tell encoding and delimiter.
const SAMPLE_BYTES: u64 = 64 << 10;

/// Kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Text with delimiters.
    Delimited,
    /// Binary workbook.
    Xls,
    /// Zipped XML workbook.
    Xlsx,
    /// Archive of the others.
    Zip,
}

impl FileKind {
    /// From the first bytes where they tell, else from the name: clerks rename csv to xls and xls to xlsx.
    pub fn of(path: &Path) -> Result<FileKind, ReadFault> {
        let io = |source| ReadFault::Io { path: path.to_owned(), source };
        let mut head = [0u8; 8];
        let mut file = File::open(path).map_err(io)?;
        let read = file.read(&mut head).map_err(io)?;
        let extension =
            path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match extension.as_str() {
            "csv" | "tsv" | "txt" | "xls" | "xlsx" | "xlsm" | "zip" => {}
            other => return Err(ReadFault::UnknownKind(other.to_owned())),
        }
        if read == 0 {
            return Err(ReadFault::Empty);
        }
        Ok(match &head[..read] {
            [0xd0, 0xcf, 0x11, 0xe0, ..] => FileKind::Xls,
            [b'P', b'K', 3, 4, ..] if extension == "zip" => FileKind::Zip,
            [b'P', b'K', 3, 4, ..] => FileKind::Xlsx,
            _ if extension.starts_with("xlsx") || extension == "xlsm" => {
                return Err(ReadFault::Damaged {
                    what: "xlsx",
                    detail: "it does not begin like a workbook".into(),
                });
            }
            _ if extension == "zip" => {
                return Err(ReadFault::Damaged {
                    what: "zip",
                    detail: "it does not begin like an archive".into(),
                });
            }
            _ => FileKind::Delimited,
        })
    }
}

/// A table that can be opened.
#[derive(Debug, Clone)]
pub struct TableRef {
    /// The file to read; for a member of an archive, where it was unpacked to.
    pub path: PathBuf,
    /// Member name inside an archive.
    pub member: Option<String>,
    /// Sheet of a workbook; `None` for text, or for the only sheet.
    pub sheet: Option<String>,
    kind: FileKind,
}

/// The tables of a file: one for text, one a visible sheet of a workbook, all of all members of an archive.
///
/// `spool` is a folder for unpacked members; the caller removes it.
pub fn list_tables(path: &Path, spool: &Path, limits: &Limits) -> Result<Vec<TableRef>, ReadFault> {
    let kind = FileKind::of(path)?;
    if kind != FileKind::Zip {
        return tables_of(path, kind, None, limits);
    }
    let mut tables = Vec::new();
    for member in archive::unpack(path, spool, limits)? {
        let kind = FileKind::of(&member.path)?;
        tables.extend(tables_of(&member.path, kind, Some(member.name), limits)?);
    }
    Ok(tables)
}

fn tables_of(
    path: &Path,
    kind: FileKind,
    member: Option<String>,
    limits: &Limits,
) -> Result<Vec<TableRef>, ReadFault> {
    let table = |sheet| TableRef { path: path.to_owned(), member: member.clone(), sheet, kind };
    if kind == FileKind::Delimited {
        return Ok(vec![table(None)]);
    }
    let sheets = list_sheets(path, kind == FileKind::Xls, limits)?;
    Ok(sheets.into_iter().map(|s| table(Some(s))).collect())
}

/// What a table looks like: what an error file needs to come back in the layout it came in.
#[derive(Debug, Clone)]
pub struct Shape {
    /// `csv`, `xls` or `xlsx`.
    pub format: &'static str,
    /// Encoding label of a text file.
    pub encoding: Option<&'static str>,
    /// True if the text file begins with a byte-order mark.
    pub bom: bool,
    /// Delimiter of a text file.
    pub delimiter: Option<char>,
    /// Header row.
    pub header: Header,
    /// Rows above the header (titles, notes), as they stand.
    pub preamble: Vec<Vec<String>>,
}

enum Rows {
    Delimited(Box<DelimitedReader>),
    Sheet(SheetReader),
    Given,
}

/// An open table: header known, rows to come.
pub struct Table {
    /// Its shape.
    pub shape: Shape,
    rows: Rows,
    ahead: Option<RowBlock>,
}

/// A block of rows whose bytes may still have to be decoded, on whatever core is free.
#[derive(Debug)]
pub enum PendingBlock {
    /// Decoded.
    Ready(RowBlock),
    /// Bytes.
    Raw(RawBlock),
}

impl PendingBlock {
    /// The rows.
    pub fn decode(self) -> RowBlock {
        match self {
            PendingBlock::Ready(block) => block,
            PendingBlock::Raw(raw) => raw.decode(),
        }
    }
}

impl Table {
    /// The next rows, about `rows` of them; `None` at the end.
    pub fn next_block(&mut self, rows: usize) -> Result<Option<PendingBlock>, ReadFault> {
        if let Some(block) = self.ahead.take()
            && !block.is_empty()
        {
            return Ok(Some(PendingBlock::Ready(block)));
        }
        Ok(match &mut self.rows {
            Rows::Delimited(reader) => reader.next_raw(rows)?.map(PendingBlock::Raw),
            Rows::Sheet(reader) => reader.next_block()?.map(PendingBlock::Ready),
            Rows::Given => None,
        })
    }

    /// A table of rows that came without a file: pushed, keyed in by hand, pulled out of a database, repaired.
    pub fn of_rows(columns: Vec<String>, rows: RowBlock) -> Table {
        let header = Header { columns, duplicates: Vec::new(), index: 0, row_no: 1 };
        let shape = Shape {
            format: "csv",
            encoding: Some("UTF-8"),
            bom: true,
            delimiter: Some(','),
            header,
            preamble: Vec::new(),
        };
        Table { shape, rows: Rows::Given, ahead: Some(rows) }
    }
}

/// Opens a table and finds its header. `known` says whether a title is one the catalogue knows.
pub fn open_table(
    table: &TableRef,
    known: &dyn Fn(&str) -> bool,
    limits: Limits,
) -> Result<Table, ReadFault> {
    let (mut rows, text) = if table.kind == FileKind::Delimited {
        let (reader, shape) = open_delimited(&table.path, known, limits)?;
        (Rows::Delimited(Box::new(reader)), Some(shape))
    } else {
        let xls = table.kind == FileKind::Xls;
        (Rows::Sheet(read_sheet(&table.path, xls, table.sheet.as_deref(), limits)?), None)
    };
    let first = match &mut rows {
        Rows::Delimited(reader) => reader.next_raw(512)?.map(RawBlock::decode),
        Rows::Sheet(reader) => reader.next_block()?,
        Rows::Given => None,
    };
    let first = first.ok_or(ReadFault::Empty)?;
    let header = find_header(&first, known, &limits)?;
    if header.columns.len() < 2 {
        return Err(ReadFault::WrongDelimiter);
    }
    let preamble = (0..header.index).map(|i| first.row(i).to_cells()).collect();
    let mut ahead = RowBlock::default();
    for index in header.index + 1..first.len() {
        ahead.copy_row(&first, index);
    }
    let shape = Shape {
        format: match table.kind {
            FileKind::Xls => "xls",
            FileKind::Xlsx => "xlsx",
            FileKind::Delimited | FileKind::Zip => "csv",
        },
        encoding: text.map(|t| t.encoding.name()),
        bom: text.is_some_and(|t| t.bom_bytes > 0),
        delimiter: text.map(|t| t.delimiter as char),
        header,
        preamble,
    };
    Ok(Table { shape, rows, ahead: Some(ahead) })
}

fn open_delimited(
    path: &Path,
    known: &dyn Fn(&str) -> bool,
    limits: Limits,
) -> Result<(DelimitedReader, TextShape), ReadFault> {
    let io = |source| ReadFault::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut head = Vec::new();
    (&mut file).take(SAMPLE_BYTES).read_to_end(&mut head).map_err(io)?;
    if head.is_empty() {
        return Err(ReadFault::Empty);
    }
    let (encoding, bom_bytes) = detect_encoding(&head)?;
    let (text, _) = encoding.decode_without_bom_handling(&head[bom_bytes..]);
    let delimiter = detect_delimiter(&text, known)?;
    file.seek(SeekFrom::Start(bom_bytes as u64)).map_err(io)?;
    let shape = TextShape { encoding, bom_bytes, delimiter };
    Ok((DelimitedReader::new(Box::new(file), shape, limits), shape))
}

/// Reads a stream of comma-separated UTF-8 to its end and throws the rows away: how many there were, and how many bytes
/// the largest block held. For measuring that memory does not grow with the file.
pub fn count_rows(stream: Box<dyn Read + Send>, limits: Limits) -> Result<(u64, usize), ReadFault> {
    let shape = TextShape { encoding: encoding_rs::UTF_8, bom_bytes: 0, delimiter: b',' };
    let mut reader = DelimitedReader::new(stream, shape, limits);
    let (mut rows, mut widest) = (0u64, 0usize);
    while let Some(raw) = reader.next_raw(2_048)? {
        let block = raw.decode();
        rows += block.len() as u64;
        widest = widest.max(block.text_bytes());
    }
    Ok((rows, widest))
}
