//! The engine's questions to AAA: who the peer is, what it may have, where a tunnel leads.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::Engine;
use super::aaa::{
    AaaEvent, AaaOutput, Asker, AuthenOutcome, AuthenRequest, Decision, FramedIp, Hints, IpcpDecision,
    Outcome, Port as AaaPort, PortType, Ticket, TunnelDefinition, TunnelLookup, TunnelOutcome, UserProfile,
    UserSession, nas_port,
};
use super::core::Pending;
use super::debug::VpdnEvent;
use super::interfaces::{Interface, LinkState, Origin};
use super::io::{Action, HostRequest, InterfaceId, LogLine, Output, Socket};
use super::ip::RouteKey;
use super::ports::{Port, Side};
use super::syslog::Syslog;
use super::vpdn::lookup::{Definition, Lns};
use super::vpdn::port_number;
use crate::config::views::{InterfaceKind, IpAddress, NasPortFormat, NasPortSource, PeerAddress};
use crate::proto::ppp::Credentials;
use crate::proto::radius::Secret;
use crate::proto::radius::client::{Component, SessionOrigin};

/// What a port has asked of AAA and got.
#[derive(Debug, Default)]
pub(super) struct AaaState {
    ticket: Option<Ticket>,
    session: Option<Box<UserSession>>,
    /// The address that the peer is to have so far.
    want: Option<Ipv4Addr>,
    /// The routes that the user brought and that are installed.
    pub routes: Box<[RouteKey]>,
}

impl AaaState {
    /// Whether a RADIUS server said who the user is; `None` when nobody did.
    pub fn told_by_radius(&self) -> Option<bool> {
        self.proof().map(|proof| proof.from_radius)
    }

    /// What the user's authentication brought.
    pub fn proof(&self) -> Option<&UserProfile> {
        self.session.as_ref()?.proof.as_deref()
    }

    /// What AAA keeps of the user.
    pub fn user(&self) -> Option<&UserSession> {
        self.session.as_deref()
    }

    /// Each Class attribute that came with the user's Access-Accept.
    pub fn class(&self) -> Vec<Vec<u8>> {
        self.proof().map(|proof| proof.class.clone()).unwrap_or_default()
    }
}

/// What AAA says about the address that a peer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PeerDecision {
    /// Nothing: the interface's own configuration decides.
    Unrestricted,
    /// From this pool, or from the interface's.
    Pool(Option<String>),
    /// This one.
    Address(Ipv4Addr),
    /// None.
    Refused,
}

impl Engine {
    /// Something that AAA puts out.
    pub(super) fn aaa_output(&mut self, output: AaaOutput) {
        match output {
            AaaOutput::OpenSocket { socket, port } => {
                let socket = Socket::Radius(socket);
                self.core.ask(HostRequest::OpenSocket { socket, port }, Pending::Socket(socket));
            }
            AaaOutput::Transmit { socket, local, remote, bytes } => {
                let local = local.unwrap_or(Ipv4Addr::UNSPECIFIED).into();
                let socket = Socket::Radius(socket);
                self.core.act(Action::Datagram { socket, local, remote, bytes });
            }
            AaaOutput::Syslog { severity, text } => {
                self.core.push(Output::Log(LogLine::Syslog { severity, text }))
            }
            AaaOutput::Accounting(output) => self.accounting_output(output),
            AaaOutput::Event(event) => self.aaa_event(event),
            AaaOutput::Login(ticket, outcome) => self.core.push(Output::Login(ticket, outcome)),
            AaaOutput::Tested(ticket, outcome) => self.core.push(Output::AaaTested(ticket, outcome)),
        }
    }

