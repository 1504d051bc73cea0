//! Making a data folder from an archive.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{Connection as _, PgConnection};
use zip::ZipArchive;

use super::manifest::{self, Manifest, TableInfo};
use super::{DUMP, FILES, MANIFEST, zip_error};
use crate::cluster::binaries::client_program;
use crate::cluster::layout;
use crate::vault::{check_file, keys_path};
use crate::{Db, DbConfig, DbError};

/// Makes a data folder from an archive and compares every table with what the manifest says. The keys are taken from
/// `keys`, or from `keys.json` in `data_dir` (which may hold nothing else), or from `FORECOURT_KEYS`. Everything
/// happens in a folder beside, which takes its name when it is whole: a kill in the middle leaves no half folder.
///
/// # Errors
/// [`DbError::Backup`] if the folder is not empty, the archive is damaged, or a table differs; [`DbError::KeysLost`]
/// or [`DbError::WrongKeys`] before anything is done.
pub async fn restore(archive: &Path, data_dir: &Path, keys: Option<&Path>) -> Result<Manifest, DbError> {
    let manifest = read_manifest(archive)?;
    refuse_full(data_dir)?;
    let own = keys_path(data_dir);
    let keys = keys.unwrap_or(&own);
    let known = manifest.known_keys()?;
    if !known.is_empty() {
        check_file(keys, &known)?;
    }
    let work = beside(data_dir)?;
    if work.exists() {
        layout::remove(&work).map_err(|e| DbError::io(&work, e))?;
    }
    std::fs::create_dir_all(&work).map_err(|e| DbError::io(&work, e))?;
    if keys.is_file() {
        // a copy keeps the file's mode
        std::fs::copy(keys, keys_path(&work)).map_err(|e| DbError::io(keys, e))?;
    }
    let filled = fill(archive, &work, &manifest).await;
    let done = filled.and_then(|()| take_place(&work, data_dir));
    if done.is_err() {
        let _ = layout::remove(&work);
    }
    done.map(|()| manifest)
}

async fn fill(archive: &Path, work: &Path, manifest: &Manifest) -> Result<(), DbError> {
    let config = DbConfig { data_dir: work.to_owned(), database_url: None, max_connections: 4 };
    let db = Db::open(&config).await?;
    let filled = fill_database(archive, &db, manifest).await;
    db.close().await;
    filled?;
    let (archive, work) = (archive.to_owned(), work.to_owned());
    tokio::task::spawn_blocking(move || unpack_files(&archive, &work))
        .await
        .map_err(|e| DbError::Backup(e.to_string()))?
}

async fn fill_database(archive: &Path, db: &Db, manifest: &Manifest) -> Result<(), DbError> {
    let mut owner = db.owner_connection().await?;
    let version: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&mut owner).await?;
    let program = client_program("pg_restore", u32::try_from(version / 10_000).unwrap_or_default())?;
    let mut command = Command::new(program);
    command.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-password"]);
    db.address().give_to(&mut command);
    let source = archive.to_owned();
    tokio::task::spawn_blocking(move || pour_dump(&source, command))
        .await
        .map_err(|e| DbError::Backup(e.to_string()))??;
    compare(&mut owner, manifest).await?;
    sqlx::query("ANALYZE").execute(&mut owner).await?;
    owner.close().await?;
    Ok(())
}

/// The dump flows from the archive into `pg_restore`; it never lies on the disk a second time.
fn pour_dump(archive: &Path, mut command: Command) -> Result<(), DbError> {
    let failed = |why: String| DbError::Backup(format!("pg_restore failed: {why}"));
    let mut zip = open(archive)?;
    let mut dump = zip.by_name(DUMP).map_err(zip_error)?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(e.to_string()))?;
    let poured = match child.stdin.take() {
        Some(mut stdin) => std::io::copy(&mut dump, &mut stdin).and_then(|_| stdin.flush()),
        None => Ok(()),
    };
    let ended = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    if !ended.status.success() {
        return Err(failed(String::from_utf8_lossy(&ended.stderr).trim().to_owned()));
    }
    poured.map_err(|e| DbError::Backup(format!("the archive: {e}")))
}

