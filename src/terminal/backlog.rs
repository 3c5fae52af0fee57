//! What waits for a screen that takes its time: a terminal that was stopped, a pipe that nobody reads, a slow network.
//!
//! A router waits for no screen. What somebody has asked for is kept until it can be shown; of what comes by itself, debugs
//! above all, only so much is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::router::ConsoleOutput;

/// Octets that may wait before lines that come by themselves are dropped.
pub const LIMIT: usize = 1024 * 1024;

/// What waits on the way to one screen. Clones are of the same way.
#[derive(Clone, Debug, Default)]
pub struct Backlog(Arc<Level>);

#[derive(Debug, Default)]
struct Level {
    octets: AtomicUsize,
    dropped: AtomicU64,
}

impl Backlog {
    /// Whether an output may be sent on its way; when it may, [`shown`](Self::shown) must be told of it.
    pub fn admit(&self, output: &ConsoleOutput) -> bool {
        let size = size(output);
        let full = self.0.octets.load(Ordering::Relaxed).saturating_add(size) > LIMIT;
        if full && matches!(output, ConsoleOutput::Async(_)) {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.0.octets.fetch_add(size, Ordering::Relaxed);
        true
    }

    /// As many octets as [`size`] has said are on the screen. The line that says what was dropped, when there is room
    /// again; it needs not be admitted.
    pub fn shown(&self, size: usize) -> Option<String> {
        let left = self.0.octets.fetch_sub(size, Ordering::Relaxed).saturating_sub(size);
        let dropped = if left < LIMIT / 2 { self.0.dropped.swap(0, Ordering::Relaxed) } else { 0 };
        (dropped > 0).then(|| dropped_line(dropped))
    }
}

/// The wording is that of the published system messages.
fn dropped_line(lines: u64) -> String {
    format!("%SYS-3-LOGGER_DROPPED: System dropped {lines} console debug messages.\n")
}

/// What an output counts for.
pub fn size(output: &ConsoleOutput) -> usize {
    match output {
        ConsoleOutput::Text(text) | ConsoleOutput::Async(text) => text.len(),
        ConsoleOutput::Prompt { .. }
        | ConsoleOutput::More
        | ConsoleOutput::Confirm(_)
        | ConsoleOutput::Ask { .. }
        | ConsoleOutput::Completed { .. }
        | ConsoleOutput::Closed => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_by_itself_is_dropped_and_that_is_said_once_there_is_room() {
        let backlog = Backlog::default();
        let line = ConsoleOutput::Async("x".repeat(1000));
        let admitted = (0..2_000).filter(|_| backlog.admit(&line)).count();
        assert_eq!(admitted, LIMIT / 1000);
        let screen = ConsoleOutput::Text("y".repeat(5_000));
        assert!(backlog.admit(&screen) && backlog.admit(&ConsoleOutput::More));
        let mut said = Vec::new();
        for shown in 1..=admitted {
            said.extend(backlog.shown(size(&line)).map(|text| (shown, text)));
        }
        let dropped = 2_000 - admitted;
        let text = format!("%SYS-3-LOGGER_DROPPED: System dropped {dropped} console debug messages.\n");
        assert!(matches!(&said[..], [(at, said)] if *said == text && (500..600).contains(at)), "{said:?}");
        assert_eq!(backlog.shown(size(&screen)), None);
        assert!(backlog.admit(&line));
    }
}
