//! Values by the table: tag, hiding and type taken off, and put on again.

use std::net::Ipv4Addr;

use super::crypt::{hide_password, hide_salted, reveal_password, reveal_salted};
use super::dictionary::{AttributeKey, Definition, Encryption, Kind, find};
use super::packet::{Attribute, MAX_VALUE, Packet};
use crate::proto::cursor::Reader;

/// What an attribute holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Text or octets.
    Octets(Vec<u8>),
    /// A number or a date.
    Integer(u32),
    /// An IPv4 address.
    Address(Ipv4Addr),
}

impl std::fmt::Debug for Value {
    /// Octets by their number only: they may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Octets(octets) => write!(f, "Octets({})", octets.len()),
            Value::Integer(n) => write!(f, "Integer({n})"),
            Value::Address(a) => write!(f, "Address({a})"),
        }
    }
}

impl Value {
    /// The number.
    pub fn as_integer(&self) -> Option<u32> {
        match self {
            Value::Integer(n) => Some(*n),
            Value::Octets(_) | Value::Address(_) => None,
        }
    }

    /// The address.
    pub fn as_address(&self) -> Option<Ipv4Addr> {
        match self {
            Value::Address(a) => Some(*a),
            Value::Octets(_) | Value::Integer(_) => None,
        }
    }

    /// The octets.
    pub fn as_octets(&self) -> Option<&[u8]> {
        match self {
            Value::Octets(o) => Some(o),
            Value::Integer(_) | Value::Address(_) => None,
        }
    }

    /// The octets as text; what is not UTF-8 is replaced.
    pub fn as_text(&self) -> Option<String> {
        self.as_octets().map(|o| String::from_utf8_lossy(o).into_owned())
    }
}

/// A value that does not fit its row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ValueError {
    /// Wrong length.
    #[error("attribute {0:?} has a wrong length")]
    Length(AttributeKey),
    /// It cannot be revealed.
    #[error("attribute {0:?} cannot be decrypted")]
    Hidden(AttributeKey),
    /// The value has another type than the table says.
    #[error("attribute {0:?} holds another type of value")]
    Type(AttributeKey),
    /// The table does not have it.
    #[error("attribute {0:?} is unknown")]
    Unknown(AttributeKey),
}

/// An attribute as the table reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Its row.
    pub definition: &'static Definition,
    /// Its tag, 1 to 31; 0 for none.
    pub tag: u8,
    /// Its value, in the clear.
    pub value: Value,
}

impl Decoded {
    /// Which attribute.
    pub fn key(&self) -> AttributeKey {
        self.definition.key
    }
}

/// The largest tag, RFC 2868 section 3.
pub const MAX_TAG: u8 = 0x1f;

/// Takes the tag off a tagged value. A tagged integer and a Tunnel-Password always begin with the tag octet;
/// for text an octet above 0x1F is the first of the text (RFC 2868 section 3.3).
fn split_tag<'a>(definition: &Definition, raw: &'a [u8]) -> Result<(u8, &'a [u8]), ValueError> {
    if !definition.tagged {
        return Ok((0, raw));
    }
    let always = definition.kind == Kind::Integer || definition.encryption == Encryption::Salted;
    match raw.split_first() {
        Some((&tag, rest)) if tag <= MAX_TAG => Ok((tag, rest)),
        // An unused tag is to be zero, but it is ignored when it is not (RFC 2868 section 3.1).
        Some((_, rest)) if always => Ok((0, rest)),
        None if always => Err(ValueError::Length(definition.key)),
        Some(_) | None => Ok((0, raw)),
    }
}

