//! Who is on which port, as AAA tells them apart: the registry's numbers with what the ports themselves know.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::aaa::accounting::EndCause;
use super::aaa::debug::{AaaDebug, emit};
use super::aaa::{Entry, Place, SessionNumber};
use super::interfaces::Origin;
use super::io::InterfaceId;
use super::ports::{Port, Side};
use super::views::session_of;
use crate::config::views::{InterfaceKind, InterfaceName};
use crate::proto::Instant;
use crate::proto::l2tp::{Role, SessionId};

/// The session of L2TP that a user comes or goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTunnel {
    /// Which end this router is.
    pub role: Role,
    /// Our tunnel and session id.
    pub id: SessionId,
    /// The peer's tunnel id, 0 before it is known.
    pub remote_tunnel: u16,
    /// The peer's session id, 0 before it is known.
    pub remote_session: u16,
    /// Our name.
    pub local_name: Arc<str>,
    /// The peer's name.
    pub remote_name: String,
    /// Our address, unspecified before it is known.
    pub local: IpAddr,
    /// The peer's address.
    pub remote: IpAddr,
    /// Tunnel-Assignment-Id, or the vpdn-group.
    pub assignment: Option<Arc<str>>,
    /// Tunnel-Private-Group-ID of a session: what RADIUS has told the LAC, and that the LNS.
    pub private_group: Option<Arc<[u8]>>,
}

impl SessionTunnel {
    /// Address and name of the client (the LAC), then of the server (the LNS).
    pub fn ends(&self) -> ((IpAddr, &str), (IpAddr, &str)) {
        let (ours, theirs) = ((self.local, &*self.local_name), (self.remote, self.remote_name.as_str()));
        match self.role {
            Role::Lac => (ours, theirs),
            Role::Lns => (theirs, ours),
        }
    }

    /// Acct-Tunnel-Connection of the tunnel itself: the LAC's and the LNS's id of it, by which both ends name it.
    pub fn connection(&self) -> String {
        let (ours, theirs) = (self.id.tunnel.0, self.remote_tunnel);
        match self.role {
            Role::Lac => format!("{ours}/{theirs}"),
            Role::Lns => format!("{theirs}/{ours}"),
        }
    }
}

/// A session of a user.
#[derive(Clone, Debug)]
pub struct AaaSessionView {
    /// AAA's unique id.
    pub unique: u32,
    /// From which Acct-Session-Id is made.
    pub number: SessionNumber,
    /// The PPP port; none for an EXEC.
    pub port: Option<InterfaceId>,
    /// Its interface.
    pub interface: Option<InterfaceName>,
    /// The terminal line of an EXEC.
    pub line: Option<u32>,
    /// The user, empty before it is known.
    pub user: Arc<str>,
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// The session of L2TP.
    pub tunnel: Option<SessionTunnel>,
    /// Each Class attribute of its Access-Accept.
    pub class: Vec<Vec<u8>>,
    /// Why this router ends it by itself, once it does.
    pub end: Option<EndCause>,
    /// When the session began.
    pub start: Instant,
    /// How long it has lasted.
    pub active: Duration,
}

impl AaaSessionView {
    /// Where it is.
    pub fn place(&self) -> Option<Place> {
        self.port.map(Place::Port).or(self.line.map(Place::Line))
    }
}

impl Engine {
    /// Begins the session of a port. Its unique id.
    pub(super) fn open_session(&mut self, id: InterfaceId) -> u32 {
        let unique = self.registry.open(Place::Port(id), self.core.now);
        let name = self.interfaces.get(id).map(|interface| match interface.origin {
            Origin::Cloned { template } => {
                InterfaceName::new(InterfaceKind::VirtualTemplate, template.to_string())
            }
            Origin::Configured | Origin::Channel { .. } => interface.name.clone(),
        });
        if let Some(name) = name {
            self.say_bound(unique, &name);
        }
        unique
    }

    /// The debug line of a session that is bound to an interface: to the template first, to its clone when its user is
    /// known.
    fn say_bound(&mut self, unique: u32, name: &InterfaceName) {
        emit(&mut self.core.cx(), &AaaDebug::Bind(unique, name));
    }

    /// The user of a cloned interface is known: its session is bound to it.
    pub(super) fn bind_session(&mut self, id: InterfaceId) {
        let Some(interface) = self.interfaces.get(id) else { return };
        if matches!(interface.origin, Origin::Cloned { .. }) {
            let name = interface.name.clone();
            self.say_bound(self.unique_of(id), &name);
        }
    }

    /// The unique id of the session on a port, 0 when there is none.
    pub fn unique_of(&self, id: InterfaceId) -> u32 {
        self.registry.at(Place::Port(id)).unwrap_or(0)
    }

    /// Every session of AAA, by unique id.
    pub fn aaa_sessions(&self) -> Vec<AaaSessionView> {
        self.registry.iter().map(|(unique, entry)| self.aaa_view(unique, *entry)).collect()
    }

    /// The session of AAA with this unique id.
    pub fn aaa_session(&self, unique: u32) -> Option<AaaSessionView> {
        self.registry.get(unique).map(|entry| self.aaa_view(unique, *entry))
    }

    fn aaa_view(&self, unique: u32, entry: Entry) -> AaaSessionView {
        let (port, line) = match entry.place {
            Place::Port(id) => (Some(id), None),
            Place::Line(line) => (None, Some(line)),
        };
        let state = port.and_then(|id| self.ports.get(&id));
        let terminal = || line.and_then(|line| self.terminals.get(&line)).map(|who| who.user.as_str().into());
        AaaSessionView {
            unique,
            number: entry.number,
            port,
            interface: port.and_then(|id| self.interfaces.get(id)).map(|i| i.name.clone()),
            line,
            user: state.map(Port::shown_user).or_else(terminal).unwrap_or_else(|| "".into()),
            address: state.and_then(|p| p.network.as_ref()).map(|n| n.peer),
            tunnel: state.and_then(session_of).and_then(|session| self.session_tunnel(session)),
            class: state.map(Port::class).unwrap_or_default(),
            end: state.and_then(|port| port.ended),
            start: entry.start,
            active: self.core.now.duration_since(entry.start),
        }
    }

    fn private_group(&self, id: InterfaceId) -> Option<Arc<[u8]>> {
        match &self.ports.get(&id)?.side {
            Side::Access(access) => access.lac.groups().1.cloned().map(Arc::from),
            Side::Vaccess(vaccess) => vaccess.private_group.clone(),
        }
    }

    /// The tunnel of a session of L2TP, as accounting describes it.
    pub(super) fn session_tunnel(&self, id: SessionId) -> Option<SessionTunnel> {
        let tunnel = self.vpdn.tunnels.get(&id.tunnel)?;
        let path = self.l2tp.path(id);
        Some(SessionTunnel {
            role: tunnel.role,
            id,
            remote_tunnel: path.as_ref().map_or(0, |p| p.remote_tunnel),
            remote_session: path.as_ref().map_or(0, |p| p.remote_session),
            local_name: tunnel.local_name.clone(),
            remote_name: tunnel.remote_name.clone(),
            local: path.as_ref().map_or(tunnel.addresses.0, |p| p.local),
            remote: tunnel.addresses.1,
            assignment: tunnel
                .key
                .as_ref()
                .and_then(|k| k.assignment.clone())
                .or_else(|| tunnel.group.clone()),
            private_group: self.vpdn.sessions.get(&id).and_then(|port| self.private_group(*port)),
        })
    }
}