    fn aaa_event(&mut self, event: AaaEvent) {
        let Some(id) = self.tickets.remove(&event.ticket) else { return self.peer_answer(event) };
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.session.ticket = None;
        match event.outcome {
            Outcome::Authentication(outcome) => {
                let verdict = outcome.verdict();
                let profile = match outcome {
                    AuthenOutcome::Pass { profile, .. } => Some(profile),
                    AuthenOutcome::Fail { .. } | AuthenOutcome::Error => None,
                };
                if profile.is_some() {
                    self.bind_session(id);
                    self.open_user(id, profile);
                }
                self.verdict(id, verdict);
            }
            Outcome::Tunnel(outcome) if self.is_screened(id) => {
                let found = match outcome {
                    TunnelOutcome::Found(found) => found,
                    TunnelOutcome::Local | TunnelOutcome::NotFound | TunnelOutcome::Error => Vec::new(),
                };
                let domains: Vec<String> = found.into_iter().filter_map(|d| d.domains).flatten().collect();
                self.screened(id, Some(&domains));
                self.drive(id);
            }
            Outcome::Tunnel(outcome) => {
                let definitions = match outcome {
                    TunnelOutcome::Found(found) => {
                        let key = self.looking_for(id).unwrap_or_default();
                        self.definitions(id, &key, &found)
                    }
                    TunnelOutcome::Local | TunnelOutcome::NotFound | TunnelOutcome::Error => Vec::new(),
                };
                self.tunnel_answer(id, definitions);
            }
        }
    }

    /// What a server said about the tunnels of a key, as VPDN takes it for this port. A name of which nobody knows the
    /// address is told and left out, and a definition without any other with it.
    pub(super) fn definitions(
        &mut self,
        id: InterfaceId,
        key: &str,
        found: &[TunnelDefinition],
    ) -> Vec<Definition> {
        let config = self.config.clone();
        let ends = found.iter().flat_map(|tunnel| tunnel.servers.iter().flatten().chain(&tunnel.client));
        for end in ends.filter(|end| end.addresses(&config).is_empty()) {
            self.vpdn_debug(id, VpdnEvent::UnknownHost(&end.to_string()));
        }

        // A preference with several levels of addresses keeps them together, before the next preference.
        let mut base = 0;
        let mut last = None;
        let mut highest = 0;
        let definitions = found.iter().map(|tunnel| {
            let preference = tunnel.preference.unwrap_or(0);
            if last.is_some_and(|l| l != preference) {
                base = highest;
            }
            last = Some(preference);
            let mut lns = Vec::new();
            for (level, equal) in (1..).zip(&tunnel.servers) {
                highest = highest.max(base + level);
                let addresses = equal.iter().flat_map(|end| end.addresses(&config));
                lns.extend(addresses.map(|address| Lns { address, priority: base + level, limit: None }));
            }
            self.definition(key, tunnel, lns)
        });
        definitions.filter(|definition| !definition.lns.is_empty()).collect()
    }

    fn definition(&self, key: &str, tunnel: &TunnelDefinition, lns: Vec<Lns>) -> Definition {
        let password =
            tunnel.password.as_ref().map(|p| String::from_utf8_lossy(p.octets()).into_owned().into());
        let named = tunnel.vpdn_group.as_deref();
        let group = named.and_then(|name| self.config.groups.iter().find(|g| g.name == name));
        let mut settings = group.map(|g| g.l2tp.clone()).unwrap_or_default();
        tunnel.knobs.apply(&mut settings);
        settings.password = password.or(settings.password);
        let client = tunnel.client.as_ref().and_then(|end| end.addresses(&self.config).first().copied());
        let local_name = tunnel.client_name.as_ref().or(group.and_then(|g| g.local_name.as_ref()));
        Definition {
            key: key.to_owned(),
            group: group.map(|g| g.name.as_str().into()),
            local_name: local_name.unwrap_or(&self.config.hostname).as_str().into(),
            lns,
            source: client.or(group.and_then(|g| g.source_ip)).or(self.config.vpdn.source_ip),
            assignment: tunnel.assignment.as_deref().map(Arc::from),
            server_name: tunnel.server_name.clone(),
            private_group: tunnel.group.as_deref().map(Arc::from),
            speeds: (tunnel.tx_speed, tunnel.rx_speed),
            busy_disconnect: tunnel.busy_disconnect.unwrap_or(true),
            settings,
        }
    }

