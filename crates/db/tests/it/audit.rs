//! Every deed leaves a trace that nobody can wipe.

use db::test_support::{TestDb, group_access, store_access};
use db::{Access, AuditEntry, AuditQuery, DbError, audit, list_audit};
use kernel::ids::{StoreId, UserId};
use serde_json::json;

fn reveal(customer: &str, store: Option<i32>) -> AuditEntry<'_> {
    AuditEntry {
        action: "reveal_phone",
        subject_kind: "customer",
        subject_id: customer,
        store_id: store.map(StoreId),
        reason: Some("customer asked for a call"),
        detail: json!({ "field": "mobile" }),
    }
}

fn everything() -> AuditQuery {
    AuditQuery { limit: 100, ..AuditQuery::default() }
}

fn user(id: i32, access: Access) -> Access {
    Access { user_id: UserId(id), ..access }
}

#[tokio::test]
async fn a_deed_and_its_trace_happen_together_and_are_read_within_the_scope() {
    let house = TestDb::new(&[]).await;
    let mut tx = house.write(&user(7, store_access([1]))).await.unwrap();
    audit(&mut tx, &reveal("P00000001", Some(1))).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.write(&user(8, store_access([2]))).await.unwrap();
    audit(&mut tx, &reveal("P00000002", Some(2))).await.unwrap();
    audit(&mut tx, &reveal("P00000003", None)).await.unwrap();
    tx.commit().await.unwrap();
    let mut undone = house.write(&user(8, store_access([2]))).await.unwrap();
    audit(&mut undone, &reveal("P00000004", Some(2))).await.unwrap();
    drop(undone);

    let seen = |access: Access, query: AuditQuery| {
        let house = house.db();
        async move {
            let mut tx = house.read(&access).await.unwrap();
            let page = list_audit(&mut tx, &query).await.unwrap();
            assert_eq!(page.total, page.rows.len() as i64);
            page.rows.into_iter().map(|row| (row.subject_id, row.user_id.get())).collect::<Vec<_>>()
        }
    };
    let row = |subject: &str, user| (subject.to_owned(), user);
    assert_eq!(seen(user(7, store_access([1])), everything()).await, [row("P00000001", 7)]);
    assert_eq!(
        seen(user(8, store_access([2])), everything()).await,
        [row("P00000003", 8), row("P00000002", 8)],
        "what belongs to no store is seen by its author"
    );
    assert_eq!(seen(user(9, group_access([1, 2])), everything()).await.len(), 3);
    let of_seven = AuditQuery { user_id: Some(UserId(7)), ..everything() };
    assert_eq!(seen(user(9, group_access([1, 2])), of_seven).await, [row("P00000001", 7)]);
    let worded = AuditQuery { text: Some("p00000002".into()), ..everything() };
    assert_eq!(seen(user(9, group_access([1, 2])), worded).await, [row("P00000002", 8)]);
}

#[tokio::test]
async fn nobody_rewrites_or_forges_the_audit() {
    let house = TestDb::new(&[]).await;
    let mut tx = house.system_for(UserId(5)).await.unwrap();
    audit(&mut tx, &reveal("P00000001", Some(1))).await.unwrap();
    tx.commit().await.unwrap();
    let attempts =
        ["UPDATE audit_entry SET reason = 'none'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"];
    let mut owner = house.owner_connection().await.unwrap();
    for sql in attempts {
        let mut app = house.write(&group_access([1])).await.unwrap();
        let mut worker = house.system().await.unwrap();
        for error in [
            sqlx::query(sql).execute(&mut *app).await.unwrap_err(),
            sqlx::query(sql).execute(&mut *worker).await.unwrap_err(),
            sqlx::query(sql).execute(&mut owner).await.unwrap_err(),
        ] {
            assert_eq!(DbError::from(error).code(), "out_of_scope", "{sql}");
        }
    }
    let forged = "INSERT INTO audit_entry (user_id, action, subject_kind, subject_id)
                  VALUES (99, 'reveal_phone', 'customer', 'P1')";
    let mut app = house.write(&group_access([1])).await.unwrap();
    let error = sqlx::query(forged).execute(&mut *app).await.unwrap_err();
    assert_eq!(DbError::from(error).code(), "out_of_scope");

    let mut tx = house.system().await.unwrap();
    let rows = list_audit(&mut tx, &everything()).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].user_id, UserId(5), "the person on whose order the house acted");
    assert_eq!(rows[0].detail, json!({ "field": "mobile" }));
}
