//! The Linux of a node in virtual time: links, addresses, routes, sockets and ICMP echo, as far as a router's
//! [`HostRequest`]s go. Sans-IO: packets in, [`HostOutput`]s out.
//!
//! What it leaves out: ARP (the lab knows who has an address), fragments, and every protocol but UDP and ICMP.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use ipnet::Ipv4Net;

use super::description::LinkId;
use super::packet::{self, Body, Ip};
use crate::config::views::InterfaceName;
use crate::engine::{Counts, Faults, HostEvent, HostRequest, InterfaceId, Neighbours, RequestId};
use crate::proto::Instant;
use crate::proto::time::earliest;

/// A port of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attachment {
    /// The segment.
    pub link: LinkId,
    /// Its port.
    pub port: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Device {
    Tun {
        name: String,
    },
    Ethernet(Attachment),
    /// Bound, but on no link of the lab: a loopback interface.
    Loopback,
}

#[derive(Clone, Debug)]
struct Interface {
    device: Device,
    up: bool,
    addresses: Vec<Ipv4Net>,
    carried: Counts,
}

impl Interface {
    fn new(device: Device) -> Self {
        Interface { device, up: false, addresses: Vec::new(), carried: Counts::default() }
    }
}

/// A route as it was installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Destination.
    pub network: Ipv4Net,
    /// Next hop.
    pub gateway: Option<Ipv4Addr>,
    /// Device.
    pub interface: Option<InterfaceId>,
    /// Preferred source.
    pub source: Option<Ipv4Addr>,
}

/// What a virtual host gives out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostOutput {
    /// For the router.
    Event(HostEvent),
    /// A UDP datagram for a bound port.
    Datagram {
        /// The port.
        port: u16,
        /// The address it was sent to.
        local: IpAddr,
        /// Who sent it.
        remote: SocketAddr,
        /// Payload.
        bytes: Vec<u8>,
    },
    /// A packet that was routed to a TUN and is read from it.
    FromTun {
        /// Whose TUN.
        tun: InterfaceId,
        /// The packet.
        packet: Vec<u8>,
    },
    /// A packet for a neighbour on a segment.
    Wire {
        /// Out there.
        attachment: Attachment,
        /// The neighbour.
        next_hop: Ipv4Addr,
        /// The packet.
        packet: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug)]
struct Echo {
    request: RequestId,
    sent: Instant,
    deadline: Instant,
}

/// Where a packet goes.
enum Decision {
    Out { interface: InterfaceId, next_hop: Ipv4Addr, source: Option<Ipv4Addr> },
    NoRoute,
}

/// The Linux of one node.
#[derive(Debug, Default)]
pub struct VirtualHost {
    devices: HashMap<InterfaceName, Attachment>,
    interfaces: BTreeMap<InterfaceId, Interface>,
    routes: BTreeSet<Route>,
    /// Where there is no cable.
    unplugged: BTreeSet<Attachment>,
    ports: BTreeSet<u16>,
    echoes: BTreeMap<u16, Echo>,
    next_echo: u16,
    /// As of the last call that told the time.
    now: Instant,
    /// Interfaces that have carried something since it was last reported, and when that is done.
    changed: BTreeSet<InterfaceId>,
    look: Option<Instant>,
    outputs: VecDeque<HostOutput>,
}

/// How often what interfaces have carried is reported, as on Linux.
const LOOK: Duration = Duration::from_secs(1);

impl VirtualHost {
    /// A host whose Ethernet interfaces are at these ports.
    pub fn new(devices: HashMap<InterfaceName, Attachment>) -> Self {
        VirtualHost { devices, ..Self::default() }
    }

    /// Its power is off: what is left is what is plugged into it.
    pub fn switch_off(&mut self) {
        let host = std::mem::take(self);
        *self = VirtualHost { devices: host.devices, unplugged: host.unplugged, ..Self::default() };
    }

