//! `show interfaces` and `show interfaces virtual-access N configuration`.

use std::time::Duration;

use super::text::{ago, say};
use crate::config::views::{InterfaceKind, IpAddress};
use crate::engine::views::InterfaceView;
use crate::engine::{Faults, LinkState, Origin, TrafficView};
use crate::grammar::value::format_mac;
use crate::proto::{Dialect, Instant};

/// `up`, `down`, `administratively down`.
pub const fn link_words(link: LinkState) -> &'static str {
    match link {
        LinkState::AdministrativelyDown => "administratively down",
        LinkState::Down => "down",
        LinkState::Up => "up",
    }
}

/// `X is up, line protocol is up `: the first line of an interface, with its trailing blank.
pub fn headline(f: &mut String, view: &InterfaceView) {
    let protocol = if view.protocol || view.spoofing { "up" } else { "down" };
    let spoofing = if view.spoofing && !view.protocol { "(spoofing)" } else { "" };
    say!(f, "{} is {}, line protocol is {protocol} {spoofing}", view.name, link_words(view.link));
}

/// Whether a Linux device stands behind interfaces of this kind.
const fn is_device(kind: InterfaceKind) -> bool {
    matches!(kind, InterfaceKind::Ethernet | InterfaceKind::FastEthernet | InterfaceKind::GigabitEthernet)
}

/// Whether the block of an interface of this kind ends with its carrier transitions: captured of a Virtual-Access,
/// recalled of Serial and BRI. The captured Dialer has none.
const fn has_carrier_line(kind: InterfaceKind) -> bool {
    matches!(kind, InterfaceKind::VirtualAccess | InterfaceKind::Serial | InterfaceKind::Bri)
}

/// What kind of hardware the interface stands for.
const fn hardware_name(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Ethernet | InterfaceKind::FastEthernet | InterfaceKind::GigabitEthernet => {
            "Linux device"
        }
        InterfaceKind::Serial => "DSX1",
        InterfaceKind::Bri => "BRI",
        InterfaceKind::Loopback => "Loopback",
        InterfaceKind::VirtualTemplate => "Virtual Template interface",
        InterfaceKind::VirtualAccess => "Virtual Access interface",
        InterfaceKind::VirtualPpp => "Virtual PPP interface",
        InterfaceKind::Tunnel => "Tunnel",
        InterfaceKind::Multilink => "multilink group interface",
        InterfaceKind::Vlan => "EtherSVI",
        InterfaceKind::Dialer
        | InterfaceKind::Null
        | InterfaceKind::Atm
        | InterfaceKind::Async
        | InterfaceKind::GroupAsync => "Unknown",
    }
}

/// Bandwidth in kbit/s and delay in microseconds, IOS's defaults for the kind.
const fn metrics(kind: InterfaceKind) -> (u32, u32) {
    match kind {
        InterfaceKind::Ethernet => (10_000, 1000),
        InterfaceKind::FastEthernet => (100_000, 100),
        InterfaceKind::GigabitEthernet | InterfaceKind::Vlan => (1_000_000, 10),
        InterfaceKind::Serial | InterfaceKind::Bri => (64, 20_000),
        InterfaceKind::Loopback => (8_000_000, 5000),
        InterfaceKind::Dialer => (56, 20_000),
        InterfaceKind::Tunnel => (9, 500_000),
        InterfaceKind::Async | InterfaceKind::GroupAsync => (9, 100_000),
        InterfaceKind::Null => (10_000_000, 0),
        InterfaceKind::VirtualTemplate
        | InterfaceKind::VirtualAccess
        | InterfaceKind::VirtualPpp
        | InterfaceKind::Multilink
        | InterfaceKind::Atm => (100_000, 100_000),
    }
}

/// Whether PPP is spoken on the interface, whatever its configuration says.
const fn always_ppp(kind: InterfaceKind) -> bool {
    matches!(kind, InterfaceKind::VirtualTemplate | InterfaceKind::VirtualAccess | InterfaceKind::VirtualPpp)
}

