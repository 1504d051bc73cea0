//! The sheet of employees: who works where, since when, until when.

use db::{Field, Vault};
use jiff::civil::Date;
use kernel::mobile::Phone;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::directory::Directory;
use super::drafts::{RowReader, Seen, split};
use super::read::{ReadRow, ReadSheet};
use super::report::{Findings, Said};
use super::sheets::Sheet;
use super::{statements, structure};
use crate::error::OrgError;
use crate::model::{self, ScopeKind};
use crate::trace::trace;

/// The employees of the sheet that went in.
pub struct Staff<'a> {
    pub read: &'a ReadSheet,
    pub rows: Vec<StaffRow<'a>>,
}

/// An employee that went in, with the account the sheet asks for.
pub struct StaffRow<'a> {
    pub row: &'a ReadRow,
    pub code: String,
    pub name: String,
    pub store_id: Option<i32>,
    /// The account wanted, if any.
    pub account: Option<WantedAccount>,
}

/// The account an employee shall have.
pub struct WantedAccount {
    pub user_name: String,
    /// Roles and scope as written; a change of this text is a change of the roles.
    pub said: String,
    pub grants: Vec<WantedGrant>,
}

/// A role an employee shall hold.
pub struct WantedGrant {
    /// Key in [`Directory::roles`].
    pub role: String,
    pub scope: ScopeKind,
    /// Stores, regions or brands.
    pub ids: Vec<i32>,
}

/// Takes in the employees.
pub async fn apply<'a>(
    tx: &mut PgConnection,
    vault: &Vault,
    read: &'a ReadSheet,
    directory: &Directory,
    today: Date,
    findings: &mut Findings,
) -> Result<Staff<'a>, OrgError> {
    let mut staff = Staff { read, rows: Vec::with_capacity(read.rows.len()) };
    if !structure::has_columns(read, findings) {
        return Ok(staff);
    }
    let mut seen = Seen::default();
    let mut drafts: Vec<Value> = Vec::with_capacity(read.rows.len());
    for row in &read.rows {
        let mut reader = RowReader::new(read, row, findings);
        let Some((draft, person)) = employee(&mut reader, vault, directory, row, today) else { continue };
        if seen.first(&mut reader, "code", &person.code) {
            drafts.push(draft);
            staff.rows.push(person);
        }
    }
    note_transfers(tx, &staff, findings).await?;
    let (created, changed) = structure::upsert(tx, statements::EMPLOYEE, &drafts).await?;
    findings.count(Sheet::Employee, created, changed);
    Ok(staff)
}

fn employee<'a>(
    reader: &mut RowReader<'_>,
    vault: &Vault,
    directory: &Directory,
    row: &'a ReadRow,
    today: Date,
) -> Option<(Value, StaffRow<'a>)> {
    let (code, name) = (reader.required("code"), reader.required("name"));
    let (hired_on, left_on) = (reader.date("hired_on"), reader.date("left_on"));
    reader.in_order(hired_on, left_on, "left_on", "离职日期早于入职日期", "left before being hired");
    let store_id = reader.refer("store", &directory.stores, "门店");
    let department_id = reader.refer("department", &directory.departments, "部门");
    let position_id = reader.refer("position", &directory.positions, "岗位");
    let mobile = mobile(reader);
    let has_left = left_on.is_some_and(|day| day <= today);
    let account = if has_left { None } else { account(reader, directory, &code, store_id) };
    let sealed = mobile.as_ref().map(|(clear, _)| hex::encode(vault.seal(Field::Mobile, clear)));
    let index = mobile.as_ref().map(|(clear, _)| hex::encode(vault.blind(Field::Mobile, clear)));
    let bytea = |text: Option<String>| text.map(|hex| format!("\\x{hex}"));
    let draft = json!({
        "n": row.row, "code": code, "name": name, "mobile_sealed": bytea(sealed), "mobile_bidx": bytea(index),
        "mobile_masked": mobile.map_or_else(String::new, |(_, masked)| masked), "store_id": store_id,
        "department_id": department_id, "position_id": position_id, "hired_on": hired_on, "left_on": left_on,
        // Whoever had left before he first appears here has nobody to be told about.
        "left_before": has_left,
    });
    reader.keep((draft, StaffRow { row, code, name, store_id, account }))
}

