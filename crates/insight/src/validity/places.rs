//! Where the stores stand: which region, which brands.

use std::collections::BTreeMap;

use kernel::ids::{BrandId, RegionId, StoreId};
use sqlx::PgConnection;

use super::judge::Place;

/// All stores of the group.
///
/// # Errors
/// A fault of the database.
pub async fn places(tx: &mut PgConnection) -> Result<BTreeMap<StoreId, Place>, sqlx::Error> {
    let sql = "
        SELECT s.store_id, s.region_id,
               ARRAY(SELECT b.brand_id FROM store_brand b WHERE b.store_id = s.store_id ORDER BY 1) AS brands
        FROM store s";
    let rows: Vec<(i32, i32, Vec<i32>)> = sqlx::query_as(sql).fetch_all(tx).await?;
    let places = rows.into_iter().map(|(store, region, brands)| {
        let brands = brands.into_iter().map(BrandId).collect();
        (StoreId(store), Place { region: RegionId(region), brands })
    });
    Ok(places.collect())
}
