//! A session on a terminal line: prompts, modes, `enable`, history, pages and questions. Sans-IO.

use super::clearance::{Clearance, FULL, USER};
use super::executor::{ExecResult, Executor};
use super::matcher::{MatchError, Parsed, parse_as};
use super::messages::{
    TOO_LONG, UNRECOGNIZED, available, is_too_long, is_unknown_word, refused, unknown_word,
};
use super::pager::{BAD_PATTERN, BadFilter, Filter, Pager, complete_filter, filter_help, split_pipe};
use super::{complete, help};
use crate::config::load::Cursor;
use crate::config::store::Store;
use crate::engine::aaa::Voucher;
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::routing::RoutingCommand;
use crate::grammar::table::Op;
use crate::grammar::{Command, Mode};
use crate::proto::redact;
use crate::router::{ConsoleInput, ConsoleOutput, LineId};
use std::collections::VecDeque;

mod commands;
mod configure;
mod login;

use login::Login;

/// What the session waits for.
#[derive(Debug)]
enum State {
    /// Nobody is there.
    Closed,
    /// The console port after `exit`: it waits for Return.
    Available,
    /// A line at the prompt.
    Prompt,
    /// A user name or a password.
    Login(Login),
    /// The password of `enable`.
    Enable(Enabling),
    /// AAA decides about that password.
    Enabling(Enabling),
    /// `configure` without `terminal`.
    ConfigureFrom,
    /// The rest of a banner.
    Banner { line: String, delimiter: String },
    /// The end of a command.
    Running { parsed: Box<Parsed> },
    /// The answer to `[confirm]`.
    Confirm { parsed: Box<Parsed> },
    /// The answer to a question.
    Answer { parsed: Box<Parsed> },
    /// A key at `--More--`.
    More(Pager),
    /// What to look for in the rest of a screen, after `/`, `+` or `-` at `--More--`.
    Seek { pager: Pager, key: char },
}

/// An `enable` under way.
#[derive(Clone, Copy, Debug)]
struct Enabling {
    /// The level that is asked for.
    level: u8,
    /// How often the password has been asked for.
    tries: u8,
}

/// A session on a terminal line.
#[derive(Debug)]
pub struct Session {
    line: LineId,
    console: bool,
    state: State,
    /// The privilege level, 0 to 15.
    level: u8,
    /// The name of whoever has logged in; empty where no name was asked.
    user: String,
    /// Who has said so.
    voucher: Voucher,
    config: Option<Cursor>,
    length: u16,
    width: u16,
    history: VecDeque<String>,
    history_size: usize,
    filter: Option<Filter>,
    /// The line in which `?` was pressed, for the next prompt.
    kept: (String, String),
    outputs: VecDeque<ConsoleOutput>,
}

/// Lines that `show history` keeps unless it is told otherwise.
const HISTORY: usize = 20;

