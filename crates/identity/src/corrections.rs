//! What customers corrected themselves; outranks every source in every later run.

use std::collections::HashMap;

use jiff_sqlx::Date as SqlDate;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::evidence::hex;
use crate::golden_person::Correction;

/// Corrections in force, by person.
///
/// # Errors
/// When the database fails.
pub async fn of_persons(
    tx: &mut PgConnection,
    numbers: &[i32],
) -> Result<HashMap<i32, Vec<Correction>>, IdentityError> {
    let sql = "
        SELECT link.person_no, c.record_key, c.field, c.value_sealed, c.value_bidx, c.value_clear, c.value_masked,
               (c.made_at AT TIME ZONE 'Asia/Shanghai')::date AS made_on
        FROM correction c
        JOIN person_record link ON link.record_key = c.record_key
        WHERE link.person_no = ANY ($1) AND c.revoked_at IS NULL
        ORDER BY c.correction_id";
    type Row = (i32, i64, String, Option<Vec<u8>>, Option<Vec<u8>>, Option<String>, String, SqlDate);
    let rows: Vec<Row> = sqlx::query_as(sql).bind(numbers).fetch_all(tx).await?;
    let mut found: HashMap<i32, Vec<Correction>> = HashMap::new();
    for (person_no, record_key, field, sealed, bidx, clear, masked, made_on) in rows {
        let value = clear.or_else(|| bidx.as_deref().map(hex)).unwrap_or_default();
        let correction = Correction { field, value, sealed, masked, record_key, made_on: made_on.to_jiff() };
        found.entry(person_no).or_default().push(correction);
    }
    Ok(found)
}
