//! What a role may allow. A permission says *what* may be done; on *whose* rows is the business of
//! the data scope, which PostgreSQL enforces.

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $zh:literal;)*) => {
        /// One thing a role may allow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum Permission { $($(#[doc = $doc])* #[serde(rename = $code)] $name,)* }

        impl Permission {
            /// All permissions, in the order the console shows them.
            pub const ALL: &[Permission] = &[$(Permission::$name,)*];

            /// Stable code, as stored in `role.permissions`.
            pub fn code(self) -> &'static str { match self { $(Permission::$name => $code,)* } }

            /// Chinese label.
            pub fn zh(self) -> &'static str { match self { $(Permission::$name => $zh,)* } }

            /// The permission with this code, if there is one.
            pub fn parse(code: &str) -> Option<Self> { match code { $($code => Some(Permission::$name),)* _ => None } }
        }

        $($(#[doc = $doc])* #[derive(Debug, Clone, Copy)] pub struct $name;
        impl Grant for $name { const PERMISSION: Permission = Permission::$name; })*
    };
}

/// Implemented by the marker type of each permission, so that a handler's signature can name it.
pub trait Grant: Send + Sync + 'static {
    /// The permission the marker stands for.
    const PERMISSION: Permission;
}

permissions! {
    /// See customers and vehicles within one's scope, masked.
    CustomerRead = "customer.read", "查看客户与车辆";
    /// See one personal field in clear, with a reason, audited.
    CustomerReveal = "customer.reveal", "查看明文(需填写原因)";
    /// Take lists away as a workbook, audited.
    CustomerExport = "customer.export", "导出客户清单";
    /// Enter what the customer himself corrected.
    CustomerCorrect = "customer.correct", "更正客户资料";
    /// See verdicts and counts of valid customers.
    ValidityRead = "validity.read", "查看有效客户";
    /// Change the rules of validity.
    ValidityManage = "validity.manage", "维护有效客户规则";
    /// See feeds, batches and layouts.
    IntakeRead = "intake.read", "查看数据接入";
    /// Upload, map, roll back, pull.
    IntakeManage = "intake.manage", "管理数据接入";
    /// See defects and quality scores.
    QualityRead = "quality.read", "查看数据质量";
    /// Repair and replay quarantined rows.
    QuarantineRepair = "quarantine.repair", "修复隔离数据";
    /// See merges and their reasons.
    IdentityRead = "identity.read", "查看客户统一";
    /// Decide pairs, undo merges.
    IdentityReview = "identity.review", "审核合并与拆分";
    /// Change survivorship, run unification, publish models.
    IdentityManage = "identity.manage", "管理统一规则";
    /// See the organisation and its people.
    OrgRead = "org.read", "查看组织与员工";
    /// Import and change the organisation, users and flags.
    OrgManage = "org.manage", "管理组织与账号";
    /// Change roles and what they allow.
    RoleManage = "role.manage", "管理角色与权限";
    /// Read the audit trail.
    AuditRead = "audit.read", "查看审计日志";
    /// See jobs, schedules and keys.
    SystemManage = "system.manage", "系统运维";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back() {
        for &permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.code()), Some(permission));
        }
        assert_eq!(Permission::parse("nonsense"), None);
    }
}
