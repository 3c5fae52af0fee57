//! What the data plane counts and the engine reads: packets, octets, and what a line has spoilt.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::engine::traffic::{Counts, Faults, SEQUENCED};

/// Packet and octet counters of a data session, shared between the engine and `forward`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Packets sent to the peer.
    pub packets_out: AtomicU64,
    /// Octets sent to the peer.
    pub octets_out: AtomicU64,
    /// Packets received from the peer.
    pub packets_in: AtomicU64,
    /// Octets received from the peer.
    pub octets_in: AtomicU64,
    /// Packets that were to be sent and for which there was no room (`Total output drops`).
    pub output_drops: AtomicU64,
    /// Packets of the network layer that are interesting for the idle timer: seconds since the router's start
    /// of the last one.
    pub last_activity: AtomicU64,
    /// The same of the last packet from the peer.
    pub last_input: AtomicU64,
    /// The same of the last packet to the peer.
    pub last_output: AtomicU64,
    /// What came in and was no frame.
    pub errors: LineErrors,
    /// Data messages that did not come in, with `SEQUENCED` when there were sequence numbers to tell.
    pub lost: AtomicU64,
}

/// Frames that a line has spoilt, since the call began.
#[derive(Debug, Default)]
pub struct LineErrors {
    /// A wrong FCS.
    pub crc: AtomicU32,
    /// Wrong framing, as a LAC reports it.
    pub framing: AtomicU32,
    /// Lost in the hardware or for want of a buffer, as a LAC reports it.
    pub overruns: AtomicU32,
    /// Shorter than a frame can be.
    pub runts: AtomicU32,
    /// Longer than a frame may be.
    pub giants: AtomicU32,
    /// Ended in the middle.
    pub aborts: AtomicU32,
}

impl LineErrors {
    const fn all(&self) -> [&AtomicU32; 6] {
        [&self.crc, &self.framing, &self.overruns, &self.runts, &self.giants, &self.aborts]
    }

    /// All of them together.
    pub fn total(&self) -> u32 {
        self.all().into_iter().fold(0, |sum, counter| sum.wrapping_add(counter.load(Ordering::Relaxed)))
    }

    /// As a WEN of RFC 2661 (section 4.4.6, Call Errors) tells them: CRC, framing, hardware overruns, buffer
    /// overruns, time-outs, alignment.
    pub fn call_errors(&self) -> [u32; 6] {
        let [crc, framing, overruns, runts, giants, aborts] =
            self.all().map(|counter| counter.load(Ordering::Relaxed));
        let framing = framing.wrapping_add(runts).wrapping_add(giants).wrapping_add(aborts);
        [crc, framing, overruns, 0, 0, 0]
    }

    /// Takes over what a WEN tells of a line elsewhere.
    pub fn report(&self, [crc, framing, hardware, buffer, timeouts, alignment]: [u32; 6]) {
        self.crc.store(crc, Ordering::Relaxed);
        let framing = framing.wrapping_add(timeouts).wrapping_add(alignment);
        self.framing.store(framing, Ordering::Relaxed);
        self.overruns.store(hardware.wrapping_add(buffer), Ordering::Relaxed);
    }
}

impl Counters {
    /// Notes that data comes with sequence numbers, and how many were left out.
    pub fn sequenced(&self, lost: u64) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
        self.lost.fetch_or(SEQUENCED, Ordering::Relaxed);
    }

    /// Packets and octets.
    pub fn counts(&self) -> Counts {
        let (packets_out, octets_out, packets_in, octets_in) = self.snapshot();
        Counts { packets_out, octets_out, packets_in, octets_in }
    }

    /// Packets and octets, and what went wrong.
    pub fn all(&self) -> (Counts, Faults) {
        let [crc, frame, overrun, runts, giants, aborts] =
            self.errors.all().map(|counter| u64::from(counter.load(Ordering::Relaxed)));
        let faults = Faults {
            input: u64::from(self.errors.total()),
            crc,
            frame,
            overrun,
            runts,
            giants,
            aborts,
            drops: self.output_drops.load(Ordering::Relaxed),
            ..Faults::default()
        };
        (self.counts(), faults)
    }

    /// Packets out, octets out, packets in, octets in.
    pub fn snapshot(&self) -> (u64, u64, u64, u64) {
        (
            self.packets_out.load(Ordering::Relaxed),
            self.octets_out.load(Ordering::Relaxed),
            self.packets_in.load(Ordering::Relaxed),
            self.octets_in.load(Ordering::Relaxed),
        )
    }
}
