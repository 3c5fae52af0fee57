//! Screens of commands that have a second name or a second form.

use super::*;

#[test]
fn write_terminal_is_filtered_like_show_running_config() {
    let mut bench = Bench::enabled(LAC);
    let shown = bench.shown("write terminal | include ^hostname");
    assert_eq!(shown, "hostname 5300-1\n5300-1#");
    let whole = bench.shown("write terminal");
    assert_eq!(whole, bench.shown("show running-config"));
    let part = bench.shown("write terminal | section ^line vty");
    assert!(part.starts_with("line vty") && whole.contains(part.trim_end_matches("5300-1#")), "{part}");
}

#[test]
fn show_configuration_is_what_is_kept_and_not_what_runs() {
    let mut bench = Bench::enabled(LAC);
    bench.lines("configure terminal\nusername zq password zq\nend");
    let kept = bench.shown("show configuration");
    assert!(kept.starts_with("Using ") && !kept.contains("username zq"), "{kept}");
    assert_eq!(kept, bench.shown("show startup-config"));
    bench.lines("write memory");
    assert!(bench.shown("show configuration | include username zq").contains("username zq"));
    let mut empty = Bench::enabled("");
    assert_eq!(empty.shown("show conf"), "startup-config is not present\nRouter#");
}

#[test]
fn descriptions_are_those_of_the_configuration() {
    let mut bench = Bench::enabled(LNS);
    bench.lines("configure terminal\ninterface Loopback7\ndescription zq | one\nend");
    let shown = bench.shown("show interfaces description");
    assert!(shown.starts_with("Interface "), "{shown}");
    let row = "Lo7                            up             up       zq | one\n";
    assert!(shown.contains(row) && shown.contains("\nVt1 "), "{shown}");
    let one = bench.shown("show interfaces Loopback 7 description");
    assert!(one.contains(row) && one.lines().count() == 3, "{one}");
    let none = bench.shown("show interfaces Loopback 8 description");
    assert_eq!(none, "% Interface Loopback8 does not exist\n1600-3#");
}

#[test]
fn what_would_drive_the_terminal_is_a_dot_on_a_screen() {
    let mut bench = Bench::enabled(LNS);
    bench.lines("configure terminal\ninterface Loopback7\ndescription zq\u{1b}[2J\u{9b}end\nend");
    let shown = bench.shown("show interfaces Loopback 7 description");
    assert!(shown.contains("zq.[2J.end\n") && !shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn the_later_names_of_debugs_are_the_same_switches() {
    let mut bench = Bench::enabled(LNS);
    for (typed, older, on) in [
        ("l2tp event", "vpdn l2x-events", "L2X protocol events"),
        ("l2tp error", "vpdn l2x-errors", "L2X protocol errors"),
        ("l2tp packet detail", "vpdn l2x-packets", "L2X control packets"),
        ("ppp chap", "ppp authentication", "PPP authentication"),
    ] {
        assert_eq!(bench.shown(&format!("debug {typed}")), format!("{on} debugging is on\n1600-3#"));
        assert!(bench.shown("show debugging").contains(&format!("  {on} debugging is on\n")), "{typed}");
        assert_eq!(bench.shown(&format!("undebug {older}")), format!("{on} debugging is off\n1600-3#"));
        assert_eq!(bench.shown("show debugging"), "1600-3#", "{typed}");
    }
    assert_eq!(bench.shown("debug l2tp all").matches(" is on\n").count(), 3);
    assert_eq!(bench.shown("no debug l2tp all").matches(" is off\n").count(), 3);
    assert_eq!(bench.shown("show debugging"), "1600-3#");
    assert_eq!(bench.shown("debug isdn q931"), "ISDN Q931 packets debugging is on\n1600-3#");
    assert!(bench.shown("show debugging").contains("ISDN:\n  ISDN Q931 packets debugging is on\n"));
}

/// The method of an address is how it was set, whatever it is and whether it was saved.
#[test]
fn what_was_typed_is_manual_until_the_next_start() {
    let startup =
        "interface Loopback0\n ip address 10.9.9.9 255.255.255.255\ninterface Loopback1\n no ip address\n";
    let mut bench = Bench::enabled(startup);
    let method = |bench: &mut Bench, interface: &str| {
        let brief = bench.shown(&format!("show ip interface brief | include {interface} "));
        brief.split(" YES ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned()
    };
    assert_eq!(
        (method(&mut bench, "Loopback0"), method(&mut bench, "Loopback1")),
        ("NVRAM".into(), "NVRAM".into())
    );
    bench.lines("configure terminal\ninterface Loopback0\nip address 10.9.9.9 255.255.255.255\ninterface Loopback2\nend");
    assert_eq!(method(&mut bench, "Loopback0"), "manual");
    assert_eq!(method(&mut bench, "Loopback2"), "unset");
    bench.lines("write memory");
    assert_eq!(method(&mut bench, "Loopback0"), "manual");
    bench.lines("configure terminal\ninterface Loopback1\nip unnumbered Loopback0\nno ip unnumbered\nend");
    assert_eq!(method(&mut bench, "Loopback1"), "manual");
    bench.lines("copy startup-config running-config\n\n");
    assert_eq!(
        (method(&mut bench, "Loopback0"), method(&mut bench, "Loopback1")),
        ("NVRAM".into(), "manual".into())
    );
    bench.lines("configure terminal\nno interface Loopback0\ninterface Loopback0\nend");
    assert_eq!(method(&mut bench, "Loopback0"), "unset");
}
