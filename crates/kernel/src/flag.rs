//! Why a value is not plain good. One small list for the whole house, so that a column of flags can be
//! counted, filtered and shown without knowing the type of the value.

use std::fmt;

use crate::as_text::travels_as_text;

/// The state of one normalised value, kept beside the raw text and the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Flag {
    /// Well formed, and every check that exists for the type passed.
    #[default]
    Ok,
    /// Nothing there: empty, or a word that means nothing (无, NULL, /).
    Missing,
    /// Something typed only to get past a mandatory field (13800138000, 散客, 测试).
    Placeholder,
    /// Hidden at the source (138****1234, 张*): at best a weak key.
    Masked,
    /// Well formed, but its check digit says that a symbol is wrong.
    CheckFailed,
    /// Not of the form the type has.
    BadFormat,
    /// A date or amount no person chose (1900-01-01, 1970-01-01).
    DefaultValue,
    /// Good after a repair that leaves no doubt (+86 stripped, 15-digit ID number extended).
    Repaired,
    /// A part of the value only (last eight of a VIN, surname without given name, month without day).
    Partial,
    /// More than one value in one cell; this one came first.
    Several,
    /// A 400/800 hotline: reaches a company, never tells one customer from another.
    Hotline,
    /// A number or document of another country or region, kept but not checked.
    Foreign,
    /// A value of another type (a company code in the ID column, a company in the name column).
    WrongKind,
    /// The right form, but no such day, month or year (2021-02-30).
    OutOfRange,
    /// The vehicle says it has no plate (无牌照, 未上牌).
    Unplated,
    /// A temporary plate, void after some days.
    Temporary,
}

/// Every flag, in the order lists show them.
pub const ALL: [Flag; 16] = [
    Flag::Ok,
    Flag::Missing,
    Flag::Placeholder,
    Flag::Masked,
    Flag::CheckFailed,
    Flag::BadFormat,
    Flag::DefaultValue,
    Flag::Repaired,
    Flag::Partial,
    Flag::Several,
    Flag::Hotline,
    Flag::Foreign,
    Flag::WrongKind,
    Flag::OutOfRange,
    Flag::Unplated,
    Flag::Temporary,
];

/// The text is not the code of a flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no flag has the code {0:?}")]
pub struct UnknownFlag(pub String);

impl Flag {
    /// The code stored in the database and sent to the console.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Placeholder => "placeholder",
            Self::Masked => "masked",
            Self::CheckFailed => "check_failed",
            Self::BadFormat => "bad_format",
            Self::DefaultValue => "default_value",
            Self::Repaired => "repaired",
            Self::Partial => "partial",
            Self::Several => "several",
            Self::Hotline => "hotline",
            Self::Foreign => "foreign",
            Self::WrongKind => "wrong_kind",
            Self::OutOfRange => "out_of_range",
            Self::Unplated => "unplated",
            Self::Temporary => "temporary",
        }
    }

    /// What the console shows.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Ok => "正常",
            Self::Missing => "缺失",
            Self::Placeholder => "占位值",
            Self::Masked => "已脱敏",
            Self::CheckFailed => "校验位不符",
            Self::BadFormat => "格式错误",
            Self::DefaultValue => "系统默认值",
            Self::Repaired => "已自动规整",
            Self::Partial => "不完整",
            Self::Several => "一格多值",
            Self::Hotline => "服务热线",
            Self::Foreign => "境外",
            Self::WrongKind => "类型不符",
            Self::OutOfRange => "超出范围",
            Self::Unplated => "无牌照",
            Self::Temporary => "临时牌照",
        }
    }

    /// The flag of a code.
    ///
    /// # Errors
    /// [`UnknownFlag`] when no flag has this code.
    pub fn parse(code: &str) -> Result<Self, UnknownFlag> {
        ALL.into_iter().find(|flag| flag.code() == code).ok_or_else(|| UnknownFlag(code.to_owned()))
    }

    /// True when the value may be used as if it had been typed correctly.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Ok | Self::Repaired | Self::Several)
    }

    /// True when nothing was there to judge, so it counts as incomplete, not as an error.
    pub const fn is_absent(self) -> bool {
        matches!(self, Self::Missing | Self::Unplated)
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

travels_as_text!(Flag, UnknownFlag, "Why a value is not plain good: ok, missing, placeholder, masked, …");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_found_again_by_its_code() {
        for flag in ALL {
            assert_eq!(Flag::parse(flag.code()), Ok(flag));
            assert!(!flag.zh().is_empty());
        }
        assert_eq!(Flag::parse("fine"), Err(UnknownFlag("fine".to_owned())));
    }

    #[test]
    fn a_repaired_value_is_as_good_as_a_clean_one_and_a_placeholder_is_not() {
        assert!(Flag::Ok.is_good() && Flag::Repaired.is_good() && Flag::Several.is_good());
        assert!(!Flag::Placeholder.is_good() && !Flag::CheckFailed.is_good());
        assert!(Flag::Missing.is_absent() && Flag::Unplated.is_absent() && !Flag::BadFormat.is_absent());
    }
}
