//! What is not the engine's: time stamps, logging, terminal lines, enable, banner.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The names of the severities 0 to 7, as `logging console LEVEL` takes them.
pub const SEVERITIES: [&str; 8] = [
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
];

/// The form of a time stamp in front of a log or debug line (`service timestamps`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StampForm {
    /// `no service timestamps`.
    #[default]
    None,
    /// `00:00:12: `
    Uptime,
    /// `Jan  1 00:04:10.235: `
    Datetime {
        /// Milliseconds.
        msec: bool,
        /// Time zone name behind the time.
        show_timezone: bool,
        /// In the configured time zone instead of UTC.
        localtime: bool,
    },
}

/// `logging ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggingConfig {
    /// `logging on`.
    pub on: bool,
    /// Severity up to which lines go to the console; `None` for `no logging console`.
    pub console: Option<u8>,
    /// The same for terminals with `terminal monitor`.
    pub monitor: Option<u8>,
    /// Severity and octets of the buffer; `None` for `no logging buffered`.
    pub buffered: Option<(u8, usize)>,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        LoggingConfig { on: true, console: Some(7), monitor: Some(7), buffered: None }
    }
}

/// `exec-timeout` of the terminal lines: an EXEC ends after so long without a key. Zero is never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecTimeouts {
    /// `line con 0`.
    pub console: Duration,
    /// The blocks `line vty FIRST LAST` that say one.
    pub vty: Vec<(RangeInclusive<u32>, Duration)>,
}

impl ExecTimeouts {
    /// Where a line says nothing.
    pub const UNSET: Duration = Duration::from_secs(600);

    /// That of a network line, or of the console.
    pub fn of(&self, vty: Option<u32>) -> Duration {
        let Some(number) = vty else { return self.console };
        let own = self.vty.iter().find(|(lines, _)| lines.contains(&number));
        own.map_or(Self::UNSET, |(_, timeout)| *timeout)
    }
}

impl Default for ExecTimeouts {
    fn default() -> Self {
        ExecTimeouts { console: Self::UNSET, vty: Vec::new() }
    }
}

/// Everything that the shell reads and the engine does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemConfig {
    /// `service timestamps debug`.
    pub debug_stamp: StampForm,
    /// `service timestamps log`.
    pub log_stamp: StampForm,
    /// `service password-encryption`.
    pub password_encryption: bool,
    /// `logging ...`.
    pub logging: LoggingConfig,
    /// `exec-timeout`.
    pub exec_timeouts: ExecTimeouts,
    /// `banner motd` text.
    pub banner_motd: Option<String>,
    /// `clock timezone`: name and minutes east of UTC.
    pub timezone: Option<(String, i32)>,
}
