//! `show version`, `history`, `privilege`, `terminal`, `access-lists`, and `show emulator inert`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::text::{in_words, say};
use crate::config::views::{AccessEntry, AccessList, InterfaceKind};
use crate::engine::Origin;
use crate::engine::views::InterfaceView;
use crate::proto::Dialect;

/// What `show version` tells that is not an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionInfo<'a> {
    /// `hostname`
    pub hostname: &'a str,
    /// The dialect that it selects.
    pub dialect: Dialect,
    /// The `version` line of the configuration: `12.1`.
    pub release: &'a str,
    /// Since the start of the router.
    pub uptime: Duration,
    /// It was started by `reload`.
    pub reloaded: bool,
}

/// `show version`: what this program is and which release it behaves as. It does not claim to be Cisco software; the
/// uptime, the reason of the start, the interfaces and the configuration register stand in lines that machine
/// parsers of IOS find.
pub fn show_version(f: &mut String, info: &VersionInfo<'_>, interfaces: &[InterfaceView]) {
    let VersionInfo { hostname, dialect, release, uptime, reloaded } = *info;
    let version = env!("CARGO_PKG_VERSION");
    if dialect == Dialect::V15 {
        // What published parsers and templates of this release look for, in this program's own name.
        say!(f, "VPDNSH (emulator) Linux Software (vpdnsh), Version {release}, RELEASE SOFTWARE ({version})");
    }
    say!(f, "vpdnsh, version {version}, behaving as IOS {release}");
    say!(f, "An interactive router shell over an L2TPv2/PPP engine. This is not Cisco software.");
    say!(f);
    say!(f, "{hostname} uptime is {}", in_words(uptime));
    say!(f, "System returned to ROM by {}", if reloaded { "reload" } else { "power-on" });
    say!(f, "System image file is \"vpdnsh\"");
    say!(f);
    say!(f, "Running on {} ({})", std::env::consts::OS, std::env::consts::ARCH);
    let count = |kinds: &[InterfaceKind]| {
        // The B channels belong to one interface.
        let whole = interfaces.iter().filter(|i| !matches!(i.origin, Origin::Channel { .. }));
        whole.filter(|i| kinds.contains(&i.name.kind)).count()
    };
    let kinds = [
        (count(&[InterfaceKind::Ethernet]), "Ethernet/IEEE 802.3"),
        (count(&[InterfaceKind::FastEthernet]), "FastEthernet/IEEE 802.3"),
        (count(&[InterfaceKind::GigabitEthernet]), "Gigabit Ethernet"),
        (count(&[InterfaceKind::Serial]), "Serial network"),
        (count(&[InterfaceKind::Bri]), "ISDN Basic Rate"),
        (count(&[InterfaceKind::VirtualAccess]), "Virtual Access"),
    ];
    for (count, kind) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        say!(f, "{count} {kind} interface(s)");
    }
    say!(f);
    say!(f, "Configuration register is 0x2102");
}

/// `show history`: the commands of this line, oldest first, two blanks in front of each (published).
pub fn show_history<'a>(f: &mut String, commands: impl IntoIterator<Item = &'a str>) {
    for command in commands {
        say!(f, "  {command}");
    }
}

/// `show privilege` (published).
pub fn show_privilege(f: &mut String, level: u8) {
    say!(f, "Current privilege level is {level}");
}

/// `show terminal`: the sizes and whether debugs come here; two lines of IOS's screen, recalled.
pub fn show_terminal(f: &mut String, line: &str, (length, width): (u16, u16), monitor: bool) {
    say!(f, "Line {line}, Location: \"\", Type: \"\"");
    say!(f, "Length: {length} lines, Width: {width} columns");
    say!(f, "Debug output is {}sent here", if monitor { "" } else { "not " });
}

/// `show sessions`: this shell opens no connections of its own (published).
pub fn show_sessions(f: &mut String) {
    say!(f, "% No connections open");
}

/// `show emulator inert`: the lines of the running-config that are accepted and kept but have no effect here, with
/// the lines that enclose them. This project's own screen.
pub fn show_emulator_inert(f: &mut String, lines: &[String]) {
    match lines.len() {
        0 => say!(f, "Every line of the configuration has an effect."),
        1 => say!(f, "1 line of the configuration is kept but has no effect here:"),
        n => say!(f, "{n} lines of the configuration are kept but have no effect here:"),
    }
    lines.iter().for_each(|line| say!(f, "  {line}"));
}

/// `show access-lists`: standard lists below 100, extended from 100 on, as captures of 12.x show them; 15.x numbers
/// the entries. Ports are not modelled.
pub fn show_access_lists(f: &mut String, dialect: Dialect, lists: &[AccessList]) {
    for list in lists {
        let extended = list.number >= 100;
        say!(f, "{} IP access list {}", if extended { "Extended" } else { "Standard" }, list.number);
        for (place, entry) in list.entries.iter().enumerate() {
            let number = match dialect {
                Dialect::V12_0 | Dialect::V12_1 => String::new(),
                Dialect::V15 => format!("{} ", (place + 1) * 10),
            };
            let AccessEntry { permit, protocol, source, destination } = entry;
            let action = if *permit { "permit" } else { "deny" };
            if extended {
                let protocol = protocol_name(*protocol);
                say!(
                    f,
                    "    {number}{action} {protocol} {} {}",
                    extended_end(*source),
                    extended_end(*destination)
                );
            } else {
                say!(f, "    {number}{action}{} {}", if *permit { "" } else { "  " }, standard_end(*source));
            }
        }
    }
}

