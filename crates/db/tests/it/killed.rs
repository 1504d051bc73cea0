//! Our own process is killed the hard way, and the disk is full: what was committed is there afterwards.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use db::{Db, DbConfig, DbError};

use crate::folder::folder;

/// Tells the re-executed test binary to be the server of a folder.
const SERVE: &str = "FORECOURT_TEST_SERVE";

fn config(dir: &Path) -> DbConfig {
    DbConfig { data_dir: dir.to_owned(), database_url: None, max_connections: 4 }
}

/// Not a test of its own: the server process of the test below, which never ends by itself.
#[tokio::test]
#[ignore = "run by the tests beside it"]
async fn serve() {
    let Some(dir) = std::env::var_os(SERVE) else { return };
    let db = Db::open(&config(Path::new(&dir))).await.unwrap();
    let mut owner = db.owner_connection().await.unwrap();
    sqlx::raw_sql("CREATE TABLE note (text text); INSERT INTO note VALUES ('committed');")
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN; INSERT INTO note VALUES ('under way');").execute(&mut owner).await.unwrap();
    std::fs::write(Path::new(&dir).join("ready"), b"").unwrap();
    std::future::pending::<()>().await;
}

fn start_server(dir: &Path) -> Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::serve", "--ignored"])
        .env(SERVE, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !dir.join("ready").exists() {
        assert!(Instant::now() < deadline, "the server does not get ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[tokio::test]
async fn a_killed_server_leaves_its_database_and_the_next_one_takes_it_over() {
    let dir = folder();
    let mut server = start_server(dir.path());
    let refused = Db::open(&config(dir.path())).await.unwrap_err();
    assert!(refused.to_string().contains(&format!("process id {}", server.id())), "{refused}");

    let pid_file = dir.path().join("pg/postmaster.pid");
    let before = std::fs::read_to_string(&pid_file).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let start = Instant::now();
    let db = Db::open(&config(dir.path())).await.unwrap();
    println!("took the database of a killed server over in {:?}", start.elapsed());
    assert_eq!(std::fs::read_to_string(&pid_file).unwrap(), before, "the same database goes on");
    let mut owner = db.owner_connection().await.unwrap();
    let notes: Vec<String> = sqlx::query_scalar("SELECT text FROM note").fetch_all(&mut owner).await.unwrap();
    assert_eq!(notes, ["committed"]);
    drop(owner);
    db.close().await;
    assert!(!pid_file.exists(), "and is stopped in order by the one who took it over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_goes_on_when_there_is_space_again() {
    let dir = folder();
    let disk = dir.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256m,mode=755", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        return; // a small disk needs an administrator
    }
    let outcome = tokio::spawn(fill_and_free(disk.join("data"))).await;
    let _ = Command::new("umount").arg("--lazy").arg(&disk).status();
    outcome.unwrap();
}

async fn fill_and_free(data: std::path::PathBuf) {
    let db = Db::open(&config(&data)).await.unwrap();
    let mut owner = db.owner_connection().await.unwrap();
    sqlx::raw_sql("CREATE TABLE note (text text); INSERT INTO note VALUES ('committed');")
        .execute(&mut owner)
        .await
        .unwrap();
    // something else on the same disk, which a person can remove
    let filler = data.with_file_name("filler");
    std::fs::write(&filler, vec![1; 64 << 20]).unwrap();
    let fill = "INSERT INTO note SELECT repeat(md5(n::text), 20) FROM generate_series(1, 500000) n";
    let error = DbError::from(sqlx::query(fill).execute(&mut owner).await.unwrap_err());
    println!("a full disk says: {error}");
    // If the log itself found no space, the server restarts instead of answering.
    assert!(["disk_full", "connection_lost"].contains(&error.code()), "{error:?}");

    std::fs::remove_file(&filler).unwrap();
    let mut committed = 0;
    for _ in 0..100 {
        if let Ok(mut owner) = db.owner_connection().await {
            let count = sqlx::query_scalar("SELECT count(*) FROM note").fetch_one(&mut owner).await;
            if let Ok(count) = count {
                committed = count;
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(committed, 1_i64, "what was committed is there, what was not has not happened");
    let mut owner = db.owner_connection().await.unwrap();
    sqlx::query("INSERT INTO note VALUES ('again')").execute(&mut owner).await.unwrap();
    drop(owner);
    db.close().await;
}
