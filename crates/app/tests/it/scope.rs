//! Nobody sees or touches what is not his: proved for every operation of the OpenAPI document, so that a
//! new one cannot be forgotten.

use std::collections::BTreeMap;

use app::docs::operations;
use axum::http::StatusCode;
use db::Field;
use serde_json::{Value, json};
use web::ctx::PERMISSION_EXTENSION;

use crate::client::Client;
use crate::house::House;

/// Operations that answer without a log-in. This list may only shrink.
const OPEN: [(&str, &str); 1] = [("post", "/api/sessions")];

/// Operations that end the session or change the caller's own account: they are about nobody's data.
const OWN_ACCOUNT: [&str; 2] = ["/api/sessions/current", "/api/me"];

#[derive(Debug, Clone)]
struct Operation {
    method: &'static str,
    path: String,
    permission: Option<String>,
}

fn all() -> Vec<Operation> {
    let api = app::openapi();
    let found: Vec<Operation> = operations(&api)
        .into_iter()
        .map(|(path, method, operation)| Operation {
            method,
            path: path.to_owned(),
            permission: operation
                .extensions
                .get(PERMISSION_EXTENSION)
                .and_then(Value::as_str)
                .map(Into::into),
        })
        .collect();
    assert!(found.len() > 40, "only {} operations are documented", found.len());
    found
}

fn is_open(operation: &Operation) -> bool {
    OPEN.contains(&(operation.method, operation.path.as_str()))
}

fn is_own_account(operation: &Operation) -> bool {
    OWN_ACCOUNT.iter().any(|prefix| operation.path.starts_with(prefix))
}

/// What of the other store a path may name.
struct Foreign {
    person: String,
    vehicle: String,
    ids: BTreeMap<&'static str, String>,
}

impl Foreign {
    /// The path with every parameter replaced by something of the other store.
    fn fill(&self, path: &str) -> String {
        let about_vehicle = path.starts_with("/api/vehicles");
        path.split('/')
            .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                None => part.to_owned(),
                Some("no" | "person_no" | "vehicle_no") if about_vehicle => self.vehicle.clone(),
                Some("no" | "person_no") => self.person.clone(),
                Some("vehicle_no") => self.vehicle.clone(),
                Some(name) => self.ids.get(name).cloned().unwrap_or_else(|| "1".into()),
            })
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// A body that would do something if it were let through.
fn body(foreign: &Foreign) -> Value {
    json!({
        "reason": "核对客户信息", "field": "mobile", "value": "13900001111", "decision": "join", "record_keys": ["1"],
        "store_id": foreign.ids["store_id"].parse::<i64>().unwrap(), "person_no": foreign.person, "name": "x",
        "columns": [], "state": "active", "action": "accept", "rows": [], "roles": [], "permissions": [],
        "feature": "wecom", "enabled": true,
    })
}

async fn foreign(house: &House, own: i64, other: i64) -> (Foreign, Vec<String>) {
    let pool = house.state.db.worker_pool();
    let sql = "SELECT person_no::bigint FROM person_store GROUP BY person_no
               HAVING bool_and(store_id = $1) ORDER BY person_no";
    let persons: Vec<i64> = sqlx::query_scalar(sql).bind(other as i32).fetch_all(pool).await.unwrap();
    let sql = "SELECT vehicle_no::bigint FROM vehicle_store GROUP BY vehicle_no
               HAVING bool_and(store_id = $1) ORDER BY vehicle_no";
    let vehicles: Vec<i64> = sqlx::query_scalar(sql).bind(other as i32).fetch_all(pool).await.unwrap();
    let one = |sql: &'static str| async move {
        let found: Option<i64> =
            sqlx::query_scalar(sql).bind(other as i32).fetch_optional(pool).await.unwrap();
        found.map_or_else(|| "1".to_owned(), |id| id.to_string())
    };
    let batch = one("SELECT batch_id FROM batch WHERE store_id = $1 ORDER BY batch_id LIMIT 1").await;
    let quarantine =
        one("SELECT quarantine_id::bigint FROM quarantine_row WHERE store_id = $1 LIMIT 1").await;
    let pair = one("SELECT pair_id FROM review_pair WHERE store_id = $1 LIMIT 1").await;
    let user = one("SELECT user_id::bigint FROM app_user WHERE store_id = $1 LIMIT 1").await;
    let ids = BTreeMap::from([
        ("batch_id", batch),
        ("quarantine_id", quarantine),
        ("pair_id", pair),
        ("user_id", user),
        ("store_id", other.to_string()),
    ]);
    assert!(persons.len() > 20 && vehicles.len() > 20 && own != other);
    let number = |letter, no: &i64| format!("{letter}{no:08}");
    let markers = persons.iter().map(|no| number('P', no)).chain(vehicles.iter().map(|no| number('V', no)));
    let foreign = Foreign { person: number('P', &persons[0]), vehicle: number('V', &vehicles[0]), ids };
    (foreign, markers.collect())
}

