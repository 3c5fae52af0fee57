//! What a server says about a user, typed.

mod problems;

use std::net::Ipv4Addr;
use std::time::Duration;

use ipnet::Ipv4Net;

pub use self::problems::Problem;
use super::tunnel::{self, Asker, TunnelDefinition};
use crate::config::views::{AttributeList, ListAttribute};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{AttributeKey, Decoded, Secret, Value};

/// Updates do not follow each other faster, RFC 2869 section 5.16.
const INTERIM_MIN: Duration = Duration::from_secs(60);

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

    /// The attribute without the number that tells pairs of one name apart: `route` of `route#2`.
    pub fn name(&self) -> &str {
        self.attribute.split('#').next().unwrap_or_default()
    }
}

/// Whose packets an access list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the user.
    In,
    /// To the user.
    Out,
}

/// A route of a user: Framed-Route (RFC 2865 section 5.22) or `ip:route`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRoute {
    /// Destination.
    pub network: Ipv4Net,
    /// Next hop; none for the user itself.
    pub gateway: Option<Ipv4Addr>,
    /// Administrative distance, which IOS takes the first metric for.
    pub distance: u8,
}

impl UserRoute {
    /// Reads `10.0.0.0/8 0.0.0.0 1`, `10.0.0.0 255.0.0.0`, or `10.0.0.0` by its class. What follows the metric does not
    /// concern a static route. `None` when there is no such network.
    pub fn parse(text: &str) -> Option<UserRoute> {
        let mut words = text.split_whitespace().peekable();
        let first = words.next()?;
        let network = match first.split_once('/') {
            Some((address, length)) => Ipv4Net::new(address.parse().ok()?, length.parse().ok()?).ok()?,
            None => {
                let address: Ipv4Addr = first.parse().ok()?;
                let mask = words.peek().and_then(|word| word.parse().ok());
                match mask.and_then(|mask| Ipv4Net::with_netmask(address, mask).ok()) {
                    // A mask leaves no bit of the network out; an address that is none is a next hop.
                    Some(network) if network.addr() == network.network() => {
                        words.next();
                        network
                    }
                    Some(_) | None => by_class(address)?,
                }
            }
        };
        let gateway = words.peek().and_then(|word| word.parse::<Ipv4Addr>().ok());
        if let Some(gateway) = gateway {
            // The mask of a network that has bits outside of it: nobody lives there.
            if gateway.octets()[0] >= 240 {
                return None;
            }
            words.next();
        }
        let distance = match words.next() {
            Some(metric) => u8::try_from(metric.parse::<u32>().ok()?).ok().filter(|d| *d > 0)?,
            None => 1,
        };
        let gateway = gateway.filter(|gateway| !gateway.is_unspecified());
        Some(UserRoute { network: network.trunc(), gateway, distance })
    }
}

/// The network of an address without a mask.
fn by_class(address: Ipv4Addr) -> Option<Ipv4Net> {
    let length = match address.octets() {
        [0, 0, 0, 0] => 0,
        [..=127, ..] => 8,
        [128..=191, ..] => 16,
        [192..=223, ..] => 24,
        _multicast => return None,
    };
    Ipv4Net::new(address, length).ok()
}

/// Service-Types and the Framed-Protocol of RFC 2865 sections 5.6 and 5.7 that can be served here.
mod service {
    /// Login.
    pub const LOGIN: u32 = 1;
    /// Framed.
    pub const FRAMED: u32 = 2;
    /// Administrative.
    pub const ADMINISTRATIVE: u32 = 6;
    /// NAS Prompt.
    pub const NAS_PROMPT: u32 = 7;
    /// PPP.
    pub const PPP: u32 = 1;
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
    /// It came from an `aaa attribute list` of a local user: authorization by the local database uses it.
    pub from_list: bool,
    /// A CoA-Request has changed it: that counts, whoever told who the user is.
    pub changed: bool,
    /// User-Name: the name under which accounting knows the user (RFC 2865 section 5.1).
    pub user_name: Option<String>,
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
    /// Acct-Interim-Interval, RFC 2869 section 5.16: not below a minute.
    pub interim: Option<Duration>,
    /// Framed-Pool or `ip:addr-pool`.
    pub pool: Option<String>,
    /// MS-Primary-DNS-Server, MS-Secondary-DNS-Server, or `ip:dns-servers`.
    pub dns: Vec<Ipv4Addr>,
    /// The same for WINS, `ip:wins-servers`.
    pub wins: Vec<Ipv4Addr>,
    /// Filter-Id.
    pub filters: Vec<String>,
    /// `ip:inacl` and `ip:outacl`: the entries of an access list of the user's own, or its number.
    pub access_lists: Vec<(Direction, String)>,
    /// Reply-Message, all of them.
    pub reply_message: Vec<u8>,
    /// Class, in order; goes back unchanged in accounting.
    pub class: Vec<Vec<u8>>,
    /// MPPE keys.
    pub mppe: MppeKeys,
    /// Every Cisco-AVPair that could be read.
    pub av_pairs: Vec<AvPair>,
    /// Where its calls are to be tunnelled: what the attributes of RFC 2868 and the `vpdn:` pairs of its own profile say.
    pub tunnels: Vec<TunnelDefinition>,
    /// What is wrong with its tunnels.
    pub tunnel_problems: Vec<String>,
    /// What it was given and cannot have here.
    pub problems: Vec<Problem>,
}

