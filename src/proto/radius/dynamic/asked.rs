//! A request that was believed: whom it means, what it wants, and its answer.

use std::net::{Ipv4Addr, SocketAddr};

use crate::proto::radius::crypt::Secret;
use crate::proto::radius::dictionary::{AttributeKey, keys};
use crate::proto::radius::packet::{Attribute, Code, HEADER, MAX_PACKET, Packet};
use crate::proto::radius::value::{Decoded, Value, decode_all};

const SERVICE_TYPE: u8 = 6;
const STATE: u8 = 24;
const PROXY_STATE: u8 = 33;
const TERMINATE_CAUSE: u8 = 49;
const EVENT_TIMESTAMP: u8 = 55;
const NAS_PORT_TYPE: u8 = 61;
const SIGNATURE: u8 = 80;
const NAS_IPV6_ADDRESS: u8 = 95;
const ERROR_CAUSE: u8 = 101;
/// Most octets that an answer adds to what it repeats: Message-Authenticator, Error-Cause and Service-Type.
const ADDED: usize = 18 + 6 + 6;
/// Acct-Terminate-Cause Admin Reset, RFC 2866 section 5.10.
const ADMIN_RESET: u32 = 6;
/// Service-Type Framed, which every session that can be changed has already.
const FRAMED: u32 = 2;
/// Service-Type Authorize Only, RFC 5176 section 3.2.
const AUTHORIZE_ONLY: u32 = 17;

/// Error-Cause, RFC 5176 section 3.5: those that a NAS has use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCause {
    /// 401
    UnsupportedAttribute,
    /// 402
    MissingAttribute,
    /// 403
    NasIdentificationMismatch,
    /// 404
    InvalidRequest,
    /// 405
    UnsupportedService,
    /// 406
    UnsupportedExtension,
    /// 407
    InvalidAttributeValue,
    /// 501
    AdministrativelyProhibited,
    /// 503
    SessionContextNotFound,
    /// 504
    SessionContextNotRemovable,
    /// 506
    ResourcesUnavailable,
}

impl ErrorCause {
    /// Its number.
    pub fn number(self) -> u32 {
        match self {
            ErrorCause::UnsupportedAttribute => 401,
            ErrorCause::MissingAttribute => 402,
            ErrorCause::NasIdentificationMismatch => 403,
            ErrorCause::InvalidRequest => 404,
            ErrorCause::UnsupportedService => 405,
            ErrorCause::UnsupportedExtension => 406,
            ErrorCause::InvalidAttributeValue => 407,
            ErrorCause::AdministrativelyProhibited => 501,
            ErrorCause::SessionContextNotFound => 503,
            ErrorCause::SessionContextNotRemovable => 504,
            ErrorCause::ResourcesUnavailable => 506,
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// ACK.
    Done,
    /// NAK.
    Refused(ErrorCause),
}

/// What a session is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// User-Name.
    User,
    /// NAS-Port.
    Port,
    /// NAS-Port-Id.
    PortId,
    /// Framed-IP-Address.
    Address,
    /// Called-Station-Id.
    Called,
    /// Calling-Station-Id.
    Calling,
    /// Acct-Session-Id.
    Session,
    /// Acct-Multi-Session-Id.
    MultiSession,
    /// Acct-Tunnel-Connection.
    TunnelConnection,
    /// Tunnel-Client-Endpoint.
    TunnelClient,
    /// Tunnel-Server-Endpoint.
    TunnelServer,
    /// Tunnel-Client-Auth-ID.
    TunnelClientName,
    /// Tunnel-Server-Auth-ID.
    TunnelServerName,
    /// Chargeable-User-Identity, Framed-Interface-Id or Framed-IPv6-Prefix, by which no session is known here.
    Foreign,
}

/// One thing that a session must be known by to be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// What.
    pub mark: Mark,
    /// Its value.
    pub value: Value,
}

/// What an attribute is for in these requests (RFC 5176 sections 3 and 3.6; the tunnel attributes of RFC 2867 and 2868
/// name sessions here).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It names this router.
    Nas,
    /// It names the session.
    Mark(Mark),
    /// It belongs to the exchange.
    Exchange,
    /// It is to be changed, or, in a Disconnect-Request, names the session in a way that is not understood.
    Change,
}

