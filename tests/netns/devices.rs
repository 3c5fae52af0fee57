//! Interfaces, addresses and routes.

use std::sync::Arc;

use ipnet::Ipv4Net;
use vpdnsh::config::views::{InterfaceKind, InterfaceName};
use vpdnsh::engine::{HostEvent, HostRequest, InterfaceId, Socket};
use vpdnsh::host::{NetNs, Notice, Tap};
use vpdnsh::router::{ConsoleInput, LineId, Output};

use crate::bench::{Bench, Seen, config, ip};

const VI4: InterfaceId = InterfaceId(4);
const ETHERNET: InterfaceId = InterfaceId(1);

fn create(name: &str) -> HostRequest {
    HostRequest::CreateTun { interface: VI4, name: name.to_owned(), mtu: 1460 }
}

fn up(interface: InterfaceId, up: bool) -> HostRequest {
    HostRequest::SetLink { interface, up }
}

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn ethernet0() -> InterfaceName {
    InterfaceName::new(InterfaceKind::Ethernet, "0")
}

fn bind(interface: InterfaceId, name: InterfaceName) -> HostRequest {
    HostRequest::BindDevice { interface, name }
}

pub fn a_tun_is_made_quiet_and_removed() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    let link = bench.ip("-o link show dev Vi4");
    assert!(link.contains("mtu 1460") && link.contains("state DOWN"), "{link}");
    bench.done(up(VI4, true));
    assert!(bench.ip("-o link show dev Vi4").contains(",UP"));
    assert_eq!(bench.ip("-o -6 addr show dev Vi4"), "", "no link-local address");
    bench.done(HostRequest::DeleteTun { interface: VI4 });
    assert!(bench.ip("-o link show dev Vi4").contains("does not exist"));
    // The name is free again.
    bench.done(create("Vi4"));
    bench.stop().unwrap();
    assert!(bench.ip("-o link show dev Vi4").contains("does not exist"));
}

pub fn addresses_come_and_go() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    let address = net("10.51.6.82/32");
    bench.done(HostRequest::AddAddress { interface: VI4, address });
    assert!(bench.ip("-o addr show dev Vi4").contains("10.51.6.82/32"));
    bench.done(HostRequest::RemoveAddress { interface: VI4, address });
    assert!(!bench.ip("-o addr show dev Vi4").contains("10.51.6.82"));
    // Taking away what is not there is no failure: it is not there.
    bench.done(HostRequest::RemoveAddress { interface: VI4, address });
}

pub fn routes_come_and_go() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    bench.done(up(VI4, true));
    bench.done(HostRequest::AddAddress { interface: VI4, address: net("10.51.6.82/24") });
    let host = net("10.10.53.2/32");
    let add =
        |network, gateway, interface| HostRequest::AddRoute { network, gateway, interface, source: None };
    let remove = |network, gateway, interface| HostRequest::RemoveRoute { network, gateway, interface };
    bench.done(add(host, None, Some(VI4)));
    assert!(bench.ip("route show").contains("10.10.53.2 dev Vi4"));
    let gateway = Some("10.51.6.1".parse().unwrap());
    bench.done(add(net("0.0.0.0/0"), gateway, None));
    assert!(bench.ip("route show").contains("default via 10.51.6.1"));
    // The kernel made the connected one itself; asking for it is no failure, and neither is taking it back.
    bench.done(add(net("10.51.6.0/24"), None, Some(VI4)));
    bench.done(remove(net("10.51.6.0/24"), None, Some(VI4)));
    assert!(bench.ip("route show").contains("10.51.6.0/24 dev Vi4"));

    bench.done(remove(host, None, Some(VI4)));
    bench.done(remove(net("0.0.0.0/0"), gateway, None));
    let left = bench.ip("route show");
    assert!(!left.contains("10.10.53.2") && !left.contains("default"), "{left}");
    // A route goes with its device, and may still be taken back afterwards.
    bench.done(add(host, None, Some(VI4)));
    bench.done(HostRequest::DeleteTun { interface: VI4 });
    bench.done(remove(host, None, Some(VI4)));
    bench.stop().unwrap();
}

