//! Reliable delivery of control messages, RFC 2661 section 5.8 and Appendix A: one [`Transport`] per tunnel.
//!
//! It numbers, windows, repeats and puts in order; it knows nothing of what a message says. The tunnel hands it
//! bodies, takes [`Sending`]s from [`Transport::poll_transmit`], and prints and addresses them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::types::TunnelConfig;
use crate::proto::Instant;
use crate::proto::time::earliest;

/// How long an acknowledgement waits for a message to travel on: well below a peer's first retransmission.
pub const ACK_DELAY: Duration = Duration::from_millis(200);

/// The receive window of a peer that has not told one (RFC 2661 section 4.4.3, Receive Window Size).
pub const DEFAULT_WINDOW: u16 = 4;

/// Octets of early messages that a transport keeps at most, so that a stranger cannot fill the memory.
const EARLY_OCTETS: usize = 65_536;

/// Messages to deliver with which nothing new is taken from the peer: it could make us owe it answers faster than it
/// acknowledges them, without end. A LAC that starts a call on every session id at once stays below it.
const QUEUE_LIMIT: usize = 65_536;

/// Messages that an idle queue keeps room for.
const IDLE_CAPACITY: usize = 8;

/// A control message to deliver: everything but the numbers and the peer's tunnel id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Session id of the header: the peer's, 0 when not known or not about a session.
    pub session: u16,
    /// Our session id that the message is about, 0 for none. For debugs.
    pub local_session: u16,
    /// `SCCRQ` and so on, for debugs.
    pub name: &'static str,
    /// The AVPs.
    pub body: Vec<u8>,
}

/// A message that must go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending<'a> {
    /// What.
    pub message: &'a Outgoing,
    /// Its number.
    pub ns: u16,
    /// What we expect next.
    pub nr: u16,
    /// It went out before.
    pub resend: bool,
}

/// What [`Transport::receive`] made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A ZLB: only its Nr counted.
    Ack,
    /// The message that was expected: process it, then ask for [`Transport::next_early`].
    InOrder,
    /// Seen before: dropped, a ZLB is due at once.
    Duplicate,
    /// Inside the window but early: kept.
    Early,
    /// Beyond the window, or no room for it or for an answer: dropped.
    Beyond,
}

/// Statistics of a transport, for `show vpdn tunnel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Messages sent again.
    pub resends: u64,
    /// ZLBs sent.
    pub zlbs: u64,
    /// Messages dropped as duplicates or beyond the window.
    pub dropped: u64,
    /// Messages that came early and were put in order.
    pub reordered: u64,
    /// Largest number of messages that waited for the window.
    pub unsent_max: usize,
    /// Largest number of messages that waited for an acknowledgement.
    pub resend_max: usize,
    /// Longest retransmission time reached.
    pub timeout_max: Duration,
    /// Retransmissions after a wait of n seconds; the last field counts 8 and more.
    pub distribution: [u32; 9],
}

/// The reliable transport of one control connection.
#[derive(Debug)]
pub struct Transport {
    /// Messages that are not acknowledged: the first `assigned` have been sent, the first `flight` are on the way.
    queue: VecDeque<Outgoing>,
    assigned: usize,
    flight: usize,
    /// Ns of the front of the queue.
    unacknowledged: u16,
    /// Ns that the peer must send next.
    expected: u16,
    early: BTreeMap<u16, Box<[u8]>>,
    early_octets: usize,
    ack: Option<Instant>,
    window: u16,
    peer_window: u16,
    congestion: u16,
    threshold: u16,
    /// Acknowledgements since the congestion window last grew, in congestion avoidance.
    credit: u16,
    timeout: Duration,
    timeout_range: (Duration, Duration),
    /// The range until the first acknowledgement ever.
    initial_range: (Duration, Duration),
    deadline: Option<Instant>,
    tries: u32,
    retries: u32,
    initial_retries: u32,
    statistics: Statistics,
}

impl Transport {
    /// A transport that has sent and received nothing. `initial_retries` counts until the first
    /// acknowledgement ever, `retries` after it.
    pub fn new(config: &TunnelConfig, initial_retries: u32) -> Self {
        let (timeout_range, initial_range) = ranges(config);
        Transport {
            queue: VecDeque::new(),
            assigned: 0,
            flight: 0,
            unacknowledged: 0,
            expected: 0,
            early: BTreeMap::new(),
            early_octets: 0,
            ack: None,
            window: config.receive_window.max(1),
            peer_window: DEFAULT_WINDOW,
            congestion: 1,
            threshold: DEFAULT_WINDOW,
            credit: 0,
            timeout: initial_range.0,
            timeout_range,
            initial_range,
            deadline: None,
            tries: 0,
            retries: config.retries,
            initial_retries,
            statistics: Statistics { timeout_max: initial_range.0, ..Statistics::default() },
        }
    }

