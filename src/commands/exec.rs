//! What EXEC commands say besides screens: questions, results, refusals.
//!
//! A text without a source named is recalled from IOS or this project's choice; each stands here and nowhere else.

use crate::grammar::command::exec::ExecCommand;
use crate::proto::Dialect;

/// `reload` asks this first when the running-config was changed and not saved.
pub const RELOAD_SAVE: &str = "System configuration has been modified. Save? [yes/no]: ";
/// Neither `yes` nor `no` was answered.
pub const YES_OR_NO: &str = "% Please answer 'yes' or 'no'.\n";
/// `reload` asks this.
pub const RELOAD_CONFIRM: &str = "Proceed with reload? [confirm]";
/// `copy running-config startup-config` asks this.
pub const COPY_TO_STARTUP: &str = "Destination filename [startup-config]? ";
/// `copy startup-config running-config` asks this.
pub const COPY_TO_RUNNING: &str = "Destination filename [running-config]? ";
/// What `copy` says of a file that it was told to write, when that is not the one configuration that there is. IOS would
/// keep such a file; there is no place for it here. The form is that of IOS's published refusals.
pub fn wrong_destination(command: &ExecCommand, answer: &str) -> Option<String> {
    let (place, file) = match command {
        ExecCommand::CopyRunningStartup => ("nvram", "startup-config"),
        ExecCommand::CopyStartupRunning => ("system", "running-config"),
        _ => return None,
    };
    let named = answer.trim();
    let bare = named.strip_prefix(place).and_then(|rest| rest.strip_prefix(':')).unwrap_or(named);
    if bare.is_empty() || bare.trim_start_matches('/') == file {
        return None;
    }
    let name = if named.contains(':') { named.to_owned() } else { format!("{place}:{named}") };
    Some(format!("%Error opening {name} (Permission denied)\n"))
}

/// `write erase` and `erase startup-config` ask this.
pub const ERASE_CONFIRM: &str = "Erasing the nvram filesystem will remove all files! Continue? [confirm]";
/// `write erase` and `erase startup-config` have done it.
pub const ERASED: &str = "[OK]\nErase of nvram: complete\n";
/// `write memory` begins (published).
pub const BUILDING: &str = "Building configuration...\n";
/// `write memory` has saved the configuration (published).
pub const SAVED: &str = "[OK]\n";
/// The startup-config cannot be written: published with reasons such as `Device or resource busy`; here Linux's own.
pub fn not_saved(why: &str) -> String {
    format!("startup-config file open failed ({why})\n")
}

/// `clear logging` asks this.
pub const CLEAR_LOGGING: &str = "Clear logging buffer [confirm]";
/// `clear line` and `clear interface` of 15.x ask this.
pub const CONFIRM: &str = "[confirm]";
/// `clear line` has done it.
pub const CLEARED_LINE: &str = " [OK]\n";
/// `debug all` asks this.
pub const DEBUG_ALL_CONFIRM: &str = "This may severely impact network performance. Continue? (yes/[no]): ";
/// `debug all` has done it.
pub const DEBUG_ALL_ON: &str = "All possible debugging has been turned on\n";
/// `undebug all` and `no debug all` have done it (published).
pub const DEBUG_ALL_OFF: &str = "All possible debugging has been turned off\n";

/// `terminal monitor` on the console port.
pub const CONSOLE_MONITORS: &str = "% Console already monitors\n";
/// `clock set` with a day that the month does not have.
pub const INVALID_DATE: &str = "% Invalid date\n";
/// `ping` of something that is neither an address nor a known host.
pub const NO_HOST: &str = "% Unrecognized host or address, or protocol not running.\n";
/// `ping` from an interface without an address.
pub const NO_SOURCE: &str =
    "% Invalid source. Must use IP address or full interface name without spaces (e.g. Serial0/1)\n";
/// `ping` from an address of another.
pub const NOT_OURS: &str = "% Invalid source address- IP address not on any of our up interfaces\n";
/// `clear interface` of one that is not there.
pub const NO_INTERFACE: &str = "% Interface does not exist\n";
/// `clear vpdn counters` asks this.
pub const CLEAR_VPDN_COUNTERS: &str = "Clear \"show vpdn\" counters [confirm]";

/// An answer to a question of yes or no, which may be abbreviated.
pub fn yes_or_no(answer: &str) -> Option<bool> {
    let answer = answer.trim().to_ascii_lowercase();
    match answer.as_str() {
        "" => None,
        a if "yes".starts_with(a) => Some(true),
        a if "no".starts_with(a) => Some(false),
        _ => None,
    }
}

/// `ping` of a name, while names are looked up: the servers are asked by broadcast, and none is emulated.
pub fn translating(name: &str) -> String {
    format!("Translating \"{name}\"...domain server (255.255.255.255)\n")
}

/// The question of `clear counters [INTERFACE]`.
pub const fn clear_counters(one: bool) -> &'static str {
    if one {
        "Clear \"show interface\" counters on this interface [confirm]"
    } else {
        "Clear \"show interface\" counters on all interfaces [confirm]"
    }
}

/// The question of `clear vpdn tunnel l2tp all` and `clear l2tp all`, where the release asks: public test suites
/// of XE wait for `[confirm]`.
pub const fn clear_tunnels(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => None,
        Dialect::V15 => Some("Proceed with clearing all tunnels? [confirm]"),
    }
}

/// What `clear vpdn tunnel` and `clear vpdn session` say: nothing when they found something to clear.
pub const fn cleared(found: usize, what: Cleared) -> &'static str {
    match (found, what) {
        (0, Cleared::Tunnel) => "% No such tunnel\n",
        (0, Cleared::Session) => "% No such session\n",
        (1.., Cleared::Tunnel | Cleared::Session) => "",
    }
}

/// What was to be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// A tunnel.
    Tunnel,
    /// A session.
    Session,
}

/// `copy startup-config running-config` has read so many octets.
pub fn copied(octets: usize) -> String {
    format!("{octets} bytes copied\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clearing_is_silent_when_it_found_something() {
        assert_eq!(cleared(2, Cleared::Tunnel), "");
        assert_eq!(cleared(0, Cleared::Tunnel), "% No such tunnel\n");
        assert_eq!(cleared(0, Cleared::Session), "% No such session\n");
    }

    #[test]
    fn only_15_asks_before_it_clears_all_tunnels() {
        assert_eq!(clear_tunnels(Dialect::V12_0), None);
        assert!(clear_tunnels(Dialect::V15).is_some_and(|q| q.ends_with("[confirm]")));
    }

    #[test]
    fn what_is_a_question_ends_without_a_newline() {
        for text in
            [RELOAD_SAVE, RELOAD_CONFIRM, COPY_TO_STARTUP, ERASE_CONFIRM, CLEAR_LOGGING, clear_counters(true)]
        {
            assert!(!text.ends_with('\n'), "{text}");
        }
        for text in [ERASED, BUILDING, SAVED, CLEARED_LINE, DEBUG_ALL_OFF, NO_HOST] {
            assert!(text.ends_with('\n'), "{text}");
        }
    }
}
