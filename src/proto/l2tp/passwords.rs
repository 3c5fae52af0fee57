//! Where a message holds a password in clear: no debug prints it.

use std::ops::Range;

use super::avp::{AVP_HEADER_LEN, Attribute, IETF, RawAvp, RawAvps};
use super::data::locate_data;
use super::header::CONTROL_HEADER_LEN;
use super::hidden;
use super::message::MessageType;
use super::types::ProxyAuthType;
use crate::proto::cursor::Reader;

/// PPP's number of PAP, and the code of its Authenticate-Request (RFC 1334 section 2.2).
const PAP: u16 = 0xc023;
const AUTHENTICATE_REQUEST: u8 = 1;
/// Address and control of PPP in HDLC-like framing, which a frame in L2TP may have.
const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];

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
    let found = bytes.get(payload).and_then(password_of_pap);
    found.map(|password| start + password.start..start + password.end).into_iter().collect()
}

fn password_of_pap(frame: &[u8]) -> Option<Range<usize>> {
    let inner = frame.strip_prefix(&ADDRESS_CONTROL).unwrap_or(frame);
    let mut reader = Reader::new(inner);
    if reader.u16().ok()? != PAP || reader.u8().ok()? != AUTHENTICATE_REQUEST {
        return None;
    }
    reader.take(3).ok()?;
    let name = usize::from(reader.u8().ok()?);
    reader.take(name).ok()?;
    let length = usize::from(reader.u8().ok()?);
    let rest = reader.rest().len();
    let start = frame.len() - rest;
    Some(start..start + length.min(rest))
}