    /// A host with one interface that is up and has an address, and with these UDP ports bound.
    pub fn server(attachment: Attachment, address: Ipv4Net, ports: &[u16]) -> Self {
        let interface =
            Interface { up: true, addresses: vec![address], ..Interface::new(Device::Ethernet(attachment)) };
        VirtualHost {
            interfaces: BTreeMap::from([(InterfaceId(0), interface)]),
            ports: ports.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<HostOutput> {
        self.outputs.pop_front()
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.echoes.values().fold(self.look, |soonest, echo| earliest(soonest, Some(echo.deadline)))
    }

    /// Reports the echo requests that nobody has answered in time, and what interfaces have carried.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        if self.look.is_some_and(|due| due <= now) {
            self.look = None;
            for interface in std::mem::take(&mut self.changed) {
                let Some(counts) = self.interfaces.get(&interface).map(|i| i.carried) else { continue };
                self.event(HostEvent::Counted { interface, counts, faults: Faults::default() });
            }
        }
        let late: Vec<u16> =
            self.echoes.iter().filter(|(_, echo)| echo.deadline <= now).map(|(id, _)| *id).collect();
        for id in late {
            if let Some(echo) = self.echoes.remove(&id) {
                self.event(HostEvent::EchoTimeout(echo.request));
            }
        }
    }

    /// Names of the TUNs that are there.
    pub fn tuns(&self) -> Vec<String> {
        self.interfaces
            .values()
            .filter_map(|interface| match &interface.device {
                Device::Tun { name } => Some(name.clone()),
                Device::Ethernet(_) | Device::Loopback => None,
            })
            .collect()
    }

    /// The routes that were installed, connected ones not among them.
    pub fn routes(&self) -> Vec<Route> {
        self.routes.iter().copied().collect()
    }

    /// Whether it has this address on an interface that is up at `attachment`.
    pub fn answers_for(&self, address: Ipv4Addr, attachment: Attachment) -> bool {
        self.interfaces
            .values()
            .any(|interface| interface.up && interface.device == Device::Ethernet(attachment))
            && self.is_local(address)
    }

    /// Carries a request of the router out.
    pub fn request(&mut self, now: Instant, id: RequestId, request: HostRequest) {
        self.now = now;
        let raised = match &request {
            HostRequest::SetLink { interface, up: true } => Some(*interface),
            _ => None,
        };
        let outcome = match request {
            HostRequest::OpenSocket { port, .. } => {
                self.ports.insert(port).then_some(()).ok_or_else(|| "Address already in use".to_owned())
            }
            HostRequest::CloseSocket { .. } => Ok(()),
            HostRequest::CreateTun { interface, name, .. } => self.create(interface, Device::Tun { name }),
            HostRequest::DeleteTun { interface } => self.delete(interface),
            HostRequest::BindDevice { interface, name } => self.bind(interface, &name),
            HostRequest::SetLink { interface, up } => self.with(interface, |i| i.up = up),
            HostRequest::SetMtu { interface, .. } => self.with(interface, |_| ()),
            HostRequest::AddAddress { interface, address } => self.add_address(interface, address),
            HostRequest::RemoveAddress { interface, address } => self.remove_address(interface, address),
            HostRequest::AddRoute { network, gateway, interface, source } => {
                self.add_route(Route { network: network.trunc(), gateway, interface, source })
            }
            HostRequest::RemoveRoute { network, gateway, interface } => {
                self.remove_route(network.trunc(), gateway, interface)
            }
            // The lab keeps the spool: it outlives the machine.
            HostRequest::SpoolAppend { .. } | HostRequest::SpoolRemove { .. } => Ok(()),
            // Segments in virtual time carry IP packets: there is no ARP.
            HostRequest::Neighbours => {
                self.event(HostEvent::Neighbours(id, Neighbours::default()));
                return;
            }
            HostRequest::Echo { destination, source, sequence, size, timeout } => {
                let echo = Echo { request: id, sent: now, deadline: now + timeout };
                self.send_echo(destination, source, sequence, size, echo);
                return;
            }
        };
        self.event(match outcome {
            Ok(()) => HostEvent::Done(id),
            Err(reason) => HostEvent::Refused(id, reason),
        });
        // As Linux reports it, behind what it was asked for.
        if let Some((interface, attachment)) = raised.and_then(|id| Some((id, self.attachment(id)?))) {
            self.event(HostEvent::Carrier { interface, up: !self.unplugged.contains(&attachment) });
        }
    }

