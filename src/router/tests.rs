//! A whole router at its consoles, in virtual time, on a host that does what it is asked.

mod arp;
mod every_command;
mod files;
mod lines;
mod ping;
mod radius;
mod screens;

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::{Action, HostEvent, HostRequest, Neighbours, RequestId, Socket};
use crate::proto::entropy::Seeded;

const LAC: &str = include_str!("../../configs/dial-in/lac.cfg");
const LNS: &str = include_str!("../../configs/dial-in/lns.cfg");
const SOHO: &str = include_str!("../../configs/dial-in/soho.cfg");

/// What the host makes of echo requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Echoes {
    Answered,
    Lost,
    Unreachable,
    /// They stay out.
    Pending,
}

/// What a terminal waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Waits {
    #[default]
    Nothing,
    Line,
    Answer,
    More,
    Confirm,
    Closed,
}

#[derive(Default)]
struct Screen {
    text: String,
    waits: Waits,
    /// What stands on the line before the cursor.
    before: String,
}

/// A router, its terminals and its host.
struct Bench {
    now: Instant,
    router: Router,
    screens: BTreeMap<LineId, Screen>,
    echoes: Echoes,
    requests: Vec<HostRequest>,
    out: Vec<RequestId>,
    /// Datagrams for RADIUS servers.
    asked: Vec<(Socket, SocketAddr, Vec<u8>)>,
    /// The neighbour table, or why there is none.
    neighbours: Result<Neighbours, String>,
    saved: Option<String>,
    /// Why the host keeps no startup-config.
    cannot_save: Option<String>,
    reloads: usize,
    /// It has ended as it was asked to.
    off: bool,
}

const CONSOLE: LineId = LineId(0);
const VTY: LineId = LineId(1);

impl Bench {
    fn new(startup: &str) -> Self {
        let now = Instant::from_start(Duration::from_secs(1));
        let params = RouterParams {
            entropy: Box::new(Seeded::new(7)),
            startup_config: startup.to_owned(),
            wall_clock: None,
            reloaded: false,
            spooled: None,
        };
        let mut bench = Bench {
            now,
            router: Router::new(now, params),
            screens: BTreeMap::new(),
            echoes: Echoes::Answered,
            requests: Vec::new(),
            out: Vec::new(),
            asked: Vec::new(),
            neighbours: Ok(Neighbours::default()),
            saved: None,
            cannot_save: None,
            reloads: 0,
            off: false,
        };
        bench.settle();
        bench.type_on(CONSOLE, ConsoleInput::Open { console: true });
        bench
    }

    /// One in privileged EXEC, without pages.
    fn enabled(startup: &str) -> Self {
        let mut bench = Bench::new(startup);
        bench.lines("enable\nterminal length 0");
        bench
    }

    fn type_on(&mut self, line: LineId, input: ConsoleInput) {
        let screen = self.screen(line);
        if screen.waits == Waits::Confirm && matches!(input, ConsoleInput::Key(_)) {
            screen.text.push('\n');
            screen.waits = Waits::Nothing;
        }
        if matches!(input, ConsoleInput::Line(_) | ConsoleInput::Key(_)) {
            screen.waits = Waits::Nothing;
        }
        self.router.handle(self.now, Input::Console(line, input));
        self.settle();
    }

    /// Types lines on the console.
    fn lines(&mut self, lines: &str) {
        for line in lines.lines() {
            self.line_on(CONSOLE, line);
        }
    }

    fn line_on(&mut self, line: LineId, text: &str) {
        self.screens.entry(line).or_default().text.push_str(&format!("{text}\n"));
        self.type_on(line, ConsoleInput::Line(text.to_owned()));
    }

    /// What a line typed on the console prints, up to the next prompt.
    fn shown(&mut self, line: &str) -> String {
        self.screen(CONSOLE).text.clear();
        self.type_on(CONSOLE, ConsoleInput::Line(line.to_owned()));
        std::mem::take(&mut self.screen(CONSOLE).text)
    }

    fn screen(&mut self, line: LineId) -> &mut Screen {
        self.screens.entry(line).or_default()
    }

    fn waits(&mut self) -> Waits {
        self.screen(CONSOLE).waits.clone()
    }

    /// Answers what the host is asked, until nothing moves.
    fn settle(&mut self) {
        while let Some(output) = self.router.poll() {
            match output {
                Output::Console(line, output) => self.show(line, output),
                Output::Act(Action::Host(id, request)) => self.request(id, request),
                Output::SaveStartup(text) => {
                    let result = self.cannot_save.clone().map_or(Ok(()), Err);
                    if result.is_ok() {
                        self.saved = Some(text);
                    }
                    self.router.handle(self.now, Input::Saved(result));
                }
                Output::Reload => self.reloads += 1,
                Output::Off => self.off = true,
                Output::Act(Action::Datagram { socket, remote, bytes, .. }) => {
                    self.asked.push((socket, remote, bytes));
                }
                Output::Act(_) => {}
            }
        }
    }

