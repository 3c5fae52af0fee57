//! Configuration options of LCP and IPCP: one table drives decoding, validation, encoding and debugs.

use super::packet::{IPCP, LCP};
use super::types::AuthProtocol;
use crate::proto::cursor::Reader;
use std::fmt;
use std::net::Ipv4Addr;

/// Option types of LCP: RFC 1661 section 6, RFC 1570, RFC 1990.
pub mod lcp {
    /// Maximum-Receive-Unit.
    pub const MRU: u8 = 1;
    /// Async-Control-Character-Map, RFC 1662 section 7.1.
    pub const ACCM: u8 = 2;
    /// Authentication-Protocol.
    pub const AUTH: u8 = 3;
    /// Quality-Protocol.
    pub const QUALITY: u8 = 4;
    /// Magic-Number.
    pub const MAGIC: u8 = 5;
    /// Protocol-Field-Compression.
    pub const PFC: u8 = 7;
    /// Address-and-Control-Field-Compression.
    pub const ACFC: u8 = 8;
    /// Callback, RFC 1570.
    pub const CALLBACK: u8 = 13;
    /// Multilink MRRU, RFC 1990.
    pub const MRRU: u8 = 17;
    /// Multilink short sequence numbers, RFC 1990.
    pub const SHORT_SEQUENCE: u8 = 18;
    /// Endpoint discriminator, RFC 1990.
    pub const ENDPOINT: u8 = 19;
}

/// Option types of IPCP: RFC 1332, RFC 1877.
pub mod ipcp {
    /// IP-Addresses, deprecated.
    pub const ADDRESSES: u8 = 1;
    /// IP-Compression-Protocol.
    pub const COMPRESSION: u8 = 2;
    /// IP-Address.
    pub const ADDRESS: u8 = 3;
    /// Primary DNS server.
    pub const DNS1: u8 = 129;
    /// Primary NBNS server.
    pub const WINS1: u8 = 130;
    /// Secondary DNS server.
    pub const DNS2: u8 = 131;
    /// Secondary NBNS server.
    pub const WINS2: u8 = 132;
}

/// How many octets a value has.
#[derive(Clone, Copy, Debug)]
enum Length {
    Exactly(usize),
    AtLeast(usize),
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
enum Form {
    Empty,
    Number,
    Hex,
    Auth,
    Quality,
    Octet,
    Endpoint,
    Address,
    Addresses,
    Compression,
}

/// A row of the table.
struct Spec {
    protocol: u16,
    kind: u8,
    name: &'static str,
    length: Length,
    form: Form,
}

const fn row(protocol: u16, kind: u8, name: &'static str, length: Length, form: Form) -> Spec {
    Spec { protocol, kind, name, length, form }
}

/// The options that are known, with the names of the IOS debugs.
#[rustfmt::skip]
static TABLE: [Spec; 18] = {
    use Length::{AtLeast, Exactly};
    [
        row(LCP,  lcp::MRU,            "MRU",           Exactly(2), Form::Number),
        row(LCP,  lcp::ACCM,           "ACCM",          Exactly(4), Form::Hex),
        row(LCP,  lcp::AUTH,           "AuthProto",     AtLeast(2), Form::Auth),
        row(LCP,  lcp::QUALITY,        "QualityType",   AtLeast(2), Form::Quality),
        row(LCP,  lcp::MAGIC,          "MagicNumber",   Exactly(4), Form::Hex),
        row(LCP,  lcp::PFC,            "PFC",           Exactly(0), Form::Empty),
        row(LCP,  lcp::ACFC,           "ACFC",          Exactly(0), Form::Empty),
        row(LCP,  lcp::CALLBACK,       "Callback",      AtLeast(1), Form::Octet),
        row(LCP,  lcp::MRRU,           "MRRU",          Exactly(2), Form::Number),
        row(LCP,  lcp::SHORT_SEQUENCE, "ShortSeqNum",   Exactly(0), Form::Empty),
        row(LCP,  lcp::ENDPOINT,       "EndpointDisc",  AtLeast(1), Form::Endpoint),
        row(IPCP, ipcp::ADDRESSES,     "Addresses",     Exactly(8), Form::Addresses),
        row(IPCP, ipcp::COMPRESSION,   "CompressType",  AtLeast(2), Form::Compression),
        row(IPCP, ipcp::ADDRESS,       "Address",       Exactly(4), Form::Address),
        row(IPCP, ipcp::DNS1,          "PrimaryDNS",    Exactly(4), Form::Address),
        row(IPCP, ipcp::WINS1,         "PrimaryWINS",   Exactly(4), Form::Address),
        row(IPCP, ipcp::DNS2,          "SecondaryDNS",  Exactly(4), Form::Address),
        row(IPCP, ipcp::WINS2,         "SecondaryWINS", Exactly(4), Form::Address),
    ]
};

/// A decoded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A flag: the option's presence says it all.
    Empty,
    /// 16 bits.
    Number(u16),
    /// 32 bits.
    Word(u32),
    /// An authentication protocol that this program speaks.
    Auth(AuthProtocol),
    /// Another one, by its number.
    OtherAuth(u16),
    /// An address.
    Address(Ipv4Addr),
    /// Van Jacobson compression: highest slot number, slot ids may be compressed.
    VanJacobson(u8, bool),
    /// Anything else, as it stands.
    Octets(&'a [u8]),
}

/// One option on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt<'a> {
    /// Type.
    pub kind: u8,
    /// Value, without type and length.
    pub value: &'a [u8],
    /// The option whole.
    pub octets: &'a [u8],
}

