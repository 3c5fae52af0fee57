//! Accounting: records on their way to the servers, none lost because a server is down.
//!
//! A record is kept until a server has answered it. Records that go to the same methods are a lane: while its servers
//! answer, many are under way at once; when all have failed, one record at a time tries again, after a growing pause,
//! until one is answered. Each try is a new request whose Acct-Delay-Time says how old the record is. With a spool,
//! what is kept is also on disk, and a restarted router is handed what was left (`restore`).

mod attributes;
mod cause;
pub mod debug;
mod record;

#[cfg(test)]
mod tests;

pub use attributes::{Attributes, Authentic, End, Service, Subject, Usage};
pub use cause::EndCause;
pub use record::{Class, Record, RecordId, Status};

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use self::debug::AcctDebug;
use crate::config::views::{AaaConfig, Method};
use crate::engine::aaa::servers::Groups;
use crate::proto::radius::client::{RequestAttribute, ServerGroup};
use crate::proto::radius::{Client, Code, Request, RequestKey};
use crate::proto::{Context, Instant};

/// Requests of a lane that are under way at once.
const WINDOW: usize = 128;
/// The pause after all servers have failed, doubled each time up to the second.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));
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
    /// Lost because too many had to be kept.
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
    /// A record that somebody waits for is answered.
    Answered(RecordId),
}

/// A record and how far it has come.
struct Queued {
    record: Record,
    lane: usize,
    /// The method that is asked, by its place.
    method: usize,
}

