//! Passwords: which are good enough, how they are kept, how they are checked.
//!
//! Chosen passwords are kept as argon2id (19 MiB, 2 passes, 1 lane: OWASP's first recommendation). Initial
//! passwords are 80 random bits of ours, so a salted SHA-256 cannot be searched either; they must be replaced
//! at the first log-in and expire unused. A check always costs one argon2id run, whoever is asked for.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::model::PasswordKind;

/// Shortest password a person may choose.
pub const LENGTH_MIN: usize = 10;
/// Longest; argon2 would take more, but a megabyte of password is an attack.
pub const LENGTH_MAX: usize = 128;
/// From here on a password may consist of one kind of character.
const LENGTH_PASSPHRASE: usize = 16;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Shorter than [`LENGTH_MIN`].
    #[error("too short")]
    TooShort,
    /// Longer than [`LENGTH_MAX`].
    #[error("too long")]
    TooLong,
    /// Fewer than three of lower case, upper case, digits, others, and no pass-phrase.
    #[error("too plain")]
    TooPlain,
    /// Holds the log-in name.
    #[error("contains the log-in name")]
    HoldsName,
    /// Everybody's first guess.
    #[error("commonly guessed")]
    Common,
    /// The one that is to be replaced.
    #[error("same as before")]
    Unchanged,
}

impl PasswordRefusal {
    /// Chinese text and English text.
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            PasswordRefusal::TooShort => ("密码至少 10 个字符", "Use at least 10 characters"),
            PasswordRefusal::TooLong => ("密码不能超过 128 个字符", "Use at most 128 characters"),
            PasswordRefusal::TooPlain => (
                "请包含大写字母、小写字母、数字、符号中的至少三种,或使用 16 个字符以上的短语",
                "Use three of upper case, lower case, digits and symbols, or a phrase of 16 characters",
            ),
            PasswordRefusal::HoldsName => ("密码不能包含登录账号", "Do not use the log-in name in it"),
            PasswordRefusal::Common => {
                ("密码过于常见,容易被猜中", "This password is guessed first by everybody")
            }
            PasswordRefusal::Unchanged => ("新密码不能与原密码相同", "Choose another one than before"),
        }
    }
}

/// Stems of what is tried first; compared without digits and symbols at either end.
const COMMON_STEMS: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssw0rd",
    "qwerty",
    "qwertyuiop",
    "qazwsx",
    "admin",
    "administrator",
    "welcome",
    "woaini",
    "iloveyou",
    "abc",
    "test",
];

/// Whether `password` may be chosen by the holder of `user_name`, who had `old`.
///
/// # Errors
/// The first rule it breaks.
pub fn check_rules(password: &str, user_name: &str, old: Option<&str>) -> Result<(), PasswordRefusal> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Err(PasswordRefusal::TooShort);
    }
    if length > LENGTH_MAX {
        return Err(PasswordRefusal::TooLong);
    }
    if old == Some(password) {
        return Err(PasswordRefusal::Unchanged);
    }
    let lower = password.to_lowercase();
    if user_name.chars().count() >= 3 && lower.contains(&user_name.to_lowercase()) {
        return Err(PasswordRefusal::HoldsName);
    }
    let stem = lower.trim_matches(|c: char| !c.is_alphabetic());
    let distinct: std::collections::BTreeSet<char> = lower.chars().collect();
    if COMMON_STEMS.contains(&stem) || stem.is_empty() && length < LENGTH_PASSPHRASE || distinct.len() < 5 {
        return Err(PasswordRefusal::Common);
    }
    let kinds: [fn(char) -> bool; 4] =
        [|c| c.is_lowercase(), |c| c.is_uppercase(), |c| c.is_numeric(), |c| !c.is_alphanumeric()];
    let used = kinds.iter().filter(|kind| password.chars().any(**kind)).count();
    if used < 3 && length < LENGTH_PASSPHRASE {
        return Err(PasswordRefusal::TooPlain);
    }
    Ok(())
}

/// What could go wrong while hashing: the machine, not the password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// argon2 refused parameters, or a stored hash cannot be read.
    #[error("password hash: {0}")]
    Hash(String),
    /// The system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The thread that hashed was lost.
    #[error("hashing was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

fn argon2id() -> Result<Argon2<'static>, PasswordFault> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|error| PasswordFault::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str) -> Result<String, PasswordFault> {
    let hash = argon2id()?.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordFault::Hash(error.to_string()))
}

/// At most this many argon2 runs at once: each takes 19 MiB, and a flood of log-ins must not take the machine.
static HASHING: Semaphore = Semaphore::const_new(4);

/// What unknown names are checked against, so that they take as long as known ones.
static NOBODY: LazyLock<Result<String, PasswordFault>> =
    LazyLock::new(|| hash_now("nobody has this password"));

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordFault> + Send + 'static,
) -> Result<T, PasswordFault> {
    // The semaphore is never closed, so no permit means only that nobody waits any more.
    let _permit = HASHING.acquire().await;
    tokio::task::spawn_blocking(work).await?
}

