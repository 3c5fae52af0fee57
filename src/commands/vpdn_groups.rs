//! `show vpdn domain`, `group`, `group-select`, `dead-cache` and `history failure`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::text::{clip, say};
use crate::config::views::{VpdnGroup, VpdnProtocol};
use crate::engine::{FailureType, HistoryEntry};
use crate::logging::clock::uptime_stamp;
use crate::proto::Instant;

/// How many tunnels and sessions a vpdn-group has now, and how its LNSs fare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupLoad {
    /// Its tunnels.
    pub tunnels: u32,
    /// Its sessions.
    pub sessions: u32,
    /// LAC: sessions by LNS.
    pub by_lns: Vec<(Ipv4Addr, u32)>,
    /// LAC: LNSs that failed, and how long they are still not tried first.
    pub busy: Vec<(Ipv4Addr, Duration)>,
}

const fn protocol_name(protocol: VpdnProtocol) -> &'static str {
    match protocol {
        VpdnProtocol::L2tp => "l2tp",
        VpdnProtocol::L2f => "l2f",
        VpdnProtocol::Pptp => "pptp",
        VpdnProtocol::Pppoe => "pppoe",
        VpdnProtocol::Any => "any",
    }
}

/// `show vpdn domain`: what leads to which group. Recalled from documents of 12.x.
pub fn show_vpdn_domain(f: &mut String, groups: &[VpdnGroup]) {
    say!(f, "Tunnel                 VPDN Group");
    say!(f, "------                 ----------");
    for group in groups {
        let Some(request) = &group.request_dialin else { continue };
        let protocol = protocol_name(request.protocol.unwrap_or(VpdnProtocol::Any)).to_uppercase();
        let domains = request.domains.iter().map(|d| format!("domain:{d}"));
        let numbers = request.dnis.iter().map(|n| format!("dnis:{n}"));
        for key in domains.chain(numbers) {
            say!(f, "{key:<22} {} ({protocol})", group.name);
        }
    }
}

/// `show vpdn group [NAME]`: keys, LNSs and limits, as recalled from the documents of 12.x. `groups` are those
/// that the name left.
pub fn show_vpdn_group(f: &mut String, groups: &[(&VpdnGroup, GroupLoad)]) {
    for (group, load) in groups {
        say!(f, "VPDN group {}", group.name);
        let limit = group.session_limit.map_or_else(|| "*".to_owned(), |n| n.to_string());
        let (sessions, tunnels) = (load.sessions, load.tunnels);
        say!(f, "Group session limit {limit} Active sessions {sessions} Active tunnels {tunnels}");
        if let Some(request) = &group.request_dialin {
            requesting(f, group, load);
            let name = protocol_name(request.protocol.unwrap_or(VpdnProtocol::Any)).to_uppercase();
            say!(f, "Dial-in is requested by {name}");
        }
        if let Some(accept) = &group.accept_dialin {
            let name = protocol_name(accept.protocol.unwrap_or(VpdnProtocol::Any)).to_uppercase();
            let from = group.terminate_from.as_deref().unwrap_or("any host");
            say!(f, "Dial-in is accepted by {name} from {from}");
            if let Some(template) = accept.virtual_template {
                say!(f, "Cloned from Virtual-Template{template}");
            }
        }
        say!(f);
    }
}