    /// The port of a segment that an interface is at.
    fn attachment(&self, interface: InterfaceId) -> Option<Attachment> {
        match self.interfaces.get(&interface)?.device {
            Device::Ethernet(attachment) => Some(attachment),
            Device::Tun { .. } | Device::Loopback => None,
        }
    }

    /// The cable at a port of a segment is plugged in, or pulled. What is up there is told.
    pub fn plug(&mut self, attachment: Attachment, on: bool) {
        let changed = if on { self.unplugged.remove(&attachment) } else { self.unplugged.insert(attachment) };
        let there = |i: &Interface| i.up && i.device == Device::Ethernet(attachment);
        let found = self.interfaces.iter().find(|(_, interface)| there(interface)).map(|(&id, _)| id);
        if let Some(interface) = found.filter(|_| changed) {
            self.event(HostEvent::Carrier { interface, up: on });
        }
    }

    /// The socket of a port was closed.
    pub fn close_port(&mut self, port: u16) {
        self.ports.remove(&port);
    }

    /// Sends a UDP datagram from a port; an unspecified `local` becomes the address that its route says.
    pub fn send_datagram(&mut self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        let (IpAddr::V4(local_ip), SocketAddr::V4(remote)) = (local.ip(), remote) else { return };
        let source = if local_ip.is_unspecified() { self.source_for(*remote.ip()) } else { Some(local_ip) };
        let Some(source) = source else { return };
        let packet = packet::udp(SocketAddrV4::new(source, local.port()), remote, bytes);
        self.route(&packet, *remote.ip());
    }

    /// Takes an IP packet that came in from a segment.
    pub fn arrived(&mut self, now: Instant, attachment: Attachment, packet: &[u8]) {
        self.now = now;
        let there = |i: &&Interface| i.device == Device::Ethernet(attachment);
        if let Some(id) = self.interfaces.iter().find(|(_, i)| there(i)).map(|(id, _)| *id) {
            let octets = ethernet_octets(packet);
            self.carry(id, Counts { packets_in: 1, octets_in: octets, ..Counts::default() });
        }
        self.receive(now, packet);
    }

    fn carry(&mut self, id: InterfaceId, more: Counts) {
        if let Some(interface) = self.interfaces.get_mut(&id) {
            interface.carried = interface.carried.plus(more);
            self.changed.insert(id);
            self.look.get_or_insert(self.now + LOOK);
        }
    }

    /// Takes an IP packet that came in from a segment or through a TUN.
    pub fn receive(&mut self, now: Instant, packet: &[u8]) {
        self.now = now;
        let Some(ip) = Ip::parse(packet) else { return };
        if self.is_local(ip.destination) {
            self.deliver(now, &ip);
        } else if let Some(forwarded) = packet::forwarded(packet) {
            self.route(&forwarded, ip.destination);
        }
    }

    fn deliver(&mut self, now: Instant, ip: &Ip<'_>) {
        match ip.body {
            Body::Udp { from, to, payload } if self.ports.contains(&to) => {
                self.outputs.push_back(HostOutput::Datagram {
                    port: to,
                    local: IpAddr::V4(ip.destination),
                    remote: SocketAddr::V4(SocketAddrV4::new(ip.source, from)),
                    bytes: payload.to_vec(),
                });
            }
            Body::Echo { reply: false, id, sequence, data } => {
                let reply = packet::echo(ip.destination, ip.source, true, (id, sequence), data);
                self.route(&reply, ip.source);
            }
            Body::Echo { reply: true, id, .. } => {
                if let Some(echo) = self.echoes.remove(&id) {
                    self.event(HostEvent::EchoReply(echo.request, now.duration_since(echo.sent)));
                }
            }
            Body::Unreachable(quoted) => self.unreachable(quoted),
            Body::Udp { .. } | Body::Other => {}
        }
    }

    /// A datagram of this host could not be delivered: when it was an echo request, it is over. What is quoted is cut
    /// short, so it does not parse.
    fn unreachable(&mut self, quoted: &[u8]) {
        if let (Some(1), Some(&[high, low])) = (quoted.get(9), quoted.get(24..26))
            && let Some(echo) = self.echoes.remove(&u16::from_be_bytes([high, low]))
        {
            self.event(HostEvent::EchoUnreachable(echo.request));
        }
    }

