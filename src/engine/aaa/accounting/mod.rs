//! Accounting: records on their way to the servers, none lost because a server is down.
//!
//! A record is kept until a server has answered it. Records that go to the same methods are a lane: while its servers
//! answer, many are under way at once; when all have failed, the first record tries again, after a growing pause, until
//! one is answered; one that was tried in vain several times takes the next one along. Each try is a new request whose
//! Acct-Delay-Time says how old the record is. With a spool, what is kept is also on disk, and a restarted router is
//! handed what was left (`restore`). `order` says what has to come before what.

mod attributes;
mod cause;
pub mod debug;
mod order;
mod record;

#[cfg(test)]
mod tests;

pub use attributes::{Attributes, Authentic, End, Service, Subject, Usage};
pub use cause::EndCause;
pub use record::{Class, Record, RecordId, Status};

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use self::debug::AcctDebug;
use self::order::Order;
use crate::config::views::{AaaConfig, Method};
use crate::engine::aaa::servers::Groups;
use crate::proto::radius::client::{RequestAttribute, ServerGroup};
use crate::proto::radius::{Client, Code, Request, RequestKey};
use crate::proto::{Context, Instant};

/// Requests of a lane that are under way at once.
const WINDOW: usize = 128;
/// The pause after all servers have failed, doubled each time up to the second.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));
/// How often all its servers may leave a record unanswered before it holds up nothing any more; for Accounting-On and
/// -Off, which a server may not know, it is less.
const PATIENCE: (u32, u32) = (5, 2);
/// Records that are kept at most.
pub const LIMIT: usize = 65_536;

/// What accounting has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Starts, stops and updates by class, in the order of [`Class::ALL`].
    pub made: [(u64, u64, u64); 5],
    /// Answered by a server.
    pub answered: u64,
    /// Tries that no server answered.
    pub failed: u64,
    /// Lost because too many had to be kept, or because they fitted into no packet.
    pub dropped: u64,
    /// Handed over by the spool at start.
    pub restored: u64,
    /// Handed over by the spool and no record.
    pub unreadable: u64,
}

/// What accounting puts out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountingOutput {
    /// Keep this record on disk.
    SpoolAppend(RecordId, Vec<u8>),
    /// It is not needed any more.
    SpoolRemove(RecordId),
    /// A record that somebody waits for is answered, or given up.
    Answered(RecordId),
}

/// A record and how far it has come.
struct Queued {
    record: Record,
    lane: usize,
    /// The method that is asked, by its place.
    method: usize,
    /// How often all its servers have left it unanswered.
    tries: u32,
}

impl Queued {
    /// Nothing waits for it any more.
    fn given_up(&self) -> bool {
        self.tries >= if order::is_fence(self.record.status) { PATIENCE.1 } else { PATIENCE.0 }
    }
}

/// Records that go to the same methods.
struct Lane {
    methods: Arc<[Method]>,
    /// Address and port of each server of these methods.
    servers: Vec<(Ipv4Addr, u16)>,
    /// Those that wait to be sent, but for what waits for an earlier record of its session.
    ready: BTreeSet<RecordId>,
    under_way: usize,
    /// When to try again, while nobody answers.
    retry: Option<Instant>,
    pause: Duration,
    /// There is no server to send to.
    parked: bool,
}

/// The records of a router.
#[derive(Default)]
pub struct Accounting {
    records: BTreeMap<RecordId, Queued>,
    lanes: Vec<Lane>,
    under_way: HashMap<RequestKey, RecordId>,
    order: Order,
    /// Updates and rejects that wait to be sent: they make room first.
    lesser: BTreeSet<RecordId>,
    last: u64,
    spooling: bool,
    /// No server can be reached yet.
    held: bool,
    limit: Option<usize>,
    outputs: VecDeque<AccountingOutput>,
    statistics: Statistics,
}

