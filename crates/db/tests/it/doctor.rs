//! The doctor finds what is wrong and says what to do.

use db::test_support::TestDb;
use db::{Vault, doctor, keys_path};

#[tokio::test]
async fn a_healthy_house_and_a_sick_one() {
    let house = TestDb::new(&[]).await;
    Vault::load(&house).await.unwrap();
    let url = house.url();
    let look = || doctor::examine(house.data_dir(), Some(&url), &[]);
    let wrong = |findings: Vec<doctor::Finding>| {
        findings.into_iter().filter(|f| !f.ok).map(|f| (f.check, f.message)).collect::<Vec<_>>()
    };
    let findings = wrong(look().await);
    // the test cluster runs without fsync, and the doctor notices
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].1.contains("fsync is off"));

    std::fs::remove_file(keys_path(house.data_dir())).unwrap();
    sqlx::query("INSERT INTO job (kind, payload, state, finished_at) VALUES ('x', '{}', 'dead', now())")
        .execute(house.worker_pool())
        .await
        .unwrap();
    let findings = wrong(look().await);
    assert_eq!(findings.iter().map(|f| f.0).collect::<Vec<_>>(), ["database", "keys", "jobs"]);
    assert!(findings[1].1.contains("put the key file back"), "{findings:?}");
}

#[tokio::test]
async fn a_fresh_folder_is_no_illness() {
    let dir = crate::folder::folder();
    let findings = doctor::examine(&dir.path().join("data"), None, &[]).await;
    assert!(findings.iter().all(|f| f.ok), "{findings:?}");
    assert!(findings.iter().any(|f| f.message.contains("the first start makes it")));
}
