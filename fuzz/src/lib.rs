//! What every fuzz target does with its octets: one function per decoder, each a property that must hold for any
//! input. A target is one call of one of them, so that a reproducer can be replayed from a test as well.

mod aaa;

pub use aaa::*;

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use vpdnsh::cli::{self, Clearance, Form};
use vpdnsh::config::{Store, Verdict, nvgen};
use vpdnsh::engine::{ChannelId, DataSession, ForwardCommand, InterfaceId};
use vpdnsh::forward::{Delivery, Fate, Table};
use vpdnsh::grammar::Mode;
use vpdnsh::grammar::command::MODES;
use vpdnsh::grammar::value::{InterfaceKind, InterfaceName};
use vpdnsh::proto::cursor::Reader;
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::l2tp::{self, Packet, Prefix, data, header, hidden, message};
use vpdnsh::proto::ppp::{self, AddressDecision, AuthProtocol, Direction, IpcpConfig, LinkConfig, Phase};
use vpdnsh::proto::time::earliest;
use vpdnsh::proto::{Context, Dialect, Instant, Switch, Trace, hdlc};
use vpdnsh::router::ConsoleOutput;
use vpdnsh::terminal::vty::Vty;

const SECRET: &[u8] = b"hello";
const LAC: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 68);
const LNS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);

/// A trace with every switch on that throws its lines away: whatever is debugged is formatted.
struct Loud(Dialect);

impl Trace for Loud {
    fn enabled(&self, _: Switch) -> bool {
        true
    }
    fn dialect(&self) -> Dialect {
        self.0
    }
    fn print(&mut self, _: Switch, _: String) {}
}

/// Runs `call` with a context of this moment.
fn with<R>(now: Instant, entropy: &mut Seeded, call: impl FnOnce(&mut Context) -> R) -> R {
    call(&mut Context { now, entropy, trace: &mut Loud(Dialect::V12_0) })
}

/// The octets of a script: what has been used up reads as nothing.
struct Script<'a>(Reader<'a>);

impl<'a> Script<'a> {
    fn new(octets: &'a [u8]) -> Self {
        Script(Reader::new(octets))
    }

    fn step(&mut self) -> Option<u8> {
        self.0.u8().ok()
    }

    fn octet(&mut self) -> u8 {
        self.step().unwrap_or(0)
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// A run of octets whose first one is its length.
    fn run(&mut self) -> &'a [u8] {
        let n = usize::from(self.octet()).min(self.0.len());
        self.0.take(n).unwrap_or_default()
    }
}

/// L2TP: the header of any datagram; a control header that was understood survives.
pub fn l2tp_header(octets: &[u8]) {
    if let Packet::Control { header, body, len, .. } = header::classify(octets) {
        assert!(usize::from(len) <= octets.len());
        let again = header::encode_control(&header, body);
        let Packet::Control { header: h, body: b, .. } = header::classify(&again) else {
            panic!("not control")
        };
        assert_eq!((h, b), (header, body));
    }
}

/// L2TP: a data header that was understood survives, and its payload lies within the datagram.
pub fn l2tp_data(octets: &[u8]) {
    if let Ok((header, payload)) = data::decode_data(octets) {
        assert!(header.len() + payload.len() <= octets.len());
        assert_eq!(data::decode_data(&data::encode_data(&header, payload)), Ok((header, payload)));
    }
}

/// L2TP: a message that was understood can be written, and what was written says the same.
pub fn l2tp_message(octets: &[u8]) {
    let Some((&choice, body)) = octets.split_first() else { return };
    let secret = (choice & 1 != 0).then_some(SECRET);
    let decode = |body: &[u8]| {
        with(Instant::ZERO, &mut Seeded::new(0), |cx| message::decode(cx, Prefix::L2x, body, secret))
    };
    message::sealed(body);
    let Ok(message) = decode(body) else { return };
    // Text that is not UTF-8 grows when it is read: beyond this it might no longer fit an AVP.
    if body.len() < 300 {
        assert_eq!(decode(&message.encode(None)).as_ref(), Ok(&message));
        if choice & 2 != 0 {
            let mut hiding = message::Hiding { secret: SECRET, entropy: &mut Seeded::new(1) };
            let hidden = message.encode(Some(&mut hiding));
            let read = with(Instant::ZERO, &mut Seeded::new(0), |cx| {
                message::decode(cx, Prefix::L2x, &hidden, Some(SECRET))
            });
            assert_eq!(read.as_ref(), Ok(&message));
        }
    }
}