/// `show interfaces`, or of the one that was named.
///
/// The blocks are those of published captures: of 12.x a Virtual-Access and a Virtual-Template with `LCP ...` and
/// `Cloned from` on lines of their own, of 15.x a Dialer and a Virtual-Access. Lines for which nothing is measured
/// are left out.
pub fn show_interfaces(f: &mut String, dialect: Dialect, now: Instant, interfaces: &[InterfaceView]) {
    for view in interfaces {
        headline(f, view);
        identity(f, view);
        capacity(f, dialect, view);
        encapsulation(f, dialect, view);
        activity(f, dialect, now, view);
        traffic(f, dialect, view);
    }
}

/// `show interfaces description`: an interface a line. Columns, states and widths
/// are recalled.
pub fn show_interfaces_description(f: &mut String, interfaces: &[InterfaceView]) {
    say!(f, "{:<31}{:<15}{:<9}Description", "Interface", "Status", "Protocol");
    for view in interfaces {
        let link = match view.link {
            LinkState::AdministrativelyDown => "admin down",
            LinkState::Down | LinkState::Up => link_words(view.link),
        };
        let protocol = if view.protocol || view.spoofing { "up" } else { "down" };
        let text = view.config.description.as_deref().unwrap_or_default();
        say!(f, "{:<31}{link:<15}{protocol:<9}{text}", view.name.short());
    }
}

fn identity(f: &mut String, view: &InterfaceView) {
    let kind = view.name.kind;
    let ethernet = kind.is_ethernet() || kind == InterfaceKind::Vlan;
    match view.hardware.as_ref().filter(|_| ethernet).map(format_mac) {
        Some(mac) => say!(f, "  Hardware is {}, address is {mac} (bia {mac})", hardware_name(kind)),
        None => say!(f, "  Hardware is {}", hardware_name(kind)),
    }
    if let Some(text) = &view.config.description {
        say!(f, "  Description: {text}");
    }
    // A B channel has the address of its D channel.
    if matches!(view.origin, Origin::Channel { .. }) {
        return;
    }
    match (&view.config.ip, view.address) {
        (IpAddress::Unnumbered(of), Some(address)) => {
            say!(f, "  Interface is unnumbered. Using address of {of} ({})", address.addr());
        }
        (IpAddress::Static(_) | IpAddress::Negotiated, Some(address)) => {
            say!(f, "  Internet address is {address}");
        }
        (IpAddress::Negotiated, None) => say!(f, "  Internet address will be negotiated using IPCP"),
        (IpAddress::None, _) | (IpAddress::Unnumbered(_) | IpAddress::Static(_), None) => {}
    }
}

fn capacity(f: &mut String, dialect: Dialect, view: &InterfaceView) {
    let (bandwidth, delay) = metrics(view.name.kind);
    let unit = match dialect {
        Dialect::V12_0 | Dialect::V12_1 => "Kbit",
        Dialect::V15 => "Kbit/sec",
    };
    say!(f, "  MTU {} bytes, BW {bandwidth} {unit}, DLY {delay} usec, ", view.config.mtu);
    say!(f, "     reliability 255/255, txload 1/255, rxload 1/255");
}

fn encapsulation(f: &mut String, dialect: Dialect, view: &InterfaceView) {
    let kind = view.name.kind;
    if view.config.encapsulation_ppp || always_ppp(kind) {
        match dialect {
            Dialect::V12_0 | Dialect::V12_1 => ppp_12(f, dialect, view),
            Dialect::V15 => ppp_15(f, view),
        }
        return;
    }
    match kind {
        InterfaceKind::Ethernet
        | InterfaceKind::FastEthernet
        | InterfaceKind::GigabitEthernet
        | InterfaceKind::Vlan => {
            say!(f, "  Encapsulation ARPA, loopback not set");
            keepalive(f, view.config.keepalive);
            say!(f, "  ARP type: ARPA, ARP Timeout 04:00:00");
        }
        InterfaceKind::Loopback => say!(f, "  Encapsulation LOOPBACK, loopback not set"),
        InterfaceKind::Null => say!(f, "  Encapsulation ARPA, loopback not set"),
        InterfaceKind::Tunnel => say!(f, "  Encapsulation TUNNEL, loopback not set"),
        InterfaceKind::Serial
        | InterfaceKind::Bri
        | InterfaceKind::Dialer
        | InterfaceKind::Async
        | InterfaceKind::GroupAsync
        | InterfaceKind::Atm
        | InterfaceKind::Multilink
        | InterfaceKind::VirtualTemplate
        | InterfaceKind::VirtualAccess
        | InterfaceKind::VirtualPpp => {
            say!(f, "  Encapsulation HDLC, loopback not set");
            keepalive(f, view.config.keepalive);
        }
    }
}

