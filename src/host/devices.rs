//! The task that carries out what the engine asks of the kernel's network, one request after the other, so that
//! packets need not wait for netlink.

mod watch;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::Stream;
use ipnet::Ipv4Net;
use nix::errno::Errno;
use rtnetlink::{Error, MulticastGroup};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::netlink::{KernelNeighbour, LinkState, Links, Route, errno, reason};
use super::tun::{Crowded, Tun};
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::{Counts, Faults, HostRequest, InterfaceId, Neighbour, Neighbours, RequestId};
use watch::News;

/// How often the counters of devices are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The answers.
pub(super) enum Report {
    Done(RequestId),
    Refused(RequestId, String),
    /// A TUN was made. `routed` is false for a loopback interface, which carries nothing.
    Tun {
        request: RequestId,
        interface: InterfaceId,
        tun: Tun,
        routed: bool,
    },
    Carrier {
        interface: InterfaceId,
        up: bool,
    },
    /// Others have removed a device.
    Gone(InterfaceId),
    /// There is a device for an interface that had none.
    Appeared(InterfaceId),
    /// Others have taken an address away.
    AddressTaken {
        interface: InterfaceId,
        address: Ipv4Net,
    },
    /// Whether the startup-config was kept.
    Saved(Result<(), String>),
    Neighbours(RequestId, Neighbours),
    /// The hardware address of a device that was named to us.
    Hardware {
        interface: InterfaceId,
        address: [u8; 6],
    },
    /// What a device that was named to us has carried since it was bound.
    Counted {
        interface: InterfaceId,
        counts: Counts,
        faults: Faults,
    },
    /// What the kernel has dropped of a TUN since this was last reported.
    Dropped {
        interface: InterfaceId,
        output: u64,
        input: u64,
    },
}

/// A Linux device that an interface of the router stands for.
struct Device {
    index: u32,
    /// `Vi4`, or `eth0` for `Ethernet0`.
    label: String,
    /// A device that was named to us: as it was found, to be put back. `None` for one that we made.
    found: Option<LinkState>,
    /// Of a TUN.
    crowded: Option<Crowded>,
    /// As it was last seen, of a device that was named to us.
    carrier: bool,
    /// It has been reported, or need not be.
    told: bool,
    /// What was last reported of its hardware address.
    hardware: Option<[u8; 6]>,
    /// What was last reported of its traffic; of a TUN, how its counters stood then.
    counted: (Counts, Faults),
    /// What devices have carried that stood here before and were removed.
    before: (Counts, Faults),
    /// Others have removed it.
    gone: bool,
    /// One of its addresses has gone, or may have.
    lost_address: bool,
}

impl Device {
    fn new(index: u32, label: String) -> Self {
        let (counted, before) = Default::default();
        let (found, crowded, hardware) = (None, None, None);
        let [carrier, told, gone, lost_address] = [false; 4];
        Device { index, label, found, crowded, carrier, told, hardware, counted, before, gone, lost_address }
    }

    /// Whether this is another carrier than was last seen. That of a TUN is nobody's affair.
    fn loses_or_gains(&self, carrier: bool) -> bool {
        self.found.is_some() && self.carrier != carrier
    }
}

/// An interface for which there is no device.
struct Waits {
    label: String,
    before: (Counts, Faults),
    /// It has been told that there is one.
    told: bool,
}

/// Everything that was done to one namespace.
pub(super) struct Devices {
    links: Links,
    named: HashMap<InterfaceName, String>,
    devices: HashMap<InterfaceId, Device>,
    /// Interfaces whose devices may appear yet.
    awaited: HashMap<InterfaceId, Waits>,
    /// By the index of the device.
    addresses: Vec<(u32, Ipv4Net)>,
    routes: Vec<Route>,
    /// Of `routes`, those to an address to which another interface has come to lead since: a user who has called again
    /// before it was noticed that the earlier call is over.
    covered: Vec<Route>,
    reports: mpsc::UnboundedSender<Report>,
}

/// Where requests go.
pub(super) type Requests = mpsc::UnboundedSender<(RequestId, HostRequest)>;