impl UserProfile {
    /// The profile that the attributes of an Access-Accept make, and `unreadable` ones that fitted no row of the table.
    pub fn from_attributes(attributes: &[Decoded], unreadable: usize) -> Self {
        let mut profile = UserProfile { from_radius: true, ..UserProfile::default() };
        if unreadable > 0 {
            profile.ignore(&format!("{unreadable} unreadable attributes"), false);
        }
        for attribute in attributes {
            profile.take(attribute.key(), &attribute.value);
        }
        let tunnels = tunnel::definitions(attributes, 0, Asker::Lac);
        (profile.tunnels, profile.tunnel_problems) = (tunnels.usable, tunnels.problems);
        profile
    }

    /// The profile that an `aaa attribute list` makes of a local user of PPP. Attributes of other services are left
    /// out. The names are those of AAA; `protocol` says which of them an address pair is.
    pub fn from_list(list: &AttributeList) -> Self {
        let mut profile = UserProfile { from_list: true, ..UserProfile::default() };
        let ours =
            |service: &Option<String>| service.as_deref().is_none_or(|s| s.eq_ignore_ascii_case("ppp"));
        for attribute in list.attributes.iter().filter(|a| ours(&a.service)) {
            profile.take_named(attribute);
        }
        profile
    }

    fn take_named(&mut self, attribute: &ListAttribute) {
        let (name, value) = (attribute.name.as_str(), attribute.value.as_str());
        let seconds = || value.parse().ok().map(Duration::from_secs);
        let understood = match name {
            "netmask" => put(&mut self.netmask, value.parse().ok()),
            "timeout" => put(&mut self.session_timeout, seconds()),
            "idletime" => put(&mut self.idle_timeout, seconds()),
            "mtu" => put(&mut self.mtu, value.parse().ok()),
            "service-type" => put(&mut self.service_type, service_type(value)),
            "filter-id" => {
                self.filters.push(value.to_owned());
                true
            }
            "reply-message" => {
                self.reply_message.extend(value.as_bytes());
                true
            }
            _ => {
                let protocol = match (name, &attribute.protocol) {
                    (_, Some(protocol)) => protocol.to_ascii_lowercase(),
                    ("interface-config", None) => "lcp".to_owned(),
                    (_, None) => "ip".to_owned(),
                };
                let pair = AvPair {
                    tag: 0,
                    protocol,
                    attribute: name.to_owned(),
                    mandatory: attribute.mandatory,
                    value: value.to_owned(),
                };
                return self.take_pair(pair, name);
            }
        };
        if !understood {
            self.ignore(&format!("{name} {value}"), attribute.mandatory);
        }
    }

    /// Notes what the user cannot have.
    fn ignore(&mut self, what: &str, must: bool) {
        self.problems.push(Problem::new(what, must));
    }

    /// Whether this is somebody who may have PPP: Framed, or no Service-Type. Nobody is called back here, so Callback
    /// Framed is not among them; nor is SLIP.
    pub fn is_for_ppp(&self) -> bool {
        self.service_type.is_none_or(|kind| kind == service::FRAMED)
            && self.framed_protocol.is_none_or(|protocol| protocol == service::PPP)
    }

    /// Whether this is somebody who may be authenticated at a terminal line. Framed is among them, recalled of IOS: it
    /// is served by this router, and `aaa authorization exec` by RADIUS refuses it an EXEC.
    pub fn is_for_terminal(&self) -> bool {
        let kinds = [service::LOGIN, service::FRAMED, service::ADMINISTRATIVE, service::NAS_PROMPT];
        self.service_type.is_none_or(|kind| kinds.contains(&kind))
    }

