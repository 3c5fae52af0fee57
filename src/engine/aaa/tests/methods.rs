//! Method lists: who is asked, in which order, and who has the last word.

use super::*;

fn events(outputs: Vec<AaaOutput>) -> Vec<AaaEvent> {
    let event = |output| match output {
        AaaOutput::Event(event) => Some(event),
        AaaOutput::OpenSocket { .. }
        | AaaOutput::Transmit { .. }
        | AaaOutput::Syslog { .. }
        | AaaOutput::Login(..)
        | AaaOutput::Tested(..)
        | AaaOutput::Accounting(_) => None,
    };
    outputs.into_iter().filter_map(event).collect()
}

fn with_users(methods: &[Method]) -> AaaConfig {
    AaaConfig {
        new_model: true,
        authentication_ppp: vec![list("default", methods)],
        authorization_network: vec![list("default", methods)],
        users: vec![user("Alice", "wonder"), user("bob", "builder")],
        ..AaaConfig::default()
    }
}

fn outcome_of(config: &AaaConfig, request: AuthenRequest) -> AuthenOutcome {
    let mut bench = Bench::new(config);
    bench.run(|aaa, cx| aaa.authenticate(cx, request));
    let events = events(bench.wait_out());
    assert!(bench.aaa.is_quiet());
    authentication(&events).clone()
}

fn passes(config: &AaaConfig, name: &str, password: &str) -> bool {
    matches!(outcome_of(config, ask(pap_credentials(name, password), None)), AuthenOutcome::Pass { .. })
}

#[test]
fn local_users_in_any_case_or_not() {
    let local = with_users(&[Method::Local]);
    assert!(passes(&local, "alice", "wonder"));
    assert!(!passes(&local, "alice", "Wonder"));
    assert!(!passes(&local, "carol", "wonder"));
    let case = with_users(&[Method::LocalCase]);
    assert!(passes(&case, "Alice", "wonder"));
    assert!(!passes(&case, "alice", "wonder"));
    let mut without_password = with_users(&[Method::Local]);
    without_password.users[0].password = None;
    assert!(!passes(&without_password, "alice", ""));
}

#[test]
fn without_new_model_the_local_users_are_asked() {
    let config = AaaConfig { new_model: false, ..with_users(&[Method::None]) };
    assert!(passes(&config, "bob", "builder"));
    assert!(!passes(&config, "bob", "x"));
    // The default list need not be configured, any other one must.
    let config = AaaConfig { authentication_ppp: Vec::new(), ..with_users(&[]) };
    assert!(passes(&config, "bob", "builder"));
    let request = ask(pap_credentials("bob", "builder"), Some("vpdn"));
    assert_eq!(outcome_of(&config, request), AuthenOutcome::Error);
}

#[test]
fn a_missing_user_goes_to_the_next_method_a_wrong_password_does_not() {
    let config = with_users(&[Method::Local, Method::None]);
    assert!(passes(&config, "stranger", "x"));
    assert!(!passes(&config, "bob", "x"));
}

#[test]
fn if_needed() {
    let config = with_users(&[Method::IfNeeded, Method::Local]);
    let mut request = ask(pap_credentials("stranger", "x"), None);
    assert!(matches!(outcome_of(&config, request.clone()), AuthenOutcome::Fail { .. }));
    request.already = true;
    assert!(matches!(outcome_of(&config, request), AuthenOutcome::Pass { .. }));
}

/// Nobody answers: four transmissions, then the local users.
#[test]
fn silence_of_every_server_is_an_error() {
    let config = AaaConfig {
        servers: vec![server(SERVER)],
        key: Some("cisco".into()),
        ..with_users(&[Method::Radius, Method::Local])
    };
    let mut bench = Bench::new(&config);
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials("bob", "builder"), None)));
    let outputs = bench.wait_out();
    let sent = outputs.iter().filter(|o| matches!(o, AaaOutput::Transmit { .. })).count();
    assert_eq!((sent, bench.now.since_start()), (4, Duration::from_secs(20)));
    assert!(matches!(authentication(&events(outputs)), AuthenOutcome::Pass { .. }));
    let lines: Vec<&str> =
        bench.trace.lines.iter().map(String::as_str).filter(|line| line.starts_with("AAA")).collect();
    let [error, method, pass] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(
        error.ends_with("status = ERROR") && method.ends_with("Method=LOCAL") && pass.ends_with("= PASS")
    );
}

