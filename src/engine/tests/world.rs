//! Several engines wired together in virtual time: an ISDN switch, an IP network, a RADIUS server, and for each
//! router a host with TUNs and a data plane.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::radius;
use crate::config::views::{InterfaceName, RouterConfig};
use crate::engine::*;
use crate::proto::entropy::Seeded;
use crate::proto::l2tp::{DataPath, PORT};
use crate::proto::{Entropy, Instant, Switch};

const LATENCY: Duration = Duration::from_millis(4);

/// A frame port of the data plane.
#[derive(Default)]
struct Wire {
    channel: Option<ChannelId>,
    session: Option<DataPath>,
    spliced: bool,
    tun: Option<InterfaceId>,
    counters: Option<Arc<Counters>>,
    accm: Option<u32>,
}

/// A router with its host.
pub struct Node {
    pub engine: Engine,
    pub address: Option<Ipv4Addr>,
    /// Log and debug lines, with their time.
    pub lines: Vec<(Instant, String)>,
    wires: HashMap<InterfaceId, Wire>,
    pub tuns: BTreeMap<InterfaceId, String>,
    pub addresses: BTreeMap<Ipv4Net, InterfaceId>,
    pub routes: Vec<(Ipv4Net, InterfaceId)>,
    /// The preferred sources of routes that have one.
    pub sources: BTreeMap<(Ipv4Net, InterfaceId), Ipv4Addr>,
    pub sockets: Vec<Socket>,
    /// Refuses the requests that it says true to.
    pub refuse: fn(&HostRequest) -> bool,
    pub outcomes: Vec<EchoOutcome>,
    /// Terminal lines whose sessions were to end.
    pub ended_terminals: Vec<u32>,
    echoes: HashMap<(Ipv4Addr, u8), (RequestId, Instant)>,
    /// IP packets that reached the host and were for it.
    pub received: usize,
    /// Datagrams from port 1701.
    pub sent: usize,
}

enum Event {
    Datagram { to: usize, socket: Socket, local: IpAddr, remote: SocketAddr, bytes: Vec<u8> },
    Frame { to: usize, controller: InterfaceName, channel: u8, frame: Vec<u8> },
    Data { to: usize, tunnel: u16, session: u16, frame: Vec<u8> },
    Signal { to: usize, controller: InterfaceName, message: IsdnMessage },
    Host { to: usize, event: HostEvent },
    EchoTimeout { to: usize, key: (Ipv4Addr, u8), id: RequestId },
}

/// Node and datagram to whether it is lost.
type Loss = Box<dyn FnMut(usize, &[u8]) -> bool>;
type Line = (usize, InterfaceName, u8);

/// A call at the switch: both ends, as node, controller, reference and channel.
struct SwitchCall {
    ends: [(usize, InterfaceName, CallRef, Option<u8>); 2],
}

/// The whole lab.
pub struct World {
    pub now: Instant,
    pub nodes: Vec<Node>,
    queue: BTreeMap<(Instant, u64), Event>,
    sequence: u64,
    /// Numbers, and where they ring.
    pub numbers: HashMap<String, (usize, InterfaceName)>,
    calls: Vec<SwitchCall>,
    lines: HashMap<Line, Line>,
    last_reference: u32,
    pub radius: radius::Server,
    /// What routers have answered to dynamic authorization.
    pub answers: Vec<Vec<u8>>,
    /// Whether a datagram is lost.
    pub lose: Loss,
}

impl World {
    pub fn new() -> Self {
        World {
            now: Instant::from_start(Duration::from_secs(1)),
            nodes: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            numbers: HashMap::new(),
            calls: Vec::new(),
            lines: HashMap::new(),
            last_reference: 0,
            radius: radius::Server::default(),
            answers: Vec::new(),
            lose: Box::new(|_, _| false),
        }
    }

    pub fn add(&mut self, seed: u64, address: Option<[u8; 4]>, config: RouterConfig) -> usize {
        self.add_with(Box::new(Seeded::new(seed)), address, config)
    }