fn purpose(key: AttributeKey) -> Purpose {
    const MARKS: [(AttributeKey, Mark); 16] = [
        (keys::USER_NAME, Mark::User),
        (keys::NAS_PORT, Mark::Port),
        (AttributeKey::Standard(87), Mark::PortId),
        (keys::FRAMED_IP_ADDRESS, Mark::Address),
        (keys::CALLED_STATION_ID, Mark::Called),
        (keys::CALLING_STATION_ID, Mark::Calling),
        (keys::ACCT_SESSION_ID, Mark::Session),
        (keys::ACCT_MULTI_SESSION_ID, Mark::MultiSession),
        (AttributeKey::Standard(68), Mark::TunnelConnection),
        (keys::TUNNEL_CLIENT_ENDPOINT, Mark::TunnelClient),
        (keys::TUNNEL_SERVER_ENDPOINT, Mark::TunnelServer),
        (keys::TUNNEL_CLIENT_AUTH_ID, Mark::TunnelClientName),
        (keys::TUNNEL_SERVER_AUTH_ID, Mark::TunnelServerName),
        (AttributeKey::Standard(89), Mark::Foreign),
        (AttributeKey::Standard(96), Mark::Foreign),
        (AttributeKey::Standard(97), Mark::Foreign),
    ];
    if let Some((_, mark)) = MARKS.iter().find(|(known, _)| *known == key) {
        return Purpose::Mark(*mark);
    }
    match key {
        AttributeKey::Standard(4 | 32 | NAS_IPV6_ADDRESS) => Purpose::Nas,
        // Reply-Message and Class concern the end of a session, not its authorization.
        AttributeKey::Standard(
            SERVICE_TYPE | 18 | STATE | 25 | PROXY_STATE | TERMINATE_CAUSE | EVENT_TIMESTAMP | NAS_PORT_TYPE
            | SIGNATURE,
        ) => Purpose::Exchange,
        AttributeKey::Standard(_) | AttributeKey::Vendor(..) => Purpose::Change,
    }
}

/// What an answer repeats: every Proxy-State and the State.
fn repeated(request: &Packet) -> impl Iterator<Item = &Attribute> {
    request.attributes.iter().filter(|a| matches!(a.kind, STATE | PROXY_STATE))
}

/// Whether an answer to the request fits into a packet.
pub(super) fn can_be_answered(request: &Packet) -> bool {
    HEADER + repeated(request).map(Attribute::wire_len).sum::<usize>() + ADDED <= MAX_PACKET
}

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Disconnect-Request or CoA-Request.
    pub code: Code,
    /// Where the answer goes.
    pub remote: SocketAddr,
    /// Which client it is.
    pub client: Ipv4Addr,
    /// Identifier.
    pub identifier: u8,
    /// Request Authenticator.
    pub authenticator: [u8; 16],
    /// Its attributes, as they came.
    pub packet: Packet,
    /// Whether a Message-Authenticator was there, so that the answer has one too.
    pub signed: bool,
    pub(super) secret: Secret,
    known: Vec<Decoded>,
    unreadable: usize,
}

impl Asked {
    pub(super) fn new(packet: Packet, remote: SocketAddr, client: Ipv4Addr, secret: Secret) -> Self {
        // Hidden attributes of these requests are hidden with their own authenticator (RFC 5176 section 2.3).
        let (known, unreadable) = decode_all(&packet, secret.octets(), &packet.authenticator);
        Asked {
            code: packet.code,
            remote,
            client,
            identifier: packet.identifier,
            authenticator: packet.authenticator,
            signed: packet.first(SIGNATURE).is_some(),
            packet,
            secret,
            known,
            unreadable,
        }
    }

    /// What is wrong with the request before anybody looks for a session.
    pub fn problem(&self) -> Option<ErrorCause> {
        if self.unreadable > 0 {
            return Some(ErrorCause::InvalidRequest);
        }
        let types = |kind: u8| self.packet.attributes.iter().any(|a| a.kind == kind);
        if self.code == Code::DisconnectRequest {
            // A vendor's attribute names the session here (note 7), by something that is not known of any: who passed
            // over it would end more than was asked.
            let change = |key: AttributeKey| purpose(key) == Purpose::Change;
            let foreign = self.packet.flattened().iter().any(|(key, _)| change(*key));
            if foreign || [SERVICE_TYPE, STATE, NAS_PORT_TYPE].into_iter().any(types) {
                return Some(ErrorCause::UnsupportedAttribute);
            }
        } else if types(SERVICE_TYPE) && self.service() != Some(FRAMED) {
            return Some(self.service_problem());
        }
        if self.identifications().is_empty() {
            return Some(ErrorCause::MissingAttribute);
        }
        None
    }

