//! The wholesale lab: its play, the lines of its LAC, and what its README says.

use std::path::{Path, PathBuf};

use regex::Regex;
use vpdnsh::lab::description::Description;
use vpdnsh::lab::player::Stage;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::Bench;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/wholesale")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(example().join(name)).unwrap()
}

fn bench() -> Bench {
    Bench::of(&Description::load(&example()).unwrap(), &VirtualOptions::default())
}

/// The lab after some commands, each node with its debugs.
fn after(play: &str) -> Bench {
    let mut bench = bench();
    let mut head = String::new();
    for node in ["alpha1", "alpha2", "beta1", "nas", "lns1", "lns2"] {
        head += &format!("{node}: enable\n");
    }
    head += "nas: debug vpdn event\nnas: debug vpdn error\nnas: debug vpdn l2x-events\nlns2: debug radius\n";
    bench.play(&format!("{head}{play}")).unwrap_or_else(|error| panic!("{error}\n{}", bench.screen("nas")));
    bench
}

fn configured(node: &str, lines: &[&str]) -> String {
    let mut play = format!("{node}: configure terminal\n");
    lines.iter().for_each(|line| play += &format!("{node}: {line}\n"));
    play + &format!("{node}: end\n")
}

const BETA: &str = "beta1: ping 10.200.0.1\nwait beta1 /Success rate is/ 30s\n";

#[test]
fn the_play_runs_and_leaves_nothing() {
    let mut bench = bench();
    bench.play(&read("wholesale.play")).unwrap_or_else(|error| panic!("{error}\n{}", bench.screen("nas")));
    assert_eq!(bench.leftovers(), [] as [String; 0]);
    // In virtual time no ping is lost but the first of a call, and what waits for the LNS that is off.
    let rate = Regex::new("Success rate is ([0-9]+)").unwrap();
    for (user, rates) in [("alpha1", "80 80"), ("alpha2", "80 80"), ("beta1", "80 20 100 80")] {
        let screen = bench.screen(user);
        let shown: Vec<&str> = rate.captures_iter(screen).map(|found| found.extract::<1>().1[0]).collect();
        assert_eq!(shown.join(" "), rates, "{user}");
    }
    let aaa = bench.lab.description().node("aaa").expect("it has a server");
    let detail = bench.lab.detail(aaa);
    for nas in ["10.20.0.1", "10.20.0.11", "10.20.0.12"] {
        let of = |status: &str| {
            let wanted = [format!("NAS-IP-Address = {nas}"), format!("Acct-Status-Type = {status}")];
            detail.split("\n\n").filter(|record| wanted.iter().all(|line| record.contains(line))).count()
        };
        assert!(of("Start") > 0 && of("Start") == of("Stop"), "{nas}: {detail}");
    }
}

/// The lines of a screen that speak of VPDN, without their stamps.
fn vpdn_lines(screen: &str) -> Vec<String> {
    let stamp = Regex::new(r"^[*.]?[A-Z][a-z]{2} +\d+ [0-9:.]+: ").unwrap();
    let lines = screen.lines().filter(|line| stamp.is_match(line) && line.contains("VPDN"));
    lines.map(|line| stamp.replace(line, "").into_owned()).collect()
}

#[test]
fn the_lac_prints_how_a_call_fails_over() {
    let bench = after(&format!("power lns2 off\n{BETA}"));
    assert_eq!(
        vpdn_lines(bench.screen("nas")),
        [
            "Se0:0 VPDN: Got DNIS string 614000",
            "Se0:0 VPDN: Looking for tunnel -- beta.example --",
            "Se0:0 VPDN/RPMS/: Got tunnel info for beta.example",
            "Se0:0 VPDN/RPMS/:   LAC nas-beta",
            "Se0:0 VPDN/RPMS/:   l2tp-busy-disconnect yes",
            "Se0:0 VPDN/RPMS/:   l2tp-tunnel-password xxxxxx",
            "Se0:0 VPDN/RPMS/:   IP 10.20.0.12",
            "Se0:0 VPDN/RPMS/:   LAC nas-beta",
            "Se0:0 VPDN/RPMS/:   l2tp-busy-disconnect yes",
            "Se0:0 VPDN/RPMS/:   l2tp-tunnel-password xxxxxx",
            "Se0:0 VPDN/RPMS/:   IP 10.20.0.11",
            "Se0:0 VPDN/ : curlvl 1 Address 0: 10.20.0.12, priority 1",
            "Se0:0 VPDN/ : curlvl 2 Address 0: 10.20.0.11, priority 2",
            "Se0:0 VPDN/ : Select non-active address 10.20.0.12, priority 1",
            "Se0:0 VPDN: Find LNS process created",
            "Se0:0 VPDN: Forward to address 10.20.0.12",
            "Se0:0 VPDN: Pending",
            "Se0:0 VPDN: Process created",
            "%VPDN-6-DEADCACHE_CHANGE: LSG dead cache entry 10.20.0.12 added",
            "%VPDN-5-UNREACH: L2TP LNS 10.20.0.12 is unreachable",
            "Se0:0 VPDN: LNS 10.20.0.12 is unreachable",
            "Se0:0 VPDN/ : Select non-active address 10.20.0.11, priority 2",
            "Se0:0 VPDN: Find LNS process created",
            "Se0:0 VPDN: Forward to address 10.20.0.11",
            "Se0:0 VPDN: Pending",
            "Se0:0 VPDN: Process created",
        ]
    );
}

