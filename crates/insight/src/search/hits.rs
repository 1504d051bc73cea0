//! The lines under the search box, masked as the reader's role demands.

use db::Access;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::PgConnection;

use crate::masking::{mask_vin, name_for, plate_for};
use crate::numbers::{PersonRef, VehicleRef};

/// One line of the list under the search box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchHit {
    /// `person`, `company` or `vehicle`.
    pub kind: &'static str,
    /// Customer or vehicle number.
    pub no: String,
    /// Name, plate or masked VIN.
    pub title: String,
    /// What tells it from its namesakes.
    pub subtitle: String,
    /// What matched: `name`, `initials`, `phone`, `plate`, `vin`, `id`, `no`.
    pub matched: &'static str,
}

#[derive(sqlx::FromRow)]
struct PersonHitRow {
    person_no: PersonRef,
    kind: String,
    name: Option<String>,
    mobile_masked: Option<String>,
    plate: Option<String>,
    store_name: Option<String>,
}

pub(super) async fn person_hits(
    tx: &mut PgConnection,
    access: &Access,
    persons: &[i32],
    matched: &'static str,
) -> Result<Vec<SearchHit>, sqlx::Error> {
    let sql = "
        SELECT p.person_no, p.kind, p.name, p.mobile_masked,
               (SELECT v.plate
                FROM vehicle_role r JOIN vehicle v USING (vehicle_no)
                WHERE r.person_no = p.person_no AND r.role IN ('owner', 'user') AND v.plate IS NOT NULL
                ORDER BY r.to_on IS NULL DESC, r.from_on DESC NULLS LAST
                LIMIT 1) AS plate,
               (SELECT s.short_name
                FROM person_store ps JOIN store s USING (store_id)
                WHERE ps.person_no = p.person_no
                ORDER BY ps.last_on DESC NULLS LAST
                LIMIT 1) AS store_name
        FROM unnest($1::int[]) WITH ORDINALITY AS found (person_no, at)
        JOIN person p USING (person_no)
        WHERE p.merged_into IS NULL
        ORDER BY found.at";
    let rows: Vec<PersonHitRow> = sqlx::query_as(sql).bind(persons).fetch_all(tx).await?;
    let hits = rows.into_iter().map(|row| {
        let parts = [row.mobile_masked, plate_for(access, row.plate), row.store_name];
        SearchHit {
            kind: if row.kind == "company" { "company" } else { "person" },
            no: row.person_no.0.to_string(),
            title: name_for(access, row.name).unwrap_or_else(|| row.person_no.0.to_string()),
            subtitle: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            matched,
        }
    });
    Ok(hits.collect())
}

#[derive(sqlx::FromRow)]
struct VehicleHitRow {
    vehicle_no: VehicleRef,
    vin: Option<String>,
    plate: Option<String>,
    brand: Option<String>,
    series: Option<String>,
    owner_name: Option<String>,
}

pub(super) async fn vehicle_hits(
    tx: &mut PgConnection,
    access: &Access,
    vehicles: &[i32],
    matched: &'static str,
) -> Result<Vec<SearchHit>, sqlx::Error> {
    let sql = "
        SELECT v.vehicle_no, COALESCE(v.vin, v.vis) AS vin, v.plate, b.name AS brand, v.series,
               (SELECT p.name
                FROM vehicle_role r JOIN person p USING (person_no)
                WHERE r.vehicle_no = v.vehicle_no AND r.role = 'owner'
                ORDER BY r.to_on IS NULL DESC, r.from_on DESC NULLS LAST
                LIMIT 1) AS owner_name
        FROM unnest($1::int[]) WITH ORDINALITY AS found (vehicle_no, at)
        JOIN vehicle v USING (vehicle_no)
        LEFT JOIN brand b USING (brand_id)
        WHERE v.merged_into IS NULL
        ORDER BY found.at";
    let rows: Vec<VehicleHitRow> = sqlx::query_as(sql).bind(vehicles).fetch_all(tx).await?;
    let hits = rows.into_iter().map(|row| {
        let vin = row.vin.as_deref().map(mask_vin);
        let plate = plate_for(access, row.plate);
        let number = row.vehicle_no.0.to_string();
        let title = plate.clone().or_else(|| vin.clone()).unwrap_or_else(|| number.clone());
        let vin = vin.filter(|vin| *vin != title);
        let parts = [row.brand, row.series, vin, name_for(access, row.owner_name)];
        SearchHit {
            kind: "vehicle",
            no: number,
            title,
            subtitle: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            matched,
        }
    });
    Ok(hits.collect())
}
