use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::radius::{Value, seal_request, verify_reply};

fn error(text: &str) -> String {
    match Users::parse(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

fn texts(evaluation: &Evaluation) -> Vec<(String, u8, String)> {
    let text = |value: &Value| match value {
        Value::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Address(a) => a.to_string(),
    };
    evaluation.reply.iter().map(|d| (d.definition.name.to_owned(), d.tag, text(&d.value))).collect()
}

#[test]
fn an_entry_with_everything() {
    let users = Users::parse(concat!(
        "# comment\n",
        "\n",
        "\"a user\"  Cleartext-Password := \"p#w \\\" x\"  # comment\n",
        "\tService-Type = Framed-User, Tunnel-Type:1 = L2TP,   # comment\n",
        "\n",
        "   # a comment between\n",
        "\tTunnel-Preference:2 := 7,\n",
        "\tReply-Message = 'single, quoted',\n",
        "\tSession-Timeout = 0x10,\n",
        "\tframed-ip-address = 1.2.3.4,\n",
        "\tCisco-AVPair += \"vpdn:a=b\"\n",
    ))
    .unwrap();
    let found = users.evaluate(b"a user", &[]).unwrap();
    assert_eq!(found.password.as_deref(), Some(&b"p#w \" x"[..]));
    let wanted = [
        ("Service-Type", 0, "2"),
        ("Tunnel-Type", 1, "3"),
        ("Tunnel-Preference", 2, "7"),
        ("Reply-Message", 0, "single, quoted"),
        ("Session-Timeout", 0, "16"),
        ("Framed-IP-Address", 0, "1.2.3.4"),
        ("Cisco-AVPair", 0, "vpdn:a=b"),
    ];
    assert_eq!(texts(&found), wanted.map(|(n, t, v)| (n.to_owned(), t, v.to_owned())));
    assert!(users.evaluate(b"somebody else", &[]).is_none());
}

#[test]
fn the_first_match_counts_unless_it_falls_through() {
    let users = Users::parse(
        "DEFAULT Called-Station-Id == \"614629\"
    Framed-Protocol = PPP,
    Reply-Message = \"one\",
    Fall-Through = Yes
bob Cleartext-Password := \"x\"
    Reply-Message = \"two\",
    Cisco-AVPair = \"a=1\",
    Fall-Through = 1
bob Called-Station-Id != \"614629\"
    Reply-Message := \"three\"
DEFAULT Auth-Type := Reject
    Reply-Message += \"four\",
    Cisco-AVPair = \"a=2\"
DEFAULT Auth-Type := Accept
",
    )
    .unwrap();
    let called = |number: &str| {
        let definition = crate::proto::radius::dictionary::find(keys::CALLED_STATION_ID).unwrap();
        vec![Decoded { definition, tag: 0, value: Value::Octets(number.into()) }]
    };
    let messages = |found: &Evaluation| {
        texts(found).into_iter().filter(|t| t.0 == "Reply-Message").map(|t| t.2).collect::<Vec<_>>()
    };
    let found = users.evaluate(b"bob", &called("614629")).unwrap();
    assert_eq!(messages(&found), ["one", "four"]);
    assert_eq!(found.auth_type, Some(AuthType::Reject));
    assert!(texts(&found).contains(&("Cisco-AVPair".to_owned(), 0, "a=1".to_owned())));
    let found = users.evaluate(b"bob", &called("5")).unwrap();
    assert_eq!((messages(&found), found.auth_type), (vec!["three".to_owned()], None));
    let found = users.evaluate(b"carol", &[]).unwrap();
    assert_eq!(found.auth_type, Some(AuthType::Reject));
}

#[test]
fn what_the_request_does_not_have_is_neither_equal_nor_unequal() {
    let users = Users::parse("bob Called-Station-Id != \"1\", Auth-Type := Accept\n").unwrap();
    let definition = crate::proto::radius::dictionary::find(keys::CALLED_STATION_ID).unwrap();
    let called = |number: &str| vec![Decoded { definition, tag: 0, value: Value::Octets(number.into()) }];
    assert!(users.evaluate(b"bob", &called("2")).is_some());
    assert!(users.evaluate(b"bob", &called("1")).is_none());
    assert!(users.evaluate(b"bob", &[]).is_none(), "as FreeRADIUS has it");
}

#[test]
fn errors_name_their_line() {
    for (text, wanted) in [
        ("   Service-Type = 2\n", "line 1: an indented line before the first entry"),
        ("bob No-Such := x", "line 1: unknown attribute No-Such"),
        ("bob\n  No-Such = x", "line 2: unknown attribute No-Such"),
        ("bob Cleartext-Password := \"x\n", "line 1: a quote is not closed"),
        ("bob Cleartext-Password \"x\"\n", "line 1: an operator is missing behind Cleartext-Password"),
        ("bob Cleartext-Password :=\n", "line 1: a value is missing"),
        ("bob Cleartext-Password := x,\n", "line 1: a comma after the last check item"),
        ("bob Auth-Type := Kerberos\n", "line 1: unknown Auth-Type Kerberos"),
        ("bob User-Password == x\n", "line 1: use Cleartext-Password in place of User-Password"),
        ("bob Service-Type := 2\n", "line 1: a check of Service-Type needs == or !="),
        ("bob User-Name =~ \"^b\"\n", "line 1: the operator =~ is not supported"),
        ("bob\n  Service-Type = 2\n  Framed-MTU = 3\n", "line 3: line 2 does not end with a comma"),
        ("bob\n  Service-Type = 2,\ncarol\n", "line 2: a comma after the last item of an entry"),
        ("bob\n  Service-Type = 2,\n", "line 2: a comma after the last item of an entry"),
        ("bob\n  Service-Type = 2 Framed-MTU = 3\n", "line 2: a comma is missing before Framed-MTU = 3"),
        ("bob\n  Service-Type == 2\n", "line 2: a reply item needs =, := or +=: Service-Type"),
        ("bob\n  Service-Type = Nonsense\n", "line 2: unknown value Nonsense for Service-Type"),
        ("bob\n  Framed-IP-Address = 1.2.3\n", "line 2: 1.2.3 is no IP address for Framed-IP-Address"),
        ("bob\n  Service-Type:1 = 2\n", "line 2: Service-Type has no tag"),
        ("bob\n  Tunnel-Type:32 = L2TP\n", "line 2: the tag of Tunnel-Type is above 31"),
        ("bob\n  Tunnel-Type:x = L2TP\n", "line 2: the tag of Tunnel-Type is no number up to 31"),
        ("bob\n  Class = 0xabc\n", "line 2: 0xabc is no hexadecimal"),
        ("bob\n  Fall-Through = Maybe\n", "line 2: Fall-Through is Yes or No"),
        ("bob\n  = 2\n", "line 2: an attribute is missing before = 2"),
        ("$INCLUDE other\n", "line 1: $INCLUDE is not supported"),
        ("bob\n  Tunnel-Preference:1 = 0x1000000\n", "line 2: attribute 83 has a wrong length"),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
    let long = format!("bob\n  Reply-Message = \"{}\"\n", "x".repeat(254));
    assert_eq!(error(&long), "line 2: attribute 18 has a wrong length");
}

fn node(require: bool) -> RadiusNode {
    let users = Users::parse("bob Cleartext-Password := \"x\"\n  Reply-Message = hi, Service-Type = 2\n");
    let clients = vec![
        ClientEntry {
            network: "0.0.0.0/0".parse().unwrap(),
            secret: Secret::new("wide"),
            require_message_authenticator: false,
        },
        ClientEntry {
            network: "10.0.0.0/8".parse().unwrap(),
            secret: Secret::new("key"),
            require_message_authenticator: require,
        },
    ];
    RadiusNode::new(users.unwrap(), clients)
}

fn request(code: Code, attributes: Vec<Attribute>, secret: &[u8], signed: bool) -> (Vec<u8>, [u8; 16]) {
    let mut packet = Packet { code, identifier: 3, authenticator: [8; 16], attributes };
    let bytes = seal_request(&mut packet, secret, signed).unwrap();
    (bytes, packet.authenticator)
}

fn from(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn replies_are_signed_when_requests_are_and_proxy_state_comes_back() {
    let password = crate::proto::radius::crypt::hide_password(b"x", b"key", &[8; 16]).unwrap();
    let attributes = vec![
        Attribute::new(1, *b"bob"),
        Attribute::new(33, *b"one"),
        Attribute::new(2, password),
        Attribute::new(33, *b"two"),
    ];
    for signed in [false, true] {
        let mut node = node(false);
        let (bytes, authenticator) = request(Code::AccessRequest, attributes.clone(), b"key", signed);
        let answer = node.handle(&mut Seeded::new(1), from("10.1.1.1:5"), &bytes).unwrap();
        let reply = verify_reply(&answer, &authenticator, b"key", signed).unwrap();
        assert_eq!((reply.code, reply.identifier), (Code::AccessAccept, 3));
        assert_eq!(reply.first(80).is_some(), signed);
        let states: Vec<&[u8]> =
            reply.attributes.iter().filter(|a| a.kind == 33).map(|a| a.value.as_slice()).collect();
        assert_eq!(states, [b"one", b"two"]);
        assert_eq!(node.counters().accepts, 1);
    }
}

#[test]
fn strangers_the_unsigned_and_garbage_hear_nothing() {
    let mut node = node(true);
    let mut entropy = Seeded::new(1);
    let (bytes, _) = request(Code::AccessRequest, vec![Attribute::new(1, *b"bob")], b"key", false);
    assert_eq!(node.handle(&mut entropy, from("10.1.1.1:5"), &bytes), None);
    assert_eq!(node.handle(&mut entropy, from("10.1.1.1:5"), b"garbage"), None);
    let (forged, _) = request(Code::AccountingRequest, vec![Attribute::integer(40, 1)], b"wrong", false);
    assert_eq!(node.handle(&mut entropy, from("10.1.1.1:5"), &forged), None);
    let (reply, _) = request(Code::AccessAccept, vec![], b"key", false);
    assert_eq!(node.handle(&mut entropy, from("10.1.1.1:5"), &reply), None);
    assert_eq!(node.counters().dropped, 4);
    assert_eq!(node.handle(&mut entropy, from("[2001:db8::1]:5"), &bytes), None);
    assert_eq!(node.counters().strangers, 1);
    // The other client has another secret and no such demand.
    let (bytes, authenticator) =
        request(Code::AccessRequest, vec![Attribute::new(1, *b"bob")], b"wide", false);
    let answer = node.handle(&mut entropy, from("192.0.2.1:5"), &bytes).unwrap();
    let reply = verify_reply(&answer, &authenticator, b"wide", false).unwrap();
    assert_eq!(reply.code, Code::AccessReject);
    assert_eq!(reply.attributes, [Attribute::new(18, *b"hi")], "only Reply-Message goes into a reject");
}

#[test]
fn a_status_server_is_answered_when_it_is_signed() {
    let mut node = node(false);
    let mut ask = |signed| {
        let (bytes, authenticator) = request(Code::StatusServer, Vec::new(), b"key", signed);
        let answer = node.handle(&mut Seeded::new(1), from("10.1.1.1:5"), &bytes)?;
        Some(verify_reply(&answer, &authenticator, b"key", true).unwrap().code)
    };
    assert_eq!((ask(false), ask(true)), (None, Some(Code::AccessAccept)));
}

#[test]
fn accounting_is_answered_and_counted_once() {
    let mut node = node(true);
    let mut entropy = Seeded::new(1);
    for (status, times) in [(1, 3), (2, 1), (3, 1), (7, 1)] {
        let (bytes, authenticator) =
            request(Code::AccountingRequest, vec![Attribute::integer(40, status)], b"key", false);
        for _ in 0..times {
            let answer = node.handle(&mut entropy, from("10.1.1.1:1646"), &bytes).unwrap();
            let reply = verify_reply(&answer, &authenticator, b"key", false).unwrap();
            assert_eq!(reply.code, Code::AccountingResponse);
        }
    }
    let counters = node.counters();
    let counted = (counters.starts, counters.stops, counters.interims, counters.other_accounting);
    assert_eq!((counted, counters.duplicates), ((1, 1, 1, 1), 2));
    assert_eq!(node.records().count(), 4);
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_bad(text in "[ -~\t\n]{0,200}") {
        let _ = Users::parse(&text);
    }

    #[test]
    fn no_entry_is_too_bad(text in "(bob|DEFAULT|[\"'])? ?([A-Z][a-z]{2,6}-Type|Class)(:[0-9]{1,3})?[ :+=!]{1,4}[\"'\\\\a-z0-9,#]{0,9}\n( [A-Za-z-]+(:1)? = [\"',a-z]*\n){0,3}") {
        let _ = Users::parse(&text);
    }

    #[test]
    fn no_datagram_is_too_bad(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let mut node = node(false);
        let _ = node.handle(&mut Seeded::new(1), from("10.1.1.1:5"), &bytes);
        let mut framed = bytes.clone();
        if let [code, _, high, low, ..] = framed.as_mut_slice() {
            let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            (*code, *high, *low) = (1, length[0], length[1]);
        }
        let _ = node.handle(&mut Seeded::new(1), from("10.1.1.1:5"), &framed);
    }
}
