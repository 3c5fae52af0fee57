//! Keystrokes in, screens out.

use crate::router::TestRouter;
use std::fs;
use std::path::{Path, PathBuf};
use vpdnsh::cli::{ExecResult, Executor, Session};
use vpdnsh::router::{ConsoleInput, ConsoleOutput, LineId};

/// A terminal: what is on it, and the line that the router left to be edited.
struct Terminal {
    router: TestRouter,
    session: Session,
    screen: String,
    line: String,
    echo: bool,
}

impl Terminal {
    fn new(console: bool) -> Self {
        let session = Session::new(LineId(0));
        let router = TestRouter::default();
        let mut t = Terminal { router, session, screen: String::new(), line: String::new(), echo: true };
        t.send(ConsoleInput::Open { console });
        t
    }

    fn send(&mut self, input: ConsoleInput) {
        self.session.handle(input, &mut self.router);
        while let Some(output) = self.session.poll() {
            match output {
                ConsoleOutput::Text(text) | ConsoleOutput::Async(text) => self.screen.push_str(&text),
                ConsoleOutput::Prompt { prompt, before, after } => {
                    self.screen.push_str(&prompt);
                    self.screen.push_str(&before);
                    self.screen.push_str(&after);
                    (self.line, self.echo) = (before + &after, true);
                }
                ConsoleOutput::More => self.screen.push_str(" --More-- \n"),
                ConsoleOutput::Confirm(text) => self.screen.push_str(&text),
                ConsoleOutput::Ask { prompt, echo } => {
                    self.screen.push_str(&prompt);
                    (self.line, self.echo) = (String::new(), echo);
                }
                ConsoleOutput::Completed { before } => {
                    self.screen.push_str("<Tab>");
                    self.screen.push_str(before.strip_prefix(&self.line).unwrap_or(&before));
                    self.line = before;
                }
                ConsoleOutput::Closed => self.screen.push_str("<closed>\n"),
            }
        }
    }

    fn echo(&mut self, text: &str) {
        if self.echo {
            self.screen.push_str(text);
        }
    }

    fn keys(&mut self, keys: &str) {
        if keys == "<^C>" {
            self.echo("^C\n");
            return self.send(ConsoleInput::Interrupt);
        }
        if let Some(key) = keys.strip_prefix("<key ").and_then(|k| k.strip_suffix('>')) {
            let key = match key {
                "space" => ' ',
                "enter" => '\n',
                other => other.chars().next().expect("a key"),
            };
            if self.screen.ends_with("[confirm]") {
                self.screen.push('\n');
            }
            return self.send(ConsoleInput::Key(key));
        }
        if let Some(typed) = keys.strip_suffix("<Tab>") {
            self.echo(typed);
            self.line.push_str(typed);
            return self.send(ConsoleInput::Complete { before: self.line.clone() });
        }
        if let Some(typed) = keys.strip_suffix('?') {
            self.echo(&format!("{typed}?\n"));
            let before = std::mem::take(&mut self.line) + typed;
            return self.send(ConsoleInput::Help { before, after: String::new() });
        }
        if let Some(typed) = keys.strip_suffix("<^Z>") {
            self.echo(&format!("{typed}^Z\n"));
            let line = std::mem::take(&mut self.line) + typed;
            return self.send(ConsoleInput::EndConfig { line });
        }
        self.echo(keys);
        self.screen.push('\n');
        let line = std::mem::take(&mut self.line) + keys;
        self.send(ConsoleInput::Line(line));
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/screens")
}

#[test]
fn screens_are_as_recorded() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder()).expect("the folder of screens") {
        let path = entry.expect("a screen").path();
        if path.extension().is_none_or(|e| e != "keys") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut terminal = Terminal::new(!name.starts_with("vty"));
        for keys in fs::read_to_string(&path).expect("keys").lines() {
            terminal.keys(keys);
        }
        let screen = terminal.screen.trim_end().to_owned() + "\n";
        let golden = path.with_extension("screen");
        if std::env::var_os("UPDATE_SCREENS").is_some() {
            fs::write(&golden, &screen).expect("a writable screen");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if screen != expected {
            wrong.push(format!("--- {name}: expected\n{expected}--- but got\n{screen}"));
        }
    }
    assert!(seen > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_running_command_is_ended_by_an_interrupt_or_by_itself() {
    let mut t = Terminal::new(true);
    t.keys("ping 10.0.0.1");
    assert!(t.screen.ends_with("abort.\n") && t.router.running);
    t.keys("<^C>");
    assert!(t.screen.ends_with("stopped\nRouter>") && !t.router.running);
    t.keys("ping 10.0.0.1");
    t.session.print("!!!!!\n");
    t.session.finish(ExecResult::Done, &mut t.router);
    t.send(ConsoleInput::Size { width: 80, length: 24 });
    assert!(t.screen.ends_with("!!!!!\nRouter>"));
}

#[test]
fn leaving_configuration_is_told_to_the_router_once() {
    let mut t = Terminal::new(true);
    for keys in [
        "enable",
        "configure terminal",
        "hostname lac<^Z>",
        "conf t",
        "vpdn-group 1",
        "end",
        "conf t",
        "exit",
    ] {
        t.keys(keys);
    }
    assert_eq!(t.router.configured, 3);
    assert_eq!(t.router.store().hostname(), "lac");
}
