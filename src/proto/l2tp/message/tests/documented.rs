//! The packets of the documented call (Cisco tech note 23980): the same octets, the same lines.

use super::transcript::*;
use super::*;
use crate::proto::l2tp::auth::{challenge_response, verify};
use crate::proto::l2tp::debug::{self, ZLB};
use crate::proto::l2tp::header::{ControlHeader, Packet, classify, encode_control};

const SECRET: &[u8] = b"hello";
const LAC: u16 = 17688;
const LNS: u16 = 55270;
const LAC_CHALLENGE: [u8; 16] = 0x545A2343FBE20EA08BCA7B56E4A7D29E_u128.to_be_bytes();
const LNS_CHALLENGE: [u8; 16] = 0x98B296C28429E7ADC767237A45F31040_u128.to_be_bytes();

fn sccrq() -> Message {
    Message::Sccrq(Sccrq {
        framing_capabilities: 3,
        bearer_capabilities: Some(3),
        tie_breaker: None,
        firmware: Some(0x1130),
        host_name: "hgw".to_owned(),
        vendor_name: Some("Cisco Systems, Inc.".to_owned()),
        assigned_tunnel: LAC,
        receive_window: Some(800),
        challenge: Some(LAC_CHALLENGE.to_vec()),
    })
}

fn sccrp() -> Message {
    Message::Sccrp(Sccrp {
        framing_capabilities: 3,
        bearer_capabilities: Some(3),
        firmware: Some(0x1120),
        host_name: "l2tp-gw".to_owned(),
        vendor_name: Some("Cisco Systems, Inc.".to_owned()),
        assigned_tunnel: LNS,
        receive_window: Some(300),
        challenge: Some(LNS_CHALLENGE.to_vec()),
        challenge_response: Some(challenge_response(MessageType::Sccrp, SECRET, &LAC_CHALLENGE)),
    })
}

fn scccn() -> Message {
    let response = challenge_response(MessageType::Scccn, SECRET, &LNS_CHALLENGE);
    Message::Scccn(Scccn { challenge_response: Some(response) })
}

fn icrq() -> Message {
    Message::Icrq(Icrq {
        assigned_session: 7,
        request: CallRequest {
            serial: 0xD114C7C5,
            bearer_type: Some(1),
            calling_number: Some("2085730592".to_owned()),
            called_number: Some("614629".to_owned()),
            nas_port: Some("Serial0:0".to_owned()),
            ..CallRequest::default()
        },
    })
}

fn iccn() -> Message {
    Message::Iccn(Iccn {
        info: ConnectInfo {
            tx_speed: 64000,
            rx_speed: Some(64000),
            framing_type: 2,
            last_sent_lcp: Some(vec![3, 5, 0xC2, 0x23, 5, 5, 6, 0x10, 0x9D, 8, 0xF2]),
            last_received_lcp: Some(vec![5, 6, 0x6E, 0xE4, 0xE8, 0x65]),
            proxy_auth_type: Some(ProxyAuthType::Chap),
            proxy_auth_name: Some(b"2500-1".to_vec()),
            proxy_auth_challenge: Some(0x5D0D008CB1677CF8BC354556321A7A74_u128.to_be_bytes().to_vec()),
            proxy_auth_id: Some(6),
            proxy_auth_response: Some(0xCA1CC2E4FA6899E8DF1B695C0A80883E_u128.to_be_bytes().to_vec()),
            ..ConnectInfo::default()
        },
    })
}

fn cdn() -> Message {
    let result = ResultCode { result: 1, error: Some(0), message: None };
    Message::Cdn(Cdn { assigned_session: 7, result, cause: None })
}

fn stop_ccn() -> Message {
    Message::StopCcn(StopCcn { assigned_tunnel: LNS, result: ResultCode::bare(1) })
}

fn icrp() -> Message {
    Message::Icrp(Icrp { assigned_session: 45 })
}

/// A message of the call with its header: `(tunnel, session, ns, nr)`.
fn packet(message: &Message, (tunnel, session, ns, nr): (u16, u16, u16, u16)) -> Vec<u8> {
    encode_control(&ControlHeader { tunnel, session, ns, nr }, &message.encode(None))
}

const SCCRQ: (u16, u16, u16, u16) = (0, 0, 0, 0);
const SCCRP: (u16, u16, u16, u16) = (LAC, 0, 0, 1);
const SCCCN: (u16, u16, u16, u16) = (LNS, 0, 1, 1);
const ICRQ: (u16, u16, u16, u16) = (LNS, 0, 2, 1);
const ICRP: (u16, u16, u16, u16) = (LAC, 7, 1, 3);
const ICCN: (u16, u16, u16, u16) = (LNS, 45, 3, 2);
const CDN: (u16, u16, u16, u16) = (LNS, 45, 4, 2);
const STOPCCN: (u16, u16, u16, u16) = (LAC, 0, 2, 5);

