//! A test harness that says `skipped:` and why, by name, where the machine lacks something. Arguments are parts of
//! test names, as with the usual one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Stdio};

use vpdnsh::host::netns;

/// What a test needs of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each test program has needs of its own")]
pub enum Need {
    Tun,
    Iproute,
    Tshark,
    Iperf,
    Ping,
    FreeRadius,
    /// A namespace of its own, in which a router may do as it likes.
    Namespaces,
    /// As many descriptors as a router of a thousand interfaces has.
    Files,
    /// Another user can be taken on.
    Root,
    /// A device node can be made, which takes the machine's own root.
    Mknod,
}

pub struct Test {
    pub name: &'static str,
    pub needs: &'static [Need],
    pub run: fn(),
}

macro_rules! tests {
    ($($needs:expr => $module:ident :: $name:ident),* $(,)?) => {
        &[$(crate::harness::Test {
            name: concat!(stringify!($module), "::", stringify!($name)),
            needs: $needs,
            run: $module::$name,
        }),*]
    };
}
pub(crate) use tests;

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn program(program: &str, version: &str, package: &str) -> Option<String> {
    (!runs(program, &[version])).then(|| format!("the program {program} ({package}) is not installed"))
}

fn lacking(need: Need) -> Option<String> {
    match need {
        Need::Tun => netns::probe_tun().err().map(|lack| lack.to_string()),
        Need::Iproute => program("ip", "-V", "iproute2"),
        Need::Tshark => program("tshark", "-v", "tshark"),
        Need::Iperf => program("iperf3", "-v", "iperf3"),
        Need::Ping => program("ping", "-V", "iputils-ping"),
        Need::FreeRadius => program("freeradius", "-v", "freeradius")
            .or_else(|| program("radclient", "-v", "freeradius-utils")),
        Need::Namespaces => (!runs("unshare", &["-Urn", "true"]))
            .then(|| "this user may not make a user and a network namespace".to_owned()),
        Need::Files => {
            let script = "test $(ulimit -Hn) = unlimited || test $(ulimit -Hn) -ge 4096";
            (!runs("sh", &["-c", script])).then(|| "this user may not open 4096 files".to_owned())
        }
        Need::Root => {
            let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "true"];
            (!runs("setpriv", &nobody)).then(|| "setpriv cannot take on another user here".to_owned())
        }
        Need::Mknod => {
            let script = "mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && test -c /dev/net/tun \
                          && exec 3<>/dev/net/tun";
            let made = runs("unshare", &["--mount", "sh", "-c", script]);
            (!made).then(|| "no device node can be made here".to_owned())
        }
    }
}

/// Runs the tests that the arguments name. `privilege` is what all of them need.
pub fn run(tests: &[Test], privilege: &Result<(), String>) -> ExitCode {
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |test: &&Test| filters.is_empty() || filters.iter().any(|part| test.name.contains(part));
    if std::env::args().any(|argument| argument == "--list") {
        tests.iter().for_each(|test| println!("{}: test", test.name));
        return ExitCode::SUCCESS;
    }
    let (mut passed, mut skipped, mut failed) = (0, 0, 0);
    for test in tests.iter().filter(chosen) {
        let lack = match privilege {
            Err(lack) => Some(lack.clone()),
            Ok(()) => test.needs.iter().find_map(|&need| lacking(need)),
        };
        if let Some(lack) = lack {
            println!("test {} ... skipped: {lack}", test.name);
            skipped += 1;
        } else if catch_unwind(AssertUnwindSafe(test.run)).is_ok() {
            println!("test {} ... ok", test.name);
            passed += 1;
        } else {
            println!("test {} ... FAILED", test.name);
            failed += 1;
        }
    }
    println!("\ntest result: {passed} passed; {failed} failed; {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
