//! `show aaa sessions`.

use super::text::{or_dash, say};
use crate::engine::views::CallerView;

/// `show aaa sessions`: the users that AAA knows by name. This project's choice; the times are those of the
/// session.
pub fn show_aaa_sessions(f: &mut String, callers: &[CallerView]) {
    say!(f, "Active sessions: {}", callers.len());
    for caller in callers {
        say!(f, "Interface {}", caller.interface);
        say!(f, "   User Name: {}", or_dash(&caller.user));
        let address = caller.peer_address.map_or_else(|| "0.0.0.0".to_owned(), |a| a.to_string());
        say!(f, "   IP Address: {address}");
        say!(f, "   Idle Time: {}", caller.idle.as_secs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{caller, screen};

    #[test]
    fn show_aaa_sessions_names_the_user() {
        let shown = screen(|f| show_aaa_sessions(f, &[caller()]));
        assert!(
            shown.contains("   User Name: 2500-1\n   IP Address: 10.10.53.2\n   Idle Time: 7\n"),
            "{shown}"
        );
    }
}
