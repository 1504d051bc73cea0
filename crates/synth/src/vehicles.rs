//! Vehicles of the truth: identity, use and mileage.

use crate::brands::{BRANDS, Brand};
use crate::calendar::Day;
use crate::ids::{VehicleId, vin_check, year_code};
use crate::org::{REGIONS, Store};
use crate::params::Params;
use crate::people::Kind;
use crate::rng::Stream;

/// What a car is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Private,
    Company,
    Taxi,
}

impl Use {
    pub(crate) fn zh(self) -> &'static str {
        match self {
            Use::Private => "家庭自用",
            Use::Company => "企业非营业",
            Use::Taxi => "营运",
        }
    }
}

/// A car.
#[derive(Debug, Clone)]
pub(crate) struct Vehicle {
    pub id: VehicleId,
    pub brand: usize,
    pub model: usize,
    pub colour: usize,
    pub vin: String,
    pub engine: String,
    pub made: Day,
    pub invoiced: Day,
    pub delivered: Day,
    pub registered: Day,
    pub price_fen: i64,
    pub used_as: Use,
    pub km_per_year: f64,
    covid: f64,
}

impl Vehicle {
    /// The car of that number, invoiced on that day to an owner of that kind.
    pub(crate) fn of(
        seed: u64,
        id: VehicleId,
        store: &Store,
        brand: usize,
        invoiced: Day,
        owner: Kind,
        p: &Params,
    ) -> Self {
        let mut s = Stream::new(seed, "vehicle", u64::from(id.0));
        let b = &BRANDS[brand];
        let model = s.below(b.models.len() as u32) as usize;
        let imported = b.wmi != b.wmi_imported && s.chance(p.vehicle.imported * 1.5);
        let made = invoiced.plus(-s.range(20, 150));
        let tier = b.tier as usize;
        let used_as = if owner == Kind::Private {
            if s.chance(p.vehicle.ride_hailing) { Use::Taxi } else { Use::Private }
        } else {
            Use::Company
        };
        let v = &p.vehicle;
        let km_per_year = match used_as {
            Use::Private => s.log_normal(v.km_private, v.km_sigma),
            Use::Company => s.log_normal(v.km_company, 0.3),
            Use::Taxi => s.between(v.km_taxi[0], v.km_taxi[1]),
        };
        let delivered = invoiced.plus(s.range(0, 6));
        let price = (s.log_normal(v.price[tier], v.price_sigma) / 100.0).round() as i64 * 10_000;
        let model_year = made.year() + i32::from(s.chance(0.3));
        let vin = vin(&mut s, b, model, imported, model_year, id, store, p);
        let engine = format!(
            "{}{:07}",
            char::from(b"ABCDEFGHJKLMNPR"[s.below(15) as usize]),
            (u64::from(id.0) * 7_368_787) % 10_000_000
        );
        Vehicle {
            id,
            brand,
            model,
            colour: s.weighted(&[40., 22., 8., 12., 7., 7., 3., 1.]),
            vin,
            engine,
            made,
            invoiced,
            delivered,
            registered: delivered.plus(s.range(5, 20)),
            price_fen: price,
            used_as,
            km_per_year: km_per_year.clamp(1_500.0, 110_000.0),
            covid: p.vehicle.covid_2020,
        }
    }

