//! Which file a row goes into: a year for the initial load of history, a month (or a
//! quarter) for the last twenty-four months, later for the rows that come late.

use crate::calendar::Day;

/// How often a system exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cadence {
    Monthly,
    Quarterly,
    Yearly,
}

/// A file's span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    pub start: Day,
    months: i32,
}

impl Period {
    /// The period in which a row of that day is exported.
    pub(crate) fn of(day: Day, cadence: Cadence, today: Day) -> Self {
        let recent = Day::of_month(today.plus(-1).month_index() - 23);
        let month = day.month_index();
        let months = match cadence {
            _ if day < recent => 12,
            Cadence::Monthly => 1,
            Cadence::Quarterly => 3,
            Cadence::Yearly => 12,
        };
        Period { start: Day::of_month(month - month.rem_euclid(months)), months }
    }

    /// The following period of the same cadence.
    pub(crate) fn next(self, cadence: Cadence, today: Day) -> Self {
        Self::of(Day::of_month(self.start.month_index() + self.months), cadence, today)
    }

    /// Year, quarter or month.
    pub(crate) fn label(self) -> String {
        let (y, m, _) = self.start.ymd();
        match self.months {
            12 => format!("{y}"),
            3 => format!("{y}Q{}", (m - 1) / 3 + 1),
            _ => format!("{y}-{m:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cadence, Period};
    use crate::calendar::Day;

    #[test]
    fn history_is_yearly_and_the_last_two_years_follow_the_cadence() {
        let today = Day::new(2021, 12, 31);
        let label = |y, m, c| Period::of(Day::new(y, m, 15), c, today).label();
        assert_eq!(label(2019, 12, Cadence::Monthly), "2019");
        assert_eq!(label(2020, 1, Cadence::Monthly), "2020-01");
        assert_eq!(label(2020, 5, Cadence::Quarterly), "2020Q2");
        assert_eq!(label(2020, 5, Cadence::Yearly), "2020");
        let last = Period::of(Day::new(2019, 3, 1), Cadence::Monthly, today);
        assert_eq!(last.next(Cadence::Monthly, today).label(), "2020-01");
    }
}
