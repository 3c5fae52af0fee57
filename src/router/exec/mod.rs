//! EXEC commands: the arm of every command, family by family. What screens look like is in `commands`.

mod arp;
mod clear;
mod debug;
mod files;
pub mod ping;
mod show;
mod system;
mod test_aaa;

pub(super) use arp::ended as arp_told;
pub(super) use files::{Saving, forget as forget_saving, kept};
pub(super) use test_aaa::{ended as tested, forget as forget_test};

use super::core::Core;
use super::io::LineId;
use crate::cli::{ExecResult, Parsed};
use crate::commands::exec as text;
use crate::commands::ping::PingJob;
use crate::commands::ping_dialog::PingDialog;
use crate::engine::{EchoOutcome, RequestId};
use crate::grammar::Command;
use crate::grammar::command::debug::DebugCommand;
use crate::grammar::command::exec::{ExecCommand, TestAaaStyle};
use crate::grammar::table::Op;

/// A command that goes on after its line was typed.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// `ping`
    Ping(PingJob),
    /// `show arp`
    Arp(RequestId, arp::Wanted),
    /// `ping` that asks what to do
    PingDialog(PingDialog),
    /// `test aaa group`
    TestAaa {
        /// How the answer is shown.
        style: TestAaaStyle,
        /// Who is asked about.
        user: String,
    },
}

/// Runs an EXEC command.
pub(super) fn run(core: &mut Core, line: LineId, parsed: &Parsed, out: &mut String) -> ExecResult {
    match &parsed.command {
        Command::Exec(command) => exec(core, line, command, out),
        Command::Show(command) => show::run(core, line, command, out),
        Command::Debug(command) => debug::run(core, command, out),
        Command::Clear(command) => clear::run(core, command, out),
        // The session runs its own commands, and configuration lines go to `configure`.
        Command::Session(_)
        | Command::Aaa(_)
        | Command::Access(_)
        | Command::Dialer(_)
        | Command::Global(_)
        | Command::Inert(_)
        | Command::Interface(_)
        | Command::Line(_)
        | Command::Logging(_)
        | Command::Ppp(_)
        | Command::Routing(_)
        | Command::Vpdn(_) => ExecResult::Done,
    }
}

fn exec(core: &mut Core, line: LineId, command: &ExecCommand, out: &mut String) -> ExecResult {
    match command {
        ExecCommand::Ping { host, repeat, size, timeout, source, .. } => {
            let found = ping::resolve(core, host)
                .and_then(|to| Ok((to, ping::source(core, source.as_ref()).map_err(str::to_owned)?)));
            match found {
                Ok((destination, source)) => {
                    let options = ping::options(destination, *repeat, *size, *timeout, source);
                    ping::start(core, line, options, out)
                }
                Err(why) => {
                    out.push_str(&why);
                    ExecResult::Done
                }
            }
        }
        ExecCommand::ShowArp { which } => arp::start(core, line, which.as_ref().into()),
        ExecCommand::ShowIpArp { which } => arp::start(core, line, which.as_ref().into()),
        ExecCommand::PingDialog { ip } => ping::ask(core, line, PingDialog::new(*ip)),
        ExecCommand::TerminalMonitor(op) => system::monitor(core, line, op.is_set(), out),
        ExecCommand::TerminalNoMonitor => system::monitor(core, line, false, out),
        ExecCommand::ClockSet { time, date, year } => system::clock_set(core, *time, date, *year, out),
        ExecCommand::WriteMemory | ExecCommand::Write => files::save(core, line, ExecResult::Done, out),
        ExecCommand::WriteTerminal => {
            out.push_str(&show::running(core, line));
            ExecResult::Done
        }
        ExecCommand::WriteErase | ExecCommand::EraseStartup => system::ask_erase(),
        ExecCommand::CopyRunningStartup => ExecResult::Ask(text::COPY_TO_STARTUP.to_owned()),
        ExecCommand::CopyStartupRunning => ExecResult::Ask(text::COPY_TO_RUNNING.to_owned()),
        ExecCommand::Reload => system::reload(core),
        ExecCommand::TestAaa { group, user, password, style } => {
            test_aaa::start(core, line, (group, user, password), *style, out)
        }
    }
}

/// The answer to `[confirm]`.
pub(super) fn confirmed(
    core: &mut Core,
    line: LineId,
    parsed: &Parsed,
    yes: bool,
    out: &mut String,
) -> ExecResult {
    if yes {
        match &parsed.command {
            Command::Exec(command) => return system::confirmed(core, line, command),
            Command::Clear(command) => clear::confirmed(core, line, command, out),
            _ => {}
        }
    }
    ExecResult::Done
}

/// The answer to a question.
pub(super) fn answered(
    core: &mut Core,
    line: LineId,
    parsed: &Parsed,
    answer: &str,
    out: &mut String,
) -> ExecResult {
    match &parsed.command {
        Command::Exec(ExecCommand::PingDialog { .. }) => ping::answered(core, line, answer, out),
        Command::Exec(command) => system::answered(core, line, command, answer, out),
        Command::Debug(DebugCommand::All(Op::Set(()))) => {
            debug::all_answered(core, answer, out);
            ExecResult::Done
        }
        _ => ExecResult::Done,
    }
}

/// Ctrl-C or Ctrl-^ while a command runs.
pub(super) fn interrupt(core: &mut Core, line: LineId, out: &mut String) {
    core.echoes.retain(|_, waiting| *waiting != line);
    forget_test(core, line);
    forget_saving(core, line);
    match core.jobs.remove(&line) {
        Some(Job::Ping(mut job)) => out.push_str(&job.abort()),
        Some(Job::Arp(..) | Job::PingDialog(_) | Job::TestAaa { .. }) | None => {}
    }
}

/// An echo request has ended.
pub(super) fn echo(core: &mut Core, id: RequestId, outcome: EchoOutcome) {
    if let Some(line) = core.echoes.remove(&id) {
        ping::ended(core, line, outcome);
    }
}
