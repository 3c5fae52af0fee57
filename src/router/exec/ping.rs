//! `ping` on a line: the dialogue itself is `commands::ping`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Core, ExecResult, Job};
use crate::cli::looks_up;
use crate::commands::exec::{NO_HOST, NO_SOURCE, NOT_OURS, translating};
use crate::commands::ping::{PingJob, PingOptions};
use crate::commands::ping_dialog::{Lookup, PingDialog, Step};
use crate::engine::EchoOutcome;
use crate::engine::views::InterfaceView;
use crate::grammar::command::exec::PingSource;
use crate::router::io::LineId;

/// The options of a command line, with IOS's defaults where it names none.
pub fn options(
    destination: Ipv4Addr,
    repeat: Option<u32>,
    size: Option<u32>,
    timeout: Option<u32>,
    source: Option<Ipv4Addr>,
) -> PingOptions {
    let mut options = PingOptions::new(destination);
    options.source = source;
    options.repeat = repeat.unwrap_or(options.repeat);
    options.size = size.and_then(|s| u16::try_from(s).ok()).unwrap_or(options.size);
    options.timeout = timeout.map_or(options.timeout, |s| Duration::from_secs(s.into()));
    options
}

/// Starts the command on `line`.
pub fn start(core: &mut Core, line: LineId, options: PingOptions, out: &mut String) -> ExecResult {
    let job = PingJob::new(options);
    out.push_str(&job.banner());
    core.jobs.insert(line, Job::Ping(job));
    send(core, line);
    ExecResult::Running
}

fn send(core: &mut Core, line: LineId) {
    let Some(Job::Ping(job)) = core.jobs.get_mut(&line) else { return };
    if let Some(r) = job.next_request() {
        let id = core.engine.ping(core.now, r.destination, r.source, r.sequence, r.size, r.timeout);
        core.echoes.insert(id, line);
    }
}

/// One echo request has ended: prints its mark and sends the next, or ends the command.
pub fn ended(core: &mut Core, line: LineId, outcome: EchoOutcome) {
    let Some(Job::Ping(job)) = core.jobs.get_mut(&line) else { return };
    let text = job.outcome(outcome);
    let over = job.is_done();
    core.progress.push((line, text, over.then_some(ExecResult::Done)));
    if over {
        core.jobs.remove(&line);
    } else {
        send(core, line);
    }
}

/// Puts the question at which a dialogue stands.
pub fn ask(core: &mut Core, line: LineId, dialog: PingDialog) -> ExecResult {
    let question = dialog.question().to_owned();
    core.jobs.insert(line, Job::PingDialog(dialog));
    ExecResult::Ask(question)
}

/// The answer to the question of a dialogue.
pub fn answered(core: &mut Core, line: LineId, answer: &str, out: &mut String) -> ExecResult {
    let Some(Job::PingDialog(mut dialog)) = core.jobs.remove(&line) else { return ExecResult::Done };
    match dialog.answer(answer, &*core) {
        Step::Ask(text) => {
            out.push_str(&text);
            ask(core, line, dialog)
        }
        Step::Refused(text) => {
            out.push_str(&text);
            ExecResult::Done
        }
        Step::Ready(options) => start(core, line, options, out),
    }
}

impl Lookup for Core {
    fn host(&self, name: &str) -> Result<Ipv4Addr, String> {
        resolve(self, name)
    }

    fn source(&self, text: &str) -> Result<Ipv4Addr, String> {
        let source = match (text.parse(), text.parse()) {
            (Ok(address), _) => PingSource::Address { address },
            (Err(_), Ok(interface)) => PingSource::Interface { interface },
            (Err(_), Err(_)) => return Err(NO_SOURCE.to_owned()),
        };
        source_address(self, &source).map_err(str::to_owned)
    }
}

/// The address that a host stands for: itself, or that of an `ip host` line; else what is said of it.
pub fn resolve(core: &Core, host: &str) -> Result<Ipv4Addr, String> {
    let known = host.parse().ok().or_else(|| core.config.host(host).first().copied());
    let lookup = if looks_up(&core.store) { translating(host) } else { String::new() };
    known.ok_or_else(|| lookup + NO_HOST)
}

/// The source address that a command line names, or why there is none.
pub fn source(core: &Core, source: Option<&PingSource>) -> Result<Option<Ipv4Addr>, &'static str> {
    source.map(|source| source_address(core, source)).transpose()
}

fn source_address(core: &Core, source: &PingSource) -> Result<Ipv4Addr, &'static str> {
    match source {
        PingSource::Address { address } => {
            let ours = |view: &InterfaceView| view.address.is_some_and(|net| net.addr() == *address);
            core.engine.interfaces().iter().any(ours).then_some(*address).ok_or(NOT_OURS)
        }
        PingSource::Interface { interface } => core
            .engine
            .interface(interface)
            .and_then(|view| view.address)
            .map(|net| net.addr())
            .ok_or(NO_SOURCE),
    }
}
