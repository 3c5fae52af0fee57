//! Whether a typed word fits an argument, and the value that it has.

use crate::config::secret;
use crate::grammar::table::{ArgKind, Shape};
use crate::grammar::value::{
    InterfaceKind, InterfaceName, KindMatch, Month, Scheme, Secret, TimeOfDay, Value, format_mac,
    is_contiguous, parse_mac, starts_with,
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A word of a canonical line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A keyword or an argument.
    Plain(String),
    /// A password.
    Secret {
        /// The password.
        secret: Secret,
        /// How it is shown and kept.
        style: SecretStyle,
    },
}

/// How a command shows and keeps its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStyle {
    /// Without a type when it is in clear.
    Bare,
    /// With `0` when it is in clear.
    Zero,
    /// As a digest.
    Digest,
}

/// The first half of an argument of two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// `Virtual-Template` of `Virtual-Template 1`.
    Interface(InterfaceKind),
    /// `7` of `password 7 094F471A1A0A`.
    Secret(u8),
}

/// How a word meets an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Not at all.
    No,
    /// It begins several interface types.
    Ambiguous,
    /// It is the value.
    Yes(Value, Word),
    /// It and the rest of the line are the value.
    Rest(Value, Word),
    /// It is the first half.
    Half(Pending),
}

fn plain(v: Value, text: impl ToString) -> Fit {
    Fit::Yes(v, Word::Plain(text.to_string()))
}

/// What `?` shows for an argument.
pub fn placeholder(kind: ArgKind) -> String {
    match kind {
        ArgKind::Word => "WORD".into(),
        ArgKind::Shape(Shape::Hours) => "<-23 - 23>".into(),
        ArgKind::Shape(Shape::Release | Shape::Delimiters | Shape::Unit) => "WORD".into(),
        ArgKind::Line | ArgKind::Secret | ArgKind::Secret0 | ArgKind::Hash | ArgKind::Banner => "LINE".into(),
        ArgKind::Ipv4 | ArgKind::Mask => "A.B.C.D".into(),
        ArgKind::Ipv6 => "X:X:X:X::X".into(),
        ArgKind::Range(a, b) => format!("<{a}-{b}>"),
        ArgKind::Interface => "INTERFACE".into(),
        ArgKind::Hex => "<0x0-0xFFFFFFFF>".into(),
        ArgKind::Time => "hh:mm:ss".into(),
        ArgKind::Month => "MONTH".into(),
        ArgKind::Mac => "H.H.H".into(),
    }
}

/// Fits `word`, which is followed by the line's `rest` (itself included), to an argument of `kind`.
pub fn fit(kind: ArgKind, word: &str, rest: &str, pending: Option<Pending>) -> Fit {
    match kind {
        ArgKind::Word => plain(Value::Text(word.into()), word),
        ArgKind::Shape(shape) if has_shape(word, shape) => plain(Value::Text(word.into()), word),
        ArgKind::Shape(_) => Fit::No,
        ArgKind::Banner => banner(rest),
        ArgKind::Line => {
            let text = rest.trim_end();
            Fit::Rest(Value::Text(text.into()), Word::Plain(text.into()))
        }
        ArgKind::Ipv4 => word.parse::<Ipv4Addr>().map_or(Fit::No, |a| plain(Value::Ipv4(a), a)),
        ArgKind::Mask => match word.parse::<Ipv4Addr>() {
            Ok(a) if is_contiguous(a) => plain(Value::Ipv4(a), a),
            _ => Fit::No,
        },
        ArgKind::Ipv6 => word.parse::<Ipv6Addr>().map_or(Fit::No, |a| plain(Value::Ipv6(a), a)),
        ArgKind::Range(low, high) => match word.parse::<u64>() {
            Ok(n) if (low..=high).contains(&n) => plain(Value::Number(n), n),
            _ => Fit::No,
        },
        ArgKind::Hex => {
            let digits = word.strip_prefix("0x").unwrap_or(word);
            match u32::from_str_radix(digits, 16) {
                Ok(n) => plain(Value::Number(n.into()), format!("0x{n:X}")),
                Err(_) => Fit::No,
            }
        }
        ArgKind::Time => TimeOfDay::parse(word).map_or(Fit::No, |t| plain(Value::Time(t), t)),
        ArgKind::Month => Month::parse(word).map_or(Fit::No, |m| plain(Value::Month(m), m)),
        ArgKind::Mac => parse_mac(word).map_or(Fit::No, |m| plain(Value::Mac(m), format_mac(&m))),
        ArgKind::Interface => interface(word, pending),
        ArgKind::Secret | ArgKind::Secret0 | ArgKind::Hash => password(kind, word, pending),
    }
}

