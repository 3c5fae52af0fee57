//! The documented call (Cisco tech note 23980), with the ids, magic numbers and challenges that it had.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::lab::*;
use super::world::World;
use crate::config::views::InterfaceKind;
use crate::engine::{Counts, Faults, HostEvent, Input};
use crate::proto::entropy::Seeded;
use crate::proto::{Dialect, Entropy, Purpose};

/// Gives out what the documented call drew, then anything.
struct Documented {
    values: HashMap<Purpose, VecDeque<Vec<u8>>>,
    rest: Seeded,
}

impl Documented {
    fn new(values: &[(Purpose, &str)]) -> Box<Self> {
        let mut map: HashMap<Purpose, VecDeque<Vec<u8>>> = HashMap::new();
        for (purpose, hex) in values {
            let octets =
                (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
            map.entry(*purpose).or_default().push_back(octets);
        }
        Box::new(Documented { values: map, rest: Seeded::new(7) })
    }
}

impl Entropy for Documented {
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]) {
        match self.values.get_mut(&purpose).and_then(VecDeque::pop_front) {
            Some(value) => {
                assert_eq!(value.len(), out.len(), "{purpose:?}");
                out.copy_from_slice(&value);
            }
            None => self.rest.fill(purpose, out),
        }
    }
}

/// The lab with the entropy of the documented call.
fn documented() -> World {
    let mut world = World::new();
    let own = Documented::new(&[
        (Purpose::MagicNumber, "6EE4E865"),
        (Purpose::LcpId, "76"),
        (Purpose::NcpId, "BB"),
    ]);
    world.add_with(own, None, soho());
    let own = Documented::new(&[
        (Purpose::TunnelId, "4518"),
        (Purpose::SessionId, "0007"),
        (Purpose::TunnelChallenge, "545A2343FBE20EA08BCA7B56E4A7D29E"),
        (Purpose::CallSerialNumber, "D114C7C5"),
        (Purpose::MagicNumber, "109D08F2"),
        (Purpose::LcpId, "0B"),
        (Purpose::ChapId, "06"),
        (Purpose::ChapChallenge, "5D0D008CB1677CF8BC354556321A7A74"),
    ]);
    world.add_with(own, Some([10, 51, 6, 68]), lac());
    let own = Documented::new(&[
        (Purpose::TunnelId, "D7E6"),
        (Purpose::SessionId, "002D"),
        (Purpose::TunnelChallenge, "98B296C28429E7ADC767237A45F31040"),
        (Purpose::HardwareAddress, "FE1BBF"),
        (Purpose::ChapId, "03"),
        (Purpose::NcpId, "01"),
        (Purpose::RadiusId, "30"),
        (Purpose::AaaId, "D270645D"),
        (Purpose::AaaId, "74102541"),
        (Purpose::AaaId, "1FFA443B"),
        (Purpose::AaaId, "9F244421"),
    ]);
    world.add_with(own, Some(LNS_ADDRESS), lns());
    wire_up(&mut world);
    world
}

/// Ping, 17 seconds, hang-up, and time for the tunnel to go.
fn call(world: &mut World) -> String {
    let marks = world.ping(SOHO, LNS_ADDRESS);
    world.seconds(17);
    hang_up(world);
    world.seconds(60);
    marks
}

fn hang_up(world: &mut World) {
    let now = world.now;
    assert!(world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0")));
    world.drain(SOHO);
}

/// The lines of a published transcript without their stamps.
fn reference(text: &str) -> Vec<String> {
    let stamp = "Jan  1 00:04:10.235: ".len();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| if line.starts_with("Jan ") { line[stamp - 1..].trim_start_matches(' ') } else { line })
        // The interface was the fourth of that LNS and is the first of this one.
        .map(|line| line.replace("Vi4", "Vi1").replace("Virtual-Access4", "Virtual-Access1"))
        .map(|line| {
            line.replace("VACCESS4", "VACCESS1").replace("Attribute 5 6 00000004", "Attribute 5 6 00000001")
        })
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn printed(world: &World, node: usize) -> Vec<String> {
    let lines = world.log(node).into_iter().flat_map(str::lines);
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|l| !l.is_empty())
        .collect()
}

