//! From a [`Message`] to its AVPs, in the order in which IOS sends them in the documented call (Cisco tech note
//! 23980); AVPs that do not occur there stand where their numbers fit in.

use super::problem::PROTOCOL_VERSION;
use super::*;
use crate::proto::l2tp::avp::Attribute as A;

/// AVPs and their values.
#[derive(Default)]
pub(super) struct Values(pub Vec<(A, Vec<u8>)>);

impl Values {
    fn octets(&mut self, attribute: A, value: &[u8]) {
        self.0.push((attribute, value.to_vec()));
    }

    fn u16(&mut self, attribute: A, value: u16) {
        self.octets(attribute, &value.to_be_bytes());
    }

    fn u32(&mut self, attribute: A, value: u32) {
        self.octets(attribute, &value.to_be_bytes());
    }

    fn words(&mut self, attribute: A, words: &[u32]) {
        // Two reserved octets stand in front.
        let mut value = vec![0; 2];
        value.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        self.0.push((attribute, value));
    }

    fn octets_if(&mut self, attribute: A, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.octets(attribute, value);
        }
    }

    fn text_if(&mut self, attribute: A, value: &Option<String>) {
        self.octets_if(attribute, value.as_ref().map(String::as_bytes));
    }

    fn u32_if(&mut self, attribute: A, value: Option<u32>) {
        if let Some(value) = value {
            self.u32(attribute, value);
        }
    }

    fn u16_if(&mut self, attribute: A, value: Option<u16>) {
        if let Some(value) = value {
            self.u16(attribute, value);
        }
    }

    fn flag(&mut self, attribute: A, value: bool) {
        if value {
            self.octets(attribute, &[]);
        }
    }
}

/// The AVPs of a message, the Message Type first.
pub(super) fn values(message: &Message) -> Values {
    let mut v = Values::default();
    v.u16(A::MessageType, message.message_type().number());
    match message {
        Message::Sccrq(m) => sccrq(&mut v, m),
        Message::Sccrp(m) => sccrp(&mut v, m),
        Message::Scccn(m) => v.octets_if(A::ChallengeResponse, m.challenge_response.as_ref().map(|r| &r[..])),
        Message::StopCcn(m) => {
            v.u16(A::AssignedTunnelId, m.assigned_tunnel);
            v.octets(A::ResultCode, &m.result.to_bytes());
        }
        Message::Hello => {}
        Message::Ocrq(m) => ocrq(&mut v, m),
        Message::Ocrp(m) => {
            v.u16(A::AssignedSessionId, m.assigned_session);
            v.u32_if(A::PhysicalChannelId, m.physical_channel);
        }
        Message::Occn(m) => {
            v.u32(A::TxConnectSpeed, m.tx_speed);
            v.u32_if(A::RxConnectSpeed, m.rx_speed);
            v.u32(A::FramingType, m.framing_type);
            v.flag(A::SequencingRequired, m.sequencing_required);
        }
        Message::Icrq(m) => icrq(&mut v, m),
        Message::Icrp(m) => v.u16(A::AssignedSessionId, m.assigned_session),
        Message::Iccn(m) => iccn(&mut v, &m.info),
        Message::Cdn(m) => {
            v.u16(A::AssignedSessionId, m.assigned_session);
            v.octets(A::ResultCode, &m.result.to_bytes());
            v.octets_if(A::CauseCode, m.cause.as_ref().map(cause).as_deref());
        }
        Message::Wen(m) => v.words(A::CallErrors, &m.counters),
        Message::Sli(m) => v.words(A::Accm, &[m.accm.0, m.accm.1]),
    }
    v
}

