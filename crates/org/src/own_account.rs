//! What everybody may change about his own account: password, second factor, language.
//!
//! These run as the house itself (secrets are closed to people), each bound to the one account of the session.

use std::fmt::Write as _;

use db::{Db, Field, Vault};
use kernel::ids::UserId;
use serde_json::json;
use sqlx::PgConnection;
use web::Ctx;

use crate::error::OrgError;
use crate::model::PasswordKind;
use crate::password::{self, Stored};
use crate::session::Token;
use crate::sign_in;
use crate::store;
use crate::throttle;
use crate::trace::trace_user;

/// Replaces the password, ends the account's other sessions.
///
/// # Errors
/// [`OrgError::WrongPassword`] as a problem of `old_password`; [`OrgError::Password`] when the new one breaks a
/// rule; [`OrgError::Locked`] after too many wrong old ones.
pub async fn change_password(
    db: &Db,
    ctx: &Ctx,
    token: &Token,
    old: &str,
    new: &str,
) -> Result<(), OrgError> {
    let (name, door) = {
        let mut tx = db.system().await?;
        let name: String = sqlx::query_scalar("SELECT user_name FROM app_user WHERE user_id = $1")
            .bind(ctx.user_id.get())
            .fetch_one(&mut *tx)
            .await?;
        // A borrowed open session must not be a place to guess the password in peace.
        let counters = store::lock_throttle(&mut tx, "account", &name, ctx.now).await?;
        if let Some(wait) = counters.wait(ctx.now) {
            return Err(OrgError::Locked { wait_s: wait.as_secs().unsigned_abs().max(1) });
        }
        let door = store::find_door(&mut tx, &name).await?.ok_or(OrgError::NotFound)?;
        tx.rollback().await?;
        (name, door)
    };
    if !password::verify(old, door.stored()).await? {
        let mut tx = db.system().await?;
        let counters = store::lock_throttle(&mut tx, "account", &name, ctx.now).await?;
        let counters = counters.count_failure(&throttle::ACCOUNT, ctx.now);
        store::save_throttle(&mut tx, "account", &name, &counters).await?;
        tx.commit().await?;
        let (zh, en) = ("原密码不正确", "This is not the password in use");
        return Err(OrgError::Invalid { field: "old_password", zh, en });
    }
    password::check_rules(new, &name, Some(old))?;
    let stored = Stored { kind: PasswordKind::Argon2id, hash: password::hash(new).await? };
    let mut tx = db.system_for(ctx.user_id).await?;
    store::set_password(&mut tx, ctx.user_id, &stored, ctx.now, None).await?;
    let ended = store::end_sessions(&mut tx, ctx.user_id, Some(token)).await?;
    trace_user(&mut tx, "change_own_password", ctx.user_id, json!({ "sessions_ended": ended })).await?;
    Ok(tx.commit().await?)
}

/// Draws a secret for one-time codes and keeps it aside until it is confirmed. Answers with the secret and the
/// address for the QR code.
///
/// # Errors
/// A fault.
pub async fn begin_totp(db: &Db, vault: &Vault, ctx: &Ctx) -> Result<(String, String), OrgError> {
    let secret = sign_in::draw_totp_secret()?;
    let mut tx = db.system_for(ctx.user_id).await?;
    sqlx::query("UPDATE user_secret SET totp_pending_sealed = $2 WHERE user_id = $1")
        .bind(ctx.user_id.get())
        .bind(vault.seal(Field::Secret, &secret))
        .execute(&mut *tx)
        .await?;
    let name: String = sqlx::query_scalar("SELECT user_name FROM app_user WHERE user_id = $1")
        .bind(ctx.user_id.get())
        .fetch_one(&mut *tx)
        .await?;
    trace_user(&mut tx, "begin_totp", ctx.user_id, json!({})).await?;
    tx.commit().await?;
    let url = format!("otpauth://totp/Forecourt:{}?secret={secret}&issuer=Forecourt", percent_encoded(&name));
    Ok((secret, url))
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Makes the secret kept aside the account's own, once a code of it was shown.
///
/// # Errors
/// [`OrgError::Invalid`] when the code does not fit or nothing was kept aside.
pub async fn confirm_totp(db: &Db, vault: &Vault, ctx: &Ctx, code: &str) -> Result<(), OrgError> {
    let mut tx = db.system_for(ctx.user_id).await?;
    let door = store::lock_door(&mut tx, ctx.user_id).await?;
    let (zh, en) = ("动态验证码不正确", "The code is wrong");
    let wrong = || OrgError::Invalid { field: "code", zh, en };
    let pending = door.totp_pending_sealed.ok_or_else(wrong)?;
    let step =
        sign_in::check_code(vault, &pending, code.trim(), ctx.now, 0).map_err(|error| match error {
            OrgError::TotpWrong => wrong(),
            other => other,
        })?;
    sqlx::query(
        "UPDATE user_secret SET totp_sealed = totp_pending_sealed, totp_pending_sealed = NULL, totp_last_step = $2
         WHERE user_id = $1",
    )
    .bind(ctx.user_id.get())
    .bind(step)
    .execute(&mut *tx)
    .await?;
    set_totp_enabled(&mut tx, ctx.user_id, true).await?;
    trace_user(&mut tx, "confirm_totp", ctx.user_id, json!({})).await?;
    Ok(tx.commit().await?)
}

/// Stops asking for one-time codes.
///
/// # Errors
/// A fault.
pub async fn drop_totp(db: &Db, ctx: &Ctx) -> Result<(), OrgError> {
    let mut tx = db.system_for(ctx.user_id).await?;
    forget_totp(&mut tx, ctx.user_id).await?;
    trace_user(&mut tx, "drop_totp", ctx.user_id, json!({})).await?;
    Ok(tx.commit().await?)
}

/// Takes the second factor from an account.
pub async fn forget_totp(tx: &mut PgConnection, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE user_secret SET totp_sealed = NULL, totp_pending_sealed = NULL WHERE user_id = $1")
        .bind(user.get())
        .execute(&mut *tx)
        .await?;
    set_totp_enabled(tx, user, false).await
}

async fn set_totp_enabled(tx: &mut PgConnection, user: UserId, enabled: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE app_user SET totp_enabled = $2 WHERE user_id = $1")
        .bind(user.get())
        .bind(enabled)
        .execute(tx)
        .await?;
    Ok(())
}

/// Sets the language of the console.
///
/// # Errors
/// A fault.
pub async fn set_lang(db: &Db, ctx: &Ctx, lang: &str) -> Result<(), OrgError> {
    let mut tx = db.system_for(ctx.user_id).await?;
    sqlx::query("UPDATE app_user SET lang = $2 WHERE user_id = $1")
        .bind(ctx.user_id.get())
        .bind(lang)
        .execute(&mut *tx)
        .await?;
    trace_user(&mut tx, "set_own_lang", ctx.user_id, json!({ "lang": lang })).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_qr_address_is_escaped() {
        assert_eq!(percent_encoded("manager.a"), "manager.a");
        assert_eq!(percent_encoded("张@x"), "%E5%BC%A0%40x");
    }
}
