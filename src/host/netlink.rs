//! Links, addresses and routes through rtnetlink, and how to take back what was done.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::TryStreamExt;
use ipnet::Ipv4Net;
use nix::errno::Errno;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute, LinkFlags, LinkLayerType, LinkMessage,
};
use rtnetlink::packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteScope};
use rtnetlink::{AddressMessageBuilder, Error, Handle, LinkMessageBuilder, LinkUnspec, RouteMessageBuilder};

use crate::engine::{Counts, Faults};

/// Index of the loopback device in every network namespace.
const LOOPBACK_INDEX: u32 = 1;

/// What is known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// Interface index.
    pub index: u32,
    /// Administratively up.
    pub up: bool,
    /// Carrier.
    pub carrier: bool,
    /// MTU.
    pub mtu: u32,
    /// Hardware address, of a device that has one of Ethernet.
    pub hardware: Option<[u8; 6]>,
    /// What it has carried since Linux made it.
    pub carried: (Counts, Faults),
}

impl LinkState {
    /// What a link message says.
    pub fn of(message: &LinkMessage) -> LinkState {
        let mtu = message.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::Mtu(mtu) => Some(*mtu),
            _ => None,
        });
        let hardware = message.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::Address(octets) => octets.as_slice().try_into().ok(),
            _ => None,
        });
        let flags = message.header.flags;
        LinkState {
            index: message.header.index,
            up: flags.contains(LinkFlags::Up),
            carrier: flags.contains(LinkFlags::LowerUp),
            mtu: mtu.unwrap_or(0),
            hardware: hardware.filter(|_| message.header.link_layer_type == LinkLayerType::Ether),
            carried: carried(message),
        }
    }
}

fn carried(message: &LinkMessage) -> (Counts, Faults) {
    let statistics = message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::Stats64(statistics) => Some(statistics),
        _ => None,
    });
    statistics.map_or_else(Default::default, |s| {
        let counts = Counts {
            packets_out: s.tx_packets,
            octets_out: s.tx_bytes,
            packets_in: s.rx_packets,
            octets_in: s.rx_bytes,
        };
        let faults = Faults {
            input: s.rx_errors,
            crc: s.rx_crc_errors,
            frame: s.rx_frame_errors,
            overrun: s.rx_over_errors,
            output: s.tx_errors,
            collisions: s.collisions,
            drops: s.tx_dropped,
            input_drops: s.rx_dropped,
            ..Faults::default()
        };
        (counts, faults)
    })
}

/// An entry of the neighbour table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelNeighbour {
    /// Index of its device.
    pub index: u32,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its hardware address; `None` while it has not answered.
    pub hardware: Option<[u8; 6]>,
    /// How long ago it was last heard of.
    pub age: Duration,
}

/// What the kernel counts the ages of neighbours in (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

impl KernelNeighbour {
    /// What a neighbour message says; `None` for what ARP has not to find out.
    fn of(message: &NeighbourMessage) -> Option<KernelNeighbour> {
        let (mut address, mut hardware, mut ticks) = (None, None, 0);
        for attribute in &message.attributes {
            match attribute {
                NeighbourAttribute::Destination(NeighbourAddress::Inet(there)) => address = Some(*there),
                NeighbourAttribute::LinkLayerAddress(octets) => hardware = octets.as_slice().try_into().ok(),
                NeighbourAttribute::CacheInfo(info) => ticks = info.confirmed,
                _ => {}
            }
        }
        let (hardware, age) = match message.header.state {
            NeighbourState::Noarp | NeighbourState::None => return None,
            NeighbourState::Incomplete | NeighbourState::Failed => (None, Duration::ZERO),
            _answered => (hardware, TICK * ticks),
        };
        Some(KernelNeighbour { index: message.header.ifindex, address: address?, hardware, age })
    }
}

/// A route, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination.
    pub network: Ipv4Net,
    /// Next hop.
    pub gateway: Option<Ipv4Addr>,
    /// Output device.
    pub index: Option<u32>,
    /// Preferred source.
    pub source: Option<Ipv4Addr>,
}

