//! Where a message holds a password in clear: no debug prints it.

use std::ops::Range;

use super::avp::{AVP_HEADER_LEN, Attribute, IETF, RawAvp, RawAvps};
use super::data::locate_data;
use super::header::CONTROL_HEADER_LEN;
use super::hidden;
use super::message::MessageType;
use super::types::ProxyAuthType;
use crate::proto::cursor::Reader;
use crate::proto::redact;

fn is(avp: &RawAvp, attribute: Attribute) -> bool {
    avp.vendor == IETF && avp.number == attribute.spec().number
}

/// Whether a Proxy Authen Response among these AVPs may be printed: their Proxy Authen Type says that it is a digest.
/// `secret` is the tunnel's, for a type that is hidden.
pub fn response_is_digest(body: &[u8], secret: Option<&[u8]>) -> bool {
    let (mut vector, mut digest) = (None, false);
    for avp in RawAvps::new(body).map_while(Result::ok) {
        if is(&avp, Attribute::RandomVector) {
            vector = Some(avp.value);
        } else if is(&avp, Attribute::ProxyAuthenType) {
            let clear = match (avp.hidden(), secret, vector) {
                (false, _, _) => Some(avp.value.to_vec()),
                (true, Some(secret), Some(vector)) => {
                    hidden::reveal(avp.number, secret, vector, avp.value).ok()
                }
                (true, _, _) => None,
            };
            let kind = clear.and_then(|value| Reader::new(&value).u16().ok()).map(ProxyAuthType::from_number);
            digest = match kind {
                Some(ProxyAuthType::Chap | ProxyAuthType::MsChap) => true,
                Some(
                    ProxyAuthType::Textual
                    | ProxyAuthType::Pap
                    | ProxyAuthType::None
                    | ProxyAuthType::Other(_),
                )
                | None => return false,
            };
        }
    }
    digest
}

/// The octets of a control message that are a password: the Proxy Authen Response of an ICCN, unless it is hidden or a
/// digest.
pub fn in_control(bytes: &[u8]) -> Vec<Range<usize>> {
    let body = bytes.get(CONTROL_HEADER_LEN..).unwrap_or_default();
    let iccn = RawAvps::new(body).next().and_then(Result::ok).is_some_and(|first| {
        is(&first, Attribute::MessageType)
            && Reader::new(first.value).u16().ok().and_then(MessageType::from_number)
                == Some(MessageType::Iccn)
    });
    if !iccn || response_is_digest(body, None) {
        return Vec::new();
    }
    let mut at = CONTROL_HEADER_LEN;
    let mut out = Vec::new();
    for avp in RawAvps::new(body).map_while(Result::ok) {
        let end = at + usize::from(avp.len);
        if is(&avp, Attribute::ProxyAuthenResponse) && !avp.hidden() {
            out.push(at + AVP_HEADER_LEN..end);
        }
        at = end;
    }
    out
}

/// The octets of a data message that are a password: that of PAP's Authenticate-Request.
pub fn in_data(bytes: &[u8]) -> Vec<Range<usize>> {
    let Ok((_, payload)) = locate_data(bytes) else { return Vec::new() };
    let start = payload.start;
    let found = bytes.get(payload).and_then(redact::pap_password);
    found.map(|password| start + password.start..start + password.end).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::avp;
    use super::super::data::{DataHeader, encode_data};
    use super::super::debug::output;
    use super::super::header::{ControlHeader, encode_control};
    use super::super::message::Hiding;
    use super::super::prefix::Prefix;
    use super::*;
    use crate::proto::trace::Recorder;
    use crate::proto::{Context, Dialect, Instant, entropy::Seeded};

    const HEADER: ControlHeader = ControlHeader { tunnel: 1, session: 1, ns: 0, nr: 0 };

    /// An ICCN with its response first, as a foreign LAC may send it.
    fn iccn(kind: Option<u16>, hiding: Option<&mut Hiding>) -> Vec<u8> {
        let mut avps = vec![
            (Attribute::MessageType, 12_u16.to_be_bytes().to_vec()),
            (Attribute::ProxyAuthenResponse, b"cisco".to_vec()),
        ];
        avps.extend(kind.map(|kind| (Attribute::ProxyAuthenType, kind.to_be_bytes().to_vec())));
        encode_control(&HEADER, &avp::encode(&avps, hiding))
    }

    fn found(bytes: &[u8]) -> Vec<&[u8]> {
        in_control(bytes).into_iter().map(|range| &bytes[range]).collect()
    }

    #[test]
    fn a_proxy_response_is_a_password_unless_its_type_says_digest() {
        for kind in [None, Some(1), Some(3), Some(4), Some(77)] {
            assert_eq!(found(&iccn(kind, None)), [b"cisco"], "{kind:?}");
        }
        for kind in [2, 5] {
            assert_eq!(found(&iccn(Some(kind), None)), [] as [&[u8]; 0], "{kind}");
        }
        assert_eq!(found(&encode_control(&HEADER, &[])), [] as [&[u8]; 0]);
        assert_eq!(found(b""), [] as [&[u8]; 0]);
    }

    #[test]
    fn a_hidden_type_is_read_with_the_secret_of_the_tunnel() {
        let mut entropy = Seeded::new(1);
        for (kind, digest) in [(2, true), (3, false)] {
            let bytes = iccn(Some(kind), Some(&mut Hiding { secret: b"hello", entropy: &mut entropy }));
            let body = &bytes[CONTROL_HEADER_LEN..];
            assert_eq!(response_is_digest(body, Some(b"hello")), digest);
            assert!(!response_is_digest(body, None));
            assert_eq!(found(&bytes), [] as [&[u8]; 0], "what is hidden is no clear text");
        }
    }

    #[test]
    fn stars_stand_in_a_dump() {
        let bytes = iccn(Some(3), None);
        let mut trace = Recorder { dialect: Dialect::V12_1, lines: Vec::new() };
        let mut cx = Context { now: Instant::ZERO, entropy: &mut Seeded::new(1), trace: &mut trace };
        output(&mut cx, Prefix::L2tp, HEADER, "ICCN", &bytes);
        let dump = trace.lines.join("\n");
        assert!(dump.contains("00 00 00 21 ** ** ** ** ** 00\n"), "{dump}");
        assert!(!dump.contains("63 69 73 63 6F") && !dump.contains(" 63 "), "{dump}");
    }

    #[test]
    fn a_frame_of_pap_has_its_password_found() {
        let frame = |code: u8| [&[0xc0, 0x23, code, 1, 0, 12, 1, b'u', 5], &b"cisco"[..]].concat();
        for (length, offset) in [(false, None), (true, Some(4))] {
            let header = DataHeader { length, offset, tunnel: 1, session: 1, ..DataHeader::default() };
            let bytes = encode_data(&header, &frame(1));
            assert_eq!(in_data(&bytes).into_iter().map(|at| &bytes[at]).collect::<Vec<_>>(), [b"cisco"]);
            assert!(in_data(&encode_data(&header, &frame(2))).is_empty());
        }
        assert!(in_data(b"").is_empty());
    }
}
