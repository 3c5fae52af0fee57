//! A call that has a tunnel definition: which LNS it goes to, its tunnel, and the next LNS when one fails.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::history::FailureType;
use super::lac::Lac;
use super::lookup::{Definition, Lns};
use super::select::{Candidate, Standing, choose};
use super::{Tunnel, TunnelKey, result, secret, tunnel_config};
use crate::engine::Engine;
use crate::engine::core::Work;
use crate::engine::debug::VpdnEvent;
use crate::engine::io::InterfaceId;
use crate::engine::syslog::Syslog;
use crate::proto::l2tp::{DownCause, PORT, Role, SessionId, TunnelId};

/// An open tunnel takes no new call while a message in it has been repeated so often: 7 s with the default timing, as
/// long as an SCCRQ is tried.
const SILENCE: u32 = 3;

/// The LNSs of a call that are still to be tried.
pub(crate) struct Targets {
    left: Vec<(Arc<Definition>, Lns)>,
    /// The one that is being tried or used.
    pub definition: Arc<Definition>,
    current: Option<Lns>,
    /// Call Serial Number of the session that is being tried.
    pub(super) serial: u32,
    /// Nothing has failed but limits.
    only_limits: bool,
    /// Why the last LNS that answered did not take the call.
    pub(super) failure: Option<(FailureType, String)>,
    /// An LNS that was asked at the wrong moment has been given its second try.
    again: bool,
}

impl Targets {
    /// Every LNS of these definitions; `None` when there is no definition.
    pub fn new(definitions: Vec<Definition>) -> Option<Targets> {
        let definitions: Vec<Arc<Definition>> = definitions.into_iter().map(Arc::new).collect();
        let definition = definitions.first().cloned()?;
        let left = definitions.iter().flat_map(|d| d.lns.iter().map(|l| (d.clone(), *l))).collect();
        Some(Targets {
            left,
            definition,
            current: None,
            serial: 0,
            only_limits: true,
            failure: None,
            again: false,
        })
    }

    /// The LNS that is being tried.
    pub(super) fn lns(&self) -> Option<Ipv4Addr> {
        self.current.map(|lns| lns.address)
    }

    /// Puts the LNS that was tried back among those that are left, once.
    pub(super) fn try_again(&mut self) {
        if let Some(lns) = self.current
            && !std::mem::replace(&mut self.again, true)
        {
            self.left.push((self.definition.clone(), lns));
        }
    }
}