    /// No service is taken that a CoA-Request asks for: another Service-Type cannot be changed to, and Authorize Only
    /// would have to be asked of a server again (RFC 5176 sections 3.2 and 3.3).
    fn service_problem(&self) -> ErrorCause {
        let has = |kind: u8| self.packet.attributes.iter().any(|a| a.kind == kind);
        let (changes, more) = self.changes();
        match self.service() {
            Some(AUTHORIZE_ONLY) if !changes.is_empty() || more => ErrorCause::UnsupportedAttribute,
            Some(AUTHORIZE_ONLY) if !has(STATE) => ErrorCause::MissingAttribute,
            Some(_) | None => ErrorCause::UnsupportedService,
        }
    }

    fn service(&self) -> Option<u32> {
        self.known.iter().find(|a| a.key() == keys::SERVICE_TYPE).and_then(|a| a.value.as_integer())
    }

    /// NAS-IP-Address.
    pub fn nas_address(&self) -> Option<Ipv4Addr> {
        self.known.iter().find(|a| a.key() == keys::NAS_IP_ADDRESS).and_then(|a| a.value.as_address())
    }

    /// Whether there is a NAS-IPv6-Address.
    pub fn names_ipv6(&self) -> bool {
        self.packet.first(NAS_IPV6_ADDRESS).is_some()
    }

    /// NAS-Identifier.
    pub fn nas_identifier(&self) -> Option<String> {
        self.known.iter().find(|a| a.key() == AttributeKey::Standard(32)).and_then(|a| a.value.as_text())
    }

    /// What the session that is meant is known by.
    pub fn identifications(&self) -> Vec<Identification> {
        let read = |a: &Decoded| match purpose(a.key()) {
            Purpose::Mark(mark) => Some(Identification { mark, value: a.value.clone() }),
            Purpose::Nas | Purpose::Exchange | Purpose::Change => None,
        };
        self.known.iter().filter_map(read).collect()
    }

    /// What is to be changed, in order; and whether there is more that the table of attributes does not know.
    pub fn changes(&self) -> (Vec<Decoded>, bool) {
        let change = |key: AttributeKey| purpose(key) == Purpose::Change;
        let wanted: Vec<Decoded> = self.known.iter().filter(|a| change(a.key())).cloned().collect();
        let all = self.packet.flattened().iter().filter(|(key, _)| change(*key)).count();
        let more = all > wanted.len();
        (wanted, more)
    }

    pub(super) fn answer_code(&self, verdict: Verdict) -> Code {
        match (self.code == Code::DisconnectRequest, verdict) {
            (true, Verdict::Done) => Code::DisconnectAck,
            (true, Verdict::Refused(_)) => Code::DisconnectNak,
            (false, Verdict::Done) => Code::CoaAck,
            (false, Verdict::Refused(_)) => Code::CoaNak,
        }
    }

    /// Every Proxy-State and the State as they came, and what the verdict adds (RFC 5176 sections 3.1 and 3.3).
    pub(super) fn answer_attributes(&self, verdict: Verdict) -> Vec<Attribute> {
        let mut out = Vec::new();
        match verdict {
            Verdict::Done if self.code == Code::DisconnectRequest => {
                out.push(Attribute::integer(TERMINATE_CAUSE, ADMIN_RESET));
            }
            Verdict::Done => {}
            Verdict::Refused(cause) => {
                if cause == ErrorCause::UnsupportedService && self.service() == Some(AUTHORIZE_ONLY) {
                    out.push(Attribute::integer(SERVICE_TYPE, AUTHORIZE_ONLY));
                }
                out.push(Attribute::integer(ERROR_CAUSE, cause.number()));
            }
        }
        out.extend(repeated(&self.packet).cloned());
        out
    }
}