pub fn the_latest_call_of_a_user_has_its_route() {
    const VI5: InterfaceId = InterfaceId(5);
    let mut bench = Bench::new();
    let host = net("10.10.53.2/32");
    let add = |interface| HostRequest::AddRoute {
        network: host,
        gateway: None,
        interface: Some(interface),
        source: None,
    };
    let remove =
        |interface| HostRequest::RemoveRoute { network: host, gateway: None, interface: Some(interface) };
    bench.done(create("Vi4"));
    bench.done(up(VI4, true));
    bench.done(HostRequest::CreateTun { interface: VI5, name: "Vi5".to_owned(), mtu: 1500 });
    bench.done(up(VI5, true));
    bench.done(add(VI4));
    bench.done(add(VI5));
    assert_eq!(bench.ip("route show").matches("10.10.53.2 dev Vi5").count(), 1);
    bench.done(remove(VI5));
    assert!(bench.ip("route show").contains("10.10.53.2 dev Vi4"), "the earlier call is still there");
    bench.done(add(VI5));
    bench.done(remove(VI4));
    assert!(bench.ip("route show").contains("10.10.53.2 dev Vi5"), "the earlier call is over");
    bench.done(add(VI4));
    bench.done(HostRequest::DeleteTun { interface: VI4 });
    assert!(bench.ip("route show").contains("10.10.53.2 dev Vi5"), "its device is gone");
    bench.done(create("Vi4"));
    assert!(bench.refused(add(VI4)).contains("down"));
    assert!(bench.ip("route show").contains("10.10.53.2 dev Vi5"), "a call that gets none takes none away");
    bench.done(remove(VI5));
    assert!(!bench.ip("route show").contains("10.10.53.2"));
    bench.stop().unwrap();
}

pub fn a_device_that_others_removed_is_no_trouble() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    bench.done(up(VI4, true));
    bench.ip("link del Vi4");
    bench.wait(|seen| (seen == Seen::Host(HostEvent::Gone { interface: VI4 })).then_some(()));
    let text = bench.refused(up(VI4, true));
    assert!(text.contains("Vi4") && text.contains("No such device"), "{text}");
    bench.done(HostRequest::DeleteTun { interface: VI4 });
    bench.done(create("Vi4"));
    bench.stop().unwrap();
}

/// Waits for an event, and refuses any other of what others do to devices.
fn told(bench: &Bench, event: HostEvent) {
    bench.wait(|seen| match seen {
        Seen::Host(seen) if seen == event => Some(()),
        Seen::Host(
            seen @ (HostEvent::Gone { .. } | HostEvent::Appeared { .. } | HostEvent::AddressTaken { .. }),
        ) => panic!("{seen:?} instead of {event:?}"),
        _ => None,
    });
}

pub fn a_named_device_that_others_removed_is_waited_for() {
    let (netns, tap) = with_tap();
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    let network = net("172.16.0.0/12");
    let route = |gateway: &str| HostRequest::AddRoute {
        network,
        gateway: gateway.parse().ok(),
        interface: Some(ETHERNET),
        source: None,
    };
    let mut tap = Some(tap);
    for _ in 0..2 {
        bench.done(bind(ETHERNET, ethernet0()));
        bench.done(up(ETHERNET, true));
        bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.51.6.82/24") });
        bench.done(route("10.51.6.1"));
        drop(tap.take());
        told(&bench, HostEvent::Gone { interface: ETHERNET });
        assert!(bench.refused(up(ETHERNET, true)).contains("no Linux device"));
        assert!(bench.refused(bind(ETHERNET, ethernet0())).contains("eth9"));
        tap = Some(netns.run(|| Tap::open("eth9", 1500, None)).unwrap());
        told(&bench, HostEvent::Appeared { interface: ETHERNET });
    }
    bench.done(bind(ETHERNET, ethernet0()));
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.51.6.82/24") });
    // The same device by another name.
    assert_eq!(bench.ip("link set eth9 name eth8"), "");
    bench.done(up(ETHERNET, true));
    bench.request(HostRequest::Neighbours);
    let table = bench.wait(|seen| match seen {
        Seen::Host(HostEvent::Neighbours(_, table)) => Some(table),
        Seen::Host(HostEvent::Refused(_, why)) => panic!("{why}"),
        _ => None,
    });
    assert!(matches!(table.own[..], [(ETHERNET, _)]), "{table:?}");
    bench.stop().unwrap();
    let link = ip(&netns, "-o addr show dev eth8");
    assert!(!link.contains("10.51.6.82"), "{link}");
    assert!(!ip(&netns, "-o link show dev eth8").contains(",UP"));
}

