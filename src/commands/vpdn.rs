//! `show vpdn`, and the tables of `show vpdn tunnel` and `show vpdn session`.

use super::text::{ago, clip, or_dash, say};
use super::vpdn_detail::{sessions_in_full, tunnels_in_full};
use crate::config::views::VpdnProtocol;
use crate::engine::Counts;
use crate::engine::views::{SessionView, TunnelView};
use crate::proto::l2tp::{SessionState, TunnelId, TunnelState};
use crate::proto::{Dialect, Instant};

/// The columns of `show vpdn tunnel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TunnelStyle {
    /// Without a keyword.
    #[default]
    Table,
    /// `all`
    All,
    /// `packets`
    Packets,
    /// `state`
    State,
    /// `summary`
    Summary,
    /// `transport`
    Transport,
}

/// The columns of `show vpdn session`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionStyle {
    /// Without a keyword.
    #[default]
    Table,
    /// `all`
    All,
    /// `packets`
    Packets,
    /// `sequence`
    Sequence,
    /// `state`
    State,
    /// `timers`
    Timers,
    /// `window`
    Window,
    /// `interface`
    Interface,
}

/// The state of a tunnel in six columns. `est` is published; the other words are this project's choice.
pub const fn short_tunnel_state(state: TunnelState) -> &'static str {
    match state {
        TunnelState::Idle => "idle",
        TunnelState::WaitCtlReply => "wt-rep",
        TunnelState::Established => "est",
        TunnelState::NoSessionsLeft => "no-ses",
        TunnelState::ShuttingDown => "shutdn",
    }
}

/// The state of a session in six columns. `est` is published; the other words are this project's choice.
pub const fn short_session_state(state: SessionState) -> &'static str {
    match state {
        SessionState::Idle => "idle",
        SessionState::WaitForTunnel => "wt-tun",
        SessionState::WaitReply => "wt-rep",
        SessionState::WaitConnect => "wt-con",
        SessionState::Established => "est",
        SessionState::ShuttingDown => "shutdn",
    }
}

/// The state of a tunnel in the words of CISCO-VPDN-MGMT-MIB.
pub const fn tunnel_state(state: TunnelState) -> &'static str {
    match state {
        TunnelState::Idle => "idle",
        TunnelState::WaitCtlReply => "wait-ctl-reply",
        TunnelState::Established => "established",
        TunnelState::NoSessionsLeft => "no-sessions-left",
        TunnelState::ShuttingDown => "shutting-down",
    }
}

/// The state of a session in the words of CISCO-VPDN-MGMT-MIB.
pub const fn session_state(state: SessionState) -> &'static str {
    match state {
        SessionState::Idle => "idle",
        SessionState::WaitForTunnel => "wait-for-tunnel",
        SessionState::WaitReply => "wait-reply",
        SessionState::WaitConnect => "wait-connect",
        SessionState::Established => "established",
        SessionState::ShuttingDown => "shutting-down",
    }
}

/// `L2TP WHAT Information (Total tunnels=1 sessions=1)`, or with blanks from 12.2 on.
pub fn title(f: &mut String, dialect: Dialect, what: &str, tunnels: usize, sessions: usize) {
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => {
            say!(f, "L2TP {what} Information (Total tunnels={tunnels} sessions={sessions})");
        }
        Dialect::V15 => say!(f, "L2TP {what} Information Total tunnels {tunnels} sessions {sessions}"),
    }
    say!(f);
}

/// `%No active L2TP tunnels`; 15.x prints a second `%`, which its parsers insist on.
pub fn none(f: &mut String, dialect: Dialect, protocol: VpdnProtocol) {
    let name = match protocol {
        VpdnProtocol::L2tp | VpdnProtocol::Any => "L2TP",
        VpdnProtocol::L2f => "L2F",
        VpdnProtocol::Pptp => "PPTP",
        VpdnProtocol::Pppoe => {
            say!(f, "% No active PPPoE tunnels");
            return;
        }
    };
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => say!(f, "%No active {name} tunnels"),
        Dialect::V15 => say!(f, "%%No active {name} tunnels"),
    }
}

