mod ports;
mod servers;

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::proto::radius::seal_reply;
use crate::proto::trace::Recorder;
use crate::proto::{Dialect, entropy::Seeded};

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

fn server(address: Ipv4Addr) -> ServerConfig {
    ServerConfig {
        name: ServerName { address, auth_port: 1812, acct_port: 1813, private: None },
        secret: Some(Secret::new("key")),
        timeout: Duration::from_secs(5),
        retransmit: 3,
    }
}

fn request() -> Request {
    Request {
        code: Code::AccessRequest,
        attributes: vec![RequestAttribute::Plain(Attribute::new(1, *b"alice"))],
        authenticator: None,
        servers: None,
        label: "Virtual-Access1".to_owned(),
        unique: 7,
        origin: None,
    }
}

/// A datagram that the client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    at: Instant,
    socket: u16,
    remote: SocketAddr,
    bytes: Vec<u8>,
}

struct Bench {
    client: Client,
    now: Instant,
    entropy: Seeded,
    trace: Recorder,
    sent: Vec<Sent>,
    log: Vec<String>,
    opened: Vec<u16>,
    ended: Vec<(RequestKey, Option<Reply>)>,
    unsendable: Vec<RequestKey>,
}

impl Bench {
    fn new(servers: Vec<ServerConfig>, deadtime: u64, signed: bool) -> Self {
        let config = ClientConfig {
            servers,
            deadtime: Duration::from_secs(deadtime),
            message_authenticator: signed,
            ..ClientConfig::default()
        };
        let mut bench = Bench {
            client: Client::new(),
            now: Instant::ZERO,
            entropy: Seeded::new(3),
            trace: Recorder::default(),
            sent: Vec::new(),
            log: Vec::new(),
            opened: Vec::new(),
            ended: Vec::new(),
            unsendable: Vec::new(),
        };
        bench.configure(config);
        bench
    }

    fn configure(&mut self, config: ClientConfig) {
        self.run(|client, cx| client.configure(cx, config));
    }

    fn server(&self, place: usize) -> ServerView {
        self.client.view(self.now).servers.swap_remove(place)
    }

    fn authentication(&self, place: usize) -> ServiceCounters {
        self.server(place).counters.authentication
    }

    fn dropped(&self) -> Dropped {
        self.client.view(self.now).dropped
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Client, &mut Context) -> T) -> T {
        let mut cx = Context { now: self.now, entropy: &mut self.entropy, trace: &mut self.trace };
        let result = act(&mut self.client, &mut cx);
        while let Some(output) = self.client.poll() {
            match output {
                ClientOutput::OpenSocket { socket, port } => {
                    assert_eq!(port, Sockets::port(socket));
                    self.opened.push(socket);
                }
                ClientOutput::Transmit { socket, remote, bytes, .. } => {
                    self.sent.push(Sent { at: self.now, socket, remote, bytes });
                }
                ClientOutput::Syslog { text, .. } => self.log.push(text),
                ClientOutput::Replied(key, reply) => self.ended.push((key, Some(*reply))),
                ClientOutput::Failed(key) => self.ended.push((key, None)),
                ClientOutput::Unsendable(key) => self.unsendable.push(key),
            }
        }
        result
    }

    fn submit(&mut self) -> RequestKey {
        self.run(|client, cx| client.submit(cx, request()))
    }

    fn deliver(&mut self, socket: u16, from: SocketAddr, bytes: &[u8]) {
        self.run(|client, cx| client.handle_datagram(cx, socket, from, bytes));
    }

    fn answer(&mut self, sent: &Sent) {
        let bytes = reply(&sent.bytes, Code::AccessAccept, true);
        self.deliver(sent.socket, sent.remote, &bytes);
    }

    fn answer_unsigned(&mut self, sent: &Sent) {
        let bytes = reply(&sent.bytes, Code::AccessAccept, false);
        self.deliver(sent.socket, sent.remote, &bytes);
    }

    /// To the next timer; false when there is none.
    fn step(&mut self) -> bool {
        let Some(at) = self.client.next_timeout() else { return false };
        assert!(at >= self.now);
        self.now = at;
        self.run(Client::handle_timeout);
        true
    }

    fn wait_for_requests(&mut self) {
        while self.client.outstanding() > 0 {
            assert!(self.step(), "a request without a timer");
        }
    }

    fn seconds(&self) -> Vec<u64> {
        self.sent.iter().map(|sent| sent.at.since_start().as_secs()).collect()
    }
}

