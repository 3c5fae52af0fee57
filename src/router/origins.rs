//! Whence the interfaces have their addresses. The configuration itself does not tell: what was typed is `manual` until the
//! next start, saved or not (the published reference of `show ip interface brief`).

use std::collections::BTreeMap;

use crate::cli::Parsed;
use crate::commands::ip::Method;
use crate::config::store::{Path, Store};
use crate::config::views::InterfaceName;
use crate::grammar::Command;
use crate::grammar::Mode;
use crate::grammar::command::interface::InterfaceCommand;

/// Interfaces whose addresses somebody has set, or has said that they have none.
pub type Origins = BTreeMap<InterfaceName, Method>;

/// What a startup-config says was set.
pub fn read(origins: &mut Origins, startup: &Store) {
    for line in [Mode::Interface, Mode::Subinterface].into_iter().flat_map(|mode| startup.instances(mode)) {
        let sets = |c: &Command| matches!(c, Command::Interface(c) if sets_address(c));
        let known = line.interface().filter(|name| line.commands().any(sets) || !origins.contains_key(name));
        origins.extend(known.map(|name| (name.clone(), Method::Nvram)));
    }
}

/// A line was typed at `path`.
pub fn typed(origins: &mut Origins, store: &Store, path: &Path, parsed: &Parsed) {
    let Command::Interface(command) = &parsed.command else { return };
    if let InterfaceCommand::Interface(op) = command {
        if let (false, Some(interface)) = (op.is_set(), op.args()) {
            origins.remove(&interface.name);
        }
    } else if sets_address(command) {
        let name = store.interface(path).cloned();
        origins.extend(name.map(|name| (name, Method::Manual)));
    }
}

fn sets_address(command: &InterfaceCommand) -> bool {
    matches!(command, InterfaceCommand::IpAddress(_) | InterfaceCommand::IpUnnumbered(_))
}
