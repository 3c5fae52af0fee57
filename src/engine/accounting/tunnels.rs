//! Tunnels and the sessions in them, RFC 2867.

use super::{Link, Plan, TunnelAccount};
use crate::config::views::AccountingService;
use crate::engine::Engine;
use crate::engine::aaa::accounting::{Class, EndCause, Status, Subject, Usage};
use crate::engine::io::InterfaceId;
use crate::engine::registry::SessionTunnel;
use crate::engine::views::session_of;
use crate::proto::l2tp::{DownCause, Role, SessionId, TunnelId, TunnelRequest};

impl Engine {
    /// The list of `vpdn tunnel accounting network` or `vpdn session accounting network`.
    fn tunnel_plan(&mut self, list: Option<String>) -> Option<Plan> {
        let list = list?;
        self.plan(AccountingService::Network, Some(&list), 0, "vpdn")
    }

    /// Acct-Tunnel-Connection of a port's session: its Call Serial Number, which both ends know.
    pub(in crate::engine) fn connection(&self, id: InterfaceId) -> String {
        let session = self.ports.get(&id).and_then(session_of);
        let serial = session.and_then(|session| self.l2tp.serial(session));
        serial.map(|serial| serial.to_string()).unwrap_or_default()
    }

    /// A tunnel as its records describe it.
    fn described(&self, id: TunnelId) -> Option<SessionTunnel> {
        let mut tunnel = self.session_tunnel(SessionId { tunnel: id, session: 0 })?;
        if let Some(view) = self.l2tp.tunnel(id) {
            tunnel.remote_tunnel = view.remote_id;
            if !view.local.is_unspecified() {
                tunnel.local = view.local;
            }
        }
        Some(tunnel)
    }

    /// A tunnel is up.
    pub(in crate::engine) fn account_tunnel_start(&mut self, id: TunnelId) {
        let list = self.config.vpdn.tunnel_accounting.clone();
        let plan = self.tunnel_plan(list);
        // Links name their tunnel in each case.
        if plan.is_none() && (self.config.vpdn.session_accounting.is_none() || self.accounts.closed) {
            return;
        }
        let Some(tunnel) = self.described(id) else { return };
        let starts = plan.as_ref().is_some_and(|plan| plan.records.starts());
        let account = TunnelAccount::new(plan, self.registry.number(), self.core.now, tunnel);
        if starts {
            self.tunnel_record(&account, Status::TunnelStart, None);
        }
        self.accounts.tunnels.insert(id, Box::new(account));
    }

    /// A tunnel that was up is down. Its sessions are over, or about to be.
    pub(in crate::engine) fn account_tunnel_stop(&mut self, id: TunnelId, cause: EndCause) {
        let Some(mut account) = self.accounts.tunnels.remove(&id) else { return };
        for port in std::mem::take(&mut account.carries) {
            account.usage += self.usage(port);
            account.add_lost(self.lost(port));
            // Its link outlives the tunnel by a moment.
            if let Some(link) = self.accounts.ports.get_mut(&port).and_then(|port| port.link.as_mut()) {
                link.multi = Some((account.number, account.links));
            }
        }
        self.tunnel_record(&account, Status::TunnelStop, Some(cause));
    }

    /// A tunnel did not come about. `remote_id` is what the peer calls it, as far as it has said so.
    pub(in crate::engine) fn account_tunnel_reject(&mut self, id: TunnelId, remote_id: u16, cause: EndCause) {
        if let Some(tunnel) = self.described(id) {
            self.tunnel_rejected(SessionTunnel { remote_tunnel: remote_id, ..tunnel }, cause);
        }
    }

