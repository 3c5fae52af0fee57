//! The `%FACILITY-SEVERITY-MNEMONIC` lines of an engine, typed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::config::views::InterfaceName;

/// What became of an entry of the dead cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeadChange {
    /// The LNS has failed.
    Added,
    /// It answers, or its time is over.
    Deleted,
    /// By `clear vpdn dead-cache`.
    Cleared,
}

/// A log message. Texts of LINK, LINEPROTO and ISDN as in the documented call (Cisco tech note 23980); texts
/// of VPDN by the mnemonics of "Troubleshooting Virtual Private Networks", wording recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Syslog<'a> {
    /// `%LINK-3-UPDOWN`
    Link { name: &'a InterfaceName, up: bool },
    /// `%LINK-5-CHANGED`
    AdministrativelyDown { name: &'a InterfaceName },
    /// `%LINEPROTO-5-UPDOWN`
    Protocol { name: &'a InterfaceName, up: bool },
    /// `%ISDN-6-CONNECT`
    Connect { name: &'a InterfaceName, number: Option<&'a str>, peer: &'a str },
    /// `%ISDN-6-DISCONNECT`
    Disconnect { name: &'a InterfaceName, number: Option<&'a str>, peer: &'a str, seconds: u64 },
    /// `%VPDN-5-UNREACH`
    Unreachable { lns: Ipv4Addr },
    /// `%VPDN-6-CLOSED`
    Closed {
        role: &'a str,
        peer: &'a str,
        interface: &'a str,
        user: &'a str,
        result: u16,
        error: u16,
        reason: &'a str,
    },
    /// `%VPDN-6-AUTHENFAIL`
    TunnelAuthentication { role: &'a str, name: &'a str, peer: &'a str, what: &'a str },
    /// `%VPDN-6-AUTHORFAIL`
    Authorization { name: &'a str, interface: &'a str, user: &'a str, reason: &'a str },
    /// `%VPDN-6-MAX_SESS_EXCD`
    SessionLimit { name: &'a str, user: &'a str },
    /// `%VPDN-6-SOFTSHUT`
    Softshut { role: &'a str, name: &'a str, user: &'a str },
    /// `%VPDN-3-NORESOURCE`
    NoResource { name: &'a str, what: &'a str, user: &'a str },
    /// `%VPDN-5-TUNNELDROP`: the option `tunnel-drop`.
    TunnelDrop { name: &'a str, peer: &'a str },
    /// `%VPDN-4-L2F`: a peer speaks L2F. No document has a line for it: mnemonic and words are this project's.
    L2f { peer: IpAddr },
    /// `%VPDN-6-DEADCACHE_CHANGE`: the option `dead-cache`; recalled.
    DeadCache { lns: Ipv4Addr, change: DeadChange },
    /// `%AAA-3-PARSEERR`: a server sent a line of configuration that is none. The mnemonic and the words are those of
    /// the list of system messages, the number of the error is recalled.
    BadInterfaceConfig { line: &'a str },
    /// `%AAA-4-NOADDRESS`: a pool has no address for a peer. No document has a line for it: mnemonic and words are this
    /// project's.
    NoAddress { interface: &'a str, user: &'a str, pool: &'a str, exists: bool },
    /// The host refused something: `%SYS-3-HOST`, a facility of this program.
    Refused { what: &'a str, reason: &'a str },
}

impl Syslog<'_> {
    /// 0 emergencies to 7 debugging.
    pub const fn severity(&self) -> u8 {
        match self {
            Syslog::Link { .. }
            | Syslog::NoResource { .. }
            | Syslog::BadInterfaceConfig { .. }
            | Syslog::Refused { .. } => 3,
            Syslog::NoAddress { .. } | Syslog::L2f { .. } => 4,
            Syslog::AdministrativelyDown { .. }
            | Syslog::Protocol { .. }
            | Syslog::Unreachable { .. }
            | Syslog::TunnelDrop { .. } => 5,
            Syslog::Connect { .. }
            | Syslog::Disconnect { .. }
            | Syslog::Closed { .. }
            | Syslog::TunnelAuthentication { .. }
            | Syslog::Authorization { .. }
            | Syslog::SessionLimit { .. }
            | Syslog::DeadCache { .. }
            | Syslog::Softshut { .. } => 6,
        }
    }
}

const fn updown(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

impl fmt::Display for Syslog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Syslog::Link { name, up } => {
                write!(f, "%LINK-3-UPDOWN: Interface {name}, changed state to {}", updown(*up))
            }
            Syslog::AdministrativelyDown { name } => {
                write!(f, "%LINK-5-CHANGED: Interface {name}, changed state to administratively down")
            }
            Syslog::Protocol { name, up } => write!(
                f,
                "%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {}",
                updown(*up)
            ),
            Syslog::Connect { name, number, peer } => {
                write!(f, "%ISDN-6-CONNECT: Interface {name} is now connected to ")?;
                party(f, *number, peer)
            }
            Syslog::Disconnect { name, number, peer, seconds } => {
                write!(f, "%ISDN-6-DISCONNECT: Interface {name} disconnected from ")?;
                party(f, *number, peer)?;
                write!(f, ", call lasted {seconds} seconds")
            }
            Syslog::Unreachable { lns } => write!(f, "%VPDN-5-UNREACH: L2TP LNS {lns} is unreachable"),
            Syslog::Closed { role, peer, interface, user, result, error, reason } => write!(
                f,
                "%VPDN-6-CLOSED: L2TP {role} {peer} closed {interface} user {user}; Result {result}, \
                 Error {error}, {reason}"
            ),
            Syslog::TunnelAuthentication { role, name, peer, what } => write!(
                f,
                "%VPDN-6-AUTHENFAIL: L2TP {role} {name}, authentication failure for tunnel {peer}; {what}"
            ),
            Syslog::Authorization { name, interface, user, reason } => write!(
                f,
                "%VPDN-6-AUTHORFAIL: L2TP NAS {name}, AAA authorization failure for {interface} user {user}; {reason}"
            ),
            Syslog::SessionLimit { name, user } => write!(
                f,
                "%VPDN-6-MAX_SESS_EXCD: L2TP HGW {name} has exceeded configured local session-limit and \
                 rejected user {user}"
            ),
            Syslog::Softshut { role, name, user } => {
                write!(
                    f,
                    "%VPDN-6-SOFTSHUT: L2TP {role} {name} has turned on softshut and rejected user {user}"
                )
            }
            Syslog::NoResource { name, what, user } => {
                write!(f, "%VPDN-3-NORESOURCE: L2TP HGW {name} no resources ({what}) for user {user}")
            }
            Syslog::TunnelDrop { name, peer } => {
                write!(f, "%VPDN-5-TUNNELDROP: {name} has dropped the tunnel to {peer}")
            }
            Syslog::L2f { peer } => {
                write!(f, "%VPDN-4-L2F: L2F packets from {peer} ignored, only L2TP is spoken")
            }
            Syslog::DeadCache { lns, change } => {
                let change = match change {
                    DeadChange::Added => "added",
                    DeadChange::Deleted => "deleted",
                    DeadChange::Cleared => "cleared",
                };
                write!(f, "%VPDN-6-DEADCACHE_CHANGE: LSG dead cache entry {lns} {change}")
            }
            Syslog::BadInterfaceConfig { line } => {
                write!(f, "%AAA-3-PARSEERR: Error(-1): parser is unable to parse {line} per-user command")
            }
            Syslog::NoAddress { interface, user, pool, exists } => {
                let why = if *exists { "is exhausted" } else { "does not exist" };
                write!(f, "%AAA-4-NOADDRESS: No address for user {user} on {interface}: pool {pool} {why}")
            }
            Syslog::Refused { what, reason } => write!(f, "%SYS-3-HOST: {what}: {reason}"),
        }
    }
}

/// Number and name of the other party; IOS says `unknown` where it has no number.
fn party(f: &mut fmt::Formatter<'_>, number: Option<&str>, peer: &str) -> fmt::Result {
    f.write_str(number.filter(|n| !n.is_empty()).unwrap_or("unknown"))?;
    if !peer.is_empty() {
        write!(f, " {peer}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::InterfaceKind;

    #[test]
    fn lines_of_the_documented_call() {
        let name = InterfaceName::new(InterfaceKind::Serial, "0:0");
        let number = Some("2085730592");
        let line = Syslog::Disconnect { name: &name, number, peer: "2500-1", seconds: 17 };
        assert_eq!(
            line.to_string(),
            "%ISDN-6-DISCONNECT: Interface Serial0:0 disconnected from 2085730592 2500-1, call lasted 17 seconds"
        );
        let line = Syslog::Connect { name: &name, number, peer: "2500-1" };
        assert_eq!(
            line.to_string(),
            "%ISDN-6-CONNECT: Interface Serial0:0 is now connected to 2085730592 2500-1"
        );
        let line = Syslog::Connect { name: &name, number: None, peer: "" };
        assert_eq!(line.to_string(), "%ISDN-6-CONNECT: Interface Serial0:0 is now connected to unknown");
    }

    #[test]
    fn the_severity_is_the_one_in_the_text() {
        let name = InterfaceName::new(InterfaceKind::VirtualAccess, "4");
        for line in [
            Syslog::Link { name: &name, up: true },
            Syslog::AdministrativelyDown { name: &name },
            Syslog::Protocol { name: &name, up: false },
            Syslog::Connect { name: &name, number: None, peer: "" },
            Syslog::Unreachable { lns: Ipv4Addr::LOCALHOST },
            Syslog::Softshut { role: "HGW", name: "a", user: "b" },
            Syslog::DeadCache { lns: Ipv4Addr::LOCALHOST, change: DeadChange::Added },
            Syslog::NoResource { name: "a", what: "c", user: "b" },
            Syslog::NoAddress { interface: "a", user: "b", pool: "c", exists: true },
            Syslog::L2f { peer: Ipv4Addr::LOCALHOST.into() },
            Syslog::Refused { what: "a", reason: "b" },
        ] {
            let text = line.to_string();
            let severity = text.split('-').nth(1).map(str::to_owned);
            assert_eq!(severity, Some(line.severity().to_string()), "{text}");
        }
    }
}
