use proptest::prelude::*;

use super::*;

/// Any seventeen legal symbols, with the right check digit put in place 9.
fn valid(symbols: &str) -> String {
    let mut bytes: [u8; 17] = symbols.as_bytes().try_into().unwrap();
    bytes[8] = check_digit(&bytes).unwrap();
    ascii(&bytes).to_owned()
}

#[test]
fn the_check_digit_is_the_weighted_sum_mod_11_with_x_for_ten() {
    // The published worked example of the standard.
    assert_eq!(
        check_digit(
            b"1M8GDM9A_KP042788".map(|b| if b == b'_' { b'0' } else { b }).as_ref().try_into().unwrap()
        ),
        Some(b'X')
    );
    assert!(Vin::parse("1M8GDM9AXKP042788").unwrap().check_ok());
    assert!(!Vin::parse("1M8GDM9A1KP042788").unwrap().check_ok());
    assert_eq!(check_digit(b"IM8GDM9AXKP042788"), None);
}

#[test]
fn a_vin_is_read_however_it_is_typed() {
    for raw in [
        "1m8gdm9axkp042788",
        " 1M8GDM9AX-KP042788 ",
        "１Ｍ８ＧＤＭ９ＡＸＫＰ０４２７８８",
        "1M8 GDM9AX KP042788\u{FEFF}",
    ] {
        assert_eq!(Vin::parse(raw).unwrap().as_str(), "1M8GDM9AXKP042788", "{raw:?}");
    }
}

#[test]
fn what_is_not_a_vin_says_why() {
    for (raw, flaw) in [
        ("", VinFlaw::Missing),
        ("无", VinFlaw::Missing),
        ("00000000000000000", VinFlaw::Placeholder),
        ("12345678901234567", VinFlaw::Placeholder),
        ("11111111", VinFlaw::Placeholder),
        ("KP042788", VinFlaw::LastEight),
        ("1M8GDM9AXKP04278", VinFlaw::WrongLength(16)),
        ("1M8GDM9AXKP0427889", VinFlaw::WrongLength(18)),
        ("LO8GDM9AXKP042788", VinFlaw::IllegalSymbol { place: 2, symbol: 'O' }),
        ("1M8GDM9AXKPI42788", VinFlaw::IllegalSymbol { place: 12, symbol: 'I' }),
        ("1M8GDM9AXKPQ42788", VinFlaw::IllegalSymbol { place: 12, symbol: 'Q' }),
        ("1M8GDM9AXKP04278车", VinFlaw::IllegalSymbol { place: 17, symbol: '车' }),
        ("***********042788", VinFlaw::Masked),
    ] {
        assert_eq!(Vin::parse(raw), Err(flaw), "{raw:?}");
        assert!(!flaw.zh().is_empty() && flaw.code().starts_with("vin_"));
    }
}

#[test]
fn a_failed_check_is_a_flag_and_weighs_more_for_a_car_built_in_china() {
    let built_here = Vin::parse(&valid("LSVAA2180E2123456")).unwrap();
    assert!(built_here.is_china_made() && built_here.is_strong() && built_here.flag() == Flag::Ok);
    let wrong = Vin::parse(&built_here.as_str().replace('3', "4")).unwrap();
    assert!(!wrong.is_strong() && wrong.flag() == Flag::CheckFailed);
    let import = Vin::parse("WBAPB1105AW000000").unwrap();
    assert!(!import.check_ok() && import.is_strong() && !import.is_china_made());
}

#[test]
fn the_model_year_comes_from_place_10_in_a_cycle_of_thirty_years() {
    for (code, year) in [
        ('1', Some(2001)),
        ('9', Some(2009)),
        ('A', Some(2010)),
        ('H', Some(2017)),
        ('J', Some(2018)),
        ('P', Some(2023)),
        ('R', Some(2024)),
        ('Y', Some(2030)),
        ('0', None),
        ('U', None),
        ('Z', None),
    ] {
        let vin = Vin::parse(&format!("LSVAA2180{code}2123456")).unwrap();
        assert_eq!(vin.model_year(), year, "{code}");
    }
    let old = Vin::parse("LSVAA2180Y2123456").unwrap();
    assert_eq!(old.model_year_up_to(2023), Some(2000));
    assert_eq!(old.model_year_up_to(2030), Some(2030));
}

#[test]
fn sections_and_search_keys() {
    let vin = Vin::parse("1M8GDM9AXKP042788").unwrap();
    assert_eq!(
        (vin.wmi(), vin.vis(), vin.last(6), vin.last(4), vin.last(40)),
        ("1M8", "KP042788", "042788", "2788", "1M8GDM9AXKP042788")
    );
    assert_eq!(vin.masked(), "***********042788");
    assert_eq!(last_eight("kp 042788"), Some("KP042788".to_owned()));
    assert_eq!(last_eight("1M8GDM9AXKP042788"), Some("KP042788".to_owned()));
    assert_eq!(last_eight("042788"), None);
}

#[test]
fn look_alikes_are_proposed_only_when_the_check_digit_agrees() {
    let right = Vin::parse("1M8GDM9AXKP042788").unwrap();
    for typed in ["1M8GDM9AXKPO42788", "1M8GDM9AXKPQ42788", "IM8GDM9AXKP042788", "IM8GDM9AXKPO42788"] {
        assert_eq!(repair_suggestions(typed), [right], "{typed}");
    }
    for typed in ["1MBGDM9AXKP042788", "1M8GDM9AXKP04Z788", "1M8GDM9AXKP0427B8"] {
        let found = repair_suggestions(typed);
        assert!(found.contains(&right) && found.iter().all(Vin::check_ok), "{typed}: {found:?}");
    }
    for typed in ["1M8GDM9AXKP042788", "KP042788", "", "1M8GDM9AXKP04278车"] {
        assert!(repair_suggestions(typed).is_empty(), "{typed}");
    }
}

fn any_vin() -> impl Strategy<Value = String> {
    const SYMBOLS: &[u8] = b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
    prop::collection::vec(prop::sample::select(SYMBOLS), 17).prop_map(|symbols| ascii(&symbols).to_owned())
}

proptest! {
    #[test]
    fn parse_and_display_are_inverse(text in any_vin()) {
        prop_assume!(longest_run(text.as_bytes()) < 14);
        let vin = Vin::parse(&text).unwrap();
        prop_assert_eq!(vin.to_string(), text.clone());
        prop_assert_eq!(serde_json::from_str::<Vin>(&serde_json::to_string(&vin).unwrap()).unwrap(), vin);
        prop_assert_eq!(Vin::parse(&text.to_lowercase()).unwrap(), vin);
    }

    #[test]
    fn every_vin_has_exactly_one_right_check_digit(text in any_vin()) {
        prop_assume!(longest_run(text.as_bytes()) < 14);
        let vin = Vin::parse(&valid(&text)).unwrap();
        let right = (b'0'..=b'9').chain([b'X']).filter(|&digit| {
            let mut other = *vin.as_bytes();
            other[8] = digit;
            Vin(other).check_ok()
        });
        prop_assert_eq!(right.count(), 1);
    }

    #[test]
    fn a_cell_of_anything_never_panics(raw in ".{0,40}") {
        let _ = Vin::parse(&raw);
        let _ = repair_suggestions(&raw);
        let _ = last_eight(&raw);
    }
}
