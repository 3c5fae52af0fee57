//! The header of data messages, RFC 2661 section 3.1, with L, S, O and P in every combination.

use std::ops::Range;

use super::header::{L, O, P, S, T, VERSION};
use crate::proto::cursor::{Reader, Truncated};

/// The header of a data message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DataHeader {
    /// The Length field is (to be) present.
    pub length: bool,
    /// Ns and Nr, when present. Nr is reserved and ignored on receipt.
    pub sequence: Option<(u16, u16)>,
    /// Octets of offset padding, when the Offset Size field is present.
    pub offset: Option<u16>,
    /// The P bit.
    pub priority: bool,
    /// Tunnel id of the recipient.
    pub tunnel: u16,
    /// Session id of the recipient.
    pub session: u16,
}

impl DataHeader {
    /// Octets that this header takes, offset padding included.
    pub fn len(&self) -> usize {
        let length = if self.length { 2 } else { 0 };
        let sequence = if self.sequence.is_some() { 4 } else { 0 };
        let offset = self.offset.map_or(0, |pad| 2 + usize::from(pad));
        6 + length + sequence + offset
    }

    /// Always false: a header has octets.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Appends this header for a payload of `payload` octets. The Length field saturates at 65535.
    pub fn write(&self, payload: usize, out: &mut Vec<u8>) {
        let bit = |on: bool, bit: u16| if on { bit } else { 0 };
        let flags = bit(self.length, L)
            | bit(self.sequence.is_some(), S)
            | bit(self.offset.is_some(), O)
            | bit(self.priority, P)
            | VERSION;
        out.extend_from_slice(&flags.to_be_bytes());
        if self.length {
            let total = u16::try_from(self.len().saturating_add(payload)).unwrap_or(u16::MAX);
            out.extend_from_slice(&total.to_be_bytes());
        }
        out.extend_from_slice(&self.tunnel.to_be_bytes());
        out.extend_from_slice(&self.session.to_be_bytes());
        if let Some((ns, nr)) = self.sequence {
            out.extend_from_slice(&ns.to_be_bytes());
            out.extend_from_slice(&nr.to_be_bytes());
        }
        if let Some(pad) = self.offset {
            out.extend_from_slice(&pad.to_be_bytes());
            out.resize(out.len() + usize::from(pad), 0);
        }
    }
}

/// A whole data message.
pub fn encode_data(header: &DataHeader, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len() + payload.len());
    header.write(payload.len(), &mut out);
    out.extend_from_slice(payload);
    out
}

/// Reads a data message of version 2: its header and its payload. Octets after the end that the Length field
/// gives are ignored.
///
/// # Errors
/// Why the message must be discarded: not a data message of version 2, truncated, or a Length or Offset Size
/// that lies outside the datagram.
pub fn decode_data(bytes: &[u8]) -> Result<(DataHeader, &[u8]), &'static str> {
    let (header, payload) = locate_data(bytes)?;
    Ok((header, bytes.get(payload).unwrap_or_default()))
}

/// The same, with the place of the payload in `bytes`.
///
/// # Errors
/// As [`decode_data`].
pub fn locate_data(bytes: &[u8]) -> Result<(DataHeader, Range<usize>), &'static str> {
    let flags = Reader::new(bytes).u16().map_err(|_| "truncated data header")?;
    if flags & T != 0 || flags & 0x000f != VERSION {
        return Err("not a data message of version 2");
    }
    let (header, len, rest) = fields(flags, bytes).map_err(|_| "truncated data header")?;
    let consumed = bytes.len() - rest.len();
    let end = match len.map(usize::from) {
        None => bytes.len(),
        Some(len) if len > bytes.len() => return Err("length beyond the datagram"),
        Some(len) if len < consumed => return Err("length shorter than the header"),
        Some(len) => len,
    };
    let start = consumed + usize::from(header.offset.unwrap_or(0));
    if start > end {
        return Err("offset beyond the message");
    }
    Ok((header, start..end))
}

