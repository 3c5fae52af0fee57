//! LCP's options (RFC 1661 section 6, RFC 1662, RFC 1990) and what was agreed with them.

use super::debug::What;
use super::machine::{Io, Opinion, Policy};
use super::option::{self, Opt, Options, Value, lcp as kind};
use super::packet::LCP;
use super::types::{AuthProtocol, FinishCause, Framing, LinkConfig};
use crate::proto::{Context, Purpose};

/// The MRU of a link on which none is negotiated, RFC 1661 section 6.1.
pub const DEFAULT_MRU: u16 = 1500;
/// The smallest MRU of the peer that we live with.
const SMALLEST_MRU: u16 = 128;
/// The MRRU that IOS offers.
const MRRU: u16 = 1524;

/// LCP's side of a negotiation: what we still ask for, and what the peer got.
#[derive(Debug, Default)]
pub struct Lcp {
    mru: Option<u16>,
    accm: Option<u32>,
    auth: Option<AuthProtocol>,
    magic: Option<u32>,
    mrru: Option<u16>,
    pfc: bool,
    acfc: bool,
    endpoint: bool,
    /// Authentication protocols that the peer refused, as bits.
    refused: u8,
    collisions: u32,
    hopeless: Option<FinishCause>,
    /// A magic number is wanted and not drawn yet.
    draw_magic: bool,
    peer: Vec<u8>,
    initial: Option<Vec<u8>>,
}

impl Lcp {
    /// What `config` wants. The magic number is drawn with the first Configure-Request.
    pub fn new(config: &LinkConfig) -> Self {
        Lcp {
            mru: (config.mru != DEFAULT_MRU).then_some(config.mru),
            accm: config.accm,
            auth: config.authentication.first().copied(),
            draw_magic: config.magic,
            mrru: config.multilink.then_some(MRRU),
            pfc: config.pfc,
            acfc: config.acfc,
            endpoint: config.multilink,
            ..Lcp::default()
        }
    }

    /// What another end agreed for us: `ours` are the options that it sent, `theirs` the peer's. `None` when
    /// something in there is unacceptable here; the word says in which half (`rcv`: what the peer acknowledged).
    pub fn forced(config: &LinkConfig, ours: &[u8], theirs: &[u8]) -> Result<Self, &'static str> {
        let mut lcp = Lcp { peer: theirs.to_vec(), ..Lcp::default() };
        if !option::well_formed(ours) || !Options::new(ours).all(|o| lcp.adopt(config, &o)) {
            return Err("rcv");
        }
        let wanted = match lcp.auth {
            Some(auth) => config.authentication.is_empty() || config.authentication.contains(&auth),
            None => config.authentication.is_empty(),
        };
        if !wanted {
            return Err("rcv");
        }
        if bearable(config, theirs) { Ok(lcp) } else { Err("sent") }
    }

    /// Takes an option that was sent in our name. False when we cannot keep what it promises.
    fn adopt(&mut self, config: &LinkConfig, option: &Opt) -> bool {
        match (option.kind, option::decode(LCP, option)) {
            (kind::MRU, Some(Value::Number(mru))) => {
                self.mru = Some(mru);
                mru <= config.mru.max(DEFAULT_MRU)
            }
            (kind::ACCM, Some(Value::Word(accm))) => {
                self.accm = Some(accm);
                true
            }
            (kind::AUTH, Some(Value::Auth(auth))) => {
                self.auth = Some(auth);
                true
            }
            (kind::MAGIC, Some(Value::Word(magic))) => {
                self.magic = Some(magic);
                true
            }
            (kind::PFC, Some(_)) => {
                self.pfc = true;
                true
            }
            (kind::ACFC, Some(_)) => {
                self.acfc = true;
                true
            }
            (kind::MRRU, Some(Value::Number(mrru))) => {
                self.mrru = Some(mrru);
                config.multilink
            }
            (kind::ENDPOINT, Some(_)) => true,
            _ => false,
        }
    }

    /// What we demand of the peer; agreed once LCP is open.
    pub fn demands(&self) -> Option<AuthProtocol> {
        self.auth
    }

    /// What the peer demands of us.
    pub fn demanded(&self) -> Option<AuthProtocol> {
        match option::value(LCP, &self.peer, kind::AUTH) {
            Some(Value::Auth(auth)) => Some(auth),
            _ => None,
        }
    }

    /// Our magic number, 0 without one (RFC 1661 section 6.4).
    pub fn magic(&self) -> u32 {
        self.magic.unwrap_or(0)
    }

    /// The peer's options that we acknowledged.
    pub fn peer(&self) -> &[u8] {
        &self.peer
    }

    /// The options of the first Configure-Request that the peer sent.
    pub fn initial(&self) -> Option<&[u8]> {
        self.initial.as_deref()
    }

    /// How frames to the peer may be written.
    pub fn framing(&self) -> Framing {
        Framing {
            pfc: option::find(&self.peer, kind::PFC).is_some(),
            acfc: option::find(&self.peer, kind::ACFC).is_some(),
            send_accm: accm(&self.peer),
            peer_mru: match option::value(LCP, &self.peer, kind::MRU) {
                Some(Value::Number(mru)) => mru,
                _ => DEFAULT_MRU,
            },
        }
    }

    /// The next protocol to demand after the peer refused the present one and hinted at another.
    fn next_auth(&mut self, config: &LinkConfig, hint: Option<AuthProtocol>) {
        let bit = |p: AuthProtocol| 1_u8 << p as u8;
        if let Some(refused) = self.auth {
            self.refused |= bit(refused);
        }
        let open = |p: &AuthProtocol| self.refused & bit(*p) == 0;
        self.auth = hint
            .filter(|h| config.authentication.contains(h))
            .filter(open)
            .or_else(|| config.authentication.iter().copied().find(open));
        if self.auth.is_none() {
            self.hopeless.get_or_insert(FinishCause::Authentication);
        }
    }
}

