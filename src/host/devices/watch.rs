//! What others do to the devices of a router: carrier, traffic, drops, and what they take away.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream::Stream;
use ipnet::Ipv4Net;
use nix::errno::Errno;
use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::address::AddressMessage;
use rtnetlink::packet_route::link::LinkMessage;
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Devices, Report};
use crate::engine::InterfaceId;
use crate::host::netlink::{LinkState, errno};
use crate::host::tun::Crowded;

/// What the kernel says by itself.
pub(super) enum News {
    Link(LinkState),
    /// A device is gone, by its index.
    Gone(u32),
    /// A device has lost an address, by its index.
    Address(u32),
    /// There was no room for some of them.
    Missed,
}

/// Picks out of the kernel's messages what concerns devices and addresses.
pub(super) fn news<S>(messages: S) -> impl Stream<Item = News>
where
    S: Stream<Item = (NetlinkMessage<RouteNetlinkMessage>, rtnetlink::sys::SocketAddr)>,
{
    // A port that leaves a bridge is told like a device that is gone, by another family.
    let device = |link: &LinkMessage| link.header.interface_family == AddressFamily::Unspec;
    messages.filter_map(move |(message, _)| {
        let news = match message.payload {
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => {
                device(&link).then(|| News::Link(LinkState::of(&link)))
            }
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link)) => {
                device(&link).then_some(News::Gone(link.header.index))
            }
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelAddress(AddressMessage {
                header, ..
            })) => Some(News::Address(header.index)),
            NetlinkPayload::Overrun(_) => Some(News::Missed),
            _ => None,
        };
        std::future::ready(news)
    })
}

impl Devices {
    pub(super) async fn hear(&mut self, news: News) {
        match news {
            // It may be older than what is known by now.
            News::Link(then) => {
                let interface = self.interface_of(then.index);
                let differs =
                    |id: &InterfaceId| self.devices.get(id).is_some_and(|d| d.loses_or_gains(then.carrier));
                if let Some(interface) = interface.filter(differs) {
                    self.look_at(interface).await;
                }
            }
            News::Gone(index) => {
                let interface = self.interface_of(index);
                interface.into_iter().for_each(|interface| self.gone(interface));
            }
            News::Address(index) => {
                // Of a device that is going its addresses go first: it is looked at a little later.
                let interface = self.interface_of(index);
                if let Some(device) = interface.and_then(|interface| self.devices.get_mut(&interface)) {
                    device.lost_address = true;
                }
            }
            News::Missed => self.devices.values_mut().for_each(|device| device.lost_address = true),
        }
    }

    fn interface_of(&self, index: u32) -> Option<InterfaceId> {
        self.devices.iter().find(|(_, device)| device.index == index).map(|(&interface, _)| interface)
    }

    /// Looks at the devices that were named to us, for the kernel drops news that nobody takes in time, and at those others
    /// of which there is reason to: thousands of quiet TUNs cost nothing.
    pub(super) async fn look(&mut self) {
        let due = self.devices.iter().filter(|(_, device)| {
            let crowded = device.crowded.as_ref().is_some_and(Crowded::take);
            device.found.is_some() || device.lost_address || crowded
        });
        for interface in due.map(|(&interface, _)| interface).collect::<Vec<_>>() {
            self.look_at(interface).await;
        }
        self.look_for_addresses().await;
        let awaited = self.awaited.iter().filter(|(_, waits)| !waits.told);
        let awaited: Vec<_> = awaited.map(|(&id, waits)| (id, waits.label.clone())).collect();
        for (interface, label) in awaited {
            if self.links.find(&label).await.is_ok() {
                self.awaited.entry(interface).and_modify(|waits| waits.told = true);
                self.report(Report::Appeared(interface));
            }
        }
    }

    async fn look_at(&mut self, interface: InterfaceId) {
        let Some(index) = self.devices.get(&interface).map(|device| device.index) else { return };
        let now = match self.links.state(index).await {
            Ok(now) => now,
            Err(error) if errno(&error) == Some(Errno::ENODEV) => return self.gone(interface),
            // It is asked again.
            Err(_) => return,
        };
        self.note_carrier(interface, now.carrier);
        self.note_traffic(interface, &now);
    }

    fn note_carrier(&mut self, interface: InterfaceId, up: bool) {
        if let Some(device) = self.devices.get_mut(&interface).filter(|d| d.loses_or_gains(up)) {
            device.carrier = up;
            self.report(Report::Carrier { interface, up });
        }
    }

    fn note_traffic(&mut self, interface: InterfaceId, now: &LinkState) {
        let Some(device) = self.devices.get_mut(&interface) else { return };
        let report = match device.found {
            Some(found) => {
                let new = (now.carried.0.since(found.carried.0), now.carried.1.since(found.carried.1));
                let (counts, faults) = (device.before.0.plus(new.0), device.before.1.plus(new.1));
                let changed = (counts, faults) != device.counted;
                device.counted = (counts, faults);
                changed.then_some(Report::Counted { interface, counts, faults })
            }
            None => {
                let new = now.carried.1.since(device.counted.1);
                device.counted = now.carried;
                let (output, input) = (new.drops, new.input_drops);
                (output > 0 || input > 0).then_some(Report::Dropped { interface, output, input })
            }
        };
        report.into_iter().for_each(|report| self.report(report));
    }

    async fn look_for_addresses(&mut self) {
        let lost = self.devices.iter().filter(|(_, device)| device.lost_address && !device.gone);
        let lost: HashMap<u32, InterfaceId> = lost.map(|(&id, device)| (device.index, id)).collect();
        if lost.is_empty() {
            return;
        }
        // It is asked again.
        let Ok(there) = self.links.addresses().await else { return };
        self.devices.values_mut().for_each(|device| device.lost_address = false);
        let (kept, taken) = std::mem::take(&mut self.addresses)
            .into_iter()
            .partition(|mine| !lost.contains_key(&mine.0) || there.contains(mine));
        self.addresses = kept;
        let taken: Vec<(u32, Ipv4Net)> = taken;
        for (index, address) in taken {
            if let Some(&interface) = lost.get(&index) {
                self.report(Report::AddressTaken { interface, address });
            }
        }
    }

    /// Somebody has removed a device. A TUN is still to be given back; for a device that was named to us another one of
    /// that name is waited for.
    fn gone(&mut self, interface: InterfaceId) {
        let Some(device) = self.devices.get_mut(&interface) else { return };
        if device.found.is_none() {
            if !std::mem::replace(&mut device.gone, true) {
                self.report(Report::Gone(interface));
            }
            return;
        }
        let Some(device) = self.devices.remove(&interface) else { return };
        // With it everything went that was installed there.
        self.addresses.retain(|(index, _)| *index != device.index);
        self.routes.retain(|route| route.index != Some(device.index));
        self.covered.retain(|route| route.index != Some(device.index));
        self.report(Report::Gone(interface));
        self.wait_for(interface, device.label, device.counted);
    }
}
