//! What a router's task reads from and writes to: sockets, TUNs, the access side.
//!
//! Writing never waits, but reading does: what leads to a full queue is not read until there is room in it, so that
//! the kernel's queue in front of us fills and whoever sends into it slows down.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

use super::access::AccessSender;
use super::sending::Sending;
use super::tun::Tun;
use super::udp::{Received, Udp};
use crate::engine::{ChannelId, InterfaceId, RequestId, Socket};
use crate::forward::Fate;

/// What can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Socket(Socket),
    Tun(InterfaceId),
}

/// What can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    Socket(Socket),
    Access,
}

/// Why the task is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ring {
    /// This may be read.
    Readable(Source),
    /// This may have room again.
    Room(Hop),
}

/// Wakes the task and says why. It knows its source by name and does not hold it, so that to close one is to drop
/// it, whatever is still waiting.
struct Bell {
    ring: Ring,
    rung: mpsc::Sender<Ring>,
    task: Arc<AtomicWaker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        // The receiver is gone with the router.
        let _ = self.rung.send(self.ring);
        self.task.wake();
    }
}

struct Watched<T> {
    item: T,
    bell: Waker,
}

/// A socket, and who is woken when it takes more.
struct Outlet {
    sending: Sending,
    room: Waker,
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
    sockets: HashMap<Socket, Watched<Outlet>>,
    tuns: HashMap<InterfaceId, Watched<Interface>>,
    rung: mpsc::Receiver<Ring>,
    ring: mpsc::Sender<Ring>,
    task: Arc<AtomicWaker>,
    access: AccessSender,
    access_room: Waker,
    /// What was full when something was last written.
    bottleneck: Cell<Option<Hop>>,
    /// Sources that are not read until there is room.
    parked: Vec<(Hop, Source)>,
    /// For which TUN each request that holds packets back was made.
    holding: HashMap<RequestId, InterfaceId>,
}

