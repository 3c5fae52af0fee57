use std::net::Ipv4Addr;
use std::time::Duration;

use proptest::prelude::*;

use super::client::{
    ClientConfig, Component, Request, RequestAttribute, ServerConfig, ServerName, Service, SessionOrigin,
};
use super::crypt::*;
use super::dictionary::{CISCO, Encryption, Kind, TABLE, keys};
use super::packet::VENDOR_SPECIFIC;
use super::*;
use crate::proto::trace::Recorder;
use crate::proto::{Context, Dialect, Instant, entropy::Seeded};

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// RFC 2865 section 7.2: a CHAP user, with its authenticators and octets.
#[test]
fn rfc_2865_example_reply() {
    let request = hex(
        "01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9 75 57 c3 16
         18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01",
    );
    let reply = hex(
        "02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01 08 06 ff ff
         ff fe 0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc",
    );
    let packet = Packet::decode(&request).unwrap();
    assert_eq!(packet.encode().unwrap(), request);
    let secret = b"xyzzy5461";
    let reply = verify_reply(&reply, &packet.authenticator, secret, false).unwrap();
    let (attributes, bad) = value::decode_all(&reply, secret, &packet.authenticator);
    assert_eq!(bad, 0);
    assert_eq!(attributes[2].definition.name, "Framed-IP-Address");
    assert_eq!(attributes[2].value, Value::Address(Ipv4Addr::new(255, 255, 255, 254)));
    assert_eq!(attributes[5].value, Value::Integer(1500));
}

/// RFC 2865 section 7.1: User-Password of "arctangent".
#[test]
fn rfc_2865_example_password() {
    let request = hex(
        "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d 93 d4 13 ce
         31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03",
    );
    let secret = b"xyzzy5461";
    let packet = verify_request(&request, secret, false).unwrap();
    let hidden = packet.value_of(keys::USER_PASSWORD).unwrap();
    assert_eq!(reveal_password(hidden, secret, &packet.authenticator).unwrap(), b"arctangent");
    assert_eq!(hide_password(b"arctangent", secret, &packet.authenticator).unwrap(), hidden);
    assert_eq!(verify_request(&request, secret, true), Err(VerifyError::Unsigned));
}

/// RFC 2202 section 2.
#[test]
fn rfc_2202_hmac() {
    assert_eq!(
        hmac_md5(b"Jefe", &[b"what do ya want ", b"for nothing?"]).to_vec(),
        hex("750c783e6ab0b503eaa86e310a5db738")
    );
}

/// Computed apart from this code with Python's hashlib, by RFC 2868 section 3.5: secret `testing123`, request
/// authenticator 00 to 0F, salt 8102.
#[test]
fn tunnel_password_vectors() {
    let authenticator: [u8; 16] = std::array::from_fn(|n| n as u8);
    for (clear, hidden) in [
        ("hello", "8102 4c2689d5aa58066abb22ea2ac0a78213"),
        (
            "a tunnel password longer than one block",
            "8102 6e2fcccdb359680fd7029a4bb3d4f57c4517f92d535719e78f86854263709538b1c55e941e9534837bf6966251adc588",
        ),
    ] {
        let hidden = hex(hidden);
        assert_eq!(hide_salted(clear.as_bytes(), b"testing123", &authenticator, [1, 2]).unwrap(), hidden);
        assert_eq!(reveal_salted(&hidden, b"testing123", &authenticator).unwrap(), clear.as_bytes());
    }
}

#[test]
fn hidden_values_that_cannot_be() {
    let authenticator = [7; 16];
    assert_eq!(reveal_salted(&[], b"s", &authenticator), Err(Malformed));
    assert_eq!(reveal_salted(&[0x80, 0], b"s", &authenticator), Err(Malformed));
    assert_eq!(reveal_salted(&[0x80; 17], b"s", &authenticator), Err(Malformed));
    assert_eq!(reveal_password(&[], b"s", &authenticator), Err(Malformed));
    assert_eq!(reveal_password(&[0; 15], b"s", &authenticator), Err(Malformed));
    assert_eq!(reveal_password(&[0; 144], b"s", &authenticator), Err(Malformed));
    assert_eq!(hide_salted(&[0; 240], b"s", &authenticator, [0; 2]), None);
    // An inner length beyond the block.
    let mut hidden = hide_salted(b"x", b"s", &authenticator, [0; 2]).unwrap();
    hidden[2] ^= 1 ^ 200;
    assert_eq!(reveal_salted(&hidden, b"s", &authenticator), Err(Malformed));
}

