//! The running-config: an ordered tree of typed lines.
//!
//! A line that opens a mode (`interface Ethernet0`, `accept-dialin`) has children. What replaces what follows from the
//! grammar: a command is single-valued unless it has a key, commands of one slot replace each other, a command that is
//! on by default keeps its `no` form.

pub use super::rules::StoreError;
use super::views::SEVERITIES;
use super::{rules, secret, vty};
use crate::cli::{Form, Parsed, SecretStyle, Word, in_full, mode_of, parse, render};
use crate::grammar::command::COMMANDS;
use crate::grammar::command::global::{GlobalCommand, PrivilegeAction};
use crate::grammar::command::interface::InterfaceCommand;
use crate::grammar::command::line::{ExecTimeout, LineCommand};
use crate::grammar::command::logging::LoggingCommand;
use crate::grammar::table::{CommandSpec, Op};
use crate::grammar::value::{InterfaceName, Scheme};
use crate::grammar::{Command, Mode};
use secret::{Algorithm, Salts};

/// A line of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it says; `Op::No` where the `no` form is kept.
    pub command: Command,
    /// Its definition.
    pub spec: &'static CommandSpec,
    /// It is the `no` form.
    pub negated: bool,
    /// What tells it apart from other lines of the same command.
    pub keys: Vec<String>,
    /// The mode that it opens.
    pub mode: Option<Mode>,
    /// The lines of that mode, in the order in which they were entered.
    pub children: Vec<Line>,
    words: Vec<Word>,
}

impl Line {
    /// The plain form of a line, with nothing inside.
    pub(super) fn new(parsed: &Parsed) -> Line {
        line_of(parsed, false)
    }

    /// The line as NVGEN shows it, without indent.
    pub fn text(&self, encrypt: bool) -> String {
        let words: Vec<String> = self.words.iter().map(|w| render(w, encrypt)).collect();
        format!("{}{}", if self.negated { "no " } else { "" }, words.join(" "))
    }

    /// The children that are plain or kept `no` forms of commands that take effect here.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.children.iter().map(|l| &l.command)
    }

    /// The name of the interface that it opens.
    pub fn interface(&self) -> Option<&InterfaceName> {
        match &self.command {
            Command::Interface(InterfaceCommand::Interface(op)) => op.set().map(|i| &i.name),
            _ => None,
        }
    }

    /// Whether it has no effect here.
    pub fn is_inert(&self) -> bool {
        is_inert(&self.command, self.spec)
    }

    fn is(&self, spec: &CommandSpec, keys: &[String]) -> bool {
        self.spec == spec && self.keys == keys
    }
}

/// One step into the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    spec: usize,
    keys: Vec<String>,
    mode: Mode,
}

/// A mode instance: global configuration, or `vpdn-group 1`, or its `accept-dialin`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// Global configuration.
    pub fn root() -> Self {
        Path::default()
    }

    /// The mode at this place.
    pub fn mode(&self) -> Mode {
        self.0.last().map_or(Mode::Config, |s| s.mode)
    }

    /// The place that encloses this one; `None` for global configuration.
    pub fn parent(&self) -> Option<Path> {
        self.0.split_last().map(|(_, head)| Path(head.to_vec()))
    }

    fn with(&self, step: Step) -> Path {
        Path(self.0.iter().cloned().chain([step]).collect())
    }
}

/// What a line did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The configuration is different now.
    pub changed: bool,
    /// The mode instance that the line opens.
    pub enter: Option<Path>,
    /// The line is kept without effect here.
    pub inert: bool,
}

/// The running-config.
#[derive(Clone, Debug)]
pub struct Store {
    lines: Vec<Line>,
    salts: Salts,
}

impl PartialEq for Store {
    /// Alike are configurations that say the same.
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines
    }
}

