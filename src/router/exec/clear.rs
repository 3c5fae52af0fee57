//! `clear`.

use std::net::IpAddr;

use super::{Core, ExecResult};
use crate::commands::exec as text;
use crate::engine::views::{SessionView, TunnelView};
use crate::engine::{SessionSelector, TunnelSelector};
use crate::grammar::command::clear::{
    ClearCommand, IpRouteWhich, LineLine, VpdnCountersEnd, VpdnCountersProtocol, VpdnCountersSession,
    VpdnCountersTunnel, VpdnCountersWhat, VpdnDeadCacheWhich, VpdnSessionWhich, VpdnTunnelEnd,
    VpdnTunnelProtocol, VpdnTunnelWhich,
};
use crate::router::core::OpenLine;
use crate::router::io::LineId;

/// Runs a command of the family. Where IOS asks for confirmation, so does this.
pub fn run(core: &mut Core, command: &ClearCommand, out: &mut String) -> ExecResult {
    let now = core.now;
    match command {
        ClearCommand::Counters { interface } => {
            return ExecResult::Confirm(text::clear_counters(interface.is_some()).to_owned());
        }
        ClearCommand::VpdnCounters { .. } => {
            return ExecResult::Confirm(text::CLEAR_VPDN_COUNTERS.to_owned());
        }
        ClearCommand::Logging => return ExecResult::Confirm(text::CLEAR_LOGGING.to_owned()),
        ClearCommand::Line { .. } => return ExecResult::Confirm(text::CONFIRM.to_owned()),
        ClearCommand::Interface { interface } => {
            if !core.engine.clear_interface(now, interface) {
                out.push_str(text::NO_INTERFACE);
            }
        }
        ClearCommand::IpRoute { which } => match which {
            IpRouteWhich::Star | IpRouteWhich::Address { .. } => core.reconfigure(),
        },
        ClearCommand::Caller { user } => {
            let found = core.engine.clear_session(now, &SessionSelector::User(user.clone()));
            out.push_str(text::cleared(found, text::Cleared::Session));
        }
        ClearCommand::L2tp => return clear_tunnels(core),
        ClearCommand::RadiusStatistics | ClearCommand::AaaCountersServers { .. } => {
            core.engine.clear_radius_statistics();
        }
        ClearCommand::VpdnDeadCache { which } => {
            let lns = match which {
                VpdnDeadCacheWhich::IpAddress { address } => vec![*address],
                VpdnDeadCacheWhich::All => core.engine.busy_lns().into_iter().map(|(lns, _)| lns).collect(),
                VpdnDeadCacheWhich::Group { group } => {
                    let groups = core.config.groups.iter().filter(|g| g.name == *group);
                    groups.flat_map(|g| &g.initiate_to).map(|to| to.address).collect()
                }
            };
            core.engine.clear_busy(&lns);
        }
        ClearCommand::VpdnHistoryFailure => core.engine.clear_history(),
        ClearCommand::VpdnSession { which } => {
            let found = core.engine.clear_session(now, &session(which));
            if !matches!(which, VpdnSessionWhich::All) {
                out.push_str(text::cleared(found, text::Cleared::Session));
            }
        }
        ClearCommand::VpdnTunnel { protocol, which } => match protocol {
            VpdnTunnelProtocol::L2tp if matches!(which, VpdnTunnelWhich::All) => return clear_tunnels(core),
            VpdnTunnelProtocol::L2tp => {
                let found = core.engine.clear_tunnel(now, &tunnel(which));
                out.push_str(text::cleared(found, text::Cleared::Tunnel));
            }
            // There are never any tunnels of these protocols to clear.
            VpdnTunnelProtocol::L2f | VpdnTunnelProtocol::Pptp => {}
        },
    }
    ExecResult::Done
}

/// The answer to `[confirm]`.
pub fn confirmed(core: &mut Core, line: LineId, command: &ClearCommand, out: &mut String) {
    match command {
        ClearCommand::Counters { interface } => {
            core.engine.clear_counters(core.now, interface.as_ref());
            let which = interface.as_ref().map_or("all interfaces".to_owned(), |i| format!("interface {i}"));
            let who = core.line_name(line);
            core.syslog(5, format!("%CLEAR-5-COUNTERS: Clear counter on {which} by {who}"));
        }
        ClearCommand::VpdnCounters { what } => {
            let mut sessions = core.engine.sessions();
            sessions.retain(|session| counted(what.as_ref(), session, core));
            core.engine.clear_session_counters(&sessions);
            let mut tunnels = core.engine.tunnels();
            tunnels.retain(|tunnel| tunnel_counted(what.as_ref(), tunnel));
            core.engine.clear_tunnel_counters(core.now, &tunnels);
        }
        ClearCommand::L2tp
        | ClearCommand::VpdnTunnel { protocol: VpdnTunnelProtocol::L2tp, which: VpdnTunnelWhich::All } => {
            core.engine.clear_tunnel(core.now, &TunnelSelector::All);
        }
        ClearCommand::Logging => core.logging.clear(),
        ClearCommand::Line { line } => clear_line(core, line, out),
        ClearCommand::Interface { .. }
        | ClearCommand::IpRoute { .. }
        | ClearCommand::Caller { .. }
        | ClearCommand::RadiusStatistics
        | ClearCommand::AaaCountersServers { .. }
        | ClearCommand::VpdnDeadCache { .. }
        | ClearCommand::VpdnHistoryFailure
        | ClearCommand::VpdnSession { .. }
        | ClearCommand::VpdnTunnel { .. } => {}
    }
}