    /// Takes over the timing of `config`: a requested tunnel gets its configuration after its first message.
    pub fn configure(&mut self, config: &TunnelConfig, initial_retries: u32) {
        self.window = config.receive_window.max(1);
        (self.timeout_range, self.initial_range) = ranges(config);
        self.timeout = self.initial_range.0;
        self.statistics.timeout_max = self.timeout;
        self.retries = config.retries;
        self.initial_retries = initial_retries;
    }

    /// The peer's Receive Window Size AVP. 0 is invalid and taken for 1.
    pub fn set_peer_window(&mut self, window: u16) {
        self.peer_window = window.max(1);
        self.threshold = self.peer_window;
        self.congestion = self.congestion.min(self.peer_window);
    }

    /// Queues a message; [`Transport::poll_transmit`] gives it out when the window is open.
    pub fn send(&mut self, message: Outgoing) {
        self.queue.push_back(message);
        let open = usize::from(self.effective_window()).saturating_sub(self.flight);
        let waiting = (self.queue.len() - self.assigned).saturating_sub(open);
        self.statistics.unsent_max = self.statistics.unsent_max.max(waiting);
    }

    /// Forgets the messages that never went out: a tunnel that closes has nothing more to say but StopCCN.
    pub fn discard_unsent(&mut self) {
        self.queue.truncate(self.assigned);
    }

