//! The debug lines of dial on demand and ISDN, typed.

use std::fmt;
use std::net::Ipv4Addr;

use crate::config::views::InterfaceName;
use crate::engine::io::IsdnMessage;
use crate::proto::{DebugText, Dialect, Switch};

/// What the dialer list says of a packet, as `debug dialer packets` shows it. Recalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Verdict {
    pub interesting: bool,
    pub by: Decider,
}

/// What has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Decider {
    /// `dialer-list 1 protocol ip permit`, or `deny`.
    Protocol,
    /// `dialer-list 1 protocol ip list 101`: the number of the access list.
    List(u16),
    /// There is no list for the interface.
    Nothing,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.interesting { "interesting" } else { "uninteresting" })?;
        match self.by {
            Decider::Protocol => write!(f, " (ip {})", if self.interesting { "PERMIT" } else { "DENY" }),
            Decider::List(number) => write!(f, " (list {number})"),
            Decider::Nothing => f.write_str(" (no dialer-group defined)"),
        }
    }
}

/// `debug dialer`: 12.1's `BR0 DDR:`; 12.0 says `BRI0:`. Recalled.
pub(in crate::engine) enum Dialer<'a> {
    Cause {
        name: &'a InterfaceName,
        source: Ipv4Addr,
        destination: Ipv4Addr,
    },
    Attempt {
        name: &'a InterfaceName,
        number: &'a str,
    },
    NoMap {
        name: &'a InterfaceName,
        destination: Ipv4Addr,
    },
    Packet {
        name: &'a InterfaceName,
        source: Ipv4Addr,
        destination: Ipv4Addr,
        octets: usize,
        verdict: Verdict,
    },
    NoChannel {
        name: &'a InterfaceName,
    },
    Up {
        name: &'a InterfaceName,
    },
    Idle {
        name: &'a InterfaceName,
    },
    Disconnecting {
        name: &'a InterfaceName,
    },
    Failed {
        name: &'a InterfaceName,
        number: &'a str,
        cause: u8,
    },
}

impl Dialer<'_> {
    const fn name(&self) -> &InterfaceName {
        match self {
            Dialer::Cause { name, .. }
            | Dialer::Attempt { name, .. }
            | Dialer::NoMap { name, .. }
            | Dialer::Packet { name, .. }
            | Dialer::NoChannel { name }
            | Dialer::Up { name }
            | Dialer::Idle { name }
            | Dialer::Disconnecting { name }
            | Dialer::Failed { name, .. } => name,
        }
    }
}

impl DebugText for Dialer<'_> {
    fn switch(&self) -> Switch {
        match self {
            Dialer::Packet { .. } => Switch::DialerPackets,
            Dialer::Cause { .. }
            | Dialer::Attempt { .. }
            | Dialer::NoMap { .. }
            | Dialer::NoChannel { .. }
            | Dialer::Up { .. }
            | Dialer::Idle { .. }
            | Dialer::Disconnecting { .. }
            | Dialer::Failed { .. } => Switch::Dialer,
        }
    }

    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match dialect {
            Dialect::V12_0 => write!(f, "{}: ", self.name())?,
            Dialect::V12_1 | Dialect::V15 => write!(f, "{} DDR: ", self.name().short())?,
        }
        match self {
            Dialer::Cause { source, destination, .. } => {
                write!(f, "Dialing cause ip (s={source}, d={destination})")
            }
            Dialer::Attempt { number, .. } => write!(f, "Attempting to dial {number}"),
            Dialer::NoMap { destination, .. } => write!(f, "No dialer map matches {destination}"),
            Dialer::Packet { source, destination, octets, verdict, .. } => {
                write!(f, "ip (s={source}, d={destination}), {octets} bytes, outgoing {verdict}")
            }
            Dialer::NoChannel { .. } => f.write_str("No free dialer - starting fast idle timer"),
            Dialer::Up { .. } => f.write_str("dialer protocol up"),
            Dialer::Idle { .. } => f.write_str("idle timeout"),
            Dialer::Disconnecting { .. } => f.write_str("disconnecting call"),
            Dialer::Failed { number, cause, .. } => {
                write!(f, "Call to {number} failed, cause {cause} ({})", cause_text(*cause))
            }
        }
    }
}

