//! Which LNS of several takes a call, and which are left alone for a while: load sharing and failover as in Cisco tech
//! note 23981.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::syslog::{DeadChange, Syslog};
use crate::engine::timers::Timer;
use crate::proto::Purpose;
use crate::proto::l2tp::{DownCause, MessageType, ResultCode};

/// What there is towards an LNS already, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Standing {
    /// No tunnel: these are tried first, at random, so that every LNS gets one.
    NoTunnel,
    /// An open tunnel: the one with the fewest sessions.
    Open,
    /// A tunnel that is being set up.
    Pending,
}

/// An LNS that could take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// It is in the busy list: everybody else goes first, those of lower priority too.
    pub busy: bool,
    /// Lower goes first.
    pub priority: u32,
    pub standing: Standing,
    /// Sessions that it has.
    pub load: u32,
}

impl Candidate {
    /// Lower goes first; equals are drawn.
    fn rank(&self) -> (bool, u32, Standing, u32) {
        let load = if self.standing == Standing::NoTunnel { 0 } else { self.load };
        (self.busy, self.priority, self.standing, load)
    }
}

/// The place of the one that takes the call; `draw(n)` chooses among `n` equals. Nothing is drawn for one alone.
pub(crate) fn choose(candidates: &[Candidate], draw: impl FnOnce(usize) -> usize) -> Option<usize> {
    let best = candidates.iter().map(Candidate::rank).min()?;
    let equal = || candidates.iter().enumerate().filter(|(_, c)| c.rank() == best).map(|(at, _)| at);
    match equal().count() {
        1 => equal().next(),
        several => equal().nth(draw(several).min(several - 1)),
    }
}

/// Whether an LNS that ended a tunnel or refused a session in this way is to be left alone: it does not answer, it goes
/// down (StopCCN 6), or it has no room (RFC 2661 section 4.4.2: CDN 4 and 5, general error 4). `closed_by` is the message
/// whose result code it may have.
pub(crate) fn makes_busy(cause: &DownCause, closed_by: MessageType, busy_disconnect: bool) -> bool {
    match cause {
        DownCause::Timeout | DownCause::Authentication | DownCause::Protocol(_) => true,
        DownCause::Remote(ResultCode { result: 2, error: Some(4), .. }) => busy_disconnect,
        DownCause::Remote(ResultCode { result: 6, .. }) if closed_by == MessageType::StopCcn => {
            busy_disconnect
        }
        DownCause::Remote(ResultCode { result: 4 | 5, .. }) if closed_by == MessageType::Cdn => {
            busy_disconnect
        }
        DownCause::Remote(_) | DownCause::Local(_) | DownCause::PeerRestarted | DownCause::LostTie => false,
    }
}

impl Engine {
    /// A number below `count`.
    pub(super) fn draw(&mut self, count: usize) -> usize {
        let drawn = self.core.entropy().u32(Purpose::Choice);
        usize::try_from(drawn).unwrap_or(0) % count.max(1)
    }

    /// Puts an LNS into the dead cache.
    pub(super) fn leave_alone(&mut self, lns: Ipv4Addr, time: Duration) {
        if self.vpdn.busy.insert(lns, self.core.now + time).is_none() {
            self.log_dead(lns, DeadChange::Added);
        }
        self.arm_dead_cache();
    }

    /// An LNS has answered: it leaves the dead cache.
    pub(super) fn answers(&mut self, lns: Ipv4Addr) {
        if self.vpdn.busy.remove(&lns).is_some() {
            self.log_dead(lns, DeadChange::Deleted);
            self.arm_dead_cache();
        }
    }

    /// The earliest entry of the dead cache has had its time.
    pub(in crate::engine) fn dead_cache_due(&mut self) {
        let now = self.core.now;
        let mut due: Vec<Ipv4Addr> =
            self.vpdn.busy.iter().filter(|(_, until)| **until <= now).map(|(lns, _)| *lns).collect();
        due.sort_unstable();
        for lns in due {
            self.vpdn.busy.remove(&lns);
            self.log_dead(lns, DeadChange::Deleted);
        }
        self.arm_dead_cache();
    }

    /// `clear vpdn dead-cache`: these LNSs may be tried again at once.
    pub fn clear_busy(&mut self, lns: &[Ipv4Addr]) {
        for lns in lns {
            if self.vpdn.busy.remove(lns).is_some() {
                self.log_dead(*lns, DeadChange::Cleared);
            }
        }
        self.arm_dead_cache();
    }

    fn arm_dead_cache(&mut self) {
        let next = self.vpdn.busy.values().min().copied();
        self.core.timers.set(Timer::DeadCache, next);
    }