    /// The next message that must go out, each with the newest Nr; call until `None`.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Sending<'_>> {
        if self.flight >= usize::from(self.effective_window()) || self.flight >= self.queue.len() {
            return None;
        }
        let index = self.flight;
        let resend = index < self.assigned;
        self.flight += 1;
        self.assigned = self.assigned.max(self.flight);
        self.statistics.resend_max = self.statistics.resend_max.max(self.assigned);
        self.statistics.resends += u64::from(resend);
        if self.deadline.is_none() {
            self.deadline = Some(now + self.timeout);
        }
        self.ack = None;
        let ns = self.unacknowledged.wrapping_add(wrap(index));
        let message = self.queue.get(index)?;
        Some(Sending { message, ns, nr: self.expected, resend })
    }

    /// The numbers of a ZLB when one is due: Ns of the next message, Nr. The caller sends it.
    pub fn poll_ack(&mut self, now: Instant) -> Option<(u16, u16)> {
        self.ack.filter(|&due| due <= now)?;
        self.acknowledge()
    }

    /// The numbers of a ZLB if anything is to be acknowledged, without waiting. The caller sends it.
    pub fn acknowledge(&mut self) -> Option<(u16, u16)> {
        self.ack.take()?;
        self.statistics.zlbs += 1;
        Some(self.numbers())
    }

    /// Ns of the next message, Nr we expect.
    pub fn numbers(&self) -> (u16, u16) {
        (self.unacknowledged.wrapping_add(wrap(self.assigned)), self.expected)
    }

    /// Takes the numbers of a control message. `datagram` is kept when it came early.
    pub fn receive(&mut self, now: Instant, ns: u16, nr: u16, zlb: bool, datagram: &[u8]) -> Arrival {
        self.acknowledged(now, nr);
        if zlb {
            return Arrival::Ack;
        }
        // RFC 2661 section 5.8: the last received number and the 32767 before it are old.
        let ahead = ns.wrapping_sub(self.expected);
        if ahead == 0 && self.queue.len() >= QUEUE_LIMIT {
            self.statistics.dropped += 1;
            return Arrival::Beyond;
        }
        if ahead == 0 {
            self.expected = self.expected.wrapping_add(1);
            self.ack.get_or_insert(now + ACK_DELAY);
            return Arrival::InOrder;
        }
        if ahead >= 0x8000 {
            self.statistics.dropped += 1;
            self.ack = Some(now);
            return Arrival::Duplicate;
        }
        let full = self.early_octets + datagram.len() > EARLY_OCTETS;
        if ahead >= self.window || full || self.early.contains_key(&ns) {
            self.statistics.dropped += 1;
            return Arrival::Beyond;
        }
        self.early_octets += datagram.len();
        self.early.insert(ns, datagram.into());
        Arrival::Early
    }

    /// The datagram that came early and is expected now. Call after each processed message.
    pub fn next_early(&mut self, now: Instant) -> Option<Box<[u8]>> {
        let datagram = self.early.remove(&self.expected)?;
        self.early_octets = self.early_octets.saturating_sub(datagram.len());
        self.expected = self.expected.wrapping_add(1);
        self.statistics.reordered += 1;
        self.ack.get_or_insert(now + ACK_DELAY);
        Some(datagram)
    }

    /// Runs the retransmission timer.
    ///
    /// # Errors
    /// [`PeerDead`] when the retransmissions are used up.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), PeerDead> {
        if self.deadline.is_none_or(|due| due > now) {
            return Ok(());
        }
        let first = self.unacknowledged == 0;
        if self.tries >= if first { self.initial_retries } else { self.retries } {
            self.deadline = None;
            return Err(PeerDead);
        }
        self.tries += 1;
        let waited = usize::try_from(self.timeout.as_secs()).unwrap_or(usize::MAX).min(8);
        if let Some(count) = self.statistics.distribution.get_mut(waited) {
            *count += 1;
        }
        let most = if first { self.initial_range.1 } else { self.timeout_range.1 };
        self.timeout = (self.timeout * 2).min(most);
        self.statistics.timeout_max = self.statistics.timeout_max.max(self.timeout);
        // Appendix A: half the window is remembered, and slow start begins again with the oldest message.
        self.threshold = (self.congestion / 2).max(1);
        self.congestion = 1;
        self.credit = 0;
        self.flight = 0;
        self.deadline = None;
        Ok(())
    }

    /// When [`Transport::handle_timeout`] or [`Transport::poll_ack`] has something to do.
    pub fn next_timeout(&self) -> Option<Instant> {
        earliest(self.deadline, self.ack)
    }

    /// Whether everything that was sent is acknowledged.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Our and the peer's receive window.
    pub fn windows(&self) -> (u16, u16) {
        (self.window, self.peer_window)
    }

    /// The congestion window, in messages.
    pub fn congestion_window(&self) -> u16 {
        self.congestion
    }

    /// How often the oldest message has been sent again since the peer last acknowledged anything.
    pub fn unanswered(&self) -> u32 {
        self.tries
    }

    /// The retransmission time that counts now.
    pub fn retransmit_time(&self) -> Duration {
        self.timeout
    }

    /// Messages that never went out, and messages that wait for an acknowledgement.
    pub fn queues(&self) -> (usize, usize) {
        (self.queue.len() - self.assigned, self.assigned)
    }

    /// The statistics.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    fn effective_window(&self) -> u16 {
        self.congestion.min(self.peer_window)
    }

    fn acknowledged(&mut self, now: Instant, nr: u16) {
        let count = usize::from(nr.wrapping_sub(self.unacknowledged));
        // Nothing new, an old Nr, or one that acknowledges what was never sent.
        if count == 0 || count > self.assigned {
            return;
        }
        self.queue.drain(..count);
        if self.queue.is_empty() {
            // A burst of calls must not keep its memory.
            self.queue.shrink_to(IDLE_CAPACITY);
        }
        self.assigned -= count;
        self.flight = self.flight.saturating_sub(count);
        self.unacknowledged = nr;
        self.tries = 0;
        self.timeout = self.timeout_range.0;
        self.deadline = (self.flight > 0).then(|| now + self.timeout);
        if nr == 0 {
            // The numbers have wrapped: the first message is long gone.
            self.initial_retries = self.retries;
            self.initial_range = self.timeout_range;
        }
        self.grow();
    }

    /// Appendix A: slow start below the threshold, congestion avoidance above it.
    fn grow(&mut self) {
        if self.congestion >= self.peer_window {
            return;
        }
        if self.congestion < self.threshold {
            self.congestion += 1;
            return;
        }
        self.credit += 1;
        if self.credit >= self.congestion {
            self.credit = 0;
            self.congestion += 1;
        }
    }
}

/// The peer did not acknowledge a message in all its retransmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer from the peer")]
pub struct PeerDead;

/// Positions inside a queue that never holds more than a window count modulo 65536 like Ns.
fn wrap(index: usize) -> u16 {
    (index & 0xffff) as u16
}

/// Shortest and longest time between transmissions: afterwards, and of the first message.
fn ranges(config: &TunnelConfig) -> ((Duration, Duration), (Duration, Duration)) {
    let range = |min: Duration, max: Duration| (min, max.max(min));
    (range(config.retransmit_min, config.retransmit_max), range(config.initial_min, config.initial_max))
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