/// No server of that protocol can be asked here: the method is an error, and the next one decides.
#[test]
fn tacacs_is_an_error_and_the_next_method_is_asked() {
    let config = with_users(&[Method::Tacacs, Method::Local]);
    assert!(passes(&config, "bob", "builder") && !passes(&config, "bob", "x"));
    assert!(!passes(&with_users(&[Method::Tacacs]), "bob", "builder"));
    let mut bench = Bench::new(&config);
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials("bob", "builder"), None)));
    let lines: Vec<&str> = bench.trace.lines.iter().map(String::as_str).collect();
    let at = |end: &str| lines.iter().position(|line| line.ends_with(end)).expect(end);
    let (method, error, next) = (at("Method=tacacs+ (tacacs+)"), at("status = ERROR"), at("Method=LOCAL"));
    assert!(method < error && error < next, "{lines:?}");
}

#[test]
fn a_reject_has_the_last_word() {
    let config = AaaConfig {
        servers: vec![server(SERVER)],
        key: Some("cisco".into()),
        ..with_users(&[Method::Group("radius-farm".to_owned()), Method::Local])
    };
    let config = AaaConfig { server_groups: vec![group("radius-farm", SERVER)], ..config };
    let mut bench = Bench::new(&config);
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials("bob", "builder"), None)));
    let outcome = bench.settle(&mut node("bob Auth-Type := Reject\n  Reply-Message = \"Go away\"\n"));
    assert_eq!(
        *authentication(&outcome),
        AuthenOutcome::Fail { message: b"Go away".to_vec(), retries: None }
    );
}

/// Without servers the question is not even sent.
#[test]
fn no_servers_is_an_error() {
    let mut bench = Bench::new(&with_users(&[Method::Radius]));
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(pap_credentials("bob", "builder"), None)));
    let outputs = bench.outputs();
    let AaaOutput::Syslog { severity: 3, text } = &outputs[0] else { panic!("{outputs:?}") };
    assert_eq!(text, "%RADIUS-3-NOSERVERS: No Radius hosts configured.");
    assert_eq!(*authentication(&events(outputs)), AuthenOutcome::Error);
    assert_eq!(
        AuthenOutcome::Error.verdict(),
        crate::proto::ppp::Verdict::Fail { message: Vec::new(), retries: None }
    );
}

#[test]
fn a_caller_who_hangs_up_hears_nothing() {
    let mut bench = Bench::new(&lns_config());
    let ticket = bench.run(|aaa, cx| aaa.authenticate(cx, ask(chap_credentials(), Some("vpdn"))));
    bench.run(|aaa, cx| aaa.cancel(cx, ticket));
    assert!(events(bench.wait_out()).is_empty());
    assert!(bench.aaa.is_quiet());
}

#[test]
fn while_no_server_can_be_reached_questions_wait_and_time_does_not_count_against_a_server() {
    let mut bench = Bench::new(&lns_config());
    bench.run(|aaa, _| aaa.hold());
    let gone = bench.run(|aaa, cx| aaa.authenticate(cx, ask(chap_credentials(), Some("vpdn"))));
    let ticket = bench.run(|aaa, cx| aaa.authenticate(cx, ask(chap_credentials(), Some("vpdn"))));
    assert!(bench.wait_out().is_empty() && !bench.aaa.is_quiet());
    bench.run(|aaa, cx| aaa.cancel(cx, gone));
    bench.run(|aaa, cx| aaa.release(cx));
    let outcomes = bench.settle(&mut node("2500-1 Auth-Type := Accept\n"));
    assert!(matches!(authentication(&outcomes), AuthenOutcome::Pass { .. }), "nobody asks for the other");
    assert_eq!(outcomes[0].ticket, ticket);
    assert!(bench.aaa.is_quiet());
}

#[test]
fn chap_and_ms_chap_of_local_users() {
    use crate::proto::ppp::mschap;
    let config = AaaConfig { users: vec![user("2500-1", "cisco")], ..with_users(&[Method::Local]) };
    let verdict = |protocol, challenge: &[u8], response: Vec<u8>| {
        let proof = Proof::Chap { protocol, id: 6, challenge: challenge.to_vec(), response };
        outcome_of(&config, ask(Credentials { name: b"2500-1".to_vec(), proof }, None))
    };
    let documented = outcome_of(&config, ask(chap_credentials(), None));
    assert!(matches!(documented, AuthenOutcome::Pass { .. }));
    let AuthenOutcome::Fail { message, .. } = verdict(AuthProtocol::ChapMd5, &[1; 16], vec![0; 16]) else {
        panic!("a wrong response");
    };
    assert_eq!(message, b"Authentication failure");
    let v1 = mschap::v1_respond(&[7; 8], b"cisco").unwrap().to_vec();
    assert!(matches!(verdict(AuthProtocol::MsChap, &[7; 8], v1), AuthenOutcome::Pass { .. }));
    let (v2, success) = mschap::v2_respond(&[7; 16], &[9; 16], b"2500-1", b"cisco").unwrap();
    let AuthenOutcome::Pass { message, .. } = verdict(AuthProtocol::MsChapV2, &[7; 16], v2.to_vec()) else {
        panic!("a right response");
    };
    assert_eq!(message, success.into_bytes());
    let AuthenOutcome::Fail { message, .. } = verdict(AuthProtocol::MsChapV2, &[8; 16], v2.to_vec()) else {
        panic!("a wrong response");
    };
    assert!(message.starts_with(b"E=691 "));
}