fn keepalive(f: &mut String, interval: Duration) {
    if interval.is_zero() {
        say!(f, "  Keepalive not set");
    } else {
        say!(f, "  Keepalive set ({} sec)", interval.as_secs());
    }
}

/// The states of LCP and the NCPs: `Closed` without a link.
fn ncp(view: &InterfaceView) -> (&'static str, bool) {
    view.link_view.as_ref().map_or(("Closed", false), |l| (l.lcp_state, l.ipcp_state == "Open"))
}

fn ppp_12(f: &mut String, dialect: Dialect, view: &InterfaceView) {
    let kind = view.name.kind;
    let (lcp, ipcp) = ncp(view);
    let vaccess = view.session.is_some() && kind == InterfaceKind::VirtualAccess && dialect != Dialect::V12_0;
    say!(f, "  Encapsulation PPP, loopback not set");
    keepalive(f, view.config.keepalive);
    if always_ppp(kind) {
        say!(f, "  DTR is pulsed for 5 seconds on reset");
    }
    say!(f, "  LCP {lcp}");
    if ipcp {
        say!(f, "  Open: IPCP");
    }
    if vaccess {
        vaccess_lines(f, view, "");
    } else if let Origin::Cloned { template } = view.origin {
        let bound = view.session.map_or_else(String::new, |id| {
            format!("Bound to L2TP tunnel {} session {}, ", id.tunnel.0, id.session)
        });
        say!(f, "  {bound}Cloned from Virtual-Template{template}");
    }
}

fn ppp_15(f: &mut String, view: &InterfaceView) {
    let (lcp, ipcp) = ncp(view);
    let vaccess = matches!(view.origin, Origin::Cloned { .. });
    match (vaccess, ipcp) {
        (true, true) => say!(f, "  Encapsulation PPP, LCP {lcp}\n  Open: IPCP"),
        (true, false) => say!(f, "  Encapsulation PPP, LCP {lcp}"),
        (false, true) => say!(f, "  Encapsulation PPP, LCP {lcp}\n  Open: IPCP, loopback not set"),
        (false, false) => say!(f, "  Encapsulation PPP, LCP {lcp}, loopback not set"),
    }
    if vaccess {
        vaccess_lines(f, view, ", loopback not set");
    }
    keepalive(f, view.config.keepalive);
    if view.name.kind == InterfaceKind::Dialer {
        say!(f, "  DTR is pulsed for 1 seconds on reset");
    }
}

/// What a Virtual-Access serves. 0x44 is the status that captures show of one that is up.
fn vaccess_lines(f: &mut String, view: &InterfaceView, loopback: &str) {
    let Origin::Cloned { template } = view.origin else { return };
    say!(f, "  PPPoVPDN vaccess, cloned from Virtual-Template{template}");
    let status = if view.link == LinkState::Up { "0x44" } else { "0x0" };
    say!(f, "  Vaccess status {status}{loopback}");
    if let Some(id) = view.session {
        let tail = if loopback.is_empty() { ", loopback not set" } else { "" };
        say!(f, "  Protocol l2tp, tunnel id {}, session id {}{tail}", id.tunnel.0, id.session);
    }
}

fn activity(f: &mut String, dialect: Dialect, now: Instant, view: &InterfaceView) {
    let traffic = &view.traffic;
    let when = |at: Option<Instant>| at.map_or_else(|| "never".to_owned(), |at| ago(now, at));
    let (input, output) = (when(traffic.last_input), when(traffic.last_output));
    say!(f, "  Last input {input}, output {output}, output hang never");
    say!(f, "  Last clearing of \"show interface\" counters {}", when(traffic.cleared));
    let Faults { drops, input_drops, .. } = traffic.faults;
    say!(f, "  Input queue: 0/75/{input_drops}/0 (size/max/drops/flushes); Total output drops: {drops}");
    say!(f, "  Queueing strategy: fifo");
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => say!(f, "  Output queue :0/40 (size/max)"),
        Dialect::V15 => say!(f, "  Output queue: 0/40 (size/max)"),
    }
}

