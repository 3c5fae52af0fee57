//! Values of arguments: interface names, times, secrets, and how a typed word becomes one.

use std::cmp::Ordering;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use zeroize::Zeroizing;

/// A value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word or a line.
    Text(String),
    /// A number.
    Number(u64),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// An interface.
    Interface(InterfaceName),
    /// A time of day.
    Time(TimeOfDay),
    /// A month.
    Month(Month),
    /// A hardware address.
    Mac([u8; 6]),
    /// A password.
    Secret(Secret),
}

/// Takes a typed value out of a [`Value`].
pub trait FromValue: Sized {
    /// The value, when it has this type.
    fn from_value(v: &Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($t:ty: $p:pat => $e:expr;)*) => {$(
        impl FromValue for $t {
            fn from_value(v: &Value) -> Option<Self> {
                match v {
                    $p => $e,
                    _ => None,
                }
            }
        }
    )*};
}

from_value! {
    String: Value::Text(s) => Some(s.clone());
    u32: Value::Number(n) => u32::try_from(*n).ok();
    u64: Value::Number(n) => Some(*n);
    Ipv4Addr: Value::Ipv4(a) => Some(*a);
    Ipv6Addr: Value::Ipv6(a) => Some(*a);
    InterfaceName: Value::Interface(i) => Some(i.clone());
    TimeOfDay: Value::Time(t) => Some(*t);
    Month: Value::Month(m) => Some(*m);
    [u8; 6]: Value::Mac(m) => Some(*m);
    Secret: Value::Secret(s) => Some(s.clone());
}

/// A type of interface. The order is that of `show running-config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InterfaceKind {
    /// Loopback
    Loopback,
    /// Tunnel
    Tunnel,
    /// ATM
    Atm,
    /// Ethernet
    Ethernet,
    /// FastEthernet
    FastEthernet,
    /// GigabitEthernet
    GigabitEthernet,
    /// Serial
    Serial,
    /// BRI
    Bri,
    /// Async
    Async,
    /// Group-Async
    GroupAsync,
    /// Multilink
    Multilink,
    /// Virtual-Template
    VirtualTemplate,
    /// Virtual-Access
    VirtualAccess,
    /// Virtual-PPP
    VirtualPpp,
    /// Dialer
    Dialer,
    /// Vlan
    Vlan,
    /// Null
    Null,
}

/// Kind, name, short name, help of `?`.
type KindRow = (InterfaceKind, &'static str, &'static str, &'static str);

static KINDS: &[KindRow] = &[
    (InterfaceKind::Loopback, "Loopback", "Lo", "Loopback interface"),
    (InterfaceKind::Tunnel, "Tunnel", "Tu", "Tunnel interface"),
    (InterfaceKind::Atm, "ATM", "AT", "ATM interface"),
    (InterfaceKind::Ethernet, "Ethernet", "Et", "IEEE 802.3"),
    (InterfaceKind::FastEthernet, "FastEthernet", "Fa", "FastEthernet IEEE 802.3"),
    (InterfaceKind::GigabitEthernet, "GigabitEthernet", "Gi", "GigabitEthernet IEEE 802.3z"),
    (InterfaceKind::Serial, "Serial", "Se", "Serial"),
    (InterfaceKind::Bri, "BRI", "BR", "ISDN Basic Rate Interface"),
    (InterfaceKind::Async, "Async", "As", "Async interface"),
    (InterfaceKind::GroupAsync, "Group-Async", "Gr", "Async Group interface"),
    (InterfaceKind::Multilink, "Multilink", "Mu", "Multilink-group interface"),
    (InterfaceKind::VirtualTemplate, "Virtual-Template", "Vt", "Virtual Template interface"),
    (InterfaceKind::VirtualAccess, "Virtual-Access", "Vi", "Virtual Access interface"),
    (InterfaceKind::VirtualPpp, "Virtual-PPP", "Vp", "Virtual PPP interface"),
    (InterfaceKind::Dialer, "Dialer", "Di", "Dialer interface"),
    (InterfaceKind::Vlan, "Vlan", "Vl", "Catalyst Vlans"),
    (InterfaceKind::Null, "Null", "Nu", "Null interface"),
];

/// What a typed interface type can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindMatch {
    /// This one.
    One(InterfaceKind),
    /// Several begin so.
    Ambiguous,
    /// None begins so.
    None,
}

impl InterfaceKind {
    /// Every kind with its name and its help.
    pub fn all() -> impl Iterator<Item = (InterfaceKind, &'static str, &'static str)> {
        KINDS.iter().map(|k| (k.0, k.1, k.3))
    }

