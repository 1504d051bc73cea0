//! Identifiers that cannot belong to anybody.
//!
//! * Mobile numbers come from the prefixes 154, 160, 161, 163 and 164: eleven digits
//!   that any mainland rule `1[3-9]xxxxxxxxx` accepts, in blocks the numbering plan has
//!   not opened to subscribers.
//! * Resident ids start with `00`, a province that does not exist (real ones begin
//!   with 11 to 82); date, sequence and check digit are in order.
//! * Company codes carry the administrative division 000000.
//!
//! Check digits are computed here and not by `kernel`, so that a fault in one of the
//! two shows in the tests of the other.

use crate::calendar::Day;
use crate::rng::Stream;

/// Where a person of the truth was first met and as what. The number is the identity:
/// everything about the person is a function of the master seed and of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonId(pub u32);

/// First capacity in which a person entered the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Buyer = 0,
    /// Owner of a car bought elsewhere.
    Outsider = 1,
    /// Second owner of a car sold here.
    Successor = 2,
    /// Spouse, driver or friend who brings the car.
    Deliverer = 3,
    Prospect = 4,
    Staff = 5,
    /// Not persons: numbers of store phones, traders and the like.
    Switchboard = 6,
}

/// Members one store may have per role: a block of the number plan.
const BLOCK: u32 = 160_000;
const ROLES: u32 = 8;

impl PersonId {
    pub(crate) const fn new(store: u8, role: Role, i: u32) -> Self {
        PersonId(((store as u32) * ROLES + role as u32) * BLOCK + i % BLOCK)
    }

    pub(crate) const fn store(self) -> u8 {
        (self.0 / BLOCK / ROLES) as u8
    }

    pub(crate) const fn role(self) -> Role {
        match self.0 / BLOCK % ROLES {
            0 => Role::Buyer,
            1 => Role::Outsider,
            2 => Role::Successor,
            3 => Role::Deliverer,
            4 => Role::Prospect,
            5 => Role::Staff,
            _ => Role::Switchboard,
        }
    }

    pub(crate) const fn index(self) -> u32 {
        self.0 % BLOCK
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p{:09}", self.0)
    }
}

/// A vehicle of the truth: store that met it first, whether it was sold there, number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VehicleId(pub u32);

impl VehicleId {
    pub(crate) const fn new(store: u8, sold_here: bool, i: u32) -> Self {
        VehicleId(((store as u32) << 22) | ((!sold_here as u32) << 21) | (i & 0x1f_ffff))
    }

    pub(crate) const fn index(self) -> u32 {
        self.0 & 0x1f_ffff
    }
}

impl std::fmt::Display for VehicleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "v{:09}", self.0)
    }
}

const PREFIXES: [&str; 5] = ["154", "160", "161", "163", "164"];
/// All numbers of the five prefixes, as a rectangle of tails and heads.
const TAILS: u64 = 20_000;
const HEADS: u64 = 25_000;

/// The `version`-th mobile number (0..3) of a person; no two persons share one.
pub(crate) fn mobile_number(id: PersonId, version: u32) -> String {
    number_at(u64::from(id.0) * 3 + u64::from(version % 3))
}

/// The n-th number of the fictitious blocks; different for different n below 5·10⁸.
///
/// Three rounds of a Feistel network on the rectangle: each shifts one side by a hash of
/// the other, so the whole is a permutation and neighbours come to lie far apart.
pub(crate) fn number_at(n: u64) -> String {
    let mix = |x: u64, round: u64| {
        let x = (x + round).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    };
    let (mut head, mut tail) = (n / TAILS % HEADS, n % TAILS);
    head = (head + mix(tail, 1_000_003)) % HEADS;
    tail = (tail + mix(head, 2_000_003)) % TAILS;
    head = (head + mix(tail, 3_000_017)) % HEADS;
    let n = head * TAILS + tail;
    format!("{}{:08}", PREFIXES[(n / 100_000_000) as usize], n % 100_000_000)
}

/// Resident id of a birth day and sex with an impossible division (00 + four digits).
pub(crate) fn resident_id(s: &mut Stream, birth: Day, male: bool) -> String {
    let (y, m, d) = birth.ymd();
    let sequence = s.below(500) * 2 + u32::from(male);
    let body = format!("00{:04}{y:04}{m:02}{d:02}{sequence:03}", s.below(10_000));
    let check = resident_check(&body);
    format!("{body}{check}")
}

/// Check symbol of the first 17 digits (GB 11643: ISO 7064 MOD 11-2).
pub(crate) fn resident_check(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    b"10X98765432"[(sum % 11) as usize] as char
}

const USCC_SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Unified social credit code with the division 000000 (GB 32100: weights 3^i mod 31).
pub(crate) fn company_code(s: &mut Stream, public: bool) -> String {
    let mut body = String::from(if public { "12000000" } else { "91000000" });
    for _ in 0..9 {
        body.push(USCC_SYMBOLS[s.below(31) as usize] as char);
    }
    let mut weight = 1_u32;
    let mut sum = 0_u32;
    for b in body.bytes() {
        let value = USCC_SYMBOLS.iter().position(|x| *x == b).unwrap_or(0) as u32;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    body.push(USCC_SYMBOLS[((31 - sum % 31) % 31) as usize] as char);
    body
}

/// Check digit of a 17-symbol VIN (position 9 counts with weight 0; GB 16735).
pub(crate) fn vin_check(vin: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |b: u8| -> u32 {
        match b {
            b'0'..=b'9' => u32::from(b - b'0'),
            b'A'..=b'H' => u32::from(b - b'A') + 1,
            b'J'..=b'N' => u32::from(b - b'J') + 1,
            b'P' => 7,
            b'R' => 9,
            b'S'..=b'Z' => u32::from(b - b'S') + 2,
            _ => 0,
        }
    };
    let sum: u32 = vin.iter().zip(WEIGHTS).map(|(b, w)| value(*b) * w).sum();
    b"0123456789X"[(sum % 11) as usize]
}

/// Model-year code of position 10 (30-year cycle without I, O, Q, U, Z, 0).
pub(crate) fn year_code(year: i32) -> u8 {
    b"ABCDEFGHJKLMNPRSTVWXY123456789"[((year - 2010).rem_euclid(30)) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_agree_with_published_examples() {
        // GB 11643 appendix and the example VIN every textbook uses.
        assert_eq!(resident_check("11010519491231002"), 'X');
        assert_eq!(vin_check(b"1M8GDM9A_KP042788"), b'X');
    }

    #[test]
    fn numbers_never_repeat_and_stay_in_closed_blocks() {
        let mut seen = std::collections::HashSet::new();
        for n in 0..300_000_u64 {
            let number = number_at(n * 7);
            assert_eq!(number.len(), 11);
            assert!(PREFIXES.contains(&&number[..3]));
            assert!(seen.insert(number));
        }
    }

    #[test]
    fn resident_ids_name_no_real_division() {
        let mut s = Stream::new(1, "t", 0);
        let id = resident_id(&mut s, Day::new(1980, 2, 29), true);
        assert!(id.starts_with("00"));
        assert_eq!(&id[6..14], "19800229");
        assert_eq!(id.as_bytes()[16] % 2, 1);
        assert_eq!(company_code(&mut s, false).len(), 18);
    }

    #[test]
    fn a_person_number_tells_store_and_role() {
        let id = PersonId::new(75, Role::Prospect, 1234);
        assert_eq!((id.store(), id.role(), id.index()), (75, Role::Prospect, 1234));
    }
}