    fn log_dead(&mut self, lns: Ipv4Addr, change: DeadChange) {
        if self.config.vpdn.logging.enable && self.config.vpdn.logging.dead_cache {
            self.core.syslog(&Syslog::DeadCache { lns, change });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::vpdn::result;
    use crate::proto::Entropy;
    use crate::proto::entropy::Seeded;

    fn lns(priority: u32, standing: Standing, load: u32) -> Candidate {
        Candidate { busy: false, priority, standing, load }
    }

    fn first(candidates: &[Candidate]) -> Option<usize> {
        choose(candidates, |_| 0)
    }

    #[test]
    fn priority_then_no_tunnel_then_open_then_pending() {
        use Standing::{NoTunnel, Open, Pending};
        let level = [lns(1, Pending, 0), lns(1, Open, 9), lns(1, NoTunnel, 50), lns(1, Open, 3)];
        assert_eq!(first(&level), Some(2), "without a tunnel, whatever sessions others have there");
        assert_eq!(first(&[level[0], level[1], level[3]]), Some(2), "open, with the fewest sessions");
        assert_eq!(first(&[level[0], level[1]]), Some(1));
        assert_eq!(first(&[level[0]]), Some(0));
        assert_eq!(first(&[lns(2, NoTunnel, 0), lns(1, Pending, 99)]), Some(1), "priority is above all");
        assert_eq!(first(&[]), None);
    }

    #[test]
    fn who_is_busy_is_tried_after_everybody_else() {
        let busy = |c: Candidate| Candidate { busy: true, ..c };
        let (one, two) = (lns(1, Standing::NoTunnel, 0), lns(2, Standing::Open, 7));
        assert_eq!(first(&[busy(one), two]), Some(1));
        assert_eq!(first(&[busy(one), busy(two)]), Some(0), "when all are busy, they are tried all the same");
    }

    #[test]
    fn one_alone_needs_no_dice() {
        let alone = [lns(1, Standing::Open, 4), lns(1, Standing::Open, 5)];
        assert_eq!(choose(&alone, |_| panic!("nothing to draw")), Some(0));
    }

    /// A thousand calls over `servers` of one priority; each call stays. Sessions by LNS.
    fn thousand(seed: u64, servers: usize) -> Vec<u32> {
        let mut dice = Seeded::new(seed);
        let mut all = vec![lns(1, Standing::NoTunnel, 0); servers];
        for _ in 0..1000 {
            let draw = |n: usize| dice.next_u64() as usize % n;
            let at = choose(&all, draw).unwrap();
            all[at].standing = Standing::Open;
            all[at].load += 1;
        }
        all.iter().map(|c| c.load).collect()
    }

    #[test]
    fn a_thousand_calls_that_stay_are_spread_evenly() {
        for seed in 0..20 {
            assert_eq!(thousand(seed, 4), [250; 4]);
            let three = thousand(seed, 3);
            assert_eq!(three.iter().sum::<u32>(), 1000);
            assert!(three.iter().all(|load| (333..=334).contains(load)), "{three:?}");
        }
    }

    #[test]
    fn a_thousand_calls_that_leave_nothing_behind_are_drawn_fairly() {
        let mut dice = Seeded::new(23981);
        let mut counts = [0; 4];
        for _ in 0..1000 {
            let all = [lns(1, Standing::NoTunnel, 0); 4];
            let at = choose(&all, |n| dice.u32(Purpose::Choice) as usize % n).unwrap();
            counts[at] += 1;
        }
        assert_eq!(counts.iter().sum::<u32>(), 1000);
        assert!(counts.iter().all(|count| (210..=290).contains(count)), "{counts:?}");
    }

    #[test]
    fn who_has_no_room_or_does_not_answer_is_left_alone() {
        let (cdn, stop) = (MessageType::Cdn, MessageType::StopCcn);
        for (cause, closed_by, expected) in [
            (DownCause::Timeout, cdn, true),
            (DownCause::Authentication, stop, true),
            (DownCause::Protocol("x".to_owned()), cdn, true),
            (DownCause::Remote(result(4, Some(4))), cdn, true),
            (DownCause::Remote(result(5, None)), cdn, true),
            (DownCause::Remote(result(2, Some(4))), cdn, true),
            (DownCause::Remote(result(2, Some(4))), stop, true),
            (DownCause::Remote(result(6, None)), stop, true),
            // An invalid destination.
            (DownCause::Remote(result(6, None)), cdn, false),
            // "Not authorized", and "not this version": of a tunnel that was up nobody can mean it.
            (DownCause::Remote(result(4, None)), stop, false),
            (DownCause::Remote(result(2, Some(6))), cdn, false),
            (DownCause::Remote(result(1, None)), stop, false),
            (DownCause::Remote(result(3, None)), cdn, false),
            (DownCause::Local(result(4, None)), cdn, false),
            (DownCause::LostTie, stop, false),
            (DownCause::PeerRestarted, stop, false),
        ] {
            assert_eq!(makes_busy(&cause, closed_by, true), expected, "{cause:?} {closed_by:?}");
        }
        assert!(!makes_busy(&DownCause::Remote(result(4, Some(4))), cdn, false));
        assert!(makes_busy(&DownCause::Timeout, stop, false));
    }
}
