//! PAP (RFC 1334), both ends.

use super::auth::{Step, may_retry};
use super::debug::{Way, What};
use super::machine::Io;
use super::packet::{PAP, Packet};
use super::types::{AuthProtocol, Credentials, Event, Proof, Verdict};
use crate::proto::Instant;
use crate::proto::cursor::Reader;
use zeroize::Zeroizing;

const REQUEST: u8 = 1;
const ACK: u8 = 2;
const NAK: u8 = 3;

/// The end that checks the password.
#[derive(Debug)]
pub struct Authenticator {
    stage: Stage,
    failures: u32,
}

#[derive(Debug)]
enum Stage {
    Waiting,
    /// The owner decides on the request with this identifier.
    Deciding {
        id: u8,
    },
    /// Ack was sent and is repeated for every repeated request.
    Passed {
        id: u8,
        message: Box<[u8]>,
    },
    /// Nak was sent.
    Failed,
}

impl Authenticator {
    /// Waits for a request of a peer that has failed so often.
    pub fn new(failures: u32) -> Self {
        Authenticator { stage: Stage::Waiting, failures }
    }

    /// Takes a request that another end has collected.
    pub fn replay(&mut self, io: &mut Io, id: u8, credentials: Credentials) -> Step {
        let password = match &credentials.proof {
            Proof::Pap { password } => password.len(),
            Proof::Chap { .. } => 0,
        };
        log(io, Way::In, id, 2 + credentials.name.len() + password, &credentials.name);
        self.stage = Stage::Deciding { id };
        Step::Tell(Event::Authenticate(credentials))
    }

    fn request(&mut self, io: &mut Io, packet: &Packet) -> Step {
        let Some((name, password)) = split(packet.data) else { return Step::Nothing };
        log(io, Way::In, packet.id, packet.data.len(), name);
        match &mut self.stage {
            Stage::Waiting => {}
            // RFC 1334 section 2.2.1: each request has another identifier, and the answer has that of its request.
            Stage::Deciding { id } => {
                *id = packet.id;
                return Step::Nothing;
            }
            Stage::Failed => return Step::Nothing,
            Stage::Passed { message, .. } => {
                result(io, Way::Out, ACK, packet.id, message);
                io.transmit(PAP, ACK, packet.id, &texted(message));
                return Step::Nothing;
            }
        }
        self.stage = Stage::Deciding { id: packet.id };
        Step::Tell(Event::Authenticate(Credentials {
            name: name.to_vec(),
            proof: Proof::Pap { password: password.to_vec() },
        }))
    }

    /// The owner's verdict.
    pub fn decide(&mut self, io: &mut Io, verdict: Verdict) -> Step {
        let Stage::Deciding { id } = self.stage else { return Step::Nothing };
        let (code, message, retries) = match verdict {
            Verdict::Pass { message } => (ACK, message, None),
            Verdict::Fail { message, retries } => (NAK, message, retries),
        };
        result(io, Way::Out, code, id, &message);
        io.transmit(PAP, code, id, &texted(&message));
        if code == ACK {
            self.stage = Stage::Passed { id, message: message.into() };
            return Step::Nothing;
        }
        self.failures += 1;
        if may_retry(io, self.failures, retries) {
            self.stage = Stage::Waiting;
            return Step::Nothing;
        }
        self.stage = Stage::Failed;
        Step::Fail
    }

    /// Whether the peer has proved itself.
    pub fn passed(&self) -> bool {
        matches!(self.stage, Stage::Passed { .. })
    }

    /// How often the peer has failed since it last proved itself.
    pub fn failures(&self) -> u32 {
        if self.passed() { 0 } else { self.failures }
    }

    /// Whether the owner is deciding.
    pub fn deciding(&self) -> bool {
        matches!(self.stage, Stage::Deciding { .. })
    }

    /// The identifier of the request in hand.
    pub fn request_id(&self) -> Option<u8> {
        match self.stage {
            Stage::Deciding { id } | Stage::Passed { id, .. } => Some(id),
            Stage::Waiting | Stage::Failed => None,
        }
    }
}

