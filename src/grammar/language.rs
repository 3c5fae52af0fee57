//! The grammar files' own syntax, read with nom.
//!
//! ```text
//! mode NAME prompt "TEXT" [parent NAME] [include NAME]... [header "TEXT"] [negate "HELP"] [default "HELP"] ;
//! alias MODE WORD "HELP" negates KEYWORD ;
//! in MODE [with ATTRIBUTE...] { entry... }
//! entry   := token... ( "{" entry... "}" | "=" Id attribute... ";" )
//! token   := keyword "HELP" | <name:TYPE "HELP">[+] | [ token... ] | ( token... | token... )$name[+] | &( [ token... ]... )
//! ```
//! `#` starts a comment. A brace shares what stands before it; `+` means one or more; `&( )` means any order.

use super::kind::ArgKind;
use super::syntax::{Alias, Attrs, Body, Command, File, Location, Mistake, Mode, Tok};
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while, take_while1};
use nom::character::complete::{char, multispace1};
use nom::combinator::{cut, map, opt, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{many0, many1, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

/// Where a grammar file could not be read, and why.
#[derive(Debug)]
struct Fault<'a> {
    rest: &'a str,
    message: Option<String>,
}

impl<'a> ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Self {
        Fault { rest, message: None }
    }
    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Read<'a, O> = IResult<&'a str, O, Fault<'a>>;

fn refuse<'a, O>(rest: &'a str, message: String) -> Read<'a, O> {
    Err(nom::Err::Failure(Fault { rest, message: Some(message) }))
}

fn space(i: &str) -> Read<'_, ()> {
    value((), many0(alt((value((), multispace1), value((), pair(char('#'), opt(is_not("\n")))))))).parse(i)
}

fn lexeme<'a, O>(
    p: impl Parser<&'a str, Output = O, Error = Fault<'a>>,
) -> impl Parser<&'a str, Output = O, Error = Fault<'a>> {
    delimited(space, p, space)
}

fn symbol<'a>(s: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Fault<'a>> {
    lexeme(tag(s))
}

fn word(i: &str) -> Read<'_, String> {
    map(lexeme(take_while1(|c: char| c.is_ascii_alphanumeric() || "-_./*:,~+".contains(c))), str::to_owned)
        .parse(i)
}

fn text(i: &str) -> Read<'_, String> {
    map(lexeme(delimited(char('"'), take_while(|c| c != '"'), char('"'))), str::to_owned).parse(i)
}

fn number(i: &str) -> Read<'_, u32> {
    let (rest, w) = word(i)?;
    match w.parse() {
        Ok(n) => Ok((rest, n)),
        Err(_) => refuse(i, format!("{w:?} is not a number")),
    }
}

fn kind(i: &str) -> Read<'_, ArgKind> {
    let (rest, w) = word(i)?;
    let kind = match w.as_str() {
        "WORD" => ArgKind::Word,
        "LINE" => ArgKind::Line,
        "A.B.C.D" => ArgKind::Ipv4,
        "MASK" => ArgKind::Mask,
        "X:X:X:X::X" => ArgKind::Ipv6,
        "INTERFACE" => ArgKind::Interface,
        "HEX" => ArgKind::Hex,
        "TIME" => ArgKind::Time,
        "MONTH" => ArgKind::Month,
        "MAC" => ArgKind::Mac,
        "SECRET" => ArgKind::Secret,
        "SECRET0" => ArgKind::Secret0,
        "HASH" => ArgKind::Hash,
        "BANNER" => ArgKind::Banner,
        range => match range.split_once('-').map(|(a, b)| (a.parse(), b.parse())) {
            Some((Ok(a), Ok(b))) if a <= b => ArgKind::Range(a, b),
            _ => return refuse(i, format!("unknown argument type {w:?}")),
        },
    };
    Ok((rest, kind))
}

fn plus(i: &str) -> Read<'_, bool> {
    map(opt(symbol("+")), |p| p.is_some()).parse(i)
}