/// Every line of `reference` stands in `printed`, in order. What `printed` has beyond it.
fn extra(reference: &[String], printed: &[String]) -> Vec<String> {
    let mut extra = Vec::new();
    let mut rest = printed.iter();
    for line in reference {
        loop {
            match rest.next() {
                Some(found) if found == line => break,
                Some(other) => extra.push(other.clone()),
                None => panic!(
                    "missing or out of order: {line}\nlast extras: {:#?}",
                    extra.iter().rev().take(5).collect::<Vec<_>>()
                ),
            }
        }
    }
    extra.extend(rest.cloned());
    extra
}

#[test]
fn the_lns_prints_the_documented_call_and_nothing_else() {
    let mut world = documented();
    assert_eq!(call(&mut world), "!!!!!");
    let expected = reference(include_str!("golden/lns.txt"));
    assert_eq!(extra(&expected, &printed(&world, LNS)), Vec::<String>::new());
}

#[test]
fn the_lac_prints_the_documented_call_and_the_lookup_that_its_publication_lost() {
    let mut world = documented();
    assert_eq!(call(&mut world), "!!!!!");
    let mut expected = reference(include_str!("golden/lac.txt"));
    // The publication has lost the head of this dump, one octet each of two others.
    expected.retain(|l| l != "00 00 00 01 80 08 00 00 00 02 01 00 80 0A 00 00");
    let extra = extra(&expected, &printed(&world, LAC));
    let allowed = |l: &String| {
        [
            "LCP: State is Open",
            "Phase is ",
            "CHAP: ",
            "VPDN: Got DNIS",
            "VPDN: Looking",
            "VPDN/",
            "AAA/AUTHOR",
            "RADIUS: ",
        ]
        .iter()
        .any(|a| l.contains(a))
            || [
                "Attribute ",
                "ISDN Se0:23",
                // `debug isdn q931`, which the publication did not have on.
                "Calling Party Number '",
                "Called Party Number '",
                "Channel B",
                "Cause ",
                "MRRU",
                "AuthProto",
                "MagicNumber",
                "Tnl 17688 L2TP: SM State idle",
                "Tnl 17688 L2TP: O SCCRQ",
                "C8 02 00 80",
                "00 00 00 01 80 08",
            ]
            .iter()
            .any(|a| l.trim_start_matches("Se0:0 LCP: ").starts_with(a))
    };
    let unexpected: Vec<&String> = extra.iter().filter(|l| !allowed(l)).collect();
    assert_eq!(unexpected, Vec::<&String>::new());
}

#[test]
fn the_call_leaves_nothing_behind() {
    let mut world = documented();
    let (tuns, routes) = (world.nodes[LNS].tuns.len(), world.nodes[LNS].routes.len());
    assert_eq!(call(&mut world), "!!!!!");
    world.assert_quiet();
    assert_eq!((world.nodes[LNS].tuns.len(), world.nodes[LNS].routes.len()), (tuns, routes));
}

