//! NVGEN: the store written out as `show running-config` shows it.

use super::store::{Line, Store};
use crate::cli::Clearance;
use crate::grammar::command::COMMANDS;
use crate::grammar::command::aaa::{
    AaaCommand, AccountingGroup, AccountingMethods, AuthenticationGroup, AuthenticationMethods,
    AuthorizationGroup, AuthorizationMethods,
};
use crate::grammar::command::line::{LineCommand, LineLine};
use crate::grammar::command::vpdn::{AcceptProtocolProtocol, VpdnCommand};
use crate::grammar::table::Op;
use crate::grammar::value::InterfaceName;
use crate::grammar::{Command, Mode};

/// The configuration from `version` to `end`, each line ended by a newline. `!` lines separate its sections.
///
/// What stands above it (`Building configuration...`, `Current configuration:`) is the show command's.
pub fn running_config(store: &Store) -> String {
    running_config_for(store, &Clearance::full())
}

/// The same, as far as a privilege level sees it.
pub fn running_config_for(store: &Store, clearance: &Clearance) -> String {
    let store = &store.joined();
    let encrypt = store.encrypts_passwords();
    let mut out = Output { text: String::new(), clearance };
    let mut section = None;
    let shown = |entry: &Entry<'_>| entry.is_shown(Mode::Config, clearance);
    for entry in ordered(Mode::Config, store.lines()).into_iter().filter(shown) {
        let here = entry.order() / 50;
        if section.is_some_and(|s| s != here) {
            out.separator();
        }
        section = Some(here);
        out.entry(&entry, 0, encrypt);
        if matches!(entry, Entry::Kept(l) if l.mode.is_some() && here != LINES) {
            out.separator();
        }
    }
    out.separator();
    out.text.push_str("end\n");
    out.text
}

/// The section of `line ...`, whose blocks follow each other without `!`.
const LINES: u32 = 32;

/// One block as it stands in the configuration: the line, then its children, indented.
pub fn block(store: &Store, line: &Line) -> String {
    block_for(store, line, &Clearance::full())
}

/// The same, as far as a privilege level sees it.
pub fn block_for(store: &Store, line: &Line, clearance: &Clearance) -> String {
    let mut out = Output { text: String::new(), clearance };
    let entry = Entry::Kept(line);
    if entry.is_shown(Mode::Config, clearance) {
        out.entry(&entry, 0, store.encrypts_passwords());
    }
    out.text
}

/// The lines inside a block, without indent: what a Virtual-Template clones.
pub fn inner_lines(store: &Store, line: &Line) -> Vec<String> {
    block(store, line).lines().skip(1).map(|l| l.strip_prefix(' ').unwrap_or(l).to_owned()).collect()
}

/// Every inert line with the lines that enclose it: `vpdn-group 1 / ip pmtu`. Of a method list with `group tacacs+` that
/// method is named, which is passed over as one that does not answer.
pub fn inert_lines(store: &Store) -> Vec<String> {
    let encrypt = store.encrypts_passwords();
    let joined = |path: &[&Line]| path.iter().map(|l| l.text(encrypt)).collect::<Vec<_>>().join(" / ");
    let said = |path: Vec<&Line>| {
        let inert = path.iter().any(|l| l.is_inert());
        let passed_over = !inert && path.last().is_some_and(|l| names_tacacs(&l.command));
        let note = if passed_over { " (group tacacs+ is passed over)" } else { "" };
        (inert || passed_over).then(|| joined(&path) + note)
    };
    store.walk().into_iter().filter_map(said).collect()
}

/// Whether a method list names a method for which there is no server here.
fn names_tacacs(command: &Command) -> bool {
    match command {
        Command::Aaa(AaaCommand::Authentication(Op::Set(list))) => list.methods.iter().any(|method| {
            matches!(method, AuthenticationMethods::Group { group: AuthenticationGroup::Tacacs })
        }),
        Command::Aaa(AaaCommand::Authorization(Op::Set(list))) => list.methods.iter().any(|method| {
            matches!(method, AuthorizationMethods::Group { group: AuthorizationGroup::Tacacs })
        }),
        Command::Aaa(AaaCommand::Accounting(Op::Set(list))) => list
            .methods
            .iter()
            .any(|method| matches!(method, AccountingMethods::Group { group: AccountingGroup::Tacacs })),
        _ => false,
    }
}

