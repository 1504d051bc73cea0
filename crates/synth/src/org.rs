//! The group: regions, legal entities, stores with the history of their systems.

use crate::brands::{BRANDS, Tier, brand_index};
use crate::calendar::Day;
use crate::params::Params;
use crate::preset::{Preset, Scale};
use crate::rng::Stream;

/// How well a store renews insurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Normal = 0,
    Good = 1,
    Weak = 2,
}

/// A 4S store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// Position in the group; part of the id of everybody first met here.
    pub idx: u8,
    pub code: String,
    pub name: String,
    pub short: String,
    pub region: usize,
    pub brand: usize,
    pub grade: char,
    pub city: &'static str,
    pub opened: Day,
    pub position: (f64, f64),
    /// Excel ledgers replace paper here; the DMS replaces Excel at `dms_from`.
    pub excel_from: Day,
    pub dms_from: Day,
    pub erp: (Day, Day),
    pub insurance_from: Day,
    pub used_car_from: Day,
    pub wecom_from: Day,
    /// Letter of the DMS layouts, and the day on which it changes for the two stores that do.
    pub layout: char,
    pub drift: Option<Day>,
    /// Days during which the repair-order feed of this store was dead.
    pub silence: Option<(Day, Day)>,
    pub renewal: Renewal,
    /// Log-odds the store adds to the survival of its customers.
    pub effect: f64,
    /// New cars a year when grown.
    pub mature: f64,
    pub wecom_share: f64,
}

impl Store {
    pub(crate) fn tier(&self) -> Tier {
        BRANDS[self.brand].tier
    }
}

/// Region: code, name, plate province, cities with their plate letters.
pub(crate) struct Region {
    pub code: &'static str,
    pub name: &'static str,
    pub plate: char,
    pub cities: &'static [(&'static str, &'static str, f64, f64)],
    pub districts: &'static [&'static str],
}

pub(crate) static REGIONS: &[Region] = &[
    Region {
        code: "TJ",
        name: "天津大区",
        plate: '津',
        cities: &[("天津", "ABCDFGHJKLMN", 39.12, 117.2)],
        districts: &[
            "和平区",
            "河西区",
            "南开区",
            "河东区",
            "河北区",
            "西青区",
            "津南区",
            "北辰区",
            "滨海新区",
            "武清区",
        ],
    },
    Region {
        code: "YN",
        name: "云南大区",
        plate: '云',
        cities: &[
            ("昆明", "AV", 25.04, 102.71),
            ("曲靖", "D", 25.49, 103.8),
            ("玉溪", "F", 24.35, 102.55),
            ("大理", "L", 25.6, 100.27),
        ],
        districts: &["五华区", "盘龙区", "官渡区", "西山区", "呈贡区", "麒麟区", "红塔区"],
    },
    Region {
        code: "LN",
        name: "辽宁大区",
        plate: '辽',
        cities: &[("沈阳", "A", 41.8, 123.43), ("大连", "B", 38.91, 121.6)],
        districts: &["沈河区", "和平区", "铁西区", "皇姑区", "中山区", "沙河口区", "甘井子区"],
    },
];

