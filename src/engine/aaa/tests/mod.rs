//! The documented call, method lists, and AAA against the embedded server.

mod documented_call;
mod extras;
mod methods;
mod round_trip;
mod services;
mod too_long;
mod typed;

use std::net::Ipv4Addr;
use std::time::Duration;

use super::*;
use crate::config::views::{GroupServer, MethodList, RadiusGroup, RadiusServer, User};
use crate::lab::radius_node::{ClientEntry, RadiusNode, Users};
use crate::proto::ppp::{AuthProtocol, Credentials, Proof};
use crate::proto::radius::Secret;
use crate::proto::trace::Recorder;
use crate::proto::{Dialect, Entropy, entropy::Seeded};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// AAA with a trace and a clock.
struct Bench {
    aaa: Aaa,
    now: Instant,
    trace: Recorder,
    entropy: Box<dyn Entropy>,
}

impl Bench {
    fn new(config: &AaaConfig) -> Self {
        Bench::with(config, Box::new(Seeded::new(1)))
    }

    fn with(config: &AaaConfig, entropy: Box<dyn Entropy>) -> Self {
        let mut bench = Bench { aaa: Aaa::new(), now: Instant::ZERO, trace: Recorder::default(), entropy };
        bench.run(|aaa, cx| aaa.configure(cx, config));
        bench
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Aaa, &mut Context) -> T) -> T {
        let mut cx = Context { now: self.now, entropy: self.entropy.as_mut(), trace: &mut self.trace };
        act(&mut self.aaa, &mut cx)
    }

    fn outputs(&mut self) -> Vec<AaaOutput> {
        std::iter::from_fn(|| self.aaa.poll()).collect()
    }

    /// Carries datagrams to `node` and back until nothing moves; the outcomes in order.
    fn settle(&mut self, node: &mut RadiusNode) -> Vec<AaaEvent> {
        let mut events = Vec::new();
        let mut node_entropy = Seeded::new(99);
        while let Some(output) = self.aaa.poll() {
            match output {
                AaaOutput::Transmit { socket, remote, bytes, .. } => {
                    let from = SocketAddr::from((NAS, 1645 + socket));
                    if let Some(answer) = node.handle(&mut node_entropy, from, &bytes) {
                        self.run(|aaa, cx| aaa.handle_datagram(cx, socket, remote, &answer));
                    }
                }
                AaaOutput::Event(event) => events.push(event),
                AaaOutput::OpenSocket { .. }
                | AaaOutput::Login(..)
                | AaaOutput::Syslog { .. }
                | AaaOutput::Tested(..)
                | AaaOutput::Accounting(_) => {}
            }
        }
        events
    }

    /// Lets time pass until nothing is due any more; everything that came out.
    fn wait_out(&mut self) -> Vec<AaaOutput> {
        let mut out = self.outputs();
        while let Some(at) = self.aaa.next_timeout() {
            self.now = at;
            self.run(|aaa, cx| aaa.handle_timeout(cx));
            out.extend(self.outputs());
        }
        out
    }
}

const NAS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 3);

fn list(name: &str, methods: &[Method]) -> MethodList {
    MethodList { name: name.to_owned(), methods: methods.to_vec() }
}

fn user(name: &str, password: &str) -> User {
    User { password: Some(password.into()), ..User::new(name) }
}

fn server(address: Ipv4Addr) -> RadiusServer {
    RadiusServer { address, auth_port: 1645, acct_port: 1646, key: None, timeout: None, retransmit: None }
}

fn group(name: &str, address: Ipv4Addr) -> RadiusGroup {
    let servers = vec![GroupServer { server: server(address), private: false }];
    RadiusGroup { name: name.to_owned(), servers, deadtime: None }
}

/// The LNS of the documented call.
fn lns_config() -> AaaConfig {
    AaaConfig {
        new_model: true,
        authentication_ppp: vec![list("vpdn", &[Method::Radius])],
        authorization_network: vec![list("vpdn", &[Method::Radius])],
        servers: vec![server(SERVER)],
        key: Some("cisco".into()),
        message_authenticator: false,
        ..AaaConfig::default()
    }
}

fn vi4() -> Port {
    Port {
        long: "Virtual-Access4".to_owned(),
        short: "Vi4".to_owned(),
        number: 4,
        kind: PortType::Virtual,
        nas_ip: NAS,
        called: Some("614629".to_owned()),
        calling: Some("2085730592".to_owned()),
        unique: 0x1c,
        origin: None,
    }
}

fn chap_credentials() -> Credentials {
    Credentials {
        name: b"2500-1".to_vec(),
        proof: Proof::Chap {
            protocol: AuthProtocol::ChapMd5,
            id: 6,
            challenge: hex("5D0D008CB1677CF8BC354556321A7A74"),
            response: hex("CA1CC2E4FA6899E8DF1B695C0A80883E"),
        },
    }
}

fn pap_credentials(name: &str, password: &str) -> Credentials {
    Credentials { name: name.into(), proof: Proof::Pap { password: password.into() } }
}

fn ask(credentials: Credentials, list: Option<&str>) -> AuthenRequest {
    AuthenRequest { port: vi4(), list: list.map(str::to_owned), credentials, already: false }
}

fn node(users: &str) -> RadiusNode {
    let client = ClientEntry {
        network: "10.51.6.0/24".parse().unwrap(),
        secret: Secret::new("cisco"),
        require_message_authenticator: false,
    };
    RadiusNode::new(Users::parse(users).unwrap(), vec![client])
}

fn authentication(events: &[AaaEvent]) -> &AuthenOutcome {
    match events {
        [AaaEvent { outcome: Outcome::Authentication(outcome), .. }] => outcome,
        other => panic!("one authentication, not {other:?}"),
    }
}
