//! What a user has of its own on the port it came in on: lines of configuration, an MTU, routes and time limits.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Engine;
use super::aaa::accounting::EndCause;
use super::aaa::{Direction, UserProfile, UserRoute};
use super::core::Work;
use super::debug::PerUser;
use super::interfaces::Origin;
use super::io::InterfaceId;
use super::ip::RouteKey;
use super::syslog::Syslog;
use super::timers::Timer;
use super::views::TimeLimit;
use crate::config::views::{IdleDirection, InterfaceConfig, secret_free};
use crate::proto::Instant;
use crate::proto::ppp::IpcpConfig;

/// Why this router ended a user's session by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnd {
    /// Session-Timeout, or `timeout absolute`.
    SessionTimeout,
    /// Idle-Timeout, or `ppp timeout idle`.
    IdleTimeout,
}

/// What becomes of a port by what AAA says of its user.
#[derive(Default)]
pub(super) struct Plan {
    /// The lines that are put onto the template.
    lines: Vec<String>,
    /// The whole configuration, where the interface is the user's own.
    config: Option<Arc<InterfaceConfig>>,
    /// There were lines, but the interface is not the user's own.
    shared: bool,
}

/// A configuration, the lines that were put onto it, and what came of it.
pub(super) type Derived = (Arc<InterfaceConfig>, Vec<String>, Weak<InterfaceConfig>);

/// The least and the greatest MTU that Framed-MTU can set here.
const MTU: std::ops::RangeInclusive<u32> = 68..=1500;

impl Engine {
    /// Gives an authenticated and authorized user what it has of its own. False when it must have what it cannot have
    /// here: its session ends.
    pub(super) fn apply_per_user(&mut self, id: InterfaceId) -> bool {
        let Some(profile) = self.user_profile(id) else { return true };
        if self.ports.get(&id).and_then(|p| p.session.user()).is_none_or(|s| s.attributes().is_none()) {
            return true;
        }
        let Some(plan) = self.plan_per_user(id, &profile) else { return false };
        self.take_plan(id, &profile, plan);
        true
    }

    /// What a profile makes of the port of its user, whatever made it what it is now. Nothing is changed. `None` when
    /// the user must have what it cannot have here.
    pub(super) fn plan_per_user(&mut self, id: InterfaceId, profile: &UserProfile) -> Option<Plan> {
        if let Some(problem) = profile.problems.iter().find(|problem| problem.must) {
            self.core.syslog(&Syslog::BadInterfaceConfig { line: &problem.what });
            return None;
        }
        let mut lines: Vec<(String, bool)> = Vec::new();
        let mtu = profile.mtu.filter(|mtu| MTU.contains(mtu));
        lines.extend(mtu.map(|mtu| (format!("ip mtu {mtu}"), false)));
        lines.extend(profile.interface_lines());
        let interface = self.interfaces.get(id)?;
        if !matches!(interface.origin, Origin::Cloned { .. }) {
            // What is configured is shared by all its calls: nothing of it is one user's own.
            return Some(Plan { shared: !lines.is_empty(), ..Plan::default() });
        }
        let base = interface.template.clone();
        let mut plan = Plan { config: Some(base.clone()), ..Plan::default() };
        for (line, must) in lines {
            plan.lines.push(line);
            // A user cannot shut what it came in on.
            let usable = |config: Arc<InterfaceConfig>| {
                if config.shutdown { Err("shutdown".to_owned()) } else { Ok(config) }
            };
            match self.derived(&base, &plan.lines).and_then(usable) {
                Ok(config) => plan.config = Some(config),
                Err(bad) => {
                    plan.lines.pop();
                    let bad = secret_free(&bad);
                    self.core.syslog(&Syslog::BadInterfaceConfig { line: &bad });
                    if must {
                        return None;
                    }
                }
            }
        }
        Some(plan)
    }

