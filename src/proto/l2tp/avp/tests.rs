//! The table against the RFC's words, and the codec.

use proptest::prelude::*;

use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::l2tp::hidden;
use crate::proto::l2tp::message::Hiding;

/// Number, name, messages (`*` for all), M bit, may be hidden, length of the AVP and whether more may follow, as
/// section 4.4 of RFC 2661 words them (Host Name and the challenges say elsewhere that they have an octet at least).
type Row = (u16, &'static str, &'static str, bool, bool, (usize, bool));
#[rustfmt::skip]
const SECTION_4_4: [Row; 39] = [
    (0, "Message Type", "*", true, false, (8, false)),
    (1, "Result Code", "CDN StopCCN", true, false, (8, true)),
    (2, "Protocol Version", "SCCRP SCCRQ", true, false, (8, false)),
    (3, "Framing Capabilities", "SCCRP SCCRQ", true, true, (10, false)),
    (4, "Bearer Capabilities", "SCCRP SCCRQ", true, true, (10, false)),
    (5, "Tie Breaker", "SCCRQ", false, false, (14, false)),
    (6, "Firmware Revision", "SCCRP SCCRQ", false, true, (8, false)),
    (7, "Host Name", "SCCRP SCCRQ", true, false, (7, true)),
    (8, "Vendor Name", "SCCRP SCCRQ", false, true, (6, true)),
    (9, "Assigned Tunnel ID", "SCCRP SCCRQ StopCCN", true, true, (8, false)),
    (10, "Receive Window Size", "SCCRQ SCCRP", true, false, (8, false)),
    (11, "Challenge", "SCCRP SCCRQ", true, true, (7, true)),
    (12, "Q.931 Cause Code", "CDN", true, false, (9, true)),
    (13, "Challenge Response", "SCCCN SCCRP", true, true, (22, false)),
    (14, "Assigned Session ID", "CDN ICRP ICRQ OCRP OCRQ", true, true, (8, false)),
    (15, "Call Serial Number", "ICRQ OCRQ", true, true, (10, false)),
    (16, "Minimum BPS", "OCRQ", true, true, (10, false)),
    (17, "Maximum BPS", "OCRQ", true, true, (10, false)),
    (18, "Bearer Type", "ICRQ OCRQ", true, true, (10, false)),
    (19, "Framing Type", "ICCN OCCN OCRQ", true, true, (10, false)),
    (21, "Called Number", "ICRQ OCRQ", true, true, (6, true)),
    (22, "Calling Number", "ICRQ", true, true, (6, true)),
    (23, "Sub-Address", "ICRQ OCRQ", true, true, (6, true)),
    (24, "(Tx) Connect Speed", "ICCN OCCN", true, true, (10, false)),
    (25, "Physical Channel ID", "ICRQ OCRP", false, true, (10, false)),
    (26, "Initial Received LCP CONFREQ", "ICCN", false, true, (6, true)),
    (27, "Last Sent LCP CONFREQ", "ICCN", false, true, (6, true)),
    (28, "Last Received LCP CONFREQ", "ICCN", false, true, (6, true)),
    (29, "Proxy Authen Type", "ICCN", false, true, (8, false)),
    (30, "Proxy Authen Name", "ICCN", false, true, (6, true)),
    (31, "Proxy Authen Challenge", "ICCN", false, true, (7, true)),
    (32, "Proxy Authen ID", "ICCN", false, true, (8, false)),
    (33, "Proxy Authen Response", "ICCN", false, true, (6, true)),
    (34, "Call Errors", "WEN", true, true, (32, false)),
    (35, "ACCM", "SLI", true, true, (16, false)),
    (36, "Random Vector", "*", true, false, (6, true)),
    (37, "Private Group ID", "ICCN", false, true, (6, true)),
    (38, "Rx Connect Speed", "ICCN OCCN", false, true, (10, false)),
    (39, "Sequencing Required", "ICCN OCCN", true, false, (6, false)),
];