fn ident(i: &str) -> Read<'_, &str> {
    lexeme(take_while1(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')).parse(i)
}

fn arg(i: &str) -> Read<'_, Tok> {
    let body = cut((ident, symbol(":"), kind, text));
    let (i, (name, _, kind, help)) = delimited(symbol("<"), body, cut(tag(">"))).parse(i)?;
    let (i, many) = plus(i)?;
    let (i, ()) = space(i)?;
    Ok((i, Tok::Arg { name: name.to_owned(), kind, help, many }))
}

fn alternatives(i: &str) -> Read<'_, Tok> {
    let branches = cut(separated_list1(symbol("|"), many1(tok)));
    let (i, branches) = delimited(symbol("("), branches, cut(preceded(space, tag(")")))).parse(i)?;
    let (i, name) = cut(preceded(char('$'), ident)).parse(i)?;
    let (i, many) = plus(i)?;
    Ok((i, Tok::Alt { branches, name: name.to_owned(), many }))
}

fn option(i: &str) -> Read<'_, Vec<Tok>> {
    delimited(symbol("["), cut(many1(tok)), cut(symbol("]"))).parse(i)
}

fn tok(i: &str) -> Read<'_, Tok> {
    alt((
        arg,
        map(option, Tok::Opt),
        map(delimited(symbol("&("), cut(many1(option)), cut(symbol(")"))), Tok::Any),
        alternatives,
        map(pair(word, text), |(word, help)| Tok::Keyword { word, help }),
    ))
    .parse(i)
}

fn attributes(inherited: Attrs) -> impl FnMut(&str) -> Read<'_, Attrs> {
    move |mut i| {
        let mut a = inherited.clone();
        while let Ok((rest, w)) = word(i) {
            let at = i;
            i = rest;
            match w.as_str() {
                "no" => a.no = true,
                "full" => a.no_full = true,
                "nvgen" => a.nvgen = true,
                "on" => a.on = true,
                "explicit" => a.explicit = true,
                "inert" => a.inert = true,
                "effective" => a.inert = false,
                "hidden" => a.hidden = true,
                "enter" => (i, a.enter) = map(cut(word), Some).parse(i)?,
                "order" => (i, a.order) = map(cut(number), Some).parse(i)?,
                "default" => (i, a.default) = map(cut(text), Some).parse(i)?,
                "slot" => (i, a.slot) = map(cut(word), Some).parse(i)?,
                "absent" => (i, a.absent) = map(cut(text), Some).parse(i)?,
                "key" => {
                    let (rest, k) = cut(word).parse(i)?;
                    i = rest;
                    let (name, absent) = k.split_once(':').unwrap_or((&k, ""));
                    a.keys.push((name.to_owned(), absent.to_owned()));
                }
                _ => return refuse(at, format!("unknown attribute {w:?}")),
            }
        }
        Ok((i, a))
    }
}

/// A command whose place is still the length of the text after it.
type Placed = (usize, Command);

fn entry(prefix: Vec<Tok>, inherited: Attrs) -> impl FnMut(&str) -> Read<'_, Vec<Placed>> {
    move |i| {
        let (i, ()) = space(i)?;
        let place = i.len();
        let (i, toks) = many1(tok).parse(i)?;
        let mut path = prefix.clone();
        path.extend(toks);
        if let (i, Some(_)) = opt(symbol("{")).parse(i)? {
            let inner = many0(entry(path, inherited.clone()));
            let (i, nested) = terminated(inner, cut(symbol("}"))).parse(i)?;
            return Ok((i, nested.concat()));
        }
        let tail = pair(word, attributes(inherited.clone()));
        let (i, (id, attrs)) = cut(delimited(symbol("="), tail, symbol(";"))).parse(i)?;
        Ok((i, vec![(place, Command { id, path, attrs, at: Location::default() })]))
    }
}

enum Item {
    Mode(usize, Mode),
    Alias(usize, Alias),
    Body(usize, String, Vec<Placed>),
}

