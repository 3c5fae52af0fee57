//! `vpdn ...` and `vpdn-group`.

use std::time::Duration;

use super::super::{
    AcceptDialin, InitiateTo, L2tpSettings, LcpRenegotiation, NasPortSource, NoSession, RequestDialin,
    SearchKey, VpdnGlobal, VpdnGroup, VpdnProtocol,
};
use crate::config::store::Line;
use crate::grammar::Command;
use crate::grammar::command::vpdn as g;
use crate::grammar::command::vpdn::VpdnCommand as V;
use crate::grammar::table::Op;

/// A line of global configuration.
pub fn global(command: &V, vpdn: &mut VpdnGlobal) {
    match command {
        V::Enable(Op::Set(())) => vpdn.enable = true,
        V::AuthenBeforeForward(Op::Set(())) => vpdn.authen_before_forward = true,
        V::DomainDelimiter(Op::Set(d)) => match d.side {
            Some(g::DomainDelimiterSide::Prefix) => vpdn.prefix_delimiters.clone_from(&d.characters),
            Some(g::DomainDelimiterSide::Suffix) | None => vpdn.suffix_delimiters.clone_from(&d.characters),
        },
        V::HistoryFailure(Op::No(_)) => vpdn.history_failure = None,
        V::HistoryFailure(Op::Set(h)) => {
            if let Some(g::HistoryFailureWhat::TableSize { size }) = h.what {
                vpdn.history_failure = usize::try_from(size).ok();
            }
        }
        V::Logging(Op::Set(())) => vpdn.logging.enable = true,
        V::LoggingWhat(Op::Set(l)) => logging(l.what, vpdn),
        V::SearchOrder(Op::Set(s)) => vpdn.search_order = s.order.iter().map(|k| search_key(*k)).collect(),
        V::SessionLimit(Op::Set(l)) => vpdn.session_limit = Some(l.limit),
        V::Softshut(Op::Set(())) => vpdn.softshut = true,
        V::SourceIp(Op::Set(s)) => vpdn.source_ip = Some(s.address),
        V::TunnelAccounting(Op::Set(a)) => {
            vpdn.tunnel_accounting = Some(match &a.list {
                g::TunnelAccountingList::Default => "default".to_owned(),
                g::TunnelAccountingList::Name { name } => name.clone(),
            });
        }
        V::SessionAccounting(Op::Set(a)) => {
            vpdn.session_accounting = Some(match &a.list {
                g::SessionAccountingList::Default => "default".to_owned(),
                g::SessionAccountingList::Name { name } => name.clone(),
            });
        }
        V::TunnelAuthorizationPassword(Op::Set(p)) => vpdn.lookup_password = (&p.password).into(),
        V::AuthorizeDomain(Op::Set(())) => vpdn.authorize_domain = true,
        V::TunnelAuthorization(Op::Set(t)) => {
            vpdn.tunnel_authorization = Some(match &t.list {
                g::TunnelAuthorizationList::Default => "default".to_owned(),
                g::TunnelAuthorizationList::Name { name } => name.clone(),
            });
        }
        V::TunnelAuthorizationTemplate(Op::Set(t)) => vpdn.tunnel_template = Some(t.template),
        V::AaaAttributeNasIp(Op::Set(())) => vpdn.nas_ip_of_lac = true,
        V::AaaAttributeNasPort(Op::Set(p)) => {
            vpdn.nas_port = match p.source {
                g::AaaAttributeNasPortSource::VpdnNas => NasPortSource::Lac,
                g::AaaAttributeNasPortSource::PhysicalChannelId => NasPortSource::PhysicalChannel,
            };
        }
        V::L2tpAttributePhysicalChannel(Op::Set(())) => vpdn.physical_channel = true,
        _ => {}
    }
}

fn logging(what: g::LoggingWhatWhat, vpdn: &mut VpdnGlobal) {
    use g::LoggingWhatWhat as W;
    let logging = &mut vpdn.logging;
    match what {
        W::Local => logging.local = true,
        W::Remote => logging.remote = true,
        W::User => logging.user = true,
        W::TunnelDrop => logging.tunnel_drop = true,
        W::DeadCache => logging.dead_cache = true,
        W::Accounting | W::Cause | W::History => {}
    }
}

const fn search_key(key: g::SearchOrderOrder) -> SearchKey {
    match key {
        g::SearchOrderOrder::Dnis => SearchKey::Dnis,
        g::SearchOrderOrder::Domain => SearchKey::Domain,
        g::SearchOrderOrder::MultihopHostname => SearchKey::MultihopHostname,
    }
}

/// A `vpdn-group` with everything below it.
pub fn group(name: &str, line: &Line) -> VpdnGroup {
    let mut group = VpdnGroup { name: name.to_owned(), ..VpdnGroup::default() };
    for child in &line.children {
        let Command::Vpdn(command) = &child.command else { continue };
        match command {
            V::AcceptDialin(Op::Set(())) => group.accept_dialin = Some(accept(child)),
            V::RequestDialin(Op::Set(())) => group.request_dialin = Some(request(child)),
            V::Description(Op::Set(d)) => group.description = Some(d.text.clone()),
            V::TerminateFrom(Op::Set(t)) => group.terminate_from = Some(t.name.clone()),
            V::InitiateTo(Op::Set(i)) => group.initiate_to.push(InitiateTo {
                address: i.address,
                limit: i.limit,
                priority: i.priority,
            }),
            V::GroupSourceIp(Op::Set(s)) => group.source_ip = Some(s.address),
            V::LocalName(Op::Set(l)) => group.local_name = Some(l.name.clone()),
            V::GroupAuthenBeforeForward(Op::Set(())) => group.authen_before_forward = true,
            V::GroupForceLocalChap(Op::Set(())) => group.force_local_chap = true,
            V::LcpRenegotiation(Op::Set(l)) => {
                group.lcp_renegotiation = match l.when {
                    g::LcpRenegotiationWhen::Always => LcpRenegotiation::Always,
                    g::LcpRenegotiationWhen::OnMismatch => LcpRenegotiation::OnMismatch,
                };
            }
            V::GroupSessionLimit(Op::Set(l)) => group.session_limit = Some(l.limit),
            other => l2tp(other, &mut group.l2tp),
        }
    }
    group
}

