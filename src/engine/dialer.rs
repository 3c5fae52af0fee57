//! Dial on demand: packets that come out of the TUN of an interface without a call to where they go.

mod address;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Engine;
use super::debug::{Decider, Dialer as DialerDebug, Verdict};
use super::interfaces::LinkState;
use super::io::{Action, CallRef, ForwardCommand, InterfaceId};
use super::isdn::{Call, cause};
use super::timers::Timer;
use crate::config::views::{AccessEntry, DialerRule, InterfaceKind, InterfaceName, RouterConfig};
use crate::proto::Instant;
use crate::proto::cursor::Reader;

/// Packets that wait for a call when `dialer hold-queue` is not set: enough for a `ping` to lose none.
const HELD: usize = 20;
/// How long a number is not tried again after a call to it failed.
const REDIAL: Duration = Duration::from_secs(2);

/// Calls that traffic has placed.
#[derive(Debug, Default)]
pub(super) struct Dialers {
    dialing: BTreeMap<CallRef, Dialing>,
}

#[derive(Debug)]
struct Dialing {
    /// The interface whose traffic placed it.
    owner: InterfaceId,
    number: String,
    /// IP has been up.
    up: bool,
    held: VecDeque<Vec<u8>>,
}

impl Dialers {
    /// Whether no call is up or being set up.
    pub fn is_quiet(&self) -> bool {
        self.dialing.is_empty()
    }
}

/// The part of an IPv4 header that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: u8,
}

fn header(packet: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(packet);
    let [version, ..] = reader.array::<8>().ok()?;
    let [_ttl, protocol, _, _] = reader.array::<4>().ok()?;
    let source = Ipv4Addr::from(reader.array::<4>().ok()?);
    let destination = Ipv4Addr::from(reader.array::<4>().ok()?);
    (version >> 4 == 4).then_some(Header { source, destination, protocol })
}

/// Whether a packet is interesting to the dialer list of this number.
fn verdict(config: &RouterConfig, group: Option<u16>, header: Header) -> Verdict {
    let Some(list) = group.and_then(|g| config.dialer_lists.iter().find(|l| l.number == g)) else {
        return Verdict { interesting: false, by: Decider::Nothing };
    };
    match list.rule {
        DialerRule::Permit => Verdict { interesting: true, by: Decider::Protocol },
        DialerRule::Deny => Verdict { interesting: false, by: Decider::Protocol },
        DialerRule::List(number) => {
            let found = config.access_lists.iter().find(|l| l.number == number);
            // A list that does not exist permits everything.
            let permits =
                found.is_none_or(|l| l.entries.iter().find(|e| matches(e, header)).is_some_and(|e| e.permit));
            Verdict { interesting: permits, by: Decider::List(number) }
        }
    }
}

fn matches(entry: &AccessEntry, header: Header) -> bool {
    let covers = |(address, wildcard): (Ipv4Addr, Ipv4Addr), of: Ipv4Addr| {
        (address.to_bits() ^ of.to_bits()) & !wildcard.to_bits() == 0
    };
    entry.protocol.is_none_or(|p| p == header.protocol)
        && covers(entry.source, header.source)
        && covers(entry.destination, header.destination)
}

impl Engine {
    /// A packet came out of the TUN of an interface, and the data plane does not know which port it is for.
    pub(super) fn packet(&mut self, id: InterfaceId, packet: Vec<u8>) {
        let Some(header) = header(&packet) else { return };
        let destination = header.destination;
        self.debug_packet(id, header, packet.len());
        if let Some(port) = self.port_towards(id, destination) {
            self.core.forward(ForwardCommand::Route { tun: id, destination, port });
            self.core.act(Action::Packet { port, packet });
            return;
        }
        let Some(interface) = self.interfaces.get(id) else { return };
        if !matches!(interface.name.kind, InterfaceKind::Bri | InterfaceKind::Dialer)
            || interface.link != LinkState::Up
        {
            return;
        }
        let (name, config) = (interface.name.clone(), interface.config.clone());
        let number = self.number_for(id, destination);
        let mut dialing = self.dialing_to(id, number.as_deref());
        if dialing.is_none() {
            if !verdict(&self.config, config.dialer.group, header).interesting {
                return;
            }
            self.dial(id, &name, header, number.as_deref());
            dialing = self.dialing_to(id, number.as_deref());
        }
        let limit = config.dialer.hold_queue.max(HELD);
        if let Some(dialing) = dialing.and_then(|call| self.dialers.dialing.get_mut(&call))
            && dialing.held.len() < limit
        {
            dialing.held.push_back(packet);
        }
    }

