//! Small distances: one wrong, one swapped or one missing symbol, by hand because keys have 2 to 18 symbols.

/// Whether two sequences differ by at most one substitution, insertion, deletion or adjacent swap.
pub fn within_one<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let head = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let room = short.len() - head;
    let tail = short.iter().rev().zip(long.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    if short.len() != long.len() {
        return head + tail >= short.len();
    }
    match short.len() - head - tail {
        0 | 1 => true,
        2 => short[head] == long[head + 1] && short[head + 1] == long[head],
        _ => false,
    }
}

/// [`within_one`] over the decimal digits of two numbers.
pub(crate) fn digits_within_one(a: u64, b: u64) -> bool {
    let (mut left, mut right) = ([0u8; 20], [0u8; 20]);
    let (a, b) = (spell(a, &mut left), spell(b, &mut right));
    within_one(a, b)
}

fn spell(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut at = room.len();
    while number > 0 {
        at -= 1;
        room[at] = (number % 10) as u8;
        number /= 10;
    }
    &room[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_of_the_finger() {
        let cases = [
            (13_912_345_678, 13_912_345_678, true, "equal"),
            (13_912_345_678, 13_912_345_679, true, "one digit wrong"),
            (13_912_345_678, 13_912_354_678, true, "two neighbours swapped"),
            (13_912_345_678, 1_391_234_567, true, "one digit missing"),
            (13_912_345_678, 13_912_346_679, false, "two digits wrong"),
            (13_912_345_678, 13_952_341_678, false, "two distant digits swapped"),
            (13_912_345_678, 139_123_456, false, "two digits missing"),
        ];
        for (a, b, near, what) in cases {
            assert_eq!(digits_within_one(a, b), near, "{what}");
            assert_eq!(digits_within_one(b, a), near, "{what}, turned round");
        }
    }

    #[test]
    fn works_on_any_symbols() {
        assert!(within_one(&['a'], &[]));
        assert!(within_one::<char>(&[], &[]));
        assert!(within_one(&['a', 'b'], &['b', 'a']));
        assert!(!within_one(&['a', 'b', 'c'], &['b', 'c', 'a']));
    }
}
