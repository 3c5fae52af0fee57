//! Accounting of whole calls: what the RADIUS node of the lab writes down, against the counters of both ends.

use std::collections::BTreeMap;
use std::path::Path;

use vpdnsh::engine::Engine;
use vpdnsh::lab::description::Description;
use vpdnsh::lab::player::Stage;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::{Bench, example};

mod ends;
mod lives;
mod terminals;

/// A record: attributes by name. Those that stand several times are joined by `,`.
type Record = BTreeMap<String, String>;

const ON: &str = "radius-server vsa send accounting\n\
                  aaa accounting update newinfo periodic 1\n\
                  aaa accounting network default start-stop group radius\n\
                  aaa accounting system default start-stop group radius\n\
                  vpdn tunnel accounting network default\n\
                  vpdn session accounting network default\n";

/// The dial-in lab with these lines at LAC and LNS, and with a disk in both.
fn lab(lac: &str, lns: &str) -> (tempfile::TempDir, Description) {
    let directory = tempfile::tempdir().unwrap();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/dial-in");
    for (name, more) in [("soho", ""), ("lac", lac), ("lns", lns)] {
        let text = std::fs::read_to_string(configs.join(format!("{name}.cfg"))).unwrap();
        let text = text.replace("interface Ethernet0", &format!("{more}!\ninterface Ethernet0"));
        std::fs::write(directory.path().join(format!("{name}.cfg")), text).unwrap();
    }
    let users = std::fs::read_to_string(example().join("users")).unwrap();
    let users = users.replace(
        "	Framed-IP-Address = 255.255.255.255",
        "	Framed-IP-Address = 255.255.255.255,\n	Class = 0xcafe01,\n	Class += 0xcafe02",
    );
    let bob = "\nbob\tCleartext-Password := \"secret\"\n\tClass = \"bobclass\"\n";
    std::fs::write(directory.path().join("users"), users + bob).unwrap();
    let text = std::fs::read_to_string(example().join("lab.toml")).unwrap();
    let text = text
        .replace("../../configs/dial-in/", "")
        .replace("console-port = 2001\n", "")
        .replace("config = \"lac.cfg\"\n", "config = \"lac.cfg\"\nspool = \"lac.spool\"\n")
        .replace("config = \"lns.cfg\"\n", "config = \"lns.cfg\"\nspool = \"lns.spool\"\n");
    std::fs::write(directory.path().join("lab.toml"), text).unwrap();
    let description = Description::load(directory.path()).unwrap();
    (directory, description)
}

struct Books {
    bench: Bench,
    records: Vec<Record>,
    _files: tempfile::TempDir,
}

const LAC: &str = "10.51.6.68";
const LNS: &str = "10.51.6.82";

impl Books {
    fn new(lac: &str, lns: &str) -> Books {
        Books::with_user(lac, lns, "")
    }

    /// With one more attribute for the user.
    fn with_user(lac: &str, lns: &str, attribute: &str) -> Books {
        let (files, description) = lab(lac, lns);
        if !attribute.is_empty() {
            let path = files.path().join("users");
            let users = std::fs::read_to_string(&path).unwrap();
            let users = users
                .replace("\tFramed-Protocol = PPP,", &format!("\tFramed-Protocol = PPP,\n\t{attribute},"));
            std::fs::write(path, users).unwrap();
        }
        let options = VirtualOptions { wall_clock: Some((946_684_800, 0)), ..VirtualOptions::default() };
        let bench = Bench::of(&description, &options);
        let mut books = Books { bench, records: Vec::new(), _files: files };
        books.read();
        books
    }

