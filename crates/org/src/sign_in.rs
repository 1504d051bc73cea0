//! Logging in: throttle, password, one-time code, session. One verb, whoever asks.

use db::{Db, Field, Vault};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use kernel::ids::UserId;
use sqlx::PgConnection;
use totp_rs::{Builder, Secret};

use crate::error::OrgError;
use crate::model;
use crate::password;
use crate::session::{ABSOLUTE, Token};
use crate::store::{self, DoorRow};
use crate::throttle::{self, Throttle};

/// Somebody at the door.
#[derive(Debug)]
pub struct SignIn {
    /// What he says his name is.
    pub user_name: String,
    /// His password.
    pub password: String,
    /// His one-time code, when he has one.
    pub totp: Option<String>,
    /// Where he comes from.
    pub address: String,
    /// What he comes with.
    pub user_agent: String,
}

/// A session begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Whose.
    pub user_id: UserId,
    /// Its secret.
    pub token: Token,
}

/// Checks name, password and one-time code and opens a session.
///
/// Every try is counted as failed before anything is compared and taken back when it was right, so that parallel
/// guesses are bounded like guesses in a row. Unknown names are counted, locked and timed like known ones.
///
/// # Errors
/// [`OrgError::Locked`], [`OrgError::WrongPassword`], [`OrgError::TotpNeeded`], [`OrgError::TotpWrong`],
/// [`OrgError::InitialExpired`], or a fault.
pub async fn sign_in(db: &Db, vault: &Vault, now: Timestamp, caller: &SignIn) -> Result<SignedIn, OrgError> {
    // A name that cannot be one is counted under what was typed.
    let name =
        model::user_name(&caller.user_name).unwrap_or_else(|| caller.user_name.chars().take(64).collect());
    count_try(db, now, &name, &caller.address).await?;
    let mut tx = db.system().await?;
    let door = store::find_door(&mut tx, &name).await?;
    drop(tx);
    let stored = door.as_ref().and_then(DoorRow::stored);
    let password_right = password::verify(&caller.password, stored).await?;

    let mut tx = db.system().await?;
    let outcome = match door {
        Some(door) if password_right && door.state == "active" => {
            pass_door(&mut tx, vault, now, UserId(door.user_id), caller).await
        }
        _ => Err(OrgError::WrongPassword),
    };
    let word = match &outcome {
        Ok(_) => "signed_in",
        Err(OrgError::WrongPassword) => "wrong_password",
        Err(OrgError::TotpNeeded) => "totp_needed",
        Err(OrgError::TotpWrong) => "totp_wrong",
        Err(OrgError::InitialExpired) => "initial_expired",
        // A fault is no attempt; the try stays counted until the next right one.
        Err(_) => return outcome,
    };
    store::record_attempt(&mut tx, now, &name, &caller.address, word).await?;
    if matches!(outcome, Ok(_) | Err(OrgError::TotpNeeded)) {
        take_back(&mut tx, now, &name, &caller.address, outcome.is_ok()).await?;
    }
    tx.commit().await?;
    outcome
}

async fn count_try(db: &Db, now: Timestamp, name: &str, address: &str) -> Result<(), OrgError> {
    let mut tx = db.system().await?;
    let from = store::lock_throttle(&mut tx, "address", address, now).await?;
    if let Some(wait) = from.wait(now) {
        // Not written down: a flood must not fill the table of attempts.
        return Err(locked(wait));
    }
    store::save_throttle(&mut tx, "address", address, &from.count_failure(&throttle::ADDRESS, now)).await?;
    let account = store::lock_throttle(&mut tx, "account", name, now).await?;
    let wait = account.wait(now);
    if wait.is_some() {
        store::record_attempt(&mut tx, now, name, address, "locked").await?;
    } else {
        store::save_throttle(&mut tx, "account", name, &account.count_failure(&throttle::ACCOUNT, now))
            .await?;
    }
    tx.commit().await?;
    wait.map_or(Ok(()), |wait| Err(locked(wait)))
}

fn locked(wait: SignedDuration) -> OrgError {
    OrgError::Locked { wait_s: wait.as_secs().unsigned_abs().max(1) }
}