fn reply(request: &[u8], code: Code, signed: bool) -> Vec<u8> {
    let request = Packet::decode(request).unwrap();
    let attributes = vec![Attribute::integer(6, 2)];
    let mut packet = Packet { code, identifier: request.identifier, authenticator: [0; 16], attributes };
    seal_reply(&mut packet, &request.authenticator, b"key", signed).unwrap()
}

#[test]
fn a_silent_server_is_asked_four_times_then_the_next() {
    let mut bench = Bench::new(vec![server(A), server(B)], 0, true);
    let key = bench.submit();
    bench.wait_for_requests();
    assert_eq!(bench.seconds(), [0, 5, 10, 15, 20, 25, 30, 35]);
    assert!(bench.sent[..4].iter().all(|sent| sent.remote.ip() == A && sent.bytes == bench.sent[0].bytes));
    assert!(bench.sent[4..].iter().all(|sent| sent.remote.ip() == B && sent.bytes == bench.sent[4].bytes));
    assert_ne!(bench.sent[0].bytes[4..20], bench.sent[4].bytes[4..20], "a new authenticator");
    assert!(matches!(bench.ended.as_slice(), [(ended, None)] if *ended == key));
    assert!(bench.client.is_quiet());
    assert_eq!(bench.client.next_timeout(), None);
    // With no dead time a server is dead and alive at the same moment, as IOS logs it.
    assert_eq!(
        bench.log[..2],
        [
            "%RADIUS-4-RADIUS_DEAD: RADIUS server 10.0.0.1:1812,1813 is not responding.",
            "%RADIUS-4-RADIUS_ALIVE: RADIUS server 10.0.0.1:1812,1813 is being marked alive.",
        ]
    );
    let retransmits = bench.trace.lines.iter().filter(|l| l.starts_with("RADIUS: Retransmit id ")).count();
    assert_eq!(retransmits, 6);
    assert!(bench.trace.lines.last().unwrap().starts_with("RADIUS: No response for id "));
}

#[test]
fn a_dead_server_is_passed_over_until_its_time_is_over() {
    let mut bench = Bench::new(vec![server(A), server(B)], 60, true);
    bench.submit();
    for _ in 0..4 {
        bench.step();
    }
    assert_eq!(bench.log, ["%RADIUS-4-RADIUS_DEAD: RADIUS server 10.0.0.1:1812,1813 is not responding."]);
    assert!(bench.server(0).dead);
    let to_b = bench.sent.last().cloned().unwrap();
    assert_eq!(to_b.remote.ip(), B);
    bench.answer(&to_b);
    assert!(bench.client.is_quiet(), "the dead time alone is no work");
    bench.submit();
    assert_eq!(bench.sent.last().unwrap().remote.ip(), B, "the dead one is not asked");
    let sent = bench.sent.last().cloned().unwrap();
    bench.answer(&sent);
    while bench.step() {}
    assert_eq!(bench.now.since_start(), Duration::from_secs(80));
    assert_eq!(
        bench.log[1],
        "%RADIUS-4-RADIUS_ALIVE: RADIUS server 10.0.0.1:1812,1813 is being marked alive."
    );
    bench.submit();
    assert_eq!(bench.sent.last().unwrap().remote.ip(), A);
}

#[test]
fn when_all_are_dead_all_are_asked() {
    let mut bench = Bench::new(vec![server(A)], 600, true);
    bench.submit();
    bench.wait_for_requests();
    assert!(bench.server(0).dead);
    bench.submit();
    let sent = bench.sent.last().cloned().unwrap();
    assert_eq!(sent.remote.ip(), A);
    bench.answer(&sent);
    assert!(!bench.server(0).dead);
    assert!(bench.log.last().unwrap().ends_with("is being marked alive."));
}