    /// With an LNS of this version that records its users.
    fn with_dialect(version: &str) -> Books {
        let (files, _) = lab("", "aaa accounting network default start-stop group radius\n");
        let path = files.path().join("lns.cfg");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("version 12.0", &format!("version {version}"))).unwrap();
        let description = Description::load(files.path()).unwrap();
        let bench = Bench::of(&description, &VirtualOptions::default());
        Books { bench, records: Vec::new(), _files: files }
    }

    fn play(&mut self, text: &str) {
        self.bench.play(text).unwrap();
        self.read();
    }

    /// Takes in what the RADIUS node has written.
    fn read(&mut self) {
        let node = self.bench.lab.description().node("aaa").unwrap();
        for block in self.bench.lab.detail(node).split("\n\n").filter(|b| !b.trim().is_empty()) {
            let mut record = Record::new();
            for (name, value) in block.lines().filter_map(|l| l.strip_prefix('\t')?.split_once(" = ")) {
                let value = value.trim_matches('"');
                let entry = record.entry(name.to_owned()).or_default();
                *entry = if entry.is_empty() { value.to_owned() } else { format!("{entry},{value}") };
            }
            self.records.push(record);
        }
    }

    /// The records of a router with this status.
    fn of(&self, nas: &str, status: &str) -> Vec<&Record> {
        let wanted = |r: &&Record| r["NAS-IP-Address"] == nas && r["Acct-Status-Type"] == status;
        self.records.iter().filter(wanted).collect()
    }

    /// The only one.
    fn only(&self, nas: &str, status: &str) -> &Record {
        let found = self.of(nas, status);
        assert_eq!(found.len(), 1, "{nas} {status}: {:#?}", self.records);
        found[0]
    }

    fn engine(&self, node: &str) -> &Engine {
        let node = self.bench.lab.description().node(node).unwrap();
        self.bench.lab.router(node).unwrap().machine().unwrap().engine()
    }

    fn spooled(&self, node: &str) -> usize {
        let node = self.bench.lab.description().node(node).unwrap();
        self.bench.lab.router(node).unwrap().spooled().count()
    }
}

fn number(record: &Record, name: &str) -> u64 {
    record[name].parse().unwrap()
}

/// Packets out, octets out, packets in, octets in, as a record has them.
fn traffic(record: &Record) -> (u64, u64, u64, u64) {
    let get = |name| number(record, name);
    (
        get("Acct-Output-Packets"),
        get("Acct-Output-Octets"),
        get("Acct-Input-Packets"),
        get("Acct-Input-Octets"),
    )
}

const CALL: &str = "soho: enable\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n";

#[test]
fn the_records_of_a_call_agree_with_the_counters_of_both_ends() {
    let mut books = Books::new(ON, ON);
    assert_eq!(books.of(LAC, "Accounting-On").len(), 1);
    assert_eq!(books.of(LNS, "Accounting-On").len(), 1);
    books.play(CALL);
    // What is cleared on the screens is not cleared in the books.
    books.play("lns: enable\nlns: clear counters\nlns: \nsleep 2s\nsoho: ping 10.51.6.82\nsleep 5s\n");
    let before = books.engine("lns").sessions()[0].counts;
    books.play("soho: clear interface bri0\nsleep 60s\n");
    let (lac, lns) = (books.only(LAC, "Stop"), books.only(LNS, "Stop"));
    let line = books.engine("lac").interface(&"Serial0:0".parse().unwrap()).unwrap().traffic.counts;
    assert_eq!(traffic(lac), (line.packets_out, line.octets_out, line.packets_in, line.octets_in));
    // Behind what the session had carried there is only the end of PPP.
    assert!((0..=2).contains(&(number(lns, "Acct-Input-Packets") - before.packets_in)), "{lns:?} {before:?}");
    assert!(
        (0..=2).contains(&(number(lns, "Acct-Output-Packets") - before.packets_out)),
        "{lns:?} {before:?}"
    );
    assert!((0..=20).contains(&(number(lns, "Acct-Input-Octets") - before.octets_in)), "{lns:?} {before:?}");
    assert!(number(lns, "Acct-Input-Octets") > 1000);
    for record in [lac, lns] {
        assert_eq!(record["User-Name"], "2500-1");
        assert_eq!(record["Service-Type"], "Framed-User");
        assert_eq!(record["Framed-Protocol"], "PPP");
        assert_eq!(record["Called-Station-Id"], "614629");
        assert_eq!(record["Calling-Station-Id"], "2085730592");
        assert_eq!(record["Connect-Info"], "64000");
        assert_eq!(record["Tunnel-Type"], "L2TP");
        assert_eq!(record["Tunnel-Client-Endpoint"], LAC);
        assert_eq!(record["Tunnel-Server-Endpoint"], LNS);
        assert_eq!(record["Tunnel-Client-Auth-Id"], "hgw");
        assert_eq!(record["Tunnel-Server-Auth-Id"], "l2tp-gw");
        assert!((7..20).contains(&number(record, "Acct-Session-Time")), "{record:?}");
        assert_eq!(record["Acct-Delay-Time"], "0");
    }
    assert_eq!(
        lac["Acct-Tunnel-Connection"], lns["Acct-Tunnel-Connection"],
        "both ends name the session alike"
    );
    assert_eq!((&*lac["NAS-Port-Type"], &*lns["NAS-Port-Type"]), ("ISDN", "Virtual"));
    // The user was known to RADIUS at the LNS, and at the LAC to nobody.
    assert_eq!((&*lac["Acct-Authentic"], &*lns["Acct-Authentic"]), ("Remote", "RADIUS"));
    assert_eq!((&*lns["Class"], lac.get("Class")), ("0xcafe01,0xcafe02", None));
    assert_eq!(lns["Framed-IP-Address"], "10.10.53.2");
    // A start and a stop of one session have one id.
    for nas in [LAC, LNS] {
        assert_eq!(books.only(nas, "Start")["Acct-Session-Id"], books.only(nas, "Stop")["Acct-Session-Id"]);
    }
    // The start came before the address was known; the address was news.
    assert_eq!(books.only(LNS, "Start").get("Framed-IP-Address"), None);
    assert_eq!(books.of(LNS, "Interim-Update")[0]["Framed-IP-Address"], "10.10.53.2");
    assert_eq!((books.spooled("lac"), books.spooled("lns")), (0, 0), "what is answered is not kept");
    assert_eq!(books.bench.leftovers(), [] as [String; 0]);
}

