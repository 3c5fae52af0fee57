//! One control connection: RFC 2661 sections 5.1, 5.5, 5.7 and 7.2. Its sessions are in `session.rs`.

mod input;
mod output;
mod request;

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::request::Request;
use super::debug_events::{L2tpEventDebug, Trouble, What};
use super::message::{Message, MessageType};
use super::prefix::Prefix;
use super::session::Session;
use super::tables::control::{self, State};
use super::tables::{Action, control::Event as On};
use super::transport::Transport;
use super::types::*;
use crate::proto::time::earliest;
use crate::proto::{Context, Instant};

/// How long a closed tunnel acknowledges what still comes: a full retransmission cycle, RFC 2661 section 5.7.
pub(super) const LINGER: Duration = Duration::from_secs(31);

/// What a machine works with: the time, randomness and debugs of the owner, and where its outputs go.
pub(super) struct Io<'a, 'c> {
    pub cx: &'a mut Context<'c>,
    pub out: &'a mut VecDeque<Output>,
}

impl Io<'_, '_> {
    pub fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub fn debug(&mut self, prefix: Prefix<'_>, what: What<'_>) {
        self.cx.debug(&L2tpEventDebug { prefix, what });
    }
}

/// The timers of a tunnel, apart from those of its transport and of its sessions.
#[derive(Clone, Copy)]
enum Timer {
    /// Set-up takes too long.
    Setup,
    /// No session for too long.
    NoSession,
    /// The peer may have been silent for too long.
    Hello,
    /// Nothing will come any more.
    Linger,
}

impl Timer {
    const ALL: [Timer; 4] = [Timer::Setup, Timer::NoSession, Timer::Hello, Timer::Linger];
}

/// Why a tunnel closes: what a StopCCN says, and what the owner hears.
#[derive(Clone, Debug)]
pub(super) struct Why {
    pub result: ResultCode,
    pub cause: DownCause,
}

impl Why {
    /// Closed by this end.
    pub fn local(result: ResultCode) -> Self {
        Why { cause: DownCause::Local(result.clone()), result }
    }

    /// Closed because the peer broke the protocol.
    pub fn protocol(result: ResultCode) -> Self {
        let text = result.message.clone().unwrap_or_else(|| "malformed message".to_owned());
        Why { result, cause: DownCause::Protocol(text) }
    }

    fn unauthorized() -> Self {
        Why { result: code(4, None), cause: DownCause::Authentication }
    }

    fn unexpected(message: MessageType) -> Self {
        let text = format!("unexpected {}", message.name());
        Why { result: code(7, None), cause: DownCause::Protocol(text) }
    }
}

/// A Result Code without words.
pub(super) fn code(result: u16, error: Option<u16>) -> ResultCode {
    ResultCode { result, error, message: None }
}

/// A control connection and its sessions.
pub(super) struct Tunnel {
    pub id: u16,
    pub remote_id: u16,
    pub remote_name: String,
    pub remote: SocketAddr,
    pub local: IpAddr,
    pub config: TunnelConfig,
    pub machine: State,
    /// The machine's state in the words of IOS.
    pub state: TunnelState,
    pub changed: Instant,
    pub locally_initiated: bool,
    pub transport: Transport,
    pub sessions: BTreeMap<u16, Session>,
    /// Deadlines of sessions that are not established.
    pub setups: BTreeSet<(Instant, u16)>,
    /// The peer's Framing Capabilities AVP.
    pub peer_framing: u32,
    pub auth_failures: u64,
    /// Control packets and octets: sent, received.
    pub control: (u64, u64, u64, u64),
    /// Our Tie Breaker AVP.
    pub tie_breaker: Option<[u8; 8]>,
    /// Only acknowledges, and resends its StopCCN: not visible any more.
    pub closing: bool,
    /// Nothing is left: the endpoint must forget it.
    pub gone: bool,
    /// It has been established.
    pub proven: bool,
    /// Messages for sessions that do not exist, since the endpoint last looked.
    pub unknown_sessions: u64,
    /// The last session went away and `settle` has not looked yet.
    pub unsettled: bool,
    /// The owner knows of it and must hear of its end.
    announced: bool,
    /// The SCCRQ, until the owner has decided.
    request: Option<Request>,
    /// When the SCCRQ came and a digest of it: tells a late duplicate from a peer that has restarted.
    opened: (Instant, u64),
    challenge: Option<[u8; 16]>,
    peer_challenge: Option<Vec<u8>>,
    pub heard: Arc<Heard>,
    timers: [Option<Instant>; Timer::ALL.len()],
}