#[test]
fn malformed_packets_are_told_apart() {
    let good = hex("01 07 00 1c 00000000000000000000000000000000 01 08 323530302d31");
    assert!(Packet::decode(&good).is_ok());
    assert_eq!(Packet::decode(&good[..19]), Err(DecodeError::Truncated));
    assert_eq!(Packet::decode(&good[..27]), Err(DecodeError::Truncated));
    assert_eq!(Packet::decode(&[]), Err(DecodeError::Truncated));
    let with = |at: usize, octet: u8| {
        let mut bad = good.clone();
        bad[at] = octet;
        Packet::decode(&bad)
    };
    assert_eq!(with(3, 19), Err(DecodeError::Length(19)));
    assert_eq!(with(2, 0x20), Err(DecodeError::Length(0x201c)));
    assert_eq!(with(0, 99), Err(DecodeError::Code(99)));
    assert_eq!(with(21, 1), Err(DecodeError::Attribute(1)));
    assert_eq!(with(21, 9), Err(DecodeError::Attribute(1)));
    // Octets behind the Length are padding.
    let padded = [good.as_slice(), &[1, 2, 3]].concat();
    assert_eq!(Packet::decode(&padded).unwrap().encode().unwrap(), good);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut packet =
        Packet { code: Code::AccessAccept, identifier: 0, authenticator: [0; 16], attributes: vec![] };
    packet.attributes.push(Attribute::new(18, vec![0; 254]));
    assert_eq!(packet.encode(), Err(EncodeError::AttributeTooLong(18)));
    packet.attributes = vec![Attribute::new(18, vec![0; 253]); 15];
    assert_eq!(packet.encode().unwrap().len(), 20 + 15 * 255);
    packet.attributes.push(Attribute::new(18, vec![0; 253]));
    assert_eq!(packet.encode(), Err(EncodeError::PacketTooLong));
}

/// Computed apart from this code with Python's hashlib and hmac: a signed Access-Request, the signed Access-Accept
/// to it, and an Accounting-Request.
#[test]
fn signed_vectors() {
    let secret = b"testing123";
    let authenticator: [u8; 16] = std::array::from_fn(|n| n as u8);
    let attributes = vec![Attribute::new(1, *b"alice")];
    let mut request = Packet { code: Code::AccessRequest, identifier: 7, authenticator, attributes };
    assert_eq!(
        seal_request(&mut request, secret, true).unwrap(),
        hex("0107002d000102030405060708090a0b0c0d0e0f50129817c8256e86b84aa3126d98954e19920107616c696365")
    );
    let attributes = vec![Attribute::integer(6, 2)];
    let mut accept = Packet { code: Code::AccessAccept, identifier: 7, authenticator: [0; 16], attributes };
    assert_eq!(
        seal_reply(&mut accept, &authenticator, secret, true).unwrap(),
        hex("0207002cf68eff797a9d9e4b9f1638e8a7ad133350128bb58caecde498fb2e565f8c390acaec060600000002")
    );
    let attributes = vec![Attribute::integer(40, 1)];
    let mut start = Packet { code: Code::AccountingRequest, identifier: 9, authenticator, attributes };
    assert_eq!(
        seal_request(&mut start, secret, false).unwrap(),
        hex("0409001a90c6290b3cdf04d5431c964ed73f74d1280600000001")
    );
}

#[test]
fn signatures_cover_every_octet() {
    let mut request = Packet {
        code: Code::AccessRequest,
        identifier: 9,
        authenticator: [3; 16],
        attributes: vec![Attribute::new(1, *b"2500-1")],
    };
    let bytes = seal_request(&mut request, b"key", true).unwrap();
    assert_eq!(bytes[20], 80, "Message-Authenticator is the first attribute");
    assert_eq!(verify_request(&bytes, b"key", true).unwrap(), Packet::decode(&bytes).unwrap());
    let mut reply =
        Packet { code: Code::AccessAccept, attributes: vec![Attribute::integer(6, 2)], ..request.clone() };
    let answer = seal_reply(&mut reply, &request.authenticator, b"key", true).unwrap();
    assert_eq!(verify_reply(&answer, &request.authenticator, b"key", true).unwrap(), reply_of(&answer));
    assert!(verify_reply(&answer, &request.authenticator, b"yek", false).is_err());
    assert!(verify_reply(&answer, &[4; 16], b"key", false).is_err());
    for at in 0..answer.len() {
        let mut forged = answer.clone();
        forged[at] ^= 1;
        assert!(verify_reply(&forged, &request.authenticator, b"key", true).is_err(), "octet {at}");
    }
    for at in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[at] ^= 1;
        assert!(verify_request(&forged, b"key", true).is_err(), "octet {at}");
    }
}

