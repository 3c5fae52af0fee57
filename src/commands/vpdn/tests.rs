use super::*;
use crate::commands::samples::{NOW, screen, session, session_id, tunnel};
use crate::proto::l2tp::SessionId;

fn vpdn(dialect: Dialect, tunnels: &[TunnelView], sessions: &[SessionView]) -> String {
    screen(|f| show_vpdn(f, dialect, NOW, tunnels, sessions))
}

#[test]
fn show_vpdn_of_12_0() {
    assert_eq!(
        vpdn(Dialect::V12_0, &[tunnel()], &[session()]),
        "\
L2TP Tunnel and Session Information (Total tunnels=1 sessions=1)

LocID RemID Remote Name   State  Remote Address  Port  Sessions
55270 17688 hgw           est    10.51.6.68      1701  1

LocID RemID TunID Intf    Username             State  Last Chg Fastswitch
45    7     55270 Vi4     2500-1               est    00:00:12 enabled

%No active L2F tunnels

"
    );
}

#[test]
fn show_vpdn_of_12_1_names_more_protocols() {
    let shown = vpdn(Dialect::V12_1, &[tunnel()], &[session()]);
    assert!(
        shown.ends_with("%No active L2F tunnels\n\n%No active PPTP tunnels\n\n% No active PPPoE tunnels\n\n")
    );
    assert!(
        vpdn(Dialect::V12_1, &[], &[]).starts_with("%No active L2TP tunnels\n\n%No active L2F tunnels\n")
    );
}

#[test]
fn show_vpdn_of_15_is_the_published_capture_to_the_blank() {
    let mut second = tunnel();
    second.l2tp.id.0 = 11479;
    second.l2tp.remote_id = 56539;
    second.l2tp.remote_name = "LNS2".to_owned();
    second.l2tp.remote = ([14, 14, 14, 2], 1701).into();
    second.group = Some("TowardsLNS2".into());
    let mut forwarded = session();
    forwarded.l2tp.id = SessionId { tunnel: second.l2tp.id, session: 24593 };
    forwarded.l2tp.remote_id = 3791;
    forwarded.user = "lns@cisco.com".into();
    forwarded.interface = None;
    forwarded.unique = 645;
    assert_eq!(
        vpdn(Dialect::V15, &[tunnel(), second], &[session(), forwarded]),
        "L2TP Tunnel and Session Information Total tunnels 2 sessions 2

LocTunID   RemTunID   Remote Name   State  Remote Address  Sessn L2TP Class/
                                                           Count VPDN Group 
55270      17688      hgw           est    10.51.6.68      1     1              

LocID      RemID      TunID      Username, Intf/      State  Last Chg Uniq ID   
                                 Vcid, Circuit                                  
45         7          55270      2500-1, Vi4          est    00:00:12 9         

LocTunID   RemTunID   Remote Name   State  Remote Address  Sessn L2TP Class/
                                                           Count VPDN Group 
11479      56539      LNS2          est    14.14.14.2      1     TowardsLNS2    

LocID      RemID      TunID      Username, Intf/      State  Last Chg Uniq ID   
                                 Vcid, Circuit                                  
24593      3791       11479      lns@cisco.com, -     est    00:00:12 645       

"
    );
    assert_eq!(vpdn(Dialect::V15, &[], &[]), "%%No active L2TP tunnels\n\n");
}

#[test]
fn a_tunnel_without_sessions_has_no_table_of_them() {
    let mut empty = tunnel();
    empty.l2tp.sessions.clear();
    empty.l2tp.state = TunnelState::NoSessionsLeft;
    for dialect in [Dialect::V12_0, Dialect::V15] {
        let shown = vpdn(dialect, &[empty.clone()], &[]);
        assert!(!shown.contains("Username"), "{shown}");
        assert!(shown.contains("no-ses"), "{shown}");
    }
}

#[test]
fn a_long_user_name_leaves_room_for_the_interface() {
    let mut long = session();
    long.user = "a-very-long-name@example.com".into();
    let shown = vpdn(Dialect::V15, &[tunnel()], &[long]);
    assert!(
        shown.contains("45         7          55270      a-very-long-nam, Vi4 est    00:00:12 9"),
        "{shown}"
    );
}

fn tunnels(dialect: Dialect, protocol: Option<VpdnProtocol>, style: TunnelStyle) -> String {
    screen(|f| show_vpdn_tunnel(f, dialect, NOW, (protocol, style), &[tunnel()]))
}

