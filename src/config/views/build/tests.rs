use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::*;
use crate::config::store::Store;
use crate::proto::Dialect;
use crate::proto::ppp::AuthProtocol;

fn config(text: &str) -> RouterConfig {
    let mut store = Store::new();
    let reports = store.load(text);
    for report in reports {
        assert!(!matches!(report.verdict, crate::config::Verdict::Refused(_)), "{report:?}");
    }
    RouterConfig::from_store(&store)
}

#[test]
fn an_empty_store_is_a_router_with_every_default() {
    let config = RouterConfig::from_store(&Store::new());
    assert_eq!(config, RouterConfig::default());
}

#[test]
fn the_version_selects_the_dialect() {
    let dialect = |v: &str| config(&format!("version {v}\n")).dialect;
    assert_eq!(dialect("12.0"), Dialect::V12_0);
    assert_eq!(dialect("12.1"), Dialect::V12_1);
    assert_eq!(dialect("15.2"), Dialect::V15);
}

#[test]
fn an_lns_group_is_read_with_its_sub_group() {
    let config = config(
        "vpdn enable\nvpdn-group 1\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n terminate-from hostname hgw\n \
         local name l2tp-gw\n lcp renegotiation always\n no l2tp tunnel authentication\n l2tp tunnel hello 0\n l2tp \
         tunnel timeout no-session never\n",
    );
    assert!(config.vpdn.enable);
    let [group] = &config.groups[..] else { panic!("{:?}", config.groups) };
    assert_eq!(group.accept_dialin.as_ref().unwrap().virtual_template, Some(1));
    assert_eq!(group.terminate_from.as_deref(), Some("hgw"));
    assert_eq!(group.local_name.as_deref(), Some("l2tp-gw"));
    assert_eq!(group.lcp_renegotiation, LcpRenegotiation::Always);
    assert!(!group.l2tp.authentication);
    assert_eq!(group.l2tp.hello, Duration::ZERO);
    assert_eq!(group.l2tp.no_session, Some(NoSession::Never));
}

#[test]
fn a_lac_group_keeps_its_lns_list_in_order() {
    let config = config(
        "vpdn-group w\n request-dialin\n  protocol l2tp\n  domain a.com\n  dnis 5551\n initiate-to ip 10.0.0.1 limit 5 \
         priority 2\n initiate-to ip 10.0.0.2\n",
    );
    let group = &config.groups[0];
    let request = group.request_dialin.as_ref().unwrap();
    assert_eq!(
        (&request.domains[..], &request.dnis[..]),
        (&["a.com".to_owned()][..], &["5551".to_owned()][..])
    );
    assert_eq!(group.initiate_to[0].priority, Some(2));
    assert_eq!(group.initiate_to[1].address, Ipv4Addr::new(10, 0, 0, 2));
}

#[test]
fn interfaces_pools_routes_and_dialer_lines_are_read() {
    let config = config(
        "interface BRI0\n ip address 10.10.53.2 255.255.255.0\n encapsulation ppp\n dialer map ip 10.51.6.82 name lns \
         614629\n dialer-group 1\n isdn calling-number 2085730592\n ip tcp header-compression\n ppp authentication chap \
         callin\ninterface Virtual-Template1\n ip unnumbered BRI0\n peer default ip address pool p\n ppp authentication \
         ms-chap-v2 chap vpdn\nip local pool p 10.1.0.1 10.1.0.9\nip route 10.51.6.0 255.255.255.0 10.51.6.82\ndialer-list \
         1 protocol ip list 101\naccess-list 101 deny icmp any host 10.0.0.1\naccess-list 101 permit ip any any\n",
    );
    let bri = &config.interfaces[0];
    assert_eq!(bri.ip, IpAddress::Static("10.10.53.2/24".parse().unwrap()));
    assert_eq!(
        (bri.vj_slots, bri.isdn_number.as_deref(), bri.dialer.group),
        (Some(15), Some("2085730592"), Some(1))
    );
    assert_eq!(bri.dialer.maps[0].number, "614629");
    assert!(bri.ppp.authentication_callin);
    let template = &config.interfaces[1];
    assert_eq!(template.ppp.authentication, [AuthProtocol::MsChapV2, AuthProtocol::ChapMd5]);
    assert_eq!(template.ppp.authentication_list.as_deref(), Some("vpdn"));
    assert_eq!(template.peer_address, Some(PeerAddress::Pool(vec!["p".to_owned()])));
    assert_eq!(template.lines[0], "ip unnumbered BRI0");
    assert_eq!(config.pools[0].ranges, [(Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 1, 0, 9))]);
    assert_eq!(config.routes[0].via, RouteVia::Gateway(Ipv4Addr::new(10, 51, 6, 82)));
    assert_eq!(config.dialer_lists[0].rule, DialerRule::List(101));
    let [deny, permit] = &config.access_lists[0].entries[..] else { panic!() };
    assert_eq!((deny.permit, deny.protocol), (false, Some(1)));
    assert!(permit.permit && permit.protocol.is_none());
}

