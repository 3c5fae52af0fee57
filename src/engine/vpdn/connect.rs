//! What a LAC tells of a call in its ICRQ and ICCN.

use super::lac::Access;
use crate::proto::l2tp::{ConnectInfo, ProxyAuthType};
use crate::proto::ppp::{AuthProtocol, Proof, ProxyLcp};

/// What the ICCN says of a call: the line, the LCP that was agreed, what the user authenticated with, and the Private
/// Group ID of RFC 2868.
pub(super) fn connect_info(access: &Access, lcp: &ProxyLcp, group: Option<&str>) -> ConnectInfo {
    let mut info = ConnectInfo {
        tx_speed: access.speed,
        rx_speed: Some(access.speed),
        framing_type: 2,
        last_sent_lcp: Some(lcp.last_sent.clone()),
        last_received_lcp: Some(lcp.last_received.clone()),
        private_group: group.map(|group| group.as_bytes().to_vec()),
        ..ConnectInfo::default()
    };
    let Some(credentials) = &access.credentials else {
        info.proxy_auth_type = Some(ProxyAuthType::None);
        return info;
    };
    info.proxy_auth_name = Some(credentials.name.clone());
    match &credentials.proof {
        Proof::Pap { password } => {
            info.proxy_auth_type = Some(ProxyAuthType::Pap);
            info.proxy_auth_id = access.authentication_id;
            info.proxy_auth_response = Some(password.clone());
        }
        Proof::Chap { protocol, id, challenge, response } => {
            info.proxy_auth_type = Some(match protocol {
                AuthProtocol::Pap => ProxyAuthType::Pap,
                AuthProtocol::ChapMd5 => ProxyAuthType::Chap,
                AuthProtocol::MsChap => ProxyAuthType::MsChap,
                // RFC 2661 has no value for it: the LNS must ask the user itself.
                AuthProtocol::MsChapV2 => ProxyAuthType::None,
            });
            if *protocol != AuthProtocol::MsChapV2 {
                info.proxy_auth_id = Some(*id);
                info.proxy_auth_challenge = Some(challenge.clone());
                info.proxy_auth_response = Some(response.clone());
            }
        }
    }
    info
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
