//! The look-ups behind a query: each probe is one indexed range of one table, cut before anything
//! else is read, and the reader's scope is checked by row-level security on the way.

use db::{Access, Field, Vault};
use sqlx::PgConnection;

use super::detect::Probe;
use crate::numbers::{PersonRef, VehicleRef};

/// How much of the group the reader has, which decides from which end a common name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// Everything: every row of the index is his.
    Group,
    /// Enough that reading the index meets his own customers soon.
    Wide,
    /// So little that looking through his own customers is quicker than finding them in the index.
    Narrow,
}

/// Customers up to which a scope is narrow.
const NARROW_MAX: i64 = 3_000;

impl Breadth {
    /// Of the reader of this transaction.
    pub(super) async fn of_reader(tx: &mut PgConnection, access: &Access) -> Result<Self, sqlx::Error> {
        if access.group && access.own.is_none() {
            return Ok(Breadth::Group);
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM person_store LIMIT $1) own";
        let customers: i64 = sqlx::query_scalar(sql).bind(NARROW_MAX + 1).fetch_one(tx).await?;
        Ok(if customers > NARROW_MAX { Breadth::Wide } else { Breadth::Narrow })
    }

    /// Rows of his own a probe looks at before it sorts: names are as common as 张伟. Of many
    /// stores only some rows of the index are his, so there it must be content with fewer.
    fn window(self, limit: i64) -> i64 {
        match self {
            Breadth::Group => limit.max(200),
            Breadth::Wide | Breadth::Narrow => limit.max(30),
        }
    }
}

/// The first text after all texts that begin with `prefix`, in byte order.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

pub(super) async fn probe_persons(
    tx: &mut PgConnection,
    vault: &Vault,
    probe: &Probe,
    breadth: Breadth,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    match probe {
        Probe::PersonNo(number) => {
            let sql = "SELECT COALESCE(merged_into, person_no) FROM person WHERE person_no = $1";
            sqlx::query_scalar(sql).bind(PersonRef(*number).sql()).fetch_all(tx).await
        }
        Probe::Name(name) if breadth == Breadth::Narrow => by_name_of_own(tx, name, limit).await,
        Probe::Name(name) => by_name(tx, name, breadth, limit).await,
        Probe::Pinyin(pinyin) if breadth == Breadth::Narrow => by_pinyin_of_own(tx, pinyin, limit).await,
        Probe::Pinyin(pinyin) if breadth == Breadth::Wide => {
            let window = breadth.window(limit);
            let mut found = by_start_of_some(&mut *tx, "name_initials", pinyin, window).await?;
            found.extend(by_start_of_some(&mut *tx, "name_pinyin", pinyin, window).await?);
            let sql = "
                SELECT person_no
                FROM person
                WHERE person_no = ANY ($1)
                ORDER BY name_initials = $2 OR name_pinyin = $2 DESC, last_seen_on DESC NULLS LAST, person_no
                LIMIT $3";
            sqlx::query_scalar(sql).bind(found).bind(pinyin).bind(limit).fetch_all(tx).await
        }
        Probe::Pinyin(pinyin) => {
            let sql = "
                SELECT person_no
                FROM ((SELECT person_no, name_initials = $1 AS whole, last_seen_on
                       FROM person
                       WHERE merged_into IS NULL AND name_initials ~>=~ $1 AND name_initials ~<~ $2
                       ORDER BY name_initials USING ~<~
                       LIMIT $3)
                      UNION
                      (SELECT person_no, name_pinyin = $1, last_seen_on
                       FROM person
                       WHERE merged_into IS NULL AND name_pinyin ~>=~ $1 AND name_pinyin ~<~ $2
                       ORDER BY name_pinyin USING ~<~
                       LIMIT $3)) found
                ORDER BY whole DESC, last_seen_on DESC NULLS LAST, person_no
                LIMIT $4";
            sqlx::query_scalar(sql)
                .bind(pinyin)
                .bind(after(pinyin))
                .bind(breadth.window(limit))
                .bind(limit)
                .fetch_all(tx)
                .await
        }
        Probe::Phone(phone) => {
            let sql = "SELECT DISTINCT person_no FROM person_phone WHERE phone_bidx = $1 LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::Mobile, phone), limit).await
        }
        Probe::PhoneTail(tail) => {
            let sql = "SELECT DISTINCT person_no FROM person_phone WHERE tail_bidx = $1 LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::Mobile, tail), limit).await
        }
        Probe::IdNumber(id) => {
            let sql = "SELECT person_no FROM person WHERE id_bidx = $1 AND merged_into IS NULL LIMIT $2";
            by_index(tx, sql, &vault.blind(Field::IdNumber, id), limit).await
        }
        Probe::VehicleNo(_) | Probe::Plate(_) | Probe::VinTail(_) | Probe::Vin(_) => Ok(Vec::new()),
    }
}

