//! `debug` and `undebug`.

use super::{Core, ExecResult};
use crate::commands::exec as text;
use crate::grammar::command::debug::{
    AaaWhat, DebugCommand, DialerWhat, IsdnWhat, L2tpWhat, PppWhat, Radius, RadiusWhat, VpdnWhat,
};
use crate::grammar::table::Op;
use crate::logging::debugs::{RADIUS, acknowledgement, radius_acknowledgement};
use crate::proto::{Dialect, Switch};

/// Runs a command of the family.
pub fn run(core: &mut Core, command: &DebugCommand, out: &mut String) -> ExecResult {
    match command {
        DebugCommand::All(Op::Set(())) => return ExecResult::Ask(text::DEBUG_ALL_CONFIRM.to_owned()),
        DebugCommand::All(Op::No(_)) => {
            Switch::ALL.into_iter().for_each(|s| core.engine.set_debug(s, false));
            out.push_str(text::DEBUG_ALL_OFF);
        }
        DebugCommand::Aaa(op) => one(core, op, out, |a| match a.what {
            AaaWhat::Authentication => Switch::AaaAuthentication,
            AaaWhat::Authorization => Switch::AaaAuthorization,
            AaaWhat::Accounting => Switch::AaaAccounting,
            AaaWhat::Coa => Switch::AaaCoa,
            AaaWhat::Pod => Switch::AaaPod,
            AaaWhat::PerUser => Switch::AaaPerUser,
        }),
        DebugCommand::Dialer(op) => one(core, op, out, |d| match d.what {
            None | Some(DialerWhat::Events) => Switch::Dialer,
            Some(DialerWhat::Packets) => Switch::DialerPackets,
        }),
        DebugCommand::Isdn(op) => one(core, op, out, |i| match i.what {
            IsdnWhat::Events => Switch::IsdnEvents,
            IsdnWhat::Q931 => Switch::IsdnQ931,
        }),
        // From 12.4(11)T the switches of `debug vpdn l2x-...` have these names.
        DebugCommand::L2tp(op) => {
            let Some(args) = op.args() else { return ExecResult::Done };
            let switches: &[Switch] = match args.what {
                L2tpWhat::All => &[Switch::L2xEvents, Switch::L2xErrors, Switch::L2xPackets],
                L2tpWhat::Error => &[Switch::L2xErrors],
                L2tpWhat::Event => &[Switch::L2xEvents],
                L2tpWhat::Packet => &[Switch::L2xPackets],
            };
            switches.iter().for_each(|&switch| set(core, switch, op.is_set(), out));
        }
        DebugCommand::Ppp(op) => one(core, op, out, |p| match p.what {
            PppWhat::Authentication | PppWhat::Chap => Switch::PppAuthentication,
            PppWhat::Error => Switch::PppError,
            PppWhat::Negotiation => Switch::PppNegotiation,
            PppWhat::Packet => Switch::PppPacket,
        }),
        DebugCommand::Radius(op) => radius(core, op, out),
        DebugCommand::Vpdn(op) => one(core, op, out, |v| match v.what {
            VpdnWhat::Error => Switch::VpdnError,
            VpdnWhat::Event => Switch::VpdnEvent,
            VpdnWhat::L2xData => Switch::L2xData,
            VpdnWhat::L2xErrors => Switch::L2xErrors,
            VpdnWhat::L2xEvents => Switch::L2xEvents,
            VpdnWhat::L2xPackets => Switch::L2xPackets,
            VpdnWhat::Packet => Switch::VpdnPacket,
        }),
        DebugCommand::Vtemplate(op) => one(core, op, out, |()| Switch::Vtemplate),
    }
    ExecResult::Done
}

/// The answer to the question of `debug all`.
pub fn all_answered(core: &mut Core, answer: &str, out: &mut String) {
    let answer = answer.trim().to_ascii_lowercase();
    if !answer.is_empty() && "yes".starts_with(&answer) {
        Switch::ALL.into_iter().for_each(|s| core.engine.set_debug(s, true));
        out.push_str(text::DEBUG_ALL_ON);
    }
}

/// `debug radius`; without a further word, `no debug radius` takes all of them back.
fn radius(core: &mut Core, op: &Op<Radius>, out: &mut String) {
    let Some(args) = op.args() else { return };
    let switch = match args.what {
        None => Switch::Radius,
        Some(RadiusWhat::Accounting) => Switch::RadiusAccounting,
        Some(RadiusWhat::Authentication) => Switch::RadiusAuthentication,
        Some(RadiusWhat::Brief) => Switch::RadiusBrief,
        Some(RadiusWhat::Verbose) => Switch::RadiusVerbose,
    };
    if !op.is_set() && args.what.is_none() {
        RADIUS.into_iter().for_each(|below| core.engine.set_debug(below, false));
    } else {
        core.engine.set_debug(switch, op.is_set());
    }
    match core.config.dialect {
        Dialect::V12_0 | Dialect::V12_1 => {
            out.push_str(&acknowledgement(switch, op.is_set()));
            out.push('\n');
        }
        Dialect::V15 => out.push_str(&radius_acknowledgement(|s| core.engine.debugs().contains(s))),
    }
}

fn one<T>(core: &mut Core, op: &Op<T>, out: &mut String, switch: impl FnOnce(&T) -> Switch) {
    if let Some(args) = op.args() {
        set(core, switch(args), op.is_set(), out);
    }
}

fn set(core: &mut Core, switch: Switch, on: bool, out: &mut String) {
    core.engine.set_debug(switch, on);
    out.push_str(&acknowledgement(switch, on));
    out.push('\n');
}
