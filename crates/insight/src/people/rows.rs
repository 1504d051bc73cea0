//! Rows of customers for any list that knows their numbers.

use db::Access;
use sqlx::PgConnection;

use super::model::PersonRow;
use crate::masking::name_for;
use crate::numbers::PersonRef;

#[derive(sqlx::FromRow)]
struct Row {
    person_no: PersonRef,
    kind: String,
    name: Option<String>,
    gender: Option<String>,
    mobile_masked: Option<String>,
    city: Option<String>,
    vehicle_count: i64,
    record_count: i32,
    store_count: i32,
    store_names: Vec<String>,
    first_seen_on: Option<String>,
    last_seen_on: Option<String>,
    group_verdict: Option<String>,
    internal: bool,
    do_not_contact: bool,
    has_id: bool,
}

const SQL: &str = "
    SELECT p.person_no, p.kind, p.name, p.gender, p.mobile_masked, p.city,
           (SELECT count(DISTINCT r.vehicle_no)
            FROM vehicle_role r
            WHERE r.person_no = p.person_no AND r.role IN ('owner', 'user')) AS vehicle_count,
           p.record_count, p.store_count,
           ARRAY(SELECT s.short_name
                 FROM person_store ps JOIN store s USING (store_id)
                 WHERE ps.person_no = p.person_no
                 ORDER BY ps.last_on DESC NULLS LAST, s.store_id) AS store_names,
           p.first_seen_on::text AS first_seen_on, p.last_seen_on::text AS last_seen_on,
           (SELECT v.verdict
            FROM validity_verdict v
            WHERE v.person_no = p.person_no AND v.scope_kind = 'group' AND v.scope_id = 0) AS group_verdict,
           p.internal, p.do_not_contact,
           (p.id_bidx IS NOT NULL OR p.uscc IS NOT NULL) AS has_id
    FROM unnest($1::int[]) WITH ORDINALITY AS wanted (person_no, at)
    JOIN person p USING (person_no)
    ORDER BY wanted.at";

/// The customers with these numbers, in this order; those outside the reader's scope are left out.
///
/// # Errors
/// A fault of the database.
pub async fn person_rows(
    tx: &mut PgConnection,
    access: &Access,
    persons: &[i32],
) -> Result<Vec<PersonRow>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(SQL).bind(persons).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| shown(access, row)).collect())
}

fn shown(access: &Access, row: Row) -> PersonRow {
    let flags = [
        (row.do_not_contact, "do_not_contact"),
        (row.internal, "internal"),
        (row.mobile_masked.is_none(), "no_mobile"),
        (!row.has_id, "no_id"),
    ];
    PersonRow {
        person_no: row.person_no.0,
        kind: row.kind,
        name: name_for(access, row.name),
        gender: row.gender,
        mobile_masked: row.mobile_masked,
        city: row.city,
        vehicle_count: row.vehicle_count,
        record_count: row.record_count,
        store_count: row.store_count,
        store_names: row.store_names,
        first_seen_on: row.first_seen_on,
        last_seen_on: row.last_seen_on,
        group_verdict: row.group_verdict,
        flags: flags.iter().filter(|(holds, _)| *holds).map(|(_, flag)| (*flag).to_owned()).collect(),
    }
}