/// 500 at once when the first server dies: the first time-out of its death moves all of them on.
#[test]
fn a_death_is_known_to_every_request() {
    let mut bench = Bench::new(vec![server(A), server(B)], 600, true);
    for _ in 0..500 {
        bench.submit();
    }
    assert_eq!(bench.opened, [0, 1]);
    let mut answered = 0;
    while bench.client.outstanding() > 0 {
        let to_b: Vec<Sent> = bench.sent[answered..].iter().filter(|s| s.remote.ip() == B).cloned().collect();
        answered = bench.sent.len();
        for sent in to_b {
            bench.answer(&sent);
        }
        if bench.client.outstanding() > 0 {
            assert!(bench.step());
        }
    }
    assert_eq!(bench.now.since_start(), Duration::from_secs(20));
    assert_eq!(bench.ended.iter().filter(|(_, reply)| reply.is_some()).count(), 500);
    assert_eq!(bench.ended.iter().map(|(key, _)| *key).collect::<HashSet<_>>().len(), 500);
    assert_eq!(bench.log.iter().filter(|line| line.contains("DEAD")).count(), 1);
}

/// A server that answers others is not dead because it leaves one request unanswered.
#[test]
fn one_lost_request_is_no_death() {
    let mut bench = Bench::new(vec![server(A)], 600, true);
    let lost = bench.submit();
    for _ in 0..3 {
        bench.step();
        let key = bench.submit();
        assert_ne!(key, lost);
        let sent = bench.sent.last().cloned().unwrap();
        bench.answer(&sent);
    }
    bench.wait_for_requests();
    assert!(bench.log.is_empty());
    assert!(matches!(bench.ended.last(), Some((key, None)) if *key == lost));
    assert_eq!((bench.authentication(0).timeouts, bench.authentication(0).unanswered), (4, 1));
}

#[test]
fn forged_late_and_double_replies_are_dropped() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    bench.submit();
    let sent = bench.sent[0].clone();
    let good = reply(&sent.bytes, Code::AccessAccept, true);
    let other: SocketAddr = "10.0.0.9:1812".parse().unwrap();
    let port: SocketAddr = "10.0.0.1:1813".parse().unwrap();
    bench.deliver(0, other, &good);
    bench.deliver(0, port, &good);
    bench.deliver(1, sent.remote, &good);
    bench.deliver(0, sent.remote, &good[..10]);
    let mut another = good.clone();
    another[1] = another[1].wrapping_add(1);
    bench.deliver(0, sent.remote, &another);
    let mut forged = good.clone();
    forged[5] ^= 1;
    bench.deliver(0, sent.remote, &forged);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    bench.deliver(0, sent.remote, &forged);
    bench.deliver(0, sent.remote, &reply(&sent.bytes, Code::AccessAccept, false));
    bench.deliver(0, sent.remote, &reply(&sent.bytes, Code::AccountingResponse, true));
    assert!(bench.ended.is_empty());
    let dropped = bench.dropped();
    let counters = bench.authentication(0);
    assert_eq!((counters.unexpected, counters.incorrect, counters.malformed), (1, 3, 1));
    assert_eq!(bench.trace.lines.iter().filter(|l| l.contains(") dropped, ")).count(), 2);
    assert_eq!(
        dropped,
        Dropped {
            malformed: 1,
            unknown_identifier: 2,
            wrong_source: 2,
            wrong_code: 1,
            bad_authenticator: 1,
            bad_message_authenticator: 1,
            unsigned: 1,
        }
    );
    let ending = |text: &str| bench.trace.lines.iter().filter(|line| line.ends_with(text)).count();
    assert_eq!((ending("failed decrypt"), ending("has no Message-Authenticator")), (2, 1));
    assert_eq!(ending("non-existent request ident"), 4);
    bench.deliver(0, sent.remote, &good);
    assert_eq!(bench.ended.len(), 1);
    bench.deliver(0, sent.remote, &good);
    assert_eq!((bench.ended.len(), bench.dropped().unknown_identifier), (1, 3));
    assert!(bench.client.is_quiet());
}

