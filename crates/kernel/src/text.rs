//! Text made comparable. Folding is deterministic and works character by character: full-width forms
//! become ASCII, letters upper case, blanks and dots vanish, traditional characters become simplified
//! ones. Never by phrase: the same character must fold the same way in every name.

use std::sync::LazyLock;

use pinyin::ToPinyin as _;

use crate::read::{ascii_of, is_blank, is_dot};

const FIRST_HAN: u32 = 0x3400;
const LAST_HAN: u32 = 0x9FFF;

/// For each character from U+3400 to U+9FFF its simplified form, built once.
///
/// The converter looks at neighbours to decide by phrase; a blank on either side keeps it from doing so.
static SIMPLIFIED: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let mut spaced = String::with_capacity(4 * (LAST_HAN - FIRST_HAN + 1) as usize);
    for c in (FIRST_HAN..=LAST_HAN).filter_map(char::from_u32) {
        spaced.push(c);
        spaced.push(' ');
    }
    fast2s::convert(&spaced)
        .chars()
        .step_by(2)
        .zip(FIRST_HAN..=LAST_HAN)
        .map(|(simple, own)| u16::try_from(u32::from(simple)).unwrap_or(own as u16))
        .collect()
});

/// The simplified form of one character; itself when it has none.
pub fn simplified(c: char) -> char {
    let code = u32::from(c);
    if !(FIRST_HAN..=LAST_HAN).contains(&code) {
        return c;
    }
    let simple = SIMPLIFIED.get((code - FIRST_HAN) as usize).copied();
    simple.and_then(|simple| char::from_u32(u32::from(simple))).unwrap_or(c)
}

/// One character folded, or `None` when folding drops it (blank, control, dot).
pub fn fold_char(c: char) -> Option<char> {
    if c.is_ascii() {
        let dropped = c <= ' ' || c == '.' || c == '\u{7F}';
        return (!dropped).then(|| c.to_ascii_uppercase());
    }
    let c = ascii_of(c);
    if is_blank(c) || is_dot(c) { None } else { Some(simplified(c)) }
}

/// Appends the folded text to `out`; for loops that reuse one buffer.
pub fn fold_into(raw: &str, out: &mut String) {
    out.reserve(raw.len());
    out.extend(raw.chars().filter_map(fold_char));
}

/// The folded text: what two spellings of one name, company or address have in common.
pub fn fold(raw: &str) -> String {
    let mut out = String::new();
    fold_into(raw, &mut out);
    out
}

/// True for a Chinese character (unified ideographs and extension A, and the iteration 〇).
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

/// The pinyin of one character, without tone, lower case, ü written v. `None` when it has none.
pub fn pinyin_of(c: char) -> Option<&'static str> {
    c.to_pinyin().map(|pinyin| match pinyin.plain() {
        "lü" => "lv",
        "nü" => "nv",
        "lüe" => "lve",
        "nüe" => "nve",
        plain => plain,
    })
}

/// First letters of the pinyin, lower case: 张伟 → `zw`. Letters and digits are kept, other signs dropped.
pub fn pinyin_initials(text: &str) -> String {
    spelled(text, |pinyin| &pinyin[..1])
}

/// The whole pinyin without tones, lower case: 张伟 → `zhangwei`. Letters and digits are kept.
pub fn pinyin_full(text: &str) -> String {
    spelled(text, |pinyin| pinyin)
}

fn spelled(text: &str, part: impl Fn(&'static str) -> &'static str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().map(ascii_of) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if let Some(pinyin) = pinyin_of(c) {
            out.push_str(part(pinyin));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_removes_width_case_blanks_dots_and_traditional_forms() {
        for (raw, folded) in [
            ("ＡＢｃ１２３", "ABC123"),
            ("浙 A·12345", "浙A12345"),
            ("张　三", "张三"),
            ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
            ("阿卜杜拉•买买提", "阿卜杜拉买买提"),
            ("阿卜杜拉・买买提", "阿卜杜拉买买提"),
            ("阿卜杜拉‧买买提", "阿卜杜拉买买提"),
            ("J.Smith", "JSMITH"),
            ("張國榮", "张国荣"),
            ("鍾離權", "钟离权"),
            ("\u{FEFF}李四\u{200B}\0", "李四"),
            ("（本人）", "(本人)"),
            ("", ""),
        ] {
            assert_eq!(fold(raw), folded, "{raw:?}");
        }
    }

    #[test]
    fn folding_is_by_character_never_by_phrase() {
        // 乾隆 keeps its 乾 in running text; in a key both spellings of a name must meet.
        assert_eq!(fold("乾隆"), fold("干隆"));
        assert_eq!(fold("樊於"), fold("樊于"));
        assert_eq!(simplified('張'), '张');
        assert_eq!(simplified('张'), '张');
        assert_eq!(simplified('A'), 'A');
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        for c in (FIRST_HAN..=LAST_HAN).filter_map(char::from_u32) {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c}");
        }
    }

    #[test]
    fn pinyin_in_full_and_by_initials() {
        for (text, full, initials) in [
            ("张伟", "zhangwei", "zw"),
            ("欧阳娜娜", "ouyangnana", "oynn"),
            ("吕布", "lvbu", "lb"),
            ("张W1", "zhangw1", "zw1"),
            ("Ｔｏｍ", "tom", "tom"),
            ("，。", "", ""),
        ] {
            assert_eq!(pinyin_full(text), full, "{text}");
            assert_eq!(pinyin_initials(text), initials, "{text}");
        }
    }
}
