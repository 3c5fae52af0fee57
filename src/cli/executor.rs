//! What a session asks of the router.

use super::matcher::Parsed;
use crate::config::store::{Applied, Path, Store};
use crate::engine::aaa::LoginQuestion;
use crate::router::LineId;

/// How far a command got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecResult {
    /// It is over; its output is complete.
    Done,
    /// It goes on: the router prints with [`Session::print`](super::Session::print) and ends it with
    /// [`Session::finish`](super::Session::finish).
    Running,
    /// It asks this question, which ends with `[confirm]`, and goes on in [`Executor::confirmed`].
    Confirm(String),
    /// It asks this question and goes on in [`Executor::answered`].
    Ask(String),
}

/// The router behind a session.
pub trait Executor {
    /// The running-config.
    fn store(&self) -> &Store;

    /// Runs an EXEC command (never one of `session.cli`); `out` takes its output, lines ended by newlines.
    fn exec(&mut self, line: LineId, parsed: &Parsed, out: &mut String) -> ExecResult;

    /// The answer to [`ExecResult::Confirm`].
    fn confirmed(&mut self, line: LineId, parsed: &Parsed, yes: bool, out: &mut String) -> ExecResult;

    /// The answer to [`ExecResult::Ask`].
    fn answered(&mut self, line: LineId, parsed: &Parsed, answer: &str, out: &mut String) -> ExecResult;

    /// Ctrl-C or Ctrl-^ while a command is running: ends it; `out` takes what it still prints.
    fn interrupt(&mut self, line: LineId, out: &mut String);

    /// Applies a configuration line at `at`; the error is what the console prints, `% ...`.
    fn configure(&mut self, line: LineId, at: &Path, parsed: &Parsed) -> Result<Applied, String>;

    /// Asks AAA whether somebody may sit at `line`; [`Session::logged_in`](super::Session::logged_in) takes the answer.
    fn login(&mut self, line: LineId, question: LoginQuestion);

    /// The session left configuration mode (`%SYS-5-CONFIG_I`).
    fn configured(&mut self, line: LineId);
}
