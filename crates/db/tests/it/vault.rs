//! Keys that are lost, wrong, rotated or made by two at once.

use std::time::Instant;

use db::test_support::TestDb;
use db::{Field, MigrationSet, SealedColumn, Vault, keys_path, reseal_column};

const PEOPLE: MigrationSet = MigrationSet {
    context: "people",
    steps: &[(
        "0001_person",
        "CREATE TABLE person (person_no int PRIMARY KEY, mobile_sealed bytea);
         SELECT fc_open_table('person', 'select');",
    )],
};

#[tokio::test]
async fn the_first_start_makes_keys_that_only_we_can_read_and_the_next_finds_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = TestDb::new(&[]).await;
    let vault = Vault::load(&house).await.unwrap();
    let path = keys_path(house.data_dir());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let sealed = vault.seal(Field::Mobile, "13800138000");
    let again = Vault::load(&house).await.unwrap();
    assert_eq!(again.open(Field::Mobile, &sealed).unwrap(), "13800138000");
    assert_eq!(again.blind(Field::Mobile, "13800138000"), vault.blind(Field::Mobile, "13800138000"));
}

#[tokio::test]
async fn a_lost_or_wrong_key_is_refused_and_nothing_is_changed() {
    let house = TestDb::new(&[]).await;
    let other = TestDb::new(&[]).await;
    Vault::load(&house).await.unwrap();
    Vault::load(&other).await.unwrap();
    let path = keys_path(house.data_dir());
    let right = std::fs::read(&path).unwrap();

    std::fs::remove_file(&path).unwrap();
    let lost = Vault::load(&house).await.unwrap_err();
    assert_eq!(lost.code(), "keys_lost");
    assert!(lost.to_string().contains("put the key file back"), "{lost}");
    assert!(!path.exists(), "no new keys over sealed values");

    std::fs::copy(keys_path(other.data_dir()), &path).unwrap();
    let wrong = Vault::load(&house).await.unwrap_err();
    assert_eq!(wrong.code(), "wrong_keys");
    std::fs::write(&path, "{\"version\": 1").unwrap();
    assert_eq!(Vault::load(&house).await.unwrap_err().code(), "keys_unreadable");

    std::fs::write(&path, right).unwrap();
    Vault::load(&house).await.unwrap();
}

#[tokio::test]
async fn a_rotated_key_seals_from_now_on_and_old_values_are_moved_at_leisure() {
    let house = TestDb::new(&[PEOPLE]).await;
    let vault = Vault::load(&house).await.unwrap();
    let neighbour = Vault::load(&house).await.unwrap();
    let mut tx = house.system().await.unwrap();
    for person in 0..25 {
        sqlx::query("INSERT INTO person VALUES ($1, $2)")
            .bind(person)
            .bind(vault.seal(Field::Mobile, &format!("138001380{person:02}")))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let index = vault.blind(Field::Mobile, "13800138000");

    assert_eq!(vault.rotate(&house).await.unwrap(), 2);
    let fresh = vault.seal(Field::Mobile, "13900139000");
    assert_eq!(fresh[0], 2);
    assert_eq!(neighbour.open(Field::Mobile, &fresh).unwrap(), "13900139000", "other processes notice");
    assert_eq!(vault.blind(Field::Mobile, "13800138000"), index, "what is indexed stays found");

    let column = SealedColumn { table: "person", column: "mobile_sealed", field: Field::Mobile };
    assert_eq!(reseal_column(&house, &vault, column, 10).await.unwrap().values, 25);
    assert_eq!(reseal_column(&house, &vault, column, 10).await.unwrap().values, 0);
    let rows: Vec<(i32, Vec<u8>)> = sqlx::query_as("SELECT person_no, mobile_sealed FROM person")
        .fetch_all(house.worker_pool())
        .await
        .unwrap();
    for (person, sealed) in rows {
        assert_eq!(sealed[0], 2);
        assert_eq!(vault.open(Field::Mobile, &sealed).unwrap(), format!("138001380{person:02}"));
    }
    Vault::load(&house).await.unwrap();
}

#[tokio::test]
async fn two_first_starts_at_once_agree_on_the_keys() {
    let house = TestDb::new(&[]).await;
    let (a, b) = tokio::join!(Vault::load(&house), Vault::load(&house));
    let sealed = a.unwrap().seal(Field::Secret, "x");
    assert_eq!(b.unwrap().open(Field::Secret, &sealed).unwrap(), "x");
}

/// Prints the price of a sealed field; run in release with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn the_price_of_a_sealed_field() {
    let vault = Vault::for_tests();
    let rounds = 200_000_u32;
    let time = |what: &str, work: &dyn Fn(&str)| {
        let phones: Vec<String> = (0..1000).map(|n| format!("1380013{n:04}")).collect();
        let start = Instant::now();
        for round in 0..rounds {
            work(&phones[round as usize % 1000]);
        }
        println!("{what}: {:.2} µs", start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
    };
    time("seal", &|phone| _ = std::hint::black_box(vault.seal(Field::Mobile, phone)));
    time("blind", &|phone| _ = std::hint::black_box(vault.blind(Field::Mobile, phone)));
}
