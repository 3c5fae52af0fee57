//! The sessions of a tunnel: RFC 2661 sections 5.2, 5.6 and 7.4.

use std::time::Duration;

use super::debug_events::{Trouble, What};
use super::header::ControlHeader;
use super::message::*;
use super::tables::{Action, control, lac_incoming as lac, lns_incoming as lns};
use super::tunnel::{Io, Tunnel, code};
use super::types::*;
use crate::proto::{Instant, Purpose};

/// How long a session may take to become established.
pub(super) const CALL_SETUP: Duration = Duration::from_secs(30);

/// The machine of a session: which of the RFC's tables, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    Lac(lac::State),
    Lns(lns::State),
}

/// What happens to a session, for whichever table it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Accepted,
    Refused,
    Icrq,
    Icrp,
    Iccn,
    Cdn,
    LocalClose,
}

impl Machine {
    /// The state in the words of IOS.
    pub const fn state(self) -> SessionState {
        match self {
            Machine::Lac(lac::State::Idle) | Machine::Lns(lns::State::Idle) => SessionState::Idle,
            Machine::Lac(lac::State::WaitTunnel) => SessionState::WaitForTunnel,
            Machine::Lac(lac::State::WaitReply) => SessionState::WaitReply,
            Machine::Lns(lns::State::WaitConnect) => SessionState::WaitConnect,
            Machine::Lac(lac::State::Established) | Machine::Lns(lns::State::Established) => {
                SessionState::Established
            }
        }
    }

    const fn role(self) -> Role {
        match self {
            Machine::Lac(_) => Role::Lac,
            Machine::Lns(_) => Role::Lns,
        }
    }

    fn step(self, on: On) -> (&'static [Action], Machine) {
        match self {
            Machine::Lac(state) => {
                let event = match on {
                    On::Icrq | On::Accepted | On::Refused => lac::Event::Icrq,
                    On::Icrp => lac::Event::IcrpAcceptable,
                    On::Iccn => lac::Event::Iccn,
                    On::Cdn => lac::Event::Cdn,
                    On::LocalClose => lac::Event::LocalClose,
                };
                let (actions, next) = lac::transition(state, event);
                (actions, Machine::Lac(next))
            }
            Machine::Lns(state) => {
                let event = match on {
                    On::Accepted | On::Icrq => lns::Event::IcrqAcceptable,
                    On::Refused => lns::Event::IcrqNotAcceptable,
                    On::Icrp => lns::Event::Icrp,
                    On::Iccn => lns::Event::IccnAcceptable,
                    On::Cdn => lns::Event::Cdn,
                    On::LocalClose => lns::Event::LocalClose,
                };
                let (actions, next) = lns::transition(state, event);
                (actions, Machine::Lns(next))
            }
        }
    }
}

/// A session. Small once it is established: what set-up needed is dropped.
pub(super) struct Session {
    pub machine: Machine,
    /// The peer's id, 0 before it is known.
    pub remote: u16,
    pub changed: Instant,
    pub serial: u32,
    pub label: Option<Box<str>>,
    pub sequencing: bool,
    /// LAC: what the ICCN will say.
    info: Option<Box<ConnectInfo>>,
    /// When set-up has taken too long; `None` once established.
    deadline: Option<Instant>,
}

/// How a session ends: what a CDN says, and what the owner hears, if anything.
struct End {
    result: ResultCode,
    cause: Option<DownCause>,
}

impl End {
    fn invalid(message: MessageType) -> Self {
        let text = format!("unexpected {}", message.name());
        End { result: code(2, Some(5)), cause: Some(DownCause::Protocol(text)) }
    }
}

impl Tunnel {
    fn session_id(&self, session: u16) -> SessionId {
        SessionId { tunnel: TunnelId(self.id), session }
    }

    fn tell(&self, io: &mut Io, session: u16, what: What<'_>) {
        io.debug(self.prefix(session), what);
    }

    /// Where data of a session goes.
    pub fn path(&self, id: u16) -> Option<DataPath> {
        let session = self.sessions.get(&id)?;
        Some(DataPath {
            id: self.session_id(id),
            remote_tunnel: self.remote_id,
            remote_session: session.remote,
            remote: self.remote,
            local: self.local,
            sequencing: session.sequencing,
            drop_out_of_order: self.config.drop_out_of_order,
            role: session.machine.role(),
        })
    }

    fn free_session(&self, io: &mut Io) -> Option<u16> {
        super::endpoint::free_id(io.cx, Purpose::SessionId, |id| self.sessions.contains_key(&id))
    }

