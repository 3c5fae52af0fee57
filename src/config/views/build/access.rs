//! Numbered access lists, as dialer lists use them. Ports are not modelled: an entry that names some stands for the
//! whole protocol.

use std::net::Ipv4Addr;

use super::super::{AccessEntry, AccessList};
use crate::grammar::command::access as g;
use crate::grammar::command::access::AccessCommand as A;
use crate::grammar::table::Op;

/// An address and its wildcard bits.
type Spec = (Ipv4Addr, Ipv4Addr);

const ANY: Spec = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);

const fn host(address: Ipv4Addr) -> Spec {
    (address, Ipv4Addr::UNSPECIFIED)
}

/// Adds what one line says to its list.
pub fn entry(command: &A, lists: &mut Vec<AccessList>) {
    let (number, entry) = match command {
        A::AccessListStandard(Op::Set(a)) => (a.number, standard(a)),
        A::AccessListExtended(Op::Set(a)) => (a.list, extended(a)),
        _ => return,
    };
    let Ok(number) = u16::try_from(number) else { return };
    match lists.iter_mut().find(|l| l.number == number) {
        Some(list) => list.entries.push(entry),
        None => lists.push(AccessList { number, entries: vec![entry] }),
    }
}

fn standard(a: &g::AccessListStandard) -> AccessEntry {
    let source = match a.source {
        g::AccessListStandardSource::Any => ANY,
        g::AccessListStandardSource::Host { host: address } => host(address),
        g::AccessListStandardSource::Address { address, wildcard } => {
            (address, wildcard.unwrap_or(Ipv4Addr::UNSPECIFIED))
        }
    };
    let permit = a.action == g::AccessListStandardAction::Permit;
    AccessEntry { permit, protocol: None, source, destination: ANY }
}

fn extended(a: &g::AccessListExtended) -> AccessEntry {
    let source = match a.source {
        g::AccessListExtendedSource::Any => ANY,
        g::AccessListExtendedSource::Host { host: address } => host(address),
        g::AccessListExtendedSource::Address { address, wildcard } => (address, wildcard),
    };
    let destination = match a.destination {
        g::AccessListExtendedDestination::Any => ANY,
        g::AccessListExtendedDestination::Host { host: address } => host(address),
        g::AccessListExtendedDestination::Address { address, wildcard } => (address, wildcard),
    };
    let permit = a.action == g::AccessListExtendedAction::Permit;
    AccessEntry { permit, protocol: protocol(&a.protocol), source, destination }
}

fn protocol(protocol: &g::AccessListExtendedProtocol) -> Option<u8> {
    use g::AccessListExtendedProtocol as P;
    match protocol {
        P::Ip => None,
        P::Icmp => Some(1),
        P::Igmp => Some(2),
        P::Tcp => Some(6),
        P::Udp => Some(17),
        P::Gre => Some(47),
        P::Esp => Some(50),
        P::Ospf => Some(89),
        P::Number { number } => u8::try_from(*number).ok(),
    }
}
