//! `debug radius`: the only place with IOS's words for it.
//!
//! 12.0 and 12.1: the documented call (`Attribute 4 6 0A330652`). 15.x: a published capture of IOS-XE, with the named
//! two-column decode. Lines for what neither shows (retransmission, failover, replies that are not believed) are
//! worded as IOS of that time did.

use std::fmt::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};

use super::client::{Component, Service};
use super::dictionary::{self, AttributeKey, Kind, vendor_name};
use super::names::shown;
use super::packet::{Attribute, Code, EncodeError, Packet, VENDOR_SPECIFIC};
use super::value;
use crate::proto::{Context, DebugText, Dialect, Switch, redact};

/// Who a packet belongs to in the debugs.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The long name of the port (`Virtual-Access4`).
    pub label: &'a str,
    /// The unique id of the session, which 15.x prints in parentheses.
    pub unique: u32,
    /// Our UDP port.
    pub source_port: u16,
    /// Identifier.
    pub identifier: u8,
    /// The server.
    pub remote: SocketAddr,
}

/// A line.
#[derive(Clone, Copy, Debug)]
pub enum RadiusDebug<'a> {
    /// `RADIUS/ENCODE(0000001F):Orig. component type = PPPoE`, 15.x only. The names of the other components are recalled.
    Component(u32, Component),
    /// `RADIUS(0000001F): Config NAS IP: 192.168.18.11`, 15.x only.
    ConfigNasIp(u32, Ipv4Addr),
    /// `RADIUS/ENCODE(0000001F): acct_session_id: 4021`, 15.x only.
    SessionId(u32, u32),
    /// `RADIUS(0000001F): sending`, 15.x only.
    Sending(u32),
    /// The head of a packet that goes out for the first time to this server.
    Transmit(Exchange<'a>, Code, usize, [u8; 16]),
    /// The same packet once more.
    Retransmit(Exchange<'a>),
    /// An attribute of the packet above.
    Attribute(&'a Attribute),
    /// A vendor attribute inside the attribute above, 15.x only.
    VendorAttribute(AttributeKey, &'a [u8]),
    /// A continuation line with the octets of the attribute above, 15.x only.
    Octets(&'a [u8]),
    /// `RADIUS(0000001F): Sending a IPv4 Radius Packet`, behind the attributes, 15.x only.
    SendingPacket(u32),
    /// `RADIUS(0000001F): Started 5 sec timeout`, 15.x only.
    Timeout(u32, u64),
    /// The head of a packet that came in and was believed.
    Received(Exchange<'a>, Code, usize, [u8; 16]),
    /// `RADIUS(0000001F): Received from id 1645/10`, behind the attributes, 15.x only.
    ReceivedEnd(u32, u16, u8),
    /// A server did not answer.
    NoResponse(Exchange<'a>),
    /// No server answered.
    GaveUp(Exchange<'a>),
    /// A reply whose authenticators are wrong.
    FailedDecrypt(Exchange<'a>),
    /// A reply without the Message-Authenticator that is required.
    Unsigned(Exchange<'a>),
    /// A reply of a code that does not answer the request, `verbose` only.
    Unexpected(Exchange<'a>, Code),
    /// A reply that is no packet, `verbose` only.
    Malformed(Exchange<'a>),
    /// A reply that belongs to no request.
    NoRequest(u16, u8, SocketAddr),
    /// No server is configured for a request.
    NoServers,
    /// A request of this session that fits into no packet.
    Unsendable(u32, EncodeError),
}

impl RadiusDebug<'_> {
    /// Whether releases of this dialect print the line at all.
    pub fn exists_in(&self, dialect: Dialect) -> bool {
        match self {
            RadiusDebug::Component(..)
            | RadiusDebug::ConfigNasIp(..)
            | RadiusDebug::SessionId(..)
            | RadiusDebug::SendingPacket(_)
            | RadiusDebug::Sending(_)
            | RadiusDebug::VendorAttribute(..)
            | RadiusDebug::Octets(_)
            | RadiusDebug::Timeout(..)
            | RadiusDebug::ReceivedEnd(..) => dialect == Dialect::V15,
            RadiusDebug::Transmit(..)
            | RadiusDebug::Retransmit(_)
            | RadiusDebug::Attribute(_)
            | RadiusDebug::Received(..)
            | RadiusDebug::NoResponse(_)
            | RadiusDebug::GaveUp(_)
            | RadiusDebug::FailedDecrypt(_)
            | RadiusDebug::Unsigned(_)
            | RadiusDebug::Unexpected(..)
            | RadiusDebug::Malformed(_)
            | RadiusDebug::NoRequest(..)
            | RadiusDebug::Unsendable(..)
            | RadiusDebug::NoServers => true,
        }
    }

    /// The least of the `debug radius` commands that prints the line.
    fn detail(&self) -> Detail {
        match self {
            RadiusDebug::Transmit(..)
            | RadiusDebug::Retransmit(_)
            | RadiusDebug::Received(..)
            | RadiusDebug::NoResponse(_)
            | RadiusDebug::GaveUp(_)
            | RadiusDebug::Unsendable(..)
            | RadiusDebug::NoServers => Detail::Brief,
            RadiusDebug::Component(..)
            | RadiusDebug::ConfigNasIp(..)
            | RadiusDebug::SessionId(..)
            | RadiusDebug::SendingPacket(_)
            | RadiusDebug::Sending(_)
            | RadiusDebug::Attribute(_)
            | RadiusDebug::VendorAttribute(..)
            | RadiusDebug::Octets(_)
            | RadiusDebug::Timeout(..)
            | RadiusDebug::ReceivedEnd(..)
            | RadiusDebug::FailedDecrypt(_)
            | RadiusDebug::Unsigned(_)
            | RadiusDebug::NoRequest(..) => Detail::Full,
            RadiusDebug::Unexpected(..) | RadiusDebug::Malformed(_) => Detail::Verbose,
        }
    }
}

/// How much of an exchange is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    /// `debug radius brief`: the packets, one line each.
    Brief,
    /// `debug radius`: their attributes too.
    Full,
    /// `debug radius verbose`: what is dropped without further notice too.
    Verbose,
}

/// A line under the switch that lets it through.
struct Switched<'a> {
    line: &'a RadiusDebug<'a>,
    switch: Switch,
    brief: bool,
}

impl DebugText for Switched<'_> {
    fn switch(&self) -> Switch {
        self.switch
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        if !self.brief {
            return self.line.write(dialect, f);
        }
        let mut whole = String::new();
        self.line.write(dialect, &mut whole)?;
        f.write_str(whole.lines().next().unwrap_or_default())
    }
}

/// The switch that lets a line of this detail through, and whether only its first line.
fn open_switch(cx: &Context, service: Option<Service>, detail: Detail) -> Option<(Switch, bool)> {
    let packets: &[Switch] = match service {
        Some(Service::Accounting) => &[Switch::Radius, Switch::RadiusAccounting],
        Some(Service::Authentication | Service::Authorization) => {
            &[Switch::Radius, Switch::RadiusAuthentication]
        }
        None => &[Switch::Radius, Switch::RadiusAuthentication, Switch::RadiusAccounting],
    };
    let verbose = cx.trace.enabled(Switch::RadiusVerbose);
    let brief = cx.trace.enabled(Switch::RadiusBrief) && !verbose;
    if verbose {
        return Some((Switch::RadiusVerbose, false));
    }
    if brief {
        return (detail == Detail::Brief).then_some((Switch::RadiusBrief, true));
    }
    let open = packets.iter().copied().find(|&switch| cx.trace.enabled(switch))?;
    (detail <= Detail::Full).then_some((open, false))
}

/// Prints `line` of an exchange for `service` where one of its switches is on and the release has it.
pub fn emit(cx: &mut Context, service: Service, line: &RadiusDebug) {
    emit_under(cx, Some(service), line);
}

/// Prints `line`, which belongs to no exchange, under whichever switch is on.
pub fn emit_lost(cx: &mut Context, line: &RadiusDebug) {
    emit_under(cx, None, line);
}

fn emit_under(cx: &mut Context, service: Option<Service>, line: &RadiusDebug) {
    if line.exists_in(cx.trace.dialect())
        && let Some((switch, brief)) = open_switch(cx, service, line.detail())
    {
        cx.debug(&Switched { line, switch, brief });
    }
}

/// Prints the attributes of a packet, each on its line.
pub fn emit_attributes(cx: &mut Context, service: Service, packet: &Packet) {
    if open_switch(cx, Some(service), Detail::Full).is_none() {
        return;
    }
    for attribute in &packet.attributes {
        emit(cx, service, &RadiusDebug::Attribute(attribute));
        match attribute.vendor() {
            Some((vendor, parts)) => {
                for (kind, part) in parts {
                    let key = AttributeKey::Vendor(vendor, kind);
                    emit(cx, service, &RadiusDebug::VendorAttribute(key, part));
                    emit_octets(cx, service, key, part);
                }
            }
            None => emit_octets(cx, service, AttributeKey::Standard(attribute.kind), &attribute.value),
        }
    }
}

/// The lines of octets below an attribute that holds nothing else.
fn emit_octets(cx: &mut Context, service: Service, key: AttributeKey, octets: &[u8]) {
    if has_octet_lines(key) {
        for chunk in octets.chunks(16) {
            emit(cx, service, &RadiusDebug::Octets(chunk));
        }
    }
}

/// What is Vendor-Specific and cannot be taken apart may be a pair with a password: it has none.
fn has_octet_lines(key: AttributeKey) -> bool {
    key != AttributeKey::Standard(VENDOR_SPECIFIC)
        && dictionary::find(key).is_none_or(|d| d.kind == Kind::Octets && !d.secret)
}

impl RadiusDebug<'_> {
    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => self.write_12(f),
            Dialect::V15 => self.write_15(f),
        }
    }
}

impl RadiusDebug<'_> {
    fn write_12(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            // The documented call.
            RadiusDebug::Transmit(x, code, len, _) => write!(
                f,
                "RADIUS: Initial Transmit {} id {} {}, {}, len {len}",
                x.label,
                x.identifier,
                x.remote,
                code.name()
            ),
            RadiusDebug::Attribute(attribute) => {
                write!(f, "        Attribute {} {} ", attribute.kind, attribute.wire_len())?;
                attribute.value.iter().take(4).try_for_each(|octet| write!(f, "{octet:02X}"))
            }
            RadiusDebug::Received(x, code, len, _) => {
                write!(
                    f,
                    "RADIUS: Received from id {} {}, {}, len {len}",
                    x.identifier,
                    x.remote,
                    code.name()
                )
            }
            RadiusDebug::Retransmit(x) => write!(f, "RADIUS: Retransmit id {}", x.identifier),
            RadiusDebug::NoResponse(_) => f.write_str("RADIUS: No response from server"),
            RadiusDebug::GaveUp(x) => write!(f, "RADIUS: No response for id {}", x.identifier),
            RadiusDebug::FailedDecrypt(x) => write!(f, "RADIUS: Response ({}) failed decrypt", x.identifier),
            RadiusDebug::Unsigned(x) => {
                write!(f, "RADIUS: Response ({}) has no Message-Authenticator", x.identifier)
            }
            RadiusDebug::Unexpected(..) | RadiusDebug::Malformed(_) => self.write_dropped(f),
            RadiusDebug::NoRequest(..) => f.write_str("RADIUS: Response for non-existent request ident"),
            RadiusDebug::NoServers => f.write_str("RADIUS: No radius servers defined!"),
            // This project's choice, in both dialects.
            RadiusDebug::Unsendable(_, error) => write!(f, "RADIUS: Request cannot be sent, {error}"),
            RadiusDebug::Component(..)
            | RadiusDebug::ConfigNasIp(..)
            | RadiusDebug::SessionId(..)
            | RadiusDebug::SendingPacket(_)
            | RadiusDebug::Sending(_)
            | RadiusDebug::VendorAttribute(..)
            | RadiusDebug::Octets(_)
            | RadiusDebug::Timeout(..)
            | RadiusDebug::ReceivedEnd(..) => Ok(()),
        }
    }

    fn write_15(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            // The published capture.
            RadiusDebug::ConfigNasIp(unique, nas) => write!(f, "RADIUS({unique:08X}): Config NAS IP: {nas}"),
            RadiusDebug::Component(unique, component) => {
                let name = match component {
                    Component::Ppp => "PPP",
                    Component::Vpdn => "VPDN",
                    Component::Exec => "Exec",
                };
                write!(f, "RADIUS/ENCODE({unique:08X}):Orig. component type = {name}")
            }
            RadiusDebug::SessionId(unique, session) => {
                write!(f, "RADIUS/ENCODE({unique:08X}): acct_session_id: {session}")
            }
            RadiusDebug::SendingPacket(unique) => {
                write!(f, "RADIUS({unique:08X}): Sending a IPv4 Radius Packet")
            }
            RadiusDebug::Sending(unique) => write!(f, "RADIUS({unique:08X}): sending"),
            RadiusDebug::Transmit(x, code, len, authenticator) => {
                write!(f, "RADIUS({:08X}): Send {} to {} id ", x.unique, code.name(), x.remote)?;
                writeln!(f, "{}/{}, len {len}", x.source_port, x.identifier)?;
                write_authenticator(f, authenticator)
            }
            RadiusDebug::Attribute(attribute) => write_named(f, attribute),
            RadiusDebug::VendorAttribute(key, raw) => {
                f.write_str("RADIUS:   ")?;
                let name = match key {
                    AttributeKey::Vendor(dictionary::CISCO, 1) => "Cisco AVpair",
                    key => dictionary::find(*key).map_or("Unknown", |d| d.name),
                };
                let kind = match key {
                    AttributeKey::Vendor(_, kind) | AttributeKey::Standard(kind) => *kind,
                };
                write_columns(f, 19, name, kind, raw.len() + 2)?;
                write_value(f, *key, raw)
            }
            RadiusDebug::Octets(octets) => {
                f.write_str("RADIUS:   ")?;
                octets.iter().try_for_each(|octet| write!(f, "{octet:02X} "))?;
                f.write_str("[")?;
                for &octet in *octets {
                    f.write_char(if octet.is_ascii_graphic() { char::from(octet) } else { ' ' })?;
                }
                f.write_str("]")
            }
            RadiusDebug::Timeout(unique, seconds) => {
                write!(f, "RADIUS({unique:08X}): Started {seconds} sec timeout")
            }
            RadiusDebug::Received(x, code, len, authenticator) => {
                write!(f, "RADIUS: Received from id {}/{} {}", x.source_port, x.identifier, x.remote)?;
                writeln!(f, ", {}, len {len}", code.name())?;
                write_authenticator(f, authenticator)
            }
            RadiusDebug::ReceivedEnd(unique, port, id) => {
                write!(f, "RADIUS({unique:08X}): Received from id {port}/{id}")
            }
            RadiusDebug::Retransmit(x) => {
                write!(f, "RADIUS: Retransmit to ({}) for id {}/{}", x.remote, x.source_port, x.identifier)
            }
            RadiusDebug::NoResponse(x) => {
                write!(f, "RADIUS: No response from ({}) for id {}/{}", x.remote, x.source_port, x.identifier)
            }
            RadiusDebug::GaveUp(x) => {
                write!(f, "RADIUS: No response for id {}/{}", x.source_port, x.identifier)
            }
            RadiusDebug::FailedDecrypt(x) => {
                write!(f, "RADIUS: Response ({}) failed decrypt", x.identifier)
            }
            RadiusDebug::Unsigned(x) => {
                write!(f, "RADIUS: Response ({}) has no Message-Authenticator", x.identifier)
            }
            RadiusDebug::Unexpected(..) | RadiusDebug::Malformed(_) => self.write_dropped(f),
            RadiusDebug::NoRequest(port, id, remote) => {
                write!(f, "RADIUS: Response from ({remote}) for non-existent request ident {port}/{id}")
            }
            RadiusDebug::NoServers => f.write_str("RADIUS: No radius servers defined!"),
            RadiusDebug::Unsendable(unique, error) => {
                write!(f, "RADIUS({unique:08X}): Request cannot be sent, {error}")
            }
        }
    }
}

impl RadiusDebug<'_> {
    /// What only `debug radius verbose` says of dropped replies; the words are this project's choice.
    fn write_dropped(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            RadiusDebug::Unexpected(x, code) => {
                write!(f, "RADIUS: Response ({}) dropped, unexpected {}", x.identifier, code.name())
            }
            RadiusDebug::Malformed(x) => {
                write!(f, "RADIUS: Response ({}) dropped, malformed packet", x.identifier)
            }
            RadiusDebug::Component(..)
            | RadiusDebug::ConfigNasIp(..)
            | RadiusDebug::SessionId(..)
            | RadiusDebug::SendingPacket(_)
            | RadiusDebug::Sending(_)
            | RadiusDebug::Transmit(..)
            | RadiusDebug::Retransmit(_)
            | RadiusDebug::Attribute(_)
            | RadiusDebug::VendorAttribute(..)
            | RadiusDebug::Octets(_)
            | RadiusDebug::Timeout(..)
            | RadiusDebug::Received(..)
            | RadiusDebug::ReceivedEnd(..)
            | RadiusDebug::NoResponse(_)
            | RadiusDebug::GaveUp(_)
            | RadiusDebug::FailedDecrypt(_)
            | RadiusDebug::Unsigned(_)
            | RadiusDebug::NoRequest(..)
            | RadiusDebug::Unsendable(..)
            | RadiusDebug::NoServers => Ok(()),
        }
    }
}

