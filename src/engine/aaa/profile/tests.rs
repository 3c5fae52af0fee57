use super::*;

fn route(text: &str) -> Option<(String, Option<String>, u8)> {
    let route = UserRoute::parse(text)?;
    Some((route.network.to_string(), route.gateway.map(|g| g.to_string()), route.distance))
}

#[test]
fn routes_of_both_forms() {
    let good = [
        ("192.168.1.0/24 192.168.1.1 1 2 -1 3 400", "192.168.1.0/24", Some("192.168.1.1"), 1),
        ("10.9.8.7/24 0.0.0.0 7", "10.9.8.0/24", None, 7),
        ("10.0.0.0 255.0.0.0", "10.0.0.0/8", None, 1),
        ("10.1.0.0 255.255.0.0 10.2.0.1 3", "10.1.0.0/16", Some("10.2.0.1"), 3),
        ("192.168.7.0", "192.168.7.0/24", None, 1),
        ("172.16.0.0 172.17.0.1", "172.16.0.0/16", Some("172.17.0.1"), 1),
        ("0.0.0.0 0.0.0.0 10.0.0.1", "0.0.0.0/0", Some("10.0.0.1"), 1),
        ("0.0.0.0/0", "0.0.0.0/0", None, 1),
    ];
    for (text, network, gateway, distance) in good {
        assert_eq!(route(text), Some((network.to_owned(), gateway.map(str::to_owned), distance)), "{text}");
    }
    for bad in [
        "",
        "x",
        "10.0.0.0/33",
        "10.0.0.0/8 10.0.0.1 0",
        "10.0.0.0/8 10.0.0.1 300",
        "10.0.0.0/8 x",
        "vrf a 1.0.0.0/8",
        "230.0.0.0",
        // A mask that leaves bits of the address out is no next hop.
        "10.1.1.1 255.255.255.0",
        "10.1.1.1 255.255.255.0 10.0.0.1",
    ] {
        assert_eq!(route(bad), None, "{bad}");
    }
}

fn pair(text: &str) -> AvPair {
    AvPair::parse(text).expect("a pair")
}

#[test]
fn pairs_are_told_apart_by_numbers() {
    let mut profile = UserProfile::default();
    for text in [
        "ip:route#1=10.1.0.0 255.255.0.0",
        "ip:route#2=10.2.0.0 255.255.0.0",
        "ip:inacl#10=permit ip any any",
        "lcp:interface-config#1=ip mtu 1400\\nno keepalive",
        "lcp:interface-config*keepalive 30",
        "ppp:multilink*1",
    ] {
        profile.take_pair(pair(text), text);
    }
    assert_eq!(profile.routes, ["10.1.0.0 255.255.0.0", "10.2.0.0 255.255.0.0"]);
    let lines: Vec<(String, bool)> = profile.interface_lines().collect();
    let wanted = [("ip mtu 1400", true), ("no keepalive", true), ("keepalive 30", false)];
    assert_eq!(lines, wanted.map(|(line, must)| (line.to_owned(), must)));
    assert_eq!(profile.access_list(Direction::In, "Vi1#0").as_deref(), Some("Vi1#0"));
    assert_eq!(profile.access_list(Direction::Out, "Vi1#1"), None);
}

#[test]
fn a_filter_without_a_direction_is_for_packets_to_the_user() {
    let named = |filters: &[&str], direction| {
        let filters = filters.iter().map(|f| (*f).to_owned()).collect();
        UserProfile { filters, ..UserProfile::default() }.access_list(direction, "own")
    };
    assert_eq!(named(&["101"], Direction::Out).as_deref(), Some("101"));
    assert_eq!(named(&["101"], Direction::In), None);
    assert_eq!(named(&["a.in", "b.out"], Direction::In).as_deref(), Some("a"));
    assert_eq!(named(&["a.in", "b.out"], Direction::Out).as_deref(), Some("b"));
    assert_eq!(named(&["a.in"], Direction::Out), None);
}