fn requesting(f: &mut String, group: &VpdnGroup, load: &GroupLoad) {
    let Some(request) = &group.request_dialin else { return };
    say!(f);
    say!(f, "     Tunnel (L2TP)");
    say!(f, "     ------");
    request.domains.iter().for_each(|d| say!(f, "domain:{d}"));
    request.dnis.iter().for_each(|n| say!(f, "dnis:{n}"));
    say!(f);
    say!(f, "     Endpoint         Session Limit Priority Active Sessions Status");
    for to in &group.initiate_to {
        let limit = to.limit.map_or_else(|| "*".to_owned(), |n| n.to_string());
        let active = load.by_lns.iter().find(|(a, _)| *a == to.address).map_or(0, |(_, n)| *n);
        let busy = load.busy.iter().any(|(a, _)| *a == to.address);
        let (address, priority) = (to.address.to_string(), to.priority.unwrap_or(1));
        let status = if busy { "BUSY" } else { "OK" };
        say!(f, "     {address:<16} {limit:<13} {priority:<8} {active:<15} {status}");
    }
    say!(f, "     ---------------- ------------- -------- --------------- ------");
    let total: u32 = load.by_lns.iter().map(|(_, n)| n).sum();
    say!(f, "     {:<16} {:<13} {:<8} {total}", "Total", "*", "");
    say!(f);
}

/// `show vpdn group-select summary`: the groups that take tunnels in or make them, in the columns of the
/// published parser.
pub fn show_group_select_summary(f: &mut String, groups: &[VpdnGroup]) {
    say!(f, "VPDN Group      Vrf        Remote Name   Source-IP       Protocol Direction");
    for group in groups {
        let source = group.source_ip.unwrap_or(Ipv4Addr::UNSPECIFIED).to_string();
        let name = clip(&group.name, 15);
        let remote = clip(group.terminate_from.as_deref().unwrap_or(""), 13);
        for (protocol, direction) in roles(group) {
            let protocol = protocol_name(protocol);
            say!(f, "{name:<15} {:<10} {remote:<13} {source:<15} {protocol:<8} {direction}", "");
        }
    }
}

fn roles(group: &VpdnGroup) -> impl Iterator<Item = (VpdnProtocol, &'static str)> + '_ {
    let accept = group.accept_dialin.as_ref().map(|a| (a.protocol, "accept-dialin"));
    let request = group.request_dialin.as_ref().map(|r| (r.protocol, "request-dialin"));
    let named =
        |(protocol, direction): (Option<VpdnProtocol>, _)| (protocol.unwrap_or(VpdnProtocol::Any), direction);
    accept.into_iter().chain(request).map(named)
}

/// `show vpdn group-select default`: the group that takes tunnels of a host that no group names, in the columns
/// of the published parser.
pub fn show_group_select_default(f: &mut String, groups: &[VpdnGroup]) {
    let default = |wanted: VpdnProtocol| {
        let takes = |g: &&VpdnGroup| {
            let protocol = g.accept_dialin.as_ref().and_then(|a| a.protocol);
            g.terminate_from.is_none() && (protocol == Some(wanted) || protocol == Some(VpdnProtocol::Any))
        };
        groups.iter().find(takes).map_or("None", |g| g.name.as_str())
    };
    say!(f, "Default VPDN Group      Protocol");
    say!(f, "{:<23} l2tp", default(VpdnProtocol::L2tp));
    say!(f, "{:<23} pptp", default(VpdnProtocol::Pptp));
}

/// `show vpdn group-select keys`: by which host name of a peer a group is chosen. This project's choice.
pub fn show_group_select_keys(f: &mut String, groups: &[VpdnGroup]) {
    say!(f, "VPDN Group      Remote Name   Protocol");
    for group in groups {
        let Some(accept) = &group.accept_dialin else { continue };
        let remote = clip(group.terminate_from.as_deref().unwrap_or("*"), 13);
        let protocol = protocol_name(accept.protocol.unwrap_or(VpdnProtocol::Any));
        say!(f, "{:<15} {remote:<13} {protocol}", clip(&group.name, 15));
    }
}

/// `show vpdn dead-cache`: LNSs that failed, by group, and after them `others`, which no group names because AAA
/// gave them. Recalled from documents of 12.2 and later; the time is how long the LNS is still not tried first.
pub fn show_dead_cache(f: &mut String, groups: &[(&VpdnGroup, GroupLoad)], others: &[(Ipv4Addr, Duration)]) {
    say!(f, "vpdn-group      ip address      time left");
    let named = groups.iter().flat_map(|(group, load)| load.busy.iter().map(|b| (group.name.as_str(), b)));
    for (name, (address, left)) in named.chain(others.iter().map(|b| ("-", b))) {
        say!(f, "{:<15} {:<15} {}", clip(name, 15), address.to_string(), uptime_stamp(*left));
    }
}

/// The class of a failure in words; the first is that of the documents, the others are this project's choice
/// after the classes of the published model.
const fn failure_words(kind: FailureType) -> &'static str {
    match kind {
        FailureType::PeerClosed => "The remote server closed this session",
        FailureType::Unreachable => "The remote server does not answer",
        FailureType::TunnelAuthentication => "The tunnel could not be authenticated",
        FailureType::UserAuthentication => "The user could not be authenticated",
        FailureType::SessionLimit => "The session limit was exceeded",
        FailureType::Softshut => "New sessions are refused (softshut)",
        FailureType::NoResources => "No resources available",
        FailureType::Other => "Unknown",
    }
}

