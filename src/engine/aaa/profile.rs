//! What a server says about a user, typed.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{AttributeKey, Decoded, Secret, Value};

/// Framed-IP-Address, RFC 2865 section 5.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramedIp {
    /// 255.255.255.255: the user may have the address that it asks for.
    UserChooses,
    /// 255.255.255.254: the NAS chooses, from a pool.
    NasAssigns,
    /// This one.
    Address(Ipv4Addr),
}

impl From<Ipv4Addr> for FramedIp {
    fn from(address: Ipv4Addr) -> Self {
        match address.octets() {
            [255, 255, 255, 255] => FramedIp::UserChooses,
            [255, 255, 255, 254] => FramedIp::NasAssigns,
            _ => FramedIp::Address(address),
        }
    }
}

/// A Cisco-AVPair: `protocol:attribute=value`, or with `*` in place of `=` when it may be ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct AvPair {
    /// The tag of `:1:vpdn:...`; 0 for none.
    pub tag: u8,
    /// `ip`, `lcp`, `vpdn` ...; empty when there is none.
    pub protocol: String,
    /// The attribute.
    pub attribute: String,
    /// Written with `=`.
    pub mandatory: bool,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for AvPair {
    /// Without the value, which may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AvPair({}:{})", self.protocol, self.attribute)
    }
}

impl AvPair {
    /// Reads a pair; `None` when it has neither `=` nor `*`.
    pub fn parse(text: &str) -> Option<AvPair> {
        let (tag, text) = match text.strip_prefix(':').and_then(|t| t.split_once(':')) {
            Some((tag, rest)) => (tag.parse().ok()?, rest),
            None => (0, text),
        };
        let at = text.find(['=', '*'])?;
        let (name, value) = text.split_at_checked(at)?;
        let mandatory = value.starts_with('=');
        let value = value.get(1..)?.trim();
        let (protocol, attribute) = name.split_once(':').unwrap_or(("", name));
        Some(AvPair {
            tag,
            protocol: protocol.trim().to_ascii_lowercase(),
            attribute: attribute.trim().to_ascii_lowercase(),
            mandatory,
            value: value.trim_matches('"').to_owned(),
        })
    }

    /// Whether its value is a secret, which no debug prints.
    pub fn is_secret(&self) -> bool {
        self.attribute.ends_with("password")
    }
}

/// Keys of MPPE as the server sent them, in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MppeKeys {
    /// MS-MPPE-Send-Key.
    pub send: Option<Secret>,
    /// MS-MPPE-Recv-Key.
    pub receive: Option<Secret>,
}

/// What is known of a user beyond that it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserProfile {
    /// It came from a RADIUS server: authorization by RADIUS uses it.
    pub from_radius: bool,
    /// Service-Type.
    pub service_type: Option<u32>,
    /// Framed-Protocol.
    pub framed_protocol: Option<u32>,
    /// Framed-IP-Address.
    pub framed_ip: Option<FramedIp>,
    /// Framed-IP-Netmask.
    pub netmask: Option<Ipv4Addr>,
    /// Framed-Route and `ip:route`, as sent.
    pub routes: Vec<String>,
    /// Framed-MTU.
    pub mtu: Option<u32>,
    /// Session-Timeout.
    pub session_timeout: Option<Duration>,
    /// Idle-Timeout.
    pub idle_timeout: Option<Duration>,
    /// Framed-Pool or `ip:addr-pool`.
    pub pool: Option<String>,
    /// MS-Primary-DNS-Server, MS-Secondary-DNS-Server, or `ip:dns-servers`.
    pub dns: Vec<Ipv4Addr>,
    /// The same for WINS, `ip:wins-servers`.
    pub wins: Vec<Ipv4Addr>,
    /// Filter-Id.
    pub filters: Vec<String>,
    /// `lcp:interface-config`, in order.
    pub interface_config: Vec<String>,
    /// Reply-Message, all of them.
    pub reply_message: Vec<u8>,
    /// Class, in order; goes back unchanged in accounting.
    pub class: Vec<Vec<u8>>,
    /// MPPE keys.
    pub mppe: MppeKeys,
    /// Every Cisco-AVPair that could be read.
    pub av_pairs: Vec<AvPair>,
    /// How many attributes could not be read.
    pub unreadable: usize,
}

impl UserProfile {
    /// The profile that the attributes of an Access-Accept make.
    pub fn from_attributes(attributes: &[Decoded], unreadable: usize) -> Self {
        let mut profile = UserProfile { from_radius: true, unreadable, ..UserProfile::default() };
        for attribute in attributes {
            profile.take(attribute.key(), &attribute.value);
        }
        profile
    }

    fn take(&mut self, key: AttributeKey, value: &Value) {
        let seconds = |value: &Value| value.as_integer().map(|s| Duration::from_secs(s.into()));
        match key {
            keys::SERVICE_TYPE => self.service_type = value.as_integer(),
            keys::FRAMED_PROTOCOL => self.framed_protocol = value.as_integer(),
            keys::FRAMED_IP_ADDRESS => self.framed_ip = value.as_address().map(FramedIp::from),
            keys::FRAMED_IP_NETMASK => self.netmask = value.as_address(),
            keys::FRAMED_ROUTE => self.routes.extend(value.as_text()),
            keys::FRAMED_MTU => self.mtu = value.as_integer(),
            keys::SESSION_TIMEOUT => self.session_timeout = seconds(value),
            keys::IDLE_TIMEOUT => self.idle_timeout = seconds(value),
            keys::FRAMED_POOL => self.pool = value.as_text(),
            keys::FILTER_ID => self.filters.extend(value.as_text()),
            keys::REPLY_MESSAGE => self.reply_message.extend(value.as_octets().unwrap_or_default()),
            keys::CLASS => self.class.extend(value.as_octets().map(<[u8]>::to_vec)),
            keys::MS_PRIMARY_DNS | keys::MS_SECONDARY_DNS => self.dns.extend(value.as_address()),
            keys::MS_PRIMARY_NBNS | keys::MS_SECONDARY_NBNS => self.wins.extend(value.as_address()),
            keys::MS_MPPE_SEND_KEY => self.mppe.send = value.as_octets().map(Secret::new),
            keys::MS_MPPE_RECV_KEY => self.mppe.receive = value.as_octets().map(Secret::new),
            keys::CISCO_AVPAIR => match value.as_text().and_then(|text| AvPair::parse(&text)) {
                Some(pair) => self.take_pair(pair),
                None => self.unreadable += 1,
            },
            // The rest does not concern a PPP user.
            _ => {}
        }
    }

    fn take_pair(&mut self, pair: AvPair) {
        let addresses = |text: &str| {
            text.split([' ', ','])
                .filter(|t| !t.is_empty())
                .filter_map(|t| t.parse::<Ipv4Addr>().ok())
                .collect::<Vec<_>>()
        };
        match (pair.protocol.as_str(), pair.attribute.as_str()) {
            ("ip", "addr-pool") => self.pool = Some(pair.value.clone()),
            ("ip", "addr") => self.framed_ip = pair.value.parse().ok().map(FramedIp::Address),
            ("ip", "route") => self.routes.push(pair.value.clone()),
            ("ip", "dns-servers") => self.dns.extend(addresses(&pair.value)),
            ("ip", "wins-servers") => self.wins.extend(addresses(&pair.value)),
            ("lcp", "interface-config") => self.interface_config.push(pair.value.clone()),
            _ => {}
        }
        self.av_pairs.push(pair);
    }
}
