//! `clear`.

use std::net::IpAddr;

use super::{Core, ExecResult};
use crate::commands::exec as text;
use crate::engine::{SessionSelector, TunnelSelector};
use crate::grammar::command::clear::{
    ClearCommand, IpRouteWhich, LineLine, VpdnSessionWhich, VpdnTunnelEnd, VpdnTunnelProtocol,
    VpdnTunnelWhich,
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
        ClearCommand::L2tp => {
            core.engine.clear_tunnel(now, &TunnelSelector::All);
        }
        ClearCommand::RadiusStatistics => {}
        ClearCommand::VpdnDeadCache { .. } => {}
        ClearCommand::VpdnHistoryFailure => core.engine.clear_history(),
        ClearCommand::VpdnSession { which } => {
            let found = core.engine.clear_session(now, &session(which));
            if !matches!(which, VpdnSessionWhich::All) {
                out.push_str(text::cleared(found, text::Cleared::Session));
            }
        }
        ClearCommand::VpdnTunnel { protocol, which } => match protocol {
            VpdnTunnelProtocol::L2tp => {
                let found = core.engine.clear_tunnel(now, &tunnel(which));
                if !matches!(which, VpdnTunnelWhich::All) {
                    out.push_str(text::cleared(found, text::Cleared::Tunnel));
                }
            }
            // There are never any tunnels of these protocols to clear.
            VpdnTunnelProtocol::L2f | VpdnTunnelProtocol::Pptp => {}
        },
    }
    ExecResult::Done
}

/// The answer to `[confirm]`.
pub fn confirmed(core: &mut Core, command: &ClearCommand, out: &mut String) {
    match command {
        ClearCommand::Counters { interface } => {
            for view in core.engine.interfaces() {
                if interface.as_ref().is_none_or(|i| *i == view.name) {
                    view.counters.clear();
                }
            }
            let which = interface.as_ref().map_or("all interfaces".to_owned(), |i| format!("interface {i}"));
            core.syslog(5, format!("%CLEAR-5-COUNTERS: Clear counter on {which} by console"));
        }
        ClearCommand::VpdnCounters { .. } => {
            core.engine.sessions().iter().for_each(|s| s.counters.clear());
        }
        ClearCommand::Logging => core.logging.clear(),
        ClearCommand::Line { line } => clear_line(core, line, out),
        ClearCommand::Interface { .. }
        | ClearCommand::IpRoute { .. }
        | ClearCommand::Caller { .. }
        | ClearCommand::L2tp
        | ClearCommand::RadiusStatistics
        | ClearCommand::VpdnDeadCache { .. }
        | ClearCommand::VpdnHistoryFailure
        | ClearCommand::VpdnSession { .. }
        | ClearCommand::VpdnTunnel { .. } => {}
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
