//! How names, numbers and plates are mistyped.

use crate::names;
use crate::people::{Kind, Person};
use crate::rng::Stream;

pub(super) fn name_variant(s: &mut Stream, person: &Person) -> Option<String> {
    let name = person.name.as_str();
    if person.kind != Kind::Private {
        return Some(match s.below(3) {
            0 => person.contact.clone(),
            1 => name.replace("市", ""),
            _ => name.replace("有限责任公司", "公司").replace("有限公司", ""),
        });
    }
    let honorific = if person.male { "先生" } else { "女士" };
    let mut chars: Vec<char> = name.chars().collect();
    Some(match s.weighted(&[30., 14., 14., 8., 10., 8., 16.]) {
        0 => format!("{}{honorific}", names::surname_of(name)),
        1 => format!("{name}{honorific}"),
        2 => {
            let at = 1 + s.below(chars.len().saturating_sub(1).max(1) as u32) as usize;
            let other = names::homophone(s, *chars.get(at)?)?;
            chars[at] = other;
            chars.into_iter().collect()
        }
        3 => {
            if chars.len() < 3 {
                return None;
            }
            chars.remove(1 + s.below(2) as usize);
            chars.into_iter().collect()
        }
        4 => {
            let traditional = names::traditional(name);
            if traditional == name {
                return None;
            }
            traditional
        }
        5 => {
            let joined: Vec<String> = chars.iter().map(char::to_string).collect();
            joined.join(if s.chance(0.5) { " " } else { "　" })
        }
        _ => format!("{name}{}", s.pick(&["(朋友)", "(司机)", "（本人）", "(爱人)", "(车主)"])),
    })
}

pub(super) fn wrong_digit(s: &mut Stream, clean: &str) -> String {
    let at = 3 + s.below(clean.len() as u32 - 3) as usize;
    let mut bytes = clean.as_bytes().to_vec();
    bytes[at] = b'0' + (bytes[at] - b'0' + 1 + s.below(9) as u8) % 10;
    String::from_utf8(bytes).unwrap_or_default()
}

pub(super) fn swapped(s: &mut Stream, clean: &str) -> String {
    let mut bytes = clean.as_bytes().to_vec();
    if bytes.len() < 2 {
        return clean.to_owned();
    }
    // Look for two different neighbours behind the prefix.
    let start = if bytes.len() > 6 { 3 } else { 0 };
    let span = bytes.len() - start - 1;
    let first = s.below(span as u32) as usize;
    for k in 0..span {
        let at = start + (first + k) % span;
        if bytes[at] != bytes[at + 1] {
            bytes.swap(at, at + 1);
            break;
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

pub(super) fn format_mobile(s: &mut Stream, number: &str) -> String {
    if number.len() != 11 {
        return format!("{number} ");
    }
    match s.below(6) {
        0 => format!("+86{number}"),
        1 => format!("{}-{}-{}", &number[..3], &number[3..7], &number[7..]),
        2 => format!("{} {} {}", &number[..3], &number[3..7], &number[7..]),
        3 => format!("{number}/022-0{:07}", s.below(10_000_000)),
        4 => format!("{number}({})", s.pick(&["爱人", "本人", "司机", "办公室"])),
        _ => format!(" {number} "),
    }
}

pub(super) fn full_width(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

pub(super) fn vin_typo(s: &mut Stream, vin: &str) -> String {
    let mut bytes = vin.as_bytes().to_vec();
    let swaps: &[(u8, u8)] =
        &[(b'0', b'O'), (b'1', b'I'), (b'5', b'S'), (b'8', b'B'), (b'2', b'Z'), (b'S', b'5'), (b'B', b'8')];
    match s.below(3) {
        0 => {
            let at = s.below(16) as usize;
            for k in 0..17 {
                let i = (at + k) % 17;
                if let Some((_, other)) = swaps.iter().find(|(c, _)| *c == bytes[i]) {
                    bytes[i] = *other;
                    break;
                }
            }
        }
        1 => {
            let at = 11 + s.below(5) as usize;
            if bytes[at] == bytes[at + 1] {
                bytes[at] = b'0' + (bytes[at] - b'0' + 3) % 10;
            } else {
                bytes.swap(at, at + 1);
            }
        }
        _ => {
            let at = 11 + s.below(6) as usize;
            bytes[at] = b'0' + (bytes[at] - b'0' + 1 + s.below(9) as u8) % 10;
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

pub(super) fn wrong_province(s: &mut Stream, plate: &str) -> String {
    let mut chars: Vec<char> = plate.chars().collect();
    if let Some(first) = chars.first_mut() {
        let old = *first;
        *first = *s.pick(&['京', '冀', '川', '贵', '吉', '鲁']);
        if *first == old {
            *first = '沪';
        }
    }
    chars.into_iter().collect()
}
