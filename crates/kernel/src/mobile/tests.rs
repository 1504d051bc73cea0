use proptest::prelude::*;

use super::*;

/// One cell, as `number[flag](note)` joined by blanks.
fn read(raw: &str) -> String {
    let shown = parse_phones(raw).into_iter().map(|phone| {
        let value = phone.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let note = phone.note.map_or_else(String::new, |note| format!("({note})"));
        format!("{value}[{}]{note}", phone.flag)
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_mobile_is_read_however_it_is_typed() {
    for (raw, shown) in [
        ("13612785634", "13612785634[ok]"),
        (" 13612785634 ", "13612785634[ok]"),
        ("１３６１２７８５６３４", "13612785634[ok]"),
        ("+8613612785634", "13612785634[repaired]"),
        ("+86 136 1278 5634", "13612785634[repaired]"),
        ("008613612785634", "13612785634[repaired]"),
        ("8613612785634", "13612785634[repaired]"),
        ("86-136-1278-5634", "13612785634[repaired]"),
        ("(+86)13612785634", "13612785634[repaired]"),
        ("013612785634", "13612785634[repaired]"),
        ("136-1278-5634", "13612785634[repaired]"),
        ("136 1278 5634", "13612785634[repaired]"),
        ("136.1278.5634", "13612785634[repaired]"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
}

#[test]
fn the_form_of_a_mobile_is_1_then_3_to_9_then_nine_digits() {
    for (raw, shown) in [
        ("19912785634", "19912785634[ok]"),
        ("12612785634", "-[bad_format]"),
        ("1361278563", "-[bad_format]"),
        ("136127856345", "-[bad_format]"),
        ("23612785634", "-[bad_format]"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
}

#[test]
fn notes_beside_a_number_are_kept_apart() {
    for (raw, shown) in [
        ("13612785634(司机)", "13612785634[repaired](司机)"),
        ("13612785634（车主老婆）", "13612785634[repaired](车主老婆)"),
        ("13612785634 王先生", "13612785634[repaired](王先生)"),
        ("王先生13612785634", "13612785634[repaired](王先生)"),
        ("手机：13612785634", "13612785634[repaired](手机)"),
        ("13612785634(2号机)", "13612785634[repaired](号机)"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
}

#[test]
fn several_numbers_in_one_cell_are_all_read() {
    for (raw, shown) in [
        ("13612785634/13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634、13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634，13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634;13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634 13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634-13712785634", "13612785634[several] 13712785634[ok]"),
        ("13612785634\n13712785634", "13612785634[several] 13712785634[ok]"),
        ("0571-88123456/13612785634", "0571-88123456[several] 13612785634[ok]"),
        ("13612785634(本人)13712785634(司机)", "13612785634[several](本人司机) 13712785634[ok]"),
        ("13612785634/13612785634", "13612785634[ok]"),
        ("13612785634/5", "13612785634[ok]"),
        ("13800138000/13612785634", "-[placeholder] 13612785634[ok]"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
}

#[test]
fn landlines_need_an_area_code() {
    for (raw, shown) in [
        ("010-88123456", "010-88123456[ok]"),
        ("022 2812 3456", "022-28123456[ok]"),
        ("0571-88123456", "0571-88123456[ok]"),
        ("(0571)88123456", "0571-88123456[ok]"),
        ("057188123456", "0571-88123456[ok]"),
        ("0575-8123456", "0575-8123456[ok]"),
        ("0571-88123456-801", "0571-88123456[repaired]"),
        ("0571-88123456转801", "0571-88123456[repaired]"),
        ("+86-571-88123456", "0571-88123456[repaired]"),
        ("88123456", "-[partial]"),
        ("8123456", "-[partial]"),
        ("0571-18123456", "-[bad_format]"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
}

#[test]
fn hotlines_are_read_but_never_a_key() {
    for raw in ["400-812-3456", "4008123456", "800 812 3456"] {
        let phone = &parse_phones(raw)[0];
        assert_eq!(phone.flag, Flag::Hotline, "{raw}");
        assert!(phone.value.is_some_and(|value| !value.is_key()));
    }
}

#[test]
fn placeholders_are_known_by_rule() {
    for raw in [
        "13800138000",
        "13900139000",
        "15000150000",
        "13800000000",
        "13888888888",
        "11111111111",
        "00000000000",
        "12345678901",
        "888888888888",
        "13812345678",
        "18987654321",
        "13000000000",
        "11111",
        "99999999",
    ] {
        assert_eq!(read(raw), "-[placeholder]", "{raw}");
        assert_eq!(Mobile::parse(raw), Err(PhoneFlaw::Placeholder), "{raw}");
    }
    for raw in ["13888888128", "13812345128", "13600136001"] {
        assert_eq!(read(raw), format!("{raw}[ok]"), "six in a row happen");
    }
}

#[test]
fn a_masked_number_is_a_weak_key() {
    for raw in
        ["138****1234", "138 **** 1234", "138＊＊＊＊1234", "138xxxx1234", "138XXXX1234", "+86138****1234"]
    {
        assert_eq!(read(raw), "138****1234[masked]", "{raw}");
    }
    assert_eq!(read("*******1234"), "-[masked]");
    assert_eq!(Mobile::parse("138****1234"), Err(PhoneFlaw::Masked));
    let Phone::Masked(weak) = Phone::parse("138****1234").unwrap() else { panic!("not masked") };
    assert_eq!(weak.key(), "1381234");
    assert_eq!(Mobile::parse("13856781234").unwrap().weak(), weak);
}

#[test]
fn nothing_foreign_and_nonsense() {
    for (raw, shown) in [
        ("", ""),
        ("无", ""),
        ("-", ""),
        ("+852 6123 4567", "-[foreign]"),
        ("+1 415 555 0100", "-[foreign]"),
        ("不接电话", "-[bad_format](不接电话)"),
        ("110", "-[bad_format]"),
    ] {
        assert_eq!(read(raw), shown, "{raw:?}");
    }
    assert_eq!(first_phone("").flag, Flag::Missing);
    let first = first_phone("13800138000/13612785634");
    assert_eq!(first.value.map(|value| value.to_string()), Some("13612785634".to_owned()));
}

#[test]
fn parsing_one_number_refuses_what_is_not_exactly_one() {
    for (raw, flaw) in [
        ("", PhoneFlaw::Missing),
        ("13612785634/13712785634", PhoneFlaw::Several),
        ("0571-88123456", PhoneFlaw::NotMobile),
        ("4008123456", PhoneFlaw::NotMobile),
        ("88123456", PhoneFlaw::NoAreaCode),
        ("+852 6123 4567", PhoneFlaw::Foreign),
        ("13612", PhoneFlaw::BadFormat),
    ] {
        assert_eq!(Mobile::parse(raw), Err(flaw), "{raw:?}");
        assert!(!flaw.zh().is_empty() && flaw.code().starts_with("phone_"));
    }
}

#[test]
fn masked_roles_and_logs_see_prefix_and_tail() {
    let mobile = Mobile::parse("13612785634").unwrap();
    assert_eq!(
        (mobile.masked().as_str(), mobile.tail(), mobile.number()),
        ("136****5634", "5634", 13_612_785_634)
    );
    assert_eq!(format!("{mobile:?}"), "Mobile(136****5634)");
    for (raw, masked) in
        [("0571-88123456", "0571-****3456"), ("010-88123456", "010-****3456"), ("4008123456", "4008123456")]
    {
        assert_eq!(Phone::parse(raw).unwrap().masked(), masked);
    }
}

proptest! {
    #[test]
    fn every_mobile_survives_its_spellings(raw in "1[3-9][0-9]{9}") {
        prop_assume!(!is_placeholder(raw.as_bytes()));
        let mobile = Mobile::parse(&raw).unwrap();
        prop_assert_eq!(mobile.to_string(), raw.clone());
        for spelling in [
            format!("+86{raw}"), format!("0086 {raw}"), format!("{}-{}-{}", &raw[..3], &raw[3..7], &raw[7..]),
            format!("{raw}(朋友)"), format!("{} {}", &raw[..6], &raw[6..]),
        ] {
            prop_assert_eq!(Mobile::parse(&spelling), Ok(mobile), "{}", spelling);
        }
    }

    #[test]
    fn phones_read_back_what_they_show(raw in "[0-9*+ /()-]{0,30}") {
        for phone in parse_phones(&raw).into_iter().filter_map(|phone| phone.value) {
            prop_assert_eq!(Phone::parse(&phone.to_string()), Ok(phone));
            let _ = phone.masked();
        }
    }

    #[test]
    fn a_cell_of_anything_never_panics(raw in ".{0,60}") {
        let _ = parse_phones(&raw);
    }
}
