//! Definitions by tag and by pair, whole and broken.

use std::time::Duration;

use super::*;
use crate::config::views::{L2tpSettings, NoSession};
use crate::proto::radius::dictionary::find;
use crate::proto::radius::{AttributeKey, Value};

fn attribute(key: AttributeKey, tag: u8, value: Value) -> Decoded {
    let definition = find(key).expect("a row of the table");
    Decoded { definition, tag, value }
}

fn number(key: AttributeKey, tag: u8, value: u32) -> Decoded {
    attribute(key, tag, Value::Integer(value))
}

fn text(key: AttributeKey, tag: u8, value: &str) -> Decoded {
    attribute(key, tag, Value::Octets(value.into()))
}

fn pair(value: &str) -> Decoded {
    text(keys::CISCO_AVPAIR, 0, value)
}

fn lac(attributes: &[Decoded]) -> Tunnels {
    definitions(attributes, 0, Asker::Lac)
}

fn end(address: [u8; 4]) -> Endpoint {
    Endpoint::Address(address.into())
}

#[test]
fn two_tags_with_preferences_stand_in_the_order_of_the_preferences() {
    let found = lac(&[
        number(keys::TUNNEL_TYPE, 1, 3),
        number(keys::TUNNEL_MEDIUM_TYPE, 1, 1),
        text(keys::TUNNEL_SERVER_ENDPOINT, 1, "10.0.0.1"),
        number(keys::TUNNEL_PREFERENCE, 1, 20),
        text(keys::TUNNEL_ASSIGNMENT_ID, 1, "backup"),
        number(keys::TUNNEL_TYPE, 2, 3),
        text(keys::TUNNEL_SERVER_ENDPOINT, 2, "10.0.0.2"),
        text(keys::TUNNEL_CLIENT_ENDPOINT, 2, "10.9.0.1"),
        text(keys::TUNNEL_SERVER_AUTH_ID, 2, "lns"),
        text(keys::TUNNEL_PRIVATE_GROUP_ID, 2, "blue"),
        number(keys::TUNNEL_PREFERENCE, 2, 10),
        // Without a tag: for both.
        text(keys::TUNNEL_CLIENT_AUTH_ID, 0, "nas"),
        text(keys::TUNNEL_PASSWORD, 0, "secret"),
    ]);
    assert_eq!(found.problems, [] as [&str; 0]);
    let [first, second] = found.usable.as_slice() else { panic!("{found:?}") };
    assert_eq!(first.servers, [[end([10, 0, 0, 2])]]);
    assert_eq!(
        (first.client.clone(), first.server_name.as_deref(), first.group.as_deref()),
        (Some(end([10, 9, 0, 1])), Some("lns"), Some("blue"))
    );
    assert_eq!(second.servers, [[end([10, 0, 0, 1])]]);
    assert_eq!(second.assignment.as_deref(), Some("backup"));
    for definition in [first, second] {
        assert_eq!(definition.client_name.as_deref(), Some("nas"));
        assert_eq!(definition.password, Some(Secret::new("secret")));
    }
    assert!(first.pairs().contains(&"tunnel-private-group=blue".to_owned()));
    assert!(second.pairs().contains(&"tunnel-assignment=backup".to_owned()));
    assert!(!format!("{:?}{:?}", first.pairs(), found).contains("secret"), "a password is never printed");
}

#[test]
fn an_untagged_tunnel_beside_a_tagged_one_is_a_tunnel_of_its_own() {
    let found = lac(&[
        text(keys::TUNNEL_SERVER_ENDPOINT, 0, "10.0.0.1"),
        text(keys::TUNNEL_CLIENT_AUTH_ID, 0, "nas"),
        text(keys::TUNNEL_SERVER_ENDPOINT, 31, "10.0.0.2"),
    ]);
    let names: Vec<_> = found.usable.iter().map(|d| d.client_name.as_deref()).collect();
    assert_eq!(names, [Some("nas"), None]);
}

