//! Tunnels as a server defines them: by the tagged attributes of RFC 2868 and by `Cisco-AVPair = "vpdn:..."`.

mod pairs;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

pub use self::pairs::Knobs;
use super::profile::AvPair;
use crate::config::views::RouterConfig;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Decoded, Secret};

/// Which tunneling protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TunnelType {
    /// L2TP, Tunnel-Type 3.
    L2tp,
    /// L2F, Tunnel-Type 2.
    L2f,
    /// PPTP, Tunnel-Type 1.
    Pptp,
    /// Anything else, by its number.
    Other(u32),
}

impl TunnelType {
    fn from_number(number: u32) -> Self {
        match number {
            1 => TunnelType::Pptp,
            2 => TunnelType::L2f,
            3 => TunnelType::L2tp,
            other => TunnelType::Other(other),
        }
    }

    /// As `vpdn:tunnel-type` writes it.
    pub fn name(self) -> &'static str {
        match self {
            TunnelType::L2tp => "l2tp",
            TunnelType::L2f => "l2f",
            TunnelType::Pptp => "pptp",
            TunnelType::Other(_) => "unknown",
        }
    }
}

/// An end of a tunnel as a server writes it (RFC 2868 sections 3.3 and 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// By its address.
    Address(Ipv4Addr),
    /// By a name, for which `ip host` has the address; no server of names is asked.
    Name(String),
}

impl Endpoint {
    /// Reads a word; `None` when it is neither an address nor a name. What has no letter is meant to be an address.
    pub fn parse(word: &str) -> Option<Endpoint> {
        if let Ok(address) = word.parse() {
            return Some(Endpoint::Address(address));
        }
        let label = |label: &str| {
            let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            inside && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        };
        let named = word.bytes().any(|b| b.is_ascii_alphabetic()) && word.split('.').all(label);
        named.then(|| Endpoint::Name(word.to_owned()))
    }

    /// Its addresses; none of a name that is not known.
    pub fn addresses(&self, config: &RouterConfig) -> Vec<Ipv4Addr> {
        match self {
            Endpoint::Address(address) => vec![*address],
            Endpoint::Name(name) => config.host(name).to_vec(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Address(address) => write!(f, "{address}"),
            Endpoint::Name(name) => f.write_str(name),
        }
    }
}

/// One way to tunnel a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelDefinition {
    /// Tunnel-Preference: lower is tried first; `None` counts as 0.
    pub preference: Option<u32>,
    /// Tunnel-Type; L2TP when nothing is said by AV pairs.
    pub kind: Option<TunnelType>,
    /// The LNSs: the ends of one inner list are equal, the lists are in order of priority (`,` and `/` of
    /// `ip-addresses`).
    pub servers: Vec<Vec<Endpoint>>,
    /// Tunnel-Client-Endpoint: the address to tunnel from.
    pub client: Option<Endpoint>,
    /// Tunnel-Password: the secret of the tunnel.
    pub password: Option<Secret>,
    /// Tunnel-Client-Auth-Id or `tunnel-id`: our name in the tunnel.
    pub client_name: Option<String>,
    /// Tunnel-Server-Auth-Id or `gw-name`: the name that the LNS must have.
    pub server_name: Option<String>,
    /// Tunnel-Assignment-Id: calls of the same id share a tunnel.
    pub assignment: Option<String>,
    /// Tunnel-Private-Group-Id.
    pub group: Option<String>,
    /// `vpdn-group`: the vpdn-group of this router whose settings hold where nothing else is said.
    pub vpdn_group: Option<String>,
    /// `vpdn-vtemplate`: LNS, the Virtual-Template of the tunnel's sessions.
    pub virtual_template: Option<u32>,
    /// `l2tp-busy-disconnect`: whether an LNS that refuses a session as busy is left alone for a while.
    pub busy_disconnect: Option<bool>,
    /// `vpn-domain-list`: domains that users of a port may name.
    pub domains: Option<Vec<String>>,
    /// `l2tp-tx-speed`: what the LNS is told of the line towards the user, in bits per second.
    pub tx_speed: Option<u32>,
    /// `l2tp-rx-speed`: the same for the line from the user.
    pub rx_speed: Option<u32>,
    /// Tunnel-Medium-Type, when it is not IPv4.
    pub medium: Option<u32>,
    /// `l2tp-...`.
    pub knobs: Knobs,
    /// What could not be used, for the log.
    pub problems: Vec<String>,
    /// A definition of RFC 2868 or an AV pair said where to; others only say something about a user or a peer.
    said: bool,
}

