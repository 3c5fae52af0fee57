//! CHAP (RFC 1994) with MD5, MS-CHAP and MS-CHAPv2, both ends.

use super::auth::{Step, may_retry};
use super::debug::{Way, What};
use super::machine::Io;
use super::mschap;
use super::packet::{CHAP, Packet};
use super::types::{AuthProtocol, Credentials, Event, LinkConfig, Proof, Verdict};
use crate::proto::cursor::Reader;
use crate::proto::{Instant, Purpose};
use md5::{Digest, Md5};
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;

const CHALLENGE: u8 = 1;
const RESPONSE: u8 = 2;
const SUCCESS: u8 = 3;
const FAILURE: u8 = 4;

/// The response value of CHAP with MD5: MD5 of identifier, secret and challenge (RFC 1994 section 4.1).
pub fn md5_response(id: u8, secret: &[u8], challenge: &[u8]) -> [u8; 16] {
    Md5::new().chain_update([id]).chain_update(secret).chain_update(challenge).finalize().into()
}

/// Judges credentials against the password that they should prove, as a local user database does. The messages
/// are those that IOS sends; that of MS-CHAPv2 is the authenticator response.
pub fn verify(credentials: &Credentials, password: &[u8]) -> Verdict {
    let (proved, right, wrong) = match &credentials.proof {
        Proof::Pap { password: given } => {
            (bool::from(given.as_slice().ct_eq(password)), String::new(), "Authentication failed".to_owned())
        }
        Proof::Chap { protocol, id, challenge, response } => match protocol {
            AuthProtocol::MsChap => (
                mschap::v1_verify(challenge, response, password),
                String::new(),
                mschap::Failure::wrong(challenge),
            ),
            AuthProtocol::MsChapV2 => {
                let success = mschap::v2_verify(challenge, response, &credentials.name, password);
                (success.is_some(), success.unwrap_or_default(), mschap::Failure::wrong(challenge))
            }
            AuthProtocol::ChapMd5 | AuthProtocol::Pap => {
                let expected = md5_response(*id, password, challenge);
                (
                    bool::from(expected.ct_eq(response.as_slice())),
                    String::new(),
                    "Authentication failed".to_owned(),
                )
            }
        },
    };
    if proved {
        Verdict::Pass { message: right.into_bytes() }
    } else {
        Verdict::Fail { message: wrong.into_bytes(), retries: None }
    }
}

/// The end that challenges.
#[derive(Debug)]
pub struct Authenticator {
    protocol: AuthProtocol,
    id: u8,
    challenge: Vec<u8>,
    stage: Stage,
    failures: u32,
}

#[derive(Debug)]
enum Stage {
    /// The challenge is out, or made but not sent when a proxy response answers for it.
    Waiting { resend: Option<Instant> },
    /// A Failure of MS-CHAP has the next challenge in it. It is repeated for every repetition of the response with this
    /// identifier.
    Retrying { failed: u8, message: Box<[u8]> },
    /// The owner decides on the response with this identifier.
    Deciding { id: u8 },
    /// Success was sent and is repeated for every repeated response.
    Passed { id: u8, message: Box<[u8]> },
    /// Failure was sent.
    Failed,
}

impl Authenticator {
    /// Draws identifier and challenge, for a peer that has failed so often. Nothing is sent yet.
    pub fn new(io: &mut Io, protocol: AuthProtocol, failures: u32) -> Self {
        let id = io.cx.entropy.u8(Purpose::ChapId);
        let challenge = draw(io, protocol);
        Authenticator { protocol, id, challenge, stage: Stage::Waiting { resend: None }, failures }
    }

    /// The algorithm that was agreed.
    pub fn protocol(&self) -> AuthProtocol {
        self.protocol
    }

    /// Prints the challenge, and sends it unless a response to somebody else's is to be replayed.
    pub fn challenge(&mut self, io: &mut Io, send: bool) {
        if io.config.alternate_name {
            io.debug(What::AlternateHostname(&io.config.local_name));
        }
        let data = named(&self.challenge, io.config.local_name.as_bytes());
        log(io, Way::Out, self.protocol, "CHALLENGE", self.id, data.len(), io.config.local_name.as_bytes());
        if send {
            io.transmit(CHAP, CHALLENGE, self.id, &data);
            self.stage = Stage::Waiting { resend: Some(io.cx.now + io.config.retry) };
        }
    }

