//! What a broken or strange peer sends.

use super::*;
use crate::proto::l2tp::hidden;
use crate::proto::l2tp::result::error;

/// An AVP: flags, vendor, number, value.
fn avp(flags: u16, vendor: u16, number: u16, value: &[u8]) -> Vec<u8> {
    let len = 6 + value.len() as u16;
    [&(flags | len).to_be_bytes(), &vendor.to_be_bytes(), &number.to_be_bytes(), value].concat()
}

fn message_type(number: u16) -> Vec<u8> {
    avp(0x8000, 0, 0, &number.to_be_bytes())
}

fn sccrq() -> Message {
    Message::Sccrq(Sccrq {
        framing_capabilities: 3,
        host_name: "lac".to_owned(),
        assigned_tunnel: 7,
        ..Sccrq::default()
    })
}

/// An SCCRQ with this AVP behind it.
fn sccrq_and(extra: &[u8]) -> Vec<u8> {
    [sccrq().encode(None), extra.to_vec()].concat()
}

#[track_caller]
fn refused(body: &[u8], code: (u16, u16), text: &str) -> Fault {
    let (result, errors) = read(body, Some(b"hello"));
    let fault = result.expect_err("a fault");
    assert_eq!((fault.result.result, fault.result.error), (code.0, Some(code.1)));
    assert_eq!(fault.result.message.as_deref(), Some(text));
    assert!(errors.contains(&format!("* L2X: {text}\n")), "{errors}");
    fault
}

#[track_caller]
fn ignored(body: &[u8], expected: &Message, text: &str) {
    let (result, errors) = read(body, Some(b"hello"));
    assert_eq!(result.as_ref(), Ok(expected));
    assert_eq!(errors, format!("* L2X: {text}\n"));
}

#[test]
fn an_unknown_mandatory_avp_is_refused_with_error_code_8() {
    let fault = refused(&sccrq_and(&avp(0x8000, 0, 99, b"x")), (2, 8), "Unknown AVP 99");
    assert_eq!(fault.message_type, Some(MessageType::Sccrq));
    assert_eq!(fault.assigned_tunnel, Some(7));
    assert!(fault.fatal);
}

#[test]
fn the_ids_behind_the_fault_are_found() {
    let mut body = sccrq().encode(None);
    let unknown = avp(0x8000, 0, 99, b"x");
    body.splice(8..8, unknown);
    assert_eq!(refused(&body, (2, 8), "Unknown AVP 99").assigned_tunnel, Some(7));
}

#[test]
fn an_unknown_optional_avp_is_ignored() {
    ignored(&sccrq_and(&avp(0, 0, 99, b"x")), &sccrq(), "Unknown AVP 99");
}

#[test]
fn an_avp_of_a_vendor_is_not_the_ietf_s() {
    // Under vendor 9 attribute 2 is not Protocol Version: nothing is wrong with this one's length.
    ignored(&sccrq_and(&avp(0, 9, 2, b"xyz")), &sccrq(), "Unknown AVP 2 of vendor 9");
    refused(&sccrq_and(&avp(0x8000, 9, 2, &[1, 0])), (2, 8), "Unknown AVP 2 of vendor 9");
    refused(&sccrq_and(&avp(0x8000, 311, 7, b"x")), (2, 8), "Unknown AVP 7 of vendor 311");
    // Nor does it stand in for the IETF's when that is missing.
    let body = [message_type(10), avp(0x8000, 0, 14, &[0, 7]), avp(0, 9, 15, &[0; 4])].concat();
    refused(&body, (2, error::VENDOR), "Missing AVP 15 (Call Serial Number) in ICRQ");
}

#[test]
fn a_reserved_bit_makes_an_avp_unknown() {
    for bit in [0x2000, 0x1000, 0x0800, 0x0400] {
        refused(&sccrq_and(&avp(0x8000 | bit, 0, 10, &[0, 4])), (2, 8), "Unknown AVP 10");
        ignored(&sccrq_and(&avp(bit, 0, 10, &[0, 4])), &sccrq(), "Unknown AVP 10");
    }
}

