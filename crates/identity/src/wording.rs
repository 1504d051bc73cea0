//! Every code of the engine in words a store manager understands, Chinese and English.

use matching::{Field, Guard, Rule};

/// One text in both languages of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

/// How a level of a comparison reads at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The values agree.
    Agree,
    /// Nearly, or in part.
    Near,
    /// They differ.
    Differ,
    /// One side or both say nothing.
    Missing,
}

use Verdict::{Agree, Differ, Missing, Near};

const UNKNOWN: (&str, Verdict, Words) = ("unknown", Missing, words("缺少数据", "No data"));

const NAME: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("姓名相同", "Same name")),
    ("sounds_alike", Near, words("读音相同", "Sounds alike")),
    ("one_symbol_off", Near, words("差一个字", "One character differs")),
    ("one_symbol_missing", Near, words("少一个字", "One character missing")),
    ("surname_only", Near, words("只有姓,且相同", "Only the surname is known, and agrees")),
    ("same_surname", Differ, words("同姓不同名", "Same surname, other given name")),
    ("different", Differ, words("姓名不同", "Different names")),
    ("company_exact", Agree, words("单位名称相同", "Same company name")),
    ("company_tail", Near, words("单位名称一方为简称", "One company name is short for the other")),
    ("company_different", Differ, words("单位名称不同", "Different company names")),
    ("person_and_company", Differ, words("一方是个人,一方是单位", "A person beside a company")),
];

const ID: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("证件号相同", "Same ID number")),
    ("exact_weak", Agree, words("证件号相同,但校验位不符", "Same ID number, but its check symbol is wrong")),
    ("masked_agrees", Near, words("证件号可见部分相同", "The visible part of the ID number agrees")),
    ("one_digit_off", Near, words("证件号差一位", "ID numbers differ by one digit")),
    ("different", Differ, words("证件号不同", "Different ID numbers")),
    (
        "different_weak",
        Differ,
        words("证件号不同(有一方不完整或校验不符)", "Different ID numbers, one incomplete or unchecked"),
    ),
    ("uscc_exact", Agree, words("统一社会信用代码相同", "Same social credit code")),
    ("uscc_different", Differ, words("统一社会信用代码不同", "Different social credit codes")),
];

const PHONE: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("手机号相同", "Same phone")),
    ("one_digit_off", Near, words("手机号差一位", "Phones differ by one digit")),
    ("different", Differ, words("手机号不同", "Different phones")),
];

const UNIONID: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("同一微信用户", "Same WeChat user")),
    ("different", Differ, words("不同微信用户", "Different WeChat users")),
];

const VEHICLE: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("same_vin", Agree, words("同一车架号", "Same VIN")),
    (
        "same_last_eight",
        Agree,
        words("车架号后八位或发动机号相同", "Same last eight of the VIN, or engine number"),
    ),
    ("same_plate", Near, words("车牌相同", "Same plate")),
    ("different", Differ, words("没有共同车辆", "No vehicle in common")),
];

const ADDRESS: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("地址相同", "Same address")),
    ("same_city", Near, words("同一城市", "Same city")),
    ("different_city", Differ, words("不同城市", "Different cities")),
];

const BIRTH: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("exact", Agree, words("出生日期相同", "Same date of birth")),
    ("one_part_off", Near, words("出生日期差一处", "Dates of birth differ in one part")),
    ("different", Differ, words("出生日期不同", "Different dates of birth")),
];

const GENDER: &[(&str, Verdict, Words)] = &[
    UNKNOWN,
    ("same", Agree, words("性别相同", "Same gender")),
    ("different", Differ, words("性别不同", "Different genders")),
];

/// Code, verdict and words of every level of a comparison.
pub const fn levels(field: Field) -> &'static [(&'static str, Verdict, Words)] {
    match field {
        Field::Name => NAME,
        Field::Id => ID,
        Field::Phone => PHONE,
        Field::Unionid => UNIONID,
        Field::Vehicle => VEHICLE,
        Field::Address => ADDRESS,
        Field::Birth => BIRTH,
        Field::Gender => GENDER,
    }
}