impl Edge {
    pub fn new(access: AccessSender) -> Self {
        let ((ring, rung), task) = (mpsc::channel(), Arc::default());
        let access_room = bell(Ring::Room(Hop::Access), &ring, &task);
        Edge {
            sockets: HashMap::new(),
            tuns: HashMap::new(),
            rung,
            ring,
            task,
            access,
            access_room,
            bottleneck: Cell::new(None),
            parked: Vec::new(),
            holding: HashMap::new(),
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
        let item = Udp::bind(port).map_err(|error| format!("UDP port {port}: {error}"))?;
        let room = bell(Ring::Room(Hop::Socket(socket)), &self.ring, &self.task);
        let bell = self.rung_bell(Source::Socket(socket));
        self.sockets.insert(socket, Watched { item: Outlet { sending: Sending::new(item), room }, bell });
        Ok(())
    }

    pub fn close(&mut self, socket: Socket) {
        self.sockets.remove(&socket);
        // Nothing is full any more.
        self.unpark(Hop::Socket(socket));
    }

    pub fn add_tun(&mut self, interface: InterfaceId, tun: Tun, routed: bool) {
        let bell = self.rung_bell(Source::Tun(interface));
        let item = Interface { tun, routed, wanted: HashSet::new(), held: RefCell::default() };
        self.tuns.insert(interface, Watched { item, bell });
    }

    /// The kernel is asked for something that packets into this TUN need.
    pub fn hold(&mut self, interface: InterfaceId, request: RequestId) {
        if let Some(watched) = self.tuns.get_mut(&interface) {
            watched.item.wanted.insert(request);
            self.holding.insert(request, interface);
        }
    }

    /// The kernel has answered: what waited for it goes in.
    pub fn release(&mut self, request: RequestId) {
        let interface = self.holding.remove(&request);
        let Some(watched) = interface.and_then(|interface| self.tuns.get_mut(&interface)) else { return };
        let Interface { tun, wanted, held, .. } = &mut watched.item;
        if wanted.remove(&request) && wanted.is_empty() {
            for packet in held.get_mut().drain(..) {
                // As in `write_tun`.
                let _ = tun.try_send(&packet);
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
        self.parked.clear();
        self.holding.clear();
    }

    /// A bell that has been rung: a new source is looked at first of all.
    fn rung_bell(&self, source: Source) -> Waker {
        let bell = bell(Ring::Readable(source), &self.ring, &self.task);
        bell.wake_by_ref();
        bell
    }

    /// Waits until something can be read; for ever while there is nothing. Cancel-safe. Read the source until it
    /// has nothing more, or [`park`](Self::park) it.
    pub async fn ready(&mut self) -> Source {
        poll_fn(|cx| {
            self.task.register(cx.waker());
            while let Ok(ring) = self.rung.try_recv() {
                match ring {
                    Ring::Readable(source) if self.poll_source(source).is_ready() => {
                        return Poll::Ready(source);
                    }
                    Ring::Readable(_) => {}
                    Ring::Room(hop) if self.poll_room(hop).is_ready() => self.unpark(hop),
                    Ring::Room(_) => {}
                }
            }
            Poll::Pending
        })
        .await
    }

    fn poll_room(&self, hop: Hop) -> Poll<()> {
        match hop {
            Hop::Access => self.access.poll_room(&mut Context::from_waker(&self.access_room)),
            Hop::Socket(socket) => match self.sockets.get(&socket) {
                Some(Watched { item: Outlet { sending, room }, .. }) => {
                    sending.poll_room(&mut Context::from_waker(room))
                }
                None => Poll::Ready(()),
            },
        }
    }

    /// What was written until now says nothing about the source that is read next.
    pub fn forget_bottleneck(&self) {
        self.bottleneck.set(None);
    }

    /// A source has more than was read of it.
    pub fn note_crowd(&self, source: Source) {
        match source {
            // What the kernel drops of a socket no interface has dropped.
            Source::Socket(_) => {}
            Source::Tun(interface) => {
                if let Some(watched) = self.tuns.get(&interface) {
                    watched.item.tun.note_crowd();
                }
            }
        }
    }

    /// Whether what was written since then filled a queue. Then the source that it came from is to be
    /// [`park`](Self::park)ed instead of read on.
    pub fn is_full(&self) -> bool {
        self.bottleneck.get().is_some()
    }

    /// Reads a source no more until what it filled has room again; one that filled nothing is looked at after the
    /// others that wait.
    pub fn park(&mut self, source: Source) {
        match self.bottleneck.take() {
            Some(hop) => {
                self.parked.push((hop, source));
                self.ring_for_room(hop);
            }
            None => self.rearm(source),
        }
    }

    fn unpark(&mut self, hop: Hop) {
        let (free, parked) = std::mem::take(&mut self.parked).into_iter().partition(|(full, _)| *full == hop);
        self.parked = parked;
        let free: Vec<(Hop, Source)> = free;
        for (_, source) in free {
            // Nobody has read it, or looked, while it may have run over.
            self.note_crowd(source);
            self.rearm(source);
        }
    }

    fn ring_for_room(&self, hop: Hop) {
        match hop {
            Hop::Access => self.access_room.wake_by_ref(),
            Hop::Socket(socket) => {
                if let Some(Watched { item, .. }) = self.sockets.get(&socket) {
                    item.room.wake_by_ref();
                }
            }
        }
    }

    /// Pending too for a source that is closed, or whose device was taken away: nothing more will come of it.
    fn poll_source(&self, source: Source) -> Poll<()> {
        let polled = match source {
            Source::Socket(socket) => {
                let Some(watched) = self.sockets.get(&socket) else { return Poll::Pending };
                watched.item.sending.udp().poll_readable(&mut Context::from_waker(&watched.bell))
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
    fn rearm(&self, source: Source) {
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
        match watched.item.sending.udp().try_recv(buffer) {
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

    /// Sends a datagram. It is lost when the socket is closed meanwhile.
    pub fn transmit(&self, socket: Socket, local: IpAddr, remote: SocketAddr, bytes: &[u8]) -> Fate {
        let Some(Watched { item: Outlet { sending, room }, .. }) = self.sockets.get(&socket) else {
            return Fate::Dropped;
        };
        let was_full = sending.is_full();
        let fate = sending.send(local, remote, bytes);
        if sending.is_full() {
            self.bottleneck.set(Some(Hop::Socket(socket)));
            if !was_full {
                room.wake_by_ref();
            }
        }
        fate
    }

    /// Writes a packet to a TUN. It is lost while the interface is down.
    pub fn write_tun(&self, interface: InterfaceId, packet: &[u8]) -> Fate {
        let Some(Watched { item, .. }) = self.tuns.get(&interface) else { return Fate::Dropped };
        if item.wanted.is_empty() {
            return match item.tun.try_send(packet) {
                Ok(_) => Fate::Taken,
                Err(_) => Fate::Dropped,
            };
        }
        let mut held = item.held.borrow_mut();
        if held.len() >= HELD {
            return Fate::Dropped;
        }
        held.push_back(packet.to_vec());
        Fate::Taken
    }

    /// Sends octets on a B channel. What a full queue does not take is lost.
    pub fn send_octets(&self, channel: &ChannelId, octets: &[u8]) -> Fate {
        let taken = self.access.octets(channel.clone(), octets.to_vec());
        if self.access.is_full() {
            self.bottleneck.set(Some(Hop::Access));
        }
        if taken { Fate::Taken } else { Fate::Dropped }
    }
}

fn bell(ring: Ring, rung: &mpsc::Sender<Ring>, task: &Arc<AtomicWaker>) -> Waker {
    Waker::from(Arc::new(Bell { ring, rung: rung.clone(), task: task.clone() }))
}
