//! `show ppp all`, `show ppp interface` and `show vtemplate`.

use super::text::{clip, or_dash, say};
use crate::config::views::InterfaceKind;
use crate::engine::views::InterfaceView;
use crate::engine::{LinkState, Origin};
use crate::proto::Dialect;
use crate::proto::ppp::{AuthProtocol, LCP, LinkView, Phase, option_texts};

/// IOS's name of an authentication protocol in a list of control protocols.
const fn authentication(protocol: AuthProtocol) -> &'static str {
    match protocol {
        AuthProtocol::Pap => "PAP",
        AuthProtocol::ChapMd5 => "CHAP",
        AuthProtocol::MsChap => "MS-CHAP",
        AuthProtocol::MsChapV2 => "MS-CHAP-V2",
    }
}

/// The stage column: `LocalT` is published, `Fwded` recalled, the others are this project's choice.
const fn stage(phase: Phase) -> &'static str {
    match phase {
        Phase::Down => "Down",
        Phase::Establishing => "LCP",
        Phase::Authenticating => "Auth",
        Phase::Forwarding => "Fwded",
        Phase::Up => "LocalT",
        Phase::Terminating => "Term",
    }
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Down => "DOWN",
        Phase::Establishing => "ESTABLISHING",
        Phase::Authenticating => "AUTHENTICATING",
        Phase::Forwarding => "FORWARDED",
        Phase::Up => "UP",
        Phase::Terminating => "TERMINATING",
    }
}

/// `+` open, `*` under negotiation, `-` failed or closed.
fn mark(state: &str) -> char {
    match state {
        "Open" => '+',
        "Closed" | "Closing" | "Stopped" | "Stopping" | "Initial" | "Starting" => '-',
        _negotiating => '*',
    }
}

/// `LCP+ PAP+ IPCP+`.
fn protocols(link: &LinkView) -> String {
    let mut text = format!("LCP{}", mark(link.lcp_state));
    if let Some(protocol) = link.authenticated_by {
        let sign = match link.phase {
            Phase::Up | Phase::Forwarding => '+',
            Phase::Down | Phase::Establishing | Phase::Authenticating => '*',
            Phase::Terminating => '-',
        };
        text.push_str(&format!(" {}{sign}", authentication(protocol)));
    }
    if link.phase == Phase::Up {
        text.push_str(&format!(" IPCP{}", mark(link.ipcp_state)));
    }
    text
}

/// `show ppp all`: a line per interface with PPP under way, as published XE captures.
pub fn show_ppp_all(f: &mut String, interfaces: &[InterfaceView]) {
    say!(f, "Interface/ID OPEN+ Nego* Fail-     Stage    Peer Address    Peer Name");
    say!(f, "------------ --------------------- -------- --------------- --------------------");
    for view in interfaces {
        let Some(link) = &view.link_view else { continue };
        let address = view.network.as_ref().map_or_else(|| "0.0.0.0".to_owned(), |n| n.peer.to_string());
        let user = clip(view.user.as_deref().unwrap_or(""), 20);
        let (name, protocols, stage) = (view.name.short(), protocols(link), stage(link.phase));
        say!(f, "{name:<12} {protocols:<21} {stage:<8} {address:<15} {user}");
    }
}

/// `show ppp statistics`: how many links are in which stage. The words are those of the published parser; counts of
/// what is over are not kept.
pub fn show_ppp_statistics(f: &mut String, interfaces: &[InterfaceView]) {
    let links = || interfaces.iter().filter_map(|i| i.link_view.as_ref());
    let at = |phases: &[Phase]| links().filter(|l| phases.contains(&l.phase)).count();
    let rows = [
        (links().count(), "PPP Encapped Interfaces"),
        (at(&[Phase::Establishing]), "Links at LCP Stage"),
        (at(&[Phase::Authenticating]), "Links at Unauthenticated Name Stage"),
        (at(&[Phase::Forwarding]), "Links at Forwarded Stage"),
        (at(&[Phase::Up]), "Links at Local Termination Stage"),
        (links().filter(|l| l.ipcp_state == "Open").count(), "IPCP UP Sessions"),
        (links().count(), "Total Links"),
    ];
    for (count, what) in rows {
        say!(f, "{count:>8} {what}");
    }
}

/// `show ppp interface NAME`: session and options of a link. Headings as recalled of 12.4 and later; the lines are
/// this project's choice. The options are written as the debugs write them.
pub fn show_ppp_interface(f: &mut String, view: &InterfaceView) {
    let name = view.name.short();
    let Some(link) = &view.link_view else {
        say!(f, "% PPP is not running on {}", view.name);
        return;
    };
    say!(f, "PPP Session Info");
    say!(f, "----------------");
    say!(f, "Interface        : {name}");
    say!(f, "PPP ID           : 0x{:08X}", view.id.0);
    say!(f, "Phase            : {}", phase(link.phase));
    let stage = match link.phase {
        Phase::Up => "Local Termination",
        Phase::Forwarding => "Forwarded",
        Phase::Down | Phase::Establishing | Phase::Authenticating | Phase::Terminating => stage(link.phase),
    };
    say!(f, "Stage            : {stage}");
    say!(f, "Peer Name        : {}", or_dash(view.user.as_deref().unwrap_or("")));
    let peer = view.network.as_ref().map_or_else(|| "0.0.0.0".to_owned(), |n| n.peer.to_string());
    say!(f, "Peer Address     : {peer}");
    say!(f, "Control Protocols: {}", protocols(link));
    if let Some(id) = view.session {
        say!(f, "Session ID       : {}", id.session);
        say!(f, "Tunnel ID        : {}", id.tunnel.0);
    }
    say!(f);
    say!(f, "{name} LCP: [{}]", link.lcp_state);
    options(f, &name, "Our Negotiated Options", &link.local_options);
    options(f, &name, "Peer's Negotiated Options", &link.peer_options);
    say!(f, "{name} IPCP: [{}]", link.ipcp_state);
    if let Some(network) = &view.network {
        say!(f, "Our Negotiated Options");
        say!(f, "{name} IPCP:    Address {}", network.local);
        network.dns.iter().for_each(|dns| say!(f, "{name} IPCP:    PrimaryDNS {dns}"));
        say!(f, "Peer's Negotiated Options");
        say!(f, "{name} IPCP:    Address {}", network.peer);
    }
}

