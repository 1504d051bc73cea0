//! Everybody's evidence, streamed out of the facts in the order of customer numbers.
//!
//! Two queries run over one snapshot, one row a customer and one row a customer and store, and are
//! merged on the way: PostgreSQL groups and sorts (and spills to disk if it must), here never more
//! than one customer is in memory.

use db::{Db, DbError};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use jiff_sqlx::{Date as SqlDate, ToSqlx as _};
use kernel::ids::{BrandId, RecordKey, StoreId};
use sqlx::{AssertSqlSafe, PgConnection};

use super::judge::Dossier;
use super::rules::{Dealings, Fact, Standing};

/// Lead states in which nobody is going to buy; anything else is an open lead. As the sources write them.
const CLOSED_LEADS: [&str; 12] = [
    "战败",
    "无效",
    "重复",
    "失效",
    "成交",
    "已成交",
    "已关闭",
    "defeated",
    "invalid",
    "duplicate",
    "expired",
    "won",
];

/// Repair orders that were no visit of the customer: cancelled ones, and checks before delivery.
const NO_VISIT: &str = "
    COALESCE(r.state, '') NOT IN ('已取消', '作废', 'cancelled', 'void')
    AND COALESCE(r.repair_kind, '') NOT IN ('PDI', 'pdi')";

/// Day from which the days of facts are counted, so that a fact is two integers.
const EPOCH: Date = date(2000, 1, 1);

#[derive(sqlx::FromRow)]
struct StandingRow {
    person_no: i32,
    internal: bool,
    do_not_contact: bool,
    phones_usable: i64,
    phones_unusable: i64,
    binding_live: bool,
    vehicles_kept: i64,
    vehicles_gone: i64,
    brands: Vec<i32>,
    prospect_on: Option<SqlDate>,
    was_prospect: bool,
    erased: bool,
    blacklisted: bool,
}

/// `$1` the day, `$2` lead states that are closed.
const STANDING: &str = "
    SELECT p.person_no, p.internal, p.do_not_contact,
           COALESCE(ph.usable, 0) AS phones_usable,
           COALESCE(ph.unusable, 0) AS phones_unusable,
           (w.person_no IS NOT NULL) AS binding_live,
           COALESCE(v.kept, 0) AS vehicles_kept,
           COALESCE(v.known - v.kept, 0) AS vehicles_gone,
           COALESCE(v.brands, '{}') || COALESCE(l.brands, '{}') AS brands,
           l.open_on AS prospect_on,
           (l.person_no IS NOT NULL) AS was_prospect,
           COALESCE(s.erased, false) AS erased,
           COALESCE(s.blacklisted, false) AS blacklisted
    FROM person p
    LEFT JOIN (SELECT person_no,
                      count(*) FILTER (WHERE role IN ('personal', 'household', 'unknown')) AS usable,
                      count(*) FILTER (WHERE role NOT IN ('personal', 'household', 'unknown')) AS unusable
               FROM person_phone
               GROUP BY person_no) ph USING (person_no)
    LEFT JOIN (SELECT DISTINCT pr.person_no
               FROM party_record r JOIN person_record pr USING (record_key)
               WHERE r.current AND r.source = 'wecom' AND r.external_userid IS NOT NULL
                 AND r.retired_by IS NULL AND NOT r.flags && ARRAY['state:deleted', 'deleted']) w USING (person_no)
    LEFT JOIN (SELECT r.person_no,
                      count(DISTINCT r.vehicle_no) AS known,
                      count(DISTINCT r.vehicle_no)
                          FILTER (WHERE (r.to_on IS NULL OR r.to_on > $1) AND v.gone IS NULL) AS kept,
                      array_agg(DISTINCT v.brand_id) FILTER (WHERE v.brand_id IS NOT NULL) AS brands
               FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
               WHERE r.role IN ('owner', 'user') AND (r.from_on IS NULL OR r.from_on <= $1)
               GROUP BY r.person_no) v USING (person_no)
    LEFT JOIN (SELECT pr.person_no,
                      max((l.created_at AT TIME ZONE 'Asia/Shanghai')::date)
                          FILTER (WHERE COALESCE(l.state, '') <> ALL ($2)) AS open_on,
                      array_agg(DISTINCT l.brand_id) FILTER (WHERE l.brand_id IS NOT NULL) AS brands
               FROM lead l JOIN person_record pr ON pr.record_key = l.party_key
               WHERE l.current AND (l.created_at AT TIME ZONE 'Asia/Shanghai')::date <= $1
               GROUP BY pr.person_no) l USING (person_no)
    LEFT JOIN (SELECT pr.person_no,
                      bool_or(s.kind = 'erased') AS erased,
                      bool_or(s.kind = 'blacklisted') AS blacklisted
               FROM suppression s JOIN person_record pr USING (record_key)
               WHERE s.lifted_at IS NULL
               GROUP BY pr.person_no) s USING (person_no)
    WHERE p.merged_into IS NULL
    ORDER BY p.person_no";