/// L2TP: a hidden value lies within the octets that it was read from, and hides again.
pub fn l2tp_hidden(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (number, secret, vector) = (script.word(), script.run(), script.run());
    let hidden_octets = script.0.rest();
    if let Ok(value) = hidden::reveal(number, secret, vector, hidden_octets) {
        assert!(value.len() + 2 <= hidden_octets.len());
        let again = hidden::hide(number, secret, vector, &value, &[]);
        assert_eq!(hidden::reveal(number, secret, vector, &again), Ok(value));
    }
}

/// An L2TP endpoint and an owner that takes everything.
struct Node {
    endpoint: l2tp::Endpoint,
    entropy: Seeded,
    address: SocketAddr,
    config: l2tp::TunnelConfig,
    /// Sessions that the owner was told are up.
    up: BTreeSet<l2tp::SessionId>,
    tunnels: Vec<l2tp::TunnelId>,
}

impl Node {
    fn new(seed: u64, address: Ipv4Addr, name: &str, hidden: bool) -> Self {
        let config = l2tp::TunnelConfig {
            local_name: name.to_owned(),
            secret: Some("hello".to_owned()),
            hidden,
            ..l2tp::TunnelConfig::default()
        };
        Node {
            endpoint: l2tp::Endpoint::new(),
            entropy: Seeded::new(seed),
            address: SocketAddr::from((address, l2tp::PORT)),
            config,
            up: BTreeSet::new(),
            tunnels: Vec::new(),
        }
    }

    fn with<R>(&mut self, now: Instant, call: impl FnOnce(&mut l2tp::Endpoint, &mut Context) -> R) -> R {
        let Node { endpoint, entropy, .. } = self;
        with(now, entropy, |cx| call(endpoint, cx))
    }

    fn drain(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut out = Vec::new();
        while let Some(output) = self.endpoint.poll() {
            match output {
                l2tp::Output::Transmit { remote, bytes, .. } => out.push((remote, bytes)),
                l2tp::Output::Event(event) => self.decide(now, event),
            }
        }
        self.with(now, |endpoint, cx| endpoint.settle(cx));
        assert!(self.endpoint.poll().is_none(), "settling only arms a timer");
        out
    }

    fn decide(&mut self, now: Instant, event: l2tp::Event) {
        let config = self.config.clone();
        match event {
            l2tp::Event::TunnelRequested { tunnel, .. } => {
                self.with(now, |endpoint, cx| endpoint.accept_tunnel(cx, tunnel, config));
            }
            l2tp::Event::CallRequested { session, .. } => {
                self.with(now, |endpoint, cx| endpoint.accept_call(cx, session));
            }
            l2tp::Event::TunnelUp { tunnel, .. } => self.tunnels.push(tunnel),
            l2tp::Event::TunnelDown { tunnel, .. } => {
                self.tunnels.retain(|t| *t != tunnel);
                assert!(self.up.iter().all(|s| s.tunnel != tunnel), "sessions end before their tunnel");
            }
            l2tp::Event::SessionUp { session, .. } => {
                // It may be gone already: messages that were early are processed together, ICCN and CDN alike.
                assert!(self.up.insert(session), "a session comes up once");
            }
            l2tp::Event::SessionDown { session, .. } => {
                self.up.remove(&session);
            }
            l2tp::Event::SetLinkInfo { .. } | l2tp::Event::WanError { .. } | l2tp::Event::L2f { .. } => {}
        }
    }

    fn call(&mut self, now: Instant) {
        let Some(&tunnel) = self.tunnels.first() else { return };
        let request = l2tp::CallRequest { called_number: Some("614629".to_owned()), ..Default::default() };
        let info = l2tp::ConnectInfo { tx_speed: 64_000, framing_type: 1, ..Default::default() };
        self.with(now, |endpoint, cx| endpoint.call(cx, tunnel, "Se0:0", request, info));
    }
}

