//! Days as plain numbers. The simulation adds and compares days by the hundred
//! million, so it keeps them as days since 1970-01-01 and turns them into civil
//! dates only when a cell is written.

use jiff::civil::Date;

/// A civil day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub i32);

impl Day {
    /// The day of a year, month and day of month (proleptic Gregorian).
    pub(crate) const fn new(year: i32, month: u32, day: u32) -> Self {
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y - era * 400;
        let shifted = (month as i32 + 9) % 12;
        let doy = (153 * shifted + 2) / 5 + day as i32 - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        Day(era * 146_097 + doe - 719_468)
    }

    /// Year, month, day of month.
    pub(crate) const fn ymd(self) -> (i32, u32, u32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z - era * 146_097;
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        (yoe + era * 400 + (month <= 2) as i32, month, day)
    }

    pub(crate) fn of(date: Date) -> Self {
        Self::new(i32::from(date.year()), date.month() as u32, date.day() as u32)
    }

    pub(crate) const fn year(self) -> i32 {
        self.ymd().0
    }

    /// Months since year 0; equal for all days of one month.
    pub(crate) const fn month_index(self) -> i32 {
        let (y, m, _) = self.ymd();
        y * 12 + m as i32 - 1
    }

    /// First day of the month with that index.
    pub(crate) const fn of_month(index: i32) -> Self {
        Self::new(index.div_euclid(12), index.rem_euclid(12) as u32 + 1, 1)
    }

    pub(crate) const fn plus(self, days: i32) -> Self {
        Day(self.0 + days)
    }

    /// The same day `months` later, or the last day of that month when it is shorter.
    pub(crate) const fn plus_months(self, months: i32) -> Self {
        let (_, _, d) = self.ymd();
        let index = self.month_index() + months;
        let first = Self::of_month(index);
        let length = (Self::of_month(index + 1).0 - first.0) as u32;
        first.plus((if d > length { length } else { d }) as i32 - 1)
    }

    /// Saturday or Sunday.
    pub(crate) const fn is_weekend(self) -> bool {
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    /// Years from `earlier` to this day, as a fraction.
    pub(crate) fn years_since(self, earlier: Day) -> f64 {
        f64::from(self.0 - earlier.0) / 365.25
    }

    /// Day number of a spreadsheet with the 1900 calendar.
    pub(crate) const fn serial(self) -> i32 {
        self.0 + 25_569
    }

    /// `yyyy-mm-dd`, the form of all truth tables.
    pub(crate) fn iso(self) -> String {
        let (y, m, d) = self.ymd();
        format!("{y:04}-{m:02}-{d:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_and_dates_are_inverse() {
        for n in (-20_000..30_000).step_by(7) {
            let (y, m, d) = Day(n).ymd();
            assert_eq!(Day::new(y, m, d), Day(n));
        }
        assert_eq!(Day::new(1970, 1, 1).0, 0);
        assert_eq!(Day::new(2021, 1, 1).serial(), 44_197);
        assert_eq!(Day::new(2020, 2, 29).plus_months(12).iso(), "2021-02-28");
        assert!(Day::new(2021, 5, 1).is_weekend());
        assert!(!Day::new(2021, 5, 3).is_weekend());
    }
}
