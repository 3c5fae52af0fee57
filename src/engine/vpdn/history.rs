//! `vpdn history failure`: the last failure of each user and tunnel.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::proto::Instant;

/// What kind of failure it was (classes of CISCO-VPDN-MGMT-MIB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureType {
    /// The peer closed the session.
    PeerClosed,
    /// The peer did not answer.
    Unreachable,
    /// Tunnel authentication.
    TunnelAuthentication,
    /// The user was refused.
    UserAuthentication,
    /// A session limit.
    SessionLimit,
    /// `vpdn softshut`.
    Softshut,
    /// Nothing left to serve it with.
    NoResources,
    /// Anything else.
    Other,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The user, empty before it is known.
    pub user: String,
    /// Our session id, 0 before there is one.
    pub session: u16,
    /// Our tunnel id, 0 before there is one.
    pub tunnel: u16,
    /// Host name of the LAC.
    pub nas: String,
    /// Its address.
    pub nas_address: Option<IpAddr>,
    /// Host name of the LNS.
    pub gateway: String,
    /// Its address.
    pub gateway_address: Option<IpAddr>,
    /// When it last happened.
    pub time: Instant,
    /// How often.
    pub count: u32,
    /// What kind.
    pub kind: FailureType,
    /// Why.
    pub reason: String,
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<HistoryEntry>,
    limit: usize,
}

impl History {
    /// Sets the table size; none switches the table off and empties it.
    pub fn resize(&mut self, limit: Option<usize>) {
        self.limit = limit.unwrap_or(0);
        while self.entries.len() > self.limit {
            self.entries.pop_front();
        }
    }

    /// Notes a failure. A user's earlier failure in the same tunnel, of whatever kind, is replaced and counted
    /// (CISCO-VPDN-MGMT-MIB, cvpdnUserToFailHistInfoTable); where there is no tunnel yet, that between the same ends.
    pub fn add(&mut self, mut entry: HistoryEntry) {
        if self.limit == 0 {
            return;
        }
        let key = |e: &HistoryEntry| (e.tunnel, e.nas_address, e.gateway_address);
        let same = |e: &HistoryEntry| key(e) == key(&entry) && e.user == entry.user && e.nas == entry.nas;
        if let Some(at) = self.entries.iter().position(same)
            && let Some(old) = self.entries.remove(at)
        {
            entry.count = old.count.saturating_add(1);
        }
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    pub fn entries(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.entries.iter()
    }

    pub const fn limit(&self) -> usize {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(user: &str) -> HistoryEntry {
        HistoryEntry {
            user: user.to_owned(),
            session: 1,
            tunnel: 2,
            nas: "hgw".to_owned(),
            nas_address: None,
            gateway: "l2tp-gw".to_owned(),
            gateway_address: None,
            time: Instant::ZERO,
            count: 1,
            kind: FailureType::Unreachable,
            reason: "no answer".to_owned(),
        }
    }

    #[test]
    fn a_repeated_failure_is_counted_and_the_oldest_makes_room() {
        let mut history = History::default();
        history.add(entry("nobody"));
        assert_eq!(history.entries().count(), 0, "switched off");
        history.resize(Some(2));
        for user in ["a", "b", "a", "c"] {
            history.add(entry(user));
        }
        let left: Vec<_> = history.entries().map(|e| (e.user.as_str(), e.count)).collect();
        assert_eq!(left, [("a", 2), ("c", 1)]);
    }

    #[test]
    fn the_last_failure_in_a_tunnel_stands_for_those_of_other_kinds_and_not_for_other_lnss() {
        let mut history = History::default();
        history.resize(Some(5));
        let elsewhere = Some([10, 0, 0, 2].into());
        for (kind, gateway_address) in [
            (FailureType::Unreachable, None),
            (FailureType::Unreachable, elsewhere),
            (FailureType::PeerClosed, None),
        ] {
            history.add(HistoryEntry { kind, gateway_address, ..entry("a") });
        }
        let left: Vec<_> = history.entries().map(|e| (e.kind, e.count, e.gateway_address)).collect();
        let expected = [(FailureType::Unreachable, 1, elsewhere), (FailureType::PeerClosed, 2, None)];
        assert_eq!(left, expected);
    }
}
