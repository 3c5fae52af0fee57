//! The timers of an engine: at most one deadline per key, found and changed in logarithmic time.

use std::collections::{BTreeSet, HashMap};

use super::io::{CallRef, InterfaceId, RequestId};
use crate::proto::Instant;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A PPP link wants `handle_timeout`.
    Link(InterfaceId),
    /// The line protocol of an interface has been different for a second: say so.
    Protocol(InterfaceId),
    /// The call has been up for six seconds: `%ISDN-6-CONNECT`.
    Connected(CallRef),
    /// A call that was placed has not been answered.
    Answer(CallRef),
    /// LAC: line errors of a forwarded call are due to be told.
    LineErrors(InterfaceId),
    /// Dial on demand: look whether the call is idle.
    Idle(InterfaceId),
    /// Dial on demand: a call that failed may be tried again.
    Redial(InterfaceId),
    /// Accounting: an update is due.
    Update(InterfaceId),
    /// An entry of the dead cache has had its time.
    DeadCache,
    /// The load of interfaces is looked at.
    Sample,
    /// The time of a user's session is up.
    Session(InterfaceId),
    /// Look whether a user is idle.
    UserIdle(InterfaceId),
    /// The host has not answered an echo request.
    Echo(RequestId),
}

/// A set of deadlines.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Instant, Timer)>,
    due: HashMap<Timer, Instant>,
}

impl Timers {
    /// Sets, moves or (with `None`) clears the deadline of `timer`.
    pub fn set(&mut self, timer: Timer, when: Option<Instant>) {
        let before = match when {
            Some(at) => self.due.insert(timer, at),
            None => self.due.remove(&timer),
        };
        if before == when {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, timer));
        }
        if let Some(at) = when {
            self.order.insert((at, timer));
        }
    }

    /// Whether `timer` runs.
    pub fn runs(&self, timer: Timer) -> bool {
        self.due.contains_key(&timer)
    }

    /// When `timer` is due, if it runs.
    pub fn due(&self, timer: Timer) -> Option<Instant> {
        self.due.get(&timer).copied()
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due at `now`.
    pub fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.order.pop_first();
        self.due.remove(&timer);
        Some(timer)
    }

    /// The timers that run.
    pub fn running(&self) -> impl Iterator<Item = Timer> + '_ {
        self.due.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_moved_deadline_fires_once_and_only_then() {
        let mut timers = Timers::default();
        let link = Timer::Link(InterfaceId(1));
        timers.set(link, Some(at(5)));
        timers.set(link, Some(at(9)));
        timers.set(Timer::Idle(InterfaceId(2)), Some(at(7)));
        assert_eq!(timers.pop(at(6)), None);
        assert_eq!(timers.pop(at(9)), Some(Timer::Idle(InterfaceId(2))));
        assert_eq!(timers.pop(at(9)), Some(link));
        assert_eq!((timers.pop(at(99)), timers.next()), (None, None));
    }

    #[test]
    fn a_cleared_deadline_never_fires() {
        let mut timers = Timers::default();
        let link = Timer::Link(InterfaceId(1));
        timers.set(link, Some(at(5)));
        timers.set(link, None);
        assert!(!timers.runs(link));
        assert_eq!(timers.pop(at(99)), None);
    }
}
