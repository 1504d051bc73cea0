//! Why a file could not be read. Every variant is a sentence a store's clerk can act on.

use std::path::PathBuf;

/// A file that cannot be read as a table of rows.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The file has no byte, or no row.
    #[error("the file is empty")]
    Empty,
    /// A header, and nothing below it.
    #[error("the file has a header row and no data below it")]
    HeaderOnly,
    /// No delimiter gives more than one column.
    #[error("no table found: no delimiter (comma, tab, semicolon, bar) gives more than one column")]
    WrongDelimiter,
    /// No row of the first ones looks like a header.
    #[error("no header row found in the first {looked_at} rows")]
    NoHeader {
        /// Rows that were looked at.
        looked_at: usize,
    },
    /// More columns than any export has.
    #[error("row {row} has {columns} columns; at most {limit} are read")]
    TooManyColumns {
        /// Row number, from 1.
        row: u32,
        /// Columns found.
        columns: usize,
        /// Columns allowed.
        limit: usize,
    },
    /// A row that does not end.
    #[error("row {row} is longer than {limit} bytes: a quotation mark may have been opened and never closed")]
    RowTooLong {
        /// Row number, from 1.
        row: u32,
        /// Bytes allowed.
        limit: usize,
    },
    /// Bytes that are no text.
    #[error("the file is not text: {share_percent} % of its first bytes are NUL")]
    Binary {
        /// Share of NUL bytes among the first bytes.
        share_percent: usize,
    },
    /// A workbook or archive that is cut off or damaged.
    #[error("the {what} is damaged or cut off: {detail}")]
    Damaged {
        /// `xlsx`, `xls` or `zip`.
        what: &'static str,
        /// What the reader said.
        detail: String,
    },
    /// A workbook or archive that unpacks to far more than it should.
    #[error(
        "the {what} unpacks to more than {limit} bytes (packed {packed}); it is refused as a decompression bomb"
    )]
    Bomb {
        /// `xlsx` or `zip`.
        what: &'static str,
        /// Packed bytes.
        packed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// More members than allowed.
    #[error("the archive has {members} members; at most {limit} are read")]
    TooManyMembers {
        /// Members found.
        members: usize,
        /// Members allowed.
        limit: usize,
    },
    /// Neither csv, tsv, xls, xlsx nor zip.
    #[error("unknown file kind {0}: csv, tsv, txt, xls, xlsx and zip are read")]
    UnknownKind(String),
    /// The disk or the network failed while reading.
    #[error("reading {path}: {source}")]
    Io {
        /// File being read.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The stream failed while reading.
    #[error("reading the stream: {0}")]
    Stream(#[from] std::io::Error),
}

impl ReadFault {
    /// A stable code for screens and tests.
    pub fn code(&self) -> &'static str {
        match self {
            ReadFault::Empty => "empty_file",
            ReadFault::HeaderOnly => "header_only",
            ReadFault::WrongDelimiter => "wrong_delimiter",
            ReadFault::NoHeader { .. } => "no_header",
            ReadFault::TooManyColumns { .. } => "too_many_columns",
            ReadFault::RowTooLong { .. } => "row_too_long",
            ReadFault::Binary { .. } => "binary_file",
            ReadFault::Damaged { .. } => "damaged_file",
            ReadFault::Bomb { .. } => "decompression_bomb",
            ReadFault::TooManyMembers { .. } => "too_many_members",
            ReadFault::UnknownKind(_) => "unknown_kind",
            ReadFault::Io { .. } | ReadFault::Stream(_) => "io",
        }
    }

    /// The sentence in Chinese, for the console.
    pub fn zh(&self) -> String {
        match self {
            ReadFault::Empty => "文件是空的".into(),
            ReadFault::HeaderOnly => "文件只有表头，没有数据".into(),
            ReadFault::WrongDelimiter => "没有找到表格：逗号、制表符、分号、竖线都分不出两列以上".into(),
            ReadFault::NoHeader { looked_at } => format!("前 {looked_at} 行里没有找到表头"),
            ReadFault::TooManyColumns { row, columns, limit } => {
                format!("第 {row} 行有 {columns} 列，最多读取 {limit} 列")
            }
            ReadFault::RowTooLong { row, limit } => {
                format!("第 {row} 行超过 {limit} 字节，可能有引号没有闭合")
            }
            ReadFault::Binary { share_percent } => format!("文件不是文本：开头 {share_percent}% 是空字节"),
            ReadFault::Damaged { what, .. } => format!("{what} 文件损坏或不完整"),
            ReadFault::Bomb { what, .. } => format!("{what} 解压后过大，已拒绝"),
            ReadFault::TooManyMembers { members, limit } => {
                format!("压缩包有 {members} 个文件，最多读取 {limit} 个")
            }
            ReadFault::UnknownKind(kind) => {
                format!("不支持的文件类型 {kind}，请用 csv、tsv、xls、xlsx 或 zip")
            }
            ReadFault::Io { .. } | ReadFault::Stream(_) => "读取文件失败".into(),
        }
    }
}
