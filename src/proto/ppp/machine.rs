//! A control protocol: the automaton with its counters, timer and packets. LCP and IPCP differ in their [`Policy`].

use super::automaton::{Action, Event, State, transition};
use super::debug::{Line, Way, What};
use super::option::{self, Opt, Options};
use super::packet::{self, Packet};
use super::types::{self, FinishCause, LinkConfig, Output};
use crate::proto::{Context, Dialect, Instant, Purpose};
use std::collections::VecDeque;

/// What every part of a link works with.
pub struct Io<'x, 'y> {
    /// Time, randomness, debugs.
    pub cx: &'x mut Context<'y>,
    /// Where outputs go.
    pub out: &'x mut VecDeque<Output>,
    /// The interface name in debugs.
    pub label: &'x str,
    /// What the link wants and allows.
    pub config: &'x LinkConfig,
}

impl Io<'_, '_> {
    /// Prints a debug line of this link.
    pub fn debug(&mut self, what: What<'_>) {
        self.cx.debug(&Line { interface: self.label, what });
    }

    /// Sends a packet.
    pub fn transmit(&mut self, protocol: u16, code: u8, id: u8, data: &[u8]) {
        self.out.push_back(Output::Transmit(packet::build(protocol, code, id, data)));
    }

    /// Tells the owner something.
    pub fn event(&mut self, event: types::Event) {
        self.out.push_back(Output::Event(event));
    }
}

/// What a policy says about one option of the peer.
pub enum Opinion {
    /// Fine.
    Ack,
    /// Rather this option.
    Nak(Vec<u8>),
    /// Not at all.
    Reject,
}

/// What distinguishes one control protocol from another: its options.
pub trait Policy {
    /// The protocol number.
    const PROTOCOL: u16;
    /// What its first identifier is drawn for.
    const ID: Purpose;

    /// Our options, in the order in which they are sent.
    fn request(&self, io: &Io) -> Vec<u8>;
    /// Called before the first Configure-Request of a negotiation.
    fn announce(&mut self, io: &mut Io);
    /// Looks at the peer's Configure-Request as a whole. False when the owner must be asked before it is answered.
    fn consider(&mut self, io: &mut Io, id: u8, options: &[u8]) -> bool;
    /// Judges one option of the peer.
    fn examine(&mut self, io: &mut Io, option: &Opt) -> Opinion;
    /// Options that the peer left out and that it must send: appended to a Configure-Nak.
    fn missing(&mut self, io: &mut Io, options: &[u8]) -> Vec<u8>;
    /// The peer's options that we acknowledge.
    fn agreed(&mut self, options: &[u8]);
    /// The peer acknowledged our options. False when one of them was better refused: the request is repeated
    /// without it.
    fn acknowledged(&mut self) -> bool;
    /// The peer wants this value for an option of ours.
    fn naked(&mut self, io: &mut Io, option: &Opt);
    /// The peer does not want this option of ours.
    fn rejected(&mut self, io: &mut Io, option: &Opt);
    /// That no agreement is possible.
    fn hopeless(&mut self) -> &mut Option<FinishCause>;
}

/// What an event did to the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Effects {
    /// This-Layer-Up.
    pub up: bool,
    /// This-Layer-Down.
    pub down: bool,
    /// This-Layer-Finished.
    pub finished: bool,
    /// The peer asked to terminate an open layer.
    pub by_peer: bool,
}

