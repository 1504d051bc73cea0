//! Stores, regions, brands, legal entities, departments, positions as lists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use web::{Order, PageQuery};

use crate::api::listing::{Listing, like};

type Bound = Result<(), sqlx::error::BoxDynError>;

/// A store.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct StoreRow {
    /// Number.
    pub store_id: i32,
    /// Code, as in file names of its exports.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Short name.
    pub short_name: String,
    /// `4s`, `quick_repair` or `used_car`.
    pub kind: String,
    /// Region.
    pub region_id: i32,
    /// Name of the region.
    pub region_name: String,
    /// The company it belongs to.
    pub legal_entity_name: String,
    /// Brands it carries.
    pub brand_names: Vec<String>,
    /// `A`, `B` or `C`.
    pub grade: Option<String>,
    /// City.
    pub city: String,
    /// First day of business.
    pub opened_on: Option<String>,
    /// Last day of business.
    pub closed_on: Option<String>,
    /// Latitude in degrees.
    pub lat: Option<f64>,
    /// Longitude in degrees.
    pub lng: Option<f64>,
    /// People working there, as far as the caller may see them.
    pub employee_count: i64,
}

/// Which stores.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct StoreFilter {
    /// Part of code, name or city.
    q: Option<String>,
    /// Region, with everything below it.
    region_id: Option<i32>,
    /// `4s`, `quick_repair`, `used_car`.
    kind: Option<String>,
    /// Carries this brand.
    brand_id: Option<i32>,
    /// Belongs to this company.
    legal_entity_id: Option<i32>,
    /// Open on this day, YYYY-MM-DD.
    open_on: Option<jiff::civil::Date>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

macro_rules! cut {
    () => {
        fn page_query(&self) -> PageQuery {
            PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order }
        }
    };
}
pub(crate) use cut;

impl Listing for StoreFilter {
    type Row = StoreRow;
    const NAME: &'static str = "stores";
    const SQL: &'static str = "SELECT store.store_id, store.code, store.name, store.short_name,
            CASE store.kind WHEN 'four_s' THEN '4s' ELSE store.kind END AS kind,
            store.region_id, region.name AS region_name, legal_entity.name AS legal_entity_name,
            ARRAY(SELECT brand.name FROM store_brand JOIN brand ON brand.brand_id = store_brand.brand_id
                  WHERE store_brand.store_id = store.store_id ORDER BY brand.code) AS brand_names,
            store.grade, store.city, store.opened_on::text, store.closed_on::text, store.lat, store.lng,
            (SELECT count(*) FROM employee
             WHERE employee.store_id = store.store_id AND employee.left_on IS NULL) AS employee_count,
            count(*) OVER () AS total
        FROM store
        JOIN region ON region.region_id = store.region_id
        JOIN legal_entity ON legal_entity.legal_entity_id = store.legal_entity_id
        WHERE ($1::text IS NULL OR concat_ws(' ', store.code, store.name, store.short_name, store.city) ILIKE $1)
          AND ($2::int IS NULL OR store.region_id IN (SELECT org_region_tree($2)))
          AND ($3::text IS NULL OR store.kind = $3)
          AND ($4::int IS NULL OR EXISTS (SELECT 1 FROM store_brand
                                          WHERE store_brand.store_id = store.store_id AND store_brand.brand_id = $4))
          AND ($5::int IS NULL OR store.legal_entity_id = $5)
          AND ($6::date IS NULL OR (store.opened_on <= $6 AND (store.closed_on IS NULL OR store.closed_on >= $6)))";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("store_id", "store_id"),
        ("name", "name"),
        ("short_name", "short_name"),
        ("kind", "kind"),
        ("region_name", "region_name"),
        ("legal_entity_name", "legal_entity_name"),
        ("grade", "grade"),
        ("city", "city"),
        ("opened_on", "opened_on"),
        ("closed_on", "closed_on"),
        ("employee_count", "employee_count"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "门店编码"),
        ("name", "门店名称"),
        ("short_name", "简称"),
        ("kind", "类型"),
        ("region_name", "区域"),
        ("legal_entity_name", "法人公司"),
        ("brand_names", "品牌"),
        ("grade", "等级"),
        ("city", "城市"),
        ("opened_on", "开业日期"),
        ("closed_on", "闭店日期"),
        ("employee_count", "在职人数"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.region_id)?;
        arguments.add(self.kind.as_deref().map(|kind| if kind == "4s" { "four_s" } else { kind }))?;
        arguments.add(self.brand_id)?;
        arguments.add(self.legal_entity_id)?;
        arguments.add(self.open_on.map(jiff_sqlx::ToSqlx::to_sqlx))
    }

    cut!();
}