/// Receives a packet, requires that it is `message`, and returns the lines.
fn received(dialect: Dialect, prefix: Prefix<'_>, message: &Message, ids: (u16, u16, u16, u16)) -> String {
    let bytes = packet(message, ids);
    let Packet::Control { header, body, .. } = classify(&bytes) else { panic!("not a control message") };
    let mut lines = Lines::new(dialect);
    with(&mut lines, |cx| {
        assert_eq!(decode(cx, prefix, body, None).as_ref(), Ok(message));
        debug::input(cx, prefix, header, message.message_type().name(), &bytes);
    });
    lines.text
}

/// Sends a packet and returns the lines.
fn sent(dialect: Dialect, prefix: Prefix<'_>, message: &Message, ids: (u16, u16, u16, u16)) -> String {
    let bytes = packet(message, ids);
    let Packet::Control { header, .. } = classify(&bytes) else { panic!("not a control message") };
    let mut lines = Lines::new(dialect);
    with(&mut lines, |cx| debug::output(cx, prefix, header, message.message_type().name(), &bytes));
    lines.text
}

fn zlb(tunnel: u16, ns: u16, nr: u16) -> (ControlHeader, Vec<u8>) {
    let header = ControlHeader { tunnel, session: 0, ns, nr };
    (header, encode_control(&header, &[]))
}

#[test]
fn the_lengths() {
    let all = [sccrq(), sccrp(), scccn(), icrq(), icrp(), iccn(), cdn(), stop_ccn()];
    let lengths = all.map(|message| packet(&message, SCCRQ).len());
    assert_eq!(lengths, [128, 154, 42, 91, 28, 151, 38, 36]);
    assert_eq!(zlb(LAC, 0, 0).1.len(), 12);
}

#[test]
fn the_digests() {
    let sccrp = 0x7C358F7A7BA21957C07801195DCADFA6_u128.to_be_bytes();
    let scccn = 0x9639531841AC22E3103E208EF7D90989_u128.to_be_bytes();
    assert_eq!(challenge_response(MessageType::Sccrp, SECRET, &LAC_CHALLENGE), sccrp);
    assert_eq!(challenge_response(MessageType::Scccn, SECRET, &LNS_CHALLENGE), scccn);
    assert!(verify(MessageType::Scccn, SECRET, &LNS_CHALLENGE, &scccn));
    assert!(!verify(MessageType::Scccn, b"hullo", &LNS_CHALLENGE, &scccn));
    assert!(!verify(MessageType::Sccrp, SECRET, &LNS_CHALLENGE, &scccn));
}

#[test]
fn every_octet_of_the_short_packets() {
    assert_eq!(
        packet(&icrp(), ICRP),
        *b"\xC8\x02\0\x1C\x45\x18\0\x07\0\x01\0\x03\x80\x08\0\0\0\0\0\x0B\x80\x08\0\0\0\x0E\0\x2D"
    );
    assert_eq!(
        packet(&stop_ccn(), STOPCCN)[12..],
        *b"\x80\x08\0\0\0\0\0\x04\x80\x08\0\0\0\x09\xD7\xE6\x80\x08\0\0\0\x01\0\x01"
    );
}

#[test]
fn the_order_and_the_m_bits() {
    let shape = |message: Message| -> Vec<(u16, u16, bool)> {
        let body = message.encode(None);
        avp::RawAvps::new(&body)
            .map(Result::unwrap)
            .inspect(|avp| assert!(!avp.reserved()))
            .map(|avp| (avp.vendor, avp.number, avp.mandatory()))
            .collect()
    };
    let ietf = |list: &[(u16, bool)]| list.iter().map(|&(n, m)| (0, n, m)).collect::<Vec<_>>();
    let (m, o) = (true, false);
    let start = [(0, m), (2, m), (3, m), (4, m), (6, o), (7, m), (8, o), (9, m), (10, m), (11, m)];
    assert_eq!(shape(sccrq()), ietf(&start));
    assert_eq!(shape(sccrp()), ietf(&[&start[..], &[(13, m)]].concat()));
    assert_eq!(shape(scccn()), ietf(&[(0, m), (13, m)]));
    let mut call = ietf(&[(0, m), (14, m), (15, m), (18, m), (22, m), (21, m)]);
    call.push((9, 100, o));
    assert_eq!(shape(icrq()), call);
    let connected =
        [(0, m), (24, m), (38, o), (19, m), (27, o), (28, o), (31, o), (32, o), (30, o), (33, m), (29, o)];
    assert_eq!(shape(iccn()), ietf(&connected));
    assert_eq!(shape(cdn()), ietf(&[(0, m), (14, m), (1, m)]));
    assert_eq!(shape(stop_ccn()), ietf(&[(0, m), (9, m), (1, m)]));
}

