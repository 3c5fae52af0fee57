//! When records are made: users on ports, sessions in tunnels, tunnels, terminals, and the router itself.
//!
//! What the records say is in `aaa::accounting`; here stands what happened. Nothing is kept of a port for which no
//! list applies.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::aaa::accounting::debug::AcctDebug;
use super::aaa::accounting::{
    AccountingOutput, Authentic, Class, End, EndCause, Record, RecordId, Service, Statistics, Status,
    Subject, Usage,
};
use super::aaa::{Place, SessionNumber};
use super::core::Pending;
use super::io::{HostRequest, InterfaceId};
use super::ports::Side;
use super::registry::SessionTunnel;
use super::syslog::Syslog;
use super::timers::Timer;
use crate::config::views::{AccountingList, AccountingRecords, AccountingService, Method, RouterConfig};
use crate::proto::l2tp::{Role, TunnelId};
use crate::proto::{Dialect, Instant};

mod ends;
mod exec;
mod tunnels;
mod views;

pub use exec::ExecUser;
pub(super) use tunnels::{end_cause, tunnel_end_cause};
pub use views::{AccountView, ActionView};

/// What a spool knows of the lives of a router before this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spooled {
    /// How many there were, modulo 256.
    pub life: u8,
    /// The accounting records that were left, by name.
    pub records: Vec<(u64, Vec<u8>)>,
}

/// How an open service is recorded.
#[derive(Clone, Debug)]
struct Plan {
    list: Arc<str>,
    records: AccountingRecords,
    methods: Arc<[Method]>,
}

impl Plan {
    /// `None` where only servers of TACACS+ are to be told, which nobody here can: records for them would be kept for
    /// ever, and who waits for an answer would wait as long.
    fn new(list: &AccountingList) -> Option<Self> {
        let told = |method: &&Method| matches!(method, Method::Radius | Method::Group(_));
        let methods: Arc<[Method]> = list.methods.iter().filter(told).cloned().collect();
        let name = list.name.as_str().into();
        (!methods.is_empty()).then_some(Plan { list: name, records: list.records, methods })
    }
}

/// Where the start record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// `stop-only`: there is none.
    None,
    /// `delay-start`: the address is not known yet.
    Due,
    /// It was sent.
    Sent,
    /// `wait-start`: the service begins when this is answered.
    Awaited(RecordId),
}

/// A service that is being recorded.
#[derive(Clone, Debug)]
struct Open {
    plan: Plan,
    number: SessionNumber,
    since: Instant,
    start: Start,
    address: Option<Ipv4Addr>,
    /// NAS-IP-Address, which the tunnel does not outlive.
    nas: Ipv4Addr,
    updates: u32,
    /// LAC: the frames go on into a tunnel.
    forwarded: bool,
    /// The tunnel, and Acct-Tunnel-Connection.
    tunnel: Option<Box<(SessionTunnel, String)>>,
}

/// A session in a tunnel that is being recorded.
#[derive(Clone, Debug)]
struct Link {
    plan: Plan,
    number: SessionNumber,
    /// Acct-Session-Id of the tunnel's own records, and how many links it had had when it was last seen.
    multi: Option<(SessionNumber, u32)>,
    since: Instant,
    tunnel: SessionTunnel,
    connection: String,
    /// NAS-IP-Address.
    nas: Ipv4Addr,
}

/// What is recorded of a port.
#[derive(Clone, Debug, Default)]
struct PortAccount {
    network: Option<Open>,
    link: Option<Link>,
    /// The tunnel whose traffic this port's is part of, where tunnels or their links are recorded.
    carried_by: Option<TunnelId>,
}

/// A tunnel that is being recorded, or the links of which are.
#[derive(Clone, Debug)]
struct TunnelAccount {
    /// None where only the links are recorded.
    plan: Option<Plan>,
    number: SessionNumber,
    since: Instant,
    tunnel: SessionTunnel,
    connection: String,
    /// The traffic of sessions that are over.
    usage: Usage,
    /// What these have lost, as far as sequence numbers tell.
    lost: Option<u32>,
    /// Links so far: Acct-Link-Count, which never falls (RFC 2866 section 5.12).
    links: u32,
    /// The ports whose traffic is part of the tunnel's.
    carries: HashSet<InterfaceId>,
}

impl TunnelAccount {
    fn new(plan: Option<Plan>, number: SessionNumber, since: Instant, tunnel: SessionTunnel) -> Self {
        let (usage, carries) = (Usage::default(), HashSet::new());
        let connection = tunnel.connection();
        TunnelAccount { plan, number, since, tunnel, connection, usage, lost: None, links: 0, carries }
    }