#[test]
fn what_cannot_be_a_tunnel_has_a_line_and_the_rest_is_used() {
    let found = definitions(
        &[
            number(keys::TUNNEL_TYPE, 1, 1),
            text(keys::TUNNEL_SERVER_ENDPOINT, 1, "10.0.0.1"),
            number(keys::TUNNEL_TYPE, 2, 99),
            text(keys::TUNNEL_SERVER_ENDPOINT, 2, "10.0.0.1"),
            number(keys::TUNNEL_MEDIUM_TYPE, 3, 6),
            text(keys::TUNNEL_SERVER_ENDPOINT, 3, "10.0.0.1"),
            number(keys::TUNNEL_TYPE, 4, 3),
            text(keys::TUNNEL_SERVER_ENDPOINT, 5, "10.0.0.500"),
            text(keys::TUNNEL_SERVER_ENDPOINT, 6, "10.0.0.6"),
            number(keys::TUNNEL_TYPE, 7, 2),
        ],
        3,
        Asker::Lac,
    );
    assert_eq!(found.usable.len(), 1);
    assert_eq!(found.usable[0].servers, [[end([10, 0, 0, 6])]]);
    assert_eq!(
        found.problems,
        [
            "3 attributes cannot be read",
            "tag 1: tunnel type pptp is not supported",
            "tag 2: tunnel type 99 is not supported",
            "tag 3: tunnel medium 6 is not supported",
            "tag 4: a tunnel without an address",
            "10.0.0.500 is no IP address",
            "tag 5: a tunnel without an address",
            "tag 7: tunnel type l2f is not supported",
        ]
    );
}

#[test]
fn an_lns_needs_no_address_but_something_about_a_tunnel() {
    let known = [text(keys::TUNNEL_CLIENT_AUTH_ID, 1, "nas"), text(keys::TUNNEL_PASSWORD, 1, "secret")];
    assert_eq!(definitions(&known, 0, Asker::Lns).usable.len(), 1);
    assert_eq!(definitions(&known, 0, Asker::Lac).usable.len(), 0);
    let template = definitions(&[pair("vpdn:vpdn-vtemplate=2")], 0, Asker::Lns);
    assert_eq!(template.usable[0].virtual_template, Some(2));
    assert_eq!(definitions(&[number(keys::SERVICE_TYPE, 0, 5)], 0, Asker::Lns), Tunnels::default());
}

#[test]
fn every_pair_with_an_effect_sets_something() {
    let values = [
        ("tunnel-type", "l2tp"),
        ("tunnel-id", "nas"),
        ("gw-name", "lns"),
        ("ip-addresses", "10.0.0.1"),
        ("source-ip", "10.9.0.1"),
        ("vpdn-group", "alpha"),
        ("vpdn-vtemplate", "2"),
        ("vpn-domain-list", "a.example,b.example"),
        ("l2tp-busy-disconnect", "no"),
        ("l2tp-tunnel-password", "secret"),
        ("l2tp-hello-interval", "30"),
        ("l2tp-nosession-timeout", "never"),
        ("l2tp-recv-win", "16"),
        ("l2tp-cm-local-window-size", "16"),
        ("l2tp-hidden-avp", "yes"),
        ("l2tp-tunnel-authen", "no"),
        ("l2tp-sequencing", "1"),
        ("l2tp-drop-out-of-order", "enabled"),
        ("l2tp-framing-capabilities", "sync"),
        ("l2tp-bearer-capabilities", "2"),
        ("l2tp-cm-min-timeout", "2"),
        ("l2tp-cm-max-timeout", "4"),
        ("l2tp-cm-retransmit-retries", "7"),
        ("l2tp-init-min-timeout", "2"),
        ("l2tp-init-max-timeout", "3"),
        ("l2tp-init-retransmit-retries", "1"),
        ("l2tp-busy-list-timeout", "60"),
        ("l2tp-tunnel-timeout-setup", "20"),
        ("l2tp-tx-speed", "2000000"),
        ("l2tp-rx-speed", "512000"),
    ];
    assert_eq!(values.len(), pairs::PAIR_COUNT);
    for (name, value) in values {
        let mut definition = TunnelDefinition::default();
        pairs::take(&mut definition, &AvPair::parse(&format!("vpdn:{name}={value}")).unwrap());
        assert_ne!(definition, TunnelDefinition::default(), "{name}");
        assert!(definition.problems.is_empty(), "{name}: {:?}", definition.problems);
        let mut wrong = TunnelDefinition::default();
        pairs::take(&mut wrong, &AvPair::parse(&format!("vpdn:{name}=")).unwrap());
        let free = ["tunnel-type", "ip-addresses", "vpn-domain-list"].contains(&name);
        assert_eq!(wrong.problems.is_empty(), free, "{name}");
    }
}