impl Route {
    fn message(&self) -> RouteMessage {
        let mut builder = RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(self.network.network(), self.network.prefix_len());
        if let Some(index) = self.index {
            builder = builder.output_interface(index);
        }
        builder = match self.gateway {
            Some(gateway) => builder.gateway(gateway),
            None => builder.scope(RouteScope::Link),
        };
        if let Some(source) = self.source {
            builder = builder.pref_source(source);
        }
        builder.build()
    }

    /// Whether a route of the kernel does the same.
    fn is(&self, message: &RouteMessage) -> bool {
        let (mut network, mut gateway, mut index) = (Ipv4Addr::UNSPECIFIED, None, None);
        for attribute in &message.attributes {
            match attribute {
                RouteAttribute::Destination(RouteAddress::Inet(address)) => network = *address,
                RouteAttribute::Gateway(RouteAddress::Inet(address)) => gateway = Some(*address),
                RouteAttribute::Oif(oif) => index = Some(*oif),
                _ => {}
            }
        }
        message.header.destination_prefix_length == self.network.prefix_len()
            && network == self.network.network()
            && gateway == self.gateway
            && (self.index.is_none() || index == self.index)
    }
}

/// The kernel's reason, in words.
pub fn reason(error: &Error) -> String {
    match error {
        Error::NetlinkError(message) => Errno::from_raw(-message.raw_code()).desc().to_owned(),
        other => other.to_string(),
    }
}

/// The kernel's reason as an errno, when it is one.
pub fn errno(error: &Error) -> Option<Errno> {
    match error {
        Error::NetlinkError(message) => Some(Errno::from_raw(-message.raw_code())),
        _ => None,
    }
}

/// What one namespace can be asked for.
#[derive(Clone)]
pub struct Links {
    handle: Handle,
}

impl Links {
    /// Speaks through `handle`, whose connection must be running.
    pub fn new(handle: Handle) -> Self {
        Links { handle }
    }

    /// Looks a device up by name.
    ///
    /// # Errors
    /// `ENODEV` when there is none, or what else the kernel says.
    pub async fn find(&self, name: &str) -> Result<LinkState, Error> {
        let mut found = self.handle.link().get().match_name(name).execute();
        match found.try_next().await? {
            Some(message) => Ok(LinkState::of(&message)),
            None => Err(Error::RequestFailed),
        }
    }

    /// Looks a device up by its index, which it keeps when it is renamed.
    ///
    /// # Errors
    /// `ENODEV` when there is none, or what else the kernel says.
    pub async fn state(&self, index: u32) -> Result<LinkState, Error> {
        let mut found = self.handle.link().get().match_index(index).execute();
        match found.try_next().await? {
            Some(message) => Ok(LinkState::of(&message)),
            None => Err(Error::RequestFailed),
        }
    }

