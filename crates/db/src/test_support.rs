//! A real PostgreSQL for every test, in the time of a file copy.
//!
//! One private cluster (without fsync) is shared by all test processes of a machine's user; it lies in the system's
//! temporary folder, or in `FORECOURT_TEST_DIR`. Every list of migrations becomes a template database once, and every
//! test gets a copy of it, dropped when the test ends. Some minutes after the last test the cluster stops by itself.
//!
//! ```no_run
//! # async fn story() {
//! let house = db::test_support::TestDb::new(&[]).await;
//! let mut tx = house.system().await.unwrap();
//! sqlx::query("SELECT 1").execute(&mut *tx).await.unwrap();
//! # }
//! ```

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kernel::ids::{StoreId, UserId};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::cluster::lock::Lock;
use crate::cluster::{self, Cluster};
use crate::db::Pools;
use crate::migrate::{self, MigrationSet};
use crate::{Access, Db, DbError, Vault, roles};

/// Connections of one test's pool.
const CONNECTIONS: u32 = 8;
/// How often a running test says that the cluster is in use; the caretaker waits five minutes.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// A database of its own for one test, with all migrations applied; gone when dropped. Use it like a [`Db`].
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    vault: Arc<Vault>,
    name: String,
    dir: PathBuf,
}

impl TestDb {
    /// A fresh database with db's own steps and `sets` applied.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or a migration fails: then the test cannot say anything.
    #[expect(clippy::panic, reason = "a test without its database has nothing to say")]
    pub async fn new(sets: &[MigrationSet]) -> TestDb {
        match make(sets).await {
            Ok(made) => made,
            Err(error) => panic!("no test database: {error}"),
        }
    }

    /// The database, to hand on.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// A vault with keys that are the same in every test.
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// An empty folder of this test's own.
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }

    /// The name of the database in the shared cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address by which an outside client would reach this database, as `DATABASE_URL` takes it.
    ///
    /// # Panics
    /// If the shared cluster is gone.
    #[expect(clippy::panic, reason = "a test without its cluster has nothing to say")]
    pub fn url(&self) -> String {
        match shared_cluster() {
            Ok(cluster) => {
                let socket = cluster.socket().display().to_string().replace('/', "%2F");
                format!("postgres://{}@{socket}:5432/{}", cluster::OWNER, self.name)
            }
            Err(error) => panic!("no test cluster: {error}"),
        }
    }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
        let name = self.name.clone();
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A thread of its own: the test's runtime may be on its way out, and may not be blocked.
        let drop_it = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let (Ok(runtime), Ok(cluster)) = (runtime, shared_cluster()) {
                let _ = runtime.block_on(async {
                    let mut admin = admin(cluster).await?;
                    hang_up(&mut admin, &name).await?;
                    sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await?;
                    admin.close().await
                });
            }
        };
        let _ = std::thread::spawn(drop_it).join();
    }
}

/// The scope of a whole group: every store named, and what belongs to none.
pub fn group_access(stores: impl IntoIterator<Item = i32>) -> Access {
    Access { group: true, ..store_access(stores) }
}

/// The scope of the manager of some stores.
pub fn store_access(stores: impl IntoIterator<Item = i32>) -> Access {
    Access {
        user_id: UserId(1),
        stores: stores.into_iter().map(StoreId).collect(),
        group: false,
        own: None,
        masked: false,
    }
}

async fn make(sets: &[MigrationSet]) -> Result<TestDb, DbError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let cluster = tokio::task::spawn_blocking(shared_cluster)
        .await
        .map_err(|e| DbError::ConnectionLost(e.to_string()))??;
    let template = template(cluster, sets).await?;
    let pid = std::process::id();
    let name = format!("t_{pid}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut admin = admin(cluster).await?;
    // left by a killed test whose process id has come round again
    let clean = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::query(AssertSqlSafe(clean)).execute(&mut admin).await?;
    // Since 15 the default is to write the copy into the log first, which for a small template takes thrice as long.
    let version: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&mut admin).await?;
    let strategy = if version >= 150_000 { "STRATEGY file_copy" } else { "" };
    let create = format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await?;
    admin.close().await?;
    let dir = cluster.data_dir().join("tests").join(&name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).map_err(|e| DbError::io(&dir, e))?;
    let db = Pools::of(cluster, &name).into_db(&dir, CONNECTIONS, None, None);
    Ok(TestDb { db, vault: Arc::new(Vault::for_tests()), name, dir })
}