    /// Makes a port what was planned for its user, and says what of the profile has no effect.
    pub(super) fn take_plan(&mut self, id: InterfaceId, profile: &UserProfile, plan: Plan) {
        let Some(label) = self.ports.get(&id).map(|p| p.label.clone()) else { return };
        for problem in &profile.problems {
            self.core.debug(&PerUser::Ignored { label: &label, what: &problem.what });
        }
        if let Some(mtu) = profile.mtu.filter(|mtu| !MTU.contains(mtu)) {
            self.core.debug(&PerUser::Ignored { label: &label, what: &format!("Framed-MTU {mtu}") });
        }
        for list in [Direction::In, Direction::Out].iter().filter_map(|way| profile.access_list(*way, &label))
        {
            self.core.debug(&PerUser::Ignored { label: &label, what: &format!("access list {list}") });
        }
        if plan.shared {
            self.core.debug(&PerUser::Ignored { label: &label, what: "interface configuration" });
        }
        for line in &plan.lines {
            self.core.debug(&PerUser::Line { label: &label, line: &secret_free(line) });
        }
        let now = self.interfaces.get(id).map(|i| i.config.clone());
        if let (Some(config), Some(now)) = (plan.config, now)
            && !Arc::ptr_eq(&config, &now)
        {
            self.take_config(id, config);
        }
    }

    /// The configuration that lines make of another one; users with the same lines share it.
    fn derived(
        &mut self,
        base: &Arc<InterfaceConfig>,
        lines: &[String],
    ) -> Result<Arc<InterfaceConfig>, String> {
        self.derived.retain(|(_, _, config)| config.strong_count() > 0);
        let same = |known: &Derived| Arc::ptr_eq(&known.0, base) && known.1 == lines;
        if let Some(config) =
            self.derived.iter().find(|known| same(known)).and_then(|known| known.2.upgrade())
        {
            return Ok(config);
        }
        let config = Arc::new(base.with_lines(lines)?);
        self.derived.push((base.clone(), lines.to_vec(), Arc::downgrade(&config)));
        Ok(config)
    }