/// RFC 2865 section 2.5: the reply to the first transmission may come after the second.
#[test]
fn a_reply_to_an_earlier_transmission_counts_one_to_an_earlier_server_does_not() {
    let mut bench = Bench::new(vec![server(A), server(B)], 0, true);
    bench.submit();
    let first = bench.sent[0].clone();
    bench.step();
    bench.answer(&first);
    assert_eq!(bench.ended.len(), 1);
    bench.submit();
    for _ in 0..4 {
        bench.step();
    }
    let to_a = bench.sent[2].clone();
    assert_eq!(bench.sent.last().unwrap().remote.ip(), B);
    bench.answer(&to_a);
    assert_eq!(bench.ended.len(), 1, "too late");
    let to_b = bench.sent.last().cloned().unwrap();
    bench.answer(&to_b);
    assert_eq!(bench.ended.len(), 2);
}

#[test]
fn message_authenticator_only_where_configured() {
    let mut bench = Bench::new(vec![server(A)], 0, false);
    bench.submit();
    let sent = bench.sent[0].clone();
    assert_eq!(Packet::decode(&sent.bytes).unwrap().first(80), None);
    bench.deliver(0, sent.remote, &reply(&sent.bytes, Code::AccessReject, false));
    assert_eq!(bench.authentication(0).rejects, 1);
    let mut bench = Bench::new(vec![server(A)], 0, true);
    bench.submit();
    assert_eq!(Packet::decode(&bench.sent[0].bytes).unwrap().attributes[0].kind, 80);
}

#[test]
fn accounting_goes_to_its_port() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    let accounting = Request { code: Code::AccountingRequest, ..request() };
    bench.run(|client, cx| client.submit(cx, accounting));
    let sent = bench.sent[0].clone();
    assert_eq!(sent.remote.port(), 1813);
    assert!(crate::proto::radius::verify_request(&sent.bytes, b"key", false).is_ok());
    bench.deliver(0, sent.remote, &reply(&sent.bytes, Code::AccountingResponse, false));
    assert_eq!(bench.ended.len(), 1);
}

#[test]
fn a_group_asks_its_own_servers_and_a_password_is_hidden_for_each() {
    let mut other = server(B);
    other.secret = Some(Secret::new("other"));
    let other_name = other.name.clone();
    let mut bench = Bench::new(vec![server(A), other], 0, true);
    let mut asked = request();
    asked.servers = Some(Arc::new(ServerGroup { servers: vec![other_name], deadtime: None }));
    asked.attributes.push(RequestAttribute::Password(Secret::new("pass")));
    bench.run(|client, cx| client.submit(cx, asked));
    let sent = &bench.sent[0];
    assert_eq!(sent.remote.ip(), B);
    let packet = crate::proto::radius::verify_request(&sent.bytes, b"other", true).unwrap();
    let hidden = packet.first(2).unwrap();
    let clear = crate::proto::radius::crypt::reveal_password(hidden, b"other", &packet.authenticator);
    assert_eq!(clear.unwrap(), b"pass");
}

#[test]
fn a_server_without_a_key_and_one_that_is_taken_away() {
    let mut keyless = server(A);
    keyless.secret = None;
    let mut bench = Bench::new(vec![keyless.clone()], 0, true);
    bench.submit();
    assert!(matches!(bench.ended.as_slice(), [(_, None)]));
    assert_eq!(bench.log, ["%RADIUS-3-NOSERVERS: No Radius hosts configured."]);
    let mut bench = Bench::new(vec![server(A), server(B)], 0, true);
    bench.submit();
    let config =
        ClientConfig { servers: vec![server(B)], message_authenticator: true, ..ClientConfig::default() };
    bench.configure(config);
    bench.step();
    assert_eq!(bench.sent.last().unwrap().remote.ip(), B, "it moves on at once");
    assert_eq!(bench.seconds(), [0, 5]);
}

/// Two servers of one address are two: each with its own dead time.
#[test]
fn a_server_is_dead_by_address_and_ports() {
    let mut second = server(A);
    (second.name.auth_port, second.name.acct_port) = (1645, 1646);
    let mut bench = Bench::new(vec![server(A), second], 60, true);
    bench.submit();
    while bench.ended.is_empty() && bench.sent.last().is_some_and(|sent| sent.remote.port() == 1812) {
        bench.step();
    }
    assert_eq!(bench.sent.last().unwrap().remote, (A, 1645).into());
    assert_eq!((bench.server(0).dead, bench.server(1).dead), (true, false));
}

