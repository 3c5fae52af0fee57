//! `show arp`: what the kernel knows, filtered and page by page as any screen.

use super::*;
use crate::engine::{InterfaceId, Neighbour};

const R: &str = "hostname R\ninterface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n\
                 interface Ethernet1\n ip address 10.1.0.1 255.255.255.0\n";

/// A router with neighbours on both of its interfaces.
fn bench() -> Bench {
    let mut bench = Bench::enabled(R);
    let bound = |name: &str| {
        let is = |request: &&HostRequest| matches!(request, HostRequest::BindDevice { name: n, .. } if n.to_string() == name);
        match bench.requests.iter().find(is) {
            Some(HostRequest::BindDevice { interface, .. }) => *interface,
            _ => panic!("{name} was not bound"),
        }
    };
    let (e0, e1) = (bound("Ethernet0"), bound("Ethernet1"));
    let other = |interface: InterfaceId, address: [u8; 4], hardware, minutes: u64| Neighbour {
        interface,
        address: address.into(),
        hardware,
        age: Duration::from_secs(60 * minutes + 59),
    };
    bench.neighbours = Ok(Neighbours {
        own: vec![(e0, [0, 0x30, 0x94, 0xfe, 0x1b, 0xbf]), (e1, [0, 0x30, 0x94, 0xfe, 0x1b, 0xc0])],
        others: vec![
            other(e1, [10, 1, 0, 200], Some([2, 0, 0, 0, 0, 9]), 125),
            other(e0, [10, 0, 0, 9], None, 0),
            other(e0, [10, 0, 0, 2], Some([2, 0, 0, 0, 0, 0xa]), 0),
        ],
    });
    bench
}

const HEAD: &str = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n";
const ROWS: [&str; 5] = [
    "Internet  10.0.0.1                -   0030.94fe.1bbf  ARPA   Ethernet0\n",
    "Internet  10.0.0.2                0   0200.0000.000a  ARPA   Ethernet0\n",
    "Internet  10.0.0.9                0   Incomplete      ARPA   Ethernet0\n",
    "Internet  10.1.0.1                -   0030.94fe.1bc0  ARPA   Ethernet1\n",
    "Internet  10.1.0.200            125   0200.0000.0009  ARPA   Ethernet1\n",
];

#[test]
fn the_table_and_its_parts() {
    let mut bench = bench();
    for line in ["show arp", "show ip arp"] {
        assert_eq!(bench.shown(line), format!("{HEAD}{}R#", ROWS.concat()));
        assert_eq!(bench.shown(&format!("{line} 10.0.0.9")), format!("{HEAD}{}R#", ROWS[2]));
        assert_eq!(bench.shown(&format!("{line} 0030.94fe.1bc0")), format!("{HEAD}{}R#", ROWS[3]));
        assert_eq!(bench.shown(&format!("{line} Ethernet1")), format!("{HEAD}{}{}R#", ROWS[3], ROWS[4]));
        assert_eq!(bench.shown(&format!("{line} 10.9.9.9")), format!("{HEAD}R#"));
    }
}

#[test]
fn it_is_filtered_and_shown_page_by_page() {
    let mut bench = bench();
    assert_eq!(bench.shown("show arp | include 125"), format!("{}R#", ROWS[4]));
    bench.lines("terminal length 4");
    assert_eq!(bench.shown("show arp"), format!("{HEAD}{}{} --More-- \n", ROWS[0], ROWS[1]));
    assert_eq!(bench.waits(), Waits::More);
    bench.type_on(CONSOLE, ConsoleInput::Key('q'));
    assert_eq!(bench.waits(), Waits::Line);
}

#[test]
fn a_table_that_cannot_be_read_is_an_error() {
    let mut bench = bench();
    bench.neighbours = Err("cannot read the neighbour table: no".to_owned());
    assert_eq!(bench.shown("show arp"), "% cannot read the neighbour table: no\nR#");
}
