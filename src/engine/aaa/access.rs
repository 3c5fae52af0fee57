//! Access-Requests, and what their replies mean. The order of the attributes is that of the documented call.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::debug::{AaaDebug, Family, emit};
use super::local::refusal;
use super::profile::UserProfile;
use super::types::{
    AuthenOutcome, AuthenRequest, Hints, LoginQuestion, LoginService, PasswordTest, Port, TestOutcome,
    TunnelLookup,
};
use crate::config::views::RadiusExtras;
use crate::proto::Context;
use crate::proto::ppp::{AuthProtocol, Credentials, Proof};
use crate::proto::radius::client::{RequestAttribute, ServerGroup};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, AttributeKey, Code, Decoded, Reply, Request, Secret};

const SERVICE_FRAMED: u32 = 2;
const SERVICE_LOGIN: u32 = 1;
const SERVICE_OUTBOUND: u32 = 5;
const SERVICE_ADMINISTRATIVE: u32 = 6;
const PROTOCOL_PPP: u32 = 1;
const NAS_IDENTIFIER: AttributeKey = AttributeKey::Standard(32);

/// Collects attributes in order.
#[derive(Default)]
struct Attributes(Vec<RequestAttribute>);

impl Attributes {
    fn octets(&mut self, key: AttributeKey, value: &[u8]) {
        self.0.push(RequestAttribute::Plain(Attribute::with_key(key, value)));
    }

    fn integer(&mut self, key: AttributeKey, value: u32) {
        self.octets(key, &value.to_be_bytes());
    }

    /// What every request begins with: 4 5 61 1 30 31.
    fn common(port: &Port, nas_ip: Ipv4Addr, user: &[u8]) -> Self {
        let mut out = Attributes::default();
        out.octets(keys::NAS_IP_ADDRESS, &nas_ip.octets());
        out.integer(keys::NAS_PORT, port.number);
        out.integer(keys::NAS_PORT_TYPE, port.kind.number());
        out.octets(keys::USER_NAME, user);
        if let Some(called) = &port.called {
            out.octets(keys::CALLED_STATION_ID, called.as_bytes());
        }
        if let Some(calling) = &port.calling {
            out.octets(keys::CALLING_STATION_ID, calling.as_bytes());
        }
        out
    }

    fn request(
        self,
        port: &Port,
        authenticator: Option<[u8; 16]>,
        servers: Option<Arc<ServerGroup>>,
    ) -> Request {
        Request {
            code: Code::AccessRequest,
            attributes: self.0,
            authenticator,
            servers,
            label: port.long.clone(),
            unique: port.unique,
            origin: port.origin,
        }
    }
}

/// The request that asks whether the credentials are right.
pub fn authentication(
    port: &Port,
    nas_ip: Ipv4Addr,
    credentials: &Credentials,
    servers: Option<Arc<ServerGroup>>,
) -> Request {
    let mut out = Attributes::common(port, nas_ip, &credentials.name);
    let mut authenticator = None;
    match &credentials.proof {
        Proof::Pap { password } => {
            out.0.push(RequestAttribute::Password(Secret::new(password.as_slice())));
        }
        Proof::Chap { protocol, id, challenge, response } => match protocol {
            AuthProtocol::ChapMd5 | AuthProtocol::Pap => {
                out.octets(keys::CHAP_PASSWORD, &[&[*id], response.as_slice()].concat());
                // RFC 2865 section 2.2: a challenge of 16 octets may be the Request Authenticator.
                match challenge.as_slice().try_into() {
                    Ok(challenge) => authenticator = Some(challenge),
                    Err(_) => out.octets(keys::CHAP_CHALLENGE, challenge),
                }
            }
            AuthProtocol::MsChap => {
                out.octets(keys::MS_CHAP_CHALLENGE, challenge);
                // RFC 2548 section 2.1.3: Ident, Flags, LM-Response, NT-Response.
                out.octets(keys::MS_CHAP_RESPONSE, &ms_response(*id, response, true));
            }
            AuthProtocol::MsChapV2 => {
                out.octets(keys::MS_CHAP_CHALLENGE, challenge);
                // RFC 2548 section 2.3.2: Ident, Flags, Peer-Challenge, Reserved, Response.
                out.octets(keys::MS_CHAP2_RESPONSE, &ms_response(*id, response, false));
            }
        },
    }
    out.integer(keys::SERVICE_TYPE, SERVICE_FRAMED);
    out.integer(keys::FRAMED_PROTOCOL, PROTOCOL_PPP);
    out.request(port, authenticator, servers)
}

