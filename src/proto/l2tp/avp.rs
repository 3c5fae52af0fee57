//! The AVP table, RFC 2661 section 4.4: it drives decoding, encoding, validation and the `Parse AVP` debug.

mod codec;
#[cfg(test)]
mod tests;

use super::message::MessageType;
use super::message::MessageType::*;

pub use codec::{BrokenAvps, RawAvp, RawAvps, encode};

/// The vendor id of the IETF's AVPs.
pub const IETF: u16 = 0;
/// Cisco's enterprise number.
pub const CISCO: u16 = 9;
/// M bit: refuse what is not understood.
pub const MANDATORY: u16 = 0x8000;
/// H bit: the value is hidden.
pub const HIDDEN: u16 = 0x4000;
/// Bits that must be 0.
pub const RESERVED: u16 = 0x3c00;
/// Octets in front of an AVP's value.
pub const AVP_HEADER_LEN: usize = 6;
/// Most octets of an AVP.
pub const MAX_AVP_LEN: usize = 1023;

/// An AVP that this implementation knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// 0
    MessageType,
    /// 1
    ResultCode,
    /// 2
    ProtocolVersion,
    /// 3
    FramingCapabilities,
    /// 4
    BearerCapabilities,
    /// 5
    TieBreaker,
    /// 6
    FirmwareRevision,
    /// 7
    HostName,
    /// 8
    VendorName,
    /// 9
    AssignedTunnelId,
    /// 10
    ReceiveWindowSize,
    /// 11
    Challenge,
    /// 12
    CauseCode,
    /// 13
    ChallengeResponse,
    /// 14
    AssignedSessionId,
    /// 15
    CallSerialNumber,
    /// 16
    MinimumBps,
    /// 17
    MaximumBps,
    /// 18
    BearerType,
    /// 19
    FramingType,
    /// 21
    CalledNumber,
    /// 22
    CallingNumber,
    /// 23
    SubAddress,
    /// 24
    TxConnectSpeed,
    /// 25
    PhysicalChannelId,
    /// 26
    InitialReceivedLcp,
    /// 27
    LastSentLcp,
    /// 28
    LastReceivedLcp,
    /// 29
    ProxyAuthenType,
    /// 30
    ProxyAuthenName,
    /// 31
    ProxyAuthenChallenge,
    /// 32
    ProxyAuthenId,
    /// 33
    ProxyAuthenResponse,
    /// 34
    CallErrors,
    /// 35
    Accm,
    /// 36
    RandomVector,
    /// 37
    PrivateGroupId,
    /// 38
    RxConnectSpeed,
    /// 39
    SequencingRequired,
    /// Cisco's 100
    ClientNasPort,
}

/// How many octets a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// This many.
    Exact(usize),
    /// This many or more.
    AtLeast(usize),
    /// 2, 4 or more: the Result Code.
    Result,
}

impl Length {
    /// Whether a value of `len` octets keeps the rule.
    pub const fn holds(self, len: usize) -> bool {
        match self {
            Length::Exact(n) => len == n,
            Length::AtLeast(n) => len >= n,
            Length::Result => len == 2 || len >= 4,
        }
    }
}

/// What a value is, and so how the debug prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The Message Type: printed as `Parse SCCRQ`.
    MessageType,
    /// The Result Code: printed as two lines or three.
    Result,
    /// 16 bits, decimal.
    U16,
    /// 16 bits that are not 0 except in a StopCCN or CDN, decimal.
    Id,
    /// 16 bits, hexadecimal.
    Hex16,
    /// 32 bits, decimal.
    U32,
    /// 32 bits, decimal, that 12.0 does not print.
    Serial,
    /// 32 bits, hexadecimal.
    Hex32,
    /// Text.
    Text,
    /// Octets, hexadecimal.
    Octets,
    /// Q.931 cause code, message type and text.
    Cause,
    /// Six counters.
    CallErrors,
    /// Two ACCMs.
    Accm,
    /// No value.
    Empty,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Which.
    pub attribute: Attribute,
    /// Vendor id.
    pub vendor: u16,
    /// Attribute type under that vendor.
    pub number: u16,
    /// The RFC's name.
    pub name: &'static str,
    /// The name in front of the value in a debug. Those that stand in the documented call (Cisco tech note
    /// 23980) are its; the others are in its manner.
    pub debug: &'static str,
    /// The M bit with which it is sent.
    pub mandatory: bool,
    /// It may be hidden.
    pub hideable: bool,
    /// How long the value is.
    pub length: Length,
    /// What the value is.
    pub kind: Kind,
    /// Messages that must have it (section 6).
    pub required: &'static [MessageType],
    /// Messages that may have it.
    pub optional: &'static [MessageType],
}