    pub(crate) fn brand(&self) -> &'static Brand {
        &BRANDS[self.brand]
    }

    pub(crate) fn is_electric(&self) -> bool {
        self.brand().models[self.model].2
    }

    /// Total distance on that day. The yearly distance shrinks by 3 % a year; 2020 had
    /// fewer kilometres.
    pub(crate) fn km_on(&self, on: Day) -> i32 {
        let age = on.years_since(self.delivered).max(0.0);
        let slope = 0.030_459; // -ln 0.97
        let plain = self.km_per_year * (1.0 - (-slope * age).exp()) / slope;
        let start = Day::new(2020, 1, 1).max(self.delivered);
        let quiet = Day::new(2021, 1, 1).min(on).years_since(start).max(0.0);
        let at_2020 = self.km_per_year * (-slope * start.years_since(self.delivered).max(0.0)).exp();
        (plain - (1.0 - self.covid) * quiet * at_2020).max(8.0) as i32
    }

    /// Current kilometres per day around that day.
    pub(crate) fn km_per_day(&self, on: Day) -> f64 {
        (f64::from(self.km_on(on.plus(30)) - self.km_on(on.plus(-30))) / 60.0).max(0.5)
    }

    /// The plate; version 1 after a transfer. No two cars of a region share one.
    pub(crate) fn plate(&self, version: u32, store: &Store) -> String {
        self.plate_of(self.id, version, store)
    }

    /// The plate that car `id` wears, or handed on to this one.
    pub(crate) fn plate_of(&self, id: VehicleId, version: u32, store: &Store) -> String {
        const SYMBOLS: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let region = &REGIONS[store.region];
        let letters = region.cities.iter().find(|c| c.0 == store.city).map_or("A", |c| c.1).as_bytes();
        let kind = (id.0 >> 21) & 1;
        let local =
            u64::from(((u32::from(store.idx) * 2 + kind) * 40_000 + id.index() % 40_000) * 2 + version);
        if self.is_electric() && self.registered > Day::new(2016, 12, 1) {
            let space = 100_000_u64 * letters.len() as u64 * 8;
            let n = local * 7_919_333 % space;
            let letter = letters[(n / 800_000) as usize % letters.len()];
            let second = b"DDDDABCE"[(n / 100_000 % 8) as usize];
            return format!("{}{}{}{:05}", region.plate, char::from(letter), char::from(second), n % 100_000);
        }
        let space = 34_u64.pow(2) * 1000 * letters.len() as u64 * 3;
        let n = local * 9_700_417 % space;
        let letter = letters[(n / (34 * 34 * 3000)) as usize % letters.len()];
        let rest = n % (34 * 34 * 3000);
        let (a, b) = (SYMBOLS[(rest / 3000 % 34) as usize], SYMBOLS[(rest / 102_000) as usize]);
        let digits = rest % 1000;
        // The two free symbols stand before, around or after the three digits.
        let (a, b) = (char::from(a), char::from(b));
        let tail = match rest / 1000 % 3 {
            0 => format!("{a}{b}{digits:03}"),
            1 => format!("{a}{:02}{b}{}", digits / 10, digits % 10),
            _ => format!("{digits:03}{a}{b}"),
        };
        format!("{}{}{tail}", region.plate, char::from(letter))
    }
}

#[expect(clippy::too_many_arguments, reason = "a VIN is made of exactly these facts")]
fn vin(
    s: &mut Stream,
    b: &Brand,
    model: usize,
    imported: bool,
    year: i32,
    id: VehicleId,
    store: &Store,
    p: &Params,
) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
    let mut v = [b'0'; 17];
    v[..3].copy_from_slice(if imported { b.wmi_imported } else { b.wmi }.as_bytes());
    // Position 4 = '0' is used by none of these makers: the VIN is nobody's.
    v[4] = LETTERS[model % LETTERS.len()];
    v[5] = b'1' + s.below(9) as u8;
    v[6] = LETTERS[s.below(23) as usize];
    v[7] = b'0' + s.below(10) as u8;
    v[9] = year_code(year);
    v[10] = LETTERS[usize::from(store.idx) % LETTERS.len()];
    let kind = u64::from((id.0 >> 21) & 1);
    let serial = (u64::from(id.index()) * 2 + kind) * 77_773 + u64::from(store.idx) * 13_007;
    v[11..].copy_from_slice(format!("{:06}", serial % 1_000_000).as_bytes());
    v[8] = vin_check(&v);
    if imported && s.chance(p.vehicle.import_check_fails) {
        v[8] = LETTERS[s.below(8) as usize];
    }
    v.iter().map(|b| char::from(*b)).collect()
}
