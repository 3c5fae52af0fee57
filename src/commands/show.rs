//! `show`: which screen a command is, and where its contents come from.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::ip::Method;
use super::pool::{self, Holder};
use super::system::VersionInfo;
use super::text::say;
use super::users::LineRow;
use super::vpdn::{SessionStyle, TunnelStyle};
use super::vpdn_groups::GroupLoad;
use super::{aaa, accounting, interfaces, ip, isdn, l2tp, ppp, radius, system, users, vpdn, vpdn_groups};
use crate::cli::Clearance;
use crate::config::RouterConfig;
use crate::config::nvgen::{block_for, inert_lines};
use crate::config::store::Store;
use crate::config::views::{InterfaceName, IpAddress, VpdnGroup, VpdnProtocol};
use crate::engine::views::{CallerView, InterfaceView, SessionView, TunnelView};
use crate::engine::{CALL_HISTORY, Engine, RouteSource};
use crate::grammar::command::show::{
    AaaUserWhich, ControllersKind, IpRouteWhich, L2tpSessionStyle, L2tpTunnelStyle, RunningConfigPart,
    ShowCommand, VpdnDeadCacheWhich, VpdnGroupSelectWhat, VpdnSessionFilter, VpdnSessionProtocol,
    VpdnSessionStyle, VpdnTunnelFilter, VpdnTunnelProtocol, VpdnTunnelStyle,
};
use crate::logging::{Logging, debugs};
use crate::proto::{Dialect, Instant};

/// Everything that screens are made of.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Now.
    pub now: Instant,
    /// Tunnels, sessions, interfaces, routes, pools, users.
    pub engine: &'a Engine,
    /// The running-config, typed.
    pub config: &'a RouterConfig,
    /// The running-config, as lines.
    pub store: &'a Store,
    /// The startup-config; empty when there is none.
    pub startup: &'a str,
    /// Whence interfaces have their addresses.
    pub origins: &'a BTreeMap<InterfaceName, Method>,
    /// Clock and log.
    pub logging: &'a Logging,
    /// The router was started by `reload`.
    pub reloaded: bool,
    /// Terminal lines.
    pub lines: &'a [LineRow],
    /// What whoever asks may see of the configuration.
    pub clearance: &'a Clearance,
    /// Rows and columns of the line that asks.
    pub size: (u16, u16),
    /// Debugs come to the line that asks.
    pub monitor: bool,
}

