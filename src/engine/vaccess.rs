//! Virtual-Access interfaces: cloned from a Virtual-Template for a session of L2TP, and taken down after it.

use std::sync::Arc;
use std::time::Duration;

use super::aaa::accounting::EndCause;
use super::debug::{Vpdn as VpdnDebug, VpdnEvent, Vtemplate};
use super::interfaces::{LinkState, Origin};
use super::io::{DataSession, ForwardCommand, InterfaceId};
use super::ports::{Port, Side};
use super::vpdn::history::{FailureType, HistoryEntry};
use super::vpdn::{Incoming, result};
use super::{Engine, core::Work};
use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName, LcpRenegotiation};
use crate::proto::l2tp::{CallRequest, ConnectInfo, DataPath, ProxyAuthType, ResultCode, SessionId};
use crate::proto::ppp::{AuthProtocol, Credentials, Direction, FinishCause, Link, Proof, ProxyLcp};
use crate::proto::{Context, Purpose};

/// What is below the link of a Virtual-Access.
pub(super) struct Vaccess {
    /// The session; none when it is gone.
    pub session: Option<SessionId>,
    pub group: Arc<str>,
    /// Who called whom.
    pub calling: Option<Box<str>>,
    pub called: Option<Box<str>>,
    /// Bits per second towards the user, as the LAC says.
    pub speed: u32,
    /// The port of the LAC that the user came in on, and its physical channel.
    pub lac_port: Option<u32>,
    pub lac_channel: Option<u32>,
    /// Private Group ID, which the LAC has sent.
    pub private_group: Option<Arc<[u8]>>,
    /// The ICCN, until the link has begun.
    info: Option<Box<ConnectInfo>>,
    /// The ACCMs that the LAC knows of: to send to the user with, and to receive with.
    pub accm: (u32, u32),
}

impl Engine {
    /// Makes the interface of a new session and asks the host for its TUN.
    pub(super) fn create_vaccess(
        &mut self,
        session: SessionId,
        path: DataPath,
        incoming: Incoming,
        config: Arc<InterfaceConfig>,
        info: ConnectInfo,
    ) {
        let Incoming { request, group, template } = incoming;
        let number = self.interfaces.allocate_virtual();
        let name = InterfaceName::new(InterfaceKind::VirtualAccess, number.to_string());
        let id =
            self.interfaces.add(config.clone(), name.clone(), Origin::Cloned { template }, self.core.now);
        let Some(interface) = self.interfaces.get(id) else { return };
        let (label, counters) = (interface.label.clone(), interface.counters.clone());
        let user: Arc<str> =
            String::from_utf8_lossy(info.proxy_auth_name.as_deref().unwrap_or_default()).into();
        let mut settings = self.link_config(&config, Direction::Callin, self.address(id));
        settings.set_direction = true;
        let link = Link::new(label.clone(), self.shared_settings(settings));
        let CallRequest { calling_number, called_number, nas_port, physical_channel, .. } = *request;
        let vaccess = Vaccess {
            session: Some(session),
            group,
            calling: calling_number.map(String::into_boxed_str),
            called: called_number.map(String::into_boxed_str),
            speed: info.tx_speed,
            lac_port: nas_port.as_deref().map(super::vpdn::port_number),
            lac_channel: physical_channel,
            private_group: info.private_group.as_deref().map(Arc::from),
            accm: (agreed_accm(&info.last_received_lcp), agreed_accm(&info.last_sent_lcp)),
            info: Some(Box::new(info)),
        };
        let mut port = Port::new(link, label.clone(), Side::Vaccess(Box::new(vaccess)));
        port.user = user.clone();
        self.ports.insert(id, port);
        self.meter_ports();
        self.open_session(id);
        self.vpdn.sessions.insert(session, id);
        self.say_clone(id, &label, &user, template, &name, &config);
        self.l2tp.bind(session, &label);
        let link = session;
        let heard = self.l2tp.heard(session.tunnel);
        let session = DataSession { path, counters, heard };
        self.core.forward(ForwardCommand::AttachSession { port: id, session });
        self.account_link_start(id, link);
        self.create_tun(id);
    }

