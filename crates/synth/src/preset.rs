//! Sizes of the generated group.

use crate::calendar::Day;

/// How large a group to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Two stores, two years, seconds even in a debug build.
    Nano,
    /// Six stores of four brands in two regions, ten years.
    Demo,
    /// One old store with twenty-one years and 150,000 prospects.
    Store20,
    /// The whole group: 76 stores, 2001 to mid-2022.
    Full,
    /// One customer file of ten million persons for load tests; no store exports.
    Oem,
}

/// The numbers behind a preset. The factors calibrate the behaviour of the parameter
/// file to the row counts the preset promises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// First day whose events are exported.
    pub from: Day,
    /// First year in which cars are sold; cars of earlier years come to service later.
    pub sales_from: i32,
    /// Cars sold before `from`, as a share of what the market index says.
    pub legacy: f64,
    pub sales: f64,
    pub visits: f64,
    pub policies: f64,
    /// Prospects that never bought, per car sold, and how often each enquires.
    pub prospects: f64,
    pub enquiries: f64,
    /// How far stores differ from the mean of their tier, as a share of the parameters.
    pub spread: f64,
    /// Day after the last exported event.
    pub today: Day,
}

impl Preset {
    /// All presets.
    pub const ALL: [Preset; 5] = [Preset::Nano, Preset::Demo, Preset::Store20, Preset::Full, Preset::Oem];

    /// Name on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Preset::Nano => "nano",
            Preset::Demo => "demo",
            Preset::Store20 => "store20",
            Preset::Full => "full",
            Preset::Oem => "oem",
        }
    }

    /// The preset of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == name)
    }

    /// The day on which the exports of this preset were drawn unless the caller says otherwise.
    pub fn default_today(self) -> jiff::civil::Date {
        match self {
            Preset::Full | Preset::Oem => jiff::civil::date(2022, 6, 30),
            _ => jiff::civil::date(2021, 12, 31),
        }
    }

    pub(crate) fn scale(self, today: Day) -> Scale {
        let base = Scale {
            from: Day::new(2001, 1, 1),
            sales_from: 2001,
            legacy: 1.0,
            sales: 1.0,
            visits: 1.06,
            policies: 0.88,
            prospects: 3.8,
            enquiries: 1.0,
            spread: 1.0,
            today,
        };
        match self {
            Preset::Nano => Scale {
                from: Day::new(2020, 1, 1),
                sales_from: 2018,
                legacy: 5.0,
                sales: 0.087,
                visits: 1.45,
                policies: 34.0,
                prospects: 0.14,
                spread: 0.1,
                enquiries: 12.0,
                ..base
            },
            Preset::Demo => Scale {
                from: Day::new(2012, 1, 1),
                sales_from: 2004,
                legacy: 0.3,
                sales: 0.49,
                visits: 1.29,
                policies: 1.3,
                prospects: 0.12,
                spread: 0.3,
                enquiries: 3.5,
                ..base
            },
            Preset::Store20 => Scale {
                sales: 1.4,
                prospects: 1.55,
                enquiries: 7.5,
                spread: 0.1,
                visits: 1.22,
                policies: 1.0,
                ..base
            },
            Preset::Full | Preset::Oem => base,
        }
    }
}