    /// `debug dialer packets`. What the data plane carries on its own is not told, like what IOS switches fast.
    fn debug_packet(&mut self, id: InterfaceId, header: Header, octets: usize) {
        let Some(interface) = self.interfaces.get(id) else { return };
        if !matches!(interface.name.kind, InterfaceKind::Bri | InterfaceKind::Dialer) {
            return;
        }
        let verdict = verdict(&self.config, interface.config.dialer.group, header);
        let (name, Header { source, destination, .. }) = (&interface.name, header);
        self.core.debug(&DialerDebug::Packet { name, source, destination, octets, verdict });
    }

    /// The call of an interface to a number, on which IP is not up yet, or not at the moment.
    fn dialing_to(&self, owner: InterfaceId, number: Option<&str>) -> Option<CallRef> {
        let mut dialing = self.dialers.dialing.iter();
        let wanted = |d: &Dialing| d.owner == owner && Some(d.number.as_str()) == number;
        dialing.find(|(_, d)| wanted(d)).map(|(call, _)| *call)
    }

    /// The open port of an interface that carries packets to a destination: the one whose peer is the next hop, or
    /// that called the number of the next hop's `dialer map`. By a `dialer string` every call leads to the same place,
    /// and a call that is the only one carries what no map is there for.
    fn port_towards(&self, owner: InterfaceId, destination: Ipv4Addr) -> Option<InterfaceId> {
        let hop = self.next_hop(owner, destination);
        let mut open: Vec<(CallRef, InterfaceId, Ipv4Addr)> = Vec::new();
        for (&port, &call) in &self.isdn.by_interface {
            let network = self.ports.get(&port).and_then(|p| p.network.as_ref());
            if let Some(network) = network
                && self.network_owner(port) == owner
            {
                open.push((call, port, network.peer));
            }
        }
        open.sort_unstable();
        if let Some((_, port, _)) = open.iter().find(|(.., peer)| *peer == hop || *peer == destination) {
            return Some(*port);
        }
        let dialer = &self.interfaces.get(owner)?.config.dialer;
        let map = dialer.maps.iter().find(|m| m.next_hop == hop);
        let called = |call: &CallRef, number: &str| {
            self.isdn.calls.get(call).is_some_and(|c| c.outgoing && c.called == number)
        };
        let found = match (map, &dialer.string) {
            (Some(map), _) => open.iter().find(|(call, ..)| called(call, &map.number)),
            (None, Some(_)) => open.first(),
            (None, None) => open.first().filter(|_| open.len() == 1),
        };
        found.map(|(_, port, _)| *port)
    }

    fn dial(&mut self, id: InterfaceId, name: &InterfaceName, header: Header, number: Option<&str>) {
        if self.core.timers.runs(Timer::Redial(id)) {
            return;
        }
        let Header { source, destination, .. } = header;
        let Some(number) = number else {
            self.core.debug(&DialerDebug::NoMap { name, destination });
            return;
        };
        self.core.debug(&DialerDebug::Cause { name, source, destination });
        self.core.debug(&DialerDebug::Attempt { name, number });
        let mut refusal = cause::NO_CHANNEL;
        for controller in self.controllers_for(name) {
            match self.place_call(&controller, id, number) {
                Ok(call) => {
                    let (number, held) = (number.to_owned(), VecDeque::new());
                    self.dialers.dialing.insert(call, Dialing { owner: id, number, up: false, held });
                    return;
                }
                Err(cause) => refusal = cause,
            }
        }
        self.core.debug(&DialerDebug::NoChannel { name });
        self.core.debug(&DialerDebug::Failed { name, number, cause: refusal });
        self.block(id);
    }

    fn block(&mut self, id: InterfaceId) {
        let until = self.core.now + REDIAL;
        self.core.timers.set(Timer::Redial(id), Some(until));
    }

    /// The number that reaches a destination: by `dialer map` of its next hop, or `dialer string`.
    fn number_for(&self, id: InterfaceId, destination: Ipv4Addr) -> Option<String> {
        let hop = self.next_hop(id, destination);
        let dialer = &self.interfaces.get(id)?.config.dialer;
        let map = dialer.maps.iter().find(|m| m.next_hop == hop);
        map.map(|m| m.number.clone()).or_else(|| dialer.string.clone())
    }

    /// The D channels that an interface may call on: a BRI on its own, a Dialer on any.
    fn controllers_for(&self, name: &InterfaceName) -> Vec<InterfaceName> {
        if name.kind == InterfaceKind::Bri {
            return vec![name.clone()];
        }
        self.config
            .interfaces
            .iter()
            .filter(|i| i.name.kind == InterfaceKind::Bri)
            .map(|i| i.name.clone())
            .chain(
                self.config.controllers.iter().filter(|c| c.pri_group).map(|c| {
                    InterfaceName::new(InterfaceKind::Serial, format!("{}:{}", c.unit, c.d_channel()))
                }),
            )
            .collect()
    }

