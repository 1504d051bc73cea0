//! Names of companies and public bodies (单位). Two spellings of one company agree in their core: the name
//! without place and legal form.

use std::fmt;
use std::sync::LazyLock;

use crate::as_text::travels_as_text;
use crate::flag::Flag;
use crate::places;
use crate::read::{HanSet, means_nothing};
use crate::text::fold;

/// Legal forms, longest first.
const LEGAL_FORMS: &[&str] = &[
    "集团股份有限责任公司",
    "集团有限责任公司",
    "集团股份有限公司",
    "股份有限责任公司",
    "控股集团有限公司",
    "有限责任公司",
    "集团有限公司",
    "控股有限公司",
    "股份有限公司",
    "有限责任司",
    "责任有限公司",
    "集团总公司",
    "集团公司",
    "股份公司",
    "有限公司",
    "合伙企业",
    "个体工商户",
    "总公司",
    "分公司",
    "子公司",
    "公司",
    "集团",
    "COMPANYLIMITED",
    "COLTD",
    "CO,LTD",
    "CO,LIMITED",
    "LIMITED",
    "LTD",
    "INC",
    "GMBH",
    "CORP",
    "LLC",
];

/// Words that only companies and public bodies have anywhere in their names.
const CERTAIN: &[&str] = &[
    "公司",
    "集团",
    "有限责任",
    "股份有限",
    "经营部",
    "经销部",
    "事务所",
    "合作社",
    "工作室",
    "委员会",
    "管理局",
    "研究院",
    "研究所",
    "办事处",
    "服务部",
    "加工厂",
    "工程队",
    "运输队",
    "车队",
    "村委会",
    "居委会",
    "人民政府",
    "派出所",
    "幼儿园",
    "大酒店",
    "维修厂",
    "修理厂",
    "批发部",
    "个体户",
    "合伙企业",
    "商贸行",
    "协会",
    "联合会",
    "人民法院",
    "检察院",
    "公安局",
    "税务局",
    "LTD",
    "COMPANY",
    "CO,",
];

/// Words a company name ends with; a person's name of four characters or more hardly does.
const ENDINGS: &[&str] = &[
    "厂",
    "店",
    "局",
    "院",
    "站",
    "社",
    "校",
    "行",
    "所",
    "部",
    "处",
    "队",
    "馆",
    "园",
    "银行",
    "学校",
    "医院",
    "中心",
    "酒店",
    "宾馆",
    "超市",
    "商行",
    "大学",
    "中学",
    "小学",
    "学院",
    "政府",
    "支行",
    "大队",
    "支队",
    "门市部",
    "租赁",
    "物流",
    "商场",
    "INC",
    "LLC",
    "CORP",
    "LIMITED",
    "GMBH",
];

/// Characters that begin one of [`CERTAIN`].
static CERTAIN_HEADS: LazyLock<HanSet> =
    LazyLock::new(|| HanSet::of(CERTAIN.iter().filter_map(|word| word.chars().next())));

/// The name of a company or public body.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyName {
    full: String,
    core: String,
    place: Option<&'static str>,
    legal_form: Option<&'static str>,
}

/// Why a cell is not the name of a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CompanyFlaw {
    /// The cell is empty.
    #[error("no company name")]
    Missing,
    /// Nothing is left beside place and legal form.
    #[error("a company name without a name in it")]
    NoCore,
}

impl CompanyFlaw {
    /// The flag kept beside the raw value.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Missing => Flag::Missing,
            Self::NoCore => Flag::Placeholder,
        }
    }

    /// The code of the rule that refused the value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "company_missing",
            Self::NoCore => "company_no_core",
        }
    }

    /// The sentence for the console.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "单位名称为空",
            Self::NoCore => "单位名称没有字号",
        }
    }
}

/// How two company names relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// Different cores.
    Different,
    /// One core ends with the other (a branch or a longer spelling).
    OneEndsWithOther,
    /// The same core.
    SameCore,
}

/// True when a folded name is that of a company or public body, by its words and endings.
pub fn looks_like(folded: &str) -> bool {
    // Three Chinese characters are nine bytes; shorter names are people.
    if folded.len() < 6 {
        return false;
    }
    let certain = folded.char_indices().any(|(at, c)| {
        (c.is_ascii_uppercase() || CERTAIN_HEADS.has(c))
            && CERTAIN.iter().any(|word| folded[at..].starts_with(word))
    });
    if certain {
        return !matches!(folded, "公司" | "集团" | "车队");
    }
    folded.chars().count() >= 4 && ENDINGS.iter().any(|ending| folded.ends_with(ending))
}

