//! The open database: pools, roles, scoped transactions.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::ids::UserId;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::access::{Access, Intent};
use crate::address::Address;
use crate::cluster::layout::OWNER_LOCK;
use crate::cluster::lock::Lock;
use crate::cluster::{self, Capacity, Cluster};
use crate::migrate::{self, MigrationSet};
use crate::roles::{self, APP_ROLE, WORKER_ROLE};
use crate::{DbError, Tx};

/// How long a caller waits for a free connection before he is told that the database is busy.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(10);
/// A connection that rested longer is asked whether it still lives before it is used.
const RESTED: Duration = Duration::from_secs(5);
/// A transaction that cannot begin because the server is being restarted tries again, this often at most.
const BEGIN_TRIES: u32 = 60;
/// Between two tries.
const BEGIN_PAUSE: Duration = Duration::from_millis(100);

/// Where the database is.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// The data folder: the private cluster, the key file and the lake live in it.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: a server of one's own instead of the private cluster.
    pub database_url: Option<String>,
    /// Connections for people (role `forecourt_app`); the worker's pool has half of it, at least four.
    pub max_connections: u32,
}

/// The open database; a clone shares everything. When the last clone of the last process of a data folder goes, the
/// private cluster is stopped in order.
#[derive(Debug, Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    app: PgPool,
    worker: PgPool,
    owner: PgConnectOptions,
    address: Address,
    data_dir: PathBuf,
    is_private: bool,
    // With a server of one's own the folder still has one owner; on the private cluster that one holds this lock.
    _owner: Option<Lock>,
    // last, so that the pools are gone when the cluster stops
    cluster: Mutex<Option<Cluster>>,
}

impl Db {
    /// Opens the database as the one owner of the data folder (the server). Makes the private cluster if the folder
    /// is new, recovers it if it crashed, adopts it if it runs; makes the roles. Does not migrate.
    ///
    /// # Errors
    /// [`DbError::FolderInUse`] if another server has the folder; every trouble of starting PostgreSQL; with
    /// `DATABASE_URL`, [`DbError::RolesMissing`] with the SQL an administrator has to run.
    pub async fn open(config: &DbConfig) -> Result<Db, DbError> {
        open(config, Capacity::Owner).await
    }

    /// Opens the database beside a running server, or alone: the worker and every command. Starts the private
    /// cluster if nobody else has.
    ///
    /// # Errors
    /// As [`Db::open`], without [`DbError::FolderInUse`].
    pub async fn join(config: &DbConfig) -> Result<Db, DbError> {
        open(config, Capacity::Guest).await
    }

    /// Applies what is missing of db's own steps and then of `sets`, in their order.
    ///
    /// # Errors
    /// See [`migrate::migrate`]; a step that fails leaves no trace.
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<(), DbError> {
        let mut owner = self.owner_connection().await?;
        migrate::migrate(&mut owner, sets).await?;
        owner.close().await?;
        Ok(())
    }

    /// A read-only transaction in the scope of `access`.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn read(&self, access: &Access) -> Result<Tx, DbError> {
        begin(&self.inner.app, access.begin(Intent::Read)).await
    }

    /// A transaction in the scope of `access`.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn write(&self, access: &Access) -> Result<Tx, DbError> {
        begin(&self.inner.app, access.begin(Intent::Write)).await
    }

    /// A transaction of the house itself (jobs, imports): every row, nobody's account.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn system(&self) -> Result<Tx, DbError> {
        begin(&self.inner.worker, "BEGIN".into()).await
    }

    /// As [`Db::system`], but audit rows name the person on whose order it happens.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn system_for(&self, user: UserId) -> Result<Tx, DbError> {
        begin(&self.inner.worker, format!("BEGIN;SET LOCAL fc.user_id='{}'", user.get())).await
    }

    /// The pool of the worker role, for `COPY` and long reads.
    pub fn worker_pool(&self) -> &PgPool {
        &self.inner.worker
    }

    /// A connection of its own as the owner of the tables, for migrations and `ANALYZE`-like care; row-level security
    /// does not bind it on the private cluster.
    ///
    /// # Errors
    /// [`DbError::ConnectionLost`].
    pub async fn owner_connection(&self) -> Result<PgConnection, DbError> {
        Ok(self.inner.owner.connect().await?)
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        &self.inner.data_dir
    }

    /// True on the private cluster, false on the server of `DATABASE_URL`.
    pub fn is_private(&self) -> bool {
        self.inner.is_private
    }

    /// Whether the database answers, for the readiness check.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::query("SELECT 1").execute(&self.inner.app).await?;
        Ok(())
    }

    /// Ends everything in order: waits for what is under way, then stops the private cluster unless another process
    /// still uses it. Without it the last clone dropped does the same.
    pub async fn close(&self) {
        self.inner.app.close().await;
        self.inner.worker.close().await;
        let cluster = self.inner.cluster.lock().unwrap_or_else(PoisonError::into_inner).take();
        // dropping waits for PostgreSQL's last checkpoint; a runtime that is going away does it right here
        let _ = tokio::task::spawn_blocking(move || drop(cluster)).await;
    }

    /// Where the database is, for PostgreSQL's own programs.
    pub(crate) fn address(&self) -> &Address {
        &self.inner.address
    }
}

/// How to reach one database in the three capacities.
pub(crate) struct Pools {
    pub(crate) app: PgConnectOptions,
    pub(crate) worker: PgConnectOptions,
    pub(crate) owner: PgConnectOptions,
    pub(crate) address: Address,
}

