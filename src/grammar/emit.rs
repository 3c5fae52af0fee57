//! Writes the typed commands and the matcher's tables as Rust.

use super::check::{Compiled, Entry};
use super::graph::{END, Label, Mark, keywords_only};
use super::kind::ArgKind;
use super::syntax::{Command, Tok};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// `l2tp-class` is `L2tpClass`; a leading digit takes an `N`; `*` is `Star`.
pub fn camel(s: &str) -> String {
    let parts = s.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let joined: String = parts.map(|p| p[..1].to_ascii_uppercase() + &p[1..]).collect();
    match joined.chars().next() {
        None => "Star".into(),
        Some(c) if c.is_ascii_digit() => format!("N{joined}"),
        Some(_) => joined,
    }
}

fn snake(s: &str) -> String {
    let name: String =
        s.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    match name.as_str() {
        "type" | "in" | "match" | "move" | "ref" | "use" | "static" | "loop" | "mod" | "where" => name + "_",
        n if n.starts_with(|c: char| c.is_ascii_digit()) => format!("n{name}"),
        _ => name,
    }
}

/// `NewModel` is made by `build_new_model`.
fn builder(id: &str) -> String {
    let mut out = String::from("build");
    for c in id.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn rust_type(kind: &ArgKind) -> &'static str {
    match kind {
        ArgKind::Word | ArgKind::Line | ArgKind::Banner => "String",
        ArgKind::Ipv4 | ArgKind::Mask => "std::net::Ipv4Addr",
        ArgKind::Ipv6 => "std::net::Ipv6Addr",
        ArgKind::Range(_, max) if *max > u64::from(u32::MAX) => "u64",
        ArgKind::Range(..) | ArgKind::Hex => "u32",
        ArgKind::Interface => "value::InterfaceName",
        ArgKind::Time => "value::TimeOfDay",
        ArgKind::Month => "value::Month",
        ArgKind::Mac => "[u8; 6]",
        ArgKind::Secret | ArgKind::Secret0 | ArgKind::Hash => "value::Secret",
    }
}

/// A field of a generated type.
struct Field {
    name: String,
    doc: String,
    ty: String,
    /// Expression over a `Captures` named `c`, of type `Option<ty>`.
    read: String,
}

/// Walks a path in the order in which the graph numbers its slots.
struct Fields<'a> {
    id: &'a str,
    slot: u16,
    enums: String,
}

