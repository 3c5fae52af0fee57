//! The lab prompt: one terminal for the whole lab.
//!
//! It speaks [`ConsoleInput`] and [`ConsoleOutput`] like a router's console, so that every front end that drives
//! a console drives it too. `connect NODE` hands the terminal to a console; Ctrl-^ x comes back.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::description::{Description, FILE_NAME, LinkId, NodeId};
use super::play::Play;
use super::player::Player;
use super::real::hub::ViewerId;
use super::real::{Interrupter, RealLab, RealOptions, RealStage, new_viewer};
use super::segment::LinkChange;
use crate::router::{ConsoleInput, ConsoleOutput};
use crate::terminal::console::Console;
use crate::terminal::signals;

/// What can be typed, and what it is.
const COMMANDS: [(&str, &str, &str); 10] = [
    ("capture", "capture LINK FILE.pcapng", "Write what a link carries to a file"),
    ("connect", "connect NODE", "Go to the console of a router; Ctrl-^ x comes back"),
    ("exit", "exit", "Switch the lab off"),
    ("help", "help", "Show this"),
    ("link", "link LINK CHANGE...", "up, down, clean, loss 10%, delay 50ms, jitter 5ms,"),
    ("no", "no capture", "End every capture"),
    ("play", "play FILE [LOGS]", "Run a script, its logs to the directory LOGS"),
    ("power", "power NODE on|off", "Switch a node, as by its mains switch"),
    ("shell", "shell NODE: COMMAND", "Run a Linux command in the namespace of a node"),
    ("status", "status", "Show nodes, links and calls"),
];

/// The rest of what stands behind `link`, on a line of its own.
const MORE_CHANGES: &str = "duplicate 10%, reorder 10%; several at once";

enum Mode {
    Prompt,
    Connected { node: NodeId, viewer: ViewerId },
    Over,
}

/// What Ctrl-C at the lab prompt is for.
enum Running {
    /// The line that is being typed, or the console that is connected.
    Nothing,
    /// A command, which hears of it as Linux has it.
    Command,
    /// A script.
    Play(Interrupter),
}

/// Reaches the command that the lab prompt runs, which takes no input until it has ended.
#[derive(Clone)]
pub struct Break(Arc<Mutex<Running>>);

impl Break {
    fn set(&self, running: Running) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    /// Ends a script that runs. Returns whether there was a command to be ended: then nobody else is to hear of it.
    pub fn end(&self) -> bool {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Running::Nothing => false,
            Running::Command => true,
            Running::Play(interrupter) => {
                interrupter.interrupt();
                true
            }
        }
    }
}

/// The lab prompt of a real lab.
pub struct LabShell {
    lab: Arc<RealLab>,
    terminal: Sender<ConsoleOutput>,
    mode: Mode,
    running: Break,
}

impl LabShell {
    /// A prompt whose output goes to `terminal`.
    pub fn new(lab: Arc<RealLab>, terminal: Sender<ConsoleOutput>) -> Self {
        let remarks = terminal.clone();
        lab.watch(Box::new(move |remark| {
            // As in `connect`.
            let _ = remarks.send(ConsoleOutput::Async(format!("% {remark}\n")));
        }));
        LabShell { lab, terminal, mode: Mode::Prompt, running: Break(Arc::new(Mutex::new(Running::Nothing))) }
    }

    /// What Ctrl-C reaches while a command runs.
    pub fn running(&self) -> Break {
        self.running.clone()
    }

    /// Whether the operator has left the lab.
    pub const fn is_over(&self) -> bool {
        matches!(self.mode, Mode::Over)
    }

