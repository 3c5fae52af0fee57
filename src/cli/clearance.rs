//! Which commands a privilege level has: IOS's defaults, and what `privilege MODE level N COMMAND` moves.
//!
//! Levels 2 to 14 have the commands of level 1 until some are moved to them. The rules are those of the published
//! configuration guides: a command that is moved takes the keywords before it along (`show` with `show
//! running-config`) unless they are set by themselves, and `all` takes whatever begins so.

use super::token::Word;
use crate::config::store::{Line, Store};
use crate::grammar::command::global::{GlobalCommand, Privilege, PrivilegeAction, PrivilegeMode};
use crate::grammar::table::{CommandSpec, Op};
use crate::grammar::{Command, Mode};

/// The level that has every command.
pub const FULL: u8 = 15;

/// The level of whoever has not enabled.
pub const USER: u8 = 1;

/// What whoever sits at a line may type.
#[derive(Clone, Debug)]
pub struct Clearance {
    level: u8,
    rules: Vec<Rule>,
}

/// A `privilege` line.
#[derive(Clone, Debug)]
struct Rule {
    mode: PrivilegeMode,
    all: bool,
    level: u8,
    words: Vec<String>,
}

impl Rule {
    fn read(privilege: &Privilege) -> Option<Rule> {
        let PrivilegeAction::Level { level } = privilege.action else { return None };
        let words = privilege.command.split_whitespace().map(str::to_owned).collect();
        Some(Rule { mode: privilege.mode, all: privilege.all, level: small(level), words })
    }

    /// Whether the words of this rule stand at the beginning of `words`.
    fn begins(&self, words: &[String]) -> bool {
        self.words.len() <= words.len() && same(&self.words, words)
    }

    /// Whether `words` stand at the beginning of this rule, which has more.
    fn extends(&self, words: &[String]) -> bool {
        self.words.len() > words.len() && same(&self.words, words)
    }
}