/// Two endpoints and a wire that the script handles.
struct Pair {
    nodes: [Node; 2],
    wire: VecDeque<(usize, SocketAddr, Vec<u8>)>,
    now: Instant,
}

impl Pair {
    fn carry(&mut self) {
        for at in [0, 1] {
            let from = self.nodes[at].address;
            for (to, bytes) in self.nodes[at].drain(self.now) {
                if to.ip() == self.nodes[1 - at].address.ip() {
                    self.wire.push_back((1 - at, from, bytes));
                }
            }
        }
    }

    fn deliver(&mut self, to: usize, from: SocketAddr, bytes: &[u8]) {
        let (now, local) = (self.now, self.nodes[to].address.ip());
        self.nodes[to].with(now, |endpoint, cx| endpoint.handle_datagram(cx, local, from, bytes));
        self.carry();
        for node in &self.nodes {
            let known: BTreeSet<_> = node.endpoint.sessions().into_iter().map(|s| s.id).collect();
            assert!(node.up.is_subset(&known), "the owner knows of a session that is gone");
        }
    }

    /// Delivers what is on the wire, as it is.
    fn settle(&mut self) {
        self.carry();
        for _ in 0..1000 {
            let Some((to, from, bytes)) = self.wire.pop_front() else { return };
            self.deliver(to, from, &bytes);
        }
        panic!("two endpoints that never stop talking");
    }

    /// Lets time pass with a wire that works.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        loop {
            let next = earliest(self.nodes[0].endpoint.next_timeout(), self.nodes[1].endpoint.next_timeout());
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            for node in &mut self.nodes {
                node.with(self.now, |endpoint, cx| endpoint.handle_timeout(cx));
                assert!(
                    node.endpoint.next_timeout().is_none_or(|at| at > next),
                    "a timer that is never done"
                );
            }
            self.settle();
        }
        self.now = end;
    }

    /// Somebody else hides what an SCCRQ may hide, with the secret or with another.
    fn hide(&mut self, at: usize, op: u8, script: &mut Script<'_>) {
        let sccrq = message::Sccrq {
            framing_capabilities: 3,
            host_name: "nas".to_owned(),
            assigned_tunnel: script.word(),
            ..Default::default()
        };
        let (secret, entropy) = if op & 0x40 != 0 { (SECRET, 5) } else { (&b"another"[..], 6) };
        let mut hiding = message::Hiding { secret, entropy: &mut Seeded::new(entropy) };
        let mut body = message::Message::Sccrq(sccrq).encode(Some(&mut hiding));
        if op & 0x20 != 0 {
            let position = usize::from(script.octet()) % body.len();
            body[position] = script.octet();
        }
        let header = l2tp::ControlHeader { tunnel: 0, session: 0, ns: 0, nr: 0 };
        let stranger = SocketAddr::from(([192, 0, 2, 2], l2tp::PORT));
        self.deliver(at, stranger, &header::encode_control(&header, &body));
    }

    fn step(&mut self, op: u8, script: &mut Script<'_>) {
        let at = usize::from(op >> 7);
        let peer = self.nodes[1 - at].address;
        match op & 0x0f {
            0..=2 => {
                if let Some((to, from, mut bytes)) = self.wire.pop_front() {
                    for _ in 0..op & 3 {
                        let position = usize::from(script.word());
                        let octets = bytes.len().max(1);
                        if let Some(octet) = bytes.get_mut(position % octets) {
                            *octet = script.octet();
                        }
                    }
                    self.deliver(to, from, &bytes);
                }
            }
            3 => drop(self.wire.pop_front()),
            4 => {
                if let Some(copy) = self.wire.front().cloned() {
                    self.wire.push_back(copy);
                }
            }
            5 => self.deliver(at, peer, script.run()),
            6 => {
                // A message in the right tunnel, with the next sequence number and any AVPs.
                let Some(view) = self.nodes[at].endpoint.tunnels().into_iter().next() else { return };
                let session = self.nodes[at].endpoint.sessions().first().map_or(0, |s| s.id.session);
                let session = if op & 0x40 != 0 { session } else { script.word() };
                let (ns, nr) = (view.ns_nr.1, view.ns_nr.0);
                let header = l2tp::ControlHeader { tunnel: view.id.0, session, ns, nr };
                let bytes = header::encode_control(&header, script.run());
                self.deliver(at, peer, &bytes);
            }
            7 => self.deliver(at, SocketAddr::from(([192, 0, 2, 1], script.word())), script.run()),
            8 => self.nodes[0].call(self.now),
            9 => {
                let result = l2tp::ResultCode::bare(3);
                if let Some(session) = self.nodes[at].up.pop_first() {
                    let now = self.now;
                    self.nodes[at].with(now, |endpoint, cx| endpoint.hang_up(cx, session, result));
                }
            }
            10 => self.wait(Duration::from_millis(u64::from(script.word()))),
            11 => {
                let (config, now) = (self.nodes[0].config.clone(), self.now);
                let remote = self.nodes[1].address;
                let local = IpAddr::V4(LAC);
                self.nodes[0].with(now, |endpoint, cx| endpoint.connect(cx, config, local, remote));
            }
            12 => self.hide(at, op, script),
            _ => self.settle(),
        }
        self.carry();
    }
}

