//! Sessions: an opaque random token in a cookie, its hash in the database, a CSRF token derived from it.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use db::{Db, DbError};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::throttle::LONGEST_LOCK;

/// Name of the session cookie.
pub const COOKIE: &str = "fc_session";
/// Header that repeats the CSRF token with every request that is not a plain read.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// A session unused for so long is over.
pub const IDLE: SignedDuration = SignedDuration::from_hours(4);
/// However busy, a session lasts no longer than a working day.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// Last use is written down at most this often.
pub const TOUCH: SignedDuration = SignedDuration::from_secs(60);

/// A session's secret: 256 random bits. Never stored, never logged.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A fresh token.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Token(bytes))
    }

    /// The token in a request's cookies.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let value = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))?;
        let bytes = BASE64.decode(value).ok()?;
        bytes.try_into().ok().map(Token)
    }

    /// What the database keeps. A fast hash suffices: nobody searches 256 random bits.
    pub fn stored_hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }

    /// The CSRF token of this session. Bound to the session and useless without it; it may be read by scripts of
    /// our own pages, because nothing leads from it back to the cookie.
    pub fn csrf(&self) -> String {
        BASE64.encode(Sha256::new().chain_update(b"forecourt csrf").chain_update(self.0).finalize())
    }

    /// Whether the request repeats the CSRF token.
    pub fn csrf_matches(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(CSRF_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        self.csrf().as_bytes().ct_eq(sent).into()
    }

    /// The `Set-Cookie` value that gives the token to the browser for [`ABSOLUTE`].
    pub fn cookie(&self, secure: bool) -> String {
        cookie(&BASE64.encode(self.0), ABSOLUTE.as_secs(), secure)
    }
}

/// The `Set-Cookie` value that takes the cookie away.
pub fn removed_cookie(secure: bool) -> String {
    cookie("", 0, secure)
}

fn cookie(value: &str, max_age_s: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}")
}

/// Forgets sessions that are over, old failures, and log-in attempts older than half a year; for a nightly job.
/// Answers with the sessions forgotten.
///
/// # Errors
/// The database is away.
pub async fn sweep_sessions(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let mut tx = db.system().await?;
    let over = sqlx::query("DELETE FROM session WHERE expires_at <= $1 OR last_seen_at <= $2")
        .bind(now.to_sqlx())
        .bind((now - IDLE).to_sqlx())
        .execute(&mut *tx)
        .await?;
    // After as long a quiet time a lock-out is forgotten anyway.
    sqlx::query("DELETE FROM login_throttle WHERE failed_at < $1 AND COALESCE(locked_until, failed_at) < $2")
        .bind((now - LONGEST_LOCK).to_sqlx())
        .bind(now.to_sqlx())
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM login_attempt WHERE attempted_at < $1")
        .bind((now - SignedDuration::from_hours(24 * 183)).to_sqlx())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(over.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn the_cookie_comes_back_as_the_token() {
        let token = Token::draw().unwrap();
        let cookie = token.cookie(true);
        assert!(cookie.contains("; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"), "{cookie}");
        assert!(!token.cookie(false).contains("Secure"));
        let pair = cookie.split(';').next().unwrap();
        let back = Token::from_headers(&headers(&format!("other=1; {pair}; x=y"))).unwrap();
        assert_eq!(back.stored_hash(), token.stored_hash());
        for bad in ["", "fc_session=", "fc_session=abc", "fc_session=%%%", "xfc_session=AAAA"] {
            assert!(Token::from_headers(&headers(bad)).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_csrf_token_fits_one_session_only() {
        let (mine, other) = (Token::draw().unwrap(), Token::draw().unwrap());
        let with = |value: &str| {
            HeaderMap::from_iter([(CSRF_HEADER.parse().unwrap(), HeaderValue::from_str(value).unwrap())])
        };
        assert!(mine.csrf_matches(&with(&mine.csrf())));
        assert!(!mine.csrf_matches(&with(&other.csrf())));
        assert!(!mine.csrf_matches(&with("")));
        assert!(!mine.csrf_matches(&HeaderMap::new()));
    }
}