impl Engine {
    /// The frames of the call go into a tunnel from now on.
    pub(super) fn forward_call(&mut self, id: InterfaceId, targets: Box<Targets>) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.forward(&mut self.core.cx());
        }
        let key = targets.definition.key.clone();
        self.vpdn_debug(id, VpdnEvent::GotTunnelInfo(&key));
        for definition in targets.left.chunk_by(|a, b| Arc::ptr_eq(&a.0, &b.0)).filter_map(|c| c.first()) {
            self.say_definition(id, &definition.0);
        }
        self.say_levels(id, &targets.left);
        self.next_tunnel(id, targets);
    }

    fn say_definition(&mut self, id: InterfaceId, definition: &Definition) {
        self.vpdn_debug(id, VpdnEvent::InfoLac(&definition.local_name));
        self.vpdn_debug(id, VpdnEvent::InfoBusyDisconnect(definition.busy_disconnect));
        if definition.settings.password.is_some() {
            self.vpdn_debug(id, VpdnEvent::InfoPassword);
        }
        let addresses: Vec<Ipv4Addr> = definition.lns.iter().map(|l| l.address).collect();
        self.vpdn_debug(id, VpdnEvent::InfoAddresses(&addresses));
    }

    /// Every address by its level: 1 is tried first.
    fn say_levels(&mut self, id: InterfaceId, left: &[(Arc<Definition>, Lns)]) {
        let mut sorted: Vec<Lns> = left.iter().map(|(_, lns)| *lns).collect();
        sorted.sort_by_key(|lns| lns.priority);
        let levels = sorted.chunk_by(|a, b| a.priority == b.priority);
        for (level, equal) in (1..).zip(levels) {
            for (index, Lns { address, priority, .. }) in equal.iter().copied().enumerate() {
                self.vpdn_debug(id, VpdnEvent::Level { level, index, address, priority });
            }
        }
    }

    /// Takes the next LNS out of those that are left.
    fn pick(&mut self, id: InterfaceId, targets: &mut Targets) -> Option<(Arc<Definition>, Lns)> {
        let mut candidates = Vec::with_capacity(targets.left.len());
        for (definition, lns) in &targets.left {
            let (candidate, silent) = self.candidate(definition, lns);
            candidates.push(candidate);
            if silent {
                self.vpdn_debug(id, VpdnEvent::Silent(lns.address));
            }
        }
        let at = choose(&candidates, |count| self.draw(count))?;
        Some(targets.left.remove(at))
    }

    /// How an LNS stands, and whether there is a tunnel that it has stopped to acknowledge.
    fn candidate(&self, definition: &Definition, lns: &Lns) -> (Candidate, bool) {
        let tunnel = self.vpdn.outgoing.get(&definition.tunnel_key(lns.address));
        let silent = tunnel.is_some_and(|id| self.l2tp.unanswered(*id) >= SILENCE);
        let standing = match tunnel.and_then(|id| self.vpdn.tunnels.get(id)).map(|t| t.established) {
            None => Standing::NoTunnel,
            Some(true) => Standing::Open,
            Some(false) => Standing::Pending,
        };
        let candidate = Candidate {
            busy: silent || self.vpdn.busy.get(&lns.address).is_some_and(|until| *until > self.core.now),
            priority: lns.priority,
            standing,
            load: self.vpdn.loads.get(&lns.address).copied().unwrap_or(0),
        };
        (candidate, silent)
    }

    /// Why no call is sent on at present, if that is so.
    fn closed(&self) -> Option<(FailureType, &'static str)> {
        let vpdn = &self.config.vpdn;
        if !vpdn.enable {
            Some((FailureType::Other, "VPDN is not enabled"))
        } else if vpdn.softshut {
            Some((FailureType::Softshut, "softshut is on"))
        } else if self.is_full() {
            Some((FailureType::SessionLimit, "session-limit exceeded"))
        } else {
            None
        }
    }

    /// Leaves out what belongs to a vpdn-group that is gone since it was looked up, or that has no room. True when there
    /// was no room for something.
    fn skip_groups(&mut self, id: InterfaceId, targets: &mut Targets) -> bool {
        let groups = &self.config.groups;
        let before = targets.left.len();
        targets.left.retain(|(definition, _)| {
            definition.group.as_ref().is_none_or(|name| groups.iter().any(|g| *g.name == **name))
        });
        if targets.left.len() < before {
            targets.only_limits = false;
            targets.failure.get_or_insert((FailureType::Other, "Its vpdn-group is gone".to_owned()));
        }
        let full = |(definition, _): &(Arc<Definition>, Lns)| {
            definition.group.as_deref().is_some_and(|group| self.is_group_full(group))
        };
        let (out, left): (Vec<_>, Vec<_>) = std::mem::take(&mut targets.left).into_iter().partition(full);
        targets.left = left;
        for definition in out.chunk_by(|a, b| Arc::ptr_eq(&a.0, &b.0)).filter_map(|c| c.first()) {
            let group = definition.0.group.as_deref().unwrap_or_default();
            self.vpdn_debug(id, VpdnEvent::GroupFull(group));
        }
        !out.is_empty()
    }

    /// Sends the call to the best LNS that is left.
    pub(super) fn next_tunnel(&mut self, id: InterfaceId, mut targets: Box<Targets>) {
        if let Some((kind, reason)) = self.closed() {
            return self.lac_failed(id, targets, kind, reason);
        }
        let full = self.skip_groups(id, &mut targets);
        if full && targets.left.is_empty() && targets.only_limits {
            return self.lac_failed(id, targets, FailureType::SessionLimit, "session-limit exceeded");
        }
        while let Some((definition, lns)) = self.pick(id, &mut targets) {
            targets.definition = definition;
            let load = self.vpdn.loads.get(&lns.address).copied().unwrap_or(0);
            if lns.limit.is_some_and(|limit| load >= limit) {
                self.vpdn_debug(id, VpdnEvent::LimitReached(lns.address));
                continue;
            }
            self.go_to(id, targets, lns);
            return;
        }
        match targets.only_limits {
            true => {
                let reason = "Every LNS has reached its session limit";
                self.lac_failed(id, targets, FailureType::SessionLimit, reason);
            }
            false => {
                let unreachable = || (FailureType::Unreachable, "No LNS could be reached".to_owned());
                let (kind, reason) = targets.failure.take().unwrap_or_else(unreachable);
                self.lac_failed(id, targets, kind, &reason);
            }
        }
    }

    fn go_to(&mut self, id: InterfaceId, mut targets: Box<Targets>, lns: Lns) {
        let Lns { address, priority, .. } = lns;
        let key = targets.definition.tunnel_key(address);
        // Behind a peer that has stopped to acknowledge the call would only wait for the tunnel's end. If the peer is
        // there after all, it has forgotten the tunnel and takes a new one.
        let existing = self.vpdn.outgoing.get(&key).copied();
        let existing = existing.filter(|tunnel| self.l2tp.unanswered(*tunnel) < SILENCE);
        self.vpdn_debug(id, VpdnEvent::Select { active: existing.is_some(), address, priority });
        targets.current = Some(lns);
        targets.only_limits = false;
        let source = targets.definition.source.filter(|_| existing.is_none());
        if let Some(foreign) = source.filter(|source| !self.is_own_address(*source)) {
            self.vpdn_debug(id, VpdnEvent::ForeignSource(foreign));
        }
        let tunnel = existing.unwrap_or_else(|| self.open_tunnel(&targets.definition, address, key));
        self.vpdn_debug(id, VpdnEvent::FindProcess);
        self.vpdn_debug(id, VpdnEvent::ForwardTo(address));
        self.vpdn_debug(id, VpdnEvent::Pending);
        self.vpdn_debug(id, VpdnEvent::ProcessCreated);
        self.set_protocol(id, true);
        *self.vpdn.loads.entry(address).or_insert(0) += 1;
        if let Some(group) = &targets.definition.group {
            self.join(group);
        }
        let up = self.vpdn.tunnels.get_mut(&tunnel).is_some_and(|t| {
            if !t.established {
                t.waiting.push(id);
            }
            t.established
        });
        self.set_lac(id, Lac::Tunnel(targets, tunnel));
        if up {
            self.start_session(id, tunnel);
        }
    }

    fn open_tunnel(&mut self, definition: &Definition, address: Ipv4Addr, key: TunnelKey) -> TunnelId {
        let names = [&*definition.local_name];
        let secret = secret(&definition.settings, &self.config.aaa.users, &names);
        let config =
            tunnel_config(&self.config, &definition.settings, Role::Lac, &definition.local_name, secret);
        let source = definition.source.or_else(|| self.egress(address));
        let local = IpAddr::V4(source.unwrap_or(Ipv4Addr::UNSPECIFIED));
        let remote = SocketAddr::from((address, PORT));
        let tunnel = self.l2tp.connect(&mut self.core.cx(), config, local, remote);
        let entry = Tunnel {
            role: Role::Lac,
            group: definition.group.clone(),
            template: None,
            local_name: key.local_name.clone(),
            key: Some(key.clone()),
            remote_name: String::new(),
            expected_name: definition.server_name.as_deref().map(Arc::from),
            established: false,
            lns: Some(address),
            addresses: (local, remote.ip()),
            waiting: Vec::new(),
            busy: definition.settings.busy,
            busy_disconnect: definition.busy_disconnect,
        };
        self.vpdn.tunnels.insert(tunnel, entry);
        self.vpdn.outgoing.insert(key, tunnel);
        tunnel
    }

    /// The LNS has another name than AAA said it must have (Tunnel-Server-Auth-ID): the tunnel ends.
    pub(super) fn wrong_name(&mut self, id: TunnelId, expected: &str) {
        let Some(tunnel) = self.vpdn.tunnels.get(&id) else { return };
        let (lns, busy) = (tunnel.lns, tunnel.busy);
        if self.config.vpdn.logging.enable {
            let line = Syslog::TunnelAuthentication {
                role: "NAS",
                name: &tunnel.local_name,
                peer: &tunnel.remote_name,
                what: "Unexpected name",
            };
            self.core.syslog(&line);
        }
        if let Some(lns) = lns {
            self.leave_alone(lns, busy);
        }
        let mut code = result(4, None);
        code.message = Some(format!("{expected} was expected"));
        self.l2tp.shutdown(&mut self.core.cx(), id, code);
    }

    /// The tunnel that a call waited for did not come up.
    pub(super) fn lac_tunnel_failed(
        &mut self,
        id: InterfaceId,
        cause: &DownCause,
        failure: (FailureType, &str),
    ) {
        let Some(Lac::Tunnel(mut targets, _)) = self.take_lac(id, Lac::waits, Lac::Failed) else { return };
        self.unload_targets(&targets);
        if let Some(address) = targets.lns() {
            let event = match cause {
                DownCause::Timeout => VpdnEvent::Unreachable(address),
                DownCause::Local(_)
                | DownCause::Remote(_)
                | DownCause::Authentication
                | DownCause::Protocol(_)
                | DownCause::PeerRestarted
                | DownCause::LostTie => VpdnEvent::TunnelFailed(address, failure.1),
            };
            self.vpdn_debug(id, event);
        }
        self.record_targets(id, &targets, None, failure);
        if !matches!(cause, DownCause::Timeout) {
            targets.failure = Some((failure.0, failure.1.to_owned()));
        }
        // The LNS wanted a tunnel at the same moment and has got it.
        if matches!(cause, DownCause::LostTie) {
            targets.try_again();
        }
        self.set_lac(id, Lac::Next(targets));
        self.core.later(Work::NextTunnel(id));
    }

    pub(super) fn record_targets(
        &mut self,
        id: InterfaceId,
        targets: &Targets,
        session: Option<SessionId>,
        failure: (FailureType, &str),
    ) {
        let Definition { local_name, source, .. } = &*targets.definition;
        self.record(id, Some(local_name), (*source, targets.lns()), session, failure);
    }

    /// Work: the call tries the next LNS.
    pub(crate) fn retry_tunnel(&mut self, id: InterfaceId) {
        let next = |lac: &Lac| matches!(lac, Lac::Next(_));
        if let Some(Lac::Next(targets)) = self.take_lac(id, next, Lac::Failed) {
            self.next_tunnel(id, targets);
        }
    }

    /// No LNS takes the call: it is dropped.
    pub(super) fn lac_failed(
        &mut self,
        id: InterfaceId,
        targets: Box<Targets>,
        kind: FailureType,
        reason: &str,
    ) {
        self.set_lac(id, Lac::Failed);
        if self.config.vpdn.logging.enable
            && let (Some(port), Some(interface)) = (self.ports.get(&id), self.interfaces.get(id))
        {
            let (name, user) = (&*targets.definition.local_name, &*port.user);
            let line = match kind {
                FailureType::Softshut => Syslog::Softshut { role: "NAS", name, user },
                FailureType::PeerClosed
                | FailureType::Unreachable
                | FailureType::TunnelAuthentication
                | FailureType::UserAuthentication
                | FailureType::SessionLimit
                | FailureType::NoResources
                | FailureType::Other => {
                    Syslog::Authorization { name, interface: &interface.label, user, reason }
                }
            };
            self.core.syslog(&line);
        }
        if targets.current.is_none() {
            self.record_targets(id, &targets, None, (kind, reason));
        }
        self.vpdn_debug(id, VpdnEvent::Closed(reason));
        self.core.later(Work::DropCall(id));
    }
}
