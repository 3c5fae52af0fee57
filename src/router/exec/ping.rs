//! `ping` on a line: the dialogue itself is `commands::ping`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Core, ExecResult, Job};
use crate::commands::exec::NO_SOURCE;
use crate::commands::ping::{PingJob, PingOptions};
use crate::engine::EchoOutcome;
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
    core.progress.push((line, text, over));
    if over {
        core.jobs.remove(&line);
    } else {
        send(core, line);
    }
}

/// The address that a host stands for: itself, or that of an `ip host` line.
pub fn resolve(core: &Core, host: &str) -> Option<Ipv4Addr> {
    host.parse().ok().or_else(|| core.config.host(host).first().copied())
}

/// The source address that a command line names, or why there is none.
pub fn source(core: &Core, source: Option<&PingSource>) -> Result<Option<Ipv4Addr>, &'static str> {
    match source {
        None => Ok(None),
        Some(PingSource::Address { address }) => Ok(Some(*address)),
        Some(PingSource::Interface { interface }) => core
            .engine
            .interface(interface)
            .and_then(|view| view.address)
            .map(|net| Some(net.addr()))
            .ok_or(NO_SOURCE),
    }
}
