//! EXEC commands that act on the router itself: clock, configuration files, reload, terminal monitor.

use super::{Core, ExecResult, files};
use crate::commands::exec as text;
use crate::grammar::command::exec::{ClockSetDate, ExecCommand};
use crate::grammar::value::{Month, TimeOfDay};
use crate::router::io::LineId;

/// `terminal monitor` and `terminal no monitor`.
pub fn monitor(core: &mut Core, line: LineId, on: bool, out: &mut String) -> ExecResult {
    if core.lines.iter().any(|l| l.line == line && l.console) {
        out.push_str(text::CONSOLE_MONITORS);
    } else if on {
        core.monitors.insert(line);
    } else {
        core.monitors.remove(&line);
    }
    ExecResult::Done
}

/// `clock set`.
pub fn clock_set(
    core: &mut Core,
    time: TimeOfDay,
    date: &ClockSetDate,
    year: u32,
    out: &mut String,
) -> ExecResult {
    let (ClockSetDate::Day { day, month: Month(month) } | ClockSetDate::Month { month: Month(month), day }) =
        date;
    let time = (u32::from(time.hour), u32::from(time.minute), u32::from(time.second));
    let date = (i32::try_from(year).unwrap_or(0), u32::from(*month), *day);
    if !core.logging.clock.set(core.now, time, date) {
        out.push_str(text::INVALID_DATE);
    }
    core.tell_time();
    ExecResult::Done
}

/// `reload`.
pub fn reload(core: &Core) -> ExecResult {
    if core.modified {
        ExecResult::Ask(text::RELOAD_SAVE.to_owned())
    } else {
        ExecResult::Confirm(text::RELOAD_CONFIRM.to_owned())
    }
}

/// `erase startup-config`, `write erase`.
pub fn ask_erase() -> ExecResult {
    ExecResult::Confirm(text::ERASE_CONFIRM.to_owned())
}

/// `reload` is agreed to.
fn restart(core: &mut Core) {
    core.syslog(5, "%SYS-5-RELOAD: Reload requested".to_owned());
    core.end(true);
}

/// The answer to `[confirm]`.
pub fn confirmed(core: &mut Core, line: LineId, command: &ExecCommand) -> ExecResult {
    match command {
        ExecCommand::EraseStartup | ExecCommand::WriteErase => files::erase(core, line),
        ExecCommand::Reload => {
            restart(core);
            // Nothing more is typed on this router.
            ExecResult::Running
        }
        ExecCommand::Ping { .. }
        | ExecCommand::PingDialog { .. }
        | ExecCommand::ShowArp { .. }
        | ExecCommand::ShowIpArp { .. }
        | ExecCommand::TestAaa { .. }
        | ExecCommand::TerminalMonitor(_)
        | ExecCommand::TerminalNoMonitor
        | ExecCommand::ClockSet { .. }
        | ExecCommand::WriteMemory
        | ExecCommand::WriteTerminal
        | ExecCommand::Write
        | ExecCommand::CopyRunningStartup
        | ExecCommand::CopyStartupRunning => ExecResult::Done,
    }
}

/// The answer to a question.
pub fn answered(
    core: &mut Core,
    line: LineId,
    command: &ExecCommand,
    answer: &str,
    out: &mut String,
) -> ExecResult {
    match command {
        ExecCommand::CopyRunningStartup => return files::save(core, line, ExecResult::Done, out),
        ExecCommand::CopyStartupRunning => files::merge(core, out),
        ExecCommand::Reload => {
            let confirm = ExecResult::Confirm(text::RELOAD_CONFIRM.to_owned());
            return match text::yes_or_no(answer) {
                Some(true) => files::save(core, line, confirm, out),
                Some(false) => confirm,
                None => {
                    out.push_str(text::YES_OR_NO);
                    ExecResult::Ask(text::RELOAD_SAVE.to_owned())
                }
            };
        }
        ExecCommand::Ping { .. }
        | ExecCommand::PingDialog { .. }
        | ExecCommand::ShowArp { .. }
        | ExecCommand::ShowIpArp { .. }
        | ExecCommand::TestAaa { .. }
        | ExecCommand::TerminalMonitor(_)
        | ExecCommand::TerminalNoMonitor
        | ExecCommand::ClockSet { .. }
        | ExecCommand::WriteMemory
        | ExecCommand::WriteTerminal
        | ExecCommand::WriteErase
        | ExecCommand::Write
        | ExecCommand::EraseStartup => {}
    }
    ExecResult::Done
}