/// `show vpdn`: every tunnel and its sessions.
///
/// 15.x is laid out as published captures of XE, trailing blanks included: a block per tunnel. 12.x is recalled,
/// as one table of tunnels and one of sessions; the protocols that have none of them follow.
pub fn show_vpdn(
    f: &mut String,
    dialect: Dialect,
    now: Instant,
    tunnels: &[TunnelView],
    sessions: &[SessionView],
) {
    if tunnels.is_empty() {
        none(f, dialect, VpdnProtocol::L2tp);
        say!(f);
        absent(f, dialect);
        return;
    }
    title(f, dialect, "Tunnel and Session", tunnels.len(), sessions.len());
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => {
            tunnel_table_12(f, tunnels);
            say!(f);
            if !sessions.is_empty() {
                session_table_12(f, now, sessions);
                say!(f);
            }
            absent(f, dialect);
        }
        Dialect::V15 => {
            for tunnel in tunnels {
                tunnel_head_15(f);
                tunnel_row_15(f, tunnel);
                say!(f);
                let mut of = sessions.iter().filter(|s| s.l2tp.id.tunnel == tunnel.l2tp.id).peekable();
                if of.peek().is_some() {
                    session_head_15(f);
                    of.for_each(|session| session_row_15(f, now, session));
                    say!(f);
                }
            }
        }
    }
}

/// The protocols that this router never has a tunnel of; 12.1 knows two more than 12.0.
fn absent(f: &mut String, dialect: Dialect) {
    let protocols: &[VpdnProtocol] = match dialect {
        Dialect::V12_0 => &[VpdnProtocol::L2f],
        Dialect::V12_1 => &[VpdnProtocol::L2f, VpdnProtocol::Pptp, VpdnProtocol::Pppoe],
        Dialect::V15 => &[],
    };
    for protocol in protocols {
        none(f, dialect, *protocol);
        say!(f);
    }
}

/// `show vpdn tunnel [l2f | l2tp | pptp | pppoe] [all | packets | state | summary | transport]`, of the tunnels
/// that the filter left.
///
/// 15.x: the table as a published XE capture, title included. 12.x and the tables of `state`, `summary` and
/// `transport` are recalled or this project's choice.
pub fn show_vpdn_tunnel(
    f: &mut String,
    dialect: Dialect,
    now: Instant,
    (protocol, style): (Option<VpdnProtocol>, TunnelStyle),
    tunnels: &[TunnelView],
) {
    let l2tp = matches!(protocol, None | Some(VpdnProtocol::L2tp | VpdnProtocol::Any));
    if !l2tp || tunnels.is_empty() {
        none(f, dialect, protocol.unwrap_or(VpdnProtocol::L2tp));
        return;
    }
    let sessions = tunnels.iter().map(|t| t.l2tp.sessions.len()).sum();
    match style {
        TunnelStyle::Table => {
            // The published capture of `show vpdn tunnel` keeps the title of `show vpdn`.
            let what = if dialect == Dialect::V15 { "Tunnel and Session" } else { "Tunnel" };
            title(f, dialect, what, tunnels.len(), sessions);
            tunnel_table(f, dialect, tunnels);
        }
        TunnelStyle::All => tunnels_in_full(f, dialect, now, tunnels),
        TunnelStyle::Packets => {
            title(f, dialect, "Tunnel", tunnels.len(), sessions);
            say!(f, "LocTunID   Pkts-In    Pkts-Out   Bytes-In   Bytes-Out");
            for tunnel in tunnels {
                let Counts { packets_out, octets_out, packets_in, octets_in } = tunnel.counts;
                let id = tunnel.l2tp.id.0;
                say!(f, "{id:<10} {packets_in:<10} {packets_out:<10} {octets_in:<10} {octets_out}");
            }
        }
        TunnelStyle::State => {
            title(f, dialect, "Tunnel", tunnels.len(), sessions);
            say!(f, "LocID RemID Local Name    Remote Name   State            Last-Chg");
            for TunnelView { l2tp, .. } in tunnels {
                let (local, remote) = (clip(&l2tp.local_name, 13), clip(or_dash(&l2tp.remote_name), 13));
                let (state, since) = (tunnel_state(l2tp.state), ago(now, l2tp.changed));
                say!(
                    f,
                    "{:<5} {:<5} {local:<13} {remote:<13} {state:<16} {since}",
                    l2tp.id.0,
                    l2tp.remote_id
                );
            }
        }
        TunnelStyle::Summary => summary(f, dialect, tunnels, sessions),
        TunnelStyle::Transport => {
            title(f, dialect, "Tunnel", tunnels.len(), sessions);
            say!(f, "LocID Type Prot  Local Address   Port  Remote Address  Port");
            for TunnelView { l2tp, .. } in tunnels {
                let local = l2tp.local.to_string();
                let remote = l2tp.remote.ip().to_string();
                let (own, port) = (crate::proto::l2tp::PORT, l2tp.remote.port());
                say!(f, "{:<5} UDP  17    {local:<15} {own:<5} {remote:<15} {port}", l2tp.id.0);
            }
        }
    }
}

