//! What the screens read of consent and of exports.

use std::collections::BTreeMap;

use db::{Db, DbError};
use kernel::ids::{PersonNo, RecordKey};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;
use web::Sorting;

use crate::rules::{Basis, Consent, Statement, is_allowed, most_restrictive};

/// Whose redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect {
    /// Merged customers.
    Person,
    /// Merged vehicles.
    Vehicle,
}

impl Redirect {
    fn visible(self) -> &'static str {
        match self {
            Redirect::Person => {
                "SELECT EXISTS (SELECT 1 FROM person WHERE person_no = $1 AND merged_into IS NULL)"
            }
            Redirect::Vehicle => {
                "SELECT EXISTS (SELECT 1 FROM vehicle WHERE vehicle_no = $1 AND merged_into IS NULL)"
            }
        }
    }

    fn path(self) -> &'static str {
        match self {
            Redirect::Person => {
                "WITH RECURSIVE path AS (
                     SELECT person_no AS no, merged_into FROM person WHERE person_no = $1
                     UNION
                     SELECT p.person_no, p.merged_into FROM person p JOIN path ON p.person_no = path.merged_into)
                 SELECT no FROM path WHERE merged_into IS NULL"
            }
            Redirect::Vehicle => {
                "WITH RECURSIVE path AS (
                     SELECT vehicle_no AS no, merged_into FROM vehicle WHERE vehicle_no = $1
                     UNION
                     SELECT v.vehicle_no, v.merged_into FROM vehicle v JOIN path ON v.vehicle_no = path.merged_into)
                 SELECT no FROM path WHERE merged_into IS NULL"
            }
        }
    }
}

/// The number that answers for `number` today; none outside the scope of `tx`.
///
/// # Errors
/// A fault of the database.
pub async fn survivor(
    db: &Db,
    tx: &mut PgConnection,
    redirect: Redirect,
    number: u32,
) -> Result<Option<i32>, DbError> {
    let Ok(number) = i32::try_from(number) else { return Ok(None) };
    if sqlx::query_scalar(redirect.visible()).bind(number).fetch_one(&mut *tx).await? {
        return Ok(Some(number));
    }
    let mut system = db.system().await?;
    let survivor: Option<i32> =
        sqlx::query_scalar(redirect.path()).bind(number).fetch_optional(&mut *system).await?;
    system.rollback().await?;
    let Some(survivor) = survivor else { return Ok(None) };
    let seen: bool = sqlx::query_scalar(redirect.visible()).bind(survivor).fetch_one(tx).await?;
    Ok(seen.then_some(survivor))
}

/// A purpose for which personal data are used.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct PurposeView {
    /// Stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// `consent`, `contract`, `legal_duty`.
    pub basis: String,
    /// Version of the text customers agree to.
    pub text_version: i32,
}

/// All purposes in their order.
///
/// # Errors
/// A fault of the database.
pub async fn purposes(tx: &mut PgConnection) -> Result<Vec<PurposeView>, sqlx::Error> {
    let sql = "SELECT code, name AS zh, name_en AS en, basis, text_version FROM purpose ORDER BY position";
    sqlx::query_as(sql).fetch_all(tx).await
}

/// What one record of the customer says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatementView {
    /// The record.
    pub record_key: RecordKey,
    /// `given` or `withdrawn`.
    pub state: String,
    /// How it was said.
    pub channel: String,
    /// Version of the text.
    pub text_version: i32,
    /// Store of the record.
    pub store_name: Option<String>,
    /// When, RFC 3339.
    pub recorded_at: String,
}

/// The customer's consent for one purpose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PurposeConsent {
    /// The purpose.
    pub purpose: PurposeView,
    /// Most restrictive of all his records, also of those outside the reader's scope.
    pub state: Consent,
    /// Whether the purpose may be pursued today.
    pub allowed: bool,
    /// Statements of records within the reader's scope, newest first.
    pub statements: Vec<StatementView>,
}

/// A customer's consents.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonConsents {
    /// Customer number.
    pub person_no: PersonNo,
    /// Whether any of his records says not to contact him.
    pub do_not_contact: bool,
    /// By purpose.
    pub purposes: Vec<PurposeConsent>,
}

#[derive(sqlx::FromRow)]
struct StatementRow {
    record_key: i64,
    store_id: Option<i32>,
    store_name: Option<String>,
    purpose: String,
    state: String,
    channel: String,
    text_version: i32,
    recorded_at: jiff_sqlx::Timestamp,
}