    fn send_echo(
        &mut self,
        destination: Ipv4Addr,
        source: Option<Ipv4Addr>,
        sequence: u16,
        size: u16,
        echo: Echo,
    ) {
        let Some(source) = source.or_else(|| self.source_for(destination)) else {
            self.event(HostEvent::EchoUnreachable(echo.request));
            return;
        };
        // An identifier of its own for each, so that a late reply is nobody's.
        self.next_echo = self.next_echo.wrapping_add(1);
        let data = vec![0xab; usize::from(size).saturating_sub(28)];
        let packet = packet::echo(source, destination, false, (self.next_echo, sequence), &data);
        self.echoes.insert(self.next_echo, echo);
        if self.is_local(destination) {
            self.receive(echo.sent, &packet);
        } else {
            self.route(&packet, destination);
        }
    }

    fn route(&mut self, packet: &[u8], destination: Ipv4Addr) {
        if self.is_local(destination) {
            // Its own traffic does not happen in a lab: nobody is configured to talk to himself.
            return;
        }
        match self.decide(destination) {
            Decision::Out { interface, next_hop, .. } => self.transmit(interface, next_hop, packet),
            Decision::NoRoute => self.refuse(packet),
        }
    }

    fn transmit(&mut self, interface: InterfaceId, next_hop: Ipv4Addr, packet: &[u8]) {
        let packet = packet.to_vec();
        match self.interfaces.get(&interface).map(|i| &i.device) {
            Some(Device::Tun { .. }) => {
                self.outputs.push_back(HostOutput::FromTun { tun: interface, packet })
            }
            Some(Device::Ethernet(attachment)) => {
                let attachment = *attachment;
                let octets = ethernet_octets(&packet);
                self.carry(interface, Counts { packets_out: 1, octets_out: octets, ..Counts::default() });
                self.outputs.push_back(HostOutput::Wire { attachment, next_hop, packet });
            }
            Some(Device::Loopback) | None => {}
        }
    }

    /// No route: the sender hears of it, be it this host or another.
    fn refuse(&mut self, packet: &[u8]) {
        let Some(ip) = Ip::parse(packet) else { return };
        if self.is_local(ip.source) {
            self.unreachable(packet);
        } else if let Some(own) = self.source_for(ip.source) {
            let answer = packet::unreachable(own, ip.source, packet);
            if let Decision::Out { interface, next_hop, .. } = self.decide(ip.source) {
                self.transmit(interface, next_hop, &answer);
            }
        }
    }

    fn decide(&self, destination: Ipv4Addr) -> Decision {
        let connected = self.connected(destination).map(|(prefix, interface, address)| {
            (prefix, Decision::Out { interface, next_hop: destination, source: Some(address) })
        });
        let installed = self
            .routes
            .iter()
            .filter(|route| route.network.contains(&destination))
            .filter_map(|route| {
                let interface = match (route.interface, route.gateway) {
                    (Some(interface), _) => interface,
                    (None, Some(gateway)) => self.connected(gateway)?.1,
                    (None, None) => return None,
                };
                let next_hop = route.gateway.unwrap_or(destination);
                let up = self.interfaces.get(&interface).is_some_and(|i| i.up);
                let decision = Decision::Out { interface, next_hop, source: route.source };
                up.then_some((route.network.prefix_len(), decision))
            })
            .max_by_key(|(prefix, _)| *prefix);
        match (connected, installed) {
            (Some((c, connected)), Some((i, installed))) => {
                if c >= i {
                    connected
                } else {
                    installed
                }
            }
            (Some((_, decision)), None) | (None, Some((_, decision))) => decision,
            (None, None) => Decision::NoRoute,
        }
    }

    fn connected(&self, destination: Ipv4Addr) -> Option<(u8, InterfaceId, Ipv4Addr)> {
        self.interfaces
            .iter()
            .filter(|(_, interface)| interface.up)
            .flat_map(|(id, interface)| interface.addresses.iter().map(move |a| (id, a)))
            .filter(|(_, address)| address.prefix_len() < 32 && address.contains(&destination))
            .map(|(id, address)| (address.prefix_len(), *id, address.addr()))
            .max_by_key(|(prefix, ..)| *prefix)
    }

