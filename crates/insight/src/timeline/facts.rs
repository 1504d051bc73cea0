//! The events of a set of party and vehicle records, read out of the facts.

use sqlx::PgConnection;

/// Events of one customer or vehicle that are looked at; only a fleet has more.
pub const EVENTS_MAX: i64 = 5_000;

/// One event as it lies in the facts.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct FactRow {
    /// Day, `YYYY-MM-DD`.
    pub on_day: String,
    /// Moment, RFC 3339 in UTC, where the source knows it.
    pub at: Option<String>,
    /// Kind of event.
    pub kind: String,
    /// Key of the record.
    pub record_key: i64,
    /// Source system.
    pub source: String,
    /// Store.
    pub store_name: Option<String>,
    /// Party of the fact.
    pub party_key: Option<i64>,
    /// Vehicle of the fact.
    pub vehicle_key: Option<i64>,
    /// Money, in fen.
    pub amount_fen: Option<i64>,
    /// Odometer, in kilometres.
    pub mileage_km: Option<i32>,
    /// Batch it came in.
    pub batch_id: i64,
    /// Row of the batch.
    pub row_no: i32,
    /// What else the fact says, by column.
    pub detail: serde_json::Value,
}

/// `$1` party record keys, `$2` vehicle record keys, `$3` most rows.
const SQL: &str = r#"
    SELECT e.on_day::text AS on_day,
           to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
           e.kind, e.record_key, e.source, s.short_name AS store_name, e.party_key, e.vehicle_key,
           e.amount_fen, e.mileage_km, e.batch_id, e.row_no, e.detail
    FROM (
        SELECT COALESCE(delivered_on, invoiced_on) AS on_day, NULL::timestamptz AS at, 'sale' AS kind,
               record_key, source, store_id, party_key, vehicle_key, price_fen AS amount_fen,
               NULL::int AS mileage_km, batch_id, row_no,
               jsonb_build_object('order_no', order_no, 'pay_kind', pay_kind, 'purchase_kind', purchase_kind,
                                  'advisor', advisor_code, 'guide_price_fen', guide_price_fen,
                                  'trade_in_fen', trade_in_fen, 'invoiced_on', invoiced_on) AS detail
        FROM sale
        WHERE current AND (party_key = ANY ($1) OR vehicle_key = ANY ($2))
        UNION ALL
        SELECT (COALESCE(opened_at, settled_at) AT TIME ZONE 'Asia/Shanghai')::date,
               COALESCE(opened_at, settled_at), 'repair_order',
               record_key, source, store_id, party_key, vehicle_key, paid_fen, mileage_in, batch_id, row_no,
               jsonb_build_object('order_no', order_no, 'kind', kind, 'repair_kind', repair_kind, 'state', state,
                                  'advisor', advisor_code, 'technician', technician_code, 'complaint', complaint,
                                  'labour_fen', labour_fen, 'parts_fen', parts_fen,
                                  'next_due_on', next_due_on, 'next_due_km', next_due_km,
                                  'deliverer_key', deliverer_key::text)
        FROM repair_order
        WHERE current AND (party_key = ANY ($1) OR deliverer_key = ANY ($1) OR vehicle_key = ANY ($2))
        UNION ALL
        SELECT COALESCE(issued_on, commercial_ends_on, compulsory_ends_on), NULL, 'policy',
               record_key, source, store_id, party_key, vehicle_key, paid_fen, NULL, batch_id, row_no,
               jsonb_build_object('insurer', insurer, 'renewal_category', renewal_category, 'agent', agent_code,
                                  'compulsory_ends_on', compulsory_ends_on, 'commercial_ends_on', commercial_ends_on,
                                  'compulsory_fen', compulsory_fen, 'commercial_fen', commercial_fen,
                                  'insured_key', insured_key::text)
        FROM policy
        WHERE current AND (party_key = ANY ($1) OR insured_key = ANY ($1) OR vehicle_key = ANY ($2))
        UNION ALL
        SELECT dealt_on, NULL, 'used_car_deal',
               record_key, source, store_id, party_key, vehicle_key, price_fen, mileage_km, batch_id, row_no,
               jsonb_build_object('kind', kind, 'channel', channel, 'appraiser', appraiser_code)
        FROM used_car_deal
        WHERE current AND (party_key = ANY ($1) OR vehicle_key = ANY ($2))
        UNION ALL
        SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date, created_at, 'lead',
               record_key, source, store_id, party_key, NULL, NULL, NULL, batch_id, row_no,
               jsonb_build_object('channel', channel, 'grade', grade, 'state', state, 'series', series,
                                  'advisor', advisor_code)
        FROM lead
        WHERE current AND party_key = ANY ($1)
        UNION ALL
        SELECT COALESCE(from_on, to_on), NULL, 'ownership',
               record_key, source, store_id, party_key, vehicle_key, NULL, NULL, batch_id, row_no,
               jsonb_build_object('role', role, 'to_on', to_on)
        FROM ownership_record
        WHERE current AND (party_key = ANY ($1) OR vehicle_key = ANY ($2))
        UNION ALL
        SELECT COALESCE(filed_on, seen_on), NULL, CASE source WHEN 'wecom' THEN 'contact' ELSE 'archive' END,
               record_key, source, store_id, record_key, NULL, NULL, NULL, batch_id, row_no,
               jsonb_build_object('source_key', source_key, 'advisor', advisor_code, 'seen_on', seen_on)
        FROM party_record
        WHERE current AND record_key = ANY ($1) AND origin = 'archive'
    ) e
    LEFT JOIN store s ON s.store_id = e.store_id
    WHERE e.on_day IS NOT NULL
    ORDER BY e.on_day DESC, e.kind DESC, e.record_key DESC
    LIMIT $3"#;

/// The events of these records, newest first.
///
/// # Errors
/// A fault of the database.
pub async fn facts(
    tx: &mut PgConnection,
    party_keys: &[i64],
    vehicle_keys: &[i64],
) -> Result<Vec<FactRow>, sqlx::Error> {
    sqlx::query_as(SQL).bind(party_keys).bind(vehicle_keys).bind(EVENTS_MAX).fetch_all(tx).await
}

/// One line of a repair order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ItemRow {
    /// The order.
    pub order_key: i64,
    /// `labour` or `part`.
    pub kind: Option<String>,
    /// What was done or used.
    pub item_name: Option<String>,
    /// Money, in fen.
    pub amount_fen: Option<i64>,
}

/// The lines of these repair orders, in their order.
///
/// # Errors
/// A fault of the database.
pub async fn items(tx: &mut PgConnection, orders: &[i64]) -> Result<Vec<ItemRow>, sqlx::Error> {
    let sql = "
        SELECT order_key, kind, item_name, amount_fen
        FROM repair_item
        WHERE current AND order_key = ANY ($1)
        ORDER BY order_key, line_no
        LIMIT 5000";
    sqlx::query_as(sql).bind(orders).fetch_all(tx).await
}
