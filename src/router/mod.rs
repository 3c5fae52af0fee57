//! One router with its consoles, sans-IO: engine, configuration store, CLI sessions and logging together.
//!
//! What the edges (`host`, `lab`) drive: `handle(now, input)`, then `poll()` until `None`, then wait until
//! `next_timeout()`.

mod core;
mod exec;
pub mod io;
mod origins;
mod unique_ident;

pub use io::*;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::Session;
use crate::engine;
use crate::engine::EndCause;
use crate::proto::time::earliest;
use crate::proto::{Entropy, Instant};
use core::Core;

/// What a router is made of at power-on.
pub struct RouterParams {
    /// Randomness.
    pub entropy: Box<dyn Entropy + Send>,
    /// The startup-config; empty for none.
    pub startup_config: String,
    /// Wall clock at `Instant::ZERO`, as seconds and nanoseconds since 1970 UTC; IOS starts unsynchronised at
    /// 1 March 1993 when `None`.
    pub wall_clock: Option<(i64, u32)>,
    /// It was `reload` that switched the router on.
    pub reloaded: bool,
    /// What was left in its spool; `None` where there is no spool.
    pub spooled: Option<engine::Spooled>,
}

/// A session on a line, and when somebody last typed there.
struct Terminal {
    session: Session,
    touched: Instant,
    opened: Instant,
    /// AAA knows of the EXEC there.
    exec: bool,
}

/// One router.
pub struct Router {
    core: Core,
    terminals: BTreeMap<LineId, Terminal>,
}

impl Router {
    /// A router that has just been switched on: it has read its startup-config.
    pub fn new(now: Instant, params: RouterParams) -> Self {
        let mut router = Router { core: Core::new(now, params), terminals: BTreeMap::new() };
        router.settle();
        router
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.core.now = self.core.now.max(now);
        match input {
            Input::Engine(input) => {
                if !matches!(input, engine::Input::Timeout) {
                    self.core.apply_typed();
                }
                self.core.engine.handle(now, input);
            }
            Input::Console(line, input) => {
                // Screens show durations as of now, not as of the engine's last event.
                self.core.engine.handle(now, engine::Input::Timeout);
                self.console(line, input);
            }
            Input::Saved(result) => exec::kept(&mut self.core, result),
            Input::PowerOff => {
                self.core.apply_typed();
                self.core.end(false);
            }
        }
        if self.core.applies_at().is_some_and(|at| at <= now) {
            self.core.apply_typed();
        }
        if self.core.engine.next_timeout().is_some_and(|at| at <= now) {
            self.core.engine.handle(now, engine::Input::Timeout);
        }
        self.close_idle();
        self.settle();
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.core.outputs.pop_front()
    }

