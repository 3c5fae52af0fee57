use proptest::prelude::*;

use super::*;
use crate::proto::entropy::Seeded;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Value, seal_request, verify_reply};
use crate::proto::trace::Silent;

const DAC: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 3);
const KEY: &[u8] = b"s3cret";

fn server() -> DynamicServer {
    let mut server = DynamicServer::default();
    let client = |address, secret: Option<&[u8]>| DynamicClient { address, secret: secret.map(Secret::new) };
    let clients = vec![client(DAC, Some(KEY)), client([10, 51, 6, 4].into(), None)];
    server.configure(DynamicConfig { clients, ignore_secret: false });
    server
}

fn packet(code: Code, attributes: Vec<Attribute>) -> Packet {
    Packet { code, identifier: 9, authenticator: [0; 16], attributes }
}

fn request(code: Code, attributes: Vec<Attribute>, signed: bool) -> Vec<u8> {
    seal_request(&mut packet(code, attributes), KEY, signed).unwrap()
}

fn session(id: &str) -> Attribute {
    Attribute::with_key(keys::ACCT_SESSION_ID, id.as_bytes())
}

fn from(port: u16) -> SocketAddr {
    (DAC, port).into()
}

fn handle(
    server: &mut DynamicServer,
    seconds: u64,
    wall: Option<u32>,
    remote: SocketAddr,
    bytes: &[u8],
) -> Received {
    let mut entropy = Seeded::new(1);
    let now = Instant::from_start(Duration::from_secs(seconds));
    server.handle(&mut Context { now, entropy: &mut entropy, trace: &mut Silent }, wall, remote, bytes)
}

fn asked(server: &mut DynamicServer, bytes: &[u8]) -> Asked {
    match handle(server, 0, None, from(4000), bytes) {
        Received::Asked(asked) => *asked,
        other => panic!("{other:?}"),
    }
}

fn answer(server: &mut DynamicServer, asked: &Asked, verdict: Verdict) -> Vec<u8> {
    let mut entropy = Seeded::new(1);
    let mut cx = Context { now: Instant::ZERO, entropy: &mut entropy, trace: &mut Silent };
    server.answer(&mut cx, asked, verdict)
}

fn counters(server: &DynamicServer) -> ClientCounters {
    server.view().clients[0].1
}

#[test]
fn a_disconnect_is_acknowledged_and_a_repeat_gets_the_same_octets() {
    let mut server = server();
    let proxies = [Attribute::new(33, *b"one"), Attribute::new(33, *b"two")];
    let bytes =
        request(Code::DisconnectRequest, [vec![session("0000001A")], proxies.to_vec()].concat(), true);
    let asked = asked(&mut server, &bytes);
    assert_eq!(asked.problem(), None);
    let [Identification { mark: Mark::Session, value }] = &asked.identifications()[..] else { panic!() };
    assert_eq!(value, &Value::Octets(b"0000001A".to_vec()));
    let reply = answer(&mut server, &asked, Verdict::Done);
    let read = verify_reply(&reply, &asked.authenticator, KEY, true).unwrap();
    assert_eq!((read.code, read.identifier), (Code::DisconnectAck, 9));
    let kinds: Vec<u8> = read.attributes.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [80, 49, 33, 33], "Proxy-State unmodified and in order");
    assert_eq!(read.attributes[2..], proxies);
    // A retransmission, and a replay from another port, are answered and not asked again.
    for port in [4000, 5000] {
        match handle(&mut server, 10, None, from(port), &bytes) {
            Received::Repeated(again) => assert_eq!(again, reply),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counters(&server).disconnect, RequestCounters { requests: 3, repeats: 2, acks: 1, naks: 0 });
    // The answer is not kept for ever.
    assert!(matches!(handle(&mut server, 301, None, from(4000), &bytes), Received::Asked(_)));
}

#[test]
fn a_refusal_has_its_cause() {
    let mut server = server();
    let bytes = request(Code::CoaRequest, vec![session("1"), Attribute::integer(27, 60)], false);
    let asked = asked(&mut server, &bytes);
    let reply = answer(&mut server, &asked, Verdict::Refused(ErrorCause::SessionContextNotFound));
    let read = verify_reply(&reply, &asked.authenticator, KEY, false).unwrap();
    assert_eq!(read.code, Code::CoaNak);
    assert_eq!(read.attributes, [Attribute::integer(101, 503)], "no signature was asked for");
    let (changes, more) = asked.changes();
    assert_eq!((changes.len(), changes[0].key(), more), (1, keys::SESSION_TIMEOUT, false));
    assert_eq!(counters(&server).coa.naks, 1);
}