    fn request(&mut self, id: RequestId, request: HostRequest) {
        if request == HostRequest::Neighbours {
            return match &self.neighbours {
                Ok(table) => self.host(HostEvent::Neighbours(id, table.clone())),
                Err(reason) => self.host(HostEvent::Refused(id, reason.clone())),
            };
        }
        let HostRequest::Echo { timeout, .. } = request else {
            self.requests.push(request);
            return self.host(HostEvent::Done(id));
        };
        match self.echoes {
            Echoes::Answered => self.host(HostEvent::EchoReply(id, Duration::from_millis(4))),
            Echoes::Unreachable => self.host(HostEvent::EchoUnreachable(id)),
            Echoes::Lost => {
                self.now = self.now + timeout;
                self.host(HostEvent::EchoTimeout(id));
            }
            Echoes::Pending => self.out.push(id),
        }
    }

    fn host(&mut self, event: HostEvent) {
        self.router.handle(self.now, Input::Engine(engine::Input::Host(event)));
    }

    fn show(&mut self, line: LineId, output: ConsoleOutput) {
        let screen = self.screens.entry(line).or_default();
        let (text, waits) = match output {
            ConsoleOutput::Text(text) => (text, Waits::Nothing),
            ConsoleOutput::Async(text) => {
                let above = screen.text.rfind('\n').map_or(0, |at| at + 1);
                return screen.text.insert_str(above, &text);
            }
            ConsoleOutput::Prompt { prompt, before, after } => {
                screen.before.clone_from(&before);
                (prompt + &before + &after, Waits::Line)
            }
            ConsoleOutput::More => (" --More-- \n".to_owned(), Waits::More),
            ConsoleOutput::Confirm(text) => (text, Waits::Confirm),
            ConsoleOutput::Ask { prompt, .. } => (prompt, Waits::Answer),
            ConsoleOutput::Completed { before } => {
                screen.before = before;
                return;
            }
            ConsoleOutput::Closed => ("<closed>\n".to_owned(), Waits::Closed),
        };
        screen.text.push_str(&text);
        screen.waits = waits;
    }

    /// Lets time pass, with every timeout at its own time.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.router.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.router.handle(self.now, Input::Engine(engine::Input::Timeout));
            self.settle();
        }
        self.now = end;
        self.router.handle(self.now, Input::Engine(engine::Input::Timeout));
        self.settle();
    }

    /// The TUN or device that the host was asked for last, for a packet from it.
    fn asked_for(&self, wanted: impl Fn(&HostRequest) -> bool) -> bool {
        self.requests.iter().any(wanted)
    }
}

#[test]
fn what_is_typed_takes_effect() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.lines("configure terminal\ninterface loopback 0\nip address 10.9.9.9 255.255.255.255");
    bench.pass(Duration::from_millis(10));
    assert!(bench.asked_for(
        |r| matches!(r, HostRequest::AddAddress { address, .. } if address.to_string() == "10.9.9.9/32")
    ));
    bench.lines("end");
    let brief = bench.shown("show ip interface brief");
    assert!(brief.contains("Loopback0              10.9.9.9        YES manual up"), "{brief}");
    bench.lines("configure terminal\nno interface loopback 0\nend");
    assert!(!bench.shown("show ip interface brief").contains("Loopback0"));
    assert!(bench.router.engine().interface(&InterfaceName::new(InterfaceKind::Loopback, 0)).is_none());
}

#[test]
fn refused_lines_of_the_startup_config_are_on_the_log() {
    let mut bench = Bench::enabled(
        "hostname R\nlogging buffered\nfrobnicate the bits\ninterface Ethernet0\n ip adress 1\n",
    );
    let log = bench.shown("show logging");
    assert!(log.contains("%SYS-4-CONFIG_LINE: startup-config line 3: frobnicate the bits"), "{log}");
    assert!(log.contains("startup-config line 5: ip adress 1"), "{log}");
    assert!(bench.shown("show running-config").contains("hostname R\n"));
}

#[test]
fn a_d_channel_is_up_with_its_controller() {
    let mut bench = Bench::enabled(
        "controller T1 0\n pri-group timeslots 1-24\ninterface Serial0:23\ninterface Serial1:23\n",
    );
    let brief = bench.shown("show ip interface brief");
    for (interface, state) in [("Serial0:23", "up"), ("Serial1:23", "down")] {
        let line = brief.lines().find(|line| line.starts_with(interface));
        assert!(line.is_some_and(|line| line.trim_end().ends_with(state)), "{brief}");
    }
}

