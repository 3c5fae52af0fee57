//! `show arp`: waits for the kernel's table.

use std::net::Ipv4Addr;

use super::{Core, ExecResult, Job};
use crate::commands::arp::show_arp;
use crate::engine::{ArpView, RequestId};
use crate::grammar::command::exec::{ShowArpWhich, ShowIpArpWhich};
use crate::grammar::value::InterfaceName;
use crate::router::io::LineId;

/// The entries that are asked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    All,
    Address(Ipv4Addr),
    Hardware([u8; 6]),
    Interface(InterfaceName),
}

impl Wanted {
    fn takes(&self, entry: &ArpView) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Address(address) => entry.address == *address,
            Wanted::Hardware(hardware) => entry.hardware == Some(*hardware),
            Wanted::Interface(name) => entry.interface == *name,
        }
    }
}

impl From<Option<&ShowArpWhich>> for Wanted {
    fn from(which: Option<&ShowArpWhich>) -> Self {
        match which {
            None => Wanted::All,
            Some(ShowArpWhich::Address { address }) => Wanted::Address(*address),
            Some(ShowArpWhich::Hardware { hardware }) => Wanted::Hardware(*hardware),
            Some(ShowArpWhich::Interface { interface }) => Wanted::Interface(interface.clone()),
        }
    }
}

impl From<Option<&ShowIpArpWhich>> for Wanted {
    fn from(which: Option<&ShowIpArpWhich>) -> Self {
        match which {
            None => Wanted::All,
            Some(ShowIpArpWhich::Address { address }) => Wanted::Address(*address),
            Some(ShowIpArpWhich::Hardware { hardware }) => Wanted::Hardware(*hardware),
            Some(ShowIpArpWhich::Interface { interface }) => Wanted::Interface(interface.clone()),
        }
    }
}

/// Asks for the table on behalf of `line`.
pub fn start(core: &mut Core, line: LineId, wanted: Wanted) -> ExecResult {
    let request = core.engine.arp(core.now);
    core.jobs.insert(line, Job::Arp(request, wanted));
    ExecResult::Running
}

/// The table has come: it is shown on the line that waits for it.
pub fn ended(core: &mut Core, id: RequestId, table: &Result<Vec<ArpView>, String>) {
    let waiting = core.jobs.iter().find_map(|(line, job)| match job {
        Job::Arp(request, wanted) if *request == id => Some((*line, wanted.clone())),
        _ => None,
    });
    let Some((line, wanted)) = waiting else { return };
    core.jobs.remove(&line);
    let mut screen = String::new();
    match table {
        Ok(entries) => show_arp(&mut screen, entries.iter().filter(|entry| wanted.takes(entry))),
        Err(reason) => screen = format!("% {reason}\n"),
    }
    core.screens.push((line, screen));
}
