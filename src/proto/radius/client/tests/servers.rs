//! Groups, private servers, dead criteria, and what is counted.

use super::*;
use crate::proto::Switch;

fn config(servers: Vec<ServerConfig>, deadtime: u64) -> ClientConfig {
    ClientConfig { servers, deadtime: Duration::from_secs(deadtime), ..ClientConfig::default() }
}

fn group(servers: &[&ServerConfig], deadtime: Option<u64>) -> Option<Arc<ServerGroup>> {
    let servers = servers.iter().map(|s| s.name.clone()).collect();
    Some(Arc::new(ServerGroup { servers, deadtime: deadtime.map(Duration::from_secs) }))
}

fn private(address: Ipv4Addr, owner: &str) -> ServerConfig {
    let mut config = server(address);
    config.name.private = Some(owner.into());
    config
}

#[test]
fn a_group_has_its_own_order_ports_and_dead_time() {
    let mut second_port = server(A);
    second_port.name.auth_port = 1645;
    let servers = [server(A), server(B), second_port];
    let mut bench = Bench::new(servers.to_vec(), 0, false);
    let asked = Request { servers: group(&[&servers[2], &servers[1]], Some(60)), ..request() };
    bench.run(|client, cx| client.submit(cx, asked));
    assert_eq!(bench.sent[0].remote, "10.0.0.1:1645".parse().unwrap());
    bench.wait_for_requests();
    let asked: HashSet<SocketAddr> = bench.sent.iter().map(|s| s.remote).collect();
    assert_eq!(asked, HashSet::from(["10.0.0.1:1645".parse().unwrap(), "10.0.0.2:1812".parse().unwrap()]));
    // The router's dead time is none; the group's holds.
    assert_eq!([0, 1, 2].map(|place| bench.server(place).dead), [false, true, true]);
    assert_eq!(bench.log.len(), 2, "{:?}", bench.log);
}

#[test]
fn a_private_server_is_asked_by_its_group_only() {
    let own = private(B, "g");
    let mut bench = Bench::new(vec![server(A), server(B), own.clone()], 0, false);
    bench.submit();
    bench.wait_for_requests();
    assert_eq!(bench.sent.len(), 8, "the private one is not asked");
    assert_eq!(bench.server(2).counters, ServerCounters::default());
    let asked = Request { servers: group(&[&own], None), ..request() };
    bench.run(|client, cx| client.submit(cx, asked));
    assert_eq!(bench.authentication(2).requests, 1);
}

#[test]
fn a_server_whose_port_is_0_is_not_asked() {
    let (mut books, mut users) = (server(A), server(B));
    books.name.auth_port = 0;
    users.name.acct_port = 0;
    let mut bench = Bench::new(vec![books.clone(), users], 0, false);
    bench.submit();
    let record = Request { code: Code::AccountingRequest, attributes: Vec::new(), ..request() };
    bench.run(|client, cx| client.submit(cx, record));
    let asked: Vec<SocketAddr> = bench.sent.iter().map(|s| s.remote).collect();
    assert_eq!(asked, ["10.0.0.2:1812".parse().unwrap(), "10.0.0.1:1813".parse().unwrap()]);
    let mut bench = Bench::new(vec![books], 0, false);
    bench.submit();
    assert!(matches!(bench.ended.as_slice(), [(_, None)]));
}

#[test]
fn a_group_of_nobody_fails_at_once() {
    let mut bench = Bench::new(vec![server(A)], 0, false);
    bench.run(|client, cx| client.submit(cx, Request { servers: group(&[&server(B)], None), ..request() }));
    assert!(matches!(bench.ended.as_slice(), [(_, None)]) && bench.sent.is_empty());
}

