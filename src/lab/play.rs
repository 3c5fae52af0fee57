//! The play language: what a script does on a lab, one step a line.
//!
//! ```text
//! # a comment; so is a line that begins with !
//! lac: debug ppp negotiation         type a line at the console of lac
//! lac: show vpdn ?                   a question mark at the end is the key, not a character
//! lac: ^Z                            Ctrl-Z; ^C is Ctrl-C
//! soho:                              just Enter, or the key that answers [confirm] and --More--
//! wait lac /changed state to up/ 10s look for a regular expression, 10 s without a time
//! shell lns: ip route                run a Linux command in the namespace of lns
//! sleep 2s
//! link lac-lns loss 10% delay 50ms   loss, duplicate, reorder, delay, jitter, clean
//! link lac-lns down                  pull the cable, so that both ends lose carrier; `up` plugs it in again
//! capture lac-lns call.pcapng        write what this link carries; `no capture` ends every capture
//! power lns off                      as by the mains switch; `power lns on` switches it on again. A RADIUS server too
//! ```
//!
//! A line is typed when the console's previous command is over. The play goes on when the new command is over, or
//! after a second while it is still running (a `ping`), so that another node can be worked on meanwhile.
//! `wait` sees what the console has shown since the last line was typed there, or since the last match of a `wait`
//! for that console when that was later; `^` and `$` match at every line. `shell` goes on when the command has
//! ended; an exit status other than 0 fails the play.

use std::fmt;
use std::time::Duration;

use regex::{Regex, RegexBuilder};

use super::description::Description;
use super::segment::{LinkChange, parse_duration};

/// How long a `wait` without a time waits.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// A script.
#[derive(Clone, Debug)]
pub struct Play {
    /// What it is called in messages, its path for instance.
    pub name: String,
    /// What to do.
    pub steps: Vec<Step>,
}

/// One line of a script.
#[derive(Clone, Debug)]
pub struct Step {
    /// 1-based line.
    pub line: usize,
    /// The line as it stands there.
    pub text: String,
    /// What it says.
    pub action: Action,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum Action {
    /// Something is typed at a console.
    Type {
        /// Node.
        node: String,
        /// What.
        keys: Keys,
    },
    /// Wait for a line.
    Wait {
        /// Node.
        node: String,
        /// What it must show.
        pattern: Regex,
        /// How long.
        within: Duration,
    },
    /// A Linux command in the namespace of a node.
    Shell {
        /// Node.
        node: String,
        /// For `sh -c`.
        command: String,
    },
    /// Let time pass.
    Sleep(Duration),
    /// Work on a link.
    Link {
        /// Its name.
        link: String,
        /// What.
        changes: Vec<LinkChange>,
    },
    /// Capture a link.
    Capture {
        /// Its name.
        link: String,
        /// To this file, relative to the directory of the logs.
        file: String,
    },
    /// End every capture.
    NoCapture,
    /// Switch a router off, as by its mains switch, or on again.
    Power {
        /// Node.
        node: String,
        /// On.
        on: bool,
    },
}

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// A line and Enter.
    Line(String),
    /// Text and `?`.
    Help(String),
    /// Text and Ctrl-Z.
    EndConfig(String),
    /// Ctrl-C.
    Interrupt,
}

/// A script that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayError {
    /// The script.
    pub name: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line, self.message)
    }
}

impl std::error::Error for PlayError {}

impl Play {
    /// Reads a script.
    ///
    /// # Errors
    /// The first line that does not parse.
    pub fn parse(name: &str, text: &str) -> Result<Play, PlayError> {
        let mut steps = Vec::new();
        for (index, raw) in text.lines().enumerate() {
            let line = raw.trim();
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let action = Action::parse(line).map_err(|message| PlayError {
                name: name.to_owned(),
                line: index + 1,
                message,
            })?;
            steps.push(Step { line: index + 1, text: line.to_owned(), action });
        }
        Ok(Play { name: name.to_owned(), steps })
    }

