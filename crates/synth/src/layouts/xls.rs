//! A genuine Excel 97 file (BIFF8 in an OLE container), as small as readers allow:
//! one sheet, shared strings, plain numbers, merged title cells.

use std::collections::HashMap;
use std::io::{Cursor, Write};

use crate::error::SynthError;

/// Largest body of one BIFF record; what is longer goes on in CONTINUE records.
const RECORD: usize = 8224;
/// Rows of a sheet in this format.
pub(crate) const MAX_ROWS: u32 = 65_536;

/// One sheet being written.
pub(crate) struct XlsSheet {
    cells: Vec<u8>,
    strings: HashMap<String, u32>,
    /// Strings in order of first use, encoded as BIFF writes them.
    table: Vec<Vec<u8>>,
    uses: u32,
    merged: Vec<[u16; 4]>,
    rows: u32,
    columns: u16,
}

impl XlsSheet {
    pub(crate) fn new() -> Self {
        XlsSheet {
            cells: Vec::new(),
            strings: HashMap::new(),
            table: Vec::new(),
            uses: 0,
            merged: Vec::new(),
            rows: 0,
            columns: 0,
        }
    }

    fn seen(&mut self, row: u32, col: u16) -> u16 {
        self.rows = self.rows.max(row + 1);
        self.columns = self.columns.max(col + 1);
        row.min(MAX_ROWS - 1) as u16
    }

    /// A text cell (LABELSST).
    pub(crate) fn text(&mut self, row: u32, col: u16, text: &str) {
        let row = self.seen(row, col);
        let next = self.table.len() as u32;
        let index = match self.strings.get(text) {
            Some(i) => *i,
            None => {
                self.strings.insert(text.to_owned(), next);
                self.table.push(unicode(text));
                next
            }
        };
        self.uses += 1;
        let mut body = Vec::with_capacity(10);
        body.extend(row.to_le_bytes());
        body.extend(col.to_le_bytes());
        body.extend(15_u16.to_le_bytes());
        body.extend(index.to_le_bytes());
        record(&mut self.cells, 0x00fd, &body);
    }

    /// A number cell (NUMBER).
    pub(crate) fn number(&mut self, row: u32, col: u16, value: f64) {
        let row = self.seen(row, col);
        let mut body = Vec::with_capacity(14);
        body.extend(row.to_le_bytes());
        body.extend(col.to_le_bytes());
        body.extend(15_u16.to_le_bytes());
        body.extend(value.to_le_bytes());
        record(&mut self.cells, 0x0203, &body);
    }

    /// Merges cells of one row.
    pub(crate) fn merge(&mut self, row: u16, from: u16, to: u16) {
        self.merged.push([row, row, from, to]);
    }

