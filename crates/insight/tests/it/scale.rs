//! How fast the page, search and validity are on a large group. Ignored in the ordinary run:
//! `SCALE_PERSONS=1000000 cargo test -p insight --release -- --ignored scale --nocapture`.

use std::time::Instant;

use sqlx::AssertSqlSafe;

use crate::house::{House, TODAY, director, encoded, manager};

/// Stores of the group.
const STORES: i32 = 76;

async fn large_group(house: &House, persons: i32) {
    let vault = &house.state.vault;
    let mut owner = house.db.owner_connection().await.unwrap();
    // A number for everybody would take minutes to index here; ten thousand tails are what search meets.
    let (mut phones, mut tails) = (Vec::new(), Vec::new());
    for tail in 0..10_000 {
        let number = format!("1391111{tail:04}");
        phones.push(vault.blind(db::Field::Mobile, &number).to_vec());
        tails.push(vault.blind(db::Field::Mobile, &number[7..]).to_vec());
    }
    sqlx::raw_sql("CREATE TABLE tail (n int, phone bytea, tail bytea)").execute(&mut owner).await.unwrap();
    sqlx::query("INSERT INTO tail SELECT n - 1, p, t FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS x (p, t, n)")
        .bind(phones)
        .bind(tails)
        .execute(&mut owner)
        .await
        .unwrap();
    let sql = format!(
        "SET synchronous_commit = off;
         INSERT INTO store (store_id, code, name, short_name, kind, region_id, legal_entity_id, opened_on)
         SELECT n, 'S' || n, '店' || n, '店' || n, 'four_s', 1, 1, '2002-01-01' FROM generate_series(3, {STORES}) n;
         INSERT INTO store_brand (store_id, brand_id)
         SELECT n, CASE WHEN n % 2 = 0 THEN 10 ELSE 20 END FROM generate_series(3, {STORES}) n;
         INSERT INTO person (person_no, kind, name, name_initials, name_pinyin, mobile_masked, record_count, store_count,
                             first_seen_on, last_seen_on, minted_at, updated_at)
         SELECT n, 'person', s || g || h,
                chr(97 + n % 23) || chr(97 + n / 23 % 23) || chr(97 + n / 529 % 23),
                'p' || n, '139****0000', 3, 1, '2010-01-01', DATE '2022-06-30' - n % 5000, now(), now()
         FROM (SELECT n, substr('王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗', 1 + n % 20, 1) AS s,
                      substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平', 1 + n / 20 % 20, 1) AS g,
                      CASE WHEN n % 3 = 0 THEN '' ELSE substr('华英玉文国建志春海金', 1 + n / 400 % 10, 1) END AS h
               FROM generate_series(1, {persons}) n) names;
         INSERT INTO person_store (person_no, store_id, first_on, last_on, record_count)
         SELECT n, 1 + n % {STORES}, DATE '2010-01-01', DATE '2022-01-01', 3 FROM generate_series(1, {persons}) n
         UNION ALL
         SELECT n, 1 + (n + 7) % {STORES}, DATE '2012-01-01', DATE '2021-01-01', 1 FROM generate_series(1, {persons}, 5) n;
         INSERT INTO person_record (record_key, person_no, store_id)
         SELECT n, n, 1 + n % {STORES} FROM generate_series(1, {persons}) n;
         INSERT INTO person_phone (person_no, phone_bidx, phone_sealed, phone_masked, tail_bidx, role)
         SELECT who.n, tail.phone, '', '139****0000', tail.tail, 'personal'
         FROM generate_series(1, {persons}) AS who (n) JOIN tail ON tail.n = who.n % 10000;
         INSERT INTO vehicle (vehicle_no, vin, plate, brand_id, record_count, last_seen_on, minted_at, updated_at)
         SELECT n, 'LFV2A21K8' || lpad((n::bigint * 7919 % 99999999)::text, 8, '0'), '津A' || lpad((n % 100000)::text, 5, '0'),
                10, 3, DATE '2022-06-30' - n % 5000, now(), now()
         FROM generate_series(1, {persons}) n;
         INSERT INTO vehicle_plate (vehicle_no, plate) SELECT vehicle_no, plate FROM vehicle;
         INSERT INTO vehicle_store (vehicle_no, store_id) SELECT person_no, store_id FROM person_store;
         INSERT INTO vehicle_record_link (record_key, vehicle_no, store_id)
         SELECT n, n, 1 + n % {STORES} FROM generate_series(1, {persons}) n;
         INSERT INTO vehicle_role (vehicle_no, person_no, role, from_on)
         SELECT n, n, 'owner', '2010-01-01' FROM generate_series(1, {persons}) n;
         INSERT INTO repair_order (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                                   order_no, party_key, vehicle_key, state, opened_at)
         SELECT 100000000 + n * 10 + v, 1, n, true, 1 + n % {STORES}, 'dms', 'R' || n || v, 0, 'R', n, n, '已结算',
                TIMESTAMPTZ '2022-06-01 09:00+08' - make_interval(days => (n % 3000) + v * 200)
         FROM generate_series(1, {persons}) n, generate_series(1, 4) v;
         INSERT INTO sale (record_key, batch_id, row_no, current, store_id, source, source_key, content_hash,
                           party_key, vehicle_key, order_no, delivered_on)
         SELECT 900000000 + n, 1, n, true, 1 + n % {STORES}, 'dms', 'S' || n, 0, n, n, 'S', DATE '2022-01-01' - n % 6000
         FROM generate_series(1, {persons}) n;"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
    sqlx::raw_sql("VACUUM (ANALYZE)").execute(&mut owner).await.unwrap();
}

#[tokio::test]
#[ignore = "a measurement, not a check"]
async fn scale() {
    let persons = std::env::var("SCALE_PERSONS").ok().and_then(|n| n.parse().ok()).unwrap_or(40_000);
    let house = House::new().await;
    let started = Instant::now();
    large_group(&house, persons).await;
    println!("{persons} persons written in {:?}", started.elapsed());
    let started = Instant::now();
    let report = insight::recompute_validity(&house.state.db, TODAY, &|_, _, _| {}).await.unwrap();
    println!("validity of {} persons, {} verdicts: {:?}", report.people, report.verdicts, started.elapsed());
    let mut owner = house.db.owner_connection().await.unwrap();
    sqlx::raw_sql("VACUUM (ANALYZE)").execute(&mut owner).await.unwrap();
    let mut director = director();
    director.0.stores = (1..=STORES).map(kernel::ids::StoreId).collect();
    for (who, reader) in [("director", director), ("manager", manager(5))] {
        for uri in [
            "/api/search?q=张",
            "/api/search?q=张伟",
            "/api/search?q=伟华",
            "/api/search?q=龘",
            "/api/search?q=ab",
            "/api/search?q=abc",
            "/api/search?q=13911110042",
            "/api/search?q=0042",
            "/api/search?q=津A001",
            "/api/search?q=123456",
            "/api/search?q=LFV2A21K8",
            "/api/persons/P00000080",
            "/api/persons/P00000080/timeline",
            "/api/persons",
            "/api/persons?verdict=valid&sort=record_count",
            "/api/persons?q=张伟",
            "/api/vehicles",
            "/api/validity/summary",
            "/api/validity/people?scope_kind=store&scope_id=5&verdict=invalid",
            "/api/validity/people?scope_kind=store&scope_id=5&verdict=invalid&other_scope_kind=store&other_scope_id=12&other_verdict=valid",
            "/api/overview",
        ] {
            let mut times = Vec::new();
            for _ in 0..12 {
                let started = Instant::now();
                let _ = house.get(&reader, &encoded(uri)).await;
                times.push(started.elapsed());
            }
            times.sort();
            println!("{who:9} {uri:130} median {:?} worst {:?}", times[6], times[11]);
        }
    }
}
