//! The shape of the generated tables, and how a walk through them becomes a typed command.

pub use super::kind::ArgKind;

use super::command::{COMMANDS, Command, MODES, Mode};
use super::value::{FromValue, Value};

/// A command that has a `no` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op<T> {
    /// The plain form.
    Set(T),
    /// `no ...` or `default ...`; the arguments when the line had all of them.
    No(Option<T>),
}

impl<T> Op<T> {
    /// The arguments of the plain form.
    pub fn set(&self) -> Option<&T> {
        match self {
            Op::Set(t) => Some(t),
            Op::No(_) => None,
        }
    }

    /// Whether this is the plain form.
    pub fn is_set(&self) -> bool {
        matches!(self, Op::Set(_))
    }

    /// The arguments of either form, as far as the line had all of them.
    pub fn args(&self) -> Option<&T> {
        match self {
            Op::Set(t) => Some(t),
            Op::No(t) => t.as_ref(),
        }
    }
}

/// A mode of the command line.
#[derive(Debug)]
pub struct ModeSpec {
    /// Its name as a type.
    pub mode: Mode,
    /// Its name in the grammar files.
    pub name: &'static str,
    /// What follows the host name in the prompt.
    pub prompt: &'static str,
    /// Where `exit` returns to.
    pub parent: Option<Mode>,
    /// First line of `?` on an empty line.
    pub header: Option<&'static str>,
    /// Help of `no`, where the mode has one.
    pub negate: Option<&'static str>,
    /// Help of `default`, where the mode has one: the configuration modes.
    pub default: Option<&'static str>,
    /// Indices into [`COMMANDS`].
    pub commands: &'static [usize],
}

impl Mode {
    /// The mode's table.
    pub fn spec(self) -> &'static ModeSpec {
        &MODES[self as usize]
    }

    /// The mode of a name of the grammar files.
    pub fn named(name: &str) -> Option<Mode> {
        MODES.iter().find(|m| m.name == name).map(|m| m.mode)
    }

    /// Whether lines typed here change the configuration.
    pub fn is_config(self) -> bool {
        self.spec().default.is_some()
    }
}

/// Which `no` forms a command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoForm {
    /// None.
    None,
    /// It may stop after the leading keywords and the key.
    Partial,
    /// It takes all of the arguments.
    Full,
}

/// A command's graph and attributes.
#[derive(Debug)]
pub struct CommandSpec {
    /// Position in [`COMMANDS`].
    pub index: usize,
    /// Grammar file.
    pub family: &'static str,
    /// Name of its variant.
    pub name: &'static str,
    /// `file:line`.
    pub defined: &'static str,
    /// The mode that it belongs to.
    pub mode: Mode,
    /// Nodes with which a line may begin.
    pub start: &'static [usize],
    /// Its `no` form.
    pub no: NoForm,
    /// Kept and shown by `show running-config`.
    pub nvgen: bool,
    /// On unless negated.
    pub on: bool,
    /// Both forms are kept.
    pub explicit: bool,
    /// Accepted and kept, no effect here.
    pub inert: bool,
    /// Not listed by `?`.
    pub hidden: bool,
    /// The mode that it opens.
    pub enter: Option<Mode>,
    /// Slots that tell its instances apart, each with the first slot that is not inside it and with what it is where it
    /// is not typed.
    pub keys: &'static [(u16, u16, &'static str)],
    /// Position in `show running-config`.
    pub order: u32,
    /// Argument text that is the default.
    pub default: Option<&'static str>,
    /// What is shown when it is absent.
    pub absent: Option<&'static str>,
    /// Commands of one slot replace each other.
    pub slot: Option<&'static str>,
    /// How many keywords its path begins with.
    pub leading: usize,
    /// It negates: `undebug`.
    pub inverse: bool,
    /// Makes the typed command.
    pub build: fn(&Captures<'_>) -> Option<Command>,
    /// Keywords and arguments.
    pub nodes: &'static [Node],
}

impl PartialEq for CommandSpec {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl CommandSpec {
    /// The command of a family (grammar file) and variant name.
    pub fn find(family: &str, name: &str) -> Option<&'static CommandSpec> {
        COMMANDS.iter().find(|c| c.family == family && c.name == name && !c.inverse)
    }
}

/// The successor that ends a command.
pub const END: usize = usize::MAX;