/// A region.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct RegionRow {
    /// Number.
    pub region_id: i32,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The region above it.
    pub parent_id: Option<i32>,
    /// Stores in it and below it.
    pub store_count: i64,
}

/// Which regions, brands, companies, departments or positions.
macro_rules! simple_filter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        pub struct $name {
            /// Part of code or name.
            q: Option<String>,
            page: Option<u32>,
            size: Option<u32>,
            sort: Option<String>,
            order: Option<Order>,
        }
    };
}

simple_filter! {
    /// Which regions.
    RegionFilter
}

impl Listing for RegionFilter {
    type Row = RegionRow;
    const NAME: &'static str = "regions";
    const SQL: &'static str = "SELECT region_id, code, name, parent_id,
            (SELECT count(*) FROM store WHERE store.region_id IN (SELECT org_region_tree(region.region_id))) AS store_count,
            count(*) OVER () AS total
        FROM region
        WHERE ($1::text IS NULL OR concat_ws(' ', code, name) ILIKE $1)";
    const SORTS: &'static [(&'static str, &'static str)] =
        &[("code", "code"), ("region_id", "region_id"), ("name", "name"), ("store_count", "store_count")];
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("code", "区域编码"), ("name", "区域名称"), ("store_count", "门店数")];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))
    }

    cut!();
}

/// A brand.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct BrandRow {
    /// Number.
    pub brand_id: i32,
    /// Code.
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// 豪华, 合资, 自主 …
    pub tier: String,
    /// `fuel`, `electric` or `both`.
    pub energy: Option<String>,
    /// Stores that carry it.
    pub store_count: i64,
}

simple_filter! {
    /// Which brands.
    BrandFilter
}

impl Listing for BrandFilter {
    type Row = BrandRow;
    const NAME: &'static str = "brands";
    const SQL: &'static str = "SELECT brand_id, code, name, name_en, tier, energy,
            (SELECT count(*) FROM store_brand WHERE store_brand.brand_id = brand.brand_id) AS store_count,
            count(*) OVER () AS total
        FROM brand
        WHERE ($1::text IS NULL OR concat_ws(' ', code, name, name_en) ILIKE $1)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("brand_id", "brand_id"),
        ("name", "name"),
        ("name_en", "name_en"),
        ("tier", "tier"),
        ("energy", "energy"),
        ("store_count", "store_count"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "品牌编码"),
        ("name", "品牌名称"),
        ("name_en", "英文名"),
        ("tier", "档次"),
        ("energy", "能源"),
        ("store_count", "门店数"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))
    }

    cut!();
}

/// A company of the group.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct LegalEntityRow {
    /// Number.
    pub legal_entity_id: i32,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// What it does.
    pub kind: Option<String>,
    /// Stores it owns.
    pub store_count: i64,
}

simple_filter! {
    /// Which companies.
    LegalEntityFilter
}

impl Listing for LegalEntityFilter {
    type Row = LegalEntityRow;
    const NAME: &'static str = "legal-entities";
    const SQL: &'static str = "SELECT legal_entity_id, code, name, uscc, NULLIF(kind, '') AS kind,
            (SELECT count(*) FROM store WHERE store.legal_entity_id = legal_entity.legal_entity_id) AS store_count,
            count(*) OVER () AS total
        FROM legal_entity
        WHERE ($1::text IS NULL OR concat_ws(' ', code, name, uscc) ILIKE $1)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("legal_entity_id", "legal_entity_id"),
        ("name", "name"),
        ("uscc", "uscc"),
        ("kind", "kind"),
        ("store_count", "store_count"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "公司编码"),
        ("name", "公司名称"),
        ("uscc", "统一社会信用代码"),
        ("kind", "类型"),
        ("store_count", "门店数"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))
    }

    cut!();
}
