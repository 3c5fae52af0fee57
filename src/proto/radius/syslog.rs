//! `%RADIUS-...`: the lines of the client for the log.

use super::client::ServerName;

/// `%RADIUS-4-RADIUS_DEAD`, as a published capture of IOS-XE has it.
pub fn dead(server: &ServerName) -> String {
    format!(
        "%RADIUS-4-RADIUS_DEAD: RADIUS server {}:{},{} is not responding.",
        server.address, server.auth_port, server.acct_port
    )
}

/// `%RADIUS-4-RADIUS_ALIVE`, as the same capture has it.
pub fn alive(server: &ServerName) -> String {
    format!(
        "%RADIUS-4-RADIUS_ALIVE: RADIUS server {}:{},{} is being marked alive.",
        server.address, server.auth_port, server.acct_port
    )
}

/// `%RADIUS-3-NOSERVERS`, worded as the IOS message of that name.
pub fn no_servers() -> String {
    "%RADIUS-3-NOSERVERS: No Radius hosts configured.".to_owned()
}
