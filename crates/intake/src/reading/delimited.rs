//! csv, tsv and their relatives, cut into rows as bytes; decoding is left to whoever has a core to spare.

use std::io::{BufRead, BufReader, Read};

use csv_core::ReadRecordResult;
use encoding_rs::{Encoding, UTF_8};

use super::block::{RowBlock, RowNote};
use super::encoding::{TextShape, Transcoder, reads_as_utf8};
use super::fault::ReadFault;
use super::limits::Limits;

/// Rows as undecoded bytes.
#[derive(Debug)]
pub struct RawBlock {
    bytes: Vec<u8>,
    cell_ends: Vec<usize>,
    row_ends: Vec<usize>,
    row_nos: Vec<u32>,
    encoding: &'static Encoding,
}

/// Cuts a stream of bytes into rows in constant memory.
pub struct DelimitedReader {
    input: BufReader<Box<dyn Read + Send>>,
    core: csv_core::Reader,
    encoding: &'static Encoding,
    limits: Limits,
    records: u32,
    line_feeds: u64,
    inner_line_feeds: u64,
    last_byte: u8,
    done: bool,
}

impl DelimitedReader {
    /// Starts reading. The stream must stand behind the byte-order mark.
    pub fn new(input: Box<dyn Read + Send>, shape: TextShape, limits: Limits) -> DelimitedReader {
        let (input, encoding): (Box<dyn Read + Send>, _) = if shape.must_transcode() {
            (Box::new(Transcoder::new(input, shape.encoding)), UTF_8)
        } else {
            (input, shape.encoding)
        };
        DelimitedReader {
            input: BufReader::with_capacity(256 << 10, input),
            core: csv_core::ReaderBuilder::new().delimiter(shape.delimiter).build(),
            encoding,
            limits,
            records: 0,
            line_feeds: 0,
            inner_line_feeds: 0,
            last_byte: 0,
            done: false,
        }
    }

    /// The next rows, at most `rows` of them; `None` at the end.
    pub fn next_raw(&mut self, rows: usize) -> Result<Option<RawBlock>, ReadFault> {
        let mut block = RawBlock {
            bytes: vec![0; 64 << 10],
            cell_ends: vec![0; 4 << 10],
            row_ends: Vec::with_capacity(rows),
            row_nos: Vec::with_capacity(rows),
            encoding: self.encoding,
        };
        let (mut bytes, mut cells) = (0usize, 0usize);
        // A block is also bounded in bytes, so that wide rows cannot fill the memory.
        while !self.done && block.row_ends.len() < rows && bytes < 8 << 20 {
            let (first_byte, first_cell) = (bytes, cells);
            if !self.read_record(&mut block, &mut bytes, &mut cells)? {
                break;
            }
            // csv_core counts the ends of one record from that record's first byte.
            for end in &mut block.cell_ends[first_cell..cells] {
                *end += first_byte;
            }
            let inner = memchr::memchr_iter(b'\n', &block.bytes[first_byte..bytes]).count() as u64;
            self.inner_line_feeds += inner;
            let no = self.row_number();
            block.row_ends.push(cells);
            block.row_nos.push(no);
        }
        block.bytes.truncate(bytes);
        block.cell_ends.truncate(cells);
        Ok((!block.row_ends.is_empty()).then_some(block))
    }

    fn read_record(
        &mut self,
        block: &mut RawBlock,
        bytes: &mut usize,
        cells: &mut usize,
    ) -> Result<bool, ReadFault> {
        let (first_byte, first_cell) = (*bytes, *cells);
        loop {
            let input = self.input.fill_buf()?;
            let (result, read, wrote, ended) =
                self.core.read_record(input, &mut block.bytes[*bytes..], &mut block.cell_ends[*cells..]);
            self.line_feeds += memchr::memchr_iter(b'\n', &input[..read]).count() as u64;
            if let Some(last) = input[..read].last() {
                self.last_byte = *last;
            }
            self.input.consume(read);
            *bytes += wrote;
            *cells += ended;
            if *bytes - first_byte > self.limits.row_bytes {
                return Err(ReadFault::RowTooLong { row: self.records + 1, limit: self.limits.row_bytes });
            }
            if *cells - first_cell > self.limits.columns {
                let row = self.records + 1;
                return Err(ReadFault::TooManyColumns {
                    row,
                    columns: *cells - first_cell,
                    limit: self.limits.columns,
                });
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => block.bytes.resize(block.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => block.cell_ends.resize(block.cell_ends.len() * 2, 0),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => {
                    self.done = true;
                    return Ok(false);
                }
            }
        }
    }

    /// The row number a spreadsheet would show: blank lines count, line ends inside a quoted cell do not.
    fn row_number(&mut self) -> u32 {
        let ends = self.line_feeds.saturating_sub(self.inner_line_feeds) as u32;
        let here = if self.last_byte == b'\n' { ends } else { ends + 1 };
        self.records = here.max(self.records + 1);
        self.records
    }
}

impl RawBlock {
    /// Decodes the rows. A row that is UTF-8 inside a GBK file, or the other way round, is read as what it is.
    pub fn decode(self) -> RowBlock {
        let mut block = RowBlock::default();
        let (mut cell, mut byte) = (0usize, 0usize);
        for (row, end) in self.row_ends.iter().enumerate() {
            let ends = &self.cell_ends[cell..*end];
            let last = ends.last().copied().unwrap_or(byte);
            self.decode_row(&mut block, byte, ends, last);
            block.end_row(self.row_nos[row]);
            (cell, byte) = (*end, last);
        }
        block
    }

