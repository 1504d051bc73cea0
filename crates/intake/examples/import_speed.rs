//! Measures an import: `cargo run --release -p intake --example import_speed -- [rows | folder]`.
//!
//! With a number, a customer archive of so many rows is made up and imported; with a folder, its exports are.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use db::test_support::TestDb;
use intake::{ImportOptions, Quiet, import_path};
use kernel::{Clock, Source};

const ORG: &str = include_str!("../../org/migrations/0001_organisation.sql");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let what = std::env::args().nth(1).unwrap_or_else(|| "1000000".into());
    let folder = Path::new(&what);
    let stores: Vec<String> = if folder.is_dir() {
        let exports =
            if folder.join("exports").is_dir() { folder.join("exports") } else { folder.to_owned() };
        let names = std::fs::read_dir(exports)?
            .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()));
        names.filter(|n| n.bytes().all(|b| b.is_ascii_alphanumeric())).collect()
    } else {
        vec!["S1".into()]
    };
    let rows: String = stores.iter().map(|s| format!(",('{s}')")).collect();
    let seed: &'static str = Box::leak(
        format!(
            "INSERT INTO region (code, name) VALUES ('R', '天津');
             INSERT INTO legal_entity (code, name) VALUES ('L', '公司');
             INSERT INTO store (code, name, short_name, kind, region_id, legal_entity_id, opened_on)
             SELECT c, c, c, 'four_s', 1, 1, '2010-01-01' FROM (VALUES {}) AS s (c)",
            &rows[1..]
        )
        .into_boxed_str(),
    );
    let steps: &'static [(&'static str, &'static str)] =
        Box::leak(Box::new([("0001_org", ORG), ("0002_stores", seed)]));
    let house = TestDb::new(&[db::MigrationSet { context: "org", steps }, intake::MIGRATIONS]).await;
    let files = tempfile::tempdir()?;
    let (path, options) = if folder.is_dir() {
        (folder.to_owned(), ImportOptions::default())
    } else {
        let path = files.path().join("customer_vehicle_2021.csv");
        std::fs::write(&path, archive(what.parse()?))?;
        (
            path,
            ImportOptions { store: Some("S1".into()), source: Some(Source::Dms), ..ImportOptions::default() },
        )
    };
    for run in ["first", "again"] {
        let started = Instant::now();
        let report =
            import_path(&house, house.vault(), Clock::system(), &path, &options, Arc::new(Quiet)).await?;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{run}: {} files, {} rows ({} new, {} changed, {} same, {} quarantined), {} duplicates, {} waiting, {} failed: {seconds:.2} s, {:.0} rows/s",
            report.files,
            report.rows_in,
            report.rows_new,
            report.rows_changed,
            report.rows_same,
            report.rows_quarantined,
            report.duplicates,
            report.waiting,
            report.failed.len(),
            report.rows_in as f64 / seconds
        );
        for (path, why) in report.failed.iter().take(5) {
            println!("  {}: {why}", path.display());
        }
    }
    Ok(())
}

/// A customer archive of the everyday kind, GBK, with the usual dirt.
fn archive(rows: u32) -> Vec<u8> {
    const SURNAMES: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄"];
    const GIVEN: [&str; 8] = ["伟", "芳", "娜", "秀英", "敏", "静", "丽", "强"];
    let mut text = String::with_capacity(rows as usize * 150);
    text.push_str("客户编号,姓名,性别,证件号码,手机,备用电话,地址,销售顾问,建档日期,VIN,发动机号,车牌号,品牌,车系,开票日期,购车价,行驶里程,修改日期\r\n");
    for n in 0..rows {
        let name = format!("{}{}", SURNAMES[n as usize % 8], GIVEN[n as usize / 8 % 8]);
        let (day, month) = (1 + n % 28, 1 + n / 28 % 12);
        let _ = write!(
            text,
            "C{n:07},{name},男,,1{:010},,天津市南开区长江道{}号,S{:03},2016/{month}/{day},LFV2A21K{}G4{:06},{:07},津A{:05},一汽大众,迈腾,2016/{month}/{day},{}.00,{},2016/{month}/{day}\r\n",
            3_000_000_000u64 + u64::from(n) * 7,
            n % 900,
            n % 40,
            n % 10,
            n % 1_000_000,
            n,
            n % 100_000,
            120_000 + n % 9_000,
            n % 200_000
        );
    }
    encoding_rs::GB18030.encode(&text).0.into_owned()
}
