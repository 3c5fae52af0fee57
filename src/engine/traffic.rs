//! What an interface has carried: totals, what `clear counters` left of them, and the load of the last five minutes.

use std::time::Duration;

use super::Engine;
use super::io::InterfaceId;
use super::timers::Timer;
use crate::config::views::InterfaceName;
use crate::proto::Instant;

/// In [`Counters::lost`](super::io::Counters::lost): data came with sequence numbers.
pub const SEQUENCED: u64 = 1 << 63;

/// How often the load is looked at while a PPP port is up, as IOS does.
const SAMPLE: Duration = Duration::from_secs(5);
/// The load is an exponentially weighted mean over this time.
const LOAD_INTERVAL: f64 = 300.0;

/// Packets and octets carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets sent.
    pub packets_out: u64,
    /// Octets sent.
    pub octets_out: u64,
    /// Packets received.
    pub packets_in: u64,
    /// Octets received.
    pub octets_in: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Counts) -> Counts {
        Counts {
            packets_out: self.packets_out.saturating_add(other.packets_out),
            octets_out: self.octets_out.saturating_add(other.octets_out),
            packets_in: self.packets_in.saturating_add(other.packets_in),
            octets_in: self.octets_in.saturating_add(other.octets_in),
        }
    }

    /// What came after `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Counts) -> Counts {
        Counts {
            packets_out: self.packets_out.saturating_sub(earlier.packets_out),
            octets_out: self.octets_out.saturating_sub(earlier.octets_out),
            packets_in: self.packets_in.saturating_sub(earlier.packets_in),
            octets_in: self.octets_in.saturating_sub(earlier.octets_in),
        }
    }
}

/// What went wrong on an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Received and bad, for whatever reason.
    pub input: u64,
    /// Of them, with a wrong checksum.
    pub crc: u64,
    /// Of them, wrongly framed.
    pub frame: u64,
    /// Received faster than they could be taken.
    pub overrun: u64,
    /// Shorter than a frame can be.
    pub runts: u64,
    /// Longer than a frame may be.
    pub giants: u64,
    /// Ended in the middle.
    pub aborts: u64,
    /// Not sent, for want of room.
    pub drops: u64,
    /// Received, and given up before anybody had read them.
    pub input_drops: u64,
    /// Not sent, for another reason.
    pub output: u64,
    /// Collisions.
    pub collisions: u64,
}

impl Faults {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Faults) -> Faults {
        self.with(other, u64::saturating_add)
    }

    /// What came after `earlier`.
    #[must_use]
    pub fn since(self, earlier: Faults) -> Faults {
        self.with(earlier, u64::saturating_sub)
    }

    fn with(self, other: Faults, both: fn(u64, u64) -> u64) -> Faults {
        Faults {
            input: both(self.input, other.input),
            crc: both(self.crc, other.crc),
            frame: both(self.frame, other.frame),
            overrun: both(self.overrun, other.overrun),
            runts: both(self.runts, other.runts),
            giants: both(self.giants, other.giants),
            aborts: both(self.aborts, other.aborts),
            drops: both(self.drops, other.drops),
            input_drops: both(self.input_drops, other.input_drops),
            output: both(self.output, other.output),
            collisions: both(self.collisions, other.collisions),
        }
    }
}

/// Bits and packets per second, in and out, over five minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Bits per second received.
    pub bits_in: f64,
    /// Packets per second received.
    pub packets_in: f64,
    /// Bits per second sent.
    pub bits_out: f64,
    /// Packets per second sent.
    pub packets_out: f64,
}

/// What an interface has carried, for `show interfaces`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrafficView {
    /// Packets and octets since the last clearing.
    pub counts: Counts,
    /// Errors of its line since the last clearing.
    pub faults: Faults,
    /// The load.
    pub load: Load,
    /// How often the link has gone down or come up since the last clearing; the first time that it came up is none.
    pub carrier_transitions: u32,
    /// When something was last received, to the nearest look (5 s; a Linux device is looked at every second).
    pub last_input: Option<Instant>,
    /// When something was last sent, likewise.
    pub last_output: Option<Instant>,
    /// When `clear counters` was last given.
    pub cleared: Option<Instant>,
}

