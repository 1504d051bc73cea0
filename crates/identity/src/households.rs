//! Households are derived, never merged: people of different names who share a home address, or a
//! private phone and a surname. Recomputed whole with every full run.

use sqlx::PgConnection;

use crate::IdentityError;

/// Persons an address may have before it is a dormitory or an office and no home.
const HOME_MEMBERS_MAX: i64 = 6;

/// Recomputes all households, or those of some persons.
///
/// # Errors
/// When the database fails.
pub async fn derive(tx: &mut PgConnection, only: Option<&[i32]>) -> Result<u64, IdentityError> {
    let sql = "DELETE FROM household WHERE $1::int[] IS NULL OR household_id IN (
                   SELECT household_id FROM household_member WHERE person_no = ANY ($1))";
    sqlx::query(sql).bind(only).execute(&mut *tx).await?;
    let values = match only {
        Some(persons) => Some(values_of(tx, persons).await?),
        None => None,
    };
    // One pass: a household is a set of two to six persons behind one phone that families share, or
    // one home address. Phones come first; an address adds only people no phone has brought home.
    let sql = "
        WITH shared AS (
            SELECT 'phone' AS basis, phone_bidx AS value, person_no
            FROM person_phone JOIN person USING (person_no)
            WHERE ($3::bytea[] IS NULL OR phone_bidx = ANY ($3))
              AND person_phone.role = 'household' AND person.kind <> 'company' AND person.merged_into IS NULL
            UNION
            SELECT 'address', p.address_key, link.person_no
            FROM party_record p
            JOIN person_record link USING (record_key)
            JOIN person ON person.person_no = link.person_no
            WHERE p.current AND p.address_key IS NOT NULL AND person.kind <> 'company'
              AND ($3::bytea[] IS NULL OR p.address_key = ANY ($3))
        ), home AS (
            SELECT basis, value, array_agg(DISTINCT person_no ORDER BY person_no) AS members
            FROM shared
            GROUP BY basis, value
            HAVING count(DISTINCT person_no) BETWEEN 2 AND $1
               AND ($2::int[] IS NULL OR bool_or(person_no = ANY ($2)))
        ), distinct_home AS (
            SELECT nextval('household_no_seq') AS household_id, basis, members
            FROM (SELECT min(basis) AS basis, members FROM home GROUP BY members ORDER BY members) AS ordered
        ), made AS (
            INSERT INTO household (household_id, basis, member_count)
            SELECT household_id, basis, cardinality(members) FROM distinct_home
            RETURNING household_id
        ), joined AS (
            INSERT INTO household_member (household_id, person_no)
            SELECT household_id, unnest(members) FROM distinct_home
            RETURNING person_no
        )
        SELECT count(*) FROM made";
    let households: i64 =
        sqlx::query_scalar(sql).bind(HOME_MEMBERS_MAX).bind(only).bind(values).fetch_one(&mut *tx).await?;
    Ok(u64::try_from(households).unwrap_or(0))
}

/// Phones and addresses of some persons: only these can tie them to a household.
async fn values_of(tx: &mut PgConnection, persons: &[i32]) -> Result<Vec<Vec<u8>>, IdentityError> {
    let sql = "
        SELECT phone_bidx FROM person_phone WHERE person_no = ANY ($1)
        UNION
        SELECT p.address_key
        FROM person_record link
        JOIN party_record p ON p.record_key = link.record_key AND p.current
        WHERE link.person_no = ANY ($1) AND p.address_key IS NOT NULL";
    Ok(sqlx::query_scalar(sql).bind(persons).fetch_all(tx).await?)
}
