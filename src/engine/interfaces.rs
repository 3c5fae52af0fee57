//! The table of interfaces, configured and dynamic: what each is bound to, and its link and line protocol.

mod configured;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::Engine;
use super::core::{Change, Pending};
use super::io::{Counters, HostRequest, InterfaceId};
use super::syslog::Syslog;
use super::timers::Timer;
use super::traffic::Meter;
use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName, IpAddress};
use crate::proto::Instant;

/// How long a line protocol must have been different before the router says so.
const PROTOCOL_DELAY: Duration = Duration::from_secs(1);

/// State of an interface's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// `shutdown`.
    AdministrativelyDown,
    /// No carrier, no call, no device.
    Down,
    /// Up.
    Up,
}

/// Where an interface comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The configuration names it (or its controller does).
    Configured,
    /// A B channel of this D channel interface.
    Channel {
        /// The D channel interface.
        controller: InterfaceId,
        /// 0-based on a PRI, 1 or 2 on a BRI.
        channel: u8,
    },
    /// Cloned from this Virtual-Template.
    Cloned {
        /// Number of the template.
        template: u32,
    },
}

/// What stands behind an interface at the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    None,
    Waiting,
    Ready,
    Refused,
}

/// One interface.
#[derive(Debug)]
pub(super) struct Interface {
    pub name: InterfaceName,
    pub label: Arc<str>,
    pub config: Arc<InterfaceConfig>,
    /// What it is without what a user has of its own: of a cloned interface, what it was cloned from.
    pub template: Arc<InterfaceConfig>,
    pub origin: Origin,
    pub link: LinkState,
    pub protocol: bool,
    /// What the last `%LINEPROTO` line said.
    announced: bool,
    pub binding: Binding,
    /// What the device behind it last said of its carrier; one that has not spoken yet is taken to have it.
    carrier: bool,
    /// The hardware address of that device, where it has one.
    pub hardware: Option<[u8; 6]>,
    /// A TUN of ours stands behind it, to be deleted with it.
    pub tun: bool,
    /// The address in effect that the configuration does not name (`ip address negotiated`).
    pub negotiated: Option<Ipv4Net>,
    /// What the host was given.
    pub installed: Option<Ipv4Net>,
    /// What the host has refused to take: it is asked again when the link comes up, not at every word of configuration.
    pub refused: Option<Ipv4Net>,
    /// Of the call or session that is up.
    pub counters: Arc<Counters>,
    pub meter: Meter,
    /// Made by the startup-config: it comes up without a word, as before the console is there.
    quiet: bool,
    pub changed: Instant,
}

/// Every interface of a router.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    /// Each stands by itself: a table of the interfaces themselves would be a third empty.
    table: HashMap<InterfaceId, Box<Interface>>,
    names: HashMap<InterfaceName, InterfaceId>,
    /// The B channels of each D channel interface, by number.
    channels: HashMap<InterfaceId, BTreeMap<u8, InterfaceId>>,
    last: u32,
    free: BTreeSet<u32>,
    highest: u32,
}

impl Interfaces {
    pub fn get(&self, id: InterfaceId) -> Option<&Interface> {
        self.table.get(&id).map(|interface| &**interface)
    }

    pub fn get_mut(&mut self, id: InterfaceId) -> Option<&mut Interface> {
        self.table.get_mut(&id).map(|interface| &mut **interface)
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Interface> {
        self.table.values_mut().map(|interface| &mut **interface)
    }

    pub fn find(&self, name: &InterfaceName) -> Option<InterfaceId> {
        self.names.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.table.iter().map(|(id, i)| (*id, &**i))
    }

    pub fn add(
        &mut self,
        config: Arc<InterfaceConfig>,
        name: InterfaceName,
        origin: Origin,
        now: Instant,
    ) -> InterfaceId {
        let id = loop {
            // After four thousand million sessions the numbers begin again.
            self.last = self.last.wrapping_add(1);
            if !self.table.contains_key(&InterfaceId(self.last)) {
                break InterfaceId(self.last);
            }
        };
        let interface = Interface {
            label: name.short().into(),
            name: name.clone(),
            template: config.clone(),
            config,
            origin,
            link: LinkState::Down,
            protocol: false,
            announced: false,
            binding: Binding::None,
            carrier: true,
            hardware: None,
            tun: false,
            negotiated: None,
            installed: None,
            refused: None,
            counters: Arc::default(),
            meter: Meter::new(now),
            quiet: false,
            changed: now,
        };
        if let Origin::Channel { controller, channel } = origin {
            self.channels.entry(controller).or_default().insert(channel, id);
        }
        self.names.insert(name, id);
        self.table.insert(id, Box::new(interface));
        id
    }

    /// The B channels of a D channel interface, by number.
    pub fn channels_of(&self, controller: InterfaceId) -> impl Iterator<Item = (u8, InterfaceId)> + '_ {
        self.channels.get(&controller).into_iter().flatten().map(|(channel, id)| (*channel, *id))
    }