/// Checksums of everything that belongs to a store.
async fn rows_of(house: &House, store: i64) -> BTreeMap<String, String> {
    let pool = house.state.db.worker_pool();
    let sql = "SELECT c.table_name::text FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND c.column_name = 'store_id' AND t.table_type = 'BASE TABLE'
                 AND c.table_name NOT IN ('audit_entry', 'login_attempt', 'session')";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut sums = BTreeMap::new();
    for table in tables {
        let sql = format!(
            "SELECT coalesce(md5(string_agg(line, '' ORDER BY line)), '') FROM (
                 SELECT t::text AS line FROM {table} t WHERE store_id = $1) AS lines"
        );
        let sum: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(store as i32).fetch_one(pool).await.unwrap();
        sums.insert(table, sum);
    }
    sums
}

async fn store_of(house: &House, user: &'static str) -> i64 {
    let sql = "SELECT store_id::bigint FROM app_user WHERE user_name = $1";
    sqlx::query_scalar(sql).bind(user).fetch_one(house.state.db.worker_pool()).await.unwrap()
}

#[test]
fn every_operation_names_its_permission() {
    let nameless: Vec<_> = all().into_iter().filter(|op| op.permission.is_none() && !is_open(op)).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_or_touches_what_is_not_his() {
    let house = House::nano().await;
    nobody_without_a_log_in(&house).await;
    a_manager_stays_in_his_store(&house).await;
    a_masked_role_sees_no_clear_phone(&house).await;
}

async fn nobody_without_a_log_in(house: &House) {
    for operation in all().iter().filter(|op| !is_open(op)) {
        let path = operation.path.replace(['{', '}'], "");
        let answer = Client::nobody().call(&house.router, operation.method, &path, Some(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation:?}: {}", answer.text);
    }
}

async fn a_manager_stays_in_his_store(house: &House) {
    let (own, other) = (store_of(house, "manager.a").await, store_of(house, "manager.b").await);
    let (foreign, markers) = foreign(house, own, other).await;
    let manager = Client::sign_in(&house.router, "manager.a").await;
    let neighbour = Client::sign_in(&house.router, "manager.b").await;
    let before = rows_of(house, other).await;
    let mut tried = 0;
    for operation in all().iter().filter(|op| !is_open(op) && !is_own_account(op)) {
        let path = foreign.fill(&operation.path);
        let input = body(&foreign);
        let input = (operation.method != "get").then_some(&input);
        let answer = manager.call(&house.router, operation.method, &path, input).await;
        assert!(!answer.status.is_server_error(), "{operation:?} {path}: {} {}", answer.status, answer.text);
        for marker in &markers {
            assert!(
                !answer.text.contains(marker.as_str()),
                "{} {path} shows {marker} of the other store",
                operation.method
            );
        }
        if operation.path.contains("/persons/{") || operation.path.contains("/vehicles/{") {
            assert!(answer.status.is_client_error(), "{operation:?} {path}: {}", answer.status);
        }
        tried += 1;
    }
    assert!(tried > 40, "only {tried} operations were tried");
    assert_eq!(rows_of(house, other).await, before, "a row of the other store was changed");
    // The same page does open for the manager whose customer he is.
    let page = format!("/api/persons/{}", foreign.person);
    assert_eq!(neighbour.call(&house.router, "get", &page, None).await.status, StatusCode::OK);
}

async fn a_masked_role_sees_no_clear_phone(house: &House) {
    let pool = house.state.db.worker_pool();
    let sql = "SELECT person_no::bigint, mobile_sealed FROM person
               WHERE mobile_sealed IS NOT NULL AND merged_into IS NULL ORDER BY person_no LIMIT 200";
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(sql).fetch_all(pool).await.unwrap();
    let phones: Vec<String> =
        rows.iter().map(|(_, sealed)| house.state.vault.open(Field::Mobile, sealed).unwrap()).collect();
    assert!(phones.len() > 100 && phones.iter().all(|phone| phone.len() >= 7));
    let masked = Client::sign_in(&house.router, "dataadmin").await;
    let (own, other) = (store_of(house, "manager.a").await, store_of(house, "manager.b").await);
    let (foreign, _) = foreign(house, own, other).await;
    for (no, _) in rows.iter().take(20) {
        let page = format!("/api/persons/P{no:08}");
        let answer = masked.call(&house.router, "get", &page, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(
            !phones.iter().any(|phone| answer.text.contains(phone.as_str())),
            "{page} shows a clear phone"
        );
    }
    for operation in all().iter().filter(|op| op.method == "get") {
        let answer = masked.call(&house.router, "get", &foreign.fill(&operation.path), None).await;
        assert!(
            !phones.iter().any(|phone| answer.text.contains(phone.as_str())),
            "{operation:?} shows a clear phone"
        );
    }
    let path = format!("/api/persons/{}/reveals", foreign.person);
    let answer = masked
        .call(&house.router, "post", &path, Some(&json!({ "field": "mobile", "reason": "回访客户" })))
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
}