impl Spec {
    /// Whether a message of this type may have it.
    pub fn allowed_in(&self, message_type: MessageType) -> bool {
        self.required.contains(&message_type) || self.optional.contains(&message_type)
    }
}

impl Attribute {
    /// Its row.
    pub fn spec(self) -> &'static Spec {
        // The rows stand in the order of the enum (tested).
        &TABLE[self as usize]
    }
}

/// The row of an attribute number under a vendor id.
pub fn lookup(vendor: u16, number: u16) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.vendor == vendor && spec.number == number)
}

const M: bool = true;
const NO_M: bool = false;
const HIDE: bool = true;
const CLEAR: bool = false;
const NONE: &[MessageType] = &[];
const ALL: &[MessageType] = &MessageType::ALL;
const ICCN: &[MessageType] = &[Iccn];
const START: &[MessageType] = &[Sccrq, Sccrp];

#[expect(clippy::too_many_arguments, reason = "a row of the table below")]
const fn row(
    attribute: Attribute,
    number: u16,
    (name, debug): (&'static str, &'static str),
    mandatory: bool,
    hideable: bool,
    length: Length,
    kind: Kind,
    (required, optional): (&'static [MessageType], &'static [MessageType]),
) -> Spec {
    Spec {
        attribute,
        vendor: IETF,
        number,
        name,
        debug,
        mandatory,
        hideable,
        length,
        kind,
        required,
        optional,
    }
}

/// How many AVPs are known.
pub const COUNT: usize = 40;

use Attribute as A;
use Length::{AtLeast, Exact};

