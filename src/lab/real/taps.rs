//! The devices at the ends of the links: TAPs in the namespaces of the nodes, and in that of the machine itself.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use ipnet::Ipv4Net;
use tun_rs::SyncDevice;

use super::LabError;
use crate::config::views::InterfaceName;
use crate::host::netlink::{self, Links};
use crate::host::{NetNs, Tap, netns};
use crate::lab::description::{Description, LinkEnd, LinkId, NodeId, NodeKind};
use crate::lab::segment::hardware_address;

/// The device of a RADIUS server, which has no interface name of its own.
const RADIUS_DEVICE: &str = "eth0";
const MTU: u16 = 1500;

/// The device of each interface of each router.
pub type Devices = BTreeMap<NodeId, HashMap<InterfaceName, String>>;
/// Of each link, in the order of its ports.
pub type Taps = Vec<Vec<Arc<Tap>>>;

/// The ends of all links.
///
/// # Errors
/// The first that cannot be made.
pub fn make_taps(
    description: &Description,
    namespaces: &BTreeMap<NodeId, Arc<NetNs>>,
) -> Result<(Taps, Devices), LabError> {
    let mut devices = Devices::new();
    let mut taps = Vec::new();
    for (index, link) in description.links.iter().enumerate() {
        let mut ends = Vec::new();
        for (port, end) in link.ends.iter().enumerate() {
            ends.push(Arc::new(make_tap(description, namespaces, LinkId(index), port)?));
            if let LinkEnd::Node { node, interface: Some(interface) } = end {
                devices.entry(*node).or_default().insert(interface.clone(), interface.short());
            }
        }
        taps.push(ends);
    }
    Ok((taps, devices))
}

/// One end of a link. Inside the runtime that will read it.
///
/// # Errors
/// When Linux refuses the device or its address.
pub fn make_tap(
    description: &Description,
    namespaces: &BTreeMap<NodeId, Arc<NetNs>>,
    link: LinkId,
    port: usize,
) -> Result<Tap, LabError> {
    let mac = hardware_address(link.0, port);
    let none = || LabError::Thread(io::ErrorKind::NotFound.into());
    let (link, end) =
        description.links.get(link.0).and_then(|l| Some((l, l.ends.get(port)?))).ok_or_else(none)?;
    let (node, interface) = match end {
        LinkEnd::Host { device, address } => return make_host_tap(device, *address, mac),
        LinkEnd::Node { node, interface } => (*node, interface),
    };
    let failed = |error| LabError::Node {
        node: description.node_name(node).to_owned(),
        what: format!("its end of {} cannot be made", link.name),
        error,
    };
    let netns = namespaces.get(&node).ok_or_else(none)?;
    let name = interface.as_ref().map_or_else(|| RADIUS_DEVICE.to_owned(), InterfaceName::short);
    let address = address_of(description, node);
    netns.run(|| open_tap(&name, address, mac)).and_then(Tap::from_sync).map_err(failed)
}

/// A router sets its device up by itself; that of a RADIUS server gets its address from the lab.
fn address_of(description: &Description, node: NodeId) -> Option<Ipv4Net> {
    match description.nodes.get(node.0).map(|n| &n.kind) {
        Some(NodeKind::Radius(radius)) => Some(radius.address),
        Some(NodeKind::Router(_)) | None => None,
    }
}

/// A TAP in the namespace of this thread, with its address and up if it gets one. Not inside a runtime.
fn open_tap(name: &str, address: Option<Ipv4Net>, mac: [u8; 6]) -> io::Result<SyncDevice> {
    let device = Tap::open(name, MTU, Some(mac))?;
    if let Some(address) = address {
        with_links(async |links| {
            let index = links.find(name).await?.index;
            links.add_address(index, address).await?;
            links.set_up(index, true).await
        })?;
    }
    Ok(device)
}

/// The end of the machine itself. It comes up without an address too: whoever joins it to a bridge needs nothing else.
fn make_host_tap(name: &str, address: Option<Ipv4Net>, mac: [u8; 6]) -> Result<Tap, LabError> {
    let open = || {
        // A TAP that is there already would be taken over, and outlive the lab.
        if with_links(async |links| links.find(name).await).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let device = open_tap(name, address, mac)?;
        with_links(async |links| links.set_up(links.find(name).await?.index, true).await)?;
        Ok(device)
    };
    // A thread of its own, as the calling one is inside a runtime; it is in the namespace that the lab was started in.
    let made = netns::on_thread(open).and_then(Tap::from_sync);
    made.map_err(|error| LabError::HostDevice { device: name.to_owned(), error })
}

/// Plugs the cable in at an end of a link that is in `netns`, or in that of the machine itself; or pulls it.
///
/// # Errors
/// What the kernel says.
pub fn plug(netns: Option<&NetNs>, tap: &Tap, on: bool) -> io::Result<()> {
    let change = || {
        let name = tap.name()?;
        with_links(async |links| links.set_carrier(links.find(&name).await?.index, on).await)
    };
    match netns {
        Some(netns) => netns.run(change),
        None => netns::on_thread(change),
    }
}

/// Asks netlink in the namespace of this thread. Not inside a runtime.
fn with_links<T>(work: impl AsyncFnOnce(&Links) -> Result<T, rtnetlink::Error>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        work(&Links::new(handle)).await.map_err(|error| io::Error::other(netlink::reason(&error)))
    })
}