#[test]
fn both_ends_record_the_tunnel_and_its_link_alike() {
    let mut books = Books::new(ON, ON);
    books.play(CALL);
    books.play("sleep 5s\nsoho: clear interface bri0\nsleep 60s\n");
    for status in ["Tunnel-Start", "Tunnel-Stop", "Tunnel-Link-Start", "Tunnel-Link-Stop"] {
        let (lac, lns) = (books.only(LAC, status), books.only(LNS, status));
        for name in ["Tunnel-Client-Endpoint", "Tunnel-Server-Endpoint", "Acct-Tunnel-Connection"] {
            assert_eq!(lac[name], lns[name], "{status}");
        }
        assert!(lac.contains_key("Event-Timestamp"), "{lac:?}");
    }
    for nas in [LAC, LNS] {
        let (tunnel, link) = (books.only(nas, "Tunnel-Stop"), books.only(nas, "Tunnel-Link-Stop"));
        assert_eq!(traffic(tunnel), traffic(link), "one link was all of it");
        assert_eq!(link["Acct-Multi-Session-Id"], tunnel["Acct-Session-Id"]);
        assert_eq!(traffic(link), traffic(books.only(nas, "Stop")));
        assert!(number(tunnel, "Acct-Session-Time") > number(link, "Acct-Session-Time"));
    }
    assert_eq!(books.only(LNS, "Tunnel-Stop")["User-Name"], "hgw");
}

#[test]
fn updates_come_at_their_period() {
    let mut books = Books::new("", ON);
    books.play(CALL);
    books.play(&"soho: ping 10.51.6.82\nsleep 50s\n".repeat(5));
    books.play("soho: clear interface bri0\nsleep 30s\n");
    let updates = books.of(LNS, "Interim-Update");
    let times: Vec<u64> = updates.iter().map(|r| number(r, "Acct-Session-Time")).collect();
    assert_eq!(times, [0, 60, 120, 180, 240]);
    assert!(
        updates.windows(2).all(|w| number(w[0], "Acct-Input-Octets") <= number(w[1], "Acct-Input-Octets"))
    );
}

