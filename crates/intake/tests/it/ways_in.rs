//! Folder import, watched folder, push with a key, keyed paper pages, SQL pull, and a mapping made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::Access;
use intake::{
    Choice, FolderWatch, GivenRows, ImportOptions, IntakeError, Loaded, Origin, PaperPage, Quiet, Refusal,
    Way, import_path, load_rows, make_push_key, open_push_key, preview_layout, pull_sql, release_waiting,
    rows_of_page, save_layout,
};
use kernel::{Clock, Entity, Source, UserId};
use serde_json::json;

use crate::house::House;

fn access(house: &House) -> Access {
    Access {
        user_id: UserId(1),
        stores: vec![house.store("S1"), house.store("S2")],
        group: true,
        own: None,
        masked: false,
    }
}

fn export(house: &House, path: &str, text: &str) {
    let path = house.files.path().join("exports").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_folder_of_exports_is_imported_and_a_second_run_finds_nothing_to_do() {
    let house = House::new().await;
    export(&house, "S1/dms/customer_vehicle_2016-03.csv", "客户编号,姓名,手机\nC001,张三,13860194721\n");
    export(&house, "S2/dms/customer_vehicle_2016-03.csv", "客户编号,姓名,手机\nC001,李四,13860194722\n");
    export(&house, "S9/dms/customer_vehicle_2016-03.csv", "客户编号,姓名,手机\nC001,王五,13860194723\n");
    let root = house.files.path().join("exports");
    for (loaded, duplicates) in [(2, 0), (0, 2)] {
        let options = ImportOptions::default();
        let report =
            import_path(&house.db, house.db.vault(), Clock::system(), &root, &options, Arc::new(Quiet))
                .await
                .unwrap();
        assert_eq!(
            (report.loaded, report.duplicates, report.failed.len()),
            (loaded, duplicates, 1),
            "{report:?}"
        );
        assert!(report.failed[0].1.contains("S9"), "{report:?}");
    }
    assert_eq!(
        house.number("SELECT count(*) FROM party_record").await,
        2,
        "C001 of two stores are two customers"
    );
    assert_eq!(house.texts("SELECT DISTINCT period_on::text FROM batch").await, [Some("2016-03-01".into())]);
}

#[tokio::test]
async fn a_file_in_a_watched_folder_is_loaded_once_it_has_stopped_growing() {
    let house = House::new().await;
    export(&house, "S1/dms/a.csv", "客户编号,姓名,手机\nC001,张三,13860194721\n");
    let root = house.files.path().join("exports");
    let mut watch = FolderWatch::default();
    let first = watch.look(&house.db, house.db.vault(), Clock::system(), &root).await.unwrap();
    let second = watch.look(&house.db, house.db.vault(), Clock::system(), &root).await.unwrap();
    assert_eq!((first.loaded, second.loaded), (0, 1));
    assert!(root.join(".done/S1/dms/a.csv").exists() && !root.join("S1/dms/a.csv").exists());
}

#[tokio::test]
async fn rows_pushed_with_a_key_are_loaded_and_a_revoked_key_opens_nothing() {
    let house = House::new().await;
    let store = Some(house.store("S1"));
    let (id, key) = make_push_key(
        &house.db,
        &Clock::system(),
        &access(&house),
        "DMS",
        store,
        Source::Dms,
        Entity::Customer,
    )
    .await
    .unwrap();
    let opened = open_push_key(&house.db, &Clock::system(), &key).await.unwrap();
    let rows = GivenRows::from_objects(&[
        json!({ "customer_no": "C001", "name": "张三", "mobile": 13860194721u64 }),
    ])
    .unwrap();
    let origin = Origin {
        store: opened.store,
        source: opened.source,
        entity: Some(opened.entity),
        way: Way::Push,
        file_name: "push".into(),
        sha256: [0; 32],
        bytes: 0,
        period_on: None,
        user: None,
        kept_path: None,
    };
    let load = |rows| load_rows(&house.db, house.db.vault(), Clock::system(), origin.clone(), rows);
    assert!(matches!(load(rows.clone()).await.unwrap(), Loaded::Batch(_)));
    assert!(matches!(load(rows).await.unwrap(), Loaded::Duplicate(_)));
    assert_eq!(house.texts("SELECT name FROM party_record").await, [Some("张三".into())]);
    let mut tx = house.db.system().await.unwrap();
    sqlx::query("UPDATE push_key SET revoked_at = now() WHERE push_key_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refused = open_push_key(&house.db, &Clock::system(), &key).await;
    assert!(matches!(refused, Err(IntakeError::Refused(Refusal::UnknownKey))));
    assert!(GivenRows::from_objects(&[json!(["no object"])]).is_err());
}

#[tokio::test]
async fn a_keyed_ledger_page_is_corrected_by_keying_it_again() {
    let house = House::new().await;
    let page = |name: &str| PaperPage {
        store: house.store("S1"),
        entity: Entity::Customer,
        batch_no: "B7".into(),
        page: "12".into(),
        operator: "王录入".into(),
        lines: vec![BTreeMap::from([
            ("name".to_owned(), name.to_owned()),
            ("mobile".to_owned(), "13860194721".to_owned()),
        ])],
    };
    for name in ["张山", "张三"] {
        let page = page(name);
        let rows = rows_of_page(&page).unwrap();
        let loaded =
            load_rows(&house.db, house.db.vault(), Clock::system(), page.origin(&access(&house)), rows)
                .await
                .unwrap();
        assert!(matches!(loaded, Loaded::Batch(_)), "{loaded:?}");
    }
    let current = "SELECT source_key || ' ' || name FROM party_record WHERE current";
    assert_eq!(house.texts(current).await, [Some("B7/12-1 张三".into())]);
}

#[tokio::test]
async fn rows_are_pulled_out_of_another_postgresql_from_the_watermark_on() {
    let house = House::new().await;
    let outside = House::new().await;
    let mut tx = outside.db.owner_connection().await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE dms_customer (customer_no text, name text, mobile text, changed timestamp);
         INSERT INTO dms_customer VALUES ('C001', '张三', '13860194721', '2021-03-05 10:00:00'), ('C002', '李四', NULL, '2021-03-06 10:00:00')",
    )
    .execute(&mut tx)
    .await
    .unwrap();
    let mut own = house.db.system().await.unwrap();
    let pull: i32 = sqlx::query_scalar(
        "INSERT INTO sql_pull (name, url, query, watermark_column, watermark, store_id, source, entity, every_minutes)
         VALUES ('DMS', $1, 'SELECT customer_no AS \"客户编号\", name AS \"姓名\", mobile AS \"手机\", changed AS \"修改日期\"
                             FROM dms_customer WHERE changed > :watermark ORDER BY changed', '修改日期', '2000-01-01', $2, 'dms', 'customer', 60)
         RETURNING sql_pull_id",
    )
    .bind(house.db.vault().seal(db::Field::Secret, &outside.db.url()))
    .bind(house.store("S1").get())
    .fetch_one(&mut *own)
    .await
    .unwrap();
    own.commit().await.unwrap();
    let run = || pull_sql(&house.db, house.db.vault(), Clock::system(), pull);
    assert!(matches!(run().await.unwrap(), Some(Loaded::Batch(c)) if c.rows_new == 2));
    assert_eq!(run().await.unwrap(), None, "nothing has changed since");
    sqlx::raw_sql("INSERT INTO dms_customer VALUES ('C003', '王五', '13860194723', '2021-03-07 10:00:00')")
        .execute(&mut tx)
        .await
        .unwrap();
    assert!(matches!(run().await.unwrap(), Some(Loaded::Batch(c)) if c.rows_new == 1));
    sqlx::raw_sql("DROP TABLE dms_customer").execute(&mut tx).await.unwrap();
    assert!(run().await.is_err());
    let error = house.texts("SELECT last_error FROM sql_pull").await[0].clone().unwrap();
    assert!(error.contains("dms_customer"), "{error}");
}

#[tokio::test]
async fn an_unknown_layout_is_mapped_by_hand_previewed_and_its_files_are_released() {
    let house = House::new().await;
    let path = house.write("odd.csv", "编码甲,称谓甲,联系甲\nC001,张三,+86 13860194721\nC002,,\n");
    let options = ImportOptions {
        store: Some("S1".into()),
        source: Some(Source::Dms),
        entity: Some(Entity::Customer),
        ..Default::default()
    };
    let report = import_path(&house.db, house.db.vault(), Clock::system(), &path, &options, Arc::new(Quiet))
        .await
        .unwrap();
    assert_eq!(report.waiting, 1);
    std::fs::remove_file(&path).unwrap();
    let layout = house.number("SELECT layout_id::bigint FROM layout WHERE state = 'draft'").await as i32;
    let choice = |position, field: &str| Choice { position, field: Some(field.to_owned()) };
    let some = [choice(1, "name"), choice(2, "mobile")];
    let refused = save_layout(&house.db, &Clock::system(), &access(&house), layout, &some, true).await;
    assert!(matches!(refused, Err(IntakeError::Refused(Refusal::FieldsMissing(_)))));
    let all = [choice(0, "customer_no"), choice(1, "name"), choice(2, "mobile")];
    let preview = preview_layout(&house.db, house.db.vault(), Clock::system(), &access(&house), layout, &all)
        .await
        .unwrap();
    assert!(preview.missing.is_empty());
    let (raw, cell) = &preview.rows[0].cells[2];
    assert_eq!((raw.as_str(), cell.value.as_deref()), ("+86 13860194721", Some("13860194721")));
    assert!(!preview.rows[1].reasons.is_empty(), "the second row names nobody");
    save_layout(&house.db, &Clock::system(), &access(&house), layout, &all, true).await.unwrap();
    let released = release_waiting(&house.db, house.db.vault(), Clock::system(), layout).await.unwrap();
    assert!(
        matches!(&released[..], [Loaded::Batch(c)] if c.rows_new == 1 && c.rows_quarantined == 1),
        "{released:?}"
    );
    assert_eq!(house.texts("SELECT state FROM batch").await, [Some("loaded".into())]);
}
