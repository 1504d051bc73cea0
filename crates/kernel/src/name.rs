//! Names of people (姓名) as dealers type them: 张三, 张先生, 张三(朋友), 张*, ZHANG SAN, and everything that stands
//! in a name column without being one.

use std::fmt;

use crate::as_text::travels_as_text;
use crate::company::{self, CompanyName};
use crate::flag::Flag;
use crate::surnames;
use crate::text::{is_han, pinyin_of};
use crate::vocab::Gender;

mod cell;
mod words;

/// How much of a name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// Surname and given name in Chinese characters.
    Full,
    /// A surname only: 张先生, 小张, 张总.
    SurnameOnly,
    /// A surname with the rest hidden: 张*, 张某某.
    Masked,
    /// Letters only: compared by pinyin.
    Latin,
}

/// The name of a person, folded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName {
    text: String,
    surname_len: usize,
    kind: NameKind,
    gender: Option<Gender>,
    note: Option<String>,
}

/// Why a cell is not the name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameFlaw {
    /// The cell is empty.
    #[error("no name")]
    Missing,
    /// A word typed to get past a mandatory field (散客, 测试, 车主).
    #[error("a placeholder, not a name")]
    Placeholder,
    /// The name of a company or public body.
    #[error("the name of a company, not of a person")]
    Company,
    /// Hidden so far that not even the surname is left.
    #[error("the name is masked")]
    Masked,
    /// Digits, signs, or far too long.
    #[error("not a name")]
    BadFormat,
}

impl NameFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::Placeholder => Flag::Placeholder,
            Self::Company => Flag::WrongKind,
            Self::Masked => Flag::Masked,
            Self::BadFormat => Flag::BadFormat,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "name_missing",
            Self::Placeholder => "name_placeholder",
            Self::Company => "name_company",
            Self::Masked => "name_masked",
            Self::BadFormat => "name_bad_format",
        }
    }

    /// The sentence for the console.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "姓名为空",
            Self::Placeholder => "姓名为占位词",
            Self::Company => "姓名栏填写的是单位",
            Self::Masked => "姓名已脱敏",
            Self::BadFormat => "姓名格式错误",
        }
    }
}

/// What a name column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyName {
    /// A person.
    Person(PersonName),
    /// A company or public body.
    Company(CompanyName),
    /// Nobody, and why.
    Nobody(NameFlaw),
}

impl PartyName {
    /// Reads a name column, person or company.
    pub fn read(raw: &str) -> Self {
        match PersonName::parse(raw) {
            Ok(person) => Self::Person(person),
            Err(NameFlaw::Company) => {
                CompanyName::parse(raw).map_or(Self::Nobody(NameFlaw::BadFormat), Self::Company)
            }
            Err(flaw) => Self::Nobody(flaw),
        }
    }

    /// The flag kept beside the raw value.
    pub fn flag(&self) -> Flag {
        match self {
            Self::Person(person) => person.flag(),
            Self::Company(_) => Flag::Ok,
            Self::Nobody(flaw) => flaw.flag(),
        }
    }

    /// The kind of party the name tells.
    pub const fn kind(&self) -> crate::vocab::PartyKind {
        match self {
            Self::Person(_) => crate::vocab::PartyKind::Person,
            Self::Company(_) => crate::vocab::PartyKind::Company,
            Self::Nobody(_) => crate::vocab::PartyKind::Unknown,
        }
    }
}

impl PersonName {
    /// Reads the name of a person: width, case, traditional forms, blanks and dots folded; honorific, notes,
    /// brackets and digits taken off. Of several people in one cell the first is meant.
    ///
    /// # Errors
    /// [`NameFlaw`] when the cell names nobody, or a company.
    pub fn parse(raw: &str) -> Result<Self, NameFlaw> {
        cell::read(raw)
    }

    /// The folded name; for a surname alone or a masked name, the surname.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The surname; for Latin names empty, because their order is not known.
    pub fn surname(&self) -> &str {
        &self.text[..self.surname_len]
    }

    /// The given name; empty when only the surname is known.
    pub fn given(&self) -> &str {
        &self.text[self.surname_len..]
    }

    /// How much of the name is known.
    pub const fn kind(&self) -> NameKind {
        self.kind
    }

    /// True when the name is whole and may be compared by character.
    pub const fn is_full(&self) -> bool {
        matches!(self.kind, NameKind::Full | NameKind::Latin)
    }

    /// Sex by honorific or note (先生, 女士), if one was given.
    pub const fn gender(&self) -> Option<Gender> {
        self.gender
    }

    /// What stood beside the name: 朋友, 司机, 车主 …
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The flag kept beside the raw value: `ok`, `partial` (surname only) or `masked`.
    pub const fn flag(&self) -> Flag {
        match self.kind {
            NameKind::Full | NameKind::Latin => Flag::Ok,
            NameKind::SurnameOnly => Flag::Partial,
            NameKind::Masked => Flag::Masked,
        }
    }

    /// The name as a masked role sees it: 张*, 欧阳*.
    pub fn masked(&self) -> String {
        let shown = match self.kind {
            NameKind::Latin => self.text.get(..1).unwrap_or_default(),
            _ => self.surname(),
        };
        format!("{shown}*")
    }

    /// The whole pinyin, lower case, with the surname read as a surname (曾 = zeng). A Latin name is its own.
    pub fn pinyin(&self) -> String {
        spelled(&self.text, |pinyin| pinyin)
    }

    /// The first letters of the pinyin, lower case.
    pub fn initials(&self) -> String {
        spelled(&self.text, |pinyin| &pinyin[..1])
    }
}

/// Pinyin of a folded name, syllable by syllable, the surname read as a surname.
fn spelled(name: &str, part: impl Fn(&'static str) -> &'static str) -> String {
    let mut out = String::with_capacity(name.len() * 2);
    let compound = surnames::compound(name).and_then(surnames::compound_reading);
    for (at, c) in name.chars().enumerate() {
        let reading = match compound {
            Some(both) if at < 2 => Some(both[at]),
            _ if at == 0 => surnames::reading(c).filter(|_| surnames::compound(name).is_none()),
            _ => None,
        };
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if let Some(pinyin) = reading.or_else(|| pinyin_of(c)) {
            out.push_str(part(pinyin));
        }
    }
    out
}

/// The folded name of anything with Chinese characters or letters in it, as a search key reads it.
pub fn search_key(raw: &str) -> String {
    crate::text::fold(raw).chars().filter(|&c| is_han(c) || c.is_ascii_alphanumeric()).collect()
}

/// True when a name column holds a company or public body rather than a person.
pub fn is_company(raw: &str) -> bool {
    company::looks_like(&crate::text::fold(raw))
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            NameKind::Masked => write!(f, "{}*", self.text),
            NameKind::SurnameOnly => match self.gender {
                Some(Gender::Male) => write!(f, "{}先生", self.text),
                Some(Gender::Female) => write!(f, "{}女士", self.text),
                None => f.write_str(&self.text),
            },
            NameKind::Full | NameKind::Latin => f.write_str(&self.text),
        }
    }
}

impl fmt::Debug for PersonName {
    /// Masked: names must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

travels_as_text!(PersonName, NameFlaw, "Name of a person");

#[cfg(test)]
mod tests;
