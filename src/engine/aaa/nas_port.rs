//! NAS-Port in the forms of `radius-server attribute nas-port format`.
//!
//! The numbers are those that Cisco's list of RADIUS attributes gives for attribute 5, as recalled: five decimal digits,
//! `00ttt` for an asynchronous line, `10xxx` for a virtual interface, `2ppcc` for a channel of a primary rate
//! interface, `3bb0c` for one of a basic rate interface, `6nnss` for any other.

use crate::config::views::{InterfaceKind, InterfaceName};

/// Format `a`: 16 bits that say what the port is, and which.
pub fn standard(name: &InterfaceName) -> u32 {
    let (unit, channel) = name.unit.split_once(':').unwrap_or((&name.unit, ""));
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    let (channel, mut numbers) = (number(channel), unit.split(['/', '.']).map(number));
    let (first, second) = (numbers.next().unwrap_or(0) % 100, numbers.next());
    let (kind, number) = match name.kind {
        InterfaceKind::Async => (0, number(unit) % 1000),
        InterfaceKind::VirtualAccess | InterfaceKind::VirtualTemplate | InterfaceKind::VirtualPpp => {
            (1, second.unwrap_or_else(|| number(unit)) % 1000)
        }
        // The port between slot and channel has no room in 16 bits.
        InterfaceKind::Serial if name.unit.contains(':') => (2, first * 100 + channel % 100),
        InterfaceKind::Bri => (3, first * 100 + channel % 10),
        InterfaceKind::Serial
        | InterfaceKind::Loopback
        | InterfaceKind::Tunnel
        | InterfaceKind::Atm
        | InterfaceKind::Ethernet
        | InterfaceKind::FastEthernet
        | InterfaceKind::GigabitEthernet
        | InterfaceKind::Multilink
        | InterfaceKind::Dialer
        | InterfaceKind::Vlan
        | InterfaceKind::Null => (6, first * 100 + second.unwrap_or(0) % 100),
    };
    kind * 10_000 + number
}

/// Format `b`: the interface that controls the port (the D channel of a call) in the upper 16 bits, the port in the
/// lower. What nothing controls has zeros there.
pub fn extended(name: &InterfaceName, controller: Option<&InterfaceName>) -> u32 {
    controller.map_or(0, standard) << 16 | standard(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(kind: InterfaceKind, unit: &str) -> InterfaceName {
        InterfaceName::new(kind, unit)
    }

    #[test]
    fn each_kind_of_port_has_its_range() {
        for (kind, unit, number) in [
            (InterfaceKind::Async, "51", 51),
            (InterfaceKind::VirtualAccess, "4", 10_004),
            (InterfaceKind::VirtualAccess, "2.1", 10_001),
            (InterfaceKind::Serial, "0:0", 20_000),
            (InterfaceKind::Serial, "0:22", 20_022),
            (InterfaceKind::Bri, "0:1", 30_001),
            (InterfaceKind::Bri, "2:2", 30_202),
            (InterfaceKind::Ethernet, "0", 60_000),
            (InterfaceKind::FastEthernet, "2/1", 60_201),
            (InterfaceKind::VirtualAccess, "123456", 10_456),
        ] {
            assert_eq!(standard(&port(kind, unit)), number, "{kind:?} {unit}");
        }
        // The documents' example of what 16 bits cannot tell apart.
        for unit in ["1/0:1", "1/1:1"] {
            assert_eq!(standard(&port(InterfaceKind::Serial, unit)), 20_101);
        }
    }

    #[test]
    fn the_upper_half_is_the_controller() {
        let (channel, d) = (port(InterfaceKind::Serial, "0:5"), port(InterfaceKind::Serial, "0:23"));
        assert_eq!(extended(&channel, Some(&d)), 20_023 << 16 | 20_005);
        assert_eq!(extended(&port(InterfaceKind::VirtualAccess, "4"), None), 10_004);
    }
}