    fn row(self) -> &'static KindRow {
        &KINDS[self as usize]
    }

    /// The name, such as `Virtual-Access`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The two-letter name that debugs and tables use, such as `Vi`.
    pub fn short(self) -> &'static str {
        self.row().2
    }

    /// Whether it is an Ethernet of some speed.
    pub fn is_ethernet(self) -> bool {
        matches!(self, InterfaceKind::Ethernet | InterfaceKind::FastEthernet | InterfaceKind::GigabitEthernet)
    }

    /// The long and the two-letter name.
    pub fn names(self) -> (&'static str, &'static str) {
        (self.name(), self.short())
    }

    /// Whether `unit` can follow this type: a number of a virtual interface, or the place of a port, with its channel where
    /// it has channels, and a subinterface.
    pub fn has_unit(self, unit: &str) -> bool {
        let numbers = match self {
            InterfaceKind::VirtualTemplate => 1..=4095,
            InterfaceKind::Vlan => 1..=4094,
            InterfaceKind::Null => 0..=0,
            InterfaceKind::Dialer => 0..=255,
            InterfaceKind::Multilink | InterfaceKind::VirtualPpp | InterfaceKind::VirtualAccess => {
                1..=2_147_483_647
            }
            InterfaceKind::Loopback | InterfaceKind::Tunnel | InterfaceKind::GroupAsync => 0..=2_147_483_647,
            InterfaceKind::Atm
            | InterfaceKind::Ethernet
            | InterfaceKind::FastEthernet
            | InterfaceKind::GigabitEthernet
            | InterfaceKind::Serial
            | InterfaceKind::Bri
            | InterfaceKind::Async => return self.has_port(unit),
        };
        let (unit, sub) = match unit.split_once('.') {
            Some((unit, sub)) if self == InterfaceKind::VirtualAccess => (unit, number(sub)),
            _ => (unit, Some(0)),
        };
        sub.is_some() && number(unit).is_some_and(|n| numbers.contains(&n))
    }

    /// Whether `unit` is `[[shelf/]slot/]port[:channel][.subinterface]`.
    fn has_port(self, unit: &str) -> bool {
        let (unit, sub) = unit.split_once('.').unwrap_or((unit, "0"));
        let (port, channel) = match unit.split_once(':') {
            Some(parts) if matches!(self, InterfaceKind::Serial | InterfaceKind::Bri) => parts,
            Some(_) => return false,
            None => (unit, "0"),
        };
        let all = |part: &str| part.split('/').all(|n| number(n).is_some());
        port.split('/').count() <= 3 && all(port) && number(channel).is_some() && number(sub).is_some()
    }

    /// Finds a full, short or unambiguously abbreviated name, whatever its case.
    pub fn find(typed: &str) -> KindMatch {
        if typed.is_empty() {
            return KindMatch::None;
        }
        if let Some(k) =
            KINDS.iter().find(|k| k.1.eq_ignore_ascii_case(typed) || k.2.eq_ignore_ascii_case(typed))
        {
            return KindMatch::One(k.0);
        }
        // `g0/0` is known to every user of IOS.
        let meant = |k: &&KindRow| k.0 != InterfaceKind::GroupAsync || typed.len() > 1;
        let mut found = KINDS.iter().filter(|k| starts_with(k.1, typed)).filter(meant);
        match (found.next(), found.next()) {
            (Some(k), None) => KindMatch::One(k.0),
            (Some(_), Some(_)) => KindMatch::Ambiguous,
            (None, _) => KindMatch::None,
        }
    }
}

/// A number in digits alone.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Whether `word` begins with `prefix`, whatever the case.
pub fn starts_with(word: &str, prefix: &str) -> bool {
    word.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// The name of an interface: `Serial0:23`, `Virtual-Template1`, `ATM0/0.32`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceName {
    /// Its type.
    pub kind: InterfaceKind,
    /// What follows the type: slot/port, `:channel`, `.subinterface`.
    pub unit: String,
}

impl InterfaceName {
    /// An interface with a plain number.
    pub fn new(kind: InterfaceKind, unit: impl fmt::Display) -> Self {
        InterfaceName { kind, unit: unit.to_string() }
    }

    /// The name that debugs and tables use: `Se0:23`, `Vi4`.
    pub fn short(&self) -> String {
        format!("{}{}", self.kind.short(), self.unit)
    }

