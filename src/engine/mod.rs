//! One router, sans-IO: owns every tunnel, session, link, pool and user, and takes the VPDN decisions.
//!
//! The engine takes datagrams, frames of links, ISDN signals, timer ticks, new configurations and the results
//! of what it asked for; it gives out datagrams, frames, signals, forwarding commands, host requests and log
//! lines, in order, through `poll()`.

pub mod aaa;
mod aaa_calls;
mod access;
mod accounting;
mod arp;
mod boot;
mod core;
mod debug;
mod devices;
mod dialer;
mod dynamic;
mod interfaces;
pub mod io;
mod ip;
mod isdn;
mod journal;
mod login;
mod per_user;
mod pool;
mod ports;
mod registry;
mod syslog;
mod timers;
mod traffic;
mod vaccess;
pub mod views;
mod vpdn;

#[cfg(test)]
mod tests;

pub use self::aaa::accounting::EndCause;
pub use self::accounting::{AccountView, ActionView, ExecUser, Spooled};
pub use self::arp::ArpView;
pub use self::interfaces::{LinkState, Origin};
pub use self::ip::{RouteSource, RouteView};
pub use self::isdn::CALL_HISTORY;
pub use self::journal::SwitchSet;
pub use self::per_user::SessionEnd;
pub use self::pool::PoolView;
pub use self::registry::{AaaSessionView, SessionTunnel};
pub use self::traffic::{Counts, Faults, Load, TrafficView};
pub use self::vpdn::VpdnCounters;
pub use self::vpdn::events::{SessionSelector, TunnelSelector};
pub use self::vpdn::history::{FailureType, HistoryEntry};
pub use io::*;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use self::aaa::{Aaa, Place, Sessions, Ticket};
use self::accounting::Accounts;
use self::boot::Boot;
use self::core::{Change, Core, Pending, Work};
use self::dialer::Dialers;
use self::dynamic::DynamicAuthor;
use self::interfaces::Interfaces;
use self::ip::Routes;
use self::isdn::Isdn;
use self::pool::Pools;
use self::ports::Ports;
use self::syslog::Syslog;
use self::timers::Timer;
use self::vpdn::Vpdn;
use crate::config::views::{InterfaceName, RouterConfig};
use crate::proto::l2tp::Endpoint;
use crate::proto::ppp::LinkConfig;
use crate::proto::time::earliest;
use crate::proto::{Entropy, Instant, Switch};

/// How much longer than its own timeout an echo request may stay unanswered by the host.
const ECHO_GRACE: Duration = Duration::from_secs(1);

/// One router.
pub struct Engine {
    core: Core,
    config: Arc<RouterConfig>,
    configured: bool,
    boot: Boot,
    interfaces: Interfaces,
    routes: Routes,
    pools: Pools,
    isdn: Isdn,
    dialers: Dialers,
    ports: Ports,
    tickets: HashMap<Ticket, InterfaceId>,
    aaa: Aaa,
    registry: Sessions,
    accounts: Accounts,
    /// Who sits at which terminal line.
    terminals: HashMap<u32, ExecUser>,
    dynamic: DynamicAuthor,
    l2tp: Endpoint,
    vpdn: Vpdn,
    /// Configurations that users' own lines have made of others.
    derived: Vec<per_user::Derived>,
    /// Settings that links share.
    link_settings: Vec<Weak<LinkConfig>>,
}

impl Engine {
    /// A router without a configuration.
    pub fn new(entropy: Box<dyn Entropy + Send>) -> Self {
        Engine {
            core: Core::new(entropy),
            config: Arc::default(),
            configured: false,
            boot: Boot::default(),
            interfaces: Interfaces::default(),
            routes: Routes::default(),
            pools: Pools::default(),
            isdn: Isdn::default(),
            dialers: Dialers::default(),
            ports: Ports::default(),
            tickets: HashMap::new(),
            aaa: Aaa::new(),
            registry: Sessions::default(),
            accounts: Accounts::default(),
            terminals: HashMap::new(),
            dynamic: DynamicAuthor::default(),
            l2tp: Endpoint::new(),
            vpdn: Vpdn::default(),
            derived: Vec::new(),
            link_settings: Vec::new(),
        }
    }