/// Both criteria must be met: three transmissions in a row and twelve seconds.
#[test]
fn dead_criteria() {
    let criteria = Some(DeadCriteria { time: Duration::from_secs(12), tries: 3 });
    let config = ClientConfig { dead_criteria: criteria, ..config(vec![server(A), server(B)], 60) };
    let mut bench = Bench::new(Vec::new(), 0, false);
    bench.configure(config.clone());
    bench.submit();
    bench.step();
    bench.step();
    assert!(!bench.server(0).dead, "two");
    bench.step();
    assert!(bench.server(0).dead, "three, after 15 seconds");
    assert_eq!(bench.sent.last().unwrap().remote.ip(), B, "the rest of the retransmissions is spared");
    assert_eq!(bench.seconds(), [0, 5, 10, 15]);
    let counters = bench.authentication(0);
    assert_eq!((counters.timeouts, counters.failovers, counters.unanswered), (3, 1, 1));

    // Many at once meet the number but not the time.
    let mut bench = Bench::new(Vec::new(), 0, false);
    bench.configure(config);
    for _ in 0..5 {
        bench.submit();
    }
    bench.step();
    assert!(!bench.server(0).dead);
    assert_eq!(bench.authentication(0).timeouts, 5);
    // A reply begins it anew.
    let sent = bench.sent[0].clone();
    bench.answer_unsigned(&sent);
    bench.step();
    bench.step();
    assert!(!bench.server(0).dead, "ten seconds without a reply");
    bench.step();
    assert!(bench.server(0).dead);
}

#[test]
fn state_and_durations() {
    let mut bench = Bench::new(vec![server(A), server(B)], 60, false);
    bench.submit();
    for _ in 0..4 {
        bench.step();
    }
    let dead = bench.server(0);
    assert!(dead.dead && dead.deaths == 1);
    assert_eq!((dead.previous.as_secs(), dead.duration.as_secs()), (20, 0));
    bench.now = bench.now + Duration::from_secs(30);
    assert_eq!(bench.server(0).dead_time.as_secs(), 30);
    bench.run(Client::handle_timeout);
    while bench.step() {}
    let alive = bench.server(0);
    assert!(!alive.dead);
    assert_eq!((alive.previous.as_secs(), alive.dead_time.as_secs(), alive.deaths), (60, 60, 1));
}

#[test]
fn services_are_counted_apart() {
    let mut bench = Bench::new(vec![server(A)], 0, false);
    let plain = |kind, value| RequestAttribute::Plain(Attribute::integer(kind, value));
    let lookup = Request { attributes: vec![plain(6, 5)], ..request() };
    let record = |status| Request {
        code: Code::AccountingRequest,
        attributes: vec![plain(40, status), RequestAttribute::Delay(Duration::ZERO, Instant::ZERO)],
        ..request()
    };
    bench.submit();
    bench.now = bench.now + Duration::from_millis(30);
    bench.run(|client, cx| client.submit(cx, lookup));
    for status in [1, 3, 2, 7] {
        bench.run(|client, cx| client.submit(cx, record(status)));
    }
    let counters = bench.server(0).counters;
    assert_eq!(
        [&counters.authentication, &counters.authorization, &counters.accounting]
            .map(|c| (c.requests, c.outstanding)),
        [(1, 1), (1, 1), (4, 4)]
    );
    assert_eq!(counters.records, RecordCounters { start: 1, interim: 1, stop: 1 });
    let sent = bench.sent[0].clone();
    bench.answer_unsigned(&sent);
    let counters = bench.authentication(0);
    assert_eq!(
        (counters.time, counters.longest, counters.outstanding),
        (Duration::from_millis(30), Duration::from_millis(30), 0)
    );
    let view = bench.client.view(bench.now);
    assert_eq!((view.most_outstanding, view.ports.as_slice()), (6, [1645].as_slice()));
    assert_eq!(view.last_accounting, Some((1645, bench.sent[5].bytes[1])));
    assert_eq!(view.last_access, Some((1645, bench.sent[1].bytes[1])));
    bench.now = bench.now + Duration::from_secs(60);
    let now = bench.now;
    bench.client.clear_counters(now);
    let view = bench.client.view(now + Duration::from_secs(5));
    assert_eq!((view.counted_for.as_secs(), view.largest), (5, [0, 0]));
    let counters = view.servers[0].counters;
    assert_eq!((counters.accounting.requests, counters.accounting.outstanding), (0, 4));
}

