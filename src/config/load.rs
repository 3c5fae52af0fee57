//! Reading a configuration file into the store, and the place in it where the next line belongs.

use super::store::{Applied, Path, Store};
use crate::cli::{Clearance, MatchError, Parsed, open_banner, parse_as};
use crate::grammar::command::session::SessionCommand;
use crate::grammar::{Command, Mode};

/// What became of a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes effect (or is a comment, or says nothing).
    Accepted,
    /// It is kept and has no effect here.
    Inert,
    /// It was refused, and why.
    Refused(String),
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReport {
    /// Counted from 1.
    pub number: usize,
    /// As it stands in the file, without what surrounds it.
    pub text: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Where the next line belongs: a mode instance, and what the lines before it tell about their margin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    path: Path,
    /// The lines of this mode are indented: a line at the margin is no longer one of them.
    indented: bool,
    /// How far the line that opened this mode is indented: what belongs to the mode is indented further, if at all.
    opened: usize,
}

impl Cursor {
    /// A cursor at `path`.
    pub fn new(path: Path) -> Self {
        Cursor { path, indented: false, opened: 0 }
    }

    /// The mode instance.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mode.
    pub fn mode(&self) -> Mode {
        self.path.mode()
    }

    /// Goes on after `line`, which was applied at `place` and opened `enter`.
    pub fn advance(&mut self, line: &str, place: Path, enter: Option<Path>) {
        self.indented = line.starts_with(char::is_whitespace) && place != Path::root();
        if enter.is_some() {
            self.opened = indent(line);
        }
        self.path = enter.unwrap_or(place);
    }

    /// Finds the mode in which `line` is a command: the one at the cursor or one that encloses it, which is how a pasted
    /// configuration without `exit` returns. Gives the command and where it belongs.
    pub fn resolve(&self, line: &str, clearance: &Clearance) -> Result<(Parsed, Path), MatchError> {
        let margin = !line.starts_with(char::is_whitespace);
        let left = (margin && self.indented).then(|| parse_as(clearance, Mode::Config, line));
        if let Some(Ok(parsed)) = left {
            return Ok((parsed, Path::root()));
        }
        let mut places: Vec<Path> = std::iter::successors(Some(self.path.clone()), Path::parent).collect();
        // Anything fits a block that is kept without being understood; what stands no further right than the line that
        // opened it leaves it when it can.
        if self.mode() == Mode::InertBlock && indent(line) <= self.opened {
            places.rotate_left(1);
        }
        let mut worst: Option<(usize, MatchError)> = None;
        for place in places {
            let error = match parse_as(clearance, place.mode(), line) {
                Ok(parsed) => return Ok((parsed, place)),
                Err(error) => error,
            };
            let reached = match error {
                MatchError::Invalid(column) => column,
                MatchError::Ambiguous | MatchError::Incomplete => line.len(),
            };
            // The mode knows the command; the enclosing ones are not asked.
            let known = !matches!(error, MatchError::Invalid(_)) && place == self.path;
            if worst.as_ref().is_none_or(|(r, _)| reached > *r) {
                worst = Some((reached, error));
            }
            if known {
                break;
            }
        }
        Err(worst.map_or(MatchError::Incomplete, |w| w.1))
    }
}

/// Why a line was refused, in one line.
pub fn explain(line: &str, error: &MatchError) -> String {
    match error {
        MatchError::Ambiguous => "% Ambiguous command".into(),
        MatchError::Incomplete => "% Incomplete command.".into(),
        MatchError::Invalid(column) => {
            let word = line.get(*column..).unwrap_or("").split_whitespace().next().unwrap_or("");
            format!("% Invalid input detected at \"{word}\"")
        }
    }
}

/// A file being read.
struct Loader<'a> {
    store: &'a mut Store,
    at: Cursor,
    ended: bool,
}

impl Loader<'_> {
    fn line(&mut self, line: &str) -> Verdict {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('!') || self.ended {
            return Verdict::Accepted;
        }
        let (parsed, place) = match self.at.resolve(line, &Clearance::full()) {
            Ok(found) => found,
            Err(error) => return Verdict::Refused(explain(line, &error)),
        };
        if let Command::Session(command) = &parsed.command {
            return self.leave(command, line);
        }
        if !parsed.mode.is_config() {
            return Verdict::Refused("% Not a configuration command".into());
        }
        match self.store.apply(&place, &parsed) {
            Ok(Applied { enter, inert, .. }) => {
                self.at.advance(line, place, enter);
                if inert || self.store.is_inert(self.at.path()) { Verdict::Inert } else { Verdict::Accepted }
            }
            Err(error) => Verdict::Refused(error.to_string()),
        }
    }

    fn leave(&mut self, command: &SessionCommand, line: &str) -> Verdict {
        match command {
            SessionCommand::ExitMode | SessionCommand::QuitMode => {
                self.at = Cursor::new(self.at.path().parent().unwrap_or_default());
                Verdict::Accepted
            }
            SessionCommand::End => {
                self.ended = true;
                Verdict::Accepted
            }
            _ => Verdict::Refused(explain(line, &MatchError::Invalid(0))),
        }
    }
}

/// The octets of white space that stand before a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The octets of white space that stand before every line of the text.
fn margin(text: &str) -> usize {
    text.lines().filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0)
}

impl Store {
    /// Reads a configuration as if it were pasted at `(config)#`, and tells what became of each of its lines. Comments
    /// and empty lines are accepted; what follows `end` is not read.
    pub fn load(&mut self, text: &str) -> Vec<LineReport> {
        let mut loader = Loader { store: self, at: Cursor::default(), ended: false };
        let base = margin(text);
        let mut reports = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let mut whole = line.get(base.min(line.len())..).unwrap_or(line).trim_end().to_owned();
            let mut covered = vec![(index + 1, line.trim().to_owned())];
            if let Some(delimiter) = open_banner(&whole).map(str::to_owned) {
                for (index, more) in lines.by_ref() {
                    whole.push('\n');
                    whole.push_str(more);
                    covered.push((index + 1, more.trim().to_owned()));
                    if more.contains(&delimiter) {
                        break;
                    }
                }
            }
            let verdict = loader.line(&whole);
            reports.extend(covered.into_iter().map(|(number, text)| LineReport {
                number,
                text,
                verdict: verdict.clone(),
            }));
        }
        reports
    }
}
