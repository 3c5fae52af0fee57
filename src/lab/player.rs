//! Runs a [`Play`] on a lab, whichever world it lives in, and keeps the log of every console.
//!
//! `OUT/NODE.log` is the console of NODE exactly as a screen would hold it, `OUT/NODE.shell.log` the commands that
//! `shell` ran there with their output, and `OUT/NODE.detail` the accounting records of a RADIUS node; where that is a
//! program of its own, `OUT/NODE.log` is its log. They grow while the play runs.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;

use super::description::{Description, LinkId, NodeId};
use super::play::{Action, Keys, Play, PlayError, Step};
use super::segment::LinkChange;
use crate::proto::Instant;
use crate::router::ConsoleInput;
use crate::router::ConsoleOutput;
use crate::terminal::screen::{Expects, Screen};

/// How long a console may take until it expects a line.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long the play stays with a command that is still running.
const COMMAND_PATIENCE: Duration = Duration::from_secs(1);

/// How a Linux command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellOutcome {
    /// What it printed on both outputs.
    pub output: String,
    /// Its exit status; `None` when a signal ended it.
    pub status: Option<i32>,
}

/// A lab that a play can run on.
pub trait Stage {
    /// The time of the lab.
    fn now(&self) -> Instant;

    /// Types at the console of a router.
    fn console(&mut self, node: NodeId, input: ConsoleInput);

    /// Lets time pass until a console shows something, but not beyond `until`.
    fn advance(&mut self, until: Instant) -> Vec<(NodeId, ConsoleOutput)>;

    /// Whether the operator wants no more of the play. Time does not pass any more then.
    fn interrupted(&self) -> bool {
        false
    }

    /// Runs a Linux command in the namespace of a node.
    ///
    /// # Errors
    /// A sentence when it cannot be started at all.
    fn shell(&mut self, node: NodeId, command: &str) -> Result<ShellOutcome, String>;

    /// Changes a link.
    fn link(&mut self, link: LinkId, change: LinkChange);

    /// Writes what a link carries to a file.
    ///
    /// # Errors
    /// A sentence when the file cannot be written.
    fn capture(&mut self, link: LinkId, file: &Path) -> Result<(), String>;

    /// Ends every capture.
    fn no_capture(&mut self);

    /// Switches a router or a RADIUS server off, or on again.
    ///
    /// # Errors
    /// A sentence when it is so already, or cannot be started.
    fn power(&mut self, node: NodeId, on: bool) -> Result<(), String>;

    /// The accounting records that a RADIUS node has got since this was last asked, as text; nothing for another node.
    fn detail(&mut self, _: NodeId) -> String {
        String::new()
    }

    /// What a RADIUS node that is a program of its own has logged since this was last asked; nothing for another node.
    fn server_log(&mut self, _: NodeId) -> String {
        String::new()
    }
}

/// Why a play ended before its end.
#[derive(Debug)]
pub enum PlayFailure {
    /// It does not fit the lab.
    Play(PlayError),
    /// A step failed.
    Step {
        /// The script.
        name: String,
        /// Its line.
        line: usize,
        /// The line as it stands there.
        text: String,
        /// Why.
        reason: String,
    },
    /// A log could not be written.
    Log(PathBuf, io::Error),
}