    /// Takes a response that another end has collected.
    pub fn replay(&mut self, io: &mut Io, id: u8, credentials: Credentials) -> Step {
        let value = match &credentials.proof {
            Proof::Chap { response, .. } => response.len(),
            Proof::Pap { .. } => 0,
        };
        log(
            io,
            Way::In,
            self.protocol,
            "RESPONSE",
            id,
            1 + value + credentials.name.len(),
            &credentials.name,
        );
        self.stage = Stage::Deciding { id };
        Step::Tell(Event::Authenticate(credentials))
    }

    /// A Response from the peer.
    fn response(&mut self, io: &mut Io, packet: &Packet) -> Step {
        let Some((value, name)) = split(packet.data) else { return Step::Nothing };
        log(io, Way::In, self.protocol, "RESPONSE", packet.id, packet.data.len(), name);
        match &self.stage {
            Stage::Waiting { .. } | Stage::Retrying { .. } if packet.id == self.id => {}
            Stage::Waiting { .. } | Stage::Failed => return Step::Nothing,
            Stage::Retrying { failed, message } => {
                // RFC 1994 section 4.1, as below: the Failure may have been lost.
                if *failed == packet.id {
                    self.result(io, "FAILURE", FAILURE, *failed, message);
                }
                return Step::Nothing;
            }
            Stage::Deciding { .. } => {
                io.debug(What::AuthNote(self.protocol, "Ignoring Additional Response"));
                return Step::Nothing;
            }
            Stage::Passed { id, message } => {
                // RFC 1994 section 4.1: the same answer for a repeated response.
                if *id == packet.id {
                    self.result(io, "SUCCESS", SUCCESS, *id, message);
                }
                return Step::Nothing;
            }
        }
        self.stage = Stage::Deciding { id: packet.id };
        Step::Tell(Event::Authenticate(Credentials {
            name: name.to_vec(),
            proof: Proof::Chap {
                protocol: self.protocol,
                id: packet.id,
                challenge: self.challenge.clone(),
                response: value.to_vec(),
            },
        }))
    }

    /// The owner's verdict.
    pub fn decide(&mut self, io: &mut Io, verdict: Verdict) -> Step {
        let Stage::Deciding { id } = self.stage else { return Step::Nothing };
        let answered = std::mem::take(&mut self.challenge);
        match verdict {
            Verdict::Pass { message } => {
                self.result(io, "SUCCESS", SUCCESS, id, &message);
                self.stage = Stage::Passed { id, message: message.into() };
                Step::Nothing
            }
            Verdict::Fail { message, retries } => {
                self.failures += 1;
                let again = may_retry(io, self.failures, retries);
                match self.protocol {
                    AuthProtocol::ChapMd5 | AuthProtocol::Pap => self.refuse(io, id, &message, again),
                    AuthProtocol::MsChap | AuthProtocol::MsChapV2 => {
                        self.refuse_microsoft(io, id, &message, again, answered)
                    }
                }
            }
        }
    }

    /// Failure: a peer that may try again gets a new challenge at once.
    fn refuse(&mut self, io: &mut Io, id: u8, message: &[u8], again: bool) -> Step {
        self.result(io, "FAILURE", FAILURE, id, message);
        if !again {
            self.stage = Stage::Failed;
            return Step::Fail;
        }
        self.id = self.id.wrapping_add(1);
        self.challenge = draw(io, self.protocol);
        self.challenge(io, true);
        Step::Nothing
    }

