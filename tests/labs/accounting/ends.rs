//! How tunnels, sessions and users end in the books, or do not come about: statuses and causes.

use super::{Books, CALL, LAC, LNS, ON, number};

#[test]
fn a_tunnel_that_does_not_come_up_is_rejected_in_the_books() {
    let mut books = Books::new(ON, ON);
    books.play(
        "lns: enable\nlns: configure terminal\nlns: vpdn-group 1\nlns: l2tp tunnel password wrong\nlns: end\n\
         soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\nsleep 60s\n",
    );
    // The LAC finds that the LNS does not know the secret, and the LNS is told so.
    rejected(&books, "l2tp-gw");
}

/// Both ends have written that the tunnel of the LAC was not taken by one that calls itself `lns`, and nothing else.
fn rejected(books: &Books, lns: &str) {
    let (ours, theirs) = (books.of(LAC, "Tunnel-Reject"), books.of(LNS, "Tunnel-Reject"));
    assert!(!ours.is_empty(), "{:#?}", books.records);
    // The LAC does not know what the tunnel is called at an LNS that has not accepted it.
    for (lac, lns) in ours.iter().zip(&theirs) {
        let [(ours, at), (theirs, own)] =
            [lac, lns].map(|r| r["Acct-Tunnel-Connection"].split_once('/').unwrap());
        assert!(ours == theirs && (at == own || at == "0"), "{lac:?} {lns:?}");
        assert!(ours != "0" && own != "0", "{lns:?}");
    }
    assert_eq!(ours.len(), theirs.len());
    for record in theirs {
        assert_eq!((&*record["User-Name"], &*record["Acct-Terminate-Cause"]), ("hgw", "User-Error"));
        assert_eq!((&*record["Tunnel-Client-Endpoint"], &*record["Tunnel-Server-Endpoint"]), (LAC, LNS));
        assert_eq!((&*record["Tunnel-Client-Auth-Id"], &*record["Tunnel-Server-Auth-Id"]), ("hgw", lns));
        assert!(record.contains_key("Event-Timestamp") && record.contains_key("Acct-Session-Id"));
    }
    for status in ["Tunnel-Start", "Tunnel-Stop", "Start", "Stop"] {
        assert!(books.of(LAC, status).is_empty() && books.of(LNS, status).is_empty(), "{status}");
    }
}

#[test]
fn a_tunnel_that_no_group_takes_is_rejected_in_the_books() {
    let mut books = Books::new(ON, ON);
    books.play(
        "lns: enable\nlns: configure terminal\nlns: vpdn-group 1\nlns: terminate-from hostname other\nlns: end\n\
         soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\nsleep 60s\n",
    );
    rejected(&books, "1600-3");
}

#[test]
fn a_call_for_which_the_lns_has_nothing_is_a_fault_of_the_nas() {
    let mut books = Books::new(ON, ON);
    books.play(
        "lns: enable\nlns: configure terminal\nlns: interface virtual-template 1\nlns: shutdown\nlns: end\n\
         soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\nsleep 60s\n",
    );
    let (ours, theirs) = (books.of(LAC, "Tunnel-Link-Reject"), books.of(LNS, "Tunnel-Link-Reject"));
    assert!(!ours.is_empty() && ours.len() == theirs.len(), "{:#?}", books.records);
    for (lac, lns) in ours.iter().zip(theirs) {
        assert_eq!(
            (&*lac["Acct-Terminate-Cause"], &*lns["Acct-Terminate-Cause"]),
            ("NAS-Error", "NAS-Error")
        );
        assert_eq!(lac["Acct-Tunnel-Connection"], lns["Acct-Tunnel-Connection"]);
        // The LNS knows nobody yet but the number that calls.
        assert_eq!((&*lac["User-Name"], &*lns["User-Name"]), ("2500-1", "2085730592"));
    }
}

#[test]
fn a_user_with_whom_the_lns_comes_to_no_agreement_is_a_fault_of_the_nas() {
    let mut books = Books::new(ON, ON);
    books.play(
        "lns: enable\nlns: configure terminal\nlns: vpdn-group 1\nlns: lcp renegotiation always\n\
         lns: interface virtual-template 1\nlns: ppp authentication pap vpdn\nlns: end\n\
         soho: enable\nsoho: configure terminal\nsoho: interface bri0\nsoho: ppp pap refuse\nsoho: end\n\
         soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\nsleep 120s\n",
    );
    let stops = books.of(LAC, "Stop");
    assert!(!stops.is_empty() && books.of(LNS, "Start").is_empty(), "{:#?}", books.records);
    assert!(stops.iter().all(|r| r["Acct-Terminate-Cause"] == "NAS-Error"), "{stops:#?}");
}