/// L2TP: an established pair whose datagrams are mutated, lost, doubled and invented stays consistent, and after both
/// ends have cleared what is left and time has passed, nothing is left.
pub fn l2tp_endpoint(octets: &[u8]) {
    let mut script = Script::new(octets);
    let hidden = script.octet() & 1 != 0;
    let nodes = [Node::new(1, LAC, "hgw", hidden), Node::new(2, LNS, "l2tp-gw", hidden)];
    let mut pair = Pair { nodes, wire: VecDeque::new(), now: Instant::ZERO };
    pair.step(11, &mut script);
    pair.settle();
    pair.step(8, &mut script);
    pair.settle();
    assert!(pair.nodes.iter().all(|n| n.up.len() == 1));
    while let Some(op) = script.step() {
        pair.step(op, &mut script);
    }
    pair.settle();
    for node in &mut pair.nodes {
        for view in node.endpoint.tunnels() {
            let code = l2tp::ResultCode::bare(6);
            node.with(pair.now, |endpoint, cx| endpoint.shutdown(cx, view.id, code));
        }
    }
    pair.wait(Duration::from_secs(600));
    for node in &pair.nodes {
        assert!(
            node.endpoint.is_quiet() && node.up.is_empty(),
            "something is left: {:?}",
            node.endpoint.tunnels()
        );
    }
}

/// A PPP link and an owner that answers at once.
struct Side {
    link: ppp::Link,
    entropy: Seeded,
    sent: Vec<Vec<u8>>,
    networks: usize,
}

impl Side {
    fn new(config: LinkConfig, seed: u64) -> Self {
        let link = ppp::Link::new("".into(), Arc::new(config));
        Side { link, entropy: Seeded::new(seed), sent: Vec::new(), networks: 0 }
    }

    fn with<R>(&mut self, now: Instant, call: impl FnOnce(&mut ppp::Link, &mut Context) -> R) -> R {
        let Side { link, entropy, sent, networks } = self;
        with(now, entropy, |cx| {
            let result = call(link, cx);
            while let Some(output) = link.poll() {
                match output {
                    ppp::Output::Transmit(frame) => sent.push(frame),
                    ppp::Output::Event(event) => match event {
                        ppp::Event::Authenticate(c) => link.authenticated(cx, ppp::verify(&c, b"cisco")),
                        ppp::Event::SecretWanted { .. } => link.secret(cx, Some(b"cisco")),
                        ppp::Event::Ready => link.start_ipcp(cx),
                        ppp::Event::PeerAddress(_) => link.peer_address(cx, AddressDecision::Accept),
                        ppp::Event::NetworkUp(_) => *networks += 1,
                        ppp::Event::LcpUp(_)
                        | ppp::Event::NetworkDown
                        | ppp::Event::AuthenticationRefused { .. }
                        | ppp::Event::Finished(_) => {}
                    },
                }
            }
            result
        })
    }
}