/// Message, AVPs that must and that may be present, as section 6 of RFC 2661 lists them.
#[rustfmt::skip]
const SECTION_6: [(&str, &[&str], &[&str]); 14] = [
    ("SCCRQ", &["Message Type", "Protocol Version", "Host Name", "Framing Capabilities", "Assigned Tunnel ID"], &["Bearer Capabilities", "Receive Window Size", "Challenge", "Tie Breaker", "Firmware Revision", "Vendor Name"]),
    ("SCCRP", &["Message Type", "Protocol Version", "Framing Capabilities", "Host Name", "Assigned Tunnel ID"], &["Bearer Capabilities", "Firmware Revision", "Vendor Name", "Receive Window Size", "Challenge", "Challenge Response"]),
    ("SCCCN", &["Message Type"], &["Challenge Response"]),
    ("StopCCN", &["Message Type", "Assigned Tunnel ID", "Result Code"], &[]),
    ("HELLO", &["Message Type"], &[]),
    ("ICRQ", &["Message Type", "Assigned Session ID", "Call Serial Number"], &["Bearer Type", "Physical Channel ID", "Calling Number", "Called Number", "Sub-Address"]),
    ("ICRP", &["Message Type", "Assigned Session ID"], &[]),
    ("ICCN", &["Message Type", "(Tx) Connect Speed", "Framing Type"], &["Initial Received LCP CONFREQ", "Last Sent LCP CONFREQ", "Last Received LCP CONFREQ", "Proxy Authen Type", "Proxy Authen Name", "Proxy Authen Challenge", "Proxy Authen ID", "Proxy Authen Response", "Private Group ID", "Rx Connect Speed", "Sequencing Required"]),
    ("OCRQ", &["Message Type", "Assigned Session ID", "Call Serial Number", "Minimum BPS", "Maximum BPS", "Bearer Type", "Framing Type", "Called Number"], &["Sub-Address"]),
    ("OCRP", &["Message Type", "Assigned Session ID"], &["Physical Channel ID"]),
    ("OCCN", &["Message Type", "(Tx) Connect Speed", "Framing Type"], &["Rx Connect Speed", "Sequencing Required"]),
    ("CDN", &["Message Type", "Result Code", "Assigned Session ID"], &["Q.931 Cause Code"]),
    ("WEN", &["Message Type", "Call Errors"], &[]),
    ("SLI", &["Message Type", "ACCM"], &[]),
];

/// IOS sends Proxy Authen Response with the M bit, against the RFC (the documented call).
const PROXY_AUTHEN_RESPONSE: u16 = 33;

#[test]
fn the_rows_stand_in_the_order_of_the_enum() {
    for (i, spec) in TABLE.iter().enumerate() {
        assert_eq!(spec.attribute as usize, i);
        assert_eq!(spec.attribute.spec().number, spec.number);
    }
}

#[test]
fn the_table_is_section_4_4() {
    let ietf: Vec<&Spec> = TABLE.iter().filter(|spec| spec.vendor == IETF).collect();
    assert_eq!(ietf.len(), SECTION_4_4.len());
    for (spec, (number, name, messages, mandatory, hideable, (len, more))) in ietf.iter().zip(SECTION_4_4) {
        assert_eq!((spec.number, spec.name), (number, name));
        assert_eq!(spec.mandatory, mandatory || number == PROXY_AUTHEN_RESPONSE, "M bit of {name}");
        assert_eq!(spec.hideable, hideable, "H bit of {name}");
        assert!(spec.length.holds(len - AVP_HEADER_LEN), "length of {name}");
        assert_eq!(spec.length.holds(len + 20 - AVP_HEADER_LEN), more, "length of {name}");
        for message in MessageType::ALL {
            let says = messages == "*" || messages.split(' ').any(|m| m == message.name());
            assert_eq!(spec.allowed_in(message), says, "{name} in {}", message.name());
        }
    }
}

#[test]
fn the_table_is_section_6() {
    assert_eq!(SECTION_6.map(|(message, ..)| message).len(), MessageType::ALL.len());
    for (message, must, may) in SECTION_6 {
        let message = MessageType::ALL.into_iter().find(|t| t.name() == message).unwrap();
        for spec in TABLE.iter().filter(|spec| spec.vendor == IETF) {
            assert_eq!(
                spec.required.contains(&message),
                must.contains(&spec.name),
                "{} {message:?}",
                spec.name
            );
            let may = may.contains(&spec.name) || spec.attribute == Attribute::RandomVector;
            assert_eq!(spec.optional.contains(&message), may, "{} {message:?}", spec.name);
        }
    }
}

#[test]
fn vendors_are_kept_apart() {
    assert_eq!(lookup(IETF, 2).unwrap().attribute, Attribute::ProtocolVersion);
    assert!(lookup(CISCO, 2).is_none());
    assert!(lookup(IETF, 100).is_none());
    assert_eq!(lookup(CISCO, 100).unwrap().attribute, Attribute::ClientNasPort);
    assert!(lookup(311, 100).is_none());
    assert!(lookup(IETF, 20).is_none());
}