/// `show vpdn tunnel summary`: how many tunnels are in which state. This project's choice.
fn summary(f: &mut String, dialect: Dialect, tunnels: &[TunnelView], sessions: usize) {
    title(f, dialect, "Tunnel", tunnels.len(), sessions);
    let states = [
        TunnelState::Idle,
        TunnelState::WaitCtlReply,
        TunnelState::Established,
        TunnelState::NoSessionsLeft,
        TunnelState::ShuttingDown,
    ];
    say!(f, "State            Tunnels Sessions");
    for state in states {
        let of = || tunnels.iter().filter(|t| t.l2tp.state == state);
        let sessions: usize = of().map(|t| t.l2tp.sessions.len()).sum();
        say!(f, "{:<16} {:<7} {sessions}", tunnel_state(state), of().count());
    }
}

/// `show vpdn session [...]`, of the sessions that the filter left.
///
/// 15.x: the table of the published parser's sample, and its packet table. A protocol without sessions has no table,
/// and 15.x has no L2F. 12.x is recalled; `sequence`,
/// `timers`, `window` and `interface` are this project's choice.
pub fn show_vpdn_session(
    f: &mut String,
    dialect: Dialect,
    now: Instant,
    (protocol, style): (Option<VpdnProtocol>, SessionStyle),
    tunnels: &[TunnelView],
    sessions: &[SessionView],
) {
    let l2tp = matches!(protocol, None | Some(VpdnProtocol::L2tp | VpdnProtocol::Any));
    if !l2tp || sessions.is_empty() {
        none(f, dialect, protocol.unwrap_or(VpdnProtocol::L2tp));
        return;
    }
    title(f, dialect, "Session", carrying(sessions), sessions.len());
    match style {
        SessionStyle::Table => match dialect {
            Dialect::V12_0 | Dialect::V12_1 => session_table_12(f, now, sessions),
            Dialect::V15 => session_table_15(f, now, sessions),
        },
        SessionStyle::All => sessions_in_full(f, dialect, now, tunnels, sessions),
        SessionStyle::Packets => packets(f, sessions),
        SessionStyle::Sequence => {
            let on = |s: &SessionView| if s.l2tp.sequencing { "on" } else { "off" }.to_owned();
            columns(f, sessions, "Sequencing", on);
        }
        SessionStyle::State => session_states(f, now, sessions),
        SessionStyle::Timers => {
            columns(f, sessions, "Last Chg", |s| ago(now, s.l2tp.changed));
        }
        SessionStyle::Window => {
            // RFC 2661 has no flow control on data: nothing is windowed.
            columns(f, sessions, "Data window", |_| "none".to_owned());
        }
        SessionStyle::Interface => {
            columns(f, sessions, "Interface", |s| {
                s.interface.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
            });
        }
    }
}

/// How many tunnels carry the sessions.
fn carrying(sessions: &[SessionView]) -> usize {
    let mut ids: Vec<TunnelId> = sessions.iter().map(|s| s.l2tp.id.tunnel).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

fn columns(f: &mut String, sessions: &[SessionView], head: &str, value: impl Fn(&SessionView) -> String) {
    say!(f, "LocID RemID TunID Username             {head}");
    for session in sessions {
        let user = clip(or_dash(&session.user), 20);
        let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
        say!(f, "{:<5} {remote:<5} {:<5} {user:<20} {}", id.session, id.tunnel.0, value(session));
    }
}

fn session_states(f: &mut String, now: Instant, sessions: &[SessionView]) {
    say!(f, "LocID RemID TunID Username             State           Last Chg");
    for session in sessions {
        let user = clip(or_dash(&session.user), 20);
        let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
        let (state, since) = (session_state(session.l2tp.state), ago(now, session.l2tp.changed));
        say!(f, "{:<5} {remote:<5} {:<5} {user:<20} {state:<15} {since}", id.session, id.tunnel.0);
    }
}

/// The packet table of sessions, as a published XE capture of `show l2tp session packets`.
pub fn packets(f: &mut String, sessions: &[SessionView]) {
    say!(f, "LocID      RemID      TunID      Pkts-In    Pkts-Out   Bytes-In   Bytes-Out");
    for session in sessions {
        let Counts { packets_out, octets_out, packets_in, octets_in } = session.counts;
        let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
        say!(
            f,
            "{:<10} {remote:<10} {:<10} {packets_in:<10} {packets_out:<10} {octets_in:<10} {octets_out:<10}",
            id.session,
            id.tunnel.0
        );
    }
}

/// The table of tunnels, with its head.
pub fn tunnel_table(f: &mut String, dialect: Dialect, tunnels: &[TunnelView]) {
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => tunnel_table_12(f, tunnels),
        Dialect::V15 => {
            tunnel_head_15(f);
            tunnels.iter().for_each(|t| tunnel_row_15(f, t));
        }
    }
}

