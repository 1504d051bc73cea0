//! Which records speak of one car.
//!
//! A valid VIN decides alone. Records without one are brought to a car by weaker keys, in the order of their
//! worth: engine number with brand, last eight of the VIN with brand, plate with brand. A weak key that stands for
//! two cars joins nobody; a plate, which its owner keeps for his next car, is cut into periods by the VINs seen
//! under it, and a record goes to the car whose period its day falls into.

use jiff::civil::Date;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::RecordKey;
use crate::near::within_one;
use crate::union::Union;

/// What one record says about a car. Empty text = unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleInput {
    /// Identity of the record.
    pub key: RecordKey,
    /// VIN whose check digit is right (or that comes from a country without one); anything less stays out.
    pub vin: String,
    /// Last eight symbols, from a partial or flawed VIN too.
    pub vis: String,
    /// Engine number.
    pub engine: String,
    /// Brand, as the caller's code for it.
    pub brand: String,
    /// Model; only compared, never a key.
    pub model: String,
    /// Plate.
    pub plate: String,
    /// Day on which the record was true.
    pub on: Option<Date>,
}

impl VehicleInput {
    /// A record about which nothing is known yet.
    pub fn new(key: RecordKey) -> Self {
        VehicleInput {
            key,
            vin: String::new(),
            vis: String::new(),
            engine: String::new(),
            brand: String::new(),
            model: String::new(),
            plate: String::new(),
            on: None,
        }
    }
}

/// Groups records into cars. Groups and their members are ordered by record key; the order of `inputs` does
/// not matter.
pub fn link_vehicles(inputs: &[VehicleInput]) -> Vec<Vec<RecordKey>> {
    let mut order: Vec<&VehicleInput> = inputs.iter().collect();
    order.sort_unstable_by_key(|input| input.key);
    let mut cars = Cars::of(order);
    cars.join_by_vin();
    cars.join_by(|input| (!input.engine.is_empty()).then_some((input.engine.as_str(), input.brand.as_str())));
    cars.join_by(|input| {
        let vis = if input.vis.is_empty() { input.vin.get(9..).unwrap_or_default() } else { &input.vis };
        (!vis.is_empty() && !input.brand.is_empty()).then_some((vis, input.brand.as_str()))
    });
    cars.join_by_plate();
    cars.groups()
}

/// Records of a block that a record is tried with; a block is rarely larger than a car's life.
const REACH: usize = 50;

fn engine_of(record: &VehicleInput) -> Option<&str> {
    (!record.engine.is_empty()).then_some(record.engine.as_str())
}

struct Cars<'a> {
    records: Vec<&'a VehicleInput>,
    union: Union,
    /// VIN of the car a root stands for.
    vin: Vec<&'a str>,
    /// Engine numbers seen on the car a root stands for.
    engines: Vec<Vec<&'a str>>,
}

impl<'a> Cars<'a> {
    fn of(records: Vec<&'a VehicleInput>) -> Self {
        let vin = records.iter().map(|record| record.vin.as_str()).collect();
        let engines = records.iter().map(|record| engine_of(record).into_iter().collect()).collect();
        Cars { union: Union::new(records.len()), vin, engines, records }
    }