/// Every AVP of RFC 2661 section 4.4, in the order of [`Attribute`], and Cisco's Client NAS Port. The M bits are
/// the RFC's but for Proxy Authen Response, which IOS sends with the M bit set.
#[rustfmt::skip]
pub const TABLE: [Spec; COUNT] = [
    row(A::MessageType, 0, ("Message Type", "Parse"), M, CLEAR, Exact(2), Kind::MessageType, (ALL, NONE)),
    row(A::ResultCode, 1, ("Result Code", "Result code"), M, CLEAR, Length::Result, Kind::Result, (&[StopCcn, Cdn], NONE)),
    row(A::ProtocolVersion, 2, ("Protocol Version", "Protocol Ver"), M, CLEAR, Exact(2), Kind::U16, (START, NONE)),
    row(A::FramingCapabilities, 3, ("Framing Capabilities", "Framing Cap"), M, HIDE, Exact(4), Kind::Hex32, (START, NONE)),
    row(A::BearerCapabilities, 4, ("Bearer Capabilities", "Bearer Cap"), M, HIDE, Exact(4), Kind::Hex32, (NONE, START)),
    row(A::TieBreaker, 5, ("Tie Breaker", "Tie Breaker"), NO_M, CLEAR, Exact(8), Kind::Octets, (NONE, &[Sccrq])),
    row(A::FirmwareRevision, 6, ("Firmware Revision", "Firmware Ver"), NO_M, HIDE, Exact(2), Kind::Hex16, (NONE, START)),
    row(A::HostName, 7, ("Host Name", "Hostname"), M, CLEAR, AtLeast(1), Kind::Text, (START, NONE)),
    row(A::VendorName, 8, ("Vendor Name", "Vendor Name"), NO_M, HIDE, AtLeast(0), Kind::Text, (NONE, START)),
    row(A::AssignedTunnelId, 9, ("Assigned Tunnel ID", "Assigned Tunnel ID"), M, HIDE, Exact(2), Kind::Id, (&[Sccrq, Sccrp, StopCcn], NONE)),
    row(A::ReceiveWindowSize, 10, ("Receive Window Size", "Rx Window Size"), M, CLEAR, Exact(2), Kind::U16, (NONE, START)),
    row(A::Challenge, 11, ("Challenge", "Chlng"), M, HIDE, AtLeast(1), Kind::Octets, (NONE, START)),
    row(A::CauseCode, 12, ("Q.931 Cause Code", "Q.931 Cause"), M, CLEAR, AtLeast(3), Kind::Cause, (NONE, &[Cdn])),
    row(A::ChallengeResponse, 13, ("Challenge Response", "Chlng Resp"), M, HIDE, Exact(16), Kind::Octets, (NONE, &[Sccrp, Scccn])),
    row(A::AssignedSessionId, 14, ("Assigned Session ID", "Assigned Call ID"), M, HIDE, Exact(2), Kind::Id, (&[Cdn, Icrp, Icrq, Ocrp, Ocrq], NONE)),
    row(A::CallSerialNumber, 15, ("Call Serial Number", "Serial Number"), M, HIDE, Exact(4), Kind::Serial, (&[Icrq, Ocrq], NONE)),
    row(A::MinimumBps, 16, ("Minimum BPS", "Minimum BPS"), M, HIDE, Exact(4), Kind::U32, (&[Ocrq], NONE)),
    row(A::MaximumBps, 17, ("Maximum BPS", "Maximum BPS"), M, HIDE, Exact(4), Kind::U32, (&[Ocrq], NONE)),
    row(A::BearerType, 18, ("Bearer Type", "Bearer Type"), M, HIDE, Exact(4), Kind::U32, (&[Ocrq], &[Icrq])),
    row(A::FramingType, 19, ("Framing Type", "Framing Type"), M, HIDE, Exact(4), Kind::U32, (&[Iccn, Occn, Ocrq], NONE)),
    row(A::CalledNumber, 21, ("Called Number", "Called Number"), M, HIDE, AtLeast(0), Kind::Text, (&[Ocrq], &[Icrq])),
    row(A::CallingNumber, 22, ("Calling Number", "Calling Number"), M, HIDE, AtLeast(0), Kind::Text, (NONE, &[Icrq])),
    row(A::SubAddress, 23, ("Sub-Address", "Sub-Address"), M, HIDE, AtLeast(0), Kind::Text, (NONE, &[Icrq, Ocrq])),
    row(A::TxConnectSpeed, 24, ("(Tx) Connect Speed", "Connect Speed"), M, HIDE, Exact(4), Kind::U32, (&[Iccn, Occn], NONE)),
    row(A::PhysicalChannelId, 25, ("Physical Channel ID", "Physical Channel"), NO_M, HIDE, Exact(4), Kind::U32, (NONE, &[Icrq, Ocrp])),
    row(A::InitialReceivedLcp, 26, ("Initial Received LCP CONFREQ", "Initial Rx LCPREQ"), NO_M, HIDE, AtLeast(0), Kind::Octets, (NONE, ICCN)),
    row(A::LastSentLcp, 27, ("Last Sent LCP CONFREQ", "Last Sent LCPREQ"), NO_M, HIDE, AtLeast(0), Kind::Octets, (NONE, ICCN)),
    row(A::LastReceivedLcp, 28, ("Last Received LCP CONFREQ", "Last Rx LCPREQ"), NO_M, HIDE, AtLeast(0), Kind::Octets, (NONE, ICCN)),
    row(A::ProxyAuthenType, 29, ("Proxy Authen Type", "Proxy Auth Type"), NO_M, HIDE, Exact(2), Kind::U16, (NONE, ICCN)),
    row(A::ProxyAuthenName, 30, ("Proxy Authen Name", "Proxy Auth Name"), NO_M, HIDE, AtLeast(0), Kind::Text, (NONE, ICCN)),
    row(A::ProxyAuthenChallenge, 31, ("Proxy Authen Challenge", "Proxy Auth Chal"), NO_M, HIDE, AtLeast(1), Kind::Octets, (NONE, ICCN)),
    row(A::ProxyAuthenId, 32, ("Proxy Authen ID", "Proxy Auth ID"), NO_M, HIDE, Exact(2), Kind::U16, (NONE, ICCN)),
    row(A::ProxyAuthenResponse, 33, ("Proxy Authen Response", "Proxy Auth Resp"), M, HIDE, AtLeast(0), Kind::Octets, (NONE, ICCN)),
    row(A::CallErrors, 34, ("Call Errors", "Call Errors"), M, HIDE, Exact(26), Kind::CallErrors, (&[Wen], NONE)),
    row(A::Accm, 35, ("ACCM", "ACCM"), M, HIDE, Exact(10), Kind::Accm, (&[Sli], NONE)),
    row(A::RandomVector, 36, ("Random Vector", "Random Vector"), M, CLEAR, AtLeast(0), Kind::Octets, (NONE, ALL)),
    row(A::PrivateGroupId, 37, ("Private Group ID", "Private Group ID"), NO_M, HIDE, AtLeast(0), Kind::Text, (NONE, ICCN)),
    row(A::RxConnectSpeed, 38, ("Rx Connect Speed", "Rx Speed"), NO_M, HIDE, Exact(4), Kind::U32, (NONE, &[Iccn, Occn])),
    row(A::SequencingRequired, 39, ("Sequencing Required", "Sequencing Required"), M, CLEAR, Exact(0), Kind::Empty, (NONE, &[Iccn, Occn])),
    Spec {
        vendor: CISCO,
        ..row(A::ClientNasPort, 100, ("Client NAS Port", "Client NAS Port"), NO_M, CLEAR, AtLeast(0), Kind::Text, (NONE, &[Icrq]))
    },
];
