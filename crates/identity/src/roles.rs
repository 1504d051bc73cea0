//! Dated roles: who owned, brought, insured a vehicle, from when to when.
//!
//! Owners follow one another: a period ends when the next owner's evidence begins. The other roles
//! stand beside one another and last from their first to their last evidence.

use db::copy::CopyRows;
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use jiff_sqlx::Date as SqlDate;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::ownership::{OwnerEvidence, ownership_periods};

/// Day by day, who a source calls the owner of a vehicle. A new car's sale and a transfer are strong words,
/// a repair order's owner column often lags behind.
const OWNER_SQL: &str = "
    SELECT link.vehicle_no, party.person_no, said.from_on, said.to_on, said.source
    FROM (
        SELECT party_key, vehicle_key, from_on, to_on, source FROM ownership_record
        WHERE current AND role = 'owner'
        UNION ALL
        SELECT party_key, vehicle_key, coalesce(delivered_on, invoiced_on), NULL, source FROM sale WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, opened_at::date, NULL, source FROM repair_order WHERE current
        UNION ALL
        SELECT party_key, vehicle_key, issued_on, NULL, source FROM policy WHERE current
    ) AS said
    JOIN vehicle_record_link link ON link.record_key = said.vehicle_key
    JOIN person_record party ON party.record_key = said.party_key
    WHERE said.party_key IS NOT NULL AND ($1::int[] IS NULL OR link.vehicle_no = ANY ($1))
    ORDER BY link.vehicle_no, said.from_on NULLS FIRST, party.person_no";

/// Deliverers, users, insured and payers, from first to last evidence.
const OTHER_SQL: &str = "
    INSERT INTO vehicle_role (vehicle_no, person_no, role, from_on, to_on, source, evidence_count)
    SELECT link.vehicle_no, party.person_no, said.role, min(said.on_day), max(said.on_day), min(said.source), count(*)
    FROM (
        SELECT deliverer_key AS party_key, vehicle_key, 'deliverer' AS role, opened_at::date AS on_day, source
        FROM repair_order WHERE current AND deliverer_key IS NOT NULL
        UNION ALL
        SELECT insured_key, vehicle_key, 'insured', issued_on, source
        FROM policy WHERE current AND insured_key IS NOT NULL
        UNION ALL
        SELECT party_key, vehicle_key, role, coalesce(to_on, from_on), source
        FROM ownership_record WHERE current AND role <> 'owner'
    ) AS said
    JOIN vehicle_record_link link ON link.record_key = said.vehicle_key
    JOIN person_record party ON party.record_key = said.party_key
    WHERE $1::int[] IS NULL OR link.vehicle_no = ANY ($1)
    GROUP BY link.vehicle_no, party.person_no, said.role";

/// Recomputes all roles, or those of some vehicles.
///
/// # Errors
/// When the database fails.
pub async fn derive(tx: &mut PgConnection, only: Option<&[i32]>) -> Result<(), IdentityError> {
    let sql = "DELETE FROM vehicle_role WHERE $1::int[] IS NULL OR vehicle_no = ANY ($1)";
    sqlx::query(sql).bind(only).execute(&mut *tx).await?;
    let owners = owner_rows(tx, only).await?;
    owners
        .send(tx, "vehicle_role (vehicle_no, person_no, role, from_on, to_on, source, evidence_count)")
        .await?;
    sqlx::query(OTHER_SQL).bind(only).execute(&mut *tx).await?;
    Ok(())
}

type OwnerRow = (i32, i32, Option<SqlDate>, Option<SqlDate>, String);

async fn owner_rows(tx: &mut PgConnection, only: Option<&[i32]>) -> Result<CopyRows, IdentityError> {
    let mut copy = CopyRows::new();
    let mut vehicle: Option<i32> = None;
    let mut evidence: Vec<(OwnerEvidence, String)> = Vec::new();
    let mut rows = sqlx::query_as::<_, OwnerRow>(OWNER_SQL).bind(only).fetch(&mut *tx);
    while let Some((vehicle_no, person_no, from_on, to_on, source)) = rows.try_next().await? {
        if vehicle != Some(vehicle_no) {
            push_periods(&mut copy, vehicle, &evidence);
            evidence.clear();
            vehicle = Some(vehicle_no);
        }
        let said = OwnerEvidence {
            owner: person_no,
            from: from_on.map(SqlDate::to_jiff),
            to: to_on.map(SqlDate::to_jiff),
        };
        evidence.push((said, source));
    }
    push_periods(&mut copy, vehicle, &evidence);
    Ok(copy)
}

fn push_periods(copy: &mut CopyRows, vehicle_no: Option<i32>, evidence: &[(OwnerEvidence, String)]) {
    let Some(vehicle_no) = vehicle_no else { return };
    let said: Vec<OwnerEvidence> = evidence.iter().map(|(said, _)| *said).collect();
    for period in ownership_periods(&said) {
        let of_owner = || evidence.iter().filter(|(said, _)| said.owner == period.owner);
        let source = of_owner().map(|(_, source)| source.as_str()).min();
        let (from, to): (Option<Date>, Option<Date>) = (period.from, period.to);
        copy.plain(vehicle_no).plain(period.owner).text("owner").date(from).date(to);
        copy.opt_text(source).plain(of_owner().count()).end_row();
    }
}
