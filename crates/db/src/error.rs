//! What can go wrong with the database, said so that the person reading it knows what to do next.

use std::path::PathBuf;

/// Every failure of this room. The text of each variant names the cause and, where there is one, the remedy.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No usable PostgreSQL programs on this machine.
    #[error(
        "PostgreSQL was not found (looked at PG_BIN, PATH and {searched}): install it \
         (Debian: apt-get install postgresql) or set PG_BIN to the folder that holds `postgres` and `initdb`"
    )]
    PostgresMissing {
        /// The folders that were looked into.
        searched: String,
    },
    /// The data folder was made by another major version.
    #[error(
        "the data folder was made by PostgreSQL {folder}, but only PostgreSQL {found} was found: install \
         version {folder}, or back up with the old version and restore into a new folder"
    )]
    PostgresVersion {
        /// Major version written in the folder.
        folder: String,
        /// Major versions of the programs found.
        found: String,
    },
    /// A second server on the same folder.
    #[error(
        "{folder} is in use by the server with process id {pid}: stop it first, or give this one another --data folder"
    )]
    FolderInUse {
        /// The data folder.
        folder: PathBuf,
        /// Process id of the owner; 0 if it has not written it yet.
        pid: u32,
    },
    /// PostgreSQL refuses to run as root, and the user it would run as cannot work in the folder.
    #[error("PostgreSQL must run as the unprivileged user {user}, who may not work in {path}: {why}")]
    FolderClosed {
        /// The folder that is closed.
        path: PathBuf,
        /// The user PostgreSQL would run as.
        user: String,
        /// What exactly was refused.
        why: String,
    },
    /// Started as root, and neither `postgres` nor `nobody` exists.
    #[error(
        "started as root, but neither a user `postgres` nor `nobody` exists to run PostgreSQL as: create one of them, or start as an ordinary user"
    )]
    NoUnprivilegedUser,
    /// The private cluster could not be made.
    #[error("the database cluster could not be initialised in {folder}: {why}")]
    InitFailed {
        /// Where it should have been.
        folder: PathBuf,
        /// The last words of `initdb`.
        why: String,
    },
    /// The private cluster does not come up.
    #[error("PostgreSQL does not start ({log} says more): {why}")]
    StartFailed {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        why: String,
    },
    /// No space left where the database lives.
    #[error("the disk of the database is full: free some space, nothing that was committed is lost ({0})")]
    DiskFull(String),
    /// The server went away; what was not committed has not happened.
    #[error(
        "the connection to the database was lost; what was not committed has not happened, try again ({0})"
    )]
    ConnectionLost(String),
    /// All connections are taken, or the server accepts no more.
    #[error("the database is busy, every connection is taken: try again in a moment ({0})")]
    Busy(String),
    /// A statement exceeded its time.
    #[error("the database took too long over one statement and gave it up ({0})")]
    TimedOut(String),
    /// Two transactions wanted the same rows in a different order; the loser may simply run again.
    #[error("another change came first, try again ({0})")]
    TryAgain(String),
    /// Row-level security or a missing grant refused.
    #[error("outside the scope of this access ({0})")]
    OutOfScope(String),
    /// A unique or exclusion constraint refused.
    #[error("this exists already ({constraint})")]
    Duplicate {
        /// The constraint's name.
        constraint: String,
    },
    /// A foreign-key, check or not-null constraint refused.
    #[error("the database refuses the value ({constraint}: {message})")]
    Refused {
        /// The constraint's name, empty for a not-null column.
        constraint: String,
        /// PostgreSQL's words.
        message: String,
    },
    /// `DATABASE_URL` cannot be read as a PostgreSQL address.
    #[error("DATABASE_URL is not a PostgreSQL address (postgres://user:password@host:5432/database): {0}")]
    BadUrl(String),
    /// The account of `DATABASE_URL` may not create the roles.
    #[error(
        "the roles forecourt_app and forecourt_worker are missing, and this account may not create them; let an administrator run:\n{sql}"
    )]
    RolesMissing {
        /// What an administrator has to run once.
        sql: String,
    },
    /// A role exists, but with a right that would switch row-level security off.
    #[error(
        "the role {role} is a superuser or bypasses row-level security, which would open every store to everybody; run: ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS"
    )]
    RoleTooStrong {
        /// Its name.
        role: String,
    },
    /// A migration that has been applied was edited afterwards.
    #[error(
        "migration {context}/{step} was changed after it had been applied: restore its old text and put the change into a new step"
    )]
    MigrationChanged {
        /// The context it belongs to.
        context: String,
        /// Its name.
        step: String,
    },
    /// The database has steps that this program does not know.
    #[error(
        "the database is newer than this program (it has migration {context}/{step}): use the newer program"
    )]
    NewerDatabase {
        /// The context it belongs to.
        context: String,
        /// The unknown step.
        step: String,
    },
    /// A new step sorts before one that is applied already.
    #[error(
        "migration {context}/{step} comes before {applied}, which is applied already: give it a later name"
    )]
    MigrationOutOfOrder {
        /// The context it belongs to.
        context: String,
        /// The new step.
        step: String,
        /// The latest applied one.
        applied: String,
    },
    /// A step failed; it left no trace.
    #[error("migration {context}/{step} failed and was undone: {why}")]
    MigrationFailed {
        /// The context it belongs to.
        context: String,
        /// The step.
        step: String,
        /// PostgreSQL's words.
        why: String,
    },
    /// Encrypted values exist, but the keys are gone.
    #[error(
        "the key file {path} is missing, but this database holds values sealed with key {key_ids}: put the key \
         file back from its safe copy, or set FORECOURT_KEYS; without it phones, ID numbers and addresses stay unreadable"
    )]
    KeysLost {
        /// Where the file is looked for.
        path: PathBuf,
        /// The keys the database knows.
        key_ids: String,
    },
    /// The keys at hand are not the ones the database was sealed with.
    #[error(
        "the keys in {place} are not the ones this database was sealed with ({what}): put the right key file \
         back from its safe copy; nothing has been changed"
    )]
    WrongKeys {
        /// File or environment variable.
        place: String,
        /// Which key does not fit.
        what: String,
    },
    /// The key file exists, but cannot be used.
    #[error("the keys in {place} cannot be read: {why}")]
    KeysUnreadable {
        /// File or environment variable.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// One sealed value does not open: truncated, altered, or of another field.
    #[error("a sealed {field} cannot be opened: {why}")]
    Undecipherable {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A cron expression that cannot be read.
    #[error("the schedule {name} has no valid time ({cron}): {why}")]
    BadSchedule {
        /// The schedule's name.
        name: String,
        /// Its expression.
        cron: String,
        /// What is wrong with it.
        why: String,
    },
    /// A backup cannot be made or read.
    #[error("backup: {0}")]
    Backup(String),
    /// A file or folder of ours.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// JSON of ours that does not have its shape.
    #[error("unexpected shape of stored JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Anything else PostgreSQL or the driver says.
    #[error(transparent)]
    Sql(sqlx::Error),
}

impl DbError {
    /// Wraps an error of the file system with the file it is about; a full disk becomes [`DbError::DiskFull`].
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> DbError {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull => DbError::DiskFull(path.display().to_string()),
            _ => DbError::Io { path, source },
        }
    }

    /// True if the same call may succeed when made again: the server was away, busy, or another change came first.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            DbError::ConnectionLost(_) | DbError::Busy(_) | DbError::TryAgain(_) | DbError::TimedOut(_)
        )
    }

    /// A short stable word for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            DbError::PostgresMissing { .. } => "postgres_missing",
            DbError::PostgresVersion { .. } => "postgres_version",
            DbError::FolderInUse { .. } => "folder_in_use",
            DbError::FolderClosed { .. } => "folder_closed",
            DbError::NoUnprivilegedUser => "no_unprivileged_user",
            DbError::InitFailed { .. } => "init_failed",
            DbError::StartFailed { .. } => "start_failed",
            DbError::DiskFull(_) => "disk_full",
            DbError::ConnectionLost(_) => "connection_lost",
            DbError::Busy(_) => "busy",
            DbError::TimedOut(_) => "timed_out",
            DbError::TryAgain(_) => "try_again",
            DbError::OutOfScope(_) => "out_of_scope",
            DbError::Duplicate { .. } => "duplicate",
            DbError::Refused { .. } => "refused",
            DbError::BadUrl(_) => "bad_url",
            DbError::RolesMissing { .. } => "roles_missing",
            DbError::RoleTooStrong { .. } => "role_too_strong",
            DbError::MigrationChanged { .. } => "migration_changed",
            DbError::NewerDatabase { .. } => "newer_database",
            DbError::MigrationOutOfOrder { .. } => "migration_out_of_order",
            DbError::MigrationFailed { .. } => "migration_failed",
            DbError::KeysLost { .. } => "keys_lost",
            DbError::WrongKeys { .. } => "wrong_keys",
            DbError::KeysUnreadable { .. } => "keys_unreadable",
            DbError::Undecipherable { .. } => "undecipherable",
            DbError::BadSchedule { .. } => "bad_schedule",
            DbError::Backup(_) => "backup",
            DbError::Io { .. } => "io",
            DbError::Json(_) => "json",
            DbError::Sql(_) => "sql",
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> DbError {
        match error {
            sqlx::Error::Io(ref io) if io.kind() == std::io::ErrorKind::StorageFull => {
                DbError::DiskFull(io.to_string())
            }
            sqlx::Error::Io(io) => DbError::ConnectionLost(io.to_string()),
            sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
                DbError::ConnectionLost(error.to_string())
            }
            sqlx::Error::PoolTimedOut => DbError::Busy("waited for a free connection".into()),
            sqlx::Error::Database(ref said) => {
                let state = said.code().unwrap_or_default().into_owned();
                let constraint = said.constraint().unwrap_or_default().to_owned();
                named(&state, constraint, said.message().to_owned()).unwrap_or(DbError::Sql(error))
            }
            other => DbError::Sql(other),
        }
    }
}

