//! PPP link ends: what an access interface and a Virtual-Access have in common.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};

use ipnet::Ipv4Net;

use super::Engine;
use super::aaa::Place;
use super::aaa::accounting::EndCause;
use super::aaa_calls::PeerDecision;
use super::core::{Change, Pending, Work};
use super::debug::PeerRoute;
use super::interfaces::{Binding, LinkState};
use super::io::{Action, ForwardCommand, HostRequest, InterfaceId};
use super::timers::Timer;
use super::traffic::Counts;
use super::vaccess::Vaccess;
use super::vpdn::lac::Access;
use crate::config::views::{InterfaceConfig, IpAddress, PeerAddress, PppConfig};
use crate::proto::ppp::{
    AddressDecision, AuthProtocol, Credentials, Direction, Event, FinishCause, Framing, IpcpConfig, Link,
    LinkConfig, NetworkInfo, Output as LinkOutput, Verdict,
};

/// A PPP link end.
pub(super) struct Port {
    pub link: Link,
    pub label: Arc<str>,
    /// The peer's name: as it claims, then as it proved.
    pub user: Arc<str>,
    /// By which protocol the peer has claimed to be somebody.
    proof: Option<AuthProtocol>,
    /// The same, once that claim is refused.
    pub refused: Option<AuthProtocol>,
    pub session: super::aaa_calls::AaaState,
    framing: Framing,
    /// An address that a local pool lent to the peer.
    lent: Option<Ipv4Addr>,
    pub network: Option<NetworkInfo>,
    /// Why the session ends, once that is known.
    pub ended: Option<EndCause>,
    /// Where the counters of its session stood at `clear vpdn counters`.
    pub cleared: Counts,
    pub side: Side,
}

/// What is below the link.
pub(super) enum Side {
    /// A B channel.
    Access(Box<Access>),
    /// A session of L2TP.
    Vaccess(Box<Vaccess>),
}

impl Port {
    pub fn new(link: Link, label: Arc<str>, side: Side) -> Self {
        Port {
            link,
            label,
            user: "".into(),
            proof: None,
            refused: None,
            session: Default::default(),
            framing: Framing::default(),
            lent: None,
            network: None,
            ended: None,
            cleared: Counts::default(),
            side,
        }
    }

    /// The user as accounting names it: as a server did (RFC 2865 section 5.1), else as it named itself.
    pub fn accounted_user(&self) -> Arc<str> {
        let named = self.session.proof().and_then(|proof| proof.user_name.as_deref());
        named.map_or_else(|| self.user.clone(), Arc::from)
    }

    /// Each Class attribute that came with the user's Access-Accept.
    pub fn class(&self) -> Vec<Vec<u8>> {
        self.session.class()
    }

    pub fn access(&self) -> Option<&Access> {
        match &self.side {
            Side::Access(access) => Some(access),
            Side::Vaccess(_) => None,
        }
    }

    pub fn access_mut(&mut self) -> Option<&mut Access> {
        match &mut self.side {
            Side::Access(access) => Some(access),
            Side::Vaccess(_) => None,
        }
    }

    pub fn vaccess(&self) -> Option<&Vaccess> {
        match &self.side {
            Side::Vaccess(vaccess) => Some(vaccess),
            Side::Access(_) => None,
        }
    }

    pub fn vaccess_mut(&mut self) -> Option<&mut Vaccess> {
        match &mut self.side {
            Side::Vaccess(vaccess) => Some(vaccess),
            Side::Access(_) => None,
        }
    }
}

/// Every PPP link end, by its interface. Each stands by itself: a table of the ends themselves would be a third empty.
#[derive(Default)]
pub(super) struct Ports(HashMap<InterfaceId, Box<Port>>);

impl Ports {
    pub fn get(&self, id: &InterfaceId) -> Option<&Port> {
        self.0.get(id).map(|port| &**port)
    }

    pub fn get_mut(&mut self, id: &InterfaceId) -> Option<&mut Port> {
        self.0.get_mut(id).map(|port| &mut **port)
    }