/// Walks over options; ends at the first that is not framed soundly.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a>(Reader<'a>);

impl<'a> Options<'a> {
    /// The options in `octets`.
    pub const fn new(octets: &'a [u8]) -> Self {
        Options(Reader::new(octets))
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Opt<'a>;

    fn next(&mut self) -> Option<Opt<'a>> {
        let all = self.0.rest();
        let (&kind, &len) = (all.first()?, all.get(1)?);
        let octets = all.get(..usize::from(len))?;
        let value = octets.get(2..)?;
        self.0.take(octets.len()).ok()?;
        Some(Opt { kind, value, octets })
    }
}

/// Whether `octets` is a row of options to its last octet.
pub fn well_formed(octets: &[u8]) -> bool {
    octets.len() == Options::new(octets).map(|o| o.octets.len()).sum::<usize>()
}

/// The last option of type `kind`.
pub fn find(octets: &[u8], kind: u8) -> Option<Opt<'_>> {
    Options::new(octets).filter(|o| o.kind == kind).last()
}

/// The value of the last option of type `kind` when it decodes.
pub fn value(protocol: u16, octets: &[u8], kind: u8) -> Option<Value<'_>> {
    find(octets, kind).and_then(|o| decode(protocol, &o))
}

/// Decodes an option by the table. `None` when the type is unknown or its length rule is broken.
pub fn decode<'a>(protocol: u16, option: &Opt<'a>) -> Option<Value<'a>> {
    let spec = spec(protocol, option.kind)?;
    let fits = match spec.length {
        Length::Exactly(n) => option.value.len() == n,
        Length::AtLeast(n) => option.value.len() >= n,
    };
    if !fits {
        return None;
    }
    let mut reader = Reader::new(option.value);
    Some(match spec.form {
        Form::Empty => Value::Empty,
        Form::Number => Value::Number(reader.u16().ok()?),
        Form::Hex => Value::Word(reader.u32().ok()?),
        Form::Address => Value::Address(Ipv4Addr::from(reader.u32().ok()?)),
        Form::Auth => match AuthProtocol::from_option(option.value) {
            Some(protocol) => Value::Auth(protocol),
            None => Value::OtherAuth(reader.u16().ok()?),
        },
        Form::Compression => match *option.value {
            [0x00, 0x2d, slots, ids] => Value::VanJacobson(slots, ids != 0),
            _ => Value::Octets(option.value),
        },
        Form::Quality | Form::Octet | Form::Endpoint | Form::Addresses => Value::Octets(option.value),
    })
}

/// Appends an option of type `kind` to `out`.
pub fn encode(out: &mut Vec<u8>, kind: u8, value: &Value<'_>) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0]);
    match *value {
        Value::Empty => {}
        Value::Number(n) | Value::OtherAuth(n) => out.extend_from_slice(&n.to_be_bytes()),
        Value::Word(n) => out.extend_from_slice(&n.to_be_bytes()),
        Value::Auth(protocol) => out.extend_from_slice(protocol.option()),
        Value::Address(address) => out.extend_from_slice(&address.octets()),
        Value::VanJacobson(slots, ids) => out.extend_from_slice(&[0x00, 0x2d, slots, u8::from(ids)]),
        // An option has one octet of length, itself included.
        Value::Octets(octets) => out.extend_from_slice(octets.get(..253).unwrap_or(octets)),
    }
    let len = u8::try_from(out.len() - start).unwrap_or(u8::MAX);
    if let Some(field) = out.get_mut(start + 1) {
        *field = len;
    }
}

