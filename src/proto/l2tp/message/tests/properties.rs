//! Any message survives the wire, in the clear and hidden; no octets make the decoder panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::proto::l2tp::header::{ControlHeader, Packet, classify, encode_control};

fn text() -> impl Strategy<Value = String> {
    "\\PC{1,40}"
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..60)
}

fn result() -> impl Strategy<Value = ResultCode> {
    prop_oneof![
        any::<u16>().prop_map(ResultCode::bare),
        (any::<u16>(), any::<u16>(), option::of(text())).prop_map(|(result, error, message)| ResultCode {
            result,
            error: Some(error),
            message
        }),
    ]
}

prop_compose! {
    fn sccrq()(
        framing_capabilities: u32, bearer_capabilities: Option<u32>, tie_breaker: Option<[u8; 8]>,
        firmware: Option<u16>, host_name in text(), vendor_name in option::of(text()),
        assigned_tunnel in 1u16.., receive_window: Option<u16>, challenge in option::of(octets()),
    ) -> Sccrq {
        Sccrq {
            framing_capabilities, bearer_capabilities, tie_breaker, firmware, host_name, vendor_name,
            assigned_tunnel, receive_window, challenge,
        }
    }
}

prop_compose! {
    fn sccrp()(of in sccrq(), challenge_response: Option<[u8; 16]>) -> Sccrp {
        let Sccrq {
            framing_capabilities, bearer_capabilities, firmware, host_name, vendor_name, assigned_tunnel,
            receive_window, challenge, ..
        } = of;
        Sccrp {
            framing_capabilities, bearer_capabilities, firmware, host_name, vendor_name, assigned_tunnel,
            receive_window, challenge, challenge_response,
        }
    }
}

prop_compose! {
    fn request()(
        serial: u32, bearer_type: Option<u32>, calling_number in option::of(text()),
        called_number in option::of(text()), sub_address in option::of(text()), physical_channel: Option<u32>,
        nas_port in option::of(text()),
    ) -> CallRequest {
        CallRequest {
            serial, bearer_type, calling_number, called_number, sub_address, physical_channel, nas_port,
        }
    }
}

prop_compose! {
    fn info()(
        tx_speed: u32, rx_speed: Option<u32>, framing_type: u32,
        lcp in [option::of(octets()), option::of(octets()), option::of(octets())],
        proxy_auth_type: Option<u16>,
        proxy in [option::of(octets()), option::of(octets()), option::of(octets()), option::of(octets())],
        proxy_auth_id: Option<u8>, sequencing_required: bool,
    ) -> ConnectInfo {
        let [initial_received_lcp, last_sent_lcp, last_received_lcp] = lcp;
        let [proxy_auth_name, proxy_auth_challenge, proxy_auth_response, private_group] = proxy;
        ConnectInfo {
            tx_speed, rx_speed, framing_type, initial_received_lcp, last_sent_lcp, last_received_lcp,
            proxy_auth_type: proxy_auth_type.map(ProxyAuthType::from_number),
            proxy_auth_name, proxy_auth_challenge, proxy_auth_id, proxy_auth_response, private_group,
            sequencing_required,
        }
    }
}

prop_compose! {
    fn ocrq()(
        assigned_session in 1u16.., serial: u32, bps: (u32, u32), bearer_type: u32, framing_type: u32,
        called_number in text(), sub_address in option::of(text()),
    ) -> Ocrq {
        let (minimum_bps, maximum_bps) = bps;
        Ocrq {
            assigned_session, serial, minimum_bps, maximum_bps, bearer_type, framing_type, called_number,
            sub_address,
        }
    }
}

prop_compose! {
    fn cdn()(assigned_session: u16, result in result(), cause in option::of(cause())) -> Cdn {
        Cdn { assigned_session, result, cause }
    }
}