fn links(choice: u8) -> [Side; 2] {
    let protocols = [AuthProtocol::ChapMd5, AuthProtocol::Pap, AuthProtocol::MsChap, AuthProtocol::MsChapV2];
    let protocol = protocols[usize::from(choice & 3)];
    let ipcp = |local| Some(IpcpConfig { local, vj_slots: Some(15), ..IpcpConfig::default() });
    let user = LinkConfig {
        direction: Direction::Callout,
        local_name: "2500-1".to_owned(),
        multilink: choice & 8 != 0,
        ipcp: ipcp(Ipv4Addr::new(10, 10, 53, 2)),
        ..LinkConfig::default()
    };
    let server = LinkConfig {
        local_name: "1600-3".to_owned(),
        authentication: if choice & 4 != 0 { Vec::new() } else { vec![protocol] },
        multilink: choice & 16 != 0,
        pfc: choice & 32 != 0,
        acfc: choice & 32 != 0,
        accm: (choice & 32 != 0).then_some(0x000a_0000),
        ipcp: ipcp(LNS),
        ..LinkConfig::default()
    };
    [Side::new(user, 21), Side::new(server, 22)]
}

/// Lets the links talk for `time`.
fn converse(sides: &mut [Side; 2], now: &mut Instant, time: Duration) {
    let end = *now + time;
    loop {
        for _ in 0..1000 {
            let frames = [0, 1].map(|at: usize| std::mem::take(&mut sides[at].sent));
            if frames.iter().all(Vec::is_empty) {
                break;
            }
            for (at, frames) in frames.iter().enumerate() {
                // A frame takes its time: two ends that refuse each other at once would never let the clock go on.
                *now = *now + Duration::from_millis(5);
                frames.iter().for_each(|f| sides[1 - at].with(*now, |link, cx| link.receive(cx, f)));
            }
        }
        let next = earliest(sides[0].link.next_timeout(), sides[1].link.next_timeout());
        let Some(next) = next.filter(|at| *at <= end) else { break };
        *now = (*now).max(next);
        sides.iter_mut().for_each(|s| s.with(*now, |link, cx| link.handle_timeout(cx)));
    }
    *now = (*now).max(end);
}

/// PPP: whatever frames a link has got, at whatever time, it goes down when its line does, and the next call works.
pub fn ppp_link(octets: &[u8]) {
    let mut script = Script::new(octets);
    let mut sides = links(script.octet());
    let mut now = Instant::ZERO;
    sides.iter_mut().for_each(|s| s.with(now, |link, cx| link.lower_up(cx)));
    while let Some(op) = script.step() {
        let at = usize::from(op & 1);
        match op >> 1 & 7 {
            0 => converse(&mut sides, &mut now, Duration::from_millis(u64::from(script.word()))),
            1 => {
                // One of the peer's own frames with some octets changed.
                if let Some(mut frame) = sides[1 - at].sent.pop() {
                    let octets = frame.len().max(1);
                    for _ in 0..=op >> 6 {
                        if let Some(octet) = frame.get_mut(usize::from(script.octet()) % octets) {
                            *octet = script.octet();
                        }
                    }
                    sides[at].with(now, |link, cx| link.receive(cx, &frame));
                }
            }
            2 => {
                // A known protocol, any packet.
                let protocol: [u16; 8] = [0xc021, 0xc023, 0xc223, 0x8021, 0x0021, 0x003d, 0x80fd, 0xc025];
                let mut frame = protocol[usize::from(op >> 5)].to_be_bytes().to_vec();
                frame.extend([script.octet(), script.octet()]);
                let data = script.run();
                frame.extend((data.len() as u16 + 4).to_be_bytes());
                frame.extend(data);
                sides[at].with(now, |link, cx| link.receive(cx, &frame));
            }
            3 => sides[at].with(now, |link, cx| link.renegotiate(cx)),
            4 => sides[at].with(now, |link, cx| link.close(cx)),
            _ => sides[at].with(now, |link, cx| link.receive(cx, script.run())),
        }
        let _ = (sides[at].link.view(), sides[at].link.proxy_lcp(), sides[at].link.framing());
    }
    sides.iter_mut().for_each(|s| s.with(now, |link, cx| link.lower_down(cx)));
    for side in &mut sides {
        assert_eq!((side.link.view().phase, side.link.next_timeout()), (Phase::Down, None));
        side.sent.clear();
        side.networks = 0;
    }
    sides.iter_mut().for_each(|s| s.with(now, |link, cx| link.lower_up(cx)));
    converse(&mut sides, &mut now, Duration::from_secs(5));
    assert!(sides.iter().all(|s| s.networks > 0), "the next call does not work");
}

