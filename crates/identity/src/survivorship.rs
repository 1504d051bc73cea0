//! Survivorship rules: shipped with the house, editable per field.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::IdentityError;
use crate::golden::{Criterion, shipped_criteria};
use crate::golden_person::Criteria;
use crate::golden_vehicle;

/// Fields of a golden person that have a rule.
pub const PERSON_FIELDS: [&str; 9] =
    ["name", "kind", "gender", "birth_on", "mobile", "id_number", "uscc", "city", "address"];

/// Every field that has a rule: persons' and vehicles'.
pub fn fields() -> impl Iterator<Item = &'static str> {
    PERSON_FIELDS.into_iter().chain(golden_vehicle::FIELDS)
}

/// The criteria in force, shipped ones where nothing was edited.
///
/// # Errors
/// When the database fails or a stored rule cannot be read.
pub async fn criteria(tx: &mut PgConnection) -> Result<Criteria, IdentityError> {
    let mut all: HashMap<String, Vec<Criterion>> =
        fields().map(|field| (field.to_owned(), shipped_criteria(field))).collect();
    let edited: Vec<(String, sqlx::types::Json<Vec<Criterion>>)> =
        sqlx::query_as("SELECT field, criteria FROM survivorship_rule").fetch_all(tx).await?;
    all.extend(edited.into_iter().map(|(field, criteria)| (field, criteria.0)));
    Ok(all)
}