    /// VIN of the car a record belongs to by now.
    fn vin_of(&mut self, at: u32) -> &'a str {
        let root = self.union.root(at);
        self.vin[root as usize]
    }

    /// Joins two cars unless each has a VIN of its own.
    fn join(&mut self, a: u32, b: u32) {
        let (left, right) = (self.vin_of(a), self.vin_of(b));
        if !left.is_empty() && !right.is_empty() && left != right {
            return;
        }
        let known = if left.is_empty() { right } else { left };
        let (x, y) = (self.union.root(a), self.union.root(b));
        if self.union.join(a, b) {
            let (root, other) = (x.min(y), x.max(y));
            let more = std::mem::take(&mut self.engines[other as usize]);
            let engines = &mut self.engines[root as usize];
            engines.extend(more);
            engines.sort_unstable();
            engines.dedup();
        }
        let root = self.union.root(a);
        self.vin[root as usize] = known;
    }

    /// Whether both cars have engine numbers and no two of them are the same but for a slip of the finger: two
    /// brands' serials, or a series and the next, may share a last eight, but not an engine.
    fn engines_differ(&mut self, a: u32, b: u32) -> bool {
        let (x, y) = (self.union.root(a) as usize, self.union.root(b) as usize);
        let (ours, theirs) = (&self.engines[x], &self.engines[y]);
        let near = |left: &str, right: &str| within_one(left.as_bytes(), right.as_bytes());
        !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|a| theirs.iter().any(|b| near(a, b)))
    }

    fn join_by_vin(&mut self) {
        let mut first: FxHashMap<&str, u32> = FxHashMap::default();
        for at in 0..self.records.len() as u32 {
            let vin = self.records[at as usize].vin.as_str();
            if vin.is_empty() {
                continue;
            }
            match first.get(vin) {
                Some(&other) => self.join(other, at),
                None => {
                    first.insert(vin, at);
                }
            }
        }
    }

    fn join_by<K: Ord>(&mut self, key: impl Fn(&'a VehicleInput) -> Option<K>) {
        let mut keyed: Vec<(K, u32)> =
            self.records.iter().zip(0..).filter_map(|(&record, at)| Some((key(record)?, at))).collect();
        keyed.sort_unstable();
        for block in keyed.chunk_by(|a, b| a.0 == b.0) {
            let members: Vec<u32> = block.iter().map(|(_, at)| *at).collect();
            if self.vins_among(&members) <= 1 {
                self.join_block(&members);
            }
        }
    }

    /// Joins every record with the nearest earlier ones that can be the same car.
    fn join_block(&mut self, members: &[u32]) {
        for (place, &at) in members.iter().enumerate() {
            for &other in members[..place].iter().rev().take(REACH) {
                if !self.engines_differ(other, at) {
                    self.join(other, at);
                    break;
                }
            }
        }
    }

    fn vins_among(&mut self, members: &[u32]) -> usize {
        let mut vins: Vec<&str> =
            members.iter().map(|&at| self.vin_of(at)).filter(|vin| !vin.is_empty()).collect();
        vins.sort_unstable();
        vins.dedup();
        vins.len()
    }

    fn join_by_plate(&mut self) {
        let mut seen: Vec<(&str, Option<Date>, u32)> = self
            .records
            .iter()
            .zip(0..)
            .filter(|(record, _)| !record.plate.is_empty())
            .map(|(record, at)| (record.plate.as_str(), record.on, at))
            .collect();
        seen.sort_unstable();
        for plate in seen.chunk_by(|a, b| a.0 == b.0) {
            let days: Vec<(Option<Date>, u32)> = plate.iter().map(|&(_, on, at)| (on, at)).collect();
            self.join_periods(&days);
        }
    }

    /// `days`: the sightings of one plate, oldest first, undated ones before all.
    fn join_periods(&mut self, days: &[(Option<Date>, u32)]) {
        let members: Vec<u32> = days.iter().map(|(_, at)| *at).collect();
        let one_car = self.vins_among(&members) <= 1;
        for (place, &(on, at)) in days.iter().enumerate() {
            if !self.vin_of(at).is_empty() || (on.is_none() && !one_car) {
                continue;
            }
            let before =
                days[..place].iter().rev().map(|(_, other)| *other).find(|&other| self.goes_with(other, at));
            let after =
                days[place + 1..].iter().map(|(_, other)| *other).find(|&other| self.goes_with(other, at));
            match (before, after) {
                // Between two cars nobody can tell; at an end of the plate's history the nearest car is meant.
                (Some(before), Some(after)) if self.vin_of(before) != self.vin_of(after) => {}
                (Some(other), _) | (None, Some(other)) => self.join(other, at),
                (None, None) => {}
            }
        }
    }

    /// A record with a car behind it that can be the car of `at`: brand and model do not speak against it.
    fn goes_with(&mut self, other: u32, at: u32) -> bool {
        let (a, b) = (self.records[other as usize], self.records[at as usize]);
        let agree = |left: &str, right: &str| left.is_empty() || right.is_empty() || left == right;
        let names_brand = !a.brand.is_empty() && !b.brand.is_empty();
        names_brand && a.brand == b.brand && agree(&a.model, &b.model) && !self.engines_differ(other, at)
    }

    fn groups(mut self) -> Vec<Vec<RecordKey>> {
        let mut group_of: FxHashMap<u32, usize> = FxHashMap::default();
        let mut groups: Vec<Vec<RecordKey>> = Vec::new();
        for at in 0..self.records.len() as u32 {
            let root = self.union.root(at);
            let group = *group_of.entry(root).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(self.records[at as usize].key);
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const ONE: &str = "LSVAB2180E2000001";
    const TWO: &str = "LSVAB2180E2000002";

    fn seen(key: i64) -> VehicleInput {
        VehicleInput { brand: "vw".into(), ..VehicleInput::new(RecordKey(key)) }
    }

    fn vin(key: i64, vin: &str) -> VehicleInput {
        VehicleInput { vin: vin.into(), ..seen(key) }
    }

    fn plate(key: i64, year: i16, vin: &str) -> VehicleInput {
        VehicleInput { plate: "津A12345".into(), on: Some(date(year, 1, 1)), vin: vin.into(), ..seen(key) }
    }

    #[track_caller]
    fn check(inputs: &[VehicleInput], expected: &[&[i64]]) {
        let groups: Vec<Vec<i64>> = link_vehicles(inputs)
            .into_iter()
            .map(|group| group.into_iter().map(RecordKey::get).collect())
            .collect();
        assert_eq!(groups, expected);
        let mut reversed = inputs.to_vec();
        reversed.reverse();
        assert_eq!(link_vehicles(&reversed), link_vehicles(inputs), "order of arrival must not matter");
    }

    #[test]
    fn a_valid_vin_decides_alone() {
        check(&[vin(1, ONE), vin(2, TWO), vin(3, ONE)], &[&[1, 3], &[2]]);
        check(&[seen(1), seen(2)], &[&[1], &[2]]);
    }

    #[test]
    fn an_engine_number_joins_within_a_brand_unless_it_stands_for_two_cars() {
        let engine = |key, vin: &str, brand: &str| VehicleInput {
            engine: "CFB012345".into(),
            brand: brand.into(),
            vin: vin.into(),
            ..seen(key)
        };
        check(&[engine(1, ONE, "vw"), engine(2, "", "vw"), engine(3, "", "audi")], &[&[1, 2], &[3]]);
        check(&[engine(1, ONE, "vw"), engine(2, TWO, "vw"), engine(3, "", "vw")], &[&[1], &[2], &[3]]);
    }

    #[test]
    fn the_last_eight_join_only_with_the_brand() {
        let last = |key, brand: &str| VehicleInput { vis: ONE[9..].into(), brand: brand.into(), ..seen(key) };
        check(&[vin(1, ONE), last(2, "vw"), last(3, "audi"), last(4, "")], &[&[1, 2], &[3], &[4]]);
    }

    #[test]
    fn the_last_eight_do_not_join_two_engines() {
        let last =
            |key, engine: &str| VehicleInput { vis: ONE[9..].into(), engine: engine.into(), ..seen(key) };
        let mut car = vin(1, ONE);
        car.engine = "CFB012345".into();
        check(&[car, last(2, "DKX998877"), last(3, "CFB012346"), last(4, "")], &[&[1, 3, 4], &[2]]);
    }

    #[test]
    fn a_kept_plate_is_cut_into_periods() {
        // 2012–2015 the first car, 2018– the second: a nameless visit goes to the car of its time.
        let history = [
            plate(1, 2012, ONE),
            plate(2, 2013, ""),
            plate(3, 2015, ONE),
            plate(4, 2016, ""),
            plate(5, 2018, TWO),
            plate(6, 2020, ""),
        ];
        check(&history, &[&[1, 2, 3], &[4], &[5, 6]]);
    }

    #[test]
    fn a_plate_needs_brand_and_model_to_agree() {
        let mut other_brand = plate(2, 2013, "");
        other_brand.brand = "audi".into();
        let mut no_brand = plate(3, 2013, "");
        no_brand.brand.clear();
        let mut other_model = plate(4, 2014, "");
        other_model.model = "途观".into();
        let mut car = plate(1, 2012, ONE);
        car.model = "迈腾".into();
        check(&[car, other_brand, no_brand, other_model], &[&[1], &[2], &[3], &[4]]);
    }

    #[test]
    fn a_weak_chain_never_brings_two_vins_together() {
        let mut bridge = plate(2, 2013, "");
        bridge.engine = "CFB012345".into();
        let mut second = vin(3, TWO);
        second.engine = "CFB012345".into();
        check(&[plate(1, 2012, ONE), bridge, second], &[&[1], &[2, 3]]);
    }
}
