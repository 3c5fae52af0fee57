//! Matching a line against a mode's commands: one walk serves parsing, `?` and Tab.

use super::clearance::Clearance;
use super::token::{Fit, Pending, SecretStyle, Word, fit};
use crate::config::secret;
use crate::grammar::command::COMMANDS;
use crate::grammar::table::{Captures, CommandSpec, END, Event, Mark, NoForm, Node, Token};
use crate::grammar::value::{Value, starts_with};
use crate::grammar::{Command, Mode};

/// Which form of a command a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The plain form.
    Set,
    /// `no ...`
    No,
    /// `default ...`
    Default,
}

/// A line that is a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The typed command.
    pub command: Command,
    /// Its form.
    pub form: Form,
    /// Its definition.
    pub spec: &'static CommandSpec,
    /// The mode in which it was found: that of the line, or privileged EXEC after `do`.
    pub mode: Mode,
    /// The line in full words, without `no` or `default`.
    pub words: Vec<Word>,
    /// Texts of the arguments that tell its instances apart, as far as the line has them.
    pub keys: Vec<String>,
}

impl Parsed {
    /// The line in full words, passwords as `encrypt` (`service password-encryption`) says.
    pub fn text(&self, encrypt: bool) -> String {
        self.words.iter().map(|w| render(w, encrypt)).collect::<Vec<_>>().join(" ")
    }