fn has_shape(word: &str, shape: Shape) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let number = |s: &str, most: u8| digits(s) && s.len() <= 2 && s.parse::<u8>().is_ok_and(|n| n <= most);
    match shape {
        Shape::Release => word
            .split_once('.')
            .is_some_and(|(major, minor)| digits(major) && minor.starts_with(|c: char| c.is_ascii_digit())),
        Shape::Hours => number(word.strip_prefix(['-', '+']).unwrap_or(word), 23),
        Shape::Delimiters => word.chars().all(|c| "%-@\\#/".contains(c)),
        Shape::Unit => word.split('/').count() <= 3 && word.split('/').all(|n| number(n, 31)),
    }
}

/// The delimiter with which a banner's text begins: a character, or `^C` for Ctrl-C as configurations write it.
pub fn banner_delimiter(text: &str) -> Option<&str> {
    if text.starts_with("^C") {
        return text.get(..2);
    }
    text.chars().next().and_then(|c| text.get(..c.len_utf8()))
}

/// The delimiter that a line of `banner` still waits for.
pub fn open_banner(line: &str) -> Option<&str> {
    let words = super::matcher::words(line);
    let (column, _) = match words.as_slice() {
        [(_, b), _, text, ..] if b.len() >= 2 && starts_with("banner", b) => *text,
        _ => return None,
    };
    let text = line.get(column..)?;
    let delimiter = banner_delimiter(text)?;
    let inner = text.get(delimiter.len()..)?;
    (!inner.contains(delimiter)).then_some(delimiter)
}

fn banner(rest: &str) -> Fit {
    let Some(delimiter) = banner_delimiter(rest) else { return Fit::No };
    let inner = rest.get(delimiter.len()..).unwrap_or("");
    let text = inner.split_once(delimiter).map_or(inner, |(text, _)| text);
    Fit::Rest(Value::Text(text.into()), Word::Plain(format!("^C{text}^C")))
}

fn interface(word: &str, pending: Option<Pending>) -> Fit {
    let named = |kind, unit: &str| {
        let name = InterfaceName { kind, unit: unit.to_owned() };
        plain(Value::Interface(name.clone()), name)
    };
    if let Some(Pending::Interface(kind)) = pending {
        return if kind.has_unit(word) { named(kind, word) } else { Fit::No };
    }
    let split = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (kind, unit) = word.split_at(split);
    match InterfaceKind::find(kind) {
        KindMatch::None => Fit::No,
        KindMatch::Ambiguous => Fit::Ambiguous,
        KindMatch::One(kind) if unit.is_empty() => Fit::Half(Pending::Interface(kind)),
        KindMatch::One(kind) if kind.has_unit(unit) => named(kind, unit),
        KindMatch::One(_) => Fit::No,
    }
}

fn password(kind: ArgKind, word: &str, pending: Option<Pending>) -> Fit {
    let types: &[u8] = if kind == ArgKind::Hash { &[0, 5, 8, 9] } else { &[0, 7] };
    let style = match kind {
        ArgKind::Hash => SecretStyle::Digest,
        ArgKind::Secret0 => SecretStyle::Zero,
        _ => SecretStyle::Bare,
    };
    let kept = |secret: Secret| Fit::Yes(Value::Secret(secret.clone()), Word::Secret { secret, style });
    match pending {
        None => match word.parse::<u8>() {
            Ok(n) if word.len() == 1 && types.contains(&n) => Fit::Half(Pending::Secret(n)),
            _ => kept(Secret::clear(word)),
        },
        Some(Pending::Secret(7)) => match secret::decode7(word) {
            Some(clear) => kept(Secret::new(Scheme::Type7, clear)),
            None => Fit::No,
        },
        Some(Pending::Secret(0)) => kept(Secret::clear(word)),
        Some(Pending::Secret(n)) => kept(Secret::new(Scheme::Digest(n), word.to_owned())),
        Some(Pending::Interface(_)) => Fit::No,
    }
}
