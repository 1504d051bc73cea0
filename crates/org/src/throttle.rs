//! How many wrong passwords are too many. Pure: the counters come in, the counters go out.

use jiff::{SignedDuration, Timestamp};

/// When counting stops and waiting begins.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Failures in a row that lock.
    pub failures: i32,
    /// How long failures are remembered.
    pub window: SignedDuration,
    /// True: counted until it was quiet for a window. False: counted within a window from its first failure.
    pub until_quiet: bool,
    /// The first lock-out; each further one lasts twice as long.
    pub first_lock: SignedDuration,
}

/// For one account: five wrong passwords, a quarter of an hour.
pub const ACCOUNT: Limits = Limits {
    failures: 5,
    window: SignedDuration::from_mins(15),
    until_quiet: true,
    first_lock: SignedDuration::from_mins(15),
};

/// For one address: a store behind one line has dozens of people who mistype all day, so only a sweep through
/// names gets here.
pub const ADDRESS: Limits = Limits {
    failures: 100,
    window: SignedDuration::from_mins(15),
    until_quiet: false,
    first_lock: SignedDuration::from_mins(15),
};

/// No lock-out is longer, and after as long a quiet time the next one is short again.
pub const LONGEST_LOCK: SignedDuration = SignedDuration::from_hours(24);

/// The counters of one account name or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Failures in a row since the last success or lock-out.
    pub failures: i32,
    /// Lock-outs in a row.
    pub lock_outs: i32,
    /// The last failure; for an address the first of its window.
    pub failed_at: Timestamp,
    /// Closed until then.
    pub locked_until: Option<Timestamp>,
}

impl Throttle {
    /// How long the door is still closed.
    pub fn wait(&self, now: Timestamp) -> Option<SignedDuration> {
        let left = self.locked_until?.duration_since(now);
        left.is_positive().then_some(left)
    }

    /// Counts a try as failed *before* the password is looked at, so that a thousand tries at once are not a
    /// thousand free guesses; a try that turns out right is taken back by the caller.
    #[must_use]
    pub fn count_failure(self, limits: &Limits, now: Timestamp) -> Throttle {
        let quiet = now.duration_since(self.failed_at);
        let over = quiet > limits.window;
        let failures = if over { 1 } else { self.failures + 1 };
        let failed_at = if over || limits.until_quiet || self.failures == 0 { now } else { self.failed_at };
        let lock_outs = if quiet > LONGEST_LOCK { 0 } else { self.lock_outs };
        if failures < limits.failures {
            return Throttle { failures, lock_outs, failed_at, locked_until: None };
        }
        let doubled = 1_i32 << lock_outs.clamp(0, 10);
        let lock = (limits.first_lock * doubled).min(LONGEST_LOCK);
        Throttle { failures: 0, lock_outs: lock_outs + 1, failed_at: now, locked_until: Some(now + lock) }
    }

    /// Counters of a name or address not seen before.
    pub fn fresh(now: Timestamp) -> Throttle {
        Throttle { failures: 0, lock_outs: 0, failed_at: now, locked_until: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap()
    }

    fn fail(mut throttle: Throttle, times: usize, minute: i64) -> Throttle {
        for _ in 0..times {
            throttle = throttle.count_failure(&ACCOUNT, at(minute));
        }
        throttle
    }

    #[test]
    fn the_fifth_failure_locks_for_a_quarter_of_an_hour() {
        let four = fail(Throttle::fresh(at(0)), 4, 0);
        assert_eq!(four.wait(at(0)), None);
        let five = fail(four, 1, 1);
        assert_eq!(five.wait(at(1)), Some(SignedDuration::from_mins(15)));
        assert_eq!(five.wait(at(15)), Some(SignedDuration::from_mins(1)));
        assert_eq!(five.wait(at(16)), None);
    }

    #[test]
    fn lock_outs_grow_up_to_a_day_and_are_forgotten_after_one() {
        let mut throttle = Throttle::fresh(at(0));
        let mut minute = 0;
        let mut locks = Vec::new();
        for _ in 0..9 {
            throttle = fail(throttle, 5, minute);
            let lock = throttle.wait(at(minute)).unwrap().as_mins();
            locks.push(lock);
            minute += lock;
        }
        assert_eq!(locks, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        let next_week = fail(throttle, 5, minute + 7 * 1440);
        assert_eq!(next_week.wait(at(minute + 7 * 1440)), Some(SignedDuration::from_mins(15)));
    }

    #[test]
    fn an_address_is_kept_out_for_many_failures_at_once_not_for_many_in_a_day() {
        let one_a_minute =
            (0..600).fold(Throttle::fresh(at(0)), |t, minute| t.count_failure(&ADDRESS, at(minute)));
        assert_eq!(one_a_minute.lock_outs, 0);
        let sweep = (0..100).fold(Throttle::fresh(at(0)), |t, _| t.count_failure(&ADDRESS, at(1)));
        assert!(sweep.wait(at(1)).is_some());
    }

    #[test]
    fn old_failures_do_not_count() {
        let four = fail(Throttle::fresh(at(0)), 4, 0);
        assert_eq!(fail(four, 1, 16).wait(at(16)), None);
        assert!(fail(four, 1, 15).wait(at(15)).is_some());
    }
}