#[derive(sqlx::FromRow)]
struct DealingsRow {
    person_no: i32,
    store_id: Option<i32>,
    known: bool,
    repair: Option<Vec<i64>>,
    purchase: Option<Vec<i64>>,
    cover: Option<Vec<i64>>,
    interaction: Option<Vec<i64>>,
}

/// `$1` the day. The newest fact of each kind, per customer and store. A visit counts for the party
/// on the order, and for whoever owned or used the car on that day.
fn dealings_sql() -> String {
    format!(
        "
    SELECT person_no, store_id, bool_or(kind = 0) AS known,
           max(fact) FILTER (WHERE kind = 1) AS repair,
           max(fact) FILTER (WHERE kind = 2) AS purchase,
           max(fact) FILTER (WHERE kind = 3) AS cover,
           max(fact) FILTER (WHERE kind = 4) AS interaction
    FROM (
        SELECT person_no, store_id, 0 AS kind, NULL::bigint[] AS fact
        FROM person_store
        UNION ALL
        SELECT pr.person_no, r.store_id, 1, ARRAY[r.on_day - DATE '2000-01-01', r.record_key]
        FROM (SELECT r.*, (COALESCE(r.opened_at, r.settled_at) AT TIME ZONE 'Asia/Shanghai')::date AS on_day
              FROM repair_order r) r
        JOIN person_record pr ON pr.record_key = r.party_key
        WHERE r.current AND r.on_day <= $1 AND {NO_VISIT}
        UNION ALL
        SELECT vr.person_no, r.store_id, 1, ARRAY[r.on_day - DATE '2000-01-01', r.record_key]
        FROM (SELECT r.*, (COALESCE(r.opened_at, r.settled_at) AT TIME ZONE 'Asia/Shanghai')::date AS on_day
              FROM repair_order r) r
        JOIN vehicle_record_link link ON link.record_key = r.vehicle_key
        JOIN vehicle_role vr ON vr.vehicle_no = link.vehicle_no AND vr.role IN ('owner', 'user')
             AND r.on_day >= COALESCE(vr.from_on, '-infinity') AND r.on_day <= COALESCE(vr.to_on, 'infinity')
        WHERE r.current AND r.on_day <= $1 AND {NO_VISIT}
        UNION ALL
        SELECT pr.person_no, s.store_id, 2,
               ARRAY[COALESCE(s.delivered_on, s.invoiced_on) - DATE '2000-01-01', s.record_key]
        FROM sale s JOIN person_record pr ON pr.record_key = s.party_key
        WHERE s.current AND COALESCE(s.delivered_on, s.invoiced_on) <= $1
        UNION ALL
        SELECT pr.person_no, o.store_id, 3, ARRAY[o.ends_on - DATE '2000-01-01', o.record_key]
        FROM (SELECT p.store_id, p.record_key, p.current, p.party_key, p.insured_key,
                     GREATEST(p.compulsory_ends_on, p.commercial_ends_on) AS ends_on,
                     COALESCE(p.issued_on, '-infinity') AS issued_on
              FROM policy p) o
        CROSS JOIN LATERAL (SELECT o.party_key AS key UNION SELECT o.insured_key) AS held
        JOIN person_record pr ON pr.record_key = held.key
        WHERE o.current AND o.ends_on IS NOT NULL AND o.issued_on <= $1
        UNION ALL
        SELECT pr.person_no, l.store_id, 4,
               ARRAY[(l.created_at AT TIME ZONE 'Asia/Shanghai')::date - DATE '2000-01-01', l.record_key]
        FROM lead l JOIN person_record pr ON pr.record_key = l.party_key
        WHERE l.current AND (l.created_at AT TIME ZONE 'Asia/Shanghai')::date <= $1
        UNION ALL
        SELECT pr.person_no, d.store_id, 4, ARRAY[d.dealt_on - DATE '2000-01-01', d.record_key]
        FROM used_car_deal d JOIN person_record pr ON pr.record_key = d.party_key
        WHERE d.current AND d.dealt_on <= $1
        UNION ALL
        SELECT pr.person_no, r.store_id, 4, ARRAY[r.seen_on - DATE '2000-01-01', r.record_key]
        FROM party_record r JOIN person_record pr USING (record_key)
        WHERE r.current AND r.source = 'wecom' AND r.seen_on <= $1
    ) evidence
    GROUP BY person_no, store_id
    ORDER BY person_no, store_id"
    )
}

/// Two connections looking at one snapshot.
pub struct Snapshot {
    standing: sqlx::pool::PoolConnection<sqlx::Postgres>,
    dealings: sqlx::pool::PoolConnection<sqlx::Postgres>,
}

