use proptest::prelude::*;

use super::*;
use Gender::{Female, Male};
use NameKind::{Full, Latin, Masked, SurnameOnly};

/// Name, kind, sex and note of a cell.
fn read(raw: &str) -> (String, NameKind, Option<Gender>, Option<String>) {
    let name = PersonName::parse(raw).unwrap_or_else(|flaw| panic!("{raw:?}: {flaw}"));
    (name.as_str().to_owned(), name.kind(), name.gender(), name.note().map(str::to_owned))
}

/// Cell, then what [`read`] makes of it.
type Case = (&'static str, &'static str, NameKind, Option<Gender>, Option<&'static str>);

fn expect(cases: &[Case]) {
    for &(raw, text, kind, gender, note) in cases {
        assert_eq!(read(raw), (text.to_owned(), kind, gender, note.map(str::to_owned)), "{raw:?}");
    }
}

#[test]
fn a_name_is_folded() {
    expect(&[
        ("张伟", "张伟", Full, None, None),
        (" 张 伟 ", "张伟", Full, None, None),
        ("張偉", "张伟", Full, None, None),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提", Full, None, None),
        ("欧阳娜娜", "欧阳娜娜", Full, None, None),
        ("张伟2", "张伟", Full, None, None),
        ("張國榮", "张国荣", Full, None, None),
    ]);
}

#[test]
fn honorifics_are_taken_off_and_tell_the_sex() {
    expect(&[
        ("张伟先生", "张伟", Full, Some(Male), None),
        ("张丽女士", "张丽", Full, Some(Female), None),
        ("张丽小姐", "张丽", Full, Some(Female), None),
        ("张伟经理", "张伟", Full, None, None),
        ("张伟（先生）", "张伟", Full, Some(Male), Some("先生")),
        ("Mr. Zhang Wei", "ZHANGWEI", Latin, Some(Male), None),
        ("MS LI", "LI", Latin, Some(Female), None),
    ]);
}

#[test]
fn a_surname_with_a_title_keeps_surname_and_sex_only() {
    expect(&[
        ("张先生", "张", SurnameOnly, Some(Male), None),
        ("张女士", "张", SurnameOnly, Some(Female), None),
        ("李经理", "李", SurnameOnly, None, None),
        ("张总", "张", SurnameOnly, None, None),
        ("王哥", "王", SurnameOnly, Some(Male), None),
        ("王姐", "王", SurnameOnly, Some(Female), None),
        ("小张", "张", SurnameOnly, None, None),
        ("老李", "李", SurnameOnly, None, None),
        ("欧阳先生", "欧阳", SurnameOnly, Some(Male), None),
        ("诸葛总", "诸葛", SurnameOnly, None, None),
        ("张", "张", SurnameOnly, None, None),
        ("欧阳", "欧阳", SurnameOnly, None, None),
    ]);
    assert_eq!(PersonName::parse("张先生").unwrap().flag(), Flag::Partial);
}

#[test]
fn a_masked_name_keeps_its_surname_only() {
    expect(&[
        ("张*", "张", Masked, None, None),
        ("张**", "张", Masked, None, None),
        ("张＊＊", "张", Masked, None, None),
        ("张某", "张", Masked, None, None),
        ("张某某", "张", Masked, None, None),
        ("张XX", "张", Masked, None, None),
        ("张*伟", "张", Masked, None, None),
        ("欧阳*", "欧阳", Masked, None, None),
        ("张*先生", "张", Masked, Some(Male), None),
    ]);
    assert_eq!(PersonName::parse("张*").unwrap().flag(), Flag::Masked);
    assert_eq!(PersonName::parse("*伟"), Err(NameFlaw::Masked));
    assert_eq!(PersonName::parse("***"), Err(NameFlaw::Masked));
}

#[test]
fn notes_are_kept_apart() {
    expect(&[
        ("张伟(朋友)", "张伟", Full, None, Some("朋友")),
        ("张伟（车主）", "张伟", Full, None, Some("车主")),
        ("张伟(本人)", "张伟", Full, None, Some("本人")),
        ("张伟【司机】", "张伟", Full, None, Some("司机")),
        ("张伟司机", "张伟", Full, None, Some("司机")),
        ("张伟 老婆", "张伟", Full, None, Some("老婆")),
        ("张伟-司机", "张伟", Full, None, Some("司机")),
        ("张伟(司机", "张伟", Full, None, Some("司机")),
        ("张伟/李丽", "张伟", Full, None, Some("李丽")),
        ("张伟、李丽", "张伟", Full, None, Some("李丽")),
        ("张先生(朋友)", "张", SurnameOnly, Some(Male), Some("朋友")),
        ("张伟(云栖商贸有限公司)", "张伟", Full, None, Some("云栖商贸有限公司")),
    ]);
}

#[test]
fn latin_names_are_compared_by_pinyin() {
    expect(&[
        ("Zhang Wei", "ZHANGWEI", Latin, None, None),
        ("ZHANG  WEI", "ZHANGWEI", Latin, None, None),
        ("O'Neil", "O'NEIL", Latin, None, None),
    ]);
    assert_eq!(PersonName::parse("Zhang Wei").unwrap().pinyin(), PersonName::parse("张伟").unwrap().pinyin());
    assert_eq!(PersonName::parse("Zhang Wei").unwrap().surname(), "");
}

#[test]
fn placeholders_name_nobody() {
    for raw in [
        "客户",
        "散客",
        "测试",
        "车主",
        "无名",
        "测试客户",
        "测试001",
        "客户12",
        "TEST",
        "test1",
        "先生",
        "女士",
        "某某",
        "AAA",
        "零散客户",
        "试驾车",
        "PDI",
        "(本人)",
        "本人",
        "客户先生",
        "车主女士",
    ] {
        assert_eq!(PersonName::parse(raw), Err(NameFlaw::Placeholder), "{raw:?}");
    }
    for raw in ["", "无", "-", "  ", "NULL", "未知"] {
        assert_eq!(PersonName::parse(raw), Err(NameFlaw::Missing), "{raw:?}");
    }
    for raw in ["12345", "13612785634", "!!", "，"] {
        assert_eq!(PersonName::parse(raw), Err(NameFlaw::BadFormat), "{raw:?}");
    }
}

#[test]
fn a_company_in_the_name_column_is_a_company() {
    for raw in [
        "杭州云栖商贸有限公司",
        "杭州云栖(集团)有限公司",
        "云栖汽车修理厂",
        "昆明市公安局",
        "云栖商贸有限公司(张伟)",
    ] {
        assert_eq!(PersonName::parse(raw), Err(NameFlaw::Company), "{raw}");
        assert!(matches!(PartyName::read(raw), PartyName::Company(_)), "{raw}");
    }
    assert!(matches!(PartyName::read("张伟"), PartyName::Person(_)));
    assert_eq!(PartyName::read("散客"), PartyName::Nobody(NameFlaw::Placeholder));
    assert_eq!(PartyName::read("散客").flag(), Flag::Placeholder);
}

#[test]
fn surname_and_given_name_are_told_apart() {
    for (raw, surname, given) in
        [("张伟", "张", "伟"), ("欧阳娜", "欧阳", "娜"), ("诸葛璇", "诸葛", "璇"), ("张先生", "张", "")]
    {
        let name = PersonName::parse(raw).unwrap();
        assert_eq!((name.surname(), name.given()), (surname, given), "{raw}");
    }
}

#[test]
fn surnames_are_read_as_surnames() {
    for (raw, pinyin, initials) in [
        ("曾伟", "zengwei", "zw"),
        ("单伟", "shanwei", "sw"),
        ("解伟", "xiewei", "xw"),
        ("仇伟", "qiuwei", "qw"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("欧阳娜", "ouyangna", "oyn"),
        ("吕布", "lvbu", "lb"),
    ] {
        let name = PersonName::parse(raw).unwrap();
        assert_eq!((name.pinyin().as_str(), name.initials().as_str()), (pinyin, initials), "{raw}");
    }
}

#[test]
fn masked_roles_and_logs_see_the_surname() {
    for (raw, masked) in [("张伟", "张*"), ("欧阳娜娜", "欧阳*"), ("张先生", "张*"), ("Zhang Wei", "Z*")]
    {
        let name = PersonName::parse(raw).unwrap();
        assert_eq!(name.masked(), masked);
        assert_eq!(format!("{name:?}"), format!("PersonName({masked})"));
    }
}

#[test]
fn a_name_reads_back_what_it_shows() {
    for raw in ["张伟", "张先生", "张女士", "张*", "欧阳娜", "Zhang Wei", "欧阳先生", "张"] {
        let name = PersonName::parse(raw).unwrap();
        let again = PersonName::parse(&name.to_string()).unwrap();
        assert_eq!(
            (again.as_str(), again.kind(), again.gender()),
            (name.as_str(), name.kind(), name.gender()),
            "{raw}"
        );
    }
}

proptest! {
    #[test]
    fn a_cell_of_anything_never_panics(raw in "[张伟欧阳先生*X某小总(（A-Z0-9 /-]{0,12}|.{0,50}") {
        match PartyName::read(&raw) {
            PartyName::Person(name) => {
                prop_assert!(!name.as_str().is_empty());
                let _ = (name.masked(), name.pinyin(), name.initials(), name.given());
                let again = PersonName::parse(&name.to_string());
                prop_assert_eq!(again.as_ref().map(PersonName::as_str), Ok(name.as_str()), "{}", name);
            }
            PartyName::Company(_) | PartyName::Nobody(_) => {}
        }
    }
}
