//! The accounts the sheet of employees asks for: made with one-time passwords, moved with their people, and given
//! the roles a cell says, as far as the importer has them himself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{EmployeeId, UserId};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::Importer;
use super::directory::Directory;
use super::report::{Findings, NewAccount, Said};
use super::staff::{Staff, StaffRow, WantedAccount};
use crate::error::OrgError;
use crate::model::HeldRole;
use crate::password;
use crate::rules;
use crate::sign_in::INITIAL_LASTS;

#[derive(sqlx::FromRow)]
struct Known {
    code: String,
    employee_id: i32,
    user_id: Option<i32>,
    user_name: Option<String>,
    imported_grants: Option<String>,
}

/// What is to be done about one account.
enum Deed<'a> {
    Create(&'a StaffRow<'a>, &'a WantedAccount, i32),
    Regrant(&'a WantedAccount, i32),
}

/// Makes and changes accounts; answers with those made.
pub async fn apply(
    tx: &mut PgConnection,
    staff: &Staff<'_>,
    directory: &Directory,
    importer: &Importer,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<Vec<NewAccount>, OrgError> {
    let codes: Vec<&str> = staff.rows.iter().map(|person| person.code.as_str()).collect();
    let known: Vec<Known> = sqlx::query_as(
        "SELECT employee.code, employee.employee_id, app_user.user_id, app_user.user_name, app_user.imported_grants
         FROM employee
         LEFT JOIN app_user ON app_user.employee_id = employee.employee_id
         WHERE employee.code = ANY ($1)",
    )
    .bind(&codes)
    .fetch_all(&mut *tx)
    .await?;
    let known: BTreeMap<&str, &Known> = known.iter().map(|row| (row.code.as_str(), row)).collect();
    follow_people(tx, &codes).await?;
    let deeds = decide(tx, staff, directory, importer, &known, findings).await?;
    let made = create(tx, directory, &deeds, now).await?;
    grant(tx, directory, &deeds, &made.numbers).await?;
    Ok(made.accounts)
}

/// Name and store of an account are those of its employee.
async fn follow_people(tx: &mut PgConnection, codes: &[&str]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE app_user SET display_name = employee.name, store_id = employee.store_id
         FROM employee
         WHERE app_user.employee_id = employee.employee_id AND employee.code = ANY ($1)
           AND (app_user.display_name, app_user.store_id) IS DISTINCT FROM (employee.name, employee.store_id)",
    )
    .bind(codes)
    .execute(tx)
    .await?;
    Ok(())
}

async fn decide<'a>(
    tx: &mut PgConnection,
    staff: &'a Staff<'a>,
    directory: &Directory,
    importer: &Importer,
    known: &BTreeMap<&str, &Known>,
    findings: &mut Findings,
) -> Result<Vec<Deed<'a>>, OrgError> {
    let wanted: Vec<&str> = staff
        .rows
        .iter()
        .filter_map(|person| person.account.as_ref().map(|account| account.user_name.as_str()))
        .collect();
    let taken: Vec<String> = sqlx::query_scalar("SELECT user_name FROM app_user WHERE user_name = ANY ($1)")
        .bind(&wanted)
        .fetch_all(tx)
        .await?;
    let mut taken: BTreeSet<String> = taken.into_iter().collect();
    let mut deeds = Vec::new();
    for person in &staff.rows {
        let Some(account) = &person.account else { continue };
        let Some(known) = known.get(person.code.as_str()) else { continue };
        let mut complain = |field: &str, value: &str, said: Said| {
            findings.reject(staff.read, person.row.row, staff.read.header_of(field), value, said);
        };
        if let (Some(user_id), Some(user_name)) = (known.user_id, &known.user_name) {
            if *user_name != account.user_name {
                let zh = format!("该员工的账号是 {user_name},登录账号不能通过导入修改");
                complain(
                    "user_name",
                    &account.user_name,
                    Said::new(zh, "log-in names do not change by import"),
                );
                continue;
            }
            if known.imported_grants.as_deref() == Some(&account.said) {
                continue;
            }
            if let Err(said) = may_have(importer, directory, person, account, known.employee_id) {
                complain("roles", &account.said, said);
                continue;
            }
            deeds.push(Deed::Regrant(account, user_id));
            continue;
        }
        if let Err(said) = may_have(importer, directory, person, account, known.employee_id) {
            complain("roles", &account.said, said);
        } else if taken.insert(account.user_name.clone()) {
            deeds.push(Deed::Create(person, account, known.employee_id));
        } else {
            let said = Said::new("登录账号已被他人使用", "the log-in name is somebody else's");
            complain("user_name", &account.user_name, said);
        }
    }
    Ok(deeds)
}