/// Writes the screen of a command. `running` writes the whole running-config, as `write terminal` does.
pub fn show(f: &mut String, command: &ShowCommand, on: &Sources<'_>, running: &dyn Fn() -> String) {
    let (now, dialect, engine, config) = (on.now, on.config.dialect, on.engine, on.config);
    match command {
        ShowCommand::AaaClients => radius::show_aaa_clients(f, &engine.dynamic_author()),
        ShowCommand::AaaServers => radius::show_aaa_servers(f, &engine.radius()),
        ShowCommand::Accounting => {
            let pending = engine.accounting_pending();
            accounting::show_accounting(f, &engine.accounted(), &engine.accounting_statistics(), pending);
        }
        ShowCommand::AaaSessions => aaa::show_aaa_sessions(f, &engine.aaa_sessions(), &engine.callers()),
        ShowCommand::AaaUser { which: AaaUserWhich::All } => {
            for session in engine.aaa_sessions() {
                let account = session.port.and_then(|id| engine.account(id));
                accounting::show_aaa_user(f, &session, account.as_ref());
            }
        }
        ShowCommand::AaaUser { which: AaaUserWhich::Id { id } } => {
            if let Some(session) = engine.aaa_session(*id) {
                let account = session.port.and_then(|id| engine.account(id));
                accounting::show_aaa_user(f, &session, account.as_ref());
            }
        }
        ShowCommand::AaaAttributes => say!(f, "% The list of attributes is not emulated"),
        ShowCommand::Caller { .. } => caller(f, command, on),
        ShowCommand::Clock { .. } => {
            say!(f, "{}", on.logging.clock.show(now, config.system.timezone.as_ref()))
        }
        ShowCommand::Controllers { kind, unit } => controllers(f, *kind, unit.as_deref(), on),
        ShowCommand::Debugging => f.push_str(&debugs::show(|s| engine.debugs().contains(s))),
        ShowCommand::Dialer { interface } => {
            isdn::show_dialer(f, &engine.interfaces(), &engine.calls(), interface.as_ref());
        }
        ShowCommand::EmulatorInert => system::show_emulator_inert(f, &inert_lines(on.store)),
        ShowCommand::Hosts => hosts(f, on.config),
        ShowCommand::Interfaces { interface, configuration } => {
            let Some(views) = chosen(f, on, interface.as_ref()) else { return };
            match views.first().filter(|_| *configuration) {
                Some(view) => interfaces::show_interface_configuration(f, dialect, view),
                None => interfaces::show_interfaces(f, dialect, now, &views),
            }
        }
        ShowCommand::InterfacesDescription { interface } => {
            let Some(views) = chosen(f, on, interface.as_ref()) else { return };
            interfaces::show_interfaces_description(f, &views);
        }
        ShowCommand::IpInterface { interface, brief } => {
            let Some(views) = chosen(f, on, interface.as_ref()) else { return };
            if *brief {
                ip::show_ip_interface_brief(f, dialect, &views, &|view| method(on, view));
            } else {
                ip::show_ip_interface(f, &views);
            }
        }
        ShowCommand::IpLocalPool { pool } => pools(f, pool.as_deref(), on),
        ShowCommand::IpRoute { which } => routes(f, which.as_ref(), on),
        ShowCommand::IsdnStatus { interface } => {
            let switch = config.isdn_switch_type.as_deref();
            isdn::show_isdn_status(f, dialect, switch, &engine.interfaces(), interface.as_ref());
        }
        ShowCommand::IsdnActive => isdn::show_isdn_active(f, &engine.calls()),
        ShowCommand::IsdnHistory => {
            let calls = [engine.past_calls(), engine.calls()].concat();
            isdn::show_isdn_history(f, CALL_HISTORY, &calls);
        }
        ShowCommand::L2tpSession { style } => {
            let style = match style {
                None => SessionStyle::Table,
                Some(L2tpSessionStyle::All) => SessionStyle::All,
                Some(L2tpSessionStyle::Packets) => SessionStyle::Packets,
                Some(L2tpSessionStyle::State) => SessionStyle::State,
            };
            l2tp::show_l2tp_session(f, now, style, &engine.tunnels(), &engine.sessions());
        }
        ShowCommand::L2tpTunnel { style } => {
            let style = match style {
                None => TunnelStyle::Table,
                Some(L2tpTunnelStyle::All) => TunnelStyle::All,
                Some(L2tpTunnelStyle::Packets) => TunnelStyle::Packets,
                Some(L2tpTunnelStyle::State) => TunnelStyle::State,
                Some(L2tpTunnelStyle::Summary) => TunnelStyle::Summary,
                Some(L2tpTunnelStyle::Transport) => TunnelStyle::Transport,
            };
            l2tp::show_l2tp_tunnel(f, now, style, &engine.tunnels());
        }
        ShowCommand::L2tpCounters => l2tp::show_l2tp_counters(f, engine.counters().0),
        ShowCommand::L2tp => l2tp::show_l2tp(f, now, &engine.tunnels(), &engine.sessions()),
        ShowCommand::Line => users::show_line(f, on.lines),
        ShowCommand::Logging => f.push_str(&on.logging.show(dialect, &config.system.logging)),
        ShowCommand::PppAll => ppp::show_ppp_all(f, &engine.interfaces()),
        ShowCommand::PppInterface { interface } => {
            let Some(views) = chosen(f, on, Some(interface)) else { return };
            views.iter().for_each(|view| ppp::show_ppp_interface(f, view));
        }
        // A bundle of several links is never built.
        ShowCommand::PppMultilink | ShowCommand::VpdnMultilink => say!(f, "No active bundles"),
        ShowCommand::PppStatistics => ppp::show_ppp_statistics(f, &engine.interfaces()),
        ShowCommand::Pppoe { .. } => vpdn::none(f, dialect, VpdnProtocol::Pppoe),
        ShowCommand::RadiusStatistics => radius::show_radius_statistics(f, &engine.radius()),
        ShowCommand::Sessions => system::show_sessions(f),
        ShowCommand::Terminal => {
            let line = on.lines.iter().find(|l| l.current).map_or(0, |l| l.number);
            system::show_terminal(f, &line.to_string(), on.size, on.monitor);
        }
        ShowCommand::Users { all } => users::show_users(f, dialect, on.lines, &engine.callers(), *all),
        ShowCommand::Version => {
            let info = VersionInfo {
                hostname: &config.hostname,
                dialect,
                release: &config.version,
                uptime: now.since_start(),
                reloaded: on.reloaded,
            };
            system::show_version(f, &info, &engine.interfaces());
        }
        ShowCommand::VpdnDomain => vpdn_groups::show_vpdn_domain(f, &config.groups),
        ShowCommand::VpdnGroup { group } => {
            vpdn_groups::show_vpdn_group(f, &loads(on, group.as_deref()));
        }
        ShowCommand::VpdnGroupSelect { what } => match what {
            VpdnGroupSelectWhat::Summary => vpdn_groups::show_group_select_summary(f, &config.groups),
            VpdnGroupSelectWhat::Default => vpdn_groups::show_group_select_default(f, &config.groups),
            VpdnGroupSelectWhat::Keys => vpdn_groups::show_group_select_keys(f, &config.groups),
        },
        ShowCommand::VpdnHistoryFailure { user } => {
            let (size, entries) = engine.history();
            let clock = |at: Instant| on.logging.clock.at(at).format("%H:%M:%S").to_string();
            vpdn_groups::show_history_failure(f, size, &entries, user.as_deref(), &clock);
        }
        ShowCommand::VpdnDeadCache { which } => {
            let (group, others) = match which {
                VpdnDeadCacheWhich::Group { group } => (Some(group.as_str()), Vec::new()),
                VpdnDeadCacheWhich::All => (None, engine.busy_lns()),
            };
            let loads = loads(on, group);
            let in_group =
                |lns: &Ipv4Addr| loads.iter().any(|(_, load)| load.busy.iter().any(|b| b.0 == *lns));
            let others: Vec<_> = others.into_iter().filter(|(lns, _)| !in_group(lns)).collect();
            vpdn_groups::show_dead_cache(f, &loads, &others);
        }
        ShowCommand::VpdnSession { protocol, style } => sessions(f, *protocol, style.as_ref(), on),
        ShowCommand::VpdnTunnel { protocol, style } => tunnels(f, *protocol, style.as_ref(), on),
        ShowCommand::Vpdn => vpdn::show_vpdn(f, dialect, now, &engine.tunnels(), &engine.sessions()),
        ShowCommand::Vtemplate => ppp::show_vtemplate(f, dialect, &engine.interfaces()),
        ShowCommand::AccessLists => system::show_access_lists(f, dialect, &config.access_lists),
        ShowCommand::RunningConfig { part: None } => f.push_str(&running()),
        ShowCommand::RunningConfig { part: Some(RunningConfigPart::Interface { interface }) } => {
            running_interface(f, on, interface);
        }
        ShowCommand::StartupConfig | ShowCommand::Configuration => startup(f, on.startup),
    }
}

