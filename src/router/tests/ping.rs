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

/// Answers the questions of `ping`: what the screen shows then.
fn dialog(bench: &mut Bench, answers: &[&str]) -> String {
    bench.screen(CONSOLE).text.clear();
    for line in ["ping"].iter().chain(answers) {
        bench.type_on(CONSOLE, ConsoleInput::Line((*line).to_owned()));
    }
    std::mem::take(&mut bench.screen(CONSOLE).text)
}

const ASKED: &str = "Protocol [ip]: Target IP address: Repeat count [5]: Datagram size [100]: Timeout in seconds [2]: \
                     Extended commands [n]: ";

#[test]
fn a_bare_ping_asks() {
    let mut bench = Bench::enabled(&format!("{R}ip host gw 10.0.0.2\n"));
    let text = dialog(&mut bench, &["", "gw", "", "", "", "", ""]);
    let head =
        format!("{ASKED}Sweep range of sizes [n]: \nType escape sequence to abort.\nSending 5, 100-byte");
    assert!(text.starts_with(&head) && text.contains("!!!!!\n"), "{text}");
    assert!(text.ends_with("ms\nR#"), "{text}");
    let text = dialog(&mut bench, &["ip", "10.0.0.2", "3", "64", "1", "n", "n"]);
    assert!(
        text.contains("\nSending 3, 64-byte ICMP Echos to 10.0.0.2, timeout is 1 seconds:\n!!!\n"),
        "{text}"
    );
    let asked = bench.shown("ping ip");
    assert_eq!(asked, "Target IP address: ");
}

#[test]
fn its_extended_commands_are_a_source_and_a_sweep() {
    let mut bench = Bench::enabled(R);
    let extended = ["", "10.0.0.2", "2", "", "", "y"];
    for source in ["Ethernet0", "e0", "10.0.0.1"] {
        let text = dialog(&mut bench, &[&extended[..], &[source, "y", "100", "300", "100"]].concat());
        let sweep = "Source address or interface: Sweep range of sizes [n]: Sweep min size [36]: Sweep max size [18024]: \
                     Sweep interval [1]: \nType escape";
        assert!(text.starts_with(&format!("{ASKED}{sweep}")), "{text}");
        let sent = "Sending 6, [100..300]-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\n\
                    Packet sent with a source address of 10.0.0.1 \n!!!!!!\n";
        assert!(text.contains(sent), "{text}");
    }
    let text = dialog(&mut bench, &[&extended[..], &["", "what", "no"]].concat());
    assert!(text.contains("% Please answer 'yes' or 'no'.\nSweep range of sizes [n]: "), "{text}");
    assert!(text.contains("!!\nSuccess"), "{text}");
}

#[test]
fn a_wrong_answer_ends_the_dialogue() {
    let mut bench = Bench::enabled(R);
    for (answers, said) in [
        (&["ipx"][..], "% Unknown protocol - \"ipx\", type \"ping ?\" for help\n"),
        (&["", ""], "% Bad IP address\n"),
        (&["", "nobody"], "% Unrecognized host or address, or protocol not running.\n"),
        (&["", "10.0.0.2", "0"], "% A decimal number between 1 and 2147483647.\n"),
        (&["", "10.0.0.2", "x"], "% A decimal number between 1 and 2147483647.\n"),
        (&["", "10.0.0.2", "", "35"], "% A decimal number between 36 and 18024.\n"),
        (&["", "10.0.0.2", "", "", "3601"], "% A decimal number between 0 and 3600.\n"),
        (
            &["", "10.0.0.2", "", "", "", "y", "10.9.9.9"],
            "% Invalid source address- IP address not on any of our up interfaces\n",
        ),
        (&["", "10.0.0.2", "", "", "", "y", "Ethernet7"], "% Invalid source."),
        (&["", "10.0.0.2", "", "", "", "y", "e?"], "% Invalid source."),
        (&["", "10.0.0.2", "", "", "", "", "y", "100", "99"], "% A decimal number between 100 and 18024.\n"),
        (
            &["", "10.0.0.2", "", "", "", "", "y", "100", "200", "0"],
            "% A decimal number between 1 and 18024.\n",
        ),
    ] {
        let text = dialog(&mut bench, answers);
        assert!(text.contains(said) && text.ends_with("\nR#"), "{answers:?}: {text}");
        assert_eq!(bench.waits(), Waits::Line);
    }
}

#[test]
fn the_source_is_an_address_of_an_interface_that_is_up() {
    let config = "hostname R\ninterface Loopback0\n ip address 10.0.1.1 255.255.255.255\n";
    let mut bench = Bench::enabled(config);
    let refused = "% Invalid source address- IP address not on any of our up interfaces\nR#";
    assert_eq!(bench.shown("ping 10.0.0.2 source 9.9.9.9"), refused);
    assert!(bench.shown("ping 10.0.0.2 source 10.0.1.1").contains("source address of 10.0.1.1"));
    bench.lines("configure terminal\ninterface Loopback0\nshutdown\nend");
    assert_eq!(bench.shown("ping 10.0.0.2 source 10.0.1.1"), refused);
}

#[test]
fn ctrl_c_ends_the_dialogue() {
    let mut bench = Bench::enabled(R);
    let asked = dialog(&mut bench, &["", "10.0.0.2"]);
    assert!(asked.ends_with("Repeat count [5]: "), "{asked}");
    bench.type_on(CONSOLE, ConsoleInput::Interrupt);
    assert_eq!(bench.screen(CONSOLE).text, "R#");
    // Nothing of it is left.
    assert!(dialog(&mut bench, &["", "10.0.0.2", "", "", "", "", ""]).starts_with(ASKED));
    let mut user = Bench::new(R);
    assert!(user.shown("ping").contains("% Incomplete command."));
}