fn spec(protocol: u16, kind: u8) -> Option<&'static Spec> {
    TABLE.iter().find(|s| s.protocol == protocol && s.kind == kind)
}

impl AuthProtocol {
    /// The value of the Authentication-Protocol option.
    pub const fn option(self) -> &'static [u8] {
        match self {
            AuthProtocol::Pap => &[0xc0, 0x23],
            AuthProtocol::ChapMd5 => &[0xc2, 0x23, 0x05],
            AuthProtocol::MsChap => &[0xc2, 0x23, 0x80],
            AuthProtocol::MsChapV2 => &[0xc2, 0x23, 0x81],
        }
    }

    /// The protocol that an option's value names.
    pub fn from_option(value: &[u8]) -> Option<Self> {
        [AuthProtocol::Pap, AuthProtocol::ChapMd5, AuthProtocol::MsChap, AuthProtocol::MsChapV2]
            .into_iter()
            .find(|p| p.option() == value)
    }

    /// The name in IOS debugs.
    pub const fn name(self) -> &'static str {
        match self {
            AuthProtocol::Pap => "PAP",
            AuthProtocol::ChapMd5 => "CHAP",
            AuthProtocol::MsChap => "MS-CHAP",
            AuthProtocol::MsChapV2 => "MS-CHAP-V2",
        }
    }

    /// Whether it runs over protocol 0xC223.
    pub const fn is_chap(self) -> bool {
        match self {
            AuthProtocol::Pap => false,
            AuthProtocol::ChapMd5 | AuthProtocol::MsChap | AuthProtocol::MsChapV2 => true,
        }
    }
}

/// Writes an option as IOS debugs do: `MagicNumber 0x109D08F2 (0x0506109D08F2)`. What the table does not know
/// is `Unknown 23 (0x17...)`.
pub fn describe(protocol: u16, option: &Opt<'_>, f: &mut dyn fmt::Write) -> fmt::Result {
    match (spec(protocol, option.kind), decode(protocol, option)) {
        (Some(spec), Some(value)) => {
            f.write_str(spec.name)?;
            describe_value(spec.form, &value, f)?;
        }
        (Some(spec), None) => f.write_str(spec.name)?,
        (None, _) => write!(f, "Unknown {}", option.kind)?,
    }
    f.write_str(" (0x")?;
    super::debug::hex(option.octets, f)?;
    f.write_str(")")
}

/// The options in `octets`, each as the debugs write it without its octets: `MagicNumber 0x109D08F2`. For screens;
/// `protocol` is 0xC021 or 0x8021.
pub fn option_texts(protocol: u16, octets: &[u8]) -> Vec<String> {
    let text = |option: Opt<'_>| {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = describe(protocol, &option, &mut text);
        text.truncate(text.rfind(" (0x").unwrap_or(text.len()));
        text
    };
    Options::new(octets).map(text).collect()
}

fn describe_value(form: Form, value: &Value<'_>, f: &mut dyn fmt::Write) -> fmt::Result {
    match *value {
        Value::Empty => Ok(()),
        Value::Number(n) => write!(f, " {n}"),
        Value::Word(n) => write!(f, " 0x{n:08X}"),
        Value::Auth(protocol) => write!(f, " {}", protocol.name()),
        Value::OtherAuth(0xc227) => f.write_str(" EAP"),
        Value::OtherAuth(n) => write!(f, " 0x{n:04X}"),
        Value::Address(address) => write!(f, " {address}"),
        Value::VanJacobson(slots, ids) => {
            write!(f, " VJ {slots} slots{}", if ids { " CompressSlotID" } else { "" })
        }
        Value::Octets(octets) => describe_octets(form, octets, f),
    }
}

