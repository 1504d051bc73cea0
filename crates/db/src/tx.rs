//! One transaction, already scoped.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres, Transaction};

use crate::DbError;

/// A transaction whose role and settings decide what it sees. Used like a `PgConnection`
/// (`sqlx::query(..).execute(&mut *tx)`); dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
}

impl Tx {
    pub(crate) fn new(inner: Transaction<'static, Postgres>) -> Tx {
        Tx { inner }
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// A deferred constraint, a serialisation conflict or a lost connection; then nothing has happened. (With a
    /// connection lost during the commit itself it is unknown which: writes must be idempotent.)
    pub async fn commit(self) -> Result<(), DbError> {
        Ok(self.inner.commit().await?)
    }

    /// Undoes everything now instead of when dropped.
    ///
    /// # Errors
    /// A lost connection, which undoes everything too.
    pub async fn rollback(self) -> Result<(), DbError> {
        Ok(self.inner.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}