    /// The debug lines of cloning, in the order of the documented call.
    fn say_clone(
        &mut self,
        id: InterfaceId,
        label: &str,
        user: &str,
        template: u32,
        name: &InterfaceName,
        config: &InterfaceConfig,
    ) {
        let address = self.hardware_address();
        self.core.debug(&Vtemplate::HardwareAddress { label, address });
        self.core.debug(&VpdnDebug { label, event: VpdnEvent::Created(user) });
        if let Some(port) = self.ports.get_mut(&id) {
            port.link.setup(&mut self.core.cx());
        }
        self.core.debug(&VpdnDebug { label, event: VpdnEvent::Clone(template) });
        self.core.debug(&Vtemplate::CloneBlock { label });
        self.core.debug(&Vtemplate::Start { label, number: &name.unit });
        self.core.debug(&Vtemplate::Clone { label, template, name, lines: &config.lines });
    }

    /// The address that every virtual interface of the router has: a Cisco OUI and three octets of its own.
    pub(super) fn hardware_address(&mut self) -> [u8; 6] {
        if let Some(address) = self.vpdn.hardware {
            return address;
        }
        let mut own = [0; 3];
        self.core.entropy().fill(Purpose::HardwareAddress, &mut own);
        let [a, b, c] = own;
        let address = [0x00, 0x30, 0x94, a, b, c];
        self.vpdn.hardware = Some(address);
        address
    }

    /// The TUN is there: the link comes up with what the LAC has done.
    pub(super) fn start_vaccess(&mut self, id: InterfaceId) {
        let Some(vaccess) = self.ports.get_mut(&id).and_then(Port::vaccess_mut) else { return };
        let Some(info) = vaccess.info.take() else { return };
        let group = vaccess.group.clone();
        let (renegotiation, force_chap) = self
            .config
            .groups
            .iter()
            .find(|g| g.name == *group)
            .map_or((LcpRenegotiation::Never, false), |g| (g.lcp_renegotiation, g.force_local_chap));
        self.set_link(id, LinkState::Up);
        let Some(port) = self.ports.get_mut(&id) else { return };
        let cx = &mut self.core.cx();
        port.link.lower_up(cx);
        if begin_lcp(&mut port.link, cx, proxy_lcp(&info), renegotiation) {
            match credentials(&info).filter(|_| !force_chap) {
                Some((id, credentials)) => {
                    port.link.set_replay_id(id);
                    port.link.replay_authentication(cx, credentials);
                }
                None => port.link.start_authentication(cx),
            }
        }
        self.drive(id);
    }

    /// The host refused the TUN: no interface, no session.
    pub(super) fn fail_vaccess(&mut self, id: InterfaceId) {
        let Some(port) = self.ports.get(&id) else { return };
        let user = port.user.clone();
        let local = self.port_tunnel_name(id);
        if self.config.vpdn.logging.enable {
            let line =
                super::syslog::Syslog::NoResource { name: &local, what: "no TUN interface", user: &user };
            self.core.syslog(&line);
        }
        self.note_failure(id, FailureType::NoResources, "no TUN interface");
        self.note_end(id, EndCause::NasError);
        let code = ResultCode { result: 4, error: Some(4), message: Some("no virtual interface".to_owned()) };
        self.end_session(id, code);
        self.core.later(Work::DropVaccess(id));
    }

    fn port_tunnel_name(&self, id: InterfaceId) -> Arc<str> {
        self.ports
            .get(&id)
            .and_then(Port::vaccess)
            .and_then(|v| v.session)
            .and_then(|s| self.vpdn.tunnels.get(&s.tunnel))
            .map_or_else(|| self.config.hostname.as_str().into(), |t| t.local_name.clone())
    }

