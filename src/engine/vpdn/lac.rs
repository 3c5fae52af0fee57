//! The LAC's side of a call until it is forwarded: screening its domain, looking its tunnel up, authenticating its user.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::forwarding::Forwarded;
use super::lookup::{self, Definition, LookupKey};
use super::targets::Targets;
use crate::config::views::SearchKey;
use crate::engine::Engine;
use crate::engine::debug::{Vpdn as VpdnDebug, VpdnEvent};
use crate::engine::io::{Counters, InterfaceId};
use crate::engine::isdn::Call;
use crate::proto::l2tp::{SessionId, TunnelId};
use crate::proto::ppp::{Credentials, Phase};

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
    pub credentials: Option<Box<Credentials>>,
    /// The identifier that it came under.
    pub authentication_id: Option<u8>,
    /// How many line errors the LNS has been told of.
    pub reported_errors: u32,
    /// Traffic of the session that the frames go into, and went into until the call ends.
    pub forwarded: Option<Arc<Counters>>,
    /// How long the call may carry nothing once it is forwarded, where a server has said so.
    pub idle: Option<Duration>,
    pub lac: Lac,
}

/// Where an access interface stands with VPDN.
#[derive(Default)]
pub(crate) enum Lac {
    /// Not looked up.
    #[default]
    Idle,
    /// `vpdn authorize domain`: AAA is being asked which domains are allowed here, before these keys are looked up.
    Screening(VecDeque<LookupKey>),
    /// AAA is being asked for the first of these keys.
    Lookup(VecDeque<LookupKey>),
    /// AAA authenticates the user before the call is forwarded.
    Authenticating(Box<Targets>),
    /// No tunnel: PPP ends here.
    Local,
    /// Waits for this tunnel to come up.
    Tunnel(Box<Targets>, TunnelId),
    /// Its tunnel or session came to nothing: it is about to try the next LNS.
    Next(Box<Targets>),
    /// Has asked for this session.
    Session(Box<Targets>, SessionId),
    /// Its frames go into a session.
    Forwarded(Box<Forwarded>),
    /// Out of targets: the call is about to be dropped.
    Failed,
}