impl Pools {
    /// Of a private cluster.
    pub(crate) fn of(cluster: &Cluster, database: &str) -> Pools {
        Pools {
            app: cluster.options(APP_ROLE, database),
            worker: cluster.options(WORKER_ROLE, database),
            owner: cluster.options(cluster::OWNER, database),
            address: Address::Socket {
                dir: cluster.socket(),
                owner: cluster::OWNER.into(),
                database: database.to_owned(),
            },
        }
    }

    /// Nothing connects before it is needed.
    pub(crate) fn into_db(
        self,
        data_dir: &Path,
        connections: u32,
        cluster: Option<Cluster>,
        owner: Option<Lock>,
    ) -> Db {
        let limits = [("statement_timeout", "60s"), ("lock_timeout", "10s")];
        let app = self.app.application_name("forecourt").options(limits);
        let worker = self.worker.application_name("forecourt worker");
        let inner = Inner {
            app: pool(connections.max(2)).connect_lazy_with(app),
            worker: pool((connections / 2).max(4)).connect_lazy_with(worker),
            owner: self.owner.application_name("forecourt owner"),
            address: self.address,
            data_dir: data_dir.to_owned(),
            is_private: cluster.is_some(),
            _owner: owner,
            cluster: Mutex::new(cluster),
        };
        Db { inner: Arc::new(inner) }
    }
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        .idle_timeout(Duration::from_secs(300))
        // one round trip less for every transaction; see `begin` for the connections that died meanwhile
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    return Ok(connection.ping().await.is_ok());
                }
                Ok(true)
            })
        })
}

async fn open(config: &DbConfig, capacity: Capacity) -> Result<Db, DbError> {
    match &config.database_url {
        None => open_private(config, capacity).await,
        Some(url) => open_server(config, capacity, url).await,
    }
}

async fn open_private(config: &DbConfig, capacity: Capacity) -> Result<Db, DbError> {
    let data_dir = config.data_dir.clone();
    // The worker process and a few commands beside the server, each with pools of its own.
    let server_connections = config.max_connections * 3 + 40;
    let cluster = tokio::task::spawn_blocking(move || Cluster::open(&data_dir, capacity, server_connections))
        .await
        .map_err(|e| DbError::ConnectionLost(e.to_string()))??;
    ensure_database(&cluster).await?;
    let data_dir = cluster.data_dir().to_owned();
    let pools = Pools::of(&cluster, cluster::DATABASE);
    let db = pools.into_db(&data_dir, config.max_connections, Some(cluster), None);
    let mut owner = db.owner_connection().await?;
    roles::ensure(&mut owner, true).await?;
    owner.close().await?;
    Ok(db)
}

/// `initdb` makes only `postgres`; ours is made once.
async fn ensure_database(cluster: &Cluster) -> Result<(), DbError> {
    let missing = |error: &sqlx::Error| {
        error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "3D000")
    };
    match cluster.options(cluster::OWNER, cluster::DATABASE).connect().await {
        Ok(connection) => Ok(connection.close().await?),
        Err(error) if missing(&error) => {
            let mut admin = cluster.options(cluster::OWNER, "postgres").connect().await?;
            let made = sqlx::query("CREATE DATABASE forecourt").execute(&mut admin).await;
            match made.map_err(DbError::from) {
                // two processes came at once
                Ok(_) | Err(DbError::Duplicate { .. }) => Ok(()),
                Err(DbError::Sql(e)) if e.to_string().contains("already exists") => Ok(()),
                Err(other) => Err(other),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn open_server(config: &DbConfig, capacity: Capacity, url: &str) -> Result<Db, DbError> {
    std::fs::create_dir_all(&config.data_dir).map_err(|e| DbError::io(&config.data_dir, e))?;
    let data_dir = config.data_dir.canonicalize().map_err(|e| DbError::io(&config.data_dir, e))?;
    let lock = match capacity {
        Capacity::Owner => Some(Lock::own(&data_dir.join(OWNER_LOCK), &data_dir)?),
        Capacity::Guest => None,
    };
    let owner = server_options(url)?;
    let mut connection = owner.connect().await?;
    roles::ensure(&mut connection, false).await?;
    connection.close().await?;
    // The role is set by the connection's own start, so it costs no round trip and RESET ROLE leads back to it.
    let pools = Pools {
        app: owner.clone().options([("role", APP_ROLE)]),
        worker: owner.clone().options([("role", WORKER_ROLE)]),
        owner,
        address: Address::Url(url.to_owned()),
    };
    Ok(pools.into_db(&data_dir, config.max_connections, None, lock))
}

/// Reads `DATABASE_URL`. Its text may hold a password and never goes into a message.
pub(crate) fn server_options(url: &str) -> Result<PgConnectOptions, DbError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        let scheme = url.split_once("://").map_or("none", |(scheme, _)| scheme);
        return Err(DbError::BadUrl(format!("its scheme is {scheme:?}")));
    }
    PgConnectOptions::from_str(url).map_err(|e| DbError::BadUrl(e.to_string()))
}

/// Opens a transaction with one round trip. A connection that died with a restarted server is thrown away and the
/// next one tried, for a few seconds: nothing has happened in it yet.
async fn begin(pool: &PgPool, statement: String) -> Result<Tx, DbError> {
    let mut tries = 0;
    loop {
        match pool.begin_with(AssertSqlSafe(statement.clone())).await {
            Ok(transaction) => return Ok(Tx::new(transaction)),
            Err(error) => {
                let error = DbError::from(error);
                tries += 1;
                if !matches!(error, DbError::ConnectionLost(_)) || tries >= BEGIN_TRIES || pool.is_closed() {
                    return Err(error);
                }
                // the dead connections of the pool go first, at once; then the server needs its time
                if tries > pool.options().get_max_connections() {
                    tokio::time::sleep(BEGIN_PAUSE).await;
                }
            }
        }
    }
}