impl Accounting {
    /// Takes a record.
    pub fn add(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        record: Record,
    ) -> RecordId {
        self.last += 1;
        let id = RecordId(self.last);
        self.count(&record);
        if self.spooling {
            self.outputs.push_back(AccountingOutput::SpoolAppend(id, record.encode()));
        }
        self.queue(id, record, config, groups);
        self.make_room();
        self.pump(cx, client, config, groups);
        id
    }

    /// Takes what a spool holds, before anything is recorded: this router keeps its records on disk. `wall` is the time
    /// in seconds since 1970. It is sent from the first configuration on.
    pub fn restore(&mut self, now: Instant, left: Vec<(u64, Vec<u8>)>, wall: Option<u32>) {
        self.spooling = true;
        let (config, groups) = (AaaConfig::default(), Groups::default());
        for (id, bytes) in left {
            self.last = self.last.max(id);
            match Record::decode(&bytes, now, wall) {
                Some(record) => {
                    self.statistics.restored += 1;
                    self.queue(RecordId(id), record, &config, &groups);
                }
                None => {
                    self.statistics.unreadable += 1;
                    self.outputs.push_back(AccountingOutput::SpoolRemove(RecordId(id)));
                }
            }
        }
        self.make_room();
    }

    /// Whether records wait because no server can be reached yet.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    fn count(&mut self, record: &Record) {
        let place = Class::ALL.iter().position(|c| *c == record.class).unwrap_or_default();
        let Some((starts, stops, updates)) = self.statistics.made.get_mut(place) else { return };
        match record.status {
            Status::Start | Status::TunnelStart | Status::LinkStart | Status::AccountingOn => *starts += 1,
            Status::Interim => *updates += 1,
            Status::Stop
            | Status::AccountingOff
            | Status::TunnelStop
            | Status::TunnelReject
            | Status::LinkStop
            | Status::LinkReject => *stops += 1,
        }
    }

    fn queue(&mut self, id: RecordId, record: Record, config: &AaaConfig, groups: &Groups) {
        let place = self.lane(&record.methods, config, groups);
        if self.order.add(id, place, &record)
            && let Some(lane) = self.lanes.get_mut(place)
        {
            lane.ready.insert(id);
        }
        if is_lesser(record.status) {
            self.lesser.insert(id);
        }
        self.records.insert(id, Queued { record, lane: place, method: 0, tries: 0 });
    }

    fn lane(&mut self, methods: &Arc<[Method]>, config: &AaaConfig, groups: &Groups) -> usize {
        if let Some(place) = self.lanes.iter().position(|l| l.methods == *methods) {
            return place;
        }
        self.lanes.push(Lane {
            methods: methods.clone(),
            servers: addresses(methods, config, groups),
            ready: BTreeSet::new(),
            under_way: 0,
            retry: None,
            pause: PAUSE.0,
            parked: false,
        });
        self.lanes.len() - 1
    }

    /// Too many records: an update goes first, for the next one says the same and more, or a reject, for any stranger
    /// can cause one; then the oldest.
    fn make_room(&mut self) {
        while self.records.len() > self.limit.unwrap_or(LIMIT) {
            let oldest = || self.lanes.iter().filter_map(|l| l.ready.first().copied()).min();
            let Some(id) = self.lesser.first().copied().or_else(oldest) else { return };
            self.statistics.dropped += 1;
            self.remove(id);
        }
    }

    /// A record is answered or given up: who waits for its answer waits no longer in either case.
    fn remove(&mut self, id: RecordId) -> Option<Queued> {
        let queued = self.records.remove(&id)?;
        let next = self.order.release(id, queued.lane, &queued.record);
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.ready.remove(&id);
            lane.ready.extend(next);
        }
        self.lesser.remove(&id);
        if self.spooling {
            self.outputs.push_back(AccountingOutput::SpoolRemove(id));
        }
        if queued.record.awaited {
            self.outputs.push_back(AccountingOutput::Answered(id));
        }
        Some(queued)
    }

    /// The servers may be others now: every lane tries again.
    pub fn reconfigured(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
    ) {
        self.order.hasty = config.accounting.on_in_any_place;
        for lane in &mut self.lanes {
            lane.servers = addresses(&lane.methods, config, groups);
            lane.parked = false;
            lane.retry = lane.retry.map(|at| at.min(cx.now));
        }
        self.pump(cx, client, config, groups);
    }

    /// Sends what may be sent.
    pub fn pump(&mut self, cx: &mut Context, client: &mut Client, config: &AaaConfig, groups: &Groups) {
        if self.held {
            return;
        }
        for place in 0..self.lanes.len() {
            self.pump_lane(cx, client, config, groups, place);
        }
    }

    fn pump_lane(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        place: usize,
    ) {
        let Some(lane) = self.lanes.get(place).filter(|lane| !lane.parked) else { return };
        let silent = lane.retry.is_some();
        let room = match lane.retry {
            None => WINDOW.saturating_sub(lane.under_way),
            Some(at) if lane.under_way == 0 && at <= cx.now => WINDOW,
            Some(_) => 0,
        };
        for _ in 0..room {
            let Some(id) = self.next(place) else { return };
            let fresh = self.records.get(&id).is_some_and(|queued| !queued.given_up());
            if !self.send(cx, client, config, groups, id) {
                if let Some(lane) = self.lanes.get_mut(place) {
                    lane.parked = true;
                    lane.ready.insert(id);
                }
                return;
            }
            // While nobody answers, one question is enough; what was given up is asked along with it.
            if silent && fresh {
                return;
            }
        }
    }

    /// The next record of a lane that may be sent; taken out of those that wait.
    fn next(&mut self, place: usize) -> Option<RecordId> {
        let id = self.first(place)?;
        self.lanes.get_mut(place)?.ready.take(&id)
    }

    /// The first record of a lane that does not have to wait for others. What comes behind a fence that waits does so
    /// too, unless nothing waits for fences.
    fn first(&self, place: usize) -> Option<RecordId> {
        let lane = self.lanes.get(place)?;
        let concerns = |other: usize| {
            let shares = |l: &Lane| l.retry.is_none() && l.servers.iter().any(|s| lane.servers.contains(s));
            other == place || self.lanes.get(other).is_some_and(shares)
        };
        let candidates = if self.order.hasty { usize::MAX } else { 1 };
        let mut ready = lane.ready.iter().copied().take(candidates);
        ready.find(|id| self.order.permits(*id, place, concerns))
    }

    /// Asks the next method of a record that has servers. False when none has.
    fn send(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        id: RecordId,
    ) -> bool {
        let Some(queued) = self.records.get_mut(&id) else { return true };
        let methods = queued.record.methods.clone();
        let usable = methods.iter().enumerate().skip(queued.method);
        let Some((place, servers)) =
            usable.filter_map(|(n, m)| Some((n, servers(m, config, groups)?))).next()
        else {
            queued.method = 0;
            return false;
        };
        queued.method = place;
        let record = &queued.record;
        let mut attributes: Vec<RequestAttribute> =
            record.attributes.list().into_iter().map(RequestAttribute::Plain).collect();
        attributes.push(RequestAttribute::Delay(record.age.0, record.age.1));
        let request = Request {
            code: Code::AccountingRequest,
            attributes,
            authenticator: None,
            servers,
            label: record.label.to_string(),
            unique: record.unique,
            origin: None,
        };
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.under_way += 1;
        }
        self.lesser.remove(&id);
        let key = client.submit(cx, request);
        self.under_way.insert(key, id);
        true
    }

    /// A server has answered.
    pub fn replied(&mut self, cx: &mut Context, key: RequestKey) {
        let Some(id) = self.under_way.remove(&key) else { return };
        let Some(queued) = self.remove(id) else { return };
        self.statistics.answered += 1;
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.under_way -= 1;
            (lane.retry, lane.pause) = (None, PAUSE.0);
        }
        cx.debug(&AcctDebug::Response(&queued.record, true));
    }

    /// Nobody has answered.
    pub fn failed(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        key: RequestKey,
    ) {
        let Some(id) = self.under_way.remove(&key) else { return };
        let Some(queued) = self.records.get_mut(&id) else { return };
        self.statistics.failed += 1;
        cx.debug(&AcctDebug::Response(&queued.record, false));
        queued.method += 1;
        let place = queued.lane;
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.under_way -= 1;
        }
        if !self.send(cx, client, config, groups, id) {
            self.put_back(cx.now, id, place);
        }
    }

    /// A record fits into no packet, which those that are made here do: it is none.
    pub fn unsendable(&mut self, key: RequestKey) {
        let Some(id) = self.under_way.remove(&key) else { return };
        let Some(queued) = self.remove(id) else { return };
        self.statistics.dropped += 1;
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.under_way -= 1;
        }
    }

    /// None of its servers has answered a record.
    fn put_back(&mut self, now: Instant, id: RecordId, place: usize) {
        let Some(queued) = self.records.get_mut(&id) else { return };
        queued.tries = queued.tries.saturating_add(1);
        if is_lesser(queued.record.status) {
            self.lesser.insert(id);
        }
        let next = if queued.given_up() { self.order.release(id, place, &queued.record) } else { None };
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.ready.extend(next.into_iter().chain([id]));
            if lane.retry.is_none_or(|at| at <= now) {
                lane.retry = Some(now + lane.pause);
                lane.pause = (lane.pause * 2).min(PAUSE.1);
            }
        }
    }

    /// When `pump` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let due = |(place, lane): (usize, &Lane)| {
            let at = lane.retry.filter(|_| !lane.parked && lane.under_way == 0)?;
            self.first(place).map(|_| at)
        };
        self.lanes.iter().enumerate().filter(|_| !self.held).filter_map(due).min()
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<AccountingOutput> {
        self.outputs.pop_front()
    }

    /// Records that no server has answered yet.
    pub fn pending(&self) -> usize {
        self.records.len()
    }

    /// Whether every record is answered, and nothing waits to be polled.
    pub fn is_quiet(&self) -> bool {
        self.records.is_empty() && self.outputs.is_empty()
    }

    /// What it has done so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Keeps at most so many records.
    #[cfg(test)]
    fn set_limit(&mut self, limit: usize) {
        self.limit = Some(limit);
    }
}

