//! UDP sockets that know which local address a datagram came to, and choose the one it leaves from.

use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::task::{Context, Poll};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, RcvBuf, RcvBufForce, SndBuf};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Longest UDP datagram.
pub const DATAGRAM_MAX: usize = 65_535;

/// Octets that wait in the kernel to be received, its bookkeeping included: some thousand full datagrams, so that the
/// pauses of a busy machine lose nothing of a TCP connection whose window fits into them.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// Octets that wait in the kernel to be sent. The kernel doubles it, which is twice what one neighbour that does not
/// answer ARP may hold (`unres_qlen_bytes`), so that such a one does not stop the others; more would only hide from
/// us that a link is full.
const SEND_BUFFER: usize = 212_992;

/// Where a datagram came from and went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Octets of the payload.
    pub length: usize,
    /// The sender.
    pub remote: SocketAddr,
    /// The address of ours that it was sent to.
    pub local: IpAddr,
}

/// An IPv4 UDP socket on one port of every address (IP_PKTINFO, ip(7)).
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    /// Room for what the kernel says of a datagram.
    control: RefCell<Vec<u8>>,
}

impl Udp {
    /// Binds `port` of every address, in the namespace of this thread. Inside a tokio runtime.
    ///
    /// # Errors
    /// The port is taken, or what else the kernel says.
    pub fn bind(port: u16) -> io::Result<Udp> {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, Ipv4PacketInfo, &true)?;
        // More than `rmem_max` takes CAP_NET_ADMIN over the machine; without it there is as much as it allows.
        if setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, RcvBuf, &RECEIVE_BUFFER)?;
        }
        setsockopt(&socket, SndBuf, &SEND_BUFFER)?;
        let control = RefCell::new(cmsg_space!(in_pktinfo));
        Ok(Udp { socket: UdpSocket::from_std(socket)?, control })
    }

    /// The port.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// Ready when there may be something to read; otherwise the waker is kept and called then.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_recv_ready(cx)
    }

    /// Reads one datagram if there is one. Call it until `WouldBlock`.
    ///
    /// # Errors
    /// `WouldBlock`, or what the kernel says.
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<Received> {
        self.socket.try_io(Interest::READABLE, || {
            let mut control = self.control.borrow_mut();
            let mut slices = [IoSliceMut::new(buffer)];
            let fd = self.socket.as_raw_fd();
            let message = recvmsg::<SockaddrIn>(fd, &mut slices, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
            let remote = message.address.ok_or(Errno::EPROTO)?;
            let info = message.cmsgs()?.find_map(|control| match control {
                ControlMessageOwned::Ipv4PacketInfo(info) => Some(info),
                _ => None,
            });
            // `ipi_spec_dst` is our own address even when the datagram was sent to a broadcast address.
            let local = info.map_or(Ipv4Addr::UNSPECIFIED, |info| from_kernel(info.ipi_spec_dst));
            Ok(Received {
                length: message.bytes,
                remote: SocketAddr::V4(SocketAddrV4::from(remote)),
                local: IpAddr::V4(local),
            })
        })
    }

    /// Sends one datagram from `local`, or from the address that the route chooses when it is unspecified.
    ///
    /// # Errors
    /// `WouldBlock`, no route, `local` is not an address of ours, IPv6, or what else the kernel says.
    pub fn try_send(&self, local: IpAddr, remote: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        // Not by the runtime's readiness: a socket just opened is not known to be writable yet, and would lose
        // its first datagram.
        self.send(local, remote, bytes)
    }

    /// Ready when there may be room to send; otherwise the waker is kept and called then.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_send_ready(cx)
    }

    /// As [`try_send`](Self::try_send), after [`poll_writable`](Self::poll_writable), which waits again after
    /// `WouldBlock`.
    ///
    /// # Errors
    /// As [`try_send`](Self::try_send).
    pub fn try_send_when_writable(&self, local: IpAddr, remote: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        self.socket.try_io(Interest::WRITABLE, || self.send(local, remote, bytes))
    }

    fn send(&self, local: IpAddr, remote: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let (IpAddr::V4(local), SocketAddr::V4(remote)) = (local, remote) else {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "this socket speaks IPv4"));
        };
        let info =
            in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: to_kernel(local), ipi_addr: in_addr { s_addr: 0 } };
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let control = if local.is_unspecified() { &[][..] } else { &control[..] };
        let (fd, slices) = (self.socket.as_raw_fd(), [IoSlice::new(bytes)]);
        sendmsg(fd, &slices, control, MsgFlags::MSG_DONTWAIT, Some(&SockaddrIn::from(remote)))?;
        Ok(())
    }
}

fn from_kernel(address: in_addr) -> Ipv4Addr {
    Ipv4Addr::from(address.s_addr.to_ne_bytes())
}

fn to_kernel(address: Ipv4Addr) -> in_addr {
    in_addr { s_addr: u32::from_ne_bytes(address.octets()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn local_addresses_are_known_and_chosen() {
        let (a, b) = (Udp::bind(0).unwrap(), Udp::bind(0).unwrap());
        let there = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 3), b.port().unwrap()));
        let here = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        a.try_send(here, there, b"hello").unwrap();
        std::future::poll_fn(|cx| b.poll_readable(cx)).await.unwrap();
        let mut buffer = [0; 64];
        let received = b.try_recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..received.length], b"hello");
        assert_eq!(received.local, there.ip());
        assert_eq!(received.remote, SocketAddr::from((here, a.port().unwrap())));
        assert_eq!(b.try_recv(&mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[tokio::test]
    async fn an_address_that_is_not_ours_is_refused() {
        let a = Udp::bind(0).unwrap();
        let nowhere = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
        assert!(a.try_send(nowhere, SocketAddr::from(([127, 0, 0, 1], 9)), b"x").is_err());
    }
}
