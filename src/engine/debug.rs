//! The debug lines that the engine itself owns, typed: VPDN, VTEMPLATE, routes of IPCP, what a user has of its own; and
//! DDR and ISDN.

mod calls;

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::SessionEnd;
use crate::config::views::InterfaceName;
use crate::proto::redact::OneLine;
use crate::proto::{DebugText, Dialect, Switch};

pub(super) use calls::{Decider, Dialer, Isdn, Q931, Verdict};

/// `debug vpdn event` and `debug vpdn error`: lines that follow the interface's name.
pub(super) struct Vpdn<'a> {
    /// The interface, `Se0:0`.
    pub label: &'a str,
    pub event: VpdnEvent<'a>,
}

/// What `Vpdn` says. Those of the documented call are literal; the lookup (`Got DNIS string` to `Select
/// non-active address`) stands in a stretch that its publication lost, and follows 12.1 as recalled. The lines of
/// `debug vpdn error` have no published source: their wording is this project's choice.
pub(super) enum VpdnEvent<'a> {
    GotDnis(&'a str),
    GotNoDnis,
    LookingFor(&'a str),
    GotTunnelInfo(&'a str),
    InfoLac(&'a str),
    InfoBusyDisconnect(bool),
    InfoPassword,
    InfoAddresses(&'a [Ipv4Addr]),
    Level {
        level: usize,
        index: usize,
        address: Ipv4Addr,
        priority: u32,
    },
    Select {
        active: bool,
        address: Ipv4Addr,
        priority: u32,
    },
    NoTunnelInfo(&'a str),
    FindProcess,
    ForwardTo(Ipv4Addr),
    Pending,
    ProcessCreated,
    Cleanup,
    Reset,
    Created(&'a str),
    Clone(u32),
    Unreachable(Ipv4Addr),
    TunnelFailed(Ipv4Addr, &'a str),
    LimitReached(Ipv4Addr),
    GroupFull(&'a str),
    Busy(Ipv4Addr),
    /// A tunnel is open, but nothing in it is acknowledged.
    Silent(Ipv4Addr),
    /// `vpdn authorize domain`.
    DomainDenied(&'a str),
    /// An end of a tunnel is named, and no `ip host` line has the name.
    UnknownHost(&'a str),
    /// What the host will refuse to send from.
    ForeignSource(Ipv4Addr),
    Closed(&'a str),
}

impl DebugText for Vpdn<'_> {
    fn switch(&self) -> Switch {
        match self.event {
            VpdnEvent::Unreachable(_)
            | VpdnEvent::TunnelFailed(..)
            | VpdnEvent::LimitReached(_)
            | VpdnEvent::GroupFull(_)
            | VpdnEvent::Busy(_)
            | VpdnEvent::Silent(_)
            | VpdnEvent::DomainDenied(_)
            | VpdnEvent::UnknownHost(_)
            | VpdnEvent::ForeignSource(_)
            | VpdnEvent::Closed(_)
            | VpdnEvent::NoTunnelInfo(_) => Switch::VpdnError,
            VpdnEvent::GotDnis(_)
            | VpdnEvent::GotNoDnis
            | VpdnEvent::LookingFor(_)
            | VpdnEvent::GotTunnelInfo(_)
            | VpdnEvent::InfoLac(_)
            | VpdnEvent::InfoBusyDisconnect(_)
            | VpdnEvent::InfoPassword
            | VpdnEvent::InfoAddresses(_)
            | VpdnEvent::Level { .. }
            | VpdnEvent::Select { .. }
            | VpdnEvent::FindProcess
            | VpdnEvent::ForwardTo(_)
            | VpdnEvent::Pending
            | VpdnEvent::ProcessCreated
            | VpdnEvent::Cleanup
            | VpdnEvent::Reset
            | VpdnEvent::Created(_)
            | VpdnEvent::Clone(_) => Switch::VpdnEvent,
        }
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let f: &mut dyn fmt::Write = &mut OneLine(f);
        let label = self.label;
        match &self.event {
            VpdnEvent::GotDnis(n) => write!(f, "{label} VPDN: Got DNIS string {n}"),
            VpdnEvent::GotNoDnis => write!(f, "{label} VPDN: Got no DNIS string"),
            VpdnEvent::LookingFor(key) => write!(f, "{label} VPDN: Looking for tunnel -- {key} --"),
            VpdnEvent::GotTunnelInfo(key) => write!(f, "{label} VPDN/RPMS/: Got tunnel info for {key}"),
            VpdnEvent::InfoLac(name) => write!(f, "{label} VPDN/RPMS/:   LAC {name}"),
            VpdnEvent::InfoBusyDisconnect(on) => {
                write!(f, "{label} VPDN/RPMS/:   l2tp-busy-disconnect {}", if *on { "yes" } else { "no" })
            }
            VpdnEvent::InfoPassword => write!(f, "{label} VPDN/RPMS/:   l2tp-tunnel-password xxxxxx"),
            VpdnEvent::InfoAddresses(list) => {
                write!(f, "{label} VPDN/RPMS/:   IP")?;
                list.iter().try_for_each(|a| write!(f, " {a}"))
            }
            VpdnEvent::Level { level, index, address, priority } => {
                write!(f, "{label} VPDN/ : curlvl {level} Address {index}: {address}, priority {priority}")
            }
            VpdnEvent::Select { active, address, priority } => write!(
                f,
                "{label} VPDN/ : Select {} address {address}, priority {priority}",
                if *active { "active" } else { "non-active" }
            ),
            VpdnEvent::NoTunnelInfo(key) => write!(f, "{label} VPDN: No tunnel info for {key}"),
            VpdnEvent::FindProcess => write!(f, "{label} VPDN: Find LNS process created"),
            VpdnEvent::ForwardTo(address) => write!(f, "{label} VPDN: Forward to address {address}"),
            VpdnEvent::Pending => write!(f, "{label} VPDN: Pending"),
            VpdnEvent::ProcessCreated => write!(f, "{label} VPDN: Process created"),
            VpdnEvent::Cleanup => write!(f, "{label} VPDN: Cleanup"),
            VpdnEvent::Reset => write!(f, "{label} VPDN: Reset"),
            VpdnEvent::Created(user) => write!(f, "{label} VPDN: Virtual interface created for {user}"),
            VpdnEvent::Clone(number) => {
                write!(f, "{label} VPDN: Clone from Vtemplate {number} filterPPP=0 blocking")
            }
            VpdnEvent::Unreachable(address) => write!(f, "{label} VPDN: LNS {address} is unreachable"),
            VpdnEvent::TunnelFailed(address, why) => {
                write!(f, "{label} VPDN: No tunnel to LNS {address}: {why}")
            }
            VpdnEvent::LimitReached(address) => {
                write!(f, "{label} VPDN: LNS {address} has reached its session limit")
            }
            VpdnEvent::GroupFull(group) => {
                write!(f, "{label} VPDN: vpdn-group {group} has reached its session limit")
            }
            VpdnEvent::Busy(address) => write!(f, "{label} VPDN: LNS {address} is busy"),
            VpdnEvent::Silent(address) => write!(f, "{label} VPDN: LNS {address} does not answer"),
            VpdnEvent::DomainDenied(domain) => {
                write!(f, "{label} VPDN: Domain {domain} is not authorized here")
            }
            VpdnEvent::UnknownHost(name) => write!(f, "{label} VPDN: No ip host has an address for {name}"),
            VpdnEvent::ForeignSource(address) => {
                write!(f, "{label} VPDN: Source {address} is no address of this router")
            }
            VpdnEvent::Closed(reason) => write!(f, "{label} VPDN: Session closed: {reason}"),
        }
    }
}

/// `debug vpdn error` where no interface is concerned. `Never heard of` is recalled.
pub(super) enum VpdnPort<'a> {
    /// A peer asks for a tunnel and no vpdn-group takes it.
    NoGroup { peer: &'a str },
    /// Sessions are refused.
    Softshut { peer: &'a str },
}

impl DebugText for VpdnPort<'_> {
    fn switch(&self) -> Switch {
        Switch::VpdnError
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            VpdnPort::NoGroup { peer } => write!(f, "L2X: Never heard of {peer}"),
            VpdnPort::Softshut { peer } => write!(f, "L2X: softshut is on, refusing a session of {peer}"),
        }
    }
}

/// `debug vtemplate`, as in the documented call (12.0(1)T).
pub(super) enum Vtemplate<'a> {
    /// A virtual interface was made.
    HardwareAddress { label: &'a str, address: [u8; 6] },
    /// It takes its configuration from a template.
    CloneBlock { label: &'a str },
    /// The block that is about to be cloned.
    Start { label: &'a str, number: &'a str },
    /// The lines of the block.
    Clone { label: &'a str, template: u32, name: &'a InterfaceName, lines: &'a [String] },
}

impl DebugText for Vtemplate<'_> {
    fn switch(&self) -> Switch {
        Switch::Vtemplate
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            Vtemplate::HardwareAddress { label, address: [a, b, c, d, e, g] } => {
                write!(f, "{label} VTEMPLATE: Hardware address {a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{g:02x}")
            }
            Vtemplate::CloneBlock { label } => {
                write!(f, "{label} VTEMPLATE: Has a new cloneblk vtemplate, now it has vtemplate")
            }
            Vtemplate::Start { label, number } => {
                write!(f, "{label} VTEMPLATE:\n***** CLONE VACCESS{number} *****")
            }
            Vtemplate::Clone { label, template, name, lines } => {
                write!(f, "{label} VTEMPLATE: Clone from Virtual-Template{template}\ninterface {name}")?;
                f.write_str("\ndefault ip address\nno ip address\nencap ppp")?;
                for line in clone_lines(lines) {
                    write!(f, "\n{line}")?;
                }
                f.write_str("\nend")
            }
        }
    }
}

/// The template's own lines in the order in which the documented clone sets them: addresses first, then the
/// peer's address is taken back, authentication and authorization, the peer's address anew, and the rest. What the
/// head of every clone block has said already is left out.
fn clone_lines(lines: &[String]) -> Vec<&str> {
    const SAID: [&str; 6] = [
        "no ip address",
        "default ip address",
        "encap ppp",
        "encapsulation ppp",
        "shutdown",
        "no peer default ip address",
    ];
    let mut own: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && !SAID.contains(line) && !line.starts_with("description "))
        .chain(["no peer default ip address"])
        .collect();
    own.sort_by_key(|line| clone_rank(line));
    own
}

fn clone_rank(line: &str) -> u8 {
    let begins = |words: &[&str]| words.iter().any(|w| line.starts_with(w));
    match line {
        _ if begins(&["ip "]) => 0,
        "no peer default ip address" => 1,
        _ if begins(&["ppp authentication", "ppp authorization", "ppp accounting"]) => 2,
        _ if begins(&["peer default ip address"]) => 3,
        _ => 4,
    }
}

/// Host routes of PPP peers, `debug ppp negotiation`.
pub(super) enum PeerRoute<'a> {
    Install {
        label: &'a str,
        address: Ipv4Addr,
    },
    Remove {
        label: &'a str,
        address: Ipv4Addr,
    },
    /// A local pool lent this address.
    Pool {
        label: &'a str,
        address: Ipv4Addr,
    },
}

impl DebugText for PeerRoute<'_> {
    fn switch(&self) -> Switch {
        Switch::PppNegotiation
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            PeerRoute::Install { label, address } => write!(f, "{label} IPCP: Install route to {address}"),
            PeerRoute::Remove { label, address } => write!(f, "{label} IPCP: Remove route to {address}"),
            PeerRoute::Pool { label, address } => write!(f, "{label} IPCP: Pool returned {address}"),
        }
    }
}

/// `debug aaa per-user`. The shape `AAA/PER-USER` is that of the command reference; what follows it is recalled, and
/// the line for what is left out is this project's own.
pub(super) enum PerUser<'a> {
    Line { label: &'a str, line: &'a str },
    Route { label: &'a str, network: Ipv4Net },
    RouteGone { label: &'a str, network: Ipv4Net },
    Ignored { label: &'a str, what: &'a str },
    Ended { label: &'a str, end: SessionEnd },
}

impl DebugText for PerUser<'_> {
    fn switch(&self) -> Switch {
        Switch::AaaPerUser
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let f: &mut dyn fmt::Write = &mut OneLine(f);
        match self {
            PerUser::Line { label, line } => write!(f, "{label} AAA/PER-USER: line = [{line}]"),
            PerUser::Route { label, network } => {
                write!(
                    f,
                    "{label} AAA/PER-USER: line = [ip route {} {}]",
                    network.network(),
                    network.netmask()
                )
            }
            PerUser::RouteGone { label, network } => {
                let (network, mask) = (network.network(), network.netmask());
                write!(f, "{label} AAA/PER-USER: line = [no ip route {network} {mask}]")
            }
            PerUser::Ignored { label, what } => write!(f, "{label} AAA/PER-USER: {what} is not applied"),
            PerUser::Ended { label, end } => {
                let what = match end {
                    SessionEnd::SessionTimeout => "Session timeout",
                    SessionEnd::IdleTimeout => "Idle timeout",
                };
                write!(f, "{label} AAA/PER-USER: {what}, dropping connection")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::InterfaceKind;

    pub fn text(event: &dyn DebugText, dialect: Dialect) -> String {
        let mut out = String::new();
        assert!(event.write(dialect, &mut out).is_ok());
        out
    }

    #[test]
    fn the_clone_block_of_the_documented_call() {
        let name = InterfaceName::new(InterfaceKind::VirtualAccess, "4");
        let lines = [
            "peer default ip address pool x",
            "ppp multilink",
            "ppp authorization",
            "ip unnumbered Ethernet0",
        ]
        .map(str::to_owned);
        let event = Vtemplate::Clone { label: "Vi4", template: 1, name: &name, lines: &lines };
        assert_eq!(
            text(&event, Dialect::V12_0),
            "Vi4 VTEMPLATE: Clone from Virtual-Template1\ninterface Virtual-Access4\ndefault ip address\n\
             no ip address\nencap ppp\nip unnumbered Ethernet0\nno peer default ip address\nppp authorization\n\
             peer default ip address pool x\nppp multilink\nend"
        );
        let event = Vtemplate::HardwareAddress { label: "Vi4", address: [0, 0x30, 0x94, 0xfe, 0x1b, 0xbf] };
        assert_eq!(text(&event, Dialect::V12_0), "Vi4 VTEMPLATE: Hardware address 0030.94fe.1bbf");
    }
}
