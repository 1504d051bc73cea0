//! Landed rows: what a batch brought, raw and normalised side by side, one file a batch.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{StringBuilder, UInt32Builder};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::{FileKey, LakeError};

/// A growing column of text.
#[derive(Debug, Default)]
pub struct TextColumn(StringBuilder);

impl TextColumn {
    /// An empty column with room for `rows` short texts.
    pub fn with_capacity(rows: usize) -> TextColumn {
        TextColumn(StringBuilder::with_capacity(rows, rows * 12))
    }

    /// Appends a text; an empty one is kept as null.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() { self.0.append_null() } else { self.0.append_value(text) }
    }

    /// Appends nothing.
    pub fn push_null(&mut self) {
        self.0.append_null();
    }
}

/// Rows on their way into a file, built by whichever thread normalised them.
#[derive(Debug, Default)]
pub struct LandedBlock {
    /// Row number in the source file.
    pub row_nos: Vec<u32>,
    /// What became of the row: `linked`, `same`, `quarantined`.
    pub states: TextColumn,
    /// Flags as `field:flag` separated by spaces.
    pub flags: TextColumn,
    /// The other columns, in the order given to [`LandedWriter::create`].
    pub cells: Vec<TextColumn>,
}

impl LandedBlock {
    /// An empty block.
    pub fn new(columns: usize, rows: usize) -> LandedBlock {
        LandedBlock {
            row_nos: Vec::with_capacity(rows),
            states: TextColumn::with_capacity(rows),
            flags: TextColumn::with_capacity(rows),
            cells: (0..columns).map(|_| TextColumn::with_capacity(rows)).collect(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Rows in the file.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

/// Writes one file. Dropped before [`LandedWriter::finish`], it leaves nothing behind.
pub struct LandedWriter {
    path: PathBuf,
    partial: tempfile::TempPath,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    rows: u64,
}

impl LandedWriter {
    /// Begins a file of the named columns.
    ///
    /// # Errors
    /// The folder cannot be written, or the names are not distinct.
    pub fn create(path: &Path, columns: &[String], key: &FileKey) -> Result<LandedWriter, LakeError> {
        let io = |source| LakeError::Io { path: path.to_owned(), source };
        let parent = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(io)?;
        let (file, partial) =
            tempfile::Builder::new().prefix(".partial-").tempfile_in(parent).map_err(io)?.into_parts();
        let mut fields = vec![
            Field::new("row_no", DataType::UInt32, false),
            Field::new("state", DataType::Utf8, true),
            Field::new("flags", DataType::Utf8, true),
        ];
        fields.extend(columns.iter().map(|c| Field::new(c, DataType::Utf8, true)));
        let schema = Arc::new(Schema::new(fields));
        let parquet = |source| LakeError::Parquet { path: path.to_owned(), source };
        let sealed = FileEncryptionProperties::builder(key.0.to_vec()).build().map_err(parquet)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(parquet)?))
            // Minima and maxima are values of customers, and nobody searches landed rows by range.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_dictionary_page_size_limit(64 << 10)
            .set_max_row_group_row_count(Some(128 << 10))
            .with_file_encryption_properties(sealed)
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(parquet)?;
        Ok(LandedWriter { path: path.to_owned(), partial, schema, writer, rows: 0 })
    }

    /// Appends a block.
    ///
    /// # Errors
    /// The disk is full, or the block has other columns than the file.
    pub fn write(&mut self, block: LandedBlock) -> Result<(), LakeError> {
        self.rows += block.row_nos.len() as u64;
        let mut row_nos = UInt32Builder::with_capacity(block.row_nos.len());
        row_nos.append_slice(&block.row_nos);
        let mut columns: Vec<ArrayRef> = vec![Arc::new(row_nos.finish())];
        for mut text in [block.states, block.flags].into_iter().chain(block.cells) {
            columns.push(Arc::new(text.0.finish()));
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns)?;
        self.writer.write(&batch).map_err(|source| LakeError::Parquet { path: self.path.clone(), source })
    }

    /// Writes the footer and gives the file its name. It reaches the disk when the system pleases, or when the caller
    /// syncs it.
    ///
    /// # Errors
    /// The disk is full, or the name cannot be given.
    pub fn finish(self) -> Result<Landed, LakeError> {
        let io = |source| LakeError::Io { path: self.path.clone(), source };
        let file = self
            .writer
            .into_inner()
            .map_err(|source| LakeError::Parquet { path: self.path.clone(), source })?;
        let bytes = file.metadata().map_err(io)?.len();
        self.partial.persist(&self.path).map_err(|e| io(e.error))?;
        Ok(Landed { rows: self.rows, bytes })
    }
}

/// A landed row, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedRow {
    /// Row number in the source file.
    pub row_no: u32,
    /// `linked`, `same` or `quarantined`.
    pub state: String,
    /// Flags as `field:flag` separated by spaces.
    pub flags: String,
    /// Column name and text of the cells that have any.
    pub cells: Vec<(String, String)>,
}

/// Reads a landed file, calling `each` for every row in order.
///
/// # Errors
/// The file is missing or damaged, or the key is not its key.
pub fn read_landed(path: &Path, key: &FileKey, mut each: impl FnMut(LandedRow)) -> Result<(), LakeError> {
    let parquet = |source| LakeError::Parquet { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| LakeError::Io { path: path.to_owned(), source })?;
    let opened = FileDecryptionProperties::builder(key.0.to_vec()).build().map_err(parquet)?;
    let options = ArrowReaderOptions::new().with_file_decryption_properties(opened);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .and_then(|b| b.with_batch_size(4_096).build())
        .map_err(parquet)?;
    for batch in reader {
        let batch = batch?;
        let schema = batch.schema();
        let texts: Vec<Option<&StringArray>> =
            batch.columns().iter().map(|c| c.as_any().downcast_ref::<StringArray>()).collect();
        let numbers = batch.column(0).as_any().downcast_ref::<UInt32Array>();
        let text = |column: usize, row: usize| -> Option<String> {
            texts[column].filter(|t| t.is_valid(row)).map(|t| t.value(row).to_owned())
        };
        for row in 0..batch.num_rows() {
            let cells = (3..batch.num_columns())
                .filter_map(|c| Some((schema.field(c).name().clone(), text(c, row)?)))
                .collect();
            each(LandedRow {
                row_no: numbers.map_or(0, |n| n.value(row)),
                state: text(1, row).unwrap_or_default(),
                flags: text(2, row).unwrap_or_default(),
                cells,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, key: &FileKey) -> PathBuf {
        let path = dir.join("source=dms/batch-1.parquet");
        let mut writer = LandedWriter::create(&path, &["raw:姓名".into(), "norm:name".into()], key).unwrap();
        let mut block = LandedBlock::new(2, 2);
        for (no, name) in [(2u32, "张三 "), (3, "")] {
            block.row_nos.push(no);
            block.states.push("linked");
            block.flags.push(if name.is_empty() { "name:missing" } else { "" });
            block.cells[0].push(name);
            block.cells[1].push(name.trim());
        }
        writer.write(block).unwrap();
        assert_eq!(writer.finish().unwrap().rows, 2);
        path
    }

    #[test]
    fn rows_come_back_raw_and_normalised() {
        let dir = tempfile::tempdir().unwrap();
        let key = FileKey::from_bytes([7; 16]);
        let path = write(dir.path(), &key);
        let mut rows = Vec::new();
        read_landed(&path, &FileKey::from_hex(&key.to_hex()).unwrap(), |r| rows.push(r)).unwrap();
        assert_eq!(rows[0].cells, [("raw:姓名".into(), "张三 ".into()), ("norm:name".into(), "张三".into())]);
        assert_eq!((rows[1].row_no, rows[1].flags.as_str(), rows[1].cells.len()), (3, "name:missing", 0));
    }

    #[test]
    fn names_are_not_readable_without_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &FileKey::from_bytes([7; 16]));
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|w| w == "张三".as_bytes()));
        assert!(read_landed(&path, &FileKey::from_bytes([8; 16]), |_| ()).is_err());
    }

    #[test]
    fn a_writer_that_is_dropped_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        drop(LandedWriter::create(&path, &["raw:姓名".into()], &FileKey::from_bytes([1; 16])).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
