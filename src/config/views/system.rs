//! What is not the engine's: time stamps, logging, terminal lines, enable, banner.

use std::time::Duration;

use super::Password;

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

/// `line con 0`, `line vty 0 4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineConfig {
    /// `password`.
    pub password: Option<Password>,
    /// `login`: ask for the line's password, if it has one.
    pub login: bool,
    /// `login local`: ask for user name and password.
    pub login_local: bool,
    /// `privilege level`, 1.
    pub privilege: u8,
    /// `exec-timeout`; zero is never.
    pub exec_timeout: Duration,
    /// `length`, 24.
    pub length: u16,
    /// `width`, 80.
    pub width: u16,
    /// `logging synchronous`.
    pub logging_synchronous: bool,
}

impl Default for LineConfig {
    fn default() -> Self {
        LineConfig {
            password: None,
            login: true,
            login_local: false,
            privilege: 1,
            exec_timeout: Duration::from_secs(600),
            length: 24,
            width: 80,
            logging_synchronous: false,
        }
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
    /// `line con 0`.
    pub console: LineConfig,
    /// `line vty 0 4`.
    pub vty: LineConfig,
    /// `banner motd` text.
    pub banner_motd: Option<String>,
    /// `clock timezone`: name and minutes east of UTC.
    pub timezone: Option<(String, i32)>,
}
