//! Refuses grammars that cannot be matched: unknown names, and two commands of a mode that take the same line.

use super::graph::{END, Graph, Label, keywords_only, lower};
use super::kind::ArgKind;
use super::syntax::{Command, File, Mistake, Mode, Tok};
use std::collections::{BTreeMap, BTreeSet};

/// A mode with everything that can be typed in it.
#[derive(Debug)]
pub struct Table<'a> {
    /// The mode.
    pub mode: &'a Mode,
    /// Indices into [`Compiled::commands`].
    pub commands: Vec<usize>,
}

/// A checked command and its graph.
#[derive(Debug)]
pub struct Entry {
    /// The file's family.
    pub family: String,
    /// The mode that it is declared in.
    pub mode: String,
    /// The command.
    pub command: Command,
    /// Its graph.
    pub graph: Graph,
    /// It negates another command instead of being one: the index of that command.
    pub inverse_of: Option<usize>,
}

/// All files together.
#[derive(Debug)]
pub struct Compiled<'a> {
    /// Every command.
    pub commands: Vec<Entry>,
    /// Every mode.
    pub modes: Vec<Table<'a>>,
}

fn mistake<T>(at: &super::syntax::Location, message: String) -> Result<T, Mistake> {
    Err(Mistake { at: at.clone(), message })
}

/// Checks `files` together and lowers their commands.
pub fn compile(files: &[File]) -> Result<Compiled<'_>, Mistake> {
    let modes: BTreeMap<&str, &Mode> =
        files.iter().flat_map(|f| &f.modes).map(|m| (m.name.as_str(), m)).collect();
    for m in files.iter().flat_map(|f| &f.modes) {
        if !std::ptr::eq(modes[m.name.as_str()], m) {
            return mistake(&m.at, format!("mode {} is declared twice", m.name));
        }
        for other in m.parent.iter().chain(&m.includes) {
            if !modes.contains_key(other.as_str()) {
                return mistake(&m.at, format!("unknown mode {other}"));
            }
        }
    }
    let mut commands = gather(files, &modes)?;
    add_aliases(files, &mut commands)?;
    let mut tables = Vec::new();
    for mode in files.iter().flat_map(|f| &f.modes) {
        let mut names = vec![mode.name.as_str()];
        names.extend(mode.includes.iter().map(String::as_str));
        let here: Vec<usize> =
            (0..commands.len()).filter(|&i| names.contains(&commands[i].mode.as_str())).collect();
        for (n, &a) in here.iter().enumerate() {
            for &b in &here[n + 1..] {
                refuse_clash(mode, &commands[a], &commands[b])?;
            }
        }
        tables.push(Table { mode, commands: here });
    }
    Ok(Compiled { commands, modes: tables })
}

/// Names that a generated type would hide.
const RESERVED: &[&str] = &["Captures", "Command", "None", "Op", "Option", "Self", "Some", "String", "Vec"];

/// The fields that a path becomes, or the name that two of them share.
fn field_names(toks: &[Tok]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let mut add = |found: BTreeSet<String>| {
        found.into_iter().try_for_each(|n| if names.insert(n.clone()) { Ok(()) } else { Err(n) })
    };
    let optional = |toks: &[Tok]| match keywords_only(toks) {
        Some(word) => Ok(BTreeSet::from([word])),
        None => field_names(toks),
    };
    for t in toks {
        match t {
            Tok::Keyword { .. } => {}
            Tok::Opt(inner) => add(optional(inner)?)?,
            Tok::Any(options) => {
                for o in options {
                    add(optional(o)?)?;
                }
            }
            Tok::Arg { name, .. } => add(BTreeSet::from([name.clone()]))?,
            Tok::Alt { branches, name, .. } => {
                for b in branches {
                    field_names(b)?;
                }
                add(BTreeSet::from([name.clone()]))?;
            }
        }
    }
    Ok(names)
}

