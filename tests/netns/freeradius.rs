//! FreeRADIUS as a node of a lab.

use std::path::Path;

use vpdnsh::lab::description::Description;
use vpdnsh::lab::real::{RealLab, RealOptions};

use crate::bench::reach;
use crate::lab::shell;
use crate::processes::runs;

const LAB: &str = "[[node]]\nname = \"a\"\n\n\
                   [[node]]\nname = \"aaa\"\nkind = \"freeradius\"\naddress = \"10.9.0.3/24\"\nusers = \"users\"\n\
                   clients = [{ address = \"127.0.0.0/8\", secret = \"cis co\" }]\n\n\
                   [[link]]\nname = \"lan\"\nends = [\"a Ethernet0\", \"aaa\"]\n";
const USERS: &str =
    "u\tCleartext-Password := \"p\"\n\tFramed-IP-Address = 10.10.53.2,\n\tReply-Message = \"hello\"\n";

fn files(lab: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("users"), USERS).unwrap();
    std::fs::write(directory.path().join("lab.toml"), lab).unwrap();
    directory
}

fn start(directory: &Path) -> Result<RealLab, String> {
    let description = Description::load(directory).map_err(|error| error.to_string())?;
    let lab = RealLab::start(description, RealOptions { console_ports: false });
    lab.map_err(|error| error.to_string())
}

/// What it says to these attributes.
fn ask(lab: &RealLab, what: &str, port: u16, attributes: &str) -> String {
    let secret = "printf 'cis co' >secret";
    let asked =
        format!("echo '{attributes}' | radclient -x -t 60 -r 1 -S secret 127.0.0.1:{port} {what} 2>&1");
    shell(
        lab,
        "aaa",
        &format!("cd \"$(mktemp -d)\" && ip link set lo up && {secret} && {asked}; rm -r \"$PWD\""),
    )
}

pub fn it_answers_writes_and_is_switched() {
    let directory = files(LAB);
    let lab = start(directory.path()).unwrap();
    let aaa = lab.description().node("aaa").unwrap();
    let accept = ask(&lab, "auth", 1645, "User-Name=u,User-Password=p");
    assert!(
        accept.contains("Access-Accept") && accept.contains("Framed-IP-Address = 10.10.53.2"),
        "{accept}"
    );
    assert!(accept.rsplit("Received").next().unwrap().contains("Message-Authenticator"), "{accept}");
    let accept = ask(&lab, "auth", 1812, "User-Name=u,CHAP-Password=p");
    assert!(accept.contains("Access-Accept"), "{accept}");
    let reject = ask(&lab, "auth", 1812, "User-Name=u,User-Password=q");
    assert!(reject.contains("Access-Reject") && reject.contains("Reply-Message = \"hello\""), "{reject}");
    assert!(!reject.contains("Framed-IP-Address"), "a reject carries nothing of that: {reject}");
    let reject = ask(&lab, "auth", 1645, "User-Name=u,MS-CHAP-Password=q");
    assert!(reject.contains("E=691"), "{reject}");

    for port in [1646, 1813] {
        ask(&lab, "acct", port, &format!("User-Name=u,Acct-Status-Type=Start,Acct-Session-Id=0{port}"));
    }
    let records = lab.detail(aaa);
    assert_eq!(records.matches("Acct-Status-Type = Start").count(), 2, "{records}");
    assert!(records.contains("Acct-Session-Id = \"01813\""), "{records}");
    assert_eq!(lab.detail(aaa), "", "each once");
    let log = lab.server_log(aaa);
    assert!(log.contains("Login OK: [u]"), "{log}");

    let power = || lab.status().lines().find(|line| line.starts_with("aaa ")).unwrap().to_owned();
    assert!(power().contains("freeradius") && power().contains(" on "), "{}", power());
    assert_eq!(lab.power(aaa, true), Err("it is on".to_owned()));
    lab.power(aaa, false).unwrap();
    assert_eq!(lab.power(aaa, false), Err("it is off".to_owned()));
    assert!(power().contains(" off "), "{}", power());
    lab.power(aaa, true).unwrap();
    shell(&lab, "aaa", "kill -9 $(pidof freeradius)");
    reach("who was killed is off", || power().contains(" off "));
    lab.power(aaa, true).unwrap();
    ask(&lab, "acct", 1813, "User-Name=u,Acct-Status-Type=Stop,Acct-Session-Id=02");
    assert!(lab.detail(aaa).contains("Acct-Status-Type = Stop"));
}

/// The lab with a configuration of its own, which begins with this and goes on as the one that vpdnsh writes.
fn own(head: &str) -> tempfile::TempDir {
    let directory = files(&LAB.replace("\"freeradius\"", "\"freeradius\"\nconfig = \"raddb\""));
    let raddb = directory.path().join("raddb");
    std::fs::create_dir(&raddb).unwrap();
    let text = include_str!("../../src/lab/real/freeradius/radiusd.conf");
    std::fs::write(raddb.join("radiusd.conf"), format!("{head}\n{text}")).unwrap();
    directory
}

pub fn its_own_configuration_finds_what_the_lab_says() {
    let directory = own("# mine");
    let lab = start(directory.path()).unwrap();
    let accept = ask(&lab, "auth", 1645, "User-Name=u,User-Password=p");
    assert!(accept.contains("Access-Accept"), "{accept}");
}

pub fn what_is_wrong_with_its_configuration_is_said() {
    let directory = own("nonsense {");
    let message = start(directory.path()).map(drop).unwrap_err();
    assert!(message.starts_with("aaa: FreeRADIUS does not start:\n"), "{message}");
    assert!(message.contains("raddb/radiusd.conf"), "{message}");

    let directory = files(LAB);
    let lab = start(directory.path()).unwrap();
    let aaa = lab.description().node("aaa").unwrap();
    lab.power(aaa, false).unwrap();
    std::fs::write(directory.path().join("users"), "u\tCleartext-Password\n").unwrap();
    let message = lab.power(aaa, true).unwrap_err();
    assert!(message.contains("users[1]"), "{message}");
    assert_eq!(lab.power(aaa, false), Err("it is off".to_owned()));
}

pub fn a_lab_that_is_killed_takes_it_along() {
    let directory = files(LAB);
    let scratch = directory.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    std::fs::write(directory.path().join("wait.play"), "shell aaa: true\nsleep 600s\n").unwrap();
    let mut lab = std::process::Command::new(env!("CARGO_BIN_EXE_vpdnsh"))
        .arg("lab")
        .arg(directory.path())
        .args(["--play", "wait.play", "--log"])
        .arg(directory.path())
        .env("TMPDIR", &scratch)
        .spawn()
        .unwrap();
    let folders = || std::fs::read_dir(&scratch).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let folder = || folders().next().map(|path| path.join("aaa").display().to_string()).unwrap_or_default();
    reach("it runs", || folders().count() == 1 && runs(&folder()));
    let its = folder();
    lab.kill().unwrap();
    lab.wait().unwrap();
    reach("it ends with the lab", || !runs(&its));
    reach("its folder goes with the lab", || folders().count() == 0);
}
