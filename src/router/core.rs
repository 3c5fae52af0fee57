//! Everything of a router but its sessions: what a command works on.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::RouterParams;
use super::exec::{self, Job, Saving};
use super::io::{LineId, Output};
use super::origins::{self, Origins};
use crate::cli::{ExecResult, Executor, Parsed};
use crate::config::store::{Applied, Path, Store, is_digested};
use crate::config::views::secret_free;
use crate::config::{LineReport, RouterConfig, Verdict};
use crate::engine::aaa::{LoginOutcome, LoginQuestion, Ticket};
use crate::engine::{self, Engine, LogLine, RequestId};
use crate::logging::clock::Clock;
use crate::logging::{Delivery, Logging};
use crate::proto::Instant;

/// Lines that follow each other within this time take effect together: a configuration that is pasted is not made
/// anew for each of its lines.
const PASTE: Duration = Duration::from_millis(10);

/// How long a router that is about to end waits for the servers to answer the last accounting records; what they have
/// not answered by then is left to the spool.
const FAREWELL: Duration = Duration::from_secs(5);

/// A line on which somebody sits.
#[derive(Clone, Debug)]
pub(super) struct OpenLine {
    /// Which.
    pub line: LineId,
    /// The console port.
    pub console: bool,
    /// The one that asks.
    pub own: bool,
    /// How long nothing was typed there.
    pub idle: Duration,
    /// How long the session has lasted.
    pub connected: Duration,
    /// Rows and columns.
    pub size: (u16, u16),
    /// Who sits there, when it has a name.
    pub user: String,
    /// Its privilege level.
    pub level: u8,
}

/// What a command works on.
pub(super) struct Core {
    pub now: Instant,
    pub engine: Engine,
    pub store: Store,
    pub startup: String,
    /// Whence interfaces have their addresses.
    pub origins: Origins,
    /// The running-config was changed since it was last saved.
    pub modified: bool,
    pub config: Arc<RouterConfig>,
    /// When the first line was typed that the engine has not been handed yet.
    pub unapplied: Option<Instant>,
    pub logging: Logging,
    pub outputs: VecDeque<Output>,
    /// Stamped lines on their way to the terminals.
    pub log: Vec<Delivery>,
    /// Terminals with `terminal monitor`.
    pub monitors: BTreeSet<LineId>,
    /// Commands that go on.
    pub jobs: HashMap<LineId, Job>,
    /// Echo requests on their way, and who waits for them.
    pub echoes: HashMap<RequestId, LineId>,
    /// Tests of AAA on their way, and who waits for them.
    pub tests: HashMap<Ticket, LineId>,
    /// Logins on their way, and the lines that wait for them.
    pub logins: HashMap<Ticket, LineId>,
    /// Logins that are decided.
    pub logged: Vec<(LineId, LoginOutcome)>,
    /// What commands that go on print, and what they have come to.
    pub progress: Vec<(LineId, String, Option<ExecResult>)>,
    /// Startup-configs for which the edge has not answered yet.
    pub saving: VecDeque<Saving>,
    /// Screens that had to be waited for.
    pub screens: Vec<(LineId, String)>,
    /// Who sits where, as of the command that runs.
    pub lines: Vec<OpenLine>,
    /// Sessions that `clear line` ends.
    pub to_close: Vec<LineId>,
    /// Terminal lines whose sessions a RADIUS client ends.
    pub to_end: Vec<u32>,
    /// The router was started by `reload`.
    pub reloaded: bool,
    /// It is about to end, when everything is said.
    pub ending: Option<Ending>,
}

/// The end of a router that has been asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// When it comes at the latest.
    pub by: Instant,
    /// It is switched on again.
    pub reload: bool,
}