fn protocol_name(protocol: Option<u8>) -> String {
    match protocol {
        None => "ip".to_owned(),
        Some(1) => "icmp".to_owned(),
        Some(6) => "tcp".to_owned(),
        Some(17) => "udp".to_owned(),
        Some(47) => "gre".to_owned(),
        Some(n) => n.to_string(),
    }
}

fn extended_end((address, wildcard): (Ipv4Addr, Ipv4Addr)) -> String {
    match (address, wildcard) {
        (_, Ipv4Addr::BROADCAST) => "any".to_owned(),
        (address, Ipv4Addr::UNSPECIFIED) => format!("host {address}"),
        (address, wildcard) => format!("{address} {wildcard}"),
    }
}

fn standard_end((address, wildcard): (Ipv4Addr, Ipv4Addr)) -> String {
    match (address, wildcard) {
        (_, Ipv4Addr::BROADCAST) => "any".to_owned(),
        (address, Ipv4Addr::UNSPECIFIED) => address.to_string(),
        (address, wildcard) => format!("{address}, wildcard bits {wildcard}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{ethernet, screen, vaccess};

    #[test]
    fn show_version_says_what_it_is() {
        let info = VersionInfo {
            hostname: "lac",
            dialect: Dialect::V12_1,
            release: "12.1",
            uptime: Duration::from_secs(125),
            reloaded: false,
        };
        let shown = screen(|f| show_version(f, &info, &[ethernet(), vaccess()]));
        let first = format!("vpdnsh, version {}, behaving as IOS 12.1\n", env!("CARGO_PKG_VERSION"));
        assert!(shown.starts_with(&first), "{shown}");
        for line in [
            "lac uptime is 2 minutes",
            "System returned to ROM by power-on",
            "1 Ethernet/IEEE 802.3 interface(s)",
            "1 Virtual Access interface(s)",
            "Configuration register is 0x2102",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
        }
        assert!(!shown.contains("Serial"), "{shown}");
        let later =
            screen(|f| show_version(f, &VersionInfo { dialect: Dialect::V15, release: "15.4", ..info }, &[]));
        assert!(
            later.starts_with("VPDNSH (emulator) Linux Software (vpdnsh), Version 15.4, RELEASE SOFTWARE ("),
            "{later}"
        );
        assert!(later.contains("This is not Cisco software."), "{later}");
        let reloaded = VersionInfo { reloaded: true, ..info };
        assert!(screen(|f| show_version(f, &reloaded, &[])).contains("\nSystem returned to ROM by reload\n"));
    }

    #[test]
    fn small_screens() {
        assert_eq!(screen(|f| show_history(f, ["enable", "show vpdn"])), "  enable\n  show vpdn\n");
        assert_eq!(screen(|f| show_privilege(f, 15)), "Current privilege level is 15\n");
        let terminal = screen(|f| show_terminal(f, "0", (24, 80), false));
        assert!(terminal.ends_with("Length: 24 lines, Width: 80 columns\nDebug output is not sent here\n"));
    }

    #[test]
    fn inert_lines_are_counted_and_listed() {
        let shown = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            screen(|f| show_emulator_inert(f, &lines))
        };
        assert_eq!(shown(&[]), "Every line of the configuration has an effect.\n");
        assert_eq!(
            shown(&["ip http server", "vpdn-group 1 / ip pmtu"]),
            "2 lines of the configuration are kept but have no effect here:\n  ip http server\n  vpdn-group 1 / ip pmtu\n"
        );
        assert!(shown(&["ip http server"]).starts_with("1 line of the configuration is kept"));
    }

    #[test]
    fn access_lists() {
        let host = |a: [u8; 4]| (Ipv4Addr::from(a), Ipv4Addr::UNSPECIFIED);
        let any = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        let net = (Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(0, 255, 255, 255));
        let entry =
            |permit, protocol, source, destination| AccessEntry { permit, protocol, source, destination };
        let lists = [
            AccessList {
                number: 1,
                entries: vec![entry(true, None, net, any), entry(false, None, host([1, 2, 3, 4]), any)],
            },
            AccessList { number: 101, entries: vec![entry(true, Some(1), any, host([1, 2, 3, 4]))] },
        ];
        assert_eq!(
            screen(|f| show_access_lists(f, Dialect::V12_1, &lists)),
            "Standard IP access list 1
    permit 10.0.0.0, wildcard bits 0.255.255.255
    deny   1.2.3.4
Extended IP access list 101
    permit icmp any host 1.2.3.4
"
        );
        let modern = screen(|f| show_access_lists(f, Dialect::V15, &lists));
        assert!(modern.contains("    20 deny   1.2.3.4\n"), "{modern}");
    }
}
