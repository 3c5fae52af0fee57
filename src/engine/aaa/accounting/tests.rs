//! Records on their way: dead servers, several of them, full queues, restarts.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;
use crate::config::views::{GroupServer, RadiusExtras, RadiusGroup, RadiusServer};
use crate::engine::aaa::{Aaa, AaaOutput, Port, PortType, SessionNumber};
use crate::engine::registry::SessionTunnel;
use crate::proto::entropy::Seeded;
use crate::proto::radius::{Packet, seal_reply, verify_request};
use crate::proto::trace::Recorder;
use crate::proto::{Context, Dialect};

mod order;

const NAS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 3);
const LIST: &[Method] = &[Method::Radius];
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 4);

/// An AAA with its servers, each alive or not.
struct Bench {
    aaa: Aaa,
    now: Instant,
    trace: Recorder,
    entropy: Seeded,
    alive: Vec<Ipv4Addr>,
    /// Session ids that no server answers.
    ignored: Vec<u32>,
    /// What the servers have got: server, whole packet.
    got: Vec<(Ipv4Addr, Packet)>,
    /// Every transmission: time, server, identifier, delay, session id.
    sent: Vec<(Instant, Ipv4Addr, u8, u32, u32)>,
    disk: BTreeMap<u64, Vec<u8>>,
    answered: Vec<RecordId>,
}

fn server(address: Ipv4Addr) -> RadiusServer {
    RadiusServer { address, auth_port: 1645, acct_port: 1646, key: None, timeout: None, retransmit: Some(1) }
}

fn group(name: &str, address: Ipv4Addr) -> RadiusGroup {
    let servers = vec![GroupServer { server: server(address), private: false }];
    RadiusGroup { name: name.to_owned(), servers, deadtime: None }
}

fn config() -> AaaConfig {
    AaaConfig {
        new_model: true,
        servers: vec![server(FIRST), server(SECOND)],
        server_groups: vec![group("one", FIRST), group("two", SECOND)],
        key: Some("cisco".into()),
        ..AaaConfig::default()
    }
}

impl Bench {
    fn new() -> Self {
        let mut bench = Bench::unconfigured();
        bench.configure();
        bench
    }

    fn configure(&mut self) {
        self.run(|aaa, cx| aaa.configure(cx, &config()));
    }

    fn unconfigured() -> Self {
        Bench {
            aaa: Aaa::new(),
            now: Instant::from_start(Duration::from_secs(1)),
            trace: Recorder::default(),
            entropy: Seeded::new(1),
            alive: vec![FIRST, SECOND],
            ignored: Vec::new(),
            got: Vec::new(),
            sent: Vec::new(),
            disk: BTreeMap::new(),
            answered: Vec::new(),
        }
    }

