//! Names of the debug switches: acknowledgement lines and `show debugging`.
//!
//! The texts are those of `debug` acknowledgements as published captures show them; the ones that no capture
//! confirms (VPDN, L2X, Virtual Template, ISDN, dialer) are this project's choice, made here and nowhere else.

use crate::proto::Switch;

/// The heading of a switch in `show debugging`, and its name in `... debugging is on`.
pub const fn names(switch: Switch) -> (&'static str, &'static str) {
    match switch {
        Switch::PppNegotiation => ("PPP", "PPP protocol negotiation"),
        Switch::PppAuthentication => ("PPP", "PPP authentication"),
        Switch::PppPacket => ("PPP", "PPP packet display"),
        Switch::PppError => ("PPP", "PPP protocol errors"),
        Switch::VpdnEvent => ("VPN", "VPDN events"),
        Switch::VpdnError => ("VPN", "VPDN errors"),
        Switch::VpdnPacket => ("VPN", "VPDN packet"),
        Switch::L2xEvents => ("VPN", "L2X protocol events"),
        Switch::L2xErrors => ("VPN", "L2X protocol errors"),
        Switch::L2xPackets => ("VPN", "L2X control packets"),
        Switch::L2xData => ("VPN", "L2X data packets"),
        Switch::Vtemplate => ("VTEMPLATE", "Virtual Template"),
        Switch::AaaAuthentication => ("General OS", "AAA Authentication"),
        Switch::AaaAuthorization => ("General OS", "AAA Authorization"),
        Switch::AaaAccounting => ("General OS", "AAA Accounting"),
        Switch::AaaPerUser => ("General OS", "AAA Per-user attributes"),
        Switch::Radius => ("Radius protocol", "Radius protocol"),
        Switch::AaaCoa => ("General OS", "AAA CoA packet processing"),
        Switch::AaaPod => ("General OS", "AAA POD packet processing"),
        Switch::RadiusBrief => ("Radius protocol brief", "Radius protocol brief"),
        Switch::RadiusVerbose => ("Radius protocol verbose", "Radius protocol verbose"),
        Switch::RadiusAuthentication => {
            ("Radius packet protocol (authentication)", "Radius packet protocol (authentication)")
        }
        Switch::RadiusAccounting => {
            ("Radius packet protocol (accounting)", "Radius packet protocol (accounting)")
        }
        Switch::IsdnEvents => ("ISDN", "ISDN events"),
        Switch::IsdnQ931 => ("ISDN", "ISDN Q931 packets"),
        Switch::Dialer => ("Dial on demand", "Dial on demand events"),
        Switch::DialerPackets => ("Dial on demand", "Dial on demand packets"),
    }
}

/// `PPP protocol negotiation debugging is on`.
pub fn acknowledgement(switch: Switch, on: bool) -> String {
    format!("{} debugging is {}", names(switch).1, if on { "on" } else { "off" })
}

/// The switches of `debug radius` and what follows it.
pub const RADIUS: [Switch; 5] = [
    Switch::Radius,
    Switch::RadiusBrief,
    Switch::RadiusVerbose,
    Switch::RadiusAuthentication,
    Switch::RadiusAccounting,
];

/// What 15.x answers to `debug radius ...`: the state of everything that is below it, as the published capture has
/// it. What does not exist here (hex dumps, elog ...) is off, but for the table, which the capture has on with the rest.
pub fn radius_acknowledgement(is_on: impl Fn(Switch) -> bool) -> String {
    let verbose = is_on(Switch::RadiusVerbose);
    let packets = is_on(Switch::Radius) || verbose;
    let any = RADIUS.into_iter().any(&is_on);
    let rows = [
        ("Radius protocol", any),
        ("Radius protocol brief", is_on(Switch::RadiusBrief)),
        ("Radius protocol verbose", verbose),
        ("Radius packet hex dump", false),
        ("Radius packet protocol (authentication)", packets || is_on(Switch::RadiusAuthentication)),
        ("Radius packet protocol (accounting)", packets || is_on(Switch::RadiusAccounting)),
        ("Radius elog debugging", false),
        ("Radius DTLS debugging", false),
        ("Radius packet retransmission", false),
        ("Radius table", any),
        ("Radius server fail-over", false),
    ];
    rows.map(|(name, on)| format!("{name} debugging is {}\n", if on { "on" } else { "off" })).concat()
}

/// The screen of `show debugging` for the switches that are on: a heading per module, two blanks of indent.
/// Empty when nothing is on.
pub fn show(is_on: impl Fn(Switch) -> bool) -> String {
    let mut out = String::new();
    let mut heading = "";
    for switch in Switch::ALL.into_iter().filter(|&s| is_on(s)) {
        let (module, name) = names(switch);
        if module == name {
            out.push_str(&format!("{}\n", acknowledgement(switch, true)));
            continue;
        }
        if module != heading {
            out.push_str(&format!("{module}:\n"));
            heading = module;
        }
        out.push_str(&format!("  {}\n", acknowledgement(switch, true)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_shows_nothing() {
        assert_eq!(show(|_| false), "");
    }

    #[test]
    fn switches_stand_under_their_module() {
        let on = [Switch::PppNegotiation, Switch::VpdnEvent, Switch::L2xEvents, Switch::Radius];
        assert_eq!(
            show(|s| on.contains(&s)),
            "PPP:\n  PPP protocol negotiation debugging is on\nVPN:\n  VPDN events debugging is on\n  \
             L2X protocol events debugging is on\nRadius protocol debugging is on\n"
        );
    }

    #[test]
    fn all_lists_every_switch_once() {
        let mut seen = Switch::ALL.to_vec();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), Switch::ALL.len());
    }
}
