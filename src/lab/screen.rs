//! What stands on the screen of a console, as text: prompts, echo and output, with debug lines above the prompt.
//!
//! A terminal takes the line that is being typed away, prints a debug line and writes the prompt again below it.
//! As text that comes to this: the prompt is only written down when something is typed behind it, or at the end.

use regex::Regex;

use crate::router::ConsoleOutput;

/// What a console expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expects {
    /// Nothing: a command is running, or the router has not come up yet.
    Nothing,
    /// A command line.
    Command,
    /// A key that answers `--More--`.
    More,
    /// A key that answers `[confirm]`.
    Confirm,
    /// A line that answers a question of a command.
    Answer {
        /// It is echoed.
        echo: bool,
    },
    /// Nothing any more: the session is over.
    Closed,
}

/// The screen of one console, endless to the top.
#[derive(Clone, Debug)]
pub struct Screen {
    text: String,
    /// What stands on the last line and has not been written down.
    pending: String,
    expects: Expects,
    /// Up to here `wait` has looked.
    seen: usize,
}

impl Default for Screen {
    fn default() -> Self {
        Screen { text: String::new(), pending: String::new(), expects: Expects::Nothing, seen: 0 }
    }
}

impl Screen {
    /// An empty screen.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the console expects now.
    pub fn expects(&self) -> &Expects {
        &self.expects
    }

    /// What is written down so far; grows at its end only.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The prompt or question that stands on the last line.
    pub fn pending(&self) -> &str {
        &self.pending
    }

    /// The router sends this.
    pub fn output(&mut self, output: ConsoleOutput) {
        match output {
            ConsoleOutput::Text(text) => {
                if !self.pending.is_empty() {
                    // Somebody else has typed behind the prompt.
                    self.text.push_str(&std::mem::take(&mut self.pending));
                    self.expects = Expects::Nothing;
                }
                self.text.push_str(&text);
            }
            ConsoleOutput::Async(line) => {
                self.fresh_line();
                self.text.push_str(&line);
                self.fresh_line();
            }
            ConsoleOutput::Prompt { prompt, before, after } => {
                self.expect(Expects::Command, format!("{prompt}{before}{after}"));
            }
            ConsoleOutput::More => self.expect(Expects::More, " --More-- ".to_owned()),
            ConsoleOutput::Confirm(question) => self.expect(Expects::Confirm, question),
            ConsoleOutput::Ask { prompt, echo } => self.expect(Expects::Answer { echo }, prompt),
            ConsoleOutput::Completed { .. } => {}
            ConsoleOutput::Closed => self.expect(Expects::Closed, String::new()),
        }
    }

    /// The operator types `line` and Enter.
    pub fn typed(&mut self, line: &str) {
        let standing = std::mem::take(&mut self.pending);
        match std::mem::replace(&mut self.expects, Expects::Nothing) {
            Expects::Command | Expects::Answer { echo: true } => {
                self.text.push_str(&standing);
                self.text.push_str(line);
                self.text.push('\n');
            }
            Expects::Answer { echo: false } | Expects::Confirm => {
                self.text.push_str(&standing);
                self.text.push('\n');
            }
            // The answer to --More-- wipes it.
            Expects::More | Expects::Nothing | Expects::Closed => {}
        }
        self.seen = self.text.len();
    }

    /// The operator has wiped what `?` left on the line: only `prompt` stands there.
    pub fn wiped(&mut self, left_over: &str) {
        if let Some(prompt) = self.pending.strip_suffix(left_over) {
            self.pending = prompt.to_owned();
        }
    }

    /// The router was switched off: nothing is expected until it prompts again.
    pub fn power_off(&mut self) {
        self.finish();
        self.expects = Expects::Nothing;
    }

    /// The operator turns away: what stands on the last line is written down.
    pub fn finish(&mut self) {
        let standing = std::mem::take(&mut self.pending);
        if !standing.is_empty() {
            self.text.push_str(&standing);
            self.text.push('\n');
        }
    }

    /// Looks for `pattern` in what came since the last line was typed here, or since the last match when that is
    /// later; the prompt that stands on the last line counts. A match moves that point behind itself.
    pub fn find(&mut self, pattern: &Regex) -> bool {
        let unseen = format!("{}{}", self.text.get(self.seen..).unwrap_or(""), self.pending);
        match pattern.find(&unseen) {
            Some(found) => {
                self.seen = (self.seen + found.end()).min(self.text.len());
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, expects: Expects, standing: String) {
        if !standing.is_empty() {
            self.fresh_line();
        }
        self.expects = expects;
        self.pending = standing;
    }

    fn fresh_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}
