//! What the organisation has already: codes and names that rows of a workbook may refer to.

use std::collections::BTreeMap;

use kernel::ids::StoreId;
use sqlx::PgConnection;
use web::Permission;

use crate::model::{HeldRole, RoleDefinition, ScopeKind};

/// Codes to numbers.
pub type Codes = BTreeMap<String, i32>;

/// What rows may refer to.
#[derive(Debug, Default)]
pub struct Directory {
    pub regions: Codes,
    pub legal_entities: Codes,
    pub brands: Codes,
    pub stores: Codes,
    pub departments: Codes,
    pub positions: Codes,
    /// Code or Chinese name to role.
    pub roles: BTreeMap<String, KnownRole>,
    store_names: BTreeMap<i32, String>,
    stores_of_region: BTreeMap<i32, Vec<StoreId>>,
    stores_of_brand: BTreeMap<i32, Vec<StoreId>>,
}

/// A role that can be held.
#[derive(Debug, Clone)]
pub struct KnownRole {
    pub role_id: i32,
    pub definition: RoleDefinition,
}

impl Directory {
    /// Reads everything; a few thousand small rows.
    pub async fn load(tx: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let mut directory = Directory {
            regions: codes(tx, "SELECT code, name, region_id FROM region").await?,
            legal_entities: codes(tx, "SELECT code, name, legal_entity_id FROM legal_entity").await?,
            brands: codes(tx, "SELECT code, name, brand_id FROM brand").await?,
            stores: codes(tx, "SELECT code, short_name, store_id FROM store").await?,
            departments: codes(tx, "SELECT code, NULL, department_id FROM department").await?,
            positions: codes(tx, "SELECT code, name, position_id FROM position").await?,
            roles: roles(tx).await?,
            ..Directory::default()
        };
        let names: Vec<(i32, String)> =
            sqlx::query_as("SELECT store_id, short_name FROM store").fetch_all(&mut *tx).await?;
        directory.store_names = names.into_iter().collect();
        directory.stores_of_region = grouped(
            tx,
            "SELECT region.region_id, store.store_id
             FROM region
             CROSS JOIN LATERAL org_region_tree(region.region_id) AS below (region_id)
             JOIN store ON store.region_id = below.region_id",
        )
        .await?;
        directory.stores_of_brand = grouped(tx, "SELECT brand_id, store_id FROM store_brand").await?;
        Ok(directory)
    }

    /// Short name of a store.
    pub fn store_name(&self, store: Option<i32>) -> &str {
        store.and_then(|store| self.store_names.get(&store)).map_or("", String::as_str)
    }

    /// The role as somebody of `home` would hold it, resolved as the database will resolve it.
    pub fn held(&self, role: &KnownRole, scope: ScopeKind, ids: &[i32], home: Option<i32>) -> HeldRole {
        let of = |map: &BTreeMap<i32, Vec<StoreId>>| {
            ids.iter().filter_map(|id| map.get(id)).flatten().copied().collect::<Vec<_>>()
        };
        let stores = match scope {
            ScopeKind::Group => self.store_names.keys().copied().map(StoreId).collect(),
            ScopeKind::Region => of(&self.stores_of_region),
            ScopeKind::Brand => of(&self.stores_of_brand),
            ScopeKind::Own | ScopeKind::Store if ids.is_empty() => home.map(StoreId).into_iter().collect(),
            ScopeKind::Own | ScopeKind::Store | ScopeKind::StoreSet => {
                ids.iter().copied().map(StoreId).collect()
            }
        };
        HeldRole {
            code: role.definition.code.clone(),
            permissions: role.definition.permissions.clone(),
            masked: role.definition.masked,
            scope,
            stores,
        }
    }
}

/// Codes, and names where they are no code, to numbers: people write either.
async fn codes(tx: &mut PgConnection, sql: &'static str) -> Result<Codes, sqlx::Error> {
    let rows: Vec<(String, Option<String>, i32)> = sqlx::query_as(sql).fetch_all(tx).await?;
    let mut codes: Codes = rows.iter().filter_map(|(_, name, id)| Some((name.clone()?, *id))).collect();
    codes.extend(rows.into_iter().map(|(code, _, id)| (code, id)));
    Ok(codes)
}

async fn grouped(
    tx: &mut PgConnection,
    sql: &'static str,
) -> Result<BTreeMap<i32, Vec<StoreId>>, sqlx::Error> {
    let rows: Vec<(i32, i32)> = sqlx::query_as(sql).fetch_all(tx).await?;
    let mut map: BTreeMap<i32, Vec<StoreId>> = BTreeMap::new();
    for (key, store) in rows {
        map.entry(key).or_default().push(StoreId(store));
    }
    Ok(map)
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    role_id: i32,
    code: String,
    name: String,
    scope_kind: String,
    masked: bool,
    permissions: Vec<String>,
}

async fn roles(tx: &mut PgConnection) -> Result<BTreeMap<String, KnownRole>, sqlx::Error> {
    let rows: Vec<RoleRow> =
        sqlx::query_as("SELECT role_id, code, name, scope_kind, masked, permissions FROM role")
            .fetch_all(tx)
            .await?;
    let mut roles = BTreeMap::new();
    for row in rows {
        let known = KnownRole {
            role_id: row.role_id,
            definition: RoleDefinition {
                code: row.code.clone(),
                name: row.name.clone(),
                name_en: String::new(),
                scope_kind: ScopeKind::parse(&row.scope_kind).unwrap_or(ScopeKind::Own),
                masked: row.masked,
                permissions: row.permissions.iter().filter_map(|code| Permission::parse(code)).collect(),
                landing: crate::model::Landing::Default,
            },
        };
        roles.insert(row.name, known.clone());
        roles.insert(row.code, known);
    }
    Ok(roles)
}
