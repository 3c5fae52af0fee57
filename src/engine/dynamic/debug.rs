//! `debug aaa pod` and `debug aaa coa`.
//!
//! The lines of a disconnect are those of the published command reference; those of a change, and those for what it does
//! not show, are worded after them.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use crate::engine::registry::AaaSessionView;
use crate::proto::radius::dynamic::{Dropped, Identification, Mark, Verdict};
use crate::proto::redact::OneLine;
use crate::proto::{DebugText, Dialect, Switch};

/// A line.
pub enum Dynamic<'a> {
    /// A request was believed.
    Queued { pod: bool, client: Ipv4Addr },
    /// What it says of the session.
    Wanted { pod: bool, client: Ipv4Addr, marks: &'a [Identification] },
    /// The head of the sessions.
    Head,
    /// A session, and whether it ends.
    Session { kill: bool, session: &'a AaaSessionView },
    /// The answer.
    Sending { pod: bool, remote: SocketAddr, verdict: Verdict },
    /// It was answered before.
    Repeated { pod: bool, remote: SocketAddr },
    /// It was not believed; what is no request at all counts as one of a disconnect.
    Dropped { pod: bool, remote: SocketAddr, why: Dropped },
}

fn prefix(pod: bool) -> &'static str {
    if pod { "POD" } else { "COA" }
}

impl DebugText for Dynamic<'_> {
    fn switch(&self) -> Switch {
        match self {
            Dynamic::Queued { pod: false, .. }
            | Dynamic::Wanted { pod: false, .. }
            | Dynamic::Sending { pod: false, .. }
            | Dynamic::Repeated { pod: false, .. }
            | Dynamic::Dropped { pod: false, .. } => Switch::AaaCoa,
            Dynamic::Queued { .. }
            | Dynamic::Wanted { .. }
            | Dynamic::Sending { .. }
            | Dynamic::Head
            | Dynamic::Session { .. }
            | Dynamic::Repeated { .. }
            | Dynamic::Dropped { .. } => Switch::AaaPod,
        }
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let f: &mut dyn fmt::Write = &mut OneLine(f);
        match self {
            Dynamic::Queued { pod, client } => write!(f, "{}: {client} request queued", prefix(*pod)),
            Dynamic::Wanted { pod, client, marks } => {
                let text = |mark| marks.iter().find(|id| id.mark == mark)?.value.as_text();
                let address = marks.iter().find_map(|id| id.value.as_address());
                write!(f, "{}: {client} user ", prefix(*pod))?;
                if let Some(user) = text(Mark::User) {
                    write!(f, "{user} ")?;
                }
                let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED);
                let session = text(Mark::Session).unwrap_or_else(|| "0".to_owned());
                write!(f, "{address} sessid 0x{session} key 0x0")
            }
            Dynamic::Head => f.write_str("POD: Line     User          IDB          Session Id  Key"),
            Dynamic::Session { kill, session } => {
                let interface = session.interface.as_ref().map(|i| i.short());
                let terminal = || session.line.map(|line| format!("tty{line}"));
                let line = interface.or_else(terminal).unwrap_or_default();
                let address = session.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
                let what = if *kill { "KILL" } else { "Skip" };
                write!(f, "POD: {what} {line} {} {address} 0x{} 0x0", session.user, session.number)
            }
            Dynamic::Sending { pod, remote, verdict } => {
                let answer = match verdict {
                    Verdict::Done => "ACK".to_owned(),
                    Verdict::Refused(cause) => format!("NAK (error cause {})", cause.number()),
                };
                write!(f, "{}: Sending {answer} to {}/{}", prefix(*pod), remote.ip(), remote.port())
            }
            Dynamic::Repeated { pod, remote } => {
                let (kind, port) = (prefix(*pod), remote.port());
                write!(f, "{kind}: {} request repeated, same answer to port {port}", remote.ip())
            }
            Dynamic::Dropped { pod, remote, why } => {
                let why = match why {
                    Dropped::Client => "unknown client",
                    Dropped::Malformed => "malformed packet",
                    Dropped::Authenticator => "bad authenticator",
                    Dropped::Stale => "Event-Timestamp outside of the window",
                };
                write!(f, "{}: {} request dropped: {why}", prefix(*pod), remote.ip())
            }
        }
    }
}
