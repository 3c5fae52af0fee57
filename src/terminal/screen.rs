//! What stands on the screen of a console, as text, for scripts and pipes: prompts, echo and output, with debug lines
//! above the prompt.
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
    /// The text ends with a whole line.
    fresh: bool,
    /// What stands on the last line and has not been written down.
    pending: String,
    expects: Expects,
    /// Up to here `wait` has looked.
    seen: usize,
}

impl Default for Screen {
    fn default() -> Self {
        Screen {
            text: String::new(),
            fresh: true,
            pending: String::new(),
            expects: Expects::Nothing,
            seen: 0,
        }
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

    /// What is written down so far, and was not taken; grows at its end only.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes away what is written down so far.
    pub fn take(&mut self) -> String {
        self.seen = 0;
        std::mem::take(&mut self.text)
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
                    let standing = std::mem::take(&mut self.pending);
                    self.write(&standing);
                    self.expects = Expects::Nothing;
                }
                self.write(&text);
            }
            ConsoleOutput::Async(line) => {
                self.fresh_line();
                self.write(&line);
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
                self.write(&format!("{standing}{line}\n"));
            }
            Expects::Answer { echo: false } | Expects::Confirm => {
                self.write(&format!("{standing}\n"));
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
            self.write(&format!("{standing}\n"));
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
        if !self.fresh {
            self.write("\n");
        }
    }

    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.fresh = text.ends_with('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> ConsoleOutput {
        ConsoleOutput::Prompt { prompt: "lac#".into(), before: String::new(), after: String::new() }
    }

    #[test]
    fn a_debug_line_stands_above_the_prompt() {
        let mut screen = Screen::new();
        screen.output(prompt());
        screen.output(ConsoleOutput::Async("L2X: one\n".into()));
        screen.typed("show vpdn");
        screen.output(ConsoleOutput::Text("text\n".into()));
        screen.output(prompt());
        screen.finish();
        assert_eq!(screen.text(), "L2X: one\nlac#show vpdn\ntext\nlac#\n");
    }

    #[test]
    fn neither_a_password_nor_the_key_that_confirms_is_shown() {
        let mut screen = Screen::new();
        screen.output(ConsoleOutput::Ask { prompt: "Password: ".into(), echo: false });
        screen.typed("cisco");
        screen.output(ConsoleOutput::Confirm("Proceed with reload? [confirm]".into()));
        screen.typed("y");
        assert_eq!(screen.text(), "Password: \nProceed with reload? [confirm]\n");
    }

    #[test]
    fn what_was_taken_still_counts_for_where_a_line_begins() {
        let mut screen = Screen::new();
        screen.output(ConsoleOutput::Text("!!".into()));
        assert_eq!(screen.take(), "!!");
        screen.output(ConsoleOutput::Async("L2X: one\n".into()));
        assert_eq!(screen.take(), "\nL2X: one\n");
        screen.output(ConsoleOutput::Async("L2X: two\n".into()));
        assert_eq!(screen.take(), "L2X: two\n");
        assert_eq!(screen.text(), "");
    }
}
