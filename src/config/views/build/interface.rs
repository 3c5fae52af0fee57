//! Interfaces and controllers, with their PPP and dialer lines.

use std::time::Duration;

use ipnet::Ipv4Net;

use super::super::{
    ControllerConfig, DialerConfig, DialerMap, IdleDirection, InterfaceConfig, InterfaceKind, InterfaceName,
    IpAddress, PeerAddress, PppConfig, Refuse,
};
use crate::config::store::{Line, Path, Store};
use crate::grammar::Command;
use crate::grammar::command::dialer::DialerCommand as D;
use crate::grammar::command::interface as g;
use crate::grammar::command::interface::InterfaceCommand as I;
use crate::grammar::command::ppp as p;
use crate::grammar::command::ppp::PppCommand as P;
use crate::grammar::table::Op;
use crate::proto::ppp::{AuthProtocol, CHAP_CHALLENGE};

fn seconds(s: u32) -> Duration {
    Duration::from_secs(u64::from(s))
}

/// An `interface` with everything below it.
pub fn read(name: &InterfaceName, line: &Line, encrypt: bool) -> InterfaceConfig {
    let mut interface = InterfaceConfig::new(name.clone());
    // These kinds speak PPP without being told.
    interface.encapsulation_ppp =
        matches!(name.kind, InterfaceKind::VirtualTemplate | InterfaceKind::VirtualPpp);
    for child in &line.children {
        match &child.command {
            Command::Interface(c) => own(c, &mut interface),
            Command::Ppp(P::PeerDefaultIpAddress(op)) => {
                interface.peer_address = op.set().and_then(|a| peer_address(&a.source));
            }
            Command::Ppp(c) => ppp(c, &mut interface.ppp),
            Command::Dialer(c) => dialer(c, &mut interface.dialer),
            _ => {}
        }
        interface.lines.push(child.text(encrypt));
    }
    interface
}

fn own(command: &I, interface: &mut InterfaceConfig) {
    match command {
        I::Description(Op::Set(d)) => interface.description = Some(d.text.clone()),
        I::Mtu(Op::Set(m)) => interface.mtu = u16::try_from(m.octets).unwrap_or(u16::MAX),
        I::IpAddress(Op::Set(a)) => {
            interface.ip = match a.address {
                g::IpAddressAddress::Address { address, mask } => {
                    Ipv4Net::with_netmask(address, mask).map_or(IpAddress::None, IpAddress::Static)
                }
                g::IpAddressAddress::Negotiated => IpAddress::Negotiated,
                g::IpAddressAddress::Dhcp => IpAddress::None,
            };
        }
        I::IpUnnumbered(Op::Set(u)) => interface.ip = IpAddress::Unnumbered(u.interface.clone()),
        I::IpMtu(Op::Set(m)) => interface.ip_mtu = u16::try_from(m.octets).ok(),
        I::IpTcpHeaderCompression(Op::Set(_)) => interface.vj_slots = Some(15),
        I::Encapsulation(Op::Set(e)) => {
            interface.encapsulation_ppp = matches!(e.encapsulation, g::EncapsulationEncapsulation::Ppp);
        }
        I::Keepalive(op) => {
            interface.keepalive = op.set().map_or(Duration::ZERO, |k| seconds(k.seconds.unwrap_or(10)));
        }
        I::TimeoutAbsolute(Op::Set(t)) => {
            let time = Duration::from_secs(u64::from(t.minutes) * 60 + u64::from(t.seconds.unwrap_or(0)));
            interface.absolute = (!time.is_zero()).then_some(time);
        }
        I::Shutdown(op) => interface.shutdown = op.is_set(),
        I::IsdnCallingNumber(Op::Set(n)) => interface.isdn_number = Some(n.number.clone()),
        I::LoggingEventLinkStatus(op) => interface.log_link_status = op.is_set(),
        _ => {}
    }
}

fn peer_address(source: &p::PeerDefaultIpAddressSource) -> Option<PeerAddress> {
    match source {
        p::PeerDefaultIpAddressSource::Pool { pools } => Some(PeerAddress::Pool(pools.clone())),
        p::PeerDefaultIpAddressSource::Address { address } => Some(PeerAddress::Fixed(*address)),
        p::PeerDefaultIpAddressSource::Dhcp | p::PeerDefaultIpAddressSource::DhcpPool { .. } => None,
    }
}

