//! The private cluster: made, adopted, recovered, shared, stopped.

use std::path::Path;
use std::time::{Duration, Instant};

use db::{Db, DbConfig};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::folder::folder;

fn config(dir: &Path) -> DbConfig {
    DbConfig { data_dir: dir.to_owned(), database_url: None, max_connections: 4 }
}

fn postmaster(dir: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(dir.join("pg/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok()
}

async fn remember(db: &Db, text: &'static str) {
    let mut owner = db.owner_connection().await.unwrap();
    sqlx::query("CREATE TABLE IF NOT EXISTS note (text text)").execute(&mut owner).await.unwrap();
    sqlx::query("INSERT INTO note VALUES ($1)").bind(text).execute(&mut owner).await.unwrap();
}

async fn notes(db: &Db) -> Vec<String> {
    let mut owner = db.owner_connection().await.unwrap();
    sqlx::query_scalar("SELECT text FROM note ORDER BY text").fetch_all(&mut owner).await.unwrap()
}

#[tokio::test]
async fn a_folder_is_made_once_and_opens_at_once_afterwards() {
    let dir = folder();
    let db = Db::open(&config(dir.path())).await.unwrap();
    remember(&db, "first").await;
    db.close().await;
    assert_eq!(postmaster(dir.path()), None, "stopped in order");

    let start = Instant::now();
    let db = Db::open(&config(dir.path())).await.unwrap();
    db.ping().await.unwrap();
    let took = start.elapsed();
    println!("opened an existing folder in {took:?}");
    // well below a second on a quiet machine; this one may be busy with other tests
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(notes(&db).await, ["first"]);
    let checked: (String, String, String) = sqlx::query_as(
        "SELECT current_setting('data_checksums'), current_setting('listen_addresses'), current_setting('lc_collate')",
    )
    .fetch_one(db.worker_pool())
    .await
    .unwrap();
    assert_eq!(checked, ("on".into(), String::new(), "C".into()));
    drop(db);
    assert_eq!(postmaster(dir.path()), None, "the last clone stops it too");
}

#[tokio::test]
async fn a_second_server_is_refused_by_name_and_guests_come_in() {
    let dir = folder();
    let server = Db::open(&config(dir.path())).await.unwrap();
    let refused = Db::open(&config(dir.path())).await.unwrap_err();
    assert_eq!(refused.code(), "folder_in_use");
    assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");

    let guest = Db::join(&config(dir.path())).await.unwrap();
    remember(&guest, "import").await;
    server.close().await;
    assert_eq!(notes(&guest).await, ["import"], "a guest is not cut off when the server goes");
    let server = Db::open(&config(dir.path())).await.unwrap();
    drop(guest);
    assert_eq!(notes(&server).await, ["import"], "nor the server when a guest goes");
    server.close().await;
    assert_eq!(postmaster(dir.path()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_guests_that_come_at_once_make_one_cluster() {
    let dir = folder();
    let config = config(dir.path());
    let (first, second) = tokio::join!(Db::join(&config), Db::join(&config));
    let (first, second) = (first.unwrap(), second.unwrap());
    remember(&first, "one").await;
    assert_eq!(notes(&second).await, ["one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_comes_back_by_itself_with_everything_committed() {
    let dir = folder();
    let db = Db::open(&config(dir.path())).await.unwrap();
    remember(&db, "committed").await;
    let before = postmaster(dir.path()).unwrap();
    let mut lost = db.system().await.unwrap();
    kill(Pid::from_raw(before), Signal::SIGKILL).unwrap();
    let mut failed = None;
    for _ in 0..100 {
        if let Err(error) = sqlx::query("SELECT 1").execute(&mut *lost).await {
            failed = Some(db::DbError::from(error));
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(failed.unwrap().code(), "connection_lost", "the transaction under way is lost");
    let mut tx = db.system().await.unwrap();
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(one, 1, "the next one waits for the restart");
    drop(tx);
    assert_ne!(postmaster(dir.path()), Some(before));
    assert_eq!(notes(&db).await, ["committed"]);
}

#[tokio::test]
async fn a_folder_whose_database_was_killed_while_nobody_watched_recovers() {
    let dir = folder();
    let db = Db::open(&config(dir.path())).await.unwrap();
    remember(&db, "committed").await;
    db.close().await;
    // a pid file left by a crash, whose process id belongs to somebody else now
    let stale =
        format!("{}\n{}\n0\n5432\n\n\n\nready\n", std::process::id(), dir.path().join("pg").display());
    std::fs::write(dir.path().join("pg/postmaster.pid"), stale).unwrap();
    let db = Db::open(&config(dir.path())).await.unwrap();
    assert_eq!(notes(&db).await, ["committed"]);
}

#[tokio::test]
async fn a_deep_folder_works_although_socket_paths_are_short() {
    let dir = folder();
    let deep = dir.path().join("a-long-name-for-a-folder/".repeat(6));
    std::fs::create_dir_all(&deep).unwrap();
    let db = Db::open(&config(&deep)).await.unwrap();
    db.ping().await.unwrap();
    assert!(!deep.join("run").exists());
}

#[tokio::test]
async fn an_interrupted_first_start_is_begun_again() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("pg.new/base")).unwrap();
    std::fs::create_dir_all(dir.path().join("pg")).unwrap();
    let db = Db::open(&config(dir.path())).await.unwrap();
    db.ping().await.unwrap();
    assert!(!dir.path().join("pg.new").exists());
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_with_the_remedy() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("pg")).unwrap();
    std::fs::write(dir.path().join("pg/PG_VERSION"), "9.3\n").unwrap();
    let refused = Db::open(&config(dir.path())).await.unwrap_err();
    assert_eq!(refused.code(), "postgres_version");
    assert!(refused.to_string().contains("install version 9.3"), "{refused}");
}

#[tokio::test]
async fn a_folder_closed_to_the_databases_user_works_all_the_same() {
    use std::os::unix::fs::PermissionsExt as _;
    if !nix::unistd::getuid().is_root() {
        return; // only root's folders are closed to the user that PostgreSQL runs as
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let data = dir.path().join("data");
    let db = Db::open(&config(&data)).await.unwrap();
    remember(&db, "kept").await;
    db.close().await;
    let db = Db::open(&config(&data)).await.unwrap();
    assert_eq!(notes(&db).await, ["kept"]);
    db.close().await;
    let outside = std::fs::read_link(data.join("pg")).unwrap();
    std::fs::remove_dir_all(outside.parent().unwrap()).unwrap();
    let lost = Db::open(&config(&data)).await.unwrap_err();
    assert!(lost.to_string().contains("it is gone"), "{lost}");
}
