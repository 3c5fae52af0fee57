//! From octets to a [`Message`] or a [`Fault`], with the `Parse AVP` debugs.

use std::borrow::Cow;

use super::build::build;
use super::problem::PROTOCOL_VERSION;
use super::{Fault, Message, MessageType, Problem};
use crate::proto::cursor::Reader;
use crate::proto::l2tp::avp::{Attribute, BrokenAvps, IETF, Kind, RawAvp, RawAvps, Spec, TABLE, lookup};
use crate::proto::l2tp::debug_avps::{L2tpAvpDebug, result_lines};
use crate::proto::l2tp::hidden::{self, HiddenError};
use crate::proto::l2tp::passwords;
use crate::proto::l2tp::prefix::Prefix;
use crate::proto::l2tp::types::ResultCode;
use crate::proto::{Context, redact};

/// Reads the AVPs of a control message that is not a ZLB. `secret` is the tunnel's, for hidden AVPs.
///
/// An AVP with a fault is refused when its M bit is set and ignored otherwise (RFC 2661 sections 4.1, 4.2, 7.1);
/// AVPs that do not belong into the message, and repeated ones, are ignored.
///
/// # Errors
/// A [`Fault`] for the first problem that must be answered. The rest of the message is read all the same, for
/// the ids in it.
pub fn decode(
    cx: &mut Context,
    prefix: Prefix<'_>,
    body: &[u8],
    secret: Option<&[u8]>,
) -> Result<Message, Fault> {
    let mut raws = RawAvps::new(body);
    let first = match raws.next() {
        Some(Ok(first)) => first,
        Some(Err(BrokenAvps)) | None => return Err(headless(cx, prefix, Problem::Broken, true)),
    };
    let message_type = match message_type(cx, prefix, &first) {
        Ok(message_type) => message_type,
        Err((problem, fatal)) => return Err(headless(cx, prefix, problem, fatal)),
    };
    cx.debug(&L2tpAvpDebug::Message { prefix, message_type });
    let digest = message_type == MessageType::Iccn && passwords::response_is_digest(body, secret);
    let mut parser = Parser {
        cx,
        prefix,
        secret,
        message_type,
        digest,
        vector: None,
        avps: Avps::default(),
        problem: None,
    };
    for raw in raws {
        match raw {
            Ok(avp) => parser.take(avp),
            Err(BrokenAvps) => parser.complain(Problem::Broken, true),
        }
    }
    parser.finish()
}

/// What an SCCRQ with hidden AVPs says to who does not know yet whose secret unhides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Host Name, which is never hidden: it tells whose secret counts.
    pub host_name: String,
    /// Tie Breaker, which is never hidden.
    pub tie_breaker: Option<[u8; 8]>,
    /// Assigned Tunnel ID; 0 when it is hidden or not to be used.
    pub assigned_tunnel: u16,
}

/// Looks at an SCCRQ that has hidden AVPs. `None` for everything else, and for one that does not even tell its sender.
pub fn sealed(body: &[u8]) -> Option<Sealed> {
    let avps = || RawAvps::new(body).map_while(Result::ok);
    let clear = |attribute: Attribute| {
        let wanted = attribute.spec();
        avps()
            .find(|avp| !avp.hidden() && !avp.reserved() && (avp.vendor, avp.number) == (IETF, wanted.number))
            .map(|avp| avp.value)
            .filter(|value| wanted.length.holds(value.len()))
    };
    let sccrq = avps().next().is_some_and(|avp| type_number(&avp).ok() == Some(MessageType::Sccrq.number()));
    if !sccrq || !avps().any(|avp| avp.hidden()) {
        return None;
    }
    Some(Sealed {
        host_name: redact::plain(clear(Attribute::HostName)?),
        tie_breaker: clear(Attribute::TieBreaker).and_then(|value| value.try_into().ok()),
        assigned_tunnel: clear(Attribute::AssignedTunnelId)
            .and_then(|value| Reader::new(value).u16().ok())
            .unwrap_or(0),
    })
}