    pub fn remove(&mut self, id: InterfaceId) -> Option<Interface> {
        let interface = *self.table.remove(&id)?;
        if self.names.get(&interface.name) == Some(&id) {
            self.names.remove(&interface.name);
        }
        if let Origin::Channel { controller, channel } = interface.origin
            && let Some(channels) = self.channels.get_mut(&controller)
        {
            channels.remove(&channel);
            if channels.is_empty() {
                self.channels.remove(&controller);
            }
        }
        Some(interface)
    }

    /// The lowest free Virtual-Access number.
    pub fn allocate_virtual(&mut self) -> u32 {
        self.free.pop_first().unwrap_or_else(|| {
            self.highest += 1;
            self.highest
        })
    }

    pub fn release_virtual(&mut self, number: u32) {
        self.free.insert(number);
        while self.highest > 0 && self.free.remove(&self.highest) {
            self.highest -= 1;
        }
    }
}

impl Engine {
    /// Takes an interface out, with all that hangs on it.
    pub(super) fn remove_interface(&mut self, id: InterfaceId) {
        self.drop_calls_of(id);
        self.drop_port(id);
        self.core.timers.set(Timer::Protocol(id), None);
        self.core.timers.set(Timer::Idle(id), None);
        self.core.timers.set(Timer::Redial(id), None);
        self.remove_routes_of(id);
        self.unbind(id);
        if let Some(interface) = self.interfaces.remove(id)
            && interface.name.kind == InterfaceKind::VirtualAccess
            && let Ok(number) = interface.name.unit.parse()
        {
            self.interfaces.release_virtual(number);
        }
    }

    /// Asks the host for what stands behind an interface.
    pub(super) fn bind(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get(id) else { return };
        match interface.name.kind {
            InterfaceKind::Ethernet
            | InterfaceKind::FastEthernet
            | InterfaceKind::GigabitEthernet
            | InterfaceKind::Vlan
            | InterfaceKind::Loopback => {
                let request = HostRequest::BindDevice { interface: id, name: interface.name.clone() };
                if let Some(interface) = self.interfaces.get_mut(id) {
                    interface.binding = Binding::Waiting;
                }
                self.core.ask(request, Pending::Bind(id));
            }
            InterfaceKind::Bri | InterfaceKind::Dialer => self.create_tun(id),
            InterfaceKind::Serial
            | InterfaceKind::Tunnel
            | InterfaceKind::Atm
            | InterfaceKind::Async
            | InterfaceKind::GroupAsync
            | InterfaceKind::Multilink
            | InterfaceKind::VirtualTemplate
            | InterfaceKind::VirtualAccess
            | InterfaceKind::VirtualPpp
            | InterfaceKind::Null => {}
        }
    }

    /// Asks for a TUN. A kernel name must not contain a colon.
    pub(super) fn create_tun(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.binding = Binding::Waiting;
        interface.tun = true;
        let name = interface.label.replace([':', '/'], ".");
        let mtu = interface.config.ip_mtu.unwrap_or(interface.config.mtu);
        self.core.ask(HostRequest::CreateTun { interface: id, name, mtu }, Pending::Bind(id));
    }