impl Core {
    /// A router that has read its startup-config.
    pub fn new(now: Instant, params: RouterParams) -> Self {
        let mut core = Core {
            now,
            engine: Engine::new(params.entropy),
            store: Store::new(),
            startup: params.startup_config,
            origins: Origins::new(),
            modified: false,
            config: Arc::default(),
            unapplied: None,
            logging: Logging::new(Clock::new(params.wall_clock)),
            outputs: VecDeque::new(),
            log: Vec::new(),
            monitors: BTreeSet::new(),
            jobs: HashMap::new(),
            echoes: HashMap::new(),
            tests: HashMap::new(),
            logins: HashMap::new(),
            logged: Vec::new(),
            progress: Vec::new(),
            saving: VecDeque::new(),
            screens: Vec::new(),
            lines: Vec::new(),
            to_close: Vec::new(),
            to_end: Vec::new(),
            reloaded: params.reloaded,
            ending: None,
        };
        core.tell_time();
        if let Some(spooled) = params.spooled {
            core.engine.restore(now, spooled);
        }
        let startup = core.startup.clone();
        let reports = core.load(&startup);
        origins::read(&mut core.origins, &core.store);
        core.count_life();
        core.reconfigure();
        for report in reports {
            core.report_refused(&report);
        }
        core
    }

    /// `radius-server unique-ident` counts the lives of a router, so that their Acct-Session-Ids differ: the number in the
    /// startup-config is one higher from boot to boot, and 1 follows on 255. That the router writes this one line of its
    /// startup-config by itself is recalled.
    pub fn count_life(&mut self) {
        let Some((line, startup)) = super::unique_ident::next(&self.store, &self.startup) else { return };
        self.load(&line);
        exec::change_startup(self, startup);
    }

    /// Tells the engine what the calendar says.
    pub fn tell_time(&mut self) {
        let seconds = self.logging.clock.seconds(self.now);
        self.engine.set_clock(self.now, seconds);
    }

    /// The router is about to end: its servers hear of everything that ends with it.
    pub fn end(&mut self, reload: bool) {
        self.engine.account_reload(self.now);
        let latest = self.now + FAREWELL;
        let by = self.ending.map_or(latest, |ending| ending.by.min(latest));
        self.ending = Some(Ending { by, reload });
    }

    /// What is put out last, once nothing is left to be said or the time for it is over.
    pub fn take_end(&mut self) -> Option<Output> {
        let over = |ending: &mut Ending| ending.by <= self.now || self.engine.accounting_pending() == 0;
        let Ending { reload, .. } = self.ending.take_if(over)?;
        Some(if reload { Output::Reload } else { Output::Off })
    }

    /// Merges a configuration file. The seed of salts is drawn only where a secret in clear needs it.
    pub fn load(&mut self, text: &str) -> Vec<LineReport> {
        let before = self.store.clone();
        let reports = self.store.load(text);
        if !self.store.salts().missed_seed() {
            return reports;
        }
        self.store = before;
        self.seed_salts();
        self.store.load(text)
    }

    fn seed_salts(&mut self) {
        if !self.store.salts().is_seeded() {
            self.store.seed_salts(self.engine.salt_seed());
        }
    }

    /// A line of the startup-config that is refused is on the log, so that nothing is lost silently.
    fn report_refused(&mut self, report: &LineReport) {
        if let Verdict::Refused(why) = &report.verdict {
            let line = secret_free(&report.text);
            let text = format!("%SYS-4-CONFIG_LINE: startup-config line {}: {line}: {why}", report.number);
            self.syslog(4, text);
        }
    }

    /// When the lines that were typed take effect at the latest.
    pub fn applies_at(&self) -> Option<Instant> {
        self.unapplied.map(|since| since + PASTE)
    }

    /// What was typed takes effect.
    pub fn apply_typed(&mut self) {
        if self.unapplied.is_some() {
            self.reconfigure();
        }
    }

    /// Hands the running-config to the engine as a whole.
    pub fn reconfigure(&mut self) {
        self.unapplied = None;
        self.config = Arc::new(RouterConfig::from_store(&self.store));
        self.engine.configure(self.now, self.config.clone());
    }

