//! The words of this room as types: how far a role reaches, what it carries, what an account is.

use std::collections::BTreeSet;

use kernel::ids::StoreId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::Permission;

/// How far a held role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// The holder's own customers, in his own store.
    Own,
    /// The holder's own store.
    Store,
    /// Stores named one by one.
    StoreSet,
    /// All stores of one or several regions.
    Region,
    /// All stores that carry one of several brands.
    Brand,
    /// All stores, and what belongs to no store.
    Group,
}

impl ScopeKind {
    /// All kinds, narrow to wide.
    pub const ALL: [ScopeKind; 6] = [
        ScopeKind::Own,
        ScopeKind::Store,
        ScopeKind::StoreSet,
        ScopeKind::Region,
        ScopeKind::Brand,
        ScopeKind::Group,
    ];

    /// Code in the database and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            ScopeKind::Own => "own",
            ScopeKind::Store => "store",
            ScopeKind::StoreSet => "store_set",
            ScopeKind::Region => "region",
            ScopeKind::Brand => "brand",
            ScopeKind::Group => "group",
        }
    }

    /// Chinese word, as in the workbook of the organisation.
    pub fn zh(self) -> &'static str {
        match self {
            ScopeKind::Own => "本人",
            ScopeKind::Store => "门店",
            ScopeKind::StoreSet => "门店集合",
            ScopeKind::Region => "区域",
            ScopeKind::Brand => "品牌",
            ScopeKind::Group => "集团",
        }
    }

    /// Reads a code or a Chinese word.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.into_iter().find(|kind| kind.code() == text || kind.zh() == text)
    }
}

/// A role as one account holds it, its scope already resolved to stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// Code of the role.
    pub code: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// Personal fields only masked.
    pub masked: bool,
    /// How far it reaches.
    pub scope: ScopeKind,
    /// The stores it reaches; all of them for `Group`.
    pub stores: Vec<StoreId>,
}

/// A role as a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleDefinition {
    /// Stable code: a lower-case letter, then letters, digits, `_`.
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    #[serde(default)]
    pub name_en: String,
    /// Scope of holders for whom nothing else is said.
    pub scope_kind: ScopeKind,
    /// Personal fields only masked.
    pub masked: bool,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// First screen of its holders.
    #[serde(default)]
    pub landing: Landing,
}

/// The first screen after log-in. Ordered: the last of several roles decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    /// Search and lists.
    #[default]
    Default,
    /// One store.
    StoreManager,
    /// Feeds and quality.
    DataAdmin,
    /// The group or a region.
    Director,
}

impl Landing {
    /// Code in the database and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Landing::Default => "default",
            Landing::StoreManager => "store_manager",
            Landing::DataAdmin => "data_admin",
            Landing::Director => "director",
        }
    }

    /// Reads the code; anything unknown is the default screen.
    pub fn parse(code: &str) -> Self {
        [Landing::StoreManager, Landing::DataAdmin, Landing::Director]
            .into_iter()
            .find(|landing| landing.code() == code)
            .unwrap_or_default()
    }
}

/// Where a password comes from, which decides how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordKind {
    /// Chosen by a person: argon2id.
    Argon2id,
    /// Drawn by us with 80 random bits, single use: salted SHA-256 (README, "Initial passwords").
    Initial,
}

impl PasswordKind {
    /// Code in the database.
    pub fn code(self) -> &'static str {
        match self {
            PasswordKind::Argon2id => "argon2id",
            PasswordKind::Initial => "initial",
        }
    }

    /// Reads the code of the database.
    pub fn parse(code: &str) -> Option<Self> {
        [PasswordKind::Argon2id, PasswordKind::Initial].into_iter().find(|kind| kind.code() == code)
    }
}

/// Lower-cased, trimmed log-in name; the form in which names are stored and compared.
///
/// `None` when empty, longer than 64 characters, or holding anything but letters, digits and `.-_@`.
pub fn user_name(text: &str) -> Option<String> {
    let name = text.trim().to_lowercase();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    (!name.is_empty() && name.chars().count() <= 64 && name.chars().all(allowed)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_words_of_the_workbook_are_understood() {
        for kind in ScopeKind::ALL {
            assert_eq!(ScopeKind::parse(kind.code()), Some(kind));
            assert_eq!(ScopeKind::parse(kind.zh()), Some(kind));
        }
        assert_eq!(ScopeKind::parse(" 区域 "), Some(ScopeKind::Region));
        assert_eq!(ScopeKind::parse("全球"), None);
    }

    #[test]
    fn log_in_names_are_compared_in_one_form() {
        assert_eq!(user_name(" Manager.A ").as_deref(), Some("manager.a"));
        assert_eq!(user_name("TJVW01-S012").as_deref(), Some("tjvw01-s012"));
        assert_eq!(user_name("张伟").as_deref(), Some("张伟"));
        for bad in ["", "  ", "a b", "x'; --", &"a".repeat(65)] {
            assert_eq!(user_name(bad), None, "{bad:?}");
        }
    }
}
