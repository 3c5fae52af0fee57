//! A FreeRADIUS `users` file: its entries, and what they say of a request.
//!
//! ```text
//! 2500-1  Cleartext-Password := "cisco"
//!         Service-Type = Framed-User,
//!         Framed-Protocol = PPP,
//!         Framed-IP-Address = 255.255.255.255
//!
//! dnis:614629 Cleartext-Password := "cisco"
//!         Tunnel-Type:1 = L2TP,
//!         Tunnel-Password:1 = "hello"
//! ```
//!
//! An entry begins at the margin with a name (or `DEFAULT`) and its check items; its reply items stand indented
//! below. The first entry that matches is used, and further ones while `Fall-Through = Yes`.

mod item;

use std::fmt;

use self::item::{Item, Operator, items};
use crate::proto::radius::dictionary::find_name;
use crate::proto::radius::value::{self, MAX_TAG};
use crate::proto::radius::{Decoded, Definition, Value, names};

use crate::proto::radius::dictionary::Kind;

/// A line that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for UsersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for UsersError {}

/// `Auth-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthType {
    /// Without a proof.
    Accept,
    /// Never.
    Reject,
    /// By the password, whichever way the request proves it.
    Password,
}

/// What the file says of a request.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Evaluation {
    /// Cleartext-Password.
    pub password: Option<Vec<u8>>,
    /// Auth-Type.
    pub auth_type: Option<AuthType>,
    /// Response-Packet-Type is Access-Challenge: whoever proves itself is asked something more.
    pub challenge: bool,
    /// Reply items in order.
    pub reply: Vec<Decoded>,
}

/// A condition on the request.
#[derive(Clone, PartialEq, Eq)]
struct Condition {
    equal: bool,
    wanted: Decoded,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    /// `None` for `DEFAULT`.
    name: Option<Vec<u8>>,
    conditions: Vec<Condition>,
    password: Option<Vec<u8>>,
    auth_type: Option<AuthType>,
    challenge: bool,
    reply: Vec<(Operator, Decoded)>,
    fall_through: bool,
}

/// A file that was read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Users {
    entries: Vec<Entry>,
}

impl fmt::Debug for Users {
    /// Without the entries, which hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({} entries)", self.entries.len())
    }
}

impl Users {
    /// Reads a file.
    ///
    /// # Errors
    /// [`UsersError`] for the first line that cannot be understood.
    pub fn parse(text: &str) -> Result<Users, UsersError> {
        let mut entries: Vec<Entry> = Vec::new();
        // Whether the reply items above ended with a comma, which promises more; `None` before the first one.
        let mut more: Option<(usize, bool)> = None;
        for (at, raw) in text.lines().enumerate() {
            let line = at + 1;
            let fail = |message: String| UsersError { line, message };
            let content = item::without_comment(raw).trim_end();
            if content.trim().is_empty() {
                continue;
            }
            if content.starts_with([' ', '\t']) {
                let Some(entry) = entries.last_mut() else {
                    return Err(fail("an indented line before the first entry".to_owned()));
                };
                if let Some((before, false)) = more {
                    return Err(fail(format!("line {before} does not end with a comma")));
                }
                let (list, comma) = items(content.trim()).map_err(fail)?;
                for item in list {
                    entry.add_reply(item).map_err(fail)?;
                }
                more = Some((line, comma));
                continue;
            }
            if let Some((before, true)) = more {
                return Err(UsersError {
                    line: before,
                    message: "a comma after the last item of an entry".to_owned(),
                });
            }
            entries.push(Entry::parse(content).map_err(fail)?);
            more = None;
        }
        if let Some((line, true)) = more {
            return Err(UsersError { line, message: "a comma after the last item of an entry".to_owned() });
        }
        Ok(Users { entries })
    }

    /// What the file says of the user `name` who sent a request with these attributes; `None` when no entry matches.
    pub fn evaluate(&self, name: &[u8], request: &[Decoded]) -> Option<Evaluation> {
        let mut found = None;
        for entry in self.entries.iter().filter(|entry| entry.matches(name, request)) {
            let evaluation: &mut Evaluation = found.get_or_insert_default();
            entry.apply(evaluation);
            if !entry.fall_through {
                break;
            }
        }
        found
    }
}

impl Entry {
    /// The line at the margin.
    fn parse(content: &str) -> Result<Entry, String> {
        let (name, rest) = item::word(content)?;
        if name == "$INCLUDE" {
            return Err(format!("{name} is not supported"));
        }
        let name = (name != "DEFAULT").then(|| name.into_bytes());
        let mut entry = Entry {
            name,
            conditions: Vec::new(),
            password: None,
            auth_type: None,
            challenge: false,
            reply: Vec::new(),
            fall_through: false,
        };
        let (list, comma) = items(rest.trim())?;
        if comma {
            return Err("a comma after the last check item".to_owned());
        }
        list.into_iter().try_for_each(|item| entry.add_check(item))?;
        Ok(entry)
    }