    /// Takes what the operator does, in the mode that the shell is in.
    pub fn input(&mut self, input: ConsoleInput) {
        match (&self.mode, input) {
            (Mode::Over, _) => {}
            // The terminal went away.
            (Mode::Prompt | Mode::Connected { .. }, ConsoleInput::Close) => self.exit(),
            (Mode::Connected { node, viewer }, ConsoleInput::Leave) => {
                self.lab.detach(*node, *viewer);
                self.mode = Mode::Prompt;
                self.print("\n");
                self.prompt("");
            }
            (Mode::Connected { node, viewer }, input) => self.lab.console(*node, *viewer, input),
            (Mode::Prompt, ConsoleInput::Open { .. }) => {
                let banner =
                    format!("{}\nType ? for what can be typed here.\n", self.lab.description().title);
                self.print(&banner);
                self.prompt("");
            }
            (Mode::Prompt, ConsoleInput::Line(line)) => self.line(line.trim()),
            (Mode::Prompt, ConsoleInput::EndConfig { line }) => self.line(line.trim()),
            (Mode::Prompt, ConsoleInput::Help { before, after }) => {
                self.print(&help(&before));
                self.send(ConsoleOutput::Prompt { prompt: self.prompt_text(), before, after });
            }
            (Mode::Prompt, ConsoleInput::Complete { before }) => {
                let before = complete(&before, self.lab.description());
                self.send(ConsoleOutput::Completed { before });
            }
            (Mode::Prompt, ConsoleInput::Interrupt) => {
                self.print("\n");
                self.prompt("");
            }
            (Mode::Prompt, ConsoleInput::Leave) => self.exit(),
            (Mode::Prompt, ConsoleInput::Break | ConsoleInput::Key(_) | ConsoleInput::Size { .. }) => {}
        }
    }

    fn line(&mut self, line: &str) {
        self.running.set(Running::Command);
        if let Err(message) = self.command(line) {
            self.print(&format!("% {message}\n"));
        }
        if matches!(self.mode, Mode::Prompt) {
            self.prompt("");
        }
        self.running.set(Running::Nothing);
    }

    fn command(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if word.is_empty() {
            return Ok(());
        }
        match full_word(word)? {
            "capture" => self.capture(rest),
            "connect" => self.connect(rest),
            "exit" => {
                self.exit();
                Ok(())
            }
            "help" => {
                self.print(&help(""));
                Ok(())
            }
            "link" => self.link(rest),
            "no" if "capture".starts_with(rest) && !rest.is_empty() => {
                self.lab.no_capture();
                Ok(())
            }
            "play" => self.play(rest),
            "power" => self.power(rest),
            "shell" => self.shell(rest),
            "status" => {
                let status = self.lab.status();
                self.print(&status);
                Ok(())
            }
            other => Err(usage(other)),
        }
    }

    fn connect(&mut self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            return Err(usage("connect"));
        }
        let node = self.router(name)?;
        self.print(&format!("Connected to {name}. Ctrl-^ x comes back.\n"));
        let viewer = new_viewer();
        let terminal = self.terminal.clone();
        let sink = move |output| {
            // A session that is over leaves the terminal with the lab.
            if output != ConsoleOutput::Closed {
                // The terminal is gone when the lab is being left.
                let _ = terminal.send(output);
            }
        };
        self.lab.attach(node, viewer, Box::new(sink));
        self.mode = Mode::Connected { node, viewer };
        Ok(())
    }

    fn capture(&self, rest: &str) -> Result<(), String> {
        let (link, file) = rest.split_once(char::is_whitespace).ok_or_else(|| usage("capture"))?;
        let file = Path::new(file.trim());
        let link = self.link_id(link)?;
        self.lab.capture(link, file).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn link(&self, rest: &str) -> Result<(), String> {
        if rest.is_empty() {
            return Err(usage("link"));
        }
        let (link, changes) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let link = self.link_id(link)?;
        LinkChange::parse(changes)?.into_iter().for_each(|change| self.lab.link(link, change));
        Ok(())
    }

    fn power(&self, rest: &str) -> Result<(), String> {
        let (node, state) = rest.split_once(char::is_whitespace).ok_or_else(|| usage("power"))?;
        let on = match state.trim() {
            "on" => true,
            "off" => false,
            _ => return Err(usage("power")),
        };
        self.lab.power(self.node(node)?, on)
    }

    fn shell(&self, rest: &str) -> Result<(), String> {
        let (name, command) = rest.split_once(':').ok_or_else(|| usage("shell"))?;
        let outcome = self.lab.shell(self.node(name.trim())?, command.trim())?;
        self.print(&outcome.output);
        match outcome.status {
            Some(0) => Ok(()),
            Some(status) => Err(format!("exit status {status}")),
            None => Err("ended by a signal".to_owned()),
        }
    }

    fn play(&self, rest: &str) -> Result<(), String> {
        let mut words = rest.split_whitespace();
        let file = words.next().ok_or_else(|| usage("play"))?;
        let logs = words.next().map(PathBuf::from);
        let path = find_file(self.lab.description(), file);
        let play = read_play(&path, self.lab.description())?;
        let mut stage = RealStage::new(&self.lab);
        self.running.set(Running::Play(stage.interrupter()));
        let mut player =
            Player::new(self.lab.description(), logs.as_deref()).map_err(|error| error.to_string())?;
        let terminal = self.terminal.clone();
        let result = player.run_watched(&mut stage, &play, &mut |step| {
            // As in `connect`.
            let _ = terminal.send(ConsoleOutput::Text(format!("{}\n", step.text)));
        });
        let finished = player.finish(&mut stage);
        result.and(finished).map_err(|error| error.to_string())
    }

    fn exit(&mut self) {
        self.mode = Mode::Over;
        self.send(ConsoleOutput::Closed);
    }

    fn router(&self, name: &str) -> Result<NodeId, String> {
        let description = self.lab.description();
        description
            .routers()
            .find(|(_, node, _)| node.name == name)
            .map(|(id, ..)| id)
            .ok_or_else(|| format!("there is no router `{name}`: {}", router_names(description).join(", ")))
    }

    fn node(&self, name: &str) -> Result<NodeId, String> {
        let description = self.lab.description();
        description
            .node(name)
            .ok_or_else(|| format!("there is no node `{name}`: {}", node_names(description).join(", ")))
    }

    fn link_id(&self, name: &str) -> Result<LinkId, String> {
        self.lab.description().link(name).ok_or_else(|| {
            let names: Vec<&str> = self.lab.description().links.iter().map(|l| l.name.as_str()).collect();
            format!("there is no link `{name}`: {}", names.join(", "))
        })
    }

    fn prompt_text(&self) -> String {
        "lab> ".to_owned()
    }

    fn prompt(&self, before: &str) {
        let prompt = self.prompt_text();
        self.send(ConsoleOutput::Prompt { prompt, before: before.to_owned(), after: String::new() });
    }

    fn print(&self, text: &str) {
        self.send(ConsoleOutput::Text(text.to_owned()));
    }

    fn send(&self, output: ConsoleOutput) {
        // The terminal is gone: its input ends as well, which ends the shell.
        let _ = self.terminal.send(output);
    }
}