#[test]
fn a_cancelled_request_leaves_nothing() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    let key = bench.submit();
    bench.run(|client, cx| client.cancel(cx, key));
    assert!(bench.client.is_quiet());
    assert_eq!(bench.client.next_timeout(), None);
    let sent = bench.sent[0].clone();
    bench.answer(&sent);
    assert_eq!(bench.dropped().unknown_identifier, 1);
}

#[test]
fn a_request_too_big_for_a_packet_is_asked_of_nobody() {
    let plain = |length| RequestAttribute::Plain(Attribute::new(18, vec![0; length]));
    let password = |length| RequestAttribute::Password(Secret::new(vec![1; length]));
    for (attributes, why) in [
        (vec![plain(253); 17], "the packet is too long"),
        (vec![plain(254)], "attribute 18 is too long"),
        (vec![password(129)], "attribute 2 is too long"),
    ] {
        let mut bench = Bench::new(vec![server(A), server(B)], 0, true);
        let big = Request { attributes, ..request() };
        let key = bench.run(|client, cx| client.submit(cx, big));
        assert_eq!((bench.unsendable.as_slice(), bench.ended.len()), ([key].as_slice(), 0));
        assert!(bench.sent.is_empty() && bench.client.is_quiet());
        let line = format!("RADIUS: Request cannot be sent, {why}");
        assert_eq!(bench.trace.lines.last(), Some(&line));
    }
}

#[test]
fn lines_of_15_name_source_port_and_server() {
    let mut bench = Bench::new(vec![server(A)], 0, true);
    bench.trace.dialect = Dialect::V15;
    bench.submit();
    bench.step();
    let sent = bench.sent[0].clone();
    bench.answer(&sent);
    let id = sent.bytes[1];
    let lines = &bench.trace.lines;
    assert_eq!(lines[0], "RADIUS(00000007): sending");
    let length = sent.bytes.len();
    let head = format!("RADIUS(00000007): Send Access-Request to 10.0.0.1:1812 id 1645/{id}, len {length}");
    assert_eq!(lines[1], head);
    assert!(lines.contains(&"RADIUS(00000007): Started 5 sec timeout".to_owned()));
    assert!(lines.contains(&format!("RADIUS: Retransmit to (10.0.0.1:1812) for id 1645/{id}")));
    let received = format!("RADIUS: Received from id 1645/{id} 10.0.0.1:1812, Access-Accept, len 44");
    assert!(lines.contains(&received));
    assert_eq!(*lines.last().unwrap(), format!("RADIUS(00000007): Received from id 1645/{id}"));
}

/// Loss, duplication and delay of any pattern: every request ends exactly once and nothing is left.
#[test]
fn every_request_ends_once_whatever_the_network_does() {
    for seed in 0_u64..200 {
        let mut bench = Bench::new(vec![server(A), server(B)], 30, seed.is_multiple_of(2));
        let mut dice = Seeded::new(seed);
        let mut delayed: Vec<Sent> = Vec::new();
        let (mut seen, mut submitted) = (0, 0);
        for _ in 0..400 {
            if submitted < 40 {
                bench.submit();
                submitted += 1;
            }
            for sent in bench.sent[seen..].iter().cloned() {
                match dice.next_u64() % 4 {
                    0 | 1 => {}
                    2 => delayed.push(sent),
                    _ => delayed.extend([sent.clone(), sent]),
                }
            }
            seen = bench.sent.len();
            while !delayed.is_empty() && !dice.next_u64().is_multiple_of(3) {
                let at = usize::try_from(dice.next_u64()).unwrap_or(0) % delayed.len();
                let sent = delayed.swap_remove(at);
                let mut bytes = reply(&sent.bytes, Code::AccessAccept, true);
                if dice.next_u64().is_multiple_of(8) {
                    let at = usize::try_from(dice.next_u64()).unwrap_or(0) % bytes.len();
                    bytes[at] ^= 0x40;
                }
                bench.deliver(sent.socket, sent.remote, &bytes);
            }
            bench.step();
        }
        bench.wait_for_requests();
        let keys: HashSet<RequestKey> = bench.ended.iter().map(|(key, _)| *key).collect();
        assert_eq!((bench.ended.len(), keys.len()), (40, 40), "seed {seed}");
        assert!(bench.client.is_quiet());
        while bench.step() {}
        assert_eq!(bench.client.next_timeout(), None);
    }
}
