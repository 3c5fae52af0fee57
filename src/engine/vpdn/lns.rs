//! The LNS's side: which peers and calls are taken, by which vpdn-group.

use std::sync::Arc;

use super::history::{FailureType, HistoryEntry};
use super::{Incoming, Tunnel, lookup, result, secret, tunnel_config};
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::Engine;
use crate::engine::debug::VpdnPort;
use crate::engine::syslog::Syslog;
use crate::proto::l2tp::{CallRequest, ConnectInfo, DataPath, Role, SessionId, TunnelId, TunnelRequest};

/// Why a call is not taken.
enum Refusal {
    Softshut,
    Limit,
    NoTemplate,
}

impl Engine {
    /// A peer asks for a tunnel.
    pub(crate) fn tunnel_requested(&mut self, id: TunnelId, request: &TunnelRequest) {
        let config = self.config.clone();
        let group = lookup::accepting(&config, &request.host_name).filter(|_| config.vpdn.enable);
        let Some(group) = group else {
            self.vpdn.counters.refused_tunnels += 1;
            self.core.debug(&VpdnPort::NoGroup { peer: &request.host_name });
            self.l2tp.reject_tunnel(&mut self.core.cx(), id, result(4, None));
            return;
        };
        let local_name = group.local_name.as_deref().unwrap_or(&config.hostname);
        let names = [request.host_name.as_str(), local_name];
        let secret = secret(&group.l2tp, &config.aaa.users, &names);
        let settings = tunnel_config(&config, &group.l2tp, Role::Lns, local_name, secret);
        let tunnel = Tunnel {
            role: Role::Lns,
            group: Some(group.name.as_str().into()),
            local_name: local_name.into(),
            key: None,
            remote_name: request.host_name.clone(),
            established: false,
            lns: None,
            addresses: (request.local, request.remote.ip()),
            waiting: Vec::new(),
            busy: group.l2tp.busy,
            sessions: 0,
        };
        self.vpdn.tunnels.insert(id, tunnel);
        self.l2tp.accept_tunnel(&mut self.core.cx(), id, settings);
    }

    /// A LAC has a call.
    pub(crate) fn call_requested(&mut self, session: SessionId, request: CallRequest) {
        let group = self.vpdn.tunnels.get(&session.tunnel).and_then(|t| t.group.clone());
        match self.judge(group.as_deref()) {
            Ok(template) => {
                let group = group.unwrap_or_else(|| "".into());
                *self.vpdn.group_sessions.entry(group.clone()).or_insert(0) += 1;
                let incoming = Incoming { request: Box::new(request), group, template };
                self.vpdn.incoming.insert(session, incoming);
                self.l2tp.accept_call(&mut self.core.cx(), session);
            }
            Err(refusal) => self.refuse_call(session, &request, refusal),
        }
    }

    /// The template of a new call of this group, or why it is refused.
    fn judge(&self, group: Option<&str>) -> Result<u32, Refusal> {
        if self.config.vpdn.softshut || !self.config.vpdn.enable {
            return Err(Refusal::Softshut);
        }
        let group = group.and_then(|name| self.config.groups.iter().find(|g| g.name == name));
        let template = group.and_then(|g| g.accept_dialin.as_ref()).and_then(|a| a.virtual_template);
        let template = template.ok_or(Refusal::NoTemplate)?;
        let name = InterfaceName::new(InterfaceKind::VirtualTemplate, template.to_string());
        let template_up = self
            .interfaces
            .find(&name)
            .and_then(|id| self.interfaces.get(id))
            .is_some_and(|i| !i.config.shutdown);
        if !template_up {
            return Err(Refusal::NoTemplate);
        }
        if self.over_limit(group.map(|g| g.name.as_str())) {
            return Err(Refusal::Limit);
        }
        Ok(template)
    }

    fn refuse_call(&mut self, session: SessionId, request: &CallRequest, refusal: Refusal) {
        self.vpdn.counters.refused_sessions += 1;
        let (kind, reason) = match refusal {
            Refusal::Softshut => (FailureType::Softshut, "softshut is on"),
            Refusal::Limit => (FailureType::SessionLimit, "session-limit exceeded"),
            Refusal::NoTemplate => (FailureType::NoResources, "no virtual template"),
        };
        let tunnel = self.vpdn.tunnels.get(&session.tunnel);
        let addresses = tunnel.map(|t| t.addresses);
        let peer = tunnel.map(|t| t.remote_name.clone()).unwrap_or_default();
        let name: Arc<str> = tunnel.map_or_else(|| "".into(), |t| t.local_name.clone());
        // The user is not known before the ICCN: the number that calls stands for it.
        let user = request.calling_number.clone().unwrap_or_else(|| "unknown".to_owned());
        if self.config.vpdn.logging.enable {
            let line = match refusal {
                Refusal::Softshut => Syslog::Softshut { name: &name, user: &user },
                Refusal::Limit => Syslog::SessionLimit { name: &name, user: &user },
                Refusal::NoTemplate => Syslog::NoResource { name: &name, what: reason, user: &user },
            };
            self.core.syslog(&line);
        }
        if matches!(refusal, Refusal::Softshut) {
            self.core.debug(&VpdnPort::Softshut { peer: &peer });
        }
        self.vpdn.history.add(HistoryEntry {
            user,
            session: session.session,
            tunnel: session.tunnel.0,
            nas: peer,
            nas_address: addresses.map(|(_, remote)| remote),
            gateway: name.to_string(),
            gateway_address: addresses.map(|(local, _)| local),
            time: self.core.now,
            count: 1,
            kind,
            reason: reason.to_owned(),
        });
        let code =
            crate::proto::l2tp::ResultCode { result: 4, error: Some(4), message: Some(reason.to_owned()) };
        self.l2tp.reject_call(&mut self.core.cx(), session, code);
    }

    /// The ICCN has come: a Virtual-Access is made for the call.
    pub(crate) fn lns_session_up(&mut self, session: SessionId, path: DataPath, info: ConnectInfo) {
        if let Some(incoming) = self.vpdn.incoming.remove(&session) {
            self.vpdn.counters.sessions += 1;
            if let Some(tunnel) = self.vpdn.tunnels.get_mut(&session.tunnel) {
                tunnel.sessions += 1;
            }
            self.create_vaccess(session, path, incoming, info);
        }
    }
}
