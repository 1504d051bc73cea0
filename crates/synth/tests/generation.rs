//! What a generation promises: the same bytes for a seed, the sizes of the presets, the
//! rates of the dirt, files that other programs can read, and nobody's identifiers.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use calamine::{Reader, open_workbook_auto};
use kernel::idcard::IdCard;
use kernel::mobile::Mobile;
use kernel::plate::Plate;
use kernel::uscc::Uscc;
use kernel::vin::Vin;
use synth::{Manifest, Preset, SynthConfig, SynthError, bench_customers, generate, generate_until};

fn nano(seed: u64) -> (tempfile::TempDir, Manifest) {
    let dir = tempfile::tempdir().unwrap();
    let manifest = generate(&SynthConfig::new(Preset::Nano, seed, dir.path()), &|_| {}).unwrap();
    (dir, manifest)
}

fn csv_rows(path: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// Every file below a folder with its bytes.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn within(what: &str, found: f64, wanted: f64, tolerance: f64) {
    let ratio = found / wanted;
    assert!((1.0 - tolerance..=1.0 + tolerance).contains(&ratio), "{what}: {found} for {wanted}");
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_seed_others() {
    let (a, _) = nano(5);
    let (b, _) = nano(5);
    let (c, _) = nano(6);
    let (a, b, c) = (tree(a.path()), tree(b.path()), tree(c.path()));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(bytes == &b[name], "{name} differs between two runs");
    }
    assert_ne!(a["truth/person_truth.csv"], c["truth/person_truth.csv"]);
}

