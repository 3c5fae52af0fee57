//! `show vpdn tunnel all` and `show vpdn session all`.

use super::text::{ago, or_dash, say};
use super::vpdn::{session_state, title, tunnel_state};
use crate::engine::Counts;
use crate::engine::views::{SessionView, TunnelView};
use crate::proto::l2tp::{PORT, SessionState, TunnelState};
use crate::proto::{Dialect, Instant};

/// Octets that a data message adds to a PPP information field: IP, UDP, a header of six octets and the PPP
/// protocol field.
const OVERHEAD: u16 = 20 + 8 + 6 + 2;
/// The MTU of the path that a tunnel assumes.
const PATH_MTU: u16 = 1500;

/// `show vpdn tunnel all`.
///
/// 15.x has every line that the published parser of this screen demands; the congestion window is added because
/// this router always runs RFC 2661 appendix A. 12.x is recalled.
pub fn tunnels_in_full(f: &mut String, dialect: Dialect, now: Instant, tunnels: &[TunnelView]) {
    let sessions = tunnels.iter().map(|t| t.l2tp.sessions.len()).sum();
    title(f, dialect, "Tunnel", tunnels.len(), sessions);
    for tunnel in tunnels {
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => tunnel_12(f, now, tunnel),
            Dialect::V15 => tunnel_15(f, now, tunnel),
        }
        say!(f);
    }
}

const fn up(state: TunnelState) -> &'static str {
    match state {
        TunnelState::Established | TunnelState::NoSessionsLeft => "up",
        TunnelState::Idle | TunnelState::WaitCtlReply | TunnelState::ShuttingDown => "down",
    }
}

fn head(f: &mut String, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    let (id, state, remote, count) = (l2tp.id.0, up(l2tp.state), l2tp.remote_id, l2tp.sessions.len());
    say!(f, "Tunnel id {id} is {state}, remote id is {remote}, {count} active sessions");
}

fn ends(f: &mut String, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    say!(f, "  Remote tunnel name is {}", or_dash(&l2tp.remote_name));
    say!(f, "    Internet Address {}, port {}", l2tp.remote.ip(), l2tp.remote.port());
    say!(f, "  Local tunnel name is {}", or_dash(&l2tp.local_name));
    say!(f, "    Internet Address {}, port {PORT}", l2tp.local);
}

fn queues(f: &mut String, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    let (time, longest) = l2tp.retransmit_time;
    say!(f, "  Retransmission time {time}, max {longest} seconds");
    say!(f, "  Unsent queuesize {}, max {}", l2tp.unsent.0, l2tp.unsent.1);
    say!(f, "  Resend queuesize {}, max {}", l2tp.resend.0, l2tp.resend.1);
}

fn distribution(f: &mut String, tunnel: &TunnelView) {
    let counts: String = tunnel.l2tp.distribution.iter().map(|n| format!("{n} ")).collect();
    say!(f, "  Retransmit time distribution: {counts}");
}

fn control_counts(f: &mut String, counts: Counts) {
    say!(f, "    {} packets sent, {} received", counts.packets_out, counts.packets_in);
    say!(f, "    {} bytes sent, {} received", counts.octets_out, counts.octets_in);
}

fn tunnel_12(f: &mut String, now: Instant, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    head(f, tunnel);
    say!(f, "  Tunnel state is {}, time since change {}", tunnel_state(l2tp.state), ago(now, l2tp.changed));
    ends(f, tunnel);
    let Counts { packets_out, octets_out, packets_in, octets_in } = tunnel.counts;
    say!(
        f,
        "  {packets_out} packets sent, {packets_in} received, {octets_out} bytes sent, {octets_in} received"
    );
    say!(f, "  Control Ns {}, Nr {}", l2tp.ns_nr.0, l2tp.ns_nr.1);
    say!(f, "  Local RWS {}, Remote RWS {}", l2tp.windows.0, l2tp.windows.1);
    queues(f, tunnel);
    say!(f, "  Total resends {}, ZLB ACKs {}", l2tp.resends, l2tp.zlbs);
    // Data for a session that is not there yet is dropped, never queued.
    say!(f, "  Current nosession queue check 0 of 5");
    distribution(f, tunnel);
}

