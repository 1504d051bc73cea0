//! Raw cells as a caller sees them who sees customers masked.

use crate::catalogue::{Field, FieldKind};

/// Masks a cell by the field it feeds: 138****1234, 张*, 110***********1234; other cells stay.
pub fn mask_cell(field: Option<&str>, cell: &str) -> String {
    match field.and_then(Field::parse).map(Field::kind) {
        Some(FieldKind::Phone) => hide(cell, 3, 4),
        Some(FieldKind::IdNumber) => hide(cell, 3, 4),
        Some(FieldKind::Name) => hide(cell, 1, 0),
        Some(FieldKind::Address) => hide(cell, 3, 0),
        // A column nobody has mapped may hold anything; long runs of digits are hidden.
        None if cell.bytes().filter(u8::is_ascii_digit).count() >= 8 => hide(cell, 3, 2),
        _ => cell.to_owned(),
    }
}

/// Keeps the first and last symbols.
fn hide(text: &str, first: usize, last: usize) -> String {
    let symbols: Vec<char> = text.chars().collect();
    if symbols.len() <= first + last {
        return symbols
            .iter()
            .take(1)
            .chain(std::iter::repeat_n(&'*', symbols.len().saturating_sub(1)))
            .collect();
    }
    let hidden = symbols.len() - first - last;
    let head: String = symbols[..first].iter().collect();
    let tail: String = symbols[first + hidden..].iter().collect();
    format!("{head}{}{tail}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::mask_cell;

    #[test]
    fn personal_cells_are_hidden_and_others_stay() {
        for (field, cell, masked) in [
            (Some("mobile"), "13812345678", "138****5678"),
            (Some("id_no"), "000000199001011234", "000***********1234"),
            (Some("name"), "张三丰", "张**"),
            (Some("name"), "张", "张"),
            (Some("address"), "天津市南开区12号", "天津市******"),
            (Some("series"), "迈腾", "迈腾"),
            (None, "13812345678", "138******78"),
            (None, "备注", "备注"),
        ] {
            assert_eq!(mask_cell(field, cell), masked);
        }
    }
}