#[test]
fn domains_without_a_tag_are_known_beside_tunnels_with_one() {
    let found = [
        pair("vpdn:vpn-domain-list=a.example,b.example"),
        pair(":1:vpdn:ip-addresses=10.0.0.1"),
        pair(":2:vpdn:ip-addresses=10.0.0.2"),
    ];
    let usable = definitions(&found, 0, Asker::Port).usable;
    let domains = Some(vec!["a.example".to_owned(), "b.example".to_owned()]);
    assert_eq!(usable.into_iter().map(|d| d.domains).collect::<Vec<_>>(), [domains.clone(), domains]);
}

#[test]
fn the_pairs_of_a_tunnel_stand_in_place_of_the_settings_of_a_group() {
    let found = lac(&[
        pair("vpdn:ip-addresses=10.0.0.1"),
        pair("vpdn:l2tp-hello-interval=5"),
        pair("vpdn:l2tp-hello-interval=5000"),
        pair("vpdn:l2tp-nosession-timeout=never"),
        pair("vpdn:l2tp-busy-list-timeout=90"),
        pair("vpdn:l2tp-tx-speed=ancp"),
        pair("vpdn:vpn-vrf=red"),
        pair("vpdn:l2tp-nonsense=1"),
    ]);
    assert_eq!(
        found.problems,
        [
            "vpdn:l2tp-hello-interval has a wrong value",
            "vpdn:l2tp-tx-speed has a wrong value",
            "vpdn:vpn-vrf is not supported",
            "vpdn:l2tp-nonsense is unknown",
        ]
    );
    let mut settings = L2tpSettings { hidden: true, ..L2tpSettings::default() };
    found.usable[0].knobs.apply(&mut settings);
    assert_eq!(settings.hello, Duration::from_secs(5));
    assert_eq!(settings.no_session, Some(NoSession::Never));
    assert_eq!(settings.busy, Duration::from_secs(90));
    assert!(settings.hidden, "what is not said stays");
    assert_eq!(
        found.usable[0].knobs.pairs(),
        ["l2tp-hello-interval=5", "l2tp-nosession-timeout=never", "l2tp-busy-list-timeout=90"]
    );
}

/// RFC 2868 sections 3.3 and 3.4: a name or an address.
#[test]
fn an_end_is_an_address_or_a_name() {
    let name = |text: &str| Some(Endpoint::Name(text.to_owned()));
    for text in ["lns2.example.net", "lns", "2nd-lns.example", "lns_2"] {
        assert_eq!(Endpoint::parse(text), name(text));
    }
    for wrong in ["10.0.0.500", "1", "", "lns..example", "-lns", "lns.example.", "l n s", "fe80::1"] {
        assert_eq!(Endpoint::parse(wrong), None, "{wrong}");
    }
    let config = RouterConfig {
        hosts: vec![("lns2.example.net".to_owned(), vec![[10, 0, 0, 2].into(), [10, 0, 0, 3].into()])],
        ..RouterConfig::default()
    };
    let addresses = Endpoint::parse("LNS2.example.net").unwrap().addresses(&config);
    assert_eq!(addresses, [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3)]);
    assert!(Endpoint::parse("lns3.example.net").unwrap().addresses(&config).is_empty());
    let found = lac(&[
        text(keys::TUNNEL_SERVER_ENDPOINT, 1, "lns2.example.net"),
        text(keys::TUNNEL_CLIENT_ENDPOINT, 1, "lac.example.net"),
    ]);
    assert_eq!(found.problems, [] as [&str; 0]);
    let pairs = found.usable[0].pairs();
    assert!(pairs.contains(&"ip-addresses=lns2.example.net".to_owned()), "{pairs:?}");
    assert!(pairs.contains(&"source-ip=lac.example.net".to_owned()), "{pairs:?}");
}

#[test]
fn six_priorities_and_no_more() {
    let found = lac(&[pair(
        "vpdn:ip-addresses=10.0.0.1,10.0.0.2 10.0.0.3/10.0.0.4/10.0.0.5/10.0.0.6/10.0.0.7/10.0.0.8/10.0.0.9",
    )]);
    let levels: Vec<usize> = found.usable[0].servers.iter().map(Vec::len).collect();
    assert_eq!(levels, [3, 1, 1, 1, 1, 1]);
    assert_eq!(found.problems, ["more than six priorities of addresses"]);
    assert!(found.usable[0].pairs().contains(
        &"ip-addresses=10.0.0.1,10.0.0.2,10.0.0.3/10.0.0.4/10.0.0.5/10.0.0.6/10.0.0.7/10.0.0.8".to_owned()
    ));
}
