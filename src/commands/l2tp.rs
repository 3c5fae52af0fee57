//! `show l2tp`, `show l2tp tunnel` and `show l2tp session`: the screens of 15.x, in that form in every dialect.

use super::text::say;
use super::vpdn::{
    self, SessionStyle, TunnelStyle, none, session_head_15, session_row_15, show_vpdn_session,
    show_vpdn_tunnel, title, tunnel_table,
};
use crate::config::views::VpdnProtocol;
use crate::engine::views::{SessionView, TunnelView};
use crate::proto::l2tp::PortCounters;
use crate::proto::{Dialect, Instant};

/// `show l2tp`: a table of tunnels and one of sessions, as a published XE capture.
pub fn show_l2tp(f: &mut String, now: Instant, tunnels: &[TunnelView], sessions: &[SessionView]) {
    vpdn::show_vpdn(f, Dialect::V15, now, tunnels, sessions);
}

/// `show l2tp counters`: what came to UDP port 1701 and was for no tunnel. IOS has screens of this name for each
/// tunnel; the lines are this project's choice.
pub fn show_l2tp_counters(f: &mut String, counters: PortCounters) {
    let PortCounters { l2f, bad_version, malformed, unknown_tunnel, unknown_session, half_open_dropped } =
        counters;
    say!(f, "Packets to UDP port 1701 that were ignored");
    say!(f);
    for (what, count) in [
        ("L2F", l2f),
        ("Another version", bad_version),
        ("Malformed", malformed),
        ("Unknown tunnel", unknown_tunnel),
        ("Unknown session", unknown_session),
        ("Too many half-open tunnels", half_open_dropped),
    ] {
        say!(f, "  {what:<27}: {count}");
    }
}

/// `show l2tp tunnel [all | packets | state | summary | transport]`: the table is that of a published XE capture,
/// with `Tunnel` alone in its title.
pub fn show_l2tp_tunnel(f: &mut String, now: Instant, style: TunnelStyle, tunnels: &[TunnelView]) {
    if tunnels.is_empty() || style != TunnelStyle::Table {
        show_vpdn_tunnel(f, Dialect::V15, now, (Some(VpdnProtocol::L2tp), style), tunnels);
        return;
    }
    let sessions = tunnels.iter().map(|t| t.l2tp.sessions.len()).sum();
    title(f, Dialect::V15, "Tunnel", tunnels.len(), sessions);
    tunnel_table(f, Dialect::V15, tunnels);
}

/// `show l2tp session [all | packets | state]`: the packet table is that of a published XE capture; the plain
/// table has the columns of `show l2tp`.
pub fn show_l2tp_session(
    f: &mut String,
    now: Instant,
    style: SessionStyle,
    tunnels: &[TunnelView],
    sessions: &[SessionView],
) {
    if sessions.is_empty() {
        none(f, Dialect::V15, VpdnProtocol::L2tp);
        return;
    }
    match style {
        SessionStyle::Table => {
            title(f, Dialect::V15, "Session", tunnels.len(), sessions.len());
            session_head_15(f);
            sessions.iter().for_each(|s| session_row_15(f, now, s));
        }
        SessionStyle::Packets => {
            say!(f);
            title(f, Dialect::V15, "Session", tunnels.len(), sessions.len());
            vpdn::packets(f, sessions);
        }
        SessionStyle::All
        | SessionStyle::Sequence
        | SessionStyle::State
        | SessionStyle::Timers
        | SessionStyle::Window
        | SessionStyle::Interface => {
            show_vpdn_session(f, Dialect::V15, now, (Some(VpdnProtocol::L2tp), style), tunnels, sessions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{NOW, screen, session, tunnel};

    #[test]
    fn show_l2tp_tunnel_has_the_published_title() {
        let shown = screen(|f| show_l2tp_tunnel(f, NOW, TunnelStyle::Table, &[tunnel()]));
        assert_eq!(
            shown,
            "L2TP Tunnel Information Total tunnels 1 sessions 1

LocTunID   RemTunID   Remote Name   State  Remote Address  Sessn L2TP Class/
                                                           Count VPDN Group 
55270      17688      hgw           est    10.51.6.68      1     1              
"
        );
        assert_eq!(screen(|f| show_l2tp_tunnel(f, NOW, TunnelStyle::All, &[])), "%%No active L2TP tunnels\n");
    }

    #[test]
    fn show_l2tp_session_packets_is_the_published_capture() {
        let shown = screen(|f| show_l2tp_session(f, NOW, SessionStyle::Packets, &[tunnel()], &[session()]));
        assert_eq!(
            shown,
            "
L2TP Session Information Total tunnels 1 sessions 1

LocID      RemID      TunID      Pkts-In    Pkts-Out   Bytes-In   Bytes-Out
45         7          55270      18         17         1512       1428      
"
        );
    }

    #[test]
    fn show_l2tp_is_show_vpdn_of_15() {
        let shown = screen(|f| show_l2tp(f, NOW, &[tunnel()], &[session()]));
        assert!(
            shown.starts_with("L2TP Tunnel and Session Information Total tunnels 1 sessions 1\n"),
            "{shown}"
        );
        let table = screen(|f| show_l2tp_session(f, NOW, SessionStyle::Table, &[tunnel()], &[session()]));
        assert!(
            table.ends_with(
                "45         7          55270      2500-1, Vi4          est    00:00:12 9         \n"
            )
        );
    }

    #[test]
    fn what_was_ignored_is_counted() {
        let counters = PortCounters {
            l2f: 1,
            bad_version: 2,
            malformed: 3,
            unknown_tunnel: 4,
            unknown_session: 5,
            half_open_dropped: 6,
        };
        assert_eq!(
            screen(|f| show_l2tp_counters(f, counters)),
            "Packets to UDP port 1701 that were ignored

  L2F                        : 1
  Another version            : 2
  Malformed                  : 3
  Unknown tunnel             : 4
  Unknown session            : 5
  Too many half-open tunnels : 6
"
        );
    }
}