/// Starts the task in the namespace of this thread. It ends when the last sender of requests is gone: then
/// everything is taken back, and the task's result says what could not be.
///
/// # Errors
/// When there is no netlink socket to be had.
pub(super) fn start(
    named: HashMap<InterfaceName, String>,
    reports: mpsc::UnboundedSender<Report>,
) -> std::io::Result<(Requests, tokio::task::JoinHandle<Result<(), String>>)> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    tokio::spawn(connection);
    // A socket of its own: the kernel drops what does not fit into a full one, news and answers alike, and who asked would
    // wait for ever.
    let (news, _, messages) =
        rtnetlink::new_multicast_connection(&[MulticastGroup::Link, MulticastGroup::Ipv4Ifaddr])?;
    tokio::spawn(news);
    let (requests, queue) = mpsc::unbounded_channel();
    let devices = Devices {
        links: Links::new(handle),
        named,
        devices: HashMap::new(),
        awaited: HashMap::new(),
        addresses: Vec::new(),
        routes: Vec::new(),
        covered: Vec::new(),
        reports,
    };
    Ok((requests, tokio::spawn(devices.run(queue, Box::pin(watch::news(messages))))))
}

impl Devices {
    async fn run(
        mut self,
        mut queue: mpsc::UnboundedReceiver<(RequestId, HostRequest)>,
        mut news: impl Stream<Item = News> + Unpin,
    ) -> Result<(), String> {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => self.look().await,
                request = queue.recv() => match request {
                    Some((id, request)) => {
                        let report = self.execute(id, request).await.unwrap_or_else(|text| Report::Refused(id, text));
                        self.report(report);
                        self.report_carrier();
                    }
                    None => return self.take_back().await,
                },
                Some(news) = news.next() => self.hear(news).await,
            }
        }
    }

    /// The receiver is gone only when the router is being switched off, and then nobody waits for reports.
    fn report(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    /// A device that has just been bound, or set up, says whether it has carrier.
    fn report_carrier(&mut self) {
        for (&interface, device) in &mut self.devices {
            if device.found.is_some() && !std::mem::replace(&mut device.told, true) {
                let _ = self.reports.send(Report::Carrier { interface, up: device.carrier });
            }
        }
    }

    async fn execute(&mut self, id: RequestId, request: HostRequest) -> Result<Report, String> {
        match request {
            HostRequest::CreateTun { interface, name, mtu } => {
                return self.create_tun(id, interface, &name, mtu, true).await;
            }
            HostRequest::DeleteTun { interface } => self.delete_tun(interface).await?,
            HostRequest::BindDevice { interface, name } => return self.bind(id, interface, &name).await,
            HostRequest::SetLink { interface, up } => self.set_link(interface, up).await?,
            HostRequest::SetMtu { interface, mtu } => {
                let device = self.device(interface)?;
                let done = self.links.set_mtu(device.index, u32::from(mtu)).await;
                done.map_err(|error| refusal(&device.label, &format!("give MTU {mtu} to"), &error))?;
            }
            HostRequest::AddAddress { interface, address } => self.add_address(interface, address).await?,
            HostRequest::RemoveAddress { interface, address } => {
                let device = self.device(interface)?;
                let done = self.links.remove_address(device.index, address).await;
                done.map_err(|error| refusal(&device.label, &format!("take {address} from"), &error))?;
                let index = device.index;
                self.addresses.retain(|&mine| mine != (index, address));
            }
            HostRequest::AddRoute { network, gateway, interface, source } => {
                let index = interface.map(|interface| self.device(interface)).transpose()?.map(|d| d.index);
                self.add_route(Route { network, gateway, index, source }).await?;
            }
            HostRequest::RemoveRoute { network, gateway, interface } => {
                let index = interface
                    .map(|interface| self.device(interface))
                    .transpose()
                    // With the device the route went.
                    .map_or(Some(0), |device| device.map(|d| d.index));
                self.remove_route(Route { network, gateway, index, source: None }).await?;
            }
            HostRequest::Neighbours => {
                let table = self.neighbours().await;
                let table = table.map_err(|error| refusal("the neighbour table", "read", &error))?;
                return Ok(Report::Neighbours(id, table));
            }
            HostRequest::OpenSocket { .. }
            | HostRequest::CloseSocket { .. }
            | HostRequest::SpoolAppend { .. }
            | HostRequest::SpoolRemove { .. }
            | HostRequest::Echo { .. } => {
                return Err("not a request about devices".to_owned());
            }
        }
        Ok(Report::Done(id))
    }

    /// What the kernel knows of the devices that were named to us.
    async fn neighbours(&self) -> Result<Neighbours, Error> {
        let mut table = Neighbours::default();
        for (&interface, device) in self.devices.iter().filter(|(_, device)| device.found.is_some()) {
            match self.links.state(device.index).await {
                Ok(now) => table.own.extend(now.hardware.map(|hardware| (interface, hardware))),
                // Others have just removed it.
                Err(error) if errno(&error) == Some(Errno::ENODEV) => {}
                Err(error) => return Err(error),
            }
        }
        for found in self.links.neighbours().await? {
            let there = self.devices.iter().find(|(_, device)| device.index == found.index);
            let Some((&interface, _)) = there.filter(|(_, device)| device.found.is_some()) else { continue };
            let KernelNeighbour { address, hardware, age, .. } = found;
            table.others.push(Neighbour { interface, address, hardware, age });
        }
        Ok(table)
    }

    async fn set_link(&mut self, interface: InterfaceId, up: bool) -> Result<(), String> {
        let device = self.device(interface)?;
        let refused = |error: Error| refusal(&device.label, if up { "set up" } else { "set down" }, &error);
        self.links.set_up(device.index, up).await.map_err(refused)?;
        if up && device.found.is_some() {
            let carrier = self.links.state(device.index).await.map_err(refused)?.carrier;
            // Whoever has set it up takes it to have one.
            if let Some(device) = self.devices.get_mut(&interface) {
                (device.carrier, device.told) = (carrier, false);
            }
        }
        Ok(())
    }

    fn device(&self, interface: InterfaceId) -> Result<&Device, String> {
        self.devices.get(&interface).ok_or_else(|| "the interface has no Linux device".to_owned())
    }

    async fn create_tun(
        &mut self,
        request: RequestId,
        interface: InterfaceId,
        name: &str,
        mtu: u16,
        routed: bool,
    ) -> Result<Report, String> {
        if self.devices.contains_key(&interface) {
            return Err(format!("{name}: the interface has a Linux device already"));
        }
        // A TUN that somebody else keeps there would be taken over, and removed at the end.
        if self.links.find(name).await.is_ok() {
            return Err(format!(
                "{name}: there is a device of this name already, which is not this router's"
            ));
        }
        let tun = Tun::create(name, mtu).map_err(|error| format!("{name}: cannot make a TUN: {error}"))?;
        let index = tun.index();
        self.links.keep_quiet(index).await.map_err(|error| refusal(name, "prepare", &error))?;
        let label = name.to_owned();
        let device = Device { crowded: Some(tun.crowded()), ..Device::new(index, label) };
        self.devices.insert(interface, device);
        Ok(Report::Tun { request, interface, tun, routed })
    }

    async fn delete_tun(&mut self, interface: InterfaceId) -> Result<(), String> {
        let Device { index, label, found, .. } = self.device(interface)?;
        if let Some(found) = *found {
            let done = self.put_back(found).await;
            done.map_err(|error| refusal(label, "give back", &error))?;
            self.devices.remove(&interface);
            return Ok(());
        }
        let done = self.links.delete(*index).await;
        done.map_err(|error| refusal(label, "remove", &error))?;
        let index = *index;
        self.devices.remove(&interface);
        self.addresses.retain(|(of, _)| *of != index);
        // The kernel takes the routes of a device along with it.
        self.covered.retain(|route| route.index != Some(index));
        let (gone, left) = std::mem::take(&mut self.routes)
            .into_iter()
            .partition::<Vec<_>, _>(|route| route.index == Some(index));
        self.routes = left;
        for route in gone {
            self.uncover(route.network).await;
        }
        Ok(())
    }

    async fn bind(
        &mut self,
        request: RequestId,
        interface: InterfaceId,
        name: &InterfaceName,
    ) -> Result<Report, String> {
        if self.devices.get(&interface).is_some_and(|device| device.gone) {
            self.delete_tun(interface).await?;
        }
        if let Some(device) = self.devices.get(&interface) {
            return Err(format!("{name} is bound to {} already", device.label));
        }
        let Some(label) = self.named.get(name).cloned() else {
            // A loopback interface has nothing outside: a TUN that carries nothing is one.
            if name.kind == InterfaceKind::Loopback {
                return self.create_tun(request, interface, &name.short(), 1500, false).await;
            }
            return Err(format!("no Linux device was named for {name}"));
        };
        let before = self.awaited.remove(&interface).map(|waits| waits.before).unwrap_or_default();
        match self.links.find(&label).await {
            Ok(found) => {
                let device = Device {
                    found: Some(found),
                    carrier: found.carrier,
                    // While it is down it has none, whatever it is plugged into.
                    told: !found.up,
                    before,
                    ..Device::new(found.index, label)
                };
                self.devices.insert(interface, device);
            }
            Err(error) => {
                let refusal = refusal(&label, &format!("bind {name} to"), &error);
                self.wait_for(interface, label, before);
                return Err(refusal);
            }
        }
        Ok(Report::Done(request))
    }

    fn wait_for(&mut self, interface: InterfaceId, label: String, before: (Counts, Faults)) {
        self.awaited.insert(interface, Waits { label, before, told: false });
    }

    async fn add_address(&mut self, interface: InterfaceId, address: Ipv4Net) -> Result<(), String> {
        let device = self.device(interface)?;
        let added = self.links.add_address(device.index, address).await;
        let added = added.map_err(|error| refusal(&device.label, &format!("give {address} to"), &error))?;
        let mine = (device.index, address);
        if added && !self.addresses.contains(&mine) {
            self.addresses.push(mine);
        }
        Ok(())
    }

    async fn add_route(&mut self, route: Route) -> Result<(), String> {
        if route.gateway.is_none() && route.index.is_none() {
            return Err(format!("route {}: neither a next hop nor an interface", route.network));
        }
        let refused =
            |error: Error| format!("cannot install the route {}: {}", route.network, reason(&error));
        let earlier =
            |mine: &Route| (mine.network, mine.gateway) == (route.network, None) && mine.index != route.index;
        let found = self.routes.iter().copied().enumerate().find(|(_, mine)| earlier(mine));
        let covered = found.filter(|_| route.gateway.is_none());
        if let Some((at, covered)) = covered {
            self.links.remove_route(&covered).await.map_err(refused)?;
            self.routes.swap_remove(at);
            self.covered.push(covered);
        }
        match self.links.add_route(&route).await {
            Ok(added) => {
                if added && !self.routes.contains(&route) {
                    self.routes.push(route);
                }
                Ok(())
            }
            Err(error) => {
                if covered.is_some() {
                    self.uncover(route.network).await;
                }
                Err(refused(error))
            }
        }
    }

    /// The route that stood before the latest one has its turn again.
    async fn uncover(&mut self, network: Ipv4Net) {
        let Some(at) = self.covered.iter().rposition(|route| route.network == network) else { return };
        let route = self.covered.remove(at);
        // Its device may have gone down in the meantime, and would have taken it along.
        if let Ok(true) = self.links.add_route(&route).await {
            self.routes.push(route);
        }
    }

    async fn remove_route(&mut self, asked: Route) -> Result<(), String> {
        let same = |mine: &Route| {
            (mine.network, mine.gateway, mine.index) == (asked.network, asked.gateway, asked.index)
        };
        // What is not in the list the kernel had before us, or has taken away with its device.
        let Some(at) = self.routes.iter().position(same) else {
            self.covered.retain(|mine| !same(mine));
            return Ok(());
        };
        let route = self.routes.swap_remove(at);
        let removed = self.links.remove_route(&route).await;
        self.uncover(route.network).await;
        removed.map_err(|error| format!("cannot remove the route {}: {}", route.network, reason(&error)))
    }

    /// Undoes everything. What we made vanishes with its descriptor or is removed by name; of what was named to us
    /// only our own addresses and routes go, and link state and MTU are put back.
    async fn take_back(mut self) -> Result<(), String> {
        let mut failures = Vec::new();
        for route in std::mem::take(&mut self.routes) {
            if let Err(error) = self.links.remove_route(&route).await {
                failures.push(format!("route {}: {}", route.network, reason(&error)));
            }
        }
        let mine = |index| self.devices.values().any(|d| d.index == index && d.found.is_none());
        let addresses = std::mem::take(&mut self.addresses);
        for (index, address) in addresses.into_iter().filter(|(index, _)| !mine(*index)) {
            if let Err(error) = self.links.remove_address(index, address).await {
                failures.push(format!("address {address}: {}", reason(&error)));
            }
        }
        for device in std::mem::take(&mut self.devices).into_values() {
            let done = match device.found {
                None => self.links.delete(device.index).await,
                Some(found) => self.put_back(found).await,
            };
            if let Err(error) = done {
                failures.push(format!("{}: {}", device.label, reason(&error)));
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
    }

    async fn put_back(&self, found: LinkState) -> Result<(), Error> {
        // It is gone.
        let Ok(now) = self.links.state(found.index).await else { return Ok(()) };
        if now.mtu != found.mtu && found.mtu != 0 {
            self.links.set_mtu(found.index, found.mtu).await?;
        }
        if now.up != found.up {
            self.links.set_up(found.index, found.up).await?;
        }
        Ok(())
    }
}

fn refusal(label: &str, what: &str, error: &Error) -> String {
    format!("cannot {what} {label}: {}", reason(error))
}
