//! Dialogues: two endpoints in virtual time, and scripted peers.

mod faults;
mod golden;
mod loss;
mod mutation;
mod peer;
mod peers;
mod sealed;
mod tunnels;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::trace::Recorder;
use crate::proto::{Context, Dialect, Entropy, Instant, Purpose};

/// Entropy that gives what a test wrote down for a purpose, then seeded octets.
pub struct Script {
    values: BTreeMap<Purpose, VecDeque<Vec<u8>>>,
    rest: Seeded,
}

impl Script {
    pub fn new(seed: u64) -> Self {
        Script { values: BTreeMap::new(), rest: Seeded::new(seed) }
    }

    pub fn with(mut self, purpose: Purpose, octets: &[u8]) -> Self {
        self.values.entry(purpose).or_default().push_back(octets.to_vec());
        self
    }
}

impl Entropy for Script {
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]) {
        match self.values.get_mut(&purpose).and_then(VecDeque::pop_front) {
            Some(octets) => out.copy_from_slice(&octets),
            None => self.rest.fill(purpose, out),
        }
    }
}

/// An endpoint, its owner, and what they saw.
pub struct Node {
    pub endpoint: Endpoint,
    pub entropy: Script,
    pub trace: Recorder,
    pub address: SocketAddr,
    pub config: TunnelConfig,
    /// Refuse tunnels with this.
    pub refuse: Option<ResultCode>,
    /// Do not answer requests.
    pub absent: bool,
    /// Call as soon as a tunnel is up, this often.
    pub calls: usize,
    pub events: Vec<Event>,
    /// Datagrams sent, all of them.
    pub sent: usize,
}

pub fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 51, 6, last))
}

pub fn address(last: u8) -> SocketAddr {
    SocketAddr::new(ip(last), PORT)
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn result(result: u16, error: Option<u16>) -> ResultCode {
    ResultCode { result, error, message: None }
}

pub fn config(name: &str) -> TunnelConfig {
    TunnelConfig {
        local_name: name.to_owned(),
        secret: Some("hello".to_owned()),
        retries: 5,
        ..TunnelConfig::default()
    }
}

pub fn the_call() -> (CallRequest, ConnectInfo) {
    let request = CallRequest {
        serial: 0xd114_c7c5,
        bearer_type: Some(1),
        calling_number: Some("2085730592".to_owned()),
        called_number: Some("614629".to_owned()),
        nas_port: Some("Serial0:0".to_owned()),
        ..CallRequest::default()
    };
    let info = ConnectInfo {
        tx_speed: 64000,
        rx_speed: Some(64000),
        framing_type: 2,
        last_sent_lcp: Some(hex("0305C223050506109D08F2")),
        last_received_lcp: Some(hex("05066EE4E865")),
        proxy_auth_type: Some(ProxyAuthType::Chap),
        proxy_auth_name: Some(b"2500-1".to_vec()),
        proxy_auth_challenge: Some(hex("5D0D008CB1677CF8BC354556321A7A74")),
        proxy_auth_id: Some(6),
        proxy_auth_response: Some(hex("CA1CC2E4FA6899E8DF1B695C0A80883E")),
        ..ConnectInfo::default()
    };
    (request, info)
}

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

impl Node {
    pub fn new(seed: u64, last: u8, name: &str) -> Self {
        Node {
            endpoint: Endpoint::new(),
            entropy: Script::new(seed),
            trace: Recorder::default(),
            address: address(last),
            config: config(name),
            refuse: None,
            absent: false,
            calls: 0,
            events: Vec::new(),
            sent: 0,
        }
    }

    /// Does something with the endpoint.
    pub fn with<R>(&mut self, now: Instant, f: impl FnOnce(&mut Endpoint, &mut Context) -> R) -> R {
        let mut cx = Context { now, entropy: &mut self.entropy, trace: &mut self.trace };
        f(&mut self.endpoint, &mut cx)
    }

    /// Takes outputs and plays the owner until there are no more; returns the datagrams.
    pub fn drain(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut out = Vec::new();
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Transmit { remote, bytes, .. } => out.push((remote, bytes)),
                Output::Event(event) => {
                    self.decide(now, &event);
                    self.events.push(event);
                }
            }
        }
        self.with(now, |endpoint, cx| endpoint.settle(cx));
        assert_eq!(self.endpoint.poll(), None, "settle only prints");
        self.sent += out.len();
        out
    }

    fn decide(&mut self, now: Instant, event: &Event) {
        let (config, refuse, absent, calls) =
            (self.config.clone(), self.refuse.clone(), self.absent, self.calls);
        self.with(now, |endpoint, cx| match event {
            Event::TunnelRequested { .. } | Event::CallRequested { .. } if absent => {}
            Event::TunnelRequested { tunnel, .. } => match refuse {
                Some(result) => endpoint.reject_tunnel(cx, *tunnel, result),
                None => endpoint.accept_tunnel(cx, *tunnel, config),
            },
            Event::CallRequested { session, .. } => endpoint.accept_call(cx, *session),
            Event::TunnelUp { tunnel, .. } => {
                for _ in 0..calls {
                    let (request, info) = the_call();
                    endpoint.call(cx, *tunnel, "Se0:0", request, info);
                }
            }
            Event::SessionUp { session, info: Some(_), .. } => endpoint.bind(*session, "Vi4"),
            _ => {}
        });
    }

    pub fn connect(&mut self, now: Instant, to: SocketAddr) -> TunnelId {
        let (config, local) = (self.config.clone(), self.address.ip());
        self.with(now, |endpoint, cx| endpoint.connect(cx, config, local, to))
    }

    pub fn count(&self, f: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|e| f(e)).count()
    }

    pub fn up(&self) -> usize {
        self.count(|e| matches!(e, Event::SessionUp { .. }))
    }

    /// Why tunnels went down, in order.
    pub fn tunnel_ends(&self) -> Vec<DownCause> {
        let end = |e: &Event| match e {
            Event::TunnelDown { cause, .. } => Some(cause.clone()),
            _ => None,
        };
        self.events.iter().filter_map(end).collect()
    }

    /// Why sessions went down, in order.
    pub fn session_ends(&self) -> Vec<DownCause> {
        let end = |e: &Event| match e {
            Event::SessionDown { cause, .. } => Some(cause.clone()),
            _ => None,
        };
        self.events.iter().filter_map(end).collect()
    }

    pub fn printed(&self, line: &str) -> bool {
        self.trace.lines.iter().any(|l| l.contains(line))
    }
}

