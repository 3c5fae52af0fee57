//! Five hundred calls at once, and the RADIUS server loses its power in the middle of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use vpdnsh::lab::description::{Description, NodeId};
use vpdnsh::lab::player::Stage;
use vpdnsh::lab::virtual_lab::{VirtualLab, VirtualOptions};
use vpdnsh::router::ConsoleInput;

use crate::call::Bench;

const ROUTERS: usize = 10;
const EACH: usize = 50;
const CALLS: usize = ROUTERS * EACH;
/// From one user of a router to the next.
const PACE: Duration = Duration::from_millis(20);
const LAC: &str = "10.20.0.1";
const LNS: &str = "10.20.0.2";

struct Many {
    bench: Bench,
    /// Router, status, session id; in the order of their arrival.
    records: Vec<[String; 3]>,
    _files: tempfile::TempDir,
}

fn part<'a>(record: &'a str, name: &str) -> &'a str {
    let line =
        record.lines().find_map(|line| line.strip_prefix('\t')?.strip_prefix(name)?.strip_prefix(" = "));
    line.unwrap_or_default().trim_matches('"')
}

impl Many {
    fn new() -> Many {
        let files = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/many-calls.sh");
        let written = Command::new("sh")
            .arg(script)
            .arg(files.path())
            .args(["radius", &ROUTERS.to_string(), &EACH.to_string()])
            .status();
        assert!(written.unwrap().success());
        let description = Description::load(files.path()).unwrap();
        let bench = Bench::of(&description, &VirtualOptions::default());
        Many { bench, records: Vec::new(), _files: files }
    }

    fn node(&self, name: &str) -> NodeId {
        self.lab().description().node(name).unwrap()
    }

    fn lab(&self) -> &VirtualLab {
        &self.bench.lab
    }

    /// Sessions with an address of the pool, which have got through.
    fn up(&self) -> usize {
        let engine = self.lab().router(self.node("lns")).unwrap().machine().unwrap().engine();
        engine.aaa_sessions().iter().filter(|session| session.address.is_some()).count()
    }

    fn sessions(&self, node: &str) -> usize {
        self.lab().router(self.node(node)).unwrap().machine().unwrap().engine().sessions().len()
    }

    fn spooled(&self) -> usize {
        ["lac", "lns"].iter().map(|n| self.lab().router(self.node(n)).unwrap().spooled().count()).sum()
    }

    fn pass(&mut self, time: Duration) {
        let until = self.lab().now() + time;
        self.bench.lab.run_until(until);
        self.read();
    }

    /// One user of each router pings, and does not wait for an answer.
    fn dial(&mut self, user: usize) {
        for router in 1..=ROUTERS {
            let node = self.node(&format!("soho{router}"));
            self.bench.lab.console(node, ConsoleInput::Line(format!("ping 10.200.{router}.{user}")));
        }
        self.pass(PACE);
        for router in 1..=ROUTERS {
            let node = self.node(&format!("soho{router}"));
            self.bench.lab.console(node, ConsoleInput::Interrupt);
        }
    }

    fn power(&mut self, on: bool) {
        let aaa = self.node("aaa");
        self.bench.lab.power(aaa, on).unwrap();
    }

    fn read(&mut self) {
        let aaa = self.node("aaa");
        let text = self.bench.lab.detail(aaa);
        self.records.extend(text.split("\n\n").filter(|record| !record.trim().is_empty()).map(|r| {
            ["NAS-IP-Address", "Acct-Status-Type", "Acct-Session-Id"].map(|n| part(r, n).to_owned())
        }));
    }

    /// How often each session of a router has this record.
    fn of(&self, nas: &str, status: &str) -> BTreeMap<&str, usize> {
        let mut sessions = BTreeMap::new();
        for [_, _, id] in self.records.iter().filter(|[n, s, _]| n == nas && s == status) {
            *sessions.entry(id.as_str()).or_default() += 1;
        }
        sessions
    }

    /// Waits until `done`, no longer than `limit`; gives the time.
    fn until(&mut self, limit: Duration, what: &str, done: impl Fn(&Many) -> bool) -> Duration {
        let start = self.lab().now();
        while !done(self) {
            let waited = self.lab().now().duration_since(start);
            assert!(
                waited < limit,
                "{what}: not within {limit:?}; {} up, {} spooled",
                self.up(),
                self.spooled()
            );
            self.pass(Duration::from_millis(100));
        }
        self.lab().now().duration_since(start)
    }
}

#[test]
fn no_record_is_lost_and_no_call_hangs_when_the_server_dies_under_five_hundred_calls() {
    let mut many = Many::new();
    many.bench.play(&(1..=ROUTERS).map(|k| format!("soho{k}: enable\n")).collect::<String>()).unwrap();
    let mut through = None;
    for user in 1..=EACH {
        many.dial(user);
        if through.is_none() && many.up() >= CALLS / 5 {
            through = Some(many.up());
            many.power(false);
        }
    }
    let through = through.expect("some are up while others dial");
    // A call that nobody answers for ends; those that were up stay.
    many.pass(Duration::from_secs(180));
    assert!(many.up() >= through);
    assert_eq!(
        (many.sessions("lac"), many.sessions("lns")),
        (many.up(), many.up()),
        "no call is half way up"
    );
    // Some hang up meanwhile.
    let before = many.up();
    many.bench.play("power soho1 off\nsleep 30s\npower soho1 on\nsleep 30s\nsoho1: enable\n").unwrap();
    let gone = before - many.up();
    assert!(gone > 0 && many.spooled() >= 2 * gone, "{gone} have hung up, {} records wait", many.spooled());

    many.power(true);
    let first = many.until(Duration::from_secs(600), "the records", |m| m.spooled() == 0);
    for user in 1..=EACH {
        many.dial(user);
    }
    many.until(Duration::from_secs(300), "everybody is up", |m| m.up() == CALLS);

    // It dies again, and everybody is thrown out at once.
    many.power(false);
    many.bench.play("lac: enable\nlac: clear vpdn tunnel l2tp all\n").unwrap();
    many.pass(Duration::from_secs(60));
    assert_eq!((many.sessions("lac"), many.sessions("lns")), (0, 0));
    assert!(many.spooled() >= 2 * CALLS, "{} records wait for the server", many.spooled());
    many.power(true);
    let second = many.until(Duration::from_secs(600), "the records", |m| m.spooled() == 0);

    for nas in [LAC, LNS] {
        let (starts, stops) = (many.of(nas, "Start"), many.of(nas, "Stop"));
        assert!(starts.len() >= CALLS, "{nas}: {} starts", starts.len());
        let ids = |records: &BTreeMap<&str, usize>| {
            records.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!(ids(&starts), ids(&stops), "{nas}: each start has its stop");
        for (id, count) in starts.iter().chain(&stops) {
            assert_eq!(*count, 1, "{nas}: the records of session {id}");
        }
    }
    println!(
        "{CALLS} calls, {through} up when the server died, {} records; the last one {first:?} and {second:?} after its return",
        many.records.len()
    );
    assert_eq!(many.bench.leftovers(), [] as [String; 0]);
}
