//! What the L2TP endpoint reports, and what `clear vpdn` and configuration changes do to it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::history::{FailureType, HistoryEntry};
use super::select::makes_busy;
use super::{Tunnel, result};
use crate::engine::Engine;
use crate::engine::aaa::accounting::EndCause;
use crate::engine::accounting::{end_cause, tunnel_end_cause};
use crate::engine::core::{Pending, Work};
use crate::engine::io::{Action, HostRequest, InterfaceId, Socket};
use crate::engine::ports::Side;
use crate::engine::syslog::Syslog;
use crate::engine::views::session_of;
use crate::proto::l2tp::debug::DataDebug;
use crate::proto::l2tp::prefix::Prefix;
use crate::proto::l2tp::result::result_text;
use crate::proto::l2tp::{self, DownCause, Event, MessageType, PORT, Role, SessionId, TunnelId};

/// Which tunnels `clear vpdn tunnel` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelSelector {
    /// All of them.
    All,
    /// Our tunnel id.
    Id(u16),
    /// The peer's host name and, if given, ours.
    Hostname(String, Option<String>),
    /// The peer's address.
    RemoteAddress(IpAddr),
    /// Our address.
    LocalAddress(IpAddr),
}

/// Which sessions `clear vpdn session` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionSelector {
    /// All of them.
    All,
    /// Our tunnel id and session id.
    Id(u16, u16),
    /// The interface that a session belongs to.
    Interface(crate::config::views::InterfaceName),
    /// The user.
    User(String),
}

impl Engine {
    /// A data message that `forward` shows, because a debug asks for it.
    pub(crate) fn data_seen(&mut self, port: InterfaceId, inbound: bool, bytes: &[u8]) {
        let Some((label, id)) = self.ports.get(&port).and_then(|p| Some((p.label.clone(), session_of(p)?)))
        else {
            return;
        };
        let prefix = Prefix::Session { label: Some(&label), tunnel: id.tunnel.0, session: id.session };
        for dumped in [true, false] {
            self.core.debug(&DataDebug { prefix, inbound, bytes, dumped });
        }
    }

    /// Something that the L2TP endpoint puts out.
    pub(crate) fn l2tp_output(&mut self, output: l2tp::Output) {
        match output {
            l2tp::Output::Transmit { local, remote, bytes } => {
                self.core.act(Action::Datagram { socket: Socket::L2tp, local, remote, bytes });
            }
            l2tp::Output::Event(event) => self.l2tp_event(event),
        }
    }

    fn l2tp_event(&mut self, event: Event) {
        match event {
            Event::TunnelRequested { tunnel, request } => self.tunnel_requested(tunnel, &request),
            Event::TunnelUp { tunnel, remote_name } => self.tunnel_up(tunnel, remote_name),
            Event::TunnelDown { tunnel, remote_id, cause } => self.tunnel_down(tunnel, remote_id, &cause),
            Event::CallRequested { session, request } => self.call_requested(session, request),
            Event::SessionUp { session, path, info } => match self.vpdn.sessions.get(&session) {
                Some(id) => self.lac_session_up(*id, path),
                None => self.lns_session_up(session, path, info.unwrap_or_default()),
            },
            Event::SessionDown { session, cause } => self.session_down(session, &cause),
            Event::SetLinkInfo { session, accm: (send, _) } => self.lac_link_info(session, send),
            Event::WanError { session, counters } => self.vaccess_line_errors(session, counters),
            Event::L2f { peer } => {
                if self.config.vpdn.logging.enable {
                    self.core.syslog(&Syslog::L2f { peer });
                }
            }
        }
    }

    fn tunnel_up(&mut self, id: TunnelId, remote_name: String) {
        let Some(tunnel) = self.vpdn.tunnels.get_mut(&id) else { return };
        tunnel.remote_name = remote_name;
        if let Some(expected) = tunnel.expected_name.clone().filter(|name| **name != *tunnel.remote_name) {
            return self.wrong_name(id, &expected);
        }
        tunnel.established = true;
        let (lns, waiting) = (tunnel.lns, std::mem::take(&mut tunnel.waiting));
        self.vpdn.counters.tunnels += 1;
        if let Some(lns) = lns {
            self.answers(lns);
        }
        self.account_tunnel_start(id);
        for port in waiting {
            self.start_session(port, id);
        }
    }