    /// It finds these records of an earlier life, then its configuration.
    fn find(&mut self, past: &[(u32, Status, &[Method])]) {
        for (name, (number, status, methods)) in (1..).zip(past) {
            let left = Record { class: class(*status), ..record(*number, *status, methods, self.now) };
            self.disk.insert(name, left.encode());
        }
        let left = self.disk.clone().into_iter().collect();
        self.run(|aaa, cx| aaa.restore(cx, left, None));
        assert_eq!(self.sent, [], "nothing is known of a server yet");
        self.configure();
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Aaa, &mut Context) -> T) -> T {
        let mut cx = Context { now: self.now, entropy: &mut self.entropy, trace: &mut self.trace };
        let out = act(&mut self.aaa, &mut cx);
        self.settle();
        out
    }

    fn settle(&mut self) {
        while let Some(output) = self.aaa.poll() {
            match output {
                AaaOutput::Transmit { socket, remote, bytes, .. } => self.transmitted(socket, remote, &bytes),
                AaaOutput::Accounting(AccountingOutput::SpoolAppend(id, bytes)) => {
                    assert_eq!(self.disk.insert(id.0, bytes), None, "a name is used once");
                }
                AaaOutput::Accounting(AccountingOutput::SpoolRemove(id)) => {
                    assert!(self.disk.remove(&id.0).is_some());
                }
                AaaOutput::Accounting(AccountingOutput::Answered(id)) => self.answered.push(id),
                AaaOutput::OpenSocket { .. }
                | AaaOutput::Syslog { .. }
                | AaaOutput::Tested(..)
                | AaaOutput::Login(..) => {}
                AaaOutput::Event(event) => panic!("nobody asked: {event:?}"),
            }
        }
    }

    fn transmitted(&mut self, socket: u16, remote: SocketAddr, bytes: &[u8]) {
        let request = verify_request(bytes, b"cisco", false).expect("it proves itself");
        let std::net::IpAddr::V4(server) = remote.ip() else { panic!("IPv4 only") };
        assert_eq!(remote.port(), 1646);
        let delay = request.first(41).and_then(|v| v.try_into().ok()).map(u32::from_be_bytes).unwrap();
        self.sent.push((self.now, server, request.identifier, delay, session(&request)));
        if self.alive.contains(&server) && !self.ignored.contains(&session(&request)) {
            let (code, identifier) = (Code::AccountingResponse, request.identifier);
            let mut reply = Packet { code, identifier, authenticator: [0; 16], attributes: Vec::new() };
            let bytes = seal_reply(&mut reply, &request.authenticator, b"cisco", false).unwrap();
            self.got.push((server, request));
            let mut cx = Context { now: self.now, entropy: &mut self.entropy, trace: &mut self.trace };
            self.aaa.handle_datagram(&mut cx, socket, remote, &bytes);
        }
    }

    fn seconds(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.aaa.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.run(|aaa, cx| aaa.handle_timeout(cx));
        }
        self.now = end;
    }

    fn record(&mut self, number: u32, status: Status, methods: &[Method]) -> RecordId {
        let record = Record { class: class(status), ..record(number, status, methods, self.now) };
        self.run(|aaa, cx| aaa.record(cx, record))
    }

    /// Session ids that the servers have got, in order.
    fn numbers(&self) -> Vec<u32> {
        self.got.iter().map(|(_, p)| session(p)).collect()
    }
}

fn session(packet: &Packet) -> u32 {
    let text = String::from_utf8(packet.first(44).unwrap().to_vec()).unwrap();
    u32::from_str_radix(&text, 16).unwrap()
}

fn class(status: Status) -> Class {
    match status {
        Status::AccountingOn | Status::AccountingOff => Class::System,
        _ => Class::Network,
    }
}

fn record(number: u32, status: Status, methods: &[Method], now: Instant) -> Record {
    let subject = Subject::new(NAS, "2500-1", SessionNumber(number));
    Record {
        status,
        class: Class::Network,
        methods: methods.into(),
        attributes: subject.attributes(status, &RadiusExtras::default()),
        age: (Duration::ZERO, now),
        event: None,
        label: "Virtual-Access4".into(),
        unique: 4,
        awaited: status == Status::Start,
    }
}

#[test]
fn a_record_is_answered_and_forgotten() {
    let mut bench = Bench::new();
    let id = bench.record(0x1A, Status::Start, &[Method::Radius]);
    assert_eq!((bench.numbers(), bench.answered.clone()), (vec![0x1A], vec![id]));
    assert!(bench.aaa.is_quiet() && bench.disk.is_empty());
}

