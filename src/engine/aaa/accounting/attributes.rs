//! What an Accounting-Request says, in IOS's order (RFC 2866, 2867, 2869).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{EndCause, Status};
use crate::config::views::RadiusExtras;
use crate::engine::aaa::{Port, SessionNumber};
use crate::engine::registry::SessionTunnel;
use crate::proto::Dialect;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, AttributeKey};

/// Tunnel-Type 3 is L2TP, Tunnel-Medium-Type 1 is IPv4 (RFC 2868 sections 3.1 and 3.2).
const L2TP: u32 = 3;
const IPV4: u32 = 1;
/// The highest tag of a tunnel attribute (RFC 2868 section 3.1).
const MAX_TAG: u8 = 0x1F;
const PPP: u32 = 1;
/// How far the attributes may reach when the last Class has been written: what follows always has room in a packet. A
/// server may send as many of them as fit into its own.
const CLASS_END: usize = 2048;

/// Attributes as they stand in a packet: type, length, value, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<u8>);

impl Attributes {
    /// Attributes that were written before.
    pub fn from_octets(octets: Vec<u8>) -> Self {
        Attributes(octets)
    }

    /// As they stand in a packet.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// One after the other; what is cut short is left out.
    pub fn list(&self) -> Vec<Attribute> {
        self.iter().map(|(kind, value)| Attribute::new(kind, value)).collect()
    }

    /// The value of the first attribute of this type.
    pub fn first(&self, kind: u8) -> Option<&[u8]> {
        self.iter().find(|(own, _)| *own == kind).map(|(_, value)| value)
    }

    fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let [kind, length, tail @ ..] = rest else { return None };
            let (value, next) = tail.split_at_checked(usize::from(*length).checked_sub(2)?)?;
            rest = next;
            Some((*kind, value))
        })
    }

    /// Writes an attribute. A value that is too long is left out: a part of it would be another value.
    fn put(&mut self, key: AttributeKey, value: &[u8]) {
        let attribute = Attribute::with_key(key, value);
        if let Ok(length) = u8::try_from(attribute.wire_len()) {
            self.0.extend([attribute.kind, length]);
            self.0.extend(attribute.value);
        }
    }

    fn text(&mut self, key: AttributeKey, value: &str) {
        if !value.is_empty() {
            self.put(key, value.as_bytes());
        }
    }

    fn integer(&mut self, key: AttributeKey, value: u32) {
        self.put(key, &value.to_be_bytes());
    }

    /// A number with tag 0, which takes the place of its top octet (RFC 2868 section 3.1).
    fn tunnel_integer(&mut self, key: AttributeKey, value: u32) {
        self.integer(key, value & 0x00FF_FFFF);
    }

    /// Text without a tag; what begins like one stands behind tag 0 (RFC 2868 section 3.3).
    fn tunnel_text(&mut self, key: AttributeKey, value: &[u8]) {
        match value {
            [] => {}
            [0..=MAX_TAG, ..] => self.put(key, &[&[0], value].concat()),
            _ => self.put(key, value),
        }
    }
}

/// Traffic of a session, from the user's side: input is what came from the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Octets from the user.
    pub input_octets: u64,
    /// Octets to the user.
    pub output_octets: u64,
    /// Packets from the user.
    pub input_packets: u64,
    /// Packets to the user.
    pub output_packets: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.input_octets += other.input_octets;
        self.output_octets += other.output_octets;
        self.input_packets += other.input_packets;
        self.output_packets += other.output_packets;
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub cause: EndCause,
    /// How the release writes the extended cause.
    pub dialect: Dialect,
}

/// Who told who the user is, RFC 2866 section 5.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentic {
    /// A RADIUS server.
    Radius,
    /// This router.
    Local,
    /// The LNS.
    Remote,
}

impl Authentic {
    const fn number(self) -> u32 {
        match self {
            Authentic::Radius => 1,
            Authentic::Local => 2,
            Authentic::Remote => 3,
        }
    }
}

