//! Tunnels as a server defines them: by the tagged attributes of RFC 2868 and by `Cisco-AVPair = "vpdn:..."`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::profile::AvPair;
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

/// One way to tunnel a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelDefinition {
    /// Tunnel-Preference: lower is tried first; `None` counts as 0.
    pub preference: Option<u32>,
    /// Tunnel-Type; L2TP when nothing is said by AV pairs.
    pub kind: Option<TunnelType>,
    /// The LNSs: the addresses of one inner list are equal, the lists are in order of priority (`,` and `/` of
    /// `ip-addresses`).
    pub servers: Vec<Vec<Ipv4Addr>>,
    /// Tunnel-Client-Endpoint: the address to tunnel from.
    pub client: Option<Ipv4Addr>,
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
    /// `l2tp-hello-interval`.
    pub hello: Option<Duration>,
    /// `l2tp-nosession-timeout`.
    pub no_session: Option<Duration>,
    /// `l2tp-recv-win`.
    pub receive_window: Option<u16>,
    /// `l2tp-hidden-avp`.
    pub hidden: Option<bool>,
    /// `l2tp-tunnel-authen`.
    pub authentication: Option<bool>,
    /// `l2tp-sequencing`.
    pub sequencing: Option<bool>,
    /// The other `vpdn:` pairs, in order.
    pub others: Vec<AvPair>,
    /// What could not be used, for the log.
    pub problems: Vec<String>,
}