    /// A port as RADIUS sees it.
    pub(super) fn aaa_port(&self, id: InterfaceId) -> Option<AaaPort> {
        let interface = self.interfaces.get(id)?;
        let port = self.ports.get(&id)?;
        let (nas_ip, number) = self.nas_of(port);
        let (kind, called, calling) = match &port.side {
            Side::Access(access) => (
                PortType::Isdn,
                Some(access.called.clone()).filter(|c| !c.is_empty()),
                access.calling.clone(),
            ),
            Side::Vaccess(vaccess) => (
                PortType::Virtual,
                vaccess.called.as_deref().map(str::to_owned),
                vaccess.calling.as_deref().map(str::to_owned),
            ),
        };
        Some(AaaPort {
            long: interface.name.to_string(),
            short: interface.label.to_string(),
            number: number.unwrap_or_else(|| self.nas_port(interface)),
            kind,
            nas_ip: nas_ip.unwrap_or_else(|| self.nas_address()),
            called,
            calling,
            unique: self.unique_of(id),
            origin: Some(SessionOrigin {
                component: match &port.side {
                    Side::Access(_) => Component::Ppp,
                    Side::Vaccess(_) => Component::Vpdn,
                },
                session: self.registry.get(self.unique_of(id)).map(|entry| entry.number.0),
            }),
        })
    }

    /// NAS-Port of an interface.
    fn nas_port(&self, interface: &Interface) -> u32 {
        match self.config.aaa.extras.nas_port_format {
            None => port_number(&interface.name.unit),
            Some(NasPortFormat::Standard) => nas_port::standard(&interface.name),
            Some(NasPortFormat::Extended) => {
                let controller = match interface.origin {
                    Origin::Channel { controller, .. } => self.interfaces.get(controller),
                    Origin::Configured | Origin::Cloned { .. } => None,
                };
                nas_port::extended(&interface.name, controller.map(|d| &d.name))
            }
        }
    }

    /// `vpdn aaa attribute`: the address of the LAC that a tunnelled user came through, and its port there.
    fn nas_of(&self, port: &Port) -> (Option<Ipv4Addr>, Option<u32>) {
        let Some(vaccess) = port.vaccess() else { return (None, None) };
        let tunnel = vaccess.session.and_then(|s| self.vpdn.tunnels.get(&s.tunnel));
        let address = match tunnel.map(|tunnel| tunnel.addresses.1) {
            Some(IpAddr::V4(address)) if self.config.vpdn.nas_ip_of_lac => Some(address),
            Some(IpAddr::V4(_) | IpAddr::V6(_)) | None => None,
        };
        // The port outlives the tunnel: a user's stop bears the same one as its start.
        let number = match self.config.vpdn.nas_port {
            NasPortSource::Own => None,
            NasPortSource::Lac => vaccess.lac_port,
            NasPortSource::PhysicalChannel => vaccess.lac_channel,
        };
        (address, number)
    }

