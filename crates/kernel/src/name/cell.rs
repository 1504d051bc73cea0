//! Reading a name cell: brackets and separators first, then words behind the name, then what is left.

use std::sync::LazyLock;

use super::words::{
    HONORIFICS, LATIN_TITLES, NOTES, PLACEHOLDER_HEADS, PLACEHOLDERS, SHORT_HONORIFICS, gender_of_note,
};
use super::{NameFlaw, NameKind, PersonName};
use crate::company;
use crate::read::{HanSet, ascii_of, is_blank, is_dash, means_nothing};
use crate::surnames;
use crate::text::{fold, fold_char, is_han, simplified};
use crate::vocab::Gender;

/// Characters a name may have; Uyghur and Latin names are long.
const LONGEST: usize = 40;

pub(super) fn read(raw: &str) -> Result<PersonName, NameFlaw> {
    if let Some(name) = plain(raw) {
        return Ok(name);
    }
    if means_nothing(raw) {
        return Err(NameFlaw::Missing);
    }
    if company::looks_like(&fold(raw)) && company_before_brackets(raw) {
        return Err(NameFlaw::Company);
    }
    let (first, note) = split(raw);
    let gender_note = note.as_deref().and_then(gender_of_note);
    let (title, first) = latin_title(&first);
    let mut text = fold(first);
    if is_placeholder(&text) {
        return Err(NameFlaw::Placeholder);
    }
    text.retain(|c| !c.is_ascii_digit());
    let mut reader = Reader { text, gender: title.flatten().or(gender_note), note, kind: None };
    reader.take_off_note();
    reader.take_off_honorific();
    reader.finish()
}

/// Characters that end a word of which a name has to be freed: 张先生, 张总, 张伟司机.
static WORD_TAILS: LazyLock<HanSet> = LazyLock::new(|| {
    let words = HONORIFICS.iter().map(|&(title, _)| title).chain(NOTES.iter().copied());
    let short = SHORT_HONORIFICS.iter().map(|&(title, _)| title);
    HanSet::of(words.filter_map(|word| word.chars().next_back()).chain(short))
});

/// Characters that begin a placeholder.
static PLACEHOLDER_FIRSTS: LazyLock<HanSet> =
    LazyLock::new(|| HanSet::of(PLACEHOLDERS.iter().filter_map(|word| word.chars().next())));

/// Two to four Chinese characters that are already simplified and need nothing taken off: most cells.
fn plain(raw: &str) -> Option<PersonName> {
    if !(6..=12).contains(&raw.len()) || raw.is_ascii() {
        return None;
    }
    if raw.chars().any(|c| !matches!(c, '\u{4E00}'..='\u{9FFF}') || simplified(c) != c) {
        return None;
    }
    let first = raw.chars().next()?;
    // Behind a known surname and with none of the words, the cell is a name as it stands.
    if !surnames::is_single(first) && surnames::compound(raw).is_none() {
        return None;
    }
    let last = raw.chars().next_back()?;
    let worded = WORD_TAILS.has(last)
        || PLACEHOLDER_FIRSTS.has(first) && PLACEHOLDERS.contains(&raw)
        || raw.chars().any(|c| c == '某')
        || company::looks_like(raw);
    let surname_len = surnames::surname_of(raw).len();
    if worded || surname_len == raw.len() {
        return None;
    }
    Some(PersonName { text: raw.to_owned(), surname_len, kind: NameKind::Full, gender: None, note: None })
}

/// A company in brackets behind a person (张三(某某公司)) leaves the person; one in front does not.
fn company_before_brackets(raw: &str) -> bool {
    let head = raw.split(['(', '（', '[', '【', '<', '《']).next().unwrap_or_default();
    let folded = fold(head);
    folded.chars().count() < 2 || company::looks_like(&folded) || {
        // 杭州某某(集团)有限公司 has its brackets in the middle.
        let tail = raw.rsplit([')', '）', ']', '】']).next().unwrap_or_default();
        company::looks_like(&fold(tail)) || fold(tail).ends_with("公司")
    }
}

/// The first name of the cell and what stood in brackets or behind a separator.
fn split(raw: &str) -> (String, Option<String>) {
    let (mut name, mut note) = (String::with_capacity(raw.len()), String::new());
    let mut depth = 0_u32;
    let mut ended = false;
    for c in raw.chars() {
        match ascii_of(c) {
            '(' | '[' | '【' | '<' | '《' | '{' => depth += 1,
            ')' | ']' | '】' | '>' | '》' | '}' => depth = depth.saturating_sub(1),
            '/' | '\\' | ',' | ';' | '|' | '、' | '&' | '+' if depth == 0 && !name.trim().is_empty() => {
                ended = true
            }
            c if is_dash(c) && depth == 0 && name.chars().any(is_han) => ended = true,
            _ if depth > 0 || ended => note.extend(fold_char(c)),
            _ => name.push(c),
        }
    }
    note.truncate(note.char_indices().nth(LONGEST).map_or(note.len(), |(at, _)| at));
    (name, (!note.is_empty()).then_some(note))
}

/// Takes MR, MS … off the front of a Latin name. The outer option says whether there was one.
fn latin_title(name: &str) -> (Option<Option<Gender>>, &str) {
    let trimmed = name.trim_start_matches(is_blank);
    for &(title, gender) in LATIN_TITLES {
        if let Some(head) = trimmed.get(..title.len())
            && head.eq_ignore_ascii_case(title)
        {
            let rest = &trimmed[title.len()..];
            if rest.starts_with(['.', ' ', '·']) && rest.len() > 1 {
                return (Some(gender), rest);
            }
        }
    }
    (None, name)
}

