//! The host of a router in a test: what it is asked for, it has done at once.

use ipnet::Ipv4Net;

use super::world::Node;
use crate::config::views::InterfaceKind;
use crate::engine::*;

impl Node {
    /// Carries a request out, or says why not.
    pub fn carry_out(&mut self, request: HostRequest) -> Result<(), &'static str> {
        match request {
            HostRequest::OpenSocket { socket, .. } => self.sockets.push(socket),
            HostRequest::CloseSocket { socket } => self.sockets.retain(|s| *s != socket),
            HostRequest::CreateTun { interface, name, .. } => {
                assert!(name.len() <= 15 && !name.contains([':', '/']), "{name} is no kernel name");
                if self.tuns.values().any(|n| *n == name) {
                    return Err("it exists");
                }
                self.tuns.insert(interface, name);
            }
            HostRequest::DeleteTun { interface } => {
                self.tuns.remove(&interface).ok_or("no such TUN")?;
                self.addresses.retain(|_, i| *i != interface);
                self.routes.retain(|(_, i)| *i != interface);
            }
            HostRequest::AddAddress { interface, address } => {
                self.addresses.insert(address, interface);
            }
            HostRequest::RemoveAddress { address, .. } => {
                let interface = self.addresses.remove(&address).ok_or("no such address")?;
                // As Linux does it: with its last address an interface loses its routes, and whatever route has an
                // address as its source goes with it.
                if self.addresses.values().all(|i| *i != interface) {
                    self.routes.retain(|(_, i)| *i != interface);
                }
                let gone = |route: &(Ipv4Net, InterfaceId)| self.sources.get(route) == Some(&address.addr());
                self.routes.retain(|route| !gone(route));
            }
            HostRequest::AddRoute { network, interface, source, .. } => {
                let interface = interface.ok_or("no interface")?;
                if self.routes.contains(&(network, interface)) {
                    return Err("it exists");
                }
                if source.is_some_and(|source| self.addresses.keys().all(|mine| mine.addr() != source)) {
                    return Err("no such source");
                }
                self.sources.remove(&(network, interface));
                self.sources.extend(source.map(|source| ((network, interface), source)));
                self.routes.push((network, interface));
            }
            HostRequest::RemoveRoute { network, interface, .. } => {
                let interface = interface.ok_or("no interface")?;
                let at =
                    self.routes.iter().position(|r| *r == (network, interface)).ok_or("no such route")?;
                self.routes.remove(at);
            }
            HostRequest::BindDevice { interface, name } if name.kind == InterfaceKind::Loopback => {
                return self.carry_out(HostRequest::CreateTun { interface, name: name.short(), mtu: 1500 });
            }
            HostRequest::SpoolAppend { .. }
            | HostRequest::SpoolRemove { .. }
            | HostRequest::BindDevice { .. }
            | HostRequest::SetLink { .. }
            | HostRequest::SetMtu { .. }
            | HostRequest::Neighbours
            | HostRequest::Echo { .. } => {}
        }
        Ok(())
    }
}