fn router_names(description: &Description) -> Vec<&str> {
    description.routers().map(|(_, node, _)| node.name.as_str()).collect()
}

fn node_names(description: &Description) -> Vec<&str> {
    description.nodes.iter().map(|node| node.name.as_str()).collect()
}

fn full_word(word: &str) -> Result<&'static str, String> {
    let mut fits = COMMANDS.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(word));
    match (fits.next(), fits.next()) {
        (Some(name), None) => Ok(name),
        (Some(name), Some(_)) if name == word => Ok(name),
        (Some(_), Some(_)) => Err(format!("`{word}` is ambiguous")),
        (None, _) => Err(format!("`{word}` is not known here; ? shows what is")),
    }
}

fn usage(word: &str) -> String {
    let form = COMMANDS.iter().find(|(name, ..)| *name == word).map_or("", |(_, form, _)| *form);
    format!("expected: {form}")
}

fn help(before: &str) -> String {
    let word = before.split_whitespace().next().unwrap_or("");
    COMMANDS
        .iter()
        .filter(|(name, ..)| name.starts_with(word))
        .map(|(name, form, text)| {
            let more = if *name == "link" { format!("{:28}{MORE_CHANGES}\n", "") } else { String::new() };
            format!("  {form:<24}  {text}\n{more}")
        })
        .collect()
}

/// Completes the command word, or the word behind it that has few values, when only one fits.
fn complete(before: &str, description: &Description) -> String {
    let (head, word) = before.rsplit_once(' ').map_or(("", before), |(head, word)| (head, word));
    let mut said = head.split_whitespace();
    let names: Vec<&str> = match (said.next().map(full_word), said.count()) {
        (None, _) => COMMANDS.iter().map(|(name, ..)| *name).collect(),
        (Some(Ok("connect")), 0) => router_names(description),
        (Some(Ok("link" | "capture")), 0) => description.links.iter().map(|l| l.name.as_str()).collect(),
        (Some(Ok("power" | "shell")), 0) => node_names(description),
        (Some(Ok("no")), 0) => vec!["capture"],
        (Some(Ok("power")), 1) => vec!["on", "off"],
        (Some(Ok("link")), _) => LinkChange::WORDS.to_vec(),
        (Some(_), _) => Vec::new(),
    };
    let mut fits = names.into_iter().filter(|name| name.starts_with(word));
    match (fits.next(), fits.next()) {
        (Some(name), None) if head.is_empty() => format!("{name} "),
        (Some(name), None) if full_word(head.trim()) == Ok("shell") => format!("{head} {name}: "),
        (Some(name), None) => format!("{head} {name} "),
        _ => before.to_owned(),
    }
}