#[test]
fn avps_that_do_not_fill_the_message() {
    for tail in [&[0x80, 5, 0, 0, 0, 0][..], &[0x80, 7, 0, 0, 0, 10], &[0x80], &[0; 6]] {
        refused(&sccrq_and(tail), (2, error::LENGTH), "AVPs do not fit the message");
    }
    let fault = refused(&[], (2, error::LENGTH), "AVPs do not fit the message");
    assert_eq!(fault.message_type, None);
}

#[test]
fn a_wrong_length_is_refused_with_the_m_bit_and_ignored_without() {
    let window = "Wrong length of AVP 10 (Receive Window Size)";
    refused(&sccrq_and(&avp(0x8000, 0, 10, &[4])), (2, error::LENGTH), window);
    // The example of RFC 2661 section 7.1: Rx Connect Speed with 2 octets.
    let info = ConnectInfo { tx_speed: 64000, framing_type: 1, ..ConnectInfo::default() };
    let iccn = Message::Iccn(Iccn { info });
    let body = [iccn.encode(None), avp(0, 0, 38, &[0xfa, 0])].concat();
    ignored(&body, &iccn, "Wrong length of AVP 38 (Rx Connect Speed)");
}

#[test]
fn the_id_0_is_refused() {
    let body = [message_type(11), avp(0x8000, 0, 14, &[0, 0])].concat();
    refused(&body, (2, error::RANGE), "Value out of range in AVP 14 (Assigned Session ID)");
    // But a CDN may end a call that never had one.
    let body = [message_type(14), avp(0x8000, 0, 14, &[0, 0]), avp(0x8000, 0, 1, &[0, 2])].concat();
    assert!(read(&body, None).0.is_ok());
}

#[test]
fn the_first_avp_must_be_the_message_type() {
    let text = "First AVP is not a Message Type";
    let body = [avp(0x8000, 0, 9, &[0, 7]), message_type(4)].concat();
    assert!(refused(&body, (2, error::RANGE), text).fatal);
    refused(&avp(0xc000, 0, 0, &[0, 6]), (2, error::RANGE), text);
    refused(&avp(0x8400, 0, 0, &[0, 6]), (2, error::RANGE), text);
    refused(&avp(0x8000, 9, 0, &[0, 6]), (2, error::RANGE), text);
    refused(&avp(0x8000, 0, 0, &[6]), (2, error::LENGTH), "Wrong length of AVP 0 (Message Type)");
}

#[test]
fn an_unknown_message_is_fatal_with_the_m_bit_only() {
    for number in [0u16, 5, 13, 17, 99] {
        let text = format!("Unknown message type {number}");
        assert!(refused(&message_type(number), (2, error::RANGE), &text).fatal);
        assert!(!refused(&avp(0, 0, 0, &number.to_be_bytes()), (2, error::RANGE), &text).fatal);
    }
}

#[test]
fn another_protocol_version_is_answered_with_result_5() {
    let mut body = sccrq().encode(None);
    // The value of the second AVP.
    body[14] = 2;
    let text = "Protocol version 2.0 not supported";
    assert_eq!(refused(&body, (5, 0x0100), text).assigned_tunnel, Some(7));
    // A later revision of version 1 is taken.
    body[14..16].copy_from_slice(&[1, 3]);
    assert_eq!(read(&body, None).0, Ok(sccrq()));
}

#[test]
fn every_missing_avp_is_named() {
    let (result, errors) = read(&message_type(1), None);
    assert!(result.is_err());
    assert_eq!(
        errors,
        "* L2X: Missing AVP 2 (Protocol Version) in SCCRQ\n\
         * L2X: Missing AVP 3 (Framing Capabilities) in SCCRQ\n\
         * L2X: Missing AVP 7 (Host Name) in SCCRQ\n\
         * L2X: Missing AVP 9 (Assigned Tunnel ID) in SCCRQ\n"
    );
}

#[test]
fn avps_that_do_not_belong_there_and_repeated_ones_are_ignored() {
    let text = "Ignoring unexpected AVP 21 (Called Number) in SCCRQ";
    ignored(&sccrq_and(&avp(0x8000, 0, 21, b"1")), &sccrq(), text);
    ignored(&sccrq_and(&avp(0x8000, 0, 9, &[0, 8])), &sccrq(), "Ignoring second AVP 9 (Assigned Tunnel ID)");
    ignored(&sccrq_and(&message_type(4)), &sccrq(), "Ignoring second AVP 0 (Message Type)");
}