/// Verdict and words of one level; a level of an engine newer than this table reads as unknown.
pub fn level(field: Field, code: &str) -> (Verdict, Words) {
    let found = levels(field).iter().find(|(known, ..)| *known == code).unwrap_or(&UNKNOWN);
    (found.1, found.2)
}

/// What is compared.
pub const fn field(field: Field) -> Words {
    match field {
        Field::Name => words("姓名", "Name"),
        Field::Id => words("证件号", "ID number"),
        Field::Phone => words("电话", "Phone"),
        Field::Unionid => words("微信", "WeChat"),
        Field::Vehicle => words("车辆", "Vehicles"),
        Field::Address => words("地址", "Address"),
        Field::Birth => words("出生日期", "Date of birth"),
        Field::Gender => words("性别", "Gender"),
    }
}

/// What brought two records together.
pub const fn rule(rule: Rule) -> Words {
    match rule {
        Rule::Id => words("证件号相同", "Same ID number"),
        Rule::Unionid => words("同一微信用户", "Same WeChat user"),
        Rule::Uscc => words("统一社会信用代码相同", "Same social credit code"),
        Rule::Phone => words("手机号相同", "Same phone"),
        Rule::CarSurname => words("同一辆车,同姓", "Same vehicle and surname"),
        Rule::PlateSurname => words("同一车牌,同姓", "Same plate and surname"),
        Rule::NamePhoneTail => words("同名,手机尾号相同", "Same name and last digits of the phone"),
        Rule::NamePhoneHead => words("同名,手机号段相同", "Same name and first digits of the phone"),
        Rule::NameAddress => words("同名同地址", "Same name and address"),
        Rule::NameBirth => words("同名同生日", "Same name and date of birth"),
        Rule::MaskedIdSurname => {
            words("证件号可见部分相同,同姓", "Same visible part of the ID number and surname")
        }
        Rule::CompanyCity => words("同城同名单位", "Same company name in one city"),
        Rule::RareNameCity => words("同城少见姓名", "A rare name in one city"),
        Rule::MustLink => words("人工判定为同一客户", "Joined by hand"),
    }
}

/// Why a merge was refused.
pub const fn guard(guard: Guard) -> Words {
    match guard {
        Guard::CannotLink => words("人工判定为不同客户", "Kept apart by hand"),
        Guard::TwoIds => words("双方各有一个有效证件号", "Each side has a valid ID number of its own"),
        Guard::PersonAndCompany => words("一方是个人,一方是单位", "One is a person, the other a company"),
        Guard::Names => words("双方姓名对不上", "No name of one side goes with a name of the other"),
        Guard::Gender => words("双方性别不同", "The two sides differ in gender"),
        Guard::Birth => words("双方出生日期不同", "The two sides differ in date of birth"),
        Guard::Ambiguous => words("证据同样指向另一位客户", "The evidence fits another customer as well"),
        Guard::SameSource => words("同一来源中的两条记录", "Two records of one source"),
    }
}

/// What a guard found when it let a join pass.
pub const fn passed(guard: Guard) -> Words {
    match guard {
        Guard::CannotLink => words("没有人工分开的决定", "Nobody kept them apart"),
        Guard::TwoIds => words("没有两个不同的有效证件号", "No two valid ID numbers"),
        Guard::PersonAndCompany => words("没有个人与单位混在一起", "No person beside a company"),
        Guard::Names => words("姓名对得上", "Names go together"),
        Guard::Gender => words("性别不矛盾", "Genders do not clash"),
        Guard::Birth => words("出生日期不矛盾", "Dates of birth do not clash"),
        Guard::Ambiguous => words("没有同样像的另一位客户", "No other customer fits as well"),
        Guard::SameSource => words("不是同一来源的两条记录", "Not two records of one source"),
    }
}

