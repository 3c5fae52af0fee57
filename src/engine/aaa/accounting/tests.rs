//! Records on their way: dead servers, several of them, full queues, restarts.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;
use crate::config::views::{GroupServer, RadiusGroup, RadiusServer};
use crate::engine::aaa::{Aaa, AaaOutput, Port, PortType, SessionNumber};
use crate::proto::entropy::Seeded;
use crate::proto::radius::{Packet, seal_reply, verify_request};
use crate::proto::trace::Recorder;
use crate::proto::{Context, Dialect};

const NAS: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 3);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 4);

/// An AAA with its servers, each alive or not.
struct Bench {
    aaa: Aaa,
    now: Instant,
    trace: Recorder,
    entropy: Seeded,
    alive: Vec<Ipv4Addr>,
    /// What the servers have got: server, whole packet.
    got: Vec<(Ipv4Addr, Packet)>,
    /// Every transmission: time, server, identifier, delay.
    sent: Vec<(Instant, Ipv4Addr, u8, u32)>,
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
        let mut bench = Bench {
            aaa: Aaa::new(),
            now: Instant::from_start(Duration::from_secs(1)),
            trace: Recorder::default(),
            entropy: Seeded::new(1),
            alive: vec![FIRST, SECOND],
            got: Vec::new(),
            sent: Vec::new(),
            disk: BTreeMap::new(),
            answered: Vec::new(),
        };
        bench.run(|aaa, cx| aaa.configure(cx, &config()));
        bench
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
        self.sent.push((self.now, server, request.identifier, delay));
        if self.alive.contains(&server) {
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
        let record = record(number, status, methods, self.now);
        self.run(|aaa, cx| aaa.record(cx, record))
    }

    /// Session ids that the servers have got, in order.
    fn numbers(&self) -> Vec<u32> {
        let text = |p: &Packet| String::from_utf8(p.first(44).unwrap().to_vec()).unwrap();
        self.got.iter().map(|(_, p)| u32::from_str_radix(&text(p), 16).unwrap()).collect()
    }
}

fn record(number: u32, status: Status, methods: &[Method], now: Instant) -> Record {
    let subject = Subject::new(NAS, "2500-1", SessionNumber(number));
    Record {
        status,
        class: Class::Network,
        methods: methods.into(),
        attributes: subject.attributes(status),
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
    assert!(bench.sent.len() - before < 150, "one at a time while nobody answers");
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
        let [(_, _, id, delay), (_, _, next_id, next_delay)] = pair else { continue };
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
fn a_full_queue_gives_up_updates_first_and_counts_what_it_loses() {
    let mut bench = Bench::new();
    bench.alive.clear();
    bench.aaa.accounting.set_limit(3);
    bench.run(|aaa, cx| aaa.restore(cx, Vec::new(), None));
    bench.record(1, Status::Start, &[Method::Radius]);
    bench.seconds(40);
    for (number, status) in [(2, Status::Stop), (3, Status::Interim), (4, Status::Stop), (5, Status::Stop)] {
        bench.record(number, status, &[Method::Radius]);
    }
    assert_eq!(bench.aaa.accounting().statistics().dropped, 2);
    assert_eq!(bench.disk.len(), 3, "what is given up is not kept on disk either");
    bench.alive.push(FIRST);
    bench.seconds(60);
    assert!(!bench.numbers().contains(&3), "{:?}", bench.numbers());
    assert_eq!(bench.numbers().len(), 3);
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
    // The router is gone; another one finds the disk an hour later, and has made a record of its own by then.
    let disk = std::mem::take(&mut bench.disk);
    let mut next = Bench::new();
    next.alive = vec![FIRST];
    next.disk = disk.clone();
    next.disk.insert(77, b"no record".to_vec());
    next.alive.clear();
    let own = next.record(9, Status::AccountingOn, &[Method::Group("one".to_owned())]);
    assert_eq!(own, RecordId(1), "which is also the name of one on the disk");
    let left = next.disk.clone().into_iter().collect();
    next.run(|aaa, cx| aaa.restore(cx, left, Some(1_003_600)));
    assert_eq!(next.disk.len(), 6, "five that were left, and its own; the one that is none was removed");
    next.alive.push(FIRST);
    next.seconds(120);
    let mut numbers = next.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 9]);
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
    let usage = Usage {
        input_octets: (3 << 32) + 5,
        output_octets: 7,
        input_packets: 10,
        output_packets: 11,
        time: Duration::from_secs(90),
    };
    let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
    subject.usage = Some(usage);
    let written = subject.attributes(Status::Stop);
    let values = [42, 43, 47, 48, 46, 52, 53].map(|kind| value(&written, kind));
    assert_eq!(values, [5, 7, 10, 11, 90, 3, 0].map(Some));
    subject.usage = Some(Usage { input_octets: u64::from(u32::MAX), ..usage });
    let written = subject.attributes(Status::Stop);
    assert_eq!((value(&written, 42), value(&written, 52)), (Some(u32::MAX), None));
}

#[test]
fn a_stop_says_why_in_the_words_of_the_release() {
    let mut subject = Subject::new(NAS, "bob", SessionNumber(1));
    for (dialect, text) in
        [(Dialect::V12_0, "disc-cause-ext=1045"), (Dialect::V15, "disc-cause-ext=PPP Receive Term")]
    {
        subject.end = Some(End { cause: EndCause::UserRequest, dialect });
        let written = subject.attributes(Status::Stop);
        assert_eq!(value(&written, 49), Some(1));
        let pair = written.list().into_iter().find(|a| a.kind == 26).unwrap();
        assert!(pair.value.ends_with(text.as_bytes()), "{pair:?}");
    }
}

#[test]
fn everything_that_is_known_of_a_user_stands_in_the_order_of_ios() {
    let port = Port {
        long: "Virtual-Access4".to_owned(),
        short: "Vi4".to_owned(),
        number: 4,
        kind: PortType::Virtual,
        nas_ip: NAS,
        called: Some("614629".to_owned()),
        calling: Some("2085730592".to_owned()),
        unique: 4,
        origin: None,
    };
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
    let kinds: Vec<u8> = subject.attributes(Status::Start).list().iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [4, 5, 61, 1, 30, 31, 40, 25, 25, 45, 6, 44, 50, 51, 7, 8, 77, 55]);
}

#[test]
fn a_name_that_is_too_long_is_cut() {
    let long = "x".repeat(400);
    let written = Subject::new(NAS, &long, SessionNumber(1)).attributes(Status::Start);
    let name = written.list().into_iter().find(|a| a.kind == 1).unwrap();
    assert_eq!(name.value.len(), 253);
}