enum Entry<'a> {
    Kept(&'a Line),
    Absent(u32, &'static str),
}

impl Entry<'_> {
    fn order(&self) -> u32 {
        match self {
            Entry::Kept(l) => l.spec.order,
            Entry::Absent(order, _) => *order,
        }
    }

    /// A line that stands for an absence is for whoever sees everything.
    fn is_shown(&self, mode: Mode, clearance: &Clearance) -> bool {
        match self {
            Entry::Kept(line) => clearance.shows(mode, line),
            Entry::Absent(..) => clearance.is_full(),
        }
    }

    fn interface(&self) -> Option<&InterfaceName> {
        match self {
            Entry::Kept(line) => line.interface(),
            Entry::Absent(..) => None,
        }
    }

    /// The place of a terminal line among the others: those of an access server stand between console and auxiliary port.
    fn terminal(&self) -> Option<(u32, u32)> {
        match self {
            Entry::Kept(Line { command: Command::Line(LineCommand::Line(Op::Set(line))), .. }) => {
                Some(match line.line {
                    LineLine::Console { number } => (0, number),
                    LineLine::First { first, .. } => (1, first),
                    LineLine::Aux { number } => (2, number),
                    LineLine::Vty { first, .. } => (3, first),
                })
            }
            Entry::Kept(_) | Entry::Absent(..) => None,
        }
    }
}

/// The lines of a mode in the order of the grammar, with those that stand for an absence.
fn ordered(mode: Mode, lines: &[Line]) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = lines.iter().map(Entry::Kept).collect();
    for &index in mode.spec().commands {
        let Some(spec) = COMMANDS.get(index) else { continue };
        let Some(text) = spec.absent else { continue };
        let filled = |l: &Line| l.spec == spec || (spec.slot.is_some() && l.spec.slot == spec.slot);
        if !lines.iter().any(filled) {
            entries.push(Entry::Absent(spec.order, text));
        }
    }
    entries.sort_by(|a, b| {
        let own = a.order().cmp(&b.order());
        own.then_with(|| a.interface().cmp(&b.interface())).then_with(|| a.terminal().cmp(&b.terminal()))
    });
    entries
}

struct Output<'a> {
    text: String,
    clearance: &'a Clearance,
}

impl Output<'_> {
    fn separator(&mut self) {
        if !self.text.ends_with("!\n") {
            self.text.push_str("!\n");
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.text.extend(std::iter::repeat_n(' ', depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn entry(&mut self, entry: &Entry<'_>, depth: usize, encrypt: bool) {
        let line = match entry {
            Entry::Absent(_, text) => return self.line(depth, text),
            Entry::Kept(line) => line,
        };
        self.line(depth, &line.text(encrypt));
        let Some(mode) = line.mode else { return };
        if let Some(comment) = default_group(line) {
            self.line(depth + 1, comment);
        }
        let clearance = self.clearance;
        for child in ordered(mode, &line.children).iter().filter(|child| child.is_shown(mode, clearance)) {
            self.entry(child, depth + 1, encrypt);
        }
    }
}

/// The comment of a group that takes any peer: it accepts, and says from nobody in particular.
fn default_group(line: &Line) -> Option<&'static str> {
    let vpdn = |l: &Line| match &l.command {
        Command::Vpdn(v) => Some(v.clone()),
        _ => None,
    };
    if line.mode != Some(Mode::VpdnGroup) {
        return None;
    }
    let mut accept = None;
    for child in &line.children {
        match vpdn(child)? {
            VpdnCommand::TerminateFrom(Op::Set(_)) => return None,
            VpdnCommand::AcceptDialin(Op::Set(())) => accept = Some(child),
            _ => {}
        }
    }
    let protocol = accept?.children.iter().find_map(|l| match vpdn(l) {
        Some(VpdnCommand::AcceptProtocol(Op::Set(p))) => Some(p.protocol),
        _ => None,
    })?;
    Some(match protocol {
        AcceptProtocolProtocol::L2tp => "! Default L2TP VPDN group",
        AcceptProtocolProtocol::L2f => "! Default L2F VPDN group",
        AcceptProtocolProtocol::Pptp => "! Default PPTP VPDN group",
        AcceptProtocolProtocol::Pppoe => "! Default PPPoE VPDN group",
        AcceptProtocolProtocol::Any => "! Default VPDN group",
    })
}