#[test]
fn counters_go_on_through_clearing_and_through_the_end_of_a_call() {
    let mut world = documented();
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(17);
    let (vi, channel) = (name(InterfaceKind::VirtualAccess, "1"), name(InterfaceKind::Serial, "0:0"));
    let traffic = |world: &World, node: usize, name| {
        world.nodes[node].engine.interface(name).map(|view| view.traffic).expect("it is there")
    };
    let before = traffic(&world, LNS, &vi);
    assert!(before.counts.packets_in >= 5 && before.counts.packets_out >= 5, "{before:?}");
    assert!(before.load.bits_in > 0.0 && before.last_input.is_some(), "{before:?}");
    assert_eq!(before.cleared, None);

    let now = world.now;
    let session = world.nodes[LNS].engine.sessions()[0].counts;
    world.nodes[LNS].engine.clear_counters(now, Some(&vi));
    let after = traffic(&world, LNS, &vi);
    assert_eq!((after.counts, after.cleared), (Counts::default(), Some(now)));
    assert_eq!(world.nodes[LNS].engine.sessions()[0].counts, session, "another counter");
    let sessions = world.nodes[LNS].engine.sessions();
    world.nodes[LNS].engine.clear_session_counters(&sessions);
    assert_eq!(world.nodes[LNS].engine.sessions()[0].counts, Counts::default());
    let tunnels = world.nodes[LNS].engine.tunnels();
    world.nodes[LNS].engine.clear_tunnel_counters(now, &tunnels);
    let tunnel = &world.nodes[LNS].engine.tunnels()[0];
    assert_eq!((tunnel.counts, tunnel.cleared), (Counts::default(), Some(now)));
    assert!(tunnel.total.packets_in > 0);

    let first = traffic(&world, LAC, &channel).counts;
    let transitions = |world: &World, node, name| traffic(world, node, name).carrier_transitions;
    assert_eq!((transitions(&world, LNS, &vi), transitions(&world, LAC, &channel)), (0, 0), "up once");
    hang_up(&mut world);
    world.seconds(30);
    assert!(traffic(&world, LAC, &channel).counts.packets_in >= first.packets_in);
    world.ping(SOHO, LNS_ADDRESS);
    assert!(traffic(&world, LAC, &channel).counts.packets_in > first.packets_in, "both calls");
    assert_eq!(transitions(&world, LAC, &channel), 2, "down and up again");
}

#[test]
fn a_call_that_is_over_is_remembered_for_a_quarter_of_an_hour() {
    let mut world = documented();
    call(&mut world);
    assert!(world.nodes[LAC].engine.calls().is_empty());
    let past = world.nodes[LAC].engine.past_calls();
    let [over] = past.as_slice() else { panic!("{past:?}") };
    assert_eq!((over.called.as_str(), &*over.user, over.outgoing), ("614629", "2500-1", false));
    assert!((17..25).contains(&over.used.as_secs()), "{over:?}");
    world.seconds(15 * 60);
    let now = world.now;
    world.nodes[LAC].engine.handle(now, Input::Timeout);
    assert!(world.nodes[LAC].engine.past_calls().is_empty());
}

#[test]
fn what_a_device_has_carried_is_counted_from_what_the_host_tells() {
    let mut world = documented();
    let ethernet = name(InterfaceKind::Ethernet, "0");
    let interface = world.nodes[LNS].engine.interface(&ethernet).expect("it is there").id;
    let counts = Counts { packets_out: 3, octets_out: 300, packets_in: 4, octets_in: 400 };
    let faults = Faults { input: 1, crc: 1, ..Faults::default() };
    let told = Input::Host(HostEvent::Counted { interface, counts, faults });
    world.seconds(1);
    let now = world.now;
    world.nodes[LNS].engine.handle(now, told);
    let traffic = world.nodes[LNS].engine.interface(&ethernet).expect("it is there").traffic;
    assert_eq!((traffic.counts, traffic.faults), (counts, faults));
    assert_eq!((traffic.last_input, traffic.last_output), (Some(now), Some(now)));
}

#[test]
fn what_the_kernel_dropped_of_a_tun_is_added_to_what_there_was_no_room_for() {
    let mut world = documented();
    call(&mut world);
    let bri = name(InterfaceKind::Bri, "0");
    let view = |world: &World| world.nodes[SOHO].engine.interface(&bri).expect("it is there");
    let (interface, before) = (view(&world).id, view(&world).traffic);
    for (output, input) in [(3, 0), (4, 2)] {
        let now = world.now;
        let told = Input::Host(HostEvent::Dropped { interface, output, input });
        world.nodes[SOHO].engine.handle(now, told);
    }
    let traffic = view(&world).traffic;
    assert_eq!((traffic.faults.drops, traffic.faults.input_drops), (before.faults.drops + 7, 2));
    assert_eq!(traffic.counts, before.counts);
}

