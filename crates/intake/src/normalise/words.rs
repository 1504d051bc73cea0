//! Words with many spellings: brands and insurers.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use kernel::StoreId;
use kernel::text::fold;

/// Spellings that the names themselves do not explain.
const RESPELT: &[(&str, &str)] = &[
    ("上海大众", "上汽大众"),
    ("上海通用", "上汽通用"),
    ("VOLKSWAGEN", "大众"),
    ("VW", "大众"),
    ("雪弗兰", "雪佛兰"),
    ("广汽新能源", "埃安"),
    ("传祺新能源", "埃安"),
    ("北京奔驰", "奔驰"),
    ("华晨宝马", "宝马"),
    ("东风-标致", "标致"),
];

/// Brands of the group by every spelling, and which of them each store sells.
#[derive(Debug, Default)]
pub struct BrandIndex {
    /// Folded names (code, name, English name, aliases) with the brand.
    names: Vec<(String, i32)>,
    by_store: HashMap<StoreId, Vec<i32>>,
    seen: RwLock<HashMap<(Option<StoreId>, String), Option<i32>>>,
}

impl BrandIndex {
    /// From names with their brand, and the brands of each store.
    pub fn new(
        names: impl IntoIterator<Item = (String, i32)>,
        by_store: HashMap<StoreId, Vec<i32>>,
    ) -> BrandIndex {
        let mut names: Vec<(String, i32)> = names
            .into_iter()
            .map(|(name, brand)| (key(&name), brand))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        names.sort();
        names.dedup();
        BrandIndex { names, by_store, seen: RwLock::default() }
    }

    /// The only brand of a store, if it has only one.
    pub fn only_brand_of(&self, store: Option<StoreId>) -> Option<i32> {
        match self.by_store.get(&store?).map(Vec::as_slice) {
            Some([brand]) => Some(*brand),
            _ => None,
        }
    }

    /// The brand a spelling means. 大众 is two brands; the store that wrote it decides.
    pub fn find(&self, raw: &str, store: Option<StoreId>) -> Option<i32> {
        let asked = (store, raw.to_owned());
        if let Some(known) = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(&asked) {
            return *known;
        }
        let found = self.search(raw, store);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        // Free text must not fill the memory.
        if seen.len() < 100_000 {
            seen.insert(asked, found);
        }
        found
    }

    fn search(&self, raw: &str, store: Option<StoreId>) -> Option<i32> {
        let mut text = key(raw);
        for (from, to) in RESPELT {
            text = text.replace(&key(from), &key(to));
        }
        if text.is_empty() {
            return None;
        }
        let mut found: Vec<i32> =
            self.names.iter().filter(|(name, _)| *name == text).map(|(_, b)| *b).collect();
        if found.is_empty() {
            // 红旗轿车 holds 红旗; in 一汽大众捷达 the last word is the brand.
            let held = |(name, _): &&(String, i32)| name.chars().count() >= 2 && text.contains(name.as_str());
            let best = self
                .names
                .iter()
                .filter(held)
                .max_by_key(|(name, _)| (text.ends_with(name.as_str()), name.len()));
            found.extend(best.map(|(_, b)| *b));
        }
        if found.is_empty() && text.chars().count() >= 2 {
            // 奔驰 is held by 梅赛德斯奔驰.
            found.extend(self.names.iter().filter(|(name, _)| name.contains(&text)).map(|(_, b)| *b));
        }
        found.sort_unstable();
        found.dedup();
        let own = store.and_then(|s| self.by_store.get(&s));
        own.and_then(|own| found.iter().find(|b| own.contains(b))).or(found.first()).copied()
    }
}

fn key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Insurers by their short name, with the spellings of each.
const INSURERS: &[(&str, &[&str])] = &[
    ("人保", &["PICC", "人保", "人民财产"]),
    ("平安", &["平安", "PINGAN"]),
    ("太平洋", &["太平洋", "太保", "CPIC"]),
    ("国寿", &["国寿", "人寿财"]),
    ("中华联合", &["中华"]),
    ("大地", &["大地"]),
    ("天安", &["天安"]),
    ("永安", &["永安"]),
    ("阳光", &["阳光"]),
    ("太平", &["太平"]),
];

/// The short name of an insurer; an unknown one stays as it is written.
pub(crate) fn insurer(raw: &str) -> String {
    let text = key(raw);
    let known = INSURERS.iter().find(|(_, spellings)| spellings.iter().any(|s| text.contains(s)));
    known.map_or_else(|| raw.trim().to_owned(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_in_every_spelling() {
        let names = [
            ("FAWVW", 1),
            ("一汽-大众", 1),
            ("FAW-VW", 1),
            ("上汽大众", 2),
            ("梅赛德斯-奔驰", 3),
            ("Mercedes-Benz", 3),
            ("捷达", 4),
            ("红旗", 5),
            ("上汽通用别克", 6),
            ("Lynk & Co", 7),
            ("奥迪", 8),
        ];
        let stores = HashMap::from([(StoreId(1), vec![1]), (StoreId(2), vec![2])]);
        let index = BrandIndex::new(names.map(|(n, b)| (n.to_owned(), b)), stores);
        for (raw, store, brand) in [
            ("一汽大众", 1, Some(1)),
            ("大众", 1, Some(1)),
            ("大众", 2, Some(2)),
            ("VW", 2, Some(2)),
            ("上海大众", 1, Some(2)),
            ("奔驰", 1, Some(3)),
            ("Benz", 1, Some(3)),
            ("一汽-大众捷达", 1, Some(4)),
            ("捷达(VW)", 1, Some(4)),
            ("一汽-大众奥迪", 1, Some(8)),
            ("红旗轿车", 1, Some(5)),
            ("上海通用别克", 1, Some(6)),
            ("LYNK&CO", 1, Some(7)),
            ("某某", 1, None),
            ("", 1, None),
        ] {
            assert_eq!(index.find(raw, Some(StoreId(store))), brand, "{raw} at {store}");
        }
        assert_eq!(index.only_brand_of(Some(StoreId(2))), Some(2));
    }

    #[test]
    fn insurers_in_every_spelling() {
        for (raw, name) in [
            ("PICC", "人保"),
            ("中国人保", "人保"),
            ("中国人寿财险", "国寿"),
            ("太平财险", "太平"),
            ("太平洋产险", "太平洋"),
            ("CPIC", "太平洋"),
            ("中华财险", "中华联合"),
            ("甲保险", "甲保险"),
        ] {
            assert_eq!(insurer(raw), name, "{raw}");
        }
    }
}