    fn full(&self) -> bool {
        self.config.session_limit.is_some_and(|limit| self.sessions.len() >= usize::from(limit))
    }

    fn insert(&mut self, io: &mut Io, id: u16, mut session: Session) {
        let deadline = io.cx.now + CALL_SETUP;
        session.deadline = Some(deadline);
        self.setups.insert((deadline, id));
        self.sessions.insert(id, session);
    }

    /// LAC: a call came in.
    pub fn call(
        &mut self,
        io: &mut Io,
        label: &str,
        request: CallRequest,
        mut info: ConnectInfo,
    ) -> Option<u16> {
        if self.closing || self.machine != control::State::Established || self.full() {
            return None;
        }
        let id = self.free_session(io)?;
        self.occupy(io);
        info.sequencing_required |= self.config.sequencing;
        // RFC 2661 section 4.4.3: no call with a framing type that the peer has not advertised.
        if info.framing_type & self.peer_framing == 0 && self.peer_framing != 0 {
            info.framing_type = self.peer_framing;
        }
        // The tunnel is open already: the session passes through wait-tunnel.
        let (_, waiting) = lac::transition(lac::State::Idle, lac::Event::BearerRing);
        let session = Session {
            machine: Machine::Lac(waiting),
            remote: 0,
            changed: io.cx.now,
            serial: request.serial,
            label: None,
            sequencing: info.sequencing_required,
            info: Some(Box::new(info)),
            deadline: None,
        };
        self.insert(io, id, session);
        self.tell(io, id, What::SessionFsEnabled);
        self.tell(io, id, What::SessionChange(SessionState::Idle, SessionState::WaitForTunnel));
        self.label(id, label);
        self.tell(io, id, What::CreateSession);
        self.say(io, What::SmState(self.state));
        self.tunnel_open(io, id, request);
        Some(id)
    }

    fn tunnel_open(&mut self, io: &mut Io, id: u16, request: CallRequest) {
        let (_, next) = lac::transition(lac::State::WaitTunnel, lac::Event::TunnelOpen);
        let message = Message::Icrq(Icrq { assigned_session: id, request });
        self.send_about(io, id, 0, &message);
        self.enter_session(io, id, Machine::Lac(next));
    }

    /// LNS: the owner takes a call.
    pub fn accept_call(&mut self, io: &mut Io, id: u16) {
        if self.sessions.get(&id).is_some_and(|s| s.machine == Machine::Lns(lns::State::Idle)) {
            self.tell(io, id, What::SessionFsEnabled);
            self.step(io, id, On::Accepted, End { result: code(2, Some(5)), cause: None });
        }
    }

    /// LNS: the owner refuses a call, and hears nothing more of it.
    pub fn reject_call(&mut self, io: &mut Io, id: u16, result: ResultCode) {
        if self.sessions.get(&id).is_some_and(|s| s.machine == Machine::Lns(lns::State::Idle)) {
            self.step(io, id, On::Refused, End { result, cause: None });
        }
    }

    /// The owner ends a session, and hears nothing more of it.
    pub fn hang_up(&mut self, io: &mut Io, id: u16, result: ResultCode) {
        let on = match self.sessions.get(&id).map(|s| s.machine) {
            None => return,
            Some(Machine::Lns(lns::State::Idle)) => On::Refused,
            Some(Machine::Lac(_) | Machine::Lns(lns::State::WaitConnect | lns::State::Established)) => {
                On::LocalClose
            }
        };
        self.step(io, id, on, End { result, cause: None });
    }

    /// LNS: tells the LAC which ACCMs were agreed with the user: the one to send with, the one to receive with.
    pub fn set_link_info(&mut self, io: &mut Io, id: u16, accm: (u32, u32)) {
        self.tell_peer(io, id, Role::Lns, &Message::Sli(Sli { accm }));
    }

    /// LAC: tells the LNS of the line errors of a call.
    pub fn wan_error(&mut self, io: &mut Io, id: u16, counters: [u32; 6]) {
        self.tell_peer(io, id, Role::Lac, &Message::Wen(Wen { counters }));
    }

