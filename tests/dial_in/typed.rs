//! The lab prompt on a terminal, and consoles over TCP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::{PtySession, spawn_command};

use crate::bench::{Copy, program, root};

const PATIENCE: Duration = Duration::from_secs(120);

fn lab_prompt(lab: &Copy) -> PtySession {
    let mut command = program();
    command.arg("lab").arg(lab.path());
    let mut terminal = spawn_command(command, Some(PATIENCE.as_millis() as u64)).unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal
}

/// Ctrl-^ x.
const LEAVE: &str = "\x1ex";

pub fn the_lab_prompt_and_its_consoles() {
    let lab = Copy::new(|_, text| text);
    let mut terminal = lab_prompt(&lab);
    terminal.send("?").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("capture LINK FILE.pcapng").unwrap();
    terminal.exp_string("Show nodes, links and calls").unwrap();
    terminal.send_line("status").unwrap();
    for shown in ["5300-1", "aaa", "lac-lns", "2085730592", "614629"] {
        terminal.exp_string(shown).unwrap();
    }
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("connect soho").unwrap();
    terminal.exp_string("Connected to soho. Ctrl-^ x comes back.").unwrap();
    terminal.send_line("enable").unwrap();
    terminal.exp_string("2500-1#").unwrap();
    terminal.send_line("ping 10.51.6.82").unwrap();
    terminal.exp_regex("Success rate is [1-9]").unwrap();
    terminal.exp_string("2500-1#").unwrap();
    terminal.send(LEAVE).unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("status").unwrap();
    terminal.exp_string("soho BRI0 B1 -> lac Serial0:23 B").unwrap();
    terminal.exp_string("connected").unwrap();
    terminal.send_line("power lns off").unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("power lns off").unwrap();
    terminal.exp_string("% it is off").unwrap();
    terminal.send_line("shell aaa: ip -br address show dev eth0").unwrap();
    terminal.exp_string("10.51.6.3/24").unwrap();
    terminal.send_line("exit").unwrap();
    terminal.exp_eof().unwrap();
}

pub fn a_script_at_the_lab_prompt_ends_with_ctrl_c() {
    let lab = Copy::new(|_, text| text);
    std::fs::write(lab.path().join("long.play"), "lac: enable\nsleep 600s\nlac: show clock\n").unwrap();
    let mut terminal = lab_prompt(&lab);
    // Each word is completed once.
    terminal.send("pow\tln\t\tof\t\t\r").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("power lns off ").unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("connect").unwrap();
    terminal.exp_string("% expected: connect NODE").unwrap();
    terminal.send_line("power aaa off").unwrap();
    terminal.send_line("power aaa off").unwrap();
    terminal.exp_string("% it is off").unwrap();
    terminal.send_line("play long.play").unwrap();
    terminal.exp_string("sleep 600s").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("long.play:2: sleep 600s: interrupted").unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("exit").unwrap();
    terminal.exp_eof().unwrap();
}

const IAC: u8 = 255;
const DO: u8 = 253;
const WILL: u8 = 251;
const SUBNEGOTIATION: u8 = 250;
const END: u8 = 240;
const WINDOW_SIZE: u8 = 31;

pub fn what_is_pasted_is_taken_line_by_line() {
    let lab = Copy::new(|_, text| text);
    let mut terminal = lab_prompt(&lab);
    let lines = [
        "connect lns",
        "enable",
        "configure terminal",
        "interface Ethernet0",
        "description pasted",
        "vpdn-group 1",
        "local name pasted-name",
        "end",
        "show running-config",
    ];
    terminal.send(&(lines.join("\r") + "\r")).unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("Current configuration").unwrap();
    terminal.exp_string(" local name pasted-name").unwrap();
    terminal.send("q").unwrap();
    terminal.flush().unwrap();
    terminal.send(LEAVE).unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("exit").unwrap();
    terminal.exp_eof().unwrap();
}

/// A telnet client as everybody has one: takes what the server offers, tells it the size of its window, sends
/// each key as it is pressed.
struct Telnet {
    stream: TcpStream,
    raw: Vec<u8>,
    text: String,
}

impl Telnet {
    fn connect(port: u16) -> Telnet {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Telnet { stream, raw: Vec::new(), text: String::new() }
    }

    fn line(&mut self, line: &str) {
        for key in line.bytes() {
            self.stream.write_all(&[key]).unwrap();
        }
        self.stream.write_all(b"\r\0").unwrap();
    }

