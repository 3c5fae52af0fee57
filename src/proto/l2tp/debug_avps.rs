//! Debug texts of the AVP parser (`debug vpdn l2x-packets` and `l2x-errors`), as the documented call (Cisco tech
//! note 23980) prints them. What the peer wrote is printed without control characters.

use std::fmt;

use super::avp::{CISCO, IETF, Kind, RawAvp, Spec};
use super::message::{MessageType, Problem};
use super::prefix::Prefix;
use super::result::{error, error_text, result_text};
use super::types::ResultCode;
use crate::proto::cursor::{Reader, Truncated};
use crate::proto::{Context, DebugText, Dialect, Switch, redact};

/// Debugs of the AVP parser.
#[derive(Clone, Copy, Debug)]
pub enum L2tpAvpDebug<'a> {
    /// `Parse AVP 0, len 8, flag 0x8000 (M)`; `Parse Cisco AVP 100, ...`.
    Avp {
        /// Who.
        prefix: Prefix<'a>,
        /// The AVP.
        avp: RawAvp<'a>,
    },
    /// `Parse SCCRQ`.
    Message {
        /// Who.
        prefix: Prefix<'a>,
        /// Which.
        message_type: MessageType,
    },
    /// `Hostname hgw`: the value of any AVP but Message Type and Result Code.
    Value {
        /// Who.
        prefix: Prefix<'a>,
        /// Which AVP.
        spec: &'a Spec,
        /// Its value, unhidden, of the right length.
        value: &'a [u8],
        /// It is a password: a star stands for it.
        secret: bool,
    },
    /// `Result code(1): 1: Loss of carrier`.
    Result {
        /// Who.
        prefix: Prefix<'a>,
        /// In which message.
        message_type: MessageType,
        /// The result code.
        result: u16,
    },
    /// `     Error code(0): No error`, without prefix. Printed for a Result Code without error code as well.
    Error {
        /// In which message.
        message_type: MessageType,
        /// The result code.
        result: u16,
        /// The error code.
        error: u16,
    },
    /// `     Optional msg: ...`, without prefix.
    ErrorMessage {
        /// The message, without control characters.
        message: &'a str,
    },
    /// `No missing AVPs in SCCRQ`.
    Complete {
        /// Who.
        prefix: Prefix<'a>,
        /// Which.
        message_type: MessageType,
    },
    /// What is wrong with a message or an AVP (`l2x-errors`).
    Problem {
        /// Who.
        prefix: Prefix<'a>,
        /// What.
        problem: &'a Problem,
    },
}

impl DebugText for L2tpAvpDebug<'_> {
    fn switch(&self) -> Switch {
        match self {
            L2tpAvpDebug::Avp { .. }
            | L2tpAvpDebug::Message { .. }
            | L2tpAvpDebug::Value { .. }
            | L2tpAvpDebug::Result { .. }
            | L2tpAvpDebug::Error { .. }
            | L2tpAvpDebug::ErrorMessage { .. }
            | L2tpAvpDebug::Complete { .. } => Switch::L2xPackets,
            L2tpAvpDebug::Problem { .. } => Switch::L2xErrors,
        }
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match *self {
            L2tpAvpDebug::Avp { prefix, avp } => {
                write!(f, "{prefix}")?;
                header(f, dialect, &avp)
            }
            L2tpAvpDebug::Message { prefix, message_type } => {
                write!(f, "{prefix}Parse {}", message_type.name())
            }
            L2tpAvpDebug::Value { prefix, spec, secret: true, .. } => write!(f, "{prefix}{} *", spec.debug),
            L2tpAvpDebug::Value { prefix, spec, value, secret: false } => {
                write!(f, "{prefix}{}", spec.debug)?;
                // The length was checked; a value that ends early prints what it has.
                value_text(f, dialect, spec.kind, value).unwrap_or(Ok(()))
            }
            L2tpAvpDebug::Result { prefix, message_type, result } => {
                let prefix = match dialect {
                    Dialect::V12_0 => prefix,
                    Dialect::V12_1 | Dialect::V15 => Prefix::L2x,
                };
                let text = result_text(Some(message_type), result);
                write!(f, "{prefix}Result code({result}): {result}: {text}")
            }
            L2tpAvpDebug::Error { message_type, result, error } => {
                let text = error_text(Some(message_type), result, error);
                write!(f, "     Error code({error}): {text}")
            }
            L2tpAvpDebug::ErrorMessage { message } => write!(f, "     Optional msg: {message}"),
            L2tpAvpDebug::Complete { prefix, message_type } => {
                write!(f, "{prefix}No missing AVPs in {}", message_type.name())
            }
            L2tpAvpDebug::Problem { prefix, problem } => write!(f, "{prefix}{problem}"),
        }
    }
}

