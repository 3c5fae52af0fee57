//! `show`.

use super::{Core, ExecResult, system};
use crate::grammar::command::show::ShowCommand;
use crate::logging::debugs;
use crate::proto::Dialect;

/// `show running-config` and `write terminal`.
pub fn running(core: &Core) -> String {
    system::running(&core.store, core.config.dialect != Dialect::V12_0)
}

/// Runs a command of the family.
pub fn run(core: &mut Core, command: &ShowCommand, out: &mut String) -> ExecResult {
    match command {
        ShowCommand::Debugging => out.push_str(&debugs::show(|s| core.engine.debugs().contains(s))),
        ShowCommand::RunningConfig { .. } => out.push_str(&running(core)),
        _ => {}
    }
    ExecResult::Done
}
