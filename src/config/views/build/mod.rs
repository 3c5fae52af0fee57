//! From the store's typed lines to a [`RouterConfig`]: one file per family of commands.
//!
//! A command that is not read here has no effect, and its grammar entry says so (`inert`); a test holds the two
//! together.

mod aaa;
mod access;
mod interface;
mod system;
mod vpdn;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::{DialerList, DialerRule, InterfaceConfig, PoolConfig, RouteVia, RouterConfig, StaticRoute};
use crate::config::store::{Line, Store};
use crate::grammar::Command;
use crate::grammar::command::dialer::{DialerCommand, List, ListAction, ListProtocol};
use crate::grammar::command::global::GlobalCommand;
use crate::grammar::command::interface::InterfaceCommand;
use crate::grammar::command::routing::{
    IpLocalPool, IpLocalPoolPool, IpRoute, IpRouteNextHop, RoutingCommand,
};
use crate::grammar::command::vpdn::VpdnCommand;
use crate::grammar::table::Op;
use crate::proto::Dialect;

impl RouterConfig {
    /// What the running-config says.
    pub fn from_store(store: &Store) -> RouterConfig {
        let mut config = RouterConfig { system: system::read(store), ..RouterConfig::default() };
        aaa::read(store, &mut config.aaa);
        for line in store.lines() {
            read_line(line, store.encrypts_passwords(), &mut config);
        }
        aaa::name_router(store, &config.hostname, &mut config.aaa);
        if let Some(source) = aaa::source_interface(store) {
            config.aaa.source = address_of(&config.interfaces, &source);
        }
        config
    }
}

fn read_line(line: &Line, encrypt: bool, config: &mut RouterConfig) {
    match &line.command {
        Command::Global(GlobalCommand::Version(Op::Set(v))) => {
            config.version.clone_from(&v.release);
            config.dialect = dialect(&v.release);
        }
        Command::Global(GlobalCommand::Hostname(Op::Set(h))) => config.hostname.clone_from(&h.name),
        Command::Vpdn(VpdnCommand::Group(Op::Set(g))) => config.groups.push(vpdn::group(&g.name, line)),
        Command::Vpdn(command) => vpdn::global(command, &mut config.vpdn),
        Command::Interface(InterfaceCommand::Interface(Op::Set(i))) => {
            config.interfaces.push(interface::read(&i.name, line, encrypt));
        }
        Command::Interface(InterfaceCommand::Controller(Op::Set(c))) => {
            config.controllers.push(interface::controller(c, line));
        }
        Command::Interface(InterfaceCommand::IsdnSwitchType(Op::Set(t))) => {
            config.isdn_switch_type = Some(t.type_.clone());
        }
        Command::Routing(RoutingCommand::IpLocalPool(Op::Set(p))) => pool(p, &mut config.pools),
        Command::Routing(RoutingCommand::IpHost(Op::Set(h))) => {
            config.hosts.push((h.name.clone(), h.addresses.clone()));
        }
        Command::Routing(RoutingCommand::IpRoute(Op::Set(r))) => config.routes.extend(route(r)),
        Command::Dialer(DialerCommand::List(Op::Set(l))) => config.dialer_lists.extend(dialer_list(l)),
        Command::Access(command) => access::entry(command, &mut config.access_lists),
        _ => {}
    }
}

/// 12.0 and older speak as 12.0; 12.1 to 12.3 as 12.1; later releases as 15.x.
fn dialect(release: &str) -> Dialect {
    let mut numbers = release.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    match (numbers.next().unwrap_or(12), numbers.next().unwrap_or(0)) {
        (..=11, _) | (12, 0) => Dialect::V12_0,
        (12, 1..=3) => Dialect::V12_1,
        _ => Dialect::V15,
    }
}

fn address_of(interfaces: &[InterfaceConfig], name: &super::InterfaceName) -> Option<Ipv4Addr> {
    match interfaces.iter().find(|i| &i.name == name)?.ip {
        super::IpAddress::Static(net) => Some(net.addr()),
        super::IpAddress::None | super::IpAddress::Unnumbered(_) | super::IpAddress::Negotiated => None,
    }
}

fn pool(p: &IpLocalPool, pools: &mut Vec<PoolConfig>) {
    let name = match &p.pool {
        IpLocalPoolPool::Default => "default",
        IpLocalPoolPool::Name { name } => name,
    };
    let range = (p.low, p.high.unwrap_or(p.low));
    match pools.iter_mut().find(|q| q.name == name) {
        Some(pool) => pool.ranges.push(range),
        None => pools.push(PoolConfig { name: name.to_owned(), ranges: vec![range] }),
    }
}

fn route(r: &IpRoute) -> Option<StaticRoute> {
    let via = match &r.next_hop {
        IpRouteNextHop::Gateway { gateway } => RouteVia::Gateway(*gateway),
        IpRouteNextHop::Interface { via: Some(gateway), .. } => RouteVia::Gateway(*gateway),
        IpRouteNextHop::Interface { interface, via: None } => RouteVia::Interface(interface.clone()),
    };
    let network = Ipv4Net::with_netmask(r.destination, r.mask).ok()?.trunc();
    let distance = r.distance.and_then(|d| u8::try_from(d).ok()).unwrap_or(1);
    Some(StaticRoute { network, via, distance })
}

fn dialer_list(l: &List) -> Option<DialerList> {
    let number = u16::try_from(l.number).ok().filter(|_| l.protocol == ListProtocol::Ip)?;
    let rule = match l.action {
        ListAction::Permit => DialerRule::Permit,
        ListAction::Deny => DialerRule::Deny,
        ListAction::List { list } => DialerRule::List(u16::try_from(list).ok()?),
    };
    Some(DialerList { number, rule })
}

#[cfg(test)]
mod tests;
