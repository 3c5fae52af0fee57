//! Calls by domain: tunnels from RADIUS, load sharing, failover, the dead cache, users that the LAC asks for itself.

use std::time::Duration;

use super::lab::*;
use super::radius;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;
use crate::proto::Instant;
use crate::proto::entropy::Seeded;
use crate::proto::ppp::AuthProtocol;

pub const SECOND: usize = 3;
pub const SECOND_ADDRESS: [u8; 4] = [10, 51, 6, 83];

const USER: &str = "\nuser@alpha.example Cleartext-Password := \"cisco\"\n  Service-Type = Framed-User, Framed-Protocol = PPP, \
                    Framed-IP-Address = 255.255.255.255\n";

/// Two LNSs for alpha.example, the first one preferred.
pub const PREFERRED: &str = r#"
alpha.example Cleartext-Password := "cisco"
    Tunnel-Type:1 = L2TP, Tunnel-Medium-Type:1 = IPv4, Tunnel-Server-Endpoint:1 = "10.51.6.83",
    Tunnel-Preference:1 = 20, Tunnel-Client-Auth-Id:1 = "hgw", Tunnel-Password:1 = "hello",
    Tunnel-Type:2 = L2TP, Tunnel-Medium-Type:2 = IPv4, Tunnel-Server-Endpoint:2 = "10.51.6.82",
    Tunnel-Preference:2 = 10, Tunnel-Client-Auth-Id:2 = "hgw", Tunnel-Password:2 = "hello"
"#;

/// The same by AV pairs, with more of them.
pub fn pairs(addresses: &str, more: &[&str]) -> String {
    let mut text = format!(
        "alpha.example Cleartext-Password := \"cisco\"\n  Cisco-AVPair = \"vpdn:tunnel-type=l2tp\",\n  \
         Cisco-AVPair += \"vpdn:tunnel-id=hgw\",\n  Cisco-AVPair += \"vpdn:l2tp-tunnel-password=hello\",\n  \
         Cisco-AVPair += \"vpdn:ip-addresses={addresses}\""
    );
    for pair in more {
        text += &format!(",\n  Cisco-AVPair += \"vpdn:{pair}\"");
    }
    text + "\n"
}

/// A LAC that looks domains up, two LNSs, and a user of alpha.example.
pub fn wholesale(tunnels: &str) -> World {
    let mut user = soho();
    user.hostname = "user@alpha.example".to_owned();
    let mut nas = lac();
    nas.vpdn.search_order = vec![SearchKey::Domain];
    nas.vpdn.logging = VpdnLogging { enable: true, dead_cache: true, ..VpdnLogging::default() };
    let mut world = World::new();
    world.add(1, None, user);
    world.add(2, Some([10, 51, 6, 68]), nas);
    world.add(3, Some(LNS_ADDRESS), lns());
    let mut second = lns();
    second.interfaces[0].ip = IpAddress::Static(net(SECOND_ADDRESS, 24));
    second.groups[0].local_name = Some("second-gw".to_owned());
    world.add_with(Box::new(Seeded::new(9)), Some(SECOND_ADDRESS), second);
    wire_up(&mut world);
    world.radius.file = radius::file(&format!("{tunnels}{USER}"));
    world
}

pub fn hang_up(world: &mut World) {
    let now = world.now;
    world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
}

/// Hangs up, and waits until the tunnel is gone.
pub fn finish(world: &mut World) {
    hang_up(world);
    world.seconds(40);
}

pub fn settle(world: &mut World) {
    world.seconds(180);
    world.assert_quiet();
}

/// The user dials and waits; which LNS has the call.
pub fn call(world: &mut World) -> Option<usize> {
    world.ping(SOHO, LNS_ADDRESS);
    for _ in 0..60 {
        if let Some(lns) = holder(world) {
            return Some(lns);
        }
        world.seconds(1);
    }
    None
}

fn holder(world: &World) -> Option<usize> {
    [LNS, SECOND].into_iter().find(|n| !world.nodes[*n].engine.callers().is_empty())
}

fn switch_off(world: &mut World, off: &'static [usize]) {
    world.lose = Box::new(move |node, _| off.contains(&node));
}

