//! Arguments, exit codes and `check`.

use crate::{stderr, stdout, vpdnsh};

pub fn help_and_version_succeed() {
    let help = vpdnsh().arg("--help").output().unwrap();
    assert!(help.status.success() && stdout(&help).starts_with("usage: vpdnsh lab DIR"));
    let version = vpdnsh().arg("--version").output().unwrap();
    assert_eq!(stdout(&version), format!("vpdnsh {}\n", env!("CARGO_PKG_VERSION")));
}

pub fn wrong_arguments_show_the_usage() {
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
        &["--config", "x", "--interface", "Ethernet0=eth0", "--interface", "e0=eth1"],
        &["--config", "x", "--interface", "Ethernet0=eth0", "--interface", "Ethernet1=eth0"],
        &["--frob"],
    ] {
        let output = vpdnsh().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains("usage: vpdnsh lab DIR"), "{args:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

pub fn a_lab_that_is_not_there_is_one_sentence() {
    let output = vpdnsh().args(["lab", "/nonexistent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

pub fn check_says_what_becomes_of_each_line() {
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

pub fn every_configuration_that_is_shipped_is_accepted() {
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

pub fn check_of_a_file_that_cannot_be_read() {
    let output = vpdnsh().args(["check", "/nonexistent/router.cfg"]).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("/nonexistent/router.cfg"));
}

/// A play on a lab of one router that ends with its first mistake: what is said.
fn play(text: &[u8], name: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("lab.toml"), "[[node]]\nname = \"a\"\n").unwrap();
    std::fs::write(directory.path().join("x.play"), text).unwrap();
    let mut program = vpdnsh();
    program.current_dir(directory.path()).args(["lab", ".", "--play", name, "--log", "out"]);
    let output = program.output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert!(!directory.path().join("out").exists(), "nothing was done");
    stderr(&output)
}

pub fn a_mistake_in_a_play_is_one_sentence_before_anything_is_done() {
    for (line, said) in [
        (&b"b: show version"[..], "this lab has no node `b`"),
        (b"wait a /(/ 1s", "/(/ is not a regular expression: unclosed group"),
        (
            b"frobnicate",
            "`frobnicate`: expected `NODE: command`, wait, shell, sleep, link, capture, no capture or power",
        ),
        (b"link wire down", "this lab has no link `wire`"),
        (b"a: M\xfcnchen", "this is not UTF-8 text"),
    ] {
        let text = [b"# one\na: enable\n", line, b"\na: show version\n"].concat();
        assert_eq!(play(&text, "x.play"), format!("vpdnsh: x.play:3: {said}\n"));
    }
    assert_eq!(play(b"", "y.play"), "vpdnsh: ./y.play: No such file or directory (os error 2)\n");
    assert_eq!(play(b"", "."), "vpdnsh: ./.: Is a directory (os error 21)\n");
}