    /// What one of its links has lost comes on top.
    fn add_lost(&mut self, lost: Option<u32>) {
        if let Some(lost) = lost {
            self.lost = Some(self.lost.unwrap_or(0).saturating_add(lost));
        }
    }
}

/// Everything that is being recorded.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    ports: HashMap<InterfaceId, Box<PortAccount>>,
    tunnels: HashMap<TunnelId, Box<TunnelAccount>>,
    execs: HashMap<u32, Box<exec::ExecAccount>>,
    /// Ports whose service begins when this record is answered.
    waiting: HashMap<RecordId, InterfaceId>,
    /// The router is about to end and has said so: nothing more begins.
    closed: bool,
    /// The spool has refused something, and the operator knows.
    spool_failed: bool,
}

impl Accounts {
    /// Whether nothing of any call is recorded.
    pub fn is_quiet(&self) -> bool {
        self.ports.is_empty() && self.tunnels.is_empty() && self.waiting.is_empty()
    }
}

impl Engine {
    /// Tells the engine what its calendar says: seconds since 1970 at `now`; `None` while the clock is not set.
    pub fn set_clock(&mut self, now: Instant, seconds: Option<i64>) {
        self.core.wall = seconds.map(|s| (now, s));
    }

    /// What accounting asks for or answers.
    pub(super) fn accounting_output(&mut self, output: AccountingOutput) {
        match output {
            AccountingOutput::SpoolAppend(RecordId(id), bytes) => {
                self.core.ask(HostRequest::SpoolAppend { id, bytes }, Pending::Spool);
            }
            AccountingOutput::SpoolRemove(RecordId(id)) => {
                self.core.ask(HostRequest::SpoolRemove { id }, Pending::Spool);
            }
            AccountingOutput::Answered(record) => {
                if let Some(id) = self.accounts.waiting.remove(&record) {
                    self.start_answered(id);
                }
            }
        }
    }

    /// The host has a spool, and this was left in it. Told before the first configuration: what a router says of itself
    /// when it is there comes behind what it had to say before.
    pub fn restore(&mut self, now: Instant, spooled: Spooled) {
        self.advance(now);
        let Spooled { life, records: left } = spooled;
        self.registry.set_life(life);
        let wall = self.core.seconds();
        self.aaa.restore(&mut self.core.cx(), left, wall);
        self.pump();
    }