/// What goes out when the table says so.
#[derive(Clone, Copy)]
enum Answer<'a> {
    None,
    Configure { code: u8, id: u8, options: &'a [u8] },
    Id(u8),
    Rejected(&'a [u8]),
}

/// A control protocol of a link.
pub struct ControlProtocol<P> {
    /// Its options.
    pub policy: P,
    state: State,
    restarts: u32,
    next_id: Option<u8>,
    /// Configure-Naks that we sent in a row.
    naks_sent: u32,
    /// Configure-Naks and Configure-Rejects that we got since the layer was last up.
    naks_received: u32,
    deadline: Option<Instant>,
    sent_id: u8,
    sent: Vec<u8>,
}

impl<P: Policy> ControlProtocol<P> {
    /// In state Initial.
    pub fn new(policy: P) -> Self {
        ControlProtocol {
            policy,
            state: State::Initial,
            restarts: 0,
            next_id: None,
            naks_sent: 0,
            naks_received: 0,
            deadline: None,
            sent_id: 0,
            sent: Vec::new(),
        }
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Our options of the last Configure-Request.
    pub fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// When the restart timer expires.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The next identifier.
    pub fn take_id(&mut self, io: &mut Io) -> u8 {
        let id = match self.next_id {
            Some(id) => id,
            None => io.cx.entropy.u8(P::ID),
        };
        self.next_id = Some(id.wrapping_add(1));
        id
    }

    /// Puts the automaton where it is without the table: passive open, forced LCP, the end of a link.
    pub fn place(&mut self, state: State) {
        self.state = state;
        self.deadline = None;
    }

    /// Makes `options` the ones that we sent and the peer acknowledged (proxy LCP).
    pub fn force(&mut self, options: &[u8]) {
        self.sent = options.to_vec();
        self.place(State::Opened);
    }

    /// Opens the layer above a lower one that is up. Releases differ in which of the two they hear of first, and say
    /// `[Closed]` or `[Starting]` of the Configure-Request that either way comes out of it (RFC 1661 section 4.1).
    pub fn open(&mut self, io: &mut Io) -> Effects {
        let (first, then) = match io.cx.trace.dialect() {
            Dialect::V12_0 | Dialect::V12_1 => (Event::Up, Event::Open),
            Dialect::V15 => (Event::Open, Event::Up),
        };
        // Out of Initial the first of them does nothing to the layer.
        let _ = self.apply(io, first);
        self.apply(io, then)
    }

    /// The lower layer is gone and the layer is no longer wanted. What that does to the layer, the caller knows.
    pub fn shut(&mut self, io: &mut Io) {
        let _ = self.apply(io, Event::Down);
        if self.state == State::Starting {
            let _ = self.apply(io, Event::Close);
        }
    }

    /// An event that brings no packet.
    pub fn apply(&mut self, io: &mut Io, event: Event) -> Effects {
        self.step(io, event, Answer::None)
    }

    /// The restart option of RFC 1661 section 4.3 (footnote r): a new Configure-Request out of any state in which
    /// the lower layer is up.
    pub fn restart(&mut self, io: &mut Io) -> Effects {
        let mut effects = Effects::default();
        if self.state == State::Opened {
            effects.down = true;
        }
        self.naks_sent = 0;
        self.naks_received = 0;
        self.perform(io, Action::Irc, Answer::None, io.config.max_configure, &mut effects);
        self.perform(io, Action::Scr, Answer::None, 0, &mut effects);
        self.state = State::ReqSent;
        effects
    }

    /// The restart timer, when it is due.
    pub fn timeout(&mut self, io: &mut Io) -> Effects {
        if self.deadline.is_none_or(|d| d > io.cx.now) {
            return Effects::default();
        }
        self.deadline = None;
        io.debug(What::Timeout(P::PROTOCOL, self.state));
        let event = if self.restarts > 0 { Event::TimeoutRetry } else { Event::TimeoutFinal };
        self.apply(io, event)
    }

    /// A packet with a code of 1 to 7. `None` for other codes, which the caller handles or calls unknown.
    pub fn receive(&mut self, io: &mut Io, packet: &Packet) -> Option<Effects> {
        Some(match packet.code {
            packet::CONF_REQ => self.configure_request(io, packet),
            packet::CONF_ACK => self.configure_ack(io, packet),
            packet::CONF_NAK | packet::CONF_REJ => self.configure_nak(io, packet),
            packet::TERM_REQ => {
                self.log(io, Way::In, packet);
                let was_open = self.state == State::Opened;
                let effects = self.step(io, Event::TermReq, Answer::Id(packet.id));
                Effects { by_peer: was_open, ..effects }
            }
            packet::TERM_ACK => {
                self.log(io, Way::In, packet);
                self.apply(io, Event::TermAck)
            }
            packet::CODE_REJ => {
                self.log(io, Way::In, packet);
                let fatal =
                    packet.data.first().is_some_and(|c| (packet::CONF_REQ..=packet::CODE_REJ).contains(c));
                self.apply(io, if fatal { Event::RejectBad } else { Event::RejectGood })
            }
            _ => return None,
        })
    }

    /// A packet whose code nobody here knows.
    pub fn unknown_code(&mut self, io: &mut Io, packet: &Packet) -> Effects {
        self.log(io, Way::In, packet);
        self.step(io, Event::UnknownCode, Answer::Rejected(packet.octets))
    }

    /// Answers a Configure-Request of the peer that has been considered.
    pub fn answer(&mut self, io: &mut Io, id: u8, options: &[u8]) -> Effects {
        let stubborn = self.naks_sent >= io.config.max_failure;
        let (mut naks, mut rejects) = (Vec::new(), Vec::new());
        for option in Options::new(options) {
            match self.policy.examine(io, &option) {
                Opinion::Ack => {}
                Opinion::Nak(_) if stubborn => rejects.extend_from_slice(option.octets),
                Opinion::Nak(better) => naks.extend(better),
                Opinion::Reject => rejects.extend_from_slice(option.octets),
            }
        }
        if !stubborn && rejects.is_empty() {
            naks.extend(self.policy.missing(io, options));
        }
        if self.policy.hopeless().is_some() {
            return Effects::default();
        }
        let (code, answer) = match (rejects.is_empty(), naks.is_empty()) {
            (false, _) => (packet::CONF_REJ, rejects),
            (true, false) => (packet::CONF_NAK, naks),
            (true, true) => (packet::CONF_ACK, options.to_vec()),
        };
        match code {
            packet::CONF_NAK => self.naks_sent += 1,
            packet::CONF_ACK => {
                self.naks_sent = 0;
                self.policy.agreed(options);
            }
            _ => {}
        }
        let event = if code == packet::CONF_ACK { Event::ConfReqGood } else { Event::ConfReqBad };
        self.step(io, event, Answer::Configure { code, id, options: &answer })
    }

    /// Takes it that the peer sent a Configure-Request with these options and that it was acknowledged long
    /// ago: it never repeats it.
    pub fn imply_request(&mut self, io: &mut Io, options: &[u8]) -> Effects {
        self.policy.agreed(options);
        self.step(io, Event::ConfReqGood, Answer::None)
    }

    fn configure_request(&mut self, io: &mut Io, packet: &Packet) -> Effects {
        self.log(io, Way::In, packet);
        if !option::well_formed(packet.data) {
            io.debug(What::Trouble(P::PROTOCOL, "Bad option lengths in CONFREQ, discarded"));
            return Effects::default();
        }
        let answering = match self.state {
            State::Stopped | State::ReqSent | State::AckRcvd | State::AckSent | State::Opened => true,
            State::Initial | State::Starting | State::Closed | State::Closing | State::Stopping => false,
        };
        if !answering {
            return self.step(io, Event::ConfReqBad, Answer::Id(packet.id));
        }
        if self.policy.consider(io, packet.id, packet.data) {
            self.answer(io, packet.id, packet.data)
        } else {
            Effects::default()
        }
    }

    fn configure_ack(&mut self, io: &mut Io, packet: &Packet) -> Effects {
        self.log(io, Way::In, packet);
        if packet.id != self.sent_id || packet.data != self.sent.as_slice() {
            io.debug(What::Trouble(P::PROTOCOL, "CONFACK of something else, discarded"));
            return Effects::default();
        }
        // A second CONFACK for the same CONFREQ must not look like a crossed connection.
        if self.state == State::Opened || self.state == State::AckRcvd {
            return Effects::default();
        }
        if self.state.negotiating() && !self.policy.acknowledged() {
            return self.step(io, Event::ConfNak, Answer::Id(packet.id));
        }
        self.step(io, Event::ConfAck, Answer::Id(packet.id))
    }

    fn configure_nak(&mut self, io: &mut Io, packet: &Packet) -> Effects {
        self.log(io, Way::In, packet);
        let reject = packet.code == packet::CONF_REJ;
        let ours = Options::new(&self.sent);
        let sound = packet.id == self.sent_id
            && option::well_formed(packet.data)
            && (!reject || Options::new(packet.data).all(|r| ours.into_iter().any(|o| o.octets == r.octets)));
        if !sound {
            io.debug(What::Trouble(P::PROTOCOL, "CONFNAK or CONFREJ of something else, discarded"));
            return Effects::default();
        }
        if !self.state.negotiating() {
            return if self.state == State::Opened {
                Effects::default()
            } else {
                self.step(io, Event::ConfNak, Answer::Id(packet.id))
            };
        }
        self.naks_received += 1;
        if self.naks_received > io.config.max_failure.saturating_mul(3) {
            self.policy.hopeless().get_or_insert(FinishCause::Negotiation);
        }
        for option in Options::new(packet.data) {
            // Once the peer has had its chances, its wishes are taken for refusals.
            if reject || self.naks_received > io.config.max_failure {
                self.policy.rejected(io, &option);
            } else {
                self.policy.naked(io, &option);
            }
        }
        if self.policy.hopeless().is_some() {
            return Effects::default();
        }
        self.step(io, Event::ConfNak, Answer::Id(packet.id))
    }

    /// The applier of the table.
    fn step(&mut self, io: &mut Io, event: Event, answer: Answer) -> Effects {
        let mut effects = Effects::default();
        let Some((actions, next)) = transition(self.state, event) else { return effects };
        let count =
            if actions.contains(&Action::Str) { io.config.max_terminate } else { io.config.max_configure };
        for &action in actions {
            self.perform(io, action, answer, count, &mut effects);
        }
        let from = std::mem::replace(&mut self.state, next);
        if !next.timed() {
            self.deadline = None;
        }
        // An echo is no business of the automaton's in what IOS prints.
        if event != Event::Echo {
            io.debug(What::Moved(P::PROTOCOL, event, from, next));
        }
        effects
    }

    fn perform(&mut self, io: &mut Io, action: Action, answer: Answer, count: u32, effects: &mut Effects) {
        match (action, answer) {
            (Action::Tlu, _) => {
                self.naks_received = 0;
                effects.up = true;
            }
            (Action::Tld, _) => effects.down = true,
            (Action::Tls, _) => {}
            (Action::Tlf, _) => effects.finished = true,
            (Action::Irc, _) => self.restarts = count,
            (Action::Zrc, _) => {
                self.restarts = 0;
                self.deadline = Some(io.cx.now + io.config.retry);
            }
            (Action::Scr, _) => self.send_request(io),
            (Action::Sca | Action::Scn, Answer::Configure { code, id, options }) => {
                self.send(io, code, id, options);
            }
            (Action::Str, _) => {
                self.restarts = self.restarts.saturating_sub(1);
                self.deadline = Some(io.cx.now + io.config.retry);
                let id = self.take_id(io);
                self.send(io, packet::TERM_REQ, id, &[]);
            }
            (Action::Sta, Answer::Id(id)) => self.send(io, packet::TERM_ACK, id, &[]),
            (Action::Scj, Answer::Rejected(octets)) => {
                let id = self.take_id(io);
                // RFC 1661 section 5.6: truncated to the peer's MRU; every peer takes 128.
                self.send(io, packet::CODE_REJ, id, octets.get(..124).unwrap_or(octets));
            }
            // Without something to answer there is no answer: an implied request, an echo that LCP itself answers.
            (Action::Sca | Action::Scn | Action::Sta | Action::Scj | Action::Ser, _) => {}
        }
    }

    fn send_request(&mut self, io: &mut Io) {
        if !self.state.negotiating() {
            self.policy.announce(io);
        }
        let options = self.policy.request(io);
        self.restarts = self.restarts.saturating_sub(1);
        self.deadline = Some(io.cx.now + io.config.retry);
        self.sent_id = self.take_id(io);
        self.send(io, packet::CONF_REQ, self.sent_id, &options);
        self.sent = options;
    }

    fn send(&mut self, io: &mut Io, code: u8, id: u8, data: &[u8]) {
        self.print(io, Way::Out, code, id, data);
        io.transmit(P::PROTOCOL, code, id, data);
    }

    fn log(&self, io: &mut Io, way: Way, packet: &Packet) {
        self.print(io, way, packet.code, packet.id, packet.data);
    }

    fn print(&self, io: &mut Io, way: Way, code: u8, id: u8, data: &[u8]) {
        let len = data.len() + 4;
        io.debug(What::Packet { way, protocol: P::PROTOCOL, code, state: self.state, id, len });
        if (packet::CONF_REQ..=packet::CONF_REJ).contains(&code) {
            for option in Options::new(data) {
                io.debug(What::Option(P::PROTOCOL, option));
            }
        }
    }
}
