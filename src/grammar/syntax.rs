//! What a grammar file says, before it is compiled.

use super::kind::ArgKind;

/// Where an entry stands in the grammar files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// File name without directory.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "grammars/{}:{}", self.file, self.line)
    }
}

/// One element of a command's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tok {
    /// A word to type, and its help.
    Keyword {
        /// As `?` lists it; `typed~shown` where the configuration shows it otherwise.
        word: String,
        /// Right-hand column of `?`.
        help: String,
    },
    /// A typed argument.
    Arg {
        /// The field of the generated type.
        name: String,
        /// What it accepts.
        kind: ArgKind,
        /// Right-hand column of `?`.
        help: String,
        /// One or more of them.
        many: bool,
    },
    /// May be left out.
    Opt(Vec<Tok>),
    /// One of several, bound to a name.
    Alt {
        /// Each starts with a keyword, an argument or another alternative.
        branches: Vec<Vec<Tok>>,
        /// The field of the generated type.
        name: String,
        /// One or more of them, each plain keyword at most once.
        many: bool,
    },
    /// Optional parts in any order, each at most once.
    Any(Vec<Vec<Tok>>),
}

/// What a command does besides being parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attrs {
    /// It has a `no` form.
    pub no: bool,
    /// The `no` form takes all of the arguments.
    pub no_full: bool,
    /// It is kept in the configuration and shown by `show running-config`.
    pub nvgen: bool,
    /// On unless negated: the `no` form is what is kept and shown.
    pub on: bool,
    /// Both forms are kept: neither is everywhere the default.
    pub explicit: bool,
    /// Accepted and kept, no effect here.
    pub inert: bool,
    /// Not listed by `?`.
    pub hidden: bool,
    /// The configuration mode that it opens.
    pub enter: Option<String>,
    /// Arguments that tell its instances apart, each with what it is where it is not typed (`key port:1645`).
    pub keys: Vec<(String, String)>,
    /// Position in `show running-config`; a `!` stands between two fifties.
    pub order: Option<u32>,
    /// Argument text that is the default, so neither kept nor shown.
    pub default: Option<String>,
    /// What is shown when the command is absent.
    pub absent: Option<String>,
    /// Commands of one slot replace each other.
    pub slot: Option<String>,
}

/// One command: an `= Id` of a grammar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Name of its variant, unique in its file.
    pub id: String,
    /// From the first keyword.
    pub path: Vec<Tok>,
    /// What it does.
    pub attrs: Attrs,
    /// Where it is defined.
    pub at: Location,
}

/// A mode of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Name in the grammar files.
    pub name: String,
    /// What follows the host name.
    pub prompt: String,
    /// The mode that `exit` returns to.
    pub parent: Option<String>,
    /// Modes whose commands can be typed here too.
    pub includes: Vec<String>,
    /// First line of `?` on an empty line.
    pub header: Option<String>,
    /// Help of `no`, where the mode has one.
    pub negate: Option<String>,
    /// Help of `default`, where the mode has one.
    pub default: Option<String>,
    /// Where it is defined.
    pub at: Location,
}

/// `undebug` is `no debug`: every command that starts with one word can be negated by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// In which mode.
    pub mode: String,
    /// The word to type.
    pub word: String,
    /// Its help.
    pub help: String,
    /// The first keyword of the commands that it negates.
    pub negates: String,
    /// Where it is defined.
    pub at: Location,
}

/// The commands of one mode in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The mode.
    pub mode: String,
    /// In the order of the file.
    pub commands: Vec<Command>,
    /// Where it starts.
    pub at: Location,
}

/// One grammar file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// File name without directory or extension: the family of its commands.
    pub family: String,
    /// Modes declared here.
    pub modes: Vec<Mode>,
    /// Negating words declared here.
    pub aliases: Vec<Alias>,
    /// Commands declared here.
    pub bodies: Vec<Body>,
}

/// A mistake in a grammar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: Location,
    /// What.
    pub message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}
