//! The one clock of the edge.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::proto::Instant;

/// The router's own time scale, on the monotonic clock of the machine.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    start: tokio::time::Instant,
}

impl MonotonicClock {
    /// A scale that begins now.
    pub fn start() -> Self {
        MonotonicClock { start: tokio::time::Instant::now() }
    }

    /// Now, on this scale.
    pub fn now(&self) -> Instant {
        Instant::from_start(self.start.elapsed())
    }

    /// The point of tokio's time at which `instant` is reached.
    pub fn deadline(&self, instant: Instant) -> tokio::time::Instant {
        // A deadline that no clock can express is as good as never.
        const FAR: Duration = Duration::from_secs(86_400 * 365);
        self.start + instant.since_start().min(self.start.elapsed().saturating_add(FAR))
    }
}

/// The wall clock: seconds and nanoseconds since 1970 UTC, as `RouterParams::wall_clock` wants it.
pub fn wall_clock() -> (i64, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