#[test]
fn what_does_not_prove_itself_is_dropped() {
    let mut server = server();
    let good = request(Code::DisconnectRequest, vec![session("1")], true);
    let dropped = |server: &mut DynamicServer, remote: SocketAddr, bytes: &[u8]| match handle(
        server, 0, None, remote, bytes,
    ) {
        Received::Dropped(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(dropped(&mut server, "10.51.6.9:4000".parse().unwrap(), &good), Dropped::Client);
    assert_eq!(dropped(&mut server, "10.51.6.4:4000".parse().unwrap(), &good), Dropped::Client, "no key");
    assert_eq!(dropped(&mut server, from(4000), &good[..19]), Dropped::Malformed);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(dropped(&mut server, from(4000), &forged), Dropped::Authenticator);
    let access = request(Code::AccountingRequest, vec![session("1")], false);
    assert_eq!(dropped(&mut server, from(4000), &access), Dropped::Malformed, "another kind of request");
    let view = server.view();
    assert_eq!((view.unknown, counters(&server).malformed, counters(&server).bad_authenticator), (2, 2, 1));
    // A right authenticator does not make up for a wrong signature.
    let mut inner = packet(Code::DisconnectRequest, vec![session("1"), Attribute::new(80, [3; 16])]);
    let bytes = inner.encode().unwrap();
    let digest = crate::proto::radius::crypt::md5(&[&bytes, KEY]);
    inner.authenticator = digest;
    assert_eq!(dropped(&mut server, from(4000), &inner.encode().unwrap()), Dropped::Authenticator);
    server.clear_counters();
    assert_eq!(counters(&server), ClientCounters::default());
}

#[test]
fn without_the_key_everything_of_a_client_is_believed() {
    let mut server = server();
    let client = DynamicClient { address: DAC, secret: Some(Secret::new(*b"other")) };
    server.configure(DynamicConfig { clients: vec![client], ignore_secret: true });
    let bytes = request(Code::DisconnectRequest, vec![session("1")], false);
    assert!(matches!(handle(&mut server, 0, None, from(1), &bytes), Received::Asked(_)));
    assert!(matches!(handle(&mut server, 0, None, from(1), &bytes[..21]), Received::Dropped(_)));
}

#[test]
fn event_timestamp_must_be_near() {
    let mut server = server();
    let at = |seconds| {
        let stamp = Attribute::integer(EVENT_TIMESTAMP, seconds);
        request(Code::DisconnectRequest, vec![session("1"), stamp], true)
    };
    for (stamp, fresh) in [(1000, true), (701, true), (1300, true), (699, false), (1301, false)] {
        let received = handle(&mut server, 0, Some(1000), from(1), &at(stamp));
        assert_eq!(matches!(received, Received::Asked(_)), fresh, "{stamp}");
    }
    assert!(matches!(handle(&mut server, 0, None, from(1), &at(5)), Received::Asked(_)), "no clock");
    assert_eq!(counters(&server).stale, 2);
}

#[test]
fn each_bad_request_has_its_cause() {
    let cases: [(Code, Vec<Attribute>, Option<ErrorCause>); 12] = [
        (Code::DisconnectRequest, vec![], Some(ErrorCause::MissingAttribute)),
        (Code::CoaRequest, vec![Attribute::integer(27, 1)], Some(ErrorCause::MissingAttribute)),
        (
            Code::DisconnectRequest,
            vec![session("1"), Attribute::integer(6, 2)],
            Some(ErrorCause::UnsupportedAttribute),
        ),
        (
            Code::DisconnectRequest,
            vec![session("1"), Attribute::integer(27, 2)],
            Some(ErrorCause::UnsupportedAttribute),
        ),
        (
            Code::DisconnectRequest,
            vec![session("1"), Attribute::new(8, [1, 2, 3])],
            Some(ErrorCause::InvalidRequest),
        ),
        (Code::CoaRequest, vec![session("1"), Attribute::integer(6, 17)], Some(ErrorCause::MissingAttribute)),
        (
            Code::CoaRequest,
            vec![session("1"), Attribute::integer(6, 17), Attribute::new(24, *b"x")],
            Some(ErrorCause::UnsupportedService),
        ),
        (
            Code::CoaRequest,
            vec![
                session("1"),
                Attribute::integer(6, 17),
                Attribute::new(24, *b"x"),
                Attribute::integer(27, 60),
            ],
            Some(ErrorCause::UnsupportedAttribute),
        ),
        (
            Code::CoaRequest,
            vec![session("1"), Attribute::integer(6, 1)],
            Some(ErrorCause::UnsupportedService),
        ),
        (Code::CoaRequest, vec![session("1"), Attribute::new(24, *b"x")], None),
        (Code::CoaRequest, vec![session("1"), Attribute::integer(6, 2)], None),
        (
            Code::DisconnectRequest,
            vec![session("1"), Attribute::new(18, *b"bye"), Attribute::new(25, *b"c")],
            None,
        ),
    ];
    for (code, attributes, cause) in cases {
        let mut server = server();
        let asked = asked(&mut server, &request(code, attributes, true));
        assert_eq!(asked.problem(), cause, "{asked:?}");
    }
    let mut server = server();
    let state = Attribute::new(24, *b"x");
    let bytes =
        request(Code::CoaRequest, vec![session("1"), Attribute::integer(6, 17), state.clone()], false);
    let asked = asked(&mut server, &bytes);
    let reply = answer(&mut server, &asked, Verdict::Refused(ErrorCause::UnsupportedService));
    let read = Packet::decode(&reply).unwrap();
    assert_eq!(
        read.attributes,
        [Attribute::integer(6, 17), Attribute::integer(101, 405), state],
        "RFC 5176 sections 3.2 and 3.3"
    );
}

#[test]
fn an_unknown_attribute_is_seen() {
    let mut server = server();
    let unknown = Attribute::with_key(crate::proto::radius::AttributeKey::Vendor(4711, 1), b"x");
    let bytes = request(Code::CoaRequest, vec![session("1"), unknown], false);
    let (changes, more) = asked(&mut server, &bytes).changes();
    assert!(changes.is_empty() && more);
}

/// The answer has every Proxy-State of the request and more: a request that leaves no room for it is none.
#[test]
fn a_request_that_leaves_no_room_for_an_answer_is_dropped() {
    let states =
        |last| [vec![Attribute::new(33, [1; 253]); 15], vec![Attribute::new(33, vec![1; last])]].concat();
    for (last, room) in [(219, true), (220, false)] {
        let mut server = server();
        let bytes = request(Code::DisconnectRequest, states(last), true);
        match handle(&mut server, 0, None, from(4000), &bytes) {
            Received::Asked(asked) => {
                assert!(room);
                let reply = answer(&mut server, &asked, Verdict::Refused(ErrorCause::MissingAttribute));
                assert!(verify_reply(&reply, &asked.authenticator, KEY, true).is_ok());
            }
            Received::Dropped(why) => assert_eq!((why, room), (Dropped::Malformed, false)),
            Received::Repeated(_) => panic!("it came once"),
        }
        assert_eq!(counters(&server).malformed, u64::from(!room));
    }
}

#[test]
fn answers_are_kept_within_bounds() {
    let mut server = server();
    for n in 0..=MAX_ANSWERS {
        let bytes = request(Code::DisconnectRequest, vec![session(&n.to_string())], false);
        let asked = asked(&mut server, &bytes);
        answer(&mut server, &asked, Verdict::Done);
    }
    assert_eq!(server.answers.len(), MAX_ANSWERS);
}

proptest! {
    #[test]
    fn no_octets_are_too_bad(bytes in proptest::collection::vec(any::<u8>(), 0..200), attributes in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..12), coa: bool) {
        let mut server = server();
        let _ = handle(&mut server, 0, Some(7), from(1), &bytes);
        let code = if coa { Code::CoaRequest } else { Code::DisconnectRequest };
        let attributes = attributes.into_iter().map(|(kind, value)| Attribute::new(kind, value)).collect();
        let bytes = request(code, attributes, true);
        if let Received::Asked(asked) = handle(&mut server, 0, Some(7), from(1), &bytes) {
            let _ = (asked.problem(), asked.identifications(), asked.changes(), asked.nas_identifier());
            let reply = answer(&mut server, &asked, Verdict::Done);
            prop_assert!(verify_reply(&reply, &asked.authenticator, KEY, asked.signed).is_ok());
            prop_assert!(matches!(handle(&mut server, 1, Some(7), from(2), &bytes), Received::Repeated(_)));
        }
    }
}