/// SQLSTATE to variant; the codes are those of PostgreSQL's appendix A.
fn named(state: &str, constraint: String, message: String) -> Option<DbError> {
    Some(match state {
        "53100" => DbError::DiskFull(message),
        "57P01" | "57P02" | "57P03" | "57P04" | "25P03" => DbError::ConnectionLost(message),
        "53300" | "53400" => DbError::Busy(message),
        "57014" | "55P03" => DbError::TimedOut(message),
        "40001" | "40P01" => DbError::TryAgain(message),
        "42501" => DbError::OutOfScope(message),
        "23505" | "23P01" => DbError::Duplicate { constraint },
        "23502" | "23503" | "23514" => DbError::Refused { constraint, message },
        _ if state.starts_with("08") => DbError::ConnectionLost(message),
        // "could not extend file": the code is that of the system call, the text tells
        _ if message.contains("No space left on device") => DbError::DiskFull(message),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_postgresql_becomes_something_a_person_can_act_on() {
        let cases = [
            ("53100", "disk_full"),
            ("57P01", "connection_lost"),
            ("08006", "connection_lost"),
            ("57014", "timed_out"),
            ("40P01", "try_again"),
            ("42501", "out_of_scope"),
            ("23505", "duplicate"),
            ("23514", "refused"),
            ("53300", "busy"),
        ];
        for (state, code) in cases {
            let error = named(state, "c".into(), "m".into()).map(|e| e.code());
            assert_eq!(error, Some(code), "{state}");
        }
        assert!(named("42601", String::new(), "syntax".into()).is_none());
        let full = named("XX000", String::new(), "could not write: No space left on device".into());
        assert_eq!(full.map(|e| e.code()), Some("disk_full"));
    }
}
