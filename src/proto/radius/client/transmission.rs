//! One request on its way to one server: its packet, and what the debugs say of it.

use std::net::{IpAddr, SocketAddr};

use super::servers::ServerId;
use super::sockets::{Slot, Sockets};
use super::types::{Request, RequestAttribute, ServerConfig, Service};
use crate::proto::radius::auth::seal_request;
use crate::proto::radius::crypt::{Secret, hide_password};
use crate::proto::radius::debug::{Exchange, RadiusDebug, emit, emit_attributes};
use crate::proto::radius::dictionary::{AttributeKey, keys};
use crate::proto::radius::packet::{Attribute, Code, EncodeError, Packet};
use crate::proto::{Context, Instant, Purpose};

/// Type of User-Password, RFC 2865 section 5.2.
const USER_PASSWORD: u8 = 2;
/// Type of Acct-Delay-Time, RFC 2866 section 5.2.
const ACCT_DELAY_TIME: u8 = 41;

/// A request on its way.
pub struct Outstanding {
    /// What is asked.
    pub request: Request,
    /// Servers that have not been asked yet, last one first.
    pub rest: Vec<ServerId>,
    /// Where it is now.
    pub transmission: Option<Transmission>,
}

/// What was sent to the server that is being asked.
pub struct Transmission {
    /// The server.
    pub server: ServerId,
    /// Its secret when the packet was built.
    pub secret: Secret,
    /// Where it was sent.
    pub remote: SocketAddr,
    /// Source port and identifier.
    pub slot: Slot,
    /// The request, as sent.
    pub packet: Packet,
    /// The same on the wire.
    pub bytes: Vec<u8>,
    /// How often it was sent.
    pub sent: u32,
    /// When it was sent first.
    pub first_sent: Instant,
    /// When it was sent last.
    pub last_sent: Instant,
    /// When it is given up or sent again.
    pub deadline: Instant,
    /// A Message-Authenticator was sent and is required in the reply.
    pub signed: bool,
}

impl Transmission {
    /// The first transmission of `request` to a server. `signed`: with Message-Authenticator, where the code
    /// has one.
    ///
    /// # Errors
    /// [`EncodeError`] when the attributes do not fit into a packet.
    pub fn new(
        cx: &mut Context,
        request: &Request,
        (server, config): (ServerId, &ServerConfig),
        secret: Secret,
        slot: Slot,
        signed: bool,
    ) -> Result<Self, EncodeError> {
        let access = request.code == Code::AccessRequest;
        let signed = access && signed;
        let (packet, bytes) = build(cx, request, slot.identifier, &secret, signed)?;
        let port = config.name.port(request.service());
        Ok(Transmission {
            server,
            secret,
            remote: SocketAddr::new(IpAddr::V4(config.name.address), port),
            slot,
            packet,
            bytes,
            sent: 1,
            first_sent: cx.now,
            last_sent: cx.now,
            deadline: cx.now + config.timeout,
            signed,
        })
    }

    /// Who it belongs to in the debugs.
    pub fn exchange<'a>(&self, request: &'a Request) -> Exchange<'a> {
        Exchange {
            label: &request.label,
            unique: request.unique,
            source_port: Sockets::port(self.slot.socket),
            identifier: self.slot.identifier,
            remote: self.remote,
        }
    }

    /// Prints it as it goes out for the first time.
    pub fn print(&self, cx: &mut Context, request: &Request, config: &ServerConfig) {
        let service = request.service();
        if let Some(origin) = request.origin {
            emit(cx, service, &RadiusDebug::Component(request.unique, origin.component));
        }
        let AttributeKey::Standard(nas_ip) = keys::NAS_IP_ADDRESS else { return };
        if let Some(nas) = self.packet.first(nas_ip).and_then(|v| v.first_chunk::<4>()) {
            emit(cx, service, &RadiusDebug::ConfigNasIp(request.unique, (*nas).into()));
        }
        if let Some(session) = request.origin.and_then(|origin| origin.session) {
            emit(cx, service, &RadiusDebug::SessionId(request.unique, session));
        }
        emit(cx, service, &RadiusDebug::Sending(request.unique));
        let (code, authenticator) = (self.packet.code, self.packet.authenticator);
        let head = RadiusDebug::Transmit(self.exchange(request), code, self.bytes.len(), authenticator);
        emit(cx, service, &head);
        emit_attributes(cx, service, &self.packet);
        emit(cx, service, &RadiusDebug::SendingPacket(request.unique));
        emit(cx, service, &RadiusDebug::Timeout(request.unique, config.timeout.as_secs()));
    }
}

/// The packet for one server.
fn build(
    cx: &mut Context,
    request: &Request,
    identifier: u8,
    secret: &Secret,
    signed: bool,
) -> Result<(Packet, Vec<u8>), EncodeError> {
    let mut authenticator = [0; 16];
    if request.code == Code::AccessRequest {
        match request.authenticator {
            Some(given) => authenticator = given,
            None => cx.entropy.fill(Purpose::RadiusAuthenticator, &mut authenticator),
        }
    }
    let now = cx.now;
    let concrete = |attribute: &RequestAttribute| match attribute {
        RequestAttribute::Plain(attribute) => Ok(attribute.clone()),
        RequestAttribute::Password(password) => {
            hide_password(password.octets(), secret.octets(), &authenticator)
                .map(|hidden| Attribute::new(USER_PASSWORD, hidden))
                .ok_or(EncodeError::AttributeTooLong(USER_PASSWORD))
        }
        RequestAttribute::Delay(age, since) => {
            let seconds = u32::try_from((*age + now.duration_since(*since)).as_secs()).unwrap_or(u32::MAX);
            Ok(Attribute::integer(ACCT_DELAY_TIME, seconds))
        }
    };
    let attributes = request.attributes.iter().map(concrete).collect::<Result<_, _>>()?;
    let mut packet = Packet { code: request.code, identifier, authenticator, attributes };
    let bytes = seal_request(&mut packet, secret.octets(), signed)?;
    Ok((packet, bytes))
}

/// Prints a reply that was believed.
pub fn print_reply(cx: &mut Context, service: Service, exchange: Exchange, packet: &Packet, length: usize) {
    emit(cx, service, &RadiusDebug::Received(exchange, packet.code, length, packet.authenticator));
    emit_attributes(cx, service, packet);
    let end = RadiusDebug::ReceivedEnd(exchange.unique, exchange.source_port, exchange.identifier);
    emit(cx, service, &end);
}