/// A script is looked for where the operator stands, then in the directory of the lab.
fn find_file(description: &Description, file: &str) -> PathBuf {
    let here = PathBuf::from(file);
    if here.is_file() { here } else { description.directory.join(file) }
}

/// Reads a script, and holds it against the lab before anything is done.
fn read_play(path: &Path, lab: &Description) -> Result<Play, String> {
    let octets = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = String::from_utf8(octets).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|octet| **octet == b'\n').count() + 1;
        format!("{}:{line}: this is not UTF-8 text", path.display())
    })?;
    let play = Play::parse(&path.display().to_string(), &text).map_err(|error| error.to_string())?;
    play.check(lab).map_err(|error| error.to_string())?;
    Ok(play)
}

fn load(directory: &Path) -> Result<Description, String> {
    Description::load(directory).map_err(|error| {
        if directory.join(FILE_NAME).exists() { error.to_string() } else { format!("{error}: is it a lab?") }
    })
}

/// As an ordinary user the process enters a user namespace here, which it cannot when it has threads.
fn acquire() -> Result<(), String> {
    crate::host::netns::acquire().map(drop).map_err(|lack| lack.to_string())
}

fn bring_up(description: Description, console_ports: bool) -> Result<RealLab, String> {
    RealLab::start(description, RealOptions { console_ports }).map_err(|error| error.to_string())
}

/// `lab DIR`: brings a lab up and runs its prompt on the terminal until it is left. Call it before the first
/// thread is started.
///
/// # Errors
/// One sentence for the operator.
pub fn run_interactive(directory: &Path) -> Result<(), String> {
    let description = load(directory)?;
    acquire()?;
    let on_terminal = |error: std::io::Error| format!("the terminal: {error}");
    let console = Console::open().map_err(on_terminal)?;
    let lab = Arc::new(bring_up(description, true)?);
    let (send, inputs) = channel();
    let (terminal, outputs) = channel();
    let shell = LabShell::new(lab.clone(), terminal);
    let running = shell.running();
    let thread = std::thread::Builder::new()
        .name("lab prompt".to_owned())
        .spawn(move || serve(shell, &inputs))
        .map_err(|error| error.to_string())?;
    let input = |input| match input {
        ConsoleInput::Interrupt | ConsoleInput::Break if running.end() => {}
        input => {
            if input == ConsoleInput::Close {
                running.end();
                lab.end_commands();
            }
            // The shell has ended when it takes no more input.
            send.send(input).unwrap_or(());
        }
    };
    let result = console.run(input, outputs);
    drop(send);
    thread.join().map_err(|_| "the lab prompt has failed; this is a bug".to_owned())?;
    result.map_err(on_terminal)
}

fn serve(mut shell: LabShell, inputs: &Receiver<ConsoleInput>) {
    while !shell.is_over() {
        match inputs.recv() {
            Ok(input) => shell.input(input),
            Err(_) => break,
        }
    }
}

/// `lab DIR --play FILE --log OUT`: brings a lab up, runs a script on it and switches it off; SIGINT, SIGTERM and a
/// hang-up end it with the step that it is at. Call it before the first thread is started.
///
/// # Errors
/// One sentence for the operator: for a `wait` that failed, the line that it waited for.
pub fn run_play(directory: &Path, play: &Path, logs: &Path) -> Result<(), String> {
    let description = load(directory)?;
    let play = read_play(&find_file(&description, &play.to_string_lossy()), &description)?;
    acquire()?;
    let lab = Arc::new(bring_up(description, false)?);
    let mut stage = RealStage::new(&lab);
    let (interrupter, ended) = (stage.interrupter(), Arc::downgrade(&lab));
    let end = move |_| {
        interrupter.interrupt();
        ended.upgrade().iter().for_each(|lab| lab.end_commands());
    };
    signals::watch(false, end).map_err(|error| error.to_string())?;
    let mut player = Player::new(lab.description(), Some(logs)).map_err(|error| error.to_string())?;
    let result = player.run(&mut stage, &play);
    let finished = player.finish(&mut stage);
    result.and(finished).map_err(|error| error.to_string())
}