impl Fields<'_> {
    fn take(&mut self) -> u16 {
        self.slot += 1;
        self.slot - 1
    }

    fn path(&mut self, toks: &[Tok], optional: bool) -> Vec<Field> {
        toks.iter().flat_map(|t| self.token(t, optional)).collect()
    }

    fn flag(&mut self, toks: &[Tok]) -> Vec<Field> {
        let Some(word) = keywords_only(toks) else { return self.path(toks, true) };
        let slot = self.take();
        let (name, doc) = (snake(&word), format!("`{word}`: {}.", help_of(&toks[0])));
        vec![Field { name, doc, ty: "bool".into(), read: format!("Some(c.flag({slot}))") }]
    }

    fn token(&mut self, t: &Tok, optional: bool) -> Vec<Field> {
        match t {
            Tok::Keyword { .. } => Vec::new(),
            Tok::Opt(inner) => self.flag(inner),
            Tok::Any(options) => options.iter().flat_map(|o| self.flag(o)).collect(),
            Tok::Arg { name, kind, help, many } => {
                let slot = self.take();
                let one = rust_type(kind);
                let (ty, read) = match (many, optional) {
                    (true, _) => (format!("Vec<{one}>"), format!("Some(c.all({slot}))")),
                    (false, true) => (format!("Option<{one}>"), format!("Some(c.get({slot}))")),
                    (false, false) => (one.to_owned(), format!("c.get({slot})")),
                };
                vec![Field { name: snake(name), doc: format!("{help}."), ty, read }]
            }
            Tok::Alt { branches, name, many } => vec![self.alternative(branches, name, *many, optional)],
        }
    }

    fn alternative(&mut self, branches: &[Vec<Tok>], name: &str, many: bool, optional: bool) -> Field {
        let slot = self.take();
        let ty = format!("{}{}", self.id, camel(name));
        let (mut variants, mut arms, mut plain) = (String::new(), String::new(), true);
        for (index, branch) in branches.iter().enumerate() {
            let (variant, doc) = match &branch[0] {
                Tok::Keyword { word, help } => (camel(typed(word)), format!("`{}`: {help}.", typed(word))),
                Tok::Arg { name, help, .. } => (camel(name), format!("{help}.")),
                Tok::Alt { name, .. } => (camel(name), format!("One of {name}.")),
                Tok::Opt(_) | Tok::Any(_) => (format!("Branch{index}"), String::new()),
            };
            let fields = self.path(branch, false);
            plain &= fields.is_empty();
            let _ = writeln!(variants, "/// {}", doc_text(&doc));
            let _ = writeln!(variants, "{variant}{},", struct_body(&fields, ""));
            let _ = writeln!(arms, "{index} => {ty}::{variant}{},", reads(&fields));
        }
        let derives =
            if plain { "Clone, Copy, Debug, PartialEq, Eq, Hash" } else { "Clone, Debug, PartialEq, Eq" };
        let at = format!("Choice `{name}` of `{}`.", self.id);
        let _ = writeln!(self.enums, "/// {at}\n#[derive({derives})]\npub enum {ty} {{\n{variants}}}");
        let _ = writeln!(self.enums, "impl {ty} {{\nfn read(c: &Captures<'_>) -> Option<Self> {{");
        let _ = writeln!(self.enums, "Some(match c.branch()? {{\n{arms}_ => return None,\n}})\n}}\n}}");
        let (whole, read) = match (many, optional) {
            (true, _) => (format!("Vec<{ty}>"), format!("c.choices({slot}, {ty}::read)")),
            (false, true) => (format!("Option<{ty}>"), format!("c.maybe({slot}, {ty}::read)")),
            (false, false) => (ty.clone(), format!("c.choice({slot}, {ty}::read)")),
        };
        Field { name: snake(name), doc: format!("The {name} chosen."), ty: whole, read }
    }
}

fn help_of(t: &Tok) -> &str {
    match t {
        Tok::Keyword { help, .. } | Tok::Arg { help, .. } => help,
        Tok::Opt(_) | Tok::Alt { .. } | Tok::Any(_) => "",
    }
}

/// The typed half of `typed~shown`.
fn typed(word: &str) -> &str {
    word.split('~').next().unwrap_or(word)
}

/// Help texts are not Markdown.
fn doc_text(s: &str) -> String {
    s.replace('[', "\\[").replace('<', "\\<")
}

fn struct_body(fields: &[Field], vis: &str) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let inner: String =
        fields.iter().map(|f| format!("/// {}\n{vis}{}: {},\n", doc_text(&f.doc), f.name, f.ty)).collect();
    format!(" {{\n{inner}}}")
}

fn reads(fields: &[Field]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let inner: String = fields.iter().map(|f| format!("{}: {}?, ", f.name, f.read)).collect();
    format!(" {{ {inner}}}")
}