    /// The line in full words, without the passwords: for logs.
    pub fn redacted(&self) -> String {
        let shown = self.words.iter().map(|w| match w {
            Word::Plain(s) => s.as_str(),
            Word::Secret { .. } => "<removed>",
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

/// A word as `show running-config` prints it.
pub fn render(word: &Word, encrypt: bool) -> String {
    match word {
        Word::Plain(s) => s.clone(),
        Word::Secret { secret, style } => secret::shown(secret, *style == SecretStyle::Zero, encrypt),
    }
}

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchError {
    /// A word begins several keywords.
    Ambiguous,
    /// More is needed.
    Incomplete,
    /// What begins at this octet of the line fits nothing.
    Invalid(usize),
}

/// One way of reading the line so far.
#[derive(Clone, Debug)]
struct Thread {
    spec: &'static CommandSpec,
    /// The node last completed, or the one whose argument is half read.
    at: Option<usize>,
    pending: Option<Pending>,
    used: u64,
    events: Vec<Event>,
    words: Vec<(u16, Word)>,
}

impl Thread {
    fn successors(&self) -> &'static [usize] {
        match (self.at, self.pending) {
            (None, _) => self.spec.start,
            (Some(n), _) => self.spec.nodes.get(n).map_or(&[], |n| n.next),
        }
    }

    /// Nodes that may take the next word.
    fn candidates(&self) -> Vec<(usize, &'static Node)> {
        let nodes = self.spec.nodes;
        if let (Some(at), Some(_)) = (self.at, self.pending) {
            return nodes.get(at).map(|n| (at, n)).into_iter().collect();
        }
        let open = |n: &&Node| n.once == 0 || self.used & (1 << n.once) == 0;
        self.successors().iter().filter_map(|&i| nodes.get(i).filter(open).map(|n| (i, n))).collect()
    }

    fn is_complete(&self) -> bool {
        self.pending.is_none() && self.at.is_some() && self.successors().contains(&END)
    }

    fn enter(&mut self, index: usize, node: &Node) {
        if self.pending.is_none() {
            self.events.extend(node.marks.iter().map(|m| Event::Mark(*m)));
            if node.once != 0 {
                self.used |= 1 << node.once;
            }
        }
        self.at = Some(index);
        self.pending = None;
    }

    fn keys(&self) -> Vec<String> {
        let typed = |&(slot, end, absent): &(u16, u16, &str)| {
            self.key((slot, end)).unwrap_or_else(|| absent.to_owned())
        };
        let mut keys: Vec<String> = self.spec.keys.iter().map(typed).collect();
        while keys.last().is_some_and(String::is_empty) {
            keys.pop();
        }
        keys
    }

    /// The text of one key: an argument, or the branch of an alternative with the arguments inside it.
    fn key(&self, (slot, end): (u16, u16)) -> Option<String> {
        let parts: Vec<String> = self
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Mark(Mark::Branch(s, index)) if (slot..end).contains(s) => Some(format!("#{index}")),
                Event::Value(s, _) if (slot..end).contains(s) => value_text(e),
                Event::Value(..) | Event::Mark(_) => None,
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn value_text(e: &Event) -> Option<String> {
    let Event::Value(_, v) = e else { return None };
    Some(match v {
        Value::Text(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Ipv4(a) => a.to_string(),
        Value::Ipv6(a) => a.to_string(),
        Value::Interface(i) => i.to_string(),
        Value::Time(t) => t.to_string(),
        Value::Month(m) => m.to_string(),
        Value::Mac(m) => crate::grammar::value::format_mac(m),
        Value::Secret(_) => String::new(),
    })
}

/// What can be seen from a mode at a privilege level.
#[derive(Clone, Copy, Debug)]
struct Sight<'a> {
    clearance: &'a Clearance,
    mode: Mode,
}

impl Sight<'_> {
    fn of(&self, thread: &Thread) -> bool {
        self.clearance.sees(self.mode, thread.spec, &thread.words)
    }

    /// Nodes that may take a thread's next word.
    fn candidates(&self, thread: &Thread) -> Vec<(usize, &'static Node)> {
        let mut nodes = thread.candidates();
        if !self.clearance.is_full() {
            nodes.retain(|(_, node)| match &node.token {
                Token::Keyword { shown, .. } => {
                    let mut words = thread.words.clone();
                    words.push((node.sort, Word::Plain((*shown).to_owned())));
                    self.clearance.sees(self.mode, thread.spec, &words)
                }
                Token::Arg { .. } => self.of(thread),
            });
        }
        nodes
    }
}

/// A line read as far as it goes.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) mode: Mode,
    clearance: &'a Clearance,
    pub(super) form: Form,
    /// A first word `no`, `default` or `do` was taken.
    pub(super) prefixed: bool,
    threads: Vec<Thread>,
}

/// Words of a line with their octet offsets.
pub(super) fn words(line: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = None;
    for (i, c) in line.char_indices() {
        match (c.is_whitespace(), start) {
            (true, Some(s)) => {
                out.push((s, line.get(s..i).unwrap_or("")));
                start = None;
            }
            (false, None) => start = Some(i),
            _ => {}
        }
    }
    if let Some(s) = start {
        out.push((s, line.get(s..).unwrap_or("")));
    }
    out
}

/// How well a node takes a word: rank, and what becomes of the thread.
struct Taken {
    rank: u8,
    keyword: Option<&'static str>,
    thread: Thread,
    rest: bool,
}

fn offer(
    sight: Sight<'_>,
    thread: &Thread,
    word: &str,
    rest: &str,
    out: &mut Vec<Taken>,
    ambiguous: &mut bool,
) {
    for (index, node) in sight.candidates(thread) {
        match &node.token {
            Token::Keyword { word: keyword, shown, .. } => {
                let exact = keyword.eq_ignore_ascii_case(word);
                if !exact && (thread.spec.hidden || !starts_with(keyword, word)) {
                    continue;
                }
                let mut t = thread.clone();
                t.enter(index, node);
                t.words.push((node.sort, Word::Plain((*shown).to_owned())));
                out.push(Taken { rank: u8::from(!exact), keyword: Some(keyword), thread: t, rest: false });
            }
            Token::Arg { slot, kind, .. } => {
                let mut t = thread.clone();
                let taken = fit(*kind, word, rest, thread.pending);
                let (value, text, all) = match taken {
                    Fit::No => continue,
                    Fit::Ambiguous => {
                        *ambiguous = true;
                        continue;
                    }
                    Fit::Half(pending) => {
                        t.enter(index, node);
                        t.pending = Some(pending);
                        out.push(Taken { rank: kind.rank(), keyword: None, thread: t, rest: false });
                        continue;
                    }
                    Fit::Yes(v, w) => (v, w, false),
                    Fit::Rest(v, w) => (v, w, true),
                };
                t.enter(index, node);
                t.events.push(Event::Value(*slot, value));
                t.words.push((node.sort, text));
                if sight.of(&t) {
                    out.push(Taken { rank: kind.rank(), keyword: None, thread: t, rest: all });
                }
            }
        }
    }
}

/// How many octets of `word` some keyword begins with: the caret stands under the first that fits none.
fn fitting(sight: Sight<'_>, threads: &[Thread], word: &str) -> usize {
    let common = |keyword: &str| {
        keyword.bytes().zip(word.bytes()).take_while(|(k, w)| k.eq_ignore_ascii_case(w)).count()
    };
    let keywords = threads.iter().filter(|t| !t.spec.hidden).flat_map(|t| sight.candidates(t));
    keywords
        .filter_map(|(_, node)| match &node.token {
            Token::Keyword { word, .. } => Some(common(word)),
            Token::Arg { .. } => None,
        })
        .max()
        .unwrap_or(0)
}

/// The commands of a mode: those of the privileged EXEC may be moved to whoever has not enabled.
fn commands(mode: Mode, clearance: &Clearance) -> &'static [usize] {
    let moved = mode == Mode::Exec && !clearance.is_full();
    if moved { Mode::Privileged.spec().commands } else { mode.spec().commands }
}

/// Reads `line` in `mode` as far as its words go, with the commands that this level has.
pub(super) fn walk<'a>(clearance: &'a Clearance, mode: Mode, line: &str) -> Result<Walk<'a>, MatchError> {
    let mut words = words(line).into_iter().peekable();
    let (mut mode, mut form, mut prefixed) = (mode, Form::Set, false);
    if mode.is_config() && words.next_if(|w| w.1.eq_ignore_ascii_case("do")).is_some() {
        (mode, prefixed) = (Mode::Privileged, true);
    }
    if mode.spec().negate.is_some() && words.next_if(|w| w.1.eq_ignore_ascii_case("no")).is_some() {
        (form, prefixed) = (Form::No, true);
    } else if mode.is_config() && words.next_if(|w| w.1.len() >= 4 && starts_with("default", w.1)).is_some() {
        (form, prefixed) = (Form::Default, true);
    }
    let fresh = |&i: &usize| {
        let spec = COMMANDS.get(i)?;
        let usable = form == Form::Set || (spec.no != NoForm::None && !spec.inverse);
        usable.then(|| Thread {
            spec,
            at: None,
            pending: None,
            used: 0,
            events: Vec::new(),
            words: Vec::new(),
        })
    };
    let mut threads: Vec<Thread> = commands(mode, clearance).iter().filter_map(fresh).collect();
    let sight = Sight { clearance, mode };
    for (column, word) in words {
        let rest = line.get(column..).unwrap_or("");
        let (mut taken, mut ambiguous) = (Vec::new(), false);
        for t in &threads {
            offer(sight, t, word, rest, &mut taken, &mut ambiguous);
        }
        let Some(best) = taken.iter().map(|t| t.rank).min() else {
            return Err(match ambiguous {
                true => MatchError::Ambiguous,
                false => MatchError::Invalid(column + fitting(sight, &threads, word)),
            });
        };
        taken.retain(|t| t.rank == best);
        let first = taken.first().and_then(|t| t.keyword);
        if taken.iter().any(|t| t.keyword != first) {
            return Err(MatchError::Ambiguous);
        }
        let done = taken.iter().all(|t| t.rest);
        threads = taken.into_iter().map(|t| t.thread).collect();
        if done {
            break;
        }
    }
    Ok(Walk { mode, clearance, form, prefixed, threads })
}

