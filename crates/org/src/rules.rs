//! Decisions about access: what the roles held add up to, who may give what to whom.

use std::collections::BTreeSet;

use db::Access;
use kernel::ids::{EmployeeId, StoreId, UserId};
use web::Permission;

use crate::model::{HeldRole, RoleDefinition, ScopeKind};

/// What an account may do, and on whose rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// On whose rows.
    pub access: Access,
    /// What.
    pub permissions: BTreeSet<Permission>,
}

/// What the roles an account holds add up to.
///
/// Permissions and stores add up. Personal fields are masked only if every role masks them. The limit to one's
/// *own* customers holds only while no role reaches further: with a wider role beside it, the own role adds its
/// permissions and no stores, so that it can never open the customers of colleagues in a store the wider role
/// does not reach.
pub fn access_of(user_id: UserId, employee: Option<EmployeeId>, roles: &[HeldRole]) -> Rights {
    let only_own = roles.iter().all(|role| role.scope == ScopeKind::Own);
    let reaching = roles.iter().filter(|role| only_own || role.scope != ScopeKind::Own);
    let stores: BTreeSet<StoreId> = match (only_own, employee) {
        // Own customers of nobody are none.
        (true, None) => BTreeSet::new(),
        _ => reaching.flat_map(|role| role.stores.iter().copied()).collect(),
    };
    Rights {
        access: Access {
            user_id,
            stores: stores.into_iter().collect(),
            group: roles.iter().any(|role| role.scope == ScopeKind::Group),
            own: employee.filter(|_| only_own && !roles.is_empty()),
            masked: roles.iter().all(|role| role.masked),
        },
        permissions: roles.iter().flat_map(|role| role.permissions.iter().copied()).collect(),
    }
}

/// Why something may not be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// A permission the giver does not have himself.
    #[error("permission {} is not the giver's own", .0.code())]
    Permission(Permission),
    /// Group scope, given by somebody without it.
    #[error("group scope is not the giver's own")]
    Group,
    /// A store the giver does not reach.
    #[error("store {0} is outside the giver's scope")]
    Store(StoreId),
    /// Clear personal fields, given by somebody who sees them masked.
    #[error("the giver sees personal fields masked")]
    Clear,
    /// Customers of colleagues, given by somebody who only has his own.
    #[error("the giver has only his own customers")]
    Colleagues,
}

/// Whether `giver` has everything that is in `rights`.
///
/// # Errors
/// The first thing the giver lacks.
pub fn covers(giver: &Rights, rights: &Rights) -> Result<(), GrantRefusal> {
    if let Some(&missing) = rights.permissions.difference(&giver.permissions).next() {
        return Err(GrantRefusal::Permission(missing));
    }
    let (mine, theirs) = (&giver.access, &rights.access);
    if theirs.group && !mine.group {
        return Err(GrantRefusal::Group);
    }
    let beyond = theirs.stores.iter().find(|store| !mine.group && !mine.stores.contains(store));
    if let Some(&store) = beyond {
        return Err(GrantRefusal::Store(store));
    }
    let holds_anything = !theirs.stores.is_empty() || theirs.group;
    if mine.own.is_some() && holds_anything && theirs.own != mine.own {
        return Err(GrantRefusal::Colleagues);
    }
    if mine.masked && !theirs.masked {
        return Err(GrantRefusal::Clear);
    }
    Ok(())
}

/// Whether `giver` may change an account from `before` to `after`.
///
/// Taking away is always allowed within the giver's scope. Giving anything is allowed only when the giver has
/// everything the account has *afterwards*: rights multiply (a masked group role beside a clear store role
/// would make a clear group role), so looking at the gift alone is not enough.
///
/// # Errors
/// What the giver lacks.
pub fn may_change(giver: &Rights, before: &Rights, after: &Rights) -> Result<(), GrantRefusal> {
    if covers(before, after).is_ok() { Ok(()) } else { covers(giver, after) }
}

