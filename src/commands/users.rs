//! `show users`, `show caller` and `show caller summary`.

use std::time::Duration;

use super::text::{clip, or_dash, say};
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::engine::views::{CallerView, TimeLimit};
use crate::logging::clock::uptime_stamp;
use crate::proto::Dialect;

/// A terminal line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// `con N`
    Console(u16),
    /// `aux N`
    Aux(u16),
    /// `vty N`
    Vty(u16),
}

impl LineKind {
    /// `con 0`, `vty 1`.
    pub fn name(self) -> String {
        match self {
            LineKind::Console(n) => format!("con {n}"),
            LineKind::Aux(n) => format!("aux {n}"),
            LineKind::Vty(n) => format!("vty {n}"),
        }
    }

    const fn service(self) -> &'static str {
        match self {
            LineKind::Console(_) | LineKind::Aux(_) => "TTY",
            LineKind::Vty(_) => "VTY",
        }
    }
}

/// A terminal line, for `show users` and `show caller`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRow {
    /// Absolute line number.
    pub number: u16,
    /// Which line.
    pub kind: LineKind,
    /// Somebody is on it.
    pub active: bool,
    /// It is the line that asks.
    pub current: bool,
    /// Who; empty without a login.
    pub user: String,
    /// How long it has been in use.
    pub connected: Duration,
    /// How long nothing was typed.
    pub idle: Duration,
    /// Where it comes from; empty for the console.
    pub location: String,
}

/// `show users [all]`: the terminal lines, then who is connected by PPP.
///
/// 15.x is laid out as published captures, trailing blanks included, the second table always with its head. The
/// second table of 12.x is recalled, and absent without users.
pub fn show_users(f: &mut String, dialect: Dialect, lines: &[LineRow], callers: &[CallerView], all: bool) {
    say!(f, "    Line       User       Host(s)              Idle       Location");
    for line in lines.iter().filter(|l| l.active || all) {
        let star = if line.current { '*' } else { ' ' };
        let host = if line.active { "idle" } else { "" };
        let idle = uptime_stamp(line.idle);
        let (name, user) = (line.kind.name(), clip(&line.user, 10));
        say!(f, "{star}{:>3} {name:<9} {user:<10} {host:<20} {idle:<10} {}", line.number, line.location);
    }
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => callers_12(f, callers),
        Dialect::V15 => callers_15(f, callers),
    }
}

fn callers_12(f: &mut String, callers: &[CallerView]) {
    if callers.is_empty() {
        return;
    }
    say!(f);
    say!(f, "  Interface  User      Mode                     Idle Peer Address");
    for caller in callers {
        let (interface, user) = (caller.interface.short(), clip(or_dash(&caller.user), 9));
        let mode = if caller.vpdn { "Virtual PPP (L2TP  )" } else { "Sync PPP" };
        let (idle, peer) = (uptime_stamp(caller.idle), peer(caller));
        say!(f, "  {interface:<10} {user:<9} {mode:<20} {idle:>8} {peer}");
    }
}

fn callers_15(f: &mut String, callers: &[CallerView]) {
    say!(f);
    say!(f, "  Interface    User               Mode         Idle     Peer Address");
    for caller in callers {
        let (interface, user) = (caller.interface.short(), clip(or_dash(&caller.user), 18));
        let mode = if caller.vpdn { "PPPoVPDN" } else { "PPP" };
        let (idle, peer) = (uptime_stamp(caller.idle), peer(caller));
        say!(f, "  {interface:<12} {user:<18} {mode:<12} {idle:<8} {peer}");
    }
}

fn peer(caller: &CallerView) -> String {
    match caller.peer_address {
        Some(address) => address.to_string(),
        None if caller.forwarded => "VPDN".to_owned(),
        None => String::new(),
    }
}

/// `show line`: the terminal lines, a star at those that are in use. The first columns are IOS's; those of modems do not exist here.
pub fn show_line(f: &mut String, lines: &[LineRow]) {
    say!(f, "   Tty Typ     Line     Location");
    for line in lines {
        let star = if line.active { '*' } else { ' ' };
        let kind = match line.kind {
            LineKind::Console(_) => "CTY",
            LineKind::Aux(_) => "AUX",
            LineKind::Vty(_) => "VTY",
        };
        say!(f, "{star}{:>5} {kind:<7} {:<8} {}", line.number, line.kind.name(), line.location);
    }
}

/// `show caller`: lines and PPP users with how long they have been there. The head is recalled; what stands under
/// it is this project's choice.
pub fn show_caller(f: &mut String, lines: &[LineRow], callers: &[CallerView]) {
    say!(f, "                                                  Active    Idle");
    say!(f, "  Line         User               Service       Time      Time");
    for line in lines.iter().filter(|l| l.active) {
        let (name, user) = (line.kind.name(), clip(or_dash(&line.user), 18));
        row(f, &name, &user, line.kind.service(), line.connected, line.idle);
    }
    for caller in callers {
        let user = clip(or_dash(&caller.user), 18);
        row(f, &caller.interface.short(), &user, service(caller), caller.active, caller.idle);
    }
}