fn sccrq(v: &mut Values, m: &Sccrq) {
    v.u16(A::ProtocolVersion, PROTOCOL_VERSION);
    v.u32(A::FramingCapabilities, m.framing_capabilities);
    v.u32_if(A::BearerCapabilities, m.bearer_capabilities);
    v.octets_if(A::TieBreaker, m.tie_breaker.as_ref().map(|t| &t[..]));
    v.u16_if(A::FirmwareRevision, m.firmware);
    v.octets(A::HostName, m.host_name.as_bytes());
    v.text_if(A::VendorName, &m.vendor_name);
    v.u16(A::AssignedTunnelId, m.assigned_tunnel);
    v.u16_if(A::ReceiveWindowSize, m.receive_window);
    v.octets_if(A::Challenge, m.challenge.as_deref());
}

fn sccrp(v: &mut Values, m: &Sccrp) {
    v.u16(A::ProtocolVersion, PROTOCOL_VERSION);
    v.u32(A::FramingCapabilities, m.framing_capabilities);
    v.u32_if(A::BearerCapabilities, m.bearer_capabilities);
    v.u16_if(A::FirmwareRevision, m.firmware);
    v.octets(A::HostName, m.host_name.as_bytes());
    v.text_if(A::VendorName, &m.vendor_name);
    v.u16(A::AssignedTunnelId, m.assigned_tunnel);
    v.u16_if(A::ReceiveWindowSize, m.receive_window);
    v.octets_if(A::Challenge, m.challenge.as_deref());
    v.octets_if(A::ChallengeResponse, m.challenge_response.as_ref().map(|r| &r[..]));
}

fn icrq(v: &mut Values, m: &Icrq) {
    let call = &m.request;
    v.u16(A::AssignedSessionId, m.assigned_session);
    v.u32(A::CallSerialNumber, call.serial);
    v.u32_if(A::BearerType, call.bearer_type);
    v.text_if(A::CallingNumber, &call.calling_number);
    v.text_if(A::CalledNumber, &call.called_number);
    v.text_if(A::SubAddress, &call.sub_address);
    v.u32_if(A::PhysicalChannelId, call.physical_channel);
    v.text_if(A::ClientNasPort, &call.nas_port);
}

fn iccn(v: &mut Values, info: &ConnectInfo) {
    v.u32(A::TxConnectSpeed, info.tx_speed);
    v.u32_if(A::RxConnectSpeed, info.rx_speed);
    v.u32(A::FramingType, info.framing_type);
    v.octets_if(A::InitialReceivedLcp, info.initial_received_lcp.as_deref());
    v.octets_if(A::LastSentLcp, info.last_sent_lcp.as_deref());
    v.octets_if(A::LastReceivedLcp, info.last_received_lcp.as_deref());
    v.octets_if(A::ProxyAuthenChallenge, info.proxy_auth_challenge.as_deref());
    v.u16_if(A::ProxyAuthenId, info.proxy_auth_id.map(u16::from));
    v.octets_if(A::ProxyAuthenName, info.proxy_auth_name.as_deref());
    v.octets_if(A::ProxyAuthenResponse, info.proxy_auth_response.as_deref());
    v.u16_if(A::ProxyAuthenType, info.proxy_auth_type.map(ProxyAuthType::number));
    v.octets_if(A::PrivateGroupId, info.private_group.as_deref());
    v.flag(A::SequencingRequired, info.sequencing_required);
}

fn ocrq(v: &mut Values, m: &Ocrq) {
    v.u16(A::AssignedSessionId, m.assigned_session);
    v.u32(A::CallSerialNumber, m.serial);
    v.u32(A::MinimumBps, m.minimum_bps);
    v.u32(A::MaximumBps, m.maximum_bps);
    v.u32(A::BearerType, m.bearer_type);
    v.u32(A::FramingType, m.framing_type);
    v.octets(A::CalledNumber, m.called_number.as_bytes());
    v.text_if(A::SubAddress, &m.sub_address);
}

fn cause(cause: &Cause) -> Vec<u8> {
    let mut value = cause.code.to_be_bytes().to_vec();
    value.push(cause.message);
    value.extend_from_slice(cause.advisory.as_deref().unwrap_or_default().as_bytes());
    value
}
