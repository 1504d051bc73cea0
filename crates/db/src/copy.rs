//! Rows on their way into a table by `COPY ... FROM STDIN` in PostgreSQL's text format: the fast road for
//! everything that is written by the thousand.

use std::fmt::Write as _;

use jiff::civil::Date;
use sqlx::PgConnection;

use crate::DbError;

/// Bytes handed to the server at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A buffer of rows. Fields are pushed in the order of the column list, then [`CopyRows::end_row`].
#[derive(Debug, Default)]
pub struct CopyRows {
    text: String,
    in_row: bool,
    rows: u64,
}

impl CopyRows {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Complete rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Size of the encoded rows in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    fn separate(&mut self) {
        if self.in_row {
            self.text.push('\t');
        }
        self.in_row = true;
    }

    /// A NULL.
    pub fn null(&mut self) -> &mut Self {
        self.separate();
        self.text.push_str("\\N");
        self
    }

    /// A text; NUL symbols, which PostgreSQL cannot hold, are dropped.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.separate();
        for symbol in value.chars() {
            match symbol {
                '\\' => self.text.push_str("\\\\"),
                '\t' => self.text.push_str("\\t"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\0' => {}
                other => self.text.push(other),
            }
        }
        self
    }

    /// A text or NULL.
    pub fn opt_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// Anything whose display form needs no escaping: numbers, ids, instants.
    pub fn plain(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.separate();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
        self
    }

    /// The same or NULL.
    pub fn opt_plain(&mut self, value: Option<impl std::fmt::Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(value),
            None => self.null(),
        }
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.plain(if value { 't' } else { 'f' })
    }

    /// A date or NULL.
    pub fn date(&mut self, value: Option<Date>) -> &mut Self {
        self.opt_plain(value)
    }

    /// Bytes (`bytea`) or NULL.
    pub fn bytes_field(&mut self, value: Option<&[u8]>) -> &mut Self {
        let Some(value) = value else { return self.null() };
        self.separate();
        self.text.push_str("\\\\x");
        for byte in value {
            let _ = write!(self.text, "{byte:02x}");
        }
        self
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        self.text.push('\n');
        self.in_row = false;
        self.rows += 1;
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.in_row = false;
        self.rows = 0;
    }

    /// Sends the rows into `target`, a table with its column list such as `person_store (person_no, store_id)`.
    ///
    /// # Errors
    /// Whatever the server says; nothing of the buffer is in the table then.
    pub async fn send(&self, connection: &mut PgConnection, target: &str) -> Result<u64, DbError> {
        if self.rows == 0 {
            return Ok(0);
        }
        let mut copy = connection.copy_in_raw(&format!("COPY {target} FROM STDIN")).await?;
        for chunk in self.text.as_bytes().chunks(CHUNK_BYTES) {
            copy.send(chunk).await?;
        }
        Ok(copy.finish().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn rows_are_escaped_as_the_server_reads_them() {
        let mut rows = CopyRows::new();
        rows.text("a\tb\\c\nd\0e")
            .null()
            .plain(-7)
            .bool(true)
            .date(Some(date(2021, 2, 3)))
            .bytes_field(Some(&[0, 255]));
        rows.end_row();
        rows.opt_text(None).opt_plain(None::<i32>);
        rows.end_row();
        assert_eq!(rows.text, "a\\tb\\\\c\\nde\t\\N\t-7\tt\t2021-02-03\t\\\\x00ff\n\\N\t\\N\n");
        assert_eq!(rows.rows(), 2);
    }
}