fn is_lesser(status: Status) -> bool {
    matches!(status, Status::Interim | Status::TunnelReject | Status::LinkReject)
}

/// Where the servers of these methods listen.
fn addresses(methods: &[Method], config: &AaaConfig, groups: &Groups) -> Vec<(Ipv4Addr, u16)> {
    let mut all = Vec::new();
    for method in methods {
        match servers(method, config, groups) {
            Some(None) => all.extend(config.servers.iter().map(|s| (s.address, s.acct_port))),
            Some(Some(group)) => all.extend(group.servers.iter().map(|s| (s.address, s.acct_port))),
            None => {}
        }
    }
    all.retain(|(_, port)| *port != 0);
    all
}

/// The servers of a method: `Some(None)` for all; `None` when it has none.
fn servers(method: &Method, config: &AaaConfig, groups: &Groups) -> Option<Option<Arc<ServerGroup>>> {
    match method {
        // A server whose port is 0 is not for accounting.
        Method::Radius => config.servers.iter().any(|s| s.acct_port != 0).then_some(None),
        Method::Group(name) => {
            let group = groups.get(name)?;
            group.servers.iter().any(|s| s.acct_port != 0).then(|| Some(group.clone()))
        }
        Method::Tacacs
        | Method::Local
        | Method::LocalCase
        | Method::None
        | Method::Enable
        | Method::Line
        | Method::IfNeeded
        | Method::IfAuthenticated => None,
    }
}