fn fresh_magic(cx: &mut Context) -> u32 {
    // RFC 1661 section 6.4: zero is no magic number.
    cx.entropy.u32(Purpose::MagicNumber).max(1)
}

/// The ACCM that these options ask the other end to send with: every control character without one (RFC 1662
/// section 7.1).
pub fn accm(options: &[u8]) -> u32 {
    match option::value(LCP, options, kind::ACCM) {
        Some(Value::Word(accm)) => accm,
        _ => u32::MAX,
    }
}

/// Whether we can live with options of the peer that somebody else acknowledged.
pub fn bearable(config: &LinkConfig, theirs: &[u8]) -> bool {
    option::well_formed(theirs) && Options::new(theirs).all(|o| bearable_option(config, &o))
}

fn bearable_option(config: &LinkConfig, option: &Opt) -> bool {
    match (option.kind, option::decode(LCP, option)) {
        (kind::MRU, Some(Value::Number(mru))) => mru >= SMALLEST_MRU,
        (kind::AUTH, Some(Value::Auth(auth))) => config.allow_authentication.contains(&auth),
        (kind::ACCM | kind::MAGIC | kind::PFC | kind::ACFC | kind::ENDPOINT, Some(_)) => true,
        (kind::MRRU, Some(_)) => config.multilink,
        _ => false,
    }
}

fn one(kind: u8, value: &Value) -> Vec<u8> {
    let mut octets = Vec::with_capacity(6);
    option::encode(&mut octets, kind, value);
    octets
}

impl Policy for Lcp {
    const PROTOCOL: u16 = LCP;
    const ID: Purpose = Purpose::LcpId;

    fn request(&self, io: &Io) -> Vec<u8> {
        let discriminator = [&[1][..], io.config.endpoint.as_bytes()].concat();
        let mut options = Vec::new();
        let wanted = [
            (kind::MRU, self.mru.map(Value::Number)),
            (kind::ACCM, self.accm.map(Value::Word)),
            (kind::AUTH, self.auth.map(Value::Auth)),
            (kind::MAGIC, self.magic.map(Value::Word)),
            (kind::PFC, self.pfc.then_some(Value::Empty)),
            (kind::ACFC, self.acfc.then_some(Value::Empty)),
            (kind::MRRU, self.mrru.map(Value::Number)),
            (kind::ENDPOINT, self.endpoint.then_some(Value::Octets(&discriminator))),
        ];
        for (kind, value) in wanted {
            if let Some(value) = value {
                option::encode(&mut options, kind, &value);
            }
        }
        options
    }

