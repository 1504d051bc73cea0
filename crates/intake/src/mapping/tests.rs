use kernel::vocab::{Entity, Source};

use super::*;

/// The export's own names of two fields differ from ours.
fn our_code(code: &str) -> &str {
    match code {
        "ro_no" => "order_no",
        "line" => "line_no",
        same => same,
    }
}

fn expected(kind: &str) -> (Source, Entity) {
    match kind {
        "dms.customer_vehicle" => (Source::Dms, Entity::Customer),
        "dms.sale" => (Source::Dms, Entity::Sale),
        "dms.repair_order" => (Source::Dms, Entity::RepairOrder),
        "dms.lead" => (Source::Dms, Entity::Lead),
        "erp.customer" => (Source::Erp, Entity::Customer),
        "insurance.policy" => (Source::Insurance, Entity::Policy),
        "used_car.deal" => (Source::UsedCar, Entity::UsedCarDeal),
        "wecom.contact" => (Source::Wecom, Entity::Customer),
        "hr.employee" => (Source::Hr, Entity::Employee),
        "paper.ledger_customer" => (Source::Paper, Entity::Customer),
        "paper.ledger_repair" => (Source::Paper, Entity::RepairOrder),
        other => panic!("{other}"),
    }
}

#[test]
fn every_export_in_use_is_understood_completely_from_its_titles() {
    let mut layouts = 0;
    for line in include_str!("layouts.txt").lines().filter(|l| !l.starts_with('#')) {
        let (name, columns) = line.split_once(" | ").unwrap();
        let (source, entity) = expected(name.rsplit_once('.').unwrap().0);
        let columns: Vec<(&str, &str)> = columns.split(", ").map(|c| c.split_once('=').unwrap()).collect();
        let titles: Vec<String> = columns.iter().map(|(_, t)| (*t).to_owned()).collect();
        let proposal = propose(&titles, Some(source), None).unwrap();
        assert_eq!(proposal.form.entity, entity, "{name}");
        for (choice, (code, title)) in proposal.choices.iter().zip(&columns) {
            assert_eq!(choice.field.as_deref(), Some(our_code(code)), "{name}: {title}");
        }
        assert!(proposal.is_sure(), "{name}: {:?}", proposal.missing);
        layouts += 1;
    }
    assert!(layouts >= 25, "{layouts} layouts");
}

fn titles(list: &[&str]) -> Vec<String> {
    list.iter().map(|t| (*t).to_owned()).collect()
}

#[test]
fn a_layout_without_its_key_is_not_accepted_by_itself() {
    let proposal = propose(&titles(&["姓名", "手机", "车架号"]), Some(Source::Dms), None).unwrap();
    assert_eq!(proposal.missing, [Field::CustomerNo]);
    assert!(!proposal.is_sure());
}

#[test]
fn an_unknown_layout_is_not_accepted_by_itself() {
    let proposal = propose(&titles(&["甲", "乙", "丙"]), Some(Source::Dms), None).unwrap();
    assert!(!proposal.is_sure());
}

#[test]
fn a_phone_title_that_occurs_twice_is_a_second_phone() {
    let proposal =
        propose(&titles(&["客户编号", "姓名", "手机", "手机#2"]), Some(Source::Dms), None).unwrap();
    assert_eq!(proposal.choices[3].field.as_deref(), Some("phone2"));
}

#[test]
fn the_same_titles_have_the_same_fingerprint_however_they_are_typed() {
    let a = fingerprint(&titles(&["VIN", "车牌号"]));
    assert_eq!(a, fingerprint(&titles(&["ｖｉｎ ", "车牌号"])));
    assert_ne!(a, fingerprint(&titles(&["车牌号", "VIN"])));
}
