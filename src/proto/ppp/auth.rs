//! The authentication phase: what each end demands of the other, at once and in any combination.

use super::machine::Io;
use super::packet::{CHAP, PAP, Packet};
use super::types::{AuthProtocol, Credentials, Direction, Event, Proof, Verdict};
use super::{chap, pap};
use crate::proto::Instant;
use crate::proto::time::earliest;

/// What an input to an authentication protocol leads to.
#[derive(Debug)]
pub enum Step {
    /// Nothing that the link must act on.
    Nothing,
    /// Something for the owner.
    Tell(Event),
    /// The peer did not take our proof.
    Refused(Vec<u8>),
    /// The link must end.
    Fail,
}

#[derive(Debug)]
enum Server {
    None,
    Chap(chap::Authenticator),
    Pap(pap::Authenticator),
}

#[derive(Debug)]
enum Client {
    None,
    Chap(chap::Peer),
    Pap(pap::Peer),
}

/// Whether a peer that has failed so often, the last time included, may try again: this end's own limit and the word of
/// whoever judged both count.
pub fn may_retry(io: &Io, failures: u32, retries: Option<u32>) -> bool {
    failures < io.config.max_bad_auth && retries.is_none_or(|retries| failures <= retries)
}

/// Both directions of authentication on one link.
#[derive(Debug)]
pub struct Authentication {
    server: Server,
    client: Client,
    deadline: Option<Instant>,
}

impl Authentication {
    /// Starts what was agreed: `demands` of the peer, which has failed so often before, `demanded` of us. With `proxy` our
    /// own part waits for a replay.
    pub fn start(
        io: &mut Io,
        (demands, failures): (Option<AuthProtocol>, u32),
        demanded: Option<AuthProtocol>,
        proxy: bool,
    ) -> Self {
        let server = match demands {
            None => Server::None,
            Some(AuthProtocol::Pap) => Server::Pap(pap::Authenticator::new(failures)),
            Some(protocol) => {
                let mut server = chap::Authenticator::new(io, protocol, failures);
                if !proxy {
                    server.challenge(io, true);
                }
                Server::Chap(server)
            }
        };
        let client = match demanded {
            None => Client::None,
            Some(AuthProtocol::Pap) => {
                io.event(Event::SecretWanted { name: Vec::new(), protocol: AuthProtocol::Pap });
                Client::Pap(pap::Peer::default())
            }
            Some(protocol) => Client::Chap(chap::Peer::new(protocol)),
        };
        let deadline = Some(io.cx.now + io.config.authentication_timeout);
        Authentication { server, client, deadline }
    }

    /// Our own challenge goes out after all: no proxy authentication is replayed.
    pub fn challenge(&mut self, io: &mut Io) {
        if let Server::Chap(server) = &mut self.server {
            server.challenge(io, true);
        }
    }

    /// Takes credentials that another end has collected under identifier `id`. When they are not of the agreed
    /// protocol they are worth nothing and the peer is asked itself.
    pub fn replay(&mut self, io: &mut Io, id: u8, credentials: Credentials) -> Step {
        match (&mut self.server, &credentials.proof) {
            (Server::Chap(server), Proof::Chap { protocol, id, .. }) if server.protocol() == *protocol => {
                let id = *id;
                // The challenge is made and shown, but the response at hand answers another one: sent, it would
                // make the peer respond a second time.
                server.challenge(io, false);
                server.replay(io, id, credentials)
            }
            (Server::Pap(server), Proof::Pap { .. }) => server.replay(io, id, credentials),
            (Server::Chap(server), Proof::Chap { .. } | Proof::Pap { .. }) => {
                server.challenge(io, true);
                Step::Nothing
            }
            (Server::Pap(_) | Server::None, Proof::Chap { .. }) | (Server::None, Proof::Pap { .. }) => {
                Step::Nothing
            }
        }
    }