fn traffic(f: &mut String, dialect: Dialect, view: &InterfaceView) {
    let TrafficView { counts, faults, load, carrier_transitions, .. } = view.traffic;
    say!(f, "  5 minute input rate {:.0} bits/sec, {:.0} packets/sec", load.bits_in, load.packets_in);
    say!(f, "  5 minute output rate {:.0} bits/sec, {:.0} packets/sec", load.bits_out, load.packets_out);
    say!(f, "     {} packets input, {} bytes, 0 no buffer", counts.packets_in, counts.octets_in);
    let Faults { runts, giants, .. } = faults;
    match dialect {
        // Linux does not tell broadcasts apart.
        _ if is_device(view.name.kind) => {}
        Dialect::V12_0 | Dialect::V12_1 => {
            say!(f, "     Received 0 broadcasts, {runts} runts, {giants} giants, 0 throttles")
        }
        Dialect::V15 => {
            say!(f, "     Received 0 broadcasts (0 IP multicasts)");
            say!(f, "     {runts} runts, {giants} giants, 0 throttles ");
        }
    }
    let Faults { input, crc, frame, overrun, aborts, output, collisions, .. } = faults;
    say!(
        f,
        "     {input} input errors, {crc} CRC, {frame} frame, {overrun} overrun, 0 ignored, {aborts} abort"
    );
    say!(f, "     {} packets output, {} bytes, 0 underruns", counts.packets_out, counts.octets_out);
    say!(f, "     {output} output errors, {collisions} collisions, 0 interface resets");
    if dialect == Dialect::V15 {
        say!(f, "     0 unknown protocol drops");
    }
    say!(f, "     0 output buffer failures, 0 output buffers swapped out");
    if has_carrier_line(view.name.kind) {
        say!(f, "     {carrier_transitions} carrier transitions");
    }
}