    /// The IPv4 addresses of all devices, each with the index of its device.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn addresses(&self) -> Result<HashSet<(u32, Ipv4Net)>, Error> {
        let mut found = self.handle.address().get().execute();
        let mut addresses = HashSet::new();
        while let Some(message) = found.try_next().await? {
            let local = message.attributes.iter().find_map(|attribute| match attribute {
                AddressAttribute::Local(IpAddr::V4(address)) => Some(*address),
                _ => None,
            });
            let address = local.and_then(|ip| Ipv4Net::new(ip, message.header.prefix_len).ok());
            addresses.extend(address.map(|address| (message.header.index, address)));
        }
        Ok(addresses)
    }

    /// The neighbour table of IPv4.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn neighbours(&self) -> Result<Vec<KernelNeighbour>, Error> {
        let messages = self.handle.neighbours().get().set_address_family(AddressFamily::Inet).execute();
        Ok(messages.try_collect::<Vec<_>>().await?.iter().filter_map(KernelNeighbour::of).collect())
    }

    /// Sets a link up or down.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn set_up(&self, index: u32, up: bool) -> Result<(), Error> {
        let builder = LinkMessageBuilder::<LinkUnspec>::new().index(index);
        let message = if up { builder.up() } else { builder.down() }.build();
        self.handle.link().set(message).execute().await
    }

    /// Plugs the cable of a TAP in, or pulls it: the other end of a TAP decides upon its carrier.
    ///
    /// # Errors
    /// What the kernel says; `EOPNOTSUPP` before Linux 4.20 and for other devices.
    pub async fn set_carrier(&self, index: u32, on: bool) -> Result<(), Error> {
        let message = LinkMessageBuilder::<LinkUnspec>::new()
            .index(index)
            .append_extra_attribute(LinkAttribute::Carrier(on.into()))
            .build();
        self.handle.link().set(message).execute().await
    }

    /// Sets an MTU.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn set_mtu(&self, index: u32, mtu: u32) -> Result<(), Error> {
        let message = LinkMessageBuilder::<LinkUnspec>::new().index(index).mtu(mtu).build();
        self.handle.link().set(message).execute().await
    }

    /// Keeps the kernel from speaking on a TUN by itself: no IPv6 link-local address, no multicast.
    ///
    /// # Errors
    /// What the kernel says; a kernel without IPv6 has nothing to keep quiet.
    pub async fn keep_quiet(&self, index: u32) -> Result<(), Error> {
        let silent = LinkMessageBuilder::<LinkUnspec>::new().index(index).multicast(false).build();
        self.handle.link().set(silent).execute().await?;
        let inet6 = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)]);
        let message = LinkMessageBuilder::<LinkUnspec>::new()
            .index(index)
            .append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![inet6]))
            .build();
        match self.handle.link().set(message).execute().await {
            Err(error) if errno(&error) == Some(Errno::EAFNOSUPPORT) => Ok(()),
            other => other,
        }
    }

    /// Removes a device. One that is gone already is as good as removed.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn delete(&self, index: u32) -> Result<(), Error> {
        match self.handle.link().del(index).execute().await {
            Err(error) if errno(&error) == Some(Errno::ENODEV) => Ok(()),
            other => other,
        }
    }

    /// Gives a device an address. True when it was not there before.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn add_address(&self, index: u32, address: Ipv4Net) -> Result<bool, Error> {
        let ip = IpAddr::V4(address.addr());
        match self.handle.address().add(index, ip, address.prefix_len()).execute().await {
            Ok(()) => Ok(true),
            Err(error) if errno(&error) == Some(Errno::EEXIST) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes an address away. One that is gone already is as good as removed.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn remove_address(&self, index: u32, address: Ipv4Net) -> Result<(), Error> {
        let message: AddressMessage = AddressMessageBuilder::<Ipv4Addr>::new()
            .index(index)
            .address(address.addr(), address.prefix_len())
            .build();
        match self.handle.address().del(message).execute().await {
            Err(error) if matches!(errno(&error), Some(Errno::EADDRNOTAVAIL | Errno::ENODEV)) => Ok(()),
            other => other,
        }
    }

    /// Installs a route. False when the kernel has the very same one already.
    ///
    /// # Errors
    /// What the kernel says; `EEXIST` for another route to the same network.
    pub async fn add_route(&self, route: &Route) -> Result<bool, Error> {
        match self.handle.route().add(route.message()).execute().await {
            Ok(()) => Ok(true),
            Err(error) if errno(&error) == Some(Errno::EEXIST) => {
                let filter = RouteMessageBuilder::<Ipv4Addr>::new().build();
                let mut routes = self.handle.route().get(filter).execute();
                while let Some(message) = routes.try_next().await? {
                    if route.is(&message) {
                        return Ok(false);
                    }
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes a route. One that is gone already (its device went down) is as good as removed.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn remove_route(&self, route: &Route) -> Result<(), Error> {
        match self.handle.route().del(route.message()).execute().await {
            Err(error) if matches!(errno(&error), Some(Errno::ESRCH | Errno::ENODEV)) => Ok(()),
            other => other,
        }
    }
}

/// Sets the loopback of this thread's namespace up. Not inside a runtime.
///
/// # Errors
/// What the kernel says.
pub(super) fn loopback_up() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        let up = Links::new(handle).set_up(LOOPBACK_INDEX, true).await;
        up.map_err(|error| io::Error::other(format!("loopback: {}", reason(&error))))
    })
}
