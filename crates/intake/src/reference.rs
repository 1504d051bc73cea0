//! Stores and brands of the group, as intake needs them.

use std::collections::HashMap;
use std::sync::Arc;

use db::Db;
use kernel::StoreId;
use kernel::text::fold;

use crate::error::IntakeError;
use crate::normalise::BrandIndex;

/// Stores by code and name; brands by every spelling.
#[derive(Debug)]
pub struct Reference {
    by_name: Arc<HashMap<String, StoreId>>,
    codes: HashMap<String, StoreId>,
    brands: Arc<BrandIndex>,
}

impl Reference {
    /// Reads what org knows.
    ///
    /// # Errors
    /// The database is away.
    pub async fn read(db: &Db) -> Result<Reference, IntakeError> {
        let mut tx = db.system().await?;
        let stores: Vec<(i32, String, String, Option<String>)> =
            sqlx::query_as("SELECT store_id, code, name, short_name FROM store").fetch_all(&mut *tx).await?;
        let brands: Vec<(i32, String, String, Option<String>)> =
            sqlx::query_as("SELECT brand_id, code, name, name_en FROM brand").fetch_all(&mut *tx).await?;
        let sells: Vec<(i32, i32)> =
            sqlx::query_as("SELECT store_id, brand_id FROM store_brand").fetch_all(&mut *tx).await?;
        let aliases: Vec<(String, i32)> = sqlx::query_as(
            "SELECT a.alias, b.brand_id FROM brand_alias a JOIN brand b ON b.code = a.brand_code",
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let codes: HashMap<String, StoreId> = stores.iter().map(|s| (s.1.clone(), StoreId(s.0))).collect();
        let mut by_name = HashMap::new();
        for (id, code, name, short) in stores {
            for text in [Some(name), short, Some(code)].into_iter().flatten() {
                by_name.insert(fold(&text), StoreId(id));
            }
        }
        let mut by_store: HashMap<StoreId, Vec<i32>> = HashMap::new();
        for (store, brand) in sells {
            by_store.entry(StoreId(store)).or_default().push(brand);
        }
        let names = brands.into_iter().flat_map(|(id, code, name, english)| {
            [Some(code), Some(name), english].into_iter().flatten().map(move |text| (text, id))
        });
        let index = BrandIndex::new(names.chain(aliases), by_store);
        Ok(Reference { by_name: Arc::new(by_name), codes, brands: Arc::new(index) })
    }

    /// The store of a code, as folders are named.
    pub fn store(&self, code: &str) -> Option<StoreId> {
        self.codes.get(code).or_else(|| self.by_name.get(&fold(code))).copied()
    }

    pub(crate) fn stores(&self) -> Arc<HashMap<String, StoreId>> {
        Arc::clone(&self.by_name)
    }

    pub(crate) fn brands(&self) -> Arc<BrandIndex> {
        Arc::clone(&self.brands)
    }
}
