//! The README of the dial-in lab says what is so.

use regex::Regex;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::{Bench, example};
use crate::transcript;

fn readme() -> String {
    std::fs::read_to_string(example().join("README.md")).unwrap()
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<String> {
    let quoted = Regex::new("`([^`]+)`").unwrap();
    quoted.captures_iter(text).map(|quote| quote[1].to_owned()).collect()
}

/// Whether a transcript has a line with this, where `...` stands for anything.
///
/// The Virtual-Access of the documented call has number 4; in the lab it is the first one.
fn shows(transcript: &str, quote: &str) -> bool {
    let quote = quote
        .replace("Vi1 ", "Vi4 ")
        .replace("VACCESS1", "VACCESS4")
        .replace("Virtual-Access1 ", "Virtual-Access4 ");
    let parts: Vec<String> = quote.split("...").map(|part| regex::escape(part.trim_end())).collect();
    let expression = Regex::new(&parts.join(".*")).unwrap();
    transcript.lines().any(|line| expression.is_match(line))
}

#[test]
fn each_step_shows_the_lines_that_are_quoted() {
    let (lac, text) = (transcript::lac(), readme());
    let steps: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() == 6 && cells[1].parse::<u8>().is_ok())
        .collect();
    let numbers: Vec<&str> = steps.iter().map(|cells| cells[1]).collect();
    let expected: Vec<String> = (1..=14).chain(1..=9).map(|n: u8| n.to_string()).collect();
    assert_eq!(numbers, expected);
    for cells in steps {
        for (cell, transcript) in [(cells[3], lac.as_str()), (cells[4], transcript::LNS)] {
            let quotes = quoted(cell);
            assert_eq!(quotes.is_empty(), cell.is_empty(), "step {}: {cell}", cells[1]);
            for quote in quotes {
                assert!(shows(transcript, &quote), "step {}: {quote}", cells[1]);
            }
        }
    }
}

/// What the consoles show of a call after `change`, with every debug of the README on.
fn call(change: &str) -> Bench {
    let mut bench = Bench::new(&VirtualOptions::default());
    let debugs = [
        "ppp negotiation",
        "ppp authentication",
        "vpdn event",
        "vpdn l2x-events",
        "vpdn l2x-packets",
        "aaa authorization",
        "radius",
    ];
    let mut play = "soho: enable\nlac: enable\nlns: enable\nsoho: debug isdn events\n".to_owned();
    for debug in debugs {
        play += &format!("lac: debug {debug}\nlns: debug {debug}\n");
    }
    bench.play(&format!("{play}{change}soho: ping 10.51.6.82\nwait soho /Success rate/ 30s\n")).unwrap();
    bench
}

fn has(bench: &Bench, node: &str, line: &str) -> bool {
    bench.screen(node).contains(line)
}

/// Makes soho dial another number.
fn dialling(number: &str) -> String {
    let readme = readme();
    // The commands are those of the README.
    for command in ["no dialer map ip 10.51.6.82 broadcast 614629", "configure terminal", "interface bri0"] {
        assert!(readme.contains(&format!("`{command}`")), "{command}");
    }
    format!(
        "soho: configure terminal\nsoho: interface bri0\nsoho: no dialer map ip 10.51.6.82 broadcast 614629\n\
         soho: dialer map ip 10.51.6.82 broadcast {number}\nsoho: end\n"
    )
}