/// The group of one run.
pub(crate) struct Org {
    pub stores: Vec<Store>,
    pub today: Day,
    /// Store-less outlets of the full group: quick-repair shops and used-car centres.
    pub outlets: Vec<(String, String, &'static str, usize)>,
}

/// Brand code, region, city, opening.
type Seat = (&'static str, usize, usize, Day);

const FULL_MIX: &[(&str, usize)] = &[
    ("BMW", 5),
    ("BENZ", 5),
    ("AUDI", 6),
    ("FAWVW", 5),
    ("SAICVW", 5),
    ("TOYOTA", 8),
    ("BUICK", 4),
    ("CHEVROLET", 4),
    ("PEUGEOT", 3),
    ("JETTA", 5),
    ("HONGQI", 3),
    ("BESTUNE", 3),
    ("ROEWE", 4),
    ("LYNK", 4),
    ("CHERY", 4),
    ("AION", 4),
    ("XPENG", 2),
    ("LEAP", 2),
];
/// Stores opened per year from 2001 on.
const OPENINGS: [usize; 21] = [1, 1, 2, 2, 3, 3, 4, 4, 6, 7, 7, 6, 5, 4, 4, 4, 4, 3, 3, 2, 1];

fn seats(preset: Preset, seed: u64) -> Vec<Seat> {
    match preset {
        Preset::Nano => vec![("BMW", 0, 0, Day::new(2018, 3, 18)), ("CHERY", 1, 0, Day::new(2018, 4, 20))],
        Preset::Demo => vec![
            ("BMW", 0, 0, Day::new(2004, 5, 18)),
            ("BMW", 0, 0, Day::new(2011, 9, 8)),
            ("FAWVW", 0, 0, Day::new(2006, 4, 28)),
            ("HONGQI", 0, 0, Day::new(2014, 10, 1)),
            ("FAWVW", 1, 0, Day::new(2009, 3, 15)),
            ("AION", 1, 0, Day::new(2017, 6, 30)),
        ],
        Preset::Store20 => vec![("FAWVW", 0, 0, Day::new(2001, 2, 18))],
        Preset::Full | Preset::Oem => full_seats(seed),
    }
}

fn full_seats(seed: u64) -> Vec<Seat> {
    let mut s = Stream::new(seed, "org", 0);
    let mut electric = Vec::new();
    let mut others = Vec::new();
    for (code, n) in FULL_MIX {
        let pool = if BRANDS[brand_index(code)].tier == Tier::Electric { &mut electric } else { &mut others };
        pool.extend(std::iter::repeat_n(*code, *n));
    }
    shuffle(&mut s, &mut electric);
    shuffle(&mut s, &mut others);
    let mut regions: Vec<usize> =
        [(0, 46), (1, 24), (2, 6)].iter().flat_map(|&(r, n)| std::iter::repeat_n(r, n)).collect();
    shuffle(&mut s, &mut regions);
    let mut out = Vec::new();
    for (i, n) in OPENINGS.iter().enumerate() {
        let year = 2001 + i as i32;
        for k in 0..*n {
            // Half of the openings from 2016 on are electric brands, until the eight are gone.
            let code = if year >= 2016 && k % 2 == 0 && !electric.is_empty() {
                electric.pop()
            } else {
                others.pop().or_else(|| electric.pop())
            };
            let (Some(code), Some(region)) = (code, regions.pop()) else {
                continue;
            };
            let cities = REGIONS[region].cities;
            let weights: Vec<f64> = (0..cities.len()).map(|c| 1.0 / (1.0 + 2.0 * c as f64)).collect();
            let city = s.weighted(&weights);
            out.push((code, region, city, Day::new(year, 1 + s.below(12), 1 + s.below(28))));
        }
    }
    out
}

fn shuffle<T>(s: &mut Stream, items: &mut [T]) {
    for i in (1..items.len()).rev() {
        items.swap(i, s.below(i as u32 + 1) as usize);
    }
}

impl Org {
    /// The group of a preset.
    pub(crate) fn build(preset: Preset, seed: u64, p: &Params, scale: &Scale) -> Self {
        let seats = seats(preset, seed);
        let mut used: Vec<(String, u32)> = Vec::new();
        let stores = seats
            .iter()
            .enumerate()
            .map(|(i, seat)| {
                let prefix = city_prefix(seat.1, seat.2);
                let stem = format!("{prefix}{}", BRANDS[brand_index(seat.0)].code);
                let number = match used.iter_mut().find(|(s, _)| *s == stem) {
                    Some(entry) => {
                        entry.1 += 1;
                        entry.1
                    }
                    None => {
                        used.push((stem.clone(), 1));
                        1
                    }
                };
                store(i, seat, &stem, number, seed, p, preset, scale.spread)
            })
            .collect();
        let outlets = if matches!(preset, Preset::Full) { full_outlets() } else { Vec::new() };
        Org { stores, today: scale.today, outlets }
    }

    /// Stores of the same brand (or of other brands) open on that day, other than `home`.
    pub(crate) fn other_stores(&self, home: usize, same_brand: bool, on: Day) -> Vec<usize> {
        self.stores
            .iter()
            .enumerate()
            .filter(|(i, s)| {
                *i != home && s.opened < on && (s.brand == self.stores[home].brand) == same_brand
            })
            .map(|(i, _)| i)
            .collect()
    }
}

fn city_prefix(region: usize, city: usize) -> &'static str {
    match (region, city) {
        (0, _) => "TJ",
        (1, 0) => "KM",
        (1, 1) => "QJ",
        (1, 2) => "YX",
        (1, _) => "DL",
        (2, 0) => "SY",
        _ => "DN",
    }
}

fn full_outlets() -> Vec<(String, String, &'static str, usize)> {
    let mut out: Vec<_> = (1..=5)
        .map(|i| {
            let region = usize::from(i > 3);
            (format!("{}QR{i:02}", REGIONS[region].code), format!("快修{i}店"), "快修店", region)
        })
        .collect();
    out.extend((1..=3).map(|i| {
        (
            format!("{}UC{i:02}", REGIONS[i - 1].code),
            format!("{}二手车中心", &REGIONS[i - 1].name),
            "二手车中心",
            i - 1,
        )
    }));
    out
}

#[expect(clippy::too_many_arguments, reason = "the facts of one store, used in one place")]
fn store(
    i: usize,
    seat: &Seat,
    stem: &str,
    number: u32,
    seed: u64,
    p: &Params,
    preset: Preset,
    spread: f64,
) -> Store {
    let (code, region, city, opened) = *seat;
    let brand = brand_index(code);
    let tier = BRANDS[brand].tier;
    let mut s = Stream::new(seed, "store", i as u64);
    let (city_name, _, lat, lng) = REGIONS[region].cities[city];
    let year = opened.year();
    let after = |day: Day| if day > opened { day } else { opened };
    let dms_from = after(Day::new(2006 + s.range(0, 7).min(year.max(2003) - 1999), 1 + s.below(12), 1));
    let erp_from = after(Day::new(2012, 1 + s.below(12), 1));
    let (drift, silence) = disturbances(preset, i);
    Store {
        idx: i as u8,
        code: format!("{stem}{number:02}"),
        name: format!(
            "{city_name}{}{}4S店",
            BRANDS[brand].name,
            ["", "第二", "第三", "第四", "第五", "第六", "第七", "第八"][(number as usize - 1).min(7)]
        ),
        short: format!("{city_name}{}{number}店", BRANDS[brand].variants.first().unwrap_or(&"")),
        region,
        brand,
        grade: ['A', 'B', 'C'][s.weighted(&[20., 50., 30.])],
        city: city_name,
        opened,
        position: (lat + s.between(-0.15, 0.15), lng + s.between(-0.15, 0.15)),
        excel_from: after(Day::new(2003 + s.range(0, 2), 7, 1)),
        dms_from,
        erp: (erp_from, Day::new(2019, 12, 31)),
        insurance_from: after(Day::new(2014 + s.range(0, 2), 1 + s.below(12), 1)),
        used_car_from: after(Day::new(2016, 1 + s.below(12), 1)),
        wecom_from: after(Day::new(2020, 1 + s.below(6), 1)),
        layout: ['B', 'A', 'C', 'D'][tier as usize],
        drift,
        silence,
        // Of ten stores two renew badly and three well; small groups have one of each in turn.
        renewal: match if preset == Preset::Full { s.below(10) } else { [9, 2, 0, 9, 2, 9][i % 6] } {
            0..=1 => Renewal::Weak,
            2..=4 => Renewal::Good,
            _ => Renewal::Normal,
        },
        effect: p.service.store_effect * spread * s.normal(),
        mature: p.sales.mature[tier as usize]
            * s.log_normal(1.0, p.sales.sigma[tier as usize] * spread).clamp(0.45, 2.2),
        wecom_share: (p.engagement.wecom_2022 + p.engagement.wecom_sd * s.normal()).clamp(0.08, 0.75),
    }
}

/// Two stores change their layout mid-way and one falls silent for forty days.
fn disturbances(preset: Preset, i: usize) -> (Option<Day>, Option<(Day, Day)>) {
    let (first, second, silent) = match preset {
        Preset::Nano => (0, usize::MAX, 1),
        Preset::Demo => (1, 2, 5),
        Preset::Store20 => (0, usize::MAX, 0),
        Preset::Full | Preset::Oem => full_disturbed(),
    };
    let drift = if i == first {
        Some(Day::new(2021, 4, 1))
    } else if i == second {
        Some(Day::new(2021, 7, 1))
    } else {
        None
    };
    let start = Day::new(2021, 5, 10);
    (drift, (i == silent).then(|| (start, start.plus(39))))
}

/// The first store (2001) and the eleventh change; the twenty-first falls silent.
const fn full_disturbed() -> (usize, usize, usize) {
    (0, 10, 20)
}

/// Effect of the layout change: only families A and B have a second form.
pub(crate) fn layout_version(store: &Store, on: Day) -> String {
    let changed = store.drift.is_some_and(|d| on >= d) && matches!(store.layout, 'A' | 'B');
    if changed { format!("{}2", store.layout) } else { store.layout.to_string() }
}
