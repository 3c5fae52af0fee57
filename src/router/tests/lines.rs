//! The console and the network lines: who sees what, and when they end.

use super::*;

const OPEN_VTY: &str =
    "hostname R\nline con 0\n exec-timeout 0 0\nline vty 0 4\n no login\n privilege level 15\n";

fn with_vty(startup: &str) -> Bench {
    let mut bench = Bench::enabled(startup);
    bench.type_on(VTY, ConsoleInput::Open { console: false });
    bench
}

#[test]
fn the_console_starts_over_when_its_session_ends() {
    let mut bench = Bench::enabled("hostname R\n");
    let text = bench.shown("exit");
    assert!(
        text.contains("R con0 is now available\n") && text.contains("Press RETURN to get started.\n"),
        "{text}"
    );
    assert_eq!(bench.waits(), Waits::Answer);
    assert_eq!(bench.shown(""), "R>");
}

#[test]
fn an_idle_console_is_logged_out() {
    let mut bench = Bench::enabled("hostname R\nline con 0\n exec-timeout 5 0\n");
    bench.pass(Duration::from_secs(299));
    assert_eq!(bench.waits(), Waits::Line);
    bench.pass(Duration::from_secs(2));
    assert!(bench.screen(CONSOLE).text.contains("R con0 is now available"));
    assert_eq!(bench.shown(""), "R>");
    bench.pass(Duration::from_secs(3600));
    assert_eq!(bench.router.next_timeout(), None);
}

#[test]
fn an_idle_network_line_is_closed() {
    let mut bench = with_vty(&OPEN_VTY.replace("line vty 0 4\n", "line vty 0 4\n exec-timeout 1 0\n"));
    assert_eq!(bench.screen(VTY).waits, Waits::Line);
    bench.pass(Duration::from_secs(61));
    assert_eq!(bench.screen(VTY).waits, Waits::Closed);
    assert_eq!(bench.waits(), Waits::Line);
}

#[test]
fn each_network_line_has_a_timeout_of_its_own() {
    let blocks =
        " no login\n privilege level 15\nline vty 0\n exec-timeout 9 0\nline vty 1\n exec-timeout 1 0\n";
    let mut bench = with_vty(&OPEN_VTY.replace(" no login\n privilege level 15\n", blocks));
    let second = LineId(VTY.0 + 1);
    bench.type_on(second, ConsoleInput::Open { console: false });
    bench.pass(Duration::from_secs(61));
    assert_eq!(bench.screen(VTY).waits, Waits::Line);
    assert_eq!(bench.screen(second).waits, Waits::Closed);
}

#[test]
fn a_command_that_runs_is_not_idle() {
    let mut bench = Bench::enabled("hostname R\nline con 0\n exec-timeout 1 0\n");
    bench.echoes = Echoes::Pending;
    bench.line_on(CONSOLE, "ping 10.0.0.1 repeat 90");
    let seconds = (0..1_000).take_while(|_| {
        bench.pass(Duration::from_secs(1));
        bench.waits() == Waits::Nothing
    });
    assert!(seconds.count() >= 179, "90 requests wait two seconds each");
    bench.pass(Duration::from_secs(58));
    assert_eq!(bench.waits(), Waits::Line, "idle since its end");
    bench.pass(Duration::from_secs(2));
    assert!(bench.screen(CONSOLE).text.contains("R con0 is now available"));
}

#[test]
fn terminal_monitor_brings_the_log_to_a_network_line() {
    let mut bench = with_vty(OPEN_VTY);
    bench.lines("configure terminal\nend");
    assert!(!bench.screen(VTY).text.contains("%SYS-5-CONFIG_I"));
    bench.line_on(VTY, "terminal monitor");
    bench.lines("configure terminal\nend");
    assert!(bench.screen(VTY).text.contains("%SYS-5-CONFIG_I: Configured from console by console"));
    bench.screen(VTY).text.clear();
    bench.line_on(VTY, "terminal no monitor");
    bench.lines("configure terminal\nend");
    assert!(!bench.screen(VTY).text.contains("%SYS-5-CONFIG_I"));
    assert_eq!(bench.shown("terminal monitor"), "% Console already monitors\nR#");
}

#[test]
fn who_configured_is_named() {
    let mut bench = with_vty(OPEN_VTY);
    bench.type_on(LineId(3), ConsoleInput::Open { console: false });
    bench.line_on(LineId(3), "configure terminal");
    bench.line_on(LineId(3), "end");
    let console = &bench.screen(CONSOLE).text;
    assert!(console.contains("%SYS-5-CONFIG_I: Configured from console by vty2"), "{console}");
}

#[test]
fn show_users_names_every_line_that_is_used() {
    let mut bench = with_vty(OPEN_VTY);
    let text = bench.shown("show users");
    assert!(text.contains("*  0 con 0") && text.contains("   2 vty 0"), "{text}");
    bench.line_on(VTY, "exit");
    assert_eq!(bench.screen(VTY).waits, Waits::Closed);
    assert!(!bench.shown("show users").contains("vty"));
}

#[test]
fn show_line_lists_what_is_configured_and_stars_what_is_used() {
    let mut bench = with_vty("hostname R\nline con 0\nline aux 0\nline vty 0 1\n no login\n");
    let text = bench.shown("show line");
    let rows = "*    0 CTY     con 0    \n     1 AUX     aux 0    \n*    2 VTY     vty 0    \n     3 VTY     vty 1    \n";
    assert!(text.contains(rows), "{text}");
    bench.line_on(VTY, "exit");
    assert!(bench.shown("show line").contains("     2 VTY     vty 0    \n"));
}

#[test]
fn clear_line_ends_the_session_there() {
    let mut bench = with_vty(OPEN_VTY);
    assert_eq!(bench.shown("clear line vty 0"), "[confirm]");
    bench.type_on(CONSOLE, ConsoleInput::Key('\n'));
    assert_eq!(bench.screen(VTY).waits, Waits::Closed);
    assert_eq!(bench.waits(), Waits::Line);
    let mut bench = with_vty(OPEN_VTY);
    bench.line_on(VTY, "clear line console 0");
    bench.type_on(VTY, ConsoleInput::Key('\n'));
    assert!(bench.screen(CONSOLE).text.contains("R con0 is now available"));
    assert_eq!(bench.screen(VTY).waits, Waits::Line);
}

#[test]
fn a_network_line_without_password_lets_nobody_in() {
    let bench = &mut with_vty("hostname R\n");
    assert!(bench.screen(VTY).text.contains("Password required, but none set"));
    assert_eq!(bench.screen(VTY).waits, Waits::Closed);
}

#[test]
fn help_is_shown_page_by_page_and_keeps_the_line() {
    let mut bench = Bench::new("hostname R\n");
    bench.screen(CONSOLE).text.clear();
    bench.type_on(CONSOLE, ConsoleInput::Help { before: "show ".into(), after: String::new() });
    assert_eq!(bench.waits(), Waits::More);
    bench.type_on(CONSOLE, ConsoleInput::Key(' '));
    assert_eq!((bench.waits(), bench.screen(CONSOLE).before.as_str()), (Waits::Line, "show "));
    bench.type_on(CONSOLE, ConsoleInput::Help { before: "show ".into(), after: String::new() });
    bench.type_on(CONSOLE, ConsoleInput::Key('q'));
    assert_eq!((bench.waits(), bench.screen(CONSOLE).before.as_str()), (Waits::Line, "show "));
    assert_eq!(bench.shown("show clock").lines().last(), Some("R>"));
}
