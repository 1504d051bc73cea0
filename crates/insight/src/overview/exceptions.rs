//! What wants a look, and who is new.

use std::collections::HashMap;

use jiff::civil::Date;
use sqlx::PgConnection;
use web::Ctx;

use super::figures::Widest;
use super::{Exception, Newcomer};
use crate::masking::{name_for, plate_for};
use crate::numbers::PersonRef;

/// Newcomers shown.
const NEWCOMERS_MAX: i64 = 10;

pub(super) fn exception(code: &'static str, zh: &str, en: &str, count: i64, to: &str) -> Option<Exception> {
    (count > 0).then(|| Exception { code, zh: zh.to_owned(), en: en.to_owned(), count, to: to.to_owned() })
}

/// Customers of whom nobody can say whether they still have a car: a task for the stores.
pub(super) async fn unknown_people(
    tx: &mut PgConnection,
    widest: &Widest,
) -> Result<Option<Exception>, sqlx::Error> {
    let sql = "
        SELECT unknown::bigint
        FROM validity_count
        WHERE scope_kind = $1 AND scope_id = $2 AND on_day = (SELECT as_of FROM validity_current)";
    let count: Option<i64> =
        sqlx::query_scalar(sql).bind(widest.kind).bind(widest.id).fetch_optional(tx).await?;
    let to = format!("/validity/people?scope_kind={}&scope_id={}&verdict=unknown", widest.kind, widest.id);
    let (zh, en) = ("位客户无法判断是否仍有车", "customers of whom it is unknown whether they have a car");
    Ok(exception("validity_unknown", zh, en, count.unwrap_or(0), &to))
}

/// The pair of the reader's stores with the most customers lost at one and served by the other.
pub(super) async fn lost_elsewhere(tx: &mut PgConnection) -> Result<Option<Exception>, sqlx::Error> {
    let sql = "
        SELECT lost_at, served_by, people::bigint
        FROM (SELECT store_b AS lost_at, store_a AS served_by, valid_a_only AS people FROM validity_overlap
              UNION ALL
              SELECT store_a, store_b, valid_b_only FROM validity_overlap) pair
        WHERE people > 0
        ORDER BY people DESC, lost_at, served_by
        LIMIT 1";
    let Some((lost_at, served_by, people)) =
        sqlx::query_as::<_, (i32, i32, i64)>(sql).fetch_optional(&mut *tx).await?
    else {
        return Ok(None);
    };
    let sql = "SELECT store_id, short_name FROM store WHERE store_id = ANY ($1)";
    let names: Vec<(i32, String)> = sqlx::query_as(sql).bind(vec![lost_at, served_by]).fetch_all(tx).await?;
    let names: HashMap<i32, String> = names.into_iter().collect();
    let name = |store| names.get(&store).map_or("", String::as_str);
    let zh = format!("位客户在{}无效、在{}有效", name(lost_at), name(served_by));
    let en = format!("customers invalid at {} and valid at {}", name(lost_at), name(served_by));
    let to = format!(
        "/validity/people?scope_kind=store&scope_id={lost_at}&verdict=invalid\
         &other_scope_kind=store&other_scope_id={served_by}&other_verdict=valid"
    );
    Ok(exception("valid_elsewhere", &zh, &en, people, &to))
}

pub(super) async fn newcomers(
    tx: &mut PgConnection,
    ctx: &Ctx,
    today: Date,
) -> Result<Vec<Newcomer>, sqlx::Error> {
    let sql = "
        SELECT ps.person_no, p.name, ps.first_on::text,
               v.plate, COALESCE(v.series, v.model) AS series
        FROM (SELECT person_no, max(first_on) AS first_on
              FROM person_store
              WHERE first_on > $1::date - 30 AND first_on <= $1::date
              GROUP BY person_no
              ORDER BY max(first_on) DESC, person_no
              LIMIT $2) ps
        JOIN person p USING (person_no)
        LEFT JOIN LATERAL (SELECT v.plate, v.series, v.model
                           FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
                           WHERE r.person_no = ps.person_no AND r.role IN ('owner', 'user')
                           ORDER BY r.from_on DESC NULLS LAST
                           LIMIT 1) v ON true
        ORDER BY ps.first_on DESC, ps.person_no";
    type Row = (PersonRef, Option<String>, String, Option<String>, Option<String>);
    let rows: Vec<Row> =
        sqlx::query_as(sql).bind(today.to_string()).bind(NEWCOMERS_MAX).fetch_all(tx).await?;
    let shown = rows.into_iter().map(|(person_no, name, seen_on, plate, series)| Newcomer {
        person_no: person_no.0,
        name: name_for(&ctx.access, name),
        seen_on,
        vehicle: plate_for(&ctx.access, plate).or(series),
    });
    Ok(shown.collect())
}
