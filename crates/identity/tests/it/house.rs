//! A small dealer group with records of one's own making.

use std::collections::BTreeMap;

use db::test_support::{TestDb, group_access, store_access};
use db::{Access, Field, MigrationSet};
use jiff::civil::date;
use kernel::clock::Clock;
use kernel::ids::{PersonNo, RecordKey, StoreId, UserId};
use kernel::vocab::{Entity, Source};
use sqlx::FromRow;
use web::AppState;

/// The published tables of other contexts that identity reads: their SQL alone, not their code.
const ORG: MigrationSet = MigrationSet {
    context: "org",
    steps: &[
        ("0001_organisation", include_str!("../../../org/migrations/0001_organisation.sql")),
        ("0002_people_and_access", include_str!("../../../org/migrations/0002_people_and_access.sql")),
    ],
};
const INTAKE: MigrationSet = MigrationSet {
    context: "intake",
    steps: &[("0001_facts", include_str!("../../../intake/migrations/0001_facts.sql"))],
};

/// Two stores, an account each, and the house that serves them.
pub struct House {
    pub app: AppState,
    // Last, so that the database is dropped when nothing uses it any more.
    _db: TestDb,
}

/// A party record as a source would deliver it.
#[derive(Clone, Copy)]
pub struct Party<'a> {
    pub key: &'a str,
    pub store: i32,
    pub source: Source,
    pub name: &'a str,
    pub kind: &'a str,
    pub mobile: Option<&'a str>,
    /// First 17 digits; the check symbol is added.
    pub id: Option<&'a str>,
    pub birth: Option<&'a str>,
    pub address: Option<&'a str>,
    pub city: Option<&'a str>,
    pub filed: &'a str,
    pub seen: &'a str,
    pub do_not_contact: bool,
}

impl Default for Party<'_> {
    fn default() -> Self {
        Party {
            key: "",
            store: 1,
            source: Source::Dms,
            name: "",
            kind: "person",
            mobile: None,
            id: None,
            birth: None,
            address: None,
            city: Some("天津"),
            filed: "2015-03-01",
            seen: "2020-06-01",
            do_not_contact: false,
        }
    }
}

impl Party<'_> {
    pub fn record_key(&self) -> RecordKey {
        RecordKey::of(Some(StoreId(self.store)), self.source, Entity::Customer, self.key)
    }
}

/// What a customer is, apart from the moments it was written at.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Golden {
    pub kind: String,
    pub name: Option<String>,
    pub mobile_masked: Option<String>,
    pub id_masked: Option<String>,
    pub record_count: i32,
    pub store_count: i32,
    pub do_not_contact: bool,
    pub golden: serde_json::Value,
    pub phones: serde_json::Value,
    pub stores: serde_json::Value,
}

impl House {
    pub async fn new() -> House {
        let db = TestDb::new(&[ORG, INTAKE, identity::MIGRATIONS]).await;
        let app = AppState {
            db: db.db(),
            vault: db.vault(),
            clock: Clock::on(date(2022, 6, 30)),
            data_dir: db.data_dir().into(),
            secure_cookies: false,
        };
        let house = House { app, _db: db };
        house
            .run(
                "INSERT INTO region (region_id, code, name) VALUES (1, 'TJ', '天津大区');
                 INSERT INTO legal_entity (legal_entity_id, code, name) VALUES (1, 'L1', '津门汽车有限公司');
                 INSERT INTO store (store_id, code, name, short_name, kind, region_id, legal_entity_id, opened_on)
                 VALUES (1, 'S1', '津门一汽大众店', '津门店', 'four_s', 1, 1, '2005-01-01'),
                        (2, 'S2', '海河丰田店', '海河店', 'four_s', 1, 1, '2008-01-01');
                 INSERT INTO app_user (user_id, user_name, display_name, store_id, created_at)
                 VALUES (1, 'manager1', '津门店长', 1, now()), (2, 'manager2', '海河店长', 2, now())",
            )
            .await;
        house
    }

    pub async fn run(&self, sql: &'static str) {
        let mut owner = self.app.db.owner_connection().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
    }

    /// The data administrator.
    pub fn group(&self) -> Access {
        group_access([1, 2])
    }

    /// The manager of one store.
    pub fn manager(&self, store: i32) -> Access {
        Access { user_id: UserId(store), ..store_access([store]) }
    }

