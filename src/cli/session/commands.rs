//! The commands that the session itself carries out (`session.cli`): `enable`, `terminal`, `exit` and their kin.

use super::{Enabling, FULL, HISTORY, Session, State, USER, login, small};
use crate::cli::Executor;
use crate::cli::messages::HELP;
use crate::config::load::Cursor;
use crate::config::secret;
use crate::config::store::Store;
use crate::engine::aaa::LoginOutcome;
use crate::grammar::Command;
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::session::SessionCommand;
use crate::grammar::table::Op;
use crate::grammar::value::{Scheme, Secret};

impl Session {
    /// The commands of `session.cli`.
    pub(super) fn own(&mut self, command: &SessionCommand, executor: &mut dyn Executor) {
        match command {
            SessionCommand::Enable { level } => {
                return self.enable(level.map_or(FULL, login::small), executor.store());
            }
            SessionCommand::Disable { level } => self.disable(level.map_or(USER, login::small)),
            SessionCommand::ExitExec | SessionCommand::QuitExec | SessionCommand::Logout => {
                return self.close(executor.store());
            }
            SessionCommand::HelpText | SessionCommand::HelpConfig => self.text(HELP),
            SessionCommand::TerminalLength(op) => self.length = op.set().map_or(24, |t| small(t.lines)),
            SessionCommand::TerminalWidth(op) => self.width = op.set().map_or(80, |t| small(t.columns)),
            SessionCommand::TerminalHistory(op) => {
                let size = |s: Option<u32>| s.map_or(HISTORY, |s| usize::try_from(s).unwrap_or(HISTORY));
                self.history_size = op.set().map_or(0, |t| size(t.size));
                while self.history.len() > self.history_size {
                    self.history.pop_front();
                }
            }
            SessionCommand::ShowHistory => {
                let lines: String = self.history.iter().map(|l| format!("  {l}\n")).collect();
                return self.screen(&lines, executor.store());
            }
            SessionCommand::ShowPrivilege => {
                self.text(&format!("Current privilege level is {}\n", self.level));
            }
            SessionCommand::ConfigureTerminal { terminal: true } => {
                return self.enter_config(executor.store());
            }
            SessionCommand::ConfigureTerminal { terminal: false } => {
                self.ask("Configuring from terminal, memory, or network [terminal]? ", true);
                self.state = State::ConfigureFrom;
                return;
            }
            SessionCommand::ExitMode | SessionCommand::QuitMode => {
                match self.config.as_ref().and_then(|at| at.path().parent()) {
                    Some(parent) => self.config = Some(Cursor::new(parent)),
                    None => return self.leave_config(executor),
                }
            }
            SessionCommand::End => return self.leave_config(executor),
        }
        self.back(executor.store());
    }

    /// To a level that whoever is here has already one may go without a password. Where a level has none, only the
    /// console may go up (recalled of level 15; taken for the others alike).
    fn enable(&mut self, level: u8, store: &Store) {
        if level <= self.level {
            self.level = level;
        } else if login::asks_enable(store) || enable_secret(store, level).is_some() {
            return self.ask_enable(Enabling { level, tries: 1 });
        } else if self.console {
            self.level = level;
        } else {
            self.text("% No password set\n");
        }
        self.back(store);
    }

    fn ask_enable(&mut self, enabling: Enabling) {
        self.ask("Password: ", false);
        self.state = State::Enable(enabling);
    }

    fn disable(&mut self, level: u8) {
        if level < self.level {
            self.level = level;
        } else if self.level > USER {
            self.text(NOT_LOWER);
        }
    }

    pub(super) fn enable_answer(&mut self, enabling: Enabling, line: &str, executor: &mut dyn Executor) {
        let store = executor.store();
        if login::asks_enable(store) {
            let question = login::enable_question(self.console, line, enabling.level, store);
            self.state = State::Enabling(enabling);
            return executor.login(self.line, question);
        }
        let Some(kept) = enable_secret(store, enabling.level) else { return self.back(store) };
        if secret::verify(&kept, line) {
            self.level = enabling.level;
            return self.back(store);
        }
        if enabling.tries < ATTEMPTS {
            return self.ask_enable(Enabling { tries: enabling.tries + 1, ..enabling });
        }
        let digest = matches!(kept.scheme, Scheme::Digest(_));
        self.text(if digest { "% Bad secrets\n\n" } else { "% Bad passwords\n\n" });
        self.back(store);
    }

    /// AAA has decided about the password of `enable`.
    pub(super) fn enabled(&mut self, enabling: Enabling, outcome: &LoginOutcome, store: &Store) {
        match outcome {
            LoginOutcome::Pass { .. } => self.level = enabling.level,
            LoginOutcome::Fail { .. } | LoginOutcome::Unauthorized { .. } if enabling.tries < ATTEMPTS => {
                return self.ask_enable(Enabling { tries: enabling.tries + 1, ..enabling });
            }
            // A password of `enable` is one question: a challenge cannot be put here (RFC 2865 section 4.4).
            LoginOutcome::Fail { .. }
            | LoginOutcome::Unauthorized { .. }
            | LoginOutcome::Challenge { .. } => self.text("% Access denied\n\n"),
            LoginOutcome::Error => self.text("% Error in authentication.\n\n"),
        }
        self.back(store);
    }
}

/// How often the password of `enable` is asked for.
const ATTEMPTS: u8 = 3;

/// `disable` to a level that is not below (recalled).
const NOT_LOWER: &str = "New privilege level must be less than current privilege level\n";

/// `enable secret`, or else `enable password`, of a level.
pub(super) fn enable_secret(store: &Store, level: u8) -> Option<Secret> {
    let level = u32::from(level);
    let full = level == u32::from(FULL);
    let of_secret = |c: &Command| match c {
        Command::Global(GlobalCommand::EnableSecret(Op::Set(s))) if full => Some(s.secret.clone()),
        Command::Global(GlobalCommand::EnableSecretLevel(Op::Set(s))) if s.level == level => {
            Some(s.secret.clone())
        }
        _ => None,
    };
    let of_password = |c: &Command| match c {
        Command::Global(GlobalCommand::EnablePassword(Op::Set(p))) if full => Some(p.password.clone()),
        Command::Global(GlobalCommand::EnablePasswordLevel(Op::Set(p))) if p.level == level => {
            Some(p.password.clone())
        }
        _ => None,
    };
    store.commands().find_map(of_secret).or_else(|| store.commands().find_map(of_password))
}
