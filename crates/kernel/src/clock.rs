//! Time comes from here and nowhere else, so that a test or a replay can own it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::{Date, DateTime, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The offset of Asia/Shanghai. China has had no summer time since 1991, earlier than any record here,
/// so a fixed offset is exact and needs no time zone database on the machine.
pub const SHANGHAI: Offset = Offset::constant(8);

/// Where "now" comes from: the machine, or an instant that a test sets and moves.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Milliseconds since 1970 when the clock is fixed.
    fixed: Option<Arc<AtomicI64>>,
    /// What a running clock is set forward (or back).
    shift: SignedDuration,
}

impl Clock {
    /// The clock of the machine.
    pub const fn system() -> Self {
        Self { fixed: None, shift: SignedDuration::ZERO }
    }

    /// A running clock that today shows another day, at the same time of day: for replaying a demonstration.
    pub fn as_if_today_were(day: Date) -> Self {
        let machine = Self::system();
        let shift = shanghai_instant(day.at(0, 0, 0, 0))
            .duration_since(shanghai_instant(machine.today().at(0, 0, 0, 0)));
        Self { fixed: None, shift }
    }

    /// A clock that stands at an instant until it is moved. Clones share the hand.
    pub fn fixed(at: Timestamp) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(at.as_millisecond()))), shift: SignedDuration::ZERO }
    }

    /// A clock that stands at noon of a day in Shanghai.
    pub fn on(day: Date) -> Self {
        Self::fixed(shanghai_instant(day.at(12, 0, 0, 0)))
    }

    /// The present instant; millisecond steps when fixed.
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    pub fn now(&self) -> Timestamp {
        match &self.fixed {
            None => Timestamp::now().saturating_add(self.shift).unwrap_or_default(),
            Some(hand) => Timestamp::from_millisecond(hand.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }

    /// The present day in Shanghai.
    pub fn today(&self) -> Date {
        self.local_now().date()
    }

    /// The present wall time in Shanghai.
    pub fn local_now(&self) -> DateTime {
        shanghai_time(self.now())
    }

    /// Moves a fixed clock (and its clones) forward; the machine's clock cannot be moved and stays.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(hand) = &self.fixed {
            let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            hand.fetch_add(millis, Ordering::Relaxed);
        }
    }

    /// True when the clock was set by hand.
    pub const fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }
}

/// The wall time in Shanghai at an instant.
pub fn shanghai_time(at: Timestamp) -> DateTime {
    SHANGHAI.to_datetime(at)
}

/// The instant at which the clocks of Shanghai show a wall time. Times outside what an instant can hold
/// (before year -9999) become the nearest instant.
pub fn shanghai_instant(wall: DateTime) -> Timestamp {
    SHANGHAI.to_timestamp(wall).unwrap_or(if wall.date() < date(1970, 1, 1) {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The time zone of all dates in the house.
pub fn shanghai() -> TimeZone {
    TimeZone::fixed(SHANGHAI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn the_day_changes_at_midnight_in_shanghai_not_in_greenwich() {
        let clock = Clock::fixed("2022-06-29T15:59:59Z".parse().unwrap());
        assert_eq!(clock.today(), date(2022, 6, 29));
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(clock.today(), date(2022, 6, 30));
    }

    #[test]
    fn a_shifted_clock_shows_another_day_and_runs() {
        let clock = Clock::as_if_today_were(date(2022, 6, 30));
        assert!((clock.today() - date(2022, 6, 30)).get_days() <= 1, "at most midnight lies between");
        assert!(!clock.is_fixed());
    }

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let clock = Clock::on(date(2022, 6, 30));
        let other = clock.clone();
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(other.local_now(), datetime(2022, 7, 1, 12, 0, 0, 0));
        assert!(other.is_fixed() && !Clock::system().is_fixed());
    }

    #[test]
    fn wall_time_and_instant_are_inverse() {
        let wall = datetime(2021, 2, 3, 14, 5, 6, 0);
        assert_eq!(shanghai_instant(wall).to_string(), "2021-02-03T06:05:06Z");
        assert_eq!(shanghai_time(shanghai_instant(wall)), wall);
    }
}
