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