    /// Gives back what stands behind an interface.
    pub(super) fn unbind(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        let binding = std::mem::replace(&mut interface.binding, Binding::None);
        let installed = interface.installed.take();
        interface.refused = None;
        let tun = std::mem::take(&mut interface.tun);
        // Where no device was named for it the host has made one.
        let loopback = interface.name.kind == InterfaceKind::Loopback;
        if matches!(binding, Binding::None | Binding::Refused) {
            return;
        }
        if tun {
            self.tun_changed(id);
        }
        if installed.is_some() {
            self.withdraw_routes(id, installed);
        }
        if let (Some(address), false) = (installed, tun) {
            self.core.ask(HostRequest::RemoveAddress { interface: id, address }, removal(id));
        }
        if tun || loopback {
            self.core.ask(HostRequest::DeleteTun { interface: id }, removal(id));
        }
    }

    /// The host has made or found what stands behind an interface.
    pub(super) fn bound(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else {
            // It went away while the host worked: whatever it made is deleted by the request that followed.
            return;
        };
        if interface.binding != Binding::Waiting {
            return;
        }
        interface.binding = Binding::Ready;
        interface.carrier = true;
        match interface.origin {
            Origin::Configured => {
                if !interface.tun {
                    self.apply_mtu(id);
                }
                self.settle_link(id, false);
            }
            Origin::Channel { .. } | Origin::Cloned { .. } => self.port_bound(id),
        }
    }

