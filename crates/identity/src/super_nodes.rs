//! Values that many names share: front desks, traders, offices. They say nothing about one customer,
//! are listed for people to see, and shape the role of each phone.

use rustc_hash::FxHashMap;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::golden_person::PhoneUse;

/// Distinct names from which a phone says nothing about one customer (identity.md E2).
const SHARED_NAMES: i64 = 5;
/// Distinct names from which it is a store's rather than a trader's.
const STORE_NAMES: i64 = 20;

/// Recomputes the list of shared phones and addresses.
///
/// # Errors
/// When the database fails.
pub async fn derive(tx: &mut PgConnection, run_id: i64) -> Result<u64, IdentityError> {
    sqlx::raw_sql("DELETE FROM super_node").execute(&mut *tx).await?;
    let sql = "
        INSERT INTO super_node (kind, value_bidx, value_masked, role, distinct_names, records, stores, run_id,
                                first_seen_on, last_seen_on, store_ids)
        SELECT kind, bidx, min(masked),
               CASE WHEN bool_or(flag = 'placeholder') THEN 'placeholder'
                    WHEN bool_or(staff) THEN 'staff'
                    WHEN count(DISTINCT name) FILTER (WHERE party_kind = 'company') * 2 > count(DISTINCT name)
                    THEN 'switchboard'
                    WHEN count(DISTINCT name) >= $2 THEN 'store_phone'
                    ELSE 'trader' END,
               count(DISTINCT name), count(*), count(DISTINCT store_id), $3, min(seen_on), max(seen_on),
               coalesce(array_agg(DISTINCT store_id) FILTER (WHERE store_id IS NOT NULL), '{}')
        FROM (
            SELECT 'phone' AS kind, mobile_bidx AS bidx, mobile_masked AS masked, mobile_flag AS flag,
                   EXISTS (SELECT 1 FROM employee_record e WHERE e.current AND e.mobile_bidx = p.mobile_bidx) AS staff,
                   party_kind, name, store_id, seen_on
            FROM party_record p WHERE current AND mobile_bidx IS NOT NULL AND name IS NOT NULL
            UNION ALL
            SELECT 'phone', phone2_bidx, phone2_masked, phone2_flag, false, party_kind, name, store_id, seen_on
            FROM party_record WHERE current AND phone2_bidx IS NOT NULL AND name IS NOT NULL
            UNION ALL
            SELECT 'address', address_key, coalesce(city, ''), NULL, false, party_kind, name, store_id, seen_on
            FROM party_record WHERE current AND address_key IS NOT NULL AND name IS NOT NULL
        ) AS said
        GROUP BY kind, bidx
        HAVING count(DISTINCT name) >= $1";
    let done = sqlx::query(sql).bind(SHARED_NAMES).bind(STORE_NAMES).bind(run_id).execute(&mut *tx).await?;
    Ok(done.rows_affected())
}

/// Use of the phones of some persons, as the last full run found it: decisions move records, never facts.
///
/// # Errors
/// When the database fails.
pub async fn phones_of(
    tx: &mut PgConnection,
    persons: &[i32],
) -> Result<FxHashMap<Vec<u8>, PhoneUse>, IdentityError> {
    let sql = "SELECT DISTINCT phone_bidx, role = 'store' FROM person_phone
               WHERE person_no = ANY ($1) AND role IN ('store', 'household')";
    let rows: Vec<(Vec<u8>, bool)> = sqlx::query_as(sql).bind(persons).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(bidx, shared)| (bidx, use_of(shared))).collect())
}

const fn use_of(shared: bool) -> PhoneUse {
    if shared { PhoneUse::Shared } else { PhoneUse::Household }
}

/// Use of every phone that more than one name has.
///
/// # Errors
/// When the database fails.
pub async fn phones(tx: &mut PgConnection) -> Result<FxHashMap<Vec<u8>, PhoneUse>, IdentityError> {
    let sql = "
        SELECT bidx, count(DISTINCT name) >= $1 AS shared
        FROM (
            SELECT mobile_bidx AS bidx, name FROM party_record
            WHERE current AND mobile_bidx IS NOT NULL AND name IS NOT NULL
            UNION ALL
            SELECT phone2_bidx, name FROM party_record
            WHERE current AND phone2_bidx IS NOT NULL AND name IS NOT NULL
        ) AS said
        GROUP BY bidx
        HAVING count(DISTINCT name) > 1";
    let rows: Vec<(Vec<u8>, bool)> = sqlx::query_as(sql).bind(SHARED_NAMES).fetch_all(&mut *tx).await?;
    Ok(rows.into_iter().map(|(bidx, shared)| (bidx, use_of(shared))).collect())
}