impl Session {
    /// A session on `line`, to be opened by [`ConsoleInput::Open`].
    pub fn new(line: LineId) -> Self {
        Session {
            line,
            console: false,
            state: State::Closed,
            level: USER,
            user: String::new(),
            voucher: Voucher::default(),
            config: None,
            length: 24,
            width: 80,
            history: VecDeque::new(),
            history_size: HISTORY,
            filter: None,
            kept: Default::default(),
            outputs: VecDeque::new(),
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<ConsoleOutput> {
        self.outputs.pop_front()
    }

    /// Whether a terminal is there.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    /// Whether somebody has a session there.
    pub fn is_active(&self) -> bool {
        !matches!(self.state, State::Closed | State::Available)
    }

    /// A command runs there.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// By which list of `aaa accounting exec` the EXEC there is recorded; `None` for the default one.
    pub fn accounting_list(&self, store: &Store) -> Option<String> {
        login::accounting_list(store, self.vty())
    }

    /// Who has an EXEC there, by name, empty when nobody was asked for one; `None` before somebody has logged in.
    pub fn exec_user(&self) -> Option<&str> {
        match self.state {
            State::Closed | State::Available | State::Login(_) => None,
            State::Prompt
            | State::Enable(_)
            | State::Enabling(_)
            | State::ConfigureFrom
            | State::Banner { .. }
            | State::Running { .. }
            | State::Confirm { .. }
            | State::Answer { .. }
            | State::More(_)
            | State::Seek { .. } => Some(&self.user),
        }
    }

    /// Who has said that it is them.
    pub const fn voucher(&self) -> &Voucher {
        &self.voucher
    }

    /// Ends the session, as `exit` does.
    pub fn end(&mut self, executor: &dyn Executor) {
        if self.is_active() {
            self.close(executor.store());
        }
    }

    /// The name of whoever has logged in; empty where no name was asked.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The privilege level, 0 to 15.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// The line is the console port.
    pub fn is_console(&self) -> bool {
        self.console
    }

    /// The number of a network line; `None` for the console.
    pub fn vty(&self) -> Option<u32> {
        (!self.console).then(|| u32::from(self.line.0).saturating_sub(1))
    }

    /// Columns and rows; 0 rows are endless.
    pub fn size(&self) -> (u16, u16) {
        (self.width, self.length)
    }

    /// The prompt, as it would stand before a line typed now.
    pub fn prompt(&self, store: &Store) -> String {
        format!("{}{}", store.hostname(), self.mode().spec().prompt)
    }

    /// Output of a running command.
    pub fn print(&mut self, text: &str) {
        self.text(text);
    }

    /// The running command has come to this.
    pub fn finish(&mut self, result: ExecResult, executor: &mut dyn Executor) {
        match std::mem::replace(&mut self.state, State::Prompt) {
            State::Running { .. } if result == ExecResult::Done => self.back(executor.store()),
            State::Running { parsed } => self.after_exec(parsed, result, String::new(), executor),
            other => self.state = other,
        }
    }

    /// The running command is over with this screen, which is filtered and shown page by page.
    pub fn conclude(&mut self, screen: &str, executor: &dyn Executor) {
        if matches!(self.state, State::Running { .. }) {
            self.screen(screen, executor.store());
        }
    }

    /// Takes an input.
    pub fn handle(&mut self, input: ConsoleInput, executor: &mut dyn Executor) {
        match input {
            ConsoleInput::Open { console } => self.open(console, executor.store()),
            ConsoleInput::Close => self.state = State::Closed,
            ConsoleInput::Leave => {}
            ConsoleInput::Size { width, length } => (self.width, self.length) = (width, length),
            ConsoleInput::Line(line) => self.answer(&line, executor),
            ConsoleInput::EndConfig { line } => self.end_config(&line, executor),
            ConsoleInput::Help { before, after } if matches!(self.state, State::Prompt) => {
                self.help(before, after, executor.store());
            }
            // Another terminal at this console has gone on meanwhile.
            ConsoleInput::Help { .. } => {}
            ConsoleInput::Complete { before } => {
                let completed = match split_pipe(&before) {
                    (_, Some((at, rest))) => complete_filter(rest)
                        .map(|filter| format!("{}{filter}", before.get(..at).unwrap_or(&before))),
                    (command, None) => complete(&self.clearance(executor.store()), self.mode(), command),
                };
                let before = completed.unwrap_or(before);
                self.outputs.push_back(ConsoleOutput::Completed { before });
            }
            ConsoleInput::Interrupt => self.interrupt(executor),
            ConsoleInput::Break if matches!(self.state, State::Running { .. } | State::Enabling(_)) => {
                self.interrupt(executor);
            }
            ConsoleInput::Break => {}
            ConsoleInput::Key(key) => self.key(key, executor),
        }
    }

    fn mode(&self) -> Mode {
        match &self.config {
            Some(at) => at.mode(),
            None if self.level > USER => Mode::Privileged,
            None => Mode::Exec,
        }
    }

    fn clearance(&self, store: &Store) -> Clearance {
        Clearance::new(self.level, store)
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.outputs.push_back(ConsoleOutput::Text(redact::screen(text).into_owned()));
        }
    }

    /// Shows the prompt, with the line in which `?` was pressed.
    fn back(&mut self, store: &Store) {
        self.state = State::Prompt;
        let (before, after) = std::mem::take(&mut self.kept);
        let prompt = self.prompt(store);
        self.outputs.push_back(ConsoleOutput::Prompt { prompt, before, after });
    }

    fn ask(&mut self, prompt: &str, echo: bool) {
        self.outputs.push_back(ConsoleOutput::Ask { prompt: prompt.to_owned(), echo });
    }

    fn open(&mut self, console: bool, store: &Store) {
        self.console = console;
        let settings = login::LineSettings::of(store, self.vty());
        self.user.clear();
        self.voucher = Voucher::default();
        self.config = None;
        self.level = settings.privilege;
        (self.length, self.width) = (settings.length, settings.width);
        self.history_size = settings.history;
        self.history.clear();
        if let Some(banner) = banner(store) {
            self.text(&format!("\n{banner}\n"));
        }
        self.begin_login(&settings, store);
    }

    /// The session is over. The console port is there again as soon as somebody presses Return.
    fn close(&mut self, store: &Store) {
        if self.console {
            self.config = None;
            self.text(&available(store.hostname()));
            self.ask("", false);
            self.state = State::Available;
        } else {
            self.state = State::Closed;
            self.outputs.push_back(ConsoleOutput::Closed);
        }
    }

    fn remember(&mut self, line: &str) {
        if self.history_size > 0 && self.history.back().map(String::as_str) != Some(line) {
            self.history.push_back(line.to_owned());
            while self.history.len() > self.history_size {
                self.history.pop_front();
            }
        }
    }

    /// A line, whatever it answers.
    fn answer(&mut self, line: &str, executor: &mut dyn Executor) {
        match std::mem::replace(&mut self.state, State::Prompt) {
            State::Closed => self.state = State::Closed,
            State::Available => self.open(true, executor.store()),
            State::Prompt => self.typed(line, executor),
            State::Login(login) => self.login(login, line, executor),
            State::Enable(tries) => self.enable_answer(tries, line, executor),
            // Typed ahead of AAA's answer.
            State::Enabling(tries) => self.state = State::Enabling(tries),
            State::ConfigureFrom => {
                if line.trim().is_empty() || "terminal".starts_with(line.trim()) {
                    self.enter_config(executor.store());
                } else {
                    self.text("?Must be \"terminal\"\n");
                    self.back(executor.store());
                }
            }
            State::Banner { line: start, delimiter } => self.banner_line(start, delimiter, line, executor),
            State::Answer { parsed } => {
                let mut out = String::new();
                let result = executor.answered(self.line, &parsed, line, &mut out);
                self.after_exec(parsed, result, out, executor);
            }
            // Enter where one key is awaited answers as that key.
            State::Confirm { parsed } => {
                self.state = State::Confirm { parsed };
                self.key(line.trim().chars().next().unwrap_or('\n'), executor);
            }
            State::More(pager) => {
                self.state = State::More(pager);
                self.key(line.chars().next().unwrap_or('\n'), executor);
            }
            State::Seek { pager, key } => {
                let (page, rest) = pager.seek(key, line, self.length);
                self.page(page, rest, executor.store());
            }
            // Typed ahead of a command that is still running: there is nobody to take it.
            State::Running { parsed } => self.state = State::Running { parsed },
        }
    }

    fn typed(&mut self, line: &str, executor: &mut dyn Executor) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('!') {
            return self.back(executor.store());
        }
        if is_too_long(line) {
            self.text(&format!("{TOO_LONG}\n"));
            return self.back(executor.store());
        }
        self.remember(trimmed);
        match self.config.clone() {
            Some(at) => self.configure(&at, line, executor),
            None => self.exec(line, executor),
        }
    }

