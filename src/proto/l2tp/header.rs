//! The L2TP message header, RFC 2661 section 3.1: what a datagram on port 1701 is.

use super::data::{self, DataHeader};
use crate::proto::cursor::Reader;

/// T bit: a control message.
pub const T: u16 = 0x8000;
/// L bit: the Length field is present.
pub const L: u16 = 0x4000;
/// S bit: Ns and Nr are present.
pub const S: u16 = 0x0800;
/// O bit: the Offset Size field is present.
pub const O: u16 = 0x0200;
/// P bit: priority.
pub const P: u16 = 0x0100;
/// The version of L2TPv2's header.
pub const VERSION: u16 = 2;
/// Octets of a control message's header.
pub const CONTROL_HEADER_LEN: usize = 12;

/// Version bits of the header's first word.
const VERSION_MASK: u16 = 0x000f;
/// L2F (RFC 2341 section 4.2) has three version bits and a checksum bit where L2TP has four version bits.
const L2F_VERSION_MASK: u16 = 0x0007;
const L2F_VERSION: u16 = 1;

/// The fields of a control message's header that change from message to message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ControlHeader {
    /// Tunnel id of the recipient, 0 before it is known.
    pub tunnel: u16,
    /// Session id of the recipient, 0 before it is known and for messages of the tunnel.
    pub session: u16,
    /// Number of this message.
    pub ns: u16,
    /// Number of the message that the sender expects next.
    pub nr: u16,
}

/// What a datagram is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A control message; an empty body is a ZLB.
    Control {
        /// Ids and sequence numbers.
        header: ControlHeader,
        /// The first 16 bits, version included.
        flags: u16,
        /// The AVPs.
        body: &'a [u8],
        /// The Length field, header included.
        len: u16,
    },
    /// A data message and its PPP frame.
    Data(DataHeader, &'a [u8]),
    /// Version 1, L2F.
    L2f,
    /// Another version.
    BadVersion(u8),
    /// A header that must be discarded, and why.
    Malformed(&'static str),
}

/// Says what a datagram is. Octets after the Length field's end are ignored, reserved bits as well.
pub fn classify(bytes: &[u8]) -> Packet<'_> {
    let mut reader = Reader::new(bytes);
    let Ok(flags) = reader.u16() else { return Packet::Malformed("shorter than a header") };
    match flags & VERSION_MASK {
        VERSION if flags & T != 0 => control(bytes, flags),
        VERSION => match data::decode_data(bytes) {
            Ok((header, payload)) => Packet::Data(header, payload),
            Err(reason) => Packet::Malformed(reason),
        },
        _ if flags & L2F_VERSION_MASK == L2F_VERSION => Packet::L2f,
        // The mask leaves four bits.
        other => Packet::BadVersion(other as u8),
    }
}

fn control(bytes: &[u8], flags: u16) -> Packet<'_> {
    if flags & L == 0 || flags & S == 0 {
        return Packet::Malformed("control message without length or sequence numbers");
    }
    if flags & O != 0 {
        return Packet::Malformed("control message with an offset");
    }
    let mut reader = Reader::new(bytes);
    let mut words = [0; CONTROL_HEADER_LEN / 2];
    for word in &mut words {
        let Ok(read) = reader.u16() else { return Packet::Malformed("truncated control header") };
        *word = read;
    }
    let [_, len, tunnel, session, ns, nr] = words;
    match bytes.get(CONTROL_HEADER_LEN..usize::from(len)) {
        Some(body) => Packet::Control { header: ControlHeader { tunnel, session, ns, nr }, flags, body, len },
        None if usize::from(len) < CONTROL_HEADER_LEN => Packet::Malformed("length shorter than the header"),
        None => Packet::Malformed("length beyond the datagram"),
    }
}

/// A whole control message: header with T, L and S, version 2, then `body`. A body that does not fit the
/// 16-bit Length field is cut there.
pub fn encode_control(header: &ControlHeader, body: &[u8]) -> Vec<u8> {
    let room = usize::from(u16::MAX) - CONTROL_HEADER_LEN;
    let body = body.get(..room).unwrap_or(body);
    let len = CONTROL_HEADER_LEN + body.len();
    let mut out = Vec::with_capacity(len);
    let words = [T | L | S | VERSION, len as u16, header.tunnel, header.session, header.ns, header.nr];
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_zlb_of_the_documented_call() {
        let header = ControlHeader { tunnel: 17688, session: 0, ns: 1, nr: 2 };
        let bytes = encode_control(&header, &[]);
        assert_eq!(bytes, *b"\xC8\x02\0\x0C\x45\x18\0\0\0\x01\0\x02");
        assert_eq!(classify(&bytes), Packet::Control { header, flags: 0xc802, body: &[], len: 12 });
    }

    #[test]
    fn control_headers_that_are_discarded() {
        let good = encode_control(&ControlHeader { tunnel: 1, session: 2, ns: 3, nr: 4 }, b"body");
        let with = |at: usize, octet: u8| {
            let mut bytes = good.clone();
            bytes[at] = octet;
            bytes
        };
        let malformed = |bytes: &[u8], reason| assert_eq!(classify(bytes), Packet::Malformed(reason));
        malformed(&with(0, 0x88), "control message without length or sequence numbers");
        malformed(&with(0, 0xc0), "control message without length or sequence numbers");
        malformed(&with(0, 0xca), "control message with an offset");
        malformed(&with(3, 11), "length shorter than the header");
        malformed(&with(3, 17), "length beyond the datagram");
        malformed(&good[..11], "truncated control header");
        malformed(&good[..15], "length beyond the datagram");
        malformed(&good[..1], "shorter than a header");
        malformed(&[], "shorter than a header");
        malformed(b"\x80\x02\0\0\0\0\0", "control message without length or sequence numbers");
    }

    #[test]
    fn reserved_bits_the_p_bit_and_octets_behind_the_end_are_ignored() {
        let header = ControlHeader { tunnel: 1, session: 2, ns: 3, nr: 4 };
        let mut bytes = encode_control(&header, b"body");
        bytes[0] |= 0x35;
        bytes[1] |= 0xf0;
        bytes.extend_from_slice(b"padding");
        assert_eq!(classify(&bytes), Packet::Control { header, flags: 0xfdf2, body: b"body", len: 16 });
    }

    #[test]
    fn other_versions() {
        assert_eq!(classify(&[0, 1, 0, 0]), Packet::L2f);
        // L2F with its checksum bit.
        assert_eq!(classify(&[0xf0, 9, 0, 0]), Packet::L2f);
        assert_eq!(classify(&[0xc8, 1, 0, 12]), Packet::L2f);
        for version in [0, 3, 4, 10, 15] {
            assert_eq!(classify(&[0xc8, version, 0, 12]), Packet::BadVersion(version));
        }
    }

    proptest! {
        #[test]
        fn a_control_message_survives(
            ids: (u16, u16, u16, u16), body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let (tunnel, session, ns, nr) = ids;
            let header = ControlHeader { tunnel, session, ns, nr };
            let bytes = encode_control(&header, &body);
            let len = bytes.len() as u16;
            prop_assert_eq!(classify(&bytes), Packet::Control { header, flags: 0xc802, body: &body, len });
        }
    }
}
