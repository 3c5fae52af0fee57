//! `show aaa servers`, `show radius statistics` and `show aaa sessions`.

use super::text::say;
use crate::engine::AaaSessionView;
use crate::engine::views::CallerView;
use crate::proto::radius::client::{ServerCounters, ServerView};

/// `show aaa servers`: a block per RADIUS server. The first line and the words are those of the published parser;
/// what is not counted here is left out.
pub fn show_aaa_servers(f: &mut String, servers: &[ServerView]) {
    for (place, server) in servers.iter().enumerate() {
        let (config, counters) = (&server.config, &server.counters);
        let number = place + 1;
        say!(f);
        say!(
            f,
            "RADIUS: id {number}, priority {number}, host {}, auth-port {}, acct-port {}",
            config.address,
            config.auth_port,
            config.acct_port
        );
        say!(f, "     State: current {}", if server.dead { "DEAD" } else { "UP" });
        let ServerCounters { requests, retransmits, timeouts, .. } = counters;
        say!(f, "     Requests: {requests}, timeouts {timeouts}, retransmission {retransmits}");
        let ServerCounters { accepts, rejects, challenges, .. } = counters;
        say!(f, "             Response: accept {accepts}, reject {rejects}, challenge {challenges}");
        say!(f, "             Replies dropped: {}", counters.dropped);
    }
}

/// `show radius statistics`: the sums over all servers. The head is IOS's; authentication and accounting are not
/// counted apart, so both columns say `NA`.
pub fn show_radius_statistics(f: &mut String, servers: &[ServerView]) {
    let sum = |field: fn(&ServerCounters) -> u64| -> u64 { servers.iter().map(|s| field(&s.counters)).sum() };
    say!(f, "                                  Auth.      Acct.       Both");
    let rows = [
        ("Packets sent", sum(|c| c.requests)),
        ("Packets sent again", sum(|c| c.retransmits)),
        ("Total responses seen", sum(|c| c.replies.saturating_add(c.dropped))),
        ("Packets with responses", sum(|c| c.replies)),
        ("Packets without responses", sum(|c| c.timeouts)),
        ("Accepts and accounting responses", sum(|c| c.accepts)),
        ("Access Rejects", sum(|c| c.rejects)),
        ("Access Challenges", sum(|c| c.challenges)),
    ];
    for (name, count) in rows {
        let name = format!("{name}:");
        say!(f, "{name:>33}{:>6}{:>11}{count:>11}", "NA", "NA");
    }
}

/// `show aaa sessions`: everybody whom AAA knows. The layout is recalled from the command reference; call handles do
/// not exist here.
pub fn show_aaa_sessions(f: &mut String, sessions: &[AaaSessionView], callers: &[CallerView]) {
    say!(f, "Total sessions since last reload: {}", sessions.iter().map(|s| s.unique).max().unwrap_or(0));
    for session in sessions {
        say!(f, "Session Id: {}", session.number.0);
        say!(f, "   Unique Id: {}", session.unique);
        let user = if session.user.is_empty() { "*not available*" } else { &session.user };
        say!(f, "   User Name: {user}");
        say!(f, "   IP Address: {}", session.address.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED));
        let caller = callers.iter().find(|c| Some(&c.interface) == session.interface.as_ref());
        say!(f, "   Idle Time: {}", caller.map_or(0, |c| c.idle.as_secs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{aaa_session, caller, screen};
    use crate::proto::radius::client::ServerConfig;
    use std::time::Duration;

    fn server() -> ServerView {
        ServerView {
            config: ServerConfig {
                address: [10, 51, 6, 3].into(),
                auth_port: 1645,
                acct_port: 1646,
                secret: None,
                timeout: Duration::from_secs(5),
                retransmit: 3,
            },
            dead: false,
            counters: ServerCounters {
                requests: 3,
                replies: 2,
                accepts: 1,
                rejects: 1,
                timeouts: 1,
                ..Default::default()
            },
        }
    }

    #[test]
    fn show_aaa_servers_names_ports_and_state() {
        let shown = screen(|f| show_aaa_servers(f, &[server(), ServerView { dead: true, ..server() }]));
        assert!(
            shown.starts_with("\nRADIUS: id 1, priority 1, host 10.51.6.3, auth-port 1645, acct-port 1646\n     State: current UP\n"),
            "{shown}"
        );
        assert!(shown.contains("id 2, priority 2") && shown.contains("State: current DEAD\n"), "{shown}");
        assert!(shown.contains("             Response: accept 1, reject 1, challenge 0\n"), "{shown}");
    }

    #[test]
    fn show_radius_statistics_adds_up() {
        let shown = screen(|f| show_radius_statistics(f, &[server(), server()]));
        assert!(shown.contains("           Total responses seen:    NA         NA          4\n"), "{shown}");
        assert!(shown.contains("      Packets without responses:    NA         NA          2\n"), "{shown}");
    }

    #[test]
    fn show_aaa_sessions_names_the_user() {
        let shown = screen(|f| show_aaa_sessions(f, &[aaa_session()], &[caller()]));
        assert_eq!(
            shown,
            "Total sessions since last reload: 4\nSession Id: 26\n   Unique Id: 4\n   User Name: 2500-1\n   IP Address: \
             10.10.53.2\n   Idle Time: 7\n"
        );
    }
}