    fn tunnel_down(&mut self, id: TunnelId, remote_id: u16, cause: &DownCause) {
        let established = self.vpdn.tunnels.get(&id).is_some_and(|t| t.established);
        match established {
            true => self.account_tunnel_stop(id, tunnel_end_cause(cause)),
            false => self.account_tunnel_reject(id, remote_id, tunnel_end_cause(cause)),
        }
        self.vpdn.cleared.remove(&id);
        let Some(tunnel) = self.vpdn.tunnels.remove(&id) else { return self.forget_peer(id) };
        // A tunnel that had gone silent may have been replaced meanwhile: its end says nothing about the LNS.
        let replaced = tunnel.key.as_ref().is_some_and(|key| self.vpdn.outgoing.get(key) != Some(&id));
        if let Some(key) = tunnel.key.as_ref().filter(|_| !replaced) {
            self.vpdn.outgoing.remove(key);
        }
        if let Some(lns) = tunnel.lns.filter(|_| !replaced)
            && (makes_busy(cause, tunnel.busy_disconnect)
                || !tunnel.established && matches!(cause, DownCause::Remote(_)))
        {
            self.leave_alone(lns, tunnel.busy);
        }
        let (kind, mut reason) = describe(cause, MessageType::StopCcn);
        if let (DownCause::Timeout, IpAddr::V4(source)) = (cause, tunnel.addresses.0)
            && !source.is_unspecified()
            && !self.is_own_address(source)
        {
            reason = format!("The source {source} is no address of this router");
        }
        self.log_tunnel_down(&tunnel, cause);
        let refused =
            matches!(cause, DownCause::Authentication | DownCause::Remote(_) | DownCause::Protocol(_));
        if tunnel.role == Role::Lns && !tunnel.established && refused {
            let names = (tunnel.remote_name.as_str(), &*tunnel.local_name);
            self.note_refused_tunnel(names, tunnel.addresses, (kind, &reason));
        }
        for port in tunnel.waiting {
            self.lac_tunnel_failed(port, cause, (kind, &reason));
        }
    }

    /// `vpdn logging`: a tunnel did not come up, or was lost.
    fn log_tunnel_down(&mut self, tunnel: &Tunnel, cause: &DownCause) {
        let logging = self.config.vpdn.logging;
        if logging.enable && !tunnel.established {
            match (cause, tunnel.lns) {
                (DownCause::Authentication, _) => {
                    let peer = if tunnel.remote_name.is_empty() { "unknown" } else { &tunnel.remote_name };
                    let role = if tunnel.role == Role::Lac { "NAS" } else { "HGW" };
                    let name = &tunnel.local_name;
                    let what = "Invalid key";
                    self.core.syslog(&Syslog::TunnelAuthentication { role, name, peer, what });
                }
                (DownCause::Timeout, Some(lns)) => self.core.syslog(&Syslog::Unreachable { lns }),
                _unlogged => {}
            }
        }
        let lost = matches!(cause, DownCause::Timeout | DownCause::PeerRestarted | DownCause::Protocol(_));
        if logging.tunnel_drop && tunnel.established && lost {
            let line = Syslog::TunnelDrop { name: &tunnel.local_name, peer: &tunnel.remote_name };
            self.core.syslog(&line);
        }
    }

    fn session_down(&mut self, session: SessionId, cause: &DownCause) {
        let Some(id) = self.vpdn.sessions.remove(&session) else {
            self.lns_call_gone(session);
            return;
        };
        // The result codes of a StopCCN, which takes its sessions along, mean other things than those of a CDN.
        let alone = self.l2tp.tunnel(session.tunnel).is_some();
        let closed_by = if alone { MessageType::Cdn } else { MessageType::StopCcn };
        self.note_end(id, if alone { end_cause(cause) } else { tunnel_end_cause(cause) });
        match self.ports.get(&id).map(|p| &p.side) {
            Some(Side::Access(_)) => {
                self.log_closed(session, id, cause, closed_by);
                self.lac_session_down(id, cause, closed_by);
            }
            Some(Side::Vaccess(_)) => {
                self.log_closed(session, id, cause, closed_by);
                self.vaccess_session_down(id, session);
            }
            None => {}
        }
    }