/// `show interfaces virtual-access N configuration`: what was cloned to it.
///
/// 12.x is recalled from its documents (`interface X configuration...`), with a line that says what it serves;
/// 15.x is the form of its derived configurations.
pub fn show_interface_configuration(f: &mut String, dialect: Dialect, view: &InterfaceView) {
    let lines: Vec<String> = view.config.lines.iter().map(|l| format!(" {}", l.trim_start())).collect();
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => {
            if view.session.is_some() {
                say!(f, "{} is a PPP over L2TP link", view.name);
                say!(f);
            }
            say!(f, "interface {} configuration...", view.name);
            lines.iter().for_each(|line| say!(f, "{line}"));
        }
        Dialect::V15 => {
            let body: usize = lines.iter().map(|l| l.len() + 1).sum();
            let head = format!("interface {}", view.name);
            say!(f, "Building configuration...");
            say!(f);
            say!(f, "Derived configuration : {} bytes", body + head.len() + "!\n\nend\n\n".len());
            say!(f, "!");
            say!(f, "{head}");
            lines.iter().for_each(|line| say!(f, "{line}"));
            say!(f, "end");
            say!(f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{NOW, before, ethernet, named, screen, template, vaccess};
    use crate::engine::{Counters, Counts, Load};
    use std::sync::atomic::Ordering;

    fn shown(dialect: Dialect, view: InterfaceView) -> String {
        screen(|f| show_interfaces(f, dialect, NOW, &[view]))
    }

    #[test]
    fn descriptions_stand_in_their_columns() {
        let mut down = template();
        down.link = LinkState::AdministrativelyDown;
        assert_eq!(
            screen(|f| show_interfaces_description(f, &[ethernet(), down])),
            "Interface                      Status         Protocol Description
Et0                            up             up       to the LAC
Vt1                            admin down     down     
"
        );
    }

    #[test]
    fn a_template_of_12_x_is_the_published_capture() {
        let mut view = template();
        view.config = std::sync::Arc::new(crate::config::views::InterfaceConfig::new(view.name.clone()));
        assert!(shown(Dialect::V12_0, view).starts_with(
            "Virtual-Template1 is down, line protocol is down 
  Hardware is Virtual Template interface
  MTU 1500 bytes, BW 100000 Kbit, DLY 100000 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation PPP, loopback not set
  Keepalive set (10 sec)
  DTR is pulsed for 5 seconds on reset
  LCP Closed
"
        ));
    }

    #[test]
    fn what_a_line_has_spoilt_is_shown() {
        let counters = Counters::default();
        let errors = &counters.errors;
        for (counter, n) in
            [(&errors.crc, 1), (&errors.framing, 2), (&errors.overruns, 3), (&errors.aborts, 4)]
        {
            counter.store(n, Ordering::Relaxed);
        }
        errors.runts.store(5, Ordering::Relaxed);
        errors.giants.store(6, Ordering::Relaxed);
        counters.output_drops.store(7, Ordering::Relaxed);
        let mut view = vaccess();
        view.traffic.faults = Faults { input_drops: 8, ..counters.all().1 };
        let screen = shown(Dialect::V12_0, view);
        assert!(screen.contains("Received 0 broadcasts, 5 runts, 6 giants, 0 throttles"));
        assert!(screen.contains("Input queue: 0/75/8/0 (size/max/drops/flushes); Total output drops: 7\n"));
        assert!(screen.contains("21 input errors, 1 CRC, 2 frame, 3 overrun, 0 ignored, 4 abort"));
    }

    #[test]
    fn a_virtual_access_of_12_0() {
        assert_eq!(
            shown(Dialect::V12_0, vaccess()),
            "Virtual-Access4 is up, line protocol is up 
  Hardware is Virtual Access interface
  Interface is unnumbered. Using address of Loopback0 (10.10.53.1)
  MTU 1500 bytes, BW 100000 Kbit, DLY 100000 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation PPP, loopback not set
  Keepalive set (10 sec)
  DTR is pulsed for 5 seconds on reset
  LCP Open
  Open: IPCP
  Bound to L2TP tunnel 55270 session 45, Cloned from Virtual-Template1
  Last input 00:00:07, output 00:00:07, output hang never
  Last clearing of \"show interface\" counters never
  Input queue: 0/75/0/0 (size/max/drops/flushes); Total output drops: 0
  Queueing strategy: fifo
  Output queue :0/40 (size/max)
  5 minute input rate 403 bits/sec, 1 packets/sec
  5 minute output rate 0 bits/sec, 0 packets/sec
     18 packets input, 1512 bytes, 0 no buffer
     Received 0 broadcasts, 0 runts, 0 giants, 0 throttles
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort
     17 packets output, 1428 bytes, 0 underruns
     0 output errors, 0 collisions, 0 interface resets
     0 output buffer failures, 0 output buffers swapped out
     0 carrier transitions
"
        );
    }

    #[test]
    fn a_virtual_access_of_12_1_says_what_it_serves() {
        let shown = shown(Dialect::V12_1, vaccess());
        let lines = "  Open: IPCP
  PPPoVPDN vaccess, cloned from Virtual-Template1
  Vaccess status 0x44
  Protocol l2tp, tunnel id 55270, session id 45, loopback not set
";
        assert!(shown.contains(lines), "{shown}");
    }

    #[test]
    fn a_virtual_access_of_15_has_the_lines_of_the_published_capture() {
        let shown = shown(Dialect::V15, vaccess());
        let lines = "  MTU 1500 bytes, BW 100000 Kbit/sec, DLY 100000 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation PPP, LCP Open
  Open: IPCP
  PPPoVPDN vaccess, cloned from Virtual-Template1
  Vaccess status 0x44, loopback not set
  Protocol l2tp, tunnel id 55270, session id 45
  Keepalive set (10 sec)
";
        assert!(shown.contains(lines), "{shown}");
        let end = "     0 unknown protocol drops
     0 output buffer failures, 0 output buffers swapped out
     0 carrier transitions
";
        assert!(shown.ends_with(end), "{shown}");
    }

    #[test]
    fn ethernet_has_what_its_device_has_carried() {
        let mut view = ethernet();
        view.hardware = Some([2, 0, 0x5e, 0x10, 0, 1]);
        view.traffic = TrafficView {
            counts: Counts { packets_out: 5, octets_out: 570, packets_in: 6, octets_in: 630 },
            faults: Faults { input: 3, crc: 2, frame: 1, ..Faults::default() },
            load: Load { bits_in: 1000.4, packets_in: 1.0, bits_out: 2000.0, packets_out: 2.0 },
            carrier_transitions: 0,
            last_input: Some(before(1)),
            last_output: None,
            cleared: Some(before(60)),
        };
        let shown = screen(|f| show_interfaces(f, Dialect::V12_0, NOW, &[view]));
        assert!(
            shown.starts_with(
                "Ethernet0 is up, line protocol is up 
  Hardware is Linux device, address is 0200.5e10.0001 (bia 0200.5e10.0001)
  Description: to the LAC
  Internet address is 10.51.6.82/24
  MTU 1500 bytes, BW 10000 Kbit, DLY 1000 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation ARPA, loopback not set
  Keepalive set (10 sec)
  ARP type: ARPA, ARP Timeout 04:00:00
  Last input 00:00:01, output never, output hang never
  Last clearing of \"show interface\" counters 00:01:00
"
            ),
            "{shown}"
        );
        let counted = "  5 minute input rate 1000 bits/sec, 1 packets/sec
  5 minute output rate 2000 bits/sec, 2 packets/sec
     6 packets input, 630 bytes, 0 no buffer
     3 input errors, 2 CRC, 1 frame, 0 overrun, 0 ignored, 0 abort
     5 packets output, 570 bytes, 0 underruns
";
        assert!(shown.contains(counted), "{shown}");
    }

    #[test]
    fn ethernet_alone_says_its_hardware_address_and_only_one_that_is_known() {
        assert!(shown(Dialect::V15, ethernet()).contains("  Hardware is Linux device\n"));
        let mut loopback = named(InterfaceKind::Loopback, "0");
        loopback.hardware = Some([2, 0, 0, 0, 0, 1]);
        assert!(shown(Dialect::V15, loopback).contains("  Hardware is Loopback\n"));
    }

    #[test]
    fn a_d_channel_spoofs_and_a_shut_interface_says_so() {
        let mut d = named(InterfaceKind::Serial, "0:23");
        (d.protocol, d.spoofing) = (false, true);
        assert!(shown(Dialect::V12_1, d).starts_with("Serial0:23 is up, line protocol is up (spoofing)\n"));
        let mut shut = named(InterfaceKind::Loopback, "0");
        (shut.link, shut.protocol) = (LinkState::AdministrativelyDown, false);
        let text = shown(Dialect::V12_1, shut);
        assert!(text.starts_with("Loopback0 is administratively down, line protocol is down \n"), "{text}");
        assert!(text.contains("  Encapsulation LOOPBACK, loopback not set\n"), "{text}");
    }

    #[test]
    fn serial_and_bri_count_carrier_transitions_and_nothing_else_does() {
        for (kind, unit, expected) in [
            (InterfaceKind::Serial, "0:0", true),
            (InterfaceKind::Bri, "0", true),
            (InterfaceKind::Dialer, "1", false),
            (InterfaceKind::Ethernet, "0", false),
            (InterfaceKind::Loopback, "0", false),
        ] {
            let mut view = named(kind, unit);
            view.traffic.carrier_transitions = 3;
            let shown = shown(Dialect::V12_1, view);
            assert_eq!(shown.ends_with("     3 carrier transitions\n"), expected, "{kind:?}");
            assert_eq!(shown.contains("carrier transitions"), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_cloned_configuration() {
        let shown = |dialect| screen(|f| show_interface_configuration(f, dialect, &vaccess()));
        assert_eq!(
            shown(Dialect::V12_0),
            "Virtual-Access4 is a PPP over L2TP link

interface Virtual-Access4 configuration...
 ip unnumbered Loopback0
 ppp authentication chap vpdn
"
        );
        let modern = shown(Dialect::V15);
        let (_, body) = modern.split_once(" bytes\n").expect("a size");
        assert_eq!(
            modern.lines().nth(2),
            Some(format!("Derived configuration : {} bytes", body.len()).as_str())
        );
        assert!(body.ends_with(
            "interface Virtual-Access4\n ip unnumbered Loopback0\n ppp authentication chap vpdn\nend\n\n"
        ));
    }
}