/// The end that gives name and password.
#[derive(Debug, Default)]
pub struct Peer {
    turn: Turn,
    id: u8,
}

#[derive(Debug, Default)]
enum Turn {
    /// The owner looks for a password.
    #[default]
    Asked,
    /// The request is out.
    Sent { data: Zeroizing<Vec<u8>>, resend: Instant },
    /// The authenticator is content.
    Done,
}

impl Peer {
    /// The password that the owner found.
    pub fn secret(&mut self, io: &mut Io, secret: Option<&[u8]>) -> Step {
        let Turn::Asked = self.turn else { return Step::Nothing };
        let Some(password) = secret else {
            io.debug(What::AuthNote(AuthProtocol::Pap, "Unable to authenticate for peer"));
            return Step::Fail;
        };
        let mut data = texted(io.config.local_name.as_bytes());
        data.extend(texted(password));
        self.turn = Turn::Sent { data: Zeroizing::new(data), resend: io.cx.now };
        self.resend(io);
        Step::Nothing
    }

    /// Sends the request, again.
    pub fn resend(&mut self, io: &mut Io) {
        let Turn::Sent { data, resend } = &mut self.turn else { return };
        // RFC 1334 section 2.2.1: the identifier changes with every request.
        self.id = self.id.wrapping_add(1);
        *resend = io.cx.now + io.config.retry;
        log(io, Way::Out, self.id, data.len(), io.config.local_name.as_bytes());
        io.transmit(PAP, REQUEST, self.id, data);
    }

    fn result(&mut self, io: &mut Io, packet: &Packet) -> Step {
        // Some authenticators leave out the message and its length octet.
        let mut reader = Reader::new(packet.data);
        let len = usize::from(reader.u8().unwrap_or(0));
        let message = reader.take(len).unwrap_or(reader.rest());
        result(io, Way::In, packet.code, packet.id, message);
        let Turn::Sent { .. } = self.turn else { return Step::Nothing };
        // An Ack of an earlier request is as good as one of the last; a Nak of it too.
        self.turn = Turn::Done;
        if packet.code == ACK { Step::Nothing } else { Step::Refused(message.to_vec()) }
    }

    /// Whether the authenticator is content.
    pub fn passed(&self) -> bool {
        matches!(self.turn, Turn::Done)
    }

    /// When the request is to be repeated.
    pub fn deadline(&self) -> Option<Instant> {
        match self.turn {
            Turn::Sent { resend, .. } => Some(resend),
            Turn::Asked | Turn::Done => None,
        }
    }
}

/// A PAP packet for either role of this end.
pub fn receive(
    io: &mut Io,
    authenticator: Option<&mut Authenticator>,
    peer: Option<&mut Peer>,
    packet: &Packet,
) -> Step {
    match (packet.code, authenticator, peer) {
        (REQUEST, Some(authenticator), _) => authenticator.request(io, packet),
        (ACK | NAK, _, Some(peer)) => peer.result(io, packet),
        _ => Step::Nothing,
    }
}

/// Length octet and text, cut at 255 octets.
fn texted(text: &[u8]) -> Vec<u8> {
    let text = text.get(..255).unwrap_or(text);
    let mut data = Vec::with_capacity(text.len() + 1);
    data.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    data.extend_from_slice(text);
    data
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::new(data);
    let len = usize::from(reader.u8().ok()?);
    let name = reader.take(len).ok()?;
    let len = usize::from(reader.u8().ok()?);
    Some((name, reader.take(len).ok()?))
}

fn log(io: &mut Io, way: Way, id: u8, data: usize, name: &[u8]) {
    io.debug(What::AuthNamed { way, protocol: AuthProtocol::Pap, code: "AUTH-REQ", id, len: data + 4, name });
}

fn result(io: &mut Io, way: Way, code: u8, id: u8, message: &[u8]) {
    io.debug(What::AuthResult {
        way,
        protocol: AuthProtocol::Pap,
        code: if code == ACK { "AUTH-ACK" } else { "AUTH-NAK" },
        id,
        len: message.len() + 5,
        message,
    });
}