/// `10.1.1.1,10.1.1.2/10.2.2.2`: `,` or a space between equals, `/` before the next of at most six priorities. What is
/// no address goes to `problems`.
pub fn parse_addresses(text: &str, problems: &mut Vec<String>) -> Vec<Vec<Ipv4Addr>> {
    const PRIORITIES: usize = 6;
    let mut out = Vec::new();
    for level in text.split('/').take(PRIORITIES) {
        let mut equal = Vec::new();
        for word in level.split([',', ' ']).map(str::trim).filter(|w| !w.is_empty()) {
            match word.parse() {
                Ok(address) => equal.push(address),
                Err(_) => problems.push(format!("{word} is no IP address")),
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

/// Every usable definition of an Access-Accept, the most preferred first, and what was wrong with the others.
pub fn definitions(attributes: &[Decoded]) -> (Vec<TunnelDefinition>, Vec<String>) {
    let mut by_tag: BTreeMap<u8, TunnelDefinition> = BTreeMap::new();
    for attribute in attributes {
        take(&mut by_tag, attribute);
    }
    // What carries no tag holds for every tunnel, when there are tunnels with tags.
    let common = if by_tag.len() > 1 { by_tag.remove(&0) } else { None };
    let mut usable = Vec::new();
    let mut problems = Vec::new();
    for mut definition in by_tag.into_values() {
        if let Some(common) = &common {
            fill(&mut definition, common);
        }
        problems.append(&mut definition.problems);
        match usability(&definition) {
            Ok(()) => usable.push(definition),
            Err(problem) => problems.push(problem),
        }
    }
    usable.sort_by_key(|d| d.preference.unwrap_or(0));
    (usable, problems)
}

fn usability(definition: &TunnelDefinition) -> Result<(), String> {
    match definition.kind {
        Some(TunnelType::L2tp) | None => {}
        Some(TunnelType::Other(number)) => return Err(format!("tunnel type {number} is not supported")),
        Some(kind) => return Err(format!("tunnel type {} is not supported", kind.name())),
    }
    if definition.servers.is_empty() {
        return Err("a tunnel without an address".to_owned());
    }
    Ok(())
}

fn take(by_tag: &mut BTreeMap<u8, TunnelDefinition>, attribute: &Decoded) {
    let value = &attribute.value;
    if attribute.key() == keys::CISCO_AVPAIR {
        if let Some(pair) = value.as_text().and_then(|t| AvPair::parse(&t)).filter(|p| p.protocol == "vpdn") {
            take_pair(by_tag.entry(pair.tag).or_default(), pair);
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
    match attribute.key() {
        keys::TUNNEL_TYPE => definition.kind = value.as_integer().map(TunnelType::from_number),
        keys::TUNNEL_MEDIUM_TYPE => {
            if let Some(medium) = value.as_integer().filter(|&medium| medium != 1) {
                definition.problems.push(format!("tunnel medium {medium} is not supported"));
            }
        }
        keys::TUNNEL_CLIENT_ENDPOINT => {
            let text = value.as_text().unwrap_or_default();
            let found = parse_addresses(&text, &mut definition.problems);
            definition.client = found.first().and_then(|equal| equal.first()).copied();
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

fn take_pair(definition: &mut TunnelDefinition, pair: AvPair) {
    let value = pair.value.as_str();
    let seconds = || value.parse().ok().map(Duration::from_secs);
    let flag = || match value {
        "1" | "yes" | "enable" | "enabled" => Some(true),
        "0" | "no" | "disable" | "disabled" => Some(false),
        _ => None,
    };
    let understood = match pair.attribute.as_str() {
        "tunnel-type" => {
            definition.kind = Some(match value.to_ascii_lowercase().as_str() {
                "l2tp" => TunnelType::L2tp,
                "l2f" => TunnelType::L2f,
                "pptp" => TunnelType::Pptp,
                _ => TunnelType::Other(0),
            });
            true
        }
        "tunnel-id" => {
            definition.client_name = Some(value.to_owned());
            true
        }
        "gw-name" => {
            definition.server_name = Some(value.to_owned());
            true
        }
        "ip-addresses" => {
            let found = parse_addresses(value, &mut definition.problems);
            definition.servers.extend(found);
            true
        }
        "source-ip" => set(&mut definition.client, value.parse().ok()),
        "l2tp-tunnel-password" => {
            definition.password = Some(Secret::new(value));
            true
        }
        "l2tp-hello-interval" => set(&mut definition.hello, seconds()),
        "l2tp-nosession-timeout" => set(&mut definition.no_session, seconds()),
        "l2tp-recv-win" | "l2tp-cm-local-window-size" => {
            set(&mut definition.receive_window, value.parse().ok())
        }
        "l2tp-hidden-avp" => set(&mut definition.hidden, flag()),
        "l2tp-tunnel-authen" => set(&mut definition.authentication, flag()),
        "l2tp-sequencing" => set(&mut definition.sequencing, flag()),
        _ => {
            definition.others.push(pair);
            return;
        }
    };
    if !understood {
        definition.problems.push(format!("vpdn:{} has a wrong value", pair.attribute));
    }
}

fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    *field = value.or(field.take());
    understood
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
        hello,
        no_session,
        receive_window,
        hidden,
        authentication,
        sequencing
    );
    if definition.servers.is_empty() {
        definition.servers = common.servers.clone();
    }
    definition.others.extend(common.others.iter().cloned());
    definition.problems.extend(common.problems.iter().cloned());
}

impl TunnelDefinition {
    /// The pairs that describe it, as the debugs of the lookup list them; a password is not among them.
    pub fn pairs(&self) -> Vec<String> {
        let mut out = vec![format!("tunnel-type={}", self.kind.unwrap_or(TunnelType::L2tp).name())];
        out.extend(self.client_name.as_ref().map(|name| format!("tunnel-id={name}")));
        out.extend(self.server_name.as_ref().map(|name| format!("gw-name={name}")));
        let join =
            |equal: &Vec<Ipv4Addr>| equal.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>().join(",");
        let addresses = self.servers.iter().map(join).collect::<Vec<_>>().join("/");
        out.push(format!("ip-addresses={addresses}"));
        out.extend(self.client.map(|address| format!("source-ip={address}")));
        out.extend(self.hello.map(|hello| format!("l2tp-hello-interval={}", hello.as_secs())));
        out.extend(self.no_session.map(|t| format!("l2tp-nosession-timeout={}", t.as_secs())));
        out.extend(self.password.as_ref().map(|_| "l2tp-tunnel-password=*".to_owned()));
        out
    }
}
