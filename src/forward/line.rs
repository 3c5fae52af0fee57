//! The two kinds of line that a port has: a B channel and an L2TP session.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Delivery, Fate, Sink, Statistics};
use crate::engine::{ChannelId, Counters, DataSession};
use crate::proto::l2tp::Role;
use crate::proto::l2tp::data::DataHeader;
use crate::proto::{Instant, hdlc};

/// Address and control field of RFC 1662, left out when ACFC was agreed on.
pub(super) const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];

/// Longest frame that is taken from a B channel, address and control included: more than any MRU offered here.
const FRAME_MAX: usize = 4096;

/// A frame in pieces, to be written one after the other.
pub(super) type Pieces<'a> = [&'a [u8]; 3];

fn length(pieces: &Pieces<'_>) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
}

/// Buffers that are used again for every packet.
#[derive(Default)]
pub(super) struct Scratch {
    frame: Vec<u8>,
    wire: Vec<u8>,
}

/// Counts a frame that went out, or was to.
fn count_out(counters: &Counters, octets: usize, fate: Fate) -> Fate {
    match fate {
        Fate::Taken => {
            counters.packets_out.fetch_add(1, Ordering::Relaxed);
            counters.octets_out.fetch_add(octets as u64, Ordering::Relaxed);
        }
        Fate::Dropped => {
            counters.output_drops.fetch_add(1, Ordering::Relaxed);
        }
    }
    fate
}

fn count_in(counters: &Counters, octets: usize) {
    counters.packets_in.fetch_add(1, Ordering::Relaxed);
    counters.octets_in.fetch_add(octets as u64, Ordering::Relaxed);
}

/// A B channel.
pub(super) struct Channel {
    pub id: ChannelId,
    decoder: hdlc::Decoder,
    counters: Arc<Counters>,
    /// Control characters that frames of a tunnel are escaped for.
    pub accm: u32,
}

impl Channel {
    pub fn new(id: ChannelId, counters: Arc<Counters>) -> Self {
        Channel { id, decoder: hdlc::Decoder::new(FRAME_MAX, 0), counters, accm: 0 }
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes octets from the line and gives every good frame that ends in them to `each`. Returns how many bad
    /// ones were dropped.
    pub fn take(&mut self, octets: &[u8], mut each: impl FnMut(&[u8], &Counters)) -> u64 {
        let before = self.decoder.counters();
        let counters = &self.counters;
        self.decoder.feed(octets, |frame| {
            count_in(counters, frame.len());
            each(frame, counters);
        });
        let now = self.decoder.counters();
        let errors = &counters.errors;
        let spoilt = [
            (now.bad_fcs - before.bad_fcs, &errors.crc),
            (now.runts - before.runts, &errors.runts),
            (now.giants - before.giants, &errors.giants),
            (now.aborts - before.aborts, &errors.aborts),
        ];
        let mut bad = 0;
        for (more, counter) in spoilt.into_iter().filter(|(more, _)| *more > 0) {
            counter.fetch_add(u32::try_from(more).unwrap_or(u32::MAX), Ordering::Relaxed);
            bad += more;
        }
        bad
    }

    /// Sends a frame, FF 03 included where it is wanted.
    pub fn send(&self, accm: u32, pieces: Pieces<'_>, scratch: &mut Scratch, sink: &mut Sink<'_>) -> Fate {
        scratch.frame.clear();
        for piece in pieces {
            scratch.frame.extend_from_slice(piece);
        }
        scratch.wire.clear();
        hdlc::encode(&scratch.frame, accm, &mut scratch.wire);
        let fate = sink(Delivery::Channel { channel: &self.id, octets: &scratch.wire });
        count_out(&self.counters, scratch.frame.len(), fate)
    }
}

/// What the sequence number of a data message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    Take,
    Drop,
}

/// A data session of L2TP.
pub(super) struct Session {
    pub data: DataSession,
    next_ns: u16,
    expected: u16,
    /// LAC: the LNS sends sequence numbers, so we do (RFC 2661 section 5.4).
    answer_sequenced: bool,
}

impl Session {
    pub fn new(data: DataSession) -> Self {
        Session { data, next_ns: 0, expected: 0, answer_sequenced: false }
    }

    pub fn counters(&self) -> &Counters {
        &self.data.counters
    }

    /// Whether data from this address is the peer's. Its port may change (an address translator in between).
    pub fn is_from(&self, address: IpAddr) -> bool {
        self.data.path.remote.ip() == address
    }

    /// Something came in from the peer, whatever becomes of it.
    pub fn heard(&self, now: Instant) {
        self.data.heard.note(now);
    }

    /// Judges the sequence number of a received data message.
    pub fn sequence(&mut self, ns: Option<u16>, statistics: &mut Statistics) -> Sequence {
        if self.data.path.role == Role::Lac {
            self.answer_sequenced = ns.is_some();
        }
        let Some(ns) = ns else {
            statistics.unsequenced += u64::from(self.data.path.sequencing);
            return Sequence::Take;
        };
        let ahead = ns.wrapping_sub(self.expected);
        if ahead >= 0x8000 {
            statistics.out_of_order += 1;
            // Late or repeated. RFC 2661 section 5.4 leaves it to us; nothing is put back in order.
            return if self.data.path.drop_out_of_order { Sequence::Drop } else { Sequence::Take };
        }
        statistics.lost += u64::from(ahead);
        self.data.counters.sequenced(u64::from(ahead));
        self.expected = ns.wrapping_add(1);
        Sequence::Take
    }

    /// Counts a frame that came in.
    pub fn received(&self, frame: &[u8]) {
        count_in(&self.data.counters, frame.len());
    }

    /// Sends a frame. `priority` for what keeps the link alive (RFC 2661 section 3.1, P bit).
    pub fn send(
        &mut self,
        priority: bool,
        pieces: Pieces<'_>,
        scratch: &mut Scratch,
        sink: &mut Sink<'_>,
    ) -> Fate {
        let path = &self.data.path;
        let sequence = (path.sequencing || self.answer_sequenced).then(|| {
            let ns = self.next_ns;
            self.next_ns = ns.wrapping_add(1);
            (ns, self.expected)
        });
        let octets = length(&pieces);
        let header = DataHeader {
            length: false,
            sequence,
            offset: None,
            priority,
            tunnel: path.remote_tunnel,
            session: path.remote_session,
        };
        scratch.wire.clear();
        header.write(octets, &mut scratch.wire);
        for piece in pieces {
            scratch.wire.extend_from_slice(piece);
        }
        let fate = sink(Delivery::Transmit { local: path.local, remote: path.remote, bytes: &scratch.wire });
        count_out(&self.data.counters, octets, fate)
    }
}
