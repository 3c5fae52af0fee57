//! Control messages as values, RFC 2661 section 6, and their AVPs in the order in which IOS sends them.

mod build;
mod decode;
mod encode;
mod problem;
#[cfg(test)]
mod tests;

use super::avp;
use super::types::{CallRequest, ConnectInfo, ProxyAuthType, ResultCode};
use crate::proto::Entropy;

pub use decode::{Sealed, decode, sealed};
pub use problem::{PROTOCOL_VERSION, Problem};

/// The type of a control message, RFC 2661 section 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum MessageType {
    /// Start-Control-Connection-Request.
    Sccrq = 1,
    /// Start-Control-Connection-Reply.
    Sccrp = 2,
    /// Start-Control-Connection-Connected.
    Scccn = 3,
    /// Stop-Control-Connection-Notification.
    StopCcn = 4,
    /// Hello.
    Hello = 6,
    /// Outgoing-Call-Request.
    Ocrq = 7,
    /// Outgoing-Call-Reply.
    Ocrp = 8,
    /// Outgoing-Call-Connected.
    Occn = 9,
    /// Incoming-Call-Request.
    Icrq = 10,
    /// Incoming-Call-Reply.
    Icrp = 11,
    /// Incoming-Call-Connected.
    Iccn = 12,
    /// Call-Disconnect-Notify.
    Cdn = 14,
    /// WAN-Error-Notify.
    Wen = 15,
    /// Set-Link-Info.
    Sli = 16,
}

impl MessageType {
    /// Every type, by number.
    pub const ALL: [MessageType; 14] = [
        MessageType::Sccrq,
        MessageType::Sccrp,
        MessageType::Scccn,
        MessageType::StopCcn,
        MessageType::Hello,
        MessageType::Ocrq,
        MessageType::Ocrp,
        MessageType::Occn,
        MessageType::Icrq,
        MessageType::Icrp,
        MessageType::Iccn,
        MessageType::Cdn,
        MessageType::Wen,
        MessageType::Sli,
    ];

    /// The value of the Message Type AVP.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The type with this number; `None` for the reserved and unassigned ones.
    pub fn from_number(number: u16) -> Option<Self> {
        MessageType::ALL.into_iter().find(|t| t.number() == number)
    }

    /// The name as the RFC and IOS write it.
    pub const fn name(self) -> &'static str {
        match self {
            MessageType::Sccrq => "SCCRQ",
            MessageType::Sccrp => "SCCRP",
            MessageType::Scccn => "SCCCN",
            MessageType::StopCcn => "StopCCN",
            MessageType::Hello => "HELLO",
            MessageType::Ocrq => "OCRQ",
            MessageType::Ocrp => "OCRP",
            MessageType::Occn => "OCCN",
            MessageType::Icrq => "ICRQ",
            MessageType::Icrp => "ICRP",
            MessageType::Iccn => "ICCN",
            MessageType::Cdn => "CDN",
            MessageType::Wen => "WEN",
            MessageType::Sli => "SLI",
        }
    }

    /// Whether it belongs to a session rather than to the tunnel.
    pub const fn of_session(self) -> bool {
        match self {
            MessageType::Sccrq
            | MessageType::Sccrp
            | MessageType::Scccn
            | MessageType::StopCcn
            | MessageType::Hello => false,
            MessageType::Ocrq
            | MessageType::Ocrp
            | MessageType::Occn
            | MessageType::Icrq
            | MessageType::Icrp
            | MessageType::Iccn
            | MessageType::Cdn
            | MessageType::Wen
            | MessageType::Sli => true,
        }
    }
}