    /// The host has refused it.
    pub(super) fn bind_refused(&mut self, id: InterfaceId, reason: &str) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        if interface.binding != Binding::Waiting {
            return;
        }
        interface.binding = Binding::Refused;
        let tun = std::mem::take(&mut interface.tun);
        if interface.name.kind == InterfaceKind::Loopback && !tun {
            self.create_tun(id);
            return;
        }
        let name = interface.name.to_string();
        self.core.syslog(&Syslog::Refused { what: &name, reason });
        match interface.origin {
            Origin::Configured => self.device_lost(id),
            Origin::Channel { .. } | Origin::Cloned { .. } => self.port_refused(id),
        }
    }

    /// The carrier of a device.
    pub(super) fn carrier(&mut self, id: InterfaceId, up: bool) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        let ready = interface.binding == Binding::Ready && !interface.config.shutdown;
        if ready && matches!(interface.origin, Origin::Configured) {
            interface.carrier = up;
            self.set_link(id, if up { LinkState::Up } else { LinkState::Down });
            self.set_protocol(id, up);
            if let Some(interface) = self.interfaces.get_mut(id) {
                // What it begins with is no news, what follows is.
                interface.quiet = false;
            }
            self.reconcile_routes();
        }
    }

    /// Brings the link of a configured interface to what `shutdown`, its binding and its carrier make it.
    fn settle_link(&mut self, id: InterfaceId, controller_down: bool) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        let ready = match (interface.name.kind, interface.origin) {
            (_, Origin::Channel { .. } | Origin::Cloned { .. }) => interface.link == LinkState::Up,
            (InterfaceKind::Serial, Origin::Configured) => {
                !controller_down && interface.name.unit.contains(':')
            }
            (InterfaceKind::Null, Origin::Configured) => true,
            (InterfaceKind::VirtualTemplate, Origin::Configured) => false,
            (_, Origin::Configured) => interface.binding == Binding::Ready && interface.carrier,
        };
        let state = match (interface.config.shutdown, ready) {
            (true, _) => LinkState::AdministrativelyDown,
            (false, true) => LinkState::Up,
            (false, false) => LinkState::Down,
        };
        let asked = interface.installed.is_some() || interface.refused.is_some();
        if interface.link == state && (state != LinkState::Up || asked) {
            return;
        }
        interface.refused = None;
        let configured = matches!(interface.origin, Origin::Configured);
        let at_host = interface.binding == Binding::Ready;
        self.set_link(id, state);
        if !configured {
            return;
        }
        if at_host {
            // Where there is no carrier Linux is to look out for one.
            let up = state != LinkState::AdministrativelyDown;
            self.core
                .ask(HostRequest::SetLink { interface: id, up }, Pending::Change(Some(id), Change::Link));
            if up {
                self.apply_address(id);
            }
        }
        self.set_protocol(id, state == LinkState::Up);
        self.reconcile_routes();
    }

    /// Changes a link's state and says so.
    pub(super) fn set_link(&mut self, id: InterfaceId, state: LinkState) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        if interface.link == state {
            return;
        }
        let before = std::mem::replace(&mut interface.link, state);
        interface.changed = self.core.now;
        if before == LinkState::Up || state == LinkState::Up {
            interface.meter.link_changed();
        }
        if interface.quiet || !interface.config.log_link_status {
            return;
        }
        let name = &interface.name;
        match state {
            LinkState::Up => self.core.syslog(&Syslog::Link { name, up: true }),
            // After `no shutdown` without a carrier too: IOS says down.
            LinkState::Down => self.core.syslog(&Syslog::Link { name, up: false }),
            LinkState::AdministrativelyDown => self.core.syslog(&Syslog::AdministrativelyDown { name }),
        }
    }

    /// Changes a line protocol; the router says so when it has lasted a second.
    pub(super) fn set_protocol(&mut self, id: InterfaceId, up: bool) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.protocol = up;
        if interface.quiet {
            interface.announced = up;
            // An Ethernet has come up when its carrier is reported, which is after it was bound.
            interface.quiet = !up || interface.name.kind.is_ethernet();
            return;
        }
        if interface.announced == up {
            self.core.timers.set(Timer::Protocol(id), None);
        } else if !self.core.timers.runs(Timer::Protocol(id)) {
            let at = self.core.now + PROTOCOL_DELAY;
            self.core.timers.set(Timer::Protocol(id), Some(at));
        }
    }

    /// A second has passed since a line protocol changed.
    pub(super) fn protocol_due(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        if interface.announced != interface.protocol {
            interface.announced = interface.protocol;
            if interface.config.log_link_status {
                let line = Syslog::Protocol { name: &interface.name, up: interface.announced };
                self.core.syslog(&line);
            }
        }
        self.vaccess_idle(id);
    }

    /// Whether the last word on an interface's line protocol has been said.
    pub(super) fn protocol_said(&self, id: InterfaceId) -> bool {
        !self.core.timers.runs(Timer::Protocol(id))
    }

    pub(super) fn apply_mtu(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get(id) else { return };
        let mtu = interface.config.ip_mtu.unwrap_or(interface.config.mtu);
        if interface.binding == Binding::Ready && (interface.tun || mtu != 1500) {
            self.core.ask(HostRequest::SetMtu { interface: id, mtu }, Pending::Change(Some(id), Change::Mtu));
        }
    }

    /// The host does not take the address of an interface: nothing is said to be connected there.
    pub(super) fn address_refused(&mut self, id: InterfaceId, address: Ipv4Net) {
        if let Some(interface) = self.interfaces.get_mut(id).filter(|i| i.installed == Some(address)) {
            interface.installed = None;
            interface.refused = Some(address);
            self.withdraw_routes(id, Some(address));
            self.reconcile_routes();
        }
    }

    /// Gives the host the address that the configuration names, or takes it away. The PPP links of an interface that is
    /// given another address, and of those that borrow it, stay up with what IPCP has agreed on (recalled of IOS): their
    /// peers are reached from the new address.
    pub(super) fn apply_address(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        if interface.binding != Binding::Ready {
            return;
        }
        let address = match &interface.config.ip {
            IpAddress::Static(address) => Some(*address),
            IpAddress::Negotiated => interface.negotiated,
            IpAddress::None | IpAddress::Unnumbered(_) => None,
        };
        if address.is_some() && interface.refused == address {
            return;
        }
        interface.refused = None;
        let before = std::mem::replace(&mut interface.installed, address);
        if before == address {
            return;
        }
        if let Some(address) = before {
            self.withdraw_routes(id, Some(address));
            self.core.ask(HostRequest::RemoveAddress { interface: id, address }, removal(id));
        }
        if let Some(address) = address {
            let pending = Pending::Change(Some(id), Change::Address(address));
            self.core.ask(HostRequest::AddAddress { interface: id, address }, pending);
        }
        self.reconcile_routes();
    }
}

/// A removal, of which no more is expected.
pub(super) const fn removal(id: InterfaceId) -> Pending {
    Pending::Change(Some(id), Change::Removal)
}