fn session(list: Option<&str>, name: &str, profile: Option<UserProfile>) -> UserSession {
    UserSession::new(vi4(), Some(list.map(str::to_owned)), name.to_owned(), profile.map(Arc::new))
}

#[test]
fn authorization_by_local_users() {
    let mut bench = Bench::new(&with_users(&[Method::Local]));
    let bob = session(None, "bob", Some(UserProfile::default()));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &bob)), Decision::Permitted);
    let lines = &bench.trace.lines;
    assert!(lines[1].ends_with("Port='Virtual-Access4' list='' service=NET"), "{}", lines[1]);
    assert!(lines[5].ends_with("found list \"default\""));
    assert!(lines[6].ends_with("Method=LOCAL"));
    assert!(lines[7].ends_with("Post authorization status = PASS_ADD"));
    let carol = session(None, "carol", Some(UserProfile::default()));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_fsm(cx, &carol)), Decision::Denied);
    assert_eq!(bench.trace.lines.last().unwrap(), "Vi4 AAA/AUTHOR/FSM: Denied");
}

/// Names come from the wire, and a terminal obeys what it is sent.
#[test]
fn what_a_peer_calls_itself_neither_drives_a_terminal_nor_forges_a_line() {
    let mut bench = Bench::new(&with_users(&[Method::Local]));
    let name = "mallory\u{1b}[2J\nbob\u{9b}";
    let mallory = session(None, name, Some(UserProfile::default()));
    bench.run(|aaa, cx| aaa.authorize_lcp(cx, &mallory));
    assert!(bench.trace.lines.iter().any(|line| line.ends_with("user='mallory.[2J.bob.'")));
    let lookup = TunnelLookup {
        port: vi4(),
        list: None,
        key: name.to_owned(),
        password: Secret::new("cisco"),
        asker: Asker::Lac,
    };
    bench.run(|aaa, cx| aaa.authorize_tunnel(cx, lookup));
    let lines = &bench.trace.lines;
    assert!(lines.iter().filter(|line| line.contains("mallory")).count() == 2, "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:#?}");
}

#[test]
fn authorization_lists_that_do_not_exist() {
    let config = AaaConfig { authorization_network: Vec::new(), ..with_users(&[]) };
    let mut bench = Bench::new(&config);
    let default = session(None, "bob", None);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &default)), Decision::Permitted);
    assert!(bench.trace.lines.is_empty());
    let named = session(Some("vpdn"), "bob", None);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &named)), Decision::Denied);
}

/// Somebody whom no server authenticated is unknown to authorization by RADIUS.
#[test]
fn authorization_by_radius_needs_its_accept() {
    let mut bench = Bench::new(&with_users(&[Method::Radius, Method::IfAuthenticated]));
    let local = session(None, "bob", Some(UserProfile::default()));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &local)), Decision::Permitted);
    let nobody = session(None, "bob", None);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &nobody)), Decision::Denied);
    let login = UserProfile { from_radius: true, service_type: Some(1), ..UserProfile::default() };
    let login = session(None, "bob", Some(login));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &login)), Decision::Denied);
    assert!(bench.trace.lines.contains(&"RADIUS: no appropriate authorization type for user.".to_owned()));
}

#[test]
fn which_address_the_peer_gets() {
    let (her, pool, given) =
        (Ipv4Addr::new(1, 1, 1, 1), Ipv4Addr::new(2, 2, 2, 2), Ipv4Addr::new(3, 3, 3, 3));
    let none = Ipv4Addr::UNSPECIFIED;
    for (framed, asks, want, gets) in [
        (Some(FramedIp::UserChooses), her, none, her),
        (Some(FramedIp::UserChooses), none, pool, pool),
        (Some(FramedIp::NasAssigns), her, pool, pool),
        (Some(FramedIp::Address(given)), her, none, given),
        (Some(FramedIp::Address(given)), none, pool, given),
        (None, her, pool, pool),
    ] {
        let mut bench = Bench::new(&with_users(&[Method::Radius]));
        let profile = UserProfile { from_radius: true, framed_ip: framed, ..UserProfile::default() };
        let mut session = session(None, "bob", Some(profile));
        let decision = bench.run(|aaa, cx| aaa.authorize_ipcp(cx, &mut session, asks, want));
        assert_eq!(decision, IpcpDecision::Use(gets), "{framed:?} {asks} {want}");
    }
}