/// `RADIUS:  authenticator 1B A3 BD 59 E1 78 43 6F - C5 06 55 39 5D 98 E8 59`, without a stamp of its own.
fn write_authenticator(f: &mut dyn fmt::Write, authenticator: &[u8; 16]) -> fmt::Result {
    f.write_str("RADIUS:  authenticator")?;
    for (at, octet) in authenticator.iter().enumerate() {
        write!(f, "{} {octet:02X}", if at == 8 { " -" } else { "" })?;
    }
    Ok(())
}

/// Name, `[type]` and length in their columns.
fn write_columns(f: &mut dyn fmt::Write, width: usize, name: &str, kind: u8, length: usize) -> fmt::Result {
    write!(f, "{name:width$.width$}{:<6}{length:<4}", format_args!("[{kind}]").to_string())
}

fn write_named(f: &mut dyn fmt::Write, attribute: &Attribute) -> fmt::Result {
    f.write_str("RADIUS:  ")?;
    if let Some((vendor, _)) = attribute.vendor() {
        let name = match vendor_name(vendor) {
            Some(name) => format!("Vendor, {name}"),
            None => format!("Vendor, {vendor}"),
        };
        return write_columns(f, 20, &name, attribute.kind, attribute.wire_len());
    }
    let key = AttributeKey::Standard(attribute.kind);
    let name = dictionary::find(key).map_or("Unknown", |d| d.name);
    write_columns(f, 20, name, attribute.kind, attribute.wire_len())?;
    write_value(f, key, &attribute.value)
}