#[test]
fn raw_avps_of_a_body() {
    let body = [0x80, 8, 0, 0, 0, 0, 0, 1, 0x3c, 7, 0, 9, 0, 2, 0xff, 0xc0, 6, 0, 0, 0, 39];
    let avps: Vec<_> = RawAvps::new(&body).collect::<Result<_, _>>().unwrap();
    assert_eq!(avps[0], RawAvp { flags: 0x8000, len: 8, vendor: 0, number: 0, value: &[0, 1] });
    assert_eq!(avps[1], RawAvp { flags: 0x3c00, len: 7, vendor: 9, number: 2, value: &[0xff] });
    assert!(avps[1].reserved() && !avps[1].mandatory() && !avps[1].hidden());
    assert_eq!(avps[2], RawAvp { flags: 0xc000, len: 6, vendor: 0, number: 39, value: &[] });
    assert!(avps[2].mandatory() && avps[2].hidden());
}

#[test]
fn broken_avps_end_the_body() {
    // A length of 5, a length beyond the end, a header that is cut, a length of 0 (which must not loop).
    for body in [&[0x80, 5, 0, 0, 0, 0, 0][..], &[0x80, 9, 0, 0, 0, 0, 0, 1], &[0x80, 8, 0], &[0; 12]] {
        let avps: Vec<_> = RawAvps::new(body).collect();
        assert_eq!(avps, [Err(BrokenAvps)], "{body:?}");
    }
}

#[test]
fn a_long_text_is_cut_at_a_character_and_other_long_values_are_left_out() {
    let avps = [
        (Attribute::MessageType, vec![0, 1]),
        (Attribute::HostName, format!("{}\u{e9}", "a".repeat(1016)).into_bytes()),
        (Attribute::Challenge, vec![1; 1018]),
        (Attribute::AssignedTunnelId, vec![0, 7]),
    ];
    let bytes = encode(&avps, None);
    let raw: Vec<_> = RawAvps::new(&bytes).collect::<Result<_, _>>().unwrap();
    assert_eq!(raw.iter().map(|avp| (avp.number, avp.len)).collect::<Vec<_>>(), [(0, 8), (7, 1022), (9, 8)]);
}

#[test]
fn hiding_puts_one_random_vector_behind_the_message_type() {
    let avps = [
        (Attribute::MessageType, vec![0, 1]),
        (Attribute::ProtocolVersion, vec![1, 0]),
        (Attribute::AssignedTunnelId, vec![0x45, 0x18]),
        (Attribute::Challenge, vec![7; 16]),
    ];
    let bytes = encode(&avps, Some(&mut Hiding { secret: b"hello", entropy: &mut Seeded::new(1) }));
    let raw: Vec<_> = RawAvps::new(&bytes).collect::<Result<_, _>>().unwrap();
    let shape: Vec<_> = raw.iter().map(|avp| (avp.number, avp.flags, avp.len)).collect();
    // Hidden values are padded to 16 octets, or 32.
    assert_eq!(shape, [(0, 0x8000, 8), (36, 0x8000, 22), (2, 0x8000, 8), (9, 0xc000, 22), (11, 0xc000, 38)]);
    assert_eq!(hidden::reveal(9, b"hello", raw[1].value, raw[3].value), Ok(vec![0x45, 0x18]));
    assert_eq!(hidden::reveal(11, b"hello", raw[1].value, raw[4].value), Ok(vec![7; 16]));
}

#[test]
fn nothing_to_hide_needs_no_random_vector() {
    let avps = [(Attribute::MessageType, vec![0, 6])];
    let bytes = encode(&avps, Some(&mut Hiding { secret: b"hello", entropy: &mut Seeded::new(1) }));
    assert_eq!(bytes, [0x80, 8, 0, 0, 0, 0, 0, 6]);
}

proptest! {
    #[test]
    fn any_octets_are_avps_that_fill_them_or_broken(body: Vec<u8>) {
        let avps: Vec<_> = RawAvps::new(&body).collect();
        let whole = avps.iter().all(Result::is_ok);
        let octets: usize = avps.iter().flatten().map(|avp| usize::from(avp.len)).sum();
        prop_assert_eq!(whole, octets == body.len());
        prop_assert!(avps.iter().rev().skip(1).all(Result::is_ok));
    }

    #[test]
    fn every_value_that_fits_survives(len in 0usize..=1015, hide: bool, seed: u64) {
        let value = vec![b'x'; len];
        let avps = [(Attribute::MessageType, vec![0, 1]), (Attribute::VendorName, value.clone())];
        let mut entropy = Seeded::new(seed);
        let mut hiding = Hiding { secret: b"hello", entropy: &mut entropy };
        let bytes = encode(&avps, hide.then_some(&mut hiding));
        let raw: Vec<_> = RawAvps::new(&bytes).collect::<Result<_, _>>().unwrap();
        let last = raw.last().unwrap();
        let shown = if hide {
            hidden::reveal(8, b"hello", raw[1].value, last.value).unwrap()
        } else {
            last.value.to_vec()
        };
        prop_assert_eq!(shown, value);
    }
}