    /// The pool that a peer which asks for `her` is to have its address from.
    pub fn pool_for(&self, her: Ipv4Addr) -> Option<&str> {
        let pool = self.pool.as_deref()?;
        match self.framed_ip {
            Some(FramedIp::Address(_)) => None,
            Some(FramedIp::UserChooses) if !her.is_unspecified() => None,
            Some(FramedIp::UserChooses | FramedIp::NasAssigns) | None => Some(pool),
        }
    }

    /// The routes that could be read, with the network of Framed-IP-Address and Framed-IP-Netmask first; and those that
    /// could not.
    pub fn user_routes(&self, peer: Ipv4Addr) -> (Vec<UserRoute>, Vec<&str>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        if let Some(mask) = self.netmask.filter(|mask| *mask != Ipv4Addr::BROADCAST) {
            match Ipv4Net::with_netmask(peer, mask) {
                Ok(network) => good.push(UserRoute { network: network.trunc(), gateway: None, distance: 1 }),
                Err(_) => bad.push("netmask"),
            }
        }
        for text in &self.routes {
            match UserRoute::parse(text) {
                Some(route) => good.push(route),
                None => bad.push(text.as_str()),
            }
        }
        (good, bad)
    }

    /// The lines of `lcp:interface-config`, one each, and whether the user must have it.
    pub fn interface_lines(&self) -> impl Iterator<Item = (String, bool)> + '_ {
        let ours = |pair: &&AvPair| pair.protocol == "lcp" && pair.name() == "interface-config";
        self.av_pairs.iter().filter(ours).flat_map(|pair| {
            let lines: Vec<(String, bool)> = pair
                .value
                .split("\\n")
                .flat_map(|part| part.split('\n'))
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .map(|line| (line, pair.mandatory))
                .collect();
            lines
        })
    }

    /// The names of the access lists of a direction: Filter-Id (`NAME.in`, `NAME.out`, or `NAME` for packets to the
    /// user), and `own` for entries that came with the profile.
    pub fn access_list(&self, direction: Direction, own: &str) -> Option<String> {
        let suffix = match direction {
            Direction::In => ".in",
            Direction::Out => ".out",
        };
        let named = self.filters.iter().rev().find_map(|filter| match filter.strip_suffix(suffix) {
            Some(name) => Some(name.to_owned()),
            None if direction == Direction::Out && !filter.ends_with(".in") => Some(filter.clone()),
            None => None,
        });
        // One word is the number or the name of a list of the router.
        let listed = self.access_lists.iter().rev().find(|(at, _)| *at == direction).map(|(_, entry)| {
            let one = !entry.is_empty() && !entry.contains(char::is_whitespace);
            if one { entry.clone() } else { own.to_owned() }
        });
        named.or(listed)
    }

    /// Takes what a CoA-Request changes: it replaces all values of the same attributes (RFC 5176 section 3.6, note 3).
    pub fn change(&mut self, attributes: &[Decoded]) {
        let has = |key| attributes.iter().any(|a| a.key() == key);
        self.changed = true;
        self.problems.clear();
        if has(keys::FILTER_ID) {
            self.filters.clear();
        }
        let new: Vec<AvPair> = attributes
            .iter()
            .filter(|a| a.key() == keys::CISCO_AVPAIR)
            .filter_map(|a| AvPair::parse(&a.value.as_text()?))
            .collect();
        let name = |pair: &AvPair| (pair.protocol.clone(), pair.name().to_owned());
        let replaced = |known: &AvPair| new.iter().any(|pair| name(pair) == name(known));
        self.av_pairs.retain(|known| !replaced(known));
        for pair in &new {
            match name(pair) {
                (protocol, attribute) if protocol == "ip" && attribute == "inacl" => {
                    self.access_lists.retain(|(at, _)| *at != Direction::In);
                }
                (protocol, attribute) if protocol == "ip" && attribute == "outacl" => {
                    self.access_lists.retain(|(at, _)| *at != Direction::Out);
                }
                _ => {}
            }
        }
        for attribute in attributes {
            self.take(attribute.key(), &attribute.value);
        }
    }

    fn take(&mut self, key: AttributeKey, value: &Value) {
        let seconds = |value: &Value| value.as_integer().map(|s| Duration::from_secs(s.into()));
        match key {
            keys::USER_NAME => self.user_name = value.as_text().filter(|name| !name.is_empty()),
            keys::SERVICE_TYPE => self.service_type = value.as_integer(),
            keys::FRAMED_PROTOCOL => self.framed_protocol = value.as_integer(),
            keys::FRAMED_IP_ADDRESS => self.framed_ip = value.as_address().map(FramedIp::from),
            keys::FRAMED_IP_NETMASK => self.netmask = value.as_address(),
            keys::FRAMED_ROUTE => self.routes.extend(value.as_text()),
            keys::FRAMED_MTU => self.mtu = value.as_integer(),
            keys::SESSION_TIMEOUT => self.session_timeout = seconds(value),
            keys::IDLE_TIMEOUT => self.idle_timeout = seconds(value),
            keys::ACCT_INTERIM_INTERVAL => match seconds(value) {
                Some(short) if short < INTERIM_MIN => {
                    self.ignore(&format!("Acct-Interim-Interval {}", short.as_secs()), false);
                }
                interval => self.interim = interval,
            },
            keys::FRAMED_POOL => self.pool = value.as_text(),
            keys::FILTER_ID => self.filters.extend(value.as_text()),
            keys::REPLY_MESSAGE => self.reply_message.extend(value.as_octets().unwrap_or_default()),
            keys::CLASS => self.class.extend(value.as_octets().map(<[u8]>::to_vec)),
            keys::MS_PRIMARY_DNS | keys::MS_SECONDARY_DNS => self.dns.extend(value.as_address()),
            keys::MS_PRIMARY_NBNS | keys::MS_SECONDARY_NBNS => self.wins.extend(value.as_address()),
            keys::MS_MPPE_SEND_KEY => self.mppe.send = value.as_octets().map(Secret::new),
            keys::MS_MPPE_RECV_KEY => self.mppe.receive = value.as_octets().map(Secret::new),
            keys::CISCO_AVPAIR => match value.as_text().and_then(|text| AvPair::parse(&text)) {
                Some(pair) => {
                    let name = match pair.protocol.as_str() {
                        "" => pair.attribute.clone(),
                        protocol => format!("{protocol}:{}", pair.attribute),
                    };
                    self.take_pair(pair, &name);
                }
                None => self.ignore("Cisco-AVPair without a value", false),
            },
            _ => self.problems.extend(problems::without_effect(key, value)),
        }
    }

    /// Takes a pair that the log calls `called`.
    fn take_pair(&mut self, pair: AvPair, called: &str) {
        let must = self.from_list && pair.mandatory;
        let value = pair.value.as_str();
        let name = pair.name();
        match (pair.protocol.as_str(), name) {
            ("ip", "addr-pool") => self.pool = Some(value.to_owned()),
            ("ip", "addr") => {
                if !put(&mut self.framed_ip, value.parse::<Ipv4Addr>().ok().map(FramedIp::from)) {
                    self.ignore(&format!("{called} {value}"), must);
                }
            }
            ("ip", "route") => self.routes.push(value.to_owned()),
            ("ip", "dns-servers" | "wins-servers") => {
                let (good, bad) = addresses(value);
                match name {
                    "dns-servers" => self.dns.extend(good),
                    _ => self.wins.extend(good),
                }
                for word in bad {
                    self.ignore(&format!("{called} {word}"), must);
                }
            }
            ("ip", "inacl") => self.access_lists.push((Direction::In, value.to_owned())),
            ("ip", "outacl") => self.access_lists.push((Direction::Out, value.to_owned())),
            // Put onto the interface line by line, which logs what is no line.
            ("lcp", "interface-config") => {}
            // Of a tunnel, which has its own problems, and of the EXEC of a user who is more than one of PPP.
            ("vpdn" | "shell", _) => {}
            _ => self.ignore(called, must),
        }
        self.av_pairs.push(pair);
    }
}

/// Takes a value that could be read; what is known already stays where it could not. Whether it could.
pub(super) fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    *field = value.or(field.take());
    understood
}

/// The addresses of a list with blanks or commas, and the words that are none.
fn addresses(text: &str) -> (Vec<Ipv4Addr>, Vec<&str>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match word.parse() {
            Ok(address) => good.push(address),
            Err(_) => bad.push(word),
        }
    }
    (good, bad)
}

/// Service-Type by name or number, RFC 2865 section 5.6.
fn service_type(text: &str) -> Option<u32> {
    const NAMES: [(&str, u32); 5] =
        [("login", 1), ("framed", 2), ("outbound", 5), ("administrative", 6), ("nas-prompt", 7)];
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number);
    named.or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests;
