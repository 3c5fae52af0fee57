//! The words of a `users` file: `Attribute[:tag] operator value`, separated by commas.

use std::str::Chars;

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: unless it is there already.
    Set,
    /// `:=`: in place of what is there.
    Assign,
    /// `+=`: besides what is there.
    Add,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Name of the attribute.
    pub attribute: String,
    /// Behind its colon.
    pub tag: Option<u8>,
    /// Between name and value.
    pub operator: Operator,
    /// Quotes taken off, escapes resolved.
    pub value: String,
}

/// The line up to a `#` outside quotes.
pub fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => return line.get(..at).unwrap_or(line),
            (Some(_) | None, _) => {}
        }
    }
    line
}

/// The word or quoted string that `text` begins with, and what stands behind it.
pub fn word(text: &str) -> Result<(String, &str), String> {
    let mut chars = text.chars();
    match chars.clone().next() {
        Some(open @ ('"' | '\'')) => {
            chars.next();
            quoted(chars, open)
        }
        Some(_) | None => {
            let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
            let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            if word.is_empty() { Err("a value is missing".to_owned()) } else { Ok((word.to_owned(), rest)) }
        }
    }
}

/// The rest of a string behind its opening quote.
fn quoted(mut chars: Chars<'_>, open: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => break,
            },
            c if c == open => return Ok((out, chars.as_str())),
            c => out.push(c),
        }
    }
    Err("a quote is not closed".to_owned())
}

/// The items of a line, and whether a comma stands behind the last one.
pub fn items(text: &str) -> Result<(Vec<Item>, bool), String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (item, behind) = item(rest)?;
        out.push(item);
        rest = behind.trim_start();
        match rest.strip_prefix(',') {
            Some(behind) if behind.trim().is_empty() => return Ok((out, true)),
            Some(behind) => rest = behind.trim_start(),
            None if rest.is_empty() => {}
            None => return Err(format!("a comma is missing before {rest}")),
        }
    }
    Ok((out, false))
}

fn item(text: &str) -> Result<(Item, &str), String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (attribute, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if attribute.is_empty() {
        return Err(format!("an attribute is missing before {text}"));
    }
    let (tag, rest) = tag(rest, attribute)?;
    let rest = rest.trim_start();
    let operators = [
        (":=", Operator::Assign),
        ("+=", Operator::Add),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("=~", Operator::Equal),
        ("=", Operator::Set),
    ];
    let (sign, operator) = operators
        .into_iter()
        .find(|(sign, _)| rest.starts_with(sign))
        .ok_or_else(|| format!("an operator is missing behind {attribute}"))?;
    if sign == "=~" {
        return Err("the operator =~ is not supported".to_owned());
    }
    let rest = rest.strip_prefix(sign).unwrap_or(rest).trim_start();
    let (value, rest) = word(rest)?;
    Ok((Item { attribute: attribute.to_owned(), tag, operator, value }, rest))
}

/// `:1` behind a name, unless the colon belongs to `:=`.
fn tag<'a>(rest: &'a str, attribute: &str) -> Result<(Option<u8>, &'a str), String> {
    let Some(behind) = rest.strip_prefix(':').filter(|behind| !behind.starts_with('=')) else {
        return Ok((None, rest));
    };
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    let (digits, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
    let tag = digits.parse().map_err(|_| format!("the tag of {attribute} is no number up to 31"))?;
    Ok((Some(tag), behind))
}

/// Octets of pairs of hexadecimal digits.
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Vec<u8> =
        digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let pairs = nibbles.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair.iter().fold(0, |n, d| n << 4 | d)).collect())
}