/// Nobody gives more than he has, also not by a file.
fn may_have(
    importer: &Importer,
    directory: &Directory,
    person: &StaffRow<'_>,
    account: &WantedAccount,
    employee: i32,
) -> Result<(), Said> {
    let Importer::Person(giver) = importer else { return Ok(()) };
    let held: Vec<HeldRole> = account
        .grants
        .iter()
        .filter_map(|grant| {
            let role = directory.roles.get(&grant.role)?;
            Some(directory.held(role, grant.scope, &grant.ids, person.store_id))
        })
        .collect();
    let rights = rules::access_of(UserId(0), Some(EmployeeId(employee)), &held);
    rules::covers(giver, &rights).map_err(|refusal| {
        let zh = "角色或数据范围超出导入人自己的权限,员工已导入,账号请由更高权限的管理员开通";
        Said::new(
            zh,
            format!(
                "exceeds the importer's own rights ({refusal}); the employee went in, the account did not"
            ),
        )
    })
}

struct Made {
    accounts: Vec<NewAccount>,
    numbers: BTreeMap<String, i32>,
}

async fn create(
    tx: &mut PgConnection,
    directory: &Directory,
    deeds: &[Deed<'_>],
    now: Timestamp,
) -> Result<Made, OrgError> {
    let mut accounts = Vec::new();
    let mut rows: Vec<Value> = Vec::new();
    for deed in deeds {
        let Deed::Create(person, account, employee_id) = deed else { continue };
        let password = password::draw_initial()?;
        rows.push(json!({
            "n": person.row.row, "user_name": account.user_name, "display_name": person.name,
            "employee_id": employee_id, "store_id": person.store_id,
            "password_hash": password::hash_initial(&password)?,
        }));
        accounts.push(NewAccount {
            employee_code: person.code.clone(),
            name: person.name.clone(),
            store_name: directory.store_name(person.store_id).to_owned(),
            user_name: account.user_name.clone(),
            password,
        });
    }
    let numbers: Vec<(String, i32)> = sqlx::query_as(
        "INSERT INTO app_user (user_name, display_name, employee_id, store_id, created_at)
         SELECT user_name, display_name, employee_id, store_id, $2
         FROM jsonb_to_recordset($1) AS g (n int, user_name text, display_name text, employee_id int, store_id int)
         ORDER BY n
         RETURNING user_name, user_id",
    )
    .bind(Json(&rows))
    .bind(now.to_sqlx())
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO user_secret (user_id, password_kind, password_hash, password_set_at, password_expires_at)
         SELECT app_user.user_id, 'initial', g.password_hash, $2, $3
         FROM jsonb_to_recordset($1) AS g (user_name text, password_hash text)
         JOIN app_user ON app_user.user_name = g.user_name",
    )
    .bind(Json(&rows))
    .bind(now.to_sqlx())
    .bind((now + INITIAL_LASTS).to_sqlx())
    .execute(tx)
    .await?;
    Ok(Made { accounts, numbers: numbers.into_iter().collect() })
}

/// Gives the roles; what an account held before is replaced.
async fn grant(
    tx: &mut PgConnection,
    directory: &Directory,
    deeds: &[Deed<'_>],
    numbers: &BTreeMap<String, i32>,
) -> Result<(), OrgError> {
    let mut said: Vec<Value> = Vec::new();
    let mut roles: Vec<Value> = Vec::new();
    let mut scopes: Vec<Value> = Vec::new();
    for deed in deeds {
        let (account, user_id) = match deed {
            Deed::Create(_, account, _) => (*account, numbers.get(&account.user_name).copied()),
            Deed::Regrant(account, user_id) => (*account, Some(*user_id)),
        };
        let Some(user_id) = user_id else { continue };
        said.push(json!({ "user_id": user_id, "said": account.said }));
        for grant in &account.grants {
            let Some(role) = directory.roles.get(&grant.role) else { continue };
            let unusual = Some(grant.scope.code()).filter(|_| grant.scope != role.definition.scope_kind);
            roles.push(json!({ "user_id": user_id, "role_id": role.role_id, "scope_kind": unusual }));
            let named = |id: &i32| json!({ "user_id": user_id, "role_id": role.role_id, "kind": grant.scope.code(), "id": id });
            scopes.extend(grant.ids.iter().map(named));
        }
    }
    sqlx::query(
        "WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g (user_id int, said text)),
         gone AS (DELETE FROM user_role USING given WHERE user_role.user_id = given.user_id)
         UPDATE app_user SET imported_grants = given.said FROM given WHERE app_user.user_id = given.user_id",
    )
    .bind(Json(&said))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO user_role (user_id, role_id, scope_kind)
         SELECT user_id, role_id, scope_kind
         FROM jsonb_to_recordset($1) AS g (user_id int, role_id int, scope_kind text)
         ON CONFLICT DO NOTHING",
    )
    .bind(Json(&roles))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO user_scope (user_id, role_id, store_id, region_id, brand_id)
         SELECT user_id, role_id,
                CASE WHEN kind IN ('own', 'store', 'store_set') THEN id END,
                CASE kind WHEN 'region' THEN id END,
                CASE kind WHEN 'brand' THEN id END
         FROM jsonb_to_recordset($1) AS g (user_id int, role_id int, kind text, id int)
         ON CONFLICT DO NOTHING",
    )
    .bind(Json(&scopes))
    .execute(tx)
    .await?;
    Ok(())
}