/// What the configuration adds to the Access-Request of a user: the attributes 8, 32 and 44 of
/// `radius-server attribute ... include-in-access-req`, behind the others.
pub fn extend(request: &mut Request, extras: &RadiusExtras, nas_ip: Ipv4Addr, hints: &Hints) {
    let mut out = Attributes(std::mem::take(&mut request.attributes));
    if let Some(address) = hints.address.filter(|_| extras.framed_ip) {
        out.octets(keys::FRAMED_IP_ADDRESS, &address.octets());
    }
    if let Some(format) = &extras.identifier {
        let identifier = format.replace("%i", &nas_ip.to_string());
        out.octets(NAS_IDENTIFIER, identifier.as_bytes());
    }
    if let Some(id) = hints.session_id.as_ref().filter(|_| extras.session_id) {
        out.octets(keys::ACCT_SESSION_ID, id.as_bytes());
    }
    request.attributes = out.0;
}

/// The name under which a server knows the password of a privilege level.
fn enable_user(level: u8) -> String {
    format!("$enab{level}$")
}

/// How the configuration wants the port in an Access-Request: without its number (`no radius-server attribute
/// nas-port`), by its name behind everything else (`aaa nas port extended` with `radius-server vsa send
/// authentication`).
pub fn shape_port(request: &mut Request, extras: &RadiusExtras, port: &Port) {
    let number = |attribute: &RequestAttribute| match attribute {
        RequestAttribute::Plain(plain) => AttributeKey::Standard(plain.kind) == keys::NAS_PORT,
        RequestAttribute::Password(_) | RequestAttribute::Delay(..) => false,
    };
    if extras.hides_nas_port {
        request.attributes.retain(|attribute| !number(attribute));
    }
    if extras.vsa_authentication && extras.extended_nas_port {
        let name = Attribute::with_key(keys::CISCO_NAS_PORT, port.long.as_bytes());
        request.attributes.push(RequestAttribute::Plain(name));
    }
}

/// The request of somebody at a terminal line.
pub fn login(
    port: &Port,
    nas_ip: Ipv4Addr,
    question: &LoginQuestion,
    servers: Option<Arc<ServerGroup>>,
) -> Request {
    let (user, service) = match question.service {
        LoginService::Login => (question.user.clone(), SERVICE_LOGIN),
        LoginService::Enable(level) => (enable_user(level), SERVICE_ADMINISTRATIVE),
    };
    let mut out = Attributes::common(port, nas_ip, user.as_bytes());
    out.0.push(RequestAttribute::Password(Secret::new(question.password.as_str())));
    out.integer(keys::SERVICE_TYPE, service);
    if let Some(state) = question.challenge.as_ref().and_then(|challenge| challenge.state.as_ref()) {
        out.octets(keys::STATE, state);
    }
    out.request(port, None, servers)
}

/// The request of `test aaa group`.
pub fn test(test: &PasswordTest, nas_ip: Ipv4Addr, servers: Option<Arc<ServerGroup>>) -> Request {
    let mut out = Attributes::default();
    out.octets(keys::NAS_IP_ADDRESS, &nas_ip.octets());
    out.octets(keys::USER_NAME, test.user.as_bytes());
    out.0.push(RequestAttribute::Password(test.password.clone()));
    Request {
        code: Code::AccessRequest,
        attributes: out.0,
        authenticator: None,
        servers,
        label: String::new(),
        unique: 0,
        origin: None,
    }
}

/// What a reply says to `test aaa group`.
pub fn test_outcome(reply: &Reply) -> TestOutcome {
    match reply.packet.code == Code::AccessAccept {
        true => TestOutcome::Accepted(reply.attributes().0),
        false => TestOutcome::Rejected,
    }
}

