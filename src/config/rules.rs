//! What a line must not say although it fits the grammar: held against itself, its place and the lines that are there.
//!
//! Whatever changes the configuration passes here: a typed line, a pasted one, the startup-config, `vpdnsh check`.
//! The wordings are recalled from IOS; a text about lines, sizes or Virtual-Access is this project's own.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::store::{Line, Path, Store};
use super::{secret, vty};
use crate::cli::{Form, Parsed, Word};
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::interface::{InterfaceCommand, IpAddressAddress};
use crate::grammar::command::line::{LineCommand, LineLine};
use crate::grammar::command::routing::{IpLocalPool, IpLocalPoolPool, IpRoute, RoutingCommand};
use crate::grammar::command::vpdn::VpdnCommand;
use crate::grammar::table::Op;
use crate::grammar::value::{InterfaceKind, InterfaceName, Scheme};
use crate::grammar::{Command, Mode};

/// Most addresses of one range of a pool. IOS has such a limit; which one is recalled no better than its order.
const POOL_MAX: u32 = 65_536;

/// Longest host name, as a label of a domain name may be (RFC 1035 section 2.3.4).
const HOSTNAME_MAX: usize = 63;

/// A line that fits the grammar but not the configuration. The text is what the console prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The mode instance was removed meanwhile.
    #[error("% This mode is no longer configured")]
    Gone,
    /// An interface of hardware.
    #[error("% Removal of physical interfaces is not permitted")]
    Physical,
    /// An interface of a call, which is what its Virtual-Template makes it.
    #[error("% Virtual-Access interfaces cannot be configured")]
    VirtualAccess,
    /// A terminal line that every router has.
    #[error("% The terminal lines of this router cannot be removed")]
    TerminalLine,
    /// A network line that every router has.
    #[error("% Can't delete last {} VTY lines", vty::ADDED)]
    LastLines,
    /// A network line that does not follow the others.
    #[error("% Bad line number - VTY line number is not contiguous.")]
    Vty,
    /// What stands behind type 5, 8 or 9 is no digest of that type.
    #[error(
        "ERROR: The secret you entered is not a valid encrypted secret.\nTo enter an UNENCRYPTED secret, do not specify \
         type {0} encryption.\nWhen you properly enter an UNENCRYPTED secret, it will be encrypted."
    )]
    Digest(u8),
    /// The last line of a range comes before the first.
    #[error("% Bad line range: {1} is before {0}")]
    LineRange(u32, u32),
    /// A group accepts and requests at once.
    #[error("% A VPDN group is either a LAC or an LNS: remove {0} first")]
    Role(&'static str),
    /// No host can have this address: loopback, multicast and what is reserved.
    #[error("Not a valid host address - {0}")]
    NotHost(Ipv4Addr),
    /// The address is that of the network or of its broadcast, or nobody else is in the network.
    #[error("Bad mask /{1} for address {0}")]
    BadMask(Ipv4Addr, u8),
    /// Another interface has addresses of the same network.
    #[error("% {0} overlaps with {1}")]
    Overlaps(Ipv4Addr, InterfaceName),
    /// The same, said of an interface that is to come up.
    #[error("% {0} overlaps with {1}\n{2}: incorrect IP address assignment")]
    StaysDown(Ipv4Addr, InterfaceName, InterfaceName),
    /// A destination has bits outside of its mask.
    #[error("%Inconsistent address and mask")]
    Inconsistent,
    /// The last address of a pool comes before the first.
    #[error("%Bad IP range, {0} - {1}")]
    PoolRange(Ipv4Addr, Ipv4Addr),
    /// A pool has too many addresses.
    #[error("%IP address range is larger than {POOL_MAX} addresses")]
    PoolSize,
    /// Another range of the same group of pools has the same addresses.
    #[error("%IP address range overlaps with pool: {0}")]
    PoolOverlaps(String),
    /// A host name begins or ends with something else than a letter or digit, or has a character that no name has.
    #[error("% Hostname contains one or more illegal characters.")]
    HostnameCharacters,
    /// A host name is too long.
    #[error("% Hostname is longer than {HOSTNAME_MAX} characters")]
    HostnameLength,
}

