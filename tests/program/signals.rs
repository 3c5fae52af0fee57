//! What a signal ends, in the middle of whatever it does.

use std::process::Command;
use std::time::Duration;

use crate::processes::{runs, unique};
use crate::{in_namespaces, router, stderr, stdout};

pub fn a_hang_up_ends_a_router() {
    let (_directory, file) = router("hostname R\n");
    let command = format!("unshare -Urn {} --config {}", env!("CARGO_BIN_EXE_vpdnsh"), file.display());
    let mut console = rexpect::spawn(&command, Some(120_000)).unwrap();
    console.exp_string("R>").unwrap();
    console.process_mut().signal(nix::sys::signal::Signal::SIGHUP).unwrap();
    console.exp_eof().unwrap();
    let status = format!("{:?}", console.process().wait());
    assert!(!status.contains("Signaled"), "{status}");
}

/// The signals that end a program.
const ENDS: [&str; 2] = ["TERM", "HUP"];

pub fn a_signal_has_everything_taken_back_though_nobody_reads_the_console() {
    let (directory, file) =
        router("hostname R\ninterface Ethernet0\n ip address 10.9.9.9 255.255.255.0\n no shutdown\n");
    std::fs::write(directory.path().join("typed"), "show running-config\n".repeat(2_000)).unwrap();
    for signal in ENDS.iter().chain(&["INT"]) {
        let script = format!(
            "rm -f shown && mkfifo shown && exec 4<>shown
            ip link add d0 type veth peer name d1 && ip link set d1 up
            \"$0\" --config router.cfg --interface Ethernet0=d0 <typed >shown &
            router=$!
            until ip address show dev d0 | grep -q 10.9.9.9; do kill -0 $router || exit 3; done
            kill -{signal} $router; wait $router; echo status $?
            ip address show dev d0 | grep -c 10.9.9.9"
        );
        let output = in_namespaces(&script, &file);
        let text = stdout(&output);
        assert!(text.ends_with("status 0\n0\n"), "{signal}: {text}{}", stderr(&output));
    }
}

/// The program on a terminal, below a shell that says what becomes of both; and the settings of the terminal.
fn on_terminal(command: &str, first: &str) -> (rexpect::session::PtySession, String, nix::unistd::Pid) {
    let script = format!(
        "stty -a; {command} </dev/tty & echo pid $! .; wait $!; echo status $? .; stty -a; echo over"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]);
    let mut console = rexpect::session::spawn_command(shell, Some(120_000)).unwrap();
    let found = console.exp_string("pid ").unwrap().trim().to_owned();
    let pid = console.exp_string(" .").unwrap().trim().parse().unwrap();
    console.exp_string(first).unwrap();
    (console, found, nix::unistd::Pid::from_raw(pid))
}

fn ends_cleanly((console, found): (&mut rexpect::session::PtySession, &str), what: &str) {
    console.exp_string("status 0 .").unwrap_or_else(|error| panic!("{what}: {error}"));
    let settings = console.exp_string("over").unwrap();
    assert_eq!(settings.trim(), found, "{what}");
}

fn both_signals() -> [nix::sys::signal::Signal; 2] {
    [nix::sys::signal::SIGTERM, nix::sys::signal::SIGHUP]
}

pub fn a_signal_ends_a_router_in_the_middle_of_a_paste() {
    let (_directory, file) = router("hostname R\n");
    for signal in both_signals() {
        let command = format!("unshare -Urn {} --config {}", env!("CARGO_BIN_EXE_vpdnsh"), file.display());
        let (mut console, found, pid) = on_terminal(&command, "R>");
        console.send("enable\rconfigure terminal\r").unwrap();
        console.flush().unwrap();
        console.exp_string("R(config)#").unwrap();
        // As much as waits in a terminal.
        console.send(&"interface Loopback1\r ip address 10.9.9.9 255.255.255.255\r".repeat(50)).unwrap();
        console.flush().unwrap();
        console.exp_string("Loopback1").unwrap();
        nix::sys::signal::kill(pid, signal).unwrap();
        ends_cleanly((&mut console, &found), signal.as_str());
    }
}

/// A lab of one router, and a time to sleep that no other process on this machine sleeps.
fn lab(number: u32) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("lab.toml"), "[[node]]\nname = \"a\"\n").unwrap();
    (directory, unique(number))
}

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn a_signal_ends_a_lab_that_waits_for_a_command() {
    let (directory, time) = lab(11);
    for signal in both_signals() {
        let command = format!("{} lab {}", env!("CARGO_BIN_EXE_vpdnsh"), directory.path().display());
        let (mut console, found, pid) = on_terminal(&command, "lab> ");
        console.send(&format!("shell a: sleep {time}; true\r")).unwrap();
        console.flush().unwrap();
        until("the command runs", || runs(&time));
        nix::sys::signal::kill(pid, signal).unwrap();
        ends_cleanly((&mut console, &found), signal.as_str());
        assert!(!runs(&time));
    }
}

pub fn a_signal_ends_a_play_that_waits_for_a_command() {
    let (directory, time) = lab(12);
    let play = directory.path().join("long.play");
    for step in [format!("shell a: sleep {time}; true\n"), format!("shell a: sleep {time} &\nsleep 600s\n")] {
        std::fs::write(&play, step).unwrap();
        let mut lab = Command::new(env!("CARGO_BIN_EXE_vpdnsh"));
        lab.arg("lab").arg(directory.path()).arg("--play").arg(&play).arg("--log").arg(directory.path());
        let mut lab = lab.spawn().unwrap();
        until("the command runs", || runs(&time));
        let pid = nix::unistd::Pid::from_raw(i32::try_from(lab.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::SIGTERM).unwrap();
        assert_eq!(lab.wait().unwrap().code(), Some(1), "the play was not played to its end");
        assert!(!runs(&time));
    }
}