    /// A PAP or CHAP packet.
    pub fn receive(&mut self, io: &mut Io, protocol: u16, packet: &Packet) -> Step {
        // `ppp chap wait`: who calls in proves itself first.
        let hold = io.config.direction == Direction::Callin && !self.server_passed();
        match protocol {
            CHAP => {
                let server = match &mut self.server {
                    Server::Chap(server) => Some(server),
                    Server::None | Server::Pap(_) => None,
                };
                let client = match &mut self.client {
                    Client::Chap(client) => Some(client),
                    Client::None | Client::Pap(_) => None,
                };
                chap::receive(io, server, client, packet, hold)
            }
            PAP => {
                let server = match &mut self.server {
                    Server::Pap(server) => Some(server),
                    Server::None | Server::Chap(_) => None,
                };
                let client = match &mut self.client {
                    Client::Pap(client) => Some(client),
                    Client::None | Client::Chap(_) => None,
                };
                pap::receive(io, server, client, packet)
            }
            _ => Step::Nothing,
        }
    }

    /// The owner's verdict.
    pub fn decide(&mut self, io: &mut Io, verdict: Verdict) -> Step {
        let step = match &mut self.server {
            Server::None => Step::Nothing,
            Server::Chap(server) => server.decide(io, verdict),
            Server::Pap(server) => server.decide(io, verdict),
        };
        let passed = self.server_passed();
        // A failure after which the peer may try again leads to nothing either. It has its time once more: RFC 2759
        // section 6 has short timeouts disabled for who must type, a limit stays all the same.
        if matches!(step, Step::Nothing) && !passed {
            self.deadline = Some(io.cx.now + io.config.authentication_timeout);
        }
        match (&step, &mut self.client) {
            (Step::Nothing, Client::Chap(client)) if passed => client.release(io),
            _ => step,
        }
    }

    /// The owner's secret.
    pub fn secret(&mut self, io: &mut Io, secret: Option<&[u8]>) -> Step {
        match &mut self.client {
            Client::None => Step::Nothing,
            Client::Chap(client) => client.secret(io, secret),
            Client::Pap(client) => client.secret(io, secret),
        }
    }

    /// Whether everything that was agreed is done.
    pub fn complete(&self) -> bool {
        let client = match &self.client {
            Client::None => true,
            Client::Chap(client) => client.passed(),
            Client::Pap(client) => client.passed(),
        };
        client && self.server_passed()
    }

    fn server_passed(&self) -> bool {
        match &self.server {
            Server::None => true,
            Server::Chap(server) => server.passed(),
            Server::Pap(server) => server.passed(),
        }
    }

    /// How often the peer has failed since it last proved itself.
    pub fn failures(&self) -> u32 {
        match &self.server {
            Server::None => 0,
            Server::Chap(server) => server.failures(),
            Server::Pap(server) => server.failures(),
        }
    }

    /// Whether the owner is deciding on the peer's credentials: its time is not the peer's.
    pub fn deciding(&self) -> bool {
        match &self.server {
            Server::None => false,
            Server::Chap(server) => server.deciding(),
            Server::Pap(server) => server.deciding(),
        }
    }

    /// The identifier under which the peer's credentials came.
    pub fn id(&self) -> Option<u8> {
        match &self.server {
            Server::None => None,
            Server::Chap(server) => server.response_id(),
            Server::Pap(server) => server.request_id(),
        }
    }

    /// The phase is over: no more time limit, and nothing of ours is repeated any more.
    pub fn stop_clock(&mut self) {
        self.deadline = None;
    }

    /// When something is due.
    pub fn next_timeout(&self) -> Option<Instant> {
        let server = match &self.server {
            Server::None | Server::Pap(_) => None,
            Server::Chap(server) => server.deadline(),
        };
        let client = match &self.client {
            Client::None => None,
            Client::Chap(client) => client.deadline(),
            Client::Pap(client) => client.deadline(),
        };
        // Afterwards it is the authenticator that asks again.
        earliest(self.deadline, earliest(server, self.deadline.and(client)))
    }

    /// Runs what is due; true when the time for authentication is up.
    pub fn timeout(&mut self, io: &mut Io) -> bool {
        let now = io.cx.now;
        let due = |deadline: Option<Instant>| deadline.is_some_and(|d| d <= now);
        if due(self.deadline) {
            if !self.deciding() {
                return true;
            }
            self.deadline = Some(now + io.config.authentication_timeout);
        }
        if let Server::Chap(server) = &mut self.server
            && due(server.deadline())
        {
            server.resend(io);
        }
        if self.deadline.is_some() {
            match &mut self.client {
                Client::Chap(client) if due(client.deadline()) => client.resend(io),
                Client::Pap(client) if due(client.deadline()) => client.resend(io),
                Client::None | Client::Chap(_) | Client::Pap(_) => {}
            }
        }
        false
    }
}
