//! How a PPP link behaves by the configuration of its interface.

use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};

use ipnet::Ipv4Net;

use crate::config::views::{InterfaceConfig, IpAddress, PppConfig};
use crate::engine::Engine;
use crate::proto::ppp::{AuthProtocol, Direction, IpcpConfig, LinkConfig};

/// What this side proves itself with is for PAP alone.
fn sends_pap_only(ppp: &PppConfig) -> bool {
    ppp.pap_sent.is_some() && ppp.chap_hostname.is_none() && ppp.chap_password.is_none()
}

impl Engine {
    /// These settings, shared with the links that have the same.
    pub(in crate::engine) fn shared_settings(&mut self, settings: LinkConfig) -> Arc<LinkConfig> {
        self.link_settings.retain(|known| known.strong_count() > 0);
        let known = self.link_settings.iter().filter_map(Weak::upgrade).find(|known| **known == settings);
        known.unwrap_or_else(|| {
            let settings = Arc::new(settings);
            self.link_settings.push(Arc::downgrade(&settings));
            settings
        })
    }

    /// The settings of a link on an interface with this configuration.
    pub(in crate::engine) fn link_config(
        &self,
        config: &InterfaceConfig,
        direction: Direction,
        local: Option<Ipv4Net>,
    ) -> LinkConfig {
        let ppp = &config.ppp;
        let calling = direction == Direction::Callout;
        let defaults = LinkConfig::default();
        let pap_only = sends_pap_only(ppp);
        let local_name = match (&ppp.chap_hostname, &ppp.pap_sent) {
            (Some(name), _) => name.clone(),
            (None, Some((name, _))) if pap_only => name.clone(),
            (None, _) => self.config.hostname.clone(),
        };
        LinkConfig {
            direction,
            mru: config.mtu,
            authentication: if calling && ppp.authentication_callin {
                Vec::new()
            } else {
                ppp.authentication.clone()
            },
            allow_authentication: self.proofs(ppp, calling),
            chap_challenge: ppp.chap_challenge.clone(),
            alternate_name: ppp.chap_hostname.is_some(),
            local_name,
            multilink: ppp.multilink,
            endpoint: self.config.hostname.clone(),
            ipcp: self.ipcp_config(config, local),
            keepalive: config.keepalive,
            retry: ppp.retry,
            authentication_timeout: ppp.authentication_timeout,
            max_bad_auth: ppp.max_bad_auth,
            max_configure: ppp.max_configure,
            max_terminate: ppp.max_terminate,
            max_failure: ppp.max_failure,
            ..defaults
        }
    }

    /// The protocols by which this side proves itself, those that it suggests first. Where CHAP is refused, PAP is
    /// suggested if there is a name to send, as the command reference of `ppp chap refuse` says; that the refusal is
    /// of the Microsoft forms too is this project's choice.
    fn proofs(&self, ppp: &PppConfig, calling: bool) -> Vec<AuthProtocol> {
        if sends_pap_only(ppp) && calling && !self.config.aaa.users.iter().any(|u| u.password.is_some()) {
            return if ppp.refuse_pap.applies(calling) { Vec::new() } else { vec![AuthProtocol::Pap] };
        }
        let no_chap = ppp.refuse_chap.applies(calling);
        let no_pap = ppp.refuse_pap.applies(calling) || (no_chap && ppp.pap_sent.is_none());
        let mut allowed = LinkConfig::default().allow_authentication;
        allowed.retain(|protocol| if protocol.is_chap() { !no_chap } else { !no_pap });
        allowed
    }

    /// What IPCP asks for and gives on such an interface; none when it has no IP, or no address to lend from.
    pub(in crate::engine) fn ipcp_config(
        &self,
        config: &InterfaceConfig,
        local: Option<Ipv4Net>,
    ) -> Option<IpcpConfig> {
        let ppp = &config.ppp;
        let local = match (&config.ip, local) {
            (IpAddress::None, _) => None,
            (IpAddress::Negotiated, _) => Some(Ipv4Addr::UNSPECIFIED),
            (IpAddress::Static(_) | IpAddress::Unnumbered(_), local) => local.map(|l| l.addr()),
        }?;
        let or = |own: &[Ipv4Addr], all: &[Ipv4Addr]| if own.is_empty() { all } else { own }.to_vec();
        Some(IpcpConfig {
            local,
            vj_slots: config.vj_slots,
            dns: or(&ppp.ipcp_dns, &self.config.dns_servers),
            wins: or(&ppp.ipcp_wins, &self.config.wins_servers),
            request_dns: ppp.request_dns,
        })
    }
}