pub fn an_address_that_others_took_is_told_and_one_that_was_given_back_is_not() {
    let (netns, _tap) = with_tap();
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    bench.done(bind(ETHERNET, ethernet0()));
    bench.done(up(ETHERNET, true));
    let (first, second) = (net("10.51.6.82/24"), net("10.51.7.82/24"));
    for address in [first, second] {
        bench.done(HostRequest::AddAddress { interface: ETHERNET, address });
    }
    bench.done(HostRequest::RemoveAddress { interface: ETHERNET, address: first });
    assert_eq!(bench.ip("addr del 10.51.7.82/24 dev eth9"), "");
    told(&bench, HostEvent::AddressTaken { interface: ETHERNET, address: second });
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: second });
    assert_eq!(bench.ip("addr flush dev eth9"), "");
    told(&bench, HostEvent::AddressTaken { interface: ETHERNET, address: second });
    // That of a TUN as well.
    bench.done(create("Vi4"));
    bench.done(HostRequest::AddAddress { interface: VI4, address: first });
    assert_eq!(bench.ip("addr flush dev Vi4"), "");
    told(&bench, HostEvent::AddressTaken { interface: VI4, address: first });
    bench.stop().unwrap();
}

/// More changes of a link than a netlink socket holds news of.
const FLOOD: usize = 2_000;

pub fn what_the_kernel_has_no_room_to_tell_is_looked_for() {
    let (netns, _tap) = with_tap();
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    bench.done(bind(ETHERNET, ethernet0()));
    bench.done(up(ETHERNET, true));
    let address = net("10.51.6.82/24");
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address });
    bench.done(create("Vi4"));
    let lines: String = (0..FLOOD).map(|n| format!("link set lo mtu {}\n", 60_000 + n % 2)).collect();
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), lines + "addr del 10.51.6.82/24 dev eth9\nlink del Vi4\n").unwrap();
    bench.meanwhile(|| assert_eq!(ip(&netns, &format!("-batch {}", script.path().display())), ""));
    let mut left =
        vec![HostEvent::AddressTaken { interface: ETHERNET, address }, HostEvent::Gone { interface: VI4 }];
    while !left.is_empty() {
        bench.wait(|seen| match seen {
            Seen::Host(event) => {
                left.iter().position(|waited| *waited == event).map(|at| left.swap_remove(at))
            }
            _ => None,
        });
    }
    bench.stop().unwrap();
}

pub fn a_new_namespace_forwards_where_it_says_so() {
    let netns = NetNs::create().unwrap();
    let kernel = netns.run(|| std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward")).unwrap();
    assert_eq!(kernel.trim() == "1", netns.forwarding());
    assert!(ip(&netns, "-o link show dev lo").contains(",UP"));
}

pub fn mtu_and_link_state_are_set() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    bench.done(HostRequest::SetMtu { interface: VI4, mtu: 1400 });
    bench.done(up(VI4, true));
    assert!(bench.ip("-o link show dev Vi4").contains("mtu 1400"));
    bench.done(up(VI4, false));
    assert!(!bench.ip("-o link show dev Vi4").contains(",UP"));
}

pub fn refusals_say_what_and_why() {
    let mut bench = Bench::new();
    bench.done(create("Vi4"));
    let taken = HostRequest::CreateTun { interface: InterfaceId(5), name: "Vi4".to_owned(), mtu: 1460 };
    let text = bench.refused(taken);
    assert_eq!(text, "Vi4: there is a device of this name already, which is not this router's");
    // One that nobody has open would let itself be taken.
    assert_eq!(bench.ip("tuntap add mode tun name Vi5"), "");
    let taken = HostRequest::CreateTun { interface: InterfaceId(5), name: "Vi5".to_owned(), mtu: 1460 };
    assert!(bench.refused(taken).starts_with("Vi5: there is a device"));
    let long =
        HostRequest::CreateTun { interface: InterfaceId(5), name: "Virtual-Access12".to_owned(), mtu: 1460 };
    assert!(bench.refused(long).contains("1 to 15 characters"));
    let text = bench.refused(bind(ETHERNET, ethernet0()));
    assert_eq!(text, "no Linux device was named for Ethernet0");
    assert!(bench.refused(up(ETHERNET, true)).contains("no Linux device"));
    let route =
        |network, gateway, interface| HostRequest::AddRoute { network, gateway, interface, source: None };
    let text = bench.refused(route(net("10.0.0.0/8"), None, Some(VI4)));
    assert!(text.contains("10.0.0.0/8") && text.contains("down"), "{text}");
    let text = bench.refused(route(net("10.0.0.0/8"), Some("192.0.2.1".parse().unwrap()), None));
    assert!(text.contains("10.0.0.0/8") && text.contains("unreachable"), "{text}");
    assert!(bench.refused(route(net("10.0.0.0/8"), None, None)).contains("neither"));
    bench.done(HostRequest::OpenSocket { socket: Socket::Radius(0), port: 1645 });
    let text = bench.refused(HostRequest::OpenSocket { socket: Socket::Radius(1), port: 1645 });
    assert!(text.contains("1645") && text.contains("in use"), "{text}");
    bench.done(HostRequest::CloseSocket { socket: Socket::Radius(0) });
    bench.done(HostRequest::OpenSocket { socket: Socket::Radius(1), port: 1645 });
    bench.stop().unwrap();
    assert!(bench.ip("-o link show dev Vi5").contains("Vi5"), "it is left where it was");
}

