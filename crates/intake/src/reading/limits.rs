//! Bounds on what an untrusted file may cost us.

/// Limits while reading one file. A file beyond them is refused with a sentence, never half read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Columns of a header row; more is no export of any system we know.
    pub columns: usize,
    /// Bytes of one row; a row beyond it is a quote that was never closed.
    pub row_bytes: usize,
    /// Bytes a workbook or archive may unpack to.
    pub unpacked_bytes: u64,
    /// Unpacked bytes for each packed byte, once more than [`Limits::ratio_from_bytes`] came out.
    pub ratio: u64,
    /// The ratio is only looked at beyond this many unpacked bytes.
    pub ratio_from_bytes: u64,
    /// Members of a zip archive.
    pub members: usize,
    /// Bytes of an old binary workbook, which has to be read into memory as a whole.
    pub xls_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            columns: 2_000,
            row_bytes: 4 << 20,
            unpacked_bytes: 2 << 30,
            ratio: 200,
            ratio_from_bytes: 64 << 20,
            members: 5_000,
            xls_bytes: 256 << 20,
        }
    }
}
