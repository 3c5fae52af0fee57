//! From checked AVP values to a [`Message`].

use super::decode::Avps;
use super::*;
use crate::proto::cursor::Reader;
use crate::proto::l2tp::avp::Attribute as A;
use crate::proto::redact;

/// The message that the values make; `None` when a required one is missing.
pub(super) fn build(message_type: MessageType, avps: &Avps<'_>) -> Option<Message> {
    Some(match message_type {
        MessageType::Sccrq => Message::Sccrq(sccrq(avps)?),
        MessageType::Sccrp => Message::Sccrp(sccrp(avps)?),
        MessageType::Scccn => Message::Scccn(Scccn { challenge_response: avps.array(A::ChallengeResponse) }),
        MessageType::StopCcn => Message::StopCcn(StopCcn {
            assigned_tunnel: avps.u16(A::AssignedTunnelId)?,
            result: avps.result()?,
        }),
        MessageType::Hello => Message::Hello,
        MessageType::Ocrq => Message::Ocrq(ocrq(avps)?),
        MessageType::Ocrp => Message::Ocrp(Ocrp {
            assigned_session: avps.u16(A::AssignedSessionId)?,
            physical_channel: avps.u32(A::PhysicalChannelId),
        }),
        MessageType::Occn => Message::Occn(Occn {
            tx_speed: avps.u32(A::TxConnectSpeed)?,
            rx_speed: avps.u32(A::RxConnectSpeed),
            framing_type: avps.u32(A::FramingType)?,
            sequencing_required: avps.has(A::SequencingRequired),
        }),
        MessageType::Icrq => Message::Icrq(icrq(avps)?),
        MessageType::Icrp => Message::Icrp(Icrp { assigned_session: avps.u16(A::AssignedSessionId)? }),
        MessageType::Iccn => Message::Iccn(Iccn { info: info(avps)? }),
        MessageType::Cdn => Message::Cdn(Cdn {
            assigned_session: avps.u16(A::AssignedSessionId)?,
            result: avps.result()?,
            cause: avps.octets(A::CauseCode).and_then(cause),
        }),
        MessageType::Wen => Message::Wen(Wen { counters: words(avps.octets(A::CallErrors)?)? }),
        MessageType::Sli => {
            let [send, receive] = words(avps.octets(A::Accm)?)?;
            Message::Sli(Sli { accm: (send, receive) })
        }
    })
}

fn sccrq(avps: &Avps<'_>) -> Option<Sccrq> {
    Some(Sccrq {
        framing_capabilities: avps.u32(A::FramingCapabilities)?,
        bearer_capabilities: avps.u32(A::BearerCapabilities),
        tie_breaker: avps.array(A::TieBreaker),
        firmware: avps.u16(A::FirmwareRevision),
        host_name: avps.text(A::HostName)?,
        vendor_name: avps.text(A::VendorName),
        assigned_tunnel: avps.u16(A::AssignedTunnelId)?,
        receive_window: avps.u16(A::ReceiveWindowSize),
        challenge: avps.vec(A::Challenge),
    })
}

fn sccrp(avps: &Avps<'_>) -> Option<Sccrp> {
    Some(Sccrp {
        framing_capabilities: avps.u32(A::FramingCapabilities)?,
        bearer_capabilities: avps.u32(A::BearerCapabilities),
        firmware: avps.u16(A::FirmwareRevision),
        host_name: avps.text(A::HostName)?,
        vendor_name: avps.text(A::VendorName),
        assigned_tunnel: avps.u16(A::AssignedTunnelId)?,
        receive_window: avps.u16(A::ReceiveWindowSize),
        challenge: avps.vec(A::Challenge),
        challenge_response: avps.array(A::ChallengeResponse),
    })
}

fn icrq(avps: &Avps<'_>) -> Option<Icrq> {
    let request = CallRequest {
        serial: avps.u32(A::CallSerialNumber)?,
        bearer_type: avps.u32(A::BearerType),
        calling_number: avps.text(A::CallingNumber),
        called_number: avps.text(A::CalledNumber),
        sub_address: avps.text(A::SubAddress),
        physical_channel: avps.u32(A::PhysicalChannelId),
        nas_port: avps.text(A::ClientNasPort),
    };
    Some(Icrq { assigned_session: avps.u16(A::AssignedSessionId)?, request })
}

fn info(avps: &Avps<'_>) -> Option<ConnectInfo> {
    Some(ConnectInfo {
        tx_speed: avps.u32(A::TxConnectSpeed)?,
        rx_speed: avps.u32(A::RxConnectSpeed),
        framing_type: avps.u32(A::FramingType)?,
        initial_received_lcp: avps.vec(A::InitialReceivedLcp),
        last_sent_lcp: avps.vec(A::LastSentLcp),
        last_received_lcp: avps.vec(A::LastReceivedLcp),
        proxy_auth_type: avps.u16(A::ProxyAuthenType).map(ProxyAuthType::from_number),
        proxy_auth_name: avps.vec(A::ProxyAuthenName),
        proxy_auth_challenge: avps.vec(A::ProxyAuthenChallenge),
        proxy_auth_id: avps.u16(A::ProxyAuthenId).map(|id| id.to_be_bytes()[1]),
        proxy_auth_response: avps.vec(A::ProxyAuthenResponse),
        private_group: avps.vec(A::PrivateGroupId),
        sequencing_required: avps.has(A::SequencingRequired),
    })
}

fn ocrq(avps: &Avps<'_>) -> Option<Ocrq> {
    Some(Ocrq {
        assigned_session: avps.u16(A::AssignedSessionId)?,
        serial: avps.u32(A::CallSerialNumber)?,
        minimum_bps: avps.u32(A::MinimumBps)?,
        maximum_bps: avps.u32(A::MaximumBps)?,
        bearer_type: avps.u32(A::BearerType)?,
        framing_type: avps.u32(A::FramingType)?,
        called_number: avps.text(A::CalledNumber)?,
        sub_address: avps.text(A::SubAddress),
    })
}

fn cause(value: &[u8]) -> Option<Cause> {
    let mut reader = Reader::new(value);
    let (code, message) = (reader.u16().ok()?, reader.u8().ok()?);
    let advisory = (!reader.is_empty()).then(|| redact::plain(reader.rest()));
    Some(Cause { code, message, advisory })
}

/// Words behind two reserved octets.
fn words<const N: usize>(value: &[u8]) -> Option<[u32; N]> {
    let mut reader = Reader::new(value);
    reader.u16().ok()?;
    let mut out = [0; N];
    for word in &mut out {
        *word = reader.u32().ok()?;
    }
    Some(out)
}