impl fmt::Display for PlayFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlayFailure::Play(error) => error.fmt(f),
            PlayFailure::Step { name, line, text, reason } => write!(f, "{name}:{line}: {text}: {reason}"),
            PlayFailure::Log(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for PlayFailure {}

/// Where the logs go.
#[derive(Debug)]
enum Logs {
    /// Nowhere.
    None,
    /// Into files of this directory.
    Directory(PathBuf),
}

struct Console {
    screen: Screen,
    log: Option<(PathBuf, File)>,
    logged: usize,
    /// What `?` left on the line.
    left_over: String,
}

/// Runs plays on a stage. Its screens stay, so that several plays can follow each other.
pub struct Player {
    consoles: BTreeMap<NodeId, Console>,
    names: Vec<String>,
    logs: Logs,
    description: Description,
}

impl Player {
    /// A player for this lab. With `out` the logs are written there; the directory is made.
    ///
    /// # Errors
    /// A log that cannot be created.
    pub fn new(description: &Description, out: Option<&Path>) -> Result<Player, PlayFailure> {
        let logs = match out {
            Some(out) => {
                std::fs::create_dir_all(out).map_err(|e| PlayFailure::Log(out.to_path_buf(), e))?;
                Logs::Directory(out.to_path_buf())
            }
            None => Logs::None,
        };
        let names: Vec<String> = description.nodes.iter().map(|n| n.name.clone()).collect();
        let mut consoles = BTreeMap::new();
        for (node, description, _) in description.routers() {
            let log = match &logs {
                Logs::Directory(out) => {
                    let path = out.join(format!("{}.log", description.name));
                    let file = File::create(&path).map_err(|e| PlayFailure::Log(path.clone(), e))?;
                    Some((path, file))
                }
                Logs::None => None,
            };
            let console = Console { screen: Screen::new(), log, logged: 0, left_over: String::new() };
            consoles.insert(node, console);
        }
        if let Logs::Directory(out) = &logs {
            for node in &names {
                forget(out.join(format!("{node}.shell.log")))?;
            }
            for (_, node, _) in description.radius_servers() {
                forget(out.join(format!("{}.detail", node.name)))?;
                forget(out.join(format!("{}.log", node.name)))?;
            }
        }
        Ok(Player { consoles, names, logs, description: description.clone() })
    }

    /// What the console of a router shows.
    pub fn screen(&self, node: NodeId) -> Option<&Screen> {
        self.consoles.get(&node).map(|c| &c.screen)
    }

    /// Takes in what a console shows, when the stage was advanced by somebody else.
    pub fn output(&mut self, node: NodeId, output: ConsoleOutput) {
        if let Some(console) = self.consoles.get_mut(&node) {
            if let ConsoleOutput::Prompt { before, after, .. } = &output {
                console.left_over = format!("{before}{after}");
            }
            console.screen.output(output);
        }
    }

    /// Runs a play from its first line to its last.
    ///
    /// # Errors
    /// The first step that fails, with its line. The logs are complete up to there.
    pub fn run(&mut self, stage: &mut dyn Stage, play: &Play) -> Result<(), PlayFailure> {
        self.run_watched(stage, play, &mut |_| {})
    }

    /// As [`run`](Self::run); `watch` is told each step before it is done.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_watched(
        &mut self,
        stage: &mut dyn Stage,
        play: &Play,
        watch: &mut dyn FnMut(&Step),
    ) -> Result<(), PlayFailure> {
        play.check(&self.description).map_err(PlayFailure::Play)?;
        for step in &play.steps {
            watch(step);
            let done = self.step(stage, step);
            self.write_logs()?;
            self.write_server_files(stage)?;
            let done = if stage.interrupted() { Err("interrupted".to_owned().into()) } else { done };
            done.map_err(|failure| match failure {
                StepFailure::Reason(reason) => PlayFailure::Step {
                    name: play.name.clone(),
                    line: step.line,
                    text: step.text.clone(),
                    reason,
                },
                StepFailure::Log(path, error) => PlayFailure::Log(path, error),
            })?;
        }
        Ok(())
    }

    /// Takes in what has happened, writes the prompts that stand on the last lines and closes the logs.
    ///
    /// # Errors
    /// A log that cannot be written.
    pub fn finish(&mut self, stage: &mut dyn Stage) -> Result<(), PlayFailure> {
        let now = stage.now();
        self.take_in(stage, now);
        for console in self.consoles.values_mut() {
            console.screen.finish();
        }
        self.write_server_files(stage)?;
        self.write_logs()
    }

    fn step(&mut self, stage: &mut dyn Stage, step: &Step) -> Result<(), StepFailure> {
        match &step.action {
            Action::Type { node, keys } => Ok(self.type_keys(stage, self.router(node)?, keys)?),
            Action::Wait { node, pattern, within } => {
                Ok(self.wait(stage, self.router(node)?, pattern, *within)?)
            }
            Action::Shell { node, command } => self.shell(stage, node, command),
            Action::Sleep(time) => {
                let until = stage.now() + *time;
                while stage.now() < until && !stage.interrupted() {
                    self.take_in(stage, until);
                }
                Ok(())
            }
            Action::Link { link, changes } => {
                let link = self.link(link)?;
                changes.iter().for_each(|change| stage.link(link, *change));
                Ok(())
            }
            Action::Capture { link, file } => {
                let link = self.link(link)?;
                let file = match &self.logs {
                    Logs::Directory(out) => out.join(file),
                    Logs::None => PathBuf::from(file),
                };
                Ok(stage.capture(link, &file)?)
            }
            Action::NoCapture => {
                stage.no_capture();
                Ok(())
            }
            Action::Power { node, on } => {
                let node = self.description.node(node).ok_or_else(|| format!("there is no node `{node}`"))?;
                stage.power(node, *on)?;
                if let (false, Some(console)) = (*on, self.consoles.get_mut(&node)) {
                    console.screen.power_off();
                }
                Ok(())
            }
        }
    }

    fn router(&self, name: &str) -> Result<NodeId, String> {
        self.description
            .node(name)
            .filter(|node| self.consoles.contains_key(node))
            .ok_or_else(|| format!("`{name}` has no console"))
    }

    fn link(&self, name: &str) -> Result<LinkId, String> {
        self.description.link(name).ok_or_else(|| format!("there is no link `{name}`"))
    }

    fn type_keys(&mut self, stage: &mut dyn Stage, node: NodeId, keys: &Keys) -> Result<(), String> {
        if *keys == Keys::Interrupt {
            // Ctrl-C is for a command that runs: nobody waits for its end.
            stage.console(node, ConsoleInput::Interrupt);
            let until = stage.now() + COMMAND_PATIENCE;
            self.run_until(stage, until, |player| player.expects(node) != Expects::Nothing);
            return Ok(());
        }
        let until = stage.now() + READY_WITHIN;
        if !self.run_until(stage, until, |player| player.expects(node) != Expects::Nothing) {
            return Err(format!("the console is busy for {} s", READY_WITHIN.as_secs()));
        }
        let Some(console) = self.consoles.get_mut(&node) else { return Ok(()) };
        console.screen.wiped(&std::mem::take(&mut console.left_over));
        let (echo, input) = match console.screen.expects() {
            Expects::Closed => return Err("the session of this console is over".to_owned()),
            Expects::More | Expects::Confirm => key_input(keys),
            Expects::Command | Expects::Answer { .. } | Expects::Nothing => line_input(keys),
        };
        console.screen.typed(&echo);
        stage.console(node, input);
        let until = stage.now() + COMMAND_PATIENCE;
        self.run_until(stage, until, |player| player.expects(node) != Expects::Nothing);
        Ok(())
    }

    fn wait(
        &mut self,
        stage: &mut dyn Stage,
        node: NodeId,
        pattern: &Regex,
        within: Duration,
    ) -> Result<(), String> {
        let until = stage.now() + within;
        let found = self.run_until(stage, until, |player| {
            player.consoles.get_mut(&node).is_some_and(|console| console.screen.find(pattern))
        });
        if found {
            Ok(())
        } else {
            let name = self.names.get(node.0).map_or("", String::as_str);
            Err(format!("{name} did not show this within {within:?}"))
        }
    }

    fn shell(&mut self, stage: &mut dyn Stage, name: &str, command: &str) -> Result<(), StepFailure> {
        let node = self.description.node(name).ok_or_else(|| format!("there is no node `{name}`"))?;
        let outcome = stage.shell(node, command)?;
        self.log_shell(name, command, &outcome)?;
        match outcome.status {
            Some(0) => Ok(()),
            Some(status) => Err(with_output(format!("exit status {status}"), &outcome.output).into()),
            None => Err(with_output("ended by a signal".to_owned(), &outcome.output).into()),
        }
    }

    fn log_shell(&self, name: &str, command: &str, outcome: &ShellOutcome) -> Result<(), StepFailure> {
        let Logs::Directory(out) = &self.logs else { return Ok(()) };
        let path = out.join(format!("{name}.shell.log"));
        let newline = if outcome.output.is_empty() || outcome.output.ends_with('\n') { "" } else { "\n" };
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| write!(file, "$ {command}\n{}{newline}", outcome.output))
            .map_err(|error| StepFailure::Log(path, error))
    }

    fn expects(&self, node: NodeId) -> Expects {
        self.consoles.get(&node).map_or(Expects::Closed, |c| c.screen.expects().clone())
    }

    /// Lets the lab run until `done` or until the time; true when done.
    fn run_until(
        &mut self,
        stage: &mut dyn Stage,
        until: Instant,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        // What has arrived already counts before any time passes.
        let now = stage.now();
        self.take_in(stage, now);
        loop {
            if done(self) {
                return true;
            }
            if stage.now() >= until || stage.interrupted() {
                return false;
            }
            self.take_in(stage, until);
        }
    }

    fn take_in(&mut self, stage: &mut dyn Stage, until: Instant) {
        for (node, output) in stage.advance(until) {
            self.output(node, output);
        }
    }

    /// Appends what the RADIUS nodes have got.
    fn write_server_files(&self, stage: &mut dyn Stage) -> Result<(), PlayFailure> {
        let Logs::Directory(out) = &self.logs else { return Ok(()) };
        for (id, node, _) in self.description.radius_servers() {
            for (text, kind) in [(stage.detail(id), "detail"), (stage.server_log(id), "log")] {
                if text.is_empty() {
                    continue;
                }
                let path = out.join(format!("{}.{kind}", node.name));
                let file = File::options().create(true).append(true).open(&path);
                file.and_then(|mut file| file.write_all(text.as_bytes()))
                    .map_err(|e| PlayFailure::Log(path, e))?;
            }
        }
        Ok(())
    }

    fn write_logs(&mut self) -> Result<(), PlayFailure> {
        for console in self.consoles.values_mut() {
            let Some((path, file)) = &mut console.log else { continue };
            let text = console.screen.text();
            let new = text.get(console.logged..).unwrap_or("");
            file.write_all(new.as_bytes()).map_err(|e| PlayFailure::Log(path.clone(), e))?;
            console.logged = text.len();
        }
        Ok(())
    }
}

