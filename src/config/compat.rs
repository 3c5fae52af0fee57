//! Lines that are kept as others: the old one-line forms of vpdn-group in the form of 12.0(5)T and later, and `service
//! timestamps` without a kind of message, which the published reference has for `debug uptime`, and its `no` for both.

use crate::grammar::Command;
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::vpdn::{
    OldAcceptDialin, OldAcceptDialinProtocol, OldAcceptDialout, OldRequestDialin, OldRequestDialinProtocol,
    OldRequestDialinSelector, VpdnCommand,
};
use crate::grammar::table::Op;

/// The lines that an old form stands for: each inner list is a line and the lines below it.
pub fn rewrite(command: &Command) -> Option<Vec<Vec<String>>> {
    match command {
        Command::Vpdn(vpdn) => old_group(vpdn),
        Command::Global(GlobalCommand::ServiceTimestampsBoth(Op::Set(()))) => {
            Some(vec![vec!["service timestamps debug uptime".into()]])
        }
        Command::Global(GlobalCommand::ServiceTimestampsBoth(Op::No(_))) => {
            Some(["debug", "log"].map(|what| vec![format!("no service timestamps {what}")]).to_vec())
        }
        _ => None,
    }
}

fn old_group(vpdn: &VpdnCommand) -> Option<Vec<Vec<String>>> {
    match vpdn {
        VpdnCommand::OldAcceptDialin(Op::Set(old)) => Some(accept_dialin(old)),
        VpdnCommand::OldAcceptDialin(Op::No(_)) => Some(vec![vec!["no accept-dialin".into()]]),
        VpdnCommand::OldAcceptDialout(Op::Set(old)) => Some(accept_dialout(old)),
        VpdnCommand::OldAcceptDialout(Op::No(_)) => Some(vec![vec!["no accept-dialout".into()]]),
        VpdnCommand::OldRequestDialin(Op::Set(old)) => Some(request_dialin(old)),
        VpdnCommand::OldRequestDialin(Op::No(_)) => Some(vec![vec!["no request-dialin".into()]]),
        _ => None,
    }
}

fn accept_dialin(old: &OldAcceptDialin) -> Vec<Vec<String>> {
    let protocol = match old.protocol {
        OldAcceptDialinProtocol::L2f => "l2f",
        OldAcceptDialinProtocol::L2tp => "l2tp",
        OldAcceptDialinProtocol::Pptp => "pptp",
        OldAcceptDialinProtocol::Any => "any",
    };
    let inside = [
        "accept-dialin".into(),
        format!("protocol {protocol}"),
        format!("virtual-template {}", old.template),
    ];
    let mut lines = vec![inside.to_vec()];
    lines.extend(old.remote.iter().map(|name| vec![format!("terminate-from hostname {name}")]));
    lines
}

fn accept_dialout(old: &OldAcceptDialout) -> Vec<Vec<String>> {
    let inside = ["accept-dialout".into(), "protocol l2tp".into(), format!("dialer {}", old.dialer)];
    let mut lines = vec![inside.to_vec()];
    lines.extend(old.remote.iter().map(|name| vec![format!("terminate-from hostname {name}")]));
    lines
}

fn request_dialin(old: &OldRequestDialin) -> Vec<Vec<String>> {
    let protocol = match old.protocol {
        OldRequestDialinProtocol::L2f => "l2f",
        OldRequestDialinProtocol::L2tp => "l2tp",
    };
    let selector = match &old.selector {
        OldRequestDialinSelector::Domain { domain } => format!("domain {domain}"),
        OldRequestDialinSelector::Dnis { dnis } => format!("dnis {dnis}"),
    };
    vec![
        vec!["request-dialin".into(), format!("protocol {protocol}"), selector],
        vec![format!("initiate-to ip {}", old.address)],
    ]
}