/// Alike as far as the shorter one goes.
fn same(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

fn small(level: u32) -> u8 {
    u8::try_from(level).unwrap_or(FULL).min(FULL)
}

/// The name by which `privilege` knows a mode; `None` where its commands cannot be moved.
pub fn privilege_mode(mode: Mode) -> Option<PrivilegeMode> {
    Some(match mode {
        Mode::Exec | Mode::Privileged => PrivilegeMode::Exec,
        Mode::Config => PrivilegeMode::Configure,
        Mode::Interface | Mode::Subinterface => PrivilegeMode::Interface,
        Mode::Line => PrivilegeMode::Line,
        Mode::Controller => PrivilegeMode::Controller,
        Mode::VpdnGroup => PrivilegeMode::VpdnGroup,
        Mode::VpdnTemplate => PrivilegeMode::VpdnTemplate,
        Mode::AccIn => PrivilegeMode::AcceptDialin,
        Mode::AccOut => PrivilegeMode::AcceptDialout,
        Mode::ReqIn => PrivilegeMode::RequestDialin,
        Mode::ReqOut => PrivilegeMode::RequestDialout,
        Mode::PwClass => PrivilegeMode::PseudowireClass,
        Mode::BbaGroup => PrivilegeMode::BbaGroup,
        Mode::SgRadius => PrivilegeMode::SgRadius,
        Mode::ExtNacl => PrivilegeMode::Ipenacl,
        Mode::StdNacl => PrivilegeMode::Ipsnacl,
        Mode::Common
        | Mode::AttrList
        | Mode::RadiusServer
        | Mode::DynamicAuthor
        | Mode::Nacl
        | Mode::IfDialer
        | Mode::InertBlock
        | Mode::IfInert
        | Mode::IfXconn
        | Mode::L2tpClass
        | Mode::IfPpp
        | Mode::VpdnL2tp => return None,
    })
}

/// The mode of a name of `privilege`.
pub fn mode_of(mode: PrivilegeMode) -> Mode {
    match mode {
        PrivilegeMode::Exec => Mode::Privileged,
        PrivilegeMode::Configure => Mode::Config,
        PrivilegeMode::Interface => Mode::Interface,
        PrivilegeMode::Line => Mode::Line,
        PrivilegeMode::Controller => Mode::Controller,
        PrivilegeMode::VpdnGroup => Mode::VpdnGroup,
        PrivilegeMode::VpdnTemplate => Mode::VpdnTemplate,
        PrivilegeMode::AcceptDialin => Mode::AccIn,
        PrivilegeMode::AcceptDialout => Mode::AccOut,
        PrivilegeMode::RequestDialin => Mode::ReqIn,
        PrivilegeMode::RequestDialout => Mode::ReqOut,
        PrivilegeMode::PseudowireClass => Mode::PwClass,
        PrivilegeMode::BbaGroup => Mode::BbaGroup,
        PrivilegeMode::SgRadius => Mode::SgRadius,
        PrivilegeMode::Ipenacl => Mode::ExtNacl,
        PrivilegeMode::Ipsnacl => Mode::StdNacl,
    }
}

/// The commands of level 0, by their names in `session.cli`.
const ANYBODY: [&str; 6] = ["Enable", "Disable", "ExitExec", "QuitExec", "Logout", "HelpText"];

/// The level of a command that nothing has moved. Whoever is in a configuration mode may leave it.
fn default_level(spec: &CommandSpec) -> u8 {
    match spec.mode {
        Mode::Common => 0,
        Mode::Exec if spec.family == "session" && ANYBODY.contains(&spec.name) => 0,
        Mode::Exec => USER,
        _ => FULL,
    }
}

impl Clearance {
    /// That of a configuration file, and of level 15: everything.
    pub const fn full() -> Self {
        Clearance { level: FULL, rules: Vec::new() }
    }

    /// That of a level, as the `privilege` lines of the running-config say.
    pub fn new(level: u8, store: &Store) -> Self {
        if level >= FULL {
            return Clearance::full();
        }
        let rule = |command: &Command| match command {
            Command::Global(GlobalCommand::Privilege(Op::Set(privilege))) => Rule::read(privilege),
            _ => None,
        };
        Clearance { level, rules: store.commands().filter_map(rule).collect() }
    }

    /// Whether it has every command.
    pub fn is_full(&self) -> bool {
        self.level >= FULL
    }

    fn rules(&self, mode: Mode) -> impl Iterator<Item = &Rule> {
        let name = privilege_mode(mode);
        self.rules.iter().filter(move |rule| Some(rule.mode) == name)
    }

    /// The level of a command of which these words are typed.
    fn level_of(&self, mode: Mode, spec: &CommandSpec, words: &[String]) -> u8 {
        let covers = |rule: &&Rule| rule.begins(words) && (rule.all || rule.words.len() >= spec.leading);
        let nearest = self.rules(mode).filter(covers).max_by_key(|rule| rule.words.len());
        nearest.map_or_else(|| default_level(spec), |rule| rule.level)
    }

    /// Whether the keywords that lead to a command are of this level.
    fn reaches(&self, mode: Mode, spec: &CommandSpec, words: &[String]) -> bool {
        (1..spec.leading.min(words.len() + 1)).all(|length| {
            let head = words.get(..length).unwrap_or(words);
            let own = self.rules(mode).find(|rule| rule.words.len() == length && rule.begins(head));
            let taken_along = self.rules(mode).filter(|rule| rule.extends(head)).map(|rule| rule.level).min();
            own.map(|rule| rule.level).or(taken_along).is_none_or(|level| level <= self.level)
        })
    }

    /// Whether a line that begins with these words of the command can be one that this level may type.
    pub(super) fn sees(&self, mode: Mode, spec: &CommandSpec, words: &[(u16, Word)]) -> bool {
        if self.is_full() {
            return true;
        }
        let words = texts(words);
        let moved = |rule: &Rule| rule.level <= self.level && rule.extends(&words);
        self.reaches(mode, spec, &words)
            && (self.level_of(mode, spec, &words) <= self.level || self.rules(mode).any(moved))
    }

    /// Whether these words, which are the whole line, may be typed.
    pub(super) fn allows(&self, mode: Mode, spec: &CommandSpec, words: &[(u16, Word)]) -> bool {
        if self.is_full() {
            return true;
        }
        let words = texts(words);
        self.reaches(mode, spec, &words) && self.level_of(mode, spec, &words) <= self.level
    }

    /// Whether a line of the configuration is shown: the published notes on `show running-config` say that a level sees
    /// what it could type.
    pub fn shows(&self, mode: Mode, line: &Line) -> bool {
        self.is_full() || {
            let words: Vec<String> = line.text(false).split_whitespace().map(str::to_owned).collect();
            let words = words.strip_prefix(&["no".to_owned()]).unwrap_or(&words);
            self.reaches(mode, line.spec, words) && self.level_of(mode, line.spec, words) <= self.level
        }
    }
}

/// The words as a `privilege` line would write them.
fn texts(words: &[(u16, Word)]) -> Vec<String> {
    let split = |word: &Word| match word {
        Word::Plain(text) => text.split_whitespace().map(str::to_owned).collect(),
        Word::Secret { .. } => vec![String::new()],
    };
    words.iter().flat_map(|(_, word)| split(word)).collect()
}