/// The header's fields, the Length field, and what follows the Offset Size field.
fn fields(flags: u16, bytes: &[u8]) -> Result<(DataHeader, Option<u16>, &[u8]), Truncated> {
    let mut reader = Reader::new(bytes);
    reader.u16()?;
    let len = if flags & L != 0 { Some(reader.u16()?) } else { None };
    let tunnel = reader.u16()?;
    let session = reader.u16()?;
    let sequence = if flags & S != 0 { Some((reader.u16()?, reader.u16()?)) } else { None };
    let offset = if flags & O != 0 { Some(reader.u16()?) } else { None };
    let header =
        DataHeader { length: len.is_some(), sequence, offset, priority: flags & P != 0, tunnel, session };
    Ok((header, len, reader.rest()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::l2tp::header::{Packet, classify};

    const PPP: &[u8] = b"\xff\x03\xc0\x21";

    #[test]
    fn the_shortest_and_the_longest_header() {
        let short = DataHeader { tunnel: 0x4518, session: 7, ..DataHeader::default() };
        assert_eq!(encode_data(&short, PPP), *b"\0\x02\x45\x18\0\x07\xff\x03\xc0\x21");
        let long = DataHeader {
            length: true,
            sequence: Some((5, 6)),
            offset: Some(3),
            priority: true,
            tunnel: 0x4518,
            session: 7,
        };
        assert_eq!(
            encode_data(&long, PPP),
            *b"\x4b\x02\0\x15\x45\x18\0\x07\0\x05\0\x06\0\x03\0\0\0\xff\x03\xc0\x21"
        );
    }

    #[test]
    fn every_combination_of_bits() {
        for bits in 0..16u8 {
            for pad in [0, 1, 4] {
                let header = DataHeader {
                    length: bits & 1 != 0,
                    sequence: (bits & 2 != 0).then_some((1, 0)),
                    offset: (bits & 4 != 0).then_some(pad),
                    priority: bits & 8 != 0,
                    tunnel: 9,
                    session: 8,
                };
                let bytes = encode_data(&header, PPP);
                assert_eq!(bytes.len(), header.len() + PPP.len());
                assert_eq!(classify(&bytes), Packet::Data(header, PPP));
                for cut in 0..header.len() {
                    assert!(
                        matches!(classify(&bytes[..cut]), Packet::Malformed(_)),
                        "{header:?} cut at {cut}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_length_field_ends_the_payload() {
        let header = DataHeader { length: true, tunnel: 1, session: 1, ..DataHeader::default() };
        let mut bytes = encode_data(&header, PPP);
        bytes.extend_from_slice(b"trailer");
        assert_eq!(decode_data(&bytes), Ok((header, PPP)));
        bytes.truncate(11);
        assert_eq!(decode_data(&bytes), Err("length beyond the datagram"));
        bytes[3] = 7;
        assert_eq!(decode_data(&bytes), Err("length shorter than the header"));
    }

    #[test]
    fn an_offset_beyond_the_message() {
        let header = DataHeader { offset: Some(0), tunnel: 1, session: 1, ..DataHeader::default() };
        let mut bytes = encode_data(&header, PPP);
        bytes[7] = 4;
        assert_eq!(decode_data(&bytes).map(|(_, payload)| payload), Ok(&b""[..]));
        bytes[7] = 5;
        assert_eq!(decode_data(&bytes), Err("offset beyond the message"));
        // The Length field bounds it, not the datagram.
        let header = DataHeader { length: true, ..header };
        let mut bytes = encode_data(&header, PPP);
        bytes[9] = 5;
        bytes.extend_from_slice(b"trailer");
        assert_eq!(decode_data(&bytes), Err("offset beyond the message"));
    }

    #[test]
    fn not_a_data_message() {
        assert!(decode_data(b"\xc8\x02\0\x0c\0\0\0\0\0\0\0\0").is_err());
        assert!(decode_data(b"\0\x03\0\x01\0\x01").is_err());
    }

    proptest! {
        #[test]
        fn any_data_message_survives(
            length: bool, sequence: Option<(u16, u16)>, offset in proptest::option::of(0u16..64),
            priority: bool, tunnel: u16, session: u16,
            payload in proptest::collection::vec(any::<u8>(), 0..1500),
        ) {
            let header = DataHeader { length, sequence, offset, priority, tunnel, session };
            let bytes = encode_data(&header, &payload);
            prop_assert_eq!(classify(&bytes), Packet::Data(header, &payload[..]));
        }

        #[test]
        fn any_octets_are_a_payload_within_them_or_none(bytes: Vec<u8>) {
            if let Ok((header, payload)) = decode_data(&bytes) {
                prop_assert!(header.len() + payload.len() <= bytes.len());
            }
        }
    }
}