    fn exec(&mut self, line: &str, executor: &mut dyn Executor) {
        let (command, pipe) = split_pipe(line);
        let parsed = match parse_as(&self.clearance(executor.store()), self.mode(), command) {
            Ok(p) => p,
            Err(error) => return self.refuse(line, &error, executor.store()),
        };
        self.run(parsed, line, pipe, executor);
    }

    fn refuse(&mut self, line: &str, error: &MatchError, store: &Store) {
        let text = if self.config.is_none() && is_unknown_word(line, error) {
            unknown_word(line.trim(), looks_up(store))
        } else {
            refused(&self.prompt(store), line, error)
        };
        self.text(&text);
        self.back(store);
    }

    fn run(&mut self, parsed: Parsed, line: &str, pipe: Option<(usize, &str)>, executor: &mut dyn Executor) {
        self.filter = match pipe.map(|(at, text)| (at, Filter::parse(text))) {
            None => None,
            Some((_, Ok(filter))) => Some(filter),
            Some((_, Err(BadFilter::Incomplete))) => {
                return self.refuse(line, &MatchError::Incomplete, executor.store());
            }
            Some((at, Err(BadFilter::Unknown(wrong)))) => {
                return self.refuse(line, &MatchError::Invalid(at + wrong), executor.store());
            }
            Some((_, Err(BadFilter::Pattern))) => return self.screen(BAD_PATTERN, executor.store()),
        };
        if let Command::Session(command) = parsed.command.clone() {
            return self.own(&command, executor);
        }
        let mut out = String::new();
        let result = executor.exec(self.line, &parsed, &mut out);
        self.after_exec(Box::new(parsed), result, out, executor);
    }

