//! The LAC's side of a call: looking its tunnel up, opening or sharing it, one session per call, failover.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::history::FailureType;
use super::lookup::{self, Definition, Lns, LookupKey};
use super::{Tunnel, TunnelKey, result, secret, tunnel_config};
use crate::engine::Engine;
use crate::engine::core::Work;
use crate::engine::debug::{Vpdn as VpdnDebug, VpdnEvent};
use crate::engine::io::{Counters, DataSession, ForwardCommand, InterfaceId};
use crate::engine::isdn::Call;
use crate::engine::syslog::Syslog;
use crate::engine::traffic::Counts;
use crate::proto::Purpose;
use crate::proto::l2tp::{
    CallRequest, ConnectInfo, DataPath, PORT, ProxyAuthType, Role, SessionId, TunnelId,
};
use crate::proto::ppp::{AuthProtocol, Credentials, Phase, Proof};

/// An access interface: the call, and what VPDN does with it.
pub(crate) struct Access {
    pub called: String,
    pub calling: Option<String>,
    pub speed: u32,
    pub digital: bool,
    pub outgoing: bool,
    /// Dial on demand: the interface whose traffic placed the call.
    pub dialer: Option<InterfaceId>,
    /// What the user sent to authenticate, kept for the LNS.
    pub credentials: Option<Credentials>,
    /// The identifier that it came under.
    pub authentication_id: Option<u8>,
    /// How many line errors the LNS has been told of.
    pub reported_errors: u32,
    pub lac: Lac,
}

/// Where an access interface stands with VPDN.
#[derive(Default)]
pub(crate) enum Lac {
    /// Not looked up.
    #[default]
    Idle,
    /// AAA is being asked for the first of these keys.
    Lookup(VecDeque<LookupKey>),
    /// AAA authenticates the user before the call is forwarded.
    Authenticating(Box<Targets>),
    /// No tunnel: PPP ends here.
    Local,
    /// Waits for this tunnel to come up.
    Tunnel(Box<Targets>, TunnelId),
    /// Has this session.
    Session(Box<Targets>, SessionId),
    /// Out of targets: the call is about to be dropped.
    Failed,
}

/// The LNSs of a call that are still to be tried.
pub(crate) struct Targets {
    left: Vec<(Arc<Definition>, Lns)>,
    /// The one that is being tried or used.
    pub definition: Arc<Definition>,
    pub current: Option<Ipv4Addr>,
    /// The session has been up: a failure now ends the call.
    up: bool,
}

impl Lac {
    /// The session of the call.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Lac::Session(_, session) => Some(*session),
            Lac::Idle
            | Lac::Lookup(_)
            | Lac::Authenticating(_)
            | Lac::Local
            | Lac::Tunnel(..)
            | Lac::Failed => None,
        }
    }
}

impl Access {
    pub fn new(of: &Call) -> Self {
        Access {
            called: of.called.clone(),
            calling: of.calling.clone(),
            speed: of.speed,
            digital: of.digital,
            outgoing: of.outgoing,
            dialer: of.dialer,
            credentials: None,
            authentication_id: None,
            reported_errors: 0,
            lac: Lac::Idle,
        }
    }
}

impl Engine {
    /// Whether VPDN may still take the call of this port.
    pub(crate) fn wants_tunnel(&self, id: InterfaceId) -> bool {
        self.config.vpdn.enable
            && self
                .ports
                .get(&id)
                .and_then(|p| p.access())
                .is_some_and(|a| !a.outgoing && matches!(a.lac, Lac::Idle))
    }

    fn vpdn_debug(&mut self, id: InterfaceId, event: VpdnEvent<'_>) {
        if let Some(label) = self.ports.get(&id).map(|p| p.label.clone()) {
            self.core.debug(&VpdnDebug { label: &label, event });
        }
    }

