//! The first moments of a router, while the host carries out what the startup-config asks of it.
//!
//! Accounting-On is the first word of a router, and everything that it records waits for the answer to it. Before the
//! host has given the interfaces their addresses and routes there is nothing to send it from: it would be lost, and come
//! late by a whole time-out of RADIUS. So RADIUS servers are asked nothing until the host has answered every request for
//! devices, links, addresses and routes; a refusal is an answer too. The questions wait, not their datagrams: what was
//! never sent is neither sent twice after a slow start nor held against the server.

use super::Engine;
use super::core::Pending;
use super::interfaces::Origin;

/// Whether a router is still booting.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Boot {
    /// The host is at work.
    Begun,
    /// There is no startup-config yet, or the host has done what that one asked for.
    #[default]
    Settled,
}

impl Engine {
    /// The startup-config is about to be carried out.
    pub(super) fn boot_begins(&mut self) {
        self.boot = Boot::Begun;
        self.aaa.hold();
    }

    /// Whether the host has done what the startup-config asked for.
    pub fn is_booted(&self) -> bool {
        self.boot == Boot::Settled
    }

    /// Ends the boot once the host owes no answer about the network. What it owes to calls does not count: there may
    /// always be one.
    pub(super) fn settle_boot(&mut self) {
        let configured = |id| self.interfaces.get(id).is_some_and(|i| i.origin == Origin::Configured);
        let owed = |pending: &Pending| match pending {
            Pending::Bind(id) => configured(*id),
            Pending::Change(id, _) => id.is_none_or(configured),
            Pending::Socket(_) | Pending::Echo | Pending::Neighbours | Pending::Spool => false,
        };
        if self.boot == Boot::Settled || self.core.pending.values().any(owed) {
            return;
        }
        self.boot = Boot::Settled;
        self.aaa.release(&mut self.core.cx());
        self.pump();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::config::store::Store;
    use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName, RouterConfig};
    use crate::engine::{Action, HostEvent, HostRequest, Input, Output, RequestId, Socket, Spooled};
    use crate::lab::radius_node::{ClientEntry, RadiusNode, Users};
    use crate::proto::Instant;
    use crate::proto::entropy::Seeded;
    use crate::proto::radius::{Packet, Secret};

    const CONFIG: &str = "aaa new-model\naaa accounting system default start-stop group radius\n\
                          radius-server host 10.0.0.1 key s3cret\n\
                          interface Ethernet0\n ip address 10.0.0.2 255.255.255.0\n";

    /// What an engine has asked of the host about the network, and how many datagrams it has sent.
    fn drain(engine: &mut Engine) -> (Vec<(RequestId, HostRequest)>, usize) {
        let (mut requests, mut sent) = (Vec::new(), 0);
        while let Some(output) = engine.poll() {
            match output {
                Output::Act(Action::Host(_, HostRequest::OpenSocket { .. })) => {}
                Output::Act(Action::Host(id, request)) => requests.push((id, request)),
                Output::Act(Action::Datagram { .. }) => sent += 1,
                _ => {}
            }
        }
        (requests, sent)
    }

    fn booted(config: &str) -> Engine {
        let mut store = Store::new();
        store.load(config);
        let mut engine = Engine::new(Box::new(Seeded::new(1)));
        engine.configure(Instant::ZERO, Arc::new(RouterConfig::from_store(&store)));
        engine
    }

    #[test]
    fn nothing_is_sent_to_a_server_before_the_host_has_answered() {
        let mut engine = booted(CONFIG);
        let mut last = None;
        loop {
            let (requests, sent) = drain(&mut engine);
            if requests.is_empty() {
                assert_eq!(sent, 1, "Accounting-On");
                break;
            }
            assert_eq!(sent, 0, "{requests:?}");
            for (id, request) in requests {
                last = Some(request);
                engine.handle(Instant::ZERO, Input::Host(HostEvent::Done(id)));
            }
        }
        assert!(matches!(last, Some(HostRequest::AddAddress { .. })), "{last:?}");
    }

    #[test]
    fn a_host_that_refuses_holds_nothing_up_and_without_a_host_nothing_is_held() {
        let mut engine = booted(CONFIG);
        let (requests, _) = drain(&mut engine);
        assert!(!requests.is_empty());
        for (id, _) in requests {
            engine.handle(Instant::ZERO, Input::Host(HostEvent::Refused(id, "no such device".to_owned())));
        }
        assert_eq!(drain(&mut engine).1, 1);
        let (alone, _) = CONFIG.split_once("interface").unwrap();
        assert_eq!(drain(&mut booted(alone)).1, 1);
    }