#[test]
fn the_notices_come_when_ios_gives_them() {
    let mut world = documented();
    call(&mut world);
    let since = |node, a: &str, b: &str| world.time_of(node, b).duration_since(world.time_of(node, a));
    let up = "%LINK-3-UPDOWN: Interface Serial0:0, changed state to up";
    let down = "%LINK-3-UPDOWN: Interface Serial0:0, changed state to down";
    assert_eq!(
        since(LAC, up, "%ISDN-6-CONNECT: Interface Serial0:0 is now connected to 2085730592 2500-1"),
        Duration::from_secs(6)
    );
    assert_eq!(
        since(LAC, down, "Line protocol on Interface Serial0:0, changed state to down"),
        Duration::from_secs(1)
    );
    assert_eq!(since(LNS, "No more sessions in tunnel", "O StopCCN"), Duration::from_secs(10));
}

#[test]
fn a_second_call_shares_the_tunnel_and_takes_the_interface_again() {
    let mut world = documented();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    hang_up(&mut world);
    world.seconds(3);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    let vi = world.nodes[LNS].engine.sessions();
    assert_eq!(vi.len(), 1);
    assert_eq!(vi[0].interface, Some(name(InterfaceKind::VirtualAccess, "1")));
    assert_eq!(vi[0].l2tp.id.tunnel.0, 0xD7E6, "the tunnel of the first call");
    hang_up(&mut world);
    world.seconds(60);
    world.assert_quiet();
}

#[test]
fn no_data_flows_before_the_session_is_established() {
    // The ICRP (28 octets) of the LNS, then the ICCN of the LAC, never arrives.
    for (loser, octets) in [(LNS, 28), (LAC, 151)] {
        let mut world = world();
        world.lose = Box::new(move |node, bytes| node == loser && bytes.len() == octets);
        let (now, timeout) = (world.now, Duration::from_secs(2));
        world.nodes[SOHO].engine.ping(now, LNS_ADDRESS.into(), None, 0, 100, timeout);
        world.drain(SOHO);
        world.seconds(3);
        assert!(world.has(LAC, "O ICRQ to l2tp-gw"));
        assert_eq!(world.sessions_of(LNS), 0);
        assert_eq!(world.sessions_of(LAC), usize::from(loser == LAC), "the LAC is established by the ICRP");
        world.lose = Box::new(|_, _| false);
        world.seconds(5);
        assert_eq!((world.sessions_of(LAC), world.sessions_of(LNS)), (1, 1), "it was repeated");
    }
}

/// The authorization of an address as 15.x words it, between the packets that it stands between in the published capture.
#[test]
fn an_address_is_authorized_in_the_words_of_15_x() {
    let mut lns = lns();
    lns.dialect = Dialect::V15;
    let mut world = world_of(soho(), lac(), lns);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    let log = world.log(LNS);
    let at =
        |line: &str| log.iter().position(|l| l.ends_with(line)).unwrap_or_else(|| panic!("{line}: {log:#?}"));
    let asked = at("Vi1 IPCP: Protocol configured, start CP. state[Initial]");
    let start = at("Vi1 IPCP AUTHOR: Start.  Her address 10.10.53.2, we want 0.0.0.0");
    let done = at("Vi1 IPCP AUTHOR: Done.  Her address 10.10.53.2, we want 10.10.53.2");
    let open = at("Vi1 IPCP: State is Open");
    assert!(asked < start && start < done && done < open);
    assert!(!log.iter().any(|l| l.contains("AAA/AUTHOR/IPCP")), "{log:#?}");
}