#[test]
fn result_codes_of_8_10_and_more_octets() {
    let cdn =
        |value: &[u8]| [message_type(14), avp(0x8000, 0, 14, &[0, 7]), avp(0x8000, 0, 1, value)].concat();
    let code = |body: &[u8]| match read(body, None).0 {
        Ok(Message::Cdn(cdn)) => cdn.result,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&cdn(&[0, 1])), ResultCode::bare(1));
    assert_eq!(code(&cdn(&[0, 1, 0, 0])), ResultCode { result: 1, error: Some(0), message: None });
    assert_eq!(code(&cdn(b"\0\x02\0\x06bye")), ResultCode::general(6, "bye"));
    refused(&cdn(&[0, 1, 0]), (2, error::LENGTH), "Wrong length of AVP 1 (Result Code)");
}

#[test]
fn a_message_of_the_peer_cannot_drive_the_terminal() {
    let body =
        [message_type(14), avp(0x8000, 0, 14, &[0, 7]), avp(0x8000, 0, 1, b"\0\x02\0\x06\x1b[2Jbye\r\n")]
            .concat();
    let mut lines = Lines::new(Dialect::V12_0);
    with(&mut lines, |cx| decode(cx, Prefix::L2x, &body, None)).unwrap();
    assert!(lines.text.contains(
        "* L2X: Result code(2): 2: Call disconnected, refer to error msg\n\
         *      Error code(6): Vendor specific\n\
         *      Optional msg: .[2Jbye..\n"
    ));
}

#[test]
fn hidden_avps_use_the_random_vector_before_them() {
    let hidden = |number, vector: &[u8], value: &[u8], padding: &[u8]| {
        avp(0xc000, 0, number, &hidden::hide(number, b"hello", vector, value, padding))
    };
    let body = [
        message_type(11),
        avp(0x8000, 0, 36, b"one"),
        avp(0x8000, 0, 36, b"a second random vector"),
        hidden(14, b"a second random vector", &[0, 45], b"padding of any length"),
    ]
    .concat();
    let icrp = Message::Icrp(Icrp { assigned_session: 45 });
    assert_eq!(read(&body, Some(b"hello")), (Ok(icrp), String::new()));
    let body = [
        message_type(10),
        avp(0x8000, 0, 36, b"one"),
        hidden(14, b"one", &[0, 7], &[]),
        avp(0x8000, 0, 36, b"two"),
        hidden(15, b"two", &[1, 2, 3, 4], &[]),
    ]
    .concat();
    let request = CallRequest { serial: 0x01020304, ..CallRequest::default() };
    let icrq = Message::Icrq(Icrq { assigned_session: 7, request });
    assert_eq!(read(&body, Some(b"hello")), (Ok(icrq), String::new()));
}

#[test]
fn hidden_avps_that_cannot_be_read() {
    let vector = avp(0x8000, 0, 36, b"vector");
    let id = avp(0xc000, 0, 14, &hidden::hide(14, b"hello", b"vector", &[0, 45], &[]));
    let body = [message_type(11), id.clone()].concat();
    let text = "Hidden AVP 14 (Assigned Session ID): no Random Vector before it";
    refused(&body, (2, error::VENDOR), text);
    let body = [message_type(11), vector.clone(), avp(0xc000, 0, 14, &[1])].concat();
    let text = "Hidden AVP 14 (Assigned Session ID): its hidden length is wrong";
    refused(&body, (2, error::VENDOR), text);
    let body = [message_type(11), vector.clone(), id].concat();
    let (result, errors) = read(&body, None);
    assert!(result.is_err());
    assert!(errors.contains("Hidden AVP 14 (Assigned Session ID): no secret to unhide it"));
    // Host Name may not be hidden at all.
    let body = sccrq_and(&[vector, avp(0xc000, 0, 7, b"whatever")].concat());
    refused(&body, (2, error::RANGE), "AVP 7 (Host Name) must not be hidden");
}