impl Tunnel {
    fn new(
        now: Instant,
        id: u16,
        config: TunnelConfig,
        local: IpAddr,
        remote: SocketAddr,
        initial: u32,
    ) -> Self {
        Tunnel {
            id,
            remote_id: 0,
            remote_name: String::new(),
            remote,
            local,
            transport: Transport::new(&config, initial),
            config,
            machine: State::Idle,
            state: TunnelState::Idle,
            changed: now,
            locally_initiated: false,
            sessions: BTreeMap::new(),
            setups: BTreeSet::new(),
            peer_framing: 0,
            auth_failures: 0,
            control: (0, 0, 0, 0),
            tie_breaker: None,
            closing: false,
            gone: false,
            proven: false,
            unknown_sessions: 0,
            unsettled: false,
            announced: false,
            request: None,
            opened: (now, 0),
            challenge: None,
            peer_challenge: None,
            heard: Arc::new(Heard::new(now)),
            timers: [None; Timer::ALL.len()],
        }
    }

    /// Originator: opens the control connection.
    pub fn connect(io: &mut Io, id: u16, config: TunnelConfig, local: IpAddr, remote: SocketAddr) -> Self {
        let initial = config.initial_retries;
        let mut tunnel = Tunnel::new(io.cx.now, id, config, local, remote, initial);
        tunnel.locally_initiated = true;
        tunnel.announced = true;
        tunnel.say(io, What::SmState(tunnel.state));
        if tunnel.config.authenticate && tunnel.config.secret.is_none() {
            tunnel.trouble(io, Trouble::NoSecret(&remote.ip().to_string()));
            tunnel.auth_failures += 1;
            tunnel.clean_up(io, DownCause::Authentication);
            tunnel.gone = true;
            return tunnel;
        }
        tunnel.arm(Timer::Setup, io.cx.now + tunnel.config.setup_timeout);
        tunnel.apply(io, On::OpenRequest, None);
        tunnel
    }

    /// Closes the tunnel whatever its state.
    pub fn shutdown(&mut self, io: &mut Io, why: Why) {
        if self.closing {
            return;
        }
        // A request that waits for the owner has no row of its own: closing it is refusing it.
        let event = if self.request.is_some() { On::SccrqNotAcceptable } else { On::AdminClose };
        self.apply(io, event, Some(why));
    }

    /// The peer's winning SCCRQ takes this tunnel's place: it is discarded silently.
    pub fn lose_tie(&mut self, io: &mut Io) {
        self.trouble(io, Trouble::TieBreaker("the peer's tunnel wins"));
        let why = Why { result: code(3, None), cause: DownCause::LostTie };
        self.apply(io, On::SccrqLoseTie, Some(why));
        self.gone = true;
    }

    /// The peer has lost its state: so does this end, without a word to it.
    pub fn forget(&mut self, io: &mut Io, cause: DownCause) {
        self.clean_up(io, cause);
        self.machine = State::Idle;
        self.gone = true;
    }

    /// Whether an SCCRQ whose body has this [`fingerprint`] is the one that made this tunnel, seen again: the same octets
    /// while the peer can still be repeating it.
    pub fn is_repetition(&self, now: Instant, digest: u64) -> bool {
        let fresh = !self.proven || now.duration_since(self.opened.0) < LINGER;
        !self.locally_initiated && fresh && self.opened.1 == digest
    }

    /// Whether this is the challenge that the peer has been sent and has not answered.
    pub fn has_challenged_with(&self, challenge: &[u8]) -> bool {
        self.challenge.as_ref().is_some_and(|ours| ours[..] == *challenge)
    }

    /// The one place that applies a cell of the table.
    fn apply(&mut self, io: &mut Io, event: On, why: Option<Why>) {
        let why = why.unwrap_or_else(|| Why::local(code(1, None)));
        let (actions, next) = control::transition(self.machine, event);
        self.machine = next;
        for action in actions {
            match action {
                Action::SendSccrq => self.send_sccrq(io),
                Action::SendSccrp => self.send_sccrp(io),
                Action::SendScccn => self.send_scccn(io),
                Action::SendStopCcn => self.send_stopccn(io, &why.result),
                Action::TunnelOpen => self.open(io),
                Action::CleanUp => self.clean_up(io, why.cause.clone()),
                // The endpoint takes the SCCRQ that won as soon as this returns.
                Action::Requeue => {}
                Action::OpenTunnel
                | Action::SendIcrq
                | Action::SendIcrp
                | Action::SendIccn
                | Action::SendOcrq
                | Action::SendOcrp
                | Action::SendOccn
                | Action::SendCdn
                | Action::OpenBearer
                | Action::PrepareData => {}
            }
        }
    }

    fn open(&mut self, io: &mut Io) {
        self.enter(io, TunnelState::Established);
        self.say(io, What::SmState(self.state));
        self.proven = true;
        self.challenge = None;
        self.peer_challenge = None;
        self.disarm(Timer::Setup);
        if !self.config.hello.is_zero() {
            self.arm(Timer::Hello, io.cx.now + self.config.hello);
        }
        self.arm_no_session(io.cx.now);
        io.event(Event::TunnelUp { tunnel: TunnelId(self.id), remote_name: self.remote_name.clone() });
    }

    fn clean_up(&mut self, io: &mut Io, cause: DownCause) {
        self.say(io, What::ShutdownTunnel);
        self.destroy_sessions(io, &cause);
        self.enter(io, TunnelState::Idle);
        self.request = None;
        self.closing = true;
        self.timers = [None; Timer::ALL.len()];
        self.arm(Timer::Linger, io.cx.now + LINGER);
        if std::mem::take(&mut self.announced) {
            io.event(Event::TunnelDown { tunnel: TunnelId(self.id), remote_id: self.remote_id, cause });
        }
    }

