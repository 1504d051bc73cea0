//! Where the PostgreSQL programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::DbError;

/// Folders of distributions that hold one sub-folder a version.
const VERSIONED: [&str; 3] = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
/// Folders that hold the programs themselves.
const PLAIN: [&str; 3] = ["/usr/local/pgsql/bin", "/usr/pgsql/bin", "/usr/local/bin"];

/// One set of PostgreSQL programs of the same version.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    /// As PostgreSQL says it, e.g. `15.14`.
    pub(crate) version: String,
}

impl Binaries {
    /// The programs for a data folder: of its major version if it has one already, else the newest. `PG_BIN` wins
    /// over everything, then `PATH`, then the folders of the distributions.
    pub(crate) fn find(folder_major: Option<&str>) -> Result<Binaries, DbError> {
        let candidates = candidates();
        let found: Vec<Binaries> = candidates.iter().filter_map(|dir| Binaries::in_dir(dir)).collect();
        if found.is_empty() {
            let searched = candidates.iter().map(|d| d.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(DbError::PostgresMissing { searched });
        }
        let Some(major) = folder_major else {
            return Ok(found[0].clone());
        };
        found.iter().find(|b| b.major() == major).cloned().ok_or_else(|| DbError::PostgresVersion {
            folder: major.to_owned(),
            found: found.iter().map(Binaries::major).collect::<Vec<_>>().join(", "),
        })
    }

    fn in_dir(dir: &Path) -> Option<Binaries> {
        // a link in PATH leads to the folder where the other programs are
        let postgres = dir.join("postgres").canonicalize().ok()?;
        let dir = postgres.parent()?;
        if !dir.join("initdb").is_file() {
            return None;
        }
        Some(Binaries { version: version_of(&postgres)?, dir: dir.to_owned() })
    }

    pub(crate) fn major(&self) -> &str {
        self.version.split('.').next().unwrap_or_default()
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// A program such as `pg_dump` of a server's major version, or else of a newer one, which understands it too. A machine
/// that only talks to a server elsewhere may have these without having a server.
pub(crate) fn client_program(name: &str, server_major: u32) -> Result<PathBuf, DbError> {
    let major = |path: &PathBuf| version_of(path)?.split('.').next()?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = candidates()
        .into_iter()
        .map(|dir| dir.join(name))
        .filter(|path| path.is_file())
        .filter_map(|path| Some((major(&path)?, path)))
        .filter(|(major, _)| *major >= server_major)
        .collect();
    found.sort_by_key(|(major, _)| *major);
    found.into_iter().next().map(|(_, path)| path).ok_or_else(|| {
        DbError::Backup(format!(
            "{name} of version {server_major} or newer was not found: install PostgreSQL's client programs \
             (Debian: apt-get install postgresql-client), or set PG_BIN to their folder"
        ))
    })
}

fn version_of(program: &Path) -> Option<String> {
    let said = Command::new(program).arg("--version").output().ok()?;
    version_in(&String::from_utf8_lossy(&said.stdout))
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` says `15.14`.
fn version_in(said: &str) -> Option<String> {
    let word = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(word.to_owned())
}

fn candidates() -> Vec<PathBuf> {
    if let Some(dir) = std::env::var_os("PG_BIN") {
        return vec![PathBuf::from(dir)];
    }
    let mut dirs: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let mut versioned: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .filter_map(|base| std::fs::read_dir(base).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let major = name.trim_start_matches("postgresql@").parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    versioned.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    dirs.extend(versioned.into_iter().map(|(_, dir)| dir));
    dirs.extend(PLAIN.iter().map(PathBuf::from));
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_the_server_says() {
        let cases = [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", Some("15.14")),
            ("postgres (PostgreSQL) 18beta1", Some("18beta1")),
            ("command not found", None),
        ];
        for (said, version) in cases {
            assert_eq!(version_in(said).as_deref(), version, "{said}");
        }
    }
}
