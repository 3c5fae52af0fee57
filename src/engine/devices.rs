//! What becomes of an interface when others take away what stands behind it on Linux.

use super::interfaces::{Binding, Origin};
use super::io::InterfaceId;
use super::syslog::Syslog;
use super::{Engine, LinkState};
use crate::config::views::InterfaceKind;
use ipnet::Ipv4Net;

/// What the operator is told; the wording is this project's.
const GONE: &str = "its Linux device is gone";
const TAKEN: &str = "it was taken away on Linux, and is given back";

impl Engine {
    /// The device of an interface is gone. A session without one cannot be; a TUN is made anew; an interface that was
    /// bound to a device of the machine is down until there is one of that name again.
    pub(super) fn device_gone(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get(id).filter(|i| i.binding == Binding::Ready) else { return };
        let (name, tun, origin) = (interface.name.to_string(), interface.tun, interface.origin);
        let installed = interface.installed;
        let loopback = interface.name.kind == InterfaceKind::Loopback;
        self.core.syslog(&Syslog::Refused { what: &name, reason: GONE });
        match origin {
            Origin::Cloned { .. } | Origin::Channel { .. } => self.port_refused(id),
            Origin::Configured => {
                self.drop_calls_of(id);
                self.withdraw_routes(id, installed);
                if tun {
                    self.unbind(id);
                    self.create_tun(id);
                    self.reconcile_routes();
                } else {
                    self.device_lost(id);
                    // A loopback interface has nothing outside that could come back by itself.
                    if loopback {
                        self.bind(id);
                    }
                }
            }
        }
    }

    /// Nothing stands behind a configured interface any more.
    pub(super) fn device_lost(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.binding = Binding::Refused;
        // They went with the device.
        interface.installed = None;
        interface.hardware = None;
        if interface.link == LinkState::Up {
            self.set_link(id, LinkState::Down);
        }
        self.set_protocol(id, false);
        self.reconcile_routes();
    }

    /// The host has told the hardware address of a device.
    pub(super) fn hardware_told(&mut self, id: InterfaceId, address: [u8; 6]) {
        if let Some(interface) = self.interfaces.get_mut(id) {
            interface.hardware = Some(address);
        }
    }

    /// There is a device again for an interface that had none.
    pub(super) fn device_appeared(&mut self, id: InterfaceId) {
        let waits = self.interfaces.get(id).is_some_and(|interface| {
            interface.binding == Binding::Refused && matches!(interface.origin, Origin::Configured)
        });
        if waits {
            self.bind(id);
        }
    }

    /// An address of an interface is gone, and with it what Linux had routed through it.
    pub(super) fn address_taken(&mut self, id: InterfaceId, address: Ipv4Net) {
        let Some(interface) = self.interfaces.get_mut(id).filter(|i| i.installed == Some(address)) else {
            return;
        };
        interface.installed = None;
        let what = format!("{} address {address}", interface.name);
        self.core.syslog(&Syslog::Refused { what: &what, reason: TAKEN });
        self.withdraw_routes(id, Some(address));
        self.apply_address(id);
    }
}