    /// The link of a Virtual-Access has ended by itself: the session goes too.
    pub(super) fn finish_vaccess(&mut self, id: InterfaceId, cause: FinishCause) {
        let (code, kind, reason) = match cause {
            FinishCause::Peer | FinishCause::Local => (result(1, Some(0)), None, ""),
            FinishCause::Authentication => {
                (locally(), Some(FailureType::UserAuthentication), "Authentication failure")
            }
            FinishCause::Negotiation => (locally(), Some(FailureType::Other), "PPP negotiation failure"),
            FinishCause::Keepalive => (locally(), Some(FailureType::Other), "Keepalive failure"),
            FinishCause::Loopback => (locally(), Some(FailureType::Other), "Line loopback"),
        };
        if let Some(kind) = kind {
            self.note_failure(id, kind, reason);
        }
        self.end_session(id, code);
        self.core.later(Work::DropVaccess(id));
    }

    fn note_failure(&mut self, id: InterfaceId, kind: FailureType, reason: &str) {
        let Some(port) = self.ports.get(&id) else { return };
        let Some(session) = port.vaccess().and_then(|v| v.session) else { return };
        let Some(tunnel) = self.vpdn.tunnels.get(&session.tunnel) else { return };
        let entry = HistoryEntry {
            user: port.shown_user().to_string(),
            session: session.session,
            tunnel: session.tunnel.0,
            nas: tunnel.remote_name.clone(),
            nas_address: Some(tunnel.addresses.1),
            gateway: tunnel.local_name.to_string(),
            gateway_address: Some(tunnel.addresses.0),
            time: self.core.now,
            count: 1,
            kind,
            reason: reason.to_owned(),
        };
        self.vpdn.history.add(entry);
    }

    /// Sends the CDN of a Virtual-Access's session, if it still has one.
    fn end_session(&mut self, id: InterfaceId, code: ResultCode) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let label = port.label.clone();
        let Some(session) = port.vaccess_mut().and_then(|v| v.session.take()) else { return };
        self.forget_session(id, session);
        self.core.debug(&VpdnDebug { label: &label, event: VpdnEvent::Cleanup });
        self.core.debug(&VpdnDebug { label: &label, event: VpdnEvent::Reset });
        self.l2tp.hang_up(&mut self.core.cx(), session, code);
    }

    fn forget_session(&mut self, id: InterfaceId, session: SessionId) {
        self.vpdn.sessions.remove(&session);
        if let Some(group) = self.ports.get(&id).and_then(Port::vaccess).map(|v| v.group.clone()) {
            self.leave(&group);
        }
    }

    /// The peer or the tunnel has ended the session of a Virtual-Access.
    pub(super) fn vaccess_session_down(&mut self, id: InterfaceId, session: SessionId) {
        self.forget_session(id, session);
        let Some(port) = self.ports.get_mut(&id) else { return };
        let label = port.label.clone();
        if let Some(vaccess) = port.vaccess_mut() {
            vaccess.session = None;
        }
        self.core.debug(&VpdnDebug { label: &label, event: VpdnEvent::Reset });
        self.core.later(Work::DropVaccess(id));
    }

    /// A call that was taken never got its ICCN.
    pub(super) fn lns_call_gone(&mut self, session: SessionId) {
        if let Some(incoming) = self.vpdn.incoming.remove(&session) {
            self.leave(&incoming.group);
        }
    }

    /// Work: the interface goes down; it is free for another session when its line protocol has been told down.
    pub(super) fn drop_vaccess(&mut self, id: InterfaceId) {
        if self.ports.get(&id).is_none_or(|p| p.vaccess().is_none()) {
            return;
        }
        self.end_session(id, locally());
        if self.is_up(id) {
            self.set_link(id, LinkState::Down);
        }
        self.close_port(id);
        self.core.forward(ForwardCommand::Detach { port: id });
        self.unbind(id);
        if self.protocol_said(id) {
            self.vaccess_idle(id);
        }
    }

    /// Takes a Virtual-Access that nothing uses out of the table.
    pub(super) fn vaccess_idle(&mut self, id: InterfaceId) {
        let cloned = self.interfaces.get(id).is_some_and(|i| matches!(i.origin, Origin::Cloned { .. }));
        if cloned && !self.ports.contains_key(&id) {
            self.remove_interface(id);
        }
    }

    /// `clear interface virtual-access` and `clear vpdn session`: CDN, administrative, and down.
    pub(super) fn clear_vaccess(&mut self, id: InterfaceId) {
        if self.ports.get(&id).is_some_and(|p| p.vaccess().is_some()) {
            self.note_end(id, EndCause::TunnelAdmin);
            self.end_session(id, result(3, Some(0)));
            self.core.later(Work::DropVaccess(id));
        }
    }

    /// How long a session has lasted.
    pub(super) fn since(&self, id: InterfaceId) -> Option<Duration> {
        self.interfaces.get(id).map(|i| self.core.now.duration_since(i.changed))
    }
}

