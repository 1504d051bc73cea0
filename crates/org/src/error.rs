//! What this room refuses, and how it says so.

use axum::http::StatusCode;
use db::DbError;
use web::Problem;

use crate::password::{PasswordFault, PasswordRefusal};
use crate::rules::GrantRefusal;

/// Refusals and faults of organisation and access.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
    /// Name or password is wrong, or the account is closed: which of them is not told.
    #[error("wrong name or password")]
    WrongPassword,
    /// Too many failures; try again after that many seconds.
    #[error("locked for {wait_s} s")]
    Locked {
        /// Seconds to wait.
        wait_s: u64,
    },
    /// The password was right, the one-time code is missing.
    #[error("one-time code needed")]
    TotpNeeded,
    /// The one-time code is wrong or was used before.
    #[error("one-time code wrong")]
    TotpWrong,
    /// The initial password was not used in time.
    #[error("initial password expired")]
    InitialExpired,
    /// The new password breaks a rule.
    #[error("password refused: {0}")]
    Password(#[from] PasswordRefusal),
    /// Somebody would give more than he has.
    #[error("grant refused: {0}")]
    Grant(#[from] GrantRefusal),
    /// Nobody would be left who can put things right.
    #[error("the last administrator must stay")]
    LastAdministrator,
    /// A code in the input names nothing.
    #[error("unknown {what}: {value}")]
    Unknown {
        /// Field of the input.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// A value in the input cannot be taken.
    #[error("{field}: {en}")]
    Invalid {
        /// Field of the input.
        field: &'static str,
        /// Chinese text.
        zh: &'static str,
        /// English text.
        en: &'static str,
    },
    /// Something of this code or name exists.
    #[error("{0} exists already")]
    Exists(String),
    /// A role still held, or shipped, cannot be deleted.
    #[error("role {0} is in use")]
    RoleInUse(String),
    /// The row is not there, or outside the caller's scope.
    #[error("not found")]
    NotFound,
    /// The file is no workbook of the organisation.
    #[error("not a workbook of the organisation: {0}")]
    Workbook(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Hashing failed.
    #[error(transparent)]
    PasswordFault(#[from] PasswordFault),
    /// Anything else of the machine.
    #[error("{0}")]
    Fault(String),
}

impl From<sqlx::Error> for OrgError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => OrgError::NotFound,
            other => OrgError::Db(other.into()),
        }
    }
}

impl From<getrandom::Error> for OrgError {
    fn from(error: getrandom::Error) -> Self {
        OrgError::PasswordFault(error.into())
    }
}

fn unauthorised(code: &'static str, zh: &str, en: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, zh, en)
}

impl From<OrgError> for Problem {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::WrongPassword => {
                unauthorised("auth.wrong_password", "账号或密码不正确", "Wrong name or password")
            }
            OrgError::Locked { wait_s } => {
                let minutes = wait_s.div_ceil(60);
                let zh = format!("失败次数过多,已锁定,请 {minutes} 分钟后再试");
                let en = format!("Too many failures; try again in {minutes} minutes");
                Problem::too_many("auth.locked", wait_s, zh, en)
            }
            OrgError::TotpNeeded => {
                unauthorised("auth.totp_needed", "请输入动态验证码", "Enter the one-time code")
            }
            OrgError::TotpWrong => unauthorised(
                "auth.totp_wrong",
                "动态验证码不正确或已使用,请等待下一个",
                "The one-time code is wrong or was used; wait for the next",
            ),
            OrgError::InitialExpired => unauthorised(
                "auth.initial_expired",
                "初始密码已过期,请联系管理员重置",
                "The initial password has expired; ask your administrator for a new one",
            ),
            OrgError::Password(refusal) => {
                let (zh, en) = refusal.texts();
                Problem::bad_input("new_password", "auth.password_refused", zh, en)
            }
            OrgError::Grant(refusal) => grant_problem(&refusal),
            OrgError::LastAdministrator => Problem::refused(
                "org.last_administrator",
                "至少要保留一名可用的系统管理员",
                "At least one active administrator must stay",
            ),
            OrgError::Unknown { what, value } => Problem::bad_input(
                what,
                "org.unknown_value",
                format!("没有“{value}”"),
                format!("There is no {value:?}"),
            ),
            OrgError::Invalid { field, zh, en } => Problem::bad_input(field, "org.invalid_value", zh, en),
            OrgError::Exists(what) => {
                Problem::conflict("org.exists", format!("“{what}”已存在"), format!("{what:?} exists already"))
            }
            OrgError::RoleInUse(code) => Problem::conflict(
                "org.role_in_use",
                format!("角色“{code}”是系统内置或仍有人使用,不能删除"),
                format!("Role {code:?} is built in or still held and cannot be deleted"),
            ),
            OrgError::NotFound => {
                Problem::not_found("没有找到,或不在您的数据范围内", "Not found, or outside your scope")
            }
            OrgError::Workbook(why) => Problem::refused(
                "org.workbook",
                format!("不是可识别的组织架构工作簿:{why}"),
                format!("Not a workbook of the organisation: {why}"),
            ),
            OrgError::Db(DbError::OutOfScope(_)) => OrgError::NotFound.into(),
            OrgError::Db(DbError::Duplicate { constraint }) => OrgError::Exists(constraint).into(),
            OrgError::Db(DbError::Refused { constraint, .. }) => Problem::refused(
                "org.refused_value",
                format!("数据不符合要求({constraint})"),
                format!("The database refuses the value ({constraint})"),
            ),
            OrgError::Db(error) => error.into(),
            OrgError::PasswordFault(error) => Problem::fault(error),
            OrgError::Fault(error) => Problem::fault(error),
        }
    }
}

fn grant_problem(refusal: &GrantRefusal) -> Problem {
    let (zh, en) = match refusal {
        GrantRefusal::Permission(permission) => (
            format!("您自己没有“{}”权限,不能授予他人", permission.zh()),
            format!("You do not have {} yourself", permission.code()),
        ),
        GrantRefusal::Group => {
            ("您没有集团范围,不能授予他人".into(), "You do not have group scope yourself".into())
        }
        GrantRefusal::Store(store) => (
            format!("门店 {store} 不在您的数据范围内,不能授予他人"),
            format!("Store {store} is outside your own scope"),
        ),
        GrantRefusal::Clear => (
            "您只能看脱敏数据,不能授予或代管可看明文的账号".into(),
            "You see masked data only, so you cannot give or take over clear access".into(),
        ),
        GrantRefusal::Colleagues => (
            "您只有本人客户的范围,不能授予更大的范围".into(),
            "You have only your own customers and cannot give more".into(),
        ),
    };
    Problem::new(StatusCode::FORBIDDEN, "org.grant_exceeds_own", zh, en)
}
