//! The receiver's side until the owner has decided: an SCCRQ that was read, or one whose hidden AVPs wait for a secret.

use super::*;
use crate::proto::l2tp::message::{Fault, Sccrq, Sealed};

/// An SCCRQ that the owner decides on.
pub(in crate::proto::l2tp) enum Request {
    /// It has been read.
    Read(Box<Sccrq>),
    /// It has hidden AVPs (RFC 2661 section 4.3), and only the owner can tell with which secret: what it says without
    /// one, and all of its octets.
    Sealed { sealed: Sealed, datagram: Box<[u8]> },
}

impl Request {
    pub fn host_name(&self) -> &str {
        match self {
            Request::Read(sccrq) => &sccrq.host_name,
            Request::Sealed { sealed, .. } => &sealed.host_name,
        }
    }

    /// The peer's tunnel id, 0 while it is hidden.
    pub fn assigned_tunnel(&self) -> u16 {
        match self {
            Request::Read(sccrq) => sccrq.assigned_tunnel,
            Request::Sealed { sealed, .. } => sealed.assigned_tunnel,
        }
    }

    pub fn tie_breaker(&self) -> Option<[u8; 8]> {
        match self {
            Request::Read(sccrq) => sccrq.tie_breaker,
            Request::Sealed { sealed, .. } => sealed.tie_breaker,
        }
    }
}

impl Tunnel {
    /// A tunnel whose SCCRQ waits for the owner's decision. `body` is what the SCCRQ carried.
    pub fn requested(
        io: &mut Io,
        id: u16,
        request: Request,
        local: IpAddr,
        remote: SocketAddr,
        body: &[u8],
    ) -> Self {
        let config = TunnelConfig::default();
        let retries = config.retries;
        let mut tunnel = Tunnel::new(io.cx.now, id, config, local, remote, retries);
        tunnel.opened.1 = fingerprint(body);
        tunnel.announced = true;
        tunnel.arm(Timer::Setup, io.cx.now + tunnel.config.setup_timeout);
        tunnel.hear(request);
        let _ = tunnel.transport.receive(io.cx.now, 0, 0, false, &[]);
        tunnel
    }

    /// A tunnel that only exists to answer a faulty SCCRQ with a StopCCN, reliably.
    pub fn refused(
        io: &mut Io,
        id: u16,
        assigned: u16,
        result: ResultCode,
        local: IpAddr,
        remote: SocketAddr,
        body: &[u8],
    ) -> Self {
        let request =
            Sccrq { assigned_tunnel: assigned, host_name: remote.ip().to_string(), ..Sccrq::default() };
        let mut tunnel = Tunnel::requested(io, id, Request::Read(Box::new(request)), local, remote, body);
        tunnel.announced = false;
        tunnel.apply(io, On::SccrqNotAcceptable, Some(Why::protocol(result)));
        tunnel
    }

    /// Learns what the request says of the peer.
    pub fn hear(&mut self, request: Request) {
        self.remote_id = request.assigned_tunnel();
        request.host_name().clone_into(&mut self.remote_name);
        if let Request::Read(sccrq) = &request {
            self.peer_framing = sccrq.framing_capabilities;
            if let Some(window) = sccrq.receive_window {
                self.transport.set_peer_window(window);
            }
        }
        self.request = Some(request);
    }

    /// The request, if nobody could read it so far; the tunnel has none until it hears of one that was read.
    pub fn take_sealed(&mut self) -> Option<(Sealed, Box<[u8]>)> {
        match self.request.take() {
            Some(Request::Sealed { sealed, datagram }) => Some((sealed, datagram)),
            read @ (Some(Request::Read(_)) | None) => {
                self.request = read;
                None
            }
        }
    }

    /// The octets of a request that nobody could read so far.
    pub fn sealed_datagram(&self) -> Option<&[u8]> {
        match &self.request {
            Some(Request::Sealed { datagram, .. }) => Some(datagram),
            Some(Request::Read(_)) | None => None,
        }
    }

    /// The secret that the owner knows does not open the request.
    pub fn refuse_sealed(&mut self, io: &mut Io, fault: Fault) {
        if let (0, Some(assigned)) = (self.remote_id, fault.assigned_tunnel) {
            self.remote_id = assigned;
        }
        self.apply(io, On::SccrqNotAcceptable, Some(Why::protocol(fault.result)));
    }

    /// The challenge of a request that has been read.
    pub fn requested_challenge(&self) -> Option<&[u8]> {
        match &self.request {
            Some(Request::Read(sccrq)) => sccrq.challenge.as_deref(),
            Some(Request::Sealed { .. }) | None => None,
        }
    }

    /// The owner takes the request. `mirrored`: it asks of us what we ask of somebody.
    pub fn accept(&mut self, io: &mut Io, config: TunnelConfig, mirrored: bool) {
        if self.closing || self.machine != State::Idle {
            return;
        }
        let Some(Request::Read(request)) = self.request.take() else { return };
        self.transport.configure(&config, config.retries);
        self.arm(Timer::Setup, io.cx.now + config.setup_timeout);
        self.config = config;
        let name = self.peer_name();
        if request.challenge.is_some() {
            self.say(io, What::GotChallengeInSccrq(&name));
        }
        let needs_secret = self.config.authenticate || request.challenge.is_some();
        let failed = match &self.config.secret {
            None if needs_secret => Some(Trouble::NoSecret(&name)),
            Some(_) if mirrored => Some(Trouble::OwnChallenge(&name)),
            None | Some(_) => None,
        };
        if let Some(failed) = failed {
            self.trouble(io, failed);
            self.auth_failures += 1;
            return self.apply(io, On::SccrqNotAcceptable, Some(Why::unauthorized()));
        }
        self.say(io, What::NewTunnel(&name, self.remote.ip()));
        self.peer_challenge = request.challenge;
        self.apply(io, On::SccrqAcceptable, None);
    }

    /// The owner refuses the request, and hears nothing more of it.
    pub fn reject(&mut self, io: &mut Io, result: ResultCode) {
        if self.request.take().is_some() && !self.closing {
            self.announced = false;
            self.apply(io, On::SccrqNotAcceptable, Some(Why::local(result)));
        }
    }
}