fn reply_of(bytes: &[u8]) -> Packet {
    Packet::decode(bytes).unwrap()
}

#[test]
fn replies_without_or_with_two_signatures() {
    let mut reply =
        Packet { code: Code::AccessAccept, identifier: 0, authenticator: [0; 16], attributes: vec![] };
    let bytes = seal_reply(&mut reply, &[1; 16], b"key", false).unwrap();
    assert_eq!(verify_reply(&bytes, &[1; 16], b"key", true), Err(VerifyError::Unsigned));
    assert!(verify_reply(&bytes, &[1; 16], b"key", false).is_ok());
    reply.attributes = vec![Attribute::new(80, [0; 16]); 2];
    let bytes = seal_reply(&mut reply, &[1; 16], b"key", false).unwrap();
    assert_eq!(verify_reply(&bytes, &[1; 16], b"key", false), Err(VerifyError::MessageAuthenticator));
}

#[test]
fn accounting_requests_prove_themselves() {
    let mut request = Packet {
        code: Code::AccountingRequest,
        identifier: 1,
        authenticator: [0; 16],
        attributes: vec![Attribute::integer(40, 1)],
    };
    for signed in [false, true] {
        let bytes = seal_request(&mut request, b"key", signed).unwrap();
        assert!(verify_request(&bytes, b"key", signed).is_ok());
        assert!(verify_request(&bytes, b"other", false).is_err());
        let mut forged = bytes.clone();
        forged[25] ^= 1;
        assert!(verify_request(&forged, b"key", false).is_err());
    }
}

#[test]
fn the_table_has_each_key_and_name_once() {
    for (at, row) in TABLE.iter().enumerate() {
        for other in &TABLE[at + 1..] {
            assert_ne!(row.key, other.key);
            assert!(!row.name.eq_ignore_ascii_case(other.name), "{}", row.name);
        }
        assert!(!row.tagged || matches!(row.kind, Kind::Integer | Kind::Text | Kind::Octets));
        assert!(row.encryption == Encryption::None || row.secret);
    }
    for name in names::VALUES {
        assert_eq!(dictionary::find(name.key).map(|d| d.kind), Some(Kind::Integer), "{}", name.name);
    }
}

#[test]
fn tags_are_taken_off() {
    let tunnel_type = dictionary::find(keys::TUNNEL_TYPE).unwrap();
    let decode = |raw: &[u8]| value::decode(tunnel_type, raw, b"", &[0; 16]);
    assert_eq!(decode(&[1, 0, 0, 3]).map(|d| (d.tag, d.value)), Ok((1, Value::Integer(3))));
    assert_eq!(decode(&[0x20, 0, 0, 3]).map(|d| (d.tag, d.value)), Ok((0, Value::Integer(3))));
    assert_eq!(decode(&[1, 0, 3]), Err(ValueError::Length(keys::TUNNEL_TYPE)));
    assert_eq!(decode(&[]), Err(ValueError::Length(keys::TUNNEL_TYPE)));
    let endpoint = dictionary::find(keys::TUNNEL_SERVER_ENDPOINT).unwrap();
    let decode = |raw: &[u8]| value::decode(endpoint, raw, b"", &[0; 16]).map(|d| (d.tag, d.value));
    assert_eq!(decode(b"\x0210.51.6.82"), Ok((2, Value::Octets(b"10.51.6.82".to_vec()))));
    assert_eq!(decode(b"10.51.6.82"), Ok((0, Value::Octets(b"10.51.6.82".to_vec()))));
}

#[test]
fn vendor_attributes_are_taken_apart() {
    let two = [&CISCO.to_be_bytes()[..], &[1, 4, b'a', b'b', 2, 3, b'c']].concat();
    let attribute = Attribute::new(VENDOR_SPECIFIC, two);
    assert_eq!(attribute.vendor(), Some((CISCO, vec![(1, &b"ab"[..]), (2, &b"c"[..])])));
    for bad in
        [&[][..], &[0, 0, 0], &[0, 0, 0, 9], &[0, 0, 0, 9, 1], &[0, 0, 0, 9, 1, 1], &[0, 0, 0, 9, 1, 9, 0]]
    {
        assert_eq!(Attribute::new(VENDOR_SPECIFIC, bad).vendor(), None);
    }
}