    /// Failure of MS-CHAP: RFC 2433 section 6 and RFC 2759 section 6 give the message its form. With `R=1` it has the next
    /// challenge, and the peer answers it under the next identifier.
    ///
    /// `R` is true, whoever wrote the message: 1 only if this end takes another try. Whoever judged has the last word
    /// with `R=0`, and what is not a wrong password is not tried again here.
    fn refuse_microsoft(
        &mut self,
        io: &mut Io,
        id: u8,
        message: &[u8],
        again: bool,
        answered: Vec<u8>,
    ) -> Step {
        let told = mschap::Failure::parse(message);
        let form = told.is_some();
        let told = told.unwrap_or_else(|| mschap::Failure::with_text(message));
        if again && told.retry && told.error == mschap::WRONG {
            // A challenge that was answered once is none any more.
            let lengths = challenge_len(self.protocol, io.config);
            let fits = |new: &Vec<u8>| lengths.contains(&new.len()) && *new != answered;
            self.challenge = told.challenge.clone().filter(fits).unwrap_or_else(|| draw(io, self.protocol));
            let challenge = Some(self.challenge.clone());
            let message = mschap::Failure { challenge, ..told }.text().into_bytes();
            self.result(io, "FAILURE", FAILURE, id, &message);
            self.id = id.wrapping_add(1);
            self.stage = Stage::Retrying { failed: id, message: message.into() };
            return Step::Nothing;
        }
        if form && !told.retry {
            self.result(io, "FAILURE", FAILURE, id, message);
        } else {
            let challenge = told.challenge.clone().or(Some(answered));
            let message = mschap::Failure { retry: false, challenge, ..told }.text();
            self.result(io, "FAILURE", FAILURE, id, message.as_bytes());
        }
        self.stage = Stage::Failed;
        Step::Fail
    }

    fn result(&self, io: &mut Io, name: &'static str, code: u8, id: u8, message: &[u8]) {
        io.debug(What::AuthResult {
            way: Way::Out,
            protocol: self.protocol,
            code: name,
            id,
            len: message.len() + 4,
            message,
        });
        io.transmit(CHAP, code, id, message);
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

    /// The identifier of the response in hand.
    pub fn response_id(&self) -> Option<u8> {
        match self.stage {
            Stage::Deciding { id } | Stage::Passed { id, .. } => Some(id),
            Stage::Waiting { .. } | Stage::Retrying { .. } | Stage::Failed => None,
        }
    }

    /// When the challenge is to be repeated.
    pub fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Waiting { resend } => resend,
            Stage::Retrying { .. } | Stage::Deciding { .. } | Stage::Passed { .. } | Stage::Failed => None,
        }
    }

    /// Repeats the challenge.
    pub fn resend(&mut self, io: &mut Io) {
        self.challenge(io, true);
    }
}

/// Octets of a challenge: as configured for CHAP with MD5, fixed for the Microsoft forms (RFC 2433 section 4, RFC 2759
/// section 3).
fn challenge_len(protocol: AuthProtocol, config: &LinkConfig) -> RangeInclusive<usize> {
    let fixed = |len| len..=len;
    match protocol {
        AuthProtocol::MsChap => fixed(mschap::V1_CHALLENGE_LEN),
        AuthProtocol::MsChapV2 => fixed(mschap::V2_CHALLENGE_LEN),
        AuthProtocol::ChapMd5 | AuthProtocol::Pap => {
            usize::from(*config.chap_challenge.start())..=usize::from(*config.chap_challenge.end())
        }
    }
}

fn draw(io: &mut Io, protocol: AuthProtocol) -> Vec<u8> {
    let lengths = challenge_len(protocol, io.config);
    let (least, spread) = (*lengths.start(), lengths.end().saturating_sub(*lengths.start()));
    // Nothing is drawn where there is nothing to choose.
    let more = match spread {
        0 => 0,
        _ => usize::try_from(io.cx.entropy.u32(Purpose::Choice)).unwrap_or(0) % (spread + 1),
    };
    let mut challenge = vec![0; least + more];
    io.cx.entropy.fill(Purpose::ChapChallenge, &mut challenge);
    challenge
}

/// The end that responds.
#[derive(Debug)]
pub struct Peer {
    protocol: AuthProtocol,
    turn: Turn,
}

