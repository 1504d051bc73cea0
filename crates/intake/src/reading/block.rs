//! Rows in blocks: one string for the text of thousands of rows, so that a row costs no allocation.

/// Something about a whole row that its cells cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowNote {
    /// NUL bytes were taken out of the row; PostgreSQL text cannot hold them.
    NulBytes,
    /// The row is in another encoding than the file, and was read in that one.
    OtherEncoding,
    /// Some bytes are no text in any encoding we try; they became U+FFFD.
    Undecodable,
    /// The row has more filled cells than the header has columns.
    TooManyCells,
}

/// A block of rows.
#[derive(Debug, Default, Clone)]
pub struct RowBlock {
    text: String,
    cell_ends: Vec<u32>,
    row_ends: Vec<u32>,
    row_nos: Vec<u32>,
    notes: Vec<(u32, RowNote)>,
}

/// One row of a block.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    block: &'a RowBlock,
    first: u32,
    end: u32,
    /// Row number in the file as a spreadsheet shows it, from 1.
    pub no: u32,
}

impl<'a> Row<'a> {
    /// The cell of a column, trimmed; empty beyond the row's last cell.
    pub fn cell(&self, column: usize) -> &'a str {
        self.raw_cell(column).trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
    }

    /// The cell as it stands in the file.
    pub fn raw_cell(&self, column: usize) -> &'a str {
        let at = self.first as usize + column;
        if at >= self.end as usize {
            return "";
        }
        let start = if at == 0 { 0 } else { self.block.cell_ends[at - 1] as usize };
        &self.block.text[start..self.block.cell_ends[at] as usize]
    }

    /// Cells of this row.
    pub fn width(&self) -> usize {
        (self.end - self.first) as usize
    }

    /// True if no cell has any text.
    pub fn is_blank(&self) -> bool {
        (0..self.width()).all(|c| self.cell(c).is_empty())
    }

    /// All cells as owned strings.
    pub fn to_cells(&self) -> Vec<String> {
        (0..self.width()).map(|c| self.raw_cell(c).to_owned()).collect()
    }
}

impl RowBlock {
    /// Rows in the block.
    pub fn len(&self) -> usize {
        self.row_ends.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.row_ends.is_empty()
    }

    /// Bytes of text held.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// The row at an index.
    pub fn row(&self, index: usize) -> Row<'_> {
        let first = if index == 0 { 0 } else { self.row_ends[index - 1] };
        Row { block: self, first, end: self.row_ends[index], no: self.row_nos[index] }
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|i| self.row(i))
    }

    /// Notes of the row at an index.
    pub fn notes_of(&self, index: usize) -> impl Iterator<Item = RowNote> + '_ {
        let index = index as u32;
        let from = self.notes.partition_point(|(row, _)| *row < index);
        self.notes[from..].iter().take_while(move |(row, _)| *row == index).map(|(_, note)| *note)
    }

    /// Builds a block from owned rows; for pushed JSON rows, keyed paper forms and tests.
    pub fn from_rows<I, R, S>(first_no: u32, rows: I) -> RowBlock
    where
        I: IntoIterator<Item = R>,
        R: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut block = RowBlock::default();
        for (i, row) in rows.into_iter().enumerate() {
            for cell in row {
                block.push_cell(cell.as_ref());
            }
            block.end_row(first_no + i as u32);
        }
        block
    }

    /// As [`RowBlock::from_rows`], with the row's own number beside each row.
    pub fn from_numbered<R, S>(rows: impl IntoIterator<Item = (u32, R)>) -> RowBlock
    where
        R: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut block = RowBlock::default();
        for (no, row) in rows {
            for cell in row {
                block.push_cell(cell.as_ref());
            }
            block.end_row(no);
        }
        block
    }

    pub(crate) fn push_cell(&mut self, cell: &str) {
        if cell.contains('\0') {
            self.text.extend(cell.chars().filter(|c| *c != '\0'));
            self.note(RowNote::NulBytes);
        } else {
            self.text.push_str(cell);
        }
        self.cell_ends.push(self.text.len() as u32);
    }

    /// Marks the row under construction.
    pub(crate) fn note(&mut self, note: RowNote) {
        let row = self.row_ends.len() as u32;
        if self.notes.last() != Some(&(row, note)) {
            self.notes.push((row, note));
        }
    }

    pub(crate) fn end_row(&mut self, no: u32) {
        self.row_ends.push(self.cell_ends.len() as u32);
        self.row_nos.push(no);
    }

    /// Appends a row of another block.
    pub(crate) fn copy_row(&mut self, from: &RowBlock, index: usize) {
        let row = from.row(index);
        for column in 0..row.width() {
            self.push_cell(row.raw_cell(column));
        }
        for note in from.notes_of(index) {
            self.note(note);
        }
        self.end_row(row.no);
    }

    /// The text buffer, so that a decoder can write into it without a copy.
    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// Closes a cell whose text was written through [`RowBlock::text_mut`].
    pub(crate) fn close_cell(&mut self) {
        self.cell_ends.push(self.text.len() as u32);
    }
}