/// `show vpdn history failure [USER]`, latest first: the layout of the documents of 11.3 and 12.x, as recalled.
///
/// `size` is the size of the table, `clock` writes a time of day (`13:08:02`).
pub fn show_history_failure(
    f: &mut String,
    size: usize,
    entries: &[HistoryEntry],
    user: Option<&str>,
    clock: &dyn Fn(Instant) -> String,
) {
    let address = |a: Option<IpAddr>| a.map_or_else(|| "0.0.0.0".to_owned(), |a| a.to_string());
    say!(f, "Table size: {size}");
    say!(f, "Number of entries in table: {}", entries.len());
    for entry in entries.iter().rev().filter(|e| user.is_none_or(|u| u == e.user)) {
        let (session, tunnel) = (entry.session, entry.tunnel);
        say!(f);
        say!(f, "User: {}, MID = {session}", entry.user);
        say!(f, "NAS: {}, IP address = {}, CLID = {tunnel}", entry.nas, address(entry.nas_address));
        let gateway = address(entry.gateway_address);
        say!(f, "Gateway: {}, IP address = {gateway}, CLID = {tunnel}", entry.gateway);
        say!(f, "Log time: {}, Error repeat count: {}", clock(entry.time), entry.count);
        say!(f, "Failure type: {}", failure_words(entry.kind));
        say!(f, "Failure reason: {}", entry.reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{before, screen};
    use crate::config::views::{AcceptDialin, InitiateTo, RequestDialin};

    fn lac() -> VpdnGroup {
        VpdnGroup {
            name: "1".to_owned(),
            request_dialin: Some(RequestDialin {
                protocol: Some(VpdnProtocol::L2tp),
                domains: vec!["cisco.com".to_owned()],
                dnis: vec!["614629".to_owned()],
                multihop_hostnames: Vec::new(),
            }),
            initiate_to: vec![InitiateTo { address: [10, 51, 6, 82].into(), limit: None, priority: None }],
            ..VpdnGroup::default()
        }
    }

    fn lns(name: &str, from: Option<&str>) -> VpdnGroup {
        VpdnGroup {
            name: name.to_owned(),
            accept_dialin: Some(AcceptDialin {
                protocol: Some(VpdnProtocol::L2tp),
                virtual_template: Some(1),
            }),
            terminate_from: from.map(str::to_owned),
            source_ip: Some([10, 51, 6, 82].into()),
            ..VpdnGroup::default()
        }
    }

    #[test]
    fn show_vpdn_domain_lists_keys() {
        assert_eq!(
            screen(|f| show_vpdn_domain(f, &[lac(), lns("2", None)])),
            "Tunnel                 VPDN Group
------                 ----------
domain:cisco.com       1 (L2TP)
dnis:614629            1 (L2TP)
"
        );
    }

    #[test]
    fn show_vpdn_group_of_a_lac_tells_its_lns() {
        let load = GroupLoad {
            tunnels: 1,
            sessions: 2,
            by_lns: vec![([10, 51, 6, 82].into(), 2)],
            busy: vec![([10, 51, 6, 82].into(), Duration::from_secs(118))],
        };
        let group = lac();
        let shown = screen(|f| show_vpdn_group(f, &[(&group, load.clone())]));
        assert!(
            shown.starts_with("VPDN group 1\nGroup session limit * Active sessions 2 Active tunnels 1\n"),
            "{shown}"
        );
        assert!(
            shown.contains("\n     10.51.6.82       *             1        2               BUSY\n"),
            "{shown}"
        );
        let cache = screen(|f| {
            show_dead_cache(f, &[(&group, load)], &[([10, 1, 1, 1].into(), Duration::from_secs(5))])
        });
        assert_eq!(
            cache,
            "vpdn-group      ip address      time left\n1               10.51.6.82      00:01:58\n\
             -               10.1.1.1        00:00:05\n"
        );
    }

    #[test]
    fn show_vpdn_group_of_an_lns_tells_its_peer() {
        let group = VpdnGroup { session_limit: Some(100), ..lns("2", Some("hgw")) };
        let shown = screen(|f| show_vpdn_group(f, &[(&group, GroupLoad::default())]));
        assert!(shown.contains("Group session limit 100 Active sessions 0 Active tunnels 0\n"), "{shown}");
        assert!(
            shown.contains("Dial-in is accepted by L2TP from hgw\nCloned from Virtual-Template1\n"),
            "{shown}"
        );
    }

    #[test]
    fn group_select_has_the_columns_of_the_published_parser() {
        let groups = [lns("vg_ip2", Some("hgw")), lns("vgdefault", None)];
        assert_eq!(
            screen(|f| show_group_select_summary(f, &groups)),
            "VPDN Group      Vrf        Remote Name   Source-IP       Protocol Direction
vg_ip2                     hgw           10.51.6.82      l2tp     accept-dialin
vgdefault                                10.51.6.82      l2tp     accept-dialin
"
        );
        assert_eq!(
            screen(|f| show_group_select_default(f, &groups)),
            "Default VPDN Group      Protocol
vgdefault               l2tp
None                    pptp
"
        );
        let keys = screen(|f| show_group_select_keys(f, &groups));
        assert!(
            keys.ends_with("vg_ip2          hgw           l2tp\nvgdefault       *             l2tp\n"),
            "{keys}"
        );
    }

    #[test]
    fn show_history_failure_shows_the_latest_first() {
        let entry = |user: &str, seconds| HistoryEntry {
            user: user.to_owned(),
            session: 1,
            tunnel: 1,
            nas: "isp".to_owned(),
            nas_address: Some([172, 21, 9, 25].into()),
            gateway: "hp-gw".to_owned(),
            gateway_address: Some([172, 21, 9, 15].into()),
            time: before(seconds),
            count: 1,
            kind: FailureType::PeerClosed,
            reason: "Administrative intervention".to_owned(),
        };
        let entries = [entry("old@example.com", 50), entry("example@example.com", 10)];
        let clock = |at: Instant| uptime_stamp(at.since_start());
        let all = screen(|f| show_history_failure(f, 20, &entries, None, &clock));
        assert!(
            all.starts_with(
                "Table size: 20
Number of entries in table: 2

User: example@example.com, MID = 1
NAS: isp, IP address = 172.21.9.25, CLID = 1
Gateway: hp-gw, IP address = 172.21.9.15, CLID = 1
Log time: 00:01:30, Error repeat count: 1
Failure type: The remote server closed this session
Failure reason: Administrative intervention

User: old@example.com"
            ),
            "{all}"
        );
        let one = screen(|f| show_history_failure(f, 20, &entries, Some("old@example.com"), &clock));
        assert!(one.contains("User: old@") && !one.contains("User: example@"), "{one}");
    }
}
