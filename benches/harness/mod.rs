//! A LAC, an LNS and their users in one thread and virtual time, with nothing between them that costs time: a line or a
//! network is a queue. And rows of figures.

#![allow(dead_code, reason = "each benchmark uses its own part")]

pub mod endpoints;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use vpdnsh::config::{RouterConfig, Store, Verdict};
use vpdnsh::engine::{
    Action, CallRef, ChannelId, Engine, ForwardCommand, HostEvent, HostRequest, Input, InterfaceId,
    IsdnMessage, Output, RequestId, Socket,
};
use vpdnsh::grammar::value::{InterfaceKind, InterfaceName};
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::l2tp::PORT;
use vpdnsh::proto::ppp::{self, Direction, IpcpConfig, Link, LinkConfig};
use vpdnsh::proto::time::earliest;
use vpdnsh::proto::trace::Silent;
use vpdnsh::proto::{Context, Instant};

pub const LAC: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 68);
pub const LNS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const NUMBER: &str = "614629";
/// B channels of an E1.
const CHANNELS: usize = 30;

/// A figure: what, how many of it, in how long.
pub struct Row {
    pub what: String,
    pub best: f64,
}

impl Row {
    pub fn new(what: &str) -> Self {
        Row { what: what.to_owned(), best: 0.0 }
    }

    /// Notes that `count` took `time`; the best of all counts.
    pub fn note(&mut self, count: u64, time: Duration) {
        self.best = self.best.max(count as f64 / time.as_secs_f64());
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {:.0} |", self.what, self.best)
    }
}

/// The configuration of this text, every line of which must be accepted.
pub fn config(text: &str) -> RouterConfig {
    let mut store = Store::new();
    for report in store.load(text) {
        assert!(matches!(report.verdict, Verdict::Accepted), "{report:?}");
    }
    RouterConfig::from_store(&store)
}

/// The slot and port of the controller with this number.
fn controller(number: usize) -> String {
    format!("{}/{}", number / 32, number % 32)
}

fn lac_config(users: usize) -> RouterConfig {
    let mut text = format!(
        "version 12.1\nhostname lac\nvpdn enable\nvpdn search-order dnis\nvpdn-group 1\n request-dialin\n  \
         protocol l2tp\n  dnis {NUMBER}\n initiate-to ip {LNS}\n local name hgw\n l2tp tunnel password hello\n\
         interface Ethernet0\n ip address {LAC} 255.255.255.0\n"
    );
    for unit in (0..users.div_ceil(CHANNELS)).map(controller) {
        text += &format!(
            "controller E1 {unit}\n pri-group\ninterface Serial{unit}:15\n encapsulation ppp\n \
             ppp authentication chap\n"
        );
    }
    config(&text)
}

fn lns_config() -> RouterConfig {
    config(&format!(
        "hostname lns\nusername user password cisco\nvpdn enable\nvpdn-group 1\n accept-dialin\n  protocol l2tp\n  \
         virtual-template 1\n terminate-from hostname hgw\n local name l2tp-gw\n l2tp tunnel password hello\n\
         interface Ethernet0\n ip address {LNS} 255.255.255.0\ninterface Virtual-Template1\n ip unnumbered \
         Ethernet0\n peer default ip address pool default\n ppp authentication chap\n keepalive 60\nip local pool \
         default 10.60.0.1 10.60.255.254\n"
    ))
}

/// A user who dials in.
struct User {
    link: Link,
    channel: ChannelId,
    /// The port of its call at the LAC.
    port: Option<InterfaceId>,
    /// The LAC carries its frames into this session: ids of the LNS.
    spliced: Option<u16>,
    /// The Virtual-Access at the LNS.
    vaccess: Option<InterfaceId>,
    up: bool,
}

enum Event {
    Lac(SocketAddr, Vec<u8>),
    Lns(SocketAddr, Vec<u8>),
    LacHost(RequestId),
    LnsHost(RequestId),
    FromUser(usize, Vec<u8>),
    ToUser(usize, Vec<u8>),
}

/// The whole lab.
pub struct Lab {
    pub lac: Engine,
    pub lns: Engine,
    users: Vec<User>,
    entropy: Seeded,
    pub now: Instant,
    queue: VecDeque<Event>,
    by_channel: HashMap<ChannelId, usize>,
    /// By port of the LAC.
    by_port: HashMap<InterfaceId, usize>,
    /// By session id of the LAC.
    by_session: HashMap<u16, usize>,
    /// By Virtual-Access.
    by_vaccess: HashMap<InterfaceId, usize>,
    /// Control messages and acknowledgements between LAC and LNS.
    pub datagrams: u64,
}

