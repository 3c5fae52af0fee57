//! `session-limit` of the vpdn-group that a tunnel definition of RADIUS names.

use super::lab::*;
use super::radius;
use super::wholesale::{SECOND, asking_first, hang_up, wholesale};
use super::world::World;
use crate::config::views::*;

/// How many sessions the LAC has once the user has called and waited.
fn call(world: &mut World) -> usize {
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(3);
    world.nodes[LAC].engine.sessions().len()
}

fn settle(world: &mut World) {
    hang_up(world);
    world.seconds(180);
    world.assert_quiet();
}

/// A vpdn-group that is only named, with a limit.
fn group(name: &str, session_limit: Option<u32>) -> VpdnGroup {
    VpdnGroup {
        name: name.to_owned(),
        session_limit,
        local_name: Some("hgw".to_owned()),
        l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
        ..VpdnGroup::default()
    }
}

fn limit(world: &mut World, limit: Option<u32>) {
    world.change(LAC, |c| c.groups[0].session_limit = limit);
}

const DOMAIN: &str = r#"
alpha.example Cleartext-Password := "cisco"
    Cisco-AVPair = "vpdn:vpdn-group=alpha", Cisco-AVPair += "vpdn:ip-addresses=10.51.6.82"
"#;

#[test]
fn a_look_up_that_names_a_full_group_drops_the_call() {
    let mut world = wholesale(DOMAIN);
    world.change(LAC, |c| c.groups.push(group("alpha", Some(0))));
    assert_eq!(call(&mut world), 0);
    assert!(world.has(LAC, "VPDN: vpdn-group alpha has reached its session limit"));
    assert!(world.has(LAC, "Session closed: session-limit exceeded"));
    let (_, history) = world.nodes[LAC].engine.history();
    assert!(!world.has(LAC, "SCCRQ") && history.iter().all(|h| h.reason == "session-limit exceeded"));
    settle(&mut world);
    limit(&mut world, Some(1));
    assert_eq!(call(&mut world), 1);
    settle(&mut world);
    assert_eq!(call(&mut world), 1, "what is over makes room");
    settle(&mut world);
}

/// The user is authenticated first, and its own profile has a tunnel.
#[test]
fn the_profile_of_a_user_that_names_a_full_group_drops_the_call() {
    let own = "user@alpha.example Cleartext-Password := \"cisco\"\n  Service-Type = Framed-User, \
               Framed-Protocol = PPP, Framed-IP-Address = 255.255.255.255,\n  \
               Cisco-AVPair = \"vpdn:vpdn-group=own\", Cisco-AVPair += \"vpdn:ip-addresses=10.51.6.83\"\n";
    let mut world = wholesale("");
    world.radius.file = radius::file(&format!("{DOMAIN}\n{own}"));
    asking_first(&mut world);
    world.change(LAC, |c| c.groups = vec![group("own", Some(0)), group("alpha", None)]);
    assert_eq!(call(&mut world), 0);
    assert!(world.has(LAC, "VPDN: vpdn-group own has reached its session limit"));
    settle(&mut world);
    // The group of the domain has no say in a call that does not go there.
    world.change(LAC, |c| c.groups = vec![group("own", None), group("alpha", Some(0))]);
    assert_eq!(call(&mut world), 1);
    assert_eq!(world.nodes[SECOND].engine.sessions().len(), 1);
    settle(&mut world);
}

/// Two definitions of different groups, whose calls share a tunnel where they go to the same LNS.
const TWO: &str = r#"
alpha.example Cleartext-Password := "cisco"
    Tunnel-Type:1 = L2TP, Tunnel-Server-Endpoint:1 = "10.51.6.82", Tunnel-Preference:1 = 1,
    Tunnel-Assignment-Id:1 = "both", Cisco-AVPair = ":1:vpdn:vpdn-group=alpha",
    Tunnel-Type:2 = L2TP, Tunnel-Server-Endpoint:2 = "10.51.6.83", Tunnel-Preference:2 = 2,
    Tunnel-Assignment-Id:2 = "both", Cisco-AVPair += ":2:vpdn:vpdn-group=beta"
"#;

#[test]
fn a_full_group_leaves_the_call_to_the_definition_of_another_one() {
    let mut world = wholesale(TWO);
    world.change(LAC, |c| c.groups = vec![group("alpha", Some(0)), group("beta", None)]);
    assert_eq!(call(&mut world), 1);
    assert_eq!(world.nodes[SECOND].engine.sessions().len(), 1);
    assert_eq!(world.nodes[LAC].engine.sessions()[0].group.as_deref(), Some("beta"));
    settle(&mut world);
    // The first one does not answer, and the second one is full: no limit alone stopped the call.
    world.change(LAC, |c| c.groups = vec![group("alpha", None), group("beta", Some(0))]);
    world.lose = Box::new(|node, _| node == LNS);
    assert_eq!(call(&mut world), 0);
    world.seconds(30);
    assert!(world.has(LAC, "VPDN: vpdn-group beta has reached its session limit"));
    assert!(world.has(LAC, "VPDN: LNS 10.51.6.82 is unreachable"));
    assert!(world.has(LAC, "Session closed: No LNS could be reached"));
    settle(&mut world);
}

/// What a session counts for is the group of its own definition, not that of the call that opened the tunnel.
#[test]
fn calls_that_share_a_tunnel_count_for_their_own_groups() {
    let shared = TWO.replace("10.51.6.83", "10.51.6.82");
    let mut world = wholesale(&shared);
    world.change(LAC, |c| c.groups = vec![group("alpha", None), group("beta", Some(1))]);
    assert_eq!(call(&mut world), 1);
    limit(&mut world, Some(0));
    hang_up(&mut world);
    world.seconds(5);
    assert_eq!(world.nodes[LAC].engine.tunnels().len(), 1, "it has not had its time");
    assert_eq!(call(&mut world), 1, "the tunnel is that of alpha, the call is that of beta");
    let engine = &world.nodes[LAC].engine;
    let groups = (engine.tunnels()[0].group.clone(), engine.sessions()[0].group.clone());
    assert_eq!((groups.0.as_deref(), groups.1.as_deref()), (Some("alpha"), Some("beta")));
    limit(&mut world, Some(1));
    hang_up(&mut world);
    world.seconds(5);
    assert_eq!(call(&mut world), 1);
    settle(&mut world);
}
