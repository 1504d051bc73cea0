use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// A number of a region that never existed (00xxxx), so that it can belong to nobody.
fn number(first: &str) -> String {
    let first: [u8; 17] = first.as_bytes().try_into().unwrap();
    format!("{}{}", ascii(&first), char::from(check_symbol(&first).unwrap()))
}

#[test]
fn the_check_symbol_is_iso_7064_mod_11_2() {
    // The worked example printed in GB 11643-1999.
    assert_eq!(check_symbol(b"11010519491231002"), Some(b'X'));
    assert_eq!(check_symbol(b"1101051949123100A"), None);
}

#[test]
fn a_number_tells_region_birth_and_sex() {
    let card = IdCard::parse(&number("00010119850607123")).unwrap();
    assert_eq!((card.region(), card.birth(), card.sex()), ("000101", date(1985, 6, 7), Gender::Male));
    let card = IdCard::parse(&number("00010119850607124")).unwrap();
    assert_eq!(card.sex(), Gender::Female);
    assert!(card.check_ok() && card.flag() == Flag::Ok && card.strong_key() == Some("00010119850607124"));
}

#[test]
fn a_number_is_read_however_it_is_typed() {
    let with_x =
        (0..1_000).map(|n| number(&format!("00010119850607{n:03}"))).find(|id| id.ends_with('X')).unwrap();
    for raw in [
        with_x.to_lowercase(),
        format!("'{with_x}"),
        format!("{} {} {}", &with_x[..6], &with_x[6..14], &with_x[14..]),
        with_x.replace('X', "Ⅹ"),
        with_x.replace('X', "ｘ"),
    ] {
        assert_eq!(IdCard::parse(&raw).unwrap().as_str(), with_x, "{raw:?}");
    }
}

#[test]
fn the_old_form_becomes_the_new_one_by_19_and_check_symbol() {
    let old = IdCard::parse("000101850607123").unwrap();
    let new = IdCard::parse(&number("00010119850607123")).unwrap();
    assert_eq!(old.as_str(), new.as_str());
    assert_eq!((old.flag(), old.check_ok()), (Flag::Repaired, true));
    assert_eq!(old.strong_key(), new.strong_key());
}

#[test]
fn a_number_that_fails_its_check_is_a_weak_key_only() {
    let right = number("00010119850607123");
    let wrong = format!("{}{}", &right[..17], if right.ends_with('1') { '2' } else { '1' });
    let card = IdCard::parse(&wrong).unwrap();
    assert_eq!((card.check_ok(), card.flag(), card.strong_key()), (false, Flag::CheckFailed, None));
    assert_eq!(card.weak().key(), format!("000101{}", &wrong[14..]));
}

#[test]
fn a_masked_number_is_a_weak_key_when_six_and_four_are_left() {
    let right = IdCard::parse(&number("00010119850607123")).unwrap();
    for raw in [
        format!("000101********{}", &right.as_str()[14..]),
        format!("000101XXXXXXXX{}", &right.as_str()[14..]),
        format!("000101****{}", &right.as_str()[14..]),
    ] {
        assert_eq!(IdCard::parse(&raw), Err(IdFlaw::Masked(Some(right.weak()))), "{raw}");
    }
    assert_eq!(IdCard::parse("110***********1234"), Err(IdFlaw::Masked(None)));
}

#[test]
fn what_is_not_a_number_says_why() {
    for (raw, flaw) in [
        ("", IdFlaw::Missing),
        ("无", IdFlaw::Missing),
        ("111111111111111111", IdFlaw::Placeholder),
        ("000000000000000000", IdFlaw::Placeholder),
        ("123456789012345678", IdFlaw::Placeholder),
        ("0001011985060712", IdFlaw::WrongLength(16)),
        ("0001011985060712345", IdFlaw::WrongLength(19)),
        ("00010119851307123X", IdFlaw::BadBirth),
        ("00010119850230123X", IdFlaw::BadBirth),
        ("00010102850607123X", IdFlaw::BadBirth),
        ("91350100M000100Y43", IdFlaw::CompanyCode),
        ("00010119850607A234", IdFlaw::IllegalSymbol { place: 15, symbol: 'A' }),
        ("护照E12345678", IdFlaw::IllegalSymbol { place: 1, symbol: '护' }),
    ] {
        assert_eq!(IdCard::parse(raw), Err(flaw), "{raw:?}");
        assert!(!flaw.zh().is_empty() && flaw.code().starts_with("id_"));
    }
}

#[test]
fn distance_counts_places_of_the_first_seventeen() {
    let one = IdCard::parse(&number("00010119850607123")).unwrap();
    let near = IdCard::parse(&number("00010119850607125")).unwrap();
    let far = IdCard::parse(&number("00020119850608128")).unwrap();
    assert_eq!((one.distance(&one), one.distance(&near), one.distance(&far)), (0, 1, 3));
}

#[test]
fn a_masked_role_and_a_log_see_three_and_four_digits() {
    let card = IdCard::parse(&number("11000019850607123")).unwrap();
    assert_eq!(card.masked(), format!("110***********{}", &card.as_str()[14..]));
    assert_eq!(format!("{card:?}"), format!("IdCard({})", card.masked()));
}

fn any_first_17() -> impl Strategy<Value = String> {
    (0_u32..10_000, 1930_i16..2020, 1_i8..=12, 1_i8..=28, 0_u16..1_000).prop_map(
        |(region, year, month, day, order)| format!("{region:06}{year}{month:02}{day:02}{order:03}"),
    )
}

proptest! {
    #[test]
    fn every_single_substitution_is_caught(first in any_first_17(), place in 0_usize..17, digit in b'0'..=b'9') {
        let right = number(&first);
        prop_assume!(right.as_bytes()[place] != digit);
        let mut typed = right.into_bytes();
        typed[place] = digit;
        prop_assert!(IdCard::parse(ascii(&typed)).map_or(true, |card| !card.check_ok()));
    }

    #[test]
    fn every_swap_of_two_neighbours_is_caught(first in any_first_17(), place in 0_usize..16) {
        let mut typed = number(&first).into_bytes();
        prop_assume!(typed[place] != typed[place + 1]);
        typed.swap(place, place + 1);
        prop_assert!(IdCard::parse(ascii(&typed)).map_or(true, |card| !card.check_ok()));
    }

    #[test]
    fn a_number_reads_back_what_it_shows(first in any_first_17()) {
        let card = IdCard::parse(&number(&first)).unwrap();
        prop_assert!(card.check_ok());
        prop_assert_eq!(IdCard::parse(&card.to_string()), Ok(card));
    }

    #[test]
    fn a_cell_of_anything_never_panics(raw in "[0-9Xx* ]{0,24}|.{0,40}") {
        let _ = IdCard::parse(&raw);
    }
}