/// The argon2id hash of a chosen password, as a PHC string.
///
/// # Errors
/// [`PasswordFault`] when the machine fails.
pub async fn hash(password: &str) -> Result<String, PasswordFault> {
    let password = password.to_owned();
    off_the_runtime(move || hash_now(&password)).await
}

/// A stored password.
#[derive(Debug, Clone)]
pub struct Stored {
    /// How it is kept.
    pub kind: PasswordKind,
    /// The hash.
    pub hash: String,
}

/// Whether `password` is the stored one. Costs one argon2id run in every case, `None` (nobody) included.
///
/// # Errors
/// [`PasswordFault`] when the machine fails.
pub async fn verify(password: &str, stored: Option<Stored>) -> Result<bool, PasswordFault> {
    let password = password.to_owned();
    off_the_runtime(move || match stored {
        Some(Stored { kind: PasswordKind::Argon2id, hash }) => verify_argon2id(&password, &hash),
        other => {
            let nobody = NOBODY.as_ref().map_err(|error| PasswordFault::Hash(error.to_string()))?;
            let _equalises_time = verify_argon2id(&password, nobody)?;
            Ok(other.is_some_and(|stored| verify_initial(&password, &stored.hash)))
        }
    })
    .await
}

fn verify_argon2id(password: &str, hash: &str) -> Result<bool, PasswordFault> {
    let parsed = PasswordHash::new(hash).map_err(|error| PasswordFault::Hash(error.to_string()))?;
    Ok(argon2id()?.verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Symbols of initial passwords: 32 that nobody confuses on paper.
const SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A fresh initial password: 16 symbols of 5 bits in groups of four, `K7QM-2XHD-9RTA-VE4C`.
///
/// # Errors
/// [`PasswordFault::Random`].
pub fn draw_initial() -> Result<String, PasswordFault> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    let mut text = String::with_capacity(19);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(SYMBOLS[usize::from(byte % 32)]));
    }
    Ok(text)
}

/// How an initial password is kept: `salt$hash`, both base64.
///
/// # Errors
/// [`PasswordFault::Random`].
pub fn hash_initial(password: &str) -> Result<String, PasswordFault> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt)?;
    Ok(format!("{}${}", BASE64.encode(salt), BASE64.encode(digest_initial(&salt, password))))
}

fn verify_initial(password: &str, stored: &str) -> bool {
    let Some((salt, hash)) = stored.split_once('$') else { return false };
    let (Ok(salt), Ok(hash)) = (BASE64.decode(salt), BASE64.decode(hash)) else { return false };
    digest_initial(&salt, password).ct_eq(&hash).into()
}

fn digest_initial(salt: &[u8], password: &str) -> Vec<u8> {
    // People type it in small letters and without the dashes.
    let typed: String =
        password.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    Sha256::new().chain_update(salt).chain_update(typed.as_bytes()).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_taken_and_that_are_not() {
        use PasswordRefusal::{Common, HoldsName, TooLong, TooPlain, TooShort, Unchanged};
        let long = "长".repeat(129);
        let cases: &[(&str, Result<(), PasswordRefusal>)] = &[
            ("Forecourt-Demo-1", Ok(())),
            ("正确的马电池订书钉天空下雨天一二", Ok(())),
            ("Kx9#mm2Lqp", Ok(())),
            ("correct horse battery staple", Ok(())),
            ("Short-1", Err(TooShort)),
            (&long, Err(TooLong)),
            ("alllowercase", Err(TooPlain)),
            ("lower9999xyz", Err(TooPlain)),
            ("Director-2026!", Err(HoldsName)),
            ("Password123!", Err(Common)),
            ("Admin@2026!!", Err(Common)),
            ("1234567890!", Err(Common)),
            ("aaaaaaaaaaaaaaaaaaaa", Err(Common)),
            ("Old-Password-7", Err(Unchanged)),
        ];
        for (password, expected) in cases {
            assert_eq!(check_rules(password, "director", Some("Old-Password-7")), *expected, "{password}");
        }
    }

    #[tokio::test]
    async fn a_chosen_password_is_kept_as_argon2id_with_the_agreed_cost() {
        let hash = hash("Forecourt-Demo-1").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let stored = Stored { kind: PasswordKind::Argon2id, hash };
        assert!(verify("Forecourt-Demo-1", Some(stored.clone())).await.unwrap());
        assert!(!verify("forecourt-demo-1", Some(stored)).await.unwrap());
        assert!(!verify("nobody has this password", None).await.unwrap());
    }

    #[tokio::test]
    async fn an_initial_password_can_be_typed_from_paper() {
        let password = draw_initial().unwrap();
        assert_eq!(password.len(), 19);
        let stored = Stored { kind: PasswordKind::Initial, hash: hash_initial(&password).unwrap() };
        for typed in [password.clone(), password.to_lowercase(), password.replace('-', "")] {
            assert!(verify(&typed, Some(stored.clone())).await.unwrap(), "{typed}");
        }
        assert!(!verify("AAAA-AAAA-AAAA-AAAA", Some(stored)).await.unwrap());
        assert_ne!(draw_initial().unwrap(), password);
    }
}