#[test]
fn no_record_is_lost_while_every_server_is_dead_and_each_says_how_old_it_is() {
    let mut bench = Bench::new();
    bench.alive.clear();
    for number in 1..=300 {
        bench.record(number, Status::Stop, &[Method::Radius]);
    }
    bench.seconds(600);
    assert_eq!(bench.aaa.accounting().pending(), 300);
    let before = bench.sent.len();
    bench.seconds(600);
    let asked: BTreeSet<u32> = bench.sent[before..].iter().map(|s| s.4).collect();
    assert!(asked.len() < 10, "one at a time while nobody answers, and those given up: {asked:?}");
    bench.alive.push(SECOND);
    bench.seconds(60);
    let mut numbers = bench.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>(), "each exactly once");
    assert!(bench.aaa.is_quiet());
    let delays: Vec<u32> =
        bench.got.iter().map(|(_, p)| u32::from_be_bytes(p.first(41).unwrap().try_into().unwrap())).collect();
    assert!(delays.iter().all(|d| (1200..1265).contains(d)), "{delays:?}");
}

#[test]
fn a_delay_that_changes_changes_the_identifier_and_a_retransmission_changes_neither() {
    let mut bench = Bench::new();
    bench.alive.clear();
    bench.record(1, Status::Stop, &[Method::Group("one".to_owned())]);
    bench.seconds(60);
    for pair in bench.sent.windows(2) {
        let [(_, _, id, delay, _), (_, _, next_id, next_delay, _)] = pair else { continue };
        assert_eq!(id == next_id, delay == next_delay, "{:?}", bench.sent);
    }
    assert!(bench.sent.iter().any(|s| s.3 > 20), "{:?}", bench.sent);
}

#[test]
fn the_next_server_and_the_next_method_are_asked_with_the_age_of_that_moment() {
    let mut bench = Bench::new();
    bench.alive = vec![SECOND];
    bench.record(1, Status::Stop, &[Method::Radius]);
    bench.seconds(20);
    bench.record(2, Status::Stop, &[Method::Group("one".to_owned()), Method::Group("two".to_owned())]);
    bench.seconds(20);
    assert_eq!(bench.numbers(), [1, 2]);
    assert_eq!(bench.sent.iter().filter(|s| s.1 == SECOND).map(|s| s.3).collect::<Vec<_>>(), [10, 10]);
}

#[test]
fn a_dead_group_does_not_hold_up_another() {
    let mut bench = Bench::new();
    bench.alive = vec![SECOND];
    bench.record(1, Status::Stop, &[Method::Group("one".to_owned())]);
    bench.record(2, Status::Stop, &[Method::Group("two".to_owned())]);
    assert_eq!(bench.numbers(), [2]);
    bench.seconds(100);
    bench.alive.push(FIRST);
    bench.seconds(100);
    assert_eq!(bench.numbers(), [2, 1]);
}

#[test]
fn records_wait_for_a_server_to_be_configured() {
    let mut bench = Bench::new();
    bench.run(|aaa, cx| aaa.configure(cx, &AaaConfig { new_model: true, ..AaaConfig::default() }));
    bench.record(1, Status::Stop, &[Method::Radius]);
    assert_eq!((bench.aaa.next_timeout(), bench.aaa.accounting().pending()), (None, 1));
    bench.seconds(50);
    bench.run(|aaa, cx| aaa.configure(cx, &config()));
    assert_eq!((bench.numbers(), bench.sent[0].3), (vec![1], 50));
}

#[test]
fn a_full_queue_gives_up_updates_and_rejects_first_and_counts_what_it_loses() {
    let mut bench = Bench::new();
    bench.alive.clear();
    bench.aaa.accounting.set_limit(3);
    bench.run(|aaa, cx| aaa.restore(cx, Vec::new(), None));
    bench.record(1, Status::Start, &[Method::Radius]);
    bench.seconds(40);
    for (number, status) in [
        (2, Status::Stop),
        (3, Status::Interim),
        (4, Status::Stop),
        (6, Status::TunnelReject),
        (7, Status::LinkReject),
        (5, Status::Stop),
    ] {
        bench.record(number, status, &[Method::Radius]);
    }
    assert_eq!(bench.aaa.accounting().statistics().dropped, 4);
    assert_eq!(bench.disk.len(), 3, "what is given up is not kept on disk either");
    bench.alive.push(FIRST);
    bench.seconds(60);
    let mut numbers = bench.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 4, 5], "the oldest was under way");
}