    /// Prints and times that the last session went away. The owner has handled its `SessionDown` by now.
    pub fn settle(&mut self, io: &mut Io) {
        let due = std::mem::take(&mut self.unsettled);
        if !due || self.closing || !self.sessions.is_empty() || self.state != TunnelState::Established {
            return;
        }
        self.enter(io, TunnelState::NoSessionsLeft);
        if let Some(timeout) = self.config.no_session_timeout {
            self.say(io, What::NoMoreSessions(timeout));
        }
        self.arm_no_session(io.cx.now);
    }

    /// A session begins: an empty tunnel is not empty any more.
    pub fn occupy(&mut self, io: &mut Io) {
        self.disarm(Timer::NoSession);
        if self.state == TunnelState::NoSessionsLeft {
            self.enter(io, TunnelState::Established);
        }
    }

    /// Runs what is due.
    pub fn handle_timeout(&mut self, io: &mut Io) {
        let now = io.cx.now;
        if self.transport.handle_timeout(now).is_err() {
            return self.peer_dead(io);
        }
        if let Some(numbers) = self.transport.poll_ack(now) {
            self.send_zlb(io, 0, numbers);
        }
        self.flush(io);
        for timer in Timer::ALL {
            if self.timer(timer).is_some_and(|due| due <= now) {
                self.disarm(timer);
                self.fire(io, timer);
            }
        }
        if !self.closing {
            self.expire_sessions(io);
        }
    }

    fn peer_dead(&mut self, io: &mut Io) {
        if self.closing {
            self.gone = true;
            return;
        }
        self.trouble(io, Trouble::PeerDead(self.remote));
        self.forget(io, DownCause::Timeout);
    }

    fn fire(&mut self, io: &mut Io, timer: Timer) {
        match timer {
            Timer::Setup => {
                self.trouble(io, Trouble::SetupTimeout);
                self.shutdown(io, Why { result: code(1, None), cause: DownCause::Timeout });
            }
            Timer::NoSession => {
                if self.sessions.is_empty() {
                    self.shutdown(io, Why::local(code(1, None)));
                }
            }
            Timer::Hello => self.keep_alive(io),
            Timer::Linger => self.gone = true,
        }
    }

    fn keep_alive(&mut self, io: &mut Io) {
        let silent_until = self.heard.last() + self.config.hello;
        if silent_until > io.cx.now {
            return self.arm(Timer::Hello, silent_until);
        }
        // A message on its way asks the same question.
        if self.transport.is_idle() {
            self.send_to_peer(io, &Message::Hello);
        }
        self.arm(Timer::Hello, io.cx.now + self.config.hello);
    }

    /// When [`Tunnel::handle_timeout`] must run.
    pub fn next_timeout(&self) -> Option<Instant> {
        let own = self.timers.iter().copied().fold(None, earliest);
        let session = self.setups.first().map(|&(due, _)| due);
        earliest(earliest(own, session), self.transport.next_timeout())
    }

    /// The peer's name for debugs: its address before it has told one.
    pub fn peer_name(&self) -> String {
        if self.remote_name.is_empty() { self.remote.ip().to_string() } else { self.remote_name.clone() }
    }

    /// Who a debug line about `session` (0 for the tunnel) is about.
    pub fn prefix(&self, session: u16) -> Prefix<'_> {
        if session == 0 {
            return Prefix::Tunnel { tunnel: self.id };
        }
        let label = self.sessions.get(&session).and_then(|s| s.label.as_deref());
        Prefix::Session { label, tunnel: self.id, session }
    }

    pub fn say(&self, io: &mut Io, what: What<'_>) {
        io.debug(self.prefix(0), what);
    }

    pub fn trouble(&self, io: &mut Io, trouble: Trouble<'_>) {
        io.debug(self.prefix(0), What::Trouble(trouble));
    }

    fn enter(&mut self, io: &mut Io, state: TunnelState) {
        if self.state != state {
            self.say(io, What::TunnelChange(self.state, state));
            self.state = state;
            self.changed = io.cx.now;
        }
    }

    fn arm_no_session(&mut self, now: Instant) {
        if let Some(timeout) = self.config.no_session_timeout {
            self.arm(Timer::NoSession, now + timeout);
        }
    }

    fn timer(&self, timer: Timer) -> Option<Instant> {
        self.timers.get(timer as usize).copied().flatten()
    }

    fn arm(&mut self, timer: Timer, at: Instant) {
        self.set(timer, Some(at));
    }

    fn disarm(&mut self, timer: Timer) {
        self.set(timer, None);
    }

    fn set(&mut self, timer: Timer, at: Option<Instant>) {
        if let Some(slot) = self.timers.get_mut(timer as usize) {
            *slot = at;
        }
    }
}

/// A digest of what an SCCRQ carried.
pub(super) fn fingerprint(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}
