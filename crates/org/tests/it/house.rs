//! A small dealer group to test in: two regions, three stores, some people, and a browser for each of them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::middleware;
use db::Db;
use db::test_support::TestDb;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use kernel::clock::Clock;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use web::AppState;

/// What everybody's password is here.
pub const PASSWORD: &str = "Right-Password-7";

/// The group: stores 1 and 2 in Tianjin, 3 in Yunnan; Volkswagen in 1 and 3, Toyota in 2.
pub struct House {
    pub db: TestDb,
    pub clock: Clock,
    pub state: AppState,
    router: Router,
    /// Initial password of `admin`.
    pub admin_password: String,
}

const GROUP: &str = "
    INSERT INTO region (region_id, code, name) VALUES (1, 'TJ', '天津大区'), (2, 'YN', '云南大区');
    INSERT INTO legal_entity (legal_entity_id, code, name) VALUES (1, 'LE1', '天津一号公司'), (2, 'LE2', '昆明二号公司');
    INSERT INTO brand (brand_id, code, name) VALUES (1, 'VW', '大众'), (2, 'TY', '丰田');
    INSERT INTO store (store_id, code, name, short_name, kind, region_id, legal_entity_id, city, opened_on) VALUES
        (1, 'TJVW01', '天津大众一店', '津众一', 'four_s', 1, 1, '天津', '2001-05-01'),
        (2, 'TJTY01', '天津丰田店', '津丰', 'four_s', 1, 1, '天津', '2005-05-01'),
        (3, 'YNVW01', '昆明大众店', '昆众', 'used_car', 2, 2, '昆明', '2012-05-01');
    INSERT INTO store_brand (store_id, brand_id) VALUES (1, 1), (2, 2), (3, 1);
    INSERT INTO employee (employee_id, code, name, store_id, mobile_masked) VALUES
        (1, 'E-A', '甲店总', 1, '138****0001'), (2, 'E-B', '乙店总', 2, '138****0002'),
        (3, 'E-ADV', '顾问一', 1, '138****0003'), (4, 'E-HQ', '总监', NULL, '');
    INSERT INTO app_user (user_id, user_name, display_name, employee_id, store_id, created_at) VALUES
        (11, 'manager.a', '甲店总', 1, 1, now()), (12, 'manager.b', '乙店总', 2, 2, now()),
        (13, 'advisor', '顾问一', 3, 1, now()), (14, 'director', '总监', 4, NULL, now()),
        (15, 'region.tj', '天津经理', NULL, NULL, now()), (16, 'dataadmin', '数据管理员', NULL, NULL, now()),
        (17, 'vw', '大众品牌', NULL, NULL, now());
    INSERT INTO user_role (user_id, role_id, scope_kind)
        SELECT v.u, role_id, v.s FROM role JOIN (VALUES
            (11, 'store_manager', NULL), (12, 'store_manager', NULL), (13, 'service_advisor', NULL),
            (14, 'group_director', NULL), (15, 'region_manager', NULL), (16, 'data_admin', NULL),
            (17, 'region_manager', 'brand')) AS v (u, code, s) ON v.code = role.code;
    INSERT INTO user_scope (user_id, role_id, region_id, brand_id)
        SELECT v.u, role_id, v.r, v.b FROM role JOIN (VALUES (15, 1, NULL), (17, NULL, 1)) AS v (u, r, b)
            ON role.code = 'region_manager';
    SELECT setval(pg_get_serial_sequence('app_user', 'user_id'), 100),
           setval(pg_get_serial_sequence('employee', 'employee_id'), 100),
           setval(pg_get_serial_sequence('store', 'store_id'), 100),
           setval(pg_get_serial_sequence('region', 'region_id'), 100),
           setval(pg_get_serial_sequence('brand', 'brand_id'), 100),
           setval(pg_get_serial_sequence('legal_entity', 'legal_entity_id'), 100);";

/// Database, clock and router without people; only the administrator's account.
pub async fn empty_house() -> House {
    let db = TestDb::new(&[org::MIGRATIONS]).await;
    let admin = org::ensure_admin(&db).await.unwrap().unwrap();
    let clock = Clock::fixed(Clock::system().now());
    let state = AppState {
        db: db.db(),
        vault: db.vault(),
        clock: clock.clone(),
        data_dir: Arc::from(db.data_dir()),
        secure_cookies: false,
    };
    let router = aide::axum::ApiRouter::new()
        .merge(org::routes())
        .finish_api(&mut aide::openapi::OpenApi::default())
        .layer(middleware::from_fn_with_state(state.clone(), org::authenticate))
        .with_state(state.clone());
    House { db, clock, state, router, admin_password: admin.password }
}

/// The small group with everybody's password set.
pub async fn house() -> House {
    let house = empty_house().await;
    let mut owner = house.db.owner_connection().await.unwrap();
    sqlx::raw_sql(GROUP).execute(&mut owner).await.unwrap();
    let hash = password_hash().await;
    sqlx::query(
        "INSERT INTO user_secret (user_id, password_kind, password_hash, password_set_at)
         SELECT user_id, 'argon2id', $1, now() FROM app_user
         ON CONFLICT (user_id) DO UPDATE
         SET password_kind = 'argon2id', password_hash = $1, password_expires_at = NULL",
    )
    .bind(&hash)
    .execute(&mut owner)
    .await
    .unwrap();
    sqlx::query("UPDATE app_user SET must_change_password = false").execute(&mut owner).await.unwrap();
    house
}

/// argon2id of [`PASSWORD`].
async fn password_hash() -> String {
    use argon2::password_hash::PasswordHasher as _;
    let params = argon2::Params::new(19 * 1024, 2, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Status and problem code, e.g. `(403, "auth.csrf")`.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        self.json()
    }
}

/// A browser: cookie and CSRF token of one session.
#[derive(Clone)]
pub struct Browser<'a> {
    house: &'a House,
    pub cookie: String,
    pub csrf: String,
}

impl House {
    pub fn db(&self) -> &Db {
        &self.db
    }

    pub async fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// A request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answer { status, headers, body }
    }

    pub async fn try_sign_in(&self, body: Value) -> Answer {
        let request = Request::post("/api/sessions")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// Logs in with [`PASSWORD`].
    pub async fn sign_in(&self, username: &str) -> Browser<'_> {
        self.sign_in_with(username, PASSWORD).await
    }

    pub async fn sign_in_with(&self, username: &str, password: &str) -> Browser<'_> {
        let answer = self.try_sign_in(json!({ "username": username, "password": password })).await;
        let cookie =
            answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.ok()["me"]["csrf"].as_str().unwrap().to_owned();
        Browser { house: self, cookie, csrf }
    }
}

impl Browser<'_> {
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookie);
        request = request.header("x-csrf-token", &self.csrf);
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
        };
        self.house.send(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Sends a file as a form with one field `file`.
    pub async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        let mut body =
            format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.house.send(request.body(Body::from(body)).unwrap()).await
    }
}