#[test]
fn the_interface_of_a_call_is_nobody_elses_to_configure() {
    let mut bench =
        Bench::enabled("logging buffered\ninterface Virtual-Access7\n description x\nip host a 10.0.0.1\n");
    let log = bench.shown("show logging");
    assert!(
        log.contains("line 2: interface Virtual-Access7: % Virtual-Access interfaces cannot be configured"),
        "{log}"
    );
    assert!(log.contains("line 3: description x: % It belongs to a line that was refused"), "{log}");
    assert!(bench.shown("show running-config").contains("ip host a 10.0.0.1\n"));
    bench.lines("configure terminal\ninterface virtual-access 7\nend");
    assert!(!bench.shown("show ip interface brief").contains("Virtual-Access"));
}

#[test]
fn only_12_0_leaves_the_size_of_a_configuration_out() {
    let part = |version: &str| {
        let startup = format!(
            "version {version}\nhostname R\ninterface Loopback0\n ip address 10.9.9.9 255.255.255.255\n"
        );
        let mut bench = Bench::enabled(&startup);
        bench.screen(CONSOLE).text.clear();
        bench.shown("show running-config interface loopback 0")
    };
    assert!(
        part("12.0").contains("\n\nCurrent configuration:\n!\ninterface Loopback0\n"),
        "{}",
        part("12.0")
    );
    for version in ["12.1", "15.2"] {
        assert!(
            part(version).contains("Current configuration : 57 bytes\n!\ninterface Loopback0\n"),
            "{}",
            part(version)
        );
    }
}

#[test]
fn a_pattern_that_is_no_regular_expression_is_refused() {
    let mut bench = Bench::enabled("hostname R\n");
    for line in ["show version | include [", "show running-config | begin (", "show users | count *"] {
        assert_eq!(bench.shown(line), "% Failed to compile regular expression.\nR#", "{line}");
    }
    assert!(bench.shown("show running-config | include ^host.*R$").contains("hostname R\n"));
    assert_eq!(bench.shown("show version | include {"), "R#", "a brace that repeats nothing is a character");
}

#[test]
fn packets_to_port_1701_that_are_ignored_are_counted() {
    let mut bench = Bench::enabled("hostname R\n");
    let shown = bench.shown("show l2tp counters");
    assert!(shown.contains("  L2F                        : 0\n"), "{shown}");
}

#[test]
fn the_packets_of_the_dialer_have_a_switch_of_their_own() {
    let mut bench = Bench::enabled("hostname R\n");
    assert_eq!(bench.shown("debug dialer packets"), "Dial on demand packets debugging is on\nR#");
    let shown = bench.shown("show debugging");
    assert!(shown.contains("Dial on demand packets debugging is on") && !shown.contains("events"), "{shown}");
    assert_eq!(bench.shown("debug dialer"), "Dial on demand events debugging is on\nR#");
    assert_eq!(bench.shown("no debug dialer packets"), "Dial on demand packets debugging is off\nR#");
}

#[test]
fn durations_on_screens_are_as_of_now() {
    let mut bench = Bench::enabled("hostname R\nline con 0\n exec-timeout 0 0\n");
    bench.now = bench.now + Duration::from_secs(3600);
    assert!(bench.shown("show version").contains("R uptime is 1 hour"));
    assert!(bench.shown("show users").contains("*  0 con 0"));
    let caller = bench.shown("show caller");
    assert!(caller.contains("01:00:00"), "{caller}");
}

#[test]
fn a_pasted_configuration_takes_effect_as_a_whole_and_at_once() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.lines("configure terminal");
    for n in 0..250 {
        bench.lines(&format!("interface loopback {n}\nip address 10.9.9.{n} 255.255.255.255"));
    }
    assert!(!bench.asked_for(|r| matches!(r, HostRequest::AddAddress { .. })));
    // A command sees what was typed before it.
    let brief = bench.shown("do show ip interface brief");
    assert_eq!(brief.matches("10.9.9.").count(), 250, "{brief}");
    assert!(bench.asked_for(|r| matches!(r, HostRequest::AddAddress { .. })));
    // So does leaving the configuration mode, and what it brings stands above the message about it.
    bench.lines("interface loopback 0\nshutdown");
    let left = bench.shown("end");
    let (down, done) = (left.find("%LINK-5-CHANGED"), left.find("%SYS-5-CONFIG_I"));
    assert!(down.is_some() && down < done, "{left}");
}
