//! The organisation as one workbook: read, checked row by row, taken in as a whole.
//!
//! Good rows go in, bad rows are listed with sheet, row, column and reason; the database sees one transaction. The
//! same workbook twice changes nothing. What a workbook does not mention stays as it is.

mod accounts;
mod directory;
mod drafts;
mod error_file;
mod leavers;
mod read;
mod report;
mod sheets;
mod staff;
mod statements;
mod structure;

use std::path::Path;
use std::time::Instant;

use db::{Db, Field, Tx, Vault};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::clock::{Clock, shanghai_time};
use kernel::ids::UserId;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::types::Json;

use crate::error::OrgError;
use crate::first_start::ensure_roles;
use crate::rules::Rights;
use crate::trace::trace;
use directory::Directory;
use report::Findings;
use sheets::Sheet;

pub use leavers::close_leavers;
pub use report::{NewAccount, OrgImportReport, RowError, SheetReport};

/// On whose order a workbook is taken in.
#[derive(Debug, Clone)]
pub enum Importer {
    /// The house itself (command line, demonstration): may give every role.
    House,
    /// A person: gives no more than he has.
    Person(Rights),
}

impl Importer {
    fn user(&self) -> Option<UserId> {
        match self {
            Importer::House => None,
            Importer::Person(rights) => Some(rights.access.user_id),
        }
    }
}

/// A workbook to take in.
#[derive(Debug, Clone)]
pub struct OrgWorkbook {
    /// Name of the file, for the list of imports.
    pub file_name: String,
    /// Its bytes: xlsx.
    pub bytes: Vec<u8>,
    /// Check only; nothing is kept.
    pub dry_run: bool,
}

/// Takes in a workbook from a file, as the house itself.
///
/// # Errors
/// As [`import_org`]; a file that cannot be read.
pub async fn import_org_file(db: &Db, vault: &Vault, path: &Path) -> Result<OrgImportReport, OrgError> {
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|error| OrgError::Workbook(format!("{}: {error}", path.display())))?;
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let workbook = OrgWorkbook { file_name, bytes, dry_run: false };
    import_org(db, vault, Clock::system().now(), &Importer::House, workbook).await
}

/// Takes in a workbook.
///
/// # Errors
/// [`OrgError::Workbook`] when it is no xlsx, too large, or has none of the sheets; faults. Bad rows are no error:
/// they are in the report.
pub async fn import_org(
    db: &Db,
    vault: &Vault,
    now: Timestamp,
    importer: &Importer,
    workbook: OrgWorkbook,
) -> Result<OrgImportReport, OrgError> {
    let started = Instant::now();
    let OrgWorkbook { file_name, bytes, dry_run } = workbook;
    let file_hash = Sha256::digest(&bytes).to_vec();
    let read = tokio::task::spawn_blocking(move || read::read(&bytes)).await;
    let sheets = read.map_err(|error| OrgError::Fault(error.to_string()))??;

    let mut tx = match importer.user() {
        Some(user) => db.system_for(user).await?,
        None => db.system().await?,
    };
    // Two imports at once would both find a code missing.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('org.import'))").execute(&mut *tx).await?;
    ensure_roles(&mut tx).await?;
    let mut findings = Findings::default();
    let mut directory = Directory::load(&mut tx).await?;
    let mut new_accounts = Vec::new();
    for sheet in Sheet::ALL {
        let Some(read) = sheets.iter().find(|read| read.sheet == sheet) else { continue };
        if sheet == Sheet::Employee {
            let today = shanghai_time(now).date();
            let staff = staff::apply(&mut tx, vault, read, &directory, today, &mut findings).await?;
            new_accounts = accounts::apply(&mut tx, &staff, &directory, importer, now, &mut findings).await?;
            leavers::handle(&mut tx, today, &mut findings).await?;
        } else {
            structure::apply(&mut tx, read, &directory, &mut findings).await?;
            directory = Directory::load(&mut tx).await?;
        }
    }
    let error_file =
        if findings.errors.is_empty() { None } else { Some(error_file::write(&sheets, &findings)?) };
    let mut report = OrgImportReport {
        import_id: 0,
        dry_run,
        took_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        sheets: findings.sheets(&sheets),
        error_count: findings.errors.len(),
        errors: findings.errors,
        transferred: findings.transferred,
        left: findings.left,
        new_accounts,
        error_file,
    };
    if dry_run {
        tx.rollback().await?;
        return Ok(report);
    }
    let envelope = Envelope { file_name: &file_name, file_hash: &file_hash, by: importer.user(), now };
    report.import_id = keep(&mut tx, vault, &envelope, &report).await?;
    tx.commit().await?;
    Ok(report)
}

struct Envelope<'a> {
    file_name: &'a str,
    file_hash: &'a [u8],
    by: Option<UserId>,
    now: Timestamp,
}

async fn keep(
    tx: &mut Tx,
    vault: &Vault,
    envelope: &Envelope<'_>,
    report: &OrgImportReport,
) -> Result<i32, OrgError> {
    let activation = (!report.new_accounts.is_empty())
        .then(|| serde_json::to_string(&report.new_accounts))
        .transpose()
        .map_err(|error| OrgError::Fault(error.to_string()))?
        .map(|list| vault.seal(Field::Secret, &list));
    let kept = report.without_secrets();
    let import_id: i32 = sqlx::query_scalar(
        "INSERT INTO org_import (file_name, file_hash, imported_by, imported_at, duration_ms, report, error_count,
                                 error_file, activation_sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         RETURNING org_import_id",
    )
    .bind(envelope.file_name)
    .bind(envelope.file_hash)
    .bind(envelope.by.map(UserId::get))
    .bind(envelope.now.to_sqlx())
    .bind(i32::try_from(report.took_ms).unwrap_or(i32::MAX))
    .bind(Json(&kept))
    .bind(i32::try_from(report.error_count).unwrap_or(i32::MAX))
    .bind(&report.error_file)
    .bind(activation)
    .fetch_one(&mut **tx)
    .await?;
    let detail = json!({
        "file_name": envelope.file_name, "file_sha256": hex::encode(envelope.file_hash), "sheets": kept.sheets,
        "errors": report.error_count, "new_accounts": report.new_accounts.len(),
    });
    trace(tx, "import_organisation", "org_import", &import_id.to_string(), None, detail).await?;
    Ok(import_id)
}
