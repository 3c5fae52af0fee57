//! The documented lab: a remote user, a LAC, an LNS and a RADIUS server.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::radius;
use super::world::World;
use crate::config::views::*;
use crate::proto::Dialect;
use crate::proto::ppp::AuthProtocol;

pub const SOHO: usize = 0;
pub const LAC: usize = 1;
pub const LNS: usize = 2;
pub const LNS_ADDRESS: [u8; 4] = [10, 51, 6, 82];

pub fn name(kind: InterfaceKind, unit: &str) -> InterfaceName {
    InterfaceName { kind, unit: unit.to_owned() }
}

fn ethernet(address: [u8; 4]) -> InterfaceConfig {
    let mut config = InterfaceConfig::new(name(InterfaceKind::Ethernet, "0"));
    config.ip = IpAddress::Static(net(address, 24));
    config
}

pub fn net(address: [u8; 4], length: u8) -> ipnet::Ipv4Net {
    ipnet::Ipv4Net::new(address.into(), length).unwrap()
}

pub fn soho() -> RouterConfig {
    let mut bri = InterfaceConfig::new(name(InterfaceKind::Bri, "0"));
    bri.ip = IpAddress::Static(net([10, 10, 53, 2], 24));
    bri.encapsulation_ppp = true;
    bri.vj_slots = Some(15);
    bri.isdn_number = Some("2085730592".to_owned());
    bri.ppp.chap_password = Some("cisco".into());
    bri.dialer.group = Some(1);
    bri.dialer.maps.push(DialerMap { next_hop: LNS_ADDRESS.into(), name: None, number: "614629".to_owned() });
    RouterConfig {
        hostname: "2500-1".to_owned(),
        interfaces: vec![bri],
        routes: vec![StaticRoute {
            network: net([10, 51, 6, 0], 24),
            via: RouteVia::Gateway(LNS_ADDRESS.into()),
            distance: 1,
        }],
        dialer_lists: vec![DialerList { number: 1, rule: DialerRule::Permit }],
        ..RouterConfig::default()
    }
}

fn radius_aaa() -> AaaConfig {
    AaaConfig {
        new_model: true,
        authorization_network: vec![MethodList { name: "default".to_owned(), methods: vec![Method::Radius] }],
        servers: vec![RadiusServer {
            address: [10, 51, 6, 3].into(),
            auth_port: 1645,
            acct_port: 1646,
            key: None,
            timeout: None,
            retransmit: None,
        }],
        key: Some(String::from_utf8_lossy(radius::SECRET).into_owned().into()),
        message_authenticator: false,
        ..AaaConfig::default()
    }
}

pub fn lac() -> RouterConfig {
    let mut serial = InterfaceConfig::new(name(InterfaceKind::Serial, "0:23"));
    serial.encapsulation_ppp = true;
    serial.ppp.authentication = vec![AuthProtocol::ChapMd5];
    serial.ppp.chap_hostname = Some("5300-1".to_owned());
    serial.ppp.multilink = true;
    RouterConfig {
        version: "12.1".to_owned(),
        dialect: Dialect::V12_1,
        hostname: "5300-1".to_owned(),
        vpdn: VpdnGlobal { enable: true, search_order: vec![SearchKey::Dnis], ..VpdnGlobal::default() },
        aaa: radius_aaa(),
        interfaces: vec![ethernet([10, 51, 6, 68]), serial],
        controllers: vec![ControllerConfig {
            timeslots: 24,
            unit: "0".to_owned(),
            pri_group: true,
            shutdown: false,
        }],
        ..RouterConfig::default()
    }
}

pub fn lns() -> RouterConfig {
    let mut template = InterfaceConfig::new(name(InterfaceKind::VirtualTemplate, "1"));
    template.encapsulation_ppp = true;
    template.ip = IpAddress::Unnumbered(name(InterfaceKind::Ethernet, "0"));
    template.peer_address = Some(PeerAddress::Pool(vec!["default".to_owned()]));
    template.ppp.authentication = vec![AuthProtocol::ChapMd5];
    template.ppp.authentication_list = Some("vpdn".to_owned());
    template.ppp.authorization_list = Some("vpdn".to_owned());
    template.ppp.multilink = true;
    template.lines = [
        "ip unnumbered Ethernet0",
        "ppp authentication chap vpdn",
        "ppp authorization vpdn",
        "peer default ip address pool default",
        "ppp multilink",
    ]
    .map(str::to_owned)
    .to_vec()
    .into();
    let list = || vec![MethodList { name: "vpdn".to_owned(), methods: vec![Method::Radius] }];
    RouterConfig {
        hostname: "1600-3".to_owned(),
        vpdn: VpdnGlobal { enable: true, ..VpdnGlobal::default() },
        groups: vec![VpdnGroup {
            name: "1".to_owned(),
            accept_dialin: Some(AcceptDialin {
                protocol: Some(VpdnProtocol::L2tp),
                virtual_template: Some(1),
            }),
            terminate_from: Some("hgw".to_owned()),
            local_name: Some("l2tp-gw".to_owned()),
            l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
            ..VpdnGroup::default()
        }],
        aaa: AaaConfig { authentication_ppp: list(), authorization_network: list(), ..radius_aaa() },
        interfaces: vec![ethernet(LNS_ADDRESS), template],
        pools: vec![PoolConfig {
            name: "default".to_owned(),
            ranges: vec![([10, 10, 53, 100].into(), [10, 10, 53, 110].into())],
        }],
        ..RouterConfig::default()
    }
}

/// The lab, switched on.
pub fn world() -> World {
    world_of(soho(), lac(), lns())
}

pub fn world_of(soho: RouterConfig, lac: RouterConfig, lns: RouterConfig) -> World {
    let mut world = World::new();
    world.add(1, None, soho);
    world.add(2, Some([10, 51, 6, 68]), lac);
    world.add(3, Some(LNS_ADDRESS), lns);
    wire_up(&mut world);
    world
}

/// Numbers, tunnels and users; then the routers boot.
pub fn wire_up(world: &mut World) {
    world.numbers.insert("614629".to_owned(), (LAC, name(InterfaceKind::Serial, "0:23")));
    let tunnel = ("hgw".to_owned(), "hello".to_owned(), vec![LNS_ADDRESS.into()]);
    world.radius.tunnels.insert("dnis:614629".to_owned(), tunnel);
    world.radius.users.insert("2500-1".to_owned(), ("cisco".to_owned(), Ipv4Addr::BROADCAST));
    world.run(Duration::from_secs(2));
}
