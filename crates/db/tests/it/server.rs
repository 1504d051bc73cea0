//! A server of one's own, by `DATABASE_URL`, with an account that is no superuser.

use db::test_support::{TestDb, store_access};
use db::{Db, DbConfig, MigrationSet};
use sqlx::AssertSqlSafe;

const SALES: MigrationSet = MigrationSet {
    context: "sales",
    steps: &[(
        "0001_sale",
        "CREATE TABLE sale (store_id int, car text NOT NULL);
         SELECT fc_scope_by_store('sale');
         INSERT INTO sale VALUES (1, 'Santana'), (2, 'Lavida');",
    )],
};

/// An address of the test's database for an account of its own.
async fn account(house: &TestDb, name: &str, rights: &str) -> String {
    let mut owner = house.owner_connection().await.unwrap();
    for sql in [
        format!("DROP ROLE IF EXISTS {name}"),
        format!("CREATE ROLE {name} LOGIN {rights}"),
        format!("GRANT ALL ON DATABASE {} TO {name}", house.name()),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
    }
    house.url().replace("postgres://forecourt@", &format!("postgres://{name}@"))
}

fn config(house: &TestDb, url: String) -> DbConfig {
    DbConfig { data_dir: house.data_dir().to_owned(), database_url: Some(url), max_connections: 4 }
}

#[tokio::test]
async fn the_scope_holds_on_a_server_too() {
    let house = TestDb::new(&[]).await;
    let db = Db::open(&config(&house, house.url())).await.unwrap();
    assert!(!db.is_private());
    let second = Db::open(&config(&house, house.url())).await.unwrap_err();
    assert_eq!(second.code(), "folder_in_use", "the data folder has one owner all the same");
    db.migrate(&[SALES]).await.unwrap();
    let mut tx = db.read(&store_access([1])).await.unwrap();
    let cars: Vec<String> = sqlx::query_scalar("SELECT car FROM sale").fetch_all(&mut *tx).await.unwrap();
    assert_eq!(cars, ["Santana"]);
    let roles: (String, String) =
        sqlx::query_as("SELECT current_user::text, session_user::text").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(roles, ("forecourt_app".into(), "forecourt".into()));
    assert_eq!(Db::join(&config(&house, "mysql://x".into())).await.unwrap_err().code(), "bad_url");
}

#[tokio::test]
async fn an_account_without_rights_is_told_what_an_administrator_must_run() {
    let house = TestDb::new(&[]).await;
    let url = account(&house, "poor_account", "").await;
    let refused = Db::open(&config(&house, url.clone())).await.unwrap_err();
    assert_eq!(refused.code(), "roles_missing");
    assert!(
        refused.to_string().contains("GRANT forecourt_app, forecourt_worker TO poor_account"),
        "{refused}"
    );

    let mut owner = house.owner_connection().await.unwrap();
    sqlx::query("GRANT forecourt_app, forecourt_worker TO poor_account").execute(&mut owner).await.unwrap();
    let db = Db::open(&config(&house, url)).await.unwrap();
    let roles: String =
        sqlx::query_scalar("SELECT current_user::text").fetch_one(db.worker_pool()).await.unwrap();
    assert_eq!(roles, "forecourt_worker");
    sqlx::query("DROP OWNED BY poor_account").execute(&mut owner).await.unwrap();
    db.close().await;
    sqlx::query("DROP ROLE poor_account").execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_says_so() {
    let house = TestDb::new(&[]).await;
    let url = "postgres://nobody@127.0.0.1:1/nothing".to_owned();
    assert_eq!(Db::open(&config(&house, url)).await.unwrap_err().code(), "connection_lost");
}
