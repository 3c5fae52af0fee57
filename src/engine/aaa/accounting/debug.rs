//! `debug aaa accounting`: the only place with IOS's words for it.
//!
//! The wordings are recalled: 12.x after the tech notes of that time (`AAA/ACCT/NET/START User ..., Port ..., List ...`),
//! 15.x after captures of later releases (`AAA/ACCT/NET(0000001C): Queueing record is START`). No published sample is at
//! hand to hold them against. That a start record is awaited is worded by this project.

use std::fmt;

use super::EndCause;
use super::record::{Class, Record, Status};
use crate::proto::redact::OneLine;
use crate::proto::{DebugText, Dialect, Switch};

/// A line.
#[derive(Clone, Copy, Debug)]
pub enum AcctDebug<'a> {
    /// A record is made, for this user and port by this list.
    Made {
        /// What.
        record: &'a Record,
        /// For whom.
        user: &'a str,
        /// The list.
        list: &'a str,
    },
    /// A list applies, 15.x only.
    PickList {
        /// Unique id.
        unique: u32,
        /// What is recorded.
        class: Class,
        /// The list.
        list: &'a str,
    },
    /// A list that is named does not exist, or records nothing.
    NoList {
        /// What is not recorded.
        class: Class,
        /// Unique id.
        unique: u32,
        /// Its port.
        port: &'a str,
        /// The list.
        list: &'a str,
    },
    /// How a session ended.
    Ended {
        /// Unique id.
        unique: u32,
        /// Its port.
        port: &'a str,
        /// Why.
        cause: EndCause,
    },
    /// The start is awaited before the service begins.
    Waiting {
        /// Unique id.
        unique: u32,
        /// Its port.
        port: &'a str,
    },
    /// A server has answered, or none has.
    Response(&'a Record, bool),
}

fn service(class: Class) -> &'static str {
    match class {
        Class::Network => "NET",
        Class::Exec => "EXEC",
        Class::System => "SYSTEM",
        Class::Tunnel => "VPDN-TUNNEL",
        Class::Link => "VPDN-SESSION",
    }
}

fn action(status: Status) -> &'static str {
    match status {
        Status::Start | Status::TunnelStart | Status::LinkStart => "START",
        Status::Stop | Status::TunnelStop | Status::LinkStop => "STOP",
        Status::Interim => "UPDATE",
        Status::AccountingOn => "ON",
        Status::AccountingOff => "OFF",
        Status::TunnelReject | Status::LinkReject => "REJECT",
    }
}

impl DebugText for AcctDebug<'_> {
    fn switch(&self) -> Switch {
        Switch::AaaAccounting
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let late = dialect == Dialect::V15;
        let f: &mut dyn fmt::Write = &mut OneLine(f);
        match self {
            AcctDebug::Made { record, .. } if late => {
                let (service, action) = (service(record.class), action(record.status));
                write!(f, "AAA/ACCT/{service}({:08X}): Queueing record is {action}", record.unique)
            }
            AcctDebug::Made { record, user, list } => {
                let (service, action, port) = (service(record.class), action(record.status), &record.label);
                write!(f, "AAA/ACCT/{service}/{action} User {user}, Port {port}, List \"{list}\"")
            }
            AcctDebug::PickList { unique, class, list } => {
                write!(f, "AAA/ACCT/{}({unique:08X}): Pick method list '{list}'", service(*class))
            }
            AcctDebug::NoList { unique, class, .. } if late => {
                write!(f, "AAA/ACCT/{}({unique:08X}): Method list not found", service(*class))
            }
            AcctDebug::NoList { port, list, .. } => write!(f, "AAA/ACCT: {port} no list \"{list}\""),
            AcctDebug::Ended { unique, .. } if late => write!(f, "AAA/ACCT/EVENT/({unique:08X}): CALL STOP"),
            AcctDebug::Ended { port, cause, .. } => {
                write!(f, "AAA/ACCT: {port} terminate cause {}, {}", cause.terminate(), cause.pair(dialect))
            }
            AcctDebug::Waiting { unique, .. } if late => {
                write!(f, "AAA/ACCT({unique:08X}): waiting for the start record")
            }
            AcctDebug::Waiting { port, .. } => write!(f, "AAA/ACCT: {port} waiting for the start record"),
            AcctDebug::Response(record, passed) => {
                let service = service(record.class);
                if late {
                    let (unique, action) = (record.unique, action(record.status));
                    let reply = if *passed { "PASS" } else { "FAIL" };
                    write!(f, "AAA/ACCT/{service}({unique:08X}): {action} protocol reply {reply}")
                } else {
                    let status = if *passed { "SUCCESS" } else { "FAILURE" };
                    let port = &record.label;
                    write!(f, "AAA/ACCT/{service}: {port} accounting response status = {status}")
                }
            }
        }
    }
}