#[test]
fn show_vpdn_tunnel_in_its_styles() {
    assert_eq!(
        tunnels(Dialect::V12_0, None, TunnelStyle::Table),
        "L2TP Tunnel Information (Total tunnels=1 sessions=1)\n\n\
             LocID RemID Remote Name   State  Remote Address  Port  Sessions\n\
             55270 17688 hgw           est    10.51.6.68      1701  1\n"
    );
    let table = tunnels(Dialect::V15, Some(VpdnProtocol::L2tp), TunnelStyle::Table);
    assert!(table.starts_with("L2TP Tunnel and Session Information Total tunnels 1 sessions 1\n\nLocTunID"));
    assert_eq!(
        tunnels(Dialect::V12_1, Some(VpdnProtocol::L2f), TunnelStyle::All),
        "%No active L2F tunnels\n"
    );
    assert_eq!(
        tunnels(Dialect::V15, Some(VpdnProtocol::Pptp), TunnelStyle::All),
        "%%No active PPTP tunnels\n"
    );
    let state = tunnels(Dialect::V12_1, None, TunnelStyle::State);
    assert!(
        state.ends_with("55270 17688 l2tp-gw       hgw           established      00:00:13\n"),
        "{state}"
    );
    let transport = tunnels(Dialect::V12_1, None, TunnelStyle::Transport);
    let row = "55270 UDP  17    10.51.6.82      1701  10.51.6.68      1701\n";
    assert!(transport.ends_with(row), "{transport}");
    let summary = tunnels(Dialect::V12_1, None, TunnelStyle::Summary);
    assert!(summary.contains("\nestablished      1       1\n"), "{summary}");
    assert!(summary.contains("\nidle             0       0\n"), "{summary}");
    let packets = tunnels(Dialect::V15, None, TunnelStyle::Packets);
    assert!(packets.ends_with("\n55270      5          4          424        206\n"), "{packets}");
}

fn sessions(dialect: Dialect, style: SessionStyle) -> String {
    screen(|f| show_vpdn_session(f, dialect, NOW, (None, style), &[tunnel()], &[session()]))
}

#[test]
fn show_vpdn_session_in_its_styles() {
    assert_eq!(
        sessions(Dialect::V15, SessionStyle::Table),
        "L2TP Session Information Total tunnels 1 sessions 1\n\n\
             LocID RemID TunID Intf          Username             State    Last Chg Uniq ID\n\
             45    7     55270 Vi4           2500-1               est      00:00:12  9\n"
    );
    assert_eq!(
        sessions(Dialect::V12_0, SessionStyle::Table),
        "L2TP Session Information (Total tunnels=1 sessions=1)\n\n\
             LocID RemID TunID Intf    Username             State  Last Chg Fastswitch\n\
             45    7     55270 Vi4     2500-1               est    00:00:12 enabled\n"
    );
    assert_eq!(
        sessions(Dialect::V15, SessionStyle::Packets),
        "L2TP Session Information Total tunnels 1 sessions 1\n\n\
             LocID      RemID      TunID      Pkts-In    Pkts-Out   Bytes-In   Bytes-Out\n\
             45         7          55270      18         17         1512       1428      \n"
    );
    let row = |style| sessions(Dialect::V12_1, style).lines().last().map(str::to_owned);
    let head = "45    7     55270 2500-1               ";
    assert_eq!(row(SessionStyle::State), Some(format!("{head}established     00:00:12")));
    assert_eq!(row(SessionStyle::Sequence), Some(format!("{head}off")));
    assert_eq!(row(SessionStyle::Interface), Some(format!("{head}Virtual-Access4")));
    assert_eq!(row(SessionStyle::Timers), Some(format!("{head}00:00:12")));
    assert_eq!(row(SessionStyle::Window), Some(format!("{head}none")));
}

#[test]
fn sessions_name_the_tunnels_that_carry_them() {
    let mut other = session();
    other.l2tp.id = SessionId { session: 46, ..session_id() };
    let shown = screen(|f| {
        show_vpdn_session(f, Dialect::V15, NOW, (None, SessionStyle::Table), &[], &[session(), other])
    });
    assert!(shown.starts_with("L2TP Session Information Total tunnels 1 sessions 2\n"), "{shown}");
}
