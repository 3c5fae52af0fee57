//! `show`: hands the screens of `commands` what they are made of.

use std::time::Duration;

use super::{Core, ExecResult};
use crate::cli::Clearance;
use crate::commands::show::{Sources, built, show};
use crate::commands::users::{LineKind, LineRow};
use crate::config::nvgen::running_config_for;
use crate::grammar::Command;
use crate::grammar::command::line::{LineCommand, LineLine};
use crate::grammar::command::show::ShowCommand;
use crate::grammar::table::Op;
use crate::router::core::OpenLine;
use crate::router::io::LineId;

/// The running-config, as far as whoever sits at `line` sees it.
pub fn running(core: &Core, line: LineId) -> String {
    built(core.config.dialect, &running_config_for(&core.store, &clearance(core, line)))
}

/// What the level of whoever sits at `line` may see.
fn clearance(core: &Core, line: LineId) -> Clearance {
    let level = core.lines.iter().find(|l| l.line == line).map_or(0, |l| l.level);
    Clearance::new(level, &core.store)
}

/// Runs a command of the family.
pub fn run(core: &Core, line: LineId, command: &ShowCommand, out: &mut String) -> ExecResult {
    let lines = lines(core);
    let own = core.lines.iter().find(|l| l.line == line);
    let sources = Sources {
        now: core.now,
        engine: &core.engine,
        config: &core.config,
        store: &core.store,
        startup: &core.startup,
        origins: &core.origins,
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

/// The lines that are in use and those that are configured, by their numbers. There is always a console.
fn lines(core: &Core) -> Vec<LineRow> {
    let mut rows: Vec<LineRow> = core.lines.iter().map(row).collect();
    let configured = core.store.lines().iter().flat_map(|line| match &line.command {
        Command::Line(LineCommand::Line(Op::Set(which))) => match which.line {
            LineLine::Aux { .. } => vec![LineKind::Aux(0)],
            LineLine::Vty { first, last } => (first..=last.unwrap_or(first))
                .filter_map(|n| u16::try_from(n).ok())
                .map(LineKind::Vty)
                .collect(),
            LineLine::Console { .. } | LineLine::First { .. } => Vec::new(),
        },
        _ => Vec::new(),
    });
    for kind in std::iter::once(LineKind::Console(0)).chain(configured) {
        if !rows.iter().any(|row| row.kind == kind) {
            rows.push(free(kind));
        }
    }
    rows.sort_by_key(|row| row.number);
    rows
}

/// A line that nobody uses.
fn free(kind: LineKind) -> LineRow {
    let number = match kind {
        LineKind::Console(n) => n,
        LineKind::Aux(n) => n + 1,
        LineKind::Vty(n) => n + FIRST_VTY,
    };
    LineRow {
        number,
        kind,
        active: false,
        current: false,
        user: String::new(),
        connected: Duration::ZERO,
        idle: Duration::ZERO,
        location: String::new(),
    }
}

/// The number of the first network line. IOS counts the auxiliary port between the console and it.
const FIRST_VTY: u16 = 2;

fn row(line: &OpenLine) -> LineRow {
    let number = line.line.0;
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