    /// IP is up on a port: what was held for it goes out, and its idle timer runs.
    pub(super) fn dialer_up(&mut self, port: InterfaceId) {
        let Some(owner) = self.ports.get(&port).and_then(|p| p.access()).and_then(|a| a.dialer) else {
            return;
        };
        let call = self.isdn.by_interface.get(&port);
        let held = match call.and_then(|call| self.dialers.dialing.get_mut(call)) {
            Some(dialing) => {
                dialing.up = true;
                std::mem::take(&mut dialing.held)
            }
            None => VecDeque::new(),
        };
        if let Some(interface) = self.interfaces.get(port) {
            let seconds = self.core.now.since_start().as_secs();
            interface.counters.last_activity.store(seconds, Ordering::Relaxed);
            let name = interface.name.clone();
            self.core.debug(&DialerDebug::Up { name: &name });
        }
        let local = self.ports.get(&port).and_then(|p| p.network.as_ref()).map(|n| n.local);
        for mut packet in held {
            // What made the call when the interface had no address yet (`ip address negotiated`) has none either.
            if let Some(local) = local {
                address::set_source(&mut packet, local);
            }
            self.core.act(Action::Packet { port, packet });
        }
        self.arm_idle(port, owner);
    }

    fn arm_idle(&mut self, port: InterfaceId, owner: InterfaceId) {
        let Some(timeout) = self.interfaces.get(owner).map(|i| i.config.dialer.idle_timeout) else { return };
        let Some(last) = self.last_activity(port) else { return };
        let when = (!timeout.is_zero()).then(|| last + timeout);
        self.core.timers.set(Timer::Idle(port), when);
    }

    fn last_activity(&self, port: InterfaceId) -> Option<Instant> {
        let seconds = self.interfaces.get(port)?.counters.last_activity.load(Ordering::Relaxed);
        Some(Instant::from_start(Duration::from_secs(seconds)))
    }

    /// The idle timer of a call is due, unless there was traffic since it was set.
    pub(super) fn idle_due(&mut self, port: InterfaceId) {
        let Some(owner) = self.ports.get(&port).and_then(|p| p.access()).and_then(|a| a.dialer) else {
            return;
        };
        let timeout = self.interfaces.get(owner).map(|i| i.config.dialer.idle_timeout).unwrap_or_default();
        match self.last_activity(port) {
            Some(last) if last + timeout <= self.core.now => {
                if let Some(name) = self.interfaces.get(port).map(|i| i.name.clone()) {
                    self.core.debug(&DialerDebug::Idle { name: &name });
                    self.core.debug(&DialerDebug::Disconnecting { name: &name });
                }
                self.drop_call(port);
            }
            _ => self.arm_idle(port, owner),
        }
    }

    /// A call that a dialer placed is over; what was held for it is lost.
    pub(super) fn dial_ended(&mut self, reference: CallRef, call: &Call, cause: u8) {
        if let Some(port) = call.interface {
            self.core.timers.set(Timer::Idle(port), None);
        }
        let Some(Dialing { owner, up, .. }) = self.dialers.dialing.remove(&reference) else { return };
        if !up {
            if let Some(name) = self.interfaces.get(owner).map(|i| i.name.clone()) {
                self.core.debug(&DialerDebug::Failed { name: &name, number: &call.called, cause });
            }
            self.block(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::{AccessList, DialerList};

    const PING: [u8; 20] = [0x45, 0, 0, 20, 0, 0, 0, 0, 255, 1, 0, 0, 10, 10, 53, 2, 10, 51, 6, 82];

    #[test]
    fn reads_what_decides_and_refuses_what_is_no_ipv4() {
        let found = header(&PING).map(|h| (h.source, h.destination, h.protocol));
        assert_eq!(found, Some(([10, 10, 53, 2].into(), [10, 51, 6, 82].into(), 1)));
        assert_eq!(header(&PING[..19]), None);
        let mut six = PING;
        six[0] = 0x60;
        assert_eq!(header(&six), None);
    }

    #[test]
    fn the_first_matching_entry_decides_and_the_end_denies() {
        let any = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        let entry =
            |permit, protocol, destination| AccessEntry { permit, protocol, source: any, destination };
        let net = ([10, 51, 6, 0].into(), [0, 0, 0, 255].into());
        let mut config = RouterConfig {
            dialer_lists: vec![DialerList { number: 1, rule: DialerRule::List(101) }],
            ..RouterConfig::default()
        };
        let ping = header(&PING).unwrap();
        let mut decide = |entries| {
            config.access_lists = vec![AccessList { number: 101, entries }];
            verdict(&config, Some(1), ping).interesting
        };
        assert!(decide(vec![entry(true, None, net)]));
        assert!(!decide(vec![entry(false, Some(1), any), entry(true, None, any)]));
        assert!(decide(vec![entry(false, Some(6), any), entry(true, None, any)]));
        assert!(!decide(vec![]));
        assert!(!verdict(&config, None, ping).interesting, "without a dialer-group nothing dials");
    }
}