    /// `vpdn logging`: who closed which session, with what result.
    fn log_closed(&mut self, session: SessionId, id: InterfaceId, cause: &DownCause, closed_by: MessageType) {
        let logging = self.config.vpdn.logging;
        let DownCause::Remote(code) = cause else { return };
        if !(logging.enable && (logging.remote || logging.user)) {
            return;
        }
        let Some(tunnel) = self.vpdn.tunnels.get(&session.tunnel) else { return };
        let Some(port) = self.ports.get(&id) else { return };
        let (_, reason) = describe(cause, closed_by);
        let line = Syslog::Closed {
            role: if tunnel.role == Role::Lac { "LNS" } else { "LAC" },
            peer: &tunnel.remote_name,
            interface: &port.label,
            user: &port.user,
            result: code.result,
            error: code.error.unwrap_or(0),
            reason: &reason,
        };
        self.core.syslog(&line);
    }

    /// Notes a failed call of a LAC: by its name, or that of its tunnel, and by its address and the LNS's.
    pub(crate) fn record(
        &mut self,
        id: InterfaceId,
        name: Option<&str>,
        (source, lns): (Option<Ipv4Addr>, Option<Ipv4Addr>),
        session: Option<SessionId>,
        (kind, reason): (FailureType, &str),
    ) {
        let tunnel = session.and_then(|s| self.vpdn.tunnels.get(&s.tunnel));
        let entry = HistoryEntry {
            user: self.ports.get(&id).map(|p| p.user.to_string()).unwrap_or_default(),
            session: session.map_or(0, |s| s.session),
            tunnel: session.map_or(0, |s| s.tunnel.0),
            nas: name.or(tunnel.map(|t| &*t.local_name)).unwrap_or_default().to_owned(),
            nas_address: tunnel.map(|t| t.addresses.0).or(source.map(IpAddr::V4)),
            gateway: tunnel.map(|t| t.remote_name.clone()).unwrap_or_default(),
            gateway_address: lns.map(IpAddr::V4),
            time: self.core.now,
            count: 1,
            kind,
            reason: reason.to_owned(),
        };
        self.vpdn.history.add(entry);
    }