#[test]
fn the_lac_prints_its_transcript() {
    let v = Dialect::V12_1;
    let tunnel = Prefix::Tunnel { tunnel: LAC };
    let session = Prefix::Session { label: Some("Se0:0"), tunnel: LAC, session: 7 };
    assert_eq!(sent(v, tunnel, &sccrq(), SCCRQ), LAC_O_SCCRQ);
    assert_eq!(received(v, tunnel, &sccrp(), SCCRP), LAC_I_SCCRP);
    assert_eq!(sent(v, tunnel, &scccn(), SCCCN), LAC_O_SCCCN);
    assert_eq!(sent(v, session, &icrq(), ICRQ), LAC_O_ICRQ);
    assert_eq!(received(v, session, &icrp(), ICRP), LAC_I_ICRP);
    assert_eq!(sent(v, session, &iccn(), ICCN), LAC_O_ICCN);
    assert_eq!(sent(v, session, &cdn(), CDN), LAC_O_CDN);
    assert_eq!(received(v, tunnel, &stop_ccn(), STOPCCN), LAC_I_STOPCCN);
    let mut lines = Lines::new(v);
    with(&mut lines, |cx| {
        let (header, bytes) = zlb(LNS, 5, 3);
        debug::output(cx, tunnel, header, ZLB, &bytes);
    });
    assert_eq!(lines.text, LAC_O_ZLB);
    let mut lines = Lines::new(v);
    with(&mut lines, |cx| {
        for (ns, nr) in [(1, 2), (2, 4), (2, 5)] {
            let (header, bytes) = zlb(LAC, ns, nr);
            debug::zlb_in(cx, tunnel, header, &bytes);
        }
    });
    assert_eq!(lines.text, LAC_I_ZLBS);
}

#[test]
fn the_lns_prints_its_transcript() {
    let v = Dialect::V12_0;
    let tunnel = Prefix::Tunnel { tunnel: LNS };
    let session = Prefix::Session { label: None, tunnel: LNS, session: 45 };
    let bound = Prefix::Session { label: Some("Vi4"), tunnel: LNS, session: 45 };
    assert_eq!(received(v, Prefix::L2x, &sccrq(), SCCRQ), LNS_I_SCCRQ);
    assert_eq!(sent(v, tunnel, &sccrp(), SCCRP), LNS_O_SCCRP);
    assert_eq!(received(v, tunnel, &scccn(), SCCCN), LNS_I_SCCCN);
    assert_eq!(received(v, tunnel, &icrq(), ICRQ), LNS_I_ICRQ);
    assert_eq!(sent(v, session, &icrp(), ICRP), LNS_O_ICRP);
    assert_eq!(received(v, session, &iccn(), ICCN), LNS_I_ICCN);
    assert_eq!(received(v, bound, &cdn(), CDN), LNS_I_CDN);
    assert_eq!(sent(v, tunnel, &stop_ccn(), STOPCCN), LNS_O_STOPCCN);
    let mut lines = Lines::new(v);
    with(&mut lines, |cx| {
        for (prefix, ns, nr) in [(tunnel, 1, 2), (session, 2, 4), (bound, 2, 5)] {
            let (header, bytes) = zlb(LAC, ns, nr);
            debug::output(cx, prefix, header, ZLB, &bytes);
        }
    });
    assert_eq!(lines.text, LNS_O_ZLBS);
}

#[test]
fn a_dump_is_whole_up_to_48_octets_and_cut_after_47() {
    let dumped = |body: usize| {
        let header = ControlHeader { tunnel: 1, session: 0, ns: 0, nr: 0 };
        let bytes = encode_control(&header, &vec![0xAB; body]);
        let mut lines = Lines::new(Dialect::V12_1);
        with(&mut lines, |cx| debug::output(cx, Prefix::L2tp, header, "HELLO", &bytes));
        lines.text
    };
    let last = |text: &str| text.lines().last().map(str::to_owned);
    let whole = format!("        {}", " AB".repeat(16));
    let cut = format!("        {} ...", " AB".repeat(15));
    assert_eq!(last(&dumped(36)), Some(whole));
    assert_eq!(last(&dumped(37)), Some(cut));
}
