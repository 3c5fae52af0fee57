//! The program from outside: arguments, exit codes, `check`, and a router whose console is a pipe or a terminal.
//! Where the machine lacks something the test says `skipped:` and what, by name.

mod arguments;
mod console;
mod signals;

#[path = "../support/harness.rs"]
mod harness;
#[path = "../support/processes.rs"]
mod processes;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};
use std::time::Duration;

use assert_cmd::Command as Program;
use harness::{Need, Test, tests};

fn vpdnsh() -> Program {
    Program::new(env!("CARGO_BIN_EXE_vpdnsh"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A router in a network namespace of its own.
fn router(config: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("router.cfg");
    std::fs::write(&file, config).unwrap();
    (directory, file)
}

/// Runs a script in a user, network and mount namespace of its own, in the directory of `file`; `$0` is the program.
fn in_namespaces(script: &str, file: &Path) -> Output {
    Program::new("unshare")
        .args(["-Urnm", "sh", "-c", script, env!("CARGO_BIN_EXE_vpdnsh")])
        .current_dir(file.parent().unwrap())
        .timeout(Duration::from_secs(120))
        .output()
        .unwrap()
}

const ROUTER: &[Need] = &[Need::Namespaces];
const LAB: &[Need] = &[Need::Namespaces, Need::Tun];

const TESTS: &[Test] = tests![
    &[] => arguments::help_and_version_succeed,
    &[] => arguments::wrong_arguments_show_the_usage,
    &[] => arguments::a_lab_that_is_not_there_is_one_sentence,
    &[] => arguments::check_says_what_becomes_of_each_line,
    &[] => arguments::every_configuration_that_is_shipped_is_accepted,
    &[] => arguments::check_of_a_file_that_cannot_be_read,
    &[] => arguments::a_mistake_in_a_play_is_one_sentence_before_anything_is_done,
    ROUTER => console::a_console_on_a_pipe_echoes_what_it_is_given,
    ROUTER => console::a_device_that_was_not_named_is_not_there,
    ROUTER => console::a_console_on_a_terminal_helps_completes_and_edits,
    &[Need::Namespaces, Need::Files] => console::a_long_paste_leaves_every_line_and_the_console,
    ROUTER => console::a_full_disk_is_said_and_leaves_the_file_as_it_was,
    ROUTER => console::megabytes_on_a_pipe_are_fed_line_by_line_in_little_memory,
    &[Need::Namespaces, Need::Iproute] => console::a_device_that_others_remove_is_waited_for_and_an_address_given_back,
    ROUTER => console::what_cannot_be_typed_is_named_by_its_line,
    ROUTER => signals::a_hang_up_ends_a_router,
    ROUTER => signals::a_signal_has_everything_taken_back_though_nobody_reads_the_console,
    ROUTER => signals::a_signal_ends_a_router_in_the_middle_of_a_paste,
    LAB => signals::a_signal_ends_a_lab_that_waits_for_a_command,
    LAB => signals::a_signal_ends_a_play_that_waits_for_a_command,
];

fn main() -> ExitCode {
    harness::run(TESTS, &Ok(()))
}