    pub fn contains_key(&self, id: &InterfaceId) -> bool {
        self.0.contains_key(id)
    }

    pub fn insert(&mut self, id: InterfaceId, port: Port) {
        self.0.insert(id, Box::new(port));
    }

    pub fn remove(&mut self, id: &InterfaceId) -> Option<Port> {
        self.0.remove(id).map(|port| *port)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (InterfaceId, &Port)> {
        self.0.iter().map(|(id, port)| (*id, &**port))
    }
}

/// What this side proves itself with is for PAP alone.
fn sends_pap_only(ppp: &PppConfig) -> bool {
    ppp.pap_sent.is_some() && ppp.chap_hostname.is_none() && ppp.chap_password.is_none()
}

impl Engine {
    /// These settings, shared with the links that have the same.
    pub(super) fn shared_settings(&mut self, settings: LinkConfig) -> Arc<LinkConfig> {
        self.link_settings.retain(|known| known.strong_count() > 0);
        let known = self.link_settings.iter().filter_map(Weak::upgrade).find(|known| **known == settings);
        known.unwrap_or_else(|| {
            let settings = Arc::new(settings);
            self.link_settings.push(Arc::downgrade(&settings));
            settings
        })
    }

    /// The settings of a link on an interface with this configuration.
    pub(super) fn link_config(
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
    pub(super) fn ipcp_config(&self, config: &InterfaceConfig, local: Option<Ipv4Net>) -> Option<IpcpConfig> {
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

    /// A frame of a port that `forward` does not carry.
    pub(super) fn frame(&mut self, id: InterfaceId, frame: &[u8]) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.receive(&mut self.core.cx(), frame);
            self.drive(id);
        }
    }

