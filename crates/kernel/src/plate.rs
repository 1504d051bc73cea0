//! Registration plate (车牌). An attribute of a vehicle with dates, never the only key: it may be kept for
//! the owner's next car and given out again.
//!
//! Ordinary: province + letter + five (no I, O; the last may be 挂 学 警 港 澳 领 使). New energy: six, a small
//! car `[ABCDEFGHJK]` + symbol + four digits, a large one five digits + `[ABCDEFGHJK]`; D/A/B/C/E run on
//! batteries alone, F/G/H/J/K do not.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::read::{is_blank, is_dash, is_dot, means_nothing};
use crate::text::fold_char;

/// The signs of the provinces.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// A well-formed plate without separators, for example 浙A12345 or 浙AD12345.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plate {
    /// UTF-8; at most province (3) + letter + four + suffix (3) = 11 bytes.
    text: [u8; 12],
    len: u8,
    kind: PlateKind,
}

/// What the form of a plate tells about the vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlateKind {
    /// Seven symbols, the usual plate.
    Ordinary,
    /// New energy, small car, battery only.
    SmallBattery,
    /// New energy, small car, not battery only (plug-in hybrid and others).
    SmallHybrid,
    /// New energy, large vehicle, battery only.
    LargeBattery,
    /// New energy, large vehicle, not battery only.
    LargeHybrid,
    /// 挂: trailer.
    Trailer,
    /// 学: driving school.
    Learner,
    /// 警: police.
    Police,
    /// 港: from Hong Kong.
    HongKong,
    /// 澳: from Macau.
    Macau,
    /// 领: consulate.
    Consulate,
    /// 使: embassy.
    Embassy,
}

impl PlateKind {
    /// The code sent to the console.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::SmallBattery => "small_battery",
            Self::SmallHybrid => "small_hybrid",
            Self::LargeBattery => "large_battery",
            Self::LargeHybrid => "large_hybrid",
            Self::Trailer => "trailer",
            Self::Learner => "learner",
            Self::Police => "police",
            Self::HongKong => "hong_kong",
            Self::Macau => "macau",
            Self::Consulate => "consulate",
            Self::Embassy => "embassy",
        }
    }

    /// What the console shows.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Ordinary => "普通号牌",
            Self::SmallBattery => "小型新能源（纯电）",
            Self::SmallHybrid => "小型新能源（非纯电）",
            Self::LargeBattery => "大型新能源（纯电）",
            Self::LargeHybrid => "大型新能源（非纯电）",
            Self::Trailer => "挂车",
            Self::Learner => "教练车",
            Self::Police => "警车",
            Self::HongKong => "港车入境",
            Self::Macau => "澳车入境",
            Self::Consulate => "领事馆车",
            Self::Embassy => "使馆车",
        }
    }

    /// True for the four kinds of green plates.
    pub const fn is_new_energy(self) -> bool {
        matches!(self, Self::SmallBattery | Self::SmallHybrid | Self::LargeBattery | Self::LargeHybrid)
    }
}

/// Why a cell is not a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PlateFlaw {
    /// The cell is empty.
    #[error("no plate given")]
    Missing,
    /// The vehicle says it has none (无牌照, 未上牌, 新车).
    #[error("the vehicle has no plate")]
    Unplated,
    /// A temporary plate (临牌).
    #[error("a temporary plate")]
    Temporary,
    /// All zeros or the like.
    #[error("a placeholder, not a plate")]
    Placeholder,
    /// Hidden at the source.
    #[error("the plate is masked")]
    Masked,
    /// The first sign is no province.
    #[error("{0:?} is not the sign of a province")]
    UnknownProvince(char),
    /// A symbol that no plate has at this place, I and O among them.
    #[error("symbol {symbol:?} cannot stand at place {place} of a plate")]
    IllegalSymbol {
        /// The place, counted from 1.
        place: usize,
        /// The symbol, folded.
        symbol: char,
    },
    /// Neither seven nor eight symbols.
    #[error("a plate has 7 or 8 symbols, this has {0}")]
    WrongLength(usize),
}

impl PlateFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Unplated => Flag::Unplated,
            Self::Temporary => Flag::Temporary,
            Self::Placeholder => Flag::Placeholder,
            Self::Masked => Flag::Masked,
            Self::UnknownProvince(_) | Self::IllegalSymbol { .. } | Self::WrongLength(_) => Flag::BadFormat,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "plate_missing",
            Self::Unplated => "plate_none",
            Self::Temporary => "plate_temporary",
            Self::Placeholder => "plate_placeholder",
            Self::Masked => "plate_masked",
            Self::UnknownProvince(_) => "plate_unknown_province",
            Self::IllegalSymbol { .. } => "plate_illegal_symbol",
            Self::WrongLength(_) => "plate_wrong_length",
        }
    }

    /// The sentence for the console.
    pub fn zh(self) -> String {
        match self {
            Self::Missing => "车牌为空".to_owned(),
            Self::Unplated => "未上牌".to_owned(),
            Self::Temporary => "临时牌照".to_owned(),
            Self::Placeholder => "车牌为占位值".to_owned(),
            Self::Masked => "车牌已脱敏".to_owned(),
            Self::UnknownProvince(sign) => format!("「{sign}」不是省份简称"),
            Self::IllegalSymbol { place, symbol } => format!("车牌第{place}位不能为「{symbol}」"),
            Self::WrongLength(length) => format!("车牌应为7位或8位，实为{length}位"),
        }
    }
}

