//! Features by store, systems by store, milestones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use web::{Order, PageQuery};

use super::structure::cut;
use crate::api::listing::{Listing, like};

type Bound = Result<(), sqlx::error::BoxDynError>;

/// A period in which a system ran in a store.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct SourceSystemRow {
    /// Store.
    pub store_id: i32,
    /// Short name of the store.
    pub store_name: String,
    /// `dms`, `erp`, `insurance`, `used_car`, `paper`, `wecom` or `hr`.
    pub source: String,
    /// First day.
    pub live_from: Option<String>,
    /// Last day; none = runs still.
    pub live_to: Option<String>,
}

/// Which periods.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct SourceSystemFilter {
    /// Part of the store's code or name.
    q: Option<String>,
    /// In this store.
    store_id: Option<i32>,
    /// Of this system.
    source: Option<String>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl Listing for SourceSystemFilter {
    type Row = SourceSystemRow;
    const NAME: &'static str = "source-systems";
    const SQL: &'static str =
        "SELECT source_system.store_id, store.short_name AS store_name, source_system.source,
            source_system.live_from::text, source_system.live_to::text,
            count(*) OVER () AS total
        FROM source_system
        JOIN store ON store.store_id = source_system.store_id
        WHERE ($1::text IS NULL OR concat_ws(' ', store.code, store.name, store.short_name) ILIKE $1)
          AND ($2::int IS NULL OR source_system.store_id = $2)
          AND ($3::text IS NULL OR source_system.source = $3)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("store_id", "store_id"),
        ("store_name", "store_name"),
        ("source", "source"),
        ("live_from", "live_from"),
        ("live_to", "live_to"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("store_name", "门店"), ("source", "系统"), ("live_from", "上线日期"), ("live_to", "停用日期")];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.store_id)?;
        arguments.add(self.source.as_deref())
    }

    cut!();
}

/// A date before and after which reports compare.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct MilestoneRow {
    /// Number.
    pub milestone_id: i32,
    /// Store; none = the whole group.
    pub store_id: Option<i32>,
    /// Short name of the store.
    pub store_name: Option<String>,
    /// What was reached.
    pub name: String,
    /// When.
    pub reached_on: String,
    /// Note.
    pub note: String,
}

/// Which milestones.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct MilestoneFilter {
    /// Part of the name.
    q: Option<String>,
    /// Of this store.
    store_id: Option<i32>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl Listing for MilestoneFilter {
    type Row = MilestoneRow;
    const NAME: &'static str = "milestones";
    const SQL: &'static str =
        "SELECT milestone.milestone_id, milestone.store_id, store.short_name AS store_name,
            milestone.name, milestone.reached_on::text, milestone.note,
            count(*) OVER () AS total
        FROM milestone
        LEFT JOIN store ON store.store_id = milestone.store_id
        WHERE ($1::text IS NULL OR milestone.name ILIKE $1)
          AND ($2::int IS NULL OR milestone.store_id = $2)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("milestone_id", "milestone_id"),
        ("reached_on", "reached_on"),
        ("name", "name"),
        ("store_name", "store_name"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("name", "里程碑"), ("store_name", "门店"), ("reached_on", "日期"), ("note", "备注")];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.store_id)
    }

    cut!();
}
