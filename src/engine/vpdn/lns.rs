//! The LNS's side: which peers and calls are taken, by which vpdn-group.

use std::net::IpAddr;
use std::sync::Arc;

use super::history::{FailureType, HistoryEntry};
use super::{Incoming, Tunnel, lookup, result, secret, tunnel_config};
use crate::config::views::{
    InterfaceConfig, InterfaceKind, InterfaceName, L2tpSettings, RouterConfig, VpdnGroup,
};
use crate::engine::Engine;
use crate::engine::aaa::accounting::EndCause;
use crate::engine::debug::VpdnPort;
use crate::engine::syslog::Syslog;
use crate::proto::l2tp::{
    CallRequest, ConnectInfo, DataPath, ResultCode, Role, SessionId, TunnelId, TunnelRequest,
};

/// How a tunnel is taken.
pub(super) struct Taking {
    /// The vpdn-group.
    pub group: Option<String>,
    /// Our Host Name AVP.
    pub local_name: String,
    /// What its sessions are cloned from, if AAA says so; else the group does.
    pub template: Option<u32>,
    /// How it behaves, the password included.
    pub settings: L2tpSettings,
}

impl Taking {
    /// As a vpdn-group says.
    pub fn by_group(group: &VpdnGroup, config: &RouterConfig) -> Taking {
        Taking {
            group: Some(group.name.clone()),
            local_name: group.local_name.clone().unwrap_or_else(|| config.hostname.clone()),
            template: None,
            settings: group.l2tp.clone(),
        }
    }

    /// With the defaults.
    pub fn plain(config: &RouterConfig) -> Taking {
        let settings = L2tpSettings::default();
        Taking { group: None, local_name: config.hostname.clone(), template: None, settings }
    }
}

/// Why a call is not taken.
enum Refusal {
    Softshut,
    Limit,
    NoTemplate,
}

/// Failure reason of a peer that no group accepts; this project's wording.
const NO_GROUP: &str = "No vpdn-group accepts this peer";

impl Engine {
    /// A peer asks for a tunnel.
    pub(crate) fn tunnel_requested(&mut self, id: TunnelId, request: &TunnelRequest) {
        if self.ask_peer(id, request) {
            return;
        }
        let config = self.config.clone();
        let group = lookup::accepting(&config, &request.host_name).filter(|_| config.vpdn.enable);
        self.take_tunnel(id, request, group.map(|group| Taking::by_group(group, &config)));
    }

    /// Takes the tunnel of a peer, or refuses it.
    pub(super) fn take_tunnel(&mut self, id: TunnelId, request: &TunnelRequest, taking: Option<Taking>) {
        let Some(taking) = taking else {
            self.vpdn.counters.refused_tunnels += 1;
            self.core.debug(&VpdnPort::NoGroup { peer: &request.host_name });
            let addresses = (request.local, request.remote.ip());
            let hostname = self.config.hostname.clone();
            let names = (request.host_name.as_str(), hostname.as_str());
            self.note_refused_tunnel(names, addresses, (FailureType::Other, NO_GROUP));
            self.account_peer_refused(id, request);
            self.l2tp.reject_tunnel(&mut self.core.cx(), id, result(4, None));
            return;
        };
        let Taking { group, local_name, template, settings } = taking;
        let names = [request.host_name.as_str(), local_name.as_str()];
        let secret = secret(&settings, &self.config.aaa.users, &names);
        let config = tunnel_config(&self.config, &settings, Role::Lns, &local_name, secret);
        let tunnel = Tunnel {
            role: Role::Lns,
            group: group.as_deref().map(Arc::from),
            template,
            local_name: local_name.into(),
            key: None,
            remote_name: request.host_name.clone(),
            expected_name: None,
            established: false,
            lns: None,
            addresses: (request.local, request.remote.ip()),
            waiting: Vec::new(),
            busy: settings.busy,
            busy_disconnect: false,
        };
        self.vpdn.tunnels.insert(id, tunnel);
        self.l2tp.accept_tunnel(&mut self.core.cx(), id, config);
    }

