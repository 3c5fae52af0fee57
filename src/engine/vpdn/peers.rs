//! `vpdn tunnel authorization network`: an LNS asks AAA about a peer that wants a tunnel.
//!
//! The reply says the password of the tunnel and what its sessions are made of: `vpdn-vtemplate`, or `vpdn-group`, a
//! vpdn-group of this router. The documents say which attributes there are; that a definition which names another LAC
//! (Tunnel-Client-Auth-ID) or another address (Tunnel-Client-Endpoint) does not fit is this project's choice.

use std::net::IpAddr;

use super::lns::Taking;
use super::lookup;
use crate::config::views::{RouterConfig, VpdnGroup};
use crate::engine::Engine;
use crate::engine::aaa::{
    AaaEvent, Asker, Endpoint, Outcome, Port as AaaPort, PortType, TunnelDefinition, TunnelLookup,
    TunnelOutcome,
};
use crate::proto::l2tp::{TunnelId, TunnelRequest};
use crate::proto::radius::Secret;

/// A tunnel that waits for what AAA says about its peer.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Asked {
    pub tunnel: TunnelId,
    pub request: TunnelRequest,
}

impl Engine {
    /// Asks AAA about the peer. False when nobody is to be asked.
    pub(super) fn ask_peer(&mut self, tunnel: TunnelId, request: &TunnelRequest) -> bool {
        let list = match self.config.vpdn.tunnel_authorization.as_deref() {
            Some(list) if self.config.vpdn.enable && self.config.aaa.new_model => list,
            Some(_) | None => return false,
        };
        let list = (list != "default").then(|| list.to_owned());
        let port = AaaPort {
            long: "L2TP".to_owned(),
            short: format!("Tnl {}", tunnel.0),
            number: 0,
            kind: PortType::Virtual,
            nas_ip: self.nas_address(),
            called: None,
            calling: None,
            unique: u32::from(tunnel.0),
            origin: None,
        };
        let password = Secret::new(self.config.vpdn.lookup_password.as_str());
        let key = request.host_name.clone();
        let lookup = TunnelLookup { port, list, key, password, asker: Asker::Lns };
        let ticket = self.aaa.authorize_tunnel(&mut self.core.cx(), lookup);
        self.vpdn.asked.insert(ticket, Asked { tunnel, request: request.clone() });
        true
    }

    /// AAA has answered about a peer.
    pub(in crate::engine) fn peer_answer(&mut self, event: AaaEvent) {
        let Some(Asked { tunnel, request }) = self.vpdn.asked.remove(&event.ticket) else { return };
        let Outcome::Tunnel(outcome) = event.outcome else { return };
        let config = self.config.clone();
        let taking = match &outcome {
            TunnelOutcome::Local => {
                lookup::accepting(&config, &request.host_name).map(|group| Taking::by_group(group, &config))
            }
            TunnelOutcome::Found(found) => {
                found.iter().find(|d| fits(d, &request, &config)).map(|d| by_definition(d, &config))
            }
            TunnelOutcome::NotFound | TunnelOutcome::Error => None,
        };
        self.take_tunnel(tunnel, &request, taking.filter(|_| config.vpdn.enable));
    }

    /// The peer has gone before AAA answered.
    pub(super) fn forget_peer(&mut self, tunnel: TunnelId) {
        let ticket =
            self.vpdn.asked.iter().find(|(_, asked)| asked.tunnel == tunnel).map(|(ticket, _)| *ticket);
        if let Some(ticket) = ticket {
            self.vpdn.asked.remove(&ticket);
            self.aaa.cancel(&mut self.core.cx(), ticket);
        }
    }
}

fn fits(definition: &TunnelDefinition, request: &TunnelRequest, config: &RouterConfig) -> bool {
    let named = definition.client_name.as_deref().is_none_or(|name| name == request.host_name);
    let from = |end: &Endpoint| end.addresses(config).iter().any(|a| request.remote.ip() == IpAddr::V4(*a));
    named && definition.client.as_ref().is_none_or(from)
}

fn by_definition(definition: &TunnelDefinition, config: &RouterConfig) -> Taking {
    let named = definition.vpdn_group.as_deref();
    let group: Option<&VpdnGroup> = named.and_then(|name| config.groups.iter().find(|g| g.name == name));
    let mut taking =
        group.map(|group| Taking::by_group(group, config)).unwrap_or_else(|| Taking::plain(config));
    definition.knobs.apply(&mut taking.settings);
    if let Some(password) = &definition.password {
        taking.settings.password = Some(String::from_utf8_lossy(password.octets()).into_owned().into());
    }
    if let Some(name) = &definition.server_name {
        taking.local_name.clone_from(name);
    }
    let of_group = group.and_then(|g| g.accept_dialin.as_ref()).and_then(|a| a.virtual_template);
    taking.template =
        definition.virtual_template.or(config.vpdn.tunnel_template.filter(|_| of_group.is_none()));
    taking
}