#[test]
fn both_forms_of_a_radius_server_are_read() {
    let config = config(
        "interface Ethernet0\n ip address 10.0.0.9 255.255.255.0\naaa new-model\naaa authentication ppp vpdn group g \
         local\naaa group server radius g\n server name one\nradius-server host 10.0.0.1 auth-port 1812 key k\nradius \
         server one\n address ipv4 10.0.0.2 auth-port 1645 acct-port 1646\n key s\nip radius source-interface \
         Ethernet0\nno radius-server message-authenticator\nusername u password p\nusername u privilege 15\n",
    );
    let aaa = &config.aaa;
    assert!(aaa.new_model && !aaa.message_authenticator);
    assert_eq!(aaa.authentication_ppp[0].methods, [Method::Group("g".into()), Method::Local]);
    assert_eq!(aaa.servers.len(), 2);
    assert_eq!((aaa.servers[0].auth_port, aaa.servers[1].auth_port), (1812, 1645));
    assert_eq!((aaa.server_groups[0].name.as_str(), aaa.server_groups[0].deadtime), ("g", None));
    assert_eq!(aaa.server_groups[0].servers[0].server, aaa.servers[1]);
    assert_eq!(aaa.source, Some(Ipv4Addr::new(10, 0, 0, 9)));
    assert_eq!((aaa.users[0].password.as_deref(), aaa.users[0].privilege), (Some("p"), 15));
}

#[test]
fn groups_name_servers_by_address_and_ports_and_have_their_own() {
    let config = config(
        "radius-server host 10.0.0.1 auth-port 1812 acct-port 1813 key k\nradius-server host 10.0.0.2 auth-port 1645 \
         acct-port 1646\naaa group server radius g\n server 10.0.0.1 auth-port 1812 acct-port 1813\n server \
         10.0.0.2\n server 10.0.0.3\n server-private 10.0.0.1 key other\n deadtime 3\naaa group server radius \
         h\n server 10.0.0.1\n server 10.0.0.2 auth-port 1812\n",
    );
    let groups = &config.aaa.server_groups;
    let ports = |group: &RadiusGroup| {
        group.servers.iter().map(|s| (s.server.auth_port, s.private)).collect::<Vec<_>>()
    };
    assert_eq!(ports(&groups[0]), [(1812, false), (1645, false), (1645, true)]);
    assert_eq!(groups[0].deadtime, Some(Duration::from_secs(180)));
    assert_eq!(ports(&groups[1]), [(1812, false)], "an address alone is enough, other ports are not");
    assert_eq!(groups[0].servers[2].server.key.as_deref(), Some("other"));
}

#[test]
fn dynamic_author_is_read() {
    let config = config(
        "aaa server radius dynamic-author\n client 10.0.0.3 server-key one\n client 10.0.0.4\n server-key 7 \
         094F471A1A0A\n port 3799\n auth-type any\n ignore session-key\n ignore server-key\n",
    );
    let dynamic = config.aaa.dynamic_author.unwrap();
    assert_eq!((dynamic.port, dynamic.auth_type), (3799, AuthType::Any));
    assert!(dynamic.ignore_session_key && dynamic.ignore_server_key);
    assert_eq!(dynamic.key.as_ref().and_then(|key| key.clear()), Some("cisco"));
    assert_eq!(dynamic.clients[0].1.as_ref().and_then(|key| key.clear()), Some("one"));
    assert_eq!(dynamic.clients[1], ([10, 0, 0, 4].into(), None));
}

