//! What fits into no Access-Request is refused, and nobody is asked.

use super::*;

/// Every method behind RADIUS would let the user in.
fn config() -> AaaConfig {
    AaaConfig {
        authentication_ppp: vec![list("vpdn", &[Method::Radius, Method::None])],
        authentication_login: vec![list("default", &[Method::Radius, Method::None])],
        authorization_network: vec![list("default", &[Method::Radius, Method::Local])],
        ..lns_config()
    }
}

fn is_transmit(output: &AaaOutput) -> bool {
    matches!(output, AaaOutput::Transmit { .. })
}

/// What becomes of these credentials, and whether a server was asked.
fn asked(credentials: Credentials, port: Port) -> (Option<AuthenOutcome>, bool) {
    let mut bench = Bench::new(&config());
    let request = AuthenRequest { port, ..ask(credentials, Some("vpdn")) };
    bench.run(|aaa, cx| aaa.authenticate(cx, request));
    let outputs = bench.outputs();
    let outcome = outputs.iter().find_map(|output| match output {
        AaaOutput::Event(AaaEvent { outcome: Outcome::Authentication(outcome), .. }) => Some(outcome.clone()),
        _ => None,
    });
    let sent = outputs.iter().any(is_transmit);
    assert_eq!(bench.aaa.is_quiet(), !sent);
    assert_eq!(
        bench.trace.lines.iter().any(|line| line.contains("RADIUS: Request cannot be sent, attribute")),
        !sent
    );
    (outcome, sent)
}

fn refused(outcome: Option<AuthenOutcome>) -> bool {
    matches!(outcome, Some(AuthenOutcome::Fail { .. }))
}

#[test]
fn a_name_beyond_253_octets_and_a_password_beyond_128_are_refused_and_not_cut() {
    for (name, password, fits) in [(253, 128, true), (254, 1, false), (1, 129, false), (300, 300, false)] {
        let credentials = pap_credentials(&"n".repeat(name), &"p".repeat(password));
        let (outcome, sent) = asked(credentials, vi4());
        assert_eq!((sent, refused(outcome)), (fits, !fits), "{name} {password}");
    }
}

#[test]
fn a_proof_of_any_protocol_with_such_a_name_is_refused() {
    for protocol in [AuthProtocol::ChapMd5, AuthProtocol::MsChap, AuthProtocol::MsChapV2] {
        let (challenge, response) = (vec![1; 16], vec![2; 49]);
        let proof = Proof::Chap { protocol, id: 1, challenge, response };
        let (outcome, sent) = asked(Credentials { name: vec![b'n'; 254], proof }, vi4());
        assert!(refused(outcome) && !sent, "{protocol:?}");
    }
}

#[test]
fn what_a_lac_has_sent_of_the_call_opens_no_way_around_the_server() {
    // A challenge and a number come in AVPs, which hold up to 1017 octets.
    let proof = Proof::Chap {
        protocol: AuthProtocol::ChapMd5,
        id: 1,
        challenge: vec![1; 300],
        response: vec![2; 16],
    };
    let (outcome, sent) = asked(Credentials { name: b"bob".to_vec(), proof }, vi4());
    assert!(refused(outcome) && !sent);
    let port = Port { calling: Some("1".repeat(254)), ..vi4() };
    let (outcome, sent) = asked(pap_credentials("bob", "builder"), port);
    assert!(refused(outcome) && !sent);
}

#[test]
fn a_key_that_is_too_long_leads_nowhere() {
    let mut bench = Bench::new(&config());
    let lookup = TunnelLookup {
        port: vi4(),
        list: None,
        key: format!("{}.example", "d".repeat(253)),
        password: Secret::new("cisco"),
        asker: Asker::Lac,
    };
    bench.run(|aaa, cx| aaa.authorize_tunnel(cx, lookup));
    let outputs = bench.outputs();
    assert!(!outputs.iter().any(is_transmit) && bench.aaa.is_quiet());
    let not_found = Outcome::Tunnel(TunnelOutcome::NotFound);
    assert!(outputs.iter().any(|o| matches!(o, AaaOutput::Event(event) if event.outcome == not_found)));
}

#[test]
fn a_terminal_and_a_test_are_refused_too() {
    let mut bench = Bench::new(&config());
    let question = LoginQuestion {
        service: LoginService::Login,
        list: None,
        user: "bob".to_owned(),
        password: "p".repeat(129).as_str().into(),
        line_password: None,
        enable_password: None,
        exec_list: None,
        console: true,
        challenge: None,
    };
    let login = bench.run(|aaa, cx| aaa.login(cx, vi4(), question));
    let fail = LoginOutcome::Fail { message: Vec::new() };
    assert!(bench.outputs().contains(&AaaOutput::Login(login, fail)));
    let test = PasswordTest { group: None, user: "n".repeat(254), password: Secret::new("p") };
    let test = bench.run(|aaa, cx| aaa.test(cx, NAS, &test));
    assert!(bench.outputs().contains(&AaaOutput::Tested(test, TestOutcome::Rejected)));
    assert!(bench.aaa.is_quiet());
}