/// Prints a Result Code in its two lines, or three with a message.
pub fn result_lines(cx: &mut Context, prefix: Prefix<'_>, message_type: MessageType, code: &ResultCode) {
    let result = code.result;
    cx.debug(&L2tpAvpDebug::Result { prefix, message_type, result });
    let error = code.error.unwrap_or(error::NONE);
    cx.debug(&L2tpAvpDebug::Error { message_type, result, error });
    if let Some(message) = &code.message {
        cx.debug(&L2tpAvpDebug::ErrorMessage { message });
    }
}

fn header(f: &mut dyn fmt::Write, dialect: Dialect, avp: &RawAvp<'_>) -> fmt::Result {
    match avp.vendor {
        IETF => write!(f, "Parse AVP {}", avp.number)?,
        CISCO => write!(f, "Parse Cisco AVP {}", avp.number)?,
        vendor => write!(f, "Parse vendor {vendor} AVP {}", avp.number)?,
    }
    write!(f, ", len {}, flag ", avp.len)?;
    hex(f, dialect, u32::from(avp.flags))?;
    match (avp.mandatory(), avp.hidden()) {
        (true, true) => f.write_str(" (M) (H)"),
        (true, false) => f.write_str(" (M)"),
        (false, true) => f.write_str(" (H)"),
        (false, false) => Ok(()),
    }
}

/// 12.0 writes the `0x` twice.
fn hex(f: &mut dyn fmt::Write, dialect: Dialect, value: u32) -> fmt::Result {
    match dialect {
        Dialect::V12_0 => write!(f, "0x0x{value:X}"),
        Dialect::V12_1 | Dialect::V15 => write!(f, "0x{value:X}"),
    }
}

fn value_text(
    f: &mut dyn fmt::Write,
    dialect: Dialect,
    kind: Kind,
    value: &[u8],
) -> Result<fmt::Result, Truncated> {
    let mut reader = Reader::new(value);
    Ok(match kind {
        Kind::MessageType | Kind::Result | Kind::Empty => Ok(()),
        Kind::U16 | Kind::Id => write!(f, " {}", reader.u16()?),
        Kind::Hex16 => spaced_hex(f, dialect, u32::from(reader.u16()?)),
        Kind::U32 => write!(f, " {}", reader.u32()?),
        Kind::Serial => match dialect {
            Dialect::V12_0 => Ok(()),
            Dialect::V12_1 | Dialect::V15 => write!(f, " {}", reader.u32()?),
        },
        Kind::Hex32 => spaced_hex(f, dialect, reader.u32()?),
        Kind::Text => write!(f, " {}", redact::plain(value)),
        Kind::Octets => write!(f, " {}", Octets(value)),
        Kind::Cause => {
            let (code, message) = (reader.u16()?, reader.u8()?);
            let advisory = redact::plain(reader.rest());
            let space = if advisory.is_empty() { "" } else { " " };
            write!(f, " {code}, msg {message}{space}{advisory}")
        }
        Kind::CallErrors => {
            reader.u16()?;
            let [crc, framing, hardware] = [reader.u32()?, reader.u32()?, reader.u32()?];
            let [buffer, time_out, alignment] = [reader.u32()?, reader.u32()?, reader.u32()?];
            write!(
                f,
                " CRC {crc}, framing {framing}, hardware {hardware}, buffer {buffer}, timeout {time_out}, alignment {alignment}"
            )
        }
        Kind::Accm => {
            reader.u16()?;
            let (send, receive) = (reader.u32()?, reader.u32()?);
            write!(f, " send 0x{send:08X} receive 0x{receive:08X}")
        }
    })
}