#[test]
fn a_wrong_secret_ends_the_tunnel_before_there_is_a_session() {
    let mut bench =
        call("lns: configure terminal\nlns: vpdn-group 1\nlns: l2tp tunnel password wrong\nlns: end\n");
    assert!(has(&bench, "lac", "I SCCRP from l2tp-gw") && has(&bench, "lac", "O StopCCN"));
    assert!(has(&bench, "lns", "I StopCCN"));
    for node in ["lac", "lns"] {
        assert!(!has(&bench, node, "Tunnel Authentication success"), "{node}");
        assert!(!has(&bench, node, "Session state change from wait"), "{node}");
    }
    assert!(has(&bench, "soho", "Success rate is 0 percent (0/5)"));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_wrong_password_is_noticed_by_the_lns_alone() {
    let mut bench = call("soho: configure terminal\nsoho: username 5300-1 password wrong\nsoho: end\n");
    assert!(has(&bench, "lac", "Session state change from wait-reply to established"));
    assert!(has(&bench, "lns", "Access-Reject") && has(&bench, "lns", "CHAP: O FAILURE"));
    assert!(!has(&bench, "lac", "Access-Reject") && !has(&bench, "lac", "FAILURE"));
    assert!(has(&bench, "lac", "Session state change from established to idle"));
    assert!(has(&bench, "soho", "Success rate is 0 percent (0/5)"));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn an_unknown_number_is_refused_by_the_switch() {
    let mut bench = call(&dialling("911"));
    assert!(has(&bench, "soho", "cause 1 (Unallocated/unassigned number)"));
    assert!(!has(&bench, "lac", "Serial0:0, changed state to up"));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_number_without_a_tunnel_rings_and_goes_no_further_than_step_four() {
    let mut bench = call(&dialling("614631"));
    assert!(has(&bench, "lac", "Se0:0 VPDN: Looking for tunnel -- dnis:614631 --"));
    assert!(has(&bench, "lac", "Access-Reject") && !has(&bench, "lac", "SCCRQ"));
    assert!(has(&bench, "soho", "Success rate is 0 percent (0/5)"));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_number_whose_tunnel_is_a_cisco_avpair_comes_up() {
    let mut bench = call(&dialling("614630"));
    assert!(has(&bench, "lac", "Se0:0 VPDN: Looking for tunnel -- dnis:614630 --"));
    assert!(has(&bench, "soho", "!!!!!"));
    bench.play("soho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn an_lns_that_is_switched_off_is_missed_by_the_user_and_by_the_lac() {
    let mut bench = call("");
    bench.play("power lns off\nwait lac /Tunnel state change from .* to idle/ 300s\n").unwrap();
    assert!(has(&bench, "lac", "O HELLO") && has(&bench, "lac", "O Resend HELLO"));
    assert!(has(&bench, "lac", "%ISDN-6-DISCONNECT: Interface Serial0:0"));
    bench.play("power lns on\nsleep 10s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n").unwrap();
    bench.play("soho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn the_lac_alone_clears_the_call_of_an_lns_that_is_gone() {
    let mut bench = call(
        "soho: configure terminal\nsoho: interface bri0\nsoho: no keepalive\nsoho: dialer idle-timeout 600\nsoho: end\n",
    );
    bench.play("power lns off\nwait lac /Tunnel state change from .* to idle/ 300s\n").unwrap();
    let log = bench.screen("lac");
    let (gone, hung_up) = (log.find("to idle").unwrap(), log.find("%ISDN-6-DISCONNECT").unwrap());
    assert!(log.contains("O HELLO") && log[..gone].contains("Resend HELLO"), "{log}");
    assert!(hung_up > log.rfind("Resend HELLO").unwrap(), "nobody hung up before: {log}");
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_cable_that_is_plugged_in_again_in_time_costs_nothing_but_pings() {
    let mut bench = call("");
    bench.play("link lac-lns down\nsleep 8s\nlink lac-lns up\nsleep 10s\n").unwrap();
    assert!(!has(&bench, "lac", "to idle"), "{}", bench.screen("lac"));
    for router in ["lac", "lns"] {
        let screen = bench.screen(router);
        let at = |line: &str| screen.find(line).unwrap_or_else(|| panic!("{line}: {screen}"));
        let [link, protocol] = [
            "%LINK-3-UPDOWN: Interface Ethernet0",
            "%LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet0",
        ];
        let [down, up] = ["down", "up"]
            .map(|state| [link, protocol].map(|line| at(&format!("{line}, changed state to {state}\n"))));
        assert!([down, up].concat().is_sorted(), "{screen}");
    }
    bench.play("soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n").unwrap();
}

#[test]
fn the_screens_that_are_named_show_the_call() {
    let mut bench = call("");
    bench
        .play(
            "lac: show vpdn\nlac: show vpdn tunnel all\nlac: show users\nlns: show vpdn\nlns: show vpdn tunnel all\n\
             lns: show users\nlns: show ip route\nlns: show ip interface brief\nlns: show interfaces virtual-access 1\n",
        )
        .unwrap();
    for node in ["soho", "lac", "lns"] {
        assert!(!has(&bench, node, "% Invalid") && !has(&bench, node, "% Incomplete"), "{node}");
    }
    assert!(has(&bench, "lac", "2500-1") && has(&bench, "lns", "Virtual-Access1 is up, line protocol is up"));
    assert!(has(&bench, "lns", "10.10.53.2"), "{}", bench.screen("lns"));
}

#[test]
fn a_tunnel_whose_calls_carry_data_is_not_asked_whether_it_is_alive() {
    let quiet = "soho: configure terminal\nsoho: interface bri0\nsoho: dialer idle-timeout 0\nsoho: end\n";
    let mut bench = call(quiet);
    // The keepalives of the link are data to the tunnel, in both directions.
    bench.play("sleep 600s\n").unwrap();
    assert!(!has(&bench, "lac", "O HELLO") && !has(&bench, "lns", "O HELLO"));
    for (node, interface) in [("soho", "bri0"), ("lns", "virtual-template1")] {
        let commands = ["configure terminal", &format!("interface {interface}"), "no keepalive", "end"];
        let typed: String = commands.iter().map(|line| format!("{node}: {line}\n")).collect();
        bench.play(&typed).unwrap();
    }
    bench.play("soho: clear interface bri0\nsleep 60s\nsoho: ping 10.51.6.82\nsleep 600s\n").unwrap();
    assert!(has(&bench, "lac", "O HELLO") && has(&bench, "lns", "O HELLO"), "silent ends are asked");
}

/// How many packets the LNS has taken from the user of a call whose every data message comes twice.
fn taken_of_a_call_that_comes_twice(settings: &[&str]) -> u64 {
    let configure = ["configure terminal", "vpdn-group 1"].iter().chain(settings).chain(&["end"]);
    let change: String = configure.map(|line| format!("lns: {line}\n")).collect();
    let mut bench = call(&change);
    bench.play("link lac-lns duplicate 100%\nsleep 60s\nlns: show interfaces virtual-access1\n").unwrap();
    let input = Regex::new(r"(\d+) packets input").unwrap();
    let shown = input.captures_iter(bench.screen("lns")).last().unwrap()[1].parse();
    bench.play("link lac-lns clean\n").unwrap();
    shown.unwrap()
}

#[test]
fn data_out_of_order_is_dropped_where_that_is_configured() {
    let sequenced = taken_of_a_call_that_comes_twice(&["l2tp sequencing"]);
    let dropping = taken_of_a_call_that_comes_twice(&["l2tp sequencing", "l2tp drop out-of-order"]);
    let unsequenced = taken_of_a_call_that_comes_twice(&["l2tp drop out-of-order"]);
    assert_eq!(sequenced, unsequenced, "without sequence numbers nothing is out of order");
    assert!(dropping + 4 < sequenced, "{dropping} of {sequenced}");
}

#[test]
fn an_lns_that_asks_for_no_authentication_must_still_answer_the_challenge() {
    let secret = "lns: configure terminal\nlns: vpdn-group 1\nlns: l2tp tunnel password wrong\n";
    let mut bench = call(&format!("{secret}lns: no l2tp tunnel authentication\nlns: end\n"));
    assert!(has(&bench, "lac", "Got a response from remote peer") && has(&bench, "lac", "O StopCCN"));
    assert!(!has(&bench, "lac", "Got a challenge from remote peer"), "the LNS did not ask");
    bench.play("lac: show vpdn history failure\nwait lac /Failure/ 5s\n").unwrap();
}

#[test]
fn either_end_clears_the_tunnel_with_its_call() {
    for (node, other) in [("lac", "lns"), ("lns", "lac")] {
        let mut bench = call("");
        bench.play(&format!("{node}: clear vpdn tunnel l2tp all\nsleep 2s\n")).unwrap();
        assert!(has(&bench, node, "O StopCCN") && has(&bench, other, "I StopCCN"), "{node}");
        assert!(has(&bench, "soho", "Interface BRI0:1 disconnected from 614629 5300-1"), "{node}");
        assert!(has(&bench, "lns", "Vi1 IPCP: Remove route to 10.10.53.2"), "{node}");
        assert_eq!(bench.leftovers(), [] as [String; 0]);
    }
}

#[test]
fn a_radius_server_that_is_switched_off_is_missed_by_the_next_call_only() {
    let mut bench = call("power aaa off\n");
    assert!(has(&bench, "lac", "RADIUS: Retransmit id") && !has(&bench, "lac", "SCCRQ"));
    assert!(has(&bench, "soho", "Success rate is 0 percent (0/5)"));
    bench
        .play("power aaa on\nsleep 60s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\npower aaa off\n")
        .unwrap();
    // The call that is up has been let in.
    bench
        .play("sleep 20s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\n")
        .unwrap();
    assert_eq!(bench.play("power aaa off\n").unwrap_err().split(": ").last(), Some("it is off"));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}

#[test]
fn a_hello_that_nobody_answers_is_sent_again_after_one_two_four_and_eight_seconds() {
    let mut bench = call(
        "soho: configure terminal\nsoho: interface bri0\nsoho: no keepalive\nsoho: dialer idle-timeout 600\nsoho: end\n",
    );
    bench.play("power lns off\nwait lac /Tunnel state change from .* to idle/ 300s\n").unwrap();
    let stamp = Regex::new(r"^\*Mar  1 00:(\d\d):(\d\d)\.\d{3}: .*O (?:Resend )?HELLO").unwrap();
    let seconds: Vec<u32> = bench
        .screen("lac")
        .lines()
        .filter_map(|line| stamp.captures(line))
        .map(|at| at[1].parse::<u32>().unwrap() * 60 + at[2].parse::<u32>().unwrap())
        .collect();
    let mut gaps: Vec<u32> = seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.retain(|gap| *gap > 0);
    assert_eq!(gaps.get(..5), Some(&[1, 2, 4, 8, 8][..]), "{seconds:?}");
}

#[test]
fn a_bad_line_delivers_every_control_message_once_and_in_order() {
    let line = "link lac-lns loss 30% duplicate 30% reorder 30% delay 20ms\n";
    assert!(readme().contains(line.trim()));
    let mut bench = call(line);
    let up = "Session state change from wait-reply to established";
    // The answers of RADIUS are lost as well, and soho does not wait for ever.
    for _ in 0..5 {
        if !has(&bench, "lac", up) {
            bench.play("sleep 20s\nsoho: ping 10.51.6.82\nwait soho /Success rate/ 30s\n").unwrap();
        }
    }
    assert!(has(&bench, "lac", up));
    // Each tunnel and each session has numbers of its own.
    let control = Regex::new("I (?:SCCRQ|SCCCN|ICCN) from .*").unwrap();
    let mut messages: Vec<&str> =
        control.find_iter(bench.screen("lns")).map(|found| found.as_str()).collect();
    let all = messages.len();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!(messages.len(), all, "none arrives twice");
    bench.play("link lac-lns clean\nsleep 30s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsoho: clear interface bri0\n").unwrap();
    assert_eq!(bench.leftovers(), [] as [String; 0]);
}