/// What a router has before anything is typed.
const FACTORY: [&str; 3] = ["line con 0", "line aux 0", "line vty 0 4"];

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// The configuration of a router without startup-config: its terminal lines.
    pub fn new() -> Self {
        let mut store = Store { lines: Vec::new(), salts: Salts::default() };
        for text in FACTORY {
            // The factory lines are of the grammar; a test holds them to it.
            if let Ok(parsed) = parse(Mode::Config, text) {
                let _ = store.apply(&Path::root(), &parsed);
            }
        }
        store
    }

    /// The lines of global configuration, in the order in which they were entered.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The typed commands of global configuration.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.lines.iter().map(|l| &l.command)
    }

    /// The lines at `path`; none when it does not exist.
    pub fn at(&self, path: &Path) -> &[Line] {
        let mut lines = self.lines.as_slice();
        for step in &path.0 {
            match lines.iter().find(|l| l.spec.index == step.spec && l.keys == step.keys) {
                Some(l) => lines = &l.children,
                None => return &[],
            }
        }
        lines
    }

    /// The line that opens the mode instance at `path`; none for global configuration.
    pub(super) fn opener(&self, path: &Path) -> Option<&Line> {
        let (last, above) = path.0.split_last()?;
        self.at(&Path(above.to_vec())).iter().find(|l| l.spec.index == last.spec && l.keys == last.keys)
    }

    /// The interface whose lines stand at `path`.
    pub fn interface(&self, path: &Path) -> Option<&InterfaceName> {
        self.opener(path).and_then(Line::interface)
    }

    /// The lines of global configuration that open `mode`: every vpdn-group, every interface.
    pub fn instances(&self, mode: Mode) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |l| l.mode == Some(mode))
    }

    /// Every line with the lines that enclose it, outermost first.
    pub fn walk(&self) -> Vec<Vec<&Line>> {
        fn visit<'a>(above: &[&'a Line], lines: &'a [Line], out: &mut Vec<Vec<&'a Line>>) {
            for l in lines {
                let here: Vec<&Line> = above.iter().copied().chain([l]).collect();
                out.push(here.clone());
                visit(&here, &l.children, out);
            }
        }
        let mut out = Vec::new();
        visit(&[], &self.lines, &mut out);
        out
    }

    /// `hostname`.
    pub fn hostname(&self) -> &str {
        let named = |c| match c {
            &Command::Global(GlobalCommand::Hostname(Op::Set(ref h))) => Some(h.name.as_str()),
            _ => None,
        };
        self.commands().find_map(named).unwrap_or("Router")
    }

    /// Whether `path` lies in a block that is kept without effect.
    pub fn is_inert(&self, path: &Path) -> bool {
        path.0.iter().any(|s| COMMANDS.get(s.spec).is_some_and(|c| c.inert))
    }

    /// `service password-encryption`.
    pub fn encrypts_passwords(&self) -> bool {
        self.commands()
            .any(|c| matches!(c, Command::Global(GlobalCommand::ServicePasswordEncryption(Op::Set(())))))
    }

    /// Where the salts of secrets in clear come from.
    pub fn salts(&self) -> &Salts {
        &self.salts
    }

    /// Gives the seed of the salts, drawn once per router.
    pub fn seed_salts(&mut self, seed: [u8; 16]) {
        self.salts.seed(seed);
    }

    fn at_mut(&mut self, path: &Path) -> Option<&mut Vec<Line>> {
        let mut lines = &mut self.lines;
        for step in &path.0 {
            let found = lines.iter_mut().find(|l| l.spec.index == step.spec && l.keys == step.keys)?;
            lines = &mut found.children;
        }
        Some(lines)
    }

    /// Reads a line of configuration and applies it at `path`. `None` when it is no line of that mode.
    pub fn apply_text(&mut self, path: &Path, text: &str) -> Option<Applied> {
        let parsed = parse(path.mode(), text).ok().filter(|parsed| parsed.spec.nvgen)?;
        self.apply(path, &parsed).ok()
    }

    /// Applies one typed line at `path`. Either all of it happens or, on an error, nothing.
    pub fn apply(&mut self, path: &Path, parsed: &Parsed) -> Result<Applied, StoreError> {
        if let Some(texts) = super::compat::rewrite(&parsed.command) {
            return self.apply_rewritten(path, &texts);
        }
        rules::check(self, path, parsed)?;
        if let Some(blocks) = self.network_lines(path) {
            return self.apply_to_all(&blocks, parsed);
        }
        if let (Some(range), Form::Set) = (vty::range(&parsed.command), parsed.form) {
            let changed = vty::open(&mut self.lines, range)?;
            let step = Step { spec: parsed.spec.index, keys: parsed.keys.clone(), mode: Mode::Line };
            return Ok(Applied { changed, enter: Some(path.with(step)), inert: false });
        }
        if let Some(from) = vty::removed(&parsed.command) {
            return Ok(Applied { changed: vty::remove(&mut self.lines, from), enter: None, inert: false });
        }
        if let (Command::Interface(InterfaceCommand::Interface(_)), Form::Default) =
            (&parsed.command, parsed.form)
        {
            return Ok(Applied { changed: self.empty(parsed), enter: None, inert: false });
        }
        let parsed = &normal(&digested(parsed, &mut self.salts));
        let lines = self.at_mut(path).ok_or(StoreError::Gone)?;
        let (changed, entered) = match parsed.form {
            Form::Set => set(lines, parsed),
            Form::No => (negate(lines, parsed), None),
            Form::Default => (remove(lines, parsed.spec, &parsed.keys), None),
        };
        let enter = entered.map(|step| path.with(step));
        Ok(Applied { changed, enter, inert: is_inert(&parsed.command, parsed.spec) })
    }

    /// `default interface`: it stays, and says nothing.
    fn empty(&mut self, parsed: &Parsed) -> bool {
        let own = self.lines.iter_mut().filter(|l| l.is(parsed.spec, &parsed.keys));
        own.map(|l| std::mem::take(&mut l.children)).any(|lines| !lines.is_empty())
    }

    /// The blocks of the network lines at `path`, when it is a range that no block is made of.
    fn network_lines(&self, path: &Path) -> Option<Vec<Path>> {
        let [step] = path.0.as_slice() else { return None };
        let there = |l: &&Line| l.spec.index == step.spec && l.keys == step.keys;
        if step.mode != Mode::Line || self.lines.iter().any(|l| there(&l)) {
            return None;
        }
        let numbers: Vec<u32> = step.keys.first()?.split(' ').filter_map(|word| word.parse().ok()).collect();
        let (first, last) = (*numbers.first()?, *numbers.last()?);
        let inside = |l: &&Line| vty::range(&l.command).is_some_and(|(a, b)| first <= a && b <= last);
        let path_of = |l: &Line| Path(vec![Step { keys: l.keys.clone(), ..step.clone() }]);
        Some(self.lines.iter().filter(inside).map(path_of).collect())
    }

    /// Applies a line inside several blocks.
    fn apply_to_all(&mut self, blocks: &[Path], parsed: &Parsed) -> Result<Applied, StoreError> {
        let mut all = Applied { changed: false, enter: None, inert: parsed.spec.inert };
        for block in blocks {
            all.changed |= self.apply(block, parsed)?.changed;
        }
        if blocks.is_empty() { Err(StoreError::Gone) } else { Ok(all) }
    }

    /// The configuration as it is shown: network lines that say the same stand together.
    pub(super) fn joined(&self) -> Store {
        let mut joined = self.clone();
        vty::join(&mut joined.lines);
        joined
    }

    fn apply_rewritten(&mut self, path: &Path, texts: &[Vec<String>]) -> Result<Applied, StoreError> {
        let mut next = self.clone();
        let mut changed = false;
        for nested in texts {
            let mut at = path.clone();
            for text in nested {
                let Ok(parsed) = parse(at.mode(), text) else { continue };
                let applied = next.apply(&at, &parsed)?;
                changed |= applied.changed;
                at = applied.enter.unwrap_or(at);
            }
        }
        *self = next;
        Ok(Applied { changed, enter: None, inert: false })
    }
}