/// The number in clear and masked. One that cannot be read keeps nobody from working: it is left out and listed.
fn mobile(reader: &mut RowReader<'_>) -> Option<(String, String)> {
    let text = reader.text("mobile");
    if text.is_empty() {
        return None;
    }
    match Phone::parse(&text) {
        Ok(Phone::Mobile(mobile)) => Some((mobile.as_str().to_owned(), mobile.masked())),
        Ok(phone @ Phone::Landline(_)) => Some((text, phone.masked())),
        Ok(_) | Err(_) => {
            reader.warn("mobile", Said::new("号码无法识别,已留空", "no telephone number; left out"));
            None
        }
    }
}

fn account(
    reader: &mut RowReader<'_>,
    directory: &Directory,
    code: &str,
    home: Option<i32>,
) -> Option<WantedAccount> {
    let (roles, scope, values) = (reader.text("roles"), reader.text("scope"), reader.text("scope_values"));
    let written = reader.text("user_name");
    // A role without a log-in name means the personnel number; neither means no log-in.
    if roles.is_empty() && written.is_empty() {
        return None;
    }
    let Some(user_name) = model::user_name(if written.is_empty() { code } else { &written }) else {
        reader.reject(
            "user_name",
            Said::new("登录账号只能包含字母、数字和 . - _ @", "letters, digits and . - _ @ only"),
        );
        return None;
    };
    let wanted = match ScopeKind::parse(&scope) {
        Some(kind) => Some(kind),
        None if scope.is_empty() => None,
        None => {
            let said = Said::new("应为 本人、门店、门店集合、区域、品牌 或 集团", "is no data scope");
            reader.reject("scope", said);
            return None;
        }
    };
    let mut grants = Vec::new();
    for role in split(&roles) {
        let Some(known) = directory.roles.get(role) else {
            reader.reject(
                "roles",
                Said::new(format!("没有这个角色:{role}"), format!("role {role:?} is not known")),
            );
            continue;
        };
        let usual = known.definition.scope_kind;
        let scope = match wanted {
            Some(kind) => kind,
            // Nothing said, nothing named: the narrow reading of a wide role.
            None if values.is_empty() && needs_values(usual) && home.is_some() => ScopeKind::Store,
            None => usual,
        };
        let ids = scope_ids(reader, directory, scope);
        grants.push(WantedGrant { role: role.to_owned(), scope, ids });
    }
    Some(WantedAccount { user_name, said: format!("{roles}|{scope}|{values}"), grants })
}

fn needs_values(scope: ScopeKind) -> bool {
    matches!(scope, ScopeKind::StoreSet | ScopeKind::Region | ScopeKind::Brand)
}

fn scope_ids(reader: &mut RowReader<'_>, directory: &Directory, scope: ScopeKind) -> Vec<i32> {
    let ids = match scope {
        ScopeKind::Group => return Vec::new(),
        ScopeKind::Own | ScopeKind::Store | ScopeKind::StoreSet => {
            reader.refer_all("scope_values", &directory.stores, "门店")
        }
        ScopeKind::Region => reader.refer_all("scope_values", &directory.regions, "区域"),
        ScopeKind::Brand => reader.refer_all("scope_values", &directory.brands, "品牌"),
    };
    if ids.is_empty() && needs_values(scope) && reader.text("scope_values").is_empty() {
        reader.reject("scope_values", Said::new("该数据范围需要填写范围值", "this scope needs its values"));
    }
    ids
}

/// People whose store is about to change: their accounts follow, and the audit of both stores says so.
async fn note_transfers(
    tx: &mut PgConnection,
    staff: &Staff<'_>,
    findings: &mut Findings,
) -> Result<(), OrgError> {
    let codes: Vec<&str> = staff.rows.iter().map(|person| person.code.as_str()).collect();
    let stores: Vec<Option<i32>> = staff.rows.iter().map(|person| person.store_id).collect();
    let moving: Vec<(i32, String, Option<i32>, Option<i32>)> = sqlx::query_as(
        "SELECT employee.employee_id, employee.code, employee.store_id, given.store_id
         FROM unnest($1::text[], $2::int[]) AS given (code, store_id)
         JOIN employee ON employee.code = given.code
         WHERE employee.store_id IS DISTINCT FROM given.store_id",
    )
    .bind(&codes)
    .bind(&stores)
    .fetch_all(&mut *tx)
    .await?;
    findings.transferred += moving.len();
    for (employee, code, from, to) in moving {
        let detail = json!({ "code": code, "from_store": from, "to_store": to });
        let mut told = vec![from, to];
        told.dedup();
        for store in told {
            let store = store.map(kernel::ids::StoreId);
            trace(tx, "transfer_employee", "employee", &employee.to_string(), store, detail.clone()).await?;
        }
    }
    Ok(())
}