impl Lab {
    /// Both routers are up; nobody has called.
    pub fn new(users: usize) -> Self {
        let channel = |n: usize| {
            // Channel 15 of an E1 is the D channel.
            let b = n % CHANNELS;
            ChannelId {
                controller: InterfaceName::new(
                    InterfaceKind::Serial,
                    format!("{}:15", controller(n / CHANNELS)),
                ),
                channel: (if b < 15 { b } else { b + 1 }) as u8,
            }
        };
        let settings = Arc::new(LinkConfig {
            direction: Direction::Callout,
            local_name: "user".to_owned(),
            keepalive: Duration::ZERO,
            ipcp: Some(IpcpConfig { local: Ipv4Addr::UNSPECIFIED, ..IpcpConfig::default() }),
            ..LinkConfig::default()
        });
        let user = |n| User {
            link: Link::new("".into(), settings.clone()),
            channel: channel(n),
            port: None,
            spliced: None,
            vaccess: None,
            up: false,
        };
        let users: Vec<User> = (0..users).map(user).collect();
        let mut lab = Lab {
            lac: Engine::new(Box::new(Seeded::new(1))),
            lns: Engine::new(Box::new(Seeded::new(2))),
            by_channel: users.iter().enumerate().map(|(n, u)| (u.channel.clone(), n)).collect(),
            entropy: Seeded::new(3),
            now: Instant::from_start(Duration::from_secs(1)),
            queue: VecDeque::new(),
            by_port: HashMap::new(),
            by_session: HashMap::new(),
            by_vaccess: HashMap::new(),
            datagrams: 0,
            users,
        };
        lab.lac.configure(lab.now, Arc::new(lac_config(lab.users.len())));
        lab.lns.configure(lab.now, Arc::new(lns_config()));
        lab.drain_lac();
        lab.drain_lns();
        lab.run();
        lab.wait(Duration::from_secs(5));
        lab
    }

    /// How many users have IP.
    pub fn up(&self) -> usize {
        self.users.iter().filter(|u| u.up).count()
    }

    /// The user dials.
    pub fn dial(&mut self, user: usize) {
        let ChannelId { controller, channel } = self.users[user].channel.clone();
        let message = IsdnMessage::Setup {
            call: CallRef(user as u32 + 1),
            called: NUMBER.to_owned(),
            calling: Some("2085730592".to_owned()),
            digital: true,
            speed: 64_000,
            channel: Some(channel),
        };
        self.lac.handle(self.now, Input::Signal { controller, message });
        self.drain_lac();
        self.with_user(user, |link, cx| link.lower_up(cx));
        self.run();
    }

    /// The user hangs up.
    pub fn hang_up(&mut self, user: usize) {
        let controller = self.users[user].channel.controller.clone();
        let message = IsdnMessage::Disconnect { call: CallRef(user as u32 + 1), cause: 16 };
        self.with_user(user, |link, cx| link.lower_down(cx));
        self.lac.handle(self.now, Input::Signal { controller, message });
        self.drain_lac();
        self.run();
    }

    /// Every user in turn, so many in a millisecond.
    pub fn each(&mut self, per_millisecond: usize, mut act: impl FnMut(&mut Self, usize)) {
        for user in 0..self.users.len() {
            act(self, user);
            if user % per_millisecond == 0 {
                self.wait(Duration::from_millis(1));
            }
        }
    }

    /// Delivers until nothing is on its way.
    fn run(&mut self) {
        while let Some(event) = self.queue.pop_front() {
            match event {
                Event::Lac(from, bytes) => {
                    self.lac.handle(self.now, datagram(LAC, from, &bytes));
                    self.drain_lac();
                }
                Event::Lns(from, bytes) => {
                    self.lns.handle(self.now, datagram(LNS, from, &bytes));
                    self.drain_lns();
                }
                Event::LacHost(id) => {
                    self.lac.handle(self.now, Input::Host(HostEvent::Done(id)));
                    self.drain_lac();
                }
                Event::LnsHost(id) => {
                    self.lns.handle(self.now, Input::Host(HostEvent::Done(id)));
                    self.drain_lns();
                }
                Event::FromUser(user, frame) => self.frame_of(user, &frame),
                Event::ToUser(user, frame) => self.with_user(user, |link, cx| link.receive(cx, &frame)),
            }
        }
    }