/// Reads one value.
///
/// # Errors
/// [`ValueError`] when the octets do not fit the row.
pub fn decode(
    definition: &'static Definition,
    raw: &[u8],
    secret: &[u8],
    authenticator: &[u8; 16],
) -> Result<Decoded, ValueError> {
    let key = definition.key;
    let (tag, rest) = split_tag(definition, raw)?;
    let value = match definition.encryption {
        Encryption::None => plain(definition, rest)?,
        Encryption::Password => {
            Value::Octets(reveal_password(rest, secret, authenticator).map_err(|_| ValueError::Hidden(key))?)
        }
        Encryption::Salted => {
            Value::Octets(reveal_salted(rest, secret, authenticator).map_err(|_| ValueError::Hidden(key))?)
        }
    };
    Ok(Decoded { definition, tag, value })
}

fn plain(definition: &Definition, rest: &[u8]) -> Result<Value, ValueError> {
    let wrong = |_| ValueError::Length(definition.key);
    let mut reader = Reader::new(rest);
    let value = match definition.kind {
        Kind::Text | Kind::Octets => return Ok(Value::Octets(rest.to_vec())),
        Kind::Address => Value::Address(Ipv4Addr::from(reader.array::<4>().map_err(wrong)?)),
        Kind::Integer if definition.tagged => {
            let high = reader.u8().map_err(wrong)?;
            Value::Integer(u32::from(high) << 16 | u32::from(reader.u16().map_err(wrong)?))
        }
        Kind::Integer | Kind::Date => Value::Integer(reader.u32().map_err(wrong)?),
    };
    if reader.is_empty() { Ok(value) } else { Err(ValueError::Length(definition.key)) }
}

/// Everything of a packet that the table knows, in order, and how many attributes did not fit their row.
/// `authenticator` is that of the request, in a reply too.
pub fn decode_all(packet: &Packet, secret: &[u8], authenticator: &[u8; 16]) -> (Vec<Decoded>, usize) {
    let mut bad = 0;
    let mut out = Vec::with_capacity(packet.attributes.len());
    for (key, raw) in packet.flattened() {
        if let Some(definition) = find(key) {
            match decode(definition, raw, secret, authenticator) {
                Ok(decoded) => out.push(decoded),
                Err(_) => bad += 1,
            }
        }
    }
    (out, bad)
}

/// Writes one value. `salt` is used where the row wants one; salts of one packet must differ.
///
/// # Errors
/// [`ValueError`] when the value does not fit the row.
pub fn encode(
    decoded: &Decoded,
    secret: &[u8],
    authenticator: &[u8; 16],
    salt: [u8; 2],
) -> Result<Attribute, ValueError> {
    let definition = decoded.definition;
    let key = definition.key;
    let value = match (definition.kind, &decoded.value) {
        (Kind::Text | Kind::Octets, Value::Octets(octets)) => octets.clone(),
        (Kind::Integer | Kind::Date, Value::Integer(n)) => {
            let octets = n.to_be_bytes();
            match octets {
                [0, rest @ ..] if definition.tagged => rest.to_vec(),
                _ if definition.tagged => return Err(ValueError::Length(key)),
                _ => octets.to_vec(),
            }
        }
        (Kind::Address, Value::Address(address)) => address.octets().to_vec(),
        (Kind::Text | Kind::Octets | Kind::Integer | Kind::Date | Kind::Address, _) => {
            return Err(ValueError::Type(key));
        }
    };
    let hidden = match definition.encryption {
        Encryption::None => value,
        Encryption::Password => {
            hide_password(&value, secret, authenticator).ok_or(ValueError::Length(key))?
        }
        Encryption::Salted => {
            hide_salted(&value, secret, authenticator, salt).ok_or(ValueError::Length(key))?
        }
    };
    let whole = if definition.tagged { [&[decoded.tag], hidden.as_slice()].concat() } else { hidden };
    let room = match key {
        AttributeKey::Standard(_) => MAX_VALUE,
        AttributeKey::Vendor(..) => MAX_VALUE - 6,
    };
    if whole.len() > room {
        return Err(ValueError::Length(key));
    }
    Ok(Attribute::with_key(key, &whole))
}
