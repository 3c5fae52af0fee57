//! `| include` and its kin, and pages of a screen's length.

use super::messages::UNRECOGNIZED;
use crate::grammar::value::starts_with;
use regex::Regex;

/// What `|` does to the lines of a screen.
#[derive(Clone, Debug)]
pub enum Filter {
    /// From the first line that matches.
    Begin(Regex),
    /// Lines that match.
    Include(Regex),
    /// Lines that do not match.
    Exclude(Regex),
    /// Lines that match, with the lines indented below them.
    Section(Regex),
    /// How many lines match.
    Count(Regex),
}

/// The names of the filters with their help.
const FILTERS: [(&str, &str); 5] = [
    ("begin", "Begin with the line that matches"),
    ("count", "Count number of lines which match regexp"),
    ("exclude", "Exclude lines that match"),
    ("include", "Include lines that match"),
    ("section", "Filter a section of output"),
];

/// What `?` shows with `rest` between `|` and the cursor.
pub fn filter_help(rest: &str) -> String {
    let word = rest.trim();
    let begun: Vec<&(&str, &str)> = FILTERS.iter().filter(|f| starts_with(f.0, word)).collect();
    let named =
        !word.is_empty() && (word.contains(char::is_whitespace) || rest.ends_with(char::is_whitespace));
    match (named, begun.as_slice()) {
        _ if word.contains(char::is_whitespace) => "  LINE  Regular Expression\n  <cr>\n".to_owned(),
        (true, [_]) => "  LINE  Regular Expression\n".to_owned(),
        (_, []) => UNRECOGNIZED.to_owned(),
        (true, _) => format!("% Ambiguous command:  \"{word}\"\n"),
        (false, _) if word.is_empty() => {
            begun.iter().map(|(name, help)| format!("  {name:<9}{help}\n")).collect()
        }
        (false, found) => {
            let names: Vec<&str> = found.iter().map(|f| f.0).collect();
            format!("{}\n", names.join("  "))
        }
    }
}

/// What stands between `|` and the cursor after Tab, when it begins one filter.
pub fn complete_filter(rest: &str) -> Option<String> {
    let word = rest.trim_start();
    let mut found = FILTERS.iter().filter(|f| !word.is_empty() && starts_with(f.0, word));
    match (found.next(), found.next()) {
        (Some((name, _)), None) => Some(format!("{}{name} ", rest.get(..rest.len() - word.len())?)),
        _ => None,
    }
}

/// Why what stands behind `|` is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFilter {
    /// More is needed.
    Incomplete,
    /// The octet of the text where a word stands that is no filter.
    Unknown(usize),
    /// The pattern is no regular expression.
    Pattern,
}

/// What a pattern that is no regular expression is told. Recalled.
pub const BAD_PATTERN: &str = "% Failed to compile regular expression.\n";

/// IOS's regular expressions are nearly those of the crate; a brace that repeats nothing is a character there.
fn regex(pattern: &str) -> Option<Regex> {
    let literal = || pattern.replace('{', r"\{").replace('}', r"\}");
    Regex::new(pattern).or_else(|_| Regex::new(&literal())).ok()
}

impl Filter {
    /// Reads what stands behind `|`.
    pub fn parse(text: &str) -> Result<Filter, BadFilter> {
        let start = text.len() - text.trim_start().len();
        let body = text.trim_start();
        let (name, pattern) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let mut found = FILTERS.iter().filter(|f| starts_with(f.0, name));
        let filter = match (found.next(), found.next()) {
            _ if name.is_empty() => return Err(BadFilter::Incomplete),
            (Some(f), None) => f.0,
            _ => return Err(BadFilter::Unknown(start)),
        };
        let pattern = pattern.trim_start();
        if pattern.is_empty() {
            return Err(BadFilter::Incomplete);
        }
        let regex = regex(pattern).ok_or(BadFilter::Pattern)?;
        Ok(match filter {
            "begin" => Filter::Begin(regex),
            "count" => Filter::Count(regex),
            "exclude" => Filter::Exclude(regex),
            "include" => Filter::Include(regex),
            _ => Filter::Section(regex),
        })
    }