/// Why a pair below the automatic threshold was not joined.
pub const WAITS: Words =
    words("证据不足以自动合并,等待人工审核", "Not enough evidence to join by itself; waits for review");
/// The start of every sum of evidence.
pub const PRIOR: Words = words("起点:任意两条记录", "To begin with: any two records");
/// What is taken off because many share the values.
pub const FREQUENCY: Words = words("常见值折扣", "Taken off for common values");
/// The level text of the start.
pub const PRIOR_LEVEL: Words =
    words("两条随机记录属于同一客户的可能性", "Odds that two records picked at random are one customer");
/// The level text of the discount.
pub const FREQUENCY_LEVEL: Words = words("相同的值也属于其他人", "Others share the same values");

/// The rule of a stored code.
pub fn rule_of(code: &str) -> Option<Rule> {
    serde_json::from_value(code.into()).ok()
}

/// The guard of a stored code.
pub fn guard_of(code: &str) -> Option<Guard> {
    serde_json::from_value(code.into()).ok()
}

/// The comparison of a stored code.
pub fn field_of(code: &str) -> Option<Field> {
    serde_json::from_value(code.into()).ok()
}

/// Fields of golden persons and vehicles, as their survivorship rules are listed.
const GOLDEN: &[(&str, Words)] = &[
    ("name", words("姓名", "Name")),
    ("kind", words("客户类型", "Kind of customer")),
    ("gender", words("性别", "Gender")),
    ("birth_on", words("出生日期", "Date of birth")),
    ("mobile", words("手机号", "Mobile")),
    ("id_number", words("证件号", "ID number")),
    ("uscc", words("统一社会信用代码", "Social credit code")),
    ("city", words("城市", "City")),
    ("address", words("地址", "Address")),
    ("vin", words("车架号", "VIN")),
    ("vis", words("车架号后八位", "Last eight of the VIN")),
    ("plate", words("车牌", "Plate")),
    ("engine_no", words("发动机号", "Engine number")),
    ("brand_id", words("品牌", "Brand")),
    ("series", words("车系", "Series")),
    ("model", words("车型", "Model")),
    ("colour", words("颜色", "Colour")),
    ("energy", words("能源", "Energy")),
    ("use_kind", words("使用性质", "Use")),
    ("made_on", words("出厂日期", "Built on")),
    ("registered_on", words("上牌日期", "Registered on")),
    ("invoiced_on", words("开票日期", "Invoiced on")),
];

/// The name of a golden field.
pub fn golden_field(code: &str) -> Option<Words> {
    GOLDEN.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_of_every_comparison_has_words() {
        for compared in Field::ALL {
            let ours: Vec<&str> = levels(compared).iter().map(|(code, ..)| *code).collect();
            assert_eq!(ours, compared.levels(), "{compared:?}");
            for (code, _, words) in levels(compared) {
                assert!(!words.zh.is_empty() && !words.en.is_empty(), "{compared:?} {code}");
            }
            let code = serde_json::to_value(compared).unwrap();
            assert_eq!(field_of(code.as_str().unwrap()), Some(compared));
        }
    }

    #[test]
    fn every_rule_and_guard_has_words_and_is_found_by_its_stored_code() {
        for known in Rule::BLOCKING.into_iter().chain([Rule::MustLink]) {
            let code = serde_json::to_value(known).unwrap();
            assert_eq!(rule_of(code.as_str().unwrap()), Some(known));
            assert!(!rule(known).zh.is_empty());
        }
        for known in [
            Guard::CannotLink,
            Guard::TwoIds,
            Guard::PersonAndCompany,
            Guard::Names,
            Guard::Gender,
            Guard::Birth,
            Guard::Ambiguous,
            Guard::SameSource,
        ] {
            assert_eq!(guard_of(known.code()), Some(known));
            assert!(!guard(known).en.is_empty() && !passed(known).en.is_empty());
        }
    }

    #[test]
    fn every_golden_field_has_a_name() {
        for code in crate::survivorship::fields() {
            assert!(golden_field(code).is_some(), "{code}");
        }
    }
}