/// The syntax as a book would print it.
fn synopsis(toks: &[Tok]) -> String {
    let join = |b: &[Vec<Tok>]| b.iter().map(|t| synopsis(t)).collect::<Vec<_>>().join(" | ");
    let parts = toks.iter().map(|t| match t {
        Tok::Keyword { word, .. } => typed(word).to_owned(),
        Tok::Arg { name, many, .. } => format!("<{name}>{}", if *many { "..." } else { "" }),
        Tok::Opt(inner) => format!("[{}]", synopsis(inner)),
        Tok::Alt { branches, many, .. } => {
            format!("{{{}}}{}", join(branches), if *many { "..." } else { "" })
        }
        Tok::Any(options) => {
            options.iter().map(|o| format!("[{}]", synopsis(o))).collect::<Vec<_>>().join(" ")
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Writes everything.
pub fn emit(compiled: &Compiled<'_>) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let mut families: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for e in compiled.commands.iter().filter(|e| e.inverse_of.is_none()) {
        families.entry(&e.family).or_default().push(e);
    }
    writeln!(out, "/// A typed command, by the grammar file that defines it.")?;
    writeln!(out, "#[derive(Clone, Debug, PartialEq, Eq)]\npub enum Command {{")?;
    for family in families.keys() {
        let name = camel(family);
        writeln!(out, "/// `grammars/{family}.cli`\n{name}({}::{name}Command),", snake(family))?;
    }
    writeln!(out, "}}")?;
    for (family, entries) in &families {
        emit_family(&mut out, family, entries)?;
    }
    emit_modes(&mut out, compiled)?;
    emit_tables(&mut out, compiled)?;
    Ok(out)
}

fn emit_family(out: &mut String, family: &str, entries: &[&Entry]) -> fmt::Result {
    let (mut variants, mut types, mut builders) = (String::new(), String::new(), String::new());
    let name = camel(family);
    for e in entries {
        let Command { id, path, attrs, at } = &e.command;
        let mut f = Fields { id, slot: 0, enums: String::new() };
        let fields = f.path(path, false);
        writeln!(variants, "/// `{}` ({at})", synopsis(path))?;
        writeln!(builders, "pub(super) fn {}(c: &Captures<'_>) -> Option<Command> {{", builder(id))?;
        let make = if attrs.no {
            if fields.is_empty() {
                writeln!(variants, "{id}(Op<()>),")?;
                format!("{name}Command::{id}(c.op(|_| Some(()))?)")
            } else {
                writeln!(variants, "{id}(Op<{id}>),")?;
                writeln!(types, "/// Arguments of `{}`.", synopsis(path))?;
                writeln!(types, "#[derive(Clone, Debug, PartialEq, Eq)]")?;
                writeln!(types, "pub struct {id}{}", struct_body(&fields, "pub "))?;
                format!("{name}Command::{id}(c.op(|c| Some({id}{}))?)", reads(&fields))
            }
        } else {
            writeln!(variants, "{id}{},", struct_body(&fields, ""))?;
            format!("{name}Command::{id}{}", reads(&fields))
        };
        let used = if attrs.no || !fields.is_empty() { "" } else { "let _ = c;\n" };
        writeln!(builders, "{used}Some(Command::{name}({make}))\n}}")?;
        types.push_str(&f.enums);
    }
    writeln!(out, "/// Commands of `grammars/{family}.cli`.\npub mod {} {{", snake(family))?;
    writeln!(out, "#[allow(unused_imports)]\nuse super::{{Captures, Command, Op, value}};")?;
    writeln!(out, "/// Commands of `grammars/{family}.cli`.\n#[derive(Clone, Debug, PartialEq, Eq)]")?;
    writeln!(out, "pub enum {name}Command {{\n{variants}}}\n{types}{builders}}}")
}

fn emit_modes(out: &mut String, compiled: &Compiled<'_>) -> fmt::Result {
    writeln!(out, "/// A mode of the command line.")?;
    writeln!(out, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Mode {{")?;
    for t in &compiled.modes {
        writeln!(out, "/// `{}` ({})\n{},", t.mode.prompt, t.mode.at, camel(&t.mode.name))?;
    }
    writeln!(out, "}}\n/// Every mode, in the order of [`Mode`].\npub static MODES: &[ModeSpec] = &[")?;
    for t in &compiled.modes {
        let m = t.mode;
        let parent = m.parent.as_ref().map(|p| format!("Mode::{}", camel(p)));
        writeln!(
            out,
            "ModeSpec {{ mode: Mode::{}, name: {:?}, prompt: {:?}, parent: {}, header: {:?}, negate: {:?}, \
             default: {:?}, commands: &{:?} }},",
            camel(&m.name),
            m.name,
            m.prompt,
            option(parent),
            m.header,
            m.negate,
            m.default,
            t.commands,
        )?;
    }
    writeln!(out, "];")
}

fn option(s: Option<String>) -> String {
    s.map_or("None".into(), |s| format!("Some({s})"))
}

fn kind_expr(kind: &ArgKind) -> String {
    match kind {
        ArgKind::Range(a, b) => format!("ArgKind::Range({a}, {b})"),
        other => format!("ArgKind::{other:?}"),
    }
}

fn next_expr(next: &[usize]) -> String {
    let all: Vec<String> =
        next.iter().map(|&n| if n == END { "END".into() } else { n.to_string() }).collect();
    format!("&[{}]", all.join(","))
}

fn marks_expr(marks: &[Mark]) -> String {
    let all: Vec<String> = marks.iter().map(|m| format!("Mark::{m:?}")).collect();
    format!("&[{}]", all.join(","))
}

fn emit_tables(out: &mut String, compiled: &Compiled<'_>) -> fmt::Result {
    writeln!(out, "/// Every command's graph.\npub static COMMANDS: &[CommandSpec] = &[")?;
    for (index, e) in compiled.commands.iter().enumerate() {
        let a = &e.command.attrs;
        let no = match (a.no, a.no_full) {
            (false, _) => "NoForm::None",
            (true, true) => "NoForm::Full",
            (true, false) => "NoForm::Partial",
        };
        let keys: Vec<(u16, u16, &str)> = a
            .keys
            .iter()
            .filter_map(|(k, absent)| {
                let slot = e.graph.slots.iter().find(|s| s.0 == *k)?;
                Some((slot.1, slot.2, absent.as_str()))
            })
            .collect();
        let default_order = 9000 + index as u32;
        writeln!(
            out,
            "CommandSpec {{ index: {index}, family: {:?}, name: {:?}, defined: \"{}\", mode: Mode::{}, start: {}, \
             no: {no}, nvgen: {}, on: {}, explicit: {}, inert: {}, hidden: {}, enter: {}, keys: &{keys:?}, order: {}, \
             default: {:?}, absent: {:?}, slot: {:?}, leading: {}, inverse: {}, build: {}::{}, nodes: &[",
            e.family,
            e.command.id,
            e.command.at,
            camel(&e.mode),
            next_expr(&e.graph.start),
            a.nvgen,
            a.on,
            a.explicit,
            a.inert,
            a.hidden,
            option(a.enter.as_ref().map(|m| format!("Mode::{}", camel(m)))),
            a.order.unwrap_or(default_order),
            a.default,
            a.absent,
            a.slot,
            e.command.path.iter().take_while(|t| matches!(t, Tok::Keyword { .. })).count(),
            e.inverse_of.is_some(),
            snake(&e.family),
            builder(&e.command.id),
        )?;
        for n in &e.graph.nodes {
            let token = match &n.label {
                Label::Keyword { word, shown, help } => {
                    format!("Token::Keyword {{ word: {word:?}, shown: {shown:?}, help: {help:?} }}")
                }
                Label::Arg { slot, kind, help } => {
                    format!("Token::Arg {{ slot: {slot}, kind: {}, help: {help:?} }}", kind_expr(kind))
                }
                Label::Join => continue,
            };
            writeln!(
                out,
                "Node {{ token: {token}, next: {}, marks: {}, once: {}, sort: {}, no_end: {} }},",
                next_expr(&n.next),
                marks_expr(&n.marks),
                n.once,
                n.sort,
                n.no_end
            )?;
        }
        writeln!(out, "] }},")?;
    }
    writeln!(out, "];")
}
