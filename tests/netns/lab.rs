//! A lab in namespaces: what lies between the routers. The routers of these labs have no configuration.

use std::io::Read;
use std::net::{TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use vpdnsh::host::{NetNs, Node};
use vpdnsh::lab::description::Description;
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::Player;
use vpdnsh::lab::real::{RealLab, RealOptions, RealStage};
use vpdnsh::lab::segment::LinkChange;
use vpdnsh::lab::shell::LabShell;
use vpdnsh::router::{ConsoleInput, ConsoleOutput, Input, Output, Router};
use vpdnsh::terminal::backlog::Backlog;

use crate::bench::reach;
use crate::processes::{runs, unique};

const LAB: &str = "[[node]]\nname = \"a\"\n\n[[node]]\nname = \"b\"\n\n\
                   [[node]]\nname = \"aaa\"\nkind = \"radius\"\naddress = \"10.9.0.3/24\"\nusers = \"users\"\n\
                   clients = [{ address = \"10.9.0.0/24\", secret = \"cisco\" }]\n\n\
                   [[link]]\nname = \"lan\"\nends = [\"a Ethernet0\", \"b Ethernet0\", \"aaa\"]\n";

fn start(console_ports: bool, head: &str) -> RealLab {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("users"), "").unwrap();
    let description = Description::parse(&format!("{head}{LAB}"), directory.path()).unwrap();
    RealLab::start(description, RealOptions { console_ports }).unwrap()
}

pub fn shell(lab: &RealLab, node: &str, command: &str) -> String {
    let outcome = lab.shell(lab.description().node(node).unwrap(), command).unwrap();
    assert_eq!(outcome.status, Some(0), "{node}: {command}: {}", outcome.output);
    outcome.output
}

/// A UDP socket of a node, whose device gets the address.
fn socket(lab: &RealLab, node: &str, address: &str) -> UdpSocket {
    shell(lab, node, &format!("ip address add {address}/24 dev Et0 && ip link set Et0 up"));
    let node = lab.description().node(node).unwrap();
    let socket = lab.namespace(node).unwrap().run(|| UdpSocket::bind((address, 4000))).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    socket
}

/// How often a datagram is sent before it counts as lost: ARP may take the first ones, and the machine may be busy.
const OFTEN: usize = 200;
/// As often when none is to arrive.
const SOMETIMES: usize = 3;

/// Sends until this very datagram arrives, and not one that was sent before.
fn crosses(from: &UdpSocket, to: &UdpSocket, text: &str, times: usize) -> bool {
    let mut buffer = [0; 16];
    (0..times).any(|_| {
        // It fails where ARP has found nobody.
        let sent = from.send_to(text.as_bytes(), to.local_addr().unwrap()).is_ok();
        std::iter::from_fn(|| to.recv_from(&mut buffer).ok().map(|(length, _)| buffer[..length].to_vec()))
            .any(|received| sent && received == text.as_bytes())
    })
}

pub fn frames_cross_a_link_and_obey_it() {
    let lab = start(false, "");
    let (a, b) = (socket(&lab, "a", "10.9.0.1"), socket(&lab, "b", "10.9.0.2"));
    let link = lab.description().link("lan").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    lab.capture(link, file.path()).unwrap();
    assert!(crosses(&a, &b, "hello", OFTEN));
    lab.no_capture();
    assert!(lab.status().contains("lan        up"), "{}", lab.status());
    let captured = std::fs::read(file.path()).unwrap();
    assert!(captured.windows(5).any(|w| w == b"hello"), "the datagram is in the capture");

    let change = |text: &str| {
        LinkChange::parse(text).unwrap().into_iter().for_each(|change| lab.link(link, change));
        // Behind its answer, what was ordered before has been done.
        lab.status();
    };
    change("down");
    assert!(!crosses(&a, &b, "down", SOMETIMES));
    change("up loss 100%");
    assert!(!crosses(&b, &a, "lost", SOMETIMES));
    change("clean delay 200ms");
    let start = Instant::now();
    assert!(crosses(&b, &a, "late", OFTEN));
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(lab.capture(link, Path::new("/nowhere/x.pcapng")).is_err());
}

