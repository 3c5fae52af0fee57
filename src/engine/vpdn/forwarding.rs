//! The session of a call in its tunnel: asked for, up, refused, ended by the LNS or by the call itself.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::connect::connect_info;
use super::lac::Lac;
use super::select::makes_busy;
use super::targets::Targets;
use super::{events, result};
use crate::engine::Engine;
use crate::engine::aaa::accounting::EndCause;
use crate::engine::core::Work;
use crate::engine::debug::{Vpdn as VpdnDebug, VpdnEvent};
use crate::engine::io::{Counters, DataSession, ForwardCommand, InterfaceId};
use crate::engine::traffic::Counts;
use crate::proto::Purpose;
use crate::proto::l2tp::{CallRequest, DataPath, DownCause, MessageType, ResultCode, SessionId, TunnelId};

/// A call that goes into a session: what is left of its set-up.
pub(crate) struct Forwarded {
    pub session: SessionId,
    lns: Option<Ipv4Addr>,
    /// The vpdn-group that it counts for.
    pub(super) group: Option<Arc<str>>,
    /// Private Group ID, for its records.
    pub(super) private_group: Option<Arc<str>>,
}

impl Engine {
    /// The tunnel of a call is up: its session begins.
    pub(crate) fn start_session(&mut self, id: InterfaceId, tunnel: TunnelId) {
        let Some(Lac::Tunnel(mut targets, _)) = self.take_lac(id, Lac::waits, Lac::Failed) else { return };
        let serial = self.next_serial();
        targets.serial = serial;
        let interface = self.interfaces.get(id).map(|i| &i.name);
        let channel = interface.map(|name| super::port_number(&name.unit));
        let name = interface.map(ToString::to_string);
        let Some(port) = self.ports.get(&id) else { return };
        let Some(access) = port.access() else { return };
        let request = CallRequest {
            serial,
            bearer_type: Some(if access.digital { 1 } else { 2 }),
            calling_number: access.calling.clone(),
            called_number: Some(access.called.clone()).filter(|c| !c.is_empty()),
            physical_channel: channel.filter(|_| self.config.vpdn.physical_channel),
            nas_port: name,
            ..CallRequest::default()
        };
        let group = targets.definition.private_group.as_deref();
        let mut info = connect_info(access, &port.link.proxy_lcp(), group);
        let (tx_speed, rx_speed) = targets.definition.speeds;
        info.tx_speed = tx_speed.unwrap_or(info.tx_speed);
        info.rx_speed = rx_speed.or(info.rx_speed);
        let label = port.label.clone();
        match self.l2tp.call(&mut self.core.cx(), tunnel, &label, request, info) {
            Some(session) => {
                self.vpdn.sessions.insert(session, id);
                self.set_lac(id, Lac::Session(targets, session));
            }
            None => {
                self.unload_targets(&targets);
                self.next_tunnel(id, targets);
            }
        }
    }

    fn next_serial(&mut self) -> u32 {
        let serial = match self.vpdn.serial {
            Some(serial) => serial,
            None => self.core.entropy().u32(Purpose::CallSerialNumber),
        };
        self.vpdn.serial = Some(serial.wrapping_add(1));
        serial
    }

    /// A session that was counted does not come about, or is over.
    fn unload(&mut self, lns: Option<Ipv4Addr>, group: Option<&str>) {
        if let Some(group) = group {
            self.leave(group);
        }
        if let Some(lns) = lns
            && let Some(load) = self.vpdn.loads.get_mut(&lns)
        {
            *load = load.saturating_sub(1);
            if *load == 0 {
                self.vpdn.loads.remove(&lns);
            }
        }
    }

    pub(super) fn unload_targets(&mut self, targets: &Targets) {
        self.unload(targets.lns(), targets.definition.group.as_deref());
    }

    /// The session of a call is established: its frames go through it, and what set it up is forgotten.
    pub(crate) fn lac_session_up(&mut self, id: InterfaceId, path: DataPath) {
        let asked = |lac: &Lac| matches!(lac, Lac::Session(..));
        let Some(Lac::Session(targets, session)) = self.take_lac(id, asked, Lac::Failed) else { return };
        let (counters, lns) = (Arc::<Counters>::default(), targets.lns());
        let group = targets.definition.group.clone();
        let private_group = targets.definition.private_group.clone();
        if let Some(port) = self.ports.get_mut(&id) {
            port.cleared = Counts::default();
            if let Some(access) = port.access_mut() {
                access.credentials = None;
                access.forwarded = Some(counters.clone());
                let forwarded = Forwarded { session, lns, group, private_group };
                access.lac = Lac::Forwarded(Box::new(forwarded));
            }
        }
        self.vpdn.counters.sessions += 1;
        let heard = self.l2tp.heard(path.id.tunnel);
        self.core
            .forward(ForwardCommand::Splice { port: id, session: DataSession { path, counters, heard } });
        self.account_link_start(id, session);
        self.account_start(id);
        self.watch_line(id);
        if let Some(lns) = lns {
            self.answers(lns);
        }
    }