/// `debug isdn events`. Recalled.
pub(in crate::engine) enum Isdn<'a> {
    Incoming { controller: &'a InterfaceName, call: u32, called: &'a str, calling: &'a str, channel: u8 },
    Outgoing { controller: &'a InterfaceName, call: u32, called: &'a str },
    Connected { controller: &'a InterfaceName, call: u32, channel: u8 },
    Refused { controller: &'a InterfaceName, call: u32, cause: u8 },
    Cleared { controller: &'a InterfaceName, call: u32, cause: u8 },
}

impl DebugText for Isdn<'_> {
    fn switch(&self) -> Switch {
        Switch::IsdnEvents
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            Isdn::Incoming { controller, call, called, calling, channel } => write!(
                f,
                "ISDN {}: Incoming call id = 0x{call:X}, called number {called}, calling number {calling}, B{channel}",
                controller.short()
            ),
            Isdn::Outgoing { controller, call, called } => {
                write!(
                    f,
                    "ISDN {}: Outgoing call id = 0x{call:X}, called number {called}",
                    controller.short()
                )
            }
            Isdn::Connected { controller, call, channel } => {
                write!(f, "ISDN {}: call id 0x{call:X} connected on B{channel}", controller.short())
            }
            Isdn::Refused { controller, call, cause } => write!(
                f,
                "ISDN {}: call id 0x{call:X} refused, cause {cause} ({})",
                controller.short(),
                cause_text(*cause)
            ),
            Isdn::Cleared { controller, call, cause } => write!(
                f,
                "ISDN {}: call id 0x{call:X} cleared, cause {cause} ({})",
                controller.short(),
                cause_text(*cause)
            ),
        }
    }
}

/// `debug isdn q931`: a message of call control, as it came from the switch or goes to it. The wording is
/// recalled; the elements are those that the simplified Q.931 of the lab carries, and the call reference is its own.
pub(in crate::engine) struct Q931<'a> {
    pub controller: &'a InterfaceName,
    pub sent: bool,
    pub message: &'a IsdnMessage,
}

impl DebugText for Q931<'_> {
    fn switch(&self) -> Switch {
        Switch::IsdnQ931
    }

    fn write(&self, _: Dialect, f: &mut dyn fmt::Write) -> fmt::Result {
        let way = if self.sent { "TX ->" } else { "RX <-" };
        let (name, call) = match self.message {
            IsdnMessage::Setup { call, .. } => ("SETUP", call),
            IsdnMessage::Connect { call, .. } => ("CONNECT", call),
            IsdnMessage::Disconnect { call, .. } => ("DISCONNECT", call),
        };
        write!(f, "ISDN {}: {way}  {name} callref = 0x{:08X}", self.controller.short(), call.0)?;
        let channel = match self.message {
            IsdnMessage::Setup { channel, .. } | IsdnMessage::Connect { channel, .. } => *channel,
            IsdnMessage::Disconnect { .. } => None,
        };
        if let Some(channel) = channel {
            write!(f, "\n        Channel B{channel}")?;
        }
        match self.message {
            IsdnMessage::Setup { called, calling, .. } => {
                if let Some(calling) = calling {
                    write!(f, "\n        Calling Party Number '{calling}'")?;
                }
                write!(f, "\n        Called Party Number '{called}'")
            }
            IsdnMessage::Connect { .. } => Ok(()),
            IsdnMessage::Disconnect { cause, .. } => {
                write!(f, "\n        Cause {cause} - {}", cause_text(*cause))
            }
        }
    }
}

/// Q.850, the causes that this network knows.
const fn cause_text(cause: u8) -> &'static str {
    match cause {
        1 => "Unallocated/unassigned number",
        16 => "Normal call clearing",
        17 => "User busy",
        18 => "No user responding",
        27 => "Destination out of order",
        34 => "No circuit/channel available",
        _ => "Unspecified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::views::InterfaceKind;
    use crate::engine::debug::tests::text;

    #[test]
    fn dialer_lines_follow_the_release() {
        let name = InterfaceName::new(InterfaceKind::Bri, "0");
        let event = Dialer::Attempt { name: &name, number: "614629" };
        assert_eq!(text(&event, Dialect::V12_0), "BRI0: Attempting to dial 614629");
        assert_eq!(text(&event, Dialect::V12_1), "BR0 DDR: Attempting to dial 614629");
    }

    #[test]
    fn a_packet_of_the_dialer_says_what_decided() {
        let name = InterfaceName::new(InterfaceKind::Bri, "0");
        let text = |dialect, interesting, by| {
            let (source, destination) = ([10, 1, 1, 8].into(), [10, 1, 1, 1].into());
            let verdict = Verdict { interesting, by };
            text(&Dialer::Packet { name: &name, source, destination, octets: 100, verdict }, dialect)
        };
        assert_eq!(
            text(Dialect::V12_0, true, Decider::List(101)),
            "BRI0: ip (s=10.1.1.8, d=10.1.1.1), 100 bytes, outgoing interesting (list 101)"
        );
        assert_eq!(
            text(Dialect::V12_1, false, Decider::Protocol),
            "BR0 DDR: ip (s=10.1.1.8, d=10.1.1.1), 100 bytes, outgoing uninteresting (ip DENY)"
        );
        assert!(text(Dialect::V15, true, Decider::Protocol).ends_with("interesting (ip PERMIT)"));
        assert!(text(Dialect::V15, false, Decider::Nothing).ends_with("(no dialer-group defined)"));
    }
}