fn row(f: &mut String, line: &str, user: &str, service: &str, active: Duration, idle: Duration) {
    let (active, idle) = (uptime_stamp(active), uptime_stamp(idle));
    say!(f, "  {line:<12} {user:<18} {service:<13} {active:<9} {idle}");
}

const fn service(caller: &CallerView) -> &'static str {
    match (caller.vpdn, caller.forwarded) {
        (true, _) => "PPP   L2TP",
        (false, true) => "PPP   Forward",
        (false, false) => "PPP",
    }
}

/// `show caller ip`: the addresses of the PPP users. This project's choice.
pub fn show_caller_ip(f: &mut String, callers: &[CallerView]) {
    say!(f, "  Line         User               IP Address");
    for caller in callers {
        let user = clip(or_dash(&caller.user), 18);
        let address = caller.peer_address.map_or_else(|| "-".to_owned(), |a| a.to_string());
        say!(f, "  {:<12} {user:<18} {address}", caller.interface.short());
    }
}

/// When the first limit of a caller is up.
fn disconnect_in(caller: &CallerView) -> Option<Duration> {
    [caller.session_limit.left, caller.idle_limit.left].into_iter().flatten().min()
}

fn time_or_dash(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), uptime_stamp)
}

/// `show caller timeouts`: the limits that the engine runs for PPP users, and when the first of them is up. The head is
/// recalled.
pub fn show_caller_timeouts(f: &mut String, callers: &[CallerView]) {
    say!(f, "                                  Session   Idle      Disconnect");
    say!(f, "  Line         User               Timeout   Timeout   User in");
    for caller in callers {
        let (interface, user) = (caller.interface.short(), clip(or_dash(&caller.user), 18));
        let (session, idle) =
            (time_or_dash(caller.session_limit.limit), time_or_dash(caller.idle_limit.limit));
        let left = time_or_dash(disconnect_in(caller));
        say!(f, "  {interface:<12} {user:<18} {session:<9} {idle:<9} {left}");
    }
}

/// `show caller full`: a block for each PPP user. The layout is recalled; IOS's lines for what is not emulated (modem,
/// ACLs, counters of the line) are absent.
pub fn show_caller_full(f: &mut String, callers: &[CallerView]) {
    for caller in callers {
        let (interface, user) = (caller.interface.short(), or_dash(&caller.user));
        say!(f);
        say!(f, "  User: {user}, line {interface}, service {}", service(caller));
        let (active, idle) = (uptime_stamp(caller.active), uptime_stamp(caller.idle));
        say!(f, "        Active time {active}, Idle time {idle}");
        say!(f, "  Timeouts:            Absolute  Idle");
        let pair = |name: &str, of: fn(&TimeLimit) -> Option<Duration>| {
            let [session, idle] = [caller.session_limit, caller.idle_limit].map(|l| time_or_dash(of(&l)));
            format!("      {name:<17}{session:<10}{idle}")
        };
        say!(f, "{}", pair("Limits:", |l| l.limit));
        say!(f, "{}", pair("Disconnect in:", |l| l.left));
        if let Some(address) = caller.peer_address {
            say!(f, "  IP: remote {address}");
        }
    }
}

/// Whether an interface is a B channel: the call on it is an ISDN call.
const fn is_isdn(name: &InterfaceName) -> bool {
    matches!(name.kind, InterfaceKind::Serial | InterfaceKind::Bri)
}

