//! Random nonces in bulk: one call to the system for many, because an import seals 100,000 rows a second.

use std::cell::RefCell;

use super::NONCE;

const NONCES: usize = 128;

struct Stock {
    bytes: [u8; NONCE * NONCES],
    used: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; NONCE * NONCES], used: NONCES }) };
}

/// 24 random bytes, never given twice. (192 random bits never meet by chance, so no counter has to be kept.)
pub(super) fn fresh() -> [u8; NONCE] {
    STOCK.with_borrow_mut(|stock| {
        if stock.used == NONCES {
            fill(&mut stock.bytes);
            stock.used = 0;
        }
        let at = stock.used * NONCE;
        stock.used += 1;
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&stock.bytes[at..at + NONCE]);
        nonce
    })
}

/// Random bytes of the system.
#[expect(clippy::panic, reason = "a system without randomness can keep no secret; going on would be worse")]
pub(super) fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the system gives no random bytes: {error}");
    }
}