async fn admin(cluster: &Cluster) -> Result<PgConnection, sqlx::Error> {
    cluster.options(cluster::OWNER, "postgres").connect().await
}

/// The cluster of this process, started by whichever process comes first.
fn shared_cluster() -> Result<&'static Cluster, DbError> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        let cluster = open_cluster().map_err(|e| e.to_string())?;
        let used = cluster.last_used();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(HEARTBEAT);
                let _ = touch(&used);
            }
        });
        Ok(cluster)
    });
    cluster.as_ref().map_err(|why| DbError::ConnectionLost(why.clone()))
}

fn open_cluster() -> Result<Cluster, DbError> {
    let base = std::env::var_os("FORECOURT_TEST_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let data = base.join(format!("forecourt-test-{}", nix::unistd::getuid()));
    std::fs::create_dir_all(&data).map_err(|e| DbError::io(&data, e))?;
    let used = data.join("last_used");
    touch(&used).map_err(|e| DbError::io(&used, e))?;
    Cluster::open_for_tests(&data)
}

fn touch(file: &Path) -> std::io::Result<()> {
    std::fs::write(file, b"")
}

/// Ends the connections of the test's pool. DROP ... WITH (FORCE) does it too, but then looks again only after a
/// tenth of a second.
async fn hang_up(admin: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    const SQL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    for _ in 0..20 {
        let left: i64 = sqlx::query_scalar(SQL).bind(name).fetch_one(&mut *admin).await?;
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// The template with these migrations, made by whoever needs it first.
async fn template(cluster: &Cluster, sets: &[MigrationSet]) -> Result<String, DbError> {
    let mut hash = Sha256::new();
    for set in std::iter::once(&migrate::OWN).chain(sets) {
        for (step, sql) in set.steps {
            hash.update(set.context);
            hash.update(step);
            hash.update(migrate::checksum(sql));
        }
    }
    let name = format!("tpl_{}", hex::encode(&hash.finalize()[..8]));
    let mut admin = admin(cluster).await?;
    if !exists(&mut admin, &name).await? {
        let lock = cluster.data_dir().join("template.lock");
        let making = tokio::task::spawn_blocking(move || Lock::wait(&lock))
            .await
            .map_err(|e| DbError::ConnectionLost(e.to_string()))??;
        if !exists(&mut admin, &name).await? {
            make_template(cluster, &mut admin, &name, sets).await?;
        }
        drop(making);
    }
    admin.close().await?;
    Ok(name)
}

async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(admin)
        .await?)
}

/// Under another name first, so that a killed maker leaves no half template.
async fn make_template(
    cluster: &Cluster,
    admin: &mut PgConnection,
    name: &str,
    sets: &[MigrationSet],
) -> Result<(), DbError> {
    roles::ensure(&mut *admin, true).await?;
    drop_left_overs(&mut *admin).await?;
    let half = format!("{name}_half");
    for sql in [
        format!("DROP DATABASE IF EXISTS {half} WITH (FORCE)"),
        format!("CREATE DATABASE {half} TEMPLATE template0"),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *admin).await?;
    }
    let mut owner = cluster.options(cluster::OWNER, &half).connect().await?;
    migrate::migrate(&mut owner, sets).await?;
    // statistics travel with the copy, so plans in tests are those of an analysed database
    sqlx::query("VACUUM (ANALYZE)").execute(&mut owner).await?;
    owner.close().await?;
    let rename = format!("ALTER DATABASE {half} RENAME TO {name}");
    sqlx::query(AssertSqlSafe(rename)).execute(&mut *admin).await?;
    Ok(())
}

/// Databases of test processes that were killed.
async fn drop_left_overs(admin: &mut PgConnection) -> Result<(), DbError> {
    let names: Vec<String> =
        sqlx::query_scalar(r"SELECT datname::text FROM pg_database WHERE datname LIKE 't\_%'")
            .fetch_all(&mut *admin)
            .await?;
    for name in names {
        let pid = name.split('_').nth(1).and_then(|pid| pid.parse().ok());
        if pid.is_some_and(|pid| !cluster::postmaster::is_alive(pid)) {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *admin).await?;
        }
    }
    Ok(())
}