    /// The address that stands for this router: that of `ip radius source-interface`, else of the interface towards
    /// the first RADIUS server, else of the first interface that has one.
    pub(super) fn nas_address(&self) -> Ipv4Addr {
        if let Some(source) = self.config.aaa.source {
            return source;
        }
        let server = self.config.aaa.servers.first().map(|s| s.address);
        let addresses = self.config.interfaces.iter().filter_map(|i| match (&i.ip, i.name.kind) {
            (IpAddress::Static(address), kind) if kind != InterfaceKind::VirtualTemplate => {
                Some((address, &i.name))
            }
            _ => None,
        });
        let (mut towards, mut first) = (None, None);
        for (address, name) in addresses {
            let up = self.interfaces.find(name).and_then(|id| self.interfaces.get(id)).map(|i| i.link)
                == Some(LinkState::Up);
            if up && server.is_some_and(|s| address.contains(&s)) {
                return address.addr();
            }
            // At boot nothing is up yet.
            if server.is_some_and(|s| address.contains(&s)) {
                towards = towards.or(Some(address.addr()));
            }
            first = first.or(Some(address.addr()));
        }
        towards.or(first).unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    /// Asks whether the peer of a port is who it says it is.
    pub(super) fn authenticate(&mut self, id: InterfaceId, credentials: Credentials) {
        let Some(config) = self.port_config(id) else { return };
        let Some(port) = self.aaa_port(id) else { return };
        let list = config.ppp.authentication_list.clone().filter(|l| l != "default");
        let request = AuthenRequest { port, list, credentials, already: false };
        let session = self.registry.get(self.unique_of(id)).map(|entry| entry.number.to_string());
        let hints = Hints { address: self.address_hint(id), session_id: session };
        let ticket = self.aaa.authenticate_with(&mut self.core.cx(), request, hints);
        self.await_aaa(id, ticket);
    }

    /// The address that the peer of a port would get without RADIUS, where it is known beforehand.
    fn address_hint(&self, id: InterfaceId) -> Option<Ipv4Addr> {
        match self.port_config(id)?.peer_address.as_ref()? {
            PeerAddress::Fixed(address) => Some(*address),
            PeerAddress::Pool(_) => None,
        }
    }

    fn await_aaa(&mut self, id: InterfaceId, ticket: Ticket) {
        if let Some(old) = self.ports.get_mut(&id).and_then(|p| p.session.ticket.replace(ticket)) {
            self.cancel_aaa(old);
        }
        self.tickets.insert(ticket, id);
    }

    /// Whether AAA could know tunnels.
    pub(super) fn aaa_has_tunnels(&self) -> bool {
        self.config.aaa.new_model && !self.config.aaa.authorization_network.is_empty()
    }

    /// Asks AAA for the tunnel of a key. False when AAA has no say.
    pub(super) fn ask_tunnel(&mut self, id: InterfaceId, key: &str) -> bool {
        if !self.aaa_has_tunnels() {
            return false;
        }
        let Some(port) = self.aaa_port(id) else { return false };
        let password = Secret::new(self.config.vpdn.lookup_password.as_str());
        let lookup = TunnelLookup { port, list: None, key: key.to_owned(), password, asker: Asker::Lac };
        let ticket = self.aaa.authorize_tunnel(&mut self.core.cx(), lookup);
        self.await_aaa(id, ticket);
        true
    }

    /// `vpdn authorize domain`: asks AAA which domains users of this port may name. False when AAA has no say.
    ///
    /// The name of the request is that of the documents' domain preauthorization, `nas-port:ADDRESS:PORT`; how the
    /// port of a B channel is written there (as its unit) is this project's choice.
    pub(super) fn ask_domains(&mut self, id: InterfaceId) -> bool {
        if !self.aaa_has_tunnels() {
            return false;
        }
        let Some(unit) = self.interfaces.get(id).map(|i| i.name.unit.clone()) else { return false };
        let Some(port) = self.aaa_port(id) else { return false };
        let key = format!("nas-port:{}:{unit}", port.nas_ip);
        let password = Secret::new(self.config.vpdn.lookup_password.as_str());
        let lookup = TunnelLookup { port, list: None, key, password, asker: Asker::Port };
        let ticket = self.aaa.authorize_tunnel(&mut self.core.cx(), lookup);
        self.await_aaa(id, ticket);
        true
    }

    /// What AAA said of the user on a port.
    pub(super) fn user_profile(&self, id: InterfaceId) -> Option<Arc<UserProfile>> {
        self.ports.get(&id)?.session.user()?.profile.clone()
    }

    /// What AAA says of the user from now on.
    pub(super) fn set_user_profile(&mut self, id: InterfaceId, profile: Option<Arc<UserProfile>>) {
        if let Some(session) = self.ports.get_mut(&id).and_then(|p| p.session.session.as_mut()) {
            session.profile = profile;
        }
    }

    /// Begins what AAA keeps of a user on a port, with what its authentication brought.
    fn open_user(&mut self, id: InterfaceId, proof: Option<Arc<UserProfile>>) {
        let Some(config) = self.port_config(id) else { return };
        let Some(port) = self.aaa_port(id) else { return };
        let lists = &self.config.aaa.authorization_network;
        let list = match config.ppp.authorization_list.as_deref() {
            Some("default") => Some(None),
            Some(name) => Some(Some(name.to_owned())),
            // A default list holds for every interface.
            None => lists.iter().any(|l| l.name == "default").then_some(None),
        };
        if let Some(target) = self.ports.get_mut(&id) {
            let mut session = UserSession::new(port, list, target.user.to_string(), proof);
            if let Some(list) = &session.list {
                session.profile = self.aaa.profile_for(list.as_deref(), &target.user, session.profile.take());
            }
            target.session.session = Some(Box::new(session));
        }
    }

    /// Whether an authenticated user may have LCP.
    pub(super) fn authorize_link(&mut self, id: InterfaceId) -> bool {
        let Some(session) = self.ports.get(&id).and_then(|p| p.session.session.as_ref()) else { return true };
        self.aaa.authorize_lcp(&mut self.core.cx(), session) == Decision::Permitted
    }

    /// Whether IPCP may start; gives the link what AAA says about DNS. When it may not, the link is closed.
    pub(super) fn authorize_network(&mut self, id: InterfaceId) -> bool {
        // Only a peer that called is authorized.
        let called = self.ports.get(&id).is_some_and(|p| p.access().is_none_or(|a| !a.outgoing));
        if !called {
            return true;
        }
        if self.ports.get(&id).is_some_and(|p| p.session.session.is_none()) {
            self.open_user(id, None);
        }
        let ipcp = self.authorized_ipcp(id);
        let Some(port) = self.ports.get_mut(&id) else { return false };
        let Some(session) = &port.session.session else { return false };
        if self.aaa.authorize_fsm(&mut self.core.cx(), session) == Decision::Denied {
            port.link.close(&mut self.core.cx());
            return false;
        }
        if let Some(ipcp) = ipcp.filter(|_| session.attributes().is_some()) {
            port.link.set_ipcp(ipcp);
        }
        true
    }

    /// What AAA says about the address that the peer asks for.
    pub(super) fn authorize_address(&mut self, id: InterfaceId, wish: Ipv4Addr) -> PeerDecision {
        if self.pool_is_missing(id, wish) {
            return PeerDecision::Refused;
        }
        let Some(port) = self.ports.get_mut(&id) else { return PeerDecision::Refused };
        let want = port.session.want.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let Some(session) = port.session.session.as_mut() else { return PeerDecision::Unrestricted };
        let decision = self.aaa.authorize_ipcp(&mut self.core.cx(), session, wish, want);
        let attributes = session.attributes();
        match decision {
            IpcpDecision::Denied => PeerDecision::Refused,
            IpcpDecision::Use(address) if !address.is_unspecified() => PeerDecision::Address(address),
            IpcpDecision::Use(_) => match attributes.map(|p| (p.pool.clone(), p.framed_ip)) {
                Some((Some(pool), _)) => PeerDecision::Pool(Some(pool)),
                Some((None, Some(FramedIp::NasAssigns | FramedIp::UserChooses))) => PeerDecision::Pool(None),
                Some((None, Some(FramedIp::Address(_)) | None)) | None => PeerDecision::Unrestricted,
            },
        }
    }

    /// Whether the user is to have an address of a pool that is not configured; says so.
    fn pool_is_missing(&mut self, id: InterfaceId, wish: Ipv4Addr) -> bool {
        let Some(port) = self.ports.get(&id).filter(|port| port.session.want.is_none()) else { return false };
        let Some(session) = port.session.user() else { return false };
        let pool = session.attributes().and_then(|profile| profile.pool_for(wish));
        let Some(pool) = pool.filter(|pool| !self.pools.exists(pool)).map(str::to_owned) else {
            return false;
        };
        self.aaa.refuse_pool(&mut self.core.cx(), session, wish, &pool);
        self.log_no_address(id, &[pool]);
        true
    }

    /// A peer gets no address: none of these pools has one, or is there.
    pub(super) fn log_no_address(&mut self, id: InterfaceId, pools: &[String]) {
        let Some(port) = self.ports.get(&id) else { return };
        let (label, user) = (port.label.clone(), port.user.clone());
        for pool in pools {
            let exists = self.pools.exists(pool);
            self.core.syslog(&Syslog::NoAddress { interface: &label, user: &user, pool, exists });
        }
    }

    /// Notes the address that the peer is to have.
    pub(super) fn note_wanted(&mut self, id: InterfaceId, address: Ipv4Addr) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.session.want = Some(address);
        }
    }

    /// A port is gone: nothing more is expected of AAA for it.
    pub(super) fn forget_aaa(&mut self, state: &AaaState) {
        if let Some(ticket) = state.ticket {
            self.cancel_aaa(ticket);
        }
    }

    /// What AAA was asked about a port counts no more.
    pub(super) fn withdraw_question(&mut self, id: InterfaceId) {
        if let Some(ticket) = self.ports.get_mut(&id).and_then(|p| p.session.ticket.take()) {
            self.cancel_aaa(ticket);
        }
    }

    fn cancel_aaa(&mut self, ticket: Ticket) {
        self.tickets.remove(&ticket);
        self.aaa.cancel(&mut self.core.cx(), ticket);
    }
}