/// The fault of a message whose type is not known.
fn headless(cx: &mut Context, prefix: Prefix<'_>, problem: Problem, fatal: bool) -> Fault {
    cx.debug(&L2tpAvpDebug::Problem { prefix, problem: &problem });
    Fault {
        message_type: None,
        assigned_tunnel: None,
        assigned_session: None,
        result: problem.result_code(),
        fatal,
    }
}

/// The type, or the problem and whether it is fatal: an unknown type without M bit is not.
fn message_type(
    cx: &mut Context,
    prefix: Prefix<'_>,
    avp: &RawAvp<'_>,
) -> Result<MessageType, (Problem, bool)> {
    cx.debug(&L2tpAvpDebug::Avp { prefix, avp: *avp });
    let number = type_number(avp).map_err(|problem| (problem, true))?;
    MessageType::from_number(number).ok_or((Problem::UnknownMessage(number), avp.mandatory()))
}

fn type_number(avp: &RawAvp<'_>) -> Result<u16, Problem> {
    let spec = Attribute::MessageType.spec();
    if avp.vendor != IETF || avp.number != spec.number || avp.hidden() || avp.reserved() {
        return Err(Problem::NotFirst);
    }
    match *avp.value {
        [high, low] => Ok(u16::from_be_bytes([high, low])),
        _ => Err(Problem::Length(spec)),
    }
}

/// The values of a message: unhidden, each of the right length and in its range.
#[derive(Default)]
pub(super) struct Avps<'a>(Vec<(Attribute, Cow<'a, [u8]>)>);

impl Avps<'_> {
    pub fn has(&self, attribute: Attribute) -> bool {
        self.octets(attribute).is_some()
    }

    pub fn octets(&self, attribute: Attribute) -> Option<&[u8]> {
        self.0.iter().find(|(a, _)| *a == attribute).map(|(_, value)| &**value)
    }

    pub fn u16(&self, attribute: Attribute) -> Option<u16> {
        Reader::new(self.octets(attribute)?).u16().ok()
    }

    pub fn u32(&self, attribute: Attribute) -> Option<u32> {
        Reader::new(self.octets(attribute)?).u32().ok()
    }

    pub fn array<const N: usize>(&self, attribute: Attribute) -> Option<[u8; N]> {
        self.octets(attribute)?.try_into().ok()
    }

    /// What no name and no number has is taken out here, before a log or a screen can show it.
    pub fn text(&self, attribute: Attribute) -> Option<String> {
        self.octets(attribute).map(redact::plain)
    }

    pub fn vec(&self, attribute: Attribute) -> Option<Vec<u8>> {
        self.octets(attribute).map(<[u8]>::to_vec)
    }

    pub fn result(&self) -> Option<ResultCode> {
        ResultCode::from_bytes(self.octets(Attribute::ResultCode)?).ok()
    }
}

struct Parser<'a, 'c> {
    cx: &'a mut Context<'c>,
    prefix: Prefix<'a>,
    secret: Option<&'a [u8]>,
    message_type: MessageType,
    /// A Proxy Authen Response is a digest, which may be printed.
    digest: bool,
    /// The last Random Vector.
    vector: Option<&'a [u8]>,
    avps: Avps<'a>,
    /// The first problem that must be answered.
    problem: Option<Problem>,
}