fn l2tp(command: &V, l2tp: &mut L2tpSettings) {
    let seconds = |s: u32| Duration::from_secs(u64::from(s));
    match command {
        V::L2tpDropOutOfOrder(Op::Set(())) => l2tp.drop_out_of_order = true,
        V::L2tpHidden(Op::Set(())) => l2tp.hidden = true,
        V::L2tpSequencing(Op::Set(())) => l2tp.sequencing = true,
        V::L2tpTunnelAuthentication(op) => l2tp.authentication = op.is_set(),
        V::L2tpTunnelBearer(Op::Set(b)) => {
            l2tp.bearer = match b.what {
                g::L2tpTunnelBearerWhat::All => 3,
                g::L2tpTunnelBearerWhat::Digital => 1,
                g::L2tpTunnelBearerWhat::Analog => 2,
                g::L2tpTunnelBearerWhat::None => 0,
            };
        }
        V::L2tpTunnelFraming(Op::Set(f)) => {
            l2tp.framing = match f.what {
                g::L2tpTunnelFramingWhat::All => 3,
                g::L2tpTunnelFramingWhat::Sync => 1,
                g::L2tpTunnelFramingWhat::Async => 2,
                g::L2tpTunnelFramingWhat::None => 0,
            };
        }
        V::L2tpTunnelBusyTimeout(Op::Set(b)) => l2tp.busy = seconds(b.seconds),
        V::L2tpTunnelHello(Op::Set(h)) => l2tp.hello = seconds(h.seconds),
        V::L2tpTunnelPassword(Op::Set(p)) => l2tp.password = Some((&p.password).into()),
        V::L2tpTunnelReceiveWindow(Op::Set(w)) => l2tp.receive_window = u16::try_from(w.packets).ok(),
        V::L2tpTunnelRetransmitInitialRetries(Op::Set(r)) => l2tp.initial_retries = r.count,
        V::L2tpTunnelRetransmitInitialTimeout(Op::Set(t)) => match t.bound {
            g::L2tpTunnelRetransmitInitialTimeoutBound::Min => l2tp.initial_min = seconds(t.seconds),
            g::L2tpTunnelRetransmitInitialTimeoutBound::Max => l2tp.initial_max = seconds(t.seconds),
        },
        V::L2tpTunnelRetransmitRetries(Op::Set(r)) => l2tp.retries = r.count,
        V::L2tpTunnelRetransmitTimeout(Op::Set(t)) => match t.bound {
            g::L2tpTunnelRetransmitTimeoutBound::Min => l2tp.retransmit_min = seconds(t.seconds),
            g::L2tpTunnelRetransmitTimeoutBound::Max => l2tp.retransmit_max = seconds(t.seconds),
        },
        V::L2tpTunnelTimeoutNoSession(Op::Set(t)) => {
            l2tp.no_session = Some(match t.after {
                g::L2tpTunnelTimeoutNoSessionAfter::Never => NoSession::Never,
                g::L2tpTunnelTimeoutNoSessionAfter::Seconds { seconds: s } => NoSession::After(seconds(s)),
            });
        }
        V::L2tpTunnelTimeoutSetup(Op::Set(t)) => l2tp.setup = seconds(t.seconds),
        _ => {}
    }
}

fn accept(line: &Line) -> AcceptDialin {
    let mut accept = AcceptDialin::default();
    for command in line.commands() {
        match command {
            Command::Vpdn(V::AcceptProtocol(Op::Set(p))) => {
                accept.protocol = Some(match p.protocol {
                    g::AcceptProtocolProtocol::Any => VpdnProtocol::Any,
                    g::AcceptProtocolProtocol::L2f => VpdnProtocol::L2f,
                    g::AcceptProtocolProtocol::L2tp => VpdnProtocol::L2tp,
                    g::AcceptProtocolProtocol::Pppoe => VpdnProtocol::Pppoe,
                    g::AcceptProtocolProtocol::Pptp => VpdnProtocol::Pptp,
                });
            }
            Command::Vpdn(V::AcceptVirtualTemplate(Op::Set(t))) => accept.virtual_template = Some(t.template),
            _ => {}
        }
    }
    accept
}

fn request(line: &Line) -> RequestDialin {
    let mut request = RequestDialin::default();
    for command in line.commands() {
        match command {
            Command::Vpdn(V::RequestProtocol(Op::Set(p))) => {
                request.protocol = Some(match p.protocol {
                    g::RequestProtocolProtocol::L2f => VpdnProtocol::L2f,
                    g::RequestProtocolProtocol::L2tp => VpdnProtocol::L2tp,
                    g::RequestProtocolProtocol::Pppoe => VpdnProtocol::Pppoe,
                    g::RequestProtocolProtocol::Pptp => VpdnProtocol::Pptp,
                });
            }
            Command::Vpdn(V::RequestDomain(Op::Set(d))) => request.domains.push(d.name.clone()),
            Command::Vpdn(V::RequestDnis(Op::Set(d))) => request.dnis.push(d.number.clone()),
            Command::Vpdn(V::RequestMultihop(Op::Set(m))) => request.multihop_hostnames.push(m.name.clone()),
            _ => {}
        }
    }
    request
}