fn options(f: &mut String, name: &str, head: &str, octets: &[u8]) {
    say!(f, "{head}");
    let texts = option_texts(LCP, octets);
    if texts.is_empty() {
        say!(f, "{name} LCP:    none");
    }
    texts.iter().for_each(|text| say!(f, "{name} LCP:    {text}"));
}

/// `show vtemplate`: the Virtual-Templates and what was cloned from them.
///
/// 15.x has the columns of the published parser in its first table; 12.x the same without subinterfaces. Counts
/// that exist only where Virtual-Access interfaces are recycled are left out.
pub fn show_vtemplate(f: &mut String, dialect: Dialect, interfaces: &[InterfaceView]) {
    let clones = |number: Option<u32>| {
        interfaces
            .iter()
            .filter(|i| matches!(i.origin, Origin::Cloned { template } if Some(template) == number))
            .filter(|i| i.link == LinkState::Up)
            .count()
    };
    if dialect == Dialect::V15 {
        say!(f, "Virtual access subinterface creation is globally disabled");
        say!(f);
    }
    say!(f, "         Active     Active        Subint  Interface");
    say!(f, "       Interface  Subinterface   Capable  Type");
    say!(f, "       ---------  ------------   -------  ---------");
    for view in interfaces.iter().filter(|i| i.name.kind == InterfaceKind::VirtualTemplate) {
        let active = clones(view.name.number());
        say!(f, "{:<6} {active:>9}  {:>12}   No       Serial", view.name.short(), 0);
    }
    let total = interfaces.iter().filter(|i| matches!(i.origin, Origin::Cloned { .. })).count();
    say!(f);
    say!(f, "Usage Summary");
    say!(f, "                                 Interface  Subinterface");
    say!(f, "                                 ---------  ------------");
    say!(f, "Current Serial  in use           {total:>9}  {:>12}", 0);
    say!(f, "Total                            {total:>9}  {:>12}", 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{ethernet, screen, template, vaccess};

    #[test]
    fn show_ppp_all_has_the_published_columns() {
        assert_eq!(
            screen(|f| show_ppp_all(f, &[ethernet(), vaccess()])),
            "Interface/ID OPEN+ Nego* Fail-     Stage    Peer Address    Peer Name
------------ --------------------- -------- --------------- --------------------
Vi4          LCP+ CHAP+ IPCP+      LocalT   10.10.53.2      2500-1
"
        );
    }

    #[test]
    fn a_link_that_is_not_open_says_how_far_it_is() {
        let mut view = vaccess();
        view.network = None;
        if let Some(link) = &mut view.link_view {
            (link.phase, link.lcp_state) = (Phase::Establishing, "REQsent");
            link.authenticated_by = None;
        }
        let shown = screen(|f| show_ppp_all(f, &[view]));
        assert!(
            shown.ends_with("Vi4          LCP*                  LCP      0.0.0.0         2500-1\n"),
            "{shown}"
        );
    }

    #[test]
    fn show_ppp_interface_writes_options_like_the_debugs() {
        let shown = screen(|f| show_ppp_interface(f, &vaccess()));
        for line in [
            "Phase            : UP",
            "Stage            : Local Termination",
            "Peer Name        : 2500-1",
            "Peer Address     : 10.10.53.2",
            "Control Protocols: LCP+ CHAP+ IPCP+",
            "Session ID       : 45",
            "Vi4 LCP: [Open]",
            "Vi4 LCP:    AuthProto CHAP",
            "Vi4 LCP:    MagicNumber 0x109D08F2",
            "Vi4 LCP:    MagicNumber 0x01020304",
            "Vi4 IPCP: [Open]",
            "Vi4 IPCP:    Address 10.10.53.1",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
        }
        assert_eq!(screen(|f| show_ppp_interface(f, &ethernet())), "% PPP is not running on Ethernet0\n");
    }

    #[test]
    fn show_ppp_statistics_counts_stages() {
        let shown = screen(|f| show_ppp_statistics(f, &[ethernet(), vaccess()]));
        assert!(shown.contains("       1 Links at Local Termination Stage\n"), "{shown}");
        assert!(shown.contains("       0 Links at LCP Stage\n"), "{shown}");
    }

    #[test]
    fn show_vtemplate_counts_clones() {
        let shown = screen(|f| show_vtemplate(f, Dialect::V12_1, &[template(), vaccess()]));
        assert!(shown.contains("\nVt1            1             0   No       Serial\n"), "{shown}");
        assert!(!shown.contains("subinterface creation"), "{shown}");
        let modern = screen(|f| show_vtemplate(f, Dialect::V15, &[template()]));
        assert!(
            modern.starts_with("Virtual access subinterface creation is globally disabled\n"),
            "{modern}"
        );
    }
}