    /// A session of a group begins, or waits for its tunnel.
    pub(super) fn join(&mut self, group: &Arc<str>) {
        let count = self.vpdn.group_sessions.entry(group.clone()).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// A session of a group is over.
    pub(crate) fn leave(&mut self, group: &str) {
        if let Some(count) = self.vpdn.group_sessions.get_mut(group) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.vpdn.group_sessions.remove(group);
            }
        }
    }

    /// Whether one more session would break `vpdn session-limit`.
    pub(super) fn is_full(&self) -> bool {
        self.config.vpdn.session_limit.is_some_and(|limit| {
            // A call that waits for its tunnel has no session yet and will have one all the same.
            let tunnels = self.vpdn.outgoing.values().filter_map(|id| self.vpdn.tunnels.get(id));
            let waiting: usize = tunnels.map(|t| t.waiting.len()).sum();
            let total = self.vpdn.sessions.len() + self.vpdn.incoming.len() + waiting;
            total as u64 >= u64::from(limit)
        })
    }

    /// Whether one more session would break the `session-limit` of its group.
    pub(super) fn is_group_full(&self, group: &str) -> bool {
        let limit = self.config.groups.iter().find(|g| g.name == group).and_then(|g| g.session_limit);
        let taken = self.vpdn.group_sessions.get(group).copied().unwrap_or(0);
        limit.is_some_and(|limit| taken >= limit)
    }

    /// Clears tunnels with their sessions: StopCCN, result 1. How many there were.
    pub(crate) fn clear_tunnels(&mut self, selector: &TunnelSelector, code: u16) -> usize {
        let chosen: Vec<TunnelId> = self
            .l2tp
            .tunnels()
            .into_iter()
            .filter(|t| match selector {
                TunnelSelector::All => true,
                TunnelSelector::Id(id) => t.id.0 == *id,
                TunnelSelector::Hostname(remote, local) => {
                    t.remote_name == *remote && local.as_ref().is_none_or(|l| t.local_name == *l)
                }
                TunnelSelector::RemoteAddress(address) => t.remote.ip() == *address,
                TunnelSelector::LocalAddress(address) => t.local == *address,
            })
            .map(|t| t.id)
            .collect();
        for tunnel in &chosen {
            self.l2tp.shutdown(&mut self.core.cx(), *tunnel, result(code, None));
        }
        chosen.len()
    }

    /// Clears the tunnels of vpdn-groups that are no more.
    pub(crate) fn clear_groups(&mut self, names: &[&str]) {
        let gone: Vec<TunnelId> = self
            .vpdn
            .tunnels
            .iter()
            .filter(|(_, t)| t.group.as_deref().is_some_and(|g| names.contains(&g)))
            .map(|(id, _)| *id)
            .collect();
        for tunnel in gone {
            self.l2tp.shutdown(&mut self.core.cx(), tunnel, result(1, None));
        }
    }

    /// Clears sessions: CDN, result 3. How many there were.
    pub(crate) fn clear_sessions(&mut self, selector: &SessionSelector) -> usize {
        let by_name = match selector {
            SessionSelector::Interface(name) => self.interfaces.find(name),
            SessionSelector::All | SessionSelector::Id(..) | SessionSelector::User(_) => None,
        };
        let mut chosen: Vec<InterfaceId> = self
            .vpdn
            .sessions
            .iter()
            .filter(|(session, port)| match selector {
                SessionSelector::All => true,
                SessionSelector::Id(tunnel, id) => session.tunnel.0 == *tunnel && session.session == *id,
                SessionSelector::Interface(_) => by_name == Some(**port),
                SessionSelector::User(user) => self.ports.get(port).is_some_and(|p| *p.user == **user),
            })
            .map(|(_, port)| *port)
            .collect();
        chosen.sort_unstable();
        for id in &chosen {
            match self.ports.get(id).map(|p| &p.side) {
                Some(Side::Access(_)) => {
                    self.note_end(*id, EndCause::TunnelAdmin);
                    self.core.later(Work::DropCall(*id));
                }
                Some(Side::Vaccess(_)) => self.clear_vaccess(*id),
                None => {}
            }
        }
        chosen.len()
    }

    /// Opens or closes port 1701 as `vpdn enable` says. It closes when the last StopCCN is through.
    pub(crate) fn settle_socket(&mut self) {
        let enable = self.config.vpdn.enable;
        if enable && !self.vpdn.socket {
            self.vpdn.socket = true;
            let request = HostRequest::OpenSocket { socket: Socket::L2tp, port: PORT };
            self.core.ask(request, Pending::Socket(Socket::L2tp));
        } else if !enable && self.vpdn.socket && self.l2tp.is_quiet() {
            self.vpdn.socket = false;
            self.core.ask(HostRequest::CloseSocket { socket: Socket::L2tp }, Pending::Socket(Socket::L2tp));
        }
    }
}

/// A cause in the words of the history table. `closed_by` is the message whose result code it may have: that of a tunnel
/// means other things than that of a session.
pub(crate) fn describe(cause: &DownCause, closed_by: MessageType) -> (FailureType, String) {
    match cause {
        DownCause::Local(code) => (FailureType::Other, reason(code, closed_by)),
        DownCause::Remote(code) => (FailureType::PeerClosed, reason(code, closed_by)),
        DownCause::Timeout => (FailureType::Unreachable, "The remote server did not answer".to_owned()),
        DownCause::Authentication => {
            (FailureType::TunnelAuthentication, "Tunnel authentication failed".to_owned())
        }
        DownCause::Protocol(text) => (FailureType::Other, text.clone()),
        DownCause::PeerRestarted => (FailureType::PeerClosed, "The remote server has restarted".to_owned()),
        DownCause::LostTie => (FailureType::Other, "Another tunnel of the same peers won".to_owned()),
    }
}

/// The message of a Result Code AVP, else the meaning of its code (RFC 2661 section 4.4.2). The words for result 3 of a
/// CDN are IOS's, as recalled.
fn reason(code: &l2tp::ResultCode, closed_by: MessageType) -> String {
    let message = code.message.as_deref().filter(|message| !message.is_empty());
    match (message, closed_by, code.result) {
        (Some(message), ..) => message,
        (None, MessageType::Cdn, 3) => "Administrative intervention",
        (None, ..) => result_text(Some(closed_by), code.result),
    }
    .to_owned()
}