/// `show caller summary`, as a published XE capture: a blank line in front of each count.
pub fn show_caller_summary(f: &mut String, callers: &[CallerView]) {
    let isdn = || callers.iter().filter(|c| is_isdn(&c.interface));
    let forwarded = isdn().filter(|c| c.forwarded).count();
    let vpdn = callers.iter().filter(|c| c.vpdn).count();
    let mut users: Vec<&str> = callers.iter().map(|c| &*c.user).filter(|u| !u.is_empty()).collect();
    users.sort_unstable();
    users.dedup();
    let counts = [
        // No asynchronous line, no PPP over ATM and no PPP over Ethernet is emulated.
        (0, "Analog calls (0 VPDN Calls)".to_owned()),
        (isdn().count(), format!("ISDN calls ({forwarded} VPDN Calls)")),
        (vpdn, "VPDN calls".to_owned()),
        (0, "PPPoA calls".to_owned()),
        (0, "PPPoE calls".to_owned()),
        (users.len(), "Total unique users logged in".to_owned()),
    ];
    for (count, what) in counts {
        say!(f);
        say!(f, "{count:>9}   {what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{caller, screen};

    fn console() -> LineRow {
        LineRow {
            number: 0,
            kind: LineKind::Console(0),
            active: true,
            current: true,
            user: String::new(),
            connected: Duration::from_secs(75),
            idle: Duration::ZERO,
            location: String::new(),
        }
    }

    fn vty() -> LineRow {
        LineRow {
            number: 2,
            kind: LineKind::Vty(0),
            active: true,
            current: false,
            user: "lab".to_owned(),
            connected: Duration::from_secs(3600),
            idle: Duration::from_secs(156),
            location: "10.61.105.18".to_owned(),
        }
    }

    #[test]
    fn show_users_of_15_is_the_published_capture_to_the_blank() {
        let mut lns = caller();
        lns.user = "lns@cisco.com".into();
        assert_eq!(
            screen(|f| show_users(f, Dialect::V15, &[console(), vty()], &[lns], false)),
            "    Line       User       Host(s)              Idle       Location
*  0 con 0                idle                 00:00:00   
   2 vty 0     lab        idle                 00:02:36   10.61.105.18

  Interface    User               Mode         Idle     Peer Address
  Vi4          lns@cisco.com      PPPoVPDN     00:00:07 10.10.53.2
"
        );
    }

    #[test]
    fn show_users_of_12_x() {
        let head = "    Line       User       Host(s)              Idle       Location
*  0 con 0                idle                 00:00:00   
";
        assert_eq!(screen(|f| show_users(f, Dialect::V12_0, &[console()], &[], false)), head);
        assert_eq!(
            screen(|f| show_users(f, Dialect::V12_1, &[console()], &[caller()], false)),
            format!(
                "{head}
  Interface  User      Mode                     Idle Peer Address
  Vi4        2500-1    Virtual PPP (L2TP  ) 00:00:07 10.10.53.2
"
            )
        );
    }

    #[test]
    fn show_line_marks_the_lines_in_use() {
        let free = LineRow { active: false, ..vty() };
        assert_eq!(
            screen(|f| show_line(f, &[console(), free])),
            "   Tty Typ     Line     Location\n*    0 CTY     con 0    \n     2 VTY     vty 0    10.61.105.18\n"
        );
    }

    #[test]
    fn a_line_without_anybody_is_shown_by_all_only() {
        let free = LineRow { active: false, ..vty() };
        let shown = |all| screen(|f| show_users(f, Dialect::V12_0, std::slice::from_ref(&free), &[], all));
        assert!(!shown(false).contains("vty 0"));
        assert!(shown(true).contains("vty 0"));
    }

    #[test]
    fn show_caller_counts_time() {
        assert_eq!(
            screen(|f| show_caller(f, &[console(), vty()], &[caller()])),
            "                                                  Active    Idle
  Line         User               Service       Time      Time
  con 0        -                  TTY           00:01:15  00:00:00
  vty 0        lab                VTY           01:00:00  00:02:36
  Vi4          2500-1             PPP   L2TP    00:00:12  00:00:07
"
        );
        assert!(
            screen(|f| show_caller_ip(f, &[caller()]))
                .ends_with("  Vi4          2500-1             10.10.53.2\n")
        );
    }

    #[test]
    fn show_caller_timeouts_tells_the_limits_and_the_first_end() {
        let limit = |limit: Option<u64>, left: Option<u64>| TimeLimit {
            limit: limit.map(Duration::from_secs),
            left: left.map(Duration::from_secs),
        };
        let mut timed = caller();
        timed.session_limit = limit(Some(3600), Some(3588));
        timed.idle_limit = limit(Some(120), Some(113));
        assert_eq!(
            screen(|f| show_caller_timeouts(f, &[timed.clone(), caller()])),
            "                                  Session   Idle      Disconnect
  Line         User               Timeout   Timeout   User in
  Vi4          2500-1             01:00:00  00:02:00  00:01:53
  Vi4          2500-1             -         -         -
"
        );
        timed.idle_limit = limit(None, None);
        assert_eq!(
            screen(|f| show_caller_full(f, &[timed])),
            "
  User: 2500-1, line Vi4, service PPP   L2TP
        Active time 00:00:12, Idle time 00:00:07
  Timeouts:            Absolute  Idle
      Limits:          01:00:00  -
      Disconnect in:   00:59:48  -
  IP: remote 10.10.53.2
"
        );
    }

    #[test]
    fn show_caller_summary_is_the_published_capture() {
        let mut forwarded = caller();
        forwarded.interface = InterfaceName::new(InterfaceKind::Serial, "0:0");
        (forwarded.vpdn, forwarded.forwarded) = (false, true);
        assert_eq!(
            screen(|f| show_caller_summary(f, &[caller(), forwarded])),
            "
        0   Analog calls (0 VPDN Calls)

        1   ISDN calls (1 VPDN Calls)

        1   VPDN calls

        0   PPPoA calls

        0   PPPoE calls

        1   Total unique users logged in
"
        );
    }
}