    /// The LNS or the tunnel has ended the session of a call.
    pub(super) fn lac_session_down(&mut self, id: InterfaceId, cause: &DownCause, closed_by: MessageType) {
        match self.take_lac(id, |lac| lac.session().is_some(), Lac::Failed) {
            Some(Lac::Session(targets, session)) => {
                self.setup_refused(id, targets, session, cause, closed_by);
            }
            Some(Lac::Forwarded(forwarded)) => {
                let Forwarded { session, lns, group, .. } = *forwarded;
                self.note_end(id, events::ended_by(cause, closed_by));
                self.unload(lns, group.as_deref());
                let (kind, reason) = events::describe(cause, closed_by);
                self.vpdn_debug(id, VpdnEvent::Closed(&reason));
                self.record(id, None, (None, lns), Some(session), (kind, &reason));
                self.vpdn_debug(id, VpdnEvent::Reset);
                self.core.later(Work::DropCall(id));
            }
            Some(_) | None => {}
        }
    }

    /// A session did not come about.
    fn setup_refused(
        &mut self,
        id: InterfaceId,
        mut targets: Box<Targets>,
        session: SessionId,
        cause: &DownCause,
        closed_by: MessageType,
    ) {
        let (kind, reason) = events::describe(cause, closed_by);
        let user = self.ports.get(&id).map_or_else(|| "".into(), |p| p.user.clone());
        let ended = events::ended_by(cause, closed_by);
        self.account_link_reject(Some(id), (session, Some(targets.serial)), &user, ended);
        self.unload_targets(&targets);
        self.vpdn_debug(id, VpdnEvent::Closed(&reason));
        self.record_targets(id, &targets, Some(session), (kind, &reason));
        targets.failure = Some((kind, reason));
        if let Some(lns) = targets.lns()
            && makes_busy(cause, closed_by, targets.definition.busy_disconnect)
        {
            self.leave_alone(lns, targets.definition.settings.busy);
            self.vpdn_debug(id, VpdnEvent::Busy(lns));
        }
        // An LNS closes a tunnel that has had no session for a while; a call that was on its way opens another one.
        if closed_by == MessageType::StopCcn
            && matches!(cause, DownCause::Remote(ResultCode { result: 1, .. }))
        {
            targets.try_again();
        }
        self.set_lac(id, Lac::Next(targets));
        self.core.later(Work::NextTunnel(id));
    }

    /// The call itself is over: it leaves its session or the tunnel that it waits for.
    pub(crate) fn leave_tunnel(&mut self, id: InterfaceId, label: &str, lac: Lac, ended: Option<EndCause>) {
        let debug = |engine: &mut Engine, event| engine.core.debug(&VpdnDebug { label, event });
        let over = match lac {
            Lac::Session(targets, session) => {
                self.unload_targets(&targets);
                Some(session)
            }
            Lac::Forwarded(forwarded) => {
                self.unload(forwarded.lns, forwarded.group.as_deref());
                Some(forwarded.session)
            }
            Lac::Tunnel(targets, tunnel) => {
                debug(self, VpdnEvent::Cleanup);
                self.unload_targets(&targets);
                if let Some(tunnel) = self.vpdn.tunnels.get_mut(&tunnel) {
                    tunnel.waiting.retain(|waiting| *waiting != id);
                }
                None
            }
            Lac::Screening(_) | Lac::Lookup(_) | Lac::Authenticating(_) | Lac::Next(_) | Lac::Failed => {
                debug(self, VpdnEvent::Cleanup);
                None
            }
            Lac::Idle | Lac::Local => None,
        };
        if let Some(session) = over {
            debug(self, VpdnEvent::Cleanup);
            debug(self, VpdnEvent::Reset);
            self.vpdn.sessions.remove(&session);
            let code = if ended.is_some_and(administrative) { 3 } else { 1 };
            self.l2tp.hang_up(&mut self.core.cx(), session, result(code, Some(0)));
        }
    }
}

/// Whether this router ended the call of its own accord (RFC 2661 section 4.4.2, CDN: 3, not 1).
const fn administrative(cause: EndCause) -> bool {
    match cause {
        EndCause::IdleTimeout
        | EndCause::SessionTimeout
        | EndCause::AdminReset
        | EndCause::TunnelAdmin
        | EndCause::ServerRequest
        | EndCause::AdminReboot => true,
        EndCause::UserRequest
        | EndCause::Pap
        | EndCause::Chap
        | EndCause::UserExit
        | EndCause::LostCarrier
        | EndCause::TunnelCarrier
        | EndCause::LostService
        | EndCause::PortError
        | EndCause::NasError
        | EndCause::Negotiation
        | EndCause::Authentication => false,
    }
}