fn ppp(command: &P, ppp: &mut PppConfig) {
    match command {
        P::Accounting(Op::Set(a)) => {
            ppp.accounting_list = Some(match &a.list {
                Some(p::AccountingList::Name { name }) => name.clone(),
                Some(p::AccountingList::Default) | None => "default".to_owned(),
            });
        }
        P::Authentication(Op::Set(a)) => authentication(a, ppp),
        P::Authorization(Op::Set(a)) => {
            ppp.authorization_list = Some(match &a.list {
                Some(p::AuthorizationList::Name { name }) => name.clone(),
                Some(p::AuthorizationList::Default) | None => "default".to_owned(),
            });
        }
        P::ChapHostname(Op::Set(h)) => ppp.chap_hostname = Some(h.name.clone()),
        P::ChapPassword(Op::Set(s)) => ppp.chap_password = Some((&s.password).into()),
        P::ChapChallengeLength(Op::Set(l)) => {
            let octets = |n: u32| u8::try_from(n).unwrap_or(CHAP_CHALLENGE);
            ppp.chap_challenge = octets(l.minimum)..=octets(l.maximum.max(l.minimum));
        }
        P::ChapRefuse(Op::Set(r)) => ppp.refuse_chap = refuse(r.callin),
        P::PapRefuse(Op::Set(r)) => ppp.refuse_pap = refuse(r.callin),
        P::PapSentUsername(Op::Set(s)) => {
            ppp.pap_sent = Some((s.username.clone(), (&s.password).into()));
        }
        P::IpcpDns(Op::Set(d)) => match d.option {
            p::IpcpDnsOption::Primary { primary, secondary } => {
                ppp.ipcp_dns = std::iter::once(primary).chain(secondary).collect();
            }
            p::IpcpDnsOption::Request { .. } | p::IpcpDnsOption::Accept => ppp.request_dns = true,
            p::IpcpDnsOption::Reject => ppp.ipcp_dns.clear(),
        },
        P::IpcpWins(Op::Set(w)) => match w.option {
            p::IpcpWinsOption::Primary { primary, secondary } => {
                ppp.ipcp_wins = std::iter::once(primary).chain(secondary).collect();
            }
            p::IpcpWinsOption::Accept | p::IpcpWinsOption::Request { .. } | p::IpcpWinsOption::Reject => {
                ppp.ipcp_wins.clear();
            }
        },
        P::MaxConfigure(Op::Set(m)) => ppp.max_configure = m.count,
        P::MaxFailure(Op::Set(m)) => ppp.max_failure = m.count,
        P::MaxTerminate(Op::Set(m)) => ppp.max_terminate = m.count,
        P::Multilink(op) => ppp.multilink = op.is_set(),
        P::MaxBadAuth(Op::Set(m)) => ppp.max_bad_auth = m.count,
        P::TimeoutIdle(Op::Set(t)) => {
            let direction = match t.direction {
                Some(p::TimeoutIdleDirection::Either) => IdleDirection::Either,
                Some(p::TimeoutIdleDirection::Inbound) => IdleDirection::Inbound,
                None => IdleDirection::Outbound,
            };
            ppp.idle = (t.seconds > 0).then(|| (seconds(t.seconds), direction));
        }
        P::TimeoutAuthentication(Op::Set(t)) => ppp.authentication_timeout = seconds(t.seconds),
        P::TimeoutRetry(Op::Set(t)) => ppp.retry = seconds(t.seconds),
        _ => {}
    }
}

fn refuse(callin: bool) -> Refuse {
    if callin { Refuse::Callin } else { Refuse::Always }
}

fn authentication(a: &p::Authentication, ppp: &mut PppConfig) {
    ppp.authentication = a
        .protocols
        .iter()
        .filter_map(|protocol| match protocol {
            p::AuthenticationProtocols::Chap => Some(AuthProtocol::ChapMd5),
            p::AuthenticationProtocols::Pap => Some(AuthProtocol::Pap),
            p::AuthenticationProtocols::MsChap => Some(AuthProtocol::MsChap),
            p::AuthenticationProtocols::MsChapV2 => Some(AuthProtocol::MsChapV2),
            p::AuthenticationProtocols::Eap => None,
        })
        .collect();
    ppp.authentication_list = a.list.as_ref().map(|list| match list {
        p::AuthenticationList::Default => "default".to_owned(),
        p::AuthenticationList::Name { name } => name.clone(),
    });
    ppp.authentication_callin = a.callin;
}

fn dialer(command: &D, dialer: &mut DialerConfig) {
    match command {
        D::HoldQueue(Op::Set(h)) => dialer.hold_queue = usize::try_from(h.packets).unwrap_or(0),
        D::IdleTimeout(Op::Set(t)) => dialer.idle_timeout = seconds(t.seconds),
        D::Map(Op::Set(m)) => {
            if let Some(number) = &m.number {
                dialer.maps.push(DialerMap {
                    next_hop: m.address,
                    name: m.name.clone(),
                    number: number.clone(),
                });
            }
        }
        D::DialString(Op::Set(s)) => dialer.string = Some(s.number.clone()),
        D::Group(Op::Set(g)) => dialer.group = u16::try_from(g.number).ok(),
        _ => {}
    }
}

impl InterfaceConfig {
    /// This configuration of a virtual interface with more lines of interface mode, as a server sends them.
    ///
    /// # Errors
    /// The first line that is none of interface mode.
    pub fn with_lines(&self, more: &[String]) -> Result<InterfaceConfig, String> {
        let mut store = Store::new();
        let opened = format!("interface {}1", InterfaceKind::VirtualTemplate.name());
        let at = store.apply_text(&Path::root(), &opened).and_then(|applied| applied.enter).ok_or(opened)?;
        for line in self.lines.iter().chain(more) {
            store.apply_text(&at, line).ok_or_else(|| line.clone())?;
        }
        let template = store.instances(at.mode()).next().map(|line| read(&self.name, line, false));
        let mut read = template.ok_or_else(|| more.join(", "))?;
        read.shutdown |= self.shutdown;
        Ok(read)
    }
}

/// A `controller` with its PRI group.
pub fn controller(c: &g::Controller, line: &Line) -> ControllerConfig {
    let timeslots = match c.kind {
        g::ControllerKind::T1 => 24,
        g::ControllerKind::E1 => 31,
    };
    let mut controller =
        ControllerConfig { timeslots, unit: c.unit.clone(), pri_group: false, shutdown: false };
    for command in line.commands() {
        match command {
            Command::Interface(I::ControllerPriGroup(op)) => controller.pri_group = op.is_set(),
            Command::Interface(I::ControllerShutdown(op)) => controller.shutdown = op.is_set(),
            _ => {}
        }
    }
    controller
}
