//! A small dealer group: two stores, a handful of customers, facts written as intake and identity
//! would write them.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use db::test_support::{TestDb, group_access, store_access};
use db::{Access, Field, MigrationSet};
use http_body_util::BodyExt as _;
use jiff::civil::date;
use kernel::clock::Clock;
use kernel::ids::UserId;
use kernel::text::{pinyin_full, pinyin_initials};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tower::ServiceExt as _;
use web::{AppState, Ctx, Lang, Permission};

/// The neighbours' tables, in the order in which the house builds them. Contexts do not import one
/// another, not even in tests: what is shared is the schema.
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
        steps: &[
            ("0001_facts", include_str!("../../../intake/migrations/0001_facts.sql")),
            ("0002_feeds", include_str!("../../../intake/migrations/0002_feeds.sql")),
        ],
    },
    MigrationSet {
        context: "identity",
        steps: &[
            ("0001_identity", include_str!("../../../identity/migrations/0001_identity.sql")),
            ("0002_decisions", include_str!("../../../identity/migrations/0002_decisions.sql")),
        ],
    },
    MigrationSet {
        context: "privacy",
        steps: &[("0001_consent", include_str!("../../../privacy/migrations/0001_consent.sql"))],
    },
    insight::MIGRATIONS,
];

/// The day on which everything is looked at.
pub const TODAY: jiff::civil::Date = date(2022, 6, 30);

/// The first store: region 1, brand 10.
pub const A: i32 = 1;
/// The second store: region 1, brand 20.
pub const B: i32 = 2;

pub struct House {
    pub db: TestDb,
    pub state: AppState,
}

/// Who asks.
#[derive(Clone)]
pub struct Reader(pub Access);

/// The director: the whole group.
pub fn director() -> Reader {
    Reader(group_access([A, B]))
}

/// A store manager.
pub fn manager(store: i32) -> Reader {
    Reader(store_access([store]))
}

/// The data administrator: the whole group, masked.
pub fn data_admin() -> Reader {
    Reader(Access { masked: true, ..group_access([A, B]) })
}

impl House {
    /// A group without customers.
    pub async fn new() -> Self {
        let db = TestDb::new(SETS).await;
        let state = AppState {
            db: db.db(),
            vault: db.vault(),
            clock: Clock::on(TODAY),
            data_dir: db.data_dir().into(),
            secure_cookies: false,
        };
        let house = Self { db, state };
        house
            .sql(
                "INSERT INTO region (region_id, code, name) VALUES (1, 'TJ', '天津大区');
                 INSERT INTO legal_entity (legal_entity_id, code, name) VALUES (1, 'E1', '天津某某汽车销售有限公司');
                 INSERT INTO brand (brand_id, code, name) VALUES (10, 'VW', '大众'), (20, 'TY', '丰田');
                 INSERT INTO store (store_id, code, name, short_name, kind, region_id, legal_entity_id, opened_on)
                 VALUES (1, 'A', '甲店全称', '甲店', 'four_s', 1, 1, '2002-01-01'),
                        (2, 'B', '乙店全称', '乙店', 'four_s', 1, 1, '2005-01-01');
                 INSERT INTO store_brand (store_id, brand_id) VALUES (1, 10), (2, 20);",
            )
            .await;
        house
    }

    /// A group with the customers of the stories; validity computed.
    pub async fn with_customers() -> Self {
        let house = Self::new().await;
        // Bought at A long ago, serviced at B this year.
        house.customer(1, "张伟", Some("13911110001"), &[A, B]).await;
        house.owns(1, 1, "LFV2A21K8G4123456", "津A12345", None).await;
        house.sale(1, A, "2016-03-01").await;
        house.repair(1, B, "2022-02-01").await;
        // A customer of B alone.
        house.customer(2, "李娜", Some("13911110002"), &[B]).await;
        house.owns(2, 2, "LVGBH51K2HG123457", "津B88888", None).await;
        house.repair(2, B, "2022-05-01").await;
        // At A, but nobody reaches him: the only number is a placeholder.
        house.customer(3, "王强", None, &[A]).await;
        house.phone(3, "13800000000", "placeholder").await;
        house.owns(3, 3, "LFV2A21K8G4123458", "津A00003", None).await;
        house.repair(3, A, "2022-05-01").await;
        // At A, but she sold her car.
        house.customer(4, "赵敏", Some("13911110004"), &[A]).await;
        house.owns(4, 4, "LFV2A21K8G4123459", "津A00004", Some("2021-12-01")).await;
        house.repair(4, A, "2021-11-01").await;
        // At A; nobody knows whether he has a car.
        house.customer(5, "孙磊", Some("13911110005"), &[A]).await;
        house.repair(5, A, "2022-01-10").await;
        // Valid at both stores.
        house.customer(6, "欧阳娜娜", Some("13911110006"), &[A, B]).await;
        house.owns(6, 6, "LFV2A21K8G4123460", "津AD12345", None).await;
        house.repair(6, A, "2022-03-01").await;
        house.repair(6, B, "2022-04-01").await;
        house.recompute().await;
        house
    }