    fn announce(&mut self, io: &mut Io) {
        if std::mem::take(&mut self.draw_magic) {
            self.magic = Some(fresh_magic(io.cx));
        }
        if io.config.alternate_name && self.auth.is_some_and(AuthProtocol::is_chap) {
            io.debug(What::AlternateHostname(&io.config.local_name));
        }
    }

    fn consider(&mut self, _: &mut Io, _: u8, options: &[u8]) -> bool {
        self.initial.get_or_insert_with(|| options.to_vec());
        true
    }

    fn examine(&mut self, io: &mut Io, option: &Opt) -> Opinion {
        match (option.kind, option::decode(LCP, option)) {
            (kind::MRU, Some(Value::Number(mru))) if mru >= SMALLEST_MRU => Opinion::Ack,
            (kind::MRU, Some(_)) => Opinion::Nak(one(kind::MRU, &Value::Number(DEFAULT_MRU))),
            (kind::AUTH, Some(Value::Auth(auth))) if io.config.allow_authentication.contains(&auth) => {
                Opinion::Ack
            }
            (kind::AUTH, Some(_)) => match io.config.allow_authentication.first() {
                Some(auth) => Opinion::Nak(one(kind::AUTH, &Value::Auth(*auth))),
                None => Opinion::Reject,
            },
            (kind::MAGIC, Some(Value::Word(magic))) if magic != 0 && Some(magic) != self.magic => {
                self.collisions = 0;
                Opinion::Ack
            }
            (kind::MAGIC, Some(Value::Word(magic))) => {
                if magic != 0 {
                    self.collisions += 1;
                    if self.collisions > io.config.max_failure {
                        self.hopeless.get_or_insert(FinishCause::Loopback);
                    }
                }
                Opinion::Nak(one(kind::MAGIC, &Value::Word(fresh_magic(io.cx))))
            }
            (kind::ACCM | kind::PFC | kind::ACFC, Some(_)) => Opinion::Ack,
            (kind::MRRU | kind::ENDPOINT, Some(_)) if io.config.multilink => Opinion::Ack,
            // Quality, Callback, short sequence numbers, what is unknown and what has a wrong length.
            _ => Opinion::Reject,
        }
    }

    fn missing(&mut self, _: &mut Io, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn agreed(&mut self, options: &[u8]) {
        self.peer = options.to_vec();
    }

    fn acknowledged(&mut self) -> bool {
        true
    }

    fn naked(&mut self, io: &mut Io, option: &Opt) {
        match (option.kind, option::decode(LCP, option)) {
            (kind::MRU, Some(Value::Number(mru))) if self.mru.is_some() => {
                // We must be able to receive what we announce.
                self.mru = Some(mru.clamp(SMALLEST_MRU, io.config.mru.max(DEFAULT_MRU)));
            }
            (kind::ACCM, Some(Value::Word(more))) => self.accm = self.accm.map(|accm| accm | more),
            (kind::AUTH, value) if self.auth.is_some() => {
                let hint = match value {
                    Some(Value::Auth(auth)) => Some(auth),
                    _ => None,
                };
                self.next_auth(io.config, hint);
            }
            (kind::MAGIC, _) if self.magic.is_some() => self.magic = Some(fresh_magic(io.cx)),
            (kind::MRRU, Some(Value::Number(mrru))) if self.mrru.is_some() && mrru >= SMALLEST_MRU => {
                self.mrru = Some(mrru.min(MRRU));
            }
            (kind::PFC, _) => self.pfc = false,
            (kind::ACFC, _) => self.acfc = false,
            (kind::ENDPOINT, _) => self.endpoint = false,
            // Options that the peer would like us to send and that we did not mean to.
            _ => {}
        }
    }

    fn rejected(&mut self, io: &mut Io, option: &Opt) {
        match option.kind {
            kind::MRU => self.mru = None,
            kind::ACCM => self.accm = None,
            kind::AUTH if self.auth.is_some() => self.next_auth(io.config, None),
            kind::MAGIC => self.magic = None,
            kind::PFC => self.pfc = false,
            kind::ACFC => self.acfc = false,
            kind::MRRU => self.mrru = None,
            kind::ENDPOINT => self.endpoint = false,
            _ => {}
        }
    }

    fn hopeless(&mut self) -> &mut Option<FinishCause> {
        &mut self.hopeless
    }
}