fn tunnel_15(f: &mut String, now: Instant, tunnel: &TunnelView) {
    let l2tp = &tunnel.l2tp;
    head(f, tunnel);
    say!(f, "  {} initiated tunnel", if l2tp.locally_initiated { "Locally" } else { "Remotely" });
    say!(f, "  Tunnel state is {}, time since change {}", tunnel_state(l2tp.state), ago(now, l2tp.changed));
    say!(f, "  Tunnel transport is UDP (17)");
    ends(f, tunnel);
    say!(f, "  L2TP class for tunnel is l2tp_default_class");
    say!(f, "  VPDN group for tunnel is {}", tunnel.group.as_deref().unwrap_or("-"));
    say!(f, "  Counters, taking last clear into account:");
    control_counts(f, tunnel.counts);
    say!(f, "    Last clearing of counters {}", tunnel.cleared.map_or("never".to_owned(), |at| ago(now, at)));
    say!(f, "  Counters, ignoring last clear:");
    control_counts(f, tunnel.total);
    say!(f, "  Control Ns {}, Nr {}", l2tp.ns_nr.0, l2tp.ns_nr.1);
    let default = if l2tp.windows.0 == 1024 { " (default)" } else { "" };
    say!(f, "  Local RWS {}{default}, Remote RWS {}", l2tp.windows.0, l2tp.windows.1);
    say!(f, "  In Use Remote RWS {}", l2tp.congestion_window.min(l2tp.windows.1));
    say!(f, "  Control channel Congestion Control is enabled");
    say!(f, "    Congestion Window size, {}", l2tp.congestion_window);
    say!(f, "  Tunnel PMTU checking disabled");
    queues(f, tunnel);
    say!(f, "  Total resends {}, ZLB ACKs sent {}", l2tp.resends, l2tp.zlbs);
    say!(f, "  Total out-of-order dropped pkts {}", l2tp.out_of_order.0);
    say!(f, "  Total out-of-order reorder pkts {}", l2tp.out_of_order.1);
    say!(f, "  Total peer authentication failures {}", l2tp.auth_failures);
    // Data for a session that is not there yet is dropped, never queued.
    say!(f, "  Current no session pak queue check 0 of 5");
    distribution(f, tunnel);
    // Digests on control messages belong to version 3.
    say!(f, "  Control message authentication is disabled");
}

/// `show vpdn session all`, below its title.
///
/// 15.x has the lines of the published parser's sample, where `Interface` stands alone on its line; the name of
/// the interface follows on a line of its own, which is this project's choice. 12.x is recalled.
pub fn sessions_in_full(
    f: &mut String,
    dialect: Dialect,
    now: Instant,
    tunnels: &[TunnelView],
    sessions: &[SessionView],
) {
    for session in sessions {
        let tunnel = tunnels.iter().find(|t| t.l2tp.id == session.l2tp.id.tunnel);
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => session_12(f, now, tunnel, session),
            Dialect::V15 => session_15(f, now, tunnel, session),
        }
        say!(f);
    }
}

const fn session_up(state: SessionState) -> &'static str {
    match state {
        SessionState::Established => "up",
        SessionState::Idle
        | SessionState::WaitForTunnel
        | SessionState::WaitReply
        | SessionState::WaitConnect
        | SessionState::ShuttingDown => "down",
    }
}

fn session_head(f: &mut String, tunnel: Option<&TunnelView>, session: &SessionView) {
    let (id, state) = (session.l2tp.id, session_up(session.l2tp.state));
    say!(f, "Session id {} is {state}, tunnel id {}", id.session, id.tunnel.0);
    say!(f, "Call serial number is {}", session.l2tp.serial);
    if let Some(tunnel) = tunnel {
        say!(f, "Remote tunnel name is {}", or_dash(&tunnel.l2tp.remote_name));
        say!(f, "  Internet address is {}", tunnel.l2tp.remote.ip());
    }
}