fn mode(i: &str) -> Read<'_, Item> {
    let place = i.len();
    let (mut i, (_, name, _, prompt)) =
        (symbol("mode"), cut(word), cut(symbol("prompt")), cut(text)).parse(i)?;
    let mut m = Mode {
        name,
        prompt,
        parent: None,
        includes: Vec::new(),
        header: None,
        negate: None,
        default: None,
        at: Location::default(),
    };
    while let Ok((rest, w)) = word(i) {
        let at = i;
        i = rest;
        match w.as_str() {
            "parent" => (i, m.parent) = map(cut(word), Some).parse(i)?,
            "header" => (i, m.header) = map(cut(text), Some).parse(i)?,
            "negate" => (i, m.negate) = map(cut(text), Some).parse(i)?,
            "default" => (i, m.default) = map(cut(text), Some).parse(i)?,
            "include" => {
                let (rest, name) = cut(word).parse(i)?;
                i = rest;
                m.includes.push(name);
            }
            _ => return refuse(at, format!("unknown mode attribute {w:?}")),
        }
    }
    let (i, _) = cut(symbol(";")).parse(i)?;
    Ok((i, Item::Mode(place, m)))
}

fn alias(i: &str) -> Read<'_, Item> {
    let place = i.len();
    let body = cut((word, word, text, preceded(symbol("negates"), word), symbol(";")));
    let (i, (mode, word, help, negates, _)) = preceded(symbol("alias"), body).parse(i)?;
    Ok((i, Item::Alias(place, Alias { mode, word, help, negates, at: Location::default() })))
}

fn body(i: &str) -> Read<'_, Item> {
    let place = i.len();
    let (i, mode) = preceded(symbol("in"), cut(word)).parse(i)?;
    let (i, with) = opt(preceded(symbol("with"), attributes(Attrs::default()))).parse(i)?;
    let inner = many0(entry(Vec::new(), with.unwrap_or_default()));
    let (i, entries) = delimited(cut(symbol("{")), inner, cut(symbol("}"))).parse(i)?;
    Ok((i, Item::Body(place, mode, entries.concat())))
}

/// Reads one grammar file; `name` is its file name, which its mistakes will carry.
pub fn read(name: &str, source: &str) -> Result<File, Mistake> {
    let at = |rest_len: usize| {
        let before = source.get(..source.len().saturating_sub(rest_len)).unwrap_or(source);
        Location { file: name.to_owned(), line: before.matches('\n').count() + 1 }
    };
    let mut file = File { family: name.trim_end_matches(".cli").to_owned(), ..File::default() };
    let mut rest = source;
    loop {
        // Skipping first makes the place of an item that of its first word.
        if let Ok((r, ())) = space(rest) {
            rest = r;
        }
        if rest.is_empty() {
            return Ok(file);
        }
        let (r, item) = match alt((mode, alias, body)).parse(rest) {
            Ok(ok) => ok,
            Err(nom::Err::Error(f) | nom::Err::Failure(f)) => {
                let found = f.rest.trim_start();
                let here = at(found.len());
                let shown = found.lines().next().unwrap_or("end of file");
                return Err(Mistake {
                    at: here,
                    message: f.message.unwrap_or(format!("unexpected {shown:?}")),
                });
            }
            Err(nom::Err::Incomplete(_)) => {
                return Err(Mistake { at: at(0), message: "unexpected end of file".into() });
            }
        };
        rest = r;
        match item {
            Item::Mode(p, mut m) => {
                m.at = at(p);
                file.modes.push(m);
            }
            Item::Alias(p, mut a) => {
                a.at = at(p);
                file.aliases.push(a);
            }
            Item::Body(p, mode, placed) => {
                let commands = placed.into_iter().map(|(p, c)| Command { at: at(p), ..c }).collect();
                file.bodies.push(Body { mode, commands, at: at(p) });
            }
        }
    }
}