    /// When `handle(now, Input::Engine(Timeout))` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let idle = self.terminals.values().filter_map(|t| self.idle_deadline(t)).min();
        let idle = earliest(idle, self.core.ending.map(|ending| ending.by));
        earliest(self.core.applies_at(), earliest(self.core.engine.next_timeout(), idle))
    }

    /// The host name, for titles and prompts of a lab.
    pub fn hostname(&self) -> &str {
        &self.core.config.hostname
    }

    /// Whether its interfaces have the devices, addresses and routes of the startup-config, as far as the host gives them.
    pub fn is_booted(&self) -> bool {
        self.core.engine.is_booted()
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &engine::Engine {
        &self.core.engine
    }

    fn console(&mut self, line: LineId, input: ConsoleInput) {
        let now = self.core.now;
        let terminal = self.terminals.entry(line).or_insert_with(|| Terminal {
            session: Session::new(line),
            touched: now,
            opened: now,
            exec: false,
        });
        if matches!(input, ConsoleInput::Open { .. }) {
            terminal.opened = now;
        }
        terminal.touched = now;
        let gone = input == ConsoleInput::Close;
        if gone {
            self.core.forget_line(line);
        }
        self.core.lines = lines_of(&self.terminals, line, now);
        if let Some(terminal) = self.terminals.get_mut(&line) {
            terminal.session.handle(input, &mut self.core);
            if !terminal.session.is_active() {
                self.core.forget_line(line);
            }
        }
        self.note_exec(line, if gone { EndCause::LostCarrier } else { EndCause::UserExit });
    }

    /// Tells AAA of an EXEC that has begun, or has ended for this reason.
    fn note_exec(&mut self, line: LineId, cause: EndCause) {
        let Some(terminal) = self.terminals.get_mut(&line) else { return };
        let user = terminal.session.exec_user().map(str::to_owned);
        match (std::mem::replace(&mut terminal.exec, user.is_some()), user) {
            (false, Some(user)) => {
                let number = terminal_number(line, terminal.session.is_console());
                let list = terminal.session.accounting_list(&self.core.store);
                let name = format!("tty{number}");
                let privilege = terminal.session.level();
                let (console, voucher) = (terminal.session.is_console(), terminal.session.voucher().clone());
                let who = engine::ExecUser {
                    line: number,
                    console,
                    name,
                    user,
                    voucher,
                    from: None,
                    privilege,
                    list,
                };
                self.core.engine.exec_started(self.core.now, who);
            }
            (true, None) => {
                let number = terminal_number(line, terminal.session.is_console());
                self.core.engine.exec_stopped(self.core.now, number, cause);
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Carries every output of engine and sessions out, until nothing moves.
    fn settle(&mut self) {
        loop {
            let mut moved = self.core.drain_engine();
            for (line, text, result) in std::mem::take(&mut self.core.progress) {
                moved = true;
                if let Some(terminal) = self.terminals.get_mut(&line) {
                    terminal.session.print(&text);
                    if let Some(result) = result {
                        terminal.touched = self.core.now;
                        terminal.session.finish(result, &mut self.core);
                    }
                }
            }
            for (line, screen) in std::mem::take(&mut self.core.screens) {
                moved = true;
                if let Some(terminal) = self.terminals.get_mut(&line) {
                    terminal.touched = self.core.now;
                    terminal.session.conclude(&screen, &self.core);
                }
            }
            for (line, outcome) in std::mem::take(&mut self.core.logged) {
                moved = true;
                if let Some(terminal) = self.terminals.get_mut(&line) {
                    terminal.session.logged_in(outcome, &self.core);
                }
                // A login that AAA decides begins here, not with what is typed next.
                self.note_exec(line, EndCause::UserExit);
            }
            for number in std::mem::take(&mut self.core.to_end) {
                moved = true;
                let here = |(line, t): &(&LineId, &Terminal)| {
                    terminal_number(**line, t.session.is_console()) == number
                };
                if let Some(line) = self.terminals.iter().find(here).map(|(line, _)| *line) {
                    self.close(line, EndCause::ServerRequest);
                }
            }
            for (line, terminal) in &mut self.terminals {
                while let Some(output) = terminal.session.poll() {
                    moved = true;
                    self.core.outputs.push_back(Output::Console(*line, output));
                }
            }
            moved |= self.deliver_log();
            if moved {
                continue;
            }
            let end = self.core.take_end();
            self.core.outputs.extend(end);
            return;
        }
    }

    /// Sends stamped log lines to the terminals that want them.
    fn deliver_log(&mut self) -> bool {
        let deliveries = std::mem::take(&mut self.core.log);
        let moved = !deliveries.is_empty();
        for delivery in deliveries {
            for (line, terminal) in &self.terminals {
                let wanted = if terminal.session.is_console() {
                    delivery.console
                } else {
                    delivery.monitor && self.core.monitors.contains(line)
                };
                if wanted && terminal.session.is_open() {
                    let text = ConsoleOutput::Async(delivery.text.clone());
                    self.core.outputs.push_back(Output::Console(*line, text));
                }
            }
        }
        moved
    }

    fn idle_deadline(&self, terminal: &Terminal) -> Option<Instant> {
        let session = &terminal.session;
        let timeout = self.core.config.system.exec_timeouts.of(session.vty());
        // Whoever watches a command has nothing to type.
        let timed = session.is_active() && !session.is_running() && timeout > Duration::ZERO;
        timed.then(|| terminal.touched + timeout)
    }

    /// `exec-timeout` and `clear line`: such a session ends; the console starts over at its login.
    fn close_idle(&mut self) {
        let now = self.core.now;
        let due = |t: &Terminal| self.idle_deadline(t).is_some_and(|at| at <= now);
        let mut lines: Vec<LineId> = self.terminals.iter().filter(|(_, t)| due(t)).map(|(l, _)| *l).collect();
        let idle = lines.len();
        lines.append(&mut self.core.to_close);
        for (place, line) in lines.into_iter().enumerate() {
            self.close(line, if place < idle { EndCause::IdleTimeout } else { EndCause::AdminReset });
        }
    }

    fn close(&mut self, line: LineId, cause: EndCause) {
        self.core.forget_line(line);
        if let Some(terminal) = self.terminals.get_mut(&line) {
            terminal.session.end(&self.core);
        }
        self.note_exec(line, cause);
    }
}

/// The number of a terminal line, by which AAA knows it. The auxiliary port stands between the console and the first
/// network line.
fn terminal_number(line: LineId, console: bool) -> u32 {
    if console { 0 } else { u32::from(line.0) + 1 }
}

/// Who sits where, for `show users`.
fn lines_of(terminals: &BTreeMap<LineId, Terminal>, own: LineId, now: Instant) -> Vec<core::OpenLine> {
    let open = terminals.iter().filter(|(line, t)| t.session.is_active() || **line == own);
    open.map(|(line, t)| core::OpenLine {
        line: *line,
        console: t.session.is_console(),
        own: *line == own,
        idle: now - t.touched,
        connected: now - t.opened,
        user: t.session.user().to_owned(),
        level: t.session.level(),
        size: {
            let (width, length) = t.session.size();
            (length, width)
        },
    })
    .collect()
}

#[cfg(test)]
mod tests;