impl Lac {
    /// The session of the call.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Lac::Session(_, session) => Some(*session),
            Lac::Forwarded(forwarded) => Some(forwarded.session),
            Lac::Idle
            | Lac::Screening(_)
            | Lac::Lookup(_)
            | Lac::Authenticating(_)
            | Lac::Local
            | Lac::Tunnel(..)
            | Lac::Next(_)
            | Lac::Failed => None,
        }
    }

    /// Whether the call waits for its tunnel.
    pub const fn waits(&self) -> bool {
        matches!(self, Lac::Tunnel(..))
    }

    /// The vpdn-group that the session of the call counts for, and its Private Group ID.
    pub fn groups(&self) -> (Option<&Arc<str>>, Option<&Arc<str>>) {
        if let Lac::Session(targets, _) = self {
            (targets.definition.group.as_ref(), targets.definition.private_group.as_ref())
        } else if let Lac::Forwarded(forwarded) = self {
            (forwarded.group.as_ref(), forwarded.private_group.as_ref())
        } else {
            (None, None)
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
            forwarded: None,
            idle: None,
            lac: Lac::Idle,
        }
    }

    /// Whether the frames of the call go into a session that is up.
    pub fn is_forwarded(&self) -> bool {
        matches!(self.lac, Lac::Forwarded(_))
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

    pub(in crate::engine) fn vpdn_debug(&mut self, id: InterfaceId, event: VpdnEvent<'_>) {
        if let Some(label) = self.ports.get(&id).map(|p| p.label.clone()) {
            self.core.debug(&VpdnDebug { label: &label, event });
        }
    }

    /// The user of an incoming call has named itself: its tunnel is looked up.
    pub(crate) fn lac_claimed(&mut self, id: InterfaceId, credentials: Credentials) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let (user, authentication_id) = (port.user.clone(), port.link.authentication_id());
        let Some(access) = port.access_mut() else { return };
        access.credentials = Some(Box::new(credentials));
        access.authentication_id = authentication_id;
        self.look_up(id, &user);
    }

    /// The peer has begun LCP anew while its tunnel is being looked up: that begins anew too.
    pub(crate) fn abandon_look_up(&mut self, id: InterfaceId) {
        let looked_up = |lac: &Lac| matches!(lac, Lac::Screening(_) | Lac::Lookup(_));
        if self.take_lac(id, looked_up, Lac::Idle).is_some() {
            self.withdraw_question(id);
        }
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
        let domain = keys.iter().any(|key| key.kind == SearchKey::Domain);
        self.set_lac(id, Lac::Screening(keys));
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.seek_forward(&mut self.core.cx());
        }
        let event = if called.is_empty() { VpdnEvent::GotNoDnis } else { VpdnEvent::GotDnis(&called) };
        self.vpdn_debug(id, event);
        if !(domain && self.config.vpdn.authorize_domain && self.ask_domains(id)) {
            self.screened(id, None);
        }
    }

    /// What is allowed where the call came in is known: `None` for everything, else these domains. A domain that is
    /// not among them is not looked up.
    pub(crate) fn screened(&mut self, id: InterfaceId, domains: Option<&[String]>) {
        let screening = |lac: &Lac| matches!(lac, Lac::Screening(_));
        let Some(Lac::Screening(mut keys)) = self.take_lac(id, screening, Lac::Idle) else { return };
        if let Some(domains) = domains {
            let allowed = |key: &LookupKey| domains.iter().any(|d| d.eq_ignore_ascii_case(&key.value));
            for key in keys.iter().filter(|key| key.kind == SearchKey::Domain && !allowed(key)) {
                self.vpdn_debug(id, VpdnEvent::DomainDenied(&key.value));
            }
            keys.retain(|key| key.kind != SearchKey::Domain || allowed(key));
        }
        self.set_lac(id, Lac::Lookup(keys));
        self.look_up_next(id);
    }

    /// Whether AAA is being asked for the domains of this port.
    pub(crate) fn is_screened(&self, id: InterfaceId) -> bool {
        let access = self.ports.get(&id).and_then(|p| p.access());
        access.is_some_and(|a| matches!(a.lac, Lac::Screening(_)))
    }

    /// Whether anything could answer a look-up.
    fn can_look_up(&self) -> bool {
        self.config.groups.iter().any(|g| g.request_dialin.is_some()) || self.aaa_has_tunnels()
    }

    pub(super) fn set_lac(&mut self, id: InterfaceId, lac: Lac) -> Lac {
        match self.ports.get_mut(&id).and_then(|p| p.access_mut()) {
            Some(access) => std::mem::replace(&mut access.lac, lac),
            None => Lac::Idle,
        }
    }

    /// What a call has come to, if that is one of `these`: then it goes on as `next`. Else it stays as it is.
    pub(super) fn take_lac(&mut self, id: InterfaceId, these: fn(&Lac) -> bool, next: Lac) -> Option<Lac> {
        let access = self.ports.get_mut(&id).and_then(|p| p.access_mut())?;
        these(&access.lac).then(|| std::mem::replace(&mut access.lac, next))
    }

    /// Tries the next key: the vpdn-groups at once, then AAA.
    fn look_up_next(&mut self, id: InterfaceId) {
        if !self.config.vpdn.enable {
            return self.no_tunnel(id);
        }
        while let Some(key) = self.key(id).cloned() {
            let text = key.text();
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

    fn key(&self, id: InterfaceId) -> Option<&LookupKey> {
        let Lac::Lookup(keys) = &self.ports.get(&id)?.access()?.lac else { return None };
        keys.front()
    }

    /// The key that is being looked up, as it is written.
    pub(crate) fn looking_for(&self, id: InterfaceId) -> Option<String> {
        self.key(id).map(LookupKey::text)
    }

    /// AAA has answered a look-up.
    pub(crate) fn tunnel_answer(&mut self, id: InterfaceId, definitions: Vec<Definition>) {
        if self.looking_for(id).is_none() {
            return;
        }
        // Where VPDN was given up meanwhile there is no tunnel.
        if definitions.is_empty() || !self.config.vpdn.enable {
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
        // The profile of the user may have a tunnel, whose LNS is told how the user proved itself.
        let kept = self.config.vpdn.authen_before_forward;
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.link.keep(&mut self.core.cx());
        let credentials =
            port.access_mut().and_then(|a| if kept { a.credentials.clone() } else { a.credentials.take() });
        match credentials {
            Some(credentials) => self.authenticate(id, *credentials),
            None if port.link.view().phase == Phase::Up => self.link_up(id),
            None => {}
        }
    }

    /// The call has a tunnel.
    fn found(&mut self, id: InterfaceId, definitions: Vec<Definition>) {
        let Some(access) = self.ports.get(&id).and_then(|p| p.access()) else { return };
        let credentials = access.credentials.clone();
        let Some(targets) = Targets::new(definitions).map(Box::new) else { return };
        let definition = targets.definition.clone();
        let group = definition.group.as_deref().and_then(|n| self.config.groups.iter().find(|g| g.name == n));
        let first = self.config.vpdn.authen_before_forward || group.is_some_and(|g| g.authen_before_forward);
        match credentials {
            Some(credentials) if first => {
                self.set_lac(id, Lac::Authenticating(targets));
                if let Some(port) = self.ports.get_mut(&id) {
                    port.link.keep(&mut self.core.cx());
                }
                self.authenticate(id, *credentials);
            }
            _ => self.forward_call(id, targets),
        }
    }

    /// A user that was refused tries again: an LNS is told of the last try.
    pub(crate) fn lac_claimed_again(&mut self, id: InterfaceId, credentials: &Credentials) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let authentication_id = port.link.authentication_id();
        if let Some(access) = port.access_mut()
            && let Some(kept) = &mut access.credentials
        {
            (**kept).clone_from(credentials);
            access.authentication_id = authentication_id;
        }
    }

    /// The tunnels of the profile that came with the authentication of the user of an incoming call.
    fn own_targets(&mut self, id: InterfaceId) -> Option<Box<Targets>> {
        let port = self.ports.get(&id).filter(|p| p.access().is_some_and(|a| !a.outgoing))?;
        let user = port.user.clone();
        let profile = self.user_profile(id).filter(|_| self.config.vpdn.enable)?;
        Targets::new(self.definitions(id, &user, &profile.tunnels)).map(Box::new)
    }

    /// AAA has passed the user: if the call is to be forwarded, it is now, to the tunnel of its own profile before any
    /// other. False when PPP ends here.
    pub(crate) fn lac_authenticated(&mut self, id: InterfaceId) -> bool {
        let ends_here = |lac: &Lac| matches!(lac, Lac::Authenticating(_) | Lac::Local);
        let vpdn = &self.config.vpdn;
        let (enable, first) = (vpdn.enable, vpdn.authen_before_forward);
        let targets = match self.take_lac(id, ends_here, Lac::Local) {
            Some(Lac::Authenticating(found)) if enable => self.own_targets(id).or(Some(found)),
            Some(Lac::Local) if first => self.own_targets(id),
            Some(_) | None => None,
        };
        let forwarded = targets.is_some();
        if let Some(targets) = targets {
            self.forward_call(id, targets);
        }
        forwarded
    }
}