    pub async fn add(&self, party: Party<'_>) -> RecordKey {
        let vault = &self.app.vault;
        let key = party.record_key();
        let id = party.id.map(|first| {
            let digits: [u8; 17] = first.as_bytes().try_into().unwrap();
            format!("{first}{}", char::from(kernel::idcard::check_symbol(&digits).unwrap()))
        });
        let masked_id = id.as_ref().map(|id| format!("{}***********{}", &id[..3], &id[14..]));
        let masked_mobile = party.mobile.map(|mobile| format!("{}****{}", &mobile[..3], &mobile[7..]));
        let mut tx = self.app.db.system().await.unwrap();
        sqlx::query(
            "INSERT INTO party_record (record_key, batch_id, row_no, current, store_id, source, source_key,
                                       content_hash, origin, name, name_raw, party_kind, birth_on,
                                       mobile_sealed, mobile_bidx, mobile_masked, mobile_flag,
                                       id_sealed, id_bidx, id_masked, id_flag, address_key, city, filed_on, seen_on,
                                       do_not_contact)
             VALUES ($1, 1, 1, true, $2, $3, $4, 0, 'archive', $5, $5, $6, $7::date, $8, $9, $10, $11, $12, $13, $14,
                     $15, $16, $17, $18::date, $19::date, $20)",
        )
        .bind(key.get())
        .bind(party.store)
        .bind(party.source.code())
        .bind(party.key)
        .bind(party.name)
        .bind(party.kind)
        .bind(party.birth)
        .bind(party.mobile.map(|mobile| vault.seal(Field::Mobile, mobile)))
        .bind(party.mobile.map(|mobile| vault.blind(Field::Mobile, mobile).to_vec()))
        .bind(masked_mobile)
        .bind(party.mobile.map(|_| "ok"))
        .bind(id.as_ref().map(|id| vault.seal(Field::IdNumber, id)))
        .bind(id.as_ref().map(|id| vault.blind(Field::IdNumber, id).to_vec()))
        .bind(masked_id)
        .bind(id.as_ref().map(|_| "ok"))
        .bind(party.address.map(|address| vault.blind(Field::Address, address).to_vec()))
        .bind(party.city)
        .bind(party.filed)
        .bind(party.seen)
        .bind(party.do_not_contact)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        key
    }

    /// A vehicle record of a party.
    pub async fn add_vehicle(
        &self,
        key: &str,
        store: i32,
        owner: RecordKey,
        vin: &str,
        plate: &str,
    ) -> RecordKey {
        let record = RecordKey::of(Some(StoreId(store)), Source::Dms, Entity::Vehicle, key);
        let mut tx = self.app.db.system().await.unwrap();
        sqlx::query(
            "INSERT INTO vehicle_record (record_key, batch_id, row_no, current, store_id, source, source_key,
                                         content_hash, vin, vin_raw, vin_flag, plate, plate_raw, plate_flag,
                                         owner_key, invoiced_on, seen_on)
             VALUES ($1, 1, 1, true, $2, 'dms', $3, 0, $4, $4, 'ok', $5, $5, 'ok', $6, '2015-03-01', '2020-06-01')",
        )
        .bind(record.get())
        .bind(store)
        .bind(key)
        .bind(vin)
        .bind(plate)
        .bind(owner.get())
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO sale (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                               party_key, vehicle_key, order_no, invoiced_on)
             VALUES ($1, 1, 1, true, $2, 'dms', $3, 0, $4, $5, $3, '2015-03-01')",
        )
        .bind(record.get().wrapping_add(1))
        .bind(store)
        .bind(key)
        .bind(owner.get())
        .bind(record.get())
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        record
    }

    /// Forty strangers, so that common and rare mean something.
    pub async fn add_strangers(&self) {
        let surnames = ["张", "李", "赵", "刘", "陈", "杨", "黄", "周"];
        let given = ["建国", "淑芬", "志强", "丽华", "海涛"];
        let cities = ["北京", "石家庄", "济南", "沈阳", "大连", "太原", "郑州", "青岛"];
        for at in 0..40_usize {
            let key = format!("X{at}");
            let name = format!("{}{}", surnames[at % 8], given[at / 8]);
            let mobile = format!("1370000{:04}", 1000 + at * 37);
            let birth = format!("{}-{:02}-{:02}", 1940 + at, 1 + at % 12, 1 + at % 28);
            self.add(Party {
                key: &key,
                birth: Some(&birth),
                city: Some(cities[at % 8]),
                store: 1 + i32::try_from(at % 2).unwrap(),
                name: &name,
                mobile: Some(&mobile),
                ..Party::default()
            })
            .await;
        }
    }

    pub async fn unify(&self) -> identity::UnifyReport {
        let app = &self.app;
        identity::unify(&app.db, &app.vault, &app.clock, &app.data_dir, &|_, _, _| {}).await.unwrap()
    }

    /// The customer of a record.
    pub async fn person_of(&self, key: RecordKey) -> PersonNo {
        self.all_numbers().await[&key.get()]
    }

    /// The customer of every record.
    pub async fn all_numbers(&self) -> BTreeMap<i64, PersonNo> {
        let rows: Vec<(i64, i32)> = sqlx::query_as("SELECT record_key, person_no FROM person_record")
            .fetch_all(self.app.db.worker_pool())
            .await
            .unwrap();
        rows.into_iter().map(|(key, no)| (key, PersonNo(u32::try_from(no).unwrap()))).collect()
    }

    /// Everything a run derives, for "nothing changed".
    pub async fn snapshot(&self) -> Vec<(String, serde_json::Value)> {
        let mut all = Vec::new();
        for (table, sql) in [
            ("records", "SELECT jsonb_agg(jsonb_build_array(record_key, person_no) ORDER BY record_key) FROM person_record"),
            ("persons", "SELECT jsonb_agg(to_jsonb(p) - 'updated_at' - 'mobile_sealed' - 'id_sealed' ORDER BY person_no) FROM person p"),
            ("phones", "SELECT jsonb_agg(to_jsonb(p) - 'phone_sealed' ORDER BY person_no, phone_bidx) FROM person_phone p"),
            ("stores", "SELECT jsonb_agg(to_jsonb(p) ORDER BY person_no, store_id) FROM person_store p"),
            ("roles", "SELECT jsonb_agg(to_jsonb(r) ORDER BY vehicle_no, person_no, role, from_on) FROM vehicle_role r"),
            ("edges", "SELECT jsonb_agg(to_jsonb(e) ORDER BY a_key, b_key) FROM identity_edge e"),
            ("pairs", "SELECT jsonb_agg(jsonb_build_array(a_key, b_key, state, a_person_no, b_person_no) ORDER BY a_key, b_key)
                       FROM review_pair WHERE state <> 'obsolete'"),
            ("households", "SELECT jsonb_agg(members ORDER BY members) FROM (
                                SELECT array_agg(person_no ORDER BY person_no) AS members
                                FROM household_member GROUP BY household_id) h"),
            ("events", "SELECT to_jsonb(count(*)) FROM identity_event"),
        ] {
            let value: Option<serde_json::Value> =
                sqlx::query_scalar(sql).fetch_one(self.app.db.worker_pool()).await.unwrap();
            all.push((table.to_owned(), value.unwrap_or_default()));
        }
        all
    }

    pub async fn golden(&self, no: PersonNo) -> Golden {
        sqlx::query_as(
            "SELECT p.kind, p.name, p.mobile_masked, p.id_masked, p.record_count, p.store_count, p.do_not_contact,
                    p.golden,
                    (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'phone_sealed' ORDER BY phone_bidx), '[]')
                     FROM person_phone f WHERE f.person_no = p.person_no) AS phones,
                    (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY store_id), '[]')
                     FROM person_store s WHERE s.person_no = p.person_no) AS stores
             FROM person p WHERE p.person_no = $1 AND p.merged_into IS NULL",
        )
        .bind(i32::try_from(no.get()).unwrap())
        .fetch_one(self.app.db.worker_pool())
        .await
        .unwrap()
    }

    /// The number of the open pair between two records.
    pub async fn pair(&self, a: RecordKey, b: RecordKey) -> Option<i64> {
        let sql = "SELECT pair_id FROM review_pair
                   WHERE a_key IN ($1, $2) AND b_key IN ($1, $2) AND state = 'open'";
        sqlx::query_scalar(sql)
            .bind(a.get())
            .bind(b.get())
            .fetch_optional(self.app.db.worker_pool())
            .await
            .unwrap()
    }

    /// The number of the open pair between any two records of two groups.
    pub async fn any_pair(&self, left: &[RecordKey], right: &[RecordKey]) -> Option<i64> {
        for &a in left {
            for &b in right {
                if let Some(pair) = self.pair(a, b).await {
                    return Some(pair);
                }
            }
        }
        None
    }

    /// Who plays which part for which vehicle.
    pub async fn roles(&self) -> Vec<(i32, i32, String)> {
        sqlx::query_as("SELECT vehicle_no, person_no, role FROM vehicle_role ORDER BY 1, 2, 3")
            .fetch_all(self.app.db.worker_pool())
            .await
            .unwrap()
    }
}