/// What a user has, for Service-Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// PPP: Framed.
    Framed,
    /// A terminal: NAS Prompt.
    Prompt,
}

/// Everything that the records of a user's session say.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Where; none for the router itself and for tunnels.
    pub port: Option<&'a Port>,
    /// NAS-IP-Address.
    pub nas_ip: Ipv4Addr,
    /// User-Name.
    pub user: &'a str,
    /// Acct-Session-Id.
    pub number: SessionNumber,
    /// Acct-Multi-Session-Id, and how many links share it.
    pub multi: Option<(SessionNumber, u32)>,
    /// Acct-Authentic.
    pub authentic: Option<Authentic>,
    /// Service-Type and Framed-Protocol.
    pub service: Option<Service>,
    /// Each Class of the Access-Accept.
    pub class: &'a [Vec<u8>],
    /// Framed-IP-Address.
    pub address: Option<Ipv4Addr>,
    /// Connect-Info.
    pub connect_info: Option<String>,
    /// The tunnel, and Acct-Tunnel-Connection.
    pub tunnel: Option<(&'a SessionTunnel, &'a str)>,
    /// Acct-Tunnel-Packets-Lost, where it is known.
    pub lost: Option<u32>,
    /// Traffic, in updates and stops, where it is counted.
    pub usage: Option<Usage>,
    /// How long the service has lasted, in updates and stops.
    pub time: Option<Duration>,
    /// In stops and rejects.
    pub end: Option<End>,
    /// Seconds since 1970, when the clock is set.
    pub event: Option<u32>,
}

impl<'a> Subject<'a> {
    /// Somebody, without anything more to say.
    pub fn new(nas_ip: Ipv4Addr, user: &'a str, number: SessionNumber) -> Self {
        Subject {
            port: None,
            nas_ip,
            user,
            number,
            multi: None,
            authentic: None,
            service: None,
            class: &[],
            address: None,
            connect_info: None,
            tunnel: None,
            lost: None,
            usage: None,
            time: None,
            end: None,
            event: None,
        }
    }

    /// The attributes of a record. Those of Cisco are in it where `radius-server vsa send accounting` says so.
    pub fn attributes(&self, status: Status, extras: &RadiusExtras) -> Attributes {
        let mut out = Attributes::default();
        out.put(keys::NAS_IP_ADDRESS, &self.nas_ip.octets());
        if let Some(port) = self.port {
            if !extras.hides_nas_port {
                out.integer(keys::NAS_PORT, port.number);
            }
            out.integer(keys::NAS_PORT_TYPE, port.kind.number());
        }
        out.text(keys::USER_NAME, self.user);
        if let Some(port) = self.port {
            out.text(keys::CALLED_STATION_ID, port.called.as_deref().unwrap_or_default());
            out.text(keys::CALLING_STATION_ID, port.calling.as_deref().unwrap_or_default());
        }
        out.integer(keys::ACCT_STATUS_TYPE, status.number());
        for class in self.class {
            if out.0.len() + class.len() <= CLASS_END {
                out.put(keys::CLASS, class);
            }
        }
        if let Some(authentic) = self.authentic {
            out.integer(keys::ACCT_AUTHENTIC, authentic.number());
        }
        match self.service {
            Some(Service::Framed) => out.integer(keys::SERVICE_TYPE, 2),
            Some(Service::Prompt) => out.integer(keys::SERVICE_TYPE, 7),
            None => {}
        }
        out.text(keys::ACCT_SESSION_ID, &self.number.to_string());
        if let Some((number, links)) = self.multi {
            out.text(keys::ACCT_MULTI_SESSION_ID, &number.to_string());
            out.integer(keys::ACCT_LINK_COUNT, links);
        }
        if self.service == Some(Service::Framed) {
            out.integer(keys::FRAMED_PROTOCOL, PPP);
        }
        if let Some(address) = self.address {
            out.put(keys::FRAMED_IP_ADDRESS, &address.octets());
        }
        out.text(keys::CONNECT_INFO, self.connect_info.as_deref().unwrap_or_default());
        self.tunnel(&mut out);
        self.ending(&mut out);
        if extras.vsa_accounting {
            self.vendor_specific(&mut out, status, extras);
        }
        if let Some(event) = self.event {
            out.integer(keys::EVENT_TIMESTAMP, event);
        }
        out
    }

