//! Where a call goes: the search order over called number and domain, in the vpdn-groups and then by AAA.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::TunnelKey;
use crate::config::views::{L2tpSettings, RouterConfig, SearchKey, VpdnGroup, VpdnProtocol};

/// A key of the search: `dnis:614629`, or a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LookupKey {
    pub kind: SearchKey,
    pub value: String,
}

impl LookupKey {
    /// How the key is written, in debugs and as the user name of the AAA request.
    pub fn text(&self) -> String {
        match self.kind {
            SearchKey::Dnis => format!("dnis:{}", self.value),
            SearchKey::Domain | SearchKey::MultihopHostname => self.value.clone(),
        }
    }
}

/// One LNS of a tunnel definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lns {
    pub address: Ipv4Addr,
    /// Lower is tried first.
    pub priority: u32,
    /// Most sessions.
    pub limit: Option<u32>,
}

/// Where the calls of a key go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Definition {
    /// The key that found it.
    pub key: String,
    /// The vpdn-group; none when AAA gave it.
    pub group: Option<Arc<str>>,
    /// Our Host Name AVP.
    pub local_name: Arc<str>,
    /// The LNSs.
    pub lns: Vec<Lns>,
    /// Our address towards them.
    pub source: Option<Ipv4Addr>,
    /// Calls of the same assignment share a tunnel.
    pub assignment: Option<Arc<str>>,
    /// The name that the LNS must have.
    pub server_name: Option<String>,
    /// Private Group ID AVP of the calls.
    pub private_group: Option<String>,
    /// What an LNS is told of the line in place of its speed towards the user and from it, in bits per second.
    pub speeds: (Option<u32>, Option<u32>),
    /// An LNS that refuses a session for want of room is left alone for the busy time.
    pub busy_disconnect: bool,
    /// How its tunnels behave, the password included.
    pub settings: L2tpSettings,
}

impl Definition {
    /// What the calls that share a tunnel to `address` have in common.
    pub fn tunnel_key(&self, address: Ipv4Addr) -> TunnelKey {
        TunnelKey {
            address,
            local_name: self.local_name.clone(),
            assignment: self.assignment.clone().or_else(|| self.group.clone()),
        }
    }
}

/// The keys of a call, in search order. A key that the call does not have is left out.
pub(crate) fn keys(config: &RouterConfig, called: &str, user: &str) -> Vec<LookupKey> {
    config
        .vpdn
        .search_order
        .iter()
        .filter_map(|kind| {
            let value = match kind {
                SearchKey::Dnis => Some(called.to_owned()).filter(|c| !c.is_empty()),
                SearchKey::Domain => domain(config, user).map(str::to_owned),
                SearchKey::MultihopHostname => None,
            };
            value.map(|value| LookupKey { kind: *kind, value })
        })
        .collect()
}

/// The domain of a user name by the configured delimiters: `user@domain`, or `domain\user` in prefix form.
pub(crate) fn domain<'a>(config: &RouterConfig, user: &'a str) -> Option<&'a str> {
    let is_prefix = |c: char| config.vpdn.prefix_delimiters.contains(c);
    let is_suffix = |c: char| config.vpdn.suffix_delimiters.contains(c);
    let prefix = user.split_once(is_prefix).map(|(domain, _)| domain);
    let suffix = user.rsplit_once(is_suffix).map(|(_, domain)| domain);
    prefix.or(suffix).filter(|d| !d.is_empty())
}

/// The definition of a key in the vpdn-groups, by the first group that names it.
pub(crate) fn local(config: &RouterConfig, key: &LookupKey) -> Option<Definition> {
    let group = config.groups.iter().find(|g| names(g, key) && !g.initiate_to.is_empty())?;
    Some(Definition {
        key: key.text(),
        group: Some(group.name.as_str().into()),
        local_name: group.local_name.as_ref().unwrap_or(&config.hostname).as_str().into(),
        lns: group
            .initiate_to
            .iter()
            .map(|i| Lns { address: i.address, priority: i.priority.unwrap_or(1), limit: i.limit })
            .collect(),
        source: group.source_ip.or(config.vpdn.source_ip),
        assignment: None,
        server_name: None,
        private_group: None,
        speeds: (None, None),
        busy_disconnect: true,
        settings: group.l2tp.clone(),
    })
}