fn startup(f: &mut String, text: &str) {
    if text.is_empty() {
        return say!(f, "startup-config is not present");
    }
    say!(f, "Using {} bytes", text.len());
    f.push_str(text);
}

/// The interface that was named, or all of them; says so and gives none when there is no such interface.
fn chosen(f: &mut String, on: &Sources<'_>, name: Option<&InterfaceName>) -> Option<Vec<InterfaceView>> {
    let Some(name) = name else { return Some(on.engine.interfaces()) };
    let view = on.engine.interface(name);
    if view.is_none() {
        say!(f, "% Interface {name} does not exist");
    }
    view.map(|view| vec![view])
}

fn method(on: &Sources<'_>, view: &InterfaceView) -> Method {
    on.origins.get(&view.name).copied().unwrap_or(Method::Unset)
}

fn caller(f: &mut String, command: &ShowCommand, on: &Sources<'_>) {
    let ShowCommand::Caller { full, timeouts, summary, ip, user, interface, .. } = command else { return };
    let wanted = |c: &CallerView| {
        user.as_ref().is_none_or(|u| **u == *c.user) && interface.as_ref().is_none_or(|i| *i == c.interface)
    };
    let callers: Vec<CallerView> = on.engine.callers().into_iter().filter(wanted).collect();
    if *summary {
        users::show_caller_summary(f, &callers);
    } else if *timeouts {
        users::show_caller_timeouts(f, &callers);
    } else if *full {
        users::show_caller_full(f, &callers);
    } else if *ip {
        users::show_caller_ip(f, &callers);
    } else {
        let all = user.is_none() && interface.is_none();
        users::show_caller(f, if all { on.lines } else { &[] }, &callers);
    }
}

