//! How alike two names are. Chinese names have two or three symbols, so a similarity ratio says nothing:
//! the levels below are the ones that carry information (exact, sounds alike, one symbol off, surname only, ...).

use crate::near::within_one;
use crate::record::{NAME_SYMBOLS, NameForm, Rec};

/// Outcome of comparing two names. The numbers are the levels stored on an edge; 0 means "cannot be compared".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum NameLevel {
    Unknown = 0,
    Exact = 1,
    SoundsAlike = 2,
    OneSymbolOff = 3,
    OneSymbolMissing = 4,
    SurnameOnly = 5,
    SameSurname = 6,
    Different = 7,
    CompanyExact = 8,
    CompanyTail = 9,
    CompanyDifferent = 10,
    PersonAndCompany = 11,
}

impl NameLevel {
    /// Whether two people of these names can be one person (guard `names`).
    pub(crate) fn compatible(self) -> bool {
        matches!(
            self,
            NameLevel::Unknown
                | NameLevel::Exact
                | NameLevel::SoundsAlike
                | NameLevel::OneSymbolOff
                | NameLevel::OneSymbolMissing
                | NameLevel::SurnameOnly
                | NameLevel::CompanyExact
                | NameLevel::CompanyTail
        )
    }
}

pub(crate) fn compare_names(a: &Rec, b: &Rec) -> NameLevel {
    use NameForm::{Company, Full, Latin, Missing, SurnameOnly};
    match (a.form, b.form) {
        (Missing, _) | (_, Missing) => NameLevel::Unknown,
        (Company, Company) => compare_companies(a, b),
        (Company, _) | (_, Company) => NameLevel::PersonAndCompany,
        (Full, Full) => compare_full(a, b),
        (Latin, _) | (_, Latin) => compare_latin(a, b),
        (SurnameOnly, _) | (_, SurnameOnly) => {
            if a.surname == b.surname {
                NameLevel::SurnameOnly
            } else {
                NameLevel::Different
            }
        }
    }
}

fn compare_companies(a: &Rec, b: &Rec) -> NameLevel {
    if a.name == b.name {
        return NameLevel::CompanyExact;
    }
    let shorter = usize::from(a.symbol_count.min(b.symbol_count)).min(NAME_SYMBOLS);
    if shorter >= 2 && a.symbol_count != b.symbol_count && a.symbols[..shorter] == b.symbols[..shorter] {
        NameLevel::CompanyTail
    } else {
        NameLevel::CompanyDifferent
    }
}

fn compare_latin(a: &Rec, b: &Rec) -> NameLevel {
    if a.name != 0 && a.name == b.name {
        NameLevel::Exact
    } else if a.pinyin != 0 && a.pinyin == b.pinyin {
        NameLevel::SoundsAlike
    } else if a.pinyin == 0 || b.pinyin == 0 {
        NameLevel::Unknown
    } else {
        NameLevel::Different
    }
}

fn compare_full(a: &Rec, b: &Rec) -> NameLevel {
    if a.name == b.name {
        return NameLevel::Exact;
    }
    if a.pinyin != 0 && a.pinyin == b.pinyin {
        return NameLevel::SoundsAlike;
    }
    let (long, short) = (a.symbol_count.max(b.symbol_count), a.symbol_count.min(b.symbol_count));
    let (x, y) = (kept(a), kept(b));
    if long >= 3 && short >= 2 && long <= NAME_SYMBOLS as u8 && within_one(x, y) {
        return if long == short { NameLevel::OneSymbolOff } else { NameLevel::OneSymbolMissing };
    }
    if a.surname != 0 && a.surname == b.surname { NameLevel::SameSurname } else { NameLevel::Different }
}

fn kept(rec: &Rec) -> &[u16] {
    &rec.symbols[..usize::from(rec.symbol_count).min(NAME_SYMBOLS)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::HashKey;
    use crate::record::compact;
    use crate::{PartyInput, PartyKind, RecordKey};

    fn person(name: &str) -> Rec {
        let mut input = PartyInput::new(RecordKey(1));
        input.kind = PartyKind::Person;
        input.name = name.into();
        if !name.is_ascii() {
            let mut symbols = name.chars();
            input.surname = symbols.next().map(String::from).unwrap_or_default();
            input.given = symbols.collect();
        }
        compact(&input, &HashKey::default())
    }

    fn company(name: &str) -> Rec {
        let mut input = PartyInput::new(RecordKey(1));
        input.kind = PartyKind::Company;
        input.name = name.into();
        compact(&input, &HashKey::default())
    }

    #[test]
    fn names_of_people() {
        use NameLevel::*;
        let cases = [
            ("张伟", "张伟", Exact),
            ("张伟", "张玮", SoundsAlike),
            ("张伟", "ZHANGWEI", SoundsAlike),
            ("张伟", "张芳", SameSurname),
            ("张建国", "张建园", OneSymbolOff),
            ("张建国", "张国建", OneSymbolOff),
            ("张建国", "张国", OneSymbolMissing),
            ("张", "张建国", SurnameOnly),
            ("李", "张建国", Different),
            ("李娜", "张建国", Different),
            ("", "张建国", Unknown),
        ];
        for (a, b, level) in cases {
            assert_eq!(compare_names(&person(a), &person(b)), level, "{a} / {b}");
            assert_eq!(compare_names(&person(b), &person(a)), level, "{b} / {a}");
        }
    }

    #[test]
    fn names_of_companies() {
        use NameLevel::*;
        let cases = [
            ("东方物流", "东方物流", CompanyExact),
            ("滨海东方物流", "东方物流", CompanyTail),
            ("东方物流", "西部物流", CompanyDifferent),
        ];
        for (a, b, level) in cases {
            assert_eq!(compare_names(&company(a), &company(b)), level, "{a} / {b}");
        }
        assert_eq!(compare_names(&company("东方物流"), &person("张伟")), PersonAndCompany);
    }
}
