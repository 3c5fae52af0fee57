//! The source address of packets that were there before the interface had one.

use std::net::Ipv4Addr;

const UDP: u8 = 17;
/// Where the fields of an IPv4 header are, RFC 791 section 3.1.
const FRAGMENT: usize = 6;
const PROTOCOL: usize = 9;
const CHECKSUM: usize = 10;
const SOURCE: usize = 12;
/// Where the checksum is in a UDP header.
const UDP_CHECKSUM: usize = 6;

/// Gives an IPv4 packet whose source is 0.0.0.0 the source `address`, its checksums with it. Other packets, and
/// those that are too short to have the fields, stay as they are. A TCP segment stays as well: the socket behind it
/// has been bound to 0.0.0.0 and would not know the answer.
pub(super) fn set_source(packet: &mut [u8], address: Ipv4Addr) {
    const TCP: u8 = 6;
    let header = packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
    let source = packet.get(SOURCE..SOURCE + 4);
    if header < 20 || packet.len() < header || source != Some(&[0; 4]) || packet.get(PROTOCOL) == Some(&TCP) {
        return;
    }
    if let Some(field) = packet.get_mut(SOURCE..SOURCE + 4) {
        field.copy_from_slice(&address.octets());
    }
    adjust(packet, CHECKSUM, address);
    let first_fragment = packet.get(FRAGMENT..FRAGMENT + 2).is_some_and(|f| f[0] & 0x1f == 0 && f[1] == 0);
    let at = header + UDP_CHECKSUM;
    // 0 says that there is no checksum (RFC 768).
    if packet.get(PROTOCOL) == Some(&UDP)
        && first_fragment
        && packet.get(at..at + 2).is_some_and(|c| c != [0; 2])
    {
        adjust(packet, at, address);
    }
}

/// RFC 1624 section 3: the checksum at `at` after four octets of zero became `address`.
fn adjust(packet: &mut [u8], at: usize, address: Ipv4Addr) {
    let Some(field) = packet.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>()) else { return };
    let new = address.to_bits();
    let mut sum = u32::from(!u16::from_be_bytes(*field)) + (new >> 16) + (new & 0xffff);
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    // The mask leaves sixteen bits.
    let checksum = !((sum & 0xffff) as u16);
    *field = checksum.to_be_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a sum with its checksum in it: 0 when that is right.
    fn remainder(octets: &[u8], before: u32) -> u16 {
        let words = octets.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0)));
        let mut sum = words.sum::<u32>() + before;
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        !(sum as u16)
    }

    fn packet(protocol: u8, source: [u8; 4], payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 20 + payload.len() as u8, 0x12, 0x34, 0, 0, 64, protocol, 0, 0];
        packet.extend(source);
        packet.extend([10, 51, 6, 82]);
        let checksum = remainder(&packet, 0).to_be_bytes();
        packet[10..12].copy_from_slice(&checksum);
        packet.extend(payload);
        packet
    }

    fn pseudo(packet: &[u8]) -> u32 {
        let words = packet[12..20].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1]));
        words.sum::<u32>() + 17 + (packet.len() as u32 - 20)
    }

    #[test]
    fn a_packet_without_a_source_gets_one_and_right_checksums() {
        for address in [[10, 10, 53, 77], [255, 255, 255, 254], [0, 0, 0, 1]] {
            let mut ping = packet(1, [0; 4], &[8, 0, 1, 2, 3, 4]);
            set_source(&mut ping, address.into());
            assert_eq!((ping[12..16].to_vec(), remainder(&ping[..20], 0)), (address.to_vec(), 0));
            assert_eq!(ping[20..], [8, 0, 1, 2, 3, 4]);

            let mut query = packet(UDP, [0; 4], &[0x80, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4]);
            let checksum = remainder(&query[20..], pseudo(&query)).to_be_bytes();
            query[26..28].copy_from_slice(&checksum);
            set_source(&mut query, address.into());
            assert_eq!(remainder(&query[..20], 0), 0);
            assert_eq!(remainder(&query[20..], pseudo(&query)), 0);
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let mut options = packet(UDP, [0; 4], &[0; 12]);
        options[0] = 0x4f;
        let mut none = packet(UDP, [0; 4], &[0x80, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4]);
        set_source(&mut none, Ipv4Addr::LOCALHOST);
        assert_eq!(none[26..28], [0, 0], "no checksum, and none now");
        for unchanged in [
            packet(1, [10, 10, 53, 2], &[8, 0]),
            packet(6, [0; 4], &[0; 20]),
            options,
            packet(1, [0; 4], &[])[..19].to_vec(),
            Vec::new(),
        ] {
            let mut packet = unchanged.clone();
            set_source(&mut packet, Ipv4Addr::LOCALHOST);
            assert_eq!(packet, unchanged);
        }
    }
}