#[test]
fn an_interrupted_generation_goes_on_and_ends_the_same() {
    let (fresh, _) = nano(8);
    let dir = tempfile::tempdir().unwrap();
    let config = SynthConfig::new(Preset::Nano, 8, dir.path());
    let files = AtomicU32::new(0);
    // Stops in the middle of whatever comes after two hundred files.
    let stopped = generate_until(&config, &|_| {}, &|| files.fetch_add(1, Ordering::Relaxed) > 200);
    assert!(matches!(stopped, Err(SynthError::Stopped)), "{stopped:?}");
    generate(&config, &|_| {}).unwrap();
    assert_eq!(tree(fresh.path()), tree(dir.path()));
    // A third run finds everything done.
    let again = AtomicU32::new(0);
    generate(&config, &|_| {
        again.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(again.into_inner(), 0);
    let other = generate(&SynthConfig::new(Preset::Nano, 9, dir.path()), &|_| {});
    assert!(matches!(other, Err(SynthError::OtherGeneration { .. })));
}

#[test]
fn nano_has_the_size_it_promises() {
    let (dir, _) = nano(42);
    let truth = dir.path().join("truth");
    within("persons", csv_rows(&truth.join("person_truth.csv")).len() as f64, 1_500.0, 0.15);
    let (mut orders, mut customers, mut policies) = (HashSet::new(), HashSet::new(), HashSet::new());
    for row in csv_rows(&truth.join("row_truth.csv")) {
        let mut path = row["file"].split('/').skip(1);
        let (store, source, file) = (path.next().unwrap(), path.next().unwrap(), path.next().unwrap());
        let key = (store.to_owned(), source.to_owned(), row["source_key"].clone(), row["vehicle_id"].clone());
        match (source, file.split("_20").next().unwrap()) {
            ("dms", "repair_order") => orders.insert(key),
            ("insurance", _) => {
                customers.insert((key.0.clone(), key.1.clone(), row["person_id"].clone(), key.3.clone()));
                policies.insert(key)
            }
            ("dms", "sale") | ("hr", _) => false,
            _ => customers.insert(key),
        };
    }
    within("repair orders", orders.len() as f64, 5_000.0, 0.15);
    within("policies", policies.len() as f64, 2_000.0, 0.15);
    within("customer records", customers.len() as f64, 4_000.0, 0.15);
}

#[test]
fn every_spreadsheet_opens_and_has_the_rows_the_manifest_tells() {
    let (dir, manifest) = nano(42);
    let mut seen = HashSet::new();
    for file in manifest.files.iter().filter(|f| f.format != "csv") {
        let mut book = open_workbook_auto(dir.path().join(&file.path)).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let rows = range.height() as u32 - file.header_row;
        let total = u32::from(file.layout.ends_with(".C"));
        assert!(rows == file.rows || rows == file.rows + total, "{}: {rows}", file.path);
        seen.insert(file.format.clone());
    }
    assert_eq!(seen.len(), 2, "both xls and xlsx occur");
    let formats: HashSet<_> = manifest.files.iter().map(|f| f.encoding.as_str()).collect();
    assert_eq!(formats.len(), 4);
}

#[test]
fn identifiers_are_well_formed_and_nobodys() {
    let (dir, _) = nano(42);
    let truth = dir.path().join("truth");
    for person in csv_rows(&truth.join("person_truth.csv")) {
        let mobile = &person["mobile"];
        assert!(["154", "160", "161", "163", "164"].contains(&&mobile[..3]), "{mobile}");
        assert!(Mobile::parse(mobile).is_ok(), "{mobile}");
        if person["kind"] == "person" {
            assert!(person["id_no"].starts_with("00"));
            assert!(
                IdCard::parse(&person["id_no"]).is_ok_and(|id| id.strong_key().is_some()),
                "{}",
                person["id_no"]
            );
        } else {
            assert!(Uscc::parse(&person["id_no"]).is_ok(), "{}", person["id_no"]);
        }
    }
    let (mut vins, mut failing) = (HashSet::new(), 0);
    for vehicle in csv_rows(&truth.join("vehicle_truth.csv")) {
        let vin = Vin::parse(&vehicle["vin"]).unwrap();
        assert!(!vin.is_china_made() || vin.check_ok(), "{}", vehicle["vin"]);
        failing += u32::from(!vin.check_ok());
        assert!(Plate::parse(&vehicle["plate"]).is_ok(), "{}", vehicle["plate"]);
        assert!(vins.insert(vehicle["vin"].clone()));
    }
    assert!(failing > 0, "some imports fail the Chinese check digit");
}

#[test]
fn somebody_is_invalid_here_and_valid_there_and_the_group_counts_heads() {
    let (dir, _) = nano(42);
    let truth = dir.path().join("truth");
    let story = csv_rows(&truth.join("story1_persons.csv"));
    assert!(!story.is_empty());
    let verdicts = csv_rows(&truth.join("validity_truth.csv"));
    let one = &story[0];
    let verdict = |kind: &str, scope: &str| {
        let row = verdicts
            .iter()
            .find(|r| r["person_id"] == one["person_id"] && r["scope_kind"] == kind && r["scope"] == scope);
        row.map(|r| (r["verdict"].as_str(), r["reasons"].as_str())).unwrap()
    };
    assert_eq!(verdict("store", &one["invalid_store"]), ("invalid", one["reasons"].as_str()));
    assert_eq!(verdict("store", &one["valid_store"]), ("valid", ""));
    assert_eq!(verdict("group", "GROUP"), ("valid", ""));
    let counts = csv_rows(&truth.join("kpi_distinct.csv"));
    let group = counts.iter().find(|r| r["scope_kind"] == "group").unwrap();
    let number = |key: &str| group[key].parse::<u32>().unwrap();
    assert!(number("persons") < number("sum_of_stores"));
}

#[test]
fn dirt_comes_at_its_rate() {
    // The demo group is large enough to measure rates of one in a thousand.
    let dir = tempfile::tempdir().unwrap();
    let manifest = generate(&SynthConfig::new(Preset::Demo, 42, dir.path()), &|_| {}).unwrap();
    assert!(manifest.files.len() <= 1_200, "{} files", manifest.files.len());
    let truth = dir.path().join("truth");
    let archive = |file: &str| file.contains("/dms/customer_vehicle_");
    let mut rows = 0.0;
    let mut orders = 0.0;
    let mut seen = HashSet::new();
    for row in csv_rows(&truth.join("row_truth.csv")) {
        rows += f64::from(u8::from(archive(&row["file"])));
        orders += f64::from(u8::from(row["file"].contains("/repair_order_") && row["role"] == "owner"));
        seen.insert(row["role"].clone());
    }
    assert_eq!(seen.len(), 7, "{seen:?}");
    let mut in_archive: HashMap<String, f64> = HashMap::new();
    let mut in_orders: HashMap<String, f64> = HashMap::new();
    let mut kinds: HashSet<String> = HashSet::new();
    for row in csv_rows(&truth.join("injected_defects.csv")) {
        let defect = row["defect"].clone();
        if archive(&row["file"]) {
            *in_archive.entry(defect.clone()).or_default() += 1.0;
        } else if row["file"].contains("/repair_order_") {
            *in_orders.entry(defect.clone()).or_default() += 1.0;
        }
        kinds.insert(defect);
    }
    for (defect, rate, tolerance) in [
        ("phone_store", 0.030, 0.25),
        ("phone_agent", 0.015, 0.15),
        ("phone_placeholder", 0.025, 0.15),
        ("phone_wrong_digit", 0.015, 0.15),
        ("phone_swapped", 0.008, 0.2),
        ("phone_short", 0.007, 0.2),
        ("phone_stale", 0.05, 0.15),
        ("phone_format", 0.09, 0.1),
        ("vin_missing", 0.02, 0.15),
        ("vin_typo", 0.01, 0.2),
        ("vin_short", 0.015, 0.15),
        ("id_missing", 0.35, 0.05),
        ("plate_province", 0.01, 0.2),
        ("code_variant", 0.12 * 0.75, 0.4),
    ] {
        within(defect, in_archive.get(defect).copied().unwrap_or(0.0) / rows, rate, tolerance);
    }
    within("deliverer", in_orders["deliverer_not_owner"] / orders, 0.22, 0.15);
    within("odometer", in_orders["odometer_missing"] / orders, 0.04, 0.1);
    let late = in_orders["late"] + in_orders["corrected"];
    within("late", late / orders, 0.03, 0.2);
    let all = "name_variant trailing_space full_width internal_customer id_masked id_wrong_check birthday_missing birthday_default \
               impossible_date plate_missing plate_old expiry_missing expiry_default expiries_differ odometer_typo odometer_replaced \
               duplicate late corrected feed_silent";
    for defect in all.split_whitespace() {
        assert!(kinds.contains(defect), "{defect} never occurs");
    }
    assert!(manifest.files.iter().any(|f| f.path.contains("_again")));
    let layouts: HashSet<_> = manifest.files.iter().map(|f| f.layout.as_str()).collect();
    for layout in [
        "dms.repair_order.A",
        "dms.repair_order.A2",
        "dms.repair_order.B",
        "dms.repair_order.B2",
        "dms.repair_order.C",
        "dms.repair_order.D",
    ] {
        assert!(layouts.contains(layout), "{layout}");
    }
}

#[test]
fn the_benchmark_file_is_exact_and_repeatable() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a.csv"), dir.path().join("b.csv"));
    bench_customers(20_000, 3, &a).unwrap();
    bench_customers(20_000, 3, &b).unwrap();
    assert!(std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap());
    let rows = csv_rows(&a);
    assert_eq!(rows.len(), 20_000);
    let keys: HashSet<_> = rows.iter().map(|r| (&r["source"], &r["source_key"])).collect();
    assert_eq!(keys.len(), rows.len());
    let persons: HashSet<_> = rows.iter().map(|r| &r["truth_id"]).collect();
    within("rows per customer", rows.len() as f64 / persons.len() as f64, 2.45, 0.1);
}
