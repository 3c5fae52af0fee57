//! The router's calendar clock and the stamps made from it.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use crate::config::views::StampForm;
use crate::proto::Instant;

/// Where the calendar time comes from; IOS shows it in front of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Never set: `*` in front.
    Unset,
    /// Set by `clock set`.
    User,
    /// Taken from the host.
    Host,
}

/// A calendar clock that runs on the router's monotonic time.
#[derive(Clone, Debug)]
pub struct Clock {
    base: NaiveDateTime,
    at: Instant,
    source: Source,
}

impl Clock {
    /// A clock that shows `wall` (seconds and nanoseconds since 1970 UTC) at the start of the router, or, like
    /// IOS without a calendar, 1 March 1993 when there is none.
    pub fn new(wall: Option<(i64, u32)>) -> Self {
        let host = wall.and_then(|(s, n)| DateTime::<Utc>::from_timestamp(s, n)).map(|t| t.naive_utc());
        let source = if host.is_some() { Source::Host } else { Source::Unset };
        Clock { base: host.unwrap_or_else(ios_epoch), at: Instant::ZERO, source }
    }

    /// `clock set hh:mm:ss DAY MONTH YEAR`. False when there is no such date or time.
    pub fn set(&mut self, now: Instant, time: (u32, u32, u32), date: (i32, u32, u32)) -> bool {
        let Some(when) = NaiveDate::from_ymd_opt(date.0, date.1, date.2)
            .and_then(|d| d.and_hms_opt(time.0, time.1, time.2))
        else {
            return false;
        };
        *self = Clock { base: when, at: now, source: Source::User };
        true
    }

    /// The calendar time at `now`, UTC.
    pub fn at(&self, now: Instant) -> NaiveDateTime {
        let passed = TimeDelta::from_std(now - self.at).unwrap_or(TimeDelta::MAX);
        self.base.checked_add_signed(passed).unwrap_or(self.base)
    }

    /// Seconds since 1970 at `now`; `None` while the clock is not set.
    pub fn seconds(&self, now: Instant) -> Option<i64> {
        (self.source != Source::Unset).then(|| self.at(now).and_utc().timestamp())
    }

    /// Where the time comes from.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The stamp in front of a line, with its trailing `: `; empty for [`StampForm::None`].
    pub fn stamp(&self, now: Instant, form: StampForm, zone: Option<&(String, i32)>) -> String {
        match form {
            StampForm::None => String::new(),
            StampForm::Uptime => format!("{}: ", uptime_stamp(now.since_start())),
            StampForm::Datetime { msec, show_timezone, localtime } => {
                let (time, name) = self.zoned(now, if localtime { zone } else { None });
                let mark = if self.source == Source::Unset { "*" } else { "" };
                let millis =
                    if msec { format!(".{:03}", time.nanosecond() / 1_000_000) } else { String::new() };
                let zone = if show_timezone { format!(" {name}") } else { String::new() };
                format!(
                    "{mark}{} {:>2} {}{millis}{zone}: ",
                    time.format("%b"),
                    time.day(),
                    time.format("%H:%M:%S")
                )
            }
        }
    }

    /// The line of `show clock`: `*00:04:10.235 UTC Sat Jan 1 2000`.
    pub fn show(&self, now: Instant, zone: Option<&(String, i32)>) -> String {
        let (time, name) = self.zoned(now, zone);
        let mark = if self.source == Source::Unset { "*" } else { "" };
        let millis = time.nanosecond() / 1_000_000;
        format!("{mark}{}.{millis:03} {name} {}", time.format("%H:%M:%S"), time.format("%a %b %-d %Y"))
    }

    fn zoned<'z>(&self, now: Instant, zone: Option<&'z (String, i32)>) -> (NaiveDateTime, &'z str) {
        let utc = self.at(now);
        match zone {
            Some((name, minutes)) => (utc + TimeDelta::minutes(i64::from(*minutes)), name),
            None => (utc, "UTC"),
        }
    }
}

fn ios_epoch() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(1993, 3, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN)
}

/// `00:00:12`, `1d02h`, `2w3d`: the form of uptime stamps and of `show` screens.
pub fn uptime_stamp(up: Duration) -> String {
    let s = up.as_secs();
    let (weeks, days, hours) = (s / 604_800, s / 86_400, s / 3600);
    if weeks > 0 {
        format!("{weeks}w{}d", days % 7)
    } else if days > 0 {
        format!("{days}d{:02}h", hours % 24)
    } else {
        format!("{hours:02}:{:02}:{:02}", s / 60 % 60, s % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: StampForm = StampForm::Datetime { msec: true, show_timezone: false, localtime: false };

    #[test]
    fn a_clock_that_was_set_prints_the_documented_stamp() {
        let mut clock = Clock::new(None);
        let t0 = Instant::from_start(Duration::from_secs(100));
        assert!(clock.set(t0, (0, 4, 10), (2000, 1, 1)));
        assert_eq!(clock.stamp(t0 + Duration::from_millis(235), FULL, None), "Jan  1 00:04:10.235: ");
        assert_eq!(clock.show(t0, None), "00:04:10.000 UTC Sat Jan 1 2000");
    }

    #[test]
    fn a_clock_that_was_never_set_begins_in_march_1993_with_a_star() {
        let clock = Clock::new(None);
        let now = Instant::from_start(Duration::from_millis(1123));
        assert_eq!(clock.stamp(now, FULL, None), "*Mar  1 00:00:01.123: ");
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused_and_changes_nothing() {
        let mut clock = Clock::new(None);
        assert!(!clock.set(Instant::ZERO, (0, 0, 0), (2001, 2, 29)));
        assert!(!clock.set(Instant::ZERO, (24, 0, 0), (2001, 2, 28)));
        assert_eq!(clock.source(), Source::Unset);
    }

    #[test]
    fn uptime_takes_three_forms() {
        assert_eq!(uptime_stamp(Duration::from_secs(12)), "00:00:12");
        assert_eq!(uptime_stamp(Duration::from_secs(86_400 + 7200)), "1d02h");
        assert_eq!(uptime_stamp(Duration::from_secs(17 * 86_400)), "2w3d");
    }

    #[test]
    fn a_local_time_zone_shifts_and_names_the_stamp() {
        let clock = Clock::new(Some((946_684_800, 0)));
        let form = StampForm::Datetime { msec: false, show_timezone: true, localtime: true };
        let zone = ("CET".to_owned(), 60);
        assert_eq!(clock.stamp(Instant::ZERO, form, Some(&zone)), "Jan  1 01:00:00 CET: ");
    }
}