/// Whether a line may be applied at `path`.
pub(super) fn check(store: &Store, path: &Path, parsed: &Parsed) -> Result<(), StoreError> {
    if let Some(number) = parsed.words.iter().find_map(false_digest).filter(|_| parsed.form == Form::Set) {
        return Err(StoreError::Digest(number));
    }
    match &parsed.command {
        Command::Interface(command) => interface(store, path, command, parsed.form),
        Command::Line(LineCommand::Line(Op::No(lines))) => match lines.as_ref().map(|l| &l.line) {
            Some(LineLine::Vty { first, .. }) if *first < vty::ADDED => Err(StoreError::LastLines),
            Some(LineLine::Vty { .. }) => Ok(()),
            Some(LineLine::Console { .. } | LineLine::Aux { .. } | LineLine::First { .. }) | None => {
                Err(StoreError::TerminalLine)
            }
        },
        Command::Line(LineCommand::Line(Op::Set(lines))) => match lines.line {
            LineLine::Vty { first, last: Some(last) } | LineLine::First { first, last: Some(last) }
                if last < first =>
            {
                Err(StoreError::LineRange(first, last))
            }
            LineLine::Vty { .. }
            | LineLine::First { .. }
            | LineLine::Console { .. }
            | LineLine::Aux { .. } => Ok(()),
        },
        Command::Global(GlobalCommand::Hostname(Op::Set(h))) => hostname(&h.name),
        Command::Routing(RoutingCommand::IpRoute(Op::Set(r))) => route(r),
        Command::Routing(RoutingCommand::IpLocalPool(Op::Set(p))) => pool(store, p),
        Command::Vpdn(command) => role(store, path, command),
        _ => Ok(()),
    }
}

/// The type of a secret that is kept as a digest and is none.
fn false_digest(word: &Word) -> Option<u8> {
    let Word::Secret { secret, .. } = word else { return None };
    match secret.scheme {
        Scheme::Digest(number) => (!secret::is_digest(number, secret.reveal())).then_some(number),
        Scheme::Clear | Scheme::Type7 => None,
    }
}

fn role(store: &Store, path: &Path, command: &VpdnCommand) -> Result<(), StoreError> {
    let has = |wanted: fn(&VpdnCommand) -> bool| {
        store.at(path).iter().any(|l| matches!(&l.command, Command::Vpdn(v) if wanted(v)))
    };
    match command {
        VpdnCommand::AcceptDialin(Op::Set(()))
            if has(|v| matches!(v, VpdnCommand::RequestDialin(Op::Set(())))) =>
        {
            Err(StoreError::Role("request-dialin"))
        }
        VpdnCommand::RequestDialin(Op::Set(()))
            if has(|v| matches!(v, VpdnCommand::AcceptDialin(Op::Set(())))) =>
        {
            Err(StoreError::Role("accept-dialin"))
        }
        _ => Ok(()),
    }
}