/// PPP: options as texts, and as an LCP that a LAC has agreed.
pub fn ppp_options(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let last_sent = script.run().to_vec();
    let last_received = script.0.rest().to_vec();
    for protocol in [ppp::LCP, ppp::IPCP] {
        let _ = (ppp::option_texts(protocol, &last_sent), ppp::option_texts(protocol, &last_received));
    }
    let [_, mut lns] = links(choice);
    let proxy = ppp::ProxyLcp { initial_received: None, last_sent, last_received };
    lns.with(Instant::ZERO, |link, cx| link.lower_up(cx));
    if !lns.with(Instant::ZERO, |link, cx| link.force_lcp(cx, &proxy)) {
        lns.with(Instant::ZERO, |link, cx| link.renegotiate(cx));
    }
    lns.with(Instant::ZERO, |link, cx| link.lower_down(cx));
    assert_eq!(lns.link.next_timeout(), None);
}

/// HDLC-like framing: where octets are cut makes no difference, and what is encoded is decoded.
pub fn ppp_hdlc(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (cut, accm) = (usize::from(script.octet()), if script.octet() & 1 != 0 { 0xffff_ffff } else { 0 });
    let line = script.0.rest();
    let frames = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let (mut decoder, mut out) = (hdlc::Decoder::new(1600, accm), Vec::new());
        pieces.for_each(|piece| decoder.feed(piece, |frame| out.push(frame.to_vec())));
        (out, decoder.counters())
    };
    let whole = frames(&mut std::iter::once(line));
    assert_eq!(whole, frames(&mut line.chunks(cut.max(1))));
    if (2..=1600).contains(&line.len()) {
        let mut wire = Vec::new();
        hdlc::encode(line, accm, &mut wire);
        assert_eq!(frames(&mut std::iter::once(&wire[..])).0, [line]);
    }
}

/// Configuration: any text is loaded line by line; what NVGEN writes of it is accepted and says the same.
pub fn config_load(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let mut store = Store::new();
    store.load(&text);
    let _ = vpdnsh::config::RouterConfig::from_store(&store);
    let shown = nvgen::running_config(&store);
    let mut again = Store::new();
    for report in again.load(&shown) {
        assert!(!matches!(report.verdict, Verdict::Refused(_)), "{report:?} of\n{shown}");
    }
    assert_eq!(nvgen::running_config(&again), shown);
}

/// Grammar: any line in any mode is matched, helped with and completed; a command's full text is the same command.
pub fn grammar(octets: &[u8]) {
    let Some((&choice, line)) = octets.split_first() else { return };
    let mode: Mode = MODES[usize::from(choice) % MODES.len()].mode;
    let line = String::from_utf8_lossy(line);
    for clearance in [Clearance::full(), Clearance::new(1, &Store::new())] {
        let _ = cli::help(&clearance, mode, &line);
        if let Some(completed) = cli::complete(&clearance, mode, &line) {
            let _ = cli::help(&clearance, mode, &completed);
        }
    }
    cli::open_banner(&line);
    let Ok(parsed) = cli::parse(mode, &line) else { return };
    if parsed.form == Form::Set && !parsed.spec.inverse {
        let text = parsed.text(false);
        let again =
            cli::parse(parsed.mode, &text).unwrap_or_else(|e| panic!("{e:?}: {line:?} gave {text:?}"));
        assert_eq!(again.text(false), text, "{line:?}");
        assert_eq!(again.command, parsed.command, "{line:?} gave {text:?}");
    }
}