#[test]
fn nobody_waits_for_the_answer_to_a_record_that_was_given_up() {
    let mut bench = Bench::new();
    bench.alive.clear();
    bench.aaa.accounting.set_limit(2);
    let first = bench.record(1, Status::Start, LIST);
    // It has been tried once, and waits.
    bench.seconds(22);
    bench.record(2, Status::Stop, LIST);
    assert_eq!(bench.answered, []);
    bench.record(3, Status::Stop, LIST);
    assert_eq!((bench.answered.clone(), bench.aaa.accounting().statistics().dropped), (vec![first], 1));
    bench.alive.push(FIRST);
    bench.seconds(60);
    assert_eq!((bench.numbers(), bench.answered.len()), (vec![2, 3], 1));
}

#[test]
fn what_was_left_on_disk_is_sent_once_with_its_age() {
    let mut bench = Bench::new();
    bench.alive.clear();
    bench.run(|aaa, cx| aaa.restore(cx, Vec::new(), Some(1_000_000)));
    for number in 1..=5 {
        let mut left = record(number, Status::Stop, &[Method::Group("one".to_owned())], bench.now);
        left.event = Some(1_000_000);
        bench.run(|aaa, cx| aaa.record(cx, left));
    }
    assert_eq!(bench.disk.len(), 5);
    // The router is gone; another one finds the disk an hour later.
    let mut next = Bench::unconfigured();
    next.disk = std::mem::take(&mut bench.disk);
    next.disk.insert(77, b"no record".to_vec());
    next.alive.clear();
    let left = next.disk.clone().into_iter().collect();
    next.run(|aaa, cx| aaa.restore(cx, left, Some(1_003_600)));
    next.configure();
    let own = next.record(9, Status::AccountingOn, &[Method::Group("one".to_owned())]);
    assert_eq!(own, RecordId(78), "no name is used twice");
    assert_eq!(next.disk.len(), 6, "five that were left, and its own; the one that is none was removed");
    next.alive.push(FIRST);
    next.seconds(120);
    assert_eq!(next.numbers(), [1, 2, 3, 4, 5, 9]);
    assert!(next.disk.is_empty() && next.aaa.is_quiet());
    assert!(next.sent.iter().filter(|s| s.3 >= 3600).count() >= 5, "{:?}", next.sent);
    let statistics = next.aaa.accounting().statistics();
    assert_eq!((statistics.restored, statistics.unreadable), (5, 1));
}

#[test]
fn a_record_is_read_as_it_was_written_and_nothing_shorter_is() {
    let now = Instant::from_start(Duration::from_secs(9));
    for status in Status::ALL {
        let methods = [Method::Radius, Method::Group("one".to_owned())];
        let mut record = record(26, status, &methods, now);
        record.event = Some(1_000);
        record.awaited = false;
        let bytes = record.encode();
        record.age.0 = Duration::from_secs(5);
        assert_eq!(Record::decode(&bytes, now, Some(1_005)), Some(record));
        for cut in 0..bytes.len() {
            assert_eq!(Record::decode(&bytes[..cut], now, None), None, "{status:?} cut at {cut}");
        }
    }
}

fn value(attributes: &Attributes, kind: u8) -> Option<u32> {
    let list = attributes.list();
    let found = list.iter().find(|a| a.kind == kind)?;
    Some(u32::from_be_bytes(found.value.as_slice().try_into().unwrap()))
}