    pub fn add_with(
        &mut self,
        entropy: Box<dyn Entropy + Send>,
        address: Option<[u8; 4]>,
        config: RouterConfig,
    ) -> usize {
        let mut engine = Engine::new(entropy);
        for switch in Switch::ALL {
            engine.set_debug(switch, !matches!(switch, Switch::PppPacket | Switch::L2xData));
        }
        let node = Node {
            engine,
            address: address.map(Ipv4Addr::from),
            lines: Vec::new(),
            wires: HashMap::new(),
            tuns: BTreeMap::new(),
            addresses: BTreeMap::new(),
            routes: Vec::new(),
            sources: BTreeMap::new(),
            sockets: Vec::new(),
            refuse: |_| false,
            outcomes: Vec::new(),
            ended_terminals: Vec::new(),
            echoes: HashMap::new(),
            received: 0,
            sent: 0,
        };
        self.nodes.push(node);
        let at = self.nodes.len() - 1;
        self.configure(at, config);
        at
    }

    pub fn configure(&mut self, node: usize, config: RouterConfig) {
        self.nodes[node].engine.configure(self.now, Arc::new(config));
        self.drain(node);
    }

    /// Changes a router's configuration.
    pub fn change(&mut self, node: usize, change: impl FnOnce(&mut RouterConfig)) {
        let mut config = (**self.nodes[node].engine.config()).clone();
        change(&mut config);
        self.configure(node, config);
    }

