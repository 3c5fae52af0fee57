//! `show aaa sessions`.

use super::text::say;
use crate::engine::AaaSessionView;
use crate::engine::views::CallerView;

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
