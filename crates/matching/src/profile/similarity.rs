//! Comparators of generic profiles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::near::within_one;

/// One way for two values to agree.
#[derive(Debug, Clone, PartialEq)]
pub enum Level {
    /// `exact`: equal.
    Exact,
    /// `edit N`: at most N insertions, deletions, substitutions or swaps of neighbours.
    Edit(usize),
    /// `jaro_winkler X`: Jaro-Winkler similarity of at least X.
    JaroWinkler(f64),
    /// `date_parts N`: at least N of year, month and day agree in dates written as eight digits or with separators.
    DateParts(usize),
    /// `within X`: numbers that differ by at most X.
    Within(f64),
    /// `crossed COLUMN`: this value equals the other record's COLUMN, as when two fields were swapped.
    Crossed(String),
}

impl Level {
    /// The second column of a crossed level.
    pub fn other_column(&self) -> Option<&str> {
        if let Level::Crossed(column) = self { Some(column) } else { None }
    }

    /// Whether two known values of one column agree on this level; a crossed level needs the other columns and is
    /// decided by the engine.
    pub(crate) fn holds(&self, a: &str, b: &str) -> bool {
        match self {
            Level::Exact => a == b,
            Level::Edit(most) => edit_within(a, b, *most),
            Level::JaroWinkler(least) => jaro_winkler(a, b) >= *least,
            Level::DateParts(least) => {
                date_parts(a).zip(date_parts(b)).is_some_and(|(x, y)| agreeing_parts(x, y) >= *least)
            }
            Level::Within(most) => {
                a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(x, y)| (x - y).abs() <= *most)
            }
            Level::Crossed(_) => false,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Exact => f.write_str("exact"),
            Level::Edit(most) => write!(f, "edit {most}"),
            Level::JaroWinkler(least) => write!(f, "jaro_winkler {least}"),
            Level::DateParts(least) => write!(f, "date_parts {least}"),
            Level::Within(most) => write!(f, "within {most}"),
            Level::Crossed(column) => write!(f, "crossed {column}"),
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let wrong = || {
            format!(
                "{text:?} is not a level; expected exact, edit N, jaro_winkler X, date_parts N, within X or crossed COLUMN"
            )
        };
        match word {
            "exact" if rest.is_empty() => Ok(Level::Exact),
            "edit" => rest.parse().map(Level::Edit).map_err(|_| wrong()),
            "jaro_winkler" => rest.parse().map(Level::JaroWinkler).map_err(|_| wrong()),
            "date_parts" => rest.parse().map(Level::DateParts).map_err(|_| wrong()),
            "within" => rest.parse().map(Level::Within).map_err(|_| wrong()),
            "crossed" if !rest.is_empty() => Ok(Level::Crossed(rest.to_owned())),
            _ => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

fn edit_within(a: &str, b: &str, most: usize) -> bool {
    let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    match most {
        0 => a == b,
        1 => within_one(&x, &y),
        _ => x.len().abs_diff(y.len()) <= most && damerau(&x, &y) <= most,
    }
}

/// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
pub fn damerau<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Jaro-Winkler similarity, 0 to 1 (Winkler 1990; prefix of at most four, scale 0.1).
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let jaro = jaro(&x, &y);
    let prefix = x.iter().zip(&y).take(4).take_while(|(p, q)| p == q).count() as f64;
    jaro + prefix * 0.1 * (1.0 - jaro)
}

fn jaro(a: &[char], b: &[char]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return if a.len() == b.len() { 1.0 } else { 0.0 };
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched: Vec<char> = Vec::new();
    for (i, x) in a.iter().enumerate() {
        let window = i.saturating_sub(reach)..(i + reach + 1).min(b.len());
        if let Some(j) = window.clone().find(|&j| !taken[j] && b[j] == *x) {
            taken[j] = true;
            matched.push(*x);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let theirs = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(y, _)| y);
    let swapped = matched.iter().zip(theirs).filter(|(x, y)| x != y).count() as f64 / 2.0;
    let m = matched.len() as f64;
    (m / a.len() as f64 + m / b.len() as f64 + (m - swapped) / m) / 3.0
}

/// Year, month and day as written; nothing is checked against a calendar, since the digits are what was mistyped.
fn date_parts(text: &str) -> Option<[u32; 3]> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some([text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?]);
    }
    let parts: Vec<u32> = text.split(['-', '/', '.']).filter_map(|part| part.parse().ok()).collect();
    <[u32; 3]>::try_from(parts).ok()
}

fn agreeing_parts(a: [u32; 3], b: [u32; 3]) -> usize {
    if a[0] == b[0] && a[1] == b[2] && a[2] == b[1] {
        return 3;
    }
    a.iter().zip(&b).filter(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_jaro_winkler_values() {
        for (a, b, value) in [
            ("MARTHA", "MARHTA", 0.9611),
            ("DWAYNE", "DUANE", 0.84),
            ("DIXON", "DICKSONX", 0.8133),
            ("", "", 1.0),
            ("A", "B", 0.0),
        ] {
            assert!((jaro_winkler(a, b) - value).abs() < 1e-4, "{a} {b}: {}", jaro_winkler(a, b));
        }
    }

    #[test]
    fn distances() {
        let distance =
            |a: &str, b: &str| damerau(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        for (a, b, d) in
            [("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3), ("same", "same", 0), ("ca", "abc", 3)]
        {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
    }

    #[test]
    fn levels_read_back_what_they_show_and_hold_as_they_say() {
        let cases = [
            ("exact", "a", "a", true),
            ("exact", "a", "b", false),
            ("edit 1", "smith", "smiht", true),
            ("edit 2", "smith", "smyths", true),
            ("edit 2", "smith", "smythes", false),
            ("jaro_winkler 0.9", "martha", "marhta", true),
            ("date_parts 2", "19800304", "19800305", true),
            ("date_parts 3", "19800304", "19800403", true),
            ("date_parts 2", "1980-03-04", "1981-03-05", false),
            ("within 2", "17", "18.5", true),
            ("within 2", "17", "x", false),
        ];
        for (text, a, b, holds) in cases {
            let level: Level = text.parse().expect("a level");
            assert_eq!(level.to_string(), text);
            assert_eq!(level.holds(a, b), holds, "{text}: {a} {b}");
        }
        assert!("edit".parse::<Level>().is_err());
        assert!("similar".parse::<Level>().is_err());
        assert_eq!("crossed surname".parse(), Ok(Level::Crossed("surname".to_owned())));
    }
}