fn controllers(f: &mut String, kind: Option<ControllersKind>, unit: Option<&str>, on: &Sources<'_>) {
    let slots = kind.map(|k| match k {
        ControllersKind::T1 => 24,
        ControllersKind::E1 => 31,
    });
    let wanted: Vec<_> = on
        .config
        .controllers
        .iter()
        .filter(|c| slots.is_none_or(|s| s == c.timeslots) && unit.is_none_or(|u| u == c.unit))
        .cloned()
        .collect();
    isdn::show_controllers(f, &wanted, &on.engine.interfaces());
}

fn hosts(f: &mut String, config: &RouterConfig) {
    say!(f, "Host                      Address(es)");
    for (name, addresses) in &config.hosts {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        say!(f, "{name:<25} {}", addresses.join(" "));
    }
}

fn pools(f: &mut String, name: Option<&str>, on: &Sources<'_>) {
    let callers = on.engine.callers();
    let holder = |id| {
        let interface = on.engine.interface_name(id)?.clone();
        let user = callers.iter().find(|c| c.interface == interface).map(|c| c.user.to_string());
        Some(Holder { interface, user: user.unwrap_or_default() })
    };
    pool::show_ip_local_pool(f, on.config.dialect, &on.engine.pools(), name, &holder);
}

fn routes(f: &mut String, which: Option<&IpRouteWhich>, on: &Sources<'_>) {
    let mut routes = on.engine.routes();
    match which {
        Some(IpRouteWhich::Address { address, .. }) => {
            ip::show_ip_route_entry(f, &routes, *address);
            return;
        }
        Some(IpRouteWhich::Connected) => routes.retain(|r| r.source == RouteSource::Connected),
        Some(IpRouteWhich::Static) => routes.retain(|r| r.source != RouteSource::Connected),
        None => {}
    }
    // A borrowed address is local to the interface that lends it.
    let own = |view: InterfaceView| match view.config.ip {
        IpAddress::Static(_) | IpAddress::Negotiated if view.protocol => {
            view.address.map(|net| (net.addr(), view.name))
        }
        IpAddress::Static(_) | IpAddress::Negotiated | IpAddress::Unnumbered(_) | IpAddress::None => None,
    };
    let local: Vec<(Ipv4Addr, InterfaceName)> = match which {
        Some(IpRouteWhich::Static | IpRouteWhich::Address { .. }) => Vec::new(),
        Some(IpRouteWhich::Connected) | None => on.engine.interfaces().into_iter().filter_map(own).collect(),
    };
    ip::show_ip_route(f, on.config.dialect, &routes, &local);
}

