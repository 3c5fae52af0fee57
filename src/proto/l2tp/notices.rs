//! What is said once of a peer, however often it happens.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use crate::proto::Instant;

/// How long nothing more is said of a peer.
pub const PERIOD: Duration = Duration::from_secs(300);
/// Of how many peers something is said in that time: made-up addresses fill neither the memory nor the log.
pub const LIMIT: usize = 64;

/// Of whom something was said, and when, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Notices(VecDeque<(Instant, IpAddr)>);

impl Notices {
    /// Whether something is to be said of `peer` now. If so, it counts as said.
    pub fn is_due(&mut self, now: Instant, peer: IpAddr) -> bool {
        while self.0.front().is_some_and(|(said, _)| now.duration_since(*said) >= PERIOD) {
            self.0.pop_front();
        }
        let due = self.0.len() < LIMIT && self.0.iter().all(|(_, known)| *known != peer);
        if due {
            self.0.push_back((now, peer));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn peer(number: usize) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number as u32))
    }

    #[test]
    fn each_peer_once_in_a_period() {
        let mut notices = Notices::default();
        let (half, whole) = (Instant::ZERO + PERIOD / 2, Instant::ZERO + PERIOD);
        assert!(notices.is_due(Instant::ZERO, peer(1)) && notices.is_due(half, peer(2)));
        assert!(!notices.is_due(half, peer(1)));
        assert!(notices.is_due(whole, peer(1)) && !notices.is_due(whole, peer(2)));
    }

    #[test]
    fn made_up_addresses_fill_nothing() {
        let mut notices = Notices::default();
        let said = (0..10 * LIMIT).filter(|number| notices.is_due(Instant::ZERO, peer(*number))).count();
        assert_eq!((said, notices.0.len()), (LIMIT, LIMIT));
        assert!(notices.is_due(Instant::ZERO + PERIOD, peer(0)));
        assert_eq!(notices.0.len(), 1);
    }
}