fn interface(store: &Store, path: &Path, command: &InterfaceCommand, form: Form) -> Result<(), StoreError> {
    match command {
        InterfaceCommand::Interface(op) => match (op.args().map(|i| i.name.kind), form) {
            (Some(InterfaceKind::VirtualAccess), _) => Err(StoreError::VirtualAccess),
            (Some(kind), Form::No) if is_physical(kind) => Err(StoreError::Physical),
            (Some(_) | None, Form::Set | Form::No | Form::Default) => Ok(()),
        },
        InterfaceCommand::IpAddress(Op::Set(a)) => match a.address {
            IpAddressAddress::Address { address, mask } => {
                let net = interface_address(store.interface(path), address, mask)?;
                match overlapping(store, path, net, None) {
                    Some(other) => Err(StoreError::Overlaps(net.network(), other)),
                    None => Ok(()),
                }
            }
            IpAddressAddress::Negotiated | IpAddressAddress::Dhcp => Ok(()),
        },
        InterfaceCommand::IpAddressSecondary(Op::Set(a)) => {
            interface_address(store.interface(path), a.address, a.mask).map(drop)
        }
        InterfaceCommand::Shutdown(Op::No(_)) => {
            let own = store.opener(path).and_then(|line| Some((line.interface()?, address(line)?)));
            let Some((name, net)) = own else { return Ok(()) };
            match overlapping(store, path, net, Some(false)) {
                Some(other) => Err(StoreError::StaysDown(net.network(), other, name.clone())),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn is_physical(kind: InterfaceKind) -> bool {
    match kind {
        InterfaceKind::Atm
        | InterfaceKind::Ethernet
        | InterfaceKind::FastEthernet
        | InterfaceKind::GigabitEthernet
        | InterfaceKind::Serial
        | InterfaceKind::Bri
        | InterfaceKind::Async => true,
        InterfaceKind::Loopback
        | InterfaceKind::Tunnel
        | InterfaceKind::GroupAsync
        | InterfaceKind::Multilink
        | InterfaceKind::VirtualTemplate
        | InterfaceKind::VirtualAccess
        | InterfaceKind::VirtualPpp
        | InterfaceKind::Dialer
        | InterfaceKind::Vlan
        | InterfaceKind::Null => false,
    }
}

/// The address that the lines of an interface give it.
fn address(interface: &Line) -> Option<Ipv4Net> {
    interface.commands().find_map(|command| match command {
        Command::Interface(InterfaceCommand::IpAddress(Op::Set(a))) => match a.address {
            IpAddressAddress::Address { address, mask } => Ipv4Net::with_netmask(address, mask).ok(),
            IpAddressAddress::Negotiated | IpAddressAddress::Dhcp => None,
        },
        _ => None,
    })
}

/// An address that an interface of this name can have. A network of two is one of a point-to-point link (RFC 3021), which
/// later releases take on any interface; a network of one has no neighbours, which an Ethernet is there for.
fn interface_address(
    name: Option<&InterfaceName>,
    address: Ipv4Addr,
    mask: Ipv4Addr,
) -> Result<Ipv4Net, StoreError> {
    let [first, ..] = address.octets();
    if matches!(first, 0 | 127 | 224..) {
        return Err(StoreError::NotHost(address));
    }
    let net = Ipv4Net::with_netmask(address, mask).map_err(|_| StoreError::NotHost(address))?;
    let shared = name.is_some_and(|name| name.kind.is_ethernet() || name.kind == InterfaceKind::Vlan);
    let bad = match net.prefix_len() {
        0 => true,
        32 => shared,
        31 => false,
        _ => address == net.network() || address == net.broadcast(),
    };
    if bad { Err(StoreError::BadMask(address, net.prefix_len())) } else { Ok(net) }
}

/// An interface whose network has addresses of `net`, which the interface at `path` is given. One that is shut down is in
/// nobody's way until it comes up, and a Virtual-Template only lends its address to its clones.
fn overlapping(store: &Store, path: &Path, net: Ipv4Net, shutdown: Option<bool>) -> Option<InterfaceName> {
    let own = store.opener(path)?;
    let template =
        |line: &Line| line.interface().is_some_and(|name| name.kind == InterfaceKind::VirtualTemplate);
    if template(own) || shutdown.unwrap_or_else(|| is_shutdown(own)) {
        return None;
    }
    let interfaces = store.instances(Mode::Interface).chain(store.instances(Mode::Subinterface));
    let others = interfaces
        .filter(|line| line.interface() != own.interface() && !template(line) && !is_shutdown(line));
    let mut same =
        others.filter(|line| address(line).is_some_and(|other| other.contains(&net) || net.contains(&other)));
    same.next().and_then(Line::interface).cloned()
}

fn is_shutdown(interface: &Line) -> bool {
    interface.commands().any(|c| matches!(c, Command::Interface(InterfaceCommand::Shutdown(Op::Set(())))))
}

fn route(r: &IpRoute) -> Result<(), StoreError> {
    if r.destination & !r.mask == Ipv4Addr::UNSPECIFIED { Ok(()) } else { Err(StoreError::Inconsistent) }
}

/// Pools of one group share no address, as IOS has it; those that were given no group are one.
fn pool(store: &Store, p: &IpLocalPool) -> Result<(), StoreError> {
    let range = |p: &IpLocalPool| (p.low, p.high.unwrap_or(p.low));
    let (low, high) = range(p);
    if high < low {
        return Err(StoreError::PoolRange(low, high));
    }
    if high.to_bits() - low.to_bits() >= POOL_MAX {
        return Err(StoreError::PoolSize);
    }
    let pools = store.commands().filter_map(|command| match command {
        Command::Routing(RoutingCommand::IpLocalPool(op)) => op.set(),
        _ => None,
    });
    let replaced = |other: &&IpLocalPool| other.pool == p.pool && other.low == p.low;
    let mut others = pools.filter(|other| !replaced(other) && other.group == p.group);
    match others.find(|other| range(other).0 <= high && low <= range(other).1) {
        Some(IpLocalPool { pool: IpLocalPoolPool::Default, .. }) => {
            Err(StoreError::PoolOverlaps("default".to_owned()))
        }
        Some(IpLocalPool { pool: IpLocalPoolPool::Name { name }, .. }) => {
            Err(StoreError::PoolOverlaps(name.clone()))
        }
        None => Ok(()),
    }
}

fn hostname(name: &str) -> Result<(), StoreError> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.len() > HOSTNAME_MAX {
        return Err(StoreError::HostnameLength);
    }
    if !name.chars().all(inside) || !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        return Err(StoreError::HostnameCharacters);
    }
    Ok(())
}
