//! Which record has to wait for which.
//!
//! - The records of a session are sent one after the other, for a server that hears of an end before the beginning
//!   takes the session for an open one.
//! - Accounting-On and -Off are fences, because a server that hears one closes every session of this router: they are
//!   sent when all that was recorded before them is answered, what a spool had kept of an earlier life included, and
//!   what is recorded after them waits for them, unless `no aaa accounting system guarantee-first` says otherwise.
//!
//! Both holds for records that may reach the same server. Nothing waits for a server that is dead: a lane in which all
//! servers have failed holds up no other lane, and a record that all its servers have left unanswered several times
//! holds up nothing at all. Within its lane it still goes first, so that when a dead server comes back the order of
//! what it gets is kept. So a fence is late at worst, and never lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::record::{Class, Record, RecordId, Status};
use crate::proto::radius::dictionary::{AttributeKey, keys};

/// The records that others may have to wait for.
#[derive(Default)]
pub struct Order {
    /// Of each lane, by its place.
    lanes: Vec<BTreeSet<RecordId>>,
    /// Accounting-On and -Off, each with its lane.
    fences: BTreeMap<RecordId, usize>,
    /// What is recorded after a fence does not wait for it.
    pub hasty: bool,
    /// Of each session: its lane and Acct-Session-Id.
    sessions: HashMap<(usize, Box<[u8]>), BTreeSet<RecordId>>,
}

fn session(lane: usize, record: &Record) -> Option<(usize, Box<[u8]>)> {
    let AttributeKey::Standard(kind) = keys::ACCT_SESSION_ID else { return None };
    // Each record of the router itself is alone.
    let id = record.attributes.first(kind).filter(|_| record.class != Class::System)?;
    Some((lane, id.into()))
}

/// Accounting-On and -Off.
pub fn is_fence(status: Status) -> bool {
    matches!(status, Status::AccountingOn | Status::AccountingOff)
}

impl Order {
    /// Takes a record; its name is higher than those before. False when an earlier one of its session comes first.
    pub fn add(&mut self, id: RecordId, lane: usize, record: &Record) -> bool {
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, BTreeSet::new);
        }
        if let Some(held) = self.lanes.get_mut(lane) {
            held.insert(id);
        }
        if is_fence(record.status) {
            self.fences.insert(id, lane);
        }
        let Some(session) = session(lane, record) else { return true };
        let records = self.sessions.entry(session).or_default();
        records.insert(id);
        records.first() == Some(&id)
    }

    /// Nothing waits for this record any more. The one of its session that may be sent now.
    pub fn release(&mut self, id: RecordId, lane: usize, record: &Record) -> Option<RecordId> {
        if let Some(held) = self.lanes.get_mut(lane) {
            held.remove(&id);
        }
        self.fences.remove(&id);
        let session = session(lane, record)?;
        let records = self.sessions.get_mut(&session)?;
        let first = records.first() == Some(&id);
        records.remove(&id);
        let next = records.first().copied().filter(|_| first);
        if records.is_empty() {
            self.sessions.remove(&session);
        }
        next
    }

    /// Whether no fence keeps this record back. `concerns` tells which lanes are to be heeded.
    pub fn permits(&self, id: RecordId, lane: usize, concerns: impl Fn(usize) -> bool) -> bool {
        let held = |lane: usize| self.lanes.get(lane);
        if self.fences.is_empty() || !held(lane).is_some_and(|own| own.contains(&id)) {
            return true;
        }
        if self.fences.contains_key(&id) {
            let earlier = |set: &BTreeSet<RecordId>| set.first().is_some_and(|first| *first < id);
            return !self.lanes.iter().enumerate().any(|(lane, set)| earlier(set) && concerns(lane));
        }
        self.hasty || !self.fences.range(..id).any(|(_, lane)| concerns(*lane))
    }
}