impl CompanyName {
    /// Reads a company name and takes it apart.
    ///
    /// # Errors
    /// [`CompanyFlaw`] when the cell is empty or holds only place and legal form.
    pub fn parse(raw: &str) -> Result<Self, CompanyFlaw> {
        if means_nothing(raw) {
            return Err(CompanyFlaw::Missing);
        }
        let full = fold(raw);
        // 杭州某某(浙江)有限公司: brackets hold a place or nothing that tells companies apart.
        let (bare, bracket_place) = without_brackets(&full);
        let (mut rest, place) = places::strip_leading(&bare);
        let legal_form = LEGAL_FORMS.iter().copied().find(|form| rest.ends_with(form));
        if let Some(form) = legal_form {
            rest = &rest[..rest.len() - form.len()];
        }
        let core: String = rest.chars().filter(|c| !c.is_ascii_punctuation()).collect();
        if core.is_empty() {
            return Err(CompanyFlaw::NoCore);
        }
        Ok(Self { core, place: place.or(bracket_place), legal_form, full })
    }

    /// The whole folded name.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The name without place and legal form.
    pub fn core(&self) -> &str {
        &self.core
    }

    /// The city, or else the province, in the name.
    pub const fn place(&self) -> Option<&'static str> {
        self.place
    }

    /// The legal form at the end.
    pub const fn legal_form(&self) -> Option<&'static str> {
        self.legal_form
    }

    /// How two company names relate. Cores of one character never count as the end of another.
    pub fn likeness(&self, other: &Self) -> Likeness {
        let (short, long) = if self.core.len() <= other.core.len() { (self, other) } else { (other, self) };
        if short.core == long.core {
            Likeness::SameCore
        } else if short.core.len() > 3 && long.core.ends_with(&short.core) {
            Likeness::OneEndsWithOther
        } else {
            Likeness::Different
        }
    }
}

/// The name without what stands in brackets, and the place found there.
fn without_brackets(full: &str) -> (String, Option<&'static str>) {
    let (mut out, mut inside, mut depth) = (String::with_capacity(full.len()), String::new(), 0_u32);
    for c in full.chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            c if depth > 0 => inside.push(c),
            c => out.push(c),
        }
    }
    let place = places::strip_leading(&inside).1;
    (out, place)
}

impl fmt::Display for CompanyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl fmt::Debug for CompanyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompanyName({})", self.full)
    }
}

travels_as_text!(CompanyName, CompanyFlaw, "Name of a company or public body");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(raw: &str) -> (String, Option<&'static str>, Option<&'static str>) {
        let name = CompanyName::parse(raw).unwrap();
        (name.core().to_owned(), name.place(), name.legal_form())
    }

    #[test]
    fn the_core_is_the_name_without_place_and_legal_form() {
        for (raw, core, place, form) in [
            ("杭州云栖商贸有限公司", "云栖商贸", Some("杭州"), Some("有限公司")),
            ("杭州市云栖商贸有限责任公司", "云栖商贸", Some("杭州"), Some("有限责任公司")),
            ("浙江省杭州市云栖商贸有限公司", "云栖商贸", Some("杭州"), Some("有限公司")),
            ("云栖商贸（杭州）有限公司", "云栖商贸", Some("杭州"), Some("有限公司")),
            ("天津滨远物流集团有限公司", "滨远物流", Some("天津"), Some("集团有限公司")),
            ("雲棲商貿", "云栖商贸", None, None),
            ("Yunqi Trading Co., Ltd.", "YUNQITRADING", None, Some("CO,LTD")),
            ("昆明市第一中学", "第一中学", Some("昆明"), None),
        ] {
            assert_eq!(parts(raw), (core.to_owned(), place, form), "{raw}");
        }
    }

    #[test]
    fn a_name_of_place_and_form_only_names_no_company() {
        for (raw, flaw) in [
            ("杭州有限公司", CompanyFlaw::NoCore),
            ("公司", CompanyFlaw::NoCore),
            (" ", CompanyFlaw::Missing),
        ] {
            assert_eq!(CompanyName::parse(raw), Err(flaw), "{raw}");
        }
    }

    #[test]
    fn companies_are_told_from_people_by_their_words() {
        for company in [
            "云栖商贸有限公司",
            "滨海汽车修理厂",
            "昆明市公安局",
            "张记五金店",
            "李明律师事务所",
            "某某车队",
            "YUNQILTD",
        ] {
            assert!(looks_like(company), "{company}");
        }
        for person in ["张三", "张店", "李部", "欧阳娜娜", "阿卜杜拉买买提", "ZHANGSAN", "公孙所", "公司"]
        {
            assert!(!looks_like(person), "{person}");
        }
    }

    #[test]
    fn likeness_has_three_levels() {
        let name = |raw| CompanyName::parse(raw).unwrap();
        let own = name("杭州云栖商贸有限公司");
        assert_eq!(own.likeness(&name("云栖商贸(杭州)公司")), Likeness::SameCore);
        assert_eq!(own.likeness(&name("新云栖商贸有限公司")), Likeness::OneEndsWithOther);
        assert_eq!(own.likeness(&name("杭州西溪商贸有限公司")), Likeness::Different);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_and_no_cell_panics(raw in "[杭州市云栖商贸(（）)有限公司厂A-Z]{0,16}|.{0,40}") {
            if let Ok(read) = CompanyName::parse(&raw) {
                prop_assert_eq!(CompanyName::parse(&read.to_string()), Ok(read));
            }
        }
    }
}