fn names(group: &VpdnGroup, key: &LookupKey) -> bool {
    group.request_dialin.as_ref().is_some_and(|request| {
        let l2tp = matches!(request.protocol, Some(VpdnProtocol::L2tp | VpdnProtocol::Any) | None);
        l2tp && match key.kind {
            SearchKey::Dnis => request.dnis.contains(&key.value),
            SearchKey::Domain => request.domains.iter().any(|d| d.eq_ignore_ascii_case(&key.value)),
            SearchKey::MultihopHostname => request.multihop_hostnames.contains(&key.value),
        }
    })
}

/// The group that takes tunnels of `host_name`: the one that names it, else the first without a name.
pub(crate) fn accepting<'a>(config: &'a RouterConfig, host_name: &str) -> Option<&'a VpdnGroup> {
    let takes = |g: &&VpdnGroup| {
        g.accept_dialin
            .as_ref()
            .is_some_and(|a| matches!(a.protocol, Some(VpdnProtocol::L2tp | VpdnProtocol::Any)))
    };
    let named = config.groups.iter().filter(takes).find(|g| g.terminate_from.as_deref() == Some(host_name));
    named.or_else(|| config.groups.iter().filter(takes).find(|g| g.terminate_from.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::{AcceptDialin, InitiateTo, RequestDialin};

    fn config() -> RouterConfig {
        let request = |domains: &[&str], dnis: &[&str]| {
            Some(RequestDialin {
                protocol: Some(VpdnProtocol::L2tp),
                domains: domains.iter().map(|d| (*d).to_owned()).collect(),
                dnis: dnis.iter().map(|d| (*d).to_owned()).collect(),
                multihop_hostnames: Vec::new(),
            })
        };
        let to = |octet| vec![InitiateTo { address: [10, 0, 0, octet].into(), limit: None, priority: None }];
        let accept = Some(AcceptDialin { protocol: Some(VpdnProtocol::L2tp), virtual_template: Some(1) });
        let group = |name: &str| VpdnGroup { name: name.to_owned(), ..VpdnGroup::default() };
        RouterConfig {
            groups: vec![
                VpdnGroup {
                    request_dialin: request(&["Cisco.com"], &[]),
                    initiate_to: to(1),
                    ..group("domain")
                },
                VpdnGroup { request_dialin: request(&[], &["614629"]), initiate_to: to(2), ..group("dnis") },
                VpdnGroup { accept_dialin: accept.clone(), ..group("any") },
                VpdnGroup { accept_dialin: accept, terminate_from: Some("hgw".to_owned()), ..group("hgw") },
            ],
            ..RouterConfig::default()
        }
    }

    #[test]
    fn the_search_order_decides_which_key_comes_first() {
        let mut config = config();
        let order = |c: &RouterConfig| {
            keys(c, "614629", "joe@cisco.com").iter().map(LookupKey::text).collect::<Vec<_>>()
        };
        assert_eq!(order(&config), ["dnis:614629", "cisco.com"]);
        config.vpdn.search_order = vec![SearchKey::Domain];
        assert_eq!(order(&config), ["cisco.com"]);
        assert!(keys(&config, "", "joe").is_empty());
        config.vpdn.prefix_delimiters = "\\/".to_owned();
        assert_eq!(domain(&config, "corp\\joe"), Some("corp"));
        assert_eq!(domain(&config, "joe@"), None);
    }

    #[test]
    fn groups_are_found_by_number_and_by_domain_in_any_case() {
        let config = config();
        let found = |kind, value: &str| {
            local(&config, &LookupKey { kind, value: value.to_owned() }).and_then(|d| d.group)
        };
        assert_eq!(found(SearchKey::Dnis, "614629").as_deref(), Some("dnis"));
        assert_eq!(found(SearchKey::Domain, "cisco.COM").as_deref(), Some("domain"));
        assert_eq!(found(SearchKey::Dnis, "1"), None);
    }

    #[test]
    fn the_named_group_is_preferred_to_the_default_one() {
        let config = config();
        assert_eq!(accepting(&config, "hgw").map(|g| g.name.as_str()), Some("hgw"));
        assert_eq!(accepting(&config, "else").map(|g| g.name.as_str()), Some("any"));
        assert!(accepting(&RouterConfig::default(), "hgw").is_none());
    }
}
