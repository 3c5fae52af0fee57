//! A record, and how it is written to be kept over a restart.

use std::sync::Arc;
use std::time::Duration;

use super::Attributes;
use crate::config::views::Method;
use crate::proto::Instant;
use crate::proto::cursor::Reader;

/// Acct-Status-Type, RFC 2866 section 5.1 and RFC 2867 section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 1
    Start,
    /// 2
    Stop,
    /// 3
    Interim,
    /// 7
    AccountingOn,
    /// 8
    AccountingOff,
    /// 9
    TunnelStart,
    /// 10
    TunnelStop,
    /// 11
    TunnelReject,
    /// 12
    LinkStart,
    /// 13
    LinkStop,
    /// 14
    LinkReject,
}

impl Status {
    /// Every one.
    pub const ALL: [Status; 11] = [
        Status::Start,
        Status::Stop,
        Status::Interim,
        Status::AccountingOn,
        Status::AccountingOff,
        Status::TunnelStart,
        Status::TunnelStop,
        Status::TunnelReject,
        Status::LinkStart,
        Status::LinkStop,
        Status::LinkReject,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        match self {
            Status::Start => 1,
            Status::Stop => 2,
            Status::Interim => 3,
            Status::AccountingOn => 7,
            Status::AccountingOff => 8,
            Status::TunnelStart => 9,
            Status::TunnelStop => 10,
            Status::TunnelReject => 11,
            Status::LinkStart => 12,
            Status::LinkStop => 13,
            Status::LinkReject => 14,
        }
    }

    /// The status of a number.
    pub fn from_number(number: u32) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.number() == number)
    }
}

/// What a record is about, for the counters of `show accounting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// PPP.
    Network,
    /// EXEC.
    Exec,
    /// The router.
    System,
    /// A tunnel.
    Tunnel,
    /// A session in a tunnel.
    Link,
}

impl Class {
    /// Every one.
    pub const ALL: [Class; 5] = [Class::Network, Class::Exec, Class::System, Class::Tunnel, Class::Link];
}

/// Names a record; never used again, not even after a restart as long as the record is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub u64);

/// A record on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its status.
    pub status: Status,
    /// What it is about.
    pub class: Class,
    /// Who is told, in order.
    pub methods: Arc<[Method]>,
    /// Everything but Acct-Delay-Time.
    pub attributes: Attributes,
    /// How old it was at this point.
    pub age: (Duration, Instant),
    /// When it happened, seconds since 1970; `None` when the clock was not set.
    pub event: Option<u32>,
    /// Long name of the port, for the debugs.
    pub label: Arc<str>,
    /// Unique id of the session, for the debugs.
    pub unique: u32,
    /// Somebody waits for its answer.
    pub awaited: bool,
}

const VERSION: u8 = 1;
const NO_EVENT: u32 = 0;

impl Record {
    /// The record as octets, for the spool: version, status, class, event, unique id, label, methods, attributes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out =
            vec![VERSION, u8::try_from(self.status.number()).unwrap_or(0), class_number(self.class)];
        out.extend(self.event.unwrap_or(NO_EVENT).to_be_bytes());
        out.extend(self.unique.to_be_bytes());
        put(&mut out, self.label.as_bytes());
        out.push(u8::try_from(self.methods.len()).unwrap_or(u8::MAX));
        for method in self.methods.iter().take(usize::from(u8::MAX)) {
            // An empty name stands for every server.
            let name = if let Method::Group(name) = method { name.as_str() } else { "" };
            put(&mut out, name.as_bytes());
        }
        put(&mut out, self.attributes.octets());
        out
    }

    /// Reads a record that was kept. `now` is the time, with seconds since 1970 when the clock is set: the record is
    /// as old as the clock says, and new when there is none to say.
    pub fn decode(bytes: &[u8], now: Instant, wall: Option<u32>) -> Option<Record> {
        let mut reader = Reader::new(bytes);
        if reader.u8().ok()? != VERSION {
            return None;
        }
        let status = Status::from_number(reader.u8().ok()?.into())?;
        let number = reader.u8().ok()?;
        let class = Class::ALL.into_iter().find(|c| class_number(*c) == number)?;
        let event = Some(reader.u32().ok()?).filter(|event| *event != NO_EVENT);
        let unique = reader.u32().ok()?;
        let label = String::from_utf8_lossy(take(&mut reader)?).as_ref().into();
        let count = reader.u8().ok()?;
        let mut methods = Vec::new();
        for _ in 0..count {
            let name = String::from_utf8_lossy(take(&mut reader)?).into_owned();
            methods.push(if name.is_empty() { Method::Radius } else { Method::Group(name) });
        }
        let attributes = Attributes::from_octets(take(&mut reader)?.to_vec());
        let age = match (event, wall) {
            (Some(event), Some(wall)) => Duration::from_secs(wall.saturating_sub(event).into()),
            (None, _) | (_, None) => Duration::ZERO,
        };
        let methods = methods.into();
        Some(Record {
            status,
            class,
            methods,
            attributes,
            age: (age, now),
            event,
            label,
            unique,
            awaited: false,
        })
    }
}

fn class_number(class: Class) -> u8 {
    match class {
        Class::Network => 1,
        Class::Exec => 2,
        Class::System => 3,
        Class::Tunnel => 4,
        Class::Link => 5,
    }
}

/// Octets behind their number.
fn put(out: &mut Vec<u8>, octets: &[u8]) {
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(octets.iter().take(usize::from(length)));
}

fn take<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = reader.u16().ok()?;
    reader.take(length.into()).ok()
}
