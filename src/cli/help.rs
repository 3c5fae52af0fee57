//! `?` and Tab.

use super::clearance::Clearance;
use super::matcher::{Form, MatchError, Walk, walk, words};
use super::messages::UNRECOGNIZED;
use super::pager::is_filtered;
use super::token::placeholder;
use crate::grammar::Mode;
use crate::grammar::table::{ArgKind, Token};
use crate::grammar::value::{InterfaceKind, starts_with};
use std::collections::BTreeMap;

/// Rows of `?`: what can be typed, and its help.
type Rows = BTreeMap<(bool, String, String), String>;

fn keyword(rows: &mut Rows, word: &str, help: &str) {
    rows.entry((true, word.to_ascii_lowercase(), word.to_owned())).or_insert_with(|| help.to_owned());
}

fn argument(rows: &mut Rows, kind: ArgKind, help: &str) {
    let mut add = |what: &str, help: &str| {
        rows.entry((false, what.to_owned(), what.to_owned())).or_insert_with(|| help.to_owned());
    };
    match kind {
        ArgKind::Secret | ArgKind::Secret0 => {
            add("0", "Specifies an UNENCRYPTED password will follow");
            add("7", "Specifies a HIDDEN password will follow");
        }
        ArgKind::Hash => {
            add("0", "Specifies an UNENCRYPTED password will follow");
            add("5", "Specifies a MD5 HASHED secret will follow");
            add("8", "Specifies a PBKDF2 HASHED secret will follow");
            add("9", "Specifies a SCRYPT HASHED secret will follow");
        }
        ArgKind::Interface => {
            for (_, name, help) in InterfaceKind::all() {
                keyword(rows, name, help);
            }
            return;
        }
        _ => {}
    }
    add(&placeholder(kind), help);
}

fn rows(walk: &Walk<'_>) -> Rows {
    let mut rows = Rows::new();
    for (spec, node, pending) in walk.candidates() {
        if spec.hidden {
            continue;
        }
        match &node.token {
            Token::Keyword { word, help, .. } => keyword(&mut rows, word, help),
            Token::Arg { kind: ArgKind::Interface, .. } if pending.is_some() => {
                let (what, help) = ("<0-255>".to_owned(), "Interface number".to_owned());
                rows.insert((false, what.clone(), what), help);
            }
            Token::Arg { kind, help, .. } if pending.is_some() => {
                let what = placeholder(*kind);
                rows.insert((false, what.clone(), what), (*help).to_owned());
            }
            Token::Arg { kind, help, .. } => argument(&mut rows, *kind, help),
        }
    }
    rows
}

fn prefixes(mode: Mode, walk: &Walk<'_>, rows: &mut Rows) {
    if walk.prefixed {
        return;
    }
    if let Some(help) = mode.spec().negate {
        keyword(rows, "no", help);
    }
    if let Some(help) = mode.spec().default {
        keyword(rows, "default", help);
        keyword(rows, "do", "To run exec commands in config mode");
    }
}

/// The line up to its last word, and that word as far as it is typed.
fn split(line: &str) -> (&str, &str) {
    let at =
        line.rfind(char::is_whitespace).map_or(0, |i| i + line[i..].chars().next().map_or(1, char::len_utf8));
    line.split_at(at)
}

/// The screen that `?` prints after `line`, each line ended by a newline.
///
/// After a space (or on an empty line) every possibility with its help, placeholders first, then keywords by alphabet,
/// `<cr>` last; inside a word the keywords that begin so, in columns.
pub fn help(clearance: &Clearance, mode: Mode, line: &str) -> String {
    let (head, partial) = split(line);
    let walk = match walk(clearance, mode, head) {
        Ok(w) => w,
        Err(MatchError::Ambiguous) => return format!("% Ambiguous command:  \"{}\"\n", line.trim()),
        Err(MatchError::Incomplete | MatchError::Invalid(_)) => return UNRECOGNIZED.into(),
    };
    let first = words(head).is_empty();
    let mut rows = rows(&walk);
    if first {
        prefixes(mode, &walk, &mut rows);
    }
    if !partial.is_empty() {
        return partial_help(&rows, partial);
    }
    let mut out = String::new();
    if let Some(h) = mode.spec().header.filter(|_| first) {
        out.push_str(&format!("{h}\n"));
    }
    let width = rows.keys().map(|k| k.2.len()).max().unwrap_or(0).max(4) + 2;
    for ((_, _, what), help) in &rows {
        out.push_str(format!("  {what:<width$}{help}").trim_end());
        out.push('\n');
    }
    if !first && walk.can_end() {
        if is_filtered(head) {
            out.push_str(&format!("  {:<width$}Output modifiers\n", "|"));
        }
        out.push_str("  <cr>\n");
    }
    if out.is_empty() { UNRECOGNIZED.into() } else { out }
}

fn partial_help(rows: &Rows, partial: &str) -> String {
    let keywords: Vec<&str> =
        rows.keys().filter(|k| k.0 && starts_with(&k.2, partial)).map(|k| k.2.as_str()).collect();
    let found: Vec<&str> = if keywords.is_empty() {
        rows.keys().filter(|k| !k.0).map(|k| k.2.as_str()).collect()
    } else {
        keywords
    };
    if found.is_empty() {
        return UNRECOGNIZED.into();
    }
    let width = found.iter().map(|w| w.len()).max().unwrap_or(0) + 2;
    let per_line = (78 / width).max(1);
    let mut out = String::new();
    for row in found.chunks(per_line) {
        let cells: String = row.iter().map(|w| format!("{w:<width$}")).collect();
        out.push_str(cells.trim_end());
        out.push('\n');
    }
    out
}

/// The line after Tab: its last word completed and a space, when exactly one keyword begins so.
pub fn complete(clearance: &Clearance, mode: Mode, line: &str) -> Option<String> {
    let (head, partial) = split(line);
    if partial.is_empty() {
        return None;
    }
    let walk = walk(clearance, mode, head).ok()?;
    let mut rows = rows(&walk);
    if words(head).is_empty() && walk.form == Form::Set {
        prefixes(mode, &walk, &mut rows);
    }
    let exact = rows.keys().find(|k| k.0 && k.2.eq_ignore_ascii_case(partial));
    let mut found = rows.keys().filter(|k| k.0 && starts_with(&k.2, partial));
    let word = match (exact, found.next(), found.next()) {
        (Some(k), ..) | (None, Some(k), None) => &k.2,
        _ => return None,
    };
    Some(format!("{head}{word} "))
}