/// `10.1.1.1,10.1.1.2/10.2.2.2`: `,` or a space between equals, `/` before the next of at most six priorities. What is
/// no address and no name goes to `problems`.
pub fn parse_addresses(text: &str, problems: &mut Vec<String>) -> Vec<Vec<Endpoint>> {
    const PRIORITIES: usize = 6;
    let mut out = Vec::new();
    for level in text.split('/').take(PRIORITIES) {
        let mut equal = Vec::new();
        for word in level.split([',', ' ']).map(str::trim).filter(|w| !w.is_empty()) {
            match Endpoint::parse(word) {
                Some(endpoint) => equal.push(endpoint),
                None => problems.push(format!("{word} is no IP address")),
            }
        }
        if !equal.is_empty() {
            out.push(equal);
        }
    }
    if text.split('/').count() > PRIORITIES {
        problems.push("more than six priorities of addresses".to_owned());
    }
    out
}

/// What a reply says about tunnels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tunnels {
    /// What can be used, the most preferred first.
    pub usable: Vec<TunnelDefinition>,
    /// What was wrong with the rest.
    pub problems: Vec<String>,
}

/// Who asked, and therefore what a definition must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A LAC: it must know where to.
    Lac,
    /// An LNS that wants to know a peer: no address is needed.
    Lns,
    /// A LAC that asks for the domains of a port.
    Port,
}

/// Every usable definition of an Access-Accept, and what was wrong with the others. `unreadable` attributes fitted
/// no row of the attribute table: a password that does not decrypt, a number of three octets.
///
/// What carries no tag holds for every tunnel with a tag (RFC 2868 section 3 leaves it open), unless it says an
/// address itself: then it is one more tunnel.
pub fn definitions(attributes: &[Decoded], unreadable: usize, asker: Asker) -> Tunnels {
    let mut by_tag: BTreeMap<u8, TunnelDefinition> = BTreeMap::new();
    for attribute in attributes {
        take(&mut by_tag, attribute);
    }
    let shared = by_tag.len() > 1 && by_tag.get(&0).is_some_and(|untagged| untagged.servers.is_empty());
    let common = if shared { by_tag.remove(&0) } else { None };
    let mut out = Tunnels::default();
    if unreadable > 0 {
        out.problems.push(format!("{unreadable} attributes cannot be read"));
    }
    if let Some(common) = &common {
        out.problems.extend(common.problems.iter().cloned());
    }
    for (tag, mut definition) in by_tag {
        if let Some(common) = &common {
            fill(&mut definition, common);
        }
        out.problems.append(&mut definition.problems);
        match usability(&definition, asker) {
            Ok(()) => out.usable.push(definition),
            Err(problem) if tag == 0 => out.problems.push(problem),
            Err(problem) => out.problems.push(format!("tag {tag}: {problem}")),
        }
    }
    out.usable.sort_by_key(|d| d.preference.unwrap_or(0));
    out
}

fn usability(definition: &TunnelDefinition, asker: Asker) -> Result<(), String> {
    match definition.kind {
        Some(TunnelType::L2tp) | None => {}
        Some(TunnelType::Other(number)) => return Err(format!("tunnel type {number} is not supported")),
        Some(kind) => return Err(format!("tunnel type {} is not supported", kind.name())),
    }
    if let Some(medium) = definition.medium {
        return Err(format!("tunnel medium {medium} is not supported"));
    }
    if asker == Asker::Lac && definition.servers.is_empty() {
        return Err("a tunnel without an address".to_owned());
    }
    if asker == Asker::Lns && !definition.said {
        return Err("nothing about a tunnel".to_owned());
    }
    Ok(())
}