/// The lines of a published capture of IOS-XE, from the attributes that it shows; but for the component, which is none of
/// this router's.
#[test]
fn debug_of_a_request_in_15() {
    let plain = |attribute| RequestAttribute::Plain(attribute);
    let request = Request {
        code: Code::AccessRequest,
        attributes: vec![
            plain(Attribute::integer(7, 1)),
            plain(Attribute::new(1, *b"test2@lab.com.au")),
            plain(Attribute::new(3, [0; 17])),
            plain(Attribute::integer(61, 5)),
            plain(Attribute::integer(5, 0)),
            plain(Attribute::new(87, *b"0/0/0/100.1")),
            plain(Attribute::new(77, *b"AS64499")),
            plain(Attribute::with_key(keys::CISCO_AVPAIR, b"client-mac-address=a2df.d1ed.e9d5")),
            plain(Attribute::integer(6, 2)),
            plain(Attribute::new(4, [192, 168, 18, 11])),
        ],
        authenticator: Some(hex("1BA3BD59E178436FC50655395D98E859").try_into().unwrap()),
        servers: None,
        label: "Virtual-Access1.1".to_owned(),
        unique: 0x1f,
        origin: Some(SessionOrigin { component: Component::Vpdn, session: Some(4021) }),
    };
    let name =
        ServerName { address: [192, 168, 18, 12].into(), auth_port: 1812, acct_port: 1813, private: None };
    let server = ServerConfig {
        name,
        secret: Some(Secret::new("key")),
        timeout: Duration::from_secs(5),
        retransmit: 3,
    };
    let mut trace = Recorder { dialect: Dialect::V15, lines: Vec::new() };
    let mut entropy = Seeded::new(1);
    let mut cx = Context { now: Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
    let mut client = Client::new();
    client.configure(&mut cx, ClientConfig { servers: vec![server], ..ClientConfig::default() });
    client.submit(&mut cx, request);
    let identifier: Vec<String> =
        trace.lines.iter().filter_map(|l| l.split(" id ").nth(1)).map(str::to_owned).collect();
    assert_eq!(
        trace.lines,
        [
            "RADIUS/ENCODE(0000001F):Orig. component type = VPDN",
            "RADIUS(0000001F): Config NAS IP: 192.168.18.11",
            "RADIUS/ENCODE(0000001F): acct_session_id: 4021",
            "RADIUS(0000001F): sending",
            &format!("RADIUS(0000001F): Send Access-Request to 192.168.18.12:1812 id {}", identifier[0]),
            "RADIUS:  authenticator 1B A3 BD 59 E1 78 43 6F - C5 06 55 39 5D 98 E8 59",
            "RADIUS:  Framed-Protocol     [7]   6   PPP                       [1]",
            "RADIUS:  User-Name           [1]   18  \"test2@lab.com.au\"",
            "RADIUS:  CHAP-Password       [3]   19  *",
            "RADIUS:  NAS-Port-Type       [61]  6   Virtual                   [5]",
            "RADIUS:  NAS-Port            [5]   6   0                         ",
            "RADIUS:  NAS-Port-Id         [87]  13  \"0/0/0/100.1\"",
            "RADIUS:  Connect-Info        [77]  9   \"AS64499\"",
            "RADIUS:  Vendor, Cisco       [26]  41  ",
            "RADIUS:   Cisco AVpair       [1]   35  \"client-mac-address=a2df.d1ed.e9d5\"",
            "RADIUS:  Service-Type        [6]   6   Framed                    [2]",
            "RADIUS:  NAS-IP-Address      [4]   6   192.168.18.11             ",
            "RADIUS(0000001F): Sending a IPv4 Radius Packet",
            "RADIUS(0000001F): Started 5 sec timeout",
        ]
    );
    assert!(identifier[0].starts_with("1645/") && identifier[0].ends_with(", len 150"), "{identifier:?}");
}

#[test]
fn secrets_are_not_printed() {
    let secret = Secret::new("hello");
    assert_eq!(format!("{secret:?}"), "Secret(..)");
    let packet = Packet {
        code: Code::AccessAccept,
        identifier: 0,
        authenticator: [0; 16],
        attributes: vec![
            Attribute::with_key(keys::CISCO_AVPAIR, b"vpdn:l2tp-tunnel-password=hello"),
            Attribute::new(2, *b"hellohellohelloh"),
            Attribute::new(69, *b"\x01hellohellohellohel"),
            Attribute::with_key(keys::MS_CHAP2_RESPONSE, b"hello"),
        ],
    };
    for dialect in [Dialect::V12_0, Dialect::V15] {
        let mut trace = Recorder { dialect, lines: Vec::new() };
        let mut entropy = Seeded::new(1);
        let mut cx = Context { now: Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
        debug::emit_attributes(&mut cx, Service::Authentication, &packet);
        assert!(!trace.lines.is_empty());
        assert!(trace.lines.iter().all(|line| !line.contains("hello")), "{:?}", trace.lines);
    }
    assert!(!format!("{packet:?}").contains("hello"));
}

fn any_attribute() -> impl Strategy<Value = Attribute> {
    (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..=253))
        .prop_map(|(kind, value)| Attribute { kind, value })
}

proptest! {
    #[test]
    fn packets_survive_the_wire(identifier: u8, authenticator: [u8; 16], attributes in proptest::collection::vec(any_attribute(), 0..14)) {
        let packet = Packet { code: Code::AccessRequest, identifier, authenticator, attributes };
        prop_assert_eq!(Packet::decode(&packet.encode().unwrap()), Ok(packet));
    }

    #[test]
    fn no_octets_are_too_bad(bytes in proptest::collection::vec(any::<u8>(), 0..600), code in 0u8..50, secret: [u8; 8]) {
        let mut bytes = bytes;
        if let [first, _, high, low, ..] = bytes.as_mut_slice() {
            (*first, *high) = (code, *low >> 7);
        }
        let _ = verify_request(&bytes, &secret, false);
        let _ = verify_reply(&bytes, &[0; 16], &secret, false);
        if let Ok(packet) = Packet::decode(&bytes) {
            let _ = value::decode_all(&packet, &secret, &packet.authenticator);
            let mut trace = Recorder { dialect: Dialect::V15, lines: Vec::new() };
            let mut entropy = Seeded::new(1);
            let mut cx = Context { now: Instant::ZERO, entropy: &mut entropy, trace: &mut trace };
            debug::emit_attributes(&mut cx, Service::Authentication, &packet);
        }
    }

    #[test]
    fn attributes_of_any_content_are_read(attributes in proptest::collection::vec(any_attribute(), 0..10)) {
        let packet = Packet { code: Code::AccessAccept, identifier: 0, authenticator: [0; 16], attributes };
        let _ = value::decode_all(&packet, b"key", &[1; 16]);
    }

    #[test]
    fn passwords_survive(password in proptest::collection::vec(1u8..=255, 0..=128), secret in proptest::collection::vec(any::<u8>(), 0..80), authenticator: [u8; 16]) {
        let hidden = hide_password(&password, &secret, &authenticator).unwrap();
        prop_assert_eq!(reveal_password(&hidden, &secret, &authenticator), Ok(password));
    }

    #[test]
    fn a_password_that_is_too_long_is_not_cut(password in proptest::collection::vec(any::<u8>(), 129..300)) {
        prop_assert_eq!(hide_password(&password, b"key", &[5; 16]), None);
    }

    #[test]
    fn salted_values_survive(value in proptest::collection::vec(any::<u8>(), 0..=239), secret: [u8; 10], authenticator: [u8; 16], salt: [u8; 2]) {
        let hidden = hide_salted(&value, &secret, &authenticator, salt).unwrap();
        prop_assert!(hidden[0] & 0x80 != 0);
        prop_assert_eq!(reveal_salted(&hidden, &secret, &authenticator), Ok(value));
    }

    #[test]
    fn every_row_survives_the_wire(row in 0..TABLE.len(), tag in 0u8..=31, number in 0u32..0x0100_0000, text in "[a-z]{1,30}") {
        let definition = &TABLE[row];
        let value = match definition.kind {
            Kind::Text | Kind::Octets => Value::Octets(text.into_bytes()),
            Kind::Address => Value::Address(Ipv4Addr::from(number)),
            Kind::Integer | Kind::Date => Value::Integer(number),
        };
        let tag = if definition.tagged { tag } else { 0 };
        let decoded = Decoded { definition, tag, value };
        let attribute = value::encode(&decoded, b"key", &[5; 16], [1, 2]).unwrap();
        let packet = Packet { code: Code::AccessAccept, identifier: 0, authenticator: [0; 16], attributes: vec![attribute] };
        if definition.key != AttributeKey::Standard(VENDOR_SPECIFIC) {
            prop_assert_eq!(value::decode_all(&packet, b"key", &[5; 16]), (vec![decoded], 0));
        }
    }
}
