//! Time as an argument: a point on the router's own monotonic scale.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in time, measured from the start of the router. Never read from a clock in here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The start of the router.
    pub const ZERO: Instant = Instant(Duration::ZERO);

    /// The point that lies `since_start` after the start of the router.
    pub const fn from_start(since_start: Duration) -> Self {
        Instant(since_start)
    }

    /// How long the router has been running at this point.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this point; zero when `earlier` lies later.
    pub fn duration_since(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, rhs: Duration) -> Instant {
        Instant(self.0.saturating_add(rhs))
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, rhs: Instant) -> Duration {
        self.duration_since(rhs)
    }
}

/// The earlier of two optional deadlines.
pub fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, None) => a,
        (None, b) => b,
    }
}