    /// Checks that every node and link of the script is one of a lab, and that there is a console where it types or
    /// looks.
    ///
    /// # Errors
    /// The first line that names another.
    pub fn check(&self, lab: &Description) -> Result<(), PlayError> {
        let lacking = |what: &str, name: &str| format!("this lab has no {what} `{name}`");
        let node = |name: &str| lab.node(name).ok_or_else(|| lacking("node", name));
        for step in &self.steps {
            let checked = match &step.action {
                Action::Type { node: name, .. } | Action::Wait { node: name, .. } => {
                    node(name).and_then(|id| {
                        let router = lab.routers().any(|(router, ..)| router == id);
                        if router { Ok(()) } else { Err(format!("`{name}` has no console")) }
                    })
                }
                Action::Shell { node: name, .. } | Action::Power { node: name, .. } => node(name).map(drop),
                Action::Link { link, .. } | Action::Capture { link, .. } => {
                    lab.link(link).map(drop).ok_or_else(|| lacking("link", link))
                }
                Action::Sleep(_) | Action::NoCapture => Ok(()),
            };
            checked.map_err(|message| PlayError { name: self.name.clone(), line: step.line, message })?;
        }
        Ok(())
    }
}

impl Action {
    /// Reads one line, without comment.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(line: &str) -> Result<Action, String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if let Some((node, keys)) = line.split_once(':').filter(|(node, _)| is_name(node)) {
            return Ok(Action::Type { node: node.to_owned(), keys: Keys::parse(keys.trim()) });
        }
        let rest = rest.trim();
        match word {
            "wait" => parse_wait(rest),
            "shell" => parse_shell(rest),
            "sleep" => parse_duration(rest)
                .map(Action::Sleep)
                .ok_or_else(|| format!("`sleep {rest}`: expected a time such as 2s or 500ms")),
            "link" => {
                let (link, changes) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(Action::Link { link: link.to_owned(), changes: LinkChange::parse(changes)? })
            }
            "capture" => match rest.split_once(char::is_whitespace) {
                Some((link, file)) => {
                    Ok(Action::Capture { link: link.to_owned(), file: file.trim().to_owned() })
                }
                None => Err("expected `capture LINK FILE.pcapng`".to_owned()),
            },
            "no" if rest == "capture" => Ok(Action::NoCapture),
            "power" => match rest.split_once(char::is_whitespace).map(|(node, state)| (node, state.trim())) {
                Some((node, "on")) => Ok(Action::Power { node: node.to_owned(), on: true }),
                Some((node, "off")) => Ok(Action::Power { node: node.to_owned(), on: false }),
                Some(_) | None => Err("expected `power NODE off` or `power NODE on`".to_owned()),
            },
            other => Err(format!(
                "`{other}`: expected `NODE: command`, wait, shell, sleep, link, capture, no capture or power"
            )),
        }
    }
}

impl Keys {
    fn parse(text: &str) -> Keys {
        if text == "^C" {
            Keys::Interrupt
        } else if let Some(before) = text.strip_suffix("^Z") {
            Keys::EndConfig(before.to_owned())
        } else if let Some(before) = text.strip_suffix('?') {
            Keys::Help(before.to_owned())
        } else {
            Keys::Line(text.to_owned())
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn parse_shell(rest: &str) -> Result<Action, String> {
    match rest.split_once(':').map(|(node, command)| (node.trim(), command.trim())) {
        Some((node, command)) if is_name(node) && !command.is_empty() => {
            Ok(Action::Shell { node: node.to_owned(), command: command.to_owned() })
        }
        _ => Err("expected `shell NODE: linux command`".to_owned()),
    }
}

/// What is wrong, without the drawing above it that shows where.
fn sentence(error: &str) -> &str {
    let last = error.lines().last().unwrap_or(error);
    last.strip_prefix("error: ").unwrap_or(last)
}

fn parse_wait(rest: &str) -> Result<Action, String> {
    const FORM: &str = "expected `wait NODE /regular expression/ 10s`";
    let (node, rest) = rest.split_once(char::is_whitespace).ok_or(FORM)?;
    let body = rest.trim_start().strip_prefix('/').ok_or(FORM)?;
    // The last slash ends the expression, so that one inside it needs no escape: times have none.
    let (pattern, time) = body.rsplit_once('/').ok_or(FORM)?;
    let within = match time.trim() {
        "" => DEFAULT_WAIT,
        time => parse_duration(time).ok_or_else(|| format!("`{time}`: expected a time such as 10s"))?,
    };
    let pattern = RegexBuilder::new(pattern).multi_line(true).build().map_err(|error| {
        format!("/{pattern}/ is not a regular expression: {}", sentence(&error.to_string()))
    })?;
    Ok(Action::Wait { node: node.to_owned(), pattern, within })
}
