//! The parameter file, typed. `params.toml` beside is the documentation of every number.

use serde::Deserialize;

/// One figure per brand tier: luxury, joint venture, own brand, electric.
pub(crate) type PerTier<T = f64> = [T; 4];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    pub sales: Sales,
    pub vehicle: Vehicle,
    pub service: Service,
    pub insurance: Insurance,
    pub engagement: Engagement,
    pub staff: Staff,
    pub dirt: Dirt,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sales {
    pub mature: PerTier,
    pub sigma: PerTier,
    pub ramp: [f64; 3],
    pub market_from: i32,
    pub market: Vec<f64>,
    pub season: [f64; 12],
    pub weekend: f64,
    pub company: f64,
    pub public_body: f64,
    pub male: f64,
    pub age_mean: f64,
    pub age_sd: f64,
    pub purchase: [f64; 4],
    pub loan_2005: f64,
    pub loan_2021: f64,
    pub trade_in_2008: f64,
    pub trade_in_2022: f64,
    pub again: f64,
    pub again_same_store: f64,
    pub again_same_brand: f64,
    pub serviced_elsewhere: f64,
    pub household: f64,
    pub household_phone: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vehicle {
    pub price: PerTier,
    pub price_sigma: f64,
    pub imported: f64,
    pub import_check_fails: f64,
    pub transfer: [f64; 3],
    pub new_owner_stays: f64,
    pub transfer_recorded: f64,
    pub moves_away: f64,
    pub scrap_midpoint: f64,
    pub ride_hailing: f64,
    pub km_private: f64,
    pub km_sigma: f64,
    pub km_company: f64,
    pub km_taxi: [f64; 2],
    pub covid_2020: f64,
    pub taken_in: f64,
    pub plate_kept: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub survival: PerTier<[f64; 10]>,
    pub store_effect: f64,
    pub visits_in_warranty: PerTier,
    pub visits_later: PerTier,
    pub lateness_mean: f64,
    pub early: f64,
    pub kinds: [f64; 6],
    pub ticket_maintenance: PerTier,
    pub ticket_repair: PerTier,
    pub ticket_accident: PerTier,
    pub ticket_trend: f64,
    pub interval_km: PerTier<i32>,
    pub interval_months: PerTier<i32>,
    pub outside_cars: f64,
    pub outside_stay: f64,
    pub odometer_rounded: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Insurance {
    pub new_through_store: [f64; 2],
    pub first_renewal: [f64; 3],
    pub later_renewal: [f64; 3],
    pub lapsed_renewal: f64,
    pub potential: f64,
    pub insured_elsewhere_in_service: f64,
    pub premium: PerTier,
    pub insurers: Vec<f64>,
    pub issue_timing: [f64; 4],
    pub compulsory_differs: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Engagement {
    pub wecom_2022: f64,
    pub wecom_sd: f64,
    pub mini_program: f64,
    pub consent: f64,
    pub no_contact: f64,
    pub leads_sources: Vec<f64>,
    pub lead_fake: f64,
    pub lead_duplicate: f64,
    pub lead_grades: [f64; 4],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Staff {
    pub mean: f64,
    pub sd: f64,
    pub min: i32,
    pub max: i32,
    pub headquarters: i32,
    pub shares: [f64; 11],
    pub turnover: [f64; 11],
    pub no_renewal_team: f64,
}

/// Rates of the dirt model, per source row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dirt {
    pub duplicate: f64,
    pub duplicate_before_2008: f64,
    pub name_variant: f64,
    pub phone_wrong_digit: f64,
    pub phone_swapped: f64,
    pub phone_short: f64,
    pub phone_stale: f64,
    pub phone_changes: f64,
    pub phone_recycled: f64,
    pub phone_placeholder: f64,
    pub phone_store: f64,
    pub phone_agent: f64,
    pub phone_format: f64,
    pub vin_missing: f64,
    pub vin_typo: f64,
    pub vin_short: f64,
    pub plate_missing: f64,
    pub plate_old: f64,
    pub plate_province: f64,
    pub id_missing: f64,
    pub id_masked: f64,
    pub id_wrong_check: f64,
    pub birthday_missing: f64,
    pub birthday_default: f64,
    pub expiry_missing: f64,
    pub expiry_default: f64,
    pub deliverer_known: f64,
    pub deliverer_brings: f64,
    pub odometer_missing: f64,
    pub odometer_typo: f64,
    pub odometer_replaced: f64,
    pub code_variant: f64,
    pub trailing_space: f64,
    pub full_width: f64,
    pub late: f64,
    pub internal: f64,
    pub impossible_date: f64,
    pub gbk: f64,
    pub utf8_bom: f64,
    pub paper_keyed: f64,
}

impl Params {
    /// The embedded defaults.
    pub(crate) fn defaults() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("params.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn the_embedded_file_is_complete() {
        let p = Params::defaults().unwrap();
        assert_eq!(p.sales.market.len(), 22);
        assert!((p.staff.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