/// When `clear counters` was given, and where the counters stood.
#[derive(Clone, Copy, Debug)]
struct Cleared {
    at: Instant,
    counts: Counts,
    faults: Faults,
    carrier_transitions: u32,
}

/// The counters of one interface over its whole life. Nothing is ever set back: `clear counters` remembers where the
/// counters stood, for accounting goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    /// Of calls that are over, or of the Linux device behind the interface; a Virtual-Access has neither.
    carried: Option<Box<(Counts, Faults)>>,
    cleared: Option<Box<Cleared>>,
    /// Changes of the link; none before it has been up.
    carrier_transitions: Option<u32>,
    load: Load,
    seen: (Instant, Counts),
    last_input: Option<Instant>,
    last_output: Option<Instant>,
}

impl Meter {
    pub fn new(now: Instant) -> Self {
        Meter { seen: (now, Counts::default()), ..Meter::default() }
    }

    /// What `current` has counted is over, a call for instance: whatever comes next counts from zero.
    pub fn keep(&mut self, current: (Counts, Faults)) {
        self.carried = Some(Box::new(self.total(current)));
    }

    fn total(&self, (counts, faults): (Counts, Faults)) -> (Counts, Faults) {
        match self.carried.as_deref() {
            Some((before, faults_before)) => (before.plus(counts), faults_before.plus(faults)),
            None => (counts, faults),
        }
    }

    fn sample(&mut self, now: Instant, current: (Counts, Faults)) {
        let (total, (then, before)) = (self.total(current).0, self.seen);
        let seconds = now.duration_since(then).as_secs_f64();
        let new = total.since(before);
        self.last_input = if new.packets_in > 0 { Some(now) } else { self.last_input };
        self.last_output = if new.packets_out > 0 { Some(now) } else { self.last_output };
        if seconds <= 0.0 {
            return;
        }
        let weight = 1.0 - (-seconds / LOAD_INTERVAL).exp();
        let mix = |mean: &mut f64, amount: u64| *mean += weight * (amount as f64 / seconds - *mean);
        mix(&mut self.load.bits_in, new.octets_in.saturating_mul(8));
        mix(&mut self.load.packets_in, new.packets_in);
        mix(&mut self.load.bits_out, new.octets_out.saturating_mul(8));
        mix(&mut self.load.packets_out, new.packets_out);
        self.seen = (now, total);
    }

    /// How it stands now, with `current` counted by the call that is up.
    pub fn view(&self, now: Instant, current: (Counts, Faults)) -> TrafficView {
        let mut meter = self.clone();
        meter.sample(now, current);
        let (counts, faults) = meter.total(current);
        let stood = self.cleared.as_deref().copied();
        let transitions = self.carrier_transitions.unwrap_or(0);
        TrafficView {
            counts: stood.map_or(counts, |stood| counts.since(stood.counts)),
            faults: stood.map_or(faults, |stood| faults.since(stood.faults)),
            carrier_transitions: transitions - stood.map_or(0, |stood| stood.carrier_transitions),
            load: meter.load,
            last_input: meter.last_input,
            last_output: meter.last_output,
            cleared: stood.map(|stood| stood.at),
        }
    }

    fn clear(&mut self, now: Instant, current: (Counts, Faults)) {
        let (counts, faults) = self.total(current);
        let carrier_transitions = self.carrier_transitions.unwrap_or(0);
        self.cleared = Some(Box::new(Cleared { at: now, counts, faults, carrier_transitions }));
    }

    /// The link has come up, or is up no more.
    pub fn link_changed(&mut self) {
        self.carrier_transitions = Some(self.carrier_transitions.map_or(0, |n| n.saturating_add(1)));
    }
}

impl Engine {
    /// `clear counters [INTERFACE]`.
    pub fn clear_counters(&mut self, now: Instant, only: Option<&InterfaceName>) {
        self.advance(now);
        let now = self.core.now;
        for interface in self.interfaces.all_mut() {
            if only.is_none_or(|name| *name == interface.name) {
                interface.meter.clear(now, interface.counters.all());
            }
        }
    }