    fn read(&mut self) {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => panic!("the server has closed: {}", self.text),
            Ok(length) => self.raw.extend(&buffer[..length]),
            Err(_nothing_yet) => return,
        }
        loop {
            match self.raw[..] {
                [IAC, WILL, option, ..] => self.answer(&[IAC, DO, option]),
                [IAC, DO, WINDOW_SIZE, ..] => self.answer(&[IAC, WILL, WINDOW_SIZE]),
                [IAC, ..] => break,
                [character, ..] => {
                    self.text.push(char::from(character));
                    self.raw.remove(0);
                }
                [] => break,
            }
        }
    }

    fn answer(&mut self, answer: &[u8]) {
        self.raw.drain(..3);
        self.stream.write_all(answer).unwrap();
        if answer == [IAC, WILL, WINDOW_SIZE] {
            let size = [IAC, SUBNEGOTIATION, WINDOW_SIZE, 0, 132, 0, 50, IAC, END];
            self.stream.write_all(&size).unwrap();
        }
    }

    /// Waits for a text, and forgets what came until its end.
    fn wait(&mut self, wanted: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.text.find(wanted) {
                return self.text.drain(..at + wanted.len()).collect();
            }
            assert!(Instant::now() < deadline, "no {wanted:?} in {:?}", self.text);
            self.read();
        }
    }
}

pub fn consoles_over_tcp() {
    let lab = Copy::new(|_, text| text);
    let mut terminal = lab_prompt(&lab);
    let [mut soho, mut lac, mut lns] = [0, 1, 2].map(|offset| Telnet::connect(lab.port + offset));
    // Two look at one console.
    let mut second = Telnet::connect(lab.port + 1);
    lac.line("");
    lac.wait("5300-1>");
    lac.line("enable");
    lac.wait("5300-1#");
    lac.line("debug vpdn event");
    lac.wait("VPDN events debugging is on");
    second.wait("VPDN events debugging is on");
    lns.line("");
    lns.wait("1600-3>");
    lns.line("show users ?");
    lns.wait("1600-3>");
    soho.line("");
    soho.wait("2500-1>");
    soho.line("ping 10.51.6.82");
    soho.wait("Success rate is");
    for watcher in [&mut lac, &mut second] {
        watcher.wait("Se0:0 VPDN: Forward to address 10.51.6.82");
    }
    terminal.send_line("exit").unwrap();
    terminal.exp_eof().unwrap();
}

pub fn two_at_one_console_and_a_question_whose_command_is_ended() {
    let lab = Copy::new(|_, text| text);
    let mut terminal = lab_prompt(&lab);
    terminal.send_line("connect lac").unwrap();
    terminal.exp_string("5300-1>").unwrap();
    // Somebody else at the same console goes on: nothing of its prompts is shown when this one types again.
    let mut other = Telnet::connect(lab.port + 1);
    other.line("enable");
    other.wait("5300-1#");
    other.line("configure terminal");
    other.wait("5300-1(config)#");
    other.line("end");
    other.wait("5300-1#");
    terminal.exp_string("CONFIG_I").unwrap();
    for _ in 0..3 {
        terminal.send_line("show privilege").unwrap();
        let before = terminal.exp_string("Current privilege level is 15").unwrap();
        let (after, prompt) = terminal.exp_regex("5300-1[^ ]*[>#]").unwrap();
        assert!(!format!("{before}{after}{prompt}").contains("(config"), "{before}{after}{prompt}");
    }
    // The questions of `ping` read keys by themselves; the command that they start is ended all the same.
    terminal.send_line("ping").unwrap();
    for (question, answer) in [
        ("Protocol [ip]: ", ""),
        ("Target IP address: ", "10.51.6.99"),
        ("Repeat count [5]: ", "100000"),
        ("Datagram size [100]: ", ""),
        ("Timeout in seconds [2]: ", ""),
        ("Extended commands [n]: ", ""),
        ("Sweep range of sizes [n]: ", ""),
    ] {
        terminal.exp_string(question).unwrap();
        terminal.send_line(answer).unwrap();
    }
    terminal.exp_string("timeout is 2 seconds:").unwrap();
    terminal.exp_regex("[.U]").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_regex("Success rate is 0 percent").unwrap();
    terminal.exp_string("5300-1#").unwrap();
    terminal.send(LEAVE).unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("lab> ").unwrap();
    terminal.send_line("exit").unwrap();
    terminal.exp_eof().unwrap();
}

/// What `/proc` says of the resident memory of a process, in KiB.
fn resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

pub fn an_idle_router_is_small() {
    // A router on the machine itself would put its addresses there: it gets a namespace that nobody needs.
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", "echo process $$; exec \"$0\" --config \"$1\""]);
    command.arg(env!("CARGO_BIN_EXE_vpdnsh")).arg(root().join("configs/dial-in/lns.cfg"));
    let mut terminal = spawn_command(command, Some(PATIENCE.as_millis() as u64)).unwrap();
    let (_, process) = terminal.exp_regex("process [0-9]+").unwrap();
    terminal.exp_string("1600-3>").unwrap();
    terminal.send_line("enable").unwrap();
    terminal.exp_string("1600-3#").unwrap();
    terminal.send_line("show vpdn").unwrap();
    terminal.exp_string("1600-3#").unwrap();
    let resident = resident(process.trim_start_matches("process "));
    assert!(resident < 30 * 1024, "{resident} KiB");
    println!("an idle router has {resident} KiB resident");
    terminal.send_control('d').unwrap();
}