    /// A peer asked for a tunnel, and nothing here takes it.
    pub(in crate::engine) fn account_peer_refused(&mut self, id: TunnelId, request: &TunnelRequest) {
        let tunnel = SessionTunnel {
            role: Role::Lns,
            id: SessionId { tunnel: id, session: 0 },
            remote_tunnel: self.l2tp.tunnel(id).map_or(0, |view| view.remote_id),
            remote_session: 0,
            local_name: self.config.hostname.as_str().into(),
            remote_name: request.host_name.clone(),
            local: request.local,
            remote: request.remote.ip(),
            assignment: None,
            private_group: None,
        };
        self.tunnel_rejected(tunnel, EndCause::Authentication);
    }

    fn tunnel_rejected(&mut self, tunnel: SessionTunnel, cause: EndCause) {
        let list = self.config.vpdn.tunnel_accounting.clone();
        let Some(plan) = self.tunnel_plan(list) else { return };
        let account = TunnelAccount::new(Some(plan), self.registry.number(), self.core.now, tunnel);
        self.tunnel_record(&account, Status::TunnelReject, Some(cause));
    }

    /// A tunnel is the multilink session of its links: its stop bears Acct-Multi-Session-Id and Acct-Link-Count as
    /// theirs do (RFC 2867 section 3.2). Acct-Tunnel-Packets-Lost is in the stops of tunnels and links of which somebody
    /// knows: where data came with sequence numbers, and in no other record.
    fn tunnel_record(&mut self, account: &TunnelAccount, status: Status, cause: Option<EndCause>) {
        let Some(plan) = &account.plan else { return };
        // The peer of a tunnel is who uses it.
        let user = account.tunnel.remote_name.clone();
        let stops = status == Status::TunnelStop;
        let subject = Subject {
            multi: stops.then_some((account.number, account.links)),
            tunnel: Some((&account.tunnel, &account.connection)),
            lost: account.lost.filter(|_| stops),
            usage: stops.then_some(account.usage),
            time: stops.then(|| self.core.now.duration_since(account.since)),
            end: cause.map(|cause| self.end(cause)),
            ..Subject::new(self.nas_address(), &user, account.number)
        };
        self.submit(plan, status, Class::Tunnel, subject, 0);
    }

    /// A session of a tunnel is established on a port.
    pub(in crate::engine) fn account_link_start(&mut self, id: InterfaceId, session: SessionId) {
        if let Some(tunnel) = self.accounts.tunnels.get_mut(&session.tunnel) {
            tunnel.carries.insert(id);
            tunnel.links = tunnel.links.saturating_add(1);
            self.accounts.ports.entry(id).or_default().carried_by = Some(session.tunnel);
        }
        let list = self.config.vpdn.session_accounting.clone();
        let Some(plan) = self.tunnel_plan(list) else { return };
        let Some(tunnel) = self.session_tunnel(session) else { return };
        let link = Link {
            number: self.link_number(id),
            multi: self.accounts.tunnels.get(&session.tunnel).map(|t| (t.number, t.links)),
            since: self.core.now,
            connection: self.connection(id),
            nas: self.user_nas(Some(&tunnel)),
            tunnel,
            plan,
        };
        if link.plan.records.starts() {
            self.link_record(id, &link, Status::LinkStart, None, None);
        }
        self.accounts.ports.entry(id).or_default().link = Some(link);
    }

    /// The session of a port is over.
    pub(super) fn account_link_stop(&mut self, id: InterfaceId, cause: EndCause) {
        let (usage, lost) = (self.usage(id), self.lost(id));
        let Some(account) = self.accounts.ports.get_mut(&id) else { return };
        let (mut link, carried_by) = (account.link.take(), account.carried_by.take());
        if let Some(tunnel) = carried_by.and_then(|t| self.accounts.tunnels.get_mut(&t)) {
            // A tunnel of the same number may have come since.
            if tunnel.carries.remove(&id) {
                tunnel.usage += usage;
                tunnel.add_lost(lost);
                if let Some(link) = &mut link {
                    link.multi = Some((tunnel.number, tunnel.links));
                }
            }
        }
        if let Some(link) = link {
            self.link_record(id, &link, Status::LinkStop, Some(usage), Some(cause));
        }
    }

