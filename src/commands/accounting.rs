//! `show accounting` and `show aaa user`.

use std::time::Duration;

use super::text::say;
use crate::engine::aaa::accounting::{Class, Statistics};
use crate::engine::{AaaSessionView, AccountView, ActionView};

/// `show accounting`: what is being recorded, and how many records were made. The layout is recalled from the command
/// reference; of its rows those stand here that exist, with two of this project for tunnels, and the last lines are this
/// project's: what has been answered, and what was lost.
pub fn show_accounting(f: &mut String, active: &[ActionView], statistics: &Statistics, pending: usize) {
    for action in active {
        let (place, user, privilege) = (&action.place, &action.user, action.privilege);
        say!(f, "Active Accounted actions on Interface {place}, User {user} Priv {privilege}");
        let (number, name, elapsed) = (action.number.0, title(action.class), clock_time(action.elapsed));
        say!(f, " Task ID {number}, {name} Accounting record, {elapsed} Elapsed");
        let service = match action.class {
            Class::Network => "service=ppp",
            Class::Exec => "service=shell",
            Class::System => "service=system",
            Class::Tunnel | Class::Link => "service=vpdn",
        };
        let address = action.address.map(|a| format!(" protocol=ip addr={a}")).unwrap_or_default();
        say!(f, " task_id={number} {service}{address}");
    }
    say!(f, "Overall Accounting Traffic");
    say!(f, "         Starts   Stops  Updates  Active");
    for (class, (starts, stops, updates)) in Class::ALL.into_iter().zip(statistics.made) {
        let active = active.iter().filter(|a| a.class == class).count();
        say!(f, "{:<8}{starts:>7}{stops:>8}{updates:>9}{active:>8}", title(class));
    }
    say!(f);
    say!(f, "Records answered:{}, tries without answer:{}", statistics.answered, statistics.failed);
    say!(f, "Records dropped:{}, left by a restart:{}", statistics.dropped, statistics.restored);
    say!(f, "Queue length:{pending}");
}

/// `02:07:49`
fn clock_time(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn title(class: Class) -> &'static str {
    match class {
        Class::Network => "Network",
        Class::Exec => "Exec",
        Class::System => "System",
        Class::Tunnel => "Tunnel",
        Class::Link => "Session",
    }
}

/// `show aaa user`: a block per session. Recalled from the command reference; handles and addresses in memory, of
/// which its screen is full, do not exist here.
pub fn show_aaa_user(f: &mut String, session: &AaaSessionView, account: Option<&AccountView>) {
    say!(f, "--------------------------------------------------");
    say!(f, "Unique id {} is currently in use.", session.unique);
    say!(f, "Accounting:");
    match account {
        None => say!(f, "  No data for type NET"),
        Some(account) => {
            say!(f, "  Events recorded :");
            say!(f, "    CALL START");
            if session.address.is_some() {
                say!(f, "    IPCP_PASS");
            }
            if account.updates > 0 {
                say!(f, "    INTERIM {}", account.updates);
            }
            let minutes = account.period.map_or(0, |p| p.as_secs() / 60);
            say!(f, "  update method(s) :");
            say!(f, "    {}", if minutes > 0 { "PERIODIC" } else { "NONE" });
            say!(f, "  update interval = {minutes}");
            let flag = |yes: bool| if yes { "Y" } else { "N" };
            say!(
                f,
                "  NET: Username={} Session Id={} Unique Id={:08X} Start Sent={} Stop Only={}",
                if session.user.is_empty() { "(n/a)" } else { &session.user },
                account.number,
                session.unique,
                u8::from(account.start_sent),
                flag(account.stop_only)
            );
            say!(f, "       Method List Name = {}", account.list);
        }
    }
    let place = session.interface.as_ref().map(ToString::to_string);
    let place = place.or_else(|| session.line.map(|line| format!("tty{line}"))).unwrap_or_default();
    say!(f, "Interface:");
    say!(f, "  {place}");
    say!(f, "  User Name = {}", if session.user.is_empty() { "(n/a)" } else { &session.user });
    if let Some(address) = session.address {
        say!(f, "  IP Address = {address}");
    }
    if let Some(tunnel) = &session.tunnel {
        let ((client, client_name), (server, server_name)) = tunnel.ends();
        say!(f, "  Tunnel id = {}, session id = {}", tunnel.id.tunnel.0, tunnel.id.session);
        say!(f, "  Tunnel from {client_name} {client} to {server_name} {server}");
    }
    say!(f, "  Elapsed = {}", clock_time(session.active));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{aaa_session, screen};
    use crate::engine::aaa::SessionNumber;

    #[test]
    fn show_accounting_lists_what_is_recorded() {
        let action = ActionView {
            class: Class::Network,
            place: "Virtual-Access4".to_owned(),
            user: "2500-1".into(),
            privilege: 1,
            number: SessionNumber(26),
            elapsed: Duration::from_secs(7669),
            address: Some([10, 10, 53, 2].into()),
        };
        let statistics = Statistics {
            made: [(8, 4, 2), (0, 0, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0)],
            answered: 14,
            ..Statistics::default()
        };
        let shown = screen(|f| show_accounting(f, &[action], &statistics, 1));
        assert!(
            shown.starts_with(
                "Active Accounted actions on Interface Virtual-Access4, User 2500-1 Priv 1\n Task ID 26, Network \
                 Accounting record, 02:07:49 Elapsed\n task_id=26 service=ppp protocol=ip addr=10.10.53.2\n"
            ),
            "{shown}"
        );
        assert!(shown.contains("Network       8       4        2       1\n"), "{shown}");
        assert!(shown.ends_with("Queue length:1\n"), "{shown}");
    }

    #[test]
    fn show_aaa_user_tells_what_accounting_has() {
        let account = AccountView {
            list: "default".into(),
            number: SessionNumber(26),
            start_sent: true,
            stop_only: false,
            updates: 0,
            period: Some(Duration::from_secs(600)),
        };
        let shown = screen(|f| show_aaa_user(f, &aaa_session(), Some(&account)));
        assert!(shown.contains("Unique id 4 is currently in use.\n"), "{shown}");
        assert!(
            shown.contains(
                "  NET: Username=2500-1 Session Id=0000001A Unique Id=00000004 Start Sent=1 Stop Only=N\n"
            ),
            "{shown}"
        );
        assert!(shown.contains("  update interval = 10\n") && shown.contains("  IP Address = 10.10.53.2\n"));
        let shown = screen(|f| show_aaa_user(f, &aaa_session(), None));
        assert!(shown.contains("  No data for type NET\n"), "{shown}");
    }
}
