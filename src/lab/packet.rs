//! The few packets that the virtual hosts of a lab write and read: Ethernet II, IPv4 without options that matter,
//! UDP, ICMP echo and unreachable (RFC 894, 791, 768, 792).

use std::net::{Ipv4Addr, SocketAddrV4};

/// Length of an Ethernet header.
const ETHERNET: usize = 14;
/// Length of an IPv4 header without options.
const IP: usize = 20;
const UDP: usize = 8;
const ICMP: usize = 8;
const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const TTL: u8 = 64;
/// Protocol numbers.
const PROTOCOL_ICMP: u8 = 1;
const PROTOCOL_UDP: u8 = 17;

/// An IPv4 datagram in an Ethernet frame.
pub fn ethernet(destination: [u8; 6], source: [u8; 6], packet: &[u8]) -> Vec<u8> {
    [&destination[..], &source, &ETHERTYPE_IPV4, packet].concat()
}

/// The IPv4 datagram in an Ethernet frame.
pub fn ipv4_of_ethernet(frame: &[u8]) -> Option<&[u8]> {
    (frame.get(12..ETHERNET)? == ETHERTYPE_IPV4).then(|| frame.get(ETHERNET..)).flatten()
}

/// An IPv4 datagram taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip<'a> {
    /// Source.
    pub source: Ipv4Addr,
    /// Destination.
    pub destination: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// What it carries.
    pub body: Body<'a>,
}

/// What an IPv4 datagram carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// UDP.
    Udp {
        /// Source port.
        from: u16,
        /// Destination port.
        to: u16,
        /// Payload.
        payload: &'a [u8],
    },
    /// ICMP echo request or reply.
    Echo {
        /// It is a reply.
        reply: bool,
        /// Identifier.
        id: u16,
        /// Sequence number.
        sequence: u16,
        /// Data.
        data: &'a [u8],
    },
    /// ICMP destination unreachable, with the beginning of the datagram that could not be delivered.
    Unreachable(&'a [u8]),
    /// Anything else.
    Other,
}

impl<'a> Ip<'a> {
    /// Reads a datagram; `None` for what is none, or is cut short, or has a wrong header checksum.
    pub fn parse(packet: &'a [u8]) -> Option<Ip<'a>> {
        let first = *packet.first()?;
        let header = usize::from(first & 0x0f) * 4;
        let total = usize::from(be16(packet, 2)?);
        if first >> 4 != 4 || header < IP || total < header || checksum(packet.get(..header)?, 0) != 0 {
            return None;
        }
        let payload = packet.get(header..total)?;
        let body = match *packet.get(9)? {
            PROTOCOL_UDP => {
                let length = usize::from(be16(payload, 4)?);
                Body::Udp {
                    from: be16(payload, 0)?,
                    to: be16(payload, 2)?,
                    payload: payload.get(UDP..length)?,
                }
            }
            PROTOCOL_ICMP => icmp(payload)?,
            _ => Body::Other,
        };
        let address = |at: usize| -> Option<Ipv4Addr> {
            Some(Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(at..at + 4)?).ok()?))
        };
        Some(Ip { source: address(12)?, destination: address(16)?, ttl: *packet.get(8)?, body })
    }
}

fn icmp(payload: &[u8]) -> Option<Body<'_>> {
    let (id, sequence, data) = (be16(payload, 4)?, be16(payload, 6)?, payload.get(ICMP..)?);
    Some(match payload.first()? {
        8 => Body::Echo { reply: false, id, sequence, data },
        0 => Body::Echo { reply: true, id, sequence, data },
        3 => Body::Unreachable(data),
        _ => Body::Other,
    })
}

/// A UDP datagram with its checksum.
pub fn udp(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let length = (UDP + payload.len()) as u16;
    let mut udp = Vec::with_capacity(UDP + payload.len());
    for word in [from.port(), to.port(), length, 0] {
        udp.extend_from_slice(&word.to_be_bytes());
    }
    udp.extend_from_slice(payload);
    let pseudo =
        [&from.ip().octets()[..], &to.ip().octets(), &[0, PROTOCOL_UDP], &length.to_be_bytes()].concat();
    // RFC 768: a computed checksum of zero is sent as all ones.
    let sum = match checksum(&udp, partial(&pseudo)) {
        0 => 0xffff,
        sum => sum,
    };
    set16(&mut udp, 6, sum);
    ipv4(*from.ip(), *to.ip(), PROTOCOL_UDP, &udp)
}