fn describe_octets(form: Form, octets: &[u8], f: &mut dyn fmt::Write) -> fmt::Result {
    match (form, octets) {
        (Form::Endpoint, [class, ..]) => {
            let name = match class {
                0 => "Null",
                1 => "Local",
                2 => "IP",
                3 => "MAC",
                4 => "Magic",
                5 => "Phone",
                _ => return write!(f, " {class}"),
            };
            write!(f, " {class} {name}")
        }
        (Form::Octet, [first, ..]) => write!(f, " {first}"),
        (Form::Quality | Form::Compression, [a, b, ..]) => write!(f, " 0x{a:02X}{b:02X}"),
        (Form::Addresses, [a, b, c, d, e, g, h, i]) => {
            write!(f, " {} {}", Ipv4Addr::new(*a, *b, *c, *d), Ipv4Addr::new(*e, *g, *h, *i))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(protocol: u16, octets: &[u8]) -> String {
        let mut text = String::new();
        for option in Options::new(octets) {
            describe(protocol, &option, &mut text).unwrap();
        }
        text
    }

    #[test]
    fn options_print_as_documented() {
        for (protocol, octets, text) in [
            (LCP, &[1, 4, 5, 0xd4][..], "MRU 1492 (0x010405D4)"),
            (LCP, &[2, 6, 0, 0x0a, 0, 0], "ACCM 0x000A0000 (0x0206000A0000)"),
            (LCP, &[3, 5, 0xc2, 0x23, 5], "AuthProto CHAP (0x0305C22305)"),
            (LCP, &[3, 5, 0xc2, 0x23, 0x81], "AuthProto MS-CHAP-V2 (0x0305C22381)"),
            (LCP, &[3, 4, 0xc0, 0x23], "AuthProto PAP (0x0304C023)"),
            (LCP, &[3, 4, 0xc2, 0x27], "AuthProto EAP (0x0304C227)"),
            (LCP, &[5, 6, 0x10, 0x9d, 8, 0xf2], "MagicNumber 0x109D08F2 (0x0506109D08F2)"),
            (LCP, &[7, 2], "PFC (0x0702)"),
            (LCP, &[13, 3, 6], "Callback 6 (0x0D0306)"),
            (LCP, &[17, 4, 5, 0xf4], "MRRU 1524 (0x110405F4)"),
            (
                LCP,
                &[19, 9, 1, 0x35, 0x33, 0x30, 0x30, 0x2d, 0x31],
                "EndpointDisc 1 Local (0x130901353330302D31)",
            ),
            (LCP, &[23, 4, 1, 2], "Unknown 23 (0x17040102)"),
            (LCP, &[5, 3, 1], "MagicNumber (0x050301)"),
            (IPCP, &[2, 6, 0, 0x2d, 15, 0], "CompressType VJ 15 slots (0x0206002D0F00)"),
            (IPCP, &[2, 6, 0, 0x2d, 15, 1], "CompressType VJ 15 slots CompressSlotID (0x0206002D0F01)"),
            (IPCP, &[3, 6, 10, 51, 6, 82], "Address 10.51.6.82 (0x03060A330652)"),
            (IPCP, &[0x81, 6, 0, 0, 0, 0], "PrimaryDNS 0.0.0.0 (0x810600000000)"),
        ] {
            assert_eq!(line(protocol, octets), text);
        }
    }

    #[test]
    fn framing_that_lies_is_not_well_formed() {
        assert!(well_formed(&[]));
        assert!(well_formed(&[7, 2, 8, 2]));
        for bad in [&[7][..], &[7, 1], &[7, 0], &[7, 3], &[7, 2, 8]] {
            assert!(!well_formed(bad), "{bad:?}");
        }
    }

    #[test]
    fn options_print_without_their_octets_on_screens() {
        let octets = [3, 5, 0xc2, 0x23, 5, 5, 6, 0x10, 0x9d, 8, 0xf2];
        assert_eq!(option_texts(LCP, &octets), ["AuthProto CHAP", "MagicNumber 0x109D08F2"]);
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_octets(octets: Vec<u8>, ipcp: bool) {
            let protocol = if ipcp { IPCP } else { LCP };
            for option in Options::new(&octets) {
                if let Some(value) = decode(protocol, &option) {
                    // Trailing octets of an unknown authentication protocol and a boolean other than 0
                    // and 1 are not kept.
                    let lossy = matches!(value, Value::OtherAuth(_) | Value::VanJacobson(_, true));
                    let mut back = Vec::new();
                    encode(&mut back, option.kind, &value);
                    prop_assert!(lossy || back == option.octets);
                }
                let _ = line(protocol, option.octets);
            }
        }
    }
}