    fn at(&mut self, delay: Duration, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now + delay, self.sequence), event);
    }

    /// Runs for so long.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// The next thing that happens, if it does until `end`.
    pub fn step(&mut self, end: Instant) -> bool {
        let event = self.queue.first_key_value().map(|(key, _)| key.0);
        let timer =
            self.nodes.iter().enumerate().filter_map(|(i, n)| n.engine.next_timeout().map(|t| (t, i))).min();
        match (event, timer) {
            (Some(at), timer) if at <= end && timer.is_none_or(|(t, _)| at <= t) => {
                self.now = self.now.max(at);
                if let Some((_, event)) = self.queue.pop_first() {
                    self.deliver(event);
                }
            }
            (_, Some((at, node))) if at <= end => {
                self.now = self.now.max(at);
                self.nodes[node].engine.handle(self.now, Input::Timeout);
                self.drain(node);
            }
            _ => return false,
        }
        true
    }

    /// Runs until it is so, and not a step longer.
    pub fn until(&mut self, wanted: impl Fn(&World) -> bool) {
        let end = self.now + Duration::from_secs(20);
        while !wanted(self) {
            assert!(self.step(end), "it does not come");
        }
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.run(Duration::from_secs(seconds));
    }

    fn deliver(&mut self, event: Event) {
        let to = match event {
            Event::Datagram { to, socket, local, remote, bytes } => {
                let input = Input::Datagram { socket, local, remote, bytes: &bytes };
                self.nodes[to].engine.handle(self.now, input);
                to
            }
            Event::Frame { to, controller, channel, frame } => {
                let port = self.nodes[to].wires.iter().find_map(|(id, w)| {
                    let here = w
                        .channel
                        .as_ref()
                        .is_some_and(|c| c.controller == controller && c.channel == channel);
                    here.then_some(*id)
                });
                if let Some(port) = port {
                    self.frame_in(to, port, &frame, true);
                }
                to
            }
            Event::Data { to, tunnel, session, frame } => {
                let port = self.nodes[to].wires.iter().find_map(|(id, w)| {
                    let path = w.session.as_ref()?;
                    (path.id.tunnel.0 == tunnel && path.id.session == session).then_some(*id)
                });
                if let Some(port) = port {
                    self.frame_in(to, port, &frame, false);
                }
                to
            }
            Event::Signal { to, controller, message } => {
                self.nodes[to].engine.handle(self.now, Input::Signal { controller, message });
                to
            }
            Event::Host { to, event } => {
                self.nodes[to].engine.handle(self.now, Input::Host(event));
                to
            }
            Event::EchoTimeout { to, key, id } => {
                if self.nodes[to].echoes.get(&key).is_some_and(|(i, _)| *i == id) {
                    self.nodes[to].echoes.remove(&key);
                    self.nodes[to].engine.handle(self.now, Input::Host(HostEvent::EchoTimeout(id)));
                }
                to
            }
        };
        self.drain(to);
    }

    /// The data plane: a frame arrives on a port, from its channel or from its session.
    fn frame_in(&mut self, node: usize, port: InterfaceId, frame: &[u8], from_channel: bool) {
        let Some(wire) = self.nodes[node].wires.get(&port) else { return };
        if let Some(counters) = &wire.counters {
            counters.packets_in.fetch_add(1, Ordering::Relaxed);
            counters.octets_in.fetch_add(frame.len() as u64, Ordering::Relaxed);
            if wire.spliced && frame.starts_with(&[0, 0x21]) {
                counters.last_activity.store(self.now.since_start().as_secs(), Ordering::Relaxed);
            }
        }
        if wire.spliced {
            self.frame_out(node, port, frame.to_vec(), !from_channel);
        } else if wire.tun.is_some() && frame.starts_with(&[0, 0x21]) {
            self.ip_in(node, frame[2..].to_vec());
        } else {
            self.nodes[node].engine.handle(self.now, Input::Frame { port, frame });
        }
    }

    fn frame_out(&mut self, node: usize, port: InterfaceId, frame: Vec<u8>, to_channel: bool) {
        let Some(wire) = self.nodes[node].wires.get(&port) else { return };
        if let Some(counters) = &wire.counters {
            counters.packets_out.fetch_add(1, Ordering::Relaxed);
        }
        if to_channel {
            let Some(channel) = &wire.channel else { return };
            let here = (node, channel.controller.clone(), channel.channel);
            if let Some((to, controller, channel)) = self.lines.get(&here).cloned() {
                self.at(LATENCY, Event::Frame { to, controller, channel, frame });
            }
        } else if let Some(path) = &wire.session {
            let (tunnel, session) = (path.remote_tunnel, path.remote_session);
            if let Some(to) = self.node_at(path.remote.ip()) {
                self.at(LATENCY, Event::Data { to, tunnel, session, frame });
            }
        }
    }

    fn node_at(&self, address: IpAddr) -> Option<usize> {
        self.nodes.iter().position(|n| n.address.map(IpAddr::V4) == Some(address))
    }

    /// The kernel of a node gets an IP packet.
    fn ip_in(&mut self, node: usize, mut packet: Vec<u8>) {
        let destination = Ipv4Addr::new(packet[16], packet[17], packet[18], packet[19]);
        let own = self.nodes[node].addresses.keys().any(|a| a.addr() == destination);
        if !own {
            return self.ip_out(node, packet);
        }
        self.nodes[node].received += 1;
        let source = Ipv4Addr::new(packet[12], packet[13], packet[14], packet[15]);
        if packet[20] == 8 {
            packet[20] = 0;
            packet[12..16].copy_from_slice(&destination.octets());
            packet[16..20].copy_from_slice(&source.octets());
            self.ip_out(node, packet);
        } else if let Some((id, at)) = self.nodes[node].echoes.remove(&(source, packet[21])) {
            let time = self.now.duration_since(at);
            self.nodes[node].engine.handle(self.now, Input::Host(HostEvent::EchoReply(id, time)));
            self.drain(node);
        }
    }

    /// The kernel of a node sends an IP packet.
    pub fn ip_out(&mut self, node: usize, packet: Vec<u8>) {
        let destination = Ipv4Addr::new(packet[16], packet[17], packet[18], packet[19]);
        if self.nodes[node].addresses.keys().any(|a| a.addr() == destination) {
            return self.ip_in(node, packet);
        }
        let connected = self.nodes[node].addresses.iter().map(|(net, id)| (net.trunc(), *id));
        let all = self.nodes[node].routes.iter().copied().chain(connected);
        let best = all.filter(|(net, _)| net.contains(&destination)).max_by_key(|(net, _)| net.prefix_len());
        let Some((_, interface)) = best else { return };
        let port = self.nodes[node].wires.iter().find(|(_, w)| w.tun == Some(interface)).map(|(id, _)| *id);
        match port {
            Some(port) => self.port_out(node, port, &packet),
            None if self.nodes[node].tuns.contains_key(&interface) => {
                self.nodes[node]
                    .engine
                    .handle(self.now, Input::Host(HostEvent::Packet { interface, packet }));
                self.drain(node);
            }
            None => {}
        }
    }

    fn port_out(&mut self, node: usize, port: InterfaceId, packet: &[u8]) {
        let seconds = self.now.since_start().as_secs();
        let Some(wire) = self.nodes[node].wires.get(&port) else { return };
        if let Some(counters) = &wire.counters {
            counters.last_activity.store(seconds, Ordering::Relaxed);
        }
        let to_channel = wire.channel.is_some();
        self.frame_out(node, port, [&[0, 0x21], packet].concat(), to_channel);
    }

    /// Carries out what an engine has put out.
    pub fn drain(&mut self, node: usize) {
        while let Some(output) = self.nodes[node].engine.poll() {
            match output {
                Output::Act(Action::Datagram { socket, local, remote, bytes }) => {
                    self.datagram(node, socket, local, remote, bytes)
                }
                Output::Act(Action::Frame { port, frame }) => {
                    let to_channel = self.nodes[node].wires.get(&port).is_some_and(|w| w.channel.is_some());
                    self.frame_out(node, port, frame, to_channel);
                }
                Output::Act(Action::Packet { port, packet }) => self.port_out(node, port, &packet),
                Output::Act(Action::Signal { controller, message }) => {
                    self.switch(node, &controller, message)
                }
                Output::Act(Action::Forward(command)) => self.forward(node, command),
                Output::Act(Action::Host(id, request)) => self.host(node, id, request),
                Output::Log(LogLine::Debug(_, text) | LogLine::Syslog { text, .. }) => {
                    let now = self.now;
                    self.nodes[node].lines.push((now, text));
                }
                Output::Echo(_, outcome) => self.nodes[node].outcomes.push(outcome),
                Output::EndTerminal(line) => self.nodes[node].ended_terminals.push(line),
                Output::Login(..) => panic!("nobody sits at a line"),
                Output::Arp(..) => panic!("nobody has asked for the table of ARP"),
                Output::AaaTested(..) => panic!("nobody has tested AAA"),
            }
        }
    }

    fn datagram(&mut self, node: usize, socket: Socket, local: IpAddr, remote: SocketAddr, bytes: Vec<u8>) {
        if !self.nodes[node].sockets.contains(&socket) {
            return;
        }
        let own = self.nodes[node].address.map_or(local, IpAddr::V4);
        if socket == Socket::DynamicAuthor {
            self.answers.push(bytes);
            return;
        }
        if let Socket::Radius(_) = socket {
            if let Some(reply) = self.radius.answer(own, &bytes) {
                let event = Event::Datagram { to: node, socket, local: own, remote, bytes: reply };
                self.at(LATENCY * 2, event);
            }
            return;
        }
        self.nodes[node].sent += 1;
        if (self.lose)(node, &bytes) {
            return;
        }
        let Some(to) = self.node_at(remote.ip()) else { return };
        if remote.port() == PORT && self.nodes[to].sockets.contains(&Socket::L2tp) {
            let from = SocketAddr::new(own, PORT);
            self.at(LATENCY, Event::Datagram { to, socket, local: remote.ip(), remote: from, bytes });
        }
    }

    /// The ISDN switch.
    fn switch(&mut self, node: usize, controller: &InterfaceName, message: IsdnMessage) {
        match message {
            IsdnMessage::Setup { call, called, calling, digital, speed, .. } => {
                let Some((to, far)) = self.numbers.get(&called).cloned() else {
                    let message = IsdnMessage::Disconnect { call, cause: 1 };
                    return self
                        .at(LATENCY, Event::Signal { to: node, controller: controller.clone(), message });
                };
                self.last_reference += 1;
                let reference = CallRef(self.last_reference);
                let near = (node, controller.clone(), call, None);
                self.calls.push(SwitchCall { ends: [near, (to, far.clone(), reference, None)] });
                let message =
                    IsdnMessage::Setup { call: reference, called, calling, digital, speed, channel: None };
                self.at(LATENCY, Event::Signal { to, controller: far, message });
            }
            IsdnMessage::Connect { call, channel } => {
                let found = self.calls.iter_mut().find(|c| c.ends[1].0 == node && c.ends[1].2 == call);
                let Some(found) = found else { return };
                found.ends[1].3 = channel;
                let (to, far, reference, _) = found.ends[0].clone();
                let used: Vec<u8> =
                    self.lines.keys().filter(|l| l.0 == to && l.1 == far).map(|l| l.2).collect();
                let free = (1..=2).find(|c| !used.contains(c)).unwrap_or(1);
                if let Some(found) =
                    self.calls.iter_mut().find(|c| c.ends[1].0 == node && c.ends[1].2 == call)
                {
                    found.ends[0].3 = Some(free);
                }
                let (a, b) = ((to, far.clone(), free), (node, controller.clone(), channel.unwrap_or(0)));
                self.lines.insert(a.clone(), b.clone());
                self.lines.insert(b, a);
                let message = IsdnMessage::Connect { call: reference, channel: Some(free) };
                self.at(LATENCY, Event::Signal { to, controller: far, message });
            }
            IsdnMessage::Disconnect { call, cause } => {
                let at = self
                    .calls
                    .iter()
                    .position(|c| c.ends.iter().any(|e| e.0 == node && e.2 == call && e.1 == *controller));
                let Some(at) = at else { return };
                let gone = self.calls.remove(at);
                for (end, controller, reference, channel) in gone.ends {
                    if let Some(channel) = channel {
                        self.lines.remove(&(end, controller.clone(), channel));
                    }
                    if !(end == node && reference == call) {
                        let message = IsdnMessage::Disconnect { call: reference, cause };
                        self.at(LATENCY, Event::Signal { to: end, controller, message });
                    }
                }
            }
        }
    }

    fn forward(&mut self, node: usize, command: ForwardCommand) {
        let wires = &mut self.nodes[node].wires;
        match command {
            ForwardCommand::AttachChannel { port, channel, counters } => {
                let wire = Wire { channel: Some(channel), counters: Some(counters), ..Wire::default() };
                wires.insert(port, wire);
            }
            ForwardCommand::AttachSession { port, session } => {
                let DataSession { path, counters, .. } = session;
                wires.insert(port, Wire { session: Some(path), counters: Some(counters), ..Wire::default() });
            }
            ForwardCommand::OpenNetwork { port, tun, .. } => {
                assert!(self.nodes[node].tuns.contains_key(&tun), "a network opened without its TUN");
                if let Some(wire) = self.nodes[node].wires.get_mut(&port) {
                    wire.tun = Some(tun);
                }
            }
            ForwardCommand::CloseNetwork { port } => {
                if let Some(wire) = wires.get_mut(&port) {
                    wire.tun = None;
                }
            }
            ForwardCommand::Splice { port, session } => {
                if let Some(wire) = wires.get_mut(&port) {
                    wire.session = Some(session.path);
                    wire.spliced = true;
                }
            }
            ForwardCommand::SetAccm { port, accm } => {
                if let Some(wire) = wires.get_mut(&port) {
                    wire.accm = Some(accm);
                }
            }
            ForwardCommand::Observe { .. } | ForwardCommand::Route { .. } | ForwardCommand::ForgetRoutes => {}
            ForwardCommand::Detach { port } => {
                wires.remove(&port);
            }
        }
    }

    fn host(&mut self, node: usize, id: RequestId, request: HostRequest) {
        let event = if (self.nodes[node].refuse)(&request) {
            HostEvent::Refused(id, "refused by the test".to_owned())
        } else if let HostRequest::Echo { destination, source, sequence, timeout, .. } = request {
            return self.echo(node, id, destination, source, sequence, timeout);
        } else {
            if let HostRequest::BindDevice { interface, .. } = request {
                let event = HostEvent::Carrier { interface, up: true };
                self.at(Duration::from_millis(2), Event::Host { to: node, event });
            }
            match self.nodes[node].carry_out(request) {
                Ok(()) => HostEvent::Done(id),
                Err(text) => HostEvent::Refused(id, text.to_owned()),
            }
        };
        self.at(Duration::from_millis(1), Event::Host { to: node, event });
    }

    fn echo(
        &mut self,
        node: usize,
        id: RequestId,
        destination: Ipv4Addr,
        source: Option<Ipv4Addr>,
        sequence: u16,
        timeout: Duration,
    ) {
        let own = self.nodes[node].addresses.keys().next().map(|a| a.addr());
        let source = source.or(own).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let key = (destination, sequence as u8);
        self.nodes[node].echoes.insert(key, (id, self.now));
        self.at(timeout, Event::EchoTimeout { to: node, key, id });
        let mut packet = vec![0x45, 0, 0, 22, 0, 0, 0, 0, 255, 1, 0, 0];
        packet.extend(source.octets());
        packet.extend(destination.octets());
        packet.extend([8, sequence as u8]);
        self.ip_out(node, packet);
    }

    /// `ping` of five packets, one after the other.
    pub fn ping(&mut self, node: usize, destination: [u8; 4]) -> String {
        self.nodes[node].outcomes.clear();
        for sequence in 0..5 {
            let timeout = Duration::from_secs(2);
            self.nodes[node].engine.ping(self.now, destination.into(), None, sequence, 100, timeout);
            self.drain(node);
            let before = self.nodes[node].outcomes.len();
            for _ in 0..60 {
                if self.nodes[node].outcomes.len() > before {
                    break;
                }
                self.run(Duration::from_millis(50));
            }
        }
        let mark = |o: &EchoOutcome| match o {
            EchoOutcome::Reply(_) => '!',
            EchoOutcome::Timeout => '.',
            EchoOutcome::Unreachable => 'U',
        };
        self.nodes[node].outcomes.iter().map(mark).collect()
    }

    /// The lines of a node, one text each; dumps and cloned configuration stay behind their first line.
    pub fn log(&self, node: usize) -> Vec<&str> {
        self.nodes[node].lines.iter().map(|(_, text)| text.as_str()).collect()
    }

    pub fn has(&self, node: usize, text: &str) -> bool {
        self.nodes[node].lines.iter().any(|(_, line)| line.contains(text))
    }

    /// When a line with this text was printed.
    pub fn time_of(&self, node: usize, text: &str) -> Instant {
        let line = self.nodes[node].lines.iter().find(|(_, line)| line.contains(text));
        line.unwrap_or_else(|| panic!("no line with {text}")).0
    }

    /// Ports of a node whose frames may go into a session, or come from one.
    pub fn sessions_of(&self, node: usize) -> usize {
        self.nodes[node].wires.values().filter(|w| w.session.is_some()).count()
    }

    /// The ACCM that a channel of a node was told to send with.
    pub fn accm_of(&self, node: usize) -> Option<u32> {
        self.nodes[node].wires.values().find_map(|w| w.accm)
    }

    /// Nothing of any call is left anywhere.
    pub fn assert_quiet(&self) {
        for (i, node) in self.nodes.iter().enumerate() {
            assert!(node.engine.is_quiet(), "node {i} is not quiet");
            assert!(node.wires.is_empty(), "node {i} has ports left");
        }
        assert!(self.lines.is_empty() && self.calls.is_empty());
    }
}