/// Records that go to the same methods.
struct Lane {
    methods: Arc<[Method]>,
    /// Those that wait to be sent.
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
    /// Updates that wait to be sent: they make room first.
    updates: BTreeSet<RecordId>,
    last: u64,
    spooling: bool,
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
        self.queue(id, record);
        self.make_room();
        self.pump(cx, client, config, groups);
        id
    }

    /// Takes what a spool holds: this router keeps its records on disk. `wall` is the time in seconds since 1970.
    pub fn restore(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        left: Vec<(u64, Vec<u8>)>,
        wall: Option<u32>,
    ) {
        if self.spooling {
            return;
        }
        // What was recorded before the spool was there is newer than all that was left in it.
        let mut early = std::mem::take(&mut self.records);
        self.lanes.iter_mut().for_each(|lane| lane.ready.clear());
        self.updates.clear();
        for (id, bytes) in left {
            self.last = self.last.max(id);
            match Record::decode(&bytes, cx.now, wall) {
                Some(record) => {
                    self.statistics.restored += 1;
                    self.queue(RecordId(id), record);
                }
                None => {
                    self.statistics.unreadable += 1;
                    self.outputs.push_back(AccountingOutput::SpoolRemove(RecordId(id)));
                }
            }
        }
        let mut renamed = HashMap::new();
        while let Some((old, queued)) = early.pop_first() {
            self.last += 1;
            let id = RecordId(self.last);
            renamed.insert(old, id);
            self.outputs.push_back(AccountingOutput::SpoolAppend(id, queued.record.encode()));
            let flying = self.under_way.values().any(|r| *r == old);
            let (lane, method) = (queued.lane, queued.method);
            self.queue(id, queued.record);
            if flying {
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.ready.remove(&id);
                }
                self.updates.remove(&id);
                if let Some(queued) = self.records.get_mut(&id) {
                    queued.method = method;
                }
            }
        }
        for id in self.under_way.values_mut() {
            *id = renamed.get(id).copied().unwrap_or(*id);
        }
        self.spooling = true;
        self.make_room();
        self.pump(cx, client, config, groups);
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

    fn queue(&mut self, id: RecordId, record: Record) {
        let lane = self.lane(&record.methods);
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.ready.insert(id);
        }
        if record.status == Status::Interim {
            self.updates.insert(id);
        }
        self.records.insert(id, Queued { record, lane, method: 0 });
    }

    fn lane(&mut self, methods: &Arc<[Method]>) -> usize {
        if let Some(place) = self.lanes.iter().position(|l| l.methods == *methods) {
            return place;
        }
        let (methods, ready) = (methods.clone(), BTreeSet::new());
        self.lanes.push(Lane { methods, ready, under_way: 0, retry: None, pause: PAUSE.0, parked: false });
        self.lanes.len() - 1
    }

    /// Too many records: an update goes first, for the next one says the same and more; then the oldest.
    fn make_room(&mut self) {
        while self.records.len() > self.limit.unwrap_or(LIMIT) {
            let oldest = || self.lanes.iter().filter_map(|l| l.ready.first().copied()).min();
            let Some(id) = self.updates.first().copied().or_else(oldest) else { return };
            self.statistics.dropped += 1;
            self.remove(id);
        }
    }

    fn remove(&mut self, id: RecordId) -> Option<Queued> {
        let queued = self.records.remove(&id)?;
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.ready.remove(&id);
        }
        self.updates.remove(&id);
        if self.spooling {
            self.outputs.push_back(AccountingOutput::SpoolRemove(id));
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
        for lane in &mut self.lanes {
            lane.parked = false;
            lane.retry = lane.retry.map(|at| at.min(cx.now));
        }
        self.pump(cx, client, config, groups);
    }

    /// Sends what may be sent.
    pub fn pump(&mut self, cx: &mut Context, client: &mut Client, config: &AaaConfig, groups: &Groups) {
        for place in 0..self.lanes.len() {
            while let Some(id) = self.next(place, cx.now) {
                if !self.send(cx, client, config, groups, id) {
                    let Some(lane) = self.lanes.get_mut(place) else { break };
                    lane.parked = true;
                    lane.ready.insert(id);
                    break;
                }
            }
        }
    }

    /// The next record of a lane that may be sent; taken out of those that wait.
    fn next(&mut self, place: usize, now: Instant) -> Option<RecordId> {
        let lane = self.lanes.get_mut(place)?;
        let may = match lane.retry {
            _ if lane.parked => false,
            None => lane.under_way < WINDOW,
            Some(at) => lane.under_way == 0 && at <= now,
        };
        if may { lane.ready.pop_first() } else { None }
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
        self.updates.remove(&id);
        let key = client.submit(cx, request);
        self.under_way.insert(key, id);
        true
    }

    /// A server has answered. False when the request was none of accounting's.
    pub fn replied(&mut self, cx: &mut Context, key: RequestKey) -> bool {
        let Some(id) = self.under_way.remove(&key) else { return false };
        let Some(queued) = self.remove(id) else { return true };
        self.statistics.answered += 1;
        if let Some(lane) = self.lanes.get_mut(queued.lane) {
            lane.under_way -= 1;
            (lane.retry, lane.pause) = (None, PAUSE.0);
        }
        cx.debug(&AcctDebug::Response(&queued.record, true));
        if queued.record.awaited {
            self.outputs.push_back(AccountingOutput::Answered(id));
        }
        true
    }

    /// Nobody has answered. False when the request was none of accounting's.
    pub fn failed(
        &mut self,
        cx: &mut Context,
        client: &mut Client,
        config: &AaaConfig,
        groups: &Groups,
        key: RequestKey,
    ) -> bool {
        let Some(id) = self.under_way.remove(&key) else { return false };
        let Some(queued) = self.records.get_mut(&id) else { return true };
        self.statistics.failed += 1;
        cx.debug(&AcctDebug::Response(&queued.record, false));
        queued.method += 1;
        let (place, interim) = (queued.lane, queued.record.status == Status::Interim);
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.under_way -= 1;
        }
        if self.send(cx, client, config, groups, id) {
            return true;
        }
        if interim {
            self.updates.insert(id);
        }
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.ready.insert(id);
            if lane.retry.is_none_or(|at| at <= cx.now) {
                lane.retry = Some(cx.now + lane.pause);
                lane.pause = (lane.pause * 2).min(PAUSE.1);
            }
        }
        true
    }

    /// When `pump` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let waiting = |l: &&Lane| !l.parked && l.under_way == 0 && !l.ready.is_empty();
        self.lanes.iter().filter(waiting).filter_map(|l| l.retry).min()
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

/// The servers of a method: `Some(None)` for all; `None` when it has none.
fn servers(method: &Method, config: &AaaConfig, groups: &Groups) -> Option<Option<Arc<ServerGroup>>> {
    match method {
        Method::Radius => (!config.servers.is_empty()).then_some(None),
        Method::Group(name) => {
            let group = groups.get(name)?;
            (!group.servers.is_empty()).then(|| Some(group.clone()))
        }
        Method::Local
        | Method::LocalCase
        | Method::None
        | Method::Enable
        | Method::Line
        | Method::IfNeeded
        | Method::IfAuthenticated => None,
    }
}