/// A namespace with a TAP `eth9` in it, made by somebody else.
fn with_tap() -> (Arc<NetNs>, tun_rs::SyncDevice) {
    let netns = Arc::new(NetNs::create().unwrap());
    let tap = netns.run(|| Tap::open("eth9", 1500, None)).unwrap();
    (netns, tap)
}

pub fn a_named_device_is_left_as_it_was_found() {
    let (netns, _tap) = with_tap();
    ip(&netns, "addr add 192.0.2.7/24 dev eth9");
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    bench.done(bind(ETHERNET, ethernet0()));
    bench.done(up(ETHERNET, true));
    bench.done(HostRequest::SetMtu { interface: ETHERNET, mtu: 1400 });
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.51.6.82/24") });
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("192.0.2.7/24") });
    let gateway = Some("10.51.6.1".parse().unwrap());
    let network = net("172.16.0.0/12");
    bench.done(HostRequest::AddRoute { network, gateway, interface: None, source: None });
    assert!(ip(&netns, "route show").contains("172.16.0.0/12 via 10.51.6.1"));
    bench.stop().unwrap();

    let link = ip(&netns, "-o link show dev eth9");
    assert!(link.contains("mtu 1500") && !link.contains(",UP"), "{link}");
    let addresses = ip(&netns, "-o addr show dev eth9");
    assert!(addresses.contains("192.0.2.7/24") && !addresses.contains("10.51.6.82"), "{addresses}");
    assert!(!ip(&netns, "route show table all").contains("172.16.0.0"));
}

pub fn a_loopback_interface_needs_no_device() {
    let mut bench = Bench::new();
    let loopback = InterfaceName::new(InterfaceKind::Loopback, "0");
    bench.done(bind(ETHERNET, loopback));
    bench.done(up(ETHERNET, true));
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.1.1.1/32") });
    assert!(bench.ip("-o addr show dev Lo0").contains("10.1.1.1/32"));
    assert_eq!(bench.ip("link del Lo0"), "");
    told(&bench, HostEvent::Gone { interface: ETHERNET });
    bench.done(bind(ETHERNET, InterfaceName::new(InterfaceKind::Loopback, "0")));
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.1.1.1/32") });
    assert!(bench.ip("-o addr show dev Lo0").contains("10.1.1.1/32"));
    bench.done(HostRequest::DeleteTun { interface: ETHERNET });
    assert!(bench.ip("-o link show dev Lo0").contains("does not exist"));
    bench.done(bind(VI4, InterfaceName::new(InterfaceKind::Loopback, "0")));
    bench.stop().unwrap();
}

pub fn a_device_that_is_given_back_is_as_it_was_found() {
    let (netns, _tap) = with_tap();
    let loopback = InterfaceName::new(InterfaceKind::Loopback, "0");
    let mut bench = Bench::start(config(&netns, &[(loopback.clone(), "eth9")], None));
    let is_up = || ip(&netns, "-o link show dev eth9").contains(",UP");
    bench.done(bind(ETHERNET, loopback.clone()));
    bench.done(up(ETHERNET, true));
    assert!(is_up());
    bench.done(HostRequest::DeleteTun { interface: ETHERNET });
    assert!(!is_up());
    bench.done(bind(VI4, loopback));
    bench.stop().unwrap();
}

pub fn carrier_is_reported() {
    let (netns, _tap) = with_tap();
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    let carrier = |bench: &Bench| {
        bench.wait(|seen| match seen {
            Seen::Host(HostEvent::Carrier { interface: ETHERNET, up }) => Some(up),
            _ => None,
        })
    };
    bench.done(bind(ETHERNET, ethernet0()));
    bench.request(up(ETHERNET, true));
    assert!(carrier(&bench), "that it was down when it was bound says nothing");
    bench.request(up(ETHERNET, false));
    assert!(!carrier(&bench));
    // Its cable is pulled meanwhile: whoever sets it up is told so all the same.
    assert_eq!(bench.ip("link set eth9 carrier off"), "");
    bench.request(up(ETHERNET, true));
    assert!(!carrier(&bench));
    assert_eq!(bench.ip("link set eth9 carrier on"), "");
    assert!(carrier(&bench));
}