impl Snapshot {
    /// Opens the snapshot. It is given back when dropped.
    ///
    /// # Errors
    /// [`DbError::Busy`] or [`DbError::ConnectionLost`].
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        let mut standing = db.worker_pool().acquire().await?;
        let mut dealings = db.worker_pool().acquire().await?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        for connection in [&mut standing, &mut dealings] {
            // Whatever happens to this transaction, the next user of the connection starts afresh.
            connection.close_on_drop();
            sqlx::raw_sql(begin).execute(&mut **connection).await?;
        }
        let name: String =
            sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut *standing).await?;
        let adopt = format!("SET TRANSACTION SNAPSHOT '{name}'");
        sqlx::raw_sql(AssertSqlSafe(adopt)).execute(&mut *dealings).await?;
        for connection in [&mut standing, &mut dealings] {
            sqlx::raw_sql("SET LOCAL work_mem = '96MB'; SET LOCAL jit = off")
                .execute(&mut **connection)
                .await?;
        }
        Ok(Self { standing, dealings })
    }

    /// How many people there are, for a progress bar.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn count_people(&mut self) -> Result<i64, DbError> {
        let sql = "SELECT count(*) FROM person WHERE merged_into IS NULL";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut *self.standing).await?)
    }

    /// Everybody's evidence as of a day, in the order of customer numbers.
    pub fn dossiers(&mut self, as_of: Date) -> Dossiers<'_> {
        Dossiers {
            standing: standings(&mut self.standing, as_of),
            dealings: dealings(&mut self.dealings, as_of),
            ahead: None,
        }
    }

    /// Ends both transactions and gives their connections up.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn close(self) -> Result<(), DbError> {
        self.standing.close().await?;
        self.dealings.close().await?;
        Ok(())
    }
}

fn standings(connection: &mut PgConnection, as_of: Date) -> BoxStream<'_, Result<StandingRow, sqlx::Error>> {
    let closed: Vec<String> = CLOSED_LEADS.iter().map(|state| (*state).to_owned()).collect();
    sqlx::query_as(STANDING).bind(as_of.to_sqlx()).bind(closed).fetch(connection).boxed()
}

fn dealings(connection: &mut PgConnection, as_of: Date) -> BoxStream<'_, Result<DealingsRow, sqlx::Error>> {
    sqlx::query_as(AssertSqlSafe(dealings_sql())).bind(as_of.to_sqlx()).fetch(connection).boxed()
}

/// The merged stream.
pub struct Dossiers<'c> {
    standing: BoxStream<'c, Result<StandingRow, sqlx::Error>>,
    dealings: BoxStream<'c, Result<DealingsRow, sqlx::Error>>,
    ahead: Option<DealingsRow>,
}

impl Dossiers<'_> {
    /// The next customer; none at the end.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn next(&mut self) -> Result<Option<Dossier>, DbError> {
        let Some(row) = self.standing.next().await.transpose()? else { return Ok(None) };
        let mut stores: Vec<(Option<StoreId>, Dealings)> = Vec::new();
        loop {
            if self.ahead.is_none() {
                self.ahead = self.dealings.next().await.transpose()?;
            }
            match &self.ahead {
                // Facts of a number that was merged away since; its survivor has its records.
                Some(ahead) if ahead.person_no < row.person_no => {}
                Some(ahead) if ahead.person_no == row.person_no => {
                    // A store that has no record of the person proves something to the group only.
                    let store = ahead.store_id.filter(|_| ahead.known).map(StoreId);
                    stores.push((store, dealings_of(ahead)));
                }
                _ => break,
            }
            self.ahead = None;
        }
        Ok(Some(dossier_of(&row, stores)))
    }
}

fn dossier_of(row: &StandingRow, stores: Vec<(Option<StoreId>, Dealings)>) -> Dossier {
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Dossier {
        person_no: row.person_no,
        standing: Standing {
            phones_usable: count(row.phones_usable),
            phones_unusable: count(row.phones_unusable),
            binding_live: row.binding_live,
            vehicles_kept: count(row.vehicles_kept),
            vehicles_gone: count(row.vehicles_gone),
            prospect_on: row.prospect_on.map(SqlDate::to_jiff),
            was_prospect: row.was_prospect,
            internal: row.internal,
            blacklisted: row.blacklisted,
            erased: row.erased,
            do_not_contact: row.do_not_contact,
        },
        brands: row.brands.iter().copied().map(BrandId).collect(),
        stores,
    }
}

fn dealings_of(row: &DealingsRow) -> Dealings {
    let store = row.store_id.map(StoreId);
    let fact = |packed: &Option<Vec<i64>>| match packed.as_deref() {
        Some(&[days, key]) => {
            let on = EPOCH.checked_add(days.days()).ok()?;
            Some(Fact { on, record_key: RecordKey(key), store })
        }
        _ => None,
    };
    Dealings {
        repair: fact(&row.repair),
        purchase: fact(&row.purchase),
        cover: fact(&row.cover),
        interaction: fact(&row.interaction),
    }
}
