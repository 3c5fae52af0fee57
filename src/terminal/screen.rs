//! A console as a screen would show it, written to a log: for scripts.
//!
//! A debug line never stands behind a prompt: as on a terminal, where it appears above the line being typed,
//! the pending prompt is only written when the next line is typed or when the log ends.

use crate::router::ConsoleOutput;

/// Turns what a router sends to a line, and what a script types, into the text of its screen.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    prompt: Option<String>,
}

impl Screen {
    /// A screen that shows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What `output` adds to the screen.
    pub fn output(&mut self, output: &ConsoleOutput) -> String {
        match output {
            ConsoleOutput::Text(text) | ConsoleOutput::Async(text) => text.clone(),
            ConsoleOutput::Prompt { prompt, .. } => {
                self.prompt = Some(prompt.clone());
                String::new()
            }
            ConsoleOutput::Confirm(prompt) | ConsoleOutput::Ask { prompt, .. } => {
                self.prompt = None;
                prompt.clone()
            }
            ConsoleOutput::More | ConsoleOutput::Completed { .. } | ConsoleOutput::Closed => String::new(),
        }
    }

    /// What typing `line` and Enter adds; `echo` is off for passwords.
    pub fn typed(&mut self, line: &str, echo: bool) -> String {
        let prompt = self.prompt.take().unwrap_or_default();
        format!("{prompt}{}\n", if echo { line } else { "" })
    }

    /// Whether a prompt waits for a line.
    pub fn is_ready(&self) -> bool {
        self.prompt.is_some()
    }

    /// The prompt that still waits when the log ends.
    pub fn finish(&mut self) -> String {
        self.prompt.take().map(|p| p + "\n").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_line_stands_above_the_prompt() {
        let mut screen = Screen::new();
        let prompt =
            ConsoleOutput::Prompt { prompt: "lac#".into(), before: String::new(), after: String::new() };
        let mut log = screen.output(&prompt);
        log += &screen.output(&ConsoleOutput::Async("L2X: one\n".into()));
        log += &screen.typed("show vpdn", true);
        log += &screen.output(&ConsoleOutput::Text("text\n".into()));
        log += &screen.output(&prompt);
        log += &screen.finish();
        assert_eq!(log, "L2X: one\nlac#show vpdn\ntext\nlac#\n");
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut screen = Screen::new();
        let mut log = screen.output(&ConsoleOutput::Ask { prompt: "Password: ".into(), echo: false });
        log += &screen.typed("cisco", false);
        assert_eq!(log, "Password: \n");
    }
}