pub fn the_hardware_address_is_reported() {
    let (netns, _tap) = with_tap();
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    let hardware = |bench: &Bench| {
        bench.wait(|seen| match seen {
            Seen::Host(HostEvent::Hardware { interface: ETHERNET, address }) => Some(address),
            _ => None,
        })
    };
    assert_eq!(bench.ip("link set eth9 address 02:00:5e:10:00:01"), "");
    bench.request(bind(ETHERNET, ethernet0()));
    assert_eq!(hardware(&bench), [2, 0, 0x5e, 0x10, 0, 1]);
    assert_eq!(bench.ip("link set eth9 address 02:00:5e:10:00:02"), "");
    assert_eq!(hardware(&bench), [2, 0, 0x5e, 0x10, 0, 2]);
}

pub fn the_neighbour_table_is_told() {
    let (netns, _tap) = with_tap();
    ip(&netns, "link set eth9 address 02:30:94:fe:1b:bf");
    let mut bench = Bench::start(config(&netns, &[(ethernet0(), "eth9")], None));
    bench.done(bind(ETHERNET, ethernet0()));
    bench.done(up(ETHERNET, true));
    bench.done(HostRequest::AddAddress { interface: ETHERNET, address: net("10.51.6.82/24") });
    ip(&netns, "neigh add 10.51.6.3 lladdr 02:00:00:00:00:09 nud reachable dev eth9");
    ip(&netns, "neigh add 10.51.6.4 nud incomplete dev eth9");
    ip(&netns, "neigh add 10.51.6.5 lladdr 02:00:00:00:00:0a nud noarp dev eth9");
    bench.request(HostRequest::Neighbours);
    let mut table = bench.wait(|seen| match seen {
        Seen::Host(HostEvent::Neighbours(_, table)) => Some(table),
        _ => None,
    });
    assert_eq!(table.own, [(ETHERNET, [0x02, 0x30, 0x94, 0xfe, 0x1b, 0xbf])]);
    table.others.sort_by_key(|other| other.address);
    let others: Vec<_> =
        table.others.iter().map(|other| (other.interface, other.address, other.hardware)).collect();
    let address = |last| std::net::Ipv4Addr::new(10, 51, 6, last);
    assert_eq!(others, [(ETHERNET, address(3), Some([2, 0, 0, 0, 0, 9])), (ETHERNET, address(4), None)]);
    assert!(table.others.iter().all(|other| other.age < std::time::Duration::from_secs(600)), "{table:?}");
    bench.stop().unwrap();
}

pub fn a_reload_takes_everything_back_and_keeps_the_terminal() {
    let mut bench = Bench::new();
    let mut notices = bench.handle.as_mut().unwrap().take_notices().unwrap();
    let console = LineId(0);
    bench.input.console(console, ConsoleInput::Open { console: true });
    bench.input.console(console, ConsoleInput::Size { width: 80, length: 24 });
    bench.done(create("Vi4"));
    bench.put(Output::SaveStartup("hostname saved\n".to_owned()));
    bench.put(Output::Reload);
    let text = bench.wait(|seen| if let Seen::PowerOn(text) = seen { Some(text) } else { None });
    assert_eq!(text, "hostname saved\n");
    assert_eq!(bench.see(), Seen::Console(console, ConsoleInput::Open { console: true }));
    assert_eq!(bench.see(), Seen::Console(console, ConsoleInput::Size { width: 80, length: 24 }));
    assert!(bench.ip("-o link show dev Vi4").contains("does not exist"));
    assert_eq!(notices.blocking_recv(), Some(Notice::Saved("hostname saved\n".to_owned())));
    assert_eq!(notices.blocking_recv(), Some(Notice::Reloaded));
    bench.done(create("Vi4"));
}

pub fn saving_the_startup_config_replaces_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("startup-config");
    let netns = Arc::new(NetNs::create().unwrap());
    let mut bench = Bench::start(config(&netns, &[], Some(path.clone())));
    let mut notices = bench.handle.as_mut().unwrap().take_notices().unwrap();
    bench.put(Output::SaveStartup("hostname kept\n".to_owned()));
    assert_eq!(notices.blocking_recv(), Some(Notice::Saved("hostname kept\n".to_owned())));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hostname kept\n");
    drop(directory);
    bench.put(Output::SaveStartup("hostname lost\n".to_owned()));
    assert!(
        matches!(notices.blocking_recv(), Some(Notice::NotSaved(text)) if text.contains("startup-config"))
    );
}