/// The consents of a customer whom the reader may see. The verdict counts the statements of *all* his
/// records, because a no at another store is a no; shown are those of the reader's own stores.
///
/// # Errors
/// A fault of the database.
pub async fn consents_of_person(
    db: &Db,
    tx: &mut PgConnection,
    access: &db::Access,
    number: i32,
) -> Result<PersonConsents, DbError> {
    let purposes = purposes(&mut *tx).await?;
    let mut system = db.system().await?;
    let sql = "
        SELECT c.record_key, c.store_id, s.short_name AS store_name, c.purpose, c.state, c.channel, c.text_version,
               c.recorded_at
        FROM person_record pr
        JOIN consent_record c USING (record_key)
        LEFT JOIN store s ON s.store_id = c.store_id
        WHERE pr.person_no = $1
        ORDER BY c.recorded_at DESC, c.consent_id DESC";
    let rows: Vec<StatementRow> = sqlx::query_as(sql).bind(number).fetch_all(&mut *system).await?;
    let sql = "SELECT do_not_contact FROM person WHERE person_no = $1";
    let do_not_contact: bool = sqlx::query_scalar(sql).bind(number).fetch_one(&mut *system).await?;
    system.rollback().await?;

    let mut by_purpose: BTreeMap<String, Vec<StatementRow>> = BTreeMap::new();
    for row in rows {
        by_purpose.entry(row.purpose.clone()).or_default().push(row);
    }
    let consent = |purpose: PurposeView| {
        let rows = by_purpose.remove(&purpose.code).unwrap_or_default();
        let statements: Vec<Statement> = rows.iter().map(statement).collect();
        let state = most_restrictive(&statements);
        let basis = Basis::parse(&purpose.basis).unwrap_or(Basis::Consent);
        let allowed = is_allowed(basis, state, do_not_contact);
        let own = rows.into_iter().filter(|row| in_scope(access, row.store_id)).map(shown);
        PurposeConsent { purpose, state, allowed, statements: own.collect() }
    };
    let purposes = purposes.into_iter().map(consent).collect();
    Ok(PersonConsents { person_no: PersonNo(number.unsigned_abs()), do_not_contact, purposes })
}

fn in_scope(access: &db::Access, store: Option<i32>) -> bool {
    store.map_or(access.group, |store| access.stores.iter().any(|own| own.get() == store))
}

fn statement(row: &StatementRow) -> Statement {
    Statement {
        record_key: RecordKey(row.record_key),
        given: row.state == "given",
        at: row.recorded_at.to_jiff(),
    }
}

fn shown(row: StatementRow) -> StatementView {
    StatementView {
        record_key: RecordKey(row.record_key),
        state: row.state,
        channel: row.channel,
        text_version: row.text_version,
        store_name: row.store_name,
        recorded_at: row.recorded_at.to_jiff().to_string(),
    }
}

/// A list that left the house.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
pub struct ExportView {
    /// Number of the audit row.
    pub audit_id: i64,
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub user_id: i32,
    /// His name, if he still has an account.
    pub user_name: Option<String>,
    /// Which list.
    pub list: String,
    /// Rows taken.
    pub rows: i64,
    /// Whether it is large enough to be an alert: more than 1,000 rows.
    pub large: bool,
    /// Whether phones and names were masked.
    pub masked: bool,
}

/// What the list of exports can be sorted by.
pub const EXPORT_COLUMNS: &[(&str, &str)] =
    &[("at", "a.at"), ("rows", "(a.detail->>'rows')::bigint"), ("user_id", "a.user_id")];

/// Lists that left the house, out of the audit, within the reader's scope.
///
/// # Errors
/// A fault of the database.
pub async fn exports(
    tx: &mut PgConnection,
    large_only: bool,
    sorting: &Sorting,
) -> Result<(Vec<ExportView>, i64), sqlx::Error> {
    let mut sql = sqlx::QueryBuilder::<sqlx::Postgres>::new(
        r#"SELECT a.audit_id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, a.user_id,
                  u.display_name AS user_name, a.subject_id AS list,
                  COALESCE((a.detail->>'rows')::bigint, 0) AS rows,
                  COALESCE((a.detail->>'large')::boolean, false) AS large,
                  COALESCE((a.detail->>'masked')::boolean, true) AS masked
           FROM audit_entry a
           LEFT JOIN app_user u ON u.user_id = a.user_id
           WHERE a.action = 'customer.export' AND (NOT "#,
    );
    sql.push_bind(large_only).push(" OR (a.detail->>'large')::boolean) ORDER BY ").push(sorting.order_by());
    sql.push(", a.audit_id DESC LIMIT ").push_bind(sorting.limit).push(" OFFSET ").push_bind(sorting.offset);
    let rows: Vec<ExportView> = sql.build_query_as().fetch_all(&mut *tx).await?;
    let sql = "
        SELECT count(*)
        FROM audit_entry a
        WHERE a.action = 'customer.export' AND (NOT $1 OR (a.detail->>'large')::boolean)";
    let total: i64 = sqlx::query_scalar(sql).bind(large_only).fetch_one(tx).await?;
    Ok((rows, total))
}
