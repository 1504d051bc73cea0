//! Data quality: four classes of defects among the current records, measured once a day, with a score for every store
//! and source, findings that somebody answers for, and a score for a single customer.

use std::collections::BTreeMap;

use db::Db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use kernel::RecordKey;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::IntakeError;
use crate::facts::Table;
use crate::rules::{DefectClass, class_of_mark};

/// How much a class weighs in a score, in percent. A wrong value misleads, a missing one only does not help.
pub fn weight_percent(class: DefectClass) -> i64 {
    match class {
        DefectClass::Error => 40,
        DefectClass::Incomplete => 25,
        DefectClass::Inconsistent => 20,
        DefectClass::Duplicate => 15,
    }
}

/// Score of a set of records, 0 to 100: a hundred less the weighted share of records with a defect of each class.
/// `None` without records.
pub fn score(records: i64, bad: &BTreeMap<DefectClass, i64>) -> Option<i32> {
    if records == 0 {
        return None;
    }
    let lost: i64 = bad.iter().map(|(class, bad)| weight_percent(*class) * (*bad).min(records)).sum();
    i32::try_from((100 * records - lost + records / 2) / records).ok()
}

type Key = (Option<i32>, String, &'static str, DefectClass, String);

/// Measures the current records as of a day and writes the day's figures; a second time replaces the first.
///
/// # Errors
/// The database is away.
pub async fn measure_quality(db: &Db, day: Date) -> Result<u64, IntakeError> {
    let mut tx = db.system().await?;
    let mut records: BTreeMap<(Option<i32>, String, &'static str), i64> = BTreeMap::new();
    let mut bad: BTreeMap<Key, i64> = BTreeMap::new();
    for table in Table::ALL {
        let entity = table.entity().code();
        let counted =
            format!("SELECT store_id, source, count(*) FROM {} WHERE current GROUP BY 1, 2", table.name());
        let rows: Vec<(Option<i32>, String, i64)> =
            sqlx::query_as(AssertSqlSafe(counted)).fetch_all(&mut *tx).await?;
        for (store, source, n) in rows {
            records.insert((store, source, entity), n);
        }
        let flagged = format!(
            "SELECT store_id, source, flag, count(*)
             FROM {} CROSS JOIN LATERAL unnest(flags) AS flag
             WHERE current AND flags <> '{{}}'
             GROUP BY 1, 2, 3",
            table.name()
        );
        let rows: Vec<(Option<i32>, String, String, i64)> =
            sqlx::query_as(AssertSqlSafe(flagged)).fetch_all(&mut *tx).await?;
        for (store, source, rule, n) in rows {
            let code = rule.split_once(':').map_or("", |(_, code)| code);
            if let Some(class) = class_of_mark(code) {
                bad.insert((store, source, entity, class, rule), n);
            }
        }
    }
    for (class, entity, rule, sql) in ACROSS {
        let rows: Vec<(Option<i32>, String, i64)> = sqlx::query_as(*sql).fetch_all(&mut *tx).await?;
        for (store, source, n) in rows.into_iter().filter(|(.., n)| *n > 0) {
            bad.insert((store, source, entity, *class, (*rule).to_owned()), n);
        }
    }
    let written = write_day(&mut tx, day, &records, &bad).await?;
    write_scores(&mut tx, day, &records, &bad).await?;
    write_findings(&mut tx, day).await?;
    tx.commit().await?;
    Ok(written)
}

/// Rules that compare records with one another or count what is absent.
const ACROSS: &[(DefectClass, &str, &str, &str)] = &[
    (
        DefectClass::Duplicate,
        "customer",
        "same_name_and_phone",
        "SELECT store_id, source, sum(n - 1)::bigint
         FROM (SELECT store_id, source, count(*) AS n
               FROM party_record
               WHERE current AND origin = 'archive' AND mobile_bidx IS NOT NULL AND name IS NOT NULL
               GROUP BY store_id, source, name, mobile_bidx
               HAVING count(*) > 1) same
         GROUP BY 1, 2",
    ),
    (
        DefectClass::Inconsistent,
        "customer",
        "phone_of_many_names",
        "SELECT store_id, source, sum(n)::bigint
         FROM (SELECT store_id, source, count(*) AS n
               FROM party_record
               WHERE current AND origin = 'archive' AND mobile_bidx IS NOT NULL
               GROUP BY store_id, source, mobile_bidx
               HAVING count(DISTINCT name) > 4) many
         GROUP BY 1, 2",
    ),
    (
        DefectClass::Inconsistent,
        "vehicle",
        "vin_with_two_engines",
        "SELECT store_id, source, sum(n)::bigint
         FROM (SELECT store_id, source, count(*) AS n
               FROM vehicle_record
               WHERE current AND vin IS NOT NULL AND engine_no IS NOT NULL
               GROUP BY store_id, source, vin
               HAVING count(DISTINCT engine_no) > 1) two
         GROUP BY 1, 2",
    ),
    (
        DefectClass::Incomplete,
        "customer",
        "id_no:missing",
        "SELECT store_id, source, count(*) FILTER (WHERE id_sealed IS NULL AND uscc IS NULL AND id_masked IS NULL)
         FROM party_record WHERE current AND origin = 'archive' GROUP BY 1, 2",
    ),
    (
        DefectClass::Incomplete,
        "customer",
        "address:missing",
        "SELECT store_id, source, count(*) FILTER (WHERE address_sealed IS NULL)
         FROM party_record WHERE current AND origin = 'archive' GROUP BY 1, 2",
    ),
    (
        DefectClass::Incomplete,
        "customer",
        "birthday:missing",
        "SELECT store_id, source, count(*) FILTER (WHERE birth_on IS NULL AND party_kind = 'person')
         FROM party_record WHERE current AND origin = 'archive' GROUP BY 1, 2",
    ),
];

async fn write_day(
    tx: &mut PgConnection,
    day: Date,
    records: &BTreeMap<(Option<i32>, String, &'static str), i64>,
    bad: &BTreeMap<Key, i64>,
) -> Result<u64, IntakeError> {
    sqlx::query("DELETE FROM quality_day WHERE measured_on = $1")
        .bind(day.to_sqlx())
        .execute(&mut *tx)
        .await?;
    let (mut stores, mut sources, mut entities) = (Vec::new(), Vec::new(), Vec::new());
    let (mut classes, mut rules, mut totals, mut bads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((store, source, entity, class, rule), n) in bad {
        stores.push(*store);
        sources.push(source.as_str());
        entities.push(*entity);
        classes.push(class.code());
        rules.push(rule.as_str());
        totals.push(records.get(&(*store, source.clone(), *entity)).copied().unwrap_or(0));
        bads.push(*n);
    }
    let written = sqlx::query(
        "INSERT INTO quality_day (measured_on, store_id, source, entity, defect_class, rule, records, bad)
         SELECT $1, q.*
         FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]) AS q",
    )
    .bind(day.to_sqlx())
    .bind(&stores)
    .bind(&sources)
    .bind(&entities)
    .bind(&classes)
    .bind(&rules)
    .bind(&totals)
    .bind(&bads)
    .execute(tx)
    .await?;
    Ok(written.rows_affected())
}

async fn write_scores(
    tx: &mut PgConnection,
    day: Date,
    records: &BTreeMap<(Option<i32>, String, &'static str), i64>,
    bad: &BTreeMap<Key, i64>,
) -> Result<(), IntakeError> {
    let mut sums: BTreeMap<(Option<i32>, String), (i64, BTreeMap<DefectClass, i64>)> = BTreeMap::new();
    for ((store, source, _), n) in records {
        sums.entry((*store, source.clone())).or_default().0 += n;
    }
    for ((store, source, _, class, _), n) in bad {
        *sums.entry((*store, source.clone())).or_default().1.entry(*class).or_insert(0) += n;
    }
    let complete: Vec<(Option<i32>, String, i32)> = sqlx::query_as(
        "SELECT store_id, source,
                (10000 * avg((name IS NOT NULL)::int + (mobile_sealed IS NOT NULL)::int + (id_sealed IS NOT NULL)::int
                             + (birth_on IS NOT NULL)::int + (gender IS NOT NULL)::int + (address_sealed IS NOT NULL)::int) / 6)::int
         FROM party_record
         WHERE current AND origin = 'archive'
         GROUP BY 1, 2",
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM quality_score WHERE measured_on = $1")
        .bind(day.to_sqlx())
        .execute(&mut *tx)
        .await?;
    for ((store, source), (total, bad)) in sums {
        let bps = complete.iter().find(|(s, src, _)| *s == store && *src == source).map_or(10_000, |c| c.2);
        sqlx::query(
            "INSERT INTO quality_score (measured_on, store_id, source, records, complete_bps, score)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(day.to_sqlx())
        .bind(store)
        .bind(&source)
        .bind(total)
        .bind(bps)
        .bind(score(total, &bad).unwrap_or(100))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// A rule that is broken somewhere is a finding until it is broken no more; what somebody accepted stays accepted.
async fn write_findings(tx: &mut PgConnection, day: Date) -> Result<(), IntakeError> {
    sqlx::query(
        "INSERT INTO quality_finding AS f (store_id, source, entity, defect_class, rule, bad, first_seen_on, last_seen_on)
         SELECT store_id, source, entity, defect_class, rule, bad, measured_on, measured_on
         FROM quality_day
         WHERE measured_on = $1 AND bad > 0
         ON CONFLICT (store_id, source, entity, rule) DO UPDATE
         SET bad = EXCLUDED.bad,
             last_seen_on = EXCLUDED.last_seen_on,
             state = CASE WHEN f.state = 'mended' THEN 'open' ELSE f.state END",
    )
    .bind(day.to_sqlx())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE quality_finding SET state = 'mended', bad = 0 WHERE last_seen_on < $1 AND state = 'open'",
    )
    .bind(day.to_sqlx())
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Quality of the records behind one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsQuality {
    /// 0 to 100: the share of the profile that some record fills, less ten for every class of defect.
    pub score: i32,
    /// Profile fields no record fills.
    pub missing: Vec<&'static str>,
    /// Marks of the records (`mobile:placeholder`) and how many carry each.
    pub defects: Vec<(String, i64)>,
}

/// Quality of a customer's records, in the scope of the transaction.
///
/// # Errors
/// The database is away.
pub async fn quality_of_records(
    tx: &mut PgConnection,
    keys: &[RecordKey],
) -> Result<RecordsQuality, IntakeError> {
    let keys: Vec<i64> = keys.iter().map(|k| k.get()).collect();
    let filled: (bool, bool, bool, bool, bool, bool) = sqlx::query_as(
        "SELECT COALESCE(bool_or(name IS NOT NULL), false), COALESCE(bool_or(mobile_sealed IS NOT NULL), false),
                COALESCE(bool_or(id_sealed IS NOT NULL OR uscc IS NOT NULL), false),
                COALESCE(bool_or(birth_on IS NOT NULL OR party_kind = 'company'), false),
                COALESCE(bool_or(gender IS NOT NULL OR party_kind = 'company'), false),
                COALESCE(bool_or(address_sealed IS NOT NULL), false)
         FROM party_record
         WHERE current AND record_key = ANY ($1)",
    )
    .bind(&keys)
    .fetch_one(&mut *tx)
    .await?;
    let defects: Vec<(String, i64)> = sqlx::query_as(
        "SELECT flag, count(*)
         FROM party_record CROSS JOIN LATERAL unnest(flags) AS flag
         WHERE current AND record_key = ANY ($1)
         GROUP BY 1
         ORDER BY 2 DESC, 1",
    )
    .bind(&keys)
    .fetch_all(tx)
    .await?;
    let profile = [
        ("name", filled.0),
        ("mobile", filled.1),
        ("id_no", filled.2),
        ("birthday", filled.3),
        ("gender", filled.4),
        ("address", filled.5),
    ];
    let missing: Vec<&'static str> =
        profile.iter().filter(|(_, there)| !there).map(|(field, _)| *field).collect();
    let class = |rule: &str| class_of_mark(rule.split_once(':').map_or("", |(_, code)| code));
    let mut classes: Vec<DefectClass> = defects.iter().filter_map(|(rule, _)| class(rule)).collect();
    classes.sort_unstable();
    classes.dedup();
    let score = 100 - 100 * missing.len() as i32 / profile.len() as i32 - 10 * classes.len() as i32;
    Ok(RecordsQuality { score: score.max(0), missing, defects })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_loses_by_class_and_share() {
        for (records, bad, expected) in [
            (100, vec![], Some(100)),
            (100, vec![(DefectClass::Error, 100)], Some(60)),
            (100, vec![(DefectClass::Error, 10), (DefectClass::Incomplete, 40)], Some(86)),
            (100, vec![(DefectClass::Incomplete, 900)], Some(75)),
            (3, vec![(DefectClass::Duplicate, 1)], Some(95)),
            (0, vec![], None),
        ] {
            assert_eq!(score(records, &bad.iter().copied().collect()), expected, "{records} {bad:?}");
        }
    }
}
