//! Reading export files: any of the formats the systems write, in a stream, within limits, into blocks of rows.

mod archive;
mod block;
mod delimited;
mod encoding;
mod fault;
mod header;
mod limits;
mod table;
mod workbook;

pub use block::{Row, RowBlock, RowNote};
pub use fault::ReadFault;
pub use header::Header;
pub use limits::Limits;
pub use table::{FileKind, PendingBlock, Shape, Table, TableRef, count_rows, list_tables, open_table};
