//! Every EXEC command of the grammar is run, with sample arguments, on each router of the documented call.

use super::*;
use crate::cli::parse;
use crate::grammar::Mode;
use crate::grammar::command::COMMANDS;
use crate::grammar::sample::{self, Dice};
use crate::grammar::table::ArgKind;

/// Arguments that name what there is, and what there is not.
fn argument(kind: ArgKind, dice: &mut Dice) -> String {
    match kind {
        ArgKind::Word => dice.of(&["1", "2500-1", "default", "10.51.6.82", "zq"]),
        ArgKind::Ipv4 => dice.of(&["10.51.6.82", "10.51.6.68", "192.0.2.1"]),
        ArgKind::Range(low, high) => dice.of(&[&low.to_string(), &high.to_string()]),
        ArgKind::Interface => {
            dice.of(&["Ethernet0", "Serial0:23", "Serial0:0", "Virtual-Template 1", "BRI0", "Loopback 7"])
        }
        ArgKind::Line
        | ArgKind::Shape(_)
        | ArgKind::Mask
        | ArgKind::Ipv6
        | ArgKind::Hex
        | ArgKind::Time
        | ArgKind::Month
        | ArgKind::Mac
        | ArgKind::Secret
        | ArgKind::Secret0
        | ArgKind::Hash
        | ArgKind::Banner => sample::argument(kind, dice),
    }
}

/// Runs a line to its end: asks for the next page, answers questions with `answer`, interrupts what goes on.
fn run(bench: &mut Bench, line: &str, answer: char) -> String {
    let reloads = bench.reloads;
    bench.screen(CONSOLE).text.clear();
    bench.type_on(CONSOLE, ConsoleInput::Line(line.to_owned()));
    for _ in 0..100 {
        let input = match bench.waits() {
            Waits::Line => return std::mem::take(&mut bench.screen(CONSOLE).text),
            Waits::More => ConsoleInput::Key(' '),
            Waits::Confirm => ConsoleInput::Key(answer),
            Waits::Answer => {
                bench.screen(CONSOLE).text.push_str(&format!("{answer}\n"));
                ConsoleInput::Line(answer.to_string())
            }
            // The router waits to be switched off.
            Waits::Nothing if line == "reload" && bench.reloads > reloads => {
                bench.type_on(CONSOLE, ConsoleInput::Open { console: true });
                bench.lines("enable\nterminal length 0\nshow clock");
                return std::mem::take(&mut bench.screen(CONSOLE).text);
            }
            Waits::Nothing => ConsoleInput::Interrupt,
            Waits::Closed => panic!("{line:?} closed the console"),
        };
        bench.type_on(CONSOLE, input);
    }
    panic!("{line:?} does not come to a prompt:\n{}", bench.screen(CONSOLE).text)
}

fn sensible(line: &str, text: &str) {
    for wrong in ["% Invalid input", "% Incomplete command", "% Ambiguous", "Some(", "\r", "{ "] {
        assert!(!text.contains(wrong), "{line:?} shows {wrong:?}:\n{text}");
    }
    let shown =
        text.strip_suffix("1600-3#").or(text.strip_suffix("5300-1#")).or(text.strip_suffix("2500-1#"));
    let shown = shown.unwrap_or_else(|| panic!("{line:?} does not end at the prompt:\n{text}"));
    assert!(shown.is_empty() || shown.ends_with('\n'), "{line:?} leaves half a line:\n{text}");
}

#[test]
fn every_exec_command_runs_and_returns_to_the_prompt() {
    let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15);
    for startup in [LNS, LAC, SOHO] {
        let mut bench = Bench::enabled(startup);
        let exec = COMMANDS.iter().filter(|c| ["exec", "show", "debug", "clear"].contains(&c.family));
        let mut ran = 0;
        for spec in exec {
            for _ in 0..12 {
                let line = sample::line(spec, &mut dice, argument);
                assert!(parse(Mode::Privileged, &line).is_ok(), "{line}");
                // What asks is refused, and then agreed to; a huge ping is interrupted.
                bench.echoes = if dice.roll(2) == 0 { Echoes::Answered } else { Echoes::Pending };
                if line.contains("repeat") || line.contains("timeout 3600") {
                    bench.echoes = Echoes::Pending;
                }
                for answer in ['n', 'y'] {
                    // This one ends the session that types it.
                    if answer == 'y' && line.starts_with("clear line") {
                        continue;
                    }
                    let text = run(&mut bench, &line, answer);
                    sensible(&line, &text);
                    ran += 1;
                }
                if line.starts_with("debug") {
                    sensible(&line, &run(&mut bench, &format!("un{line}"), 'n'));
                }
            }
        }
        assert!(ran > 1000, "{ran}");
        assert!(bench.reloads > 0 && bench.saved.is_some());
    }
}

#[test]
fn every_screen_can_be_asked_for_by_an_ordinary_user_that_is_meant_to() {
    let mut bench = Bench::new(LNS);
    bench.lines("terminal length 0");
    for line in
        ["show vpdn", "show users", "show ip route", "show version", "show interfaces", "ping 10.51.6.68"]
    {
        bench.screen(CONSOLE).text.clear();
        let text = bench.shown(line);
        assert!(
            text.ends_with("1600-3>") && !text.contains('%') | text.contains("No active"),
            "{line}: {text}"
        );
    }
    for line in ["show running-config", "reload", "clear counters", "debug vpdn event", "configure terminal"]
    {
        let text = bench.shown(line);
        assert!(text.contains("% Invalid input") || text.contains("% Unknown command"), "{line}: {text}");
    }
}

#[test]
fn debug_all_asks_and_undebug_all_does_not() {
    let mut bench = Bench::enabled(LNS);
    let asked = bench.shown("debug all");
    assert_eq!(asked, "This may severely impact network performance. Continue? (yes/[no]): ");
    bench.lines("");
    assert!(!bench.shown("show debugging").contains(" is on"));
    bench.lines("debug all\nyes");
    let all = bench.shown("show debugging");
    for what in
        ["PPP protocol negotiation", "VPDN events", "Radius protocol", "ISDN events", "Virtual Template"]
    {
        assert!(all.to_lowercase().contains(&what.to_lowercase()), "{what}: {all}");
    }
    assert_eq!(bench.shown("undebug all"), "All possible debugging has been turned off\n1600-3#");
    assert!(!bench.shown("show debugging").contains(" is on"));
}
