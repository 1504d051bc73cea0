use jiff::civil::{date, datetime};
use proptest::prelude::*;

use super::*;

#[test]
fn a_day_is_read_however_it_is_written() {
    for raw in [
        "2021/2/3",
        "2021/02/03",
        "2021-02-03",
        "2021-2-3",
        "2021.2.3",
        "20210203",
        "2021年2月3日",
        "2021年02月03日",
        "2021年2月3号",
        "２０２１－０２－０３",
        " 2021-02-03 ",
        "'2021-02-03",
        "2021-02-03 14:05:06",
        "2021-02-03T14:05:06",
        "44230",
        "44230.5",
        "20210203 14:05",
        "2021 2 3",
        "2021-02-03T02:00:00Z",
        "2021年2月3日 14时5分",
    ] {
        assert_eq!(parse_date(raw), Ok(ReadDate { date: date(2021, 2, 3), flag: Flag::Ok }), "{raw:?}");
    }
}

#[test]
fn a_serial_counts_from_1900_with_the_leap_day_that_never_was() {
    for (raw, day) in [
        ("44197", date(2021, 1, 1)),
        ("61", date(1900, 3, 1)),
        ("59", date(1900, 2, 28)),
        ("2", date(1900, 1, 2)),
        ("25570", date(1970, 1, 2)),
        ("36526", date(2000, 1, 1)),
    ] {
        assert_eq!(parse_date(raw).map(|read| read.date), Ok(day), "{raw}");
    }
    assert_eq!(parse_date("60"), Err(DateFlaw::NoSuchDay("60".to_owned())), "1900 was no leap year");
    assert_eq!(parse_date("99999"), Err(DateFlaw::OutOfRange("99999".to_owned())));
}

#[test]
fn days_no_person_chose_are_flagged() {
    for raw in [
        "1900-01-01",
        "1900/1/1",
        "1970-01-01",
        "19700101",
        "1",
        "25569",
        "1899-12-30",
        "1753-01-01",
        "9999-12-31",
        "0001-01-01",
        "1900-01-01 00:00:00",
    ] {
        assert_eq!(parse_date(raw).map(|read| read.flag), Ok(Flag::DefaultValue), "{raw}");
    }
}

#[test]
fn an_impossible_day_is_named() {
    for raw in [
        "2021-02-30",
        "2021/2/30",
        "20210230",
        "2021年2月30日",
        "2021-13-01",
        "2021-00-10",
        "2021-04-31",
        "2100-02-29",
    ] {
        let flaw = parse_date(raw).unwrap_err();
        assert_eq!(flaw, DateFlaw::NoSuchDay(raw.to_owned()));
        assert_eq!(flaw.flag(), Flag::OutOfRange);
        assert!(flaw.to_string().contains(raw) && flaw.zh().contains(raw));
    }
}

#[test]
fn what_is_not_a_date_says_why() {
    for raw in ["", " ", "0", "-", "无", "NULL", "0000-00-00", "00000000", "0000-00-00 00:00:00"] {
        assert_eq!(parse_date(raw), Err(DateFlaw::Missing), "{raw:?}");
    }
    for raw in [
        "昨天",
        "2021",
        "21-2-3",
        "2/3/2021",
        "2021-2",
        "2021-02-03x",
        "202102031",
        "2021--",
        "1-1-1-1",
        "..",
        "2021-02-03 +",
    ] {
        if raw == "2021-2" {
            continue;
        }
        assert!(
            matches!(parse_date(raw), Err(DateFlaw::BadFormat(_) | DateFlaw::Missing)),
            "{raw:?}: {:?}",
            parse_date(raw)
        );
    }
    for raw in ["1849-12-31", "2101-01-01", "12021-01-01"] {
        assert!(matches!(parse_date(raw), Err(DateFlaw::OutOfRange(_) | DateFlaw::BadFormat(_))), "{raw:?}");
    }
}

#[test]
fn a_month_without_day_is_its_first_day_and_partial() {
    for raw in ["2021-02", "2021年2月", "202102", "2021/2"] {
        assert_eq!(parse_date(raw), Ok(ReadDate { date: date(2021, 2, 1), flag: Flag::Partial }), "{raw}");
    }
}