    fn decode_row(&self, block: &mut RowBlock, start: usize, ends: &[usize], last: usize) {
        let whole = &self.bytes[start..last];
        let encoding = if whole.is_ascii() {
            UTF_8
        } else if self.encoding == UTF_8 {
            if std::str::from_utf8(whole).is_ok() {
                UTF_8
            } else {
                block.note(RowNote::OtherEncoding);
                encoding_rs::GB18030
            }
        } else if reads_as_utf8(whole) {
            block.note(RowNote::OtherEncoding);
            UTF_8
        } else {
            self.encoding
        };
        let mut from = start;
        for end in ends {
            decode_cell(block, &self.bytes[from..*end], encoding);
            from = *end;
        }
    }
}

fn decode_cell(block: &mut RowBlock, bytes: &[u8], encoding: &'static Encoding) {
    if (bytes.is_ascii() || encoding == UTF_8)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        block.push_cell(text);
        return;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let nul = bytes.contains(&0);
    let text = block.text_mut();
    text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    let from = text.len();
    let (_, _, replaced) = decoder.decode_to_string(bytes, text, true);
    if nul {
        let tail: String = text[from..].chars().filter(|c| *c != '\0').collect();
        text.truncate(from);
        text.push_str(&tail);
        block.note(RowNote::NulBytes);
    }
    block.close_cell();
    if replaced {
        block.note(RowNote::Undecodable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GB18030;

    fn read(bytes: Vec<u8>, encoding: &'static Encoding) -> RowBlock {
        let shape = TextShape { encoding, bom_bytes: 0, delimiter: b',' };
        let mut reader =
            DelimitedReader::new(Box::new(std::io::Cursor::new(bytes)), shape, Limits::default());
        let mut all = RowBlock::default();
        while let Some(raw) = reader.next_raw(3).unwrap() {
            let block = raw.decode();
            for i in 0..block.len() {
                all.copy_row(&block, i);
            }
        }
        all
    }

    fn rows(block: &RowBlock) -> Vec<(u32, Vec<String>)> {
        block.rows().map(|r| (r.no, r.to_cells())).collect()
    }

    #[test]
    fn row_numbers_are_those_of_a_spreadsheet() {
        for end in ["\n", "\r\n"] {
            let text = format!("a,b{end}1,\"x{end}y\"{end}{end}3,4{end}5,6");
            let nos: Vec<u32> = read(text.into_bytes(), UTF_8).rows().map(|r| r.no).collect();
            assert_eq!(nos, [1, 2, 4, 5], "line end {end:?}");
        }
    }

    #[test]
    fn a_gbk_file_with_utf8_rows_is_read_row_by_row() {
        let mut bytes = GB18030.encode("姓名,城市\n张伟,天津\n").0.into_owned();
        bytes.extend("李娜,昆明\n".as_bytes());
        bytes.extend(&*GB18030.encode("王芳,大连\n").0);
        let block = read(bytes, GB18030);
        assert_eq!(rows(&block)[2].1, ["李娜", "昆明"]);
        assert_eq!(rows(&block)[3].1, ["王芳", "大连"]);
        assert_eq!(block.notes_of(2).collect::<Vec<_>>(), [RowNote::OtherEncoding]);
        assert_eq!(block.notes_of(3).count(), 0);
    }

    #[test]
    fn nul_bytes_are_taken_out_and_told() {
        let block = read(b"a,b\n1\0,2\n".to_vec(), UTF_8);
        assert_eq!(rows(&block)[1].1, ["1", "2"]);
        assert_eq!(block.notes_of(1).collect::<Vec<_>>(), [RowNote::NulBytes]);
    }

    #[test]
    fn a_million_columns_and_an_open_quote_are_refused() {
        let shape = TextShape { encoding: UTF_8, bom_bytes: 0, delimiter: b',' };
        let wide = "1,".repeat(1_000_000).into_bytes();
        let mut reader = DelimitedReader::new(Box::new(std::io::Cursor::new(wide)), shape, Limits::default());
        assert!(matches!(reader.next_raw(10), Err(ReadFault::TooManyColumns { row: 1, .. })));
        let open = [b"a,b\n1,\"".to_vec(), vec![b'x'; 6 << 20]].concat();
        let mut reader = DelimitedReader::new(Box::new(std::io::Cursor::new(open)), shape, Limits::default());
        assert!(matches!(reader.next_raw(10), Err(ReadFault::RowTooLong { row: 2, .. })));
    }
}