impl Plate {
    /// Reads a plate: width, case and traditional signs folded, separators skipped.
    ///
    /// # Errors
    /// [`PlateFlaw`] when the cell is empty, says there is no plate, or does not have the form of one.
    pub fn parse(raw: &str) -> Result<Self, PlateFlaw> {
        if means_nothing(raw) {
            return Err(PlateFlaw::Missing);
        }
        let mut signs = ['\0'; 12];
        let mut len = 0;
        for c in raw.chars() {
            let Some(c) = fold_char(c) else { continue };
            if is_dash(c) {
                continue;
            }
            if len == signs.len() {
                return Err(word_flaw(raw).unwrap_or_else(|| PlateFlaw::WrongLength(length_of(raw))));
            }
            signs[len] = c;
            len += 1;
        }
        let signs = &signs[..len];
        read_signs(signs).map_err(|flaw| word_flaw(raw).unwrap_or(flaw))
    }

    /// The plate without separators.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.len)]).unwrap_or_default()
    }

    /// What the form tells about the vehicle.
    pub const fn kind(&self) -> PlateKind {
        self.kind
    }

    /// The sign of the province.
    pub fn province(&self) -> &str {
        &self.as_str()[..3]
    }

    /// The plate as a masked role sees it: 浙A***45.
    pub fn masked(&self) -> String {
        let text = self.as_str();
        let tail = text.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
        format!("{}***{}", &text[..4], &text[tail..])
    }
}

/// The plate that the typed text may have meant when it holds the letters O or I, which no plate has: read as
/// 0 and 1. Only ever proposed, never taken over by itself.
pub fn repair_suggestion(raw: &str) -> Option<Plate> {
    if !matches!(Plate::parse(raw), Err(PlateFlaw::IllegalSymbol { .. })) {
        return None;
    }
    let meant: String = raw
        .chars()
        .filter_map(fold_char)
        .filter(|&c| !is_dash(c))
        .enumerate()
        .map(|(at, c)| match c {
            'O' if at > 1 => '0',
            'I' if at > 1 => '1',
            other => other,
        })
        .collect();
    Plate::parse(&meant).ok()
}

fn length_of(raw: &str) -> usize {
    raw.chars().filter(|&c| !is_blank(c) && !is_dash(c) && !is_dot(c)).count()
}

/// Words people type instead of a plate.
fn word_flaw(raw: &str) -> Option<PlateFlaw> {
    if raw.contains(['临', '臨']) {
        return Some(PlateFlaw::Temporary);
    }
    let unplated = [
        "无牌",
        "無牌",
        "无车牌",
        "未上牌",
        "未挂牌",
        "没上牌",
        "待上牌",
        "新车",
        "暂无",
        "没有",
        "未登记",
        "NEW",
    ];
    if unplated.iter().any(|word| raw.contains(word)) {
        return Some(PlateFlaw::Unplated);
    }
    if raw.contains(['*', '＊']) {
        return Some(PlateFlaw::Masked);
    }
    None
}

fn read_signs(signs: &[char]) -> Result<Plate, PlateFlaw> {
    if let Some(&sign) = signs.first()
        && !PROVINCES.contains(sign)
    {
        return Err(PlateFlaw::UnknownProvince(sign));
    }
    if !matches!(signs.len(), 7 | 8) {
        return Err(PlateFlaw::WrongLength(signs.len()));
    }
    let illegal = |at: usize| PlateFlaw::IllegalSymbol { place: at + 1, symbol: signs[at] };
    if !is_plate_letter(signs[1]) {
        return Err(illegal(1));
    }
    let body = &signs[2..];
    let suffix = suffix_kind(body[body.len() - 1]).filter(|_| signs.len() == 7);
    let plain = body.len() - usize::from(suffix.is_some());
    if let Some(at) = body[..plain].iter().position(|&c| !is_plate_letter(c) && !c.is_ascii_digit()) {
        return Err(illegal(at + 2));
    }
    if body.iter().all(|&c| c == '0') {
        return Err(PlateFlaw::Placeholder);
    }
    let kind = match (signs.len(), suffix) {
        (7, Some(kind)) => kind,
        (7, None) => PlateKind::Ordinary,
        _ => new_energy_kind(body).ok_or_else(|| {
            let large = body[..5].iter().all(char::is_ascii_digit);
            illegal(if large { 7 } else { 2 })
        })?,
    };
    let mut plate = Plate { text: [0; 12], len: 0, kind };
    for &sign in signs {
        let at = usize::from(plate.len);
        plate.len += sign.encode_utf8(&mut plate.text[at..]).len() as u8;
    }
    Ok(plate)
}

const fn is_plate_letter(c: char) -> bool {
    c.is_ascii_uppercase() && c != 'I' && c != 'O'
}

const fn suffix_kind(c: char) -> Option<PlateKind> {
    Some(match c {
        '挂' => PlateKind::Trailer,
        '学' => PlateKind::Learner,
        '警' => PlateKind::Police,
        '港' => PlateKind::HongKong,
        '澳' => PlateKind::Macau,
        '领' => PlateKind::Consulate,
        '使' => PlateKind::Embassy,
        _ => return None,
    })
}

fn new_energy_kind(body: &[char]) -> Option<PlateKind> {
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    match (body[0], body[5]) {
        ('A'..='E', _) if digits(&body[2..]) => Some(PlateKind::SmallBattery),
        ('F' | 'G' | 'H' | 'J' | 'K', _) if digits(&body[2..]) => Some(PlateKind::SmallHybrid),
        (_, 'A'..='E') if digits(&body[..5]) => Some(PlateKind::LargeBattery),
        (_, 'F' | 'G' | 'H' | 'J' | 'K') if digits(&body[..5]) => Some(PlateKind::LargeHybrid),
        _ => None,
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plate({})", self.as_str())
    }
}

travels_as_text!(Plate, PlateFlaw, "Registration plate without separators, for example 浙A12345");

#[cfg(test)]
mod tests;
