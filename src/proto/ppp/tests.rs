//! Whole links against each other and against garbage, in virtual time.

mod authentication;
mod garbage;
mod golden;
mod negotiation;

use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::{Context, Dialect, Entropy, Instant, Purpose, Switch, Trace};
use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// Gives what was planned for a purpose, in order, then pseudo-random octets.
struct Scripted {
    planned: HashMap<Purpose, VecDeque<Vec<u8>>>,
    rest: Seeded,
}

impl Scripted {
    fn new(seed: u64, planned: &[(Purpose, &[u8])]) -> Self {
        let mut map: HashMap<Purpose, VecDeque<Vec<u8>>> = HashMap::new();
        for (purpose, octets) in planned {
            map.entry(*purpose).or_default().push_back(octets.to_vec());
        }
        Scripted { planned: map, rest: Seeded::new(seed) }
    }
}

impl Entropy for Scripted {
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]) {
        match self.planned.get_mut(&purpose).and_then(VecDeque::pop_front) {
            Some(planned) => out.copy_from_slice(&planned),
            None => self.rest.fill(purpose, out),
        }
    }
}

/// Keeps the lines of some switches.
struct Lines {
    dialect: Dialect,
    switches: Vec<Switch>,
    lines: Vec<String>,
}

impl Trace for Lines {
    fn enabled(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn print(&mut self, _: Switch, text: String) {
        self.lines.push(text);
    }
}

/// A link with an owner that answers its questions at once.
struct Side {
    link: Link,
    entropy: Scripted,
    trace: Lines,
    events: Vec<Event>,
    transmitted: Vec<Vec<u8>>,
    /// The password of every user, for what the peer proves.
    password: &'static [u8],
    /// The secret for what the peer asks; `None` for none.
    secret: Option<&'static [u8]>,
    address: AddressDecision,
    /// Leave `Authenticate` to the test.
    hold: bool,
}

impl Side {
    fn new(config: LinkConfig, seed: u64) -> Self {
        let label = if config.direction == Direction::Callout { "BR0:1" } else { "Vi4" };
        Side {
            link: Link::new(label.into(), Arc::new(config)),
            entropy: Scripted::new(seed, &[]),
            trace: Lines {
                dialect: Dialect::V12_0,
                switches: vec![Switch::PppNegotiation, Switch::PppAuthentication, Switch::VpdnEvent],
                lines: Vec::new(),
            },
            events: Vec::new(),
            transmitted: Vec::new(),
            password: b"cisco",
            secret: Some(b"cisco"),
            address: AddressDecision::Accept,
            hold: false,
        }
    }

    fn with<R>(&mut self, now: Instant, call: impl FnOnce(&mut Link, &mut Context) -> R) -> R {
        let mut cx = Context { now, entropy: &mut self.entropy, trace: &mut self.trace };
        let result = call(&mut self.link, &mut cx);
        self.settle(now);
        result
    }

    fn settle(&mut self, now: Instant) {
        while let Some(output) = self.link.poll() {
            let event = match output {
                Output::Transmit(frame) => {
                    self.transmitted.push(frame);
                    continue;
                }
                Output::Event(event) => event,
            };
            self.events.push(event.clone());
            let mut cx = Context { now, entropy: &mut self.entropy, trace: &mut self.trace };
            match event {
                Event::Authenticate(credentials) if !self.hold => {
                    self.link.authenticated(&mut cx, verify(&credentials, self.password));
                }
                Event::SecretWanted { .. } => self.link.secret(&mut cx, self.secret),
                Event::Ready => self.link.start_ipcp(&mut cx),
                Event::PeerAddress(_) => self.link.peer_address(&mut cx, self.address),
                Event::LcpUp(_)
                | Event::Authenticate(_)
                | Event::NetworkUp(_)
                | Event::NetworkDown
                | Event::AuthenticationRefused { .. }
                | Event::Finished(_) => {}
            }
        }
    }

    fn network(&self) -> Option<&NetworkInfo> {
        self.events.iter().rev().find_map(|e| match e {
            Event::NetworkUp(info) => Some(info),
            _ => None,
        })
    }

    fn finished(&self) -> Option<FinishCause> {
        self.events.iter().find_map(|e| match e {
            Event::Finished(cause) => Some(*cause),
            _ => None,
        })
    }
}

/// Two links and a line between them.
struct Pair {
    now: Instant,
    sides: [Side; 2],
    line: VecDeque<(Instant, usize, Vec<u8>)>,
    loss: Seeded,
    /// Frames lost, of 256.
    lost: u64,
    /// Frames of which an octet is changed on the way, of 256. (A line has an FCS against it; a tunnel has not.)
    damaged: u64,
    delay: Duration,
}

impl Pair {
    fn new(a: Side, b: Side) -> Self {
        Pair {
            now: Instant::ZERO,
            sides: [a, b],
            line: VecDeque::new(),
            loss: Seeded::new(99),
            lost: 0,
            damaged: 0,
            delay: Duration::from_millis(20),
        }
    }

    fn up(&mut self) {
        for side in [0, 1] {
            self.call(side, |link, cx| link.lower_up(cx));
        }
    }

    fn call<R>(&mut self, side: usize, call: impl FnOnce(&mut Link, &mut Context) -> R) -> R {
        let result = self.sides[side].with(self.now, call);
        for mut frame in std::mem::take(&mut self.sides[side].transmitted) {
            if self.loss.next_u64() & 255 < self.damaged {
                let at = self.loss.next_u64() as usize % frame.len();
                frame[at] ^= 1 << (self.loss.next_u64() % 8);
            }
            if self.loss.next_u64() & 255 >= self.lost {
                self.line.push_back((self.now + self.delay, 1 - side, frame));
            }
        }
        result
    }

    /// Runs for `seconds` of virtual time.
    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let frame = self.line.front().map(|(at, ..)| *at);
            let timers = [0, 1].map(|side| self.sides[side].link.next_timeout());
            let Some(next) = [frame, timers[0], timers[1]].into_iter().flatten().min() else { break };
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if frame == Some(next)
                && let Some((_, side, frame)) = self.line.pop_front()
            {
                self.call(side, |link, cx| link.receive(cx, &frame));
            } else {
                for side in [0, 1] {
                    self.call(side, |link, cx| link.handle_timeout(cx));
                }
            }
        }
        self.now = end;
    }
}

const SOHO: Ipv4Addr = Ipv4Addr::new(10, 10, 53, 2);
const LNS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);

fn ipcp(local: Ipv4Addr) -> Option<IpcpConfig> {
    Some(IpcpConfig { local, ..IpcpConfig::default() })
}

/// The documented remote user: calls out, offers VJ with 15 slots.
fn client() -> LinkConfig {
    LinkConfig {
        direction: Direction::Callout,
        local_name: "2500-1".into(),
        ipcp: Some(IpcpConfig { local: SOHO, vj_slots: Some(15), ..IpcpConfig::default() }),
        ..LinkConfig::default()
    }
}

/// An access server that terminates PPP itself.
fn server(authentication: &[AuthProtocol]) -> LinkConfig {
    LinkConfig {
        authentication: authentication.to_vec(),
        local_name: "1600-3".into(),
        ipcp: ipcp(LNS),
        ..LinkConfig::default()
    }
}