    /// Lets time pass. The users' own timers are not run: nothing is lost here, so none of them is ever due for good.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) =
            earliest(self.lac.next_timeout(), self.lns.next_timeout()).filter(|at| *at <= end)
        {
            self.now = self.now.max(next);
            if self.lac.next_timeout().is_some_and(|at| at <= self.now) {
                self.lac.handle(self.now, Input::Timeout);
                self.drain_lac();
            }
            if self.lns.next_timeout().is_some_and(|at| at <= self.now) {
                self.lns.handle(self.now, Input::Timeout);
                self.drain_lns();
            }
            self.run();
        }
        self.now = end;
    }

    fn frame_of(&mut self, user: usize, frame: &[u8]) {
        let User { port, spliced, vaccess, .. } = &self.users[user];
        match (port, spliced, vaccess) {
            (_, Some(_), Some(port)) => {
                self.lns.handle(self.now, Input::Frame { port: *port, frame });
                self.drain_lns();
            }
            (Some(port), None, _) => {
                self.lac.handle(self.now, Input::Frame { port: *port, frame });
                self.drain_lac();
            }
            // The line is down.
            (_, Some(_), None) | (None, None, _) => {}
        }
    }

    fn with_user(&mut self, user: usize, call: impl FnOnce(&mut Link, &mut Context)) {
        let mut cx = Context { now: self.now, entropy: &mut self.entropy, trace: &mut Silent };
        let User { link, up, .. } = &mut self.users[user];
        call(link, &mut cx);
        while let Some(output) = link.poll() {
            match output {
                ppp::Output::Transmit(frame) => self.queue.push_back(Event::FromUser(user, frame)),
                ppp::Output::Event(ppp::Event::SecretWanted { .. }) => link.secret(&mut cx, Some(b"cisco")),
                ppp::Output::Event(ppp::Event::Ready) => link.start_ipcp(&mut cx),
                ppp::Output::Event(ppp::Event::PeerAddress(_)) => {
                    link.peer_address(&mut cx, ppp::AddressDecision::Accept);
                }
                ppp::Output::Event(ppp::Event::NetworkUp(_)) => *up = true,
                ppp::Output::Event(ppp::Event::NetworkDown) => *up = false,
                ppp::Output::Event(_) => {}
            }
        }
    }

    fn drain_lac(&mut self) {
        while let Some(output) = self.lac.poll() {
            let Output::Act(action) = output else { continue };
            match action {
                Action::Datagram { bytes, .. } => {
                    self.datagrams += 1;
                    self.queue.push_back(Event::Lns(SocketAddr::from((LAC, PORT)), bytes));
                }
                Action::Frame { port, frame } => {
                    if let Some(&user) = self.by_port.get(&port) {
                        self.queue.push_back(Event::ToUser(user, frame));
                    }
                }
                Action::Host(id, request) if answered(&request) => self.queue.push_back(Event::LacHost(id)),
                Action::Forward(ForwardCommand::AttachChannel { port, channel, .. }) => {
                    let user = self.by_channel[&channel];
                    self.users[user].port = Some(port);
                    self.by_port.insert(port, user);
                }
                Action::Forward(ForwardCommand::Splice { port, session }) => {
                    let user = self.by_port[&port];
                    self.users[user].spliced = Some(session.path.id.session);
                    self.by_session.insert(session.path.id.session, user);
                }
                Action::Forward(ForwardCommand::Detach { port }) => {
                    if let Some(user) = self.by_port.remove(&port) {
                        let session = self.users[user].spliced.take();
                        session.map(|s| self.by_session.remove(&s));
                        self.users[user].port = None;
                    }
                }
                Action::Packet { .. } | Action::Signal { .. } | Action::Forward(_) | Action::Host(..) => {}
            }
        }
    }

    fn drain_lns(&mut self) {
        while let Some(output) = self.lns.poll() {
            let Output::Act(action) = output else { continue };
            match action {
                Action::Datagram { bytes, .. } => {
                    self.datagrams += 1;
                    self.queue.push_back(Event::Lac(SocketAddr::from((LNS, PORT)), bytes));
                }
                Action::Frame { port, frame } => {
                    if let Some(&user) = self.by_vaccess.get(&port) {
                        self.queue.push_back(Event::ToUser(user, frame));
                    }
                }
                Action::Host(id, request) if answered(&request) => self.queue.push_back(Event::LnsHost(id)),
                Action::Forward(ForwardCommand::AttachSession { port, session }) => {
                    let user = self.by_session[&session.path.remote_session];
                    self.users[user].vaccess = Some(port);
                    self.by_vaccess.insert(port, user);
                }
                Action::Forward(ForwardCommand::Detach { port }) => {
                    if let Some(user) = self.by_vaccess.remove(&port) {
                        self.users[user].vaccess = None;
                    }
                }
                Action::Packet { .. } | Action::Signal { .. } | Action::Forward(_) | Action::Host(..) => {}
            }
        }
    }
}

/// Whether the host answers with `Done`.
fn answered(request: &HostRequest) -> bool {
    !matches!(request, HostRequest::Echo { .. })
}

fn datagram(local: Ipv4Addr, remote: SocketAddr, bytes: &[u8]) -> Input<'_> {
    Input::Datagram { socket: Socket::L2tp, local: IpAddr::V4(local), remote, bytes }
}
