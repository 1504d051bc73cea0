//! Departments and positions as lists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use web::{Order, PageQuery};

use super::structure::cut;
use crate::api::listing::{Listing, like};

type Bound = Result<(), sqlx::error::BoxDynError>;

/// A department.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct DepartmentRow {
    /// Number.
    pub department_id: i32,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Its store; none = head office.
    pub store_id: Option<i32>,
    /// Short name of the store.
    pub store_name: Option<String>,
    /// Name of the department above it.
    pub parent_name: Option<String>,
    /// Line of business.
    pub business_line: Option<String>,
    /// People working there, as far as the caller may see them.
    pub employee_count: i64,
}

/// Which departments.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct DepartmentFilter {
    /// Part of code or name.
    q: Option<String>,
    /// Of this store.
    store_id: Option<i32>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl Listing for DepartmentFilter {
    type Row = DepartmentRow;
    const NAME: &'static str = "departments";
    const SQL: &'static str = "SELECT department.department_id, department.code, department.name, department.store_id,
            store.short_name AS store_name, parent.name AS parent_name, department.business_line,
            (SELECT count(*) FROM employee
             WHERE employee.department_id = department.department_id AND employee.left_on IS NULL) AS employee_count,
            count(*) OVER () AS total
        FROM department
        LEFT JOIN store ON store.store_id = department.store_id
        LEFT JOIN department AS parent ON parent.department_id = department.parent_id
        WHERE ($1::text IS NULL OR concat_ws(' ', department.code, department.name) ILIKE $1)
          AND ($2::int IS NULL OR department.store_id = $2)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("department_id", "department_id"),
        ("name", "name"),
        ("store_name", "store_name"),
        ("parent_name", "parent_name"),
        ("business_line", "business_line"),
        ("employee_count", "employee_count"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "部门编码"),
        ("name", "部门名称"),
        ("store_name", "门店"),
        ("parent_name", "上级部门"),
        ("business_line", "业务条线"),
        ("employee_count", "在职人数"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.store_id)
    }

    cut!();
}

/// A position.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct PositionRow {
    /// Number.
    pub position_id: i32,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Line of business.
    pub business_line: Option<String>,
    /// People holding it, as far as the caller may see them.
    pub employee_count: i64,
}

/// Which positions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct PositionFilter {
    /// Part of code or name.
    q: Option<String>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl Listing for PositionFilter {
    type Row = PositionRow;
    const NAME: &'static str = "positions";
    const SQL: &'static str = "SELECT position_id, code, name, business_line,
            (SELECT count(*) FROM employee
             WHERE employee.position_id = position.position_id AND employee.left_on IS NULL) AS employee_count,
            count(*) OVER () AS total
        FROM position
        WHERE ($1::text IS NULL OR concat_ws(' ', code, name) ILIKE $1)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("position_id", "position_id"),
        ("name", "name"),
        ("business_line", "business_line"),
        ("employee_count", "employee_count"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "岗位编码"),
        ("name", "岗位名称"),
        ("business_line", "业务条线"),
        ("employee_count", "在职人数"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))
    }

    cut!();
}