    /// Notes a tunnel of a LAC (its name and ours, our address and its own) that did not come up. It has no user and no
    /// id that would say anything: a LAC that tries again and again is one entry that counts.
    pub(super) fn note_refused_tunnel(
        &mut self,
        (nas, gateway): (&str, &str),
        (ours, theirs): (IpAddr, IpAddr),
        (kind, reason): (FailureType, &str),
    ) {
        self.vpdn.history.add(HistoryEntry {
            user: String::new(),
            session: 0,
            tunnel: 0,
            nas: nas.to_owned(),
            nas_address: Some(theirs),
            gateway: gateway.to_owned(),
            gateway_address: Some(ours),
            time: self.core.now,
            count: 1,
            kind,
            reason: reason.to_owned(),
        });
    }

    /// A LAC has a call.
    pub(crate) fn call_requested(&mut self, session: SessionId, request: CallRequest) {
        let tunnel = self.vpdn.tunnels.get(&session.tunnel);
        let (group, template) = tunnel.map_or((None, None), |t| (t.group.clone(), t.template));
        match self.judge(group.as_deref(), template) {
            Ok(template) => {
                let group = group.unwrap_or_else(|| "".into());
                self.join(&group);
                let incoming = Incoming { request: Box::new(request), group, template };
                self.vpdn.incoming.insert(session, incoming);
                self.l2tp.accept_call(&mut self.core.cx(), session);
            }
            Err(refusal) => {
                let code = self.note_refused_call(session, &request, refusal);
                self.l2tp.reject_call(&mut self.core.cx(), session, code);
            }
        }
    }

    /// The template of a new call, or why it is refused: what AAA said of the tunnel, else what the group says now.
    fn judge(&self, group: Option<&str>, template: Option<u32>) -> Result<u32, Refusal> {
        if self.config.vpdn.softshut || !self.config.vpdn.enable {
            return Err(Refusal::Softshut);
        }
        let group = group.and_then(|name| self.config.groups.iter().find(|g| g.name == name));
        let of_group = group.and_then(|g| g.accept_dialin.as_ref()).and_then(|a| a.virtual_template);
        let template = template.or(of_group).ok_or(Refusal::NoTemplate)?;
        if self.template(template).is_none() {
            return Err(Refusal::NoTemplate);
        }
        if self.is_full() || group.is_some_and(|g| self.is_group_full(&g.name)) {
            return Err(Refusal::Limit);
        }
        Ok(template)
    }

    /// The configuration of a Virtual-Template that is not shut down.
    fn template(&self, number: u32) -> Option<Arc<InterfaceConfig>> {
        let name = InterfaceName::new(InterfaceKind::VirtualTemplate, number.to_string());
        let interface = self.interfaces.get(self.interfaces.find(&name)?)?;
        (!interface.config.shutdown).then(|| interface.config.clone())
    }

    /// Notes a call that is not taken. What the CDN says.
    fn note_refused_call(
        &mut self,
        session: SessionId,
        request: &CallRequest,
        refusal: Refusal,
    ) -> ResultCode {
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
                Refusal::Softshut => Syslog::Softshut { role: "HGW", name: &name, user: &user },
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
        let user = request.calling_number.as_deref().unwrap_or_default();
        let serial = self.l2tp.serial(session);
        self.account_link_reject(None, (session, serial), user, EndCause::NasError);
        ResultCode { result: 4, error: Some(4), message: Some(reason.to_owned()) }
    }

    /// The ICCN has come: a Virtual-Access is made for the call.
    pub(crate) fn lns_session_up(&mut self, session: SessionId, path: DataPath, info: ConnectInfo) {
        let Some(incoming) = self.vpdn.incoming.remove(&session) else { return };
        let Some(config) = self.template(incoming.template) else {
            self.leave(&incoming.group);
            let code = self.note_refused_call(session, &incoming.request, Refusal::NoTemplate);
            self.l2tp.hang_up(&mut self.core.cx(), session, code);
            return;
        };
        self.vpdn.counters.sessions += 1;
        self.create_vaccess(session, path, incoming, config, info);
    }
}