fn is_placeholder(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|c: char| c.is_ascii_digit() || is_dash(c));
    if bare.is_empty() && folded.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    PLACEHOLDERS.contains(&bare)
        || PLACEHOLDER_HEADS.iter().any(|head| bare.starts_with(head))
        || (bare.len() >= 2 && bare.bytes().all(|b| b.is_ascii_uppercase() && b == bare.as_bytes()[0]))
}

struct Reader {
    text: String,
    gender: Option<Gender>,
    note: Option<String>,
    kind: Option<NameKind>,
}

impl Reader {
    /// 张三司机 → 张三, as long as a name is left.
    fn take_off_note(&mut self) {
        for &note in NOTES {
            if let Some(rest) = self.text.strip_suffix(note)
                && rest.chars().filter(|&c| is_han(c)).count() >= 2
            {
                self.note.get_or_insert_with(|| note.to_owned());
                self.text.truncate(self.text.len() - note.len());
                return;
            }
        }
    }

    /// 张三先生 → 张三 and male; 张先生, 小张, 张总 → the surname only.
    fn take_off_honorific(&mut self) {
        for &(title, gender) in HONORIFICS {
            if let Some(rest) = self.text.strip_suffix(title)
                && !rest.is_empty()
            {
                let rest = rest.len();
                self.text.truncate(rest);
                self.gender = self.gender.or(gender);
                if is_surname(&self.text) {
                    self.kind = Some(NameKind::SurnameOnly);
                }
                break;
            }
        }
        if let Some(last) = self.text.chars().last()
            && let Some(&(_, gender)) = SHORT_HONORIFICS.iter().find(|&&(title, _)| title == last)
            && self.kind.is_none()
            && last != '生'
        {
            let rest = self.text.len() - last.len_utf8();
            if is_known_surname(&self.text[..rest]) {
                self.text.truncate(rest);
                self.gender = self.gender.or(gender);
                self.kind = Some(NameKind::SurnameOnly);
            }
        }
        if let Some(rest) = self.text.strip_prefix(['小', '老', '阿', '大'])
            && is_known_surname(rest)
        {
            self.text = rest.to_owned();
            self.kind = Some(NameKind::SurnameOnly);
        }
    }

    fn finish(mut self) -> Result<PersonName, NameFlaw> {
        self.cut_at_mask()?;
        if is_placeholder(&self.text) {
            return Err(NameFlaw::Placeholder);
        }
        if self.text.is_empty() {
            return Err(if self.note.is_some() { NameFlaw::Placeholder } else { NameFlaw::BadFormat });
        }
        let (mut han, mut letters, mut other, mut chars) = (0, 0, 0, 0);
        for c in self.text.chars() {
            chars += 1;
            match c {
                c if is_han(c) => han += 1,
                c if c.is_ascii_uppercase() || (c.is_alphabetic() && !c.is_ascii()) => letters += 1,
                '-' | '\'' | '’' => {}
                _ => other += 1,
            }
        }
        if other > 0 || chars > LONGEST || han + letters == 0 {
            return Err(NameFlaw::BadFormat);
        }
        let kind = self.kind.unwrap_or(match (han, letters) {
            (0, 1) => return Err(NameFlaw::BadFormat),
            (0, _) => NameKind::Latin,
            _ if is_surname(&self.text) => NameKind::SurnameOnly,
            _ => NameKind::Full,
        });
        let kind = if kind == NameKind::SurnameOnly && han == 0 { NameKind::Latin } else { kind };
        let surname_len = match kind {
            NameKind::Latin => 0,
            NameKind::Full => surnames::surname_of(&self.text).len(),
            NameKind::SurnameOnly | NameKind::Masked => self.text.len(),
        };
        Ok(PersonName { text: self.text, surname_len, kind, gender: self.gender, note: self.note })
    }

    /// 张*, 张某某, 张XX: what stands before the mask is a surname if it is short.
    fn cut_at_mask(&mut self) -> Result<(), NameFlaw> {
        let masked = |c: char| matches!(c, '*' | '某' | '?' | '×' | '●' | '○' | '□' | '_');
        let at = self.text.find(masked).or_else(|| {
            // X hides a character only behind Chinese ones: 张XX, not MAX.
            let x = self.text.find('X')?;
            (x > 0 && self.text[..x].chars().all(is_han) && self.text[x..].bytes().all(|b| b == b'X'))
                .then_some(x)
        });
        let Some(at) = at else { return Ok(()) };
        if at == 0 || !self.text[..at].chars().all(is_han) {
            return Err(NameFlaw::Masked);
        }
        let surname = surnames::surname_of(&self.text[..at]).len();
        self.text.truncate(surname);
        self.kind = Some(NameKind::Masked);
        Ok(())
    }
}

/// A text that is nothing but a surname: one character, or a compound surname.
fn is_surname(text: &str) -> bool {
    let mut chars = text.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(only), None, None) => is_han(only),
        (Some(_), Some(_), None) => surnames::compound(text).is_some(),
        _ => false,
    }
}

/// As [`is_surname`], but the single character must be on the list.
fn is_known_surname(text: &str) -> bool {
    is_surname(text) && text.chars().next().is_some_and(|first| text.len() > 3 || surnames::is_single(first))
}