    /// Applies it to a whole screen.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::new();
        let mut keep = |l: &str| {
            out.push_str(l);
            out.push('\n');
        };
        match self {
            Filter::Begin(r) => text.lines().skip_while(|l| !r.is_match(l)).for_each(keep),
            Filter::Include(r) => text.lines().filter(|l| r.is_match(l)).for_each(keep),
            Filter::Exclude(r) => text.lines().filter(|l| !r.is_match(l)).for_each(keep),
            Filter::Count(r) => {
                keep(&format!(
                    "Number of lines which match regexp = {}",
                    text.lines().filter(|l| r.is_match(l)).count()
                ));
            }
            Filter::Section(r) => {
                let mut inside: Option<usize> = None;
                for l in text.lines() {
                    let indent = l.len() - l.trim_start().len();
                    if inside.is_none_or(|level| indent <= level) {
                        inside = r.is_match(l).then_some(indent);
                    }
                    if inside.is_some() {
                        keep(l);
                    }
                }
            }
        }
        out
    }
}

/// Whether a command prints a screen that `|` may filter: `show`, and `write terminal`.
pub fn is_filtered(command: &str) -> bool {
    let mut words = command.split_whitespace().filter(|w| !w.eq_ignore_ascii_case("do"));
    match (words.next(), words.next()) {
        (Some(verb), _) if verb.len() >= 2 && starts_with("show", verb) => true,
        (Some(verb), Some(what)) => starts_with("write", verb) && starts_with("terminal", what),
        (Some(_), None) | (None, _) => false,
    }
}

/// Splits a line at the `|` of a command that is filtered: the command, and what stands behind the bar with its octet
/// offset.
pub fn split_pipe(line: &str) -> (&str, Option<(usize, &str)>) {
    match line.split_once('|') {
        Some((command, rest)) if is_filtered(command) => (command, Some((command.len() + 1, rest))),
        Some(_) | None => (line, None),
    }
}

/// A screen that is shown page by page.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    rest: String,
}

impl Pager {
    /// The first page of `text`, whose lines end with newlines; `length` 0 is endless.
    pub fn start(text: String, length: u16) -> (String, Option<Pager>) {
        Pager { rest: text }.advance(length.saturating_sub(1).into(), length == 0)
    }

    /// The next `lines` lines.
    pub fn next(self, lines: usize) -> (String, Option<Pager>) {
        self.advance(lines, false)
    }

    /// What follows after `/`, `+` or `-` and this pattern: the rest from the line that matches, or the lines that match or
    /// do not. Without a pattern, or with one that is no regular expression, the pager stands where it stood.
    pub fn seek(self, key: char, pattern: &str, length: u16) -> (String, Option<Pager>) {
        if pattern.is_empty() {
            return (String::new(), Some(self));
        }
        let Some(regex) = regex(pattern) else { return (BAD_PATTERN.to_owned(), Some(self)) };
        let filter = match key {
            '+' => Filter::Include(regex),
            '-' => Filter::Exclude(regex),
            _ => Filter::Begin(regex),
        };
        let (page, rest) = Pager::start(filter.apply(&self.rest), length);
        (format!("filtering...\n{page}"), rest)
    }

    fn advance(self, lines: usize, all: bool) -> (String, Option<Pager>) {
        let mut ends = self.rest.match_indices('\n').map(|(i, _)| i + 1);
        let cut = ends.nth(lines.max(1) - 1).unwrap_or(self.rest.len());
        if all || cut == self.rest.len() {
            return (self.rest, None);
        }
        let (page, rest) = self.rest.split_at(cut);
        (page.to_owned(), Some(Pager { rest: rest.to_owned() }))
    }
}
