//! Writing an archive.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{Connection as _, PgConnection};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::manifest::{self, FileInfo, Manifest};
use super::{DUMP, FILES, MANIFEST, zip_error};
use crate::cluster::binaries::client_program;
use crate::{Db, DbError};

/// Folders of the data folder that are no data: PostgreSQL's own (the dump replaces it), sockets, what passes.
const NOT_DATA: [&str; 6] = ["pg", "pg.new", "run", "tmp", "log", "backup"];

/// Writes everything but the keys into a new archive. The server goes on working meanwhile; the database is as of one
/// instant, the moment of the call.
///
/// # Errors
/// [`DbError::Backup`] if the file exists or `pg_dump` is missing or fails; a full disk. No half archive stays.
pub async fn backup(db: &Db, archive: &Path) -> Result<Manifest, DbError> {
    if archive.exists() {
        return Err(DbError::Backup(format!("{} exists already; choose another name", archive.display())));
    }
    let mut owner = db.owner_connection().await?;
    let mut snapshot = owner.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let (name, postgres, made_at): (String, String, jiff_sqlx::Timestamp) =
        sqlx::query_as("SELECT pg_export_snapshot(), current_setting('server_version'), now()")
            .fetch_one(&mut *snapshot)
            .await?;
    let manifest = Manifest {
        format: 1,
        made_at: made_at.to_jiff(),
        tables: manifest::tables(&mut snapshot).await?,
        keys: manifest::keys(&mut snapshot).await?,
        files: files(db.data_dir(), archive)?,
        postgres,
    };
    let dump = dump_command(db, &mut snapshot, &name).await?;
    let part = beside(archive);
    let job = Writing { data_dir: db.data_dir().to_owned(), part: part.clone(), manifest, dump };
    let written = tokio::task::spawn_blocking(move || job.write()).await;
    let written = written.map_err(|e| DbError::Backup(e.to_string())).flatten();
    snapshot.rollback().await?;
    owner.close().await?;
    let written = written.and_then(|manifest| {
        std::fs::rename(&part, archive).map_err(|e| DbError::io(archive, e))?;
        Ok(manifest)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn beside(archive: &Path) -> PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// `pg_dump` of the server's own version, within our snapshot.
async fn dump_command(db: &Db, snapshot: &mut PgConnection, name: &str) -> Result<Command, DbError> {
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut *snapshot)
        .await?;
    let program = client_program("pg_dump", u32::try_from(version / 10_000).unwrap_or_default())?;
    let mut command = Command::new(program);
    command
        .args(["--format=custom", "--no-owner", "--enable-row-security", "--no-password"])
        .arg(format!("--snapshot={name}"));
    db.address().give_to(&mut command);
    Ok(command)
}

struct Writing {
    data_dir: PathBuf,
    part: PathBuf,
    manifest: Manifest,
    dump: Command,
}

impl Writing {
    /// The manifest comes last: it names the files that were really saved.
    fn write(mut self) -> Result<Manifest, DbError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.part)
            .map_err(|e| DbError::io(&self.part, e))?;
        let mut zip = ZipWriter::new(file);
        // the dump and the Parquet files are compressed already
        let stored =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        zip.start_file(DUMP, stored).map_err(zip_error)?;
        self.write_dump(&mut zip)?;
        let mut saved = Vec::new();
        for info in std::mem::take(&mut self.manifest.files) {
            let path = self.data_dir.join(&info.path);
            let mut source = match File::open(&path) {
                Ok(source) => source,
                // tidied away since the list was made
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(DbError::io(&path, e)),
            };
            zip.start_file(format!("{FILES}{}", info.path), stored).map_err(zip_error)?;
            let bytes = std::io::copy(&mut source, &mut zip).map_err(|e| DbError::io(&path, e))?;
            saved.push(FileInfo { bytes, ..info });
        }
        self.manifest.files = saved;
        zip.start_file(MANIFEST, stored).map_err(zip_error)?;
        zip.write_all(&serde_json::to_vec_pretty(&self.manifest)?).map_err(|e| DbError::io(&self.part, e))?;
        let file = zip.finish().map_err(zip_error)?;
        file.sync_all().map_err(|e| DbError::io(&self.part, e))?;
        Ok(self.manifest)
    }

    fn write_dump(&mut self, zip: &mut ZipWriter<File>) -> Result<(), DbError> {
        let mut child = self
            .dump
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| DbError::Backup(format!("pg_dump: {e}")))?;
        let copied = match child.stdout.take() {
            Some(mut out) => std::io::copy(&mut out, zip).map(|_| ()),
            None => Ok(()),
        };
        let ended = child.wait_with_output().map_err(|e| DbError::Backup(format!("pg_dump: {e}")))?;
        copied.map_err(|e| DbError::io(&self.part, e))?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
            return Err(DbError::Backup(format!("pg_dump failed: {said}")));
        }
        Ok(())
    }
}

/// Every file in the folders of the data folder; none at its top (locks, keys, logs).
fn files(data_dir: &Path, archive: &Path) -> Result<Vec<FileInfo>, DbError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data_dir).map_err(|e| DbError::io(data_dir, e))?.flatten() {
        let name = entry.file_name();
        let is_data = !NOT_DATA.iter().any(|not| name == *not);
        if is_data && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), data_dir, archive, &mut found)?;
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(dir: &Path, base: &Path, archive: &Path, found: &mut Vec<FileInfo>) -> Result<(), DbError> {
    for entry in std::fs::read_dir(dir).map_err(|e| DbError::io(dir, e))?.flatten() {
        let path = entry.path();
        let meta = entry.metadata().map_err(|e| DbError::io(&path, e))?;
        if meta.is_dir() {
            walk(&path, base, archive, found)?;
        } else if meta.is_file() && path != archive && path != beside(archive) {
            let inside = path.strip_prefix(base).unwrap_or(&path);
            let Some(name) = inside.to_str() else {
                return Err(DbError::Backup(format!("{} has a name that is no text", path.display())));
            };
            found.push(FileInfo { path: name.to_owned(), bytes: meta.len() });
        }
    }
    Ok(())
}
