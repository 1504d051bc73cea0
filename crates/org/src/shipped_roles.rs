//! The roles a new group starts with, one a persona of the trade; all of them can be edited.

use std::collections::BTreeSet;

use web::Permission::{self, *};

use crate::model::{Landing, RoleDefinition, ScopeKind};

/// Code of the role that may put right whatever others broke.
pub const ADMINISTRATOR: &str = "administrator";

struct Shipped {
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    scope: ScopeKind,
    masked: bool,
    permissions: &'static [Permission],
}

/// Sees figures, customers and how they were joined, over a whole area.
const OVERSIGHT: &[Permission] = &[
    CustomerRead,
    CustomerReveal,
    CustomerExport,
    ValidityRead,
    IntakeRead,
    QualityRead,
    IdentityRead,
    OrgRead,
    AuditRead,
];
/// Runs a store: sees its people, corrects, exports.
const STORE_LEAD: &[Permission] = &[
    CustomerRead,
    CustomerReveal,
    CustomerExport,
    CustomerCorrect,
    ValidityRead,
    IntakeRead,
    QualityRead,
    IdentityRead,
    OrgRead,
];
/// Works with customers every day.
const FRONT: &[Permission] = &[CustomerRead, CustomerReveal, CustomerCorrect, ValidityRead];
/// Needs the customer's and vehicle's history, not the phone number.
const LOOK_ONLY: &[Permission] = &[CustomerRead];
/// P10: everything about data, nothing about a single person in clear.
const DATA: &[Permission] = &[
    CustomerRead,
    ValidityRead,
    ValidityManage,
    IntakeRead,
    IntakeManage,
    QualityRead,
    QuarantineRepair,
    IdentityRead,
    IdentityReview,
    IdentityManage,
    OrgRead,
    OrgManage,
    RoleManage,
    AuditRead,
    SystemManage,
];
const PRIVACY: &[Permission] =
    &[CustomerRead, CustomerReveal, CustomerCorrect, IdentityRead, QualityRead, OrgRead, AuditRead];
const CAMPAIGN: &[Permission] = &[CustomerRead, ValidityRead, OrgRead];

const fn shipped(
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    scope: ScopeKind,
    masked: bool,
    permissions: &'static [Permission],
) -> Shipped {
    Shipped { code, name, name_en, scope, masked, permissions }
}

const SHIPPED: &[Shipped] = &[
    shipped(ADMINISTRATOR, "系统管理员", "Administrator", ScopeKind::Group, false, Permission::ALL),
    shipped("group_director", "集团客户运营总监", "Group director", ScopeKind::Group, false, OVERSIGHT),
    shipped("region_manager", "区域经理", "Region manager", ScopeKind::Region, false, OVERSIGHT),
    shipped("store_manager", "店总", "Store manager", ScopeKind::Store, false, STORE_LEAD),
    shipped("renewal_specialist", "续保专员", "Renewal specialist", ScopeKind::Own, false, FRONT),
    shipped("service_advisor", "服务顾问", "Service advisor", ScopeKind::Own, false, FRONT),
    shipped("sales_consultant", "销售顾问", "Sales consultant", ScopeKind::Own, false, FRONT),
    shipped("call_agent", "客服坐席", "Customer-service agent", ScopeKind::StoreSet, false, FRONT),
    shipped("insurance_manager", "保险经理", "Insurance manager", ScopeKind::Store, false, FRONT),
    shipped("workshop_foreman", "车间主管", "Workshop foreman", ScopeKind::Store, true, LOOK_ONLY),
    shipped("technician", "维修技师", "Technician", ScopeKind::Store, true, LOOK_ONLY),
    shipped("receptionist", "前台接待", "Receptionist", ScopeKind::Store, true, LOOK_ONLY),
    shipped("used_car_appraiser", "二手车评估师", "Used-car appraiser", ScopeKind::Store, true, LOOK_ONLY),
    shipped("finance", "财务", "Finance", ScopeKind::Store, true, CAMPAIGN),
    shipped("marketing_manager", "市场经理", "Marketing manager", ScopeKind::Group, true, CAMPAIGN),
    shipped("data_admin", "数据管理员", "Data administrator", ScopeKind::Group, true, DATA),
    shipped("privacy_officer", "隐私合规专员", "Privacy officer", ScopeKind::Group, false, PRIVACY),
];

fn landing(code: &str) -> Landing {
    match code {
        "group_director" | "region_manager" => Landing::Director,
        "store_manager" => Landing::StoreManager,
        "data_admin" | ADMINISTRATOR => Landing::DataAdmin,
        _ => Landing::Default,
    }
}

/// All shipped roles.
pub fn all() -> Vec<RoleDefinition> {
    let definition = |role: &Shipped| RoleDefinition {
        code: role.code.into(),
        name: role.name.into(),
        name_en: role.name_en.into(),
        scope_kind: role.scope,
        masked: role.masked,
        permissions: role.permissions.iter().copied().collect::<BTreeSet<_>>(),
        landing: landing(role.code),
    };
    SHIPPED.iter().map(definition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_roles_are_told_apart_and_the_masked_ones_reveal_nothing() {
        let roles = all();
        let codes: BTreeSet<_> = roles.iter().map(|role| role.code.as_str()).collect();
        assert_eq!(codes.len(), roles.len());
        for role in &roles {
            let takes_out = [CustomerReveal, CustomerExport]
                .iter()
                .any(|permission| role.permissions.contains(permission));
            assert!(!(role.masked && takes_out), "{} is masked and may still take clear data", role.code);
        }
    }
}