fn take(by_tag: &mut BTreeMap<u8, TunnelDefinition>, attribute: &Decoded) {
    let value = &attribute.value;
    if attribute.key() == keys::CISCO_AVPAIR {
        if let Some(pair) = value.as_text().and_then(|t| AvPair::parse(&t)).filter(|p| p.protocol == "vpdn") {
            let definition = by_tag.entry(pair.tag).or_default();
            definition.said = true;
            pairs::take(definition, &pair);
        }
        return;
    }
    let tunnel = [
        keys::TUNNEL_TYPE,
        keys::TUNNEL_MEDIUM_TYPE,
        keys::TUNNEL_CLIENT_ENDPOINT,
        keys::TUNNEL_SERVER_ENDPOINT,
        keys::TUNNEL_PASSWORD,
        keys::TUNNEL_PRIVATE_GROUP_ID,
        keys::TUNNEL_ASSIGNMENT_ID,
        keys::TUNNEL_PREFERENCE,
        keys::TUNNEL_CLIENT_AUTH_ID,
        keys::TUNNEL_SERVER_AUTH_ID,
    ];
    if !tunnel.contains(&attribute.key()) {
        return;
    }
    let definition = by_tag.entry(attribute.tag).or_default();
    definition.said = true;
    match attribute.key() {
        keys::TUNNEL_TYPE => definition.kind = value.as_integer().map(TunnelType::from_number),
        keys::TUNNEL_MEDIUM_TYPE => {
            definition.medium = value.as_integer().filter(|&medium| medium != IPV4);
        }
        keys::TUNNEL_CLIENT_ENDPOINT => {
            let text = value.as_text().unwrap_or_default();
            let found = parse_addresses(&text, &mut definition.problems);
            definition.client = found.first().and_then(|equal| equal.first()).cloned();
        }
        keys::TUNNEL_SERVER_ENDPOINT => {
            let text = value.as_text().unwrap_or_default();
            let found = parse_addresses(&text, &mut definition.problems);
            definition.servers.extend(found);
        }
        keys::TUNNEL_PASSWORD => definition.password = value.as_octets().map(Secret::new),
        keys::TUNNEL_PRIVATE_GROUP_ID => definition.group = value.as_text(),
        keys::TUNNEL_ASSIGNMENT_ID => definition.assignment = value.as_text(),
        keys::TUNNEL_PREFERENCE => definition.preference = value.as_integer(),
        keys::TUNNEL_CLIENT_AUTH_ID => definition.client_name = value.as_text(),
        keys::TUNNEL_SERVER_AUTH_ID => definition.server_name = value.as_text(),
        _ => {}
    }
}

/// Takes from `common` what `definition` does not say itself.
fn fill(definition: &mut TunnelDefinition, common: &TunnelDefinition) {
    macro_rules! inherit {
        ($($field:ident),*) => {
            $(if definition.$field.is_none() { definition.$field = common.$field.clone(); })*
        };
    }
    inherit!(
        preference,
        kind,
        client,
        password,
        client_name,
        server_name,
        assignment,
        group,
        vpdn_group,
        virtual_template,
        busy_disconnect,
        domains,
        tx_speed,
        rx_speed,
        medium
    );
    definition.knobs.inherit(&common.knobs);
    if definition.servers.is_empty() {
        definition.servers = common.servers.clone();
    }
}

impl TunnelDefinition {
    /// The pairs that describe it, as the debugs of the lookup list them; a password is not among them.
    pub fn pairs(&self) -> Vec<String> {
        let mut out = vec![format!("tunnel-type={}", self.kind.unwrap_or(TunnelType::L2tp).name())];
        out.extend(self.client_name.as_ref().map(|name| format!("tunnel-id={name}")));
        out.extend(self.server_name.as_ref().map(|name| format!("gw-name={name}")));
        let join =
            |equal: &Vec<Endpoint>| equal.iter().map(Endpoint::to_string).collect::<Vec<_>>().join(",");
        let addresses = self.servers.iter().map(join).collect::<Vec<_>>().join("/");
        if !addresses.is_empty() {
            out.push(format!("ip-addresses={addresses}"));
        }
        out.extend(self.client.as_ref().map(|address| format!("source-ip={address}")));
        out.extend(self.group.as_ref().map(|group| format!("tunnel-private-group={group}")));
        out.extend(self.assignment.as_ref().map(|id| format!("tunnel-assignment={id}")));
        out.extend(self.vpdn_group.as_ref().map(|group| format!("vpdn-group={group}")));
        out.extend(self.virtual_template.map(|n| format!("vpdn-vtemplate={n}")));
        out.extend(self.busy_disconnect.map(|on| format!("l2tp-busy-disconnect={}", yes_no(on))));
        out.extend(self.tx_speed.map(|speed| format!("l2tp-tx-speed={speed}")));
        out.extend(self.rx_speed.map(|speed| format!("l2tp-rx-speed={speed}")));
        out.extend(self.knobs.pairs());
        out.extend(self.password.as_ref().map(|_| "l2tp-tunnel-password=*".to_owned()));
        out
    }
}

/// Tunnel-Medium-Type of IPv4, RFC 2868 section 3.2.
const IPV4: u32 = 1;

const fn yes_no(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}
