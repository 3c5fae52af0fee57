//! The program itself on real labs in network namespaces: the documented call, traffic, and what is typed at the lab.
//!
//! The program enters its user namespace by itself, as it does for whoever runs it.

mod bench;
mod call;
mod traffic;
mod typed;
mod users;
mod wholesale;

#[path = "../support/harness.rs"]
mod harness;
#[path = "../support/transcript.rs"]
#[allow(dead_code, reason = "shared with the labs in virtual time")]
mod transcript;

use std::process::ExitCode;

use harness::{Need, Test, tests};

const LAB: &[Need] = &[Need::Tun];

const TESTS: &[Test] = tests![
    LAB => call::the_documented_call,
    LAB => call::a_wait_in_vain_ends_the_play_with_its_line,
    LAB => call::a_lab_that_is_killed_leaves_nothing,
    &[Need::Tun, Need::Iproute] => call::what_others_take_away_on_linux_is_said_and_made_good,
    &[Need::Tun, Need::Tshark, Need::Iperf, Need::Ping] => traffic::traffic_both_ways_in_a_clean_capture,
    LAB => typed::the_lab_prompt_and_its_consoles,
    LAB => typed::a_script_at_the_lab_prompt_ends_with_ctrl_c,
    LAB => typed::what_is_pasted_is_taken_line_by_line,
    LAB => typed::consoles_over_tcp,
    LAB => typed::two_at_one_console_and_a_question_whose_command_is_ended,
    LAB => typed::an_idle_router_is_small,
    LAB => wholesale::calls_by_domain_with_failover,
    &[Need::Root] => users::an_ordinary_user_has_a_lab_or_one_sentence,
    &[Need::Root, Need::Mknod] => users::an_ordinary_user_with_a_tun_device_has_a_lab,
];

fn main() -> ExitCode {
    harness::run(TESTS, &bench::privilege())
}