    /// Takes everything that the engine has put out. True when there was something.
    pub fn drain_engine(&mut self) -> bool {
        let mut moved = false;
        while let Some(output) = self.engine.poll() {
            moved = true;
            match output {
                engine::Output::Act(action) => self.outputs.push_back(Output::Act(action)),
                engine::Output::Log(line) => self.take_log(&line),
                engine::Output::Echo(id, outcome) => exec::echo(self, id, outcome),
                engine::Output::Arp(id, table) => exec::arp_told(self, id, &table),
                engine::Output::Login(ticket, outcome) => {
                    self.logged.extend(self.logins.remove(&ticket).map(|line| (line, outcome)));
                }
                engine::Output::EndTerminal(number) => self.to_end.push(number),
                engine::Output::AaaTested(ticket, outcome) => exec::tested(self, ticket, &outcome),
            }
        }
        moved
    }

    fn take_log(&mut self, line: &LogLine) {
        let delivery = self.logging.log(self.now, &self.config.system, line);
        self.log.push(delivery);
    }

    /// A `%FACILITY` line of the shell itself.
    pub fn syslog(&mut self, severity: u8, text: String) {
        self.take_log(&LogLine::Syslog { severity, text });
    }

    /// A terminal went away: what ran there ends.
    pub fn forget_line(&mut self, line: LineId) {
        self.monitors.remove(&line);
        self.jobs.remove(&line);
        self.echoes.retain(|_, waiting| *waiting != line);
        exec::forget_test(self, line);
        exec::forget_saving(self, line);
        self.logged.retain(|(waiting, _)| *waiting != line);
        let waiting = self.logins.iter().filter(|(_, waiting)| **waiting == line);
        for ticket in waiting.map(|(ticket, _)| *ticket).collect::<Vec<_>>() {
            self.logins.remove(&ticket);
            self.engine.cancel_login(ticket);
        }
    }

    /// `console`, `vty0`.
    pub fn line_name(&self, line: LineId) -> String {
        let console = self.lines.iter().any(|l| l.line == line && l.console);
        if console { "console".to_owned() } else { format!("vty{}", line.0.saturating_sub(1)) }
    }
}

impl Executor for Core {
    fn store(&self) -> &Store {
        &self.store
    }

    fn exec(&mut self, line: LineId, parsed: &Parsed, out: &mut String) -> ExecResult {
        self.apply_typed();
        exec::run(self, line, parsed, out)
    }

    fn confirmed(&mut self, line: LineId, parsed: &Parsed, yes: bool, out: &mut String) -> ExecResult {
        exec::confirmed(self, line, parsed, yes, out)
    }

    fn answered(&mut self, line: LineId, parsed: &Parsed, answer: &str, out: &mut String) -> ExecResult {
        exec::answered(self, line, parsed, answer, out)
    }

    fn interrupt(&mut self, line: LineId, out: &mut String) {
        exec::interrupt(self, line, out);
    }

    fn configure(&mut self, _line: LineId, at: &Path, parsed: &Parsed) -> Result<Applied, String> {
        if is_digested(parsed) {
            self.seed_salts();
        }
        let applied = self.store.apply(at, parsed).map_err(|e| e.to_string())?;
        origins::typed(&mut self.origins, &self.store, at, parsed);
        if applied.changed {
            self.modified = true;
            self.unapplied.get_or_insert(self.now);
        }
        Ok(applied)
    }

    fn login(&mut self, line: LineId, question: LoginQuestion) {
        self.apply_typed();
        let number = super::terminal_number(line, question.console);
        let ticket = self.engine.login(self.now, number, question);
        self.logins.insert(ticket, line);
    }

    fn configured(&mut self, line: LineId) {
        self.apply_typed();
        self.drain_engine();
        let name = self.line_name(line);
        self.syslog(5, format!("%SYS-5-CONFIG_I: Configured from console by {name}"));
    }
}
