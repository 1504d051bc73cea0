//! What all readers of raw cells share: folding of single characters, words that mean "nothing here",
//! and runs of digits nobody was ever given.

/// Full-width forms become ASCII, lower case becomes upper case; everything else stays.
pub(crate) const fn ascii_of(c: char) -> char {
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(c as u32 - 0xFEE0) {
            Some(folded) => folded,
            None => c,
        },
        '\u{3000}' | '\u{00A0}' => ' ',
        _ => c,
    };
    c.to_ascii_uppercase()
}

/// Characters that carry nothing: white space, controls, zero-width marks, the byte order mark.
pub(crate) fn is_blank(c: char) -> bool {
    match c {
        ' '..='~' => c == ' ',
        '\u{4E00}'..='\u{9FFF}' => false,
        _ => {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        }
    }
}

/// Dashes and rules people put between groups of symbols.
pub(crate) const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '_' | '—' | '–' | '−' | '‐' | '‑' | '－')
}

/// The dot variants of transliterated names and typed abbreviations.
pub(crate) const fn is_dot(c: char) -> bool {
    matches!(c, '·' | '•' | '・' | '‧' | '.' | '．' | '｡' | '･' | '∙')
}

/// True for an empty cell and for the words and signs that stand for one.
pub(crate) fn means_nothing(raw: &str) -> bool {
    let raw =
        raw.trim_matches(|c| is_blank(c) || is_dash(c) || is_dot(c) || matches!(c, '/' | '\\' | '?' | '？'));
    if raw.is_empty() {
        return true;
    }
    if raw.len() > 12 {
        return false;
    }
    matches!(
        raw,
        "无" | "無" | "空" | "暂无" | "没有" | "未知" | "不详" | "未填" | "未填写" | "未提供" | "不明"
    ) || ["NULL", "NONE", "NIL", "N/A", "NA", "#N/A", "UNKNOWN", "(NULL)", "NAN"]
        .iter()
        .any(|word| raw.eq_ignore_ascii_case(word))
}

/// The longest run of equal digits, of ascending digits, of descending digits (ASCII, 9→0 wraps).
pub(crate) fn longest_run(digits: &[u8]) -> usize {
    let (mut best, mut same, mut up, mut down) = (usize::from(!digits.is_empty()), 1, 1, 1);
    for pair in digits.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        same = if a == b { same + 1 } else { 1 };
        up = if (a == b'9' && b == b'0') || b == a.wrapping_add(1) { up + 1 } else { 1 };
        down = if (a == b'0' && b == b'9') || a == b.wrapping_add(1) { down + 1 } else { 1 };
        best = best.max(same).max(up).max(down);
    }
    best
}

/// Reads up to `N` ASCII symbols out of a cell, folding width and case and skipping blanks, dashes and
/// dots. `Err` gives the first symbol that is not ASCII, or `None` when there are more than `N`.
pub(crate) fn symbols<const N: usize>(raw: &str) -> Result<([u8; N], usize), Option<char>> {
    let mut out = [0; N];
    let mut len = 0;
    for c in raw.chars() {
        let c = ascii_of(c);
        if is_blank(c) || is_dash(c) || is_dot(c) {
            continue;
        }
        let Ok(byte) = u8::try_from(u32::from(c)) else { return Err(Some(c)) };
        if !byte.is_ascii() {
            return Err(Some(c));
        }
        if len == N {
            return Err(None);
        }
        out[len] = byte;
        len += 1;
    }
    Ok((out, len))
}

/// A slice of bytes that are known to be ASCII, as text.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// A set of unified ideographs: one bit each, so that most cells are told from the rare ones by a look at
/// a few characters.
pub(crate) struct HanSet(Box<[u64]>);

impl HanSet {
    /// The set of some characters; others than unified ideographs are left out.
    pub(crate) fn of(chars: impl IntoIterator<Item = char>) -> Self {
        let mut words = vec![0; (0x9FFF - 0x4E00 + 64) / 64];
        for at in chars.into_iter().filter_map(Self::place) {
            words[at / 64] |= 1 << (at % 64);
        }
        Self(words.into_boxed_slice())
    }

    fn place(c: char) -> Option<usize> {
        matches!(c, '\u{4E00}'..='\u{9FFF}').then(|| c as usize - 0x4E00)
    }

    /// True when the set has the character.
    pub(crate) fn has(&self, c: char) -> bool {
        Self::place(c).is_some_and(|at| self.0[at / 64] >> (at % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_for_an_empty_cell() {
        for raw in ["", "  ", "　", "-", "——", "/", "无", "暂无", " NULL ", "n/a", "#N/A", "未知", "\u{FEFF}"]
        {
            assert!(means_nothing(raw), "{raw:?}");
        }
        for raw in ["张三", "0", "13812345678", "无锡市"] {
            assert!(!means_nothing(raw), "{raw:?}");
        }
    }

    #[test]
    fn runs_of_equal_ascending_and_descending_digits() {
        for (digits, longest) in
            [("", 0), ("7", 1), ("1388888", 5), ("1234567", 7), ("98765", 5), ("789012", 6), ("135", 1)]
        {
            assert_eq!(longest_run(digits.as_bytes()), longest, "{digits}");
        }
    }
}