#[test]
fn an_attribute_list_is_a_profile() {
    let attribute = |name: &str, value: &str, service: Option<&str>, protocol: Option<&str>| ListAttribute {
        name: name.to_owned(),
        value: value.to_owned(),
        service: service.map(str::to_owned),
        protocol: protocol.map(str::to_owned),
        mandatory: true,
    };
    let list = AttributeList {
        name: "one".to_owned(),
        attributes: vec![
            attribute("addr-pool", "small", Some("ppp"), Some("ip")),
            attribute("interface-config", "ip mtu 1400", Some("ppp"), Some("lcp")),
            attribute("timeout", "60", None, None),
            attribute("idletime", "30", None, None),
            attribute("route", "10.9.0.0 255.255.0.0", None, None),
            attribute("addr", "10.0.0.9", Some("shell"), None),
            attribute("service-type", "framed", None, None),
        ],
    };
    let profile = UserProfile::from_list(&list);
    assert!(profile.from_list && !profile.from_radius);
    assert_eq!(profile.pool.as_deref(), Some("small"));
    assert_eq!(profile.session_timeout, Some(Duration::from_secs(60)));
    assert_eq!(profile.idle_timeout, Some(Duration::from_secs(30)));
    assert_eq!(profile.framed_ip, None, "an attribute of another service");
    assert_eq!(profile.service_type, Some(2));
    assert_eq!(profile.interface_lines().collect::<Vec<_>>(), [("ip mtu 1400".to_owned(), true)]);
    assert_eq!(profile.user_routes(Ipv4Addr::new(10, 0, 0, 1)).0.len(), 1);
}

#[test]
fn a_netmask_is_a_route_to_the_users_network() {
    let peer = Ipv4Addr::new(10, 7, 7, 9);
    let of = |mask: [u8; 4]| UserProfile { netmask: Some(mask.into()), ..UserProfile::default() };
    let networks = |profile: &UserProfile| -> Vec<String> {
        profile.user_routes(peer).0.iter().map(|r| r.network.to_string()).collect()
    };
    assert_eq!(networks(&of([255, 255, 255, 0])), ["10.7.7.0/24"]);
    assert_eq!(networks(&of([255, 255, 255, 255])), [] as [&str; 0]);
    assert_eq!(of([255, 0, 255, 0]).user_routes(peer).1, ["netmask"]);
}

#[test]
fn a_number_or_a_name_is_a_list_of_the_router() {
    let with = |text: &str| {
        let mut profile = UserProfile::default();
        profile.take_pair(pair(text), text);
        profile.access_list(Direction::In, "Vi1#0")
    };
    assert_eq!(with("ip:inacl=101").as_deref(), Some("101"));
    assert_eq!(with("ip:inacl#1=permit ip any any").as_deref(), Some("Vi1#0"));
}

#[test]
fn what_cannot_be_had_is_noted_and_leaves_what_is_known() {
    let mut profile = UserProfile { from_radius: true, ..UserProfile::default() };
    let good = Ipv4Addr::new(10, 0, 0, 1);
    profile.framed_ip = Some(FramedIp::Address(good));
    for text in ["ip:addr=10.0.0.x", "ip:dns-servers=1.2.3.4,\u{1b}[2J", "ip:nonsense=1", "shell:priv-lvl=15"]
    {
        profile.take_pair(pair(text), text.split(['=']).next().unwrap());
    }
    assert_eq!(profile.framed_ip, Some(FramedIp::Address(good)));
    assert_eq!(profile.dns, [Ipv4Addr::new(1, 2, 3, 4)]);
    let noted: Vec<(&str, bool)> = profile.problems.iter().map(|p| (p.what.as_str(), p.must)).collect();
    assert_eq!(noted, [("ip:addr 10.0.0.x", false), ("ip:dns-servers .[2J", false), ("ip:nonsense", false)]);
}

#[test]
fn attributes_of_the_exchange_ask_for_nothing() {
    use crate::proto::radius::dictionary::find_name;
    let problem = |name: &str, number: u32| {
        let mut profile = UserProfile::default();
        profile.take(find_name(name).unwrap().key, &Value::Integer(number));
        profile.problems.pop().map(|problem| problem.what)
    };
    for (name, number) in [
        ("Framed-Compression", 0),
        ("Framed-Routing", 0),
        ("Termination-Action", 0),
        ("Tunnel-Preference", 5),
        ("NAS-Port", 5),
        ("Acct-Interim-Interval", 60),
    ] {
        assert_eq!(problem(name, number), None, "{name}");
    }
    for name in ["Framed-Compression", "Framed-Routing", "Termination-Action", "Port-Limit"] {
        assert_eq!(problem(name, 1).as_deref(), Some(name));
    }
    assert_eq!(problem("Acct-Interim-Interval", 59).as_deref(), Some("Acct-Interim-Interval 59"));
}

#[test]
fn no_debug_of_a_profile_has_its_secrets() {
    let mut profile = UserProfile::default();
    for text in ["lcp:interface-config=ppp chap password 0 topsecret", "vpdn:l2tp-tunnel-password=topsecret"]
    {
        profile.take_pair(pair(text), text);
    }
    assert!(!format!("{profile:?}").contains("topsecret"), "{profile:?}");
}