#[test]
fn octets_beyond_32_bits_are_gigawords() {
    let usage =
        Usage { input_octets: (3 << 32) + 5, output_octets: 7, input_packets: 10, output_packets: 11 };
    let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
    subject.usage = Some(usage);
    subject.time = Some(Duration::from_secs(90));
    let written = subject.attributes(Status::Stop, &RadiusExtras::default());
    let values = [42, 43, 47, 48, 46, 52, 53].map(|kind| value(&written, kind));
    assert_eq!(values, [5, 7, 10, 11, 90, 3, 0].map(Some));
    subject.usage = Some(Usage { input_octets: u64::from(u32::MAX), ..usage });
    let written = subject.attributes(Status::Stop, &RadiusExtras::default());
    assert_eq!((value(&written, 42), value(&written, 52)), (Some(u32::MAX), None));
}

#[test]
fn a_stop_says_why_in_the_words_of_the_release() {
    let extras = RadiusExtras { vsa_accounting: true, ..RadiusExtras::default() };
    let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
    for (dialect, text) in
        [(Dialect::V12_0, "disc-cause-ext=1045"), (Dialect::V15, "disc-cause-ext=PPP Receive Term")]
    {
        subject.end = Some(End { cause: EndCause::UserRequest, dialect });
        let written = subject.attributes(Status::Stop, &extras);
        assert_eq!(value(&written, 49), Some(1));
        let pair = written.list().into_iter().find(|a| a.kind == 26).unwrap();
        assert!(pair.value.ends_with(text.as_bytes()), "{pair:?}");
        let plain = subject.attributes(Status::Stop, &RadiusExtras::default());
        assert_eq!((value(&plain, 49), plain.first(26)), (Some(1), None), "no vendor's without vsa send");
    }
}

#[test]
fn the_port_is_written_as_the_configuration_says() {
    let port = port();
    let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
    subject.port = Some(&port);
    for (hides, send, extended, number, name) in [
        (false, false, true, Some(4), None),
        (false, true, false, Some(4), None),
        (true, true, true, None, Some(&b"\0\0\0\x09\x02\x11Virtual-Access4"[..])),
    ] {
        let extras = RadiusExtras {
            hides_nas_port: hides,
            vsa_accounting: send,
            extended_nas_port: extended,
            ..RadiusExtras::default()
        };
        let written = subject.attributes(Status::Start, &extras);
        assert_eq!((value(&written, 5), written.first(26)), (number, name), "{extras:?}");
    }
}

fn port() -> Port {
    Port {
        long: "Virtual-Access4".to_owned(),
        short: "Vi4".to_owned(),
        number: 4,
        kind: PortType::Virtual,
        nas_ip: NAS,
        called: Some("614629".to_owned()),
        calling: Some("2085730592".to_owned()),
        unique: 4,
        origin: None,
    }
}

#[test]
fn everything_that_is_known_of_a_user_stands_in_the_order_of_ios() {
    let port = port();
    let class = [b"a".to_vec(), b"b".to_vec()];
    let mut subject = Subject::new(NAS, "2500-1", SessionNumber(26));
    subject.port = Some(&port);
    subject.class = &class;
    subject.authentic = Some(Authentic::Radius);
    subject.service = Some(Service::Framed);
    subject.multi = Some((SessionNumber(26), 1));
    subject.address = Some([10, 10, 53, 2].into());
    subject.connect_info = Some("64000".to_owned());
    subject.event = Some(5);
    let kinds: Vec<u8> =
        subject.attributes(Status::Start, &RadiusExtras::default()).list().iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [4, 5, 61, 1, 30, 31, 40, 25, 25, 45, 6, 44, 50, 51, 7, 8, 77, 55]);
}

#[test]
fn a_value_that_is_too_long_is_left_out() {
    for (length, there) in [(253, true), (254, false), (400, false)] {
        let name = "x".repeat(length);
        let subject = Subject::new(NAS, &name, SessionNumber(1));
        let written = subject.attributes(Status::Start, &RadiusExtras::default());
        assert_eq!(written.first(1), there.then_some(name.as_bytes()));
        assert!(written.first(44).is_some());
    }
}

