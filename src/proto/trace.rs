//! Debug lines as typed events: an event names its switch and formats itself only when that switch is on.

use std::fmt;

/// A `debug` switch. Which one a line belongs to stands where it is worded: [`DebugText::switch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Switch {
    /// `debug ppp negotiation`
    PppNegotiation,
    /// `debug ppp authentication`
    PppAuthentication,
    /// `debug ppp packet`
    PppPacket,
    /// `debug ppp error`
    PppError,
    /// `debug vpdn event`
    VpdnEvent,
    /// `debug vpdn error`
    VpdnError,
    /// `debug vpdn packet`
    VpdnPacket,
    /// `debug vpdn l2x-events`
    L2xEvents,
    /// `debug vpdn l2x-errors`
    L2xErrors,
    /// `debug vpdn l2x-packets`
    L2xPackets,
    /// `debug vpdn l2x-data`
    L2xData,
    /// `debug vtemplate`
    Vtemplate,
    /// `debug aaa authentication`
    AaaAuthentication,
    /// `debug aaa authorization`
    AaaAuthorization,
    /// `debug aaa accounting`
    AaaAccounting,
    /// `debug aaa per-user`
    AaaPerUser,
    /// `debug radius`
    Radius,
    /// `debug radius brief`
    RadiusBrief,
    /// `debug radius verbose`
    RadiusVerbose,
    /// `debug radius authentication`
    RadiusAuthentication,
    /// `debug radius accounting`
    RadiusAccounting,
    /// `debug aaa coa`
    AaaCoa,
    /// `debug aaa pod`
    AaaPod,
    /// `debug isdn events`
    IsdnEvents,
    /// `debug isdn q931`
    IsdnQ931,
    /// `debug dialer`
    Dialer,
    /// `debug dialer packets`
    DialerPackets,
}

impl Switch {
    /// Every switch, in the order in which `show debugging` groups them.
    pub const ALL: [Switch; 27] = [
        Switch::PppNegotiation,
        Switch::PppAuthentication,
        Switch::PppPacket,
        Switch::PppError,
        Switch::VpdnEvent,
        Switch::VpdnError,
        Switch::VpdnPacket,
        Switch::L2xEvents,
        Switch::L2xErrors,
        Switch::L2xPackets,
        Switch::L2xData,
        Switch::Vtemplate,
        Switch::AaaAuthentication,
        Switch::AaaAuthorization,
        Switch::AaaAccounting,
        Switch::AaaPerUser,
        Switch::AaaCoa,
        Switch::AaaPod,
        Switch::Radius,
        Switch::RadiusBrief,
        Switch::RadiusVerbose,
        Switch::RadiusAuthentication,
        Switch::RadiusAccounting,
        Switch::IsdnEvents,
        Switch::IsdnQ931,
        Switch::Dialer,
        Switch::DialerPackets,
    ];
}

/// Which release's wording the router prints; chosen by the `version` line of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// 12.0(1)T, the LNS of the documented call: `flag 0x0x8000`, `contiguous pak, size N`.
    #[default]
    V12_0,
    /// 12.1, the LAC of the documented call: `flag 0x8000`, `[0 sess, 0 load]`.
    V12_1,
    /// 12.4(11)T, 15.x and XE: the form that machine parsers read.
    V15,
}

/// A typed debug event. Its text is what one debug prints: the first line takes the time stamp, the lines
/// after a `\n` stand as they are (hex dumps, cloned configuration).
pub trait DebugText {
    /// The switch that must be on for this line.
    fn switch(&self) -> Switch;
    /// Whether releases of this dialect print the line at all.
    fn exists_in(&self, _dialect: Dialect) -> bool {
        true
    }
    /// Writes the text in the words of `dialect`, without time stamp and without a final newline.
    fn write(&self, dialect: Dialect, f: &mut dyn fmt::Write) -> fmt::Result;
}

/// Where debug events go. The engine's journal in the product; a vector or nothing in tests.
pub trait Trace {
    /// Whether `switch` is on.
    fn enabled(&self, switch: Switch) -> bool;
    /// The wording of this router.
    fn dialect(&self) -> Dialect;
    /// Takes a rendered debug text.
    fn print(&mut self, switch: Switch, text: String);
}

impl dyn Trace + '_ {
    /// Prints `event` if its switch is on and the release has it; otherwise formats nothing.
    pub fn debug(&mut self, event: &dyn DebugText) {
        let switch = event.switch();
        if self.enabled(switch) && event.exists_in(self.dialect()) {
            let mut text = String::new();
            // Writing to a String cannot fail; an event that returns an error prints what it had.
            let _ = event.write(self.dialect(), &mut text);
            self.print(switch, text);
        }
    }
}

/// A trace with every switch off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Trace for Silent {
    fn enabled(&self, _: Switch) -> bool {
        false
    }
    fn dialect(&self) -> Dialect {
        Dialect::V12_0
    }
    fn print(&mut self, _: Switch, _: String) {}
}

/// A trace that keeps every line, for tests: all switches on.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// The wording to use.
    pub dialect: Dialect,
    /// The lines printed so far.
    pub lines: Vec<String>,
}

impl Trace for Recorder {
    fn enabled(&self, _: Switch) -> bool {
        true
    }
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn print(&mut self, _: Switch, text: String) {
        self.lines.extend(text.split('\n').map(str::to_owned));
    }
}
