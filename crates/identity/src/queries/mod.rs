//! What the console reads. Everything is cut to the caller's scope: first his own scoped transaction tells which
//! persons and records he sees, then the house reads the details of these.

pub mod cards;
pub mod evidence;
pub mod explanation;
pub mod history;
pub mod identity_models;
pub mod identity_runs;
pub mod joins;
pub mod review_pairs;
pub mod scope;
pub mod super_nodes;
pub mod survivorship_rules;

/// `%text%` for `ILIKE`, the text's own wildcards taken literally; none when there is nothing to look for.
pub(crate) fn like(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let mut pattern = String::from("%");
    for symbol in text.chars() {
        if matches!(symbol, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(symbol);
    }
    pattern.push('%');
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_a_user_types_are_letters() {
        assert_eq!(like(Some(" 50%_ ")).as_deref(), Some("%50\\%\\_%"));
        assert_eq!(like(Some("  ")), None);
        assert_eq!(like(None), None);
    }
}