    /// Takes a new configuration and acts on the difference to the old one. The first one is the
    /// startup-config: the interfaces that it brings up come up without log lines.
    pub fn configure(&mut self, now: Instant, config: Arc<RouterConfig>) {
        self.advance(now);
        let boot = !std::mem::replace(&mut self.configured, true);
        let old = std::mem::replace(&mut self.config, config.clone());
        self.core.journal.dialect = config.dialect;
        if boot {
            self.boot_begins();
        }
        if boot || old.aaa != config.aaa {
            self.aaa.configure(&mut self.core.cx(), &config.aaa);
            self.configure_dynamic();
        }
        self.pools.configure(&config.pools);
        self.vpdn.history.resize(config.vpdn.history_failure);
        self.configure_vpdn(&old, &config);
        self.configure_interfaces(&config, boot);
        self.reconcile_routes();
        self.configure_accounting(&config, boot);
        if !self.isdn.calls.is_empty() {
            self.core.forward(ForwardCommand::ForgetRoutes);
        }
        self.pump();
        self.settle_boot();
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::Datagram { socket: Socket::L2tp, local, remote, bytes } => {
                self.l2tp.handle_datagram(&mut self.core.cx(), local, remote, bytes);
            }
            Input::Datagram { socket: Socket::Radius(socket), remote, bytes, .. } => {
                self.aaa.handle_datagram(&mut self.core.cx(), socket, remote, bytes);
            }
            Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes } => {
                self.dynamic_request(local, remote, bytes);
            }
            Input::Frame { port, frame } => self.frame(port, frame),
            Input::Signal { controller, message } => self.signal(&controller, message),
            Input::Host(event) => self.host_event(event),
            Input::Timeout => {}
        }
        self.pump();
        self.settle_boot();
        self.run_timers();
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.core.journal.pop()
    }

    /// When `handle(now, Input::Timeout)` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let protocols = earliest(self.l2tp.next_timeout(), self.aaa.next_timeout());
        earliest(self.core.timers.next(), protocols)
    }

    /// A seed for the salts of secrets that the running-config keeps as digests.
    pub fn salt_seed(&mut self) -> [u8; 16] {
        let mut seed = [0; 16];
        self.core.entropy().fill(crate::proto::Purpose::SaltSeed, &mut seed);
        seed
    }

    /// Turns a debug switch on or off.
    pub fn set_debug(&mut self, switch: Switch, on: bool) {
        let observed = self.observes_data();
        self.core.journal.switches.set(switch, on);
        if self.observes_data() != observed {
            self.core.forward(ForwardCommand::Observe { on: !observed });
        }
    }

    fn observes_data(&self) -> bool {
        let switches = self.core.journal.switches;
        switches.contains(Switch::L2xData) || switches.contains(Switch::VpdnPacket)
    }

    /// The debug switches.
    pub fn debugs(&self) -> &SwitchSet {
        &self.core.journal.switches
    }

    /// The configuration in effect.
    pub fn config(&self) -> &Arc<RouterConfig> {
        &self.config
    }

    /// Sends one ICMP echo request of `size` octets; `Output::Echo` tells its outcome.
    pub fn ping(
        &mut self,
        now: Instant,
        destination: Ipv4Addr,
        source: Option<Ipv4Addr>,
        sequence: u16,
        size: u16,
        timeout: Duration,
    ) -> RequestId {
        self.advance(now);
        let request = HostRequest::Echo { destination, source, sequence, size, timeout };
        let id = self.core.ask(request, Pending::Echo);
        let latest = self.core.now + timeout + ECHO_GRACE;
        self.core.timers.set(Timer::Echo(id), Some(latest));
        id
    }

    /// `test aaa group`; `Output::AaaTested` of this ticket tells the outcome.
    pub fn test_aaa(&mut self, now: Instant, test: &aaa::PasswordTest) -> aaa::Ticket {
        self.advance(now);
        let nas_ip = self.nas_address();
        let ticket = self.aaa.test(&mut self.core.cx(), nas_ip, test);
        self.pump();
        ticket
    }

    /// Nobody waits for a test any more.
    pub fn cancel_test_aaa(&mut self, ticket: aaa::Ticket) {
        self.aaa.cancel(&mut self.core.cx(), ticket);
        self.pump();
    }

    /// `clear vpdn tunnel`: ends tunnels with their sessions. How many there were.
    pub fn clear_tunnel(&mut self, now: Instant, selector: &TunnelSelector) -> usize {
        self.advance(now);
        let cleared = self.clear_tunnels(selector, 1);
        self.pump();
        cleared
    }

    /// `clear vpdn session`: ends sessions. How many there were.
    pub fn clear_session(&mut self, now: Instant, selector: &SessionSelector) -> usize {
        self.advance(now);
        let cleared = self.clear_sessions(selector);
        self.pump();
        cleared
    }

    /// `clear interface`: hangs up what an interface carries. False when there is no such interface.
    pub fn clear_interface(&mut self, now: Instant, name: &InterfaceName) -> bool {
        self.advance(now);
        let Some(id) = self.interfaces.find(name) else { return false };
        let found = self.clear_carried(id);
        self.pump();
        found
    }

    /// Whether nothing is left of any call: no call, tunnel, session, PPP link, Virtual-Access, peer's route, lent
    /// address, question to AAA or timer.
    pub fn is_quiet(&self) -> bool {
        self.l2tp.is_quiet()
            && self.aaa.is_quiet()
            && self.pools.is_quiet()
            && self.dialers.is_quiet()
            && self.no_peer_routes()
            && self.isdn.calls.is_empty()
            && self.isdn.by_interface.is_empty()
            && self.ports.is_empty()
            && self.registry.iter().all(|(_, s)| matches!(s.place, Place::Line(_)))
            && self.tickets.is_empty()
            && self.accounts.is_quiet()
            && self.vpdn.is_quiet()
            && self.core.work.is_empty()
            && self
                .core
                .timers
                .running()
                .all(|t| matches!(t, Timer::Redial(_) | Timer::DeadCache | Timer::Sample))
            && self.interfaces.iter().all(|(_, i)| !matches!(i.origin, Origin::Cloned { .. }))
    }

    /// What the configuration changes for VPDN.
    fn configure_vpdn(&mut self, old: &RouterConfig, new: &RouterConfig) {
        if old.vpdn.enable && !new.vpdn.enable {
            self.clear_tunnels(&TunnelSelector::All, 6);
        }
        let gone: Vec<&str> = old
            .groups
            .iter()
            .filter(|g| !new.groups.iter().any(|n| n.name == g.name))
            .map(|g| g.name.as_str())
            .collect();
        if !gone.is_empty() {
            self.clear_groups(&gone);
        }
    }

    fn advance(&mut self, now: Instant) {
        self.core.now = self.core.now.max(now);
        self.core.turn.clear();
    }

    /// Runs every timer that is due, each followed by all that it leads to.
    fn run_timers(&mut self) {
        let now = self.core.now;
        if self.l2tp.next_timeout().is_some_and(|at| at <= now) {
            self.l2tp.handle_timeout(&mut self.core.cx());
            self.pump();
        }
        if self.aaa.next_timeout().is_some_and(|at| at <= now) {
            self.aaa.handle_timeout(&mut self.core.cx());
            self.pump();
        }
        while let Some(timer) = self.core.timers.pop(now) {
            match timer {
                Timer::Link(id) => self.link_due(id),
                Timer::Protocol(id) => self.protocol_due(id),
                Timer::Connected(call) => self.connected_due(call),
                Timer::Answer(call) => self.answer_due(call),
                Timer::LineErrors(id) => self.line_errors_due(id),
                Timer::Idle(id) => self.idle_due(id),
                Timer::Update(id) => self.update_due(id),
                Timer::Redial(_) => {}
                Timer::DeadCache => self.dead_cache_due(),
                Timer::Sample => self.sample_due(),
                Timer::Session(id) => self.session_due(id),
                Timer::UserIdle(id) => self.user_idle_due(id),
                Timer::Echo(id) => self.echo_done(id, EchoOutcome::Timeout),
            }
            self.pump();
        }
    }

    /// Lets the protocol machines finish what they have to say, then does what waits for that.
    fn pump(&mut self) {
        loop {
            while let Some(output) = self.l2tp.poll() {
                self.l2tp_output(output);
            }
            self.l2tp.settle(&mut self.core.cx());
            if let Some(output) = self.l2tp.poll() {
                self.l2tp_output(output);
                continue;
            }
            if let Some(output) = self.aaa.poll() {
                self.aaa_output(output);
                continue;
            }
            match self.core.work.pop_front() {
                Some(Work::DropVaccess(id)) => self.drop_vaccess(id),
                Some(Work::DropCall(id)) => self.drop_call(id),
                Some(Work::NextTunnel(id)) => self.retry_tunnel(id),
                None => break,
            }
        }
        self.settle_socket();
    }

    fn host_event(&mut self, event: HostEvent) {
        match event {
            HostEvent::Done(id) => {
                if let Some(Pending::Bind(interface)) = self.core.pending.remove(&id) {
                    self.bound(interface);
                }
            }
            HostEvent::Refused(id, reason) => self.refused(id, &reason),
            HostEvent::EchoReply(id, time) => self.echo_done(id, EchoOutcome::Reply(time)),
            HostEvent::EchoTimeout(id) => self.echo_done(id, EchoOutcome::Timeout),
            HostEvent::EchoUnreachable(id) => self.echo_done(id, EchoOutcome::Unreachable),
            HostEvent::Neighbours(id, table) => self.neighbours(id, table),
            HostEvent::Packet { interface, packet } => self.packet(interface, packet),
            HostEvent::Carrier { interface, up } => self.carrier(interface, up),
            HostEvent::Hardware { interface, address } => self.hardware_told(interface, address),
            HostEvent::Gone { interface } => self.device_gone(interface),
            HostEvent::Appeared { interface } => self.device_appeared(interface),
            HostEvent::AddressTaken { interface, address } => self.address_taken(interface, address),
            HostEvent::Counted { interface, counts, faults } => self.counted(interface, counts, faults),
            HostEvent::Dropped { interface, output, input } => self.dropped(interface, output, input),
            HostEvent::Data { port, inbound, message } => self.data_seen(port, inbound, &message),
        }
    }

    fn echo_done(&mut self, id: RequestId, outcome: EchoOutcome) {
        if self.core.pending.remove(&id) == Some(Pending::Echo) {
            self.core.timers.set(Timer::Echo(id), None);
            self.core.push(Output::Echo(id, outcome));
        }
    }

    /// The host has refused something: what depends on it ends, and the operator is told.
    fn refused(&mut self, id: RequestId, reason: &str) {
        let what = match self.core.pending.remove(&id) {
            None | Some(Pending::Change(_, Change::Removal)) => return,
            Some(Pending::Spool) => return self.spool_refused(reason),
            Some(Pending::Bind(interface)) => return self.bind_refused(interface, reason),
            Some(Pending::Socket(Socket::Radius(socket))) => {
                return self.aaa.socket_refused(&mut self.core.cx(), socket);
            }
            Some(Pending::Echo) => {
                self.core.timers.set(Timer::Echo(id), None);
                self.core.push(Output::Echo(id, EchoOutcome::Unreachable));
                return;
            }
            Some(Pending::Neighbours) => {
                self.core.push(Output::Arp(id, Err(reason.to_owned())));
                return;
            }
            Some(Pending::Socket(Socket::L2tp)) => "UDP port 1701".to_owned(),
            Some(Pending::Socket(Socket::DynamicAuthor)) => {
                format!("UDP port {}", self.dynamic.port.take().unwrap_or_default())
            }
            Some(Pending::Change(interface, change)) => {
                let name = interface.and_then(|i| self.interfaces.get(i)).map(|i| i.name.to_string());
                let name = name.unwrap_or_default();
                match change {
                    Change::Link => format!("{name} link state"),
                    Change::Mtu => format!("{name} MTU"),
                    Change::Address(address) => {
                        if let Some(id) = interface {
                            self.address_refused(id, address);
                        }
                        format!("{name} address {address}")
                    }
                    Change::Route(key) => {
                        self.route_refused(key, id);
                        format!("route to {} {name}", key.network)
                    }
                    Change::Removal => return,
                }
            }
        };
        self.core.syslog(&Syslog::Refused { what: &what, reason });
    }
}
