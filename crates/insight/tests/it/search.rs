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

#[tokio::test]
async fn a_store_with_many_customers_finds_its_own_among_thousands_of_namesakes() {
    let house = House::with_customers().await;
    // Six thousand namesakes at B, more than are read of the index; A has many customers and one of them.
    house
        .sql(
            "INSERT INTO person (person_no, kind, name, name_initials, name_pinyin, minted_at, updated_at)
             SELECT n, 'person', CASE WHEN n <= 7000 THEN '张一' || n ELSE '李二' || n END, 'zy', 'zhangyi', now(), now()
             FROM generate_series(1001, 11000) n;
             INSERT INTO person_store (person_no, store_id, record_count)
             SELECT n, CASE WHEN n <= 7000 THEN 2 ELSE 1 END, 1 FROM generate_series(1001, 11000) n;",
        )
        .await;
    assert_eq!(hits(&house, &manager(A), "张").await, ["张伟"]);
    assert_eq!(hits(&house, &manager(A), "zw").await, ["张伟"]);
    assert_eq!(hits(&house, &manager(A), "张一1001").await, Vec::<String>::new());
    assert_eq!(hits(&house, &manager(B), "张").await.len(), 10);
    assert_eq!(hits(&house, &manager(A), "zy").await.len(), 10);
}