fn spaced_hex(f: &mut dyn fmt::Write, dialect: Dialect, value: u32) -> fmt::Result {
    f.write_char(' ')?;
    hex(f, dialect, value)
}

/// Upper case hexadecimal without spaces.
struct Octets<'a>(&'a [u8]);

impl fmt::Display for Octets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::avp::Attribute;
    use super::*;

    fn value(dialect: Dialect, attribute: Attribute, value: &[u8]) -> String {
        let mut text = String::new();
        let event = L2tpAvpDebug::Value { prefix: Prefix::L2x, spec: attribute.spec(), value, secret: false };
        event.write(dialect, &mut text).unwrap();
        text
    }

    fn avp(dialect: Dialect, flags: u16, vendor: u16) -> String {
        let mut text = String::new();
        let avp = RawAvp { flags, len: 22, vendor, number: 13, value: &[] };
        L2tpAvpDebug::Avp { prefix: Prefix::L2x, avp }.write(dialect, &mut text).unwrap();
        text
    }

    #[test]
    fn values_that_the_documented_call_does_not_show() {
        let v = |attribute, octets: &[u8]| value(Dialect::V12_1, attribute, octets);
        assert_eq!(v(Attribute::CallSerialNumber, &[0, 0, 1, 0]), "L2X: Serial Number 256");
        assert_eq!(
            v(Attribute::TieBreaker, &[1, 2, 3, 4, 5, 6, 7, 0xf8]),
            "L2X: Tie Breaker 01020304050607F8"
        );
        assert_eq!(v(Attribute::CauseCode, b"\0\x10\x45"), "L2X: Q.931 Cause 16, msg 69");
        assert_eq!(v(Attribute::CauseCode, b"\0\x10\x45bye"), "L2X: Q.931 Cause 16, msg 69 bye");
        assert_eq!(v(Attribute::SequencingRequired, &[]), "L2X: Sequencing Required");
        assert_eq!(
            v(Attribute::Accm, b"\0\0\0\x0a\0\0\xff\xff\xff\xff"),
            "L2X: ACCM send 0x000A0000 receive 0xFFFFFFFF"
        );
        let errors = [0, 1, 2, 3, 4, 5, 6].map(u32::to_be_bytes).concat();
        assert_eq!(
            v(Attribute::CallErrors, &errors[2..]),
            "L2X: Call Errors CRC 1, framing 2, hardware 3, buffer 4, timeout 5, alignment 6"
        );
    }

    #[test]
    fn the_serial_number_has_no_value_in_12_0() {
        let text = value(Dialect::V12_0, Attribute::CallSerialNumber, &[0, 0, 1, 0]);
        assert_eq!(text, "L2X: Serial Number");
    }

    #[test]
    fn flags_and_vendors() {
        assert_eq!(avp(Dialect::V12_1, 0xc000, IETF), "L2X: Parse AVP 13, len 22, flag 0xC000 (M) (H)");
        assert_eq!(avp(Dialect::V12_1, 0x4000, CISCO), "L2X: Parse Cisco AVP 13, len 22, flag 0x4000 (H)");
        assert_eq!(avp(Dialect::V12_0, 0x0400, 311), "L2X: Parse vendor 311 AVP 13, len 22, flag 0x0x400");
    }

    #[test]
    fn problems_belong_to_another_switch() {
        let problem = &Problem::Broken;
        assert_eq!(L2tpAvpDebug::Problem { prefix: Prefix::L2x, problem }.switch(), Switch::L2xErrors);
        assert_eq!(L2tpAvpDebug::ErrorMessage { message: "" }.switch(), Switch::L2xPackets);
    }
}