prop_compose! {
    fn cause()(code: u16, message: u8, advisory in option::of(text())) -> Cause {
        Cause { code, message, advisory }
    }
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        sccrq().prop_map(Message::Sccrq),
        sccrp().prop_map(Message::Sccrp),
        any::<Option<[u8; 16]>>().prop_map(|challenge_response| Message::Scccn(Scccn { challenge_response })),
        (any::<u16>(), result())
            .prop_map(|(assigned_tunnel, result)| Message::StopCcn(StopCcn { assigned_tunnel, result })),
        Just(Message::Hello),
        ocrq().prop_map(Message::Ocrq),
        (1u16.., any::<Option<u32>>()).prop_map(|(assigned_session, physical_channel)| {
            Message::Ocrp(Ocrp { assigned_session, physical_channel })
        }),
        any::<(u32, Option<u32>, u32, bool)>().prop_map(|(tx_speed, rx_speed, framing_type, s)| {
            Message::Occn(Occn { tx_speed, rx_speed, framing_type, sequencing_required: s })
        }),
        (1u16.., request())
            .prop_map(|(assigned_session, request)| Message::Icrq(Icrq { assigned_session, request })),
        (1u16..).prop_map(|assigned_session| Message::Icrp(Icrp { assigned_session })),
        info().prop_map(|info| Message::Iccn(Iccn { info })),
        cdn().prop_map(Message::Cdn),
        any::<[u32; 6]>().prop_map(|counters| Message::Wen(Wen { counters })),
        any::<(u32, u32)>().prop_map(|accm| Message::Sli(Sli { accm })),
    ]
}

/// Decodes with every switch on, so that the debugs see the octets as well.
fn printed(dialect: Dialect, body: &[u8], secret: Option<&[u8]>) -> Result<Message, Fault> {
    with(&mut Lines::new(dialect), |cx| decode(cx, Prefix::L2x, body, secret))
}

proptest! {
    #[test]
    fn any_message_survives_the_wire(message in message(), header: (u16, u16, u16, u16)) {
        let (tunnel, session, ns, nr) = header;
        let header = ControlHeader { tunnel, session, ns, nr };
        let bytes = encode_control(&header, &message.encode(None));
        let Packet::Control { header: read_header, body, len, .. } = classify(&bytes) else {
            return Err(TestCaseError::fail("not a control message"));
        };
        prop_assert_eq!(read_header, header);
        prop_assert_eq!(usize::from(len), bytes.len());
        let (read, errors) = read(body, None);
        prop_assert_eq!(read, Ok(message));
        prop_assert_eq!(errors, "");
    }

    #[test]
    fn any_message_survives_hiding(message in message(), secret in vec(any::<u8>(), 1..30), seed: u64) {
        let mut entropy = Seeded::new(seed);
        let body = message.encode(Some(&mut Hiding { secret: &secret, entropy: &mut entropy }));
        prop_assert_eq!(read(&body, Some(&secret)), (Ok(message), String::new()));
    }

    #[test]
    fn a_hidden_message_shows_nothing_that_may_be_hidden(info in info(), seed: u64) {
        let mut entropy = Seeded::new(seed);
        let message = Message::Iccn(Iccn { info });
        let body = message.encode(Some(&mut Hiding { secret: b"hello", entropy: &mut entropy }));
        for raw in avp::RawAvps::new(&body) {
            let raw = raw.unwrap();
            prop_assert_eq!(avp::lookup(raw.vendor, raw.number).unwrap().hideable, raw.hidden());
        }
    }

    #[test]
    fn any_octets_are_a_packet_or_none(bytes in vec(any::<u8>(), 0..200), control: bool) {
        let mut bytes = bytes;
        if control && let [high, low, ..] = &mut bytes[..] {
            (*high, *low) = (0xc8, 2);
        }
        if let Packet::Control { body, .. } = classify(&bytes) {
            let _ = printed(Dialect::V12_0, body, Some(b"hello"));
        }
        let _ = printed(Dialect::V12_1, &bytes, Some(b"hello"));
        let _ = sealed(&bytes);
    }

    #[test]
    fn a_damaged_message_is_a_message_or_a_fault(
        message in message(), hide: bool, seed: u64, damage in vec((any::<Index>(), any::<u8>()), 1..6),
        cut: Option<Index>,
    ) {
        let mut entropy = Seeded::new(seed);
        let mut hiding = Hiding { secret: b"hello", entropy: &mut entropy };
        let mut body = message.encode(hide.then_some(&mut hiding));
        for (at, octet) in damage {
            let at = at.index(body.len());
            body[at] = octet;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        match printed(Dialect::V12_0, &body, Some(b"hello")) {
            // What was taken can be sent again.
            Ok(message) => prop_assert!(!message.encode(None).is_empty()),
            Err(fault) => prop_assert!(fault.result.error.is_some()),
        }
    }
}