/// What is only added to begins anew with each player.
fn forget(path: PathBuf) -> Result<(), PlayFailure> {
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PlayFailure::Log(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

enum StepFailure {
    Reason(String),
    Log(PathBuf, io::Error),
}

impl From<String> for StepFailure {
    fn from(reason: String) -> Self {
        StepFailure::Reason(reason)
    }
}

/// What a command printed says more than how it ended.
fn with_output(how: String, output: &str) -> String {
    match output.trim_end() {
        "" => how,
        output => format!("{how}\n{output}"),
    }
}

fn line_input(keys: &Keys) -> (String, ConsoleInput) {
    match keys {
        Keys::Line(line) => (line.clone(), ConsoleInput::Line(line.clone())),
        Keys::Help(before) => {
            let input = ConsoleInput::Help { before: before.clone(), after: String::new() };
            (format!("{before}?"), input)
        }
        Keys::EndConfig(line) => (format!("{line}^Z"), ConsoleInput::EndConfig { line: line.clone() }),
        Keys::Interrupt => ("^C".to_owned(), ConsoleInput::Interrupt),
    }
}

/// At `--More--` and `[confirm]` the first character is the key; an empty line is Enter.
fn key_input(keys: &Keys) -> (String, ConsoleInput) {
    match keys {
        Keys::Line(line) => (line.clone(), ConsoleInput::Key(line.chars().next().unwrap_or('\n'))),
        Keys::Help(_) => ("?".to_owned(), ConsoleInput::Key('?')),
        Keys::EndConfig(_) | Keys::Interrupt => ("^C".to_owned(), ConsoleInput::Interrupt),
    }
}
