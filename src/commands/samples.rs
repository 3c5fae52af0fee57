//! A router in the middle of the documented call, as the screens get it: the LNS, tunnel 55270/17688, session 45/7,
//! Virtual-Access4, user 2500-1 at 10.10.53.2.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName, IpAddress};
use crate::engine::views::{CallerView, InterfaceView, SessionView, TimeLimit, TunnelView};
use crate::engine::{Counts, InterfaceId, LinkState, Load, Origin, TrafficView};
use crate::proto::Instant;
use crate::proto::l2tp::{self, SessionId, SessionState, TunnelId, TunnelState};
use crate::proto::ppp::{AuthProtocol, LinkView, NetworkInfo, Phase};

/// When the screens are looked at: 100 s after the start.
pub const NOW: Instant = Instant::from_start(Duration::from_secs(100));

/// `seconds` before [`NOW`].
pub fn before(seconds: u64) -> Instant {
    Instant::from_start(Duration::from_secs(100 - seconds))
}

pub fn counts(out: (u64, u64), in_: (u64, u64)) -> Counts {
    Counts { packets_out: out.0, octets_out: out.1, packets_in: in_.0, octets_in: in_.1 }
}

/// User 2500-1 as AAA knows it.
pub fn aaa_session() -> crate::engine::AaaSessionView {
    crate::engine::AaaSessionView {
        unique: 4,
        number: crate::engine::aaa::SessionNumber(26),
        port: Some(InterfaceId(9)),
        interface: Some(InterfaceName::new(InterfaceKind::VirtualAccess, "4")),
        line: None,
        user: "2500-1".into(),
        address: Some([10, 10, 53, 2].into()),
        tunnel: None,
        class: Vec::new(),
        end: None,
        start: before(13),
        active: Duration::from_secs(13),
    }
}

pub fn session_id() -> SessionId {
    SessionId { tunnel: TunnelId(55270), session: 45 }
}

pub fn tunnel() -> TunnelView {
    TunnelView {
        l2tp: l2tp::TunnelView {
            id: TunnelId(55270),
            remote_id: 17688,
            remote_name: "hgw".to_owned(),
            local_name: "l2tp-gw".to_owned(),
            remote: ([10, 51, 6, 68], 1701).into(),
            local: Ipv4Addr::new(10, 51, 6, 82).into(),
            state: TunnelState::Established,
            changed: before(13),
            locally_initiated: false,
            sessions: vec![45],
            ns_nr: (2, 4),
            windows: (300, 800),
            congestion_window: 3,
            retransmit_time: (1, 1),
            unsent: (0, 0),
            resend: (0, 1),
            resends: 0,
            zlbs: 2,
            out_of_order: (0, 0),
            auth_failures: 0,
            control: (4, 206, 5, 424),
            distribution: [0; 9],
        },
        group: Some("1".into()),
        total: counts((4, 206), (5, 424)),
        counts: counts((4, 206), (5, 424)),
        cleared: None,
    }
}

pub fn session() -> SessionView {
    SessionView {
        l2tp: l2tp::SessionView {
            id: session_id(),
            remote_id: 7,
            state: SessionState::Established,
            changed: before(12),
            serial: 3_507_800_005,
            sequencing: false,
        },
        interface: Some(InterfaceName::new(InterfaceKind::VirtualAccess, 4)),
        unique: 9,
        user: "2500-1".into(),
        group: Some("1".into()),
        counts: counts((17, 1428), (18, 1512)),
    }
}

pub fn named(kind: InterfaceKind, unit: &str) -> InterfaceView {
    let name = InterfaceName::new(kind, unit);
    InterfaceView {
        id: InterfaceId(1),
        config: Arc::new(InterfaceConfig::new(name.clone())),
        name,
        origin: Origin::Configured,
        link: LinkState::Up,
        protocol: true,
        spoofing: false,
        address: None,
        changed: before(90),
        traffic: TrafficView::default(),
        hardware: None,
        link_view: None,
        network: None,
        user: None,
        session: None,
        access_lists: (None, None),
    }
}

pub fn ethernet() -> InterfaceView {
    let mut view = named(InterfaceKind::Ethernet, "0");
    let address = "10.51.6.82/24".parse().expect("an address");
    view.address = Some(address);
    let mut config = (*view.config).clone();
    config.ip = IpAddress::Static(address);
    config.description = Some("to the LAC".to_owned());
    view.config = Arc::new(config);
    view
}

pub fn template() -> InterfaceView {
    let mut view = named(InterfaceKind::VirtualTemplate, "1");
    view.link = LinkState::Down;
    view.protocol = false;
    let mut config = (*view.config).clone();
    config.ip = IpAddress::Unnumbered(InterfaceName::new(InterfaceKind::Loopback, 0));
    config.lines =
        vec![" ip unnumbered Loopback0".to_owned(), " ppp authentication chap vpdn".to_owned()].into();
    view.config = Arc::new(config);
    view
}

pub fn vaccess() -> InterfaceView {
    let mut view = named(InterfaceKind::VirtualAccess, "4");
    view.id = InterfaceId(9);
    view.config = template().config;
    view.origin = Origin::Cloned { template: 1 };
    view.address = Some("10.10.53.1/24".parse().expect("an address"));
    view.traffic = TrafficView {
        counts: counts((17, 1428), (18, 1512)),
        load: Load { bits_in: 403.2, packets_in: 0.6, ..Load::default() },
        last_input: Some(before(7)),
        last_output: Some(before(7)),
        ..TrafficView::default()
    };
    view.hardware = Some([0, 0x30, 0x94, 0xfe, 0x1b, 0xbf]);
    view.session = Some(session_id());
    view.user = Some("2500-1".into());
    view.network = Some(NetworkInfo {
        local: Ipv4Addr::new(10, 10, 53, 1),
        peer: Ipv4Addr::new(10, 10, 53, 2),
        dns: Vec::new(),
    });
    view.link_view = Some(LinkView {
        phase: Phase::Up,
        lcp_state: "Open",
        ipcp_state: "Open",
        local_options: vec![3, 5, 0xc2, 0x23, 5, 5, 6, 0x10, 0x9d, 8, 0xf2],
        peer_options: vec![5, 6, 0x01, 0x02, 0x03, 0x04],
        authenticated_by: Some(AuthProtocol::ChapMd5),
    });
    view
}

pub fn caller() -> CallerView {
    CallerView {
        interface: InterfaceName::new(InterfaceKind::VirtualAccess, 4),
        user: "2500-1".into(),
        vpdn: true,
        forwarded: false,
        peer_address: Some(Ipv4Addr::new(10, 10, 53, 2)),
        active: Duration::from_secs(12),
        idle: Duration::from_secs(7),
        session_limit: TimeLimit::default(),
        idle_limit: TimeLimit::default(),
    }
}

/// The screen that a renderer writes.
pub fn screen(write: impl FnOnce(&mut String)) -> String {
    let mut text = String::new();
    write(&mut text);
    text
}
