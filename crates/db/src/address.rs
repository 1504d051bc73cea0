//! Where the database is, as PostgreSQL's own programs want to be told.

use std::path::PathBuf;
use std::process::Command;

/// The address of a database for `pg_dump` and `pg_restore`.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    /// A private cluster.
    Socket { dir: PathBuf, owner: String, database: String },
    /// The text of `DATABASE_URL`.
    Url(String),
}

impl Address {
    /// Adds what leads there. A password goes through the environment: arguments are seen by every user of a machine.
    pub(crate) fn give_to(&self, command: &mut Command) {
        match self {
            Address::Socket { dir, owner, database } => {
                command.arg("--host").arg(dir).args(["--username", owner, "--dbname", database]);
            }
            Address::Url(url) => {
                let (url, password) = without_password(url);
                command.args(["--dbname", &url]);
                if let Some(password) = password {
                    command.env("PGPASSWORD", password);
                }
            }
        }
    }
}

/// Splits `postgres://user:password@host/db` into the same without the password, and the password.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let Some((account, host)) = rest[..authority].rsplit_once('@') else { return (url.to_owned(), None) };
    let Some((user, password)) = account.split_once(':') else { return (url.to_owned(), None) };
    (format!("{scheme}://{user}@{host}{}", &rest[authority..]), Some(percent_decoded(password)))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_stay_in_the_address() {
        let cases = [
            ("postgres://a:b%40c@h:5432/d?x=1", "postgres://a@h:5432/d?x=1", Some("b@c")),
            ("postgres://a@h/d", "postgres://a@h/d", None),
            ("postgres://h/d@e", "postgres://h/d@e", None),
            ("postgres://a:100%@h", "postgres://a@h", Some("100%")),
        ];
        for (url, clean, password) in cases {
            let (left, found) = without_password(url);
            assert_eq!((left.as_str(), found.as_deref()), (clean, password), "{url}");
        }
    }
}
