//! Two L2TP endpoints that exchange control messages with nothing between them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::l2tp::{
    CallRequest, ConnectInfo, Endpoint, Event, Output, PORT, ProxyAuthType, ResultCode, SessionId,
    TunnelConfig, TunnelId,
};
use vpdnsh::proto::time::earliest;
use vpdnsh::proto::trace::Silent;
use vpdnsh::proto::{Context, Instant};

use super::{LAC, LNS};

struct Node {
    endpoint: Endpoint,
    entropy: Seeded,
    config: TunnelConfig,
    address: SocketAddr,
    tunnel: Option<TunnelId>,
    up: BTreeSet<SessionId>,
}

impl Node {
    fn with<R>(&mut self, now: Instant, call: impl FnOnce(&mut Endpoint, &mut Context) -> R) -> R {
        call(&mut self.endpoint, &mut Context { now, entropy: &mut self.entropy, trace: &mut Silent })
    }
}

/// LAC and LNS.
pub struct Pair {
    nodes: [Node; 2],
    pub now: Instant,
    /// Datagrams sent by both.
    pub datagrams: u64,
}

impl Pair {
    /// A tunnel is up.
    pub fn connected() -> Self {
        let node = |seed, address, name: &str| Node {
            endpoint: Endpoint::new(),
            entropy: Seeded::new(seed),
            config: TunnelConfig {
                local_name: name.to_owned(),
                secret: Some("hello".to_owned()),
                ..TunnelConfig::default()
            },
            address: SocketAddr::from((address, PORT)),
            tunnel: None,
            up: BTreeSet::new(),
        };
        let nodes = [node(1, LAC, "hgw"), node(2, LNS, "l2tp-gw")];
        let mut pair = Pair { nodes, now: Instant::ZERO, datagrams: 0 };
        let (config, remote) = (pair.nodes[0].config.clone(), pair.nodes[1].address);
        pair.nodes[0].with(Instant::ZERO, |e, cx| e.connect(cx, config, IpAddr::V4(LAC), remote));
        pair.run();
        assert!(pair.nodes[0].tunnel.is_some());
        pair
    }

    /// Sessions that are up at both ends.
    pub fn up(&self) -> usize {
        assert_eq!(self.nodes[0].up.len(), self.nodes[1].up.len());
        self.nodes[0].up.len()
    }

    /// Sets up `count` sessions.
    pub fn calls(&mut self, count: usize) {
        for serial in 0..count {
            let Some(tunnel) = self.nodes[0].tunnel else { return };
            let request = CallRequest {
                serial: serial as u32,
                bearer_type: Some(1),
                calling_number: Some("2085730592".to_owned()),
                called_number: Some("614629".to_owned()),
                nas_port: Some("Serial0:0".to_owned()),
                ..CallRequest::default()
            };
            let info = ConnectInfo {
                tx_speed: 64_000,
                rx_speed: Some(64_000),
                framing_type: 2,
                last_sent_lcp: Some(vec![3, 5, 0xc2, 0x23, 5, 5, 6, 0x10, 0x9d, 8, 0xf2]),
                last_received_lcp: Some(vec![5, 6, 0x6e, 0xe4, 0xe8, 0x65]),
                proxy_auth_type: Some(ProxyAuthType::Chap),
                proxy_auth_name: Some(b"2500-1".to_vec()),
                proxy_auth_challenge: Some(vec![0x5d; 16]),
                proxy_auth_id: Some(6),
                proxy_auth_response: Some(vec![0xca; 16]),
                ..ConnectInfo::default()
            };
            let now = self.now;
            self.nodes[0].with(now, |e, cx| e.call(cx, tunnel, "Se0:0", request, info));
            self.run();
            if serial % 10 == 0 {
                self.wait(Duration::from_millis(1));
            }
        }
        self.wait(Duration::from_secs(1));
    }

    /// Ends every session.
    pub fn hang_up_all(&mut self) {
        for (n, session) in std::mem::take(&mut self.nodes[0].up).into_iter().enumerate() {
            let now = self.now;
            self.nodes[0].with(now, |e, cx| e.hang_up(cx, session, ResultCode::bare(3)));
            self.run();
            if n % 10 == 0 {
                self.wait(Duration::from_millis(1));
            }
        }
        self.wait(Duration::from_secs(1));
    }

    /// Delivers until nothing is on its way.
    fn run(&mut self) {
        loop {
            let mut quiet = true;
            for at in [0, 1] {
                while let Some(output) = self.nodes[at].endpoint.poll() {
                    quiet = false;
                    match output {
                        Output::Transmit { bytes, .. } => {
                            self.datagrams += 1;
                            let (from, to) = (self.nodes[at].address, self.nodes[1 - at].address.ip());
                            self.nodes[1 - at]
                                .with(self.now, |e, cx| e.handle_datagram(cx, to, from, &bytes));
                        }
                        Output::Event(event) => self.decide(at, event),
                    }
                }
                self.nodes[at].with(self.now, |e, cx| e.settle(cx));
            }
            if quiet {
                return;
            }
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let next = earliest(self.nodes[0].endpoint.next_timeout(), self.nodes[1].endpoint.next_timeout());
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            for node in &mut self.nodes {
                node.with(self.now, |e, cx| e.handle_timeout(cx));
            }
            self.run();
        }
        self.now = end;
    }

    fn decide(&mut self, at: usize, event: Event) {
        let (now, node) = (self.now, &mut self.nodes[at]);
        let config = node.config.clone();
        match event {
            Event::TunnelRequested { tunnel, .. } => {
                node.with(now, |e, cx| e.accept_tunnel(cx, tunnel, config))
            }
            Event::TunnelUp { tunnel, .. } => node.tunnel = Some(tunnel),
            Event::CallRequested { session, .. } => node.with(now, |e, cx| e.accept_call(cx, session)),
            Event::SessionUp { session, .. } => {
                node.up.insert(session);
            }
            Event::SessionDown { session, .. } => {
                node.up.remove(&session);
            }
            Event::TunnelDown { .. }
            | Event::SetLinkInfo { .. }
            | Event::WanError { .. }
            | Event::L2f { .. } => {}
        }
    }
}