    /// The host could not write to the spool: the records are kept in memory only. Told once.
    pub(super) fn spool_refused(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.accounts.spool_failed, true) {
            self.core.syslog(&Syslog::Refused { what: "the accounting spool", reason });
        }
    }

    /// A new configuration is in effect. At boot the router says that it is there.
    pub(super) fn configure_accounting(&mut self, config: &RouterConfig, boot: bool) {
        self.registry.set_ident(config.aaa.accounting.ident);
        if boot {
            self.system_record(Status::AccountingOn);
        }
    }

    /// The router is about to end: every service that is recorded ends, and the router says that it goes. What begins
    /// after that is not recorded, for nobody would record its end.
    pub fn account_reload(&mut self, now: Instant) {
        self.advance(now);
        if self.accounts.closed {
            return;
        }
        let mut ports: Vec<InterfaceId> = self.accounts.ports.keys().copied().collect();
        ports.sort_unstable();
        for id in ports {
            self.note_end(id, EndCause::AdminReboot);
            self.account_stop(id);
        }
        let mut tunnels: Vec<TunnelId> = self.accounts.tunnels.keys().copied().collect();
        tunnels.sort_unstable();
        for tunnel in tunnels {
            self.account_tunnel_stop(tunnel, EndCause::AdminReboot);
        }
        let mut lines: Vec<u32> = self.accounts.execs.keys().copied().collect();
        lines.sort_unstable();
        for line in lines {
            self.exec_stop(line, EndCause::AdminReboot);
        }
        self.system_record(Status::AccountingOff);
        self.accounts.closed = true;
        self.pump();
    }

    /// Records that no server has answered yet.
    pub fn accounting_pending(&self) -> usize {
        self.aaa.accounting().pending()
    }

    /// What accounting has done.
    pub fn accounting_statistics(&self) -> Statistics {
        self.aaa.accounting().statistics()
    }

    fn system_record(&mut self, status: Status) {
        let Some(plan) = self.plan(AccountingService::System, None, 0, "system") else { return };
        let number = self.registry.number();
        let mut subject = Subject::new(self.nas_address(), "", number);
        if status == Status::AccountingOff {
            subject.end = Some(self.end(EndCause::AdminReboot));
        }
        self.submit(&plan, status, Class::System, subject, 0);
    }

    /// NAS-IP-Address of a user: with `vpdn aaa attribute nas-ip-address vpdn-nas` that of the LAC which it came through.
    fn user_nas(&self, tunnel: Option<&SessionTunnel>) -> Ipv4Addr {
        let through = tunnel.filter(|t| self.config.vpdn.nas_ip_of_lac && t.role == Role::Lns);
        match through.map(|t| t.remote) {
            Some(IpAddr::V4(lac)) => lac,
            Some(IpAddr::V6(_)) | None => self.nas_address(),
        }
    }

    /// The list that applies, by its name or by default.
    fn plan(
        &mut self,
        service: AccountingService,
        name: Option<&str>,
        unique: u32,
        port: &str,
    ) -> Option<Plan> {
        if !self.config.aaa.new_model || self.accounts.closed {
            return None;
        }
        let config = self.config.clone();
        let found = config.aaa.accounting.find(service, name).and_then(Plan::new);
        let class = match service {
            AccountingService::Network => Class::Network,
            AccountingService::Exec => Class::Exec,
            AccountingService::System => Class::System,
        };
        match (&found, name) {
            (Some(plan), _) if config.dialect == Dialect::V15 => {
                self.core.debug(&AcctDebug::PickList { unique, class, list: &plan.list });
            }
            (Some(_), _) | (None, None) => {}
            (None, Some(list)) => self.core.debug(&AcctDebug::NoList { class, unique, port, list }),
        }
        found
    }

    fn end(&self, cause: EndCause) -> End {
        End { cause, dialect: self.config.dialect }
    }

    /// Hands a record to AAA.
    fn submit(
        &mut self,
        plan: &Plan,
        status: Status,
        class: Class,
        mut subject: Subject<'_>,
        unique: u32,
    ) -> RecordId {
        subject.event = self.core.seconds();
        let record = Record {
            status,
            class,
            methods: plan.methods.clone(),
            attributes: subject.attributes(status, &self.config.aaa.extras),
            age: (Duration::ZERO, self.core.now),
            event: subject.event,
            label: subject.port.map_or("", |p| p.long.as_str()).into(),
            unique,
            awaited: status == Status::Start && plan.records == AccountingRecords::WaitStart,
        };
        self.core.debug(&AcctDebug::Made { record: &record, user: subject.user, list: &plan.list });
        self.aaa.record(&mut self.core.cx(), record)
    }

    /// PPP of a port is up, or its frames go into a tunnel: its service begins. False when it has to wait for that.
    pub(super) fn account_start(&mut self, id: InterfaceId) -> bool {
        if self.accounts.ports.get(&id).is_some_and(|account| account.network.is_some()) {
            return !self.awaits_start(id);
        }
        // Only a peer that called has a service here.
        let Some(port) = self.ports.get(&id).filter(|p| p.access().is_none_or(|a| !a.outgoing)) else {
            return true;
        };
        let label = port.label.clone();
        let list = self.port_config(id).and_then(|c| c.ppp.accounting_list.clone());
        let unique = self.unique_of(id);
        let name = list.as_deref().filter(|l| *l != "default");
        let Some(plan) = self.plan(AccountingService::Network, name, unique, &label) else { return true };
        let number = self.user_number(id);
        let forwarded = self.forwards(id);
        let start = match plan.records {
            AccountingRecords::StopOnly | AccountingRecords::None => Start::None,
            AccountingRecords::StartStop | AccountingRecords::WaitStart => Start::Due,
        };
        // A call that is forwarded waits for nobody: its LNS has had the ICCN and is negotiating PPP, which would time out
        // while its frames are held here. Whether the user gets in is for the list of the LNS.
        let waits = plan.records == AccountingRecords::WaitStart && !forwarded;
        self.open(id, plan, number, start);
        // An address will never be known of a call that is forwarded.
        if start == Start::Due && (forwarded || !self.config.aaa.accounting.delay_start) {
            self.send_start(id, waits);
        }
        self.arm_update(id);
        let awaited = self.awaits_start(id);
        if awaited {
            self.core.debug(&AcctDebug::Waiting { unique, port: &label });
        }
        !awaited
    }

    /// Whether the service of a port has to wait until a server has its start record.
    fn awaits_start(&self, id: InterfaceId) -> bool {
        let open = self.accounts.ports.get(&id).and_then(|account| account.network.as_ref());
        open.is_some_and(|open| matches!(open.start, Start::Awaited(_)))
    }

    /// Whether the frames of a port go on into a tunnel.
    fn forwards(&self, id: InterfaceId) -> bool {
        self.ports.get(&id).is_some_and(|p| p.access().is_some_and(|a| a.lac.session().is_some()))
    }

    /// The service of a port begins to be recorded.
    fn open(&mut self, id: InterfaceId, plan: Plan, number: SessionNumber, start: Start) {
        let session = self.ports.get(&id).and_then(super::views::session_of);
        let tunnel = session.and_then(|session| self.session_tunnel(session));
        let open = Open {
            plan,
            number,
            since: self.core.now,
            start,
            address: None,
            nas: self.user_nas(tunnel.as_ref()),
            updates: 0,
            forwarded: self.forwards(id),
            tunnel: tunnel.map(|tunnel| Box::new((tunnel, self.connection(id)))),
        };
        self.accounts.ports.entry(id).or_default().network = Some(open);
    }

    /// Acct-Session-Id of the user of a port: that of its session, which an Access-Request may have borne (RFC 2866
    /// section 5.5).
    fn user_number(&mut self, id: InterfaceId) -> SessionNumber {
        let entry = self.registry.at(Place::Port(id)).and_then(|unique| self.registry.get(unique));
        entry.map(|entry| entry.number).unwrap_or_else(|| self.registry.number())
    }

    /// The Acct-Session-Id of the session in a tunnel: its user's, or under `aaa session-id unique` a new one.
    fn link_number(&mut self, id: InterfaceId) -> SessionNumber {
        match self.config.aaa.accounting.unique_ids {
            true => self.registry.number(),
            false => self.user_number(id),
        }
    }

    fn send_start(&mut self, id: InterfaceId, waits: bool) {
        let record = self.network_record(id, Status::Start, None);
        let Some(open) = self.accounts.ports.get_mut(&id).and_then(|a| a.network.as_mut()) else { return };
        open.start = match record {
            Some(record) if waits => {
                self.accounts.waiting.insert(record, id);
                Start::Awaited(record)
            }
            Some(_) | None => Start::Sent,
        };
    }

    /// A server has the start record that a port's service waits for.
    fn start_answered(&mut self, id: InterfaceId) {
        if let Some(open) = self.accounts.ports.get_mut(&id).and_then(|a| a.network.as_mut()) {
            open.start = Start::Sent;
            self.link_up(id);
        }
    }

    /// The address of a user is known: the start that waited for it is sent, or an update.
    pub(super) fn account_address(&mut self, id: InterfaceId, address: Ipv4Addr) {
        let newinfo = self.config.aaa.accounting.newinfo;
        let Some(open) = self.accounts.ports.get_mut(&id).and_then(|a| a.network.as_mut()) else { return };
        let new = open.address.replace(address) != Some(address);
        match open.start {
            Start::Due => self.send_start(id, false),
            Start::Sent if new && newinfo => self.send_update(id),
            Start::Sent | Start::None | Start::Awaited(_) => {}
        }
    }

    /// Of a service whose start was told: nothing is news of what nobody has heard of.
    fn send_update(&mut self, id: InterfaceId) {
        let open = self.accounts.ports.get(&id).and_then(|a| a.network.as_ref());
        if open.is_some_and(|open| open.start == Start::Sent)
            && self.network_record(id, Status::Interim, None).is_some()
            && let Some(open) = self.accounts.ports.get_mut(&id).and_then(|a| a.network.as_mut())
        {
            open.updates += 1;
        }
    }

    /// How often updates of a port are sent: as configured here, which overrides what the server says of the user
    /// (RFC 2869 section 2.1).
    fn update_period(&self, id: InterfaceId) -> Option<Duration> {
        let user = || self.ports.get(&id)?.session.proof()?.interim;
        self.config.aaa.accounting.periodic.or_else(user)
    }

    fn arm_update(&mut self, id: InterfaceId) {
        let period = self.update_period(id);
        let records = self.accounts.ports.get(&id).and_then(|a| a.network.as_ref()).map(|o| o.plan.records);
        let at = period.filter(|_| records.is_some_and(AccountingRecords::starts)).map(|p| self.core.now + p);
        self.core.timers.set(Timer::Update(id), at);
    }

    /// `aaa accounting update periodic`: it is time again.
    pub(super) fn update_due(&mut self, id: InterfaceId) {
        self.send_update(id);
        self.arm_update(id);
    }

    /// The session of a port is over.
    pub(super) fn account_stop(&mut self, id: InterfaceId) {
        self.core.timers.set(Timer::Update(id), None);
        let Some(account) = self.accounts.ports.get(&id) else { return };
        if let Some(Open { start: Start::Awaited(record), .. }) = account.network {
            self.accounts.waiting.remove(&record);
        }
        let cause = self.ports.get(&id).and_then(|p| p.ended).unwrap_or(EndCause::LostCarrier);
        if let Some(port) = self.ports.get(&id) {
            let (unique, label) = (self.unique_of(id), port.label.clone());
            self.core.debug(&AcctDebug::Ended { unique, port: &label, cause });
        }
        self.account_link_stop(id, cause);
        if self.accounts.ports.get(&id).is_some_and(|a| a.network.is_some()) {
            self.network_record(id, Status::Stop, Some(cause));
        }
        self.accounts.ports.remove(&id);
    }

    /// `aaa accounting send stop-record authentication failure`: somebody did not get in.
    fn account_refused(&mut self, id: InterfaceId) {
        let recorded = self.accounts.ports.get(&id).is_some_and(|account| account.network.is_some());
        if !self.config.aaa.accounting.stop_on_failure || recorded {
            return;
        }
        let Some(label) = self.ports.get(&id).map(|p| p.label.clone()) else { return };
        let list = self.port_config(id).and_then(|c| c.ppp.accounting_list.clone());
        let name = list.as_deref().filter(|l| *l != "default");
        let unique = self.unique_of(id);
        let Some(plan) = self.plan(AccountingService::Network, name, unique, &label) else { return };
        let number = self.user_number(id);
        self.open(id, plan, number, Start::None);
    }

    /// Makes a record of the network service of a port.
    fn network_record(
        &mut self,
        id: InterfaceId,
        status: Status,
        cause: Option<EndCause>,
    ) -> Option<RecordId> {
        let open = self.accounts.ports.get(&id)?.network.clone()?;
        let port = self.aaa_port(id)?;
        let state = self.ports.get(&id)?;
        let (user, class) = (state.accounted_user(), state.class());
        let multilink = self.port_config(id).is_some_and(|c| c.ppp.multilink);
        let begins = status == Status::Start;
        let subject = Subject {
            port: Some(&port),
            multi: multilink.then_some((open.number, 1)),
            authentic: self.authentic(id, open.forwarded),
            service: Some(Service::Framed),
            class: &class,
            address: open.address,
            connect_info: self.connect_info(id),
            tunnel: open.tunnel.as_deref().map(|(tunnel, connection)| (tunnel, connection.as_str())),
            usage: (!begins).then(|| self.usage(id)),
            time: (!begins).then(|| self.core.now.duration_since(open.since)),
            end: cause.map(|cause| self.end(cause)),
            ..Subject::new(open.nas, &user, open.number)
        };
        Some(self.submit(&open.plan, status, Class::Network, subject, port.unique))
    }

    fn authentic(&self, id: InterfaceId, forwarded: bool) -> Option<Authentic> {
        match self.ports.get(&id)?.session.told_by_radius() {
            Some(true) => Some(Authentic::Radius),
            Some(false) => Some(Authentic::Local),
            None => forwarded.then_some(Authentic::Remote),
        }
    }

    /// The speed of the line, as far as it is known.
    fn connect_info(&self, id: InterfaceId) -> Option<String> {
        let speed = match &self.ports.get(&id)?.side {
            Side::Access(access) => access.speed,
            Side::Vaccess(vaccess) => vaccess.speed,
        };
        (speed > 0).then(|| speed.to_string())
    }

    /// The traffic of a port so far, what it has just been given to send included.
    fn usage(&self, id: InterfaceId) -> Usage {
        let Some(interface) = self.interfaces.get(id) else { return Usage::default() };
        let (packets_out, octets_out, packets_in, octets_in) = interface.counters.snapshot();
        let sent = self.core.turn.iter().filter(|(port, _)| *port == id);
        let (packets, octets) = sent.fold((0, 0), |(n, sum), (_, octets)| (n + 1, sum + octets));
        Usage {
            input_octets: octets_in,
            output_octets: octets_out + octets,
            input_packets: packets_in,
            output_packets: packets_out + packets,
        }
    }
}
