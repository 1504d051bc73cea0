//! Finding a customer or a vehicle as one types.

use crate::house::{A, B, House, Reader, column, data_admin, director, encoded, manager};

async fn hits(house: &House, reader: &Reader, q: &str) -> Vec<String> {
    let answer = house.ok(reader, &encoded(&format!("/api/search?q={q}"))).await;
    column(&answer["hits"], "title")
}

#[tokio::test]
async fn every_way_to_ask_finds_the_customer() {
    let house = House::with_customers().await;
    house.sql("UPDATE person SET id_bidx = decode('00', 'hex') WHERE person_no = 4").await;
    let id_index = house.state.vault.blind(db::Field::IdNumber, "000000199001011239");
    let mut owner = house.db.owner_connection().await.unwrap();
    sqlx::query("UPDATE person SET id_bidx = $1 WHERE person_no = 1")
        .bind(&id_index[..])
        .execute(&mut owner)
        .await
        .unwrap();
    let director = director();
    for (q, found) in [
        ("张", vec!["张伟"]),
        ("張偉", vec!["张伟"]),
        ("娜", vec!["欧阳娜娜", "李娜"]),
        ("阳娜", vec!["欧阳娜娜"]),
        ("zw", vec!["张伟"]),
        ("ouyang", vec!["欧阳娜娜"]),
        ("13911110002", vec!["李娜"]),
        ("139-1111-0002", vec!["李娜"]),
        ("0002", vec!["李娜"]),
        ("000000199001011239", vec!["张伟"]),
        ("津A123", vec!["津A12345"]),
        ("津AD", vec!["津AD12345"]),
        ("3457", vec!["津B88888"]),
        ("123457", vec!["津B88888"]),
        ("HG123457", vec!["津B88888"]),
        ("LVGBH51K2HG123457", vec!["津B88888"]),
        ("P00000003", vec!["王强"]),
        ("V00000002", vec!["津B88888"]),
        ("不存在", vec![]),
    ] {
        let mut titles = hits(&house, &director, q).await;
        titles.sort();
        let mut expected = found.clone();
        expected.sort();
        assert_eq!(titles, expected, "{q}");
    }
}

#[tokio::test]
async fn nobody_finds_what_lies_outside_his_scope() {
    let house = House::with_customers().await;
    let (a, b) = (manager(A), manager(B));
    for q in ["李娜", "ln", "13911110002", "0002", "P00000002", "津B88888", "123457", "V00000002"] {
        assert_eq!(hits(&house, &a, q).await, Vec::<String>::new(), "A's manager asks {q}");
        assert_eq!(hits(&house, &b, q).await.len(), 1, "B's manager asks {q}");
    }
}

#[tokio::test]
async fn an_answer_shows_no_clear_number_and_a_masked_role_no_name() {
    let house = House::with_customers().await;
    for reader in [director(), data_admin()] {
        let answer = house.ok(&reader, "/api/search?q=13911110001").await;
        let text = answer.to_string();
        assert!(!text.contains("13911110001"), "{text}");
        assert!(text.contains("139****0001"), "{text}");
    }
    let answer = house.ok(&data_admin(), &encoded("/api/search?q=张伟")).await;
    assert_eq!(answer["hits"][0]["title"], "张*");
    assert!(!answer.to_string().contains("津A12345"));
}