    /// The address that a packet to `destination` gets as its source.
    fn source_for(&self, destination: Ipv4Addr) -> Option<Ipv4Addr> {
        if self.is_local(destination) {
            return Some(destination);
        }
        let Decision::Out { interface, source, .. } = self.decide(destination) else { return None };
        let of = |interface: &Interface| interface.addresses.first().map(Ipv4Net::addr);
        source
            .or_else(|| self.interfaces.get(&interface).and_then(of))
            .or_else(|| self.interfaces.values().find_map(of))
    }

    fn is_local(&self, address: Ipv4Addr) -> bool {
        self.interfaces.values().any(|i| i.addresses.iter().any(|a| a.addr() == address))
    }

    fn create(&mut self, interface: InterfaceId, device: Device) -> Result<(), String> {
        if let Device::Tun { name } = &device
            && self.tuns().contains(name)
        {
            return Err("File exists".to_owned());
        }
        self.interfaces.insert(interface, Interface::new(device));
        Ok(())
    }

    fn delete(&mut self, interface: InterfaceId) -> Result<(), String> {
        self.interfaces.remove(&interface).ok_or("No such device")?;
        self.routes.retain(|route| route.interface != Some(interface));
        Ok(())
    }

    fn bind(&mut self, interface: InterfaceId, name: &InterfaceName) -> Result<(), String> {
        use crate::config::views::InterfaceKind::Loopback;
        match (self.devices.get(name), name.kind) {
            (Some(attachment), _) => self.create(interface, Device::Ethernet(*attachment)),
            (None, Loopback) => self.create(interface, Device::Loopback),
            (None, _) => Err(format!("no device was named for {name}")),
        }
    }

    fn with(&mut self, interface: InterfaceId, change: impl FnOnce(&mut Interface)) -> Result<(), String> {
        self.interfaces.get_mut(&interface).map(change).ok_or_else(|| "No such device".to_owned())
    }

    fn add_address(&mut self, interface: InterfaceId, address: Ipv4Net) -> Result<(), String> {
        let interface = self.interfaces.get_mut(&interface).ok_or("No such device")?;
        if interface.addresses.contains(&address) {
            return Err("File exists".to_owned());
        }
        interface.addresses.push(address);
        Ok(())
    }

    /// As Linux does it: with its last address an interface loses its routes, and whatever route has an address as its
    /// source goes with it.
    fn remove_address(&mut self, interface: InterfaceId, address: Ipv4Net) -> Result<(), String> {
        self.with(interface, |i| i.addresses.retain(|a| *a != address))?;
        if self.interfaces.get(&interface).is_some_and(|i| i.addresses.is_empty()) {
            self.routes.retain(|route| route.interface != Some(interface));
        }
        if !self.is_local(address.addr()) {
            self.routes.retain(|route| route.source != Some(address.addr()));
        }
        Ok(())
    }

    fn add_route(&mut self, route: Route) -> Result<(), String> {
        if route.source.is_some_and(|source| !self.is_local(source)) {
            return Err("Invalid argument".to_owned());
        }
        self.routes.insert(route).then_some(()).ok_or_else(|| "File exists".to_owned())
    }

    fn remove_route(
        &mut self,
        network: Ipv4Net,
        gateway: Option<Ipv4Addr>,
        interface: Option<InterfaceId>,
    ) -> Result<(), String> {
        let found = self
            .routes
            .iter()
            .find(|r| {
                r.network == network
                    && r.gateway == gateway
                    && (interface.is_none() || r.interface == interface)
            })
            .copied()
            .ok_or("No such process")?;
        self.routes.remove(&found);
        Ok(())
    }

    fn event(&mut self, event: HostEvent) {
        self.outputs.push_back(HostOutput::Event(event));
    }
}

/// Octets of the frame that carries an IP packet, as Linux counts them.
const fn ethernet_octets(packet: &[u8]) -> u64 {
    packet.len() as u64 + 14
}