/// The response value of PPP, 48 octets and the flags, with identifier and flags in front.
fn ms_response(id: u8, response: &[u8], flags: bool) -> Vec<u8> {
    let (body, last) = response.split_at_checked(48).unwrap_or((response, &[]));
    let flags = if flags { last.first().copied().unwrap_or(0) } else { 0 };
    [&[id, flags], body].concat()
}

/// The request that asks where a tunnel leads.
pub fn tunnel(lookup: &TunnelLookup, nas_ip: Ipv4Addr, servers: Option<Arc<ServerGroup>>) -> Request {
    let mut out = Attributes::common(&lookup.port, nas_ip, lookup.key.as_bytes());
    out.0.push(RequestAttribute::Password(lookup.password.clone()));
    out.integer(keys::SERVICE_TYPE, SERVICE_OUTBOUND);
    out.request(&lookup.port, None, servers)
}

/// What a reply says about the user.
///
/// RFC 2865 section 5.6: a Service-Type that is not served on a PPP port counts as an Access-Reject, and so does a
/// Framed-Protocol that is not PPP.
pub fn outcome(cx: &mut Context, reply: &Reply, request: &AuthenRequest) -> AuthenOutcome {
    let credentials = &request.credentials;
    let (attributes, unreadable) = reply.attributes();
    let profile = UserProfile::from_attributes(&attributes, unreadable);
    if reply.packet.code != Code::AccessAccept {
        return refused(&attributes, profile, credentials);
    }
    for problem in &profile.tunnel_problems {
        emit(cx, &AaaDebug::Unusable(&request.port.short, Family::Vpdn, problem));
    }
    if !profile.is_for_ppp() {
        emit(cx, &AaaDebug::WrongService);
        return AuthenOutcome::Fail { message: refusal(credentials), retries: None };
    }
    let message = match &credentials.proof {
        Proof::Pap { .. } | Proof::Chap { protocol: AuthProtocol::ChapMd5 | AuthProtocol::Pap, .. } => {
            profile.reply_message.clone()
        }
        Proof::Chap { protocol: AuthProtocol::MsChapV2, .. } => {
            after_identifier(&attributes, keys::MS_CHAP2_SUCCESS).unwrap_or_default()
        }
        Proof::Chap { protocol: AuthProtocol::MsChap, .. } => Vec::new(),
    };
    AuthenOutcome::Pass { message, profile: Arc::new(profile) }
}

/// A server says no. A challenge cannot be put to a PPP peer: it counts as a reject (RFC 2865 section 4.4).
fn refused(attributes: &[Decoded], profile: UserProfile, credentials: &Credentials) -> AuthenOutcome {
    let message = match &credentials.proof {
        Proof::Chap { protocol: AuthProtocol::MsChap | AuthProtocol::MsChapV2, .. } => {
            after_identifier(attributes, keys::MS_CHAP_ERROR)
        }
        Proof::Chap { protocol: AuthProtocol::ChapMd5 | AuthProtocol::Pap, .. } | Proof::Pap { .. } => {
            Some(profile.reply_message).filter(|message| !message.is_empty())
        }
    };
    let retries = attributes.iter().find(|a| a.key() == keys::PASSWORD_RETRY);
    AuthenOutcome::Fail {
        message: message.unwrap_or_else(|| refusal(credentials)),
        retries: retries.and_then(|a| a.value.as_integer()),
    }
}

/// What a peer that proved itself locally is told: the `reply-message` of its attribute list, unless the protocol has
/// a message of its own.
pub fn with_reply(message: Vec<u8>, credentials: &Credentials, profile: &UserProfile) -> Vec<u8> {
    match &credentials.proof {
        Proof::Chap { protocol: AuthProtocol::MsChapV2, .. } => message,
        Proof::Chap { .. } | Proof::Pap { .. } if message.is_empty() => profile.reply_message.clone(),
        Proof::Chap { .. } | Proof::Pap { .. } => message,
    }
}

/// The text of MS-CHAP-Error or MS-CHAP2-Success, which stands behind an identifier.
fn after_identifier(attributes: &[Decoded], key: AttributeKey) -> Option<Vec<u8>> {
    let attribute = attributes.iter().find(|a| a.key() == key)?;
    attribute.value.as_octets()?.get(1..).map(<[u8]>::to_vec)
}