    /// A session, known by its Call Serial Number, did not come about. `port` is the access interface of a LAC; where
    /// there is none, `user` is all that is known of the caller.
    pub(in crate::engine) fn account_link_reject(
        &mut self,
        port: Option<InterfaceId>,
        (session, serial): (SessionId, Option<u32>),
        user: &str,
        cause: EndCause,
    ) {
        let list = self.config.vpdn.session_accounting.clone();
        let Some(plan) = self.tunnel_plan(list) else { return };
        let Some(tunnel) = self.session_tunnel(session) else { return };
        let connection = serial.map(|s| s.to_string()).unwrap_or_default();
        let number = self.registry.number();
        let place = port.and_then(|id| self.aaa_port(id));
        let user = port.map_or_else(|| user.into(), |id| self.accounted_user(id));
        let subject = Subject {
            port: place.as_ref(),
            tunnel: Some((&tunnel, &connection)),
            end: Some(self.end(cause)),
            ..Subject::new(self.nas_address(), &user, number)
        };
        let unique = place.as_ref().map_or(0, |p| p.unique);
        self.submit(&plan, Status::LinkReject, Class::Link, subject, unique);
    }

    fn link_record(
        &mut self,
        id: InterfaceId,
        link: &Link,
        status: Status,
        usage: Option<Usage>,
        cause: Option<EndCause>,
    ) {
        let Some(port) = self.aaa_port(id) else { return };
        let user = self.accounted_user(id);
        let lost = self.lost(id);
        let subject = Subject {
            port: Some(&port),
            multi: link.multi,
            tunnel: Some((&link.tunnel, &link.connection)),
            lost: lost.filter(|_| status == Status::LinkStop),
            usage,
            time: usage.map(|_| self.core.now.duration_since(link.since)),
            end: cause.map(|cause| self.end(cause)),
            ..Subject::new(link.nas, &user, link.number)
        };
        self.submit(&link.plan, status, Class::Link, subject, port.unique);
    }

    /// Packets that did not come in, which only sequence numbers tell.
    fn lost(&self, id: InterfaceId) -> Option<u32> {
        let port = self.ports.get(&id)?;
        let counters = match port.access() {
            Some(access) => access.forwarded.as_ref()?,
            None => &self.interfaces.get(id)?.counters,
        };
        let lost = counters.lost.load(std::sync::atomic::Ordering::Relaxed);
        // The top bit: data came with sequence numbers.
        (lost & crate::engine::traffic::SEQUENCED != 0)
            .then(|| u32::try_from(lost & !crate::engine::traffic::SEQUENCED).unwrap_or(u32::MAX))
    }
}

/// What ended a session or a tunnel, in the terms of its records.
pub(in crate::engine) fn end_cause(cause: &DownCause) -> EndCause {
    match cause {
        // CDN, RFC 2661 section 4.4.2.
        DownCause::Remote(code) | DownCause::Local(code) => match code.result {
            1 => EndCause::TunnelCarrier,
            3 => EndCause::TunnelAdmin,
            _ => EndCause::NasError,
        },
        DownCause::Timeout | DownCause::PeerRestarted | DownCause::LostTie => EndCause::LostService,
        DownCause::Authentication => EndCause::Authentication,
        DownCause::Protocol(_) => EndCause::NasError,
    }
}

/// What ended a tunnel: the result codes of a StopCCN mean other things than those of a CDN.
pub(in crate::engine) fn tunnel_end_cause(cause: &DownCause) -> EndCause {
    match cause {
        DownCause::Remote(code) | DownCause::Local(code) => match code.result {
            // A general request to clear, and "the requester is being shut down".
            1 => EndCause::TunnelAdmin,
            6 => EndCause::LostService,
            4 => EndCause::Authentication,
            _ => EndCause::NasError,
        },
        DownCause::Timeout
        | DownCause::PeerRestarted
        | DownCause::LostTie
        | DownCause::Authentication
        | DownCause::Protocol(_) => end_cause(cause),
    }
}