    /// Sends a message that changes no state, if the session is established and this end has that role.
    fn tell_peer(&mut self, io: &mut Io, id: u16, role: Role, message: &Message) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.machine.state() == SessionState::Established && session.machine.role() == role {
            let remote = session.remote;
            self.send_about(io, id, remote, message);
        }
    }

    /// Names the interface of a session.
    pub fn label(&mut self, id: u16, label: &str) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.label = Some(label.into());
        }
    }

    /// A message that belongs to a session, or asks for one.
    pub fn on_session_message(&mut self, io: &mut Io, header: ControlHeader, message: Message) {
        let kind = message.message_type();
        if self.machine != control::State::Established {
            // Section 7.1: a message in an improper sequence is invalid and clears the control connection.
            self.trouble(io, Trouble::Unexpected(kind.name(), self.state.name()));
            let text = format!("{} before the control connection is open", kind.name());
            let result = ResultCode { result: 7, error: None, message: Some(text) };
            return self.shutdown(io, super::tunnel::Why::protocol(result));
        }
        let known = self.sessions.contains_key(&header.session);
        match message {
            Message::Icrq(icrq) if header.session == 0 => self.on_icrq(io, icrq),
            Message::Ocrq(ocrq) if header.session == 0 => {
                // This router places no calls: no facilities, for good.
                self.refuse(io, ocrq.assigned_session, code(5, None));
            }
            Message::Cdn(cdn) => self.on_cdn(io, header.session, cdn),
            Message::Icrp(icrp) if known => self.on_icrp(io, header.session, icrp),
            Message::Iccn(iccn) if known => self.on_iccn(io, header.session, iccn),
            Message::Wen(wen) if known => self.on_link_news(io, header.session, |session| Event::WanError {
                session,
                counters: wen.counters,
            }),
            Message::Sli(sli) if known => self
                .on_link_news(io, header.session, |session| Event::SetLinkInfo { session, accm: sli.accm }),
            Message::Icrq(_) if known => self.invalid(io, header.session, kind, On::Icrq),
            // No incoming call takes a message of an outgoing one.
            Message::Ocrq(_) | Message::Ocrp(_) | Message::Occn(_) if known => {
                self.invalid(io, header.session, kind, On::LocalClose);
            }
            Message::Icrq(Icrq { assigned_session, .. })
            | Message::Ocrq(Ocrq { assigned_session, .. })
            | Message::Icrp(Icrp { assigned_session })
            | Message::Ocrp(Ocrp { assigned_session, .. }) => {
                self.unknown(io, header.session, kind, Some(assigned_session));
            }
            Message::Iccn(_) | Message::Occn(_) | Message::Wen(_) | Message::Sli(_) => {
                self.unknown(io, header.session, kind, None);
            }
            // The tunnel keeps its own messages.
            Message::Sccrq(_)
            | Message::Sccrp(_)
            | Message::Scccn(_)
            | Message::StopCcn(_)
            | Message::Hello => {}
        }
    }

    fn on_icrq(&mut self, io: &mut Io, icrq: Icrq) {
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        self.say(io, What::InTunnel(MessageType::Icrq.name(), &name, tunnel));
        if self.full() {
            self.trouble(io, Trouble::SessionLimit(self.config.session_limit.unwrap_or(u16::MAX)));
            return self.refuse(io, icrq.assigned_session, code(4, None));
        }
        let Some(id) = self.free_session(io) else {
            return self.refuse(io, icrq.assigned_session, code(4, None));
        };
        self.occupy(io);
        let session = Session {
            machine: Machine::Lns(lns::State::Idle),
            remote: icrq.assigned_session,
            changed: io.cx.now,
            serial: icrq.request.serial,
            label: None,
            sequencing: self.config.sequencing,
            info: None,
            deadline: None,
        };
        self.insert(io, id, session);
        io.event(Event::CallRequested { session: self.session_id(id), request: icrq.request });
    }

    fn on_icrp(&mut self, io: &mut Io, id: u16, icrp: Icrp) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.machine != Machine::Lac(lac::State::WaitReply) {
            return self.invalid(io, id, MessageType::Icrp, On::Icrp);
        }
        session.remote = icrp.assigned_session;
        self.step(io, id, On::Icrp, End { result: code(2, Some(5)), cause: None });
        self.established(io, id, None);
    }

    fn on_iccn(&mut self, io: &mut Io, id: u16, iccn: Iccn) {
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let remote = session.remote;
        if session.machine != Machine::Lns(lns::State::WaitConnect) {
            return self.invalid(io, id, MessageType::Iccn, On::Iccn);
        }
        session.sequencing |= iccn.info.sequencing_required;
        self.tell(io, id, What::InSession(MessageType::Iccn.name(), &name, tunnel, remote));
        self.step(io, id, On::Iccn, End { result: code(2, Some(5)), cause: None });
        self.established(io, id, Some(iccn.info));
    }

    fn established(&mut self, io: &mut Io, id: u16, info: Option<ConnectInfo>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.info = None;
            if let Some(deadline) = session.deadline.take() {
                self.setups.remove(&(deadline, id));
            }
        }
        if let Some(path) = self.path(id) {
            io.event(Event::SessionUp { session: self.session_id(id), path, info });
        }
    }

    fn on_cdn(&mut self, io: &mut Io, header_session: u16, cdn: Cdn) {
        let Some(id) = self.meant(header_session, cdn.assigned_session) else {
            return self.trouble(io, Trouble::UnknownSession(MessageType::Cdn.name(), header_session));
        };
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        let remote = self.sessions.get(&id).map_or(0, |s| s.remote);
        self.tell(io, id, What::InSession(MessageType::Cdn.name(), &name, tunnel, remote));
        let cause = Some(DownCause::Remote(cdn.result.clone()));
        self.step(io, id, On::Cdn, End { result: cdn.result, cause });
    }

    /// RFC 2661 section 4.4.4, Assigned Session ID: a CDN may come from a peer that does not know our id yet;
    /// then its own tells which session is meant.
    fn meant(&self, header_session: u16, assigned: u16) -> Option<u16> {
        if self.sessions.contains_key(&header_session) {
            return Some(header_session);
        }
        let pending = |id: &&(Instant, u16)| self.sessions.get(&id.1).is_some_and(|s| s.remote == assigned);
        if header_session != 0 || assigned == 0 {
            return None;
        }
        self.setups.iter().find(pending).map(|&(_, id)| id)
    }

    fn on_link_news(&mut self, io: &mut Io, id: u16, event: impl FnOnce(SessionId) -> Event) {
        let open = self.sessions.get(&id).is_some_and(|s| s.machine.state() == SessionState::Established);
        if open {
            io.event(event(self.session_id(id)));
        }
    }

    /// A message for a session that has no row for it.
    fn invalid(&mut self, io: &mut Io, id: u16, kind: MessageType, on: On) {
        let state = self.sessions.get(&id).map_or(SessionState::Idle, |s| s.machine.state());
        self.tell(io, id, What::Trouble(Trouble::Unexpected(kind.name(), state.name())));
        self.step(io, id, on, End::invalid(kind));
    }

    /// A message for a session that does not exist: the idle rows of the tables. A CDN goes where one can.
    fn unknown(&mut self, io: &mut Io, id: u16, kind: MessageType, assigned: Option<u16>) {
        self.unknown_sessions += 1;
        self.trouble(io, Trouble::UnknownSession(kind.name(), id));
        if let Some(assigned) = assigned {
            self.refuse(io, assigned, code(2, Some(5)));
        }
    }

    /// A CDN for a session that this end never had.
    fn refuse(&mut self, io: &mut Io, remote: u16, result: ResultCode) {
        // The AVP needs an id that is not 0, and the peer must not find a living session by it.
        let Some(id) = self.free_session(io) else { return };
        let message = Message::Cdn(Cdn { assigned_session: id, result, cause: None });
        self.send_about(io, 0, remote, &message);
    }

    /// RFC 2661 section 4.1: a fault in a session's message ends the session, if it can be told which.
    pub fn session_fault(&mut self, io: &mut Io, header: ControlHeader, kind: MessageType, fault: Fault) {
        // Before the control connection is open there are no sessions to end: section 7.1.
        if self.machine != control::State::Established {
            return self.shutdown(io, super::tunnel::Why::protocol(fault.result));
        }
        let text = fault.result.message.clone().unwrap_or_else(|| format!("malformed {}", kind.name()));
        let end = End { result: fault.result.clone(), cause: Some(DownCause::Protocol(text)) };
        let meant = match kind {
            MessageType::Cdn => self.meant(header.session, fault.assigned_session.unwrap_or(0)),
            _ => Some(header.session).filter(|id| self.sessions.contains_key(id)),
        };
        if let Some(id) = meant {
            // The CDN finds its way by the id in a reply that is refused.
            if let (Some(session), MessageType::Icrp, Some(assigned)) =
                (self.sessions.get_mut(&id), kind, fault.assigned_session)
                && session.remote == 0
            {
                session.remote = assigned;
            }
            let on = if kind == MessageType::Cdn { On::Cdn } else { self.closing_event(id) };
            return self.step(io, id, on, end);
        }
        match fault.assigned_session {
            Some(_) if kind == MessageType::Cdn => {}
            Some(assigned) => self.refuse(io, assigned, fault.result),
            // Section 7.1: nothing to recover to but a cleared control connection.
            None => self.shutdown(io, super::tunnel::Why::protocol(fault.result)),
        }
    }

    fn closing_event(&self, id: u16) -> On {
        match self.sessions.get(&id).map(|s| s.machine) {
            Some(Machine::Lns(lns::State::Idle)) => On::Refused,
            Some(Machine::Lns(lns::State::WaitConnect | lns::State::Established) | Machine::Lac(_))
            | None => On::LocalClose,
        }
    }

    /// The one place that applies a cell of a session's table.
    fn step(&mut self, io: &mut Io, id: u16, on: On, end: End) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (actions, next) = session.machine.step(on);
        for action in actions {
            match action {
                Action::SendIcrp => self.send_icrp(io, id, next),
                Action::SendIccn => self.send_iccn(io, id, next),
                Action::PrepareData => self.enter_session(io, id, next),
                Action::SendCdn => self.send_cdn(io, id, end.result.clone()),
                Action::CleanUp => self.destroy(io, id, end.cause.clone()),
                // Sent by `tunnel_open`, which has what it says; the tunnel is open.
                Action::SendIcrq | Action::OpenTunnel => {}
                Action::SendSccrq
                | Action::SendSccrp
                | Action::SendScccn
                | Action::SendStopCcn
                | Action::TunnelOpen
                | Action::Requeue
                | Action::SendOcrq
                | Action::SendOcrp
                | Action::SendOccn
                | Action::OpenBearer => {}
            }
        }
    }

    fn send_icrp(&mut self, io: &mut Io, id: u16, next: Machine) {
        self.enter_session(io, id, next);
        self.tell(io, id, What::NewSession);
        let remote = self.sessions.get(&id).map_or(0, |s| s.remote);
        self.send_about(io, id, remote, &Message::Icrp(Icrp { assigned_session: id }));
    }

    fn send_iccn(&mut self, io: &mut Io, id: u16, next: Machine) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (remote, info) = (session.remote, session.info.take().unwrap_or_default());
        self.send_about(io, id, remote, &Message::Iccn(Iccn { info: *info }));
        self.enter_session(io, id, next);
    }

    fn send_cdn(&mut self, io: &mut Io, id: u16, result: ResultCode) {
        let remote = self.sessions.get(&id).map_or(0, |s| s.remote);
        let message = Message::Cdn(Cdn { assigned_session: id, result, cause: None });
        self.send_about(io, id, remote, &message);
    }

    /// `id` is 0 for a session that this end never had.
    fn send_about(&mut self, io: &mut Io, id: u16, remote: u16, message: &Message) {
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        self.tell(io, id, What::OutSession(message.message_type().name(), &name, tunnel, remote));
        self.send(io, remote, id, message);
    }

    fn enter_session(&mut self, io: &mut Io, id: u16, machine: Machine) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = session.machine.state();
        session.machine = machine;
        if machine.state() != before {
            session.changed = io.cx.now;
            self.tell(io, id, What::SessionChange(before, machine.state()));
        }
    }

    fn destroy(&mut self, io: &mut Io, id: u16, cause: Option<DownCause>) {
        let Some(machine) = self.sessions.get(&id).map(|s| s.machine) else { return };
        // A call that was refused before it had a session has nothing to destroy.
        if machine.state() != SessionState::Idle {
            self.tell(io, id, What::DestroyingSession);
            self.tell(io, id, What::SessionChange(machine.state(), SessionState::Idle));
            self.tell(io, id, What::ReleasingIdb(self.id, self.remote_id, id));
        }
        if let Some(deadline) = self.sessions.remove(&id).and_then(|s| s.deadline) {
            self.setups.remove(&(deadline, id));
        }
        if let Some(cause) = cause {
            io.event(Event::SessionDown { session: self.session_id(id), cause });
        }
        self.unsettled |= self.sessions.is_empty();
    }

    /// Every session goes with its tunnel.
    pub fn destroy_sessions(&mut self, io: &mut Io, cause: &DownCause) {
        while let Some((&id, _)) = self.sessions.first_key_value() {
            self.destroy(io, id, Some(cause.clone()));
        }
    }

    /// Ends the sessions whose set-up took too long. CDN result 10: not established within the time allotted.
    pub fn expire_sessions(&mut self, io: &mut Io) {
        while let Some(&(due, id)) = self.setups.first() {
            if due > io.cx.now {
                return;
            }
            self.setups.remove(&(due, id));
            self.tell(io, id, What::Trouble(Trouble::SetupTimeout));
            let on = self.closing_event(id);
            self.step(io, id, on, End { result: code(10, None), cause: Some(DownCause::Timeout) });
        }
    }
}
