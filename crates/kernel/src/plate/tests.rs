use proptest::prelude::*;

use super::*;

#[test]
fn every_form_of_plate_is_told_from_the_others() {
    for (raw, text, kind, masked) in [
        ("浙A12345", "浙A12345", PlateKind::Ordinary, "浙A***45"),
        ("浙A·1234B", "浙A1234B", PlateKind::Ordinary, "浙A***4B"),
        ("浙 a-12b45", "浙A12B45", PlateKind::Ordinary, "浙A***45"),
        ("津Ａ１２３４５", "津A12345", PlateKind::Ordinary, "津A***45"),
        ("蘇E12345", "苏E12345", PlateKind::Ordinary, "苏E***45"),
        ("雲A12345", "云A12345", PlateKind::Ordinary, "云A***45"),
        ("浙AD12345", "浙AD12345", PlateKind::SmallBattery, "浙A***45"),
        ("浙AA1234 5", "浙AA12345", PlateKind::SmallBattery, "浙A***45"),
        ("浙AF12345", "浙AF12345", PlateKind::SmallHybrid, "浙A***45"),
        ("浙A12345D", "浙A12345D", PlateKind::LargeBattery, "浙A***5D"),
        ("浙A12345F", "浙A12345F", PlateKind::LargeHybrid, "浙A***5F"),
        ("浙A1234挂", "浙A1234挂", PlateKind::Trailer, "浙A***4挂"),
        ("浙A1234学", "浙A1234学", PlateKind::Learner, "浙A***4学"),
        ("浙A1234警", "浙A1234警", PlateKind::Police, "浙A***4警"),
        ("粤Z1234港", "粤Z1234港", PlateKind::HongKong, "粤Z***4港"),
        ("粤Z1234澳", "粤Z1234澳", PlateKind::Macau, "粤Z***4澳"),
        ("沪A1234领", "沪A1234领", PlateKind::Consulate, "沪A***4领"),
        ("京A1234使", "京A1234使", PlateKind::Embassy, "京A***4使"),
    ] {
        let plate = Plate::parse(raw).unwrap();
        assert_eq!((plate.as_str(), plate.kind(), plate.masked().as_str()), (text, kind, masked), "{raw}");
        assert_eq!(plate.province(), &text[..3]);
    }
}

#[test]
fn new_energy_plates_tell_batteries_from_the_rest() {
    for (raw, kind) in [
        ("浙ADN1234", PlateKind::SmallBattery),
        ("浙AAZ1234", PlateKind::SmallBattery),
        ("浙AB01234", PlateKind::SmallBattery),
        ("浙AC01234", PlateKind::SmallBattery),
        ("浙AE01234", PlateKind::SmallBattery),
        ("浙AG01234", PlateKind::SmallHybrid),
        ("浙AH01234", PlateKind::SmallHybrid),
        ("浙AJ01234", PlateKind::SmallHybrid),
        ("浙AK01234", PlateKind::SmallHybrid),
        ("浙A01234A", PlateKind::LargeBattery),
        ("浙A01234K", PlateKind::LargeHybrid),
    ] {
        let plate = Plate::parse(raw).unwrap();
        assert_eq!(plate.kind(), kind, "{raw}");
        assert!(plate.kind().is_new_energy());
    }
}

#[test]
fn what_is_not_a_plate_says_why() {
    for (raw, flaw) in [
        ("", PlateFlaw::Missing),
        ("-", PlateFlaw::Missing),
        ("无", PlateFlaw::Missing),
        ("无牌照", PlateFlaw::Unplated),
        ("無牌", PlateFlaw::Unplated),
        ("未上牌", PlateFlaw::Unplated),
        ("新车", PlateFlaw::Unplated),
        ("临牌", PlateFlaw::Temporary),
        ("浙A临12345", PlateFlaw::Temporary),
        ("临时牌照", PlateFlaw::Temporary),
        ("浙A***45", PlateFlaw::Masked),
        ("浙A00000", PlateFlaw::Placeholder),
        ("中A12345", PlateFlaw::UnknownProvince('中')),
        ("A12345", PlateFlaw::UnknownProvince('A')),
        ("浙A1234", PlateFlaw::WrongLength(6)),
        ("浙A1234567", PlateFlaw::WrongLength(9)),
        ("浙I12345", PlateFlaw::IllegalSymbol { place: 2, symbol: 'I' }),
        ("浙112345", PlateFlaw::IllegalSymbol { place: 2, symbol: '1' }),
        ("浙A1234O", PlateFlaw::IllegalSymbol { place: 7, symbol: 'O' }),
        ("浙A12I45", PlateFlaw::IllegalSymbol { place: 5, symbol: 'I' }),
        ("浙AL12345", PlateFlaw::IllegalSymbol { place: 3, symbol: 'L' }),
        ("浙A12345L", PlateFlaw::IllegalSymbol { place: 8, symbol: 'L' }),
        ("浙A123学45", PlateFlaw::IllegalSymbol { place: 6, symbol: '学' }),
    ] {
        assert_eq!(Plate::parse(raw), Err(flaw), "{raw:?}");
        assert!(!flaw.zh().is_empty() && flaw.code().starts_with("plate_"));
    }
}

#[test]
fn letters_that_no_plate_has_are_proposed_as_digits() {
    assert_eq!(repair_suggestion("浙A1234O").map(|plate| plate.to_string()), Some("浙A12340".to_owned()));
    assert_eq!(repair_suggestion("浙A·I234O").map(|plate| plate.to_string()), Some("浙A12340".to_owned()));
    assert_eq!(repair_suggestion("浙A12345"), None);
    assert_eq!(repair_suggestion("浙I12345"), None);
}

proptest! {
    #[test]
    fn a_plate_reads_back_what_it_shows(raw in "[浙津云京粤][A-HJ-NP-Z](DA|[A-K0-9])?[A-HJ-NP-Z0-9]{4}[0-9D挂学]") {
        if let Ok(plate) = Plate::parse(&raw) {
            prop_assert_eq!(Plate::parse(&plate.to_string()), Ok(plate));
            prop_assert_eq!(plate.to_string(), raw);
        }
    }

    #[test]
    fn a_cell_of_anything_never_panics(raw in ".{0,40}") {
        if let Ok(plate) = Plate::parse(&raw) {
            let _ = plate.masked();
        }
        let _ = repair_suggestion(&raw);
    }
}