impl Walk<'_> {
    /// Nodes that the next word may enter, each with its command.
    pub(super) fn candidates(&self) -> Vec<(&'static CommandSpec, &'static Node, Option<Pending>)> {
        let sight = Sight { clearance: self.clearance, mode: self.mode };
        let each = |t: &Thread| {
            let (spec, pending) = (t.spec, t.pending);
            sight.candidates(t).into_iter().map(move |(_, n)| (spec, n, pending)).collect::<Vec<_>>()
        };
        self.threads.iter().flat_map(each).collect()
    }

    /// Whether Enter would be accepted here.
    pub(super) fn can_end(&self) -> bool {
        self.end().is_some()
    }

    fn end(&self) -> Option<(&Thread, bool)> {
        let may = |t: &&Thread| self.clearance.allows(self.mode, t.spec, &t.words);
        if let Some(t) = self.threads.iter().filter(may).find(|t| t.is_complete()) {
            return Some((t, true));
        }
        if self.form == Form::Set {
            return None;
        }
        let stops = |t: &&Thread| {
            let no_end = t.at.and_then(|n| t.spec.nodes.get(n)).is_some_and(|n| n.no_end);
            let keyed = t.spec.keys.first().is_none_or(|&(slot, end, _)| t.key((slot, end)).is_some());
            no_end && keyed && t.pending.is_none() && t.spec.no == NoForm::Partial && may(t)
        };
        let mut open = self.threads.iter().filter(stops);
        let first = open.next()?;
        open.all(|t| t.spec == first.spec).then_some((first, false))
    }
}

/// Parses `line`, typed in `mode` by somebody who has every command.
pub fn parse(mode: Mode, line: &str) -> Result<Parsed, MatchError> {
    parse_as(&Clearance::full(), mode, line)
}

/// The keywords with which a command begins, in full; `None` when no command of the mode begins so.
pub fn in_full(mode: Mode, head: &str) -> Option<String> {
    let full = Clearance::full();
    let walk = walk(&full, mode, head).ok().filter(|walk| !walk.prefixed)?;
    let words: Vec<String> = walk.threads.first()?.words.iter().map(|(_, w)| render(w, false)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Parses `line`, typed in `mode` by somebody who has the commands of a privilege level.
pub fn parse_as(clearance: &Clearance, mode: Mode, line: &str) -> Result<Parsed, MatchError> {
    let walk = walk(clearance, mode, line)?;
    let (thread, complete) = walk.end().ok_or(MatchError::Incomplete)?;
    let form = if thread.spec.inverse { Form::No } else { walk.form };
    let captures = Captures::new(&thread.events, form != Form::Set, complete);
    let command = (thread.spec.build)(&captures).ok_or(MatchError::Incomplete)?;
    let mut words = thread.words.clone();
    words.sort_by_key(|w| w.0);
    Ok(Parsed {
        command,
        form,
        spec: thread.spec,
        mode: walk.mode,
        words: words.into_iter().map(|w| w.1).collect(),
        keys: thread.keys(),
    })
}
