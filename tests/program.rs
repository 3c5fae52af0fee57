//! The program from outside: arguments, exit codes, `check`, and a router whose console is a pipe or a terminal.

use std::process::Command;
use std::time::Duration;

use assert_cmd::Command as Program;

fn vpdnsh() -> Program {
    Program::new(env!("CARGO_BIN_EXE_vpdnsh"))
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_and_version_succeed() {
    let help = vpdnsh().arg("--help").output().unwrap();
    assert!(help.status.success() && stdout(&help).starts_with("usage: vpdnsh lab DIR"));
    let version = vpdnsh().arg("--version").output().unwrap();
    assert_eq!(stdout(&version), format!("vpdnsh {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_show_the_usage() {
    for args in [
        &[][..],
        &["frobnicate"],
        &["lab"],
        &["lab", "a", "b"],
        &["lab", "a", "--play", "x"],
        &["check"],
        &["--config"],
        &["--config", "x", "--interface", "Ethernet0"],
        &["--config", "x", "--interface", "Frob0=eth0"],
        &["--frob"],
    ] {
        let output = vpdnsh().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains("usage: vpdnsh lab DIR"), "{args:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[test]
fn a_lab_that_is_not_there_is_one_sentence() {
    let output = vpdnsh().args(["lab", "/nonexistent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn check_says_what_becomes_of_each_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("router.cfg");
    std::fs::write(&file, "hostname R\ncontroller T1 0\n framing esf\nfrobnicate the bits\n").unwrap();
    let output = vpdnsh().arg("check").arg(&file).output().unwrap();
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["accepted 1: hostname R", "accepted 2: controller T1 0", "inert 3: framing esf"]);
    assert!(lines[3].starts_with("refused 4: frobnicate the bits: "), "{text}");
    assert_eq!(lines[4..], ["2 accepted, 1 inert, 1 refused"], "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn every_configuration_that_is_shipped_is_accepted() {
    let mut seen = 0;
    for directory in std::fs::read_dir("configs").unwrap() {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            let output = vpdnsh().arg("check").arg(&file).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}: {}", file.display(), stdout(&output));
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

#[test]
fn check_of_a_file_that_cannot_be_read() {
    let output = vpdnsh().args(["check", "/nonexistent/router.cfg"]).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("/nonexistent/router.cfg"));
}

/// Whether this user may make a namespace of its own, in which a router may do as it likes.
fn namespaces() -> bool {
    Command::new("unshare").args(["-Urn", "true"]).status().is_ok_and(|s| s.success())
}

/// A router in a network namespace of its own.
fn router(config: &str) -> Option<(tempfile::TempDir, std::path::PathBuf)> {
    if !namespaces() {
        eprintln!("skipped: this user may not make namespaces");
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("router.cfg");
    std::fs::write(&file, config).unwrap();
    Some((directory, file))
}

#[test]
fn a_console_on_a_pipe_echoes_what_it_is_given() {
    let Some((_directory, file)) =
        router("hostname R\ninterface Loopback0\n ip address 10.9.9.9 255.255.255.255\n")
    else {
        return;
    };
    let output = Program::new("unshare")
        .args(["-Urn", env!("CARGO_BIN_EXE_vpdnsh"), "--config"])
        .arg(&file)
        .write_stdin("enable\nshow ip interface brief\nconfigure terminal\nhostname Q\nend\nwrite memory\n")
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.contains("R>enable\nR#show ip interface brief\nInterface "), "{text}");
    assert!(text.contains("Loopback0              10.9.9.9        YES NVRAM "), "{text}");
    assert!(text.contains("R(config)#hostname Q\n") && text.contains("Q(config)#end\n"), "{text}");
    assert!(text.contains("Building configuration...\n[OK]\n") && text.ends_with("Q#\n"), "{text}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("hostname Q\n"));
}

#[test]
fn a_device_that_was_not_named_is_not_there() {
    let Some((_directory, file)) =
        router("hostname R\ninterface Ethernet0\n ip address 10.9.9.9 255.255.255.0\n")
    else {
        return;
    };
    let output = Program::new("unshare")
        .args(["-Urn", env!("CARGO_BIN_EXE_vpdnsh"), "--config"])
        .arg(&file)
        .write_stdin("show ip interface brief\n")
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap();
    let text = stdout(&output);
    let line = text.lines().find(|l| l.starts_with("Ethernet0")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("down"), "{line}");
}

#[test]
fn a_console_on_a_terminal_helps_completes_and_edits() {
    let Some((_directory, file)) = router("hostname R\nline con 0\n exec-timeout 0 0\n") else { return };
    let command = format!("unshare -Urn {} --config {}", env!("CARGO_BIN_EXE_vpdnsh"), file.display());
    let mut console = rexpect::spawn(&command, Some(120_000)).unwrap();
    let mut step = |send: &str, expect: &str| {
        console.send(send).unwrap();
        console.flush().unwrap();
        console.exp_string(expect).unwrap_or_else(|error| panic!("{send:?}: {error}"));
    };
    step("", "R>");
    step("sh?", "show");
    step("\x15ena\t\r", "R#");
    step("show v?", "version");
    step("\x15conf t\r", "R(config)#");
    step("hostname Q\x1a", "%SYS-5-CONFIG_I: Configured from console by console");
    step("show clokc\r", "^\r\n% Invalid input detected at '^' marker.");
    step("exit\r", "Press RETURN to get started.");
    step("\r", "Q>");
    step("\x1ex", "");
    console.exp_eof().unwrap();
}

#[test]
fn a_hang_up_ends_a_router() {
    let Some((_directory, file)) = router("hostname R\n") else { return };
    let command = format!("unshare -Urn {} --config {}", env!("CARGO_BIN_EXE_vpdnsh"), file.display());
    let mut console = rexpect::spawn(&command, Some(120_000)).unwrap();
    console.exp_string("R>").unwrap();
    console.process_mut().signal(nix::sys::signal::Signal::SIGHUP).unwrap();
    console.exp_eof().unwrap();
    let status = format!("{:?}", console.process().status());
    assert!(!status.contains("Signaled"), "{status}");
}

/// More interfaces than `select(2)` takes descriptors: each has a TUN of its own.
const MANY: usize = 1_100;

#[test]
fn a_long_paste_leaves_every_line_and_the_console() {
    let Some((_directory, file)) = router("hostname R\nline con 0\n exec-timeout 0 0\n length 0\n") else {
        return;
    };
    let script = "test $(ulimit -Hn) = unlimited || test $(ulimit -Hn) -ge 4096";
    if !Command::new("sh").args(["-c", script]).status().unwrap().success() {
        eprintln!("skipped: this user may not open as many files");
        return;
    }
    let script = "ulimit -n 4096 && exec unshare -Urn \"$0\" --config \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_vpdnsh")]).arg(&file);
    let mut console = rexpect::session::spawn_command(command, Some(240_000)).unwrap();
    console.exp_string("R>").unwrap();
    console.send("enable\rconfigure terminal\r").unwrap();
    console.flush().unwrap();
    console.exp_string("R(config)#").unwrap();
    for interface in 0..MANY {
        let address = format!("10.{}.{}.1 255.255.255.255", interface / 200, interface % 200);
        console.send(&format!("interface Loopback{interface}\r ip address {address}\r")).unwrap();
        console.flush().unwrap();
    }
    console.send("end\rshow running-config | count ip address 10\r").unwrap();
    console.flush().unwrap();
    console.exp_string(&format!("Number of lines which match regexp = {MANY}")).unwrap();
    console.exp_string("R#").unwrap();
    console.send("\x1ex").unwrap();
    console.flush().unwrap();
    console.exp_eof().unwrap();
    assert!(format!("{:?}", console.process().status()).contains("Exited"));
}

/// The signals that end a program.
const ENDS: [&str; 2] = ["TERM", "HUP"];

/// Runs a script in a network namespace of its own; `$0` is the program, `$1` the argument.
fn in_namespace(script: &str, argument: &std::path::Path) -> std::process::Output {
    Program::new("unshare")
        .args(["-Urn", "sh", "-c", script, env!("CARGO_BIN_EXE_vpdnsh")])
        .arg(argument)
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap()
}

#[test]
fn a_signal_has_everything_taken_back_though_nobody_reads_the_console() {
    let Some((directory, file)) =
        router("hostname R\ninterface Ethernet0\n ip address 10.9.9.9 255.255.255.0\n no shutdown\n")
    else {
        return;
    };
    std::fs::write(directory.path().join("typed"), "show running-config\n".repeat(2_000)).unwrap();
    for signal in ENDS.iter().chain(&["INT"]) {
        let script = format!(
            "cd \"${{1%/*}}\" && rm -f shown && mkfifo shown && exec 4<>shown
            ip link add d0 type veth peer name d1 && ip link set d1 up
            \"$0\" --config \"$1\" --interface Ethernet0=d0 <typed >shown &
            router=$!
            until ip address show dev d0 | grep -q 10.9.9.9; do kill -0 $router || exit 3; done
            kill -{signal} $router; wait $router; echo status $?
            ip address show dev d0 | grep -c 10.9.9.9"
        );
        let output = in_namespace(&script, &file);
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

#[test]
fn a_signal_ends_a_router_in_the_middle_of_a_paste() {
    let Some((_directory, file)) = router("hostname R\n") else { return };
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
fn lab(number: u32) -> Option<(tempfile::TempDir, String)> {
    let directory = namespaces().then(|| tempfile::tempdir().unwrap());
    if directory.is_none() {
        eprintln!("skipped: this user may not make namespaces");
    }
    let directory = directory?;
    if let Err(lack) = vpdnsh::host::netns::probe_tun() {
        eprintln!("skipped: {lack}");
        return None;
    }
    std::fs::write(directory.path().join("lab.toml"), "[[node]]\nname = \"a\"\n").unwrap();
    Some((directory, format!("{}.{number}", 1_000_000 + std::process::id())))
}

/// Whether a process runs whose arguments end with this, anywhere on the machine.
fn runs(argument: &str) -> bool {
    let ending = format!("{argument}\0");
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok())
        .any(|arguments| arguments.ends_with(&ending))
}

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_signal_ends_a_lab_that_waits_for_a_command() {
    let Some((directory, time)) = lab(11) else { return };
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

#[test]
fn a_signal_ends_a_play_that_waits_for_a_command() {
    let Some((directory, time)) = lab(12) else { return };
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