/// What a router makes of its cable: `a` has an address on its Ethernet.
const CABLE: &str = "\
wait a /LINK-3-UPDOWN: Interface Ethernet0, changed state to down/ 60s
wait a /Line protocol on Interface Ethernet0, changed state to down/ 60s
shell a: ip link show Et0 | grep NO-CARRIER
shell aaa: ip link show eth0 | grep NO-CARRIER
link lan up
wait a /Line protocol on Interface Ethernet0, changed state to up/ 60s
a: ping 10.9.0.3
wait a /Success rate is [1-9]/ 60s
link lan down
power a off
power a on
";

pub fn a_cable_that_is_pulled_is_noticed_at_its_ends() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("users"), "").unwrap();
    let config = "hostname A\ninterface Ethernet0\n ip address 10.9.0.1 255.255.255.0\n";
    std::fs::write(directory.path().join("a.cfg"), config).unwrap();
    let text = LAB.replacen("name = \"a\"", "name = \"a\"\nconfig = \"a.cfg\"", 1);
    let description = Description::parse(&text, directory.path()).unwrap();
    let lab = RealLab::start(description, RealOptions { console_ports: false }).unwrap();
    let ready = shell(&lab, "a", "ip address show dev Et0");
    assert!(
        ready.contains("10.9.0.1/24") && ready.contains("LOWER_UP"),
        "a lab that has started is ready: {ready}"
    );
    let mut stage = RealStage::new(&lab);
    let mut player = Player::new(lab.description(), None).unwrap();
    let a = lab.description().node("a").unwrap();
    let mut play = |text: &str| {
        player.run(&mut stage, &Play::parse("cable", text).unwrap()).unwrap();
        player.screen(a).unwrap().text().to_owned()
    };
    // A cable that is pulled while a router starts is none that it has had.
    play("a: ping 10.9.0.3\nwait a /Success rate is [1-9]/ 60s\nlink lan down\n");
    shell(&lab, "b", "ip link del Et0");
    reach("it is said", || {
        lab.status().contains("! b: its end of lan was removed, and has been made anew\n")
    });
    shell(&lab, "b", "ip link set Et0 up && ip link show Et0 | grep NO-CARRIER");
    play(CABLE);
    // The address is given behind the look whether there is a cable.
    reach("it has come up without a cable", || {
        let device = shell(&lab, "a", "ip address show dev Et0");
        device.contains("NO-CARRIER") && device.contains("10.9.0.1")
    });
    let shown = "Ethernet0              10.9.0.1        YES NVRAM  down                  down";
    reach("it knows", || play("a: show ip interface brief\n").contains(shown));
    play("link lan up\nwait a /Line protocol on Interface Ethernet0, changed state to up/ 60s\n");
    assert_eq!(lab.status().matches("! ").count(), 1, "{}", lab.status());
}

pub fn an_end_that_is_removed_is_made_anew() {
    let lab = start(false, "");
    let (a, b) = (socket(&lab, "a", "10.9.0.1"), socket(&lab, "b", "10.9.0.2"));
    assert!(crosses(&a, &b, "before", OFTEN));
    drop(a);
    shell(&lab, "a", "ip link del Et0");
    reach("it is said", || {
        lab.status().contains("! a: its end of lan was removed, and has been made anew\n")
    });
    let a = socket(&lab, "a", "10.9.0.1");
    assert!(crosses(&a, &b, "after", OFTEN) && crosses(&b, &a, "back", OFTEN));
    // That of a server gets its address again.
    shell(&lab, "aaa", "ip link del eth0");
    reach("it is said", || {
        lab.status().contains("! aaa: its end of lan was removed, and has been made anew\n")
    });
    assert!(shell(&lab, "aaa", "ip -br address show dev eth0").contains("10.9.0.3/24"));
}

pub fn a_capture_that_cannot_go_on_says_so() {
    let lab = start(false, "");
    let link = lab.description().link("lan").unwrap();
    let error = lab.capture(link, Path::new("/dev/full")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::File::open(pipe).unwrap()
    });
    reach("somebody reads the pipe", || lab.capture(link, &pipe).is_ok());
    assert!(lab.status().contains("captured"), "{}", lab.status());
    drop(reader.join().unwrap());
    let (a, b) = (socket(&lab, "a", "10.9.0.1"), socket(&lab, "b", "10.9.0.2"));
    assert!(crosses(&a, &b, "hello", OFTEN));
    let status = lab.status();
    assert!(status.contains("! the capture of lan has ended: Broken pipe"), "{status}");
}