#[test]
fn stop_only_delay_start_and_unique_ids() {
    let stop_only = "aaa accounting network default stop-only group radius\n";
    let delayed = "aaa accounting network default start-stop group radius\naaa accounting delay-start\n\
                   aaa session-id unique\nradius-server unique-ident 31\n\
                   vpdn session accounting network default\n";
    let mut books = Books::new(stop_only, delayed);
    books.play(CALL);
    books.play("soho: clear interface bri0\nsleep 30s\n");
    assert!(books.of(LAC, "Start").is_empty() && books.of(LAC, "Stop").len() == 1);
    let start = books.only(LNS, "Start");
    assert_eq!(start["Framed-IP-Address"], "10.10.53.2");
    // One more than what the startup-config had: so does every boot.
    assert!(start["Acct-Session-Id"].starts_with("20"), "{start:?}");
    assert_ne!(start["Acct-Session-Id"], books.only(LNS, "Tunnel-Link-Start")["Acct-Session-Id"]);
}

#[test]
fn without_accounting_nobody_is_told_and_a_list_that_does_not_exist_stops_no_call() {
    let mut books = Books::new("", "");
    books.play("lns: enable\nlns: configure terminal\nlns: interface virtual-template 1\nlns: ppp accounting nobody\n\
                lns: end\nlns: debug aaa accounting\n");
    books.play(CALL);
    books.play("soho: clear interface bri0\nsleep 30s\n");
    assert_eq!(books.records, [] as [Record; 0]);
    assert!(books.bench.screen("lns").contains("no list \"nobody\""));
}

