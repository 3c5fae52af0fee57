//! The startup-config: what saves, erases or merges it. The edge keeps it, and says whether it could; until then the
//! command goes on.

use super::{Core, ExecResult};
use crate::commands::exec as text;
use crate::config::nvgen::running_config;
use crate::config::store::Store;
use crate::router::io::{LineId, Output};
use crate::router::origins;

/// A startup-config that the edge has been given and has not answered for.
#[derive(Clone, Debug)]
pub struct Saving {
    /// Who waits for it; nobody any more when the command was interrupted.
    pub line: Option<LineId>,
    text: String,
    /// It was the running-config.
    saves: bool,
    /// It was nobody's command: a failure is told on the log.
    unasked: bool,
    done: &'static str,
    next: ExecResult,
}

/// `write memory`, and what `copy running-config startup-config` does after its question. `next` is what the command
/// comes to when it is done.
pub fn save(core: &mut Core, line: LineId, next: ExecResult, out: &mut String) -> ExecResult {
    out.push_str(text::BUILDING);
    let text = running_config(&core.store);
    // What is typed before the answer comes is not in it.
    core.modified = false;
    keep(core, Saving { line: Some(line), text, saves: true, unasked: false, done: text::SAVED, next })
}

/// `write erase`, which has been agreed to.
pub fn erase(core: &mut Core, line: LineId) -> ExecResult {
    let (line, text) = (Some(line), String::new());
    let (saves, unasked) = (false, false);
    keep(core, Saving { line, text, saves, unasked, done: text::ERASED, next: ExecResult::Done })
}

/// A startup-config that the router has changed by itself.
pub fn change(core: &mut Core, text: String) {
    let (saves, unasked) = (false, true);
    keep(core, Saving { line: None, text, saves, unasked, done: "", next: ExecResult::Done });
}

fn keep(core: &mut Core, saving: Saving) -> ExecResult {
    core.outputs.push_back(Output::SaveStartup(saving.text.clone()));
    core.saving.push_back(saving);
    ExecResult::Running
}

/// The edge has kept the startup-config that it was given first, or says why not: then the former one stays, and a
/// `reload` that would have lost the running-config does not come.
pub fn kept(core: &mut Core, result: Result<(), String>) {
    let Some(Saving { line, text, saves, unasked, done, next }) = core.saving.pop_front() else { return };
    let (said, next) = match result {
        Ok(()) => {
            core.startup = text;
            (done.to_owned(), next)
        }
        Err(why) => {
            core.modified |= saves;
            if unasked {
                // The wording is this project's.
                core.syslog(4, format!("%SYS-4-NV_NOT_WRITTEN: startup-config could not be written: {why}"));
            }
            (text::not_saved(&why), ExecResult::Done)
        }
    };
    core.progress.extend(line.map(|line| (line, said, Some(next))));
}

/// Nobody waits on `line` any more.
pub fn forget(core: &mut Core, line: LineId) {
    core.saving.iter_mut().filter(|saving| saving.line == Some(line)).for_each(|saving| saving.line = None);
}

/// Merges the startup-config into the running one.
pub fn merge(core: &mut Core, out: &mut String) {
    let startup = core.startup.clone();
    core.load(&startup);
    let mut read = Store::new();
    read.load(&startup);
    origins::read(&mut core.origins, &read);
    core.modified = true;
    core.reconfigure();
    out.push_str(&text::copied(startup.len()));
}
