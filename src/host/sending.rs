//! A UDP socket with a queue in front of it, for what the kernel does not take at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use super::udp::Udp;
use crate::forward::Fate;

/// Most datagrams that wait until the socket takes more.
pub(super) const UNSENT: usize = 128;

struct Datagram {
    local: IpAddr,
    remote: SocketAddr,
    bytes: Vec<u8>,
}

/// A socket and what waits to be sent from it, in order.
pub(super) struct Sending {
    udp: Udp,
    unsent: RefCell<VecDeque<Datagram>>,
}

impl Sending {
    pub fn new(udp: Udp) -> Self {
        Sending { udp, unsent: RefCell::default() }
    }

    pub const fn udp(&self) -> &Udp {
        &self.udp
    }

    /// Whether something waits: whoever can wait too should.
    pub fn is_full(&self) -> bool {
        !self.unsent.borrow().is_empty()
    }

    /// Sends a datagram, or lets it wait behind those that do. One that cannot be sent at all (no route, an address
    /// that was taken away) is lost, as on any network.
    pub fn send(&self, local: IpAddr, remote: SocketAddr, bytes: &[u8]) -> Fate {
        let mut unsent = self.unsent.borrow_mut();
        if unsent.is_empty() {
            match self.udp.try_send(local, remote, bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(()) | Err(_) => return Fate::Taken,
            }
        }
        if unsent.len() >= UNSENT {
            return Fate::Dropped;
        }
        unsent.push_back(Datagram { local, remote, bytes: bytes.to_vec() });
        Fate::Taken
    }

    /// Sends what waits. Ready when nothing does any more; otherwise the waker is called when the socket takes more.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut unsent = self.unsent.borrow_mut();
        while let Some(Datagram { local, remote, bytes }) = unsent.front() {
            match self.udp.poll_writable(cx) {
                Poll::Pending => return Poll::Pending,
                // The runtime has ended, and the router with it.
                Poll::Ready(Err(_)) => break,
                Poll::Ready(Ok(())) => {}
            }
            match self.udp.try_send_when_writable(*local, *remote, bytes) {
                // The runtime has learnt that there is no room after all.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(()) | Err(_) => {
                    unsent.pop_front();
                }
            }
        }
        unsent.clear();
        Poll::Ready(())
    }
}