    #[test]
    fn calls_that_come_while_the_router_boots_do_not_make_it_boot_for_ever() {
        let mut engine = booted(CONFIG);
        let name = InterfaceName::new(InterfaceKind::VirtualAccess, "1");
        let config = Arc::new(InterfaceConfig::new(name.clone()));
        let call = engine.interfaces.add(config, name, Origin::Cloned { template: 1 }, Instant::ZERO);
        engine.create_tun(call);
        let mut all = 0;
        loop {
            let (requests, sent) = drain(&mut engine);
            all += sent;
            if requests.is_empty() {
                break;
            }
            for (id, request) in requests {
                // The next call always asks before the last one is answered.
                if !matches!(request, HostRequest::CreateTun { .. }) {
                    engine.handle(Instant::ZERO, Input::Host(HostEvent::Done(id)));
                }
            }
        }
        assert_eq!(all, 1, "Accounting-On");
    }

    /// A life with a host that says nothing for a minute.
    struct SlowLife {
        engine: Engine,
        disk: BTreeMap<u64, Vec<u8>>,
        owed: Vec<RequestId>,
        node: Option<RadiusNode>,
        /// Acct-Session-Id and Acct-Delay-Time of what was sent.
        sent: Vec<(String, u8)>,
    }

    impl SlowLife {
        /// With what is on the disk, and with a server or without.
        fn new(life: u8, disk: BTreeMap<u64, Vec<u8>>, server: bool) -> Self {
            let mut store = Store::new();
            store.load(CONFIG);
            let mut engine = Engine::new(Box::new(Seeded::new(1)));
            engine.restore(Instant::ZERO, Spooled { life, records: disk.clone().into_iter().collect() });
            engine.configure(Instant::ZERO, Arc::new(RouterConfig::from_store(&store)));
            let client = ClientEntry {
                network: "10.0.0.0/24".parse().unwrap(),
                secret: Secret::new("s3cret"),
                require_message_authenticator: false,
            };
            let node = server.then(|| RadiusNode::new(Users::parse("").unwrap(), vec![client]));
            let mut life = SlowLife { engine, disk, owed: Vec::new(), node, sent: Vec::new() };
            // RADIUS would have asked often by then, and taken the server for dead.
            for second in 0..=60 {
                life.input(second, Input::Timeout);
                assert_eq!(life.sent, [], "there is nothing to send it from");
            }
            while let Some(id) = life.owed.pop() {
                life.input(60, Input::Host(HostEvent::Done(id)));
            }
            life
        }

        fn input(&mut self, second: u64, input: Input<'_>) {
            let now = Instant::from_start(Duration::from_secs(second));
            self.engine.handle(now, input);
            while let Some(output) = self.engine.poll() {
                match output {
                    Output::Act(Action::Host(id, request)) => self.host(id, request),
                    Output::Act(Action::Datagram { socket, remote, bytes, .. }) => {
                        self.server(now, socket, remote, &bytes);
                    }
                    Output::Log(line) => panic!("nobody is to blame: {line:?}"),
                    _ => {}
                }
            }
        }

        fn host(&mut self, id: RequestId, request: HostRequest) {
            match request {
                HostRequest::SpoolAppend { id, bytes } => assert_eq!(self.disk.insert(id, bytes), None),
                HostRequest::SpoolRemove { id } => assert!(self.disk.remove(&id).is_some()),
                _ => {}
            }
            self.owed.push(id);
        }

        fn server(&mut self, now: Instant, socket: Socket, remote: SocketAddr, bytes: &[u8]) {
            let packet = Packet::decode(bytes).unwrap();
            let id = String::from_utf8(packet.first(44).unwrap().to_vec()).unwrap();
            self.sent.push((id, packet.first(41).unwrap()[3]));
            let own = ([10, 0, 0, 2], 1645).into();
            let answer = self.node.as_mut().and_then(|node| node.handle(&mut Seeded::new(1), own, bytes));
            if let Some(bytes) = answer {
                let input = Input::Datagram { socket, local: own.ip(), remote, bytes: &bytes };
                self.engine.handle(now, input);
            }
        }
    }

    #[test]
    fn a_slow_host_costs_no_answer_and_each_life_says_once_that_it_has_begun() {
        let said = |id: &str| (id.to_owned(), 60);
        let first = SlowLife::new(0, BTreeMap::new(), false);
        assert_eq!((first.sent, first.disk.len()), (vec![said("00000001")], 1), "nobody has answered");
        let second = SlowLife::new(1, first.disk, true);
        assert_eq!(second.sent, [said("00000001"), said("01000001")]);
        assert!(second.disk.is_empty());
    }
}