/// The vpdn-groups, or the one that was named, with what they carry now.
fn loads<'a>(on: &Sources<'a>, name: Option<&str>) -> Vec<(&'a VpdnGroup, GroupLoad)> {
    let (tunnels, sessions, busy) = (on.engine.tunnels(), on.engine.sessions(), on.engine.busy_lns());
    let groups = on.config.groups.iter().filter(|g| name.is_none_or(|n| n == g.name));
    groups.map(|group| (group, load(group, &tunnels, &sessions, &busy))).collect()
}

fn load(
    group: &VpdnGroup,
    tunnels: &[TunnelView],
    sessions: &[SessionView],
    busy: &[(Ipv4Addr, std::time::Duration)],
) -> GroupLoad {
    let of = || tunnels.iter().filter(|t| t.group.as_deref() == Some(group.name.as_str()));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let carried = |address: Ipv4Addr| -> u32 {
        of().filter(|t| t.l2tp.remote.ip() == address).map(|t| count(t.l2tp.sessions.len())).sum()
    };
    let lns = || group.initiate_to.iter().map(|to| to.address);
    GroupLoad {
        tunnels: count(of().count()),
        sessions: count(sessions.iter().filter(|s| s.group.as_deref() == Some(group.name.as_str())).count()),
        by_lns: lns().map(|address| (address, carried(address))).collect(),
        busy: busy.iter().filter(|(address, _)| lns().any(|l| l == *address)).copied().collect(),
    }
}

fn tunnels(
    f: &mut String,
    protocol: Option<VpdnTunnelProtocol>,
    style: Option<&VpdnTunnelStyle>,
    on: &Sources<'_>,
) {
    let protocol = protocol.map(|p| match p {
        VpdnTunnelProtocol::L2f => VpdnProtocol::L2f,
        VpdnTunnelProtocol::L2tp => VpdnProtocol::L2tp,
        VpdnTunnelProtocol::Pptp => VpdnProtocol::Pptp,
        VpdnTunnelProtocol::Pppoe => VpdnProtocol::Pppoe,
    });
    let mut tunnels = on.engine.tunnels();
    let style = match style {
        None => TunnelStyle::Table,
        Some(VpdnTunnelStyle::Packets) => TunnelStyle::Packets,
        Some(VpdnTunnelStyle::State) => TunnelStyle::State,
        Some(VpdnTunnelStyle::Summary) => TunnelStyle::Summary,
        Some(VpdnTunnelStyle::Transport) => TunnelStyle::Transport,
        Some(VpdnTunnelStyle::All { filter }) => {
            tunnels.retain(|t| match filter {
                None => true,
                Some(VpdnTunnelFilter::Hostname { remote }) => t.l2tp.remote_name == *remote,
                Some(VpdnTunnelFilter::Id { id }) => u32::from(t.l2tp.id.0) == *id,
                Some(VpdnTunnelFilter::Ip { address }) => t.l2tp.remote.ip() == *address,
            });
            TunnelStyle::All
        }
    };
    vpdn::show_vpdn_tunnel(f, on.config.dialect, on.now, (protocol, style), &tunnels);
}

fn sessions(
    f: &mut String,
    protocol: Option<VpdnSessionProtocol>,
    style: Option<&VpdnSessionStyle>,
    on: &Sources<'_>,
) {
    let protocol = protocol.map(|p| match p {
        VpdnSessionProtocol::L2f => VpdnProtocol::L2f,
        VpdnSessionProtocol::L2tp => VpdnProtocol::L2tp,
        VpdnSessionProtocol::Pptp => VpdnProtocol::Pptp,
        VpdnSessionProtocol::Pppoe => VpdnProtocol::Pppoe,
    });
    let mut sessions = on.engine.sessions();
    let style = match style {
        None => SessionStyle::Table,
        Some(VpdnSessionStyle::Packets) => SessionStyle::Packets,
        Some(VpdnSessionStyle::Sequence) => SessionStyle::Sequence,
        Some(VpdnSessionStyle::State) => SessionStyle::State,
        Some(VpdnSessionStyle::Timers) => SessionStyle::Timers,
        Some(VpdnSessionStyle::Window) => SessionStyle::Window,
        Some(VpdnSessionStyle::Interface) => SessionStyle::Interface,
        Some(VpdnSessionStyle::All { filter }) => {
            sessions.retain(|s| match filter {
                None => true,
                Some(VpdnSessionFilter::Interface { interface }) => s.interface.as_ref() == Some(interface),
                Some(VpdnSessionFilter::Tunnel { tunnel }) => u32::from(s.l2tp.id.tunnel.0) == *tunnel,
                Some(VpdnSessionFilter::Username { user }) => *s.user == **user,
            });
            SessionStyle::All
        }
    };
    let tunnels = on.engine.tunnels();
    vpdn::show_vpdn_session(f, on.config.dialect, on.now, (protocol, style), &tunnels, &sessions);
}