    fn tunnel(&self, out: &mut Attributes) {
        let Some((tunnel, connection)) = self.tunnel else { return };
        let ((client, client_name), (server, server_name)) = tunnel.ends();
        out.tunnel_integer(keys::TUNNEL_TYPE, L2TP);
        out.tunnel_integer(keys::TUNNEL_MEDIUM_TYPE, IPV4);
        let known = |address: IpAddr| Some(address.to_string()).filter(|_| !address.is_unspecified());
        out.text(keys::TUNNEL_CLIENT_ENDPOINT, &known(client).unwrap_or_default());
        out.text(keys::TUNNEL_SERVER_ENDPOINT, &known(server).unwrap_or_default());
        out.tunnel_text(keys::TUNNEL_CLIENT_AUTH_ID, client_name.as_bytes());
        out.tunnel_text(keys::TUNNEL_SERVER_AUTH_ID, server_name.as_bytes());
        out.tunnel_text(keys::TUNNEL_PRIVATE_GROUP_ID, tunnel.private_group.as_deref().unwrap_or_default());
        let assignment = tunnel.assignment.as_deref().unwrap_or_default();
        out.tunnel_text(keys::TUNNEL_ASSIGNMENT_ID, assignment.as_bytes());
        out.text(keys::ACCT_TUNNEL_CONNECTION, connection);
    }

    fn vendor_specific(&self, out: &mut Attributes, status: Status, extras: &RadiusExtras) {
        if let Some(port) = self.port.filter(|_| extras.extended_nas_port) {
            out.text(keys::CISCO_NAS_PORT, &port.long);
        }
        if let Some(End { cause, dialect }) = self.end.filter(|_| status == Status::Stop) {
            out.text(keys::CISCO_AVPAIR, &cause.pair(dialect));
        }
    }

    fn ending(&self, out: &mut Attributes) {
        if let Some(usage) = &self.usage {
            let [input_high, input] = words(usage.input_octets);
            let [output_high, output] = words(usage.output_octets);
            out.integer(keys::ACCT_INPUT_OCTETS, input);
            out.integer(keys::ACCT_OUTPUT_OCTETS, output);
            // RFC 2869 sections 5.1 and 5.2: only where they are needed.
            if input_high > 0 || output_high > 0 {
                out.integer(keys::ACCT_INPUT_GIGAWORDS, input_high);
                out.integer(keys::ACCT_OUTPUT_GIGAWORDS, output_high);
            }
            let [_, packets] = words(usage.input_packets);
            out.integer(keys::ACCT_INPUT_PACKETS, packets);
            let [_, packets] = words(usage.output_packets);
            out.integer(keys::ACCT_OUTPUT_PACKETS, packets);
        }
        if let Some(time) = self.time {
            out.integer(keys::ACCT_SESSION_TIME, u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
        }
        if let Some(lost) = self.lost {
            out.integer(keys::ACCT_TUNNEL_PACKETS_LOST, lost);
        }
        if let Some(End { cause, .. }) = self.end {
            out.integer(keys::ACCT_TERMINATE_CAUSE, cause.terminate());
        }
    }
}

/// The upper and the lower 32 bits.
fn words(value: u64) -> [u32; 2] {
    [value >> 32, value & 0xFFFF_FFFF].map(|word| u32::try_from(word).unwrap_or(u32::MAX))
}
