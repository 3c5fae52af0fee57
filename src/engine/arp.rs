//! ARP is Linux's; the router shows what the kernel's neighbour table holds.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::core::Pending;
use super::io::{HostRequest, Neighbours, Output, RequestId};
use super::{Engine, InterfaceName};
use crate::proto::Instant;

/// An entry of `show arp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArpView {
    /// The address.
    pub address: Ipv4Addr,
    /// How long ago it was last heard of; `None` for an address of the router itself.
    pub age: Option<Duration>,
    /// Its hardware address; `None` while it has not answered.
    pub hardware: Option<[u8; 6]>,
    /// Where it is.
    pub interface: InterfaceName,
}

impl Engine {
    /// Asks for the table; `Output::Arp` of this request tells it.
    pub fn arp(&mut self, now: Instant) -> RequestId {
        self.advance(now);
        self.core.ask(HostRequest::Neighbours, Pending::Neighbours)
    }

    /// The host has told the table.
    pub(super) fn neighbours(&mut self, id: RequestId, table: Neighbours) {
        if self.core.pending.remove(&id) != Some(Pending::Neighbours) {
            return;
        }
        let name = |id| self.interfaces.get(id).map(|interface| interface.name.clone());
        let own = table.own.into_iter().filter_map(|(id, hardware)| {
            let interface = name(id)?;
            let address = self.interface(&interface)?.address?.addr();
            Some(ArpView { address, age: None, hardware: Some(hardware), interface })
        });
        let others = table.others.into_iter().filter_map(|other| {
            let interface = name(other.interface)?;
            Some(ArpView {
                address: other.address,
                age: Some(other.age),
                hardware: other.hardware,
                interface,
            })
        });
        let mut entries: Vec<ArpView> = own.chain(others).collect();
        entries.sort_by_key(|entry| entry.address);
        self.core.push(Output::Arp(id, Ok(entries)));
    }
}
