//! `show interfaces` and `show interfaces virtual-access N configuration`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::text::{ago, mac, say};
use crate::config::views::{InterfaceKind, IpAddress};
use crate::engine::views::InterfaceView;
use crate::engine::{LinkState, Origin};
use crate::proto::{Dialect, Instant};

/// What is known of an interface outside the engine. What is not known is not printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceExtras {
    /// Hardware address of the device behind it.
    pub hardware: Option<[u8; 6]>,
    /// Bits and packets per second in and out, over five minutes.
    pub rates: Option<((u64, u64), (u64, u64))>,
    /// How often the link changed.
    pub carrier_transitions: Option<u64>,
}

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

const LINUX_DEVICE: &str = "Linux device";

/// What kind of hardware the interface stands for.
const fn hardware_name(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Ethernet | InterfaceKind::FastEthernet | InterfaceKind::GigabitEthernet => {
            LINUX_DEVICE
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
        InterfaceKind::Dialer | InterfaceKind::Null | InterfaceKind::Atm | InterfaceKind::Async => "Unknown",
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
        InterfaceKind::Async => (9, 100_000),
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
pub fn show_interfaces(
    f: &mut String,
    dialect: Dialect,
    now: Instant,
    interfaces: &[InterfaceView],
    extras: &dyn Fn(&InterfaceView) -> InterfaceExtras,
) {
    for view in interfaces {
        let extras = extras(view);
        headline(f, view);
        identity(f, view, &extras);
        capacity(f, dialect, view);
        encapsulation(f, dialect, view);
        // What goes through a Linux device is Linux's own affair.
        if extras == InterfaceExtras::default() && hardware_name(view.name.kind) == LINUX_DEVICE {
            say!(f, "  Packets are counted by Linux: ip -s link");
            continue;
        }
        activity(f, dialect, now, view);
        traffic(f, dialect, view, &extras);
    }
}

fn identity(f: &mut String, view: &InterfaceView, extras: &InterfaceExtras) {
    let hardware = hardware_name(view.name.kind);
    // The address of a virtual interface is the engine's; IOS does not print it.
    match extras.hardware {
        Some(address) => {
            let address = mac(address);
            say!(f, "  Hardware is {hardware}, address is {address} (bia {address})");
        }
        None => say!(f, "  Hardware is {hardware}"),
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

/// The last packet that counted for the idle timer stands for both directions.
fn activity(f: &mut String, dialect: Dialect, now: Instant, view: &InterfaceView) {
    let (packets_out, _, packets_in, _) = view.counters.snapshot();
    let seconds = view.counters.last_activity.load(Ordering::Relaxed);
    let last = Instant::from_start(Duration::from_secs(seconds));
    let when = |packets: u64| {
        if packets == 0 || seconds == 0 { "never".to_owned() } else { ago(now, last) }
    };
    say!(f, "  Last input {}, output {}, output hang never", when(packets_in), when(packets_out));
    say!(f, "  Last clearing of \"show interface\" counters never");
    let drops = view.counters.output_drops.load(Ordering::Relaxed);
    say!(f, "  Input queue: 0/75/0/0 (size/max/drops/flushes); Total output drops: {drops}");
    say!(f, "  Queueing strategy: fifo");
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => say!(f, "  Output queue :0/40 (size/max)"),
        Dialect::V15 => say!(f, "  Output queue: 0/40 (size/max)"),
    }
}

fn traffic(f: &mut String, dialect: Dialect, view: &InterfaceView, extras: &InterfaceExtras) {
    let (packets_out, octets_out, packets_in, octets_in) = view.counters.snapshot();
    if let Some(((bits_in, rate_in), (bits_out, rate_out))) = extras.rates {
        say!(f, "  5 minute input rate {bits_in} bits/sec, {rate_in} packets/sec");
        say!(f, "  5 minute output rate {bits_out} bits/sec, {rate_out} packets/sec");
    }
    say!(f, "     {packets_in} packets input, {octets_in} bytes, 0 no buffer");
    let errors = &view.counters.errors;
    let [crc, framing, overruns, runts, giants, aborts] =
        [&errors.crc, &errors.framing, &errors.overruns, &errors.runts, &errors.giants, &errors.aborts]
            .map(|counter| counter.load(Ordering::Relaxed));
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => {
            say!(f, "     Received 0 broadcasts, {runts} runts, {giants} giants, 0 throttles")
        }
        Dialect::V15 => {
            say!(f, "     Received 0 broadcasts (0 IP multicasts)");
            say!(f, "     {runts} runts, {giants} giants, 0 throttles ");
        }
    }
    let all = errors.total();
    say!(
        f,
        "     {all} input errors, {crc} CRC, {framing} frame, {overruns} overrun, 0 ignored, {aborts} abort"
    );
    say!(f, "     {packets_out} packets output, {octets_out} bytes, 0 underruns");
    say!(f, "     0 output errors, 0 collisions, 0 interface resets");
    if dialect == Dialect::V15 {
        say!(f, "     0 unknown protocol drops");
    }
    say!(f, "     0 output buffer failures, 0 output buffers swapped out");
    if let Some(transitions) = extras.carrier_transitions {
        say!(f, "     {transitions} carrier transitions");
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
    use crate::commands::samples::{NOW, ethernet, named, screen, template, vaccess};

    fn shown(dialect: Dialect, view: InterfaceView) -> String {
        screen(|f| show_interfaces(f, dialect, NOW, &[view], &|_| InterfaceExtras::default()))
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
        let view = vaccess();
        let errors = &view.counters.errors;
        for (counter, n) in
            [(&errors.crc, 1), (&errors.framing, 2), (&errors.overruns, 3), (&errors.aborts, 4)]
        {
            counter.store(n, Ordering::Relaxed);
        }
        errors.runts.store(5, Ordering::Relaxed);
        errors.giants.store(6, Ordering::Relaxed);
        let screen = shown(Dialect::V12_0, view);
        assert!(screen.contains("Received 0 broadcasts, 5 runts, 6 giants, 0 throttles"));
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
     18 packets input, 1512 bytes, 0 no buffer
     Received 0 broadcasts, 0 runts, 0 giants, 0 throttles
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort
     17 packets output, 1428 bytes, 0 underruns
     0 output errors, 0 collisions, 0 interface resets
     0 output buffer failures, 0 output buffers swapped out
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
        assert!(shown.contains("     0 unknown protocol drops\n"), "{shown}");
    }

    #[test]
    fn ethernet_has_its_hardware_address_and_what_is_measured() {
        let extras = InterfaceExtras {
            hardware: Some([0x00, 0x30, 0x94, 0xfe, 0x1b, 0xbf]),
            rates: Some(((1000, 1), (2000, 2))),
            carrier_transitions: Some(1),
        };
        let shown = screen(|f| show_interfaces(f, Dialect::V12_0, NOW, &[ethernet()], &|_| extras));
        assert!(
            shown.starts_with(
                "Ethernet0 is up, line protocol is up 
  Hardware is Linux device, address is 0030.94fe.1bbf (bia 0030.94fe.1bbf)
  Description: to the LAC
  Internet address is 10.51.6.82/24
  MTU 1500 bytes, BW 10000 Kbit, DLY 1000 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation ARPA, loopback not set
  Keepalive set (10 sec)
  ARP type: ARPA, ARP Timeout 04:00:00
  Last input never, output never, output hang never
"
            ),
            "{shown}"
        );
        assert!(shown.contains("  5 minute output rate 2000 bits/sec, 2 packets/sec\n"), "{shown}");
        assert!(shown.ends_with("     1 carrier transitions\n"), "{shown}");
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