    /// A Virtual-Access has another configuration now.
    fn take_config(&mut self, id: InterfaceId, config: Arc<InterfaceConfig>) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        interface.config = config;
        self.apply_mtu(id);
        let ipcp = self.authorized_ipcp(id);
        if let (Some(port), Some(ipcp)) = (self.ports.get_mut(&id), ipcp) {
            port.link.set_ipcp(ipcp);
        }
    }

    /// What IPCP asks for and gives on a port: by its interface, and by AAA.
    pub(super) fn authorized_ipcp(&self, id: InterfaceId) -> Option<IpcpConfig> {
        let config = self.port_config(id)?;
        let mut ipcp = self.ipcp_config(&config, self.port_address(id))?;
        let profile = self.ports.get(&id).and_then(|p| p.session.user()).and_then(|s| s.attributes());
        if let Some(profile) = profile {
            if !profile.dns.is_empty() {
                ipcp.dns.clone_from(&profile.dns);
            }
            if !profile.wins.is_empty() {
                ipcp.wins.clone_from(&profile.wins);
            }
        }
        Some(ipcp)
    }

    /// LAC: a server has limited a call that is forwarded: its time and its idle time count from now, zero is for ever.
    pub(super) fn limit_forwarded(
        &mut self,
        id: InterfaceId,
        session: Option<Duration>,
        idle: Option<Duration>,
    ) {
        let now = self.core.now;
        if let Some(limit) = session {
            let when = Some(limit).filter(|limit| !limit.is_zero()).map(|limit| now + limit);
            self.core.timers.set(Timer::Session(id), when);
        }
        if let Some(limit) = idle
            && let Some(access) = self.ports.get_mut(&id).and_then(|p| p.access_mut())
        {
            access.idle = Some(limit).filter(|limit| !limit.is_zero());
            self.restart_user_idle(id);
        }
    }

    /// PPP ends here and is up: the time of the session runs.
    pub(super) fn start_session_time(&mut self, id: InterfaceId) {
        let limit = self.time_limits(id).0;
        let when = limit.map(|limit| self.core.now + limit);
        self.core.timers.set(Timer::Session(id), when);
    }

    /// Session and idle timeout of a port: those of the user, else those of the interface. A call that is forwarded has
    /// its user, and the timeouts that are configured for it, at the LNS.
    fn time_limits(&self, id: InterfaceId) -> (Option<Duration>, Option<(Duration, IdleDirection)>) {
        if let Some(access) = self.ports.get(&id).and_then(|p| p.access()).filter(|a| a.is_forwarded()) {
            return (None, access.idle.map(|idle| (idle, IdleDirection::Either)));
        }
        let config = self.port_config(id);
        let profile = self.ports.get(&id).and_then(|p| p.session.user()).and_then(|s| s.attributes());
        let own = |time: Option<Duration>| time.filter(|time| !time.is_zero());
        let session = own(profile.and_then(|p| p.session_timeout));
        let idle = own(profile.and_then(|p| p.idle_timeout)).map(|time| (time, IdleDirection::Either));
        (
            session.or_else(|| config.as_ref().and_then(|c| c.absolute)),
            idle.or_else(|| config.as_ref().and_then(|c| c.ppp.idle)),
        )
    }

    /// Session and idle limits of a port, and what is left of those whose timers run. Traffic does not move the idle
    /// timers, which look at it when they are due: what is left is counted from the last packet.
    pub(super) fn limits_left(&self, id: InterfaceId) -> (TimeLimit, TimeLimit) {
        let now = self.core.now;
        let timers = &self.core.timers;
        let (session, user_idle) = self.time_limits(id);
        let left = timers.due(Timer::Session(id)).map(|at| at.duration_since(now));
        let session = TimeLimit { limit: session, left };
        let ends =
            |limit: Duration, last: Option<Instant>| last.map(|last| (last + limit).duration_since(now));
        let idle = match (user_idle, self.dialer_idle(id)) {
            (Some((limit, direction)), _) => {
                let last = self.last_packet(id, direction).map(|last| last + Duration::from_secs(1));
                let left = ends(limit, last).filter(|_| timers.runs(Timer::UserIdle(id)));
                TimeLimit { limit: Some(limit), left }
            }
            (None, Some(limit)) => {
                let last = self.last_packet(id, IdleDirection::Either);
                let left = ends(limit, last).filter(|_| timers.runs(Timer::Idle(id)));
                TimeLimit { limit: Some(limit), left }
            }
            (None, None) => TimeLimit::default(),
        };
        (session, idle)
    }

    /// The idle time of the dialer that placed the call of a port.
    fn dialer_idle(&self, id: InterfaceId) -> Option<Duration> {
        let owner = self.ports.get(&id)?.access()?.dialer?;
        let limit = self.interfaces.get(owner)?.config.dialer.idle_timeout;
        (!limit.is_zero()).then_some(limit)
    }

    /// IPCP is open: the routes of the user, and its idle time.
    pub(super) fn start_per_user(&mut self, id: InterfaceId, peer: Ipv4Addr) {
        self.add_user_routes(id, peer);
        self.start_user_idle(id);
    }

    /// Idle time counts from now on, if it has an end.
    fn start_user_idle(&mut self, id: InterfaceId) {
        if self.time_limits(id).1.is_some() {
            if let Some(interface) = self.interfaces.get(id) {
                let now = self.core.now.since_start().as_secs();
                let counters = &interface.counters;
                for last in [&counters.last_activity, &counters.last_input, &counters.last_output] {
                    last.fetch_max(now, Ordering::Relaxed);
                }
            }
            self.arm_user_idle(id);
        }
    }

    /// IPCP is down.
    pub(super) fn stop_per_user(&mut self, id: InterfaceId) {
        self.core.timers.set(Timer::UserIdle(id), None);
        let routes =
            self.ports.get_mut(&id).map(|p| std::mem::take(&mut p.session.routes)).unwrap_or_default();
        let label = self.ports.get(&id).map(|p| p.label.clone()).unwrap_or_else(|| "".into());
        for key in routes {
            self.core.debug(&PerUser::RouteGone { label: &label, network: key.network });
            self.remove_user_route(key);
        }
    }

    fn add_user_routes(&mut self, id: InterfaceId, peer: Ipv4Addr) {
        let Some(session) = self.ports.get(&id).and_then(|p| p.session.user()) else { return };
        let Some(profile) = session.attributes() else { return };
        let label = session.port.short.clone();
        let (good, bad) = profile.user_routes(peer);
        let bad: Vec<String> = bad.into_iter().map(str::to_owned).collect();
        for text in &bad {
            self.core.debug(&PerUser::Ignored { label: &label, what: &format!("route {text}") });
        }
        let mut installed = Vec::new();
        for route in good {
            let key = self.user_route_key(id, peer, route);
            if installed.contains(&key) {
                continue;
            }
            self.core.debug(&PerUser::Route { label: &label, network: key.network });
            self.add_user_route(key, route.distance);
            installed.push(key);
        }
        if let Some(port) = self.ports.get_mut(&id) {
            port.session.routes = installed.into();
        }
    }

    /// The way of a user's route: a next hop in a network of this router, else the user itself.
    fn user_route_key(&self, id: InterfaceId, peer: Ipv4Addr, route: UserRoute) -> RouteKey {
        let owner = self.network_owner(id);
        let elsewhere = route.gateway.filter(|gateway| *gateway != peer);
        let via = elsewhere.and_then(|gateway| self.on_link(gateway).map(|interface| (gateway, interface)));
        match via {
            Some((gateway, interface)) => {
                RouteKey { network: route.network, gateway: Some(gateway), interface: Some(interface) }
            }
            None => RouteKey { network: route.network, gateway: None, interface: Some(owner) },
        }
    }

    fn last_packet(&self, id: InterfaceId, direction: IdleDirection) -> Option<Instant> {
        let counters = &self.interfaces.get(id)?.counters;
        let last = match direction {
            IdleDirection::Outbound => &counters.last_output,
            IdleDirection::Inbound => &counters.last_input,
            IdleDirection::Either => &counters.last_activity,
        };
        Some(Instant::from_start(Duration::from_secs(last.load(Ordering::Relaxed))))
    }

    fn arm_user_idle(&mut self, id: InterfaceId) {
        let Some((limit, direction)) = self.time_limits(id).1 else { return };
        // Activity is noted in whole seconds, rounded down: the limit counts from the end of that second.
        let last = self.last_packet(id, direction).map(|last| last + Duration::from_secs(1));
        self.core.timers.set(Timer::UserIdle(id), last.map(|last| last + limit));
    }

    /// The idle time of a user was changed: it counts from now.
    pub(super) fn restart_user_idle(&mut self, id: InterfaceId) {
        self.core.timers.set(Timer::UserIdle(id), None);
        self.start_user_idle(id);
    }

    /// The idle timer of a user is due, unless there was traffic since it was set.
    pub(super) fn user_idle_due(&mut self, id: InterfaceId) {
        let Some((limit, direction)) = self.time_limits(id).1 else { return };
        let last = self.last_packet(id, direction).map(|last| last + Duration::from_secs(1));
        match last {
            Some(last) if last + limit <= self.core.now => self.end_user(id, SessionEnd::IdleTimeout),
            Some(_) | None => self.arm_user_idle(id),
        }
    }

    /// The time of a session is up.
    pub(super) fn session_due(&mut self, id: InterfaceId) {
        self.end_user(id, SessionEnd::SessionTimeout);
    }

    fn end_user(&mut self, id: InterfaceId, end: SessionEnd) {
        let Some(port) = self.ports.get(&id) else { return };
        let label = port.label.clone();
        self.note_end(
            id,
            match end {
                SessionEnd::SessionTimeout => EndCause::SessionTimeout,
                SessionEnd::IdleTimeout => EndCause::IdleTimeout,
            },
        );
        self.core.debug(&PerUser::Ended { label: &label, end });
        if self.ports.get(&id).and_then(|p| p.access()).is_some_and(|a| a.is_forwarded()) {
            return self.core.later(Work::DropCall(id));
        }
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.close(&mut self.core.cx());
        }
        self.drive(id);
    }

    /// A port is gone: so is what the user had of its own.
    pub(super) fn forget_per_user(&mut self, id: InterfaceId) {
        self.core.timers.set(Timer::Session(id), None);
        self.core.timers.set(Timer::UserIdle(id), None);
    }

    /// The access lists that a server names for a user, for packets from it and to it. They are shown and filter nothing.
    pub fn access_lists(&self, id: InterfaceId) -> (Option<String>, Option<String>) {
        let Some(port) = self.ports.get(&id) else { return (None, None) };
        let Some(profile) = port.session.user().and_then(|s| s.attributes()) else { return (None, None) };
        let name = self.interfaces.get(id).map(|i| i.name.to_string()).unwrap_or_default();
        (
            profile.access_list(Direction::In, &format!("{name}#0")),
            profile.access_list(Direction::Out, &format!("{name}#1")),
        )
    }
}
