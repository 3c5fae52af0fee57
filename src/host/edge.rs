//! What a router's task reads from and writes to: sockets, TUNs, the access side. Writing never waits: what the
//! kernel does not take now is lost, as on any router with a full output queue.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

use super::access::AccessSender;
use super::tun::Tun;
use super::udp::{Received, Udp};
use crate::engine::{InterfaceId, RequestId, Socket};
use crate::forward::Delivery;

/// What can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Socket(Socket),
    Tun(InterfaceId),
}

/// Wakes the task and says why. It knows its source by name and does not hold it, so that to close one is to drop
/// it, whatever is still waiting.
struct Bell {
    source: Source,
    rung: mpsc::Sender<Source>,
    task: Arc<AtomicWaker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        // The receiver is gone with the router.
        let _ = self.rung.send(self.source);
        self.task.wake();
    }
}

struct Watched<T> {
    item: T,
    bell: Waker,
}

/// Most packets that wait until a TUN is ready for them.
const HELD: usize = 64;

/// A TUN, and whether anything leads on from it: a loopback interface carries nothing, and what is routed into it
/// is dropped.
struct Interface {
    tun: Tun,
    routed: bool,
    /// Link, addresses and routes that the kernel has been asked for. On a router these are there when IP comes up;
    /// here a peer's first packet would meet a kernel that cannot answer it yet.
    wanted: HashSet<RequestId>,
    held: RefCell<VecDeque<Vec<u8>>>,
}

/// What came of reading.
pub(super) enum Taken<T> {
    Item(T),
    /// Nothing now.
    Nothing,
    /// Nothing ever again: the source is closed, or its device was taken away.
    Gone,
}

/// Sockets, TUNs and the access side of one router.
pub(super) struct Edge {
    sockets: HashMap<Socket, Watched<Udp>>,
    tuns: HashMap<InterfaceId, Watched<Interface>>,
    rung: mpsc::Receiver<Source>,
    ring: mpsc::Sender<Source>,
    task: Arc<AtomicWaker>,
    access: AccessSender,
}

impl Edge {
    pub fn new(access: AccessSender) -> Self {
        let (ring, rung) = mpsc::channel();
        Edge { sockets: HashMap::new(), tuns: HashMap::new(), rung, ring, task: Arc::default(), access }
    }

    pub const fn access(&self) -> &AccessSender {
        &self.access
    }

    /// Binds a socket.
    pub fn open(&mut self, socket: Socket, port: u16) -> Result<(), String> {
        if self.sockets.contains_key(&socket) {
            return Err(format!("UDP port {port}: the socket is open already"));
        }
        let item = Udp::bind(port).map_err(|error| format!("UDP port {port}: {error}"))?;
        let bell = self.bell(Source::Socket(socket));
        self.sockets.insert(socket, Watched { item, bell });
        Ok(())
    }

    pub fn close(&mut self, socket: Socket) {
        self.sockets.remove(&socket);
    }

    pub fn add_tun(&mut self, interface: InterfaceId, tun: Tun, routed: bool) {
        let bell = self.bell(Source::Tun(interface));
        let item = Interface { tun, routed, wanted: HashSet::new(), held: RefCell::default() };
        self.tuns.insert(interface, Watched { item, bell });
    }

    /// The kernel is asked for something that packets into this TUN need.
    pub fn hold(&mut self, interface: InterfaceId, request: RequestId) {
        if let Some(watched) = self.tuns.get_mut(&interface) {
            watched.item.wanted.insert(request);
        }
    }

    /// The kernel has answered: what waited for it goes in.
    pub fn release(&mut self, request: RequestId) {
        for watched in self.tuns.values_mut() {
            let Interface { tun, wanted, held, .. } = &mut watched.item;
            if wanted.remove(&request) && wanted.is_empty() {
                for packet in held.get_mut().drain(..) {
                    // As in `deliver`.
                    let _ = tun.try_send(&packet);
                }
            }
        }
    }

    pub fn remove_tun(&mut self, interface: InterfaceId) {
        self.tuns.remove(&interface);
    }

    /// Closes everything.
    pub fn clear(&mut self) {
        self.sockets.clear();
        self.tuns.clear();
    }