/// RFC 2866 section 5.2: the delay counts to the transmission, and a new server gets a new one.
#[test]
fn the_delay_is_that_of_the_server() {
    let mut bench = Bench::new(vec![server(A), server(B)], 0, false);
    let record = Request {
        code: Code::AccountingRequest,
        attributes: vec![RequestAttribute::Delay(Duration::ZERO, Instant::ZERO)],
        ..request()
    };
    bench.now = bench.now + Duration::from_secs(2);
    bench.run(|client, cx| client.submit(cx, record));
    bench.wait_for_requests();
    let delays: Vec<u8> = bench.sent.iter().map(|s| *s.bytes.last().unwrap()).collect();
    assert_eq!(delays, [2, 2, 2, 2, 22, 22, 22, 22], "the same octets for the same server");
}

/// A trace on which only these switches are on.
struct Only(Dialect, Vec<Switch>, Vec<String>);

impl crate::proto::Trace for Only {
    fn enabled(&self, switch: Switch) -> bool {
        self.1.contains(&switch)
    }
    fn dialect(&self) -> Dialect {
        self.0
    }
    fn print(&mut self, _: Switch, text: String) {
        self.2.extend(text.split('\n').map(str::to_owned));
    }
}

/// What an Access-Request, an Accounting-Request and an unexpected reply print with these switches on.
fn printed(dialect: Dialect, switches: &[Switch]) -> Vec<String> {
    let mut trace = Only(dialect, switches.to_vec(), Vec::new());
    let mut entropy = Seeded::new(1);
    let mut cx = Context { now: Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
    let mut client = Client::new();
    client.configure(&mut cx, config(vec![server(A)], 0));
    client.submit(&mut cx, request());
    client.submit(&mut cx, Request { code: Code::AccountingRequest, ..request() });
    while let Some(output) = client.poll() {
        if let ClientOutput::Transmit { socket, remote, bytes, .. } = output
            && remote.port() == 1812
        {
            client.handle_datagram(&mut cx, socket, remote, &reply(&bytes, Code::AccountingResponse, false));
            client.handle_datagram(&mut cx, socket, remote, &bytes[..3]);
        }
    }
    trace.2
}

#[test]
fn each_debug_prints_its_part() {
    let lines = |switch| printed(Dialect::V12_0, &[switch]);
    let heads = |lines: &[String]| lines.iter().filter(|l| l.starts_with("RADIUS: Initial Transmit")).count();
    assert!(printed(Dialect::V12_0, &[]).is_empty());
    let all = lines(Switch::Radius);
    assert_eq!((heads(&all), all.len()), (2, 4), "{all:?}");
    let access = lines(Switch::RadiusAuthentication);
    assert!(access.len() == 2 && access[0].contains("Access-Request"), "{access:?}");
    let accounting = lines(Switch::RadiusAccounting);
    assert!(accounting.len() == 2 && accounting[0].contains("Accounting-Request"), "{accounting:?}");
    let brief = lines(Switch::RadiusBrief);
    assert_eq!((heads(&brief), brief.len()), (2, 2), "{brief:?}");
    let verbose = lines(Switch::RadiusVerbose);
    assert_eq!((heads(&verbose), verbose.len()), (2, 6), "{verbose:?}");
    assert!(verbose[4].ends_with("dropped, unexpected Accounting-response"), "{verbose:?}");
    assert!(verbose[5].ends_with("dropped, malformed packet"), "{verbose:?}");
    let brief = printed(Dialect::V15, &[Switch::RadiusBrief]);
    assert!(
        brief.len() == 2 && brief[0].starts_with("RADIUS(00000007): Send Access-Request to "),
        "{brief:?}"
    );
}