#[test]
fn what_requests_carry_is_read() {
    let config = config(
        "hostname NAS1\nip domain-name example.com\nradius-server attribute 8 include-in-access-req\nradius-server \
         attribute 32 include-in-access-req\nradius-server attribute 44 include-in-access-req\nradius-server vsa \
         send accounting\nradius-server dead-criteria tries 3\n",
    );
    let extras = &config.aaa.extras;
    assert!(extras.framed_ip && extras.session_id && extras.vsa_accounting && !extras.vsa_authentication);
    assert_eq!(extras.identifier.as_deref(), Some("NAS1.example.com"));
    assert!(!extras.hides_nas_port && !extras.extended_nas_port && extras.nas_port_format.is_none());
    let criteria = config.aaa.dead_criteria.unwrap();
    assert_eq!((criteria.tries, criteria.time), (3, Duration::from_secs(10)));
}

#[test]
fn accounting_on_is_the_first_record_unless_it_need_not_be() {
    let unordered = |text: &str| config(text).aaa.accounting.on_in_any_place;
    assert!(!unordered("aaa new-model\n") && !unordered("aaa accounting system guarantee-first\n"));
    assert!(unordered("no aaa accounting system guarantee-first\n"));
}

#[test]
fn how_the_port_is_written_is_read() {
    let extras = |text: &str| config(text).aaa.extras;
    assert!(extras("no radius-server attribute nas-port\n").hides_nas_port);
    assert!(extras("aaa nas port extended\n").extended_nas_port);
    for (letter, format) in [
        ("a", Some(NasPortFormat::Standard)),
        ("b", Some(NasPortFormat::Extended)),
        ("c", None),
        ("d", None),
        ("e SSSSAPPPUUUUUUUUUUUUUUUUUUUUUUUU type 32", None),
    ] {
        let line = format!("radius-server attribute nas-port format {letter}\n");
        assert_eq!(extras(&line).nas_port_format, format, "{letter}");
    }
}

#[test]
fn the_format_of_nas_identifier_is_filled_in() {
    let identifier = |text: &str| config(text).aaa.extras.identifier;
    let line = "radius-server attribute 32 include-in-access-req";
    assert_eq!(identifier(&format!("hostname NAS1\n{line}\n")).as_deref(), Some("NAS1"));
    assert_eq!(identifier(&format!("hostname N\n{line} format %h at %i\n")).as_deref(), Some("N at %i"));
    assert_eq!(identifier("hostname NAS1\n"), None);
}

#[test]
fn lines_stamps_and_logging_are_read() {
    let config = config(
        "service timestamps debug datetime msec\nservice timestamps log uptime\nlogging buffered 8192 warnings\nno logging \
         console\nclock timezone CET 1\nline con 0\n exec-timeout 0 0\nline vty 0 4\n exec-timeout 5\nline vty 2\n \
         exec-timeout 0 30\nline vty 5 15\n no exec-timeout\nline vty 15\n default exec-timeout\n",
    );
    let system = &config.system;
    let full = StampForm::Datetime { msec: true, show_timezone: false, localtime: false };
    assert_eq!((system.debug_stamp, system.log_stamp), (full, StampForm::Uptime));
    assert_eq!((system.logging.buffered, system.logging.console), (Some((4, 8192)), None));
    assert_eq!(system.timezone, Some(("CET".to_owned(), 60)));
    let lines = [None, Some(0), Some(1), Some(2), Some(3), Some(5), Some(15), Some(16)];
    let timeouts = lines.map(|vty| system.exec_timeouts.of(vty).as_secs());
    assert_eq!(timeouts, [0, 300, 300, 30, 300, 0, 600, 600]);
}
