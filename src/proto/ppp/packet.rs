//! The packet that LCP, the NCPs and the authentication protocols share: code, identifier, length, data.

use crate::proto::cursor::Reader;

/// LCP, RFC 1661.
pub const LCP: u16 = 0xc021;
/// PAP, RFC 1334.
pub const PAP: u16 = 0xc023;
/// CHAP and MS-CHAP, RFC 1994.
pub const CHAP: u16 = 0xc223;
/// IPCP, RFC 1332.
pub const IPCP: u16 = 0x8021;
/// IPv4 datagrams.
pub const IP: u16 = 0x0021;
/// Multilink fragments, RFC 1990.
pub const MULTILINK: u16 = 0x003d;

/// Configure-Request.
pub const CONF_REQ: u8 = 1;
/// Configure-Ack.
pub const CONF_ACK: u8 = 2;
/// Configure-Nak.
pub const CONF_NAK: u8 = 3;
/// Configure-Reject.
pub const CONF_REJ: u8 = 4;
/// Terminate-Request.
pub const TERM_REQ: u8 = 5;
/// Terminate-Ack.
pub const TERM_ACK: u8 = 6;
/// Code-Reject.
pub const CODE_REJ: u8 = 7;
/// LCP Protocol-Reject.
pub const PROTO_REJ: u8 = 8;
/// LCP Echo-Request.
pub const ECHO_REQ: u8 = 9;
/// LCP Echo-Reply.
pub const ECHO_REP: u8 = 10;
/// LCP Discard-Request.
pub const DISCARD: u8 = 11;
/// LCP Identification, RFC 1570.
pub const IDENTIFICATION: u8 = 12;
/// LCP Time-Remaining, RFC 1570.
pub const TIME_REMAINING: u8 = 13;

/// What IOS calls a code of LCP or an NCP in debugs; `None` for one that has no name.
pub fn code_name(code: u8) -> Option<&'static str> {
    Some(match code {
        CONF_REQ => "CONFREQ",
        CONF_ACK => "CONFACK",
        CONF_NAK => "CONFNAK",
        CONF_REJ => "CONFREJ",
        TERM_REQ => "TERMREQ",
        TERM_ACK => "TERMACK",
        CODE_REJ => "CODEREJ",
        PROTO_REJ => "PROTREJ",
        ECHO_REQ => "ECHOREQ",
        ECHO_REP => "ECHOREP",
        DISCARD => "DISCREQ",
        IDENTIFICATION => "IDENTIFY",
        TIME_REMAINING => "TIMEREMAIN",
        _ => return None,
    })
}

/// What IOS calls a protocol in debugs (`protocol CCP`).
pub fn protocol_name(protocol: u16) -> Option<&'static str> {
    Some(match protocol {
        IP => "IP",
        0x0057 => "IPV6",
        MULTILINK => "MULTILINK",
        IPCP => "IPCP",
        0x8057 => "IPV6CP",
        0x80fd => "CCP",
        0x8053 => "ECP",
        0x8207 => "CDPCP",
        0x8281 => "MPLSCP",
        0x802b => "IPXCP",
        LCP => "LCP",
        PAP => "PAP",
        CHAP => "CHAP",
        0xc025 => "LQM",
        0xc227 => "EAP",
        0xc02b => "BACP",
        _ => return None,
    })
}

/// A packet with a sound length field; padding behind it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Code.
    pub code: u8,
    /// Identifier.
    pub id: u8,
    /// Everything after the length field.
    pub data: &'a [u8],
    /// The packet whole, header included.
    pub octets: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads the information field of a frame. `None` when the length field is below 4 or says more than
    /// there is: such a packet is silently discarded (RFC 1661 section 5).
    pub fn parse(information: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(information);
        let code = reader.u8().ok()?;
        let id = reader.u8().ok()?;
        let len = usize::from(reader.u16().ok()?);
        let octets = information.get(..len)?;
        let data = octets.get(4..)?;
        Some(Packet { code, id, data, octets })
    }

    /// The length field.
    pub fn len(&self) -> usize {
        self.octets.len()
    }
}

/// A frame to transmit: `protocol` in two octets, then the packet. Data that would not fit the length field
/// is cut.
pub fn build(protocol: u16, code: u8, id: u8, data: &[u8]) -> Vec<u8> {
    let data = data.get(..usize::from(u16::MAX) - 4).unwrap_or(data);
    let len = u16::try_from(data.len() + 4).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(data.len() + 6);
    frame.extend_from_slice(&protocol.to_be_bytes());
    frame.extend_from_slice(&[code, id]);
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(data);
    frame
}

/// Takes a frame apart: optional FF 03, protocol field of one or two octets (RFC 1661 section 6.5), information.
/// `None` when there is no whole protocol field.
pub fn split(frame: &[u8]) -> Option<(u16, &[u8])> {
    let frame = frame.strip_prefix(&[0xff, 0x03]).unwrap_or(frame);
    let mut reader = Reader::new(frame);
    let first = reader.u8().ok()?;
    let protocol =
        if first & 1 == 1 { u16::from(first) } else { u16::from_be_bytes([first, reader.u8().ok()?]) };
    Some((protocol, reader.rest()))
}

/// The frame inside an unfragmented multilink packet with the long sequence header (RFC 1990 section 3): B and E
/// both set. `None` for a fragment.
pub fn unfragmented(information: &[u8]) -> Option<&[u8]> {
    let (header, rest) = information.split_at_checked(4)?;
    (header.first()? & 0xc0 == 0xc0).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_built_and_read_back() {
        let frame = build(LCP, CONF_REQ, 118, &[5, 6, 0x6e, 0xe4, 0xe8, 0x65]);
        assert_eq!(frame, [0xc0, 0x21, 1, 118, 0, 10, 5, 6, 0x6e, 0xe4, 0xe8, 0x65]);
        let (protocol, information) = split(&frame).unwrap();
        let packet = Packet::parse(information).unwrap();
        assert_eq!((protocol, packet.code, packet.id, packet.len()), (LCP, CONF_REQ, 118, 10));
    }

    #[test]
    fn lengths_that_lie_are_refused_and_padding_is_dropped() {
        assert_eq!(Packet::parse(&[1, 1, 0]), None);
        assert_eq!(Packet::parse(&[1, 1, 0, 3]), None);
        assert_eq!(Packet::parse(&[1, 1, 0, 5]), None);
        assert_eq!(Packet::parse(&[1, 1, 0, 5, 7, 0, 0]).unwrap().data, [7]);
    }

    #[test]
    fn headers_may_be_compressed() {
        assert_eq!(split(&[0xff, 3, 0xc0, 0x21, 9]), Some((LCP, &[9][..])));
        assert_eq!(split(&[0x21, 0x45]), Some((IP, &[0x45][..])));
        assert_eq!(split(&[0xff, 3, 0, 0x21, 0x45]), Some((IP, &[0x45][..])));
        assert_eq!(split(&[0xc0]), None);
        assert_eq!(split(&[]), None);
    }
}