/// A keyword or argument of a command.
#[derive(Debug)]
pub struct Node {
    /// What it consumes.
    pub token: Token,
    /// What may follow.
    pub next: &'static [usize],
    /// What it records.
    pub marks: &'static [Mark],
    /// Guard, from 1: entered once in a line.
    pub once: u8,
    /// Position of its word in the canonical line.
    pub sort: u16,
    /// A `no` line may stop here.
    pub no_end: bool,
}

/// What a node consumes.
#[derive(Debug)]
pub enum Token {
    /// A keyword.
    Keyword {
        /// As typed and as `?` lists it.
        word: &'static str,
        /// As the configuration shows it.
        shown: &'static str,
        /// Its help.
        help: &'static str,
    },
    /// An argument.
    Arg {
        /// Where its value goes.
        slot: u16,
        /// What it accepts.
        kind: ArgKind,
        /// Its help.
        help: &'static str,
    },
}

/// What entering a node records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Branch `.1` of the alternative at slot `.0`.
    Branch(u16, u16),
    /// The optional keywords at slot `.0`.
    Flag(u16),
}

/// One step of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A node's mark.
    Mark(Mark),
    /// An argument's value.
    Value(u16, Value),
}

/// A walk through a command's graph, as its generated constructor reads it.
#[derive(Clone, Copy, Debug)]
pub struct Captures<'a> {
    events: &'a [Event],
    negated: bool,
    complete: bool,
}

impl<'a> Captures<'a> {
    /// A walk that recorded `events`; `complete` says whether it reached the command's end.
    pub fn new(events: &'a [Event], negated: bool, complete: bool) -> Self {
        Captures { events, negated, complete }
    }

    fn values(&self, slot: u16) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter_map(move |e| match e {
            Event::Value(s, v) if *s == slot => Some(v),
            Event::Value(..) | Event::Mark(_) => None,
        })
    }

    /// The value at `slot`.
    pub fn get<T: FromValue>(&self, slot: u16) -> Option<T> {
        self.values(slot).next().and_then(T::from_value)
    }

    /// All values at `slot`.
    pub fn all<T: FromValue>(&self, slot: u16) -> Vec<T> {
        self.values(slot).filter_map(T::from_value).collect()
    }

    /// Whether the optional keywords at `slot` are present.
    pub fn flag(&self, slot: u16) -> bool {
        self.events.contains(&Event::Mark(Mark::Flag(slot)))
    }

    /// The branch that these captures start with.
    pub fn branch(&self) -> Option<u16> {
        match self.events.first() {
            Some(Event::Mark(Mark::Branch(_, index))) => Some(*index),
            _ => None,
        }
    }

    /// One walk per choice made at `slot`, each beginning with its branch.
    fn segments(&self, slot: u16) -> impl Iterator<Item = Captures<'a>> {
        let starts: Vec<usize> = self
            .events
            .iter()
            .enumerate()
            .filter(|(_, e)| matches!(e, Event::Mark(Mark::Branch(s, _)) if *s == slot))
            .map(|(i, _)| i)
            .collect();
        let (events, captures) = (self.events, *self);
        (0..starts.len()).map(move |n| {
            let end = starts.get(n + 1).copied().unwrap_or(events.len());
            Captures { events: events.get(starts[n]..end).unwrap_or(&[]), ..captures }
        })
    }

    /// The choice made at `slot`.
    pub fn choice<T>(&self, slot: u16, read: fn(&Captures<'_>) -> Option<T>) -> Option<T> {
        self.segments(slot).next().and_then(|c| read(&c))
    }

    /// The choice made at `slot`, which may be absent.
    pub fn maybe<T>(&self, slot: u16, read: fn(&Captures<'_>) -> Option<T>) -> Option<Option<T>> {
        match self.segments(slot).next() {
            Some(c) => read(&c).map(Some),
            None => Some(None),
        }
    }

    /// All choices made at `slot`, in the order typed.
    pub fn choices<T>(&self, slot: u16, read: fn(&Captures<'_>) -> Option<T>) -> Option<Vec<T>> {
        self.segments(slot).map(|c| read(&c)).collect()
    }

    /// The plain or the `no` form.
    pub fn op<T>(&self, read: fn(&Captures<'_>) -> Option<T>) -> Option<Op<T>> {
        match (self.negated, self.complete) {
            (false, _) => read(self).map(Op::Set),
            (true, true) => Some(Op::No(read(self))),
            (true, false) => Some(Op::No(None)),
        }
    }
}