/// Terminal: any octets of a telnet client; every line typed becomes one input, and the screen is always redrawn.
pub fn terminal_vty(octets: &[u8]) {
    let mut script = Script::new(octets);
    let mut vty = Vty::new();
    let prompt =
        || ConsoleOutput::Prompt { prompt: "R#".to_owned(), before: String::new(), after: String::new() };
    vty.send(prompt());
    while let Some(op) = script.step() {
        match op & 7 {
            0 => vty.send(prompt()),
            1 => vty.send(ConsoleOutput::More),
            2 => vty.send(ConsoleOutput::Ask { prompt: "Password: ".to_owned(), echo: op & 8 != 0 }),
            3 => {
                let text = String::from_utf8_lossy(script.run()).into_owned();
                vty.send(ConsoleOutput::Prompt {
                    prompt: "R#".to_owned(),
                    before: text.clone(),
                    after: text,
                });
            }
            4 => vty.send(ConsoleOutput::Async("%SYS-5-CONFIG_I: line\n".to_owned())),
            5 => {
                let before = String::from_utf8_lossy(script.run()).into_owned();
                vty.send(ConsoleOutput::Completed { before });
            }
            _ => vty.receive(script.run()),
        }
        vty.take();
    }
    // Whatever was half typed: a fresh prompt takes a line.
    for _ in 0..2 {
        vty.receive(b"\xff\xf0\r\x1b[Z");
        vty.send(prompt());
    }
    vty.take();
}

/// Data plane: any datagrams, octets of a channel and packets of a TUN; whatever comes out lies within what came in.
pub fn forward_table(octets: &[u8]) {
    let mut script = Script::new(octets);
    let mut table = Table::new();
    let channel = ChannelId { controller: InterfaceName::new(InterfaceKind::Serial, "0:23"), channel: 1 };
    let path = |role, session, sequencing| l2tp::DataPath {
        id: l2tp::SessionId { tunnel: l2tp::TunnelId(1), session },
        remote_tunnel: 3,
        remote_session: 4,
        remote: SocketAddr::from((LAC, l2tp::PORT)),
        local: IpAddr::V4(LNS),
        sequencing,
        drop_out_of_order: false,
        role,
    };
    let session = |role, id, sequencing| {
        let path = path(role, id, sequencing);
        DataSession { path, counters: Arc::default(), heard: Arc::default() }
    };
    let [lns, lac, tun] = [1, 2, 9].map(InterfaceId);
    let choice = script.octet();
    table.execute(ForwardCommand::AttachSession {
        port: lns,
        session: session(l2tp::Role::Lns, 1, choice & 1 != 0),
    });
    table.execute(ForwardCommand::AttachChannel {
        port: lac,
        channel: channel.clone(),
        counters: Arc::default(),
    });
    let framing =
        ppp::Framing { pfc: choice & 2 != 0, acfc: choice & 4 != 0, send_accm: 0xffff_ffff, peer_mru: 1500 };
    table.execute(ForwardCommand::OpenNetwork { port: lns, tun, framing });
    if choice & 8 != 0 {
        table.execute(ForwardCommand::Splice { port: lac, session: session(l2tp::Role::Lac, 2, false) });
    }
    while let Some(op) = script.step() {
        let given = script.run();
        let mut sink = |delivery: Delivery<'_>| {
            match delivery {
                Delivery::Tun { packet, .. } => assert!(packet.len() <= given.len() && packet[0] >> 4 == 4),
                Delivery::Transmit { bytes, .. } => {
                    data::decode_data(bytes).expect("our own data message");
                }
                Delivery::Channel { octets, .. } => assert_eq!(octets.first(), octets.last()),
                Delivery::Frame { .. } | Delivery::Dial { .. } | Delivery::Seen { .. } => {}
            }
            Fate::Taken
        };
        match op & 7 {
            0 => drop(table.datagram(Instant::ZERO, SocketAddr::from((LAC, 1701)), given, &mut sink)),
            1 | 2 => {
                let sequence = (op & 16 != 0).then_some((u16::from(op), 0));
                let offset = (op & 32 != 0).then_some(u16::from(op >> 6));
                let session = u16::from(op & 7);
                let header = data::DataHeader { sequence, offset, tunnel: 1, session, ..Default::default() };
                let datagram = data::encode_data(&header, given);
                table.datagram(Instant::ZERO, SocketAddr::from((LAC, 1701)), &datagram, &mut sink);
            }
            3 => table.octets(Instant::ZERO, &channel, given, &mut |_| Fate::Dropped),
            4 => {
                let mut wire = Vec::new();
                hdlc::encode(given, 0, &mut wire);
                table.octets(Instant::ZERO, &channel, &wire, &mut sink);
            }
            5 => table.packet(Instant::ZERO, tun, given, &mut sink),
            _ => table.frame_out(if op & 8 != 0 { lac } else { lns }, given, &mut sink),
        }
    }
}
