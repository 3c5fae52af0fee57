//! The smallest router that a session can be held with: a store, and a few commands.

use vpdnsh::cli::{ExecResult, Executor, Parsed};
use vpdnsh::config::nvgen::running_config;
use vpdnsh::config::store::{Applied, Path, Store};
use vpdnsh::engine::aaa::LoginQuestion;
use vpdnsh::grammar::Command;
use vpdnsh::grammar::command::exec::ExecCommand;
use vpdnsh::grammar::command::show::ShowCommand;
use vpdnsh::router::LineId;

/// A router without a network.
#[derive(Default)]
pub struct TestRouter {
    pub store: Store,
    /// How often a session left configuration mode.
    pub configured: usize,
    /// A command is running.
    pub running: bool,
    /// What the session has asked AAA.
    pub asked: Vec<LoginQuestion>,
}

impl Executor for TestRouter {
    fn store(&self) -> &Store {
        &self.store
    }

    fn exec(&mut self, _: LineId, parsed: &Parsed, out: &mut String) -> ExecResult {
        match &parsed.command {
            Command::Show(ShowCommand::RunningConfig { .. }) => out.push_str(&running_config(&self.store)),
            Command::Exec(ExecCommand::WriteTerminal) => out.push_str(&running_config(&self.store)),
            Command::Exec(ExecCommand::Reload) => {
                return ExecResult::Confirm("Proceed with reload? [confirm]".into());
            }
            Command::Exec(ExecCommand::Ping { .. }) => {
                out.push_str("Type escape sequence to abort.\n");
                self.running = true;
                return ExecResult::Running;
            }
            _ => out.push_str(&format!("{}\n", parsed.text(false))),
        }
        ExecResult::Done
    }

    fn confirmed(&mut self, _: LineId, _: &Parsed, yes: bool, out: &mut String) -> ExecResult {
        out.push_str(if yes { "yes\n" } else { "no\n" });
        ExecResult::Done
    }

    fn answered(&mut self, _: LineId, _: &Parsed, answer: &str, out: &mut String) -> ExecResult {
        out.push_str(answer);
        ExecResult::Done
    }

    fn interrupt(&mut self, _: LineId, out: &mut String) {
        self.running = false;
        out.push_str("stopped\n");
    }

    fn configure(&mut self, _: LineId, at: &Path, parsed: &Parsed) -> Result<Applied, String> {
        self.store.apply(at, parsed).map_err(|e| e.to_string())
    }

    fn login(&mut self, _: LineId, question: LoginQuestion) {
        self.asked.push(question);
    }

    fn configured(&mut self, _: LineId) {
        self.configured += 1;
    }
}
