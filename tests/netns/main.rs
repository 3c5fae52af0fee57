//! The Linux edge in real network namespaces: TUN, addresses, routes, UDP, ICMP, capture, and the task that drives
//! a router. Where the machine lacks something the test says `skipped:` and what, by name.
//!
//! A user namespace must be entered before the first thread is started, so this has a harness of its own:
//! arguments are parts of test names, as with the usual one.

mod bench;
mod capture;
mod devices;
mod lab;
mod traffic;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Stdio};

use vpdnsh::host::netns::{self, Lack};

/// What a test needs of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Tun,
    Iproute,
    Tshark,
}

struct Test {
    name: &'static str,
    needs: &'static [Need],
    run: fn(),
}

macro_rules! tests {
    ($($needs:expr => $module:ident :: $name:ident),* $(,)?) => {
        &[$(Test { name: concat!(stringify!($module), "::", stringify!($name)), needs: $needs, run: $module::$name }),*]
    };
}

const NET: &[Need] = &[Need::Tun, Need::Iproute];

const TESTS: &[Test] = tests![
    NET => devices::a_tun_is_made_quiet_and_removed,
    NET => devices::addresses_come_and_go,
    NET => devices::routes_come_and_go,
    NET => devices::a_device_that_others_removed_is_no_trouble,
    &[Need::Iproute] => devices::a_new_namespace_forwards_where_it_says_so,
    NET => devices::mtu_and_link_state_are_set,
    NET => devices::refusals_say_what_and_why,
    NET => devices::a_named_device_is_left_as_it_was_found,
    NET => devices::a_loopback_interface_needs_no_device,
    NET => devices::carrier_is_reported,
    NET => devices::a_reload_takes_everything_back_and_keeps_the_terminal,
    &[] => devices::saving_the_startup_config_replaces_the_file,
    &[] => traffic::loopback_answers_pings_and_nobody_does_not,
    NET => traffic::a_ping_crosses_tun_and_tunnel,
    NET => traffic::a_packet_without_open_port_asks_to_be_dialled,
    &[Need::Iproute] => traffic::datagrams_know_and_choose_their_local_address,
    &[] => traffic::garbage_on_port_1701_ends_nothing,
    &[] => traffic::garbage_does_not_end_a_router,
    NET => lab::frames_cross_a_link_and_obey_it,
    NET => lab::a_linux_command_runs_in_the_namespace_of_its_node,
    NET => lab::a_console_listens_on_its_port,
    NET => lab::a_lab_that_ends_leaves_nothing,
    NET => lab::the_machine_itself_joins_a_link,
    &[Need::Tshark] => capture::tshark_reads_a_capture,
];

fn runs(program: &str, version: &str) -> bool {
    let status = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn lacking(need: Need) -> Option<String> {
    match need {
        Need::Tun => netns::probe_tun().err().map(|lack| lack.to_string()),
        Need::Iproute => (!runs("ip", "-V")).then(|| "the program ip (iproute2) is not installed".to_owned()),
        Need::Tshark => (!runs("tshark", "-v")).then(|| "the program tshark is not installed".to_owned()),
    }
}

fn main() -> ExitCode {
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |test: &&Test| filters.is_empty() || filters.iter().any(|part| test.name.contains(part));
    if std::env::args().any(|argument| argument == "--list") {
        TESTS.iter().for_each(|test| println!("{}: test", test.name));
        return ExitCode::SUCCESS;
    }
    let privilege: Result<_, Lack> = netns::acquire();
    let (mut passed, mut skipped, mut failed) = (0, 0, 0);
    for test in TESTS.iter().filter(chosen) {
        let lack = match &privilege {
            Err(lack) => Some(lack.to_string()),
            Ok(_) => test.needs.iter().find_map(|&need| lacking(need)),
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