/// The value column, 26 wide where a number or an address stands in it, and the number of a named value.
fn write_value(f: &mut dyn fmt::Write, key: AttributeKey, raw: &[u8]) -> fmt::Result {
    let Some(definition) = dictionary::find(key) else { return Ok(()) };
    if definition.secret {
        return f.write_str("*");
    }
    // Nothing hidden is left here, so neither secret nor authenticator is looked at.
    let Ok(decoded) = value::decode(definition, raw, &[], &[0; 16]) else {
        return f.write_str("(malformed)");
    };
    let mut tag = String::new();
    if definition.tagged {
        write!(tag, "{:02X}:", decoded.tag)?;
    }
    match decoded.value {
        value::Value::Octets(_) if definition.kind == Kind::Octets => Ok(()),
        value::Value::Octets(text) => {
            let text = redact::plain(&text);
            let text = if key == dictionary::keys::CISCO_AVPAIR { redact::pair(&text) } else { text };
            write!(f, "{tag}\"{text}\"")
        }
        value::Value::Address(address) => write!(f, "{tag}{address:<26}"),
        value::Value::Integer(number) => match shown(key, number) {
            Some(name) => write!(f, "{:<26}[{number}]", format!("{tag}{name}")),
            None => write!(f, "{:<26}", format!("{tag}{number}")),
        },
    }
}
