//! Bad input: a clear error, nothing lost, and the rest goes on.

use std::io::{Read, Write};

use intake::reading::{Limits, ReadFault, list_tables};
use intake::{ImportOptions, Loaded, Quiet, import_path};
use kernel::{Clock, Source};

use crate::house::House;

const TITLES: &str = "客户编号,姓名,手机,VIN,车牌号,生日\n";

async fn refused(house: &mut House, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = house.write(name, bytes);
    let options = ImportOptions { store: Some("S1".into()), source: Some(Source::Dms), ..Default::default() };
    let report = import_path(
        &house.db,
        house.db.vault(),
        Clock::system(),
        &path,
        &options,
        std::sync::Arc::new(Quiet),
    )
    .await
    .unwrap();
    assert_eq!((report.loaded, report.failed.len()), (0, 1), "{name}: {report:?}");
    let codes = house
        .texts("SELECT error_code FROM batch WHERE state = 'failed' ORDER BY batch_id DESC LIMIT 1")
        .await;
    codes[0].clone().unwrap()
}

#[tokio::test]
async fn files_that_are_no_tables_say_what_is_wrong() {
    let mut house = House::new().await;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.csv", Vec::new(), "empty_file"),
        ("header-only.csv", TITLES.into(), "header_only"),
        ("one-column.csv", "客户编号~姓名~手机\nC1~张三~138\n".into(), "wrong_delimiter"),
        ("nul.csv", vec![0; 4096], "binary_file"),
        ("wide.csv", format!("{TITLES}{}\n", "1,".repeat(1_000_000)).into(), "too_many_columns"),
        ("quote.csv", format!("{TITLES}C1,\"{}", "x".repeat(5 << 20)).into(), "row_too_long"),
        ("words.pdf.xlsx", b"%PDF-1.7 not a workbook".to_vec(), "damaged_file"),
        ("archive.zip", b"PK\x03\x04 cut off".to_vec(), "damaged_file"),
    ];
    for (name, bytes, code) in cases {
        assert_eq!(refused(&mut house, name, bytes).await, code, "{name}");
    }
    assert_eq!(house.number("SELECT count(*) FROM party_record").await, 0);
}

fn workbook(rows: &[Vec<&str>]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in (0u32..).zip(rows) {
        for (c, cell) in (0u16..).zip(row) {
            sheet.write_string(r, c, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_truncated_workbook_is_refused() {
    let mut house = House::new().await;
    let whole = workbook(&[vec!["客户编号", "姓名", "手机"], vec!["C1", "张三", "13860194721"]]);
    for cut in [whole.len() / 2, whole.len() - 30] {
        assert_eq!(refused(&mut house, "cut.xlsx", &whole[..cut]).await, "damaged_file", "cut at {cut}");
    }
}

#[tokio::test]
async fn a_decompression_bomb_is_refused_before_it_fills_the_memory() {
    let house = House::new().await;
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..200 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let path = house.write("bomb.xlsx", bomb.finish().unwrap().into_inner());
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let found = list_tables(&path, house.files.path(), &Limits::default());
    assert!(matches!(found, Err(ReadFault::Bomb { .. })), "{found:?}");
}

#[tokio::test]
async fn a_layout_without_its_key_column_waits_and_the_others_go_on() {
    let mut house = House::new().await;
    let unknown = house.import("x.csv", Source::Dms, "姓名,手机\n张三,13860194721\n").await;
    assert!(matches!(unknown, Loaded::WaitingLayout(_)), "{unknown:?}");
    let counts = house.imported("a.csv", Source::Dms, format!("{TITLES}C001,张三,13860194721,,,\n")).await;
    assert_eq!(counts.rows_new, 1);
}

#[tokio::test]
async fn duplicate_titles_mixed_encodings_and_nul_bytes_are_read_and_told() {
    let mut house = House::new().await;
    let mut bytes = encoding_rs::GB18030
        .encode("客户编号,姓名,手机,手机\nC001,张伟,13860194721,13960194721\n")
        .0
        .into_owned();
    bytes.extend("C002,李娜,13860194722,\n".as_bytes());
    bytes.extend(b"C003\0,\xcd\xf5\xb7\xbc,13860194723,\n");
    let counts = house.imported("mixed.csv", Source::Dms, bytes).await;
    assert_eq!((counts.rows_in, counts.rows_quarantined), (3, 0));
    let names = "SELECT source_key || name FROM party_record ORDER BY 1";
    assert_eq!(house.texts(names).await, ["C001张伟", "C002李娜", "C003王芳"].map(|n| Some(n.to_owned())));
    assert_eq!(
        house.texts("SELECT phone2_masked FROM party_record WHERE source_key = 'C001'").await,
        [Some("139****4721".into())]
    );
    let notes = house.texts("SELECT unnest(notes) FROM batch").await;
    assert_eq!(notes, [Some("duplicate_header:手机".into()), Some("mixed_encoding:1".into())]);
}

#[tokio::test]
async fn dates_that_nobody_chose_or_that_do_not_exist_are_flagged_and_serials_read() {
    let mut house = House::new().await;
    let rows = "C001,张三,13860194721,,,2021-02-30\nC002,李四,13860194722,,,1900-01-01\nC003,王五,13860194723,,,44197\n";
    house.imported("dates.csv", Source::Dms, format!("{TITLES}{rows}")).await;
    let births = "SELECT birth_on::text FROM party_record ORDER BY source_key";
    assert_eq!(house.texts(births).await, [None, None, Some("2021-01-01".into())]);
}

#[tokio::test]
async fn wrong_vins_phone_lists_and_formula_cells_are_kept_as_they_are() {
    let mut house = House::new().await;
    let rows = "C001,张三,13860194721/022-27391846,LFV2A21K8G4I2345O,津A12345,\nC002,=cmd()|'/c calc'!A1,13860194722,,,\n";
    house.imported("odd.csv", Source::Dms, format!("{TITLES}{rows}")).await;
    let vins = "SELECT concat_ws(' ', vin, vin_raw, vin_flag) FROM vehicle_record";
    assert_eq!(house.texts(vins).await, [Some("LFV2A21K8G4I2345O bad_format".into())]);
    let phones = "SELECT concat_ws(' ', mobile_masked, mobile_flag, phone2_masked) FROM party_record WHERE source_key = 'C001'";
    let found = house.texts(phones).await[0].clone().unwrap();
    assert!(found.starts_with("138****4721 several "), "{found}");
    assert_eq!(
        house.texts("SELECT name_raw FROM party_record WHERE source_key = 'C002'").await,
        [Some("=cmd()|'/c calc'!A1".into())]
    );
}

#[tokio::test]
async fn a_csv_of_gigabytes_streams_through_a_few_megabytes() {
    // A stand-in for two gigabytes: the reader is fed from a generator and never sees the end of it in memory.
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let row = b"C0000001,\xe5\xbc\xa0\xe4\xb8\x89,13860194721,,,\n";
            let count = (to.len() / row.len()).min((self.0 / row.len() as u64) as usize);
            for slot in to.chunks_exact_mut(row.len()).take(count) {
                slot.copy_from_slice(row);
            }
            self.0 -= (count * row.len()) as u64;
            Ok(count * row.len())
        }
    }
    let bytes: u64 = 128 << 20;
    let (rows, widest) = intake::reading::count_rows(Box::new(Endless(bytes)), Limits::default()).unwrap();
    assert_eq!(rows, bytes / 31);
    assert!(widest < 16 << 20, "a block held {widest} bytes");
}