/// Takes over what the LAC has agreed with the user, or agrees anew, as `lcp renegotiation` says. True when
/// authentication is to go on from what the LAC has done.
fn begin_lcp(link: &mut Link, cx: &mut Context, lac: Option<ProxyLcp>, how: LcpRenegotiation) -> bool {
    match (lac, how) {
        (None, _) => {
            link.renegotiate(cx);
            false
        }
        (Some(lac), LcpRenegotiation::Always) => {
            link.remember_proxy(&lac);
            link.renegotiate(cx);
            false
        }
        (Some(lac), LcpRenegotiation::OnMismatch) => {
            let forced = link.force_lcp(cx, &lac);
            if !forced {
                link.renegotiate(cx);
            }
            forced
        }
        (Some(lac), LcpRenegotiation::Never) => {
            let forced = link.force_lcp(cx, &lac);
            if !forced {
                link.close(cx);
            }
            forced
        }
    }
}

/// The CDN of an LNS that ended PPP for a reason of its own.
fn locally() -> ResultCode {
    ResultCode { result: 2, error: Some(6), message: Some("Locally generated disconnect".to_owned()) }
}

/// What the LAC agreed in LCP, if it says both sides of it.
fn proxy_lcp(info: &ConnectInfo) -> Option<ProxyLcp> {
    Some(ProxyLcp {
        initial_received: info.initial_received_lcp.clone(),
        last_sent: info.last_sent_lcp.clone()?,
        last_received: info.last_received_lcp.clone()?,
    })
}

/// The ACCM in options that a LAC has agreed on; every control character when it did not tell any.
fn agreed_accm(options: &Option<Vec<u8>>) -> u32 {
    crate::proto::ppp::accm(options.as_deref().unwrap_or_default())
}

/// What the LAC got out of the user, if it can be judged here, with its identifier.
fn credentials(info: &ConnectInfo) -> Option<(u8, Credentials)> {
    let name = info.proxy_auth_name.clone()?;
    let response = info.proxy_auth_response.clone()?;
    let id = info.proxy_auth_id.unwrap_or(0);
    let chap = |protocol, response| {
        let challenge = info.proxy_auth_challenge.clone()?;
        Some(Proof::Chap { protocol, id, challenge, response })
    };
    let proof = match info.proxy_auth_type? {
        ProxyAuthType::Pap => Proof::Pap { password: response },
        ProxyAuthType::Chap => chap(AuthProtocol::ChapMd5, response)?,
        ProxyAuthType::MsChap => chap(AuthProtocol::MsChap, response)?,
        ProxyAuthType::Textual | ProxyAuthType::None | ProxyAuthType::Other(_) => return None,
    };
    Some((id, Credentials { name, proof }))
}