    fn after_exec(
        &mut self,
        parsed: Box<Parsed>,
        result: ExecResult,
        out: String,
        executor: &mut dyn Executor,
    ) {
        match result {
            ExecResult::Done => self.screen(&out, executor.store()),
            ExecResult::Running => {
                self.text(&out);
                self.state = State::Running { parsed };
            }
            ExecResult::Confirm(question) => {
                self.text(&out);
                self.outputs.push_back(ConsoleOutput::Confirm(question));
                self.state = State::Confirm { parsed };
            }
            ExecResult::Ask(question) => {
                self.text(&out);
                self.ask(&question, true);
                self.state = State::Answer { parsed };
            }
        }
    }

    /// A whole screen: filtered, and page by page.
    fn screen(&mut self, text: &str, store: &Store) {
        let text = match self.filter.take() {
            Some(filter) => filter.apply(text),
            None => text.to_owned(),
        };
        let (page, rest) = Pager::start(text, self.length);
        self.page(page, rest, store);
    }

    fn page(&mut self, page: String, rest: Option<Pager>, store: &Store) {
        self.text(&page);
        match rest {
            Some(pager) => {
                self.outputs.push_back(ConsoleOutput::More);
                self.state = State::More(pager);
            }
            None => self.back(store),
        }
    }

    fn key(&mut self, key: char, executor: &mut dyn Executor) {
        match std::mem::replace(&mut self.state, State::Prompt) {
            State::More(pager) => {
                if matches!(key, '/' | '+' | '-') {
                    self.ask(&key.to_string(), true);
                    self.state = State::Seek { pager, key };
                    return;
                }
                let lines = match key {
                    ' ' => usize::from(self.length.max(2)) - 1,
                    '\n' | '\r' => 1,
                    _ => return self.back(executor.store()),
                };
                let (page, rest) = pager.next(lines);
                self.page(page, rest, executor.store());
            }
            State::Confirm { parsed } => {
                let mut out = String::new();
                let yes = matches!(key, '\n' | '\r' | 'y' | 'Y');
                let result = executor.confirmed(self.line, &parsed, yes, &mut out);
                self.after_exec(parsed, result, out, executor);
            }
            other => self.state = other,
        }
    }

    fn interrupt(&mut self, executor: &mut dyn Executor) {
        match std::mem::replace(&mut self.state, State::Prompt) {
            State::Closed => self.state = State::Closed,
            State::Available => self.state = State::Available,
            State::Login(_) => self.close(executor.store()),
            State::Running { parsed } => {
                let mut out = String::new();
                self.state = State::Running { parsed };
                executor.interrupt(self.line, &mut out);
                self.text(&out);
                self.finish(ExecResult::Done, executor);
            }
            State::Confirm { parsed } => {
                self.state = State::Confirm { parsed };
                self.key('n', executor);
            }
            State::Prompt if self.config.is_some() => self.leave_config(executor),
            State::Prompt
            | State::Enable(_)
            | State::Enabling(_)
            | State::ConfigureFrom
            | State::Banner { .. }
            | State::More(_)
            | State::Seek { .. } => self.back(executor.store()),
            State::Answer { .. } => {
                let mut out = String::new();
                executor.interrupt(self.line, &mut out);
                self.text(&out);
                self.back(executor.store());
            }
        }
    }

    fn help(&mut self, before: String, after: String, store: &Store) {
        let clearance = self.clearance(store);
        let text = match split_pipe(&before) {
            (command, None) => help(&clearance, self.mode(), command),
            (command, Some((_, rest))) => match parse_as(&clearance, self.mode(), command) {
                Ok(_) => filter_help(rest),
                Err(_) => UNRECOGNIZED.to_owned(),
            },
        };
        self.kept = (before, after);
        let (page, rest) = Pager::start(format!("{text}\n"), self.length);
        self.page(page, rest, store);
    }
}

fn small(n: u32) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn banner(store: &Store) -> Option<String> {
    store.commands().find_map(|c| match c {
        Command::Global(GlobalCommand::BannerMotd(Op::Set(b))) => Some(b.text.trim_matches('\n').to_owned()),
        _ => None,
    })
}

/// Whether names are looked up (`ip domain-lookup`, which is the default).
pub fn looks_up(store: &Store) -> bool {
    !store.commands().any(|c| {
        matches!(
            c,
            Command::Routing(
                RoutingCommand::IpDomainLookup(Op::No(_)) | RoutingCommand::IpDomainLookupNew(Op::No(_))
            )
        )
    })
}