#[derive(Debug)]
enum Turn {
    /// No challenge came yet.
    Idle,
    /// The owner looks for a secret, or will when the peer has proved itself first.
    Asked { id: u8, challenge: Vec<u8>, name: Vec<u8>, held: bool },
    /// The response is out. It is repeated during the phase, for the authenticator's answer may be lost.
    Answered { id: u8, data: Vec<u8>, expect: Option<String>, resend: Instant },
    /// The authenticator is content.
    Done,
}

impl Peer {
    /// Waits for a challenge.
    pub fn new(protocol: AuthProtocol) -> Self {
        Peer { protocol, turn: Turn::Idle }
    }

    /// `ours` is the challenge that the peer has not answered yet.
    fn challenged(&mut self, io: &mut Io, packet: &Packet, hold: bool, ours: &[u8]) -> Step {
        let Some((value, name)) = split(packet.data) else { return Step::Nothing };
        log(io, Way::In, self.protocol, "CHALLENGE", packet.id, packet.data.len(), name);
        if value.is_empty() {
            return Step::Nothing;
        }
        // RFC 1994, Security Considerations: who gets its own challenge answered could play the answer back.
        if value == ours {
            io.debug(What::AuthNote(self.protocol, "Ignoring our own Challenge"));
            return Step::Nothing;
        }
        if let Turn::Asked { id, .. } = self.turn
            && id == packet.id
        {
            return Step::Nothing;
        }
        let (challenge, name) = (value.to_vec(), name.to_vec());
        let tell = Event::SecretWanted { name: name.clone(), protocol: self.protocol };
        self.turn = Turn::Asked { id: packet.id, challenge, name, held: hold };
        if hold {
            io.debug(What::AuthNote(self.protocol, "Waiting for peer to authenticate first"));
            return Step::Nothing;
        }
        Step::Tell(tell)
    }

    /// The peer has proved itself: a challenge that was held back is processed now.
    pub fn release(&mut self, io: &mut Io) -> Step {
        match &mut self.turn {
            Turn::Asked { held, name, .. } if *held => {
                *held = false;
                io.debug(What::AuthNote(self.protocol, "Processing saved Challenge"));
                Step::Tell(Event::SecretWanted { name: name.clone(), protocol: self.protocol })
            }
            Turn::Idle | Turn::Asked { .. } | Turn::Answered { .. } | Turn::Done => Step::Nothing,
        }
    }

    /// The secret that the owner found.
    pub fn secret(&mut self, io: &mut Io, secret: Option<&[u8]>) -> Step {
        let Turn::Asked { id, challenge, held: false, .. } = &self.turn else { return Step::Nothing };
        let (id, user) = (*id, io.config.local_name.as_bytes());
        let answer = secret.and_then(|secret| match self.protocol {
            AuthProtocol::ChapMd5 | AuthProtocol::Pap => {
                Some((md5_response(id, secret, challenge).to_vec(), None))
            }
            AuthProtocol::MsChap => Some((mschap::v1_respond(challenge, secret)?.to_vec(), None)),
            AuthProtocol::MsChapV2 => {
                let mut own = [0; mschap::V2_CHALLENGE_LEN];
                io.cx.entropy.fill(Purpose::ChapChallenge, &mut own);
                let (value, success) = mschap::v2_respond(challenge, &own, user, secret)?;
                Some((value.to_vec(), Some(success)))
            }
        });
        let Some((value, expect)) = answer else {
            io.debug(What::AuthNote(self.protocol, "Unable to authenticate for peer"));
            return Step::Fail;
        };
        if io.config.alternate_name {
            io.debug(What::AlternateHostname(&io.config.local_name));
        }
        let data = named(&value, user);
        self.respond(io, id, &data);
        self.turn = Turn::Answered { id, data, expect, resend: io.cx.now + io.config.retry };
        Step::Nothing
    }

    fn respond(&self, io: &mut Io, id: u8, data: &[u8]) {
        log(io, Way::Out, self.protocol, "RESPONSE", id, data.len(), io.config.local_name.as_bytes());
        io.transmit(CHAP, RESPONSE, id, data);
    }