#[test]
fn a_line_that_is_out_of_order_is_a_fault_of_the_port() {
    let ends = causes("power soho off\n");
    assert_eq!(ends, both(("Lost-Carrier", "1601"), ("Port-Error", "1010")));
}

/// How a call ends, and what the LNS and the LAC write of it: Acct-Terminate-Cause and the extended cause.
fn causes(end: &str) -> [(String, String); 2] {
    let mut books = Books::new(ON, ON);
    books.play("lac: enable\nlns: enable\n");
    books.play(CALL);
    books.play("sleep 2s\n");
    books.play(end);
    books.play("sleep 90s\n");
    [LNS, LAC].map(|nas| {
        let stop = books.only(nas, "Stop");
        (stop["Acct-Terminate-Cause"].clone(), stop["Cisco-AVPair"].replace("disc-cause-ext=", ""))
    })
}

/// What the LNS writes when the LAC loses its power, after these lines.
fn lost_lac(before: &str) -> (String, String) {
    let mut books = Books::new(ON, ON);
    books.play(before);
    books.play(CALL);
    books.play("power lac off\nsleep 400s\n");
    let stop = books.only(LNS, "Stop");
    (stop["Acct-Terminate-Cause"].clone(), stop["Cisco-AVPair"].clone())
}

/// What the LNS writes when this is what RADIUS says of the user, and nothing is sent.
fn timed(limit: &str) -> (String, u64) {
    let mut books = Books::with_user(ON, ON, limit);
    books.play("lns: enable\nlns: configure terminal\nlns: interface virtual-template 1\nlns: no keepalive\nlns: end\n");
    books.play(CALL);
    books.play("sleep 90s\n");
    let stop = &books.of(LNS, "Stop")[0];
    (stop["Acct-Terminate-Cause"].clone(), number(stop, "Acct-Session-Time"))
}

#[test]
fn the_times_of_a_user_have_their_causes() {
    let (cause, time) = timed("Session-Timeout = 30");
    assert_eq!((&*cause, time), ("Session-Timeout", 30));
    let (cause, time) = timed("Idle-Timeout = 20");
    assert_eq!(cause, "Idle-Timeout");
    assert!((20..40).contains(&time), "{time}");
}

fn both(lns: (&str, &str), lac: (&str, &str)) -> [(String, String); 2] {
    [lns, lac].map(|(cause, extended)| (cause.to_owned(), extended.to_owned()))
}

#[test]
fn each_way_to_end_has_its_cause() {
    let user = causes("soho: clear interface bri0\n");
    assert_eq!(user, both(("Lost-Carrier", "1601"), ("Lost-Carrier", "1011")), "the user hangs up");
    let cleared = causes("lns: clear interface virtual-access 1\n");
    assert_eq!(
        cleared,
        both(("Admin-Reset", "1151"), ("Admin-Reset", "1604")),
        "the LNS clears the interface"
    );
    let cleared = causes("lac: clear vpdn tunnel l2tp all\n");
    assert_eq!(cleared, both(("Admin-Reset", "1604"), ("Admin-Reset", "1604")), "the LAC clears the tunnel");
    let shut = causes("lns: configure terminal\nlns: no vpdn enable\nlns: end\n");
    assert_eq!(shut[1].0, "Lost-Service", "the LNS shuts VPDN down");
    let lost = lost_lac("");
    assert_eq!(
        lost,
        ("Lost-Carrier".to_owned(), "disc-cause-ext=1011".to_owned()),
        "no keepalive comes back"
    );
    let quiet = "lns: enable\nlns: configure terminal\nlns: interface virtual-template 1\nlns: no keepalive\nlns: end\n";
    let lost = lost_lac(quiet);
    assert_eq!(lost, ("Lost-Service".to_owned(), "disc-cause-ext=1605".to_owned()), "no HELLO is answered");
}

#[test]
fn a_user_who_does_not_get_in_leaves_a_stop_where_it_is_asked_for() {
    let on = "aaa accounting network default start-stop group radius\n\
              aaa accounting send stop-record authentication failure\n";
    let mut books = Books::new("", on);
    books.play(
        "soho: enable\nsoho: configure terminal\nsoho: username 5300-1 password wrong\nsoho: end\n\
         soho: ping 10.51.6.82\nwait soho /Success rate is 0 percent/ 30s\nsoho: clear interface bri0\nsleep 30s\n",
    );
    let stops = books.of(LNS, "Stop");
    assert!(!stops.is_empty() && books.of(LNS, "Start").is_empty());
    assert!(stops.iter().all(|r| r["Acct-Terminate-Cause"] == "User-Error" && r["User-Name"] == "2500-1"));
}
