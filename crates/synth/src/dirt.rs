//! The dirt model: what a clerk, a system or an export makes of the truth. Every
//! function draws from the stream of its own row and tells each injection.

mod typos;

use self::typos::{format_mobile, full_width, name_variant, swapped, vin_typo, wrong_digit, wrong_province};
use crate::calendar::Day;
use crate::ids::{PersonId, Role, mobile_number};
use crate::layouts::Cell;
use crate::org::Store;
use crate::params::Dirt;
use crate::people::Person;
use crate::rng::Stream;

/// One injected defect.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub defect: &'static str,
    pub field: &'static str,
    pub clean: String,
    pub dirty: String,
}

impl Flaw {
    pub(crate) fn new(defect: &'static str, field: &'static str, clean: &str, dirty: &str) -> Self {
        Flaw { defect, field, clean: clean.to_owned(), dirty: dirty.to_owned() }
    }
}

/// A person as one record shows him.
#[derive(Clone, Debug, Default)]
pub(crate) struct Party {
    pub name: String,
    pub mobile: String,
    pub phone2: String,
    pub id_no: String,
    pub birthday: Cell,
    pub gender: &'static str,
    pub address: String,
    /// The mobile is well formed and not a placeholder, shop or trader number.
    pub usable: bool,
    pub flaws: Vec<Flaw>,
}

/// A car as one record shows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Car {
    pub vin: String,
    pub plate: String,
    pub flaws: Vec<Flaw>,
}

const PLACEHOLDERS: [&str; 5] = ["13800000000", "13888888888", "11111111111", "12345678901", "888888888888"];

/// Dirt of one store.
pub(crate) struct Clerk<'a> {
    pub rates: &'a Dirt,
    pub store: &'a Store,
    /// How many traders and fleet managers leave their number on other people's cars.
    pub agents: u32,
}

