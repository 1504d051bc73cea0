//! Employees and accounts as lists.

use kernel::ids::UserId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use web::{Order, PageQuery};

use super::structure::cut;
use crate::api::listing::{Listing, like};

type Bound = Result<(), sqlx::error::BoxDynError>;

/// An employee.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct EmployeeRow {
    /// Number.
    pub employee_id: i32,
    /// Number in the personnel file.
    pub code: String,
    /// Name.
    pub name: String,
    /// Store; none = head office.
    pub store_id: Option<i32>,
    /// Short name of the store.
    pub store_name: Option<String>,
    /// Department.
    pub department_name: Option<String>,
    /// Position.
    pub position_name: Option<String>,
    /// Mobile, masked.
    pub mobile_masked: Option<String>,
    /// First day.
    pub hired_on: Option<String>,
    /// Last day.
    pub left_on: Option<String>,
    /// Log-in name, if there is an account.
    pub username: Option<String>,
}

/// Which employees.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct EmployeeFilter {
    /// Part of number, name or log-in name.
    q: Option<String>,
    /// In this store.
    store_id: Option<i32>,
    /// In this department.
    department_id: Option<i32>,
    /// In this position.
    position_id: Option<i32>,
    /// Only those who left (true) or who work here (false).
    left: Option<bool>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl Listing for EmployeeFilter {
    type Row = EmployeeRow;
    const NAME: &'static str = "employees";
    const SQL: &'static str = "SELECT employee.employee_id, employee.code, employee.name, employee.store_id,
            store.short_name AS store_name, department.name AS department_name, position.name AS position_name,
            NULLIF(employee.mobile_masked, '') AS mobile_masked,
            employee.hired_on::text, employee.left_on::text, app_user.user_name AS username,
            count(*) OVER () AS total
        FROM employee
        LEFT JOIN store ON store.store_id = employee.store_id
        LEFT JOIN department ON department.department_id = employee.department_id
        LEFT JOIN position ON position.position_id = employee.position_id
        LEFT JOIN app_user ON app_user.employee_id = employee.employee_id
        WHERE ($1::text IS NULL OR concat_ws(' ', employee.code, employee.name, app_user.user_name) ILIKE $1)
          AND ($2::int IS NULL OR employee.store_id = $2)
          AND ($3::int IS NULL OR employee.department_id = $3)
          AND ($4::int IS NULL OR employee.position_id = $4)
          AND ($5::bool IS NULL OR (employee.left_on IS NOT NULL) = $5)";
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("code", "code"),
        ("employee_id", "employee_id"),
        ("name", "name"),
        ("store_name", "store_name"),
        ("department_name", "department_name"),
        ("position_name", "position_name"),
        ("hired_on", "hired_on"),
        ("left_on", "left_on"),
        ("username", "username"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("code", "工号"),
        ("name", "姓名"),
        ("mobile_masked", "手机号码"),
        ("store_name", "门店"),
        ("department_name", "部门"),
        ("position_name", "岗位"),
        ("hired_on", "入职日期"),
        ("left_on", "离职日期"),
        ("username", "登录账号"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.store_id)?;
        arguments.add(self.department_id)?;
        arguments.add(self.position_id)?;
        arguments.add(self.left)
    }

    cut!();
}

/// An account.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct UserRow {
    /// Number.
    pub user_id: i32,
    /// Log-in name.
    pub username: String,
    /// Name of the person.
    pub name: String,
    /// Number in the personnel file.
    pub employee_code: Option<String>,
    /// Home store; none = head office.
    pub store_id: Option<i32>,
    /// Short name of the home store.
    pub store_name: Option<String>,
    /// Codes of the roles held.
    pub roles: Vec<String>,
    /// The widest scope held: own, store, store_set, region, brand or group.
    pub scope_kind: String,
    /// The stores, regions or brands of that scope.
    pub scope_ids: Vec<i32>,
    /// The scope in words.
    pub scope_label: String,
    /// The account is closed.
    pub disabled: bool,
    /// Locked out after failures until then.
    pub locked_until: Option<String>,
    /// Last log-in.
    pub last_login_at: Option<String>,
    /// Log-in asks for a one-time code.
    pub totp_enabled: bool,
}

