//! Keys that come where a line is awaited that is no command.

use crate::line::Terminal;
use vpdnsh::router::ConsoleInput;

fn end_config(terminal: &mut Terminal, line: &str) -> String {
    terminal.send(ConsoleInput::EndConfig { line: line.to_owned() });
    std::mem::take(&mut terminal.screen)
}

#[test]
fn control_z_answers_a_question_that_is_put_in_configuration_mode() {
    let mut at = Terminal::open("", true);
    at.keys("enable\nconfigure terminal\nhostname S\ndo reload");
    let again = "% Please answer 'yes' or 'no'.\nSystem configuration has been modified. Save? [yes/no]: ";
    assert_eq!(end_config(&mut at, ""), again);
    at.send(ConsoleInput::Interrupt);
    at.screen.clear();
    at.keys("banner motd #\none");
    assert_eq!(end_config(&mut at, "two"), "", "it is a line of the text");
    assert_eq!(at.keys("#"), "#\nS(config)#");
    assert_eq!(end_config(&mut at, ""), "S#");
    let shown = at.keys("show running-config | begin banner");
    assert!(shown.contains("\none\ntwo\n^C\n"), "{shown}");
}

/// Several terminals may be at a console: one of them may still think of the prompt that another has left.
#[test]
fn help_that_comes_too_late_is_no_way_around_a_password() {
    let mut at = Terminal::open("line con 0\n password geheim\n login\n", true);
    assert!(at.screen.ends_with("Password: "), "{}", at.screen);
    at.screen.clear();
    at.send(ConsoleInput::Help { before: String::new(), after: String::new() });
    assert_eq!(at.screen, "");
    assert!(at.keys("falsch").ends_with("Password: "));
    assert!(at.keys("geheim").ends_with("R>"));
}

#[test]
fn help_behind_a_bar_is_for_a_command_that_there_is() {
    let mut at = Terminal::open("", true);
    at.keys("enable");
    let help = |at: &mut Terminal, before: &str| {
        at.send(ConsoleInput::Help { before: before.to_owned(), after: String::new() });
        std::mem::take(&mut at.screen).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(help(&mut at, "show clock | i"), "include");
    for wrong in ["show clocks | i", "show ip | i", "show running-config interface | "] {
        assert_eq!(help(&mut at, wrong), "% Unrecognized command", "{wrong}");
    }
    at.keys("\nconfigure terminal");
    assert_eq!(help(&mut at, "show clock | i"), "% Unrecognized command");
    assert_eq!(help(&mut at, "do show clock | i"), "include");
}

/// The digit alone is the type of the secret that is still to come, and nobody's password.
#[test]
fn a_type_without_a_secret_is_incomplete() {
    let mut at = Terminal::open("username a password x\n", true);
    at.keys("enable\nconfigure terminal");
    for line in [
        "enable secret 0",
        "enable secret 9",
        "enable password 7",
        "username a password 0",
        "radius-server key 7",
    ] {
        assert_eq!(at.keys(line), format!("{line}\n% Incomplete command.\n\nR(config)#"));
    }
    assert_eq!(at.keys("enable password 5"), "enable password 5\nR(config)#", "no type of a password");
    assert_eq!(at.keys("no enable password 5"), "no enable password 5\nR(config)#");
}
