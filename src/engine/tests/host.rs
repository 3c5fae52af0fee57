//! The host of a router in a test: what it is asked for, it has done at once.

use super::world::Node;
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
                // As Linux does it: with its last address an interface loses its routes.
                if self.addresses.values().all(|i| *i != interface) {
                    self.routes.retain(|(_, i)| *i != interface);
                }
            }
            HostRequest::AddRoute { network, interface, .. } => {
                let interface = interface.ok_or("no interface")?;
                if self.routes.contains(&(network, interface)) {
                    return Err("it exists");
                }
                self.routes.push((network, interface));
            }
            HostRequest::RemoveRoute { network, interface, .. } => {
                let interface = interface.ok_or("no interface")?;
                let at =
                    self.routes.iter().position(|r| *r == (network, interface)).ok_or("no such route")?;
                self.routes.remove(at);
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
