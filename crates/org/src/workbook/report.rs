//! What came of a workbook.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::ReadSheet;
use super::sheets::Sheet;

/// Errors that travel in an answer; the error file has all.
const ERRORS_SHOWN: usize = 500;

/// What came of a workbook.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrgImportReport {
    /// Number of the import; 0 for a check that kept nothing.
    pub import_id: i32,
    /// Checked only.
    pub dry_run: bool,
    /// Time taken in milliseconds.
    pub took_ms: i64,
    /// One entry a sheet found.
    pub sheets: Vec<SheetReport>,
    /// What is wrong, in the order of the workbook.
    pub errors: Vec<RowError>,
    /// How many errors there are in all.
    pub error_count: usize,
    /// Employees who changed their store.
    pub transferred: usize,
    /// Employees who left; their accounts are closed.
    pub left: usize,
    /// Accounts made, with their one-time passwords; never in an answer, only in the activation list.
    #[serde(skip)]
    pub new_accounts: Vec<NewAccount>,
    /// The bad rows as a workbook to mend and send again.
    #[serde(skip)]
    pub error_file: Option<Vec<u8>>,
}

impl OrgImportReport {
    /// The report as it is kept and shown: without passwords and files, with the first errors only.
    pub fn without_secrets(&self) -> OrgImportReport {
        OrgImportReport {
            errors: self.errors.iter().take(ERRORS_SHOWN).cloned().collect(),
            sheets: self.sheets.clone(),
            new_accounts: Vec::new(),
            error_file: None,
            ..*self
        }
    }
}

/// What came of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SheetReport {
    /// Name of the sheet.
    pub sheet: String,
    /// Rows under the header.
    pub rows: usize,
    /// Made.
    pub created: usize,
    /// Changed.
    pub changed: usize,
    /// Left out, see the errors.
    pub rejected: usize,
}

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowError {
    /// Name of the sheet.
    pub sheet: String,
    /// Row of the sheet as Excel counts, from 1.
    pub row: u32,
    /// Header of the column; empty when the whole row is meant.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// Chinese text.
    pub zh: String,
    /// English text.
    pub en: String,
}

/// An account made, to be handed to its owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAccount {
    /// Number in the personnel file.
    pub employee_code: String,
    /// Name.
    pub name: String,
    /// Short name of the store; empty for the head office.
    pub store_name: String,
    /// Log-in name.
    pub user_name: String,
    /// Initial password.
    pub password: String,
}

/// What is found while a workbook is taken in.
#[derive(Debug, Default)]
pub struct Findings {
    /// Everything wrong.
    pub errors: Vec<RowError>,
    rejected: BTreeMap<Sheet, BTreeSet<u32>>,
    counts: BTreeMap<Sheet, (usize, usize)>,
    /// Employees who changed their store.
    pub transferred: usize,
    /// Employees who left.
    pub left: usize,
}

/// A text in both languages.
#[derive(Debug, Clone)]
pub struct Said {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Said {
    /// Both texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Said { zh: zh.into(), en: en.into() }
    }
}

impl Findings {
    /// Something is wrong with a cell, but the rest of the row can go in.
    pub fn warn(&mut self, read: &ReadSheet, row: u32, column: &str, value: &str, said: Said) {
        self.errors.push(RowError {
            sheet: read.title.clone(),
            row,
            column: column.to_owned(),
            value: value.to_owned(),
            zh: said.zh,
            en: said.en,
        });
    }

    /// The row cannot go in.
    pub fn reject(&mut self, read: &ReadSheet, row: u32, column: &str, value: &str, said: Said) {
        self.rejected.entry(read.sheet).or_default().insert(row);
        self.warn(read, row, column, value, said);
    }

    /// Rows made and changed in a sheet.
    pub fn count(&mut self, sheet: Sheet, created: i64, changed: i64) {
        let counts = self.counts.entry(sheet).or_default();
        counts.0 += usize::try_from(created).unwrap_or_default();
        counts.1 += usize::try_from(changed).unwrap_or_default();
    }

    /// The report of each sheet found.
    pub fn sheets(&self, read: &[ReadSheet]) -> Vec<SheetReport> {
        let report = |read: &ReadSheet| {
            let (created, changed) = self.counts.get(&read.sheet).copied().unwrap_or_default();
            SheetReport {
                sheet: read.title.clone(),
                rows: read.rows.len(),
                created,
                changed,
                rejected: self.rejected.get(&read.sheet).map_or(0, BTreeSet::len),
            }
        };
        read.iter().map(report).collect()
    }
}