/// Whether `giver` may make a role say `after`. Every holder gets what is added, wherever he is, so the giver
/// must have all of it; what a role already said may stay.
///
/// # Errors
/// What the giver lacks.
pub fn may_define(
    giver: &Rights,
    before: Option<&RoleDefinition>,
    after: &RoleDefinition,
) -> Result<(), GrantRefusal> {
    let nothing = BTreeSet::new();
    let had = before.map_or(&nothing, |role| &role.permissions);
    let added: Vec<_> = after.permissions.difference(had).collect();
    if let Some(&&missing) = added.iter().find(|permission| !giver.permissions.contains(permission)) {
        return Err(GrantRefusal::Permission(missing));
    }
    let widens = before.is_none_or(|role| after.scope_kind > role.scope_kind);
    if widens && after.scope_kind == ScopeKind::Group && !giver.access.group {
        return Err(GrantRefusal::Group);
    }
    let clears = !after.masked && before.is_none_or(|role| role.masked);
    // More in a role that shows clear fields is more clear fields for its holders.
    let enriches_clear = !after.masked && (widens || !added.is_empty());
    if giver.access.masked && (clears || enriches_clear) {
        return Err(GrantRefusal::Clear);
    }
    Ok(())
}

/// An administrator can put right whatever others broke: roles, accounts, for the whole group.
pub fn is_administrator(rights: &Rights) -> bool {
    rights.access.group
        && !rights.access.masked
        && [Permission::RoleManage, Permission::OrgManage]
            .iter()
            .all(|needed| rights.permissions.contains(needed))
}

#[cfg(test)]
mod tests {
    use Permission::{CustomerRead, CustomerReveal, OrgManage, RoleManage};
    use ScopeKind::{Brand, Group, Own, Region, Store, StoreSet};

    use super::*;
    use crate::model::Landing;

    fn role(scope: ScopeKind, stores: &[i32], masked: bool, permissions: &[Permission]) -> HeldRole {
        HeldRole {
            code: "role".into(),
            permissions: permissions.iter().copied().collect(),
            masked,
            scope,
            stores: stores.iter().map(|&store| StoreId(store)).collect(),
        }
    }

    fn rights(roles: &[HeldRole]) -> Rights {
        access_of(UserId(1), Some(EmployeeId(9)), roles)
    }

    #[test]
    fn roles_add_up() {
        let clear = |scope, stores: &[i32]| role(scope, stores, false, &[CustomerRead]);
        let masked = |scope, stores: &[i32]| role(scope, stores, true, &[RoleManage]);
        // what it is, roles, stores, group, own, masked, permissions
        type Case<'a> = (&'a str, Vec<HeldRole>, &'a [i32], bool, Option<i32>, bool, usize);
        let cases: &[Case<'_>] = &[
            ("nobody", vec![], &[], false, None, true, 0),
            ("an adviser", vec![clear(Own, &[1])], &[1], false, Some(9), false, 1),
            ("a store manager", vec![clear(Store, &[1])], &[1], false, None, false, 1),
            ("an agent of a set", vec![clear(StoreSet, &[3, 1, 3])], &[1, 3], false, None, false, 1),
            ("a region manager", vec![clear(Region, &[1, 2, 3])], &[1, 2, 3], false, None, false, 1),
            ("two roles", vec![clear(Store, &[1]), masked(Brand, &[2])], &[1, 2], false, None, false, 2),
            ("own beside its store", vec![clear(Own, &[1]), clear(Store, &[1])], &[1], false, None, false, 1),
            (
                "own beside another store",
                vec![clear(Own, &[1]), clear(StoreSet, &[2])],
                &[2],
                false,
                None,
                false,
                1,
            ),
            ("the data administrator", vec![masked(Group, &[1, 2])], &[1, 2], true, None, true, 1),
            ("masked twice", vec![masked(Group, &[1]), masked(Store, &[1])], &[1], true, None, true, 1),
            ("own twice", vec![clear(Own, &[1]), masked(Own, &[1])], &[1], false, Some(9), false, 2),
        ];
        for (what, roles, stores, group, own, masked, permissions) in cases {
            let Rights { access, permissions: held } = rights(roles);
            let stores: Vec<_> = stores.iter().map(|&store| StoreId(store)).collect();
            assert_eq!(access.stores, stores, "{what}: stores");
            assert_eq!(access.group, *group, "{what}: group");
            assert_eq!(access.own, own.map(EmployeeId), "{what}: own");
            assert_eq!(access.masked, *masked, "{what}: masked");
            assert_eq!(held.len(), *permissions, "{what}: permissions");
        }
    }

    #[test]
    fn an_account_without_employee_owns_no_customers() {
        let rights = access_of(UserId(1), None, &[role(Own, &[1], false, &[CustomerRead])]);
        assert_eq!((rights.access.stores, rights.access.own), (vec![], None));
    }