async fn compare(owner: &mut PgConnection, manifest: &Manifest) -> Result<(), DbError> {
    let mut tx = owner.begin().await?;
    let restored = manifest::tables(&mut tx).await?;
    tx.rollback().await?;
    let of = |tables: &[TableInfo], name: &str| tables.iter().find(|table| table.name == name).cloned();
    for table in &manifest.tables {
        let now = of(&restored, &table.name);
        if now.as_ref() != Some(table) {
            let rows = now.map_or_else(|| "is missing".to_owned(), |now| format!("has {} rows", now.rows));
            return Err(DbError::Backup(format!(
                "table {} {rows} after the restore, {} were saved, or their content differs",
                table.name, table.rows
            )));
        }
    }
    Ok(())
}

fn unpack_files(archive: &Path, work: &Path) -> Result<(), DbError> {
    let mut zip = open(archive)?;
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(zip_error)?;
        // never a path that leads out of the folder
        let Some(inside) = entry.enclosed_name() else {
            return Err(DbError::Backup("the archive has a file whose name leads out of the folder".into()));
        };
        let Ok(inside) = inside.strip_prefix(FILES) else { continue };
        let path = work.join(inside);
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|e| DbError::io(dir, e))?;
        }
        let mut file = File::create(&path).map_err(|e| DbError::io(&path, e))?;
        std::io::copy(&mut entry, &mut file).map_err(|e| DbError::io(&path, e))?;
        file.sync_all().map_err(|e| DbError::io(&path, e))?;
    }
    Ok(())
}

fn open(archive: &Path) -> Result<ZipArchive<File>, DbError> {
    let file = File::open(archive).map_err(|e| DbError::io(archive, e))?;
    ZipArchive::new(file).map_err(zip_error)
}

fn read_manifest(archive: &Path) -> Result<Manifest, DbError> {
    let mut zip = open(archive)?;
    let mut text = String::new();
    let mut entry = zip.by_name(MANIFEST).map_err(zip_error)?;
    entry.read_to_string(&mut text).map_err(|e| DbError::io(archive, e))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|e| DbError::Backup(format!("{} has no readable manifest: {e}", archive.display())))?;
    if manifest.format != 1 {
        return Err(DbError::Backup(format!(
            "the archive has format {}, this program knows 1: use the newer program",
            manifest.format
        )));
    }
    Ok(manifest)
}

/// Only a folder that is not there, is empty, or holds the keys alone.
fn refuse_full(data_dir: &Path) -> Result<(), DbError> {
    let Ok(entries) = std::fs::read_dir(data_dir) else { return Ok(()) };
    let own = keys_path(data_dir);
    match entries.flatten().find(|entry| entry.path() != own) {
        None => Ok(()),
        Some(entry) => Err(DbError::Backup(format!(
            "{} is not empty (it holds {}); restore into a new folder",
            data_dir.display(),
            entry.file_name().display()
        ))),
    }
}

fn beside(data_dir: &Path) -> Result<PathBuf, DbError> {
    let name = data_dir
        .file_name()
        .ok_or_else(|| DbError::Backup(format!("{} cannot be a data folder", data_dir.display())))?;
    let mut fresh = name.to_owned();
    fresh.push(".restoring");
    Ok(data_dir.with_file_name(fresh))
}

fn take_place(work: &Path, data_dir: &Path) -> Result<(), DbError> {
    if data_dir.exists() {
        // empty but for the keys, of which `work` has a copy
        std::fs::remove_dir_all(data_dir).map_err(|e| DbError::io(data_dir, e))?;
    }
    std::fs::rename(work, data_dir).map_err(|e| DbError::io(data_dir, e))
}
