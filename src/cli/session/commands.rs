//! The commands that the session itself carries out (`session.cli`): `enable`, `terminal`, `exit` and their kin.

use super::{HISTORY, Session, State, login, small};
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
            SessionCommand::Enable { level } => return self.enable(*level, executor.store()),
            SessionCommand::Disable { level } => self.privileged = level.is_some_and(|l| l == 15),
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
                self.text(&format!("Current privilege level is {}\n", self.privilege()));
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

    fn enable(&mut self, level: Option<u32>, store: &Store) {
        if self.privileged || level.is_some_and(|l| l < 15) {
            return self.back(store);
        }
        if login::asks_enable(store) || enable_secret(store).is_some() {
            self.ask("Password: ", false);
            self.state = State::Enable(1);
            return;
        }
        if self.console {
            self.privileged = true;
        } else {
            self.text("% No password set\n");
        }
        self.back(store);
    }

    pub(super) fn enable_answer(&mut self, tries: u8, line: &str, executor: &mut dyn Executor) {
        if login::asks_enable(executor.store()) {
            self.state = State::Enabling(tries);
            return executor.login(self.line, login::enable_question(self.console, line, executor.store()));
        }
        let store = executor.store();
        let Some(kept) = enable_secret(store) else { return self.back(store) };
        if secret::verify(&kept, line) {
            self.privileged = true;
            return self.back(store);
        }
        if tries < 3 {
            self.ask("Password: ", false);
            self.state = State::Enable(tries + 1);
            return;
        }
        let digest = matches!(kept.scheme, Scheme::Digest(_));
        self.text(if digest { "% Bad secrets\n\n" } else { "% Bad passwords\n\n" });
        self.back(store);
    }
}

impl Session {
    /// AAA has decided about the password of `enable`.
    pub(super) fn enabled(&mut self, tries: u8, outcome: &LoginOutcome, store: &Store) {
        match outcome {
            LoginOutcome::Pass { .. } => {
                self.privileged = true;
                self.back(store);
            }
            LoginOutcome::Fail { .. } | LoginOutcome::Unauthorized { .. } if tries < 3 => {
                self.ask("Password: ", false);
                self.state = State::Enable(tries + 1);
            }
            // A password of `enable` is one question: a challenge cannot be put here (RFC 2865 section 4.4).
            LoginOutcome::Fail { .. }
            | LoginOutcome::Unauthorized { .. }
            | LoginOutcome::Challenge { .. } => {
                self.text("% Access denied\n\n");
                self.back(store);
            }
            LoginOutcome::Error => {
                self.text("% Error in authentication.\n\n");
                self.back(store);
            }
        }
    }
}

/// `enable secret`, or else `enable password`, of level 15: those of a lower level open no door here.
fn enable_secret(store: &Store) -> Option<Secret> {
    let full = |level: Option<u32>| level.is_none_or(|level| level == 15);
    let of_secret = |c: &Command| match c {
        Command::Global(GlobalCommand::EnableSecret(Op::Set(s))) if full(s.level) => Some(s.secret.clone()),
        _ => None,
    };
    let of_password = |c: &Command| match c {
        Command::Global(GlobalCommand::EnablePassword(Op::Set(p))) if full(p.level) => {
            Some(p.password.clone())
        }
        _ => None,
    };
    store.commands().find_map(of_secret).or_else(|| store.commands().find_map(of_password))
}
