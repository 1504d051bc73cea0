//! People who leave: the account closes, the event goes out, once.

use db::Db;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use kernel::clock::shanghai_time;
use kernel::ids::{EmployeeId, StoreId, UserId};
use serde_json::json;
use sqlx::PgConnection;

use super::report::Findings;
use crate::error::OrgError;
use crate::events::{EMPLOYEE_LEFT, EmployeeLeft};
use crate::rules;
use crate::store;
use crate::trace::trace;
use crate::users::set_disabled;

#[derive(sqlx::FromRow)]
struct Leaver {
    employee_id: i32,
    code: String,
    store_id: Option<i32>,
    left_on: jiff_sqlx::Date,
    user_id: Option<i32>,
    is_open: Option<bool>,
}

/// Closes the accounts of those whose last day has come since the last time; for a nightly job. Answers with how
/// many left.
///
/// # Errors
/// The database is away; [`OrgError::LastAdministrator`].
pub async fn close_leavers(db: &Db, now: Timestamp) -> Result<usize, OrgError> {
    let mut tx = db.system().await?;
    let mut findings = Findings::default();
    handle(&mut tx, shanghai_time(now).date(), &mut findings).await?;
    tx.commit().await?;
    Ok(findings.left)
}

/// Acts upon everybody whose leaving has not been acted upon.
pub async fn handle(tx: &mut PgConnection, today: Date, findings: &mut Findings) -> Result<(), OrgError> {
    let leavers: Vec<Leaver> = sqlx::query_as(
        "UPDATE employee SET leave_handled = true
         FROM employee AS same
         LEFT JOIN app_user ON app_user.employee_id = same.employee_id
         WHERE employee.employee_id = same.employee_id
           AND employee.left_on <= $1 AND NOT employee.leave_handled
         RETURNING employee.employee_id, employee.code, employee.store_id, employee.left_on, app_user.user_id,
                   app_user.state = 'active' AS is_open",
    )
    .bind(today.to_sqlx())
    .fetch_all(&mut *tx)
    .await?;
    let mut administrator_left = false;
    for leaver in &leavers {
        if let (Some(user), Some(true)) = (leaver.user_id.map(UserId), leaver.is_open) {
            administrator_left |= rules::is_administrator(&store::rights_of(tx, user).await?);
            set_disabled(tx, user, true).await?;
        }
        tell(tx, leaver).await?;
    }
    if administrator_left {
        store::require_administrator(tx).await?;
    }
    findings.left += leavers.len();
    Ok(())
}

async fn tell(tx: &mut PgConnection, leaver: &Leaver) -> Result<(), OrgError> {
    let event = EmployeeLeft {
        employee_id: EmployeeId(leaver.employee_id),
        code: leaver.code.clone(),
        user_id: leaver.user_id.map(UserId),
        store_id: leaver.store_id.map(StoreId),
        left_on: leaver.left_on.to_jiff(),
    };
    db::jobs::publish(tx, EMPLOYEE_LEFT, 1, &event.employee_id.to_string(), &event).await?;
    let detail = json!({ "code": leaver.code, "left_on": event.left_on, "account_closed": leaver.is_open });
    Ok(trace(tx, "employee_left", "employee", &event.employee_id.to_string(), event.store_id, detail).await?)
}