/// Every tunnel, after a question where the release asks one.
fn clear_tunnels(core: &mut Core) -> ExecResult {
    match text::clear_tunnels(core.config.dialect) {
        Some(question) => ExecResult::Confirm(question.to_owned()),
        None => {
            core.engine.clear_tunnel(core.now, &TunnelSelector::All);
            ExecResult::Done
        }
    }
}

/// Whether `clear vpdn counters` means this session.
fn counted(what: Option<&VpdnCountersWhat>, session: &SessionView, core: &Core) -> bool {
    use VpdnCountersSession as Of;
    let id = session.l2tp.id;
    match what {
        None => true,
        Some(VpdnCountersWhat::Session { session: of }) => match of {
            Of::Id { session_tunnel, session_id } => {
                (u32::from(id.tunnel.0), u32::from(id.session)) == (*session_tunnel, *session_id)
            }
            Of::Interface { interface } => session.interface.as_ref() == Some(interface),
            Of::Username { user } => *session.user == **user,
        },
        Some(VpdnCountersWhat::Tunnel { .. }) => {
            core.engine.tunnels().iter().any(|t| t.l2tp.id == id.tunnel && tunnel_counted(what, t))
        }
    }
}

/// Whether `clear vpdn counters` means this tunnel.
fn tunnel_counted(what: Option<&VpdnCountersWhat>, tunnel: &TunnelView) -> bool {
    use VpdnCountersTunnel as Of;
    let tunnel = &tunnel.l2tp;
    match what {
        None => true,
        Some(VpdnCountersWhat::Session { .. }) => false,
        Some(VpdnCountersWhat::Tunnel { protocol: VpdnCountersProtocol::Pptp, .. }) => false,
        Some(VpdnCountersWhat::Tunnel { protocol: VpdnCountersProtocol::L2tp, tunnel: of }) => match of {
            Of::All => true,
            Of::Id { id } => u32::from(tunnel.id.0) == *id,
            Of::Hostname { remote, local } => {
                tunnel.remote_name == *remote
                    && local.as_ref().is_none_or(|local| tunnel.local_name == *local)
            }
            Of::Ip { end: VpdnCountersEnd::Local { local_address } } => {
                tunnel.local == IpAddr::V4(*local_address)
            }
            Of::Ip { end: VpdnCountersEnd::Remote { remote_address } } => {
                tunnel.remote.ip() == IpAddr::V4(*remote_address)
            }
        },
    }
}

/// The session on that line starts over.
fn clear_line(core: &mut Core, which: &LineLine, out: &mut String) {
    let wanted = |l: &OpenLine| match which {
        LineLine::Console { .. } | LineLine::Number { number: 0 } => l.console,
        LineLine::Vty { number } => !l.console && u32::from(l.line.0) == number + 1,
        LineLine::Number { number } => !l.console && u32::from(l.line.0) + 1 == *number,
    };
    let lines: Vec<LineId> = core.lines.iter().filter(|l| wanted(l)).map(|l| l.line).collect();
    core.to_close.extend(lines);
    out.push_str(text::CLEARED_LINE);
}

fn short(id: u32) -> u16 {
    u16::try_from(id).unwrap_or(0)
}

fn session(which: &VpdnSessionWhich) -> SessionSelector {
    match which {
        VpdnSessionWhich::All => SessionSelector::All,
        VpdnSessionWhich::Id { tunnel, session } => SessionSelector::Id(short(*tunnel), short(*session)),
        VpdnSessionWhich::Interface { interface } => SessionSelector::Interface(interface.clone()),
        VpdnSessionWhich::Username { user } => SessionSelector::User(user.clone()),
    }
}

fn tunnel(which: &VpdnTunnelWhich) -> TunnelSelector {
    match which {
        VpdnTunnelWhich::All => TunnelSelector::All,
        VpdnTunnelWhich::Hostname { remote, local } | VpdnTunnelWhich::Name { name: remote, local } => {
            TunnelSelector::Hostname(remote.clone(), local.clone())
        }
        VpdnTunnelWhich::Id { id } => TunnelSelector::Id(short(*id)),
        VpdnTunnelWhich::Ip { end } => match end {
            VpdnTunnelEnd::Local { local_address } => {
                TunnelSelector::LocalAddress(IpAddr::V4(*local_address))
            }
            VpdnTunnelEnd::Remote { remote_address } => {
                TunnelSelector::RemoteAddress(IpAddr::V4(*remote_address))
            }
        },
    }
}
