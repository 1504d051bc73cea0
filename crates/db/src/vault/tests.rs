use super::*;

#[test]
fn what_is_sealed_opens_again_and_never_looks_the_same() {
    let vault = Vault::for_tests();
    for clear in ["13800138000", "", "上海市闵行区虹莘路 3999 号", "310***********1234"] {
        let first = vault.seal(Field::Mobile, clear);
        let second = vault.seal(Field::Mobile, clear);
        assert_ne!(first, second, "a fresh nonce each time");
        assert_eq!(first.len(), clear.len() + OVERHEAD);
        assert_eq!(vault.open(Field::Mobile, &first).unwrap(), clear);
    }
}

#[test]
fn a_value_that_was_altered_or_belongs_elsewhere_does_not_open() {
    let vault = Vault::for_tests();
    let sealed = vault.seal(Field::Mobile, "13800138000");
    let code = |field, bytes: &[u8]| vault.open(field, bytes).map_err(|e| e.code());
    assert_eq!(code(Field::Address, &sealed), Err("undecipherable"), "another field");
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(code(Field::Mobile, &altered), Err("undecipherable"), "byte {at}");
    }
    for length in 0..OVERHEAD {
        assert_eq!(code(Field::Mobile, &sealed[..length]), Err("undecipherable"));
    }
}

#[test]
fn the_blind_index_is_the_same_for_the_same_value_of_the_same_field_only() {
    let vault = Vault::for_tests();
    let phone = vault.blind(Field::Mobile, "13800138000");
    assert_eq!(phone, vault.blind(Field::Mobile, "13800138000"));
    assert_ne!(phone, vault.blind(Field::Mobile, "13800138001"));
    assert_ne!(phone, vault.blind(Field::IdNumber, "13800138000"));
}

#[test]
fn a_key_file_is_read_or_refused_with_the_reason() {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let file = |current: u8, key: &str| {
        format!(r#"{{"version":1,"index_key":"{key}","current":{current},"keys":{{"1":"{key}"}}}}"#)
    };
    assert!(Keys::parse(&file(1, key), "keys.json").is_ok());
    let cases = [
        (String::new(), "not a key file"),
        ("{}".to_owned(), "not a key file"),
        (file(2, key), "current key 2"),
        (file(1, "AAAA"), "32 bytes"),
        (file(1, key).replace("\"version\":1", "\"version\":9"), "version 9"),
    ];
    for (text, why) in cases {
        let said = Keys::parse(&text, "keys.json").map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("AAAA"), "no key in a message: {said}");
    }
}

#[test]
fn a_lock_never_prints_its_keys() {
    assert_eq!(format!("{:?}", Vault::for_tests()), "Vault { keys: [1], .. }");
}