/// Two nodes and the network between them.
pub struct Pair {
    pub lac: Node,
    pub lns: Node,
    pub now: Instant,
    pub random: Seeded,
    /// Datagrams lost, in percent.
    pub loss: u64,
    /// Datagrams delivered twice, in percent.
    pub duplication: u64,
    /// Datagrams damaged on their way, in percent.
    pub damage: u64,
    /// Shortest and longest way, milliseconds: a spread reorders.
    pub latency: (u64, u64),
    wire: BTreeMap<(Instant, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    serial: u64,
}

impl Pair {
    pub fn new(seed: u64) -> Self {
        Pair {
            lac: Node::new(seed, 68, "hgw"),
            lns: Node::new(!seed, 82, "l2tp-gw"),
            now: Instant::ZERO,
            random: Seeded::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d)),
            loss: 0,
            duplication: 0,
            damage: 0,
            latency: (10, 10),
            wire: BTreeMap::new(),
            serial: 0,
        }
    }

    /// A LAC with a tunnel and `calls` sessions, a second after it began.
    pub fn connected(seed: u64, calls: usize) -> Self {
        let mut pair = Pair::new(seed);
        pair.lac.calls = calls;
        pair.connect();
        pair.run(seconds(1));
        assert_eq!((pair.lac.up(), pair.lns.up()), (calls, calls));
        pair
    }

    pub fn connect(&mut self) -> TunnelId {
        let to = self.lns.address;
        let tunnel = self.lac.connect(self.now, to);
        self.carry();
        tunnel
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.random.next_u64() % 100 < percent
    }

    /// Puts what both nodes have to send on the wire.
    pub fn carry(&mut self) {
        for lac in [true, false] {
            let node = if lac { &mut self.lac } else { &mut self.lns };
            let from = node.address;
            for (to, bytes) in node.drain(self.now) {
                let copies = 1 + usize::from(self.chance(self.duplication));
                for _ in 0..copies {
                    if !self.chance(self.loss) {
                        let (low, high) = self.latency;
                        let delay = low + self.random.next_u64() % (high - low + 1);
                        let mut bytes = bytes.clone();
                        if self.chance(self.damage) {
                            mutation::damage(&mut self.random, &mut bytes);
                        }
                        self.inject_after(Duration::from_millis(delay), from, to, bytes);
                    }
                }
            }
        }
    }

    pub fn inject_after(&mut self, delay: Duration, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.serial += 1;
        self.wire.insert((self.now + delay, self.serial), (from, to, bytes));
    }

    /// Lets `time` pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.carry();
            let wire = self.wire.first_key_value().map(|(k, _)| k.0);
            let timers = crate::proto::time::earliest(
                self.lac.endpoint.next_timeout(),
                self.lns.endpoint.next_timeout(),
            );
            let Some(next) = crate::proto::time::earliest(wire, timers).filter(|&t| t <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if wire == Some(next) {
                let Some((_, (from, to, bytes))) = self.wire.pop_first() else { continue };
                self.deliver(from, to, &bytes);
            } else {
                for node in [&mut self.lac, &mut self.lns] {
                    node.with(self.now, |endpoint, cx| endpoint.handle_timeout(cx));
                }
            }
        }
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        for node in [&mut self.lac, &mut self.lns] {
            if node.address.ip() == to.ip() {
                node.with(self.now, |endpoint, cx| endpoint.handle_datagram(cx, to.ip(), from, bytes));
            }
        }
    }

    pub fn quiet(&self) -> bool {
        self.lac.endpoint.is_quiet() && self.lns.endpoint.is_quiet()
    }

    /// The first session of the LAC.
    pub fn session(&self) -> SessionId {
        self.lac.endpoint.sessions()[0].id
    }
}