#[test]
fn a_wall_time_is_read_however_it_is_written() {
    let at = datetime(2021, 2, 3, 14, 5, 6, 0);
    for raw in [
        "2021-02-03 14:05:06",
        "2021/2/3 14:05:06",
        "2021-02-03T14:05:06",
        "2021-02-03 14:05:06.789",
        "20210203140506",
        "2021年2月3日 14时5分6秒",
        "2021-02-03 下午2:05:06",
        "2021/2/3 2:05:06 PM",
        "2021-02-03T06:05:06Z",
        "2021-02-03T14:05:06+08:00",
        "2021-02-03T14:05:06+0800",
        "2021-02-03  14:05:06",
        "44230.586875",
    ] {
        assert_eq!(parse_datetime(raw), Ok(ReadDateTime { at, flag: Flag::Ok }), "{raw:?}");
    }
    for (raw, time) in [
        ("2021-02-03 14:05", datetime(2021, 2, 3, 14, 5, 0, 0)),
        ("202102031405", datetime(2021, 2, 3, 14, 5, 0, 0)),
        ("2021-02-03 上午12:05", datetime(2021, 2, 3, 0, 5, 0, 0)),
        ("2021-02-03T23:05:06Z", datetime(2021, 2, 4, 7, 5, 6, 0)),
        ("44230.99999999", datetime(2021, 2, 4, 0, 0, 0, 0)),
    ] {
        assert_eq!(parse_datetime(raw).map(|read| read.at), Ok(time), "{raw:?}");
    }
}

#[test]
fn a_date_without_time_is_midnight_and_partial() {
    for raw in ["2021-02-03", "20210203", "44230", "2021年2月3日"] {
        assert_eq!(
            parse_datetime(raw),
            Ok(ReadDateTime { at: datetime(2021, 2, 3, 0, 0, 0, 0), flag: Flag::Partial }),
            "{raw}"
        );
    }
    for raw in ["2021-02-03 25:00", "2021-02-03 12:61"] {
        assert_eq!(parse_datetime(raw), Err(DateFlaw::NoSuchDay(raw.to_owned())));
    }
}

#[test]
fn months_end_where_they_end() {
    for (from, months, to) in [
        (date(2021, 1, 31), 1, date(2021, 2, 28)),
        (date(2020, 1, 31), 1, date(2020, 2, 29)),
        (date(2021, 3, 31), -1, date(2021, 2, 28)),
        (date(2021, 11, 15), 14, date(2023, 1, 15)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
    ] {
        assert_eq!(add_months(from, months), to, "{from} + {months}");
    }
    for (from, to, months) in [
        (date(2021, 1, 31), date(2021, 2, 28), 1),
        (date(2021, 1, 15), date(2021, 2, 14), 0),
        (date(2021, 1, 15), date(2022, 1, 15), 12),
        (date(2022, 1, 15), date(2021, 1, 15), -12),
    ] {
        assert_eq!(months_between(from, to), months, "{from}..{to}");
    }
    assert_eq!(years_between(date(1985, 6, 30), date(2022, 6, 29)), 36);
    assert_eq!(days_between(date(2020, 2, 28), date(2020, 3, 1)), 2);
    assert_eq!(days_between(date(2022, 1, 1), date(2002, 1, 1)), -7305);
    assert_eq!(add_days(date(2020, 12, 31), 1), date(2021, 1, 1));
}

#[test]
fn a_month_knows_its_first_and_last_day() {
    let month = Month::of(date(2020, 2, 17));
    assert_eq!((month.first_day(), month.last_day()), (date(2020, 2, 1), date(2020, 2, 29)));
    assert_eq!((month.to_string(), month.plus(11).to_string()), ("2020-02".to_owned(), "2021-01".to_owned()));
}

fn any_day() -> impl Strategy<Value = Date> {
    (1851_i16..2099, 1_i8..=12, 1_i8..=31).prop_filter_map("no such day", |(y, m, d)| Date::new(y, m, d).ok())
}

proptest! {
    #[test]
    fn every_form_of_every_day_reads_the_same(day in any_day()) {
        let (y, m, d) = (day.year(), day.month(), day.day());
        for raw in [
            day.to_string(), format!("{y}/{m}/{d}"), format!("{y:04}{m:02}{d:02}"), format!("{y}年{m}月{d}日"),
            format!("{y}.{m}.{d} 10:20"),
        ] {
            prop_assert_eq!(parse_date(&raw).map(|read| read.date), Ok(day), "{}", raw);
        }
        if y > 1900 {
            let serial = days_between(date(1899, 12, 30), day);
            if !(1900..=2100).contains(&serial) {
                prop_assert_eq!(parse_date(&serial.to_string()).map(|read| read.date), Ok(day));
            }
        }
    }

    #[test]
    fn months_between_undoes_add_months(day in any_day(), months in 0_i32..600) {
        prop_assert_eq!(months_between(day, add_months(day, months)), months);
    }

    #[test]
    fn a_cell_of_anything_never_panics(raw in "[0-9/.:年月日 TZ+-]{0,50}|.{0,50}") {
        let _ = parse_date(&raw);
        let _ = parse_datetime(&raw);
    }
}