    /// A PPP port is up: its load is looked at from time to time.
    pub(super) fn meter_ports(&mut self) {
        if !self.core.timers.runs(Timer::Sample) {
            let next = self.core.now + SAMPLE;
            self.core.timers.set(Timer::Sample, Some(next));
        }
    }

    /// Looks at the load of every interface, and goes on as long as there is a PPP port.
    pub(super) fn sample_due(&mut self) {
        let now = self.core.now;
        for interface in self.interfaces.all_mut() {
            interface.meter.sample(now, interface.counters.all());
        }
        if !self.ports.is_empty() {
            self.meter_ports();
        }
    }

    /// The host has looked at the device behind an interface ([`HostEvent::Counted`](super::HostEvent::Counted)).
    pub(super) fn counted(&mut self, id: InterfaceId, counts: Counts, faults: Faults) {
        let now = self.core.now;
        if let Some(interface) = self.interfaces.get_mut(id) {
            interface.meter.carried = Some(Box::new((counts, faults)));
            interface.meter.sample(now, interface.counters.all());
        }
    }

    /// The host has looked at the TUN of an interface ([`HostEvent::Dropped`](super::HostEvent::Dropped)).
    pub(super) fn dropped(&mut self, id: InterfaceId, output: u64, input: u64) {
        if let Some(interface) = self.interfaces.get_mut(id) {
            let faults = Faults { drops: output, input_drops: input, ..Faults::default() };
            interface.meter.keep((Counts::default(), faults));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_start(Duration::from_secs(seconds))
    }

    fn counts(packets_in: u64, octets_in: u64) -> (Counts, Faults) {
        (Counts { packets_in, octets_in, ..Counts::default() }, Faults::default())
    }

    #[test]
    fn the_load_rises_to_what_is_carried_and_falls_when_nothing_is() {
        let mut meter = Meter::new(at(0));
        for n in 1..=720 {
            meter.sample(at(5 * n), counts(50 * n, 50_000 * n));
        }
        let busy = meter.view(at(3600), counts(36_000, 36_000_000)).load;
        assert!((79_990.0..=80_000.0).contains(&busy.bits_in), "{busy:?}");
        assert!((9.99..=10.0).contains(&busy.packets_in), "{busy:?}");
        assert_eq!((busy.bits_out, busy.packets_out), (0.0, 0.0));
        // After the interval 1/e of it is left, however often anybody looked.
        let later = meter.view(at(3900), counts(36_000, 36_000_000)).load;
        assert!((later.bits_in / busy.bits_in - (-1.0_f64).exp()).abs() < 1e-6, "{later:?}");
    }

    #[test]
    fn clearing_sets_the_view_to_zero_and_nothing_else() {
        let mut meter = Meter::new(at(0));
        meter.sample(at(5), counts(7, 700));
        meter.clear(at(8), counts(9, 900));
        let view = meter.view(at(10), counts(10, 1000));
        assert_eq!((view.counts.packets_in, view.counts.octets_in), (1, 100));
        assert_eq!((view.cleared, view.last_input, view.last_output), (Some(at(8)), Some(at(10)), None));
        assert_eq!(meter.total(counts(10, 1000)).0.packets_in, 10);
    }

    #[test]
    fn the_first_rise_of_a_link_is_no_transition_and_clearing_forgets_the_others() {
        let nothing = counts(0, 0);
        let mut meter = Meter::new(at(0));
        let shown = |meter: &Meter| meter.view(at(9), nothing).carrier_transitions;
        assert_eq!(shown(&meter), 0);
        for expected in 0..4 {
            meter.link_changed();
            assert_eq!(shown(&meter), expected);
        }
        meter.clear(at(5), nothing);
        assert_eq!(shown(&meter), 0);
        meter.link_changed();
        assert_eq!(shown(&meter), 1);
    }

    #[test]
    fn calls_that_are_over_still_count() {
        let mut meter = Meter::new(at(0));
        meter.keep(counts(3, 300));
        meter.keep(counts(2, 200));
        assert_eq!(meter.view(at(1), counts(1, 100)).counts, counts(6, 600).0);
    }
}
