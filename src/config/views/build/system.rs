//! Stamps, logging, terminal lines, enable, banner.

use std::time::Duration;

use super::super::{ExecTimeouts, LoggingConfig, StampForm, SystemConfig};
use crate::config::store::{Line, Store};
use crate::grammar::Command;
use crate::grammar::command::global as g;
use crate::grammar::command::global::GlobalCommand as G;
use crate::grammar::command::line::{LineCommand as L, LineLine};
use crate::grammar::command::logging as l;
use crate::grammar::command::logging::LoggingCommand;
use crate::grammar::table::Op;

/// Octets of the logging buffer when the command names none.
const BUFFER: usize = 4096;

/// Reads the whole store for what the shell needs.
pub fn read(store: &Store) -> SystemConfig {
    let mut system = SystemConfig::default();
    for line in store.lines() {
        match &line.command {
            Command::Global(command) => global(command, &mut system),
            Command::Logging(command) => logging(command, &mut system.logging),
            Command::Line(L::Line(Op::Set(which))) => match which.line {
                LineLine::Console { .. } => system.exec_timeouts.console = exec_timeout(line),
                LineLine::Vty { first, last } => {
                    let own = Some(exec_timeout(line)).filter(|own| *own != ExecTimeouts::UNSET);
                    system.exec_timeouts.vty.extend(own.map(|own| (first..=last.unwrap_or(first), own)));
                }
                LineLine::Aux { .. } | LineLine::First { .. } => {}
            },
            _ => {}
        }
    }
    system
}

fn global(command: &G, system: &mut SystemConfig) {
    match command {
        G::ServiceTimestamps(Op::Set(s)) => {
            let form = match &s.style {
                None | Some(g::ServiceTimestampsStyle::Uptime) => StampForm::Uptime,
                Some(g::ServiceTimestampsStyle::Datetime { msec, localtime, show_timezone, .. }) => {
                    StampForm::Datetime { msec: *msec, show_timezone: *show_timezone, localtime: *localtime }
                }
            };
            match s.what {
                g::ServiceTimestampsWhat::Debug => system.debug_stamp = form,
                g::ServiceTimestampsWhat::Log => system.log_stamp = form,
            }
        }
        G::ServicePasswordEncryption(op) => system.password_encryption = op.is_set(),
        G::ClockTimezone(Op::Set(z)) => system.timezone = timezone(z),
        G::BannerMotd(Op::Set(b)) => system.banner_motd = Some(b.text.clone()),
        _ => {}
    }
}

fn timezone(z: &g::ClockTimezone) -> Option<(String, i32)> {
    let hours: i32 = z.sign.parse().ok()?;
    let minutes = i32::try_from(z.minutes.unwrap_or(0)).ok()?;
    let sign = if z.sign.starts_with('-') { -1 } else { 1 };
    Some((z.zone.clone(), hours * 60 + sign * minutes))
}

fn logging(command: &LoggingCommand, logging: &mut LoggingConfig) {
    match command {
        LoggingCommand::On(op) => logging.on = op.is_set(),
        LoggingCommand::Buffered(op) => {
            logging.buffered = op.set().map(|b| {
                let size = b.size.and_then(|s| usize::try_from(s).ok()).unwrap_or(BUFFER);
                (b.level.as_ref().map_or(7, buffered_level), size)
            });
        }
        LoggingCommand::Console(op) => {
            logging.console = op.set().map(|c| c.level.as_ref().map_or(7, console_level));
        }
        LoggingCommand::Monitor(op) => {
            logging.monitor = op.set().map(|m| m.level.as_ref().map_or(7, monitor_level));
        }
        _ => {}
    }
}

/// The three levels are three types, because each is the choice of its own command.
macro_rules! severity {
    ($name:ident, $type:ty, $($extra:pat => $value:expr),*) => {
        fn $name(level: &$type) -> u8 {
            use $type as Level;
            match level {
                Level::Number { number } => u8::try_from(*number).unwrap_or(7),
                Level::Emergencies => 0,
                Level::Alerts => 1,
                Level::Critical => 2,
                Level::Errors => 3,
                Level::Warnings => 4,
                Level::Notifications => 5,
                Level::Informational => 6,
                Level::Debugging => 7,
                $($extra => $value,)*
            }
        }
    };
}

severity!(buffered_level, l::BufferedLevel,);
severity!(monitor_level, l::MonitorLevel,);
severity!(console_level, l::ConsoleLevel, l::ConsoleLevel::Guaranteed => 7);

fn exec_timeout(line: &Line) -> Duration {
    let own = line.commands().find_map(|command| match command {
        Command::Line(L::ExecTimeout(Op::Set(t))) => {
            Some(u64::from(t.minutes) * 60 + u64::from(t.seconds.unwrap_or(0)))
        }
        _ => None,
    });
    own.map_or(ExecTimeouts::UNSET, Duration::from_secs)
}