    fn add_check(&mut self, item: Item) -> Result<(), String> {
        let name = item.attribute.to_ascii_lowercase();
        match (name.as_str(), item.operator) {
            ("cleartext-password", Operator::Assign | Operator::Set | Operator::Equal) => {
                self.password = Some(item.value.into_bytes());
            }
            ("auth-type", Operator::Assign | Operator::Set) => {
                self.auth_type = Some(match item.value.to_ascii_lowercase().as_str() {
                    "accept" => AuthType::Accept,
                    "reject" => AuthType::Reject,
                    "local" | "pap" | "chap" | "ms-chap" | "mschap" => AuthType::Password,
                    _ => return Err(format!("unknown Auth-Type {}", item.value)),
                });
            }
            ("response-packet-type", Operator::Assign | Operator::Set) => {
                if !item.value.eq_ignore_ascii_case("Access-Challenge") {
                    return Err(format!("unknown Response-Packet-Type {}", item.value));
                }
                self.challenge = true;
            }
            ("user-password", _) => return Err("use Cleartext-Password in place of User-Password".to_owned()),
            (_, Operator::Equal | Operator::NotEqual) => {
                let equal = item.operator == Operator::Equal;
                self.conditions.push(Condition { equal, wanted: typed(&item)? });
            }
            (_, Operator::Assign | Operator::Set | Operator::Add) => {
                typed(&item)?;
                return Err(format!("a check of {} needs == or !=", item.attribute));
            }
        }
        Ok(())
    }

    fn add_reply(&mut self, item: Item) -> Result<(), String> {
        match item.operator {
            Operator::Set | Operator::Assign | Operator::Add => {}
            Operator::Equal | Operator::NotEqual => {
                return Err(format!("a reply item needs =, := or +=: {}", item.attribute));
            }
        }
        if item.attribute.eq_ignore_ascii_case("Fall-Through") {
            self.fall_through = match item.value.to_ascii_lowercase().as_str() {
                "yes" | "1" => true,
                "no" | "0" => false,
                _ => return Err("Fall-Through is Yes or No".to_owned()),
            };
            return Ok(());
        }
        let decoded = typed(&item)?;
        // Found out now, so that nothing is missing from a reply later.
        value::encode(&decoded, b"", &[0; 16], [0; 2]).map_err(|error| error.to_string())?;
        self.reply.push((item.operator, decoded));
        Ok(())
    }

    fn matches(&self, name: &[u8], request: &[Decoded]) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
            && self.conditions.iter().all(|condition| {
                let wanted = &condition.wanted;
                // What the request does not have is neither equal nor unequal.
                let mut there = request.iter().filter(|a| a.key() == wanted.key() && a.tag == wanted.tag);
                there.any(|a| (a.value == wanted.value) == condition.equal)
            })
    }

    fn apply(&self, evaluation: &mut Evaluation) {
        if self.password.is_some() {
            evaluation.password.clone_from(&self.password);
        }
        evaluation.auth_type = self.auth_type.or(evaluation.auth_type);
        evaluation.challenge |= self.challenge;
        for (operator, item) in &self.reply {
            let same = |other: &Decoded| other.key() == item.key() && other.tag == item.tag;
            match operator {
                Operator::Set if evaluation.reply.iter().any(same) => continue,
                Operator::Assign => evaluation.reply.retain(|other| !same(other)),
                Operator::Set | Operator::Add | Operator::Equal | Operator::NotEqual => {}
            }
            evaluation.reply.push(item.clone());
        }
    }
}

/// The value of an item by the table of attributes.
fn typed(item: &Item) -> Result<Decoded, String> {
    let definition =
        find_name(&item.attribute).ok_or_else(|| format!("unknown attribute {}", item.attribute))?;
    if item.tag.is_some() && !definition.tagged {
        return Err(format!("{} has no tag", definition.name));
    }
    let tag = item.tag.unwrap_or(0);
    if tag > MAX_TAG {
        return Err(format!("the tag of {} is above {MAX_TAG}", definition.name));
    }
    Ok(Decoded { definition, tag, value: typed_value(definition, &item.value)? })
}

fn typed_value(definition: &'static Definition, text: &str) -> Result<Value, String> {
    match definition.kind {
        Kind::Text => Ok(Value::Octets(text.as_bytes().to_vec())),
        // FreeRADIUS writes octets as 0x and digits; anything else stands for itself.
        Kind::Octets => match text.strip_prefix("0x") {
            Some(digits) => {
                item::from_hex(digits).map(Value::Octets).ok_or_else(|| format!("{text} is no hexadecimal"))
            }
            None => Ok(Value::Octets(text.as_bytes().to_vec())),
        },
        Kind::Address => text
            .parse()
            .map(Value::Address)
            .map_err(|_| format!("{text} is no IP address for {}", definition.name)),
        Kind::Integer | Kind::Date => names::number_of(definition.key, text)
            .or_else(|| text.parse().ok())
            .or_else(|| text.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok()))
            .map(Value::Integer)
            .ok_or_else(|| format!("unknown value {text} for {}", definition.name)),
    }
}