/// `show running-config interface NAME`: one block, as IOS frames it.
fn running_interface(f: &mut String, on: &Sources<'_>, name: &InterfaceName) {
    let head = format!("interface {name}");
    let Some(line) = on.store.lines().iter().find(|line| line.mode.is_some() && line.text(false) == head)
    else {
        say!(f, "% Interface {name} is not configured");
        return;
    };
    let text = block_for(on.store, line, on.clearance);
    f.push_str(&built(on.config.dialect, &text));
    say!(f, "end");
    say!(f);
}

/// A configuration under the head that it is shown with. 12.0 does not count its octets.
pub fn built(dialect: Dialect, text: &str) -> String {
    let head = match dialect {
        Dialect::V12_0 => "Current configuration:".to_owned(),
        Dialect::V12_1 | Dialect::V15 => format!("Current configuration : {} bytes", text.len()),
    };
    format!("Building configuration...\n\n{head}\n!\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::screen;
    use crate::engine::{Action, HostEvent, Input, Output};
    use crate::logging::clock::Clock;
    use crate::proto::entropy::Seeded;
    use std::sync::Arc;
    use std::time::Duration;

    const CONFIG: &str = "\
version 12.1
hostname lac
ip host lns 10.51.6.82
ip local pool default 10.10.53.2 10.10.53.9
controller T1 0
 pri-group timeslots 1-24
interface Loopback0
 ip address 10.10.53.1 255.255.255.0
interface Ethernet0
 ip address 10.51.6.68 255.255.255.0
interface Virtual-Template1
 ip unnumbered Loopback0
 ppp authentication chap
ip route 10.9.0.0 255.255.0.0 10.51.6.1
vpdn enable
vpdn-group 1
 request-dialin
  protocol l2tp
  dnis 614629
 initiate-to ip 10.51.6.82
ip http server
end
";

    /// A router whose host does whatever it is asked.
    struct Rig {
        engine: Engine,
        config: Arc<RouterConfig>,
        store: Store,
        logging: Logging,
    }

    fn router() -> Rig {
        let mut store = Store::new();
        store.load(CONFIG);
        let config = Arc::new(RouterConfig::from_store(&store));
        let mut engine = Engine::new(Box::new(Seeded::new(1)));
        engine.configure(Instant::ZERO, config.clone());
        while let Some(output) = engine.poll() {
            if let Output::Act(Action::Host(id, _)) = output {
                engine.handle(Instant::ZERO, Input::Host(HostEvent::Done(id)));
            }
        }
        Rig { engine, config, store, logging: Logging::new(Clock::new(None)) }
    }

    fn shown(router: &Rig, startup: &str, command: &ShowCommand) -> String {
        let on = Sources {
            now: Instant::from_start(Duration::from_secs(125)),
            engine: &router.engine,
            config: &router.config,
            store: &router.store,
            startup,
            origins: &BTreeMap::new(),
            logging: &router.logging,
            reloaded: false,
            lines: &[],
            clearance: &Clearance::full(),
            size: (24, 80),
            monitor: false,
        };
        screen(|f| show(f, command, &on, &|| "the whole configuration\n".to_owned()))
    }

    fn interface(text: &str) -> InterfaceName {
        text.parse().expect("a name")
    }

    #[test]
    fn routes_and_addresses_come_from_the_engine() {
        let router = router();
        let route = shown(&router, "", &ShowCommand::IpRoute { which: None });
        assert!(route.contains("is directly connected, Ethernet0\n"), "{route}");
        assert!(route.contains("[1/0] via 10.51.6.1\n"), "{route}");
        let fixed = shown(&router, "", &ShowCommand::IpRoute { which: Some(IpRouteWhich::Static) });
        assert!(!fixed.contains("Ethernet0") && fixed.contains("via 10.51.6.1"), "{fixed}");
        let one = IpRouteWhich::Address { address: [10, 51, 6, 82].into(), mask: None };
        let one = shown(&router, "", &ShowCommand::IpRoute { which: Some(one) });
        assert!(one.starts_with("Routing entry for 10.51.6.0/24\n"), "{one}");
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let command = ShowCommand::Interfaces { interface: Some(interface("vi9")), configuration: false };
        assert_eq!(shown(&router(), "", &command), "% Interface Virtual-Access9 does not exist\n");
    }

    #[test]
    fn the_configuration_gives_its_screens() {
        let router = router();
        let all = |command| shown(&router, "", &command);
        assert!(all(ShowCommand::VpdnDomain).contains("dnis:614629            1 (L2TP)\n"));
        assert!(
            all(ShowCommand::VpdnGroup { group: Some("1".to_owned()) }).contains("     10.51.6.82       *")
        );
        assert_eq!(all(ShowCommand::VpdnGroup { group: Some("none".to_owned()) }), "");
        assert!(all(ShowCommand::Hosts).contains("lns                       10.51.6.82\n"));
        assert!(all(ShowCommand::EmulatorInert).contains("\n  ip http server\n"));
        let pool = all(ShowCommand::IpLocalPool { pool: None });
        assert!(pool.contains(" default        10.10.53.2      10.10.53.9         8      0\n"), "{pool}");
        let controllers = all(ShowCommand::Controllers { kind: None, unit: None });
        assert!(controllers.contains("  B channels: 0 of 23 in use\n"), "{controllers}");
        let e1 = ShowCommand::Controllers { kind: Some(ControllersKind::E1), unit: None };
        assert_eq!(all(e1), "");
    }

    #[test]
    fn the_system_gives_its_screens() {
        let router = router();
        let version = shown(&router, "", &ShowCommand::Version);
        assert!(version.contains("\nlac uptime is 2 minutes\n"), "{version}");
        assert_eq!(shown(&router, "", &ShowCommand::StartupConfig), "startup-config is not present\n");
        assert!(
            shown(&router, "hostname x\n", &ShowCommand::StartupConfig).ends_with(" bytes\nhostname x\n")
        );
        let whole = ShowCommand::RunningConfig { part: None };
        assert_eq!(shown(&router, "", &whole), "the whole configuration\n");
        let part = RunningConfigPart::Interface { interface: interface("Ethernet0") };
        let part = shown(&router, "", &ShowCommand::RunningConfig { part: Some(part) });
        assert!(part.contains("!\ninterface Ethernet0\n ip address 10.51.6.68 255.255.255.0\n"), "{part}");
        assert!(part.ends_with("end\n\n"), "{part}");
    }

    #[test]
    fn without_tunnels_every_protocol_says_so() {
        let router = router();
        for protocol in [None, Some(VpdnTunnelProtocol::L2tp)] {
            let style = Some(VpdnTunnelStyle::All { filter: Some(VpdnTunnelFilter::Id { id: 7 }) });
            let command = ShowCommand::VpdnTunnel { protocol, style };
            assert_eq!(shown(&router, "", &command), "%No active L2TP tunnels\n");
        }
        let command = ShowCommand::VpdnSession { protocol: Some(VpdnSessionProtocol::L2f), style: None };
        assert_eq!(shown(&router, "", &command), "%No active L2F tunnels\n");
    }
}
