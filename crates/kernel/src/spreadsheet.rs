//! Cells that leave the house towards Excel or WPS.

use std::borrow::Cow;

/// Makes a text cell harmless: a spreadsheet would run text that starts with `=`, `+`, `-`, `@`, a tab or
/// a line break as a formula (or, full-width, turn it into one), so such text gets an apostrophe in front.
/// Numbers and dates must be written as numbers and dates and never come through here.
pub fn guard_formula(text: &str) -> Cow<'_, str> {
    let first = text.chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_run_is_quoted() {
        for raw in ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1"] {
            assert_eq!(guard_formula(raw), format!("'{raw}"), "{raw:?}");
        }
    }

    #[test]
    fn other_text_is_passed_on_without_a_copy() {
        for raw in ["", "张三", "1-2", "a=b", "'=x"] {
            assert!(matches!(guard_formula(raw), Cow::Borrowed(same) if same == raw), "{raw:?}");
        }
    }
}