/// Whether a line has a secret in clear that is kept as its digest.
pub fn is_digested(parsed: &Parsed) -> bool {
    let clear = |w: &Word| matches!(w, Word::Secret { secret, style: SecretStyle::Digest } if !matches!(secret.scheme, Scheme::Digest(_)));
    parsed.form == Form::Set && parsed.words.iter().any(clear)
}

/// A secret in clear is kept as its digest, by the algorithm that `algorithm-type` names, which is not kept itself.
fn digested(parsed: &Parsed, salts: &mut Salts) -> Parsed {
    let plain = |w: &Word| match w {
        Word::Plain(text) => Some(text.clone()),
        Word::Secret { .. } => None,
    };
    let named = parsed.words.iter().position(|w| plain(w).as_deref() == Some(ALGORITHM));
    let named = named.filter(|_| parsed.words.iter().any(|w| matches!(w, Word::Secret { .. })));
    if named.is_none() && !is_digested(parsed) {
        return parsed.clone();
    }
    let algorithm = named
        .and_then(|at| parsed.words.get(at + 1))
        .and_then(plain)
        .and_then(|word| Algorithm::of(&word))
        .unwrap_or_default();
    let kept = |at: &usize| named.is_none_or(|named| *at != named && *at != named + 1);
    let words: Vec<String> = (0..)
        .zip(&parsed.words)
        .filter(|(at, _)| kept(at))
        .map(|(_, w)| match w {
            Word::Secret { secret, style: SecretStyle::Digest } => {
                secret::shown(&secret::digest(secret, algorithm, salts), false, false)
            }
            other => render(other, false),
        })
        .collect();
    let text = words.join(" ");
    let line = if parsed.form == Form::No { format!("no {text}") } else { text };
    parse(parsed.mode, &line).unwrap_or_else(|_| parsed.clone())
}

