//! The editable rule: thresholds of the group, and where a brand or a store sees it differently.

use kernel::ids::{BrandId, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::Thresholds;

/// A whole version of the rule, as people edit it and as `validity_rule.body` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// What applies unless a brand or a store says otherwise.
    pub group: Thresholds,
    /// Brands with thresholds of their own.
    #[serde(default)]
    pub brands: Vec<BrandOverride>,
    /// Stores with thresholds of their own; they outrank their brands.
    #[serde(default)]
    pub stores: Vec<StoreOverride>,
}

/// Thresholds of one brand; what is absent is the group's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandOverride {
    /// The brand.
    pub brand_id: BrandId,
    /// Its own thresholds.
    pub thresholds: OwnThresholds,
}

/// Thresholds of one store; what is absent is its brand's or the group's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreOverride {
    /// The store.
    pub store_id: StoreId,
    /// Its own thresholds.
    pub thresholds: OwnThresholds,
}

/// Some of the thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnThresholds {
    /// Months a repair order counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair_months: Option<u16>,
    /// Months a purchase counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_months: Option<u16>,
    /// Months a message, lead or deal counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction_months: Option<u16>,
    /// Days a lead counts as an open prospect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect_days: Option<u16>,
}

/// Why a rule cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleSetFlaw {
    /// A number is out of bounds.
    #[error("{field} is {value}, but must be {min} to {max}")]
    OutOfBounds {
        /// Name of the threshold.
        field: &'static str,
        /// What was given.
        value: u16,
        /// Least allowed.
        min: u16,
        /// Most allowed.
        max: u16,
    },
    /// One brand has two overrides.
    #[error("brand {0} has two overrides")]
    BrandTwice(BrandId),
    /// One store has two overrides.
    #[error("store {0} has two overrides")]
    StoreTwice(StoreId),
}

impl RuleSetFlaw {
    /// The sentence for the console.
    pub fn zh(&self) -> String {
        match self {
            Self::OutOfBounds { field, value, min, max } => {
                format!("{field} 为 {value},应在 {min} 到 {max} 之间")
            }
            Self::BrandTwice(brand) => format!("品牌 {brand} 重复设置"),
            Self::StoreTwice(store) => format!("门店 {store} 重复设置"),
        }
    }
}

impl OwnThresholds {
    fn over(self, base: Thresholds) -> Thresholds {
        Thresholds {
            repair_months: self.repair_months.unwrap_or(base.repair_months),
            purchase_months: self.purchase_months.unwrap_or(base.purchase_months),
            interaction_months: self.interaction_months.unwrap_or(base.interaction_months),
            prospect_days: self.prospect_days.unwrap_or(base.prospect_days),
        }
    }
}

fn most_generous(a: Thresholds, b: Thresholds) -> Thresholds {
    Thresholds {
        repair_months: a.repair_months.max(b.repair_months),
        purchase_months: a.purchase_months.max(b.purchase_months),
        interaction_months: a.interaction_months.max(b.interaction_months),
        prospect_days: a.prospect_days.max(b.prospect_days),
    }
}

impl RuleSet {
    /// Months may be 1 to 240, days 1 to 3660, and nobody may have two overrides.
    ///
    /// # Errors
    /// The first flaw found.
    pub fn check(&self) -> Result<(), RuleSetFlaw> {
        check_bounds(self.group)?;
        for (at, brand) in self.brands.iter().enumerate() {
            check_bounds(brand.thresholds.over(self.group))?;
            if self.brands[..at].iter().any(|other| other.brand_id == brand.brand_id) {
                return Err(RuleSetFlaw::BrandTwice(brand.brand_id));
            }
        }
        for (at, store) in self.stores.iter().enumerate() {
            check_bounds(store.thresholds.over(self.group))?;
            if self.stores[..at].iter().any(|other| other.store_id == store.store_id) {
                return Err(RuleSetFlaw::StoreTwice(store.store_id));
            }
        }
        Ok(())
    }

    /// Thresholds of a brand.
    pub fn of_brand(&self, brand: BrandId) -> Thresholds {
        let own = self.brands.iter().find(|other| other.brand_id == brand);
        own.map_or(self.group, |own| own.thresholds.over(self.group))
    }

    /// Thresholds of a store: its own over its brand's over the group's. A store of several brands
    /// takes the most generous of them, because its customer may have come for any of them.
    pub fn of_store(&self, store: StoreId, brands: &[BrandId]) -> Thresholds {
        let base =
            brands.iter().map(|&brand| self.of_brand(brand)).reduce(most_generous).unwrap_or(self.group);
        let own = self.stores.iter().find(|other| other.store_id == store);
        own.map_or(base, |own| own.thresholds.over(base))
    }
}

fn check_bounds(thresholds: Thresholds) -> Result<(), RuleSetFlaw> {
    let Thresholds { repair_months, purchase_months, interaction_months, prospect_days } = thresholds;
    for (field, value, max) in [
        ("repair_months", repair_months, 240),
        ("purchase_months", purchase_months, 240),
        ("interaction_months", interaction_months, 240),
        ("prospect_days", prospect_days, 3660),
    ] {
        if value == 0 || value > max {
            return Err(RuleSetFlaw::OutOfBounds { field, value, min: 1, max });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict_brand() -> RuleSet {
        RuleSet {
            group: Thresholds::default(),
            brands: vec![BrandOverride {
                brand_id: BrandId(3),
                thresholds: OwnThresholds { repair_months: Some(6), ..OwnThresholds::default() },
            }],
            stores: vec![StoreOverride {
                store_id: StoreId(9),
                thresholds: OwnThresholds { purchase_months: Some(60), ..OwnThresholds::default() },
            }],
        }
    }

    #[test]
    fn a_store_outranks_its_brand_and_a_brand_the_group() {
        let rules = strict_brand();
        for (store, brands, repair, purchase) in [
            (1, &[][..], 24, 36),
            (1, &[BrandId(3)][..], 6, 36),
            (9, &[BrandId(3)][..], 6, 60),
            (1, &[BrandId(3), BrandId(4)][..], 24, 36),
        ] {
            let found = rules.of_store(StoreId(store), brands);
            assert_eq!(
                (found.repair_months, found.purchase_months),
                (repair, purchase),
                "{store} {brands:?}"
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(strict_brand().check(), Ok(()));
        let mut zero = strict_brand();
        zero.group.prospect_days = 0;
        assert!(matches!(zero.check(), Err(RuleSetFlaw::OutOfBounds { field: "prospect_days", .. })));
        let mut twice = strict_brand();
        twice.brands.push(twice.brands[0].clone());
        assert_eq!(twice.check(), Err(RuleSetFlaw::BrandTwice(BrandId(3))));
        let misspelt = r#"{"group":{"repair_month":1}}"#;
        assert!(serde_json::from_str::<RuleSet>(misspelt).is_err());
    }
}