fn tunnel_table_12(f: &mut String, tunnels: &[TunnelView]) {
    say!(f, "LocID RemID Remote Name   State  Remote Address  Port  Sessions");
    for TunnelView { l2tp, .. } in tunnels {
        let name = clip(or_dash(&l2tp.remote_name), 13);
        let (state, count) = (short_tunnel_state(l2tp.state), l2tp.sessions.len());
        let (address, port) = (l2tp.remote.ip().to_string(), l2tp.remote.port());
        let (id, remote) = (l2tp.id.0, l2tp.remote_id);
        say!(f, "{id:<5} {remote:<5} {name:<13} {state:<6} {address:<15} {port:<5} {count}");
    }
}

/// Fast switching is always on: the debugs say `Session FS enabled` of each session.
fn session_table_12(f: &mut String, now: Instant, sessions: &[SessionView]) {
    say!(f, "LocID RemID TunID Intf    Username             State  Last Chg Fastswitch");
    for session in sessions {
        let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
        let (interface, user) = (short(session), clip(or_dash(&session.user), 20));
        let (state, since) = (short_session_state(session.l2tp.state), ago(now, session.l2tp.changed));
        say!(
            f,
            "{:<5} {remote:<5} {:<5} {interface:<7} {user:<20} {state:<6} {since:<8} enabled",
            id.session,
            id.tunnel.0
        );
    }
}

fn session_table_15(f: &mut String, now: Instant, sessions: &[SessionView]) {
    say!(f, "LocID RemID TunID Intf          Username             State    Last Chg Uniq ID");
    for session in sessions {
        let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
        let (interface, user) = (short(session), clip(or_dash(&session.user), 20));
        let (state, since) = (short_session_state(session.l2tp.state), ago(now, session.l2tp.changed));
        say!(
            f,
            "{:<5} {remote:<5} {:<5} {interface:<13} {user:<20} {state:<8} {since:<9} {}",
            id.session,
            id.tunnel.0,
            session.unique
        );
    }
}

fn tunnel_head_15(f: &mut String) {
    say!(f, "LocTunID   RemTunID   Remote Name   State  Remote Address  Sessn L2TP Class/");
    say!(f, "{:59}Count VPDN Group ", "");
}

fn tunnel_row_15(f: &mut String, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    let name = clip(or_dash(&l2tp.remote_name), 13);
    let (state, address) = (short_tunnel_state(l2tp.state), l2tp.remote.ip().to_string());
    let (count, group) = (l2tp.sessions.len(), tunnel.group.as_deref().unwrap_or("-"));
    let (id, remote) = (l2tp.id.0, l2tp.remote_id);
    say!(f, "{id:<10} {remote:<10} {name:<13} {state:<6} {address:<15} {count:<5} {group:<15}");
}

/// The head of the sessions of `show vpdn` and `show l2tp`, 15.x.
pub fn session_head_15(f: &mut String) {
    say!(f, "LocID      RemID      TunID      Username, Intf/      State  Last Chg Uniq ID   ");
    say!(f, "{:33}{:<47}", "", "Vcid, Circuit");
}

/// A session of `show vpdn` and `show l2tp`, 15.x. A long user name gives way to the interface.
pub fn session_row_15(f: &mut String, now: Instant, session: &SessionView) {
    let (id, remote) = (session.l2tp.id, session.l2tp.remote_id);
    let interface = short(session);
    let room = 18usize.saturating_sub(interface.chars().count());
    let who = format!("{}, {interface}", clip(or_dash(&session.user), room));
    let (state, since) = (short_session_state(session.l2tp.state), ago(now, session.l2tp.changed));
    say!(
        f,
        "{:<10} {remote:<10} {:<10} {who:<20} {state:<6} {since:<8} {:<10}",
        id.session,
        id.tunnel.0,
        session.unique
    );
}

fn short(session: &SessionView) -> String {
    session.interface.as_ref().map_or_else(|| "-".to_owned(), |i| i.short())
}

#[cfg(test)]
mod tests;
