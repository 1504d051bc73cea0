//! Events: written in the transaction of what happened, turned into one job for each subscriber afterwards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::CHANNEL;
use crate::{Db, DbError};

/// Events relayed in one transaction.
const RELAY_MAX: i64 = 500;

/// What a subscriber's job gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Grows with time; an idempotent consumer remembers it.
    pub event_id: i64,
    /// What happened: `identity.customers_merged`.
    pub topic: String,
    /// The shape of the payload.
    pub version: i32,
    /// Whom it is about.
    pub key: String,
    /// Ids and facts, never personal data in the clear.
    pub payload: serde_json::Value,
    /// When.
    pub occurred_at: Timestamp,
}

/// Writes an event in the transaction of what happened.
///
/// # Errors
/// A payload that cannot become JSON; a lost connection.
pub async fn publish(
    tx: &mut PgConnection,
    topic: &str,
    version: i32,
    key: &str,
    payload: &impl Serialize,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO outbox_event (topic, version, key, payload) VALUES ($1, $2, $3, $4)")
        .bind(topic)
        .bind(version)
        .bind(key)
        .bind(serde_json::to_value(payload)?)
        .execute(&mut *tx)
        .await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(tx).await?;
    Ok(())
}

type Row = (i64, String, i32, String, serde_json::Value, jiff_sqlx::Timestamp);

/// Turns waiting events into jobs, in one transaction each batch: an event becomes its jobs once or not yet.
/// `subscriptions` are pairs of topic and job kind. Gives the number of events.
pub(super) async fn relay(db: &Db, subscriptions: &[(String, String)]) -> Result<usize, DbError> {
    let mut tx = db.system().await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT event_id, topic, version, key, payload, occurred_at
         FROM outbox_event
         WHERE relayed_at IS NULL
         ORDER BY event_id
         LIMIT $1
         FOR UPDATE SKIP LOCKED",
    )
    .bind(RELAY_MAX)
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut ids = Vec::with_capacity(rows.len());
    let mut kinds = Vec::new();
    let mut payloads = Vec::new();
    for (event_id, topic, version, key, payload, occurred_at) in rows {
        ids.push(event_id);
        let event = Event { event_id, topic, version, key, payload, occurred_at: occurred_at.to_jiff() };
        for (_, kind) in subscriptions.iter().filter(|(topic, _)| *topic == event.topic) {
            kinds.push(kind.clone());
            payloads.push(serde_json::to_value(&event)?);
        }
    }
    sqlx::query("INSERT INTO job (kind, payload) SELECT * FROM unnest($1::text[], $2::jsonb[])")
        .bind(kinds)
        .bind(payloads)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE outbox_event SET relayed_at = now() WHERE event_id = ANY ($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(ids.len())
}