    /// A timer of a link is due.
    pub(super) fn link_due(&mut self, id: InterfaceId) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.handle_timeout(&mut self.core.cx());
            self.drive(id);
        }
    }

    /// Takes everything that a link has to say and acts on it.
    pub(super) fn drive(&mut self, id: InterfaceId) {
        while let Some(output) = self.ports.get_mut(&id).and_then(|p| p.link.poll()) {
            match output {
                LinkOutput::Transmit(frame) => {
                    // FF 03 is put in front of every frame of the engine.
                    self.core.turn.push((id, frame.len() as u64 + 2));
                    self.core.act(Action::Frame { port: id, frame });
                }
                LinkOutput::Event(event) => self.link_event(id, event),
            }
        }
        let next = self.ports.get(&id).and_then(|p| p.link.next_timeout());
        self.core.timers.set(Timer::Link(id), next);
    }

    fn link_event(&mut self, id: InterfaceId, event: Event) {
        match event {
            Event::LcpUp(framing) => {
                if let Some(port) = self.ports.get_mut(&id) {
                    port.framing = framing;
                }
                self.tell_accm(id);
            }
            Event::Authenticate(credentials) => self.claimed(id, credentials),
            Event::SecretWanted { name, protocol } => self.secret_wanted(id, &name, protocol),
            Event::Ready => self.link_ready(id),
            Event::PeerAddress(address) => self.peer_address(id, address),
            Event::NetworkUp(info) => self.network_up(id, info),
            Event::NetworkDown => self.network_down(id),
            // The link says why in its debugs, and ends when the peer ends it.
            Event::AuthenticationRefused { .. } => {}
            Event::Finished(cause) => self.link_finished(id, cause),
        }
    }

    /// The peer claims to be somebody: a LAC asks first whether the call is to be tunnelled.
    fn claimed(&mut self, id: InterfaceId, credentials: Credentials) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.user = String::from_utf8_lossy(&credentials.name).into();
        port.proof = Some(credentials.proof.protocol());
        self.abandon_look_up(id);
        if self.wants_tunnel(id) {
            self.lac_claimed(id, credentials);
        } else {
            self.lac_claimed_again(id, &credentials);
            self.authenticate(id, credentials);
        }
    }

    /// AAA has decided about a claim.
    pub(super) fn verdict(&mut self, id: InterfaceId, verdict: Verdict) {
        let pass = matches!(verdict, Verdict::Pass { .. });
        if pass && self.lac_authenticated(id) {
            return;
        }
        if pass && !(self.authorize_link(id) && self.apply_per_user(id)) {
            let message = b"Authorization failed".to_vec();
            self.give_verdict(id, Verdict::Fail { message, retries: None });
            return;
        }
        self.give_verdict(id, verdict);
    }

    fn give_verdict(&mut self, id: InterfaceId, verdict: Verdict) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.refused = port.proof.filter(|_| matches!(verdict, Verdict::Fail { .. }));
            port.link.authenticated(&mut self.core.cx(), verdict);
            self.drive(id);
        }
    }

    /// The peer wants a proof of us.
    fn secret_wanted(&mut self, id: InterfaceId, name: &[u8], protocol: AuthProtocol) {
        let Some(config) = self.port_config(id) else { return };
        let name = String::from_utf8_lossy(name).into_owned();
        let of_user = self.config.aaa.users.iter().find(|u| u.name == name).and_then(|u| u.password.clone());
        let secret = match protocol {
            AuthProtocol::Pap => config.ppp.pap_sent.as_ref().map(|(_, password)| password.clone()),
            AuthProtocol::ChapMd5 | AuthProtocol::MsChap | AuthProtocol::MsChapV2 => {
                of_user.or_else(|| config.ppp.chap_password.clone())
            }
        };
        if let Some(port) = self.ports.get_mut(&id) {
            if port.user.is_empty() {
                port.user = name.into();
            }
            port.link.secret(&mut self.core.cx(), secret.as_deref().map(str::as_bytes));
        }
    }

    /// The configuration that rules a port: its interface's, or that of the dialer that placed the call.
    pub(super) fn port_config(&self, id: InterfaceId) -> Option<Arc<InterfaceConfig>> {
        let owner = self.network_owner(id);
        self.interfaces.get(owner).map(|i| i.config.clone())
    }

    /// The interface that owns the TUN and the address of a port.
    pub(super) fn network_owner(&self, id: InterfaceId) -> InterfaceId {
        self.ports.get(&id).and_then(Port::access).and_then(|a| a.dialer).unwrap_or(id)
    }

    /// The local address of a port.
    pub(super) fn port_address(&self, id: InterfaceId) -> Option<Ipv4Net> {
        let owner = self.network_owner(id);
        self.address(owner)
    }

    /// Phase UP: the line protocol is up; IP may start as soon as there is somewhere for it to go.
    fn link_ready(&mut self, id: InterfaceId) {
        self.abandon_look_up(id);
        if self.wants_tunnel(id) {
            self.lac_ready(id);
        } else {
            self.link_up(id);
        }
    }

    /// PPP ends here and is up.
    pub(super) fn link_up(&mut self, id: InterfaceId) {
        if !self.account_start(id) {
            return;
        }
        self.set_protocol(id, true);
        self.start_session_time(id);
        let owner = self.network_owner(id);
        let Some(interface) = self.interfaces.get(owner) else { return };
        match interface.binding {
            Binding::Ready => self.start_network(id),
            Binding::Waiting => {}
            Binding::None if interface.config.ip != IpAddress::None => self.create_tun(owner),
            Binding::None | Binding::Refused => {}
        }
    }

    /// AAA allowing, IPCP starts.
    pub(super) fn start_network(&mut self, id: InterfaceId) {
        if self.authorize_network(id)
            && let Some(port) = self.ports.get_mut(&id)
        {
            port.link.start_ipcp(&mut self.core.cx());
            self.drive(id);
        }
    }

    /// The TUN of a port is there.
    pub(super) fn port_bound(&mut self, id: InterfaceId) {
        match self.ports.get(&id).map(|p| &p.side) {
            Some(Side::Access(_)) => self.start_network(id),
            Some(Side::Vaccess(_)) => self.start_vaccess(id),
            // The session went away while the host worked.
            None => self.unbind(id),
        }
    }

    /// The host has no TUN for a port: its session cannot be.
    pub(super) fn port_refused(&mut self, id: InterfaceId) {
        match self.ports.get(&id).map(|p| &p.side) {
            Some(Side::Access(_)) => self.core.later(Work::DropCall(id)),
            Some(Side::Vaccess(_)) => self.fail_vaccess(id),
            None => {}
        }
    }

    /// IPCP asks which address the peer shall have.
    fn peer_address(&mut self, id: InterfaceId, wish: Ipv4Addr) {
        let decision = match self.authorize_address(id, wish) {
            PeerDecision::Unrestricted => self.local_decision(id, wish),
            PeerDecision::Pool(None) => self.lend(id, &[]),
            PeerDecision::Pool(Some(name)) => self.lend(id, &[name]),
            PeerDecision::Address(address) => agree(wish, address),
            PeerDecision::Refused => AddressDecision::Refuse,
        };
        // An address from a pool that the peer already asks for needs no Nak.
        let decision = match decision {
            AddressDecision::Assign(address) => {
                self.note_wanted(id, address);
                agree(wish, address)
            }
            AddressDecision::Accept => {
                self.note_wanted(id, wish);
                AddressDecision::Accept
            }
            AddressDecision::Refuse => AddressDecision::Refuse,
        };
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.peer_address(&mut self.core.cx(), decision);
        }
    }

    /// `peer default ip address` without a word from AAA.
    fn local_decision(&mut self, id: InterfaceId, wish: Ipv4Addr) -> AddressDecision {
        let Some(config) = self.port_config(id) else { return AddressDecision::Refuse };
        match &config.peer_address {
            Some(PeerAddress::Fixed(address)) => agree(wish, *address),
            Some(PeerAddress::Pool(names)) => self.lend(id, names),
            None if wish.is_unspecified() => AddressDecision::Refuse,
            None => AddressDecision::Accept,
        }
    }

    /// An address of the first of `names` (or of the template's pools, or of `default`) that has one.
    fn lend(&mut self, id: InterfaceId, names: &[String]) -> AddressDecision {
        let Some(port) = self.ports.get(&id) else { return AddressDecision::Refuse };
        if let Some(address) = port.lent {
            return AddressDecision::Assign(address);
        }
        let configured = match self.port_config(id).as_deref().map(|c| &c.peer_address) {
            Some(Some(PeerAddress::Pool(pools))) if !pools.is_empty() => pools.clone(),
            Some(Some(PeerAddress::Fixed(address))) if names.is_empty() => {
                return AddressDecision::Assign(*address);
            }
            _unnamed => vec!["default".to_owned()],
        };
        let names = if names.is_empty() { &configured } else { names };
        let Some(address) = self.pools.take(names, id) else {
            self.log_no_address(id, names);
            return AddressDecision::Refuse;
        };
        if let Some(port) = self.ports.get_mut(&id) {
            port.lent = Some(address);
            let label = port.label.clone();
            self.core.debug(&PeerRoute::Pool { label: &label, address });
        }
        AddressDecision::Assign(address)
    }

    /// IPCP is open: addresses, the route to the peer, and then the packets.
    fn network_up(&mut self, id: InterfaceId, info: NetworkInfo) {
        let owner = self.network_owner(id);
        let Some(port) = self.ports.get_mut(&id) else { return };
        let (label, framing) = (port.label.clone(), port.framing);
        port.network = Some(info.clone());
        let dialer = owner != id;
        if let Some(interface) = self.interfaces.get_mut(owner)
            && interface.config.ip == IpAddress::Negotiated
        {
            interface.negotiated = Some(super::ip::host(info.local));
        }
        if !dialer {
            self.core.ask(
                HostRequest::SetLink { interface: owner, up: true },
                Pending::Change(Some(owner), Change::Link),
            );
        }
        let own = self.interfaces.get(owner).is_some_and(|i| {
            matches!(i.config.ip, IpAddress::Negotiated) || (dialer && i.installed.is_none())
        });
        if own {
            self.apply_address(owner);
        } else if !dialer {
            self.add_own_address(id, info.local);
        }
        // A peer that wants no address (RFC 1332 section 3.3) can be sent nothing.
        if !info.peer.is_unspecified() {
            self.core.debug(&PeerRoute::Install { label: &label, address: info.peer });
            self.add_peer_route(owner, info.peer);
        }
        self.start_per_user(id, info.peer);
        self.core.forward(ForwardCommand::OpenNetwork { port: id, tun: owner, framing });
        self.account_address(id, info.peer);
        self.dialer_up(id);
    }

    /// An address that the interface has itself stands on the TUN of each of its links; one that is borrowed
    /// stands where it comes from.
    fn add_own_address(&mut self, id: InterfaceId, local: Ipv4Addr) {
        let own = self.interfaces.get(id).is_some_and(|i| matches!(i.config.ip, IpAddress::Static(_)));
        if own {
            let address = super::ip::host(local);
            let pending = Pending::Change(Some(id), Change::Address(address));
            self.core.ask(HostRequest::AddAddress { interface: id, address }, pending);
        }
    }

    /// IP stops.
    fn network_down(&mut self, id: InterfaceId) {
        let owner = self.network_owner(id);
        let Some(port) = self.ports.get_mut(&id) else { return };
        let Some(info) = port.network.take() else { return };
        let label = port.label.clone();
        self.core.forward(ForwardCommand::CloseNetwork { port: id });
        if !info.peer.is_unspecified() {
            self.core.debug(&PeerRoute::Remove { label: &label, address: info.peer });
        }
        self.stop_per_user(id);
        if !info.peer.is_unspecified() {
            self.remove_peer_route(owner, info.peer);
        }
        if let Some(interface) = self.interfaces.get_mut(owner)
            && interface.negotiated.take().is_some()
            && owner != id
        {
            self.apply_address(owner);
        }
    }

    /// A link has ended by itself.
    fn link_finished(&mut self, id: InterfaceId, cause: FinishCause) {
        self.set_protocol(id, false);
        self.note_finish(id, cause);
        match self.ports.get(&id).map(|p| &p.side) {
            Some(Side::Access(_)) => self.core.later(Work::DropCall(id)),
            Some(Side::Vaccess(_)) => self.finish_vaccess(id, cause),
            None => {}
        }
    }

    /// Carrier is gone: the link goes down, what it had is given back, the port is forgotten.
    pub(super) fn close_port(&mut self, id: InterfaceId) -> Option<Port> {
        self.note_ending(id);
        let port = self.ports.get_mut(&id)?;
        port.link.lower_down(&mut self.core.cx());
        self.drive(id);
        self.network_down(id);
        self.set_protocol(id, false);
        self.account_stop(id);
        let port = self.ports.remove(&id)?;
        self.core.timers.set(Timer::Link(id), None);
        if let Some(address) = port.lent {
            self.pools.give_back(address, id);
        }
        self.forget_aaa(&port.session);
        self.forget_per_user(id);
        self.registry.close(Place::Port(id));
        Some(port)
    }

    /// Takes down whatever port an interface has.
    pub(super) fn drop_port(&mut self, id: InterfaceId) {
        self.note_end(id, EndCause::AdminReset);
        match self.ports.get(&id).map(|p| &p.side) {
            Some(Side::Access(_)) => self.drop_calls_of(id),
            Some(Side::Vaccess(_)) => self.clear_vaccess(id),
            None => {}
        }
    }

    /// Whether an interface is up.
    pub(super) fn is_up(&self, id: InterfaceId) -> bool {
        self.interfaces.get(id).is_some_and(|i| i.link == LinkState::Up)
    }
}

/// What to say to a peer that wishes `wish` and shall have `address`.
fn agree(wish: Ipv4Addr, address: Ipv4Addr) -> AddressDecision {
    if wish == address { AddressDecision::Accept } else { AddressDecision::Assign(address) }
}