/// A lab whose RADIUS server is behind a link of its own, and does nothing but accounting.
fn remote_books() -> Books {
    let own = "aaa accounting network default start-stop group radius\n\
               aaa accounting system default start-stop group radius\n\
               vpdn tunnel accounting network default\nvpdn session accounting network default\n\
               username 2500-1 password 0 cisco\n";
    let (files, _) = lab("", own);
    let change = |name: &str, changes: &[(&str, &str)]| {
        let path = files.path().join(name);
        let text = changes.iter().fold(std::fs::read_to_string(&path).unwrap(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        std::fs::write(path, text).unwrap();
    };
    change(
        "lns.cfg",
        &[
            ("aaa authentication ppp vpdn radius", "aaa authentication ppp vpdn local"),
            ("aaa authorization network vpdn radius", "aaa authorization network vpdn none"),
            (" peer default ip address pool default\n", ""),
            ("radius-server host 10.51.6.3", "radius-server retransmit 1\nradius-server host 10.51.7.3"),
            (
                "interface Virtual-Template1",
                "interface Ethernet1\n ip address 10.51.7.82 255.255.255.0\n!\ninterface Virtual-Template1",
            ),
        ],
    );
    change(
        "lac.cfg",
        &[
            ("aaa authorization network default group radius\n", ""),
            (
                "isdn switch-type primary-5ess\n!\ncontroller",
                "vpdn-group 1\n request-dialin\n  protocol l2tp\n  dnis 614629\n initiate-to ip 10.51.6.82\n local name hgw\n l2tp tunnel password 0 hello\n!\nisdn switch-type primary-5ess\n!\ncontroller",
            ),
        ],
    );
    change(
        "lab.toml",
        &[
            ("address = \"10.51.6.3/24\"", "address = \"10.51.7.3/24\""),
            ("address = \"10.51.6.0/24\"", "address = \"10.51.7.0/24\""),
            (
                "\"lns Ethernet0\", \"aaa\"]",
                "\"lns Ethernet0\"]\n\n[[link]]\nname = \"books\"\nends = [\"lns Ethernet1\", \"aaa\"]",
            ),
        ],
    );
    let description = Description::load(files.path()).unwrap();
    let options = VirtualOptions { wall_clock: Some((946_684_800, 0)), ..VirtualOptions::default() };
    let bench = Bench::of(&description, &options);
    let mut books = Books { bench, records: Vec::new(), _files: files };
    books.read();
    books
}

/// What the LNS calls itself there.
const OWN: &str = "10.51.7.82";
const ONE_CALL: &str =
    "soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\nsleep 20s\n";

/// Statuses and session ids, and that each is there once.
fn each_once(books: &Books, calls: usize) {
    for status in ["Start", "Stop", "Tunnel-Start", "Tunnel-Stop", "Tunnel-Link-Start", "Tunnel-Link-Stop"] {
        let mut ids: Vec<&str> =
            books.of(OWN, status).iter().map(|r| r["Acct-Session-Id"].as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!((count, ids.len()), (calls, calls), "{status}");
    }
}

#[test]
fn a_dead_server_holds_up_no_call_and_has_every_record_once_when_it_is_back() {
    let mut books = remote_books();
    books.play("soho: enable\n");
    books.play(ONE_CALL);
    each_once(&books, 1);
    books.play("link books down\n");
    books.play(&ONE_CALL.repeat(12));
    each_once(&books, 1);
    assert_eq!(books.spooled("lns"), 12 * 6);
    books.play("link books up\nsleep 120s\n");
    each_once(&books, 13);
    let late = books.of(OWN, "Stop");
    assert!(late.iter().any(|r| number(r, "Acct-Delay-Time") > 250), "{late:#?}");
    // Delay and event say the same of each record.
    for record in &late {
        let stamp = number(record, "Timestamp") + 946_684_800 - number(record, "Acct-Delay-Time");
        let event = &record["Event-Timestamp"];
        let minutes: u64 = event[15..17].parse().unwrap();
        let seconds: u64 = event[18..20].parse().unwrap();
        let off = (stamp - 946_684_800).abs_diff(minutes * 60 + seconds);
        assert!(off <= 1, "{record:#?}");
    }
    assert_eq!(books.spooled("lns"), 0);
    assert_eq!(books.bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_router_that_loses_its_power_sends_what_was_left_when_it_is_back() {
    let mut books = remote_books();
    books.play("soho: enable\nlink books down\n");
    books.play(&ONE_CALL.repeat(5));
    assert_eq!(books.spooled("lns"), 30);
    books.play("power lns off\nsleep 30s\npower lns on\nlink books up\nsleep 120s\n");
    assert_eq!(books.of(OWN, "Stop").len(), 5);
    each_once(&books, 5);
    let own = |r: &&Record| r["NAS-IP-Address"] == OWN;
    let order: Vec<&str> = books.records.iter().filter(own).map(|r| &*r["Acct-Status-Type"]).collect();
    let on: Vec<usize> = (0..order.len()).filter(|at| order[*at] == "Accounting-On").collect();
    assert_eq!(on, [0, 31], "each switching on is told once, the second behind all that was left: {order:?}");
    assert_eq!(books.spooled("lns"), 0);
}

#[test]
fn no_update_comes_before_the_start_that_waits_for_an_address() {
    let mut books = remote_books();
    // The user is let in, and then nothing more is heard of it.
    books.play(
        "lns: enable\nlns: configure terminal\nlns: aaa accounting delay-start\n\
         lns: aaa accounting update periodic 1\nlns: interface virtual-template 1\nlns: no keepalive\n\
         lns: ppp max-configure 255\nlns: end\n\
         link lac-lns delay 1s\nsoho: ping 10.51.6.82\nwait lns /Virtual-Access1, changed state to up/ 30s\n\
         link lac-lns down\nsleep 400s\n",
    );
    let statuses = |name: &str| books.of(OWN, name).iter().filter(|r| r.contains_key("User-Name")).count();
    assert_eq!(
        (statuses("Stop"), statuses("Start"), statuses("Interim-Update")),
        (1, 0, 0),
        "{:#?}",
        books.records
    );
    assert!(number(books.of(OWN, "Stop")[0], "Acct-Session-Time") > 60);
}

#[test]
fn wait_start_waits_for_the_servers_answer() {
    let mut books = remote_books();
    books.play(
        "lns: enable\nlns: configure terminal\n\
         lns: aaa accounting network default wait-start group radius\nlns: end\nlns: debug aaa accounting\n\
         link books down\nsoho: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\n",
    );
    assert!(books.bench.screen("lns").contains("waiting for the start record"));
    books.play("link books up\nsleep 60s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n");
    books.play("soho: clear interface bri0\nsleep 30s\n");
    assert!(!books.of(OWN, "Start").is_empty());
    assert_eq!(books.bench.leftovers(), [] as [String; 0]);
}

#[test]
fn the_screens_tell_what_is_recorded() {
    let mut books = Books::new(ON, ON);
    books.play(CALL);
    books.play("lns: enable\nlns: terminal length 0\nlns: show accounting\nlns: show aaa user all\nlns: show aaa sessions\n");
    let screen = books.bench.screen("lns");
    for text in [
        "Active Accounted actions on Interface Virtual-Access1, User 2500-1",
        "Network       1       0        1       1",
        "NET: Username=2500-1 Session Id=",
        "   IP Address: 10.10.53.2",
        "Queue length:0",
    ] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    books.play("soho: clear interface bri0\n");
}

#[test]
fn reload_ends_everything_in_the_books_first() {
    let mut books = Books::new(ON, ON);
    books.play(CALL);
    books.play("lns: enable\nlns: reload\nlns: \nsleep 120s\n");
    let stop = books.only(LNS, "Stop");
    assert_eq!((&*stop["Acct-Terminate-Cause"], &*stop["Acct-Delay-Time"]), ("Admin-Reboot", "0"));
    assert_eq!(books.only(LNS, "Tunnel-Stop")["Acct-Terminate-Cause"], "Admin-Reboot");
    let all: Vec<&str> = books
        .records
        .iter()
        .filter(|r| r["NAS-IP-Address"] == LNS)
        .map(|r| r["Acct-Status-Type"].as_str())
        .filter(|s| s.starts_with("Accounting"))
        .collect();
    assert_eq!(all, ["Accounting-On", "Accounting-Off", "Accounting-On"]);
    assert_eq!(books.spooled("lns"), 0);
}

#[test]
fn the_records_of_a_tunnelled_user_bear_the_address_of_its_lac_where_that_is_asked_for() {
    let mut books = Books::new(
        "",
        &format!(
            "{ON}vpdn aaa attribute nas-ip-address vpdn-nas\n\
         vpdn aaa attribute nas-port vpdn-nas\n"
        ),
    );
    books.play(CALL);
    books.play("sleep 70s\nsoho: clear interface bri0\nsleep 30s\n");
    for status in ["Start", "Stop", "Tunnel-Link-Start", "Tunnel-Link-Stop"] {
        assert_eq!(books.only(LAC, status)["User-Name"], "2500-1");
    }
    assert!(!books.of(LAC, "Interim-Update").is_empty());
    // The router itself and its tunnels are its own.
    for status in ["Accounting-On", "Tunnel-Start", "Tunnel-Stop"] {
        books.only(LNS, status);
    }
    assert!(books.of(LNS, "Start").is_empty());
    assert_eq!(books.only(LAC, "Start")["NAS-Port"], books.only(LAC, "Stop")["NAS-Port"]);
}

/// Acct-Session-Time of the updates of a call, when this is what RADIUS says of the user.
fn updated(lns: &str, attribute: &str) -> Vec<u64> {
    let mut books = Books::with_user("", lns, attribute);
    books.play(CALL);
    books.play(&"soho: ping 10.51.6.82\nsleep 50s\n".repeat(4));
    books.play("soho: clear interface bri0\nsleep 30s\n");
    books.of(LNS, "Interim-Update").iter().map(|r| number(r, "Acct-Session-Time")).collect()
}

#[test]
fn the_server_says_how_often_a_user_is_updated() {
    let list = "aaa accounting network default start-stop group radius\n";
    assert_eq!(updated(list, "Acct-Interim-Interval = 90"), [90, 180]);
    assert_eq!(
        updated(list, "Acct-Interim-Interval = 59"),
        [] as [u64; 0],
        "less than a minute is not heard"
    );
    let own = format!("aaa accounting update periodic 2\n{list}");
    assert_eq!(updated(&own, "Acct-Interim-Interval = 60"), [120], "what is configured here comes first");
}

/// RFC 2865 section 5.1: the name that the server gives stands in the records from then on.
#[test]
fn a_user_is_accounted_under_the_name_that_the_server_gives() {
    let mut books = Books::with_user("", ON, "User-Name = \"customer-7\"");
    books.play(CALL);
    books.play("lns: enable\nlns: show accounting\n");
    let screen = books.bench.screen("lns");
    let titles = screen.lines().filter(|l| l.contains("on Interface Virtual-Access1")).collect::<Vec<_>>();
    assert!(titles.iter().all(|title| title.ends_with("User customer-7 Priv 1")), "{titles:?}");
    assert_eq!(titles.len(), 2, "the user and its link: {screen}");
    books.play("soho: clear interface bri0\nsleep 60s\n");
    for status in ["Start", "Stop", "Tunnel-Link-Stop"] {
        assert_eq!(books.only(LNS, status)["User-Name"], "customer-7", "{status}");
    }
    // Before anybody was asked it had named itself.
    assert_eq!(books.only(LNS, "Tunnel-Link-Start")["User-Name"], "2500-1");
}

#[test]
fn the_port_is_written_as_the_configuration_says() {
    let format = |letter: char| format!("{ON}radius-server attribute nas-port format {letter}\n");
    let named = format!("{}aaa nas port extended\n", format('a'));
    let mut books = Books::new(&format('b'), &named);
    books.play(CALL);
    books.play("soho: clear interface bri0\nsleep 60s\n");
    for status in ["Start", "Stop", "Tunnel-Link-Start", "Tunnel-Link-Stop"] {
        let (lac, lns) = (books.only(LAC, status), books.only(LNS, status));
        // The B channel, and the D channel above it.
        assert_eq!(number(lac, "NAS-Port"), 20_023 << 16 | 20_000, "{status}");
        assert_eq!((number(lns, "NAS-Port"), &*lns["Cisco-NAS-Port"]), (10_001, "Virtual-Access1"));
        assert!(!lac.contains_key("Cisco-NAS-Port"));
    }
    let mut hidden = Books::new(ON, &format!("{named}no radius-server attribute nas-port\n"));
    hidden.play(CALL);
    hidden.play("soho: clear interface bri0\nsleep 60s\n");
    let stop = hidden.only(LNS, "Stop");
    assert_eq!((stop.get("NAS-Port"), &*stop["Cisco-NAS-Port"]), (None, "Virtual-Access1"));
}

#[test]
fn attributes_of_cisco_are_sent_where_they_are_asked_for() {
    let plain = ON.replace("radius-server vsa send accounting\n", "");
    let mut books = Books::new(ON, &plain);
    books.play(CALL);
    books.play("soho: clear interface bri0\nsleep 60s\n");
    assert!(books.only(LAC, "Stop").contains_key("Cisco-AVPair"));
    assert!(!books.only(LNS, "Stop").contains_key("Cisco-AVPair"));
}

#[test]
fn the_debugs_of_15_are_worded_as_later_releases_do() {
    let mut books = Books::with_dialect("15.1");
    books.play("lns: enable\nlns: debug aaa authentication\nlns: debug aaa accounting\n");
    books.play(CALL);
    books.play("soho: clear interface bri0\nsleep 60s\n");
    books.play(
        "lns: configure terminal\nlns: interface virtual-template 1\nlns: ppp accounting nobody\nlns: end\n",
    );
    books.play(CALL);
    let screen = books.bench.screen("lns");
    let found: Vec<&str> =
        screen.lines().filter_map(|l| l.find("AAA/").map(|at| l[at..].trim_end())).collect();
    assert_eq!(
        found,
        [
            "AAA/BIND(00000002): Bind i/f Virtual-Template1",
            "AAA/AUTHEN/PPP (00000002): Pick method list 'vpdn'",
            "AAA/BIND(00000002): Bind i/f Virtual-Access1",
            "AAA/ACCT/NET(00000002): Pick method list 'default'",
            "AAA/ACCT/NET(00000002): Queueing record is START",
            "AAA/ACCT/NET(00000002): START protocol reply PASS",
            "AAA/ACCT/EVENT/(00000002): CALL STOP",
            "AAA/ACCT/NET(00000002): Queueing record is STOP",
            "AAA/ACCT/NET(00000002): STOP protocol reply PASS",
            "AAA/BIND(00000003): Bind i/f Virtual-Template1",
            "AAA/AUTHEN/PPP (00000003): Pick method list 'vpdn'",
            "AAA/BIND(00000003): Bind i/f Virtual-Access1",
            "AAA/ACCT/NET(00000003): Method list not found",
        ]
    );
}