    fn result(&mut self, io: &mut Io, packet: &Packet) -> Step {
        let success = packet.code == SUCCESS;
        io.debug(What::AuthResult {
            way: Way::In,
            protocol: self.protocol,
            code: if success { "SUCCESS" } else { "FAILURE" },
            id: packet.id,
            len: packet.len(),
            message: packet.data,
        });
        let Turn::Answered { id, expect, .. } = &self.turn else { return Step::Nothing };
        if *id != packet.id {
            return Step::Nothing;
        }
        if !success {
            self.turn = Turn::Done;
            return Step::Refused(packet.data.to_vec());
        }
        // RFC 2759 section 5: an authenticator that does not know the password is none.
        if expect.as_ref().is_some_and(|s| !mschap::v2_success(s, packet.data)) {
            io.debug(What::AuthNote(self.protocol, "Authenticator response is wrong"));
            return Step::Fail;
        }
        self.turn = Turn::Done;
        Step::Nothing
    }

    /// Whether the authenticator is content.
    pub fn passed(&self) -> bool {
        matches!(self.turn, Turn::Done)
    }

    /// When the response is to be repeated.
    pub fn deadline(&self) -> Option<Instant> {
        match self.turn {
            Turn::Answered { resend, .. } => Some(resend),
            Turn::Idle | Turn::Asked { .. } | Turn::Done => None,
        }
    }

    /// Repeats the response.
    pub fn resend(&mut self, io: &mut Io) {
        let Turn::Answered { id, data, resend, .. } = &mut self.turn else { return };
        *resend = io.cx.now + io.config.retry;
        let (id, data) = (*id, data.clone());
        self.respond(io, id, &data);
    }
}

/// A CHAP packet for either role of this end. `hold` keeps a challenge unanswered until the peer has proved itself.
pub fn receive(
    io: &mut Io,
    authenticator: Option<&mut Authenticator>,
    peer: Option<&mut Peer>,
    packet: &Packet,
    hold: bool,
) -> Step {
    match (packet.code, authenticator, peer) {
        (RESPONSE, Some(authenticator), _) => authenticator.response(io, packet),
        (CHALLENGE, authenticator, Some(peer)) => {
            let ours = authenticator.map_or(&[][..], |a| &a.challenge);
            peer.challenged(io, packet, hold, ours)
        }
        (SUCCESS | FAILURE, _, Some(peer)) => peer.result(io, packet),
        _ => Step::Nothing,
    }
}

/// Value size, value, name: the data of Challenge and Response.
fn named(value: &[u8], name: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(1 + value.len() + name.len());
    data.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
    data.extend_from_slice(value);
    data.extend_from_slice(name);
    data
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::new(data);
    let len = usize::from(reader.u8().ok()?);
    Some((reader.take(len).ok()?, reader.rest()))
}

fn log(io: &mut Io, way: Way, protocol: AuthProtocol, code: &'static str, id: u8, data: usize, name: &[u8]) {
    io.debug(What::AuthNamed { way, protocol, code, id, len: data + 4, name });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The response of the documented call: id 6, secret `cisco`.
    #[test]
    fn the_documented_response_proves_the_documented_password() {
        let challenge = 0x5D0D_008C_B167_7CF8_BC35_4556_321A_7A74_u128.to_be_bytes();
        let response = 0xCA1C_C2E4_FA68_99E8_DF1B_695C_0A80_883E_u128.to_be_bytes();
        assert_eq!(md5_response(6, b"cisco", &challenge), response);
        let credentials = Credentials {
            name: b"2500-1".to_vec(),
            proof: Proof::Chap {
                protocol: AuthProtocol::ChapMd5,
                id: 6,
                challenge: challenge.to_vec(),
                response: response.to_vec(),
            },
        };
        assert_eq!(verify(&credentials, b"cisco"), Verdict::Pass { message: Vec::new() });
        assert_eq!(
            verify(&credentials, b"Cisco"),
            Verdict::Fail { message: b"Authentication failed".to_vec(), retries: None }
        );
    }

    #[test]
    fn a_value_size_that_lies_is_refused() {
        assert_eq!(split(&[2, 7]), None);
        assert_eq!(split(&[]), None);
        assert_eq!(split(&[1, 7, 8]), Some((&[7][..], &[8][..])));
    }
}
