//! Debug texts of L2TP control packets (`debug vpdn l2x-packets`), as the documented call (Cisco tech note
//! 23980) prints them.

use std::fmt;
use std::ops::Range;

use super::data::decode_data;
use super::header::{ControlHeader, L, O, P, S, T};
use super::passwords;
use super::prefix::Prefix;
use crate::proto::{Context, DebugText, Dialect, Switch};

/// The name that IOS gives a message without AVPs.
pub const ZLB: &str = "ZLB ctrl ack";

/// Octets of a message that a dump shows before it says ` ...`.
const DUMP: usize = 47;
const DUMP_WHOLE: usize = 48;

/// A data message: `debug vpdn l2x-data` with its dump, `debug vpdn packet` in a line. (The wording is this
/// project's choice, in the style of the control packets.)
#[derive(Clone, Copy, Debug)]
pub struct DataDebug<'a> {
    /// Who.
    pub prefix: Prefix<'a>,
    /// It came from the peer.
    pub inbound: bool,
    /// The whole message.
    pub bytes: &'a [u8],
    /// With its dump, for `l2x-data`.
    pub dumped: bool,
}

impl DebugText for DataDebug<'_> {
    fn switch(&self) -> Switch {
        if self.dumped { Switch::L2xData } else { Switch::VpdnPacket }
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let Ok((header, frame)) = decode_data(self.bytes) else { return Ok(()) };
        let direction = if self.inbound { 'I' } else { 'O' };
        let (tunnel, session, len) = (header.tunnel, header.session, self.bytes.len());
        write!(f, "{}{direction} data, len {len}, tnl {tunnel}, cl {session}", self.prefix)?;
        if let Some((ns, nr)) = header.sequence {
            write!(f, ", ns {ns}, nr {nr}")?;
        }
        write!(f, ", {} octets of PPP", frame.len())?;
        if self.dumped { dump(f, self.bytes, &passwords::in_data(self.bytes)) } else { Ok(()) }
    }
}

/// Debugs of packets.
#[derive(Clone, Copy, Debug)]
pub enum L2tpPacketDebug<'a> {
    /// `I SCCRQ, flg TLS, ver 2, len 128, tnl 0, cl 0, ns 0, nr 0` and the dump.
    Input {
        /// Who.
        prefix: Prefix<'a>,
        /// The header.
        header: ControlHeader,
        /// The message's name.
        name: &'a str,
        /// The whole message.
        bytes: &'a [u8],
    },
    /// `O SCCRP, flg TLS, ...`; in 12.0 without dump, elsewhere with it.
    Output {
        /// Who.
        prefix: Prefix<'a>,
        /// The header.
        header: ControlHeader,
        /// The message's name.
        name: &'a str,
        /// The whole message.
        bytes: &'a [u8],
    },
    /// 12.0: `contiguous buffer, size 154` and the dump.
    Buffer {
        /// The whole message.
        bytes: &'a [u8],
    },
    /// `I ZLB ctrl ack, flg TLS, ...`, no dump.
    ZlbIn {
        /// Who.
        prefix: Prefix<'a>,
        /// The header.
        header: ControlHeader,
        /// The whole message.
        bytes: &'a [u8],
    },
}

impl DebugText for L2tpPacketDebug<'_> {
    fn switch(&self) -> Switch {
        Switch::L2xPackets
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match *self {
            L2tpPacketDebug::Input { prefix, header, name, bytes } => {
                packet_line(f, prefix, 'I', name, header, bytes)?;
                contiguous_pak(dialect, f, bytes)?;
                dump(f, bytes, &passwords::in_control(bytes))
            }
            L2tpPacketDebug::Output { prefix, header, name, bytes } => {
                packet_line(f, prefix, 'O', name, header, bytes)?;
                match dialect {
                    Dialect::V12_0 => Ok(()),
                    Dialect::V12_1 | Dialect::V15 => dump(f, bytes, &passwords::in_control(bytes)),
                }
            }
            L2tpPacketDebug::Buffer { bytes } => {
                write!(f, "contiguous buffer, size {}", bytes.len())?;
                dump(f, bytes, &passwords::in_control(bytes))
            }
            L2tpPacketDebug::ZlbIn { prefix, header, bytes } => {
                packet_line(f, prefix, 'I', ZLB, header, bytes)?;
                contiguous_pak(dialect, f, bytes)
            }
        }
    }
}

/// Prints a received message, after its AVPs.
pub fn input(cx: &mut Context, prefix: Prefix<'_>, header: ControlHeader, name: &str, bytes: &[u8]) {
    cx.debug(&L2tpPacketDebug::Input { prefix, header, name, bytes });
}

/// Prints a received ZLB.
pub fn zlb_in(cx: &mut Context, prefix: Prefix<'_>, header: ControlHeader, bytes: &[u8]) {
    cx.debug(&L2tpPacketDebug::ZlbIn { prefix, header, bytes });
}

/// Prints a sent message (a ZLB as well, with the name [`ZLB`]): one stamped line or two, by dialect.
pub fn output(cx: &mut Context, prefix: Prefix<'_>, header: ControlHeader, name: &str, bytes: &[u8]) {
    cx.debug(&L2tpPacketDebug::Output { prefix, header, name, bytes });
    match cx.trace.dialect() {
        Dialect::V12_0 => cx.debug(&L2tpPacketDebug::Buffer { bytes }),
        Dialect::V12_1 | Dialect::V15 => {}
    }
}

fn contiguous_pak(dialect: Dialect, f: &mut dyn fmt::Write, bytes: &[u8]) -> fmt::Result {
    match dialect {
        Dialect::V12_0 => write!(f, " contiguous pak, size {}", bytes.len()),
        Dialect::V12_1 | Dialect::V15 => Ok(()),
    }
}

fn packet_line(
    f: &mut dyn fmt::Write,
    prefix: Prefix<'_>,
    direction: char,
    name: &str,
    header: ControlHeader,
    bytes: &[u8],
) -> fmt::Result {
    let word = |at: usize| match bytes.get(at..at + 2) {
        Some(&[high, low]) => u16::from_be_bytes([high, low]),
        Some(_) | None => 0,
    };
    let (flags, len) = (word(0), word(2));
    write!(f, "{prefix}{direction} {name}, flg ")?;
    for (bit, letter) in [(T, 'T'), (L, 'L'), (S, 'S'), (O, 'O'), (P, 'P')] {
        if flags & bit != 0 {
            f.write_char(letter)?;
        }
    }
    let ControlHeader { tunnel, session, ns, nr } = header;
    let version = flags & 0x000f;
    write!(f, ", ver {version}, len {len}, tnl {tunnel}, cl {session}, ns {ns}, nr {nr}")
}

/// Sixteen octets a line behind nine spaces; a message of more than 48 octets is cut after 47. Stars stand for what is
/// `secret`.
fn dump(f: &mut dyn fmt::Write, bytes: &[u8], secret: &[Range<usize>]) -> fmt::Result {
    let cut = bytes.len() > DUMP_WHOLE;
    let shown = if cut { bytes.get(..DUMP).unwrap_or(bytes) } else { bytes };
    for (at, octet) in shown.iter().enumerate() {
        if at % 16 == 0 {
            f.write_str("\n        ")?;
        }
        match secret.iter().any(|range| range.contains(&at)) {
            true => f.write_str(" **")?,
            false => write!(f, " {octet:02X}")?,
        }
    }
    if cut { f.write_str(" ...") } else { Ok(()) }
}
