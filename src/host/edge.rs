//! What a router's task reads from and writes to: sockets, TUNs, the access side. Writing never waits: what the
//! kernel does not take now is dropped and counted, as a router does with a full output queue.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;

use super::access::AccessSender;
use super::tun::Tun;
use super::udp::{DATAGRAM_MAX, Udp};
use crate::engine::{InterfaceId, Socket};
use crate::forward::Delivery;

/// What can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Socket(Socket),
    Tun(InterfaceId),
}

type Watch = Pin<Box<dyn Future<Output = (Source, io::Result<()>)>>>;

struct Watched<T> {
    item: Arc<T>,
    /// A loopback interface carries nothing: what is routed into it is dropped.
    routed: bool,
    abort: AbortHandle,
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Something a TUN or socket could not take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeStatistics {
    /// Datagrams that no socket took.
    pub datagrams: u64,
    /// Packets that no TUN took.
    pub packets: u64,
}

/// Sockets, TUNs and the access side of one router.
pub(super) struct Edge {
    sockets: HashMap<Socket, Watched<Udp>>,
    tuns: HashMap<InterfaceId, Watched<Tun>>,
    watches: FuturesUnordered<Abortable<Watch>>,
    access: AccessSender,
    pub statistics: EdgeStatistics,
}

impl Edge {
    pub fn new(access: AccessSender) -> Self {
        Edge {
            sockets: HashMap::new(),
            tuns: HashMap::new(),
            watches: FuturesUnordered::new(),
            access,
            statistics: EdgeStatistics::default(),
        }
    }

    pub const fn access(&self) -> &AccessSender {
        &self.access
    }

    /// Binds a socket.
    pub fn open(&mut self, socket: Socket, port: u16) -> Result<(), String> {
        if self.sockets.contains_key(&socket) {
            return Err(format!("UDP port {port}: the socket is open already"));
        }
        let udp = Udp::bind(port).map_err(|error| format!("UDP port {port}: {error}"))?;
        let item = Arc::new(udp);
        let abort = self.watch_socket(socket, item.clone());
        self.sockets.insert(socket, Watched { item, routed: true, abort });
        Ok(())
    }

    pub fn close(&mut self, socket: Socket) {
        self.sockets.remove(&socket);
    }

    pub fn add_tun(&mut self, interface: InterfaceId, tun: Tun, routed: bool) {
        let item = Arc::new(tun);
        let abort = self.watch_tun(interface, item.clone());
        self.tuns.insert(interface, Watched { item, routed, abort });
    }

    pub fn remove_tun(&mut self, interface: InterfaceId) {
        self.tuns.remove(&interface);
    }

    /// Closes everything.
    pub fn clear(&mut self) {
        self.sockets.clear();
        self.tuns.clear();
        self.watches = FuturesUnordered::new();
    }

    /// Waits until something can be read; for ever while there is nothing. Cancel-safe.
    pub async fn ready(&mut self) -> Source {
        loop {
            match self.watches.next().await {
                Some(Ok((source, Ok(())))) => return source,
                // Closed meanwhile, or the device was taken away: nothing more will come of it.
                Some(Ok((_, Err(_))) | Err(_)) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Watches the source again after it was read until it had nothing more.
    pub fn rearm(&mut self, source: Source) {
        match source {
            Source::Socket(socket) => {
                if let Some(item) = self.sockets.get(&socket).map(|watched| watched.item.clone()) {
                    let abort = self.watch_socket(socket, item);
                    self.sockets.entry(socket).and_modify(|watched| watched.abort = abort);
                }
            }
            Source::Tun(interface) => {
                if let Some(item) = self.tuns.get(&interface).map(|watched| watched.item.clone()) {
                    let abort = self.watch_tun(interface, item);
                    self.tuns.entry(interface).and_modify(|watched| watched.abort = abort);
                }
            }
        }
    }

    fn watch_socket(&mut self, socket: Socket, item: Arc<Udp>) -> AbortHandle {
        self.watch(Box::pin(async move { (Source::Socket(socket), item.readable().await) }))
    }

    fn watch_tun(&mut self, interface: InterfaceId, item: Arc<Tun>) -> AbortHandle {
        self.watch(Box::pin(async move { (Source::Tun(interface), item.readable().await) }))
    }

    fn watch(&mut self, watch: Watch) -> AbortHandle {
        let (watch, abort) = futures_util::future::abortable(watch);
        self.watches.push(watch);
        abort
    }

    /// Reads a datagram if there is one: its payload lies at the beginning of `buffer`.
    pub fn read_socket(&self, socket: Socket, buffer: &mut Vec<u8>) -> Option<(IpAddr, SocketAddr)> {
        buffer.resize(DATAGRAM_MAX, 0);
        let received = self.sockets.get(&socket)?.item.try_recv(buffer).ok()?;
        buffer.truncate(received.length);
        Some((received.local, received.remote))
    }

    /// Reads a packet if there is one. `Some(false)` for one that leads nowhere.
    pub fn read_tun(&self, interface: InterfaceId, buffer: &mut Vec<u8>) -> Option<bool> {
        buffer.resize(DATAGRAM_MAX, 0);
        let watched = self.tuns.get(&interface)?;
        let length = watched.item.try_recv(buffer).ok()?;
        buffer.truncate(length);
        Some(watched.routed)
    }

    pub fn transmit(&mut self, socket: Socket, local: IpAddr, remote: SocketAddr, bytes: &[u8]) {
        let sent = self.sockets.get(&socket).is_some_and(|watched| {
            // The address may have been taken away meanwhile: then the datagram is lost, as on any router.
            watched.item.try_send(local, remote, bytes).is_ok()
        });
        self.statistics.datagrams += u64::from(!sent);
    }

    /// Carries a delivery of the table away, all but those for the engine, which it gives back.
    pub fn deliver<'a>(&mut self, delivery: Delivery<'a>) -> Option<Delivery<'a>> {
        match delivery {
            Delivery::Transmit { local, remote, bytes } => {
                self.transmit(Socket::L2tp, local, remote, bytes);
                None
            }
            Delivery::Tun { tun, packet } => {
                let sent = self.tuns.get(&tun).is_some_and(|watched| watched.item.try_send(packet).is_ok());
                self.statistics.packets += u64::from(!sent);
                None
            }
            Delivery::Channel { channel, octets } => {
                // A full line drops; the frame check of the receiver notices.
                self.access.octets(channel.clone(), octets.to_vec());
                None
            }
            Delivery::Frame { .. } | Delivery::Dial { .. } => Some(delivery),
        }
    }
}