fn session_12(f: &mut String, now: Instant, tunnel: Option<&TunnelView>, session: &SessionView) {
    session_head(f, tunnel, session);
    let Counts { packets_out, octets_out, packets_in, octets_in } = session.counts;
    let (state, since) = (session_state(session.l2tp.state), ago(now, session.l2tp.changed));
    say!(f, "  Session username is {}, state is {state}", or_dash(&session.user));
    say!(f, "    Time since change {since}, interface {}", interface(session));
    let remote_tunnel = tunnel.map_or(0, |t| t.l2tp.remote_id);
    say!(f, "    Remote session id is {}, remote tunnel id {remote_tunnel}", session.l2tp.remote_id);
    say!(
        f,
        "  {packets_out} packets sent, {packets_in} received, {octets_out} bytes sent, {octets_in} received"
    );
    say!(f, "  Sequencing is {}", if session.l2tp.sequencing { "on" } else { "off" });
}

fn session_15(f: &mut String, now: Instant, tunnel: Option<&TunnelView>, session: &SessionView) {
    session_head(f, tunnel, session);
    let Counts { packets_out, octets_out, packets_in, octets_in } = session.counts;
    let (state, since) = (session_state(session.l2tp.state), ago(now, session.l2tp.changed));
    say!(f, "  Session state is {state}, time since change {since}");
    say!(f, "    {packets_out} Packets sent, {packets_in} received");
    say!(f, "    {octets_out} Bytes sent, {octets_in} received");
    let numbers = if session.l2tp.sequencing { 4 } else { 0 };
    say!(f, "  Session MTU is {} bytes", PATH_MTU - OVERHEAD - numbers);
    say!(f, "  Session username is {}", or_dash(&session.user));
    say!(f, "    Interface");
    say!(f, "      {}", interface(session));
    let remote_tunnel = tunnel.map_or(0, |t| t.l2tp.remote_id);
    say!(f, "    Remote session id is {}, remote tunnel id {remote_tunnel}", session.l2tp.remote_id);
    // The host's sockets always send UDP checksums.
    say!(f, "  UDP checksums are enabled");
    let switching = if session.l2tp.state == SessionState::Established { "enabled" } else { "disabled" };
    say!(f, "  SSS switching {switching}");
    say!(f, "  Sequencing is {}", if session.l2tp.sequencing { "on" } else { "off" });
    say!(f, "  Unique ID is {}", session.unique);
}