/// The lines of a node that speak of tunnels: VPDN's, the look-up's, and `%VPDN`.
fn vpdn_lines(world: &World, node: usize) -> Vec<String> {
    let wanted = |line: &&str| line.contains("VPDN");
    let mut lines: Vec<String> = world.log(node).into_iter().filter(wanted).map(str::to_owned).collect();
    for line in &mut lines {
        // The id of a look-up is drawn.
        if let (Some(open), Some(close)) = (line.find(" ("), line.find(')'))
            && line.contains("AAA/AUTHOR")
        {
            line.replace_range(open..=close, "");
        }
    }
    lines
}

fn since(world: &World, node: usize, a: &str, b: &str) -> Duration {
    world.time_of(node, b).duration_since(world.time_of(node, a))
}

#[test]
fn two_tags_the_preferred_lns_does_not_answer_and_the_other_one_takes_the_call() {
    let mut world = wholesale(PREFERRED);
    switch_off(&mut world, &[LNS]);
    assert_eq!(call(&mut world), Some(SECOND));
    assert_eq!(
        vpdn_lines(&world, LAC),
        [
            "Se0:0 VPDN: Got DNIS string 614629",
            "Se0:0 VPDN: Looking for tunnel -- alpha.example --",
            "Se0:0 AAA/AUTHOR/VPDN: Port='Serial0:0' list='default' service=NET",
            "AAA/AUTHOR/VPDN: Se0:0 user='alpha.example'",
            "Se0:0 AAA/AUTHOR/VPDN: send AV service=ppp",
            "Se0:0 AAA/AUTHOR/VPDN: send AV protocol=vpdn",
            "Se0:0 AAA/AUTHOR/VPDN: found list \"default\"",
            "Se0:0 AAA/AUTHOR/VPDN: Method=radius (radius)",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV service=ppp",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV protocol=vpdn",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-type=l2tp",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-id=hgw",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV ip-addresses=10.51.6.82",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV l2tp-tunnel-password=*",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-type=l2tp",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-id=hgw",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV ip-addresses=10.51.6.83",
            "Se0:0 AAA/AUTHOR/VPDN: Processing AV l2tp-tunnel-password=*",
            "Se0:0 VPDN/RPMS/: Got tunnel info for alpha.example",
            "Se0:0 VPDN/RPMS/:   LAC hgw",
            "Se0:0 VPDN/RPMS/:   l2tp-busy-disconnect yes",
            "Se0:0 VPDN/RPMS/:   l2tp-tunnel-password xxxxxx",
            "Se0:0 VPDN/RPMS/:   IP 10.51.6.82",
            "Se0:0 VPDN/RPMS/:   LAC hgw",
            "Se0:0 VPDN/RPMS/:   l2tp-busy-disconnect yes",
            "Se0:0 VPDN/RPMS/:   l2tp-tunnel-password xxxxxx",
            "Se0:0 VPDN/RPMS/:   IP 10.51.6.83",
            "Se0:0 VPDN/ : curlvl 1 Address 0: 10.51.6.82, priority 1",
            "Se0:0 VPDN/ : curlvl 2 Address 0: 10.51.6.83, priority 2",
            "Se0:0 VPDN/ : Select non-active address 10.51.6.82, priority 1",
            "Se0:0 VPDN: Find LNS process created",
            "Se0:0 VPDN: Forward to address 10.51.6.82",
            "Se0:0 VPDN: Pending",
            "Se0:0 VPDN: Process created",
            "%VPDN-6-DEADCACHE_CHANGE: LSG dead cache entry 10.51.6.82 added",
            "%VPDN-5-UNREACH: L2TP LNS 10.51.6.82 is unreachable",
            "Se0:0 VPDN: LNS 10.51.6.82 is unreachable",
            "Se0:0 VPDN/ : Select non-active address 10.51.6.83, priority 2",
            "Se0:0 VPDN: Find LNS process created",
            "Se0:0 VPDN: Forward to address 10.51.6.83",
            "Se0:0 VPDN: Pending",
            "Se0:0 VPDN: Process created",
        ]
    );
    // SCCRQ after 0, 1 and 3 s, given up 4 s later.
    let time = since(&world, LAC, "Forward to address 10.51.6.82", "Forward to address 10.51.6.83");
    assert_eq!(time, Duration::from_secs(7));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn the_dead_cache_passes_an_lns_over_until_its_time_is_up() {
    let mut world = wholesale(&pairs("10.51.6.82/10.51.6.83", &["l2tp-busy-list-timeout=120"]));
    switch_off(&mut world, &[LNS]);
    assert_eq!(call(&mut world), Some(SECOND));
    let [(address, left)] = world.nodes[LAC].engine.busy_lns()[..] else { panic!("one LNS is dead") };
    assert_eq!(address.octets(), LNS_ADDRESS);
    assert!(left > Duration::from_secs(100) && left < Duration::from_secs(120), "{left:?}");
    finish(&mut world);
    world.nodes[LAC].lines.clear();
    switch_off(&mut world, &[]);
    // It answers again, but it is not asked.
    assert_eq!(call(&mut world), Some(SECOND));
    assert!(!world.has(LAC, "Forward to address 10.51.6.82"));
    finish(&mut world);
    world.seconds(60);
    assert!(world.has(LAC, "%VPDN-6-DEADCACHE_CHANGE: LSG dead cache entry 10.51.6.82 deleted"));
    assert!(world.nodes[LAC].engine.busy_lns().is_empty());
    assert_eq!(call(&mut world), Some(LNS));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn clearing_the_dead_cache_brings_an_lns_back_at_once() {
    let mut world = wholesale(PREFERRED);
    switch_off(&mut world, &[LNS]);
    assert_eq!(call(&mut world), Some(SECOND));
    finish(&mut world);
    switch_off(&mut world, &[]);
    world.nodes[LAC].engine.clear_busy(&[LNS_ADDRESS.into(), [9, 9, 9, 9].into()]);
    world.drain(LAC);
    assert!(world.has(LAC, "LSG dead cache entry 10.51.6.82 cleared"));
    assert!(!world.has(LAC, "9.9.9.9"));
    assert_eq!(call(&mut world), Some(LNS));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn when_every_lns_is_busy_they_are_tried_all_the_same() {
    // Both are given up before the user gives up.
    let mut world = wholesale(&pairs("10.51.6.82/10.51.6.83", &["l2tp-init-retransmit-retries=1"]));
    switch_off(&mut world, &[LNS, SECOND]);
    assert_eq!(call(&mut world), None);
    assert!(world.has(LAC, "Session closed: No LNS could be reached"));
    assert_eq!(world.nodes[LAC].engine.busy_lns().len(), 2);
    finish(&mut world);
    switch_off(&mut world, &[]);
    assert_eq!(call(&mut world), Some(LNS));
    assert_eq!(world.nodes[LAC].engine.busy_lns().len(), 1, "who answers is dead no more");
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn the_last_of_six_priorities_takes_the_call() {
    let addresses = "10.0.0.1/10.0.0.2/10.0.0.3/10.0.0.4,10.0.0.5/10.51.6.99/10.51.6.83/10.51.6.82";
    let quick = ["l2tp-init-retransmit-retries=1", "l2tp-init-max-timeout=1"];
    let mut world = wholesale(&pairs(addresses, &quick));
    assert_eq!(call(&mut world), Some(SECOND), "{:#?}", vpdn_lines(&world, LAC));
    assert!(world.has(LAC, "AAA/AUTHOR/VPDN: more than six priorities of addresses"));
    for line in [
        "curlvl 1 Address 0: 10.0.0.1, priority 1",
        "curlvl 4 Address 0: 10.0.0.4, priority 4",
        "curlvl 4 Address 1: 10.0.0.5, priority 4",
        "curlvl 6 Address 0: 10.51.6.83, priority 6",
        "Select non-active address 10.0.0.5, priority 4",
    ] {
        assert!(world.has(LAC, line), "{line}");
    }
    assert!(!world.has(LAC, "10.51.6.82, priority"), "the seventh is ignored");
    // Two SCCRQs a second apart: two seconds for each of six.
    let time = since(&world, LAC, "Forward to address 10.0.0.1", "Forward to address 10.51.6.83");
    assert_eq!(time, Duration::from_secs(12));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn a_thousand_calls_by_a_seed_are_shared() {
    let mut world = wholesale(&pairs("10.51.6.82,10.51.6.83", &["l2tp-nosession-timeout=0"]));
    let mut counts = [0; 4];
    for _ in 0..1000 {
        counts[call(&mut world).expect("a call")] += 1;
        finish(&mut world);
        for node in &mut world.nodes {
            node.lines.clear();
        }
    }
    assert_eq!(counts[LNS] + counts[SECOND], 1000);
    assert!((450..=550).contains(&counts[LNS]), "{counts:?}");
    settle(&mut world);
}

#[test]
fn an_lns_with_an_open_tunnel_waits_until_the_other_one_has_one_too() {
    let stay = ["l2tp-nosession-timeout=never"];
    let mut world = wholesale(&pairs("10.51.6.82 10.51.6.83", &stay));
    for lns in [LNS, SECOND] {
        world.change(lns, |c| c.groups[0].l2tp.no_session = Some(NoSession::Never));
    }
    let first = call(&mut world).expect("a call");
    finish(&mut world);
    let second = call(&mut world).expect("a call");
    assert_ne!(first, second, "each gets a tunnel");
    finish(&mut world);
    assert_eq!(world.nodes[LAC].engine.tunnels().len(), 2);
    world.nodes[LAC].lines.clear();
    call(&mut world).expect("a call");
    assert!(world.has(LAC, "VPDN/ : Select active address"));
    finish(&mut world);
    for node in [LAC, LNS, SECOND] {
        let now = world.now;
        world.nodes[node].engine.clear_tunnel(now, &TunnelSelector::All);
        world.drain(node);
    }
    settle(&mut world);
}

#[test]
fn a_wrong_tunnel_password_from_radius_fails_over() {
    let wrong = PREFERRED.replace("Tunnel-Password:2 = \"hello\"", "Tunnel-Password:2 = \"wrong\"");
    let mut world = wholesale(&wrong);
    assert_eq!(call(&mut world), Some(SECOND));
    assert!(world.has(LAC, "%VPDN-6-AUTHENFAIL: L2TP NAS hgw, authentication failure for tunnel"));
    assert!(world.has(LAC, "%VPDN-6-DEADCACHE_CHANGE: LSG dead cache entry 10.51.6.82 added"));
    let time = since(&world, LAC, "Forward to address 10.51.6.82", "Forward to address 10.51.6.83");
    assert!(time < Duration::from_millis(50), "{time:?}");
    let (_, history) = world.nodes[LAC].engine.history();
    assert_eq!(history.last().map(|h| h.kind), Some(FailureType::TunnelAuthentication));
    assert!(!world.log(LAC).iter().any(|line| line.contains("wrong")), "no secret is printed");
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn an_lns_with_another_name_than_radius_says_is_left() {
    let named = PREFERRED.replace(
        "Tunnel-Preference:2 = 10",
        "Tunnel-Preference:2 = 10, Tunnel-Server-Auth-Id:2 = \"other-gw\"",
    );
    let mut world = wholesale(&named);
    assert_eq!(call(&mut world), Some(SECOND));
    assert!(world.has(LAC, "authentication failure for tunnel l2tp-gw; Unexpected name"));
    assert!(world.has(LNS, "I StopCCN from hgw"), "{:#?}", world.log(LNS));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn an_lns_without_room_is_busy_and_the_next_one_takes_the_call_at_once() {
    for (more, busy) in [("l2tp-busy-disconnect=yes", 1), ("l2tp-busy-disconnect=no", 0)] {
        let mut world = wholesale(&pairs("10.51.6.82/10.51.6.83", &[more]));
        world.change(LNS, |c| c.groups[0].session_limit = Some(0));
        assert_eq!(call(&mut world), Some(SECOND));
        assert_eq!(world.nodes[LAC].engine.busy_lns().len(), busy, "{more}");
        assert_eq!(world.has(LAC, "VPDN: LNS 10.51.6.82 is busy"), busy == 1);
        let time = since(&world, LAC, "Forward to address 10.51.6.82", "Forward to address 10.51.6.83");
        assert!(time < Duration::from_millis(100), "{time:?}");
        let ended = world.nodes[LAC].engine.aaa_sessions().iter().map(|view| view.end).collect::<Vec<_>>();
        assert_eq!(ended, [None], "the first LNS has refused a session, it has not ended the call");
        finish(&mut world);
        settle(&mut world);
    }
}

#[test]
fn an_lns_that_dies_with_an_open_tunnel_is_passed_over_by_the_next_call() {
    let stay = ["l2tp-nosession-timeout=never", "l2tp-hello-interval=0"];
    let mut world = wholesale(&pairs("10.51.6.82/10.51.6.83", &stay));
    world.change(LNS, |c| c.groups[0].l2tp.no_session = Some(NoSession::Never));
    assert_eq!(call(&mut world), Some(LNS));
    finish(&mut world);
    world.nodes[LAC].lines.clear();
    switch_off(&mut world, &[LNS]);
    // The user is as patient as the LAC: ten seconds.
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(2);
    hang_up(&mut world);
    world.seconds(1);
    assert_eq!(holder(&world), None);
    assert_eq!(world.nodes[LAC].engine.tunnels().len(), 1, "it is not given up yet");
    assert_eq!(call(&mut world), Some(SECOND));
    assert!(world.has(LAC, "Se0:0 VPDN: LNS 10.51.6.82 does not answer"));
    let time = since(&world, LAC, "LNS 10.51.6.82 does not answer", "Forward to address 10.51.6.83");
    assert_eq!(time, Duration::ZERO);
    switch_off(&mut world, &[]);
    for node in [LAC, LNS] {
        let now = world.now;
        world.nodes[node].engine.clear_tunnel(now, &TunnelSelector::All);
        world.drain(node);
    }
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn limits_and_priorities_of_a_group_are_those_of_the_same_engine() {
    let mut world = wholesale("");
    world.change(LAC, |c| {
        let to = |address: [u8; 4], limit, priority| InitiateTo {
            address: address.into(),
            limit,
            priority: Some(priority),
        };
        c.groups.push(VpdnGroup {
            name: "alpha".to_owned(),
            request_dialin: Some(RequestDialin {
                protocol: Some(VpdnProtocol::L2tp),
                domains: vec!["alpha.example".to_owned()],
                ..RequestDialin::default()
            }),
            initiate_to: vec![to(SECOND_ADDRESS, Some(5), 2), to(LNS_ADDRESS, Some(0), 1)],
            local_name: Some("hgw".to_owned()),
            l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
            ..VpdnGroup::default()
        });
    });
    assert_eq!(call(&mut world), Some(SECOND));
    assert!(world.has(LAC, "VPDN: LNS 10.51.6.82 has reached its session limit"));
    finish(&mut world);
    world.change(LAC, |c| c.groups[0].initiate_to[0].limit = Some(0));
    assert_eq!(call(&mut world), None);
    assert!(world.has(LAC, "Session closed: Every LNS has reached its session limit"));
    let (_, history) = world.nodes[LAC].engine.history();
    assert_eq!(history.last().map(|h| h.kind), Some(FailureType::SessionLimit));
    settle(&mut world);
}

#[test]
fn the_settings_of_a_group_that_radius_names_hold_beneath_its_own() {
    let tunnel = "alpha.example Cleartext-Password := \"cisco\"\n  Cisco-AVPair = \"vpdn:vpdn-group=alpha\",\n  \
                  Cisco-AVPair += \"vpdn:ip-addresses=10.51.6.82\",\n  Cisco-AVPair += \"vpdn:l2tp-hello-interval=7\",\n  \
                  Cisco-AVPair += \"vpdn:l2tp-udp-checksum=yes\"\n";
    let mut world = wholesale(tunnel);
    world.change(LAC, |c| {
        c.groups.push(VpdnGroup {
            name: "alpha".to_owned(),
            local_name: Some("hgw".to_owned()),
            l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
            ..VpdnGroup::default()
        });
    });
    assert_eq!(call(&mut world), Some(LNS), "{:#?}", vpdn_lines(&world, LAC));
    assert!(world.has(LAC, "Se0:0 AAA/AUTHOR/VPDN: vpdn:l2tp-udp-checksum is not supported"));
    assert_eq!(world.nodes[LAC].engine.sessions()[0].group.as_deref(), Some("alpha"));
    world.nodes[LAC].lines.clear();
    world.seconds(8);
    assert!(world.has(LAC, "O HELLO"), "after seven seconds");
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn the_private_group_is_told_to_the_lns() {
    let grouped = PREFERRED.replace(
        "Tunnel-Preference:2 = 10",
        "Tunnel-Preference:2 = 10, Tunnel-Private-Group-Id:2 = \"blue\"",
    );
    let mut world = wholesale(&grouped);
    assert_eq!(call(&mut world), Some(LNS));
    assert!(world.has(LNS, "Parse AVP 37, len 10"), "{:#?}", world.log(LNS));
    assert!(world.has(LAC, "Processing AV tunnel-private-group=blue"));
    finish(&mut world);
    settle(&mut world);
}

/// A LAC that asks RADIUS for its users too.
pub fn asking_first(world: &mut World) {
    world.change(LAC, |c| {
        let methods = vec![Method::Radius];
        c.aaa.authentication_ppp = vec![MethodList { name: "default".to_owned(), methods }];
        c.vpdn.authen_before_forward = true;
    });
}

#[test]
fn a_user_whom_the_lac_knows_is_forwarded_after_it_was_authenticated() {
    let mut world = wholesale(PREFERRED);
    asking_first(&mut world);
    assert_eq!(call(&mut world), Some(LNS));
    let user = "user@alpha.example";
    assert_eq!(world.radius.requests, ["alpha.example", user, user], "the LAC, the LAC, the LNS");
    let (asked, forwarded) = (world.time_of(LAC, "status = PASS"), world.time_of(LAC, "Got tunnel info"));
    assert!(asked <= forwarded);
    assert!(!world.has(LAC, "CHAP: O SUCCESS"), "the LNS says so");
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn a_user_whom_the_lac_does_not_know_is_not_forwarded() {
    let mut world = wholesale(PREFERRED);
    asking_first(&mut world);
    world.change(SOHO, |c| c.interfaces[0].ppp.chap_password = Some("wrong".into()));
    assert_eq!(call(&mut world), None);
    assert!(world.has(LAC, "status = FAIL") && world.has(LAC, "CHAP: O FAILURE"));
    assert!(!world.has(LAC, "SCCRQ") && !world.has(LAC, "Got tunnel info"));
    settle(&mut world);
}

#[test]
fn the_domain_alone_is_looked_up_and_the_whole_name_goes_on() {
    for (user, suffix, prefix) in
        [("user%alpha.example", "%@", ""), ("alpha.example\\user", "@", "\\"), ("a@b@alpha.example", "@", "")]
    {
        let mut world = wholesale(PREFERRED);
        world.radius.file = radius::file(&format!("{PREFERRED}{}", USER.replace("user@alpha.example", user)));
        world.change(LAC, |c| {
            c.vpdn.suffix_delimiters = suffix.to_owned();
            c.vpdn.prefix_delimiters = prefix.to_owned();
        });
        world.change(SOHO, |c| c.hostname = user.to_owned());
        assert_eq!(call(&mut world), Some(LNS), "{user}: {:#?}", vpdn_lines(&world, LAC));
        assert_eq!(world.radius.requests, ["alpha.example", user]);
        assert_eq!(&*world.nodes[LNS].engine.callers()[0].user, user);
        finish(&mut world);
        settle(&mut world);
    }
}

#[test]
fn a_user_without_a_domain_or_of_an_unknown_one_ends_here() {
    for (user, asked) in [("nobody", vec![]), ("user@gamma.example", vec!["gamma.example"])] {
        let mut world = wholesale(PREFERRED);
        world.change(SOHO, |c| c.hostname = user.to_owned());
        assert_eq!(call(&mut world), None);
        let requests: Vec<&str> = world.radius.requests.iter().map(String::as_str).collect();
        assert_eq!(requests[..asked.len()], asked[..]);
        assert!(!world.has(LAC, "SCCRQ"));
        settle(&mut world);
    }
}

#[test]
fn broken_definitions_have_their_lines_and_the_call_ends_here() {
    let mut world = wholesale(
        "alpha.example Cleartext-Password := \"cisco\"\n  Tunnel-Type:1 = PPTP, Tunnel-Server-Endpoint:1 = \"10.51.6.82\",\n  \
         Tunnel-Type:2 = L2TP, Tunnel-Server-Endpoint:2 = \"10.51.6.820\",\n  Tunnel-Type:3 = L2TP\n",
    );
    assert_eq!(call(&mut world), None);
    for line in [
        "Se0:0 AAA/AUTHOR/VPDN: tag 1: tunnel type pptp is not supported",
        "Se0:0 AAA/AUTHOR/VPDN: 10.51.6.820 is no IP address",
        "Se0:0 AAA/AUTHOR/VPDN: tag 2: a tunnel without an address",
        "Se0:0 AAA/AUTHOR/VPDN: tag 3: a tunnel without an address",
        "Se0:0 VPDN: No tunnel info for alpha.example",
    ] {
        assert!(world.has(LAC, line), "{line}: {:#?}", vpdn_lines(&world, LAC));
    }
    settle(&mut world);
}

#[test]
fn a_domain_that_is_not_allowed_on_the_port_is_not_looked_up() {
    let port = |domains: &str| {
        format!(
            "{PREFERRED}\nnas-port:10.51.6.68:0:0 Cleartext-Password := \"cisco\"\n  \
             Cisco-AVPair = \"vpdn:vpn-domain-list={domains}\"\n"
        )
    };
    for (tunnels, expected) in [
        (port("beta.example,ALPHA.example"), Some(LNS)),
        (port("beta.example"), None),
        (PREFERRED.to_owned(), None),
    ] {
        let mut world = wholesale(&tunnels);
        world.change(LAC, |c| c.vpdn.authorize_domain = true);
        assert_eq!(call(&mut world), expected, "{:#?}", vpdn_lines(&world, LAC));
        assert_eq!(world.radius.requests[0], "nas-port:10.51.6.68:0:0");
        let denied = world.has(LAC, "Se0:0 VPDN: Domain alpha.example is not authorized here");
        assert_eq!(denied, expected.is_none());
        finish(&mut world);
        settle(&mut world);
    }
}

#[test]
fn a_call_that_ends_while_it_is_screened_leaves_nothing() {
    let mut world = wholesale(PREFERRED);
    world.change(LAC, |c| c.vpdn.authorize_domain = true);
    world.radius.dead = true;
    world.ping(SOHO, LNS_ADDRESS);
    hang_up(&mut world);
    world.seconds(1);
    assert!(world.has(LAC, "Se0:0 VPDN: Cleanup"));
    settle(&mut world);
}

#[test]
fn the_time_to_fail_over_is_what_the_pairs_say() {
    for (more, seconds) in [(&["l2tp-hidden-avp=no"][..], 7), (&["l2tp-init-retransmit-retries=1"], 3)] {
        let mut world = wholesale(&pairs("10.51.6.82/10.51.6.83", more));
        switch_off(&mut world, &[LNS]);
        assert_eq!(call(&mut world), Some(SECOND));
        let at = |text: &str| -> Instant { world.time_of(LAC, text) };
        let time = at("Forward to address 10.51.6.83").duration_since(at("Forward to address 10.51.6.82"));
        assert_eq!(time, Duration::from_secs(seconds));
    }
}

#[test]
fn pap_users_of_a_domain_are_forwarded_too() {
    let mut world = wholesale(PREFERRED);
    world.change(LAC, |c| c.interfaces[1].ppp.authentication = vec![AuthProtocol::Pap]);
    for lns in [LNS, SECOND] {
        world.change(lns, |c| c.interfaces[1].ppp.authentication = vec![AuthProtocol::Pap]);
    }
    world.change(SOHO, |c| {
        c.interfaces[0].ppp.pap_sent = Some(("user@alpha.example".to_owned(), "cisco".into()));
        c.interfaces[0].ppp.chap_password = None;
    });
    assert_eq!(call(&mut world), Some(LNS), "{:#?}", vpdn_lines(&world, LAC));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    finish(&mut world);
    settle(&mut world);
}
