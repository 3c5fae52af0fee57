//! ICMP echo (RFC 792) in the namespace of the caller, with an identifier of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use crate::proto::cursor::Reader;

/// Octets of an IPv4 header without options.
const IP_HEADER: usize = 20;
/// Octets of an ICMP echo header.
const ECHO_HEADER: usize = 8;
const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const ECHO_REQUEST: u8 = 8;
const TIME_EXCEEDED: u8 = 11;
/// What IOS fills the datagram with.
const PATTERN: [u8; 2] = [0xab, 0xcd];
const TTL: u32 = 255;

/// One echo request.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// Destination.
    pub destination: Ipv4Addr,
    /// Source, or as routed.
    pub source: Option<Ipv4Addr>,
    /// Sequence number.
    pub sequence: u16,
    /// Octets of the IP datagram; at least 28.
    pub size: u16,
    /// How long to wait.
    pub timeout: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reply came after this time.
    Reply(Duration),
    /// Nothing came, or there is no route.
    Timeout,
    /// A router on the way said that it cannot be delivered.
    Unreachable,
}

/// Identifiers of different requests of this process differ, so that a late reply to one is not taken for a reply
/// to another.
static NEXT_IDENTIFIER: AtomicU16 = AtomicU16::new(0);

fn identifier() -> u16 {
    let process = std::process::id() as u16;
    process.wrapping_add(NEXT_IDENTIFIER.fetch_add(1, Ordering::Relaxed))
}

/// The Internet checksum, RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in bytes.chunks(2) {
        let high = pair.first().copied().unwrap_or(0);
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_be_bytes([high, low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn request(identifier: u16, sequence: u16, size: u16) -> Vec<u8> {
    let payload = usize::from(size).saturating_sub(IP_HEADER + ECHO_HEADER);
    let mut message = vec![ECHO_REQUEST, 0, 0, 0];
    message.extend_from_slice(&identifier.to_be_bytes());
    message.extend_from_slice(&sequence.to_be_bytes());
    message.extend(PATTERN.iter().copied().cycle().take(payload));
    let sum = checksum(&message).to_be_bytes();
    message.splice(2..4, sum);
    message
}

/// Skips an IPv4 header and gives source, destination, protocol and what follows.
fn ipv4(packet: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr, u8, &[u8])> {
    let mut reader = Reader::new(packet);
    let length = usize::from(reader.u8().ok()? & 0x0f) * 4;
    reader.take(8).ok()?;
    let protocol = reader.u8().ok()?;
    reader.take(2).ok()?;
    let source = Ipv4Addr::from(reader.array::<4>().ok()?);
    let destination = Ipv4Addr::from(reader.array::<4>().ok()?);
    reader.take(length.checked_sub(IP_HEADER)?).ok()?;
    Some((source, destination, protocol, reader.rest()))
}

/// Type, then identifier and sequence number of an ICMP message.
fn icmp(message: &[u8]) -> Option<(u8, [u16; 2], &[u8])> {
    let mut reader = Reader::new(message);
    let kind = reader.u8().ok()?;
    reader.take(3).ok()?;
    Some((kind, [reader.u16().ok()?, reader.u16().ok()?], reader.rest()))
}

/// Whether a received IP datagram answers the request: `Some(true)` reply, `Some(false)` unreachable.
fn judge(packet: &[u8], destination: Ipv4Addr, ours: [u16; 2]) -> Option<bool> {
    let (_, _, _, message) = ipv4(packet)?;
    let (kind, ids, rest) = icmp(message)?;
    match kind {
        ECHO_REPLY if ids == ours => Some(true),
        UNREACHABLE | TIME_EXCEEDED => {
            let (_, to, protocol, inner) = ipv4(rest)?;
            let (inner_kind, ids, _) = icmp(inner)?;
            let about_us = protocol == 1 && inner_kind == ECHO_REQUEST && to == destination && ids == ours;
            about_us.then_some(false)
        }
        _ => None,
    }
}

/// Sends one echo request and waits for what comes of it. No route counts as silence, as IOS has it.
///
/// # Errors
/// When the machine gives no raw socket (CAP_NET_RAW is missing) or the source is not an address of ours.
pub async fn echo(echo: Echo) -> io::Result<Answer> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).map_err(|error| {
        io::Error::new(error.kind(), format!("CAP_NET_RAW is missing ({error}): no raw ICMP socket"))
    })?;
    socket.set_nonblocking(true)?;
    socket.set_ttl_v4(TTL)?;
    if let Some(source) = echo.source {
        let refused = |error: io::Error| io::Error::new(error.kind(), format!("source {source}: {error}"));
        socket.bind(&SockAddr::from(SocketAddrV4::new(source, 0))).map_err(refused)?;
    }
    // To the runtime a raw socket is like any that carries datagrams.
    let socket = UdpSocket::from_std(socket.into())?;
    let ours = [identifier(), echo.sequence];
    let message = request(ours[0], ours[1], echo.size);
    let start = Instant::now();
    let to = SocketAddr::from((echo.destination, 0));
    if socket.send_to(&message, to).await.is_err() {
        tokio::time::sleep_until(start + echo.timeout).await;
        return Ok(Answer::Timeout);
    }
    let wait = await_answer(&socket, echo.destination, ours);
    match tokio::time::timeout_at(start + echo.timeout, wait).await {
        Ok(Ok(true)) => Ok(Answer::Reply(start.elapsed())),
        Ok(Ok(false)) => Ok(Answer::Unreachable),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Answer::Timeout),
    }
}

async fn await_answer(socket: &UdpSocket, destination: Ipv4Addr, ours: [u16; 2]) -> io::Result<bool> {
    let mut buffer = vec![0u8; usize::from(u16::MAX)];
    loop {
        let (length, _) = socket.recv_from(&mut buffer).await?;
        let packet = buffer.get(..length).unwrap_or_default();
        if let Some(reached) = judge(packet, destination, ours) {
            return Ok(reached);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(protocol: u8, destination: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1];
        packet.extend_from_slice(&destination.octets());
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn a_request_has_the_asked_size_and_a_right_checksum() {
        let message = request(7, 9, 100);
        assert_eq!(message.len(), 80);
        assert_eq!(checksum(&message), 0);
        assert_eq!(icmp(&message).map(|(kind, ids, _)| (kind, ids)), Some((ECHO_REQUEST, [7, 9])));
    }

    #[test]
    fn only_answers_to_this_request_count() {
        let (us, there) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 9));
        let mut reply = request(7, 9, 100);
        reply[0] = ECHO_REPLY;
        assert_eq!(judge(&packet(1, us, &reply), there, [7, 9]), Some(true));
        assert_eq!(judge(&packet(1, us, &reply), there, [7, 8]), None);
        let mut unreachable = vec![UNREACHABLE, 1, 0, 0, 0, 0, 0, 0];
        unreachable.extend(packet(1, there, &request(7, 9, 28)));
        assert_eq!(judge(&packet(1, us, &unreachable), there, [7, 9]), Some(false));
        assert_eq!(judge(&packet(1, us, &unreachable), us, [7, 9]), None, "about another destination");
        for cut in 0..unreachable.len() - ECHO_HEADER {
            assert_ne!(judge(&packet(1, us, &unreachable[..cut]), there, [7, 9]), Some(true));
        }
    }
}