/// SCCRQ, RFC 2661 section 6.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sccrq {
    /// Framing Capabilities bits (1 sync, 2 async).
    pub framing_capabilities: u32,
    /// Bearer Capabilities bits (1 digital, 2 analog).
    pub bearer_capabilities: Option<u32>,
    /// Tie Breaker.
    pub tie_breaker: Option<[u8; 8]>,
    /// Firmware Revision.
    pub firmware: Option<u16>,
    /// Host Name, at least one octet.
    pub host_name: String,
    /// Vendor Name.
    pub vendor_name: Option<String>,
    /// Assigned Tunnel ID, not 0.
    pub assigned_tunnel: u16,
    /// Receive Window Size; 4 is to be assumed without it.
    pub receive_window: Option<u16>,
    /// Challenge, at least one octet.
    pub challenge: Option<Vec<u8>>,
}

/// SCCRP, RFC 2661 section 6.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sccrp {
    /// Framing Capabilities bits (1 sync, 2 async).
    pub framing_capabilities: u32,
    /// Bearer Capabilities bits (1 digital, 2 analog).
    pub bearer_capabilities: Option<u32>,
    /// Firmware Revision.
    pub firmware: Option<u16>,
    /// Host Name, at least one octet.
    pub host_name: String,
    /// Vendor Name.
    pub vendor_name: Option<String>,
    /// Assigned Tunnel ID, not 0.
    pub assigned_tunnel: u16,
    /// Receive Window Size; 4 is to be assumed without it.
    pub receive_window: Option<u16>,
    /// Challenge, at least one octet.
    pub challenge: Option<Vec<u8>>,
    /// Challenge Response.
    pub challenge_response: Option<[u8; 16]>,
}

/// SCCCN, RFC 2661 section 6.3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scccn {
    /// Challenge Response.
    pub challenge_response: Option<[u8; 16]>,
}

/// StopCCN, RFC 2661 section 6.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopCcn {
    /// Assigned Tunnel ID, the sender's.
    pub assigned_tunnel: u16,
    /// Result Code.
    pub result: ResultCode,
}

/// ICRQ, RFC 2661 section 6.6.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Icrq {
    /// Assigned Session ID, not 0.
    pub assigned_session: u16,
    /// The call.
    pub request: CallRequest,
}

/// ICRP, RFC 2661 section 6.7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Icrp {
    /// Assigned Session ID, not 0.
    pub assigned_session: u16,
}

/// ICCN, RFC 2661 section 6.8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Iccn {
    /// Speeds, framing, proxy LCP and proxy authentication.
    pub info: ConnectInfo,
}

/// OCRQ, RFC 2661 section 6.9.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ocrq {
    /// Assigned Session ID, not 0.
    pub assigned_session: u16,
    /// Call Serial Number.
    pub serial: u32,
    /// Minimum BPS.
    pub minimum_bps: u32,
    /// Maximum BPS.
    pub maximum_bps: u32,
    /// Bearer Type bits.
    pub bearer_type: u32,
    /// Framing Type bits.
    pub framing_type: u32,
    /// Called Number.
    pub called_number: String,
    /// Sub-Address.
    pub sub_address: Option<String>,
}

/// OCRP, RFC 2661 section 6.10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ocrp {
    /// Assigned Session ID, not 0.
    pub assigned_session: u16,
    /// Physical Channel ID.
    pub physical_channel: Option<u32>,
}

/// OCCN, RFC 2661 section 6.11.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occn {
    /// (Tx) Connect Speed, bits per second.
    pub tx_speed: u32,
    /// Rx Connect Speed, bits per second.
    pub rx_speed: Option<u32>,
    /// Framing Type bits.
    pub framing_type: u32,
    /// Sequencing Required.
    pub sequencing_required: bool,
}

/// The value of a Q.931 Cause Code AVP, RFC 2661 section 4.4.4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Cause code, native ITU encoding.
    pub code: u16,
    /// Q.931 message type.
    pub message: u8,
    /// Advisory text.
    pub advisory: Option<String>,
}

/// CDN, RFC 2661 section 6.12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cdn {
    /// Assigned Session ID, the sender's; 0 is taken from a peer that never assigned one.
    pub assigned_session: u16,
    /// Result Code.
    pub result: ResultCode,
    /// Q.931 Cause Code.
    pub cause: Option<Cause>,
}