/// Whether a command has no effect here: it is marked so, or it moves a command that there is not.
fn is_inert(command: &Command, spec: &CommandSpec) -> bool {
    spec.inert
        || match command {
            Command::Global(GlobalCommand::Privilege(op)) => {
                op.args().is_some_and(|p| in_full(mode_of(p.mode), &p.command).is_none())
            }
            _ => false,
        }
}

/// The form in which a line is kept: the keywords of a command that `privilege` moves in full, its `reset` as a `no`, and
/// the password of level 15 without its level, as IOS shows them.
fn normal(parsed: &Parsed) -> Parsed {
    if matches!(parsed.command, Command::Logging(_)) {
        return with_level_named(parsed);
    }
    if let Command::Line(LineCommand::ExecTimeout(op)) = &parsed.command {
        return exec_timeout(op, parsed);
    }
    let Command::Global(command) = &parsed.command else { return parsed.clone() };
    let text = match command {
        GlobalCommand::Privilege(op) => op.args().map(|p| {
            let mode = parsed.words.get(1).map(|w| render(w, false)).unwrap_or_default();
            let all = if p.all { " all" } else { "" };
            let command = in_full(mode_of(p.mode), &p.command).unwrap_or_else(|| p.command.clone());
            match p.action {
                PrivilegeAction::Level { level } => format!("privilege {mode}{all} level {level} {command}"),
                PrivilegeAction::Reset => format!("no privilege {mode}{all} level 0 {command}"),
            }
        }),
        GlobalCommand::EnableSecretLevel(op) => op.args().filter(|s| s.level == 15).map(|_| bare(parsed)),
        GlobalCommand::EnablePasswordLevel(op) => op.args().filter(|p| p.level == 15).map(|_| bare(parsed)),
        _ => None,
    };
    let Some(text) = text else { return parsed.clone() };
    let negated = parsed.form == Form::No && !text.starts_with("no ");
    let line = if negated { format!("no {text}") } else { text };
    parse(Mode::Config, &line).unwrap_or_else(|_| parsed.clone())
}

/// A command of `logging` that gives its level as a number, with the name of the level, as IOS keeps it. What else ends
/// in a number is no level: the least size of a buffer is 4096.
fn with_level_named(parsed: &Parsed) -> Parsed {
    let level = |l: &LoggingCommand| match l {
        LoggingCommand::Buffered(_)
        | LoggingCommand::Console(_)
        | LoggingCommand::Monitor(_)
        | LoggingCommand::Trap(_) => parsed.words.last().map(|w| render(w, false))?.parse::<usize>().ok(),
        _ => None,
    };
    let Command::Logging(command) = &parsed.command else { return parsed.clone() };
    let Some(name) = level(command).and_then(|number| SEVERITIES.get(number)) else { return parsed.clone() };
    let mut words: Vec<String> = parsed.words.iter().map(|w| render(w, false)).collect();
    words.pop();
    words.push((*name).to_owned());
    let no = if parsed.form == Form::No { "no " } else { "" };
    parse(Mode::Config, &format!("{no}{}", words.join(" "))).unwrap_or_else(|_| parsed.clone())
}

/// A timeout with its seconds; none at all is one of zero, as the published reference has it.
fn exec_timeout(op: &Op<ExecTimeout>, parsed: &Parsed) -> Parsed {
    let (minutes, seconds) = match (op, parsed.form) {
        (Op::Set(t), _) => (t.minutes, t.seconds.unwrap_or(0)),
        (Op::No(_), Form::No) => (0, 0),
        (Op::No(_), Form::Set | Form::Default) => return parsed.clone(),
    };
    parse(Mode::Line, &format!("exec-timeout {minutes} {seconds}")).unwrap_or_else(|_| parsed.clone())
}