pub fn a_linux_command_runs_in_the_namespace_of_its_node() {
    let lab = start(false, "");
    assert!(shell(&lab, "aaa", "ip address show dev eth0").contains("10.9.0.3/24"));
    let node = lab.description().node("aaa").unwrap();
    let outcome = lab.shell(node, "echo out; echo err >&2; exit 3").unwrap();
    assert_eq!((outcome.output.as_str(), outcome.status), ("out\nerr\n", Some(3)));
    let start = Instant::now();
    let background = shell(&lab, "aaa", "sleep 120 & echo $!");
    assert!(start.elapsed() < Duration::from_secs(100), "what runs in the background holds nothing up");
    shell(&lab, "aaa", &format!("kill {background}"));
}

pub fn no_script_begins_on_a_lab_that_is_to_be_switched_off() {
    let lab = start(false, "");
    lab.end_commands();
    let began = Instant::now();
    let mut player = Player::new(lab.description(), None).unwrap();
    let play = Play::parse("late", "a: enable\nsleep 600s\n").unwrap();
    let ended = player.run(&mut RealStage::new(&lab), &play).unwrap_err();
    assert_eq!(ended.to_string(), "late:1: a: enable: interrupted");
    assert!(began.elapsed() < Duration::from_secs(300));
}

pub fn what_runs_in_the_background_ends_with_the_lab() {
    let lab = start(false, "");
    let time = unique(1);
    shell(&lab, "a", &format!("sleep {time} & setsid sh -c 'trap \"\" HUP TERM INT; sleep {time}' &"));
    reach("it runs in the background", || runs(&time));
    assert!(shell(&lab, "b", "ps -e -o args").contains(&time), "all commands of a lab see each other");
    let here = std::env::current_dir().unwrap();
    assert_eq!(shell(&lab, "a", "pwd").trim(), here.to_str().unwrap());
    drop(lab);
    assert!(!runs(&time));
}

pub fn an_orphan_that_ends_takes_nobody_along() {
    let lab = start(false, "");
    let (time, short) = (unique(3), "0.123");
    shell(&lab, "a", &format!("sleep {time} & (sh -c 'sleep {short}; exit' &)"));
    let processes = || shell(&lab, "b", "ps -e -o args");
    reach("it has ended and nothing is left of it", || {
        let processes = processes();
        !processes.contains(short) && !processes.contains("defunct")
    });
    assert!(processes().contains(&time), "the others go on");
}

pub fn a_lab_that_is_killed_takes_its_commands_along() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("users"), "").unwrap();
    std::fs::write(directory.path().join("lab.toml"), LAB).unwrap();
    let time = unique(2);
    let play = directory.path().join("background.play");
    std::fs::write(&play, format!("shell a: sleep {time} &\nshell b: setsid sleep {time} &\nsleep 600s\n"))
        .unwrap();
    let mut lab = std::process::Command::new(env!("CARGO_BIN_EXE_vpdnsh"))
        .arg("lab")
        .arg(directory.path())
        .arg("--play")
        .arg(&play)
        .arg("--log")
        .arg(directory.path())
        .spawn()
        .unwrap();
    reach("it runs in the background", || runs(&time));
    lab.kill().unwrap();
    lab.wait().unwrap();
    reach("it ends with the lab", || !runs(&time));
}

pub fn a_console_listens_on_its_port() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let lab = start(true, &format!("console-port = {port}\n"));
    let mut terminal = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut greeting = [0; 9];
    terminal.read_exact(&mut greeting).unwrap();
    assert_eq!(greeting, vpdnsh::terminal::vty::GREETING);
    drop(lab);
    TcpStream::connect(("127.0.0.1", port)).unwrap_err();
}

pub fn a_lab_that_ends_leaves_nothing() {
    let lab = start(false, "");
    let a = lab.description().node("a").unwrap();
    // What the router that was switched off still says does not concern the one that is on.
    for _ in 0..20 {
        lab.power(a, false).unwrap();
        assert_eq!(lab.power(a, false), Err("it is off".to_owned()));
        lab.power(a, true).unwrap();
        assert_eq!(lab.power(a, true), Err("it is on".to_owned()));
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let with_lab = threads();
    drop(lab);
    assert!(threads() < with_lab);
    let namespaces = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("net:"));
    assert_eq!(namespaces.count(), 0);
}