    pub async fn recompute(&self) -> insight::ValidityReport {
        insight::recompute_validity(&self.state.db, TODAY, &|_, _, _| {}).await.unwrap()
    }

    pub async fn sql(&self, sql: &str) {
        let mut owner = self.db.owner_connection().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
    }

    /// A customer with one record at each store.
    pub async fn customer(&self, no: i32, name: &str, mobile: Option<&str>, stores: &[i32]) {
        let (initials, pinyin) = (pinyin_initials(name), pinyin_full(name));
        let count = stores.len();
        self.sql(&format!(
            "INSERT INTO person (person_no, kind, name, name_initials, name_pinyin, record_count, store_count,
                                 first_seen_on, last_seen_on, minted_at, updated_at, golden)
             VALUES ({no}, 'person', '{name}', '{initials}', '{pinyin}', {count}, {count},
                     '2010-01-01', '2022-05-01', now(), now(),
                     '{{\"name\": {{\"value\": \"{name}\", \"source\": \"dms\", \"store_id\": {}, \"rule\": \"frequency\",
                                   \"seen_on\": \"2022-05-01\", \"losers\": []}}}}');",
            stores[0]
        ))
        .await;
        for &store in stores {
            let key = Self::party(no, store);
            self.sql(&format!(
                "INSERT INTO person_store (person_no, store_id, first_on, last_on, record_count)
                 VALUES ({no}, {store}, '2010-01-01', '2022-05-01', 1);
                 INSERT INTO person_record (record_key, person_no, store_id) VALUES ({key}, {no}, {store});
                 INSERT INTO party_record (record_key, batch_id, row_no, current, store_id, source, source_key,
                                           content_hash, origin, name, party_kind, filed_on, flags)
                 VALUES ({key}, 1, {no}, true, {store}, 'dms', 'C{no}', 0, 'archive', '{name}', 'person',
                         '2010-01-01', '{{mobile:placeholder}}');"
            ))
            .await;
        }
        if let Some(mobile) = mobile {
            self.phone(no, mobile, "personal").await;
            let masked = mask(mobile);
            let mut owner = self.db.owner_connection().await.unwrap();
            sqlx::query(
                "UPDATE person SET mobile_sealed = $2, mobile_bidx = $3, mobile_masked = $4 WHERE person_no = $1",
            )
            .bind(no)
            .bind(self.state.vault.seal(Field::Mobile, mobile))
            .bind(&self.state.vault.blind(Field::Mobile, mobile)[..])
            .bind(masked)
            .execute(&mut owner)
            .await
            .unwrap();
        }
    }

    pub async fn phone(&self, no: i32, number: &str, role: &str) {
        let vault = &self.state.vault;
        let mut owner = self.db.owner_connection().await.unwrap();
        sqlx::query(
            "INSERT INTO person_phone (person_no, phone_bidx, phone_sealed, phone_masked, tail_bidx, role)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(no)
        .bind(&vault.blind(Field::Mobile, number)[..])
        .bind(vault.seal(Field::Mobile, number))
        .bind(mask(number))
        .bind(&vault.blind(Field::Mobile, &number[7..])[..])
        .bind(role)
        .execute(&mut owner)
        .await
        .unwrap();
    }

    /// The record of a customer at a store.
    pub fn party(no: i32, store: i32) -> i64 {
        i64::from(no) * 100 + i64::from(store)
    }

    pub async fn owns(&self, person: i32, vehicle: i32, vin: &str, plate: &str, until: Option<&str>) {
        let until = until.map_or("NULL".to_owned(), |day| format!("'{day}'"));
        self.sql(&format!(
            "INSERT INTO vehicle (vehicle_no, vin, vis, plate, brand_id, series, record_count, last_seen_on,
                                  minted_at, updated_at)
             VALUES ({vehicle}, '{vin}', right('{vin}', 8), '{plate}', 10, '速腾', 1, '2022-05-01', now(), now());
             INSERT INTO vehicle_plate (vehicle_no, plate) VALUES ({vehicle}, '{plate}');
             INSERT INTO vehicle_store (vehicle_no, store_id)
             SELECT {vehicle}, store_id FROM person_store WHERE person_no = {person};
             INSERT INTO vehicle_record_link (record_key, vehicle_no, store_id)
             SELECT {vehicle} * 1000 + store_id, {vehicle}, store_id FROM person_store WHERE person_no = {person};
             INSERT INTO vehicle_role (vehicle_no, person_no, role, from_on, to_on, source)
             VALUES ({vehicle}, {person}, 'owner', '2016-03-01', {until}, 'dms');"
        ))
        .await;
    }