    #[test]
    fn nobody_gives_more_than_he_has() {
        let manager = rights(&[role(Store, &[1], false, &[CustomerRead, OrgManage])]);
        let data_admin = rights(&[role(Group, &[1, 2], true, &[CustomerRead, OrgManage, RoleManage])]);
        let admin = rights(&[role(Group, &[1, 2], false, Permission::ALL)]);
        let adviser = rights(&[role(Own, &[1], false, &[CustomerRead, OrgManage])]);
        let cases: &[(&str, &Rights, HeldRole, Result<(), GrantRefusal>)] = &[
            ("manager, own store", &manager, role(Store, &[1], false, &[CustomerRead]), Ok(())),
            (
                "manager, other store",
                &manager,
                role(StoreSet, &[1, 2], false, &[]),
                Err(GrantRefusal::Store(StoreId(2))),
            ),
            ("manager, group", &manager, role(Group, &[], true, &[]), Err(GrantRefusal::Group)),
            (
                "manager, reveal",
                &manager,
                role(Store, &[1], false, &[CustomerReveal]),
                Err(GrantRefusal::Permission(CustomerReveal)),
            ),
            ("masked gives masked", &data_admin, role(Group, &[1, 2], true, &[CustomerRead]), Ok(())),
            (
                "masked gives clear",
                &data_admin,
                role(Store, &[1], false, &[CustomerRead]),
                Err(GrantRefusal::Clear),
            ),
            ("administrator gives all", &admin, role(Group, &[1, 2], false, Permission::ALL), Ok(())),
            ("own gives store", &adviser, role(Store, &[1], false, &[]), Err(GrantRefusal::Colleagues)),
        ];
        for (what, giver, gift, expected) in cases {
            let nobody = rights(&[]);
            let after = rights(std::slice::from_ref(gift));
            assert_eq!(&may_change(giver, &nobody, &after), expected, "{what}");
        }
    }

    #[test]
    fn taking_away_needs_no_equal_but_gifts_look_at_the_sum() {
        let data_admin = rights(&[role(Group, &[1, 2], true, &[CustomerRead])]);
        let clear_store = role(Store, &[1], false, &[CustomerRead]);
        let before = rights(std::slice::from_ref(&clear_store));
        assert_eq!(may_change(&data_admin, &before, &rights(&[])), Ok(()));
        // Each half is harmless: clear at one store, masked everywhere. Together they are clear everywhere.
        let both = rights(&[clear_store, role(Group, &[1, 2], true, &[CustomerRead])]);
        assert_eq!(may_change(&data_admin, &before, &both), Err(GrantRefusal::Clear));
    }

    #[test]
    fn a_role_can_be_defined_within_what_its_author_has() {
        let define = |scope_kind, masked, permissions: &[Permission]| RoleDefinition {
            code: "custom".into(),
            name: "自定义".into(),
            name_en: String::new(),
            scope_kind,
            masked,
            permissions: permissions.iter().copied().collect(),
            landing: Landing::Default,
        };
        let author = rights(&[role(Group, &[1], true, &[CustomerRead, RoleManage])]);
        let masked = define(Store, true, &[CustomerRead]);
        assert_eq!(may_define(&author, None, &masked), Ok(()));
        assert_eq!(may_define(&author, None, &define(Store, false, &[])), Err(GrantRefusal::Clear));
        assert_eq!(
            may_define(&author, Some(&masked), &define(Store, false, &[CustomerRead])),
            Err(GrantRefusal::Clear)
        );
        let reveal = define(Store, true, &[CustomerReveal]);
        assert_eq!(may_define(&author, None, &reveal), Err(GrantRefusal::Permission(CustomerReveal)));
        // Renaming or narrowing what others defined is no gift.
        let clear = define(Store, false, &[CustomerRead, CustomerReveal]);
        assert_eq!(may_define(&author, Some(&clear), &define(Store, false, &[CustomerRead])), Ok(()));
        assert_eq!(
            may_define(&author, Some(&clear), &define(Group, false, &[CustomerRead])),
            Err(GrantRefusal::Clear)
        );
    }

    #[test]
    fn an_administrator_has_the_whole_group_in_clear() {
        let both = [RoleManage, OrgManage];
        assert!(is_administrator(&rights(&[role(Group, &[], false, &both)])));
        assert!(!is_administrator(&rights(&[role(Group, &[], true, &both)])));
        assert!(!is_administrator(&rights(&[role(Store, &[1], false, &both)])));
        assert!(!is_administrator(&rights(&[role(Group, &[], false, &[RoleManage])])));
    }
}
