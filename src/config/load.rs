//! Reading a configuration file into the store, and the place in it where the next line belongs.

use super::store::{Applied, Path, Store};
use crate::cli::{MatchError, Parsed, open_banner, parse};
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

/// Finds the mode in which `line`, typed at `at`, is a command: the mode itself, or one that encloses it, which is how
/// a pasted configuration without `exit` returns. Gives the command and where it belongs.
pub fn resolve(at: &Path, line: &str) -> Result<(Parsed, Path), MatchError> {
    let mut places = Vec::new();
    let mut next = Some(at.clone());
    while let Some(p) = next {
        next = p.parent();
        places.push(p);
    }
    // Anything fits a block that is kept without being understood; what stands at the margin leaves it when it can.
    if at.mode() == Mode::InertBlock && !line.starts_with(char::is_whitespace) {
        places.rotate_left(1);
    }
    let mut worst: Option<(usize, MatchError)> = None;
    for place in places {
        match parse(place.mode(), line) {
            Ok(parsed) => return Ok((parsed, place)),
            Err(error) => {
                let reached = match error {
                    MatchError::Invalid(column) => column,
                    MatchError::Ambiguous | MatchError::Incomplete => line.len(),
                };
                if worst.as_ref().is_none_or(|(r, _)| reached > *r) {
                    worst = Some((reached, error.clone()));
                }
                // The mode knows the command; the enclosing ones are not asked.
                if !matches!(error, MatchError::Invalid(_)) && place == *at {
                    break;
                }
            }
        }
    }
    Err(worst.map_or(MatchError::Incomplete, |w| w.1))
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
    at: Path,
    ended: bool,
}

impl Loader<'_> {
    fn line(&mut self, line: &str) -> Verdict {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('!') || self.ended {
            return Verdict::Accepted;
        }
        let (parsed, place) = match resolve(&self.at, line) {
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
                self.at = enter.unwrap_or(place);
                if inert || self.store.is_inert(&self.at) { Verdict::Inert } else { Verdict::Accepted }
            }
            Err(error) => Verdict::Refused(error.to_string()),
        }
    }

    fn leave(&mut self, command: &SessionCommand, line: &str) -> Verdict {
        match command {
            SessionCommand::ExitMode | SessionCommand::QuitMode => {
                self.at = self.at.parent().unwrap_or_default();
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

impl Store {
    /// Reads a configuration as if it were pasted at `(config)#`, and tells what became of each of its lines. Comments
    /// and empty lines are accepted; what follows `end` is not read.
    pub fn load(&mut self, text: &str) -> Vec<LineReport> {
        let mut loader = Loader { store: self, at: Path::root(), ended: false };
        let mut reports = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let mut whole = line.trim_end().to_owned();
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