/// RFC 2868 section 3.3: an octet up to 0x1F in front is a tag. A peer may call itself anything.
#[test]
fn a_name_that_begins_like_a_tag_stands_behind_one() {
    let mut tunnel = tunnel("hgw");
    for (name, written) in [("hgw", "hgw"), ("\u{1}hgw", "\0\u{1}hgw"), (" hgw", " hgw")] {
        tunnel.remote_name = name.to_owned();
        let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
        subject.tunnel = Some((&tunnel, "1"));
        let attributes = subject.attributes(Status::LinkStart, &RadiusExtras::default());
        assert_eq!(attributes.first(90), Some(written.as_bytes()), "{name:?}");
        assert_eq!(attributes.first(91), Some(&b"hgw"[..]));
    }
}

/// The LNS's end of a tunnel, with this name everywhere.
fn tunnel(name: &str) -> SessionTunnel {
    SessionTunnel {
        role: crate::proto::l2tp::Role::Lns,
        id: crate::proto::l2tp::SessionId { tunnel: crate::proto::l2tp::TunnelId(1), session: 1 },
        remote_tunnel: 2,
        remote_session: 2,
        local_name: name.into(),
        remote_name: name.to_owned(),
        local: NAS.into(),
        remote: NAS.into(),
        assignment: Some(name.into()),
        private_group: Some(name.as_bytes().into()),
    }
}

#[test]
fn a_record_fits_into_a_packet_whatever_a_server_has_said_of_the_user() {
    let long = "x".repeat(253);
    let class = vec![vec![7; 253]; 15];
    let (called, calling) = (Some(long.clone()), Some(long.clone()));
    let port = Port { long: long.clone(), called, calling, ..port() };
    let mut subject = Subject::new(NAS, &long, SessionNumber(1));
    subject.port = Some(&port);
    subject.class = &class;
    subject.connect_info = Some(long.clone());
    subject.usage = Some(Usage { input_octets: u64::MAX, ..Usage::default() });
    subject.end = Some(End { cause: EndCause::UserRequest, dialect: Dialect::V15 });
    let tunnel = tunnel(&long);
    subject.tunnel = Some((&tunnel, &long));
    let extras = RadiusExtras { vsa_accounting: true, extended_nas_port: true, ..RadiusExtras::default() };
    let mut bench = Bench::new();
    let mut whole = record(1, Status::Stop, &[Method::Radius], bench.now);
    whole.attributes = subject.attributes(Status::Stop, &extras);
    bench.run(|aaa, cx| aaa.record(cx, whole.clone()));
    assert_eq!(bench.numbers(), [1]);
    assert!(bench.got[0].1.attributes.iter().filter(|a| a.kind == 25).count() >= 3);
    // Were one not to fit, nothing would wait for it.
    whole.attributes =
        Attributes::from_octets([25, 255].into_iter().chain([0; 253]).collect::<Vec<u8>>().repeat(17));
    whole.awaited = true;
    let id = bench.run(|aaa, cx| aaa.record(cx, whole));
    assert!(bench.aaa.is_quiet() && bench.answered == [id]);
    assert_eq!(bench.aaa.accounting().statistics().dropped, 1);
    bench.record(2, Status::Stop, &[Method::Radius]);
    assert_eq!(bench.numbers(), [1, 2]);
}

#[test]
fn the_lines_of_15_bear_the_unique_id() {
    let mut bench = Bench::new();
    bench.trace.dialect = Dialect::V15;
    bench.alive = vec![SECOND];
    bench.record(1, Status::Start, &[Method::Group("one".to_owned())]);
    bench.record(2, Status::Stop, &[Method::Group("two".to_owned())]);
    bench.seconds(20);
    let lines: Vec<&String> = bench.trace.lines.iter().filter(|l| l.starts_with("AAA")).collect();
    assert_eq!(
        lines,
        [
            "AAA/ACCT/NET(00000004): STOP protocol reply PASS",
            "AAA/ACCT/NET(00000004): START protocol reply FAIL"
        ]
    );
}