    pub async fn sale(&self, person: i32, store: i32, on: &str) {
        let (key, party) = (500_000 + Self::party(person, store), Self::party(person, store));
        self.sql(&format!(
            "INSERT INTO sale (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                               party_key, vehicle_key, order_no, delivered_on, price_fen)
             VALUES ({key}, 2, {person}, true, {store}, 'dms', 'S{key}', 0, {party}, {person} * 1000 + {store},
                     'S{key}', '{on}', 15800000);"
        ))
        .await;
    }

    pub async fn repair(&self, person: i32, store: i32, on: &str) {
        let (key, party) = (700_000 + Self::party(person, store), Self::party(person, store));
        self.sql(&format!(
            "INSERT INTO repair_order (record_key, batch_id, row_no, current, store_id, source, source_key,
                                       content_hash, order_no, party_key, vehicle_key, repair_kind, state, opened_at,
                                       mileage_in, paid_fen)
             VALUES ({key}, 3, {person}, true, {store}, 'dms', 'R{key}', 0, 'R{key}', {party},
                     {person} * 1000 + {store}, '定期保养', '已结算', '{on} 09:30+08', 52000, 88050);
             INSERT INTO repair_item (record_key, batch_id, row_no, current, store_id, source, source_key,
                                      content_hash, order_key, line_no, item_name, kind, amount_fen)
             VALUES ({key} + 10000000, 3, {person}, true, {store}, 'dms', 'I{key}', 0, {key}, 1, '机油机滤', 'part', 38050);"
        ))
        .await;
    }

    /// A request with all permissions, in the reader's scope: what he may do is tested elsewhere, here
    /// it is about whose rows he sees.
    pub async fn send(&self, reader: &Reader, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let ctx = Ctx {
            user_id: UserId(1),
            employee_id: None,
            user_name: "测试员".into(),
            access: reader.0.clone(),
            permissions: Permission::ALL.iter().copied().collect::<BTreeSet<_>>(),
            must_change_password: false,
            lang: Lang::Zh,
            trace_id: "trace".into(),
            now: self.state.clock.now(),
        };
        let router: Router =
            Router::from(insight::routes()).layer(axum::Extension(ctx)).with_state(self.state.clone());
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    pub async fn get(&self, reader: &Reader, uri: &str) -> (StatusCode, Value) {
        let (status, body) = self.send(reader, Request::get(uri).body(Body::empty()).unwrap()).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// A request that must succeed.
    pub async fn ok(&self, reader: &Reader, uri: &str) -> Value {
        let (status, body) = self.get(reader, uri).await;
        assert_eq!(status, StatusCode::OK, "{uri}: {body}");
        body
    }

    pub async fn put(&self, reader: &Reader, uri: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::put(uri).header(header::CONTENT_TYPE, "application/json");
        let (status, body) = self.send(reader, request.body(Body::from(body.to_string())).unwrap()).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn post(&self, reader: &Reader, uri: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
        let (status, body) = self.send(reader, request.body(Body::from(body.to_string())).unwrap()).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

fn mask(number: &str) -> String {
    format!("{}****{}", &number[..3], &number[7..])
}

/// An address with its Chinese characters written as a browser sends them.
pub fn encoded(uri: &str) -> String {
    uri.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii() {
            out.push(char::from(byte))
        } else {
            out.push_str(&format!("%{byte:02X}"))
        }
        out
    })
}

/// The column `field` of every row of `list`.
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let rows = list.as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned)).collect()
}