#[test]
fn every_line_that_the_readme_quotes_of_nas_is_shown_by_the_play() {
    let mut bench = bench();
    let play = read("wholesale.play");
    bench
        .play(&play.replace("nas: debug vpdn event", "nas: debug vpdn event\nnas: debug aaa authorization"))
        .unwrap();
    let screen = bench.screen("nas");
    let quoted = Regex::new("`([^`]+)`").unwrap();
    let mut quotes = 0;
    for line in read("README.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.len() != 5 || cells[1].parse::<u8>().is_err() {
            continue;
        }
        for quote in quoted.captures_iter(cells[3]) {
            quotes += 1;
            assert!(screen.contains(&quote[1]), "step {}: {}", cells[1], &quote[1]);
        }
    }
    assert_eq!(quotes, 18);
}

/// The README has these commands, and what they lead to.
fn readme_has(texts: &[&str]) {
    let readme = read("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(readme.contains(&format!("`{text}`")), "{text}");
    }
}

#[test]
fn an_lns_that_is_full_is_passed_over_before_the_user_could_notice() {
    readme_has(&["vpdn-group beta", "session-limit 0", "VPDN: LNS 10.20.0.12 is busy"]);
    let mut bench = after(&(configured("lns2", &["vpdn-group beta", "session-limit 0"]) + BETA));
    assert!(bench.screen("nas").contains("VPDN: LNS 10.20.0.12 is busy"));
    assert!(bench.screen("beta1").contains("Success rate is 80 percent"));
    bench.play("nas: show vpdn dead-cache all\nwait nas /^-  .*10.20.0.12 /\n").unwrap();
}

#[test]
fn a_user_of_an_unknown_domain_is_not_forwarded() {
    readme_has(&["ppp chap hostname user1@gamma.example", "VPDN: No tunnel info for gamma.example"]);
    let change = configured("beta1", &["interface bri0", "ppp chap hostname user1@gamma.example"]);
    let bench = after(&(change + BETA));
    assert!(bench.screen("nas").contains("VPDN: No tunnel info for gamma.example"));
    assert!(bench.screen("beta1").contains("Success rate is 0 percent"));
}

#[test]
fn the_carrier_can_ask_first() {
    let first = [
        "no aaa authentication ppp default",
        "aaa authentication ppp default group radius",
        "vpdn authen-before-forward",
    ];
    readme_has(&first);
    readme_has(&["ppp chap password 0 wrong"]);
    let wrong = configured("beta1", &["interface bri0", "ppp chap password 0 wrong"]);
    let bench = after(&(wrong.clone() + BETA));
    assert!(bench.screen("nas").contains("O SCCRQ"), "the company says no");
    let bench = after(&(wrong + &configured("nas", &first) + BETA));
    assert!(!bench.screen("nas").contains("O SCCRQ"), "the carrier says no");
    assert!(bench.screen("beta1").contains("Success rate is 0 percent"));
    let bench = after(&(configured("nas", &first) + BETA));
    assert!(bench.screen("beta1").contains("Success rate is 80 percent"), "{}", bench.screen("nas"));
}

#[test]
fn the_lns_can_tell_radius_the_address_of_the_lac() {
    readme_has(&[
        "vpdn aaa attribute nas-ip-address vpdn-nas",
        "Attribute 4 6 0A14000C",
        "Attribute 4 6 0A140001",
    ]);
    let bench = after(BETA);
    assert!(bench.screen("lns2").contains("Attribute 4 6 0A14000C"), "{}", bench.screen("lns2"));
    let bench = after(&(configured("lns2", &["vpdn aaa attribute nas-ip-address vpdn-nas"]) + BETA));
    assert!(bench.screen("lns2").contains("Attribute 4 6 0A140001"), "{}", bench.screen("lns2"));
}

#[test]
fn the_passwords_of_tunnels_can_come_from_radius() {
    let lines = [
        "no vpdn-group beta",
        "vpdn tunnel authorization network default",
        "vpdn tunnel authorization virtual-template 2",
    ];
    readme_has(&lines);
    let mut bench = after(&(configured("lns2", &lines) + BETA));
    bench.play("lns2: show vpdn\nwait lns2 /user1@beta.example/\n").unwrap();
    assert!(bench.screen("beta1").contains("Success rate is 80 percent"));
    // Nobody has told RADIUS of nas-alpha.
    bench.play("alpha1: ping 10.100.0.1\nwait alpha1 /Success rate/ 30s\n").unwrap();
    bench.play("alpha2: ping 10.100.0.1\nwait alpha2 /Success rate/ 30s\nlns1: show vpdn\n").unwrap();
    let lns1 = bench.screen("lns1");
    assert!(lns1.contains("user1@alpha.example") && lns1.contains("user2@alpha.example"), "{lns1}");
}

#[test]
fn an_lns_that_dies_in_the_middle_of_a_call_costs_that_call_and_the_next_one_goes_elsewhere() {
    let mut bench = after(BETA);
    bench.play("power lns2 off\nbeta1: clear interface bri0\nsleep 12s\n").unwrap();
    // The tunnel still stands, but its CDN has not been acknowledged.
    bench.play("beta1: ping 10.200.0.1\nwait nas /VPDN: LNS 10.20.0.12 does not answer/ 5s\n").unwrap();
    bench
        .play("wait nas /Forward to address 10.20.0.11/ 1s\nwait beta1 /Success rate is 80 percent/ 30s\n")
        .unwrap();
}
