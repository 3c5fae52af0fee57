//! `show`: hands the screens of `commands` what they are made of.

use super::{Core, ExecResult};
use crate::cli::Clearance;
use crate::commands::show::{Sources, show};
use crate::commands::users::{LineKind, LineRow};
use crate::config::nvgen::running_config_for;
use crate::grammar::command::show::ShowCommand;
use crate::proto::Dialect;
use crate::router::core::OpenLine;
use crate::router::io::LineId;

/// The running-config, as far as whoever sits at `line` sees it. 12.0 does not count its octets.
pub fn running(core: &Core, line: LineId) -> String {
    let text = running_config_for(&core.store, &clearance(core, line));
    let head = match core.config.dialect {
        Dialect::V12_0 => "Current configuration:".to_owned(),
        Dialect::V12_1 | Dialect::V15 => format!("Current configuration : {} bytes", text.len()),
    };
    format!("Building configuration...\n\n{head}\n!\n{text}")
}

/// What the level of whoever sits at `line` may see.
fn clearance(core: &Core, line: LineId) -> Clearance {
    let level = core.lines.iter().find(|l| l.line == line).map_or(0, |l| l.level);
    Clearance::new(level, &core.store)
}

/// Runs a command of the family.
pub fn run(core: &Core, line: LineId, command: &ShowCommand, out: &mut String) -> ExecResult {
    let lines: Vec<LineRow> = core.lines.iter().map(row).collect();
    let own = core.lines.iter().find(|l| l.line == line);
    let sources = Sources {
        now: core.now,
        engine: &core.engine,
        config: &core.config,
        store: &core.store,
        startup: &core.startup,
        logging: &core.logging,
        reloaded: core.reloaded,
        lines: &lines,
        clearance: &clearance(core, line),
        size: own.map_or((24, 80), |l| l.size),
        monitor: own.is_some_and(|l| l.console) || core.monitors.contains(&line),
    };
    show(out, command, &sources, &|| running(core, line));
    ExecResult::Done
}

fn row(line: &OpenLine) -> LineRow {
    let number = line.line.0;
    // IOS counts the auxiliary port between the console and the first network line.
    let kind = if line.console { LineKind::Console(0) } else { LineKind::Vty(number.saturating_sub(1)) };
    LineRow {
        number: if line.console { 0 } else { number + 1 },
        kind,
        active: true,
        current: line.own,
        user: line.user.clone(),
        connected: line.connected,
        idle: line.idle,
        location: String::new(),
    }
}