    /// The bytes of the file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, SynthError> {
        let stream = self.workbook();
        let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))
            .map_err(SynthError::Ole)?;
        let mut book = file.create_stream("/Workbook").map_err(SynthError::Ole)?;
        book.write_all(&stream).map_err(SynthError::Ole)?;
        book.flush().map_err(SynthError::Ole)?;
        drop(book);
        file.flush().map_err(SynthError::Ole)?;
        Ok(file.into_inner().into_inner())
    }

    fn workbook(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.cells.len() + 4096);
        record(&mut out, 0x0809, &bof(0x0005));
        record(&mut out, 0x0042, &1200_u16.to_le_bytes());
        // One window, one font, sixteen formats: what spreadsheet programs insist on.
        record(
            &mut out,
            0x003d,
            &[0x68, 0x01, 0x0e, 0x01, 0x5c, 0x3a, 0xbe, 0x23, 0x38, 0, 0, 0, 0, 0, 1, 0, 0x58, 0x02],
        );
        for _ in 0..5 {
            let mut font = vec![0xdc, 0, 0, 0, 0xff, 0x7f, 0x90, 0x01, 0, 0, 0, 0, 0x86, 0, 5, 0];
            font.extend(b"Arial");
            record(&mut out, 0x0031, &font);
        }
        for i in 0..16_u16 {
            let kind = if i == 15 { 1_u16 } else { 0xfff5 };
            let mut xf = vec![0, 0, 0, 0];
            xf.extend(kind.to_le_bytes());
            xf.extend([0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20]);
            record(&mut out, 0x00e0, &xf);
        }
        let mut bound = vec![0_u8; 6];
        bound.extend([6, 0]);
        bound.extend(b"Sheet1");
        let bound_at = out.len() + 4;
        record(&mut out, 0x0085, &bound);
        self.shared_strings(&mut out);
        record(&mut out, 0x000a, &[]);
        let sheet_at = (out.len() as u32).to_le_bytes();
        out[bound_at..bound_at + 4].copy_from_slice(&sheet_at);
        record(&mut out, 0x0809, &bof(0x0010));
        let mut size = Vec::new();
        size.extend(0_u32.to_le_bytes());
        size.extend(self.rows.to_le_bytes());
        size.extend(0_u16.to_le_bytes());
        size.extend(self.columns.to_le_bytes());
        size.extend(0_u16.to_le_bytes());
        record(&mut out, 0x0200, &size);
        out.extend_from_slice(&self.cells);
        let mut merged = Vec::from((self.merged.len() as u16).to_le_bytes());
        for range in &self.merged {
            range.iter().for_each(|n| merged.extend(n.to_le_bytes()));
        }
        record(&mut out, 0x00e5, &merged);
        record(&mut out, 0x000a, &[]);
        out
    }

    /// SST and its CONTINUE records; a string never crosses a record here.
    fn shared_strings(&self, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(RECORD);
        body.extend(self.uses.to_le_bytes());
        body.extend((self.table.len() as u32).to_le_bytes());
        let mut kind = 0x00fc;
        for text in &self.table {
            if body.len() + text.len() > RECORD {
                record(out, kind, &body);
                body.clear();
                kind = 0x003c;
            }
            body.extend_from_slice(text);
        }
        record(out, kind, &body);
    }
}

fn bof(kind: u16) -> Vec<u8> {
    let mut body = Vec::from(0x0600_u16.to_le_bytes());
    body.extend(kind.to_le_bytes());
    body.extend(0x0dbb_u16.to_le_bytes());
    body.extend(0x07cc_u16.to_le_bytes());
    body.extend(0x0000_00c1_u32.to_le_bytes());
    body.extend(0x0000_0006_u32.to_le_bytes());
    body
}

fn record(out: &mut Vec<u8>, kind: u16, body: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend((body.len() as u16).to_le_bytes());
    out.extend_from_slice(body);
}

/// XLUnicodeRichExtendedString without runs: length, flags, Latin-1 bytes or UTF-16.
fn unicode(text: &str) -> Vec<u8> {
    // 2,000 symbols always fit one record; no cell of ours is longer.
    let units: Vec<u16> = text.encode_utf16().take(2_000).collect();
    let mut out = Vec::from((units.len() as u16).to_le_bytes());
    if units.iter().all(|u| *u < 0x80) {
        out.push(0);
        out.extend(units.iter().map(|u| *u as u8));
    } else {
        out.push(1);
        units.iter().for_each(|u| out.extend(u.to_le_bytes()));
    }
    out
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xls};

    use super::XlsSheet;

    #[test]
    fn a_reader_of_xls_files_gives_back_texts_numbers_and_merged_titles() {
        let mut sheet = XlsSheet::new();
        sheet.text(0, 0, "客户车辆档案");
        sheet.merge(0, 0, 2);
        for row in 1..3000_u32 {
            sheet.text(row, 0, &format!("张{row}号路的一个很长的名字"));
            sheet.number(row, 1, 44_197.5 + f64::from(row));
            sheet.text(row, 2, "VIN");
        }
        let bytes = sheet.finish().unwrap();
        let mut book: Xls<_> = Xls::new(std::io::Cursor::new(bytes)).unwrap();
        let range = book.worksheet_range("Sheet1").unwrap();
        assert_eq!(range.height(), 3000);
        assert_eq!(range.get_value((0, 0)), Some(&Data::String("客户车辆档案".into())));
        assert_eq!(range.get_value((2999, 0)), Some(&Data::String("张2999号路的一个很长的名字".into())));
        assert_eq!(range.get_value((1, 1)), Some(&Data::Float(44_198.5)));
    }
}