/// By the beginning of the name; only when that does not fill the list, by its middle.
async fn by_name(
    tx: &mut PgConnection,
    name: &str,
    breadth: Breadth,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let sql = "
        SELECT person_no
        FROM (SELECT person_no, name = $1 AS whole, last_seen_on
              FROM person
              WHERE merged_into IS NULL AND name ~>=~ $1 AND name ~<~ $2
              ORDER BY name USING ~<~
              LIMIT $3) found
        ORDER BY whole DESC, last_seen_on DESC NULLS LAST, person_no
        LIMIT $4";
    let window = breadth.window(limit);
    let mut found: Vec<i32> = match breadth {
        Breadth::Group | Breadth::Narrow => {
            let query = sqlx::query_scalar(sql).bind(name).bind(after(name)).bind(window).bind(limit);
            query.fetch_all(&mut *tx).await?
        }
        Breadth::Wide => {
            let found = by_start_of_some(&mut *tx, "name", name, window).await?;
            let sql = "
                SELECT person_no
                FROM person
                WHERE person_no = ANY ($1)
                ORDER BY name = $2 DESC, last_seen_on DESC NULLS LAST, person_no
                LIMIT $3";
            sqlx::query_scalar(sql).bind(found).bind(name).bind(limit).fetch_all(&mut *tx).await?
        }
    };
    let room = limit - i64::try_from(found.len()).unwrap_or(limit);
    if room <= 0 {
        return Ok(found);
    }
    let sql = "SELECT fc_persons_by_name_part($1, $2)";
    let middle: Vec<i32> = sqlx::query_scalar(sql).bind(name).bind(room).fetch_all(tx).await?;
    found.extend(middle);
    Ok(found)
}

/// Candidates among the customers of some stores, found in bounded time however common the name is.
async fn by_start_of_some(
    tx: &mut PgConnection,
    spelling: &str,
    start: &str,
    most: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    let sql = "SELECT fc_persons_by_name_start($1, $2, $3, $4)";
    sqlx::query_scalar(sql).bind(spelling).bind(start).bind(after(start)).bind(most).fetch_all(tx).await
}

/// Through the reader's own customers: beginning and middle of the name at once.
async fn by_name_of_own(tx: &mut PgConnection, name: &str, limit: i64) -> Result<Vec<i32>, sqlx::Error> {
    let sql = "
        SELECT p.person_no
        FROM (SELECT DISTINCT person_no FROM person_store OFFSET 0) own
        JOIN person p USING (person_no)
        WHERE p.merged_into IS NULL AND position($1 IN p.name) > 0
        ORDER BY p.name = $1 DESC, position($1 IN p.name), p.last_seen_on DESC NULLS LAST, p.person_no
        LIMIT $2";
    sqlx::query_scalar(sql).bind(name).bind(limit).fetch_all(tx).await
}

/// Through the reader's own customers: initials and pinyin at once.
async fn by_pinyin_of_own(tx: &mut PgConnection, pinyin: &str, limit: i64) -> Result<Vec<i32>, sqlx::Error> {
    let sql = "
        SELECT p.person_no
        FROM (SELECT DISTINCT person_no FROM person_store OFFSET 0) own
        JOIN person p USING (person_no)
        WHERE p.merged_into IS NULL AND (starts_with(p.name_initials, $1) OR starts_with(p.name_pinyin, $1))
        ORDER BY p.name_initials = $1 OR p.name_pinyin = $1 DESC, p.last_seen_on DESC NULLS LAST, p.person_no
        LIMIT $2";
    sqlx::query_scalar(sql).bind(pinyin).bind(limit).fetch_all(tx).await
}

async fn by_index(
    tx: &mut PgConnection,
    sql: &'static str,
    index: &[u8],
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(sql).bind(index).bind(limit).fetch_all(tx).await
}

pub(super) async fn probe_vehicles(
    tx: &mut PgConnection,
    probe: &Probe,
    breadth: Breadth,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    match probe {
        Probe::VehicleNo(number) => {
            let sql = "SELECT COALESCE(merged_into, vehicle_no) FROM vehicle WHERE vehicle_no = $1";
            sqlx::query_scalar(sql).bind(VehicleRef(*number).sql()).fetch_all(tx).await
        }
        Probe::Plate(plate) => {
            // Plates a vehicle once had count too, after the ones in use.
            let sql = "
                SELECT vehicle_no
                FROM (SELECT vehicle_no, max(last_on) AS last_on, bool_or(plate = $1) AS whole
                      FROM (SELECT vehicle_no, plate, last_on
                            FROM vehicle_plate
                            WHERE plate ~>=~ $1 AND plate ~<~ $2
                            ORDER BY plate USING ~<~
                            LIMIT $3) ranged
                      GROUP BY vehicle_no) found
                ORDER BY whole DESC, last_on DESC NULLS LAST, vehicle_no
                LIMIT $4";
            ranged(tx, sql, plate, breadth, limit).await
        }
        Probe::VinTail(tail) => {
            let reversed: String = tail.chars().rev().collect();
            let sql = "SELECT fc_vehicles_by_vin_tail($1, $2, $3)";
            sqlx::query_scalar(sql).bind(&reversed).bind(after(&reversed)).bind(limit).fetch_all(tx).await
        }
        Probe::Vin(vin) => {
            let sql = "
                SELECT vehicle_no
                FROM (SELECT vehicle_no, vin
                      FROM vehicle
                      WHERE vin IS NOT NULL AND merged_into IS NULL AND vin ~>=~ $1 AND vin ~<~ $2
                      ORDER BY vin USING ~<~
                      LIMIT $3) found
                LIMIT $4";
            ranged(tx, sql, vin, breadth, limit).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn ranged(
    tx: &mut PgConnection,
    sql: &'static str,
    prefix: &str,
    breadth: Breadth,
    limit: i64,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(sql)
        .bind(prefix)
        .bind(after(prefix))
        .bind(breadth.window(limit))
        .bind(limit)
        .fetch_all(tx)
        .await
}
