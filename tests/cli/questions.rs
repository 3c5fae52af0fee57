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
