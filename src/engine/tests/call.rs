//! The documented call.

use super::lab::*;
use crate::config::views::InterfaceKind;

#[test]
fn traffic_brings_the_call_up_and_clear_interface_takes_it_down() {
    let mut world = world();
    let marks = world.ping(SOHO, LNS_ADDRESS);
    for n in 0..3 { println!("=== {n}"); for (t, l) in &world.nodes[n].lines { println!("{:?}: {}", t.since_start(), l); } }
    assert_eq!(marks, "!!!!!");
    world.seconds(17);
    let bri = name(InterfaceKind::Bri, "0");
    let now = world.now;
    assert!(world.nodes[SOHO].engine.clear_interface(now, &bri));
    world.drain(SOHO);
    world.seconds(60);
    for n in 0..3 { println!("=== {n}"); for (t, l) in &world.nodes[n].lines { println!("{:?}: {}", t.since_start(), l); } }
    world.assert_quiet();
}
