//! The first moments of a router, while the host carries out what the startup-config asks of it.
//!
//! Accounting-On is the first word of a router, and everything that it records waits for the answer to it. Before the
//! host has given the interfaces their addresses and routes there is nothing to send it from: it would be lost, and come
//! late by a whole time-out of RADIUS. So RADIUS servers are asked nothing until the host has answered every request for
//! devices, links, addresses and routes; a refusal is an answer too. The questions wait, not their datagrams: what was
//! never sent is neither sent twice after a slow start nor held against the server.

use super::Engine;
use super::core::Pending;

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

    /// Ends the boot once the host owes no answer about the network.
    pub(super) fn settle_boot(&mut self) {
        let owed = |pending: &Pending| match pending {
            Pending::Bind(_) | Pending::Change(..) => true,
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
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::config::store::Store;
    use crate::config::views::RouterConfig;
    use crate::engine::{Action, HostEvent, HostRequest, Input, Output, RequestId};
    use crate::proto::Instant;
    use crate::proto::entropy::Seeded;
    use crate::proto::radius::Packet;

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
    fn a_host_that_is_slow_costs_no_answer_and_nothing_is_sent_twice() {
        let mut engine = booted(CONFIG);
        let mut owed = Vec::new();
        // A minute goes by before the host says a word: RADIUS would have asked often, and taken the server for dead.
        for second in 0..60 {
            let now = Instant::from_start(Duration::from_secs(second));
            engine.handle(now, Input::Timeout);
            while let Some(output) = engine.poll() {
                match output {
                    Output::Act(Action::Host(id, _)) => owed.push(id),
                    Output::Act(Action::Datagram { .. }) => panic!("nothing is sent yet"),
                    Output::Log(line) => panic!("nobody is to blame: {line:?}"),
                    _ => {}
                }
            }
        }
        let now = Instant::from_start(Duration::from_secs(60));
        let mut delays = Vec::new();
        while let Some(id) = owed.pop() {
            engine.handle(now, Input::Host(HostEvent::Done(id)));
            while let Some(output) = engine.poll() {
                match output {
                    Output::Act(Action::Host(id, _)) => owed.push(id),
                    Output::Act(Action::Datagram { bytes, .. }) => {
                        delays.push(Packet::decode(&bytes).unwrap().first(41).unwrap().to_vec());
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(delays, [[0, 0, 0, 60]], "Accounting-On, once, and it says how old it is");
    }
}