/// Which accounts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct UserFilter {
    /// Part of log-in name, name or personnel number.
    q: Option<String>,
    /// Holds this role.
    role: Option<String>,
    /// Holds a role of this scope.
    scope_kind: Option<String>,
    /// Home store.
    store_id: Option<i32>,
    /// Only closed (true) or open (false) accounts.
    disabled: Option<bool>,
    /// Only this account.
    #[serde(skip)]
    #[schemars(skip)]
    only: Option<i32>,
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

impl UserFilter {
    /// Just this account.
    pub fn only(user: UserId) -> Self {
        UserFilter { only: Some(user.get()), ..UserFilter::default() }
    }
}

impl Listing for UserFilter {
    type Row = UserRow;
    const NAME: &'static str = "users";
    const SQL: &'static str = r#"SELECT app_user.user_id, app_user.user_name AS username, app_user.display_name AS name,
            employee.code AS employee_code, app_user.store_id, store.short_name AS store_name,
            held.roles, held.scope_kind, held.scope_ids, org_scope_label(app_user.user_id) AS scope_label,
            app_user.state = 'disabled' AS disabled,
            to_char(NULLIF(greatest(org_locked_until(app_user.user_name), now()), now()) AT TIME ZONE 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS locked_until,
            to_char(app_user.last_login_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_login_at,
            app_user.totp_enabled,
            count(*) OVER () AS total
        FROM app_user
        LEFT JOIN employee ON employee.employee_id = app_user.employee_id
        LEFT JOIN store ON store.store_id = app_user.store_id
        CROSS JOIN LATERAL (
            SELECT COALESCE(array_agg(kinds.code ORDER BY kinds.code), '{}') AS roles,
                   COALESCE((array_agg(kinds.kind ORDER BY kinds.width DESC))[1], 'own') AS scope_kind,
                   ARRAY(SELECT DISTINCT COALESCE(named.store_id, named.region_id, named.brand_id)
                         FROM user_scope AS named
                         WHERE named.user_id = app_user.user_id
                           AND named.role_id = (array_agg(kinds.role_id ORDER BY kinds.width DESC))[1]
                         ORDER BY 1) AS scope_ids
            FROM (
                SELECT role.role_id, role.code, COALESCE(user_role.scope_kind, role.scope_kind) AS kind,
                       array_position(ARRAY['own', 'store', 'store_set', 'region', 'brand', 'group'],
                                      COALESCE(user_role.scope_kind, role.scope_kind)) AS width
                FROM user_role
                JOIN role ON role.role_id = user_role.role_id
                WHERE user_role.user_id = app_user.user_id
            ) AS kinds
        ) AS held
        WHERE ($1::text IS NULL OR concat_ws(' ', app_user.user_name, app_user.display_name, employee.code) ILIKE $1)
          AND ($2::text IS NULL OR $2 = ANY (held.roles))
          AND ($3::text IS NULL OR held.scope_kind = $3)
          AND ($4::int IS NULL OR app_user.store_id = $4)
          AND ($5::bool IS NULL OR (app_user.state = 'disabled') = $5)
          AND ($6::int IS NULL OR app_user.user_id = $6)"#;
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("username", "username"),
        ("user_id", "user_id"),
        ("name", "name"),
        ("employee_code", "employee_code"),
        ("store_name", "store_name"),
        ("scope_kind", "scope_kind"),
        ("scope_label", "scope_label"),
        ("disabled", "disabled"),
        ("last_login_at", "last_login_at"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("username", "登录账号"),
        ("name", "姓名"),
        ("employee_code", "工号"),
        ("store_name", "门店"),
        ("roles", "角色"),
        ("scope_label", "数据范围"),
        ("disabled", "已停用"),
        ("totp_enabled", "双重验证"),
        ("last_login_at", "最近登录"),
    ];

    fn bind(&self, arguments: &mut PgArguments) -> Bound {
        arguments.add(like(self.q.as_deref()))?;
        arguments.add(self.role.as_deref())?;
        arguments.add(self.scope_kind.as_deref())?;
        arguments.add(self.store_id)?;
        arguments.add(self.disabled)?;
        arguments.add(self.only)
    }

    cut!();
}