impl Clerk<'_> {
    /// A person typed into a system on that day.
    pub(crate) fn party(&self, s: &mut Stream, person: &Person, on: Day) -> Party {
        let mut out = Party { usable: true, ..Party::default() };
        self.name(s, person, &mut out);
        self.mobile(s, person, on, &mut out);
        if s.chance(0.12) {
            out.phone2 = if s.chance(0.25) {
                format!("022-0{:07}", s.below(10_000_000))
            } else {
                person.stale_mobile(on)
            };
        }
        self.identity(s, person, &mut out);
        if s.chance(0.85) && person.is_private() {
            out.gender = if person.male { "男" } else { "女" };
        }
        if s.chance(0.72) {
            out.address = match s.below(10) {
                0 => person.street.clone(),
                1 => format!("{}{}", person.city, person.street),
                2 => format!("{}市{}", person.city, person.district),
                _ => person.address(),
            };
        }
        out
    }

    fn name(&self, s: &mut Stream, person: &Person, out: &mut Party) {
        out.name.clone_from(&person.name);
        if person.internal {
            out.name = (*s.pick(&["测试", "测试客户", "PDI", "内部车辆", "试驾车"])).to_owned();
            out.flaws.push(Flaw::new("internal_customer", "name", &person.name, &out.name));
            return;
        }
        if s.chance(self.rates.name_variant)
            && let Some(variant) = name_variant(s, person)
        {
            out.flaws.push(Flaw::new("name_variant", "name", &person.name, &variant));
            out.name = variant;
        }
        if s.chance(self.rates.trailing_space) {
            out.name.push_str(if s.chance(0.5) { " " } else { "　" });
            out.flaws.push(Flaw::new("trailing_space", "name", &person.name, &out.name));
        }
    }

    /// The front-desk numbers of the store and how popular each is.
    fn store_number(&self, s: &mut Stream) -> String {
        let mut own = Stream::new(u64::from(self.store.idx), "switchboard", 0);
        let n = 3 + own.below(6);
        let weights: Vec<f64> = (0..n).map(|k| 1.0 / f64::from(1 + k * k)).collect();
        mobile_number(PersonId::new(self.store.idx, Role::Switchboard, s.weighted(&weights) as u32), 0)
    }

    fn mobile(&self, s: &mut Stream, person: &Person, on: Day, out: &mut Party) {
        let d = self.rates;
        let clean = person.mobile_on(on);
        let has_desk_habit = self.store.idx % 5 != 4;
        let store_rate = if has_desk_habit { d.phone_store * 1.25 } else { 0.0 };
        let rates = [
            store_rate,
            d.phone_agent,
            d.phone_placeholder,
            d.phone_wrong_digit,
            d.phone_swapped,
            d.phone_short,
            d.phone_stale,
        ];
        let rest = 1.0 - rates.iter().sum::<f64>();
        let draw = s.weighted(&[rates[0], rates[1], rates[2], rates[3], rates[4], rates[5], rates[6], rest]);
        let (defect, dirty) = match draw {
            0 => ("phone_store", self.store_number(s)),
            1 => {
                // Few traders have many customers: the square of the draw favours them.
                let k = (s.unit().powi(2) * f64::from(self.agents)) as u32;
                ("phone_agent", mobile_number(PersonId::new(self.store.idx, Role::Switchboard, 100 + k), 0))
            }
            2 => ("phone_placeholder", (*s.pick(&PLACEHOLDERS)).to_owned()),
            3 => ("phone_wrong_digit", wrong_digit(s, &clean)),
            4 => ("phone_swapped", swapped(s, &clean)),
            5 => ("phone_short", clean[..10 - s.below(2) as usize].to_owned()),
            6 => ("phone_stale", person.stale_mobile(on)),
            _ => ("", clean.clone()),
        };
        out.usable = !matches!(draw, 0 | 1 | 2 | 5);
        if defect.is_empty() || dirty == clean {
            out.mobile = clean;
        } else {
            out.flaws.push(Flaw::new(defect, "mobile", &clean, &dirty));
            out.mobile = dirty;
        }
        if s.chance(d.phone_format) {
            let formatted = format_mobile(s, &out.mobile);
            out.flaws.push(Flaw::new("phone_format", "mobile", &out.mobile, &formatted));
            out.mobile = formatted;
        } else if s.chance(d.full_width) {
            let wide: String = out.mobile.chars().map(full_width).collect();
            out.flaws.push(Flaw::new("full_width", "mobile", &out.mobile, &wide));
            out.mobile = wide;
        }
    }

    fn identity(&self, s: &mut Stream, person: &Person, out: &mut Party) {
        let d = self.rates;
        let clean = person.id_no.as_str();
        let (defect, dirty) = match s.weighted(&[
            d.id_missing,
            d.id_masked,
            d.id_wrong_check,
            1.0 - d.id_missing - d.id_masked - d.id_wrong_check,
        ]) {
            0 => ("id_missing", String::new()),
            1 if person.is_private() => ("id_masked", format!("{}***********{}", &clean[..3], &clean[14..])),
            2 => {
                let k = 12 + s.below(5) as usize;
                let mut bytes = clean.as_bytes().to_vec();
                if bytes[k].is_ascii_digit() {
                    bytes[k] = b'0' + (bytes[k] - b'0' + 1 + s.below(8) as u8) % 10;
                }
                ("id_wrong_check", String::from_utf8(bytes).unwrap_or_default())
            }
            _ => ("", clean.to_owned()),
        };
        if !defect.is_empty() && dirty != clean {
            out.flaws.push(Flaw::new(defect, "id_no", clean, &dirty));
        }
        out.id_no = dirty;
        if !person.is_private() {
            return;
        }
        let birth = person.birth;
        match s.weighted(&[
            d.birthday_missing,
            d.birthday_default,
            1.0 - d.birthday_missing - d.birthday_default,
        ]) {
            0 => out.flaws.push(Flaw::new("birthday_missing", "birthday", &birth.iso(), "")),
            1 => {
                let default = if s.chance(0.5) { Day::new(1900, 1, 1) } else { Day::new(1970, 1, 1) };
                out.flaws.push(Flaw::new("birthday_default", "birthday", &birth.iso(), &default.iso()));
                out.birthday = Cell::Day(default);
            }
            _ => out.birthday = Cell::Day(birth),
        }
        if s.chance(d.impossible_date) {
            let (y, _, _) = birth.ymd();
            let dirty = format!("{y}-02-30");
            out.flaws.push(Flaw::new("impossible_date", "birthday", &birth.iso(), &dirty));
            out.birthday = Cell::Text(dirty);
        }
    }

    /// A car typed into a system; `old` is a plate worn earlier, if there is one.
    pub(crate) fn car(
        &self,
        s: &mut Stream,
        vin: &str,
        plate: &str,
        old: Option<&str>,
        hand_written: bool,
    ) -> Car {
        let d = self.rates;
        let mut out = Car { vin: vin.to_owned(), plate: plate.to_owned(), flaws: Vec::new() };
        let short = if hand_written { 0.85 } else { d.vin_short };
        let (defect, dirty) =
            match s.weighted(&[d.vin_missing, d.vin_typo, short, 1.0 - d.vin_missing - d.vin_typo - short]) {
                0 => ("vin_missing", String::new()),
                1 => ("vin_typo", vin_typo(s, vin)),
                2 => ("vin_short", vin[9..].to_owned()),
                _ => ("", vin.to_owned()),
            };
        if !defect.is_empty() && dirty != vin {
            out.flaws.push(Flaw::new(defect, "vin", vin, &dirty));
        }
        out.vin = dirty;
        // Old plates are only known where a car wore another before; the rate of those
        // rows is raised so that the share over all rows comes near the parameter.
        let old_rate = if old.is_some() { (d.plate_old * 6.0).min(0.6) } else { 0.0 };
        let (defect, dirty) = match s.weighted(&[
            d.plate_missing,
            old_rate,
            d.plate_province,
            1.0 - d.plate_missing - d.plate_province,
        ]) {
            0 => ("plate_missing", (*s.pick(&["", "", "无牌照", "临牌"])).to_owned()),
            1 => ("plate_old", old.unwrap_or_default().to_owned()),
            2 => ("plate_province", wrong_province(s, plate)),
            _ => ("", plate.to_owned()),
        };
        if !defect.is_empty() && dirty != plate {
            out.flaws.push(Flaw::new(defect, "plate", plate, &dirty));
        }
        out.plate = dirty;
        out
    }

    /// A coded value written in the house's own way.
    pub(crate) fn code_text(
        &self,
        s: &mut Stream,
        field: &'static str,
        clean: &'static str,
        variants: &[&'static str],
        flaws: &mut Vec<Flaw>,
    ) -> &'static str {
        if variants.is_empty() || !s.chance(self.rates.code_variant) {
            return clean;
        }
        let dirty = *s.pick(variants);
        if dirty != clean {
            flaws.push(Flaw::new("code_variant", field, clean, dirty));
        }
        dirty
    }

    /// An odometer reading as it lands in the order: rounded, mistyped, zero or missing.
    pub(crate) fn odometer(&self, s: &mut Stream, km: i32, rounded: f64, flaws: &mut Vec<Flaw>) -> Cell {
        let d = self.rates;
        let clean = km.to_string();
        if s.chance(d.odometer_missing) {
            let zero = s.chance(0.5);
            flaws.push(Flaw::new("odometer_missing", "mileage_in", &clean, if zero { "0" } else { "" }));
            return if zero { Cell::Int(0) } else { Cell::Empty };
        }
        if s.chance(d.odometer_typo) {
            let dirty = if s.chance(0.5) { swapped(s, &clean) } else { format!("{clean}{}", s.below(10)) };
            flaws.push(Flaw::new("odometer_typo", "mileage_in", &clean, &dirty));
            return Cell::Int(dirty.parse().unwrap_or(0));
        }
        if s.chance(rounded) {
            let unit = *s.pick(&[10, 100, 1000]);
            return Cell::Int(i64::from((km / unit * unit).max(1)));
        }
        Cell::Int(i64::from(km))
    }
}