pub fn the_machine_itself_joins_a_link() {
    // In a namespace of its own instead of the machine's, so that nothing of the machine is touched.
    let machine = NetNs::create().unwrap();
    let joined = machine.run(|| {
        joined_to_the_machine();
        Ok(())
    });
    joined.unwrap();
}

fn joined_to_the_machine() {
    let description = || {
        let text = LAB.replacen("\"aaa\"]", "\"aaa\", \"host vlab0 10.9.0.9/24\", \"host vlab1\"]", 1);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("users"), "").unwrap();
        (Description::parse(&text, directory.path()).unwrap(), directory)
    };
    let here = |command: &str| {
        let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let start = || {
        let (description, _directory) = description();
        RealLab::start(description, RealOptions { console_ports: false })
    };
    let lab = start().unwrap();
    assert!(here("ip address show dev vlab0").1.contains("inet 10.9.0.9/24"));
    assert!(here("ip link show dev vlab1").1.contains(",UP"));
    let a = socket(&lab, "a", "10.9.0.1");
    let outside = UdpSocket::bind(("10.9.0.9", 4000)).unwrap();
    outside.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(crosses(&outside, &a, "in", OFTEN) && crosses(&a, &outside, "out", OFTEN));
    assert!(lab.status().contains("host vlab0"), "{}", lab.status());
    let taken = start().map(drop).unwrap_err().to_string();
    assert!(taken.starts_with("the device vlab0 is on this machine already"), "{taken}");
    drop(lab);
    assert!(!here("ip link show dev vlab0").0, "the device is gone with the lab");
}

/// A router with a mistake in it.
struct Fragile(Router);

impl Node for Fragile {
    fn handle(&mut self, now: vpdnsh::proto::Instant, input: Input<'_>) {
        if let Input::Console(_, ConsoleInput::Line(line)) = &input {
            assert_ne!(line, "fall over");
        }
        self.0.handle(now, input);
    }
    fn poll(&mut self) -> Option<Output> {
        self.0.poll()
    }
    fn next_timeout(&self) -> Option<vpdnsh::proto::Instant> {
        self.0.next_timeout()
    }
    fn hostname(&self) -> &str {
        self.0.hostname()
    }
    fn is_booted(&self) -> bool {
        self.0.is_booted()
    }
}

pub fn a_router_that_fails_is_reported_and_the_others_go_on() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("users"), "").unwrap();
    let description = Description::parse(LAB, directory.path()).unwrap();
    let fragile =
        || -> vpdnsh::host::Factory { Box::new(|now, params| Box::new(Fragile(Router::new(now, params)))) };
    let options = RealOptions { console_ports: false };
    let lab = std::sync::Arc::new(RealLab::start_with(description, options, Box::new(fragile)).unwrap());
    let (terminal, shown) = std::sync::mpsc::channel();
    let mut shell = LabShell::new(lab.clone(), terminal, Backlog::default());
    let until = |what: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut screen = String::new();
        while !screen.contains(what) {
            match shown.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(ConsoleOutput::Text(text) | ConsoleOutput::Async(text)) => screen.push_str(&text),
                Ok(ConsoleOutput::Prompt { prompt, .. }) => screen.push_str(&prompt),
                Ok(_) => {}
                Err(error) => panic!("{what}: {error}: {screen}"),
            }
        }
    };
    let line = |shell: &mut LabShell, text: &str| shell.input(ConsoleInput::Line(text.to_owned()));
    line(&mut shell, "connect a");
    until("Router>");
    line(&mut shell, "fall over");
    until("% a: it has failed");
    shell.input(ConsoleInput::Leave);
    until("lab> ");
    assert!(lab.status().contains("! a: it has failed"), "{}", lab.status());
    line(&mut shell, "connect b");
    until("Router>");
    line(&mut shell, "show clock");
    until("Router>");
    shell.input(ConsoleInput::Leave);
    // It can be switched on again, and is whole.
    line(&mut shell, "power a on");
    line(&mut shell, "connect a");
    until("Router>");
}
