//! What somebody means who types a few symbols: a name, initials, a phone, a plate, a VIN, an ID.

use kernel::ids::{PersonNo, VehicleNo};
use kernel::text::{fold, is_han};

/// Longest text that is looked at; a company's full name fits.
pub const QUERY_CHARS_MAX: usize = 40;

/// One thing a query may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// A customer's number.
    PersonNo(PersonNo),
    /// A vehicle's number.
    VehicleNo(VehicleNo),
    /// Beginning or middle of a name.
    Name(String),
    /// Initials or full pinyin of a name, lower case.
    Pinyin(String),
    /// A whole telephone number.
    Phone(String),
    /// The last four digits of a mobile number.
    PhoneTail(String),
    /// A whole ID number.
    IdNumber(String),
    /// Beginning of a plate.
    Plate(String),
    /// The last 4, 6 or 8 symbols of a VIN.
    VinTail(String),
    /// A VIN from its beginning, five symbols or more.
    Vin(String),
}

/// Length of a customer or vehicle number as shown: a letter and eight digits.
const NUMBER_CHARS: usize = 9;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使";

/// The meanings of a query, the likeliest first. Empty for queries too short to mean anything.
pub fn detect(raw: &str) -> Vec<Probe> {
    let text = fold(&raw.chars().take(QUERY_CHARS_MAX).collect::<String>());
    let text = text.replace(['-', '\'', '%', '_', '\\'], "");
    let han = text.chars().filter(|&c| is_han(c)).count();
    if text.is_empty() {
        return Vec::new();
    }
    if han > 0 {
        return with_han(text);
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric()) {
        return vec![Probe::Name(text)];
    }
    let number = PersonNo::parse(&text)
        .map(Probe::PersonNo)
        .or_else(|_| VehicleNo::parse(&text).map(Probe::VehicleNo))
        .ok();
    let mut probes: Vec<Probe> = number.into_iter().collect();
    // Written out in full it is a number and nothing else; shorter, it may be the tail of a VIN.
    if !probes.is_empty() && text.len() == NUMBER_CHARS {
        return probes;
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let letters = text.bytes().all(|b| b.is_ascii_alphabetic());
    if digits {
        probes.extend(of_digits(&text));
    } else {
        if letters && text.len() >= 2 {
            probes.push(Probe::Pinyin(text.to_ascii_lowercase()));
        }
        if is_id_shaped(&text) {
            probes.push(Probe::IdNumber(text.clone()));
        }
        probes.extend(of_vin(&text));
    }
    probes
}

/// 津A… is a plate; everything else with a Chinese character is a name (or a company with digits in it).
fn with_han(text: String) -> Vec<Probe> {
    let mut chars = text.chars();
    let plate_like = chars.next().is_some_and(|first| PROVINCES.contains(first))
        && chars.next().is_some_and(|second| second.is_ascii_alphabetic());
    if plate_like { vec![Probe::Plate(text)] } else { vec![Probe::Name(text)] }
}

fn of_digits(text: &str) -> Vec<Probe> {
    match text.len() {
        4 => vec![Probe::PhoneTail(text.into()), Probe::VinTail(text.into())],
        6 | 8 => {
            let mut probes = vec![Probe::VinTail(text.into())];
            if text.len() == 8 {
                probes.push(Probe::Phone(text.into()));
            }
            probes
        }
        11 if text.starts_with('1') => vec![Probe::Phone(text.into())],
        7 | 10..=12 => vec![Probe::Phone(text.into())],
        15 | 18 => vec![Probe::IdNumber(text.into())],
        _ => Vec::new(),
    }
}

fn of_vin(text: &str) -> Vec<Probe> {
    // I, O and Q are no symbols of a VIN; people type them for 1 and 0.
    let vin: String = text
        .chars()
        .map(|c| match c {
            'I' => '1',
            'O' | 'Q' => '0',
            c => c,
        })
        .collect();
    match vin.len() {
        4 | 6 | 8 => vec![Probe::VinTail(vin.clone())]
            .into_iter()
            .chain((vin.len() >= 6).then_some(Probe::Vin(vin)))
            .collect(),
        5..=17 => vec![Probe::Vin(vin)],
        _ => Vec::new(),
    }
}

fn is_id_shaped(text: &str) -> bool {
    text.len() == 18 && text.ends_with('X') && text[..17].bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_and_what_they_mean() {
        use Probe::*;
        let s = |text: &str| text.to_owned();
        for (raw, probes) in [
            ("张", vec![Name(s("张"))]),
            ("張 偉", vec![Name(s("张伟"))]),
            ("运通物流", vec![Name(s("运通物流"))]),
            ("zw", vec![Pinyin(s("zw"))]),
            ("ZhangWei", vec![Pinyin(s("zhangwei")), VinTail(s("ZHANGWE1")), Vin(s("ZHANGWE1"))]),
            ("z", vec![]),
            ("13812345678", vec![Phone(s("13812345678"))]),
            ("138-1234-5678", vec![Phone(s("13812345678"))]),
            ("１３８１２３４５６７８", vec![Phone(s("13812345678"))]),
            ("5678", vec![PhoneTail(s("5678")), VinTail(s("5678"))]),
            ("123456", vec![VinTail(s("123456"))]),
            ("津A", vec![Plate(s("津A"))]),
            ("津a·123", vec![Plate(s("津A123"))]),
            ("京东物流", vec![Name(s("京东物流"))]),
            ("津AD12345", vec![Plate(s("津AD12345"))]),
            ("k412", vec![VinTail(s("K412"))]),
            ("G4123456", vec![VinTail(s("G4123456")), Vin(s("G4123456"))]),
            ("LFV2A21K8G4123456", vec![Vin(s("LFV2A21K8G4123456"))]),
            ("LFV2A21K8GO123456", vec![Vin(s("LFV2A21K8G0123456"))]),
            ("110101199003071234", vec![IdNumber(s("110101199003071234"))]),
            ("11010119900307123x", vec![IdNumber(s("11010119900307123X"))]),
            ("P00012345", vec![PersonNo(kernel::ids::PersonNo(12_345))]),
            ("v00000007", vec![VehicleNo(kernel::ids::VehicleNo(7))]),
            ("P123", vec![PersonNo(kernel::ids::PersonNo(123)), VinTail(s("P123"))]),
            ("", vec![]),
            ("  ", vec![]),
            ("%_%", vec![]),
        ] {
            assert_eq!(detect(raw), probes, "{raw:?}");
        }
    }

    #[test]
    fn a_query_of_any_length_is_cut() {
        let endless = "张".repeat(10_000);
        assert_eq!(detect(&endless), [Probe::Name("张".repeat(QUERY_CHARS_MAX))]);
    }
}