/// `enable secret level 15 X` without its level.
fn bare(parsed: &Parsed) -> String {
    let words = parsed.words.iter().enumerate().filter(|(at, _)| !(2..4).contains(at));
    words.map(|(_, w)| render(w, false)).collect::<Vec<_>>().join(" ")
}

/// The keyword that names an algorithm.
const ALGORITHM: &str = "algorithm-type";

/// `username` lines of one name add up.
fn merged(old: &Line, new: &Parsed) -> Option<Parsed> {
    if !matches!(&new.command, Command::Global(GlobalCommand::Username(Op::Set(_)))) {
        return None;
    }
    let options = new.words.get(2..)?.iter().map(|w| render(w, false)).collect::<Vec<_>>().join(" ");
    parse(Mode::Config, &format!("{} {options}", old.text(false))).ok()
}

fn is_default(parsed: &Parsed) -> bool {
    let spec = parsed.spec;
    let arguments: Vec<String> = parsed.words.iter().skip(spec.leading).map(|w| render(w, false)).collect();
    let plain_on = spec.on && !spec.explicit && arguments.is_empty() && spec.enter.is_none();
    plain_on || spec.default.is_some_and(|d| d.split('|').any(|d| d == arguments.join(" ")))
}

/// Puts a line in its place: whether anything is different, and the mode instance that it opens.
fn set(lines: &mut Vec<Line>, parsed: &Parsed) -> (bool, Option<Step>) {
    let spec = parsed.spec;
    if !spec.nvgen {
        return (false, None);
    }
    let count = lines.len();
    if let Some(slot) = spec.slot {
        lines.retain(|l| l.spec == spec || l.spec.slot != Some(slot));
    }
    let displaced = lines.len() != count;
    let found = lines.iter().position(|l| l.is(spec, &parsed.keys));
    if is_default(parsed) {
        if let Some(i) = found {
            lines.remove(i);
        }
        return (displaced || found.is_some(), None);
    }
    let merged = found.and_then(|i| lines.get(i)).and_then(|old| merged(old, parsed));
    let mut line = line_of(merged.as_ref().unwrap_or(parsed), false);
    let step = line.mode.map(|mode| Step { spec: spec.index, keys: line.keys.clone(), mode });
    let Some(old) = found.and_then(|i| lines.get_mut(i)) else {
        lines.push(line);
        return (true, step);
    };
    if !old.negated {
        line.children = std::mem::take(&mut old.children);
    }
    let changed = displaced || old.negated || old.words != line.words;
    *old = line;
    (changed, step)
}

fn line_of(parsed: &Parsed, negated: bool) -> Line {
    let mode = match &parsed.command {
        Command::Interface(InterfaceCommand::Interface(Op::Set(i))) if i.name.is_subinterface() => {
            Some(Mode::Subinterface)
        }
        _ => parsed.spec.enter,
    };
    Line {
        command: parsed.command.clone(),
        spec: parsed.spec,
        negated,
        keys: parsed.keys.clone(),
        mode: if negated { None } else { mode },
        children: Vec::new(),
        words: parsed.words.clone(),
    }
}

fn remove(lines: &mut Vec<Line>, spec: &CommandSpec, keys: &[String]) -> bool {
    let count = lines.len();
    lines.retain(|l| l.spec != spec || !l.keys.starts_with(keys));
    lines.len() != count
}

fn negate(lines: &mut Vec<Line>, parsed: &Parsed) -> bool {
    if !parsed.spec.on || parsed.spec.enter.is_some() || !parsed.spec.nvgen {
        return remove(lines, parsed.spec, &parsed.keys);
    }
    let mut line = line_of(parsed, true);
    // `no logging console debugging` is kept as `no logging console`.
    if parsed.spec.keys.is_empty() {
        line.words.truncate(parsed.spec.leading);
    }
    let same = |l: &Line| l.negated && l.is(parsed.spec, &parsed.keys) && l.words == line.words;
    if lines.iter().any(same) {
        return false;
    }
    remove(lines, parsed.spec, &parsed.keys);
    lines.push(line);
    true
}