impl<'a> Parser<'a, '_> {
    fn take(&mut self, avp: RawAvp<'a>) {
        self.cx.debug(&L2tpAvpDebug::Avp { prefix: self.prefix, avp });
        let mandatory = avp.mandatory();
        let spec = match lookup(avp.vendor, avp.number) {
            Some(spec) if !avp.reserved() => spec,
            Some(_) | None => {
                let (vendor, number) = (avp.vendor, avp.number);
                return self.complain(Problem::Unknown { vendor, number }, mandatory);
            }
        };
        let message_type = self.message_type;
        if !spec.allowed_in(message_type) {
            return self.complain(Problem::Unexpected(spec, message_type), false);
        }
        let value = match self.unhide(spec, &avp) {
            Ok(value) => value,
            Err(problem) => return self.complain(problem, mandatory),
        };
        match self.check(spec, &value) {
            Ok(()) => self.keep(spec, value, avp.value),
            Err(problem) => self.complain(problem, mandatory),
        }
    }

    fn unhide(&self, spec: &'static Spec, avp: &RawAvp<'a>) -> Result<Cow<'a, [u8]>, Problem> {
        if !avp.hidden() {
            return Ok(Cow::Borrowed(avp.value));
        }
        if !spec.hideable {
            return Err(Problem::MustNotHide(spec));
        }
        let reveal = || {
            let secret = self.secret.ok_or(HiddenError::NoSecret)?;
            let vector = self.vector.ok_or(HiddenError::NoVector)?;
            hidden::reveal(spec.number, secret, vector, avp.value)
        };
        reveal().map(Cow::Owned).map_err(|reason| Problem::Hidden(spec, reason))
    }

    fn check(&self, spec: &'static Spec, value: &[u8]) -> Result<(), Problem> {
        if !spec.length.holds(value.len()) {
            return Err(Problem::Length(spec));
        }
        match spec.kind {
            Kind::Id if value == [0, 0] && !self.ends_something() => Err(Problem::Range(spec)),
            Kind::MessageType
            | Kind::Result
            | Kind::U16
            | Kind::Id
            | Kind::Hex16
            | Kind::U32
            | Kind::Serial
            | Kind::Hex32
            | Kind::Text
            | Kind::Octets
            | Kind::Cause
            | Kind::CallErrors
            | Kind::Accm
            | Kind::Empty => Ok(()),
        }
    }

    /// A peer that ends what it never numbered may say 0.
    fn ends_something(&self) -> bool {
        matches!(self.message_type, MessageType::StopCcn | MessageType::Cdn)
    }

    fn keep(&mut self, spec: &'static Spec, value: Cow<'a, [u8]>, raw: &'a [u8]) {
        let prefix = self.prefix;
        match (spec.attribute, ResultCode::from_bytes(&value)) {
            (Attribute::ResultCode, Ok(code)) => result_lines(self.cx, prefix, self.message_type, &code),
            (attribute, _) => {
                let secret = attribute == Attribute::ProxyAuthenResponse && !self.digest;
                self.cx.debug(&L2tpAvpDebug::Value { prefix, spec, value: &value, secret });
            }
        }
        match spec.attribute {
            // Never hidden, so the octets in the message are the value; it may come again.
            Attribute::RandomVector => self.vector = Some(raw),
            attribute if self.avps.has(attribute) || attribute == Attribute::MessageType => {
                self.complain(Problem::Duplicate(spec), false);
            }
            attribute => self.avps.0.push((attribute, value)),
        }
    }

    fn complain(&mut self, problem: Problem, refuse: bool) {
        self.cx.debug(&L2tpAvpDebug::Problem { prefix: self.prefix, problem: &problem });
        if refuse && self.problem.is_none() {
            self.problem = Some(problem);
        }
    }

    fn finish(mut self) -> Result<Message, Fault> {
        let (prefix, message_type) = (self.prefix, self.message_type);
        let mut complete = true;
        for spec in &TABLE {
            let there = spec.attribute == Attribute::MessageType || self.avps.has(spec.attribute);
            if spec.required.contains(&message_type) && !there {
                complete = false;
                self.complain(Problem::Missing(spec, message_type), true);
            }
        }
        if complete {
            self.cx.debug(&L2tpAvpDebug::Complete { prefix, message_type });
        }
        if let Some(version) = self.avps.u16(Attribute::ProtocolVersion)
            && version >> 8 != PROTOCOL_VERSION >> 8
        {
            self.complain(Problem::Version(version), true);
        }
        let message = build(message_type, &self.avps);
        match (self.problem, message) {
            (None, Some(message)) => Ok(message),
            (problem, _) => Err(Fault {
                message_type: Some(message_type),
                assigned_tunnel: self.avps.u16(Attribute::AssignedTunnelId),
                assigned_session: self.avps.u16(Attribute::AssignedSessionId),
                result: problem.unwrap_or(Problem::Broken).result_code(),
                fatal: true,
            }),
        }
    }
}
