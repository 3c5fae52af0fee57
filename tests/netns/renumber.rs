//! A router that is given another address in the middle of a call: what its kernel makes of it.

use std::path::Path;

use vpdnsh::lab::description::Description;
use vpdnsh::lab::play::Play;
use vpdnsh::lab::player::Player;
use vpdnsh::lab::real::{RealLab, RealOptions, RealStage};

use crate::bench::reach;
use crate::lab::shell;

const CALL: &str =
    "soho: enable\nlns: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\n";

/// Lines of interface configuration for the LNS, which is done with them.
fn lines(interface: &str, lines: &[&str]) -> String {
    let typed: String = lines.iter().map(|line| format!("lns: {line}\n")).collect();
    format!(
        "lns: configure terminal\nlns: interface {interface}\n{typed}lns: end\nwait lns /SYS-5-CONFIG_I/ 20s\n"
    )
}

pub fn the_users_of_a_renumbered_interface_keep_their_routes() {
    let description =
        Description::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dial-in")).unwrap();
    let logs = tempfile::tempdir().unwrap();
    let lab = RealLab::start(description, RealOptions { console_ports: false }).unwrap();
    let mut stage = RealStage::new(&lab);
    let mut player = Player::new(lab.description(), Some(logs.path())).unwrap();
    let mut play = |text: &str| player.run(&mut stage, &Play::parse("renumber", text).unwrap()).unwrap();
    let route = || shell(&lab, "lns", "ip -4 route show 10.10.53.2");
    let has = |source: &str| {
        let wanted = format!("10.10.53.2 dev Vi1 proto static scope link{source}");
        reach(&wanted, || route().trim() == wanted);
    };
    play(CALL);
    has(" src 10.51.6.82");
    // There and back, without a word between, and to nowhere and back.
    play(&lines("Ethernet0", &["ip address 10.51.6.83 255.255.255.0"]));
    has(" src 10.51.6.83");
    play(&lines("Ethernet0", &["ip address 10.51.6.82 255.255.255.0"]));
    has(" src 10.51.6.82");
    play(&lines("Ethernet0", &["no ip address"]));
    has("");
    play(&lines("Ethernet0", &["ip address 10.51.6.82 255.255.255.0"]));
    has(" src 10.51.6.82");
    // A source of an interface that is down is none to the kernel.
    play(&lines("Ethernet0", &["shutdown"]));
    has("");
    play(&lines("Ethernet0", &["no shutdown"]));
    has(" src 10.51.6.82");
    play("lns: show ip route\nwait lns /C +10.10.53.2\\/32 is directly connected, Virtual-Access1/ 20s\n");
    play("soho: ping 10.51.6.82\nwait soho /Success rate is [1-9]/ 60s\n");
}