/// An ICMP echo request or reply.
pub fn echo(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    reply: bool,
    (id, sequence): (u16, u16),
    data: &[u8],
) -> Vec<u8> {
    let kind = if reply { 0 } else { 8 };
    icmp_packet(source, destination, [kind, 0], [id, sequence], data)
}

/// An ICMP network unreachable for a datagram.
pub fn unreachable(source: Ipv4Addr, destination: Ipv4Addr, datagram: &[u8]) -> Vec<u8> {
    // RFC 792: its header and 64 bits of its data.
    let quoted = datagram.get(..IP + 8).unwrap_or(datagram);
    icmp_packet(source, destination, [3, 0], [0, 0], quoted)
}

fn icmp_packet(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    [kind, code]: [u8; 2],
    [first, second]: [u16; 2],
    data: &[u8],
) -> Vec<u8> {
    let mut icmp = vec![kind, code, 0, 0];
    icmp.extend_from_slice(&first.to_be_bytes());
    icmp.extend_from_slice(&second.to_be_bytes());
    icmp.extend_from_slice(data);
    let sum = checksum(&icmp, 0);
    set16(&mut icmp, 2, sum);
    ipv4(source, destination, PROTOCOL_ICMP, &icmp)
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend_from_slice(&((IP + payload.len()) as u16).to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 0, TTL, protocol, 0, 0]);
    packet.extend_from_slice(&source.octets());
    packet.extend_from_slice(&destination.octets());
    let sum = checksum(&packet, 0);
    set16(&mut packet, 10, sum);
    packet.extend_from_slice(payload);
    packet
}

/// One hop less to live; `None` when it has none left.
pub fn forwarded(packet: &[u8]) -> Option<Vec<u8>> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let ttl = packet.get(8)?.checked_sub(1).filter(|ttl| *ttl > 0)?;
    let mut packet = packet.to_vec();
    *packet.get_mut(8)? = ttl;
    set16(&mut packet, 10, 0);
    let sum = checksum(packet.get(..header)?, 0);
    set16(&mut packet, 10, sum);
    Some(packet)
}

fn set16(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn partial(bytes: &[u8]) -> u32 {
    bytes
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
            [high] => u32::from(*high) << 8,
            _ => 0,
        })
        .sum()
}

/// The internet checksum, RFC 1071; 0 over a part that includes a right one.
fn checksum(bytes: &[u8], start: u32) -> u16 {
    let mut sum = partial(bytes) + start;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 68);
    const B: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 82);

    #[test]
    fn udp_comes_back_and_its_checksum_holds() {
        let packet = udp(SocketAddrV4::new(A, 1701), SocketAddrV4::new(B, 1702), b"hello");
        let ip = Ip::parse(&packet).unwrap();
        assert_eq!((ip.source, ip.destination, ip.ttl), (A, B, TTL));
        assert_eq!(ip.body, Body::Udp { from: 1701, to: 1702, payload: b"hello" });
        let pseudo = [&A.octets()[..], &B.octets(), &[0, 17, 0, 13]].concat();
        assert_eq!(checksum(&packet[IP..], partial(&pseudo)), 0);
    }

    #[test]
    fn echo_and_unreachable_come_back() {
        let request = echo(A, B, false, (7, 1), b"data");
        assert_eq!(
            Ip::parse(&request).unwrap().body,
            Body::Echo { reply: false, id: 7, sequence: 1, data: b"data" }
        );
        let packet = unreachable(B, A, &request);
        let Body::Unreachable(quoted) = Ip::parse(&packet).unwrap().body else { panic!() };
        assert_eq!(quoted, &request[..28]);
    }

    #[test]
    fn a_hop_takes_one_from_the_time_to_live() {
        let mut packet = echo(A, B, false, (7, 1), b"data");
        for left in (1..TTL).rev() {
            packet = forwarded(&packet).unwrap();
            assert_eq!(Ip::parse(&packet).unwrap().ttl, left);
        }
        assert_eq!(forwarded(&packet), None);
    }

    #[test]
    fn what_is_cut_short_or_altered_is_no_datagram() {
        let mut packet = echo(A, B, false, (7, 1), b"data");
        for length in 0..packet.len() {
            assert_eq!(Ip::parse(&packet[..length]), None);
        }
        packet[12] ^= 1;
        assert_eq!(Ip::parse(&packet), None);
    }

    #[test]
    fn ethernet_carries_ipv4() {
        let frame = ethernet([1; 6], [2; 6], b"packet");
        assert_eq!(ipv4_of_ethernet(&frame), Some(&b"packet"[..]));
        assert_eq!(ipv4_of_ethernet(&frame[..13]), None);
    }
}
