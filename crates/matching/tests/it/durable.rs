//! What was acknowledged survives; what was torn is gone; two processes never share a folder.

use std::path::{Path, PathBuf};

use matching::{Durable, DurableError, HashKey, Incremental, PartyInput, RecordKey, Seal, Unsealed};

use crate::dealer_file;
use crate::quality::link;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("matching-durable-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn inputs() -> (Vec<PartyInput>, Incremental) {
    let inputs: Vec<PartyInput> = dealer_file(600, 31).into_iter().map(|row| row.input).collect();
    let (_, out) = link(&inputs);
    (inputs, Incremental::new(out.model, HashKey::default()).expect("same key"))
}

fn open(folder: &Path) -> Durable {
    Durable::open(folder, HashKey::default(), Box::new(Unsealed)).expect("readable").expect("a snapshot")
}

fn clusters(store: &Durable) -> std::collections::BTreeSet<Vec<RecordKey>> {
    store.index().clusters().collect()
}

fn log_of(folder: &Path) -> PathBuf {
    let mut logs: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log.")))
        .collect();
    assert_eq!(logs.len(), 1);
    logs.remove(0)
}

#[test]
fn everything_acknowledged_is_there_after_a_kill() {
    let folder = folder("kill");
    let (inputs, empty) = inputs();
    let mut store = Durable::create(&folder, empty, Box::new(Unsealed)).expect("a new folder");
    for input in &inputs[..40] {
        store.upsert(input).expect("written");
    }
    store.upsert_all(&inputs[40..300]).expect("written");
    store.checkpoint().expect("written");
    store.upsert_all(&inputs[300..]).expect("written");
    store.remove(inputs[3].key).expect("written").expect("it was there");
    let customer = store.index().clusters().find(|cluster| cluster.len() > 1).expect("somebody has two rows");
    store.forbid(customer[0], customer[1]).expect("free");
    let refused = store.require(customer[0], customer[1]);
    assert!(matches!(refused, Err(DurableError::Contradiction(_))), "{refused:?}");
    let before = clusters(&store);
    // No destructor writes anything, so letting go is as good as a kill.
    drop(store);
    let mut store = open(&folder);
    assert_eq!(clusters(&store), before);
    store.withdraw(customer[0], customer[1]).expect("written").expect("it was said");
    drop(store);
    assert!(clusters(&open(&folder)).contains(&customer));
    std::fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn a_torn_tail_is_forgotten_and_the_log_goes_on() {
    let folder = folder("torn");
    let (inputs, empty) = inputs();
    let mut store = Durable::create(&folder, empty, Box::new(Unsealed)).expect("a new folder");
    store.upsert_all(&inputs[..20]).expect("written");
    let whole = clusters(&store);
    let good = store.log_bytes();
    store.upsert(&inputs[20]).expect("written");
    let log = log_of(&folder);
    drop(store);
    let mut bytes = std::fs::read(&log).expect("readable");
    bytes[good as usize + 40] ^= 1;
    std::fs::write(&log, &bytes).expect("writable");
    let mut store = open(&folder);
    assert_eq!(clusters(&store), whole, "the damaged change is not there");
    store.upsert_all(&inputs[20..30]).expect("written");
    let after = clusters(&store);
    drop(store);
    assert_eq!(clusters(&open(&folder)), after);
    bytes.truncate(good as usize - 7);
    std::fs::write(&log, &bytes).expect("writable");
    assert_eq!(open(&folder).index().len(), 19, "cut inside the twentieth change");
    std::fs::remove_dir_all(folder).expect("ours");
}

#[derive(Debug)]
struct Turned(u8);

impl Seal for Turned {
    fn seal(&self, plain: &[u8]) -> Vec<u8> {
        std::iter::once(self.0).chain(plain.iter().map(|byte| byte ^ self.0)).collect()
    }
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (&key, rest) = sealed.split_first()?;
        (key == self.0).then(|| rest.iter().map(|byte| byte ^ key).collect())
    }
}

#[test]
fn a_wrong_key_and_a_second_process_are_refused() {
    let folder = folder("wrong");
    let (inputs, empty) = inputs();
    let missing = Durable::open(&folder, HashKey::default(), Box::new(Unsealed)).expect("nothing wrong");
    assert!(missing.is_none());
    let mut store = Durable::create(&folder, empty, Box::new(Turned(7))).expect("a new folder");
    store.upsert_all(&inputs[..5]).expect("written");
    let second = Durable::open(&folder, HashKey::default(), Box::new(Turned(7)));
    assert!(matches!(second, Err(DurableError::InUse(_))));
    drop(store);
    let other = Durable::open(&folder, HashKey::default(), Box::new(Turned(8)));
    assert!(matches!(other, Err(DurableError::Unreadable(_))));
    let other = Durable::open(&folder, HashKey::new([9; 16]), Box::new(Turned(7)));
    assert!(matches!(other, Err(DurableError::Match(_))));
    let again =
        Durable::open(&folder, HashKey::default(), Box::new(Turned(7))).expect("readable").expect("there");
    assert_eq!(again.index().len(), 5);
    std::fs::remove_dir_all(folder).expect("ours");
}