/// WEN, RFC 2661 section 6.13.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wen {
    /// CRC, framing, hardware overrun, buffer overrun, time-out and alignment errors.
    pub counters: [u32; 6],
}

/// SLI, RFC 2661 section 6.14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sli {
    /// Send ACCM, then receive ACCM.
    pub accm: (u32, u32),
}

/// A control message without fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Opens a control connection.
    Sccrq(Sccrq),
    /// Takes it.
    Sccrp(Sccrp),
    /// Completes it.
    Scccn(Scccn),
    /// Closes it.
    StopCcn(StopCcn),
    /// Keeps it alive.
    Hello,
    /// Asks the LAC for a call.
    Ocrq(Ocrq),
    /// Takes it.
    Ocrp(Ocrp),
    /// Completes it.
    Occn(Occn),
    /// Tells the LNS of a call.
    Icrq(Icrq),
    /// Takes it.
    Icrp(Icrp),
    /// Completes it.
    Iccn(Iccn),
    /// Ends a session.
    Cdn(Cdn),
    /// Line errors.
    Wen(Wen),
    /// ACCMs.
    Sli(Sli),
}

impl Message {
    /// Its type.
    pub const fn message_type(&self) -> MessageType {
        match self {
            Message::Sccrq(_) => MessageType::Sccrq,
            Message::Sccrp(_) => MessageType::Sccrp,
            Message::Scccn(_) => MessageType::Scccn,
            Message::StopCcn(_) => MessageType::StopCcn,
            Message::Hello => MessageType::Hello,
            Message::Ocrq(_) => MessageType::Ocrq,
            Message::Ocrp(_) => MessageType::Ocrp,
            Message::Occn(_) => MessageType::Occn,
            Message::Icrq(_) => MessageType::Icrq,
            Message::Icrp(_) => MessageType::Icrp,
            Message::Iccn(_) => MessageType::Iccn,
            Message::Cdn(_) => MessageType::Cdn,
            Message::Wen(_) => MessageType::Wen,
            Message::Sli(_) => MessageType::Sli,
        }
    }

    /// The AVPs, in the order of the documented call (Cisco tech note 23980).
    /// With `hiding`, every AVP that may be hidden is, behind a Random Vector AVP that follows the Message Type.
    pub fn encode(&self, hiding: Option<&mut Hiding<'_>>) -> Vec<u8> {
        avp::encode(&encode::values(self).0, hiding)
    }
}

impl ProxyAuthType {
    /// The value of the Proxy Authen Type AVP.
    pub const fn number(self) -> u16 {
        match self {
            ProxyAuthType::Textual => 1,
            ProxyAuthType::Chap => 2,
            ProxyAuthType::Pap => 3,
            ProxyAuthType::None => 4,
            ProxyAuthType::MsChap => 5,
            ProxyAuthType::Other(number) => number,
        }
    }

    /// The type with this number.
    pub const fn from_number(number: u16) -> Self {
        match number {
            1 => ProxyAuthType::Textual,
            2 => ProxyAuthType::Chap,
            3 => ProxyAuthType::Pap,
            4 => ProxyAuthType::None,
            5 => ProxyAuthType::MsChap,
            other => ProxyAuthType::Other(other),
        }
    }
}

/// How to hide AVPs, RFC 2661 section 4.3.
pub struct Hiding<'a> {
    /// The tunnel secret.
    pub secret: &'a [u8],
    /// Where random vectors and padding come from.
    pub entropy: &'a mut dyn Entropy,
}

/// Why a control message is not taken, and what to answer. The ids are those that the rest of the message
/// shows, so that the answer reaches the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The type, when it is known.
    pub message_type: Option<MessageType>,
    /// Its Assigned Tunnel ID AVP.
    pub assigned_tunnel: Option<u16>,
    /// Its Assigned Session ID AVP.
    pub assigned_session: Option<u16>,
    /// The Result Code for a StopCCN or CDN; its message says in words what is wrong.
    pub result: ResultCode,
    /// `false`: the message is to be ignored (unknown type without M bit).
    pub fatal: bool,
}