    /// A bell that has been rung: a new source is looked at first of all.
    fn bell(&self, source: Source) -> Waker {
        let bell = Bell { source, rung: self.ring.clone(), task: self.task.clone() };
        let bell = Waker::from(Arc::new(bell));
        bell.wake_by_ref();
        bell
    }

    /// Waits until something can be read; for ever while there is nothing. Cancel-safe. Read the source until it
    /// has nothing more, or [`rearm`](Self::rearm) it.
    pub async fn ready(&mut self) -> Source {
        poll_fn(|cx| {
            self.task.register(cx.waker());
            while let Ok(source) = self.rung.try_recv() {
                if self.poll_source(source).is_ready() {
                    return Poll::Ready(source);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Pending too for a source that is closed, or whose device was taken away: nothing more will come of it.
    fn poll_source(&self, source: Source) -> Poll<()> {
        let polled = match source {
            Source::Socket(socket) => {
                let Some(watched) = self.sockets.get(&socket) else { return Poll::Pending };
                watched.item.poll_readable(&mut Context::from_waker(&watched.bell))
            }
            Source::Tun(interface) => {
                let Some(watched) = self.tuns.get(&interface) else { return Poll::Pending };
                watched.item.tun.poll_readable(&mut Context::from_waker(&watched.bell))
            }
        };
        match polled {
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }

    /// Looks at the source again, after the others that wait.
    pub fn rearm(&mut self, source: Source) {
        let bell = match source {
            Source::Socket(socket) => self.sockets.get(&socket).map(|watched| &watched.bell),
            Source::Tun(interface) => self.tuns.get(&interface).map(|watched| &watched.bell),
        };
        if let Some(bell) = bell {
            bell.wake_by_ref();
        }
    }

    /// Reads a datagram into `buffer`: its length, the address it was sent to, and its sender.
    pub fn read_socket(&self, socket: Socket, buffer: &mut [u8]) -> Taken<Received> {
        let Some(watched) = self.sockets.get(&socket) else { return Taken::Gone };
        match watched.item.try_recv(buffer) {
            Ok(received) => Taken::Item(received),
            // What the kernel reports of an earlier datagram is told once, and concerns no other.
            Err(_) => Taken::Nothing,
        }
    }

    /// Reads a packet into `buffer`: its length, and whether anything leads on from the TUN.
    pub fn read_tun(&self, interface: InterfaceId, buffer: &mut [u8]) -> Taken<(usize, bool)> {
        let Some(watched) = self.tuns.get(&interface) else { return Taken::Gone };
        match watched.item.tun.try_recv(buffer) {
            Ok(length) => Taken::Item((length, watched.item.routed)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Taken::Nothing
            }
            Err(_) => Taken::Gone,
        }
    }

    /// Sends a datagram. It is lost when the socket is closed or its address was taken away meanwhile.
    pub fn transmit(&self, socket: Socket, local: IpAddr, remote: SocketAddr, bytes: &[u8]) {
        if let Some(watched) = self.sockets.get(&socket) {
            let _ = watched.item.try_send(local, remote, bytes);
        }
    }

    /// Carries a delivery of the table away, all but those for the engine, which it gives back.
    pub fn deliver<'a>(&self, delivery: Delivery<'a>) -> Option<Delivery<'a>> {
        match delivery {
            Delivery::Transmit { local, remote, bytes } => {
                self.transmit(Socket::L2tp, local, remote, bytes);
                None
            }
            Delivery::Tun { tun, packet } => {
                if let Some(Watched { item, .. }) = self.tuns.get(&tun) {
                    if item.wanted.is_empty() {
                        // Lost while the interface is down.
                        let _ = item.tun.try_send(packet);
                    } else if item.held.borrow().len() < HELD {
                        item.held.borrow_mut().push_back(packet.to_vec());
                    }
                }
                None
            }
            Delivery::Channel { channel, octets } => {
                // A full line drops; the frame check of the receiver notices.
                self.access.octets(channel.clone(), octets.to_vec());
                None
            }
            Delivery::Frame { .. } | Delivery::Dial { .. } | Delivery::Seen { .. } => Some(delivery),
        }
    }
}