    /// The number, when the unit is a plain one.
    pub fn number(&self) -> Option<u32> {
        self.unit.parse().ok()
    }

    /// Whether it has a `.subinterface`.
    pub fn is_subinterface(&self) -> bool {
        self.unit.contains('.')
    }

    fn numbers(&self) -> Vec<u64> {
        self.unit.split(['/', ':', '.']).map(|n| n.parse().unwrap_or(0)).collect()
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind.name(), self.unit)
    }
}

impl PartialOrd for InterfaceName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InterfaceName {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = || self.numbers().cmp(&other.numbers());
        self.kind.cmp(&other.kind).then_with(by_number).then_with(|| self.unit.cmp(&other.unit))
    }
}

/// The text is no interface name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an interface name")]
pub struct BadInterface;

impl FromStr for InterfaceName {
    type Err = BadInterface;
    /// Reads a full, short or abbreviated name in one word: `Virtual-Access4`, `vi4`, `e0`.
    fn from_str(s: &str) -> Result<Self, BadInterface> {
        let split = s.find(|c: char| c.is_ascii_digit()).ok_or(BadInterface)?;
        let (kind, unit) = s.split_at(split);
        match InterfaceKind::find(kind.trim_end()) {
            KindMatch::One(kind) if kind.has_unit(unit) => Ok(InterfaceName { kind, unit: unit.to_owned() }),
            _ => Err(BadInterface),
        }
    }
}

/// A time of day, of `clock set`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl TimeOfDay {
    /// Reads `hh:mm:ss` or `hh:mm`.
    pub fn parse(s: &str) -> Option<Self> {
        let parts: Vec<u8> =
            s.split(':').map(|p| p.parse().ok().filter(|_| p.len() <= 2)).collect::<Option<_>>()?;
        let (hour, minute, second) = match parts.as_slice() {
            [h, m] => (*h, *m, 0),
            [h, m, s] => (*h, *m, *s),
            _ => return None,
        };
        (hour < 24 && minute < 60 && second < 60).then_some(TimeOfDay { hour, minute, second })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }
}

/// A month, 1 to 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Month(pub u8);

static MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Month {
    /// Reads a month's name of at least three letters.
    pub fn parse(s: &str) -> Option<Self> {
        let index = MONTHS.iter().position(|m| s.len() >= 3 && starts_with(m, s))?;
        u8::try_from(index + 1).ok().map(Month)
    }

    /// The full name.
    pub fn name(self) -> &'static str {
        MONTHS.get(usize::from(self.0).wrapping_sub(1)).copied().unwrap_or("")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear.
    Clear,
    /// Type 7, reversible: the text here is in clear, NVGEN writes it as it was entered.
    Type7,
    /// Type 5, 8 or 9: the text here is the digest.
    Digest(u8),
}

/// A password. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// How it was entered.
    pub scheme: Scheme,
    text: Zeroizing<String>,
}

impl Secret {
    /// A secret in clear.
    pub fn clear(text: &str) -> Self {
        Secret { scheme: Scheme::Clear, text: Zeroizing::new(text.to_owned()) }
    }

    /// A secret that was entered by `scheme`.
    pub fn new(scheme: Scheme, text: String) -> Self {
        Secret { scheme, text: Zeroizing::new(text) }
    }

    /// The password in clear, or its digest for [`Scheme::Digest`].
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({:?}, <removed>)", self.scheme)
    }
}

/// Reads `H.H.H`.
pub fn parse_mac(s: &str) -> Option<[u8; 6]> {
    let groups: Vec<u16> = s
        .split('.')
        .map(|g| u16::from_str_radix(g, 16).ok().filter(|_| g.len() <= 4))
        .collect::<Option<_>>()?;
    match groups.as_slice() {
        [a, b, c] => {
            let ([a, b], [c, d], [e, f]) = (a.to_be_bytes(), b.to_be_bytes(), c.to_be_bytes());
            Some([a, b, c, d, e, f])
        }
        _ => None,
    }
}

/// Writes `H.H.H`, as IOS prints a hardware address.
pub fn format_mac(m: &[u8; 6]) -> String {
    format!("{:02x}{:02x}.{:02x}{:02x}.{:02x}{:02x}", m[0], m[1], m[2], m[3], m[4], m[5])
}

/// Whether `mask` is ones followed by zeros.
pub fn is_contiguous(mask: Ipv4Addr) -> bool {
    let inverse = !u32::from(mask);
    inverse & inverse.wrapping_add(1) == 0
}