fn interface(session: &SessionView) -> String {
    session.interface.as_ref().map_or_else(|| "-".to_owned(), |i| i.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{NOW, screen, session, tunnel};

    #[test]
    fn a_tunnel_in_full_in_12_x() {
        assert_eq!(
            screen(|f| tunnels_in_full(f, Dialect::V12_0, NOW, &[tunnel()])),
            "L2TP Tunnel Information (Total tunnels=1 sessions=1)

Tunnel id 55270 is up, remote id is 17688, 1 active sessions
  Tunnel state is established, time since change 00:00:13
  Remote tunnel name is hgw
    Internet Address 10.51.6.68, port 1701
  Local tunnel name is l2tp-gw
    Internet Address 10.51.6.82, port 1701
  4 packets sent, 5 received, 206 bytes sent, 424 received
  Control Ns 2, Nr 4
  Local RWS 300, Remote RWS 800
  Retransmission time 1, max 1 seconds
  Unsent queuesize 0, max 0
  Resend queuesize 0, max 1
  Total resends 0, ZLB ACKs 2
  Current nosession queue check 0 of 5
  Retransmit time distribution: 0 0 0 0 0 0 0 0 0 

"
        );
    }

    #[test]
    fn a_tunnel_in_full_in_15_has_every_line_that_the_parser_demands() {
        let shown = screen(|f| tunnels_in_full(f, Dialect::V15, NOW, &[tunnel()]));
        let demanded = [
            r"^L2TP Tunnel Information Total tunnels \d+\s+sessions\s+\d+$",
            r"^Tunnel id \d+\s+is\s+up,\s+remote id is\s+\d+,\s+\d+\s+active sessions$",
            r"^Remotely initiated tunnel$",
            r"^Tunnel state is established,\s+time since change\s+[\d:]+$",
            r"^Tunnel transport is \S+\s+\(17\)$",
            r"^Remote tunnel name is hgw$",
            r"^Internet Address 10.51.6.68,\s+port\s+1701$",
            r"^Local tunnel name is l2tp-gw$",
            r"^Internet Address 10.51.6.82,\s+port\s+1701$",
            r"^L2TP class for tunnel is \S+$",
            r"^VPDN group for tunnel is\s+1$",
            r"^Counters, taking last clear into account:$",
            r"^4\s+packets\s+sent,\s+5\s+received$",
            r"^206\s+bytes\s+sent,\s+424\s+received$",
            r"^Last clearing of counters\s+.+$",
            r"^Counters, ignoring last clear:$",
            r"^Control Ns\s+2,\s+Nr\s+4$",
            r"^Local RWS\s+300,\s+Remote RWS\s+800$",
            r"^In Use Remote RWS\s+3$",
            r"^Control channel Congestion Control is\s+enabled$",
            r"^Tunnel PMTU checking\s+disabled$",
            r"^Retransmission time\s+1,\s+max\s+1\s+seconds$",
            r"^Unsent queuesize\s+0,\s+max\s+0$",
            r"^Resend queuesize\s+0,\s+max\s+1$",
            r"^Total resends\s+0,\s+ZLB ACKs sent\s+2$",
            r"^Total out-of-order dropped pkts\s+0$",
            r"^Total out-of-order reorder pkts\s+0$",
            r"^Total peer authentication failures\s+0$",
            r"^Current no session pak queue check\s+0\s+of\s+\d+$",
            r"^Retransmit time distribution:\s+(?:\d+\s*)+$",
            r"^Control message authentication is\s+disabled$",
        ];
        let mut rest = shown.lines().map(str::trim);
        for pattern in demanded {
            let pattern = regex::Regex::new(pattern).expect("a pattern");
            assert!(
                rest.any(|line| pattern.is_match(line)),
                "{pattern} is missing, or out of order, in\n{shown}"
            );
        }
    }

    #[test]
    fn a_receive_window_of_1024_is_the_default_of_15() {
        let mut wide = tunnel();
        wide.l2tp.windows = (1024, 1024);
        let shown = screen(|f| tunnels_in_full(f, Dialect::V15, NOW, &[wide]));
        assert!(shown.contains("  Local RWS 1024 (default), Remote RWS 1024\n"), "{shown}");
    }

    #[test]
    fn a_session_in_full_in_15() {
        assert_eq!(
            screen(|f| sessions_in_full(f, Dialect::V15, NOW, &[tunnel()], &[session()])),
            "Session id 45 is up, tunnel id 55270
Call serial number is 3507800005
Remote tunnel name is hgw
  Internet address is 10.51.6.68
  Session state is established, time since change 00:00:12
    17 Packets sent, 18 received
    1428 Bytes sent, 1512 received
  Session MTU is 1464 bytes
  Session username is 2500-1
    Interface
      Vi4
    Remote session id is 7, remote tunnel id 17688
  UDP checksums are enabled
  SSS switching enabled
  Sequencing is off
  Unique ID is 9

"
        );
    }

    #[test]
    fn a_session_in_full_in_12_x_counts_its_traffic() {
        let shown = screen(|f| sessions_in_full(f, Dialect::V12_1, NOW, &[tunnel()], &[session()]));
        assert!(
            shown.starts_with("Session id 45 is up, tunnel id 55270\nCall serial number is 3507800005\n")
        );
        assert!(
            shown.contains("\n  17 packets sent, 18 received, 1428 bytes sent, 1512 received\n"),
            "{shown}"
        );
    }
}