#[test]
fn what_a_message_with_hidden_avps_tells_without_a_secret() {
    let told = |host_name: &str, tie_breaker, assigned_tunnel| {
        Some(Sealed { host_name: host_name.to_owned(), tie_breaker, assigned_tunnel })
    };
    let mut entropy = Seeded::new(7);
    let tie_breaker = Some([3; 8]);
    let body = Message::Sccrq(Sccrq {
        framing_capabilities: 3,
        host_name: "lac".to_owned(),
        assigned_tunnel: 45,
        tie_breaker,
        ..Sccrq::default()
    })
    .encode(Some(&mut Hiding { secret: b"hello", entropy: &mut entropy }));
    assert_eq!(sealed(&body), told("lac", tie_breaker, 0));
    let vendor = avp(0x4000, 0, 8, b"hidden");
    assert_eq!(sealed(&sccrq_and(&vendor)), told("lac", None, 7), "its id is not hidden");
    assert_eq!(sealed(&sccrq_and(b"")), None, "nothing is hidden");
    assert_eq!(sealed(&[message_type(1), vendor.clone()].concat()), None, "whose it is does not show");
    assert_eq!(sealed(&[message_type(1), avp(0xc000, 0, 7, b"lac"), vendor.clone()].concat()), None);
    assert_eq!(sealed(&[message_type(2), avp(0x8000, 0, 7, b"lac"), vendor].concat()), None, "an SCCRP");
    assert_eq!(sealed(b""), None);
}

#[test]
fn reserved_fields_are_sent_as_0() {
    // Behind the header of the AVP: two reserved octets, then the counters or maps.
    for message in
        [Message::Wen(Wen { counters: [u32::MAX; 6] }), Message::Sli(Sli { accm: (u32::MAX, u32::MAX) })]
    {
        let body = message.encode(None);
        assert_eq!(body[14..16], [0, 0], "{message:?}");
        assert!(body[16..].iter().all(|&octet| octet == 0xff));
    }
}

/// Hides a value as section 4.3 of the RFC tells it, written anew octet by octet: b1 = MD5(AV + S + RV),
/// c1 = p1 xor b1, b2 = MD5(S + c1), ...
fn hidden_by_another_hand(
    number: u16,
    secret: &[u8],
    vector: &[u8],
    value: &[u8],
    padding: usize,
) -> Vec<u8> {
    use md5::{Digest, Md5};
    let mut plain = vec![(value.len() >> 8) as u8, value.len() as u8];
    plain.extend(value);
    plain.extend((0..padding).map(|i| 0xa0 ^ i as u8));
    let mut input = [&number.to_be_bytes()[..], secret, vector].concat();
    let mut cipher: Vec<u8> = Vec::new();
    let mut block: Vec<u8> = Vec::new();
    for (i, octet) in plain.iter().enumerate() {
        if i % 16 == 0 {
            if i > 0 {
                input = [secret, &cipher[i - 16..]].concat();
            }
            block = Md5::digest(&input).to_vec();
        }
        cipher.push(octet ^ block[i % 16]);
    }
    cipher
}

#[test]
fn avps_that_another_implementation_has_hidden_are_read() {
    let secret = b"hello";
    let name = b"a name that is longer than sixteen octets, and so runs over three blocks";
    for padding in [0, 1, 13, 14, 15, 60] {
        let hide = |m: u16, number, vector: &[u8], value: &[u8]| {
            avp(m | 0x4000, 0, number, &hidden_by_another_hand(number, secret, vector, value, padding))
        };
        let body = [
            message_type(12),
            avp(0x8000, 0, 36, b"\x01"),
            hide(0x8000, 24, b"\x01", &64_000u32.to_be_bytes()),
            avp(0x8000, 0, 19, &2u32.to_be_bytes()),
            avp(0x8000, 0, 36, b"twenty octets of it.."),
            hide(0, 30, b"twenty octets of it..", name),
            hide(0, 37, b"twenty octets of it..", b""),
        ]
        .concat();
        let info = ConnectInfo {
            tx_speed: 64_000,
            framing_type: 2,
            proxy_auth_name: Some(name.to_vec()),
            private_group: Some(Vec::new()),
            ..ConnectInfo::default()
        };
        assert_eq!(read(&body, Some(secret)), (Ok(Message::Iccn(Iccn { info })), String::new()), "{padding}");
    }
}