/// The try was none of a guesser: the account starts afresh (when all was right), the address loses one failure.
/// Address before account, as in [`count_try`]: two log-ins must not wait for each other crosswise.
async fn take_back(
    tx: &mut PgConnection,
    now: Timestamp,
    name: &str,
    address: &str,
    all_right: bool,
) -> Result<(), OrgError> {
    let from = store::lock_throttle(tx, "address", address, now).await?;
    store::save_throttle(tx, "address", address, &without_one(from, &throttle::ADDRESS)).await?;
    let account = store::lock_throttle(tx, "account", name, now).await?;
    let account = if all_right { Throttle::fresh(now) } else { without_one(account, &throttle::ACCOUNT) };
    store::save_throttle(tx, "account", name, &account).await?;
    Ok(())
}

fn without_one(counters: Throttle, limits: &throttle::Limits) -> Throttle {
    match counters.locked_until {
        // This very try closed the door; it was right after all.
        Some(_) => Throttle {
            failures: limits.failures - 1,
            lock_outs: (counters.lock_outs - 1).max(0),
            locked_until: None,
            ..counters
        },
        None => Throttle { failures: (counters.failures - 1).max(0), ..counters },
    }
}

async fn pass_door(
    tx: &mut PgConnection,
    vault: &Vault,
    now: Timestamp,
    user: UserId,
    caller: &SignIn,
) -> Result<SignedIn, OrgError> {
    // Read again under a lock: two requests with the same one-time code must not both pass.
    let door = store::lock_door(tx, user).await?;
    if door.password_expires_at.is_some_and(|at| at.to_jiff() <= now) {
        return Err(OrgError::InitialExpired);
    }
    if door.totp_enabled {
        let code = caller
            .totp
            .as_deref()
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .ok_or(OrgError::TotpNeeded)?;
        let sealed = door.totp_sealed.as_deref().ok_or(OrgError::TotpWrong)?;
        let step = check_code(vault, sealed, code, now, door.totp_last_step)?;
        sqlx::query("UPDATE user_secret SET totp_last_step = $2 WHERE user_id = $1")
            .bind(user.get())
            .bind(step)
            .execute(&mut *tx)
            .await?;
    }
    let token = open_session(tx, user, now, caller).await?;
    Ok(SignedIn { user_id: user, token })
}

async fn open_session(
    tx: &mut PgConnection,
    user: UserId,
    now: Timestamp,
    caller: &SignIn,
) -> Result<Token, OrgError> {
    let token = Token::draw()?;
    sqlx::query(
        "INSERT INTO session (token_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
         VALUES ($1, $2, $3, $3, $4, $5, left($6, 200))",
    )
    .bind(token.stored_hash())
    .bind(user.get())
    .bind(now.to_sqlx())
    .bind((now + ABSOLUTE).to_sqlx())
    .bind(&caller.address)
    .bind(&caller.user_agent)
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE app_user SET last_login_at = $2 WHERE user_id = $1")
        .bind(user.get())
        .bind(now.to_sqlx())
        .execute(tx)
        .await?;
    Ok(token)
}

/// Seconds a one-time code is shown (RFC 6238).
const STEP_S: u64 = 30;

/// A fresh TOTP secret in base32, 160 bits as RFC 4226 recommends.
///
/// # Errors
/// The system has no random bytes.
pub fn draw_totp_secret() -> Result<String, OrgError> {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::from(bytes.to_vec()).to_base32())
}

/// Checks a one-time code against a sealed secret; the answer is the time step it belongs to.
///
/// # Errors
/// [`OrgError::TotpWrong`] when it does not fit, or its step is not later than `last_step`: a code works once.
pub fn check_code(
    vault: &Vault,
    sealed: &[u8],
    code: &str,
    now: Timestamp,
    last_step: i64,
) -> Result<i64, OrgError> {
    let base32 = vault.open(Field::Secret, sealed)?;
    let secret = Secret::try_from_base32(&base32).map_err(|error| OrgError::Fault(error.to_string()))?;
    let totp = Builder::new()
        .with_secret(secret)
        .with_step_duration(STEP_S)
        .with_skew(1)
        .build()
        .map_err(|error| OrgError::Fault(error.to_string()))?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let step = totp.check(code, seconds).ok_or(OrgError::TotpWrong)?;
    let step = i64::try_from(step).map_err(|error| OrgError::Fault(error.to_string()))?;
    if step > last_step { Ok(step) } else { Err(OrgError::TotpWrong) }
}

/// How long an initial password waits for its first use.
pub const INITIAL_LASTS: SignedDuration = SignedDuration::from_hours(24 * 30);
