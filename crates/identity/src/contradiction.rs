//! A contradiction between decisions, told in words: which records, tied by whom.

use db::{Access, Db};
use kernel::ids::RecordKey;
use matching::Contradiction;

use crate::IdentityError;
use crate::queries::cards::{self, Cards, called};

/// Tells why the decision cannot be taken: two records must stay apart, and a chain of "the same customer" leads
/// from one to the other. Records outside the caller's scope are named by surname and store only.
///
/// # Errors
/// Always the refusal; or a fault of the database.
pub async fn refuse<T>(db: &Db, access: &Access, found: Contradiction) -> Result<T, IdentityError> {
    let keys: Vec<i64> = found.chain.iter().map(|key| key.get()).collect();
    let cards = cards::load(db, access, &keys).await?;
    let (zh, en) = tell(&found, &cards);
    Err(IdentityError::Contradicts { zh, en })
}

fn tell(found: &Contradiction, cards: &Cards) -> (String, String) {
    let name = |key: RecordKey| called(cards.get(&key.get()));
    let chain: Vec<String> = found.chain.iter().map(|&key| name(key)).collect();
    let (a, b) = (name(found.a), name(found.b));
    (
        format!(
            "与之前的人工决定冲突:{a} 与 {b} 应为不同客户,但人工判定又把他们连成同一客户:{}。请先撤销其中一个决定",
            chain.join(" = ")
        ),
        format!(
            "This contradicts earlier decisions: {a} and {b} are to stay apart, yet decisions make them one: {}. \
             Undo one of them first",
            chain.join(" = ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_told_from_end_to_end() {
        let found = Contradiction {
            a: RecordKey(1),
            b: RecordKey(3),
            chain: vec![RecordKey(1), RecordKey(2), RecordKey(3)],
        };
        let (zh, en) = tell(&found, &Cards::default());
        assert!(zh.contains("— = — = —"));
        assert!(en.contains("are to stay apart"));
    }
}
