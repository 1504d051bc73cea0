//! Two stores and two customers with sealed values.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use db::test_support::{TestDb, group_access, store_access};
use db::{Access, Field, MigrationSet};
use http_body_util::BodyExt as _;
use jiff::civil::date;
use kernel::clock::Clock;
use kernel::ids::UserId;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tower::ServiceExt as _;
use web::{AppState, Ctx, Lang, Permission};

/// The neighbours' tables; contexts share a schema and never code.
const SETS: &[MigrationSet] = &[
    MigrationSet {
        context: "org",
        steps: &[
            ("0001_organisation", include_str!("../../../org/migrations/0001_organisation.sql")),
            ("0002_people_and_access", include_str!("../../../org/migrations/0002_people_and_access.sql")),
        ],
    },
    MigrationSet {
        context: "intake",
        steps: &[("0001_facts", include_str!("../../../intake/migrations/0001_facts.sql"))],
    },
    MigrationSet {
        context: "identity",
        steps: &[
            ("0001_identity", include_str!("../../../identity/migrations/0001_identity.sql")),
            ("0002_decisions", include_str!("../../../identity/migrations/0002_decisions.sql")),
        ],
    },
    privacy::MIGRATIONS,
];

/// The first customer's number: known to store 1.
pub const MOBILE: &str = "13911110001";

pub struct House {
    pub db: TestDb,
    pub state: AppState,
}

pub fn director() -> Access {
    group_access([1, 2])
}

pub fn manager(store: i32) -> Access {
    store_access([store])
}

pub fn masked() -> Access {
    Access { masked: true, ..group_access([1, 2]) }
}

impl House {
    pub async fn new() -> Self {
        let db = TestDb::new(SETS).await;
        let state = AppState {
            db: db.db(),
            vault: db.vault(),
            clock: Clock::on(date(2022, 6, 30)),
            data_dir: db.data_dir().into(),
            secure_cookies: false,
        };
        let house = Self { db, state };
        house
            .sql(
                "INSERT INTO region (region_id, code, name) VALUES (1, 'TJ', '天津大区');
                 INSERT INTO legal_entity (legal_entity_id, code, name) VALUES (1, 'E1', '天津某某汽车销售有限公司');
                 INSERT INTO store (store_id, code, name, short_name, kind, region_id, legal_entity_id, opened_on)
                 VALUES (1, 'A', '甲店全称', '甲店', 'four_s', 1, 1, '2002-01-01'),
                        (2, 'B', '乙店全称', '乙店', 'four_s', 1, 1, '2005-01-01');
                 INSERT INTO person (person_no, kind, name, minted_at, updated_at)
                 VALUES (1, 'person', '张伟', now(), now()), (2, 'person', '李娜', now(), now());
                 INSERT INTO person_store (person_no, store_id, record_count) VALUES (1, 1, 1), (1, 2, 1), (2, 2, 1);
                 INSERT INTO person_record (record_key, person_no, store_id) VALUES (101, 1, 1), (102, 1, 2), (202, 2, 2);
                 INSERT INTO party_record (record_key, batch_id, row_no, current, store_id, source, source_key,
                                           content_hash, origin, party_kind)
                 VALUES (101, 1, 1, true, 1, 'dms', 'C1', 0, 'archive', 'person'),
                        (102, 1, 2, true, 2, 'wecom', 'C2', 0, 'archive', 'person'),
                        (202, 1, 3, true, 2, 'wecom', 'C3', 0, 'archive', 'person');
                 INSERT INTO vehicle (vehicle_no, vin, minted_at, updated_at)
                 VALUES (1, 'LFV2A21K8G4123456', now(), now());
                 INSERT INTO vehicle_store (vehicle_no, store_id) VALUES (1, 1);",
            )
            .await;
        let mut owner = house.db.owner_connection().await.unwrap();
        sqlx::query("UPDATE person SET mobile_sealed = $1, address_sealed = $2 WHERE person_no = 1")
            .bind(house.state.vault.seal(Field::Mobile, MOBILE))
            .bind(house.state.vault.seal(Field::Address, "天津市和平区某路1号"))
            .execute(&mut owner)
            .await
            .unwrap();
        house
    }

    pub async fn sql(&self, sql: &str) {
        let mut owner = self.db.owner_connection().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
    }

    async fn send(
        &self,
        access: Access,
        permissions: &[Permission],
        request: Request<Body>,
    ) -> (StatusCode, Value) {
        let ctx = Ctx {
            user_id: UserId(1),
            employee_id: None,
            user_name: "测试员".into(),
            access,
            permissions: permissions.iter().copied().collect(),
            must_change_password: false,
            lang: Lang::Zh,
            trace_id: "trace".into(),
            now: self.state.clock.now(),
        };
        let router: Router =
            Router::from(privacy::routes()).layer(axum::Extension(ctx)).with_state(self.state.clone());
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn get(&self, access: Access, uri: &str) -> (StatusCode, Value) {
        self.send(access, Permission::ALL, Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub async fn post(
        &self,
        access: Access,
        permissions: &[Permission],
        uri: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
        self.send(access, permissions, request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Audit rows of an action: subject, store, reason, detail.
    pub async fn traces(&self, action: &str) -> Vec<(String, Option<i32>, Option<String>, Value)> {
        let mut tx = self.db.system().await.unwrap();
        sqlx::query_as(
            "SELECT subject_id, store_id, reason, detail FROM audit_entry WHERE action = $1 ORDER BY audit_id",
        )
        .bind(action)
        .fetch_all(&mut *tx)
        .await
        .unwrap()
    }
}