fn gather(files: &[File], modes: &BTreeMap<&str, &Mode>) -> Result<Vec<Entry>, Mistake> {
    let mut commands = Vec::new();
    for file in files {
        let mut ids = BTreeSet::new();
        for body in &file.bodies {
            if !modes.contains_key(body.mode.as_str()) {
                return mistake(&body.at, format!("unknown mode {}", body.mode));
            }
            for c in &body.commands {
                if !c.id.starts_with(|ch: char| ch.is_ascii_uppercase())
                    || !c.id.chars().all(|ch| ch.is_ascii_alphanumeric())
                {
                    return mistake(&c.at, format!("{} is not a type name", c.id));
                }
                if RESERVED.contains(&c.id.as_str()) {
                    return mistake(&c.at, format!("{} is a name of Rust's own", c.id));
                }
                if let Err(name) = field_names(&c.path) {
                    return mistake(&c.at, format!("{}: two arguments are named {name}", c.id));
                }
                if !ids.insert(c.id.clone()) {
                    return mistake(&c.at, format!("{} is defined twice in this file", c.id));
                }
                if let Some(m) = c.attrs.enter.as_ref().filter(|m| !modes.contains_key(m.as_str())) {
                    return mistake(&c.at, format!("unknown mode {m}"));
                }
                if c.attrs.no_full && !c.attrs.no {
                    return mistake(&c.at, "full without no".into());
                }
                let graph = lower(c)?;
                for (k, _) in &c.attrs.keys {
                    match graph.slots.iter().filter(|s| s.0 == *k).count() {
                        0 => return mistake(&c.at, format!("{}: key {k} is no argument", c.id)),
                        1 => {}
                        _ => return mistake(&c.at, format!("{}: several arguments are named {k}", c.id)),
                    }
                }
                let (family, mode) = (file.family.clone(), body.mode.clone());
                commands.push(Entry { family, mode, command: c.clone(), graph, inverse_of: None });
            }
        }
    }
    Ok(commands)
}

fn add_aliases(files: &[File], commands: &mut Vec<Entry>) -> Result<(), Mistake> {
    for alias in files.iter().flat_map(|f| &f.aliases) {
        let mut found = Vec::new();
        for (i, e) in commands.iter().enumerate() {
            let starts =
                matches!(&e.graph.nodes[0].label, Label::Keyword { word, .. } if *word == alias.negates);
            if e.mode != alias.mode || !starts || !e.command.attrs.no {
                continue;
            }
            let mut graph = e.graph.clone();
            let (word, shown) = (alias.word.clone(), alias.word.clone());
            graph.nodes[0].label = Label::Keyword { word, shown, help: alias.help.clone() };
            let (family, mode, command) = (e.family.clone(), e.mode.clone(), e.command.clone());
            found.push(Entry { family, mode, command, graph, inverse_of: Some(i) });
        }
        if found.is_empty() {
            return mistake(&alias.at, format!("nothing in {} starts with {}", alias.mode, alias.negates));
        }
        commands.extend(found);
    }
    Ok(())
}

/// Two commands clash when one line leads both to their ends by equally good steps.
fn refuse_clash(mode: &Mode, a: &Entry, b: &Entry) -> Result<(), Mistake> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<(usize, usize)> = pairs(&a.graph.start, &b.graph.start);
    while let Some((x, y)) = todo.pop() {
        if !seen.insert((x, y)) {
            continue;
        }
        match (x, y) {
            (END, END) => {
                let (c, d) = (&a.command, &b.command);
                let message =
                    format!("{} takes the same lines as {} ({}) in mode {}", d.id, c.id, c.at, mode.name);
                return mistake(&d.at, message);
            }
            (END, _) | (_, END) => {}
            _ if overlap(&a.graph.nodes[x].label, &b.graph.nodes[y].label) => {
                todo.extend(pairs(&a.graph.nodes[x].next, &b.graph.nodes[y].next));
            }
            _ => {}
        }
    }
    Ok(())
}

fn pairs(a: &[usize], b: &[usize]) -> Vec<(usize, usize)> {
    a.iter().flat_map(|&x| b.iter().map(move |&y| (x, y))).collect()
}

fn overlap(a: &Label, b: &Label) -> bool {
    match (a, b) {
        (Label::Keyword { word: a, .. }, Label::Keyword { word: b, .. }) => a.eq_ignore_ascii_case(b),
        (Label::Arg { kind: a, .. }, Label::Arg { kind: b, .. }) => match (a, b) {
            (ArgKind::Range(a1, a2), ArgKind::Range(b1, b2)) => a1 <= b2 && b1 <= a2,
            // Ranked types do not overlap: the better one takes the word.
            (a, b) => a.rank() == b.rank(),
        },
        _ => false,
    }
}
