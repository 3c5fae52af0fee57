//! The books of a router that ends: with farewell, and without.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vpdnsh::host::{HostConfig, NetNs, RouterHandle, RouterHost};
use vpdnsh::lab::radius_node::{ClientEntry, RadiusNode, Users};
use vpdnsh::proto::entropy::Seeded;
use vpdnsh::proto::radius::Secret;
use vpdnsh::proto::radius::dictionary::keys;
use vpdnsh::router::{ConsoleInput, LineId};

use crate::bench::{SOON, config};

const CONFIG: &str = "hostname R\naaa new-model\naaa accounting exec default start-stop group radius\n\
                      aaa accounting system default start-stop group radius\n\
                      radius-server host 127.0.0.1 acct-port 1813 timeout 20 retransmit 0 key s3cret\n\
                      interface Loopback0\n ip address 127.0.0.1 255.255.255.255\n";
const ON: u32 = 7;
const OFF: u32 = 8;
const START: u32 = 1;
const STOP: u32 = 2;

/// A router whose console is open, with its records kept in `spool`.
fn router(netns: &Arc<NetNs>, spool: &Path) -> RouterHandle {
    let mut config: HostConfig = config(netns, &[], None);
    config.startup.text = CONFIG.to_owned();
    config.spool = Some(spool.to_owned());
    let handle = RouterHost::start(config).unwrap();
    handle.input().console(LineId(0), ConsoleInput::Open { console: true });
    handle
}

/// The embedded server on the accounting port of a namespace.
struct Server {
    node: RadiusNode,
    socket: UdpSocket,
}

impl Server {
    fn new(netns: &NetNs) -> Server {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1813));
        let socket = netns.run(|| UdpSocket::bind(address)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let client = ClientEntry {
            network: "127.0.0.0/8".parse().unwrap(),
            secret: Secret::new("s3cret"),
            require_message_authenticator: false,
        };
        let node = RadiusNode::new(Users::parse("").unwrap(), vec![client]);
        Server { node, socket }
    }

    /// Answers one request, if one comes soon.
    fn answer(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let Ok((length, from)) = self.socket.recv_from(&mut buffer) else { return false };
        let answer = self.node.handle(&mut Seeded::new(5), from, &buffer[..length]);
        self.socket.send_to(&answer.expect("a record that proves itself"), from).unwrap();
        true
    }

    /// Answers until so many records have come.
    fn take(&mut self, count: usize) {
        let deadline = Instant::now() + SOON;
        while self.node.records().count() < count {
            self.answer();
            assert!(Instant::now() < deadline, "{:?}", self.statuses());
        }
    }

    /// Acct-Status-Type of each record, in the order in which they came.
    fn statuses(&self) -> Vec<u32> {
        let status = |value: &[u8]| u32::from_be_bytes(value.try_into().unwrap());
        self.node.records().map(|r| status(r.value_of(keys::ACCT_STATUS_TYPE).unwrap())).collect()
    }
}

pub fn a_router_that_leaves_says_farewell_to_its_servers() {
    let netns = Arc::new(NetNs::create().unwrap());
    let spool = tempfile::tempdir().unwrap();
    let mut server = Server::new(&netns);
    let router = router(&netns, spool.path());
    server.take(2);
    let leaving = std::thread::spawn(move || router.leave());
    server.take(4);
    leaving.join().unwrap();
    assert_eq!(server.statuses(), [ON, START, STOP, OFF]);
}

pub fn what_was_not_answered_arrives_once_after_the_next_start() {
    let netns = Arc::new(NetNs::create().unwrap());
    let spool = tempfile::tempdir().unwrap();
    // Nobody answers: the farewell ends by itself, and the spool has everything.
    let begun = Instant::now();
    router(&netns, spool.path()).leave();
    assert!(begun.elapsed() < SOON, "a farewell takes a bounded time");
    let mut server = Server::new(&netns);
    let second = router(&netns, spool.path());
    server.take(6);
    assert_eq!(server.statuses(), [ON, START, STOP, OFF, ON, START]);
    let leaving = std::thread::spawn(move || second.leave());
    server.take(8);
    leaving.join().unwrap();
    assert_eq!(server.statuses()[6..], [STOP, OFF]);
    assert!(!server.answer(), "nothing comes twice");
}

pub fn a_router_that_is_cut_off_keeps_what_nobody_has_answered() {
    let netns = Arc::new(NetNs::create().unwrap());
    let spool = tempfile::tempdir().unwrap();
    let first = {
        // The second request is seen and not answered: its record is on its way when the power goes.
        let mut server = Server::new(&netns);
        let router = router(&netns, spool.path());
        server.take(1);
        let mut buffer = [0; 4096];
        let deadline = Instant::now() + SOON;
        while server.socket.recv_from(&mut buffer).is_err() {
            assert!(Instant::now() < deadline);
        }
        router
    };
    first.shutdown();
    let mut server = Server::new(&netns);
    let second = router(&netns, spool.path());
    server.take(3);
    assert_eq!(server.statuses(), [START, ON, START], "what was left comes first");
    second.shutdown();
    assert!(!server.answer(), "nothing comes twice");
}