    /// The user of an incoming call has named itself: its tunnel is looked up.
    pub(crate) fn lac_claimed(&mut self, id: InterfaceId, credentials: Credentials) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let (user, authentication_id) = (port.user.clone(), port.link.authentication_id());
        let Some(access) = port.access_mut() else { return };
        access.credentials = Some(credentials);
        access.authentication_id = authentication_id;
        self.look_up(id, &user);
    }

    /// An incoming call without authentication is up: its tunnel is looked up by number.
    pub(crate) fn lac_ready(&mut self, id: InterfaceId) {
        self.look_up(id, "");
    }

    fn look_up(&mut self, id: InterfaceId, user: &str) {
        let Some(called) = self.ports.get(&id).and_then(|p| p.access()).map(|a| a.called.clone()) else {
            return;
        };
        let keys: VecDeque<LookupKey> = lookup::keys(&self.config, &called, user).into();
        if keys.is_empty() || !self.can_look_up() {
            self.no_tunnel(id);
            return;
        }
        self.set_lac(id, Lac::Lookup(keys));
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.seek_forward(&mut self.core.cx());
        }
        let event = if called.is_empty() { VpdnEvent::GotNoDnis } else { VpdnEvent::GotDnis(&called) };
        self.vpdn_debug(id, event);
        self.look_up_next(id);
    }

    /// Whether anything could answer a look-up.
    fn can_look_up(&self) -> bool {
        self.config.groups.iter().any(|g| g.request_dialin.is_some()) || self.aaa_has_tunnels()
    }

    fn set_lac(&mut self, id: InterfaceId, lac: Lac) -> Lac {
        match self.ports.get_mut(&id).and_then(|p| p.access_mut()) {
            Some(access) => std::mem::replace(&mut access.lac, lac),
            None => Lac::Idle,
        }
    }

    /// Tries the next key: the vpdn-groups at once, then AAA.
    fn look_up_next(&mut self, id: InterfaceId) {
        while let Lac::Lookup(keys) = self.set_lac(id, Lac::Idle) {
            let Some(key) = keys.front().cloned() else { break };
            let text = key.text();
            self.set_lac(id, Lac::Lookup(keys));
            self.vpdn_debug(id, VpdnEvent::LookingFor(&text));
            if let Some(definition) = lookup::local(&self.config, &key) {
                self.found(id, vec![definition]);
                return;
            }
            if self.ask_tunnel(id, &text) {
                return;
            }
            self.vpdn_debug(id, VpdnEvent::NoTunnelInfo(&text));
            self.drop_key(id);
        }
        self.no_tunnel(id);
    }

    fn drop_key(&mut self, id: InterfaceId) {
        if let Some(Lac::Lookup(keys)) =
            self.ports.get_mut(&id).and_then(|p| p.access_mut()).map(|a| &mut a.lac)
        {
            keys.pop_front();
        }
    }

    /// The key that is being looked up.
    pub(crate) fn looking_for(&self, id: InterfaceId) -> Option<String> {
        match &self.ports.get(&id)?.access()?.lac {
            Lac::Lookup(keys) => keys.front().map(LookupKey::text),
            Lac::Idle
            | Lac::Authenticating(_)
            | Lac::Local
            | Lac::Tunnel(..)
            | Lac::Session(..)
            | Lac::Failed => None,
        }
    }

    /// AAA has answered a look-up.
    pub(crate) fn tunnel_answer(&mut self, id: InterfaceId, mut definitions: Vec<Definition>) {
        if self.looking_for(id).is_none() {
            return;
        }
        definitions.retain(|d| !d.lns.is_empty());
        if definitions.is_empty() {
            if let Some(key) = self.looking_for(id) {
                self.vpdn_debug(id, VpdnEvent::NoTunnelInfo(&key));
            }
            self.drop_key(id);
            self.look_up_next(id);
        } else {
            self.found(id, definitions);
        }
        self.drive(id);
    }

    /// Nobody knows a tunnel for the call: PPP ends here.
    fn no_tunnel(&mut self, id: InterfaceId) {
        self.set_lac(id, Lac::Local);
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.link.keep(&mut self.core.cx());
        match port.access_mut().and_then(|a| a.credentials.take()) {
            Some(credentials) => self.authenticate(id, credentials),
            None if port.link.view().phase == Phase::Up => self.link_up(id),
            None => {}
        }
    }

    /// The call has a tunnel.
    fn found(&mut self, id: InterfaceId, definitions: Vec<Definition>) {
        let Some(access) = self.ports.get(&id).and_then(|p| p.access()) else { return };
        let credentials = access.credentials.clone();
        let definitions: Vec<Arc<Definition>> = definitions.into_iter().map(Arc::new).collect();
        let Some(definition) = definitions.first().cloned() else { return };
        let group = definition.group.as_deref().and_then(|n| self.config.groups.iter().find(|g| g.name == n));
        let first = self.config.vpdn.authen_before_forward || group.is_some_and(|g| g.authen_before_forward);
        let limited = self.over_limit(definition.group.as_deref());
        let left = definitions.iter().flat_map(|d| d.lns.iter().map(|l| (d.clone(), *l))).collect();
        let targets = Box::new(Targets { left, definition, current: None, up: false });
        match credentials {
            _ if limited => {
                self.lac_failed(id, targets, FailureType::SessionLimit, "session-limit exceeded");
            }
            Some(credentials) if first => {
                self.set_lac(id, Lac::Authenticating(targets));
                if let Some(port) = self.ports.get_mut(&id) {
                    port.link.keep(&mut self.core.cx());
                }
                self.authenticate(id, credentials);
            }
            _ => self.forward_call(id, targets),
        }
    }

    /// The frames of the call go into a tunnel from now on.
    fn forward_call(&mut self, id: InterfaceId, targets: Box<Targets>) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.forward(&mut self.core.cx());
        }
        let definition = targets.definition.clone();
        self.vpdn_debug(id, VpdnEvent::GotTunnelInfo(&definition.key));
        self.vpdn_debug(id, VpdnEvent::InfoLac(&definition.local_name));
        self.vpdn_debug(id, VpdnEvent::InfoBusyDisconnect);
        if definition.settings.password.is_some() {
            self.vpdn_debug(id, VpdnEvent::InfoPassword);
        }
        let addresses: Vec<Ipv4Addr> = targets.left.iter().map(|(_, l)| l.address).collect();
        self.vpdn_debug(id, VpdnEvent::InfoAddresses(&addresses));
        for (index, (_, lns)) in targets.left.iter().enumerate() {
            let Lns { address, priority, .. } = *lns;
            self.vpdn_debug(id, VpdnEvent::Level { level: 1, index, address, priority });
        }
        self.next_tunnel(id, targets);
    }

    /// AAA has passed the user: if the call is to be forwarded, it is now. False when PPP ends here.
    pub(crate) fn lac_authenticated(&mut self, id: InterfaceId) -> bool {
        match self.set_lac(id, Lac::Local) {
            Lac::Authenticating(targets) => {
                self.forward_call(id, targets);
                true
            }
            other @ (Lac::Idle
            | Lac::Lookup(_)
            | Lac::Local
            | Lac::Tunnel(..)
            | Lac::Session(..)
            | Lac::Failed) => {
                self.set_lac(id, other);
                false
            }
        }
    }

    /// The best LNS that is left: priority, not busy, least loaded, configured order.
    fn pick(&self, targets: &mut Targets) -> Option<(Arc<Definition>, Lns)> {
        let now = self.core.now;
        let rank = |l: &Lns| {
            let busy = self.vpdn.busy.get(&l.address).is_some_and(|until| *until > now);
            let load = self.vpdn.loads.get(&l.address).copied().unwrap_or(0);
            (busy, l.priority, load)
        };
        let (at, _) = targets.left.iter().enumerate().min_by_key(|(_, (_, l))| rank(l))?;
        Some(targets.left.remove(at))
    }

    /// Sends the call to the best LNS that is left.
    pub(crate) fn next_tunnel(&mut self, id: InterfaceId, mut targets: Box<Targets>) {
        while let Some((definition, lns)) = self.pick(&mut targets) {
            targets.definition = definition;
            let load = self.vpdn.loads.get(&lns.address).copied().unwrap_or(0);
            if lns.limit.is_some_and(|limit| load >= limit) {
                self.vpdn_debug(id, VpdnEvent::LimitReached(lns.address));
                continue;
            }
            let Lns { address, priority, .. } = lns;
            let key = targets.definition.tunnel_key(address);
            let existing = self.vpdn.outgoing.get(&key).copied();
            self.vpdn_debug(id, VpdnEvent::Select { active: existing.is_some(), address, priority });
            targets.current = Some(address);
            let tunnel = existing.unwrap_or_else(|| self.open_tunnel(&targets.definition, address, key));
            self.vpdn_debug(id, VpdnEvent::FindProcess);
            self.vpdn_debug(id, VpdnEvent::ForwardTo(address));
            self.vpdn_debug(id, VpdnEvent::Pending);
            self.vpdn_debug(id, VpdnEvent::ProcessCreated);
            self.set_protocol(id, true);
            *self.vpdn.loads.entry(address).or_insert(0) += 1;
            let up = self.vpdn.tunnels.get_mut(&tunnel).is_some_and(|t| {
                t.sessions += 1;
                if !t.established {
                    t.waiting.push(id);
                }
                t.established
            });
            self.set_lac(id, Lac::Tunnel(targets, tunnel));
            if up {
                self.start_session(id, tunnel);
            }
            return;
        }
        self.lac_failed(id, targets, FailureType::Unreachable, "No LNS could be reached");
    }

    fn open_tunnel(&mut self, definition: &Definition, address: Ipv4Addr, key: TunnelKey) -> TunnelId {
        let names = [definition.local_name.as_str()];
        let secret = secret(&definition.settings, &self.config.aaa.users, &names);
        let config =
            tunnel_config(&self.config, &definition.settings, Role::Lac, &definition.local_name, secret);
        let source = definition.source.or_else(|| self.egress(address));
        let local = IpAddr::V4(source.unwrap_or(Ipv4Addr::UNSPECIFIED));
        let remote = SocketAddr::from((address, PORT));
        let tunnel = self.l2tp.connect(&mut self.core.cx(), config, local, remote);
        let entry = Tunnel {
            role: Role::Lac,
            group: definition.group.as_deref().map(Arc::from),
            local_name: key.local_name.clone(),
            key: Some(key.clone()),
            remote_name: String::new(),
            established: false,
            lns: Some(address),
            addresses: (local, remote.ip()),
            waiting: Vec::new(),
            busy: definition.settings.busy,
            sessions: 0,
        };
        self.vpdn.tunnels.insert(tunnel, entry);
        self.vpdn.outgoing.insert(key, tunnel);
        tunnel
    }

    /// The tunnel of a call is up: its session begins.
    pub(crate) fn start_session(&mut self, id: InterfaceId, tunnel: TunnelId) {
        let Lac::Tunnel(targets, _) = self.set_lac(id, Lac::Failed) else { return };
        let serial = self.next_serial();
        let name = self.interfaces.get(id).map(|i| i.name.to_string());
        let Some(port) = self.ports.get(&id) else { return };
        let Some(access) = port.access() else { return };
        let request = CallRequest {
            serial,
            bearer_type: Some(if access.digital { 1 } else { 2 }),
            calling_number: access.calling.clone(),
            called_number: Some(access.called.clone()).filter(|c| !c.is_empty()),
            nas_port: name,
            ..CallRequest::default()
        };
        let info = connect_info(access, &port.link.proxy_lcp());
        let label = port.label.clone();
        match self.l2tp.call(&mut self.core.cx(), tunnel, &label, request, info) {
            Some(session) => {
                self.vpdn.sessions.insert(session, id);
                self.set_lac(id, Lac::Session(targets, session));
            }
            None => {
                self.unload(tunnel, targets.current);
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
    fn unload(&mut self, tunnel: TunnelId, lns: Option<Ipv4Addr>) {
        if let Some(tunnel) = self.vpdn.tunnels.get_mut(&tunnel) {
            tunnel.sessions = tunnel.sessions.saturating_sub(1);
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

    /// The session of a call is established: its frames go through it.
    pub(crate) fn lac_session_up(&mut self, id: InterfaceId, path: DataPath) {
        let counters = Arc::<Counters>::default();
        if let Some(port) = self.ports.get_mut(&id) {
            port.forwarded = counters.clone();
            port.cleared = Counts::default();
        }
        if let Some(Lac::Session(targets, _)) =
            self.ports.get_mut(&id).and_then(|p| p.access_mut()).map(|a| &mut a.lac)
        {
            targets.up = true;
            self.vpdn.counters.sessions += 1;
            let heard = self.l2tp.heard(path.id.tunnel);
            let session = DataSession { path, counters, heard };
            self.core.forward(ForwardCommand::Splice { port: id, session });
            self.watch_line(id);
        }
    }

    /// The LNS or the tunnel has ended the session of a call.
    pub(crate) fn lac_session_down(&mut self, id: InterfaceId, kind: FailureType, reason: &str) {
        let Lac::Session(targets, session) = self.set_lac(id, Lac::Failed) else { return };
        self.unload(session.tunnel, targets.current);
        self.vpdn_debug(id, VpdnEvent::Closed(reason));
        if targets.up {
            self.vpdn_debug(id, VpdnEvent::Reset);
            self.record(id, &targets, Some(session), kind, reason);
            self.core.later(Work::DropCall(id));
        } else {
            self.record(id, &targets, Some(session), kind, reason);
            self.set_lac(id, Lac::Tunnel(targets, session.tunnel));
            self.core.later(Work::NextTunnel(id));
        }
    }

    /// The tunnel that a call waited for did not come up.
    pub(crate) fn lac_tunnel_failed(&mut self, id: InterfaceId, kind: FailureType, reason: &str) {
        let Lac::Tunnel(targets, tunnel) = self.set_lac(id, Lac::Failed) else { return };
        self.unload(tunnel, targets.current);
        if let Some(address) = targets.current {
            self.vpdn_debug(id, VpdnEvent::Unreachable(address));
        }
        self.record(id, &targets, None, kind, reason);
        self.set_lac(id, Lac::Tunnel(targets, tunnel));
        self.core.later(Work::NextTunnel(id));
    }

    /// Work: the call tries the next LNS.
    pub(crate) fn retry_tunnel(&mut self, id: InterfaceId) {
        match self.set_lac(id, Lac::Failed) {
            Lac::Tunnel(targets, _) => self.next_tunnel(id, targets),
            other @ (Lac::Idle
            | Lac::Lookup(_)
            | Lac::Authenticating(_)
            | Lac::Local
            | Lac::Session(..)
            | Lac::Failed) => {
                self.set_lac(id, other);
            }
        }
    }

    /// No LNS takes the call: it is dropped.
    fn lac_failed(&mut self, id: InterfaceId, targets: Box<Targets>, kind: FailureType, reason: &str) {
        self.set_lac(id, Lac::Failed);
        if self.config.vpdn.logging.enable
            && let (Some(port), Some(interface)) = (self.ports.get(&id), self.interfaces.get(id))
        {
            let line = Syslog::Authorization {
                name: &targets.definition.local_name,
                interface: &interface.label,
                user: &port.user,
                reason,
            };
            self.core.syslog(&line);
        }
        if targets.current.is_none() {
            self.record(id, &targets, None, kind, reason);
        }
        self.vpdn_debug(id, VpdnEvent::Closed(reason));
        self.core.later(Work::DropCall(id));
    }

    /// The call itself is over: it leaves its session or the tunnel that it waits for.
    pub(crate) fn leave_tunnel(&mut self, id: InterfaceId, label: &str, lac: Lac) {
        let debug = |engine: &mut Engine, event| engine.core.debug(&VpdnDebug { label, event });
        match lac {
            Lac::Session(targets, session) => {
                debug(self, VpdnEvent::Cleanup);
                debug(self, VpdnEvent::Reset);
                self.vpdn.sessions.remove(&session);
                self.unload(session.tunnel, targets.current);
                self.l2tp.hang_up(&mut self.core.cx(), session, result(1, Some(0)));
            }
            Lac::Tunnel(targets, tunnel) => {
                debug(self, VpdnEvent::Cleanup);
                self.unload(tunnel, targets.current);
                if let Some(tunnel) = self.vpdn.tunnels.get_mut(&tunnel) {
                    tunnel.waiting.retain(|waiting| *waiting != id);
                }
            }
            Lac::Lookup(_) | Lac::Authenticating(_) | Lac::Failed => debug(self, VpdnEvent::Cleanup),
            Lac::Idle | Lac::Local => {}
        }
    }
}

/// What the ICCN says of a call: the line, the LCP that was agreed, and what the user authenticated with.
fn connect_info(access: &Access, lcp: &crate::proto::ppp::ProxyLcp) -> ConnectInfo {
    let mut info = ConnectInfo {
        tx_speed: access.speed,
        rx_speed: Some(access.speed),
        framing_type: 2,
        last_sent_lcp: Some(lcp.last_sent.clone()),
        last_received_lcp: Some(lcp.last_received.clone()),
        ..ConnectInfo::default()
    };
    let Some(credentials) = &access.credentials else {
        info.proxy_auth_type = Some(ProxyAuthType::None);
        return info;
    };
    info.proxy_auth_name = Some(credentials.name.clone());
    match &credentials.proof {
        Proof::Pap { password } => {
            info.proxy_auth_type = Some(ProxyAuthType::Pap);
            info.proxy_auth_id = access.authentication_id;
            info.proxy_auth_response = Some(password.clone());
        }
        Proof::Chap { protocol, id, challenge, response } => {
            info.proxy_auth_type = Some(match protocol {
                AuthProtocol::Pap => ProxyAuthType::Pap,
                AuthProtocol::ChapMd5 => ProxyAuthType::Chap,
                AuthProtocol::MsChap => ProxyAuthType::MsChap,
                // RFC 2661 has no value for it: the LNS must ask the user itself.
                AuthProtocol::MsChapV2 => ProxyAuthType::None,
            });
            if *protocol != AuthProtocol::MsChapV2 {
                info.proxy_auth_id = Some(*id);
                info.proxy_auth_challenge = Some(challenge.clone());
                info.proxy_auth_response = Some(response.clone());
            }
        }
    }
    info
}

#[cfg(test)]
#[path = "lac_tests.rs"]
mod tests;
