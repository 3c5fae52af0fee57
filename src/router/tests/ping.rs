//! `ping` on a line: marks, results, and Ctrl-^.

use super::*;

const R: &str = "hostname R\ninterface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n";

#[test]
fn replies() {
    let mut bench = Bench::enabled(R);
    let text = bench.shown("ping 10.0.0.2");
    assert!(
        text.starts_with("\nType escape sequence to abort.\nSending 5, 100-byte ICMP Echos to 10.0.0.2"),
        "{text}"
    );
    let end = "!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 4/4/4 ms\nR#";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn silence_and_unreachables() {
    let mut bench = Bench::enabled(R);
    bench.echoes = Echoes::Lost;
    let before = bench.now;
    assert!(bench.shown("ping 10.0.0.2").ends_with(".....\nSuccess rate is 0 percent (0/5)\nR#"));
    assert_eq!(bench.now - before, Duration::from_secs(10));
    bench.echoes = Echoes::Unreachable;
    assert!(bench.shown("ping 10.0.0.2 repeat 3").ends_with("UUU\nSuccess rate is 0 percent (0/3)\nR#"));
}

#[test]
fn interrupted() {
    let mut bench = Bench::enabled(R);
    bench.echoes = Echoes::Pending;
    bench.lines("ping 10.0.0.2");
    assert_eq!((bench.waits(), bench.out.len()), (Waits::Nothing, 1));
    bench.type_on(CONSOLE, ConsoleInput::Interrupt);
    assert_eq!(bench.waits(), Waits::Line);
    // The reply that comes too late is for nobody.
    bench.screen(CONSOLE).text.clear();
    let late = bench.out[0];
    bench.host(HostEvent::EchoReply(late, Duration::from_millis(1)));
    bench.settle();
    assert_eq!(bench.screen(CONSOLE).text, "");
}

#[test]
fn a_break_ends_a_command_and_comes_too_late_for_one_that_is_over() {
    let mut bench = Bench::enabled(R);
    bench.echoes = Echoes::Pending;
    bench.lines("ping 10.0.0.2");
    bench.type_on(CONSOLE, ConsoleInput::Break);
    assert_eq!(bench.waits(), Waits::Line);
    bench.screen(CONSOLE).text.clear();
    bench.type_on(CONSOLE, ConsoleInput::Break);
    assert_eq!(bench.screen(CONSOLE).text, "", "no second prompt");
    assert_eq!(bench.waits(), Waits::Line);
}

#[test]
fn two_lines_at_once() {
    let mut bench = Bench::enabled(&format!("{R}line vty 0 4\n no login\n"));
    bench.type_on(VTY, ConsoleInput::Open { console: false });
    bench.echoes = Echoes::Pending;
    bench.lines("ping 10.0.0.2 repeat 1");
    bench.line_on(VTY, "ping 10.0.0.3 repeat 1");
    let (first, second) = (bench.out[0], bench.out[1]);
    bench.host(HostEvent::EchoReply(second, Duration::from_millis(1)));
    bench.settle();
    assert_eq!((bench.waits(), bench.screen(VTY).waits.clone()), (Waits::Nothing, Waits::Line));
    bench.host(HostEvent::EchoTimeout(first));
    bench.settle();
    assert!(bench.screen(CONSOLE).text.ends_with(".\nSuccess rate is 0 percent (0/1)\nR#"));
}

#[test]
fn names() {
    let mut bench = Bench::enabled(&format!("{R}ip host gw 10.0.0.2\n"));
    assert!(bench.shown("ping gw").contains("ICMP Echos to 10.0.0.2"));
    let unknown = bench.shown("ping nobody");
    assert_eq!(
        unknown,
        "Translating \"nobody\"...domain server (255.255.255.255)\n\
         % Unrecognized host or address, or protocol not running.\nR#"
    );
    bench.lines("configure terminal\nno ip domain-lookup\nend");
    assert_eq!(bench.shown("ping nobody"), "% Unrecognized host or address, or protocol not running.\nR#");
}
